/*
 * talk.h - tmtp talk: a conversation in a terminal.
 */
#ifndef MNM_CMD_TALK_H
#define MNM_CMD_TALK_H

#include "cmd/context.h"

int talk_run(struct context *, char **argv);

#endif
