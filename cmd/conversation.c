#include "cmd/conversation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "client/account.h"
#include "disk/file.h"
#include "json.h"

#define FILE_MAX  65536
#define PATH_ROOM 64

static bool
is_token(struct span text)
{
	uint64_t number;

	return decode_hex64(&number, text);
}

static void
index_path(char path[PATH_ROOM], struct span uid, struct span thread)
{
	uint64_t hash = encode_hash(0, uid.p, uid.n);
	char digits[ID_TEXT];

	encode_hex64(digits, encode_hash(hash, thread.p, thread.n));
	(void)snprintf(path, PATH_ROOM, "mail/%.*s.thread", ID_TEXT, digits);
}

static void
add_string(struct buf *to, struct json *j)
{
	struct span raw = json_string(j);

	to->n += json_text(buf_room(to, raw.n + 1), raw);
}

static bool
parse(struct conversation *c, struct span text)
{
	struct span key;
	struct json j;

	json_begin(&j, text);
	json_object(&j);
	while (json_key(&j, &key)) {
		if (json_is(key, SPAN("address")))
			add_string(&c->address, &j);
		else if (json_is(key, SPAN("last")))
			add_string(&c->last, &j);
		else if (json_is(key, SPAN("subject")))
			add_string(&c->subject, &j);
		else if (json_is(key, SPAN("thread")))
			add_string(&c->thread, &j);
		else if (json_is(key, SPAN("uid")))
			add_string(&c->uid, &j);
		else
			json_skip(&j);
	}
	return json_done(&j);
}

bool
conversation_read(const struct account *account, struct span token,
    struct conversation *c)
{
	struct buf text = { NULL, 0, 0 };
	char path[PATH_ROOM];
	bool found;

	*c = (struct conversation){ .token = "" };
	if (!is_token(token))
		return false;
	memcpy(c->token, token.p, CONVERSATION_TOKEN);
	(void)snprintf(path, sizeof(path), "mail/%s", c->token);
	found = file_read(account->dir, path, FILE_MAX, &text) == 0 &&
	    parse(c, buf_span(&text));
	buf_free(&text);
	if (!found)
		conversation_free(c);
	return found;
}

bool
conversation_find(const struct account *account, struct span uid,
    struct span thread, struct conversation *c)
{
	struct buf token = { NULL, 0, 0 };
	char path[PATH_ROOM];
	bool found;

	index_path(path, uid, thread);
	*c = (struct conversation){ .token = "" };
	found = file_read(account->dir, path, FILE_MAX, &token) == 0 &&
	    conversation_read(account, buf_span(&token), c);
	buf_free(&token);
	if (!found || (span_is(buf_span(&c->uid), uid) &&
	    span_is(buf_span(&c->thread), thread)))
		return found;
	conversation_free(c);
	return false;
}

int
conversation_write(struct context *context, const struct account *account,
    struct conversation *c)
{
	struct buf text = { NULL, 0, 0 };
	char path[PATH_ROOM], thread[PATH_ROOM];
	uint64_t chance;
	bool is_new = c->token[0] == '\0';
	int result;

	if (is_new && encode_random(&chance, sizeof(chance)) == -1)
		return context_fail(context, STATUS_TEMPORARY,
		    "the system has no random numbers");
	if (is_new)
		encode_hex64(c->token, chance);
	json_put_open(&text, '{');
	json_put_string(&text, "address", buf_span(&c->address));
	json_put_string(&text, "last", buf_span(&c->last));
	json_put_string(&text, "subject", buf_span(&c->subject));
	json_put_string(&text, "thread", buf_span(&c->thread));
	json_put_string(&text, "uid", buf_span(&c->uid));
	json_put_close(&text, '}');
	(void)snprintf(path, sizeof(path), "mail/%s", c->token);
	index_path(thread, buf_span(&c->uid), buf_span(&c->thread));
	result = file_make_synced_dir(account->dir, "mail");
	if (result == 0)
		result = account_replace(account, path, buf_span(&text));
	if (result == 0 && is_new)
		result = account_replace(account, thread, span_of(c->token));
	if (result == 0)
		result = file_sync_dir(account->dir, "mail");
	buf_free(&text);
	if (result == 0)
		return STATUS_OK;
	return context_fail(context, STATUS_TEMPORARY, "%s/%s: %s",
	    account->path, path, strerror(errno));
}

void
conversation_free(struct conversation *c)
{
	buf_free(&c->uid);
	buf_free(&c->thread);
	buf_free(&c->address);
	buf_free(&c->last);
	buf_free(&c->subject);
	c->token[0] = '\0';
}

/* The part of an address before the '@'. */
static size_t
local_part(struct span address)
{
	size_t n = 0;

	while (n < address.n && address.p[n] != '@')
		n++;
	return n;
}

void
conversation_address(struct buf *to, const struct conversation *c,
    struct span base)
{
	size_t n = local_part(base);

	buf_addf(to, "%.*s+%s%.*s", (int)n, base.p, c->token,
	    (int)(base.n - n), base.p + n);
}

struct span
conversation_token(struct span address, struct span base)
{
	struct span none = { NULL, 0 };
	size_t n = local_part(base), at = n + 1 + CONVERSATION_TOKEN;

	if (base.p == NULL || address.n != base.n + 1 + CONVERSATION_TOKEN ||
	    strncasecmp(address.p, base.p, n) != 0 || address.p[n] != '+' ||
	    strncasecmp(address.p + at, base.p + n, base.n - n) != 0)
		return none;
	return (struct span){ address.p + n + 1, CONVERSATION_TOKEN };
}
