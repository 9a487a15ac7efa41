#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/*
 * command — what the `arbiter` program can be asked to do.
 *
 * Each command is one file, cli/command_<name>.c, with one function declared here and one row in
 * the table of cli/main.c (name, one line of help). A command parses its own options with
 * getopt_long, answers `--help` itself, prints results on standard output and faults on standard
 * error as `file:line:column: message`, and returns the process's exit status: 0 done, 1 the answer
 * is no (a check failed, a file is wrong), 2 the call was wrong.
 */

enum command_exit { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2 };

/* argv[0] is the command's own name. */
typedef int (*command_function)(int argc, char **argv);

#define COMMAND(name, help) int command_##name(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

#endif
