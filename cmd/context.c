#include "cmd/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
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
		return -1;
	if (found->has_value && words->value == NULL) {
		if (*words->at == NULL)
			return -1;
		words->value = *words->at++;
	}
	return found->letter;
}

int
context_usage(const char *usage)
{
	fprintf(stderr, "usage: tmtp %s\n", usage);
	return STATUS_USAGE;
}
