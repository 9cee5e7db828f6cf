#include "test/e2e/crowd.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define RECIPIENTS 3
#define DATA_MAX   6000

struct post {
	size_t to[RECIPIENTS];
	bool acked;
};

struct person {
	struct peer peer;
	char name[32];
	bool online;
	size_t posted;		/* begun */
	size_t answered;	/* acks received, or lost */
	struct post *posts;
	bool *got;		/* of each post of each poster */
	size_t *last;		/* of each poster: the latest number, from 1 */
};

struct crowd_run {
	const struct crowd_setup *plan;
	struct relay_process relay;
	struct client_pool *pool;
	struct person *people;
	struct pollfd *polls;
	uint32_t random;
	unsigned long acks, deliveries, duplicates, quits;
	bool posting;		/* new posts are started */
};

static uint32_t
next_random(struct crowd_run *c)
{
	c->random = c->random * 1664525 + 1013904223;
	return c->random >> 8;
}

/* A post's data: its sender, its number, and bytes that follow from both. */
static size_t
make_text(char text[DATA_MAX], size_t from, size_t number)
{
	size_t n = 50 + (from * 7919 + number * 104729) % (DATA_MAX - 50);
	size_t i, begun;

	begun = (size_t)snprintf(text, DATA_MAX, "%zu %zu ", from, number);
	for (i = begun; i < n; i++)
		text[i] = (char)('a' + (from + number + i) % 26);
	return n;
}

static void
begin_post(struct crowd_run *c, struct person *p)
{
	size_t from = (size_t)(p - c->people), number = ++p->posted, i;
	struct post *post = &p->posts[number - 1];
	const char *uid[RECIPIENTS];
	char text[DATA_MAX];
	size_t n = make_text(text, from, number);

	post->to[0] = next_random(c) % (c->plan->members - RECIPIENTS);
	for (i = 0; i < RECIPIENTS; i++) {
		post->to[i] = post->to[0] + i;
		if (post->to[i] >= from && from >= post->to[0])
			post->to[i]++;	/* not to itself */
		uid[i] = c->people[post->to[i]].peer.uid;
	}
	peer_say(&p->peer, "{\"op\":7,\"id\":\"%zu\",\"datalen\":%zu,"
	    "\"for\":[{\"id\":\"%s\",\"type\":1},{\"id\":\"%s\",\"type\":1},"
	    "{\"id\":\"%s\",\"type\":1}]}", number, n, uid[0], uid[1], uid[2]);
	peer_data(&p->peer, (struct span){ text, n });
}

static void
go_on(struct crowd_run *c, struct person *p)
{
	if (c->posting && p->online && !p->peer.over &&
	    (size_t)(p - c->people) < c->plan->posters &&
	    p->posted == p->answered && p->posted < c->plan->posts)
		begin_post(c, p);
}

static void
take_ack(struct crowd_run *c, struct person *p, const struct peer_frame *f)
{
	char id[PEER_TEXT];
	size_t number = strtoul(peer_get(f, "id", id), NULL, 10);

	CHECK(number == p->posted && peer_is(f, "error", ""),
	    "%s: not the ack of %zu: %s", p->name, p->posted, f->head);
	if (number == 0 || number > p->posted)
		return;
	p->posts[number - 1].acked = true;
	p->answered = p->posted;
	c->acks++;
}

static void
take_delivery(struct crowd_run *c, struct person *p, const struct peer_frame *f)
{
	char text[DATA_MAX];
	size_t from, number, n;
	bool *got;

	if (f->data.n == 0 || f->data.n > DATA_MAX ||
	    sscanf(f->data.p, "%zu %zu ", &from, &number) != 2 ||
	    from >= c->plan->posters || number == 0 ||
	    number > c->people[from].posted) {
		CHECK(false, "%s: a delivery that nobody posted: %s", p->name,
		    f->head);
		return;
	}
	n = make_text(text, from, number);
	CHECK(span_is(buf_span(&f->data), (struct span){ text, n }),
	    "%s: post %zu of %zu is not whole", p->name, number, from);
	got = &p->got[from * c->plan->posts + number - 1];
	if (*got) {
		c->duplicates++;
		return;
	}
	*got = true;
	CHECK(number > p->last[from], "%s: post %zu of %zu after %zu",
	    p->name, number, from, p->last[from]);
	p->last[from] = number;
	c->deliveries++;
}

static void
take_frame(struct crowd_run *c, struct person *p, const struct peer_frame *f)
{
	char text[PEER_TEXT];

	if (peer_is(f, "op", "registered")) {
		memcpy(p->peer.uid, peer_get(f, "uid", text), UID_TEXT);
		memcpy(p->peer.nodeid, peer_get(f, "nodeid", text),
		    NODEID_TEXT);
	} else if (peer_is(f, "op", "info")) {
		p->online = true;
	} else if (peer_is(f, "op", "ack")) {
		take_ack(c, p, f);
	} else if (peer_is(f, "op", "delivery")) {
		take_delivery(c, p, f);
	} else if (peer_is(f, "op", "quit")) {
		CHECK(c->plan->signal == SIGTERM &&
		    peer_is(f, "error", "server is stopping"),
		    "%s: %s", p->name, f->head);
		c->quits++;
	}
}

static void
step(struct crowd_run *c, struct person *p, short revents)
{
	struct peer_frame *f;

	peer_step(&p->peer, revents);
	while ((f = peer_next(&p->peer)) != NULL) {
		take_frame(c, p, f);
		peer_frame_free(f);
	}
	go_on(c, p);
}

/* One poll for all.  False if nothing happens for a minute. */
static bool
turn(struct crowd_run *c)
{
	struct peer *m;
	size_t i;
	int n;

	for (i = 0; i < c->plan->members; i++) {
		m = &c->people[i].peer;
		c->polls[i].fd = m->over ? -1 : client_fd(m->client);
		c->polls[i].events = m->over ? 0 : peer_events(m->client);
		c->polls[i].revents = 0;
	}
	n = poll(c->polls, c->plan->members, RELAY_PATIENCE);
	for (i = 0; n > 0 && i < c->plan->members; i++) {
		if (c->polls[i].revents != 0)
			step(c, &c->people[i], c->polls[i].revents);
	}
	return n > 0;
}

static size_t
count(const struct crowd_run *c, bool (*is)(const struct crowd_run *,
    const struct person *))
{
	size_t i, n = 0;

	for (i = 0; i < c->plan->members; i++)
		n += is(c, &c->people[i]);
	return n;
}

static bool
is_online(const struct crowd_run *c, const struct person *p)
{
	(void)c;
	return p->online;
}

static bool
is_over(const struct crowd_run *c, const struct person *p)
{
	(void)c;
	return p->peer.over;
}

static bool
is_early(const struct crowd_run *c, const struct person *p)
{
	return (size_t)(p - c->people) < c->plan->posters &&
	    p->answered < c->plan->posts;
}

/* All connect at once, and register or log in. */
static void
connect_all(struct crowd_run *c)
{
	struct person *p;
	size_t i;

	for (i = 0; i < c->plan->members; i++) {
		p = &c->people[i];
		p->online = false;
		peer_connect(&p->peer, c->pool, c->relay.port);
		if (p->peer.uid[0] == '\0')
			peer_say(&p->peer, "{\"op\":1,\"newnode\":\"x\","
			    "\"newalias\":\"%s\"}", p->name);
		else
			peer_say(&p->peer, "{\"op\":2,\"uid\":\"%s\","
			    "\"node\":\"%s\"}", p->peer.uid, p->peer.nodeid);
	}
	while (count(c, is_online) < c->plan->members &&
	    count(c, is_over) == 0 && turn(c))
		;
	CHECK(count(c, is_online) == c->plan->members,
	    "only %zu of %zu are online", count(c, is_online),
	    c->plan->members);
}

/* Stop the relay half-way, and start it again. */
static void
interrupt(struct crowd_run *c)
{
	const struct crowd_setup *plan = c->plan;
	size_t i;
	int status;

	while (c->acks < plan->posters * plan->posts / 2 && turn(c))
		;
	c->posting = false;
	status = relay_stop(&c->relay, plan->signal);
	CHECK(status == (plan->signal == SIGKILL ? 256 + SIGKILL : 0),
	    "the relay ended with %d", status);
	while (count(c, is_over) < plan->members && turn(c))
		;
	CHECK(plan->signal == SIGKILL || c->quits == plan->members,
	    "only %lu of %zu got a quit", c->quits, plan->members);
	for (i = 0; i < plan->posters; i++)
		c->people[i].answered = c->people[i].posted;
	c->posting = true;
	relay_start(&c->relay);
	connect_all(c);
}

/* Copies of acked posts that were not delivered. */
static unsigned long
missing(const struct crowd_run *c)
{
	const struct crowd_setup *plan = c->plan;
	const struct post *post;
	unsigned long n = 0;
	size_t i, k, r;

	for (i = 0; i < plan->posters; i++) {
		for (k = 0; k < plan->posts; k++) {
			post = &c->people[i].posts[k];
			for (r = 0; post->acked && r < RECIPIENTS; r++)
				n += !c->people[post->to[r]].got[
				    i * plan->posts + k];
		}
	}
	return n;
}

static void
make_people(struct crowd_run *c)
{
	const struct crowd_setup *plan = c->plan;
	struct person *p;
	size_t i;

	c->people = xzalloc(plan->members * sizeof(c->people[0]));
	c->polls = xzalloc(plan->members * sizeof(c->polls[0]));
	for (i = 0; i < plan->members; i++) {
		p = &c->people[i];
		snprintf(p->name, sizeof(p->name), "member %zu", i);
		peer_init(&p->peer, p->name);
		p->posts = xzalloc(plan->posts * sizeof(p->posts[0]));
		p->got = xzalloc(plan->posters * plan->posts *
		    sizeof(p->got[0]));
		p->last = xzalloc(plan->posters * sizeof(p->last[0]));
	}
}

static void
free_people(struct crowd_run *c)
{
	size_t i;

	for (i = 0; i < c->plan->members; i++) {
		peer_free(&c->people[i].peer);
		free(c->people[i].posts);
		free(c->people[i].got);
		free(c->people[i].last);
	}
	free(c->people);
	free(c->polls);
}

static void
talk(struct crowd_run *c)
{
	const struct crowd_setup *plan = c->plan;
	uint64_t begun = relay_clock();
	size_t i;

	c->posting = true;
	for (i = 0; i < plan->posters; i++)
		go_on(c, &c->people[i]);
	if (plan->signal != 0)
		interrupt(c);
	while ((count(c, is_early) > 0 || missing(c) > 0) &&
	    count(c, is_over) == 0 && turn(c))
		;
	CHECK(count(c, is_over) == 0, "%zu connections were closed",
	    count(c, is_over));
	CHECK(missing(c) == 0, "%lu copies are missing", missing(c));
	CHECK(plan->signal != 0 || c->duplicates == 0, "%lu duplicates",
	    c->duplicates);
	printf("crowd of %zu, signal %d: %lu posts acked, %lu deliveries, "
	    "%lu duplicates, in %llu ms; relay %lu kB\n", plan->members,
	    plan->signal, c->acks, c->deliveries, c->duplicates,
	    (unsigned long long)(relay_clock() - begun),
	    relay_memory(&c->relay));
}

void
crowd_test(const struct crowd_setup *plan)
{
	struct crowd_run c = { .plan = plan, .random = 1 };
	uint64_t begun;

	relay_init(&c.relay, plan->program);
	relay_configure(&c.relay, "\"login_timeout\": \"10m\", "
	    "\"pulse_timeout\": \"10m\",");
	relay_start(&c.relay);
	c.pool = client_pool_open();
	make_people(&c);
	connect_all(&c);
	printf("crowd of %zu online: relay %lu kB\n", plan->members,
	    relay_memory(&c.relay));
	talk(&c);
	free_people(&c);
	client_pool_close(c.pool);
	begun = relay_clock();
	CHECK(relay_stop(&c.relay, SIGTERM) == 0, "the relay failed");
	printf("crowd of %zu disconnected: relay stopped in %llu ms\n",
	    plan->members,
	    (unsigned long long)(relay_clock() - begun));
	relay_free(&c.relay);
}
