#ifndef WOOGLES_COP_REQUEST_H
#define WOOGLES_COP_REQUEST_H

/*
 * cop_request — a pairing request of the other platform: checked by its rules, turned into our
 * input, and answered in its form.
 */

#include "orchestrator/pairing/cop.h"
#include "orchestrator/pairing/pairing.h"

#include <jansson.h>

#define REQUEST_PLAYERS_MAX 256
#define REQUEST_ROUNDS_MAX 128

struct request {
    struct pairing_player players[REQUEST_PLAYERS_MAX];
    struct pairing_past past[REQUEST_PLAYERS_MAX * REQUEST_ROUNDS_MAX];
    struct pairing_fixed fixed[REQUEST_PLAYERS_MAX];
    struct pairing_policy policy;
    struct pairing_input input;
    struct pairing_output output;
    struct fault fault;
    int class_prizes[REQUEST_PLAYERS_MAX];
    int order[REQUEST_PLAYERS_MAX]; /* player at each rank, removed players left out */
    int ranked;
    int complete_rounds;
    struct cop_record records[REQUEST_PLAYERS_MAX]; /* by rank */
    int response[REQUEST_PLAYERS_MAX];              /* opponent; itself = bye; -1 = none */
};

/* Returns the name of the first rule the request breaks, "SUCCESS" where it keeps all. */
const char *request_check(const json_t *object);

/* Fills our input from a request that keeps the rules. */
void request_read(const json_t *object, struct request *out);

/* Pairs; returns "SUCCESS" or the name of an error. */
const char *request_pair(struct request *request, struct arena *arena);

/* The COP setting that the request amounts to; `records` must outlive it. */
struct cop_setting request_setting(const struct request *request);

#endif
