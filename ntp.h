/*
 * ntp.h - ask a time server what time it is: SNTP (RFC 4330), with the
 * packets and checks of RFC 5905.
 *
 * For start-up alone, because it blocks: the look-up of a name for as long
 * as the system's resolver takes, each question for at most wait
 * milliseconds, whatever arrives meanwhile.
 *
 *	for (host = conf.ntp_hosts; *host != NULL; host++) {
 *		if (ntp_ask(&answer, *host, conf.ntp_retries, NTP_WAIT) == 0)
 *			return answer.wall;
 *		log_line("ntp: %s", answer.why);
 *	}
 */
#ifndef MNM_NTP_H
#define MNM_NTP_H

#include <stddef.h>
#include <stdint.h>

#define NTP_WAIT   2000	/* milliseconds: longer than any road on earth */
#define NTP_BYTES 48	/* a question, and an answer without extensions */
#define NTP_NONCE  8	/* bytes of a timestamp */

struct ntp_answer {
	uint64_t wall;	/* nanoseconds since 1970 UTC, as ntp_ask returns */
	char why[400];	/* on failure: one sentence that begins with the host */
};

/*
 * Ask host, as conf.ntp_hosts has it, on port 123 if it names none.  When no
 * answer comes it is asked again, at most retries times, its addresses in
 * turn.  A server that answers but has no time to give is not asked again,
 * as RFC 4330 section 8 demands.  Returns 0, or -1 and why.  A signal that is
 * caught ends the wait with -1.
 */
int ntp_ask(struct ntp_answer *, const char *host, unsigned retries,
    unsigned wait);

enum ntp_kind {
	NTP_TIME,	/* the answer, and it can be trusted with the time */
	NTP_STRAY,	/* not the answer to this question: go on waiting */
	NTP_USELESS	/* the server's answer, and it has no time to give */
};

struct ntp_reply {
	enum ntp_kind kind;
	const char *fault;	/* in words; NULL for NTP_TIME */
	char kiss[5];		/* code of a kiss of death, else "" */
	uint64_t received;	/* nanoseconds since 1970 UTC at the server: */
	uint64_t sent;		/* the question's coming, the reply's going */
};

/* What a datagram says to the one who asked with this nonce. */
struct ntp_reply ntp_parse(const unsigned char *datagram, size_t n,
    const unsigned char nonce[NTP_NONCE]);
/*
 * The time at which a reply of kind NTP_TIME arrived, when it came
 * round_trip nanoseconds after the question was sent.
 */
uint64_t ntp_arrival(const struct ntp_reply *, uint64_t round_trip);

#endif
