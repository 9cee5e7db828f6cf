// @ts-check
/*
 * sw.js - the service worker: the page opens without the relay, too.
 *
 * All files of one version are kept together, under the hash of that version,
 * which stands in this file: so a new version is a new worker.
 */

/* @ts-ignore: app.js as it is served is a script, with fetchWaiting in it. */
importScripts('@HASH@/app.js');

const worker = /** @type {any} */ (self);
const FILES = ['./', 'icon.svg', 'icon.png', 'manifest.webmanifest',
	'@HASH@/app.js', '@HASH@/style.css'];
const CACHE = 'mnm @HASH@';
const PATIENCE_MS = 4000;	/* before the kept page is shown */

async function keep()
{
	const cache = await caches.open(CACHE);

	await cache.addAll(FILES.map((name) =>
		new Request(name, { cache: 'no-cache' })));
	await worker.skipWaiting();
}

async function forgetOthers()
{
	for (const name of await caches.keys())
		if (name !== CACHE)
			await caches.delete(name);
	await worker.clients.claim();
}

/** @param {Request} request */
async function answer(request)
{
	const cache = await caches.open(CACHE);
	const kept = await cache.match(request.mode === 'navigate' ? './'
		: request);

	if (!kept || request.mode !== 'navigate')
		return kept ?? fetch(request);
	/* A newer page, if the relay is there. */
	const late = new Promise((done) => setTimeout(done, PATIENCE_MS));
	const fresh = fetch(request).catch(() => {});
	return await Promise.race([fresh, late]) ?? kept;
}

/** @param {string} body */
function show(body)
{
	return worker.registration.showNotification('mnm', { tag: 'wake', body,
		icon: 'icon.png' });
}

/** Where the page is open: only that, and not /ca.html, has a script. */
async function openPages()
{
	const all = await worker.clients.matchAll({ type: 'window' });

	return all.filter((/** @type {any} */ c) =>
		c.url.split(/[?#]/)[0] === worker.registration.scope);
}

/**
 * Something waits at the relay.  A browser wants that it is always shown; then
 * it is fetched, by a page if one is open.
 */
async function wake()
{
	const text = await worker.wakeText().catch(() => '');

	await show(text || worker.location.host);
	const pages = await openPages();
	for (const page of pages)
		page.postMessage({ wake: true });
	if (pages.length)
		return;
	/** @type {any[]} */
	const fresh = await worker.fetchWaiting(worker.registration.scope);
	const last = fresh.pop();
	if (last)
		await show(`${last.name || ''}: ${last.text}`.slice(0, 200));
}

worker.addEventListener('push', (/** @type {any} */ e) => e.waitUntil(wake()));

worker.addEventListener('install', (/** @type {any} */ e) =>
	e.waitUntil(keep()));

worker.addEventListener('activate', (/** @type {any} */ e) =>
	e.waitUntil(forgetOthers()));

worker.addEventListener('fetch', (/** @type {any} */ e) => {
	const { scope } = worker.registration;
	const name = e.request.url.split(/[?#]/)[0].slice(scope.length) || './';

	if (e.request.method === 'GET' && e.request.url.startsWith(scope) &&
	    FILES.includes(name))
		e.respondWith(answer(e.request));
});

worker.addEventListener('notificationclick', (/** @type {any} */ e) => {
	e.notification.close();
	e.waitUntil((async () => {
		const pages = await openPages();
		const talk = e.notification.data?.talk ?? '';
		if (pages.length) {
			await pages[0].focus();
			pages[0].postMessage({ show: talk });
		} else
			await worker.clients.openWindow('./' + (talk
				? '#talk=' + encodeURIComponent(talk) : ''));
	})());
});
