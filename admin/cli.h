/*
 * cli.h - commands as they are given at the command line: run by the program
 * itself, or by the relay, if one is running.
 */
#ifndef MNM_ADMIN_CLI_H
#define MNM_ADMIN_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Of a relay that is installed as a service. */
#define CLI_INSTALLED "/var/lib/mnm/mnm.config"

/* How an answer is printed: for people, or as one JSON object. */
enum cli_form { CLI_TEXT, CLI_JSON };

/* What these words, which are NULL-terminated, ask for by --json. */
enum cli_form cli_form(char *const *words);
/* Print lines to stdout: as they are, or as a list of this name. */
void cli_print_lines(enum cli_form, const char *name, struct span lines);
/*
 * Print why a command was refused, and lines on how it is used, if any: as text
 * to stderr, as JSON to stdout.  Returns status.
 */
int cli_refuse(enum cli_form, int status, const char *why, struct span usage);
/*
 * Run the command that these words are; program is what the program was called
 * as, and config is the path of the configuration, or NULL; the user has asked
 * for it, or it was found.  Prints the answer to stdout, or why there is none
 * as cli_refuse does.  The words are NULL-terminated.  Returns an exit status.
 */
int cli_run(const char *config, bool asked, const char *program,
    char *const *words, size_t n);

#endif
