/*
 * count RELAY POSTS - have 100 members post 6910 bytes so often for two others
 * each, and print how many deliveries that made.  test/load/instructions
 * counts the rest.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "test/load/load.h"
#include "base/log.h"
#include "test/lib/relay.h"

#define MEMBERS 100
#define BYTES  6910		/* the mean of what bench posts */

int
main(int argc, char **argv)
{
	struct load_plan plan = { .to = LOAD_TWO, .posters = MEMBERS,
	    .bytes = BYTES };
	struct relay_process relay;
	struct load *l;

	if (argc != 3)
		die("usage: count RELAY POSTS");
	plan.posts = strtoull(argv[2], NULL, 10);
	relay_init(&relay, argv[1]);
	relay_configure(&relay, "");
	relay_start(&relay);
	l = load_open(relay.port, LOAD_2018);
	load_add(l, MEMBERS);
	load_begin(l, &plan);
	while (load_turn(l))
		continue;
	printf("%llu\n", (unsigned long long)load_result(l)->deliveries);
	load_close(l);
	if (relay_stop(&relay, SIGTERM) != 0)
		die("the relay did not stop well");
	relay_free(&relay);
	return 0;
}
