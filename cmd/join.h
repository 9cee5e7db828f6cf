/*
 * join.h - tmtp join.
 */
#ifndef MNM_CMD_JOIN_H
#define MNM_CMD_JOIN_H

#include "cmd/context.h"

int join_run(struct context *, char **argv);

#endif
