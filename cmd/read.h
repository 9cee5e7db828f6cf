/*
 * read.h - tmtp read.
 */
#ifndef MNM_CMD_READ_H
#define MNM_CMD_READ_H

#include "cmd/context.h"

int read_run(struct context *, char **argv);

#endif
