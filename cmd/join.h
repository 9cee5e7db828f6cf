/*
 * join.h - tmtp join, and tmtp relay, by which an account follows its relay.
 */
#ifndef MNM_CMD_JOIN_H
#define MNM_CMD_JOIN_H

#include "cmd/context.h"

int join_run(struct context *, char **argv);
int join_run_relay(struct context *, char **argv);

#endif
