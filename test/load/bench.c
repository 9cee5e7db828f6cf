/*
 * bench - how much a relay can do on this machine; test/load/bench.md explains
 * each row.
 *
 * Each row has its own relay, so that none suffers from the one before; with
 * --connect all use the relay that is there, and what only the system knows
 * about its process is left out.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "test/lib/check.h"
#include "test/lib/relay.h"
#include "test/load/baseline.h"
#include "test/load/load.h"
#include "test/load/storage.h"
#include "test/load/trial.h"

#define RUNS_MAX 9
#define BLOCK    4096	/* the least that a disk writes */

/* How long to measure, in seconds. */
static const struct {
	double posts, idle, visits, baseline;
} depths[] = {
	[QUICK] = { 6, 10, 4, 2 },
	[FULL]  = { 15, 60, 10, 4 }
};

/*
 * Seconds that are not counted.  The relay writes the files of new users a
 * while after they registered, when the journal has gone round; thousands
 * who registered just now are not what is to be measured.
 */
static struct warmup
warm_up(size_t members)
{
	return (struct warmup){ 1 + (double)members / 250, 0 };
}

static struct measured
measure(const struct bench *b, struct load *l, struct load_plan *plan,
    size_t members)
{
	struct warmup warm = warm_up(members);

	plan->seconds = depths[b->depth].posts + warm.seconds;
	return trial_measure(b, l, plan, &warm);
}

static void
add_times(struct row *row, const struct load_result *r)
{
	row_add(row, "ack_p50", 1, (double)histogram_at(&r->acks, 500) / 1000);
	row_add(row, "ack_p99", 1, (double)histogram_at(&r->acks, 990) / 1000);
	row_add(row, "lag_p50", 1, (double)histogram_at(&r->lags, 500) / 1000);
	row_add(row, "lag_p99", 1, (double)histogram_at(&r->lags, 990) / 1000);
}

static void
add_cpu(const struct bench *b, struct row *row, const struct measured *m)
{
	double cpu = m->after.cpu - m->before.cpu;

	if (b->port == 0)
		row_add(row, "cpu_1000", 4,
		    ratio(cpu * 1000, (double)m->load.deliveries));
}

/* What the relay used for it; the disk's baseline is measured right after. */
static void
add_use(struct bench *b, struct row *row, const struct measured *m)
{
	const struct load_result *r = &m->load;
	double syncs = (double)(m->after.syncs - m->before.syncs);
	double written = (double)(m->after.written - m->before.written);
	double posts = (double)r->posts, batches;
	double mean = ratio((double)r->bytes, (double)r->deliveries);
	size_t batch;

	if (b->port != 0)
		return;
	add_cpu(b, row, m);
	row_add(row, "cpu_pct", 0,
	    ratio((m->after.cpu - m->before.cpu) * 100, r->seconds));
	row_add(row, "turn_max", 0, m->stats.turn_ms);
	row_add(row, "rss_MB", 1, (double)m->after.resident / 1e6);
	row_add(row, "syncs", 3, ratio(syncs, posts));
	row_add(row, "kB_disk", 1, ratio(written / 1000, posts));
	if (syncs == 0 || b->sync_ms > 0)
		return;
	batch = ((size_t)(mean * posts / syncs) / BLOCK + 1) * BLOCK;
	batches = baseline_disk(b->relay.dir, batch, depths[b->depth].baseline);
	row_add(row, "of_disk", 2, ratio(posts / r->seconds,
	    batches * posts / syncs));
}

static void
run_posts(struct bench *b, const struct job *job, struct row *row,
    struct load_plan *plan)
{
	struct load *l = trial_load(b);
	const struct load_result *r;
	struct measured m;

	load_add(l, job->size);
	if (plan->to == LOAD_GROUP) {
		load_group(l, 0, 1, job->size - 1);
		load_idle(l, 1);	/* the last get their notices */
	}
	m = measure(b, l, plan, job->size);
	r = &m.load;
	row_add(row, plan->to == LOAD_GROUP ? "members" : "links", 0,
	    (double)job->size);
	row_add(row, "per_s", 0, (double)r->deliveries / r->seconds);
	row_add(row, "MB_s", 1, (double)r->bytes / 1e6 / r->seconds);
	add_times(row, r);
	add_use(b, row, &m);
	load_close(l);
}

/* The baseline of TLS for as many connections, beside what the row reached. */
static void
add_copy_baseline(struct bench *b, const struct job *job, struct row *row)
{
	char cert[RELAY_PATH + 32], key[RELAY_PATH + 32];
	double copies;

	if (b->port != 0)
		return;
	snprintf(cert, sizeof(cert), "%s/mnm-data/cert.pem", b->relay.dir);
	snprintf(key, sizeof(key), "%s/mnm-data/key.pem", b->relay.dir);
	copies = baseline_copy(cert, key, job->size, depths[b->depth].baseline);
	row_add(row, "copy_s", 0, copies);
	row_add(row, "of_copy", 2, ratio(row->figures[1].value, copies));
}

static void
job_posts(struct bench *b, const struct job *job, struct row *row)
{
	struct load_plan plan = { .to = LOAD_TWO, .posters = job->size };

	trial_start(b);
	run_posts(b, job, row, &plan);
	add_copy_baseline(b, job, row);
	trial_stop(b);
}

/* The same rows, with WebSocket. */
static void
job_websocket(struct bench *b, const struct job *job, struct row *row)
{
	b->over_websocket = true;
	job_posts(b, job, row);
	b->over_websocket = false;
}

/* The size is how many milliseconds each sync takes longer. */
static void
job_slow(struct bench *b, const struct job *job, struct row *row)
{
	struct job posts = { .size = 100 };
	struct load_plan plan = { .to = LOAD_TWO, .posters = posts.size };

	if (b->port != 0)
		return;
	row_add(row, "sync_ms", 0, (double)job->size);
	trial_start_with(b, job->size, "");
	run_posts(b, &posts, row, &plan);
	trial_stop(b);
}

/* Of a large group only some post, or one round would take a minute. */
static void
job_group(struct bench *b, const struct job *job, struct row *row)
{
	struct load_plan plan = { .to = LOAD_GROUP, .group = job->size,
	    .posters = job->size > 100 ? 10 : job->size };

	trial_start(b);
	run_posts(b, job, row, &plan);
	trial_stop(b);
}

static void
job_idle(struct bench *b, const struct job *job, struct row *row)
{
	struct load_plan plan = { .to = LOAD_TWO, .posters = 10 };
	double seconds = depths[b->depth].idle, rate;
	struct reading empty, before, after;
	struct measured m;
	struct load *l;

	trial_start(b);
	l = trial_load(b);
	load_add(l, plan.posters);
	load_idle(l, 1);
	empty = trial_look(b);
	load_add(l, job->size);
	load_idle(l, 1);
	before = trial_look(b);
	load_idle(l, seconds);
	after = trial_look(b);
	row_add(row, "idle_links", 0, (double)job->size);
	if (b->port == 0) {
		row_add(row, "rss_MB", 1, (double)after.resident / 1e6);
		row_add(row, "kB_link", 2, ratio((double)(after.resident -
		    empty.resident) / 1000, (double)job->size));
		row_add(row, "cpu_ms_min", 1,
		    (after.cpu - before.cpu) * 1000 * 60 / seconds);
		row_add(row, "wakes_min", 1,
		    (double)(after.wakes - before.wakes) * 60 / seconds);
	}
	m = measure(b, l, &plan, job->size);
	rate = (double)m.load.deliveries / m.load.seconds;
	if (job->size == 0)
		b->alone = rate;
	row_add(row, "per_s", 0, rate);
	row_add(row, "of_alone", 2, ratio(rate, b->alone));
	add_cpu(b, row, &m);
	load_close(l);
	trial_stop(b);
}

/*
 * Some members connect and leave at once; how much of it is the relay's work.
 */
static void
job_visits(struct bench *b, const struct job *job, struct row *row)
{
	static const struct {
		const char *name;
		enum load_visit kind;
	} kinds[] = {
		/* First, while the relay still knows the session. */
		{ "resumed_s", LOAD_GREET_RESUMED },
		{ "full_s", LOAD_GREET },
		{ "logins_s", LOAD_LOGIN }
	};
	static const char *const cpu_names[] = {
		"resumed_ms", "full_ms", "login_ms"
	};
	double seconds = depths[b->depth].visits, rate, cpu;
	struct reading before;
	struct load *l;
	size_t i;

	trial_start(b);
	l = trial_load(b);
	load_add(l, job->size + 1);
	row_add(row, "at_once", 0, (double)job->size);
	for (i = 0; i < COUNT(kinds); i++) {
		before = trial_look(b);
		rate = load_visits(l, kinds[i].kind, job->size, seconds);
		cpu = trial_look(b).cpu - before.cpu;
		row_add(row, kinds[i].name, 0, rate);
		if (b->port == 0)
			row_add(row, cpu_names[i], 2,
			    cpu * 1000 / rate / seconds);
	}
	load_close(l);
	trial_stop(b);
}

static void
job_websocket_idle(struct bench *b, const struct job *job, struct row *row)
{
	b->over_websocket = true;
	job_idle(b, job, row);
	b->over_websocket = false;
}

static const struct job jobs[] = {
	{ "posts",      job_posts,          10,   QUICK },
	{ "posts",      job_posts,          100,  QUICK },
	{ "posts",      job_posts,          1000, QUICK },
	{ "posts",      job_posts,          5000, FULL },
	{ "websocket",  job_websocket,      100,  QUICK },
	{ "websocket-idle", job_websocket_idle, 1000, QUICK },
	{ "group",      job_group,          10,   QUICK },
	{ "group",      job_group,          100,  QUICK },
	{ "group",      job_group,          1000, FULL },
	{ "idle",       job_idle,           0,    QUICK },
	{ "idle",       job_idle,           1000, QUICK },
	{ "idle",       job_idle,           5000, QUICK },
	{ "visits",     job_visits,         16,   QUICK },
	{ "slow",       job_slow,           5,    QUICK },
	{ "slow",       job_slow,           20,   QUICK },
	{ "slow",       job_slow,           200,  QUICK },
	/* Files are made slowly after many were removed: those come last. */
	{ "one",        storage_one,        2,    SMOKE },
	{ "away",       storage_away,       0,    SMOKE },
	{ "away",       storage_away,       20,   QUICK },
	{ "away",       storage_away,       200,  QUICK },
	{ "waiting",    storage_waiting,    10000, SMOKE },
	{ "waiting",    storage_waiting,    100000, QUICK },
	{ "waiting",    storage_waiting,    1000000, FULL },
	{ "waiting",    storage_waiting,    10000000, FULL },
	{ "disk",       storage_reference,  1,    SMOKE },
	{ "disk",       storage_reference,  100,  SMOKE },
	{ "disk",       storage_online,    100,  SMOKE },
	{ "disk",       storage_offline,   100,  SMOKE },
	{ "checkpoint", storage_checkpoint, 4096, SMOKE },
	{ "checkpoint", storage_checkpoint, 64,   SMOKE },
	{ "checkpoint", storage_checkpoint_many, 100, SMOKE },
	{ "backlog",    storage_backlog,    64,   SMOKE },
	{ "backlog",    storage_backlog,    16,   SMOKE },
	{ "restart",    storage_restart,    0,    SMOKE },
	{ "quiet",      storage_fresh,      0,    SMOKE },
	{ "quiet",      storage_used,       100,  FULL },
	{ NULL,         NULL,               0,    QUICK }
};

static void
print_names(const struct row *row)
{
	size_t i;

	for (i = 0; i < row->count; i++)
		printf("%s%*s", i > 0 ? "  " : "", i > 0 ? 7 : 5,
		    row->figures[i].name);
	printf("\n");
}

/* As wide as its name, and no less than least. */
static void
print_figure(const struct figure *f, const char *gap, int least)
{
	int width = (int)strlen(f->name);

	if (width < least)
		width = least;
	if (f->text != NULL)
		printf("%s%*s", gap, width, f->text);
	else
		printf("%s%*.*f", gap, width, f->digits, f->value);
}

static void
write_figure(FILE *json, const struct figure *f)
{
	if (f->text != NULL)
		fprintf(json, ",\"%s\":\"%s\"", f->name, f->text);
	else
		fprintf(json, ",\"%s\":%.*f", f->name, f->digits, f->value);
}

static void
print_row(struct bench *b, const struct job *job, const struct row *row)
{
	size_t i;

	if (b->section == NULL || strcmp(b->section, job->section) != 0) {
		printf("%s%s\n", b->section != NULL ? "\n" : "",
		    job->section);
		print_names(row);
	}
	for (i = 0; i < row->count; i++)
		print_figure(&row->figures[i], i == 0 ? "" : "  ",
		    i == 0 ? 5 : 7);
	printf("\n");
	fflush(stdout);
	fprintf(b->json, "%s\n{\"section\":\"%s\"",
	    b->section != NULL ? "," : "", job->section);
	for (i = 0; i < row->count; i++)
		write_figure(b->json, &row->figures[i]);
	fprintf(b->json, "}");
	fflush(b->json);
	b->section = job->section;
}

/* By the second figure: the first says what was measured. */
static int
compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->figures[1].value > y->figures[1].value) -
	    (x->figures[1].value < y->figures[1].value);
}

/* Run a job some times, and print the run in the middle. */
static void
run_job(struct bench *b, const struct job *job, size_t runs)
{
	struct row rows[RUNS_MAX] = { { .count = 0 } };
	size_t i;

	for (i = 0; i < runs; i++)
		job->run(b, job, &rows[i]);
	if (rows[0].count == 0)
		return;
	qsort(rows, runs, sizeof(rows[0]), compare_rows);
	print_row(b, job, &rows[runs / 2]);
}

static const struct load_result *
run_plan(struct load *l, const struct load_plan *plan)
{
	load_begin(l, plan);
	while (load_turn(l))
		;
	return load_result(l);
}

/* The rows that are part of any run, as small as they get. */
static void
smoke_rows(struct bench *b)
{
	const struct job *job;
	struct row row;

	for (job = jobs; job->section != NULL; job++) {
		if (job->depth > SMOKE)
			continue;
		row.count = 0;
		job->run(b, job, &row);
		CHECK(row.count > 1 && row.figures[1].value > 0,
		    "%s: %zu figures", job->section, row.count);
	}
}

/* A small run that only shows that all of this works. */
static int
smoke(struct bench *b)
{
	struct load_plan two = { .to = LOAD_TWO, .posters = 10, .posts = 200 };
	struct load_plan group = { .to = LOAD_GROUP, .posters = 10,
	    .group = 10, .posts = 50 };
	struct load_plan absent = { .to = LOAD_ABSENT, .posters = 10,
	    .absent = 10, .absentees = 1, .bytes = 500, .posts = 300 };
	const struct load_result *r;
	struct load *l;

	trial_start(b);
	l = trial_load(b);
	load_add(l, 11);
	r = run_plan(l, &two);
	CHECK(r->posts == 200 && r->deliveries == 400, "posts for two");
	load_group(l, 0, 1, 9);
	load_idle(l, 1);
	r = run_plan(l, &group);
	CHECK(r->posts == 50 && r->deliveries == 450, "posts for a group");
	load_leave(l, 10);
	r = run_plan(l, &absent);
	CHECK(r->posts == 300 && r->deliveries == 0, "posts for the absent");
	load_return(l, 10, 1);
	while (load_turn(l))
		;
	CHECK(r->deliveries == 300, "what the absent member receives");
	load_over_websocket(l);
	load_add(l, 2);
	two.posters = 13;
	r = run_plan(l, &two);
	CHECK(r->posts == 200 && r->deliveries == 400, "over WebSocket");
	CHECK(load_visits(l, LOAD_LOGIN, 2, 0.2) > 0, "logins");
	CHECK(trial_ask(b).turn_ms > 0, "the relay's statistics");
	load_close(l);
	trial_stop(b);
	smoke_rows(b);
	return check_report("bench");
}

static void
usage(void)
{
	fputs("usage: bench [--full] [--runs N] [--only SECTION] "
	    "[--relay MNM] [--json FILE]\n"
	    "             [--connect 127.0.0.1:PORT [--ops 2018|2020]]\n"
	    "       bench --smoke\n", stderr);
	exit(2);
}

static uint16_t
read_port(const char *address)
{
	unsigned port;

	if (sscanf(address, "127.0.0.1:%u", &port) != 1 || port == 0 ||
	    port > UINT16_MAX)
		usage();
	return (uint16_t)port;
}

/* Absolute, as the relay starts in a directory of its own. */
static void
set_program(struct bench *b, const char *path)
{
	char here[RELAY_PATH] = "";
	int n;

	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		die("no current directory: %s", strerror(errno));
	n = snprintf(b->program, sizeof(b->program), "%s%s%s", here,
	    path[0] != '/' ? "/" : "", path);
	if (n >= (int)sizeof(b->program))
		die("%s: the path is too long", path);
}

struct options {
	bool smoke;
	size_t runs;
	const char *only, *json;
};

static void
read_value(struct bench *b, struct options *o, const char *name,
    const char *value)
{
	if (value == NULL)
		usage();
	else if (strcmp(name, "--runs") == 0)
		o->runs = strtoul(value, NULL, 10);
	else if (strcmp(name, "--only") == 0)
		o->only = value;
	else if (strcmp(name, "--json") == 0)
		o->json = value;
	else if (strcmp(name, "--relay") == 0)
		set_program(b, value);
	else if (strcmp(name, "--connect") == 0)
		b->port = read_port(value);
	else if (strcmp(name, "--ops") == 0)
		b->ops = strcmp(value, "2020") == 0 ? LOAD_2020 : LOAD_2018;
	else
		usage();
}

static void
read_options(struct bench *b, struct options *o, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--smoke") == 0) {
			o->smoke = true;
		} else if (strcmp(argv[i], "--full") == 0) {
			b->depth = FULL;
		} else {
			read_value(b, o, argv[i], argv[i + 1]);
			i++;
		}
	}
	if (o->runs < 1 || o->runs > RUNS_MAX)
		usage();
}

/* 5000 connections need as many descriptors here, and in the relay. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);	/* or fail when it matters */
}

int
main(int argc, char **argv)
{
	struct bench b = { .depth = QUICK };
	struct options o = { .runs = 1, .json = "build/bench.json" };
	const struct job *job;

	set_program(&b, "mnm");
	read_options(&b, &o, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	raise_limit();
	trial_guard();
	/* A sanitizer does not allow another library before its own. */
	b.counts = !o.smoke;
	if (o.smoke) {
		b.depth = SMOKE;
		return smoke(&b);
	}
	(void)mkdir("build", 0777);
	b.json = fopen(o.json, "w");
	if (b.json == NULL)
		die("%s: %s", o.json, strerror(errno));
	fputs("[", b.json);
	for (job = jobs; job->section != NULL; job++) {
		if (job->depth <= b.depth &&
		    (o.only == NULL || strcmp(o.only, job->section) == 0))
			run_job(&b, job, o.runs);
	}
	fputs("\n]\n", b.json);
	if (fclose(b.json) == EOF)
		die("%s: %s", o.json, strerror(errno));
	return 0;
}
