/*
 * auth.h - people for whom a provider of identities vouches (OpenID Connect),
 * as the configuration asks: those who register, and perhaps those who log in.
 *
 * The provider is found by the issuer and the audience in the token that a
 * client got from it, the key by the token.  Nobody is asked over the network.
 */
#ifndef MNM_TMTP_AUTH_H
#define MNM_TMTP_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "tmtp/oidc.h"
#include "userdb.h"

struct auth;
struct conf;
struct conf_provider;
struct request;

struct auth *auth_open(void);
void auth_close(struct auth *);

/* As tmtp_set_keys; auth may be NULL. */
int auth_set_keys(struct auth *, const char *place, const struct span *texts,
    size_t n, char *why, size_t room);

/* Write the first members of tmtprev, if there are providers to tell of. */
void auth_announce(struct buf *, const struct conf *);

struct auth_person {
	const struct conf_provider *provider;	/* who vouches; NULL: nobody */
	struct subject subject;
	struct oidc_token token;	/* which subject points into */
};

/*
 * Whether this Register may go on, as far as it is up to the providers; who it
 * is, if that was given.  auth_forget follows in any case.
 */
bool auth_register(struct request *, struct auth_person *);
void auth_forget(struct auth_person *);
/* The same for this Login of the user. */
bool auth_login(struct request *, const struct user *);

#endif
