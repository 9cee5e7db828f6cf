/*
 * count RELAY POSTS - let 100 members post 6910 bytes to two others each, so
 * many times, and print the number of deliveries.  test/load/instructions does
 * the rest.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "test/lib/relay.h"
#include "test/load/load.h"

#define MEMBERS 100
#define BYTES  6910		/* the mean of bench's posts */

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
	/* Under valgrind nobody is quick, and it writes a file at the end. */
	relay_configure(&relay, "\"login_timeout\": \"1h\", "
	    "\"confine\": false,");
	relay_start(&relay);
	l = load_open(relay.port, LOAD_2018);
	load_add(l, MEMBERS);
	load_begin(l, &plan);
	while (load_turn(l))
		continue;
	printf("%llu\n", (unsigned long long)load_result(l)->deliveries);
	load_close(l);
	if (relay_stop(&relay, SIGTERM) != 0)
		die("the relay failed");
	relay_free(&relay);
	return 0;
}
