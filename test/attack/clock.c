/*
 * clock MNM - time servers that lie.  For each case a new relay makes an
 * invitation, is stopped, and starts with these servers.  Prints whether it
 * starts, by how much its clock is moved and whether the invitation is there;
 * fails if it believes what it should not, or not two that agree.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "ntp.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"

#define LIFE 55			/* s, after which the servers end anyway */
#define HOUR INT64_C(3600)
#define YEAR (366 * 24 * HOUR)
#define UNIX_EPOCH UINT64_C(2208988800)	/* 1970 in seconds of 1900 */

/* Offsets in a packet (RFC 5905 section 7.3). */
#define AT_STRATUM   1
#define AT_ORIGINATE 24
#define AT_RECEIVE   32
#define AT_TRANSMIT  40

/* The servers, and how far each is ahead, in s. */
enum { RIGHT, ALSO_RIGHT, HOUR_ON, YEARS_3, AGAIN_3, YEARS_11, SERVERS };
static const int64_t ahead[SERVERS] = {
	0, 0, HOUR, 3 * YEAR, 3 * YEAR, 11 * YEAR
};

#define HOSTS_MAX 3

static const struct attack {
	const char *what;
	int64_t believed;	/* s, of what is said */
	int hosts[HOSTS_MAX + 1];	/* and -1 */
} attacks[] = {
	{ "one, 3 years on", 0, { YEARS_3, -1 } },
	{ "one, 11 years on", 0, { YEARS_11, -1 } },
	{ "two, 3 and 11 years on", 0, { YEARS_3, YEARS_11, -1 } },
	{ "three, one right, the others 3 and 11 years on", 0,
	    { YEARS_3, YEARS_11, RIGHT, -1 } },
	{ "three, one 11 years on", 0, { YEARS_11, RIGHT, ALSO_RIGHT, -1 } },
	{ "one, an hour on", HOUR, { HOUR_ON, -1 } },
	{ "two, both 3 years on", 3 * YEAR, { YEARS_3, AGAIN_3, -1 } }
};

static struct operator operator;
static struct client_pool *pool;
static uint16_t ports[SERVERS];

/* ---- the servers, in a process of their own ---- */

static int
serve_on(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) == -1)
		die("a time server: %s", strerror(errno));
	*port = ntohs(address.sin_port);
	return fd;
}

static void
answer(int fd, int64_t offset)
{
	unsigned char packet[NTP_BYTES];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	/* The seconds wrap in 2036, and are meant to. */
	uint32_t seconds = htonl((uint32_t)((uint64_t)time(NULL) + UNIX_EPOCH +
	    (uint64_t)offset));

	if (recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from,
	    &size) != NTP_BYTES)
		return;
	memcpy(packet + AT_ORIGINATE, packet + AT_TRANSMIT, NTP_NONCE);
	packet[0] = 0x24;	/* version 4, from a server */
	packet[AT_STRATUM] = 2;
	memset(packet + AT_RECEIVE, 0, NTP_BYTES - AT_RECEIVE);
	memcpy(packet + AT_RECEIVE, &seconds, sizeof(seconds));
	memcpy(packet + AT_TRANSMIT, &seconds, sizeof(seconds));
	/* A question without an answer is asked again. */
	(void)sendto(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from,
	    size);
}

/* Until it is killed, or the time is over. */
static void
serve(struct pollfd fds[SERVERS])
{
	int i;

	(void)alarm(LIFE);
	for (;;) {
		if (poll(fds, SERVERS, -1) == -1)
			die("poll: %s", strerror(errno));
		for (i = 0; i < SERVERS; i++) {
			if (fds[i].revents & POLLIN)
				answer(fds[i].fd, ahead[i]);
		}
	}
}

static pid_t
start_servers(void)
{
	struct pollfd fds[SERVERS];
	pid_t pid;
	int i;

	for (i = 0; i < SERVERS; i++)
		fds[i] = (struct pollfd){ .fd = serve_on(&ports[i]),
		    .events = POLLIN };
	fflush(NULL);
	pid = fork();
	if (pid == -1)
		die("fork: %s", strerror(errno));
	if (pid == 0)
		serve(fds);
	for (i = 0; i < SERVERS; i++)
		close(fds[i].fd);
	return pid;
}

/* ---- the relay ---- */

static void
configure(const int *hosts)
{
	struct buf conf = { NULL, 0, 0 };

	buf_add(&conf, SPAN("\"ntp\": {\"hosts\": ["));
	for (; *hosts != -1; hosts++)
		buf_addf(&conf, "\"127.0.0.1:%u\"%s", (unsigned)ports[*hosts],
		    hosts[1] != -1 ? "," : "");
	buf_add(&conf, SPAN("]},\0"));
	relay_configure(&operator.relay, conf.p);
	buf_free(&conf);
}

/* The relay's time, as it stands in an ack. */
static time_t
ask_time(struct peer *a)
{
	struct peer_frame *f;
	struct tm tm = { 0 };
	char text[PEER_TEXT];

	peer_login(a, pool, operator.relay.port);
	peer_say(a, "{\"op\":7,\"id\":\"1\",\"for\":[{\"id\":\"%s\","
	    "\"type\":1}],\"datalen\":0}", a->uid);
	f = peer_await(a, "ack");
	CHECK(sscanf(peer_get(f, "posted", text), "%d-%d-%dT%d:%d:%d",
	    &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	    &tm.tm_sec) == 6, "no time in %s", f->head);
	peer_frame_free(f);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return mktime(&tm);
}

static void
check_belief(const struct attack *attack, struct peer *a)
{
	time_t now = time(NULL);
	bool kept, expected = attack->believed < 7 * 24 * HOUR;
	int64_t off;

	off = (int64_t)ask_time(a) - (int64_t)now;
	operator_expect(&operator, 0, "", "invitations");
	kept = strstr(operator.said.p, "Guest") != NULL;
	printf("time servers: %s: the relay's clock is moved by %.0f hours, "
	    "and the invitation is %s\n", attack->what, (double)off / 3600,
	    kept ? "there" : "gone");
	CHECK(off > attack->believed - 60 && off < attack->believed + 60,
	    "it should be %lld s", (long long)attack->believed);
	CHECK(kept == expected, "the invitation is %s", kept ? "there" :
	    "gone");
}

static void
lie(const char *program, const struct attack *attack)
{
	struct peer a;

	operator_init(&operator, program);
	relay_start(&operator.relay);
	peer_init(&a, "alice");
	peer_register(&a, pool, operator.relay.port);
	operator_expect(&operator, 0, "", "invite Guest");
	peer_drop(&a);
	relay_stop(&operator.relay, SIGTERM);
	configure(attack->hosts);
	if (relay_can_start(&operator.relay)) {
		check_belief(attack, &a);
	} else {
		printf("time servers: %s: the relay does not start\n",
		    attack->what);
		CHECK(false, "it does not start");
	}
	peer_free(&a);
	operator_free(&operator);
}

int
main(int argc, char **argv)
{
	char *program;
	pid_t servers;
	size_t i;

	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: clock MNM");
	/* Times of the relay are of UTC. */
	if (setenv("TZ", "UTC0", 1) == -1)
		die("setenv: %s", strerror(errno));
	servers = start_servers();
	pool = client_pool_open();
	for (i = 0; i < COUNT(attacks); i++)
		lie(program, &attacks[i]);
	client_pool_close(pool);
	kill(servers, SIGKILL);
	waitpid(servers, NULL, 0);
	free(program);
	return check_report("clock");
}
