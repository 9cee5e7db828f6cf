#include "admin/call.h"

#include <string.h>

bool
call_number(uint32_t *number, const char *text, uint32_t max)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && n <= max; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	*number = (uint32_t)n;
	return i > 0 && text[i] == '\0' && n <= max;
}

bool
call_time(uint64_t *time, const char *text)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = {
		{ 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 },
		{ 'd', CLOCK_DAY }
	};
	char digits[8] = "";
	size_t n = strlen(text), i;
	uint32_t number;

	if (n < 2 || n > sizeof(digits))
		return false;
	memcpy(digits, text, n - 1);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit != text[n - 1])
			continue;
		*time = units[i].ms;
		if (!call_number(&number, digits, 1000000))
			return false;
		*time *= number;
		return number > 0;
	}
	return false;
}

struct user *
call_user(struct call *c, const char *name)
{
	struct span text = span_of(name);
	struct user *u = userdb_user_text(c->db, text);
	struct alias *a = u == NULL ? userdb_alias(c->db, text) : NULL;

	c->about = name;
	return a != NULL ? a->user : u;
}

void
call_tell_uid(struct call *c, const struct user *u)
{
	char uid[UID_TEXT];

	encode_base32(uid, u->uid.bytes, UID_BYTES);
	report_text(&c->report, "uid", (struct span){ uid, UID_TEXT });
}

struct span
call_alias(const struct user *u)
{
	size_t i;

	for (i = 0; i < u->alias_count; i++) {
		if (!u->aliases[i]->dropped)
			return span_of(u->aliases[i]->name);
	}
	return (struct span){ NULL, 0 };
}
