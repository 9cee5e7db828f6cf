// @ts-check
/*
 * sw.js - the service worker: the page opens without the relay, too.
 *
 * All files of one version are kept together, under the hash of that version,
 * which stands in this file: so a new version is a new worker.
 */

const worker = /** @type {any} */ (self);
const CODE = ['app.js', 'archive.js', 'dom.js', 'engine.js', 'inbox.js',
	'join.js', 'list.js', 'markdown.js', 'people.js', 'post.js', 'qr.js',
	'settings.js', 'store.js', 'strings.js', 'style.css', 'talk.js', 'tmtp.js'];
const FILES = ['./', 'icon.svg', 'icon.png', 'manifest.webmanifest',
	...CODE.map((name) => '@HASH@/' + name)];
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
		const pages = await worker.clients.matchAll({ type: 'window' });
		const talk = e.notification.data?.talk ?? '';
		if (pages.length) {
			await pages[0].focus();
			pages[0].postMessage({ show: talk });
		} else
			await worker.clients.openWindow('./' + (talk
				? '#talk=' + encodeURIComponent(talk) : ''));
	})());
});
