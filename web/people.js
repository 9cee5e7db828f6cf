// @ts-check
/*
 * people.js - dialogs: somebody new, a new group, and what there is to know and
 * to do about a talk.
 */

import { h, fill, field, form, typed, button, dialog, confirm, say, person,
	sentence, badge } from './dom.js';
import { t } from './strings.js';
import { fold } from './inbox.js';

/** @import { App } from './app.js' */
/** @import { Member, Talk } from './store.js' */

const PING_MAX = 140;	/* UTF-16 units, as PROTOCOL.md says */

/** @param {string} label @param {string} [list] */
function nameInput(label, list)
{
	return h('input', { required: true, maxlength: 64, autocomplete: 'off',
		'aria-label': label, list: list ?? false });
}

/** Which of one's own aliases others see. @param {App} app */
function aliasChoice(app)
{
	const aliases = app.engine.account?.aliases ?? [];

	return h('select', {}, ...aliases.map((a) =>
		h('option', { value: a.name }, a.name)));
}

/** Show what became of a request. @param {Promise<{error?: string}>} answer
    @param {string} [done] */
export async function told(answer, done)
{
	const { error } = await answer;

	if (error)
		say(t('refused', error));
	else if (done)
		say(done);
	return !error;
}

/**
 * Somebody new, or a new group.
 *
 * @param {App} app
 * @param {Talk} [failed] whose name is to be corrected
 * @param {string} [said] the first words there
 */
export function showNew(app, failed, said)
{
	const to = nameInput(t('their-name'));
	const from = aliasChoice(app);
	const words = h('textarea', { rows: 2, maxlength: PING_MAX });
	const gid = nameInput(t('group-name'));
	const first = nameInput(t('first-member'), 'contacts');
	const closed = h('input', { type: 'checkbox' });
	const moderated = h('input', { type: 'checkbox' });
	const many = (app.engine.account?.aliases.length ?? 0) > 1;

	if (!app.engine.account?.aliases.length) {
		say(t('no-alias'));
		return;
	}
	to.value = failed?.name ?? '';
	words.value = said ?? '';
	dialog(t('new-talk'), (close) => [
		form(async () => {
			if (app.engine.account?.aliases.some((a) =>
				fold(a.name) === fold(typed(to)))) {
				say(t('own-name'));
				return;
			}
			close();
			const text = words.value.trim();
			const id = await app.engine.ping(typed(to), from.value, text);
			const known = app.talks.get(id);
			/* Somebody known already: nothing was sent. */
			if (known?.kind === 'person' && text) {
				known.draft = [known.draft, text].filter(Boolean)
					.join('\n');
				await app.engine.edit(id, { draft: known.draft });
			}
			if (failed && failed.id !== id)
				await app.engine.removeTalk(failed.id);
			app.show(id);
		}, h('h3', {}, t('new-person')), h('p', {}, t('new-person-text')),
		field('their-name', to),
		many && field('as', from),
		field('first-words', words, 'first-words-hint'),
		h('div', { class: 'row end' }, h('button', { class: 'strong' },
			t('ask-them')))),
		form(async () => {
			const kind = [moderated.checked && 'moderated',
				closed.checked && 'closed'].filter(Boolean).join(' ');
			const name = typed(gid);
			close();
			if (await told(app.engine.invite(name, typed(first), kind)))
				app.show('g:' + fold(name));
		}, h('h3', {}, t('new-group')), field('group-name', gid),
		field('first-member', first, 'first-member-hint'),
		contacts(app),
		h('details', {}, h('summary', {}, t('more-rules')),
			h('label', { class: 'check' }, closed, t('closed-group')),
			h('label', { class: 'check' }, moderated,
				t('moderated-group'))),
		h('div', { class: 'row end' }, h('button', { class: 'strong' },
			t('make-group'))))]);
}

/** The names that are known, to choose from. @param {App} app */
function contacts(app)
{
	return h('datalist', { id: 'contacts' }, ...[...app.talks.values()]
		.filter((v) => v.kind === 'person' && v.state === 'open')
		.map((v) => h('option', { value: v.name })));
}

/** @param {App} app @param {Talk} talk */
export function showTalk(app, talk)
{
	const members = h('ul', { class: 'members' });
	const box = dialog(app.nameOf(talk), (close) => [
		...talk.kind === 'group' ? groupParts(app, talk, members, close)
			: talk.kind === 'several' ? [h('ul', { class: 'members' },
				...(talk.who ?? []).map((w) => h('li', {},
					badge(w.who), person(w.who))))]
				: personParts(talk),
		talk.state === 'open' && topicPart(app, talk, close),
		h('div', { class: 'row end' },
			talk.kind === 'person' && talk.state === 'open' &&
				button('ignore', async () => {
					close();
					await app.engine.edit(talk.id,
						{ state: 'ignored', unread: 0 });
					app.engine.ask('announce');
				}),
			talk.kind === 'person' && talk.state === 'ignored' &&
				button('accept', () => {
					close();
					app.engine.accept(talk.id);
				}),
			button('delete-talk', async () => {
				close();
				if (await confirm('delete-talk-sure', 'delete')) {
					app.show('');
					app.engine.removeTalk(talk.id);
				}
			}, 'danger'))]);
	const draw = () => fill(members, ...(app.talks.get(talk.id) ?? talk)
		.members?.map((m) => memberItem(app, talk, m, () => box.close())) ??
		[]);

	draw();
	box.addEventListener('close', app.engine.on('talks',
		() => app.loadTalks().then(draw)));
}

/** @param {Talk} talk */
function personParts(talk)
{
	return [h('p', {}, t(talk.kind === 'self' ? 'self-text' : 'person-text')),
		talk.as && h('p', {}, sentence('known-as', talk.as))];
}

/** @param {App} app @param {Talk} talk @param {() => void} close */
function topicPart(app, talk, close)
{
	const subject = h('input', { maxlength: 200, autocomplete: 'off',
		value: talk.subject ?? '' });

	return form(async () => {
		close();
		await app.engine.edit(talk.id, { subject: subject.value.trim() });
	}, field('new-topic', h('span', { class: 'row' }, subject,
		h('button', {}, t('set'))), 'new-topic-hint'));
}

/** @param {App} app @param {Talk} talk @param {HTMLElement} members
    @param {() => void} close */
function groupParts(app, talk, members, close)
{
	const invitee = nameInput(t('invite'), 'contacts');
	const name = nameInput(t('your-name-here'));

	name.value = talk.as ?? '';
	if (talk.state !== 'open')
		return [h('p', {}, t('not-member'))];
	return [
		talk.groupKind && h('p', {}, t('kind-' +
			talk.groupKind.replace(' ', '-'))),
		h('h3', {}, t('members')), members,
		h('p', { class: 'dim' }, t('members-hint')),
		form(async () => {
			const who = typed(invitee);

			if (await told(app.engine.invite(talk.gid ?? '', who, ''),
				t('invited', who)) && typed(invitee) === who)
				invitee.value = '';
		}, field('invite', h('span', { class: 'row' }, invitee,
			h('button', {}, t('invite-do'))))), contacts(app),
		form(() => told(app.engine.group(talk, 'alias',
			{ newalias: typed(name) }), t('renamed')),
		field('your-name-here', h('span', { class: 'row' }, name,
			h('button', {}, t('save'))))),
		h('div', { class: 'row end' }, button('leave', async () => {
			close();
			if (await confirm('leave-sure', 'leave'))
				told(app.engine.group(talk, 'drop',
					{ to: talk.as }));
		}))];
}

/** @param {App} app @param {Talk} talk @param {Member} m
    @param {() => void} close */
function memberItem(app, talk, m, close)
{
	const isMe = m.uid === app.engine.account?.uid;
	const drop = async () => {
		close();
		if (await confirm('remove-sure', 'remove', m.name))
			told(app.engine.group(talk, 'drop', { to: m.name }));
	};

	return h('li', {}, badge(m.name),
		person(m.claimed ? t('says-name', m.name) : m.name),
		h('span', { class: 'dim' }, isMe ? t('you')
			: m.joined ? '' : t('invited-short'),
		m.moderator ? ' ' + t('moderator') : ''),
		!isMe && m.joined && talk.groupKind && button(m.moderator
			? 'unmake-moderator' : 'make-moderator', () => {
			close();
			told(app.engine.group(talk, 'moderator', { to: m.name,
				...(m.moderator ? {} : { on: true }) }));
		}, 'plain'),
		!isMe && button('remove', drop, 'plain'));
}
