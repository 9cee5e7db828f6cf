/*
 * The talk is a list of lines.  Each begins with who it is about, A to E, and
 *
 *	+	connects
 *	> F	sends the frame F
 *	< F	gets the frame F next, and acks it if it is a message
 *	~ F	gets it, and does not ack it
 *	= I	gets an ack for the request of .id I
 *	/ I	gets an ack that tells why that was refused
 *	-	finds that the relay has closed the link
 *	!	drops the link
 *
 * A frame is its header, with ' for ", and data behind the first |.  In what
 * is expected, * stands for any text, and ? for some.  In both, $A is the uid
 * that A was given and @A its nodeid; %D is the length of the data, %N the
 * numbering, and other letters after % are the ops that have two numbers.
 */
#include "sim/selftest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/encode.h"
#include "base/log.h"
#include "net/poller.h"

#define TALKERS  5
#define PATIENCE 10	/* seconds for one answer */

struct talker {
	struct client *client;
	unsigned interest;
	char uid[UID_TEXT + 1];
	char nodeid[NODEID_TEXT + 1];
};

struct talk {
	const char *path;
	struct client_pool *clients;
	struct poller *ready;
	struct talker talkers[TALKERS];
	unsigned numbering;	/* 0 or 1 */
	struct buf header, data;	/* of the line at hand */
	long answers;
};

static const struct number {
	char letter;
	const char *text[2];
} numbers[] = {
	{ 'N', { "2018", "2020" } },
	{ 'P', { "8", "9" } },		/* Ping */
	{ 'K', { "9", "10" } },		/* Ack */
	{ 'L', { "10", "11" } },	/* Pulse */
	{ 'Q', { "11", "12" } },	/* Quit */
	{ '\0', { NULL, NULL } }
};

static const char *const both[] = {
	/* Three members; the third has no alias. */
	"A+",
	"A> {'op':0,'id':'1'}",
	"A> {'op':1,'newnode':'x','newalias':'Verify Ann %N'}",
	"A< {'id':'1','name':'?','op':'tmtprev'}",
	"A< {'nodeid':'?','noderef':'1','op':'registered','uid':'?'}",
	"A< {'info':'login ok','op':'info'}",
	"B+",
	"B> {'op':0,'id':'1'}",
	"B> {'op':1,'newnode':'x','newalias':'Verify Bob %N'}",
	"B< {'id':'1','name':'?','op':'tmtprev'}",
	"B< {'nodeid':'?','noderef':'1','op':'registered','uid':'?'}",
	"B< {'info':'login ok','op':'info'}",
	"C+",
	"C> {'op':0,'id':'1'}",
	"C> {'op':1,'newnode':'x','newalias':'_'}",
	"C< {'id':'1','name':'?','op':'tmtprev'}",
	"C< {'nodeid':'?','noderef':'1','op':'registered','uid':'?'}",
	"C< {'info':'login ok','op':'info'}",

	/* Presence.  Only the second list is told to one's own node. */
	"A> {'op':4,'id':'a1','for':[{'id':'$B'}],'type':'add'}",
	"A< {'id':'a1','msgid':'','op':'ack','posted':''}",
	"B< {'from':'$A','op':'ohi','status':1}",
	"A> {'op':4,'id':'a2','for':[{'id':'$C'}],'type':'add'}",
	"A= a2",
	"A< {'datalen':0,'for':[{'id':'$C'}],'from':'$A','headsum':?,"
	    "'id':'?','op':'ohiedit','posted':'?','type':'add'}",
	"C< {'from':'$A','op':'ohi','status':1}",
	"A> {'op':4,'id':'a3','for':[{'id':'$C'}],'type':'drop'}",
	"A= a3",
	"A< {'datalen':0,'for':[{'id':'$C'}],'from':'$A','headsum':?,"
	    "'id':'?','op':'ohiedit','posted':'?','type':'drop'}",
	"C< {'from':'$A','op':'ohi','status':2}",

	/* Aliases, and a second node, which logs in. */
	"A> {'op':3,'id':'a4','newalias':'Verify Anna %N'}",
	"A= a4",
	"A< {'datalen':0,'from':'$A','headsum':?,'id':'?',"
	    "'newalias':'Verify Anna %N','op':'user','posted':'?'}",
	"B> {'op':3,'id':'b1','newalias':'verify  ANNA %N'}",
	"B/ b1",
	"A> {'op':3,'id':'a5','newnode':'tablet'}",
	"A= a5",
	"A< {'datalen':0,'from':'$A','headsum':?,'id':'?',"
	    "'newnode':'tablet','nodeid':'?','noderef':'2','op':'user',"
	    "'posted':'?'}",
	"D+",
	"D> {'op':0,'id':'1'}",
	"D> {'op':2,'uid':'$A','node':'@A'}",
	"D< {'id':'1','name':'?','op':'tmtprev'}",
	"D< {'info':'login ok','op':'info'}",
	"D< {'datalen':0,'from':'$A',*,'noderef':'2','op':'user',*}",
	"D< {'datalen':0,'from':'$A','headsum':?,'id':'?','node':'2',"
	    "'op':'login','posted':'?'}",
	"A< {'datalen':0,'from':'$A','headsum':?,'id':'?','node':'2',"
	    "'op':'login','posted':'?'}",

	/* Ping, by an alias; the other node of the sender hears of it. */
	"A> {'op':%P,'id':'a6','datalen':%D,'from':'Verify Ann %N',"
	    "'to':'Verify Bob %N'}|Hi, Bob",
	"A= a6",
	"B< {'alias':'Verify Ann %N','datalen':%D,'from':'$A','headsum':?,"
	    "'id':'?','op':'ping','posted':'?','to':'Verify Bob %N'}|Hi, Bob",
	"D< {'alias':'Verify Ann %N','datalen':%D,'from':'$A','headsum':?,"
	    "'id':'?','op':'ping','posted':'?','to':'Verify Bob %N'}|Hi, Bob",
	"A> {'op':%P,'id':'a7','datalen':%D,'from':'Verify Ann %N',"
	    "'to':'Nobody %N'}|Hi",
	"A/ a7",

	/* A group of two. */
	"A> {'op':5,'id':'a8','gid':'Verify all %N','datalen':%D,"
	    "'from':'Verify Ann %N','to':'Verify Bob %N'}|Join",
	"A= a8",
	"A< {'act':'invite','alias':'Verify Bob %N','datalen':0,'from':'$A',"
	    "'gid':'Verify all %N','headsum':?,'id':'?','op':'member',"
	    "'posted':'?'}",
	"B< {'alias':'Verify Ann %N','datalen':%D,'from':'$A',"
	    "'gid':'Verify all %N','headsum':?,'id':'?','op':'invite',"
	    "'posted':'?','to':'Verify Bob %N'}|Join",
	"D< {'alias':'Verify Ann %N','datalen':%D,'from':'$A',"
	    "'gid':'Verify all %N','headsum':?,'id':'?','op':'invite',"
	    "'posted':'?','to':'Verify Bob %N'}|Join",
	"D< {'act':'invite','alias':'Verify Bob %N','datalen':0,'from':'$A',"
	    "'gid':'Verify all %N','headsum':?,'id':'?','op':'member',"
	    "'posted':'?'}",
	"B> {'op':6,'id':'b2','act':'join','gid':'Verify all %N',"
	    "'newalias':'Bobby %N'}",
	"B= b2",
	"A< {'act':'join','alias':'Verify Bob %N','datalen':0,'from':'$B',"
	    "'gid':'Verify all %N','headsum':?,'id':'?',"
	    "'newalias':'Bobby %N','op':'member','posted':'?'}",
	"B< {'act':'join',*}",
	"D< {'act':'join',*}",
	"C> {'op':6,'id':'c1','act':'join','gid':'Verify all %N'}",
	"C/ c1",

	/* Posts: to a user and a group, to own nodes, and refused ones. */
	"A> {'op':7,'id':'a9','datalen':%D,'datahead':5,'datasum':9,"
	    "'for':[{'id':'$C','type':1},{'id':'Verify all %N','type':3}]}"
	    "|hello world",
	"A= a9",
	"B< {'datahead':5,'datalen':%D,'datasum':9,'from':'$A','headsum':?,"
	    "'id':'?','op':'delivery','posted':'?'}|hello world",
	"C< {'datahead':5,'datalen':%D,'datasum':9,'from':'$A','headsum':?,"
	    "'id':'?','op':'delivery','posted':'?'}|hello world",
	"D< {'datahead':5,'datalen':%D,'datasum':9,'from':'$A','headsum':?,"
	    "'id':'?','op':'delivery','posted':'?'}|hello world",
	"B> {'op':7,'id':'b3','datalen':0,"
	    "'for':[{'id':'Verify all %N','type':2}]}",
	"B= b3",
	"A< {'datalen':0,'from':'$B','headsum':?,'id':'?','op':'delivery',"
	    "'posted':'?'}",
	"B< {'datalen':0,'from':'$B',*}",
	"D< {'datalen':0,'from':'$B',*}",
	"A> {'op':7,'id':'a10','datalen':%D,'for':[]}|note to self",
	"A= a10",
	"D< {'datalen':%D,'from':'$A',*,'op':'delivery',*}|note to self",
	"A> {'op':7,'id':'a11','datalen':%D,"
	    "'for':[{'id':'$B','type':1},{'id':'nobody','type':1}]}|lost",
	"A/ a11",
	"C> {'op':7,'id':'c2','datalen':%D,"
	    "'for':[{'id':'Verify all %N','type':3}]}|let me in",
	"C/ c2",

	/* Another name in the group; then a member is barred. */
	"B> {'op':6,'id':'b4','act':'alias','gid':'Verify all %N',"
	    "'newalias':'Robert %N'}",
	"B= b4",
	"A< {'act':'alias','alias':'Bobby %N','datalen':0,'from':'$B',*,"
	    "'newalias':'Robert %N','op':'member','posted':'?'}",
	"B< {'act':'alias',*}",
	"D< {'act':'alias',*}",
	"A> {'op':6,'id':'a12','act':'drop','gid':'Verify all %N',"
	    "'to':'Robert %N'}",
	"A= a12",
	"A< {'act':'drop','alias':'Robert %N','datalen':0,'from':'$A',*}",
	"B< {'act':'drop','alias':'Robert %N','datalen':0,'from':'$A',*}",
	"D< {'act':'drop',*}",
	"B> {'op':7,'id':'b5','datalen':0,"
	    "'for':[{'id':'Verify all %N','type':3}]}",
	"B/ b5",

	/* An alias that is dropped reaches nobody; nor does a dropped node. */
	"A> {'op':3,'id':'a13','dropalias':'Verify Anna %N'}",
	"A= a13",
	"A< {'datalen':0,'dropalias':'Verify Anna %N','from':'$A',*}",
	"D< {'datalen':0,'dropalias':'Verify Anna %N','from':'$A',*}",
	"A> {'op':3,'id':'a14','dropnode':'2'}",
	"A= a14",
	"A< {'datalen':0,'dropnode':'2','from':'$A',*}",
	"D< {'error':'?','op':'quit'}",
	"D-",

	/* What was not acked comes again. */
	"A> {'op':7,'id':'a15','datalen':%D,"
	    "'for':[{'id':'$B','type':1}]}|twice",
	"A= a15",
	"B~ {'datalen':%D,'from':'$A',*,'op':'delivery',*}|twice",
	"B!",
	"B+",
	"B> {'op':0,'id':'1'}",
	"B> {'op':2,'uid':'$B','node':'@B'}",
	"B< {'id':'1','name':'?','op':'tmtprev'}",
	"B< {'info':'login ok','ohi':['$A'],'op':'info'}",
	"B< {'datalen':%D,'from':'$A',*,'op':'delivery',*}|twice",
	"B< {'datalen':0,'from':'$B',*,'node':'1','op':'login',*}",

	/* Neither pulse nor ack is answered. */
	"A> {'op':%L}",
	"A> {'op':%K,'id':'0000000000000001','type':'ok'}",
	"A> {'op':%Q}",
	"A< {'error':'logout ok','op':'quit'}",
	"A-",
	"B< {'from':'$A','op':'ohi','status':2}",
	"B> {'op':%Q}",
	"B< {'error':'logout ok','op':'quit'}",
	"B-",
	"C> {'op':0,'id':'1'}",
	"C< {'error':'?','op':'quit'}",
	"C-",
	"E+",
	"E> {'op':0,'id':'1'}",
	"E> {'op':2,'uid':'$A','node':'@B'}",
	"E< {'id':'1','name':'?','op':'tmtprev'}",
	"E< {'error':'?','op':'quit'}",
	"E-",
	NULL
};

/* What only the second numbering has; it finds nobody connected. */
static const char *const only_2020[] = {
	"B+",
	"B> {'op':0,'id':'1'}",
	"B> {'op':2,'uid':'$B','node':'@B'}",
	"B< {'id':'1','name':'?','op':'tmtprev'}",
	"B< {'info':'login ok','op':'info'}",
	"B< {'datalen':0,'from':'$B',*,'node':'1','op':'login',*}",
	"C+",
	"C> {'op':0,'id':'1'}",
	"C> {'op':2,'uid':'$C','node':'@C'}",
	"C< {'id':'1','name':'?','op':'tmtprev'}",
	"C< {'info':'login ok','op':'info'}",
	"C< {'datalen':0,'from':'$C',*,'node':'1','op':'login',*}",
	"B> {'op':8,'id':'b1','datalen':%D,'notelen':4,'fornotself':true,"
	    "'for':[{'id':'$C','type':1}],'notefor':[]}|notebody",
	"B= b1",
	"C< {'datalen':%D,'from':'$B','headsum':?,'id':'?','notify':1,"
	    "'op':'delivery','posted':'?'}|body",
	"C< {'datalen':%D,'from':'$B','headsum':?,'id':'?','op':'notify',"
	    "'posted':'?','postid':'?'}|note",
	"B> {'op':12}",
	"B< {'error':'logout ok','op':'quit'}",
	"B-",
	"C> {'op':12}",
	"C< {'error':'logout ok','op':'quit'}",
	"C-",
	NULL
};

static struct talker *
talker(struct talk *talk, char name)
{
	return &talk->talkers[name - 'A'];
}

static const char *
number_text(const struct talk *talk, char letter)
{
	const struct number *n = numbers;

	while (n->letter != letter && n->letter != '\0')
		n++;
	return n->text[talk->numbering];
}

/* The header of a line, with everything filled in, and its data. */
static void
fill_in(struct talk *talk, const char *line)
{
	const char *bar = strchr(line, '|'), *p;

	talk->header.n = talk->data.n = 0;
	if (bar != NULL)
		buf_add(&talk->data, span_of(bar + 1));
	for (p = line; *p != '\0' && p != bar; p++) {
		if (*p == '\'')
			buf_add_byte(&talk->header, '"');
		else if (*p == '$')
			buf_add(&talk->header,
			    span_of(talker(talk, *++p)->uid));
		else if (*p == '@')
			buf_add(&talk->header,
			    span_of(talker(talk, *++p)->nodeid));
		else if (*p == '%' && *++p == 'D')
			buf_addf(&talk->header, "%zu", talk->data.n);
		else if (p[-1] == '%')
			buf_add(&talk->header,
			    span_of(number_text(talk, *p)));
		else
			buf_add_byte(&talk->header, *p);
	}
}

/* Whether text is what the pattern says. */
static bool
fits(struct span text, struct span pattern)
{
	char wild;

	for (; pattern.n > 0 && *pattern.p != '*' && *pattern.p != '?';
	    pattern.p++, pattern.n--) {
		if (text.n == 0 || *text.p != *pattern.p)
			return false;
		text.p++;
		text.n--;
	}
	if (pattern.n == 0)
		return text.n == 0;
	wild = *pattern.p++;
	pattern.n--;
	if (wild == '?') {
		if (text.n == 0)
			return false;
		text.p++;
		text.n--;
	}
	for (; text.n > 0; text.p++, text.n--) {
		if (fits(text, pattern))
			return true;
	}
	return fits(text, pattern);
}

static void
drop(struct talk *talk, struct talker *t)
{
	if (t->client == NULL)
		return;
	poller_remove(talk->ready, client_fd(t->client));
	client_close(t->client);
	t->client = NULL;
}

static bool
call(struct talk *talk, struct talker *t)
{
	drop(talk, t);
	t->client = client_connect_unix(talk->clients, talk->path);
	if (t->client == NULL)
		return false;
	t->interest = client_interest(t->client);
	return poller_add(talk->ready, client_fd(t->client), t->interest,
	    t) == 0;
}

static void
step(struct talk *talk, struct talker *t, unsigned can)
{
	unsigned interest;

	client_step(t->client, can);
	interest = client_interest(t->client);
	if (interest != t->interest)
		poller_change(talk->ready, client_fd(t->client), interest);
	t->interest = interest;
}

/* Wait for a frame, or with frame NULL for the end of the link. */
static bool
await(struct talk *talk, struct talker *t, struct reply *frame)
{
	struct poller_event event;
	time_t end = time(NULL) + PATIENCE;

	while (time(NULL) <= end) {
		if (frame != NULL && client_next(t->client, frame))
			return true;
		if (client_over(t->client) != NULL)
			return frame == NULL;
		poller_wait(talk->ready, 1000);
		while (poller_next(talk->ready, &event))
			step(talk, event.owner, event.can);
	}
	return false;
}

static void
ack(struct talk *talk, struct talker *t, struct span id)
{
	struct buf header = { NULL, 0, 0 };

	buf_addf(&header, "{\"op\":%s,\"id\":\"%.*s\",\"type\":\"ok\"}",
	    number_text(talk, 'K'), (int)id.n, id.p);
	client_put(t->client, buf_span(&header), SPAN(""));
	buf_free(&header);
	step(talk, t, 0);
}

/* What the relay gave it to log in with, now or as another node. */
static void
note_ids(struct talker *t, const struct reply *frame)
{
	if (frame->uid.n == UID_TEXT)
		memcpy(t->uid, frame->uid.p, UID_TEXT);
	if (frame->nodeid.n == NODEID_TEXT)
		memcpy(t->nodeid, frame->nodeid.p, NODEID_TEXT);
}

enum answer { ANSWER_ACK, ANSWER_NOT };

static bool
expect(struct talk *talk, struct talker *t, enum answer answer)
{
	struct reply f;

	if (!await(talk, t, &f)) {
		log_line("verify: nothing came");
		return false;
	}
	if (!wire_is_intact(&f) || !fits(f.header, buf_span(&talk->header)) ||
	    !span_is(f.data, buf_span(&talk->data))) {
		log_line("verify: %.*s (%zu bytes of data, headsum %s)",
		    (int)f.header.n, f.header.p, f.data.n,
		    wire_is_intact(&f) ? "right" : "wrong");
		return false;
	}
	talk->answers++;
	note_ids(t, &f);
	if (answer == ANSWER_ACK && f.from.p != NULL && f.id.p != NULL)
		ack(talk, t, f.id);
	return true;
}

/* The two answers to a request, which are not written out. */
static void
fill_in_ack(struct talk *talk, const char *line)
{
	talk->header.n = talk->data.n = 0;
	if (line[1] == '/')
		buf_addf(&talk->header, "{\"error\":\"?\",\"id\":\"%s\","
		    "\"msgid\":\"\",\"op\":\"ack\",\"posted\":\"\"}",
		    line + 3);
	else
		buf_addf(&talk->header, "{\"id\":\"%s\",\"msgid\":\"?\","
		    "\"op\":\"ack\",\"posted\":\"?\"}", line + 3);
}

static bool
run_line(struct talk *talk, const char *line)
{
	struct talker *t = talker(talk, line[0]);
	struct reply rest;

	if (line[2] != '\0')
		fill_in(talk, line + 3);
	switch (line[1]) {
	case '=':
	case '/':
		fill_in_ack(talk, line);
		return expect(talk, t, ANSWER_NOT);
	case '+':
		return call(talk, t);
	case '>':
		client_put(t->client, buf_span(&talk->header),
		    buf_span(&talk->data));
		step(talk, t, 0);
		return true;
	case '<':
		return expect(talk, t, ANSWER_ACK);
	case '~':
		return expect(talk, t, ANSWER_NOT);
	case '-':
		return await(talk, t, NULL) && !client_next(t->client, &rest);
	default:
		drop(talk, t);
		return true;
	}
}

static bool
run(struct talk *talk, const char *const *lines)
{
	for (; *lines != NULL; lines++) {
		if (!run_line(talk, *lines)) {
			log_line("verify, ops of %s: this is not so: %s",
			    number_text(talk, 'N'), *lines);
			return false;
		}
	}
	return true;
}

long
selftest_run(const char *path, struct client_pool *clients)
{
	struct talk talk = { .path = path, .clients = clients };
	bool passed;
	size_t i;

	talk.ready = poller_open();
	if (talk.ready == NULL) {
		log_line("cannot watch connections: %s", strerror(errno));
		return -1;
	}
	passed = run(&talk, both);
	talk.numbering = 1;
	passed = passed && run(&talk, both) && run(&talk, only_2020);
	for (i = 0; i < TALKERS; i++)
		drop(&talk, &talk.talkers[i]);
	poller_close(talk.ready);
	buf_free(&talk.header);
	buf_free(&talk.data);
	return passed ? talk.answers : -1;
}
