/*
 * queue.h - tmtp queue: requests that wait to be sent, or were refused.
 */
#ifndef MNM_CMD_QUEUE_H
#define MNM_CMD_QUEUE_H

#include "cmd/context.h"

int queue_run(struct context *, char **argv);

#endif
