/* Can those who must not meet be kept apart? The smallest field that a policy allows is paired: the
 * players it names, and as many others as it needs. */
#include "orchestrator/format/verify.h"

#include <string.h>

enum { FIELD_MAX = 2000 }; /* players; larger fields are not looked at */

/* Two who are kept apart, as places in the field. */
struct apart {
    int one;
    int other;
    struct format_span rounds;
};

struct field {
    const char **names; /* NULL: somebody */
    size_t count;
    size_t capacity;
    bool is_too_large;
    struct apart *apart; /* pairs of the policy that are in the field */
    size_t apart_count;
    int *partners; /* how many a player must not meet in the round being looked at */
};

static int find(const struct field *field, const char *name)
{
    for (size_t i = 0; i < field->count; i++)
        if (strcmp(field->names[i], name) == 0)
            return (int)i;
    return -1;
}

static int index_of(struct field *field, const char *name)
{
    int index = find(field, name);
    if (index >= 0)
        return index;
    field->is_too_large |= field->count == field->capacity;
    if (field->is_too_large)
        return -1;
    field->names[field->count] = name;
    return (int)field->count++;
}

/* Who may be there: only the invited, or those named and others. */
static bool make_field(const struct verification *v, const struct format_division *division,
                       struct field *field)
{
    const struct format_entry *entry = &v->format->entry;
    size_t fewest = (size_t)division->players_min;
    *field = (struct field){.capacity = FIELD_MAX, .is_too_large = fewest > FIELD_MAX};
    field->names = arena_array(v->arena, field->capacity, sizeof *field->names);
    field->apart = arena_array(v->arena, division->forbidden_count, sizeof *field->apart);
    if (field->names == NULL || field->apart == NULL)
        return false;
    bool is_closed = entry->registration == FORMAT_REGISTRATION_INVITED && entry->invited.count > 0;
    for (size_t i = 0; is_closed && !field->is_too_large && i < entry->invited.count; i++)
        (void)index_of(field, entry->invited.items[i]); /* too many are looked for below */
    for (size_t i = 0; !field->is_too_large && i < division->forbidden_count; i++) {
        const struct format_forbidden *pair = &division->forbidden[i];
        int one = is_closed ? find(field, pair->one) : index_of(field, pair->one);
        int other = is_closed ? find(field, pair->other) : index_of(field, pair->other);
        if (one >= 0 && other >= 0 && one != other)
            field->apart[field->apart_count++] = (struct apart){one, other, pair->rounds};
    }
    if (field->is_too_large)
        return true;
    for (; !is_closed && field->count < fewest; field->count++)
        field->names[field->count] = arena_format(v->arena, "player %zu", field->count + 1);
    field->partners = arena_array(v->arena, field->count, sizeof *field->partners);
    return !arena_full(v->arena);
}

static bool holds_in(const struct apart *pair, int round)
{
    return pair->rounds.first == 0 || (round >= pair->rounds.first && round <= pair->rounds.last);
}

/* Dirac's theorem: where everybody may meet at least half of the field, there is a round trip
 * through all of them, and every second step of it is a pairing. */
static bool is_plain(const struct field *field, int round)
{
    int most = 0;
    memset(field->partners, 0, field->count * sizeof *field->partners);
    for (size_t i = 0; i < field->apart_count; i++)
        if (holds_in(&field->apart[i], round)) {
            int one = ++field->partners[field->apart[i].one];
            int other = ++field->partners[field->apart[i].other];
            most = one > most ? one : most;
            most = other > most ? other : most;
        }
    return most == 0 || 2 * ((int)field->count - 1 - most) >= (int)field->count;
}

static bool fill_input(const struct verification *v, const struct field *field, int round,
                       struct pairing_input *input)
{
    struct pairing_player *players = arena_array(v->arena, field->count, sizeof *players);
    struct pairing_forbidden *forbidden =
        arena_array(v->arena, field->apart_count, sizeof *forbidden);
    if (players == NULL || forbidden == NULL)
        return false;
    for (size_t i = 0; i < field->count; i++)
        players[i] = (struct pairing_player){
            .id = (int64_t)i, .name = field->names[i], .seed = (int)i + 1, .rating = 1500};
    int count = 0;
    for (size_t i = 0; i < field->apart_count; i++)
        if (holds_in(&field->apart[i], round))
            forbidden[count++] = (struct pairing_forbidden){.one = field->apart[i].one,
                                                            .other = field->apart[i].other};
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
    if (!fill_input(v, field, round, &input) || input.forbidden_count == 0 ||
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

/* Says where the proof stops. */
static void give_up(const struct verification *v, const struct yaml_node *node, const char *why)
{
    (void)yaml_warning(v->faults, node, "not proved that these can be kept apart: %s", why);
    yaml_hint(v->faults, "`arbiter simulate` plays it; a round that cannot be paired is told then");
}

/* What is forbidden changes only where a span begins. */
static bool begins_in(const struct field *field, int round)
{
    for (size_t i = 0; i < field->apart_count; i++)
        if (field->apart[i].rounds.first == round)
            return true;
    return round == 1;
}

void verify_pairs(const struct verification *v)
{
    const struct yaml_node *divisions = yaml_get(v->root, "divisions");
    int64_t work = 0; /* of the whole policy */
    for (size_t i = 0; i < v->format->division_count; i++) {
        const struct format_division *division = &v->format->divisions[i];
        const struct yaml_node *node = yaml_get(&divisions->items[i], "forbidden_pairs");
        struct field field;
        bool is_good = division->forbidden_count > 0 && make_field(v, division, &field);
        if (is_good && field.is_too_large) {
            give_up(v, node, "they are too many");
            is_good = false;
        }
        for (int round = 1; is_good && round <= division->rounds; round++) {
            if (!begins_in(&field, round) || is_plain(&field, round))
                continue;
            work += (int64_t)field.count * (int64_t)field.count;
            if (work > FORMAT_PAIRS_WORK_MAX) {
                give_up(v, node, "too many rounds have rules of their own");
                break;
            }
            is_good = check_round(v, division, &field, round, node);
        }
    }
}
