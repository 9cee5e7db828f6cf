/*
 * names.h - the names and addresses by which clients may know this machine.
 */
#ifndef MNM_NET_NAMES_H
#define MNM_NET_NAMES_H

#include <stddef.h>

struct conf;

#define NAMES_MAX  64
#define NAMES_ROOM 256	/* the longest name of a host, and a NUL */

struct name_list {
	const char *list[NAMES_MAX + 1];	/* NULL-terminated; in text */
	size_t count;
	char text[NAMES_MAX][NAMES_ROOM];
};

/* The machine's own name; "localhost" if it has none that can be looked up. */
void names_host(char name[NAMES_ROOM]);
/*
 * By which others are likely to reach this machine: its name, if that has a
 * domain; or else its IPv4 address towards the Internet; or else its name.
 */
void names_reach(char name[NAMES_ROOM]);

/*
 * conf's names, the machine's, those of its loopback, where it listens; and if
 * it listens everywhere, its IPv4 addresses.  (It gives itself IPv6 addresses
 * that change every day.)  The order depends on nothing else.  -1 and why: one
 * of conf's is not a name.
 */
int names_find(struct name_list *, const struct conf *, char *why, size_t room);

#endif
