#include "net/newcomers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/cert.h"
#include "net/conn.h"
#include "net/tls.h"
#include "test/lib/check.h"

#define MANY 200

static struct newcomers *all;

/* A connection from there that was accepted then, as far as is needed here. */
static struct conn *
arrive(const char *peer, uint64_t opened)
{
	struct conn *c = calloc(1, sizeof(*c) + LISTEN_PEER);

	(void)snprintf(c->peer, LISTEN_PEER, "%s", peer);
	c->opened = opened;
	newcomers_add(all, c);
	return c;
}

static void
leave(struct conn *c)
{
	newcomers_remove(c);
	free(c);
}

static struct conn *
next(void)
{
	return newcomers_next(all);
}

static struct conn *
to_close(const char *peer, uint64_t mono)
{
	return newcomers_to_close(all, peer, (struct now){ .mono = mono });
}

/* However many there are in one network, others are next. */
static void
test_turns(void)
{
	struct conn *flood[MANY], *b, *v6;
	char peer[LISTEN_PEER];
	size_t i;

	all = newcomers_open();
	for (i = 0; i < MANY; i++) {
		(void)snprintf(peer, sizeof(peer), "192.0.2.%zu:1", i);
		flood[i] = arrive(peer, 1);
		newcomers_wait(all, flood[i]);
		newcomers_wait(all, flood[i]);	/* once is enough */
	}
	b = arrive("198.51.100.1:1", 1);
	v6 = arrive("[2001:db8::1]:1", 1);
	CHECK(!newcomers_waits(b) && newcomers_waits(flood[0]), "waits");
	newcomers_wait(all, b);
	newcomers_wait(all, v6);
	CHECK(next() == flood[MANY - 1], "the newest is first");
	CHECK(next() == b && !newcomers_waits(b), "another network's turn");
	CHECK(next() == v6, "and a third one's");
	CHECK(next() == flood[MANY - 2], "and again the first");
	newcomers_wait(all, b);
	leave(b);
	for (i = MANY - 2; i-- > 0;)
		CHECK(next() == flood[i], "the rest, without who is gone");
	CHECK(next() == NULL, "no more");
	for (i = 0; i < MANY; i++)
		leave(flood[i]);
	leave(v6);
	newcomers_close(all);
}

/* Where a member has logged in, every other turn is. */
static void
test_known(void)
{
	struct conn *member, *strange[MANY];
	char peer[LISTEN_PEER];
	size_t i;

	all = newcomers_open();
	member = arrive("203.0.113.5:1", 1);
	newcomers_log_in(all, member);
	CHECK(member->network == NULL, "it is no newcomer any more");
	for (i = 0; i < MANY; i++) {
		(void)snprintf(peer, sizeof(peer), "10.0.%zu.1:1", i);
		strange[i] = arrive(peer, 1);
		newcomers_wait(all, strange[i]);
	}
	(void)strcpy(member->peer, "203.0.113.9:1");
	newcomers_add(all, member);
	newcomers_wait(all, member);
	CHECK(next() == member || next() == member, "it has to wait for all");
	newcomers_wait(all, member);
	CHECK(next() != member || next() != member, "others are never served");
	for (i = 0; i < MANY; i++)
		leave(strange[i]);
	leave(member);
	newcomers_close(all);
}

/* What was begun is done before what is new, within a network. */
static void
test_begun(void)
{
	struct conn *begun, *fresh[3];
	struct tls *tls = tls_open();
	struct span bytes = SPAN("\x16\x03\x03\x00\x04\x01\x00\x00\x10");
	struct cert cert;
	size_t i, room;

	memset(&cert, 0, sizeof(cert));
	cert.kind = CERT_EC;
	all = newcomers_open();
	begun = arrive("192.0.2.1:1", 1);
	begun->stream.tls = tls_conn_open(tls, &cert);
	CHECK(!stream_has_begun(&begun->stream), "nothing was sent");
	tls_enter(begun->stream.tls);
	memcpy(tls_wire_room(begun->stream.tls, &room), bytes.p, bytes.n);
	tls_wire_in(begun->stream.tls, bytes.n);
	tls_leave(begun->stream.tls);
	CHECK(stream_has_begun(&begun->stream), "it has not begun");
	newcomers_wait(all, begun);
	for (i = 0; i < 3; i++) {
		fresh[i] = arrive("192.0.2.1:2", 1);
		newcomers_wait(all, fresh[i]);
	}
	CHECK(next() == begun && next() == fresh[2], "what is begun is first");
	for (i = 0; i < 3; i++)
		leave(fresh[i]);
	tls_conn_close(begun->stream.tls);
	leave(begun);
	newcomers_close(all);
	tls_close(tls);
}

/* The network that has most makes room, but not at the first sign of it. */
static void
test_room(void)
{
	struct conn *a, *b, *c, *d;

	all = newcomers_open();
	CHECK(to_close(NULL, 100000) == NULL, "there are none");
	a = arrive("192.0.2.1:1", 1000);
	b = arrive("198.51.100.1:1", 1500);
	CHECK(to_close("203.0.113.1:1", 2999) == NULL, "one each: it may stay");
	CHECK(to_close("203.0.113.1:1", 3000) == a, "it had two seconds");
	CHECK(to_close("198.51.100.9:1", 2999) == b, "its own network's");
	c = arrive("198.51.100.2:1", 1600);
	CHECK(to_close("203.0.113.1:1", 1601) == b, "at once: it has most");
	CHECK(to_close("192.0.2.3:1", 1601) == a, "two each: it pays itself");
	d = arrive("198.51.100.3:1", 1700);
	CHECK(to_close("192.0.2.3:1", 1701) == b, "three are more than two");
	leave(b);
	CHECK(to_close("203.0.113.1:1", 1701) == c, "then the next oldest");
	(void)strcpy(c->peer, "192.0.2.9:5");	/* as a PROXY header says */
	newcomers_add(all, c);
	CHECK(to_close("203.0.113.1:1", 1701) == a, "it belongs elsewhere now");
	(void)strcpy(d->peer, "local");
	newcomers_add(all, d);
	CHECK(to_close("local", 1701) == d, "what has no address");
	newcomers_add(all, d);
	leave(a);
	leave(c);
	leave(d);
	CHECK(to_close(NULL, 100000) == NULL, "all are gone");
	newcomers_close(all);
}

int
main(void)
{
	test_turns();
	test_known();
	test_begun();
	test_room();
	return check_report("newcomers");
}
