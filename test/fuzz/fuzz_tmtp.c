/*
 * Feed the protocol what no client would send.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_tmtp -max_total_time=60 \
 *	    -dict=test/fuzz/fuzz_tmtp.dict
 *
 * The input is lines of text.  Two users, alice and bob, are online, and
 * their sessions know each other's numbers, which no fuzzer would find: bytes
 * 1 and 2 in a line stand for their uids, 3 and 4 for the ids of the last
 * messages that they got.  Both are members of two groups, which alice
 * moderates.  The first byte of a line says what it is:
 *
 *	a b	a header, which gets its digits, and data after a bar
 *	A B	bytes as they are
 *	x y	that connection is lost, and logs in again
 *	t	time passes: as many seconds as the second byte says
 *
 * Whatever comes, what the relay sends must be whole frames of strict JSON,
 * with right headsums, and a session that it has ended must stay silent.
 */
#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "test/lib/harness.h"
#include "tmtp/header.h"

/* The relay is made anew after so many inputs. */
#define INPUTS_MAX 500

struct player {
	struct actor *actor;
	char uid[UID_TEXT], nodeid[NODEID_TEXT];
	char last[ID_TEXT];	/* id of the last message it got */
};

struct play {
	struct harness stage;
	struct player players[2];
	unsigned inputs;	/* since the relay was made */
};

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
send_header(struct play *p, struct player *who, struct span header,
    struct span data)
{
	struct buf frame = { NULL, 0, 0 };

	buf_addf(&frame, "%04zx", header.n & 0xffff);
	buf_add(&frame, header);
	buf_add(&frame, data);
	harness_send(&p->stage, who->actor, buf_span(&frame));
	harness_turn(&p->stage);
	buf_free(&frame);
}

/* Look at all frames that have come, the last one as well. */
static void
read_frames(struct player *who)
{
	struct reply f;

	while (harness_frame(who->actor, &f)) {
		assert(wire_is_intact(&f));
		if (f.from.p != NULL && f.id.n == ID_TEXT)
			memcpy(who->last, f.id.p, ID_TEXT);
		harness_drop(who->actor, f.bytes);
	}
	assert(who->actor->got.n == 0);
}

static void
enter(struct play *p, struct player *who)
{
	harness_connect(&p->stage, who->actor);
	send_header(p, who, SPAN("{\"op\":0,\"id\":\"1\"}"), SPAN(""));
}

/* {"nodeid":"...","noderef":"1","op":"registered","uid":"..."} */
static void
enroll(struct play *p, struct player *who, struct span request)
{
	struct reply f;

	enter(p, who);
	read_frames(who);
	send_header(p, who, request, SPAN(""));
	if (!harness_frame(who->actor, &f) || f.header.n < 100)
		die("not registered");
	memcpy(who->nodeid, f.header.p + 11, NODEID_TEXT);
	memcpy(who->uid, f.header.p + f.header.n - 2 - UID_TEXT, UID_TEXT);
	memset(who->last, '0', ID_TEXT);
	read_frames(who);
}

/* Alice makes a group of a kind, and bob joins it. */
static void
make_group(struct play *p, const char *gid, const char *kind)
{
	struct buf b = { NULL, 0, 0 };

	buf_addf(&b, "{\"op\":5,\"id\":\"1\",\"gid\":\"%s\",\"from\":"
	    "\"alice\",\"to\":\"bob\",\"kind\":\"%s\",\"datalen\":0}",
	    gid, kind);
	send_header(p, &p->players[0], buf_span(&b), SPAN(""));
	b.n = 0;
	buf_addf(&b, "{\"op\":6,\"id\":\"1\",\"gid\":\"%s\",\"act\":"
	    "\"join\"}", gid);
	send_header(p, &p->players[1], buf_span(&b), SPAN(""));
	buf_free(&b);
	read_frames(&p->players[0]);
	read_frames(&p->players[1]);
}

static void
begin(struct play *p)
{
	log_level(LOG_QUIET);
	harness_open(&p->stage);
	harness_start(&p->stage);
	p->players[0].actor = harness_actor(&p->stage, "A");
	p->players[1].actor = harness_actor(&p->stage, "B");
	enroll(p, &p->players[0], SPAN("{\"op\":1,\"newnode\":\"x\","
	    "\"newalias\":\"alice\"}"));
	enroll(p, &p->players[1], SPAN("{\"op\":1,\"newnode\":\"x\","
	    "\"newalias\":\"bob\"}"));
	make_group(p, "g", "moderated");
	make_group(p, "h", "moderated closed");
	p->inputs = 0;
}

static void
log_in(struct play *p, struct player *who)
{
	struct buf header = { NULL, 0, 0 };

	harness_lose(&p->stage, who->actor);
	who->actor->got.n = who->actor->records.n = 0;
	enter(p, who);
	buf_addf(&header, "{\"op\":2,\"uid\":\"%.32s\",\"node\":\"%.40s\"}",
	    who->uid, who->nodeid);
	send_header(p, who, buf_span(&header), SPAN(""));
	buf_free(&header);
}

/* The line, with what bytes 1 to 4 stand for. */
static void
fill_in(const struct play *p, struct buf *b, struct span line)
{
	size_t i;

	for (i = 0; i < line.n; i++) {
		if (line.p[i] == 1 || line.p[i] == 2)
			buf_add(b, (struct span){
			    p->players[line.p[i] - 1].uid, UID_TEXT });
		else if (line.p[i] == 3 || line.p[i] == 4)
			buf_add(b, (struct span){
			    p->players[line.p[i] - 3].last, ID_TEXT });
		else
			buf_add_byte(b, line.p[i]);
	}
}

static void
send_frame(struct play *p, struct player *who, struct span text)
{
	const char *bar = text.n > 0 ? memchr(text.p, '|', text.n) : NULL;
	struct span data = { NULL, 0 };

	if (bar != NULL) {
		data.p = bar + 1;
		data.n = (size_t)(text.p + text.n - data.p);
		text.n = (size_t)(bar - text.p);
	}
	send_header(p, who, text, data);
}

static void
play_line(struct play *p, struct span line)
{
	struct buf text = { NULL, 0, 0 };
	struct player *who = &p->players[strchr("bBy", line.p[0]) != NULL];

	fill_in(p, &text, (struct span){ line.p + 1, line.n - 1 });
	switch (line.p[0]) {
	case 'a':
	case 'b':
		send_frame(p, who, buf_span(&text));
		break;
	case 'A':
	case 'B':
		harness_send(&p->stage, who->actor, buf_span(&text));
		break;
	case 'x':
	case 'y':
		log_in(p, who);
		break;
	case 't':
		harness_pass(&p->stage, text.n > 0 ?
		    (unsigned char)text.p[0] * 1000u : 0);
		break;
	}
	harness_turn(&p->stage);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct play play;	/* the fuzzer keeps none for us */
	const char *at = (const char *)bytes, *end = at + n, *next;

	if (play.inputs++ % INPUTS_MAX == 0) {
		if (play.stage.relay != NULL)
			harness_close(&play.stage);
		begin(&play);
		play.inputs = 1;
	}
	log_in(&play, &play.players[0]);
	log_in(&play, &play.players[1]);
	for (; at < end; at = next + 1) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (next == NULL)
			next = end;
		if (next > at)
			play_line(&play, (struct span){ at,
			    (size_t)(next - at) });
		read_frames(&play.players[0]);
		read_frames(&play.players[1]);
	}
	return 0;
}
