// ws.test.js - HTTP and WebSocket with clients that nobody here wrote: the
// package ws, and curl.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { Relay } from './page.js';

const OPS = { 2018: { ack: 9, quit: 11 }, 2020: { ack: 10, quit: 12 } };
let relay;

before(async () => {
	relay = await Relay.start({ register: 'open', register_rate: 0,
		web_origins: ['https://chat.example'] });
});

after(() => relay.stop());

function frame(header, data = Buffer.alloc(0))
{
	const json = Buffer.from(JSON.stringify(header));

	return Buffer.concat([
		Buffer.from(json.length.toString(16).padStart(4, '0')), json,
		data]);
}

/** Frames that arrive in pieces; next() waits for the one with that op. */
class Frames {
	bytes = Buffer.alloc(0);
	list = [];
	wake = () => {};

	add(bytes)
	{
		this.bytes = Buffer.concat([this.bytes, bytes]);
		for (;;) {
			const n = 4 + parseInt(this.bytes.subarray(0, 4), 16);

			if (!(this.bytes.length >= n))
				break;
			const header = JSON.parse(this.bytes.subarray(4, n));
			const end = n + (header.datalen ?? 0);

			if (this.bytes.length < end)
				break;
			this.list.push({ ...header,
				data: this.bytes.subarray(n, end) });
			this.bytes = this.bytes.subarray(end);
		}
		this.wake();
	}

	async next(op)
	{
		for (;;) {
			const at = this.list.findIndex((f) => f.op === op);

			if (at !== -1)
				return this.list.splice(at, 1)[0];
			await new Promise((done) => { this.wake = done; });
		}
	}
}

function open(options = {}, protocol = 'tmtp')
{
	return new WebSocket(`wss://127.0.0.1:${relay.port}/tmtp`, protocol,
		{ rejectUnauthorized: false, ...options });
}

/** A member over WebSocket; its messages are counted. */
async function join(numbering, options)
{
	const ws = open(options), frames = new Frames();
	const member = { ws, frames, messages: [], op: OPS[numbering],
		send: (...args) => ws.send(frame(...args)) };

	ws.on('message', (bytes, isBinary) => {
		assert.ok(isBinary);
		member.messages.push(bytes);
		frames.add(bytes);
	});
	member.closed = new Promise((done) => ws.on('close',
		(code, reason) => done({ code, reason: String(reason) })));
	await new Promise((done, fail) => ws.on('open', done).on('error',
		fail));
	assert.equal(ws.protocol, 'tmtp');
	assert.equal(ws.extensions, '');
	ws.send(Buffer.concat([frame({ op: 0, id: '1' }),
		frame({ op: 1, newnode: 'x', newalias: '_' })]));
	member.uid = (await frames.next('registered')).uid;
	await frames.next('info');
	return member;
}

function hash(bytes)
{
	return createHash('sha256').update(bytes).digest('hex');
}

for (const numbering of [2018, 2020]) {
	test(`20 MB between two members, numbering ${numbering}`, async () => {
		const a = await join(numbering), b = await join(numbering);
		const data = randomBytes(20 << 20);

		a.send({ op: 7, id: 'p', for: [{ id: b.uid, type: 1 }],
			datalen: data.length }, data);
		assert.equal((await a.frames.next('ack')).error, undefined);
		const got = await b.frames.next('delivery');
		assert.equal(hash(got.data), hash(data));
		b.send({ op: b.op.ack, id: got.id, type: 'ok' });
		b.send({ op: b.op.quit });
		assert.equal((await b.frames.next('quit')).error, 'logout ok');
		assert.deepEqual(await b.closed, { code: 1000, reason: '' });
		a.ws.close();
		await a.closed;
	});
}

test('each frame is one message, and fragments are joined', async () => {
	const a = await join(2020), b = await join(2020);
	const post = frame({ op: 7, id: 'p', for: [{ id: b.uid, type: 1 }],
		datalen: 5 }, Buffer.from('Hello'));

	b.messages.length = 0;
	for (let i = 0; i < post.length; i++) {
		a.ws.send(post.subarray(i, i + 1), { fin: i + 1 === post.length });
		if (i % 16 === 0)
			a.ws.ping(`${i}`);
	}
	const pong = new Promise((done) => a.ws.once('pong', done));
	await a.frames.next('ack');
	await pong;
	const got = await b.frames.next('delivery');
	assert.equal(String(got.data), 'Hello');
	assert.equal(b.messages.length, 1);
	a.ws.close(4321, 'bye');
	assert.deepEqual(await a.closed, { code: 4321, reason: '' });
	b.ws.close();
});

test('WebSocket and TMTP on one port reach each other', async () => {
	const a = await join(2020), frames = new Frames();
	const raw = tls.connect({ host: '127.0.0.1', port: relay.port,
		rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });

	raw.on('data', (bytes) => frames.add(bytes));
	raw.write(Buffer.concat([frame({ op: 0, id: '1' }),
		frame({ op: 1, newnode: 'x', newalias: '_' })]));
	await frames.next('info');
	raw.write(frame({ op: 7, id: 'p', for: [{ id: a.uid, type: 1 }],
		datalen: 2 }, Buffer.from('Hi')));
	assert.equal((await frames.next('ack')).error, undefined);
	assert.equal(String((await a.frames.next('delivery')).data), 'Hi');
	raw.destroy();
	a.ws.close();
});

/** The status that answers a handshake, or 101. */
function status(options, protocol)
{
	return new Promise((done) => {
		const ws = open(options, protocol);

		ws.on('open', () => { done(101); ws.close(); });
		ws.on('unexpected-response', (request, response) => {
			done(response.statusCode);
			request.destroy();
		});
		ws.on('error', () => {});
	});
}

test('origins and subprotocols', async () => {
	const own = `https://127.0.0.1:${relay.port}`;

	assert.equal(await status({ origin: own }), 101);
	assert.equal(await status({ origin: 'https://chat.example' }), 101);
	assert.equal(await status({ origin: 'https://evil.example' }), 403);
	assert.equal(await status({ origin: 'null' }), 403);
	assert.equal(await status({}, 'chat'), 400);
	assert.equal(await status({}, ['chat', 'tmtp']), 101);
	assert.equal(await status({}, []), 101);
});

test('a text closes the connection', async () => {
	const a = await join(2020);

	a.ws.send('text');
	assert.equal((await a.closed).code, 1003);
});

test('the relay says goodbye when it stops', async () => {
	const other = await Relay.start({ register: 'open' }), main = relay;

	relay = other;
	const a = await join(2020);
	relay = main;
	other.process.kill('SIGTERM');
	assert.match((await a.frames.next('quit')).error, /stopping/);
	assert.equal((await a.closed).code, 1000);
	await other.stop().catch(() => {});
});

/** What curl says. */
async function curl(...args)
{
	const { stdout } = await promisify(execFile)('curl', ['-sk', ...args,
	], { encoding: 'buffer' });

	return String(stdout);
}

const hasCurl = await curl('--version').then(() => true, () => false);

test('curl', { skip: !hasCurl && 'curl is absent' }, async () => {
	const at = (path) => relay.url.replace(/\/$/, path);
	const code = (...args) => curl('-o', '/dev/null', '-w', '%{http_code}',
		...args);
	const tag = /^etag: (.*)\r$/im.exec(await curl('-I', at('/')))[1];

	assert.match(await curl('--compressed', at('/')), /^<!doctype html>/i);
	assert.equal(await curl(at('/health')), 'ok\n');
	assert.equal(await code('--http2', at('/health')), '200');
	assert.equal(await code('-H', `If-None-Match: ${tag}`, at('/')), '304');
	assert.equal(await code(at('/nothing')), '404');
	assert.equal(await code(at('/metrics')), '200');
	assert.equal(await code('-X', 'PUT', at('/')), '405');
	assert.equal(await code('-d', 'x=1', at('/')), '405');
	assert.equal(await code('-H', 'Accept-Encoding: identity', at('/')),
		'406');
	assert.equal(await code(at('/tmtp')), '426');
	assert.equal(await code('-H', `X: ${'x'.repeat(9000)}`, at('/')), '431');
	assert.equal(await code(at(`/${'x'.repeat(9000)}`)), '414');
	assert.match(await curl(at('/').replace('https', 'http')),
		/^This port speaks TLS: use https:/);
	/* One connection for all. */
	assert.equal(await curl('-o', '/dev/null', '-o', '/dev/null', '-o',
		'/dev/null', '-w', '%{num_connects}', at('/'), at('/health'),
		at('/nothing')), '100');
});
