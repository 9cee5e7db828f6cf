#include "push/push.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "conf.h"
#include "net/authority.h"
#include "net/cert.h"
#include "push/sender.h"
#include "push/vapid.h"
#include "tmtp.h"

#define KEY_FILE "push.pem"

#define JOBS_MAX   8	/* at a time */
#define TOKENS_MAX 16	/* hosts for which a token is kept */

/* Seconds.  Services ask for tokens that are used again. */
#define TOKEN_TIME  43200	/* RFC 8292 allows a day, less than some do */
#define TOKEN_LEAST 3600	/* that one must be valid for */
#define MESSAGE_TTL 2419200	/* the service may keep the wake-up: 28 days */
#define CLOCK_OFF   3600	/* a difference that is worth a word */

/* Milliseconds. */
#define JOB_TIME ((SENDER_TIME + 10) * 1000)
#define LOG_INTERVAL 60000	/* between two lines about failures */

/* A request that is under way; number 0: none. */
struct push_job {
	uint64_t number;
	uint64_t due;		/* now.mono: it is given up */
	char host[SENDER_HOST];
};

struct push_token {
	char host[SENDER_HOST];	/* "" if there is none */
	uint64_t exp;		/* seconds since 1970 */
	struct buf text;
};

struct push {
	struct relay *relay;
	const struct conf *conf;
	struct cert key;
	char public_key[VAPID_KEY + 1];
	pid_t pid;
	int fd;
	struct push_job jobs[JOBS_MAX];
	struct push_token tokens[TOKENS_MAX];
	char *contact;		/* in the tokens */
	size_t next_token;	/* to be replaced */
	uint64_t log_at;	/* now.mono: no line about failures before */
	unsigned long unlogged;
};

static int
read_key(struct push *push, char *why, size_t room)
{
	struct buf path = { NULL, 0, 0 };
	int result;

	buf_addf(&path, "%s/%s", push->conf->data, KEY_FILE);
	result = authority_key(&push->key, path.p, why, room);
	buf_free(&path);
	return result;
}

struct push *
push_open(struct relay *relay, const struct conf *conf, struct now now,
    char *why, size_t room)
{
	struct push *push = xzalloc(sizeof(*push));

	push->relay = relay;
	push->conf = conf;
	push->fd = -1;
	push->contact = xcopy(SPAN(""));
	if (read_key(push, why, room) == 0) {
		vapid_key(push->public_key, &push->key.ec);
		push->fd = sender_start(&push->pid, conf->confine ?
		    SENDER_CONFINED : SENDER_FREE);
		if (push->fd != -1) {
			tmtp_set_wake_key(relay, span_of(push->public_key),
			    now);
			return push;
		}
		(void)say_why(why, room, "no process can be made: %s",
		    strerror(errno));
	}
	push_close(push);
	return NULL;
}

/* Its own children end by themselves. */
void
push_close(struct push *push)
{
	size_t i;

	if (push == NULL)
		return;
	if (push->fd != -1) {
		(void)fd_close(push->fd);
		(void)kill(push->pid, SIGKILL);
		while (waitpid(push->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
	}
	for (i = 0; i < TOKENS_MAX; i++)
		buf_free(&push->tokens[i].text);
	free(push->contact);
	cert_free(&push->key);
	free(push);
}

void
push_allow(const struct confine *c)
{
	sender_allow(c);
}

int
push_fd(const struct push *push)
{
	return push->fd;
}

/* ---- tokens ---- */

static void
forget_tokens(struct push *push)
{
	size_t i;

	for (i = 0; i < TOKENS_MAX; i++)
		push->tokens[i].host[0] = '\0';
}

/*
 * The token for a host, made if none is valid for long enough.  A clock that
 * was set back makes one valid for too long.
 */
static struct span
token_for(struct push *push, struct span host, uint64_t now)
{
	struct push_token *t;

	if (strcmp(push->contact, push->conf->push_contact) != 0) {
		free(push->contact);
		push->contact = xcopy(span_of(push->conf->push_contact));
		forget_tokens(push);
	}
	for (t = push->tokens; t < push->tokens + TOKENS_MAX; t++) {
		if (span_is(span_of(t->host), host) &&
		    t->exp >= now + TOKEN_LEAST && t->exp <= now + TOKEN_TIME)
			return buf_span(&t->text);
	}
	for (t = push->tokens; t < push->tokens + TOKENS_MAX; t++) {
		if (span_is(span_of(t->host), host))
			break;
	}
	if (t == push->tokens + TOKENS_MAX) {
		t = &push->tokens[push->next_token];
		push->next_token = (push->next_token + 1) % TOKENS_MAX;
	}
	(void)snprintf(t->host, sizeof(t->host), "%.*s", (int)host.n, host.p);
	t->exp = now + TOKEN_TIME;
	t->text.n = 0;
	vapid_token(&t->text, &push->key.ec, host, span_of(push->contact),
	    t->exp);
	return buf_span(&t->text);
}

/* ---- jobs ---- */

static struct push_job *
free_job(struct push *push, struct now now)
{
	struct push_job *job;

	for (job = push->jobs; job < push->jobs + JOBS_MAX; job++) {
		if (job->number == 0 || job->due <= now.mono)
			return job;
	}
	return NULL;
}

/* False if it is too long, which no endpoint makes it. */
static bool
write_request(struct push *push, struct sender_job *job,
    const struct endpoint_wake *wake)
{
	struct span token = token_for(push, wake->at.host, job->now);
	int n;

	n = snprintf(job->request, sizeof(job->request),
	    "POST %.*s HTTP/1.1\r\n"
	    "Host: %s\r\n"
	    "Authorization: vapid t=%.*s, k=%s\r\n"
	    "TTL: %d\r\n"
	    "Urgency: high\r\n"
	    "Topic: %s\r\n"
	    "Content-Length: 0\r\n"
	    "Connection: close\r\n\r\n",
	    (int)wake->at.path.n, wake->at.path.p, job->host,
	    (int)token.n, token.p, push->public_key, MESSAGE_TTL, wake->topic);
	if (n < 0 || (size_t)n >= sizeof(job->request))
		return false;
	job->length = (size_t)n;
	return true;
}

static void
start_job(struct push *push, struct push_job *slot,
    const struct endpoint_wake *wake, struct now now)
{
	struct sender_job job;

	memset(&job, 0, sizeof(job));
	job.number = wake->job;
	job.now = now.wall / 1000;
	(void)snprintf(job.host, sizeof(job.host), "%.*s", (int)wake->at.host.n,
	    wake->at.host.p);
	if (!write_request(push, &job, wake)) {
		tmtp_woken(push->relay, wake->job, ENDPOINT_REFUSES, 0);
		return;
	}
	if (fd_send(push->fd, (struct span){ (const char *)&job,
	    sizeof(job) }) != (ssize_t)sizeof(job)) {
		tmtp_woken(push->relay, wake->job, ENDPOINT_IS_BUSY, 0);
		return;
	}
	slot->number = job.number;
	slot->due = now.mono + JOB_TIME;
	memcpy(slot->host, job.host, sizeof(slot->host));
}

void
push_turn(struct push *push, struct now now)
{
	struct endpoint_wake wake;
	struct push_job *slot;

	while ((slot = free_job(push, now)) != NULL &&
	    tmtp_next_wake(push->relay, &wake, now))
		start_job(push, slot, &wake, now);
}

/* Only when all places are taken may one more wait for a place. */
uint64_t
push_deadline(const struct push *push)
{
	uint64_t due = UINT64_MAX;
	size_t i;

	for (i = 0; i < JOBS_MAX; i++) {
		if (push->jobs[i].number == 0)
			return UINT64_MAX;
		due = clock_min(due, push->jobs[i].due);
	}
	return due;
}

/* ---- results ---- */

static bool
is_our_fault(unsigned status)
{
	return status == 401 || status == 403;
}

static enum endpoint_answer
judge(unsigned status)
{
	if (status >= 200 && status <= 299)
		return ENDPOINT_WAKES;
	if (status == 404 || status == 410)
		return ENDPOINT_IS_GONE;
	if (status == 0 || status == 406 || status == 408 || status == 429 ||
	    status >= 500)
		return ENDPOINT_IS_BUSY;
	return ENDPOINT_REFUSES;
}

static void
say_clocks(char *text, size_t room, const struct sender_result *r,
    struct now now)
{
	uint64_t ours = now.wall / 1000;
	uint64_t off = r->date > ours ? r->date - ours : ours - r->date;

	text[0] = '\0';
	if (r->date != 0 && off >= CLOCK_OFF)
		(void)snprintf(text, room, "; our clock is %llu minutes %s",
		    (unsigned long long)(off / 60),
		    r->date > ours ? "behind" : "ahead");
}

/*
 * Members choose what is asked, so they must not fill the log.  An endpoint
 * that is no longer valid is nobody's fault, and so is a service that is busy.
 */
static void
log_failure(struct push *push, const char *host,
    const struct sender_result *r, struct now now)
{
	char others[48] = "", clocks[60];

	if (r->status != 0 && judge(r->status) != ENDPOINT_REFUSES)
		return;
	if (now.mono < push->log_at) {
		push->unlogged++;
		return;
	}
	if (push->unlogged > 0)
		(void)snprintf(others, sizeof(others),
		    " (and %lu others failed)", push->unlogged);
	push->unlogged = 0;
	push->log_at = now.mono + LOG_INTERVAL;
	say_clocks(clocks, sizeof(clocks), r, now);
	if (r->status == 0)
		log_warning("push: %s cannot be asked to wake a device: %s%s",
		    host, r->why, others);
	else if (is_our_fault(r->status))
		log_warning("push: %s answers %u: it does not accept our key "
		    "or push_contact%s%s", host, r->status, clocks, others);
	else
		log_warning("push: %s answers %u to a request to wake a "
		    "device%s", host, r->status, others);
}

static void
take_result(struct push *push, struct sender_result *r, struct now now)
{
	struct push_job *job;

	for (job = push->jobs; job < push->jobs + JOBS_MAX; job++) {
		if (job->number == r->number)
			break;
	}
	if (r->number == 0 || job == push->jobs + JOBS_MAX)
		return;		/* too late: it has timed out */
	job->number = 0;
	r->why[sizeof(r->why) - 1] = '\0';
	log_clean(r->why, strlen(r->why));
	log_failure(push, job->host, r, now);
	if (is_our_fault(r->status))
		forget_tokens(push);
	tmtp_woken(push->relay, r->number, judge(r->status),
	    r->retry_after * 1000);
}

int
push_read(struct push *push, struct now now)
{
	struct sender_result result;
	ssize_t n;

	for (;;) {
		n = fd_recv(push->fd, (char *)&result, sizeof(result));
		if (n == (ssize_t)sizeof(result))
			take_result(push, &result, now);
		else
			return n == -1 && fd_would_block() ? 0 : -1;
	}
}
