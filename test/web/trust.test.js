// trust.test.js - what Chromium makes of the relay's own authority: in its store
// and not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Relay, freePort } from './page.js';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
	'--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync'];
let relay, home, plain;

function fetchPlain(path)
{
	return new Promise((done, fail) => get(plain + path, (answer) => {
		const parts = [];

		answer.on('data', (part) => parts.push(part));
		answer.on('end', () => done({ status: answer.statusCode,
			type: answer.headers['content-type'],
			body: Buffer.concat(parts) }));
	}).on('error', fail));
}

/** Run in a new browser, in whose store the authority is or not. */
async function browse(options, work)
{
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM, args: FLAGS,
		env: { ...process.env, HOME: home } });
	const page = await (await browser.newContext(options)).newPage();

	try {
		return await work(page);
	} finally {
		await browser.close();
	}
}

before(async () => {
	const port = await freePort(), other = await freePort();

	home = mkdtempSync(join(tmpdir(), 'mnm-trust-'));
	relay = await Relay.start({ listen: [{ laddr: `127.0.0.1:${port}` },
		{ laddr: `127.0.0.1:${other}`, ca: true }] });
	relay.url = `https://127.0.0.1:${port}/`;
	plain = `http://127.0.0.1:${other}`;
});

after(async () => {
	await relay?.stop();
	rmSync(home, { recursive: true });
});

test('without the authority, Chromium refuses the page', async () => {
	await browse({}, (page) => assert.rejects(page.goto(relay.url),
		/ERR_CERT_AUTHORITY_INVALID/));
});

test('a warning that is ignored leaves no service worker', async () => {
	await browse({ ignoreHTTPSErrors: true }, async (page) => {
		await page.goto(relay.url);
		await assert.rejects(page.evaluate(() =>
			navigator.serviceWorker.register('sw.js')), /SSL certificate/);
	});
});

test('a listener without TLS has the authority and nothing else', async () => {
	const fingerprint = relay.command('fingerprint').split('\n')[1];
	const ca = await fetchPlain('/ca');

	assert.equal(ca.type, 'application/x-x509-ca-cert');
	assert.ok((await fetchPlain('/')).body.includes(fingerprint));
	assert.ok((await fetchPlain('/ca.html')).body.includes(fingerprint));
	assert.equal((await fetchPlain('/app.js')).status, 404);
	assert.equal((await fetchPlain('/tmtp')).status, 404);
	assert.equal((await fetchPlain('/health')).status, 404);
	writeFileSync(join(home, 'ca.crt'), ca.body);
	mkdirSync(join(home, '.pki/nssdb'), { recursive: true });
	const store = `sql:${home}/.pki/nssdb`;
	execFileSync('certutil', ['-d', store, '-N', '--empty-password']);
	execFileSync('certutil', ['-d', store, '-A', '-t', 'C,,', '-n', 'mnm',
		'-i', join(home, 'ca.crt')]);
	const shown = execFileSync('certutil', ['-d', store, '-L', '-n', 'mnm'],
		{ encoding: 'utf8' });
	assert.ok(shown.includes(fingerprint.slice(0, 20)));
});

async function is_trusted(page, url)
{
	await page.goto(url);
	const scope = await page.evaluate(async () => {
		await navigator.serviceWorker.register('sw.js');
		return (await navigator.serviceWorker.ready).scope;
	});
	assert.equal(scope, url);
	assert.ok(await page.evaluate(() => new Promise((done) => {
		const socket = new WebSocket(`wss://${location.host}/tmtp`, 'tmtp');

		socket.onopen = () => done(true);
		socket.onerror = () => done(false);
	})));
}

test('with it, page, service worker and WebSocket work by address and name',
	() => browse({}, async (page) => {
		await is_trusted(page, relay.url);
		await is_trusted(page, relay.url.replace('127.0.0.1',
			'localhost'));
	}));

test('a renewed certificate needs no new trust', async () => {
	const before = relay.command('fingerprint');

	execFileSync('rm', [join(relay.dir, 'data/cert.pem')]);
	await relay.kill();
	await relay.run();
	assert.equal(relay.command('fingerprint'), before);
	await browse({}, (page) => is_trusted(page, relay.url));
});
