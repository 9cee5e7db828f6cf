#include "userdb/roster.h"

#include <stdlib.h>
#include <string.h>

#include <bearssl_hash.h>

#include "base/log.h"
#include "userdb/name.h"

#define SEED_BYTES 16

/*
 * Positions in an array that only grows, by hash.  size is a power of two;
 * a slot is free while at is 0.
 */
struct slot {
	uint32_t hash;
	uint32_t at;		/* the position plus 1 */
};

struct index {
	struct slot *slots;
	size_t size, used;
};

/* What has a name: one of the two is NULL. */
struct name {
	struct alias *alias;
	struct group *group;
};

struct roster {
	struct user **users;
	size_t user_count;
	size_t with_nodes;	/* users that have a node */
	struct index by_uid;
	struct user **subjects;	/* that have, or had, a subject */
	size_t subject_count;
	struct index by_subject;
	struct name *names;
	size_t name_count;
	struct index by_name;
	struct set corked;	/* users with a cork */
	unsigned char seed[SEED_BYTES];	/* of the names' hash */
	struct buf logged;	/* lines that log_taken has logged */
};

/*
 * The next position with this hash, plus 1; or 0.  Start with *probe = hash.
 */
static uint32_t
index_next(const struct index *x, uint32_t hash, size_t *probe)
{
	const struct slot *slot;

	while (x->size > 0) {
		slot = &x->slots[*probe & (x->size - 1)];
		if (slot->at == 0)
			break;
		(*probe)++;
		if (slot->hash == hash)
			return slot->at;
	}
	return 0;
}

static void
index_put(struct index *x, struct slot new)
{
	size_t i = new.hash;

	while (x->slots[i & (x->size - 1)].at != 0)
		i++;
	x->slots[i & (x->size - 1)] = new;
}

static void
index_add(struct index *x, uint32_t hash, size_t position)
{
	struct index old = *x;
	size_t i;

	if (4 * (x->used + 1) > 3 * x->size) {
		x->size = old.size > 0 ? 2 * old.size : 4;
		x->slots = xzalloc(x->size * sizeof(*x->slots));
		for (i = 0; i < old.size; i++) {
			if (old.slots[i].at != 0)
				index_put(x, old.slots[i]);
		}
		free(old.slots);
	}
	index_put(x, (struct slot){ hash, (uint32_t)position + 1 });
	x->used++;
}

/* Uids are random; no stranger can choose one. */
static uint32_t
hash_uid(const struct uid *uid)
{
	return decode_u32(uid->bytes);
}

struct user *
roster_user(const struct roster *ro, const struct uid *uid)
{
	uint32_t hash = hash_uid(uid), at;
	size_t probe = hash;
	struct user *u;

	while ((at = index_next(&ro->by_uid, hash, &probe)) != 0) {
		u = ro->users[at - 1];
		if (memcmp(u->uid.bytes, uid->bytes, UID_BYTES) == 0)
			return u;
	}
	return NULL;
}

/* The user, created if necessary. */
static struct user *
known_user(struct roster *ro, const struct uid *uid)
{
	struct user *u = roster_user(ro, uid);

	if (u != NULL)
		return u;
	u = xzalloc(sizeof(*u));
	u->uid = *uid;
	u->next_ref = 1;
	ro->users = xgrow(ro->users, ro->user_count, sizeof(*ro->users));
	ro->users[ro->user_count] = u;
	index_add(&ro->by_uid, hash_uid(uid), ro->user_count++);
	return u;
}

/*
 * Strangers choose names, so the hash is seeded: they must not be able to make
 * every look-up slow with names of equal hashes.
 */
static uint32_t
hash_text(const struct roster *ro, struct span text)
{
	unsigned char hash[br_sha256_SIZE];
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, ro->seed, sizeof(ro->seed));
	br_sha256_update(&sha, text.p, text.n);
	br_sha256_out(&sha, hash);
	return decode_u32(hash);
}

static uint32_t
hash_name(const struct roster *ro, struct span name)
{
	char folded[NAME_BYTES];
	size_t n = name_fold(folded, name);

	return hash_text(ro, (struct span){ folded, n });
}

struct user *
roster_subject(const struct roster *ro, const struct subject *s)
{
	uint32_t hash = hash_text(ro, s->sub), at;
	size_t probe = hash;
	struct user *u;

	while ((at = index_next(&ro->by_subject, hash, &probe)) != 0) {
		u = ro->subjects[at - 1];
		if (u->subject != NULL && u->node_count > 0 &&
		    span_is(u->subject->sub, s->sub) &&
		    span_is(u->subject->iss, s->iss))
			return u;
	}
	return NULL;
}

static struct span
text_of(const struct name *name)
{
	return span_of(name->alias != NULL ? name->alias->name :
	    name->group->gid);
}

/* What has the name, or NULL.  Valid until add_name. */
static const struct name *
find_name(const struct roster *ro, struct span name)
{
	uint32_t hash = hash_name(ro, name), at;
	size_t probe = hash;

	while ((at = index_next(&ro->by_name, hash, &probe)) != 0) {
		if (name_same(text_of(&ro->names[at - 1]), name))
			return &ro->names[at - 1];
	}
	return NULL;
}

static void
add_name(struct roster *ro, struct name name)
{
	ro->names = xgrow(ro->names, ro->name_count, sizeof(*ro->names));
	ro->names[ro->name_count] = name;
	index_add(&ro->by_name, hash_name(ro, text_of(&name)),
	    ro->name_count++);
}

struct alias *
roster_alias(const struct roster *ro, struct span name)
{
	const struct name *found = find_name(ro, name);

	return found != NULL ? found->alias : NULL;
}

struct group *
roster_group(const struct roster *ro, struct span gid)
{
	const struct name *found = find_name(ro, gid);

	return found != NULL ? found->group : NULL;
}

bool
roster_has(const struct roster *ro, struct span name)
{
	return find_name(ro, name) != NULL;
}

struct user *
roster_next_user(const struct roster *ro, size_t *at)
{
	return *at < ro->user_count ? ro->users[(*at)++] : NULL;
}

struct group *
roster_next_group(const struct roster *ro, size_t *at)
{
	while (*at < ro->name_count) {
		if (ro->names[(*at)++].group != NULL)
			return ro->names[*at - 1].group;
	}
	return NULL;
}

size_t
roster_user_count(const struct roster *ro)
{
	return ro->with_nodes;
}

struct node *
roster_node(const struct user *u, uint32_t ref)
{
	size_t i;

	for (i = 0; i < u->node_count; i++) {
		if (u->nodes[i]->ref == ref)
			return u->nodes[i];
	}
	return NULL;
}

struct member *
roster_member(const struct group *g, const struct user *u)
{
	uint32_t hash = hash_uid(&u->uid), at;
	size_t probe = hash;

	while ((at = index_next(g->index, hash, &probe)) != 0) {
		if (g->members[at - 1].user == u)
			return &g->members[at - 1];
	}
	return NULL;
}

static void
free_node(struct node *n)
{
	receipts_free(&n->receipts);
	free(n->wake);
	free(n->share);
	free(n);
}

/* No new node may get a number up to ref. */
static void
retire_ref(struct user *u, uint32_t ref)
{
	if (u->next_ref <= ref)
		u->next_ref = ref + 1;
}

static void
remove_node(struct roster *ro, struct user *u, uint32_t ref)
{
	struct node *n = roster_node(u, ref);
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; u->nodes[i] != n; i++)
		continue;
	u->node_count--;
	ro->with_nodes -= u->node_count == 0;
	memmove(&u->nodes[i], &u->nodes[i + 1],
	    (u->node_count - i) * sizeof(u->nodes[0]));
	free_node(n);
}

static void
insert_node(struct roster *ro, struct user *u, struct node *n)
{
	size_t i = u->node_count;

	u->nodes = xgrow(u->nodes, u->node_count, sizeof(u->nodes[0]));
	for (; i > 0 && u->nodes[i - 1]->ref > n->ref; i--)
		u->nodes[i] = u->nodes[i - 1];
	u->nodes[i] = n;
	ro->with_nodes += u->node_count++ == 0;
}

/* The URL may be in what is replaced. */
static void
set_wake(struct node *n, const struct record *r)
{
	char *old = n->wake;

	n->wake = r->wake.n > 0 ? xcopy(r->wake) : NULL;
	n->woken = r->woken != 0;
	free(old);
}

static void
apply_node(struct roster *ro, struct user *u, const struct record *r)
{
	struct node *n = xzalloc(offsetof(struct node, label) +
	    r->label.n + 1);

	n->user = u;
	n->ref = r->node;
	n->seen = r->seen;
	if (r->label.n > 0)
		memcpy(n->label, r->label.p, r->label.n);
	n->secret = r->secret;
	if (r->has & RECORD_RECEIPTS)
		receipts_read(&n->receipts, r->receipts);
	set_wake(n, r);
	remove_node(ro, u, n->ref);
	insert_node(ro, u, n);
	retire_ref(u, n->ref);
}

/* The day never goes back, even if the clock does. */
static void
apply_seen(const struct user *u, const struct record *r)
{
	struct node *n = roster_node(u, r->node);

	if (n != NULL && n->seen < r->seen)
		n->seen = r->seen;
}

static void
apply_wake(const struct user *u, const struct record *r)
{
	struct node *n = roster_node(u, r->node);

	if (n != NULL && r->has & RECORD_WAKE)
		set_wake(n, r);
	else if (n != NULL)
		n->woken = r->woken != 0;
}

/* An alias and its name share an allocation, too. */
static struct alias *
add_alias(struct roster *ro, struct user *u, struct span name)
{
	struct alias *a = xzalloc(sizeof(*a) + name.n + 1);

	a->user = u;
	a->name = (char *)(a + 1);
	memcpy(a->name, name.p, name.n);
	u->aliases = xgrow(u->aliases, u->alias_count, sizeof(u->aliases[0]));
	u->aliases[u->alias_count++] = a;
	add_name(ro, (struct name){ a, NULL });
	return a;
}

/* Log it once: the journal may repeat what the file says. */
static void
log_taken(struct roster *ro, const struct record *r, struct span name)
{
	struct buf line = { NULL, 0, 0 };
	char path[RECORD_PATH];

	record_path(path, r);
	buf_addf(&line, "%s: ignored the name \"%.*s\", which is in use",
	    path, (int)name.n, name.p);
	if (ro->logged.p == NULL || strstr(ro->logged.p, line.p) == NULL) {
		log_warning("%s", line.p);
		buf_addf(&ro->logged, "%s\n", line.p);
	}
	buf_free(&line);
}

static void
apply_alias(struct roster *ro, struct user *u, const struct record *r)
{
	const struct name *found = find_name(ro, r->alias);
	struct alias *a = found != NULL ? found->alias : NULL;

	if (found != NULL && (a == NULL || a->user != u)) {
		log_taken(ro, r, r->alias);
		return;
	}
	if (a == NULL)
		a = add_alias(ro, u, r->alias);
	a->uses = r->has & RECORD_USES ? r->uses : ALIAS_UNLIMITED;
	a->dropped = (r->has & RECORD_DROPPED) != 0;
}

static void
leave(struct group *g, const struct user *u)
{
	struct member *m = roster_member(g, u);

	if (m == NULL)
		return;
	if (m->state != MEMBER_BARRED)
		m->state = MEMBER_LEFT;
	m->moderator = false;
	m->by = NULL;
}

struct pending *
roster_pending(const struct group *g, uint64_t id)
{
	size_t i;

	for (i = 0; i < g->pending_count; i++) {
		if (g->pending[i].id == id)
			return &g->pending[i];
	}
	return NULL;
}

static void
remove_pending(struct group *g, struct pending *p)
{
	p->user->pending--;
	free(p->told);
	g->pending_count--;
	memmove(p, p + 1, (size_t)(g->pending + g->pending_count - p) *
	    sizeof(*p));
}

/* All of them, or a user's. */
static void
remove_pendings(struct group *g, const struct user *u)
{
	size_t i = g->pending_count;

	while (i-- > 0) {
		if (u == NULL || g->pending[i].user == u)
			remove_pending(g, &g->pending[i]);
	}
}

static void
add_pending(struct roster *ro, struct group *g, const struct record *r)
{
	struct pending new = { .id = record_pending_id(r) };
	struct uid uid;
	size_t i = g->pending_count;

	(void)record_pending_uid(r, 0, &uid);
	new.user = known_user(ro, &uid);
	new.user->pending++;
	for (; record_pending_uid(r, new.told_count + 1, &uid);
	    new.told_count++) {
		new.told = xgrow(new.told, new.told_count,
		    sizeof(*new.told));
		new.told[new.told_count] = known_user(ro, &uid);
	}
	g->pending = xgrow(g->pending, g->pending_count, sizeof(new));
	for (; i > 0 && g->pending[i - 1].id > new.id; i--)
		g->pending[i] = g->pending[i - 1];
	g->pending[i] = new;
	g->pending_count++;
}

static void
apply_pending(struct roster *ro, struct group *g, const struct record *r)
{
	struct pending *p = roster_pending(g, record_pending_id(r));

	if (p != NULL && (r->has & RECORD_GONE))
		remove_pending(g, p);
	else if (p == NULL && (r->has & RECORD_GONE) == 0)
		add_pending(ro, g, r);
}

static struct group *
add_group(struct roster *ro, struct span gid)
{
	struct group *g = xzalloc(sizeof(*g));

	g->gid = xcopy(gid);
	g->index = xzalloc(sizeof(*g->index));
	add_name(ro, (struct name){ NULL, g });
	return g;
}

/* ---- corks ---- */

const struct set *
roster_corked(const struct roster *ro)
{
	return &ro->corked;
}

/* The place of the first held id that is at least id. */
static size_t
find_held(const struct cork *cork, uint64_t id)
{
	size_t low = 0, high = cork->held_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (cork->held[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
roster_is_held(const struct cork *cork, uint64_t id)
{
	size_t i = find_held(cork, id);

	return i < cork->held_count && cork->held[i] == id;
}

static void
free_cork(struct user *u)
{
	if (u->cork == NULL)
		return;
	set_free(&u->cork->users);
	set_free(&u->cork->groups);
	free(u->cork->list);
	free(u->cork->held);
	free(u->cork);
	u->cork = NULL;
}

static void
end_cork(struct roster *ro, struct user *u)
{
	(void)set_take(&ro->corked, u);
	free_cork(u);
}

/* A group's file may be read later than its members'. */
static void
add_corked(struct roster *ro, struct cork *cork, struct span line)
{
	struct span name = { line.p + 1, line.n - 1 };
	const struct name *found;
	struct uid uid;

	if (line.p[0] == '1' && decode_base32(uid.bytes, UID_BYTES, name)) {
		set_append(&cork->users, known_user(ro, &uid));
	} else if (line.p[0] == '2' && name_fits(name)) {
		found = find_name(ro, name);
		if (found == NULL)
			set_append(&cork->groups, add_group(ro, name));
		else if (found->group != NULL)
			set_append(&cork->groups, found->group);
	}
}

static void
apply_cork(struct roster *ro, struct user *u, const struct record *r)
{
	struct span rest = r->cork_for;
	struct cork *cork;
	const char *end;

	end_cork(ro, u);
	if (r->cork == 0)
		return;
	cork = u->cork = xzalloc(sizeof(*cork));
	(void)set_put(&ro->corked, u);
	cork->until = r->cork;
	cork->all = rest.n == 0;
	cork->list = xcopy(rest);
	for (; rest.n > 0; rest.n -= (size_t)(end + 1 - rest.p),
	    rest.p = end + 1) {
		end = memchr(rest.p, '\n', rest.n);
		if (end == NULL)
			break;
		if (end > rest.p)
			add_corked(ro, cork, (struct span){ rest.p,
			    (size_t)(end - rest.p) });
	}
	set_settle(&cork->users);
	set_settle(&cork->groups);
}

static void
hold(struct cork *cork, uint64_t id)
{
	size_t i = find_held(cork, id), n = cork->held_count;

	if (i < n && cork->held[i] == id)
		return;
	cork->held = xgrow(cork->held, n, sizeof(id));
	memmove(cork->held + i + 1, cork->held + i, (n - i) * sizeof(id));
	cork->held[i] = id;
	cork->held_count++;
}

static void
apply_held(const struct user *u, const struct record *r)
{
	uint64_t id;
	size_t i;

	for (i = 0; u->cork != NULL && i < r->held.n; i += ID_TEXT) {
		if (decode_hex64(&id, (struct span){ r->held.p + i, ID_TEXT }))
			hold(u->cork, id);
	}
}

static void
free_blocked(struct user *u)
{
	if (u->blocked == NULL)
		return;
	set_free(u->blocked);
	free(u->blocked);
	u->blocked = NULL;
}

static void
apply_blocked(struct roster *ro, struct user *u, const struct record *r)
{
	struct uid uid;
	size_t i;

	free_blocked(u);
	if (r->blocked.n == 0)
		return;
	u->blocked = xzalloc(sizeof(*u->blocked));
	for (i = 0; record_blocked_uid(r, i, &uid); i++)
		set_append(u->blocked, known_user(ro, &uid));
	set_settle(u->blocked);
}

/* Its aliases stay taken. */
static void
remove_user(struct roster *ro, struct user *u)
{
	struct group *g;
	size_t at = 0;

	end_cork(ro, u);
	free_blocked(u);
	while (u->node_count > 0)
		remove_node(ro, u, u->nodes[u->node_count - 1]->ref);
	while ((g = roster_next_group(ro, &at)) != NULL) {
		leave(g, u);
		remove_pendings(g, u);
	}
}

static char *
append(char *to, struct span text, struct span *copy)
{
	*copy = (struct span){ to, text.n };
	memcpy(to, text.p, text.n);
	return to + text.n;
}

/*
 * A subject and its texts share an allocation, too.  They may be copied from
 * what is replaced.
 */
static struct subject *
copy_subject(const struct subject *s)
{
	struct subject *copy = xzalloc(sizeof(*copy) + s->iss.n + s->sub.n +
	    s->aud.n);
	char *to = (char *)(copy + 1);

	to = append(to, s->iss, &copy->iss);
	to = append(to, s->sub, &copy->sub);
	(void)append(to, s->aud, &copy->aud);
	copy->iat = s->iat;
	return copy;
}

static void
apply_subject(struct roster *ro, struct user *u, const struct record *r)
{
	struct subject *old = u->subject;

	u->subject = NULL;
	if (r->has & RECORD_OIDC) {
		u->subject = copy_subject(&r->subject);
		if (old == NULL || !span_is(old->sub, u->subject->sub)) {
			ro->subjects = xgrow(ro->subjects, ro->subject_count,
			    sizeof(ro->subjects[0]));
			ro->subjects[ro->subject_count] = u;
			index_add(&ro->by_subject,
			    hash_text(ro, u->subject->sub),
			    ro->subject_count++);
		}
	}
	free(old);
}

static void
apply_user(struct roster *ro, struct user *u, const struct record *r)
{
	if (r->has & RECORD_GONE)
		remove_user(ro, u);
	if (r->next_ref > u->next_ref)
		u->next_ref = r->next_ref;
	u->flags = 0;
	if (r->has & RECORD_DISABLED)
		u->flags |= USER_DISABLED;
	if (r->has & RECORD_RECEIVE_ONLY)
		u->flags |= USER_RECEIVE_ONLY;
	u->pings = r->pings;
	u->failed_pings = r->failed_pings;
	u->pings_since = r->pings_since;
	u->new_nodes_day = r->new_nodes_day;
	u->new_nodes_from = r->new_nodes_from;
	apply_subject(ro, u, r);
}

static void
apply_to_user(struct roster *ro, const struct record *r)
{
	struct user *u = known_user(ro, &r->uid);

	switch (record_kind(r)) {
	case RECORD_OF_NODE:
		apply_node(ro, u, r);
		break;
	case RECORD_OF_SEEN:
		apply_seen(u, r);
		break;
	case RECORD_OF_WAKE:
	case RECORD_OF_WOKEN:
		apply_wake(u, r);
		break;
	case RECORD_OF_GONE:
		remove_node(ro, u, r->node);
		retire_ref(u, r->node);
		break;
	case RECORD_OF_CORK:
		apply_cork(ro, u, r);
		break;
	case RECORD_OF_HELD:
		apply_held(u, r);
		break;
	case RECORD_OF_BLOCKED:
		apply_blocked(ro, u, r);
		break;
	case RECORD_OF_ALIAS:
		apply_alias(ro, u, r);
		break;
	default:
		apply_user(ro, u, r);
		break;
	}
}

static struct member *
add_member(struct group *g, struct user *u)
{
	struct member *m;

	g->members = xgrow(g->members, g->member_count, sizeof(*m));
	m = &g->members[g->member_count];
	*m = (struct member){ .user = u };
	u->groups_made += g->member_count == 0;
	index_add(g->index, hash_uid(&u->uid), g->member_count++);
	return m;
}

static void
apply_member(struct roster *ro, struct group *g, struct user *u,
    const struct record *r)
{
	struct member *m = roster_member(g, u);
	char *alias = xcopy(r->alias);	/* which may be m->alias itself */

	if (m == NULL)
		m = add_member(g, u);
	free(m->alias);
	m->alias = alias;
	m->state = r->state;
	m->moderator = (r->has & RECORD_MODERATOR) != 0;
	m->by = r->has & RECORD_BY ? known_user(ro, &r->by) : NULL;
}

static void
apply_to_group(struct roster *ro, const struct record *r)
{
	const struct name *found = find_name(ro, r->gid);
	struct group *g = found != NULL ? found->group : NULL;
	size_t i;

	if (found != NULL && g == NULL) {
		if (record_kind(r) == RECORD_OF_GROUP)
			log_taken(ro, r, r->gid);
		return;
	}
	if (g == NULL)
		g = add_group(ro, r->gid);
	if (record_kind(r) == RECORD_OF_PENDING) {
		apply_pending(ro, g, r);
		return;
	}
	if (record_kind(r) == RECORD_OF_GROUP)
		g->kind = r->kind;
	for (i = 0; (r->has & RECORD_GONE) && i < g->member_count; i++)
		leave(g, g->members[i].user);
	if (r->has & RECORD_GONE)
		remove_pendings(g, NULL);
	if (record_kind(r) == RECORD_OF_MEMBER)
		apply_member(ro, g, known_user(ro, &r->uid), r);
}

void
roster_apply(struct roster *ro, const struct record *r)
{
	if (r->has & (RECORD_GID | RECORD_GROUP))
		apply_to_group(ro, r);
	else if (r->has & RECORD_UID)
		apply_to_user(ro, r);
}

struct record
roster_record_user(const struct user *u)
{
	struct record r = {
		.has = RECORD_UID | RECORD_NEXT_REF,
		.uid = u->uid,
		.next_ref = u->next_ref,
		.pings = u->pings,
		.failed_pings = u->failed_pings,
		.pings_since = u->pings_since,
		.new_nodes_day = u->new_nodes_day,
		.new_nodes_from = u->new_nodes_from
	};

	if (u->flags & USER_DISABLED)
		r.has |= RECORD_DISABLED;
	if (u->flags & USER_RECEIVE_ONLY)
		r.has |= RECORD_RECEIVE_ONLY;
	if (u->pings_since != 0)
		r.has |= RECORD_PINGS;
	if (u->new_nodes_day != 0)
		r.has |= RECORD_NEW_NODES;
	if (u->subject != NULL) {
		r.has |= RECORD_OIDC;
		r.subject = *u->subject;
	}
	return r;
}

struct record
roster_record_node(const struct node *n)
{
	struct record r = {
		.has = RECORD_UID | RECORD_NODE | RECORD_LABEL |
		    RECORD_SALT | RECORD_HASH,
		.uid = n->user->uid,
		.node = n->ref,
		.seen = n->seen,
		.label = span_of(n->label),
		.secret = n->secret
	};

	if (n->seen != 0)
		r.has |= RECORD_SEEN;
	if (n->wake != NULL) {
		r.has |= RECORD_WAKE;
		r.wake = span_of(n->wake);
	}
	if (n->woken) {
		r.has |= RECORD_WOKEN;
		r.woken = 1;
	}
	return r;
}

struct record
roster_record_cork(const struct user *u)
{
	struct record r = {
		.has = RECORD_UID | RECORD_CORK,
		.uid = u->uid,
		.cork = u->cork->until,
		.cork_for = span_of(u->cork->list)
	};

	if (!u->cork->all)
		r.has |= RECORD_CORK_FOR;
	return r;
}

struct record
roster_record_blocked(const struct user *u, struct buf *uids)
{
	const struct user *other;
	size_t i;

	uids->n = 0;
	for (i = 0; u->blocked != NULL && i < u->blocked->count; i++) {
		other = u->blocked->items[i];
		encode_base32(buf_room(uids, UID_TEXT), other->uid.bytes,
		    UID_BYTES);
		uids->n += UID_TEXT;
	}
	return (struct record){
		.has = RECORD_UID | RECORD_BLOCKED,
		.uid = u->uid,
		.blocked = uids->n > 0 ? buf_span(uids) : SPAN("")
	};
}

struct record
roster_record_held(const struct user *u, struct buf *held)
{
	size_t i;

	for (i = 0; i < u->cork->held_count; i++) {
		encode_hex64(buf_room(held, ID_TEXT), u->cork->held[i]);
		held->n += ID_TEXT;
	}
	return (struct record){
		.has = RECORD_UID | RECORD_HELD,
		.uid = u->uid,
		.held = buf_span(held)
	};
}

struct record
roster_record_alias(const struct alias *a)
{
	struct record r = {
		.has = RECORD_UID | RECORD_ALIAS,
		.uid = a->user->uid,
		.alias = span_of(a->name),
		.uses = a->uses
	};

	if (a->uses != ALIAS_UNLIMITED)
		r.has |= RECORD_USES;
	if (a->dropped)
		r.has |= RECORD_DROPPED;
	return r;
}

struct record
roster_record_group(const struct group *g)
{
	return (struct record){
		.has = RECORD_GID | (g->kind != 0 ? RECORD_KIND : 0),
		.gid = span_of(g->gid),
		.kind = g->kind
	};
}

struct record
roster_record_member(const struct group *g, const struct member *m)
{
	struct record r = {
		.has = RECORD_GID | RECORD_UID | RECORD_ALIAS | RECORD_STATE,
		.gid = span_of(g->gid),
		.uid = m->user->uid,
		.alias = span_of(m->alias),
		.state = m->state
	};

	if (m->moderator)
		r.has |= RECORD_MODERATOR;
	if (m->by != NULL) {
		r.has |= RECORD_BY;
		r.by = m->by->uid;
	}
	return r;
}

static void
add_uid(struct buf *b, const struct user *u)
{
	char text[1 + UID_TEXT] = " ";

	encode_base32(text + 1, u->uid.bytes, UID_BYTES);
	buf_add(b, (struct span){ text, sizeof(text) });
}

struct record
roster_record_pending(const struct group *g, const struct pending *p,
    struct buf *text)
{
	char id[ID_TEXT];
	size_t i;

	text->n = 0;
	encode_hex64(id, p->id);
	buf_add(text, (struct span){ id, ID_TEXT });
	add_uid(text, p->user);
	for (i = 0; i < p->told_count; i++)
		add_uid(text, p->told[i]);
	return (struct record){
		.has = RECORD_GROUP | RECORD_PENDING,
		.gid = span_of(g->gid),
		.pending = buf_span(text)
	};
}

struct roster *
roster_open(void)
{
	struct roster *ro = xzalloc(sizeof(*ro));

	if (encode_random(ro->seed, sizeof(ro->seed)) == 0)
		return ro;
	free(ro);
	return NULL;
}

static void
free_user(struct user *u)
{
	size_t i;

	for (i = 0; i < u->node_count; i++)
		free_node(u->nodes[i]);
	for (i = 0; i < u->alias_count; i++)
		free(u->aliases[i]);
	free_cork(u);
	free_blocked(u);
	free(u->nodes);
	free(u->aliases);
	free(u->subject);
	free(u);
}

static void
free_group(struct group *g)
{
	size_t i;

	for (i = 0; i < g->member_count; i++)
		free(g->members[i].alias);
	free(g->members);
	remove_pendings(g, NULL);
	free(g->pending);
	free(g->index->slots);
	free(g->index);
	free(g->gid);
	free(g);
}

void
roster_close(struct roster *ro)
{
	size_t i;

	if (ro == NULL)
		return;
	for (i = 0; i < ro->name_count; i++) {
		if (ro->names[i].group != NULL)
			free_group(ro->names[i].group);
	}
	for (i = 0; i < ro->user_count; i++)
		free_user(ro->users[i]);
	free(ro->users);
	free(ro->names);
	free(ro->by_uid.slots);
	free(ro->subjects);
	free(ro->by_subject.slots);
	free(ro->by_name.slots);
	set_free(&ro->corked);
	buf_free(&ro->logged);
	free(ro);
}
