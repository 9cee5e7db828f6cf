#include "disk/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk/file.h"
#include "base/log.h"

#define DIR_NAME "lost+found"

#define SAME_MAX 1000		/* pieces of one path that there is room for */

#define NAME_ROOM 272		/* for DIR_NAME and what file systems take */
#define LINE_ROOM 1024		/* log_line prints no more */

/* A free name for what was called path.  -1 with errno. */
static int
find_name(const struct quarantine *lost, char name[NAME_ROOM], const char *path)
{
	size_t i, n;
	unsigned again;

	n = (size_t)snprintf(name, NAME_ROOM, DIR_NAME "/%.240s", path);
	for (i = sizeof(DIR_NAME); i < n; i++) {
		if (name[i] == '/')
			name[i] = '-';
	}
	for (again = 1; again < SAME_MAX; again++) {
		if (faccessat(lost->data, name, F_OK, 0) == -1)
			return errno == ENOENT ? 0 : -1;
		(void)snprintf(name + n, NAME_ROOM - n, ".%u", again);
	}
	errno = EEXIST;
	return -1;
}

/* Say what was found, and where it is now; or, with an errno, why it is not. */
static void
tell(const struct quarantine *lost, const char *what, const char *name,
    int error)
{
	if (lost->looking)
		log_line("%s", what);
	else if (error != 0)
		log_line("%s; it cannot be moved to " DIR_NAME ": %s", what,
		    strerror(error));
	else
		log_line("%s; now %s", what, name);
}

int
quarantine_move(struct quarantine *lost, const char *path, const char *why)
{
	char what[LINE_ROOM], name[NAME_ROOM] = "";
	int error = 0;

	(void)snprintf(what, sizeof(what), "%s is damaged: %s", path, why);
	if (!lost->looking && (file_make_dir(lost->data, DIR_NAME) == -1 ||
	    find_name(lost, name, path) == -1 ||
	    renameat(lost->data, path, lost->data, name) == -1))
		error = errno;
	tell(lost, what, name, error);
	lost->count++;
	errno = error;
	return error == 0 ? 0 : -1;
}

void
quarantine_keep(struct quarantine *lost, const char *name, struct span bytes,
    const char *what)
{
	char path[NAME_ROOM];
	int error = 0;

	(void)snprintf(path, sizeof(path), DIR_NAME "/%.250s", name);
	if (!lost->looking && (file_make_dir(lost->data, DIR_NAME) == -1 ||
	    file_write(lost->data, path, bytes) == -1))
		error = errno;
	tell(lost, what, path, error);
}

void
quarantine_note(struct quarantine *lost, const char *format, ...)
{
	char what[LINE_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	log_line("%s", what);
	lost->count++;
}
