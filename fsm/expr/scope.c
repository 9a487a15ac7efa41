/* Looking names up through a chain of scopes, and finding the nearest one to a misspelt name. */
#include "fsm/expr/check.h"

#include <string.h>

enum { NAME_SIZE_MAX = 64 }; /* longer names get no suggestion */

static bool is_named(const char *name, struct value wanted)
{
    return strlen(name) == wanted.size && memcmp(name, wanted.as.text, wanted.size) == 0;
}

const struct expr_variable *expr_scope_variable(const struct expr_scope *scope, struct value name)
{
    for (; scope != NULL; scope = scope->parent)
        for (size_t i = 0; i < scope->variable_count; i++)
            if (is_named(scope->variables[i].name, name))
                return &scope->variables[i];
    return NULL;
}

const struct expr_variable *expr_scope_member(const struct expr_scope *scope, struct value name)
{
    for (; scope != NULL; scope = scope->parent)
        for (size_t i = 0; i < scope->variable_count; i++) {
            const char *member = scope->variables[i].name;
            if (strlen(member) > name.size && member[name.size] == '.' &&
                memcmp(member, name.as.text, name.size) == 0)
                return &scope->variables[i];
        }
    return NULL;
}

const struct expr_scope *expr_scope_with_states(const struct expr_scope *scope)
{
    while (scope != NULL && scope->resolve_state == NULL)
        scope = scope->parent;
    return scope;
}

/* --- near misses ------------------------------------------------------------------------------ */

/* How many letters must be put in, left out, changed or swapped with the next to get from a to b.
 */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][NAME_SIZE_MAX + 1];
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_size % 3][b_size];
}

struct nearest {
    struct value wanted;
    const char *name;
    size_t distance;
};

static void consider(struct nearest *nearest, const char *name)
{
    size_t size = strlen(name);
    size_t limit = nearest->wanted.size < 4 ? 1 : 1 + nearest->wanted.size / 4;
    if (size > NAME_SIZE_MAX || nearest->wanted.size > NAME_SIZE_MAX)
        return;
    size_t d = distance(nearest->wanted.as.text, nearest->wanted.size, name, size);
    if (d <= limit && d < nearest->distance) {
        nearest->distance = d;
        nearest->name = name;
    }
}

const char *expr_scope_nearest_variable(const struct expr_scope *scope, struct value name)
{
    struct nearest nearest = {.wanted = name, .name = "", .distance = NAME_SIZE_MAX};
    for (; scope != NULL; scope = scope->parent)
        for (size_t i = 0; i < scope->variable_count; i++)
            consider(&nearest, scope->variables[i].name);
    return nearest.name;
}

const char *expr_scope_nearest_function(const struct expr_scope *scope, struct value name,
                                        bool is_method)
{
    static const char *const macros[] = {"all", "exists", "exists_one", "filter", "map"};
    struct nearest nearest = {.wanted = name, .name = "", .distance = NAME_SIZE_MAX};
    for (size_t i = 0; i < expr_library_function_count; i++)
        if (expr_library_functions[i].is_method == is_method)
            consider(&nearest, expr_library_functions[i].name);
    for (size_t i = 0; i < COUNT_OF(macros) && is_method; i++)
        consider(&nearest, macros[i]);
    if (!is_method) {
        consider(&nearest, "has");
        consider(&nearest, expr_scope_with_states(scope) != NULL ? "active" : "has");
    }
    for (; scope != NULL; scope = scope->parent)
        for (size_t i = 0; i < scope->function_count; i++)
            if (scope->functions[i].is_method == is_method)
                consider(&nearest, scope->functions[i].name);
    return nearest.name;
}
