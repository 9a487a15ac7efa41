/* Instances to and from arbiter.v1.MachineSnapshot, checked on the way in; migration by name. */
#include "fsm/snapshot.h"

#include "fsm/machine.h"
#include "fsm/value_codec.h"

#include <stdio.h>
#include <string.h>

#include "arbiter/v1/machine.pb-c.h"

enum { FORMAT = 1, NESTING_MAX = 2 + 3 * (VALUE_CODEC_DEPTH_MAX + 1) };

typedef Arbiter__V1__MachineSnapshot Snapshot;

/* ---- writing --------------------------------------------------------------------------------- */

static int count_bits(const uint64_t *bits, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += fsm_bit(bits, i);
    return sum;
}

static char **write_paths(const struct fsm_machine *machine, const uint64_t *bits, bool leaves_only,
                          struct arena *arena, size_t *out_count)
{
    char **paths =
        arena_array(arena, (size_t)count_bits(bits, machine->state_count) + 1, sizeof *paths);
    *out_count = 0;
    for (int s = 0; paths != NULL && s < machine->state_count; s++)
        if (fsm_bit(bits, s) && (!leaves_only || fsm_is_leaf(&machine->states[s])))
            paths[(*out_count)++] = (char *)machine->states[s].path;
    return paths;
}

static enum status write_context(const struct fsm_machine *machine,
                                 const struct fsm_instance *instance, struct arena *arena,
                                 Snapshot *out)
{
    size_t count = (size_t)machine->variable_count;
    Arbiter__V1__SnapshotVariable *items = arena_array(arena, count, sizeof *items);
    out->context = arena_array(arena, count, sizeof *out->context);
    if (items == NULL || out->context == NULL)
        return STATUS_FULL;
    out->n_context = count;
    for (size_t i = 0; i < count; i++) {
        arbiter__v1__snapshot_variable__init(&items[i]);
        items[i].name = (char *)machine->variables[i].name;
        enum status status = value_codec_value(arena, instance->context[i], &items[i].value);
        if (status != STATUS_OK)
            return status;
        out->context[i] = &items[i];
    }
    return STATUS_OK;
}

static enum status write_history(const struct fsm_machine *machine,
                                 const struct fsm_instance *instance, struct arena *arena,
                                 Snapshot *out)
{
    size_t count = (size_t)machine->history_count;
    Arbiter__V1__SnapshotHistory *items = arena_array(arena, count, sizeof *items);
    out->history = arena_array(arena, count, sizeof *out->history);
    if (items == NULL || out->history == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        const uint64_t *bits = instance->history + i * (size_t)machine->word_count;
        if (count_bits(bits, machine->state_count) == 0)
            continue;
        arbiter__v1__snapshot_history__init(&items[i]);
        items[i].state = (char *)machine->states[machine->histories[i]].path;
        items[i].remembered = write_paths(machine, bits, false, arena, &items[i].n_remembered);
        if (items[i].remembered == NULL)
            return STATUS_FULL;
        out->history[out->n_history++] = &items[i];
    }
    return STATUS_OK;
}

static enum status write_timers(const struct fsm_machine *machine,
                                const struct fsm_instance *instance, struct arena *arena,
                                Snapshot *out)
{
    size_t count = (size_t)machine->timer_count;
    Arbiter__V1__SnapshotTimer *items = arena_array(arena, count, sizeof *items);
    out->timers = arena_array(arena, count, sizeof *out->timers);
    if (items == NULL || out->timers == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        const struct fsm_timer *timer = &instance->timers[i];
        if (timer->due_ms < 0 && timer->remaining_ms < 0)
            continue;
        arbiter__v1__snapshot_timer__init(&items[i]);
        items[i].id = (char *)machine->timers[i].id;
        items[i].due_ms = timer->due_ms;
        items[i].remaining_ms = timer->remaining_ms;
        items[i].order = timer->order;
        out->timers[out->n_timers++] = &items[i];
    }
    return STATUS_OK;
}

static enum status write_invokes(const struct fsm_machine *machine,
                                 const struct fsm_instance *instance, struct arena *arena,
                                 Snapshot *out)
{
    size_t count = (size_t)machine->invoke_count;
    Arbiter__V1__SnapshotInvoke *items = arena_array(arena, count, sizeof *items);
    out->invokes = arena_array(arena, count, sizeof *out->invokes);
    if (items == NULL || out->invokes == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++) {
        struct fsm_key key = instance->invocations[i].key;
        if (key.seq == 0)
            continue;
        arbiter__v1__snapshot_invoke__init(&items[i]);
        items[i].id = (char *)machine->invokes[i].id;
        items[i].seq = key.seq;
        items[i].index = key.index;
        out->invokes[out->n_invokes++] = &items[i];
    }
    return STATUS_OK;
}

static enum status pack(const Snapshot *snapshot, struct arena *arena, const uint8_t **out_bytes,
                        size_t *out_size)
{
    size_t size = arbiter__v1__machine_snapshot__get_packed_size(snapshot);
    if (size > FSM_SNAPSHOT_SIZE_MAX)
        return STATUS_FULL;
    uint8_t *bytes = arena_alloc(arena, size);
    if (bytes == NULL)
        return STATUS_FULL;
    *out_size = arbiter__v1__machine_snapshot__pack(snapshot, bytes);
    *out_bytes = bytes;
    return STATUS_OK;
}

enum status fsm_snapshot_write(const struct fsm_machine *machine,
                               const struct fsm_instance *instance, struct arena *arena,
                               const uint8_t **out_bytes, size_t *out_size)
{
    Snapshot snapshot = ARBITER__V1__MACHINE_SNAPSHOT__INIT;
    snapshot.format = FORMAT;
    snapshot.machine = (char *)machine->name;
    snapshot.version = machine->version;
    snapshot.machine_hash = (ProtobufCBinaryData){sizeof machine->hash, (uint8_t *)machine->hash};
    snapshot.instance_id = (char *)instance->id;
    snapshot.seq = instance->seq;
    snapshot.now_ms = instance->now_ms;
    snapshot.timer_order = instance->timer_order;
    snapshot.finished = instance->is_finished;
    snapshot.active = write_paths(machine, instance->active, true, arena, &snapshot.n_active);
    if (snapshot.active == NULL)
        return STATUS_FULL;
    enum status status = write_context(machine, instance, arena, &snapshot);
    if (status == STATUS_OK)
        status = write_history(machine, instance, arena, &snapshot);
    if (status == STATUS_OK)
        status = write_timers(machine, instance, arena, &snapshot);
    if (status == STATUS_OK)
        status = write_invokes(machine, instance, arena, &snapshot);
    return status == STATUS_OK ? pack(&snapshot, arena, out_bytes, out_size) : status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void *allocate(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void release(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer; /* the arena gives everything back at once */
}

static enum status broken(struct fault *fault, const char *text, const char *name)
{
    (void)fault_set(fault, 0, 0, "%s%s%.100s", text, *name != '\0' ? " " : "", name);
    return STATUS_DATA_LOSS;
}

static enum status foreign(struct fault *fault, const char *text, const char *name)
{
    (void)broken(fault, text, name);
    return STATUS_FAILED_PRECONDITION;
}

static enum status unpack(const uint8_t *bytes, size_t size, struct arena *arena, Snapshot **out,
                          struct fault *fault)
{
    ProtobufCAllocator allocator = {allocate, release, arena};
    if (size > FSM_SNAPSHOT_SIZE_MAX)
        return broken(fault, "the snapshot is too large", "");
    if (!value_codec_nests_within(&arbiter__v1__machine_snapshot__descriptor, bytes, size,
                                  NESTING_MAX))
        return broken(fault, "the snapshot does not parse", "");
    *out = arbiter__v1__machine_snapshot__unpack(&allocator, size, bytes);
    if (*out == NULL)
        return arena_full(arena) ? STATUS_FULL : broken(fault, "the snapshot does not parse", "");
    if ((*out)->format != FORMAT)
        return broken(fault, "the snapshot is of an unknown format", "");
    if ((*out)->machine_hash.len != FSM_HASH_SIZE)
        return broken(fault, "the snapshot has no machine hash", "");
    return STATUS_OK;
}

/* Sets the bits of a leaf and of everything above it. */
static void activate(const struct fsm_machine *machine, uint64_t *active, int state)
{
    for (; state >= 0; state = machine->states[state].parent)
        fsm_bit_set(active, state);
}

/* The one rule of legal configurations: a compound state has one active child, a parallel state all
 * of its own, and nothing is active inside an inactive one (activate() sees to that). */
static bool is_legal(const struct fsm_machine *machine, const uint64_t *active)
{
    if (!fsm_bit(active, 0))
        return false;
    for (int s = 0; s < machine->state_count; s++) {
        const struct fsm_state *state = &machine->states[s];
        int active_children = 0, children = 0;
        if (!fsm_bit(active, s))
            continue;
        for (int child = s + 1; child <= state->last; child = machine->states[child].last + 1) {
            if (fsm_is_history(&machine->states[child]))
                continue;
            children++;
            active_children += fsm_bit(active, child);
        }
        if ((state->kind == FSM_STATE_COMPOUND && active_children != 1) ||
            (state->kind == FSM_STATE_PARALLEL && active_children != children))
            return false;
    }
    return true;
}

static enum status read_active(const struct fsm_machine *machine, const Snapshot *snapshot,
                               struct fsm_instance *out, struct fault *fault)
{
    for (size_t i = 0; i < snapshot->n_active; i++) {
        int state = fsm_state_find(machine, snapshot->active[i]);
        if (state == FSM_NONE || !fsm_is_leaf(&machine->states[state]))
            return broken(fault, "the snapshot is in an unknown state", snapshot->active[i]);
        activate(machine, out->active, state);
    }
    if (snapshot->n_active == 0 || !is_legal(machine, out->active))
        return broken(fault, "the snapshot's active states do not go together", "");
    bool is_finished = false;
    for (int s = 1; s < machine->state_count; s++)
        is_finished = is_finished || (fsm_bit(out->active, s) && machine->states[s].parent == 0 &&
                                      machine->states[s].kind == FSM_STATE_FINAL);
    if (is_finished != (bool)snapshot->finished)
        return broken(fault, "the snapshot is finished in a state that is no end, or not in one",
                      "");
    out->is_finished = is_finished;
    return STATUS_OK;
}

static const Arbiter__V1__SnapshotVariable *find_variable(const Snapshot *snapshot,
                                                          const char *name)
{
    for (size_t i = 0; i < snapshot->n_context; i++)
        if (strcmp(snapshot->context[i]->name, name) == 0)
            return snapshot->context[i];
    return NULL;
}

/* Unpacked values point into the arena already; only containers are made anew. */
static enum status read_variable(const struct fsm_variable *variable,
                                 const Arbiter__V1__SnapshotVariable *from, struct arena *arena,
                                 struct value *out, struct fault *fault)
{
    if (from == NULL)
        return broken(fault, "the snapshot lacks the variable", variable->name);
    enum status status = value_codec_from_value(arena, from->value, out);
    if (status == STATUS_FULL)
        return status;
    bool is_null = variable->is_nullable && out->kind == VALUE_NULL;
    if (status != STATUS_OK || (!is_null && !expr_type_admits(variable->type, *out)))
        return broken(fault, "the snapshot has a value of another type for", variable->name);
    return STATUS_OK;
}

static enum status read_context(const struct fsm_machine *machine, const Snapshot *snapshot,
                                struct arena *arena, struct fsm_instance *out, struct fault *fault)
{
    if (snapshot->n_context != (size_t)machine->variable_count)
        return broken(fault, "the snapshot has more or fewer variables than the machine", "");
    for (int i = 0; i < machine->variable_count; i++) {
        enum status status = read_variable(&machine->variables[i],
                                           find_variable(snapshot, machine->variables[i].name),
                                           arena, &out->context[i], fault);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* What a history state remembers must be what it could have recorded. */
static bool may_remember(const struct fsm_machine *machine, int history, int state)
{
    int parent = machine->states[history].parent;
    if (machine->states[history].kind == FSM_STATE_HISTORY_DEEP)
        return fsm_is_below(machine, state, parent) && fsm_is_leaf(&machine->states[state]);
    return machine->states[state].parent == parent && !fsm_is_history(&machine->states[state]);
}

/* The remembered states and what is above them, up to the history state's parent, must be legal
 * there; for a shallow one this asks for one child of a compound state, or all of a parallel one.
 */
static bool is_legal_memory(const struct fsm_machine *machine, int history, const uint64_t *bits)
{
    uint64_t active[(FSM_STATES_MAX + 63) / 64] = {0};
    int parent = machine->states[history].parent;
    bool is_deep = machine->states[history].kind == FSM_STATE_HISTORY_DEEP;
    for (int s = 0; s < machine->state_count; s++)
        if (fsm_bit(bits, s))
            for (int above = s; above != parent; above = machine->states[above].parent)
                fsm_bit_set(active, above);
    fsm_bit_set(active, parent);
    for (int s = parent; s <= machine->states[parent].last; s++) {
        const struct fsm_state *state = &machine->states[s];
        int active_children = 0, children = 0;
        if (!fsm_bit(active, s) || (!is_deep && s != parent))
            continue;
        for (int child = s + 1; child <= state->last; child = machine->states[child].last + 1) {
            children += !fsm_is_history(&machine->states[child]);
            active_children += fsm_bit(active, child);
        }
        if ((state->kind == FSM_STATE_COMPOUND && active_children != 1) ||
            (state->kind == FSM_STATE_PARALLEL && active_children != children))
            return false;
    }
    return true;
}

static enum status read_history(const struct fsm_machine *machine, const Snapshot *snapshot,
                                struct fsm_instance *out, struct fault *fault)
{
    for (size_t i = 0; i < snapshot->n_history; i++) {
        const Arbiter__V1__SnapshotHistory *from = snapshot->history[i];
        int history = fsm_state_find(machine, from->state);
        if (history == FSM_NONE || !fsm_is_history(&machine->states[history]))
            return broken(fault, "the snapshot has an unknown history state", from->state);
        uint64_t *bits =
            out->history + (size_t)machine->states[history].history * (size_t)machine->word_count;
        for (size_t r = 0; r < from->n_remembered; r++) {
            int state = fsm_state_find(machine, from->remembered[r]);
            if (state == FSM_NONE || !may_remember(machine, history, state))
                return broken(fault, "a history state cannot remember", from->remembered[r]);
            fsm_bit_set(bits, state);
        }
        if (from->n_remembered == 0 || !is_legal_memory(machine, history, bits))
            return broken(fault,
                          "what a history state remembers does not go together:", from->state);
    }
    return STATUS_OK;
}

static int find_timer(const struct fsm_machine *machine, const char *id)
{
    for (int i = 0; i < machine->timer_count; i++)
        if (strcmp(machine->timers[i].id, id) == 0)
            return i;
    return FSM_NONE;
}

static int find_invoke(const struct fsm_machine *machine, const char *id)
{
    for (int i = 0; i < machine->invoke_count; i++)
        if (strcmp(machine->invokes[i].id, id) == 0)
            return i;
    return FSM_NONE;
}

static void clear_timers(const struct fsm_machine *machine, struct fsm_instance *out)
{
    for (int i = 0; i < machine->timer_count; i++)
        out->timers[i] = (struct fsm_timer){.due_ms = -1, .remaining_ms = -1};
}

static enum status read_timers(const struct fsm_machine *machine, const Snapshot *snapshot,
                               struct fsm_instance *out, struct fault *fault)
{
    for (size_t i = 0; i < snapshot->n_timers; i++) {
        const Arbiter__V1__SnapshotTimer *from = snapshot->timers[i];
        int timer = find_timer(machine, from->id);
        if (timer == FSM_NONE || from->due_ms < -1 || from->remaining_ms < -1 ||
            from->order > snapshot->timer_order || out->timers[timer].order != 0)
            return broken(fault, "the snapshot has an unknown timer", from->id);
        if (from->due_ms >= 0 && !fsm_bit(out->active, machine->timers[timer].state))
            return broken(fault,
                          "the snapshot has a timer of a state that is not active:", from->id);
        out->timers[timer] = (struct fsm_timer){from->due_ms, from->remaining_ms, from->order};
    }
    return STATUS_OK;
}

static enum status read_invokes(const struct fsm_machine *machine, const Snapshot *snapshot,
                                struct fsm_instance *out, struct fault *fault)
{
    for (size_t i = 0; i < snapshot->n_invokes; i++) {
        const Arbiter__V1__SnapshotInvoke *from = snapshot->invokes[i];
        int invoke = find_invoke(machine, from->id);
        if (invoke == FSM_NONE || from->seq == 0 || from->seq > snapshot->seq ||
            !fsm_bit(out->active, machine->invokes[invoke].state))
            return broken(fault, "the snapshot has an invoke that cannot be running:", from->id);
        out->invocations[invoke].key = (struct fsm_key){from->seq, from->index};
    }
    return STATUS_OK;
}

static enum status check_identity(const struct fsm_machine *machine, const char *id,
                                  const Snapshot *snapshot, struct fault *fault)
{
    if (strcmp(snapshot->machine, machine->name) != 0)
        return foreign(fault, "the snapshot belongs to the machine", snapshot->machine);
    if (snapshot->version != machine->version)
        return foreign(fault, "the snapshot belongs to another version of", machine->name);
    if (memcmp(snapshot->machine_hash.data, machine->hash, FSM_HASH_SIZE) != 0)
        return foreign(fault, "the snapshot belongs to another text of", machine->name);
    if (id != NULL && strcmp(snapshot->instance_id, id) != 0)
        return foreign(fault, "the snapshot belongs to the instance", snapshot->instance_id);
    if (snapshot->seq == 0)
        return broken(fault, "the snapshot has not begun", "");
    return STATUS_OK;
}

enum status fsm_snapshot_read(const struct fsm_machine *machine, const char *id,
                              const uint8_t *bytes, size_t size, struct arena *arena,
                              struct fsm_instance **out_instance, struct fault *out_fault)
{
    Snapshot *snapshot;
    enum status status = unpack(bytes, size, arena, &snapshot, out_fault);
    if (status == STATUS_OK)
        status = check_identity(machine, id, snapshot, out_fault);
    if (status != STATUS_OK)
        return status;
    struct fsm_instance *instance = fsm_instance_make(machine, arena);
    if (instance == NULL)
        return STATUS_FULL;
    instance->id = snapshot->instance_id;
    instance->id_size = strlen(snapshot->instance_id);
    instance->seq = snapshot->seq;
    instance->now_ms = snapshot->now_ms;
    instance->timer_order = snapshot->timer_order;
    clear_timers(machine, instance);
    status = read_active(machine, snapshot, instance, out_fault);
    if (status == STATUS_OK)
        status = read_context(machine, snapshot, arena, instance, out_fault);
    if (status == STATUS_OK)
        status = read_history(machine, snapshot, instance, out_fault);
    if (status == STATUS_OK)
        status = read_timers(machine, snapshot, instance, out_fault);
    if (status == STATUS_OK)
        status = read_invokes(machine, snapshot, instance, out_fault);
    if (status == STATUS_OK)
        *out_instance = instance;
    return status;
}

enum status fsm_snapshot_head(const uint8_t *bytes, size_t size, struct arena *arena,
                              struct fsm_snapshot_head *out_head, struct fault *out_fault)
{
    Snapshot *snapshot;
    enum status status = unpack(bytes, size, arena, &snapshot, out_fault);
    if (status != STATUS_OK)
        return status;
    *out_head = (struct fsm_snapshot_head){.machine = snapshot->machine,
                                           .version = snapshot->version,
                                           .instance_id = snapshot->instance_id,
                                           .seq = snapshot->seq,
                                           .is_finished = snapshot->finished};
    memcpy(out_head->hash, snapshot->machine_hash.data, FSM_HASH_SIZE);
    return STATUS_OK;
}

/* ---- migration ------------------------------------------------------------------------------- */

struct move {
    const struct fsm_machine *machine;
    const struct fsm_migration *migration;
    const Snapshot *snapshot;
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
    activate(machine, active, state);
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
            return foreign(move->fault, "no state to move to for", move->snapshot->active[i]);
        activate_default(move->machine, move->out->active, state);
    }
    if (!is_legal(move->machine, move->out->active))
        return foreign(move->fault, "the states moved to do not go together", "");
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
            is_good = is_good && state != FSM_NONE && may_remember(machine, history, state);
            if (is_good)
                fsm_bit_set(bits, state);
        }
        if (!is_good || !is_legal_memory(machine, history, bits))
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
                return foreign(move->fault, "no value to move to for", variable->name);
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
    clear_timers(machine, move->out);
    for (size_t i = 0; i < move->snapshot->n_timers; i++) {
        const Arbiter__V1__SnapshotTimer *from = move->snapshot->timers[i];
        int timer = find_timer(machine, from->id);
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
                return foreign(move->fault, "no time for the timer", spec->id);
            ms = value_to_ms(value);
        }
        int64_t due_ms = spec->is_absolute ? ms : move->out->now_ms + ms;
        move->out->timers[i] =
            (struct fsm_timer){due_ms > 0 ? due_ms : 0, -1, ++move->out->timer_order};
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
            return foreign(move->fault, "no input for the invoke", invoke->id);
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
        int invoke = find_invoke(machine, from->id);
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
    Snapshot *snapshot;
    enum status status = unpack(bytes, size, arena, &snapshot, out_fault);
    if (status != STATUS_OK)
        return status;
    if (strcmp(snapshot->machine, machine->name) != 0)
        return foreign(out_fault, "the snapshot belongs to the machine", snapshot->machine);
    if (snapshot->finished)
        return foreign(out_fault, "the instance has finished", "");
    if (snapshot->seq == 0)
        return broken(out_fault, "the snapshot has not begun", "");
    move.snapshot = snapshot;
    move.migration = find_migration(machine, snapshot->version);
    if (move.migration == NULL)
        return foreign(out_fault, "there is no `migrate` from that version to", machine->name);
    move.out = fsm_instance_make(machine, arena);
    if (move.out == NULL)
        return STATUS_FULL;
    move.out->id = snapshot->instance_id;
    move.out->id_size = strlen(snapshot->instance_id);
    move.out->seq = snapshot->seq + 1;
    move.out->now_ms = now_ms > snapshot->now_ms ? now_ms : snapshot->now_ms;
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
