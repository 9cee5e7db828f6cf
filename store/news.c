#include "store/news.h"

#include <stdbool.h>

#include "json.h"

#define DIGITS 4		/* of a frame's length, before its JSON */

/* The kind of a login of the node with this reference. */
static uint32_t
login_kind(struct span ref)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < ref.n && n < NEWS_CORK; i++) {
		if (ref.p[i] < '0' || ref.p[i] > '9')
			return NEWS_OTHER;
		n = n * 10 + (uint64_t)(ref.p[i] - '0');
	}
	return n > 0 && n + 1 < NEWS_CORK ? (uint32_t)n + 1 : NEWS_OTHER;
}

uint32_t
news_kind(struct span head)
{
	struct span key, op = { NULL, 0 }, node = { NULL, 0 };
	bool secret = false, cork = false;
	struct json j;

	if (head.n < DIGITS)
		return NEWS_NONE;
	json_begin(&j, (struct span){ head.p + DIGITS, head.n - DIGITS });
	json_object(&j);
	while (json_key(&j, &key)) {
		if (span_is(key, SPAN("op"))) {
			op = json_string(&j);
		} else if (span_is(key, SPAN("node"))) {
			node = json_string(&j);
		} else {
			secret |= span_is(key, SPAN("nodeid"));
			cork |= span_is(key, SPAN("cork"));
			json_skip(&j);
		}
	}
	if (!json_done(&j) || secret)
		return NEWS_NONE;
	if (span_is(op, SPAN("login")))
		return login_kind(node);
	if (span_is(op, SPAN("user")) && cork)
		return NEWS_CORK;
	return span_is(op, SPAN("user")) || span_is(op, SPAN("ohiedit")) ||
	    span_is(op, SPAN("member")) ? NEWS_OTHER : NEWS_NONE;
}
