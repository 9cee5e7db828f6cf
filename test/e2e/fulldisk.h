/*
 * fulldisk.h - a relay on a small file system of its own, until that is full,
 * and after.
 */
#ifndef MNM_TEST_FULLDISK_H
#define MNM_TEST_FULLDISK_H

/* Needs root and mount(8); else it says that it was skipped. */
void fulldisk_test(const char *program);

#endif
