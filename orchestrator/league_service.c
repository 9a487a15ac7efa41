/* Reads a season's players and the seasons before, one answer after another, and deals. */
#include "orchestrator/league_service.h"

#include <stdlib.h>
#include <string.h>

#include "orchestrator/division_record.h"
#include "orchestrator/division_standing.h"
#include "orchestrator/pairing/deal.h"

#include "arbiter/v1/store.pb-c.h"

enum { DEAL_BYTES_MAX = 512 << 20 };

/* A season being dealt. */
struct dealing {
    struct bus *bus;
    void *request;
    Arbiter__V1__DealReply_Closure on_dealt;
    struct arena arena;
    const char *league; /* the tournament's id without its number */
    int number;         /* of the season, from 1 */
    const struct format *format;
    const Arbiter__V1__Entrant **players;
    struct deal_player *ended; /* by player */
    int player_count;
    int lowest;
    const char *before; /* the season being read */
    int back;           /* so many before this one */
    int division;       /* of it, from 1 */
    int divisions;
};

static void dealing_destroy(struct dealing *dealing)
{
    arena_deinit(&dealing->arena);
    free(dealing);
}

static void dealing_fail(struct dealing *dealing, enum status status, const char *text)
{
    bus_fail(dealing->request, status, NULL, 0, "%s", text);
    dealing_destroy(dealing);
}

static bool is_answered(struct dealing *dealing, const struct bus_answer *answer)
{
    if (answer->status == STATUS_OK)
        return true;
    bus_fail_like(dealing->request, answer);
    dealing_destroy(dealing);
    return false;
}

static void ask_tournament(struct dealing *dealing, const char *tournament_id,
                           bus_on_answer on_answer)
{
    Arbiter__V1__GetTournamentRequest request = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    request.tournament_id = (char *)tournament_id;
    bus_call(dealing->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetTournament",
                                .input = &request.base},
             on_answer, dealing);
}

static void ask_division(struct dealing *dealing, const char *season, int division,
                         bus_on_answer on_answer)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = (char *)arena_format(&dealing->arena, "%s-%d", season, division);
    if (request.division_id == NULL) {
        dealing_fail(dealing, STATUS_FULL, "the league is too large");
        return;
    }
    bus_call(dealing->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetDivision",
                                .input = &request.base},
             on_answer, dealing);
}

/* ---- the answer -------------------------------------------------------------------------- */

static enum status fill_moves(struct dealing *dealing, const int *division, const int *order,
                              Arbiter__V1__DealReply *reply)
{
    struct arena *arena = &dealing->arena;
    reply->moves = arena_array(arena, (size_t)dealing->player_count + 1, sizeof *reply->moves);
    if (reply->moves == NULL)
        return STATUS_FULL;
    for (int place = 0; place < dealing->player_count; place++) {
        int player = order[place];
        if (division[player] == 1)
            continue;
        Arbiter__V1__LeagueMove *move = arena_alloc(arena, sizeof *move);
        if (move == NULL)
            return STATUS_FULL;
        arbiter__v1__league_move__init(move);
        move->player = dealing->players[player]->player_id;
        move->name = dealing->players[player]->name;
        move->rating = dealing->players[player]->rating;
        move->division = division[player];
        reply->moves[reply->n_moves++] = move;
    }
    return STATUS_OK;
}

static enum status deal(struct dealing *dealing, Arbiter__V1__DealReply *reply)
{
    static const enum league_formula formulas[] = {[FORMAT_MOVEMENT_SIXTH] = LEAGUE_SIXTH,
                                                   [FORMAT_MOVEMENT_FIFTH] = LEAGUE_FIFTH,
                                                   [FORMAT_MOVEMENT_FIFTH_PLUS] = LEAGUE_FIFTH_PLUS,
                                                   [FORMAT_MOVEMENT_THIRD] = LEAGUE_THIRD};
    const struct format_league *league = &dealing->format->league;
    const struct deal_rules rules = {.size = league->division_size,
                                     .size_min = league->division_size_min,
                                     .formula = formulas[league->promoted],
                                     .lowest = dealing->lowest};
    size_t room = (size_t)dealing->player_count + 1;
    int *division = arena_array(&dealing->arena, room, sizeof *division);
    int *order = arena_array(&dealing->arena, room, sizeof *order);
    int count = 0;
    if (division == NULL || order == NULL)
        return STATUS_FULL;
    enum status status = deal_divisions(dealing->ended, dealing->player_count, &rules,
                                        &dealing->arena, division, order, &count);
    reply->players = dealing->player_count;
    reply->divisions = count > 0 ? count : 1;
    return status == STATUS_OK ? fill_moves(dealing, division, order, reply) : status;
}

static void answer(struct dealing *dealing)
{
    Arbiter__V1__DealReply reply = ARBITER__V1__DEAL_REPLY__INIT;
    enum status status = deal(dealing, &reply);
    if (status != STATUS_OK) {
        dealing_fail(dealing, status, status_name(status));
        return;
    }
    dealing->on_dealt(&reply, dealing->request);
    dealing_destroy(dealing);
}

/* ---- earlier seasons --------------------------------------------------------------------- */

static void ask_season_before(struct dealing *dealing);

static int find_player(const struct dealing *dealing, const char *player_id)
{
    for (int i = 0; i < dealing->player_count; i++)
        if (strcmp(dealing->players[i]->player_id, player_id) == 0)
            return i;
    return -1;
}

/* The newest season that somebody played in says where he ended. */
static enum status note_ends(struct dealing *dealing, const Arbiter__V1__Division *whole)
{
    const struct format_division *format = NULL;
    struct standing_table table;
    struct record *record = NULL;
    struct fault fault;
    const Arbiter__V1__Division *division = division_of_players(&dealing->arena, whole);
    if (division == NULL)
        return STATUS_FULL;
    if (division->n_pairings == 0)
        return STATUS_OK;
    enum status status = division_format(&dealing->arena, division, NULL, &format);
    if (status == STATUS_OK)
        status = division_rank(&dealing->arena, division, format, 0, &record, &table, &fault);
    for (int i = 0; status == STATUS_OK && i < table.row_count; i++) {
        const char *player_id = division->entrants[table.rows[i].player]->player_id;
        int player = find_player(dealing, player_id);
        if (player >= 0 && dealing->ended[player].division == 0)
            dealing->ended[player] = (struct deal_player){.division = dealing->division,
                                                          .lowest = dealing->divisions,
                                                          .size = table.row_count,
                                                          .rank = i + 1,
                                                          .away = dealing->back - 1,
                                                          .rating = dealing->ended[player].rating};
    }
    return status;
}

static void on_division_before(const struct bus_answer *answered, void *user)
{
    struct dealing *dealing = user;
    if (!is_answered(dealing, answered))
        return;
    enum status status =
        note_ends(dealing, ((const Arbiter__V1__GetDivisionReply *)answered->output)->division);
    if (status != STATUS_OK)
        dealing_fail(dealing, status, "the standings of a season before cannot be read");
    else if (dealing->division < dealing->divisions)
        ask_division(dealing, dealing->before, ++dealing->division, on_division_before);
    else
        ask_season_before(dealing);
}

static void on_season_before(const struct bus_answer *answered, void *user)
{
    struct dealing *dealing = user;
    if (answered->status == STATUS_NOT_FOUND) {
        ask_season_before(dealing); /* one that was skipped */
        return;
    }
    if (!is_answered(dealing, answered))
        return;
    const Arbiter__V1__Tournament *season =
        ((const Arbiter__V1__GetTournamentReply *)answered->output)->tournament;
    bool is_over = strcmp(season->status, "finished") == 0;
    if (!is_over && strcmp(season->status, "cancelled") != 0) {
        dealing_fail(dealing, STATUS_UNAVAILABLE, "the season before is still played");
    } else if (!is_over || season->n_divisions == 0) {
        ask_season_before(dealing);
    } else {
        dealing->division = 1;
        dealing->divisions = (int)season->n_divisions;
        if (dealing->lowest == 0)
            dealing->lowest = dealing->divisions;
        ask_division(dealing, dealing->before, 1, on_division_before);
    }
}

static void ask_season_before(struct dealing *dealing)
{
    dealing->back++;
    if (dealing->back >= dealing->number || dealing->back > LEAGUE_SEASONS_BACK) {
        answer(dealing);
        return;
    }
    dealing->before =
        arena_format(&dealing->arena, "%s-%d", dealing->league, dealing->number - dealing->back);
    if (dealing->before == NULL)
        dealing_fail(dealing, STATUS_FULL, "the league is too large");
    else
        ask_tournament(dealing, dealing->before, on_season_before);
}

/* ---- this season ------------------------------------------------------------------------- */

static bool has_come(const Arbiter__V1__Entrant *entrant)
{
    return strcmp(entrant->status, "registered") == 0 || strcmp(entrant->status, "checked_in") == 0;
}

static enum status take_players(struct dealing *dealing, const Arbiter__V1__Division *division)
{
    struct arena *arena = &dealing->arena;
    struct yaml_faults faults = {.arena = arena};
    enum status status = format_read(arena, division->settings, strlen(division->settings), &faults,
                                     &dealing->format);
    dealing->players = arena_array(arena, division->n_entrants + 1, sizeof(*dealing->players));
    dealing->ended = arena_array(arena, division->n_entrants + 1, sizeof(*dealing->ended));
    if (status != STATUS_OK || dealing->players == NULL || dealing->ended == NULL)
        return status != STATUS_OK ? STATUS_DATA_LOSS : STATUS_FULL;
    for (size_t i = 0; i < division->n_entrants; i++) {
        const Arbiter__V1__Entrant *entrant = division->entrants[i];
        Arbiter__V1__Entrant *kept = arena_alloc(arena, sizeof *kept);
        if (!has_come(entrant))
            continue;
        if (kept == NULL)
            return STATUS_FULL;
        arbiter__v1__entrant__init(kept);
        kept->player_id = (char *)arena_format(arena, "%s", entrant->player_id);
        kept->name = (char *)arena_format(arena, "%s", entrant->name);
        kept->rating = entrant->rating;
        if (kept->player_id == NULL || kept->name == NULL)
            return STATUS_FULL;
        dealing->ended[dealing->player_count].rating = (int)entrant->rating;
        dealing->players[dealing->player_count++] = kept;
    }
    return STATUS_OK;
}

static void on_registered(const struct bus_answer *answered, void *user)
{
    struct dealing *dealing = user;
    if (!is_answered(dealing, answered))
        return;
    enum status status =
        take_players(dealing, ((const Arbiter__V1__GetDivisionReply *)answered->output)->division);
    if (status != STATUS_OK)
        dealing_fail(dealing, status, "the season's players cannot be read");
    else
        ask_season_before(dealing);
}

/* "club-12" is season 12 of the league "club"; an id without a number is a season by itself. */
static void read_id(struct dealing *dealing, const char *tournament_id)
{
    const char *dash = strrchr(tournament_id, '-');
    bool is_numbered = dash != NULL && dash[1] >= '1' && dash[1] <= '9' &&
                       strspn(dash + 1, "0123456789") == strlen(dash + 1) && strlen(dash + 1) < 8;
    size_t size = is_numbered ? (size_t)(dash - tournament_id) : strlen(tournament_id);
    dealing->league = arena_format(&dealing->arena, "%.*s", (int)size, tournament_id);
    dealing->number = is_numbered ? atoi(dash + 1) : 1;
}

void league_service_deal(struct bus *bus, const Arbiter__V1__DealRequest *input,
                         Arbiter__V1__DealReply_Closure closure, void *request)
{
    struct dealing *dealing = calloc(1, sizeof *dealing);
    if (dealing == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    dealing->bus = bus;
    dealing->request = request;
    dealing->on_dealt = closure;
    arena_init(&dealing->arena, DEAL_BYTES_MAX);
    read_id(dealing, input->tournament_id);
    ask_division(dealing, input->tournament_id, 1, on_registered);
}
