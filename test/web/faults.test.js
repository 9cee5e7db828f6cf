// What may go wrong around the page: each says what is so, and loses nothing.
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Device, LAPTOP, PHONE, Relay, launch, pair, quiet, until } from './page.js';

let browser, relay;

before(async () => {
	relay = await Relay.start();
	browser = await launch();
});

afterEach(() => relay.revive());

after(async () => {
	await browser?.close();
	await relay?.stop();
});

/** Be looked at again, as after sleep. */
const look = (page) => page.evaluate(() =>
	document.dispatchEvent(new Event('visibilitychange')));

/** How many devices the relay knows of somebody. */
const nodes = (name) => JSON.parse(relay.command('node', 'list', name, '--json'))
	.nodes.length;

/** A link for another device. */
async function addDevice({ page })
{
	await page.getByRole('button', { name: 'Settings' }).click();
	await page.getByRole('button', { name: 'Add a device' }).click();
	const link = await page.locator('textarea.code').inputValue();
	await page.keyboard.press('Escape');
	return link.slice(link.indexOf('#'));
}

test('an invitation that was used says so, and goes on trying', async () => {
	const a = await Device.join(browser, relay, 'Ada');
	const b = await Device.open(browser, relay, PHONE, '#join=Ada');

	await b.page.getByRole('button', { name: 'Join' }).click();
	await b.page.getByText('This invitation does not work').waitFor();
	/* A phone's browser forgets pages: it goes on by itself. */
	await b.page.reload();
	await b.page.getByText('This invitation does not work').waitFor();
	await b.page.getByRole('button', { name: 'Back' }).click();
	assert.equal(await b.page.getByLabel('Your name').inputValue(), 'Ada');
	await b.page.getByLabel('Your name').fill('Ada B');
	await b.page.getByRole('button', { name: 'Join' }).click();
	await b.page.getByText('The operator has been asked').waitFor();
	relay.command('approve', 'Ada B');
	await b.page.reload();
	await b.online();
	await quiet(a, b);
});

test('a name that is not available: the member is in, and learns it',
	async () => {
		const open = await Relay.start({ register: 'open' });
		const a = await Device.open(browser, open, LAPTOP, '#join=Bea');
		const b = await Device.open(browser, open, LAPTOP, '#join=Bea');

		for (const d of [a, b]) {
			await d.page.getByRole('button', { name: 'Join' }).click();
			await d.online();
		}
		const main = b.page.getByRole('main');
		await main.getByText('You have no name').waitFor();
		await main.getByText('already taken').waitFor();
		/* Where it says so, another can be given: again not, then yes. */
		await main.getByLabel('Your name').fill('bea');
		await main.getByRole('button', { name: 'Add' }).click();
		await b.page.getByText('already taken').nth(1).waitFor();
		await main.getByLabel('Your name').fill('Bea');
		await b.page.evaluate(() => dispatchEvent(new Event('popstate')));
		await b.page.keyboard.type(' Two');	/* it is still in the field */
		assert.equal(await main.getByLabel('Your name').inputValue(),
			'Bea Two');
		await main.getByRole('button', { name: 'Add' }).click();
		await main.getByText('Others reach you by this name: Bea Two')
			.waitFor();
		/* And the name of somebody else, which was mistyped. */
		await b.ask('Bee', 'Hello, it is me');
		await b.page.getByText('Not sent:').waitFor();
		await main.getByRole('button', { name: 'Correct the name' }).click();
		const dialog = b.page.getByRole('dialog');
		assert.equal(await dialog.getByLabel('Their name').inputValue(),
			'Bee');
		await dialog.getByLabel('Their name').fill('Bea');
		await dialog.getByRole('button', { name: 'Ask', exact: true }).click();
		await a.open('Bea Two');
		await a.page.getByText('Hello, it is me').waitFor();
		await b.page.locator('.talk', { hasText: 'Bee' }).waitFor(
			{ state: 'detached' });
		await quiet(a, b);
		await open.stop();
	});

test('a code for another device that nobody uses ends after ten minutes',
	async () => {
		const a = await Device.join(browser, relay, 'Carl');
		await a.page.clock.install();
		await a.page.reload();
		await a.online();
		const hash = await addDevice(a);
		await until(() => nodes('Carl') === 2);
		await a.page.clock.fastForward('09:00');
		assert.equal(nodes('Carl'), 2);
		await a.page.clock.fastForward('01:31');
		await until(() => nodes('Carl') === 1);
		const b = await Device.open(browser, relay, PHONE, hash);
		await b.page.getByRole('button', { name: 'Add this device' }).click();
		await b.page.getByText('This link has been used already').waitFor();
		/* The page was closed meanwhile: then when it is opened again. */
		await addDevice(a);
		await until(() => nodes('Carl') === 2);
		await a.page.close();
		a.page = await a.context.newPage();
		await a.page.clock.install({ time: Date.now() + 24 * 60e3 });
		await a.page.goto(relay.url);
		await a.online();
		await until(() => nodes('Carl') === 1);
		await quiet(a, b);
	});

test('a device that nobody approves is dropped after ten minutes', async () => {
	const a = await Device.join(browser, relay, 'Doro');
	await a.page.clock.install();
	await a.page.reload();
	await a.online();
	const b = await Device.open(browser, relay, PHONE, await addDevice(a));
	await b.page.getByRole('button', { name: 'Add this device' }).click();
	await b.online();
	await b.page.getByText('Look at your other device').first().waitFor();
	await a.page.getByText('A device has logged in with your code').waitFor();
	await a.page.clock.fastForward('10:31');
	await b.page.getByText('This device has been removed').waitFor();
	assert.equal(nodes('Doro'), 1);
	await quiet(a, b);
});

test('the relay is killed and tabs die at random moments: all comes once',
	async () => {
		const [a, b] = await pair(browser, relay, 'Edda', 'Falk', LAPTOP, PHONE);
		const seed = Number(process.env.SEED ?? Date.now() % 100000);
		let state = seed;
		const random = (n) => {
			state = (state * 1103515245 + 12345) % 2147483648;
			return Math.floor(state / 65536) % n;
		};
		let running = true;
		const sent = [];
		const names = new Map([[a, 'a'], [b, 'b']]);
		const open = async (d, who) => {
			await d.open(who);
			await d.page.waitForSelector('.composer');
		};

		console.log(`SEED=${seed}`);
		const chaos = (async () => {
			for (let i = 0; i < 6; i++) {
				await new Promise((done) => setTimeout(done, random(700)));
				await relay.kill();
				await new Promise((done) => setTimeout(done, random(300)));
				await relay.run();
				for (const { page } of [a, b])
					await page.evaluate(() =>
						dispatchEvent(new Event('online'))).catch(() => {});
			}
		})().finally(() => {
			running = false;
		});
		for (let i = 0; running || i < 20; i++) {
			const [from, to] = random(2) ? [a, 'Falk'] : [b, 'Edda'];
			const text = `word ${i} from ${names.get(from)}`;
			const input = from.page.getByLabel('Message', { exact: true });

			await input.fill(text);
			await from.page.keyboard.press('Enter');
			/* It is either kept or still in front of the writer. */
			await from.page.waitForFunction((words) =>
				[...document.querySelectorAll('.words')].some((w) =>
					w.textContent === words), text);
			sent.push(text);
			if (random(5) === 0) {
				await from.page.close({ runBeforeUnload: false });
				from.page = await from.tab();
				await open(from, to);
			}
		}
		await chaos;
		for (const d of [a, b]) {
			await until(async () => {
				await d.page.evaluate(() =>
					dispatchEvent(new Event('online')));
				return await d.page.evaluate(() => document
					.getElementById('app').dataset.phase) === 'online' &&
					await d.outbox() === 0;
			});
		}
		/* Each has each once; one's own words are in their order. */
		for (const d of [a, b]) {
			await until(async () => (await d.words()).length >=
				sent.length);
			const words = await d.words();
			assert.deepEqual([...words].sort(), [...sent].sort());
			for (const [, name] of names) {
				const of = (list) => list.filter((w) => w.endsWith(name));
				assert.deepEqual(of(words), of(sent));
			}
		}
		await quiet(a, b);
	});

test('a device whose clock is wrong says so, and works', async () => {
	const [a, b] = await pair(browser, relay, 'Gesa', 'Hein');

	await a.page.close();
	a.page = await a.context.newPage();
	await a.page.clock.install({ time: Date.now() - 3600e3 });
	await a.page.goto(relay.url);
	await a.page.getByText('The clock of this device is wrong by').waitFor();
	/* Another learns it when it joins. */
	relay.command('invite', 'Ilse');
	const c = await Device.open(browser, relay);
	await c.page.clock.install({ time: Date.now() + 3600e3 });
	await c.page.goto(`${relay.url}?#join=Ilse`);
	await c.page.getByRole('button', { name: 'Join' }).click();
	await c.page.getByText('The clock of this device is wrong by').waitFor();
	await a.open('Hein');
	await a.write('from an hour ago');
	await a.sees('from an hour ago', true);
	await b.sees('from an hour ago');
	await b.write('now');
	await a.sees('now');
	/* In the order in which they came, whatever the clock says. */
	const words = await a.page.locator('.log .words').allTextContents();
	assert.deepEqual(words.slice(-2), ['from an hour ago', 'now']);
	await quiet(a, b, c);
});

test('after sleep, a connection that looks open is probed', async () => {
	const a = await Device.join(browser, relay, 'Ida');

	await a.page.clock.install();
	await a.page.reload();
	await a.online();
	relay.process.kill('SIGSTOP');
	try {
		await a.page.clock.fastForward(20e3);
		await a.page.waitForTimeout(200);
		await look(a.page);
		await a.page.waitForTimeout(200);
		await a.page.clock.fastForward(11e3);
		await a.page.getByText('No connection to the relay').waitFor();
	} finally {
		relay.process.kill('SIGCONT');
	}
	await look(a.page);
	await a.online();
	await quiet(a);
});

test('files are dropped and pasted', async () => {
	const [a, b] = await pair(browser, relay, 'Jana', 'Karl');

	await a.page.evaluate(() => {
		const of = (name) => {
			const data = new DataTransfer();
			data.items.add(new File(['bytes'], name));
			return data;
		};
		const view = document.querySelector('.talkview');
		view.dispatchEvent(new DragEvent('dragover', { bubbles: true,
			cancelable: true, dataTransfer: of('x') }));
		if (!view.classList.contains('drop'))
			throw new Error('it does not say that it takes files');
		view.dispatchEvent(new DragEvent('drop', { bubbles: true,
			cancelable: true, dataTransfer: of('dropped.txt') }));
		document.querySelector('.composer textarea').dispatchEvent(
			new ClipboardEvent('paste', { bubbles: true, cancelable: true,
				clipboardData: of('../pasted\u202etxt.exe') }));
		/* Text goes its usual way, also with a picture of it. */
		const table = of('table.png');
		table.setData('text/plain', 'a\tb');
		const text = new DataTransfer();
		text.setData('text/plain', 'a b');
		if (!document.querySelector('.composer textarea').dispatchEvent(
			new ClipboardEvent('paste', { bubbles: true, cancelable: true,
				clipboardData: table })) ||
		    !view.dispatchEvent(new DragEvent('drop', { bubbles: true,
			cancelable: true, dataTransfer: text })))
			throw new Error('text is not taken as text');
	});
	await a.page.locator('.chips li').nth(1).waitFor();
	await a.page.keyboard.press('Enter');
	await b.page.locator('.log').getByRole('button', { name: /dropped\.txt/ })
		.waitFor();
	await b.page.locator('.log').getByRole('button',
		{ name: /pastedtxt\.exe/ }).waitFor();
	await quiet(a, b);
});

test('motion is reduced, text is twice as large, names are wide', async () => {
	const wide = 'W'.repeat(64), right = '\u05d0\u05d1\u05d2 \u0661\u0662';
	const [a, b] = await pair(browser, relay, wide, right, LAPTOP, PHONE);
	const moves = () => a.page.evaluate(() => {
		const toast = document.createElement('div');
		toast.className = 'toast';
		document.body.append(toast);
		const { animationName } = getComputedStyle(toast);
		toast.remove();
		return animationName;
	});
	const fits = async ({ page }, what) => assert.deepEqual(
		await page.evaluate(() => [...document.querySelectorAll(
			'html, dialog, .list, .talkview, .log')].filter((e) =>
			e.scrollWidth > e.clientWidth + 1).map((e) =>
			e.className || e.tagName)), [], what);

	await a.page.emulateMedia({ reducedMotion: 'no-preference' });
	assert.equal(await moves(), 'rise');
	await a.page.emulateMedia({ reducedMotion: 'reduce' });
	assert.equal(await moves(), 'none');
	await a.write('x'.repeat(10000));
	await a.write('\u202e\u2067mirrored \u05d0\u05d1\u05d2 ' + 'y'.repeat(9000));
	await a.write('```\n' + 'z'.repeat(3000) + '\n```\n\n# ' + 'h'.repeat(500));
	await b.sees('mirrored');
	await b.page.locator('.log pre').waitFor();
	await fits(b, 'talk');
	for (const { page } of [a, b])
		await page.evaluate(() => {
			document.documentElement.style.fontSize = '200%';
		});
	await fits(b, 'large talk');
	await b.page.getByRole('button', { name: 'About this' }).click();
	await fits(b, 'large dialog');
	await b.page.keyboard.press('Escape');
	await b.page.getByRole('button', { name: 'Back' }).click();
	await fits(b, 'large list');
	for (const name of ['Settings', 'New conversation']) {
		await b.page.getByRole('button', { name }).click();
		await fits(b, name);
		await b.page.keyboard.press('Escape');
	}
	await fits(a, 'laptop');
	/* The name does not turn what stands beside it. */
	await a.open(right);
	assert.equal(await a.page.locator('.title .name').evaluate((e) =>
		getComputedStyle(e).unicodeBidi), 'isolate');
	await quiet(a, b);
});

test('the page opens, but no WebSocket: it says why, and leads on', async () => {
	const d = await Device.open(browser, relay);

	await d.page.close();
	d.page = await d.context.newPage();
	/* As a browser does that does not trust the certificate. */
	await d.page.addInitScript(() => {
		window.WebSocket = class {
			readyState = 3;
			close() {}
			constructor() {
				setTimeout(() => this.onclose?.({}), 10);
			}
		};
	});
	await d.page.goto(relay.url);
	await d.page.getByLabel('Your name').fill('Nobody');
	await d.page.getByRole('button', { name: 'Join' }).click();
	await d.page.getByText('does not trust the relay').waitFor();
	await d.page.getByRole('link', { name: 'How to make this device trust' })
		.click();
	await d.page.getByText(relay.command('fingerprint').match(
		/[0-9A-F]{2}(:[0-9A-F]{2}){31}/)[0].slice(0, 20)).first().waitFor();
	await d.close();
});

test('a full store: the message waits at the relay until there is room',
	async () => {
		const [a, b] = await pair(browser, relay, 'Lena', 'Mats');
		const waits = () => JSON.parse(relay.command('queue', 'Lena',
			'--json')).queues[0].messages;
		const full = (on) => a.page.evaluate((yes) => {
			IDBObjectStore.prototype.realPut ??= IDBObjectStore.prototype.put;
			IDBObjectStore.prototype.put = yes ? () => {
				throw new DOMException('full', 'QuotaExceededError');
			} : IDBObjectStore.prototype.realPut;
		}, on);

		await b.write('delete me');
		await a.sees('delete me');
		await until(() => waits() === 0);
		await full(true);
		await b.write('the last straw');
		await a.page.getByText('This device’s storage is full').waitFor();
		assert.equal(waits(), 1);
		/* What is typed now stays where it is. */
		await a.write('typed in vain');
		await a.page.getByText('This could not be stored').first().waitFor();
		assert.equal(await a.page.getByLabel('Message', { exact: true })
			.inputValue(), 'typed in vain');
		await full(false);
		await a.page.getByRole('button', { name: 'About this' }).click();
		await a.page.getByRole('button', { name: 'Delete conversation' }).click();
		await a.page.getByRole('dialog').last().getByRole('button',
			{ name: 'Delete' }).click();
		await until(() => waits() === 0);
		await a.page.locator('.talk', { hasText: 'Mats' }).click();
		await a.sees('the last straw');
		await quiet(a, b);
	});

test('what the relay refuses says so, and can be tried again or deleted',
	async () => {
		const [a, b] = await pair(browser, relay, 'Tilo', 'Uta');

		await a.write('Good bye');
		await b.sees('Good bye');
		relay.command('user', 'remove', 'Uta');
		await b.page.getByText('This device has been removed').waitFor();
		await a.write('Are you gone?');
		await a.page.getByText('Not sent:').waitFor();
		await a.page.getByRole('button', { name: 'Try again' }).click();
		await a.page.getByText('Not sent:').waitFor();
		await a.page.locator('.failed').getByRole('button',
			{ name: 'Delete' }).click();
		await a.page.getByText('Not sent:').waitFor({ state: 'detached' });
		assert.equal(await a.count('Are you gone?'), 0);
		await quiet(a, b);
	});

test('an installed page on a phone hands files over by the share sheet',
	async () => {
		const [a, b] = await pair(browser, relay, 'Nele', 'Oskar', LAPTOP,
			PHONE);

		await b.page.close();
		b.page = await b.context.newPage();
		await b.page.addInitScript(() => {
			const real = window.matchMedia;
			window.matchMedia = (query) => /standalone/.test(query)
				? { matches: true } : real(query);
			navigator.canShare = ({ files }) => files.length === 1;
			navigator.share = async ({ files }) => {
				window.shared = files[0].name;
			};
		});
		await b.page.goto(relay.url);
		await b.open('Nele');
		await a.page.locator('.composer input[multiple]').setInputFiles([{
			name: 'recipe.pdf', mimeType: 'application/pdf',
			buffer: Buffer.from('%PDF') }]);
		await a.write('For the cake');
		await b.page.locator('.log').getByRole('button',
			{ name: /recipe\.pdf/ }).click();
		await b.page.waitForFunction(() => window.shared === 'recipe.pdf');
		await quiet(a, b);
	});

test('the composer stays above the keyboard of a phone', async () => {
	const [a, b] = await pair(browser, relay, 'Pola', 'Rolf', LAPTOP, PHONE);

	await a.write('Are you there?');
	await b.sees('Are you there?');
	await b.page.evaluate(() => {
		Object.defineProperty(VisualViewport.prototype, 'height',
			{ get: () => 400 });
		visualViewport.dispatchEvent(new Event('resize'));
	});
	const { y, height } = await b.page.locator('.composer').boundingBox();
	assert.ok(y + height <= 400 && y > 250, `at ${y}`);
	/* What was last said is still to be seen. */
	const last = await b.page.locator('.bubble').last().boundingBox();
	assert.ok(last.y + last.height <= y, `the last message ends at ${last.y}`);
	await quiet(a, b);
});

test('a long talk opens at its end, and stays there', async () => {
	const [a, b] = await pair(browser, relay, 'Wim', 'Xaver', LAPTOP, PHONE);
	const end = () => b.page.evaluate(() => {
		const s = document.querySelector('.middle .scroll');
		return s.scrollHeight - s.scrollTop - s.clientHeight;
	});
	const atEnd = (text) => until(async () => await end() < 2 &&
		await b.page.locator('.bubble').last().getByText(text).count() === 1);
	const resize = (height) => b.page.setViewportSize({ width: 390, height });

	await b.page.getByRole('button', { name: 'Back' }).click();
	for (let i = 1; i <= 60; i++)
		await a.write(`short ${i}.`);
	await until(async () => await b.page.title() === '(60) Lindenhof');
	await b.open('Wim');
	await atEnd('short 60.');
	/* What is seen is read; what is far above is not even in the page. */
	await until(async () => await b.page.title() === 'Lindenhof');
	assert.ok(await b.page.locator('.bubble').count() < 60);
	/* The keyboard opens. */
	await resize(420);
	await atEnd('short 60.');
	await a.write('with the keyboard');
	await atEnd('with the keyboard');
	await until(async () => await b.page.title() === 'Lindenhof');
	/* A reader who has scrolled up stays there; a button leads back. */
	await b.page.evaluate(() => document.querySelector('.middle .scroll')
		.scrollBy(0, -400));
	await b.page.getByRole('button', { name: 'Newest' }).waitFor();
	await a.write('the last');
	await until(async () => await b.page.title() === '(1) Lindenhof');
	assert.ok(await end() > 200);
	await b.page.getByRole('button', { name: 'Newest' }).click();
	await atEnd('the last');
	await resize(780);
	await atEnd('the last');
	await quiet(a, b);
});

test('who hides is seen no longer; who is ignored neither', async () => {
	const [a, b] = await pair(browser, relay, 'Yan', 'Zita');
	const online = () => a.page.locator('.title').getByText('Online');
	const check = async () => {
		await b.page.getByRole('button', { name: 'Settings' }).click();
		await b.page.getByLabel('People I talk with see').click();
		await b.page.keyboard.press('Escape');
	};

	await online().waitFor();
	await check();
	await online().waitFor({ state: 'detached' });
	await check();
	await online().waitFor();
	await b.page.getByRole('button', { name: 'About this conversation' }).click();
	await b.page.getByRole('dialog').getByRole('button', { name: 'Ignore' })
		.click();
	await online().waitFor({ state: 'detached' });
	await quiet(a, b);
});

test('an invitation counts, whatever was asked for before', async () => {
	const d = await Device.open(browser, relay);

	await d.page.getByLabel('Your name').fill('Adele');
	await d.page.getByRole('button', { name: 'Join' }).click();
	await d.page.getByText('Your request to join as Adele').waitFor();
	const [, code] = relay.command('invite', 'Adele B', '--code').match(
		/#join=\S*code=(\w+)/);
	await d.page.goto('about:blank');
	await d.page.goto(`${relay.url}#join=Adele%20B&code=${code}`);
	await d.page.getByRole('button', { name: 'Join' }).click();
	await d.online();
	/* A link is also taken by a page that is open. */
	const e = await Device.open(browser, relay);
	await e.page.getByLabel('Your name').waitFor();
	await e.page.evaluate(() => {
		location.hash = '#join=Berta';
	});
	await until(async () => await e.page.getByLabel('Your name').inputValue()
		.catch(() => '') === 'Berta');
	await quiet(d, e);
});

test('back leads to the list, and out', async () => {
	const [a, b] = await pair(browser, relay, 'Arne', 'Bela', PHONE, LAPTOP);
	const { page } = a;
	const list = () => page.getByRole('searchbox').waitFor();

	await page.goto('about:blank');
	await page.goto(relay.url);
	for (let i = 0; i < 3; i++) {
		await a.open('Bela');
		await page.getByRole('button', { name: 'Back' }).click();
		await list();
	}
	await a.open('Bela');
	await page.getByRole('button', { name: 'About this conversation' }).click();
	await page.getByRole('dialog').waitFor();
	await page.goBack();
	await list();
	assert.equal(await page.getByRole('dialog').count(), 0);
	await page.goBack();
	assert.equal(page.url(), 'about:blank');
	await quiet(a, b);
});

test('of several tabs, one holds the lock', async () => {
	const a = await Device.join(browser, relay, 'Svea');
	const tabs = [a.page, await a.tab(), await a.tab()];

	await until(async () => {
		const locks = await tabs[0].evaluate(() => navigator.locks.query());
		return locks.held.length === 1 && locks.pending.length === 2;
	});
	/* Each shows that it is connected, and each that it is not any more. */
	for (const tab of tabs)
		await tab.waitForSelector('#app[data-phase=online] .list');
	await relay.kill();
	for (const tab of tabs)
		await tab.getByText('No connection to the relay').waitFor();
	await relay.run();
	await tabs[2].getByRole('button', { name: 'Try now' }).click(
		{ timeout: 2000 }).catch(() => {});	/* or by itself */
	for (const tab of tabs)
		await tab.waitForSelector('#app[data-phase=online] .list');
	await quiet(a);
});

test('the answer to a request to join is lost: asked again, it is the same',
	async () => {
		const d = await Device.open(browser, relay);

		await d.page.evaluate(() => {
			const own = Object.getOwnPropertyDescriptor(
				WebSocket.prototype, 'onmessage');
			const text = (data) => new TextDecoder().decode(data);

			globalThis.lost = false;
			Object.defineProperty(WebSocket.prototype, 'onmessage', {
				get: own.get,
				set(f) {
					own.set.call(this, f && ((e) => {
						if (globalThis.lost ||
						    !text(e.data).includes('"registered"')) {
							f(e);
						} else {
							globalThis.lost = true;
							own.set.call(this, null);
							this.close();
						}
					}));
				} });
		});
		const ask = async (name) => {
			await d.page.getByLabel('Your name').fill(name);
			await d.page.getByRole('button', { name: 'Join' }).click();
		};
		relay.command('invite', 'Lore');
		await ask('Lore');
		await until(() => d.page.evaluate(() => globalThis.lost));
		/* Stopped, and with another name meanwhile. */
		for (const name of ['Laura', 'LORE']) {
			await d.page.getByRole('button', { name: 'Back' }).click();
			await ask(name);
		}
		await d.page.getByRole('button', { name: 'Try now' }).click(
			{ timeout: 2000 }).catch(() => {});	/* or by itself */
		await d.online();
		assert.match(relay.command('user', 'show', 'Lore'), /Lore/);
		/* A store that takes nothing. */
		const e = await Device.open(browser, relay);
		await e.page.evaluate(() => {
			IDBObjectStore.prototype.put = () => {
				throw new DOMException('full', 'QuotaExceededError');
			};
		});
		await e.page.getByLabel('Your name').fill('Lutz');
		await e.page.getByRole('button', { name: 'Join' }).click();
		await e.page.getByText('This browser cannot store').waitFor();
		await quiet(e);
		await quiet(d);
	});

test('what was typed and attached stays where it belongs', async () => {
	const [a, b] = await pair(browser, relay, 'Toni', 'Urs', PHONE, LAPTOP);
	const c = await Device.join(browser, relay, 'Vroni');
	const text = () => a.page.getByLabel('Message', { exact: true })
		.inputValue();

	await c.ask('Toni', 'Hello');
	/* A file that is attached, while one looks at the list. */
	await a.page.locator('.composer input[multiple]').setInputFiles([{
		name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('x') }]);
	await a.page.getByRole('button', { name: 'Back' }).click();
	await a.open('Urs');
	await a.write('Here it is');
	await b.page.locator('.log').getByRole('button', { name: /list\.txt/ })
		.waitFor();
	/* First words for a name that was mistyped, and belongs to a friend. */
	await a.page.getByRole('button', { name: 'Back' }).click();
	await a.ask('Ursel', 'An hour of words');
	await a.page.getByRole('button', { name: 'Correct the name' }).click();
	const dialog = a.page.getByRole('dialog');
	await dialog.getByLabel('Their name').fill('Urs');
	await dialog.getByRole('button', { name: 'Ask', exact: true }).click();
	await until(async () => await text() === 'An hour of words');
	/* A post that cannot be kept, while another talk is opened. */
	await a.page.getByRole('button', { name: 'Back' }).click();
	await a.open('Vroni');
	await a.page.getByRole('button', { name: 'Accept' }).click();
	await a.page.waitForSelector('.composer');
	await a.page.getByRole('button', { name: 'Back' }).click();
	await a.open('Urs');
	await a.page.evaluate(() => {
		IDBObjectStore.prototype.realPut = IDBObjectStore.prototype.put;
		IDBObjectStore.prototype.put = function (...args) {
			if (this.name === 'messages')
				throw new DOMException('full', 'QuotaExceededError');
			return this.realPut(...args);
		};
		document.querySelector('.composer').requestSubmit();
		[...document.querySelectorAll('.list .talk')].find((n) =>
			n.textContent.includes('Vroni')).click();
	});
	await a.page.getByText('This could not be stored').first().waitFor();
	assert.equal(await text(), '');
	await a.page.getByRole('button', { name: 'Back' }).click();
	await a.open('Urs');
	assert.equal(await text(), 'An hour of words');
	await quiet(a, b, c);
});
