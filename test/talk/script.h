/*
 * script.h - conversations as they stand in files: lines of text, each of
 * which is a step.  talk.c says what the steps are.
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
 * Read a file.  Comments and empty lines are left out, and lines that go on
 * with a tab are joined.  In a page, a file whose name ends in .md, whatever
 * stands between ```tmtp and ``` is a script; any other file is one.  A file
 * that cannot be read ends the program.
 */
struct script *script_read(const char *path);
/* All of the file. */
void script_free(struct script *);

#endif
