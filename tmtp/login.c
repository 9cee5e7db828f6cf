#include "tmtp/login.h"

#include "base/secret.h"
#include "conf.h"
#include "datadir.h"
#include "tmtp/auth.h"
#include "tmtp/outbox.h"
#include "tmtp/presence.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"
#include "tmtp/wake.h"

static void
detach(struct session *s)
{
	s->node->user->nodes_online--;
	s->node->session = NULL;
	userdb_turn_receipts(s->node);
	wake_left(s->relay, s->node);
	s->node = NULL;
	secret_wipe(s->key, sizeof(s->key));
}

void
login_enter(struct session *s, struct node *node, struct span nodeid)
{
	struct session *older = node->session;

	if (older != NULL) {
		outbox_end(older, SPAN("replaced by a newer login"));
		detach(older);
	}
	s->node = node;
	seal_key(s->key, nodeid);
	s->phase = PHASE_OPEN;
	node->session = s;
	node->unused = 0;
	node->user->nodes_online++;
	if (wake_entered(s->relay, node))
		session_wait(s);
	outbox_begin(s);
	presence_send_info(s);
	s->info_waits = session_waits(s);
}

void
login_end(struct session *s, struct span why)
{
	outbox_end(s, why);
	login_leave(s);
}

void
login_end_all(struct user *user, struct span why)
{
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		if (user->nodes[i]->session != NULL)
			login_end(user->nodes[i]->session, why);
	}
}

void
login_leave(struct session *s)
{
	struct user *user;

	if (s->node == NULL)
		return;
	user = s->node->user;
	detach(s);
	if (user->nodes_online == 0)
		presence_forget(user);
}

/* There is one revision: a client that asks for another gets this one, too. */
bool
op_tmtprev(struct request *rq)
{
	struct session *s = rq->session;
	size_t start = header_open(&s->out);

	auth_announce(&s->out, rq->relay->conf);
	json_put_string(&s->out, "id", SPAN("1"));
	json_put_string(&s->out, "name", span_of(rq->relay->conf->name));
	json_put_string(&s->out, "op", SPAN("tmtprev"));
	if (wake_key(rq->relay) != NULL)
		json_put_string(&s->out, "wake",
		    span_of(wake_key(rq->relay)));
	session_send(s, start);
	s->phase = PHASE_GREETED;
	return true;
}

/* All of the user's nodes learn of a login, unless the disk is full. */
static bool
notify_nodes(struct request *rq)
{
	const struct node *node = rq->session->node;
	struct posting p = route_news(rq, "login");
	char ref[REF_TEXT];

	if (datadir_state(rq->relay->data) == DATADIR_FULL)
		return true;
	p.message.node = frame_ref(ref, node->ref);
	if (node->label[0] != '\0')
		p.message.label = span_of(node->label);
	return route_send(rq, &p, 1);
}

bool
login_is_allowed(struct request *rq, const struct user *user)
{
	if (user->flags & USER_DISABLED)
		return request_refuse(rq, "login failed: this account is "
		    "disabled", SPAN(""));
	return auth_login(rq, user);
}

bool
login_complete(struct request *rq, struct node *node)
{
	userdb_see(rq->relay->data->userdb, node, rq->now);
	login_enter(rq->session, node, rq->h.node);
	session_log(rq->session, "login", SPAN(""));
	return notify_nodes(rq);
}

/* The answer does not say whether the user or the password is wrong. */
bool
op_login(struct request *rq)
{
	struct user *user = userdb_user_text(rq->relay->data->userdb,
	    rq->h.uid);
	struct node *node = NULL;

	if (user != NULL)
		node = userdb_login(user, rq->h.node);
	if (node == NULL)
		return request_refuse(rq, "login failed: unknown user or "
		    "node", SPAN(""));
	return login_is_allowed(rq, user) && login_complete(rq, node);
}
