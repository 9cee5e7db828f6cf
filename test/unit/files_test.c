/*
 * Files of records, whole and damaged in every way: what is whole is given,
 * of what is not nothing is, and it is found again in lost+found.
 */
#include "userdb/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/log.h"
#include "disk/file.h"
#include "disk/quarantine.h"
#include "disk/recfile.h"
#include "test/lib/check.h"
#include "test/lib/scratch.h"
#include "userdb/record.h"

#define UID_A "%1111111111111111111111111111111"
#define UID_B "%1222222222222222222222222222222"
#define USER_A "user/%1/" UID_A "/user.json"
#define USER_B "user/%1/" UID_B "/user.json"
#define GROUP_C "group/5e/a%20b.json"

#define A_USER "{\"next_ref\":2,\"uid\":\"" UID_A "\"}"
#define A_ALIAS "{\"alias\":\"Alice\",\"uid\":\"" UID_A "\"}"
#define B_USER "{\"next_ref\":9,\"uid\":\"" UID_B "\"}"
#define C_GROUP "{\"gid\":\"A  b\"}"
#define C_MEMBER "{\"alias\":\"Alice\",\"gid\":\"A  b\"," \
	"\"state\":\"joined\",\"uid\":\"" UID_A "\"}"

static char root[] = "/tmp/files_test.XXXXXX";
static int dir;

/* Put text at path, and the directories above it. */
static void
put(const char *path, struct span text)
{
	int fd;

	if (file_make_parents(dir, path) == -1 ||
	    (fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0600)) == -1
	    || file_pwrite_all(fd, text.p, text.n, 0) == -1)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

/* The text of a file that has these lines and a right checksum. */
static void
seal(struct buf *file, const char *lines)
{
	file->n = 0;
	buf_add(file, span_of(lines));
	buf_addf(file, "\"crc32c %08x\"]\n",
	    (unsigned)encode_crc32c(0, file->p, file->n));
}

static void
put_lines(const char *path, const char *lines)
{
	struct buf file = { NULL, 0, 0 };

	seal(&file, lines);
	put(path, buf_span(&file));
	buf_free(&file);
}

static void
put_all(void)
{
	put_lines(USER_A, "[\n" A_USER ",\n" A_ALIAS ",\n");
	put_lines(USER_B, "[\n" B_USER ",\n");
	put_lines(GROUP_C, "[\n" C_GROUP ",\n" C_MEMBER ",\n");
}

/* Read all files: the text of the records, one a line and NUL at the end. */
static unsigned long
read_all(struct buf *found)
{
	struct quarantine lost = { .data = dir };
	struct files *f = files_open(&lost);
	struct record r;
	char why[256] = "";
	int more;

	found->n = 0;
	while ((more = files_next(f, &r, why, sizeof(why))) == 1) {
		record_write(found, &r);
		buf_add_byte(found, '\n');
	}
	CHECK(more == 0, "%s", why);
	buf_add_byte(found, '\0');
	files_close(f);
	return lost.count;
}

/*
 * What is in lost+found, which is emptied: the number of entries, and the
 * name and text of the last.
 */
struct found {
	size_t count;
	char name[256];
	struct buf text;
};

static void
take_kept(struct found *kept)
{
	struct dirent *entry;
	DIR *list;
	int fd = file_open_dir(dir, "lost+found");

	kept->count = 0;
	list = fd != -1 ? fdopendir(fd) : NULL;
	while (list != NULL && (entry = readdir(list)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		kept->count++;
		snprintf(kept->name, sizeof(kept->name), "%s", entry->d_name);
		kept->text.n = 0;
		if (file_read(fd, entry->d_name, 1 << 20, &kept->text) == -1)
			unlinkat(fd, entry->d_name, AT_REMOVEDIR);
		else
			unlinkat(fd, entry->d_name, 0);
	}
	if (list != NULL)
		closedir(list);
}

/*
 * Put text at path beside the other files; see it passed over and kept, and
 * just these records given.
 */
static void
check_damaged(const char *path, struct span text, const char *const *records)
{
	struct buf found = { NULL, 0, 0 };
	struct found kept = { .count = 0 };
	char name[256];
	size_t i, n = 0;

	put_all();
	put(path, text);
	CHECK(read_all(&found) == 1, "%s: not one damaged file:\n%.*s", path,
	    (int)text.n, text.p);
	for (i = 0; records[i] != NULL; i++) {
		CHECK(strstr(found.p, records[i]) != NULL, "%s: lost %s",
		    path, records[i]);
		n += strlen(records[i]) + 1;
	}
	CHECK(found.n == n + 1, "%s: found\n%s", path, found.p);
	CHECK(faccessat(dir, path, F_OK, 0) == -1, "%s is still there", path);
	take_kept(&kept);
	snprintf(name, sizeof(name), "%s", path);
	for (i = 0; name[i] != '\0'; i++)
		name[i] = name[i] == '/' ? '-' : name[i];
	CHECK(kept.count == 1 && strcmp(kept.name, name) == 0,
	    "%s: %zu lost, %s", path, kept.count, kept.name);
	CHECK(span_is(buf_span(&kept.text), text), "%s: lost and changed",
	    path);
	buf_free(&found);
	buf_free(&kept.text);
}

static const char *const all[] = {
	A_USER, A_ALIAS, B_USER, C_GROUP, C_MEMBER, NULL
};
static const char *const without_a[] = { B_USER, C_GROUP, C_MEMBER, NULL };
static const char *const without_b[] = {
	A_USER, A_ALIAS, C_GROUP, C_MEMBER, NULL
};
static const char *const without_c[] = { A_USER, A_ALIAS, B_USER, NULL };

/* Each byte changed, each length too short, and some too long. */
static void
check_every_byte(const char *path, const char *lines,
    const char *const *records)
{
	static const char masks[] = { 0x01, 0x20, (char)0x80 };
	struct buf file = { NULL, 0, 0 };
	size_t i, m;

	seal(&file, lines);
	for (i = 0; i < file.n; i++) {
		for (m = 0; m < sizeof(masks); m++) {
			file.p[i] ^= masks[m];
			check_damaged(path, buf_span(&file), records);
			file.p[i] ^= masks[m];
		}
		check_damaged(path, (struct span){ file.p, i }, records);
	}
	buf_add_byte(&file, '\n');
	check_damaged(path, buf_span(&file), records);
	file.n--;
	buf_add_byte(&file, '\0');
	check_damaged(path, buf_span(&file), records);
	buf_free(&file);
}

/* Whole by their checksum, and still not to be served. */
static const struct wrong {
	const char *path;
	const char *lines;
	const char *const *records;	/* that stay */
} wrong[] = {
	{ USER_A, "", without_a },
	{ USER_A, "[\n", without_a },
	{ USER_A, "[ \n" A_USER ",\n", without_a },
	{ USER_A, "{\n" A_USER ",\n", without_a },
	{ USER_A, "[\nnonsense,\n", without_a },
	{ USER_A, "[\n" A_USER ";\n", without_a },
	{ USER_A, "[\n" A_USER "\n", without_a },
	{ USER_A, "[\n" A_USER ",", without_a },
	{ USER_A, "[\n" A_USER ",\n,\n", without_a },
	{ USER_A, "[\n" A_USER ",\n\n", without_a },
	{ USER_A, "[\n" A_USER ",\n{\"node\":1,\"uid\":\"" UID_A "\"},\n",
	    without_a },
	{ USER_A, "[\n" B_USER ",\n", without_a },
	{ USER_A, "[\n" A_USER ",\n" B_USER ",\n", without_a },
	{ USER_A, "[\n" A_USER ",\n" C_GROUP ",\n", without_a },
	{ USER_B, "[\n" A_USER ",\n", without_b },
	{ GROUP_C, "[\n" A_USER ",\n", without_c },
	{ GROUP_C, "[\n" C_GROUP ",\n{\"gid\":\"other\"},\n", without_c },
	{ "user/%2/" UID_A "/user.json", "[\n" A_USER ",\n", all },
	{ "user/%1/backup/user.json", "[\n" A_USER ",\n", all },
	{ "group/00/a%20b.json", "[\n" C_GROUP ",\n", all },
	{ "group/5e/a b.json", "[\n" C_GROUP ",\n", all },
	{ "group/5e/a%20b.json~", "[\n" C_GROUP ",\n", all },
	{ "group/5e/A%20b.json", "[\n" C_GROUP ",\n", all },
};

static void
check_wrong(void)
{
	struct buf file = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < COUNT(wrong); i++) {
		seal(&file, wrong[i].lines);
		check_damaged(wrong[i].path, buf_span(&file),
		    wrong[i].records);
	}
	buf_free(&file);
}

/* What is none of ours is left where it is. */
static void
check_others(void)
{
	struct buf found = { NULL, 0, 0 };

	put_all();
	put_lines("user/README", "what a person put there");
	put_lines("user/.trash/x/user.json", "");
	put_lines("user/%1/.old/user.json", "");
	put_lines("user/%1/notes", "");
	put_lines("user/%1/" UID_B "/2/0123456789abcdef", "a message");
	put_lines("group/README", "");
	put_lines("group/5e/.a.json.swp", "");
	CHECK(file_make_parents(dir, "user/%1/%133333333333333333333333333333"
	    "3/1/") == 0, "a queue before its user");
	CHECK(read_all(&found) == 0, "something of it was damaged");
	CHECK(strstr(found.p, A_ALIAS) != NULL &&
	    strstr(found.p, C_MEMBER) != NULL, "found\n%s", found.p);
	CHECK(faccessat(dir, "user/README", F_OK, 0) == 0, "README");
	buf_free(&found);
}

/* Records of a newer mnm are passed over; users come before groups. */
static void
check_order(void)
{
	struct buf found = { NULL, 0, 0 };

	put_all();
	put_lines(USER_A, "[\n{\"new\":true},\n" A_USER ",\n" A_ALIAS ",\n");
	CHECK(read_all(&found) == 0, "damaged");
	CHECK(strstr(found.p, A_USER "\n" A_ALIAS "\n") != NULL, "order");
	CHECK(strstr(found.p, "{}") == NULL, "the new one was given");
	CHECK(strstr(found.p, C_GROUP) > strstr(found.p, A_USER) &&
	    strstr(found.p, C_GROUP) > strstr(found.p, B_USER), "order");
	put_lines(GROUP_C, "[\n{\"new\":true},\n");
	CHECK(read_all(&found) == 0 && strstr(found.p, A_USER) != NULL,
	    "a file of nothing else");
	CHECK(faccessat(dir, GROUP_C, F_OK, 0) == 0, "it does not stay");
	put_all();
	buf_free(&found);
}

/* Nothing that was lost is overwritten, and a directory is lost too. */
static void
check_again(void)
{
	struct buf found = { NULL, 0, 0 };
	struct found kept = { .count = 0 };
	size_t i;

	for (i = 0; i < 3; i++) {
		put_lines(USER_A, "");
		CHECK(read_all(&found) == 1, "damaged");
	}
	CHECK(file_make_dir(dir, USER_A) == 0, "directory");
	CHECK(read_all(&found) == 1, "directory");
	CHECK(read_all(&found) == 0, "still there");
	take_kept(&kept);
	CHECK(kept.count == 4, "%zu in lost+found", kept.count);
	buf_free(&found);
	buf_free(&kept.text);
}

/* A name for which earlier versions made a longer file. */
static void
check_long(void)
{
	struct record r = { .has = RECORD_GID | RECORD_GROUP,
	    .gid = SPAN("################################################") };
	char old[RECORD_PATH], new[RECORD_PATH], line[128];
	struct buf found = { NULL, 0, 0 };

	record_old_path(old, &r);
	record_path(new, &r);
	CHECK(strlen(old) > strlen(new), "%s, %s", old, new);
	(void)snprintf(line, sizeof(line), "[\n{\"gid\":\"%s\"},\n", r.gid.p);
	put_lines(old, line);
	CHECK(read_all(&found) == 0 && strstr(found.p, r.gid.p) != NULL,
	    "the old file was not read: %s", found.p);
	CHECK(read_all(&found) == 0 && strstr(found.p, r.gid.p) != NULL,
	    "the new file was not read: %s", found.p);
	CHECK(faccessat(dir, old, F_OK, 0) == -1 && unlinkat(dir, new, 0) == 0,
	    "it has its old name");
	buf_free(&found);
}

/* What cannot be read for a reason of the system's is no damage. */
static void
check_unreadable(const char *path)
{
	struct quarantine lost = { .data = dir };
	struct files *f = files_open(&lost);
	const char *self = strrchr(path, '/') + 1;
	struct record r;
	char why[256] = "";
	int more;

	CHECK(file_make_parents(dir, path) == 0 &&
	    symlinkat(self, dir, path) == 0, "%s", strerror(errno));
	while ((more = files_next(f, &r, why, sizeof(why))) == 1)
		continue;
	CHECK(more == -1 && strstr(why, path) == why &&
	    strstr(why, strerror(ELOOP)) != NULL, "%d: %s", more, why);
	CHECK(lost.count == 0, "counted as damaged");
	CHECK(unlinkat(dir, path, 0) == 0, "%s was moved", path);
	files_close(f);
}

static void
check_save(void)
{
	struct buf strings = { NULL, 0, 0 }, file = { NULL, 0, 0 };
	struct buf expected = { NULL, 0, 0 };
	struct quarantine quarantine = { .data = dir };
	struct drafts drafts = { .quarantine = &quarantine };
	struct record user, alias;

	CHECK(record_read(&user, SPAN(A_USER), &strings) == RECORD_OF_USER &&
	    record_read(&alias, SPAN(A_ALIAS), &strings) == RECORD_OF_ALIAS,
	    "records");
	files_begin(&file);
	files_add(&file, &user);
	files_add(&file, &alias);
	CHECK(files_save(&drafts, &file, &alias) == 0 &&
	    recfile_install(&drafts) == 1 && recfile_install(&drafts) == 0,
	    "%s", strerror(errno));
	recfile_free(&drafts);
	file.n = 0;
	CHECK(file_read(dir, USER_A, 1 << 20, &file) == 0, "not there");
	seal(&expected, "[\n" A_USER ",\n" A_ALIAS ",\n");
	CHECK(span_is(buf_span(&file), buf_span(&expected)), "%.*s",
	    (int)file.n, file.p);
	buf_free(&strings);
	buf_free(&file);
	buf_free(&expected);
}

int
main(void)
{
	struct buf found = { NULL, 0, 0 };

	log_level(LOG_QUIET);
	dir = scratch_make(root);
	CHECK(read_all(&found) == 0 && found.n == 1, "an empty directory");
	buf_free(&found);
	check_every_byte(USER_A, "[\n" A_USER ",\n" A_ALIAS ",\n",
	    without_a);
	check_every_byte(GROUP_C, "[\n" C_GROUP ",\n" C_MEMBER ",\n",
	    without_c);
	check_wrong();
	check_others();
	check_order();
	check_long();
	check_again();
	check_unreadable("user/loop");
	check_unreadable("user/%1/loop/user.json");
	check_unreadable("group/00/loop");
	CHECK(file_make_dir(dir, "tmp") == 0, "tmp");
	check_save();
	scratch_remove(AT_FDCWD, root);
	return check_report("files");
}
