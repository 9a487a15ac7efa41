#ifndef CLI_TOURNAMENT_DESK_H
#define CLI_TOURNAMENT_DESK_H

/*
 * tournament_desk — a director's actions from the command line: shown, confirmed, done.
 *
 * Errors: exit statuses of command.h; what went wrong is on standard error.
 */

#include <stdbool.h>

struct desk_options {
    const char *division; /* NULL: 1 */
    const char *round;    /* NULL: none */
    const char *board;
    const char *note;
    const char *format; /* of an export */
    const char *out;    /* file of an export; NULL: standard output */
    const char *url;
    const char *token;
    const char *folder;
    bool is_dry;
    bool as_json;
};

/* Whether `verb` is one of this file's: act, undo, log, explain, why-not, place, export. */
bool desk_knows(const char *verb);

/* Runs `verb ID …`. An action that must be confirmed shows its consequences and reads "yes" from
 * standard input, twice where its level says so; anything else leaves the event as it is. */
int desk_run(const struct desk_options *options, int argc, char **argv);

#endif
