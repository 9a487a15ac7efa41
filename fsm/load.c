/* fsm_load: a machine file from text to tables, and its content hash. */
#include "fsm/draft.h"
#include "fsm/shape.h"

#include <string.h>

#include <sodium.h>

/* ---- the hash ---------------------------------------------------------------------------- */

static void hash_text(crypto_hash_sha256_state *state, char kind, const char *text, size_t size)
{
    unsigned char head[5] = {(unsigned char)kind, (unsigned char)(size >> 24),
                             (unsigned char)(size >> 16), (unsigned char)(size >> 8),
                             (unsigned char)size};
    (void)crypto_hash_sha256_update(state, head, sizeof head); /* cannot fail */
    if (size > 0)
        (void)crypto_hash_sha256_update(state, (const unsigned char *)text, size);
}

static const struct yaml_shape *shape_of_key(const struct yaml_shape *shape, const char *key)
{
    for (size_t i = 0; shape->type == YAML_T_OBJECT && i < shape->count; i++)
        if (strcmp(shape->keys[i].name, key) == 0)
            return shape->keys[i].shape;
    return shape->type == YAML_T_MAP || shape->type == YAML_T_LIST ? shape->item : shape;
}

/* The shape that a node of an ANY_OF was held against. */
static const struct yaml_shape *chosen(const struct yaml_node *node, const struct yaml_shape *shape)
{
    for (size_t i = 0; shape->type == YAML_T_ANY_OF && i < shape->count; i++) {
        enum yaml_type type = shape->choices[i]->type;
        bool is_mapping = type == YAML_T_OBJECT || type == YAML_T_MAP;
        if (is_mapping == (node->kind == YAML_MAPPING) &&
            (type == YAML_T_LIST) == (node->kind == YAML_SEQUENCE))
            return shape->choices[i];
    }
    return shape;
}

/* What the machine means: the tree without places, layout and `doc` texts. */
static void hash_node(crypto_hash_sha256_state *state, const struct yaml_node *node,
                      const struct yaml_shape *shape)
{
    shape = chosen(node, shape);
    if (node->kind == YAML_SCALAR) {
        hash_text(state, 's', node->text, node->size);
        return;
    }
    hash_text(state, node->kind == YAML_MAPPING ? 'm' : 'l', NULL, 0);
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_SEQUENCE) {
            hash_node(state, &node->items[i], shape_of_key(shape, ""));
            continue;
        }
        const struct yaml_pair *pair = &node->pairs[i];
        if (shape->type == YAML_T_OBJECT && strcmp(pair->key.text, "doc") == 0)
            continue;
        hash_text(state, 'k', pair->key.text, pair->key.size);
        hash_node(state, &pair->value, shape_of_key(shape, pair->key.text));
    }
    hash_text(state, 'e', NULL, 0);
}

static void hash_tree(const struct yaml_node *root, uint8_t out[FSM_HASH_SIZE])
{
    _Static_assert(FSM_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256");
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state); /* cannot fail */
    hash_node(&state, root, &fsm_machine_shape);
    (void)crypto_hash_sha256_final(&state, out);
}

/* ---- load -------------------------------------------------------------------------------- */

enum status fsm_load(struct arena *arena, const char *text, size_t size,
                     const struct fsm_host *host, struct yaml_faults *faults,
                     const struct fsm_machine **out_machine)
{
    struct yaml_faults own = {.arena = arena};
    if (faults == NULL)
        faults = &own;
    size_t errors_before = faults->error_count;
    const struct yaml_node *root;
    enum status status = yaml_parse(arena, text, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    if (!yaml_check(root, &fsm_machine_shape, faults))
        return STATUS_INVALID_ARGUMENT;
    struct draft draft = {.arena = arena, .faults = faults, .host = host};
    hash_tree(root, draft.hash);
    fsm_draft_read(&draft, root);
    const struct fsm_machine *machine = NULL;
    status = fsm_compile(&draft, &machine);
    if (status == STATUS_OK)
        fsm_check(machine, &draft);
    if (status == STATUS_OK && faults->error_count > errors_before)
        status = STATUS_INVALID_ARGUMENT;
    yaml_faults_sort(faults);
    if (status == STATUS_OK)
        *out_machine = machine;
    return status;
}
