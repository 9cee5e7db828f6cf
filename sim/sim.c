/*
 * The parent is the relay, with the real loop; the child is all the members.
 * A pair of sockets joins them.  The child writes a byte when it wants to
 * know how the relay is, which wakes the relay's loop, and reads the answer;
 * when the child is done it closes its end, and the relay stops.
 *
 * Signals are blocked in both, and looked for: so nothing is interrupted by
 * them.  ctrl-C sends one to both, which is the same as one; kill sends it to
 * the relay, whose next answer tells of it.
 */
#include "sim/sim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/cert.h"
#include "base/clock.h"
#include "conf.h"
#include "datadir.h"
#include "client/client.h"
#include "disk/file.h"
#include "base/log.h"
#include "server.h"
#include "sim/crowd.h"
#include "sim/selftest.h"

#define WHY_ROOM   512
#define PATH_ROOM  1024
#define STATM_MAX  200	/* bytes of /proc/self/statm */
#define EXIT_USAGE 2

/* In the private directory. */
#define SOCKET "socket"
#define DATA   "data"
#define LOG    "log"

#define FACTOR_MAX 1000000
#define NUMBER_MAX 2000000000

struct plan {
	struct crowd_plan crowd;
	const char *dir;	/* where the private directory is made */
	bool tls;
};

/* How the relay is. */
struct health {
	uint64_t resident;	/* bytes of memory; 0: not known */
	uint64_t cpu;		/* milliseconds */
	uint64_t syncs;		/* of the journal */
	bool stop;		/* it was told to by a signal */
};

/* What the child sees of it. */
struct view {
	int relay;		/* the socket to it */
	struct crowd *crowd;
	struct crowd_tally last;	/* a second ago */
	struct health health, last_health;
	uint64_t resident_max, disk, disk_max;	/* bytes */
	uint64_t next;		/* milliseconds: time for the next look */
	uint64_t looked;
	bool live;		/* a line that is overwritten each second */
};

static void
usage(FILE *to)
{
	fputs("usage: mnm N [-s FACTOR] [-t SECONDS] [-n MESSAGES] [-d DIR] "
	    "[--tls]\n"
	    "Runs a relay in a private directory and N (2 to 1000) simulated "
	    "members, who\npost, receive and check everything, until ctrl-C.\n"
	    "  -s FACTOR    make all their pauses so many times shorter\n"
	    "  -t SECONDS   stop after this time\n"
	    "  -n MESSAGES  stop after so many deliveries\n"
	    "  -d DIR       make the private directory there, not here\n"
	    "  --tls        go through TLS\n", to);
}

/* A number from min to max; anything else ends the program. */
static unsigned long
number(const char *text, unsigned long min, unsigned long max)
{
	char *end = NULL;
	unsigned long value = text != NULL ? strtoul(text, &end, 10) : 0;

	if (text != NULL && end != text && *end == '\0' && text[0] != '-' &&
	    value >= min && value <= max)
		return value;
	fprintf(stderr, "mnm: a number from %lu to %lu is needed%s%s\n", min,
	    max, text != NULL ? ", not " : "", text != NULL ? text : "");
	usage(stderr);
	exit(EXIT_USAGE);
}

static void
read_option(struct plan *plan, const char *option, const char *value)
{
	if (strcmp(option, "-s") == 0) {
		plan->crowd.factor = (unsigned)number(value, 1, FACTOR_MAX);
	} else if (strcmp(option, "-t") == 0) {
		plan->crowd.milliseconds =
		    (uint64_t)number(value, 1, NUMBER_MAX) * 1000;
	} else if (strcmp(option, "-n") == 0) {
		plan->crowd.deliveries = number(value, 1, NUMBER_MAX);
	} else if (strcmp(option, "-d") == 0 && value != NULL) {
		plan->dir = value;
	} else {
		usage(stderr);
		exit(EXIT_USAGE);
	}
}

static void
read_plan(struct plan *plan, int argc, char **argv)
{
	int i;

	plan->crowd = (struct crowd_plan){ .path = SOCKET, .factor = 1 };
	plan->crowd.members = (unsigned)number(argv[1], 2, CROWD_MEMBERS_MAX);
	plan->dir = ".";
	plan->tls = false;
	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--tls") == 0) {
			plan->tls = true;
		} else {
			read_option(plan, argv[i], argv[i + 1]);
			i++;
		}
	}
}

static uint64_t
clock_ms(clockid_t clock)
{
	return clock_us(clock) / 1000;
}

/* The entries of a directory, below which there may be others. */
static bool
next_entry(DIR *dir, const char *path, char entry[PATH_ROOM],
    struct stat *status)
{
	struct dirent *e;

	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(entry, PATH_ROOM, "%s/%s", path, e->d_name);
		if (lstat(entry, status) == 0)
			return true;
	}
	return false;
}

/* What the files below path take on the disk; one of n names counts 1/n. */
static uint64_t
bytes_below(const char *path)
{
	char entry[PATH_ROOM];
	struct stat status;
	uint64_t bytes = 0;
	DIR *dir = opendir(path);

	while (dir != NULL && next_entry(dir, path, entry, &status)) {
		if (S_ISDIR(status.st_mode))
			bytes += bytes_below(entry);
		else
			bytes += (uint64_t)status.st_blocks * 512 /
			    (uint64_t)status.st_nlink;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return bytes;
}

/* What cannot be removed stays; nobody is harmed by it. */
static void
remove_below(const char *path)
{
	char entry[PATH_ROOM];
	struct stat status;
	DIR *dir = opendir(path);

	while (dir != NULL && next_entry(dir, path, entry, &status)) {
		if (S_ISDIR(status.st_mode))
			remove_below(entry);
		(void)remove(entry);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/*
 * Linux tells how much memory is resident now; elsewhere the most that ever
 * was has to do.
 */
static uint64_t
resident_bytes(void)
{
	struct buf text = { NULL, 0, 0 };
	struct rusage most;
	uint64_t pages = 0;
	char *second;

	if (file_read(AT_FDCWD, "/proc/self/statm", STATM_MAX, &text) == 0) {
		buf_add_byte(&text, '\0');
		(void)strtoul(text.p, &second, 10);
		pages = strtoul(second, NULL, 10);
	}
	buf_free(&text);
	if (pages > 0)
		return pages * (uint64_t)sysconf(_SC_PAGESIZE);
	if (getrusage(RUSAGE_SELF, &most) == -1)
		return 0;
	return (uint64_t)most.ru_maxrss * 1024;
}

/* Take a signal that has come, if it is one that says to stop. */
static bool
was_told_to_stop(void)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	sigset_t pending, one;
	int taken;
	size_t i;

	if (sigpending(&pending) == -1)
		return false;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!sigismember(&pending, numbers[i]))
			continue;
		sigemptyset(&one);
		sigaddset(&one, numbers[i]);
		return sigwait(&one, &taken) == 0;
	}
	return false;
}

/* Ask the relay how it is.  False: it is gone. */
static bool
ask_relay(struct view *v)
{
	char *p = (char *)&v->health;
	size_t got = 0;
	ssize_t n;

	v->last_health = v->health;
	if (send(v->relay, "?", 1, MSG_NOSIGNAL) != 1)
		return false;
	while (got < sizeof(v->health)) {
		n = read(v->relay, p + got, sizeof(v->health) - got);
		if (n == 0 || (n == -1 && errno != EINTR))
			return false;
		got += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static double
rate(uint64_t now, uint64_t before, uint64_t milliseconds)
{
	return (double)(now - before) * 1000 /
	    (double)(milliseconds > 0 ? milliseconds : 1);
}

static double
mega(uint64_t bytes)
{
	return (double)bytes / 1e6;
}

static const char *
phase_text(enum crowd_phase phase)
{
	switch (phase) {
	case CROWD_ENROLLING:
		return "joining";
	case CROWD_DRAINING:
		return "taking what waits";
	case CROWD_LEAVING:
	case CROWD_OVER:
		return "leaving";
	default:
		return "";
	}
}

/* One line for a person who watches. */
static void
show(struct view *v, uint64_t milliseconds)
{
	const struct crowd_tally *t = crowd_tally(v->crowd);
	struct histogram lags = t->lags;
	size_t i;

	lags.count -= v->last.lags.count;
	for (i = 0; i < HISTOGRAM_CLASSES; i++)
		lags.classes[i] -= v->last.lags.classes[i];
	printf("\r\033[K%u/%u online  %.0f msg/s  %.1f MB/s  p50 %.1f p99 "
	    "%.1f ms  RSS %.1f MB  %.0f syncs/s  %s", t->online, t->members,
	    rate(t->deliveries, v->last.deliveries, milliseconds),
	    mega((uint64_t)rate(t->bytes, v->last.bytes, milliseconds)),
	    (double)histogram_at(&lags, 500) / 1000,
	    (double)histogram_at(&lags, 990) / 1000, mega(v->health.resident),
	    rate(v->health.syncs, v->last_health.syncs, milliseconds),
	    phase_text(t->phase));
	(void)fflush(stdout);	/* if nobody can see it, nothing is lost */
	v->last = *t;
}

/* Once a second: how is the relay, how large is its directory? */
static void
look(struct view *v)
{
	uint64_t now = clock_ms(CLOCK_MONOTONIC);

	if (now < v->next)
		return;
	v->next = now + 1000;
	if (!ask_relay(v)) {
		crowd_abort(v->crowd);
		return;
	}
	if (v->health.stop)
		crowd_stop(v->crowd);
	if (v->health.resident > v->resident_max)
		v->resident_max = v->health.resident;
	v->disk = bytes_below(DATA);
	if (v->disk > v->disk_max)
		v->disk_max = v->disk;
	if (v->live)
		show(v, now - v->looked);
	v->looked = now;
}

static void
print_histogram(const char *what, const struct histogram *s)
{
	printf("%-18s p50 %.1f ms, p99 %.1f ms\n", what,
	    (double)histogram_at(s, 500) / 1000,
	    (double)histogram_at(s, 990) / 1000);
}

static void
summarize(const struct view *v, const struct plan *plan)
{
	const struct crowd_tally *t = crowd_tally(v->crowd);
	double posts = (double)(t->posts > 0 ? t->posts : 1);

	printf("%s%u members in %u groups, pauses %u times shorter, %s\n",
	    v->live ? "\r\033[K" : "", t->members, t->groups,
	    plan->crowd.factor, plan->tls ? "TLS" : "without TLS");
	printf("posts              %llu in %.1f s, %.0f/s\n",
	    (unsigned long long)t->posts, (double)t->run / 1000,
	    rate(t->posts, 0, t->run));
	printf("delivered          %llu, %.0f/s; %.1f MB, %.1f MB/s\n",
	    (unsigned long long)t->deliveries, rate(t->deliveries, 0, t->run),
	    mega(t->bytes), mega((uint64_t)rate(t->bytes, 0, t->run)));
	print_histogram("post to ack", &t->acks);
	print_histogram("post to delivery", &t->lags);
	printf("relay              %.1f MB resident at most, %.1f s of CPU\n",
	    mega(v->resident_max), (double)v->health.cpu / 1000);
	printf("disk               %.1f MB, at most %.1f; %llu syncs, %.3f "
	    "per post\n", mega(v->disk), mega(v->disk_max),
	    (unsigned long long)v->health.syncs,
	    (double)v->health.syncs / posts);
	printf("logins             %llu; %llu messages came again that had "
	    "not been acked\n", (unsigned long long)t->logins,
	    (unsigned long long)t->again);
	printf("errors             %llu lost, %llu doubled, %llu out of order, "
	    "%llu wrong\n", (unsigned long long)t->lost,
	    (unsigned long long)t->doubled,
	    (unsigned long long)t->disordered, (unsigned long long)t->wrong);
}

/* The child: returns its exit status. */
static int
be_members(const struct plan *plan, const struct cert *cert, int relay)
{
	struct crowd_plan crowd = plan->crowd;
	struct client_pool *clients = plan->tls ? client_pool_open() :
	    client_pool_open_plain();
	struct view v = { .relay = relay, .live = isatty(STDOUT_FILENO) };
	long answers;
	bool is_clean;

	if (plan->tls)
		client_pool_pin(clients, cert->fingerprint);
	crowd.clients = clients;
	answers = selftest_run(crowd.path, clients);
	if (answers == -1)
		return 1;
	printf("verified           every op in both numberings; %ld frames "
	    "came as they should\n", answers);
	(void)fflush(stdout);
	v.crowd = crowd_open(&crowd);
	if (v.crowd == NULL) {
		perror("mnm");
		return 1;
	}
	while (crowd_turn(v.crowd)) {
		if (was_told_to_stop())
			crowd_stop(v.crowd);
		look(&v);
	}
	v.next = 0;
	look(&v);
	summarize(&v, plan);
	is_clean = crowd_is_clean(v.crowd);
	crowd_close(v.crowd);
	client_pool_close(clients);
	return fflush(stdout) == 0 && is_clean ? 0 : 1;
}

static void
answer(int members, const struct datadir *data)
{
	struct health health = { .resident = resident_bytes(),
	    .cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID),
	    .syncs = journal_commits(data->journal),
	    .stop = was_told_to_stop() };

	/* If nobody reads it, the next read tells so. */
	(void)send(members, &health, sizeof(health), MSG_NOSIGNAL);
}

/* The parent: serve until the members have hung up. */
static void
be_relay(struct server *sv, const struct conf *conf, const struct cert *cert,
    int members)
{
	char why[WHY_ROOM], question;
	struct datadir data;

	if (datadir_open(&data, conf->data, conf->journal_size, why,
	    sizeof(why)) == -1)
		die("%s", why);
	server_start(sv, &data, cert, 0);
	while (server_run(sv, members) == 0 &&
	    read(members, &question, 1) == 1)
		answer(members, &data);
	if (server_stop(sv) == -1)
		die("cannot store what came: %s", strerror(errno));
	server_close(sv);
	if (datadir_close(&data) == -1)
		die("%s: %s", conf->data, strerror(errno));
}

/*
 * Make the private directory, and go there, so that its socket's name is
 * short however deep it lies.  Its own name is added to path.
 */
static void
enter_directory(struct buf *path, const char *above)
{
	buf_addf(path, "%s/mnm-sim-XXXXXX", above);
	if (mkdtemp(path->p) == NULL)
		die("cannot make a directory in %s: %s", above,
		    strerror(errno));
	if (chdir(path->p) == -1)
		die("%s: %s", path->p, strerror(errno));
}

/* Remove it: it lies in the one above, under the last part of its name. */
static void
leave_directory(const struct buf *path)
{
	char name[PATH_ROOM];

	snprintf(name, sizeof(name), "../%s", strrchr(path->p, '/') + 1);
	(void)rmdir(name);	/* if it stays, nobody is harmed */
}

/*
 * The relay's log goes to a file, so that it can be looked at if something
 * was wrong.
 */
static void
divert_log(void)
{
	int fd = open(LOG, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd == -1 || dup2(fd, STDERR_FILENO) == -1)
		die(LOG ": %s", strerror(errno));
	(void)close(fd);	/* it is stderr now */
}

static void
set_conf(struct conf *conf, unsigned members)
{
	conf_default(conf);
	free(conf->data);
	conf->data = xcopy(SPAN(DATA));
	free(conf->listen_net);
	conf->listen_net = xcopy(SPAN("unix"));
	free(conf->listen_laddr);
	conf->listen_laddr = xcopy(SPAN(SOCKET));
	conf->links_max = members + 100;
	free(conf->name);
	conf->name = xcopy(SPAN("test"));	/* as talk.c has it */
}

/* A certificate of its own, for the length of the run. */
static void
make_cert(struct cert *cert)
{
	const char *const names[] = { "localhost", NULL };
	uint64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	char why[WHY_ROOM];

	if (cert_make("cert.pem", "key.pem", names, now, why,
	    sizeof(why)) == -1 || cert_read(cert, "cert.pem", "key.pem", now,
	    why, sizeof(why)) == -1)
		die("%s", why);
}

static void
block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) == -1)
		die("cannot block signals: %s", strerror(errno));
}

/* Part into relay and members; returns the exit status of the latter. */
static int
run(const struct plan *plan, struct server *sv, const struct conf *conf,
    const struct cert *cert)
{
	int ends[2], status;
	pid_t members;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		die("cannot make a socket: %s", strerror(errno));
	members = fork();
	if (members == -1)
		die("cannot fork: %s", strerror(errno));
	if (members == 0) {
		(void)close(ends[0]);
		server_close(sv);	/* the parent's: not used here */
		exit(be_members(plan, cert, ends[1]));
	}
	(void)close(ends[1]);
	divert_log();
	be_relay(sv, conf, plan->tls ? cert : NULL, ends[0]);
	(void)close(ends[0]);
	if (waitpid(members, &status, 0) == -1 || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

int
sim_run(int argc, char **argv)
{
	struct buf path = { NULL, 0, 0 };
	char why[WHY_ROOM];
	struct plan plan;
	struct conf conf;
	struct cert cert;
	struct server *sv;
	int status;

	read_plan(&plan, argc, argv);
	enter_directory(&path, plan.dir);
	if (plan.tls)
		make_cert(&cert);
	set_conf(&conf, plan.crowd.members);
	sv = server_open(&conf, why, sizeof(why));
	if (sv == NULL)
		die("%s", why);
	block_signals();
	status = run(&plan, sv, &conf, &cert);
	if (status == 0) {
		remove_below(".");
		leave_directory(&path);
	} else {
		printf("the relay's data and log are in %s\n", path.p);
	}
	if (plan.tls)
		cert_free(&cert);
	conf_free(&conf);
	buf_free(&path);
	return status;
}
