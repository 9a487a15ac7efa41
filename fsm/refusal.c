/* Why an event is not taken, and what would be: for people. */
#include "fsm/run.h"

#include <string.h>

static const char *values_seen(struct fsm_run *run, const struct expr_program *program)
{
    size_t count;
    const struct expr_variable *reads = expr_reads(program, &count);
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        const struct value *bank = run->input.banks[reads[i].bank];
        const char *literal =
            bank != NULL ? value_literal(run->arena, bank[reads[i].index]) : "unset";
        text = arena_format(run->arena, "%s%s%s = %s", text, *text != '\0' ? ", " : "",
                            reads[i].name, literal != NULL ? literal : "");
        if (text == NULL)
            return "";
    }
    return text;
}

static const char *refusal_message(struct fsm_run *run, const struct fsm_guard *guard)
{
    if (guard->message == NULL)
        return "";
    struct value value = expr_evaluate(guard->message, &run->input);
    if (value.kind != VALUE_STRING)
        return "";
    return arena_copy(run->arena, value.as.text, value.size);
}

static void add_refusal(struct fsm_run *run, const struct fsm_transition *transition,
                        struct fsm_step *out, struct fsm_refusal *list)
{
    const struct fsm_guard *guard = &run->machine->guards[transition->guard];
    for (size_t i = 0; i < out->refusal_count; i++)
        if (list[i].source == transition->source && list[i].transition == transition->index)
            return;
    struct value value = expr_evaluate(guard->program, &run->input);
    bool is_error = value.kind == VALUE_ERROR;
    const char *message = refusal_message(run, guard);
    if (is_error)
        message = value_error_text(value.as.error);
    list[out->refusal_count++] = (struct fsm_refusal){.source = transition->source,
                                                      .transition = transition->index,
                                                      .guard = guard->name,
                                                      .text = guard->text,
                                                      .message = message != NULL ? message : "",
                                                      .values = values_seen(run, guard->program),
                                                      .is_error = is_error};
}

enum { REFUSALS_MAX = 32 };

/* Asks the guards once more, to say which of them refused and why. */
void fsm_run_collect_refusals(struct fsm_run *run, const struct fsm_happening *happening,
                              struct fsm_step *out)
{
    const struct fsm_machine *machine = run->machine;
    struct fsm_refusal *list = arena_array(run->arena, REFUSALS_MAX, sizeof *list);
    if (list == NULL) {
        run->is_full = true;
        return;
    }
    int column = happening->event != FSM_NONE ? happening->event : machine->event_count + 1;
    for (int s = 0; s < machine->state_count; s++) {
        if (!fsm_bit(run->now->active, s) || machine->leaf_of[s] == FSM_NONE)
            continue;
        const struct fsm_candidates *candidates = fsm_candidates_of(machine, s, column);
        for (uint32_t i = 0; i < candidates->count && out->refusal_count < REFUSALS_MAX; i++) {
            const struct fsm_transition *transition =
                &machine->transitions[machine->candidate_items[candidates->first + i]];
            if (transition->guard == FSM_NONE ||
                (happening->event == FSM_NONE && !fsm_names_event(machine, transition, happening)))
                continue;
            add_refusal(run, transition, out, list);
        }
    }
    out->refusals = list;
    out->answer = out->refusal_count > 0 ? FSM_REFUSED : FSM_UNHANDLED;
    run->is_full = run->is_full || arena_full(run->arena);
}

static bool reads_payload(const struct expr_program *program)
{
    size_t count;
    const struct expr_variable *reads = expr_reads(program, &count);
    for (size_t i = 0; i < count; i++)
        if (reads[i].bank == FSM_BANK_EVENT)
            return true;
    return false;
}

/* One leaf's outlook: the first candidate that says yes or cannot be asked decides. */
static enum fsm_outlook outlook_of(struct fsm_run *run, int leaf, int event,
                                   const char **out_message)
{
    const struct fsm_machine *machine = run->machine;
    const struct fsm_candidates *candidates = fsm_candidates_of(machine, leaf, event);
    enum fsm_outlook outlook = FSM_NOT_HANDLED;
    for (uint32_t i = 0; i < candidates->count; i++) {
        const struct fsm_transition *transition =
            &machine->transitions[machine->candidate_items[candidates->first + i]];
        if (transition->guard == FSM_NONE)
            return FSM_ALLOWED;
        const struct fsm_guard *guard = &machine->guards[transition->guard];
        if (reads_payload(guard->program))
            return FSM_DEPENDS;
        if (fsm_run_guard(run, transition->guard, false))
            return FSM_ALLOWED;
        outlook = FSM_NOT_ALLOWED;
        if (out_message != NULL && *out_message == NULL) {
            const char *message = refusal_message(run, guard);
            *out_message = message != NULL && *message != '\0' ? message : NULL;
        }
    }
    return outlook;
}

enum status fsm_outlook(const struct fsm_machine *machine, const struct fsm_instance *instance,
                        int event, int64_t now_ms, struct arena *arena,
                        enum fsm_outlook *out_outlook, const char **out_message)
{
    struct fsm_scratch scratch;
    struct fsm_run run;
    fsm_run_begin(&run, &scratch, arena, 0);
    run.machine = machine;
    run.before = instance;
    run.now = fsm_run_copy(machine, instance, arena);
    if (run.now == NULL)
        return STATUS_FULL;
    fsm_run_scene(&run, now_ms);
    enum fsm_outlook best = FSM_NOT_HANDLED;
    const char *message = NULL;
    for (int s = 0; s < machine->state_count && !instance->is_finished; s++) {
        if (!fsm_bit(instance->active, s) || machine->leaf_of[s] == FSM_NONE)
            continue;
        enum fsm_outlook outlook = outlook_of(&run, s, event, &message);
        if (outlook < best)
            best = outlook;
    }
    if (arena_full(arena))
        return STATUS_FULL;
    *out_outlook = best;
    if (out_message != NULL)
        *out_message = best == FSM_NOT_ALLOWED && message != NULL ? message : "";
    return STATUS_OK;
}
