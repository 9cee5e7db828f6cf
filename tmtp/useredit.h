/*
 * useredit.h - the op by which a user changes its nodes and aliases; which
 * aliases are its own.
 */
#ifndef MNM_TMTP_USEREDIT_H
#define MNM_TMTP_USEREDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"

struct alias;
struct node;
struct relay;
struct request;
struct user;

/* The sender's own alias of that name; else refuses and returns NULL. */
struct alias *useredit_own_alias(struct request *, struct span name);
/*
 * The alias that others shall see in its place: that of the same user without
 * the code of an invitation, if there is one.
 */
struct alias *useredit_plain_alias(struct request *, struct alias *);
/* Give a user an alias of at least min characters, or refuse. */
bool useredit_add_alias(struct request *, struct user *, struct span name,
    unsigned min, uint32_t uses);

/* Whether newnode is well formed; else refuses. */
bool useredit_check_label(struct request *);

/* The quit of a node that its user drops. */
#define USEREDIT_DROPPED "this node has been dropped"

/* See tmtp_drop_node and tmtp_remove_user. */
void useredit_drop_node(struct relay *, struct node *, struct span why);
void useredit_remove_user(struct relay *, struct user *);
/* See tmtp_add_node. */
int useredit_add_node(struct relay *, struct user *, struct span label,
    struct now, char nodeid[NODEID_TEXT], char *why, size_t room);

/* Drop nodes that nobody uses: in each turn, and at the time in now.mono. */
void useredit_step(struct relay *, struct now);
uint64_t useredit_deadline(const struct relay *);

bool op_useredit(struct request *);

#endif
