/*
 * bench - how much a relay carries on this machine; test/bench.md tells what
 * each row means.
 *
 * Each row has a relay of its own, so that none suffers from the one before;
 * with --connect all have the one that is there, and what only the system
 * knows about its process is left out.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "check.h"
#include "floor.h"
#include "load.h"
#include "log.h"
#include "meter.h"
#include "relay.h"

#define FIGURES  16
#define RUNS_MAX 9
#define BLOCK    4096	/* what a disk writes at least */

/* How long to measure, in the two kinds of run. */
enum depth { QUICK, FULL };
static const struct {
	double posts, idle, visits, floor;	/* seconds */
	uint64_t backlog;			/* messages */
} depths[] = {
	[QUICK] = { 6, 10, 4, 2, 20000 },
	[FULL]  = { 15, 60, 10, 4, 100000 }
};

struct bench {
	enum depth depth;
	enum load_ops ops;
	uint16_t port;		/* of --connect, else 0 */
	char program[RELAY_PATH];
	struct relay_process relay;
	char syncs[RELAY_PATH + 16];
	bool counts;		/* its syncs */
	bool slow;		/* ... are made to last */
	double alone;		/* deliveries/s with no idle link beside */
	FILE *json;
	const char *section;	/* of the row that was printed last */
};

struct figure {
	const char *name;
	double value;
	int digits;		/* behind the point */
};

struct row {
	struct figure figures[FIGURES];
	size_t count;
};

struct job {
	const char *section;
	void (*run)(struct bench *, const struct job *, struct row *);
	size_t size;		/* links, or members of a group */
	enum depth depth;	/* the run that it is part of */
};

/* The relay that runs: killed if something ends this program. */
static pid_t relay_pid;

static void
kill_relay(void)
{
	if (relay_pid > 0)
		kill(relay_pid, SIGKILL);
}

static void
add(struct row *row, const char *name, int digits, double value)
{
	row->figures[row->count++] = (struct figure){ name, value, digits };
}

static double
ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

enum disk { DISK_AS_IT_IS, DISK_SLOW };

/* Start a relay; on a slow disk each sync takes 5 ms longer. */
static void
start(struct bench *b, enum disk disk)
{
	char so[RELAY_PATH], *slash;

	b->slow = disk == DISK_SLOW;
	if (b->port != 0)
		return;
	relay_init(&b->relay, b->program);
	relay_configure(&b->relay, "\"links_max\": 10000,");
	relay_file(&b->relay, "syncs", "00000000");
	snprintf(b->syncs, sizeof(b->syncs), "%s/syncs", b->relay.dir);
	snprintf(so, sizeof(so), "%s", b->program);
	slash = strrchr(so, '/');
	snprintf(slash, sizeof(so) - (size_t)(slash - so),
	    "/test/slowsync.so");
	setenv("SLOWSYNC_COUNT", b->syncs, 1);
	setenv("SLOWSYNC_MS", disk == DISK_SLOW ? "5" : "0", 1);
	if (b->counts && access(so, R_OK) == 0)
		setenv("LD_PRELOAD", so, 1);
	relay_start(&b->relay);
	unsetenv("LD_PRELOAD");
	relay_pid = b->relay.pid;
}

static void
stop(struct bench *b)
{
	if (b->port != 0)
		return;
	if (relay_stop(&b->relay, SIGTERM) != 0)
		die("the relay failed");
	relay_pid = 0;
	relay_free(&b->relay);
}

static struct load *
open_load(const struct bench *b)
{
	return load_open(b->port != 0 ? b->port : b->relay.port, b->ops);
}

static struct reading
look(const struct bench *b)
{
	struct meter meter = { b->port != 0 ? 0 : b->relay.pid, b->syncs };

	return meter_read(&meter);
}

/*
 * Seconds that are not counted.  The relay writes the files of new users a
 * while after they registered, when the journal has gone round; thousands
 * who registered just now are not what is to be measured.
 */
static double
warm_up(size_t members)
{
	return 1 + (double)members / 250;
}

struct measured {
	struct load_result load;
	struct reading before, after;
};

/* Post as planned, and see what the relay uses after warming up. */
static struct measured
measure(struct bench *b, struct load *l, struct load_plan *plan,
    size_t members)
{
	struct measured m = { .before = look(b) };
	double seconds = warm_up(members);
	uint64_t warm = relay_clock() + (uint64_t)(seconds * 1000);
	bool is_warm = false;

	plan->seconds = depths[b->depth].posts + seconds;
	load_begin(l, plan);
	while (load_turn(l)) {
		if (is_warm || relay_clock() < warm)
			continue;
		is_warm = true;
		load_restart(l);
		m.before = look(b);
	}
	m.after = look(b);
	m.load = *load_result(l);
	return m;
}

static void
add_times(struct row *row, const struct load_result *r)
{
	add(row, "ack_p50", 1, (double)spread_at(&r->acks, 500) / 1000);
	add(row, "ack_p99", 1, (double)spread_at(&r->acks, 990) / 1000);
	add(row, "lag_p50", 1, (double)spread_at(&r->lags, 500) / 1000);
	add(row, "lag_p99", 1, (double)spread_at(&r->lags, 990) / 1000);
}

static void
add_cpu(const struct bench *b, struct row *row, const struct measured *m)
{
	if (b->port == 0)
		add(row, "cpu_1000", 4, ratio((m->after.cpu - m->before.cpu) *
		    1000, (double)m->load.deliveries));
}

/* What the relay used for it; the disk's floor is measured right after. */
static void
add_use(struct bench *b, struct row *row, const struct measured *m)
{
	const struct load_result *r = &m->load;
	double syncs = (double)(m->after.syncs - m->before.syncs);
	double written = (double)(m->after.written - m->before.written);
	double posts = (double)r->posts, batches;
	double mean = ratio((double)r->octets, (double)r->deliveries);
	size_t batch;

	if (b->port != 0)
		return;
	add_cpu(b, row, m);
	add(row, "cpu_pct", 0,
	    ratio((m->after.cpu - m->before.cpu) * 100, r->seconds));
	add(row, "rss_MB", 1, (double)m->after.resident / 1e6);
	add(row, "syncs", 3, ratio(syncs, posts));
	add(row, "kB_disk", 1, ratio(written / 1000, posts));
	if (syncs == 0 || b->slow)
		return;
	batch = ((size_t)(mean * posts / syncs) / BLOCK + 1) * BLOCK;
	batches = floor_disk(b->relay.dir, batch, depths[b->depth].floor);
	add(row, "of_disk", 2, ratio(posts / r->seconds,
	    batches * posts / syncs));
}

static void
run_posts(struct bench *b, const struct job *job, struct row *row,
    struct load_plan *plan)
{
	struct load *l = open_load(b);
	const struct load_result *r;
	struct measured m;

	load_add(l, job->size);
	if (plan->to == LOAD_GROUP)
		load_group(l, job->size);
	m = measure(b, l, plan, job->size);
	r = &m.load;
	add(row, plan->to == LOAD_GROUP ? "members" : "links", 0,
	    (double)job->size);
	add(row, "per_s", 0, (double)r->deliveries / r->seconds);
	add(row, "MB_s", 1, (double)r->octets / 1e6 / r->seconds);
	add_times(row, r);
	add_use(b, row, &m);
	load_close(l);
}

/* The floor of TLS for as many links, beside what the row has reached. */
static void
add_copy_floor(struct bench *b, const struct job *job, struct row *row)
{
	char cert[RELAY_PATH + 32], key[RELAY_PATH + 32];
	double copies;

	if (b->port != 0)
		return;
	snprintf(cert, sizeof(cert), "%s/mnm-data/cert.pem", b->relay.dir);
	snprintf(key, sizeof(key), "%s/mnm-data/key.pem", b->relay.dir);
	copies = floor_copy(cert, key, job->size, depths[b->depth].floor);
	add(row, "copy_s", 0, copies);
	add(row, "of_copy", 2, ratio(row->figures[1].value, copies));
}

static void
job_posts(struct bench *b, const struct job *job, struct row *row)
{
	struct load_plan plan = { .to = LOAD_TWO, .posters = job->size };

	start(b, DISK_AS_IT_IS);
	run_posts(b, job, row, &plan);
	add_copy_floor(b, job, row);
	stop(b);
}

static void
job_slow(struct bench *b, const struct job *job, struct row *row)
{
	struct load_plan plan = { .to = LOAD_TWO, .posters = job->size };

	if (b->port != 0)
		return;
	start(b, DISK_SLOW);
	run_posts(b, job, row, &plan);
	stop(b);
}

/* Of a large group only some post, or one round would take a minute. */
static void
job_group(struct bench *b, const struct job *job, struct row *row)
{
	struct load_plan plan = { .to = LOAD_GROUP, .group = job->size,
	    .posters = job->size > 100 ? 10 : job->size };

	start(b, DISK_AS_IT_IS);
	run_posts(b, job, row, &plan);
	stop(b);
}

static void
job_idle(struct bench *b, const struct job *job, struct row *row)
{
	struct load_plan plan = { .to = LOAD_TWO, .posters = 10 };
	double seconds = depths[b->depth].idle, rate;
	struct reading empty, before, after;
	struct measured m;
	struct load *l;

	start(b, DISK_AS_IT_IS);
	l = open_load(b);
	load_add(l, plan.posters);
	load_idle(l, 1);
	empty = look(b);
	load_add(l, job->size);
	load_idle(l, 1);
	before = look(b);
	load_idle(l, seconds);
	after = look(b);
	add(row, "idle_links", 0, (double)job->size);
	if (b->port == 0) {
		add(row, "rss_MB", 1, (double)after.resident / 1e6);
		add(row, "kB_link", 2, ratio((double)(after.resident -
		    empty.resident) / 1000, (double)job->size));
		add(row, "cpu_ms_min", 1,
		    (after.cpu - before.cpu) * 1000 * 60 / seconds);
		add(row, "wakes_min", 1,
		    (double)(after.wakes - before.wakes) * 60 / seconds);
	}
	m = measure(b, l, &plan, job->size);
	rate = (double)m.load.deliveries / m.load.seconds;
	if (job->size == 0)
		b->alone = rate;
	add(row, "per_s", 0, rate);
	add(row, "of_alone", 2, ratio(rate, b->alone));
	add_cpu(b, row, &m);
	load_close(l);
	stop(b);
}

/* Visits of some members at once; how much of it is the relay's own work. */
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

	start(b, DISK_AS_IT_IS);
	l = open_load(b);
	load_add(l, job->size + 1);
	add(row, "at_once", 0, (double)job->size);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		before = look(b);
		rate = load_visits(l, kinds[i].kind, job->size, seconds);
		cpu = look(b).cpu - before.cpu;
		add(row, kinds[i].name, 0, rate);
		if (b->port == 0)
			add(row, cpu_names[i], 2, cpu * 1000 / rate / seconds);
	}
	load_close(l);
	stop(b);
}

/* Messages gather for one who is away, who then comes back for them. */
static void
job_backlog(struct bench *b, const struct job *job, struct row *row)
{
	struct load_plan plan = { .to = LOAD_ABSENT, .posters = job->size,
	    .absent = job->size, .octets = 500,
	    .posts = depths[b->depth].backlog };
	uint64_t most = 0, resident;
	struct load_result r;
	struct load *l;

	start(b, DISK_AS_IT_IS);
	l = open_load(b);
	load_add(l, job->size + 1);
	load_leave(l, job->size);
	load_begin(l, &plan);
	while (load_turn(l))
		;
	r = *load_result(l);
	add(row, "messages", 0, (double)plan.posts);
	add(row, "posts_s", 0, (double)r.posts / r.seconds);
	if (b->port == 0)
		add(row, "rss_MB", 1, (double)look(b).resident / 1e6);
	load_return(l, job->size);
	while (load_turn(l)) {
		resident = look(b).resident;
		most = resident > most ? resident : most;
	}
	r = *load_result(l);
	add(row, "taken_s", 0, (double)r.deliveries / r.seconds);
	add(row, "seconds", 1, r.seconds);
	if (b->port == 0)
		add(row, "rss_most", 1, (double)most / 1e6);
	load_close(l);
	stop(b);
}

static const struct job jobs[] = {
	{ "posts",   job_posts,   10,   QUICK },
	{ "posts",   job_posts,   100,  QUICK },
	{ "posts",   job_posts,   1000, QUICK },
	{ "posts",   job_posts,   5000, FULL },
	{ "group",   job_group,   10,   QUICK },
	{ "group",   job_group,   100,  QUICK },
	{ "group",   job_group,   1000, FULL },
	{ "idle",    job_idle,    0,    QUICK },
	{ "idle",    job_idle,    1000, QUICK },
	{ "idle",    job_idle,    5000, QUICK },
	{ "visits",  job_visits,  16,   QUICK },
	{ "backlog", job_backlog, 100,  QUICK },
	{ "slow",    job_slow,    100,  QUICK },
	{ NULL,      NULL,        0,    QUICK }
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

static void
print_row(struct bench *b, const struct job *job, const struct row *row)
{
	int width;
	size_t i;

	if (b->section == NULL || strcmp(b->section, job->section) != 0) {
		printf("%s%s\n", b->section != NULL ? "\n" : "",
		    job->section);
		print_names(row);
	}
	for (i = 0; i < row->count; i++) {
		width = (int)strlen(row->figures[i].name);
		if (width < 7)
			width = i > 0 ? 7 : width < 5 ? 5 : width;
		printf("%s%*.*f", i > 0 ? "  " : "", width,
		    row->figures[i].digits, row->figures[i].value);
	}
	printf("\n");
	fflush(stdout);
	fprintf(b->json, "%s\n{\"section\":\"%s\"",
	    b->section != NULL ? "," : "", job->section);
	for (i = 0; i < row->count; i++)
		fprintf(b->json, ",\"%s\":%.*f", row->figures[i].name,
		    row->figures[i].digits, row->figures[i].value);
	fprintf(b->json, "}");
	fflush(b->json);
	b->section = job->section;
}

/* By the second figure: the first tells what was measured. */
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

/* A small run that only shows that all of this works. */
static int
smoke(struct bench *b)
{
	struct load_plan two = { .to = LOAD_TWO, .posters = 10, .posts = 200 };
	struct load_plan group = { .to = LOAD_GROUP, .posters = 10,
	    .group = 10, .posts = 50 };
	struct load_plan absent = { .to = LOAD_ABSENT, .posters = 10,
	    .absent = 10, .octets = 500, .posts = 300 };
	const struct load_result *r;
	struct load *l;

	start(b, DISK_AS_IT_IS);
	l = open_load(b);
	load_add(l, 11);
	r = run_plan(l, &two);
	CHECK(r->posts == 200 && r->deliveries == 400, "posts for two");
	load_group(l, 10);
	r = run_plan(l, &group);
	CHECK(r->posts == 50 && r->deliveries == 450, "posts for a group");
	load_leave(l, 10);
	r = run_plan(l, &absent);
	CHECK(r->posts == 300 && r->deliveries == 0, "posts for the absent");
	load_return(l, 10);
	while (load_turn(l))
		;
	CHECK(r->deliveries == 300, "what the absent takes");
	CHECK(load_visits(l, LOAD_LOGIN, 2, 0.2) > 0, "logins");
	load_close(l);
	stop(b);
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

/* The relay is started in a directory of its own. */
static void
set_program(struct bench *b, const char *path)
{
	char here[RELAY_PATH] = "";
	int n;

	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		die("cannot tell where this is: %s", strerror(errno));
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

/* 5000 links need as many descriptors here, and in the relay. */
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
	atexit(kill_relay);
	/* A sanitizer does not bear another library before its own. */
	b.counts = !o.smoke;
	if (o.smoke)
		return smoke(&b);
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
