// @ts-check
/*
 * qr.js - QR codes of text in byte mode, versions 1 to 20, level M (ISO 18004).
 *
 * The mask is always the chessboard.  Which of the eight is the easiest to read
 * matters for rows of the same letter, and what is drawn here is random.
 */

/* For each version from 1: error correction bytes per block, and blocks. */
const ECC = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28,
	26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

const FORMAT_BITS = 0x5412;	/* level M, mask 0: all bits 0, in their own mask */

/** Modules that carry bits, of version v. @param {number} v */
function capacity(v)
{
	let bits = (16 * v + 128) * v + 64;

	if (v >= 2) {
		const n = Math.floor(v / 7) + 2;
		bits -= (25 * n - 10) * n - 55;
		if (v >= 7)
			bits -= 36;
	}
	return bits;
}

/** Bytes of data that version v holds. @param {number} v */
function room(v)
{
	return Math.floor(capacity(v) / 8) - ECC[v - 1] * BLOCKS[v - 1];
}

/** Multiply in GF(2^8) modulo 0x11d. @param {number} a @param {number} b */
function multiply(a, b)
{
	let z = 0;

	for (let i = 7; i >= 0; i--) {
		z = (z << 1) ^ ((z >>> 7) * 0x11d);
		z ^= ((b >>> i) & 1) * a;
	}
	return z;
}

/** The generator polynomial of a degree. @param {number} degree */
function generator(degree)
{
	const g = new Uint8Array(degree);
	let root = 1;

	g[degree - 1] = 1;
	for (let i = 0; i < degree; i++) {
		for (let j = 0; j < degree; j++) {
			g[j] = multiply(g[j], root);
			if (j + 1 < degree)
				g[j] ^= g[j + 1];
		}
		root = multiply(root, 2);
	}
	return g;
}

/** @param {Uint8Array} data @param {Uint8Array} g */
function remainder(data, g)
{
	const r = new Uint8Array(g.length);

	for (const byte of data) {
		const factor = byte ^ r[0];
		r.copyWithin(0, 1);
		r[r.length - 1] = 0;
		for (let i = 0; i < g.length; i++)
			r[i] ^= multiply(g[i], factor);
	}
	return r;
}

/** The text with its header and padding. @param {Uint8Array} bytes @param {number} v */
function encodeData(bytes, v)
{
	/** @type {number[]} */
	const bits = [];
	const put = (/** @type {number} */ value, /** @type {number} */ n) => {
		for (let i = n - 1; i >= 0; i--)
			bits.push((value >>> i) & 1);
	};
	const all = room(v) * 8;

	put(4, 4);	/* byte mode */
	put(bytes.length, v < 10 ? 8 : 16);
	for (const byte of bytes)
		put(byte, 8);
	put(0, Math.min(4, all - bits.length));
	put(0, (8 - bits.length % 8) % 8);
	for (let pad = 0xec; bits.length < all; pad ^= 0xec ^ 0x11)
		put(pad, 8);
	return Uint8Array.from({ length: all / 8 }, (_, i) =>
		parseInt(bits.slice(i * 8, i * 8 + 8).join(''), 2));
}

/** Blocks with their error correction, interleaved. @param {Uint8Array} data @param {number} v */
function addCorrection(data, v)
{
	const blocks = BLOCKS[v - 1];
	const ecc = ECC[v - 1];
	const raw = Math.floor(capacity(v) / 8);
	const short = blocks - raw % blocks;
	const shortLength = Math.floor(raw / blocks) - ecc;
	const g = generator(ecc);
	const parts = [];
	const out = [];

	for (let i = 0, at = 0; i < blocks; i++) {
		const n = shortLength + (i < short ? 0 : 1);
		const part = data.subarray(at, at + n);
		parts.push({ part, check: remainder(part, g) });
		at += n;
	}
	for (let i = 0; i <= shortLength; i++)
		for (const { part } of parts)
			if (i < part.length)
				out.push(part[i]);
	for (let i = 0; i < ecc; i++)
		for (const { check } of parts)
			out.push(check[i]);
	return out;
}

class Grid {
	/** @param {number} v */
	constructor(v)
	{
		this.version = v;
		this.size = v * 4 + 17;
		this.dark = new Uint8Array(this.size * this.size);
		this.fixed = new Uint8Array(this.size * this.size);
		this.drawPatterns();
	}

	/** @param {number} x @param {number} y @param {boolean | number} dark */
	set(x, y, dark)
	{
		this.dark[y * this.size + x] = dark ? 1 : 0;
		this.fixed[y * this.size + x] = 1;
	}

	drawPatterns()
	{
		const n = this.size;

		for (let i = 0; i < n; i++) {
			this.set(6, i, i % 2 === 0);
			this.set(i, 6, i % 2 === 0);
		}
		for (const [x, y] of [[3, 3], [n - 4, 3], [3, n - 4]])
			this.drawRings(x, y, [1, 1, 0, 1, 0]);
		const at = this.alignments();
		const last = at.length - 1;
		for (let i = 0; i <= last; i++)
			for (let j = 0; j <= last; j++)
				if (!((i === 0 && j === 0) || (i === 0 &&
				    j === last) || (i === last && j === 0)))
					this.drawRings(at[i], at[j], [1, 0, 1]);
		this.drawFormat();
		if (this.version >= 7)
			this.drawVersion();
	}

	/**
	 * Square rings around a centre, as far as they are in the grid.
	 * @param {number} x @param {number} y
	 * @param {number[]} dark whether each is, from the centre on
	 */
	drawRings(x, y, dark)
	{
		const r = dark.length - 1;

		for (let dy = -r; dy <= r; dy++)
			for (let dx = -r; dx <= r; dx++)
				if (x + dx >= 0 && x + dx < this.size &&
				    y + dy >= 0 && y + dy < this.size)
					this.set(x + dx, y + dy, dark[
						Math.max(Math.abs(dx), Math.abs(dy))]);
	}

	alignments()
	{
		if (this.version === 1)
			return [];
		const n = Math.floor(this.version / 7) + 2;
		const step = Math.ceil((this.version * 4 + 4) / (n * 2 - 2)) * 2;
		const at = [6];
		for (let i = n - 2; i >= 0; i--)
			at.push(this.size - 7 - i * step);
		return at;
	}

	drawFormat()
	{
		const bit = (/** @type {number} */ i) => (FORMAT_BITS >>> i) & 1;
		const n = this.size;

		for (let i = 0; i <= 5; i++)
			this.set(8, i, bit(i));
		this.set(8, 7, bit(6));
		this.set(8, 8, bit(7));
		this.set(7, 8, bit(8));
		for (let i = 9; i < 15; i++)
			this.set(14 - i, 8, bit(i));
		for (let i = 0; i < 8; i++)
			this.set(n - 1 - i, 8, bit(i));
		for (let i = 8; i < 15; i++)
			this.set(8, n - 15 + i, bit(i));
		this.set(8, n - 8, true);
	}

	drawVersion()
	{
		let rest = this.version;
		for (let i = 0; i < 12; i++)
			rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
		const bits = (this.version << 12) | rest;
		for (let i = 0; i < 18; i++) {
			const a = this.size - 11 + i % 3;
			const b = Math.floor(i / 3);
			this.set(a, b, (bits >>> i) & 1);
			this.set(b, a, (bits >>> i) & 1);
		}
	}

	/** In two columns at a time, up and down. @param {number[]} bytes */
	drawData(bytes)
	{
		const n = this.size;
		let i = 0;

		for (let right = n - 1; right >= 1; right -= 2) {
			if (right === 6)
				right = 5;
			for (let k = 0; k < n; k++)
				for (let x = right; x >= right - 1; x--) {
					const up = ((right + 1) & 2) === 0;
					const y = up ? n - 1 - k : k;
					if (this.fixed[y * n + x])
						continue;
					const bit = (bytes[i >>> 3] >>> (7 - (i & 7))) & 1;
					this.dark[y * n + x] = bit ^ ((x + y + 1) & 1);
					i++;
				}
		}
	}
}

/**
 * @param {string} text
 * @returns {{size: number, dark: Uint8Array}} modules, row by row, without the
 *	margin of 4
 */
export function encode(text)
{
	const bytes = new TextEncoder().encode(text);
	let v = 1;

	while (v <= 20 && bytes.length + (v < 10 ? 2 : 3) > room(v))
		v++;
	if (v > 20)
		throw new RangeError('too long for a QR code');
	const grid = new Grid(v);
	grid.drawData(addCorrection(encodeData(bytes, v), v));
	return grid;
}
