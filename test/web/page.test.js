// The page in a real browser, against the real relay.
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import WebSocket from 'ws';
import { Device, LAPTOP, PHONE, Relay, launch, pair, quiet, slowDisk, until
} from './page.js';

let browser, relay;
/** @type {Device[]} */
const devices = [];

before(async () => {
	relay = await Relay.start({ push_contact: 'mailto:me@example.org' });
	browser = await launch();
});

afterEach(() => relay.revive());

after(async () => {
	await browser?.close();
	await relay?.stop();
});

test('two people meet and talk', async () => {
	const [a, b] = await pair(browser, relay, 'Alice Smith', 'Bob', LAPTOP,
		PHONE);

	/* The focus stays in the field: a phone keeps its keyboard. */
	await a.page.getByLabel('Message', { exact: true }).evaluate((input) =>
		input.addEventListener('blur', () => {
			window.left = true;
		}));
	await a.write('Hello **Bob**');
	await a.sees('Hello Bob', true);
	assert.ok(!await a.page.evaluate(() => window.left));
	await b.sees('Hello Bob');
	await b.write('Good evening');
	await a.sees('Good evening');
	assert.equal(await b.page.locator('.log strong').textContent(), 'Bob');
	/* A talk that is not open has a count. */
	await b.page.getByRole('button', { name: 'Back' }).click();
	await a.write('Are you there?');
	await b.page.locator('.count').waitFor();
	await b.page.waitForFunction(() => document.title === '(1) Lindenhof');
	await b.open('Alice');
	await b.page.waitForFunction(() => document.title === 'Lindenhof');
	await quiet(a, b);
});

test('who is not invited waits for the operator', async () => {
	const d = await Device.open(browser, relay, LAPTOP);

	await d.page.getByLabel('Your name').fill('Zoe Z');
	await d.page.getByRole('button', { name: 'Join' }).click();
	await d.page.getByText('The operator has been asked').waitFor();
	relay.command('approve', 'Zoe Z');
	await d.page.getByRole('button', { name: 'Try now' }).click();
	await d.online();
	await quiet(d);
});

test('a link can be pasted where a name is asked for', async () => {
	const link = (/** @type {string[]} */ ...words) => Object.values(
		JSON.parse(relay.command(...words, '--json')))[0][0].link;
	const d = await Device.open(browser, relay, PHONE);

	/* An iPhone's page in Safari is another than that on the home screen. */
	assert.equal(await d.page.getByText('On an iPhone').count(), 0);
	await d.context.addInitScript(() => Object.defineProperty(navigator,
		'standalone', { value: false }));
	await d.page.reload();
	await d.page.getByText('On an iPhone').waitFor();
	await d.page.getByLabel('Your name').fill(
		link('invite', 'Ida Größe', '--code'));
	await d.page.getByRole('button', { name: 'Join' }).click();
	await d.online();
	/* That of a device goes to the other form; nobody has to approve it. */
	const e = await Device.open(browser, relay, LAPTOP);
	await e.page.getByLabel('Your name').fill(link('node', 'add', 'Ida Größe'));
	await e.page.getByRole('button', { name: 'Join' }).click();
	await e.page.getByRole('button', { name: 'Add this device' }).click();
	await e.online();
	const [account] = (await e.table('meta')).filter((m) => m?.uid);
	assert.deepEqual([account.waits, account.aliases[0].name],
		[false, 'Ida Größe']);
	await quiet(d, e);
});

test('a group, from creation to leaving', async () => {
	const [a, b] = await pair(browser, relay, 'Ann', 'Ben');
	const c = await Device.join(browser, relay, 'Cem', PHONE);
	const dialog = a.page.getByRole('dialog');
	const about = () => a.page.getByRole('button',
		{ name: 'About this conversation' }).click();

	await a.page.getByRole('button', { name: 'New conversation' }).click();
	await dialog.getByLabel('Name of the group').fill('Choir');
	await dialog.getByLabel('First member').fill('Ben');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await a.page.getByRole('heading', { name: 'Choir' }).waitFor();
	await about();
	await dialog.getByLabel('Invite somebody').fill('Cem');
	await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
	await dialog.getByText('Cem has been invited').waitFor();
	await dialog.getByRole('listitem').filter({ hasText: 'Cem' }).waitFor();
	await a.page.keyboard.press('Escape');
	await b.open('Choir');
	await b.page.getByLabel('Your name in this group').fill('Benny');
	await b.page.getByRole('button', { name: 'Join the group' }).click();
	await b.page.waitForSelector('.composer');
	await c.open('Choir');
	await c.page.getByRole('button', { name: 'Join the group' }).click();
	await c.page.waitForSelector('.composer');
	await a.page.getByText('Cem has joined').waitFor();
	await a.write('Rehearsal on Friday');
	await b.sees('Rehearsal on Friday');
	await c.sees('Rehearsal on Friday');
	await b.write('I come');
	await c.sees('I come');
	await a.page.locator('.who', { hasText: 'Benny' }).waitFor();
	await c.page.getByRole('button', { name: 'About this conversation' }).click();
	const name = c.page.getByRole('dialog').getByLabel('Your name in this group');
	await name.fill('Cemal');
	await name.press('Enter');
	await a.page.getByText('Cem is now called Cemal').waitFor();
	await c.page.keyboard.press('Escape');
	/* Remove somebody, and leave. */
	await about();
	await a.page.getByRole('listitem').filter({ hasText: 'Benny' })
		.getByRole('button', { name: 'Remove' }).click();
	await a.page.getByRole('dialog').getByRole('button', { name: 'Remove' })
		.click();
	await b.page.getByText('You are not a member of Choir any more').waitFor();
	await c.page.getByRole('button', { name: 'About this conversation' }).click();
	await c.page.getByRole('button', { name: 'Leave the group' }).click();
	await c.page.getByRole('dialog').getByRole('button',
		{ name: 'Leave the group' }).click();
	await a.page.getByText('Cemal is no longer a member').waitFor();
	await quiet(a, b, c);
});

test('the relay is killed: what was written comes once, in order', async () => {
	const [a, b] = await pair(browser, relay, 'Dora', 'Emil');

	await a.write('before');
	await b.sees('before');
	await relay.kill();
	await a.page.getByText('No connection to the relay').waitFor();
	for (let i = 1; i <= 5; i++)
		await a.write(`while away ${i}`);
	await a.sees('while away 5');
	/* What is taken back is not sent. */
	await a.write('never mind');
	await a.page.locator('.bubble', { hasText: 'never mind' }).getByRole(
		'button', { name: 'Delete' }).click();
	await until(async () => await a.count('never mind') === 0);
	await until(async () => await a.page.locator('.state-waiting').count() === 5);
	await a.page.reload();	/* from the service worker */
	await until(async () => await a.count('while away') === 5);
	await relay.run();
	/* They come back by themselves, or at once. */
	for (const { page } of [a, b])
		await page.getByRole('button', { name: 'Try now' }).click(
			{ timeout: 1000 }).catch(() => {});
	await a.sees('while away 5', true);
	await b.sees('while away 5');
	const words = await b.page.locator('.log .words').allTextContents();
	assert.deepEqual(words.slice(-6), ['before', ...[1, 2, 3, 4, 5].map((i) =>
		`while away ${i}`)]);
	await until(async () => await a.page.locator('.state-waiting').count() === 0);
	await quiet(a, b);
});

test('an attachment of 20 MB, a picture, a name that would lead elsewhere',
	async () => {
		const [a, b] = await pair(browser, relay, 'Finn', 'Gia', LAPTOP, PHONE);
		const large = Buffer.alloc(20e6, 'mnm!');
		const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ' +
			'AAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
		const files = a.page.locator('.composer input[multiple]');

		await a.page.evaluate(() => new MutationObserver(() => {
			window.bar ||= !!document.querySelector('.log progress');
		}).observe(document, { childList: true, subtree: true }));
		await files.setInputFiles([{ name: 'film.bin', buffer: large,
			mimeType: 'application/octet-stream' }, { name: 'dot.png',
			buffer: png, mimeType: 'image/png' }]);
		await a.write('The film');
		await a.sees('The film', true);
		assert.ok(await a.page.evaluate(() => window.bar), 'no progress');
		await b.sees('The film');
		await b.page.locator('.picture img').waitFor();
		const saving = b.page.waitForEvent('download');
		await b.page.locator('.log').getByRole('button',
			{ name: /film\.bin/ }).click();
		const download = await saving;
		assert.equal(download.suggestedFilename(), 'film.bin');
		const chunks = [];
		for await (const chunk of await download.createReadStream())
			chunks.push(chunk);
		assert.ok(Buffer.concat(chunks).equals(large));
		await quiet(a, b);
	});

test('a second device, a stolen one, and a code that is good once', async () => {
	const [a, b] = await pair(browser, relay, 'Hanne Größe', 'Ian');
	const add = async () => {
		await a.page.getByRole('button', { name: 'Settings' }).click();
		await a.page.getByRole('button', { name: 'Add a device' }).click();
		const link = await a.page.locator('textarea.code').inputValue();
		return link.slice(link.indexOf('#'));
	};
	const use = async (hash) => {
		const d = await Device.open(browser, relay, PHONE);
		/* Its own node replaces that of the code, however slow the disk. */
		await d.context.addInitScript(slowDisk);
		await d.page.goto(relay.url + hash);
		await d.page.reload();	/* a new fragment alone loads nothing */
		await d.page.getByRole('button', { name: 'Add this device' }).click();
		return d;
	};

	await b.write('from before');
	await a.sees('from before');
	const hash = await add();
	const phone = await use(hash);
	await phone.online();
	await a.page.getByRole('dialog').getByRole('button',
		{ name: 'Yes, it is mine' }).click();
	await a.page.keyboard.press('Escape');
	await phone.open('Ian');
	await phone.sees('from before');
	/* What one device writes is on the other. */
	await phone.write('from the phone');
	await b.sees('from the phone');
	await a.sees('from the phone');
	await b.write('to both');
	await a.sees('to both');
	await phone.sees('to both');
	/* The code is of no use now. */
	const thief = await use(hash);
	await thief.page.waitForFunction(() =>
		document.getElementById('app').dataset.phase === 'none');
	/* The phone is stolen. */
	await a.page.getByRole('button', { name: 'Settings' }).click();
	await a.page.getByRole('dialog').getByRole('listitem').filter(
		{ hasNotText: 'Hanne' }).getByRole('button', { name: 'Remove' })
		.click();
	await a.page.getByRole('dialog').last().getByRole('button',
		{ name: 'Remove' }).click();
	await phone.page.getByText('This device has been removed').waitFor();
	/* A device that is not approved goes, and all that it has added. */
	const other = await use(await (async () => {
		await a.page.getByRole('dialog').getByRole('button',
			{ name: 'Add a device' }).click();
		const link = await a.page.locator('textarea.code').inputValue();
		return link.slice(link.indexOf('#'));
	})());
	await other.online();
	await a.page.getByRole('dialog').getByRole('button',
		{ name: 'No, remove it' }).click();
	await other.page.getByText('This device has been removed').waitFor();
	await quiet(a, b, phone, thief, other);
});

test('several tabs: one connects, the others follow', async () => {
	const [a, b] = await pair(browser, relay, 'Jo', 'Kim');
	const second = await a.tab();

	await second.locator('.talk', { hasText: 'Kim' }).click();
	await second.getByLabel('Message', { exact: true }).fill('second tab');
	await second.keyboard.press('Enter');
	await b.sees('second tab');
	await a.sees('second tab', true);
	await b.write('hello tabs');
	await second.locator('.bubble', { hasText: 'hello tabs' }).waitFor();
	/* The first is closed: the second takes over. */
	await a.page.close();
	a.page = second;
	await a.online();
	await b.write('still there?');
	await a.sees('still there?');
	assert.equal(relay.command('links').match(/ Jo /g)?.length ?? 1, 1);
	await quiet(a, b);
});

test('two tabs with the same talk have one draft', async () => {
	const [a, b] = await pair(browser, relay, 'Ode', 'Pam');
	const first = a.page, second = await a.tab();
	const box = (page) => page.getByLabel('Message', { exact: true });
	const has = (page, text) => until(async () =>
		await box(page).inputValue() === text);
	const hide = (page) => page.evaluate(() => dispatchEvent(
		new PageTransitionEvent('pagehide')));

	await second.locator('.talk', { hasText: 'Pam' }).click();
	await box(first).pressSequentially('Dear Pam', { delay: 60 });
	await has(second, 'Dear Pam');
	/* The one that only looks on writes nothing. */
	await box(first).pressSequentially(', I', { delay: 200 });
	await hide(second);
	await has(second, 'Dear Pam, I');
	await has(first, 'Dear Pam, I');
	/* What one has sent does not come back from the other. */
	await box(second).pressSequentially(' come');
	await has(first, 'Dear Pam, I come');
	await first.keyboard.press('Enter');
	await b.sees('Dear Pam, I come');
	await has(second, '');
	await hide(second);
	await hide(first);
	await box(first).pressSequentially('x');
	await has(second, 'x');
	assert.equal(await b.count('Dear Pam'), 1);
	assert.equal((await a.table('talks')).find((v) => v.name === 'Pam').draft,
		'x');
	/* Where something was typed since, it stays. */
	await box(second).evaluate((input) => {
		input.value = 'xyz';	/* and no pause yet */
	});
	await box(first).pressSequentially('w');
	await until(async () => (await a.table('talks')).find((v) =>
		v.name === 'Pam').draft === 'xw');
	assert.equal(await box(second).inputValue(), 'xyz');
	await quiet(a, b);
});

test('drafts are kept; search finds; hostile text stays text', async () => {
	const [a, b] = await pair(browser, relay, 'Lea', 'Max', LAPTOP, PHONE);
	const evil = '<img src=x onerror=alert(1)><script>alert(2)</script> ' +
		'[x](javascript:alert(3)) \u202egnp.exe ' + 'w'.repeat(10000);

	await a.write(evil);
	await b.sees('<script>');
	assert.equal(await b.page.locator('.log img, .log script').count(), 0);
	const wide = await b.page.evaluate(() =>
		document.documentElement.scrollWidth > innerWidth);
	assert.equal(wide, false);
	await a.write('the treasure lies under the oak');
	await b.sees('treasure');
	await a.page.getByLabel('Message', { exact: true }).fill('half a thou');
	await until(async () => (await a.table('talks'))[0].draft === 'half a thou');
	await a.page.reload();
	await a.page.waitForSelector('.composer');
	assert.equal(await a.page.getByLabel('Message', { exact: true })
		.inputValue(), 'half a thou');
	/* Keys that come without a pause: it is kept before the last of them. */
	await a.page.getByLabel('Message', { exact: true }).evaluate((input) => {
		window.typing = setInterval(() => {
			input.value += 'x';
			input.dispatchEvent(new InputEvent('input'));
		}, 50);
	});
	await until(async () => (await a.table('talks'))[0].draft.endsWith('xx'));
	await a.page.evaluate(() => clearInterval(window.typing));
	await a.page.getByRole('searchbox').fill('oak treasure');
	await a.page.locator('.found').click();
	await a.page.locator('.marked', { hasText: 'oak' }).waitFor();
	await quiet(a, b);
});

test('keyboard alone, large text, and a name for every control', async () => {
	const [a, b] = await pair(browser, relay, 'Pia', 'Quin');
	const { page } = a;
	const cdp = await a.context.newCDPSession(page);
	const nameless = async () => {
		const { nodes } = await cdp.send('Accessibility.getFullAXTree');
		return nodes.filter((n) => !n.ignored && ['button', 'textbox', 'link',
			'checkbox', 'combobox', 'searchbox', 'image', 'dialog', 'log',
			'navigation'].includes(n.role?.value) && !n.name?.value)
			.map((n) => n.role.value);
	};

	await b.write('![picture] and **words**');
	await a.sees('words');
	assert.deepEqual(await nameless(), []);
	const roles = (await cdp.send('Accessibility.getFullAXTree')).nodes
		.map((n) => n.role?.value);
	for (const role of ['main', 'navigation', 'log', 'searchbox', 'heading',
		'status', 'list'])
		assert.ok(roles.includes(role), role);
	for (const name of ['Settings', 'New conversation',
		'About this conversation']) {
		await page.getByRole('button', { name }).click();
		assert.deepEqual(await nameless(), [], name);
		await page.keyboard.press('Escape');
	}
	/* From the search down to the talk, and back. */
	await page.keyboard.press('Control+k');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await page.waitForFunction(() => document.activeElement.matches(
		'.composer textarea'));
	await page.keyboard.type('typed without a mouse');
	await page.keyboard.press('Enter');
	await b.sees('typed without a mouse');
	await page.keyboard.press('Escape');
	await page.getByText('Choose a conversation').waitFor();
	/* Text of twice the size, on a phone's width. */
	await page.setViewportSize({ width: 390, height: 780 });
	await page.evaluate(() => {
		document.documentElement.style.fontSize = '200%';
	});
	await a.open('Quin');
	assert.ok(await page.evaluate(() =>
		document.documentElement.scrollWidth <= innerWidth));
	assert.ok(await page.getByLabel('Message', { exact: true }).isVisible());
	await quiet(a, b);
});

test('aliases, history as a file, and leaving', async () => {
	const [a, b] = await pair(browser, relay, 'Rosa', 'Sam');
	const dialog = a.page.getByRole('dialog');

	await b.write('worth keeping');
	await a.sees('worth keeping');
	await a.page.getByRole('button', { name: 'Settings' }).click();
	await dialog.getByLabel('Another name').fill('Rosa at the fair');
	await dialog.getByLabel('Works once').check();
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	await dialog.getByText('works 1 more time').waitFor();
	/* It is also said, and not behind the dialog. */
	await dialog.getByRole('status').filter({ hasText: 'Added.' }).waitFor();
	await until(async () => await dialog.getByLabel('Another name')
		.inputValue() === '');
	assert.ok(!await dialog.getByLabel('Works once').isChecked());
	await dialog.getByLabel('Another name').fill('Rosa the Tall');
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	const tall = dialog.getByRole('listitem').filter({ hasText: 'the Tall' });
	await tall.getByRole('button', { name: 'Remove' }).click();
	await dialog.last().getByRole('button', { name: 'Remove' }).last().click();
	await tall.waitFor({ state: 'detached' });
	const c = await Device.join(browser, relay, 'Tim', PHONE);
	await dialog.getByLabel('Another name').fill('half a na');
	await c.ask('Rosa at the fair', 'We met at the fair');
	await dialog.getByText('works 1 more time').waitFor({ state: 'detached' });
	assert.equal(await dialog.getByLabel('Another name').inputValue(),
		'half a na');
	const saving = a.page.waitForEvent('download');
	await dialog.getByRole('button', { name: 'Save history' }).click();
	const file = await (await saving).path();
	await dialog.getByRole('button', { name: 'Leave', exact: true }).click();
	await dialog.getByRole('button', { name: 'Leave', exact: true }).click();
	await a.page.getByRole('button', { name: 'Join' }).waitFor();
	/* Another account, and the old words. */
	relay.command('invite', 'Rosa B');
	await a.page.getByLabel('Your name').fill('Rosa B');
	await a.page.getByRole('button', { name: 'Join' }).click();
	await a.online();
	await a.page.getByRole('button', { name: 'Settings' }).click();
	await dialog.getByLabel('Add history from a file').setInputFiles(file);
	await dialog.getByText('messages added').waitFor();
	await a.page.keyboard.press('Escape');
	await a.open('Sam');
	await a.sees('worth keeping');
	await quiet(a, b, c);
});

test('a moderated group: a post waits until it is passed', async () => {
	const [a, b] = await pair(browser, relay, 'Uma', 'Vic');
	const dialog = a.page.getByRole('dialog');

	await a.page.getByRole('button', { name: 'New conversation' }).click();
	await dialog.getByLabel('Name of the group').fill('News');
	await dialog.getByLabel('First member').fill('Vic');
	await dialog.getByText('Rules for large groups').click();
	await dialog.getByLabel('Moderated').check();
	await dialog.getByRole('button', { name: 'Create' }).click();
	await b.open('News');
	await b.page.getByRole('button', { name: 'Join the group' }).click();
	await b.page.waitForSelector('.composer');
	await b.write('May this pass?');
	await a.sees('May this pass?');
	await a.page.getByRole('button', { name: 'Pass', exact: true }).click();
	await a.page.getByText('Passed.').waitFor();
	await b.write('And this?');
	await a.sees('And this?');
	await a.page.getByRole('button', { name: 'Reject', exact: true }).click();
	await b.page.getByText('Rejected by a moderator').waitFor();
	await quiet(a, b);
});

test('a window that keeps nothing says so; how long it takes to be connected',
	async () => {
		const d = await Device.join(browser, relay, 'Wanda');
		const times = [];
		for (let i = 0; i < 3; i++) {
			const start = performance.now();
			await d.page.reload();
			await d.online();
			times.push(Math.round(performance.now() - start));
		}
		console.log(`from open to connected: ${Math.min(...times)} ms`);
		const page = await d.context.newPage();
		await page.addInitScript(() => {
			indexedDB.open = () => {
				throw new DOMException('no', 'SecurityError');
			};
		});
		await page.goto(relay.url);
		await page.getByText('This window keeps nothing').waitFor();
		await quiet(d);
	});

test('notices while nobody looks, and being woken', async () => {
	const [a, b] = await pair(browser, relay, 'Xenia', 'Yann');
	const { page } = a;
	const notices = () => page.evaluate(async () => (await (await navigator
		.serviceWorker.ready).getNotifications()).map((n) => [n.title,
		n.body]));

	await a.context.grantPermissions(['notifications']);
	await page.evaluate(() => navigator.serviceWorker.ready);
	await page.evaluate(() => {
		document.hasFocus = () => false;
	});
	await b.write('Supper is ready');
	await until(async () => (await notices()).length > 0);
	assert.deepEqual(await notices(), [['Yann', 'Supper is ready']]);
	await page.waitForFunction(() => document.title === '(1) Lindenhof');
	/* No push service can be reached from here: its answer is made up. */
	await page.evaluate(() => {
		const made = { endpoint: 'https://web.push.apple.com/QGuQ',
			unsubscribe: async () => true };
		PushManager.prototype.subscribe = async (options) => {
			window.asked = options.applicationServerKey.length;
			return made;
		};
		PushManager.prototype.getSubscription = async () => window.asked
			? made : null;
	});
	await page.getByRole('button', { name: 'Settings' }).click();
	await page.getByRole('button', { name: 'Notify me when' }).click();
	await page.getByRole('dialog').getByText('You will be notified when')
		.waitFor();
	assert.equal(await page.evaluate(() => window.asked), 87);	/* base64url */
	const cdp = await a.context.newCDPSession(page);
	const registered = new Promise((done) => cdp.on(
		'ServiceWorker.workerRegistrationUpdated', ({ registrations }) =>
			registrations.length && done(registrations[0])));
	await cdp.send('ServiceWorker.enable');
	const { registrationId } = await registered;
	await cdp.send('ServiceWorker.deliverPushMessage', { registrationId,
		origin: new URL(relay.url).origin, data: '' });
	await until(async () => (await notices()).some((n) =>
		n[1] === 'A message waits at Lindenhof.'));
	await page.getByRole('button', { name: 'Stop notifying' }).click();
	await page.getByRole('dialog').getByText('You will not be notified').waitFor();
	await quiet(a, b);
});

test('a push while no page is open: the worker fetches what waits', async () => {
	const [a, b] = await pair(browser, relay, 'Bea', 'Cid');

	await a.context.grantPermissions(['notifications']);
	await a.page.evaluate(() => navigator.serviceWorker.ready);
	/* A page of the relay's that has no script is none of those. */
	const blank = await a.context.newPage();
	await blank.goto(`${relay.url}ca.html`);
	const cdp = await a.context.newCDPSession(blank);
	const registered = new Promise((done) => cdp.on(
		'ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
			const mine = registrations.find((r) => r.scopeURL === relay.url);
			if (mine)
				done(mine);
		}));
	await cdp.send('ServiceWorker.enable');
	const { registrationId } = await registered;
	await a.page.close();
	await b.write('while you slept');
	await b.sees('while you slept', true);
	const waits = () => JSON.parse(relay.command('queue', 'Bea', '--json'))
		.queues[0].messages;
	assert.equal(waits(), 1);
	await cdp.send('ServiceWorker.deliverPushMessage', { registrationId,
		origin: new URL(relay.url).origin, data: '' });
	await until(() => waits() === 0);
	a.page = await a.tab();
	await a.online();
	await a.open('Cid');
	await a.sees('while you slept');
	await quiet(a, b);
});

/** The relay's public key, as any client hears it. */
function wakeKey()
{
	return new Promise((done) => {
		const socket = new WebSocket(`wss://127.0.0.1:${relay.port}/tmtp`,
			'tmtp', { rejectUnauthorized: false });
		const hello = '{"op":0,"id":"1"}';

		socket.on('open', () => socket.send(Buffer.from(
			hello.length.toString(16).padStart(4, '0') + hello)));
		socket.on('message', (bytes) => {
			done(JSON.parse(String(bytes).slice(4)).wake);
			socket.close();
		});
	});
}

test('it can be installed, asks to keep its store, and renews its wake-ups',
	async () => {
		relay.command('invite', 'Ulf');
		const d = await Device.open(browser, relay, PHONE, '#join=Ulf');
		const { page } = d;
		const cdp = await d.context.newCDPSession(page);

		assert.equal(new URL(page.url()).hash, '');	/* it had a secret */
		await page.evaluate(() => {
			navigator.storage.persist = async () => window.kept = true;
		});
		await page.getByRole('button', { name: 'Join' }).click();
		await d.online();
		assert.ok(await page.evaluate(() => window.kept));
		await page.evaluate(() => navigator.serviceWorker.ready);
		const { installabilityErrors } = await cdp.send(
			'Page.getInstallabilityErrors');
		assert.deepEqual(installabilityErrors.map((e) => e.errorId),
			['in-incognito']);
		const missing = await page.request.get(relay.url +
			'0123456789/app.js');
		assert.equal(missing.status(), 404);
		assert.match(missing.headers()['content-type'], /^text\/plain/);
		/* It wants to be woken; the service gives another address then. */
		const given = [];
		page.on('websocket', (socket) => socket.on('framesent', (frame) => {
			const wake = /"wake":"([^"]+)"/.exec(String(frame.payload));
			if (wake)
				given.push(wake[1]);
		}));
		await page.addInitScript(() => {
			PushManager.prototype.getSubscription = async () => ({
				endpoint: 'https://web.push.apple.com/second',
				unsubscribe: async () => true });
		});
		await page.evaluate((key) => new Promise((done) => {
			indexedDB.open('mnm').onsuccess = (e) => {
				const tx = e.target.result.transaction('meta', 'readwrite');
				tx.objectStore('meta').put({ key, text: 'x' }, 'wake');
				tx.oncomplete = done;
			};
		}), await wakeKey());
		await page.reload();
		await d.online();
		await until(() => given.length > 0);
		assert.deepEqual(given, ['https://web.push.apple.com/second']);
		await quiet(d);
	});

test('the same password twice: one is taken over, says so, and comes back',
	async () => {
		const a = await Device.join(browser, relay, 'Zeno');
		const account = await a.page.evaluate(() => new Promise((done) => {
			indexedDB.open('mnm').onsuccess = (e) => {
				e.target.result.transaction('meta').objectStore('meta')
					.get('account').onsuccess = (f) =>
					done(f.target.result);
			};
		}));
		const b = await Device.open(browser, relay);
		await b.page.getByRole('button', { name: 'Join' }).waitFor();
		await b.page.evaluate((copy) => new Promise((done) => {
			indexedDB.open('mnm').onsuccess = (e) => {
				const tx = e.target.result.transaction('meta', 'readwrite');
				tx.objectStore('meta').put(copy, 'account');
				tx.oncomplete = done;
			};
		}), account);
		await b.page.reload();
		await b.online();
		await a.page.getByText('Your account is open in another').waitFor();
		await a.page.getByRole('button', { name: 'Use it here' }).click();
		await b.page.getByText('Your account is open in another').waitFor();
		await a.online();
		await quiet(a, b);
	});

const tmtp = join(dirname(process.env.MNM ?? './mnm'), 'cmd/tmtp');
test('the client for the command line and the page understand each other',
	{ skip: !existsSync(tmtp) }, async () => {
		const run = (...words) => execFileSync(tmtp, words, { input: '',
			encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'],
			env: { ...process.env, XDG_CONFIG_HOME: relay.dir } });
		const a = await Device.join(browser, relay, 'Abel');

		relay.command('invite', 'Theo');
		run('join', `=127.0.0.1:${relay.port}`, '--fingerprint',
			relay.command('fingerprint').match(/[0-9A-F:]{95}/)[0], 'Theo');
		run('post', 'Abel', 'It is Theo');	/* as a ping */
		await a.open('Theo');
		await a.page.getByRole('button', { name: 'Accept' }).click();
		await a.page.waitForSelector('.composer');
		await until(async () => await a.outbox() === 0);
		run('read');
		writeFileSync(join(relay.dir, 'report.txt'), 'all is well\n');
		run('post', '-s', 'Disk space', '-f', join(relay.dir, 'report.txt'),
			'Abel', 'The *disk*');
		await a.sees('The disk');
		assert.equal(await a.page.locator('.subject').textContent(),
			'Disk space');
		await a.page.locator('.log').getByRole('button',
			{ name: /report\.txt/ }).waitFor();
		await a.write('Thank you, Theo');
		await a.sees('Thank you', true);
		const thread = JSON.parse(run('--json', 'read').trim().split('\n')
			.pop());
		assert.match(JSON.stringify(thread), /Thank you, Theo/);
		/* What is written to a group, or to somebody else, is there. */
		const dialog = a.page.getByRole('dialog');
		await a.page.getByRole('button', { name: 'New conversation' }).click();
		await dialog.getByLabel('Name of the group').fill('Household');
		await dialog.getByLabel('First member').fill('Theo');
		await dialog.getByRole('button', { name: 'Create' }).click();
		await a.page.waitForSelector('.composer');
		run('read');
		run('group', 'join', 'Household');
		run('post', 'Household', 'Hello household');
		await a.sees('Hello household');
		const texts = await a.table('messages');
		assert.equal(texts.find((m) => m.text === 'Hello household').talk,
			'g:household');
		/* A browser that it adds needs no approval, and has the name. */
		const { link } = JSON.parse(run('--json', 'device', 'add'));
		const tablet = await Device.open(browser, relay, LAPTOP,
			link.slice(link.indexOf('#')));
		await tablet.page.getByRole('button', { name: 'Add this device' })
			.click();
		await tablet.online();
		await tablet.page.getByRole('button', { name: 'Settings' }).click();
		await tablet.page.getByRole('dialog').getByRole('listitem')
			.filter({ hasText: 'Theo' }).waitFor();
		await tablet.page.getByText('say there that this one is yours')
			.waitFor({ state: 'detached' });
		await quiet(a, tablet);
	});

test('pictures of the main views', async () => {
	const dir = process.env.PICTURES;
	const [a, b] = await pair(browser, relay, 'Grandma Ida', 'Jonas', LAPTOP,
		{ ...PHONE, deviceScaleFactor: 1 });
	const c = await Device.join(browser, relay, 'Mira', LAPTOP);
	const shot = async (device, name, scheme) => {
		await device.page.emulateMedia({ colorScheme: scheme });
		await device.page.waitForTimeout(200);
		const picture = await device.page.screenshot(dir
			? { path: `${dir}/page-${name}-${scheme}.png` } : {});
		assert.ok(picture.length > 5000);
	};

	await a.write('The cherries are ripe! Who comes on **Sunday**?');
	await b.sees('cherries');
	await b.write('We do, all four of us. Shall we bring the ladder?');
	await a.sees('ladder');
	const garden = await a.page.evaluate(async () => {
		const canvas = document.createElement('canvas');
		canvas.width = 640;
		canvas.height = 360;
		const g = canvas.getContext('2d');
		const sky = g.createLinearGradient(0, 0, 0, 360);
		sky.addColorStop(0, '#8cc3e8');
		sky.addColorStop(0.6, '#dff0f7');
		sky.addColorStop(0.62, '#7fae5c');
		sky.addColorStop(1, '#4d7d3a');
		g.fillStyle = sky;
		g.fillRect(0, 0, 640, 360);
		g.fillStyle = '#6b4a2f';
		g.fillRect(296, 190, 24, 110);
		g.fillStyle = '#3f7a37';
		for (const [x, y, r] of [[308, 130, 88], [245, 165, 55], [372, 165, 58]]) {
			g.beginPath();
			g.arc(x, y, r, 0, 7);
			g.fill();
		}
		g.fillStyle = '#c2263a';
		for (let i = 0; i < 40; i++) {
			g.beginPath();
			g.arc(308 + 100 * Math.sin(i * i * 1.7) * Math.cos(i),
				140 + 62 * Math.sin(i * 2.3), 6, 0, 7);
			g.fill();
		}
		const blob = await new Promise((done) => canvas.toBlob(done));
		return [...new Uint8Array(await blob.arrayBuffer())];
	});
	await a.page.locator('.composer input[multiple]').setInputFiles([{
		name: 'cherry tree.png', mimeType: 'image/png',
		buffer: Buffer.from(garden) }]);
	await a.write('Look, and yes please:\n\n- the ladder\n- two baskets');
	await b.page.locator('.picture img').waitFor();
	await a.page.getByRole('button', { name: 'New conversation' }).click();
	const dialog = a.page.getByRole('dialog');
	await dialog.getByLabel('Name of the group').fill('Family');
	await dialog.getByLabel('First member').fill('Jonas');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await a.page.waitForSelector('.composer');
	await a.write('A group for all of us');
	await c.ask('Grandma Ida', 'Hello Grandma, Mira here. I have a page now, too!');
	await a.page.locator('.talk', { hasText: 'Mira' }).waitFor();
	await a.open('Jonas');
	await a.page.locator('.picture img').waitFor();
	await a.page.waitForTimeout(500);
	for (const scheme of ['light', 'dark'])
		await shot(a, 'laptop', scheme);
	await shot(b, 'phone', 'dark');
	await b.page.getByRole('button', { name: 'Back' }).click();
	await b.page.locator('.talk', { hasText: 'Family' }).waitFor();
	await b.page.locator('.here').waitFor();	/* Ida is online */
	await shot(b, 'phone', 'light');
	await quiet(a, b, c);
});

/*
 * A slow machine stalls whatever the page does.  So what is checked is how much
 * the page does at once, and how much of it there is; the time is only printed.
 */
test('ten thousand messages scroll and are searched, a little at a time',
	async () => {
		const [a, b] = await pair(browser, relay, 'Nora', 'Otto');
		const { page } = a;
		await b.close();
		await page.evaluate(() => new Promise((done, failed) => {
			const open = indexedDB.open('mnm');
			open.onsuccess = () => {
				const tx = open.result.transaction(['messages', 'talks'],
					'readwrite');
				const talk = tx.objectStore('talks');
				talk.getAll().onsuccess = (e) => {
					const t = e.target.result[0];
					for (let i = 0; i < 10000; i++)
						tx.objectStore('messages').put({
							id: i.toString(16).padStart(16, '0'),
							talk: t.id, from: t.uid, mine: i % 2 === 1,
							at: new Date(1.7e12 + i * 6e5).toISOString(),
							text: `Message ${i} of **many**, which has ` +
								'some words in it' + (i % 10 ? ''
								: ' and more'.repeat(6000)) +
								(i ? '' : ' the beginning'),
							state: 'stored' });
				};
				tx.oncomplete = done;
				tx.onabort = failed;
			};
		}));
		await page.addInitScript(() => {
			const most = { task: 0, rows: 0, letters: 0, looked: 0, found: 0 };
			const looked = new WeakMap();
			const next = IDBCursor.prototype.continue;
			IDBCursor.prototype.continue = function (...args) {
				const { transaction } = this.request;
				const n = (looked.get(transaction) ?? 0) + 1;
				looked.set(transaction, n);
				most.looked = Math.max(most.looked, n);
				return next.apply(this, args);
			};
			new PerformanceObserver((list) => {
				for (const { duration } of list.getEntries())
					most.task = Math.max(most.task, Math.round(duration));
			}).observe({ type: 'longtask' });
			/* Called after the piece of script that has added something. */
			new MutationObserver((changes) => {
				const rows = changes.flatMap((c) => [...c.addedNodes])
					.filter((n) => n.parentNode?.matches?.('.log'));
				const letters = rows.reduce((sum, n) =>
					sum + n.textContent.length, 0);
				most.rows = Math.max(most.rows, rows.length);
				most.letters = Math.max(most.letters, letters);
				most.found = Math.max(most.found,
					document.querySelectorAll('.found').length);
			}).observe(document, { childList: true, subtree: true });
			window.most = most;
		});
		await page.reload();
		await page.locator('.bubble', { hasText: 'Message 9999' }).waitFor();
		const scroll = (y) => page.evaluate((by) => document.querySelector(
			'.middle .scroll').scrollBy(0, by), y);
		const shows = (n) => page.locator('.bubble', { hasText: `Message ${n} ` });
		/* Far up, where the newest is not in the page any more; and on. */
		for (let i = 0; await shows(9999).count() || i < 60; i++) {
			await scroll(-1500);
			await page.waitForTimeout(20);
		}
		const least = await page.locator('.bubble').first().textContent();
		await scroll(-9000);
		await page.waitForFunction((text) => document.querySelector('.bubble')
			.textContent !== text, least);
		assert.ok(await page.locator('.bubble').count() <= 150);
		/* Down again, what had left comes back. */
		for (let i = 0; !await shows(9999).count(); i++) {
			assert.ok(i < 1000);
			await scroll(1500);
			await page.waitForTimeout(20);
		}
		await scroll(-90000);
		await page.getByRole('button', { name: 'Newest' }).click();
		await shows(9999).waitFor();
		await page.getByRole('searchbox').fill('message 77 many');
		await page.locator('.found').nth(5).waitFor();
		await page.getByRole('searchbox').fill('message');
		await page.locator('.found').nth(99).waitFor();
		await page.getByRole('searchbox').fill('message 7 nowhere');
		await page.waitForTimeout(500);
		await page.getByRole('searchbox').fill('beginning');
		await page.locator('.found', { hasText: 'beginning' }).waitFor();
		const most = await page.evaluate(() => window.most);
		console.log(`at once: ${JSON.stringify(most)}; longest task: ` +
			`${most.task} ms`);
		assert.ok(most.rows > 5 && most.rows <= 30, `${most.rows} rows`);
		assert.ok(most.letters > 1000 && most.letters <= 20000,
			`${most.letters} letters`);
		assert.ok(most.looked > 50 && most.looked <= 100,
			`${most.looked} messages looked at`);
		assert.equal(most.found, 100);
		await quiet(a);
	});
