/*
 * The parent is the relay, with the real loop; the child is all the members.
 * A pair of sockets connects them.  The child writes a byte to ask for the
 * relay's state, which wakes the relay's loop, and reads the answer; when the
 * child is done it closes its end, and the relay stops.
 *
 * Signals are blocked in both and polled, so that they interrupt nothing.
 * ctrl-C sends one to both, which has the same effect as one; kill sends it to
 * the relay, whose next answer reports it.
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
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/client.h"
#include "conf.h"
#include "datadir.h"
#include "disk/file.h"
#include "net/authority.h"
#include "net/cert.h"
#include "net/identity.h"
#include "server.h"
#include "sim/crowd.h"
#include "sim/selftest.h"
#include "store.h"

#define WHY_ROOM   512
#define PATH_ROOM  1024
#define STATM_MAX  200	/* bytes of /proc/self/statm */
#define EXIT_USAGE 2

#define FACTOR_MAX 1000000
#define NUMBER_MAX 2000000000

struct sim {
	struct crowd_plan crowd;
	const char *above;	/* where the private directory is made */
	bool tls;
	char dir[PATH_ROOM];	/* the private directory, and in it: */
	char socket[PATH_ROOM], data[PATH_ROOM], log[PATH_ROOM];
	struct conf conf;
	struct identity id;	/* with TLS: its certificate */
	struct identities ids;
	bool is_child;		/* this process is the members */
};

/* The relay's state. */
struct health {
	uint64_t resident;	/* bytes of memory; 0: not known */
	uint64_t cpu;		/* milliseconds */
	uint64_t syncs;		/* of the journal */
	bool stop;		/* a signal asked it to */
};

/* What the child shows of the relay. */
struct view {
	int relay;		/* the socket to it */
	const char *data;	/* the relay's directory */
	struct crowd *crowd;
	struct crowd_tally last;	/* a second ago */
	struct health health, last_health;
	uint64_t resident_max, disk, disk_max;	/* bytes */
	uint64_t next;		/* milliseconds: when to look again */
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
	    "  -s FACTOR    divide all their pauses by FACTOR\n"
	    "  -t SECONDS   stop after this time\n"
	    "  -n MESSAGES  stop after so many deliveries\n"
	    "  -d DIR       make the private directory in DIR, not here\n"
	    "  --tls        use TLS\n", to);
}

/* A number from min to max; 0 after a message if it is not one. */
static unsigned long
number(const char *text, unsigned long min, unsigned long max)
{
	char *end = NULL;
	unsigned long value = text != NULL ? strtoul(text, &end, 10) : 0;

	if (text != NULL && end != text && *end == '\0' && text[0] != '-' &&
	    value >= min && value <= max)
		return value;
	fprintf(stderr, "mnm: %s%sa number from %lu to %lu is needed\n",
	    text != NULL ? text : "", text != NULL ? ": " : "", min, max);
	return 0;
}

static bool
read_option(struct sim *sim, const char *option, const char *value)
{
	struct crowd_plan *crowd = &sim->crowd;

	if (strcmp(option, "-s") == 0)
		return (crowd->factor =
		    (unsigned)number(value, 1, FACTOR_MAX)) > 0;
	if (strcmp(option, "-t") == 0)
		return (crowd->milliseconds =
		    (uint64_t)number(value, 1, NUMBER_MAX) * 1000) > 0;
	if (strcmp(option, "-n") == 0)
		return (crowd->deliveries = number(value, 1, NUMBER_MAX)) > 0;
	sim->above = value;
	return strcmp(option, "-d") == 0 && value != NULL;
}

static bool
reject(const char *word)
{
	fprintf(stderr, "mnm: unexpected argument, or one with an invalid "
	    "value: %s\n", word);
	return false;
}

static bool
read_arguments(struct sim *sim, int argc, char **argv)
{
	int i;

	sim->crowd.factor = 1;
	sim->above = ".";
	sim->crowd.members = (unsigned)number(argv[1], 2, CROWD_MEMBERS_MAX);
	if (sim->crowd.members == 0)
		return reject(argv[1]);
	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--tls") == 0)
			sim->tls = true;
		else if (!read_option(sim, argv[i], argv[i + 1]))
			return reject(argv[i]);
		else
			i++;
	}
	return true;
}

/* The path of something in the private directory. */
static void
inside(const struct sim *sim, char path[PATH_ROOM], const char *name)
{
	(void)snprintf(path, PATH_ROOM, "%.*s/%s", PATH_ROOM - 20, sim->dir,
	    name);
}

/*
 * Bytes of disk that the files below path use; one of n names counts 1/n.
 * Remove them, if wanted: what cannot be removed stays, and does no harm.
 */
static uint64_t
bytes_below(const char *path, bool removed)
{
	char entry[PATH_ROOM];
	struct stat status;
	uint64_t bytes = 0;
	DIR *dir = file_open_list(AT_FDCWD, path);
	const char *name;

	while (dir != NULL && (name = file_next_name(dir)) != NULL) {
		snprintf(entry, PATH_ROOM, "%s/%s", path, name);
		if (lstat(entry, &status) == -1)
			continue;
		if (S_ISDIR(status.st_mode))
			bytes += bytes_below(entry, removed);
		else
			bytes += (uint64_t)status.st_blocks * 512 /
			    (uint64_t)status.st_nlink;
		if (removed)
			(void)remove(entry);
	}
	if (dir != NULL)
		(void)file_end_list(dir);
	return bytes;
}

/*
 * On Linux the memory that is resident now; elsewhere the most that ever was.
 */
static uint64_t
resident_bytes(void)
{
	struct buf text = { NULL, 0, 0 };
	struct rusage most;
	unsigned long pages = 0;

	if (file_read(AT_FDCWD, "/proc/self/statm", STATM_MAX, &text) == 0) {
		buf_add_byte(&text, '\0');
		(void)sscanf(text.p, "%*u %lu", &pages);
	}
	buf_free(&text);
	if (pages > 0)
		return pages * (uint64_t)sysconf(_SC_PAGESIZE);
	if (getrusage(RUSAGE_SELF, &most) == -1)
		return 0;
	return (uint64_t)most.ru_maxrss * 1024;
}

/* A signal asks to stop; it stays pending. */
static bool
is_stop_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) ||
	    sigismember(&pending, SIGTERM));
}

/* Ask the relay for its state.  False: it has ended. */
static bool
ask_relay(struct view *v)
{
	v->last_health = v->health;
	return send(v->relay, "?", 1, MSG_NOSIGNAL) == 1 &&
	    recv(v->relay, &v->health, sizeof(v->health), MSG_WAITALL) ==
	    sizeof(v->health);
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

static const char *const phase_texts[] = {
	[CROWD_ENROLLING] = "joining", [CROWD_RUNNING] = "",
	[CROWD_DRAINING] = "draining", [CROWD_LEAVING] = "leaving",
	[CROWD_OVER] = "leaving"
};

/* One line, on a terminal. */
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
	    phase_texts[t->phase]);
	(void)fflush(stdout);	/* the summary follows anyway */
	v->last = *t;
}

/* Once a second: the relay's state, and the size of its directory. */
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
	v->disk = bytes_below(v->data, false);
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
summarize(const struct view *v, const struct sim *sim)
{
	const struct crowd_tally *t = crowd_tally(v->crowd);
	double posts = (double)(t->posts > 0 ? t->posts : 1);

	printf("%s%u members in %u groups, pauses %u times shorter, %s\n",
	    v->live ? "\r\033[K" : "", t->members, t->groups,
	    sim->crowd.factor, sim->tls ? "TLS" : "without TLS");
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
	printf("logins             %llu; %llu messages sent again that had "
	    "not been acked\n", (unsigned long long)t->logins,
	    (unsigned long long)t->resent);
	printf("errors             %llu lost, %llu duplicates, %llu out of "
	    "order, %llu wrong\n", (unsigned long long)t->lost,
	    (unsigned long long)t->duplicates,
	    (unsigned long long)t->out_of_order, (unsigned long long)t->wrong);
}

/* The child: returns its exit status. */
static int
be_members(struct sim *sim, int relay)
{
	struct client_pool *clients = sim->tls ? client_pool_open() :
	    client_pool_open_plain();
	struct view v = { .relay = relay, .live = isatty(STDOUT_FILENO) };
	long answers;
	const struct crowd_tally *t;
	bool is_clean;

	if (sim->tls)
		client_pool_pin(clients, sim->id.cert.fingerprint);
	sim->crowd.path = sim->socket;
	sim->crowd.clients = clients;
	answers = selftest_run(sim->socket, clients);
	if (answers == -1)
		return 1;
	printf("self-test          every op in both numberings; %ld frames "
	    "as expected\n", answers);
	(void)fflush(stdout);
	v.data = sim->data;
	v.crowd = crowd_open(&sim->crowd);
	if (v.crowd == NULL) {
		log_line("cannot wait for connections: %s", strerror(errno));
		return 1;
	}
	while (crowd_turn(v.crowd)) {
		if (is_stop_pending())
			crowd_stop(v.crowd);
		look(&v);
	}
	v.next = 0;
	look(&v);
	summarize(&v, sim);
	t = crowd_tally(v.crowd);
	is_clean = t->lost + t->duplicates + t->out_of_order + t->wrong == 0;
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
	    .stop = is_stop_pending() };

	/* If nobody reads it, the next read notices. */
	(void)send(members, &health, sizeof(health), MSG_NOSIGNAL);
}

/* The parent: serve until the members have closed their end. */
static int
be_relay(const struct sim *sim, struct server *sv, int members)
{
	char why[WHY_ROOM], question;
	struct datadir data;
	int result;

	if (datadir_open(&data, sim->conf.data, sim->conf.journal_size, why,
	    sizeof(why)) == -1) {
		log_line("%s", why);
		return -1;
	}
	if (server_start(sv, &data, &sim->ids, 0, why, sizeof(why)) == -1) {
		log_line("%s", why);
		return -1;
	}
	(void)server_watch(sv, members);
	while (server_run(sv) == 0 &&
	    read(members, &question, 1) == 1)
		answer(members, &data);
	result = server_stop(sv);
	server_close(sv);
	if (datadir_close(&data) == -1)
		result = -1;
	if (result == -1)
		log_line("%s: %s", sim->conf.data, strerror(errno));
	return result;
}

/*
 * The relay's log goes to a file, so that it can be read if something went
 * wrong.
 */
static int
divert_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600), result;

	if (fd == -1)
		return -1;
	result = dup2(fd, STDERR_FILENO) == -1 ? -1 : 0;
	(void)fd_close(fd);	/* it is stderr now */
	return result;
}

/*
 * Fork into relay and members.  Returns, in both, the exit status; the relay's
 * is that of the members.
 */
static int
run(struct sim *sim, struct server *sv)
{
	int ends[2], status;
	pid_t members;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ||
	    (members = fork()) == -1) {
		log_line("cannot start the members: %s", strerror(errno));
		return 1;
	}
	if (members == 0) {
		sim->is_child = true;
		(void)fd_close(ends[0]);
		server_close(sv);	/* the parent's: not used here */
		return be_members(sim, ends[1]);
	}
	(void)fd_close(ends[1]);
	if (divert_log(sim->log) == -1)
		log_line("%s: %s", sim->log, strerror(errno));
	status = be_relay(sim, sv, ends[0]);
	(void)fd_close(ends[0]);	/* which the members see as the end */
	if (waitpid(members, &ends[1], 0) == -1 || !WIFEXITED(ends[1]))
		return 1;
	return status == -1 ? 1 : WEXITSTATUS(ends[1]);
}

/* Make the private directory.  Returns -1 and why. */
static int
make_directory(struct sim *sim, char *why)
{
	static const char last[] = "/mnm-sim-XXXXXX";

	snprintf(why, WHY_ROOM, "%s: the path is too long", sim->above);
	if (strlen(sim->above) + sizeof(last) + sizeof("/cert.pem") >
	    PATH_ROOM)
		return -1;
	snprintf(sim->dir, PATH_ROOM, "%s%s", sim->above, last);
	if (mkdtemp(sim->dir) == NULL) {
		snprintf(why, WHY_ROOM, "cannot make a directory in %s: %s",
		    sim->above, strerror(errno));
		return -1;
	}
	inside(sim, sim->socket, "socket");
	inside(sim, sim->data, "data");
	inside(sim, sim->log, "log");
	return 0;
}

static void
set_conf(struct sim *sim)
{
	struct conf *conf = &sim->conf;

	conf_default(conf);
	free(conf->data);
	conf->data = xcopy(span_of(sim->data));
	conf->listen[0].net = CONF_UNIX;
	free(conf->listen[0].laddr);
	conf->listen[0].laddr = xcopy(span_of(sim->socket));
	conf->listen[0].tls = sim->tls;
	sim->ids.of[0] = sim->tls ? &sim->id : NULL;
	free(conf->name);
	conf->name = xcopy(SPAN("test"));	/* as talk.c has it */
	conf->links_max = sim->crowd.members + 100;
}

/* A certificate of its own, for the length of the run. */
static int
make_cert(struct sim *sim, char *why)
{
	const char *const names[] = { "localhost", NULL };
	uint64_t now = clock_ms(CLOCK_REALTIME) / 1000, until;
	char authority[PATH_ROOM], cert[PATH_ROOM], key[PATH_ROOM];
	const struct authority_files files = { authority, cert, key };

	inside(sim, authority, "ca-key.pem");
	inside(sim, cert, "cert.pem");
	inside(sim, key, "key.pem");
	if (authority_keep(&files, names, now, why, WHY_ROOM) == -1)
		return -1;
	return authority_read(&sim->id.cert, &files, &until, why, WHY_ROOM);
}

static int
block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	return sigprocmask(SIG_BLOCK, &signals, NULL);
}

/* With the private directory; returns the exit status. */
static int
simulate(struct sim *sim)
{
	char why[WHY_ROOM];
	struct server *sv;
	int status = 1;

	set_conf(sim);
	if (sim->tls && make_cert(sim, why) == -1) {
		fprintf(stderr, "mnm: %s\n", why);
	} else if ((sv = server_open(&sim->conf, why, sizeof(why))) == NULL) {
		fprintf(stderr, "mnm: %s\n", why);
	} else if (block_signals() == -1) {
		perror("mnm: cannot block signals");
	} else {
		status = run(sim, sv);
	}
	conf_free(&sim->conf);
	cert_free(&sim->id.cert);
	return status;
}

int
sim_run(int argc, char **argv)
{
	struct sim sim = { .is_child = false };
	char why[WHY_ROOM];
	int status;

	if (!read_arguments(&sim, argc, argv)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (make_directory(&sim, why) == -1) {
		fprintf(stderr, "mnm: %s\n", why);
		return 1;
	}
	status = simulate(&sim);
	if (sim.is_child)
		return status;
	if (status == 0) {
		(void)bytes_below(sim.dir, true);
		(void)remove(sim.dir);
	} else {
		printf("data and log of the relay: %s\n", sim.dir);
	}
	return status;
}
