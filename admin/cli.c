#include "admin/cli.h"

#include <errno.h>
#include <stdarg.h>
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

static uint64_t
wall_ms(void)
{
	return clock_us(CLOCK_REALTIME) / 1000;
}

/* Print why a command failed; returns its exit status. */
__attribute__((format(printf, 1, 2)))
static int
fail(const char *format, ...)
{
	char text[2 * WHY_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_clean(text, strlen(text));
	fprintf(stderr, "mnm: %s\n", text);
	return ADMIN_FAILED;
}

/* Print a text and free it. */
static void
print(FILE *to, struct buf *text)
{
	if (text->n > 0)
		fwrite(text->p, 1, text->n, to);
	buf_free(text);
}

static int
read_conf(struct conf *conf, const char *path, char *why, size_t room)
{
	if (path != NULL)
		return conf_read(conf, path, why, room);
	conf_default(conf);
	return 0;
}

/* ---- commands that the program runs itself ---- */

static int
run_init(const struct call *c, const char *config)
{
	const char *dir = c->args[0] != NULL ? c->args[0] : ".";
	struct buf next = { NULL, 0, 0 };
	char why[WHY_ROOM];

	(void)config;	/* it makes one */
	if (setup_init(dir, wall_ms() / 1000, &next, why, sizeof(why)) == -1)
		return fail("%s", why);
	print(stdout, &next);
	return ADMIN_DONE;
}

static int
run_check(const struct call *c, const char *config)
{
	struct buf findings = { NULL, 0, 0 };
	enum setup_finding worst, port;
	struct conf conf;
	char why[WHY_ROOM];

	(void)c;	/* it has no arguments */
	if (read_conf(&conf, config, why, sizeof(why)) == -1) {
		printf("error: %s\n", why);
		return SETUP_ERROR;
	}
	worst = setup_check(&conf, config, wall_ms() / 1000, &findings);
	port = setup_check_port(&conf, config, &findings);
	print(stdout, &findings);
	conf_free(&conf);
	return (int)(port > worst ? port : worst);
}

static int
run_fingerprint(const struct call *c, const char *config)
{
	char address[IDENTITY_ADDRESS], why[WHY_ROOM];
	struct identity id;
	struct conf conf;
	int result;

	(void)c;	/* it has no arguments */
	if (read_conf(&conf, config, why, sizeof(why)) == -1)
		return fail("%s", why);
	result = identity_read(&id, &conf, wall_ms() / 1000, why, sizeof(why));
	if (result == 0) {
		identity_address(address, &conf);
		printf("%s\n%s\n", address, id.cert.fingerprint);
		identity_free(&id);
	}
	conf_free(&conf);
	return result == 0 ? ADMIN_DONE : fail("%s", why[0] != '\0' ? why :
	    "there is no certificate yet: mnm creates one at its first start");
}

static void
print_copied(const char *dir, const struct backup_sum *sum, uint64_t ms)
{
	printf("%s: files: %lu, bytes of journal: %llu, in %llu.%llu s", dir,
	    sum->files, (unsigned long long)sum->journal,
	    (unsigned long long)ms / 1000,
	    (unsigned long long)ms / 100 % 10);
	if (sum->copied > 0)
		printf("; bytes of files that could not be linked: %llu",
		    (unsigned long long)sum->copied);
	puts("");
}

static int
run_backup(const struct call *c, const char *config)
{
	uint64_t begun = wall_ms();
	struct backup_sum sum;
	struct conf conf;
	char why[WHY_ROOM];
	int result;

	if (read_conf(&conf, config, why, sizeof(why)) == -1)
		return fail("%s", why);
	result = backup_make(conf.data, c->args[0], &sum, why, sizeof(why));
	conf_free(&conf);
	if (result == -1)
		return fail("no backup: %s", why);
	print_copied(c->args[0], &sum, wall_ms() - begun);
	return ADMIN_DONE;
}

/* What is created there must belong to the owner of the data. */
static int
become_owner(const char *data, char *why, size_t room)
{
	if (access(data, F_OK) == 0)
		return process_become_owner(data, why, room);
	(void)snprintf(why, room, "%s: %s%s", data, strerror(errno),
	    errno == ENOENT ? ": no relay was set up here; create one with "
	    "mnm init, or name another's configuration with -c" : "");
	return -1;
}

static int
run_fsck(const struct call *c, const char *config)
{
	enum fsck_kind kind = c->options & OPTION_REPAIR ? FSCK_REPAIR :
	    FSCK_LOOK;
	const char *data = c->args[0];
	struct conf conf;
	char why[WHY_ROOM];
	int result = -1;

	log_level(LOG_ANSWER);
	/* This configuration says nothing about another directory. */
	if (read_conf(&conf, data == NULL ? config : NULL, why,
	    sizeof(why)) == 0) {
		if (data == NULL)
			data = conf.data;
		if (become_owner(data, why, sizeof(why)) == 0)
			result = fsck_run(data, kind, conf.journal_size, why,
			    sizeof(why));
		conf_free(&conf);
	}
	if (result == -1)
		(void)fail("%s", why);
	if (result == 0)
		return ADMIN_DONE;
	return result == 1 && kind == FSCK_REPAIR ? FSCK_REPAIRED :
	    FSCK_DAMAGED;
}

/* ---- commands for a relay ---- */

/* No relay is running: do here what it would do.  Returns -1 and why. */
static int
run_alone(const struct conf *conf, char *const *words, size_t n,
    struct buf *answer, char *why)
{
	struct datadir data;
	struct call call = {
		.conf = conf,
		.data = &data,
		.now = { 0, wall_ms() }
	};
	int status;

	if (become_owner(conf->data, why, WHY_ROOM) == -1 ||
	    datadir_open(&data, conf->data, conf->journal_size, why,
	    WHY_ROOM) == -1)
		return -1;
	while (datadir_state(&data) == DATADIR_WAIT &&
	    datadir_step(&data, call.now) == 1)
		continue;
	call.relay = tmtp_open(&data, conf, call.now);
	status = admin_run(&call, words, n, answer);
	tmtp_close(call.relay);
	if (datadir_close(&data) == 0)
		return status;
	(void)snprintf(why, WHY_ROOM, "%s: %s", conf->data, strerror(errno));
	return -1;
}

static int
run_for_relay(const char *config, char *const *words, size_t n)
{
	struct buf answer = { NULL, 0, 0 };
	struct conf conf;
	char why[WHY_ROOM];
	int status;

	if (read_conf(&conf, config, why, sizeof(why)) == -1)
		return fail("%s", why);
	status = control_ask(conf.data, words, n, &answer);
	if (status == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		status = run_alone(&conf, words, n, &answer, why);
	else if (status == -1)
		(void)snprintf(why, sizeof(why), "%s/control: %s", conf.data,
		    strerror(errno));
	conf_free(&conf);
	if (status == -1) {
		buf_free(&answer);
		return fail("%s", why);
	}
	print(status == ADMIN_DONE ? stdout : stderr, &answer);
	return status;
}

int
cli_run(const char *config, char *const *words, size_t n)
{
	static int (*const tools[])(const struct call *, const char *) = {
		[TOOL_INIT] = run_init,
		[TOOL_CHECK] = run_check,
		[TOOL_FINGERPRINT] = run_fingerprint,
		[TOOL_BACKUP] = run_backup,
		[TOOL_FSCK] = run_fsck
	};
	struct buf fault = { NULL, 0, 0 };
	struct call call = { .tool = TOOL_NONE };

	if (!admin_parse(&call, words, n, &fault)) {
		print(stderr, &fault);
		return ADMIN_USAGE;
	}
	if (call.tool != TOOL_NONE)
		return tools[call.tool](&call, config);
	return run_for_relay(config, words, n);
}
