/*
 * Feed the control socket what no operator would send.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_control -max_total_time=60 \
 *	    -dict=test/fuzz/fuzz_control.dict
 *
 * If the first byte is 'r', the rest is a request as it is; else the lines of
 * the rest are the words of a command.  Whatever comes, there is an answer that
 * begins with a status, or the connection ends, and the relay goes on.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/control.h"
#include "base/fd.h"
#include "base/log.h"
#include "json.h"
#include "net/poller.h"
#include "test/lib/harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define INPUTS_MAX 500	/* before the relay is made anew */

static struct harness stage;
static struct poller *poller;
static struct control *control;
static unsigned inputs;

static void
begin(void)
{
	static struct actor *alice;
	char path[128];

	log_level(LOG_QUIET);
	harness_open(&stage);
	harness_start(&stage);
	alice = harness_actor(&stage, "alice");
	harness_connect(&stage, alice);
	harness_say(&stage, alice, "{\"op\":0,\"id\":\"1\"}");
	harness_say(&stage, alice, "{\"op\":1,\"newnode\":\"x\","
	    "\"newalias\":\"alice\"}");
	harness_turn(&stage);
	poller = poller_open();
	(void)snprintf(path, sizeof(path), "%s/%u", stage.path, stage.crashes);
	control = control_open(path, &stage.data);
	if (poller == NULL || control == NULL ||
	    control_watch(control, poller) == -1)
		die("control: %s", strerror(errno));
}

static void
end(void)
{
	control_close(control);
	poller_close(poller);
	harness_close(&stage);
	inputs = 0;
}

static int
dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path),
	    "%s/%u/control", stage.path, stage.crashes);
	if (fd == -1 || connect(fd, (struct sockaddr *)&address,
	    sizeof(address)) == -1)
		die("connect: %s", strerror(errno));
	return fd;
}

/* A turn of the relay's loop. */
static void
turn(void)
{
	struct pace pace = { .longest = 0 };
	bool reload = false;
	struct call call = {
		.conf = &stage.conf, .data = &stage.data,
		.relay = stage.relay, .now = stage.now,
		.started = stage.now.wall, .pace = &pace, .reload = &reload
	};
	struct poller_event event;

	poller_wait(poller, 0);
	while (poller_next(poller, &event))
		control_serve(control, &event, &call);
	harness_turn(&stage);
	control_release(control);
}

/* The lines as words. */
static void
add_words(struct buf *request, struct span lines)
{
	struct span word;
	const char *end_of;

	json_put_open(request, '[');
	while (lines.n > 0) {
		end_of = memchr(lines.p, '\n', lines.n);
		word = lines;
		if (end_of != NULL)
			word.n = (size_t)(end_of - lines.p);
		json_put_string(request, NULL, word);
		lines.n -= word.n + (end_of != NULL);
		lines.p += word.n + (end_of != NULL);
	}
	json_put_close(request, ']');
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct buf request = { NULL, 0, 0 };
	struct span rest = { (const char *)bytes + 1, n - 1 };
	char answer[65536];
	ssize_t got;
	int fd, i;

	if (n == 0 || n > 4000)
		return 0;
	if (inputs == 0)
		begin();
	if (bytes[0] == 'r')
		buf_add(&request, rest);
	else
		add_words(&request, rest);
	buf_add_byte(&request, '\n');
	fd = dial();
	for (i = 0; i < 2; i++)
		turn();
	(void)fd_send(fd, buf_span(&request));
	(void)shutdown(fd, SHUT_WR);
	for (i = 0; i < 4; i++)
		turn();
	got = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
	assert(got <= 0 || (answer[0] >= '0' && answer[0] <= '9'));
	(void)close(fd);
	turn();
	buf_free(&request);
	if (++inputs == INPUTS_MAX)
		end();
	return 0;
}
