/*
 * script.h - conversations in files: lines of text, each of which is a step;
 * see talk.c.
 */
#ifndef MNM_TEST_SCRIPT_H
#define MNM_TEST_SCRIPT_H

#include <stddef.h>

struct script_line {
	unsigned number;	/* in the file, from 1 */
	char *text;
};

struct script {
	const char *path;
	struct script_line *lines;
	size_t count;
	struct script *next;	/* in the same file, or NULL */
};

/*
 * Read a file.  Comments and empty lines are left out, and a line that begins
 * with a tab is joined to the one before.  In a page, a file whose name ends in
 * .md, each part between ```tmtp and ``` is a script; any other file is one.  A
 * file that cannot be read ends the program.
 */
struct script *script_read(const char *path);
/* All of the file. */
void script_free(struct script *);

#endif
