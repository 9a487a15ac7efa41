/* `arbiter backup`: the whole memory of a house in one file. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/house.h"

static const char usage[] =
    "Usage: arbiter backup FILE [--database CONNINFO] [--dir DIR]\n"
    "\n"
    "Writes everything that the store remembers into FILE (pg_dump's custom format), as it was at\n"
    "one moment, while the house goes on. `arbiter restore` reads it. Key files are not in it.\n"
    "\n"
    "  --database CONNINFO  PostgreSQL's connection string (default: the house in --dir)\n"
    "  --dir DIR            where a house of `arbiter up` is kept (default: ./.arbiter)\n"
    "  --help               this text\n";

static int dump(const char *path, const char *database)
{
    char part[PLACE_PATH_MAX];
    char log[PLACE_PATH_MAX];
    struct stat about;
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part ||
        snprintf(log, sizeof log, "%s.log", path) >= (int)sizeof log) {
        fputs("arbiter backup: the file's name is too long\n", stderr);
        return COMMAND_FAILED;
    }
    if (!house_dump_database(database, part, log) || rename(part, path) != 0) {
        (void)unlink(part); /* may not be there */
        fprintf(stderr, "arbiter backup: pg_dump failed; see %s\n", log);
        return COMMAND_FAILED;
    }
    if (stat(log, &about) == 0 && about.st_size == 0)
        (void)unlink(log); /* it had nothing to say */
    printf("%s: %lld bytes\n", path, stat(path, &about) == 0 ? (long long)about.st_size : 0LL);
    return COMMAND_DONE;
}

int command_backup(int argc, char **argv)
{
    static const struct option options[] = {{"database", required_argument, NULL, 'b'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *database = NULL;
    const char *folder = ".arbiter";
    struct place place;
    struct place_house house = {0};
    struct fault fault = {0};
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
    if (database == NULL) {
        if (place_find(folder, &place, &fault) != STATUS_OK ||
            place_read_house(&place, &house) != STATUS_OK) {
            fprintf(stderr, "arbiter backup: nothing is up in %s; --database names another\n",
                    folder);
            return COMMAND_FAILED;
        }
        database = house.database;
    }
    return dump(argv[optind], database);
}
