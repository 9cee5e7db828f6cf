/*
 * HTTP: what is answered, what is refused, and that no bytes after a refused
 * request are taken for another one.  Each case runs with its bytes at once and
 * one at a time, and must be answered the same.
 */
#include "net/http.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "test/lib/check.h"

/* Sunday, 6 November 1994, 08:49:37 GMT. */
static const struct now start = { 1000, 784111777000 };

static struct conf conf;

static const char health[] = "GET /health HTTP/1.1\r\nHost: r\r\n\r\n";

/* Give bytes; append all that is answered.  True if it stays open. */
static bool
give(struct buf *answers, struct span bytes, size_t piece, unsigned flags)
{
	struct http *h = http_open(&conf, flags, start);
	char room[7];
	size_t n, at, got;
	bool open;

	for (at = 0; at < bytes.n; at += n) {
		n = bytes.n - at < piece ? bytes.n - at : piece;
		http_input(h, (struct span){ bytes.p + at, n }, start);
		do {
			while (http_asks(h) != HTTP_NOTHING)
				http_answer(h, 200, "text/plain",
				    http_asks(h) == HTTP_HEALTH ? SPAN("ok\n") :
				    SPAN("metrics\n"), start);
			got = http_output(h, room, sizeof(room), start);
			buf_add(answers, (struct span){ room, got });
		} while (got > 0 || http_asks(h) != HTTP_NOTHING);
	}
	open = !http_is_over(h);
	http_free(h);
	return open;
}

/* How many answers these are: lines that begin with HTTP/. */
static unsigned
count_answers(const struct buf *answers)
{
	struct span rest = buf_span(answers);
	unsigned count = 0;
	size_t at;

	while ((at = span_find(rest, SPAN("HTTP/1.1 "))) < rest.n) {
		count++;
		rest.p += at + 1;
		rest.n -= at + 1;
	}
	return count;
}

static bool
has(const struct buf *answers, const char *text)
{
	return *text == '\0' ||
	    span_find(buf_span(answers), span_of(text)) < answers->n;
}

/* Give a text both ways, and compare. */
static bool
ask(struct buf *answers, const char *text, unsigned flags)
{
	struct buf split = { NULL, 0, 0 };
	bool open, split_open;

	answers->n = 0;
	open = give(answers, span_of(text), SIZE_MAX, flags);
	split_open = give(&split, span_of(text), 1, flags);
	CHECK(open == split_open && span_is(buf_span(answers),
	    buf_span(&split)), "not the same when split: %s", text);
	buf_free(&split);
	return open;
}

/* ---- one request ---- */

#define HEAD_BYTES 8192	/* of a request, at most */

#define H "Host: r\r\n"
#define WS "GET /tmtp HTTP/1.1\r\n" H "Upgrade: websocket\r\n" \
    "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"

static const struct request_case {
	const char *text;
	unsigned status;
	bool open;		/* afterwards */
	const char *within;	/* what the answer says */
} cases[] = {
	/* The table of files, and what else is there. */
	{ "GET / HTTP/1.1\r\n" H "\r\n", 200, true,
	    "\r\nContent-Encoding: gzip\r\n" },
	{ "GET / HTTP/1.1\r\n" H "\r\n", 200, true,
	    "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" },
	{ "GET /?x=1 HTTP/1.1\r\n" H "\r\n", 200, true, "text/html" },
	{ "GET / HTTP/1.1\r\n" H "\r\n", 200, true,
	    "Content-Security-Policy: default-src 'none'; "
	    "script-src 'self'; " },
	{ "GET / HTTP/1.1\r\n" H "\r\n", 200, true, " wss://r; " },
	{ "GET / HTTP/1.1\r\n" H "\r\n", 200, true,
	    "\r\nX-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n" },
	{ "HEAD / HTTP/1.1\r\n" H "\r\n", 200, true,
	    "\r\nCache-Control: no-cache\r\n" },
	{ "GET / HTTP/1.0\r\n\r\n", 200, false, "Connection: close" },
	{ "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", 200, false,
	    "Connection: close" },
	{ "GET / HTTP/1.1\r\n" H "Connection: x, Close\r\n\r\n", 200, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\n\r\n", 200, true,
	    "" },
	{ "GET /health HTTP/1.1\r\n" H "\r\n", 200, true, "\r\n\r\nok\n" },
	{ "GET /health?now HTTP/1.1\r\n" H "Connection: close\r\n\r\n", 200,
	    false, "\r\n\r\nok\n" },
	{ "HEAD /health HTTP/1.1\r\n" H "\r\n", 200, true,
	    "\r\nContent-Length: 3\r\n\r\n" },
	{ "GET /metrics HTTP/1.1\r\n" H "\r\n", 404, true, "" },
	{ "GET /nothing HTTP/1.1\r\n" H "\r\n", 404, true, "" },
	{ "GET /app.js/ HTTP/1.1\r\n" H "\r\n", 404, true, "text/plain" },
	{ "GET // HTTP/1.1\r\n" H "\r\n", 404, true, "" },
	{ "GET /%2e HTTP/1.1\r\n" H "\r\n", 404, true, "" },
	{ "GET /../../etc/passwd HTTP/1.1\r\n" H "\r\n", 404, true, "" },
	{ "GET /0123456789/ HTTP/1.1\r\n" H "\r\n", 404, true, "" },
	{ "OPTIONS * HTTP/1.1\r\n" H "\r\n", 204, true,
	    "\r\nAllow: GET, HEAD, OPTIONS\r\n" },
	{ "OPTIONS /tmtp HTTP/1.1\r\n" H "\r\n", 204, true, "" },

	/* Whole URLs, as proxies are asked for. */
	{ "GET https://q:1/ HTTP/1.1\r\n" H "\r\n", 200, true,
	    " wss://q:1; " },
	{ "GET HTTP://r HTTP/1.1\r\n" H "\r\n", 200, true, "text/html" },
	{ "GET http://r?x/y HTTP/1.1\r\n" H "\r\n", 200, true, "text/html" },
	{ "GET http:// HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET https://r/health?x=/ HTTP/1.1\r\n" H "\r\n", 200, true,
	    "\r\n\r\nok\n" },
	{ "GET https://r/x://y/ HTTP/1.1\r\n" H "\r\n", 404, true, "" },
	{ "GET /http://r/ HTTP/1.1\r\n" H "\r\n", 404, true, "" },
	{ "OPTIONS https://r/tmtp HTTP/1.1\r\n" H "\r\n", 204, true, "" },

	/* Methods. */
	{ "POST / HTTP/1.1\r\n" H "\r\n", 405, true,
	    "\r\nAllow: GET, HEAD, OPTIONS\r\n" },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 405, true, "" },
	{ "PUT /x HTTP/1.1\r\n" H "\r\n", 405, true, "" },
	{ "TRACE / HTTP/1.1\r\n" H "\r\n", 405, true, "" },
	{ "get / HTTP/1.1\r\n" H "\r\n", 405, true, "" },
	{ "G@T / HTTP/1.1\r\n" H "\r\n", 400, false, "" },

	/* The request line. */
	{ "GET / HTTP/1.2\r\n" H "\r\n", 200, true, "" },
	{ "GET / HTTP/2.0\r\n" H "\r\n", 505, false, "" },
	{ "GET / HTTP/0.9\r\n\r\n", 505, false, "" },
	{ "GET / http/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET / HTTP/11\r\n" H "\r\n", 400, false, "" },
	{ "GET / HTTP/1.1 \r\n" H "\r\n", 400, false, "" },
	{ "GET  / HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET /  HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET\t/ HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET / x HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET /\r\n\r\n", 400, false, "" },
	{ "GET\r\n\r\n", 400, false, "" },
	{ "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 200, true, "" },
	{ "\n\nGET / HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "\r\rGET / HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET x HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET * HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET http:///x HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET http://u@r/ HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET ftp://r/ HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET http:/r/ HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET https://r/ HTTP/1.1\r\n\r\n", 400, false, "" },
	{ "GET /#x HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "GET /\xc3\xbc HTTP/1.1\r\n" H "\r\n", 400, false, "" },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, false, "" },

	/* Host. */
	{ "GET / HTTP/1.1\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H H "\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: a;b\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: a'b\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: [zz]\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: r:abc\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: r:1:2\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: r:123456\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: :1\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\nHost: [::1]:3456\r\n\r\n", 200, true,
	    " wss://[::1]:3456; " },
	{ "GET / HTTP/1.1\r\nhOsT:\t r-1.example:1 \t\r\n\r\n", 200, true,
	    " wss://r-1.example:1; " },

	/* Where a request ends must be beyond doubt. */
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 200, true, "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx", 413, false,
	    "" },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", 405,
	    false, "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 0\r\n"
	    "Content-Length: 0\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 0, 0\r\n\r\n", 400, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: +0\r\n\r\n", 400, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 400, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\n", 400, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 00\r\n\r\n", 413, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	    "0\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", 400,
	    false, "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 0\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "transfer-encoding:\r\n\r\n", 400, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n", 400,
	    false, "" },
	{ "GET / HTTP/1.1\r\n" H "Content-Length\t: 0\r\n\r\n", 400, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n " H "\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X: a\nY: b\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\n" H "\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X: \xff\t.\r\n\r\n", 200, true, "" },
	{ "GET / HTTP/1.1\r\n" H "X\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H ": x\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X(: x\r\n\r\n", 400, false, "" },
	{ "GET / HTTP/1.1\r\n" H "X:\r\n\r\n", 200, true, "" },

	/* Codings and tags. */
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: identity\r\n\r\n", 406,
	    true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding:\r\n\r\n", 406, true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: br, gzip\r\n\r\n", 200,
	    true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: br;q=1.0,GZIP;q=0.1\r\n"
	    "\r\n", 200, true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: x-gzip\r\n\r\n", 200,
	    true, "\r\nContent-Encoding: gzip\r\n" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: x-gzip;q=0, *\r\n\r\n",
	    406, true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: gzip;q=0\r\n\r\n", 406,
	    true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: gzip; q=0.000, *\r\n\r\n",
	    406, true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: *\r\n\r\n", 200, true,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: *;q=0\r\n\r\n", 406, true,
	    "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: *;q=0, gzip\r\n\r\n", 200,
	    true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: br\r\n"
	    "accept-encoding:\r\nACCEPT-ENCODING: x, gzip\r\n\r\n", 200,
	    true, "" },
	{ "GET / HTTP/1.1\r\n" H "Accept-Encoding: br\r\n"
	    "Accept-Encoding: identity\r\n\r\n", 406, true, "" },
	{ "GET / HTTP/1.1\r\n" H "If-None-Match: \"x\"\r\n"
	    "If-None-Match: , *\r\n\r\n", 304, true, "ETag: \"" },
	{ "GET / HTTP/1.1\r\n" H "If-None-Match: *\r\n\r\n", 304, true,
	    "ETag: \"" },
	{ "GET / HTTP/1.1\r\n" H "If-None-Match: \"x\"\r\n\r\n", 200, true,
	    "ETag: \"" },

	/* WebSocket: the RFC's example, and what lacks something. */
	{ WS KEY V13 "\r\n", 101, true, "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n" },
	{ WS KEY V13 "Sec-WebSocket-Protocol: chat, tmtp\r\n\r\n", 101, true,
	    "\r\nSec-WebSocket-Protocol: tmtp\r\n\r\n" },
	{ WS KEY V13 "Sec-WebSocket-Protocol: chat\r\n"
	    "Sec-WebSocket-Protocol: tmtp\r\n\r\n", 101, true,
	    "=\r\nSec-WebSocket-Protocol: tmtp\r\n\r\n" },
	{ WS KEY V13 "Sec-WebSocket-Protocol: tmtp2\r\n\r\n", 400, true, "" },
	{ WS KEY V13 "Sec-WebSocket-Protocol:\r\n\r\n", 400, true, "" },
	{ "GET /tmtp HTTP/1.1\r\n" H "Upgrade: h2c\r\nUpgrade: websocket\r\n"
	    "Connection: keep-alive\r\nConnection: Upgrade\r\n" KEY V13 "\r\n",
	    101, true, "" },
	{ WS KEY V13 "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
	    101, true, "=\r\n\r\n" },
	{ WS KEY "Sec-WebSocket-Version: 8\r\n\r\n", 426, true,
	    "\r\nSec-WebSocket-Version: 13\r\n" },
	{ WS KEY "\r\n", 426, true, "" },
	{ WS V13 "\r\n", 400, true, "" },
	{ WS V13 "Sec-WebSocket-Key: short\r\n\r\n", 400, true, "" },
	{ WS KEY KEY V13 "\r\n", 400, false, "" },
	{ "GET /tmtp HTTP/1.1\r\n" H "Connection: Upgrade\r\n" KEY V13 "\r\n",
	    426, true, "" },
	{ "GET /tmtp HTTP/1.1\r\n" H "Upgrade: websocket\r\n" KEY V13 "\r\n",
	    426, true, "\r\nUpgrade: websocket\r\n" },
	{ "GET /tmtp HTTP/1.1\r\n" H "\r\n", 426, true, "" },
	{ "HEAD /tmtp HTTP/1.1\r\n" H "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n" KEY V13 "\r\n", 426, true, "" },
	{ "POST /tmtp HTTP/1.1\r\n" H "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n" KEY V13 "\r\n", 405, true, "" },
	{ "GET /tmtp HTTP/1.0\r\n" H "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n" KEY V13 "\r\n", 426, false, "" },
	{ "GET / HTTP/1.1\r\n" H "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n" KEY V13 "\r\n", 200, true, "" },

	/* Origins: the host itself, and what is configured. */
	{ WS KEY V13 "Origin: https://r\r\n\r\n", 101, true, "" },
	{ WS KEY V13 "Origin: https://R\r\n\r\n", 101, true, "" },
	{ WS KEY V13 "Origin: https://chat.example\r\n\r\n", 101, true, "" },
	{ WS KEY V13 "Origin: https://chat.example:1\r\n\r\n", 403, true,
	    "web_origins" },
	{ WS KEY V13 "Origin: https://evil\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin: https://r.evil\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin: https://r:1\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin: https://\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin: r\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin: null\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin:\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin: ftp://r\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin: http://r\r\n\r\n", 101, true, "" },
	{ WS KEY V13 "Origin: https://chat.example:443\r\n\r\n", 101, true,
	    "" },
	{ WS KEY V13 "Origin: https://chat.example:80\r\n\r\n", 403, true,
	    "" },
	{ WS KEY V13 "Origin: https://r:443\r\n\r\n", 101, true, "" },
	{ WS KEY V13 "Origin: https://r:80\r\n\r\n", 403, true, "" },
	{ WS KEY V13 "Origin: http://r:80\r\n\r\n", 101, true, "" },
	{ WS KEY V13 "Origin: https://port.example\r\n\r\n", 101, true, "" },
	{ "GET /tmtp HTTP/1.1\r\nHost: r:443\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\n" KEY V13 "Origin: https://r\r\n\r\n",
	    101, true, "" },
	{ WS KEY V13 "Sec-WebSocket-Protocol: TMTP\r\n\r\n", 400, true, "" }
};

static void
test_cases(void)
{
	const struct request_case *c;
	struct buf answers = { NULL, 0, 0 };
	char line[40];
	size_t i;
	bool open;

	for (i = 0; i < COUNT(cases); i++) {
		c = &cases[i];
		open = ask(&answers, c->text, 0);
		(void)snprintf(line, sizeof(line), "HTTP/1.1 %u ", c->status);
		CHECK(answers.n > 20 && memcmp(answers.p, line,
		    strlen(line)) == 0, "%s: %.*s", c->text, answers.n > 20 ?
		    20 : (int)answers.n, answers.p);
		CHECK(count_answers(&answers) == 1, "%s: %u answers", c->text,
		    count_answers(&answers));
		CHECK(open == c->open, "%s: open: %d", c->text, open);
		CHECK(has(&answers, c->within), "%s: %.*s", c->text,
		    (int)answers.n, answers.p);
	}
	(void)ask(&answers, WS KEY V13 "Origin: http://r\r\n\r\n", HTTP_TLS);
	CHECK(has(&answers, "HTTP/1.1 403 "), "http, but the relay has TLS");
	(void)ask(&answers, "GET /metrics HTTP/1.1\r\n" H "\r\n", HTTP_LOCAL);
	CHECK(has(&answers, "\r\n\r\nmetrics\n"), "no metrics");
	(void)ask(&answers, health, HTTP_HSTS);
	CHECK(has(&answers, "\r\nStrict-Transport-Security: max-age="),
	    "no HSTS");
	(void)ask(&answers, health, 0);
	CHECK(!has(&answers, "Strict-Transport"), "HSTS");
	buf_free(&answers);
}

/* A refused request is the last one; any other is followed by the next. */
static void
test_pipelining(void)
{
	struct buf text = { NULL, 0, 0 }, answers = { NULL, 0, 0 };
	const struct request_case *c;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		c = &cases[i];
		text.n = 0;
		buf_addf(&text, "%s%s%s", health, c->text, health);
		buf_add_byte(&text, '\0');
		(void)ask(&answers, text.p, 0);
		CHECK(count_answers(&answers) ==
		    (c->open && c->status != 101 ? 3 : 2),
		    "%s: %u answers", c->text, count_answers(&answers));
	}
	text.n = 0;
	for (i = 0; i < 1000; i++)
		buf_addf(&text, "%s", health);
	buf_add_byte(&text, '\0');
	CHECK(ask(&answers, text.p, 0) && count_answers(&answers) == 1000,
	    "%u of 1000 answers", count_answers(&answers));
	buf_free(&text);
	buf_free(&answers);
}

/* A request with so many bytes in one place. */
static void
test_long(size_t path, size_t field, unsigned fields, unsigned status)
{
	struct buf text = { NULL, 0, 0 }, answers = { NULL, 0, 0 };
	char line[40];
	unsigned i;

	buf_addf(&text, "GET /%0*d HTTP/1.1\r\n" H, (int)path, 0);
	for (i = 0; i < fields; i++)
		buf_addf(&text, "X: %0*d\r\n", (int)field, 0);
	buf_addf(&text, "\r\n");
	buf_add_byte(&text, '\0');
	(void)ask(&answers, text.p, 0);
	(void)snprintf(line, sizeof(line), "HTTP/1.1 %u ", status);
	CHECK(has(&answers, line), "path %zu, %u fields of %zu: %.*s", path,
	    fields, field, 20, answers.p);
	buf_free(&text);
	buf_free(&answers);
}

/* 45 kB for all that a phone fetches; gzip takes 2 kB more (web/embed). */
static void
test_size(void)
{
	size_t most = system("command -v zopfli >/dev/null") == 0 ? 45000 :
	    47500, sum = 0, i;

	for (i = 0; i < http_files_count; i++)
		sum += http_files[i].length;
	CHECK(sum <= most, "the page takes %zu bytes", sum);
}

/* The bytes of the file, which are compressed, under both of its names. */
static void
test_files(void)
{
	struct buf answers = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	const struct http_file *file;
	size_t i;

	for (i = 0; i < http_files_count; i++) {
		file = &http_files[i];
		text.n = 0;
		buf_addf(&text, "GET %s HTTP/1.1\r\n" H "\r\n", file->path);
		buf_add_byte(&text, '\0');
		(void)ask(&answers, text.p, 0);
		CHECK(answers.n > file->length && memcmp(answers.p +
		    answers.n - file->length, file->gzip, file->length) == 0 &&
		    has(&answers, file->type), "%s", file->path);
		text.n = 0;
		buf_addf(&text, "GET /%s%s HTTP/1.1\r\n" H
		    "If-None-Match: \"x\", W/%s\r\n\r\n", http_files_hash,
		    file->path, file->etag);
		buf_add_byte(&text, '\0');
		(void)ask(&answers, text.p, 0);
		CHECK(has(&answers, "HTTP/1.1 304 ") &&
		    has(&answers, ", immutable\r\n") &&
		    memcmp(answers.p + answers.n - 4, "\r\n\r\n", 4) == 0,
		    "%s, known", file->path);
	}
	conf.web = false;
	(void)ask(&answers, "GET / HTTP/1.1\r\n" H "\r\n", 0);
	CHECK(has(&answers, "HTTP/1.1 404 "), "a page, but web is false");
	(void)ask(&answers, WS KEY V13 "\r\n", 0);
	CHECK(has(&answers, "HTTP/1.1 101 "), "no WebSocket");
	conf.web = true;
	buf_free(&answers);
	buf_free(&text);
}

/* Time runs over a request, begins again with each, and while one is sent. */
static void
test_time(void)
{
	struct now now = start;
	struct http *h = http_open(&conf, 0, now);
	char room[4096];

	CHECK(http_deadline(h) == now.mono + conf.login_timeout, "at first");
	now.mono += 5000;
	http_input(h, SPAN("GET / HTTP/1.1\r\n"), now);
	CHECK(http_deadline(h) == now.mono - 5000 + conf.login_timeout,
	    "part of a request");
	http_input(h, SPAN(H "\r\n"), now);
	CHECK(http_deadline(h) == now.mono + conf.login_timeout, "a request");
	now.mono += 5000;
	(void)http_output(h, room, 10, now);
	CHECK(http_deadline(h) == now.mono + conf.login_timeout, "output");
	http_free(h);
}

/* The first bytes after the handshake belong to WebSocket. */
static void
test_rest(void)
{
	struct http *h = http_open(&conf, 0, start);

	http_input(h, SPAN(WS KEY V13 "\r\n\x82\x80"), start);
	CHECK(http_is_upgraded(h) && span_is(buf_span(&h->in),
	    SPAN("\x82\x80")), "%zu bytes of WebSocket", h->in.n);
	http_free(h);
}

static void
test_plain(const char *first, const char *answer)
{
	struct buf out = { NULL, 0, 0 };

	http_refuse_plain(&out, span_of(first), start);
	CHECK(answer == NULL ? out.n == 0 : has(&out, answer), "%s: %.*s",
	    first, (int)out.n, out.p);
	buf_free(&out);
}

static void
test_begins(void)
{
	int c;

	for (c = 0; c < 256; c++)
		CHECK(http_begins((char)c) == (c >= 'G' && c <= 'Z'),
		    "first byte %d", c);
	test_plain("GET / HTTP/1.1\r\nHost: r:1\r\n\r\n", "https://r:1/");
	test_plain("GET / HTTP/1.1\r\nX: y\r\nHost: r:1\r\n", "https://r:1/");
	test_plain("GET / HTTP/1.1\r\nHost: r:1", "https://.../");
	test_plain("GET / HTTP/1.1\r\nHost: <b>\r\n\r\n", "https://.../");
	test_plain("G", "HTTP/1.1 400 Bad Request\r\n");
	test_plain("0", "002c{\"error\":\"this port speaks TLS\","
	    "\"op\":\"quit\"}");
	test_plain("f", "\"op\":\"quit\"}");
	test_plain("\x16\x03", NULL);
	test_plain("", NULL);
}

int
main(void)
{
	conf_default(&conf);
	free(conf.web_origins);
	conf.web_origins = xzalloc(3 * sizeof(*conf.web_origins));
	conf.web_origins[1] = xcopy(SPAN("https://port.example:443"));
	conf.web_origins[0] = xcopy(SPAN("https://chat.example"));
	test_cases();
	test_pipelining();
	test_long(10, 10, 1, 404);
	test_long(1900, 10, 1, 404);
	test_long(8100, 10, 1, 404);
	test_long(8200, 10, 1, 414);
	test_long(20000, 10, 1, 414);
	/* With 42 bytes besides. */
	test_long(10, HEAD_BYTES - 42, 1, 404);
	test_long(10, HEAD_BYTES - 41, 1, 431);
	test_long(10, 9000, 1, 431);
	test_long(10, 1, 99, 404);
	test_long(10, 1, 100, 431);
	test_size();
	test_files();
	test_time();
	test_rest();
	test_begins();
	conf_free(&conf);
	return check_report("http_test");
}
