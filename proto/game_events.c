/* The start of a game's machine, made from the game; its end, from the last turn. */
#include "proto/game_events.h"

#include <string.h>

#include "fsm/value_codec.h"
#include "proto/reflect.h"

/* Completes an event whose name is its id, too; NULL where the data could not be made. */
static Arbiter__V1__InboxEvent *make_event(struct arena *arena, const char *name,
                                           Arbiter__V1__ValueMap *data, int64_t at_ms)
{
    Arbiter__V1__InboxEvent *event = arena_alloc(arena, sizeof *event);
    if (event == NULL || data == NULL)
        return NULL;
    arbiter__v1__inbox_event__init(event);
    event->event_id = event->name = (char *)name;
    event->data = data;
    event->received_at_ms = at_ms;
    return event;
}

/* ---- the start --------------------------------------------------------------------------- */

const char *game_of_instance(const char *instance_id)
{
    size_t size = strlen(GAME_PREFIX);
    return strncmp(instance_id, GAME_PREFIX, size) == 0 ? instance_id + size : NULL;
}

/* The input of the machine `game`. */
static Arbiter__V1__ValueMap *input_of(struct arena *arena, const Arbiter__V1__Game *game)
{
    struct value request = value_map(NULL, 0);
    if (game->request != NULL &&
        reflect_to_value(arena, &game->request->base, &request) != STATUS_OK)
        return NULL;
    const struct value_entry entries[] = {
        {value_text("game_id"), value_text(game->game_id)},
        {value_text("first"), value_text(game->first)},
        {value_text("second"), value_text(game->second)},
        {value_text("request"), request},
        {value_text("owner"), value_text(game->owner)},
        {value_text("rated"), value_bool(game->request != NULL && game->request->rated)},
        {value_text("in_tournament"),
         value_bool(game->seat != NULL && game->seat->tournament_id[0] != '\0')},
    };
    Arbiter__V1__ValueMap *wire = NULL;
    enum status status = value_codec_map(arena, value_map(entries, COUNT_OF(entries)), &wire);
    return status == STATUS_OK ? wire : NULL;
}

Arbiter__V1__InboxEvent *game_start(struct arena *arena, const Arbiter__V1__Game *game)
{
    return make_event(arena, GAME_START, input_of(arena, game), game->created_at_ms);
}

/* ---- the end ----------------------------------------------------------------------------- */

static Arbiter__V1__ValueMap *ending_of(struct arena *arena,
                                        const Arbiter__V1__AppendTurnRequest *last)
{
    const Arbiter__V1__GameResult *ended = last->ended;
    struct value facts = value_map(NULL, 0);
    if (last->facts != NULL && value_codec_from_map(arena, last->facts, &facts) != STATUS_OK)
        return NULL;
    const struct value_entry entries[] = {
        {value_text("winner"), value_text(ended->winner)},
        {value_text("first_score"), value_int(ended->first_score)},
        {value_text("second_score"), value_int(ended->second_score)},
        {value_text("reason"), value_text(ended->reason)},
        {value_text("decided_by"), value_text(ended->decided_by)},
        {value_text("seed"), value_text(last->seed)},
        {value_text("facts"), facts},
    };
    Arbiter__V1__ValueMap *wire = NULL;
    enum status status = value_codec_map(arena, value_map(entries, COUNT_OF(entries)), &wire);
    return status == STATUS_OK ? wire : NULL;
}

Arbiter__V1__InboxEvent *game_end(struct arena *arena, const Arbiter__V1__AppendTurnRequest *last,
                                  int64_t now_ms)
{
    Arbiter__V1__InboxEvent *event = make_event(arena, GAME_END, ending_of(arena, last), now_ms);
    if (event != NULL)
        event->actor = last->turn->player_id;
    return event;
}
