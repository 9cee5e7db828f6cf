#include "test/e2e/operator.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "test/lib/check.h"

void
operator_init(struct operator *o, const char *program)
{
	*o = (struct operator){ .said = { NULL, 0, 0 } };
	relay_init(&o->relay, program);
}

void
operator_free(struct operator *o)
{
	relay_free(&o->relay);
	buf_free(&o->said);
}

int
operator_shell(const struct relay_process *r, struct buf *said,
    const char *command)
{
	struct buf line = { NULL, 0, 0 };
	FILE *pipe;
	size_t n;
	int status;

	buf_addf(&line, "cd '%s' && { %s; } 2>&1", r->dir, command);
	pipe = popen(line.p, "r");
	said->n = 0;
	while ((n = fread(buf_room(said, 4096), 1, 4096, pipe)) > 0)
		said->n += n;
	buf_add_byte(said, '\0');
	status = pclose(pipe);
	buf_free(&line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
operator_run(struct operator *o, const char *command)
{
	struct buf line = { NULL, 0, 0 };
	int status;

	buf_addf(&line, "'%s' %s", o->relay.program, command);
	status = operator_shell(&o->relay, &o->said, line.p);
	buf_free(&line);
	return status;
}

void
operator_expect(struct operator *o, int status, const char *text,
    const char *command)
{
	int got = operator_run(o, command);

	CHECK(got == status, "mnm %s: status %d: %s", command, got,
	    o->said.p);
	CHECK(strstr(o->said.p, text) != NULL, "mnm %s: no \"%s\" in: %s",
	    command, text, o->said.p);
}

void
operator_expect_unsaid(const struct operator *o, const char *text)
{
	CHECK(strstr(o->said.p, text) == NULL, "says \"%s\": %s", text,
	    o->said.p);
}

void
operator_do(const struct operator *o, const char *command)
{
	struct buf said = { NULL, 0, 0 };
	int status = operator_shell(&o->relay, &said, command);

	CHECK(status == 0, "%s: %s", command, said.p);
	buf_free(&said);
}
