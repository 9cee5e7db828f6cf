/*
 * backup.h - a backup of the world's data, made while all goes on.
 */
#ifndef MNM_TEST_BACKUP_H
#define MNM_TEST_BACKUP_H

#include <stdint.h>

enum hold {
	HOLD_FAILED,	/* see world.fault */
	HOLD_GIVEN_UP,	/* the journal was full; there is no backup */
	HOLD_LASTED
};

/*
 * Back up data as backup, with actions between all the calls that it takes, and
 * before and behind them.
 */
enum hold hold_backup(uint64_t random);
/*
 * The program is killed, and the backup replaces the data.  The model
 * is what was committed when it was begun, but for acks since.
 */
void hold_restore(void);

#endif
