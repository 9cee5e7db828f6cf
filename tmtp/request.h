/*
 * request.h - one request while it runs: what was asked, by which session,
 * and the working space that its op needs.
 *
 * A relay has one struct request, which tmtp.c uses for one request after the
 * other, so that none has to be allocated.
 */
#ifndef MNM_TMTP_REQUEST_H
#define MNM_TMTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/set.h"
#include "tmtp/header.h"
#include "userdb.h"

struct request {
	struct session *session;	/* NULL: the relay asks by itself, */
	struct user *user;		/* for this one */
	struct relay *relay;
	struct now now;
	struct span json;	/* its header */
	struct header h;
	bool by_2020;		/* its session has shown that it uses the ops'
				   2020 numbering, whose rules differ a bit */
	struct part *note, *body;	/* its data */
	uint64_t msgid;		/* of the message that was posted; 0: none */
	uint64_t posted;	/* ... and when, as now.wall */
	uint64_t hash;		/* again.c's */
	bool leaves;		/* its node is dropped once it is answered */

	struct buf text;	/* what h points into */
	struct buf why;		/* request_refuse's */

	/* The op's: the users that a message is for, settled. */
	struct set to;
	struct set note_to;	/* ... that the notification is for */
	struct set groups;	/* that are named */
	const struct group *group;	/* whose news, or a post to which, is
					   sent; NULL: none */
	struct group *moderated;	/* whose moderators must pass it */

	/* route.c */
	struct buf heads;	/* of the messages */
	struct queue **queues;	/* that they go to */
	struct node **nodes;	/* ... of these; NULL: the relay's own */
	size_t queue_count, queue_room;
};

struct request *request_open(struct relay *);
void request_close(struct request *);
/* The session asks for something else; h is still to be read from json. */
void request_begin(struct request *, struct session *, struct span json,
    struct now);

/* The relay has something to report as if the user had asked for it. */
void request_begin_own(struct request *, struct user *, struct now);
/* The user who asks: whom its messages are from. */
struct user *request_user(const struct request *);

/*
 * Say why a request is refused: text, then the value it names, if any,
 * shortened if it is long.  Always returns false.
 */
bool request_refuse(struct request *, const char *text, struct span value);
/* The same for a name that userdb does not accept. */
bool request_refuse_name(struct request *, enum userdb_result,
    struct span name);
/*
 * It is neither done nor refused: it runs again from its beginning in the
 * next turn.  Always returns false.
 */
bool request_stall(struct request *);

#endif
