/* `arbiter`: finds the command that was named and hands over. */
#include "cli/command.h"

#include "base/attr.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    const char *help;
    command_function run;
};

static const struct command commands[] = {
#define COMMAND(name, help) {#name, help, command_##name},
#include "cli/commands.def"
#undef COMMAND
    {NULL, NULL, NULL},
};

static void print_usage(FILE *out)
{
    fputs("Usage: arbiter COMMAND [OPTION...]\n\nCommands:\n", out);
    for (const struct command *command = commands; command->name != NULL; command++)
        fprintf(out, "  %-12s %s\n", command->name, command->help);
    fputs("\n`arbiter COMMAND --help` tells more about each.\n", out);
}

int main(int argc, char **argv)
{
    log_init("arbiter", LOG_WARN);
    if (argc < 2) {
        print_usage(stderr);
        return COMMAND_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return COMMAND_DONE;
    }
    for (const struct command *command = commands; command->name != NULL; command++)
        if (strcmp(command->name, argv[1]) == 0)
            return command->run(argc - 1, argv + 1);
    fprintf(stderr, "arbiter: no command '%s'; `arbiter --help` lists them\n", argv[1]);
    return COMMAND_USAGE;
}
