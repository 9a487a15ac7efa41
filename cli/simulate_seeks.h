#ifndef CLI_SIMULATE_SEEKS_H
#define CLI_SIMULATE_SEEKS_H

/* simulate_seeks — `arbiter simulate seeks`: a matchmaking policy with people who arrive. */

/* argv[0] is "seeks". Returns the process's exit status. */
int simulate_seeks(int argc, char **argv);

#endif
