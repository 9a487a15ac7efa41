/* Instances to and from arbiter.v1.MachineSnapshot, checked on the way in. */
#include "fsm/snapshot_private.h"

#include "fsm/value_codec.h"

#include <stdio.h>
#include <string.h>

enum { FORMAT = 1, NESTING_MAX = 2 + 3 * (VALUE_CODEC_DEPTH_MAX + 1) };

/* ---- writing ----------------------------------------------------------------------------- */

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
                                 Arbiter__V1__MachineSnapshot *out)
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
                                 Arbiter__V1__MachineSnapshot *out)
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
                                Arbiter__V1__MachineSnapshot *out)
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
                                 Arbiter__V1__MachineSnapshot *out)
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

static enum status pack(const Arbiter__V1__MachineSnapshot *snapshot, struct arena *arena,
                        const uint8_t **out_bytes, size_t *out_size)
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
    Arbiter__V1__MachineSnapshot snapshot = ARBITER__V1__MACHINE_SNAPSHOT__INIT;
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

/* ---- reading ----------------------------------------------------------------------------- */

static void *allocate(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void release(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer; /* the arena gives everything back at once */
}

enum status snapshot_broken(struct fault *fault, const char *text, const char *name)
{
    (void)fault_set(fault, 0, 0, "%s%s%.100s", text, *name != '\0' ? " " : "", name);
    return STATUS_DATA_LOSS;
}

enum status snapshot_foreign(struct fault *fault, const char *text, const char *name)
{
    (void)snapshot_broken(fault, text, name);
    return STATUS_FAILED_PRECONDITION;
}

static bool has_times(const Arbiter__V1__MachineSnapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n_timers; i++) {
        const Arbiter__V1__SnapshotTimer *timer = snapshot->timers[i];
        if (!fsm_is_time(timer->due_ms) || timer->remaining_ms > FSM_TIME_MAX_MS - FSM_TIME_MIN_MS)
            return false;
    }
    return fsm_is_time(snapshot->now_ms);
}

enum status snapshot_unpack(const uint8_t *bytes, size_t size, struct arena *arena,
                            Arbiter__V1__MachineSnapshot **out, struct fault *fault)
{
    ProtobufCAllocator allocator = {allocate, release, arena};
    if (size > FSM_SNAPSHOT_SIZE_MAX)
        return snapshot_broken(fault, "the snapshot is too large", "");
    if (!value_codec_nests_within(&arbiter__v1__machine_snapshot__descriptor, bytes, size,
                                  NESTING_MAX))
        return snapshot_broken(fault, "the snapshot does not parse", "");
    *out = arbiter__v1__machine_snapshot__unpack(&allocator, size, bytes);
    if (*out == NULL)
        return arena_full(arena) ? STATUS_FULL
                                 : snapshot_broken(fault, "the snapshot does not parse", "");
    if ((*out)->format != FORMAT)
        return snapshot_broken(fault, "the snapshot is of an unknown format", "");
    if ((*out)->machine_hash.len != FSM_HASH_SIZE)
        return snapshot_broken(fault, "the snapshot has no machine hash", "");
    if (!has_times(*out))
        return snapshot_broken(fault, "the snapshot has times outside of the years 1 to 9999", "");
    return STATUS_OK;
}

/* Sets the bits of a leaf and of everything above it. */
void snapshot_activate(const struct fsm_machine *machine, uint64_t *active, int state)
{
    for (; state >= 0; state = machine->states[state].parent)
        fsm_bit_set(active, state);
}

/* The one rule of legal configurations: a compound state has one active child, a parallel state all
 * of its own, and nothing is active inside an inactive one (snapshot_activate() sees to that). */
bool snapshot_is_legal(const struct fsm_machine *machine, const uint64_t *active)
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

static enum status read_active(const struct fsm_machine *machine,
                               const Arbiter__V1__MachineSnapshot *snapshot,
                               struct fsm_instance *out, struct fault *fault)
{
    for (size_t i = 0; i < snapshot->n_active; i++) {
        int state = fsm_state_find(machine, snapshot->active[i]);
        if (state == FSM_NONE || !fsm_is_leaf(&machine->states[state]))
            return snapshot_broken(fault, "the snapshot is in an unknown state",
                                   snapshot->active[i]);
        snapshot_activate(machine, out->active, state);
    }
    if (snapshot->n_active == 0 || !snapshot_is_legal(machine, out->active))
        return snapshot_broken(fault, "the snapshot's active states do not go together", "");
    bool is_finished = false;
    for (int s = 1; s < machine->state_count; s++)
        is_finished = is_finished || (fsm_bit(out->active, s) && machine->states[s].parent == 0 &&
                                      machine->states[s].kind == FSM_STATE_FINAL);
    if (is_finished != (bool)snapshot->finished)
        return snapshot_broken(
            fault, "the snapshot is finished in a state that is no end, or not in one", "");
    out->is_finished = is_finished;
    return STATUS_OK;
}

static const Arbiter__V1__SnapshotVariable *
find_variable(const Arbiter__V1__MachineSnapshot *snapshot, const char *name)
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
        return snapshot_broken(fault, "the snapshot lacks the variable", variable->name);
    enum status status = value_codec_from_value(arena, from->value, out);
    if (status == STATUS_FULL)
        return status;
    bool is_null = variable->is_nullable && out->kind == VALUE_NULL;
    if (status != STATUS_OK || (!is_null && !expr_type_admits(variable->type, *out)))
        return snapshot_broken(fault, "the snapshot has a value of another type for",
                               variable->name);
    return STATUS_OK;
}

static enum status read_context(const struct fsm_machine *machine,
                                const Arbiter__V1__MachineSnapshot *snapshot, struct arena *arena,
                                struct fsm_instance *out, struct fault *fault)
{
    if (snapshot->n_context != (size_t)machine->variable_count)
        return snapshot_broken(fault, "the snapshot has more or fewer variables than the machine",
                               "");
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
bool snapshot_may_remember(const struct fsm_machine *machine, int history, int state)
{
    int parent = machine->states[history].parent;
    if (machine->states[history].kind == FSM_STATE_HISTORY_DEEP)
        return fsm_is_below(machine, state, parent) && fsm_is_leaf(&machine->states[state]);
    return machine->states[state].parent == parent && !fsm_is_history(&machine->states[state]);
}

/* The remembered states and what is above them, up to the history state's parent, must be legal
 * there; for a shallow one this asks for one child of a compound state, or all of a parallel one.
 */
bool snapshot_is_legal_memory(const struct fsm_machine *machine, int history, const uint64_t *bits)
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

static enum status read_history(const struct fsm_machine *machine,
                                const Arbiter__V1__MachineSnapshot *snapshot,
                                struct fsm_instance *out, struct fault *fault)
{
    for (size_t i = 0; i < snapshot->n_history; i++) {
        const Arbiter__V1__SnapshotHistory *from = snapshot->history[i];
        int history = fsm_state_find(machine, from->state);
        if (history == FSM_NONE || !fsm_is_history(&machine->states[history]))
            return snapshot_broken(fault, "the snapshot has an unknown history state", from->state);
        uint64_t *bits =
            out->history + (size_t)machine->states[history].history * (size_t)machine->word_count;
        for (size_t r = 0; r < from->n_remembered; r++) {
            int state = fsm_state_find(machine, from->remembered[r]);
            if (state == FSM_NONE || !snapshot_may_remember(machine, history, state))
                return snapshot_broken(fault, "a history state cannot remember",
                                       from->remembered[r]);
            fsm_bit_set(bits, state);
        }
        if (from->n_remembered == 0 || !snapshot_is_legal_memory(machine, history, bits))
            return snapshot_broken(
                fault, "what a history state remembers does not go together:", from->state);
    }
    return STATUS_OK;
}

int snapshot_find_timer(const struct fsm_machine *machine, const char *id)
{
    for (int i = 0; i < machine->timer_count; i++)
        if (strcmp(machine->timers[i].id, id) == 0)
            return i;
    return FSM_NONE;
}

int snapshot_find_invoke(const struct fsm_machine *machine, const char *id)
{
    for (int i = 0; i < machine->invoke_count; i++)
        if (strcmp(machine->invokes[i].id, id) == 0)
            return i;
    return FSM_NONE;
}

void snapshot_clear_timers(const struct fsm_machine *machine, struct fsm_instance *out)
{
    for (int i = 0; i < machine->timer_count; i++)
        out->timers[i] = (struct fsm_timer){.due_ms = -1, .remaining_ms = -1};
}

static enum status read_timers(const struct fsm_machine *machine,
                               const Arbiter__V1__MachineSnapshot *snapshot,
                               struct fsm_instance *out, struct fault *fault)
{
    for (size_t i = 0; i < snapshot->n_timers; i++) {
        const Arbiter__V1__SnapshotTimer *from = snapshot->timers[i];
        int timer = snapshot_find_timer(machine, from->id);
        if (timer == FSM_NONE || from->due_ms < -1 || from->remaining_ms < -1 ||
            from->order > snapshot->timer_order || out->timers[timer].order != 0)
            return snapshot_broken(fault, "the snapshot has an unknown timer", from->id);
        if (from->due_ms >= 0 && !fsm_bit(out->active, machine->timers[timer].state))
            return snapshot_broken(
                fault, "the snapshot has a timer of a state that is not active:", from->id);
        out->timers[timer] = (struct fsm_timer){from->due_ms, from->remaining_ms, from->order};
    }
    return STATUS_OK;
}

static enum status read_invokes(const struct fsm_machine *machine,
                                const Arbiter__V1__MachineSnapshot *snapshot,
                                struct fsm_instance *out, struct fault *fault)
{
    for (size_t i = 0; i < snapshot->n_invokes; i++) {
        const Arbiter__V1__SnapshotInvoke *from = snapshot->invokes[i];
        int invoke = snapshot_find_invoke(machine, from->id);
        if (invoke == FSM_NONE || from->seq == 0 || from->seq > snapshot->seq ||
            !fsm_bit(out->active, machine->invokes[invoke].state))
            return snapshot_broken(fault,
                                   "the snapshot has an invoke that cannot be running:", from->id);
        out->invocations[invoke].key = (struct fsm_key){from->seq, from->index};
    }
    return STATUS_OK;
}

static enum status check_identity(const struct fsm_machine *machine, const char *id,
                                  const Arbiter__V1__MachineSnapshot *snapshot, struct fault *fault)
{
    if (strcmp(snapshot->machine, machine->name) != 0)
        return snapshot_foreign(fault, "the snapshot belongs to the machine", snapshot->machine);
    if (snapshot->version != machine->version)
        return snapshot_foreign(fault, "the snapshot belongs to another version of", machine->name);
    if (memcmp(snapshot->machine_hash.data, machine->hash, FSM_HASH_SIZE) != 0)
        return snapshot_foreign(fault, "the snapshot belongs to another text of", machine->name);
    if (id != NULL && strcmp(snapshot->instance_id, id) != 0)
        return snapshot_foreign(fault, "the snapshot belongs to the instance",
                                snapshot->instance_id);
    if (snapshot->seq == 0)
        return snapshot_broken(fault, "the snapshot has not begun", "");
    return STATUS_OK;
}

enum status fsm_snapshot_read(const struct fsm_machine *machine, const char *id,
                              const uint8_t *bytes, size_t size, struct arena *arena,
                              struct fsm_instance **out_instance, struct fault *out_fault)
{
    Arbiter__V1__MachineSnapshot *snapshot;
    enum status status = snapshot_unpack(bytes, size, arena, &snapshot, out_fault);
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
    snapshot_clear_timers(machine, instance);
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
    Arbiter__V1__MachineSnapshot *snapshot;
    enum status status = snapshot_unpack(bytes, size, arena, &snapshot, out_fault);
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
