/*
 * Who is woken and when, by a clock that moves when told.  The push service is
 * this test: it takes the jobs and answers them.
 */
#include "tmtp/wake.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "disk/journal.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/endpoint.h"
#include "userdb.h"

#define SECOND 1000
#define MINUTE 60000
#define HOUR   3600000

#define KEY SPAN("key")
#define URL "https://fcm.googleapis.com/fcm/send/alice"

struct scene {
	struct harness harness;
	struct actor *alice, *bob;
	struct endpoint_wake wake;	/* the job just given out */
};

static const struct node *
node_of(struct scene *sc, const struct actor *a)
{
	return userdb_user_text(sc->harness.data.userdb,
	    span_of(a->uid))->nodes[0];
}

static void
say(struct scene *sc, struct actor *a, const char *header)
{
	harness_say(&sc->harness, a, header);
	harness_turn(&sc->harness);
}

static void
set_url(struct scene *sc, struct actor *a, const char *url)
{
	char header[256];

	(void)snprintf(header, sizeof(header),
	    "{\"op\":3,\"id\":\"w\",\"wake\":\"%s\"}", url);
	say(sc, a, header);
}

static void
post(struct scene *sc, struct actor *from, const struct actor *to)
{
	static unsigned count;
	char header[256];

	(void)snprintf(header, sizeof(header), "{\"op\":7,\"id\":\"p%u\","
	    "\"for\":[{\"id\":\"%s\",\"type\":1}],\"datalen\":0}", ++count,
	    to->uid);
	say(sc, from, header);
}

/* Time passes; bob stays connected. */
static void
pass(struct scene *sc, uint64_t ms)
{
	uint64_t step;

	for (; ms > 0; ms -= step) {
		step = ms < MINUTE ? ms : MINUTE;
		harness_pass(&sc->harness, step);
		say(sc, sc->bob, "{\"op\":10}");
	}
}

static void
lose(struct scene *sc, struct actor *a)
{
	harness_lose(&sc->harness, a);
	tmtp_step(sc->harness.relay, sc->harness.now);
	harness_turn(&sc->harness);
}

/* Let what is due be done; whether somebody is to be woken. */
static bool
next(struct scene *sc)
{
	tmtp_step(sc->harness.relay, sc->harness.now);
	harness_turn(&sc->harness);
	return tmtp_next_wake(sc->harness.relay, &sc->wake, sc->harness.now);
}

static void
answer(struct scene *sc, enum endpoint_answer answer, uint64_t wait)
{
	tmtp_woken(sc->harness.relay, sc->wake.job, answer, wait);
	CHECK(!next(sc), "an answer, and another job at once");
}

/* Alice can be woken, bob cannot; bob uses the numbering of 2018. */
static void
begin(struct scene *sc)
{
	*sc = (struct scene){ .wake.job = 0 };
	harness_open(&sc->harness);
	sc->harness.conf.ops = CONF_OPS_2018;
	harness_start(&sc->harness);
	tmtp_set_wake_key(sc->harness.relay, KEY, sc->harness.now);
	sc->alice = harness_actor(&sc->harness, "alice");
	sc->bob = harness_actor(&sc->harness, "bob");
	harness_register(&sc->harness, sc->alice);
	harness_register(&sc->harness, sc->bob);
	set_url(sc, sc->alice, URL);
	CHECK(node_of(sc, sc->alice)->wake != NULL, "no URL");
	pass(sc, 61 * SECOND);	/* the look after a start is over */
	say(sc, sc->alice, "{\"op\":10}");
}

/* The same, and alice has been offline for a while. */
static void
begin_offline(struct scene *sc)
{
	begin(sc);
	lose(sc, sc->alice);
	CHECK(!next(sc), "woken for nothing");
	pass(sc, 5 * MINUTE);
	CHECK(!next(sc), "woken for nothing, later");
}

static void
end(struct scene *sc)
{
	harness_close(&sc->harness);
}

/* Once, and then not before the next login; the job says all that is needed. */
static void
check_once(void)
{
	struct scene sc;
	uint64_t first;

	begin_offline(&sc);
	post(&sc, sc.bob, sc.alice);
	CHECK(next(&sc), "not woken");
	CHECK(span_is(sc.wake.at.host, SPAN("fcm.googleapis.com")) &&
	    span_is(sc.wake.at.path, SPAN("/fcm/send/alice")), "wrong URL");
	CHECK(strlen(sc.wake.topic) == ENDPOINT_TOPIC && strspn(sc.wake.topic,
	    "0123456789abcdef") == ENDPOINT_TOPIC, "topic %s", sc.wake.topic);
	first = sc.wake.job;
	post(&sc, sc.bob, sc.alice);
	CHECK(!next(&sc), "woken while the service is asked");
	answer(&sc, ENDPOINT_WAKES, 0);
	post(&sc, sc.bob, sc.alice);
	pass(&sc, 48 * HOUR);
	CHECK(!next(&sc), "woken twice");

	harness_login(&sc.harness, sc.alice);
	lose(&sc, sc.alice);
	pass(&sc, 29 * SECOND);
	CHECK(!next(&sc), "woken before it may have come back");
	pass(&sc, 2 * SECOND);
	CHECK(next(&sc) && sc.wake.job != first, "what it has not acked");
	end(&sc);
}

/* One URL for each device, the last that it gave; one topic for each. */
static void
check_one_each(void)
{
	struct scene sc;
	char topic[ENDPOINT_TOPIC + 1];

	begin(&sc);
	set_url(&sc, sc.bob, "https://web.push.apple.com/bob");
	set_url(&sc, sc.alice, "https://web.push.apple.com/alice");
	lose(&sc, sc.alice);
	pass(&sc, MINUTE);
	post(&sc, sc.bob, sc.alice);
	CHECK(next(&sc) && span_is(sc.wake.at.path, SPAN("/alice")),
	    "the URL before is asked");
	memcpy(topic, sc.wake.topic, sizeof(topic));
	answer(&sc, ENDPOINT_WAKES, 0);
	CHECK(!next(&sc), "a second URL is asked");

	harness_login(&sc.harness, sc.alice);
	lose(&sc, sc.bob);
	pass(&sc, MINUTE);
	post(&sc, sc.alice, sc.bob);
	CHECK(next(&sc) && strcmp(sc.wake.topic, topic) != 0,
	    "one topic for two devices");
	answer(&sc, ENDPOINT_WAKES, 0);
	lose(&sc, sc.alice);
	harness_login(&sc.harness, sc.bob);
	pass(&sc, MINUTE);
	post(&sc, sc.bob, sc.alice);
	CHECK(next(&sc) && strcmp(sc.wake.topic, topic) == 0,
	    "the next wake-up has another topic");
	end(&sc);
}

/* A restart forgets neither that it was woken, nor that it was not. */
static void
check_restart(void)
{
	struct scene sc;

	begin_offline(&sc);
	post(&sc, sc.bob, sc.alice);
	CHECK(next(&sc), "not woken");
	harness_crash(&sc.harness);
	harness_start(&sc.harness);
	tmtp_set_wake_key(sc.harness.relay, KEY, sc.harness.now);
	harness_login(&sc.harness, sc.bob);
	pass(&sc, 59 * SECOND);
	CHECK(!next(&sc), "clients have no time to come back");
	pass(&sc, 2 * SECOND);
	CHECK(next(&sc), "not woken after a restart");
	answer(&sc, ENDPOINT_WAKES, 0);
	harness_crash(&sc.harness);
	harness_start(&sc.harness);
	tmtp_set_wake_key(sc.harness.relay, KEY, sc.harness.now);
	harness_login(&sc.harness, sc.bob);
	pass(&sc, 5 * MINUTE);
	post(&sc, sc.bob, sc.alice);
	CHECK(!next(&sc), "woken twice, by a restart");
	end(&sc);
}

/* While it is online, it is not; when it is lost, for what it has not acked. */
static void
check_online(void)
{
	struct scene sc;
	struct reply r;
	char ack[64];

	begin(&sc);
	post(&sc, sc.bob, sc.alice);
	CHECK(!next(&sc), "woken while it is online");
	sc.alice->got.n = sc.alice->records.n = 0;
	post(&sc, sc.bob, sc.alice);
	CHECK(harness_frame(sc.alice, &r), "no post");
	(void)snprintf(ack, sizeof(ack), "{\"op\":9,\"id\":\"%.*s\","
	    "\"type\":\"ok\"}", (int)r.id.n, r.id.p);
	say(&sc, sc.alice, ack);
	lose(&sc, sc.alice);
	pass(&sc, HOUR);
	CHECK(!next(&sc), "woken for what it has acked");

	harness_login(&sc.harness, sc.alice);
	post(&sc, sc.bob, sc.alice);
	pass(&sc, 5 * MINUTE);	/* it is silent, and its session ends */
	CHECK(sc.alice->session == NULL, "still there");
	CHECK(next(&sc), "not woken for what was sent into the void");

	/* It comes back before the service has answered. */
	harness_login(&sc.harness, sc.alice);
	answer(&sc, ENDPOINT_WAKES, 0);
	CHECK(!node_of(&sc, sc.alice)->woken, "woken, but it is online");
	lose(&sc, sc.alice);
	pass(&sc, MINUTE);
	CHECK(next(&sc), "not woken again");
	end(&sc);
}

/* Its own posts and the relay's news wake nobody. */
static void
check_own(void)
{
	struct scene sc;
	struct actor *second;
	struct reply r;
	const char *at;

	begin(&sc);
	second = harness_actor(&sc.harness, "second");
	sc.alice->got.n = sc.alice->records.n = 0;
	say(&sc, sc.alice, "{\"op\":3,\"id\":\"n\",\"newnode\":\"y\"}");
	while (harness_frame(sc.alice, &r)) {
		if (r.nodeid.p != NULL)
			memcpy(second->nodeid, r.nodeid.p, NODEID_TEXT);
		harness_drop(sc.alice, r.bytes);
	}
	memcpy(second->uid, sc.alice->uid, sizeof(second->uid));
	lose(&sc, sc.alice);
	pass(&sc, 5 * MINUTE);
	harness_login(&sc.harness, second);
	CHECK(second->session != NULL, "the second node cannot log in");
	say(&sc, second, "{\"op\":3,\"id\":\"a\",\"newalias\":\"al\"}");
	post(&sc, second, sc.bob);
	say(&sc, second, "{\"op\":7,\"id\":\"q\",\"for\":[],\"datalen\":0}");
	pass(&sc, 5 * MINUTE);
	CHECK(!next(&sc), "woken by itself");
	say(&sc, sc.bob, "{\"op\":3,\"id\":\"b\",\"newalias\":\"bob\"}");
	say(&sc, sc.bob, "{\"op\":8,\"id\":\"c\",\"to\":\"al\",\"from\":"
	    "\"bob\",\"datalen\":0}");
	CHECK(next(&sc), "not woken by a ping");

	/* A browser that logs in as another node takes its URL along. */
	at = node_of(&sc, sc.alice)->wake;
	CHECK(at != NULL && strcmp(at, URL) == 0, "no URL");
	harness_login(&sc.harness, second);
	set_url(&sc, second, URL);
	CHECK(node_of(&sc, sc.alice)->wake == NULL, "two have the URL");
	CHECK(node_of(&sc, sc.alice)->user->nodes[1]->wake != NULL,
	    "the second has none");
	answer(&sc, ENDPOINT_IS_GONE, 0);
	CHECK(node_of(&sc, sc.alice)->user->nodes[1]->wake != NULL,
	    "an old answer removes the URL");
	end(&sc);
}

/* What the service answers. */
static void
check_answers(void)
{
	struct scene sc;
	unsigned tries;

	begin_offline(&sc);
	post(&sc, sc.bob, sc.alice);
	CHECK(next(&sc), "not woken");
	answer(&sc, ENDPOINT_IS_BUSY, 0);
	pass(&sc, 59 * SECOND);
	CHECK(!next(&sc), "asked again at once");
	pass(&sc, 2 * SECOND);
	CHECK(next(&sc), "not asked again");
	answer(&sc, ENDPOINT_IS_BUSY, 10 * MINUTE);
	pass(&sc, 9 * MINUTE);
	CHECK(!next(&sc), "asked before the service wants it");
	pass(&sc, 2 * MINUTE);
	CHECK(next(&sc), "not asked after 10 minutes");
	answer(&sc, ENDPOINT_IS_BUSY, 1000 * CLOCK_DAY);
	pass(&sc, 25 * HOUR);
	CHECK(next(&sc), "the service may not say 1000 days");
	pass(&sc, 3 * MINUTE);		/* no answer at all */
	CHECK(!next(&sc), "asked again without a pause");
	pass(&sc, HOUR);
	for (tries = 4; next(&sc) && tries < 100; tries++) {
		answer(&sc, ENDPOINT_IS_BUSY, 0);
		pass(&sc, HOUR);
	}
	CHECK(tries == 24, "it is asked %u times", tries);
	post(&sc, sc.bob, sc.alice);
	CHECK(!next(&sc), "asked again, without hope");

	harness_login(&sc.harness, sc.alice);
	lose(&sc, sc.alice);
	pass(&sc, MINUTE);
	CHECK(next(&sc), "not asked after a login");
	answer(&sc, ENDPOINT_REFUSES, 0);
	post(&sc, sc.bob, sc.alice);
	pass(&sc, 48 * HOUR);
	CHECK(!next(&sc), "asked again, though refused");

	harness_login(&sc.harness, sc.alice);
	lose(&sc, sc.alice);
	pass(&sc, MINUTE);
	CHECK(next(&sc), "not asked after another login");
	answer(&sc, ENDPOINT_IS_GONE, 0);
	CHECK(node_of(&sc, sc.alice)->wake == NULL, "the URL is kept");
	post(&sc, sc.bob, sc.alice);
	pass(&sc, HOUR);
	CHECK(!next(&sc), "asked without a URL");
	end(&sc);
}

/* A cork keeps it asleep until its end. */
static void
check_cork(void)
{
	struct scene sc;

	begin(&sc);
	say(&sc, sc.alice, "{\"op\":3,\"id\":\"k\","
	    "\"cork\":\"2026-01-01T02:00:00.000Z\"}");
	lose(&sc, sc.alice);
	pass(&sc, MINUTE);
	post(&sc, sc.bob, sc.alice);
	pass(&sc, HOUR);
	CHECK(!next(&sc), "woken in spite of a cork");
	pass(&sc, HOUR);
	CHECK(next(&sc), "not woken when the cork has ended");
	end(&sc);
}

/* A clock that was never set, or has gone back, is in doubt. */
static void
check_doubt(void)
{
	struct scene sc;
	uint64_t wall;

	begin_offline(&sc);
	wall = sc.harness.now.wall;
	post(&sc, sc.bob, sc.alice);
	sc.harness.now.wall = 0;
	CHECK(!next(&sc), "woken in 1970");
	sc.harness.now.wall = wall;
	pass(&sc, MINUTE);
	CHECK(next(&sc), "not woken when the clock is right");
	answer(&sc, ENDPOINT_IS_BUSY, 0);

	journal_id_at_least(sc.harness.data.journal,
	    (sc.harness.now.wall + HOUR) * 1000000);
	post(&sc, sc.bob, sc.alice);
	pass(&sc, 2 * MINUTE);
	CHECK(!next(&sc), "woken while messages are from the future");
	pass(&sc, HOUR);
	CHECK(next(&sc), "not woken when they no longer are");
	answer(&sc, ENDPOINT_IS_BUSY, 0);

	journal_id_at_least(sc.harness.data.journal,
	    (sc.harness.now.wall + 1000 * CLOCK_DAY) * 1000000);
	post(&sc, sc.bob, sc.alice);
	pass(&sc, 12 * HOUR);
	CHECK(!next(&sc), "woken while messages are from years ahead");
	pass(&sc, 12 * HOUR);
	CHECK(next(&sc), "never woken again");
	end(&sc);
}

/* Devices and people go; keys and services that may be asked change. */
static void
check_changes(void)
{
	struct scene sc;
	struct user *user;

	begin_offline(&sc);
	post(&sc, sc.bob, sc.alice);
	tmtp_set_wake_key(sc.harness.relay, SPAN(""), sc.harness.now);
	CHECK(!next(&sc), "woken without a key");
	post(&sc, sc.bob, sc.alice);
	pass(&sc, MINUTE);
	CHECK(!next(&sc), "woken without a key, later");
	tmtp_set_wake_key(sc.harness.relay, KEY, sc.harness.now);
	pass(&sc, MINUTE);
	CHECK(next(&sc), "not woken with a key");
	user = userdb_user_text(sc.harness.data.userdb,
	    span_of(sc.alice->uid));
	tmtp_remove_user(sc.harness.relay, user);
	answer(&sc, ENDPOINT_WAKES, 0);
	end(&sc);

	begin_offline(&sc);
	userdb_set_wake(sc.harness.data.userdb, node_of(&sc, sc.alice),
	    SPAN("https://push.example/x"));
	post(&sc, sc.bob, sc.alice);
	CHECK(!next(&sc), "a service that may not be asked any more");
	end(&sc);

	begin(&sc);
	set_url(&sc, sc.alice, "");
	lose(&sc, sc.alice);
	post(&sc, sc.bob, sc.alice);
	pass(&sc, HOUR);
	CHECK(!next(&sc), "woken, though it wants not to");
	end(&sc);
}

int
main(void)
{
	log_level(LOG_QUIET);
	check_once();
	check_one_each();
	check_restart();
	check_online();
	check_own();
	check_answers();
	check_cork();
	check_doubt();
	check_changes();
	return check_report("wake");
}
