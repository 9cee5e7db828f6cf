#include "cmd/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/post_form.h"
#include "cmd/show.h"
#include "cmd/terminal.h"
#include "disk/file.h"
#include "mail/letter.h"

#define NAME_ROOM (ID_TEXT + 8)

/* Whether a mail program has moved it to cur/, perhaps with flags. */
static bool
is_in_cur(int dir, struct span id)
{
	DIR *list = file_open_list(dir, "cur");
	const char *name;
	bool found = false;

	if (list == NULL)
		return false;
	while (!found && (name = file_next_name(list)) != NULL)
		found = strncmp(name, id.p, id.n) == 0;
	(void)closedir(list);
	return found;
}

static void
add_text(struct buf *text, const struct show *s)
{
	struct buf news = { NULL, 0, 0 };

	show_news(s, &news);
	if (news.n > 0)
		buf_addf(text, "(%.*s)\n", (int)news.n, news.p);
	terminal_utf8(text, s->form.text);
	buf_free(&news);
}

static void
write_letter(struct buf *mail, const struct show *s)
{
	char id[ID_TEXT + 8], boundary[ID_TEXT + 8];
	struct buf text = { NULL, 0, 0 }, name = { NULL, 0, 0 };
	struct buf subject = { NULL, 0, 0 };
	struct letter_file *files = xzalloc((s->form.attachment_count + 1) *
	    sizeof(*files));
	struct letter letter = { .files = files,
	    .count = s->form.attachment_count, .boundary = boundary };
	uint64_t chance = 0, wall;
	size_t i;

	(void)encode_random(&chance, sizeof(chance));
	(void)snprintf(boundary, sizeof(boundary), "b%016llx",
	    (unsigned long long)chance);
	(void)snprintf(id, sizeof(id), "%.*s@tmtp", (int)s->reply->id.n,
	    s->reply->id.p);
	add_text(&text, s);
	terminal_utf8(&name, buf_span(&s->name));
	terminal_utf8(&subject, s->form.subject);
	if (s->posted.n == CLOCK_TEXT && clock_read(&wall, s->posted.p))
		letter.wall = wall;
	for (i = 0; i < letter.count; i++)
		files[i] = (struct letter_file){ s->form.attachments[i].name,
		    s->form.attachments[i].data };
	letter.from_name = buf_span(&name);
	letter.from = SPAN("member@tmtp.invalid");
	letter.to = SPAN("me@tmtp.invalid");
	letter.subject = buf_span(&subject);
	letter.id = span_of(id);
	letter.text = buf_span(&text);
	letter_write(mail, &letter);
	buf_free(&text);
	buf_free(&name);
	buf_free(&subject);
	free(files);
}

static int
save(int dir, const struct show *s)
{
	struct buf mail = { NULL, 0, 0 };
	char draft[NAME_ROOM + 8], name[NAME_ROOM + 8];
	int fd, result;

	(void)snprintf(draft, sizeof(draft), "tmp/%.*s",
	    (int)s->reply->id.n, s->reply->id.p);
	(void)snprintf(name, sizeof(name), "new/%.*s", (int)s->reply->id.n,
	    s->reply->id.p);
	fd = openat(dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return -1;
	write_letter(&mail, s);
	result = file_pwrite_all(fd, mail.p, mail.n, 0);
	buf_free(&mail);
	if (result == 0)
		result = file_sync(fd);
	if (fd_close_written(fd, result) == -1 ||
	    renameat(dir, draft, dir, name) == -1)
		return file_discard(dir, draft);
	return 0;
}

int
mailbox_write(const struct show *s, const char *path, char *why, size_t room)
{
	int dir = -1, result = -1;

	if (file_make_synced_dir(AT_FDCWD, path) == 0)
		dir = file_open_dir(AT_FDCWD, path);
	/* Only one that comes again can be there already. */
	if (dir != -1 && file_make_synced_dir(dir, "tmp") == 0 &&
	    file_make_synced_dir(dir, "new") == 0 &&
	    file_make_synced_dir(dir, "cur") == 0)
		result = s->again && is_in_cur(dir, s->reply->id) ? 0 :
		    save(dir, s);
	if (result == -1)
		(void)say_why(why, room, "%s: %s", path, strerror(errno));
	(void)fd_close(dir);
	return result;
}

int
mailbox_sync(const char *path, char *why, size_t room)
{
	int dir = file_open_dir(AT_FDCWD, path);
	int result = dir == -1 ? -1 : file_sync_dir(dir, "new");

	if (result == -1)
		(void)say_why(why, room, "%s: %s", path, strerror(errno));
	(void)fd_close(dir);
	return result;
}
