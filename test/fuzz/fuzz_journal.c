/*
 * Feed a start damaged journals.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_journal -max_total_time=60
 *
 * A journal of some members and messages is made once.  The first byte says
 * what is done to its first segment:
 *
 *	d	changes: three bytes for the place, one for the value
 *	r	the rest is the records of one more batch, which is whole: what
 *		nobody wrote, but a checksum holds for
 *
 * The check of such a directory, which is a start that changes nothing, ends
 * with a number of users or a sentence.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "datadir.h"
#include "disk/file.h"
#include "disk/segment.h"
#include "test/lib/harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define PLACE_MAX (64 << 10)	/* where changes are: what is written */

static struct harness stage;
static char *path;
static int segment = -1;
static uint64_t key;
static uint32_t batch_end;	/* where another would begin */
static uint64_t batch_next;
static char before[PLACE_MAX];

/* Posts, groups, invitations and acks by two members. */
static void
make_journal(void)
{
	static const char *const lines[] = {
		"{\"op\":3,\"id\":\"1\",\"newalias\":\"al\"}",
		"{\"op\":3,\"id\":\"2\",\"newnode\":\"phone\"}",
		"{\"op\":5,\"id\":\"3\",\"gid\":\"g\",\"from\":\"alice\","
		    "\"to\":\"bob\",\"datalen\":0}",
		"{\"op\":9,\"id\":\"4\",\"from\":\"al\",\"to\":\"bob\","
		    "\"datalen\":0}"
	};
	static const char *const people[] = { "alice", "bob" };
	struct actor *a = NULL;
	struct buf hello = { NULL, 0, 0 };
	size_t i;

	harness_open(&stage);
	harness_start(&stage);
	for (i = 2; i-- > 0;) {
		a = harness_actor(&stage, people[i]);
		harness_connect(&stage, a);
		harness_say(&stage, a, "{\"op\":0,\"id\":\"1\"}");
		hello.n = 0;
		buf_addf(&hello, "{\"op\":1,\"newnode\":\"x\",\"newalias\":"
		    "\"%s\"}", people[i]);
		buf_add_byte(&hello, '\0');
		harness_say(&stage, a, hello.p);
		harness_turn(&stage);
	}
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		harness_say(&stage, a, lines[i]);
		harness_turn(&stage);
	}
	buf_free(&hello);
	harness_crash(&stage);	/* the data is elsewhere now */
}

/* Open the segment that has batches; know its key and where they end. */
static void
find_segment(int data)
{
	DIR *list = file_open_list(data, "journal");
	struct segment s = { .fd = -1 };
	struct buf image = { NULL, 0, 0 };
	const struct segment_batch *last;
	const char *name;

	while (list != NULL && (name = file_next_name(list)) != NULL) {
		key = strtoull(name, NULL, 16);
		s.fd = openat(dirfd(list), name, O_RDWR | O_CLOEXEC);
		if (s.fd == -1 || segment_scan(&s, key, &image) == -1)
			die("%s: %s", name, strerror(errno));
		if (s.batch_count > 0)
			break;
		(void)close(s.fd);
	}
	if (s.batch_count == 0)
		die("no batches");
	last = &s.batches[s.batch_count - 1];
	batch_end = last->offset + segment_batch_size(last->length);
	batch_next = last->number + 1;
	segment = s.fd;
	segment_forget(&s);
	buf_free(&image);
	(void)file_end_list(list);
	if (batch_end > PLACE_MAX / 2 ||
	    file_pread_all(segment, before, sizeof(before), 0) == -1)
		die("the journal is too large: %u", (unsigned)batch_end);
}

static void
begin(void)
{
	struct buf text = { NULL, 0, 0 };
	int data;

	log_level(LOG_QUIET);
	make_journal();
	buf_addf(&text, "%s/%u", stage.path, stage.crashes);
	path = text.p;
	data = file_open_dir(AT_FDCWD, path);
	find_segment(data);
	(void)close(data);
}

static void
put(const void *bytes, size_t n, uint64_t at)
{
	if (file_pwrite_all(segment, bytes, n, at) == -1)
		die("write: %s", strerror(errno));
}

static void
change(const uint8_t *bytes, size_t n)
{
	size_t at;

	for (; n >= 4; bytes += 4, n -= 4) {
		at = ((size_t)bytes[0] << 16 | (size_t)bytes[1] << 8 |
		    bytes[2]) % PLACE_MAX;
		put(&bytes[3], 1, at);
	}
}

static void
add_batch(const uint8_t *bytes, size_t n)
{
	struct segment_batch batch = { .number = batch_next, .oldest = 1,
	    .id = batch_next << 40, .offset = batch_end,
	    .length = (uint32_t)n };
	char *text = calloc(1, SEGMENT_HEADER + n);

	if (text == NULL)
		die("no memory");
	memcpy(text + SEGMENT_HEADER, bytes, n);
	segment_seal(text, &batch, key);
	put(text, SEGMENT_HEADER + n, batch_end);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct datadir d;
	char why[300] = "";

	if (segment == -1)
		begin();
	if (n == 0 || n > PLACE_MAX / 4 ||
	    (bytes[0] != 'r' && bytes[0] != 'd'))
		return 0;
	if (bytes[0] == 'r')
		add_batch(bytes + 1, n - 1);
	else
		change(bytes + 1, n - 1);
	if (datadir_open(&d, path, 0, why, sizeof(why)) == 0)
		(void)datadir_close(&d);	/* nothing was written */
	else
		assert(why[0] != '\0');
	put(before, sizeof(before), 0);
	return 0;
}
