/* Can those who must not meet be kept apart? The smallest field that a policy allows is paired: the
 * players it names, and as many others as it needs. */
#include "orchestrator/format/verify.h"

#include <string.h>

struct field {
    const char **names; /* NULL: somebody */
    size_t count;
    size_t capacity;
};

static int index_of(struct field *field, const char *name)
{
    for (size_t i = 0; i < field->count; i++)
        if (strcmp(field->names[i], name) == 0)
            return (int)i;
    if (field->count == field->capacity)
        return -1;
    field->names[field->count] = name;
    return (int)field->count++;
}

static bool holds_in(const struct format_forbidden *pair, int round)
{
    return pair->rounds.first == 0 || (round >= pair->rounds.first && round <= pair->rounds.last);
}

/* Who may be there: only the invited, or those named and others. */
static bool make_field(const struct verification *v, const struct format_division *division,
                       struct field *field)
{
    const struct format_entry *entry = &v->format->entry;
    size_t fewest = (size_t)division->players_min;
    *field = (struct field){.capacity =
                                2 * division->forbidden_count + entry->invited.count + fewest + 1};
    field->names = arena_array(v->arena, field->capacity, sizeof *field->names);
    if (field->names == NULL)
        return false;
    for (size_t i = 0;
         entry->registration == FORMAT_REGISTRATION_INVITED && i < entry->invited.count; i++)
        (void)index_of(field, entry->invited.items[i]); /* the field is large enough */
    bool is_closed = field->count > 0;
    for (size_t i = 0; !is_closed && i < division->forbidden_count; i++) {
        (void)index_of(field, division->forbidden[i].one);   /* as above */
        (void)index_of(field, division->forbidden[i].other); /* as above */
    }
    for (; !is_closed && field->count < fewest; field->count++)
        field->names[field->count] = arena_format(v->arena, "player %zu", field->count + 1);
    return !arena_full(v->arena);
}

static int find(const struct field *field, const char *name)
{
    for (size_t i = 0; i < field->count; i++)
        if (strcmp(field->names[i], name) == 0)
            return (int)i;
    return -1;
}

static bool fill_input(const struct verification *v, const struct format_division *division,
                       const struct field *field, int round, struct pairing_input *input)
{
    struct pairing_player *players = arena_array(v->arena, field->count, sizeof *players);
    struct pairing_forbidden *forbidden =
        arena_array(v->arena, division->forbidden_count, sizeof *forbidden);
    if (players == NULL || forbidden == NULL)
        return false;
    for (size_t i = 0; i < field->count; i++)
        players[i] = (struct pairing_player){
            .id = (int64_t)i, .name = field->names[i], .seed = (int)i + 1, .rating = 1500};
    int count = 0;
    for (size_t i = 0; i < division->forbidden_count; i++) {
        int one = find(field, division->forbidden[i].one);
        int other = find(field, division->forbidden[i].other);
        if (holds_in(&division->forbidden[i], round) && one >= 0 && other >= 0 && one != other)
            forbidden[count++] = (struct pairing_forbidden){.one = one, .other = other};
    }
    input->players = players;
    input->players_count = (int)field->count;
    input->forbidden = forbidden;
    input->forbidden_count = count;
    input->round_number = round;
    return true;
}

/* The pairing library says whether a pairing exists, and if not, what to relax. */
static bool check_round(const struct verification *v, const struct format_division *division,
                        const struct field *field, int round, const struct yaml_node *node)
{
    struct pairing_policy policy = pairing_policy_default(PAIRING_RANDOM);
    struct pairing_input input = {.policy = &policy, .rounds_total = division->rounds};
    struct pairing_output output;
    struct fault fault = {0};
    if (!fill_input(v, division, field, round, &input) || input.forbidden_count == 0 ||
        pairing_make(&input, v->arena, &output, &fault) != STATUS_OK ||
        output.verdict == PAIRING_MADE)
        return true;
    (void)yaml_error(v->faults, node,
                     "round %d cannot be paired where only %zu players come, %s and %s among them",
                     round, field->count, field->names[input.forbidden[0].one],
                     field->names[input.forbidden[0].other]);
    if (output.conflicts_count > 0)
        yaml_hint(v->faults, "it can without this rule: %s", output.conflicts[0].text);
    else
        yaml_hint(v->faults, "allow one of the pairs, or write a larger `players_min`");
    return false;
}

void verify_pairs(const struct verification *v)
{
    const struct yaml_node *divisions = yaml_get(v->root, "divisions");
    for (size_t i = 0; i < v->format->division_count; i++) {
        const struct format_division *division = &v->format->divisions[i];
        const struct yaml_node *node = yaml_get(&divisions->items[i], "forbidden_pairs");
        struct field field;
        if (division->forbidden_count == 0 || !make_field(v, division, &field) ||
            field.count > 2000)
            continue;
        bool is_good = check_round(v, division, &field, 1, node);
        /* What is forbidden changes only where a span begins. */
        for (size_t j = 0; is_good && j < division->forbidden_count; j++)
            if (division->forbidden[j].rounds.first > 1)
                is_good =
                    check_round(v, division, &field, division->forbidden[j].rounds.first, node);
    }
}
