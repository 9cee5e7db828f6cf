/*
 * ids.h - arrays, by rising id, of what begins with an id of 64 bits.
 */
#ifndef MNM_STORE_IDS_H
#define MNM_STORE_IDS_H

#include <stddef.h>
#include <stdint.h>

void ids_sort(void *array, size_t count, size_t size);
/* The place of the first whose id is at least id; count if there is none. */
size_t ids_place(const void *array, size_t count, size_t size, uint64_t id);

#endif
