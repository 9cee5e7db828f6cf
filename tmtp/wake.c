#include "tmtp/wake.h"

#include <stdlib.h>

#include "base/encode.h"
#include "base/list.h"
#include "base/secret.h"
#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/endpoint.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "userdb.h"

/* Milliseconds. */
#define GRACE       30000	/* for a node whose connection was lost */
#define ASK_TIME    120000	/* until the answer is given up */
#define RETRY_MIN   60000	/* doubled after each failure, up to */
#define RETRY_MAX   3600000
#define WAIT_MAX    CLOCK_DAY	/* whatever a service says */
#define LOOK_AFTER  60000	/* a start, so that clients come back first */
#define DOUBT_TIME  60000	/* until the clock is looked at again */

#define TRIES_MAX 24		/* most of a day; then the next login decides */
#define LOOK_NODES 200		/* in a turn: their directories are read */

#define UNKNOWN UINT64_MAX

/* A clock that is earlier was never set. */
#define YEAR_2020 UINT64_C(1577836800000)

struct wakes {
	char *key;		/* the relay's, for clients; NULL: nobody is
				   woken */
	struct list fresh;	/* they may have to be woken */
	struct list later;	/* ... at their time, */
	uint64_t later_due;	/* the earliest of which is this */
	struct list ready;	/* ... now */
	struct list asked;	/* a push service is being asked */
	uint64_t asked_due;	/* the first has taken too long */
	uint64_t jobs;		/* so many have been given out */
	uint64_t opened;	/* now.mono when the relay began */
	uint64_t look_due;	/* now.mono: look whom something waits for, */
	size_t look_at;		/* from this user on; SIZE_MAX: no more */
};

/*
 * What is to be done for a node.  It is in at most one of the lists.  Only a
 * node that can be woken, and for which there was something, has this.
 */
struct waking {
	struct node *node;
	struct hook hook;
	uint64_t id;		/* of the last message worth it; 0: the node
				   has it; UNKNOWN: it came before the start */
	bool has_left;		/* in fresh: its session has ended just now */
	uint64_t left;		/* now.mono when it did, or 0 */
	uint64_t due;		/* in later and asked: now.mono */
	uint64_t job;		/* in asked: its number */
	unsigned tries;		/* that have failed */
	bool hopeless;		/* until its next login */
	bool answered;		/* in asked */
	enum endpoint_answer answer;
	uint64_t wait;		/* ... and what the service says, in ms */
};

static struct waking *
waking_of(struct node *node)
{
	if (node->waking == NULL) {
		node->waking = xzalloc(sizeof(*node->waking));
		node->waking->node = node;
	}
	return node->waking;
}

static bool
is_due(const struct relay *relay, const struct waking *w)
{
	return relay->wakes->key != NULL && w->id != 0 && !w->hopeless &&
	    w->node->wake != NULL && !w->node->woken &&
	    w->node->session == NULL;
}

/* What the node has not got ends with this message. */
static void
note(struct relay *relay, struct node *node, uint64_t id)
{
	struct waking *w = waking_of(node);

	w->id = id;
	if (is_due(relay, w))
		list_append(&relay->wakes->fresh, &w->hook, w);
}

static void
do_later(struct relay *relay, struct waking *w, uint64_t due)
{
	w->due = due;
	list_remove(&w->hook);
	list_append(&relay->wakes->later, &w->hook, w);
	relay->wakes->later_due = clock_min(relay->wakes->later_due, due);
}

void
wake_open(struct relay *relay, struct now now)
{
	relay->wakes = xzalloc(sizeof(*relay->wakes));
	relay->wakes->opened = now.mono;
	relay->wakes->later_due = relay->wakes->asked_due = UINT64_MAX;
	relay->wakes->look_at = SIZE_MAX;
}

void
wake_close(struct relay *relay)
{
	struct userdb *db = relay->data->userdb;
	struct user *user;
	size_t at = 0, i;

	while ((user = userdb_next_user(db, &at)) != NULL) {
		for (i = 0; i < user->node_count; i++)
			wake_drop(user->nodes[i]);
	}
	free(relay->wakes->key);
	free(relay->wakes);
}

const char *
wake_key(const struct relay *relay)
{
	return relay->wakes->key;
}

void
wake_note(struct relay *relay, struct node *node, uint64_t id)
{
	if (node->wake != NULL)
		note(relay, node, id);
}

void
wake_acked(struct node *node, uint64_t id)
{
	if (node->waking != NULL && node->waking->id == id)
		node->waking->id = 0;
}

void
wake_left(struct relay *relay, struct node *node)
{
	struct waking *w;

	if (node->wake == NULL)
		return;
	w = waking_of(node);
	w->has_left = true;
	list_append(&relay->wakes->fresh, &w->hook, w);
}

bool
wake_entered(struct relay *relay, struct node *node)
{
	struct waking *w = node->waking;
	bool was_woken = node->woken;

	userdb_set_woken(relay->data->userdb, node, false);
	if (w == NULL)
		return was_woken;
	list_remove(&w->hook);
	w->has_left = w->hopeless = false;
	w->left = 0;
	w->tries = 0;
	if (w->id == UNKNOWN)
		w->id = 0;
	return was_woken;
}

void
wake_drop(struct node *node)
{
	if (node->waking == NULL)
		return;
	list_remove(&node->waking->hook);
	free(node->waking);
	node->waking = NULL;
}

/* ---- UserEdit ---- */

/* A browser has one URL: when it logs in as another node, the URL moves. */
static void
take_from_others(struct userdb *db, const struct node *node, struct span url)
{
	struct user *user = node->user;
	struct node *other;
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		other = user->nodes[i];
		if (other == node || other->wake == NULL ||
		    !span_is(span_of(other->wake), url))
			continue;
		userdb_set_wake(db, other, SPAN(""));
		wake_drop(other);
	}
}

static bool
check_url(struct request *rq, struct span url)
{
	struct endpoint endpoint;

	if (rq->relay->wakes->key == NULL)
		return request_refuse(rq, "this relay wakes no devices",
		    SPAN(""));
	if (!endpoint_read(&endpoint, url))
		return request_refuse(rq, "wake must be an https URL of at "
		    "most 1024 bytes at port 443, or empty, not ", url);
	return endpoint_is_allowed(&endpoint, rq->relay->conf) ||
	    request_refuse(rq, "this relay does not use the push service ",
	    endpoint.host);
}

/* The other nodes need not know, so that there is no message about it. */
bool
wake_edit(struct request *rq)
{
	struct userdb *db = rq->relay->data->userdb;
	struct node *node = rq->session->node;
	struct span url = rq->h.wake, old = { NULL, 0 };

	if (url.n > 0 && !check_url(rq, url))
		return false;
	if (node->wake != NULL)
		old = span_of(node->wake);
	if (span_is(old, url))
		return true;
	if (url.n > 0)
		take_from_others(db, node, url);
	userdb_set_wake(db, node, url);
	if (url.n == 0)
		wake_drop(node);
	session_wait(rq->session);
	return true;
}

/* ---- time ---- */

/* Nodes that have just become due, and those whose time has come. */
static void
sort_fresh(struct relay *relay, struct now now)
{
	struct wakes *wakes = relay->wakes;
	struct waking *w;

	while ((w = list_take(&wakes->fresh)) != NULL) {
		if (w->has_left) {
			w->has_left = false;
			w->left = now.mono;
		}
		if (!is_due(relay, w))
			continue;
		if (w->left != 0 && now.mono - w->left < GRACE)
			do_later(relay, w, w->left + GRACE);
		else
			list_append(&wakes->ready, &w->hook, w);
	}
}

static void
sort_later(struct relay *relay, struct now now)
{
	struct wakes *wakes = relay->wakes;
	struct hook *hook, *next;
	struct waking *w;

	if (now.mono < wakes->later_due)
		return;
	wakes->later_due = UINT64_MAX;
	for (hook = wakes->later.first; hook != NULL; hook = next) {
		next = hook->next;
		w = list_owner(hook);
		if (w->due > now.mono) {
			wakes->later_due = clock_min(wakes->later_due, w->due);
			continue;
		}
		list_remove(&w->hook);
		list_append(&wakes->ready, &w->hook, w);
	}
}

/* It has failed: try again, less and less often. */
static void
retry(struct relay *relay, struct waking *w, uint64_t wait, struct now now)
{
	uint64_t pause = RETRY_MAX;

	if (w->tries < 6)
		pause = (uint64_t)RETRY_MIN << w->tries;
	if (wait > pause)
		pause = wait < WAIT_MAX ? wait : WAIT_MAX;
	if (++w->tries >= TRIES_MAX) {
		list_remove(&w->hook);
		w->hopeless = true;
	} else {
		do_later(relay, w, now.mono + pause);
	}
}

static void
settle(struct relay *relay, struct waking *w, struct now now)
{
	struct userdb *db = relay->data->userdb;
	struct node *node = w->node;

	w->job = 0;
	if (!w->answered || w->answer == ENDPOINT_IS_BUSY) {
		retry(relay, w, w->answered ? w->wait : 0, now);
		return;
	}
	list_remove(&w->hook);
	w->tries = 0;
	w->hopeless = w->answer == ENDPOINT_REFUSES;
	if (w->answer == ENDPOINT_WAKES) {
		userdb_set_woken(db, node, true);
	} else if (w->answer == ENDPOINT_IS_GONE) {
		userdb_set_wake(db, node, SPAN(""));
		wake_drop(node);
	}
}

/* While no request may run, the journal accepts no records either. */
static void
settle_asked(struct relay *relay, struct now now)
{
	struct wakes *wakes = relay->wakes;
	struct hook *hook, *next;
	struct waking *w;

	if (now.mono < wakes->asked_due ||
	    datadir_state(relay->data) == DATADIR_WAIT)
		return;
	wakes->asked_due = UINT64_MAX;
	for (hook = wakes->asked.first; hook != NULL; hook = next) {
		next = hook->next;
		w = list_owner(hook);
		if (w->answered || w->due <= now.mono)
			settle(relay, w, now);
		else
			wakes->asked_due = clock_min(wakes->asked_due, w->due);
	}
}

/* Whether something other than the relay's news waits; that is not much. */
static bool
has_posts(struct relay *relay, const struct node *node)
{
	struct store *store = relay->data->store;
	struct queue *q = store_queue(store, &node->user->uid, node->ref);
	uint64_t id = 0, length;
	bool found;

	do
		found = store_next(store, q, id, &id, &length) == 1;
	while (found && store_oldest_news(q, id - 1) == id);
	store_rest(q);
	return found;
}

/* Some of the nodes for which something may have waited before the start. */
static void
look(struct relay *relay, struct now now)
{
	struct wakes *wakes = relay->wakes;
	struct user *user;
	size_t i, nodes = 0;

	if (wakes->look_at == SIZE_MAX || now.mono < wakes->look_due)
		return;
	while (nodes < LOOK_NODES) {
		user = userdb_next_user(relay->data->userdb, &wakes->look_at);
		if (user == NULL) {
			wakes->look_at = SIZE_MAX;
			return;
		}
		for (i = 0; i < user->node_count; i++) {
			if (user->nodes[i]->wake == NULL ||
			    user->nodes[i]->session != NULL)
				continue;
			nodes++;
			if (has_posts(relay, user->nodes[i]))
				note(relay, user->nodes[i], UNKNOWN);
		}
	}
}

void
wake_step(struct relay *relay, struct now now)
{
	settle_asked(relay, now);
	look(relay, now);
	sort_later(relay, now);
	sort_fresh(relay, now);
}

uint64_t
wake_deadline(const struct relay *relay)
{
	const struct wakes *wakes = relay->wakes;
	uint64_t due = clock_min(wakes->later_due,
	    datadir_state(relay->data) == DATADIR_WAIT ? UINT64_MAX :
	    wakes->asked_due);

	if (list_first(&wakes->fresh) != NULL)
		return 0;
	return wakes->look_at == SIZE_MAX ? due :
	    clock_min(due, wakes->look_due);
}

/* ---- for the server ---- */

/*
 * A service takes no token that is dated wrong.  A clock that was never set is
 * in doubt; so is one that is behind the newest message, but for a day only: by
 * then it was set, or that message was dated wrong.
 */
static bool
is_clock_in_doubt(const struct relay *relay, struct now now)
{
	uint64_t newest = journal_committed_id(relay->data->journal) / 1000000;

	return now.wall < YEAR_2020 || (newest > now.wall + DOUBT_TIME &&
	    now.mono - relay->wakes->opened < CLOCK_DAY);
}

/*
 * A newer request to wake the same device replaces an older one that has not
 * reached it (RFC 8030 5.4).  Some services take no more than letters and
 * digits; nobody can tell from it who the user is.
 */
static void
set_topic(char topic[ENDPOINT_TOPIC + 1], const struct node *node)
{
	unsigned char hash[SECRET_HASH];
	char ref[4];
	size_t i;

	encode_u32(ref, node->ref);
	secret_mac(hash, (struct span){ (const char *)node->user->uid.bytes,
	    UID_BYTES }, (struct span){ ref, sizeof(ref) });
	for (i = 0; i < ENDPOINT_TOPIC / 16; i++)
		encode_hex64(topic + 16 * i, decode_u64(hash + 8 * i));
	topic[ENDPOINT_TOPIC] = '\0';
}

bool
wake_next(struct relay *relay, struct endpoint_wake *wake, struct now now)
{
	struct wakes *wakes = relay->wakes;
	struct endpoint endpoint;
	struct waking *w;

	if (list_first(&wakes->ready) != NULL &&
	    is_clock_in_doubt(relay, now)) {
		wakes->later_due = clock_min(wakes->later_due,
		    now.mono + DOUBT_TIME);
		return false;
	}
	while ((w = list_take(&wakes->ready)) != NULL) {
		if (!is_due(relay, w) ||
		    !endpoint_read(&endpoint, span_of(w->node->wake)) ||
		    !endpoint_is_allowed(&endpoint, relay->conf))
			continue;
		w->job = ++wakes->jobs;
		w->answered = false;
		w->due = now.mono + ASK_TIME;
		list_append(&wakes->asked, &w->hook, w);
		wakes->asked_due = clock_min(wakes->asked_due, w->due);
		wake->job = w->job;
		wake->at = endpoint;
		set_topic(wake->topic, w->node);
		return true;
	}
	return false;
}

void
wake_answered(struct relay *relay, uint64_t job, enum endpoint_answer answer,
    uint64_t wait)
{
	struct hook *hook = relay->wakes->asked.first;
	struct waking *w;

	for (; hook != NULL; hook = hook->next) {
		w = list_owner(hook);
		if (w->job != job)
			continue;
		w->answered = true;
		w->answer = answer;
		w->wait = wait;
		relay->wakes->asked_due = 0;
		return;
	}
}

void
wake_set_key(struct relay *relay, struct span key, struct now now)
{
	free(relay->wakes->key);
	relay->wakes->key = key.n > 0 ? xcopy(key) : NULL;
	relay->wakes->look_at = 0;
	relay->wakes->look_due = now.mono + LOOK_AFTER;
}
