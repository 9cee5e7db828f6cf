/*
 * prng.h - numbers that look random and are the same for the same seed.
 */
#ifndef MNM_TEST_PRNG_H
#define MNM_TEST_PRNG_H

#include <stdint.h>

/* splitmix64: any seed will do. */
static inline uint64_t
chance(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

/* A number below n, which is not 0. */
static inline uint64_t
prng_below(uint64_t *state, uint64_t n)
{
	return chance(state) % n;
}

#endif
