#include "base/set.h"

#include <stddef.h>

#include "test/lib/check.h"

int
main(void)
{
	char things[100] = { 0 };
	struct set s = { NULL, 0, 0 };
	size_t i;

	CHECK(!set_has(&s, things) && !set_take(&s, things), "empty");
	for (i = 0; i < 300; i++)
		set_append(&s, &things[i * 37 % 100]);
	set_settle(&s);
	CHECK(s.count == 100, "each once: %u", s.count);
	for (i = 0; i < s.count; i++)
		CHECK(s.items[i] == &things[i], "in order: %zu", i);

	CHECK(!set_put(&s, &things[5]), "there already");
	for (i = 0; i < 100; i += 2)
		CHECK(set_take(&s, &things[i]), "take %zu", i);
	CHECK(s.count == 50 && !set_take(&s, &things[0]), "gone");
	for (i = 0; i < 100; i++)
		CHECK(set_has(&s, &things[i]) == (i % 2 == 1), "%zu", i);
	for (i = 100; i > 0; i--)
		CHECK(set_put(&s, &things[i - 1]) == (i % 2 == 1), "%zu", i);
	for (i = 0; i < s.count; i++)
		CHECK(s.items[i] == &things[i], "in order: %zu", i);
	set_free(&s);
	CHECK(s.count == 0 && s.items == NULL, "freed");
	return check_report("set");
}
