#include "client/contacts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "client/account.h"
#include "disk/file.h"
#include "json.h"

#define FILE_MAX (128 << 20)
#define NAME_MAX_BYTES CONTACTS_NAME	/* of what others call themselves */

/*
 * Contacts, and groups, after which whom we do not want to know is not noted,
 * and after which nobody is: others must not make a file that is too large to
 * be read.
 */
#define HEARD_MAX 4000
#define LEARNED_MAX 20000

static const char *const how_names[] = {
	[PERSON_PINGED] = "pinged", [PERSON_SAYS] = "says",
	[PERSON_ANSWERED] = "answered", [PERSON_SURE] = "sure"
};

/* ---- the file ---- */

static struct span
decode(struct buf *room, struct span raw)
{
	struct span text = { buf_room(room, raw.n + 1), 0 };

	text.n = json_text(room->p, raw);
	return text;
}

static struct contact_person *
add_person(struct contacts *book, struct span name, struct span uid,
    enum person_how how)
{
	struct contact_person *c;

	book->people = xgrow(book->people, book->people_count,
	    sizeof(*book->people));
	c = &book->people[book->people_count++];
	*c = (struct contact_person){ xcopy(name), xcopy(uid), how };
	book->changed = true;
	return c;
}

static void
read_person(struct contacts *book, struct json *j)
{
	struct span key, name = SPAN(""), uid = SPAN(""), how = SPAN("");
	struct buf rooms[2] = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	size_t i;

	json_object(j);
	while (json_key(j, &key)) {
		if (json_is(key, SPAN("name")))
			name = decode(&rooms[0], json_string(j));
		else if (json_is(key, SPAN("uid")))
			uid = decode(&rooms[1], json_string(j));
		else if (json_is(key, SPAN("how")))
			how = json_string(j);
		else
			json_skip(j);
	}
	i = span_index(how, how_names, PERSON_SURE + 1);
	if (!j->bad && name.n > 0)
		add_person(book, name, uid, i <= PERSON_SURE ?
		    (enum person_how)i : PERSON_SAYS);
	buf_free(&rooms[0]);
	buf_free(&rooms[1]);
}

static void
read_group(struct contacts *book, struct json *j)
{
	struct span key, gid = SPAN(""), me = SPAN("");
	struct buf rooms[2] = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	bool joined = false;

	json_object(j);
	while (json_key(j, &key)) {
		if (json_is(key, SPAN("gid")))
			gid = decode(&rooms[0], json_string(j));
		else if (json_is(key, SPAN("me")))
			me = decode(&rooms[1], json_string(j));
		else if (json_is(key, SPAN("joined")))
			joined = json_bool(j);
		else
			json_skip(j);
	}
	if (!j->bad && gid.n > 0)
		contacts_group(book, gid, me, joined);
	buf_free(&rooms[0]);
	buf_free(&rooms[1]);
}

static bool
read_book(struct contacts *book, struct span text)
{
	struct span key;
	struct json j;

	json_begin(&j, text);
	json_object(&j);
	while (json_key(&j, &key)) {
		if (json_is(key, SPAN("people"))) {
			json_array(&j);
			while (json_item(&j))
				read_person(book, &j);
		} else if (json_is(key, SPAN("groups"))) {
			json_array(&j);
			while (json_item(&j))
				read_group(book, &j);
		} else {
			json_skip(&j);
		}
	}
	return json_done(&j);
}

int
contacts_read(struct contacts *book, const struct account *a, char *why,
    size_t room)
{
	struct buf text = { NULL, 0, 0 };
	bool valid = true;

	*book = (struct contacts){ .people = NULL };
	if (file_read(a->dir, "contacts.json", FILE_MAX, &text) == 0)
		valid = read_book(book, buf_span(&text));
	else if (errno != ENOENT)
		return say_why(why, room, "%s/contacts.json: %s", a->path,
		    strerror(errno));
	buf_free(&text);
	book->changed = false;
	if (valid)
		return 0;
	contacts_free(book);
	return say_why(why, room, "%s/contacts.json is damaged", a->path);
}

/* A file that is replaced is another one, or has another date. */
static uint64_t
stamp_of(const struct account *a)
{
	struct stat st;

	if (fstatat(a->dir, "contacts.json", &st, 0) == -1)
		return 0;
	return (uint64_t)st.st_ino * 1000003 + (uint64_t)st.st_mtim.tv_sec *
	    1000000000 + (uint64_t)st.st_mtim.tv_nsec;
}

int
contacts_refresh(struct contacts *book, const struct account *a, char *why,
    size_t room)
{
	uint64_t stamp = stamp_of(a);

	if (stamp != 0 && stamp == book->stamp)
		return 0;
	contacts_free(book);
	if (contacts_read(book, a, why, room) == -1)
		return -1;
	book->stamp = stamp;
	return 0;
}

void
contacts_free(struct contacts *book)
{
	size_t i;

	for (i = 0; i < book->people_count; i++) {
		free(book->people[i].name);
		free(book->people[i].uid);
	}
	for (i = 0; i < book->group_count; i++) {
		free(book->groups[i].gid);
		free(book->groups[i].me);
	}
	free(book->people);
	free(book->groups);
	*book = (struct contacts){ .people = NULL };
}

int
contacts_begin(struct contacts *book, struct account *a, char *why,
    size_t room)
{
	if (account_wait(a, ACCOUNT_CHANGE) == -1)
		return say_why(why, room, "%s: %s", a->path, strerror(errno));
	if (contacts_read(book, a, why, room) == 0)
		return 0;
	account_unlock(a, ACCOUNT_CHANGE);
	return -1;
}

static void
write_book(struct buf *b, const struct contacts *book)
{
	const struct contact_group *g;
	const struct contact_person *c;
	size_t i;

	json_put_open(b, '{');
	json_put_key(b, "groups");
	json_put_open(b, '[');
	for (i = 0; i < book->group_count; i++) {
		g = &book->groups[i];
		json_put_open(b, '{');
		json_put_string(b, "gid", span_of(g->gid));
		json_put_key(b, "joined");
		buf_addf(b, "%s", g->joined ? "true" : "false");
		json_put_string(b, "me", span_of(g->me));
		json_put_close(b, '}');
	}
	json_put_close(b, ']');
	json_put_key(b, "people");
	json_put_open(b, '[');
	for (i = 0; i < book->people_count; i++) {
		c = &book->people[i];
		json_put_open(b, '{');
		json_put_string(b, "how", span_of(how_names[c->how]));
		json_put_string(b, "name", span_of(c->name));
		json_put_string(b, "uid", span_of(c->uid));
		json_put_close(b, '}');
	}
	json_put_close(b, ']');
	json_put_close(b, '}');
	buf_add_byte(b, '\n');
}

int
contacts_end(struct contacts *book, struct account *a, char *why,
    size_t room)
{
	struct buf text = { NULL, 0, 0 };
	int result = 0;

	write_book(&text, book);
	if (book->changed)
		result = account_replace(a, "contacts.json",
		    buf_span(&text));
	if (result == -1)
		(void)say_why(why, room, "%s/contacts.json: %s", a->path,
		    strerror(errno));
	account_unlock(a, ACCOUNT_CHANGE);
	buf_free(&text);
	contacts_free(book);
	return result;
}

/* ---- people ---- */

struct contact_person *
contacts_find(const struct contacts *book, struct span name)
{
	size_t i;

	for (i = 0; i < book->people_count; i++)
		if (account_same_name(span_of(book->people[i].name), name))
			return &book->people[i];
	return NULL;
}

struct contact_person *
contacts_find_uid(const struct contacts *book, struct span uid)
{
	size_t i;

	for (i = 0; i < book->people_count; i++)
		if (span_is(span_of(book->people[i].uid), uid))
			return &book->people[i];
	return NULL;
}

static void
set(struct contacts *book, char **text, struct span value)
{
	if (span_is(span_of(*text), value))
		return;
	account_set(text, value);
	book->changed = true;
}

void
contacts_pinged(struct contacts *book, struct span name)
{
	if (contacts_find(book, name) == NULL)
		add_person(book, name, SPAN(""), PERSON_PINGED);
}

/* A name that is free: the given one, or with a number after it. */
static void
free_name(const struct contacts *book, struct span name, struct buf *to)
{
	unsigned n;

	if (name.n > NAME_MAX_BYTES)
		name.n = 0;
	if (name.n == 0)
		name = SPAN("somebody");
	buf_add(to, name);
	for (n = 2; contacts_find(book, buf_span(to)) != NULL; n++) {
		to->n = name.n;
		buf_addf(to, " (%u)", n);
	}
}

void
contacts_learn(struct contacts *book, struct span name, struct span uid)
{
	struct contact_person *c = contacts_find(book, name);
	struct contact_person *known = contacts_find_uid(book, uid);
	struct buf other = { NULL, 0, 0 };

	if (known != NULL && known->how == PERSON_SURE)
		return;
	if (c != NULL && c != known) {
		if (c->how == PERSON_PINGED) {
			contacts_drop(book, c);
		} else if (c->how != PERSON_SURE) {
			/* Somebody else has only said so. */
			free_name(book, span_of(c->name), &other);
			set(book, &c->name, buf_span(&other));
		}
		other.n = 0;
		known = contacts_find_uid(book, uid);
	}
	if (known == NULL && book->people_count >= LEARNED_MAX) {
		/* Who writes is shown all the same. */
	} else if (known == NULL) {
		free_name(book, name, &other);
		add_person(book, buf_span(&other), uid, PERSON_SURE);
	} else {
		if (!account_same_name(span_of(known->name), name)) {
			free_name(book, name, &other);
			set(book, &known->name, buf_span(&other));
		}
		known->how = PERSON_SURE;
		book->changed = true;
	}
	buf_free(&other);
}

void
contacts_hear(struct contacts *book, struct span name, struct span uid)
{
	struct contact_person *c = contacts_find(book, name);
	struct buf other = { NULL, 0, 0 };

	if (contacts_find_uid(book, uid) != NULL)
		return;
	if (c != NULL && c->how == PERSON_PINGED) {
		set(book, &c->uid, uid);
		c->how = PERSON_ANSWERED;
		return;
	}
	if (book->people_count >= HEARD_MAX)
		return;
	free_name(book, name, &other);
	add_person(book, buf_span(&other), uid, PERSON_SAYS);
	buf_free(&other);
}

void
contacts_drop(struct contacts *book, struct contact_person *c)
{
	free(c->name);
	free(c->uid);
	*c = book->people[--book->people_count];
	book->changed = true;
}

bool
contacts_rename(struct contacts *book, struct contact_person *c,
    struct span name)
{
	struct contact_person *other = contacts_find(book, name);

	if (other != NULL && other != c)
		return false;
	set(book, &c->name, name);
	c->how = PERSON_SURE;
	book->changed = true;
	return true;
}

/* ---- groups ---- */

struct contact_group *
contacts_find_group(const struct contacts *book, struct span gid)
{
	size_t i;

	for (i = 0; i < book->group_count; i++)
		if (account_same_name(span_of(book->groups[i].gid), gid))
			return &book->groups[i];
	return NULL;
}

void
contacts_group(struct contacts *book, struct span gid, struct span me,
    bool joined)
{
	struct contact_group *g = contacts_find_group(book, gid);

	if (g == NULL && book->group_count >= (joined ? LEARNED_MAX :
	    HEARD_MAX))
		return;
	if (g == NULL) {
		book->groups = xgrow(book->groups, book->group_count,
		    sizeof(*book->groups));
		g = &book->groups[book->group_count++];
		*g = (struct contact_group){ xcopy(gid), xcopy(me), joined };
		book->changed = true;
		return;
	}
	if (me.n > 0)
		set(book, &g->me, me);
	if (g->joined != joined)
		book->changed = true;
	g->joined = joined;
}

void
contacts_drop_group(struct contacts *book, struct span gid)
{
	struct contact_group *g = contacts_find_group(book, gid);

	if (g == NULL)
		return;
	free(g->gid);
	free(g->me);
	*g = book->groups[--book->group_count];
	book->changed = true;
}
