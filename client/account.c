#include "client/account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/utf8.h"
#include "disk/file.h"
#include "json.h"

#define FILE_MAX (1 << 20)
#define RESUME_TIME 86400	/* seconds for a TLS session: RFC 5246 */

static const char *const lock_names[] = {
	[ACCOUNT_ONLINE] = "online.lock", [ACCOUNT_READER] = "reader.lock",
	[ACCOUNT_CHANGE] = "change.lock"
};

static const struct json_field fields[] = {
	{ "address",     0, JSON_RAW,   offsetof(struct account, address) },
	{ "fingerprint", 0, JSON_RAW,   offsetof(struct account, fingerprint) },
	{ "label",       0, JSON_RAW,   offsetof(struct account, label) },
	{ "nodeid",      0, JSON_RAW,   offsetof(struct account, nodeid) },
	{ "uid",         0, JSON_RAW,   offsetof(struct account, uid) }
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* ---- names ---- */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Take the next character of a name, or '\0' at its end. */
static char
next_char(struct span *name)
{
	char c;

	if (name->n == 0)
		return '\0';
	c = lower(*name->p);
	do {
		name->p++;
		name->n--;
	} while (c == ' ' && name->n > 0 && *name->p == ' ');
	return c;
}

bool
account_same_name(struct span a, struct span b)
{
	while (a.n > 0 && b.n > 0)
		if (next_char(&a) != next_char(&b))
			return false;
	return a.n == 0 && b.n == 0;
}

/* ---- the directory ---- */

bool
account_is_name(const char *name)
{
	size_t n = strlen(name), i;

	if (n == 0 || n > 64 || name[0] == '.' || name[0] == '-' ||
	    strchr(name, '/') != NULL || !utf8_is_valid(name, n))
		return false;
	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return false;
	return true;
}

int
account_home(char path[ACCOUNT_PATH], char *why, size_t room)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (base != NULL && base[0] == '/')
		n = snprintf(path, ACCOUNT_PATH, "%s/tmtp", base);
	else if (home != NULL && home[0] == '/')
		n = snprintf(path, ACCOUNT_PATH, "%s/.config/tmtp", home);
	else
		return say_why(why, room, "neither XDG_CONFIG_HOME nor HOME "
		    "is set");
	if (n >= ACCOUNT_PATH - 80)
		return say_why(why, room, "%s is too long", path);
	return 0;
}

/* Nothing is open, so account_close does no harm, however often. */
static void
clear(struct account *a)
{
	*a = (struct account){ .dir = -1, .out = -1, .in = -1,
	    .numbering = DIALOG_2020 };
	memset(a->locks, -1, sizeof(a->locks));
}

static void
set_path(struct account *a, const char *home, const char *name)
{
	clear(a);
	(void)snprintf(a->path, sizeof(a->path), "%.*s/%s",
	    ACCOUNT_PATH - 80, home, name);
	account_set(&a->address, SPAN(""));
	account_set(&a->fingerprint, SPAN(""));
	account_set(&a->uid, SPAN(""));
	account_set(&a->nodeid, SPAN(""));
	account_set(&a->label, SPAN(""));
}

static int
open_dirs(struct account *a)
{
	a->dir = file_open_dir(AT_FDCWD, a->path);
	if (a->dir == -1)
		return -1;
	if (file_make_synced_dir(a->dir, "out") == -1 ||
	    file_make_synced_dir(a->dir, "in") == -1)
		return -1;
	a->out = file_open_dir(a->dir, "out");
	a->in = file_open_dir(a->dir, "in");
	return a->out == -1 || a->in == -1 ? -1 : 0;
}

static int
fail(struct account *a, char *why, size_t room)
{
	(void)say_why(why, room, "%s: %s", a->path, strerror(errno));
	account_close(a);
	return -1;
}

int
account_open(struct account *a, const char *name, char *why, size_t room)
{
	char home[ACCOUNT_PATH];

	if (!account_is_name(name))
		return say_why(why, room, "invalid name of an account");
	if (account_home(home, why, room) == -1)
		return -1;
	set_path(a, home, name);
	if (faccessat(AT_FDCWD, a->path, F_OK, 0) == -1) {
		account_close(a);
		return say_why(why, room, "there is no account %s; make one "
		    "with: tmtp -a %s join", name, name);
	}
	if (open_dirs(a) == -1)
		return fail(a, why, room);
	if (account_read(a, why, room) == 0)
		return 0;
	account_close(a);
	return -1;
}

/* Make the account's directory, and those above it, to stay. */
static int
make_dirs(const char *path)
{
	char above[ACCOUNT_PATH];
	const char *slash = path;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		(void)snprintf(above, sizeof(above), "%.*s",
		    (int)(slash - path), path);
		if (file_make_synced_dir(AT_FDCWD, above) == -1)
			return -1;
	}
	return file_make_synced_dir(AT_FDCWD, path);
}

int
account_make(struct account *a, const char *name, char *why, size_t room)
{
	char home[ACCOUNT_PATH];

	clear(a);
	if (!account_is_name(name))
		return say_why(why, room, "invalid name of an account");
	if (account_home(home, why, room) == -1)
		return -1;
	set_path(a, home, name);
	if (make_dirs(a->path) == -1 || open_dirs(a) == -1)
		return fail(a, why, room);
	if (faccessat(a->dir, "account.json", F_OK, 0) == -1 ||
	    account_read(a, why, room) == 0)
		return 0;
	account_close(a);
	return -1;
}

static void
free_aliases(struct account *a)
{
	size_t i;

	for (i = 0; i < a->alias_count; i++)
		free(a->aliases[i]);
	free(a->aliases);
	a->aliases = NULL;
	a->alias_count = 0;
}

void
account_close(struct account *a)
{
	size_t i;

	for (i = 0; i < ACCOUNT_LOCKS; i++)
		(void)fd_close(a->locks[i]);
	(void)fd_close(a->out);
	(void)fd_close(a->in);
	(void)fd_close(a->dir);
	free(a->address);
	free(a->fingerprint);
	free(a->uid);
	free(a->nodeid);
	free(a->label);
	free_aliases(a);
	clear(a);
}

/* ---- locks ---- */

static int
lock(struct account *a, enum account_lock which, int command)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int *fd = &a->locks[which], result;

	if (*fd == -1)
		*fd = openat(a->dir, lock_names[which],
		    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd == -1)
		return -1;
	do {
		result = fcntl(*fd, command, &range);
	} while (result == -1 && errno == EINTR && command == F_SETLKW);
	return result;
}

int
account_lock(struct account *a, enum account_lock which, long *holder)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	*holder = 0;
	if (lock(a, which, F_SETLK) == 0)
		return 0;
	if (a->locks[which] != -1 &&
	    fcntl(a->locks[which], F_GETLK, &range) == 0 &&
	    range.l_type != F_UNLCK)
		*holder = (long)range.l_pid;
	return -1;
}

int
account_wait(struct account *a, enum account_lock which)
{
	return lock(a, which, F_SETLKW);
}

void
account_unlock(struct account *a, enum account_lock which)
{
	(void)fd_close(a->locks[which]);	/* gives the lock up */
	a->locks[which] = -1;
}

/* ---- account.json ---- */

void
account_set(char **text, struct span value)
{
	char *old = *text;

	*text = xcopy(value);
	free(old);
}

static void
set_raw(char **text, struct span raw)
{
	struct buf value = { NULL, 0, 0 };

	value.n = json_text(buf_room(&value, raw.n + 1), raw);
	account_set(text, buf_span(&value));
	buf_free(&value);
}

static void
add_alias(struct account *a, struct span raw)
{
	a->aliases = xgrow(a->aliases, a->alias_count, sizeof(*a->aliases));
	a->aliases[a->alias_count] = NULL;
	set_raw(&a->aliases[a->alias_count++], raw);
}

static bool
read_text(struct account *a, struct span text)
{
	struct span key, value;
	struct json j;
	size_t i;

	free_aliases(a);
	json_begin(&j, text);
	json_object(&j);
	while (json_key(&j, &key)) {
		for (i = 0; i < FIELDS; i++)
			if (json_is(key, span_of(fields[i].key)))
				break;
		if (i < FIELDS) {
			value = json_string(&j);
			set_raw((char **)(void *)((char *)a +
			    fields[i].offset), value);
		} else if (json_is(key, SPAN("aliases"))) {
			json_array(&j);
			while (json_item(&j))
				add_alias(a, json_string(&j));
		} else if (json_is(key, SPAN("numbering"))) {
			a->numbering = json_uint(&j, UINT32_MAX) == 2018 ?
			    DIALOG_2018 : DIALOG_2020;
		} else {
			json_skip(&j);
		}
	}
	return json_done(&j);
}

int
account_read(struct account *a, char *why, size_t room)
{
	struct buf text = { NULL, 0, 0 };
	bool valid;

	if (file_read(a->dir, "account.json", FILE_MAX, &text) == -1)
		return errno == ENOENT ? say_why(why, room, "%s has not "
		    "joined a relay yet; see tmtp help join", a->path) :
		    say_why(why, room, "%s/account.json: %s", a->path,
		    strerror(errno));
	valid = read_text(a, buf_span(&text));
	buf_free(&text);
	if (valid)
		return 0;
	return say_why(why, room, "%s/account.json is damaged", a->path);
}

int
account_replace(const struct account *a, const char *name, struct span text)
{
	char draft[64];
	int fd, result;

	(void)snprintf(draft, sizeof(draft), "%.32s.new", name);
	fd = openat(a->dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return -1;
	result = file_pwrite_all(fd, text.p, text.n, 0);
	if (result == 0)
		result = file_sync(fd);
	if (fd_close_written(fd, result) == -1 ||
	    renameat(a->dir, draft, a->dir, name) == -1)
		return file_discard(a->dir, draft);
	return file_sync(a->dir);
}

int
account_write(struct account *a, char *why, size_t room)
{
	struct buf text = { NULL, 0, 0 };
	const char *value;
	size_t i;
	int result;

	json_put_open(&text, '{');
	json_put_key(&text, "aliases");
	json_put_open(&text, '[');
	for (i = 0; i < a->alias_count; i++)
		json_put_string(&text, NULL, span_of(a->aliases[i]));
	json_put_close(&text, ']');
	json_put_uint(&text, "numbering",
	    a->numbering == DIALOG_2018 ? 2018 : 2020);
	for (i = 0; i < FIELDS; i++) {
		value = *(char **)(void *)((char *)a + fields[i].offset);
		json_put_string(&text, fields[i].key, span_of(value));
	}
	json_put_close(&text, '}');
	buf_add_byte(&text, '\n');
	result = account_replace(a, "account.json", buf_span(&text));
	buf_free(&text);
	if (result == 0)
		return 0;
	return say_why(why, room, "%s/account.json: %s", a->path,
	    strerror(errno));
}

static size_t
find_alias(const struct account *a, struct span alias)
{
	size_t i;

	for (i = 0; i < a->alias_count; i++)
		if (account_same_name(span_of(a->aliases[i]), alias))
			break;
	return i;
}

bool
account_has_alias(const struct account *a, struct span alias)
{
	return find_alias(a, alias) < a->alias_count;
}

enum alias_change { ADD, DROP };

static int
change_alias(struct account *a, struct span alias, enum alias_change change,
    char *why, size_t room)
{
	size_t i;
	int result;

	if (account_wait(a, ACCOUNT_CHANGE) == -1)
		return say_why(why, room, "%s: %s", a->path, strerror(errno));
	result = account_read(a, why, room);
	i = find_alias(a, alias);
	if (result == 0 && (i == a->alias_count) == (change == ADD)) {
		if (change == ADD) {
			a->aliases = xgrow(a->aliases, a->alias_count,
			    sizeof(*a->aliases));
			a->aliases[a->alias_count++] = xcopy(alias);
		} else {
			free(a->aliases[i]);
			a->alias_count--;
			memmove(a->aliases + i, a->aliases + i + 1,
			    (a->alias_count - i) * sizeof(*a->aliases));
		}
		result = account_write(a, why, room);
	}
	account_unlock(a, ACCOUNT_CHANGE);
	return result;
}

int
account_add_alias(struct account *a, struct span alias, char *why,
    size_t room)
{
	return change_alias(a, alias, ADD, why, room);
}

int
account_drop_alias(struct account *a, struct span alias, char *why,
    size_t room)
{
	return change_alias(a, alias, DROP, why, room);
}

/* ---- resumption, waking ---- */

/* The file: a session, and a hash of what the account trusts. */
struct resume_file {
	struct client_resume resume;
	unsigned char trust[ENCODE_SHA256];
};

static void
hash_trust(const struct account *a, unsigned char hash[ENCODE_SHA256])
{
	struct buf text = { NULL, 0, 0 };

	buf_addf(&text, "%s\n%s", a->address, a->fingerprint);
	encode_sha256(hash, buf_span(&text));
	buf_free(&text);
}

static bool
is_fresh(const struct account *a)
{
	uint64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	struct stat st;

	return fstatat(a->dir, "resume", &st, 0) == 0 &&
	    now - (uint64_t)st.st_mtime < RESUME_TIME;
}

void
account_read_resume(const struct account *a, struct client_resume *resume)
{
	struct buf text = { NULL, 0, 0 };
	unsigned char trust[ENCODE_SHA256];
	struct resume_file file;

	*resume = (struct client_resume){ .size = 0 };
	hash_trust(a, trust);
	if (is_fresh(a) && file_read(a->dir, "resume", sizeof(file),
	    &text) == 0 && text.n == sizeof(file)) {
		memcpy(&file, text.p, sizeof(file));
		if (memcmp(file.trust, trust, sizeof(trust)) == 0)
			*resume = file.resume;
	}
	buf_free(&text);
}

/* No sync: part of a file is ignored. */
void
account_write_resume(const struct account *a,
    const struct client_resume *resume)
{
	struct resume_file file = { .resume = *resume };

	hash_trust(a, file.trust);
	if (file_write(a->dir, "resume.new", (struct span){
	    (const char *)&file, sizeof(file) }) == 0)
		(void)renameat(a->dir, "resume.new", a->dir, "resume");
}

void
account_wake(const struct account *a)
{
	int fd = openat(a->dir, "wake", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	/* Nobody reads it: then nobody is online.  Full: it will wake up. */
	if (fd != -1 && write(fd, "", 1) == -1)
		errno = 0;
	(void)fd_close(fd);
}

int
account_open_wake(struct account *a)
{
	if (mkfifoat(a->dir, "wake", 0600) == -1 && errno != EEXIST)
		return -1;
	/* It has a writer of its own, so that it never ends. */
	return openat(a->dir, "wake", O_RDWR | O_NONBLOCK | O_CLOEXEC);
}
