/*
 * Nothing that a peer sends can control the terminal that shows it.
 */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/lib/check.h"

static const struct {
	const char *text, *shown;
} cases[] = {
	{ "", "" },
	{ "plain ~ text", "plain ~ text" },
	{ "a\nb\tc\x1b[2J\x7f", "a?b?c?[2J?" },
	{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac "
	    "\xf0\x9f\x98\x80" },

	/* Controls of two bytes: U+0080, U+0085, U+009B, U+009F. */
	{ "\xc2\x80" "a", "??a" },
	{ "\xc2\x85", "??" },
	{ "\xc2\x9b" "2J", "??2J" },
	{ "\xc2\x9f", "??" },
	{ "\xc2\xa0\xc2\xbf", "\xc2\xa0\xc2\xbf" },

	/* The limits. */
	{ "\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf",
	    "\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf" },
	{ "\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	    "\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },

	/* Not UTF-8: alone, overlong, a surrogate, too high, cut short. */
	{ "\x80 \x9b \xbf", "? ? ?" },
	{ "\xc0\xaf \xc1\x9b", "?? ??" },
	{ "\xe0\x9f\xbf", "???" },
	{ "\xed\xa0\x80", "???" },
	{ "\xf0\x8f\xbf\xbf", "????" },
	{ "\xf4\x90\x80\x80", "????" },
	{ "\xf5\x80\x80\x80 \xff", "???? ?" },
	{ "\xe2\x82", "??" },
	{ "\xe2\x82\x1b[", "???[" },
	{ "\xe2\xc2\x9b", "???" },
	{ "\xf0\x9f\x98", "???" },
	{ "\xc3", "?" },
};

static void
test_clean(void)
{
	char text[64];
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		(void)snprintf(text, sizeof(text), "%s", cases[i].text);
		log_clean(text, strlen(text));
		CHECK(strcmp(text, cases[i].shown) == 0, "case %zu: %s", i,
		    text);
	}
}

/* What a line says when this is logged. */
static void
log_into(char *line, size_t room, const char *text)
{
	int kept = dup(STDERR_FILENO), ends[2];
	ssize_t n;

	if (kept == -1 || pipe(ends) == -1 ||
	    dup2(ends[1], STDERR_FILENO) == -1)
		die("cannot read stderr: %s", strerror(errno));
	log_line("%s", text);
	(void)dup2(kept, STDERR_FILENO);
	n = read(ends[0], line, room - 1);
	line[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	close(ends[1]);
	close(kept);
}

static void
test_line(void)
{
	char line[2048], text[2048] = "";
	size_t i;

	log_into(line, sizeof(line), "a\n\xc2\x9b" "b\xff\xc3\xa4");
	CHECK(strcmp(line + strcspn(line, "Z"), "Z a???b?\xc3\xa4\n") == 0,
	    "%s", line);
	for (i = 0; i < 600; i++)
		memcpy(text + 3 * i, "\xe2\x82\xac", 4);
	log_into(line, sizeof(line), text);
	i = strlen(line);
	CHECK(i > 1000 && i <= 1024 && line[i - 1] == '\n', "%zu bytes", i);
	memcpy(text, line, i);
	log_clean(text, i - 1);
	CHECK(memcmp(text, line, i) == 0, "cut within a character: %s", line);
}

int
main(void)
{
	test_clean();
	test_line();
	return check_report("log");
}
