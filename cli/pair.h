#ifndef CLI_PAIR_H
#define CLI_PAIR_H

/*
 * pair — what `arbiter pair` was asked, and the systems that can answer.
 *
 * A system is one file, cli/pair_<name>.c, and a row in the table of command_pair.c. It reads the
 * request's file, prints results on standard output (or to the request's files) and errors as one
 * line on standard error, and returns the process's exit status.
 */

#include <stdbool.h>
#include <stdint.h>

#define PAIR_SETTINGS_MAX 32

enum pair_task {
    PAIR_NEXT, /* pair the next round */
    PAIR_CHECK /* pair all played rounds again and show where they differ */
};

struct pair_request {
    enum pair_task task;
    const char *system; /* as named on the command line */
    const char *input;
    const char *output; /* file for the pairs; NULL = standard output */
    bool with_pairs;    /* the pairs are wanted beside the answers asked for below */
    bool with_list;     /* a checklist is wanted */
    const char *list;   /* file for it; NULL = the input's name with the extension .list */
    bool explain;
    bool json;
    const char *why_one; /* `--why-not ONE OTHER`, as typed; NULL = not asked */
    const char *why_other;
    bool like_bbp;                           /* `--compat bbp` */
    const char *division;                    /* NULL where the file has only one */
    const char *settings[PAIR_SETTINGS_MAX]; /* NAME=VALUE */
    int settings_count;
    uint64_t seed;
    int rounds; /* of the whole event, 0 = as the file says */
};

typedef int (*pair_system)(const struct pair_request *request);

/* The FIDE (Dutch) system on TRF files; exit codes 0 to 5 as pairing engines have them. */
int pair_dutch(const struct pair_request *request);

/* All other systems, on any event file; the same exit codes. */
int pair_club(const struct pair_request *request);

/* Prints the settings they take. */
void pair_club_settings(void);

#endif
