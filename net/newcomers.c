#include "net/newcomers.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/subnet.h"
#include "net/conn.h"

#define BUCKETS   256
#define KNOWN_MAX 1024	/* networks; of two in one place the later stays */
#define LOGIN_MIN 2000	/* ms to log in, when all networks are equal */

/* Exists while it has newcomers. */
struct network {
	struct subnet net;
	struct list all;	/* by conn's newcomer; the oldest first */
	struct list begun;	/* by conn's ready: whose handshake has begun */
	struct list fresh;	/* ... and has not */
	size_t count;		/* of all */
	struct hook member;	/* of its bucket */
	struct hook turn;	/* in turns, while any of them waits */
};

struct newcomers {
	struct list buckets[BUCKETS];
	struct list turns[2];	/* networks; [1] the known */
	bool known_next;	/* the next turn is for these */
	struct subnet known[KNOWN_MAX];	/* where members have logged in */
};

struct newcomers *
newcomers_open(void)
{
	return xzalloc(sizeof(struct newcomers));
}

void
newcomers_close(struct newcomers *all)
{
	free(all);
}

static struct subnet
network_of(const char *peer)
{
	struct subnet address;

	return subnet_of_peer(&address, peer) ? subnet_source(&address) :
	    (struct subnet){ { 0 }, 0 };
}

static size_t
hash_of(const struct subnet *net)
{
	unsigned hash = 0;
	size_t i;

	for (i = 0; i < sizeof(net->bytes); i++)
		hash = hash * 31 + net->bytes[i];
	return hash;
}

/* NULL: it has no newcomers. */
static struct network *
find(const struct newcomers *all, const struct subnet *net)
{
	const struct hook *hook = all->buckets[hash_of(net) % BUCKETS].first;
	struct network *n;

	for (; hook != NULL; hook = hook->next) {
		n = list_owner(hook);
		if (subnet_same(&n->net, net))
			return n;
	}
	return NULL;
}

static bool
has_waiting(const struct network *n)
{
	return n->begun.first != NULL || n->fresh.first != NULL;
}

static struct subnet *
place_of(struct newcomers *all, const struct subnet *net)
{
	return &all->known[hash_of(net) % KNOWN_MAX];
}

static void
give_turn(struct newcomers *all, struct network *n)
{
	bool known = subnet_same(place_of(all, &n->net), &n->net);

	list_append(&all->turns[known], &n->turn, n);
}

void
newcomers_add(struct newcomers *all, struct conn *c)
{
	struct subnet net = network_of(c->peer);
	struct network *n = find(all, &net);

	if (n == NULL) {
		n = xzalloc(sizeof(*n));
		n->net = net;
		list_append(&all->buckets[hash_of(&net) % BUCKETS],
		    &n->member, n);
	}
	if (n == c->network)
		return;
	newcomers_remove(c);	/* from another one */
	n->count++;
	c->network = n;
	list_append(&n->all, &c->newcomer, c);
}

bool
newcomers_waits(const struct conn *c)
{
	return c->network != NULL && c->ready.list != NULL &&
	    (c->ready.list == &c->network->begun ||
	    c->ready.list == &c->network->fresh);
}

void
newcomers_remove(struct conn *c)
{
	struct network *n = c->network;

	if (n == NULL)
		return;
	if (newcomers_waits(c))
		list_remove(&c->ready);
	list_remove(&c->newcomer);
	c->network = NULL;
	if (!has_waiting(n))
		list_remove(&n->turn);
	if (--n->count > 0)
		return;
	list_remove(&n->member);
	free(n);
}

void
newcomers_log_in(struct newcomers *all, struct conn *c)
{
	*place_of(all, &c->network->net) = c->network->net;
	newcomers_remove(c);
}

void
newcomers_wait(struct newcomers *all, struct conn *c)
{
	struct network *n = c->network;

	list_append(stream_has_begun(&c->stream) ? &n->begun : &n->fresh,
	    &c->ready, c);
	give_turn(all, n);
}

struct conn *
newcomers_next(struct newcomers *all)
{
	struct network *n = list_take(&all->turns[all->known_next]);
	struct conn *c;

	all->known_next = !all->known_next;
	if (n == NULL)
		n = list_take(&all->turns[all->known_next]);
	if (n == NULL)
		return NULL;
	c = list_take(&n->begun);
	if (c == NULL) {
		c = list_owner(n->fresh.last);
		list_remove(&c->ready);
	}
	if (has_waiting(n))
		give_turn(all, n);
	return c;
}

/* The one that has been there for longest. */
static struct conn *
oldest(const struct network *n)
{
	return list_first(&n->all);
}

/* The network with most newcomers; of equals, that with the oldest. */
static struct network *
fullest(const struct newcomers *all)
{
	struct network *n, *most = NULL;
	const struct hook *hook;
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		for (hook = all->buckets[i].first; hook != NULL;
		    hook = hook->next) {
			n = list_owner(hook);
			if (most == NULL || n->count > most->count ||
			    (n->count == most->count &&
			    oldest(n)->opened < oldest(most)->opened))
				most = n;
		}
	}
	return most;
}

struct conn *
newcomers_to_close(const struct newcomers *all, const char *peer,
    struct now now)
{
	const struct network *most = fullest(all), *own = NULL;
	struct subnet net;

	if (most == NULL)
		return NULL;
	if (peer != NULL) {
		net = network_of(peer);
		own = find(all, &net);
	}
	if (own != NULL && own->count + 1 >= most->count)
		return oldest(own);
	return most->count > 1 ||
	    now.mono - oldest(most)->opened >= LOGIN_MIN ? oldest(most) : NULL;
}
