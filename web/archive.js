// @ts-check
/*
 * archive.js - everything that was said, as one file.
 *
 * A line of JSON says what the file is.  Then, for each record, a line of JSON:
 * {"talk":...}, {"message":...}, or {"blob":KEY,"type":...,"size":N}, which is
 * followed by N bytes and a newline.  The last line is {"end":true}.  No
 * password is in it.
 */

import { named } from './inbox.js';

/** @import { Store, Talk, Tx } from './store.js' */

const FORMAT = 'mnm history 1';
const LINE_MAX = 4 << 20;	/* a message with its text fits many times */
const STEP = 1000;		/* messages in one transaction */

/** @param {any} value */
function line(value)
{
	return JSON.stringify(value) + '\n';
}

/**
 * @param {Store} store
 * @param {{files: boolean, most: number}} [what] with attachments, and how many
 *	of the newest messages
 * @returns {Promise<Blob>}
 */
export async function exportAll(store, what = { files: true, most: Infinity })
{
	/** @type {BlobPart[]} */
	const parts = [line({ format: FORMAT })];
	/** @type {Set<string>} */
	const keys = new Set();
	const { account, talks, ids } = await store.read(async (tx) => ({
		account: await tx.get('meta', 'account'),
		talks: await tx.all('talks'),
		ids: await tx.keys('messages'),
	}));

	parts.push(line({ aliases: account?.aliases ?? [] }));
	for (const talk of talks)
		parts.push(line({ talk }));
	const first = Math.max(0, ids.length - what.most);
	for (let i = first; i < ids.length; i += STEP) {
		const some = await store.read((tx) => tx.all('messages',
			IDBKeyRange.bound(ids[i],
				ids[Math.min(i + STEP, ids.length) - 1])));
		for (const message of some) {
			if (message.state === 'waiting')
				continue;	/* it is only tried here */
			parts.push(line({ message }));
			for (const f of message.files ?? [])
				keys.add(f.key);
		}
	}
	for (const key of what.files ? keys : []) {
		const blob = await store.blob(key);
		if (blob)
			parts.push(line({ blob: key, type: blob.type,
				size: blob.size }), blob, '\n');
	}
	parts.push(line({ end: true }));
	return new Blob(parts, { type: 'application/octet-stream' });
}

/** Reads lines and bytes of a blob, a piece at a time. */
class BlobReader {
	/** @param {Blob} blob */
	constructor(blob)
	{
		this.blob = blob;
		this.at = 0;
		this.piece = new Uint8Array(0);
		this.start = 0;	/* of piece, in the blob */
	}

	async line()
	{
		for (let size = 64 << 10;; size *= 4) {
			const from = this.at - this.start;
			const end = this.piece.indexOf(10, from);
			if (from >= 0 && end !== -1) {
				this.at = this.start + end + 1;
				return new TextDecoder().decode(
					this.piece.subarray(from, end));
			}
			if (size > LINE_MAX * 4 || (this.start <= this.at &&
			    this.start + this.piece.length === this.blob.size &&
			    this.piece.length > 0))
				throw new Error('a line without end');
			this.start = this.at;
			this.piece = new Uint8Array(await this.blob.slice(
				this.at, this.at + size).arrayBuffer());
			if (this.piece.length === 0)
				throw new Error('the file is cut off');
		}
	}

	/** @param {number} n @param {string} type */
	bytes(n, type)
	{
		if (!Number.isSafeInteger(n) || n < 0 ||
		    this.at + n + 1 > this.blob.size)
			throw new Error('the file is cut off');
		const blob = this.blob.slice(this.at, this.at + n, type);
		this.at += n + 1;
		return blob;
	}
}

/** @param {any} value @param {string[]} keys that must be strings */
function check(value, keys)
{
	if (typeof value !== 'object' || value === null ||
	    keys.some((k) => typeof value[k] !== 'string'))
		throw new Error('an invalid record');
	return value;
}

/**
 * Add what is in a file to what is here.  What is here already stays, but for
 * talks with those whom this device had only just met.
 * @param {Store} store
 * @param {Blob} file
 * @returns {Promise<{messages: number, aliases: {name: string}[]}>} how many
 *	messages are new; rejected if the file is not whole: then the records before
 *	the damage have been added
 */
export async function importAll(store, file)
{
	const reader = new BlobReader(file);
	/** @type {{name: string}[]} */
	let aliases = [];
	let messages = 0;
	/** @type {any[]} */
	let batch = [];
	/** Where messages are now whose talk has another id here.
	    @type {Map<string, string>} */
	const moved = new Map();
	const flush = async () => {
		messages += await store.write((tx) => addRecords(tx, batch, moved));
		batch = [];
	};

	if (JSON.parse(await reader.line()).format !== FORMAT)
		throw new Error('not a history file');
	for (;;) {
		const record = JSON.parse(await reader.line());
		if (record.end)
			break;
		if (typeof record.blob === 'string')
			record.bytes = reader.bytes(record.size,
				String(record.type ?? ''));
		if (Array.isArray(record.aliases))
			aliases = record.aliases.filter((/** @type {any} */ a) =>
				typeof a?.name === 'string');
		batch.push(record);
		if (batch.length >= STEP)
			await flush();
	}
	await flush();
	return { messages, aliases };
}

/**
 * @param {Tx} tx
 * @param {Talk} talk
 * @param {Map<string, string>} moved
 */
async function addTalk(tx, talk, moved)
{
	/** @type {Talk | undefined} */
	const here = await tx.get('talks', talk.id);
	const person = talk.kind === 'asked' && await named(tx, talk.name);

	if (person)	/* who was asked has answered meanwhile */
		moved.set(talk.id, person.id);
	else if (!here)
		await tx.put('talks', { ...talk, unread: 0 });
	else if (talk.state !== 'request' && !here.by &&
	    (here.state === 'request' || (here.kind === 'group' && !here.as)))
		await tx.put('talks', { ...talk, unread: here.unread,
			...(here.at > talk.at ? { at: here.at, last: here.last,
				lastText: here.lastText } : {}) });
}

/**
 * @param {Tx} tx
 * @param {any[]} records
 * @param {Map<string, string>} moved
 */
async function addRecords(tx, records, moved)
{
	let added = 0;

	for (const r of records) {
		if (r.talk)
			await addTalk(tx, check(r.talk,
				['id', 'kind', 'name', 'state', 'at']), moved);
		else if (r.message) {
			const m = check(r.message, ['id', 'talk', 'from', 'at']);
			if (!await tx.get('messages', m.id)) {
				await tx.put('messages', { ...m,
					talk: moved.get(m.talk) ?? m.talk });
				added++;
			}
		} else if (r.bytes)
			await tx.put('blobs', r.bytes, r.blob);
	}
	return added;
}
