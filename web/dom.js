// @ts-check
/*
 * dom.js - small helpers to build the page.  Text becomes text nodes only.
 */

import { t } from './strings.js';

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element.  Props that begin with on are listeners; true and false set and
 * leave out an attribute; value, checked and the like are set as properties.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children)
{
	const element = document.createElement(tag);

	for (const [key, value] of Object.entries(props)) {
		if (key.startsWith('on'))
			element.addEventListener(key.slice(2), value);
		else if (key === 'value' || key === 'checked')
			/** @type {any} */ (element)[key] = value;
		else if (value === true)
			element.setAttribute(key, '');
		else if (value !== false && value !== undefined)
			element.setAttribute(key, String(value));
	}
	add(element, children);
	return element;
}

/** @param {Element} element @param {Child[]} children */
function add(element, children)
{
	for (const child of children)
		if (child || child === '')
			element.append(child);
}

/**
 * Make these the only children.  A control with the same name as one that had the
 * focus gets it.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children)
{
	const focused = /** @type {HTMLInputElement | null} */ (
		document.activeElement);
	const name = focused?.name && element.contains(focused)
		? focused.name : '';
	const at = name ? focused?.selectionStart ?? null : null;

	element.replaceChildren();
	add(element, children);
	if (!name)
		return;
	const again = /** @type {HTMLInputElement | null} */ (
		element.querySelector(`[name="${CSS.escape(name)}"]`));
	again?.focus();
	if (at !== null)
		again?.setSelectionRange(at, at);
}

/* 24 by 24, drawn with a stroke. */
const ICONS = {
	back: 'M15 5l-7 7 7 7',
	plus: 'M12 5v14M5 12h14',
	gear: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5',
	clip: 'M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.3a3 3 0 0 1 4.3 4.3l-7.7 7.6a1.5 1.5 0 0 1-2.1-2.1L14 8',
	camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
	send: 'M4 12l16-7-5 16-4-7z',
	more: 'M5 12h.01M12 12h.01M19 12h.01',
	check: 'M5 13l4 4L19 7',
	clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
	alert: 'M12 8v5m0 3.5v.01M12 3l9.5 17h-19z',
	close: 'M6 6l12 12M18 6L6 18',
	file: 'M6 3h8l4 4v14H6zM14 3v4h4',
	down: 'M12 4v12m-5-5l5 5 5-5M5 20h14',
	search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
};

/** @param {keyof typeof ICONS} name */
export function icon(name)
{
	const ns = 'http://www.w3.org/2000/svg';
	const svg = document.createElementNS(ns, 'svg');
	const path = document.createElementNS(ns, 'path');

	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('class', 'icon');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', ICONS[name]);
	svg.append(path);
	return svg;
}

/**
 * Labels and hints here and below are keys of the table of strings.
 * @param {keyof typeof ICONS} name
 * @param {string} label
 * @param {() => void} press
 * @param {string} [kind]
 */
export function iconButton(name, label, press, kind = '')
{
	return h('button', { type: 'button', class: 'round ' + kind,
		'aria-label': t(label), title: t(label), onclick: press },
	icon(name));
}

/** @param {string} label @param {() => void} press @param {string} [kind] */
export function button(label, press, kind = '')
{
	return h('button', { type: 'button', class: kind, onclick: press },
		t(label));
}

/** A name that cannot turn the words around it. @param {string} name */
export function person(name)
{
	return h('bdi', { class: 'name' }, name);
}

/** A sentence with names in it, each isolated. @param {string} key @param {...string} names */
export function sentence(key, ...names)
{
	const span = h('span');

	for (const [i, part] of t(key).split(/\{(\d)\}/).entries())
		span.append(i % 2 ? person(names[Number(part)] ?? '') : part);
	return span;
}

/** A round picture of a name: its first letter. @param {string} name @param {string} [kind] */
export function badge(name, kind = '')
{
	const letter = Array.from(name.replace(/[^\p{L}\p{N}]/gu, ''))[0] ?? '•';
	let hash = 0;

	for (const c of name)
		hash = (hash * 31 + (c.codePointAt(0) ?? 0)) % 997;
	return h('span', { class: `badge tone${hash % 6} ${kind}`,
		'aria-hidden': 'true' }, letter.toLocaleUpperCase());
}

/**
 * A field with its label.
 * @param {string} label
 * @param {HTMLElement} input
 * @param {string} [hint]
 */
export function field(label, input, hint)
{
	return h('label', { class: 'field' }, h('span', {}, t(label)), input,
		hint && h('small', {}, t(hint)));
}

/** @param {() => void} submit @param {...Child} children */
export function form(submit, ...children)
{
	return h('form', { onsubmit: (/** @type {Event} */ e) => {
		e.preventDefault();
		submit();
	} }, ...children);
}

/**
 * A name as people type it, without the characters that cannot be seen, and with
 * usual spaces: the relay refuses others, and keyboards put some behind a heart.
 *
 * @param {{value: string}} input
 */
export function typed(input)
{
	return input.value.replace(/\p{Default_Ignorable_Code_Point}/gu, '').trim()
		.replace(/\p{Zs}+/gu, ' ');
}

/**
 * A modal dialog, which is removed when it is closed.
 * @param {string} title
 * @param {(close: () => void) => Child[]} content
 */
export function dialog(title, content)
{
	const box = h('dialog', { 'aria-label': title });
	const close = () => box.close();

	add(box, [h('header', {}, h('h2', {}, title),
		iconButton('close', 'close', close)),
	h('div', { class: 'body' }, ...content(close))]);
	box.addEventListener('close', () => box.remove());
	box.addEventListener('click', (e) => e.target === box && close());
	document.body.append(box);
	box.showModal();
	return box;
}

/** Ask before something is done. @param {string} question @param {string} yes
    @param {string} [about] @returns {Promise<boolean>} */
export function confirm(question, yes, about = '')
{
	return new Promise((done) => {
		const box = dialog(t('sure'), (close) => [
			h('p', {}, t(question, about)),
			h('div', { class: 'row end' }, button('cancel', close),
				button(yes, () => {
					done(true);
					close();
				}, 'danger'))]);
		box.addEventListener('close', () => done(false));
	});
}

let hush = 0;

/** Say something briefly: to everybody, and to a screen reader. @param {string} text */
export function say(text)
{
	/* A modal dialog lies above everything else, and silences it. */
	const box = [...document.querySelectorAll('dialog[open]')].pop();
	const live = document.getElementById('say');
	const toast = h('div', { class: 'toast', ...(box ? { role: 'status' }
		: {}) });

	document.querySelector('.toast')?.remove();
	(box ?? document.body).append(toast);
	if (live && !box)
		live.textContent = text;
	/* A screen reader reads what changes where it has looked already. */
	setTimeout(() => {
		toast.textContent = text;
	}, box ? 100 : 0);
	clearTimeout(hush);
	hush = Number(setTimeout(() => toast.remove(), 5000));
}

/** @param {number} n bytes */
export function size(n)
{
	const units = ['B', 'kB', 'MB', 'GB'];
	let i = 0;

	while (n >= 1000 && i < 3) {
		n /= 1000;
		i++;
	}
	return `${n >= 10 || i === 0 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

/* Making a formatter is slow, using it is not. */
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit',
	minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long',
	day: 'numeric', month: 'long' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
const SHORT = new Intl.DateTimeFormat(undefined, { day: 'numeric',
	month: 'short' });

/** @param {Intl.DateTimeFormat} form @param {Date} date */
function format(form, date)
{
	return isNaN(date.getTime()) ? '' : form.format(date);
}

/** @param {string} at a date */
export function day(at)
{
	const date = new Date(at);
	const days = Math.round((new Date().setHours(0, 0, 0, 0) -
		new Date(at).setHours(0, 0, 0, 0)) / 864e5);

	if (days === 0 || days === 1)
		return t(days ? 'yesterday' : 'today');
	return format(days < 300 ? DAY : DATE, date);
}

/** @param {string} at a date */
export function time(at)
{
	return format(TIME, new Date(at));
}

/** For a list: the time today, else the day. @param {string} at a date */
export function shortDate(at)
{
	const date = new Date(at);

	return format(date.toDateString() === new Date().toDateString() ? TIME
		: SHORT, date);
}
