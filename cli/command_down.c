/* `arbiter down`: asks the supervisor to end everything, and waits until it has. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "cli/place.h"
#include "cli/process.h"

enum { PATIENCE_MS = 60000, POLL_MS = 50 };

static const char usage[] = "Usage: arbiter down [--dir DIR]\n"
                            "\n"
                            "Ends everything that `arbiter up` started. Data stays in the folder.\n"
                            "\n"
                            "  --dir DIR   where everything is kept (default: ./.arbiter)\n"
                            "  --help      this text\n";

int command_down(int argc, char **argv)
{
    static const struct option names[] = {{"dir", required_argument, NULL, 'd'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    const char *folder = ".arbiter";
    struct place place;
    struct fault fault = {0};
    pid_t supervisor = 0;
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        if (letter != 'd')
            return COMMAND_USAGE;
        folder = optarg;
    }
    if (place_find(folder, &place, &fault) != STATUS_OK || !place_is_taken(&place, &supervisor)) {
        puts("nothing is up");
        return COMMAND_DONE;
    }
    if (kill(supervisor, SIGTERM) != 0 && errno == EPERM) {
        fprintf(stderr, "arbiter down: process %ld is somebody else's\n", (long)supervisor);
        return COMMAND_FAILED;
    } /* it may have ended just now, which the loop below sees */
    for (int waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
        if (!place_is_taken(&place, NULL)) {
            puts("down");
            return COMMAND_DONE;
        }
        process_sleep_ms(POLL_MS);
    }
    fprintf(stderr, "arbiter down: the supervisor (process %ld) does not end; see %s/logs\n",
            (long)supervisor, place.folder);
    return COMMAND_FAILED;
}
