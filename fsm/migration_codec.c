/* Instances moved to another version of their machine, by name. */
#include "fsm/snapshot_private.h"

#include "fsm/value_codec.h"

#include <stdio.h>
#include <string.h>

struct move {
    const struct fsm_machine *machine;
    const struct fsm_migration *migration;
    const Arbiter__V1__MachineSnapshot *snapshot;
    struct arena *arena;
    struct fsm_instance *out;
    struct fault *fault;
};

/* The new state for an old path: by the map, by the map of a state above it, or by the path. */
static int moved_state(const struct move *move, const char *path)
{
    const struct fsm_machine *machine = move->machine;
    for (size_t size = strlen(path); size > 0;) {
        for (uint32_t i = 0; i < move->migration->states.count; i++) {
            const struct fsm_migration_state *rule =
                &machine->migration_states[move->migration->states.first + i];
            if (strlen(rule->from) != size || strncmp(rule->from, path, size) != 0)
                continue;
            if (path[size] == '\0')
                return rule->to;
            char whole[1024];
            (void)snprintf(whole, sizeof whole, "%s%s", machine->states[rule->to].path,
                           path + size); /* a cut path is not found */
            return fsm_state_find(machine, whole);
        }
        while (size > 0 && path[--size] != '.')
            continue;
    }
    return fsm_state_find(machine, path);
}

/* Goes down from a state that has children now to the leaf it enters by default. */
static void activate_default(const struct fsm_machine *machine, uint64_t *active, int state)
{
    const struct fsm_state *it = &machine->states[state];
    snapshot_activate(machine, active, state);
    if (it->kind == FSM_STATE_COMPOUND)
        for (uint32_t i = 0; i < it->initial.count; i++)
            activate_default(machine, active, machine->targets[it->initial.first + i]);
    for (int child = state + 1; it->kind == FSM_STATE_PARALLEL && child <= it->last;
         child = machine->states[child].last + 1)
        if (!fsm_is_history(&machine->states[child]))
            activate_default(machine, active, child);
    if (fsm_is_history(it)) {
        fsm_bit_clear(active, state);
        for (uint32_t i = 0; i < it->initial.count; i++)
            activate_default(machine, active, machine->targets[it->initial.first + i]);
    }
}

static enum status move_active(const struct move *move)
{
    for (size_t i = 0; i < move->snapshot->n_active; i++) {
        int state = moved_state(move, move->snapshot->active[i]);
        if (state == FSM_NONE)
            return snapshot_foreign(move->fault, "no state to move to for",
                                    move->snapshot->active[i]);
        activate_default(move->machine, move->out->active, state);
    }
    if (!snapshot_is_legal(move->machine, move->out->active))
        return snapshot_foreign(move->fault, "the states moved to do not go together", "");
    return STATUS_OK;
}

/* What history remembered is kept where all of it has a place. */
static void move_history(const struct move *move)
{
    const struct fsm_machine *machine = move->machine;
    for (size_t i = 0; i < move->snapshot->n_history; i++) {
        const Arbiter__V1__SnapshotHistory *from = move->snapshot->history[i];
        int history = moved_state(move, from->state);
        if (history == FSM_NONE || !fsm_is_history(&machine->states[history]))
            continue;
        uint64_t *bits = move->out->history +
                         (size_t)machine->states[history].history * (size_t)machine->word_count;
        bool is_good = true;
        for (size_t r = 0; r < from->n_remembered; r++) {
            int state = moved_state(move, from->remembered[r]);
            is_good =
                is_good && state != FSM_NONE && snapshot_may_remember(machine, history, state);
            if (is_good)
                fsm_bit_set(bits, state);
        }
        if (!is_good || !snapshot_is_legal_memory(machine, history, bits))
            memset(bits, 0, (size_t)machine->word_count * sizeof *bits);
    }
}

static enum status old_context(const struct move *move, struct value *out)
{
    size_t count = move->snapshot->n_context;
    struct value_entry *entries = arena_array(move->arena, count, sizeof *entries);
    if (entries == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        entries[i].key = value_text(move->snapshot->context[i]->name);
        enum status status = value_codec_from_value(move->arena, move->snapshot->context[i]->value,
                                                    &entries[i].value);
        if (status != STATUS_OK)
            return status;
    }
    *out = value_map(entries, count);
    return STATUS_OK;
}

static const struct expr_program *moved_value(const struct move *move, int variable)
{
    for (uint32_t i = 0; i < move->migration->values.count; i++) {
        const struct fsm_migration_value *rule =
            &move->machine->migration_values[move->migration->values.first + i];
        if (rule->variable == variable)
            return rule->program;
    }
    return NULL;
}

static enum status move_context(const struct move *move)
{
    const struct fsm_machine *machine = move->machine;
    struct value system[FSM_SYSTEM_COUNT] = {{0}};
    enum status status = old_context(move, &system[FSM_SYSTEM_OLD]);
    if (status != STATUS_OK)
        return status;
    system[FSM_SYSTEM_NOW] = value_timestamp_ms(move->out->now_ms);
    system[FSM_SYSTEM_INSTANCE_ID] = value_text(move->out->id);
    struct expr_input input = {
        .active = move->out->active,
        .arena = move->arena,
        .budget = machine->cost_max,
        .zone_offset = machine->zone_offset,
        .zone_user = machine->zone_user,
        .banks = {[FSM_BANK_CONTEXT] = move->out->context, [FSM_BANK_SYSTEM] = system}};
    /* Old values first, so that an expression may read them as ctx.x too. */
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < machine->variable_count; i++) {
            const struct fsm_variable *variable = &machine->variables[i];
            const struct value *old =
                value_find(system[FSM_SYSTEM_OLD], value_text(variable->name));
            const struct expr_program *program = moved_value(move, i);
            if (pass == 0 && old != NULL && expr_type_admits(variable->type, *old))
                move->out->context[i] = *old;
            if (pass == 0)
                continue;
            if (program != NULL)
                move->out->context[i] = expr_evaluate(program, &input);
            else if (move->out->context[i].kind == VALUE_UNSET && variable->init != NULL)
                move->out->context[i] = expr_evaluate(variable->init, &input);
            if (!expr_type_admits(variable->type, move->out->context[i]))
                return snapshot_foreign(move->fault, "no value to move to for", variable->name);
        }
    return STATUS_OK;
}

struct effects {
    struct fsm_effect *items;
    size_t count;
};

static struct fsm_effect *add_effect(const struct move *move, struct effects *effects,
                                     enum fsm_effect_kind kind, const char *id)
{
    struct fsm_effect *effect = &effects->items[effects->count++];
    *effect = (struct fsm_effect){
        .kind = kind, .id = id, .key = {move->out->seq, (uint32_t)effects->count}};
    return effect;
}

/* Timers both versions have keep their time; the rest is cancelled or, of an active state, set. */
static enum status move_timers(const struct move *move, const struct expr_input *input,
                               struct effects *effects)
{
    const struct fsm_machine *machine = move->machine;
    snapshot_clear_timers(machine, move->out);
    for (size_t i = 0; i < move->snapshot->n_timers; i++) {
        const Arbiter__V1__SnapshotTimer *from = move->snapshot->timers[i];
        int timer = snapshot_find_timer(machine, from->id);
        bool is_kept = timer != FSM_NONE &&
                       fsm_bit(move->out->active, machine->timers[timer].state) &&
                       from->due_ms >= 0;
        if (is_kept)
            move->out->timers[timer] = (struct fsm_timer){from->due_ms, -1, from->order};
        else if (from->due_ms >= 0)
            (void)add_effect(move, effects, FSM_EFFECT_TIMER_CANCEL, from->id); /* complete */
    }
    for (int i = 0; i < machine->timer_count; i++) {
        const struct fsm_timer_spec *spec = &machine->timers[i];
        if (move->out->timers[i].due_ms >= 0 || !fsm_bit(move->out->active, spec->state))
            continue;
        int64_t ms = spec->delay_ms;
        if (spec->value != NULL) {
            struct value value = expr_evaluate(spec->value, input);
            if (value.kind != (spec->is_absolute ? VALUE_TIMESTAMP : VALUE_DURATION))
                return snapshot_foreign(move->fault, "no time for the timer", spec->id);
            ms = value_to_ms(value);
        }
        move->out->timers[i] = (struct fsm_timer){
            fsm_due(spec->is_absolute ? 0 : move->out->now_ms, ms), -1, ++move->out->timer_order};
        add_effect(move, effects, FSM_EFFECT_TIMER_SET, spec->id)->due_ms =
            move->out->timers[i].due_ms;
    }
    return STATUS_OK;
}

static enum status start_moved_invoke(const struct move *move, const struct expr_input *input,
                                      int index, struct effects *effects)
{
    const struct fsm_machine *machine = move->machine;
    const struct fsm_invoke *invoke = &machine->invokes[index];
    struct value_entry *entries = arena_array(move->arena, invoke->input.count, sizeof *entries);
    struct value *map = arena_alloc(move->arena, sizeof *map);
    size_t count = 0;
    if (entries == NULL || map == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < invoke->input.count; i++) {
        const struct fsm_field_value *field = &machine->fields[invoke->input.first + i];
        if (field->program == NULL)
            continue;
        entries[count] = (struct value_entry){field->key, expr_evaluate(field->program, input)};
        if (!expr_type_admits(field->type, entries[count++].value))
            return snapshot_foreign(move->fault, "no input for the invoke", invoke->id);
    }
    *map = value_map(entries, count);
    struct fsm_effect *effect = add_effect(move, effects, FSM_EFFECT_INVOKE_START, invoke->id);
    effect->name = machine->commands[invoke->command].name;
    effect->data = map;
    effect->retry = invoke->retry != FSM_NONE ? &machine->retries[invoke->retry] : NULL;
    effect->timeout_ms = invoke->timeout_ms;
    effect->deadline_ms = invoke->deadline_ms;
    effect->heartbeat_ms = invoke->heartbeat_ms;
    move->out->invocations[index].key = effect->key;
    return STATUS_OK;
}

static enum status move_invokes(const struct move *move, const struct expr_input *input,
                                struct effects *effects)
{
    const struct fsm_machine *machine = move->machine;
    for (size_t i = 0; i < move->snapshot->n_invokes; i++) {
        const Arbiter__V1__SnapshotInvoke *from = move->snapshot->invokes[i];
        int invoke = snapshot_find_invoke(machine, from->id);
        struct fsm_key key = {from->seq, from->index};
        if (invoke != FSM_NONE && fsm_bit(move->out->active, machine->invokes[invoke].state))
            move->out->invocations[invoke].key = key;
        else
            add_effect(move, effects, FSM_EFFECT_INVOKE_CANCEL, from->id)->key = key;
    }
    for (int i = 0; i < machine->invoke_count; i++) {
        if (move->out->invocations[i].key.seq != 0 ||
            !fsm_bit(move->out->active, machine->invokes[i].state))
            continue;
        enum status status = start_moved_invoke(move, input, i, effects);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status move_all(const struct move *move, struct effects *effects)
{
    const struct fsm_machine *machine = move->machine;
    effects->items = arena_array(move->arena,
                                 move->snapshot->n_timers + move->snapshot->n_invokes +
                                     (size_t)machine->timer_count + (size_t)machine->invoke_count,
                                 sizeof *effects->items);
    if (effects->items == NULL)
        return STATUS_FULL;
    enum status status = move_active(move);
    if (status == STATUS_OK)
        status = move_context(move);
    if (status != STATUS_OK)
        return status;
    move_history(move);
    struct value system[FSM_SYSTEM_COUNT] = {{0}};
    system[FSM_SYSTEM_NOW] = value_timestamp_ms(move->out->now_ms);
    system[FSM_SYSTEM_INSTANCE_ID] = value_text(move->out->id);
    struct expr_input input = {
        .active = move->out->active,
        .arena = move->arena,
        .budget = machine->cost_max,
        .zone_offset = machine->zone_offset,
        .zone_user = machine->zone_user,
        .banks = {[FSM_BANK_CONTEXT] = move->out->context, [FSM_BANK_SYSTEM] = system}};
    status = move_timers(move, &input, effects);
    return status == STATUS_OK ? move_invokes(move, &input, effects) : status;
}

static const struct fsm_migration *find_migration(const struct fsm_machine *machine, int from)
{
    for (int i = 0; i < machine->migration_count; i++)
        if (machine->migrations[i].from == from)
            return &machine->migrations[i];
    return NULL;
}

enum status fsm_snapshot_migrate(const struct fsm_machine *machine, const uint8_t *bytes,
                                 size_t size, int64_t now_ms, struct arena *arena,
                                 struct fsm_step *out, struct fault *out_fault)
{
    struct move move = {.machine = machine, .arena = arena, .fault = out_fault};
    Arbiter__V1__MachineSnapshot *snapshot;
    enum status status = snapshot_unpack(bytes, size, arena, &snapshot, out_fault);
    if (status != STATUS_OK)
        return status;
    if (strcmp(snapshot->machine, machine->name) != 0)
        return snapshot_foreign(out_fault, "the snapshot belongs to the machine",
                                snapshot->machine);
    if (snapshot->finished)
        return snapshot_foreign(out_fault, "the instance has finished", "");
    if (snapshot->seq == 0)
        return snapshot_broken(out_fault, "the snapshot has not begun", "");
    move.snapshot = snapshot;
    move.migration = find_migration(machine, snapshot->version);
    if (move.migration == NULL)
        return snapshot_foreign(out_fault, "there is no `migrate` from that version to",
                                machine->name);
    move.out = fsm_instance_make(machine, arena);
    if (move.out == NULL)
        return STATUS_FULL;
    move.out->id = snapshot->instance_id;
    move.out->id_size = strlen(snapshot->instance_id);
    move.out->seq = snapshot->seq + 1;
    move.out->now_ms = fsm_time(now_ms > snapshot->now_ms ? now_ms : snapshot->now_ms);
    move.out->timer_order = snapshot->timer_order;
    struct effects effects = {0};
    status = move_all(&move, &effects);
    if (status == STATUS_OK)
        *out = (struct fsm_step){.answer = FSM_TAKEN,
                                 .is_changed = true,
                                 .after = move.out,
                                 .effects = effects.items,
                                 .effect_count = effects.count};
    return status;
}
