/* The short way to write `pairing`: a mapping from rounds to methods, `4-11: "swiss {repeats: 1}"`,
 * made into the list of ranges that the table describes. */
#include "orchestrator/format/format_keys.h"

#include <string.h>

enum { RANGE_PAIRS_MAX = 64 };

/* A text inside a document was parsed by itself: its places are those of the document. */
static void move_node(struct yaml_node *node, const struct yaml_node *from, size_t ahead)
{
    node->line = from->line;
    node->column += from->column - 1 + (int)ahead;
}

static void move_faults(struct yaml_faults *faults, size_t first, const struct yaml_node *from,
                        size_t ahead)
{
    for (size_t i = first; faults != NULL && i < faults->count; i++) {
        faults->items[i].line = from->line;
        faults->items[i].column += from->column - 1 + (int)ahead;
    }
}

/* "swiss {repeats: 1}": the mapping behind the method's name, NULL where it does not read. */
static const struct yaml_node *parse_settings(struct arena *arena, const struct yaml_node *value,
                                              size_t ahead, struct yaml_faults *faults)
{
    const struct yaml_node *settings = NULL;
    size_t before = faults != NULL ? faults->count : 0;
    size_t quote = value->is_quoted ? 1 : 0;
    enum status status =
        yaml_parse(arena, value->text + ahead, value->size - ahead, faults, &settings);
    if (status == STATUS_OK && settings->kind != YAML_MAPPING) {
        (void)yaml_error(faults, settings, "`%.60s` are no settings", value->text + ahead);
        yaml_hint(faults, "write `\"swiss {repeats: 1}\"`");
        status = STATUS_INVALID_ARGUMENT;
    }
    move_faults(faults, before, value, ahead + quote);
    return status == STATUS_OK ? settings : NULL;
}

static struct yaml_pair *add_pair(struct yaml_pair *pairs, size_t *count, const char *key,
                                  const struct yaml_node *value)
{
    struct yaml_pair *pair = &pairs[(*count)++];
    pair->key = *value;
    pair->key.kind = YAML_SCALAR;
    pair->key.text = key;
    pair->key.size = strlen(key);
    pair->value = *value;
    return pair;
}

static bool add_settings(struct yaml_pair *pairs, size_t *count, const struct yaml_node *settings,
                         const struct yaml_node *from, size_t ahead)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (*count == RANGE_PAIRS_MAX)
            return false;
        pairs[*count] = settings->pairs[i];
        if (from != NULL) {
            move_node(&pairs[*count].key, from, ahead);
            move_node(&pairs[*count].value, from, ahead);
        }
        (*count)++;
    }
    return true;
}

static bool add_method(struct arena *arena, const struct yaml_node *value, struct yaml_pair *pairs,
                       size_t *count, struct yaml_faults *faults)
{
    size_t name_size = strcspn(value->text, " {");
    size_t ahead = name_size + strspn(value->text + name_size, " ");
    struct yaml_pair *method = add_pair(pairs, count, "method", value);
    method->value.text = arena_copy(arena, value->text, name_size);
    method->value.size = name_size;
    method->value.width = (int)name_size;
    if (method->value.text == NULL)
        return false;
    if (value->text[ahead] == '\0')
        return true;
    const struct yaml_node *settings = parse_settings(arena, value, ahead, faults);
    ahead += value->is_quoted ? 1 : 0;
    return settings != NULL && add_settings(pairs, count, settings, value, ahead);
}

static bool make_range(struct arena *arena, const struct yaml_pair *entry, struct yaml_node *out,
                       struct yaml_faults *faults)
{
    struct yaml_pair *pairs = arena_array(arena, RANGE_PAIRS_MAX, sizeof *pairs);
    size_t count = 0;
    if (pairs == NULL)
        return false;
    (void)add_pair(pairs, &count, "rounds", &entry->key);
    bool is_good = entry->value.kind == YAML_MAPPING
                       ? add_settings(pairs, &count, &entry->value, NULL, 0)
                       : entry->value.kind == YAML_SCALAR && !yaml_is_empty(&entry->value) &&
                             add_method(arena, &entry->value, pairs, &count, faults);
    if (!is_good && (entry->value.kind == YAML_SEQUENCE || yaml_is_empty(&entry->value))) {
        (void)yaml_error(faults, &entry->value, "a pairing method belongs here");
        yaml_hint(faults, "write `%s: swiss` or `%s: {method: swiss, repeats: 1}`", entry->key.text,
                  entry->key.text);
    }
    *out = entry->key;
    out->kind = YAML_MAPPING;
    out->text = "";
    out->pairs = pairs;
    out->count = count;
    return is_good;
}

const struct yaml_node *format_ranges_as_list(struct arena *arena, const struct yaml_node *node,
                                              struct yaml_faults *faults)
{
    if (node->kind != YAML_MAPPING)
        return node;
    if (yaml_get(node, "rounds") != NULL || yaml_get(node, "method") != NULL) {
        (void)yaml_error(faults, node, "one range where a list of them belongs");
        yaml_hint(faults, "write `- {rounds: 1-7, method: swiss}`, or `{1-7: swiss}`");
        return NULL;
    }
    struct yaml_node *list = arena_alloc(arena, sizeof *list);
    struct yaml_node *items = arena_array(arena, node->count, sizeof *items);
    bool is_good = list != NULL && items != NULL;
    for (size_t i = 0; list != NULL && items != NULL && i < node->count; i++)
        is_good = make_range(arena, &node->pairs[i], &items[i], faults) && is_good;
    if (!is_good)
        return NULL;
    *list = *node;
    list->kind = YAML_SEQUENCE;
    list->items = items;
    list->pairs = NULL;
    return list;
}
