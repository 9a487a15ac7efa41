/* Why this pairing, why not those two, why this place: the libraries' own answers, on the record as
 * it was when the round was paired. A division's draws of lots follow from its id, so that pairing
 * again from the same record gives the same pairs. */
#include "orchestrator/desk/desk_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "orchestrator/desk/before.h"
#include "orchestrator/division_record.h"
#include "orchestrator/division_rows.h"
#include "orchestrator/division_standing.h"

enum { EXPLANATION_BYTES_MAX = 512 << 20 };

/* A question being answered. */
struct explanation {
    void *request;
    const ProtobufCMessage *asked;
    void (*answer)(struct explanation *explanation, const Arbiter__V1__Division *division);
    Arbiter__V1__ExplainRoundReply_Closure on_round;
    Arbiter__V1__WhyNotReply_Closure on_why_not;
    Arbiter__V1__ExplainStandingReply_Closure on_standing;
    struct arena arena;
};

static void explanation_destroy(struct explanation *explanation)
{
    arena_deinit(&explanation->arena);
    free(explanation);
}

static void explanation_fail(struct explanation *explanation, enum status status, const char *text)
{
    bus_fail(explanation->request, status, NULL, 0, "%s", text);
    explanation_destroy(explanation);
}

static void on_division(const struct bus_answer *answer, void *user)
{
    struct explanation *explanation = user;
    if (answer->status == STATUS_OK) {
        explanation->answer(explanation,
                            ((const Arbiter__V1__GetDivisionReply *)answer->output)->division);
        return;
    }
    bus_fail_like(explanation->request, answer);
    explanation_destroy(explanation);
}

/* Returns NULL after having answered. */
static struct explanation *explanation_create(const ProtobufCMessage *asked, void *request)
{
    struct explanation *explanation = calloc(1, sizeof *explanation);
    if (explanation == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return NULL;
    }
    explanation->request = request;
    explanation->asked = asked;
    arena_init(&explanation->arena, EXPLANATION_BYTES_MAX);
    return explanation;
}

static void ask_division(struct desk *desk, struct explanation *explanation, char *division_id)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = division_id;
    bus_call(desk->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetDivision",
                                .input = &request.base},
             on_division, explanation);
}

/* ---- pairing the round again ------------------------------------------------------------- */

struct again {
    const Arbiter__V1__Division *division; /* as it was then */
    struct pairing_input input;
    struct pairing_output output;
};

static enum status pair_again(struct arena *arena, const Arbiter__V1__Division *whole, int round,
                              struct again *out_again, struct fault *out_fault)
{
    const struct format_division *format = NULL;
    const Arbiter__V1__Division *division = before_round(arena, whole, round);
    if (division == NULL)
        return STATUS_FULL;
    out_again->division = division;
    if (round < 1 || round > division->rounds)
        return fault_set(out_fault, 0, 0, "the division has rounds 1 to %d", division->rounds);
    enum status status = division_format(arena, division, NULL, &format);
    if (status == STATUS_OK && round > format->rounds)
        return fault_set(out_fault, 0, 0, "the policy pairs rounds 1 to %d; later ones are by hand",
                         format->rounds);
    if (status == STATUS_OK)
        status = division_to_pairing(arena, division, format, round, &out_again->input);
    if (status == STATUS_OK)
        status = before_fix(arena, division, format, round, &out_again->input);
    if (status == STATUS_OK)
        status = pairing_make(&out_again->input, arena, &out_again->output, out_fault);
    return status;
}

static void fail_fault(struct explanation *explanation, enum status status,
                       const struct fault *fault)
{
    explanation_fail(explanation, status,
                     fault->text[0] != '\0' ? fault->text : status_name(status));
}

static Arbiter__V1__Cost **costs_of(struct arena *arena, const struct pairing_cost *costs,
                                    int count, size_t *out_count)
{
    Arbiter__V1__Cost **list = arena_array(arena, (size_t)count, sizeof *list);
    for (int i = 0; list != NULL && i < count; i++) {
        list[i] = arena_alloc(arena, sizeof **list);
        if (list[i] == NULL)
            return NULL;
        arbiter__v1__cost__init(list[i]);
        list[i]->name = (char *)costs[i].name;
        list[i]->value = costs[i].value;
        *out_count = (size_t)i + 1;
    }
    return list;
}

/* ---- a round ----------------------------------------------------------------------------- */

static bool has_pair(const Arbiter__V1__Division *division, int round, const char *one,
                     const char *other)
{
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round == round && strcmp(row->status, "void") != 0 &&
            ((strcmp(row->first, one) == 0 && strcmp(row->second, other) == 0) ||
             (strcmp(row->first, other) == 0 && strcmp(row->second, one) == 0)))
            return true;
    }
    return false;
}

static int games_in(const Arbiter__V1__Division *division, int round)
{
    int games = 0;
    for (size_t i = 0; i < division->n_pairings; i++)
        games += division->pairings[i]->round == round &&
                 division->pairings[i]->second[0] != '\0' &&
                 strcmp(division->pairings[i]->status, "void") != 0;
    return games;
}

static Arbiter__V1__PairExplained *explain_pair(struct arena *arena,
                                                const Arbiter__V1__Division *division, int round,
                                                const struct pairing_pair *pair)
{
    Arbiter__V1__PairExplained *out = arena_alloc(arena, sizeof *out);
    if (out == NULL)
        return NULL;
    arbiter__v1__pair_explained__init(out);
    out->board = pair->board;
    out->first = division->entrants[pair->first]->player_id;
    out->second = division->entrants[pair->second]->player_id;
    out->reason = (char *)(pair->reason != NULL ? pair->reason : "");
    out->first_reason = (char *)(pair->first_reason != NULL ? pair->first_reason : "");
    out->meetings = pair->meetings;
    out->costs = costs_of(arena, pair->costs, pair->costs_count, &out->n_costs);
    out->is_recorded = has_pair(division, round, out->first, out->second);
    return out;
}

static const char *const rest_names[] = {
    [PAIRING_REST_BYE] = "bye",
    [PAIRING_REST_REQUESTED] = "requested",
    [PAIRING_REST_OPPONENT_AWAY] = "opponent_away",
    [PAIRING_REST_ABSENT] = "absent",
    [PAIRING_REST_WITHDRAWN] = "withdrawn",
    [PAIRING_REST_SUSPENDED] = "suspended",
    [PAIRING_REST_NOT_YET] = "not_yet",
    [PAIRING_REST_ELIMINATED] = "eliminated",
    [PAIRING_REST_WAITING] = "waiting",
    [PAIRING_REST_UNPAIRED] = "unpaired",
};

static bool has_asked(const Arbiter__V1__Division *division, int round, const char *player)
{
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->round == round &&
            strcmp(division->pairings[i]->first, player) == 0 &&
            strcmp(division->pairings[i]->kind, "requested_bye") == 0)
            return true;
    return false;
}

static Arbiter__V1__RestExplained *explain_rest(struct arena *arena,
                                                const Arbiter__V1__Division *division, int round,
                                                const struct pairing_rest *rest)
{
    Arbiter__V1__RestExplained *out = arena_alloc(arena, sizeof *out);
    if (out == NULL)
        return NULL;
    arbiter__v1__rest_explained__init(out);
    out->player_id = division->entrants[rest->player]->player_id;
    out->kind = (char *)rest_names[rest->kind];
    out->reason = (char *)(rest->reason != NULL ? rest->reason : "");
    if (has_asked(division, round, out->player_id))
        out->reason = "asked for this round off";
    return out;
}

static enum status fill_round(struct arena *arena, const Arbiter__V1__Division *division,
                              const struct pairing_output *output,
                              Arbiter__V1__ExplainRoundReply *reply)
{
    int recorded = 0;
    reply->pairs = arena_array(arena, (size_t)output->pairs_count, sizeof *reply->pairs);
    reply->rests = arena_array(arena, (size_t)output->rests_count, sizeof *reply->rests);
    reply->conflicts =
        arena_array(arena, (size_t)output->conflicts_count, sizeof *reply->conflicts);
    if (arena_full(arena))
        return STATUS_FULL;
    for (int i = 0; i < output->pairs_count; i++) {
        Arbiter__V1__PairExplained *pair =
            explain_pair(arena, division, reply->round, &output->pairs[i]);
        if (pair == NULL)
            return STATUS_FULL;
        reply->pairs[reply->n_pairs++] = pair;
        recorded += pair->is_recorded;
    }
    for (int i = 0; i < output->rests_count; i++) {
        Arbiter__V1__RestExplained *rest =
            explain_rest(arena, division, reply->round, &output->rests[i]);
        if (rest == NULL)
            return STATUS_FULL;
        reply->rests[reply->n_rests++] = rest;
    }
    for (int i = 0; i < output->conflicts_count; i++)
        reply->conflicts[reply->n_conflicts++] = (char *)output->conflicts[i].text;
    reply->notes = (char **)output->notes;
    reply->n_notes = (size_t)output->notes_count;
    reply->summary = (char *)(output->summary != NULL ? output->summary : "");
    reply->is_proved = output->proved;
    reply->is_as_recorded = output->verdict == PAIRING_MADE && recorded == output->pairs_count &&
                            recorded == games_in(division, reply->round);
    return STATUS_OK;
}

static void answer_round(struct explanation *explanation, const Arbiter__V1__Division *division)
{
    const Arbiter__V1__ExplainRoundRequest *asked =
        (const Arbiter__V1__ExplainRoundRequest *)explanation->asked;
    Arbiter__V1__ExplainRoundReply reply = ARBITER__V1__EXPLAIN_ROUND_REPLY__INIT;
    struct fault fault = {0};
    struct again again;
    reply.division_id = division->division_id;
    reply.round = asked->round;
    enum status status = pair_again(&explanation->arena, division, asked->round, &again, &fault);
    if (status == STATUS_OK)
        status = fill_round(&explanation->arena, again.division, &again.output, &reply);
    if (status != STATUS_OK) {
        fail_fault(explanation, status, &fault);
        return;
    }
    explanation->on_round(&reply, explanation->request);
    explanation_destroy(explanation);
}

void desk_serve_explain_round(Arbiter__V1__Desk_Service *service,
                              const Arbiter__V1__ExplainRoundRequest *input,
                              Arbiter__V1__ExplainRoundReply_Closure closure, void *request)
{
    struct explanation *explanation = explanation_create(&input->base, request);
    if (explanation == NULL)
        return;
    explanation->answer = answer_round;
    explanation->on_round = closure;
    ask_division(desk_of(service), explanation, input->division_id);
}

/* ---- why not those two ------------------------------------------------------------------- */

static void answer_why_not(struct explanation *explanation, const Arbiter__V1__Division *division)
{
    const Arbiter__V1__WhyNotRequest *asked =
        (const Arbiter__V1__WhyNotRequest *)explanation->asked;
    Arbiter__V1__WhyNotReply reply = ARBITER__V1__WHY_NOT_REPLY__INIT;
    struct fault fault = {0};
    struct again again;
    struct pairing_why why = {0};
    if (division_find_player(division, asked->a) < 0 ||
        division_find_player(division, asked->b) < 0 || strcmp(asked->a, asked->b) == 0) {
        explanation_fail(explanation, STATUS_INVALID_ARGUMENT,
                         "'a' and 'b' are two players of this division");
        return;
    }
    enum status status = pair_again(&explanation->arena, division, asked->round, &again, &fault);
    int players[] = {-1, -1};
    for (int i = 0; status == STATUS_OK && i < 2; i++) {
        const char *player = i == 0 ? asked->a : asked->b;
        players[i] = division_find_player(again.division, player);
        if (players[i] < 0)
            status = fault_set(&fault, 0, 0, "'%s' was not in the division in this round", player);
    }
    if (status == STATUS_OK && again.output.verdict != PAIRING_MADE)
        status = fault_set(&fault, 0, 0, "this round has no pairing by the policy");
    if (status == STATUS_OK)
        status = pairing_why_not(&again.input, &again.output, players[0], players[1],
                                 &explanation->arena, &why, &fault);
    if (status != STATUS_OK) {
        fail_fault(explanation, status, &fault);
        return;
    }
    reply.a = asked->a;
    reply.b = asked->b;
    reply.is_possible = why.possible;
    reply.is_dearer = why.dearer;
    reply.text = (char *)(why.text != NULL ? why.text : "");
    reply.costs = costs_of(&explanation->arena, why.costs, why.costs_count, &reply.n_costs);
    explanation->on_why_not(&reply, explanation->request);
    explanation_destroy(explanation);
}

void desk_serve_why_not(Arbiter__V1__Desk_Service *service, const Arbiter__V1__WhyNotRequest *input,
                        Arbiter__V1__WhyNotReply_Closure closure, void *request)
{
    struct explanation *explanation = explanation_create(&input->base, request);
    if (explanation == NULL)
        return;
    explanation->answer = answer_why_not;
    explanation->on_why_not = closure;
    ask_division(desk_of(service), explanation, input->division_id);
}

/* ---- a place in the standings ------------------------------------------------------------ */

/* What is looked at: a player's row, the one above it, and the record behind both. */
struct place {
    struct arena *arena;
    const Arbiter__V1__Division *division;
    const struct division_rows *rows;
    const struct record *record;
    const struct standing_table *table;
    const struct standing_row *row;
    const struct standing_row *above; /* NULL for the leader */
};

static const char *decided_by(struct place *place)
{
    char name[STANDING_TERM_TEXT_MAX];
    int decided = place->row->decided_by;
    const char *text = decided == STANDING_BY_SCORE  ? "points"
                       : decided == STANDING_BY_LOTS ? "lots"
                       : decided < 0                 ? ""
                                                     : NULL;
    if (text == NULL)
        text = arena_format(place->arena, "%s",
                            standing_term_text(&place->table->order[decided], name));
    return text != NULL ? text : "";
}

static enum status fill_terms(struct place *place, Arbiter__V1__ExplainStandingReply *reply)
{
    struct arena *arena = place->arena;
    int count = place->above != NULL ? place->table->order_count : 0;
    reply->against_above = arena_array(arena, (size_t)count, sizeof *reply->against_above);
    for (int i = 0; reply->against_above != NULL && i < count; i++) {
        const struct standing_term *term = &place->table->order[i];
        char texts[3][STANDING_TERM_TEXT_MAX];
        Arbiter__V1__TieBreakChange *pair = arena_alloc(arena, sizeof *pair);
        if (pair == NULL)
            return STATUS_FULL;
        arbiter__v1__tie_break_change__init(pair);
        pair->name = arena_format(arena, "%s", standing_term_text(term, texts[0]));
        pair->before = arena_format(arena, "%s",
                                    standing_value_text(term, &place->above->values[i], texts[1]));
        pair->after =
            arena_format(arena, "%s", standing_value_text(term, &place->row->values[i], texts[2]));
        reply->against_above[reply->n_against_above++] = pair;
    }
    return arena_full(arena) ? STATUS_FULL : STATUS_OK;
}

static const char *outcome_word(const struct record_result *result)
{
    static const char *const words[] = {"no result", "won", "drew", "lost"};
    return words[result->outcome];
}

static const char *bye_words(const struct place *place, int round)
{
    const char *player = place->division->entrants[place->row->player]->player_id;
    bool is_absence =
        record_result(place->record, place->row->player, round)->kind == RECORD_BYE_ZERO;
    return has_asked(place->division, round, player) ? "a round off that was asked for"
           : is_absence                              ? "not paired"
                                                     : "a bye";
}

static const char *game_sentence(struct place *place, int round)
{
    const struct record_result *result = record_result(place->record, place->row->player, round);
    int points = record_result_points_x10(place->record, result);
    const char *worth = arena_format(place->arena, "%d.%d points", points / 10, points % 10);
    const char *other =
        result->opponent >= 0 ? place->division->entrants[result->opponent]->player_id : "";
    if (result->kind == RECORD_NONE || result->kind == RECORD_ABSENT)
        return arena_format(place->arena, "round %d: not there, %s", round, worth);
    if (result->kind == RECORD_PENDING)
        return arena_format(place->arena, "round %d: against %s, not finished", round, other);
    if (result->opponent < 0)
        return arena_format(place->arena, "round %d: %s, %s", round, bye_words(place, round),
                            worth);
    return arena_format(place->arena, "round %d: %s against %s, %d–%d%s, %s", round,
                        outcome_word(result), other, result->own_score, result->other_score,
                        result->kind == RECORD_FORFEIT ? " by forfeit" : "", worth);
}

static enum status fill_games(struct place *place, Arbiter__V1__ExplainStandingReply *reply)
{
    int rounds = place->table->after_round;
    reply->games = arena_array(place->arena, (size_t)rounds, sizeof *reply->games);
    for (int round = 1; reply->games != NULL && round <= rounds; round++) {
        char *sentence = (char *)game_sentence(place, round);
        if (sentence == NULL)
            return STATUS_FULL;
        reply->games[reply->n_games++] = sentence;
    }
    return reply->games != NULL ? STATUS_OK : STATUS_FULL;
}

static void fill_outlook(struct place *place, Arbiter__V1__ExplainStandingReply *reply)
{
    struct standing_outlook *outlooks =
        arena_array(place->arena, (size_t)place->table->row_count, sizeof *outlooks);
    struct standing_future future = {.rounds_left =
                                         place->division->rounds - place->table->after_round};
    if (outlooks == NULL)
        return;
    standing_outlooks(place->record, place->table, &future, outlooks);
    reply->place_best = outlooks[place->row - place->table->rows].place_best;
    reply->place_worst = outlooks[place->row - place->table->rows].place_worst;
}

static enum status fill_place(struct place *place, Arbiter__V1__ExplainStandingReply *reply)
{
    Arbiter__V1__Standing *standing = division_rows_standing(place->arena, place->rows, place->row);
    if (standing == NULL)
        return STATUS_FULL;
    reply->division_id = place->division->division_id;
    reply->round = place->table->after_round;
    reply->standing = standing;
    reply->decided_by = (char *)decided_by(place);
    if (place->above != NULL)
        reply->above = place->division->entrants[place->above->player]->player_id;
    enum status status = fill_terms(place, reply);
    if (status == STATUS_OK)
        status = fill_games(place, reply);
    if (status == STATUS_OK)
        fill_outlook(place, reply);
    return status;
}

static enum status find_place(struct place *place, const char *player, struct fault *out_fault)
{
    int index = division_find_player(place->division, player);
    for (int i = 0; index >= 0 && i < place->table->row_count; i++)
        if (place->table->rows[i].player == index) {
            place->row = &place->table->rows[i];
            place->above = i > 0 ? &place->table->rows[i - 1] : NULL;
            return STATUS_OK;
        }
    return fault_set(out_fault, 0, 0, "'%s' is not in these standings", player);
}

static void answer_standing(struct explanation *explanation, const Arbiter__V1__Division *division)
{
    const Arbiter__V1__ExplainStandingRequest *asked =
        (const Arbiter__V1__ExplainStandingRequest *)explanation->asked;
    Arbiter__V1__ExplainStandingReply reply = ARBITER__V1__EXPLAIN_STANDING_REPLY__INIT;
    struct arena *arena = &explanation->arena;
    struct fault fault = {0};
    struct division_rows rows = {0};
    const struct format_division *format = NULL;
    enum status status = division_format(arena, division, NULL, &format);
    if (status == STATUS_OK)
        status = division_rows_make(arena, division, format, asked->round, &rows, &fault);
    struct place place = {.arena = arena,
                          .division = division,
                          .rows = &rows,
                          .record = rows.record,
                          .table = &rows.table};
    if (status == STATUS_OK)
        status = find_place(&place, asked->player, &fault);
    if (status == STATUS_OK)
        status = fill_place(&place, &reply);
    if (status != STATUS_OK) {
        fail_fault(explanation, status, &fault);
        return;
    }
    explanation->on_standing(&reply, explanation->request);
    explanation_destroy(explanation);
}

void desk_serve_explain_standing(Arbiter__V1__Desk_Service *service,
                                 const Arbiter__V1__ExplainStandingRequest *input,
                                 Arbiter__V1__ExplainStandingReply_Closure closure, void *request)
{
    struct explanation *explanation = explanation_create(&input->base, request);
    if (explanation == NULL)
        return;
    explanation->answer = answer_standing;
    explanation->on_standing = closure;
    ask_division(desk_of(service), explanation, input->division_id);
}
