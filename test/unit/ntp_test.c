#include "ntp.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "test/lib/check.h"

#define SECOND UINT64_C(1000000000)
#define LONG   60000	/* ms: enough for an answer on any machine */
#define SOON   150	/* ms: there will be no answer */
#define HANG   120	/* s: a test that takes so long hangs */

static const unsigned char nonce[NTP_NONCE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* 2026-11-23T12:00:00Z, received a quarter of a second earlier. */
#define WALL (UINT64_C(1795435200) * SECOND)
static const unsigned char good[NTP_BYTES] = {
	0x24, 2, 6, 0xec, 0, 0, 0, 0, 0, 0, 0, 0, 'G', 'P', 'S', 0,
	0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8,
	0xee, 0xae, 0xa9, 0x3f, 0xc0, 0, 0, 0,
	0xee, 0xae, 0xa9, 0x40, 0, 0, 0, 0
};

/* The good reply with some bytes changed, and what it then is. */
static const struct {
	const char *what;
	size_t at, n;		/* the bytes that are changed */
	unsigned char bytes[16];
	size_t size;		/* of the datagram */
	enum ntp_kind kind;
	uint64_t sent;
} replies[] = {
	{ "good", 0, 0, { 0 }, 48, NTP_TIME, WALL },
	{ "version 3", 0, 1, { 0x1c }, 48, NTP_TIME, WALL },
	{ "leap second to come", 0, 1, { 0x64 }, 48, NTP_TIME, WALL },
	{ "leap second to go", 0, 1, { 0xa4 }, 48, NTP_TIME, WALL },
	{ "stratum 1", 1, 1, { 1 }, 48, NTP_TIME, WALL },
	{ "stratum 15", 1, 1, { 15 }, 48, NTP_TIME, WALL },

	/* Not an answer, at least not to this question. */
	{ "nothing", 0, 0, { 0 }, 0, NTP_STRAY, 0 },
	{ "short", 0, 0, { 0 }, 47, NTP_STRAY, 0 },
	{ "mode 0", 0, 1, { 0x20 }, 48, NTP_STRAY, 0 },
	{ "mode 1, peer", 0, 1, { 0x21 }, 48, NTP_STRAY, 0 },
	{ "mode 3, client", 0, 1, { 0x23 }, 48, NTP_STRAY, 0 },
	{ "mode 5, broadcast", 0, 1, { 0x25 }, 48, NTP_STRAY, 0 },
	{ "mode 7", 0, 1, { 0x27 }, 48, NTP_STRAY, 0 },
	{ "version 0", 0, 1, { 0x04 }, 48, NTP_STRAY, 0 },
	{ "version 2", 0, 1, { 0x14 }, 48, NTP_STRAY, 0 },
	{ "version 5", 0, 1, { 0x2c }, 48, NTP_STRAY, 0 },
	{ "another first byte", 24, 1, { 0 }, 48, NTP_STRAY, 0 },
	{ "another last byte", 31, 1, { 9 }, 48, NTP_STRAY, 0 },
	{ "no originate", 24, 8, { 0 }, 48, NTP_STRAY, 0 },

	/* The answer, without the time. */
	{ "stratum 0", 1, 1, { 0 }, 48, NTP_USELESS, 0 },
	{ "stratum 16", 1, 1, { 16 }, 48, NTP_USELESS, 0 },
	{ "stratum 255", 1, 1, { 255 }, 48, NTP_USELESS, 0 },
	{ "leap 3", 0, 1, { 0xe4 }, 48, NTP_USELESS, 0 },
	{ "no receive", 32, 8, { 0 }, 48, NTP_USELESS, 0 },
	{ "no transmit", 40, 8, { 0 }, 48, NTP_USELESS, 0 },
	{ "before 1970", 40, 8, { 0x83, 0xaa, 0x7e, 0x7f, 0xff, 0xff, 0xff,
	    0xff }, 48, NTP_USELESS, 0 },
	{ "received in 1968", 32, 4, { 0x80 }, 48, NTP_USELESS, 0 },

	/* Seconds and fractions. */
	{ "1970 and a half", 40, 8, { 0x83, 0xaa, 0x7e, 0x80, 0x80 }, 48,
	    NTP_TIME, SECOND / 2 },
	{ "a quarter", 44, 4, { 0x40 }, 48, NTP_TIME, WALL + SECOND / 4 },
	{ "2^-32 s", 44, 4, { 0, 0, 0, 1 }, 48, NTP_TIME, WALL },
	{ "5 * 2^-32 s", 44, 4, { 0, 0, 0, 5 }, 48, NTP_TIME, WALL + 1 },
	{ "1 - 2^-32 s", 44, 4, { 0xff, 0xff, 0xff, 0xff }, 48, NTP_TIME,
	    WALL + SECOND - 1 },
	{ "0.123456789 s", 44, 4, { 0x1f, 0x9a, 0xdd, 0x38 }, 48, NTP_TIME,
	    WALL + 123456789 },
	{ "the last second of the era", 40, 8, { 0xff, 0xff, 0xff, 0xff }, 48,
	    NTP_TIME, UINT64_C(2085978495) * SECOND },
	{ "the next era, 2^-32 s old", 40, 8, { 0, 0, 0, 0, 0, 0, 0, 1 }, 48,
	    NTP_TIME, UINT64_C(2085978496) * SECOND },
	{ "its second second", 40, 8, { 0, 0, 0, 1 }, 48, NTP_TIME,
	    UINT64_C(2085978497) * SECOND },
	{ "2104, the end", 40, 8, { 0x7f, 0xff, 0xff, 0xff }, 48, NTP_TIME,
	    UINT64_C(4233462143) * SECOND },
	{ "from one era to the next", 32, 16, { 0xff, 0xff, 0xff, 0xff, 0x80,
	    0, 0, 0, 0, 0, 0, 0, 0x80 }, 48, NTP_TIME,
	    UINT64_C(2085978496) * SECOND + SECOND / 2 }
};

static void
test_parse(void)
{
	unsigned char packet[NTP_BYTES];
	struct ntp_reply reply;
	size_t i;

	for (i = 0; i < COUNT(replies); i++) {
		memcpy(packet, good, sizeof(packet));
		memcpy(packet + replies[i].at, replies[i].bytes,
		    replies[i].n);
		reply = ntp_parse(packet, replies[i].size, nonce);
		CHECK(reply.kind == replies[i].kind, "%s: kind %d, %s",
		    replies[i].what, (int)reply.kind,
		    reply.fault != NULL ? reply.fault : "good");
		CHECK((reply.fault == NULL) == (reply.kind == NTP_TIME),
		    "%s: fault", replies[i].what);
		CHECK(reply.sent == replies[i].sent, "%s: sent %llu",
		    replies[i].what, (unsigned long long)reply.sent);
	}
}

static void
check_kiss(const char *code, const char *shown)
{
	unsigned char packet[NTP_BYTES];
	struct ntp_reply reply;

	memcpy(packet, good, sizeof(packet));
	packet[1] = 0;
	memcpy(packet + 12, code, 4);
	reply = ntp_parse(packet, sizeof(packet), nonce);
	CHECK(strcmp(reply.kiss, shown) == 0, "kiss %s", reply.kiss);
}

static void
test_kiss(void)
{
	struct ntp_reply reply = ntp_parse(good, sizeof(good), nonce);

	CHECK(reply.kiss[0] == '\0', "no kiss but %s", reply.kiss);
	check_kiss("RATE", "RATE");
	check_kiss("DEN\0", "DEN");
	check_kiss("A\033[m", "A");
	check_kiss("\200\200\200\200", "");
}

/* Nanoseconds from receiving to sending, of the round trip, and of the way. */
static void
test_arrival(void)
{
	static const struct {
		uint64_t received, sent, round_trip, arrival;
	} cases[] = {
		{ 1000, 1000, 0, 1000 },
		{ 1000, 1000, 500, 1250 },
		{ 1000, 1000, 501, 1250 },
		{ 1000, 1400, 500, 1450 },
		{ 1000, 1500, 500, 1500 },
		{ 1000, 1501, 500, 1751 },	/* it spent more than it took */
		{ 1000, 900, 500, 1150 }	/* its clock went back */
	};
	struct ntp_reply reply = { NTP_TIME, NULL, "", 0, 0 };
	uint64_t arrival;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		reply.received = cases[i].received;
		reply.sent = cases[i].sent;
		arrival = ntp_arrival(&reply, cases[i].round_trip);
		CHECK(arrival == cases[i].arrival, "case %zu: %llu", i,
		    (unsigned long long)arrival);
	}
}

/*
 * What a server on loopback does with one question: a letter of its script.
 * The last letter is for all questions that follow.
 */
enum act {
	ANSWER = 'a',
	SILENCE = 's',
	KISS = 'k',
	UNSET = 'u',		/* its clock is not synchronised */
	STRAYS = 'r',		/* all kinds of strays, then the answer */
	ELSEWHERE = 'e',	/* another time from another port, the answer */
	FLOOD = 'f',		/* strays for ever */
	YEAR = 'y'		/* half a year later */
};

struct time_server {
	pid_t pid;
	int fd;			/* ours; the child has it too */
	char host[64];
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
loopback(union address *a, int family)
{
	memset(a, 0, sizeof(*a));
	if (family == AF_INET6) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_addr = in6addr_loopback;
		return sizeof(a->v6);
	}
	a->v4.sin_family = AF_INET;
	a->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(a->v4);
}

/* A socket on some port of loopback, or -1. */
static int
open_port(int family, union address *a)
{
	socklen_t n = loopback(a, family);
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd != -1 && (bind(fd, &a->any, n) == -1 ||
	    getsockname(fd, &a->any, &n) == -1)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
reply_to(int fd, const unsigned char *packet, const union address *to,
    socklen_t n)
{
	if (sendto(fd, packet, NTP_BYTES, 0, &to->any, n) == -1 &&
	    errno != ECONNREFUSED)
		_exit(99);
}

static void
send_strays(int fd, const unsigned char *packet, const union address *to,
    socklen_t n)
{
	unsigned char stray[NTP_BYTES];

	memcpy(stray, packet, sizeof(stray));
	stray[24] ^= 1;
	reply_to(fd, stray, to, n);
	memcpy(stray, packet, sizeof(stray));
	stray[0] = 0x25;
	reply_to(fd, stray, to, n);
	if (sendto(fd, packet, 47, 0, &to->any, n) == -1 ||
	    sendto(fd, packet, 0, 0, &to->any, n) == -1)
		_exit(99);
}

static void
send_from_elsewhere(const unsigned char *packet, const union address *to,
    socklen_t n)
{
	unsigned char lie[NTP_BYTES];
	union address here;
	int fd = open_port(to->any.sa_family, &here);

	memcpy(lie, packet, sizeof(lie));
	lie[41] ^= 1;
	reply_to(fd, lie, to, n);
	close(fd);
}

static void
act(enum act what, int fd, unsigned char *packet, const union address *to,
    socklen_t n)
{
	static const struct timespec pause = { 0, 10000000 };

	switch (what) {
	case SILENCE:
		return;
	case KISS:
		packet[1] = 0;
		memcpy(packet + 12, "RATE", 4);
		break;
	case UNSET:
		packet[0] |= 0xc0;
		break;
	case STRAYS:
		send_strays(fd, packet, to, n);
		break;
	case ELSEWHERE:
		send_from_elsewhere(packet, to, n);
		break;
	case FLOOD:
		packet[24] ^= 1;
		for (;;) {
			reply_to(fd, packet, to, n);
			nanosleep(&pause, NULL);
		}
	case YEAR:
		packet[32]++;
		packet[40]++;
		break;
	case ANSWER:
		break;
	}
	reply_to(fd, packet, to, n);
}

/* Whether a datagram is a valid question by RFC 4330. */
static int
is_question(const unsigned char *packet, ssize_t n)
{
	static const unsigned char zeros[39];

	return n == NTP_BYTES && packet[0] == 0x23 &&
	    memcmp(packet + 1, zeros, sizeof(zeros)) == 0;
}

/*
 * Serve until a single byte arrives, then exit with the number of questions;
 * 99 if one was wrong, or had the timestamp of the one before.
 */
static void
serve(int fd, const char *script)
{
	unsigned char question[NTP_BYTES + 1], last[NTP_NONCE] = { 0 };
	unsigned char packet[NTP_BYTES];
	union address from;
	socklen_t size;
	ssize_t n;
	int count;

	alarm(HANG);
	for (count = 0; count < 98; count++) {
		size = sizeof(from);
		n = recvfrom(fd, question, sizeof(question), 0, &from.any,
		    &size);
		if (n == 1)
			_exit(count);
		if (!is_question(question, n) ||
		    memcmp(question + 40, last, NTP_NONCE) == 0)
			_exit(99);
		memcpy(last, question + 40, NTP_NONCE);
		memcpy(packet, good, sizeof(packet));
		memcpy(packet + 24, last, NTP_NONCE);
		act((enum act)*script, fd, packet, &from, size);
		if (script[1] != '\0')
			script++;
	}
	_exit(99);
}

/* Start a server; -1 if the machine has no such family. */
static int
start(struct time_server *sv, int family, const char *script)
{
	union address a;

	sv->fd = open_port(family, &a);
	if (sv->fd == -1)
		return -1;
	if (family == AF_INET)
		snprintf(sv->host, sizeof(sv->host), "127.0.0.1:%u",
		    (unsigned)ntohs(a.v4.sin_port));
	else
		snprintf(sv->host, sizeof(sv->host), "[::1]:%u",
		    (unsigned)ntohs(a.v6.sin6_port));
	sv->pid = fork();
	if (sv->pid == -1) {
		perror("fork");
		exit(1);
	}
	if (sv->pid == 0)
		serve(sv->fd, script);
	return 0;
}

/* Stop a server; returns how many questions it got. */
static int
stop(struct time_server *sv)
{
	union address a;
	socklen_t n = sizeof(a);
	int status = 0;

	if (getsockname(sv->fd, &a.any, &n) == -1 ||
	    sendto(sv->fd, "", 1, 0, &a.any, n) == -1 ||
	    waitpid(sv->pid, &status, 0) == -1)
		perror("stop");
	close(sv->fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
kill_server(struct time_server *sv)
{
	kill(sv->pid, SIGKILL);
	waitpid(sv->pid, NULL, 0);
	close(sv->fd);
}

static uint64_t
monotonic(void)
{
	return clock_us(CLOCK_MONOTONIC) * 1000;
}

/* A conversation with one server, and its result. */
static const struct {
	const char *what, *script;
	unsigned retries, wait;
	int questions;
	const char *why;	/* after the host; NULL: success */
} talks[] = {
	{ "answer", "a", 0, LONG, 1, NULL },
	{ "answer, retries left", "a", 3, LONG, 1, NULL },
	{ "strays before the answer", "r", 0, LONG, 1, NULL },
	{ "another port before the answer", "e", 0, LONG, 1, NULL },
	{ "silence", "s", 0, SOON, 1, ": no answer in time" },
	{ "silence, asked again", "s", 2, SOON, 3, ": no answer in time" },
	{ "kiss of death", "k", 3, LONG, 1,
	    ": the server refuses to answer (kiss of death), RATE" },
	{ "not synchronised", "u", 3, LONG, 1,
	    ": the server's clock is not synchronised" }
};

static void
check_talk(size_t i, int family)
{
	struct ntp_answer answer = { 0, "" };
	struct time_server sv;
	uint64_t before, took;
	int result, questions;

	if (start(&sv, family, talks[i].script) == -1) {
		printf("ntp_test: family %d is not there\n", family);
		return;
	}
	before = monotonic();
	result = ntp_ask(&answer, sv.host, talks[i].retries, talks[i].wait);
	took = monotonic() - before;
	questions = stop(&sv);
	CHECK(questions == talks[i].questions, "%s: %d questions",
	    talks[i].what, questions);
	CHECK((result == 0) == (talks[i].why == NULL), "%s: %d, %s",
	    talks[i].what, result, answer.why);
	if (talks[i].why != NULL)
		CHECK(strncmp(answer.why, sv.host, strlen(sv.host)) == 0 &&
		    strcmp(answer.why + strlen(sv.host), talks[i].why) == 0,
		    "%s: %s", talks[i].what, answer.why);
	else
		CHECK(answer.wall >= WALL && answer.wall <= WALL + took,
		    "%s: %llu", talks[i].what,
		    (unsigned long long)answer.wall);
}

static void
test_talks(void)
{
	size_t i;

	for (i = 0; i < COUNT(talks); i++) {
		check_talk(i, AF_INET);
		check_talk(i, AF_INET6);
	}
}

/* The first question is lost; the wait is short, so more may be needed. */
static void
test_retry(void)
{
	struct ntp_answer answer = { 0, "" };
	struct time_server sv;
	int result;

	if (start(&sv, AF_INET, "sa") == -1)
		return;
	result = ntp_ask(&answer, sv.host, 60, 1000);
	CHECK(result == 0, "lost, then answered: %s", answer.why);
	CHECK(stop(&sv) >= 2, "the second question was not needed");
}

/* Whatever arrives, a question has its time limit. */
static void
test_flood(void)
{
	struct ntp_answer answer = { 0, "" };
	struct time_server sv;

	if (start(&sv, AF_INET, "f") == -1)
		return;
	CHECK(ntp_ask(&answer, sv.host, 0, 1000) == -1, "strays believed");
	kill_server(&sv);
}

/* Hosts as a configuration has them: the silent one, then the good one. */
static void
test_hosts(void)
{
	struct ntp_answer answer = { 0, "" };
	struct time_server silent, other;
	const char *hosts[3] = { silent.host, other.host, NULL };
	unsigned warnings = 0;
	size_t i;

	if (start(&silent, AF_INET, "s") == -1 ||
	    start(&other, AF_INET, "a") == -1)
		return;
	for (i = 0; hosts[i] != NULL; i++) {
		if (ntp_ask(&answer, hosts[i], 1, i == 0 ? SOON : LONG) == 0)
			break;
		warnings++;
	}
	CHECK(i == 1 && warnings == 1, "host %zu, %u warnings", i, warnings);
	CHECK(answer.wall >= WALL, "wall");
	CHECK(stop(&silent) == 2, "the silent host was not asked twice");
	CHECK(stop(&other) == 1, "the good host was not asked once");
}

static void
check_host(const char *host, const char *why)
{
	struct ntp_answer answer = { 0, "" };

	CHECK(ntp_ask(&answer, host, 0, SOON) == -1, "%s answered", host);
	CHECK(strncmp(answer.why, host, strlen(host)) == 0 &&
	    strstr(answer.why, why) != NULL, "%s says %s", host, answer.why);
}

static void
test_bad_hosts(void)
{
	union address a;
	char host[64];
	int fd = open_port(AF_INET, &a);

	check_host("a:b", ": is not a host");
	check_host("", ": is not a host");
	check_host("[::1", ": is not a host");
	/* A numeric host of no family: no name server is asked. */
	check_host("[1:2:3:4:5:6:7:8:9]:1", ": ");
	/* A port that nobody listens on any more. */
	snprintf(host, sizeof(host), "127.0.0.1:%u",
	    (unsigned)ntohs(a.v4.sin_port));
	close(fd);
	check_host(host, strerror(ECONNREFUSED));
}

static void
catch_alarm(int number)
{
	(void)number;
}

/* A caught signal ends the wait, and all retries. */
static void
test_signal(void)
{
	struct itimerval soon = { { 0, 20000 }, { 0, 20000 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	struct ntp_answer answer = { 0, "" };
	struct sigaction action;
	struct time_server sv;

	if (start(&sv, AF_INET, "s") == -1)
		return;
	memset(&action, 0, sizeof(action));
	action.sa_handler = catch_alarm;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	CHECK(ntp_ask(&answer, sv.host, 100, LONG) == -1, "it answered");
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK(strstr(answer.why, strerror(EINTR)) != NULL, "%s", answer.why);
	CHECK(stop(&sv) <= 1, "asked again");
	action.sa_handler = SIG_DFL;
	sigaction(SIGALRM, &action, NULL);
	alarm(HANG);
}

int
main(void)
{
	alarm(HANG);
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_parse();
	test_kiss();
	test_arrival();
	test_talks();
	test_retry();
	test_flood();
	test_hosts();
	test_bad_hosts();
	test_signal();
	return check_report("ntp_test");
}
