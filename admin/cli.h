/*
 * cli.h - commands as they are given at the command line: run by the program
 * itself, or by the relay, if one is running.
 */
#ifndef MNM_ADMIN_CLI_H
#define MNM_ADMIN_CLI_H

#include <stddef.h>

#define CLI_CONFIG    "mnm.config"
#define CLI_DATA      "mnm-data"		/* conf's default */
/* Of a relay that is installed as a service. */
#define CLI_INSTALLED "/var/lib/mnm/mnm.config"

/*
 * Run the command that these words are; program is what the program was called
 * as, and config is the path of the configuration, or NULL.  Prints the answer
 * to stdout, or why there is none to stderr.  Returns an exit status.
 */
int cli_run(const char *config, const char *program, char *const *words,
    size_t n);

#endif
