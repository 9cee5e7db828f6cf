/*
 * Feed ntp.c datagrams that no time server would send.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_ntp -max_total_time=60
 *
 * The input is the nonce of the question, and a reply; with an odd last byte,
 * the reply answers the question.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "ntp.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define AT_ORIGINATE 24
#define TRIP UINT64_C(50000000)	/* nanoseconds */

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	unsigned char datagram[NTP_BYTES];
	struct ntp_reply reply;
	uint64_t arrived;
	size_t length;

	if (n < NTP_NONCE)
		return 0;
	length = n - NTP_NONCE < NTP_BYTES ? n - NTP_NONCE : NTP_BYTES;
	memcpy(datagram, bytes + NTP_NONCE, length);
	if (length == NTP_BYTES && (bytes[n - 1] & 1) != 0)
		memcpy(datagram + AT_ORIGINATE, bytes, NTP_NONCE);
	reply = ntp_parse(datagram, length, bytes);
	assert((reply.kind == NTP_TIME) == (reply.fault == NULL));
	assert(length == NTP_BYTES || reply.kind == NTP_STRAY);
	assert(strlen(reply.kiss) < sizeof(reply.kiss));
	if (reply.kind != NTP_TIME)
		return 0;
	assert(reply.sent != 0 && reply.received != 0);
	arrived = ntp_arrival(&reply, TRIP);
	assert(arrived >= reply.sent && arrived - reply.sent <= TRIP / 2);
	return 0;
}
