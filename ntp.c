#include "ntp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "conf.h"

/*
 * Offsets in a packet (RFC 5905 section 7.3).  Numbers are
 * big-endian; a timestamp is 32 bits of seconds since 1900 and 32 bits of
 * fraction, and zero when it is not known.
 */
#define AT_FLAGS	0	/* leap (2 bits), version (3), mode (3) */
#define AT_STRATUM	1
#define AT_REFERENCE	12	/* four letters in a kiss of death */
#define AT_ORIGINATE	24	/* in a reply: the question's AT_TRANSMIT */
#define AT_RECEIVE	32
#define AT_TRANSMIT	40

#define VERSION_OLD	3	/* what servers of the last century answer */
#define VERSION		4
#define MODE_CLIENT	3
#define MODE_SERVER	4
#define LEAP_UNKNOWN	3	/* the server's clock was never set */
#define STRATUM_KISS	0
#define STRATUM_MAX	15

#define PORT		"123"

#define SECOND		UINT64_C(1000000000)	/* in nanoseconds */
#define UNIX_EPOCH	UINT64_C(2208988800)	/* 1970 in seconds of 1900 */
#define ERA		(UINT64_C(1) << 32)	/* seconds until they wrap */

/* One question, and how long its answer may take. */
struct question {
	int fd;
	const struct addrinfo *to;
	unsigned char nonce[NTP_NONCE];
	uint64_t sent;		/* nanoseconds of the monotonic clock */
	uint64_t deadline;	/* likewise */
};

static uint64_t
get_stamp(const unsigned char *p)
{
	uint64_t stamp = 0;
	int i;

	for (i = 0; i < 8; i++)
		stamp = stamp << 8 | p[i];
	return stamp;
}

/*
 * A timestamp as nanoseconds since 1970, or 0 when it is earlier.  The
 * seconds wrap in 2036: a clear top bit means a time after that, which is right
 * from 1970 to 2104.
 */
static uint64_t
unix_time(uint64_t stamp)
{
	uint64_t seconds = stamp >> 32;
	uint64_t fraction = stamp & UINT32_MAX;

	if (seconds < ERA / 2)
		seconds += ERA;
	if (seconds < UNIX_EPOCH)
		return 0;
	return (seconds - UNIX_EPOCH) * SECOND + (fraction * SECOND >> 32);
}

/* Why a datagram is not the answer to the question with this nonce, or NULL. */
static const char *
stray_fault(const unsigned char *datagram, size_t n,
    const unsigned char nonce[NTP_NONCE])
{
	unsigned version, mode;

	if (n < NTP_BYTES)
		return "a reply that is too short";
	version = datagram[AT_FLAGS] >> 3 & 7;
	mode = datagram[AT_FLAGS] & 7;
	if (mode != MODE_SERVER)
		return "a reply that is not in server mode";
	if (version != VERSION && version != VERSION_OLD)
		return "a reply of an unknown version";
	if (memcmp(datagram + AT_ORIGINATE, nonce, NTP_NONCE) != 0)
		return "a reply to another question";
	return NULL;
}

/* Why an answer has no usable time, or NULL. */
static const char *
answer_fault(const unsigned char *answer)
{
	if (answer[AT_STRATUM] == STRATUM_KISS)
		return "the server refuses to answer (kiss of death)";
	if (answer[AT_STRATUM] > STRATUM_MAX)
		return "the server's stratum is too high";
	if (answer[AT_FLAGS] >> 6 == LEAP_UNKNOWN)
		return "the server's clock is not synchronised";
	if (get_stamp(answer + AT_RECEIVE) == 0)
		return "the reply has no receive timestamp";
	if (get_stamp(answer + AT_TRANSMIT) == 0)
		return "the reply has no transmit timestamp";
	if (unix_time(get_stamp(answer + AT_RECEIVE)) == 0 ||
	    unix_time(get_stamp(answer + AT_TRANSMIT)) == 0)
		return "the server's clock is before 1970";
	return NULL;
}

/* The letters of a kiss of death, for the log. */
static void
copy_kiss(char kiss[5], const unsigned char *code)
{
	int i;

	for (i = 0; i < 4 && code[i] > ' ' && code[i] < 0x7f; i++)
		kiss[i] = (char)code[i];	/* printable ASCII fits */
	kiss[i] = '\0';
}

struct ntp_reply
ntp_parse(const unsigned char *datagram, size_t n,
    const unsigned char nonce[NTP_NONCE])
{
	struct ntp_reply reply = { NTP_STRAY, NULL, "", 0, 0 };

	reply.fault = stray_fault(datagram, n, nonce);
	if (reply.fault != NULL)
		return reply;
	reply.kind = NTP_USELESS;
	reply.fault = answer_fault(datagram);
	if (datagram[AT_STRATUM] == STRATUM_KISS)
		copy_kiss(reply.kiss, datagram + AT_REFERENCE);
	if (reply.fault != NULL)
		return reply;
	reply.kind = NTP_TIME;
	reply.received = unix_time(get_stamp(datagram + AT_RECEIVE));
	reply.sent = unix_time(get_stamp(datagram + AT_TRANSMIT));
	return reply;
}

/*
 * The reply is assumed to have travelled for half of the round trip, less the
 * server's own time.  A claim of more than the round trip, or of less than
 * nothing (which wraps), is ignored.
 */
uint64_t
ntp_arrival(const struct ntp_reply *reply, uint64_t round_trip)
{
	uint64_t spent = reply->sent - reply->received;

	if (spent > round_trip)
		spent = 0;
	return reply->sent + (round_trip - spent) / 2;
}

static uint64_t
monotonic(void)
{
	return clock_us(CLOCK_MONOTONIC) * 1000;
}

/*
 * The transmit timestamp is not the time but random bytes.  The server
 * sends back whatever it is given, so a stranger who cannot read the question
 * cannot forge an answer or learn our clock.
 */
static int
send_question(struct question *q, unsigned wait)
{
	unsigned char packet[NTP_BYTES] = { VERSION << 3 | MODE_CLIENT };

	if (encode_random(q->nonce, NTP_NONCE) == -1) {
		errno = EIO;
		return -1;
	}
	memcpy(packet + AT_TRANSMIT, q->nonce, NTP_NONCE);
	q->sent = monotonic();
	q->deadline = q->sent + wait * (SECOND / 1000);
	return send(q->fd, packet, NTP_BYTES, 0) == -1 ? -1 : 0;
}

/*
 * connect() lets only the server's datagrams in, but it binds the port
 * before it names the peer; what arrives in between is already queued.
 */
static bool
is_from(const struct sockaddr_storage *from, const struct addrinfo *to)
{
	struct sockaddr_in a4, b4;
	struct sockaddr_in6 a6, b6;

	if (from->ss_family != to->ai_family)
		return false;
	if (to->ai_family == AF_INET) {
		memcpy(&a4, from, sizeof(a4));
		memcpy(&b4, to->ai_addr, sizeof(b4));
		return a4.sin_port == b4.sin_port &&
		    a4.sin_addr.s_addr == b4.sin_addr.s_addr;
	}
	memcpy(&a6, from, sizeof(a6));
	memcpy(&b6, to->ai_addr, sizeof(b6));
	return a6.sin6_port == b6.sin6_port &&
	    memcmp(&a6.sin6_addr, &b6.sin6_addr, sizeof(a6.sin6_addr)) == 0;
}

/* Receive one datagram before the deadline: its size, or -1 with errno. */
static ssize_t
receive(const struct question *q, unsigned char *packet,
    struct sockaddr_storage *from)
{
	socklen_t size = sizeof(*from);
	uint64_t now = monotonic();
	uint64_t left;			/* microseconds */
	struct timeval limit;

	if (now >= q->deadline) {
		errno = EAGAIN;
		return -1;
	}
	/* Rounded up, for a limit of zero would be none. */
	left = (q->deadline - now + 999) / 1000;
	limit.tv_sec = (time_t)(left / 1000000);
	limit.tv_usec = (suseconds_t)(left % 1000000);
	if (setsockopt(q->fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit)) == -1)
		return -1;
	return recvfrom(q->fd, packet, NTP_BYTES, 0,
	    (struct sockaddr *)from, &size);
}

/* Wait for the answer; a stray reply is reported only if there is none. */
static struct ntp_reply
await_answer(const struct question *q, uint64_t *wall)
{
	struct ntp_reply reply = { NTP_STRAY, "no answer in time", "", 0, 0 };
	unsigned char packet[NTP_BYTES];
	struct sockaddr_storage from;
	ssize_t n;

	while ((n = receive(q, packet, &from)) != -1) {
		if (!is_from(&from, q->to))
			continue;
		reply = ntp_parse(packet, (size_t)n, q->nonce);
		if (reply.kind == NTP_STRAY)
			continue;
		*wall = ntp_arrival(&reply, monotonic() - q->sent);
		return reply;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return reply;
	if (errno == EINTR)	/* we are to stop */
		reply.kind = NTP_USELESS;
	reply.fault = strerror(errno);
	return reply;
}

/*
 * Each question has its own socket, and so its own port, which a stranger would
 * have to guess as well.
 */
static int
open_socket(const struct addrinfo *to)
{
	int fd;

	fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
	if (fd == -1)
		return -1;
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return fd;
	return fd_close(fd);
}

/* One question; *asked counts it unless the address is unreachable. */
static struct ntp_reply
ask_address(const struct addrinfo *to, unsigned wait, unsigned *asked,
    uint64_t *wall)
{
	struct ntp_reply reply = { NTP_STRAY, NULL, "", 0, 0 };
	struct question q = { .to = to, .fd = open_socket(to) };

	if (q.fd == -1) {
		reply.fault = strerror(errno);
		return reply;
	}
	*asked += 1;
	if (send_question(&q, wait) == 0)
		reply = await_answer(&q, wall);
	else
		reply.fault = strerror(errno);
	(void)fd_close(q.fd);
	return reply;
}

/*
 * Ask address after address, round after round, until there is an answer,
 * all questions are asked, or no address of a round could be sent one.
 */
static struct ntp_reply
ask_addresses(const struct addrinfo *list, unsigned retries, unsigned wait,
    uint64_t *wall)
{
	struct ntp_reply reply = { NTP_STRAY, NULL, "", 0, 0 };
	const struct addrinfo *to;
	unsigned asked = 0, before;

	do {
		before = asked;
		for (to = list; to != NULL && asked <= retries;
		    to = to->ai_next) {
			reply = ask_address(to, wait, &asked, wall);
			if (reply.kind != NTP_STRAY)
				return reply;
		}
	} while (asked > before && asked <= retries);
	return reply;
}

/* The addresses of a host, or NULL and why. */
static struct addrinfo *
look_up(const char *host, const char **fault)
{
	struct addrinfo hints, *list = NULL;
	struct conf_address address;
	const char *port;
	int error;

	if (!conf_split_address(host, &address)) {
		*fault = "is not a host or host:port";
		return NULL;
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_DGRAM;
	hints.ai_flags = AI_NUMERICSERV;
	port = address.port[0] != '\0' ? address.port : PORT;
	error = getaddrinfo(address.host, port, &hints, &list);
	if (error == 0)
		return list;
	*fault = error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
	return NULL;
}

int
ntp_ask(struct ntp_answer *answer, const char *host, unsigned retries,
    unsigned wait)
{
	struct ntp_reply reply = { NTP_STRAY, NULL, "", 0, 0 };
	struct addrinfo *list;

	list = look_up(host, &reply.fault);
	if (list != NULL) {
		reply = ask_addresses(list, retries, wait, &answer->wall);
		freeaddrinfo(list);
	}
	if (reply.kind == NTP_TIME)
		return 0;
	(void)snprintf(answer->why, sizeof(answer->why), "%s: %s%s%s", host,
	    reply.fault, reply.kiss[0] != '\0' ? ", " : "", reply.kiss);
	return -1;
}

#define ANSWERS_MAX  3
#define AGREE    10000	/* ms between two answers that say the same */
#define CLOCK_SET UINT64_C(1577836800000)	/* 2020 */

/* Ask some of the hosts, and return the number of answers. */
static size_t
ask_some(int64_t behind[ANSWERS_MAX], char *const *hosts, unsigned retries)
{
	uint64_t begun = clock_ms(CLOCK_MONOTONIC);
	struct ntp_answer answer;
	size_t n = 0, at;
	int64_t ms;

	for (; *hosts != NULL && n < ANSWERS_MAX; hosts++) {
		if (clock_ms(CLOCK_MONOTONIC) - begun > NTP_TOTAL) {
			log_line("ntp: no time to ask %s and the hosts after "
			    "it", *hosts);
			break;
		}
		if (ntp_ask(&answer, *hosts, retries, NTP_WAIT) == -1) {
			log_line("ntp: %s", answer.why);
			continue;
		}
		ms = (int64_t)(answer.wall / 1000000 -
		    clock_ms(CLOCK_REALTIME));
		for (at = n++; at > 0 && behind[at - 1] > ms; at--)
			behind[at] = behind[at - 1];
		behind[at] = ms;
	}
	return n;
}

int64_t
ntp_offset(char *const *hosts, unsigned retries)
{
	int64_t behind[ANSWERS_MAX], median;
	bool agree = false;
	size_t n, i;

	if (*hosts == NULL)
		return 0;
	n = ask_some(behind, hosts, retries);
	if (n == 0) {
		log_warning("ntp: no host answers; using the system's clock");
		return 0;
	}
	median = behind[n / 2];
	for (i = 0; i < n; i++)
		agree = agree || (i != n / 2 && behind[i] - median <= AGREE &&
		    median - behind[i] <= AGREE);
	if (median <= 1000 && median >= -1000)
		return 0;
	if (!agree && clock_ms(CLOCK_REALTIME) >= CLOCK_SET &&
	    (median > (int64_t)CLOCK_DAY || median < -(int64_t)CLOCK_DAY)) {
		log_warning("ntp: the system's clock is said to be off by %lld "
		    "s, but no two hosts agree; using the system's clock",
		    (long long)(median / 1000));
		return 0;
	}
	log_line("ntp: the system's clock is off by %lld s; using the time of "
	    "%s", (long long)(median / 1000), n == 1 ? "the host that answered"
	    : "most hosts");
	return median;
}
