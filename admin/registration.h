/*
 * registration.h - the operator's commands about who may register.
 */
#ifndef MNM_ADMIN_REGISTRATION_H
#define MNM_ADMIN_REGISTRATION_H

struct call;

const char *registration_invite(struct call *);
const char *registration_invitations(struct call *);
const char *registration_uninvite(struct call *);
const char *registration_requests(struct call *);
const char *registration_approve(struct call *);
const char *registration_open(struct call *);
const char *registration_close(struct call *);
const char *registration_show(struct call *);

#endif
