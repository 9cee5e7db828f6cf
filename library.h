/*
 * library.h - what mnm.c needs of the library besides mnm.h.
 */
#ifndef MNM_LIBRARY_H
#define MNM_LIBRARY_H

struct conf;
struct mnm;

/* Valid until mnm_reload. */
const struct conf *mnm_conf(const struct mnm *);
/*
 * Give up all but what this relay needs, unless conf says otherwise: for the
 * whole program, so only mnm.c does that, between mnm_open and mnm_start.
 * Returns the parts of base/confine.h that are in force.
 */
unsigned mnm_confine(struct mnm *);
/*
 * Limit the memory of the program, unless conf says otherwise, after mnm_start
 * and again after mnm_reload: to what connections may take, four times what the
 * program has taken so far, and room to grow.  Returns the part in force.
 */
unsigned mnm_limit_memory(const struct mnm *);

#endif
