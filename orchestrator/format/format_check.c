/* Reads a policy and asks all questions that can be answered before anybody plays. */
#include "orchestrator/format/format_check.h"

#include <string.h>

#include "orchestrator/format/verify.h"

/* One kind of name: what it is called, and those that exist. */
struct shelf {
    const char *what;
    const char *const *names;
    size_t count;
    bool may_have_more;
};

static void check_name(const struct verification *v, const struct yaml_node *node, const char *name,
                       const struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (strcmp(shelf->names[i], name) == 0)
            return;
    if (shelf->names == NULL)
        return;
    if (shelf->may_have_more)
        (void)yaml_warning(v->faults, node,
                           "there is no %s '%s' here: it needs a game service that has it",
                           shelf->what, name);
    else
        (void)yaml_error(v->faults, node, "there is no %s '%s'", shelf->what, name);
    yaml_hint_nearest(v->faults, name, shelf->names, shelf->count);
    const char *list = "";
    for (size_t i = 0; i < shelf->count && list != NULL; i++)
        list = arena_format(v->arena, "%s%s%s", list, i > 0 ? ", " : "", shelf->names[i]);
    yaml_hint(v->faults, "there are %s", list != NULL ? list : "others");
}

void verify_names(const struct verification *v, const struct format_names *names)
{
    const struct yaml_node *divisions = yaml_get(v->root, "divisions");
    const struct shelf games = {"game", names->rules, names->rules_count, names->has_other_rules};
    const struct shelf ratings = {"rating policy", names->ratings, names->ratings_count, false};
    const struct shelf conduct = {"conduct policy", names->conduct, names->conduct_count, false};
    for (size_t i = 0; i < v->format->division_count; i++) {
        const struct format_game *game = &v->format->divisions[i].game;
        const struct yaml_node *node = yaml_get(&divisions->items[i], "game");
        check_name(v, format_node(node, "rules"), game->rules, &games);
        if (game->rated)
            check_name(v, format_node(node, "rating_policy"), game->rating_policy, &ratings);
    }
    if (v->format->conduct.policy[0] != '\0')
        check_name(v, format_node(yaml_get(v->root, "conduct"), "policy"),
                   v->format->conduct.policy, &conduct);
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
    yaml_faults_sort(faults);
    if (arena_full(arena))
        return STATUS_FULL;
    if (faults->error_count > 0)
        return STATUS_INVALID_ARGUMENT;
    *out_format = format;
    return STATUS_OK;
}
