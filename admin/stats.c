#include "admin/stats.h"

#include <string.h>

#include "admin/output.h"
#include "base/buf.h"
#include "datadir.h"
#include "disk/file.h"
#include "store.h"
#include "userdb.h"

static void
count_members(struct stats *m, struct userdb *db)
{
	const struct user *u;
	size_t at = 0;

	while ((u = userdb_next_user(db, &at)) != NULL) {
		m->users++;
		m->nodes += u->node_count;
		m->online += u->nodes_online > 0;
	}
	for (at = 0; userdb_next_group(db, &at) != NULL;)
		m->groups++;
}

struct stats
stats_measure(struct datadir *d, size_t connections, const struct pace *pace)
{
	struct stats m = { .connections = connections };
	uint64_t size;

	count_members(&m, d->userdb);
	m.segments = journal_newest(d->journal) -
	    journal_oldest(d->journal) + 1;
	m.commits = journal_commits(d->journal);
	m.waiting = store_checkpoint_bytes(d->store);
	if (!file_space(d->dir, &size, &m.free))
		m.free = 0;
	m.has_pace = pace != NULL;
	if (pace != NULL) {
		m.turn = pace->longest;
		m.recent_turn = pace->recent;
		m.commit = pace->longest_commit;
	}
	return m;
}

#define AT(field) offsetof(struct stats, field)

enum scale { PLAIN, SECONDS };	/* as Prometheus is given it */

/* A row for each number; name is NULL where Prometheus has no use for it. */
static const struct metric {
	const char *table, *key;
	size_t offset;
	enum scale scale;
	const char *name, *type, *help;
} metrics[] = {
	{ "relay", "links", AT(connections), PLAIN, "connections", "gauge",
	    "Open connections, logged in or not." },
	{ "members", "users", AT(users), PLAIN, "users", "gauge",
	    "Members." },
	{ "members", "nodes", AT(nodes), PLAIN, "devices", "gauge",
	    "Devices of members." },
	{ "members", "online", AT(online), PLAIN, "users_online", "gauge",
	    "Members with a device that is logged in." },
	{ "members", "groups", AT(groups), PLAIN, "groups", "gauge",
	    "Groups." },
	{ "disk", "journal_segments", AT(segments), PLAIN, "journal_segments",
	    "gauge", "Segments of the journal." },
	{ "disk", "journal_commits", AT(commits), PLAIN,
	    "journal_commits_total", "counter",
	    "Synced writes to the journal since it was created." },
	{ "disk", "journal_waiting", AT(waiting), PLAIN,
	    "journal_waiting_bytes", "gauge",
	    "Bytes of messages that wait in the journal." },
	{ "disk", "free", AT(free), PLAIN, "disk_free_bytes", "gauge",
	    "Free space of the file system." },
	{ "loop", "longest_turn_ms", AT(turn), SECONDS,
	    "longest_turn_seconds", "gauge",
	    "The longest turn of the loop since the start." },
	{ "loop", "since_asked_ms", AT(recent_turn), SECONDS, NULL, NULL,
	    NULL },
	{ "loop", "longest_commit_ms", AT(commit), SECONDS,
	    "longest_commit_seconds", "gauge",
	    "The longest commit since the start." }
};

#define METRICS (sizeof(metrics) / sizeof(metrics[0]))

static uint64_t
value_of(const struct stats *m, const struct metric *metric)
{
	return *(const uint64_t *)(const void *)
	    ((const char *)m + metric->offset);
}

/* Times are shown in milliseconds, rounded up. */
static void
put_value(struct output *out, const struct metric *metric, uint64_t value)
{
	output_number(out, metric->key, metric->scale == SECONDS ?
	    (value + 999) / 1000 : value);
}

void
stats_show(struct output *out, const struct stats *m)
{
	const char *table = "relay";
	size_t i;

	for (i = 0; i < METRICS; i++) {
		if (metrics[i].scale == SECONDS && !m->has_pace)
			continue;
		if (strcmp(metrics[i].table, table) != 0) {
			table = metrics[i].table;
			output_table(out, table);
			output_row(out);
		}
		put_value(out, &metrics[i], value_of(m, &metrics[i]));
	}
}

static void
put_metric(struct buf *out, const struct metric *metric, uint64_t value)
{
	unsigned long long n = value;

	buf_addf(out, "# HELP mnm_%s %s\n# TYPE mnm_%s %s\nmnm_%s ",
	    metric->name, metric->help, metric->name, metric->type,
	    metric->name);
	if (metric->scale == SECONDS)
		buf_addf(out, "%llu.%06llu\n", n / 1000000, n % 1000000);
	else
		buf_addf(out, "%llu\n", n);
}

void
stats_metrics(struct buf *out, const struct stats *m)
{
	size_t i;

	for (i = 0; i < METRICS; i++) {
		if (metrics[i].name != NULL)
			put_metric(out, &metrics[i], value_of(m, &metrics[i]));
	}
}
