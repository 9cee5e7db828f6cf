// @ts-check
/*
 * join.js - the first page: joining by an invitation, or as another device of
 * somebody who is a member already.
 */

import { h, fill, field, form, typed, button, say, sentence } from './dom.js';
import { t } from './strings.js';
import { CODE_OVER } from './engine.js';

/** @import { App } from './app.js' */

/** What this device may be called. */
export function deviceLabel()
{
	const has = (/** @type {string[]} */ ...names) =>
		names.find((name) => navigator.userAgent.includes(name));
	const browser = has('Edg', 'Firefox', 'Chrome', 'Safari') ?? 'Browser';
	const system = has('iPhone', 'iPad', 'Android', 'Mac', 'Windows', 'Linux');

	return browser.replace('Edg', 'Edge') + (system ? `, ${system}` : '');
}

/**
 * What stands in a link's fragment, or in a text that was pasted.
 * @param {string} text
 * @returns {{join?: string, code?: string, uid?: string, nodeid?: string,
 *	name?: string}} name: of the user whose device it is to be, from tmtp
 */
export function readLink(text)
{
	const fragment = text.slice(text.indexOf('#') + 1).trim();
	const bare = /^([%+1-9A-Z]{32})\.([%+1-9A-Z]{40})$/;
	const params = new Map(fragment.split('&').map((pair) => {
		const at = pair.indexOf('=');
		return [pair.slice(0, at), decodeValue(pair.slice(at + 1))];
	}));
	const device = (params.get('device') ?? fragment).match(bare) ??
		fragment.replace('device=', '').match(bare);

	if (device)
		return { uid: device[1], nodeid: device[2],
			name: params.get('name') };
	return { join: params.get('join'), code: params.get('code') };
}

/**
 * A part of an address, which anybody may have written.
 *
 * @param {string} text
 */
export function decodeValue(text)
{
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/* How the relay's answer begins. */
const UNINVITED = 'this relay takes new members by invitation';

export class JoinView {
	/** @param {App} app */
	constructor(app)
	{
		const { link, joining } = app;

		this.app = app;
		this.link = link;
		this.name = h('input', { name: 'name', autocomplete: 'off',
			required: true, maxlength: 400, autocapitalize: 'words',
			value: [link.join, link.code].filter(Boolean).join(' ') ||
				(joining?.alias ?? '') });
		/** By a link, which promised that it would work. */
		this.invited = !!(link.join ?? joining?.invited);
		this.given = this.name.value;
		this.label = h('input', { name: 'device', autocomplete: 'off',
			required: true, maxlength: 40, value: deviceLabel() });
		this.code = h('textarea', { name: 'code', rows: 3, required: true,
			autocomplete: 'off', spellcheck: 'false',
			value: link.uid ? `${link.uid}.${link.nodeid}` : '' });
		this.second = !!link.uid;
		this.drawn = '';	/* which form, or none */
		this.state = h('div', { class: 'state', role: 'status' });
		this.element = h('main', { class: 'join' });
		this.draw();
	}

	draw()
	{
		const busy = !['start', 'none', 'auth'].includes(
			this.app.engine.state.phase);

		const form = busy ? 'none' : this.second ? 'device' : 'join';
		if (form !== this.drawn) {
			this.drawn = form;
			fill(this.element, h('div', { class: 'card' },
				h('h1', {}, t('welcome')),
				!busy && this.form(), this.state));
		}
		this.drawState(busy);
	}

	form()
	{
		const { second, link } = this;

		return form(() => this.submit(), h('p', {}, t(second
			? link.uid ? 'device-link' : 'device-intro'
			: link.join ? 'join-invited' : 'join-intro')),
		second ? field('device-code', this.code)
			: field('your-name', this.name, link.join && !link.code
				? '' : 'your-name-hint'),
		/* The first device is recognised by what it is. */
		second && field('device-name', this.label, 'device-name-hint'),
		h('div', { class: 'row' },
			h('button', { class: 'strong', type: 'submit' },
				t(second ? 'add-this-device' : 'join')),
			button(second ? 'join-instead' : 'device-instead',
				() => this.change(this.code.value), 'plain')),
		/* Only Safari there knows this, false outside the home screen. */
		/** @type {any} */ (navigator).standalone === false &&
			h('p', { class: 'dim' }, t('iphone-first')));
	}

	/** To the other form. @param {string} code as it shows there */
	change(code)
	{
		this.second = !this.second;
		this.code.value = code;
		this.draw();
	}

	submit()
	{
		const label = typed(this.label) || deviceLabel();

		if (this.second) {
			const { uid, nodeid, name } = readLink(this.code.value);
			if (!uid || !nodeid) {
				say(t('device-code-bad'));
				return;
			}
			this.app.engine.joinAsDevice(uid, nodeid, label, name ??
				(uid === this.link.uid ? this.link.name : ''));
		} else {
			const { join, code, uid } = readLink(this.name.value);
			const alias = join ? [join, code].filter(Boolean).join(' ')
				: typed(this.name);
			if (uid)
				return this.change(this.name.value);
			if (!alias)
				return;
			this.invited = !!join || (this.invited &&
				this.name.value === this.given);
			this.app.engine.ask('join', { alias, label,
				invited: this.invited });
		}
		navigator.storage?.persist?.();
		this.draw();
	}

	/** @param {boolean} busy */
	drawState(busy)
	{
		const { phase, reason, untrusted, full } = this.app.engine.state;

		if (phase === 'auth')
			fill(this.state, h('p', { class: 'warn' }, t('auth')),
				h('p', { class: 'dim' }, reason));
		else if (!busy)
			fill(this.state, reason === CODE_OVER &&
				h('p', { class: 'warn' }, t('code-over')),
			full && h('p', { class: 'warn' }, t('full-join')),
			full && h('p', { class: 'dim' }, reason));
		else if (phase === 'asked')
			fill(this.state, ...this.refusal(reason), this.again());
		else if (untrusted)
			fill(this.state, untrustedText());
		else if (phase === 'waiting')
			fill(this.state, h('p', {}, t('no-relay')),
				h('p', { class: 'dim' }, reason), this.again());
		else
			fill(this.state, h('p', {}, t('connecting')));
	}

	/** The relay did not let the user in. @param {string} reason */
	refusal(reason)
	{
		if (!reason.startsWith(UNINVITED))
			return [h('h2', {}, t('refused-title')),
				h('p', {}, h('bdi', {}, reason)),
				h('p', {}, t('tries-again'))];
		if (!this.invited)
			return [h('h2', {}, t('asked-title')),
				h('p', {}, sentence('asked-text', this.name.value))];
		return [h('h2', {}, t('link-used-title')),
			h('p', {}, t('link-used')),
			h('p', {}, t('link-used-mine')),
			h('p', {}, t('link-used-other'))];
	}

	again()
	{
		return h('div', { class: 'row' },
			button('try-now', () => this.app.engine.ask('again'), 'strong'),
			button('back', () => this.app.engine.ask('stop'), 'plain'));
	}
}

/** Why there is no connection although the page opened. */
export function untrustedText()
{
	return h('div', { class: 'warn' }, h('p', {}, t('untrusted')),
		h('p', {}, h('a', { href: '/ca.html' }, t('untrusted-link'))));
}
