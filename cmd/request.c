#include "cmd/request.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "client/account.h"
#include "client/agent.h"
#include "client/wire.h"
#include "json.h"
#include "net/poller.h"

#define ASK_AGAIN 10	/* ms between two looks at what another has done */
#define YIELD     200	/* ms in which a reader notices that it can go on */
#define LOCK_WAIT  15000	/* ms for a tmtp post to end */
#define LOCK_AGAIN 20
#define WAKE_AGAIN 1000	/* ms until that one is woken again */

int
request_begin(struct context *context, const struct account *account,
    enum dialog_op op, struct buf *header, char id[OUTGOING_NAME])
{
	*header = (struct buf){ NULL, 0, 0 };
	if (outgoing_id(id) == -1)
		return context_fail(context, STATUS_UNAVAILABLE,
		    "the system has no random numbers");
	json_put_open(header, '{');
	json_put_uint(header, "op", dialog_op_number(account->numbering, op));
	json_put_string(header, "id", span_of(id));
	return STATUS_OK;
}

int
request_keep(struct context *context, const struct account *account,
    const char *id, struct buf *header, const struct outgoing_part *parts,
    size_t count)
{
	int result;

	json_put_close(header, '}');
	if (header->n > UINT16_MAX || !utf8_is_valid(header->p, header->n)) {
		result = header->n > UINT16_MAX;
		buf_free(header);
		return context_fail(context, result ? STATUS_DATA :
		    STATUS_USAGE, result ? "too many names" :
		    "a name is not UTF-8");
	}
	result = outgoing_write(account->out, id, buf_span(header), parts,
	    count, context->why, CONTEXT_WHY);
	buf_free(header);
	if (result == 0)
		return STATUS_OK;
	return context_fail(context, STATUS_CANNOT_CREATE, "%s", context->why);
}

int
request_open(struct context *context, struct request_line *line,
    struct account *account)
{
	*line = (struct request_line){ .account = account };
	line->progress = isatty(STDERR_FILENO) != 0;
	line->poller = poller_open();
	if (line->poller != NULL)
		return STATUS_OK;
	return context_fail(context, STATUS_UNAVAILABLE, "%s",
	    strerror(errno));
}

static int
wait_for_line(struct context *context, struct request_line *line)
{
	uint64_t end = clock_ms(CLOCK_MONOTONIC) + LOCK_WAIT;
	long holder;

	while (account_lock(line->account, ACCOUNT_ONLINE, &holder) == -1) {
		if (clock_ms(CLOCK_MONOTONIC) >= end)
			return context_fail(context, STATUS_TEMPORARY,
			    "process %ld is online with this account", holder);
		poller_wait(line->poller, LOCK_AGAIN);
	}
	line->agent = agent_open(line->account, line->poller, context->why,
	    CONTEXT_WHY);
	if (line->agent == NULL)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	agent_want(line->agent);
	return STATUS_OK;
}

int
request_open_reader(struct context *context, struct request_line *line,
    struct account *account)
{
	long holder;
	int status;

	if (account_lock(account, ACCOUNT_READER, &holder) == -1)
		return context_fail(context, STATUS_TEMPORARY, "process %ld "
		    "reads the messages of this account", holder);
	status = request_open(context, line, account);
	if (status != STATUS_OK)
		return status;
	status = wait_for_line(context, line);
	if (status != STATUS_OK)
		request_close(line);
	return status;
}

void
request_close(struct request_line *line)
{
	agent_close(line->agent);
	account_unlock(line->account, ACCOUNT_ONLINE);
	if (line->keeps)
		account_unlock(line->account, ACCOUNT_READER);
	if (line->poller != NULL)
		poller_close(line->poller);
	line->agent = NULL;
	line->poller = NULL;
}

/* Go offline for a moment, so that the account's reader can go online. */
static void
yield(struct request_line *line)
{
	agent_close(line->agent);
	line->agent = NULL;
	account_unlock(line->account, ACCOUNT_ONLINE);
	poller_wait(line->poller, YIELD);
}

/* Unless the account has a reader: then that one is to be online. */
static void
keep_messages(const struct context *context, struct request_line *line)
{
	long holder;

	if (account_lock(line->account, ACCOUNT_READER, &holder) == -1) {
		yield(line);
		return;
	}
	agent_want(line->agent);
	agent_keep_all(line->agent);
	if (agent_has_no_room(line->agent) && !line->complained) {
		(void)context_fail(context, STATUS_CANNOT_CREATE,
		    "%s; the relay keeps it", agent_why(line->agent));
		line->complained = true;
	}
}

static void
show_progress(struct request_line *line)
{
	uint64_t done, total;

	if (!line->progress)
		return;
	if (agent_progress(line->agent, &done, &total)) {
		fprintf(stderr, "\r%3u %% of %u.%u MB",
		    (unsigned)(done * 100 / total),
		    (unsigned)(total / 1000000),
		    (unsigned)(total / 100000 % 10));
		line->shown = true;
	} else if (line->shown) {
		fputs(agent_is_online(line->agent) ? "\r100 %\n" : "\n",
		    stderr);
		line->shown = false;
	}
}

/* Be the one who is online, if there is none. */
static void
try_line(struct context *context, struct request_line *line)
{
	long holder;

	if (line->agent != NULL || line->refused ||
	    account_lock(line->account, ACCOUNT_ONLINE, &holder) == -1)
		return;
	line->agent = agent_open(line->account, line->poller, context->why,
	    CONTEXT_WHY);
	line->refused = line->agent == NULL;
}

bool
request_turn_for(struct context *context, struct request_line *line,
    int wait, const void *owner)
{
	bool ready = false;
	struct poller_event event;
	uint64_t now = clock_ms(CLOCK_MONOTONIC);
	int timeout;

	try_line(context, line);
	if (line->keeps && line->agent != NULL)
		keep_messages(context, line);
	if (line->agent == NULL) {
		poller_wait(line->poller, ASK_AGAIN);
		return false;
	}
	timeout = line->refused ? wait : agent_timeout(line->agent, now);
	poller_wait(line->poller, timeout < wait ? timeout : wait);
	while (poller_next(line->poller, &event)) {
		if (event.owner == line->agent)
			agent_ready(line->agent, &event);
		else
			ready = ready || event.owner == owner;
	}
	now = clock_ms(CLOCK_MONOTONIC);
	if (!line->refused && agent_turn(line->agent, now) == -1) {
		line->refused = true;
		(void)say_why(context->why, CONTEXT_WHY, "%s",
		    agent_why(line->agent));
	}
	show_progress(line);
	return ready;
}

void
request_turn(struct context *context, struct request_line *line, int wait)
{
	(void)request_turn_for(context, line, wait, NULL);
}

void
request_plain_error(struct buf *error)
{
	static const char op[] = "AddAlias: ";	/* is no word for people */

	if (error->n > strlen(op) && memcmp(error->p, op, strlen(op)) == 0)
		buf_drop(error, strlen(op));
}

static void
read_result(struct context *context, struct request_result *result,
    struct span ack)
{
	struct reply r = { .header = ack };
	struct buf error = { NULL, 0, 0 };

	(void)wire_text(&r, "msgid", &result->msgid);
	(void)wire_text(&r, "posted", &result->posted);
	result->acked = true;
	if (wire_text(&r, "error", &error)) {
		result->refused = true;
		request_plain_error(&error);
		(void)say_why(context->why, CONTEXT_WHY, "refused: %.*s",
		    (int)error.n, error.p);
	}
	buf_free(&error);
}

static bool
peek(struct context *context, const struct account *account, const char *id,
    struct request_result *result, bool keeps)
{
	struct buf ack = { NULL, 0, 0 };

	*result = (struct request_result){ .acked = false };
	if (!(keeps ? outgoing_read_ack(account->out, id, &ack) :
	    outgoing_take_ack(account->out, id, &ack)))
		return false;
	read_result(context, result, buf_span(&ack));
	buf_free(&ack);
	return true;
}

bool
request_peek(struct context *context, const struct account *account,
    const char *id, struct request_result *result)
{
	return peek(context, account, id, result, false);
}

void
request_await(struct context *context, struct request_line *line,
    const char *id, int seconds, struct request_result *result)
{
	uint64_t now = clock_ms(CLOCK_MONOTONIC), wake_at = now, end;

	*result = (struct request_result){ .acked = false };
	end = seconds < 0 ? UINT64_MAX : now + (uint64_t)seconds * 1000;
	context->why[0] = '\0';
	while (!peek(context, line->account, id, result, line->keeps_acks)) {
		now = clock_ms(CLOCK_MONOTONIC);
		if (now >= end || line->refused)
			break;
		if (now >= wake_at) {
			account_wake(line->account);
			wake_at = now + WAKE_AGAIN;
		}
		request_turn(context, line, end - now < WAKE_AGAIN ?
		    (int)(end - now) : WAKE_AGAIN);
	}
	result->locked_out = line->refused;
	if (!result->acked && line->agent != NULL && !line->refused)
		(void)say_why(context->why, CONTEXT_WHY, "%s",
		    agent_why(line->agent));
}

void
request_free(struct request_result *result)
{
	buf_free(&result->msgid);
	buf_free(&result->posted);
}

int
request_status(const struct context *context,
    const struct request_result *result)
{
	if (result->refused)
		return context_fail(context, STATUS_DATA, "%s", context->why);
	if (result->acked)
		return STATUS_OK;
	if (result->locked_out)
		return context_fail(context, STATUS_NO_PERMISSION,
		    "%s; it is kept", context->why);
	return context_fail(context, STATUS_TEMPORARY, "%s%skept, and will be "
	    "sent by the next tmtp that is online", context->why,
	    context->why[0] == '\0' ? "" : "; ");
}

int
request_run(struct context *context, struct account *account, const char *id,
    struct buf *header, struct request_result *result)
{
	struct request_line line;
	int status;

	*result = (struct request_result){ .acked = false };
	status = request_keep(context, account, id, header, NULL, 0);
	if (status != STATUS_OK)
		return status;
	status = request_open(context, &line, account);
	if (status != STATUS_OK)
		return status;
	request_await(context, &line, id, REQUEST_PATIENCE, result);
	request_close(&line);
	return request_status(context, result);
}
