/* Reads of games and of the people who play them. */
#include <string.h>

#include "store/reads.h"

/* ---- a game -------------------------------------------------------------------------------- */

static void on_game(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no game '%s'", INPUT(LoadGame)->game_id);
        return;
    }
    Arbiter__V1__LoadGameReply *reply = REPLY(LoadGame);
    reply->game = read_game(op, result, 0);
    if (reply->game != NULL)
        reply->game->state = op_bytes(op, result, 0, 19);
    reply->sealed_seed = op_bytes(op, result, 0, 20);
    reply->commitment = op_text(op, sql_read_text(result, 0, 21));
    reply->commitment_id = op_text(op, sql_read_text(result, 0, 22));
    reply->requests = op_text(op, sql_read_text(result, 0, 23));
    reply->request_count = (int32_t)sql_read_integer(result, 0, 24);
}

static void on_turns(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(LoadGame)->turns, REPLY(LoadGame)->n_turns, read_turn);
}

static enum op_next load_game(struct op *op)
{
    struct sql_value id = sql_text(INPUT(LoadGame)->game_id);
    (void)OP_OUTPUT(op, Arbiter__V1__LoadGameReply, arbiter__v1__load_game_reply__init);
    op_send(op, STATEMENT_GAME_GET, SQL_PARAMETERS(id), on_game);
    op_send(op, STATEMENT_TURNS_AFTER,
            SQL_PARAMETERS(id, sql_integer(INPUT(LoadGame)->turns_after)), on_turns);
    return OP_LAST;
}

static void on_player(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no player '%s'",
                        INPUT(GetPlayer)->player_id);
        return;
    }
    const size_t row = 0;
    Arbiter__V1__Player *player = NEW(op, Arbiter__V1__Player, arbiter__v1__player__init);
    REPLY(GetPlayer)->player = player;
    if (player == NULL)
        return;
    player->player_id = TEXT(0);
    player->name = TEXT(1);
    player->status = TEXT(2);
    player->created_at_ms = INTEGER(3);
    if (INTEGER(4) <= store_now_ms(op->store))
        return;
    player->suspension = NEW(op, Arbiter__V1__Suspension, arbiter__v1__suspension__init);
    if (player->suspension == NULL)
        return;
    player->suspension->until_ms = INTEGER(4);
    player->suspension->from = TEXT(5);
    player->suspension->because = TEXT(6);
}

static void on_player_ratings(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Player *player = REPLY(GetPlayer)->player;
    if (player != NULL)
        FILL(player->ratings, player->n_ratings, read_rating);
}

static enum op_next get_player(struct op *op)
{
    struct sql_value id = sql_text(INPUT(GetPlayer)->player_id);
    (void)OP_OUTPUT(op, Arbiter__V1__GetPlayerReply, arbiter__v1__get_player_reply__init);
    op_send(op, STATEMENT_PLAYER_GET, SQL_PARAMETERS(id), on_player);
    op_send(op, STATEMENT_RATINGS_OF_PLAYER, SQL_PARAMETERS(id, sql_text("")), on_player_ratings);
    return OP_LAST;
}

/* The query brings one row more than was asked for where there are more. */
static void on_player_games(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListPlayerGamesReply *reply = REPLY(ListPlayerGames);
    FILL(reply->games, reply->n_games, read_game);
    size_t limit = (size_t)reads_limit(INPUT(ListPlayerGames)->limit);
    reply->more = reply->n_games > limit;
    reply->n_games = reply->more ? limit : reply->n_games;
}

static enum op_next list_player_games(struct op *op)
{
    const Arbiter__V1__ListPlayerGamesRequest *request = INPUT(ListPlayerGames);
    (void)OP_OUTPUT(op, Arbiter__V1__ListPlayerGamesReply,
                    arbiter__v1__list_player_games_reply__init);
    op_send(op, STATEMENT_GAMES_OF_PLAYER,
            SQL_PARAMETERS(sql_text(request->player_id), sql_text(request->before),
                           sql_integer(reads_limit(request->limit) + 1)),
            on_player_games);
    return OP_LAST;
}

static Arbiter__V1__Rating *no_rating(struct op *op, const char *player_id)
{
    Arbiter__V1__Rating *rating = NEW(op, Arbiter__V1__Rating, arbiter__v1__rating__init);
    if (rating == NULL)
        return NULL;
    rating->player_id = op_text(op, player_id);
    rating->pool = op_text(op, INPUT(GetRatings)->pool);
    return rating;
}

/* Called once a player asked for, in order. */
static void on_rating(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__GetRatingsReply *reply = REPLY(GetRatings);
    const char *player_id = INPUT(GetRatings)->player_ids[reply->n_ratings];
    reply->ratings[reply->n_ratings] =
        result->row_count > 0 ? read_rating(op, result, 0) : no_rating(op, player_id);
    if (reply->ratings[reply->n_ratings] != NULL)
        reply->n_ratings++;
}

static enum op_next get_ratings(struct op *op)
{
    const Arbiter__V1__GetRatingsRequest *request = INPUT(GetRatings);
    if (request->pool[0] == '\0' || request->n_player_ids > STORE_LIST_MAX)
        return op_fail(op, STATUS_INVALID_ARGUMENT, "a pool and at most %d players, please",
                       STORE_LIST_MAX);
    Arbiter__V1__GetRatingsReply *reply =
        OP_OUTPUT(op, Arbiter__V1__GetRatingsReply, arbiter__v1__get_ratings_reply__init);
    reply->ratings = arena_array(&op->arena, request->n_player_ids, sizeof *reply->ratings);
    for (size_t i = 0; reply->ratings != NULL && i < request->n_player_ids; i++)
        op_send(op, STATEMENT_RATINGS_OF_PLAYER,
                SQL_PARAMETERS(sql_text(request->player_ids[i]), sql_text(request->pool)),
                on_rating);
    return OP_LAST;
}

/* ---- its pace ----------------------------------------------------------------------------- */

static void on_pace(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        (void)op_fail(op, STATUS_NOT_FOUND, "there is no such game");
        return;
    }
    const size_t row = 0;
    REPLY(GetPace)->status = TEXT(0);
    REPLY(GetPace)->turn_count = (int32_t)INTEGER(1);
    REPLY(GetPace)->acted_at_ms = INTEGER(2);
}

static enum op_next get_pace(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__GetPaceReply, arbiter__v1__get_pace_reply__init);
    op_send(op, STATEMENT_GAME_PACE, SQL_PARAMETERS(sql_text(INPUT(GetPace)->game_id)), on_pace);
    return OP_LAST;
}

const struct op_kind game_reads[] = {
    {"LoadGame", load_game, NULL, 1, NULL},
    {"GetPace", get_pace, NULL, 1, NULL},
    {"GetPlayer", get_player, NULL, 1, NULL},
    {"ListPlayerGames", list_player_games, NULL, 1, NULL},
    {"GetRatings", get_ratings, NULL, 1, NULL},
    {NULL, NULL, NULL, 0, NULL},
};
