/*
 * library - the relay of mnm.h: two of them in one process, which serve a
 * hundred connections from other threads, and all that it promises to leave
 * alone.  make tsan runs it under ThreadSanitizer.
 */
#include "mnm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "client/client.h"
#include "test/lib/check.h"

#define THREADS  4
#define PEOPLE   25		/* of each thread */
#define POSTS    20		/* that each sends to the next one */
#define UID      32
#define PATIENCE 20000		/* ms until a test gives up */

static char top[] = "/tmp/mnm-library-test-XXXXXX";

/* ---- a relay in a thread ---- */

struct served {
	struct mnm *relay;
	pthread_t thread;
	char data[100], last_line[500];
	unsigned lines;
	int result;
};

static void
count_line(void *context, const char *line)
{
	struct served *s = context;

	s->lines++;
	snprintf(s->last_line, sizeof(s->last_line), "%s", line);
}

static void *
run(void *argument)
{
	struct served *s = argument;

	s->result = mnm_run(s->relay);
	return NULL;
}

/* Open one on this directory, below top; false, with a failed check. */
static bool
open_relay(struct served *s, const char *name, const char *config)
{
	struct mnm_options options = { .config_text = config,
	    .in_process_only = 1, .log = count_line, .log_context = s };
	char why[MNM_WHY] = "";

	memset(s, 0, sizeof(*s));
	snprintf(s->data, sizeof(s->data), "%s/%s", top, name);
	options.data = s->data;
	s->relay = mnm_open(&options, why, sizeof(why));
	CHECK(s->relay != NULL, "open: %s", why);
	if (s->relay != NULL && mnm_start(s->relay, why, sizeof(why)) == 0)
		return true;
	CHECK(false, "start: %s", why);
	return false;
}

static void
close_relay(struct served *s)
{
	CHECK(mnm_close(s->relay) == 0, "close: %s", strerror(errno));
}

/* ---- people ---- */

struct person {
	struct mnm_connection *connection;
	struct buf in;
	char uid[UID + 1];
	unsigned acks, deliveries;
	bool online, ended;
};

static void
say(struct person *p, const char *header, const char *data)
{
	char frame[1000];
	int n = snprintf(frame, sizeof(frame), "%04zx%s%s", strlen(header),
	    header, data);

	/* Little is under way: all of it fits. */
	if (mnm_write(p->connection, frame, (size_t)n) != n)
		p->ended = true;
}

static void
take_frame(struct person *p, char *header)
{
	char answer[200], *uid, *id;

	uid = strstr(header, "\"uid\":\"");
	if (strstr(header, "\"op\":\"registered\"") != NULL && uid != NULL)
		snprintf(p->uid, sizeof(p->uid), "%.32s", uid + 7);
	if (strstr(header, "login ok") != NULL)
		p->online = true;
	if (strstr(header, "\"op\":\"ack\"") != NULL &&
	    strstr(header, "error") == NULL)
		p->acks++;
	id = strstr(header, "\"id\":\"");
	if (strstr(header, "\"op\":\"delivery\"") != NULL && id != NULL) {
		p->deliveries++;
		snprintf(answer, sizeof(answer), "{\"op\":9,\"id\":\"%.16s\","
		    "\"type\":\"ok\"}", id + 6);
		say(p, answer, "");
	}
}

/* Read what there is, and take the whole frames of it. */
static void
listen_to(struct person *p)
{
	char digits[5] = "", header[3000], *length;
	size_t n, data;
	long got;

	do {
		got = mnm_read(p->connection, buf_room(&p->in, 1000), 1000);
		p->in.n += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	p->ended = p->ended || got == 0;
	while (p->in.n > 4) {
		memcpy(digits, p->in.p, 4);
		n = strtoul(digits, NULL, 16);
		if (p->in.n < 4 + n)
			return;
		snprintf(header, sizeof(header), "%.*s", (int)n, p->in.p + 4);
		length = strstr(header, "\"datalen\":");
		data = length != NULL ? strtoul(length + 10, NULL, 10) : 0;
		if (p->in.n < 4 + n + data)
			return;
		take_frame(p, header);
		buf_drop(&p->in, 4 + n + data);
	}
}

/* Until each of the people has these; false when that takes too long. */
static bool
await(struct person *people, size_t n, unsigned acks, unsigned deliveries)
{
	struct pollfd fds[PEOPLE];
	size_t i, ready;

	for (;;) {
		for (i = ready = 0; i < n; i++) {
			listen_to(&people[i]);
			if (people[i].ended)
				return false;
			ready += people[i].online && people[i].acks >= acks &&
			    people[i].deliveries >= deliveries;
			fds[i].fd = mnm_connection_fd(people[i].connection);
			fds[i].events = POLLIN;
		}
		if (ready == n)
			return true;
		if (poll(fds, (nfds_t)n, PATIENCE) <= 0)
			return false;
	}
}

static void
join(struct person *p, struct mnm *relay)
{
	memset(p, 0, sizeof(*p));
	p->connection = mnm_connect(relay);
	if (p->connection == NULL)
		return;
	say(p, "{\"op\":0,\"id\":\"1\"}", "");
	say(p, "{\"op\":1,\"newnode\":\"x\",\"newalias\":\"_\"}", "");
}

static void
leave(struct person *p)
{
	mnm_disconnect(p->connection);
	buf_free(&p->in);
}

static void
post(struct person *from, const struct person *to, unsigned number)
{
	char header[300];

	snprintf(header, sizeof(header), "{\"op\":7,\"id\":\"p%u\",\"for\":"
	    "[{\"id\":\"%s\",\"type\":1}],\"datalen\":5}", number, to->uid);
	say(from, header, "Hello");
}

/* People in a ring; returns the argument if all of it went well. */
static void *
be_people(void *argument)
{
	struct served *s = argument;
	struct person people[PEOPLE];
	bool good;
	unsigned i, k;

	for (i = 0; i < PEOPLE; i++)
		join(&people[i], s->relay);
	good = await(people, PEOPLE, 0, 0);
	for (k = 0; good && k < POSTS; k++) {
		for (i = 0; i < PEOPLE; i++)
			post(&people[i], &people[(i + 1) % PEOPLE], k);
		good = await(people, PEOPLE, k + 1, k + 1);
	}
	for (i = 0; i < PEOPLE; i++)
		leave(&people[i]);
	return good ? argument : NULL;
}

/* ---- tests ---- */

static void
test_two_relays(void)
{
	struct served relays[2];
	pthread_t threads[THREADS];
	char why[MNM_WHY];
	void *good;
	int i;

	if (!open_relay(&relays[0], "first", "{\"register_rate\":0}") ||
	    !open_relay(&relays[1], "second", NULL))
		return;
	for (i = 0; i < 2; i++)
		pthread_create(&relays[i].thread, NULL, run, &relays[i]);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, be_people, &relays[i % 2]);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &good);
		CHECK(good != NULL, "the people of thread %d", i);
	}
	for (i = 0; i < 2; i++) {
		mnm_stop(relays[i].relay);
		pthread_join(relays[i].thread, NULL);
		CHECK(relays[i].result == 0 && relays[i].lines >= 2 * PEOPLE,
		    "%u lines", relays[i].lines);
		CHECK(mnm_reload(relays[i].relay, why, sizeof(why)) == 0,
		    "%s", why);
		close_relay(&relays[i]);
	}
}

/* Stopped, and run again; what is stored is still there after a close. */
static void
test_again(void)
{
	struct served s;
	struct person p;
	int i;

	if (!open_relay(&s, "again", "{}"))
		return;
	join(&p, s.relay);
	for (i = 0; i < 2; i++) {
		mnm_stop(s.relay);
		CHECK(mnm_run(s.relay) == 0, "run %d", i);
	}
	/* In our own loop, and in this thread. */
	for (i = 0; i < 1000 && !p.online && !p.ended; i++) {
		CHECK(mnm_fd(s.relay) != -1, "no descriptor");
		CHECK(mnm_turn(s.relay, 10) == 0, "turn");
		listen_to(&p);
	}
	CHECK(p.online && p.uid[0] != '\0', "not registered");
	CHECK(mnm_timeout(s.relay) != 0 || mnm_turn(s.relay, 0) == 0,
	    "timeout");
	close_relay(&s);
	listen_to(&p);
	CHECK(p.ended, "it does not end");
	CHECK(mnm_write(p.connection, "x", 1) == -1 && errno == EPIPE,
	    "written to nobody");
	leave(&p);
}

/* The connection that is one too many is closed, the other one served. */
static void
test_limit(void)
{
	struct served s;
	struct person a, b;
	int i;

	if (!open_relay(&s, "limit", "{\"links_max\":1}"))
		return;
	join(&a, s.relay);
	join(&b, s.relay);
	for (i = 0; i < 1000 && !(a.online && b.ended); i++) {
		CHECK(mnm_turn(s.relay, 10) == 0, "turn");
		listen_to(&a);
		listen_to(&b);
	}
	CHECK(a.online && !a.ended && b.ended && !b.online, "links_max");
	leave(&a);
	leave(&b);
	close_relay(&s);
}

static void
test_refusals(void)
{
	struct mnm_options options = { .in_process_only = 1 };
	struct served s;
	struct mnm *second;
	char why[MNM_WHY], link_path[200];

	options.config_text = "{\n\"colour\": 1}";
	CHECK(mnm_open(&options, why, sizeof(why)) == NULL &&
	    strncmp(why, "configuration:2: unknown key", 28) == 0, "%s", why);
	options.config_text = NULL;
	options.config_path = "/nowhere/mnm.config";
	CHECK(mnm_open(&options, why, sizeof(why)) == NULL &&
	    strstr(why, "/nowhere/mnm.config: ") != NULL, "%s", why);
	options.config_text = "{}";
	CHECK(mnm_open(&options, why, sizeof(why)) == NULL &&
	    strstr(why, "both") != NULL, "%s", why);
	options.config_path = options.config_text = NULL;
	options.data = "/nowhere/data";
	second = mnm_open(&options, why, sizeof(why));
	CHECK(second != NULL && mnm_start(second, why, sizeof(why)) == -1 &&
	    strstr(why, "/nowhere/data: ") != NULL, "%s", why);
	CHECK(mnm_close(second) == 0 && mnm_close(NULL) == 0, "close");
	if (!open_relay(&s, "twice", "{}"))
		return;
	/* The same directory by another name. */
	snprintf(link_path, sizeof(link_path), "%s/link", top);
	CHECK(symlink(s.data, link_path) == 0, "symlink");
	options.data = link_path;
	second = mnm_open(&options, why, sizeof(why));
	CHECK(second != NULL && mnm_start(second, why, sizeof(why)) == -1 &&
	    strstr(why, "another relay in this program") != NULL, "%s", why);
	CHECK(mnm_close(second) == 0, "close");
	CHECK(mnm_turn(s.relay, 0) == 0, "the first is disturbed");
	CHECK(mnm_address(s.relay) == NULL, "nobody listens at %s",
	    mnm_address(s.relay));
	close_relay(&s);
	second = mnm_open(&options, why, sizeof(why));
	CHECK(second != NULL && mnm_start(second, why, sizeof(why)) == 0,
	    "after it: %s", why);
	CHECK(mnm_close(second) == 0, "close");
}

static int
dial(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", top,
	    name);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0,
	    "connect: %s", strerror(errno));
	return fd;
}

/* The relay ends while a monitor's request waits to be read. */
static void
end_with_request(struct mnm *relay)
{
	static const char ask[] = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
	char text[4000] = "";
	int fd = dial("socket"), i;
	ssize_t n, got = 0;

	CHECK(write(fd, ask, sizeof(ask) - 1) == sizeof(ask) - 1, "write");
	for (i = 0; i < 20; i++)
		CHECK(mnm_turn(relay, 10) == 0, "turn");
	CHECK(write(fd, ask, sizeof(ask) - 1) == sizeof(ask) - 1, "write");
	CHECK(mnm_close(relay) == 0, "close");
	while (got < (ssize_t)sizeof(text) - 1 && (n = read(fd, text + got,
	    sizeof(text) - 1 - (size_t)got)) > 0)
		got += n;
	CHECK(strstr(text, "200 OK") != NULL && strstr(text, "503 ") != NULL &&
	    strstr(text, "stopping\n") != NULL, "answered: %s", text);
	(void)close(fd);
}

/* With a listener, it is a relay like any other. */
static void
test_listener(void)
{
	struct mnm_options options = { 0 };
	char data[100], config[300], why[MNM_WHY] = "";
	const char *fingerprint;
	struct mnm *relay;

	snprintf(data, sizeof(data), "%s/listener", top);
	snprintf(config, sizeof(config), "{\"data\":\"%s\",\"listen\":"
	    "[{\"laddr\":\"127.0.0.1:0\"},{\"net\":\"unix\",\"laddr\":"
	    "\"%s/socket\",\"tls\":false}]}", data, top);
	options.config_text = config;
	relay = mnm_open(&options, why, sizeof(why));
	CHECK(relay != NULL && mnm_start(relay, why, sizeof(why)) == 0, "%s",
	    why);
	if (relay == NULL)
		return;
	fingerprint = mnm_fingerprint(relay);
	CHECK(fingerprint != NULL && strlen(fingerprint) == 95 &&
	    strcmp(mnm_address(relay), "=127.0.0.1:0") == 0, "%s",
	    mnm_address(relay));
	CHECK(mnm_turn(relay, 0) == 0 &&
	    mnm_reload(relay, why, sizeof(why)) == 0, "%s", why);
	end_with_request(relay);
}

static void
write_config(const char *path, const char *names)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL && fprintf(f, "{\"names\":[%s],\"data\":\"%s/renew\","
	    "\"listen\":{\"net\":\"unix\",\"laddr\":\"%s/tls\"}}", names, top,
	    top) > 0 && fclose(f) == 0, "%s", path);
}

/* Turn the relay and let the client go on, so many times. */
static void
shake_hands(struct mnm *relay, struct client *c, int times)
{
	while (times-- > 0 && !client_is_open(c) && client_error(c) == 0) {
		client_step(c, client_interest(c));
		CHECK(mnm_turn(relay, 10) == 0, "turn");
	}
}

/*
 * A certificate with other names: handshakes that have begun with the one
 * before end well, and clients that know the authority need nothing new.
 */
static void
test_renewal(void)
{
	struct mnm_options options = { 0 };
	struct client_pool *pool = client_pool_open();
	struct client *early, *late;
	char config[100], path[100], cert[100], why[MNM_WHY] = "";
	struct stat before, after;
	struct mnm *relay;

	snprintf(config, sizeof(config), "%s/mnm.config", top);
	snprintf(path, sizeof(path), "%s/tls", top);
	snprintf(cert, sizeof(cert), "%s/renew/cert.pem", top);
	options.config_path = config;
	write_config(config, "");
	relay = mnm_open(&options, why, sizeof(why));
	CHECK(relay != NULL && mnm_start(relay, why, sizeof(why)) == 0, "%s",
	    why);
	client_pool_pin(pool, mnm_fingerprint(relay));
	early = client_connect_unix(pool, path);
	shake_hands(relay, early, 2);
	CHECK(!client_is_open(early), "the handshake is over too early");
	CHECK(stat(cert, &before) == 0, "%s", cert);
	write_config(config, "\"other.example.org\"");
	CHECK(mnm_reload(relay, why, sizeof(why)) == 0, "%s", why);
	late = client_connect_unix(pool, path);
	shake_hands(relay, early, 100);
	CHECK(client_is_open(early), "the early one: error %d",
	    client_error(early));
	shake_hands(relay, late, 100);
	CHECK(client_is_open(late), "the late one: error %d",
	    client_error(late));
	CHECK(stat(cert, &after) == 0 && before.st_ino != after.st_ino,
	    "the certificate is not renewed");
	/* One that never ends its handshake needs the old one to the end. */
	client_close(late);
	late = client_connect_unix(pool, path);
	shake_hands(relay, late, 2);
	write_config(config, "\"third.example.org\"");
	CHECK(mnm_reload(relay, why, sizeof(why)) == 0, "%s", why);
	CHECK(mnm_close(relay) == 0, "close");
	client_close(early);
	client_close(late);
	client_pool_close(pool);
}

/* ---- what it leaves alone ---- */

struct state {
	mode_t mask;
	char here[200];
	struct sigaction actions[32];
	sigset_t blocked;
	int confined, dumpable;
};

static void
note(struct state *state)
{
	int i;

	memset(state, 0, sizeof(*state));
	state->mask = umask(022);
	(void)umask(state->mask);
	CHECK(getcwd(state->here, sizeof(state->here)) != NULL, "getcwd");
	for (i = 1; i < 32; i++)
		(void)sigaction(i, NULL, &state->actions[i]);
	(void)sigprocmask(SIG_BLOCK, NULL, &state->blocked);
#ifdef __linux__
	state->confined = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	state->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void
compare(const struct state *before)
{
	struct state after;
	int i;

	note(&after);
	CHECK(after.mask == before->mask, "umask");
	CHECK(strcmp(after.here, before->here) == 0, "the directory");
	for (i = 1; i < 32; i++)
		CHECK(after.actions[i].sa_handler ==
		    before->actions[i].sa_handler, "signal %d", i);
	CHECK(memcmp(&after.blocked, &before->blocked,
	    sizeof(after.blocked)) == 0, "blocked signals");
	CHECK(after.confined == before->confined &&
	    after.dumpable == before->dumpable, "it confines the program");
}

/* Run the tests with stdout and stderr in a file, which must stay empty. */
static void
test_silence(void)
{
	char path[200];
	struct stat st;
	int file, out, err;

	snprintf(path, sizeof(path), "%s/said", top);
	(void)fflush(stdout);
	file = open(path, O_RDWR | O_CREAT, 0600);
	out = dup(STDOUT_FILENO);
	err = dup(STDERR_FILENO);
	CHECK(file != -1 && dup2(file, STDOUT_FILENO) != -1 &&
	    dup2(file, STDERR_FILENO) != -1, "dup2");
	test_refusals();
	test_again();
	test_listener();
	(void)fflush(stdout);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(err, STDERR_FILENO);
	CHECK(fstat(file, &st) == 0 && st.st_size == 0,
	    "it says something: see %s", path);
	(void)close(file);
	(void)close(out);
	(void)close(err);
}

int
main(void)
{
	char command[200];
	struct state before;

	if (mkdtemp(top) == NULL)
		return 1;
	note(&before);
	test_two_relays();
	test_limit();
	test_renewal();
	test_silence();
	compare(&before);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	if (check_failed == 0)
		CHECK(system(command) == 0, "%s stays", top);
	return check_report("library");
}
