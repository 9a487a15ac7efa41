/* The table of a director's actions, and the words in which each is completed. */
#include "orchestrator/desk/actions.h"

#include <string.h>

static const struct desk_action actions[] = {
#define DESK(name, older, target, event, right, fill, instead, says)                               \
    {name, older, DESK_##target, event, FORMAT_ACTION_##right, fill, instead, says},
#include "orchestrator/desk/actions.def"
#undef DESK
};

const struct desk_action *desk_action_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (strcmp(actions[i].name, name) == 0 ||
            (name[0] != '\0' && strcmp(actions[i].older_name, name) == 0))
            return &actions[i];
    return NULL;
}

const struct desk_action *desk_action_at(size_t index)
{
    return index < COUNT_OF(actions) ? &actions[index] : NULL;
}

enum status desk_action_fill(const struct desk_action *action, struct desk_case *question,
                             struct fault *out_fault)
{
    question->right = question->also_right = action->right;
    question->target = action->target;
    question->data = question->said;
    if (action->target != DESK_TOURNAMENT && question->division == NULL)
        return fault_set(out_fault, 0, 0, "the event has no division %d",
                         question->request->division);
    if (action->target == DESK_BOARD && question->row == NULL)
        return fault_set(out_fault, 0, 0, "round %d has no board %d", question->request->round,
                         question->request->board);
    return action->fill(question, out_fault);
}

const char *desk_action_instance(const struct desk_case *question)
{
    struct arena *arena = question->arena;
    const Arbiter__V1__ActRequest *request = question->request;
    switch (question->target) {
    case DESK_TOURNAMENT:
        return arena_format(arena, "tournament:%s", request->tournament_id);
    case DESK_DIVISION:
        return arena_format(arena, "division:%s", question->division->division_id);
    case DESK_BOARD:
        return arena_format(arena, "board:%s-r%d-b%d", question->division->division_id,
                            request->round, request->board);
    }
    return NULL;
}

/* ---- words ------------------------------------------------------------------------------- */

const char *desk_text(const struct desk_case *question, struct value map, const char *name)
{
    const struct value *found = map.kind == VALUE_MAP ? value_find(map, value_text(name)) : NULL;
    if (found == NULL || found->kind != VALUE_STRING)
        return "";
    const char *text = arena_copy(question->arena, found->as.text, found->size);
    return text != NULL ? text : "";
}

int64_t desk_int(struct value map, const char *name, int64_t otherwise)
{
    const struct value *found = map.kind == VALUE_MAP ? value_find(map, value_text(name)) : NULL;
    return found != NULL && found->kind == VALUE_INT ? found->as.integer : otherwise;
}

struct value desk_map(struct desk_case *question, const struct value_entry *entries, size_t count)
{
    struct value copy = {.kind = VALUE_UNSET};
    if (!value_copy(question->arena, value_map(entries, count), &copy))
        return (struct value){.kind = VALUE_UNSET};
    return copy;
}

struct value desk_member(struct value map, const char *name)
{
    const struct value *found = map.kind == VALUE_MAP ? value_find(map, value_text(name)) : NULL;
    return found != NULL ? *found : value_null();
}

enum status desk_set_data(struct desk_case *question, const struct value_entry *entries,
                          size_t count)
{
    question->data = desk_map(question, entries, count);
    return question->data.kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}

enum status desk_set_undo(struct desk_case *question, const char *action,
                          const struct value_entry *entries, size_t count)
{
    question->undo_action = action;
    question->undo_data = desk_map(question, entries, count);
    return question->undo_data.kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}

Arbiter__V1__BoardPairing *desk_find_row(const Arbiter__V1__Division *division, int64_t round,
                                         int64_t board)
{
    for (size_t i = 0; division != NULL && i < division->n_pairings; i++)
        if (division->pairings[i]->round == round && division->pairings[i]->board == board)
            return division->pairings[i];
    return NULL;
}

static bool plays_in(const Arbiter__V1__Entrant *entrant, int round)
{
    bool is_there =
        strcmp(entrant->status, "registered") == 0 || strcmp(entrant->status, "checked_in") == 0;
    return is_there && entrant->from_round <= round &&
           (entrant->to_round == 0 || entrant->to_round >= round);
}

int desk_paired_round(const Arbiter__V1__Division *division)
{
    int next = division->round + 1;
    size_t players = 0;
    size_t seats = 0;
    for (size_t i = 0; i < division->n_entrants; i++)
        players += plays_in(division->entrants[i], next);
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->round == next &&
            strcmp(division->pairings[i]->status, "void") != 0)
            seats += division->pairings[i]->second[0] != '\0' ? 2 : 1;
    return players > 0 && seats >= players ? next : division->round;
}

const char *desk_division_id(const struct desk_case *question, int64_t number)
{
    return arena_format(question->arena, "%s-%lld", question->request->tournament_id,
                        (long long)number);
}
