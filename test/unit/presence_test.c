/*
 * Who comes and goes, for somebody who does not read: what waits is bounded,
 * and in the end it is the truth.
 */
#include "tmtp/presence.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/session.h"

#define FLIPS 100
#define CROWD 10

struct scene {
	struct harness harness;
	struct actor *victim, *others[CROWD];
};

static void
edit(struct scene *sc, struct actor *a, const char *type)
{
	static unsigned count;
	char header[160];

	(void)snprintf(header, sizeof(header), "{\"op\":4,\"id\":\"%u\","
	    "\"for\":[{\"id\":\"%s\"}],\"type\":\"%s\"}", ++count,
	    sc->victim->uid, type);
	harness_say(&sc->harness, a, header);
}

/* How many frames with that text the victim has got; it forgets them. */
static unsigned
count_got(struct scene *sc, const char *text)
{
	struct reply r;
	unsigned n = 0;

	while (harness_frame(sc->victim, &r)) {
		n += span_find(r.header, span_of(text)) < r.header.n;
		harness_drop(sc->victim, r.bytes);
	}
	return n;
}

static void
begin(struct scene *sc)
{
	char name[8];
	size_t i;

	harness_open(&sc->harness);
	sc->harness.conf.ops = CONF_OPS_2018;
	harness_start(&sc->harness);
	sc->victim = harness_actor(&sc->harness, "victim");
	harness_register(&sc->harness, sc->victim);
	for (i = 0; i < CROWD; i++) {
		(void)snprintf(name, sizeof(name), "o%zu", i);
		sc->others[i] = harness_actor(&sc->harness, name);
		harness_register(&sc->harness, sc->others[i]);
	}
	(void)count_got(sc, "");
}

/* Those who come and go take the room of one frame each, and a place. */
static void
check_flips(void)
{
	struct scene sc;
	size_t i, j, first = 0;

	begin(&sc);
	for (i = 0; i < FLIPS; i++) {
		for (j = 0; j < CROWD; j++)
			edit(&sc, sc.others[j], i % 2 == 0 ? "add" : "drop");
		first = i > 0 ? first : sc.victim->session->out.n;
	}
	CHECK(sc.victim->session->out.n == first && first > 0,
	    "%zu bytes wait, not %zu", sc.victim->session->out.n, first);
	CHECK(sc.victim->session->came.count == 0 &&
	    sc.victim->session->went.count == CROWD, "%u went",
	    sc.victim->session->went.count);
	for (j = 0; j < CROWD; j++)
		edit(&sc, sc.others[j], "add");
	CHECK(sc.victim->session->went.count == 0, "%u went, but are there",
	    sc.victim->session->went.count);
	harness_turn(&sc.harness);
	CHECK(count_got(&sc, "\"op\":\"ohi\",\"status\":1") == CROWD,
	    "not each once");
	edit(&sc, sc.others[0], "drop");
	edit(&sc, sc.others[0], "add");
	edit(&sc, sc.others[1], "drop");
	harness_lose(&sc.harness, sc.others[2]);
	harness_turn(&sc.harness);
	CHECK(count_got(&sc, "\"op\":\"ohi\",\"status\":2") == 3, "not three");
	harness_close(&sc.harness);
}

/* The replies that are not read leave no room: it waits, and comes later. */
static void
check_no_room(void)
{
	struct scene sc;
	struct session *s;
	char id[512];
	char header[600];
	size_t before;

	begin(&sc);
	s = sc.victim->session;
	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	(void)snprintf(header, sizeof(header), "{\"op\":4,\"id\":\"%s\","
	    "\"for\":[]}", id);
	while (s->out.n < 20000)
		harness_say(&sc.harness, sc.victim, header);
	before = s->out.n;
	edit(&sc, sc.others[0], "add");
	presence_write(s);
	CHECK(s->out.n == before && s->came.count == 1, "%zu bytes more",
	    s->out.n - before);
	harness_turn(&sc.harness);
	CHECK(count_got(&sc, "\"op\":\"ohi\",\"status\":1") == 1,
	    "it was forgotten");
	harness_close(&sc.harness);
}

int
main(void)
{
	log_level(LOG_QUIET);
	check_flips();
	check_no_room();
	return check_report("presence");
}
