/*
 * report - post a line to a contact of a tmtp account, with the client library.
 *
 *	make install-lib
 *	cc report.c $(pkg-config --cflags --libs tmtp) -o report
 *	./report ACCOUNT WHO TEXT
 *
 * The post is on the disk before anything is sent, so nothing is lost if the
 * relay is away: the next client that is online sends it.
 */
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "client/account.h"
#include "client/agent.h"
#include "client/contacts.h"
#include "client/dialog.h"
#include "client/outgoing.h"
#include "client/post_form.h"
#include "net/poller.h"

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Write the post to the account's out/.  -1 and why. */
static int
keep(const struct account *account, const char *uid, const char *text,
    char id[OUTGOING_NAME], char why[256])
{
	struct post_form form = { .alias = span_of(account->alias_count > 0 ?
	    account->aliases[0] : ""), .thread = SPAN(""),
	    .subject = SPAN("") };
	struct buf head = { NULL, 0, 0 }, header = { NULL, 0, 0 };
	struct outgoing_part parts[2];
	int result;

	post_form_head(&head, &form);
	if (outgoing_id(id) == -1)
		return -1;
	buf_addf(&header, "{\"op\":%u,\"id\":\"%s\",\"for\":[{\"id\":\"%s\","
	    "\"type\":1}],\"datahead\":%zu,\"datalen\":%zu}",
	    dialog_op_number(account->numbering, DIALOG_POST), id, uid,
	    head.n, head.n + span_of(text).n);
	parts[0] = (struct outgoing_part){ buf_span(&head), -1, 0 };
	parts[1] = (struct outgoing_part){ span_of(text), -1, 0 };
	result = outgoing_write(account->out, id, buf_span(&header), parts, 2,
	    why, 256);
	buf_free(&head);
	buf_free(&header);
	return result;
}

/* Be online until the post has its ack, ten seconds at most. */
static int
send_it(struct account *account, const char *id, char why[256])
{
	struct poller *poller = poller_open();
	struct poller_event event;
	struct buf ack = { NULL, 0, 0 };
	struct agent *agent = agent_open(account, poller, why, 256);
	uint64_t end = now_ms() + 10000;
	int result = -1;

	while (agent != NULL && now_ms() < end) {
		poller_wait(poller, agent_timeout(agent, now_ms()));
		while (poller_next(poller, &event))
			agent_ready(event.owner, &event);
		if (agent_turn(agent, now_ms()) == -1)
			break;
		if (outgoing_take_ack(account->out, id, &ack)) {
			printf("%.*s\n", (int)ack.n, ack.p);
			result = 0;
			break;
		}
	}
	agent_close(agent);
	poller_close(poller);
	buf_free(&ack);
	return result;
}

int
main(int argc, char **argv)
{
	struct account account;
	struct contacts book;
	const struct contact_person *who;
	char id[OUTGOING_NAME], why[256] = "";
	long holder;
	int result = -1;

	if (argc != 4 || account_open(&account, argv[1], why, 256) == -1 ||
	    contacts_read(&book, &account, why, 256) == -1) {
		fprintf(stderr, "report ACCOUNT WHO TEXT: %s\n", why);
		return 64;
	}
	who = contacts_find(&book, span_of(argv[2]));
	if (who != NULL && who->uid[0] != '\0')
		result = keep(&account, who->uid, argv[3], id, why);
	if (result == 0 && account_lock(&account, ACCOUNT_ONLINE,
	    &holder) == 0)
		(void)send_it(&account, id, why);
	else
		account_wake(&account);	/* another process is online */
	contacts_free(&book);
	account_close(&account);
	return result == 0 ? 0 : 67;
}
