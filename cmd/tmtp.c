/*
 * tmtp - a client of TMTP relays for the command line.
 *
 * Here are the options that all commands have, and the table of commands.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/typo.h"
#include "client/account.h"
#include "cmd/bridge.h"
#include "cmd/context.h"
#include "cmd/device.h"
#include "cmd/group.h"
#include "cmd/join.h"
#include "cmd/mailout.h"
#include "cmd/people.h"
#include "cmd/post.h"
#include "cmd/queue.h"
#include "cmd/read.h"
#include "cmd/sendmail.h"
#include "cmd/talk.h"

#define VERSION "0.1"

static const struct command_row {
	const char *name;
	int (*run)(struct context *, char **argv);
	const char *does;
} commands[] = {
	{ "join",     join_run,            "become a member of a relay" },
	{ "post",     post_run,            "send a message" },
	{ "read",     read_run,            "get messages" },
	{ "talk",     talk_run,            "a conversation, line by line" },
	{ "contacts", people_run_contacts, "people you know" },
	{ "group",    group_run,           "groups: list, invite, join" },
	{ "alias",    group_run_alias,     "names by which others find you" },
	{ "device",   device_run,          "add another device, or drop one" },
	{ "queue",    queue_run,           "messages that wait to be sent" },
	{ "mail",     mailout_run,         "mail the posts to this account" },
	{ "bridge",   bridge_run,          "pass messages between two relays" },
	{ "sendmail", sendmail_run,        "post mail, called as sendmail is" },
	{ "relay",    join_run_relay,      "trust its new certificate" },
	{ "whoami",   people_run_whoami,   "this account" }
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
version(void)
{
	puts("tmtp " VERSION);
	return STATUS_OK;
}

static void
help(void)
{
	size_t i;

	printf("usage: tmtp [-a ACCOUNT] [--json] COMMAND ...\n\n");
	for (i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].does);
	printf("\ntmtp COMMAND --help shows a command's arguments; tmtp(1) "
	    "explains them.\n");
}

static const char *
command_name(const void *list, size_t i)
{
	(void)list;
	return i < COMMANDS ? commands[i].name : NULL;
}

/* Remove an option that all commands have; false: it is not there. */
static bool
take_option(char **words, const char *option)
{
	for (; *words != NULL && strcmp(*words, "--") != 0; words++) {
		if (strcmp(*words, option) != 0)
			continue;
		for (; *words != NULL; words++)
			words[0] = words[1];
		return true;
	}
	return false;
}

static int
run(struct context *context, char **argv)
{
	static char *help[] = { "--help", NULL };
	const char *meant;
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		if (take_option(argv + 1, "--version"))
			return version();
		context->json = take_option(argv + 1, "--json") ||
		    context->json;
		if (!take_option(argv + 1, "--help"))
			return commands[i].run(context, argv + 1);
		context->help = commands[i].does;
		return commands[i].run(context, help);
	}
	meant = typo_meant(argv[0], command_name, NULL);
	return context_fail(context, STATUS_USAGE,
	    "unknown command: %s%s%s%s; tmtp --help lists all", argv[0],
	    meant == NULL ? "" : "; did you mean ", meant == NULL ? "" : meant,
	    meant == NULL ? "" : "?");
}

int
main(int argc, char **argv)
{
	static const struct context_option options[] = {
		{ "account", 'a', true }, { "json", 'j', false },
		{ "help", 'h', false }, { "version", 'V', false },
		{ NULL, 0, false }
	};
	struct context_words words = { .at = argv + 1 };
	struct context context = { .account = getenv("TMTP_ACCOUNT") };
	int option;

	if (context.account == NULL || context.account[0] == '\0')
		context.account = "default";
	(void)argc;
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);	/* whatever our parent ignores */
	while ((option = context_option(&words, options)) > 0) {
		if (option == 'a') {
			context.account = words.value;
		} else if (option == 'j') {
			context.json = true;
		} else if (option == 'V') {
			return version();
		} else {
			help();
			return STATUS_OK;
		}
	}
	if (!account_is_name(context.account))
		return context_fail(&context, STATUS_USAGE,
		    "invalid name of an account: \"%s\"", context.account);
	if (option == -1 || *words.at == NULL)
		return context_usage(&context, "[-a ACCOUNT] [--json] "
		    "COMMAND ...; tmtp --help lists the commands");
	if (strcmp(words.at[0], "help") == 0) {
		if (words.at[1] == NULL) {
			help();
			return STATUS_OK;
		}
		return run(&context, (char *[]){ words.at[1], "--help", NULL });
	}
	return run(&context, words.at);
}
