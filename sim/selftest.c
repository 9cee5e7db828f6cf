#include "sim/selftest.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/encode.h"
#include "base/log.h"
#include "client/client.h"
#include "net/poller.h"
#include "sim/talk.h"

#define SPEAKERS 5	/* A to E */
#define PATIENCE 10	/* seconds for one answer */

struct speaker {
	struct client *client;	/* NULL: not connected */
	struct buf unacked;	/* ids of messages, ID_TEXT bytes each */
};

struct selftest {
	const char *path;
	struct client_pool *clients;
	struct poller *poller;
	struct speaker speakers[SPEAKERS];
	struct talk talk;
	struct buf frame;	/* to send */
	long answers;
};

static void
disconnect(struct speaker *s)
{
	client_close(s->client);
	s->client = NULL;
	s->unacked.n = 0;
}

static const char *
connect_speaker(struct selftest *t, struct speaker *s)
{
	s->client = client_connect_unix(t->clients, t->path);
	if (s->client == NULL)
		return "cannot connect";
	if (client_watch(s->client, t->poller, s) == 0)
		return NULL;
	disconnect(s);
	return "cannot wait for the connection";
}

/* Wait for a frame.  False: the connection is over, or nothing happens. */
static bool
await(struct selftest *t, struct speaker *s, struct reply *r)
{
	struct poller_event event;
	struct speaker *ready;
	time_t end = time(NULL) + PATIENCE;

	while (time(NULL) <= end) {
		if (client_next(s->client, r))
			return true;
		if (client_over(s->client) != NULL)
			return false;
		poller_wait(t->poller, 1000);
		while (poller_next(t->poller, &event)) {
			ready = event.owner;
			client_step(ready->client, event.can);
		}
	}
	return false;
}

static void
send_frame(struct selftest *t, struct speaker *s)
{
	client_send(s->client, buf_span(&t->frame));
	client_push(s->client);
	t->frame.n = 0;
}

static const char *
step_get(struct selftest *t, struct speaker *s, const char *text)
{
	struct reply r;
	const char *why;

	if (!await(t, s, &r))
		return "no frame was received";
	why = talk_compare(&t->talk, text, &r);
	if (why != NULL) {
		log_line("self-test: received %.*s (%zu bytes of data)",
		    (int)r.header.n, r.header.p, r.data.n);
		return why;
	}
	t->answers++;
	if (wire_is_message(&r))
		buf_add(&s->unacked, r.id);
	return NULL;
}

static const char *
step_event(struct selftest *t, struct speaker *s, const char *what)
{
	struct reply r;

	if (strcmp(what, "acks") == 0) {
		for (; s->unacked.n > 0; buf_drop(&s->unacked, ID_TEXT)) {
			talk_ack(&t->talk, &t->frame,
			    (struct span){ s->unacked.p, ID_TEXT });
			send_frame(t, s);
		}
		return NULL;
	}
	if (strcmp(what, "ended") == 0 &&
	    (await(t, s, &r) || client_over(s->client) == NULL))
		return "the relay did not close the connection";
	disconnect(s);
	return NULL;
}

/* NULL, or what is wrong. */
static const char *
run_step(struct selftest *t, const char *line)
{
	struct talk_step step;
	struct speaker *s;
	const char *why = NULL;

	if (!talk_read(&step, line))
		return "not a step";
	s = &t->speakers[step.name[0] - 'A'];
	if (s->client == NULL)
		why = connect_speaker(t, s);
	if (why != NULL)
		return why;
	if (step.kind == '<')
		return step_get(t, s, step.text);
	if (step.kind == '!')
		return step_event(t, s, step.text);
	why = talk_frame(&t->talk, &t->frame, step.text);
	send_frame(t, s);
	return why;
}

static bool
run_line(struct selftest *t, const char *line)
{
	struct buf steps = { NULL, 0, 0 };
	const char *why = NULL;
	char *p, *end;

	if (!talk_expand(&t->talk, &steps, line))
		buf_addf(&steps, "%s\n", line);
	for (p = steps.p; why == NULL && p < steps.p + steps.n; p = end + 1) {
		end = memchr(p, '\n', (size_t)(steps.p + steps.n - p));
		*end = '\0';
		why = run_step(t, p);
		if (why != NULL)
			log_line("self-test, numbering of %s: %s: %s",
			    talk_value(&t->talk, SPAN("sum-run")),
			    why, p);
	}
	buf_free(&steps);
	return why == NULL;
}

/* Run all lines, or those for both numberings, which come first. */
static bool
run(struct selftest *t, enum talk_numbering numbering)
{
	const char *const *line = selftest_lines;
	bool only_2020;

	t->talk = (struct talk){ .numbering = numbering };
	talk_set(&t->talk, SPAN("sum-run"),
	    numbering == TALK_2018 ? SPAN("2018") : SPAN("2020"));
	for (; *line != NULL; line++) {
		only_2020 = strcmp(*line, "ops 2020") == 0;
		if (only_2020 && numbering == TALK_2018)
			break;
		if (!only_2020 && !run_line(t, *line))
			return false;
	}
	return true;
}

long
selftest_run(const char *path, struct client_pool *clients)
{
	struct selftest t = { .path = path, .clients = clients };
	bool passed;
	size_t i;

	t.poller = poller_open();
	if (t.poller == NULL) {
		log_line("cannot watch connections: %s", strerror(errno));
		return -1;
	}
	passed = run(&t, TALK_2018) && run(&t, TALK_2020);
	for (i = 0; i < SPEAKERS; i++) {
		disconnect(&t.speakers[i]);
		buf_free(&t.speakers[i].unacked);
	}
	poller_close(t.poller);
	buf_free(&t.frame);
	return passed ? t.answers : -1;
}
