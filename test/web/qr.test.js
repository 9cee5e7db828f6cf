// QR codes are read back by a decoder that nobody here wrote.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { encode } from '../../web/qr.js';
import { newNodeid } from '../../web/tmtp.js';

let jsQR;
try {
	jsQR = (await import('jsqr')).default;
} catch {
	/* skipped below */
}

function picture({ size, dark }, scale = 4)
{
	const side = (size + 8) * scale;
	const pixels = new Uint8ClampedArray(side * side * 4).fill(255);

	for (let y = 0; y < size * scale; y++)
		for (let x = 0; x < size * scale; x++)
			if (dark[Math.floor(y / scale) * size + Math.floor(x / scale)])
				pixels.fill(0, ((y + 4 * scale) * side + x + 4 * scale) * 4,
					((y + 4 * scale) * side + x + 4 * scale) * 4 + 3);
	return [pixels, side, side];
}

test('every length that fits is read back', { skip: !jsQR }, () => {
	for (const n of [1, 14, 15, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251,
		287, 331, 362, 412, 450, 504, 560, 624, 666]) {
		const text = Array.from({ length: n }, (_, i) =>
			String.fromCharCode(33 + (i * 7 + n) % 90)).join('');
		assert.equal(jsQR(...picture(encode(text)))?.data, text, `${n} bytes`);
	}
});

test('codes for another device, as random as they are', { skip: !jsQR }, () => {
	for (let i = 0; i < 20; i++) {
		const link = 'https://relay.example.org:3456/#device=' +
			encodeURIComponent(`${newNodeid().slice(8)}.${newNodeid()}`);
		assert.equal(jsQR(...picture(encode(link)))?.data, link);
	}
});

test('an invitation with letters of any kind', { skip: !jsQR }, () => {
	const link = 'https://[fd00::1]:3456/#join=' + encodeURIComponent('Zoë Ω');
	assert.equal(jsQR(...picture(encode(link)))?.data, link);
});

test('a text that is too long is refused', () => {
	assert.throws(() => encode('x'.repeat(667)), RangeError);
});
