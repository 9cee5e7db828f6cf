/*
 * library.h - what mnm.c needs of the library besides mnm.h.
 */
#ifndef MNM_LIBRARY_H
#define MNM_LIBRARY_H

struct conf;
struct mnm;

/* Valid until mnm_reload. */
const struct conf *mnm_conf(const struct mnm *);

#endif
