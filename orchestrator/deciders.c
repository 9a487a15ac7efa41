/* Serves pairing.make and standings.compute around the pure libraries. */
#include "orchestrator/deciders.h"

#include <stdlib.h>
#include <string.h>

#include "orchestrator/division_record.h"
#include "orchestrator/division_rows.h"
#include "orchestrator/division_standing.h"
#include "orchestrator/format/format.h"
#include "base/hash.h"
#include "bus/worker.h"
#include "orchestrator/league_service.h"
#include "orchestrator/muster_service.h"
#include "orchestrator/pairing/league.h"
#include "orchestrator/pairing/pairing.h"
#include "orchestrator/schedule_service.h"
#include "orchestrator/standing/standing.h"
#include "proto/copy.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

/* Standings of a division of up to so many bytes are computed at once, some milliseconds at most:
 * they do not wait for a pairing. */
enum { DECISION_BYTES_MAX = 512 << 20, AT_ONCE_BYTES_MAX = 32 << 10 };

/* The generated services with a way back to the bus; `base` comes first. */
struct pairing_service {
    Arbiter__V1__Pairing_Service base;
    struct bus *bus;
    struct worker *worker; /* NULL: none */
};
struct standings_service {
    Arbiter__V1__Standings_Service base;
    struct bus *bus;
    struct worker *worker; /* NULL: none */
};

struct deciders {
    struct pairing_service pairing;
    struct standings_service standings;
    Arbiter__V1__Schedule_Service schedule;
};

/* A request being decided. */
struct decision {
    struct bus *bus;
    void *request;
    int round;
    struct arena arena;
    /* What is computed with, beside the loop, and what comes of it. */
    struct worker *worker;
    struct worker_job job;
    const uint8_t *division; /* a GetDivisionReply as it came */
    size_t division_size;
    int settled; /* games of the round that the director has paired beforehand */
    Arbiter__V1__SavePairingsRequest pairings;
    Arbiter__V1__ComputeStandingsReply standings;
    enum status status; /* of the computation */
    const char *refusal;
    Arbiter__V1__MakePairingReply_Closure on_paired;
    Arbiter__V1__ComputeStandingsReply_Closure on_computed;
};

static struct decision *decision_create(struct bus *bus, void *request, int round)
{
    struct decision *decision = calloc(1, sizeof *decision);
    if (decision == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return NULL;
    }
    decision->bus = bus;
    decision->request = request;
    decision->round = round;
    arena_init(&decision->arena, DECISION_BYTES_MAX);
    return decision;
}

static void decision_destroy(struct decision *decision)
{
    arena_deinit(&decision->arena);
    free(decision);
}

static void decision_fail(struct decision *decision, enum status status, const char *message)
{
    bus_fail(decision->request, status, NULL, 0, "%s", message);
    decision_destroy(decision);
}

/* A computation's end without an outcome. */
static void decision_refuse(struct decision *decision, enum status status, const char *reason)
{
    const char *kept = arena_format(&decision->arena, "%s", reason);
    decision->status = status;
    decision->refusal = kept != NULL ? kept : status_name(status);
}

static void on_division(const struct bus_raw_answer *answer, void *user)
{
    struct decision *decision = user;
    if (answer->head.status != STATUS_OK) {
        bus_fail_like(decision->request, &answer->head);
        decision_destroy(decision);
        return;
    }
    decision->division =
        (const uint8_t *)arena_copy(&decision->arena, answer->payload, answer->payload_size);
    decision->division_size = answer->payload_size;
    if (decision->division == NULL) {
        decision_fail(decision, STATUS_FULL, "the division is too large");
        return;
    }
    bool is_short = decision->on_computed != NULL && decision->division_size <= AT_ONCE_BYTES_MAX;
    worker_do(is_short ? NULL : decision->worker, &decision->job);
}

/* Asks for a division with everything in it. Its answer is left as bytes, which `job` reads beside
 * the loop. */
static void ask_division(struct decision *decision, const char *division_id,
                         const struct worker_job *job)
{
    char subject[BUS_SUBJECT_MAX];
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = (char *)division_id;
    decision->job = *job;
    size_t size = arbiter__v1__get_division_request__get_packed_size(&request);
    uint8_t *payload = arena_alloc(&decision->arena, size + 1);
    if (payload == NULL || bus_subject(&arbiter__v1__store__descriptor, "GetDivision", subject,
                                       sizeof subject) != STATUS_OK) {
        decision_fail(decision, STATUS_FULL, "the name of the division is too long");
        return;
    }
    (void)arbiter__v1__get_division_request__pack(&request, payload); /* sized above */
    bus_call_raw(
        decision->bus,
        &(struct bus_raw_call){.subject = subject, .payload = payload, .payload_size = size},
        on_division, decision);
}

/* ---- pairing ----------------------------------------------------------------------------- */

static void on_pairings_saved(const struct bus_answer *answer, void *user)
{
    struct decision *decision = user;
    if (answer->status != STATUS_OK) {
        bus_fail_like(decision->request, answer);
    } else {
        const Arbiter__V1__SavePairingsReply *saved =
            (const Arbiter__V1__SavePairingsReply *)answer->output;
        Arbiter__V1__MakePairingReply reply = ARBITER__V1__MAKE_PAIRING_REPLY__INIT;
        reply.games = saved->games + decision->settled;
        reply.byes = saved->byes;
        decision->on_paired(&reply, decision->request);
    }
    decision_destroy(decision);
}

static Arbiter__V1__BoardPairing *row_create(struct arena *arena, int round, int board,
                                             const char *first, const char *second,
                                             const char *kind)
{
    Arbiter__V1__BoardPairing *row = arena_alloc(arena, sizeof *row);
    if (row == NULL)
        return NULL;
    arbiter__v1__board_pairing__init(row);
    row->round = round;
    row->board = board;
    row->first = (char *)first;
    row->second = (char *)second;
    row->kind = (char *)kind;
    row->status = (char *)(second[0] != '\0' ? "paired" : "final");
    row->outcome = (char *)(second[0] != '\0' ? "" : "bye");
    return row;
}

/* Only some rests are rows of the round; the others are simply not there. */
static const char *kind_of_rest(enum pairing_rest_kind kind)
{
    switch (kind) {
    case PAIRING_REST_BYE:
    case PAIRING_REST_REQUESTED:
    case PAIRING_REST_OPPONENT_AWAY:
        return "bye";
    case PAIRING_REST_ABSENT:
        return "zero_bye";
    case PAIRING_REST_WITHDRAWN:
    case PAIRING_REST_SUSPENDED:
    case PAIRING_REST_NOT_YET:
    case PAIRING_REST_ELIMINATED:
    case PAIRING_REST_WAITING:
    case PAIRING_REST_UNPAIRED:
        return NULL;
    }
    return NULL;
}

/* Rows that the director has settled stay as they are, with their boards. */
static bool sits_already(const Arbiter__V1__Division *division, int round, int player)
{
    const char *id = division->entrants[player]->player_id;
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round == round && division_is_settled(row) &&
            (strcmp(row->first, id) == 0 || strcmp(row->second, id) == 0))
            return true;
    }
    return false;
}

static int next_free_board(const Arbiter__V1__Division *division, int round, int board)
{
    for (size_t i = 0; i <= division->n_pairings; i++) {
        bool is_taken = false;
        board++;
        for (size_t r = 0; r < division->n_pairings; r++)
            is_taken |= division->pairings[r]->round == round &&
                        division->pairings[r]->board == board &&
                        division_is_settled(division->pairings[r]);
        if (!is_taken)
            break;
    }
    return board;
}

static int settled_games(const Arbiter__V1__Division *division, int round)
{
    int games = 0;
    for (size_t i = 0; i < division->n_pairings; i++)
        games += division->pairings[i]->round == round &&
                 division->pairings[i]->second[0] != '\0' &&
                 division_is_settled(division->pairings[i]);
    return games;
}

static enum status rows_of(struct decision *decision, const Arbiter__V1__Division *division,
                           const struct pairing_output *output,
                           const struct format_division *format,
                           Arbiter__V1__SavePairingsRequest *request)
{
    bool has_waves = format->arena.duration_ms > 0; /* who rests in a wave is in the next one */
    struct arena *arena = &decision->arena;
    size_t rows_max = (size_t)output->pairs_count + (size_t)output->rests_count;
    request->pairings = arena_array(arena, rows_max, sizeof *request->pairings);
    if (request->pairings == NULL)
        return STATUS_FULL;
    int board = 0;
    for (int i = 0; i < output->pairs_count; i++) {
        const struct pairing_pair *pair = &output->pairs[i];
        if (sits_already(division, decision->round, pair->first))
            continue;
        board = next_free_board(division, decision->round, board);
        Arbiter__V1__BoardPairing *row =
            row_create(arena, decision->round, board, division->entrants[pair->first]->player_id,
                       division->entrants[pair->second]->player_id, "game");
        if (row == NULL)
            return STATUS_FULL;
        row->explanation = (char *)(pair->reason != NULL ? pair->reason : "");
        request->pairings[request->n_pairings++] = row;
    }
    for (int i = 0; !has_waves && i < output->rests_count; i++) {
        const char *kind = kind_of_rest(output->rests[i].kind);
        if (kind == NULL || sits_already(division, decision->round, output->rests[i].player))
            continue;
        board = next_free_board(division, decision->round, board);
        Arbiter__V1__BoardPairing *row =
            row_create(arena, decision->round, board,
                       division->entrants[output->rests[i].player]->player_id, "", kind);
        if (row == NULL)
            return STATUS_FULL;
        row->first_score = strcmp(kind, "bye") == 0 ? format->byes.spread : 0;
        request->pairings[request->n_pairings++] = row;
    }
    return STATUS_OK;
}

static void fill_pairings(struct decision *decision, const Arbiter__V1__Division *division,
                          const struct pairing_output *output, const struct format_division *format)
{
    Arbiter__V1__SavePairingsRequest *request = &decision->pairings;
    arbiter__v1__save_pairings_request__init(request);
    request->division_id = division->division_id;
    request->round = decision->round;
    request->keep = true;
    decision->settled = settled_games(division, decision->round);
    if (rows_of(decision, division, output, format, request) != STATUS_OK)
        decision_refuse(decision, STATUS_FULL, "the pairing is too large");
}

/* One sentence that names what to relax. */
static void refuse_impossible(struct decision *decision, const struct pairing_output *output)
{
    const char *text = output->verdict == PAIRING_NOT_READY ? "earlier results are missing"
                                                            : "no legal pairing exists";
    for (int i = 0; i < output->conflicts_count; i++) {
        const char *longer =
            arena_format(&decision->arena, "%s; %s", text, output->conflicts[i].text);
        text = longer != NULL ? longer : text;
    }
    decision_refuse(decision, STATUS_FAILED_PRECONDITION, text);
}

/* One round of the season's games, which are all known from the first. */
static enum status season_round(struct decision *decision, const Arbiter__V1__Division *division,
                                const struct format_league *league, struct pairing_output *out)
{
    struct league_game *games = NULL;
    struct fault fault = {0};
    int count = 0;
    *out = (struct pairing_output){.verdict = PAIRING_MADE};
    if (division->n_entrants < 2)
        return STATUS_OK;
    struct league_ask ask = {.players = (int)division->n_entrants,
                             .rounds_max = league->games_max,
                             .seed = hash_text(HASH_START, division->division_id)};
    enum status status = league_schedule(&ask, &decision->arena, &games, &count, &fault);
    struct pairing_pair *pairs = arena_array(&decision->arena, (size_t)ask.players, sizeof(*pairs));
    if (status != STATUS_OK || pairs == NULL)
        return status != STATUS_OK ? status : STATUS_FULL;
    for (int i = 0; i < count; i++)
        if (games[i].round == decision->round - 1)
            pairs[out->pairs_count++] =
                (struct pairing_pair){.first = games[i].one_first ? games[i].one : games[i].other,
                                      .second = games[i].one_first ? games[i].other : games[i].one,
                                      .reason = "the season's round robin"};
    out->pairs = pairs;
    return STATUS_OK;
}

static void make_season_round(struct decision *decision, const Arbiter__V1__Division *whole,
                              const struct format *policy, const struct format_division *format)
{
    struct pairing_output output;
    const Arbiter__V1__Division *division = division_of_season(&decision->arena, whole);
    enum status status =
        division != NULL ? season_round(decision, division, &policy->league, &output) : STATUS_FULL;
    if (status == STATUS_OK)
        fill_pairings(decision, division, &output, format);
    else
        decision_refuse(decision, status, status_name(status));
}

static void make_pairing(struct decision *decision, const Arbiter__V1__Division *whole)
{
    const struct format *policy = NULL;
    const struct format_division *format = NULL;
    const Arbiter__V1__Division *division = division_of_players(&decision->arena, whole);
    struct pairing_input input;
    struct pairing_output output;
    struct fault fault = {0};
    if (division == NULL) {
        decision_refuse(decision, STATUS_FULL, "the division is too large");
        return;
    }
    if (decision->round < 1 || decision->round > division->rounds) {
        decision_refuse(decision, STATUS_INVALID_ARGUMENT, "the division has no such round");
        return;
    }
    enum status status = division_format(&decision->arena, division, &policy, &format);
    if (status == STATUS_OK && policy->league.season_ms > 0) {
        make_season_round(decision, whole, policy, format);
        return;
    }
    if (status == STATUS_OK && decision->round > format->rounds) {
        decision_refuse(decision, STATUS_FAILED_PRECONDITION,
                        "the policy has no method for this round; pair it by hand");
        return;
    }
    if (status == STATUS_OK)
        status = division_to_pairing(&decision->arena, division, format, decision->round, &input);
    if (status == STATUS_OK && input.fixed_count == 0)
        status = division_fix_settled(&decision->arena, division, format, decision->round, &input);
    if (status == STATUS_OK)
        status = pairing_make(&input, &decision->arena, &output, &fault);
    if (status != STATUS_OK)
        decision_refuse(decision, status, fault.text[0] != '\0' ? fault.text : status_name(status));
    else if (output.verdict == PAIRING_MADE)
        fill_pairings(decision, division, &output, format);
    else
        refuse_impossible(decision, &output);
}

/* Runs beside the loop: everything it reads and writes is the decision's own. */
static void pair(void *user)
{
    struct decision *decision = user;
    const Arbiter__V1__GetDivisionReply *reply =
        proto_unpack_in(&decision->arena, &arbiter__v1__get_division_reply__descriptor,
                        decision->division, decision->division_size);
    if (reply == NULL || reply->division == NULL)
        decision_refuse(decision, STATUS_FULL, "the division is too large");
    else
        make_pairing(decision, reply->division);
}

static void on_paired(bool is_done, void *user)
{
    struct decision *decision = user;
    if (!is_done) {
        decision_destroy(decision); /* we are closing; the command is asked of another replica */
        return;
    }
    if (decision->status != STATUS_OK) {
        decision_fail(decision, decision->status, decision->refusal);
        return;
    }
    bus_call(decision->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "SavePairings",
                                .input = &decision->pairings.base,
                                .request_id = bus_request_id(decision->request)},
             on_pairings_saved, decision);
}

static void serve_make(Arbiter__V1__Pairing_Service *service,
                       const Arbiter__V1__MakePairingRequest *input,
                       Arbiter__V1__MakePairingReply_Closure closure, void *request)
{
    struct decision *decision =
        decision_create(((struct pairing_service *)service)->bus, request, input->round);
    if (decision == NULL)
        return;
    decision->on_paired = closure;
    decision->worker = ((struct pairing_service *)service)->worker;
    ask_division(decision, input->division_id,
                 &(struct worker_job){.work = pair, .on_end = on_paired, .user = decision});
}

static void serve_deal(Arbiter__V1__Pairing_Service *service, const Arbiter__V1__DealRequest *input,
                       Arbiter__V1__DealReply_Closure closure, void *request)
{
    league_service_deal(((struct pairing_service *)service)->bus, input, closure, request);
}

static void serve_muster(Arbiter__V1__Pairing_Service *service,
                         const Arbiter__V1__MusterRequest *input,
                         Arbiter__V1__MusterReply_Closure closure, void *request)
{
    muster_service_count(((struct pairing_service *)service)->bus, input, closure, request);
}

/* ---- standings --------------------------------------------------------------------------- */

static enum status fill_tie_breaks(struct arena *arena, const struct standing_table *table,
                                   const struct standing_row *row, Arbiter__V1__Standing *standing)
{
    standing->tie_breaks =
        arena_array(arena, (size_t)table->order_count, sizeof *standing->tie_breaks);
    if (standing->tie_breaks == NULL)
        return STATUS_FULL;
    for (int i = 0; i < table->order_count; i++) {
        char name[STANDING_TERM_TEXT_MAX];
        char value[STANDING_TERM_TEXT_MAX];
        Arbiter__V1__TieBreak *tie_break = arena_alloc(arena, sizeof *tie_break);
        if (tie_break == NULL)
            return STATUS_FULL;
        arbiter__v1__tie_break__init(tie_break);
        tie_break->name = arena_format(arena, "%s", standing_term_text(&table->order[i], name));
        tie_break->value = arena_format(
            arena, "%s", standing_value_text(&table->order[i], &row->values[i], value));
        standing->tie_breaks[standing->n_tie_breaks++] = tie_break;
    }
    return arena_full(arena) ? STATUS_FULL : STATUS_OK;
}

static enum status fill_reply(struct arena *arena, const struct division_rows *rows,
                              Arbiter__V1__ComputeStandingsReply *reply)
{
    const struct standing_table *table = &rows->table;
    reply->standings = arena_array(arena, (size_t)table->row_count, sizeof *reply->standings);
    if (reply->standings == NULL)
        return STATUS_FULL;
    for (int i = 0; i < table->row_count; i++) {
        Arbiter__V1__Standing *standing = division_rows_standing(arena, rows, &table->rows[i]);
        enum status status = standing != NULL
                                 ? fill_tie_breaks(arena, table, &table->rows[i], standing)
                                 : STATUS_FULL;
        if (status != STATUS_OK)
            return status;
        reply->standings[reply->n_standings++] = standing;
    }
    reply->division_id = rows->division->division_id;
    reply->round = table->after_round;
    return STATUS_OK;
}

static enum status standings_of(struct decision *decision, const Arbiter__V1__Division *whole,
                                Arbiter__V1__ComputeStandingsReply *reply, struct fault *out_fault)
{
    const struct format_division *format = NULL;
    struct division_rows rows;
    const Arbiter__V1__Division *division = division_of_players(&decision->arena, whole);
    if (division == NULL)
        return STATUS_FULL;
    enum status status = division_format(&decision->arena, division, NULL, &format);
    if (status == STATUS_OK)
        status = division_rows_make(&decision->arena, division, format, decision->round, &rows,
                                    out_fault);
    return status == STATUS_OK ? fill_reply(&decision->arena, &rows, reply) : status;
}

/* Runs beside the loop, as pair() does. */
static void rank(void *user)
{
    struct decision *decision = user;
    struct fault fault = {0};
    const Arbiter__V1__GetDivisionReply *reply =
        proto_unpack_in(&decision->arena, &arbiter__v1__get_division_reply__descriptor,
                        decision->division, decision->division_size);
    arbiter__v1__compute_standings_reply__init(&decision->standings);
    enum status status = reply != NULL && reply->division != NULL
                             ? standings_of(decision, reply->division, &decision->standings, &fault)
                             : STATUS_FULL;
    if (status != STATUS_OK)
        decision_refuse(decision, status, fault.text[0] != '\0' ? fault.text : status_name(status));
}

static void on_ranked(bool is_done, void *user)
{
    struct decision *decision = user;
    if (!is_done) {
        decision_destroy(decision); /* we are closing; who asks asks another replica */
        return;
    }
    if (decision->status != STATUS_OK) {
        decision_fail(decision, decision->status, decision->refusal);
        return;
    }
    decision->on_computed(&decision->standings, decision->request);
    decision_destroy(decision);
}

static void serve_compute(Arbiter__V1__Standings_Service *service,
                          const Arbiter__V1__ComputeStandingsRequest *input,
                          Arbiter__V1__ComputeStandingsReply_Closure closure, void *request)
{
    struct decision *decision =
        decision_create(((struct standings_service *)service)->bus, request, input->round);
    if (decision == NULL)
        return;
    decision->on_computed = closure;
    decision->worker = ((struct standings_service *)service)->worker;
    ask_division(decision, input->division_id,
                 &(struct worker_job){.work = rank, .on_end = on_ranked, .user = decision});
}

/* ---- life -------------------------------------------------------------------------------- */

struct deciders *deciders_create(struct bus *bus, struct worker *worker)
{
    struct deciders *deciders = calloc(1, sizeof *deciders);
    if (deciders == NULL)
        return NULL;
    deciders->pairing = (struct pairing_service){ARBITER__V1__PAIRING__INIT(serve_), bus, worker};
    deciders->standings =
        (struct standings_service){ARBITER__V1__STANDINGS__INIT(serve_), bus, worker};
    deciders->schedule = schedule_service();
    if (bus_serve(bus, &deciders->schedule.base) == STATUS_OK &&
        bus_serve(bus, &deciders->pairing.base.base) == STATUS_OK &&
        bus_serve(bus, &deciders->standings.base.base) == STATUS_OK)
        return deciders;
    deciders_destroy(deciders);
    return NULL;
}

void deciders_destroy(struct deciders *deciders)
{
    free(deciders);
}
