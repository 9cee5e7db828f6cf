// @ts-check
/*
 * settings.js - the user's own things: aliases, devices, notifications, history.
 */

import { h, fill, field, form, typed, button, dialog, confirm, say, person, size,
	day, time } from './dom.js';
import { t } from './strings.js';
import { encode } from './qr.js';
import { exportAll } from './archive.js';
import { told } from './people.js';
import { canWake, startWake, stopWake } from './wake.js';

/** @import { App } from './app.js' */
/** @import { Code, Engine } from './engine.js' */
/** @import { Device } from './store.js' */

/** @param {App} app */
export function showSettings(app)
{
	const aliases = aliasPart(app);
	const devices = h('section');
	const storage = h('p', { class: 'dim' });
	const draw = async () => {
		aliases.draw();
		fill(devices, ...devicePart(app,
			await app.store.meta('devices') ?? [],
			await app.store.meta('code')));
		devices.querySelector('.ask')?.scrollIntoView({ block: 'nearest' });
	};
	const stop = app.engine.on('account', draw);
	const box = dialog(t('settings'), (close) => [aliases.element, devices,
		noticePart(app), historyPart(app, storage), relayPart(app, close)]);

	box.addEventListener('close', stop);
	draw();
	showStorage(storage);
}

/** draw() leaves alone what is being typed. @param {App} app */
function aliasPart(app)
{
	const { engine } = app;
	const list = h('ul', { class: 'members' });
	const name = h('input', { required: true, maxlength: 64,
		autocomplete: 'off' });
	const once = h('input', { type: 'checkbox' });
	const shown = h('input', { type: 'checkbox',
		onchange: () => engine.editAccount((account) => {
			account.hidden = !shown.checked;
		}) });
	const add = async () => {
		const newalias = typed(name);

		if (await told(engine.userEdit({ newalias,
			...(once.checked ? { uses: 1 } : {}) }), t('added')) &&
		    typed(name) === newalias) {
			name.value = '';
			once.checked = false;
		}
	};
	const item = (/** @type {{name: string, uses?: number}} */ a) =>
		h('li', {}, person(a.name), a.uses !== undefined &&
			h('span', { class: 'dim' }, t('uses', String(a.uses))),
		button('remove', async () => {
			if (await confirm('drop-alias-sure', 'remove', a.name))
				told(engine.userEdit({ dropalias: a.name }));
		}, 'plain'));

	return {
		element: h('section', {}, h('h3', {}, t('your-names')),
			h('p', {}, t('your-names-text')), list,
			form(add, field('new-name', h('span', { class: 'row' },
				name, h('button', {}, t('add')))),
			h('label', { class: 'check' }, once, t('single-use'))),
			h('label', { class: 'check' }, shown, t('show-online'))),
		draw: () => {
			fill(list, ...(engine.account?.aliases ?? []).map(item));
			shown.checked = !engine.account?.hidden;
		},
	};
}

/** @param {App} app @param {Device[]} devices
    @param {Code | undefined} code */
function devicePart(app, devices, code)
{
	const { engine } = app;
	const mine = Number(engine.account?.noderef);
	const items = devices.map((d) => h('li', {},
		person(d.label || t('device-n', d.ref)),
		h('span', { class: 'dim' }, Number(d.ref) === mine
			? t('this-device') : d.seen ? t('seen', day(d.seen),
				time(d.seen)) : ''),
		(Number(d.ref) > mine) && button('remove', async () => {
			if (await confirm('drop-device-sure', 'remove',
				d.label || d.ref))
				told(engine.userEdit({ dropnode: d.ref,
					after: true }));
		}, 'plain')));

	return [h('h3', {}, t('devices')),
		h('ul', { class: 'members' }, ...items),
		code ? codePart(app, code)
			: h('div', { class: 'row' }, button('add-device', () =>
				told(engine.makeCode(t('new-device'))))),
		h('p', { class: 'dim' }, t('devices-text'))];
}

/** Is the new device the user's? @param {Engine} engine */
export function deviceButtons(engine)
{
	return [button('device-yes', () => {
		engine.approveDevice();
		say(t('device-approved'));
	}, 'strong'), button('device-no', () => engine.refuseDevice(), 'danger')];
}

/** @param {App} app @param {Code} code */
function codePart(app, code)
{
	const { engine } = app;

	if (code.used)
		return h('div', { class: 'ask' }, h('p', {}, t('device-used')),
			h('div', { class: 'row' }, ...deviceButtons(engine)));
	const secret = encodeURIComponent(`${engine.account?.uid}.${code.nodeid}`);
	const link = `${location.origin}${location.pathname}#device=${secret}`;
	return h('div', { class: 'ask' }, h('p', {}, t('code-text')),
		drawCode(link),
		h('textarea', { class: 'code', readonly: true, rows: 3,
			'aria-label': t('device-code'), value: link,
			onfocus: (/** @type {any} */ e) => e.target.select() }),
		h('div', { class: 'row' },
			button('copy', async () => {
				await navigator.clipboard?.writeText(link);
				say(t('copied'));
			}), button('cancel', () => engine.refuseDevice())));
}

/** @param {string} text */
export function drawCode(text)
{
	const { size: n, dark } = encode(text);
	const canvas = h('canvas', { class: 'qr', width: n + 8, height: n + 8,
		role: 'img', 'aria-label': t('qr') });
	const paint = canvas.getContext('2d');

	if (paint) {
		paint.fillStyle = '#fff';
		paint.fillRect(0, 0, n + 8, n + 8);
		paint.fillStyle = '#000';
		for (let i = 0; i < n * n; i++)
			if (dark[i])
				paint.fillRect(i % n + 4, Math.floor(i / n) + 4, 1, 1);
	}
	return canvas;
}

/** @param {App} app */
function noticePart(app)
{
	const part = h('section');
	const draw = async () => {
		const on = !!await app.store.meta('wake');
		const state = 'Notification' in window ? Notification.permission
			: 'none';
		fill(part, h('h3', {}, t('notices')), h('p', {}, t('notices-text')),
			state === 'default' ? h('div', { class: 'row' },
				button('notices-ask', async () => {
					await Notification.requestPermission();
					draw();
				})) : h('p', { class: 'dim' }, t('notices-' + state)),
			...canWake(app) ? [h('p', {}, t('wake-text')),
				h('div', { class: 'row' }, button(on ? 'wake-off'
					: 'wake-on', async () => {
					say(await (on ? stopWake(app) : startWake(app)));
					draw();
				}))] : []);
	};

	draw();
	return part;
}

/** @param {App} app @param {HTMLElement} storage */
function historyPart(app, storage)
{
	const file = h('input', { type: 'file', class: 'unseen',
		'aria-label': t('import'), onchange: async () => {
			const chosen = file.files?.[0];
			if (!chosen)
				return;
			try {
				const n = await app.engine.merge(chosen);
				say(t('imported', String(n)));
			} catch (error) {
				say(t('import-bad', String(error)));
			}
			file.value = '';
		} });

	return h('section', {}, h('h3', {}, t('history')),
		h('p', {}, t('history-text')), storage,
		h('div', { class: 'row' },
			button('export', async () => {
				const date = new Date().toISOString().slice(0, 10);
				app.hand(await exportAll(app.store), `mnm-${date}.mnm`);
			}), button('import', () => file.click()), file));
}

/** @param {HTMLElement} storage */
async function showStorage(storage)
{
	const { usage = 0, quota = 0 } =
		await navigator.storage?.estimate?.() ?? {};
	const kept = await navigator.storage?.persisted?.();

	storage.textContent = t('storage', size(usage), size(quota)) + ' ' +
		t(kept ? 'storage-kept' : 'storage-not-kept');
}

/** @param {App} app @param {() => void} close */
function relayPart(app, close)
{
	const { account } = app.engine;

	return h('section', {}, h('h3', {}, t('relay')),
		h('p', {}, person(account?.relay || location.host), ' ',
			location.host),
		h('p', { class: 'dim code' }, account?.uid),
		h('div', { class: app.distrusted ? 'warn' : '' },
			app.distrusted && h('p', {}, t('distrusted')),
			h('p', {}, h('a', { href: '/ca.html' }, t('ca-link')))),
		!app.installed && h('p', { class: 'dim' }, t('install')),
		h('div', { class: 'row end' }, button('forget', async () => {
			close();
			if (await confirm('forget-sure', 'forget'))
				app.engine.ask('forget');
		}, 'danger')));
}
