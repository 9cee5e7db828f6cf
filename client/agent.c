/*
 * Messages are copied when they arrive, so that acks behind them are read while
 * the caller still stores the first one.
 */
#include "client/agent.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/account.h"
#include "client/around.h"
#include "client/dial.h"
#include "client/dialog.h"
#include "client/learn.h"
#include "client/outgoing.h"
#include "client/seen.h"
#include "disk/file.h"
#include "json.h"
#include "net/poller.h"

#define WHY_ROOM     512
#define CONNECT_WAIT 20000	/* ms for one address, TLS included */
#define PAUSE_FIRST  500	/* ms until the next try, at least */
#define PAUSE_MAX    300000
#define CALM         60000	/* ms online after which pauses start again */
#define IDLE         150	/* ms of silence after a probe */
#define GOODBYE      1000	/* ms */
#define QUEUED       262144	/* bytes that the socket has not taken */
#define PIECE        16384
#define HELD_MAX     AGENT_TAKE	/* messages that wait for the caller */
#define HELD_BYTES   (64 << 20)
#define CLEAN_AGAIN  3600000	/* ms */
#define DEVICES_MAX  64		/* passwords of devices that nobody took */
#define LARGE        1000000	/* bytes of a request worth a progress */
#define KNOWN        64		/* senders that are remembered */
#define FRAME_MAX    ((1 << 20) + (1 << 17))
#define X509_FIRST   32		/* BearSSL's errors of certificates */
#define X509_LAST    63

/* A request under way: a file, or our own. */
struct flight {
	struct outgoing file;
	struct buf own;
};

struct held {
	struct held *next;
	struct buf frame;	/* header and data, or only the header */
	struct span map;	/* data of a large message; NULL: none */
	struct reply reply;
	uint64_t id;
	bool kept;		/* in in/, and acked */
	bool given;
};

/* A large message that is arriving. */
struct large_arrival {
	int fd;			/* -1: it is not wanted */
	struct buf head;
	uint64_t size, at;
	bool failed;
};

struct agent {
	struct account *account;
	struct poller *poller;
	struct dial dial;
	struct dialog *dialog;
	struct client *client;
	int wake;
	struct seen seen;
	char known[KNOWN][UID_TEXT];	/* from whom posts were */
	bool begun;		/* the dialog, on this connection */
	bool look_up, fatal;
	bool wants;
	uint64_t now, retry_at, give_up_at, online_at, pause;
	uint64_t clean_at;	/* when what nobody takes is removed */
	struct buf names;	/* of requests that are to be sent */
	size_t names_at;
	bool list_again;
	struct flight flights[DIALOG_WINDOW];
	size_t flight_count;
	struct held *first, **last;
	size_t held_count, held_bytes;
	struct large_arrival arrival;
	uint64_t idle_at;	/* if nothing arrives until then; 0: unknown */
	bool probing, probe_is_stale;
	struct buf shown;	/* uids that see us */
	struct around around;
	bool no_room;		/* a message could not be stored */
	char why[WHY_ROOM];
};

/* ---- messages that wait for the caller ---- */

static struct held *
find_held(const struct agent *a, uint64_t id)
{
	struct held *h;

	for (h = a->first; h != NULL; h = h->next)
		if (h->id == id)
			return h;
	return NULL;
}

static void
hold(struct agent *a, struct held *h)
{
	*a->last = h;
	a->last = &h->next;
	a->held_count++;
	a->held_bytes += h->frame.n;
}

static void
free_held(struct held *h)
{
	if (h->map.p != NULL)
		(void)munmap((void *)(uintptr_t)h->map.p, h->map.n);
	buf_free(&h->frame);
	free(h);
}

static void
release_first(struct agent *a)
{
	struct held *h = a->first;

	a->first = h->next;
	if (a->first == NULL)
		a->last = &a->first;
	a->held_count--;
	a->held_bytes -= h->frame.n;
	free_held(h);
}

/* The names of files for a message. */
static void
name_of(char name[32], uint64_t id, const char *suffix)
{
	encode_hex64(name, id);
	(void)snprintf(name + ID_TEXT, 32 - ID_TEXT, "%s", suffix);
}

/* A message of one file; NULL: it cannot be read. */
static struct held *
read_kept(struct agent *a, const char *name)
{
	struct held *h = xzalloc(sizeof(*h));
	struct stat st = { .st_size = 0 };
	int fd = openat(a->account->in, name, O_RDONLY | O_CLOEXEC);
	void *p = MAP_FAILED;

	h->kept = true;
	if (fd != -1 && fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
		    0);
	(void)fd_close(fd);
	if (p != MAP_FAILED)
		h->map = (struct span){ p, (size_t)st.st_size };
	if (p != MAP_FAILED && wire_read(&h->reply, h->map) == WIRE_FRAME &&
	    decode_hex64(&h->id, h->reply.id))
		return h;
	free_held(h);
	return NULL;
}

static int
compare_names(const void *a, const void *b)
{
	return memcmp(a, b, ID_TEXT);
}

/* Append the ids of the files in in/ with this suffix, in order. */
static void
list_in(const struct agent *a, const char *suffix, struct buf *ids)
{
	DIR *list = file_open_list(a->account->in, ".");
	const char *name;
	uint64_t id;

	while (list != NULL && (name = file_next_name(list)) != NULL)
		if (strlen(name) >= ID_TEXT && strcmp(name + ID_TEXT,
		    suffix) == 0 && decode_hex64(&id, (struct span){ name,
		    ID_TEXT }))
			buf_add(ids, (struct span){ name, ID_TEXT });
	if (list != NULL)
		(void)file_end_list(list);
	if (ids->n > 0)
		qsort(ids->p, ids->n / ID_TEXT, ID_TEXT, compare_names);
}

static void
read_in(struct agent *a)
{
	struct buf names = { NULL, 0, 0 };
	char name[ID_TEXT + 1] = "";
	struct held *h;
	size_t at;

	list_in(a, "", &names);
	for (at = 0; at < names.n; at += ID_TEXT) {
		memcpy(name, names.p + at, ID_TEXT);
		h = read_kept(a, name);
		if (h == NULL)
			continue;
		if (seen_is_done(&a->seen, h->id)) {
			(void)unlinkat(a->account->in, name, 0);
			free_held(h);
		} else {
			hold(a, h);
		}
	}
	buf_free(&names);
}

/* Write a file of in/ as a whole. */
static int
write_in(struct agent *a, const char *name, struct span frame)
{
	int fd = openat(a->account->in, "tmp", O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC, 0600);
	int result;

	if (fd == -1)
		return -1;
	result = file_pwrite_all(fd, frame.p, frame.n, 0);
	if (result == 0)
		result = file_sync(fd);
	if (fd_close_written(fd, result) == -1 ||
	    renameat(a->account->in, "tmp", a->account->in, name) == -1)
		return file_discard(a->account->in, "tmp");
	return file_sync(a->account->in);
}

/* Ack it: it is stored, here or before. */
static void
ack(struct agent *a, const struct reply *r)
{
	if (a->begun)
		dialog_ack(a->dialog, r->id);
}

/*
 * Whether there is more to do with a message that has arrived.  A message of
 * the relay that has no such id is not ours to understand.
 */
static bool
is_wanted(struct agent *a, const struct reply *r, uint64_t *id)
{
	struct held *h;

	if (!decode_hex64(id, r->id))
		return false;
	if (seen_is_done(&a->seen, *id)) {
		ack(a, r);
		return false;
	}
	h = find_held(a, *id);
	if (h != NULL && h->kept)
		ack(a, r);
	return h == NULL && a->wants && a->held_count < HELD_MAX &&
	    a->held_bytes < HELD_BYTES;
}

/* Make room for one: who asked for the oldest was killed long ago. */
static void
drop_devices(struct agent *a)
{
	struct buf ids = { NULL, 0, 0 };
	char name[32];
	uint64_t id;
	size_t at;

	list_in(a, ".device", &ids);
	for (at = 0; at + DEVICES_MAX * ID_TEXT <= ids.n; at += ID_TEXT) {
		(void)decode_hex64(&id, (struct span){ ids.p + at, ID_TEXT });
		name_of(name, id, ".device");
		(void)unlinkat(a->account->in, name, 0);
	}
	buf_free(&ids);
}

static void
keep_device(struct agent *a, const struct reply *r, uint64_t id)
{
	struct buf frame = { NULL, 0, 0 };
	char name[32];

	drop_devices(a);
	name_of(name, id, ".device");
	wire_frame(&frame, r->header, r->data);
	if (write_in(a, name, buf_span(&frame)) == 0)
		ack(a, r);
	buf_free(&frame);
}

static bool
is_device(const struct agent *a, const struct reply *r)
{
	return span_is(r->op, SPAN("user")) && r->nodeid.p != NULL &&
	    span_is(r->from, span_of(a->account->uid));
}

/*
 * Learn from a message before it is held.  A post teaches nothing new about one
 * whose posts came before.
 */
static int
learn(struct agent *a, const struct reply *r)
{
	char *known = NULL;

	if (span_is(r->op, SPAN("delivery")) && r->from.n == UID_TEXT)
		known = a->known[(r->from.p[0] * 8 + r->from.p[1]) &
		    (KNOWN - 1)];
	if (known != NULL && memcmp(known, r->from.p, UID_TEXT) == 0)
		return 0;
	if (learn_message(a->account, r, a->why, WHY_ROOM) == -1)
		return -1;
	if (known != NULL)
		memcpy(known, r->from.p, UID_TEXT);
	return 0;
}

static void
on_message(struct agent *a, const struct reply *r)
{
	struct held *h;
	uint64_t id;

	if (is_device(a, r) && decode_hex64(&id, r->id)) {
		keep_device(a, r, id);
		return;
	}
	if (!is_wanted(a, r, &id))
		return;
	if (learn(a, r) == -1) {
		a->no_room = true;
		return;
	}
	h = xzalloc(sizeof(*h));
	wire_frame(&h->frame, r->header, r->data);
	(void)wire_read(&h->reply, buf_span(&h->frame));
	h->id = id;
	hold(a, h);
}

/* ---- large messages ---- */

static void
fail_arrival(struct agent *a)
{
	(void)say_why(a->why, WHY_ROOM, "cannot store a message: %s",
	    strerror(errno));
	a->arrival.failed = a->no_room = true;
}

static void
on_large(struct agent *a, const struct reply *r)
{
	struct large_arrival *t = &a->arrival;
	uint64_t id;

	t->head.n = 0;
	t->at = 0;
	t->size = r->data.n;
	t->failed = false;
	t->fd = -1;
	if (!is_wanted(a, r, &id))
		return;
	wire_frame(&t->head, r->header, SPAN(""));
	t->fd = openat(a->account->in, "arriving", O_RDWR | O_CREAT |
	    O_TRUNC | O_CLOEXEC, 0600);
	if (t->fd == -1 || file_pwrite_all(t->fd, t->head.p, t->head.n, 0) ==
	    -1)
		fail_arrival(a);
	t->at = t->head.n;
}

static void
on_piece(struct agent *a, struct span piece)
{
	struct large_arrival *t = &a->arrival;

	if (t->fd == -1 || t->failed)
		return;
	if (file_pwrite_all(t->fd, piece.p, piece.n, t->at) == -1)
		fail_arrival(a);
	t->at += piece.n;
}

static void
forget_arrival(struct agent *a)
{
	if (a->arrival.fd != -1)
		(void)unlinkat(a->account->in, "arriving", 0);
	(void)fd_close(a->arrival.fd);
	a->arrival.fd = -1;
}

/* It is stored in in/ at once: it is too large to do that again. */
static void
on_large_end(struct agent *a)
{
	struct large_arrival *t = &a->arrival;
	char name[32];
	struct held *h = NULL;
	int result = t->failed || t->fd == -1 ? -1 : file_sync(t->fd);

	if (result == 0)
		h = read_kept(a, "arriving");
	else if (t->fd != -1 && !t->failed)
		fail_arrival(a);
	if (h == NULL) {
		forget_arrival(a);
		return;
	}
	name_of(name, h->id, "");
	if (renameat(a->account->in, "arriving", a->account->in, name) == -1 ||
	    file_sync(a->account->in) == -1)
		fail_arrival(a);
	else if (learn_message(a->account, &h->reply, a->why, WHY_ROOM) == -1)
		t->failed = a->no_room = true;
	if (t->failed) {
		free_held(h);
		(void)unlinkat(a->account->in, name, 0);
		forget_arrival(a);
		return;
	}
	(void)fd_close(t->fd);
	t->fd = -1;
	ack(a, &h->reply);
	hold(a, h);
}

/* ---- requests ---- */

static void
free_flight(struct flight *f)
{
	outgoing_unmap(&f->file);
	buf_free(&f->own);
}

/* Let these see us, and nobody else. */
static void
put_ohi(const struct agent *a, struct buf *header)
{
	size_t at;

	json_put_key(header, "for");
	json_put_open(header, '[');
	for (at = 0; at + UID_TEXT <= a->shown.n; at += UID_TEXT) {
		json_put_open(header, '{');
		json_put_string(header, "id", (struct span){
		    a->shown.p + at, UID_TEXT });
		json_put_close(header, '}');
	}
	json_put_close(header, ']');
	json_put_string(header, "type", a->account->numbering ==
	    DIALOG_2018 ? SPAN("add") : SPAN("init"));
}

/* A request of our own; false: not now. */
static bool
send_own(struct agent *a, enum dialog_op op)
{
	struct flight *f = &a->flights[a->flight_count];
	struct buf header = { NULL, 0, 0 };
	char id[OUTGOING_NAME];

	if (a->flight_count == DIALOG_WINDOW || outgoing_id(id) == -1)
		return false;
	json_put_open(&header, '{');
	json_put_uint(&header, "op", dialog_op_number(a->account->numbering,
	    op));
	json_put_string(&header, "id", span_of(id));
	if (op == DIALOG_OHIEDIT)
		put_ohi(a, &header);
	json_put_close(&header, '}');
	*f = (struct flight){ .file.name = "" };
	wire_frame(&f->own, buf_span(&header), SPAN(""));
	(void)snprintf(f->file.name, sizeof(f->file.name), "%s", id);
	buf_free(&header);
	(void)dialog_send(a->dialog, &(struct dialog_request){
	    span_of(f->file.name), buf_span(&f->own) });
	a->flight_count++;
	return true;
}

static bool
send_ohi(struct agent *a)
{
	return send_own(a, DIALOG_OHIEDIT);
}

/*
 * Something that changes nothing.  In the numbering of 2018, a second OhiEdit
 * would bring a message, but a UserEdit of nothing is only refused.
 */
static bool
send_probe(struct agent *a)
{
	return send_own(a, a->account->numbering == DIALOG_2018 ?
	    DIALOG_USEREDIT : DIALOG_OHIEDIT);
}

static bool
is_flying(const struct agent *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->flight_count; i++)
		if (strcmp(a->flights[i].file.name, name) == 0)
			return true;
	return false;
}

static void
list_requests(struct agent *a)
{
	a->names.n = a->names_at = 0;
	(void)outgoing_list(a->account->out, &a->names, "");
	a->list_again = false;
}

/* Send what is in out/, as far as the window allows. */
static void
send_requests(struct agent *a)
{
	struct flight *f;
	const char *name;

	if (a->names_at == a->names.n && a->list_again)
		list_requests(a);
	while (a->names_at < a->names.n &&
	    a->flight_count < DIALOG_WINDOW - 1) {
		name = a->names.p + a->names_at;
		a->names_at += OUTGOING_NAME;
		f = &a->flights[a->flight_count];
		*f = (struct flight){ .file.name = "" };
		if (is_flying(a, name) ||
		    outgoing_map(a->account->out, name, &f->file) == -1)
			continue;
		(void)dialog_send(a->dialog, &(struct dialog_request){
		    f->file.id, f->file.frame });
		a->flight_count++;
	}
}

static void
lose(struct agent *a, const char *why)
{
	size_t i;

	if (why != NULL && why[0] != '\0')
		(void)say_why(a->why, WHY_ROOM, "%s", why);
	client_close(a->client);
	a->client = NULL;
	a->begun = false;
	a->probing = a->probe_is_stale = false;
	a->idle_at = 0;
	for (i = 0; i < a->flight_count; i++)
		free_flight(&a->flights[i]);
	a->flight_count = 0;
	a->list_again = true;
	a->names.n = a->names_at = 0;
	forget_arrival(a);
}

/* Try again after a pause, which grows, and which is not the same for all. */
static void
retry_later(struct agent *a)
{
	uint32_t chance = 0;

	(void)encode_random(&chance, sizeof(chance));
	if (a->online_at != 0 && a->now >= a->online_at + CALM)
		a->pause = PAUSE_FIRST;
	a->online_at = 0;
	a->retry_at = a->now + a->pause / 2 + chance % a->pause;
	a->pause = clock_min(a->pause * 2, PAUSE_MAX);
	a->look_up = true;
}

static void
on_ack(struct agent *a, const struct reply *r)
{
	struct flight f = a->flights[0];
	bool is_own = f.own.n > 0, failed = false;

	a->flight_count--;
	memmove(a->flights, a->flights + 1,
	    a->flight_count * sizeof(a->flights[0]));
	if (is_own) {
		a->idle_at = a->probing && !a->probe_is_stale ?
		    a->now + IDLE : 0;
		a->probing = a->probe_is_stale = false;
	} else {
		if (r->error.p == NULL)
			learn_request(a->account, f.file.frame);
		failed = outgoing_settle(a->account->out, f.file.name,
		    r->header, r->error.p != NULL) == -1 &&
		    faccessat(a->account->out, f.file.name, F_OK, 0) == 0 &&
		    unlinkat(a->account->out, f.file.name, 0) == -1;
	}
	free_flight(&f);
	/* On this connection it would be done again. */
	if (failed)
		lose(a, "cannot remove a request that is done");
}

/* ---- the connection ---- */

static void
on_presence(struct agent *a, const struct reply *r)
{
	around_add(&a->around, r->from, wire_number(r, "status") == 1);
}

/* The relay lists in its info who is online already. */
static void
read_ohi(struct agent *a, const struct reply *r)
{
	struct span key;
	struct json j;

	json_begin(&j, r->header);
	json_object(&j);
	while (json_key(&j, &key)) {
		if (!json_is(key, SPAN("ohi"))) {
			json_skip(&j);
			continue;
		}
		json_array(&j);
		while (json_item(&j))
			around_add(&a->around, json_string(&j), true);
	}
}

static void
on_online(struct agent *a, const struct reply *r)
{
	struct client_resume resume;

	a->online_at = a->now;
	a->why[0] = '\0';
	a->list_again = true;
	read_ohi(a, r);
	if (client_resume_get(a->client, &resume) &&
	    !client_is_resumed(a->client))
		account_write_resume(a->account, &resume);
	if (a->shown.n > 0)
		(void)send_ohi(a);
}

static void
on_event(struct agent *a, enum dialog_event event, const struct reply *r)
{
	if (a->idle_at != 0 && event != DIALOG_ACK)
		a->idle_at = a->now + IDLE;
	switch (event) {
	case DIALOG_ONLINE:	on_online(a, r);		break;
	case DIALOG_ACK:	on_ack(a, r);			break;
	case DIALOG_MESSAGE:	on_message(a, r);		break;
	case DIALOG_LARGE:	on_large(a, r);			break;
	case DIALOG_PIECE:	on_piece(a, r->data);		break;
	case DIALOG_LARGE_END:	on_large_end(a);		break;
	case DIALOG_PRESENCE:	on_presence(a, r);		break;
	default:						break;
	}
}

/* The relay stops, or we were slow: that says nothing about this device. */
static bool
is_passing(const char *why)
{
	static const char stops[] = "server is stopping";
	static const char slow[] = "no login within ";

	return strcmp(why, stops) == 0 ||
	    strncmp(why, slow, strlen(slow)) == 0;
}

static void
read_all(struct agent *a)
{
	enum dialog_event event;
	struct span plain;
	struct reply r;
	bool was_online;

	while (a->client != NULL && a->begun &&
	    client_recv(a->client, &plain)) {
		while (a->client != NULL && (event = dialog_read(a->dialog,
		    &plain, &r, a->now)) != DIALOG_MORE) {
			was_online = a->online_at != 0;
			if (event != DIALOG_OVER) {
				on_event(a, event, &r);
				continue;
			}
			a->fatal = a->fatal || (!was_online &&
			    !is_passing(dialog_why(a->dialog)));
			lose(a, dialog_why(a->dialog));
			if (a->fatal && strstr(a->why, "unknown user or node"))
				(void)say_why(a->why, WHY_ROOM, "the relay "
				    "does not know this device, which may have "
				    "been dropped: join again, with another "
				    "name for the account");
			retry_later(a);
		}
	}
}

static void
write_all(struct agent *a)
{
	struct span piece;

	if (a->begun && dialog_is_online(a->dialog))
		send_requests(a);
	while (a->begun && client_pending(a->client) < QUEUED &&
	    dialog_out(a->dialog, &piece)) {
		if (piece.n > PIECE)
			piece.n = PIECE;
		client_send(a->client, piece);
		dialog_sent(a->dialog, piece.n);
	}
	client_push(a->client);
}

/* Begin to connect: to the next address, or, after a pause, to the first. */
static void
connect_next(struct agent *a)
{
	char why[WHY_ROOM];
	struct client_resume resume;

	if (a->look_up && dial_lookup(&a->dial, why, sizeof(why)) == -1) {
		lose(a, why);
		retry_later(a);
		return;
	}
	a->look_up = false;
	account_read_resume(a->account, &resume);
	a->client = dial_next(&a->dial, &resume);
	if (a->client == NULL) {
		if (a->why[0] == '\0')
			(void)say_why(a->why, WHY_ROOM, "cannot connect: %s",
			    strerror(errno));
		retry_later(a);
		return;
	}
	a->begun = false;
	a->give_up_at = a->now + CONNECT_WAIT;
	if (client_watch(a->client, a->poller, a) == -1)
		lose(a, strerror(errno));
}

static bool
is_untrusted(const struct client *c)
{
	return client_error(c) >= X509_FIRST && client_error(c) <= X509_LAST;
}

static void
on_lost(struct agent *a, const char *why)
{
	bool was_online = a->begun && dialog_is_online(a->dialog);
	bool was_open = client_is_open(a->client) || a->begun;

	if (is_untrusted(a->client)) {
		a->fatal = true;
		why = a->dial.kind == DIAL_NAMED ? "the relay's certificate is "
		    "not trusted" : "the relay's fingerprint is not the one "
		    "that this account knows: if its operator has told you of "
		    "another one, tmtp relay trusts that";
	} else if (!was_open) {
		why = "cannot connect to the relay";
	}
	lose(a, why);
	if (was_online || was_open || a->dial.next >= a->dial.count)
		retry_later(a);
}

static void
begin_dialog(struct agent *a)
{
	dialog_login(a->dialog, span_of(a->account->uid),
	    span_of(a->account->nodeid), a->now);
	a->begun = true;
}

int
agent_turn(struct agent *a, uint64_t now)
{
	const char *over;

	a->now = now;
	if (now >= a->clean_at) {
		outgoing_clean(a->account->out, clock_ms(CLOCK_REALTIME));
		a->clean_at = now + CLEAN_AGAIN;
	}
	if (a->client == NULL && !a->fatal && now >= a->retry_at)
		connect_next(a);
	if (a->client == NULL)
		return a->fatal ? -1 : 0;
	if (!a->begun && client_is_open(a->client))
		begin_dialog(a);
	read_all(a);
	if (a->begun && !dialog_tick(a->dialog, now)) {
		lose(a, dialog_why(a->dialog));
		retry_later(a);
	}
	if (a->client == NULL)
		return a->fatal ? -1 : 0;
	write_all(a);
	over = client_over(a->client);
	if (over == NULL && !a->begun && now >= a->give_up_at)
		over = "the relay does not answer";
	if (over != NULL)
		on_lost(a, over);
	return a->fatal ? -1 : 0;
}

/* There is something to send that no event will announce. */
static bool
is_eager(const struct agent *a)
{
	struct span piece;

	return a->begun && client_pending(a->client) < QUEUED &&
	    (dialog_out(a->dialog, &piece) ||
	    (a->list_again && dialog_is_online(a->dialog) &&
	    a->flight_count < DIALOG_WINDOW - 1));
}

int
agent_timeout(const struct agent *a, uint64_t now)
{
	uint64_t at = a->retry_at;

	if (is_eager(a))
		return 0;
	if (a->client != NULL)
		at = a->begun ? dialog_deadline(a->dialog) : a->give_up_at;
	if (a->idle_at != 0)
		at = clock_min(at, a->idle_at);
	if (at <= now)
		return 0;
	return at - now > 60000 ? 60000 : (int)(at - now);
}

void
agent_ready(struct agent *a, const struct poller_event *event)
{
	char bytes[64];

	if (event->fd != a->wake) {
		if (a->client != NULL && event->fd == client_fd(a->client))
			client_step(a->client, event->can);
		return;
	}
	while (read(a->wake, bytes, sizeof(bytes)) > 0)
		;
	a->list_again = true;
}

/* ---- for the caller ---- */

struct agent *
agent_open(struct account *account, struct poller *poller, char *why,
    size_t room)
{
	struct agent *a;

	if (account->uid[0] == '\0') {
		(void)say_why(why, room, "%s has not joined a relay yet",
		    account->path);
		return NULL;
	}
	a = xzalloc(sizeof(*a));
	a->account = account;
	a->poller = poller;
	a->last = &a->first;
	a->pause = PAUSE_FIRST;
	a->look_up = a->list_again = true;
	a->arrival.fd = -1;
	if (dial_open(&a->dial, account->address, account->fingerprint, why,
	    room) == -1) {
		free(a);
		return NULL;
	}
	a->dialog = dialog_open(account->numbering);
	a->wake = account_open_wake(account);
	if (a->wake != -1 &&
	    poller_add(poller, a->wake, POLLER_READ, a) == -1) {
		(void)fd_close(a->wake);
		a->wake = -1;
	}
	return a;
}

/*
 * After acks, wait for the answer to the quit: to close before would reset the
 * connection if something has arrived, and the relay might lose the acks.
 */
static bool
is_parted(const struct agent *a)
{
	if (client_over(a->client) != NULL)
		return true;
	return !a->wants && client_pending(a->client) == 0;
}

static void
say_goodbye(struct agent *a)
{
	uint64_t start = clock_ms(CLOCK_MONOTONIC), now = start;
	struct poller_event event;

	if (a->client == NULL)
		return;
	if (!a->begun)
		return;
	dialog_quit(a->dialog);
	while (a->client != NULL && now < start + GOODBYE) {
		a->now = now;
		write_all(a);
		if (is_parted(a))
			break;
		poller_wait(a->poller, 50);
		while (poller_next(a->poller, &event))
			if (event.owner == a)
				agent_ready(a, &event);
		read_all(a);
		now = clock_ms(CLOCK_MONOTONIC);
	}
	if (a->client == NULL)
		return;
	client_finish(a->client);
	client_push(a->client);
}

void
agent_close(struct agent *a)
{
	if (a == NULL)
		return;
	say_goodbye(a);
	lose(a, NULL);
	while (a->first != NULL)
		release_first(a);
	if (a->wake != -1)
		poller_remove(a->poller, a->wake);
	(void)fd_close(a->wake);
	seen_close(&a->seen);
	dialog_close(a->dialog);
	dial_close(&a->dial);
	buf_free(&a->names);
	buf_free(&a->arrival.head);
	buf_free(&a->shown);
	around_free(&a->around);
	free(a);
}

void
agent_want(struct agent *a)
{
	if (a->wants)
		return;
	a->wants = true;
	seen_open(&a->seen, a->account->dir);
	read_in(a);
}

size_t
agent_take(struct agent *a, struct agent_message *m, size_t room)
{
	struct held *h = a->first;
	size_t n;

	if (h == NULL || h->given)
		return 0;
	for (n = 0; h != NULL && n < room; n++, h = h->next) {
		h->given = true;
		m[n] = (struct agent_message){ h->reply,
		    seen_is_begun(&a->seen, h->id) };
		seen_begin(&a->seen, h->id);
	}
	seen_write(&a->seen);
	return n;
}

bool
agent_next(struct agent *a, struct agent_message *m)
{
	return agent_take(a, m, 1) == 1;
}

/* The ack may bring more messages: another probe is needed. */
static void
no_longer_idle(struct agent *a)
{
	a->probe_is_stale = a->probing;
	a->idle_at = 0;
}

void
agent_done(struct agent *a, const struct agent_message *m)
{
	struct held *h = a->first, *end;
	char name[32];

	no_longer_idle(a);
	while (!span_is(h->reply.id, m->reply.id)) {
		seen_end(&a->seen, h->id);
		h = h->next;
		assert(h != NULL && h->given);
	}
	seen_end(&a->seen, h->id);
	seen_write(&a->seen);
	for (end = h->next; a->first != end; release_first(a)) {
		name_of(name, a->first->id, "");
		if (a->first->kept)
			(void)unlinkat(a->account->in, name, 0);
		else
			ack(a, &a->first->reply);
	}
}

static int
keep_first(struct agent *a)
{
	struct held *h = a->first;
	char name[32];

	name_of(name, h->id, "");
	no_longer_idle(a);
	if (!h->kept) {
		if (write_in(a, name, buf_span(&h->frame)) == -1)
			return -1;
		ack(a, &h->reply);
	}
	release_first(a);
	return 0;
}

int
agent_keep(struct agent *a, const struct agent_message *m)
{
	const struct held *h = a->first;
	uint64_t id;

	assert(h != NULL && h->given && span_is(h->reply.id, m->reply.id));
	id = h->id;
	if (keep_first(a) == -1)
		return -1;
	if (!m->again)
		seen_undo(&a->seen, id);
	seen_write(&a->seen);
	return 0;
}

bool
agent_next_presence(struct agent *a, struct around_user *user)
{
	return around_next(&a->around, user);
}

void
agent_probe(struct agent *a)
{
	if (a->probing || a->now < a->idle_at || !agent_is_online(a))
		return;
	a->idle_at = 0;
	a->probing = send_probe(a);
}

bool
agent_is_idle(const struct agent *a, uint64_t now)
{
	return a->idle_at != 0 && now >= a->idle_at && a->first == NULL;
}

void
agent_show(struct agent *a, struct span uids)
{
	a->shown.n = 0;
	buf_add(&a->shown, uids);
	if (a->begun && dialog_is_online(a->dialog))
		(void)send_ohi(a);
}

bool
agent_is_online(const struct agent *a)
{
	return a->client != NULL && a->begun && dialog_is_online(a->dialog);
}

bool
agent_is_undecided(const struct agent *a)
{
	return a->begun && dialog_is_undecided(a->dialog);
}

bool
agent_progress(const struct agent *a, uint64_t *done, uint64_t *total)
{
	const struct large_arrival *t = &a->arrival;

	if (a->begun && dialog_progress(a->dialog, done, total) &&
	    *total > LARGE)
		return true;
	*total = t->size;
	*done = t->at - t->head.n;
	return t->fd != -1 && !t->failed;
}

void
agent_keep_all(struct agent *a)
{
	while (a->first != NULL && !a->first->given) {
		if (keep_first(a) == 0)
			continue;
		(void)say_why(a->why, WHY_ROOM, "cannot store a message: %s",
		    strerror(errno));
		a->no_room = true;
		return;
	}
}

bool
agent_has_no_room(struct agent *a)
{
	bool no_room = a->no_room;

	a->no_room = false;
	return no_room;
}

const char *
agent_why(const struct agent *a)
{
	return a->why;
}

/* ---- new devices ---- */

bool
agent_take_device(const struct account *account, struct span msgid,
    struct buf *nodeid, struct buf *noderef)
{
	struct buf frame = { NULL, 0, 0 };
	char name[32];
	struct reply r;
	uint64_t id;
	bool found;

	if (!decode_hex64(&id, msgid))
		return false;
	name_of(name, id, ".device");
	found = file_read(account->in, name, FRAME_MAX, &frame) == 0 &&
	    wire_read(&r, buf_span(&frame)) == WIRE_FRAME &&
	    wire_text(&r, "nodeid", nodeid) &&
	    wire_text(&r, "noderef", noderef);
	buf_free(&frame);
	return found;
}

void
agent_forget_device(const struct account *account, struct span msgid)
{
	char name[32];
	uint64_t id;

	if (!decode_hex64(&id, msgid))
		return;
	name_of(name, id, ".device");
	(void)unlinkat(account->in, name, 0);
}
