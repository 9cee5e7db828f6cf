/*
 * news.h - which messages are the relay's own news, by their heads.
 *
 * News is what the relay reports by itself: a message without data whose op is
 * login, user, ohiedit or member.  A user message with a nodeid is no news,
 * because it has a password that is nowhere else.
 */
#ifndef MNM_STORE_NEWS_H
#define MNM_STORE_NEWS_H

#include <stdint.h>

#include "base/buf.h"

/*
 * What a piece of news is about.  Two of the same kind over NEWS_OTHER report
 * the same, so that the newer one supersedes the older.
 */
#define NEWS_NONE  0		/* it is no news */
#define NEWS_OTHER 1
/* A login of node N is N + 1. */
#define NEWS_CORK UINT32_MAX	/* the user's cork is another now */

/* The kind of a message without data. */
uint32_t news_kind(struct span head);

/*
 * What of a queue is news.  It has room for NEWS_MAX; what is more counts as
 * other messages do.  Only relays before the limit on news may have left so
 * much.
 */
#define NEWS_MAX 1000

struct news {
	uint64_t id;
	uint32_t kind, bytes;
};

/* Zeroed, it is empty. */
struct news_list {
	struct news *all;	/* in no order */
	uint32_t count;
};

void news_free(struct news_list *);
/* No effect if its id is there, or its kind is NEWS_NONE. */
void news_add(struct news_list *, struct news);
/* The message is no longer there. */
void news_lost(struct news_list *, uint64_t id);
/* The oldest with an id above after, and of that kind unless 0; or NULL. */
const struct news *news_find(const struct news_list *, uint64_t after,
    uint32_t kind);

#endif
