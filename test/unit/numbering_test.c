/*
 * The same requests in both numberings get the same answers: two relays, one
 * spoken to by the ops of 2018 and one by those of 2020, are given the same
 * random requests, and all that they send is compared.  Each login begins with
 * the OhiEdit that is silent: after it the rules for that op are the same.
 *
 * What a relay makes up differs: uids are compared by whose they are, nodeids
 * and headsums (which stage checks) not at all.
 *
 * Requests that a client of 2018 or 2020 can make get the answers that a relay
 * without moderators, corks, receipts and labels gave: test/unit/unchanged.txt
 * has checksums of those.  That relay wrote it, by numbering_test -r.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/log.h"
#include "disk/file.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "test/lib/prng.h"
#include "tmtp/header.h"

#define RUNS     6
#define REQUESTS 1200
#define USERS    4

/* The ops whose numbers differ; the others have the same in both. */
enum { PING = 100, ACK, PULSE, QUIT };

static const int numbers[2][4] = {
	{ 8, 9, 10, 11 },
	{ 9, 10, 11, 12 }
};

struct relay_run {
	const int *numbers;
	struct harness stage;
	struct actor *actors[USERS];
	char uids[USERS][UID_TEXT + 1];
	char nodeids[USERS][NODEID_TEXT + 1];
	char last[USERS][ID_TEXT + 1];	/* the last message each one got */
	unsigned asked;		/* requests, numbered from 1; 0: all have
				   the same id */
	char waits[ID_TEXT + 1];	/* the last post to be moderated */
	struct buf said;	/* all that was sent, as it can be compared */
};

/* One request, of which only the op's number depends on the world. */
struct wish {
	unsigned who;
	int op;			/* a number, or one of the enum */
	char text[400];		/* after the op; @0 to @3 are uids, @@ and @m
				   ids */
	size_t data;
};

static void
send_text(struct relay_run *w, unsigned who, const char *header, size_t data)
{
	struct buf b = { NULL, 0, 0 };

	buf_addf(&b, "%04zx%s", strlen(header), header);
	while (data-- > 0)
		buf_add_byte(&b, (char)('a' + data % 26));
	harness_send(&w->stage, w->actors[who], buf_span(&b));
	harness_turn(&w->stage);
	buf_free(&b);
}

/*
 * Copy a header: users for uids, nothing for nodeids and headsums.  The users
 * that info tells of come in no order, and so just their number counts.
 */
static void
say(struct relay_run *w, unsigned who, struct span header)
{
	const char *p = header.p, *end = p + header.n;
	bool in_order = memcmp(p, "{\"info\"", 7) != 0;
	unsigned i;

	buf_addf(&w->said, "%u: ", who);
	while (p < end) {
		for (i = 0; i < USERS; i++) {
			if (end - p > UID_TEXT &&
			    memcmp(p, w->uids[i], UID_TEXT) == 0)
				break;
		}
		if (i < USERS) {
			buf_addf(&w->said, "user %u", in_order ? i : 0);
			p += UID_TEXT;
		} else if (end - p > 10 && memcmp(p, "\"headsum\":", 10) == 0) {
			for (p += 10; *p != ','; p++)
				;
		} else if (end - p > 50 && memcmp(p, "\"nodeid\":", 9) == 0) {
			p += 11 + NODEID_TEXT;
		} else {
			buf_add_byte(&w->said, *p++);
		}
	}
	buf_add_byte(&w->said, '\n');
}

static void
listen_to_all(struct relay_run *w)
{
	struct reply f;
	unsigned i;

	for (i = 0; i < USERS; i++) {
		while (harness_frame(w->actors[i], &f)) {
			CHECK(wire_is_intact(&f), "headsum");
			say(w, i, f.header);
			buf_add(&w->said, f.data);
			if (f.from.p != NULL && f.id.p != NULL)
				memcpy(w->last[i], f.id.p, ID_TEXT);
			if (span_find(f.header, SPAN("\"moderate\":")) <
			    f.header.n)
				memcpy(w->waits, f.id.p, ID_TEXT);
			harness_drop(w->actors[i], f.bytes);
		}
	}
}

static void
begin_presence(struct relay_run *w, unsigned who)
{
	send_text(w, who, w->numbers == numbers[0] ?
	    "{\"op\":4,\"id\":\"o\",\"for\":[],\"type\":\"add\"}" :
	    "{\"op\":4,\"id\":\"o\",\"for\":[],\"type\":\"init\"}", 0);
}

static void
log_in(struct relay_run *w, unsigned who)
{
	char text[256];

	harness_lose(&w->stage, w->actors[who]);
	harness_turn(&w->stage);
	harness_connect(&w->stage, w->actors[who]);
	send_text(w, who, "{\"op\":0,\"id\":\"1\"}", 0);
	(void)snprintf(text, sizeof(text), "{\"op\":2,\"uid\":\"%s\","
	    "\"node\":\"%s\"}", w->uids[who], w->nodeids[who]);
	send_text(w, who, text, 0);
	begin_presence(w, who);
}

/* {"nodeid":"...","noderef":"1","op":"registered","uid":"..."} */
static void
enroll(struct relay_run *w, unsigned who)
{
	struct reply f;
	char text[128];

	harness_connect(&w->stage, w->actors[who]);
	send_text(w, who, "{\"op\":0,\"id\":\"1\"}", 0);
	listen_to_all(w);
	(void)snprintf(text, sizeof(text), "{\"op\":1,\"newnode\":\"x\","
	    "\"newalias\":\"user%u\"}", who);
	send_text(w, who, text, 0);
	(void)harness_frame(w->actors[who], &f);
	memcpy(w->nodeids[who], f.header.p + 11, NODEID_TEXT);
	memcpy(w->uids[who], f.header.p + f.header.n - 2 - UID_TEXT, UID_TEXT);
	memset(w->last[who], '0', ID_TEXT);
	begin_presence(w, who);
}

static void
begin(struct relay_run *w, int numbering)
{
	static const char *const names[USERS] = { "A", "B", "C", "D" };
	unsigned i;

	*w = (struct relay_run){ .numbers = numbers[numbering] };
	harness_open(&w->stage);
	w->stage.conf.ops = numbering == 0 ? CONF_OPS_2018 : CONF_OPS_2020;
	w->stage.conf.window_max = w->stage.conf.window;
	harness_start(&w->stage);
	for (i = 0; i < USERS; i++)
		w->actors[i] = harness_actor(&w->stage, names[i]);
	for (i = 0; i < USERS; i++)
		enroll(w, i);
	listen_to_all(w);
}

static void
end(struct relay_run *w)
{
	harness_close(&w->stage);
	buf_free(&w->said);
}

#define ID ",\"id\":\"r\","

/* What is asked, with up to three numbers below USERS for each %. */
static const struct request_form {
	int op;
	const char *text;
	size_t data;
} forms[] = {
	{ 7, ID "\"for\":[{\"id\":\"@%\",\"type\":1}],\"datalen\":9", 9 },
	{ 7, ID "\"for\":[{\"id\":\"@%\",\"type\":1},{\"id\":\"@%\","
	    "\"type\":1}],\"datalen\":70000", 70000 },
	{ 7, ID "\"for\":[{\"id\":\"club%\",\"type\":2}],\"datalen\":0", 0 },
	{ 7, ID "\"for\":[{\"id\":\"club%\",\"type\":3}],\"datalen\":1", 1 },
	{ 7, ID "\"for\":[{\"id\":\"@%\",\"type\":1},{\"id\":\"nobody\","
	    "\"type\":1}],\"datalen\":5", 5 },
	{ PING, ID "\"from\":\"user$\",\"to\":\"user%\",\"datalen\":3", 3 },
	{ ACK, ",\"id\":\"@@\",\"type\":\"ok\"", 0 },
	{ ACK, ",\"id\":\"@@\",\"type\":\"ok\"", 0 },
	{ ACK, ",\"id\":\"@@\",\"type\":\"ok\"", 0 },
	{ PULSE, "", 0 },
	{ QUIT, "", 0 },
	{ 3, ID "\"newalias\":\"other%%\"", 0 },
	{ 3, ID "\"newalias\":\"once%%\",\"uses\":1", 0 },
	{ 3, ID "\"dropalias\":\"other%%\"", 0 },
	{ 3, ID "\"newnode\":\"n%\"", 0 },
	{ 4, ID "\"for\":[{\"id\":\"@%\"},{\"id\":\"@%\"}],\"type\":\"add\"",
	    0 },
	{ 4, ID "\"for\":[{\"id\":\"@%\"}],\"type\":\"drop\"", 0 },
	{ 5, ID "\"from\":\"user$\",\"to\":\"user%\",\"gid\":\"club%\","
	    "\"datalen\":0", 0 },
	{ 6, ID "\"act\":\"join\",\"gid\":\"club%\"", 0 },
	{ 6, ID "\"act\":\"alias\",\"gid\":\"club%\",\"newalias\":\"m%%\"",
	    0 },
	{ 6, ID "\"act\":\"drop\",\"gid\":\"club%\",\"to\":\"user%\"", 0 },
	{ 5, ID "\"from\":\"user$\",\"to\":\"user%\",\"gid\":\"mod\","
	    "\"kind\":\"moderated\",\"datalen\":0", 0 },
	{ 5, ID "\"from\":\"user$\",\"to\":\"user%\",\"gid\":\"shut\","
	    "\"kind\":\"moderated closed\",\"datalen\":0", 0 },
	{ 6, ID "\"act\":\"join\",\"gid\":\"mod\"", 0 },
	{ 6, ID "\"act\":\"join\",\"gid\":\"shut\"", 0 },
	{ 7, ID "\"for\":[{\"id\":\"mod\",\"type\":2}],\"datalen\":3", 3 },
	{ 7, ID "\"for\":[{\"id\":\"shut\",\"type\":3}],\"datalen\":70000",
	    70000 },
	{ 6, ID "\"act\":\"moderator\",\"gid\":\"mod\",\"to\":\"user%\","
	    "\"on\":true", 0 },
	{ 6, ID "\"act\":\"moderator\",\"gid\":\"shut\",\"to\":\"user%\"",
	    0 },
	{ 6, ID "\"act\":\"pass\",\"gid\":\"mod\",\"msgid\":\"@m\"", 0 },
	{ 6, ID "\"act\":\"reject\",\"gid\":\"shut\",\"msgid\":\"@m\"",
	    0 },
	{ 6, ID "\"act\":\"reject\",\"gid\":\"mod\",\"msgid\":\"@m\"",
	    0 },
	{ 6, ID "\"act\":\"pass\",\"gid\":\"shut\",\"msgid\":\"@m\"",
	    0 },
	{ 7, ID "\"for\":[{\"id\":\"mod\",\"type\":3}],\"datalen\":0", 0 },
	{ 7, ID "\"for\":[{\"id\":\"shut\",\"type\":2}],\"datalen\":0", 0 },
	{ 6, ID "\"act\":\"drop\",\"gid\":\"shut\",\"to\":\"user$\"", 0 },
	{ 3, ID "\"cork\":\"2026-02-0%T00:00:00.000Z\"", 0 },
	{ 3, ID "\"cork\":\"2026-03-01T00:00:00.000Z\",\"for\":[{\"id\":"
	    "\"@%\"}]", 0 },
	{ 3, ID "\"cork\":\"\"", 0 },
	{ 3, ID "\"dropnode\":\"%\",\"after\":true", 0 }
};

/* A request that mostly makes sense: % is anybody, $ is who sends it. */
static void
draw_wish(uint64_t *seed, const struct request_form *table, size_t n,
    struct wish *wish)
{
	const struct request_form *form = &table[prng_below(seed, n)];
	size_t i;

	wish->who = (unsigned)prng_below(seed, USERS);
	wish->op = form->op;
	wish->data = form->data;
	for (i = 0; form->text[i] != '\0'; i++) {
		wish->text[i] = form->text[i];
		if (form->text[i] == '%')
			wish->text[i] = (char)('0' +
			    (int)prng_below(seed, USERS));
		if (form->text[i] == '$')
			wish->text[i] = (char)('0' + (int)wish->who);
	}
	wish->text[i] = '\0';
}

static void
grant(struct relay_run *w, const struct wish *wish)
{
	struct buf b = { NULL, 0, 0 };
	const char *p;

	if (w->actors[wish->who]->session == NULL)
		log_in(w, wish->who);
	buf_addf(&b, "{\"op\":%d", wish->op < PING ? wish->op :
	    w->numbers[wish->op - PING]);
	for (p = wish->text; *p != '\0'; p++) {
		if (p == wish->text && w->asked > 0 &&
		    strncmp(p, ID, sizeof(ID) - 1) == 0) {
			buf_addf(&b, ",\"id\":\"r%u\",", w->asked++);
			p += sizeof(ID) - 2;
			continue;
		}
		if (p[0] == '@' && p[1] == '@')
			buf_add(&b, span_of(w->last[wish->who]));
		else if (p[0] == '@' && p[1] == 'm')
			buf_add(&b, span_of(w->waits));
		else if (p[0] == '@')
			buf_add(&b, span_of(w->uids[p[1] - '0']));
		else
			buf_add_byte(&b, *p);
		p += p[0] == '@';
	}
	buf_add(&b, SPAN("}"));
	buf_add_byte(&b, '\0');
	send_text(w, wish->who, b.p, wish->data);
	buf_free(&b);
}

/* Requests of each kind that were done, by what stands in them. */
static struct {
	const char *text;
	unsigned done;
} kinds[] = {
	{ "\"pass\"", 0 }, { "\"reject\"", 0 }, { "\"moderator\"", 0 },
	{ "\"kind\"", 0 }, { "\"mod", 0 }, { "\"shut", 0 },
	{ "\"cork\":\"2", 0 }, { "\"cork\":\"\"", 0 }, { "\"after\"", 0 }
};

static void
count_kinds(struct relay_run *w, const struct wish *wish)
{
	size_t i;

	buf_add_byte(&w->said, '\0');
	for (i = 0; i < COUNT(kinds); i++)
		kinds[i].done += strstr(wish->text, kinds[i].text) != NULL &&
		    strstr(w->said.p, "\"msgid\":\"1") != NULL;
	w->said.n--;
}

/* Where two texts begin to differ, and some of the line there. */
static void
compare(struct relay_run *a, struct relay_run *b, const struct wish *wish)
{
	bool same = span_is(buf_span(&a->said), buf_span(&b->said));

	CHECK(same, "op %d%s:\n%.*s\n%.*s", wish->op, wish->text,
	    a->said.n < 2000 ? (int)a->said.n : 2000, a->said.p,
	    b->said.n < 2000 ? (int)b->said.n : 2000, b->said.p);
	a->said.n = b->said.n = 0;
}

static size_t
play(uint64_t seed)
{
	struct relay_run *worlds = xzalloc(2 * sizeof(*worlds));
	struct wish wish;
	size_t bytes = 0;
	int i;

	begin(&worlds[0], 0);
	begin(&worlds[1], 1);
	for (i = 0; i < REQUESTS; i++) {
		draw_wish(&seed, forms, COUNT(forms), &wish);
		grant(&worlds[0], &wish);
		grant(&worlds[1], &wish);
		listen_to_all(&worlds[0]);
		listen_to_all(&worlds[1]);
		bytes += worlds[0].said.n;
		count_kinds(&worlds[0], &wish);
		compare(&worlds[0], &worlds[1], &wish);
	}
	end(&worlds[0]);
	end(&worlds[1]);
	free(worlds);
	return bytes;
}

/* ---- what clients got before ---- */

#define OLD_FORMS    21		/* the first of forms */
#define OLD_RUNS     4		/* in each numbering */
#define OLD_REQUESTS 400
#define OLD_SUM      4		/* hexadecimal digits for each request */
#define OLD_FILE "test/unit/unchanged.txt"

static const struct request_form notes[] = {
	{ 8, ID "\"for\":[{\"id\":\"@%\",\"type\":1}],\"notefor\":[{\"id\":"
	    "\"@%\",\"type\":1}],\"notelen\":4,\"datalen\":9", 9 },
	{ 8, ID "\"for\":[{\"id\":\"club%\",\"type\":3}],\"notelen\":0,"
	    "\"datalen\":9", 9 },
	{ 8, ID "\"for\":[{\"id\":\"club%\",\"type\":2}],\"notefor\":[],"
	    "\"fornotself\":true,\"notelen\":3,\"datalen\":9", 9 },
	{ 8, ID "\"for\":[],\"notefor\":[{\"id\":\"club%\",\"type\":2}],"
	    "\"notelen\":9,\"datalen\":9,\"notesum\":3", 9 }
};

/* A client could not decline, and would not have tried. */
static void
avoid_declining(struct wish *wish)
{
	char *to = strstr(wish->text, "\"to\":\"user");

	if (to != NULL && strstr(wish->text, "\"drop\"") != NULL &&
	    to[10] == (char)('0' + wish->who))
		to[10] = (char)('0' + (wish->who + 1) % USERS);
}

/* The place of an id among those that were seen, ID_TEXT bytes each. */
static size_t
place_of(struct buf *ids, const char *id)
{
	size_t i;

	for (i = 0; i < ids->n; i += ID_TEXT) {
		if (memcmp(ids->p + i, id, ID_TEXT) == 0)
			return i / ID_TEXT;
	}
	buf_add(ids, (struct span){ id, ID_TEXT });
	return i / ID_TEXT;
}

static bool
is_id(const char *p, const char *end)
{
	return end - p > ID_TEXT && p[-1] == '"' && p[ID_TEXT] == '"' &&
	    strspn(p, "0123456789abcdef") == ID_TEXT;
}

/* The same whatever the order of the lines is: ohi may come at any time. */
static unsigned
sum_lines(struct span text)
{
	const char *p = text.p, *end = text.p + text.n, *next;
	uint32_t sum = 0;

	for (; p < end; p = next + 1) {
		next = memchr(p, '\n', (size_t)(end - p));
		if (next == NULL)
			next = end;
		sum += encode_crc32c(0, p, (size_t)(next - p));
	}
	return sum & 0xffff;
}

/* A sum of what was said, with places for ids and without labels. */
static unsigned
sum_said(struct relay_run *w, struct buf *ids)
{
	static const char label[] = "\"label\":\"x\",";
	struct buf b = { NULL, 0, 0 };
	const char *p, *end;
	unsigned sum;

	buf_add_byte(&w->said, '\0');
	for (p = w->said.p, end = p + w->said.n - 1; p < end;) {
		if (strncmp(p, label, sizeof(label) - 1) == 0) {
			p += sizeof(label) - 1;
		} else if (p > w->said.p && is_id(p, end)) {
			buf_addf(&b, "#%zu", place_of(ids, p));
			p += ID_TEXT;
		} else {
			buf_add_byte(&b, *p++);
		}
	}
	sum = sum_lines(buf_span(&b));
	w->said.n = 0;
	buf_free(&b);
	return sum;
}

/* The sums of a run, one after the other, and a newline. */
static void
play_old(int numbering, uint64_t seed, struct buf *sums)
{
	struct relay_run *w = xzalloc(sizeof(*w));
	struct buf ids = { NULL, 0, 0 };
	struct wish wish;
	unsigned i;

	begin(w, numbering);
	w->asked = 1;
	w->said.n = 0;
	for (i = 0; i < OLD_REQUESTS; i++) {
		if (numbering == 1 && prng_below(&seed, 6) == 0)
			draw_wish(&seed, notes, COUNT(notes), &wish);
		else
			draw_wish(&seed, forms, OLD_FORMS, &wish);
		avoid_declining(&wish);
		grant(w, &wish);
		listen_to_all(w);
		buf_addf(sums, "%04x", sum_said(w, &ids));
	}
	buf_add_byte(sums, '\n');
	end(w);
	buf_free(&ids);
	free(w);
}

static void
play_all_old(struct buf *sums)
{
	uint64_t seed;
	int numbering;

	for (numbering = 0; numbering < 2; numbering++) {
		for (seed = 1; seed <= OLD_RUNS; seed++)
			play_old(numbering, seed, sums);
	}
}

static void
test_unchanged(void)
{
	struct buf sums = { NULL, 0, 0 }, old = sums;
	size_t line = OLD_REQUESTS * OLD_SUM + 1, i;

	if (file_read(AT_FDCWD, OLD_FILE, 1 << 20, &old) == -1)
		die("%s: %s", OLD_FILE, strerror(errno));
	play_all_old(&sums);
	CHECK(old.n == sums.n, "%zu bytes, not %zu", sums.n, old.n);
	for (i = 0; i < old.n && i < sums.n && old.p[i] == sums.p[i]; i++)
		continue;
	CHECK(i == old.n, "run %zu, request %zu is answered in another way",
	    i / line + 1, i % line / OLD_SUM);
	buf_free(&sums);
	buf_free(&old);
}

static int
record_old(void)
{
	struct buf sums = { NULL, 0, 0 };

	play_all_old(&sums);
	(void)fwrite(sums.p, 1, sums.n, stdout);
	buf_free(&sums);
	return 0;
}

int
main(int argc, char **argv)
{
	size_t i, bytes = 0;
	uint64_t seed;

	log_level(LOG_QUIET);
	if (argc > 1 && strcmp(argv[1], "-r") == 0)
		return record_old();
	for (seed = 1; seed <= RUNS; seed++)
		bytes += play(seed);
	for (i = 0; i < COUNT(kinds); i++)
		CHECK(kinds[i].done > 0, "%s: %u were done",
		    kinds[i].text, kinds[i].done);
	CHECK(bytes > (size_t)RUNS * REQUESTS * 100, "little was said: %zu",
	    bytes);
	test_unchanged();
	return check_report("numbering");
}
