// page.js - for the tests: a relay of their own, and people with browsers.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
	'--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync',
	'--ignore-certificate-errors'];
export const LAPTOP = { viewport: { width: 1100, height: 720 } };
export const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true,
	isMobile: true, deviceScaleFactor: 2 };

let asked = 0;

/**
 * A port of loopback.  Not one that the system gives to connections, which might
 * take it before the relay does, or while it is down.
 */
export async function freePort()
{
	for (;;) {
		const server = createServer();
		const port = 30000 + (process.pid * 37 + asked++ * 101) % 2700;
		const free = await new Promise((done) => {
			server.once('error', () => done(false));
			server.listen(port, '127.0.0.1', () => done(true));
		});

		if (free) {
			await new Promise((done) => server.close(done));
			return port;
		}
	}
}

/** A relay on loopback, which people join by invitation. */
export class Relay {
	static async start(settings = {})
	{
		const relay = new Relay();

		relay.dir = mkdtempSync(join(tmpdir(), 'mnm-web-'));
		relay.port = await freePort();
		relay.config = join(relay.dir, 'mnm.config');
		relay.url = `https://127.0.0.1:${relay.port}/`;
		writeFileSync(relay.config, JSON.stringify({ name: 'Lindenhof',
			data: join(relay.dir, 'data'), register: 'invite', listen: {
				net: 'tcp', laddr: `127.0.0.1:${relay.port}` },
			...settings }));
		await relay.run();
		return relay;
	}

	/** Start it, and wait until it answers. */
	async run()
	{
		this.process = spawn(process.env.MNM, ['-c', this.config],
			{ stdio: 'ignore' });
		for (let i = 0; i < 600; i++) {
			await new Promise((done) => setTimeout(done, 100));
			try {
				this.command('stats');
				return;
			} catch {
				/* not yet */
			}
		}
		throw new Error('the relay does not start');
	}

	/** After a test that failed while it was down. */
	async revive()
	{
		if (this.process.exitCode !== null || this.process.signalCode)
			await this.run();
	}

	async kill()
	{
		const ended = new Promise((done) => this.process.once('exit', done));

		this.process.kill('SIGKILL');
		await ended;
	}

	/** What a command of the operator says. */
	command(...words)
	{
		return execFileSync(process.env.MNM, ['-c', this.config, ...words],
			{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
	}

	async stop()
	{
		await this.kill();
		rmSync(this.dir, { recursive: true });
	}
}

export function launch()
{
	return chromium.launch({ executablePath: process.env.CHROMIUM,
		args: FLAGS });
}

/**
 * In a page: its disk is slow.  The ack of the first request of a new device is
 * noted while the account is being read after the third message.
 */
export function slowDisk()
{
	const { get, delete: remove } = IDBObjectStore.prototype;
	const slow = (tx, ms) => {
		const done = tx.oncomplete;

		tx.oncomplete = () => setTimeout(done, ms);
	};

	IDBObjectStore.prototype.get = function (key) {
		if (key === 'account' && this.transaction.mode === 'readonly')
			slow(this.transaction, 600);
		return get.call(this, key);
	};
	IDBObjectStore.prototype.delete = function (key) {
		if (this.name === 'outbox')
			slow(this.transaction, 1500);
		return remove.call(this, key);
	};
}

/** A browser of its own, which remembers what went wrong in it. */
export class Device {
	static async open(browser, relay, options = LAPTOP, hash = '')
	{
		const device = new Device();

		device.relay = relay;
		device.wrong = [];
		device.context = await browser.newContext({ locale: 'en-GB',
			ignoreHTTPSErrors: true, acceptDownloads: true, ...options });
		/* A machine may be as slow as it likes. */
		device.context.setDefaultTimeout(120e3);
		device.page = await device.tab(hash);
		return device;
	}

	async tab(hash = '')
	{
		const page = await this.context.newPage();

		page.on('pageerror', (e) => this.wrong.push(String(e.stack)));
		page.on('console', (m) => {
			if (m.type() === 'error' && !/WebSocket connection|ERR_/.test(
				m.text()))
				this.wrong.push(m.text());
		});
		await page.addInitScript(() => addEventListener(
			'securitypolicyviolation', (e) => console.error('CSP: ' +
				e.violatedDirective + ' ' + e.blockedURI)));
		await page.goto(this.relay.url + hash);
		return page;
	}

	/** Join by the link of an invitation. */
	static async join(browser, relay, name, options = LAPTOP)
	{
		relay.command('invite', name);
		const device = await Device.open(browser, relay, options,
			`#join=${encodeURIComponent(name)}`);
		await device.page.getByRole('button', { name: 'Join' }).click();
		await device.online();
		device.name = name;
		return device;
	}

	online()
	{
		return this.page.waitForSelector('#app[data-phase=online] .list');
	}

	/** Ask somebody to talk. */
	async ask(name, words)
	{
		const { page } = this;

		await page.getByRole('button', { name: 'New conversation' }).click();
		const dialog = page.getByRole('dialog');
		await dialog.getByLabel('Their name').fill(name);
		await dialog.getByLabel('First words').fill(words);
		await dialog.getByRole('button', { name: 'Ask', exact: true }).click();
	}

	async open(name)
	{
		await this.page.locator('.list .talk', { hasText: name }).first()
			.click();
		await this.page.waitForSelector('.talkview');
	}

	async write(text)
	{
		const { page } = this;

		await page.getByLabel('Message', { exact: true }).fill(text);
		await page.keyboard.press('Enter');
	}

	/** Wait until a message is there; with stored, until it is acked. */
	async sees(text, stored = false)
	{
		await this.page.locator('.log .bubble', { hasText: text }).filter(
			stored ? { has: this.page.locator('.state-stored') } : {})
			.first().waitFor();
	}

	/** How often a message is there. */
	count(text)
	{
		return this.page.locator('.log .words', { hasText: text }).count();
	}

	/** What was said in the talk that is open, all of it. */
	async words()
	{
		return (await this.table('messages')).map((m) => m.text)
			.filter((text) => /^word/.test(text));
	}

	/** All that a table of the page's store holds. */
	table(name)
	{
		return this.page.evaluate((table) => new Promise((done) => {
			indexedDB.open('mnm').onsuccess = (e) => {
				const db = e.target.result;
				db.transaction(table).objectStore(table).getAll()
					.onsuccess = (f) => {
						done(f.target.result);
						db.close();
					};
			};
		}), name);
	}

	/** How many requests wait for their acks. */
	async outbox()
	{
		return (await this.table('outbox')).length;
	}

	async close()
	{
		await this.context.close();
	}
}

/** Nothing went wrong in these browsers, and no policy was violated. */
export async function quiet(...list)
{
	for (const device of list) {
		assert.deepEqual(device.wrong, []);
		await device.close();
	}
}

/** Wait until f() is true, for so many tenths of a second. */
export async function until(f, most = 1200)
{
	for (let i = 0; !await f(); i++) {
		assert.ok(i < most, String(f));
		await new Promise((done) => setTimeout(done, 100));
	}
}

/** Two people who talk already. */
export async function pair(browser, relay, a, b, optionsA = LAPTOP,
	optionsB = LAPTOP)
{
	const one = await Device.join(browser, relay, a, optionsA);
	const two = await Device.join(browser, relay, b, optionsB);

	await one.ask(b, `Hello, this is ${a}`);
	await two.open(a);
	await two.page.getByRole('button', { name: 'Accept' }).click();
	await one.page.waitForSelector('.composer');
	await two.page.waitForSelector('.composer');
	return [one, two];
}
