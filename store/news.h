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

#endif
