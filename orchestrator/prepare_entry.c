/* Who may enter, which is checked and writes nothing, and in which order those who have are seeded.
 */
#include "orchestrator/prepare_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"
#include "orchestrator/format/format.h"
#include "orchestrator/ratings_shelf.h"
#include "orchestrator/rating_correction.h"

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
    *newcomer = (struct newcomer){
        preparation, ratings_shelf_find(preparation->context->ratings, game->rating_policy)};
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

/* ---- entrants.seed ------------------------------------------------------------------------- */

/* A player on the way to his number. Whoever plays comes before whoever does not. */
struct placed {
    const Arbiter__V1__Entrant *entrant;
    bool plays;
    uint64_t lot;
};

static int by_lot(const void *left, const void *right)
{
    const struct placed *a = left;
    const struct placed *b = right;
    if (a->plays != b->plays)
        return a->plays ? -1 : 1;
    return (a->lot > b->lot) - (a->lot < b->lot);
}

static int by_rating(const void *left, const void *right)
{
    const struct placed *a = left;
    const struct placed *b = right;
    if (a->plays != b->plays)
        return a->plays ? -1 : 1;
    if (a->entrant->rating != b->entrant->rating)
        return a->entrant->rating > b->entrant->rating ? -1 : 1;
    return (a->lot > b->lot) - (a->lot < b->lot);
}

static bool will_play(const Arbiter__V1__Entrant *entrant, bool check_in)
{
    return strcmp(entrant->status, "checked_in") == 0 ||
           (!check_in && strcmp(entrant->status, "registered") == 0);
}

/* Draws are by the division's id, so that anybody can make them again; among equal ratings who came
 * first keeps his place. */
static struct placed *place(const struct preparation *preparation,
                            const Arbiter__V1__Division *division, bool by_lots)
{
    struct placed *places =
        arena_array(preparation->plan->arena, division->n_entrants, sizeof *places);
    struct value check_in = prepare_find(preparation->input, "check_in");
    bool asks = check_in.kind == VALUE_BOOL && check_in.as.boolean;
    for (size_t i = 0; places != NULL && i < division->n_entrants; i++) {
        struct random random;
        random_init_stream(&random, hash_text(HASH_START, division->division_id), "seeding", i);
        places[i] = (struct placed){division->entrants[i], will_play(division->entrants[i], asks),
                                    by_lots ? random_next(&random) : i};
    }
    if (places != NULL && division->n_entrants > 0)
        qsort(places, division->n_entrants, sizeof *places, by_lots ? by_lot : by_rating);
    return places;
}

static enum status number(struct preparation *preparation, const Arbiter__V1__Division *division,
                          const struct placed *places)
{
    struct arena *arena = preparation->plan->arena;
    struct value *numbers = arena_array(arena, division->n_entrants, sizeof *numbers);
    size_t count = 0;
    for (size_t i = 0; numbers != NULL && i < division->n_entrants; i++) {
        struct value_entry *entries = arena_array(arena, 2, sizeof *entries);
        if (entries == NULL)
            return STATUS_FULL;
        if (places[i].entrant->seed == (int64_t)i + 1)
            continue; /* he has it already */
        entries[0] = (struct value_entry)ENTRY("player", value_text(places[i].entrant->player_id));
        entries[1] = (struct value_entry)ENTRY("seed", value_int((int64_t)i + 1));
        numbers[count++] = value_map(entries, 2);
    }
    if (numbers == NULL)
        return STATUS_FULL;
    struct value_entry input[] = {
        ENTRY("division", value_text(division->division_id)),
        ENTRY("numbers", value_list(numbers, count)),
    };
    return count > 0 ? prepare_add_write(preparation, "entrants.number", input, COUNT_OF(input))
                     : STATUS_OK;
}

static void on_division_to_seed(const struct bus_answer *answer, void *user)
{
    struct preparation *preparation = user;
    if (answer->status != STATUS_OK) {
        prepare_finish(preparation, answer->status, answer->message);
        return;
    }
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    bool by_lots = strcmp(prepare_text(preparation, "by"), "lot") == 0;
    const struct placed *places = place(preparation, division, by_lots);
    enum status status = STATUS_OK;
    if (division->n_entrants > 0)
        status = places != NULL ? number(preparation, division, places) : STATUS_FULL;
    if (status == STATUS_OK)
        prepare_go_on(preparation);
    else
        prepare_finish(preparation, status, "the division has too many entrants to be seeded");
}

bool prepare_seed(struct preparation *preparation)
{
    if (strcmp(prepare_text(preparation, "by"), "listed") == 0)
        return true; /* as they are */
    return prepare_ask_round(preparation, on_division_to_seed);
}
