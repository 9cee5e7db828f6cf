/*
 * scratch.h - a directory of a test's own, removed with all in it.
 */
#ifndef MNM_SCRATCH_H
#define MNM_SCRATCH_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* Make it; path ends in XXXXXX, as for mkdtemp.  Returns it opened. */
static inline int
scratch_make(char *path)
{
	int fd = -1;

	if (mkdtemp(path) != NULL)
		fd = open(path, O_RDONLY | O_DIRECTORY);
	if (fd == -1)
		die("%s: %s", path, strerror(errno));
	return fd;
}

/* Remove a file, or a directory and all below it. */
static inline void
scratch_remove(int dir, const char *name)
{
	struct dirent *entry;
	DIR *list;
	int fd;

	if (unlinkat(dir, name, 0) == 0)
		return;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY);
	list = fd != -1 ? fdopendir(fd) : NULL;
	if (list == NULL)
		return;
	while ((entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			scratch_remove(fd, entry->d_name);
	}
	closedir(list);
	unlinkat(dir, name, AT_REMOVEDIR);
}

#endif
