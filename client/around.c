#include "client/around.h"

#include <stdio.h>
#include <string.h>

#define SIZE sizeof(struct around_user)

void
around_free(struct around *a)
{
	buf_free(&a->users);
}

void
around_add(struct around *a, struct span uid, bool online)
{
	struct around_user user = { .online = online }, old;
	size_t at;

	(void)snprintf(user.uid, sizeof(user.uid), "%.*s", (int)uid.n,
	    uid.n > 0 ? uid.p : "");
	for (at = 0; at < a->users.n; at += SIZE) {
		memcpy(&old, a->users.p + at, SIZE);
		if (strcmp(old.uid, user.uid) != 0)
			continue;
		memcpy(a->users.p + at, &user, SIZE);
		return;
	}
	if (a->users.n == AROUND_MAX * SIZE)
		buf_drop(&a->users, SIZE);
	buf_add(&a->users, (struct span){ (const char *)&user, SIZE });
}

bool
around_next(struct around *a, struct around_user *user)
{
	if (a->users.n == 0)
		return false;
	memcpy(user, a->users.p, SIZE);
	buf_drop(&a->users, SIZE);
	return true;
}
