/*
 * sim.h - mnm N: a relay in a private directory, and N simulated members in a
 * child process, which use it and check everything it does.
 */
#ifndef MNM_SIM_SIM_H
#define MNM_SIM_SIM_H

/*
 * Run it as the arguments say, the first of which is N.  Blocks SIGINT and
 * SIGTERM, forks, and returns in both processes, with the exit status: 0 when
 * nothing was lost, duplicated or wrong.
 */
int sim_run(int argc, char **argv);

#endif
