/*
 * post.h - the ops that send what a user has written to users and groups, and
 * perhaps a notification to more of them.
 *
 * The recipients are found before anything is stored, so that all get the
 * message or, if one is unknown or not allowed, nobody does.  They are found
 * again when large data has arrived: much may have changed by then.
 */
#ifndef MNM_TMTP_POST_H
#define MNM_TMTP_POST_H

#include <stdbool.h>

struct request;

/* Find the recipients; false if the request is refused. */
bool post_prepare(struct request *);
bool post_prepare_notify(struct request *);

bool op_post(struct request *);
bool op_postnotify(struct request *);

#endif
