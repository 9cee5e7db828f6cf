/*
 * shares MNM - what one member or stranger can take of what others need: room
 * in a queue, first contacts, names, the log, places for uploads.  Prints how
 * much that is, and fails if it is too much.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define POSTS     150000
#define TRIES     1000		/* of names, of invitations */
#define REGISTERS 200		/* the last with the name that is invited */
#define FLOOD     2000		/* ms for each kind of line */
#define UPLOADS   100		/* at once: all places */
#define LARGE     100000	/* bytes of data that goes to a file */
#define UPLOAD_TRIES 40		/* one a second */

static struct relay_process relay;
static struct client_pool *pool;
static struct peer a, b, c;
static char *program;

static void
begin(const char *conf)
{
	relay_configure(&relay, conf);
	relay_start(&relay);
	peer_init(&a, "alice");
	peer_init(&b, "bob");
	peer_init(&c, "carol");
	peer_register(&a, pool, relay.port);
	peer_register(&b, pool, relay.port);
	peer_register(&c, pool, relay.port);
}

static void
end(void)
{
	peer_free(&a);
	peer_free(&b);
	peer_free(&c);
	relay_free(&relay);
	relay_init(&relay, program);
}

/* Send a request n times, 500 ahead; how many were not refused. */
static unsigned
repeat(struct peer *m, const char *format, const char *argument, unsigned n)
{
	unsigned sent = 0, acked = 0, good = 0;
	struct peer_frame *f;

	while (acked < n) {
		for (; sent < n && sent < acked + 500; sent++)
			peer_say(m, format, sent, sent, argument);
		f = peer_await(m, "ack");
		if (f->head[0] == '\0')
			n = 0;
		good += f->head[0] != '\0' && strstr(f->head,
		    "\"error\"") == NULL;
		peer_frame_free(f);
		acked++;
	}
	return good;
}

#define A_POST "{\"op\":7,\"id\":\"p%u.%u\",\"for\":[{\"id\":\"%s\"," \
	"\"type\":1}],\"datalen\":0}"

static void
fill_queue(void)
{
	uint64_t began;
	unsigned taken, others;

	begin("");
	peer_drop(&a);
	began = relay_clock();
	taken = repeat(&b, A_POST, a.uid, POSTS);
	began = relay_clock() - began;
	others = repeat(&c, A_POST, a.uid, 100);
	printf("queue: one sender puts %u into it in %llu ms; of another one's "
	    "100 posts %u are taken\n", taken, (unsigned long long)began,
	    others);
	CHECK(taken < POSTS && others == 100, "others cannot post");
	end();
}

static void
invite(void)
{
	unsigned done;

	begin("\"pings_per_day\": 100,");
	done = repeat(&b, "{\"op\":5,\"id\":\"i%u\",\"gid\":\"group %u\","
	    "\"from\":\"bob\",\"to\":\"%s\",\"datalen\":0}", "alice", TRIES);
	printf("invitations to groups: %u of %d in a day that has 100 pings\n",
	    done, TRIES);
	CHECK(done <= 100, "they are no pings");
	end();
}

/* Whether a name is taken is answered so often. */
static void
guess_names(void)
{
	struct peer_frame *f;
	unsigned i, told = 0;

	begin("\"failed_pings_in_a_row\": 10,");
	for (i = 0; i < TRIES; i++) {
		peer_say(&b, "{\"op\":3,\"id\":\"g%u\",\"newalias\":\"alice\"}",
		    i);
		f = peer_await(&b, "ack");
		told += strstr(f->head, "too many") == NULL;
		peer_frame_free(f);
	}
	printf("names: %u of %d guesses by newalias are answered\n", told,
	    TRIES);
	CHECK(told <= 10, "they are not counted");
	end();
}

/* Strangers look for a name that was invited. */
static void
guess_invited(void)
{
	char command[2 * RELAY_PATH + 64], name[32];
	struct peer d;
	struct peer_frame *f;
	bool found = false;
	int i;

	relay_configure(&relay, "\"register\": \"invite\",");
	relay_start(&relay);
	(void)snprintf(command, sizeof(command), "cd '%s' && '%s' invite "
	    "'Name %d' >/dev/null", relay.dir, program, REGISTERS);
	CHECK(system(command) == 0, "invite");
	for (i = 1; i <= REGISTERS; i++) {
		(void)snprintf(name, sizeof(name), "Name %d", i);
		peer_init(&d, name);
		peer_connect(&d, pool, relay.port);
		peer_frame_free(peer_await(&d, "tmtprev"));
		peer_say(&d, "{\"op\":1,\"newnode\":\"x\",\"newalias\":"
		    "\"%s\"}", name);
		while ((f = peer_next(&d)) == NULL && !d.over &&
		    peer_wait(d.client, relay_clock() + 5000))
			peer_step(&d, 0);
		found |= f != NULL && strstr(f->head, "registered") != NULL;
		peer_frame_free(f);
		peer_free(&d);
	}
	printf("invited names: one is %sfound in %d attempts\n",
	    found ? "" : "not ", REGISTERS);
	CHECK(!found, "somebody else is the invited person");
	relay_free(&relay);
	relay_init(&relay, program);
}

/* ---- the log ---- */

static long
log_size(void)
{
	char path[RELAY_PATH + 16];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/said.txt", relay.dir);
	return stat(path, &st) == 0 ? (long)st.st_size : 0;
}

static void
bad_hello(void)
{
	static const char hello[] = "\x16\x03\x03\x00\x05\x01\x00\x00\x01\x00";
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char answer[64];

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(relay.port);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		die("connect: %s", strerror(errno));
	(void)send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL);
	(void)recv(fd, answer, sizeof(answer), 0);
	close(fd);
}

static void
wrong_login(void)
{
	struct peer d;

	peer_init(&d, "d");
	peer_connect(&d, pool, relay.port);
	peer_say(&d, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\"}", a.uid,
	    b.nodeid);
	peer_await_over(&d);
	peer_free(&d);
}

static void
flood_log(const char *name, void (*one)(void))
{
	uint64_t until = relay_clock() + FLOOD;
	long before = log_size(), grown;
	unsigned lines = 0;

	for (; relay_clock() < until; lines++)
		one();
	grown = log_size() - before;
	printf("log: %u %s a second write %ld bytes a second\n",
	    lines * 1000 / FLOOD, name, grown * 1000 / FLOOD);
	CHECK(grown < 4000, "they write the log");
}

static void
write_log(void)
{
	begin("");
	flood_log("bad hellos", bad_hello);
	flood_log("wrong logins", wrong_login);
	end();
}

/* ---- uploads ---- */

static void
upload(struct peer *m, size_t n)
{
	static char data[LARGE];

	peer_say(m, "{\"op\":7,\"id\":\"u\",\"for\":[{\"id\":\"%s\","
	    "\"type\":1}],\"datalen\":%d}", a.uid, LARGE);
	peer_data(m, (struct span){ data, n });
}

/* Members begin posts in all places and do not go on; another one posts. */
static void
dribble(void)
{
	static struct peer slow[UPLOADS];
	static char names[UPLOADS][24];
	struct peer_frame *f;
	int i, tries;
	bool done = false;

	begin("");
	for (i = 0; i < UPLOADS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "slow %d", i);
		peer_init(&slow[i], names[i]);
		peer_register(&slow[i], pool, relay.port);
		upload(&slow[i], 1000);
	}
	for (tries = 0; tries < UPLOAD_TRIES && !done; tries++) {
		relay_sleep(1000);
		upload(&c, LARGE);
		f = peer_await(&c, "ack");
		done = strstr(f->head, "\"error\"") == NULL;
		peer_frame_free(f);
	}
	printf("uploads: with %d that have stopped, a post of %d bytes is %s "
	    "%d s\n", UPLOADS, LARGE, done ? "taken after" : "refused for",
	    tries);
	CHECK(done, "no slow upload made room");
	for (i = 0; i < UPLOADS; i++)
		peer_free(&slow[i]);
	end();
}

int
main(int argc, char **argv)
{
	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: shares MNM");
	pool = client_pool_open();
	relay_init(&relay, program);
	fill_queue();
	invite();
	guess_names();
	guess_invited();
	write_log();
	dribble();
	relay_free(&relay);
	client_pool_close(pool);
	free(program);
	return check_report("shares");
}
