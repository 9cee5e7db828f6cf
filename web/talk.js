// @ts-check
/*
 * talk.js - one talk: its messages, a window of which is in the page, and the
 * composer.
 */

import { h, fill, icon, iconButton, button, person, sentence, badge, day, time,
	size, say, dialog, typed } from './dom.js';
import { t } from './strings.js';
import { parse, render } from './markdown.js';
import { pictureType, safeName } from './post.js';
import { SHOWN_MAX, weigh } from './store.js';
import { FILE_GONE } from './engine.js';
import { showNew, showTalk, told } from './people.js';

/** @import { App } from './app.js' */
/** @import { File_, Message, Talk } from './store.js' */

/**
 * A message in the page, and the id of the one that stood before it.
 * @typedef {{m: Message, last: string | undefined, node: HTMLElement}} Drawn
 */

/* See weigh: so little that drawing it stalls no phone. */
const PAGE = 5000;		/* that is added at an end at once */
const WINDOW = 60000;		/* that is in the page at most */
const NEAR = 600;		/* pixels from an end where more is fetched */
const DRAFT_MS = 400;

export class TalkView {
	/** @param {App} app */
	constructor(app)
	{
		this.app = app;
		/** @type {Talk | null} */
		this.talk = null;
		/** @type {Message[]} */
		this.shown = [];
		/** @type {Map<string, Drawn>} */
		this.nodes = new Map();
		this.atEnd = true;	/* the newest message is in the window */
		this.atStart = false;
		/** @type {Map<string, number[]>} */
		this.uploads = new Map();
		/** What is chosen, by talk. @type {Map<string, File[]>} */
		this.chosen = new Map();
		this.work = Promise.resolve();
		/** @type {ReturnType<typeof setTimeout> | undefined} */
		this.draftTimer = undefined;
		this.draft = '';	/* as it is in the store, for all that is known */
		this.writes = 0;	/* of it that are not over */
		this.isFetching = false;
		this.follows = true;	/* the end is in sight, and stays there */
		this.headerKey = '';
		this.composerKey = '';
		this.header = h('header');
		this.log = h('ol', { class: 'log', role: 'log', tabindex: 0,
			'aria-live': 'polite', 'aria-label': t('messages') });
		this.scroller = h('div', { class: 'scroll', onscroll: () =>
			this.scrolled() }, this.log);
		this.newest = button('newest', () => this.toEnd(), 'newest');
		this.newest.hidden = true;
		this.composer = h('div', { class: 'foot' });
		this.topic = h('div');
		this.chips = h('ul', { class: 'chips' });
		this.input = this.makeInput();
		this.form = this.makeForm();
		const drag = (/** @type {DragEvent} */ e) => this.drag(e);
		this.element = h('main', { class: 'talkview', ondragover: drag,
			ondragleave: drag, ondrop: drag }, this.header,
		h('div', { class: 'middle' }, this.scroller, this.newest),
		this.composer);
		/* A keyboard opens, or the composer grows. */
		new ResizeObserver(() => {
			if (this.follows)
				this.scroller.scrollTop = this.scroller.scrollHeight;
			else
				this.scrolled();
		}).observe(this.scroller);
	}

	/** Text that is dropped is the browser's business. @param {DragEvent} e */
	drag(e)
	{
		if (!e.dataTransfer?.types.includes('Files'))
			return;
		e.preventDefault();
		this.element.classList.toggle('drop', e.type === 'dragover');
		if (e.type === 'drop')
			this.addFiles(e.dataTransfer.files);
	}

	makeInput()
	{
		return h('textarea', { rows: 1, dir: 'auto',
			'aria-label': t('message'), placeholder: t('message'),
			enterkeyhint: 'send',
			oninput: () => this.typed(),
			onkeydown: (/** @type {KeyboardEvent} */ e) => {
				if (e.key === 'Enter' && !e.shiftKey &&
				    !e.isComposing) {
					e.preventDefault();
					this.send();
				}
			},
			onpaste: (/** @type {ClipboardEvent} */ e) => {
				/* An office program adds a picture of its text. */
				if (e.clipboardData?.files.length &&
				    !e.clipboardData.getData('text/plain')) {
					e.preventDefault();
					this.addFiles(e.clipboardData.files);
				}
			} });
	}

	makeForm()
	{
		const picker = h('input', { type: 'file', multiple: true,
			hidden: true, onchange: () => this.picked(picker) });
		const camera = h('input', { type: 'file', accept: 'image/*',
			capture: 'environment', hidden: true,
			onchange: () => this.picked(camera) });
		return h('form', { class: 'composer',
			onsubmit: (/** @type {Event} */ e) => {
				e.preventDefault();
				this.send();
			} }, picker, camera,
		iconButton('clip', 'attach', () => picker.click()),
		iconButton('camera', 'camera', () => camera.click(), 'touch'),
		this.input,
		h('button', { class: 'round strong', 'aria-label': t('send'),
			title: t('send') }, icon('send')));
	}

	/** @param {HTMLInputElement} input */
	picked(input)
	{
		this.addFiles(input.files);
		input.value = '';
	}

	/* Opening. */

	/**
	 * @param {Talk} talk
	 * @param {string} [at] a message to show
	 */
	async show(talk, at)
	{
		this.saveDraft();
		this.talk = talk;
		this.draft = this.input.value = talk.draft ?? '';
		this.composerKey = '';
		this.drawHeader();
		this.drawComposer();
		this.clear();
		await this.queue(async () => {
			const { store } = this.app;
			if (at) {
				this.atEnd = false;
				this.draw([...await store.page(talk.id, { before: at },
					PAGE), ...await store.page(talk.id, { from: at },
					PAGE)]);
				this.mark(at);
			} else
				await this.loadEnd();
		});
		this.scrolled();
	}

	clear()
	{
		for (const { node } of this.nodes.values())
			release(node);
		this.nodes.clear();
		this.log.replaceChildren();
		this.shown = [];
		this.atEnd = true;
		this.atStart = false;
		this.newest.hidden = true;
	}

	/** One change of the window at a time. @param {() => Promise<void>} work */
	queue(work)
	{
		this.work = this.work.then(work, work);
		return this.work;
	}

	/** Show the newest messages. @param {number} [room] */
	async loadEnd(room = PAGE)
	{
		this.atStart = false;
		this.atEnd = true;
		this.draw(await this.app.store.page(this.talk?.id ?? '', {}, room));
		this.scroller.scrollTop = this.scroller.scrollHeight;
	}

	toEnd()
	{
		return this.queue(async () => {
			this.clear();
			await this.loadEnd();
			this.scrolled();
		});
	}

	/** @param {string} id */
	mark(id)
	{
		const node = this.nodes.get(id)?.node;

		node?.scrollIntoView({ block: 'center' });
		node?.classList.add('marked');
	}

	/** The talk as it is now, if it has not been deleted. */
	get kept()
	{
		return this.app.talks.get(this.talk?.id ?? '');
	}

	/** The store has changed. */
	refresh()
	{
		const { talk } = this;

		if (!talk)
			return;
		this.drawHeader();
		this.drawComposer();
		this.followDraft();
		this.queue(async () => {
			if (talk !== this.talk)
				return;
			this.log.setAttribute('aria-live', 'polite');
			const room = weight(this.shown);
			if (this.follows) {
				const [first] = this.shown, wasStart = this.atStart;
				await this.loadEnd(Math.max(room, PAGE));
				this.atStart = wasStart && this.shown[0]?.id === first?.id;
			} else {
				const page = await this.app.store.page(talk.id, {
					from: this.shown[0]?.id ?? '' },
				this.atEnd ? room + PAGE : room);
				/* What does not fit is fetched as one scrolls on. */
				this.atEnd &&= weight(page) < room + PAGE;
				this.draw(page);
			}
			this.scrolled();
		});
	}

	/* Scrolling. */

	isAtBottom()
	{
		const s = this.scroller;

		return s.scrollHeight - s.scrollTop - s.clientHeight < 80;
	}

	scrolled()
	{
		const s = this.scroller;

		this.follows = this.isAtBottom() && this.atEnd;
		this.newest.hidden = this.follows;
		if (this.isFetching)
			return;
		if (s.scrollTop < NEAR && !this.atStart)
			this.fetch('before');
		else if (s.scrollHeight - s.scrollTop - s.clientHeight < NEAR &&
		    !this.atEnd)
			this.fetch('after');
		else if (this.isAtBottom())
			this.read();
	}

	/** @param {'before' | 'after'} where */
	fetch(where)
	{
		this.isFetching = true;
		this.log.setAttribute('aria-live', 'off');	/* old news */
		return this.queue(async () => {
			const edge = this.shown.at(where === 'before' ? 0 : -1);
			if (!this.talk || !edge)
				return;
			const page = await this.app.store.page(this.talk.id,
				{ [where]: edge.id }, PAGE);
			/* It may be drawn anew, as it is no longer the first. */
			const bottom = () => this.nodes.get(edge.id)?.node
				.getBoundingClientRect().bottom;
			const was = bottom();
			if (where === 'before') {
				this.atStart = page.length === 0;
				const all = cut([...page, ...this.shown]);
				this.atEnd &&= all.at(-1) === this.shown.at(-1);
				this.draw(all);
			} else {
				this.atEnd = page.length === 0;
				const all = cut([...this.shown, ...page].reverse())
					.reverse();
				this.atStart &&= all[0] === this.shown[0];
				this.draw(all);
			}
			const is = bottom();
			if (is !== undefined && was !== undefined)
				this.scroller.scrollTop += is - was;
		}).finally(() => {
			this.isFetching = false;
			/* Meanwhile, the end may have been reached again. */
			requestAnimationFrame(() => this.scrolled());
		});
	}

	/** What is seen is read. */
	read()
	{
		const talk = this.kept;

		if (talk && talk.unread > 0 && this.atEnd && this.isAtBottom() &&
		    this.app.isSeen() && talk.state !== 'request')
			this.app.engine.edit(talk.id, { unread: 0 });
	}

	/* Drawing. */

	/** Make these the messages in the page. @param {Message[]} messages */
	draw(messages)
	{
		/** @type {Map<string, Drawn>} */
		const nodes = new Map();
		/** @type {Message | undefined} */
		let last;

		this.shown = messages;
		for (const m of messages) {
			const old = this.nodes.get(m.id);
			nodes.set(m.id, old && old.last === last?.id &&
				(old.m === m || JSON.stringify(old.m) ===
				JSON.stringify(m)) ? old
				: { m, last: last?.id, node: this.item(m, last) });
			last = m;
		}
		for (const [id, { node }] of this.nodes)
			if (nodes.get(id)?.node !== node) {
				release(node);
				node.remove();
			}
		let next = this.log.firstChild;
		for (const { node } of nodes.values()) {
			if (node === next)
				next = next.nextSibling;
			else
				this.log.insertBefore(node, next);
		}
		this.nodes = nodes;
	}

	/** @param {Message} m @param {Message | undefined} before @returns {HTMLElement} */
	item(m, before)
	{
		const newDay = !before || new Date(before.at).toDateString() !==
			new Date(m.at).toDateString();
		const first = newDay || before.from !== m.from || !!before.note ||
			Date.parse(m.at) - Date.parse(before.at) > 600e3;
		const item = h('li', { class: m.mine ? 'mine' : 'theirs' },
			newDay && h('div', { class: 'day' }, day(m.at)));

		if (m.note) {
			item.append(h('p', { class: 'note' }, sentence(
				'note-' + m.note.what, m.note.who ?? '',
				m.note.to ?? '')));
			return item;
		}
		const name = this.app.authorOf(m);
		item.append(h('article', { class: 'bubble' + (first ? ' first' : ''),
			'aria-label': m.mine ? t('you') : name },
		first && !m.mine && this.talk?.kind !== 'person' &&
			h('div', { class: 'who' }, person(name)),
		m.subject && h('div', { class: 'subject' },
			h('bdi', {}, m.subject)),
		this.words(m), ...(m.files ?? []).map((f) => this.file(f)),
		(m.moderate || m.verdict) && this.judge(m),
		this.foot(m)));
		return item;
	}

	/** @param {Message} m */
	words(m)
	{
		const text = m.text ?? '';
		const box = h('div', { class: 'words', dir: 'auto' });
		const show = (/** @type {string} */ part) =>
			fill(box, render(parse(part), document));

		if (text.length <= SHOWN_MAX) {
			show(text);
			return box;
		}
		show(text.slice(0, SHOWN_MAX) + '…');
		return h('div', {}, box, button('show-all', () => {
			show(text);
		}, 'plain'));
	}

	/** @param {File_} f */
	file(f)
	{
		const type = pictureType(f.name);

		if (f.kind === 'x')
			return h('div', { class: 'file' }, icon('file'),
				t('too-large', size(f.size)));
		const save = h('button', { type: 'button', class: 'file',
			onclick: () => this.save(f) }, icon('file'),
		h('span', {}, h('bdi', {}, f.name),
			h('small', {}, size(f.size))), icon('down'));
		if (!type || f.size > 30e6)
			return save;
		const box = h('div', {}, save);
		this.picture(f, type, box);
		return box;
	}

	/** @param {File_} f @param {string} type @param {HTMLElement} box */
	async picture(f, type, box)
	{
		const blob = await this.app.store.blob(f.key);

		if (!blob)
			return;
		const url = URL.createObjectURL(blob.slice(0, blob.size, type));
		const image = h('img', { src: url, alt: f.name });
		try {
			await image.decode();
		} catch {
			URL.revokeObjectURL(url);
			return;		/* it is none, but can be saved */
		}
		const { scroller } = this;
		const follow = this.isAtBottom() && this.atEnd;
		const before = scroller.scrollHeight;
		const isAbove = box.getBoundingClientRect().bottom <
			scroller.getBoundingClientRect().bottom;
		fill(box, h('button', { type: 'button', class: 'picture',
			'aria-label': t('picture', f.name),
			onclick: () => dialog(f.name, () => [
				h('img', { src: url, alt: f.name }),
				h('div', { class: 'row end' }, button('save',
					() => this.save(f), 'strong'))]) }, image));
		if (follow)
			scroller.scrollTop = scroller.scrollHeight;
		else if (isAbove)
			scroller.scrollTop += scroller.scrollHeight - before;
	}

	/** @param {File_} f */
	async save(f)
	{
		const blob = await this.app.store.blob(f.key);

		if (blob)
			this.app.hand(blob, safeName(f.name));
		else
			say(t('file-gone'));
	}

	/** The post waits for a moderator. @param {Message} m */
	judge(m)
	{
		if (m.verdict || m.mine)
			return h('p', { class: 'dim' }, t('verdict-' +
				(m.verdict ?? 'waits')));
		const row = h('div', { class: 'row' }, h('span', { class: 'dim' },
			t('verdict-waits')),
		button('pass', () => once(row, () =>
			told(this.app.engine.moderate(m, 'pass'))), 'strong'),
		button('reject', () => once(row, () =>
			told(this.app.engine.moderate(m, 'reject')))));
		return row;
	}

	/** @param {Message} m */
	foot(m)
	{
		const states = /** @type {const} */ ({ waiting: 'clock',
			stored: 'check', failed: 'alert' });
		const up = this.uploads.get(m.id);
		const state = m.mine && m.state;

		return h('div', { class: 'meta' },
			state === 'waiting' && up && h('progress', { max: up[1],
				value: up[0], 'aria-label': t('sending') }),
			h('time', { datetime: m.at }, time(m.at)),
			state && h('span', { class: 'state-' + state, role: 'img',
				'aria-label': t('state-' + state),
				title: t('state-' + state) }, icon(states[state])),
			/* While the relay is away (see style.css), or for long. */
			state === 'waiting' && button('delete', () =>
				this.remove(m), up ? 'plain' : 'plain away'),
			state === 'failed' && h('div', { class: 'failed' },
				h('p', {}, t('failed', m.error === FILE_GONE
					? t('file-gone') : m.error ?? '')),
				button('retry', () => this.app.engine
					.retryMessage(m.id), 'strong'),
				button('delete', () => this.remove(m))));
	}

	/** @param {Message} m */
	async remove(m)
	{
		if (!await this.app.engine.removeMessage(m.id))
			say(t('maybe-sent'));
	}

	/** @param {{id: string, sent: number, total: number}} up */
	progress({ id, sent, total })
	{
		const drawn = this.nodes.get(id);
		const bar = drawn?.node.querySelector('progress');

		this.uploads.set(id, [sent, total]);
		if (bar) {
			bar.max = total;
			bar.value = sent;
		} else if (drawn) {
			drawn.last = '?';	/* it gets its bar */
			this.refresh();
		}
	}

	drawHeader()
	{
		const { app } = this;
		const talk = this.kept ?? this.talk;

		if (!talk)
			return;
		const name = app.nameOf(talk);
		const key = JSON.stringify([talk.id, name, app.statusOf(talk)]);
		if (key === this.headerKey)
			return;
		this.headerKey = key;
		fill(this.header, iconButton('back', 'back', () => app.show(''),
			'narrow'), badge(name, talk.kind),
		h('div', { class: 'title' }, h('h2', { tabindex: -1 }, person(name)),
			h('p', {}, app.statusOf(talk))),
		iconButton('more', 'about-talk', () =>
			showTalk(app, this.kept ?? talk)));
	}

	/** The composer, or why there is none. */
	drawComposer()
	{
		const { app } = this;
		const talk = this.kept ?? this.talk;
		const key = JSON.stringify([talk?.id, talk?.state, talk?.subject,
			talk?.note]);

		if (!talk || key === this.composerKey)
			return;
		this.composerKey = key;
		if (talk.state !== 'open') {
			fill(this.composer, this.ask(talk));
			return;
		}
		fill(this.topic, talk.subject && h('p', { class: 'topic' },
			sentence('next-topic', talk.subject),
			iconButton('close', 'cancel', () =>
				app.engine.edit(talk.id, { subject: '' }))));
		/* What stays in the page keeps its focus, and a phone its keyboard. */
		if (this.form.parentNode !== this.composer)
			fill(this.composer, this.topic, this.chips, this.form);
		this.grow();
		this.drawChips();
	}

	/** @param {Talk} talk */
	ask(talk)
	{
		const { engine } = this.app;

		if (talk.state === 'request' && talk.kind === 'group')
			return this.askGroup(talk);
		if (talk.state === 'request' || talk.state === 'ignored')
			return h('div', { class: 'ask' }, h('p', {},
				sentence(talk.state === 'ignored' ? 'was-ignored'
					: talk.claimed ? 'ask-claims' : 'ask-person',
				talk.name)),
			h('div', { class: 'row' },
				button('accept', () => engine.accept(talk.id),
					'strong'),
				talk.state === 'request' && button('ignore',
					() => {
						engine.edit(talk.id, { unread: 0,
							state: 'ignored' });
						this.app.show('');
					})));
		if (talk.state === 'failed')
			return h('div', { class: 'ask' }, h('p', {},
				sentence('ask-failed', talk.name)),
			button('correct-name', () => showNew(this.app, talk,
				this.shown.at(-1)?.text)));
		return h('div', { class: 'ask' }, h('p', {}, sentence(
			talk.state === 'asked' ? 'ask-sent' : 'ask-left', talk.name)));
	}

	/** @param {Talk} talk */
	askGroup(talk)
	{
		const { engine } = this.app;
		const name = h('input', { maxlength: 64, value: talk.as ?? '',
			'aria-label': t('your-name-here') });
		const join = () => told(engine.group(talk, 'join',
			typed(name) && typed(name) !== talk.as
				? { newalias: typed(name) } : {}));

		const row = h('div', { class: 'row' },
			button('join-group', () => once(row, join), 'strong'),
			button('decline', () => once(row, () => told(engine.group(
				talk, 'drop', { to: talk.as })))));

		return h('div', { class: 'ask' },
			h('p', {}, sentence('ask-group', talk.by ?? '', talk.name)),
			talk.note && h('blockquote', {}, h('bdi', {}, talk.note)),
			talk.groupKind && h('p', { class: 'dim' }, t('kind-' +
				talk.groupKind.replace(' ', '-'))),
			h('label', { class: 'field' }, h('span', {},
				t('your-name-here')), name), row);
	}

	/* Composing. */

	typed()
	{
		this.grow();
		/* Keys do not restart the timer, so steady typing is saved, too. */
		this.draftTimer ??= setTimeout(() => this.saveDraft(), DRAFT_MS);
	}

	stopTimer()
	{
		clearTimeout(this.draftTimer);
		this.draftTimer = undefined;
	}

	grow()
	{
		this.input.style.height = 'auto';
		this.input.style.height = `${this.input.scrollHeight + 2}px`;
	}

	/** Only what was typed here is written: another tab may have the talk, too. */
	saveDraft()
	{
		const { kept } = this;
		const draft = this.input.value;

		this.stopTimer();
		if (!kept || kept.state !== 'open' || draft === this.draft)
			return;
		kept.draft = this.draft = draft;
		this.writes++;
		this.app.engine.edit(kept.id, { draft }).finally(() => this.writes--);
	}

	/** What was typed in another tab, or sent by it, if nothing was here since. */
	followDraft()
	{
		const draft = this.kept?.draft ?? '';

		if (this.writes || draft === this.draft ||
		    this.input.value !== this.draft)
			return;
		this.draft = this.input.value = draft;
		this.grow();
	}

	get files()
	{
		return this.chosen.get(this.talk?.id ?? '') ?? [];
	}

	/** @param {string} id of a talk @param {File[]} files */
	choose(id, files)
	{
		if (files.length)
			this.chosen.set(id, files);
		else
			this.chosen.delete(id);
		if (id === this.talk?.id)
			this.drawChips();
	}

	/** @param {FileList | null | undefined} files */
	addFiles(files)
	{
		if (this.kept?.state !== 'open')
			return;
		this.choose(this.kept.id, [...this.files,
			...Array.from(files ?? [], (f) => new File([f],
				safeName(f.name), { type: f.type }))]);
		this.input.focus();
	}

	drawChips()
	{
		fill(this.chips, ...this.files.map((f) => h('li', {},
			h('bdi', {}, f.name), ' ', h('small', {}, size(f.size)),
			iconButton('close', t('remove-file', f.name), () =>
				this.choose(this.talk?.id ?? '',
					this.files.filter((g) => g !== f))))));
	}

	async send()
	{
		const text = this.input.value.trim();
		const { talk, files } = this;

		if (!talk || (!text && !files.length))
			return;
		this.stopTimer();
		this.draft = this.input.value = '';
		this.choose(talk.id, []);
		this.grow();
		if (this.kept)
			this.kept.draft = '';
		this.writes++;
		try {
			await this.app.engine.post(talk.id, text, files);
			if (!this.atEnd || !this.isAtBottom())
				this.toEnd();
		} catch (error) {
			say(t('not-kept', String(error)));
			this.giveBack(talk.id, text, files);
		}
		this.writes--;
	}

	/**
	 * Nothing that was typed or chosen is lost, before or since.
	 *
	 * @param {string} id of the talk
	 * @param {string} text
	 * @param {File[]} files
	 */
	giveBack(id, text, files)
	{
		const kept = this.app.talks.get(id);

		this.choose(id, [...files, ...this.chosen.get(id) ?? []]);
		if (this.talk?.id === id) {
			this.input.value = [text, this.input.value].filter(Boolean)
				.join('\n');
		} else if (kept) {
			kept.draft = [text, kept.draft].filter(Boolean).join('\n');
			this.app.engine.edit(id, { draft: kept.draft });
		}
	}
}

/**
 * Until it is done, it cannot be asked for again.
 * @param {HTMLElement} row of buttons
 * @param {() => Promise<any>} work
 */
async function once(row, work)
{
	const buttons = [...row.querySelectorAll('button')];

	for (const b of buttons)
		b.disabled = true;
	await work();
	for (const b of buttons)
		b.disabled = false;
}

/** @param {Message[]} messages */
function weight(messages)
{
	return messages.reduce((sum, m) => sum + weigh(m), 0);
}

/** The first of them, as many as the window holds. @param {Message[]} messages */
function cut(messages)
{
	let room = WINDOW;

	return messages.filter((m) => (room -= weigh(m)) >= 0);
}

/** Give back the memory of its pictures. @param {HTMLElement} node */
function release(node)
{
	for (const image of node.querySelectorAll('img'))
		URL.revokeObjectURL(image.src);
}
