/* Reads of tournaments: their divisions, what directors did, what was rated. */
#include <string.h>

#include "store/reads.h"

/* ---- tournaments ------------------------------------------------------------------------- */

static void on_tournaments(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListTournamentsReply *reply = REPLY(ListTournaments);
    FILL(reply->tournaments, reply->n_tournaments, read_tournament);
    size_t limit = (size_t)reads_limit(INPUT(ListTournaments)->limit);
    reply->more = reply->n_tournaments > limit;
    reply->n_tournaments = reply->more ? limit : reply->n_tournaments;
}

static enum op_next list_tournaments(struct op *op)
{
    const Arbiter__V1__ListTournamentsRequest *request = INPUT(ListTournaments);
    (void)OP_OUTPUT(op, Arbiter__V1__ListTournamentsReply,
                    arbiter__v1__list_tournaments_reply__init);
    op_send(op, STATEMENT_TOURNAMENTS_LIST,
            SQL_PARAMETERS(sql_text(request->status), sql_integer(reads_limit(request->limit) + 1),
                           sql_text(request->before)),
            on_tournaments);
    return OP_LAST;
}

static void on_tournament(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0)
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no tournament '%s'",
                        INPUT(GetTournament)->tournament_id);
    else
        REPLY(GetTournament)->tournament = read_tournament(op, result, 0);
}

static void on_directors(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Tournament *tournament = REPLY(GetTournament)->tournament;
    if (tournament == NULL)
        return;
    tournament->directors = reads_new_list(op, result);
    tournament->assistants = reads_new_list(op, result);
    tournament->scorers = reads_new_list(op, result);
    if (tournament->directors == NULL || tournament->assistants == NULL ||
        tournament->scorers == NULL)
        return;
    for (size_t row = 0; row < result->row_count; row++) {
        const char *role = TEXT(1);
        if (strcmp(role, "director") == 0)
            tournament->directors[tournament->n_directors++] = TEXT(0);
        else if (strcmp(role, "assistant") == 0)
            tournament->assistants[tournament->n_assistants++] = TEXT(0);
        else
            tournament->scorers[tournament->n_scorers++] = TEXT(0);
    }
}

static void on_divisions(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Tournament *tournament = REPLY(GetTournament)->tournament;
    if (tournament != NULL)
        FILL(tournament->divisions, tournament->n_divisions, read_division);
}

static void on_tournament_version(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(GetTournament)->version = reads_version(result);
}

static enum op_next get_tournament(struct op *op)
{
    struct sql_value id = sql_text(INPUT(GetTournament)->tournament_id);
    (void)OP_OUTPUT(op, Arbiter__V1__GetTournamentReply, arbiter__v1__get_tournament_reply__init);
    reads_ask_version(op, "tournament", "tournament", INPUT(GetTournament)->tournament_id,
                      on_tournament_version);
    op_send(op, STATEMENT_TOURNAMENT_GET, SQL_PARAMETERS(id), on_tournament);
    op_send(op, STATEMENT_DIRECTORS_LIST, SQL_PARAMETERS(id), on_directors);
    op_send(op, STATEMENT_DIVISIONS_OF_TOURNAMENT, SQL_PARAMETERS(id), on_divisions);
    return OP_LAST;
}

static void on_division(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0)
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no division '%s'",
                        INPUT(GetDivision)->division_id);
    else
        REPLY(GetDivision)->division = read_division(op, result, 0);
}

static void on_entrants(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Division *division = REPLY(GetDivision)->division;
    if (division != NULL)
        FILL(division->entrants, division->n_entrants, read_entrant);
}

static void on_pairings(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Division *division = REPLY(GetDivision)->division;
    if (division != NULL)
        FILL(division->pairings, division->n_pairings, read_pairing);
}

enum { MATCH_GAMES_MAX = 200 }; /* as policies/machines/board.yaml has it */

/* Games come in the order of the pairings. */
static void on_match_games(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Division *division = REPLY(GetDivision)->division;
    size_t at = 0;
    for (size_t row = 0; division != NULL && row < result->row_count; row++) {
        while (at < division->n_pairings && (division->pairings[at]->round != INTEGER(0) ||
                                             division->pairings[at]->board != INTEGER(1)))
            at++;
        if (at == division->n_pairings)
            return;
        Arbiter__V1__BoardPairing *pairing = division->pairings[at];
        if (pairing->games == NULL)
            pairing->games = arena_array(&op->arena, MATCH_GAMES_MAX, sizeof(void *));
        Arbiter__V1__MatchGame *game = read_match_game(op, result, row);
        if (pairing->games != NULL && game != NULL && pairing->n_games < MATCH_GAMES_MAX)
            pairing->games[pairing->n_games++] = game;
    }
}

static void on_division_version(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(GetDivision)->version = reads_version(result);
}

static enum op_next get_division(struct op *op)
{
    struct sql_value id = sql_text(INPUT(GetDivision)->division_id);
    (void)OP_OUTPUT(op, Arbiter__V1__GetDivisionReply, arbiter__v1__get_division_reply__init);
    reads_ask_version(op, "division", "division", INPUT(GetDivision)->division_id,
                      on_division_version);
    op_send(op, STATEMENT_DIVISION_GET, SQL_PARAMETERS(id), on_division);
    op_send(op, STATEMENT_ENTRANTS_LIST, SQL_PARAMETERS(id), on_entrants);
    op_send(op, STATEMENT_PAIRINGS_LIST, SQL_PARAMETERS(id, sql_integer(INPUT(GetDivision)->round)),
            on_pairings);
    op_send(op, STATEMENT_MATCH_GAMES_LIST,
            SQL_PARAMETERS(id, sql_integer(INPUT(GetDivision)->round)), on_match_games);
    return OP_LAST;
}

/* ---- what was done in them ------------------------------------------------------------------- */

static void on_rated(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(ListRated)->rows, REPLY(ListRated)->n_rows, read_rated);
}

static enum op_next list_rated(struct op *op)
{
    const Arbiter__V1__ListRatedRequest *request = INPUT(ListRated);
    (void)OP_OUTPUT(op, Arbiter__V1__ListRatedReply, arbiter__v1__list_rated_reply__init);
    op_send(op, STATEMENT_RATED_SINCE,
            SQL_PARAMETERS(sql_text(request->game_id), sql_integer(reads_limit(request->limit)),
                           sql_integer(request->offset)),
            on_rated);
    return OP_LAST;
}

static void on_actions(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListActionsReply *reply = REPLY(ListActions);
    FILL(reply->actions, reply->n_actions, read_director_action);
    size_t limit = (size_t)reads_limit(INPUT(ListActions)->limit);
    reply->more = reply->n_actions > limit;
    reply->n_actions = reply->more ? limit : reply->n_actions;
}

static enum op_next list_actions(struct op *op)
{
    const Arbiter__V1__ListActionsRequest *request = INPUT(ListActions);
    (void)OP_OUTPUT(op, Arbiter__V1__ListActionsReply, arbiter__v1__list_actions_reply__init);
    op_send(op, STATEMENT_DIRECTOR_ACTIONS_LIST,
            SQL_PARAMETERS(sql_text(request->tournament_id),
                           sql_integer(reads_limit(request->limit) + 1),
                           sql_integer(request->before)),
            on_actions);
    return OP_LAST;
}

static void on_action_found(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    enum { row = 0 };
    if (result->row_count == 0)
        return;
    REPLY(FindAction)->existed = true;
    REPLY(FindAction)->answer = PACKED(0, value);
}

static void on_untold(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListUntoldReply *reply = REPLY(ListUntold);
    reply->players = reads_new_list(op, result);
    for (size_t row = 0; reply->players != NULL && row < result->row_count; row++)
        reply->players[reply->n_players++] = TEXT(0);
}

static enum op_next list_untold(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__ListUntoldReply, arbiter__v1__list_untold_reply__init);
    op_send(op, STATEMENT_ENTRANTS_UNTOLD, SQL_PARAMETERS(sql_text(INPUT(ListUntold)->division_id)),
            on_untold);
    return OP_LAST;
}

static enum op_next find_action(struct op *op)
{
    const Arbiter__V1__FindActionRequest *request = INPUT(FindAction);
    (void)OP_OUTPUT(op, Arbiter__V1__FindActionReply, arbiter__v1__find_action_reply__init);
    op_send(op, STATEMENT_DIRECTOR_ACTION_FIND,
            SQL_PARAMETERS(sql_text(request->tournament_id), sql_text(request->request_id),
                           sql_text(request->actor)),
            on_action_found);
    return OP_LAST;
}

const struct op_kind tournament_reads[] = {
    {"ListTournaments", list_tournaments, NULL, 1, NULL},
    {"GetTournament", get_tournament, NULL, 1, NULL},
    {"GetDivision", get_division, NULL, 1, NULL},
    {"ListActions", list_actions, NULL, 1, NULL},
    {"FindAction", find_action, NULL, 1, NULL},
    {"ListUntold", list_untold, NULL, 1, NULL},
    {"ListRated", list_rated, NULL, 1, NULL},
    {NULL, NULL, NULL, 0, NULL},
};
