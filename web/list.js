// @ts-check
/*
 * list.js - the talks at the side: who waits for an answer, who wrote last, and
 * the search.
 */

import { h, fill, icon, iconButton, person, badge, shortDate } from './dom.js';
import { t } from './strings.js';
import { showNew } from './people.js';
import { showSettings } from './settings.js';

/** @import { App } from './app.js' */
/** @import { Message, Talk } from './store.js' */

const FOUND_MAX = 100;	/* messages that a search shows */

export class ListView {
	/** @param {App} app */
	constructor(app)
	{
		this.app = app;
		this.search = h('input', { type: 'search', 'aria-label': t('search'),
			placeholder: t('search'), autocomplete: 'off',
			oninput: () => this.look() });
		this.title = h('h1', { dir: 'auto' });
		this.talks = h('ul', { class: 'talks' });
		this.found = h('ul', { class: 'talks' });
		this.foundTitle = h('h2', { class: 'part', hidden: true },
			t('messages'));
		this.searches = 0;
		this.element = h('nav', { class: 'list', 'aria-label': t('talks') },
			h('header', {},
				this.title,
				iconButton('gear', 'settings', () =>
					showSettings(app)),
				iconButton('plus', 'new-talk', () => showNew(app),
					'strong')),
			h('div', { class: 'search' }, icon('search'), this.search),
			h('div', { class: 'scroll' }, this.talks, this.foundTitle,
				this.found));
		this.element.addEventListener('keydown', (e) => this.key(e));
	}

	draw()
	{
		this.title.textContent = this.app.engine.account?.relay || 'mnm';
		const words = this.search.value.trim().toLocaleLowerCase();
		const all = [...this.app.talks.values()].filter((talk) => words
			? this.app.nameOf(talk).toLocaleLowerCase().includes(words)
			: talk.state !== 'ignored' && !talk.hidden).sort(byDate);
		const asks = all.filter((talk) => talk.state === 'request');
		const others = all.filter((talk) => talk.state !== 'request');

		fill(this.talks, asks.length > 0 &&
			h('li', {}, h('h2', { class: 'part' }, t('waiting'))),
		...asks.map((talk) => this.item(talk)),
		asks.length > 0 && others.length > 0 &&
			h('li', {}, h('h2', { class: 'part' }, t('talks'))),
		...others.map((talk) => this.item(talk)),
		all.length === 0 && h('li', { class: 'empty' }, words
			? t('nobody-found') : h('div', { class: 'narrow' },
				this.app.beginning())));
	}

	/** @param {Talk} talk */
	item(talk)
	{
		const { app } = this;
		const name = app.nameOf(talk);
		const online = !!talk.uid &&
			app.engine.state.present.includes(talk.uid);
		const about = talk.state === 'request'
			? talk.kind === 'group' ? t('invites-you') : t('asks-you')
			: talk.draft ? t('draft', talk.draft)
				: talk.state === 'asked' ? t('asked-short')
					: talk.lastText || this.app.statusOf(talk);

		return h('li', {}, h('button', { type: 'button', class: 'talk',
			name: talk.id,	/* keeps the focus, see fill */
			'aria-current': app.open === talk.id ? 'true' : false,
			onclick: () => app.show(talk.id) },
		h('span', { class: 'face' }, badge(name, talk.kind),
			online && h('span', { class: 'here', role: 'img',
				'aria-label': t('online') })),
		h('span', { class: 'line' }, person(name),
			h('time', {}, shortDate(talk.at))),
		h('span', { class: 'line about' },
			h('bdi', { class: talk.draft ? 'draft' : '' },
				about.slice(0, 160)),
			talk.unread > 0 && h('span', { class: 'count' },
				talk.unread > 999 ? '999+' : String(talk.unread),
				h('span', { class: 'unseen' }, t('unread'))))));
	}

	/** Look through the messages as well, a little later. */
	look()
	{
		const mine = ++this.searches;
		const words = this.search.value.trim();

		this.draw();
		fill(this.found);
		this.foundTitle.hidden = true;
		if (words.length < 2)
			return;
		setTimeout(() => mine === this.searches &&
			this.app.store.search(words, (m) => mine === this.searches &&
				this.showFound(m)), 150);
	}

	/** @param {Message} m @returns {boolean} whether there is room for more */
	showFound(m)
	{
		const talk = this.app.talks.get(m.talk);

		if (!talk)
			return true;
		this.foundTitle.hidden = false;
		this.found.append(h('li', {}, h('button', { type: 'button',
			class: 'talk found',
			onclick: () => this.app.show(m.talk, m.id) },
		h('span', { class: 'line' }, person(this.app.nameOf(talk)),
			h('time', {}, shortDate(m.at))),
		h('span', { class: 'line about' }, h('bdi', {},
			around(m.text || (m.files?.[0]?.name ?? ''),
				this.search.value.trim()))))));
		return this.found.children.length < FOUND_MAX;
	}

	/** Arrow keys move among the talks. @param {KeyboardEvent} e */
	key(e)
	{
		const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
		const all = /** @type {HTMLElement[]} */ ([...this.element
			.querySelectorAll('input[type=search], .talk')]);
		const at = all.indexOf(/** @type {any} */ (document.activeElement));

		if (e.key === 'Escape' && this.search.value) {
			this.search.value = '';
			this.look();
		} else if (step && at >= 0) {
			e.preventDefault();
			all[at + step]?.focus();
		}
	}
}

/** @param {Talk} a @param {Talk} b the newest first */
function byDate(a, b)
{
	return a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at > b.at ? -1 : 1;
}

/** The part of a text with the words. @param {string} text @param {string} words */
function around(text, words)
{
	const first = words.toLocaleLowerCase().split(/\s+/)[0];
	const at = text.toLocaleLowerCase().indexOf(first);

	return (at > 40 ? '…' : '') + text.slice(Math.max(0, at - 30), at + 120);
}
