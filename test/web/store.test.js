// What messages change in the store, on an IndexedDB in memory.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { writePost } from '../../web/post.js';
import { Store } from '../../web/store.js';
import { take, fold } from '../../web/inbox.js';
import { exportAll, importAll } from '../../web/archive.js';
import { Engine, FILE_GONE, phaseOf } from '../../web/engine.js';

let skip = false;
try {
	await import('fake-indexeddb/auto');
} catch {
	skip = 'fake-indexeddb is absent';
}

/* What waits for long does not keep the test from ending. */
for (const name of ['setTimeout', 'setInterval']) {
	const real = globalThis[name];
	globalThis[name] = (f, ms, ...rest) => ms > 999
		? real(f, ms, ...rest).unref() : real(f, ms, ...rest);
}

const ME = 'ME', BOB = 'BOB', EVE = 'EVE';
let made = 0;

async function newStore()
{
	const store = await Store.open(`test${++made}`);
	await store.setMeta('account', { uid: ME, nodeid: 'N', noderef: '1',
		label: 'laptop', aliases: [{ name: 'Alice' }], relay: 'r' });
	return store;
}

let clock = 0;
const nextId = () => (++clock).toString(16).padStart(16, '0');

/** Give a message to the store, as the relay would. */
async function give(store, header, data = new Uint8Array(0))
{
	const account = await store.meta('account');
	const h = { id: nextId(), posted: '2026-01-01T00:00:00.000Z', ...header };
	return store.write((tx) => take(tx, account, h, data));
}

async function givePost(store, from, draft, header = {})
{
	const { data, datahead } = writePost({ alias: '', thread: '', subject: '',
		cc: [], text: '', files: [], ...draft }, '2026-01-01');
	return give(store, { op: 'delivery', from, datahead, ...header },
		new Uint8Array(await data.arrayBuffer()));
}

const talksOf = async (store) => Object.fromEntries((await store.talks())
	.map((t) => [t.id, t]));
const wordsOf = async (store, talk) => (await store.page(talk, {}, 1e5))
	.map((m) => m.text ?? m.note.what);

test('a message that comes twice is there once', { skip }, async () => {
	const store = await newStore();
	await givePost(store, BOB, { alias: 'Bob', text: 'Hi' }, { id: 'a1' });
	const again = await givePost(store, BOB, { alias: 'Bob', text: 'Hi' },
		{ id: 'a1' });
	const talks = await talksOf(store);

	assert.equal(talks['u:BOB'].unread, 1);
	assert.equal(talks['u:BOB'].state, 'request');
	assert.equal(again.talks.size, 0);
	assert.deepEqual(await wordsOf(store, 'u:BOB'), ['Hi']);
});

test('somebody who was asked answers', { skip }, async () => {
	const store = await newStore();
	await give(store, { op: 'ping', from: ME, alias: 'Alice', to: 'Bob  B' },
		new TextEncoder().encode('Hello'));
	assert.equal((await talksOf(store))['a:bob b'].state, 'asked');
	await give(store, { op: 'ping', from: BOB, alias: 'bob B', to: 'Alice' });
	const talks = await talksOf(store);

	assert.deepEqual(Object.keys(talks), ['u:BOB']);
	assert.equal(talks['u:BOB'].state, 'open');
	assert.deepEqual(await wordsOf(store, 'u:BOB'), ['Hello', 'accepted']);
});

test('nobody can put words into a talk of others', { skip }, async () => {
	const store = await newStore();
	const bob = await givePost(store, BOB, { alias: 'Bob', text: '1' },
		{ id: 'b1' });
	assert.ok(bob.asks);
	await givePost(store, EVE, { alias: 'Bob', thread: 'b1', text: 'evil' });
	await givePost(store, EVE, { alias: 'Bob', text: 'evil',
		cc: [{ who: 'Club', uid: 'Club' }] });
	const talks = await talksOf(store);

	assert.deepEqual(await wordsOf(store, 'u:BOB'), ['1']);
	assert.deepEqual(await wordsOf(store, 'u:EVE'), ['evil', 'evil']);
	assert.equal(talks['u:EVE'].state, 'request');
});

test('a name in a post is a claim: it is no answer, unless the user says so',
	{ skip }, async () => {
		const store = await newStore();
		await give(store, { op: 'ping', from: ME, alias: 'Alice', to: 'Bob' },
			new TextEncoder().encode('Hello'));
		const effects = await givePost(store, EVE, { alias: 'Bob', text: 'hi' });
		let talks = await talksOf(store);
		assert.equal(effects.asks.id, 'u:EVE');
		assert.deepEqual([talks['u:EVE'].state, talks['u:EVE'].claimed],
			['request', true]);
		assert.equal(talks['a:bob'].state, 'asked');
		/* He is a person of that name to nobody but himself. */
		const { engine } = await play(store);
		assert.equal(await engine.ping('Bob', 'Alice', ''), 'a:bob');
		/* The real one answers; then Eve, too, is known by her name. */
		await give(store, { op: 'ping', from: BOB, alias: 'Bob', to: 'Alice' });
		await give(store, { op: 'ping', from: EVE, alias: 'Eve', to: 'Alice' });
		talks = await talksOf(store);
		assert.deepEqual(Object.keys(talks).sort(), ['u:BOB', 'u:EVE']);
		assert.equal(talks['u:BOB'].state, 'open');
		assert.deepEqual([talks['u:EVE'].name, talks['u:EVE'].claimed],
			['Eve', false]);
		engine.stop();
	});

test('who answers by a post is accepted as the one who was asked', { skip },
	async () => {
		const store = await newStore();
		await give(store, { op: 'ping', from: ME, alias: 'Alice', to: 'Bob' },
			new TextEncoder().encode('Hello'));
		await givePost(store, BOB, { alias: 'bob', text: 'hi' });
		const { engine } = await play(store);
		await engine.accept('u:BOB');
		const talks = await talksOf(store);
		assert.deepEqual(Object.keys(talks), ['u:BOB']);
		assert.equal(talks['u:BOB'].state, 'open');
		assert.deepEqual(await wordsOf(store, 'u:BOB'), ['Hello', 'hi']);
		engine.stop();
	});

test('a name that worked once is not answered by another', { skip }, async () => {
	const store = await newStore();
	const outbox = () => store.read((tx) => tx.all('outbox'));
	await store.setMeta('account', { ...await store.meta('account'),
		aliases: [{ name: 'Alice' }, { name: 'At the fair', uses: 1 }] });
	await give(store, { op: 'ping', from: BOB, alias: 'Bob', to: 'at the fair' });
	await give(store, { op: 'ping', from: EVE, alias: 'Eve', to: 'alice' });
	const { engine } = await play(store);
	await engine.accept('u:BOB');
	assert.deepEqual(await outbox(), []);
	await engine.accept('u:EVE');
	assert.deepEqual((await outbox()).map((r) => JSON.parse(r.header).from),
		['alice']);
	engine.stop();
});

test('a post to several is as welcome as its sender', { skip }, async () => {
	const store = await newStore();
	const cc = [{ who: 'Alice', uid: ME }, { who: 'Carol', uid: 'CAROL' }];
	for (const [uid, state] of [[BOB, 'open'], [EVE, 'ignored']])
		await store.write((tx) => tx.put('talks', { id: 'u:' + uid, uid,
			kind: 'person', name: uid, state, at: '', unread: 0 }));
	const first = await givePost(store, EVE, { text: 'spam', cc }, { id: 's1' });
	const second = await givePost(store, BOB, { text: 'hi', cc }, { id: 's2' });
	const third = await givePost(store, 'DAN', { text: 'hi', cc }, { id: 's3' });
	const talks = await talksOf(store);

	assert.deepEqual(['t:s1', 't:s2', 't:s3'].map((id) => talks[id].state),
		['ignored', 'open', 'request']);
	assert.deepEqual([first, second, third].map((e) => e.asks?.id),
		[undefined, undefined, 't:s3']);
	assert.deepEqual([first.fresh.length, talks['t:s1'].unread], [0, 0]);
});

test('a group that was deleted here comes back when somebody writes', { skip },
	async () => {
		const store = await newStore();
		const post = () => givePost(store, BOB, { alias: 'Bob', text: 'sing',
			cc: [{ who: 'Choir', uid: 'Choir' }] });
		const member = (act) => give(store, { op: 'member', from: ME, act,
			alias: 'Alice', gid: 'Choir' });
		await member('join');
		await post();
		const { engine } = await play(store);
		await engine.removeTalk('g:choir');
		await give(store, { op: 'member', from: 'DAN', act: 'join', alias: 'Dan',
			gid: 'Choir' });
		assert.equal((await talksOf(store))['g:choir'].hidden, true);
		await post();
		const talks = await talksOf(store);
		assert.deepEqual(Object.keys(talks), ['g:choir']);
		assert.ok(!talks['g:choir'].hidden);
		assert.deepEqual(await wordsOf(store, 'g:choir'), ['join', 'sing']);
		await member('drop');
		await engine.removeTalk('g:choir');
		assert.deepEqual(await store.talks(), []);
		engine.stop();
	});

test('a new device gets its talks when it is approved, whatever came before',
	{ skip }, async () => {
		const old = await newStore(), store = await newStore();
		await store.setMeta('account', { ...await store.meta('account'),
			waits: true });
		await give(old, { op: 'member', from: ME, act: 'join', alias: 'Alice',
			gid: 'Choir' });
		await give(old, { op: 'ping', from: BOB, alias: 'Bob', to: 'Alice' });
		await old.editTalk('u:BOB', { state: 'open' });
		for (const s of [old, store]) {
			await givePost(s, BOB, { alias: 'Bob', text: 'me' }, { id: 'n1' });
			await givePost(s, BOB, { alias: 'Bob', text: 'all',
				cc: [{ who: 'Choir', uid: 'Choir' }] }, { id: 'n2' });
		}
		assert.equal((await talksOf(store))['u:BOB'].state, 'request');
		await importAll(store, await exportAll(old));
		const talks = await talksOf(store);
		assert.equal(talks['u:BOB'].state, 'open');
		assert.deepEqual([talks['g:choir'].as, talks['g:choir'].unread],
			['Alice', 1]);
		assert.deepEqual([await wordsOf(store, 'u:BOB'),
			await wordsOf(store, 'g:choir')],
		[['pinged', 'me'], ['join', 'all']]);
	});

test('a file from before somebody answered does not ask again', { skip },
	async () => {
		const store = await newStore();
		await give(store, { op: 'ping', from: ME, alias: 'Alice', to: 'Bob' },
			new TextEncoder().encode('Hello'));
		const file = await exportAll(store);
		await give(store, { op: 'ping', from: BOB, alias: 'Bob', to: 'Alice' });
		await store.write(async (tx) => {
			for (const m of await tx.keys('messages'))
				await tx.remove('messages', m);
		});
		await importAll(store, file);
		assert.deepEqual(Object.keys(await talksOf(store)), ['u:BOB']);
		assert.deepEqual(await wordsOf(store, 'u:BOB'), ['Hello']);
	});

test('what is ignored is not counted', { skip }, async () => {
	const store = await newStore();
	await givePost(store, BOB, { text: '1' });
	await store.editTalk('u:BOB', { state: 'ignored', unread: 0 });
	const effects = await givePost(store, BOB, { text: '2' });

	assert.equal(effects.fresh.length, 0);
	assert.equal((await talksOf(store))['u:BOB'].unread, 0);
});

test('a group: invited, joined, renamed, dropped', { skip }, async () => {
	const store = await newStore();
	const invited = await give(store, { op: 'invite', from: BOB, alias: 'bob',
		to: 'Alice', gid: 'Club' }, new TextEncoder().encode('Join us'));
	assert.equal(invited.asks.note, 'Join us');
	const member = (from, act, alias, newalias) => give(store, { op: 'member',
		from, act, alias, gid: 'Club', ...(newalias ? { newalias } : {}) });
	await member(ME, 'join', 'Alice', 'Al');
	let club = (await talksOf(store))['g:club'];
	assert.deepEqual([club.state, club.as], ['open', 'Al']);
	await givePost(store, BOB, { alias: 'bob', text: 'Welcome',
		cc: [{ who: 'Club', uid: 'Club' }] });
	assert.ok((await wordsOf(store, 'g:club')).includes('Welcome'));
	await member(BOB, 'invite', 'carol');
	await member('CAROL', 'join', 'carol');
	await member('CAROL', 'alias', 'carol', 'Caro');
	club = (await talksOf(store))['g:club'];
	assert.deepEqual(club.members.map((m) => [m.name, m.uid]),
		[['bob', BOB], ['Al', ME], ['Caro', 'CAROL']]);
	await member(BOB, 'constructor', 'x');
	await member(BOB, 'drop', 'Al');
	assert.equal((await talksOf(store))['g:club'].state, 'left');
});

test('what another device sent is in the right talk', { skip }, async () => {
	const store = await newStore();
	await givePost(store, ME, { text: 'to Bob', cc: [{ who: 'Bob', uid: BOB,
		by: '', byUid: ME }] });
	await givePost(store, ME, { text: 'note' });
	await givePost(store, ME, { text: 'both', subject: 'Trip', cc: [
		{ who: 'Bob', uid: BOB }, { who: 'Eve', uid: EVE }] }, { id: 'c1' });
	await givePost(store, EVE, { text: 'yes', thread: 'c1', alias: 'Eve' });
	const talks = await talksOf(store);

	assert.equal(talks['u:BOB'].state, 'open');
	assert.deepEqual(await wordsOf(store, 'me'), ['note']);
	assert.equal(talks['t:c1'].name, 'Trip');
	assert.deepEqual((await wordsOf(store, 't:c1')).sort(),
		['both', 'yes']);
	assert.equal(talks['t:c1'].unread, 1);
});

test('synchronisation of the released client is passed over', { skip },
	async () => {
		const store = await newStore();
		const head = new TextEncoder().encode('{"NodeSync":true}[1,2]');
		await give(store, { op: 'delivery', from: ME, datahead: 17 }, head);
		assert.deepEqual(await store.talks(), []);
	});

test('attachments are kept, and pass through a file of history', { skip },
	async () => {
		const store = await newStore();
		await givePost(store, BOB, { alias: 'Bob', text: 'two', files: [
			{ name: 'a.txt', blob: new Blob(['abc\n\n']) },
			{ name: 'b', blob: new Blob(['']) }] }, { id: 'd1' });
		await givePost(store, BOB, { text: 'x'.repeat(300_000) });
		const file = await exportAll(store);
		const other = await newStore();
		const { messages } = await importAll(other, file);

		assert.equal(messages, 2);
		assert.equal(await (await other.blob('d1/0')).text(), 'abc\n\n');
		assert.equal((await importAll(other, file)).messages, 0);
		assert.equal((await other.talks())[0].name, 'Bob');
		await assert.rejects(importAll(await newStore(),
			file.slice(0, file.size - 20)));
		await assert.rejects(importAll(other, new Blob(['nonsense\n'])));
		await assert.rejects(importAll(other, new Blob([])));
	});

test('search finds all words, the newest first', { skip }, async () => {
	const store = await newStore();
	for (let i = 0; i < 600; i++)
		await store.write((tx) => tx.put('messages', { id: nextId(),
			talk: 'u:BOB', text: i % 100 ? 'chaff' : `Grüne Birne ${i}` }));
	const found = [];
	await store.search('BIRNE grüne', (m) => found.push(m));

	assert.deepEqual(found.map((m) => m.text.split(' ')[2]),
		['500', '400', '300', '200', '100', '0']);
});

test('a transaction that fails changes nothing', { skip }, async () => {
	const store = await newStore();
	await assert.rejects(store.write(async (tx) => {
		await tx.put('meta', 1, 'x');
		throw new Error('disk');
	}), /disk/);
	assert.equal(await store.meta('x'), undefined);
});

test('aliases that are used up, devices that are dropped', { skip },
	async () => {
		const store = await newStore();
		const user = (h) => give(store, { op: 'user', from: ME, ...h });
		await user({ newalias: 'once', uses: 1 });
		await give(store, { op: 'ping', from: BOB, alias: 'Bob', to: 'ONCE' });
		assert.deepEqual((await store.meta('account')).aliases
			.map((a) => a.name), ['Alice']);
		for (const ref of ['1', '2', '10'])
			await user({ newnode: `n${ref}`, noderef: ref });
		await user({ dropnode: '2', after: true });
		assert.deepEqual((await store.meta('devices')).map((d) => d.ref),
			['1']);
	});

test('names', () => {
	assert.equal(fold('ÄLice  B'), fold('ÄlIce B'));
	assert.notEqual(fold('Ä'), fold('ä'));
});

test('what the relay says when it ends a connection', () => {
	assert.equal(phaseOf('replaced by a newer login', false), 'taken');
	assert.equal(phaseOf('login failed: unknown user or node', false),
		'dropped');
	assert.equal(phaseOf('this relay takes new members by invitation', true),
		'asked');
	assert.equal(phaseOf('the relay is stopping', false), 'waiting');
});

/** An engine with a relay that a test plays. */
async function play(store, slow = 0)
{
	const sent = [];
	const wires = [];
	const channel = { postMessage() {}, onmessage: null };
	const engine = new Engine({ store, channel, lead: (f) => void f(),
		askTime: async () => Date.now() - slow, connect: () => {
			const wire = { readyState: 1, bufferedAmount: 0, close() {},
				send(d) {
					const text = new TextDecoder().decode(d);
					if (!/^[0-9a-f]{4}\{/.test(text))
						return;	/* more data */
					const n = 4 + parseInt(text.slice(0, 4), 16);
					sent.push({ ...JSON.parse(text.slice(4, n)),
						text: text.slice(4, n), data: text.slice(n) });
				} };
			wires.push(wire);
			return wire;
		} });
	const say = (header) => {
		const text = JSON.stringify(header);
		wires.at(-1).onmessage({ data: new TextEncoder().encode(
			text.length.toString(16).padStart(4, '0') + text).buffer });
	};
	await engine.start();
	await until(() => wires.length > 0);
	return { engine, sent, wires, say };
}

async function until(f)
{
	for (let i = 0; i < 400; i++) {
		if (await f())
			return;
		await new Promise((done) => setTimeout(done, 5));
	}
	throw new Error('nothing happened: ' + f);
}

test('a request without an ack is sent again, byte for byte', { skip },
	async () => {
		const store = await newStore();
		await store.write((tx) => tx.put('talks', { id: 'u:BOB',
			kind: 'person', name: 'Bob', state: 'open', uid: BOB, at: '',
			unread: 0 }));
		const { engine, sent, wires, say } = await play(store);
		say({ op: 'info', info: 'login ok' });
		await engine.post('u:BOB', 'once', []);
		const posts = () => sent.filter((h) => h.op === 7);
		await until(() => posts().length === 1);
		wires.at(-1).onclose();
		assert.equal(engine.state.phase, 'waiting');
		engine.retry();
		await until(() => wires.length === 2);
		say({ op: 'info', info: 'login ok' });
		await until(() => posts().length === 2);
		const [first, second] = posts();
		assert.equal(second.text, first.text);
		assert.equal(second.data, first.data);
		say({ op: 'ack', id: first.id, msgid: nextId(), posted: 'x' });
		await until(async () => (await store.page('u:BOB', {}, 9e3))[0]?.state
			=== 'stored');
		assert.deepEqual(await wordsOf(store, 'u:BOB'), ['once']);
		assert.deepEqual(await store.read((tx) => tx.all('outbox')), []);
		engine.session.close();
	});

/** A member who talks with Bob, to whom the relay has not spoken yet. */
async function talksWithBob(slow)
{
	const store = await newStore();
	await store.write((tx) => tx.put('talks', { id: 'u:BOB', kind: 'person',
		name: 'Bob', state: 'open', uid: BOB, at: '', unread: 0 }));
	const game = await play(store, slow);
	return { store, ...game, posts: () => game.sent.filter((h) => h.op === 7),
		page: () => store.page('u:BOB', {}, 9e3) };
}

/** A member who talks with Bob, and a file for him that waits. */
async function waitingFile()
{
	const game = await talksWithBob();
	await game.engine.post('u:BOB', 'see', [new File(['1234567'], 'f.txt')]);
	return game;
}

test('a talk is deleted while a file in it waits: the file goes out whole',
	{ skip }, async () => {
		const { store, engine, wires, say, posts } = await waitingFile();
		say({ op: 'info', info: 'login ok' });
		await until(() => posts().length === 1);
		wires[0].onclose();	/* the relay may have it */
		await engine.post('u:BOB', 'never mind', []);
		await engine.removeTalk('u:BOB');
		assert.deepEqual(await store.talks(), []);
		engine.retry();
		say({ op: 'info', info: 'login ok' });
		await until(() => posts().length === 2);
		const [, post] = posts();
		assert.equal(post.data.length, post.datalen);
		assert.match(post.data, /see1234567$/);
		say({ op: 'ack', id: post.id, msgid: nextId(), posted: 'x' });
		await until(async () => !(await store.read((tx) =>
			tx.all('outbox'))).length);
		assert.deepEqual(await store.read((tx) => tx.keys('blobs')), []);
		assert.deepEqual(await store.read((tx) => tx.keys('messages')), []);
		engine.session.close();
	});

test('a file that the browser has lost is not sent, and the message says so',
	{ skip }, async () => {
		const { store, engine, say, posts } = await waitingFile();
		await store.write(async (tx) => {
			for (const key of await tx.keys('blobs'))
				await tx.remove('blobs', key);
		});
		await engine.post('u:BOB', 'next', []);
		say({ op: 'info', info: 'login ok' });
		await until(() => posts().length === 1);
		assert.match(posts()[0].data, /next$/);
		await until(async () => (await store.page('u:BOB', {}, 9e3)).some(
			(m) => m.state === 'failed' && m.error === FILE_GONE));
		engine.session.close();
	});

test('a group that was asked for before a reload is whole afterwards', { skip },
	async () => {
		const store = await newStore();
		const first = await play(store);
		first.engine.invite('Picnic', 'Bob', '');
		await until(async () => (await store.read((tx) =>
			tx.all('outbox'))).length);
		first.engine.stop();
		const { engine, sent, say } = await play(store);
		say({ op: 'info', info: 'login ok' });
		await until(() => sent.some((h) => h.op === 5));
		say({ op: 'ack', id: sent.find((h) => h.op === 5).id, msgid: nextId(),
			posted: 'x' });
		await until(async () => (await talksOf(store))['g:picnic']);
		const group = (await talksOf(store))['g:picnic'];
		assert.deepEqual([group.as, group.members], ['Alice',
			[{ name: 'Alice', uid: ME, joined: true }]]);
		engine.stop();
	});

test('a refused post fails, and is sent anew on request', { skip }, async () => {
	const { store, engine, say, posts } = await talksWithBob();
	say({ op: 'info', info: 'login ok' });
	await engine.post('u:BOB', 'x', []);
	await until(() => posts().length === 1);
	say({ op: 'ack', id: posts()[0].id, msgid: '', posted: '',
		error: 'too much is waiting' });
	await until(async () => (await store.page('u:BOB', {}, 9e3))[0]?.state
		=== 'failed');
	const [m] = await store.page('u:BOB', {}, 9e3);
	assert.equal(m.error, 'too much is waiting');
	await engine.retryMessage(m.id);
	await until(() => posts().length === 2);
	assert.notEqual(posts()[1].id, posts()[0].id);
	engine.session.close();
});

test('what was never sent is taken back, and what may have been is not',
	{ skip }, async () => {
		const { store, engine, say, posts, page } = await talksWithBob();
		await engine.post('u:BOB', 'a', []);
		await engine.post('u:BOB', 'oops', [new File(['1'], 'f')]);
		const all = await page();	/* in any order within a millisecond */
		const a = all.find((v) => v.text === 'a');
		const oops = all.find((v) => v.text === 'oops');
		assert.equal(await engine.removeMessage(oops.id), true);
		assert.deepEqual(await store.read((tx) => tx.keys('blobs')), []);
		const [talk] = await store.talks();
		assert.deepEqual([talk.last, talk.lastText], [a.id, 'a']);
		say({ op: 'info', info: 'login ok' });
		await until(() => posts().length === 1);
		/* The relay may have it. */
		assert.equal(await engine.removeMessage(a.id), false);
		engine.session.close();
		assert.equal(await engine.removeMessage(a.id), false);
		assert.deepEqual(await wordsOf(store, 'u:BOB'), ['a']);
		/* Somebody who was to be asked is not. */
		const id = await engine.ping('Eve', 'Alice', 'hi');
		const [m] = await store.page(id, {}, 9e3);
		assert.equal(await engine.removeMessage(m.id), true);
		assert.deepEqual(Object.keys(await talksOf(store)), ['u:BOB']);
		assert.equal((await store.read((tx) => tx.all('outbox'))).length, 1);
		assert.equal(posts().length, 1);
	});

test('a large upload is taken back until its end goes out', { skip },
	async () => {
		const { store, engine, wires, say, posts, page } =
			await talksWithBob();
		const video = new File([new Uint8Array(300e3)], 'v.mp4');
		say({ op: 'info', info: 'login ok' });
		await until(() => engine.state.phase === 'online');
		wires[0].bufferedAmount = 1e9;	/* the network takes nothing */
		await engine.post('u:BOB', 'video', [video]);
		await engine.post('u:BOB', 'next', []);
		await until(() => posts().length === 1);
		const m = (await page()).find((v) => v.text === 'video');
		assert.equal(await engine.removeMessage(m.id), true);
		await until(() => wires.length === 2);
		say({ op: 'info', info: 'login ok' });
		await until(() => posts().length === 2);
		assert.match(posts()[1].data, /next$/);
		assert.deepEqual(await wordsOf(store, 'u:BOB'), ['next']);
		/* The last piece is on its way. */
		await engine.post('u:BOB', 'again', [video]);
		await until(() => posts().length === 3);
		const last = (await page()).at(-1);
		await until(async () => (await store.read((tx) => tx.all('outbox')))
			.every((r) => !r.unsent));
		assert.equal(await engine.removeMessage(last.id), false);
		engine.session.close();
	});

test('what failed stays where it was, and goes to the end when tried again',
	{ skip }, async () => {
		const { store, engine, say, posts, page } = await talksWithBob();
		const words = () => wordsOf(store, 'u:BOB');
		say({ op: 'info', info: 'login ok' });
		for (const text of ['first', 'second']) {
			await givePost(store, BOB, { text: 'before ' + text });
			await engine.post('u:BOB', text, []);
			await until(() => posts().some((h) => h.data.endsWith(text)));
			say({ op: 'ack', id: posts().at(-1).id, msgid: '', posted: '',
				error: 'no' });
			await until(async () => (await page()).at(-1).state === 'failed');
		}
		await givePost(store, BOB, { text: 'after' });
		const all = ['before first', 'first', 'before second', 'second', 'after'];
		assert.deepEqual(await words(), all);
		assert.equal((await store.talks())[0].lastText, 'after');
		await engine.retryMessage((await page())[1].id);
		assert.deepEqual(await words(), [all[0], ...all.slice(2), 'first']);
		engine.session.close();
	});

test('the clock is compared at the first login', { skip }, async () => {
	for (const [slow, off] of [[3600e3, 60], [-3600e3, -60], [60e3, 0]]) {
		const { engine, say } = await talksWithBob(slow);
		say({ op: 'info', info: 'login ok' });
		await until(() => engine.state.phase === 'online');
		await until(() => engine.state.clockOff === off);
		engine.session.close();
	}
});

test('the relay is told how long a code for another device is good', { skip },
	async () => {
		const { engine, sent, say } = await play(await newStore());
		say({ op: 'info', info: 'login ok' });
		engine.makeCode('phone');
		await until(() => sent.some((h) => h.newnode === 'phone'));
		assert.equal(sent.find((h) => h.newnode).within, 600);
		engine.session.close();
	});

test('a full store: nothing is acked, and the page says so', { skip },
	async () => {
		const store = await newStore();
		const { engine, sent, say } = await play(store);
		say({ op: 'info', info: 'login ok' });
		const write = store.write;
		store.write = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
		say({ op: 'delivery', from: BOB, id: 'f1' });
		await until(() => engine.state.full);
		store.write = write;
		assert.equal(sent.filter((h) => h.op === 10).length, 0);
		say({ op: 'delivery', from: BOB, id: 'f1' });
		await until(() => sent.some((h) => h.op === 10));
		assert.equal(engine.state.full, false);
		engine.session.close();
	});

test('a dropped device does not try again', { skip }, async () => {
	const store = await newStore();
	const { engine, wires, say } = await play(store);
	say({ op: 'quit', error: 'login failed: unknown user or node' });
	assert.equal(engine.state.phase, 'dropped');
	await new Promise((done) => setTimeout(done, 50));
	assert.equal(wires.length, 1);
});
