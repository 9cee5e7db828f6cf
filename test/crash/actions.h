/*
 * actions.h - what happens in the crash world: each action changes the data
 * directory and the model alike, and picks by chance what it is about.
 *
 * All return 0, or -1 as in world.h.
 */
#ifndef MNM_TEST_CRASH_ACTIONS_H
#define MNM_TEST_CRASH_ACTIONS_H

#include <stddef.h>
#include <stdint.h>

int action_register(void);
/* A step of it: the new node is there after the last. */
int action_add_node(void);
int action_drop_node(void);
int action_see(void);
int action_add_alias(void);
int action_change_alias(void);
/* A cork begins, or ends, or holds one more message. */
int action_cork(void);
int action_change_group(void);
/* Invite a guest, or withdraw an invitation. */
int action_invite(void);
/* What requests of a node have led to. */
int action_request(void);
int action_post(uint32_t data, size_t recipients);
int action_large(void);
/* Ack some of the messages of a node. */
int action_ack(void);
/* Read a queue as a login does. */
int action_look(void);
int action_commit(void);
/* Let so many ms pass, and do what is due. */
int action_step(unsigned ms);

/* Any of these; those that are frequent in real use more often. */
int action_any(void);

#endif
