#include "test/load/trial.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/control.h"
#include "base/buf.h"
#include "base/log.h"

static pid_t relay_pid;		/* 0: none runs */

static void
kill_relay(void)
{
	if (relay_pid > 0)
		kill(relay_pid, SIGKILL);
}

void
trial_guard(void)
{
	if (atexit(kill_relay) != 0)
		die("atexit failed");
}

void
row_add(struct row *row, const char *name, int digits, double value)
{
	row->figures[row->count++] = (struct figure){ name, NULL, value,
	    digits };
}

void
row_add_text(struct row *row, const char *name, const char *text)
{
	row->figures[row->count++] = (struct figure){ name, text, 0, 0 };
}

double
ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

/* Start it, with its syncs counted if that can be. */
static void
launch(struct bench *b)
{
	char so[RELAY_PATH], ms[24], *slash;

	snprintf(so, sizeof(so), "%s", b->program);
	slash = strrchr(so, '/');
	snprintf(slash, sizeof(so) - (size_t)(slash - so),
	    "/test/load/slowsync.so");
	setenv("SLOWSYNC_COUNT", b->syncs, 1);
	snprintf(ms, sizeof(ms), "%zu", b->sync_ms);
	setenv("SLOWSYNC_MS", ms, 1);
	if (b->counts && access(so, R_OK) == 0)
		setenv("LD_PRELOAD", so, 1);
	relay_start(&b->relay);
	unsetenv("LD_PRELOAD");
	relay_pid = b->relay.pid;
}

void
trial_start_with(struct bench *b, size_t sync_ms, const char *conf)
{
	struct buf text = { NULL, 0, 0 };

	b->sync_ms = sync_ms;
	if (b->port != 0)
		return;
	relay_init(&b->relay, b->program);
	buf_addf(&text, "\"links_max\": 10000, "
	    "\"queue_messages_max\": 1000000, %s", conf);
	relay_configure(&b->relay, text.p);
	buf_free(&text);
	relay_file(&b->relay, "syncs", "00000000");
	snprintf(b->syncs, sizeof(b->syncs), "%s/syncs", b->relay.dir);
	launch(b);
}

void
trial_start(struct bench *b)
{
	trial_start_with(b, 0, "");
}

void
trial_stop(struct bench *b)
{
	if (b->port != 0)
		return;
	if (relay_stop(&b->relay, SIGTERM) != 0)
		die("the relay failed");
	relay_pid = 0;
	relay_free(&b->relay);
}

void
trial_kill(struct bench *b)
{
	if (relay_stop(&b->relay, SIGKILL) != 256 + SIGKILL)
		die("the relay failed");
	relay_pid = 0;
}

void
trial_restart(struct bench *b)
{
	launch(b);
}

struct load *
trial_load(const struct bench *b)
{
	struct load *l = load_open(b->port != 0 ? b->port : b->relay.port,
	    b->ops);

	if (b->over_websocket)
		load_over_websocket(l);
	return l;
}

struct reading
trial_look(const struct bench *b)
{
	struct procstat relay = { b->port != 0 ? 0 : b->relay.pid, b->syncs };

	return procstat_read(&relay);
}

double
trial_count(const struct bench *b, const char *command)
{
	struct buf line = { NULL, 0, 0 };
	double number;
	FILE *pipe;

	buf_addf(&line, "cd '%s' && %s", b->relay.dir, command);
	pipe = popen(line.p, "r");
	if (pipe == NULL || fscanf(pipe, "%lf", &number) != 1 ||
	    pclose(pipe) != 0)
		die("%s: %s", command, strerror(errno));
	buf_free(&line);
	return number;
}

static double
number_of(const struct buf *answer, const char *key)
{
	const char *at = strstr(answer->p, key);

	return at != NULL ? strtod(at + strlen(key), NULL) : 0;
}

struct trial_stats
trial_ask(const struct bench *b)
{
	struct trial_stats stats = { 0, 0, 0 };
	char stats_word[] = "stats", json[] = "--json";
	char *words[] = { stats_word, json };
	struct buf answer = { NULL, 0, 0 };
	uint64_t end = relay_clock() + RELAY_PATIENCE;
	char data[RELAY_PATH + 16];

	if (b->port != 0)
		return stats;
	snprintf(data, sizeof(data), "%s/mnm-data", b->relay.dir);
	/* It refuses while its journal has no room at all. */
	while (control_ask(data, words, 2, &answer) != 0) {
		if (relay_clock() > end)
			die("the relay gives no statistics: %.*s",
			    (int)answer.n, answer.p);
		answer.n = 0;
		relay_sleep(5);
	}
	buf_add_byte(&answer, '\0');
	stats.turn_ms = number_of(&answer, "\"since_asked_ms\":");
	stats.commit_ms = number_of(&answer, "\"longest_commit_ms\":");
	stats.segments = number_of(&answer, "\"journal_segments\":");
	buf_free(&answer);
	return stats;
}

struct measured
trial_measure(const struct bench *b, struct load *l,
    const struct load_plan *plan, const struct warmup *warm)
{
	uint64_t until = relay_clock() + (uint64_t)(warm->seconds * 1000);
	struct measured m = { .before = trial_look(b) };
	bool is_warm = false;

	load_begin(l, plan);
	while (load_turn(l)) {
		if (is_warm || relay_clock() < until ||
		    load_result(l)->posts < warm->posts)
			continue;
		is_warm = true;
		(void)trial_ask(b);	/* its next answer begins here */
		load_restart(l);
		m.before = trial_look(b);
	}
	m.after = trial_look(b);
	m.stats = trial_ask(b);
	m.load = *load_result(l);
	return m;
}
