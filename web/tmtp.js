// @ts-check
/*
 * tmtp.js - TMTP over a WebSocket: frames, and one session.
 *
 * PROTOCOL.md describes the bytes.  Nothing here touches the page or the disk.
 * A session is made for one connection and dies with it:
 *
 *	const session = new Session(new WebSocket(url, 'tmtp'), handlers);
 *	session.login(uid, nodeid);	or session.register(label, alias, nodeid)
 *	session.send(headerText, blob);		once handlers.ready was called
 *
 * A message is acked when the promise of handlers.message is fulfilled.  If it
 * is rejected, the relay sends the message again.
 */

/** The numbers of the ops, in the 2020 numbering. */
export const OP = Object.freeze({
	TmtpRev: 0, Register: 1, Login: 2, UserEdit: 3, OhiEdit: 4, GroupInvite: 5,
	GroupEdit: 6, Post: 7, PostNotify: 8, Ping: 9, Ack: 10, Pulse: 11, Quit: 12,
});

const HEADER_MIN = 8;		/* bytes, as PROTOCOL.md says */
const HEADER_MAX = 0xffff;	/* four hexadecimal digits */
const DATA_MAX = 512 << 20;	/* more than this, a tab cannot be trusted to hold */
const SLICE = 64 << 10;		/* bytes of an upload per WebSocket message */
const BUFFERED_MAX = 512 << 10;	/* wait for the network beyond that */
const PULSE_MS = 55e3;		/* the relay allows 150 s, some proxies 60 s */
const ANSWER_MS = 10e3;		/* for a probe, and for the login */

/**
 * @typedef {Record<string, any>} Header
 * @typedef {{header: Header, data: Uint8Array, skipped: number}} Frame
 *	skipped: bytes of data that were too many to keep, or 0
 */

/** The relay did not speak TMTP: the connection must end. */
export class FrameError extends Error {}

/**
 * One frame without its data: digits and header.
 * @param {string} header JSON
 * @returns {Uint8Array}
 */
export function encodeHeader(header)
{
	const json = new TextEncoder().encode(header);

	if (json.length < HEADER_MIN || json.length > HEADER_MAX)
		throw new FrameError(`a header of ${json.length} bytes`);
	const frame = new Uint8Array(4 + json.length);
	const digits = json.length.toString(16).padStart(4, '0');
	for (let i = 0; i < 4; i++)
		frame[i] = digits.charCodeAt(i);
	frame.set(json, 4);
	return frame;
}

/** @param {Uint8Array[]} parts */
function join(parts)
{
	if (parts.length === 1)
		return parts[0];
	const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

/** Takes bytes in any fragments, and gives whole frames. */
export class FrameReader {
	/** @param {number} [dataMax] larger data is skipped */
	constructor(dataMax = DATA_MAX)
	{
		this.dataMax = dataMax;
		/** @type {Uint8Array[]} */
		this.parts = [];	/* of what is being gathered */
		this.have = 0;		/* bytes in parts, or skipped */
		this.need = 4;
		this.state = 'digits';
		/** @type {Header} */
		this.header = {};
	}

	/** Data of the frame that is arriving: bytes so far, and in all. */
	get progress()
	{
		return this.state === 'data' ? [this.have, this.need] : [0, 0];
	}

	/**
	 * @param {Uint8Array} bytes kept until the frame is whole
	 * @returns {Frame[]} the frames that are complete now
	 */
	push(bytes)
	{
		/** @type {Frame[]} */
		const frames = [];

		while (bytes.length > 0) {
			const n = Math.min(bytes.length, this.need - this.have);
			if (this.state !== 'data' || this.need <= this.dataMax)
				this.parts.push(bytes.subarray(0, n));
			this.have += n;
			bytes = bytes.subarray(n);
			if (this.have === this.need)
				this.complete(frames);
		}
		return frames;
	}

	/** @param {Frame[]} frames */
	complete(frames)
	{
		let data = join(this.parts);

		this.parts = [];
		this.have = 0;
		if (this.state === 'digits') {
			this.need = readLength(data);
			this.state = 'header';
			return;
		}
		if (this.state === 'header') {
			this.header = readHeader(data);
			this.need = this.header.datalen ?? 0;
			this.state = 'data';
			if (this.need > 0)
				return;
			data = join([]);
		}
		frames.push({ header: this.header, data,
			skipped: this.need > this.dataMax ? this.need : 0 });
		this.state = 'digits';
		this.need = 4;
	}
}

/** @param {Uint8Array} digits */
function readLength(digits)
{
	const text = String.fromCharCode(...digits);

	if (!/^[0-9a-fA-F]{4}$/.test(text))
		throw new FrameError('no header length');
	const length = parseInt(text, 16);
	if (length < HEADER_MIN)
		throw new FrameError('a header that is too short');
	return length;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Header}
 */
function readHeader(bytes)
{
	let header;

	try {
		header = JSON.parse(new TextDecoder('utf-8',
			{ fatal: true, ignoreBOM: true }).decode(bytes));
	} catch {
		throw new FrameError('a header that is not JSON');
	}
	if (typeof header !== 'object' || header === null ||
	    Array.isArray(header) || typeof header.op !== 'string')
		throw new FrameError('a header without op');
	const n = header.datalen;
	if (n !== undefined && !(Number.isSafeInteger(n) && n >= 0))
		throw new FrameError('an invalid datalen');
	return header;
}

/** A random id for a request: no two of one node may be the same. */
export function newId()
{
	const bytes = crypto.getRandomValues(new Uint8Array(12));

	return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

const NODEID = '%+123456789BCDFGHJKLMNPQRSTVWXYZ';

/** A new password for a device. */
export function newNodeid()
{
	const bytes = crypto.getRandomValues(new Uint8Array(40));

	return Array.from(bytes, (b) => NODEID[b % 32]).join('');
}

/**
 * @typedef {object} Handlers
 * @property {(header: Header) => void} [revision] what the relay says of itself
 * @property {(header: Header) => void} [registered]
 * @property {(header: Header) => void} ready logged in: `info`
 * @property {(header: Header, data: Uint8Array, skipped: number) =>
 *	Promise<void>} message
 * @property {(header: Header) => void} acked
 * @property {(header: Header) => void} ohi
 * @property {(id: string) => Promise<boolean>} [finish] asked before the end of
 *	a request goes out; false: it must not
 * @property {(id: string, sent: number, total: number) => void} [sending]
 * @property {(have: number, total: number) => void} [receiving]
 * @property {(reason: string, quit: boolean) => void} ended called once;
 *	quit: the relay gave the reason
 *
 * What a session uses of a WebSocket:
 * @typedef {object} Wire
 * @property {number} readyState 0 until it is open; 2 and 3 when it closes
 * @property {number} bufferedAmount
 * @property {string} binaryType
 * @property {(data: any) => void} send
 * @property {(code?: number) => void} close
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 *
 * @typedef {{header: string, data: Blob | null, id: string}} Outgoing
 */

export class Session {
	/**
	 * @param {Wire} wire
	 * @param {Handlers} handlers
	 */
	constructor(wire, handlers)
	{
		this.wire = wire;
		this.on = handlers;
		this.reader = new FrameReader();
		/** @type {Outgoing[]} */
		this.queue = [];
		this.isSending = false;
		this.isReady = false;
		this.isOver = false;
		/** @type {Promise<void>} */
		this.taken = Promise.resolve();	/* messages are taken one by one */
		/** Requests of the session's own, and what their end does.
		    @type {Map<string, (ack?: Header) => void>} */
		this.probes = new Map();
		/** Who may see that the user is online. @type {Set<string>} */
		this.shownTo = new Set();
		this.moved = 0;		/* when bytes last came, or went */
		wire.binaryType = 'arraybuffer';
		wire.onopen = () => this.pump();
		wire.onmessage = (event) => this.receive(event.data);
		wire.onclose = () => this.end('the connection was lost', false);
		this.deadline = setTimeout(
			() => this.end('the relay does not answer', false), ANSWER_MS);
		this.pulse = setInterval(() => this.isReady && this.write(
			{ op: OP.Pulse }), PULSE_MS);
	}

	/** @param {string} uid @param {string} nodeid */
	login(uid, nodeid)
	{
		this.write({ op: OP.TmtpRev, id: '1' });
		this.write({ op: OP.Login, uid, node: nodeid });
	}

	/**
	 * @param {string} label
	 * @param {string} alias `_`: none
	 * @param {string} nodeid the password that this device has made for itself
	 */
	register(label, alias, nodeid)
	{
		this.write({ op: OP.TmtpRev, id: '1' });
		this.write({ op: OP.Register, newnode: label,
			newalias: alias, node: nodeid });
	}

	/**
	 * Send a request.  Its ack goes to handlers.acked.
	 * @param {string} header JSON, sent as it is
	 * @param {Blob | null} data
	 * @param {string} [id] for handlers.sending
	 */
	send(header, data, id = '')
	{
		this.queue.push({ header, data, id });
		this.pump();
	}

	/** @param {Header} header */
	write(header)
	{
		this.send(JSON.stringify(header), null);
	}

	/**
	 * Make sure that the connection is alive: presence is sent, and the
	 * session ends if no ack of it comes, and nothing else moves either: the
	 * ack may wait behind large data, on a slow link for minutes.
	 * @param {string[]} uids who may see that the user is online
	 */
	announce(uids)
	{
		const may = new Set(uids.slice(0, 1000));
		const id = newId();
		const asked = Date.now();
		const timer = setInterval(() => {
			if (Date.now() - Math.max(asked, this.moved) >= ANSWER_MS)
				this.end('the relay does not answer', false);
		}, ANSWER_MS / 10);

		/* The relay only adds. */
		this.hideFrom([...this.shownTo].filter((uid) => !may.has(uid)));
		this.shownTo = may;
		this.probes.set(id, () => clearInterval(timer));
		this.write({ op: OP.OhiEdit, id, type: 'init',
			for: [...may].map((uid) => ({ id: uid })) });
	}

	/** @param {string[]} uids who may no longer see it */
	hideFrom(uids)
	{
		const id = newId();

		if (!uids.length)
			return;
		/* One who is unknown by now keeps none of the others. */
		this.probes.set(id, (header) => {
			if (header?.error && uids.length > 1)
				for (const uid of uids)
					this.hideFrom([uid]);
		});
		this.write({ op: OP.OhiEdit, id, type: 'drop',
			for: uids.map((uid) => ({ id: uid })) });
	}

	/** Log out. */
	quit()
	{
		if (this.wire.readyState === 1)
			this.write({ op: OP.Quit });
	}

	close()
	{
		this.end('closed', false);
	}

	/** @param {any} bytes */
	receive(bytes)
	{
		let frames;

		if (this.isOver)
			return;
		this.moved = Date.now();
		try {
			if (!(bytes instanceof ArrayBuffer))
				throw new FrameError('a text message');
			frames = this.reader.push(new Uint8Array(bytes));
		} catch (error) {
			this.end(String(/** @type {Error} */ (error).message), false);
			return;
		}
		const [have, total] = this.reader.progress;
		this.on.receiving?.(have, total);
		for (const frame of frames)
			this.handle(frame);
	}

	/** @param {Frame} frame */
	handle({ header, data, skipped })
	{
		switch (header.op) {
		case 'tmtprev':
			this.on.revision?.(header);
			break;
		case 'registered':
			this.on.registered?.(header);
			break;
		case 'info':
			clearTimeout(this.deadline);
			this.isReady = true;
			this.on.ready(header);
			break;
		case 'ack':
			this.handleAck(header);
			break;
		case 'ohi':
			this.on.ohi(header);
			break;
		case 'quit':
			this.end(String(header.error ?? ''), true);
			break;
		default:
			if (typeof header.id === 'string')
				this.take(header, data, skipped);
		}
	}

	/** @param {Header} header */
	handleAck(header)
	{
		const probe = this.probes.get(header.id);

		if (probe) {
			this.probes.delete(header.id);
			probe(header);
		} else
			this.on.acked(header);
	}

	/**
	 * @param {Header} header
	 * @param {Uint8Array} data
	 * @param {number} skipped
	 */
	take(header, data, skipped)
	{
		this.taken = this.taken.then(async () => {
			if (this.isOver)
				return;
			try {
				await this.on.message(header, data, skipped);
			} catch {
				return;	/* not stored, so not acked */
			}
			this.write({ op: OP.Ack, id: header.id,
				type: 'ok' });
		});
	}

	/** A socket that is closing takes bytes, and complains. */
	get isAlive()
	{
		return !this.isOver && this.wire.readyState < 2;
	}

	/** @param {ArrayBuffer | Uint8Array} bytes */
	put(bytes)
	{
		if (this.isAlive)
			this.wire.send(bytes);
	}

	async pump()
	{
		if (this.isSending || this.wire.readyState === 0)
			return;
		this.isSending = true;
		try {
			for (;;) {
				const next = this.queue.shift();
				if (!next || !this.isAlive)
					break;
				await this.sendFrame(next);
			}
		} catch (error) {
			this.end(String(error), false);
		}
		this.isSending = false;
	}

	/** @param {Outgoing} frame */
	async sendFrame({ header, data, id })
	{
		const head = encodeHeader(header);
		const mayEnd = async () => !id || await this.on.finish?.(id) !== false;

		if (!data || data.size <= SLICE) {
			const parts = data ? [head,
				new Uint8Array(await data.arrayBuffer())] : [head];
			if (await mayEnd())
				this.put(join(parts));
			return;
		}
		this.put(head);
		for (let at = 0; at < data.size && this.isAlive; at += SLICE) {
			const piece = await data.slice(at, at + SLICE).arrayBuffer();
			if (at + SLICE >= data.size && !await mayEnd())
				return this.close();
			this.put(piece);
			await this.drained();
			this.on.sending?.(id, Math.min(at + SLICE, data.size) -
				this.wire.bufferedAmount, data.size);
		}
	}

	async drained()
	{
		for (let left = this.wire.bufferedAmount;
			left > BUFFERED_MAX && this.isAlive;) {
			await new Promise((done) => setTimeout(done, 20));
			if (this.wire.bufferedAmount < left)
				this.moved = Date.now();
			left = this.wire.bufferedAmount;
		}
	}

	/**
	 * @param {string} reason
	 * @param {boolean} quit
	 */
	end(reason, quit)
	{
		if (this.isOver)
			return;
		this.isOver = true;
		this.isReady = false;
		clearTimeout(this.deadline);
		clearInterval(this.pulse);
		for (const stop of this.probes.values())
			stop();
		this.wire.onclose = this.wire.onmessage = null;
		this.wire.close();
		this.on.ended(reason, quit);
	}
}

/**
 * How long to wait before connection attempt n (from 0): growing, and never
 * the same for everybody, as all come back at once when a relay restarts.
 * @param {number} n
 * @param {() => number} [random]
 * @returns {number} milliseconds
 */
export function pause(n, random = Math.random)
{
	const most = Math.min(60e3, 1000 * 2 ** n);

	return most * (0.3 + 0.7 * random());
}
