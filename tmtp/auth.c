#include "tmtp/auth.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "datadir.h"
#include "tmtp/request.h"
#include "tmtp/session.h"

#define SUB_MAX  255	/* bytes (OpenID Connect Core, section 2) */
#define WHY_ROOM 128

struct key_place {
	char *name;
	struct oidc_keys *keys;
};

struct auth {
	struct key_place *places;
	size_t count;
};

struct auth *
auth_open(void)
{
	return xzalloc(sizeof(struct auth));
}

static void
forget_place(struct key_place *place)
{
	oidc_keys_free(place->keys);
	free(place->name);
}

void
auth_close(struct auth *auth)
{
	while (auth->count > 0)
		forget_place(&auth->places[--auth->count]);
	free(auth->places);
	free(auth);
}

static struct key_place *
find_place(const struct auth *auth, const char *name)
{
	size_t i;

	for (i = 0; i < auth->count; i++) {
		if (strcmp(auth->places[i].name, name) == 0)
			return &auth->places[i];
	}
	return NULL;
}

/* All of them together, or NULL and why. */
static struct oidc_keys *
read_keys(const struct span *texts, size_t n, char *why, size_t room)
{
	struct oidc_keys *keys = oidc_keys_read(texts[0], why, room), *more;
	size_t i;

	for (i = 1; keys != NULL && i < n; i++) {
		more = oidc_keys_read(texts[i], why, room);
		if (more != NULL) {
			oidc_keys_join(keys, more);
			continue;
		}
		oidc_keys_free(keys);
		keys = NULL;
	}
	return keys;
}

static void
put_keys(struct auth *auth, const char *name, struct oidc_keys *keys)
{
	struct key_place *place = find_place(auth, name);

	if (place == NULL && keys != NULL) {
		auth->places = xgrow(auth->places, auth->count,
		    sizeof(*place));
		place = &auth->places[auth->count++];
		*place = (struct key_place){ xcopy(span_of(name)), keys };
	} else if (keys != NULL) {
		oidc_keys_free(place->keys);
		place->keys = keys;
	} else if (place != NULL) {
		forget_place(place);
		*place = auth->places[--auth->count];
	}
}

int
auth_set_keys(struct auth *auth, const char *place, const struct span *texts,
    size_t n, char *why, size_t room)
{
	struct oidc_keys *keys = NULL;

	if (n > 0) {
		keys = read_keys(texts, n, why, room);
		if (keys == NULL)
			return -1;
	}
	if (auth != NULL)
		put_keys(auth, place, keys);
	else
		oidc_keys_free(keys);
	return 0;
}

/* ---- tmtprev ---- */

static void
add_parameters(struct buf *joined, char *const *list)
{
	for (; *list != NULL; list++) {
		if (joined->n > 0)
			buf_add_byte(joined, '&');
		buf_add(joined, span_of(*list));
	}
}

/* A URL, and all of its parameters joined as in a query. */
static void
put_page(struct buf *b, const char *key, char *const *page, char *const *std)
{
	struct buf joined = { NULL, 0, 0 };

	json_put_key(b, key);
	json_put_open(b, '[');
	if (page[0] != NULL) {
		add_parameters(&joined, page + 1);
		add_parameters(&joined, std);
		json_put_string(b, NULL, span_of(page[0]));
		json_put_string(b, NULL, buf_span(&joined));
	}
	json_put_close(b, ']');
	buf_free(&joined);
}

void
auth_announce(struct buf *b, const struct conf *conf)
{
	const struct conf_provider *p = conf->authby;

	if (conf->auth == 0)
		return;
	json_put_uint(b, "auth", conf->auth);
	json_put_key(b, "authby");
	json_put_open(b, '[');
	for (; p < conf->authby + conf->authby_count; p++) {
		json_put_open(b, '{');
		json_put_string(b, "label", span_of(p->label));
		put_page(b, "login", p->login, p->std);
		put_page(b, "token", p->token, p->std);
		json_put_close(b, '}');
	}
	json_put_close(b, ']');
}

/* ---- who it is ---- */

static bool
refuse(struct request *rq, const char *why)
{
	return request_refuse(rq, "authentication required: ", span_of(why));
}

static const struct conf_provider *
find_provider(const struct conf *conf, const struct oidc_token *t)
{
	const struct conf_provider *p = conf->authby;

	for (; p < conf->authby + conf->authby_count; p++) {
		if (span_is(t->iss, span_of(p->iss)) &&
		    oidc_token_is_for(t, span_of(p->aud)))
			return p;
	}
	return NULL;
}

/* It is kept with a NUL at its end, and shown to the operator. */
static bool
is_plain(struct span sub)
{
	size_t i;

	for (i = 0; i < sub.n; i++) {
		if ((unsigned char)sub.p[i] < ' ' || sub.p[i] == 127)
			return false;
	}
	return sub.n <= SUB_MAX;
}

static bool
check_token(struct request *rq, struct auth_person *person)
{
	const struct oidc_token *t = &person->token;
	const struct conf_provider *p = find_provider(rq->relay->conf, t);
	const struct key_place *place;
	char why[WHY_ROOM];

	if (p == NULL)
		return request_refuse(rq, "authentication required: none of "
		    "this relay's providers has the token's issuer and "
		    "audience; its issuer is ", t->iss);
	place = find_place(rq->relay->auth, p->keys);
	if (place == NULL)
		return refuse(rq, "this relay does not have the provider's "
		    "keys at present: try again later");
	if (oidc_token_check(t, place->keys, rq->now.wall / 1000, why,
	    sizeof(why)) == -1)
		return refuse(rq, why);
	if (!is_plain(t->sub))
		return refuse(rq, "the token's sub is longer than 255 bytes "
		    "or has a control character");
	person->provider = p;
	person->subject = (struct subject){ t->iss, t->sub, span_of(p->aud),
	    (uint32_t)t->iat };
	return true;
}

/* The request must have a token, and a good one. */
static bool
identify(struct request *rq, struct auth_person *person)
{
	char why[WHY_ROOM];

	if (!(rq->h.has & F_OIDC))
		return request_refuse(rq, "authentication required", SPAN(""));
	if (rq->h.id_token.p == NULL)
		return refuse(rq, "oidc has no id_token");
	if (oidc_token_read(&person->token, rq->h.id_token, why,
	    sizeof(why)) == -1)
		return refuse(rq, why);
	return check_token(rq, person);
}

static bool
is_optional(const struct conf *conf)
{
	return conf->authby[0].iss[0] == '\0';
}

bool
auth_register(struct request *rq, struct auth_person *person)
{
	const struct conf *conf = rq->relay->conf;

	*person = (struct auth_person){ .provider = NULL };
	if (conf->auth == 0 ||
	    (is_optional(conf) && !(rq->h.has & F_OIDC)))
		return true;
	if (!identify(rq, person))
		return false;
	return person->provider->many || userdb_subject(
	    rq->relay->data->userdb, &person->subject) == NULL ||
	    refuse(rq, "this person is already registered here");
}

void
auth_forget(struct auth_person *person)
{
	oidc_token_free(&person->token);
}

/* A user who registered without a provider logs in without one. */
bool
auth_login(struct request *rq, const struct user *user)
{
	const struct subject *subject = user->subject;
	struct auth_person person = { .provider = NULL };
	bool good;

	if (rq->relay->conf->auth < 2 || subject == NULL)
		return true;
	good = identify(rq, &person) &&
	    ((span_is(person.subject.iss, subject->iss) &&
	    span_is(person.subject.sub, subject->sub)) ||
	    refuse(rq, "the token is another person's"));
	auth_forget(&person);
	return good;
}
