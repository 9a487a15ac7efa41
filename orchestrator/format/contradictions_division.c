/* What keys of a division say against each other. */
#include "orchestrator/format/contradictions.h"

#include <string.h>

#include "orchestrator/standing/standing.h"

#define METHODS(first) (UINT32_C(1) << PAIRING_##first)
#define ROUND_ROBINS (METHODS(ROUND_ROBIN) | METHODS(TEAM) | METHODS(INTERLEAVED))
#define BRACKETS (METHODS(ELIMINATION) | METHODS(DOUBLE_ELIMINATION))

/* Keys that only some methods look at. */
static const struct {
    const char *key; /* or how it begins, where it ends in "_" */
    uint32_t methods;
} owners[] = {
    {"factor", METHODS(FACTOR)},
    {"fontes_rounds", METHODS(FONTES)},
    {"legs", ROUND_ROBINS},
    {"legs_in_a_row", ROUND_ROBINS},
    {"reset_round", METHODS(AUSTRALIAN)},
    {"baku", METHODS(DUTCH)},
    {"cop_", METHODS(COP)},
    {"chew_", METHODS(CHEW)},
    {"reseed", METHODS(ELIMINATION)},
    {"third_place", METHODS(ELIMINATION)},
    {"reset_final", METHODS(DOUBLE_ELIMINATION)},
};

/* ---- pairing ----------------------------------------------------------------------------- */

static bool is_owned(const char *owner, const char *key)
{
    size_t size = strlen(owner);
    return owner[size - 1] == '_' ? strncmp(owner, key, size) == 0 : strcmp(owner, key) == 0;
}

static void check_owner(const struct yaml_pair *pair, enum pairing_method method,
                        struct yaml_faults *faults)
{
    for (size_t i = 0; i < COUNT_OF(owners); i++) {
        if (!is_owned(owners[i].key, pair->key.text) || (owners[i].methods >> method & 1) != 0)
            continue;
        (void)yaml_error(faults, &pair->key, "`%s` says nothing about the method `%s`",
                         pair->key.text, pairing_method_name(method));
        for (int m = 0; m < PAIRING_METHOD_COUNT; m++)
            if ((owners[i].methods >> m & 1) != 0) {
                yaml_hint(faults, "the method `%s` looks at it",
                          pairing_method_name((enum pairing_method)m));
                break;
            }
    }
}

static bool is_bracket(enum pairing_method method)
{
    return (BRACKETS >> method & 1) != 0;
}

static void check_order_of_methods(const struct format_division *division,
                                   const struct yaml_node *node, struct yaml_faults *faults)
{
    const struct yaml_node *at = format_node(node, "pairing");
    for (size_t i = 1; i < division->range_count; i++) {
        enum pairing_method method = division->ranges[i].pairing.method;
        enum pairing_method before = division->ranges[i - 1].pairing.method;
        if (is_bracket(method) != is_bracket(before) || (is_bracket(method) && method != before))
            (void)yaml_error(faults, at,
                             "a bracket is played from the first round to the last; "
                             "`%s` cannot follow `%s`",
                             pairing_method_name(method), pairing_method_name(before));
        if (method == PAIRING_FONTES && before != PAIRING_FONTES)
            (void)yaml_error(faults, at, "`initial_fontes` opens an event; it cannot follow `%s`",
                             pairing_method_name(before));
        if ((method == PAIRING_ARENA) != (before == PAIRING_ARENA))
            (void)yaml_error(faults, at, "an arena is an arena from its first round to its last");
    }
    const struct format_range *first = &division->ranges[0];
    if (first->pairing.method == PAIRING_FONTES && first->last_round % 2 == 0) {
        (void)yaml_error(faults, at, "initial fontes are an odd number of rounds, not %d",
                         first->last_round);
        yaml_hint(faults, "groups of 4 play 3 rounds, groups of 6 play 5");
    }
}

static void check_pairing(const struct format_division *division, const struct yaml_node *node,
                          struct yaml_faults *faults)
{
    const struct yaml_node *ranges = yaml_get(node, "pairing");
    for (size_t i = 0; ranges != NULL && i < division->range_count; i++) {
        const struct yaml_node *range =
            ranges->kind == YAML_MAPPING ? &ranges->pairs[i].value : &ranges->items[i];
        for (size_t j = 0; j < range->count && range->kind == YAML_MAPPING; j++)
            check_owner(&range->pairs[j], division->ranges[i].pairing.method, faults);
    }
    check_order_of_methods(division, node, faults);
}

static void check_arena(const struct format_division *division, const struct yaml_node *node,
                        struct yaml_faults *faults)
{
    bool is_arena = division->ranges[0].pairing.method == PAIRING_ARENA;
    if (is_arena && division->arena.duration_ms == 0) {
        (void)yaml_error(faults, format_node(node, "pairing"),
                         "an arena needs to know when it ends");
        yaml_hint(faults, "write `arena: {duration: 1h}`");
    }
    if (is_arena && division->arena.wave_ms * division->rounds < division->arena.duration_ms) {
        (void)yaml_error(faults, format_node(node, "rounds"),
                         "%d waves are over before the arena is", division->rounds);
        yaml_hint(faults, "the time has room for %lld waves; a longer `wave` needs fewer",
                  (long long)((division->arena.duration_ms + division->arena.wave_ms - 1) /
                              division->arena.wave_ms));
    }
    if (!is_arena && division->arena.duration_ms > 0)
        (void)yaml_error(faults, format_node(node, "arena"),
                         "the division is no arena: its method is `%s`",
                         pairing_method_name(division->ranges[0].pairing.method));
}

/* ---- pairs by name ----------------------------------------------------------------------- */

static void check_forbidden(const struct format_division *division, const struct yaml_node *node,
                            struct yaml_faults *faults)
{
    const struct yaml_node *list = yaml_get(node, "forbidden_pairs");
    for (size_t i = 0; i < division->forbidden_count; i++) {
        const struct format_forbidden *pair = &division->forbidden[i];
        if (strcmp(pair->one, pair->other) == 0)
            (void)yaml_error(faults, format_node(&list->items[i], "other"),
                             "'%.60s' never meets '%.60s' anyway", pair->one, pair->other);
        if (pair->rounds.last > division->rounds)
            (void)yaml_error(faults, format_node(&list->items[i], "rounds"),
                             "the division has %d rounds", division->rounds);
    }
}

static bool names_both(const struct format_forbidden *pair, const char *one, const char *other)
{
    return (strcmp(pair->one, one) == 0 && strcmp(pair->other, other) == 0) ||
           (strcmp(pair->one, other) == 0 && strcmp(pair->other, one) == 0);
}

static void check_prepaired_pair(const struct format_division *division, size_t index,
                                 const struct yaml_node *item, struct yaml_faults *faults)
{
    const struct format_prepaired *pair = &division->prepaired[index];
    if (strcmp(pair->first, pair->second) == 0)
        (void)yaml_error(faults, format_node(item, "second"), "'%.60s' cannot play '%.60s'",
                         pair->first, pair->second);
    if (pair->round > division->rounds)
        (void)yaml_error(faults, format_node(item, "round"), "the division has %d rounds",
                         division->rounds);
    for (size_t i = 0; i < division->forbidden_count; i++) {
        const struct format_forbidden *forbidden = &division->forbidden[i];
        bool holds = forbidden->rounds.first == 0 || (pair->round >= forbidden->rounds.first &&
                                                      pair->round <= forbidden->rounds.last);
        if (holds && names_both(forbidden, pair->first, pair->second))
            (void)yaml_error(faults, item, "'%.60s' and '%.60s' must not meet in round %d",
                             pair->first, pair->second, pair->round);
    }
}

static bool plays_in(const struct format_prepaired *pair, const char *player)
{
    return strcmp(pair->first, player) == 0 || strcmp(pair->second, player) == 0;
}

static void check_prepaired(const struct format_division *division, const struct yaml_node *node,
                            struct yaml_faults *faults)
{
    const struct yaml_node *list = yaml_get(node, "prepaired");
    for (size_t i = 0; i < division->prepaired_count; i++) {
        const struct format_prepaired *pair = &division->prepaired[i];
        check_prepaired_pair(division, i, &list->items[i], faults);
        for (size_t j = 0; j < i; j++) {
            const struct format_prepaired *other = &division->prepaired[j];
            if (other->round != pair->round)
                continue;
            if (plays_in(other, pair->first) || plays_in(other, pair->second))
                (void)yaml_error(faults, &list->items[i], "'%.60s' would play twice in round %d",
                                 plays_in(other, pair->first) ? pair->first : pair->second,
                                 pair->round);
        }
    }
}

/* ---- what counts ------------------------------------------------------------------------- */

static void check_points(const struct format_division *division, const struct yaml_node *node,
                         struct yaml_faults *faults)
{
    const struct format_points *points = &division->points;
    const struct yaml_node *at = yaml_get(node, "points");
    if (points->draw_x10 > points->win_x10)
        (void)yaml_error(faults, format_node(at, "draw"), "a draw is worth more than a win");
    if (points->loss_x10 > points->draw_x10)
        (void)yaml_error(faults, format_node(at, "loss"), "a loss is worth more than a draw");
    if (points->forfeit_loss_x10 > points->forfeit_win_x10)
        (void)yaml_error(faults, format_node(at, "forfeit_loss"),
                         "staying away is worth more than coming");
    if (division->byes.points_x10 > points->win_x10)
        (void)yaml_error(faults, format_node(format_node(node, "byes"), "points"),
                         "a bye is worth more than a win");
    if (division->byes.requested_until_round > division->rounds)
        (void)yaml_error(faults, format_node(yaml_get(node, "byes"), "requested_until_round"),
                         "the division has %d rounds", division->rounds);
}

static void check_order(const struct format_division *division, const struct yaml_node *node,
                        struct yaml_faults *faults)
{
    struct standing_options options = {.edition = STANDING_2026};
    struct fault fault = {0};
    const struct yaml_node *at = format_node(node, "order");
    if (standing_order_parse(division->order, &options, &fault) != STATUS_OK) {
        (void)yaml_fault_at(faults, YAML_ERROR, at->line,
                            at->column + (at->is_quoted ? 1 : 0) +
                                (fault.column > 0 ? fault.column - 1 : 0),
                            1, "%s", fault.text);
        yaml_hint(faults, "%s",
                  fault.hint[0] != '\0'
                      ? fault.hint
                      : "`arbiter standings --help` and docs/standings.md list them");
        return;
    }
    enum standing_edition given = division->order_edition == 2024 ? STANDING_2024 : STANDING_2026;
    if (yaml_get(node, "order_edition") != NULL && strchr(division->order, '@') != NULL &&
        options.edition != given)
        (void)yaml_error(faults, at, "the order says another edition than `order_edition`: %d",
                         division->order_edition);
}

static void check_classes(const struct format_division *division, const struct yaml_node *node,
                          struct yaml_faults *faults)
{
    const struct yaml_node *list = yaml_get(yaml_get(node, "prizes"), "classes");
    for (size_t i = 1; i < division->prizes.class_count; i++) {
        const struct format_class *one = &division->prizes.classes[i];
        if (one->rating_max >= division->prizes.classes[i - 1].rating_max)
            (void)yaml_error(faults, format_node(&list->items[i], "rating_max"),
                             "classes come from the highest rating to the lowest");
        for (size_t j = 0; j < i; j++)
            if (strcmp(one->name, division->prizes.classes[j].name) == 0)
                (void)yaml_error(faults, format_node(&list->items[i], "name"),
                                 "there are two classes '%s'", one->name);
    }
}

static void check_turns(const struct format_game *game, const struct yaml_node *at,
                        struct yaml_faults *faults)
{
    if (game->initial_time_ms < FORMAT_TURN_MIN_MS || game->initial_time_ms > FORMAT_TURN_MAX_MS)
        (void)yaml_error(faults, format_node(at, "initial_time"),
                         "a turn by correspondence takes 1 hour to 5 days");
    if (game->increment_ms > 0)
        (void)yaml_error(faults, format_node(at, "increment"),
                         "games by correspondence have no increment: every turn has its own clock");
    if (game->overtime_ms > 0)
        (void)yaml_error(faults, format_node(at, "overtime"),
                         "games by correspondence have no overtime; `time_bank` is what a turn may "
                         "take longer");
    if (game->start_within_ms > 0)
        (void)yaml_error(faults, format_node(at, "start_within"),
                         "`start_within` is for clocks that run for the whole game");
}

/* What the game service refuses would be found out by the first board of the first round. Games
 * that are reported have no clock there. */
static void check_clock(const struct format_division *division, const struct yaml_node *node,
                        struct yaml_faults *faults)
{
    const struct format_game *game = &division->game;
    const struct yaml_node *at = yaml_get(node, "game");
    if (game->time_bank_ms > 0 && game->clock != FORMAT_CLOCK_CORRESPONDENCE)
        (void)yaml_error(faults, format_node(at, "time_bank"),
                         "a time bank belongs to games by correspondence: clock: correspondence");
    if (strcmp(game->rules, "reported") == 0)
        return;
    if (game->clock == FORMAT_CLOCK_CORRESPONDENCE) {
        check_turns(game, at, faults);
        return;
    }
    if (game->initial_time_ms > FORMAT_INITIAL_MAX_MS)
        (void)yaml_error(faults, format_node(at, "initial_time"),
                         "a clock has 24 hours at most; with longer turns: clock: correspondence");
    if (game->initial_time_ms > 0 && game->initial_time_ms < FORMAT_INITIAL_MIN_MS)
        (void)yaml_error(faults, format_node(at, "initial_time"),
                         "a clock has 15 seconds at the start, or more");
    if (game->increment_ms > FORMAT_INCREMENT_MAX_MS)
        (void)yaml_error(faults, format_node(at, "increment"),
                         "a turn adds a minute at most to a clock that runs");
    if (game->overtime_ms > FORMAT_OVERTIME_MAX_MS)
        (void)yaml_error(faults, format_node(at, "overtime"), "overtime is 10 minutes at most");
    if (game->overtime_ms > 0 && game->increment_ms > 0)
        (void)yaml_error(faults, format_node(at, "overtime"),
                         "a clock has an increment or overtime, not both");
}

static void check_room(const struct format *format, const struct format_division *division,
                       const struct yaml_node *node, struct yaml_faults *faults)
{
    if (division->players_min > division->capacity)
        (void)yaml_error(faults, format_node(node, "players_min"),
                         "%d players are needed and %d fit", division->players_min,
                         division->capacity);
    if (division->players_min > format->entry.capacity)
        (void)yaml_error(faults, format_node(node, "players_min"),
                         "%d players are needed and entry.capacity is %d", division->players_min,
                         format->entry.capacity);
    if (division->team_avoidance.last > division->rounds)
        (void)yaml_error(faults, format_node(node, "team_avoidance"), "the division has %d rounds",
                         division->rounds);
}

static void check_fide(const struct format *format, const struct format_division *division,
                       const struct yaml_node *node, struct yaml_faults *faults)
{
    const uint32_t allowed = METHODS(DUTCH) | METHODS(ROUND_ROBIN) | METHODS(MANUAL) | BRACKETS;
    for (size_t i = 0; format->changes.fide_mode && i < division->range_count; i++) {
        enum pairing_method method = division->ranges[i].pairing.method;
        if ((allowed >> method & 1) != 0)
            continue;
        (void)yaml_error(faults, format_node(node, "pairing"),
                         "changes.fide_mode: `%s` is no system of FIDE's",
                         pairing_method_name(method));
        yaml_hint(faults, "`dutch` is FIDE's Swiss system");
    }
}

void format_division_contradictions(const struct format *format,
                                    const struct format_division *division,
                                    const struct yaml_node *node, struct yaml_faults *faults)
{
    check_pairing(division, node, faults);
    check_arena(division, node, faults);
    check_forbidden(division, node, faults);
    check_prepaired(division, node, faults);
    check_points(division, node, faults);
    check_order(division, node, faults);
    check_classes(division, node, faults);
    check_clock(division, node, faults);
    check_room(format, division, node, faults);
    check_fide(format, division, node, faults);
}
