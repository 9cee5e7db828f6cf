#include "test/lib/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>

#include "base/fd.h"
#include "base/log.h"
#include "disk/journal.h"
#include "net/conn.h"
#include "test/lib/scratch.h"

/* Something is wrong if a turn does not come to an end. */
#define STEPS_MAX 100000

#define PIECES_MAX 300

/* Whether fstatvfs says so: the system's is not asked. */
static bool disk_is_full;

int
fstatvfs(int fd, struct statvfs *fs)
{
	(void)fd;
	*fs = (struct statvfs){
		.f_frsize = 4096,
		.f_blocks = 1 << 20,
		.f_bavail = disk_is_full ? 0 : 1 << 20
	};
	return 0;
}

static void
data_path(const struct harness *st, char *path, size_t room)
{
	(void)snprintf(path, room, "%s/%u", st->path, st->crashes);
}

void
harness_open(struct harness *st)
{
	disk_is_full = false;
	*st = (struct harness){
		.now = { 1000, 1767225600000 },	/* 2026-01-01 */
		.room = HARNESS_ROOM
	};
	/* No test of the disk: memory will do, and spares it the syncs. */
	(void)snprintf(st->path, sizeof(st->path), "%s/mnm-harness-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	close(scratch_make(st->path));
	conf_default(&st->conf);
	free(st->conf.name);
	st->conf.name = xcopy(SPAN("test"));
}

void
harness_start(struct harness *st)
{
	char path[128], why[256];

	data_path(st, path, sizeof(path));
	if (datadir_open(&st->data, path, st->conf.journal_size, why,
	    sizeof(why)) == -1)
		die("%s", why);
	st->relay = tmtp_open(&st->data, &st->conf, st->now);
}

static void
lose_all(struct harness *st)
{
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++)
		harness_lose(st, &st->actors[i]);
}

void
harness_stop(struct harness *st)
{
	lose_all(st);
	tmtp_close(st->relay);
	if (datadir_close(&st->data) == -1)
		die("data_close: %s", strerror(errno));
	st->relay = NULL;
}

/* What a running relay has written is what the next one finds. */
void
harness_crash(struct harness *st)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "cp -R %s/%u %s/%u",
	    st->path, st->crashes, st->path, st->crashes + 1);
	if (system(command) != 0)
		die("%s failed", command);
	harness_stop(st);
	st->crashes++;
}

void
harness_close(struct harness *st)
{
	size_t i;

	if (st->relay != NULL)
		harness_stop(st);
	for (i = 0; i < HARNESS_ACTORS; i++) {
		buf_free(&st->actors[i].got);
		buf_free(&st->actors[i].records);
		buf_free(&st->actors[i].wire);
	}
	conf_free(&st->conf);
	scratch_remove(AT_FDCWD, st->path);
}

struct actor *
harness_actor(struct harness *st, const char *name)
{
	struct actor *c;
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++) {
		c = &st->actors[i];
		if (strcmp(c->name, name) == 0)
			return c;
		if (c->name[0] == '\0') {
			(void)snprintf(c->name, sizeof(c->name), "%s", name);
			return c;
		}
	}
	die("more than %d actors", HARNESS_ACTORS);
}

/* ---- over a socket ---- */

/* The session of a connection goes before the connection does. */
static void
note_session(struct actor *c)
{
	c->session = c->conn->session;
}

/* Whether the relay's end has bytes to read. */
static bool
has_input(const struct actor *c)
{
	char byte;

	return recv(c->conn->stream.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static bool
relay_reads(struct harness *st, struct actor *c)
{
	if (c->conn->stream.phase == STREAM_GONE ||
	    !conn_wants_input(c->conn) || !has_input(c))
		return false;
	conn_read(c->conn, st->now);
	note_session(c);
	return true;
}

static void
add_record(struct actor *c)
{
	buf_add(&c->records, (struct span){ (const char *)&c->got.n,
	    sizeof(c->got.n) });
}

/* Bytes of the first frame of WebSocket in wire; 0: it is not all here. */
static size_t
frame_length(const struct actor *c, size_t *head)
{
	const unsigned char *p = (const unsigned char *)c->wire.p;
	size_t n;

	if (c->wire.n < 4 && (c->wire.n < 2 || p[1] > 125))
		return 0;
	if (!(p[0] & 0x80) || p[1] > 126)
		die("%s: a frame of WebSocket begins %02x %02x", c->name,
		    p[0], p[1]);
	*head = p[1] == 126 ? 4 : 2;
	n = *head + (p[1] == 126 ? (size_t)p[2] << 8 | p[3] : p[1]);
	return c->wire.n < n ? 0 : n;
}

static void
read_frames(struct actor *c)
{
	size_t n, head;

	while ((n = frame_length(c, &head)) > 0) {
		switch ((unsigned char)c->wire.p[0]) {
		case 0x82:
			buf_add(&c->got, (struct span){ c->wire.p + head,
			    n - head });
			add_record(c);
			break;
		case 0x88:
			c->closed = true;
			break;
		case 0x89:
		case 0x8a:
			break;
		default:
			die("%s: a frame of another kind", c->name);
		}
		buf_drop(&c->wire, n);
	}
}

static bool
actor_reads(struct harness *st, struct actor *c)
{
	struct buf *to = st->door == HARNESS_WEBSOCKET ? &c->wire : &c->got;
	ssize_t n = fd_recv(c->fd, buf_room(to, HARNESS_ROOM), HARNESS_ROOM);

	if (n == 0) {
		if (st->door == HARNESS_WEBSOCKET && !c->closed)
			die("%s: ended without a close frame", c->name);
		c->ended = true;
		harness_lose(st, c);
	}
	if (n <= 0)
		return false;
	to->n += (size_t)n;
	if (st->door == HARNESS_WEBSOCKET)
		read_frames(c);
	else
		add_record(c);
	return true;
}

/* Move all that can be moved both ways. */
static bool
pump(struct harness *st, struct actor *c)
{
	bool any = false, moved = true;
	size_t steps = 0;

	while (c->conn != NULL && moved) {
		moved = relay_reads(st, c);
		if (c->conn->stream.phase != STREAM_GONE &&
		    (c->conn->more || stream_wants_output(&c->conn->stream)))
			conn_write(c->conn, st->now);
		note_session(c);
		moved = actor_reads(st, c) || moved;
		any = any || moved;
		if (++steps > STEPS_MAX)
			die("%s: bytes without end", c->name);
	}
	return any;
}

static void
put_on_socket(struct harness *st, struct actor *c, struct span bytes)
{
	size_t steps = 0;
	ssize_t n;

	while (bytes.n > 0 && c->conn != NULL) {
		n = fd_send(c->fd, bytes);
		if (n == -1 && !fd_would_block())
			return;
		bytes.p += n > 0 ? n : 0;
		bytes.n -= n > 0 ? (size_t)n : 0;
		while (relay_reads(st, c))
			;
		if (bytes.n > 0)
			harness_turn(st);
		if (++steps > STEPS_MAX)
			die("%s: the relay does not read", c->name);
	}
}

/* A frame, which is masked. */
static void
put_frame(struct harness *st, struct actor *c, unsigned first,
    struct span payload)
{
	static const unsigned char mask[4] = { 0x9c, 0x00, 0x7d, 0xff };
	struct buf b = { NULL, 0, 0 };
	unsigned char head[14] = { (unsigned char)first };
	size_t n = payload.n, length = n < 126 ? 0 : n < 65536 ? 2 : 8, i;

	head[1] = (unsigned char)(0x80 | (length == 0 ? n :
	    length == 2 ? 126 : 127));
	for (i = 0; i < length; i++)
		head[1 + length - i] = (unsigned char)(n >> 8 * i);
	memcpy(head + 2 + length, mask, sizeof(mask));
	buf_add(&b, (struct span){ (const char *)head, 6 + length });
	for (i = 0; i < n; i++)
		buf_add_byte(&b, (char)((unsigned char)payload.p[i] ^
		    mask[i & 3]));
	put_on_socket(st, c, buf_span(&b));
	buf_free(&b);
}

/* A piece of a message: it ends with the last, and pings come between. */
static void
put_fragment(struct harness *st, struct actor *c, struct span piece,
    bool is_last)
{
	unsigned opcode = c->in_message ? 0 : 2;

	if (c->in_message && piece.p[0] % 8 == 0)
		put_frame(st, c, 0x89, SPAN("are you there?"));
	put_frame(st, c, opcode | (is_last ? 0x80u : 0), piece);
	c->in_message = !is_last;
}

static void
shake_hands(struct harness *st, struct actor *c)
{
	struct span answer;
	size_t end;

	put_on_socket(st, c, SPAN("GET /tmtp HTTP/1.1\r\nHost: relay\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Protocol: tmtp\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
	conn_write(c->conn, st->now);
	c->wire.n = (size_t)fd_recv(c->fd, buf_room(&c->wire, HARNESS_ROOM),
	    HARNESS_ROOM);
	answer = buf_span(&c->wire);
	end = span_find(answer, SPAN("\r\n\r\n"));
	if (end == answer.n || memcmp(answer.p, "HTTP/1.1 101 ", 13) != 0)
		die("%s: no WebSocket", c->name);
	buf_drop(&c->wire, end + 4);
}

static void
connect_socket(struct harness *st, struct actor *c)
{
	static const struct listener listener = { .http = true };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ||
	    fd_set_nonblocking(ends[0]) == -1 ||
	    fd_set_nonblocking(ends[1]) == -1)
		die("socketpair: %s", strerror(errno));
	c->fd = ends[0];
	c->wire.n = 0;
	c->in_message = c->closed = false;
	c->conn = conn_open(ends[1], &listener, st->relay, c->name, st->now);
	note_session(c);
	if (st->door == HARNESS_WEBSOCKET)
		shake_hands(st, c);
}

void
harness_connect(struct harness *st, struct actor *c)
{
	c->got.n = c->records.n = 0;
	c->ended = false;
	if (st->door == HARNESS_SESSION)
		c->session = tmtp_session_open(st->relay, c, c->name,
		    st->now);
	else
		connect_socket(st, c);
}

void
harness_lose(struct harness *st, struct actor *c)
{
	if (c->conn != NULL) {
		conn_close(c->conn, st->now);
		(void)fd_close(c->fd);
	} else if (c->session != NULL) {
		tmtp_session_close(c->session, st->now);
	}
	c->conn = NULL;
	c->session = NULL;
}

/* ---- turns ---- */

/* All that the session may send now, and its end if it has come. */
static void
read_session(struct harness *st, struct actor *c)
{
	size_t n, steps = 0;

	do {
		n = tmtp_output(c->session, buf_room(&c->got, st->room),
		    st->room, st->now);
		c->got.n += n;
		if (n > 0)
			add_record(c);
		if (++steps > STEPS_MAX * 100)
			die("%s: output without end", c->name);
	} while (n > 0);
	if (tmtp_is_ended(c->session)) {
		c->ended = true;
		harness_lose(st, c);
	}
}

static bool
resume_all(struct harness *st)
{
	bool any = false;
	struct actor *c;
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++) {
		c = &st->actors[i];
		if (c->session == NULL || !tmtp_is_stalled(c->session))
			continue;
		tmtp_resume(c->session, st->now);
		any = true;
	}
	return any;
}

static void
commit(struct harness *st)
{
	int more, steps = 0;

	journal_id_at_least(st->data.journal, st->now.wall * 1000000);
	if (datadir_commit(&st->data) == -1)
		die("data_commit: %s", strerror(errno));
	tmtp_committed(st->relay);
	do {
		more = datadir_step(&st->data, st->now);
		if (more == -1 || ++steps > STEPS_MAX)
			die("data_step: %s", strerror(errno));
	} while (more == 1);
}

/* What waits for no commit is sent. */
static void
send_marked(struct harness *st)
{
	struct session *session;

	while ((session = tmtp_marked(st->relay)) != NULL) {
		if (st->door == HARNESS_SESSION)
			read_session(st, tmtp_owner(session));
		else
			conn_write(tmtp_owner(session), st->now);
	}
}

static bool
pump_all(struct harness *st)
{
	bool any = false;
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++)
		any = pump(st, &st->actors[i]) || any;
	return any;
}

void
harness_turn(struct harness *st)
{
	size_t steps = 0;

	do {
		commit(st);
		send_marked(st);
		if (++steps > STEPS_MAX)
			die("a turn without end");
	} while (pump_all(st) || resume_all(st) ||
	    tmtp_wants_commit(st->relay));
}

void
harness_fill_disk(struct harness *st)
{
	disk_is_full = true;
	harness_pass(st, 1000);
	harness_turn(st);
}

void
harness_free_disk(struct harness *st)
{
	disk_is_full = false;
	harness_pass(st, 1000);
	harness_turn(st);
}

/* Give one piece of what is sent. */
static void
give(struct harness *st, struct actor *c, struct span piece, bool is_last)
{
	if (st->door == HARNESS_SESSION)
		tmtp_input(c->session, piece, st->now);
	else if (st->door == HARNESS_SOCKET)
		put_on_socket(st, c, piece);
	else
		put_fragment(st, c, piece, is_last);
}

/* Single bytes of a lot of data would take long through a socket. */
static size_t
piece_size(const struct harness *st, struct span bytes)
{
	size_t n = st->piece;

	if (st->door != HARNESS_SESSION && n > 0 && bytes.n > PIECES_MAX)
		n = bytes.n / PIECES_MAX;
	return n > 0 && n < bytes.n ? n : bytes.n;
}

void
harness_send(struct harness *st, struct actor *c, struct span bytes)
{
	size_t n;

	while (bytes.n > 0 && c->session != NULL) {
		n = piece_size(st, bytes);
		give(st, c, (struct span){ bytes.p, n }, n == bytes.n);
		bytes.p += n;
		bytes.n -= n;
		if (bytes.n > 0)
			harness_turn(st);
	}
}

void
harness_say(struct harness *st, struct actor *a, const char *header)
{
	struct buf b = { NULL, 0, 0 };

	buf_addf(&b, "%04zx%s", strlen(header), header);
	harness_send(st, a, buf_span(&b));
	buf_free(&b);
}

void
harness_register(struct harness *st, struct actor *a)
{
	struct reply r;

	harness_connect(st, a);
	harness_say(st, a, "{\"op\":0,\"id\":\"1\"}");
	harness_say(st, a, "{\"op\":1,\"newnode\":\"x\"}");
	harness_turn(st);
	if (!harness_frame(a, &r))
		die("no answer to TmtpRev");
	harness_drop(a, r.bytes);
	/* {"nodeid":"...","noderef":"1","op":"registered","uid":"..."} */
	if (!harness_frame(a, &r))
		die("not registered");
	memcpy(a->nodeid, r.header.p + 11, NODEID_TEXT);
	memcpy(a->uid, r.header.p + r.header.n - 2 - UID_TEXT, UID_TEXT);
	a->got.n = a->records.n = 0;
}

void
harness_login(struct harness *st, struct actor *a)
{
	char header[256];

	(void)snprintf(header, sizeof(header), "{\"op\":2,\"uid\":\"%s\","
	    "\"node\":\"%s\"}", a->uid, a->nodeid);
	harness_connect(st, a);
	harness_say(st, a, "{\"op\":0,\"id\":\"1\"}");
	harness_say(st, a, header);
	harness_turn(st);
}

bool
harness_frame(const struct actor *a, struct reply *r)
{
	return wire_read(r, buf_span(&a->got)) == WIRE_FRAME;
}

bool
harness_in_one_record(const struct actor *a, const struct reply *r)
{
	size_t record;

	memcpy(&record, a->records.p, sizeof(record));
	return a->conn == NULL ? record >= r->bytes : record == r->bytes;
}

void
harness_drop(struct actor *a, size_t bytes)
{
	size_t *records = (size_t *)(void *)a->records.p, i, gone = 0;

	for (i = 0; i < a->records.n / sizeof(size_t); i++) {
		gone += records[i] <= bytes;
		records[i] -= records[i] <= bytes ? 0 : bytes;
	}
	buf_drop(&a->records, gone * sizeof(size_t));
	buf_drop(&a->got, bytes);
}

static struct actor *
first_due(struct harness *st, uint64_t *when)
{
	struct actor *first = NULL, *c;
	uint64_t deadline;
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++) {
		c = &st->actors[i];
		if (c->session == NULL)
			continue;
		deadline = c->conn != NULL ? conn_deadline(c->conn) :
		    tmtp_deadline(c->session);
		if (deadline <= *when) {
			first = c;
			*when = deadline;
		}
	}
	return first;
}

void
harness_pass(struct harness *st, uint64_t milliseconds)
{
	uint64_t end = st->now.mono + milliseconds, when = end;
	struct actor *c;
	size_t steps = 0;

	while ((c = first_due(st, &when)) != NULL) {
		if (when > st->now.mono)
			st->now.wall += when - st->now.mono;
		if (when > st->now.mono)
			st->now.mono = when;
		if (c->conn != NULL)
			conn_expire(c->conn, st->now);
		else
			tmtp_expire(c->session, st->now);
		harness_turn(st);
		when = end;
		if (++steps > STEPS_MAX)
			die("%s: a deadline without end", c->name);
	}
	st->now.wall += end - st->now.mono;
	st->now.mono = end;
	while (st->relay != NULL &&
	    tmtp_step_deadline(st->relay) <= st->now.mono) {
		tmtp_step(st->relay, st->now);
		harness_turn(st);
		if (++steps > STEPS_MAX)
			die("tmtp_step: a deadline without end");
	}
}
