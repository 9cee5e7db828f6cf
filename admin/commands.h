/*
 * commands.h - commands about members, their nodes and aliases, and groups.
 */
#ifndef MNM_ADMIN_COMMANDS_H
#define MNM_ADMIN_COMMANDS_H

#include "admin/call.h"

const char *roll_user_list(struct call *);
const char *roll_user_show(struct call *);
const char *roll_user_disable(struct call *);
const char *roll_user_enable(struct call *);
const char *roll_user_remove(struct call *);
const char *roll_user_set(struct call *);
const char *roll_node_list(struct call *);
const char *roll_node_drop(struct call *);
const char *roll_alias_drop(struct call *);
const char *roll_group_list(struct call *);
const char *roll_group_show(struct call *);
const char *roll_group_remove(struct call *);

#endif
