#include "cmd/context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/typo.h"
#include "client/account.h"

int
context_fail(const struct context *context, enum exit_status status,
    const char *format, ...)
{
	char line[2 * CONTEXT_WHY];
	va_list args;

	(void)context;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	log_clean(line, strlen(line));
	fprintf(stderr, "tmtp: %s\n", line);
	return (int)status;
}

int
context_account(struct context *context, struct account *account)
{
	if (account_open(account, context->account, context->why,
	    CONTEXT_WHY) == 0)
		return STATUS_OK;
	return context_fail(context, STATUS_CONFIG, "%s", context->why);
}

static const struct context_option *
find_long(const struct context_option *o, const char *word, const char **value)
{
	size_t n = strcspn(word, "=");

	for (; o->name != NULL; o++) {
		if (strlen(o->name) != n || memcmp(o->name, word, n) != 0)
			continue;
		*value = word[n] == '=' ? word + n + 1 : NULL;
		return *value == NULL || o->has_value ? o : NULL;
	}
	return NULL;
}

static const struct context_option *
find_short(const struct context_option *o, const char *word,
    const char **value)
{
	for (; o->name != NULL; o++) {
		if (o->letter != word[0])
			continue;
		*value = word[1] != '\0' ? word + 1 : NULL;
		return *value == NULL || o->has_value ? o : NULL;
	}
	return NULL;
}

static const char *
option_name(const void *list, size_t i)
{
	static const char *const all[] = { "help", "json", "version", NULL };
	const struct context_option *o = list;

	for (; o->name != NULL; o++, i--)
		if (i == 0)
			return o->name;
	return i < 3 ? all[i] : NULL;
}

/* Say that there is no such option, unless it only asks for help. */
static int
reject_option(const struct context_option *all, const char *word)
{
	const char *meant = word[1] != '-' ? NULL :
	    typo_meant(word + 2, option_name, all);

	if (strcmp(word, "--help") != 0)
		(void)context_fail(NULL, STATUS_USAGE,
		    "unknown option: %s%s%s%s", word, meant == NULL ? "" :
		    "; did you mean --", meant == NULL ? "" : meant,
		    meant == NULL ? "" : "?");
	return -1;
}

int
context_option(struct context_words *words, const struct context_option *all)
{
	const struct context_option *found;
	const char *word = *words->at;

	if (word == NULL || word[0] != '-' || word[1] == '\0' || words->ended)
		return 0;
	words->at++;
	words->ended = strcmp(word, "--") == 0;
	if (words->ended)
		return 0;
	found = word[1] == '-' ? find_long(all, word + 2, &words->value) :
	    find_short(all, word + 1, &words->value);
	if (found == NULL)
		return reject_option(all, word);
	if (found->has_value && words->value == NULL) {
		if (*words->at == NULL) {
			(void)context_fail(NULL, STATUS_USAGE,
			    "%s needs a value", word);
			return -1;
		}
		words->value = *words->at++;
	}
	return found->letter;
}

int
context_usage(const struct context *context, const char *usage)
{
	if (context->help == NULL) {
		fprintf(stderr, "usage: tmtp %s\n", usage);
		return STATUS_USAGE;
	}
	printf("usage: tmtp %s\n\n%s; tmtp(1) explains it.\n", usage,
	    context->help);
	return STATUS_OK;
}

int
context_number(const struct context_words *words, long min, long max,
    long *number)
{
	char *end;

	errno = 0;
	*number = strtol(words->value, &end, 10);
	if (errno == 0 && end != words->value && *end == '\0' &&
	    *number >= min && *number <= max)
		return 0;
	return context_fail(NULL, STATUS_USAGE,
	    "%s is not a number from %ld to %ld", words->value, min, max);
}
