// The page in a real browser, against the real relay.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Device, LAPTOP, PHONE, Relay, launch, pair } from './page.js';

let browser, relay;
/** @type {Device[]} */
const devices = [];

before(async () => {
	relay = await Relay.start();
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await relay?.stop();
});

/** Nothing went wrong in these browsers, and no policy was violated. */
async function quiet(...list)
{
	for (const device of list) {
		assert.deepEqual(device.wrong, []);
		await device.close();
	}
}

test('two people meet and talk', async () => {
	const [a, b] = await pair(browser, relay, 'Alice Smith', 'Bob', LAPTOP,
		PHONE);

	await a.write('Hello **Bob**');
	await a.sees('Hello Bob', true);
	await b.sees('Hello Bob');
	await b.write('Good evening');
	await a.sees('Good evening');
	assert.equal(await b.page.locator('.log strong').textContent(), 'Bob');
	/* Who is not looking at it sees a count. */
	await b.page.getByRole('button', { name: 'Back' }).click();
	await a.write('Are you there?');
	await b.page.locator('.count').waitFor();
	assert.equal(await b.page.title(), '(1) mnm');
	await b.open('Alice');
	await b.page.waitForFunction(() => document.title === 'mnm');
	await quiet(a, b);
});

test('who is not invited waits for the operator', async () => {
	const d = await Device.open(browser, relay, LAPTOP, '#join=Zoe%20Z');

	await d.page.getByRole('button', { name: 'Join' }).waitFor();
	assert.equal(new URL(d.page.url()).hash, '');
	await d.page.getByRole('button', { name: 'Join' }).click();
	await d.page.getByText('The operator has been asked').waitFor();
	relay.command('approve', 'Zoe Z');
	await d.page.getByRole('button', { name: 'Try now' }).click();
	await d.online();
	await quiet(d);
});
