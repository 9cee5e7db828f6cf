#include "client/learn.h"

#include <stdbool.h>
#include <string.h>

#include "base/encode.h"
#include "client/account.h"
#include "client/contacts.h"
#include "client/post_form.h"
#include "client/wire.h"

#define WHY_ROOM 512
#define ALIASES_MAX 1000	/* that a relay can give us */

/* A relay must not fill the account with what is too large to be read. */
static bool
is_uid(struct span text)
{
	unsigned char uid[UID_BYTES];

	return decode_base32(uid, UID_BYTES, text);
}

static void
learn_person(struct contacts *book, const struct reply *r,
    const struct account *account)
{
	struct buf text = { NULL, 0, 0 };
	struct post_form form;

	if (span_is(r->from, span_of(account->uid)) || !is_uid(r->from))
		return;
	if (span_is(r->op, SPAN("ping")) || span_is(r->op, SPAN("invite"))) {
		if (wire_text(r, "alias", &text))
			contacts_learn(book, buf_span(&text), r->from);
	} else if (span_is(r->op, SPAN("delivery")) && r->data.p != NULL) {
		post_form_read(&form, r->data, wire_number(r, "datahead"));
		contacts_hear(book, form.alias, r->from);
		post_form_free(&form);
	}
	buf_free(&text);
}

static void
learn_member(struct contacts *book, const struct reply *r, struct span gid,
    bool is_own)
{
	struct buf act = { NULL, 0, 0 }, alias = { NULL, 0, 0 };
	struct buf name = { NULL, 0, 0 };
	struct contact_group *g = contacts_find_group(book, gid);
	bool is_me;

	(void)wire_text(r, "act", &act);
	(void)wire_text(r, "alias", &alias);
	if (!wire_text(r, "newalias", &name))
		buf_add(&name, buf_span(&alias));
	if (name.n > CONTACTS_NAME)
		name.n = 0;
	is_me = g != NULL && account_same_name(span_of(g->me),
	    buf_span(&alias));
	if (is_me && span_is(buf_span(&act), SPAN("drop")))
		contacts_drop_group(book, gid);
	else if (is_own && (span_is(buf_span(&act), SPAN("join")) ||
	    span_is(buf_span(&act), SPAN("alias"))))
		contacts_group(book, gid, buf_span(&name), true);
	buf_free(&act);
	buf_free(&alias);
	buf_free(&name);
}

static void
learn_group(struct contacts *book, const struct reply *r,
    const struct account *account)
{
	struct buf gid = { NULL, 0, 0 }, me = { NULL, 0, 0 };

	if (!wire_text(r, "gid", &gid) || gid.n > CONTACTS_NAME) {
		buf_free(&gid);
		return;
	}
	(void)wire_text(r, "to", &me);
	if (me.n > CONTACTS_NAME)
		me.n = 0;
	if (span_is(r->op, SPAN("invite")))
		contacts_group(book, buf_span(&gid), buf_span(&me), false);
	else if (span_is(r->op, SPAN("member")))
		learn_member(book, r, buf_span(&gid),
		    span_is(r->from, span_of(account->uid)));
	buf_free(&gid);
	buf_free(&me);
}

static int
learn_aliases(struct account *account, const struct reply *r, char *why,
    size_t room)
{
	struct buf name = { NULL, 0, 0 };
	int result = 0;

	if (wire_text(r, "newalias", &name) && wire_number(r, "uses") == 0 &&
	    name.n <= CONTACTS_NAME && account->alias_count < ALIASES_MAX)
		result = account_add_alias(account, buf_span(&name), why,
		    room);
	name.n = 0;
	if (result == 0 && wire_text(r, "dropalias", &name))
		result = account_drop_alias(account, buf_span(&name), why,
		    room);
	buf_free(&name);
	return result;
}

/* Whether this message may teach something new about whom we know. */
static bool
is_new(const struct account *account, const struct reply *r)
{
	struct contacts book;
	char why[WHY_ROOM];
	bool is;

	if (!span_is(r->op, SPAN("delivery")))
		return span_is(r->op, SPAN("ping")) ||
		    span_is(r->op, SPAN("invite")) ||
		    span_is(r->op, SPAN("member"));
	if (span_is(r->from, span_of(account->uid)))
		return false;
	if (contacts_read(&book, account, why, sizeof(why)) == -1)
		return true;
	is = contacts_find_uid(&book, r->from) == NULL;
	contacts_free(&book);
	return is;
}

int
learn_message(struct account *account, const struct reply *r, char *why,
    size_t room)
{
	struct contacts book;

	if (span_is(r->op, SPAN("user")) &&
	    span_is(r->from, span_of(account->uid)))
		return learn_aliases(account, r, why, room);
	if (!is_new(account, r))
		return 0;
	if (contacts_begin(&book, account, why, room) == -1)
		return -1;
	learn_person(&book, r, account);
	learn_group(&book, r, account);
	return contacts_end(&book, account, why, room);
}

void
learn_request(struct account *account, struct span frame)
{
	struct buf to = { NULL, 0, 0 }, gid = { NULL, 0, 0 };
	struct buf act = { NULL, 0, 0 }, me = { NULL, 0, 0 };
	struct contacts book;
	char why[WHY_ROOM];
	struct reply r;

	if (!wire_read_request(&r, frame))
		return;
	(void)wire_text(&r, "gid", &gid);
	/* A name in a group is no alias. */
	if (gid.n == 0)
		(void)learn_aliases(account, &r, why, sizeof(why));
	(void)wire_text(&r, "to", &to);
	(void)wire_text(&r, "act", &act);
	if (!wire_text(&r, "from", &me))
		(void)wire_text(&r, "newalias", &me);
	if ((to.n > 0 || gid.n > 0) &&
	    contacts_begin(&book, account, why, sizeof(why)) == 0) {
		if (gid.n == 0)
			contacts_pinged(&book, buf_span(&to));
		else if (act.n == 0 || span_is(buf_span(&act), SPAN("join")) ||
		    span_is(buf_span(&act), SPAN("alias")))
			contacts_group(&book, buf_span(&gid), buf_span(&me),
			    true);
		(void)contacts_end(&book, account, why, sizeof(why));
	}
	buf_free(&to);
	buf_free(&gid);
	buf_free(&act);
	buf_free(&me);
}
