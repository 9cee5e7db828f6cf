/*
 * model.h - what a data directory must hold, kept beside it in plain arrays.
 *
 * The test does to the model what it does to the data directory, in the
 * simplest way, and then asks whether the two are the same.
 */
#ifndef MNM_TEST_MODEL_H
#define MNM_TEST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datadir.h"
#include "userdb.h"

#define MODEL_USERS    6
#define MODEL_NODES    7	/* of a user, dropped ones and the hidden
				   queue too */
#define MODEL_ALIASES  6	/* of a user */
#define MODEL_HELD     8
#define MODEL_GROUPS   3
#define MODEL_INVITES  4
#define MODEL_PENDING  8	/* posts that wait for a group's moderators */
#define MODEL_QUEUE    256
#define MODEL_MESSAGES 16384
#define MODEL_NAME     16

/* Messages by rising id; elsewhere one is known by its place here. */
struct model_messages {
	struct model_message {
		uint64_t id;
		uint32_t head, data;	/* bytes */
		uint32_t seed;		/* makes them */
		uint32_t batch;		/* number of the commit */
	} all[MODEL_MESSAGES];
	size_t count;
};

struct model_node {
	uint32_t ref;
	uint32_t seen;		/* the last day online */
	bool dropped;
	bool hidden;		/* it is the relay's own queue: an entry that
				   is no longer pending may be there */
	char nodeid[NODEID_TEXT];
	struct model_entry {
		uint16_t message;
		bool doubtful;	/* there or not: its ack is not committed */
		uint32_t batch;	/* the commit it came with, by put or copy */
	} queue[MODEL_QUEUE];
	size_t count;
	uint64_t receipts[RECEIPTS_MAX];	/* their msgids: the last */
	size_t receipt_count;
};

struct model_user {
	struct uid uid;
	char sub[MODEL_NAME];	/* who it is; "": unknown */
	struct model_node nodes[MODEL_NODES];
	size_t node_count;
	struct model_alias {
		char name[MODEL_NAME];
		uint32_t uses;
		bool dropped;
	} aliases[MODEL_ALIASES];
	size_t alias_count;
	uint64_t corked_until;	/* 0: no cork */
	uint64_t held[MODEL_HELD];	/* rising */
	size_t held_count;
};

struct model_group {
	char gid[MODEL_NAME];
	unsigned kind;
	struct model_member {
		bool there;
		char alias[MODEL_NAME];
		enum member_state state;
		bool moderator;
		size_t by;	/* the inviter's place and 1, or 0 */
	} members[MODEL_USERS];		/* by the user's place */
	struct model_pending {
		size_t user;
		uint16_t message;
	} pending[MODEL_PENDING];
	size_t pending_count;
};

struct model {
	struct model_user users[MODEL_USERS];
	size_t user_count;
	struct model_group groups[MODEL_GROUPS];
	size_t group_count;
	struct model_invite {
		bool there;
		uint64_t id, until;
		char name[MODEL_NAME];
	} invites[MODEL_INVITES];
	uint64_t id;			/* the highest given */
};

/* n bytes of a message from one on; its head comes first. */
void model_fill(char *dst, uint32_t seed, uint64_t from, size_t n);

/* The receipt with this msgid, always the same. */
struct receipt model_receipt(uint64_t msgid);

/* NULL if there is none. */
struct model_node *model_node(struct model *, size_t user, size_t node);
struct model_entry *model_entry(struct model_node *, uint16_t message);

/* Why two things differ. */
struct model_fault {
	char text[256];
};
void model_say(struct model_fault *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The messages that the queues really hold, each read and compared. */
struct model_found {
	struct model_entry queues[MODEL_USERS][MODEL_NODES][MODEL_QUEUE];
	size_t counts[MODEL_USERS][MODEL_NODES];
};

/*
 * Read all queues that one of the models' nodes has.  False if anything
 * stands there that was never put, is altered or is out of order.
 */
bool model_read(struct model_found *, struct datadir *, const struct model *,
    const struct model_messages *, struct model_fault *);
bool model_same_user(struct datadir *, const struct model_user *,
    struct model_fault *);
bool model_same_group(struct datadir *, const struct model *,
    const struct model_messages *, const struct model_group *,
    struct model_fault *);
bool model_same_invites(struct datadir *, const struct model *,
    struct model_fault *);
/*
 * Whether users, groups and invites are as in the model, and nobody that only
 * other knows is there.
 */
bool model_same_people(struct datadir *, const struct model *,
    const struct model *other, const struct model_messages *,
    struct model_fault *);
/*
 * Whether nobody and nothing is there that the model does not have, or had
 * before it was dropped: some may be lost, but none is altered.
 */
bool model_knows_people(struct datadir *, const struct model *,
    struct model_fault *);
/* Whether queues are as in the model. */
bool model_same_queues(const struct model_found *, const struct model *,
    const struct model_messages *, struct model_fault *);
/* How many messages are lost and back, and whether damage can explain it. */
struct model_losses {
	size_t lost, back;
	bool one_message;	/* it is always the same one that is lost */
	bool batches[2];	/* all have one of the first one's commits */
	struct model_entry first;
};
struct model_losses model_count_losses(const struct model_found *,
    struct datadir *, const struct model *, const struct model_messages *);
/*
 * Take over the queues found.  What is missing had an ack under way: after a
 * power cut it is gone; but if only the program went, a power cut may still
 * bring it back.
 */
enum model_past { MODEL_CUT, MODEL_KILLED };
void model_settle(struct model *, struct model *committed,
    const struct model_found *, enum model_past);

#endif
