/* The division's life: players, pairings, results. Standings are in division_standings.c. */
#include "tests/conformance/woogles/division.h"

#include "orchestrator/pairing/bracket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int division_find(const struct division *division, const char *id)
{
    for (int i = 0; i < division->players_count; i++)
        if (strcmp(division->players[i].id, id) == 0)
            return i;
    return DIVISION_NONE;
}

struct division_pairing *division_pairing_of(struct division *division, int round, int player)
{
    int index = division->matrix[round][player];
    return index == DIVISION_NONE ? NULL : &division->pairings[index];
}

static bool is_independent(const struct division *division, int round)
{
    enum pairing_method method = division->controls[round].method;
    return pairing_method_needs_no_results(method) || method == PAIRING_RANDOM;
}

static const char *elimination_check(const struct division *division)
{
    int eliminations = 0;
    for (int r = 0; r < division->rounds; r++)
        eliminations += division->controls[r].method == PAIRING_ELIMINATION;
    if (eliminations == 0)
        return NULL;
    if (eliminations < division->rounds)
        return "TOURNAMENT_ELIMINATION_PAIRINGS_MIX";
    if (division->rounds > 20 || division->players_count != 1 << division->rounds)
        return "TOURNAMENT_INVALID_ELIMINATION_PLAYERS";
    return NULL;
}

static const char *fontes_check(struct division *division)
{
    int fontes = 0;
    while (fontes < division->rounds && division->controls[fontes].method == PAIRING_FONTES)
        fontes++;
    for (int r = fontes; r < division->rounds; r++)
        if (division->controls[r].method == PAIRING_FONTES)
            return "TOURNAMENT_DISCONTINUOUS_INITIAL_FONTES";
    if (fontes > 0 && fontes % 2 == 0)
        return "TOURNAMENT_INVALID_INITIAL_FONTES_ROUNDS";
    for (int r = 0; r < division->rounds; r++)
        division->controls[r].initial_fontes = fontes;
    return NULL;
}

/* Before the start: everything that can be paired is, anew. */
static const char *prepair(struct division *division)
{
    division->pairings_count = 0;
    for (int r = 0; r < division->rounds; r++)
        division_clear(division, r);
    if (division->players_count == 0)
        return NULL;
    for (int r = 0; r < division->rounds; r++) {
        if (division->controls[r].method == PAIRING_MANUAL ||
            (r > 0 && !is_independent(division, r)))
            continue;
        const char *error = division_pair(division, r, false);
        if (error != NULL)
            return error;
    }
    return NULL;
}

const char *division_set_controls(struct division *division)
{
    if (division->rounds == 0)
        return "TOURNAMENT_EMPTY_ROUND_CONTROLS";
    const char *error = elimination_check(division);
    if (error == NULL)
        error = fontes_check(division);
    for (int r = 0; r < division->rounds && error == NULL; r++) {
        const struct division_control *control = &division->controls[r];
        bool weighs = control->method == PAIRING_SWISS || control->method == PAIRING_FACTOR;
        if (weighs && control->max_repeats == 0 && !control->allow_over_max_repeats)
            error = "TOURNAMENT_INVALID_SWISS";
        else if (control->games_per_round <= 0)
            error = "TOURNAMENT_ZERO_GAMES_PER_ROUND";
    }
    return error != NULL ? error : prepair(division);
}

static int by_rating(const void *one, const void *other)
{
    const struct division_player *a = one;
    const struct division_player *b = other;
    return (a->rating < b->rating) - (a->rating > b->rating);
}

static struct division_pairing *pairing_new(struct division *division, int round, int one,
                                            int other)
{
    if (division->pairings_count == DIVISION_PAIRINGS_MAX)
        abort();
    int index = division->pairings_count++;
    struct division_pairing *pairing = &division->pairings[index];
    *pairing = (struct division_pairing){.players = {one, other}};
    int games = division->controls[round].games_per_round;
    pairing->games_count = games < DIVISION_GAMES_MAX ? games : DIVISION_GAMES_MAX;
    for (int g = 0; g < pairing->games_count; g++)
        snprintf(pairing->games[g].reason, DIVISION_NAME_MAX, "NONE");
    division->matrix[round][one] = index;
    division->matrix[round][other] = index;
    return pairing;
}

/* A round without an opponent: what the result is worth in spread is its own score. */
static void rest_new(struct division *division, int round, int player, enum division_result result)
{
    bool suspended = division->players[player].suspended || result == RESULT_FORFEIT_LOSS;
    struct division_pairing *pairing = pairing_new(division, round, player, player);
    int spread = suspended ? division->settings.suspended_spread : result == RESULT_VOID ? 0 : 50;
    pairing->games_count = 1;
    pairing->games[0].scores[0] = spread;
    for (int i = 0; i < 2; i++) {
        pairing->games[0].results[i] = result;
        pairing->outcomes[i] = result;
    }
}

const char *division_add(struct division *division, const struct division_player *players,
                         int count)
{
    bool started = division->current >= 0;
    if (started && division->current == division->rounds - 1)
        return "TOURNAMENT_ADD_PLAYERS_LAST_ROUND";
    for (int i = 0; i < count; i++) {
        int index = division_find(division, players[i].id);
        bool returns = index != DIVISION_NONE;
        if (returns && !division->players[index].suspended)
            return "TOURNAMENT_PLAYER_ALREADY_EXISTS";
        if (!returns)
            index = division->players_count++;
        if (!returns) {
            division->players[index] = players[i];
            for (int r = 0; r < DIVISION_ROUNDS_MAX; r++)
                division->matrix[r][index] = DIVISION_NONE;
        }
        division->players[index].suspended = false;
        for (int r = 0; started && r <= division->current; r++)
            if (division->matrix[r][index] == DIVISION_NONE)
                rest_new(division, r, index, division->settings.suspended_result);
    }
    if (!started) {
        qsort(division->players, (size_t)division->players_count, sizeof *division->players,
              by_rating);
        return division->rounds > 0 ? prepair(division) : NULL;
    }
    const char *error = NULL;
    for (int r = division->current + 1; r < division->rounds && error == NULL; r++)
        if ((r == division->current + 1 || is_independent(division, r)) &&
            division->controls[r].method != PAIRING_MANUAL)
            error = division_pair(division, r, false);
    return error;
}

const char *division_remove(struct division *division, const int *players, int count)
{
    if (division->current < 0) {
        for (int i = 0; i < count; i++)
            division->players[players[i]].suspended = true;
        int kept = 0;
        for (int i = 0; i < division->players_count; i++)
            if (!division->players[i].suspended)
                division->players[kept++] = division->players[i];
        division->players_count = kept;
        return prepair(division);
    }
    int active = 0;
    for (int i = 0; i < division->players_count; i++)
        active += !division->players[i].suspended;
    if (active <= count)
        return "TOURNAMENT_REMOVAL_CREATES_EMPTY_DIVISION";
    for (int i = 0; i < count; i++)
        division->players[players[i]].suspended = true;
    const char *error = NULL;
    for (int r = division->current + 1; r < division->rounds && error == NULL; r++)
        if ((r == division->current + 1 || is_independent(division, r)) &&
            division->controls[r].method != PAIRING_MANUAL)
            error = division_pair(division, r, false);
    return error;
}

void division_clear(struct division *division, int round)
{
    for (int i = 0; i < DIVISION_PLAYERS_MAX; i++)
        division->matrix[round][i] = DIVISION_NONE;
}

/* Takes a player's pairing away, for his opponent too. */
static void unpair(struct division *division, int round, int player)
{
    const struct division_pairing *old = division_pairing_of(division, round, player);
    if (old == NULL)
        return;
    for (int i = 0; i < 2; i++)
        if (old->players[i] != DIVISION_NONE)
            division->matrix[round][old->players[i]] = DIVISION_NONE;
    division->matrix[round][player] = DIVISION_NONE;
}

static enum pairing_result past_result(enum division_result result)
{
    switch (result) {
    case RESULT_WIN:
        return PAIRING_RESULT_WIN;
    case RESULT_LOSS:
    case RESULT_ELIMINATED:
        return PAIRING_RESULT_LOSS;
    case RESULT_DRAW:
        return PAIRING_RESULT_DRAW;
    case RESULT_BYE:
        return PAIRING_RESULT_BYE;
    case RESULT_FORFEIT_WIN:
        return PAIRING_RESULT_FORFEIT_WIN;
    case RESULT_FORFEIT_LOSS:
        return PAIRING_RESULT_FORFEIT_LOSS;
    case RESULT_VOID:
        return PAIRING_RESULT_VOID;
    case RESULT_NONE:
        break;
    }
    return PAIRING_RESULT_OPEN;
}

/* The rows of all rounds before `round`. */
static int past_rows(struct division *division, int round, struct pairing_past *out)
{
    int count = 0;
    for (int r = 0; r < round; r++)
        for (int i = 0; i < division->players_count; i++) {
            const struct division_pairing *pairing = division_pairing_of(division, r, i);
            if (pairing == NULL || pairing->players[0] != i)
                continue;
            bool rest = pairing->players[1] == i;
            out[count++] =
                (struct pairing_past){.round_number = r + 1,
                                      .first = i,
                                      .second = rest ? PAIRING_NOBODY : pairing->players[1],
                                      .result_first = past_result(pairing->outcomes[0]),
                                      .result_second = past_result(pairing->outcomes[1]),
                                      .score_first = pairing->games[0].scores[0],
                                      .score_second = pairing->games[0].scores[1]};
        }
    return count;
}

struct job {
    struct pairing_player players[DIVISION_PLAYERS_MAX];
    struct pairing_past past[DIVISION_ROUNDS_MAX * DIVISION_PLAYERS_MAX];
    struct pairing_fixed fixed[DIVISION_PLAYERS_MAX];
    struct pairing_policy policy;
    struct pairing_input input;
    struct pairing_output output;
    struct fault fault;
};

static struct job job;

static void policy_fill(const struct division *division, int round)
{
    const struct division_control *control = &division->controls[round];
    const struct division_settings *settings = &division->settings;
    enum pairing_method method =
        control->method == PAIRING_ELIMINATION ? PAIRING_KING_OF_THE_HILL : control->method;
    job.policy = pairing_policy_default(method);
    job.policy.compat = PAIRING_COMPAT_LIWORDS;
    job.policy.first = pairing_method_needs_no_results(method) && method != PAIRING_FONTES
                           ? PAIRING_FIRST_TABLE
                           : control->first;
    job.policy.bye_rank_min = settings->maximum_bye_placement + 1;
    job.policy.repeats_max = control->max_repeats + (method == PAIRING_AUSTRALIAN ? 1 : 0);
    job.policy.repeats_over_allowed = control->allow_over_max_repeats;
    job.policy.repeat_weight = control->repeat_relative_weight;
    job.policy.win_weight = control->win_difference_relative_weight;
    job.policy.legs = control->games_per_round;
    job.policy.factor = control->factor;
    job.policy.fontes_rounds = control->initial_fontes;
    job.policy.reset_round = control->reset_round + 1;
    job.policy.forfeits_meet = true;
    job.policy.gibson = (struct pairing_gibson){.enabled = settings->gibsonize,
                                                .spread_per_round = settings->gibson_spread,
                                                .place_min = settings->minimum_placement + 1};
}

/* Fills players in the standing before `round`; in elimination rounds only the first `n >> round`
 * still play. */
static void players_fill(struct division *division, int round)
{
    static struct division_standing standings[DIVISION_PLAYERS_MAX];
    int before = (round > 1 ? round : 1) - 1;
    int count = division_standings(division, before, standings);
    int last = count;
    for (int i = 0; i < division->players_count; i++)
        job.players[i] = (struct pairing_player){
            .id = i,
            .seed = i + 1,
            .name = division->players[i].id,
            .rating = division->players[i].rating,
            .state = division->players[i].suspended ? PAIRING_SUSPENDED : PAIRING_ACTIVE};
    for (int place = 0; place < count; place++) {
        const struct division_standing *standing = &standings[place];
        struct pairing_player *player = &job.players[standing->player];
        player->rank = place + 1;
        player->points = 2 * standing->wins + standing->draws;
        player->spread = standing->spread;
        if (division->controls[round].method == PAIRING_ELIMINATION &&
            place >= division->players_count >> round)
            player->state = PAIRING_WITHDRAWN;
    }
    for (int i = 0; i < division->players_count; i++)
        if (job.players[i].rank == 0)
            job.players[i].rank = ++last;
}

static const char *job_run(struct division *division, int round)
{
    job.input = (struct pairing_input){.players = job.players,
                                       .players_count = division->players_count,
                                       .past = job.past,
                                       .past_count = past_rows(division, round, job.past),
                                       .fixed = job.fixed,
                                       .fixed_count = job.input.fixed_count,
                                       .round_number = round + 1,
                                       .rounds_total = division->rounds,
                                       .seed = division->seed,
                                       .policy = &job.policy};
    enum status status = pairing_make(&job.input, &division->arena, &job.output, &job.fault);
    if (status != STATUS_OK)
        return "PAIRING_FAILURE";
    return job.output.verdict == PAIRING_MADE ? NULL : "PROHIBITIVE_WEIGHT";
}

static void output_take(struct division *division, int round)
{
    for (int i = 0; i < job.output.pairs_count; i++) {
        const struct pairing_pair *pair = &job.output.pairs[i];
        (void)pairing_new(division, round, pair->first, pair->second);
    }
    for (int i = 0; i < job.output.rests_count; i++) {
        const struct pairing_rest *rest = &job.output.rests[i];
        switch (rest->kind) {
        case PAIRING_REST_BYE:
        case PAIRING_REST_REQUESTED:
        case PAIRING_REST_OPPONENT_AWAY:
            rest_new(division, round, rest->player, RESULT_BYE);
            break;
        case PAIRING_REST_SUSPENDED:
            rest_new(division, round, rest->player, division->settings.suspended_result);
            break;
        case PAIRING_REST_WITHDRAWN: {
            struct division_pairing *out = pairing_new(division, round, rest->player, rest->player);
            *out = (struct division_pairing){.players = {DIVISION_NONE, DIVISION_NONE},
                                             .outcomes = {RESULT_ELIMINATED, RESULT_ELIMINATED}};
            break;
        }
        case PAIRING_REST_ABSENT:
        case PAIRING_REST_NOT_YET:
        case PAIRING_REST_ELIMINATED:
        case PAIRING_REST_WAITING:
        case PAIRING_REST_UNPAIRED:
            break;
        }
    }
}

const char *division_pair(struct division *division, int round, bool preserve_byes)
{
    if (round < 0 || round >= division->rounds)
        return "TOURNAMENT_ROUND_NUMBER_OUT_OF_RANGE";
    policy_fill(division, round);
    players_fill(division, round);
    job.input.fixed_count = 0;
    for (int i = 0; preserve_byes && i < division->players_count; i++) {
        const struct division_pairing *old = division_pairing_of(division, round, i);
        if (old != NULL && old->players[0] == old->players[1] && !division->players[i].suspended)
            job.fixed[job.input.fixed_count++] =
                (struct pairing_fixed){.first = i, .second = PAIRING_NOBODY};
    }
    division_clear(division, round);
    const char *error = job_run(division, round);
    if (error == NULL)
        output_take(division, round);
    arena_reset(&division->arena);
    return error;
}

const char *division_set_pairing(struct division *division, int round, int one, int other,
                                 enum division_result self_result)
{
    if (round < 0 || round >= division->rounds)
        return "TOURNAMENT_ROUND_NUMBER_OUT_OF_RANGE";
    if (one == DIVISION_NONE || other == DIVISION_NONE)
        return "TOURNAMENT_NONEXISTENT_PLAYER";
    unpair(division, round, one);
    unpair(division, round, other);
    if (one == other) {
        bool suspended = division->players[one].suspended;
        enum division_result result = self_result != RESULT_NONE ? self_result
                                      : suspended ? division->settings.suspended_result
                                                  : RESULT_BYE;
        rest_new(division, round, one, result);
        return NULL;
    }
    policy_fill(division, round);
    players_fill(division, round);
    job.policy.method = PAIRING_MANUAL;
    job.fixed[0] = (struct pairing_fixed){.first = one, .second = other};
    job.input.fixed_count = 1;
    for (int i = 0; i < division->players_count; i++)
        job.players[i].state = PAIRING_ACTIVE;
    const char *error = job_run(division, round);
    if (error == NULL) {
        const struct pairing_pair *pair = &job.output.pairs[0];
        struct division_pairing *made = pairing_new(division, round, pair->first, pair->second);
        for (int i = 0; i < 2; i++) {
            if (!division->players[made->players[i]].suspended)
                continue;
            made->outcomes[i] = RESULT_FORFEIT_LOSS;
            made->outcomes[1 - i] = RESULT_FORFEIT_WIN;
        }
    }
    arena_reset(&division->arena);
    return error;
}

bool division_round_complete(struct division *division, int round)
{
    for (int i = 0; i < division->players_count; i++) {
        const struct division_pairing *pairing = division_pairing_of(division, round, i);
        if (pairing == NULL || pairing->outcomes[0] == RESULT_NONE ||
            pairing->outcomes[1] == RESULT_NONE)
            return false;
    }
    return true;
}

bool division_finished(struct division *division)
{
    for (int r = 0; r < division->rounds; r++)
        if (!division_round_complete(division, r))
            return false;
    return true;
}

static bool is_ready(struct division *division, int round)
{
    if (round >= division->rounds)
        return false;
    for (int i = 0; i < division->players_count; i++)
        if (division_pairing_of(division, round, i) == NULL)
            return false;
    for (int r = 0; r < round; r++)
        if (!division_round_complete(division, r))
            return false;
    return true;
}

const char *division_start_round(struct division *division)
{
    if (division->current + 1 >= division->rounds)
        return "TOURNAMENT_NOT_STARTABLE";
    if (!is_ready(division, division->current + 1))
        return "TOURNAMENT_ROUND_NOT_READY";
    division->current++;
    return NULL;
}

static bool may_come_early(enum division_result result)
{
    return result == RESULT_BYE || result == RESULT_FORFEIT_WIN || result == RESULT_FORFEIT_LOSS ||
           result == RESULT_VOID;
}

/* The rules of the other platform, in its order. */
static const char *submission_check(struct division *division,
                                    const struct division_submission *what)
{
    if (what->round < division->current && !what->amend)
        return "TOURNAMENT_NONAMENDMENT_PAST_RESULT";
    if (what->round > division->current &&
        !(may_come_early(what->results[0]) && may_come_early(what->results[1])))
        return "TOURNAMENT_FUTURE_NONBYE_RESULT";
    const struct division_pairing *pairing = division_pairing_of(division, what->round, what->one);
    if (pairing == NULL || division_pairing_of(division, what->round, what->other) == NULL)
        return "TOURNAMENT_NIL_PLAYER_PAIRING";
    if (pairing != division_pairing_of(division, what->round, what->other) ||
        (pairing->players[0] != DIVISION_NONE && what->one == what->other &&
         pairing->players[0] != pairing->players[1]))
        return "TOURNAMENT_NONOPPONENTS";
    if ((what->results[0] == RESULT_VOID) != (what->results[1] == RESULT_VOID))
        return "TOURNAMENT_MIXED_VOID_AND_NONVOID_RESULTS";
    if (pairing->players[0] == DIVISION_NONE)
        return "TOURNAMENT_UNINITIALIZED_GAMES";
    bool elimination = division->controls[what->round].method == PAIRING_ELIMINATION;
    if (elimination && what->game_index >= division->controls[what->round].games_per_round &&
        what->game_index != pairing->games_count)
        return "TOURNAMENT_TIEBREAK_INVALID_GAME_INDEX";
    if (!elimination && what->game_index >= pairing->games_count)
        return "TOURNAMENT_GAME_INDEX_OUT_OF_RANGE";
    if (!what->amend && what->game_index < pairing->games_count &&
        (pairing->outcomes[0] != RESULT_NONE || pairing->outcomes[1] != RESULT_NONE ||
         pairing->games[what->game_index].results[0] != RESULT_NONE))
        return "TOURNAMENT_RESULT_ALREADY_SUBMITTED";
    return NULL;
}

/* On time the loser keeps what he has, less 50; if he was not behind, 50 less than the winner. */
static void time_penalty(struct division_game *game)
{
    int loser = game->results[0] == RESULT_LOSS ? 0 : 1;
    int winner = 1 - loser;
    if (game->results[loser] != RESULT_LOSS)
        return;
    if (game->scores[loser] < game->scores[winner])
        game->scores[loser] -= 50;
    else
        game->scores[loser] = game->scores[winner] - 50;
}

static int half_points(enum division_result result)
{
    switch (result) {
    case RESULT_WIN:
    case RESULT_BYE:
    case RESULT_FORFEIT_WIN:
        return 2;
    case RESULT_DRAW:
        return 1;
    case RESULT_NONE:
    case RESULT_LOSS:
    case RESULT_FORFEIT_LOSS:
    case RESULT_ELIMINATED:
    case RESULT_VOID:
        break;
    }
    return 0;
}

static void elimination_decide(struct division_pairing *pairing, int games_per_round)
{
    struct bracket_score score = {.games_per_round = games_per_round};
    for (int g = 0; g < pairing->games_count; g++) {
        const struct division_game *game = &pairing->games[g];
        score.games += game->results[0] != RESULT_NONE;
        for (int i = 0; i < 2; i++)
            score.half_points[i] += half_points(game->results[i]);
        score.spread += game->scores[0] - game->scores[1];
    }
    int winner = bracket_winner(&score);
    pairing->outcomes[0] = winner < 0 ? RESULT_NONE : winner == 0 ? RESULT_WIN : RESULT_ELIMINATED;
    pairing->outcomes[1] = winner < 0 ? RESULT_NONE : winner == 1 ? RESULT_WIN : RESULT_ELIMINATED;
}

const char *division_submit(struct division *division, const struct division_submission *what)
{
    if (what->round < 0 || what->round >= division->rounds)
        return "TOURNAMENT_ROUND_NUMBER_OUT_OF_RANGE";
    if (what->one == DIVISION_NONE || what->other == DIVISION_NONE)
        return "TOURNAMENT_NONEXISTENT_PLAYER";
    const char *error = submission_check(division, what);
    if (error != NULL)
        return error;
    bool was_complete = division_round_complete(division, what->round);
    struct division_pairing *pairing = division_pairing_of(division, what->round, what->one);
    if (what->game_index >= pairing->games_count)
        pairing->games_count = what->game_index + 1;
    struct division_game *game = &pairing->games[what->game_index];
    int turned = pairing->players[0] == what->one ? 0 : 1;
    for (int i = 0; i < 2; i++) {
        game->scores[i] = what->scores[i ^ turned];
        game->results[i] = what->results[i ^ turned];
    }
    snprintf(game->reason, sizeof game->reason, "%s", what->reason);
    if (strcmp(what->reason, "TIME") == 0)
        time_penalty(game);
    const struct division_control *control = &division->controls[what->round];
    if (control->method == PAIRING_ELIMINATION)
        elimination_decide(pairing, control->games_per_round);
    else
        for (int i = 0; i < 2; i++)
            pairing->outcomes[i] = game->results[i];
    if (was_complete || what->amend || !division_round_complete(division, what->round) ||
        what->round != division->current || what->round + 1 >= division->rounds)
        return NULL;
    if (!is_independent(division, what->round + 1) &&
        division->controls[what->round + 1].method != PAIRING_MANUAL)
        error = division_pair(division, what->round + 1, false);
    if (error == NULL && division->settings.auto_start && is_ready(division, division->current + 1))
        division->current++;
    return error;
}
