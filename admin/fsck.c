/*
 * The journal, the files of users and groups and guests.json are read as at
 * start, by the modules that own them.  What a start does not read is read
 * here:
 *
 *	found in user/			action
 *	the index of a known node	read all that it says that waits; if
 *					damaged: quarantine
 *	a message of an older relay	none: a start takes it over
 *	a directory of no known node	log a line: see store.c
 *	anything else			log a line
 *
 * A repair starts with a checkpoint, which leaves the journal empty, and ends
 * with one, which takes what is damaged off the indexes.
 */
#include "admin/fsck.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "datadir.h"
#include "disk/file.h"
#include "store.h"
#include "userdb.h"

#define PATH_BYTES 1100	/* user and four names, of 255 bytes at most */
#define REF_TEXT 12		/* room for a node's number */

struct fsck {
	struct datadir data;
	struct uid uid;		/* of the current directory */
	struct store_load seen;	/* messages without damage */
	char *why;
	size_t room;
};

/* Check path, whose last part is name.  Returns 0, or as fail. */
typedef int look(struct fsck *, const char *path, const char *name);

/* It cannot be checked, for the reason in errno. */
static int
fail(struct fsck *c, const char *path)
{
	return say_why(c->why, c->room, "%s: %s", path, strerror(errno));
}

static int
stray(const char *path, const char *what)
{
	log_line("%s is %s; left alone", path, what);
	return 0;
}

/* Check everything in a directory. */
static int
look_at_each(struct fsck *c, const char *path, look *at)
{
	DIR *list = file_open_list(c->data.dir, path);
	char below[PATH_BYTES];
	const char *name;
	int result = 0;

	if (list == NULL && errno == ENOTDIR)
		return stray(path, "not a directory");
	if (list == NULL)
		return errno == ENOENT ? 0 : fail(c, path);
	while (result == 0 && (name = file_next_name(list)) != NULL) {
		(void)snprintf(below, sizeof(below), "%s/%s", path, name);
		result = at(c, below, name);
	}
	if (file_end_list(list) == -1 && result == 0)
		result = fail(c, path);
	return result;
}

static int
look_at_file(struct fsck *c, const char *path, const char *name)
{
	uint64_t id;

	(void)c;
	return strncmp(name, "index-", 6) == 0 ||
	    decode_hex64(&id, span_of(name)) ? 0 :
	    stray(path, "not a file of a queue");
}

/* A number without leading zeros. */
static bool
read_ref(uint32_t *ref, const char *name)
{
	char text[REF_TEXT];

	*ref = (uint32_t)strtoul(name, NULL, 10);
	(void)snprintf(text, sizeof(text), "%" PRIu32, *ref);
	return strcmp(text, name) == 0;
}

static int
look_at_queue(struct fsck *c, const char *path, const char *name)
{
	const struct user *u;
	struct queue *q;
	uint32_t ref;

	if (strcmp(name, "user.json") == 0)
		return 0;
	if (!read_ref(&ref, name))
		return stray(path, "neither user.json nor a queue");
	u = userdb_user(c->data.userdb, &c->uid);
	if (u == NULL || (ref != STORE_HIDDEN &&
	    roster_node(u, ref) == NULL))
		return stray(path, "the queue of an unknown node");
	q = store_queue(c->data.store, &c->uid, ref);
	if (store_check_queue(c->data.store, q, &c->seen) == -1)
		return fail(c, path);
	return look_at_each(c, path, look_at_file);
}

static int
look_at_user(struct fsck *c, const char *path, const char *name)
{
	const char *above = path + strlen("user/");

	if (!decode_base32(c->uid.bytes, UID_BYTES, span_of(name)) ||
	    strncmp(above, name, 2) != 0 || above[2] != '/')
		return stray(path, "not a user's directory");
	return look_at_each(c, path, look_at_queue);
}

static int
look_at_users(struct fsck *c, const char *path, const char *name)
{
	(void)name;	/* the users in it say what it should be */
	return look_at_each(c, path, look_at_user);
}

/* All files in them have been read as groups. */
static int
pass_over(struct fsck *c, const char *path, const char *name)
{
	(void)name;
	return strchr(path + strlen("group/"), '/') != NULL ? 0 :
	    look_at_each(c, path, pass_over);
}

bool
fsck_knows(const char *name)
{
	static const char *const known[] = {
		"lock", "journal", "pack", "guests.json", "control", "tmp",
		"user", "group", "lost+found", "aside", "push.pem",
		"ca-key.pem", "cert.pem", "key.pem",
		"ca-key.pem.old", "cert.pem.old", "key.pem.old"
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i]) == 0)
			return true;
	}
	return false;
}

static int
look_at_top(struct fsck *c, const char *path, const char *name)
{
	(void)path;
	if (strcmp(name, "user") == 0)
		return look_at_each(c, name, look_at_users);
	if (strcmp(name, "group") == 0)
		return look_at_each(c, name, pass_over);
	return fsck_knows(name) ? 0 : stray(name, "not a file of the relay");
}

static int
look_at_data(struct fsck *c, enum fsck_kind kind)
{
	if (store_check_large(c->data.store, &c->seen) == -1)
		return fail(c, "large data in tmp");
	if (kind == FSCK_REPAIR) {
		if (datadir_checkpoint(&c->data) == -1)
			return fail(c, "cannot empty the journal");
		/* Large data has become files, which are counted below. */
		c->seen = (struct store_load){ 0, 0 };
	}
	if (look_at_each(c, ".", look_at_top) == -1)
		return -1;
	if (kind == FSCK_REPAIR && datadir_checkpoint(&c->data) == -1)
		return fail(c, "cannot empty the journal");
	return 0;
}

static void
sum_up(const struct fsck *c, struct fsck_sum *sum)
{
	size_t at = 0;

	*sum = (struct fsck_sum){
		.records = c->data.records,
		.users = userdb_user_count(c->data.userdb),
		.messages = c->seen.messages,
		.bytes = c->seen.bytes,
		.damaged = c->data.quarantine.count
	};
	while (userdb_next_group(c->data.userdb, &at) != NULL)
		sum->groups++;
}

/* A repair creates what is missing, which must not happen elsewhere. */
static bool
is_data(const char *path, char *why, size_t room)
{
	int dir = file_open_dir(AT_FDCWD, path);
	bool is = dir != -1 && (faccessat(dir, "journal", F_OK, 0) == 0 ||
	    faccessat(dir, "user", F_OK, 0) == 0);

	if (!is)
		(void)snprintf(why, room, "%s: %s", path, dir == -1 ||
		    errno != ENOENT ? strerror(errno) :
		    "no relay has stored anything here");
	(void)fd_close(dir);
	return is;
}

int
fsck_run(const char *path, enum fsck_kind kind, uint64_t journal_size,
    struct fsck_sum *sum, char *why, size_t room)
{
	struct fsck c = { .why = why, .room = room };
	int result;

	if (!is_data(path, why, room) || datadir_open(&c.data, path,
	    kind == FSCK_REPAIR ? journal_size : 0, why, room) == -1)
		return -1;
	result = look_at_data(&c, kind);
	if (result == 0)
		sum_up(&c, sum);
	if (datadir_close(&c.data) == -1 && result == 0)
		result = fail(&c, path);
	return result == 0 ? c.data.quarantine.count > 0 : -1;
}
