/* What a game is worth, and what an amended result changes. */
#include "orchestrator/prepare_private.h"

#include <stdlib.h>
#include <string.h>

#include "orchestrator/rating/rating.h"
#include "orchestrator/rating_correction.h"
#include "proto/copy.h"

/* ---- rating.update ----------------------------------------------------------------------- */

static struct rating_game game_of(const struct preparation *preparation)
{
    const char *winner = prepare_text(preparation, "winner");
    struct rating_game game = {
        .end = rating_end_of(prepare_text(preparation, "reason")),
        .has_scores = true,
        .scores = {(int32_t)prepare_int(preparation, "first_score"),
                   (int32_t)prepare_int(preparation, "second_score")},
        .ended_at_ms = preparation->plan->now_ms,
        .winner = RATING_WINNER_NONE,
    };
    if (strcmp(winner, prepare_text(preparation, "first")) == 0)
        game.winner = RATING_WINNER_FIRST;
    else if (strcmp(winner, prepare_text(preparation, "second")) == 0)
        game.winner = RATING_WINNER_SECOND;
    return game;
}

static enum status find_policy(const struct preparation *preparation,
                               const struct rating_policy **out_policy, struct fault *out_fault)
{
    struct value request = prepare_find(preparation->input, "request");
    struct value name = prepare_find(request, "rating_policy");
    const char *text = name.kind == VALUE_STRING
                           ? arena_copy(preparation->plan->arena, name.as.text, name.size)
                           : "";
    if (text == NULL)
        return STATUS_FULL;
    *out_policy = ratings_shelf_find(preparation->context->ratings, text);
    if (*out_policy == NULL)
        return fault_set(out_fault, 0, 0, "there is no rating policy '%s'", text);
    return STATUS_OK;
}

static enum status state_of(const Arbiter__V1__Rating *row, const struct rating_policy *policy,
                            struct rating_state *out_state)
{
    if (row->version != 0)
        return rating_state_read(row->state, out_state);
    *out_state = rating_initial(policy);
    return STATUS_OK;
}

static enum status set_rating(struct preparation *preparation, const Arbiter__V1__Rating *row,
                              const struct rating_state *before, const struct rating_state *after,
                              int64_t rated_at_ms)
{
    struct plan *plan = preparation->plan;
    char state[RATING_STATE_TEXT_SIZE];
    char state_before[RATING_STATE_TEXT_SIZE];
    rating_state_write(after, state);
    rating_state_write(before, state_before);
    struct value_entry entries[] = {
        ENTRY("player", value_text(row->player_id)),
        ENTRY("pool", value_text(row->pool)),
        ENTRY("expected_version", value_int(row->version)),
        ENTRY("rating", value_double(after->rating)),
        ENTRY("deviation", value_double(after->deviation)),
        ENTRY("volatility", value_double(after->volatility)),
        ENTRY("games", value_int(after->games)),
        ENTRY("rated_at", value_timestamp_ms(rated_at_ms)),
        ENTRY("state", value_text(state)),
        ENTRY("game", value_text(prepare_text(preparation, "game"))),
        ENTRY("change", value_double(after->rating - before->rating)),
        ENTRY("state_before", value_text(state_before)),
    };
    struct value_entry event[] = {
        ENTRY("player_id", value_text(row->player_id)),
        ENTRY("pool", value_text(row->pool)),
        ENTRY("rating", value_double(after->rating)),
        ENTRY("change", value_double(after->rating - before->rating)),
        ENTRY("game_id", value_text(prepare_text(preparation, "game"))),
    };
    enum status status = prepare_add_write(preparation, "rating.set", entries, COUNT_OF(entries));
    struct value data = MAP_OF(event);
    struct fault fault;
    return status == STATUS_OK ? plan_add_event(plan, "user.rated", &data, &fault) : status;
}

static enum status rate(struct preparation *preparation, const Arbiter__V1__GetRatingsReply *reply,
                        struct fault *out_fault)
{
    const struct rating_policy *policy = NULL;
    struct rating_state before[2];
    struct rating_state after[2];
    struct rating_game game = game_of(preparation);
    if (reply->n_ratings != 2)
        return STATUS_DATA_LOSS;
    enum status status = find_policy(preparation, &policy, out_fault);
    for (int i = 0; status == STATUS_OK && i < 2; i++)
        status = state_of(reply->ratings[i], policy, &before[i]);
    if (status != STATUS_OK)
        return status;
    /* A player's history never runs back, though the clock may: corrections go by its times. */
    for (int i = 0; i < 2; i++)
        if (reply->ratings[i]->version != 0 && reply->ratings[i]->rated_at_ms > game.ended_at_ms)
            game.ended_at_ms = reply->ratings[i]->rated_at_ms;
    if (rating_rate_game(policy, before, &game, after) != RATING_RATED)
        return STATUS_OK; /* an ordinary outcome: nothing to write */
    for (int i = 0; status == STATUS_OK && i < 2; i++)
        status =
            set_rating(preparation, reply->ratings[i], &before[i], &after[i], game.ended_at_ms);
    return status;
}

static void on_ratings(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct fault fault = {0};
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    enum status status =
        rate(preparation, (const Arbiter__V1__GetRatingsReply *)answer->output, &fault);
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_fail(preparation, status, &fault);
}

/* The pool a game counts for: named, or rules and variant, so that different games never mix. */
static const char *pool_of(const struct preparation *preparation)
{
    struct value request = prepare_find(preparation->input, "request");
    struct value pool = prepare_find(request, "rating_pool");
    struct value rules = prepare_find(request, "rules");
    if (pool.kind == VALUE_STRING && pool.size > 0)
        return arena_copy(preparation->plan->arena, pool.as.text, pool.size);
    if (rules.kind == VALUE_STRING && rules.size > 0)
        return arena_copy(preparation->plan->arena, rules.as.text, rules.size);
    return "default";
}

bool prepare_rating(struct preparation *preparation)
{
    Arbiter__V1__GetRatingsRequest request = ARBITER__V1__GET_RATINGS_REQUEST__INIT;
    char *players[] = {(char *)prepare_text(preparation, "first"),
                       (char *)prepare_text(preparation, "second")};
    request.player_ids = players;
    request.n_player_ids = COUNT_OF(players);
    request.pool = (char *)pool_of(preparation);
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetRatings",
                                .input = &request.base},
             on_ratings, preparation);
    return false;
}

/* ---- rating.correct ---------------------------------------------------------------------- */

enum { RATED_PAGE = 400 };

/* A board's game whose result is amended: it is rated again, and all that follows from it. */
struct correction {
    struct preparation *preparation;
    const Arbiter__V1__BoardPairing *row;
    struct rating_verdict verdict;
    struct plan_list rows; /* Arbiter__V1__RatedRow */
};

static enum status add_revision(struct preparation *preparation, const char *pool,
                                const struct rating_revision *revision)
{
    char state_before[RATING_STATE_TEXT_SIZE];
    rating_state_write(&revision->before, state_before);
    struct value_entry entries[] = {
        ENTRY("player", value_text(revision->player)),
        ENTRY("pool", value_text(pool)),
        ENTRY("game", value_text(revision->game_id)),
        ENTRY("rating", value_double(revision->after.rating)),
        ENTRY("deviation", value_double(revision->after.deviation)),
        ENTRY("change", value_double(revision->after.rating - revision->before.rating)),
        ENTRY("state_before", value_text(state_before)),
    };
    return prepare_add_write(preparation, "rating.revise", entries, COUNT_OF(entries));
}

/* The rating as it is now takes a version of its own, so that a game which ends meanwhile is rated
 * from it. A clock that was set back does not bring it before the rows that it follows: the next
 * correction would not find it. */
static enum status add_corrected(struct preparation *preparation, const char *pool,
                                 const struct rating_corrected *player)
{
    char state[RATING_STATE_TEXT_SIZE];
    int64_t now_ms = preparation->plan->now_ms;
    int64_t rated_at_ms = now_ms > player->rated_at_ms ? now_ms : player->rated_at_ms;
    rating_state_write(&player->state, state);
    struct value_entry entries[] = {
        ENTRY("player", value_text(player->player)),
        ENTRY("pool", value_text(pool)),
        ENTRY("expected_version", value_int(player->version)),
        ENTRY("rating", value_double(player->state.rating)),
        ENTRY("deviation", value_double(player->state.deviation)),
        ENTRY("volatility", value_double(player->state.volatility)),
        ENTRY("games", value_int(player->state.games)),
        ENTRY("rated_at", value_timestamp_ms(rated_at_ms)),
        ENTRY("state", value_text(state)),
        ENTRY("change", value_double(player->state.rating - player->rating)),
    };
    struct value_entry event[] = {
        ENTRY("player_id", value_text(player->player)),
        ENTRY("pool", value_text(pool)),
        ENTRY("rating", value_double(player->state.rating)),
        ENTRY("change", value_double(player->state.rating - player->rating)),
    };
    enum status status = prepare_add_write(preparation, "rating.set", entries, COUNT_OF(entries));
    struct value data = MAP_OF(event);
    struct fault fault;
    return status == STATUS_OK ? plan_add_event(preparation->plan, "user.rated", &data, &fault)
                               : status;
}

static enum status add_amended_game(struct correction *correction)
{
    struct value_entry entries[] = {
        ENTRY("game", value_text(correction->verdict.game_id)), /* all that game.void wants */
        ENTRY("winner", value_text(correction->verdict.winner)),
        ENTRY("first_score", value_int(correction->verdict.scores[0])),
        ENTRY("second_score", value_int(correction->verdict.scores[1])),
        ENTRY("reason", value_text(correction->verdict.reason)),
        ENTRY("decided_by", value_text("director")),
    };
    return correction->verdict.is_void
               ? prepare_add_write(correction->preparation, "game.void", entries, 1)
               : prepare_add_write(correction->preparation, "game.amend", entries,
                                   COUNT_OF(entries));
}

static enum status correct(struct correction *correction, struct fault *out_fault)
{
    struct preparation *preparation = correction->preparation;
    Arbiter__V1__RatedRow **rows = (Arbiter__V1__RatedRow **)correction->rows.items;
    struct rating_correction result;
    const struct rating_policy *policy = NULL;
    if (correction->rows.count == 0)
        return STATUS_OK; /* the game was not rated: a director's result is not */
    const Arbiter__V1__RatedRow *own = NULL;
    for (size_t i = 0; i < correction->rows.count; i++)
        if (strcmp(rows[i]->game_id, correction->verdict.game_id) == 0)
            own = rows[i];
    if (own == NULL || own->request == NULL)
        return STATUS_DATA_LOSS;
    const char *name = own->request->rating_policy;
    policy = ratings_shelf_find(preparation->context->ratings, name);
    if (policy == NULL)
        return fault_set(out_fault, 0, 0, "there is no rating policy '%s'", name);
    if (correction->verdict.reason == NULL)
        correction->verdict.reason = own->reason;
    enum status status =
        rating_correct(preparation->plan->arena, policy, rows, correction->rows.count,
                       &correction->verdict, &result, out_fault);
    for (size_t i = 0; status == STATUS_OK && i < result.revision_count; i++)
        status = add_revision(preparation, own->pool, &result.revisions[i]);
    for (size_t i = 0; status == STATUS_OK && i < result.player_count; i++)
        status = add_corrected(preparation, own->pool, &result.players[i]);
    return status == STATUS_OK ? add_amended_game(correction) : status;
}

static void ask_rated(struct correction *correction);

static void on_rated(const struct bus_answer *answer, void *user)
{
    struct correction *correction = user;
    struct preparation *preparation = correction->preparation;
    struct fault fault = {0};
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__ListRatedReply *reply = (const Arbiter__V1__ListRatedReply *)answer->output;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < reply->n_rows; i++)
        status = plan_push(preparation->plan->arena, &correction->rows,
                           proto_copy_in(preparation->plan->arena, &reply->rows[i]->base));
    if (status == STATUS_OK && reply->n_rows == RATED_PAGE &&
        correction->rows.count < RATING_CORRECTION_ROWS_MAX) {
        ask_rated(correction);
        return;
    }
    if (status == STATUS_OK)
        status = correct(correction, &fault);
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_fail(preparation, status, &fault);
}

static void ask_rated(struct correction *correction)
{
    Arbiter__V1__ListRatedRequest request = ARBITER__V1__LIST_RATED_REQUEST__INIT;
    request.game_id = (char *)correction->verdict.game_id;
    request.limit = RATED_PAGE;
    request.offset = (int64_t)correction->rows.count;
    bus_call(correction->preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "ListRated",
                                .input = &request.base},
             on_rated, correction);
}

/* What the director's outcome is to the game. */
static void judge_row(struct correction *correction)
{
    struct preparation *preparation = correction->preparation;
    const char *outcome = prepare_text(preparation, "outcome");
    correction->verdict = (struct rating_verdict){
        .game_id = correction->row->game_id,
        .winner = strcmp(outcome, "first") == 0    ? correction->row->first
                  : strcmp(outcome, "second") == 0 ? correction->row->second
                                                   : "",
        .scores = {(int32_t)prepare_int(preparation, "first_score"),
                   (int32_t)prepare_int(preparation, "second_score")},
        .reason = strcmp(outcome, "double_forfeit") == 0 ? "forfeit" : NULL,
        .is_void = outcome[0] == '\0',
    };
}

/* The game of a match that the command names; its scores are by who moved first in it. */
static bool judge_game(struct correction *correction)
{
    struct preparation *preparation = correction->preparation;
    const Arbiter__V1__BoardPairing *row = correction->row;
    const Arbiter__V1__MatchGame *game = NULL;
    for (size_t i = 0; i < row->n_games; i++)
        if (row->games[i]->number == prepare_int(preparation, "game"))
            game = row->games[i];
    if (game == NULL || game->game_id[0] == '\0')
        return false; /* nothing was rated */
    judge_row(correction);
    correction->verdict.game_id = game->game_id;
    if (strcmp(game->starts, row->second) == 0) {
        int32_t first = correction->verdict.scores[0];
        correction->verdict.scores[0] = correction->verdict.scores[1];
        correction->verdict.scores[1] = first;
    }
    return true;
}

/* The whole of a board that has one game. */
static bool judge_board(struct correction *correction)
{
    if (correction->row->game_id[0] == '\0' || correction->row->n_games > 0)
        return false; /* no game, no rating; of a match each game is corrected by itself */
    judge_row(correction);
    return true;
}

static void correct_row(const struct bus_answer *answer, struct preparation *preparation,
                        bool (*judge)(struct correction *correction))
{
    struct correction *correction = arena_alloc(preparation->plan->arena, sizeof *correction);
    if (answer->status != STATUS_OK || correction == NULL) {
        prepare_finish(preparation, answer->status != STATUS_OK ? answer->status : STATUS_FULL,
                       answer->status != STATUS_OK ? answer->message : "the step is too large");
        return;
    }
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    correction->preparation = preparation;
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->board == prepare_int(preparation, "board"))
            correction->row = proto_copy_in(preparation->plan->arena, &division->pairings[i]->base);
    if (correction->row == NULL || !judge(correction)) {
        prepare_go_on(preparation);
        return;
    }
    ask_rated(correction);
}

static void on_row_to_correct(const struct bus_answer *answer, void *user)
{
    correct_row(answer, user, judge_board);
}

static void on_game_to_correct(const struct bus_answer *answer, void *user)
{
    correct_row(answer, user, judge_game);
}

bool prepare_correct(struct preparation *preparation)
{
    return prepare_ask_round(preparation, on_row_to_correct);
}

bool prepare_correct_game(struct preparation *preparation)
{
    return prepare_ask_round(preparation, on_game_to_correct);
}
