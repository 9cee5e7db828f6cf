// @ts-check
/*
 * wake.js - Web Push: a device that sleeps learns that something waits.
 */

import { Store } from './store.js';
import { t } from './strings.js';

/** @import { App } from './app.js' */

/** Whether this browser and its relay can do it. @param {App} app */
export function canWake(app)
{
	return !!app.engine.state.wakeKey && !!app.worker?.pushManager;
}

/** @param {App} app @returns {Promise<PushSubscription | undefined>} */
async function subscribe(app)
{
	const key = app.engine.state.wakeKey;
	const push = app.worker?.pushManager;
	const old = await push?.getSubscription();
	const wake = await app.store.meta('wake');

	if (old && wake?.key === key)
		return old;
	await old?.unsubscribe();
	return push?.subscribe({ userVisibleOnly: true,
		applicationServerKey: key });
}

/** @param {App} app @returns {Promise<string>} what became of it */
export async function startWake(app)
{
	const { engine, store } = app;

	try {
		if (await Notification.requestPermission() !== 'granted')
			return t('notices-denied');
		const subscription = await subscribe(app);
		const { error } = await engine.userEdit(
			{ wake: subscription?.endpoint });
		if (error) {
			await subscription?.unsubscribe();
			return t('refused', error);
		}
		/* The worker cannot read the table of strings. */
		await store.setMeta('wake', { key: engine.state.wakeKey,
			text: t('waits-at', engine.account?.relay ||
				location.host) });
		return t('wake-started');
	} catch (error) {
		return t('wake-failed', String(error));
	}
}

/** @param {App} app */
export async function stopWake(app)
{
	const old = await app.worker?.pushManager.getSubscription();

	await old?.unsubscribe();
	await app.engine.userEdit({ wake: '' });
	await app.store.setMeta('wake', null);
	return t('wake-stopped');
}

/** For the service worker: what to show. @returns {Promise<string>} */
export async function wakeText()
{
	const store = await Store.open();
	const { text = '' } = await store.meta('wake') ?? {};

	store.close();
	return text;
}

/** After each login: services forget, and endpoints change. @param {App} app */
export async function renewWake(app)
{
	if (canWake(app) && app.engine.isLeader && await app.store.meta('wake')) {
		const subscription = await subscribe(app).catch(() => undefined);
		if (subscription)
			await app.engine.userEdit({ wake: subscription.endpoint });
	}
}
