#include "admin/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/backup.h"
#include "admin/commands.h"
#include "admin/control.h"
#include "admin/fsck.h"
#include "admin/process.h"
#include "admin/setup.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf.h"
#include "datadir.h"
#include "net/identity.h"
#include "tmtp.h"

#define WHY_ROOM 512	/* one sentence */

/* Exit statuses of fsck. */
#define FSCK_REPAIRED 1
#define FSCK_DAMAGED  2

/* A command, and what it is run with. */
struct cli {
	char *const *words;
	size_t n;
	const char *config;	/* the configuration's path, or NULL */
	struct conf conf;
	struct call call;
	char why[2 * WHY_ROOM];
};

/* Print a text and free it. */
static void
print(FILE *to, struct buf *text)
{
	if (text->n > 0)
		fwrite(text->p, 1, text->n, to);
	buf_free(text);
}

/*
 * ---- commands that the program runs itself ----
 *
 * They return an exit status, or -1 and why.
 */

static int
run_init(struct cli *c)
{
	const char *dir = c->call.args[0] != NULL ? c->call.args[0] : ".";
	struct buf next = { NULL, 0, 0 };

	if (setup_init(dir, clock_ms(CLOCK_REALTIME) / 1000, &next, c->why,
	    WHY_ROOM) == -1)
		return -1;
	print(stdout, &next);
	return ADMIN_DONE;
}

static int
run_check(struct cli *c)
{
	struct buf findings = { NULL, 0, 0 };
	enum setup_finding worst = setup_check(&c->conf, c->config,
	    clock_ms(CLOCK_REALTIME) / 1000, SETUP_BY_OPERATOR, &findings);

	print(stdout, &findings);
	return (int)worst;
}

static int
run_fingerprint(struct cli *c)
{
	char address[IDENTITY_ADDRESS];
	struct identity id;

	if (identity_read(&id, &c->conf, IDENTITY_FAIL,
	    clock_ms(CLOCK_REALTIME) / 1000, c->why, WHY_ROOM) == -1)
		return c->why[0] != '\0' ? -1 : say_why(c->why, WHY_ROOM,
		    "there is no certificate yet: mnm creates one at its first "
		    "start");
	identity_address(address, &c->conf);
	printf("%s\n%s\n", address, id.cert.fingerprint);
	identity_free(&id);
	return ADMIN_DONE;
}

static int
run_backup(struct cli *c)
{
	uint64_t begun = clock_ms(CLOCK_REALTIME), ms;
	struct backup_sum sum;
	char why[WHY_ROOM];

	if (backup_make(c->conf.data, c->call.args[0], &sum, why,
	    sizeof(why)) == -1)
		return say_why(c->why, sizeof(c->why), "no backup: %s", why);
	ms = clock_ms(CLOCK_REALTIME) - begun;
	printf("%s: files: %lu, bytes of journal: %llu, in %llu.%llu s",
	    c->call.args[0], sum.files, (unsigned long long)sum.journal,
	    (unsigned long long)ms / 1000, (unsigned long long)ms / 100 % 10);
	if (sum.copied > 0)
		printf("; bytes of files that could not be linked: %llu",
		    (unsigned long long)sum.copied);
	puts("");
	return ADMIN_DONE;
}

/* What is created there must belong to the owner of the data. */
static int
become_owner(const char *data, char *why, size_t room)
{
	if (access(data, F_OK) == 0)
		return process_become_owner(data, why, room);
	return say_why(why, room, "%s: %s%s", data, strerror(errno),
	    errno == ENOENT ? ": no relay was set up here; create one with "
	    "mnm init, or name another's configuration with -c" : "");
}

static int
run_fsck(struct cli *c)
{
	enum fsck_kind kind = c->call.options & OPTION_REPAIR ? FSCK_REPAIR :
	    FSCK_LOOK;
	const char *data = c->call.args[0];
	int result;

	log_level(LOG_ANSWER);
	if (data == NULL)
		data = c->conf.data;
	if (become_owner(data, c->why, WHY_ROOM) == -1)
		return -1;
	result = fsck_run(data, kind, c->conf.journal_size, c->why, WHY_ROOM);
	if (result != 1)
		return result;
	return kind == FSCK_REPAIR ? FSCK_REPAIRED : FSCK_DAMAGED;
}

/* ---- commands for a relay ---- */

/* No relay is running: do here what it would do.  Returns -1 and why. */
static int
run_alone(struct cli *c, struct buf *answer)
{
	const char *path = c->conf.data;
	struct datadir data;
	int status;

	c->call.conf = &c->conf;
	c->call.data = &data;
	c->call.now.wall = clock_ms(CLOCK_REALTIME);
	if (become_owner(path, c->why, WHY_ROOM) == -1 ||
	    datadir_open(&data, path, c->conf.journal_size, c->why,
	    WHY_ROOM) == -1)
		return -1;
	while (datadir_state(&data) == DATADIR_WAIT &&
	    datadir_step(&data, c->call.now) == 1)
		continue;
	c->call.relay = tmtp_open(&data, &c->conf, c->call.now);
	status = admin_run(&c->call, c->words, c->n, answer);
	tmtp_close(c->call.relay);
	if (datadir_close(&data) == 0)
		return status;
	return say_why(c->why, WHY_ROOM, "%s: %s", path, strerror(errno));
}

static int
run_for_relay(struct cli *c)
{
	struct buf answer = { NULL, 0, 0 };
	int status = control_ask(c->conf.data, c->words, c->n, &answer);

	if (status == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		status = run_alone(c, &answer);
	else if (status == -1)
		(void)say_why(c->why, WHY_ROOM, "%s/control: %s",
		    c->conf.data, strerror(errno));
	if (status == -1)
		answer.n = 0;
	print(status == ADMIN_DONE ? stdout : stderr, &answer);
	return status;
}

/* ---- both ---- */

/* Read the configuration, run the command, and report what went wrong. */
static int
run(struct cli *c, int (*command)(struct cli *))
{
	int status;

	/* This configuration says nothing about another directory. */
	if (conf_read(&c->conf, command == run_init ||
	    (command == run_fsck && c->call.args[0] != NULL) ? NULL :
	    c->config, c->why, WHY_ROOM) == 0) {
		status = command(c);
		conf_free(&c->conf);
		if (status != -1)
			return status;
	} else if (command == run_check) {
		printf("error: %s\n", c->why);
		return SETUP_ERROR;
	}
	log_clean(c->why, strlen(c->why));
	fprintf(stderr, "mnm: %s\n", c->why);
	return command == run_fsck ? FSCK_DAMAGED : ADMIN_FAILED;
}

int
cli_run(const char *config, char *const *words, size_t n)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *);
	} tools[] = {
		{ "init", run_init }, { "check", run_check },
		{ "fingerprint", run_fingerprint },
		{ "backup", run_backup }, { "fsck", run_fsck }
	};
	struct cli c = { .words = words, .n = n, .config = config };
	struct buf fault = { NULL, 0, 0 };
	size_t i;

	if (!admin_parse(&c.call, words, n, &fault)) {
		print(stderr, &fault);
		return ADMIN_USAGE;
	}
	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (strcmp(tools[i].name, words[0]) == 0)
			return run(&c, tools[i].run);
	}
	return run(&c, run_for_relay);
}
