// What strangers write: posts and Markdown.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { writePost, readPost, safeName, pictureType } from '../../web/post.js';
import { parse, safeLink } from '../../web/markdown.js';
import { readLink } from '../../web/join.js';
import { typed } from '../../web/dom.js';
import { strings } from '../../web/strings.js';
import { readFileSync, readdirSync } from 'node:fs';

const bytes = (text) => new TextEncoder().encode(text);
const post = (sub, rest) => {
	const head = bytes(typeof sub === 'string' ? sub : JSON.stringify(sub));
	return readPost(head.length, new Uint8Array([...head, ...bytes(rest)]));
};

test('a name is what can be seen of it', () => {
	for (const [value, name] of [['  Oma \u2764\ufe0f ', 'Oma \u2764'],
		['A  B   C', 'A B C'], ['\u200b\u00ad', ''],
		['\u{1f468}\u200d\u{1f467} at home', '\u{1f468}\u{1f467} at home'],
		['\u0645\u06cc\u200c\u062e', '\u0645\u06cc\u062e']])
		assert.equal(typed({ value }), name);
});

test('what is written is read back', async () => {
	const { data, datahead } = writePost({ alias: 'Zoë', thread: '00ff',
		subject: 'Garden', cc: [{ who: 'Bob', uid: 'B', by: 'Zoë', byUid: 'Z' }],
		text: 'Grüße', files: [{ name: 'a.txt', blob: new Blob(['abc']) },
			{ name: 'b.png', blob: new Blob(['de']) }] }, '2026-01-01');
	const all = new Uint8Array(await data.arrayBuffer());
	const read = readPost(datahead, all);

	assert.equal(read.alias, 'Zoë');
	assert.equal(read.thread, '00ff');
	assert.equal(read.subject, 'Garden');
	assert.equal(read.text, 'Grüße');
	assert.deepEqual(read.cc, [{ who: 'Bob', uid: 'B' }]);
	assert.deepEqual(read.attach.map((a) => [a.kind, a.name,
		new TextDecoder().decode(all.subarray(a.start, a.start + a.size))]),
	[['u', 'a.txt', 'abc'], ['u', 'b.png', 'de']]);
});

test('a reply leaves the subject of its thread alone', () => {
	const { head } = writePost({ alias: 'A', thread: 'T', subject: '', cc: [],
		text: 'x', files: [] }, '');

	assert.deepEqual(JSON.parse(head), { Alias: 'A', ThreadId: 'T' });
});

test('the released client’s form: keys in any case, forms as attachments', () => {
	const read = post({ ALIAS: 'x', threadid: 't', subject: 's', Attach: [
		{ Name: 'f:poll', Size: 2, Ffn: 'x' }, { Name: 'u:a/../b', Size: 1 }],
	NodeSync: true }, 'textPPb');
	assert.deepEqual([read.alias, read.thread, read.subject, read.text,
		read.nodeSync], ['x', 't', 's', 'text', true]);
	assert.deepEqual(read.attach.map((a) => [a.kind, a.name, a.start > 0]),
		[['f', 'poll', true], ['u', 'b', true]]);
});

test('whatever the sub-header is, the text is shown', () => {
	for (const sub of ['nonsense', '[1]', 'null', '"x"', '{"Alias":7}',
		'{"Attach":7}', '{"Attach":[{"Size":-1}]}', '{"Cc":[1,null]}',
		'{"Attach":[{"Name":"u:x","Size":99999}]}',
		'{"Attach":[null]}', '{"__proto__":{"alias":"x"}}'])
		assert.equal(post(sub, 'words').text, 'words', sub);
	assert.equal(readPost(99, bytes('words')).text, 'words');
	assert.equal(readPost(-1, bytes('words')).text, 'words');
	assert.equal(readPost(0, new Uint8Array([0xff, 0xfe])).text.length, 2);
});

test('a huge text is cut, and kept as a file', () => {
	const read = readPost(0, bytes('x'.repeat(200_000)));
	assert.equal(read.text.length, 65536);
	assert.deepEqual([read.attach[0].name, read.attach[0].size,
		read.attach[0].start], ['text.md', 200_000, 0]);
});

test('names of files lead nowhere and hide nothing', () => {
	for (const [name, safe] of [['../../etc/passwd', 'passwd'],
		['C:\\x\\y.exe', 'y.exe'], ['', 'file'], ['..', 'file'],
		['a\u202egpj.exe', 'agpj.exe'], ['\0\n\t', 'file'],
		['.bashrc', 'bashrc'], ['a:b*c', 'a_b_c']])
		assert.equal(safeName(name), safe, JSON.stringify(name));
	assert.equal(safeName('é'.repeat(999)).length, 255);
	assert.equal(pictureType('x.PNG'), 'image/png');
	assert.equal(pictureType('x.svg'), '');
	assert.equal(pictureType('constructor'), '');
});

const shape = (nodes) => nodes.map((n) => typeof n === 'string' ? n
	: `${n.tag}${n.value ?? ''}(${[n.href ? `@${n.href}` : '', shape(n.children)]
		.filter(Boolean).join(' ')})`).join('|');

test('Markdown', () => {
	for (const [text, tree] of [
		['a **b** _c_ ~~d~~ `e*`', 'p(a |strong(b)| |em(c)| |s(d)| |code(e*))'],
		['one\ntwo\n\nthree', 'p(one|br()|two)|p(three)'],
		['# Head\ntext', 'h4(Head)|p(text)'],
		['- a\n- b\n\n1. c', 'ul(li(a)|li(b))|ol(li1(c))'],
		['24. December', 'ol(li24(December))'],
		['1. a\n\n2. b\n7. c', 'ol(li1(a))|ol(li2(b)|li7(c))'],
		['3) c', 'p(3) c)'], ['+ 49 170 1', 'p(+ 49 170 1)'],
		['> quote\n> **more**', 'blockquote(p(quote|br()|strong(more)))'],
		['```js\n<b>&\n```', 'pre(code(<b>&))'],
		['[x](https://a.example/b)',
			'p(a(@https://a.example/b x (a.example)))'],
		['see https://a.example/b_c_d.', 'p(see |a(@https://a.example/b_c_d ' +
			'https://a.example/b_c_d)|.)'],
		['https://a.example/b_(c), (https://a.example/d)',
			'p(a(@https://a.example/b_(c) https://a.example/b_(c))|, (|' +
			'a(@https://a.example/d https://a.example/d)|))'],
		['[x](https://a.example/b_(c))!',
			'p(a(@https://a.example/b_(c) x (a.example))|!)'],
		['snake_case_name 2*3*4 *5*', 'p(snake_case_name 2*3*4 |em(5))'],
		['\\*no\\*', 'p(*|no|*)'],
		['# a # b ##  ', 'h4(a # b)'], ['## c#', 'h4(c#)'], ['# #', 'h4(#)'],
		['(mailto:a@b.example).', 'p((|a(@mailto:a@b.example ' +
			'mailto:a@b.example)|).)'],
		['<script>alert(1)</script>', 'p(<script>alert(1)</script>)'],
		['![x](javascript:alert(1))', 'p(![x](javascript:alert(1)))'],
	])
		assert.equal(shape(parse(text)), tree, text);
});

test('only addresses that are safe become links', () => {
	for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'file:///x',
		'https://', 'http:x', 'https://a\u202eb', 'vbscript:x', 'https:// x'])
		assert.equal(safeLink(bad), '', bad);
	assert.equal(safeLink('mailto:a@b.example'), 'mailto:a@b.example');
});

/*
 * What takes time in proportion to the square of its length takes minutes of the
 * processor here, and everything else a moment, however busy the machine is.
 */
function takesAMoment(work, about)
{
	const start = process.cpuUsage().user;

	work();
	const took = (process.cpuUsage().user - start) / 1e6;
	assert.ok(took < 10, `${about}: ${took} s`);
}

test('no text takes long', () => {
	for (const text of ['[', '*', '_', '**a', '`', '](', '[a](', '> ', '~~',
		'http:', 'https://', '- ', '\\', '*a _b ', '[x](https://a ', '**_*~~`',
		'http:///'.repeat(500) + '.'.repeat(4000) + 'x', 'http://a\u200b',
		'https://a' + '()'.repeat(900), '[a](' + '('.repeat(1900),
		'# a' + ' '.repeat(5e5) + 'x', '- ' + ' '.repeat(5e5) + 'a\u2028b',
		'[](http://a"'.repeat(4e4) + ' )'])
		takesAMoment(() => parse(text.repeat(Math.ceil(5e5 / text.length))),
			JSON.stringify(text.slice(0, 60)));
});

test('no name takes long', () => {
	takesAMoment(() => safeName('x' + ' .'.repeat(3e5) + 'x'), 'a name');
	assert.equal(safeName(' .a. b . '), 'a. b');
});

test('links: invitations, and codes for another device', () => {
	const uid = '%+123456789BCDFGHJKLMNPQRSTVWXYZ';
	const nodeid = uid + '12345678';
	assert.deepEqual(readLink('#join=Alice%20B&code=X1&ca=00'),
		{ join: 'Alice B', code: 'X1' });
	for (const text of [`#device=${uid}.${nodeid}`,
		`https://h:1/#device=${encodeURIComponent(uid)}.${nodeid
			.replace(/%/g, '%25')}`, ` ${uid}.${nodeid}\n`])
		assert.deepEqual(readLink(text), { uid, nodeid, name: undefined }, text);
	assert.equal(readLink(`#device=${uid}.${nodeid}&name=Theo%20T&ca=00`).name,
		'Theo T');
	assert.deepEqual(readLink('#talk=u:x'), { join: undefined,
		code: undefined });
	assert.equal(readLink('#device=x.y').uid, undefined);
});

test('the modules can be one script: no two have a name in common', () => {
	const dir = new URL('../../web/', import.meta.url);
	const names = readdirSync(dir).filter((n) => n.endsWith('.js') && n !== 'sw.js')
		.flatMap((n) => [...readFileSync(new URL(n, dir), 'utf8').matchAll(
			/^(?:export )?(?:async )?(?:const|let|class|function) (\w+)/gm)]
			.map((m) => m[1]));

	assert.ok(names.length > 100);
	assert.deepEqual(names.filter((n, i) => names.indexOf(n) !== i), []);
});

test('every string that the page says is in the table, and no other', () => {
	const dir = new URL('../../web/', import.meta.url);
	const source = readdirSync(dir).filter((n) => n.endsWith('.js') &&
		n !== 'strings.js').map((n) => readFileSync(new URL(n, dir), 'utf8'))
		.join('\n');
	const said = new Set([...source.matchAll(/'([a-z][a-z-]*)'/g)]
		.map((m) => m[1]));
	for (const [, key] of source.matchAll(/\b(?:t|sentence)\(\s*'([^']+)'/g))
		assert.ok(key.endsWith('-') || key in strings, key);
	const parts = [...said].filter((s) => s.endsWith('-'));
	for (const key of Object.keys(strings))
		assert.ok(said.has(key) || parts.some((p) => key.startsWith(p)), key);
});
