/* Rows of the store as the library wants them. */
#include "orchestrator/places.h"

#include <string.h>

#include "fsm/value_codec.h"

#include "arbiter/v1/store.pb-c.h"

static enum status read_ticket(struct arena *arena, const Arbiter__V1__Ticket *row,
                               struct seeking_ticket *out)
{
    struct seeking_meeting *meetings = arena_array(arena, row->n_meetings, sizeof *meetings);
    *out = (struct seeking_ticket){
        .id = row->ticket_id,
        .player = row->player_id,
        .since_ms = row->since_ms,
        .misses = row->misses,
        .facts = {row->rating, row->deviation, row->games, row->conduct, row->balance},
        .said = value_map(NULL, 0),
        .blocks = (const char *const *)row->blocks,
        .block_count = row->n_blocks,
        .meetings = meetings,
        .meeting_count = row->n_meetings};
    for (size_t i = 0; meetings != NULL && i < row->n_meetings; i++)
        meetings[i] = (struct seeking_meeting){row->meetings[i]->opponent, row->meetings[i]->at_ms,
                                               row->meetings[i]->aborted};
    if (row->said != NULL)
        return value_codec_from_map(arena, row->said, &out->said);
    return meetings != NULL ? STATUS_OK : STATUS_FULL;
}

/* Oldest first; only those who were paired say whether an estimate held. */
static enum status read_history(struct places *places, const struct places_page *page)
{
    size_t count = page->ended_count;
    places->history = arena_array(places->arena, count, sizeof *places->history);
    if (places->history == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        const Arbiter__V1__EndedWait *row = page->ended[count - 1 - i];
        bool is_matched = strcmp(row->status, "matched") == 0;
        int64_t waited = row->ended_at_ms - row->since_ms;
        places->history[i] =
            (struct seeking_wait){.waited_ms = waited,
                                  .is_matched = is_matched,
                                  .was_told = is_matched && row->high_ms > 0,
                                  .held = waited >= row->low_ms && waited <= row->high_ms};
    }
    places->history_count = count;
    places->level = seeking_calibrated(places->history, count);
    places->has_history = true;
    return STATUS_OK;
}

/* Returns room for `more` items behind `count`, those copied where they had to move. */
static void *room_for(struct arena *arena, void *items, size_t item_size, size_t count,
                      size_t *capacity, size_t more)
{
    if (items != NULL && count + more <= *capacity)
        return items;
    size_t wanted = count + more > 2 * count ? count + more : 2 * count;
    void *room = arena_array(arena, wanted, item_size);
    if (room == NULL)
        return NULL;
    if (count > 0)
        memcpy(room, items, count * item_size);
    *capacity = wanted;
    return room;
}

/* Has its owner been without a connection for as long as the policy says? */
static bool is_gone(const struct places *places, const Arbiter__V1__Ticket *row)
{
    return !places->keeps_gone && row->here_until_ms > 0 && row->here_until_ms <= places->now_ms;
}

enum status places_add(struct places *places, const struct places_page *page)
{
    enum status status = places->has_history ? STATUS_OK : read_history(places, page);
    struct seeking_ticket *tickets = room_for(places->arena, places->tickets, sizeof *tickets,
                                              places->count, &places->capacity, page->count);
    const char **gone = room_for(places->arena, places->gone, sizeof *gone, places->gone_count,
                                 &places->gone_capacity, page->count);
    if (status != STATUS_OK || tickets == NULL || gone == NULL)
        return STATUS_FULL;
    places->tickets = tickets;
    places->gone = gone;
    for (size_t i = 0; status == STATUS_OK && i < page->count; i++) {
        places->after_ms = page->tickets[i]->since_ms;
        places->after = page->tickets[i]->ticket_id;
        if (is_gone(places, page->tickets[i]))
            gone[places->gone_count++] = page->tickets[i]->ticket_id;
        else
            status = read_ticket(places->arena, page->tickets[i], &tickets[places->count++]);
    }
    places->is_cut = page->is_cut;
    return status;
}
