/*
 * device.h - tmtp device: the devices of this user.
 */
#ifndef MNM_CMD_DEVICE_H
#define MNM_CMD_DEVICE_H

#include "cmd/context.h"

int device_run(struct context *, char **argv);

#endif
