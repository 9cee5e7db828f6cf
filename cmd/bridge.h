/*
 * bridge.h - tmtp bridge: two accounts on two relays pass messages on.
 */
#ifndef MNM_CMD_BRIDGE_H
#define MNM_CMD_BRIDGE_H

#include "cmd/context.h"

int bridge_run(struct context *, char **argv);

#endif
