#include "client/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/wire.h"
#include "disk/file.h"

#define ACK_MAX   70000		/* more than any header */
#define PIECE     65536
#define PATH_ROOM (OUTGOING_NAME + 16)
#define HOUR      3600		/* seconds */
#define DAY       86400
#define AGAIN     (5 * DAY)	/* a mail server tries again so long */
#define AGE_MAX   (3650ull * DAY)

/* 16 digits of time and 12 of chance. */
#define ID_DIGITS 28

int
outgoing_id(char id[OUTGOING_NAME])
{
	unsigned char chance[6];
	size_t i;

	encode_hex64(id, clock_us(CLOCK_REALTIME));
	if (encode_random(chance, sizeof(chance)) == -1)
		return -1;
	for (i = 0; i < sizeof(chance); i++)
		(void)snprintf(id + ID_TEXT + 2 * i, 3, "%02x", chance[i]);
	return 0;
}

static void
path_of(char path[PATH_ROOM], const char *prefix, const char *name,
    const char *suffix)
{
	(void)snprintf(path, PATH_ROOM, "%s%.*s%s", prefix,
	    OUTGOING_NAME - 1, name, suffix);
}

/* ---- writing ---- */

static int
put(int fd, struct span bytes, uint64_t *at)
{
	int result = file_pwrite_all(fd, bytes.p, bytes.n, *at);

	*at += bytes.n;
	return result;
}

static int
put_part(int fd, const struct outgoing_part *part, uint64_t *at)
{
	uint64_t from = 0;
	char piece[PIECE];
	size_t n;

	if (part->fd == -1)
		return put(fd, part->bytes, at);
	while (from < part->size) {
		n = part->size - from < PIECE ? (size_t)(part->size - from) :
		    PIECE;
		if (file_pread_all(part->fd, piece, n, from) == -1 ||
		    put(fd, (struct span){ piece, n }, at) == -1)
			return -1;
		from += n;
	}
	return 0;
}

static int
put_all(int fd, struct span header, const struct outgoing_part *parts,
    size_t count)
{
	struct buf head = { NULL, 0, 0 };
	uint64_t at = 0;
	size_t i;
	int result;

	wire_frame(&head, header, SPAN(""));
	result = put(fd, buf_span(&head), &at);
	buf_free(&head);
	for (i = 0; i < count && result == 0; i++)
		result = put_part(fd, &parts[i], &at);
	return result == 0 ? file_sync(fd) : -1;
}

int
outgoing_write(int dir, const char *name, struct span header,
    const struct outgoing_part *parts, size_t count, char *why, size_t room)
{
	char draft[PATH_ROOM];
	int fd;

	path_of(draft, "tmp-", name, "");
	/* A crash may have left a draft of this name. */
	fd = openat(dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return say_why(why, room, "cannot keep it: %s",
		    strerror(errno));
	if (fd_close_written(fd, put_all(fd, header, parts, count)) == 0 &&
	    renameat(dir, draft, dir, name) == 0 && file_sync(dir) == 0)
		return 0;
	(void)say_why(why, room, "cannot keep it: %s", errno == EBADMSG ?
	    "a file became shorter while it was read" : strerror(errno));
	(void)file_discard(dir, draft);
	return file_discard(dir, name);
}

/* ---- what is there ---- */

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool
is_name(const char *name, const char *suffix)
{
	return strspn(name, "0123456789abcdef") == ID_DIGITS &&
	    strcmp(name + ID_DIGITS, suffix) == 0;
}

static int
list_suffix(int dir, struct buf *names, const char *after,
    const char *suffix)
{
	DIR *list = file_open_list(dir, ".");
	size_t start = names->n;
	const char *name;
	char *place;

	if (list == NULL)
		return -1;
	while ((name = file_next_name(list)) != NULL) {
		if (!is_name(name, suffix) || strcmp(name, after) <= 0)
			continue;
		place = buf_room(names, OUTGOING_NAME);
		(void)snprintf(place, OUTGOING_NAME, "%.*s", ID_DIGITS, name);
		names->n += OUTGOING_NAME;
	}
	if (names->n > start)
		qsort(names->p + start, (names->n - start) / OUTGOING_NAME,
		    OUTGOING_NAME, compare);
	return file_end_list(list);
}

int
outgoing_list(int dir, struct buf *names, const char *after)
{
	return list_suffix(dir, names, after, "");
}

int
outgoing_list_refused(int dir, struct buf *names)
{
	return list_suffix(dir, names, "", ".refused");
}

int
outgoing_map(int dir, const char *name, struct outgoing *o)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct reply r;
	struct stat st;
	void *p;

	*o = (struct outgoing){ .frame = { NULL, 0 } };
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		return fd_close(fd);
	p = mmap(NULL, (size_t)st.st_size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)fd_close(fd);
	if (p == MAP_FAILED)
		return -1;
	o->frame = (struct span){ p, (size_t)st.st_size };
	(void)snprintf(o->name, sizeof(o->name), "%s", name);
	if (wire_read_request(&r, o->frame)) {
		o->id = r.id;
		return 0;
	}
	outgoing_unmap(o);
	errno = EBADMSG;
	return -1;
}

void
outgoing_unmap(struct outgoing *o)
{
	void *p = (void *)(uintptr_t)o->frame.p;

	if (p != NULL)
		(void)munmap(p, o->frame.n + 1);
	o->frame = (struct span){ NULL, 0 };
}

/* ---- acks ---- */

/* No sync: if the power fails now, nobody waits for the ack any more. */
int
outgoing_settle(int dir, const char *name, struct span ack, bool is_refused)
{
	char draft[PATH_ROOM], path[PATH_ROOM];

	path_of(draft, "tmp-", name, ".ack");
	path_of(path, "", name, ".ack");
	if (file_write(dir, draft, ack) == -1)
		return -1;
	if (renameat(dir, draft, dir, path) == -1)
		return file_discard(dir, draft);
	if (!is_refused)
		return unlinkat(dir, name, 0);
	path_of(path, "", name, ".refused");
	return renameat(dir, name, dir, path);
}

bool
outgoing_read_ack(int dir, const char *name, struct buf *ack)
{
	char path[PATH_ROOM];

	path_of(path, "", name, ".ack");
	return file_read(dir, path, ACK_MAX, ack) == 0;
}

bool
outgoing_take_ack(int dir, const char *name, struct buf *ack)
{
	if (!outgoing_read_ack(dir, name, ack))
		return false;
	(void)outgoing_drop(dir, name);	/* outgoing_clean would */
	return true;
}

int
outgoing_drop(int dir, const char *name)
{
	static const char *const suffixes[] = { "", ".refused", ".ack" };
	char path[PATH_ROOM];
	int result = -1;
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		path_of(path, "", name, suffixes[i]);
		if (unlinkat(dir, path, 0) == 0)
			result = 0;
	}
	return result;
}

int
outgoing_retry(int dir, const char *name)
{
	char path[PATH_ROOM];

	path_of(path, "", name, ".ack");
	if (unlinkat(dir, path, 0) == -1 && errno != ENOENT)
		return -1;
	path_of(path, "", name, ".refused");
	return renameat(dir, path, dir, name);
}

/*
 * How long an ack stays that nobody takes, in seconds.  A name that does not
 * begin with the time of writing was made of a mail, which may come again.
 */
static time_t
time_to_stay(const char *name, uint64_t now)
{
	uint64_t us;

	if (decode_hex64(&us, (struct span){ name, ID_TEXT }) &&
	    us / 1000000 <= now / 1000 + DAY &&
	    us / 1000000 + AGE_MAX > now / 1000)
		return HOUR;
	return strncmp(name, "tmp-", 4) == 0 ? HOUR : AGAIN;
}

void
outgoing_clean(int dir, uint64_t now)
{
	DIR *list = file_open_list(dir, ".");
	char refused[PATH_ROOM];
	const char *name;
	struct stat st;

	if (list == NULL)
		return;
	while ((name = file_next_name(list)) != NULL) {
		if (strncmp(name, "tmp-", 4) != 0 && !is_name(name, ".ack"))
			continue;
		(void)snprintf(refused, sizeof(refused), "%.*s.refused",
		    ID_DIGITS, name);
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime + time_to_stay(name, now) <
		    (time_t)(now / 1000) &&
		    faccessat(dir, refused, F_OK, 0) == -1)
			(void)unlinkat(dir, name, 0);
	}
	(void)file_end_list(list);
}
