#include "net/jwks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/log.h"
#include "conf.h"
#include "disk/file.h"
#include "tmtp.h"

#define INTERVAL  60000		/* milliseconds between two looks */
#define FILES_MAX 64		/* of one directory */
#define FILE_MAX  ((size_t)256 << 10)
#define WHY_ROOM  512

/* What is known of one place. */
struct source {
	char *name;
	uint32_t sum;		/* of the files' texts */
	char fault[WHY_ROOM];	/* what was logged; "": nothing is wrong */
	bool read;		/* sum is that of the keys that serve */
	bool wanted;		/* conf names it */
};

struct jwks {
	struct relay *relay;
	const struct conf *conf;
	struct source *sources;
	size_t count;
	uint64_t due;
};

/* The texts in one place. */
struct texts {
	struct buf all[FILES_MAX];
	size_t count;
};

static void
free_texts(struct texts *t)
{
	while (t->count > 0)
		buf_free(&t->all[--t->count]);
}

static int
fail(char *why, size_t room, const char *place, const char *what)
{
	(void)snprintf(why, room, "%s: %s", place, what);
	return -1;
}

static int
read_text(struct texts *t, int dir, const char *name)
{
	if (t->count == FILES_MAX) {
		errno = EMFILE;
		return -1;
	}
	t->all[t->count] = (struct buf){ NULL, 0, 0 };
	return file_read(dir, name, FILE_MAX, &t->all[t->count++]);
}

/* All files of a directory but hidden ones, such as drafts. */
static int
read_list(struct texts *t, DIR *list)
{
	const char *name;
	int result = 0;

	while (result == 0 && (name = file_next_name(list)) != NULL)
		result = read_text(t, dirfd(list), name);
	return file_end_list(list);
}

static int
read_place(struct texts *t, const char *place, char *why, size_t room)
{
	DIR *list = file_open_list(AT_FDCWD, place);
	int result;

	t->count = 0;
	if (list == NULL && errno == ENOTDIR)
		result = read_text(t, AT_FDCWD, place);
	else
		result = list != NULL ? read_list(t, list) : -1;
	if (result == 0 && t->count > 0)
		return 0;
	free_texts(t);
	if (strstr(place, "://") != NULL)
		return fail(why, room, place, "this is a URL: fetch it to a "
		    "file, as mnm(8) shows");
	return fail(why, room, place, result == -1 ? strerror(errno) :
	    "there is no file in this directory");
}

/* Give the texts to a relay, or check them if it is NULL. */
static int
give(struct relay *relay, const char *place, const struct texts *t, char *why,
    size_t room)
{
	struct span spans[FILES_MAX];
	char fault[WHY_ROOM];
	size_t i;

	for (i = 0; i < t->count; i++)
		spans[i] = buf_span(&t->all[i]);
	if (tmtp_set_keys(relay, place, spans, t->count, fault,
	    sizeof(fault)) == 0)
		return 0;
	return fail(why, room, place, fault);
}

int
jwks_check(const char *place, char *why, size_t room)
{
	struct texts t;
	int result;

	if (read_place(&t, place, why, room) == -1)
		return -1;
	result = give(NULL, place, &t, why, room);
	free_texts(&t);
	return result;
}

/* The order of a directory's files does not count. */
static uint32_t
sum_of(const struct texts *t)
{
	uint32_t sum = (uint32_t)t->count;
	size_t i;

	for (i = 0; i < t->count; i++)
		sum += encode_crc32c(0, t->all[i].p, t->all[i].n);
	return sum;
}

static int
refresh(struct jwks *jwks, struct source *s, char *why, size_t room)
{
	struct texts t;
	uint32_t sum;
	int result = 0;

	if (read_place(&t, s->name, why, room) == -1)
		return -1;
	sum = sum_of(&t);
	if (!s->read || s->sum != sum) {
		result = give(jwks->relay, s->name, &t, why, room);
		if (result == 0 && s->read)
			log_line("%s: the keys have changed", s->name);
		if (result == 0)
			s->read = true;
		if (result == 0)
			s->sum = sum;
	}
	free_texts(&t);
	return result;
}

static void
refresh_and_log(struct jwks *jwks, struct source *s)
{
	char why[WHY_ROOM] = "";

	if (refresh(jwks, s, why, sizeof(why)) == -1 &&
	    strcmp(why, s->fault) != 0)
		log_warning("%s; %s", why, s->read ? "keeping the old keys" :
		    "nobody can be authenticated by these keys");
	(void)snprintf(s->fault, sizeof(s->fault), "%s", why);
}

static void
want(struct jwks *jwks, const char *name)
{
	struct source *s = jwks->sources;

	for (; s < jwks->sources + jwks->count; s++) {
		if (strcmp(s->name, name) == 0) {
			s->wanted = true;
			return;
		}
	}
	jwks->sources = xgrow(jwks->sources, jwks->count, sizeof(*s));
	jwks->sources[jwks->count++] = (struct source){
		.name = xcopy(span_of(name)), .wanted = true
	};
}

static void
forget(struct jwks *jwks, struct source *s)
{
	(void)tmtp_set_keys(jwks->relay, s->name, NULL, 0, NULL, 0);
	free(s->name);
	*s = jwks->sources[--jwks->count];
}

struct jwks *
jwks_open(struct relay *relay, const struct conf *conf)
{
	struct jwks *jwks = xzalloc(sizeof(*jwks));

	jwks->relay = relay;
	jwks->conf = conf;
	return jwks;
}

void
jwks_close(struct jwks *jwks)
{
	if (jwks == NULL)
		return;
	while (jwks->count > 0)
		forget(jwks, &jwks->sources[jwks->count - 1]);
	free(jwks->sources);
	free(jwks);
}

void
jwks_read(struct jwks *jwks, struct now now)
{
	const struct conf *conf = jwks->conf;
	size_t i;

	for (i = 0; i < jwks->count; i++)
		jwks->sources[i].wanted = false;
	for (i = 0; conf->auth > 0 && i < conf->authby_count; i++) {
		if (conf->authby[i].keys[0] != '\0')
			want(jwks, conf->authby[i].keys);
	}
	for (i = jwks->count; i-- > 0;) {
		if (jwks->sources[i].wanted)
			refresh_and_log(jwks, &jwks->sources[i]);
		else
			forget(jwks, &jwks->sources[i]);
	}
	jwks->due = jwks->count > 0 ? now.mono + INTERVAL : UINT64_MAX;
}

uint64_t
jwks_deadline(const struct jwks *jwks)
{
	return jwks->due;
}
