/* The keys of a format policy: one table of shapes, and the readers that fill the structs. */
#include "orchestrator/format/format.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- the keys ---------------------------------------------------------------------------- */

static const struct yaml_shape text = {.type = YAML_T_TEXT};
static const struct yaml_shape name = {.type = YAML_T_NAME};
static const struct yaml_shape boolean = {.type = YAML_T_BOOL};
static const struct yaml_shape duration = {.type = YAML_T_DURATION};
static const struct yaml_shape rounds = {.type = YAML_T_INT, .min = 1, .max = FORMAT_ROUNDS_MAX};
static const struct yaml_shape version = {.type = YAML_T_INT, .min = 1, .max = INT32_MAX};
static const struct yaml_shape weight = {.type = YAML_T_INT, .min = 1, .max = 100};
static const struct yaml_shape count = {.type = YAML_T_INT, .min = 1, .max = 1000};
static const struct yaml_shape cap = {.type = YAML_T_INT, .min = 1, .max = 1000000};

static const struct yaml_key game_keys[] = {
    {"rules", &name, true, "the game's rules: reported, crossword, breakthrough"},
    {"variant", &name, false, "the rules' own variant"},
    {"lexicon", &name, false, "the word list"},
    {"challenge_rule", &name, false, "void, single, double, five_point, ten_point, triple"},
    {"initial_time", &duration, false, "each player's clock at the start; default 0 (no clock)"},
    {"increment", &duration, false, "added after every turn; default 0"},
    {"overtime", &duration, false, "allowed past zero at a penalty; default 0"},
    {"rated", &boolean, false, "whether results change ratings; default true"},
    {"rating_policy", &name, false, "a policy of policies/ratings; default glicko2"},
    {"rating_pool", &name, false, "which of a player's ratings; default from rules and clock"},
};
static const struct yaml_shape game_shape = {
    .name = "game", .type = YAML_T_OBJECT, .keys = game_keys, .count = COUNT_OF(game_keys)};

static const struct yaml_key range_keys[] = {
    {"rounds", &text, true, "one round or a range: 7, 1-3"},
    {"method", &name, true, "round_robin, swiss, king_of_the_hill, …"},
    {"repeats", &count, false, "meetings of two players allowed in the event"},
    {"repeat_weight", &weight, false, "how dear a repeat is against a difference in wins"},
    {"win_weight", &weight, false, "how dear a difference in wins is against a repeat"},
    {"factor", &count, false, "factor pairing: how many at the top play the next as many"},
    {"legs", &count, false, "round robins: how many cycles"},
};
static const struct yaml_shape range_shape = {
    .name = "pairing", .type = YAML_T_OBJECT, .keys = range_keys, .count = COUNT_OF(range_keys)};
static const struct yaml_shape ranges_shape = {.type = YAML_T_LIST, .item = &range_shape};

static const char *const by_words[] = {"policy", "director"};
static const struct yaml_shape by_shape = {
    .type = YAML_T_ENUM, .words = by_words, .count = COUNT_OF(by_words)};
static const char *const next_words[] = {"automatic", "director"};
static const struct yaml_shape next_shape = {
    .type = YAML_T_ENUM, .words = next_words, .count = COUNT_OF(next_words)};

static const struct yaml_key division_keys[] = {
    {"name", &name, true, "as it appears in lists"},
    {"rounds", &rounds, true, "how many rounds are played"},
    {"game", &game_shape, true, "what is played on every board"},
    {"paired_by", &by_shape, false, "policy (default): the methods below; director: by hand"},
    {"pairing", &ranges_shape, false, "which method pairs which rounds"},
    {"next_round", &next_shape, false,
     "automatic (default): when the last result is in; director: on a word"},
    {"order", &text, false, "tie-breaks after points, e.g. SPREAD or BH/C1,SB; default SPREAD"},
    {"spread_cap", &cap, false, "most points of spread one game counts"},
};
static const struct yaml_shape division_shape = {.name = "division",
                                                 .type = YAML_T_OBJECT,
                                                 .keys = division_keys,
                                                 .count = COUNT_OF(division_keys)};
static const struct yaml_shape divisions_shape = {.type = YAML_T_LIST, .item = &division_shape};

static const struct yaml_key format_keys[] = {
    {"tournament", &name, true, "the policy's name"},
    {"version", &version, false, "grows with every published change; default 1"},
    {"doc", &text, false, "one sentence for people"},
    {"divisions", &divisions_shape, true, "at least one"},
};
static const struct yaml_shape root_shape = {.name = "format",
                                             .type = YAML_T_OBJECT,
                                             .doc = "A tournament policy of Arbiter",
                                             .keys = format_keys,
                                             .count = COUNT_OF(format_keys)};

const struct yaml_shape *format_shape(void)
{
    return &root_shape;
}

/* ---- reading; the shapes have been checked, so a value that is there reads --------------- */

struct reader {
    struct arena *arena;
    struct yaml_faults *faults;
};

static const char *read_text(const struct yaml_node *mapping, const char *key,
                             const char *otherwise)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    return node != NULL ? node->text : otherwise;
}

static int read_int(const struct yaml_node *mapping, const char *key, int otherwise)
{
    int64_t number = otherwise;
    const struct yaml_node *node = yaml_get(mapping, key);
    if (node != NULL)
        (void)yaml_int(node, 0, INT32_MAX, NULL, &number); /* the shape has checked it */
    return (int)number;
}

static bool read_bool(const struct yaml_node *mapping, const char *key, bool otherwise)
{
    bool answer = otherwise;
    const struct yaml_node *node = yaml_get(mapping, key);
    if (node != NULL)
        (void)yaml_bool(node, NULL, &answer); /* the shape has checked it */
    return answer;
}

static int32_t read_duration(const struct reader *reader, const struct yaml_node *mapping,
                             const char *key)
{
    int64_t ms = 0;
    const struct yaml_node *node = yaml_get(mapping, key);
    if (node != NULL)
        (void)yaml_duration(node, NULL, &ms); /* the shape has checked it */
    if (ms <= INT32_MAX)
        return (int32_t)ms;
    (void)yaml_error(reader->faults, node, "a game's %s is at most 24 days", key);
    return 0;
}

static void read_game(const struct reader *reader, const struct yaml_node *node,
                      struct format_game *game)
{
    game->rules = read_text(node, "rules", "");
    game->variant = read_text(node, "variant", "");
    game->lexicon = read_text(node, "lexicon", "");
    game->challenge_rule = read_text(node, "challenge_rule", "");
    game->initial_time_ms = read_duration(reader, node, "initial_time");
    game->increment_ms = read_duration(reader, node, "increment");
    game->overtime_ms = read_duration(reader, node, "overtime");
    game->rated = read_bool(node, "rated", true);
    game->rating_policy = read_text(node, "rating_policy", "glicko2");
    game->rating_pool = read_text(node, "rating_pool", "");
}

static bool read_span(const struct reader *reader, const struct yaml_node *node, int *first,
                      int *last)
{
    char rest = '\0';
    if (sscanf(node->text, "%d-%d%c", first, last, &rest) != 2) {
        if (sscanf(node->text, "%d%c", first, &rest) != 1)
            return yaml_error(reader->faults, node, "'%s' is no range of rounds", node->text);
        *last = *first;
    }
    if (*first < 1 || *last < *first || *last > FORMAT_ROUNDS_MAX)
        return yaml_error(reader->faults, node, "'%s' is no range of rounds", node->text);
    return true;
}

static bool read_method(const struct reader *reader, const struct yaml_node *node,
                        enum pairing_method *out)
{
    if (pairing_method_find(node->text, out))
        return true;
    const char *names[PAIRING_METHOD_COUNT];
    for (int i = 0; i < PAIRING_METHOD_COUNT; i++)
        names[i] = pairing_method_name((enum pairing_method)i);
    (void)yaml_error(reader->faults, node, "there is no pairing method '%s'", node->text);
    yaml_hint_nearest(reader->faults, node->text, names, PAIRING_METHOD_COUNT);
    return false;
}

static bool read_range(const struct reader *reader, const struct yaml_node *node,
                       struct format_range *range)
{
    enum pairing_method method = PAIRING_SWISS;
    bool is_good =
        read_span(reader, yaml_get(node, "rounds"), &range->first_round, &range->last_round);
    is_good = read_method(reader, yaml_get(node, "method"), &method) && is_good;
    range->pairing = pairing_policy_default(method);
    range->pairing.repeats_max = read_int(node, "repeats", range->pairing.repeats_max);
    range->pairing.repeat_weight = read_int(node, "repeat_weight", range->pairing.repeat_weight);
    range->pairing.win_weight = read_int(node, "win_weight", range->pairing.win_weight);
    range->pairing.factor = read_int(node, "factor", range->pairing.factor);
    range->pairing.legs = read_int(node, "legs", range->pairing.legs);
    return is_good;
}

/* Without ranges every round is a Swiss one, or the director's. */
static void fill_whole_event(struct format_division *division)
{
    enum pairing_method method = division->is_paired_by_director ? PAIRING_MANUAL : PAIRING_SWISS;
    division->ranges[0] = (struct format_range){.first_round = 1,
                                                .last_round = division->rounds,
                                                .pairing = pairing_policy_default(method)};
    division->range_count = 1;
}

static bool read_ranges(const struct reader *reader, const struct yaml_node *node,
                        struct format_division *division)
{
    int next = 1;
    if (node->count > FORMAT_RANGES_MAX)
        return yaml_error(reader->faults, node, "at most %d ranges of rounds", FORMAT_RANGES_MAX);
    for (size_t i = 0; i < node->count; i++) {
        struct format_range *range = &division->ranges[division->range_count];
        if (!read_range(reader, &node->items[i], range))
            return false;
        if (range->first_round != next)
            return yaml_error(reader->faults, yaml_get(&node->items[i], "rounds"),
                              "round %d should come next, not %d", next, range->first_round);
        next = range->last_round + 1;
        division->range_count++;
    }
    if (next != division->rounds + 1)
        return yaml_error(reader->faults, node, "the ranges end with round %d of %d", next - 1,
                          division->rounds);
    return true;
}

static void read_division(const struct reader *reader, const struct yaml_node *node,
                          struct format_division *division)
{
    division->name = read_text(node, "name", "");
    division->rounds = read_int(node, "rounds", 1);
    division->is_paired_by_director =
        strcmp(read_text(node, "paired_by", "policy"), "director") == 0;
    division->is_advanced_by_director =
        strcmp(read_text(node, "next_round", "automatic"), "director") == 0;
    division->order = read_text(node, "order", "SPREAD");
    division->spread_cap = read_int(node, "spread_cap", 0);
    read_game(reader, yaml_get(node, "game"), &division->game);
    const struct yaml_node *ranges = yaml_get(node, "pairing");
    if (ranges == NULL)
        fill_whole_event(division);
    else
        (void)read_ranges(reader, ranges, division); /* its faults are counted */
}

static void check_names(const struct reader *reader, const struct yaml_node *node,
                        const struct format_division *divisions)
{
    for (size_t i = 0; i < node->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(divisions[i].name, divisions[j].name) == 0)
                (void)yaml_error(reader->faults, yaml_get(&node->items[i], "name"),
                                 "there are two divisions '%s'", divisions[i].name);
}

static enum status read_divisions(const struct reader *reader, const struct yaml_node *node,
                                  struct format *format)
{
    if (node->count == 0 || node->count > FORMAT_DIVISIONS_MAX) {
        (void)yaml_error(reader->faults, node, "an event has 1 to %d divisions",
                         FORMAT_DIVISIONS_MAX);
        return STATUS_INVALID_ARGUMENT;
    }
    struct format_division *divisions = arena_array(reader->arena, node->count, sizeof *divisions);
    if (divisions == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < node->count; i++)
        read_division(reader, &node->items[i], &divisions[i]);
    check_names(reader, node, divisions);
    format->divisions = divisions;
    format->division_count = node->count;
    return STATUS_OK;
}

enum status format_read(struct arena *arena, const char *text_bytes, size_t size,
                        struct yaml_faults *faults, const struct format **out_format)
{
    struct reader reader = {arena, faults};
    const struct yaml_node *root = NULL;
    enum status status = yaml_parse(arena, text_bytes, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    if (!yaml_check(root, &root_shape, faults))
        return STATUS_INVALID_ARGUMENT;
    struct format *format = arena_alloc(arena, sizeof *format);
    if (format == NULL)
        return STATUS_FULL;
    format->name = read_text(root, "tournament", "");
    format->version = read_int(root, "version", 1);
    format->doc = read_text(root, "doc", "");
    status = read_divisions(&reader, yaml_get(root, "divisions"), format);
    if (status != STATUS_OK)
        return status;
    if (faults->error_count > 0)
        return STATUS_INVALID_ARGUMENT;
    *out_format = format;
    return STATUS_OK;
}

/* ---- asking ------------------------------------------------------------------------------ */

const struct format_division *format_find_division(const struct format *format,
                                                   const char *division_name)
{
    for (size_t i = 0; i < format->division_count; i++)
        if (strcmp(format->divisions[i].name, division_name) == 0)
            return &format->divisions[i];
    return NULL;
}

const struct format_range *format_range_of(const struct format_division *division, int round)
{
    assert(round >= 1 && round <= division->rounds);
    size_t i = 0;
    while (division->ranges[i].last_round < round)
        i++;
    return &division->ranges[i];
}
