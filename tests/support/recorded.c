/* Draws and moves out of a GCG file. */
#include "tests/support/recorded.h"

#include "gamesvc/rules/text.h"

/* Finds what `player` holds after event `index`; false where the game does not tell. */
static bool rack_after(const struct gcg *gcg, int index, int player, struct tiles *out_rack)
{
    for (int i = index + 1; i < gcg->event_count; i++) {
        const struct gcg_event *event = &gcg->events[i];
        if (event->type == GCG_RACK_POINTS && event->player != player) {
            *out_rack = event->rack;
            return true;
        }
        if (event->player != player || event->type == GCG_RACK_POINTS || event->type == GCG_TIME)
            continue;
        if (event->type == GCG_PHONY)
            return false;
        /* The rack in a bonus line is the player's only while there is a bag to draw from. */
        if (event->type == GCG_BONUS && tiles_total(&event->rack) < RACK_SIZE)
            continue;
        *out_rack = event->rack;
        return true;
    }
    *out_rack = (struct tiles){0};
    return true;
}

void recorded_find_draws(const struct gcg *gcg, const struct placement *placements,
                         struct recorded_draws *draws)
{
    *draws = (struct recorded_draws){0};
    for (int player = 0; player < GCG_PLAYERS; player++)
        draws->known[player] = rack_after(gcg, -1, player, &draws->drawn[player]);
    for (int i = 0; i < gcg->event_count; i++) {
        const struct gcg_event *event = &gcg->events[i];
        if (event->type != GCG_PLACE && event->type != GCG_EXCHANGE)
            continue;
        struct tiles kept = event->rack;
        struct tiles used =
            event->type == GCG_PLACE ? placement_tiles(&placements[i]) : event->exchanged;
        struct tiles after;
        tiles_remove(&kept, &used);
        if (!rack_after(gcg, i, event->player, &after))
            continue;
        tiles_remove(&after, &kept);
        draws->known[2 + i] = true;
        draws->drawn[2 + i] = after;
    }
}

const char *recorded_challenge_rule(const struct gcg *gcg)
{
    for (int i = 0; i < gcg->event_count; i++)
        if (gcg->events[i].type == GCG_BONUS)
            return gcg->events[i].score == 10 ? "ten-point" : "five-point";
    return "double";
}

const char *recorded_options(const struct gcg *gcg)
{
    for (int i = 0; i < gcg->event_count; i++)
        if (gcg->events[i].type == GCG_BONUS)
            return gcg->events[i].score == 10 ? "challenge=TEN_POINT lexicon=EN80"
                                              : "challenge=five-point lexicon=EN80";
    return "challenge=double lexicon=EN80";
}

const char *recorded_move(struct arena *arena, const struct gcg *gcg, int i,
                          const struct placement *placement, int *out_seat)
{
    const struct gcg_event *event = &gcg->events[i];
    struct text move;
    text_start(&move, arena);
    *out_seat = event->player;
    switch (event->type) {
    case GCG_PLACE:
        text_add_string(&move, "place ");
        placement_write_position(placement, &move);
        text_add_char(&move, ' ');
        placement_write_tiles(placement, &move);
        return text_end(&move);
    case GCG_EXCHANGE:
        text_add_string(&move, "exchange ");
        tiles_write(&event->exchanged, &move);
        return text_end(&move);
    case GCG_PASS:
        return "pass";
    case GCG_PHONY:
    case GCG_BONUS:
        *out_seat = 1 - event->player;
        return "challenge";
    case GCG_RACK_POINTS: /* comes with the challenge, or with the final pass */
        *out_seat = 1 - event->player;
        return "pass";
    case GCG_RACK_PENALTY:
    case GCG_TIME:
        return NULL;
    }
    return NULL;
}
