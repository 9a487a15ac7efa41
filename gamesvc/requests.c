/* Words between players: read, kept, told. What they mean is decided in rules/meta.c. */
#include "gamesvc/requests.h"

#include <string.h>

#include "gamesvc/event_key.h"
#include "gamesvc/values.h"

/* ---- words ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum meta_kind kind;
} asked[] = {
    {"abort", META_REQUEST_ABORT},     {"nudge", META_REQUEST_ADJUDICATION},
    {"add-time", META_ADD_TIME},       {"undo", META_REQUEST_UNDO},
    {"adjourn", META_REQUEST_ADJOURN},
};

static const char *kind_name(enum meta_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        if (asked[i].kind == kind)
            return asked[i].name;
    return "";
}

static bool read_asked(struct text_span word, enum meta_kind *out_kind)
{
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        if (text_span_is(word, asked[i].name)) {
            *out_kind = asked[i].kind;
            return true;
        }
    return false;
}

/* An answer is an answer to whatever is open; the id says whether it is meant. */
static enum meta_kind answer_kind(const struct requests *requests, bool accepts)
{
    bool is_nudge = requests->meta.is_open && requests->meta.open_kind == META_REQUEST_ADJUDICATION;
    if (accepts)
        return is_nudge ? META_ADJUDICATION_ACCEPTED : META_ABORT_ACCEPTED;
    return is_nudge ? META_ADJUDICATION_DENIED : META_ABORT_DENIED;
}

bool requests_read_word(struct arena *arena, const char *text, const struct requests *requests,
                        struct meta_event *out_event, bool *out_bad)
{
    struct text_reader line = text_reader(text, strlen(text));
    struct text_span verb;
    struct text_span word = {0};
    *out_bad = false;
    if (!text_read_word(&line, &verb))
        return false;
    bool asks = text_span_is(verb, "request");
    bool accepts = text_span_is(verb, "accept");
    bool denies = text_span_is(verb, "deny");
    if (!asks && !accepts && !denies && !text_span_is(verb, "expire"))
        return false;
    *out_bad = !text_read_word(&line, &word) || !text_is_done(&line) ||
               word.size > RULES_EVENT_ID_MAX || (asks && !read_asked(word, &out_event->kind));
    if (*out_bad || asks)
        return true;
    out_event->answers = arena_copy(arena, word.data, word.size);
    out_event->kind = accepts || denies ? answer_kind(requests, accepts) : META_TIMER_EXPIRED;
    return true;
}

/* ---- as the store keeps it --------------------------------------------------------------- */

enum status requests_decode(struct arena *arena, const char *text, struct requests *out_requests)
{
    size_t line_size = strcspn(text, "\n");
    *out_requests = (struct requests){.ids = " "};
    if (text[0] == '\0')
        return STATUS_OK;
    if (!meta_decode(text_reader(text, line_size), &out_requests->meta) || text[line_size] == '\0')
        return STATUS_DATA_LOSS;
    const char *ids = text + line_size + 1;
    out_requests->ids = arena_copy(arena, ids, strlen(ids));
    return out_requests->ids != NULL ? STATUS_OK : STATUS_FULL;
}

const char *requests_encode(struct arena *arena, const struct requests *requests, const char *id)
{
    struct text text;
    text_start(&text, arena);
    meta_encode(&requests->meta, &text);
    text_add_char(&text, '\n');
    text_add_string(&text, requests->ids);
    if (id != NULL) {
        text_add_string(&text, id);
        text_add_char(&text, ' ');
    }
    return text_end(&text);
}

bool requests_has(const struct requests *requests, const char *id)
{
    size_t size = strlen(id);
    for (const char *at = requests->ids; (at = strstr(at, id)) != NULL; at++)
        if (at > requests->ids && at[-1] == ' ' && at[size] == ' ')
            return size > 0;
    return false;
}

bool requests_have_key(const struct requests *requests, const char *id)
{
    size_t size = event_key_size(id);
    if (size == 0 || requests_has(requests, id))
        return false;
    for (const char *at = requests->ids; (at = strchr(at, ' ')) != NULL; at++)
        if (strncmp(at + 1, id, size) == 0)
            return true;
    return false;
}

/* ---- as others see it -------------------------------------------------------------------- */

struct meta_game requests_game(const struct table *table, const Arbiter__V1__Game *game)
{
    return (struct meta_game){
        .timing = rules_timing(table->game),
        .on_turn = rules_on_turn(table->game),
        .turn_count = rules_turn_count(table->game),
        .over = rules_result(table->game).over,
        .rated = game->request->rated,
        .in_tournament = game->seat != NULL && game->seat->tournament_id[0] != '\0',
    };
}

enum status requests_timer(struct arena *arena, const struct requests *requests,
                           Arbiter__V1__ValueMap **out_map)
{
    Arbiter__V1__ValueMap *map = values_map(arena);
    values_add_text(arena, map, "id", requests->meta.open_id);
    values_add_time(arena, map, "expires_at", meta_deadline_ms(&requests->meta));
    *out_map = map;
    return arena_full(arena) ? STATUS_FULL : STATUS_OK;
}

void requests_tell(const struct requests *requests, const struct table *table,
                   Arbiter__V1__GameRequests *out_requests)
{
    const struct meta *meta = &requests->meta;
    arbiter__v1__game_requests__init(out_requests);
    if (!meta->is_open || rules_result(table->game).over)
        return;
    out_requests->open_id = (char *)meta->open_id;
    out_requests->kind = (char *)kind_name(meta->open_kind);
    out_requests->asked_by = (char *)(meta->open_seat == 0 ? table->first : table->second);
    out_requests->expires_at_ms = meta_deadline_ms(meta);
}
