// @ts-check
/*
 * app.js - the page: which view is shown, and what all views share.
 */

import { h, fill, button, field, form, say, sentence, size, typed } from './dom.js';
import { t } from './strings.js';
import { Store } from './store.js';
import { Engine } from './engine.js';
import { decodeValue, JoinView, readLink, untrustedText } from './join.js';
import { ListView } from './list.js';
import { deviceButtons } from './settings.js';
import { showNew, told } from './people.js';
import { TalkView } from './talk.js';
import { snippet } from './inbox.js';
import { canWake, renewWake, startWake } from './wake.js';

/** @import { Child } from './dom.js' */
/** @import { Code, Joining } from './engine.js' */
/** @import { Message, Talk } from './store.js' */

const FETCH_MS = 20e3;		/* a browser lets a worker that was woken run 30 s */
const QUIET_END_MS = 4e3;	/* nothing new for so long: that was all */

export class App {
	/**
	 * @param {Store} store
	 * @param {Engine} engine
	 * @param {ReturnType<typeof readLink>} link that the page was opened by
	 */
	constructor(store, engine, link)
	{
		this.store = store;
		this.engine = engine;
		/** @type {Map<string, Talk>} */
		this.talks = new Map();
		this.open = '';		/* id of the talk that is shown */
		this.root = /** @type {HTMLElement} */ (
			document.getElementById('app'));
		this.banner = h('div', { class: 'banner', role: 'status' });
		this.nameTyped = '';	/* by a member without a name */
		this.installed = matchMedia('(display-mode: standalone)').matches;
		/** @type {ServiceWorkerRegistration | undefined} */
		this.worker = undefined;
		this.bannerKey = '';
		this.wasOnline = false;
		/** The certificate is not trusted, so there is no service worker. */
		this.distrusted = false;
		/** @type {Code | undefined} */
		this.code = undefined;
		/** @type {Joining | undefined} */
		this.joining = undefined;
		this.link = link;
	}

	async start()
	{
		await this.loadTalks();
		this.code = await this.store.meta('code');
		/* A link takes precedence over an earlier request. */
		const isNew = (this.link.join || this.link.uid) &&
			!await this.store.meta('account');
		if (isNew)
			await this.store.setMeta('joining', null);
		this.joining = await this.store.meta('joining') ?? undefined;
		this.listen();
		await this.engine.start();
		if (isNew)
			this.engine.ask('stop');
		this.draw();
		if (this.engine.account && (this.link.join || this.link.uid))
			say(t('joined-already'));
	}

	listen()
	{
		const { engine } = this;

		engine.on('state', () => {
			this.draw();
			this.renew();
		});
		engine.on('account', async () => {
			this.code = await this.store.meta('code');
			this.draw();
		});
		engine.on('talks', (ids) => this.changed(ids));
		engine.on('fresh', (messages) => this.notify(messages));
		engine.on('asks', (talk) => this.notifyAsk(talk));
		engine.on('progress', (up) => this.talkView?.progress(up));
		engine.on('later', () => say(t('later')));
		addEventListener('popstate', () => this.follow());
		addEventListener('pagehide', () => this.talkView?.saveDraft());
		addEventListener('online', () => engine.ask('wake'));
		addEventListener('pageshow', () => engine.ask('wake'));
		addEventListener('focus', () => this.talkView?.read());
		document.addEventListener('visibilitychange', () => {
			if (document.visibilityState === 'visible')
				engine.ask('wake');
			else
				this.talkView?.saveDraft();
			this.talkView?.read();
		});
		document.addEventListener('keydown', (e) => this.key(e));
		/* Where the keyboard covers the page, the page shrinks. */
		const view = window.visualViewport;
		view?.addEventListener('resize', () => {
			this.root.style.height = view.scale === 1
				? `${view.height}px` : '';
			scrollTo(0, 0);
		});
		navigator.serviceWorker?.addEventListener('message', (e) => {
			if (typeof e.data?.show === 'string')
				this.show(e.data.show);
			else if (e.data?.wake)
				engine.ask('wake');
		});
	}

	/** Once after each login. */
	renew()
	{
		const online = this.engine.state.phase === 'online';

		if (online && !this.wasOnline)
			renewWake(this);
		this.wasOnline = online;
	}

	/** @param {KeyboardEvent} e */
	key(e)
	{
		if (document.querySelector('dialog[open]'))
			return;
		const isSearch = (e.ctrlKey || e.metaKey) && e.key === 'k';
		if (isSearch)
			e.preventDefault();
		if (isSearch || (e.key === 'Escape' && this.open)) {
			this.show('');
			this.list?.search.focus();
		}
	}

	isSeen()
	{
		return document.visibilityState === 'visible' && document.hasFocus();
	}

	async loadTalks()
	{
		this.talks = new Map((await this.store.talks()).map((talk) =>
			[talk.id, talk]));
	}

	/** @param {string[] | null} ids null: any */
	async changed(ids)
	{
		const was = this.talks.get(this.open);

		await this.loadTalks();
		/* Somebody answered: the talk has another id now. */
		if (this.open.startsWith('a:') && was && !this.talks.has(this.open)) {
			const now = [...this.talks.values()].find((talk) =>
				talk.kind === 'person' && talk.name === was.name);
			this.show(now?.id ?? '');
		} else if (!ids || ids.includes(this.open))
			this.talkView?.refresh();
		this.list?.draw();
		this.drawTitle();
		if (!this.open)
			this.drawPane();
	}

	/* Names. */

	/** @param {Talk} talk */
	nameOf(talk)
	{
		return talk.kind === 'self' ? t('self') : talk.name || t('no-name');
	}

	/** @param {Message} m */
	authorOf(m)
	{
		const talk = this.talks.get(m.talk);

		if (m.mine)
			return t('you');
		const member = talk?.members?.find((v) => v.uid === m.from &&
			!v.claimed);
		const known = this.talks.get('u:' + m.from);

		if (member || known?.state === 'open')
			return member?.name ?? known?.name ?? '';
		return m.name ? t('says-name', m.name) : t('no-name');
	}

	/** @param {Talk} talk */
	statusOf(talk)
	{
		if (talk.kind === 'group' && talk.state === 'open')
			return members(talk.members?.filter((m) => m.joined).length);
		if (talk.kind === 'several')
			return members((talk.who?.length ?? 0) + 1);
		if (talk.uid && this.engine.state.present.includes(talk.uid))
			return t('online');
		return talk.state === 'asked' ? t('asked-short')
			: talk.kind === 'self' ? t('self-short') : '';
	}

	/* Views. */

	draw()
	{
		const { engine } = this;
		const isMember = !!engine.account && (!engine.account.handover ||
			engine.account.noderef !== '');

		this.drawBanner();
		if (!isMember) {
			if (!this.join) {
				this.join = new JoinView(this);
				this.list = this.talkView = undefined;
				this.open = '';
				fill(this.root, this.join.element);
			}
			this.join.draw();
			return;
		}
		if (!this.list) {
			this.join = undefined;
			this.list = new ListView(this);
			this.talkView = new TalkView(this);
			this.pane = h('div', { class: 'pane' });
			fill(this.root, this.banner,
				h('div', { class: 'sides' }, this.list.element,
					this.pane));
			this.follow();
		}
		this.list.draw();
		this.talkView?.drawHeader();
		this.drawTitle();
		if (!this.open)
			this.drawPane();
	}

	drawTitle()
	{
		let unread = 0;

		for (const talk of this.talks.values())
			unread += talk.state === 'ignored' ? 0
				: talk.state === 'request' ? 1 : talk.unread;
		const name = this.engine.account?.relay || 'mnm';
		document.title = unread ? `(${unread}) ${name}` : name;
		const badge = /** @type {any} */ (navigator);
		badge[unread ? 'setAppBadge' : 'clearAppBadge']?.(unread)
			?.catch?.(() => {});
	}

	drawBanner()
	{
		const { phase, reason, said, full, untrusted, clockOff, receiving } =
			this.engine.state;
		const now = button('try-now', () => this.engine.ask('again'), 'plain');
		/** @type {Child[]} */
		let what = [];

		if (full)
			what = [t('full')];
		else if (this.code?.used)
			what = [t('device-used'), ...deviceButtons(this.engine)];
		else if (phase === 'taken')
			what = [t('taken'), button('use-here', () =>
				this.engine.ask('again'), 'plain')];
		else if (phase === 'dropped')
			what = [t('dropped')];
		else if (phase === 'auth')
			what = [t('auth')];
		else if (untrusted)
			what = [untrustedText(), now];
		else if (phase === 'waiting')
			what = [h('span', {}, said ? t('quit', reason)
				: navigator.onLine ? t('no-connection')
					: t('offline')), now];
		else if (clockOff)
			what = [t('clock', String(Math.abs(clockOff)))];
		else if (receiving[1])
			what = [t('receiving', size(receiving[0]), size(receiving[1]))];
		const key = JSON.stringify([phase, said && reason, full, untrusted,
			clockOff, receiving, this.code?.used]);
		if (key === this.bannerKey)
			return;
		this.bannerKey = key;
		this.root.dataset.phase = phase;
		this.banner.classList.toggle('bad', full || phase === 'dropped');
		fill(this.banner, ...what);
	}

	/** Open a talk, or with an empty id the list. @param {string} id @param {string} [at] */
	async show(id, at)
	{
		const hash = id ? '#talk=' + encodeURIComponent(id) : '';

		if (id && !this.talks.has(id))
			await this.loadTalks();
		/* If the list is one step back in the history, go there. */
		if (!id && this.open && history.state?.fromList)
			history.back();
		else if (id !== this.open)
			history.pushState({ fromList: !this.open }, '',
				location.pathname + hash);
		this.open = id;
		this.drawPane(at);
	}

	/** It was pasted into this tab. @param {ReturnType<typeof readLink>} link */
	useLink(link)
	{
		if (this.engine.account)
			return say(t('joined-already'));
		this.link = link;
		this.join = this.joining = undefined;
		this.engine.ask('stop');
		this.draw();
	}

	/** The address has changed. */
	follow()
	{
		const link = readLink(location.hash);

		if (link.join || link.uid)
			return this.useLink(link);
		const id = location.hash.startsWith('#talk=')
			? decodeValue(location.hash.slice(6)) : '';

		/* A dialog was about what was shown before. */
		document.querySelector('dialog')?.close();
		const open = this.talks.has(id) ? id : '';
		if (open === this.open && this.pane?.firstChild)
			return;
		this.open = open;
		this.drawPane();
	}

	/** @param {string} [at] */
	drawPane(at)
	{
		const talk = this.talks.get(this.open);
		const view = this.talkView;

		if (!this.pane || !view)
			return;
		this.root.classList.toggle('open', !!talk);
		if (!talk) {
			view.saveDraft();
			view.talk = null;
			fill(this.pane, h('main', { class: 'nothing' },
				this.talks.size ? h('p', {}, t('choose'))
					: this.beginning()));
		} else {
			if (view.element.parentNode !== this.pane)
				fill(this.pane, view.element);
			view.show(talk, at);
			if (matchMedia('(pointer: fine)').matches)
				view.input.focus();
			else
				view.element.querySelector('h2')?.focus();
		}
		this.list?.draw();
	}

	/** What to do first. */
	beginning()
	{
		const { account } = this.engine;
		const names = (account?.aliases ?? []).map((a) => a.name).join(', ');

		if (account?.waits)
			return h('p', {}, t('choose-wait'));
		if (!names) {
			const name = h('input', { required: true, maxlength: 64,
				autocomplete: 'off', name: 'first-name',
				value: this.nameTyped,
				oninput: () => {
					this.nameTyped = name.value;
				} });
			return h('div', { class: 'begin' },
				h('p', {}, t('no-alias-yet')),
				account?.refused && h('p', { class: 'dim' },
					t('refused', account.refused)),
				form(async () => {
					if (await told(this.engine.userEdit({
						newalias: typed(name) })))
						this.nameTyped = '';
				},
				field('your-name', name),
				h('button', { class: 'strong' }, t('add'))));
		}
		return h('div', { class: 'begin' }, h('p', {}, t('choose-none')),
			button('begin', () => showNew(this), 'strong'),
			canWake(this) && Notification.permission === 'default' &&
				button('wake-on', async () => {
					say(await startWake(this));
					this.draw();
				}),
			h('p', { class: 'dim' }, sentence('choose-names', names)));
	}

	/* The world outside. */

	/** @param {Message[]} messages */
	notify(messages)
	{
		const m = messages[messages.length - 1];
		const talk = this.talks.get(m.talk);
		const name = talk ? this.nameOf(talk) : m.name ?? '';

		this.notice(talk?.kind === 'group'
			? `${this.authorOf(m)} · ${name}` : name, snippet(m),
		m.talk);
	}

	/** @param {Talk} talk */
	notifyAsk(talk)
	{
		this.notice(t(talk.kind === 'group' ? 'invites-you' : 'asks-you'),
			this.nameOf(talk), talk.id);
	}

	/** @param {string} title @param {string} body @param {string} talk */
	notice(title, body, talk)
	{
		if (!this.engine.isLeader || this.isSeen() ||
		    !('Notification' in window) ||
		    Notification.permission !== 'granted')
			return;
		const options = { body, tag: talk, icon: 'icon.png',
			data: { talk } };

		if (this.worker)
			this.worker.showNotification(title, options).catch(() => {});
		else
			new Notification(title, options).onclick = () => {
				window.focus();
				this.show(talk);
			};
	}

	/** Hand a file over to the user. @param {Blob} blob @param {string} name */
	async hand(blob, name)
	{
		const file = new File([blob], name);

		/* An installed page on an iPhone has no downloads. */
		if (this.installed && matchMedia('(pointer: coarse)').matches &&
		    navigator.canShare?.({ files: [file] })) {
			await navigator.share({ files: [file] }).catch(() => {});
			return;
		}
		const url = URL.createObjectURL(blob);
		const link = h('a', { href: url, download: name });
		document.body.append(link);
		link.click();
		link.remove();
		setTimeout(() => URL.revokeObjectURL(url), 60e3);
	}
}

/** @param {number} [n] */
function members(n)
{
	return n ? t(n === 1 ? 'one-member' : 'n-members', String(n)) : t('group');
}

/** Call f when this tab is the one that connects. @param {() => Promise<void>} f */
function lead(f)
{
	if (navigator.locks)
		navigator.locks.request('mnm connection', () => f());
	else
		f();
}

async function askTime()
{
	try {
		const { ok, headers } = await fetch('health',
			{ cache: 'no-store' });
		return ok && Date.parse(headers.get('date') ?? '') || 0;
	} catch {
		return 0;
	}
}

/** Where the relay's WebSocket is. @param {string} base */
function socketUrl(base)
{
	const url = new URL('tmtp', base);

	url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
	return url;
}

async function main()
{
	const root = /** @type {HTMLElement} */ (document.getElementById('app'));
	const url = socketUrl(location.href);
	const link = readLink(location.hash);
	/** @type {Store} */
	let store;

	if (link.join || link.uid)	/* secrets do not stay in the address */
		history.replaceState(null, '', location.pathname);

	try {
		store = await Store.open();
	} catch (error) {
		fill(root, h('main', { class: 'join' }, h('div', { class: 'card' },
			h('h1', {}, t('no-store')), h('p', {}, t('no-store-text')),
			h('p', { class: 'dim' }, String(error)))));
		return;
	}
	const engine = new Engine({ store, lead, askTime,
		connect: () => new WebSocket(url, 'tmtp'),
		channel: new BroadcastChannel('mnm') });
	const app = new App(store, engine, link);
	navigator.serviceWorker?.register('sw.js').then((worker) => {
		app.worker = worker;
		renewWake(app);
	}, () => {
		app.distrusted = true;
	});
	await app.start();
}

/**
 * For the service worker, when no page is open: fetch what waits.
 * @param {string} base
 * @returns {Promise<Message[]>} what is new
 */
export async function fetchWaiting(base)
{
	/** @type {Message[]} */
	const fresh = [];
	const engine = new Engine({ store: await Store.open(), askTime,
		channel: new BroadcastChannel('mnm'),
		connect: () => new WebSocket(socketUrl(base), 'tmtp'),
		lead: (f) => navigator.locks.request('mnm connection',
			{ ifAvailable: true }, (lock) => lock ? f() : undefined) });
	let heard = Date.now();

	engine.on('fresh', (messages) => {
		fresh.push(...messages);
		heard = Date.now();
	});
	engine.on('talks', () => {
		heard = Date.now();
	});
	await engine.start();
	for (const end = Date.now() + FETCH_MS; Date.now() < end &&
	    Date.now() - heard < QUIET_END_MS;)
		await new Promise((done) => setTimeout(done, 200));
	engine.stop();
	return fresh;
}

/* The service worker has this file, too, and no page. */
if (typeof document !== 'undefined')
	main();
