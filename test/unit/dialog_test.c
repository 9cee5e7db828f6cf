/*
 * The client's session, byte by byte: no socket, no clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/encode.h"
#include "client/dialog.h"
#include "test/lib/check.h"

#define UID SPAN("12345678123456781234567812345678")
#define NODE SPAN("1234567812345678123456781234567812345678")

static void
add_frame(struct buf *b, const char *header, struct span data)
{
	buf_addf(b, "%04x%s", (unsigned)strlen(header), header);
	buf_add(b, data);
}

/* A message as a relay sends it, headsum included. */
static void
add_message(struct buf *b, const char *id, struct span data)
{
	char bare[256], digits[8], header[300];
	uint32_t crc;

	(void)snprintf(bare, sizeof(bare), "{\"datalen\":%zu,\"from\":\"x\""
	    ",\"id\":\"%s\",\"op\":\"delivery\"}", data.n, id);
	(void)snprintf(digits, sizeof(digits), "%04x",
	    (unsigned)strlen(bare));
	crc = encode_crc32c(0, digits, 4);
	crc = encode_crc32c(crc, bare, strlen(bare));
	(void)snprintf(header, sizeof(header), "{\"datalen\":%zu,\"from\":"
	    "\"x\",\"headsum\":%lu,\"id\":\"%s\",\"op\":\"delivery\"}", data.n,
	    (unsigned long)crc, id);
	add_frame(b, header, data);
}

static void
add_welcome(struct buf *b)
{
	add_frame(b, "{\"id\":\"1\",\"name\":\"x\",\"op\":\"tmtprev\"}",
	    SPAN(""));
	add_frame(b, "{\"info\":\"login ok\",\"op\":\"info\"}", SPAN(""));
}

/* Take all that the dialog wants to send. */
static void
drain(struct dialog *d, struct buf *sent)
{
	struct span piece;

	while (dialog_out(d, &piece)) {
		if (piece.n > 7)
			piece.n = 7;
		buf_add(sent, piece);
		dialog_sent(d, piece.n);
	}
}

static bool
holds(const struct buf *b, const char *text)
{
	return span_find(buf_span(b), span_of(text)) < b->n;
}

/* What happened, as text: one letter per event, and data in brackets. */
static void
read_all(struct dialog *d, struct span bytes, struct buf *story)
{
	static const char letters[] = ".gRoamLplPO";
	enum dialog_event event;
	struct reply r;

	while ((event = dialog_read(d, &bytes, &r, 0)) != DIALOG_MORE) {
		/* How large data is cut into pieces does not matter. */
		if (event != DIALOG_PIECE)
			buf_add_byte(story, letters[event]);
		if (event == DIALOG_MESSAGE || event == DIALOG_PIECE)
			buf_add(story, r.data);
	}
	CHECK(bytes.n == 0 || dialog_why(d)[0] != '\0', "bytes are left");
}

static const char request[] =
    "0023{\"op\":7,\"id\":\"r1\",\"datalen\":5,\"x\":1}Hello";

static struct dialog *
open_online(struct buf *sent)
{
	struct dialog *d = dialog_open(DIALOG_2020);
	struct buf welcome = { NULL, 0, 0 }, story = { NULL, 0, 0 };

	dialog_login(d, UID, NODE, 0);
	drain(d, sent);
	add_welcome(&welcome);
	read_all(d, buf_span(&welcome), &story);
	CHECK(span_is(buf_span(&story), SPAN("go")), "login: %.*s",
	    (int)story.n, story.p);
	CHECK(dialog_is_online(d), "not online");
	buf_free(&welcome);
	buf_free(&story);
	return d;
}

static void
test_requests(void)
{
	struct buf sent = { NULL, 0, 0 }, in = { NULL, 0, 0 };
	struct buf story = { NULL, 0, 0 };
	struct dialog *d = open_online(&sent);
	struct dialog_request rq = { SPAN("r1"), span_of(request) };
	size_t i;

	CHECK(holds(&sent, "\"op\":2,\"uid\":"), "no login");
	sent.n = 0;
	CHECK(dialog_send(d, &rq) && dialog_waiting(d) == 1 &&
	    !dialog_is_undecided(d), "a request");
	dialog_ack(d, SPAN("00"));
	drain(d, &sent);
	CHECK(holds(&sent, request) && holds(&sent, "\"op\":10,\"id\":\"00\""),
	    "sent: %.*s", (int)sent.n, sent.p);
	CHECK(dialog_is_undecided(d), "not undecided");
	add_frame(&in, "{\"id\":\"r1\",\"op\":\"ack\"}", SPAN(""));
	read_all(d, buf_span(&in), &story);
	CHECK(span_is(buf_span(&story), SPAN("a")) &&
	    dialog_waiting(d) == 0, "acked: %.*s", (int)story.n, story.p);
	/* An ack that nobody waits for. */
	story.n = 0;
	read_all(d, buf_span(&in), &story);
	CHECK(span_is(buf_span(&story), SPAN("O")), "a second ack");
	/* A new connection forgets what was undecided. */
	for (i = 0; i < DIALOG_WINDOW; i++)
		CHECK(dialog_send(d, &rq), "request %zu", i);
	CHECK(!dialog_send(d, &rq), "one too many");
	dialog_login(d, UID, NODE, 0);
	CHECK(dialog_waiting(d) == 0 && !dialog_is_undecided(d),
	    "not forgotten");
	dialog_close(d);
	buf_free(&sent);
	buf_free(&in);
	buf_free(&story);
}

/* A request that is refused by what was sent of it, which is not all. */
static void
test_early_refusal(void)
{
	struct buf sent = { NULL, 0, 0 }, in = { NULL, 0, 0 };
	struct buf story = { NULL, 0, 0 };
	struct dialog *d = open_online(&sent);
	struct dialog_request rq = { SPAN("r1"), span_of(request) };
	struct span piece;

	CHECK(dialog_send(d, &rq) && dialog_out(d, &piece), "a request");
	dialog_sent(d, piece.n - 2);
	add_frame(&in, "{\"error\":\"no\",\"id\":\"r1\",\"op\":\"ack\"}",
	    SPAN(""));
	read_all(d, buf_span(&in), &story);
	CHECK(span_is(buf_span(&story), SPAN("aO")) &&
	    dialog_waiting(d) == 0 && !dialog_out(d, &piece),
	    "refused early: %.*s", (int)story.n, story.p);
	dialog_close(d);
	/* Without an error, it cannot be. */
	d = open_online(&sent);
	CHECK(dialog_send(d, &rq) && dialog_out(d, &piece), "a request");
	dialog_sent(d, piece.n - 2);
	in.n = story.n = 0;
	add_frame(&in, "{\"id\":\"r1\",\"op\":\"ack\"}", SPAN(""));
	read_all(d, buf_span(&in), &story);
	CHECK(span_is(buf_span(&story), SPAN("O")), "acked early: %.*s",
	    (int)story.n, story.p);
	dialog_close(d);
	buf_free(&sent);
	buf_free(&in);
	buf_free(&story);
}

/* The same story, wherever the bytes are cut. */
static void
test_cuts(void)
{
	struct buf in = { NULL, 0, 0 }, whole = { NULL, 0, 0 };
	struct buf story = { NULL, 0, 0 }, sent = { NULL, 0, 0 };
	struct dialog *d;
	size_t i, step;

	add_message(&in, "0000000000000001", SPAN("Hello"));
	add_message(&in, "0000000000000002", SPAN(""));
	add_frame(&in, "{\"from\":\"x\",\"op\":\"ohi\",\"status\":1}",
	    SPAN(""));
	add_frame(&in, "{\"op\":\"unknown\"}", SPAN(""));
	add_message(&in, "0000000000000003", SPAN("0004 more"));
	add_frame(&in, "{\"error\":\"bye\\u001b\",\"op\":\"quit\"}",
	    SPAN(""));
	d = open_online(&sent);
	read_all(d, buf_span(&in), &whole);
	CHECK(span_is(buf_span(&whole), SPAN("mHellomPm0004 moreO")),
	    "%.*s", (int)whole.n, whole.p);
	CHECK(strcmp(dialog_why(d), "bye?") == 0, "why: %s", dialog_why(d));
	dialog_close(d);
	for (step = 1; step <= in.n; step++) {
		d = open_online(&sent);
		story.n = 0;
		for (i = 0; i < in.n; i += step)
			read_all(d, (struct span){ in.p + i,
			    step < in.n - i ? step : in.n - i }, &story);
		CHECK(span_is(buf_span(&story), buf_span(&whole)),
		    "step %zu: %.*s", step, (int)story.n, story.p);
		dialog_close(d);
	}
	buf_free(&in);
	buf_free(&whole);
	buf_free(&story);
	buf_free(&sent);
}

static void
test_large(void)
{
	struct buf in = { NULL, 0, 0 }, story = { NULL, 0, 0 };
	struct buf data = { NULL, 0, 0 }, sent = { NULL, 0, 0 };
	static const size_t steps[] = { 1000, 65536, SIZE_MAX };
	struct dialog *d;
	size_t i, n, k;

	for (i = 0; i < DIALOG_WHOLE + 10; i++)
		buf_add_byte(&data, (char)('a' + i % 23));
	add_message(&in, "0000000000000001", buf_span(&data));
	add_message(&in, "0000000000000002", SPAN("x"));
	for (k = 0; k < COUNT(steps); k++) {
		d = open_online(&sent);
		story.n = 0;
		for (i = 0; i < in.n; i += n) {
			n = steps[k] < in.n - i ? steps[k] : in.n - i;
			read_all(d, (struct span){ in.p + i, n }, &story);
		}
		CHECK(story.n == data.n + 4 && story.p[0] == 'L' &&
		    memcmp(story.p + 1, data.p, data.n) == 0 &&
		    memcmp(story.p + 1 + data.n, "lmx", 3) == 0,
		    "step %zu: %zu bytes", steps[k], story.n);
		dialog_close(d);
	}
	buf_free(&in);
	buf_free(&story);
	buf_free(&data);
	buf_free(&sent);
}

/* Whatever a relay says wrongly ends the session with a sentence. */
static void
test_wrong(void)
{
	static const char *const wrong[] = {
		"zzzz", "0002{}", "0004nope", "0008{\"op\":7}",
		"0020{\"op\":\"delivery\",\"from\":\"x\",\"id\":1}",
		"0026{\"from\":\"x\",\"id\":\"1\",\"op\":\"delivery\"}  ",
		"0011{\"op\":\"tmtprev\"}", "000c{\"op\":\"ack\"}"
	};
	struct buf sent = { NULL, 0, 0 }, story = { NULL, 0, 0 };
	struct dialog *d;
	size_t i;

	for (i = 0; i < COUNT(wrong); i++) {
		d = open_online(&sent);
		story.n = 0;
		read_all(d, span_of(wrong[i]), &story);
		if (i == 6)	/* nothing that a client must know */
			CHECK(story.n == 0, "%s", wrong[i]);
		else
			CHECK(span_is(buf_span(&story), SPAN("O")) &&
			    dialog_why(d)[0] != '\0', "%s: %.*s", wrong[i],
			    (int)story.n, story.p);
		dialog_close(d);
	}
	buf_free(&sent);
	buf_free(&story);
}

static void
test_time(void)
{
	struct buf sent = { NULL, 0, 0 };
	struct dialog *d = open_online(&sent);
	struct dialog_request rq = { SPAN("r1"), span_of(request) };

	sent.n = 0;
	CHECK(dialog_tick(d, 59000), "idle");
	drain(d, &sent);
	CHECK(sent.n == 0, "too early: %.*s", (int)sent.n, sent.p);
	CHECK(dialog_deadline(d) == 60000, "deadline");
	CHECK(dialog_tick(d, 60000), "idle");
	drain(d, &sent);
	CHECK(holds(&sent, "{\"op\":11}"), "no pulse");
	/* The relay has a minute from when something was asked. */
	(void)dialog_send(d, &rq);
	drain(d, &sent);
	CHECK(dialog_tick(d, 110000), "asked just now");
	CHECK(dialog_tick(d, 169999), "a minute has not passed");
	CHECK(!dialog_tick(d, 170000) && dialog_why(d)[0] != '\0',
	    "the relay is silent");
	CHECK(dialog_deadline(d) == UINT64_MAX, "it is over");
	dialog_close(d);
	buf_free(&sent);
}

static void
test_register(void)
{
	struct dialog *d = dialog_open(DIALOG_2018);
	struct buf in = { NULL, 0, 0 }, story = { NULL, 0, 0 };
	struct buf sent = { NULL, 0, 0 };

	dialog_register(d, SPAN("dev"), SPAN("Al\"ice"), SPAN("P"), 0);
	drain(d, &sent);
	CHECK(holds(&sent, "{\"op\":1,\"newnode\":\"dev\",\"newalias\":"
	    "\"Al\\\"ice\",\"node\":\"P\"}"), "%.*s", (int)sent.n, sent.p);
	add_frame(&in, "{\"id\":\"1\",\"op\":\"tmtprev\"}", SPAN(""));
	add_frame(&in, "{\"nodeid\":\"n\",\"op\":\"registered\","
	    "\"uid\":\"u\"}", SPAN(""));
	add_frame(&in, "{\"info\":\"login ok\",\"op\":\"info\"}", SPAN(""));
	read_all(d, buf_span(&in), &story);
	CHECK(span_is(buf_span(&story), SPAN("gRo")), "%.*s", (int)story.n,
	    story.p);
	sent.n = 0;
	dialog_ack(d, SPAN("1"));
	dialog_quit(d);
	drain(d, &sent);
	CHECK(holds(&sent, "\"op\":9,") && holds(&sent, "{\"op\":11}"),
	    "2018: %.*s", (int)sent.n, sent.p);
	CHECK(dialog_op_number(DIALOG_2018, DIALOG_PING) == 8 &&
	    dialog_op_number(DIALOG_2020, DIALOG_PING) == 9, "ping");
	dialog_close(d);
	buf_free(&in);
	buf_free(&story);
	buf_free(&sent);
}

/* A relay that sends and never reads: its acks do not fill the memory. */
static void
test_deaf(void)
{
	struct dialog *d = dialog_open(DIALOG_2020);
	struct buf in = { NULL, 0, 0 }, message = { NULL, 0, 0 };
	struct span bytes;
	struct reply r;
	int n = 0;

	dialog_login(d, UID, NODE, 0);
	add_welcome(&in);
	bytes = buf_span(&in);
	CHECK(dialog_read(d, &bytes, &r, 0) == DIALOG_GREETED &&
	    dialog_read(d, &bytes, &r, 0) == DIALOG_ONLINE, "online");
	add_message(&message, "0000000000000001", SPAN("x"));
	for (bytes = buf_span(&message); n < 100000 && dialog_read(d, &bytes,
	    &r, 0) == DIALOG_MESSAGE; n++, bytes = buf_span(&message))
		dialog_ack(d, r.id);
	CHECK(n > 1000 && n < 10000 && strcmp(dialog_why(d),
	    "the relay does not read") == 0, "%d acks: %s", n, dialog_why(d));
	dialog_close(d);
	buf_free(&in);
	buf_free(&message);
}

int
main(void)
{
	test_deaf();
	test_requests();
	test_early_refusal();
	test_cuts();
	test_large();
	test_wrong();
	test_time();
	test_register();
	return check_report("dialog");
}
