/*
 * mailout.h - tmtp mail: posts to this account become mail.
 */
#ifndef MNM_CMD_MAILOUT_H
#define MNM_CMD_MAILOUT_H

#include "cmd/context.h"

int mailout_run(struct context *, char **argv);

#endif
