// @ts-check
/*
 * markdown.js - simple Markdown as a tree, and the tree as DOM nodes.
 *
 * There is no HTML text anywhere, so nothing that a stranger writes becomes
 * markup.  What is not understood is shown as it stands.  The time is linear in
 * the length of the text.
 */

import { trimEnd } from './post.js';

/**
 * @typedef {string | Node_} Inline
 * @typedef {{tag: string, href?: string, value?: number, children: Inline[]}} Node_
 */

const NESTED_MAX = 6;
const ADDRESS_MAX = 2000;	/* letters of one address */
const WORD = /[\p{L}\p{N}]/u;

/**
 * A link that may be opened, or an empty string.
 * @param {string} text
 */
export function safeLink(text)
{
	return /^(https?:\/\/[^\s/]|mailto:[^\s])/i.test(text) &&
		!/[\s\p{Cc}\p{Cf}]/u.test(text) ? text : '';
}

const MARKS = [
	{ mark: '**', tag: 'strong' },
	{ mark: '__', tag: 'strong' },
	{ mark: '~~', tag: 's' },
	{ mark: '*', tag: 'em' },
	{ mark: '_', tag: 'em' },
];

class InlineReader {
	/** @param {string} text */
	constructor(text)
	{
		this.text = text;
		/** The last search for each mark. @type {Map<string, number[]>} */
		this.found = new Map();
	}

	/**
	 * Where a mark occurs next, before end, or -1.  No part of the text is
	 * searched twice for the same mark.
	 * @param {string} mark @param {number} from @param {number} end
	 */
	find(mark, from, end)
	{
		let [past, at] = this.found.get(mark) ?? [0, 0];

		if (from < past || from > at) {
			at = this.text.indexOf(mark, from);
			at = at === -1 ? Infinity : at;
			this.found.set(mark, [from, at]);
		}
		return at + mark.length <= end ? at : -1;
	}

	/**
	 * @param {number} at @param {number} end @param {number} depth
	 * @returns {Inline[]}
	 */
	read(at, end, depth)
	{
		/** @type {Inline[]} */
		const out = [];
		let plain = at;

		while (at < end) {
			const found = this.special(at, end, depth);
			if (!found) {
				at++;
				continue;
			}
			if (plain < at)
				out.push(this.text.slice(plain, at));
			out.push(found.node);
			at = plain = found.end;
		}
		if (plain < end)
			out.push(this.text.slice(plain, end));
		return out;
	}

	/**
	 * What begins here, if it is more than a letter.
	 * @param {number} at @param {number} end @param {number} depth
	 * @returns {{node: Inline, end: number} | null}
	 */
	special(at, end, depth)
	{
		switch (this.text[at]) {
		case '\\':
			return at + 1 < end && /[!-/:-@[-`{-~]/.test(
				this.text[at + 1])
				? { node: this.text[at + 1], end: at + 2 } : null;
		case '`':
			return this.code(at, end);
		case '[':
			return this.link(at, end);
		case 'h':
		case 'H':
		case 'm':
			return this.address(at, end);
		case '*':
		case '_':
		case '~':
			return depth < NESTED_MAX
				? this.emphasis(at, end, depth) : null;
		}
		return null;
	}

	/** @param {number} at @param {number} end */
	code(at, end)
	{
		const close = this.find('`', at + 1, end);

		return close > at + 1 ? { node: { tag: 'code',
			children: [this.text.slice(at + 1, close)] },
			end: close + 1 } : null;
	}

	/** @param {number} at @param {number} end */
	link(at, end)
	{
		const middle = this.find('](', at + 1, end);
		if (middle === -1 || middle - at > 500)
			return null;
		const close = this.closing(middle + 2, end);
		if (close === -1)
			return null;
		const href = safeLink(this.text.slice(middle + 2, close));
		if (!href)
			return null;
		/* The address is shown as well: words cannot hide where it leads. */
		const words = this.text.slice(at + 1, middle).trim();
		const shown = !words || words === href ? href
			: `${words} (${host(href)})`;
		return { node: { tag: 'a', href, children: [shown] },
			end: close + 1 };
	}

	/**
	 * Where the address of a link ends, or -1.  Brackets in it come in pairs.
	 * @param {number} from @param {number} end
	 */
	closing(from, end)
	{
		const last = Math.min(end, from + ADDRESS_MAX);

		for (let at = from, open = 0; at < last; at++) {
			const c = this.text[at];
			if (c === '(')
				open++;
			else if (c === ')' && open-- === 0)
				return at;
			else if (c === '[' || /\s/.test(c))
				return -1;
		}
		return -1;
	}

	/** A bare address. @param {number} at @param {number} end */
	address(at, end)
	{
		if (at > 0 && WORD.test(this.text[at - 1]))
			return null;
		if (!safeLink(this.text.slice(at, Math.min(end, at + 9))
			.split(/\s/, 1)[0]))
			return null;
		const rest = this.text.slice(at, Math.min(end, at + ADDRESS_MAX));
		const href = safeLink(withoutEnd((rest.match(/^[^\s<>"]+/) ??
			[''])[0]));
		return href ? { node: { tag: 'a', href, children: [href] },
			end: at + href.length } : null;
	}

	/** @param {number} at @param {number} end @param {number} depth */
	emphasis(at, end, depth)
	{
		for (const { mark, tag } of MARKS) {
			if (!this.text.startsWith(mark, at))
				continue;
			const from = at + mark.length;
			/* Within words they are plain: a_b, 2*3*4, passwords. */
			const inWords = mark.length === 1 || mark[0] === '_';
			if (inWords && at > 0 && WORD.test(this.text[at - 1]))
				return null;
			if (from >= end || /\s/.test(this.text[from]))
				return null;
			const close = this.find(mark, from, end);
			if (close <= from || /\s/.test(this.text[close - 1]))
				continue;
			if (inWords && close + mark.length < end &&
			    WORD.test(this.text[close + mark.length]))
				continue;
			return { node: { tag, children: this.read(from, close,
				depth + 1) }, end: close + mark.length };
		}
		return null;
	}
}

/**
 * A bare address without the punctuation that follows it.  A closing bracket
 * stays if the address has the opening one.
 * @param {string} address
 */
function withoutEnd(address)
{
	let open = address.split('(').length - address.split(')').length;
	let end = address.length;

	for (; end > 0 && /[.,;:!?'*_~)\]]/.test(address[end - 1]); end--) {
		if (address[end - 1] === ')' && open++ >= 0)
			break;
	}
	return address.slice(0, end);
}

/** @param {string} href */
function host(href)
{
	try {
		return new URL(href).host || href;
	} catch {
		return href;
	}
}

/** @param {string} line @returns {Inline[]} */
function inline(line)
{
	return new InlineReader(line).read(0, line.length, 0);
}

/**
 * Lines of a paragraph, with breaks between them.
 * @param {string[]} lines
 */
function lines(lines)
{
	return lines.flatMap((line, i) => i
		? [{ tag: 'br', children: [] }, ...inline(line)] : inline(line));
}

/* Not "+", which begins telephone numbers, nor "1)", which would become "1.". */
const ITEM = /^\s{0,3}(?:[-*]|(\d{1,9})\.)\s+(.*)$/s;

/** What a line begins. @param {string} line */
function kindOf(line)
{
	if (/^\s*$/.test(line))
		return 'blank';
	if (/^(```|~~~)/.test(line))
		return 'code';
	if (/^#{1,6}\s/.test(line))
		return 'heading';
	if (/^>/.test(line))
		return 'quote';
	if (ITEM.test(line))
		return /^\s*\d/.test(line) ? 'ol' : 'ul';
	return 'p';
}

/**
 * @param {string} source
 * @param {number} [depth]
 * @returns {Node_[]}
 */
export function parse(source, depth = 0)
{
	const all = source.replace(/\r\n?/g, '\n').split('\n');
	/** @type {Node_[]} */
	const blocks = [];

	for (let i = 0; i < all.length;) {
		const kind = kindOf(all[i]);
		let j = i + 1;
		if (kind === 'code') {
			const fence = all[i].slice(0, 3);
			while (j < all.length && !all[j].startsWith(fence))
				j++;
			blocks.push({ tag: 'pre', children: [{ tag: 'code',
				children: [all.slice(i + 1, j).join('\n')] }] });
			i = j + 1;
			continue;
		}
		while (kind !== 'heading' && j < all.length &&
		    kindOf(all[j]) === kind)
			j++;
		block(blocks, kind, all.slice(i, j), depth);
		i = j;
	}
	return blocks;
}

/**
 * @param {Node_[]} blocks
 * @param {string} kind
 * @param {string[]} part lines of one kind
 * @param {number} depth
 */
function block(blocks, kind, part, depth)
{
	if (kind === 'blank')
		return;
	if (kind === 'heading') {
		const words = part[0].replace(/^#+\s+/, '').trimEnd();
		const open = trimEnd(words, /#/);
		blocks.push({ tag: 'h4', children: inline(
			/\s$/.test(open.slice(-1)) ? open.trimEnd() : words) });
		return;
	}
	if (kind === 'quote') {
		const inner = part.map((l) => l.replace(/^> ?/, ''));
		blocks.push({ tag: 'blockquote', children: depth < NESTED_MAX
			? parse(inner.join('\n'), depth + 1) : lines(inner) });
		return;
	}
	if (kind === 'p') {
		blocks.push({ tag: 'p', children: lines(part) });
		return;
	}
	/* Each keeps its number: "24. December" does not become "1.". */
	blocks.push({ tag: kind, children: part.map((l) => {
		const [, number, words] = l.match(ITEM) ?? ['', '', l];
		const children = inline(words);
		return number ? { tag: 'li', value: Number(number), children }
			: { tag: 'li', children };
	}) });
}

/**
 * @param {Inline[]} nodes from parse
 * @param {Document} doc
 * @returns {DocumentFragment}
 */
export function render(nodes, doc)
{
	const fragment = doc.createDocumentFragment();

	for (const node of nodes) {
		if (typeof node === 'string') {
			fragment.append(node);
			continue;
		}
		const element = doc.createElement(node.tag);
		if (node.href) {
			element.setAttribute('href', node.href);
			element.setAttribute('target', '_blank');
			element.setAttribute('rel', 'noopener noreferrer');
		}
		if (node.value !== undefined)
			element.setAttribute('value', String(node.value));
		element.append(render(node.children, doc));
		fragment.append(element);
	}
	return fragment;
}
