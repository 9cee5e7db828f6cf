#include "disk/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "disk/file.h"

#define DIR_NAME "lost+found"

#define SAME_MAX 1000		/* pieces of one path that there is room for */

#define NAME_ROOM 272		/* for DIR_NAME and what file systems take */
#define LINE_ROOM 1024		/* log_line prints no more */

/* A free name for what was called path.  -1 with errno. */
static int
find_name(const struct quarantine *quarantine, char name[NAME_ROOM],
    const char *path)
{
	size_t i, n;
	unsigned again;

	n = (size_t)snprintf(name, NAME_ROOM, DIR_NAME "/%.240s", path);
	for (i = sizeof(DIR_NAME); i < n; i++) {
		if (name[i] == '/')
			name[i] = '-';
	}
	for (again = 1; again < SAME_MAX; again++) {
		if (faccessat(quarantine->data, name, F_OK, 0) == -1)
			return errno == ENOENT ? 0 : -1;
		(void)snprintf(name + n, NAME_ROOM - n, ".%u", again);
	}
	errno = EEXIST;
	return -1;
}

/* Log what was found, and where it is now or why it could not be moved. */
static void
report(const struct quarantine *quarantine, const char *what, const char *name,
    int error)
{
	if (quarantine->report_only)
		log_error("%s", what);
	else if (error != 0)
		log_error("%s; cannot move it to " DIR_NAME ": %s", what,
		    strerror(error));
	else
		log_error("%s; moved to %s", what, name);
}

int
quarantine_move(struct quarantine *quarantine, const char *path,
    const char *why)
{
	char what[LINE_ROOM], name[NAME_ROOM] = "";
	int error = 0;

	(void)snprintf(what, sizeof(what), "%s is damaged: %s", path, why);
	if (!quarantine->report_only && (file_make_dir(quarantine->data,
	    DIR_NAME) == -1 ||
	    find_name(quarantine, name, path) == -1 ||
	    renameat(quarantine->data, path, quarantine->data, name) == -1))
		error = errno;
	report(quarantine, what, name, error);
	quarantine->count++;
	errno = error;
	return error == 0 ? 0 : -1;
}

/* 1 if it was in the way. */
static int
clear_one(struct quarantine *quarantine, const char *path, bool is_dir)
{
	struct stat status;

	if (fstatat(quarantine->data, path, &status, 0) == -1) {
		if (errno != ENOENT && errno != ELOOP)
			return -1;
		/* A link that leads nowhere is in the way, too. */
		if (fstatat(quarantine->data, path, &status,
		    AT_SYMLINK_NOFOLLOW) == -1)
			return errno == ENOENT ? 0 : -1;
	}
	if (is_dir ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode))
		return 0;
	return quarantine_move(quarantine, path, is_dir ? "it is no directory" :
	    "it is no file") == -1 ? -1 : 1;
}

/* Where the first directory leads is the operator's decision. */
int
quarantine_clear(struct quarantine *quarantine, const char *path)
{
	const char *slash = strchr(path, '/');
	char part[NAME_ROOM];
	int found = 0;

	while (found == 0 && slash != NULL &&
	    (slash = strchr(slash + 1, '/')) != NULL) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(slash - path),
		    path);
		found = clear_one(quarantine, part, true);
	}
	return found == 0 ? clear_one(quarantine, path, false) : found;
}

bool
quarantine_is_damage(int error)
{
	return error == EIO || error == EFBIG ||	/* a bad sector; huge */
	    error == EISDIR || error == ESPIPE || error == ENXIO;  /* no file */
}

bool
quarantine_is_of_path(int error)
{
	return error == EACCES || error == EPERM || error == ENOTDIR ||
	    error == EISDIR || error == EEXIST || error == ELOOP ||
	    error == ENAMETOOLONG || error == EMLINK;
}

void
quarantine_keep(struct quarantine *quarantine, const char *name,
    struct span bytes,
    const char *what)
{
	char path[NAME_ROOM];
	int error = 0;

	(void)snprintf(path, sizeof(path), DIR_NAME "/%.250s", name);
	if (!quarantine->report_only && (file_make_dir(quarantine->data,
	    DIR_NAME) == -1 ||
	    file_write(quarantine->data, path, bytes) == -1))
		error = errno;
	report(quarantine, what, path, error);
}

void
quarantine_note(struct quarantine *quarantine, const char *format, ...)
{
	char what[LINE_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	log_error("%s", what);
	quarantine->count++;
}
