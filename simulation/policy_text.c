/* Cuts a policy's text at the places that the YAML reader names. */
#include "simulation/policy_text.h"

#include <string.h>

#include "base/buffer.h"
#include "fsm/yaml/yaml.h"

/* A piece of the text and what stands there instead. */
struct cut {
    size_t at;
    size_t size;
    const char *text;
};

static size_t offset_of(const char *text, int line, int column)
{
    const char *at = text;
    for (int i = 1; i < line && at != NULL; i++) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL ? (size_t)(at - text) + (size_t)column - 1 : strlen(text);
}

/* A new first key: on the mapping's line within braces, else on a line of its own before the one
 * that was first. */
static struct cut cut_before(struct arena *arena, const char *text, const struct yaml_node *mapping,
                             const struct policy_edit *edit)
{
    const struct yaml_node *first = &mapping->pairs[0].key;
    struct cut cut = {.at = offset_of(text, first->line, first->column)};
    cut.text = mapping->is_flow ? arena_format(arena, "%s: %s, ", edit->key, edit->value)
                                : arena_format(arena, "%s: %s\n%*s", edit->key, edit->value,
                                               first->column - 1, "");
    return cut;
}

static struct cut cut_of(struct arena *arena, const char *text, const struct yaml_node *mapping,
                         const struct policy_edit *edit)
{
    const struct yaml_node *value = yaml_get(mapping, edit->key);
    if (value == NULL)
        return cut_before(arena, text, mapping, edit);
    return (struct cut){offset_of(text, value->line, value->column), (size_t)value->width,
                        edit->value};
}

static enum status edit_divisions(struct arena *arena, const char *text,
                                  const struct yaml_node *divisions, const struct policy_edit *edit,
                                  struct buffer *edited)
{
    size_t done = 0;
    for (size_t i = 0; i < divisions->count; i++) {
        const struct yaml_node *mapping = &divisions->items[i];
        if (edit->place == POLICY_GAME)
            mapping = yaml_get(mapping, "game");
        if (mapping == NULL || mapping->kind != YAML_MAPPING || mapping->count == 0)
            return STATUS_INVALID_ARGUMENT;
        struct cut cut = cut_of(arena, text, mapping, edit);
        if (cut.text == NULL || cut.at < done)
            return STATUS_FULL;
        buffer_append(edited, text + done, cut.at - done);
        buffer_append_text(edited, cut.text);
        done = cut.at + cut.size;
    }
    buffer_append_text(edited, text + done);
    return edited->failed ? STATUS_FULL : STATUS_OK;
}

enum status policy_text_set(struct arena *arena, const char *text, const struct policy_edit *edit,
                            const char **out_text)
{
    struct yaml_faults faults = {.arena = arena};
    struct buffer edited = {0};
    const struct yaml_node *root = NULL;
    enum status status = yaml_parse(arena, text, strlen(text), &faults, &root);
    const struct yaml_node *divisions = status == STATUS_OK ? yaml_get(root, "divisions") : NULL;
    if (status == STATUS_OK && (divisions == NULL || divisions->kind != YAML_SEQUENCE))
        status = STATUS_INVALID_ARGUMENT;
    if (status == STATUS_OK)
        status = edit_divisions(arena, text, divisions, edit, &edited);
    const char *copy =
        status == STATUS_OK ? arena_copy(arena, buffer_text(&edited), edited.size) : NULL;
    buffer_deinit(&edited);
    if (status != STATUS_OK)
        return status;
    if (copy == NULL)
        return STATUS_FULL;
    *out_text = copy;
    return STATUS_OK;
}
