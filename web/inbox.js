// @ts-check
/*
 * inbox.js - what each message of the relay changes in the store.
 *
 * take() runs in one transaction, before the message is acked.  A message that
 * comes twice changes nothing the second time.
 */

import { readPost } from './post.js';
import { within } from './store.js';

/** @import { Post } from './post.js' */
/** @import { Account, Device, Message, Talk, Tx } from './store.js' */
/** @import { Header } from './tmtp.js' */

const NOTE_MAX = 1000;		/* characters of a ping's text that are kept */
const MEMBERS_MAX = 2000;	/* of a group, that are remembered by name */
export const CONTACTS = 'mnm contacts and history';	/* subject of a post to
				one's own devices: its attachment is imported */

/**
 * @typedef {object} Effects
 * @property {Set<string>} talks whose entry has changed
 * @property {Message[]} fresh words for this user that are new
 * @property {Talk | null} asks somebody new asks for an answer
 * @property {{ref: string, label: string, nodeid: string} | null} newNode
 * @property {Blob | null} archive sent by another device of this user
 * @property {boolean} account the account or the devices have changed
 */

/** Names are the same whatever their case and their spaces. @param {string} name */
export function fold(name)
{
	return name.replace(/ +/g, ' ')
		.replace(/[A-Z]/g, (c) => c.toLowerCase());
}

/** @param {any} value */
function str(value)
{
	return typeof value === 'string' ? value : '';
}

/** The first words of a text, for a list. @param {Message} m */
export function snippet(m)
{
	return ((m.text ?? '').trim() || (m.files?.[0]?.name ?? ''))
		.slice(0, 160).replace(/\s+/g, ' ');
}

/** @param {Partial<Talk> & {id: string, kind: Talk['kind'], name: string}} talk
    @returns {Talk} */
export function newTalk(talk)
{
	return { state: 'open', at: '', unread: 0, ...talk };
}

/**
 * The person of that name, unless it is only a claim.
 * @param {Tx} tx
 * @param {string} alias
 * @returns {Promise<Talk | undefined>}
 */
export async function named(tx, alias)
{
	/** @type {Talk[]} */
	const talks = await tx.all('talks', IDBKeyRange.bound('u:', 'u:\uffff'));

	return talks.find((t) => !t.claimed && fold(t.name) === fold(alias));
}

/**
 * Somebody who was asked is this person: the two talks become one.
 * @param {Tx} tx
 * @param {Talk} asked
 * @param {string} uid
 * @param {Talk | undefined} known their talk until now
 * @returns {Promise<Talk>}
 */
export async function answered(tx, asked, uid, known)
{
	/** @type {Talk} */
	const talk = { ...asked, ...known, id: 'u:' + uid, uid, kind: 'person',
		name: asked.name, state: 'open', claimed: false,
		draft: known?.draft || asked.draft };

	for (const m of await tx.messages(within(asked.id), 'next', Infinity))
		await tx.put('messages', { ...m, talk: talk.id });
	await tx.remove('talks', asked.id);
	await tx.put('talks', talk);
	return talk;
}

class Taking {
	/**
	 * @param {Tx} tx
	 * @param {Account} account
	 * @param {Header} header
	 * @param {Uint8Array} data
	 * @param {number} skipped
	 */
	constructor(tx, account, header, data, skipped)
	{
		this.tx = tx;
		this.account = account;
		this.header = header;
		this.data = data;
		this.skipped = skipped;
		this.from = str(header.from);
		this.mine = this.from === account.uid;
		/** @type {Effects} */
		this.effects = { talks: new Set(), fresh: [], asks: null,
			newNode: null, archive: null, account: false };
	}

	/** @param {string} id @returns {Promise<Talk | undefined>} */
	talk(id)
	{
		return this.tx.get('talks', id);
	}

	/** @param {Talk} talk */
	async putTalk(talk)
	{
		await this.tx.put('talks', talk);
		this.effects.talks.add(talk.id);
	}

	/**
	 * Add a message to a talk, and make the talk's entry say so.
	 * @param {Talk} talk
	 * @param {Partial<Message>} what
	 */
	async add(talk, what)
	{
		/** @type {Message} */
		const m = { id: str(this.header.id), talk: talk.id,
			from: this.from, mine: this.mine,
			at: str(this.header.posted), ...what };

		await this.tx.put('messages', m);
		if (!talk.last || talk.last.startsWith('~') || m.id > talk.last) {
			talk.last = m.id;
			talk.at = m.at;
			if (!m.note)
				talk.lastText = snippet(m);
		}
		if (!m.note)
			delete talk.hidden;
		if (!m.note && !m.mine && talk.state !== 'ignored') {
			talk.unread++;
			this.effects.fresh.push(m);
		}
		await this.putTalk(talk);
	}

	async run()
	{
		if (await this.tx.get('messages', str(this.header.id)))
			return;
		switch (this.header.op) {
		case 'delivery':
			return this.delivery();
		case 'notify':
			return this.notify();
		case 'ping':
			return this.ping();
		case 'invite':
			return this.invite();
		case 'member':
			return this.member();
		case 'user':
			return this.user();
		case 'login':
			return this.device({ ref: str(this.header.node),
				label: str(this.header.label),
				seen: str(this.header.posted) });
		}
	}

	async delivery()
	{
		const post = readPost(this.header.datahead, this.data);

		if (post.nodeSync || (post.confirms && !post.text.trim() &&
		    !post.attach.length))
			return;
		if (this.mine && post.subject === CONTACTS && post.attach.length) {
			const { start, size } = post.attach[0];
			this.effects.archive = new Blob([this.data.slice(start,
				start + size)]);
			return;
		}
		const talk = await this.talkOf(post);
		const files = [];
		for (const [i, a] of post.attach.entries()) {
			const key = `${this.header.id}/${i}`;
			await this.tx.put('blobs', new Blob([this.data.slice(
				a.start, a.start + a.size)]), key);
			files.push({ name: a.name, size: a.size, kind: a.kind, key });
		}
		if (this.skipped)
			files.push({ name: '', size: this.skipped, kind: 'x', key: '' });
		if (talk.kind === 'group')
			this.writes(talk, post.alias);
		talk.thread = post.thread || str(this.header.id);
		await this.add(talk, { name: post.alias, text: post.text,
			subject: post.subject, thread: post.thread, files,
			...(this.mine ? { state: 'stored' } : {}),
			...(typeof this.header.moderate === 'string'
				? { moderate: this.header.moderate } : {}) });
	}

	/**
	 * The talk that a post belongs to.  What stands in it was written by its
	 * sender, who may lie: somebody's post goes to a talk that they take part
	 * in, or to theirs.
	 * @param {Post} post
	 * @returns {Promise<Talk>}
	 */
	async talkOf(post)
	{
		const { uid } = this.account;
		const gid = typeof this.header.moderate === 'string'
			? this.header.moderate : post.cc.find(
				(c) => c.uid === c.who)?.uid;
		const group = gid && await this.talk('g:' + fold(gid));

		if (group && group.state === 'open')
			return group;
		/* A device that is not approved yet knows no group. */
		if (gid && !this.mine && this.account.waits)
			return group || newTalk({ id: 'g:' + fold(gid),
				kind: 'group', name: gid, gid });
		const others = post.cc.filter((c) => c.uid !== uid &&
			c.uid !== this.from && c.uid !== c.who);
		if (others.length > (this.mine ? 1 : 0))
			return this.several(post, others);
		const thread = post.thread &&
			await this.tx.get('messages', post.thread);
		const talk = thread && await this.talk(thread.talk);
		if (talk && (this.mine || talk.uid === this.from ||
		    talk.kind === 'group' ||
		    talk.who?.some((/** @type {any} */ w) => w.uid === this.from)))
			return talk;
		if (!this.mine)
			return this.person(this.from, post.alias, false);
		if (others.length === 1)
			return this.person(others[0].uid, others[0].who, true);
		return await this.talk('me') ??
			newTalk({ id: 'me', kind: 'self', name: '' });
	}

	/**
	 * @param {Post} post
	 * @param {{who: string, uid: string}[]} others
	 */
	async several(post, others)
	{
		const id = 't:' + (post.thread || str(this.header.id));
		const who = this.mine ? others
			: [...others, { who: post.alias, uid: this.from }];
		const known = await this.talk(id);
		const sender = await this.talk('u:' + this.from);
		const talk = known ?? newTalk({ id, kind: 'several',
			name: who.map((w) => w.who).join(', ').slice(0, 200),
			who: [], state: this.mine || sender?.state === 'open' ? 'open'
				: sender?.state === 'ignored' ? 'ignored' : 'request' });

		for (const w of who)
			if (!talk.who?.some((v) => v.uid === w.uid))
				talk.who?.push(w);
		if (post.subject)
			talk.name = post.subject;
		if (!known && talk.state === 'request')
			this.effects.asks = talk;
		return talk;
	}

	/**
	 * The talk with a person.  In a ping, the relay vouches for their name: if
	 * this user has asked for somebody of that name, they are the answer.  In
	 * a post, anybody may claim it.
	 * @param {string} uid
	 * @param {string} alias
	 * @param {boolean} isTrue the relay, or this user, says so
	 * @returns {Promise<Talk>}
	 */
	async person(uid, alias, isTrue)
	{
		const known = await this.talk('u:' + uid);

		if (known?.claimed && isTrue)
			Object.assign(known, { name: alias, claimed: false });
		if (known && known.state !== 'request')
			return known;
		const asked = isTrue && await this.talk('a:' + fold(alias));
		if (asked) {
			this.effects.talks.add(asked.id);
			return answered(this.tx, asked, uid, known);
		}
		if (known)
			return known;
		const talk = newTalk({ id: 'u:' + uid, kind: 'person',
			name: alias || uid.slice(0, 8), uid, claimed: !isTrue,
			state: this.mine ? 'open' : 'request' });
		if (!this.mine)
			this.effects.asks = talk;
		return talk;
	}

	/** The text of a ping or an invitation. */
	firstWords()
	{
		return new TextDecoder().decode(this.data.subarray(0, NOTE_MAX * 4))
			.slice(0, NOTE_MAX);
	}

	async ping()
	{
		const alias = str(this.header.alias);
		const to = str(this.header.to);
		const text = this.firstWords();

		if (this.mine) {
			const id = 'a:' + fold(to);
			if (await named(this.tx, to))
				return;
			await this.add(await this.talk(id) ?? newTalk({ id,
				kind: 'asked', name: to, state: 'asked', as: alias }),
			{ text, state: 'stored' });
			return;
		}
		const talk = await this.person(this.from, alias, true);
		const asks = talk.state === 'request';
		if (asks) {
			talk.note = text;
			talk.as = to;
			this.effects.asks = talk;
		}
		await this.used(to);
		await this.add(talk, text.trim() ? { name: alias, text }
			: { note: { what: asks ? 'pinged' : 'accepted',
				who: talk.name } });
	}

	/** One of this user's aliases was used. @param {string} alias */
	async used(alias)
	{
		/** @type {Account} */
		const account = await this.tx.get('meta', 'account');
		const mine = account?.aliases.find((a) => a.uses &&
			fold(a.name) === fold(alias));

		if (!mine || !mine.uses)
			return;
		mine.uses--;
		account.aliases = account.aliases.filter((a) => a.uses !== 0);
		await this.tx.put('meta', account, 'account');
		this.effects.account = true;
	}

	async notify()
	{
		const post = readPost(this.header.notehead ??
			this.header.datahead, this.data);
		const about = await this.tx.get('messages', str(this.header.postid));

		if (this.mine || !post.text.trim())
			return;
		await this.add((about && await this.talk(about.talk)) ??
			await this.talkOf(post),
		{ name: post.alias, text: post.text, subject: post.subject });
	}

	async invite()
	{
		const gid = str(this.header.gid);
		const id = 'g:' + fold(gid);
		const alias = str(this.header.alias);
		const known = await this.talk(id);

		if (known && known.state === 'open')
			return;
		const talk = newTalk({ ...known, id, kind: 'group', name: gid, gid,
			groupKind: str(this.header.kind), note: this.firstWords(),
			by: alias, as: this.mine ? alias : str(this.header.to),
			state: this.mine ? 'open' : 'request' });
		if (!this.mine) {
			this.effects.asks = talk;
			talk.members ??= [];
			this.joined(talk, alias, '');
		}
		await this.add(talk, { note: { what: 'invited-me', who: alias } });
	}

	async member()
	{
		const gid = str(this.header.gid);
		const id = 'g:' + fold(gid);
		const act = str(this.header.act);
		const alias = str(this.header.alias);
		const talk = await this.talk(id) ?? newTalk({ id, kind: 'group',
			name: gid, gid, groupKind: str(this.header.kind) });

		if (act === 'reject') {
			const m = await this.tx.get('messages',
				str(this.header.msgid));
			if (m)
				await this.tx.put('messages', { ...m,
					verdict: 'reject' });
			await this.putTalk(talk);
			return;
		}
		talk.members ??= [];
		const to = str(this.header.newalias);
		if (act === 'invite')
			this.find(talk, alias).joined = false;
		else if (act === 'join' || act === 'alias')
			this.joined(talk, alias, to);
		else if (act === 'drop')
			this.dropped(talk, alias);
		else if (act === 'moderator')
			this.find(talk, alias).moderator = this.header.on === true;
		talk.members.splice(MEMBERS_MAX);
		await this.add(talk, { note: { what: act === 'moderator' &&
			!this.header.on ? 'no-moderator' : act, who: alias, to } });
	}

	/** @param {Talk} talk @param {string} alias */
	find(talk, alias)
	{
		let m = talk.members?.find((v) => fold(v.name) === fold(alias));
		if (!m) {
			m = { name: alias, uid: '', joined: true };
			talk.members?.push(m);
		}
		return m;
	}

	/** @param {Talk} talk @param {string} alias @param {string} to */
	joined(talk, alias, to)
	{
		const m = this.find(talk, alias);

		m.joined = true;
		m.claimed = false;
		m.uid = this.from;
		m.name = to || alias;
		if (this.mine) {
			talk.state = 'open';
			talk.as = m.name;
		}
	}

	/**
	 * The writer is in the group, or says so.
	 * @param {Talk} talk
	 * @param {string} alias
	 */
	writes(talk, alias)
	{
		talk.members ??= [];
		if (!this.mine && talk.members.length < MEMBERS_MAX &&
		    !talk.members.some((m) => m.uid === this.from))
			talk.members.push({ name: alias, uid: this.from,
				joined: true, claimed: true });
	}

	/** @param {Talk} talk @param {string} alias */
	dropped(talk, alias)
	{
		const m = this.find(talk, alias);

		if (m.uid === this.account.uid || (talk.as &&
		    fold(talk.as) === fold(alias)))
			talk.state = 'left';
		talk.members = talk.members?.filter((v) => v !== m);
	}

	async user()
	{
		const h = this.header;
		/** @type {Account} */
		const account = await this.tx.get('meta', 'account');

		this.effects.account = true;
		if (typeof h.newnode === 'string') {
			await this.device({ ref: str(h.noderef), label: h.newnode,
				seen: '' });
			if (typeof h.nodeid === 'string')
				this.effects.newNode = { ref: str(h.noderef),
					label: h.newnode, nodeid: h.nodeid };
		}
		if (typeof h.dropnode === 'string') {
			const last = Number(h.dropnode);
			/** @type {Device[]} */
			const devices = await this.tx.get('meta', 'devices') ?? [];
			await this.tx.put('meta', devices.filter((d) => h.after
				? Number(d.ref) < last : d.ref !== h.dropnode),
			'devices');
		}
		if (typeof h.newalias === 'string')
			account.aliases = [...account.aliases.filter((a) =>
				fold(a.name) !== fold(h.newalias)),
			{ name: h.newalias, ...(Number.isInteger(h.uses)
				? { uses: h.uses } : {}) }];
		if (typeof h.dropalias === 'string')
			account.aliases = account.aliases.filter((a) =>
				fold(a.name) !== fold(h.dropalias));
		await this.tx.put('meta', account, 'account');
	}

	/** @param {Device} device */
	async device(device)
	{
		/** @type {Device[]} */
		const devices = await this.tx.get('meta', 'devices') ?? [];
		const old = devices.find((d) => d.ref === device.ref);

		if (!device.ref)
			return;
		await this.tx.put('meta', [...devices.filter((d) => d !== old),
			{ ref: device.ref, label: device.label || old?.label || '',
				seen: device.seen || old?.seen || '' }]
			.sort((a, b) => Number(a.ref) - Number(b.ref)), 'devices');
		this.effects.account = true;
	}
}

/**
 * @param {Tx} tx
 * @param {Account} account
 * @param {Header} header
 * @param {Uint8Array} data
 * @param {number} [skipped] bytes of data that were too many
 * @returns {Promise<Effects>}
 */
export async function take(tx, account, header, data, skipped = 0)
{
	const taking = new Taking(tx, account, header, data, skipped);

	await taking.run();
	return taking.effects;
}
