#include "tmtp/share.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/outbox.h"
#include "tmtp/session.h"
#include "userdb.h"

#define PART 4			/* of what is free */
#define SENDERS_MAX 1000	/* that are counted in a queue: 24 kB */
#define FILE_BYTES 4096		/* of the disk, for a message, besides it */

struct sender {
	uint64_t key;		/* of its uid */
	struct store_load load;	/* at most so much of it waits */
};

/* Of a node, as long as its queue is crowded. */
struct share {
	struct store_load seen;	/* no sender has more */
	size_t count;
	struct sender senders[];	/* in no order */
};

static uint64_t
disk_of(struct store_load load)
{
	return load.bytes + load.messages * FILE_BYTES;
}

/* With less than this it makes no difference who has sent it. */
static bool
is_crowded(struct store_load load)
{
	return load.messages >= SHARE_MESSAGES || load.bytes >= SHARE_BYTES;
}

/* No sender has more than waits in all: it has become less. */
static void
shrink(struct share *share, struct store_load load)
{
	struct sender *s;
	size_t i;

	for (i = 0; i < share->count; i++) {
		s = &share->senders[i];
		if (s->load.messages > load.messages)
			s->load.messages = load.messages;
		if (s->load.bytes > load.bytes)
			s->load.bytes = load.bytes;
	}
}

/*
 * What waits only grows by what is counted here, so to look before that is
 * enough.
 */
static void
look(struct node *node, struct store_load load)
{
	struct share *share = node->share;

	if (!is_crowded(load)) {
		free(share);
		node->share = NULL;
		return;
	}
	if (share == NULL)
		node->share = share = xzalloc(sizeof(*share));
	if (load.messages < share->seen.messages ||
	    load.bytes < share->seen.bytes)
		shrink(share, load);
	share->seen = load;
}

/* NULL: nothing is known of it. */
static struct sender *
find(const struct node *node, const struct uid *from)
{
	uint64_t key = decode_u64(from->bytes);
	struct share *share = node->share;
	size_t i;

	for (i = 0; share != NULL && i < share->count; i++) {
		if (share->senders[i].key == key)
			return &share->senders[i];
	}
	return NULL;
}

static bool
is_over(uint64_t used, uint64_t max, uint64_t waiting, uint64_t least)
{
	uint64_t part = max > waiting ? (max - waiting) / PART : 0;

	return used >= (part > least ? part : least);
}

/* How much of the disk the member's devices take, and of that the sender. */
static uint64_t
member_disk(struct relay *relay, const struct user *user,
    const struct uid *from, uint64_t *used)
{
	const struct sender *s;
	struct store_load load;
	uint64_t disk = 0;
	size_t i;

	*used = 0;
	for (i = 0; i < user->node_count; i++) {
		load = store_load(relay->data->store,
		    outbox_queue(relay, user->nodes[i]));
		look(user->nodes[i], load);
		s = find(user->nodes[i], from);
		disk += disk_of(load);
		*used += s != NULL ? disk_of(s->load) : 0;
	}
	return disk;
}

const char *
share_refuses(struct relay *relay, struct node *node, const struct uid *from,
    struct store_load load)
{
	const struct conf *conf = relay->conf;
	uint64_t disk, used;
	struct sender *s;

	if (node->share != NULL || is_crowded(load))
		look(node, load);
	if (node->share == NULL)
		return NULL;
	disk = member_disk(relay, node->user, from, &used);
	if (disk >= conf->member_max)
		return SHARE_MEMBER_FULL;
	s = find(node, from);
	if (s == NULL || from == &node->user->uid)
		return NULL;
	return is_over(s->load.messages, conf->queue_messages_max,
	    load.messages, SHARE_MESSAGES) ||
	    is_over(s->load.bytes, conf->queue_max, load.bytes, SHARE_BYTES) ||
	    is_over(used, conf->member_max, disk, SHARE_BYTES) ?
	    SHARE_USED_UP : NULL;
}

void
share_count(struct node *node, const struct uid *from, uint64_t bytes)
{
	struct share *share = node->share;
	struct sender *s = find(node, from);

	if (share == NULL || (s == NULL && share->count == SENDERS_MAX))
		return;
	if (s == NULL) {
		share = node->share = xrealloc(share, sizeof(*share) +
		    (share->count + 1) * sizeof(share->senders[0]));
		s = &share->senders[share->count++];
		*s = (struct sender){ decode_u64(from->bytes), { 0, 0 } };
	}
	s->load.messages++;
	s->load.bytes += bytes;
	share->seen.messages++;
	share->seen.bytes += bytes;
}
