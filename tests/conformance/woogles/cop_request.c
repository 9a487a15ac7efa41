/* Checks and reads pairing requests. */
#include "tests/conformance/woogles/cop_request.h"

#include "tests/conformance/woogles/woogles.h"

#include <stdlib.h>
#include <string.h>

static size_t length(const json_t *object, const char *key)
{
    return json_array_size(json_object_get(object, key));
}

static const json_t *row(const json_t *object, const char *key, size_t index)
{
    return json_array_get(json_object_get(object, key), index);
}

static int64_t cell(const json_t *array, size_t index)
{
    return woogles_value(json_array_get(array, index));
}

static bool has_open_player(const json_t *pairings)
{
    for (size_t i = 0; i < json_array_size(pairings); i++)
        if (cell(pairings, i) < 0)
            return true;
    return false;
}

static bool is_removed(const json_t *object, size_t player)
{
    for (size_t i = 0; i < length(object, "removed_players"); i++)
        if (cell(json_object_get(object, "removed_players"), i) == (int64_t)player)
            return true;
    return false;
}

static const char *players_check(const json_t *object)
{
    int64_t all = woogles_int(object, "all_players");
    if (all < 2 || woogles_int(object, "valid_players") < 2)
        return "PLAYER_COUNT_INSUFFICIENT";
    if (woogles_int(object, "rounds") < 1)
        return "ROUND_COUNT_INSUFFICIENT";
    if (all > REQUEST_PLAYERS_MAX)
        return "PLAYER_COUNT_TOO_LARGE";
    if (length(object, "player_names") != (size_t)all)
        return "PLAYER_NAME_COUNT_INSUFFICIENT";
    for (size_t i = 0; i < (size_t)all; i++)
        if (json_string_length(row(object, "player_names", i)) == 0)
            return "PLAYER_NAME_EMPTY";
    return NULL;
}

static const char *pairings_check(const json_t *object)
{
    size_t rounds = (size_t)woogles_int(object, "rounds");
    size_t all = (size_t)woogles_int(object, "all_players");
    size_t paired = length(object, "division_pairings");
    if (paired > rounds)
        return "MORE_PAIRINGS_THAN_ROUNDS";
    for (size_t r = 0; r < paired; r++) {
        const json_t *pairings = row(object, "division_pairings", r);
        if (json_array_size(pairings) != all)
            return "INVALID_ROUND_PAIRINGS_COUNT";
        for (size_t i = 0; i < all; i++) {
            int64_t opponent = cell(pairings, i);
            if (opponent < -1 || opponent >= (int64_t)all)
                return "PLAYER_INDEX_OUT_OF_BOUNDS";
            if (opponent == -1 && r + 1 < paired && !is_removed(object, i))
                return "UNPAIRED_PLAYER";
            if (opponent >= 0 && cell(pairings, (size_t)opponent) != (int64_t)i)
                return "INVALID_PAIRING";
        }
    }
    if (paired == rounds && !has_open_player(row(object, "division_pairings", paired - 1)))
        return "ALL_ROUNDS_PAIRED";
    return NULL;
}

static const char *results_check(const json_t *object)
{
    size_t results = length(object, "division_results");
    if (results > (size_t)woogles_int(object, "rounds"))
        return "MORE_RESULTS_THAN_ROUNDS";
    if (results > length(object, "division_pairings"))
        return "MORE_RESULTS_THAN_PAIRINGS";
    for (size_t r = 0; r < results; r++)
        if (json_array_size(row(object, "division_results", r)) !=
            (size_t)woogles_int(object, "all_players"))
            return "INVALID_ROUND_RESULTS_COUNT";
    return NULL;
}

static const char *classes_check(const json_t *object)
{
    if (length(object, "player_classes") != (size_t)woogles_int(object, "all_players"))
        return "INVALID_PLAYER_CLASS_COUNT";
    for (size_t i = 0; i < length(object, "player_classes"); i++) {
        int64_t number = cell(json_object_get(object, "player_classes"), i);
        if (number < 0 || number > (int64_t)length(object, "class_prizes"))
            return "INVALID_PLAYER_CLASS";
    }
    for (size_t i = 0; i < length(object, "class_prizes"); i++)
        if (cell(json_object_get(object, "class_prizes"), i) < 1)
            return "INVALID_CLASS_PRIZE";
    return NULL;
}

static bool is_share(const json_t *object, const char *key)
{
    double value = json_number_value(json_object_get(object, key));
    return value > 0 && value <= 1;
}

static const char *settings_check(const json_t *object)
{
    if (woogles_int(object, "gibson_spread") < 0)
        return "INVALID_GIBSON_SPREAD";
    if (!is_share(object, "control_loss_threshold"))
        return "INVALID_CONTROL_LOSS_THRESHOLD";
    if (!is_share(object, "hopefulness_threshold"))
        return "INVALID_HOPEFULNESS_THRESHOLD";
    if (woogles_int(object, "division_sims") < 1)
        return "INVALID_DIVISION_SIMS";
    if (woogles_int(object, "control_loss_sims") < 1)
        return "INVALID_CONTROL_LOSS_SIMS";
    if (woogles_int(object, "place_prizes") < 1 ||
        woogles_int(object, "place_prizes") > woogles_int(object, "all_players"))
        return "INVALID_PLACE_PRIZES";
    for (size_t i = 0; i < length(object, "removed_players"); i++) {
        int64_t player = cell(json_object_get(object, "removed_players"), i);
        if (player < 0 || player >= woogles_int(object, "all_players"))
            return "INVALID_REMOVED_PLAYER";
    }
    if (woogles_int(object, "valid_players") + (int64_t)length(object, "removed_players") !=
        woogles_int(object, "all_players"))
        return "INVALID_VALID_PLAYER_COUNT";
    if (woogles_int(object, "control_loss_activation_round") < 0)
        return "INVALID_CONTROL_LOSS_ACTIVATION_ROUND";
    return NULL;
}

const char *request_check(const json_t *object)
{
    const char *error = players_check(object);
    if (error == NULL)
        error = pairings_check(object);
    if (error == NULL)
        error = results_check(object);
    if (error == NULL && strcmp(woogles_text(object, "pair_method"), "COP") == 0)
        error = classes_check(object);
    if (error == NULL && strcmp(woogles_text(object, "pair_method"), "COP") == 0)
        error = settings_check(object);
    return error != NULL ? error : "SUCCESS";
}

/* One player's round. A bye whose spread is negative is a forfeit; the platform counts it as a bye
 * all the same. */
static void round_read(struct request *out, const json_t *pairings, const json_t *results,
                       int round, int player)
{
    struct pairing_player *row_out = &out->players[player];
    int opponent = (int)cell(pairings, (size_t)player);
    int score = (int)cell(results, (size_t)player);
    if (opponent < 0)
        return;
    if (opponent == player) {
        row_out->points += score > 0 ? 2 : score == 0 ? 1 : 0;
        row_out->spread += score;
        out->past[out->input.past_count++] = (struct pairing_past){
            .round_number = round + 1,
            .first = player,
            .second = PAIRING_NOBODY,
            .result_first = score > 0 ? PAIRING_RESULT_BYE : PAIRING_RESULT_FORFEIT_LOSS};
        return;
    }
    int other = (int)cell(results, (size_t)opponent);
    row_out->points += score > other ? 2 : score == other ? 1 : 0;
    row_out->spread += score - other;
    if (player < opponent)
        out->past[out->input.past_count++] =
            (struct pairing_past){.round_number = round + 1,
                                  .first = player,
                                  .second = opponent,
                                  .result_first = score > other   ? PAIRING_RESULT_WIN
                                                  : score < other ? PAIRING_RESULT_LOSS
                                                                  : PAIRING_RESULT_DRAW,
                                  .score_first = score,
                                  .score_second = other};
}

/* More points, more spread, then the higher index, as that platform has it. */
static bool stands_before(const struct request *request, int one, int other)
{
    const struct pairing_player *a = &request->players[one];
    const struct pairing_player *b = &request->players[other];
    if (a->points != b->points)
        return a->points > b->points;
    return a->spread != b->spread ? a->spread > b->spread : one > other;
}

static void ranks_fill(struct request *out)
{
    out->ranked = 0;
    for (int pass = 0; pass < 2; pass++) {
        int start = out->ranked;
        for (int i = 0; i < out->input.players_count; i++) {
            if ((out->players[i].state == PAIRING_WITHDRAWN) != (pass == 1))
                continue;
            int at = out->ranked++;
            while (at > start && stands_before(out, i, out->order[at - 1])) {
                out->order[at] = out->order[at - 1];
                at--;
            }
            out->order[at] = i;
        }
        if (pass == 0)
            for (int r = 0; r < out->ranked; r++)
                out->records[r] =
                    (struct cop_record){.half_wins = out->players[out->order[r]].points,
                                        .spread = out->players[out->order[r]].spread};
    }
    for (int r = 0; r < out->ranked; r++)
        out->players[out->order[r]].rank = r + 1;
    while (out->ranked > 0 && out->players[out->order[out->ranked - 1]].state == PAIRING_WITHDRAWN)
        out->ranked--;
}

static int millionths(const json_t *object, const char *key)
{
    return (int)(json_number_value(json_object_get(object, key)) * 1000000 + 0.5);
}

static enum pairing_method method_of(const char *name)
{
    static const struct {
        const char *name;
        enum pairing_method method;
    } names[] = {{"COP", PAIRING_COP},
                 {"PAIR_COP", PAIRING_COP},
                 {"PAIR_RANDOM", PAIRING_RANDOM},
                 {"PAIR_ROUND_ROBIN", PAIRING_ROUND_ROBIN},
                 {"PAIR_KING_OF_THE_HILL", PAIRING_KING_OF_THE_HILL},
                 {"PAIR_KOTH", PAIRING_KING_OF_THE_HILL},
                 {"PAIR_FACTOR", PAIRING_FACTOR},
                 {"PAIR_INITIAL_FONTES", PAIRING_FONTES},
                 {"PAIR_FONTES", PAIRING_FONTES},
                 {"PAIR_SWISS", PAIRING_SWISS},
                 {"PAIR_TEAM_ROUND_ROBIN", PAIRING_TEAM},
                 {"PAIR_INTERLEAVED_ROUND_ROBIN", PAIRING_INTERLEAVED}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].method;
    return PAIRING_COP;
}

static void policy_read(const json_t *object, struct request *out)
{
    enum pairing_method method = method_of(woogles_text(object, "pair_method"));
    out->policy = pairing_policy_default(method);
    out->policy.compat = PAIRING_COMPAT_LIWORDS;
    out->policy.factor = (int)woogles_int(object, "factor");
    out->policy.repeat_weight = 100;
    for (size_t i = 0; i < length(object, "class_prizes"); i++)
        out->class_prizes[i] = (int)cell(json_object_get(object, "class_prizes"), i);
    out->policy.cop = (struct pairing_cop){
        .place_prizes = (int)woogles_int(object, "place_prizes"),
        .class_prizes = out->class_prizes,
        .class_prizes_count = (int)length(object, "class_prizes"),
        .gibson_spread = (int)woogles_int(object, "gibson_spread"),
        .hopefulness_ppm = millionths(object, "hopefulness_threshold"),
        .control_loss_ppm = millionths(object, "control_loss_threshold"),
        .control_loss_from_round = (int)woogles_int(object, "control_loss_activation_round"),
        .division_simulations = (int)woogles_int(object, "division_sims"),
        .control_loss_simulations = (int)woogles_int(object, "control_loss_sims"),
        .repeat_byes_allowed = woogles_bool(object, "allow_repeat_byes"),
        .byes_from_the_top = woogles_bool(object, "top_down_byes")};
}

/* Pairs that the request gives for the round to be paired. */
static void fixed_read(const json_t *pairings, struct request *out)
{
    for (int i = 0; i < (int)json_array_size(pairings); i++) {
        int opponent = (int)cell(pairings, (size_t)i);
        if (opponent < i || out->players[i].state == PAIRING_WITHDRAWN)
            continue;
        out->fixed[out->input.fixed_count++] =
            (struct pairing_fixed){.first = i, .second = opponent == i ? PAIRING_NOBODY : opponent};
    }
}

void request_read(const json_t *object, struct request *out)
{
    memset(out, 0, sizeof *out);
    policy_read(object, out);
    size_t paired = length(object, "division_pairings");
    size_t results = length(object, "division_results");
    bool partial = paired > 0 && (has_open_player(row(object, "division_pairings", paired - 1)) &&
                                  paired > results);
    for (size_t i = 0; partial && i < length(object, "player_names"); i++)
        if (cell(row(object, "division_pairings", paired - 1), i) < 0 && !is_removed(object, i))
            break;
        else if (i + 1 == length(object, "player_names"))
            partial = false; /* only removed players are open: the round is complete */
    out->complete_rounds = (int)(partial ? paired - 1 : paired);
    out->input = (struct pairing_input){.players = out->players,
                                        .players_count = (int)length(object, "player_names"),
                                        .past = out->past,
                                        .fixed = out->fixed,
                                        .round_number = (int)results + 1,
                                        .rounds_total = (int)woogles_int(object, "rounds"),
                                        .seed = (uint64_t)woogles_int(object, "seed"),
                                        .policy = &out->policy};
    for (int i = 0; i < out->input.players_count; i++)
        out->players[i] = (struct pairing_player){
            .id = i,
            .seed = i + 1,
            .class_number = (int)cell(json_object_get(object, "player_classes"), (size_t)i),
            .state = is_removed(object, (size_t)i) ? PAIRING_WITHDRAWN : PAIRING_ACTIVE};
    for (size_t r = 0; r < results; r++)
        for (int i = 0; i < out->input.players_count; i++)
            round_read(out, row(object, "division_pairings", r), row(object, "division_results", r),
                       (int)r, i);
    /* Rounds paired without results count as meetings, but not as rounds behind us. */
    for (size_t r = results; results > 0 && r < (size_t)out->complete_rounds; r++) {
        const json_t *pairings = row(object, "division_pairings", r);
        for (int i = 0; i < out->input.players_count; i++) {
            int opponent = (int)cell(pairings, (size_t)i);
            if (opponent > i || opponent == i)
                out->past[out->input.past_count++] = (struct pairing_past){
                    .round_number = (int)results,
                    .first = i,
                    .second = opponent == i ? PAIRING_NOBODY : opponent,
                    .result_first = opponent == i ? PAIRING_RESULT_BYE : PAIRING_RESULT_OPEN};
        }
    }
    ranks_fill(out);
    if (partial)
        fixed_read(row(object, "division_pairings", paired - 1), out);
}

const char *request_pair(struct request *request, struct arena *arena)
{
    for (int i = 0; i < request->input.players_count; i++)
        request->response[i] = -1;
    enum status status = pairing_make(&request->input, arena, &request->output, &request->fault);
    if (status != STATUS_OK)
        return status_name(status);
    if (request->output.verdict != PAIRING_MADE)
        return "OVERCONSTRAINED";
    for (int i = 0; i < request->output.pairs_count; i++) {
        const struct pairing_pair *pair = &request->output.pairs[i];
        request->response[pair->first] = pair->second;
        request->response[pair->second] = pair->first;
    }
    for (int i = 0; i < request->output.rests_count; i++) {
        const struct pairing_rest *rest = &request->output.rests[i];
        if (rest->kind == PAIRING_REST_BYE || rest->kind == PAIRING_REST_REQUESTED)
            request->response[rest->player] = rest->player;
    }
    return "SUCCESS";
}

struct cop_setting request_setting(const struct request *request)
{
    const struct pairing_cop *policy = &request->policy.cop;
    return (struct cop_setting){.players = request->ranked,
                                .records = request->records,
                                .rounds_left =
                                    request->input.rounds_total - request->complete_rounds,
                                .place_prizes = policy->place_prizes,
                                .gibson_spread = policy->gibson_spread,
                                .hopefulness_ppm = policy->hopefulness_ppm,
                                .control_loss_ppm = policy->control_loss_ppm,
                                .simulations = policy->division_simulations,
                                .control_simulations = policy->control_loss_simulations,
                                .seed = request->input.seed};
}
