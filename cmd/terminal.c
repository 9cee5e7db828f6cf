#include "cmd/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "disk/file.h"

#define REPLACEMENT SPAN("\xef\xbf\xbd")	/* U+FFFD */

/* C0, DEL, C1; line and paragraph separators; what turns directions. */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0x200e || c == 0x200f || c == 0x061c ||
	    (c >= 0xe0000 && c <= 0xe007f);
}

enum lines { LINES_STAY, LINES_JOIN, LINES_ALL };

static void
add_clean(struct buf *b, struct span text, enum lines lines,
    const char *indent)
{
	uint32_t c;
	size_t n, i;

	for (i = 0; i < text.n; i += n == 0 ? 1 : n) {
		n = utf8_take(text.p + i, text.n - i, &c);
		if (n == 0)
			buf_add(b, REPLACEMENT);
		else if (lines == LINES_ALL || !is_control(c))
			buf_add(b, (struct span){ text.p + i, n });
		else if (c != '\n' && c != '\t' && c != '\r')
			buf_add(b, REPLACEMENT);
		else if (lines == LINES_JOIN)
			buf_add_byte(b, ' ');
		else if (c != '\r')
			buf_add_byte(b, (char)c);
		if (n != 0 && c == '\n' && lines == LINES_STAY)
			buf_add(b, span_of(indent));
	}
}

void
terminal_text(struct buf *b, struct span text, const char *indent)
{
	add_clean(b, text, LINES_STAY, indent);
}

void
terminal_line(struct buf *b, struct span text)
{
	add_clean(b, text, LINES_JOIN, "");
}

void
terminal_utf8(struct buf *b, struct span text)
{
	add_clean(b, text, LINES_ALL, "");
}

void
terminal_date(struct buf *b, struct span posted)
{
	uint64_t wall;
	time_t seconds;
	struct tm local;

	if (posted.n != CLOCK_TEXT || !clock_read(&wall, posted.p)) {
		terminal_line(b, posted);
		return;
	}
	seconds = (time_t)(wall / 1000);
	if (localtime_r(&seconds, &local) != NULL &&
	    local.tm_year > 0)
		buf_addf(b, "%04d-%02d-%02d %02d:%02d", local.tm_year + 1900,
		    local.tm_mon + 1, local.tm_mday, local.tm_hour,
		    local.tm_min);
}

static void
add_escaped(struct buf *b, struct span text)
{
	uint32_t c;
	size_t n, i;

	for (i = 0; i < text.n; i += n == 0 ? 1 : n) {
		n = utf8_take(text.p + i, text.n - i, &c);
		if (n == 0 || !is_control(c) || c == '\n' || c == '\t')
			buf_add(b, (struct span){ text.p + i, n == 0 ? 1 : n });
		else if (c < 0x10000)
			buf_addf(b, "\\u%04x", (unsigned)c);
		else
			buf_addf(b, "\\u%04x\\u%04x",
			    (unsigned)(0xd7c0 + (c >> 10)),
			    (unsigned)(0xdc00 + (c & 0x3ff)));
	}
}

/* Where a file ends that is stdout; -1 if it is none. */
static off_t
end_of_file(void)
{
	struct stat status;
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (fstat(STDOUT_FILENO, &status) == -1 || !S_ISREG(status.st_mode))
		return -1;
	return flags != -1 && (flags & O_APPEND) ? status.st_size :
	    lseek(STDOUT_FILENO, 0, SEEK_CUR);
}

static int
write_all(struct span text)
{
	ssize_t n;

	while (text.n > 0) {
		n = write(STDOUT_FILENO, text.p, text.n);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		text.p += n;
		text.n -= (size_t)n;
	}
	return 0;
}

int
terminal_write(struct span text)
{
	struct buf clean = { NULL, 0, 0 };
	int result, error;

	add_escaped(&clean, text);
	result = terminal_draw(buf_span(&clean));
	error = errno;
	buf_free(&clean);
	errno = error;
	return result;
}

int
terminal_draw(struct span text)
{
	off_t end = end_of_file();
	int result = write_all(text), error = errno;

	if (result == -1 && end != -1 && ftruncate(STDOUT_FILENO, end) == 0)
		(void)lseek(STDOUT_FILENO, end, SEEK_SET);
	errno = error;
	return result;
}

int
terminal_sync(void)
{
	/* Terminals and pipes cannot be synced. */
	return file_sync(STDOUT_FILENO) == 0 || errno == EINVAL ||
	    errno == EROFS || errno == ENOTSUP ? 0 : -1;
}
