/*
 * For `make static`, in place of sim/ and client/: a router has no use for a
 * thousand simulated clients, and the binary is a sixth smaller.
 */
#include "sim/sim.h"

#include "base/log.h"

int
sim_run(int argc, char **argv)
{
	(void)argc;
	die("%s members cannot be simulated by this small build; "
	    "that of plain make can", argv[1]);
}
