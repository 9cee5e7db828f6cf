/*
 * What a client keeps: accounts, contacts, requests; and the form of posts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "client/account.h"
#include "client/contacts.h"
#include "client/learn.h"
#include "client/outgoing.h"
#include "client/post_form.h"
#include "client/seen.h"
#include "client/wire.h"
#include "disk/file.h"
#include "test/lib/check.h"

#define UID_A SPAN("A2345678123456781234567812345678")
#define UID_B SPAN("B2345678123456781234567812345678")
#define UID_C SPAN("C2345678123456781234567812345678")

static char why[512];

/* Directories that were synced, which the disk does not notice. */
static ino_t synced[64];
static size_t synced_count;

int
fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) &&
	    synced_count < COUNT(synced))
		synced[synced_count++] = st.st_ino;
	return 0;
}

/* ---- accounts ---- */

static void
test_names(void)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "-a", "a\nb",
		"\xff", ".hidden" };
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		CHECK(!account_is_name(bad[i]), "%s", bad[i]);
	CHECK(account_is_name("home") && account_is_name("B\xc3\xb6"),
	    "good names");
	CHECK(account_same_name(SPAN("Ann  Bee"), SPAN("aNN bEE")) &&
	    account_same_name(SPAN("a b"), SPAN("A   B")) &&
	    !account_same_name(SPAN("ab"), SPAN("a b")) &&
	    !account_same_name(SPAN("a"), SPAN("ab")) &&
	    !account_same_name(SPAN("a "), SPAN("a")), "the same names");
}

static void
test_account(void)
{
	struct account a, b;
	struct stat st;
	long holder;
	pid_t child;
	int status;

	CHECK(account_open(&a, "one", why, sizeof(why)) == -1, "there is none");
	CHECK(account_make(&a, "one", why, sizeof(why)) == 0, "%s", why);
	account_set(&a.address, SPAN("=host:1"));
	account_set(&a.uid, UID_A);
	account_set(&a.label, SPAN("a \"b\" \xc3\xb6"));
	CHECK(account_write(&a, why, sizeof(why)) == 0 &&
	    account_add_alias(&a, SPAN("Ann"), why, sizeof(why)) == 0 &&
	    account_add_alias(&a, SPAN("ann"), why, sizeof(why)) == 0 &&
	    account_add_alias(&a, SPAN("Bee"), why, sizeof(why)) == 0,
	    "%s", why);
	CHECK(fstatat(a.dir, "account.json", &st, 0) == 0 &&
	    (st.st_mode & 0777) == 0600, "mode %o", (unsigned)st.st_mode);
	CHECK(account_open(&b, "one", why, sizeof(why)) == 0, "%s", why);
	CHECK(strcmp(b.address, "=host:1") == 0 && b.alias_count == 2 &&
	    strcmp(b.label, "a \"b\" \xc3\xb6") == 0 &&
	    account_has_alias(&b, SPAN("BEE")), "read back");
	CHECK(account_drop_alias(&b, SPAN("ANN"), why, sizeof(why)) == 0 &&
	    b.alias_count == 1 && strcmp(b.aliases[0], "Bee") == 0,
	    "dropped");
	CHECK(account_lock(&a, ACCOUNT_READER, &holder) == 0, "the lock");
	child = fork();
	if (child == 0) {
		status = account_lock(&b, ACCOUNT_READER, &holder) == -1 &&
		    holder == (long)getppid() &&
		    account_lock(&b, ACCOUNT_ONLINE, &holder) == 0 ? 0 : 1;
		_exit(status);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0,
	    "another process and the lock");
	account_close(&b);
	CHECK(file_write(a.dir, "account.json", SPAN("{\"uid\":")) == 0 &&
	    account_open(&b, "one", why, sizeof(why)) == -1 &&
	    strstr(why, "damaged") != NULL, "damaged: %s", why);
	account_close(&a);
}

/* ---- contacts ---- */

static bool
resumes(const struct account *a)
{
	struct client_resume resume;

	account_read_resume(a, &resume);
	return resume.size == 7 && resume.bytes[6] == 'x';
}

/* A session that was made with another certificate would not show that. */
static void
test_resume(void)
{
	const struct timespec old[2] = { { .tv_nsec = UTIME_NOW },
	    { .tv_sec = time(NULL) - 86401 } };
	struct client_resume resume = { .size = 7, .bytes = "......x" };
	struct account a;

	CHECK(account_make(&a, "resume", why, sizeof(why)) == 0, "%s", why);
	CHECK(!resumes(&a), "none");
	account_set(&a.address, SPAN("=relay:1"));
	account_set(&a.fingerprint, SPAN("AB:CD"));
	account_write_resume(&a, &resume);
	CHECK(resumes(&a), "kept");
	account_set(&a.fingerprint, SPAN("AB:CE"));
	CHECK(!resumes(&a), "another certificate");
	account_set(&a.fingerprint, SPAN("AB:CD"));
	account_set(&a.address, SPAN("=relay:2"));
	CHECK(!resumes(&a), "another address");
	account_set(&a.address, SPAN("=relay:1"));
	CHECK(resumes(&a), "the same");
	CHECK(utimensat(a.dir, "resume", old, 0) == 0 && !resumes(&a),
	    "after a day");
	account_close(&a);
}

static void
test_contacts(void)
{
	struct account a;
	struct contacts book;
	struct contact_person *c;

	CHECK(account_make(&a, "two", why, sizeof(why)) == 0, "%s", why);
	CHECK(contacts_begin(&book, &a, why, sizeof(why)) == 0, "%s", why);
	/* One who only says so does not get a name that we know. */
	contacts_learn(&book, SPAN("Bob"), UID_A);
	contacts_hear(&book, SPAN("bob"), UID_B);
	c = contacts_find(&book, SPAN("BOB"));
	CHECK(c != NULL && span_is(span_of(c->uid), UID_A), "Bob is A");
	c = contacts_find_uid(&book, UID_B);
	CHECK(c != NULL && strcmp(c->name, "bob (2)") == 0 &&
	    c->how == PERSON_SAYS, "B is another");
	/* The first to answer a ping is believed, the second is not. */
	contacts_pinged(&book, SPAN("Carol"));
	contacts_hear(&book, SPAN("carol"), UID_C);
	c = contacts_find(&book, SPAN("Carol"));
	CHECK(c != NULL && c->how == PERSON_ANSWERED &&
	    span_is(span_of(c->uid), UID_C), "Carol is C");
	/* The relay's word takes a name away from who only said so. */
	contacts_hear(&book, SPAN("Dan"), SPAN("D"));
	contacts_learn(&book, SPAN("dan"), SPAN("E"));
	c = contacts_find(&book, SPAN("Dan"));
	CHECK(c != NULL && strcmp(c->uid, "E") == 0, "Dan is E");
	CHECK(contacts_find_uid(&book, SPAN("D")) != NULL, "D is there");
	/* A ping settles who has answered. */
	contacts_learn(&book, SPAN("Carol"), UID_C);
	c = contacts_find(&book, SPAN("Carol"));
	CHECK(c != NULL && c->how == PERSON_SURE, "Carol is sure");
	CHECK(!contacts_rename(&book, c, SPAN("bob")) &&
	    contacts_rename(&book, c, SPAN("Caro")), "renamed");
	contacts_group(&book, SPAN("Club"), SPAN("me"), false);
	contacts_group(&book, SPAN("club"), SPAN(""), true);
	CHECK(contacts_end(&book, &a, why, sizeof(why)) == 0, "%s", why);
	CHECK(contacts_read(&book, &a, why, sizeof(why)) == 0, "%s", why);
	CHECK(book.people_count == 5 && book.group_count == 1 &&
	    book.groups[0].joined && strcmp(book.groups[0].me, "me") == 0,
	    "%zu people, %zu groups", book.people_count, book.group_count);
	c = contacts_find(&book, SPAN("caro"));
	CHECK(c != NULL && c->how == PERSON_SURE, "read back");
	contacts_free(&book);
	account_close(&a);
}

/* Learn from a message with these members, and the data of a ping. */
static void
learn(struct account *a, const char *members)
{
	struct buf header = { NULL, 0, 0 }, frame = { NULL, 0, 0 };
	struct reply r;

	buf_addf(&header, "{\"datalen\":0,%s,\"id\":\"0000000000000001\"}",
	    members);
	wire_frame(&frame, buf_span(&header), SPAN(""));
	CHECK(wire_read(&r, buf_span(&frame)) == WIRE_FRAME, "%s", members);
	CHECK(learn_message(a, &r, why, sizeof(why)) == 0, "%s", why);
	buf_free(&header);
	buf_free(&frame);
}

/* A relay that sends what is no uid, or too long, does not damage the files. */
static void
test_hostile_relay(void)
{
	static const char uid[] = "GXPX9QNCK1RQ63R2FGJ6ZXMXCXRDQGX2";
	struct buf members = { NULL, 0, 0 };
	struct contacts book;
	struct account a;
	char longest[1000];
	unsigned i;

	memset(longest, 'x', sizeof(longest));
	CHECK(account_make(&a, "hostile", why, sizeof(why)) == 0, "%s", why);
	account_set(&a.uid, span_of(uid));
	CHECK(account_write(&a, why, sizeof(why)) == 0, "%s", why);
	learn(&a, "\"op\":\"ping\",\"from\":\"short\",\"alias\":\"A\"");
	learn(&a, "\"op\":\"ping\",\"from\":\"GXPX9QNCK1RQ63R2FGJ6ZXMXCXRDQG"
	    "!!\",\"alias\":\"B\"");
	learn(&a, "\"op\":\"ping\",\"from\":\"GXPX9QNCK1RQ63R2FGJ6ZXMXCXRDQG"
	    "33\",\"alias\":\"C\"");
	buf_addf(&members, "\"op\":\"invite\",\"from\":\"x\",\"gid\":"
	    "\"%.1000s\",\"to\":\"me\"%c", longest, '\0');
	learn(&a, members.p);
	members.n = 0;
	buf_addf(&members, "\"op\":\"invite\",\"from\":\"x\",\"gid\":"
	    "\"Club\",\"to\":\"%.1000s\"%c", longest, '\0');
	learn(&a, members.p);
	CHECK(contacts_read(&book, &a, why, sizeof(why)) == 0 &&
	    book.people_count == 1 && strcmp(book.people[0].name, "C") == 0 &&
	    book.group_count == 1 && strcmp(book.groups[0].gid, "Club") == 0 &&
	    book.groups[0].me[0] == '\0', "%zu people, %zu groups",
	    book.people_count, book.group_count);
	contacts_free(&book);
	members.n = 0;
	buf_addf(&members, "\"op\":\"user\",\"from\":\"%s\",\"newalias\":"
	    "\"%.1000s\"%c", uid, longest, '\0');
	learn(&a, members.p);
	CHECK(a.alias_count == 0, "a name of 1000 bytes");
	for (i = 0; i < 1100; i++) {
		members.n = 0;
		buf_addf(&members, "\"op\":\"user\",\"from\":\"%s\","
		    "\"newalias\":\"N%u\"%c", uid, i, '\0');
		learn(&a, members.p);
	}
	CHECK(a.alias_count == 1000, "%zu names", a.alias_count);
	account_close(&a);
	buf_free(&members);
}

/* However many strangers write, the contacts can be read and are looked up. */
static void
test_strangers(void)
{
	struct contacts book = { .people = NULL };
	char uid[40], name[32];
	unsigned i;

	for (i = 0; i < 5000; i++) {
		(void)snprintf(uid, sizeof(uid), "%032u", i);
		(void)snprintf(name, sizeof(name), "S%u", i);
		contacts_hear(&book, span_of(name), span_of(uid));
		contacts_group(&book, span_of(name), SPAN("me"), false);
	}
	CHECK(book.people_count == 4000, "%zu people", book.people_count);
	CHECK(book.group_count == 4000, "%zu groups", book.group_count);
	contacts_pinged(&book, SPAN("Eve"));
	contacts_hear(&book, SPAN("Eve"), span_of(uid));
	CHECK(contacts_find_uid(&book, span_of(uid)) != NULL, "who was asked");
	contacts_learn(&book, SPAN("Fay"), SPAN("F"));
	contacts_group(&book, SPAN("ours"), SPAN("me"), true);
	CHECK(contacts_find(&book, SPAN("Fay")) != NULL &&
	    contacts_find_group(&book, SPAN("ours")) != NULL, "the wanted");
	contacts_free(&book);
}

/* ---- requests ---- */

static void
test_outgoing(void)
{
	static const char header[] = "{\"op\":7,\"id\":\"%s\",\"datalen\":5}";
	static const uint64_t ages[] = { 3500000, 4 * 86400000,
	    6 * 86400000 };
	struct account a;
	struct outgoing_part part = { SPAN("Hello"), -1, 0 };
	struct buf names = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	char id[3][OUTGOING_NAME];
	struct outgoing o;
	size_t i;

	CHECK(account_make(&a, "three", why, sizeof(why)) == 0, "%s", why);
	for (i = 0; i < 3; i++) {
		CHECK(outgoing_id(id[i]) == 0, "an id");
		text.n = 0;
		buf_addf(&text, header, id[i]);
		CHECK(outgoing_write(a.out, id[i], buf_span(&text), &part, 1,
		    why, sizeof(why)) == 0, "%s", why);
	}
	CHECK(outgoing_list(a.out, &names, "") == 0 &&
	    names.n == 3 * OUTGOING_NAME && strcmp(names.p, id[0]) == 0 &&
	    strcmp(names.p + 2 * OUTGOING_NAME, id[2]) == 0, "in order");
	CHECK(outgoing_map(a.out, id[1], &o) == 0 &&
	    span_is(o.id, span_of(id[1])) && o.frame.n == 4 + text.n + 5 &&
	    memcmp(o.frame.p + 4, "{\"op\":7", 7) == 0, "mapped");
	outgoing_unmap(&o);
	text.n = 0;
	CHECK(!outgoing_take_ack(a.out, id[0], &text), "no ack yet");
	CHECK(outgoing_settle(a.out, id[0], SPAN("{\"ack\":0}"), false) == 0 &&
	    outgoing_take_ack(a.out, id[0], &text) &&
	    span_is(buf_span(&text), SPAN("{\"ack\":0}")) &&
	    !outgoing_take_ack(a.out, id[0], &text), "acked");
	CHECK(outgoing_settle(a.out, id[1], SPAN("no"), true) == 0, "refused");
	names.n = 0;
	CHECK(outgoing_list(a.out, &names, "") == 0 &&
	    names.n == OUTGOING_NAME && outgoing_list_refused(a.out,
	    &names) == 0 && names.n == 2 * OUTGOING_NAME, "one of each");
	outgoing_clean(a.out, UINT64_MAX);
	CHECK(outgoing_read_ack(a.out, id[1], &text), "why is kept");
	CHECK(outgoing_retry(a.out, id[1]) == 0 &&
	    outgoing_map(a.out, id[1], &o) == 0, "again");
	outgoing_unmap(&o);
	CHECK(outgoing_drop(a.out, id[1]) == 0 &&
	    outgoing_drop(a.out, id[1]) == -1, "dropped");
	/* An ack stays an hour, but for mail, which may come again, days. */
	CHECK(outgoing_id(id[0]) == 0 && outgoing_id(id[1]) == 0, "ids");
	id[1][0] = 'f';
	for (i = 0; i < 2; i++)
		CHECK(outgoing_settle(a.out, id[i], SPAN("{}"), false) == -1,
		    "there is no request");
	for (i = 0; i < 3; i++) {
		outgoing_clean(a.out, clock_ms(CLOCK_REALTIME) + ages[i]);
		CHECK(outgoing_read_ack(a.out, id[0], &text) == (i == 0),
		    "a post's, after %llu ms", (unsigned long long)ages[i]);
		CHECK(outgoing_read_ack(a.out, id[1], &text) == (i < 2),
		    "a mail's, after %llu ms", (unsigned long long)ages[i]);
	}
	/* What is no request is not sent. */
	CHECK(file_write(a.out, id[1], SPAN("0008{\"id\":1}x")) == 0 &&
	    outgoing_map(a.out, id[1], &o) == -1 && errno == EBADMSG,
	    "damaged");
	account_close(&a);
	buf_free(&names);
	buf_free(&text);
}

/* A new account, and what is above it, stays when the power fails. */
static void
test_durable(const char *home)
{
	static const char *const paths[] = { "", "/new", "/new/config",
	    "/new/config/tmtp", "/new/config/tmtp/durable" };
	struct account a;
	struct stat st;
	char path[200];
	size_t i, at;

	(void)snprintf(path, sizeof(path), "%s/new/config", home);
	CHECK(setenv("XDG_CONFIG_HOME", path, 1) == 0, "%s", path);
	synced_count = 0;
	CHECK(account_make(&a, "durable", why, sizeof(why)) == 0, "%s", why);
	for (i = 0; i < COUNT(paths); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", home, paths[i]);
		CHECK(stat(path, &st) == 0, "%s", path);
		for (at = 0; at < synced_count && synced[at] != st.st_ino; )
			at++;
		CHECK(at < synced_count, "%s is not synced", path);
	}
	account_close(&a);
	synced_count = 0;
	(void)snprintf(path, sizeof(path), "%s/mail//", home);
	CHECK(stat(home, &st) == 0 && file_make_synced_dir(AT_FDCWD, path) ==
	    0 && synced_count == 1 && synced[0] == st.st_ino, "%s", path);
	CHECK(file_make_synced_dir(AT_FDCWD, path) == 0 && synced_count == 1,
	    "it is there");
	CHECK(setenv("XDG_CONFIG_HOME", home, 1) == 0, "%s", home);
}

/* ---- posts ---- */

static void
test_post_form(void)
{
	struct post_attachment files[] = { { SPAN("a \"b\".txt"), 'u', 3,
	    SPAN("") }, { SPAN("f"), 'f', 0, SPAN("") } };
	const struct post_cc cc[] = { { SPAN("Club"), SPAN("Club") },
	    { SPAN("Bob"), UID_B } };
	struct post_form form = { .alias = SPAN("Ann"), .thread = SPAN("t"),
	    .uid = UID_A, .cc = cc, .cc_count = 2,
	    .subject = SPAN("S\xc3\xbc"), .attachments = files,
	    .attachment_count = 2, .bridges = 3 }, read;
	struct buf data = { NULL, 0, 0 };
	size_t head, i;

	post_form_head(&data, &form);
	head = data.n;
	CHECK(span_find(buf_span(&data), SPAN("\"Cc\":[{\"Who\":\"Club\","
	    "\"By\":\"Ann\",\"WhoUid\":\"Club\",\"ByUid\":\"A23456")) < head,
	    "a group takes part: %.*s", (int)head, data.p);
	CHECK(span_find(buf_span(&data), SPAN("{\"Who\":\"Bob\",\"By\":\"Ann\","
	    "\"WhoUid\":\"B23456")) < head, "and somebody");
	buf_add(&data, SPAN("textabc"));
	post_form_read(&read, buf_span(&data), head);
	CHECK(span_is(read.alias, form.alias) &&
	    span_is(read.subject, form.subject) &&
	    span_is(read.thread, form.thread) && read.attachment_count == 2 &&
	    span_is(read.group, SPAN("Club")) && read.bridges == 3 &&
	    span_is(read.text, SPAN("text")), "read back");
	CHECK(span_is(read.attachments[0].name, files[0].name) &&
	    span_is(read.attachments[0].data, SPAN("abc")) &&
	    read.attachments[1].kind == 'f', "attachments");
	post_form_free(&read);
	/* Any part of it is still a text, and all of it. */
	for (i = 0; i < data.n; i++) {
		post_form_read(&read, (struct span){ data.p, i }, head);
		CHECK(i >= head + 3 || (read.text.n == i &&
		    read.attachment_count == 0), "cut at %zu", i);
		post_form_free(&read);
	}
	buf_free(&data);
}

static void
test_hostile_forms(void)
{
	static const char *const heads[] = {
		("{\"Attach\":[{\"Name\":\"u:x\",\"Size\":9223372036854775807},"
		    "{\"Name\":\"u:y\",\"Size\":9223372036854775807}]}"),
		"{\"Attach\":[{\"Name\":\"u:x\",\"Size\":5}]}", "[]", "{", "",
		"{\"Alias\":7}", "{\"Alias\":\"a\",\"Alias\":\"b\"}",
		"{\"attach\":[[]]}", "{\"Attach\":{}}"
	};
	static const char *const others[] = {
		("[{},{\"Who\":\"a\",\"WhoUid\":\"b\"},"
		    "{\"Who\":\"G\",\"WhoUid\":\"G\"},null]"),
		"null", "7", "[null]", "[[]]", "{\"Who\":\"G\"}",
		"[{\"Who\":7,\"WhoUid\":7}]", "[{\"Who\":\"G\"}]"
	};
	struct post_form read;
	struct buf data = { NULL, 0, 0 };
	size_t head, i;

	for (i = 0; i < COUNT(heads); i++) {
		data.n = 0;
		buf_addf(&data, "%sABCD", heads[i]);
		post_form_read(&read, buf_span(&data), strlen(heads[i]));
		if (i == 6)
			CHECK(span_is(read.alias, SPAN("b")), "the last one");
		else
			CHECK(read.attachment_count == 0 &&
			    span_is(read.text, buf_span(&data)), "%s",
			    heads[i]);
		post_form_free(&read);
	}
	/* A bad Cc does not turn the post into plain text. */
	for (i = 0; i < COUNT(others); i++) {
		data.n = 0;
		buf_addf(&data, "{\"Cc\":%s,\"Alias\":\"a\"}", others[i]);
		head = data.n;
		buf_add(&data, SPAN("text"));
		post_form_read(&read, buf_span(&data), head);
		CHECK(span_is(read.text, SPAN("text")) && span_is(read.alias,
		    SPAN("a")) && span_is(read.group, i == 0 ? SPAN("G") :
		    SPAN("")), "%s", others[i]);
		post_form_free(&read);
	}
	post_form_read(&read, SPAN("abc"), UINT64_MAX);
	CHECK(span_is(read.text, SPAN("abc")), "a head that is too long");
	post_form_free(&read);
	buf_free(&data);
}

static void
test_safe_names(void)
{
	static const struct { const char *name, *safe; } cases[] = {
		{ "report.pdf", "report.pdf" }, { "", "_" }, { ".", "_" },
		{ "..", "_." }, { "../../etc/passwd", "passwd" },
		{ "/etc/", "_" }, { "c:\\x\\y.txt", "y.txt" },
		{ ".bashrc", "_bashrc" }, { "-rf", "_rf" },
		{ "a\nb\x1b[2J", "a_b_[2J" }, { "x\xffy", "x_y" },
		{ "\xe2\x80\xaegpj.exe", "_gpj.exe" },
		{ "na\xc3\xafve.txt", "na\xc3\xafve.txt" }
	};
	char safe[POST_FORM_NAME], longest[1000];
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		post_form_safe_name(safe, span_of(cases[i].name));
		CHECK(strcmp(safe, cases[i].safe) == 0, "%s: %s",
		    cases[i].name, safe);
	}
	memset(longest, 'x', sizeof(longest));
	post_form_safe_name(safe, (struct span){ longest, sizeof(longest) });
	CHECK(strlen(safe) < POST_FORM_NAME, "%zu bytes", strlen(safe));
}

/* Which messages were handed over, also after a line that was cut off. */
static void
test_seen(void)
{
	static const char cut[] = "+0000000000000001\n-0000000000000001\n"
	    "+000000\n+0000000000000002\n+0000000000000003\n-00000";
	struct seen s = { .fd = 0 };
	struct account a;
	uint64_t id;

	CHECK(account_make(&a, "seen", why, sizeof(why)) == 0 &&
	    file_write(a.dir, "seen", SPAN(cut)) == 0, "%s", why);
	seen_open(&s, a.dir);
	CHECK(seen_is_done(&s, 1) && !seen_is_done(&s, 2), "done");
	CHECK(seen_is_begun(&s, 2) && seen_is_begun(&s, 3), "begun");
	for (id = 100; id < 100 + 3 * SEEN_MAX; id++) {
		seen_begin(&s, id);
		seen_end(&s, id);
	}
	seen_begin(&s, id + 1);
	seen_undo(&s, id + 1);
	seen_begin(&s, id);
	seen_write(&s);
	seen_close(&s);
	s = (struct seen){ .fd = 0 };
	seen_open(&s, a.dir);
	CHECK(seen_is_begun(&s, id) && !seen_is_done(&s, id) &&
	    seen_is_done(&s, id - 1) && seen_is_done(&s, id - SEEN_MAX) &&
	    !seen_is_done(&s, id - 2 * SEEN_MAX), "the last ones");
	CHECK(!seen_is_begun(&s, id + 1), "taken back");
	seen_close(&s);
	account_close(&a);
}

int
main(void)
{
	char dir[] = "/tmp/account_test.XXXXXX", command[64];

	if (mkdtemp(dir) == NULL || setenv("XDG_CONFIG_HOME", dir, 1) == -1)
		return 1;
	test_names();
	test_account();
	test_resume();
	test_contacts();
	test_strangers();
	test_hostile_relay();
	test_outgoing();
	test_durable(dir);
	test_post_form();
	test_hostile_forms();
	test_safe_names();
	test_seen();
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	CHECK(system(command) == 0, "%s", command);
	return check_report("account");
}
