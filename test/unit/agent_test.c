/*
 * When an agent tries again to reach its relay: its clock is ours.
 */
#include "client/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/account.h"
#include "net/poller.h"
#include "test/lib/check.h"

#define PAUSE_FIRST 500		/* ms, as in client/agent.c */
#define PAUSE_MAX 300000
#define CALM 60000

struct scene {
	struct account account;
	struct poller *poller;
	struct agent *agent;
	int listener;		/* -1: there is no relay */
	uint64_t now;
};

static char home[] = "/tmp/agent_test.XXXXXX", why[512];

/* A relay's socket at its address. */
static int
serve(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	(void)unlink(path);
	CHECK(fd != -1 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    listen(fd, 8) == 0, "%s", path);
	return fd;
}

static void
begin(struct scene *s, const char *name, bool there)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s.relay", home, name);
	*s = (struct scene){ .listener = there ? serve(path) : -1,
	    .now = 1000000 };
	CHECK(account_make(&s->account, name, why, sizeof(why)) == 0, "%s",
	    why);
	account_set(&s->account.address, span_of(path));
	account_set(&s->account.uid, SPAN("A2345678123456781234567812345678"));
	account_set(&s->account.nodeid,
	    SPAN("1234567812345678123456781234567812345678"));
	s->poller = poller_open();
	s->agent = agent_open(&s->account, s->poller, why, sizeof(why));
	CHECK(s->agent != NULL, "%s", why);
}

static void
end(struct scene *s)
{
	agent_close(s->agent);
	poller_close(s->poller);
	account_close(&s->account);
	if (s->listener != -1)
		(void)close(s->listener);
}

/* One round, in which our clock stands still.  -1: the agent gives up. */
static int
try_turn(struct scene *s)
{
	struct poller_event event;

	poller_wait(s->poller, 10);
	while (poller_next(s->poller, &event))
		agent_ready(s->agent, &event);
	return agent_turn(s->agent, s->now);
}

static void
turn(struct scene *s)
{
	CHECK(try_turn(s) == 0, "%s", agent_why(s->agent));
}

/* How long the agent waits now; then it is time. */
static uint64_t
pass_pause(struct scene *s)
{
	uint64_t pause = 0;
	int wait;

	while ((wait = agent_timeout(s->agent, s->now)) > 0) {
		pause += (uint64_t)wait;
		s->now += (uint64_t)wait;
	}
	return pause;
}

/* The pause is between half and one and a half of that. */
static bool
is_about(uint64_t pause, uint64_t usual)
{
	return pause >= usual / 2 && pause < usual / 2 + usual;
}

/* Pauses grow up to five minutes, and are not the same for two. */
static void
test_growth(void)
{
	struct scene a, b;
	uint64_t usual = PAUSE_FIRST, one, other;
	unsigned i, differ = 0;

	begin(&a, "away", false);
	begin(&b, "gone", false);
	for (i = 0; i < 14; i++) {
		turn(&a);
		turn(&b);
		CHECK(agent_why(a.agent)[0] != '\0', "it says why");
		one = pass_pause(&a);
		other = pass_pause(&b);
		CHECK(is_about(one, usual) && is_about(other, usual),
		    "%u: %llu and %llu ms, about %llu", i,
		    (unsigned long long)one, (unsigned long long)other,
		    (unsigned long long)usual);
		differ += one != other;
		usual = usual * 2 < PAUSE_MAX ? usual * 2 : PAUSE_MAX;
	}
	CHECK(differ > 7, "%u differ", differ);
	end(&a);
	end(&b);
}

/* Log in, stay for so long, and lose the connection; returns the pause. */
static uint64_t
visit(struct scene *s, uint64_t stay)
{
	static const char welcome[] =
	    "0024{\"id\":\"1\",\"name\":\"x\",\"op\":\"tmtprev\"}"
	    "001f{\"info\":\"login ok\",\"op\":\"info\"}";
	unsigned i;
	int fd;

	turn(s);
	fd = accept(s->listener, NULL, NULL);
	CHECK(fd != -1 && write(fd, welcome, sizeof(welcome) - 1) ==
	    (ssize_t)sizeof(welcome) - 1, "the relay answers");
	for (i = 0; i < 1000 && !agent_is_online(s->agent); i++)
		turn(s);
	CHECK(agent_is_online(s->agent), "%s", agent_why(s->agent));
	s->now += stay;
	(void)close(fd);
	for (i = 0; i < 1000 && agent_is_online(s->agent); i++)
		turn(s);
	CHECK(!agent_is_online(s->agent), "the connection is lost");
	return pass_pause(s);
}

/*
 * A relay that ends each session at once is not called twice a second; but a
 * long session begins pauses anew.
 */
static void
test_flapping(void)
{
	struct scene s;
	uint64_t usual = PAUSE_FIRST, pause;
	unsigned i;

	begin(&s, "flap", true);
	for (i = 0; i < 6; i++) {
		pause = visit(&s, 1000);
		CHECK(is_about(pause, usual), "%u: %llu ms, about %llu", i,
		    (unsigned long long)pause, (unsigned long long)usual);
		usual *= 2;
	}
	pause = visit(&s, CALM);
	CHECK(is_about(pause, PAUSE_FIRST), "after a long session: %llu ms",
	    (unsigned long long)pause);
	pause = visit(&s, 1000);
	CHECK(is_about(pause, 2 * PAUSE_FIRST), "and then: %llu ms",
	    (unsigned long long)pause);
	end(&s);
}

/* What ends the next connection before its login; -1: the agent gives up. */
static int
refuse(struct scene *s, const char *reason)
{
	char answer[200], quit[100];
	int fd, i, result = 0;

	turn(s);
	fd = accept(s->listener, NULL, NULL);
	(void)snprintf(quit, sizeof(quit), "{\"error\":\"%s\",\"op\":\"quit\"}",
	    reason);
	(void)snprintf(answer, sizeof(answer),
	    "0024{\"id\":\"1\",\"name\":\"x\",\"op\":\"tmtprev\"}%04zx%s",
	    strlen(quit), quit);
	CHECK(fd != -1 && write(fd, answer, strlen(answer)) ==
	    (ssize_t)strlen(answer), "the relay answers");
	for (i = 0; i < 1000 && result == 0 &&
	    strcmp(agent_why(s->agent), reason) != 0; i++)
		result = try_turn(s);
	(void)close(fd);
	return result;
}

/* Only a relay that refuses the login is not asked again. */
static void
test_quits(void)
{
	static const char *const passing[] = { "server is stopping",
	    "no login within 10 seconds" };
	struct scene s;
	bool goes_on = true;
	size_t i;

	begin(&s, "quits", true);
	for (i = 0; i < COUNT(passing) && goes_on; i++) {
		goes_on = refuse(&s, passing[i]) == 0;
		CHECK(goes_on, "%s", passing[i]);
		CHECK(!goes_on || pass_pause(&s) > 0, "a pause");
	}
	if (goes_on) {
		(void)visit(&s, 1000);
		CHECK(refuse(&s, "login failed: disabled") == -1, "refused");
	}
	end(&s);
}

int
main(void)
{
	char command[64];

	if (mkdtemp(home) == NULL || setenv("XDG_CONFIG_HOME", home, 1) == -1)
		return 1;
	test_growth();
	test_flapping();
	test_quits();
	(void)snprintf(command, sizeof(command), "rm -rf %s", home);
	CHECK(system(command) == 0, "%s", command);
	return check_report("agent");
}
