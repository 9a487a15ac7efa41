/* What the keys of a policy mean together: the reader's second half, and questions to a format. */
#include "orchestrator/format/format.h"

#include <assert.h>
#include <string.h>

#include "orchestrator/format/contradictions.h"

/* ---- ranges ------------------------------------------------------------------------------ */

static bool check_ranges(const struct yaml_node *node, const struct format_division *division,
                         struct yaml_faults *faults)
{
    int next = 1;
    for (size_t i = 0; i < division->range_count; i++) {
        const struct format_range *range = &division->ranges[i];
        const struct yaml_node *at =
            node->kind == YAML_MAPPING ? &node->pairs[i].key : yaml_get(&node->items[i], "rounds");
        if (range->first_round != next)
            return yaml_error(faults, at, "round %d should come next, not %d", next,
                              range->first_round);
        next = range->last_round + 1;
    }
    if (next == division->rounds + 1)
        return true;
    return yaml_error(faults, node, "the ranges end with round %d of %d", next - 1,
                      division->rounds);
}

/* Without ranges every round is a Swiss one, or the director's. */
static bool fill_whole_event(struct arena *arena, struct format_division *division)
{
    enum pairing_method method = division->is_paired_by_director ? PAIRING_MANUAL : PAIRING_SWISS;
    struct format_range *range = arena_alloc(arena, sizeof *range);
    if (range == NULL)
        return false;
    *range = (struct format_range){.first_round = 1,
                                   .last_round = division->rounds,
                                   .pairing = pairing_policy_default(method)};
    division->ranges = range;
    division->range_count = 1;
    return true;
}

static const struct yaml_node *item_of(const struct yaml_node *ranges, size_t index)
{
    if (ranges == NULL)
        return NULL;
    return ranges->kind == YAML_MAPPING ? &ranges->pairs[index].value : &ranges->items[index];
}

/* What the division says holds in every range that does not say otherwise. */
static void inherit(const struct yaml_node *division_node, const struct yaml_node *range_node,
                    const struct format_division *division, struct format_range *range)
{
    struct pairing_policy *policy = &range->pairing;
    const struct yaml_node *byes = yaml_get(division_node, "byes");
    const struct yaml_node *prizes = yaml_get(division_node, "prizes");
    if (yaml_get(division_node, "first_move") != NULL && yaml_get(range_node, "first") == NULL)
        policy->first = division->first_move;
    if (yaml_get(byes, "to") != NULL && yaml_get(range_node, "bye") == NULL)
        policy->bye_order = division->byes.to;
    if (yaml_get(byes, "rank_min") != NULL)
        policy->bye_rank_min = division->byes.rank_min;
    if (yaml_get(division_node, "gibsonization") != NULL)
        policy->gibson =
            (struct pairing_gibson){.enabled = division->gibson.enabled,
                                    .spread_per_round = division->gibson.spread_per_round,
                                    .place_min = division->gibson.place_min};
    if (yaml_get(prizes, "places") != NULL && yaml_get(range_node, "cop_place_prizes") == NULL)
        policy->cop.place_prizes = division->prizes.places;
    if (yaml_get(prizes, "places") != NULL && yaml_get(range_node, "chew_place_prizes") == NULL)
        policy->chew.place_prizes = division->prizes.places;
    if (policy->method == PAIRING_FONTES && yaml_get(range_node, "fontes_rounds") == NULL)
        policy->fontes_rounds = range->last_round - range->first_round + 1;
    if (division->games_per_round > 1)
        policy->bracket.games_per_round = division->games_per_round;
    if (yaml_get(division_node, "on_no_legal_pairing") != NULL &&
        yaml_get(range_node, "repeats_over_allowed") == NULL)
        policy->repeats_over_allowed = division->on_no_legal_pairing == FORMAT_NO_PAIRING_REPEAT;
}

static bool finish_ranges(struct arena *arena, const struct yaml_node *node,
                          struct format_division *division, struct yaml_faults *faults)
{
    const struct yaml_node *ranges = yaml_get(node, "pairing");
    if (ranges != NULL && division->range_count > FORMAT_RANGES_MAX)
        return yaml_error(faults, ranges, "at most %d ranges of rounds", FORMAT_RANGES_MAX);
    if (ranges == NULL && !fill_whole_event(arena, division))
        return false;
    if (ranges != NULL && !check_ranges(ranges, division, faults))
        return false;
    struct format_range *copy = arena_array(arena, division->range_count, sizeof *copy);
    if (copy == NULL)
        return false;
    memcpy(copy, division->ranges, division->range_count * sizeof *copy);
    for (size_t i = 0; i < division->range_count; i++)
        inherit(node, item_of(ranges, i), division, &copy[i]);
    division->ranges = copy;
    return true;
}

/* ---- divisions --------------------------------------------------------------------------- */

static void check_names(const struct yaml_node *node, const struct format_division *divisions,
                        struct yaml_faults *faults)
{
    for (size_t i = 0; i < node->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(divisions[i].name, divisions[j].name) == 0)
                (void)yaml_error(faults, yaml_get(&node->items[i], "name"),
                                 "there are two divisions '%s'", divisions[i].name);
}

static bool finish_divisions(struct arena *arena, const struct yaml_node *node,
                             struct format *format, struct yaml_faults *faults)
{
    size_t count = format->division_count;
    if (count == 0 || count > FORMAT_DIVISIONS_MAX)
        return yaml_error(faults, node, "an event has 1 to %d divisions", FORMAT_DIVISIONS_MAX);
    struct format_division *copy = arena_array(arena, count, sizeof *copy);
    if (copy == NULL)
        return false;
    memcpy(copy, format->divisions, count * sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        (void)finish_ranges(arena, &node->items[i], &copy[i], faults); /* its faults are counted */
        copy[i].rulings = format->rulings;
        copy[i].ruling_count = format->ruling_count;
    }
    check_names(node, copy, faults);
    format->divisions = copy;
    return true;
}

enum status format_read(struct arena *arena, const char *text, size_t size,
                        struct yaml_faults *faults, const struct format **out_format)
{
    const struct yaml_node *root = NULL;
    enum status status = yaml_parse(arena, text, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    struct format *format = arena_alloc(arena, sizeof *format);
    if (format == NULL)
        return STATUS_FULL;
    format_fill(arena, &format_root, format);
    bool is_good = format_read_section(arena, &format_root, root, format, faults) &&
                   finish_divisions(arena, yaml_get(root, "divisions"), format, faults);
    if (arena_full(arena))
        return STATUS_FULL;
    if (is_good && faults->error_count == 0)
        format_contradictions(format, root, faults);
    if (!is_good || faults->error_count > 0)
        return STATUS_INVALID_ARGUMENT;
    *out_format = format;
    return STATUS_OK;
}

/* ---- asking ------------------------------------------------------------------------------ */

/* "league 3" of a league whose divisions are dealt when a season begins. */
static bool is_dealt_division(const struct format *format, const char *name)
{
    if (format->league.season_ms == 0 || format->division_count == 0)
        return false;
    size_t size = strlen(format->divisions[0].name);
    return strncmp(format->divisions[0].name, name, size) == 0 && name[size] == ' ' &&
           name[size + 1] != '\0' &&
           strspn(name + size + 1, "0123456789") == strlen(name + size + 1);
}

const struct format_division *format_find_division(const struct format *format,
                                                   const char *division_name)
{
    for (size_t i = 0; i < format->division_count; i++)
        if (strcmp(format->divisions[i].name, division_name) == 0)
            return &format->divisions[i];
    if (is_dealt_division(format, division_name))
        return &format->divisions[0];
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

static const char *const action_names[] = {
#define ACTION(name, standard, help) #name,
#include "orchestrator/format/actions.def"
#undef ACTION
};

const char *format_action_name(enum format_action action)
{
    assert(action < FORMAT_ACTION_COUNT);
    return action_names[action];
}

bool format_action_find(const char *name, enum format_action *out_action)
{
    for (size_t i = 0; i < COUNT_OF(action_names); i++)
        if (strcmp(action_names[i], name) == 0) {
            *out_action = (enum format_action)i;
            return true;
        }
    return false;
}
