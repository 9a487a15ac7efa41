/* Who may enter: checks that need a look at the store, and write nothing. */
#include "orchestrator/prepare_private.h"

#include <string.h>

#include "orchestrator/format/format.h"
#include "orchestrator/ratings_shelf.h"
#include "orchestrator/rating_correction.h"
#include "proto/copy.h"

#include "arbiter/v1/store.pb-c.h"

/* ---- entrant.invited --------------------------------------------------------------------- */

static bool is_invited(const struct format *format, const char *player)
{
    for (size_t i = 0; i < format->entry.invited.count; i++)
        if (strcmp(format->entry.invited.items[i], player) == 0)
            return true;
    return false;
}

static void on_division_to_enter(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    struct arena *arena = preparation->plan->arena;
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    const struct format *format = NULL;
    struct yaml_faults faults = {.arena = arena};
    if (format_read(arena, division->settings, strlen(division->settings), &faults, &format) !=
        STATUS_OK)
        prepare_finish(preparation, STATUS_DATA_LOSS, "the division's policy cannot be read");
    else if (!is_invited(format, prepare_text(preparation, "player")))
        prepare_finish(preparation, STATUS_FAILED_PRECONDITION,
                       "this event is for invited players");
    else
        prepare_go_on(preparation);
}

bool prepare_invited(struct preparation *preparation)
{
    return prepare_ask_round(preparation, on_division_to_enter);
}

/* ---- entrant.established ----------------------------------------------------------------- */

/* Whoever enters, and what the division's games are rated by. */
struct newcomer {
    struct preparation *preparation;
    const struct rating_policy *policy;
};

static bool is_established(const struct newcomer *newcomer, const Arbiter__V1__Rating *row,
                           enum status *out_status)
{
    struct rating_state state = rating_initial(newcomer->policy);
    *out_status = row->version != 0 ? rating_state_read(row->state, &state) : STATUS_OK;
    return !rating_is_provisional(newcomer->policy, &state, newcomer->preparation->plan->now_ms);
}

static void on_rating(const struct bus_answer *answer, void *user)
{
    const struct newcomer *newcomer = user;
    struct preparation *preparation = newcomer->preparation;
    enum status status = answer->status;
    const Arbiter__V1__GetRatingsReply *reply =
        (const Arbiter__V1__GetRatingsReply *)answer->output;
    if (status != STATUS_OK || reply->n_ratings != 1) {
        prepare_finish(preparation, status != STATUS_OK ? status : STATUS_DATA_LOSS,
                       status != STATUS_OK ? answer->message : "the rating cannot be read");
        return;
    }
    bool is_settled = is_established(newcomer, reply->ratings[0], &status);
    if (status != STATUS_OK)
        prepare_finish(preparation, status, "the rating cannot be read");
    else if (!is_settled)
        prepare_finish(preparation, STATUS_FAILED_PRECONDITION,
                       "this division is for players whose rating is no longer provisional");
    else
        prepare_go_on(preparation);
}

static void ask_rating(struct newcomer *newcomer, const Arbiter__V1__GameRequest *game)
{
    struct preparation *preparation = newcomer->preparation;
    Arbiter__V1__GetRatingsRequest request = ARBITER__V1__GET_RATINGS_REQUEST__INIT;
    char *players[] = {(char *)prepare_text(preparation, "player")};
    request.player_ids = players;
    request.n_player_ids = COUNT_OF(players);
    request.pool = game->rating_pool[0] != '\0' ? game->rating_pool : game->rules;
    bus_call(preparation->context->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetRatings",
                                .input = &request.base},
             on_rating, newcomer);
}

static void on_division_to_rate(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__GameRequest *game =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division->request;
    struct newcomer *newcomer = arena_alloc(preparation->plan->arena, sizeof *newcomer);
    if (newcomer == NULL || game == NULL) {
        prepare_finish(preparation, game == NULL ? STATUS_DATA_LOSS : STATUS_FULL,
                       "the division's games cannot be read");
        return;
    }
    const char *name = game->rating_policy[0] != '\0' ? game->rating_policy : "glicko2";
    *newcomer =
        (struct newcomer){preparation, ratings_shelf_find(preparation->context->ratings, name)};
    if (newcomer->policy == NULL)
        prepare_finish(preparation, STATUS_FAILED_PRECONDITION,
                       "the division's rating policy is not there");
    else
        ask_rating(newcomer, game);
}

bool prepare_established(struct preparation *preparation)
{
    return prepare_ask_round(preparation, on_division_to_rate);
}
