/* Rows of a division as a record, and as an input for pairing. */
#include "orchestrator/division_record.h"

#include <string.h>

#include "base/hash.h"
#include "orchestrator/division_classes.h"

int division_find_player(const Arbiter__V1__Division *division, const char *player_id)
{
    for (size_t i = 0; i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->player_id, player_id) == 0)
            return (int)i;
    return -1;
}

static bool has_row(const Arbiter__V1__Division *division, const char *player_id)
{
    for (size_t i = 0; i < division->n_pairings; i++)
        if (strcmp(division->pairings[i]->first, player_id) == 0 ||
            strcmp(division->pairings[i]->second, player_id) == 0)
            return true;
    return false;
}

static bool is_player(const Arbiter__V1__Division *division, const Arbiter__V1__Entrant *entrant)
{
    bool is_out =
        strcmp(entrant->status, "waiting") == 0 || strcmp(entrant->status, "withdrawn") == 0;
    return !is_out || has_row(division, entrant->player_id);
}

static bool is_of_season(const Arbiter__V1__Division *division, const Arbiter__V1__Entrant *entrant)
{
    (void)division; /* its rounds are being made: rows say nothing yet */
    bool was_out = strcmp(entrant->status, "waiting") == 0 ||
                   (strcmp(entrant->status, "withdrawn") == 0 && entrant->to_round == 0);
    return !was_out && entrant->from_round <= 1;
}

static const Arbiter__V1__Division *only(struct arena *arena, const Arbiter__V1__Division *division,
                                         bool (*is_in)(const Arbiter__V1__Division *division,
                                                       const Arbiter__V1__Entrant *entrant))
{
    Arbiter__V1__Division *copy = arena_alloc(arena, sizeof *copy);
    Arbiter__V1__Entrant **entrants =
        arena_array(arena, division->n_entrants + 1, sizeof *entrants);
    if (copy == NULL || entrants == NULL)
        return NULL;
    *copy = *division;
    copy->entrants = entrants;
    copy->n_entrants = 0;
    for (size_t i = 0; i < division->n_entrants; i++)
        if (is_in(division, division->entrants[i]))
            entrants[copy->n_entrants++] = division->entrants[i];
    return copy;
}

const Arbiter__V1__Division *division_of_players(struct arena *arena,
                                                 const Arbiter__V1__Division *division)
{
    return only(arena, division, is_player);
}

const Arbiter__V1__Division *division_of_season(struct arena *arena,
                                                const Arbiter__V1__Division *division)
{
    return only(arena, division, is_of_season);
}

/* Players of a pairing as indices; a bye has nobody second. */
struct seats {
    int first;
    int second;
};

static enum status find_seats(const Arbiter__V1__Division *division,
                              const Arbiter__V1__BoardPairing *pairing, struct seats *out_seats)
{
    out_seats->first = division_find_player(division, pairing->first);
    out_seats->second =
        pairing->second[0] != '\0' ? division_find_player(division, pairing->second) : -1;
    bool is_known = out_seats->first >= 0 && (pairing->second[0] == '\0' || out_seats->second >= 0);
    return is_known ? STATUS_OK : STATUS_DATA_LOSS;
}

static bool is_void(const Arbiter__V1__BoardPairing *pairing)
{
    return strcmp(pairing->status, "void") == 0;
}

/* ---- the record -------------------------------------------------------------------------- */

static const struct {
    const char *kind;
    enum record_kind record;
    enum record_outcome outcome;
} byes[] = {
    {"bye", RECORD_BYE_PAIRING, RECORD_WIN},
    {"half_bye", RECORD_BYE_HALF, RECORD_DRAW},
    {"zero_bye", RECORD_BYE_ZERO, RECORD_LOSS},
    {"requested_bye", RECORD_BYE_HALF, RECORD_DRAW},
};

static void record_bye(const Arbiter__V1__BoardPairing *pairing, struct record_result *result)
{
    result->kind = RECORD_BYE_PAIRING;
    result->outcome = RECORD_WIN;
    for (size_t i = 0; i < COUNT_OF(byes); i++)
        if (strcmp(byes[i].kind, pairing->kind) == 0) {
            result->kind = byes[i].record;
            result->outcome = byes[i].outcome;
        }
    if (strcmp(pairing->outcome, "second") == 0) { /* counts as a loss: the absent player's */
        result->outcome = RECORD_LOSS;
        result->points_override = true;
    }
    result->opponent = RECORD_NOBODY;
    result->own_score = pairing->first_score;
    result->other_score = pairing->second_score;
    result->has_scores = true;
}

static enum record_outcome outcome_of(const char *outcome, bool is_first)
{
    if (strcmp(outcome, "draw") == 0)
        return RECORD_DRAW;
    if (strcmp(outcome, is_first ? "first" : "second") == 0)
        return RECORD_WIN;
    return outcome[0] != '\0' ? RECORD_LOSS : RECORD_OUTCOME_NONE;
}

static enum record_outcome outcome_for(const Arbiter__V1__BoardPairing *pairing, bool is_first)
{
    return outcome_of(pairing->outcome, is_first);
}

/* Nobody moved: the two have not met. */
static bool is_forfeited(const Arbiter__V1__BoardPairing *pairing)
{
    return strcmp(pairing->kind, "forfeit") == 0 || strcmp(pairing->outcome, "double_forfeit") == 0;
}

static void record_seat(const Arbiter__V1__BoardPairing *pairing, struct seats seats, bool is_first,
                        struct record_result *result)
{
    bool is_forfeit = is_forfeited(pairing);
    bool is_final = pairing->outcome[0] != '\0';
    result->opponent = is_first ? seats.second : seats.first;
    result->board = (uint16_t)pairing->board;
    result->side = is_first ? RECORD_FIRST : RECORD_SECOND;
    result->kind = !is_final ? RECORD_PENDING : is_forfeit ? RECORD_FORFEIT : RECORD_PLAYED;
    result->outcome = outcome_for(pairing, is_first);
    result->own_score = is_first ? pairing->first_score : pairing->second_score;
    result->other_score = is_first ? pairing->second_score : pairing->first_score;
    result->has_scores = is_final;
}

/* The games of a match, from the view of whoever comes first among the entrants. */
static void record_match(struct record *record, const Arbiter__V1__BoardPairing *pairing,
                         struct seats seats)
{
    bool is_first = seats.first < seats.second;
    for (size_t i = 0; i < pairing->n_games; i++) {
        const Arbiter__V1__MatchGame *game = pairing->games[i];
        bool is_over = strcmp(game->status, "final") == 0;
        bool first_moves = strcmp(game->starts, pairing->first) == 0;
        record->match_games[record->match_game_count++] = (struct record_match_game){
            .player = is_first ? seats.first : seats.second,
            .round = pairing->round,
            .own_score = is_first ? game->first_score : game->second_score,
            .other_score = is_first ? game->second_score : game->first_score,
            .outcome = (uint8_t)(is_over ? outcome_of(game->outcome, is_first) : 0),
            .other_outcome = (uint8_t)(is_over ? outcome_of(game->outcome, !is_first) : 0),
            .side = first_moves == is_first ? RECORD_FIRST : RECORD_SECOND,
            .has_scores = is_over,
            .is_void = strcmp(game->status, "void") == 0,
        };
    }
}

static enum status record_pairing(struct record *record, const Arbiter__V1__Division *division,
                                  const Arbiter__V1__BoardPairing *pairing)
{
    struct seats seats;
    enum status status = find_seats(division, pairing, &seats);
    if (status != STATUS_OK)
        return status;
    struct record_result *first = record_result(record, seats.first, pairing->round);
    if (seats.second < 0) {
        record_bye(pairing, first);
        return STATUS_OK;
    }
    record_seat(pairing, seats, true, first);
    record_seat(pairing, seats, false, record_result(record, seats.second, pairing->round));
    record_match(record, pairing, seats);
    return STATUS_OK;
}

static enum status make_room(struct arena *arena, const Arbiter__V1__Division *division,
                             struct record *record)
{
    size_t count = 0;
    for (size_t i = 0; i < division->n_pairings; i++)
        count += division->pairings[i]->n_games;
    record->match_games = arena_array(arena, count + 1, sizeof *record->match_games);
    record->requests = arena_array(arena, division->n_pairings + division->n_entrants + 1,
                                   sizeof *record->requests); /* those of division_file.c, too */
    return record->match_games != NULL && record->requests != NULL ? STATUS_OK : STATUS_FULL;
}

/* The last round that has been paired. Rows beyond it are settled beforehand: rounds off that were
 * asked for, pairs of a director's. */
static int last_round_of(const Arbiter__V1__Division *division)
{
    int last = 0;
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        bool is_beforehand = pairing->round > division->round && division_is_settled(pairing);
        if (!is_beforehand && pairing->round > last)
            last = pairing->round;
    }
    return last;
}

static void record_entrant(const Arbiter__V1__Entrant *entrant, struct record_player *player)
{
    player->number = entrant->seed;
    player->name = entrant->name;
    player->id = entrant->player_id;
    player->rating = (int)entrant->rating;
    player->class_id = entrant->class_;
    player->entry_round = entrant->from_round > 0 ? entrant->from_round : 1;
    player->withdrawn_after = entrant->to_round;
}

enum status division_to_record(struct arena *arena, const Arbiter__V1__Division *division,
                               struct record **out_record)
{
    return division_to_longer_record(arena, division, 1, out_record);
}

enum status division_to_longer_record(struct arena *arena, const Arbiter__V1__Division *division,
                                      int capacity, struct record **out_record)
{
    int last = last_round_of(division);
    struct record *record =
        record_create(arena, (int)division->n_entrants, last > capacity ? last : capacity);
    if (record == NULL || make_room(arena, division, record) != STATUS_OK)
        return STATUS_FULL;
    for (size_t i = 0; i < division->n_entrants; i++)
        record_entrant(division->entrants[i], &record->players[i]);
    for (size_t i = 0; i < division->n_pairings; i++) {
        if (is_void(division->pairings[i]) || division->pairings[i]->round > last)
            continue;
        enum status status = record_pairing(record, division, division->pairings[i]);
        if (status != STATUS_OK)
            return status;
    }
    record->rounds_total = division->rounds;
    record->rounds_played = last;
    *out_record = record;
    return STATUS_OK;
}

/* ---- matches ----------------------------------------------------------------------------- */

static int points_of_games(const Arbiter__V1__BoardPairing *pairing,
                           const struct record_points *points, const char *side)
{
    int sum = 0;
    for (size_t i = 0; i < pairing->n_games; i++) {
        const Arbiter__V1__MatchGame *game = pairing->games[i];
        if (strcmp(game->status, "final") == 0)
            sum += strcmp(game->outcome, side) == 0     ? points->win_x10
                   : strcmp(game->outcome, "draw") == 0 ? points->draw_x10
                                                        : points->loss_x10;
    }
    return sum;
}

static void count_games(struct record_result *result, int points_x10)
{
    result->points_override = true;
    result->points_x10 = (int16_t)points_x10;
}

static void count_matches(const Arbiter__V1__Division *division, struct record *record)
{
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        int first = division_find_player(division, pairing->first);
        int second = division_find_player(division, pairing->second);
        if (pairing->n_games == 0 || is_void(pairing) || is_forfeited(pairing) || first < 0 ||
            second < 0 || pairing->round > record->rounds_played)
            continue;
        count_games(record_result(record, first, pairing->round),
                    points_of_games(pairing, &record->points, "first"));
        count_games(record_result(record, second, pairing->round),
                    points_of_games(pairing, &record->points, "second"));
    }
}

static bool is_requested_bye(const Arbiter__V1__BoardPairing *pairing)
{
    return strcmp(pairing->kind, "requested_bye") == 0 && !is_void(pairing);
}

/* By what it is worth, a round off that was asked for is one of FIDE's three. */
static enum record_kind kind_of_request(enum record_outcome outcome)
{
    return outcome == RECORD_WIN    ? RECORD_BYE_FULL
           : outcome == RECORD_DRAW ? RECORD_BYE_HALF
                                    : RECORD_BYE_ZERO;
}

/* What a round off counts as that a player has asked for. */
static enum record_outcome outcome_of_request(const struct format_division *format)
{
    int points_x10 = format->byes.requested_points_x10;
    return points_x10 >= format->points.win_x10                      ? RECORD_WIN
           : points_x10 > 0 && points_x10 >= format->points.draw_x10 ? RECORD_DRAW
                                                                     : RECORD_LOSS;
}

static void count_requested_byes(const Arbiter__V1__Division *division,
                                 const struct format_division *format, struct record *record)
{
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        int player = division_find_player(division, pairing->first);
        enum record_outcome outcome = outcome_of_request(format);
        if (!is_requested_bye(pairing) || player < 0)
            continue;
        if (pairing->round > record->rounds_played) {
            record->requests[record->request_count++] =
                (struct record_request){player, pairing->round, kind_of_request(outcome)};
            continue;
        }
        struct record_result *result = record_result(record, player, pairing->round);
        result->outcome = outcome;
        result->kind = kind_of_request(outcome);
        result->points_override = true;
        result->points_x10 = (int16_t)format->byes.requested_points_x10;
    }
}

void division_count_points(const Arbiter__V1__Division *division,
                           const struct format_division *format, struct record *record)
{
    record->points.win_x10 = format->points.win_x10;
    record->points.draw_x10 = format->points.draw_x10;
    record->points.loss_x10 = format->points.loss_x10;
    record->points.forfeit_win_x10 = format->points.forfeit_win_x10;
    record->points.forfeit_loss_x10 = format->points.forfeit_loss_x10;
    record->points.bye_pairing_x10 = format->byes.points_x10;
    count_requested_byes(division, format, record);
    if (format->match_counts == FORMAT_COUNTS_GAMES)
        count_matches(division, record);
}

/* ---- the input of pairing ---------------------------------------------------------------- */

enum pairing_state division_state_of(const Arbiter__V1__Entrant *entrant, int round)
{
    if (strcmp(entrant->status, "suspended") == 0)
        return PAIRING_SUSPENDED;
    if (strcmp(entrant->status, "withdrawn") == 0 ||
        (entrant->to_round > 0 && round > entrant->to_round))
        return PAIRING_WITHDRAWN;
    if (strcmp(entrant->status, "absent") == 0)
        return PAIRING_ABSENT;
    return PAIRING_ACTIVE;
}

/* A round off that was asked for is nobody's bye, unless it is worth as much. */
static enum pairing_result result_of_request(const struct format_division *format)
{
    switch (outcome_of_request(format)) {
    case RECORD_WIN:
        return PAIRING_RESULT_BYE;
    case RECORD_DRAW:
        return PAIRING_RESULT_HALF_BYE;
    case RECORD_LOSS:
    case RECORD_OUTCOME_NONE:
        break;
    }
    return PAIRING_RESULT_ZERO_BYE;
}

static enum pairing_result result_of(const Arbiter__V1__BoardPairing *pairing,
                                     const struct format_division *format, bool is_first)
{
    bool is_forfeit = is_forfeited(pairing);
    if (pairing->second[0] == '\0' && strcmp(pairing->kind, "bye") == 0 &&
        strcmp(pairing->outcome, "second") == 0)
        return PAIRING_RESULT_FORFEIT_LOSS; /* missed and lost: nobody's bye */
    if (is_requested_bye(pairing))
        return result_of_request(format);
    if (pairing->second[0] == '\0')
        return strcmp(pairing->kind, "half_bye") == 0   ? PAIRING_RESULT_HALF_BYE
               : strcmp(pairing->kind, "zero_bye") == 0 ? PAIRING_RESULT_ZERO_BYE
                                                        : PAIRING_RESULT_BYE;
    switch (outcome_for(pairing, is_first)) {
    case RECORD_OUTCOME_NONE:
        return PAIRING_RESULT_OPEN;
    case RECORD_WIN:
        return is_forfeit ? PAIRING_RESULT_FORFEIT_WIN : PAIRING_RESULT_WIN;
    case RECORD_DRAW:
        return PAIRING_RESULT_DRAW;
    case RECORD_LOSS:
        return is_forfeit ? PAIRING_RESULT_FORFEIT_LOSS : PAIRING_RESULT_LOSS;
    }
    return PAIRING_RESULT_OPEN;
}

static enum status add_past(const Arbiter__V1__Division *division,
                            const struct format_division *format, int round,
                            struct pairing_past *past, int *out_count)
{
    int count = 0;
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        struct seats seats;
        if (pairing->round >= round || is_void(pairing))
            continue;
        enum status status = find_seats(division, pairing, &seats);
        if (status != STATUS_OK)
            return status;
        past[count++] = (struct pairing_past){
            .round_number = pairing->round,
            .first = seats.first,
            .second = seats.second < 0 ? PAIRING_NOBODY : seats.second,
            .result_first = result_of(pairing, format, true),
            .result_second = result_of(pairing, format, false),
            .score_first = pairing->first_score,
            .score_second = pairing->second_score,
        };
    }
    *out_count = count;
    return STATUS_OK;
}

int division_spread_cap(const struct format_division *format, int round)
{
    if (round < 1 || round > format->rounds) /* a round that the director has added */
        return format->spread_cap;
    int cap = format_range_of(format, round)->spread_cap;
    return cap > 0 ? cap : format->spread_cap;
}

const int *division_round_caps(struct arena *arena, const struct format_division *format,
                               int rounds)
{
    int *caps = arena_array(arena, (size_t)rounds + 1, sizeof *caps);
    for (int round = 1; caps != NULL && round <= rounds; round++)
        caps[round] = division_spread_cap(format, round);
    return caps;
}

/* Points in half wins, so that a draw is whole. */
static void add_points(struct pairing_player *player, const struct record_result *result,
                       int spread_cap)
{
    int spread = result->has_scores ? result->own_score - result->other_score : 0;
    if (spread_cap > 0 && spread > spread_cap)
        spread = spread_cap;
    if (spread_cap > 0 && spread < -spread_cap)
        spread = -spread_cap;
    player->spread += spread;
    bool is_match = result->points_override && result->opponent != RECORD_NOBODY;
    player->points += is_match                         ? result->points_x10 / 5
                      : result->outcome == RECORD_WIN  ? 2
                      : result->outcome == RECORD_DRAW ? 1
                                                       : 0;
}

static enum status fill_players(struct arena *arena, const Arbiter__V1__Division *division,
                                const struct format_division *format, int round,
                                struct pairing_player *players)
{
    struct record *record = NULL;
    enum status status = division_to_record(arena, division, &record);
    if (status != STATUS_OK)
        return status;
    division_count_points(division, format, record);
    for (int i = 0; i < record->player_count; i++) {
        const Arbiter__V1__Entrant *entrant = division->entrants[i];
        players[i] = (struct pairing_player){
            .id = i,
            .name = entrant->name,
            .seed = entrant->seed,
            .rating = (int)entrant->rating,
            .class_number = division_class_of(format, entrant),
            .state = division_state_of(entrant, round),
            .joined_round = entrant->from_round,
        };
        for (int r = 1; r < round && r <= record->rounds_played; r++)
            add_points(&players[i], record_result(record, i, r), division_spread_cap(format, r));
    }
    return STATUS_OK;
}

/* The seed of a division's draws of lots: its id, so that it is known before the first round. */
static uint64_t lots_seed(const char *division_id)
{
    return hash_text(HASH_START, division_id);
}

int division_initial_side(const Arbiter__V1__Division *division,
                          const struct format_division *format)
{
    bool is_drawn = !format->is_paired_by_director &&
                    format_range_of(format, 1)->pairing.method == PAIRING_DUTCH;
    return is_drawn ? pairing_initial_side(lots_seed(division->division_id)) : 0;
}

static bool covers(struct format_span span, int round)
{
    return span.first == 0 || (round >= span.first && round <= span.last);
}

/* Returns the last ruling on two players in a round of this division, NULL where there is none. */
static const struct format_ruling *find_ruling(const Arbiter__V1__Division *division,
                                               const struct format_division *format, int round,
                                               const char *one, const char *other)
{
    for (size_t i = format->ruling_count; i-- > 0;) {
        const struct format_ruling *ruling = &format->rulings[i];
        bool is_theirs = (strcmp(ruling->one, one) == 0 && strcmp(ruling->other, other) == 0) ||
                         (strcmp(ruling->one, other) == 0 && strcmp(ruling->other, one) == 0);
        if (is_theirs && covers(ruling->rounds, round) &&
            strcmp(ruling->division, division->name) == 0)
            return ruling;
    }
    return NULL;
}

static void forbid(const Arbiter__V1__Division *division, const char *const players[2],
                   const char *reason, struct pairing_input *input,
                   struct pairing_forbidden *forbidden)
{
    int one = division_find_player(division, players[0]);
    int other = division_find_player(division, players[1]);
    if (one >= 0 && other >= 0)
        forbidden[input->forbidden_count++] = (struct pairing_forbidden){one, other, reason};
}

bool division_pair_is_forbidden(const Arbiter__V1__Division *division,
                                const struct format_division *format, int round, size_t index)
{
    if (index < format->forbidden_count) {
        const struct format_forbidden *pair = &format->forbidden[index];
        return covers(pair->rounds, round) &&
               find_ruling(division, format, round, pair->one, pair->other) == NULL;
    }
    const struct format_ruling *ruling = &format->rulings[index - format->forbidden_count];
    return !ruling->meet &&
           find_ruling(division, format, round, ruling->one, ruling->other) == ruling;
}

/* Pairs that the policy or a director forbids in this round, as far as both players are here. */
static enum status fill_forbidden(struct arena *arena, const Arbiter__V1__Division *division,
                                  const struct format_division *format, int round,
                                  struct pairing_input *input)
{
    struct pairing_forbidden *forbidden =
        arena_array(arena, format->forbidden_count + format->ruling_count + 1, sizeof *forbidden);
    if (forbidden == NULL)
        return STATUS_FULL;
    input->forbidden = forbidden;
    input->forbidden_count = 0;
    for (size_t i = 0; i < format->forbidden_count; i++) {
        const struct format_forbidden *pair = &format->forbidden[i];
        if (division_pair_is_forbidden(division, format, round, i))
            forbid(division, (const char *const[]){pair->one, pair->other},
                   pair->reason[0] != '\0' ? pair->reason : "the policy forbids it", input,
                   forbidden);
    }
    for (size_t i = 0; i < format->ruling_count; i++) {
        const struct format_ruling *ruling = &format->rulings[i];
        if (division_pair_is_forbidden(division, format, round, format->forbidden_count + i))
            forbid(division, (const char *const[]){ruling->one, ruling->other},
                   ruling->reason[0] != '\0' ? ruling->reason : "a director forbids it", input,
                   forbidden);
    }
    return STATUS_OK;
}

/* Teams by the first of their players, from 1. */
static void fill_teams(const Arbiter__V1__Division *division, struct pairing_player *players)
{
    for (size_t i = 0; i < division->n_entrants; i++)
        for (size_t j = 0; division->entrants[i]->team[0] != '\0' && j <= i; j++)
            if (players[i].team == 0 &&
                strcmp(division->entrants[i]->team, division->entrants[j]->team) == 0)
                players[i].team = (int)j + 1;
}

/* Swiss and arena pay for team mates who meet, team methods make them meet others; where everybody
 * meets everybody, or who has won meets who has won, there is no choice. */
static bool may_keep_teams_apart(enum pairing_method method)
{
    switch (method) {
    case PAIRING_RANDOM:
    case PAIRING_KING_OF_THE_HILL:
    case PAIRING_FACTOR:
    case PAIRING_FONTES:
    case PAIRING_AUSTRALIAN:
    case PAIRING_COP:
    case PAIRING_CHEW:
    case PAIRING_DUTCH:
        return true;
    case PAIRING_MANUAL:
    case PAIRING_ROUND_ROBIN:
    case PAIRING_TEAM:
    case PAIRING_INTERLEAVED:
    case PAIRING_SWISS:
    case PAIRING_QUICKPAIR:
    case PAIRING_ELIMINATION:
    case PAIRING_DOUBLE_ELIMINATION:
    case PAIRING_ARENA:
    case PAIRING_METHOD_COUNT:
        break;
    }
    return false;
}

static enum status keep_apart(struct arena *arena, const Arbiter__V1__Division *division,
                              const struct format_division *format, int round,
                              struct pairing_player *players, struct pairing_input *input)
{
    if (format->team_avoidance.first > 0 && covers(format->team_avoidance, round))
        fill_teams(division, players);
    return fill_forbidden(arena, division, format, round, input);
}

/* Who plays is not free for an arena's wave; the others have waited since they played. */
static void fill_waiting(const struct pairing_past *past, int past_count, int round,
                         int64_t wave_ms, struct pairing_player *players, int count)
{
    for (int i = 0; i < count; i++)
        players[i].waiting_ms = (round - players[i].joined_round) * wave_ms;
    for (int i = 0; i < past_count; i++) {
        const int seats[] = {past[i].first, past[i].second};
        for (int side = 0; side < 2 && past[i].second != PAIRING_NOBODY; side++) {
            struct pairing_player *player = &players[seats[side]];
            int64_t since_ms = (round - past[i].round_number) * wave_ms;
            if (since_ms < player->waiting_ms)
                player->waiting_ms = since_ms;
            if (past[i].result_first == PAIRING_RESULT_OPEN && player->state == PAIRING_ACTIVE)
                player->state = PAIRING_SUSPENDED;
        }
    }
}

enum status division_to_pairing(struct arena *arena, const Arbiter__V1__Division *division,
                                const struct format_division *format, int round,
                                struct pairing_input *out_input)
{
    struct pairing_player *players = arena_array(arena, division->n_entrants, sizeof *players);
    struct pairing_past *past = arena_array(arena, division->n_pairings, sizeof *past);
    int past_count = 0;
    if (players == NULL || past == NULL)
        return STATUS_FULL;
    enum status status = fill_players(arena, division, format, round, players);
    if (status == STATUS_OK)
        status = add_past(division, format, round, past, &past_count);
    if (status != STATUS_OK)
        return status;
    if (format->arena.duration_ms > 0)
        fill_waiting(past, past_count, round, format->arena.wave_ms, players,
                     (int)division->n_entrants);
    struct pairing_policy *policy = arena_alloc(arena, sizeof *policy);
    if (policy == NULL)
        return STATUS_FULL;
    *policy = format_range_of(format, round)->pairing;
    division_class_prizes(format, policy);
    policy->teams_apart = may_keep_teams_apart(policy->method);
    policy->bracket.games_per_round = 1; /* a row is a match, whatever games it was decided over */
    *out_input = (struct pairing_input){
        .players = players,
        .players_count = (int)division->n_entrants,
        .past = past,
        .past_count = past_count,
        .round_number = round,
        .rounds_total = division->rounds,
        .initial_side = division_initial_side(division, format),
        .seed = lots_seed(division->division_id),
        .policy = policy,
    };
    return keep_apart(arena, division, format, round, players, out_input);
}

bool division_is_settled(const Arbiter__V1__BoardPairing *pairing)
{
    return pairing->version > 1 && !is_void(pairing);
}

static bool is_fixed(const struct pairing_fixed *fixed, int count, int player)
{
    for (int i = 0; i < count; i++)
        if (fixed[i].first == player || fixed[i].second == player)
            return true;
    return false;
}

static bool may_play(const struct pairing_input *input, int player)
{
    return player >= 0 && input->players[player].state == PAIRING_ACTIVE &&
           input->players[player].joined_round <= input->round_number;
}

/* The policy's prepaired pairs, as far as both players are here and nothing else is settled. */
static int add_prepaired(const Arbiter__V1__Division *division,
                         const struct format_division *format, const struct pairing_input *input,
                         struct pairing_fixed *fixed, int count)
{
    for (size_t i = 0; i < format->prepaired_count; i++) {
        const struct format_prepaired *pair = &format->prepaired[i];
        int first = division_find_player(division, pair->first);
        int second = division_find_player(division, pair->second);
        if (pair->round == input->round_number && may_play(input, first) &&
            may_play(input, second) && !is_fixed(fixed, count, first) &&
            !is_fixed(fixed, count, second))
            fixed[count++] = (struct pairing_fixed){first, second, pair->keeps_order};
    }
    return count;
}

enum status division_fix_settled(struct arena *arena, const Arbiter__V1__Division *division,
                                 const struct format_division *format, int round,
                                 struct pairing_input *input)
{
    struct pairing_fixed *fixed =
        arena_array(arena, division->n_pairings + format->prepaired_count, sizeof *fixed);
    int count = 0;
    if (fixed == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < division->n_pairings; i++) {
        struct seats seats;
        if (division->pairings[i]->round != round || !division_is_settled(division->pairings[i]))
            continue;
        enum status status = find_seats(division, division->pairings[i], &seats);
        if (status != STATUS_OK)
            return status;
        fixed[count++] = (struct pairing_fixed){
            .first = seats.first,
            .second = seats.second < 0 ? PAIRING_NOBODY : seats.second,
            .keeps_order = true,
        };
    }
    input->fixed = fixed;
    input->fixed_count = add_prepaired(division, format, input, fixed, count);
    return STATUS_OK;
}
