/*
 * The conversation is as talk.h says, with ' for ".  $sum-run is the number of
 * the numbering; a client connects with the first frame that it sends, and
 *
 *	A! acks		A acks the messages that it has got and not acked
 *	A! lost		A drops the connection
 *	A! ended	the relay has closed it, and sent no other frame
 */
#include "sim/selftest.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/encode.h"
#include "base/log.h"
#include "client/client.h"
#include "net/poller.h"
#include "sim/talk.h"

#define SPEAKERS 5	/* A to E */
#define PATIENCE 10	/* seconds for one answer */

struct speaker {
	struct client *client;	/* NULL: not connected */
	unsigned interest;
	struct buf unacked;	/* ids of messages, ID_TEXT bytes each */
};

struct selftest {
	const char *path;
	struct client_pool *clients;
	struct poller *poller;
	struct speaker speakers[SPEAKERS];
	struct talk talk;
	struct buf frame;	/* to send */
	long answers;
};

static const char *const both[] = {
	/* Three members; the third has no alias. */
	"member A Ann $sum-run",
	"member B Bob $sum-run",
	"member C _",

	/*
	 * Presence.  Only the second list is sent to the member's own device.
	 */
	"A> {'op':OhiEdit,'id':'a1','for':[{'id':'$uid-B'}],'type':'add'}",
	"A< {'id':'a1','msgid':'','op':'ack','posted':''}",
	"B< {'from':'$uid-A','op':'ohi','status':1}",
	"A> {'op':OhiEdit,'id':'a2','for':[{'id':'$uid-C'}],'type':'add'}",
	"A= a2",
	"A< {'datalen':0,'for':[{'id':'$uid-C'}],'from':'$uid-A',"
	    "'headsum':$sum,'id':'$id','op':'ohiedit','posted':'$date',"
	    "'type':'add'}",
	"C< {'from':'$uid-A','op':'ohi','status':1}",
	"A> {'op':OhiEdit,'id':'a3','for':[{'id':'$uid-C'}],'type':'drop'}",
	"A= a3",
	"A< {'datalen':0,'for':[{'id':'$uid-C'}],'from':'$uid-A',"
	    "'headsum':$sum,'id':'$id','op':'ohiedit','posted':'$date',"
	    "'type':'drop'}",
	"C< {'from':'$uid-A','op':'ohi','status':2}",

	/* Aliases, and a second device, which logs in. */
	"A> {'op':UserEdit,'id':'a4','newalias':'Anna $sum-run'}",
	"A= a4",
	"A< {'datalen':0,'from':'$uid-A','headsum':$sum,'id':'$id',"
	    "'newalias':'Anna $sum-run','op':'user','posted':'$date'}",
	"B> {'op':UserEdit,'id':'b1','newalias':'ANNA   $sum-run'}",
	"B/ b1",
	"device D of A",

	/* Ping, by an alias; the sender's other device gets it, too. */
	"A> {'op':Ping,'id':'a6','datalen':7,'from':'Ann $sum-run',"
	    "'to':'Bob $sum-run'} | Hi, Bob",
	"A= a6",
	"B< {'alias':'Ann $sum-run','datalen':7,'from':'$uid-A',"
	    "'headsum':$sum,'id':'$id','op':'ping','posted':'$date',"
	    "'to':'Bob $sum-run'} | Hi, Bob",
	"D< {'alias':'Ann $sum-run','datalen':7,'from':'$uid-A',"
	    "'headsum':$sum,'id':'$id','op':'ping','posted':'$date',"
	    "'to':'Bob $sum-run'} | Hi, Bob",
	"A> {'op':Ping,'id':'a7','datalen':2,'from':'Ann $sum-run',"
	    "'to':'Nobody $sum-run'} | Hi",
	"A/ a7",

	/* A group of two. */
	"A> {'op':GroupInvite,'id':'a8','gid':'All $sum-run','datalen':4,"
	    "'from':'Ann $sum-run','to':'Bob $sum-run'} | Join",
	"A= a8",
	"A< {'act':'invite','alias':'Bob $sum-run','datalen':0,"
	    "'from':'$uid-A','gid':'All $sum-run','headsum':$sum,'id':'$id',"
	    "'op':'member','posted':'$date'}",
	"B< {'alias':'Ann $sum-run','datalen':4,'from':'$uid-A',"
	    "'gid':'All $sum-run','headsum':$sum,'id':'$id','op':'invite',"
	    "'posted':'$date','to':'Bob $sum-run'} | Join",
	"D< {'alias':'Ann $sum-run','datalen':4,'from':'$uid-A',"
	    "'gid':'All $sum-run','headsum':$sum,'id':'$id','op':'invite',"
	    "'posted':'$date','to':'Bob $sum-run'} | Join",
	"D< {'act':'invite','alias':'Bob $sum-run','datalen':0,"
	    "'from':'$uid-A','gid':'All $sum-run','headsum':$sum,'id':'$id',"
	    "'op':'member','posted':'$date'}",
	"B> {'op':GroupEdit,'id':'b2','act':'join','gid':'All $sum-run',"
	    "'newalias':'Bobby $sum-run'}",
	"B= b2",
	"ABD< {'act':'join','alias':'Bob $sum-run','datalen':0,"
	    "'from':'$uid-B','gid':'All $sum-run','headsum':$sum,'id':'$id',"
	    "'newalias':'Bobby $sum-run','op':'member','posted':'$date'}",
	"C> {'op':GroupEdit,'id':'c1','act':'join','gid':'All $sum-run'}",
	"C/ c1",

	/*
	 * Posts: to a user and a group, to the sender's devices, and refused.
	 */
	"A> {'op':Post,'id':'a9','datalen':11,'datahead':5,'datasum':9,"
	    "'for':[{'id':'$uid-C','type':1},{'id':'All $sum-run',"
	    "'type':3}]} | hello world",
	"A= a9",
	"BCD< {'datahead':5,'datalen':11,'datasum':9,'from':'$uid-A',"
	    "'headsum':$sum,'id':'$id','op':'delivery',"
	    "'posted':'$date'} | hello world",
	"B> {'op':Post,'id':'b3','datalen':0,'for':[{'id':'All $sum-run',"
	    "'type':2}]}",
	"B= b3",
	"ABD< {'datalen':0,'from':'$uid-B','headsum':$sum,'id':'$id',"
	    "'op':'delivery','posted':'$date'}",
	"A> {'op':Post,'id':'a10','datalen':12,'for':[]} | note to self",
	"A= a10",
	"D< {'datalen':12,'from':'$uid-A','headsum':$sum,'id':'$id',"
	    "'op':'delivery','posted':'$date'} | note to self",
	"A> {'op':Post,'id':'a11','datalen':4,'for':[{'id':'$uid-B','type':1},"
	    "{'id':'nobody','type':1}]} | lost",
	"A/ a11",
	"C> {'op':Post,'id':'c2','datalen':9,'for':[{'id':'All $sum-run',"
	    "'type':3}]} | let me in",
	"C/ c2",
	"ABCD! acks",

	/* Another name in the group; then a member is barred. */
	"B> {'op':GroupEdit,'id':'b4','act':'alias','gid':'All $sum-run',"
	    "'newalias':'Robert $sum-run'}",
	"B= b4",
	"ABD< {'act':'alias','alias':'Bobby $sum-run','datalen':0,"
	    "'from':'$uid-B','gid':'All $sum-run','headsum':$sum,'id':'$id',"
	    "'newalias':'Robert $sum-run','op':'member','posted':'$date'}",
	"A> {'op':GroupEdit,'id':'a12','act':'drop','gid':'All $sum-run',"
	    "'to':'Robert $sum-run'}",
	"A= a12",
	"ABD< {'act':'drop','alias':'Robert $sum-run','datalen':0,"
	    "'from':'$uid-A','gid':'All $sum-run','headsum':$sum,'id':'$id',"
	    "'op':'member','posted':'$date'}",
	"B> {'op':Post,'id':'b5','datalen':0,'for':[{'id':'All $sum-run',"
	    "'type':3}]}",
	"B/ b5",

	/* A dropped alias reaches nobody, nor does a dropped device. */
	"A> {'op':UserEdit,'id':'a13','dropalias':'Anna $sum-run'}",
	"A= a13",
	"AD< {'datalen':0,'dropalias':'Anna $sum-run','from':'$uid-A',"
	    "'headsum':$sum,'id':'$id','op':'user','posted':'$date'}",
	"A> {'op':UserEdit,'id':'a14','dropnode':'$sum-ref-D'}",
	"A= a14",
	"A< {'datalen':0,'dropnode':'$sum-ref-D','from':'$uid-A',"
	    "'headsum':$sum,'id':'$id','op':'user','posted':'$date'}",
	"D< {'error':'$error','op':'quit'}",
	"D! ended",
	"ABC! acks",

	/* A message that was not acked is sent again. */
	"A> {'op':Post,'id':'a15','datalen':5,'for':[{'id':'$uid-B',"
	    "'type':1}]} | twice",
	"A< {'id':'a15','msgid':'$id-twice','op':'ack','posted':'$date'}",
	"B< {'datalen':5,'from':'$uid-A','headsum':$sum,'id':'$id-twice',"
	    "'op':'delivery','posted':'$date'} | twice",
	"B! lost",
	"B> {'op':TmtpRev,'id':'1'}",
	"B> {'op':Login,'uid':'$uid-B','node':'$node-B'}",
	"B< {'id':'1','name':'test','op':'tmtprev'}",
	"B< {'info':'login ok','ohi':['$uid-A'],'op':'info'}",
	"B< {'datalen':5,'from':'$uid-A','headsum':$sum,'id':'$id-twice',"
	    "'op':'delivery','posted':'$date'} | twice",
	"B< {'datalen':0,'from':'$uid-B','headsum':$sum,'id':'$id','node':'1',"
	    "'op':'login','posted':'$date'}",
	"B! acks",

	/* Neither pulse nor ack is answered. */
	"A> {'op':Pulse}",
	"A> {'op':Ack,'id':'0000000000000001','type':'ok'}",
	"A> {'op':Quit}",
	"A< {'error':'logout ok','op':'quit'}",
	"A! ended",
	"B< {'from':'$uid-A','op':'ohi','status':2}",
	"B> {'op':Quit}",
	"B< {'error':'logout ok','op':'quit'}",
	"B! ended",
	"C> {'op':TmtpRev,'id':'1'}",
	"C< {'error':'$error','op':'quit'}",
	"C! ended",
	"E> {'op':TmtpRev,'id':'1'}",
	"E> {'op':Login,'uid':'$uid-A','node':'$node-B'}",
	"E< {'id':'1','name':'test','op':'tmtprev'}",
	"E< {'error':'$error','op':'quit'}",
	"E! ended",
	NULL
};

/* What only the second numbering has; nobody else is connected. */
static const char *const only_2020[] = {
	"B> {'op':TmtpRev,'id':'1'}",
	"B> {'op':Login,'uid':'$uid-B','node':'$node-B'}",
	"B< {'id':'1','name':'test','op':'tmtprev'}",
	"B< {'info':'login ok','op':'info'}",
	"B< {'datalen':0,'from':'$uid-B','headsum':$sum,'id':'$id','node':'1',"
	    "'op':'login','posted':'$date'}",
	"C> {'op':TmtpRev,'id':'1'}",
	"C> {'op':Login,'uid':'$uid-C','node':'$node-C'}",
	"C< {'id':'1','name':'test','op':'tmtprev'}",
	"C< {'info':'login ok','op':'info'}",
	"C< {'datalen':0,'from':'$uid-C','headsum':$sum,'id':'$id','node':'1',"
	    "'op':'login','posted':'$date'}",
	"B> {'op':PostNotify,'id':'b1','datalen':8,'notelen':4,"
	    "'fornotself':true,'for':[{'id':'$uid-C','type':1}],"
	    "'notefor':[]} | notebody",
	"B= b1",
	"C< {'datalen':4,'from':'$uid-B','headsum':$sum,'id':'$id','notify':1,"
	    "'op':'delivery','posted':'$date'} | body",
	"C< {'datalen':4,'from':'$uid-B','headsum':$sum,'id':'$id',"
	    "'op':'notify','posted':'$date','postid':'$id'} | note",
	"BC! acks",
	"B> {'op':Quit}",
	"B< {'error':'logout ok','op':'quit'}",
	"B! ended",
	"C> {'op':Quit}",
	"C< {'error':'logout ok','op':'quit'}",
	"C! ended",
	NULL
};

static void
disconnect(struct selftest *t, struct speaker *s)
{
	if (s->client != NULL)
		poller_remove(t->poller, client_fd(s->client));
	client_close(s->client);
	s->client = NULL;
	s->unacked.n = 0;
}

static const char *
connect_speaker(struct selftest *t, struct speaker *s)
{
	s->client = client_connect_unix(t->clients, t->path);
	if (s->client == NULL)
		return "cannot connect";
	s->interest = client_interest(s->client);
	if (poller_add(t->poller, client_fd(s->client), s->interest, s) == 0)
		return NULL;
	client_close(s->client);
	s->client = NULL;
	return "cannot wait for the connection";
}

static void
serve(struct selftest *t, struct speaker *s, unsigned can)
{
	unsigned interest;

	client_step(s->client, can);
	interest = client_interest(s->client);
	if (interest != s->interest)
		poller_change(t->poller, client_fd(s->client), interest);
	s->interest = interest;
}

/* Wait for a frame.  False: the connection is over, or nothing happens. */
static bool
await(struct selftest *t, struct speaker *s, struct reply *r)
{
	struct poller_event event;
	time_t end = time(NULL) + PATIENCE;

	while (time(NULL) <= end) {
		if (client_next(s->client, r))
			return true;
		if (client_over(s->client) != NULL)
			return false;
		poller_wait(t->poller, 1000);
		while (poller_next(t->poller, &event))
			serve(t, event.owner, event.can);
	}
	return false;
}

static void
send_frame(struct selftest *t, struct speaker *s)
{
	client_send(s->client, buf_span(&t->frame));
	serve(t, s, 0);
	t->frame.n = 0;
}

static const char *
step_get(struct selftest *t, struct speaker *s, const char *text)
{
	struct reply r;
	const char *why;

	if (!await(t, s, &r))
		return "no frame was received";
	why = talk_compare(&t->talk, text, &r);
	if (why != NULL) {
		log_line("self-test: received %.*s (%zu bytes of data)",
		    (int)r.header.n, r.header.p, r.data.n);
		return why;
	}
	t->answers++;
	if (wire_is_message(&r))
		buf_add(&s->unacked, r.id);
	return NULL;
}

static const char *
step_event(struct selftest *t, struct speaker *s, const char *what)
{
	struct reply r;

	if (strcmp(what, "acks") == 0) {
		for (; s->unacked.n > 0; buf_drop(&s->unacked, ID_TEXT)) {
			talk_ack(&t->talk, &t->frame,
			    (struct span){ s->unacked.p, ID_TEXT });
			send_frame(t, s);
		}
		return NULL;
	}
	if (strcmp(what, "ended") == 0 &&
	    (await(t, s, &r) || client_over(s->client) == NULL))
		return "the relay did not close the connection";
	disconnect(t, s);
	return NULL;
}

/* NULL, or what is wrong. */
static const char *
run_step(struct selftest *t, const char *line)
{
	struct talk_step step;
	struct speaker *s;
	const char *why = NULL;

	if (!talk_read(&step, line))
		return "not a step";
	s = &t->speakers[step.name[0] - 'A'];
	if (s->client == NULL)
		why = connect_speaker(t, s);
	if (why != NULL)
		return why;
	if (step.kind == '<')
		return step_get(t, s, step.text);
	if (step.kind == '!')
		return step_event(t, s, step.text);
	why = talk_frame(&t->talk, &t->frame, step.text);
	send_frame(t, s);
	return why;
}

static bool
run_line(struct selftest *t, const char *line)
{
	struct buf text = { NULL, 0, 0 }, steps = { NULL, 0, 0 };
	const char *why = NULL;
	char *p, *end;

	for (; *line != '\0'; line++)
		buf_add_byte(&text, *line == '\'' ? '"' : *line);
	buf_add_byte(&text, '\0');
	if (!talk_expand(&t->talk, &steps, text.p))
		buf_addf(&steps, "%s\n", text.p);
	for (p = steps.p; why == NULL && p < steps.p + steps.n; p = end + 1) {
		end = memchr(p, '\n', (size_t)(steps.p + steps.n - p));
		*end = '\0';
		why = run_step(t, p);
		if (why != NULL)
			log_line("self-test, numbering of %s: %s: %s",
			    pattern_value(&t->talk.names, SPAN("sum-run")),
			    why, p);
	}
	buf_free(&text);
	buf_free(&steps);
	return why == NULL;
}

static bool
run(struct selftest *t, const char *const *lines)
{
	while (*lines != NULL && run_line(t, *lines))
		lines++;
	return *lines == NULL;
}

static void
set_numbering(struct selftest *t, enum talk_numbering numbering)
{
	t->talk = (struct talk){ .numbering = numbering };
	pattern_set(&t->talk.names, SPAN("sum-run"),
	    numbering == TALK_2018 ? SPAN("2018") : SPAN("2020"));
}

long
selftest_run(const char *path, struct client_pool *clients)
{
	struct selftest t = { .path = path, .clients = clients };
	bool passed;
	size_t i;

	t.poller = poller_open();
	if (t.poller == NULL) {
		log_line("cannot watch connections: %s", strerror(errno));
		return -1;
	}
	set_numbering(&t, TALK_2018);
	passed = run(&t, both);
	set_numbering(&t, TALK_2020);
	passed = passed && run(&t, both) && run(&t, only_2020);
	for (i = 0; i < SPEAKERS; i++) {
		disconnect(&t, &t.speakers[i]);
		buf_free(&t.speakers[i].unacked);
	}
	poller_close(t.poller);
	buf_free(&t.frame);
	return passed ? t.answers : -1;
}
