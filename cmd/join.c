/*
 * tmtp join: become a member of a relay, or make this machine another device of
 * one.
 *
 * Nothing is sent before the relay's fingerprint is accepted.  The account is
 * on disk before tmtp says that it has joined; if the process is killed between
 * the relay's answer and that, only the operator can free the name again.
 */
#include "cmd/join.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "client/account.h"
#include "client/client.h"
#include "client/dial.h"
#include "client/dialog.h"
#include "cmd/request.h"
#include "cmd/terminal.h"
#include "disk/file.h"
#include "json.h"
#include "net/poller.h"

#define PATIENCE 30000		/* ms for the relay to answer */
#define ASK_FIRST 5		/* seconds until the next try to be admitted */
#define ASK_MAX   120
#define GOODBYE 5000		/* ms for the relay to answer a quit */
#define NAME_ROOM 256
#define ALIAS_ROOM (2 * NAME_ROOM)

#define LABEL_MAX 1024	/* bytes; relays take less */

/* A file of the account, until it has joined: see make_nodeid. */
#define JOINING "joining"

static const char usage[] =
    "join =HOST[:PORT] | +HOST[:PORT] | LINK [--fingerprint F] [--label L]\n"
    "            [--no-wait] [NAME]";

/* What is to be joined, from the arguments or a link. */
struct plan {
	char address[DIAL_HOST + 16];
	char fingerprint[TRUST_FINGERPRINT + 1];
	char name[NAME_ROOM];		/* "": none is asked for */
	char code[NAME_ROOM];
	bool linked;			/* by a link, not an address */
	bool invited;			/* the link says so */
	char uid[UID_TEXT + 1], nodeid[NODEID_TEXT + 1];	/* another
					   device's link; else "" */
	const char *label;
	bool waits;
};

/* One connection, until its answer. */
struct attempt {
	struct dial dial;
	struct poller *poller;
	struct client *client;
	struct dialog *dialog;
	struct buf error;		/* what the relay has refused */
	bool over;
};

/* ---- links ---- */

/* Copy a value of a link up to '&', without its %xx; false: it is too long. */
static bool
take_value(char *to, size_t room, const char **p)
{
	size_t n = 0;
	int byte;

	while (**p != '\0' && **p != '&') {
		if (n + 1 >= room)
			return false;
		byte = **p == '%' ? trust_hex(*p + 1) : -1;
		if (byte > 0) {
			to[n++] = (char)byte;
			*p += 3;
		} else {
			to[n++] = *(*p)++;
		}
	}
	to[n] = '\0';
	if (**p == '&')
		(*p)++;
	return true;
}

static bool
take_device(struct plan *plan, const char **p)
{
	char text[UID_TEXT + 1 + NODEID_TEXT + 1];

	if (!take_value(text, sizeof(text), p) ||
	    strlen(text) != sizeof(text) - 1 || text[UID_TEXT] != '.')
		return false;
	text[UID_TEXT] = '\0';
	memcpy(plan->uid, text, UID_TEXT + 1);
	memcpy(plan->nodeid, text + UID_TEXT + 1, NODEID_TEXT + 1);
	return true;
}

/* https://HOST:PORT/#join=NAME&code=CODE&ca=FINGERPRINT, #device=UID.NODEID */
static bool
read_link(struct plan *plan, const char *link)
{
	const char *host = link + strlen("https://"), *p;
	struct buf address = { NULL, 0, 0 };
	size_t n = strcspn(host, "/#");
	bool good = true;

	p = strchr(host, '#');
	if (p == NULL || n == 0 || n >= DIAL_HOST)
		return false;
	p++;
	while (good && *p != '\0') {
		if (strncmp(p, "join=", 5) == 0) {
			p += 5;
			good = take_value(plan->name, NAME_ROOM, &p);
			plan->invited = true;
		} else if (strncmp(p, "name=", 5) == 0) {
			p += 5;
			good = take_value(plan->name, NAME_ROOM, &p);
		} else if (strncmp(p, "code=", 5) == 0) {
			p += 5;
			good = take_value(plan->code, NAME_ROOM, &p);
		} else if (strncmp(p, "ca=", 3) == 0) {
			p += 3;
			good = take_value(plan->fingerprint,
			    sizeof(plan->fingerprint), &p);
		} else if (strncmp(p, "device=", 7) == 0) {
			p += 7;
			good = take_device(plan, &p);
		} else {
			p += strcspn(p, "&");
			p += *p == '&';
		}
	}
	buf_add_byte(&address, plan->fingerprint[0] != '\0' ? '=' : '+');
	dial_put_host(&address, (struct span){ host, n }, DIAL_WEB_PORT);
	(void)snprintf(plan->address, sizeof(plan->address), "%.*s",
	    (int)address.n, address.p);
	buf_free(&address);
	return good;
}

static bool
read_address(struct plan *plan, const char *word)
{
	plan->linked = strncmp(word, "https://", 8) == 0;
	if (plan->linked)
		return read_link(plan, word);
	(void)snprintf(plan->address, sizeof(plan->address), "%s", word);
	return strlen(word) < sizeof(plan->address);
}

/* The option's value, or NULL, counts before that of a link.  -1: too long. */
static int
take_fingerprint(struct plan *plan, const char *given)
{
	if (given == NULL)
		return 0;
	if (strlen(given) > TRUST_FINGERPRINT)
		return -1;
	if (plan->linked)
		plan->address[0] = '=';
	(void)snprintf(plan->fingerprint, sizeof(plan->fingerprint), "%s",
	    given);
	return 0;
}

/* Nobody would compare it. */
static int
refuse_fingerprint(struct context *context, const struct plan *plan)
{
	if (plan->address[0] != '+' || plan->fingerprint[0] == '\0')
		return STATUS_OK;
	return context_fail(context, STATUS_USAGE, "with +, authorities vouch "
	    "for the relay: a fingerprint goes with =host:port");
}

/* ---- one connection ---- */

static int
open_attempt(struct context *context, struct attempt *a,
    const struct plan *plan)
{
	*a = (struct attempt){ .client = NULL };
	if (dial_open(&a->dial, plan->address, plan->fingerprint, context->why,
	    CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_USAGE, "%s",
		    context->why);
	a->poller = poller_open();
	a->dialog = dialog_open(DIALOG_2020);
	return STATUS_OK;
}

static void
close_attempt(struct attempt *a)
{
	client_close(a->client);
	dialog_close(a->dialog);
	if (a->poller != NULL)
		poller_close(a->poller);
	dial_close(&a->dial);
	buf_free(&a->error);
}

/* Let time pass, and bytes. */
static void
turn(struct attempt *a)
{
	struct poller_event event;
	struct span piece;

	while (dialog_out(a->dialog, &piece)) {
		client_send(a->client, piece);
		dialog_sent(a->dialog, piece.n);
	}
	client_push(a->client);
	poller_wait(a->poller, 100);
	while (poller_next(a->poller, &event))
		client_step(a->client, event.can);
}

/* Connect to one of the host's addresses; false: none answers, and why. */
static bool
connect_any(struct context *context, struct attempt *a)
{
	uint64_t end;

	client_close(a->client);
	a->client = NULL;
	if (dial_lookup(&a->dial, context->why, CONTEXT_WHY) == -1)
		return false;
	while ((a->client = dial_next(&a->dial, NULL)) != NULL) {
		end = clock_ms(CLOCK_MONOTONIC) + PATIENCE;
		if (client_watch(a->client, a->poller, a) == -1)
			break;
		while (!client_is_open(a->client) &&
		    client_over(a->client) == NULL &&
		    clock_ms(CLOCK_MONOTONIC) < end)
			turn(a);
		if (client_is_open(a->client) ||
		    client_fingerprint(a->client)[0] != '\0')
			return true;
		client_close(a->client);
		a->client = NULL;
	}
	(void)say_why(context->why, CONTEXT_WHY, "nothing answers at %s%s%s: "
	    "is the relay running, and is this its address?", a->dial.host,
	    a->dial.kind == DIAL_UNIX ? "" : ", port ", a->dial.port);
	return false;
}

/* ---- the fingerprint ---- */

static bool
says_yes(void)
{
	char line[16];

	return fgets(line, sizeof(line), stdin) != NULL &&
	    (line[0] == 'y' || line[0] == 'Y');
}

/* Learn the relay's fingerprint from a connection that accepts nothing. */
static int
ask_fingerprint(struct context *context, struct plan *plan)
{
	struct attempt a;
	int status = open_attempt(context, &a, plan);

	if (status != STATUS_OK)
		return status;
	if (a.dial.kind != DIAL_PINNED || plan->fingerprint[0] != '\0') {
		close_attempt(&a);
		return STATUS_OK;
	}
	if (!connect_any(context, &a)) {
		close_attempt(&a);
		return context_fail(context, STATUS_UNAVAILABLE, "%s",
		    context->why);
	}
	(void)snprintf(plan->fingerprint, sizeof(plan->fingerprint), "%s",
	    client_fingerprint(a.client));
	close_attempt(&a);
	fprintf(stderr, "The relay's certificate has this SHA-256 "
	    "fingerprint:\n%s\n", plan->fingerprint);
	if (isatty(STDIN_FILENO) == 0)
		return context_fail(context, STATUS_NO_INPUT,
		    "if it is the one that the relay's operator has given "
		    "you, say so: --fingerprint %s", plan->fingerprint);
	fprintf(stderr, "Is it the one that the relay's operator has given "
	    "you? [y/N] ");
	if (says_yes())
		return STATUS_OK;
	return context_fail(context, STATUS_NO_PERMISSION, "nothing was done");
}

/* ---- registering ---- */

/* Whether the relay has given us what we can log in with. */
static bool
is_registered(const struct reply *r)
{
	unsigned char uid[UID_BYTES], nodeid[NODEID_BYTES];

	return decode_base32(uid, UID_BYTES, r->uid) &&
	    decode_base32(nodeid, NODEID_BYTES, r->nodeid);
}

static void
on_registered(struct context *context, struct attempt *a,
    struct account *account, const struct reply *r)
{
	struct buf alias = { NULL, 0, 0 };

	if (!is_registered(r)) {
		(void)say_why(context->why, CONTEXT_WHY, "the relay's answer "
		    "makes no sense");
		a->over = true;
		return;
	}
	account_set(&account->uid, r->uid);
	account_set(&account->nodeid, r->nodeid);
	/* The name that was invited, without its code. */
	if (account->alias_count > 0 && wire_text(r, "alias", &alias) &&
	    alias.n <= ALIAS_ROOM)
		account_set(&account->aliases[account->alias_count - 1],
		    buf_span(&alias));
	buf_free(&alias);
	if (r->error.p != NULL) {
		(void)wire_text(r, "error", &a->error);
		request_plain_error(&a->error);
		if (account->alias_count > 0)
			free(account->aliases[--account->alias_count]);
	}
	if (account_write(account, context->why, CONTEXT_WHY) == -1)
		a->over = true;
	else
		(void)unlinkat(account->dir, JOINING, 0);
}

/* Read the answers.  True: the device is a member, and on disk. */
static bool
read_answers(struct context *context, struct attempt *a,
    struct account *account)
{
	enum dialog_event event;
	struct span plain;
	struct reply r;
	uint64_t now = clock_ms(CLOCK_MONOTONIC);

	while (!a->over && client_recv(a->client, &plain)) {
		while ((event = dialog_read(a->dialog, &plain, &r, now)) !=
		    DIALOG_MORE) {
			if (event == DIALOG_REGISTERED)
				on_registered(context, a, account, &r);
			if (event == DIALOG_ONLINE)
				return !a->over;
			if (event != DIALOG_OVER)
				continue;
			a->over = true;
			(void)say_why(context->why, CONTEXT_WHY, "%s",
			    dialog_why(a->dialog));
		}
	}
	return false;
}

/*
 * Say goodbye in the numbering of 2020.  A relay that is pinned to that of 2018
 * complains; then the account uses that one from now on.
 */
static void
part(struct context *context, struct attempt *a, struct account *account)
{
	uint64_t end = clock_ms(CLOCK_MONOTONIC) + GOODBYE;

	dialog_quit(a->dialog);
	while (!a->over && client_over(a->client) == NULL &&
	    clock_ms(CLOCK_MONOTONIC) < end) {
		turn(a);
		(void)read_answers(context, a, account);
	}
	if (strstr(dialog_why(a->dialog), "numbering") == NULL)
		return;
	account->numbering = DIALOG_2018;
	if (account_write(account, context->why, CONTEXT_WHY) == -1)
		(void)context_fail(context, STATUS_CANNOT_CREATE, "%s",
		    context->why);
}

/* For the relay: the code of an invitation stands behind the name. */
static void
put_alias(const struct plan *plan, char alias[ALIAS_ROOM])
{
	(void)snprintf(alias, ALIAS_ROOM, "%s%s%s",
	    plan->name[0] == '\0' ? "_" : plan->name,
	    plan->code[0] == '\0' ? "" : " ", plan->code);
}

/* An address of IPv4 or IPv6. */
static bool
is_number(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 ||
	    inet_pton(AF_INET6, host, bytes) == 1;
}

/* 0, or a status; then why is said by the caller. */
static int
try_to_join(struct context *context, struct attempt *a,
    const struct plan *plan, struct account *account)
{
	char alias[ALIAS_ROOM];
	uint64_t end = clock_ms(CLOCK_MONOTONIC) + PATIENCE;

	if (!connect_any(context, a))
		return STATUS_UNAVAILABLE;
	put_alias(plan, alias);
	a->over = false;
	if (account->uid[0] != '\0')
		dialog_login(a->dialog, span_of(account->uid),
		    span_of(account->nodeid), clock_ms(CLOCK_MONOTONIC));
	else
		dialog_register(a->dialog, span_of(plan->label),
		    span_of(alias), span_of(account->nodeid),
		    clock_ms(CLOCK_MONOTONIC));
	(void)say_why(context->why, CONTEXT_WHY, "the relay does not answer");
	while (clock_ms(CLOCK_MONOTONIC) < end) {
		if (read_answers(context, a, account)) {
			part(context, a, account);
			return STATUS_OK;
		}
		if (a->over)
			return STATUS_NO_PERMISSION;
		if (client_over(a->client) != NULL) {
			(void)say_why(context->why, CONTEXT_WHY, "%s",
			    client_error(a->client) <= 0 ?
			    client_over(a->client) :
			    a->dial.kind != DIAL_NAMED ?
			    "the relay's certificate is not the expected one" :
			    plan->invited ? "no authority of this system "
			    "vouches for the relay's certificate: was the "
			    "whole link in quotes?" :
			    is_number(a->dial.host) ? "authorities are asked "
			    "about names only, not about addresses: write "
			    "+name:port, or =address:port and the fingerprint" :
			    "no authority of this system vouches for the "
			    "relay's certificate");
			return STATUS_NO_PERMISSION;
		}
		turn(a);
	}
	return STATUS_UNAVAILABLE;
}

/* The relay admits only those who were invited; its operator may decide so. */
static bool
may_be_admitted(const struct context *context)
{
	return strstr(context->why, "invit") != NULL ||
	    strstr(context->why, "operator") != NULL;
}

/* Whether to try again.  Once we wait, the relay may also be away. */
static bool
may_change(const struct context *context, const struct plan *plan, int status,
    bool waiting)
{
	if (!plan->waits || plan->invited)
		return false;
	return (status == STATUS_NO_PERMISSION && may_be_admitted(context)) ||
	    (status == STATUS_UNAVAILABLE && waiting);
}

static int
join(struct context *context, const struct plan *plan,
    struct account *account)
{
	struct attempt a;
	struct timespec pause = { ASK_FIRST, 0 };
	bool waiting = false;
	int status = open_attempt(context, &a, plan);

	if (status != STATUS_OK)
		return status;
	while ((status = try_to_join(context, &a, plan, account)) !=
	    STATUS_OK && may_change(context, plan, status, waiting)) {
		if (!waiting)
			fprintf(stderr, "%s\n%sWaiting until the relay's "
			    "operator lets you in (Ctrl-C ends this)...\n",
			    context->why, plan->code[0] != '\0' ? "" :
			    "If you were given a code, it must stand behind "
			    "the name, in the same quotes.\n");
		waiting = true;
		(void)nanosleep(&pause, NULL);
		pause.tv_sec = pause.tv_sec * 2 < ASK_MAX ?
		    pause.tv_sec * 2 : ASK_MAX;
	}
	if (status == STATUS_NO_PERMISSION && plan->invited &&
	    may_be_admitted(context))
		(void)context_fail(context, STATUS_NO_PERMISSION, "this "
		    "invitation was used already, or has ended: ask the "
		    "relay's operator for another one");
	else if (status != STATUS_OK)
		(void)context_fail(context, (enum exit_status)status, "%s",
		    context->why);
	else if (a.error.n > 0)
		status = context_fail(context, STATUS_CANNOT_CREATE,
		    "joined, but without that name: %.*s; choose another with: "
		    "tmtp alias add NAME", (int)a.error.n, a.error.p);
	close_attempt(&a);
	return status;
}

/* ---- the command ---- */

/* As the relay prints it: a link has the digits alone. */
static void
set_fingerprint(struct account *account, const char *given)
{
	struct buf text = { NULL, 0, 0 };
	size_t digits = 0;

	for (; *given != '\0'; given++) {
		if (*given == ':')
			continue;
		if (digits > 0 && digits % 2 == 0)
			buf_add_byte(&text, ':');
		buf_add_byte(&text, *given >= 'a' && *given <= 'f' ?
		    (char)(*given - 'a' + 'A') : *given);
		digits++;
	}
	account_set(&account->fingerprint, buf_span(&text));
	buf_free(&text);
}

static int
refuse_member(struct context *context, const struct account *account)
{
	if (account->uid[0] == '\0')
		return STATUS_OK;
	return context_fail(context, STATUS_CONFIG, "the account %s has joined "
	    "%s already; choose another name with -a", context->account,
	    account->address);
}

static int
refuse_words(struct context *context, const struct plan *plan)
{
	if (strlen(plan->label) <= LABEL_MAX &&
	    utf8_is_valid(plan->label, strlen(plan->label)) &&
	    utf8_is_valid(plan->name, strlen(plan->name)))
		return STATUS_OK;
	return context_fail(context, STATUS_USAGE, "the name or the label is "
	    "too long, or not UTF-8");
}

/* Say so before a person is asked anything. */
static int
refuse_known_member(struct context *context)
{
	struct account account;
	int status;

	if (account_open(&account, context->account, context->why,
	    CONTEXT_WHY) == -1)
		return STATUS_OK;	/* it is made, or why not is said */
	status = refuse_member(context, &account);
	account_close(&account);
	return status;
}

/* The secret of an account that has not joined yet; made if there is none. */
static int
read_secret(struct context *context, const struct account *account,
    unsigned char secret[SECRET_HASH])
{
	struct buf kept = { NULL, 0, 0 };
	bool good = file_read(account->dir, JOINING, SECRET_HASH, &kept) == 0 &&
	    kept.n == SECRET_HASH;

	if (good)
		memcpy(secret, kept.p, SECRET_HASH);
	buf_free(&kept);
	if (good)
		return STATUS_OK;
	if (encode_random(secret, SECRET_HASH) == -1)
		return context_fail(context, STATUS_TEMPORARY,
		    "the system has no random numbers");
	if (account_replace(account, JOINING, (struct span){
	    (const char *)secret, SECRET_HASH }) == -1)
		return context_fail(context, STATUS_IO, "%s/%s: %s",
		    account->path, JOINING, strerror(errno));
	return STATUS_OK;
}

/* Names that are the same to the relay become the same text. */
static void
add_folded(struct buf *text, const char *name)
{
	for (; *name != '\0'; name++) {
		if (name[0] != ' ' || name[1] != ' ')
			buf_add_byte(text, *name >= 'A' && *name <= 'Z' ?
			    (char)(*name - 'A' + 'a') : *name);
	}
}

/*
 * The password of this device.  It follows from the account's secret, the relay
 * and the name: who asks again, because the answer was lost, is known by it;
 * and what an impostor was told is worth nothing at the right relay.
 */
static int
make_nodeid(struct context *context, const struct plan *plan,
    struct account *account)
{
	unsigned char secret[SECRET_HASH], mac[SECRET_HASH];
	char alias[ALIAS_ROOM], nodeid[NODEID_TEXT];
	struct buf text = { NULL, 0, 0 };
	int status = read_secret(context, account, secret);

	if (status != STATUS_OK)
		return status;
	buf_addf(&text, "%s\n", account->fingerprint[0] != '\0' ?
	    account->fingerprint : account->address);
	put_alias(plan, alias);
	add_folded(&text, alias);
	secret_mac(mac, (struct span){ (const char *)secret, SECRET_HASH },
	    buf_span(&text));
	buf_free(&text);
	encode_base32(nodeid, mac, NODEID_BYTES);
	account_set(&account->nodeid, (struct span){ nodeid, NODEID_TEXT });
	secret_wipe(secret, sizeof(secret));
	secret_wipe(mac, sizeof(mac));
	return STATUS_OK;
}

static int
prepare(struct context *context, const struct plan *plan,
    struct account *account)
{
	char alias[ALIAS_ROOM];
	long holder;
	int status;

	if (account_make(account, context->account, context->why,
	    CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	if (account_lock(account, ACCOUNT_ONLINE, &holder) == -1)
		return context_fail(context, STATUS_TEMPORARY, "the account "
		    "%s is in use by process %ld", context->account, holder);
	/* Another process may have joined before we got the lock. */
	if (faccessat(account->dir, "account.json", F_OK, 0) == 0 &&
	    account_read(account, context->why, CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	status = refuse_member(context, account);
	if (status != STATUS_OK)
		return status;
	account_set(&account->address, span_of(plan->address));
	set_fingerprint(account, plan->fingerprint);
	account_set(&account->label, span_of(plan->label));
	account_set(&account->uid, span_of(plan->uid));
	account_set(&account->nodeid, span_of(plan->nodeid));
	if (plan->name[0] != '\0' && account->alias_count == 0) {
		account->aliases = xgrow(NULL, 0, sizeof(*account->aliases));
		put_alias(plan, alias);
		account->aliases[account->alias_count++] =
		    xcopy(span_of(alias));
	}
	return plan->uid[0] != '\0' ? STATUS_OK :
	    make_nodeid(context, plan, account);
}

static void
say_joined(const struct context *context, const struct plan *plan,
    const struct account *account)
{
	struct buf text = { NULL, 0, 0 };

	if (context->json) {
		json_put_open(&text, '{');
		json_put_string(&text, "account", span_of(context->account));
		json_put_string(&text, "address", span_of(account->address));
		json_put_string(&text, "uid", span_of(account->uid));
		json_put_close(&text, '}');
	} else {
		buf_addf(&text, "joined %s", account->address);
		if (account->alias_count > 0) {
			buf_addf(&text, " as ");
			terminal_line(&text, span_of(account->aliases[0]));
		} else if (plan->uid[0] == '\0' && plan->name[0] == '\0') {
			buf_addf(&text, "; for a name by which others find "
			    "you: tmtp alias add NAME");
		}
	}
	buf_add_byte(&text, '\n');
	(void)terminal_write(buf_span(&text));	/* the account is there */
	buf_free(&text);
}

static int
read_words(struct plan *plan, char **argv)
{
	static const struct context_option options[] = {
		{ "fingerprint", 'F', true }, { "label", 'l', true },
		{ "no-wait", 'n', false }, { NULL, 0, false }
	};
	struct context_words words = { .at = argv };
	const char *given = NULL;
	bool named = false;
	int option;

	plan->label = "tmtp";
	plan->waits = true;
	for (;;) {
		while ((option = context_option(&words, options)) > 0) {
			if (option == 'F')
				given = words.value;
			else if (option == 'l')
				plan->label = words.value;
			else
				plan->waits = false;
		}
		if (option == -1)
			return -1;
		if (*words.at == NULL)
			break;
		if (plan->address[0] == '\0') {
			if (!read_address(plan, *words.at++))
				return context_fail(NULL, STATUS_USAGE,
				    "this link is not whole: it ends with "
				    "#join= or #device= and more");
		} else if (!named && strlen(*words.at) < NAME_ROOM) {
			named = true;
			(void)snprintf(plan->name, NAME_ROOM, "%s",
			    *words.at++);
		} else {
			return -1;
		}
	}
	return plan->address[0] == '\0' ? -1 : take_fingerprint(plan, given);
}

int
join_run(struct context *context, char **argv)
{
	struct plan plan = { .address = "" };
	struct account account;
	int status;

	status = read_words(&plan, argv);
	if (status == -1)
		return context_usage(context, usage);
	if (status != STATUS_OK)
		return status;
	status = refuse_words(context, &plan);
	if (status == STATUS_OK)
		status = refuse_fingerprint(context, &plan);
	if (status == STATUS_OK)
		status = refuse_known_member(context);
	if (status == STATUS_OK)
		status = ask_fingerprint(context, &plan);
	if (status == STATUS_OK)
		status = prepare(context, &plan, &account);
	else
		return status;
	if (status == STATUS_OK)
		status = join(context, &plan, &account);
	if (status == STATUS_OK && plan.uid[0] != '\0' &&
	    account_write(&account, context->why, CONTEXT_WHY) == -1)
		status = context_fail(context, STATUS_CANNOT_CREATE, "%s",
		    context->why);
	if (status == STATUS_OK || status == STATUS_CANNOT_CREATE)
		say_joined(context, &plan, &account);
	account_close(&account);
	return status;
}

/* ---- another certificate or address ---- */

static int
read_relay_words(struct plan *plan, char **argv)
{
	static const struct context_option options[] = {
		{ "fingerprint", 'F', true }, { NULL, 0, false }
	};
	struct context_words words = { .at = argv };
	const char *given = NULL;
	int option;

	do {
		while ((option = context_option(&words, options)) > 0)
			given = words.value;
		if (option == -1 || (*words.at != NULL &&
		    (plan->address[0] != '\0' ||
		    !read_address(plan, *words.at++))))
			return -1;
	} while (*words.at != NULL);
	return take_fingerprint(plan, given);
}

/* Whether the relay there knows the account is tried before it is stored. */
static int
use_relay(struct context *context, struct plan *plan, struct account *account)
{
	struct attempt a;
	long holder;
	int status;

	if (plan->address[0] == '\0')
		(void)snprintf(plan->address, sizeof(plan->address), "%s",
		    account->address);
	else if (plan->fingerprint[0] == '\0' && plan->address[0] != '+')
		(void)snprintf(plan->fingerprint, sizeof(plan->fingerprint),
		    "%s", account->fingerprint);
	status = refuse_fingerprint(context, plan);
	if (status == STATUS_OK)
		status = ask_fingerprint(context, plan);
	if (status != STATUS_OK)
		return status;
	if (account_lock(account, ACCOUNT_ONLINE, &holder) == -1)
		return context_fail(context, STATUS_TEMPORARY, "the account "
		    "%s is in use by process %ld", context->account, holder);
	status = open_attempt(context, &a, plan);
	if (status != STATUS_OK)
		return status;
	status = try_to_join(context, &a, plan, account);
	close_attempt(&a);
	if (status != STATUS_OK)
		return context_fail(context, (enum exit_status)status,
		    "%s; nothing is changed", context->why);
	/* Others may have changed it while a person was asked. */
	if (account_wait(account, ACCOUNT_CHANGE) == -1)
		return context_fail(context, STATUS_IO, "%s: %s",
		    context->account, strerror(errno));
	status = account_read(account, context->why, CONTEXT_WHY);
	if (status == 0) {
		account_set(&account->address, span_of(plan->address));
		set_fingerprint(account, plan->fingerprint);
		status = account_write(account, context->why, CONTEXT_WHY);
	}
	account_unlock(account, ACCOUNT_CHANGE);
	if (status == -1)
		return context_fail(context, STATUS_CANNOT_CREATE, "%s",
		    context->why);
	return STATUS_OK;
}

int
join_run_relay(struct context *context, char **argv)
{
	struct plan plan = { .address = "" };
	struct account account;
	int status;

	if (read_relay_words(&plan, argv) == -1)
		return context_usage(context,
		    "relay [ADDRESS | LINK] [--fingerprint F]");
	status = context_account(context, &account);
	if (status != STATUS_OK)
		return status;
	status = use_relay(context, &plan, &account);
	account_close(&account);
	return status;
}
