/*
 * Nothing that a peer sends can control the terminal that shows it.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fold.h"
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

/* Put the other end of stderr into in; returns what stderr was. */
static int
take_stderr(int *in)
{
	int kept = dup(STDERR_FILENO), ends[2];

	if (kept == -1 || pipe(ends) == -1 ||
	    dup2(ends[1], STDERR_FILENO) == -1)
		die("cannot read stderr: %s", strerror(errno));
	close(ends[1]);
	*in = ends[0];
	return kept;
}

/* Give stderr back, and read what it said; returns the number of lines. */
static size_t
end_stderr(int kept, int in, char *text, size_t room)
{
	size_t n = 0, lines = 0, i;
	ssize_t got;

	(void)dup2(kept, STDERR_FILENO);
	close(kept);
	while (n < room - 1 && (got = read(in, text + n, room - 1 - n)) > 0)
		n += (size_t)got;
	close(in);
	text[n] = '\0';
	for (i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Lines about one network are counted after the fourth. */
static void
test_fold(void)
{
	static char text[1 << 16];
	char peer[64];
	size_t lines;
	int kept, in, i;

	kept = take_stderr(&in);
	for (i = 0; i < 100; i++) {
		(void)snprintf(peer, sizeof(peer), "203.0.113.%d:4242", i);
		fold_line(peer, " quit: login failed: %d", i);
	}
	fold_line("[2001:db8::9]:4242", " quit: once");
	lines = end_stderr(kept, in, text, sizeof(text));
	CHECK(lines == 5 && strstr(text, "Z 203.0.113.3:4242 quit: login "
	    "failed: 3\n") != NULL && strstr(text, "Z [2001:db8::9]:4242 quit: "
	    "once\n") != NULL, "%zu lines: %s", lines, text);
	CHECK(fold_deadline() != UINT64_MAX, "nothing is due");

	kept = take_stderr(&in);
	fold_report(fold_deadline() - 1);
	fold_report(UINT64_MAX);
	lines = end_stderr(kept, in, text, sizeof(text));
	CHECK(lines == 1 && strstr(text, "Z 203.0.113.99:4242 quit: login "
	    "failed: 99 (and 95 more lines about 203.0.113.0/24 in a minute)\n")
	    != NULL, "%zu lines: %s", lines, text);
	CHECK(fold_deadline() == UINT64_MAX, "something is due");

	/* All networks after the 64th are one. */
	kept = take_stderr(&in);
	for (i = 0; i < 200; i++) {
		(void)snprintf(peer, sizeof(peer), "10.0.%d.9:1", i);
		fold_line(peer, " x");
	}
	fold_report(UINT64_MAX);
	lines = end_stderr(kept, in, text, sizeof(text));
	CHECK(lines == FOLD_NETS + FOLD_LINES + 1 &&
	    strstr(text, "10.0.199.9:1 x (and 131 more lines about other "
	    "networks in a minute)\n") != NULL, "%zu lines: %s", lines, text);
}

/* A pipe that nobody reads holds nobody up. */
static void
test_blocked(void)
{
	static char text[1 << 21];
	size_t lines, more;
	int kept, in, i, all;

	kept = take_stderr(&in);
	all = fcntl(in, F_GETFL);
	for (i = 0; i < 4000; i++)
		log_line("%.*d", 900, i);
	CHECK(fcntl(in, F_SETFL, all | O_NONBLOCK) == 0, "fcntl");
	for (lines = 0; read(in, text, sizeof(text)) > 0; lines++)
		continue;
	CHECK(lines > 0, "nothing was written");
	CHECK(fcntl(in, F_SETFL, all) == 0, "fcntl");
	log_line("after");
	more = end_stderr(kept, in, text, sizeof(text));
	CHECK(more == 2 && strstr(text, "log lines that nobody read in time, "
	    "and were dropped: 3") != NULL && strstr(text, "Z after\n") != NULL,
	    "%zu lines: %s", more, text);
}

/* What a program's function makes of a line: it has the line's rank. */
static void
pass_on(void *context, const char *line)
{
	log_line("%s%s", (const char *)context, line);
}

/* Lines for programs, and those that matter. */
static void
test_forms(void)
{
	static char prefix[] = "p ";
	const struct log_sink to = { pass_on, prefix };
	static char text[1 << 16];
	char stream[64];
	struct stat st;
	size_t lines;
	int kept, in;

	kept = take_stderr(&in);
	(void)unsetenv("JOURNAL_STREAM");
	CHECK(!log_is_journal(), "a journal without its variable");
	CHECK(fstat(STDERR_FILENO, &st) == 0, "fstat");
	(void)snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino + 1);
	(void)setenv("JOURNAL_STREAM", stream, 1);
	CHECK(!log_is_journal(), "another stream is the journal");
	(void)snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	(void)setenv("JOURNAL_STREAM", stream, 1);
	CHECK(log_is_journal(), "no journal: %s", stream);
	log_begin(LOG_JOURNAL, LOG_IS_INFO);
	log_line("one");
	log_error("two");
	(void)log_to(&to);
	log_warning("three");
	(void)log_to(NULL);
	lines = end_stderr(kept, in, text, sizeof(text));
	CHECK(strcmp(text, "<6>one\n<3>two\n<4>p three\n") == 0,
	    "%zu lines: %s", lines, text);

	kept = take_stderr(&in);
	log_begin(LOG_JSON, LOG_IS_WARNING);
	log_line("unseen");
	log_warning("a \"b\\\t");
	lines = end_stderr(kept, in, text, sizeof(text));
	CHECK(lines == 1 && strncmp(text, "{\"time\":\"20", 11) == 0 &&
	    strstr(text, "Z\",\"level\":\"warning\",\"text\":"
	    "\"a \\\"b\\\\?\"}\n") != NULL, "%s", text);
	log_begin(LOG_TEXT, LOG_IS_INFO);
}

int
main(void)
{
	test_clean();
	test_line();
	test_fold();
	test_blocked();
	test_forms();
	return check_report("log");
}
