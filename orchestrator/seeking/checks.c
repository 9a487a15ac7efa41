/* Evaluates a policy's lists of checks over requests, seeks and people. */
#include "orchestrator/seeking/checks.h"

#include <string.h>

#include "orchestrator/seeking/frame.h"

enum { FIELDS_MAX = 16 };

/* ---- fields ------------------------------------------------------------------------------ */

#define REQUEST(field, kind)                                                                       \
    {                                                                                              \
        "request." #field, &expr_##kind, offsetof(struct seeking_request, field)                   \
    }
#define SEEK(name, field, kind)                                                                    \
    {                                                                                              \
        "seek." name, &expr_##kind, offsetof(struct seeking_seek, field)                           \
    }
#define WHO(name, field, kind)                                                                     \
    {                                                                                              \
        "who." name, &expr_##kind, offsetof(struct seeking_person, field)                          \
    }

static const struct checks_field request_fields[] = {
    REQUEST(rules, string),          REQUEST(variant, string),   REQUEST(lexicon, string),
    REQUEST(challenge_rule, string), REQUEST(clock, string),     REQUEST(bot, string),
    REQUEST(initial_time_ms, int),   REQUEST(increment_ms, int), REQUEST(overtime_ms, int),
    REQUEST(time_bank_ms, int),      REQUEST(rated, bool),
};
static const struct checks_field seek_fields[] = {
    SEEK("owner", owner, string),
    SEEK("opponent", opponent, string),
    SEEK("tournament", tournament, string),
    SEEK("club", club, string),
    SEEK("owner_rating", owner_rating, double),
    SEEK("rating_min", rating_min, double),
    SEEK("rating_max", rating_max, double),
    SEEK("established_only", established_only, bool),
    SEEK("followed_only", followed_only, bool),
    SEEK("is_rematch", is_rematch, bool),
};
static const struct checks_field person_fields[] = {
    WHO("id", id, string),
    WHO("place", place, string),
    WHO("rating", rating, double),
    WHO("deviation", deviation, double),
    WHO("games", games, double),
    WHO("blocks", blocks, bool),
    WHO("is_blocked", is_blocked, bool),
    WHO("is_followed", is_followed, bool),
    WHO("is_member", is_member, bool),
};

const struct checks_field *checks_request_fields(size_t *out_count)
{
    *out_count = COUNT_OF(request_fields);
    return request_fields;
}

const struct checks_field *checks_seek_fields(size_t *out_count)
{
    *out_count = COUNT_OF(seek_fields);
    return seek_fields;
}

const struct checks_field *checks_person_fields(size_t *out_count)
{
    *out_count = COUNT_OF(person_fields);
    return person_fields;
}

static struct value field_value(const struct checks_field *field, const void *owner)
{
    const char *place = (const char *)owner + field->offset;
    if (field->type == &expr_string) {
        const char *text = *(const char *const *)(const void *)place;
        return value_text(text != NULL ? text : "");
    }
    if (field->type == &expr_double)
        return value_double(*(const double *)(const void *)place);
    if (field->type == &expr_int)
        return value_int(*(const int64_t *)(const void *)place);
    return value_bool(*(const bool *)(const void *)place);
}

static void fill(struct value *out, const struct checks_field *fields, size_t count,
                 const void *owner)
{
    for (size_t i = 0; i < count; i++)
        out[i] = owner != NULL ? field_value(&fields[i], owner) : (struct value){0};
}

/* ---- evaluating -------------------------------------------------------------------------- */

struct banks {
    struct value request[FIELDS_MAX];
    struct value seek[FIELDS_MAX];
    struct value who[FIELDS_MAX];
    struct value defined[SEEKING_VALUES_MAX];
    struct expr_input input;
};

static void load(struct banks *banks, const struct seeking_case *what, struct arena *arena)
{
    const struct seeking_policy *policy = what->policy;
    *banks = (struct banks){0};
    fill(banks->request, request_fields, COUNT_OF(request_fields), what->request);
    fill(banks->seek, seek_fields, COUNT_OF(seek_fields), what->seek);
    fill(banks->who, person_fields, COUNT_OF(person_fields), what->who);
    banks->input = (struct expr_input){.banks = {[BANK_REQUEST] = banks->request,
                                                 [BANK_DEFINED] = banks->defined,
                                                 [BANK_COMPAT] = policy->compat,
                                                 [BANK_SEEK] = banks->seek,
                                                 [BANK_WHO] = banks->who},
                                       .arena = arena};
    for (int i = 0; what->request != NULL && i < policy->value_count; i++) {
        struct value value = expr_evaluate(policy->values[i].program, &banks->input);
        banks->defined[i] = value.kind == VALUE_ERROR ? (struct value){0} : value;
    }
}

static const char *message_of(const struct seeking_check *check, const struct banks *banks,
                              struct arena *arena)
{
    struct value value = {0};
    if (check->message != NULL)
        value = expr_evaluate(check->message, &banks->input);
    const char *text = value.kind == VALUE_STRING ? arena_copy(arena, value.as.text, value.size)
                                                  : arena_format(arena, "%s", check->name);
    return text != NULL ? text : check->name;
}

bool seeking_passes(const struct seeking_case *what, const struct seeking_checks *checks,
                    struct arena *arena, struct seeking_refusal *out_refusal)
{
    struct banks banks;
    load(&banks, what, arena);
    for (size_t i = 0; i < checks->count; i++) {
        const struct seeking_check *check = &checks->items[i];
        struct value value = expr_evaluate(check->program, &banks.input);
        if (value.kind == VALUE_BOOL && value.as.boolean)
            continue;
        *out_refusal = (struct seeking_refusal){check->name, message_of(check, &banks, arena)};
        return false;
    }
    return true;
}

struct value seeking_define(const struct seeking_case *what, int index, struct arena *arena)
{
    struct banks banks;
    load(&banks, what, arena);
    return banks.defined[index];
}

const char *seeking_rating_pool(const struct seeking_case *what, struct arena *arena)
{
    if (what->policy->rating_pool < 0)
        return NULL;
    struct value pool = seeking_define(what, what->policy->rating_pool, arena);
    return pool.kind == VALUE_STRING ? arena_copy(arena, pool.as.text, pool.size) : NULL;
}

int seeking_value_find(const struct seeking_policy *policy, const char *name)
{
    for (int i = 0; i < policy->value_count; i++)
        if (strcmp(policy->values[i].name, name) == 0)
            return i;
    return -1;
}
