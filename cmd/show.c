#include "cmd/show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/account.h"
#include "client/contacts.h"
#include "cmd/terminal.h"
#include "disk/file.h"
#include "json.h"

#define INDENT "    "

/* Members of a header that JSON output passes on as they are. */
static const char *const passed[] = { "act", "alias", "block", "cork",
	"dropalias", "dropnode", "label", "moderate", "msgid",
	"newalias", "newnode", "node", "noderef", "postid", "to", "unblock" };

static void
find_name(struct show *s, const struct account *account,
    const struct contacts *book)
{
	const struct reply *r = s->reply;
	const struct contact_person *c = contacts_find_uid(book, r->from);

	s->is_own = span_is(r->from, span_of(account->uid));
	if (s->is_own && account->alias_count > 0)
		buf_add(&s->name, span_of(account->aliases[0]));
	else if (c != NULL)
		buf_add(&s->name, span_of(c->name));
	else if (!wire_text(r, "alias", &s->name) && s->form.alias.n > 0)
		buf_add(&s->name, s->form.alias);
	if (s->name.n == 0)
		buf_addf(&s->name, "%.*s", (int)r->from.n, r->from.p);
}

void
show_open(struct show *s, const struct reply *r,
    const struct account *account, const struct contacts *book)
{
	const struct contact_group *group;

	*s = (struct show){ .reply = r, .account = account };
	post_form_read(&s->form, r->data, wire_number(r, "datahead"));
	find_name(s, account, book);
	if (!wire_text(r, "gid", &s->group) && (group = contacts_find_group(
	    book, s->form.group)) != NULL && group->joined)
		buf_add(&s->group, span_of(group->gid));
	(void)wire_text(r, "posted", &s->posted);
}

void
show_close(struct show *s)
{
	size_t i;

	for (i = 0; s->paths != NULL && i < s->form.attachment_count; i++)
		buf_free(&s->paths[i]);
	free(s->paths);
	post_form_free(&s->form);
	buf_free(&s->name);
	buf_free(&s->group);
	buf_free(&s->posted);
}

/* ---- files ---- */

static int
save_file(int dir, const char *name, struct span data)
{
	char draft[POST_FORM_NAME + 64];
	int fd, result;

	(void)snprintf(draft, sizeof(draft), ".%s.part", name);
	fd = openat(dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	result = file_pwrite_all(fd, data.p, data.n, 0);
	if (result == 0)
		result = file_sync(fd);
	if (fd_close_written(fd, result) == -1 ||
	    renameat(dir, draft, dir, name) == -1)
		return file_discard(dir, draft);
	return 0;
}

static void
file_name(const struct show *s, size_t i, char *name, size_t room)
{
	const struct post_attachment *a = &s->form.attachments[i];
	char safe[POST_FORM_NAME];

	post_form_safe_name(safe, a->name);
	if (s->form.attachment_count == 1)
		(void)snprintf(name, room, "%.*s-%s", (int)s->reply->id.n,
		    s->reply->id.p, safe);
	else
		(void)snprintf(name, room, "%.*s-%zu-%s",
		    (int)s->reply->id.n, s->reply->id.p, i + 1, safe);
}

int
show_save_files(struct show *s, const char *directory, char *why, size_t room)
{
	char name[POST_FORM_NAME + 48] = "";
	int dir, result = 0;
	size_t i;

	if (s->form.attachment_count == 0)
		return 0;
	if (file_make_synced_dir(AT_FDCWD, directory) == -1 ||
	    (dir = file_open_dir(AT_FDCWD, directory)) == -1)
		return say_why(why, room, "%s: %s", directory,
		    strerror(errno));
	s->paths = xzalloc(s->form.attachment_count * sizeof(*s->paths));
	for (i = 0; i < s->form.attachment_count && result == 0; i++) {
		file_name(s, i, name, sizeof(name));
		result = save_file(dir, name, s->form.attachments[i].data);
		buf_addf(&s->paths[i], "%s/%s", directory, name);
	}
	if (result == 0)
		result = file_sync(dir);
	if (result == -1)
		(void)say_why(why, room, "%s/%s: %s", directory, name,
		    strerror(errno));
	(void)fd_close(dir);
	return result;
}

/* ---- news ---- */

bool
show_is_for_people(const struct show *s)
{
	struct span op = s->reply->op;

	return !s->form.node_sync && !span_is(op, SPAN("login")) &&
	    !span_is(op, SPAN("ohiedit"));
}

static bool
get(const struct show *s, const char *key, struct buf *text)
{
	text->n = 0;
	return wire_text(s->reply, key, text);
}

/*
 * The first row that fits is what a message says: its op, its act, and a member
 * that it has, true or with a text.  $ stands before members' names.
 */
static const struct news_row {
	const char *op, *act, *has;	/* NULL: anything */
	const char *says;		/* $KEY is a member, $'KEY in quotes,
					   $tmtp the command with its -a */
} news_rows[] = {
	{ "delivery", NULL, "moderate", "waits for a moderator: $tmtp group "
	    "pass $'moderate $id, or reject" },
	{ "delivery", NULL, NULL, "" },
	{ "ping", NULL, NULL, "says hello" },
	{ "invite", NULL, NULL, "invites you to the group $gid; "
	    "to join: $tmtp group join $'gid" },
	{ "member", "invite", NULL, "$alias is invited to the group $gid" },
	{ "member", "join", "newalias",
	    "$alias has joined the group $gid as $newalias" },
	{ "member", "join", NULL, "$alias has joined the group $gid" },
	{ "member", "alias", NULL,
	    "$alias is called $newalias now in the group $gid" },
	{ "member", "drop", NULL, "$alias is no longer in the group $gid" },
	{ "member", "moderator", "on",
	    "$alias is now a moderator of the group $gid" },
	{ "member", "moderator", NULL,
	    "$alias is no longer a moderator of the group $gid" },
	{ "member", "reject", NULL, "a post to the group $gid was rejected: "
	    "$msgid" },
	{ "member", NULL, NULL, "a change of the group $gid" },
	{ "user", NULL, "newnode", "new device: $newnode" },
	{ "user", NULL, "noderef", "new device: number $noderef" },
	{ "user", NULL, "after",
	    "device $dropnode, and all added later, were dropped" },
	{ "user", NULL, "dropnode", "device $dropnode was dropped" },
	{ "user", NULL, "newalias", "new name: $newalias" },
	{ "user", NULL, "dropalias", "the name $dropalias was dropped" },
	{ "user", NULL, "cork", "messages are kept back until $cork" },
	{ "user", NULL, "block", "$block is blocked" },
	{ "user", NULL, "unblock", "$unblock is no longer blocked" },
	{ "user", NULL, NULL, "messages are no longer kept back" },
	{ "login", NULL, "label", "device $node, $label, is online" },
	{ "login", NULL, NULL, "device $node is online" },
	{ "ohiedit", NULL, NULL, "who sees you online was changed" }
};
#define NEWS_ROWS (sizeof(news_rows) / sizeof(news_rows[0]))

static bool
fits(const struct show *s, const struct news_row *row, struct buf *text)
{
	if (!span_is(s->reply->op, span_of(row->op)))
		return false;
	if (row->act != NULL && (!get(s, "act", text) ||
	    !span_is(buf_span(text), span_of(row->act))))
		return false;
	return row->has == NULL || wire_flag(s->reply, row->has) ||
	    (get(s, row->has, text) && text->n > 0);
}

/* What begins a command for this account. */
static void
put_command(const struct show *s, struct buf *b)
{
	const char *name = strrchr(s->account->path, '/') + 1;
	const char *usual = getenv("TMTP_ACCOUNT");

	buf_addf(b, "tmtp");
	if (usual == NULL || usual[0] == '\0')
		usual = "default";
	if (strcmp(name, usual) != 0) {
		buf_addf(b, " -a ");
		buf_add_quoted(b, span_of(name));
	}
}

void
show_news(const struct show *s, struct buf *b)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	struct buf text = { NULL, 0, 0 }, line = { NULL, 0, 0 };
	char key[16];
	const char *p;
	size_t i = 0, n;
	bool quoted;

	while (i < NEWS_ROWS && !fits(s, &news_rows[i], &text))
		i++;
	if (i == NEWS_ROWS)
		terminal_line(b, s->reply->op);
	for (p = i < NEWS_ROWS ? news_rows[i].says : ""; *p != '\0'; p += n) {
		n = strcspn(p, "$");
		buf_add(b, (struct span){ p, n });
		if (p[n] == '\0')
			continue;
		quoted = p[n + 1] == '\'';	/* for a shell */
		p += n + 1 + quoted;
		n = strspn(p, letters);
		(void)snprintf(key, sizeof(key), "%.*s", (int)n, p);
		if (strcmp(key, "tmtp") == 0) {
			put_command(s, b);
			continue;
		}
		(void)get(s, key, &text);
		line.n = 0;
		terminal_line(&line, buf_span(&text));
		if (quoted)
			buf_add_quoted(b, buf_span(&line));
		else
			buf_add(b, buf_span(&line));
	}
	buf_free(&text);
	buf_free(&line);
}

/* ---- the whole ---- */

void
show_files(const struct show *s, struct buf *b)
{
	const struct post_attachment *a = s->form.attachments;
	size_t i;

	for (i = 0; i < s->form.attachment_count; i++) {
		buf_addf(b, INDENT "[file ");
		if (s->paths != NULL)
			terminal_line(b, buf_span(&s->paths[i]));
		else
			terminal_line(b, a[i].name);
		buf_addf(b, ", %llu bytes]\n", (unsigned long long)a[i].size);
	}
}

void
show_text(const struct show *s, struct buf *b)
{
	struct span text = s->form.text;
	struct buf news = { NULL, 0, 0 };

	terminal_line(b, buf_span(&s->name));
	if (s->group.n > 0 && span_is(s->reply->op, SPAN("delivery"))) {
		buf_addf(b, " to ");
		terminal_line(b, buf_span(&s->group));
	}
	buf_addf(b, "  ");
	terminal_date(b, buf_span(&s->posted));
	if (s->form.subject.n > 0) {
		buf_addf(b, "  ");
		terminal_line(b, s->form.subject);
	}
	show_news(s, &news);
	if (news.n > 0)
		buf_addf(b, "  (%.*s)", (int)news.n, news.p);
	buf_free(&news);
	if (s->again)
		buf_addf(b, "  (perhaps shown before)");
	buf_add_byte(b, '\n');
	while (text.n > 0 && (text.p[text.n - 1] == '\n' ||
	    text.p[text.n - 1] == '\r'))
		text.n--;
	if (text.n > 0) {
		buf_addf(b, INDENT);
		terminal_text(b, text, INDENT);
		buf_add_byte(b, '\n');
	}
	show_files(s, b);
}

static void
put_clean(struct buf *b, const char *key, struct span text)
{
	struct buf clean = { NULL, 0, 0 };

	terminal_utf8(&clean, text);
	json_put_string(b, key, buf_span(&clean));
	buf_free(&clean);
}

static void
put_files(const struct show *s, struct buf *b)
{
	const struct post_attachment *a = s->form.attachments;
	size_t i;

	json_put_key(b, "files");
	json_put_open(b, '[');
	for (i = 0; i < s->form.attachment_count; i++) {
		json_put_open(b, '{');
		put_clean(b, "name", a[i].name);
		if (s->paths != NULL)
			put_clean(b, "path", buf_span(&s->paths[i]));
		json_put_uint(b, "size", a[i].size);
		json_put_close(b, '}');
	}
	json_put_close(b, ']');
}

void
show_json(const struct show *s, struct buf *b)
{
	struct buf text = { NULL, 0, 0 };
	size_t i;

	json_put_open(b, '{');
	if (s->again) {
		json_put_key(b, "again");
		buf_addf(b, "true");
	}
	if (s->form.attachment_count > 0)
		put_files(s, b);
	json_put_string(b, "from", s->reply->from);
	if (s->group.n > 0)
		put_clean(b, "gid", buf_span(&s->group));
	json_put_string(b, "id", s->reply->id);
	put_clean(b, "name", buf_span(&s->name));
	json_put_string(b, "op", s->reply->op);
	put_clean(b, "posted", buf_span(&s->posted));
	if (s->form.alias.n > 0)
		put_clean(b, "says", s->form.alias);
	if (s->form.subject.n > 0)
		put_clean(b, "subject", s->form.subject);
	put_clean(b, "text", s->form.text);
	if (span_is(s->reply->op, SPAN("delivery")))
		put_clean(b, "thread", s->form.thread);
	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (get(s, passed[i], &text))
			put_clean(b, passed[i], buf_span(&text));
	if (wire_flag(s->reply, "on")) {
		json_put_key(b, "on");
		buf_addf(b, "true");
	}
	json_put_close(b, '}');
	buf_add_byte(b, '\n');
	buf_free(&text);
}
