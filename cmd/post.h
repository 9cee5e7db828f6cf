/*
 * post.h - tmtp post, and posts for other commands.
 */
#ifndef MNM_CMD_POST_H
#define MNM_CMD_POST_H

#include <stddef.h>

#include "base/buf.h"
#include "client/outgoing.h"
#include "cmd/context.h"

struct account;

#define POST_PING_UNITS 140	/* UTF-16 units of text in a ping */

struct post_target {
	struct span id;			/* a uid or a gid; borrowed */
	bool is_group;
	struct span name;		/* of a person, or ""; borrowed */
};

/* How a post's form names it. */
struct post_cc post_cc(const struct post_target *);

/* A post: to whom, and what. */
struct post_draft {
	const struct post_target *targets;
	size_t target_count;
	struct span thread, subject, text;
	char *const *files;		/* paths; NULL ends */
};

int post_run(struct context *, char **argv);

/* Keep a post in out/, and return 0 and its id, or a status. */
int post_keep(struct context *, const struct account *,
    const struct post_draft *, char id[OUTGOING_NAME]);
/* The same for a ping to an alias; the text is cut if it is too long. */
int post_keep_ping(struct context *, const struct account *, struct span to,
    struct span text, char id[OUTGOING_NAME]);

#endif
