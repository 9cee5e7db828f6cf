#include "test/load/storage.h"

#include <stdio.h>

#include "test/load/baseline.h"

#define BODY       500		/* bytes of the messages of a backlog */
#define TWO_BODY   2000		/* ... that the disk's rows compare */
#define SEGMENT_MB 4.194304	/* of the journal */
#define JOURNAL_SIZE 64		/* MiB, by default */
#define AT_ONCE    500		/* members who register, and leave again */
#define BATCH      100		/* posts that a commit carries, for a floor */
#define FOR_EACH   1000		/* messages that wait for each of many */
#define QUIET      75		/* seconds until the relay has cleaned up */

/* How much is done in each run. */
static const struct {
	size_t posters;
	uint64_t in_journal, in_files;	/* messages that wait */
	uint64_t warm, posts;		/* around checkpoints */
	double seconds;			/* where posts are not counted */
} depths[] = {
	[SMOKE] = { 10,  100,   100,    20,    100,   0.1 },
	[QUICK] = { 100, 20000, 100000, 6000,  30000, 3 },
	[FULL]  = { 100, 20000, 100000, 6000,  60000, 6 }
};

/* No row here waits longer for the disk: it has what was posted by then. */
#define PATIENCE 25

static void
start_with_journal(struct bench *b, size_t mib)
{
	char conf[60];

	snprintf(conf, sizeof(conf), "\"journal_size\": \"%zuM\",", mib);
	trial_start_with(b, 0, conf);
}

/* Members that the job asks for; in a smoke run, no more than that has. */
static size_t
posters_of(const struct bench *b, const struct job *job)
{
	size_t posters = depths[b->depth].posters;

	return job->size < posters ? job->size : posters;
}

/* Messages that have files of their own. */
static double
count_files(const struct bench *b)
{
	return trial_count(b,
	    "find mnm-data/user -type f ! -name '*.json' | wc -l");
}

/* What the disk had to do for one post that was acked. */
static void
add_disk(struct row *row, const struct measured *m)
{
	double posts = (double)m->load.posts;

	row_add(row, "syncs", 4,
	    ratio((double)(m->after.syncs - m->before.syncs), posts));
	row_add(row, "kB_disk", 1, ratio((double)(m->after.written -
	    m->before.written) / 1000, posts));
}

/* ---- offline members ---- */

/*
 * Members who post, and behind them some who are offline: in a group of each
 * poster, if they are to be reached by that.
 */
static struct load *
open_with_absent(const struct bench *b, size_t posters, size_t absentees,
    bool by_group)
{
	struct load *l = trial_load(b);
	size_t i, at, n;

	load_add(l, posters);
	for (at = 0; at < absentees; at += n) {
		n = absentees - at < AT_ONCE ? absentees - at : AT_ONCE;
		load_add(l, n);
		for (i = 0; by_group && i < posters; i++)
			load_group(l, i, posters + at, n);
		if (by_group)
			load_idle(l, 1);	/* they get their notices */
		for (i = 0; i < n; i++)
			load_leave(l, posters + at + i);
	}
	return l;
}

static struct measured
gather(const struct bench *b, struct load *l, uint64_t messages)
{
	size_t posters = depths[b->depth].posters;
	struct load_plan plan = { .to = LOAD_ABSENT, .posters = posters,
	    .absent = posters, .absentees = 1, .bytes = BODY,
	    .posts = messages };
	struct warmup none = { 0, 0 };

	return trial_measure(b, l, &plan, &none);
}

/* Deliver all that waits for the member; returns the most memory it took. */
static double
drain(const struct bench *b, struct load *l)
{
	uint64_t most = 0, resident;

	load_return(l, depths[b->depth].posters, 1);
	while (load_turn(l)) {
		resident = trial_look(b).resident;
		most = resident > most ? resident : most;
	}
	return (double)most;
}

void
storage_backlog(struct bench *b, const struct job *job, struct row *row)
{
	bool in_files = job->size == 16;
	uint64_t messages = in_files ? depths[b->depth].in_files :
	    depths[b->depth].in_journal;
	double resident, most;
	struct load_result r;
	struct measured m;
	struct load *l;

	if (b->port != 0 && in_files)
		return;
	start_with_journal(b, job->size);
	l = open_with_absent(b, depths[b->depth].posters, 1, false);
	m = gather(b, l, messages);
	row_add(row, "messages", 0, (double)messages);
	row_add(row, "posts_s", 0, (double)m.load.posts / m.load.seconds);
	if (b->port == 0) {
		row_add(row, "kB_disk", 1, ratio((double)(m.after.written -
		    m.before.written) / 1000, (double)messages));
		row_add(row, "in_files", 0, count_files(b));
	}
	resident = (double)trial_look(b).resident;
	most = drain(b, l);
	r = *load_result(l);
	row_add(row, "first_ms", 1, r.first * 1000);
	row_add(row, "taken_s", 0, (double)r.deliveries / r.seconds);
	row_add(row, "seconds", 1, r.seconds);
	if (b->port == 0) {
		row_add(row, "turn_max", 0, trial_ask(b).turn_ms);
		row_add(row, "rss_MB", 1, resident / 1e6);
		row_add(row, "rss_grown", 1, (most - resident) / 1e6);
	}
	load_close(l);
	trial_stop(b);
}

/*
 * Posts for so many offline members, with a journal of so many MiB; if they are
 * several, they are in a group of each poster.
 */
static void
fill(struct bench *b, struct row *row, size_t absentees, size_t mib)
{
	bool by_group = absentees > 2;
	size_t posters = depths[b->depth].posters / (by_group ? 2 : 1);
	struct warmup warm = { 0, depths[b->depth].warm };
	struct load_plan plan = { .to = LOAD_ABSENT, .posters = posters,
	    .absent = posters, .absentees = absentees, .by_group = by_group,
	    .seconds = PATIENCE,
	    .posts = warm.posts + depths[b->depth].posts };
	const struct load_result *r;
	struct measured m;
	struct load *l;

	if (b->port != 0)
		return;
	start_with_journal(b, mib);
	l = open_with_absent(b, posters, absentees, by_group);
	m = trial_measure(b, l, &plan, &warm);
	r = &m.load;
	row_add(row, "journal_MiB", 0, (double)mib);
	row_add(row, "posts_s", 0, (double)r->posts / r->seconds);
	row_add(row, "away", 0, (double)absentees);
	row_add(row, "seconds", 1, r->seconds);
	row_add(row, "in_files", 0, count_files(b));
	row_add(row, "ack_p50", 1, (double)histogram_at(&r->acks, 500) / 1000);
	row_add(row, "ack_p99", 1, (double)histogram_at(&r->acks, 990) / 1000);
	row_add(row, "ack_max", 1, (double)histogram_at(&r->acks, 1000) / 1000);
	row_add(row, "turn_max", 0, m.stats.turn_ms);
	row_add(row, "commit_max", 0, m.stats.commit_ms);
	row_add(row, "rss_MB", 1, (double)m.after.resident / 1e6);
	add_disk(row, &m);
	load_close(l);
	trial_stop(b);
}

void
storage_checkpoint(struct bench *b, const struct job *job, struct row *row)
{
	fill(b, row, 2, job->size);
}

void
storage_checkpoint_many(struct bench *b, const struct job *job,
    struct row *row)
{
	fill(b, row, posters_of(b, job), JOURNAL_SIZE);
}

/* Batches of so many bytes, each with a sync, in a second. */
static double
disk_floor(const struct bench *b, size_t bytes)
{
	return baseline_disk(b->relay.dir, (bytes / 4096 + 1) * 4096,
	    depths[b->depth].seconds / 2);
}

static void
add_acks(struct row *row, const struct load_result *r)
{
	row_add(row, "ack_p50", 2, (double)histogram_at(&r->acks, 500) / 1000);
	row_add(row, "ack_p99", 2, (double)histogram_at(&r->acks, 990) / 1000);
}

/* Kilobytes of disk that the data directory takes. */
static double
disk_used(const struct bench *b)
{
	return trial_count(b, "du -sk mnm-data");
}

void
storage_away(struct bench *b, const struct job *job, struct row *row)
{
	size_t members = b->depth == SMOKE ? 10 : 50;
	struct load_plan plan = { .to = LOAD_ABSENT, .posters = members,
	    .absent = members, .absentees = members, .each = 2,
	    .seconds = PATIENCE, .posts = 2 * depths[b->depth].posts };
	struct warmup none = { 0, 0 };
	double queued, used, floor;
	const struct load_result *r;
	struct reading before;
	struct measured m;
	struct load *l;

	if (b->port != 0)
		return;
	trial_start_with(b, job->size, "");
	l = open_with_absent(b, members, members, false);
	used = disk_used(b);
	m = trial_measure(b, l, &plan, &none);
	r = &m.load;
	queued = 2 * (double)r->posts;
	row_add(row, "sync_ms", 0, (double)job->size);
	row_add(row, "acks_s", 0, (double)r->posts / r->seconds);
	row_add(row, "queued", 0, queued);
	add_acks(row, r);
	row_add(row, "cpu_1000", 4,
	    ratio((m.after.cpu - m.before.cpu) * 1000, queued));
	row_add(row, "turn_max", 0, m.stats.turn_ms);
	add_disk(row, &m);
	row_add(row, "kB_held", 1, ratio((disk_used(b) - used) * 1.024,
	    (double)r->posts));
	before = trial_look(b);
	load_return(l, members, members);
	while (load_turn(l))
		;
	r = load_result(l);
	row_add(row, "drain_s", 0, (double)r->deliveries / r->seconds);
	row_add(row, "drain_cpu", 4, ratio((trial_look(b).cpu - before.cpu) *
	    1000, (double)r->deliveries));
	if (job->size == 0) {
		floor = disk_floor(b, BATCH * (size_t)ratio((double)r->bytes,
		    (double)r->deliveries)) * BATCH;
		row_add(row, "floor_s", 0, floor);
	}
	load_close(l);
	trial_stop(b);
}

void
storage_one(struct bench *b, const struct job *job, struct row *row)
{
	double seconds = depths[b->depth].seconds;
	struct warmup warm = { seconds / 3, 0 };
	struct load_plan plan = { .to = LOAD_ABSENT, .posters = 1,
	    .absent = 1, .absentees = job->size, .bytes = TWO_BODY,
	    .seconds = warm.seconds + seconds };
	struct measured m;
	struct load *l;

	if (b->port != 0)
		return;
	trial_start(b);
	l = open_with_absent(b, 1, job->size, false);
	m = trial_measure(b, l, &plan, &warm);
	row_add(row, "away", 0, (double)job->size);
	row_add(row, "posts_s", 0, (double)m.load.posts / m.load.seconds);
	add_acks(row, &m.load);
	row_add(row, "floor_ms", 2, 1000 / disk_floor(b, 1));
	load_close(l);
	trial_stop(b);
}

/* ---- crashes ---- */

/* Kill the relay; milliseconds from its start to a member's login. */
static double
measure_restart(struct bench *b, struct load *l)
{
	size_t posters = depths[b->depth].posters, i;
	uint64_t began;

	for (i = 0; i < posters; i++)
		load_leave(l, i);
	trial_kill(b);
	began = relay_clock();
	trial_restart(b);
	load_return(l, posters, 1);
	while (load_result(l)->login == 0 && load_turn(l))
		;
	return (double)(relay_clock() - began);
}

void
storage_restart(struct bench *b, const struct job *job, struct row *row)
{
	uint64_t messages = depths[b->depth].in_files;
	struct load *l;

	(void)job;	/* there is one size, that of the default journal */
	if (b->port != 0)
		return;
	trial_start(b);
	l = open_with_absent(b, depths[b->depth].posters, 1, false);
	(void)gather(b, l, messages);
	row_add(row, "messages", 0, (double)messages);
	row_add(row, "restart_ms", 0, measure_restart(b, l));
	row_add(row, "journal_MB", 1, trial_ask(b).segments * SEGMENT_MB);
	row_add(row, "in_files", 0, count_files(b));
	row_add(row, "rss_MB", 1, (double)trial_look(b).resident / 1e6);
	load_close(l);
	trial_stop(b);
}

/* Posts to ten each, so that this is quickly done. */
void
storage_waiting(struct bench *b, const struct job *job, struct row *row)
{
	size_t posters = depths[b->depth].posters;
	size_t most = b->depth == SMOKE ? FOR_EACH : job->size;
	size_t devices = most / FOR_EACH;	/* 10, 100, ... */
	struct load_plan plan = { .to = LOAD_ABSENT, .posters = posters,
	    .absent = posters, .absentees = devices, .bytes = BODY,
	    .each = devices < 10 ? devices : 10,
	    .seconds = b->depth == FULL ? 10 * PATIENCE : PATIENCE };
	struct warmup none = { 0, 0 };
	const struct load_result *r;
	struct measured m;
	struct load *l;
	double queued;

	if (b->port != 0)
		return;
	plan.posts = most / plan.each;
	trial_start(b);
	l = open_with_absent(b, posters, devices, false);
	m = trial_measure(b, l, &plan, &none);
	queued = (double)m.load.posts * (double)plan.each;
	row_add(row, "waiting", 0, queued);
	row_add(row, "queued_s", 0, queued / m.load.seconds);
	row_add(row, "devices", 0, (double)devices);
	row_add(row, "ack_p99", 1,
	    (double)histogram_at(&m.load.acks, 990) / 1000);
	row_add(row, "turn_max", 0, m.stats.turn_ms);
	row_add(row, "disk_MB", 1, disk_used(b) * 1.024 / 1000);
	row_add(row, "restart_ms", 0, measure_restart(b, l));
	while (load_turn(l))
		;
	r = load_result(l);
	row_add(row, "first_ms", 1, (r->first - r->login) * 1000);
	row_add(row, "taken_s", 0, ratio((double)r->deliveries,
	    r->seconds - r->login));
	row_add(row, "rss_MB", 1, (double)trial_look(b).resident / 1e6);
	load_close(l);
	trial_stop(b);
}

/* ---- the disk's cost of one message ---- */

static void
add_who(struct row *row, const char *who, double rate, size_t at_once)
{
	row_add_text(row, "who", who);
	row_add(row, "per_s", 0, rate);
	row_add(row, "at_once", 0, (double)at_once);
}

void
storage_reference(struct bench *b, const struct job *job, struct row *row)
{
	size_t threads = posters_of(b, job);
	struct baseline_files sum;

	if (b->port != 0)
		return;
	trial_start(b);
	sum = baseline_files(b->relay.dir, threads, TWO_BODY,
	    depths[b->depth].seconds);
	add_who(row, "files", sum.per_s, threads);
	row_add(row, "syncs", 4, sum.syncs);
	row_add(row, "kB_disk", 1, sum.written / 1000);
	trial_stop(b);
}

static void
add_relay(struct row *row, const char *who, const struct measured *m,
    size_t posters)
{
	add_who(row, who, (double)m->load.posts / m->load.seconds, posters);
	add_disk(row, m);
}

void
storage_online(struct bench *b, const struct job *job, struct row *row)
{
	double seconds = depths[b->depth].seconds;
	struct warmup warm = { seconds / 3, 0 };
	struct load_plan plan = { .to = LOAD_TWO, .bytes = TWO_BODY,
	    .posters = posters_of(b, job), .seconds = warm.seconds + seconds };
	struct measured m;
	struct load *l;

	if (b->port != 0)
		return;
	trial_start(b);
	l = trial_load(b);
	load_add(l, plan.posters);
	m = trial_measure(b, l, &plan, &warm);
	add_relay(row, "online", &m, plan.posters);
	load_close(l);
	trial_stop(b);
}

/* Starts when the journal is half full, so that each post moves another. */
void
storage_offline(struct bench *b, const struct job *job, struct row *row)
{
	size_t posters = posters_of(b, job);
	struct warmup warm = { 0, 3 * depths[b->depth].warm };
	struct load_plan plan = { .to = LOAD_ABSENT, .bytes = TWO_BODY,
	    .posters = posters, .absent = posters, .absentees = 2,
	    .seconds = PATIENCE, .posts = warm.posts +
	    depths[b->depth].posts };
	struct measured m;
	struct load *l;

	if (b->port != 0)
		return;
	trial_start(b);
	l = open_with_absent(b, posters, 2, false);
	m = trial_measure(b, l, &plan, &warm);
	add_relay(row, "offline", &m, posters);
	load_close(l);
	trial_stop(b);
}

/* ---- an idle relay ---- */

static void
add_size(const struct bench *b, struct row *row, double posts)
{
	row_add(row, "posts", 0, posts);
	row_add(row, "disk_kB", 0, trial_count(b, "du -sk mnm-data"));
	row_add(row, "journal_MB", 1, trial_ask(b).segments * SEGMENT_MB);
	row_add(row, "rss_MB", 1, (double)trial_look(b).resident / 1e6);
}

void
storage_fresh(struct bench *b, const struct job *job, struct row *row)
{
	(void)job;	/* nobody is there */
	if (b->port != 0)
		return;
	trial_start(b);
	add_size(b, row, 0);
	trial_stop(b);
}

void
storage_used(struct bench *b, const struct job *job, struct row *row)
{
	double seconds = depths[b->depth].seconds;
	struct load_plan plan = { .to = LOAD_TWO, .seconds = seconds,
	    .posters = posters_of(b, job) };
	struct warmup none = { 0, 0 };
	struct measured m;
	struct load *l;

	if (b->port != 0)
		return;
	trial_start(b);
	l = trial_load(b);
	load_add(l, plan.posters);
	m = trial_measure(b, l, &plan, &none);
	load_idle(l, QUIET);
	add_size(b, row, (double)m.load.posts);
	load_close(l);
	trial_stop(b);
}
