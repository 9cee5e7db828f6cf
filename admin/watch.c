#include "admin/watch.h"

#include <sys/statvfs.h>

#include "datadir.h"
#include "tmtp.h"

/*
 * Messages of one queue that are looked at: each of them is a file when the
 * queue is old, and the relay's loop waits.
 */
#define QUEUE_LOOK_MAX 1000

/* What waits in a queue; an id is the time in nanoseconds. */
static int
tell_queue(struct call *c, struct node *n)
{
	struct store *store = c->data->store;
	struct queue *q = tmtp_queue(c->relay, n);
	uint64_t id = 0, oldest = 0, length, messages = 0, bytes = 0;
	int more;

	while ((more = store_next(store, q, id, &id, &length)) == 1 &&
	    messages < QUEUE_LOOK_MAX) {
		if (messages++ == 0)
			oldest = id;
		bytes += length;
	}
	report_row(&c->report);
	report_number(&c->report, "node", n->ref);
	report_number(&c->report, "messages", messages);
	report_number(&c->report, "bytes", bytes);
	report_date(&c->report, "oldest", oldest / 1000000);
	report_flag(&c->report, "more", more == 1);
	return more == -1 ? -1 : 0;
}

const char *
watch_queue(struct call *c)
{
	const struct user *u = call_user(c, c->args[0]);
	size_t i;

	if (u == NULL)
		return CALL_NO_USER;
	report_table(&c->report, "queues");
	for (i = 0; i < u->node_count; i++) {
		if (tell_queue(c, u->nodes[i]) == -1)
			return "a queue cannot be read";
	}
	return NULL;
}

static void
tell_link(struct call *c, const struct session *s)
{
	struct tmtp_state state = tmtp_state(s);

	report_row(&c->report);
	report_text(&c->report, "address", span_of(state.peer));
	call_tell_uid(c, state.node->user);
	report_number(&c->report, "node", state.node->ref);
	report_text(&c->report, "alias", call_alias(state.node->user));
	report_number(&c->report, "silent_s",
	    (c->now.mono - state.heard) / 1000);
	report_number(&c->report, "unacked", state.unacked);
}

const char *
watch_links(struct call *c)
{
	const struct user *u;
	size_t at = 0, i;

	report_table(&c->report, "links");
	while ((u = userdb_next_user(c->db, &at)) != NULL) {
		for (i = 0; i < u->node_count; i++) {
			if (u->nodes[i]->session != NULL)
				tell_link(c, u->nodes[i]->session);
		}
	}
	return NULL;
}

static void
tell_members(struct call *c)
{
	uint64_t users = 0, nodes = 0, online = 0, groups = 0;
	const struct user *u;
	size_t at = 0;

	while ((u = userdb_next_user(c->db, &at)) != NULL) {
		users++;
		nodes += u->node_count;
		online += u->nodes_online > 0;
	}
	for (at = 0; userdb_next_group(c->db, &at) != NULL;)
		groups++;
	report_table(&c->report, "members");
	report_row(&c->report);
	report_number(&c->report, "users", users);
	report_number(&c->report, "nodes", nodes);
	report_number(&c->report, "online", online);
	report_number(&c->report, "groups", groups);
}

static void
tell_disk(struct call *c)
{
	const struct datadir *d = c->data;
	struct statvfs fs;

	report_table(&c->report, "disk");
	report_row(&c->report);
	report_number(&c->report, "journal_segments",
	    journal_newest(d->journal) - journal_oldest(d->journal) + 1);
	report_number(&c->report, "journal_commits",
	    journal_commits(d->journal));
	report_number(&c->report, "journal_waiting",
	    store_checkpoint_bytes(d->store));
	if (fstatvfs(d->dir, &fs) == 0)
		report_number(&c->report, "free",
		    (uint64_t)fs.f_bavail * fs.f_frsize);
}

/* Milliseconds that have begun. */
static uint64_t
to_ms(uint64_t us)
{
	return (us + 999) / 1000;
}

/* Who asks again learns what happened in between. */
static void
tell_pace(struct call *c)
{
	report_table(&c->report, "loop");
	report_row(&c->report);
	report_number(&c->report, "longest_turn_ms", to_ms(c->pace->longest));
	report_number(&c->report, "since_asked_ms", to_ms(c->pace->recent));
	report_number(&c->report, "longest_commit_ms",
	    to_ms(c->pace->longest_commit));
	c->pace->recent = 0;
}

const char *
watch_stats(struct call *c)
{
	report_table(&c->report, "relay");
	report_row(&c->report);
	report_flag(&c->report, "running", c->started != 0);
	report_date(&c->report, "since", c->started);
	report_number(&c->report, "links", c->links);
	tell_members(c);
	tell_disk(c);
	if (c->pace != NULL)
		tell_pace(c);
	return NULL;
}
