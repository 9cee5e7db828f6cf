#include "store/news.h"

#include <stdbool.h>
#include <stdlib.h>

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

void
news_free(struct news_list *list)
{
	free(list->all);
	*list = (struct news_list){ NULL, 0 };
}

/* Where it is; the count if it is not there. */
static uint32_t
place_of(const struct news_list *list, uint64_t id)
{
	uint32_t i;

	for (i = 0; i < list->count && list->all[i].id != id; i++)
		continue;
	return i;
}

void
news_add(struct news_list *list, struct news news)
{
	if (news.kind == NEWS_NONE || list->count == NEWS_MAX ||
	    place_of(list, news.id) < list->count)
		return;
	list->all = xgrow(list->all, list->count, sizeof(news));
	list->all[list->count++] = news;
}

void
news_lost(struct news_list *list, uint64_t id)
{
	uint32_t i = place_of(list, id);

	if (i == list->count)
		return;
	list->all[i] = list->all[--list->count];
	if (list->count == 0)
		news_free(list);
}

const struct news *
news_find(const struct news_list *list, uint64_t after, uint32_t kind)
{
	const struct news *news, *found = NULL;
	uint32_t i;

	for (i = 0; i < list->count; i++) {
		news = &list->all[i];
		if (news->id > after && (kind == 0 || news->kind == kind) &&
		    (found == NULL || news->id < found->id))
			found = news;
	}
	return found;
}
