/*
 * sendmail.h - tmtp sendmail: mail that a program of this machine sends becomes
 * posts.
 */
#ifndef MNM_CMD_SENDMAIL_H
#define MNM_CMD_SENDMAIL_H

#include "cmd/context.h"

int sendmail_run(struct context *, char **argv);

#endif
