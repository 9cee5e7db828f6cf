/*
 * embed DIRECTORY - a relay inside this program, with a conversation that needs
 * no socket: a member registers, posts to itself and gets an acknowledgement.
 *
 *	cc embed.c $(pkg-config --cflags --libs mnm) && ./a.out /tmp/example
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mnm.h"

static void
log_line(void *context, const char *line)
{
	fprintf((FILE *)context, "relay: %s\n", line);
}

/* TMTP: four digits for the length of the header, the header, the data. */
static void
say(struct mnm_connection *c, const char *header, const char *data)
{
	char frame[1000];
	int n = snprintf(frame, sizeof(frame), "%04zx%s%s", strlen(header),
	    header, data);

	if (mnm_write(c, frame, (size_t)n) != n)	/* 64 KiB always fit */
		exit(1);
}

/* Turn the relay's loop until it has said something with this word. */
static void
await(struct mnm *relay, struct mnm_connection *c, const char *word)
{
	char said[10000] = "";
	struct pollfd both[2];
	size_t length = 0;
	long n;

	both[0].fd = mnm_fd(relay);
	both[1].fd = mnm_connection_fd(c);
	both[0].events = both[1].events = POLLIN;
	while (strstr(said, word) == NULL) {
		if (poll(both, 2, mnm_timeout(relay)) == -1 ||
		    mnm_turn(relay, 0) == -1)
			exit(1);
		n = mnm_read(c, said + length, sizeof(said) - 1 - length);
		if (n == 0)
			exit(1);	/* the relay has ended it */
		if (n > 0)
			length += (size_t)n;
	}
	printf("%s\n", said);
}

int
main(int argc, char **argv)
{
	struct mnm_options options = { 0, 0, 0, 1, log_line, stderr };
	struct mnm_connection *c;
	struct mnm *relay;
	char why[MNM_WHY];

	options.data = argc > 1 ? argv[1] : "example-data";
	relay = mnm_open(&options, why, sizeof(why));
	if (relay == NULL || mnm_start(relay, why, sizeof(why)) == -1) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	c = mnm_connect(relay);
	say(c, "{\"op\":0,\"id\":\"1\"}", "");
	say(c, "{\"op\":1,\"newnode\":\"x\",\"newalias\":\"Alice\"}", "");
	await(relay, c, "login ok");
	say(c, "{\"op\":7,\"id\":\"p1\",\"for\":[],\"datalen\":5}", "Hello");
	await(relay, c, "\"ack\"");
	mnm_disconnect(c);
	return mnm_close(relay) == 0 ? 0 : 1;
}
