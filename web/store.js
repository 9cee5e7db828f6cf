// @ts-check
/*
 * store.js - what this browser keeps, in IndexedDB.
 *
 *	meta		by name: account, devices, settings
 *	talks		by id: u:UID a person, a:alias somebody who was asked,
 *			g:gid a group, t:ID a talk of several, me
 *	messages	by id; index talk: [talk, id].  The relay's ids rise.  A
 *			message that has none yet has one that begins with ~,
 *			which sorts after all of them
 *	blobs		by key: attachments
 *	outbox		by number: requests that are not acked yet
 *
 * A transaction that has returned is on disk.
 */

const VERSION = 1;
const SEARCH_STEP = 100;	/* messages in one transaction */
const ROW = 400;		/* what a message without words weighs */
export const SHOWN_MAX = 3000;	/* characters of a message shown at once */

/**
 * @typedef {{name: string, size: number, kind: string, key: string}} File_
 * @typedef {object} Message
 * @property {string} id
 * @property {string} talk
 * @property {string} from uid
 * @property {boolean} mine
 * @property {string} at date
 * @property {string} [name] what the sender calls itself
 * @property {string} [text]
 * @property {string} [subject]
 * @property {string} [thread]
 * @property {File_[]} [files]
 * @property {{what: string, who?: string, to?: string}} [note] news, not words
 * @property {'waiting' | 'stored' | 'failed'} [state] of one's own
 * @property {string} [error] why it failed
 * @property {string} [moderate] gid of a group whose moderator must decide
 * @property {string} [verdict] what was decided
 *
 * @typedef {{name: string, uid: string, joined: boolean, moderator?: boolean,
 *	claimed?: boolean}} Member
 *	claimed: the member, not the relay, says the name
 * @typedef {object} Talk
 * @property {string} id
 * @property {'person' | 'asked' | 'group' | 'several' | 'self'} kind
 * @property {string} name
 * @property {'open' | 'request' | 'asked' | 'failed' | 'ignored' | 'left'} state
 * @property {string} [uid]
 * @property {boolean} [claimed] the name of a person, which the relay has not
 *	vouched for
 * @property {boolean} [hidden] a group whose talk was deleted here, until
 *	somebody writes
 * @property {string} [gid]
 * @property {string} [groupKind] closed, moderated or both
 * @property {string} [note] the first words of somebody unknown
 * @property {string} [by] who invited
 * @property {string} [as] what I am called there
 * @property {Member[]} [members]
 * @property {{who: string, uid: string}[]} [who] of a talk of several
 * @property {string} [thread] where the next post belongs
 * @property {string} [last] id of the last message
 * @property {string} at date of the last message
 * @property {string} [lastText]
 * @property {number} unread
 * @property {string} [draft]
 * @property {string} [subject] of the next post
 *
 * @typedef {object} Account
 * @property {string} uid
 * @property {string} nodeid
 * @property {string} noderef
 * @property {string} label
 * @property {{name: string, uses?: number}[]} aliases
 * @property {string} relay its name
 * @property {string} [handover] id of the request that will give this browser a
 *	node of its own
 * @property {boolean} [waits] for another device of the user to approve this one
 * @property {string} [refused] why the name that was asked for is not the user's
 * @property {boolean} [hidden] nobody sees whether this user is online
 *
 * @typedef {{ref: string, label: string, seen: string}} Device
 *
 * @typedef {object} Request_
 * @property {number} [n]
 * @property {string} id
 * @property {boolean} [unsent] the relay cannot have all of it
 * @property {string} header JSON, the same each time it is sent
 * @property {(string | {key: string})[]} parts of the data: text, or blobs
 * @property {string} [message] id of the message that it sends
 * @property {string} [talk] of a ping
 * @property {NewGroup} [group] that it makes, or to which it invites
 *
 * @typedef {{gid: string, kind: string, from: string, uid: string}} NewGroup
 *	from: the name of the user there, who has the uid
 */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function result(request)
{
	return new Promise((done, failed) => {
		request.onsuccess = () => done(request.result);
		request.onerror = () => failed(request.error);
	});
}

/** One transaction.  Between its calls, nothing else may be awaited. */
export class Tx {
	/** @param {IDBTransaction} idb */
	constructor(idb)
	{
		this.idb = idb;
	}

	/** @param {string} store @param {IDBValidKey} key @returns {Promise<any>} */
	get(store, key)
	{
		return result(this.idb.objectStore(store).get(key));
	}

	/** @param {string} store @param {any} value @param {IDBValidKey} [key] */
	put(store, value, key)
	{
		return result(this.idb.objectStore(store).put(value, key));
	}

	/** @param {string} store @param {IDBValidKey | IDBKeyRange} key */
	remove(store, key)
	{
		return result(this.idb.objectStore(store).delete(key));
	}

	/**
	 * @param {string} store
	 * @param {IDBKeyRange} [range]
	 * @param {number} [most]
	 * @returns {Promise<any[]>}
	 */
	all(store, range, most)
	{
		return result(this.idb.objectStore(store).getAll(range, most));
	}

	/** @param {string} store @returns {Promise<any[]>} */
	keys(store)
	{
		return result(this.idb.objectStore(store).getAllKeys());
	}

	/**
	 * Go through messages one by one, so that a thousand of them do not keep
	 * the page from anything else.
	 * @param {IDBObjectStore | IDBIndex} from
	 * @param {IDBKeyRange} range
	 * @param {'prev' | 'next'} direction
	 * @param {(m: Message) => boolean} more called for each; false: stop
	 * @returns {Promise<void>}
	 */
	walk(from, range, direction, more)
	{
		const request = from.openCursor(range, direction);

		return new Promise((done, failed) => {
			request.onerror = () => failed(request.error);
			request.onsuccess = () => {
				const cursor = request.result;
				if (cursor && more(cursor.value))
					cursor.continue();
				else
					done();
			};
		});
	}

	/**
	 * Messages of a talk, until they weigh so much.
	 * @param {IDBKeyRange} range see within
	 * @param {'prev' | 'next'} direction
	 * @param {number} room
	 * @returns {Promise<Message[]>} in that direction
	 */
	async messages(range, direction, room)
	{
		/** @type {Message[]} */
		const found = [];

		await this.walk(this.idb.objectStore('messages').index('talk'),
			range, direction, (m) => {
				found.push(m);
				room -= weigh(m);
				return room > 0;
			});
		return found;
	}
}

/**
 * How much there is to draw of a message, in characters.
 * @param {Message} m
 */
export function weigh(m)
{
	return ROW + Math.min(m.text?.length ?? 0, SHOWN_MAX);
}

/**
 * Where the messages of a talk are.
 * @param {string} talk
 * @param {{before?: string, from?: string, after?: string}} [where]
 */
export function within(talk, { before, from, after } = {})
{
	return IDBKeyRange.bound([talk, from ?? after ?? ''],
		[talk, before ?? '\uffff'], after !== undefined, true);
}

/** @param {IDBDatabase} db */
function upgrade(db)
{
	db.createObjectStore('meta');
	db.createObjectStore('talks', { keyPath: 'id' });
	db.createObjectStore('messages', { keyPath: 'id' })
		.createIndex('talk', ['talk', 'id']);
	db.createObjectStore('blobs');
	db.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true });
}

const STORES = ['meta', 'talks', 'messages', 'blobs', 'outbox'];

export class Store {
	/** @param {IDBDatabase} db */
	constructor(db)
	{
		this.db = db;
		db.onversionchange = () => db.close();
	}

	/**
	 * @param {string} [name]
	 * @returns {Promise<Store>} rejected if the browser keeps nothing
	 */
	static async open(name = 'mnm')
	{
		const request = indexedDB.open(name, VERSION);

		request.onupgradeneeded = () => upgrade(request.result);
		return new Store(await result(request));
	}

	/**
	 * @template T
	 * @param {'readonly' | 'readwrite'} mode
	 * @param {(tx: Tx) => Promise<T>} work
	 * @returns {Promise<T>} after the transaction is on disk; rejected, and
	 *	nothing changed, if work or the disk fails
	 */
	run(mode, work)
	{
		return new Promise((done, failed) => {
			const idb = this.db.transaction(STORES, mode,
				{ durability: mode === 'readwrite' ? 'strict'
					: 'default' });
			/** @type {T} */
			let value;
			/** @type {any} */
			let why;
			idb.oncomplete = () => done(value);
			idb.onabort = () => failed(why ?? idb.error ??
				new Error('aborted'));
			work(new Tx(idb)).then((v) => {
				value = v;
			}, (error) => {
				why = error;
				try {
					idb.abort();
				} catch {
					failed(error);	/* it was over */
				}
			});
		});
	}

	/** @template T @param {(tx: Tx) => Promise<T>} work */
	read(work)
	{
		return this.run('readonly', work);
	}

	/** @template T @param {(tx: Tx) => Promise<T>} work */
	write(work)
	{
		return this.run('readwrite', work);
	}

	/** @param {string} key @returns {Promise<any>} */
	meta(key)
	{
		return this.read((tx) => tx.get('meta', key));
	}

	/** @param {string} key @param {any} value */
	setMeta(key, value)
	{
		return this.write((tx) => tx.put('meta', value, key));
	}

	/** @returns {Promise<Talk[]>} */
	talks()
	{
		return this.read((tx) => tx.all('talks'));
	}

	/**
	 * Change a talk, if it is there.
	 * @param {string} id
	 * @param {Partial<Talk>} change
	 */
	editTalk(id, change)
	{
		return this.write(async (tx) => {
			const talk = await tx.get('talks', id);
			if (talk)
				await tx.put('talks', { ...talk, ...change });
		});
	}

	/**
	 * Messages of a talk, the oldest first: those nearest to where.
	 * @param {string} talk
	 * @param {{before?: string, from?: string, after?: string}} where
	 *	nowhere: at the end
	 * @param {number} room see weigh
	 */
	async page(talk, where, room)
	{
		const direction = 'from' in where || 'after' in where
			? 'next' : 'prev';
		const found = await this.read((tx) =>
			tx.messages(within(talk, where), direction, room));

		return direction === 'prev' ? found.reverse() : found;
	}

	/**
	 * Look through all messages, the newest first.
	 * @param {string} words
	 * @param {(found: Message) => boolean} more called for each; false: stop
	 */
	async search(words, more)
	{
		const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
		let before = '\uffff';

		for (let go = true; go;) {
			let n = 0;
			await this.read((tx) => tx.walk(tx.idb.objectStore('messages'),
				IDBKeyRange.upperBound(before, true), 'prev', (m) => {
					before = m.id;
					go = !matches(m, wanted) || more(m);
					return go && ++n < SEARCH_STEP;
				}));
			go &&= n === SEARCH_STEP;
		}
	}

	/** @param {string} key @returns {Promise<Blob | undefined>} */
	blob(key)
	{
		return this.read((tx) => tx.get('blobs', key));
	}

	/** Forget everything. */
	clear()
	{
		return this.write(async (tx) => {
			for (const store of STORES)
				tx.idb.objectStore(store).clear();
		});
	}

	close()
	{
		this.db.close();
	}
}

/** @param {Message} m @param {string[]} words all must be there */
function matches(m, words)
{
	if (m.note)
		return false;
	const all = [m.text, m.subject, ...(m.files ?? []).map((f) => f.name)]
		.join('\n').toLocaleLowerCase();
	return words.every((w) => all.includes(w));
}
