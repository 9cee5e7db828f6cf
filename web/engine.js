// @ts-check
/*
 * engine.js - the account: keeps the connection, the outbox and the store in
 * step.  It knows no page.
 *
 * Of all tabs of a browser, one holds the connection (a Web Lock decides which);
 * the others read the same store and follow what it broadcasts.  Whatever the
 * user does is written into the outbox first, and sent from there until it is
 * acked, always with the same bytes.
 *
 * Listeners: engine.on(name, f).  The names:
 *	state	engine.state has changed
 *	talks	ids of talks that have changed
 *	fresh	messages that are new
 *	asks	a talk whose other end waits for an answer
 *	account	the account, the aliases or the devices have changed
 *	acked	{id, error, msgid}: a request was answered
 *	progress	{id, sent, total}: of a large upload, by message
 *	later	a request that waits for the relay
 */

import { OP, Session, newId, newNodeid, pause } from './tmtp.js';
import { writePost } from './post.js';
import { answered, take, fold, named, newTalk, snippet, CONTACTS } from './inbox.js';
import { exportAll, importAll } from './archive.js';
import { within } from './store.js';

/** @import { Effects } from './inbox.js' */
/** @import { Account, Device, Message, NewGroup, Request_, Store, Talk, Tx }
    from './store.js' */
/** @import { Header, Wire } from './tmtp.js' */

/**
 * @typedef {object} State
 * @property {'start' | 'none' | 'joining' | 'asked' | 'connecting' | 'online' |
 *	'waiting' | 'taken' | 'dropped' | 'auth'} phase
 *	none: no account here; asked: the operator must let the user in; waiting:
 *	until the next attempt
 * @property {string} reason in the relay's words
 * @property {boolean} [said] the relay has ended the session, and said why
 * @property {boolean} full the store takes nothing more
 * @property {boolean} untrusted the relay answers, but no WebSocket opens
 * @property {number} clockOff minutes that this device's clock is wrong
 * @property {string} wakeKey the relay's public key for Web Push, or empty
 * @property {string[]} present uids of contacts who are online
 * @property {number[]} receiving bytes of a large message: so far, in all
 *
 * @typedef {{ref: string, label: string, nodeid: string, until: number,
 *	used: boolean, next: string}} Code
 *	the invitation of another device: its node, whether it has logged in, and
 *	the node that it made for itself then
 *
 * @typedef {{alias: string, label: string, invited: boolean,
 *	nodeid: string}} Joining
 *	invited: the alias stood in a link; nodeid: the password that this device
 *	has made for itself, so that the relay knows it when it is asked again
 *	because its answer was lost
 *
 * @typedef {object} World what the engine needs of the browser
 * @property {Store} store
 * @property {() => Wire} connect
 * @property {() => Promise<number>} askTime what the relay's clock shows, by plain
 *	HTTPS; 0 if it does not answer
 * @property {(f: () => Promise<void>) => void} lead calls f when this tab
 *	is the one that connects
 * @property {{postMessage: (m: any) => void,
 *	onmessage: ((e: any) => void) | null}} channel to the other tabs
 */

const IN_FLIGHT_MAX = 16;	/* requests without an ack; the relay knows 64 */
const CODE_MS = 600e3;		/* the code for another device is good so long */
const REFUSED_MS = 60e3;	/* between registrations that are refused */
const FULL_MS = 60e3;		/* before a full store is tried again */
const QUIET_MS = 15e3;		/* a connection this quiet is probed when looked at */
const SYNC_MAX = 5000;		/* messages that a new device is given */
const CLOCK_MAX = 5;		/* minutes */
const NO_POST = 'no post waits in the group';	/* how a refusal begins */
export const FILE_GONE = 'file';	/* the error, when the browser has lost it */
export const CODE_OVER = 'code';	/* the reason, when a device's code is no good */

export class Engine {
	/** @param {World} world */
	constructor(world)
	{
		this.world = world;
		this.store = world.store;
		/** @type {Map<string, Set<(detail: any) => void>>} */
		this.listeners = new Map();
		/** @type {State} */
		this.state = { phase: 'start', reason: '', full: false,
			untrusted: false, clockOff: 0, wakeKey: '', present: [],
			receiving: [0, 0] };
		/** @type {Account | undefined} */
		this.account = undefined;
		/** @type {Session | null} */
		this.session = null;
		this.isLeader = false;
		this.attempt = 0;
		this.heard = 0;		/* when the relay last said something */
		/** @type {ReturnType<typeof setTimeout> | undefined} */
		this.timer = undefined;
		/** @type {Map<string, Request_>} */
		this.inFlight = new Map();
		/** @type {Promise<any>} */
		this.acks = Promise.resolve();
		this.pumping = Promise.resolve();
		this.relay = '';
		this.connectedAt = 0;
		/** What was asked for. @type {Joining | null} */
		this.joining = null;
		/** Joining and stopping, in the order that they were asked for. */
		this.joins = Promise.resolve();
		/** Ends the time as the one that connects.
		    @type {((value: unknown) => void) | undefined} */
		this.letGo = undefined;
		/** The node of the session. @type {string | undefined} */
		this.loggedIn = undefined;
		world.channel.onmessage = (e) => this.hear(e.data);
	}

	/* Events, here and in the other tabs. */

	/** @param {string} name @param {(detail: any) => void} f */
	on(name, f)
	{
		const all = this.listeners.get(name) ?? new Set();

		this.listeners.set(name, all.add(f));
		return () => void all.delete(f);
	}

	/** @param {string} name @param {any} [detail] */
	emit(name, detail)
	{
		this.tell(name, detail);
		this.world.channel.postMessage({ name, detail });
	}

	/** @param {string} name @param {any} detail */
	tell(name, detail)
	{
		for (const f of this.listeners.get(name) ?? [])
			f(detail);
	}

	/** From another tab. @param {{name?: string, detail?: any, ask?: string}} m */
	async hear({ name, detail, ask })
	{
		if (ask) {
			if (this.isLeader)
				this.obey(ask, detail);
			return;
		}
		if (name === 'state' && !this.isLeader)
			this.state = detail;
		if (name === 'account')
			await this.reload();
		this.tell(name ?? '', detail);
	}

	/**
	 * Have the tab that is connected do something.
	 * @param {string} what see obey
	 * @param {any} [detail]
	 */
	ask(what, detail)
	{
		if (this.isLeader)
			this.obey(what, detail);
		else
			this.world.channel.postMessage({ ask: what, detail });
	}

	/** @param {string} what @param {any} detail */
	obey(what, detail)
	{
		/** @type {Record<string, () => void>} */
		const orders = {
			pump: () => this.pump(),
			state: () => this.emit('state', this.state),
			join: () => {
				this.joins = this.joins.then(() => this.join(detail));
			},
			connect: () => this.reload().then(() => this.retry()),
			again: () => this.retry(),
			forget: () => this.leave(),
			stop: () => {
				this.joins = this.joins.then(() => this.stopJoining());
			},
			announce: () => this.announce(),
			wake: () => this.wake(),
			freed: () => this.state.full && this.retry(),
		};

		orders[what]?.();
	}

	/** Ask to be let in. @param {Omit<Joining, 'nodeid'>} wanted */
	async join(wanted)
	{
		const name = fold(wanted.alias);

		try {
			/** Passwords by name. @type {Map<string, string>} */
			const applied = await this.store.meta('applied') ??
				new Map();
			const nodeid = applied.get(name) ?? newNodeid();
			const joining = { ...wanted, nodeid };

			await this.store.setMeta('applied', applied.set(name, nodeid));
			await this.store.setMeta('joining', joining);
			this.joining = joining;
		} catch (error) {
			this.set({ full: true, reason: String(error) });
			return;
		}
		this.set({ full: false });
		this.retry();
	}

	/** @param {Partial<State>} change */
	set(change)
	{
		this.state = { ...this.state, ...change };
		this.emit('state', this.state);
	}

	/* The connection. */

	async start()
	{
		await this.reload();
		if (!this.account)
			this.set({ phase: 'none' });
		this.world.lead(async () => {
			this.isLeader = true;
			await this.reload();
			this.joining = await this.store.meta('joining') ?? null;
			const checks = setInterval(() => this.checkCode(), 30e3);
			this.connect();
			await new Promise((done) => {
				this.letGo = done;
			});
			clearInterval(checks);
		});
		if (!this.isLeader)
			this.ask('state');
	}

	/** Log out, and let another tab connect. */
	stop()
	{
		this.isLeader = false;
		clearTimeout(this.timer);
		this.session?.quit();
		this.session?.close();
		this.letGo?.(undefined);
	}

	async reload()
	{
		this.account = await this.store.meta('account');
	}

	connect()
	{
		const { account, joining } = this;

		clearTimeout(this.timer);
		if (this.session || (!account && !joining)) {
			if (!account && !this.session)
				this.set({ phase: 'none' });
			return;
		}
		this.set({ phase: account ? 'connecting' : 'joining' });
		let wire;
		try {
			wire = this.world.connect();
		} catch (error) {
			this.ended(String(error), false);
			return;
		}
		this.session = new Session(wire, {
			revision: (h) => this.revision(h),
			registered: (h) => this.registered(h),
			ready: (h) => this.ready(h),
			message: (h, data, skipped) => this.message(h, data, skipped),
			acked: (h) => {
				this.acks = this.acks.then(() => this.acked(h),
					() => this.acked(h));
			},
			ohi: (h) => this.ohi(h),
			finish: (id) => this.finish(id),
			sending: (id, sent, total) => this.emit('progress',
				{ id: this.inFlight.get(id)?.message, sent, total }),
			receiving: (have, total) => this.receiving(have, total),
			ended: (reason, quit) => this.ended(reason, quit),
		});
		this.loggedIn = account?.nodeid;
		if (account)
			this.session.login(account.uid, account.nodeid);
		else if (joining)
			this.session.register(joining.label, joining.alias,
				joining.nodeid);
	}

	/** Try at once. */
	retry()
	{
		this.attempt = 0;
		this.session?.close();
		this.connect();
	}

	async stopJoining()
	{
		this.joining = null;
		await this.store.setMeta('joining', null).catch(() => {});
		this.session?.close();
		clearTimeout(this.timer);
		this.set({ phase: 'none', reason: '' });
	}

	/** The page is looked at again, or the network is back. */
	wake()
	{
		if (this.state.phase === 'waiting')
			this.retry();
		else if (this.session?.isReady &&
		    Date.now() - this.heard > QUIET_MS)
			this.announce();
	}

	/** @param {Header} header */
	revision(header)
	{
		this.relay = String(header.name ?? '').slice(0, 200);
		this.state.wakeKey = String(header.wake ?? '');
	}

	/** @param {Header} header */
	async registered(header)
	{
		const { alias, label } = this.joining ?? { alias: '', label: '' };
		/** @type {Account} */
		const account = { uid: header.uid, nodeid: header.nodeid,
			noderef: String(header.noderef ?? '1'), label,
			relay: this.relay,
			aliases: header.error || alias === '_' ? []
				: [{ name: header.alias || alias }],
			...(header.error ? { refused: String(header.error)
				.replace(/^AddAlias: /, '') } : {}) };

		this.joining = null;
		this.account = account;
		this.loggedIn = account.nodeid;
		await this.store.write(async (tx) => {
			await tx.put('meta', account, 'account');
			await tx.put('meta', [{ ref: account.noderef, label,
				seen: '' }], 'devices');
			await tx.remove('meta', 'joining');
			await tx.remove('meta', 'applied');
		});
		this.emit('account');
	}

	/** @param {Header} header */
	async ready(header)
	{
		this.heard = Date.now();
		this.inFlight.clear();
		this.set({ phase: 'online', reason: '', untrusted: false,
			present: Array.isArray(header.ohi) ? header.ohi : [] });
		this.connectedAt = Date.now();
		this.world.askTime().then((at) => this.checkClock(at));
		await this.announce();
		if (this.account?.handover)
			await this.makeOwnNode();
		await this.checkCode();
		this.pump();
	}

	/** Say who may see that this user is online. */
	async announce()
	{
		const talks = await this.store.talks();

		this.session?.announce(this.account?.hidden ? [] : talks
			.filter((t) => t.kind === 'person' && t.state === 'open')
			.sort((a, b) => b.at < a.at ? -1 : 1)
			.map((t) => t.uid ?? ''));
	}

	/** @param {string} reason @param {boolean} quit the relay said so */
	ended(reason, quit)
	{
		const wasReady = this.state.phase === 'online';

		this.session = null;
		this.inFlight.clear();
		this.state.receiving = [0, 0];
		if (wasReady && Date.now() - this.connectedAt > 20e3)
			this.attempt = 0;
		if (!this.isLeader)
			return;
		/* A node that was given up for a better one has been dropped. */
		const phase = !quit || this.account?.nodeid !== this.loggedIn
			? 'waiting' : phaseOf(reason, !this.account);
		if (phase === 'taken' || phase === 'dropped' || phase === 'auth') {
			if (this.account?.handover && phase === 'dropped')
				return void this.leave(CODE_OVER);
			this.set({ phase, reason, present: [] });
			return;
		}
		const wait = phase === 'asked'
			? REFUSED_MS * (1 + Math.random() / 2) : pause(this.attempt);
		this.attempt++;
		this.set({ phase, reason, said: quit && !!reason, present: [] });
		this.timer = setTimeout(() => this.connect(), wait);
		if (!quit && this.attempt >= 2 && !wasReady)
			this.world.askTime().then((at) => {
				if (this.state.phase === 'waiting')
					this.set({ untrusted: at > 0 });
			});
	}

	/** @param {number} have @param {number} total */
	receiving(have, total)
	{
		const [old] = this.state.receiving;

		this.heard = Date.now();
		if (total < 1 << 20)
			[have, total] = [0, 0];
		if (have !== old && (have === 0 || Math.abs(have - old) > total / 50))
			this.set({ receiving: [have, total] });
	}

	/** @param {Header} header */
	ohi(header)
	{
		const present = this.state.present.filter((u) => u !== header.from);

		if (header.status === 1)
			present.push(header.from);
		this.set({ present });
	}

	/* Messages. */

	/**
	 * @param {Header} header
	 * @param {Uint8Array} data
	 * @param {number} skipped
	 */
	async message(header, data, skipped)
	{
		const account = this.account;
		let effects;

		if (!account)
			throw new Error('no account');
		const keep = async (/** @type {Header} */ h) => {
			/** @type {Account | undefined} */
			let mine;
			const e = await this.store.write(async (tx) => {
				const found = await take(tx, account, h, data, skipped);
				if (found.newNode)
					mine = await this.keepNode(tx, found.newNode);
				await this.watchCode(tx, h);
				return found;
			});
			/* Now: the relay may be ending the old node already. */
			this.account = mine ?? this.account;
			return e;
		};
		try {
			effects = await keep(header).catch((error) => {
				if (error instanceof DOMException)
					throw error;
				/* It makes no sense: kept as it is, not in the way. */
				return keep({ op: 'delivery', id: header.id,
					from: header.from, posted: header.posted });
			});
		} catch (error) {
			this.filled(error);
			throw error;
		}
		if (this.state.full)
			this.set({ full: false, reason: '' });
		if (effects.archive)
			await this.merge(effects.archive, true).catch(() => {});
		await this.report(effects);
	}

	/**
	 * The store takes nothing.  The relay sends a message again after the next
	 * login only.
	 * @param {unknown} error
	 */
	filled(error)
	{
		if (!this.state.full)
			setTimeout(() => this.state.full && this.retry(), FULL_MS);
		this.set({ full: true, reason: String(error) });
	}

	/** @param {Effects} effects */
	async report(effects)
	{
		if (effects.account) {
			await this.reload();
			this.emit('account');
		}
		if (effects.talks.size)
			this.emit('talks', [...effects.talks]);
		if (effects.fresh.length)
			this.emit('fresh', effects.fresh);
		if (effects.asks)
			this.emit('asks', effects.asks);
		if (effects.newNode)
			this.pump();
		/* Somebody has answered, and may see this user now. */
		if ([...effects.talks].some((id) => id.startsWith('a:')))
			await this.announce();
	}

	/**
	 * Another device of this user, or a file, knows more.  A file may be of
	 * another account.
	 * @param {Blob} file
	 * @param {boolean} [isOwn] it has this user's names
	 */
	async merge(file, isOwn = false)
	{
		const { messages, aliases } = await importAll(this.store, file);

		await this.editAccount((account) => {
			account.waits = false;
			for (const a of isOwn ? aliases : [])
				if (!account.aliases.some((b) =>
					fold(b.name) === fold(a.name)))
					account.aliases.push(a);
		});
		this.emit('talks', null);
		return messages;
	}

	/** @param {(account: Account) => void} change */
	async editAccount(change)
	{
		await this.store.write(async (tx) => {
			const account = await tx.get('meta', 'account');
			if (!account)
				return;
			change(account);
			await tx.put('meta', account, 'account');
		});
		await this.reload();
		this.emit('account');
		this.ask('announce');
	}

	/* Requests. */

	/**
	 * @param {Tx} tx
	 * @param {Header} header it gets an id if it has none
	 * @param {(string | {key: string})[]} [parts]
	 * @param {{message?: string, talk?: string, group?: NewGroup}} [about]
	 */
	async enqueue(tx, header, parts = [], about = {})
	{
		const id = header.id ?? newId();

		await tx.put('outbox', { id, parts, ...about, unsent: true,
			header: JSON.stringify({ ...header, id }) });
	}

	/**
	 * Send a request that has no message, and wait for its answer, however
	 * long the relay is away.
	 * @param {Header} header
	 * @param {NewGroup} [group]
	 * @returns {Promise<{id: string, error?: string, msgid: string}>}
	 */
	async command(header, group)
	{
		const id = newId();
		let stop = () => {};
		/** @type {Promise<any>} */
		const answer = new Promise((done) => {
			stop = this.on('acked', (detail) => detail.id === id &&
				done(detail));
		});

		if (this.state.phase !== 'online')
			this.tell('later', header);
		try {
			await this.store.write((tx) => this.enqueue(tx,
				{ ...header, id }, [], { group }));
			this.ask('pump');
			return await answer;
		} finally {
			stop();
		}
	}

	/** Send what is in the outbox. */
	pump()
	{
		this.pumping = this.pumping.then(() => this.sendSome())
			.catch((error) => this.filled(error));
	}

	async sendSome()
	{
		const session = this.session;

		if (!session?.isReady)
			return;
		/** @type {Request_[]} */
		const waiting = await this.store.read((tx) => tx.all('outbox'));
		const next = waiting.filter((r) => !this.inFlight.has(r.id))
			.slice(0, IN_FLIGHT_MAX - this.inFlight.size);
		for (const request of next) {
			const data = await this.dataOf(request);
			if (session !== this.session)
				return;
			this.inFlight.set(request.id, request);
			if ((data?.size ?? 0) === (JSON.parse(request.header)
				.datalen ?? 0))
				session.send(request.header, data, request.id);
			else
				this.acked({ id: request.id, error: FILE_GONE });
		}
	}

	/**
	 * The end of a request is about to go out.  From now on, nobody can take it
	 * back.
	 * @param {string} id
	 * @returns {Promise<boolean>} false if somebody has
	 */
	async finish(id)
	{
		const { n = 0, unsent = false } = this.inFlight.get(id) ?? {};
		const isThere = !unsent || await this.store.write(async (tx) => {
			const request = await tx.get('outbox', n);
			if (request)
				await tx.put('outbox', { ...request, unsent: false });
			return !!request;
		}).catch((error) => this.filled(error));

		if (isThere === false) {
			this.inFlight.delete(id);
			this.pump();
		}
		return !!isThere;
	}

	/** @param {Request_} request */
	async dataOf(request)
	{
		const parts = [];

		for (const part of request.parts)
			parts.push(typeof part === 'string' ? part
				: await this.store.blob(part.key) ?? '');
		return parts.length ? new Blob(parts) : null;
	}

	/** @param {Header} header */
	async acked(header)
	{
		const request = this.inFlight.get(header.id);

		this.heard = Date.now();
		if (!request)
			return;
		const touched = await this.store.write((tx) =>
			settle(tx, request, header));
		this.inFlight.delete(header.id);
		if (touched)
			this.emit('talks', [touched]);
		this.emit('acked', { id: header.id, error: header.error,
			msgid: header.msgid });
		this.pump();
	}

	/** @param {number} at what the relay's clock shows, or 0 */
	checkClock(at)
	{
		const off = Math.round((Date.now() - at) / 60e3);
		const clockOff = Math.abs(off) > CLOCK_MAX ? off : 0;

		if (at && clockOff !== this.state.clockOff)
			this.set({ clockOff });
	}

	/**
	 * @param {string} id of the talk
	 * @param {string} text
	 * @param {File[]} files
	 */
	async post(id, text, files)
	{
		await this.store.write(async (tx) => {
			/** @type {Talk} */
			const talk = await tx.get('talks', id);
			const kept = [];
			for (const blob of files) {
				const key = newId();
				await tx.put('blobs', blob, key);
				kept.push({ name: blob.name, size: blob.size,
					kind: 'u', key });
			}
			const m = { ...this.ownMessage(id, text), files: kept,
				subject: talk.subject ?? '',
				thread: talk.subject ? '' : talk.thread ?? '' };
			await this.sendMessage(tx, talk, m);
			Object.assign(talk, { draft: '', subject: '', last: m.id,
				at: m.at, lastText: snippet(m) });
			await tx.put('talks', talk);
		});
		this.emit('talks', [id]);
		this.ask('pump');
	}

	/** @param {string} talk @param {string} text @returns {Message} */
	ownMessage(talk, text)
	{
		return { id: '~' + Date.now().toString(36) + newId(), talk, text,
			from: this.account?.uid ?? '', mine: true,
			at: new Date().toISOString(), state: 'waiting' };
	}

	/** @param {Tx} tx @param {Talk} talk @param {Message} m */
	async sendMessage(tx, talk, m)
	{
		const files = [];

		for (const f of m.files ?? [])
			files.push({ name: f.name, key: f.key,
				blob: await tx.get('blobs', f.key) });
		await tx.put('messages', m);
		await this.enqueuePost(tx, talk, m, files);
	}

	/**
	 * Post to all that take part in a talk.  Cc says who they are: the user's
	 * other devices have no other way to know where the message belongs.
	 * @param {Tx} tx
	 * @param {Talk} talk
	 * @param {Partial<Message>} m
	 * @param {{name: string, key: string, blob: Blob}[]} files
	 */
	async enqueuePost(tx, talk, m, files)
	{
		const account = /** @type {Account} */ (this.account);
		const alias = talk.as || account.aliases[0]?.name || account.label;
		const others = participants(talk);
		const { text = '', thread = '', subject = '',
			at = new Date().toISOString() } = m;
		const { head, datahead, data } = writePost({ alias, thread, subject,
			text, files, cc: others.map((p) =>
				({ ...p, by: alias, byUid: account.uid })) }, at);

		await this.enqueue(tx, { op: OP.Post, for: others.map((p) =>
			({ id: p.uid, type: talk.kind === 'group' ? 3 : 1 })),
		datahead, datalen: data.size },
		[head, text, ...files.map(({ key }) => ({ key }))],
		{ message: m.id });
	}

	/** Send a message again that was refused. @param {string} id */
	async retryMessage(id)
	{
		/** @type {Talk | undefined} */
		let asked;

		await this.store.write(async (tx) => {
			const m = await tx.get('messages', id);
			const talk = m && await tx.get('talks', m.talk);
			if (m?.state !== 'failed' || !talk)
				return;
			await tx.remove('messages', id);
			if (talk.kind === 'asked') {
				asked = { ...talk, note: m.text };
				return;
			}
			const again = { ...m, ...this.ownMessage(talk.id, m.text),
				error: '' };
			await this.sendMessage(tx, talk, again);
			await tx.put('talks', { ...talk, last: again.id,
				at: again.at, lastText: snippet(again) });
		});
		this.emit('talks', null);
		if (asked)
			await this.ping(asked.name, asked.as ?? '',
				asked.note ?? '');
		this.ask('pump');
	}

	/**
	 * Delete a message here: from this device only.  One that waits is taken
	 * back, unless the relay may have it.
	 * @param {string} id
	 * @returns {Promise<boolean>} whether it is gone
	 */
	async removeMessage(id)
	{
		let isWaiting = false;
		const isGone = await this.store.write(async (tx) => {
			/** @type {Message | undefined} */
			const m = await tx.get('messages', id);
			isWaiting = m?.state === 'waiting';
			if (m && !await removeWhole(tx, m))
				return false;
			const talk = m && await tx.get('talks', m.talk);
			if (talk?.last !== id)
				return true;
			const [last] = await tx.messages(within(talk.id), 'prev', 1);
			if (!last && talk.kind === 'asked')
				await tx.remove('talks', talk.id);
			else
				await tx.put('talks', { ...talk, last: last?.id,
					lastText: last ? snippet(last) : '' });
			return true;
		});
		this.emit('talks', null);
		/* What is on its way is cut off. */
		this.ask(isWaiting && isGone && this.state.phase === 'online'
			? 'again' : 'freed');
		return isGone;
	}

	/* People. */

	/**
	 * @param {string} to an alias
	 * @param {string} from one of one's own
	 * @param {string} text
	 * @returns {Promise<string>} the talk's id
	 */
	async ping(to, from, text)
	{
		const id = 'a:' + fold(to);
		const found = await this.store.read((tx) => named(tx, to));

		if (found)
			return found.id;
		await this.store.write(async (tx) => {
			const m = this.ownMessage(id, text);
			await tx.put('messages', m);
			await tx.put('talks', newTalk({ ...await tx.get('talks', id),
				id, kind: 'asked', name: to, state: 'asked',
				as: from, last: m.id, at: m.at,
				lastText: snippet(m) }));
			await this.enqueue(tx, { op: OP.Ping, from, to,
				datalen: new TextEncoder().encode(text).length },
			text ? [text] : [], { message: m.id, talk: id });
		});
		this.emit('talks', [id]);
		this.ask('pump');
		return id;
	}

	/** Answer somebody who asked. @param {string} id */
	async accept(id)
	{
		const mine = this.account?.aliases ?? [];

		await this.store.write(async (tx) => {
			/** @type {Talk} */
			const talk = await tx.get('talks', id);
			if (!talk || (talk.state !== 'request' &&
			    talk.state !== 'ignored'))
				return;
			const asked = talk.claimed &&
				await tx.get('talks', 'a:' + fold(talk.name));
			await tx.put('talks', { ...asked ? await answered(tx,
				asked, talk.uid ?? '', talk) : talk,
			state: 'open', note: '' });
			/* The relay vouches for the name in a ping.  One that
			   has worked for the last time is not replaced by
			   another, which would tell who is behind it. */
			if (mine.some((a) => fold(a.name) === fold(talk.as ?? '')))
				await this.enqueue(tx, { op: OP.Ping,
					from: talk.as, to: talk.name, datalen: 0 });
		});
		this.emit('talks', [id]);
		this.ask('pump');
		this.ask('announce');
	}

	/** @param {string} id @param {Partial<Talk>} change */
	async edit(id, change)
	{
		await this.store.editTalk(id, change);
		this.emit('talks', [id]);
	}

	/**
	 * Delete a talk here.  What the relay may have already is sent again until it
	 * is acked.  A group is remembered while the user is a member: only so do
	 * its posts find their place.
	 * @param {string} id
	 */
	async removeTalk(id)
	{
		await this.store.write(async (tx) => {
			/** @type {Talk} */
			const talk = await tx.get('talks', id);
			for (const m of await tx.messages(within(id),
				'next', Infinity))
				if (!await removeWhole(tx, m))	/* see settle */
					await tx.remove('messages', m.id);
			if (talk?.kind === 'group' && talk.state === 'open')
				await tx.put('talks', { ...talk, hidden: true, at: '',
					last: '', lastText: '', draft: '', unread: 0 });
			else
				await tx.remove('talks', id);
		});
		this.emit('talks', [id]);
		this.ask('freed');
	}

	/* Groups. */

	/**
	 * @param {string} gid
	 * @param {string} to an alias
	 * @param {string} kind of a new group
	 */
	async invite(gid, to, kind)
	{
		const known = (await this.store.talks())
			.find((t) => t.id === 'g:' + fold(gid));
		const from = known?.as || this.account?.aliases[0]?.name || '';

		return this.command({ op: OP.GroupInvite, gid, from, to,
			...(kind ? { kind } : {}), datalen: 0 },
		{ gid, kind, from, uid: this.account?.uid ?? '' });
	}

	/** @param {Talk} talk @param {string} act @param {Header} [more] */
	group(talk, act, more = {})
	{
		return this.command({ op: OP.GroupEdit, gid: talk.gid, act,
			...more });
	}

	/** @param {Message} m @param {'pass' | 'reject'} act */
	async moderate(m, act)
	{
		const answer = await this.command({ op: OP.GroupEdit,
			gid: m.moderate, act, msgid: m.id });

		const isSettled = answer.error?.startsWith(NO_POST);
		if (answer.error && !isSettled)
			return answer;
		await this.store.write(async (tx) => {
			await tx.put('messages', { ...m,
				verdict: isSettled ? 'settled' : act });
		});
		this.emit('talks', [m.talk]);
		return {};
	}

	/* Devices. */

	/** @param {Header} change */
	userEdit(change)
	{
		return this.command({ op: OP.UserEdit, ...change });
	}

	/**
	 * This browser becomes a device of an account, by another device's code.
	 * @param {string} uid
	 * @param {string} nodeid
	 * @param {string} label
	 * @param {string} [name] of the user, if the other device is a tmtp, which
	 *	approves nothing and sends no history
	 */
	async joinAsDevice(uid, nodeid, label, name)
	{
		await this.store.setMeta('account', { uid, nodeid, noderef: '',
			label, aliases: name ? [{ name }] : [], relay: '',
			handover: newId(), waits: !name });
		await this.reload();
		this.emit('account');
		this.ask('connect');
	}

	/** The code must not be good twice: its node is exchanged for a new one. */
	async makeOwnNode()
	{
		await this.store.write(async (tx) => {
			const id = this.account?.handover ?? '';
			/** @type {Request_[]} */
			const waiting = await tx.all('outbox');
			if (!waiting.some((r) => r.id === id))
				await this.enqueue(tx, { op: OP.UserEdit, id,
					newnode: this.account?.label });
		});
	}

	/**
	 * A node that was made by this device: for itself, or for another one.
	 * @param {Tx} tx
	 * @param {{ref: string, label: string, nodeid: string}} node
	 * @returns {Promise<Account | undefined>} for itself: the account now
	 */
	async keepNode(tx, node)
	{
		/** @type {Account} */
		const account = await tx.get('meta', 'account');

		if (!account.handover) {
			await tx.put('meta', { ...node, used: false, next: '',
				until: Date.now() + CODE_MS }, 'code');
			return undefined;
		}
		/** @type {Device[]} */
		const devices = await tx.get('meta', 'devices') ?? [];
		const old = devices.filter((d) => d.seen && d.ref !== node.ref)
			.pop();
		delete account.handover;
		account.nodeid = node.nodeid;
		account.noderef = node.ref;
		account.relay = this.relay;
		await tx.put('meta', account, 'account');
		if (old)
			await this.enqueue(tx, { op: OP.UserEdit,
				dropnode: old.ref });
		return account;
	}

	/** See the code being used. @param {Tx} tx @param {Header} header */
	async watchCode(tx, header)
	{
		/** @type {Code | undefined} */
		const code = await tx.get('meta', 'code');

		if (!code || header.from !== this.account?.uid)
			return;
		if (header.op === 'login' && header.node === code.ref)
			code.used = true;
		else if (header.op === 'user' && code.used && !code.next &&
		    typeof header.newnode === 'string' && !header.nodeid &&
		    header.noderef !== code.ref)
			code.next = header.noderef;
		else
			return;
		await tx.put('meta', { ...code, nodeid: '' }, 'code');
		setTimeout(() => this.emit('account'));
	}

	/**
	 * A node for another device.  The relay drops it if nobody uses it in time,
	 * and this browser does if nobody approves what has used it.
	 * @param {string} label
	 */
	makeCode(label)
	{
		return this.userEdit({ newnode: label, within: CODE_MS / 1000 });
	}

	/** A code that nobody has used, or that nobody approved, ends. */
	async checkCode()
	{
		/** @type {Code | undefined} */
		const code = await this.store.meta('code');

		if (code && Date.now() > code.until)
			await this.refuseDevice();
	}

	async refuseDevice()
	{
		/** @type {Code | undefined} */
		const code = await this.store.meta('code');

		if (!code)
			return;
		await this.store.write(async (tx) => {
			/** @type {Device[]} */
			const devices = await tx.get('meta', 'devices') ?? [];
			await tx.remove('meta', 'code');
			await tx.put('meta', devices.filter((d) =>
				Number(d.ref) < Number(code.ref)), 'devices');
			/* The node of the code may be gone, but not its heir. */
			for (const dropnode of new Set([code.next, code.ref]))
				if (dropnode)
					await this.enqueue(tx, { op: OP.UserEdit,
						dropnode, after: true });
		});
		this.emit('account');
		this.ask('pump');
	}

	/** The new device is this user's: give it contacts and history. */
	async approveDevice()
	{
		const file = await exportAll(this.store,
			{ files: false, most: SYNC_MAX });

		await this.store.write(async (tx) => {
			/** @type {Code | undefined} */
			const code = await tx.get('meta', 'code');
			const devices = await tx.get('meta', 'devices') ?? [];
			await tx.remove('meta', 'code');
			if (code?.next && devices.some((/** @type {any} */ d) =>
				d.ref === code.ref))
				await this.enqueue(tx, { op: OP.UserEdit,
					dropnode: code.ref });
			const key = newId();
			await tx.put('blobs', file, key);
			await this.enqueuePost(tx, newTalk({ id: 'me', kind: 'self',
				name: '' }), { subject: CONTACTS },
			[{ name: 'history.mnm', key, blob: file }]);
		});
		this.emit('account');
		this.ask('pump');
	}

	/**
	 * Forget the account and everything that is kept here.  What waits for a
	 * device that has left would only fill its queue.
	 * @param {string} [reason]
	 */
	async leave(reason = '')
	{
		this.session?.write({ op: OP.UserEdit, id: newId(),
			dropnode: this.account?.noderef });
		this.session?.quit();
		await this.store.clear();
		this.account = undefined;
		this.emit('account');
		this.emit('talks', null);
		this.set({ phase: 'none', reason });
	}
}

/**
 * What a quit means for the next attempt.
 * @param {string} reason
 * @param {boolean} registering
 * @returns {State['phase']}
 */
export function phaseOf(reason, registering)
{
	if (reason.startsWith('authentication required'))
		return 'auth';
	if (reason === 'replaced by a newer login')
		return 'taken';
	if (reason === 'this node has been dropped' ||
	    reason === 'login failed: unknown user or node')
		return 'dropped';
	return registering ? 'asked' : 'waiting';
}

/**
 * A message and its files; not one that waits and that the relay may have.
 * @param {Tx} tx
 * @param {Message} m
 * @returns {Promise<boolean>} whether it is gone
 */
async function removeWhole(tx, m)
{
	if (m.state === 'waiting') {
		/** @type {Request_[]} */
		const all = await tx.all('outbox');
		const request = all.find((r) => r.message === m.id);
		if (request && !request.unsent)
			return false;
		if (request)
			await tx.remove('outbox', request.n ?? 0);
	}
	for (const f of m.files ?? [])
		await tx.remove('blobs', f.key);
	await tx.remove('messages', m.id);
	return true;
}

/** Who takes part in a talk, besides the user. @param {Talk} talk */
function participants(talk)
{
	if (talk.kind === 'group')
		return [{ who: talk.gid ?? '', uid: talk.gid ?? '' }];
	if (talk.kind === 'several')
		return talk.who ?? [];
	return talk.kind === 'self' ? []
		: [{ who: talk.name, uid: talk.uid ?? '' }];
}

/**
 * The user is in the group now, if not before.
 * @param {Tx} tx
 * @param {NewGroup} group
 */
async function openGroup(tx, { gid, kind, from, uid })
{
	const id = 'g:' + fold(gid);
	/** @type {Talk} */
	const talk = await tx.get('talks', id) ??
		newTalk({ id, kind: 'group', name: gid, gid });

	talk.members ??= [];
	if (!talk.members.some((m) => m.uid === uid))
		talk.members.unshift({ name: from, uid, joined: true });
	talk.as ||= from;
	talk.groupKind ||= kind;
	talk.state = 'open';
	talk.at ||= new Date().toISOString();
	delete talk.hidden;
	await tx.put('talks', talk);
	return id;
}

/**
 * A request was answered.
 * @param {Tx} tx
 * @param {Request_} request
 * @param {Header} ack
 * @returns {Promise<string>} the talk that has changed, or an empty string
 */
async function settle(tx, request, ack)
{
	/** @type {Message | undefined} */
	const m = request.message && await tx.get('messages', request.message);
	/** @type {Talk | undefined} */
	const talk = m && await tx.get('talks', m.talk);

	await tx.remove('outbox', /** @type {number} */ (request.n));
	if (request.group && !ack.error)
		return openGroup(tx, request.group);
	if (!m) {	/* it was deleted while it waited, or there was none */
		for (const part of request.parts)
			if (typeof part !== 'string')
				await tx.remove('blobs', part.key);
		return '';
	}
	await tx.remove('messages', m.id);
	if (ack.error) {
		/* It stays where it was tried: all that comes later is below. */
		const [last] = await tx.messages(within(m.talk, { before: '~' }),
			'prev', 1);
		const id = (last?.id ?? '!') + m.id;
		await tx.put('messages', { ...m, id, state: 'failed',
			error: String(ack.error) });
		if (talk)
			await tx.put('talks', { ...talk,
				...(talk.last === m.id ? { last: id } : {}),
				...(request.talk === talk.id && talk.kind === 'asked'
					? { state: 'failed' } : {}) });
		return m.talk;
	}
	await tx.put('messages', { ...m, id: ack.msgid, at: ack.posted,
		state: 'stored' });
	if (talk) {
		if (talk.last === m.id || !talk.last || talk.last < ack.msgid)
			Object.assign(talk, { last: ack.msgid, at: ack.posted,
				lastText: snippet(m) });
		if (talk.kind !== 'asked' && (!talk.thread || !m.thread))
			talk.thread = ack.msgid;
		await tx.put('talks', talk);
	}
	return m.talk;
}
