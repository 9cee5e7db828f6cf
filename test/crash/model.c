#include "test/crash/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store.h"
#include "test/lib/prng.h"

#define PIECE 5000		/* bytes that are read at a time */

/* Eight bytes of the message at a time. */
static uint64_t
bytes_at(uint32_t seed, uint64_t step)
{
	uint64_t state = seed * 0x100000000U + step;

	return chance(&state);
}

void
model_fill(char *dst, uint32_t seed, uint64_t from, size_t n)
{
	uint64_t eight = bytes_at(seed, from / 8);
	size_t i, skip = (size_t)(from % 8);

	/* The message is these numbers as the machine has them in memory. */
	for (i = 0; i < n && skip > 0; i++, skip = (skip + 1) % 8)
		memcpy(dst + i, (const char *)&eight + skip, 1);
	for (; i < n; i += 8) {
		eight = bytes_at(seed, (from + i) / 8);
		memcpy(dst + i, &eight, n - i < 8 ? n - i : 8);
	}
}

void
model_say(struct model_fault *fault, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
}

/* ---- reading ---- */

static const struct model_message *
find_message(const struct model_messages *ms, uint64_t id, size_t *place)
{
	size_t low = 0, high = ms->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (ms->all[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	*place = low;
	return low < ms->count && ms->all[low].id == id ? &ms->all[low] : NULL;
}

/*
 * Whether the bytes of a message are what was put: 1, 0 if not, -1 if the
 * program found it damaged by itself.
 */
static int
read_message(struct datadir *d, struct queue *q, const struct model_message *m,
    struct model_fault *fault)
{
	char got[PIECE], want[PIECE];
	uint64_t at = 0, length = (uint64_t)m->head + m->data;
	ssize_t n;

	for (; at < length; at += (uint64_t)n) {
		n = store_read(d->store, q, m->id, at, got, sizeof(got));
		if (n == -1 && errno == EBADMSG)
			return -1;
		if (n <= 0) {
			model_say(fault, "message %" PRIx64 " cannot be read "
			    "at %" PRIu64 ": %s", m->id, at, strerror(errno));
			return 0;
		}
		model_fill(want, m->seed, at, (size_t)n);
		if (memcmp(got, want, (size_t)n) != 0) {
			model_say(fault, "message %" PRIx64 " is altered",
			    m->id);
			return 0;
		}
	}
	return 1;
}

static bool
read_queue(struct model_found *f, struct datadir *d, const struct model *m,
    const struct model_messages *ms, size_t user, size_t node,
    struct model_fault *fault)
{
	struct queue *q = store_queue(d->store, &m->users[user].uid,
	    m->users[user].nodes[node].ref);
	size_t *count = &f->counts[user][node], place;
	const struct model_message *message;
	uint64_t id, after = 0, length;
	int more, same;

	for (*count = 0; (more = store_next(d->store, q, after, &id,
	    &length)) == 1 && *count < MODEL_QUEUE; after = id) {
		message = find_message(ms, id, &place);
		if (message == NULL || id <= after || length !=
		    (uint64_t)message->head + message->data) {
			model_say(fault, "message %" PRIx64 " of %" PRIu64
			    " bytes after %" PRIx64 " was never put", id,
			    length, after);
			return false;
		}
		same = read_message(d, q, message, fault);
		if (same == 0)
			return false;
		if (same == 1)
			f->queues[user][node][(*count)++].message =
			    (uint16_t)place;
	}
	if (more != 0)
		model_say(fault, "queue %zu.%zu: %s", user, node,
		    more == 1 ? "too long" : strerror(errno));
	return more == 0;
}

/* An uncommitted node may have left a queue: nobody can read it. */
static bool
exists(struct datadir *d, const struct model_user *u, uint32_t ref)
{
	const struct user *user = userdb_user(d->userdb, &u->uid);

	return user != NULL && (ref == STORE_HIDDEN ||
	    roster_node(user, ref) != NULL);
}

bool
model_read(struct model_found *f, struct datadir *d, const struct model *m,
    const struct model_messages *ms, struct model_fault *fault)
{
	size_t user, node;

	memset(f->counts, 0, sizeof(f->counts));
	for (user = 0; user < m->user_count; user++) {
		for (node = 0; node < m->users[user].node_count; node++) {
			if (exists(d, &m->users[user],
			    m->users[user].nodes[node].ref) &&
			    !read_queue(f, d, m, ms, user, node, fault))
				return false;
		}
	}
	return true;
}

/* ---- users and groups ---- */

struct receipt
model_receipt(uint64_t msgid)
{
	uint64_t state = msgid;

	return (struct receipt){ chance(&state), msgid, msgid ^ 7 };
}

static bool
is_receipt(const struct receipt *receipt)
{
	struct receipt sound = model_receipt(receipt->msgid);

	return receipt->hash == sound.hash && receipt->posted == sound.posted;
}

static bool
same_receipts(const struct receipts *found, const struct model_node *n,
    struct model_fault *fault)
{
	size_t i;

	for (i = 0; i < found->count && i < n->receipt_count; i++) {
		if (found->all[i].msgid != n->receipts[i] ||
		    !is_receipt(&found->all[i]))
			break;
	}
	if (i == found->count && i == n->receipt_count)
		return true;
	model_say(fault, "node %" PRIu32 " has %" PRIu32 " receipts, not %zu, "
	    "from %zu on others", n->ref, found->count, n->receipt_count, i);
	return false;
}

static bool
same_node(const struct user *u, const struct model_node *n,
    struct model_fault *fault)
{
	struct node *node = roster_node(u, n->ref);
	struct node *login = userdb_login(u,
	    (struct span){ n->nodeid, NODEID_TEXT });

	if (n->hidden)
		return true;
	if (u->next_ref <= n->ref) {
		model_say(fault, "node number %" PRIu32 " could be given "
		    "again", n->ref);
		return false;
	}
	if (node != NULL && node->seen != n->seen) {
		model_say(fault, "node %" PRIu32 " was seen on %" PRIu32
		    ", not %" PRIu32, n->ref, node->seen, n->seen);
		return false;
	}
	if (node != NULL && !same_receipts(&node->receipts, n, fault))
		return false;
	if ((node != NULL) == !n->dropped && node == login)
		return true;
	model_say(fault, "node %" PRIu32 " is %s", n->ref,
	    n->dropped ? "back" : "lost");
	return false;
}

static bool
same_alias(struct datadir *d, const struct user *u, const struct model_alias *a,
    struct model_fault *fault)
{
	struct alias *alias = userdb_alias(d->userdb, span_of(a->name));

	if (alias != NULL && alias->user == u && alias->uses == a->uses &&
	    alias->dropped == a->dropped)
		return true;
	model_say(fault, "alias %s is %s", a->name,
	    alias == NULL ? "lost" : "not what it was");
	return false;
}

static bool
same_subject(struct datadir *d, const struct user *u, const char *sub,
    struct model_fault *fault)
{
	struct subject wanted = { .iss = SPAN("https://id"),
	    .sub = span_of(sub) };

	if (sub[0] == '\0' ? u->subject == NULL :
	    u->subject != NULL && u->subject->iat == 7 &&
	    span_is(u->subject->aud, SPAN("mnm")) &&
	    userdb_subject(d->userdb, &wanted) == u)
		return true;
	model_say(fault, "the subject \"%s\" of a user is lost", sub);
	return false;
}

static bool
same_cork(const struct cork *cork, const struct model_user *m,
    struct model_fault *fault)
{
	size_t i;

	if ((cork != NULL ? cork->until : 0) != m->corked_until ||
	    (cork != NULL ? cork->held_count : 0) != m->held_count) {
		model_say(fault, "a cork is not what it was");
		return false;
	}
	for (i = 0; i < m->held_count; i++) {
		if (cork->held[i] != m->held[i]) {
			model_say(fault, "another message is held");
			return false;
		}
	}
	return true;
}

bool
model_same_user(struct datadir *d, const struct model_user *m,
    struct model_fault *fault)
{
	const struct user *u = userdb_user(d->userdb, &m->uid);
	size_t i;

	if (u == NULL) {
		model_say(fault, "a user is lost");
		return false;
	}
	if (!same_subject(d, u, m->sub, fault))
		return false;
	for (i = 0; i < m->node_count; i++) {
		if (!same_node(u, &m->nodes[i], fault))
			return false;
	}
	for (i = 0; i < m->alias_count; i++) {
		if (!same_alias(d, u, &m->aliases[i], fault))
			return false;
	}
	if (!same_cork(u->cork, m, fault))
		return false;
	if (u->alias_count == m->alias_count)
		return true;
	model_say(fault, "a user has %u aliases, not %zu", u->alias_count,
	    m->alias_count);
	return false;
}

static bool
same_member(const struct model *m, const struct model_member *known,
    const struct member *member)
{
	const struct uid *by = known->by > 0 ? &m->users[known->by - 1].uid :
	    NULL;

	return strcmp(member->alias, known->alias) == 0 &&
	    member->state == known->state &&
	    member->moderator == known->moderator &&
	    (by != NULL) == (member->by != NULL) &&
	    (by == NULL || memcmp(by, &member->by->uid, sizeof(*by)) == 0);
}

/* The very posts wait that the model has, in the same order. */
static bool
same_pending(const struct model *m, const struct model_messages *ms,
    const struct model_group *known, const struct group *group)
{
	size_t i;

	if (group->pending_count != known->pending_count)
		return false;
	for (i = 0; i < known->pending_count; i++) {
		if (group->pending[i].id !=
		    ms->all[known->pending[i].message].id ||
		    memcmp(&group->pending[i].user->uid,
		    &m->users[known->pending[i].user].uid,
		    sizeof(struct uid)) != 0)
			return false;
	}
	return true;
}

bool
model_same_group(struct datadir *d, const struct model *m,
    const struct model_messages *ms, const struct model_group *g,
    struct model_fault *fault)
{
	struct group *group = userdb_group(d->userdb, span_of(g->gid));
	const struct member *member;
	const struct user *u;
	size_t i;

	for (i = 0; i < m->user_count && group != NULL; i++) {
		u = userdb_user(d->userdb, &m->users[i].uid);
		member = u == NULL ? NULL : roster_member(group, u);
		if ((member != NULL) != g->members[i].there ||
		    (member != NULL &&
		    !same_member(m, &g->members[i], member)))
			break;
	}
	if (group != NULL && i == m->user_count && group->kind == g->kind &&
	    same_pending(m, ms, g, group))
		return true;
	model_say(fault, "group %s is %s", g->gid,
	    group == NULL ? "lost" : "not what it was");
	return false;
}

static bool
same_invite(const struct model_invite *g, const struct invite *e)
{
	return e->id == g->id && e->until == g->until &&
	    strcmp(e->name, g->name) == 0;
}

bool
model_same_invites(struct datadir *d, const struct model *m,
    struct model_fault *fault)
{
	const struct invite *e;
	size_t i, there = 0;

	for (i = 0; i < MODEL_INVITES; i++) {
		if (!m->invites[i].there)
			continue;
		there++;
		e = invite_by_id(d->invites, m->invites[i].id);
		if (e == NULL || !same_invite(&m->invites[i], e)) {
			model_say(fault, "invite %s is %s", m->invites[i].name,
			    e == NULL ? "lost" : "not what it was");
			return false;
		}
	}
	e = invite_at(d->invites, there);
	if (e != NULL)
		model_say(fault, "invite %s, or one before, is back, or too "
		    "early", e->name);
	return e == NULL;
}

bool
model_same_people(struct datadir *d, const struct model *m,
    const struct model *other, const struct model_messages *ms,
    struct model_fault *fault)
{
	size_t i;

	for (i = 0; i < m->user_count; i++) {
		if (!model_same_user(d, &m->users[i], fault))
			return false;
	}
	for (i = 0; i < m->group_count; i++) {
		if (!model_same_group(d, m, ms, &m->groups[i], fault))
			return false;
	}
	for (i = m->user_count; i < other->user_count; i++) {
		if (userdb_user(d->userdb, &other->users[i].uid) != NULL)
			break;
	}
	if (i < other->user_count) {
		model_say(fault, "a user is there too early");
		return false;
	}
	for (i = m->group_count; i < other->group_count; i++) {
		if (userdb_group(d->userdb,
		    span_of(other->groups[i].gid)) != NULL) {
			model_say(fault, "a group is there too early");
			return false;
		}
	}
	return model_same_invites(d, m, fault);
}

/* The user's place in the model; user_count if it has none. */
static size_t
place_of(const struct model *m, const struct user *u)
{
	size_t i;

	for (i = 0; i < m->user_count; i++) {
		if (memcmp(&m->users[i].uid, &u->uid, sizeof(u->uid)) == 0)
			break;
	}
	return i;
}

static bool
knows_node(const struct model_user *m, const struct node *n)
{
	size_t i;

	for (i = 0; i < n->receipts.count; i++) {
		if (!is_receipt(&n->receipts.all[i]))
			return false;
	}
	for (i = 0; i < m->node_count; i++) {
		if (m->nodes[i].ref == n->ref)
			return n->seen <= m->nodes[i].seen &&
			    userdb_login(n->user, (struct span){
			    m->nodes[i].nodeid, NODEID_TEXT }) == n;
	}
	return false;
}

static bool
knows_alias(const struct model_user *m, const struct alias *a)
{
	size_t i;

	for (i = 0; i < m->alias_count; i++) {
		if (strcmp(m->aliases[i].name, a->name) == 0)
			return a->uses >= m->aliases[i].uses;
	}
	return false;
}

static bool
knows_user(const struct model *m, const struct user *u)
{
	const struct model_user *known = &m->users[place_of(m, u)];
	size_t i;

	if (known == &m->users[m->user_count])
		return false;
	for (i = 0; i < u->node_count; i++) {
		if (!knows_node(known, u->nodes[i]))
			return false;
	}
	for (i = 0; i < u->alias_count; i++) {
		if (!knows_alias(known, u->aliases[i]))
			return false;
	}
	return true;
}

static bool
knows_group(const struct model *m, const struct group *g)
{
	const struct model_group *known = m->groups;
	const struct model_group *end = known + m->group_count;
	size_t i, place;

	while (known < end && strcmp(known->gid, g->gid) != 0)
		known++;
	if (known == end)
		return false;
	for (i = 0; i < g->member_count; i++) {
		place = place_of(m, g->members[i].user);
		if (place == m->user_count || !known->members[place].there ||
		    strcmp(known->members[place].alias,
		    g->members[i].alias) != 0)
			return false;
	}
	return true;
}

static bool
knows_invite(const struct model *m, const struct invite *e)
{
	size_t i;

	for (i = 0; i < MODEL_INVITES; i++) {
		if (same_invite(&m->invites[i], e))
			return true;
	}
	return false;
}

bool
model_knows_people(struct datadir *d, const struct model *m,
    struct model_fault *fault)
{
	const struct user *u;
	const struct group *g;
	const struct invite *e;
	size_t at;

	for (at = 0; (u = userdb_next_user(d->userdb, &at)) != NULL;) {
		if (!knows_user(m, u)) {
			model_say(fault, "a user is altered");
			return false;
		}
	}
	for (at = 0; (g = userdb_next_group(d->userdb, &at)) != NULL;) {
		if (!knows_group(m, g)) {
			model_say(fault, "group %s is altered", g->gid);
			return false;
		}
	}
	for (at = 0; (e = invite_at(d->invites, at)) != NULL; at++) {
		if (!knows_invite(m, e)) {
			model_say(fault, "invite %s is altered", e->name);
			return false;
		}
	}
	return true;
}

/* ---- queues ---- */

static bool
has(const struct model_entry *queue, size_t count, uint16_t message)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (queue[i].message == message)
			return true;
	}
	return false;
}

static bool
same_queue(const struct model_entry *found, size_t count,
    const struct model_node *n, const struct model_messages *ms,
    struct model_fault *fault)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!has(n->queue, n->count, found[i].message)) {
			model_say(fault, "%" PRIx64 " is back, or too early, "
			    "at %s node %" PRIu32,
			    ms->all[found[i].message].id,
			    n->dropped ? "dropped" : "", n->ref);
			return false;
		}
	}
	for (i = 0; i < n->count; i++) {
		if (!n->queue[i].doubtful &&
		    !has(found, count, n->queue[i].message)) {
			model_say(fault, "%" PRIx64 " is lost at node %" PRIu32,
			    ms->all[n->queue[i].message].id, n->ref);
			return false;
		}
	}
	return true;
}

struct model_node *
model_node(struct model *m, size_t user, size_t node)
{
	if (user >= m->user_count || node >= m->users[user].node_count)
		return NULL;
	return &m->users[user].nodes[node];
}

struct model_entry *
model_entry(struct model_node *n, uint16_t message)
{
	size_t i;

	for (i = 0; n != NULL && i < n->count; i++) {
		if (n->queue[i].message == message)
			return &n->queue[i];
	}
	return NULL;
}

bool
model_same_queues(const struct model_found *f, const struct model *m,
    const struct model_messages *ms, struct model_fault *fault)
{
	const struct model_node *n;
	size_t user, node;

	for (user = 0; user < m->user_count; user++) {
		for (node = 0; node < m->users[user].node_count; node++) {
			n = &m->users[user].nodes[node];
			if (!same_queue(f->queues[user][node],
			    f->counts[user][node], n, ms, fault))
				return false;
		}
	}
	return true;
}

static void
count_losses(struct model_losses *l, const struct model_node *n,
    const struct model_entry *found, size_t count,
    const struct model_message *all)
{
	const struct model_entry *e;
	uint32_t batch;
	size_t i, b;

	for (i = 0; i < count; i++)
		l->back += !has(n->queue, n->count, found[i].message);
	for (i = 0; i < n->count; i++) {
		e = &n->queue[i];
		if (e->doubtful || has(found, count, e->message))
			continue;
		if (l->lost++ == 0)
			l->first = *e;
		l->one_message &= e->message == l->first.message;
		for (b = 0; b < 2; b++) {
			batch = b == 0 ? l->first.batch :
			    all[l->first.message].batch;
			l->batches[b] &= e->batch == batch ||
			    all[e->message].batch == batch;
		}
	}
}

struct model_losses
model_count_losses(const struct model_found *f, struct datadir *d,
    const struct model *m, const struct model_messages *ms)
{
	struct model_losses l = { .one_message = true,
	    .batches = { true, true } };
	const struct model_node *n;
	size_t user, node;

	for (user = 0; user < m->user_count; user++) {
		for (node = 0; node < m->users[user].node_count; node++) {
			n = &m->users[user].nodes[node];
			if (exists(d, &m->users[user], n->ref))
				count_losses(&l, n, f->queues[user][node],
				    f->counts[user][node], ms->all);
		}
	}
	return l;
}

/* Insert what old has into n, except for what is there already. */
static void
merge(struct model_node *n, const struct model_node *old)
{
	size_t i, at;

	for (i = 0; i < old->count && n->count < MODEL_QUEUE; i++) {
		if (has(n->queue, n->count, old->queue[i].message))
			continue;
		at = n->count++;
		for (; at > 0 && n->queue[at - 1].message >
		    old->queue[i].message; at--)
			n->queue[at] = n->queue[at - 1];
		n->queue[at] = old->queue[i];
	}
}

/* Keep what was found, and of the rest what a power cut may bring back. */
static void
settle_node(struct model_node *n, const struct model_entry *found,
    size_t count, enum model_past past)
{
	size_t i, left = 0;
	bool is_there;

	for (i = 0; i < n->count; i++) {
		is_there = has(found, count, n->queue[i].message);
		n->queue[i].doubtful = !is_there ||
		    (n->hidden && n->queue[i].doubtful);
		if (is_there || past == MODEL_KILLED)
			n->queue[left++] = n->queue[i];
	}
	n->count = left;
}

void
model_settle(struct model *m, struct model *committed,
    const struct model_found *f, enum model_past past)
{
	const struct model_node *old;
	struct model_node *n;
	size_t user, node;

	for (user = 0; user < m->user_count; user++) {
		for (node = 0; node < m->users[user].node_count; node++) {
			n = &m->users[user].nodes[node];
			old = model_node(committed, user, node);
			if (old != NULL && !n->dropped)
				merge(n, old);
			settle_node(n, f->queues[user][node],
			    f->counts[user][node], past);
		}
	}
}
