// Frames and sessions, on the examples of PROTOCOL.md and the JSON corpus.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { FrameError, FrameReader, OP, Session, encodeHeader, pause,
	newId } from '../../web/tmtp.js';

const bytes = (text) => new TextEncoder().encode(text);
const frame = (header, data = '') => {
	const all = new Uint8Array([...encodeHeader(JSON.stringify(header)),
		...bytes(data)]);
	return all;
};

/** The lines of the page's conversations, joined: [who, way, json, data]. */
function examples()
{
	const page = readFileSync(new URL('../../PROTOCOL.md', import.meta.url),
		'utf8');
	const found = [];

	for (const [, block] of page.matchAll(/```tmtp\n([^]*?)```/g))
		for (const line of block.replace(/\n\t/g, '').split('\n')) {
			const m = line.match(/^(\w+)([<>]) (\{.*\})(?: \| (.*))?$/);
			if (m)
				found.push(m.slice(1));
		}
	return found;
}

test('what the relay sends in PROTOCOL.md is read, however it is cut', () => {
	let n = 0;
	for (const [, way, text, data] of examples()) {
		if (way !== '<')
			continue;
		const header = JSON.parse(text.replace(/"headsum":\$sum/,
			'"headsum":1').replace(/:\$(\w+)/g, ':"$1"'));
		const whole = frame(header, data);
		for (const step of [1, 3, whole.length]) {
			const reader = new FrameReader();
			const frames = [];
			for (let i = 0; i < whole.length; i += step)
				frames.push(...reader.push(whole.slice(i, i + step)));
			assert.equal(frames.length, 1, text);
			assert.deepEqual(frames[0].header, header);
			assert.equal(new TextDecoder().decode(frames[0].data),
				data ?? '');
		}
		n++;
	}
	assert.ok(n > 60, `${n} examples`);
});

test('the ops of PROTOCOL.md have their numbers', () => {
	const names = new Set(examples().filter(([, way]) => way === '>')
		.map(([, , text]) => text.match(/"op":([A-Za-z]+)/)?.[1])
		.filter(Boolean));
	for (const name of names)
		assert.equal(typeof OP[name], 'number', name);
	assert.equal(OP.Ping, 9);
	assert.equal(OP.Quit, 12);
});

test('several frames in one piece, and one in many', () => {
	const two = new Uint8Array([...frame({ op: 'info', a: 1 }),
		...frame({ op: 'delivery', datalen: 3 }, 'abc'),
		...frame({ op: 'info', a: 2 })]);
	assert.equal(new FrameReader().push(two).length, 3);
});

test('bytes that are no frame end the session', () => {
	for (const text of ['zzzz{"op":"x"}', '0003{}1', '0008{"a":1}}',
		'000c{"op":"info"', '0008[1,2,3] ',
		'001d{"op":"delivery","datalen":-1}',
		'001f{"op":"delivery","datalen":1.5}'])
		assert.throws(() => new FrameReader().push(bytes(text)), FrameError,
			text);
	assert.throws(() => encodeHeader('{}'), FrameError);
	assert.throws(() => encodeHeader('x'.repeat(65536)), FrameError);
});

test('data that is too large is skipped, and the next frame is read', () => {
	const reader = new FrameReader(10);
	const frames = reader.push(new Uint8Array([
		...frame({ op: 'delivery', datalen: 11 }, 'x'.repeat(11)),
		...frame({ op: 'info' })]));
	assert.equal(frames[0].skipped, 11);
	assert.equal(frames[0].data.length, 0);
	assert.equal(frames[1].header.op, 'info');
});

const corpus = new URL('../../../shared/jsontestsuite/', import.meta.url);
test('the JSON corpus: objects that are not JSON are refused', {
	skip: !existsSync(corpus) }, () => {
	let n = 0;
	for (const name of readdirSync(corpus)) {
		const text = readFileSync(new URL(encodeURIComponent(name), corpus));
		if (!/^[yn]_object/.test(name) || text.length < 8)
			continue;
		const head = new Uint8Array([...bytes(text.length.toString(16)
			.padStart(4, '0')), ...text]);
		/* None of them has an op: so all are refused, without a crash. */
		assert.throws(() => new FrameReader().push(head), FrameError, name);
		n++;
	}
	assert.ok(n > 20);
});

test('pauses grow, are never the same, and have an end', () => {
	assert.ok(pause(0, () => 0) >= 100 && pause(0, () => 1) <= 1000);
	assert.ok(pause(3, () => 1) > pause(2, () => 1));
	assert.equal(pause(50, () => 1), 60e3);
	assert.notEqual(newId(), newId());
});

/** A WebSocket that remembers what is sent. */
function fakeWire()
{
	return { readyState: 1, bufferedAmount: 0, sent: [], closed: 0,
		send(d) {
			this.sent.push(new Uint8Array(d));
		},
		close() {
			this.closed++;
		} };
}

function headersOf(wire)
{
	const reader = new FrameReader();
	return wire.sent.flatMap((d) => {
		const text = new TextDecoder().decode(d);
		return /^[0-9a-f]{4}\{/.test(text)
			? [JSON.parse(text.slice(4, 4 + parseInt(text.slice(0, 4), 16)))]
			: [];
	}, reader);
}

const tick = () => new Promise((done) => setTimeout(done, 5));

test('nothing is sent on a connection that is closing', async () => {
	const wire = fakeWire();
	const session = new Session(wire, { ended: () => {} });

	session.send('{"op":7,"id":"1"}', new Blob(['data']));
	wire.readyState = 2;	/* while the data is fetched */
	await tick();
	session.send('{"op":7,"id":"2"}', null);
	await tick();
	assert.equal(wire.sent.length, 0);
	session.close();
});

test('a message is acked when it is stored, and not before', async () => {
	const wire = fakeWire();
	let stored;
	const ended = [];
	const session = new Session(wire, { ready() {}, acked() {}, ohi() {},
		ended: (why) => ended.push(why),
		message: () => new Promise((done, failed) => {
			stored = { done, failed };
		}) });

	session.login('U', 'N');
	const give = (h, d) => wire.onmessage({ data: frame(h, d).buffer });
	give({ op: 'info', info: 'login ok' });
	give({ op: 'delivery', id: 'm1', datalen: 2 }, 'Hi');
	give({ op: 'delivery', id: 'm2', datalen: 2 }, 'Ho');
	await tick();
	assert.deepEqual(headersOf(wire).map((h) => h.op), [0, 2]);
	stored.failed(new Error('full'));
	await tick();
	assert.deepEqual(headersOf(wire).map((h) => h.op), [0, 2]);
	stored.done();
	await tick();
	const last = headersOf(wire).pop();
	assert.deepEqual([last.op, last.id], [OP.Ack, 'm2']);
	give({ op: 'quit', error: 'replaced by a newer login' });
	wire.onclose?.();
	assert.deepEqual(ended, ['replaced by a newer login']);
	assert.equal(wire.closed, 1);
});

test('large data goes out in pieces, with progress, whole', async () => {
	const wire = fakeWire();
	const seen = [];
	const session = new Session(wire, { ready() {}, acked() {}, ohi() {},
		ended() {}, async message() {},
		sending: (id, sent, total) => seen.push([id, sent, total]) });
	const data = new Uint8Array(200_000).map((_, i) => i * 7);

	session.send('{"op":7,"id":"p"}', new Blob([data]), 'p');
	session.send('{"op":11}', null);	/* never within a message */
	while (wire.sent.length < 6)
		await tick();
	const all = Buffer.concat(wire.sent);
	assert.deepEqual(new Uint8Array(all.subarray(21, 200_021)), data);
	assert.equal(all.subarray(200_021).toString(), '0009{"op":11}');
	assert.deepEqual(seen.pop(), ['p', 200_000, 200_000]);
	session.close();
});

test('a text message, or one that is no frame, ends the session', () => {
	for (const data of ['0009{"op":11}', bytes('nonsense').buffer]) {
		const wire = fakeWire();
		let why = '';
		new Session(wire, { ready() {}, acked() {}, ohi() {},
			async message() {}, ended: (reason) => {
				why = reason;
			} });
		wire.onmessage({ data });
		assert.ok(why);
		assert.equal(wire.closed, 1);
	}
});

test('a probe waits while bytes come or go, and no longer', async (t) => {
	t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
	const wire = fakeWire();
	const ended = [];
	const session = new Session(wire, { ready() {}, acked() {}, ohi() {},
		ended: (why) => ended.push(why), async message() {} });
	const pass = async (ms) => {	/* awaits, too, need their turns */
		for (let i = 0; i < ms; i += 20) {
			t.mock.timers.tick(20);
			await new Promise((done) => setImmediate(done));
		}
	};

	wire.onmessage({ data: frame({ op: 'info', info: 'ok' }).buffer });
	session.announce(['U']);
	const large = frame({ op: 'delivery', id: 'm', datalen: 1000 }, 'x'.repeat(1000));
	for (let i = 0; i < 3; i++) {	/* a large message arrives slowly */
		await pass(9000);
		wire.onmessage({ data: large.slice(i * 9, i * 9 + 9).buffer });
	}
	wire.bufferedAmount = 2 << 20;	/* and one leaves */
	session.send('{"op":7,"id":"1"}', new Blob([new Uint8Array(1 << 20)]));
	for (let i = 0; i < 3; i++) {
		await pass(9000);
		wire.bufferedAmount -= 1;
	}
	await pass(9000);
	assert.deepEqual(ended, []);
	await pass(2000);
	assert.deepEqual(ended, ['the relay does not answer']);
});
