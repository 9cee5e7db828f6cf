/*
 * address.h - which addresses the relay connects to when members say where:
 * those of the Internet, and not this machine's or its neighbours'.
 */
#ifndef MNM_PUSH_ADDRESS_H
#define MNM_PUSH_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

bool address_is_public(const struct sockaddr *);

#endif
