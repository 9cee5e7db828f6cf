#include "test/crash/old.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "disk/file.h"
#include "store/msgfile.h"
#include "test/crash/damage.h"
#include "test/crash/disk.h"
#include "test/crash/world.h"

#define PATH 200
#define BYTES_MAX 400000

/* Remove the files of a directory whose names begin like this. */
static void
remove_files(const char *path, const char *like)
{
	DIR *list = file_open_list(AT_FDCWD, path);
	const char *name;
	char below[PATH];

	while (list != NULL && (name = file_next_name(list)) != NULL) {
		(void)snprintf(below, sizeof(below), "%.120s/%.60s", path,
		    name);
		if (strncmp(name, like, strlen(like)) == 0)
			(void)unlinkat(AT_FDCWD, below, 0);
	}
	if (list != NULL)
		(void)file_end_list(list);
}

static void
node_path(char path[PATH], const struct model_user *u,
    const struct model_node *n)
{
	char uid[UID_TEXT];

	encode_base32(uid, u->uid.bytes, UID_BYTES);
	(void)snprintf(path, PATH, "data/user/%.2s/%.*s/%u", uid, UID_TEXT, uid,
	    (unsigned)n->ref);
}

static int
write_message(const char *path, const struct model_message *m)
{
	static char bytes[BYTES_MAX];
	struct msgfile_writer w = { .fd = openat(AT_FDCWD, path,
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) };
	int result = -1;

	model_fill(bytes, m->seed, 0, m->head + m->data);
	if (w.fd != -1 && msgfile_write(&w, (struct span){ bytes + m->head,
	    m->data }) == 0 && msgfile_end(&w) == 0)
		result = msgfile_write_head(w.fd, m->id,
		    (struct span){ bytes, m->head }, m->data);
	(void)close(w.fd);
	return result;
}

/* A file of the message for each node that it waits for, of one inode. */
static int
make_message(uint16_t place)
{
	const struct model_message *m = &world.messages.all[place];
	struct model_node *n;
	char dir[PATH], path[PATH + 20], first[PATH + 20] = "";
	size_t user, node;
	int result = 0;

	for (user = 0; user < world.live.user_count; user++) {
		for (node = 0; node < MODEL_NODES; node++) {
			n = model_node(&world.live, user, node);
			if (n == NULL || model_entry(n, place) == NULL)
				continue;
			node_path(dir, &world.live.users[user], n);
			(void)snprintf(path, sizeof(path), "%s/%016" PRIx64,
			    dir, m->id);
			(void)file_make_parents(AT_FDCWD, path);
			result |= first[0] == '\0' ? write_message(path, m) :
			    linkat(AT_FDCWD, first, AT_FDCWD, path, 0);
			if (first[0] == '\0')
				memcpy(first, path, sizeof(first));
		}
	}
	return result;
}

int
old_make(void)
{
	char dir[PATH];
	size_t user, node, i;
	int result = 0;

	/* The journal is empty then. */
	if (damage_repair() != 0)
		return -1;
	for (user = 0; user < world.live.user_count; user++) {
		for (node = 0; node < MODEL_NODES; node++) {
			if (model_node(&world.live, user, node) == NULL)
				continue;
			node_path(dir, &world.live.users[user],
			    model_node(&world.live, user, node));
			remove_files(dir, "index-");
		}
	}
	remove_files("data/pack", "");
	for (i = 0; i < world.messages.count && result == 0; i++)
		result = make_message((uint16_t)i);
	disk_sync_all();
	return result;
}
