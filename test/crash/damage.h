/*
 * damage.h - bytes of files are altered, each in a child of branch.h: a check
 * must find it, and a start, or a repair, must serve all else and no byte that
 * was altered.
 *
 * The program must not be running; nothing of the disk may be left unsynced.
 */
#ifndef MNM_TEST_DAMAGE_H
#define MNM_TEST_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a check finds no damage; if there is anything to check. */
bool damage_is_clean(void);
/* As mnm fsck --repair: whether something was damaged, -1 on failure. */
int damage_repair(void);
/* One byte of each stretch of so many, of all files. */
void damage_some(uint64_t stretch, uint64_t random);
/*
 * Every byte in use of one file of each kind, by one of several patterns of
 * bits in turn, or by each; and tell how many they are.
 */
enum damage_bits { DAMAGE_IN_TURN, DAMAGE_BY_EACH };
void damage_each(enum damage_bits);

#endif
