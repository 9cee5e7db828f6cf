/*
 * Feed net/proxy.c headers that no proxy would send: in pieces they must mean
 * what they mean as a whole.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_proxy -max_total_time=60
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/subnet.h"
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum proxy_result
take(const uint8_t *bytes, size_t n, size_t piece, size_t *used,
    char peer[LISTEN_PEER])
{
	struct proxy p = { .n = 0 };
	enum proxy_result result = PROXY_MORE;
	size_t one, m;

	(void)snprintf(peer, LISTEN_PEER, "before");
	for (*used = 0; *used < n && result == PROXY_MORE; *used += one) {
		m = piece < n - *used ? piece : n - *used;
		result = proxy_take(&p, bytes + *used, m, &one, peer);
		assert(one <= m && (result != PROXY_MORE || one == m));
	}
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char whole_peer[LISTEN_PEER], peer[LISTEN_PEER];
	enum proxy_result whole, result;
	size_t whole_used, used;
	struct subnet net;

	if (n < 2)
		return 0;
	whole = take(bytes + 1, n - 1, n, &whole_used, whole_peer);
	result = take(bytes + 1, n - 1, 1u + bytes[0] % 20, &used, peer);
	assert(result == whole && strcmp(peer, whole_peer) == 0);
	assert(whole != PROXY_DONE || used == whole_used);
	assert(strcmp(peer, "before") == 0 || subnet_of_peer(&net, peer));
	assert(strcmp(peer, "before") == 0 || whole == PROXY_DONE);
	return 0;
}
