/* Any bytes into the strict YAML reader: a tree or a fault, never a crash. */
#include "fsm/yaml/yaml.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walks what was read, so that a bad pointer shows. */
static size_t weigh(const struct yaml_node *node)
{
    size_t sum = node->size + (size_t)node->line + (size_t)node->column;
    for (size_t i = 0; i < node->count; i++)
        sum += node->kind == YAML_MAPPING ? weigh(&node->pairs[i].value) : weigh(&node->items[i]);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, 64u << 20);
    struct yaml_faults faults = {.arena = &arena};
    const struct yaml_node *root = NULL;
    enum status status = yaml_parse(&arena, (const char *)data, size, &faults, &root);
    if (status == STATUS_OK && (faults.error_count != 0 || weigh(root) == 0))
        abort();
    if (status == STATUS_INVALID_ARGUMENT && faults.error_count == 0)
        abort();
    struct buffer out = {0};
    yaml_faults_print(&faults, "fuzz", (const char *)data, size, &out);
    buffer_deinit(&out);
    arena_deinit(&arena);
    return 0;
}
