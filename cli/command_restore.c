/* `arbiter restore`: fills an empty house from a backup. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/house.h"

static const char usage[] =
    "Usage: arbiter restore FILE [--database CONNINFO] [--dir DIR]\n"
    "\n"
    "Fills an empty database from a file of `arbiter backup`, whole or not at all. The services\n"
    "must not be running; when they start, everything goes on from the moment of the backup: "
    "games,\n"
    "rounds, timers (those that are due fire at once), messages that were on their way.\n"
    "\n"
    "  --database CONNINFO  PostgreSQL's connection string (default: the house in --dir)\n"
    "  --dir DIR            a house of `arbiter up` that is down, or a new one (default: "
    "./.arbiter)\n"
    "  --help               this text\n";

static int restore_database(const char *path, const char *database)
{
    char log[PLACE_PATH_MAX];
    if (snprintf(log, sizeof log, "%s.log", path) < (int)sizeof log &&
        house_fill_database(database, path, log)) {
        (void)unlink(log);
        return COMMAND_DONE;
    }
    fprintf(stderr, "arbiter restore: %s could not be restored, and nothing was changed; see %s\n",
            path, log);
    return COMMAND_FAILED;
}

static int restore_house(const char *path, const char *folder)
{
    struct place place;
    struct fault fault = {0};
    if (place_open(folder, &place, &fault) != STATUS_OK) {
        fprintf(stderr, "arbiter restore: %s\n", fault.text);
        return COMMAND_FAILED;
    }
    if (!place_take(&place)) {
        fprintf(stderr, "arbiter restore: %s is up; `arbiter down` first\n", place.folder);
        return COMMAND_FAILED;
    }
    if (house_restore(&place, path, &fault) != STATUS_OK) {
        fprintf(stderr, "arbiter restore: %s\n", fault.text);
        return COMMAND_FAILED;
    }
    printf("restored; `arbiter up` goes on from there\n");
    return COMMAND_DONE;
}

int command_restore(int argc, char **argv)
{
    static const struct option options[] = {{"database", required_argument, NULL, 'b'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *database = NULL;
    const char *folder = ".arbiter";
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        if (option == 'b')
            database = optarg;
        else if (option == 'd')
            folder = optarg;
        else
            return COMMAND_USAGE;
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return COMMAND_USAGE;
    }
    if (access(argv[optind], R_OK) != 0) {
        fprintf(stderr, "arbiter restore: %s cannot be read\n", argv[optind]);
        return COMMAND_FAILED;
    }
    return database != NULL ? restore_database(argv[optind], database)
                            : restore_house(argv[optind], folder);
}
