/* News of who is online, when nobody asks for it. */
#include "client/around.h"

#include <stdio.h>

#include "base/buf.h"
#include "test/lib/check.h"

static void
test_flips(void)
{
	struct around a = { .users = { NULL, 0, 0 } };
	struct around_user user;
	unsigned i;

	for (i = 0; i < 100001; i++)
		around_add(&a, SPAN("x"), i % 2 == 0);
	around_add(&a, SPAN(""), true);
	CHECK(a.users.n == 2 * sizeof(user), "%zu bytes", a.users.n);
	CHECK(around_next(&a, &user) && user.uid[0] == 'x' && user.online,
	    "not the truth");
	CHECK(around_next(&a, &user) && user.uid[0] == '\0', "the second");
	CHECK(!around_next(&a, &user), "a third");
	around_free(&a);
}

static void
test_crowd(void)
{
	struct around a = { .users = { NULL, 0, 0 } };
	struct around_user user;
	char uid[16];
	unsigned i, n = 0;

	for (i = 0; i < AROUND_MAX + 10; i++) {
		(void)snprintf(uid, sizeof(uid), "u%u", i);
		around_add(&a, span_of(uid), true);
	}
	CHECK(around_next(&a, &user) && span_is(span_of(user.uid),
	    SPAN("u10")), "the oldest is %s", user.uid);
	while (around_next(&a, &user))
		n++;
	CHECK(n == AROUND_MAX - 1, "%u", n);
	around_free(&a);
}

int
main(void)
{
	test_flips();
	test_crowd();
	return check_report("around");
}
