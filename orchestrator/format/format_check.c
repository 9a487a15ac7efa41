/* Reads a policy and asks all questions that can be answered before anybody plays. */
#include "orchestrator/format/format_check.h"

#include <string.h>

#include "orchestrator/format/verify.h"

static void check_name(const struct verification *v, const struct yaml_node *game, const char *key,
                       const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return;
    if (names == NULL)
        return;
    (void)yaml_error(v->faults, format_node(game, key), "there is no %s '%s'",
                     strcmp(key, "rules") == 0 ? "game" : "rating policy", name);
    yaml_hint_nearest(v->faults, name, names, count);
    const char *list = "";
    for (size_t i = 0; i < count && list != NULL; i++)
        list = arena_format(v->arena, "%s%s%s", list, i > 0 ? ", " : "", names[i]);
    yaml_hint(v->faults, "there are %s", list != NULL ? list : "others");
}

void verify_names(const struct verification *v, const struct format_names *names)
{
    const struct yaml_node *divisions = yaml_get(v->root, "divisions");
    for (size_t i = 0; i < v->format->division_count; i++) {
        const struct format_game *game = &v->format->divisions[i].game;
        const struct yaml_node *node = yaml_get(&divisions->items[i], "game");
        check_name(v, node, "rules", game->rules, names->rules, names->rules_count);
        if (game->rated)
            check_name(v, node, "rating_policy", game->rating_policy, names->ratings,
                       names->ratings_count);
    }
}

enum status format_check(struct arena *arena, const char *text, size_t size,
                         const struct format_names *names, struct yaml_faults *faults,
                         const struct format **out_format)
{
    const struct format *format = NULL;
    const struct yaml_node *root = NULL;
    enum status status = format_read(arena, text, size, faults, &format);
    if (status == STATUS_OK)
        status = yaml_parse(arena, text, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    struct verification verification = {arena, format, root, faults};
    verify_clocks(&verification);
    verify_sessions(&verification);
    verify_rounds(&verification);
    verify_pairs(&verification);
    if (names != NULL)
        verify_names(&verification, names);
    if (arena_full(arena))
        return STATUS_FULL;
    if (faults->error_count > 0)
        return STATUS_INVALID_ARGUMENT;
    *out_format = format;
    return STATUS_OK;
}
