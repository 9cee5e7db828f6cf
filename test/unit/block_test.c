/*
 * A member who blocks as many others as may be, and takes as many names.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp.h"
#include "userdb.h"

#define MOST 200	/* whom one may block */
#define DONE "\"msgid\":\"1"	/* in the ack; of 2026 and later */

/* What the member is answered who asks for it. */
static void
ask(struct harness *h, struct actor *a, const char *what, const char *uid,
    const char *want)
{
	static unsigned asked;
	char text[120];

	a->got.n = a->records.n = 0;
	(void)snprintf(text, sizeof(text), "{\"op\":3,\"id\":\"%u\",\"%s\":"
	    "\"%s\"}", asked++, what, uid);
	harness_say(h, a, text);
	harness_turn(h);
	buf_add_byte(&a->got, '\0');
	CHECK(strstr(a->got.p, want) != NULL, "%s %s: no \"%s\" in: %s", what,
	    uid, want, a->got.p);
}

/* Blocking somebody twice counts once. */
static void
test_most(void)
{
	char uids[MOST + 1][UID_TEXT + 1];
	struct harness h;
	struct actor *a, *other;
	int i;

	harness_open(&h);
	harness_start(&h);
	a = harness_actor(&h, "a");
	harness_register(&h, a);
	other = harness_actor(&h, "other");
	for (i = 0; i <= MOST; i++) {
		harness_register(&h, other);
		memcpy(uids[i], other->uid, sizeof(uids[i]));
		harness_lose(&h, other);
	}
	for (i = 0; i < MOST; i++)
		ask(&h, a, "block", uids[i], DONE);
	ask(&h, a, "block", uids[MOST], "unblock one before");
	CHECK(strstr(a->got.p, uids[MOST]) != NULL, "it does not say whom");
	ask(&h, a, "block", uids[0], DONE);
	ask(&h, a, "unblock", uids[1], DONE);
	ask(&h, a, "block", uids[MOST], DONE);
	ask(&h, a, "block", uids[1], "unblock one before");
	/* A user can be unblocked even after being removed. */
	tmtp_remove_user(h.relay, userdb_user_text(h.data.userdb,
	    span_of(uids[2])));
	harness_turn(&h);
	ask(&h, a, "block", uids[2], "no user has the uid");
	ask(&h, a, "unblock", uids[2], DONE);
	ask(&h, a, "unblock", uids[2], "no user has the uid");
	ask(&h, a, "block", uids[1], DONE);
	harness_close(&h);
}

/* A day's names; the next day there are more. */
static void
test_names(void)
{
	enum { DAY = 86400000, NAMES = 200 };
	struct harness h;
	struct actor *a;
	char name[UID_TEXT + 1];
	int i;

	harness_open(&h);
	harness_start(&h);
	a = harness_actor(&h, "a");
	harness_register(&h, a);
	for (i = 0; i <= NAMES + 1; i++) {
		(void)snprintf(name, sizeof(name), "name %d", i);
		if (i == NAMES) {
			ask(&h, a, "newalias", name, "try again tomorrow: "
			    "name 200");
			harness_pass(&h, DAY);
			harness_login(&h, a);
		}
		ask(&h, a, "newalias", name, DONE);
	}
	harness_close(&h);
}

int
main(void)
{
	test_most();
	test_names();
	return check_report("block");
}
