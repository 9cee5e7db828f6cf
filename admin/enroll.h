/*
 * enroll.h - commands about who may register.
 */
#ifndef MNM_ADMIN_ENROLL_H
#define MNM_ADMIN_ENROLL_H

#include "admin/call.h"

const char *enroll_invite(struct call *);
const char *enroll_invitations(struct call *);
const char *enroll_uninvite(struct call *);
const char *enroll_requests(struct call *);
const char *enroll_approve(struct call *);
const char *enroll_show(struct call *);
const char *enroll_open(struct call *);
const char *enroll_close(struct call *);

#endif
