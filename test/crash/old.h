/*
 * old.h - a data directory as a relay before packs has left it, with what waits
 * in the model.
 */
#ifndef MNM_TEST_OLD_H
#define MNM_TEST_OLD_H

/* Of a relay that was stopped: -1 if it cannot be done. */
int old_make(void);

#endif
