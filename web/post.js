// @ts-check
/*
 * post.js - what stands in a post's data: a sub-header in JSON, the text in
 * Markdown, then the attachments, one after the other.
 */

const ATTACH_MAX = 1000;	/* entries of a list that a stranger wrote */
const CC_MAX = 1000;
const NAME_MAX = 255;		/* characters of a file's name */
const TEXT_MAX = 64 << 10;	/* bytes of text that are shown; all is kept */

/**
 * @typedef {{name: string, size: number, kind: string, start: number}} Attached
 *	kind: u a file, f a blank form, r a filled form; start: in the data
 * @typedef {{who: string, uid: string}} Cc
 * @typedef {object} Post
 * @property {string} alias the sender's name, as the sender says
 * @property {string} thread id of the thread's first message, or empty
 * @property {string} subject
 * @property {Cc[]} cc
 * @property {boolean} nodeSync for the sender's own devices
 * @property {string} confirms id of the message that it confirms, or empty
 * @property {string} text
 * @property {Attached[]} attach
 */

/**
 * @typedef {object} Draft
 * @property {string} alias
 * @property {string} thread
 * @property {string} subject
 * @property {{who: string, uid: string, by: string, byUid: string}[]} cc
 * @property {string} text
 * @property {{name: string, blob: Blob}[]} files
 */

/**
 * @param {Draft} draft
 * @param {string} date of the Cc entries
 * @returns {{head: string, data: Blob, datahead: number}} the sub-header, and
 *	all of it
 */
export function writePost(draft, date)
{
	/** @type {Record<string, any>} */
	const sub = { Alias: draft.alias, ThreadId: draft.thread };

	if (draft.subject)	/* an empty one would be a new one for the thread */
		sub.Subject = draft.subject;
	if (draft.files.length)
		sub.Attach = draft.files.map((f) =>
			({ Name: 'u:' + f.name, Size: f.blob.size }));
	if (draft.cc.length)
		sub.Cc = draft.cc.map((c) => ({ Who: c.who, By: c.by,
			WhoUid: c.uid, ByUid: c.byUid, Date: date, Note: '',
			Subscribe: true }));
	const head = JSON.stringify(sub);
	const bytes = new TextEncoder().encode(head);
	return { head, datahead: bytes.length,
		data: new Blob([bytes, draft.text,
			...draft.files.map((f) => f.blob)]) };
}

/**
 * The value of a key, whose case does not matter; of two, the last counts.
 * @param {any} object
 * @param {string} key in lower case
 */
function valueOf(object, key)
{
	let found;

	if (typeof object === 'object' && object !== null)
		for (const k of Object.keys(object))
			if (k.toLowerCase() === key)
				found = object[k];
	return found;
}

/** @param {any} value @param {number} most */
function text(value, most)
{
	return typeof value === 'string' ? value.slice(0, most) : '';
}

/** @param {Uint8Array} bytes */
function decodeText(bytes)
{
	return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/**
 * Without such letters at the end.  A search for a row of them that ends there
 * would begin again at each of them.
 * @param {string} text @param {RegExp} letter
 */
export function trimEnd(text, letter)
{
	let n = text.length;

	while (n > 0 && letter.test(text[n - 1]))
		n--;
	return text.slice(0, n);
}

/**
 * A name that is safe to show and to save under: no path, no control or
 * direction characters.
 * @param {string} name
 */
export function safeName(name)
{
	const last = name.split(/[/\\]/).pop() ?? '';
	const clean = trimEnd(last
		.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '')
		.replace(/[:*?"<>|]/g, '_').replace(/^[.\s]+/, ''), /[.\s]/);

	return Array.from(clean).slice(0, NAME_MAX).join('') || 'file';
}

/** @param {any} list @param {number} start @param {number} end */
function readAttach(list, start, end)
{
	/** @type {Attached[]} */
	const attach = [];

	if (!Array.isArray(list))
		return attach;
	for (const entry of list.slice(0, ATTACH_MAX)) {
		const size = valueOf(entry, 'size');
		const name = text(valueOf(entry, 'name'), 4096);
		if (!Number.isSafeInteger(size) || size < 0)
			return [];
		const kind = /^[ufr]:/.test(name) ? name[0] : 'u';
		attach.push({ name: safeName(name.replace(/^[a-z]:/, '')), size,
			kind, start: 0 });
	}
	let at = end - attach.reduce((n, a) => n + a.size, 0);
	if (at < start)
		return [];	/* the parts are larger than the whole */
	for (const a of attach) {
		a.start = at;
		at += a.size;
	}
	return attach;
}

/**
 * @param {number} datahead
 * @param {Uint8Array} data
 * @returns {Post} whatever the bytes are
 */
export function readPost(datahead, data)
{
	const head = Number.isSafeInteger(datahead) && datahead > 0 &&
		datahead <= data.length ? datahead : 0;
	let sub = null;

	try {
		sub = head ? JSON.parse(decodeText(data.subarray(0, head))) : null;
	} catch {
		/* shown without what the sub-header would have said */
	}
	const attach = readAttach(valueOf(sub, 'attach'), head, data.length);
	const end = attach.length ? attach[0].start : data.length;
	const cc = valueOf(sub, 'cc');
	if (end - head > TEXT_MAX)
		attach.push({ name: 'text.md', size: end - head, kind: 'u',
			start: head });
	return {
		alias: text(valueOf(sub, 'alias'), 128),
		thread: text(valueOf(sub, 'threadid'), 64),
		subject: text(valueOf(sub, 'subject'), 500),
		cc: (Array.isArray(cc) ? cc : []).slice(0, CC_MAX).map((c) => ({
			who: text(valueOf(c, 'who'), 128),
			uid: text(valueOf(c, 'whouid'), 128),
		})).filter((c) => c.uid),
		nodeSync: valueOf(sub, 'nodesync') === true,
		confirms: text(valueOf(sub, 'confirmid'), 64),
		text: decodeText(data.subarray(head, Math.min(end, head + TEXT_MAX))),
		attach,
	};
}

const PICTURES = /** @type {Record<string, string>} */ ({
	png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg',
	gif: 'image/gif', webp: 'image/webp', avif: 'image/avif',
});

/**
 * The type of a picture that may be shown inline, or an empty string.  SVG is
 * left out: it is a document with scripts.
 * @param {string} name
 */
export function pictureType(name)
{
	const ext = name.toLowerCase().split('.').pop() ?? '';

	return Object.hasOwn(PICTURES, ext) ? PICTURES[ext] : '';
}
