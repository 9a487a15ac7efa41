/* Counts what each player did in a game, turn by turn. */
#include "gamesvc/facts.h"

#include <string.h>

#include "gamesvc/rules/crossword/history.h"
#include "gamesvc/values.h"

/* Of one player. */
struct facts {
    int64_t acts;       /* placements, moves, exchanges, challenges, reports: not passes */
    int64_t moves;      /* placements, moves and exchanges */
    int64_t placements; /* and moves */
    int64_t phonies;
    int64_t left_ms;     /* on the clock after the last act; before it the initial time */
    int64_t end_ms;      /* on the clock at the end */
    int64_t last_act_ms; /* how long that took */
    int64_t waited_ms;   /* on turn at the end: since when */
    bool no_show;        /* let the time to begin pass */
};

struct counting {
    struct facts facts[RULES_SEATS];
    int64_t turn_since_ms; /* since when the player on turn has been */
    int on_turn;
};

/* ---- counting ---------------------------------------------------------------------------- */

static bool is_verb(const char *record, const char *verb)
{
    size_t size = strlen(verb);
    return strncmp(record, verb, size) == 0 && strchr(" \n", record[size]) != NULL;
}

static int64_t count_phonies(const char *record, int seat)
{
    struct text_reader lines = text_reader(record, strlen(record));
    struct text_reader line;
    struct history_line history;
    int64_t count = 0;
    while (text_read_line(&lines, &line))
        count +=
            history_read(line, &history) && history.type == HISTORY_PHONY && history.seat == seat;
    return count;
}

static void count_act(struct counting *counting, const struct table *table,
                      const struct rules_turn *turn)
{
    struct facts *facts = &counting->facts[turn->actor];
    bool places = is_verb(turn->record, "place") || is_verb(turn->record, "move");
    bool exchanges = is_verb(turn->record, "exchange");
    if (!places && !exchanges && !is_verb(turn->record, "challenge") &&
        !is_verb(turn->record, "report"))
        return;
    facts->acts++;
    facts->moves += places || exchanges;
    facts->placements += places;
    /* before the increment, which is no part of how long it took */
    facts->left_ms = timing_remaining_ms(rules_timing(table->game), (int)turn->actor, turn->at_ms);
    facts->last_act_ms =
        counting->on_turn == (int)turn->actor ? turn->at_ms - counting->turn_since_ms : 0;
}

/* Plays one turn of the game again and counts it. */
static enum status count_turn(struct counting *counting, struct table *again,
                              const struct rules_turn *turn)
{
    if (turn->actor == RULES_FIRST || turn->actor == RULES_SECOND)
        count_act(counting, again, turn);
    for (int seat = 0; seat < RULES_SEATS; seat++)
        counting->facts[seat].phonies += count_phonies(turn->record, seat);
    enum status status = rules_replay(again->game, turn, NULL);
    if (status == STATUS_OK && rules_on_turn(again->game) != counting->on_turn &&
        rules_on_turn(again->game) != RULES_NO_WINNER) {
        counting->on_turn = rules_on_turn(again->game);
        counting->turn_since_ms = turn->at_ms;
    }
    return status;
}

/* ---- as a map ---------------------------------------------------------------------------- */

static void add_player(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key,
                       const struct facts *facts, bool has_denied)
{
    Arbiter__V1__ValueMap *player = values_add_map(arena, map, key);
    values_add_int(arena, player, "acts", facts->acts);
    values_add_int(arena, player, "moves", facts->moves);
    values_add_int(arena, player, "placements", facts->placements);
    values_add_int(arena, player, "phonies", facts->phonies);
    values_add_int(arena, player, "left_ms", facts->left_ms);
    values_add_int(arena, player, "end_ms", facts->end_ms);
    values_add_int(arena, player, "last_act_ms", facts->last_act_ms);
    values_add_int(arena, player, "waited_ms", facts->waited_ms);
    values_add_bool(arena, player, "has_denied", has_denied);
    values_add_bool(arena, player, "no_show", facts->no_show);
}

/* ---- the game ---------------------------------------------------------------------------- */

static void finish(struct counting *counting, const struct table *table,
                   const struct rules_turn *last)
{
    const struct timing *timing = rules_timing(table->game);
    bool is_not_begun =
        rules_result(table->game).end == RULES_END_CANCELLED && is_verb(last->record, "timeout");
    for (int seat = 0; seat < RULES_SEATS; seat++) {
        counting->facts[seat].end_ms = timing_remaining_ms(timing, seat, last->at_ms);
        if (seat != counting->on_turn)
            continue;
        counting->facts[seat].waited_ms = last->at_ms - counting->turn_since_ms;
        counting->facts[seat].no_show = is_not_begun;
    }
}

enum status facts_collect(struct arena *arena, const struct table *table,
                          const struct rules_turn *last, const struct requests *requests,
                          Arbiter__V1__ValueMap **out_facts)
{
    struct table again = *table;
    struct counting counting = {.turn_since_ms = table->start_ms};
    Arbiter__V1__ValueMap *facts = values_map(arena);
    enum status status = rules_create(arena, table->set, &table->setup, &again.game, NULL);
    if (status != STATUS_OK || facts == NULL)
        return STATUS_FULL;
    counting.on_turn = rules_on_turn(again.game);
    const struct timing *timing = rules_timing(again.game);
    for (int seat = 0; seat < RULES_SEATS; seat++)
        counting.facts[seat].left_ms = timing->control.initial_ms;
    for (uint32_t i = 0; status == STATUS_OK && i < table->turn_count; i++)
        status = count_turn(&counting, &again, &table->turns[i]);
    if (status == STATUS_OK)
        status = count_turn(&counting, &again, last);
    if (status != STATUS_OK)
        return status;
    finish(&counting, table, last);
    values_add_int(arena, facts, "turns", table->turn_count + 1);
    values_add_int(arena, facts, "duration_ms", last->at_ms - table->start_ms);
    values_add_int(arena, facts, "clock_ms",
                   timing->control.initial_ms + timing->control.overtime_max_ms);
    values_add_int(arena, facts, "increment_ms", timing->control.increment_ms);
    values_add_bool(arena, facts, "is_correspondence",
                    timing->control.kind == TIMING_CORRESPONDENCE);
    add_player(arena, facts, "first", &counting.facts[0], requests->meta.has_denied[0]);
    add_player(arena, facts, "second", &counting.facts[1], requests->meta.has_denied[1]);
    *out_facts = facts;
    return arena_full(arena) ? STATUS_FULL : STATUS_OK;
}
