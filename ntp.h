/*
 * ntp.h - ask a time server what time it is: SNTP (RFC 4330), with the
 * packets and checks of RFC 5905.
 *
 * Only for start-up, because it blocks: looking up a name for as long as the
 * system's resolver takes, each question for at most wait milliseconds,
 * whatever arrives in the meantime.
 *
 *	offset = ntp_offset(conf.ntp_hosts, conf.ntp_retries);
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
 * Ask host, an entry of conf.ntp_hosts, on port 123 if it has none.  If there
 * is no answer, ask again, at most retries times, each address in turn.  A
 * server that answers without a usable time is not asked again, as RFC 4330
 * section 8 demands.  Returns 0, or -1 and why.  A caught signal ends the wait
 * with -1.
 */
int ntp_ask(struct ntp_answer *, const char *host, unsigned retries,
    unsigned wait);

/*
 * How many milliseconds the system's clock is behind the time servers, if it
 * matters; 0 if not, and when none answers.  Takes the median of the first
 * three answers, and asks no more hosts after NTP_TOTAL ms.  One host alone is
 * not believed if its time is more than a day from that of a clock which was
 * set since 2020.  What is found is logged.
 */
int64_t ntp_offset(char *const *hosts, unsigned retries);
#define NTP_TOTAL 20000

enum ntp_kind {
	NTP_TIME,	/* the answer, with a usable time */
	NTP_STRAY,	/* not the answer to this question: keep waiting */
	NTP_USELESS	/* the server's answer, without a usable time */
};

struct ntp_reply {
	enum ntp_kind kind;
	const char *fault;	/* in words; NULL for NTP_TIME */
	char kiss[5];		/* code of a kiss of death, else "" */
	uint64_t received;	/* nanoseconds since 1970 UTC by the server: */
	uint64_t sent;		/* it got the question, it sent the reply */
};

/* Read a datagram as the reply to a question with this nonce. */
struct ntp_reply ntp_parse(const unsigned char *datagram, size_t n,
    const unsigned char nonce[NTP_NONCE]);
/*
 * The time at which a reply of kind NTP_TIME arrived, round_trip nanoseconds
 * after the question was sent.
 */
uint64_t ntp_arrival(const struct ntp_reply *, uint64_t round_trip);

#endif
