/* Instances and machines looked at from outside; copies. */
#include "fsm/machine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- machines ---------------------------------------------------------------------------- */

const char *fsm_machine_name(const struct fsm_machine *machine)
{
    return machine->name;
}

int fsm_machine_version(const struct fsm_machine *machine)
{
    return machine->version;
}

const uint8_t *fsm_machine_hash(const struct fsm_machine *machine)
{
    return machine->hash;
}

const char *fsm_machine_doc(const struct fsm_machine *machine)
{
    return machine->doc;
}

bool fsm_machine_migrates_from(const struct fsm_machine *machine, int from)
{
    for (int i = 0; i < machine->migration_count; i++)
        if (machine->migrations[i].from == from)
            return true;
    return false;
}

int fsm_machine_migration_count(const struct fsm_machine *machine)
{
    return machine->migration_count;
}

int fsm_machine_migration_from(const struct fsm_machine *machine, int index)
{
    assert(index >= 0 && index < machine->migration_count);
    return machine->migrations[index].from;
}

int fsm_state_count(const struct fsm_machine *machine)
{
    return machine->state_count;
}

struct fsm_state_info fsm_state_info(const struct fsm_machine *machine, int state)
{
    const struct fsm_state *it = &machine->states[state];
    return (struct fsm_state_info){.name = it->name,
                                   .path = it->path,
                                   .doc = it->doc,
                                   .kind = it->kind,
                                   .parent = it->parent,
                                   .tags = machine->tags + it->tags.first,
                                   .tag_count = it->tags.count};
}

int fsm_state_find(const struct fsm_machine *machine, const char *path)
{
    for (int i = 0; i < machine->state_count; i++)
        if (strcmp(machine->states[i].path, path) == 0)
            return i;
    return FSM_NONE;
}

int fsm_event_count(const struct fsm_machine *machine)
{
    return machine->declared_count;
}

const char *fsm_event_name(const struct fsm_machine *machine, int event)
{
    return machine->events[event].name;
}

size_t fsm_event_fields(const struct fsm_machine *machine, int event,
                        const struct fsm_field **out_fields)
{
    if (out_fields != NULL)
        *out_fields = machine->event_fields[event];
    return machine->events[event].fields.count;
}

int fsm_variable_count(const struct fsm_machine *machine)
{
    return machine->variable_count;
}

struct fsm_variable_info fsm_variable_info(const struct fsm_machine *machine, int variable)
{
    const struct fsm_variable *it = &machine->variables[variable];
    return (struct fsm_variable_info){.name = it->name,
                                      .type = it->type_text,
                                      .is_input = it->is_input,
                                      .is_optional = it->is_input && it->init != NULL};
}

int fsm_transition_count(const struct fsm_machine *machine)
{
    return machine->transition_count;
}

struct fsm_transition_info fsm_transition_info(const struct fsm_machine *machine, int transition)
{
    const struct fsm_transition *it = &machine->transitions[transition];
    return (struct fsm_transition_info){it->source, it->index, it->line, it->column};
}

int fsm_transition_number(const struct fsm_machine *machine, int source, int index)
{
    return (int)machine->states[source].transitions.first + index;
}

/* ---- names ------------------------------------------------------------------------------- */

static uint64_t load_bytes(const char *text, size_t size)
{
    uint64_t word = 0;
    uint32_t first, last;
    if (size >= sizeof word) {
        memcpy(&word, text, sizeof word);
        return word;
    }
    if (size >= sizeof first) {
        memcpy(&first, text, sizeof first);
        memcpy(&last, text + size - sizeof last, sizeof last);
        return (uint64_t)first << 32 | last;
    }
    for (size_t i = 0; i < size; i++)
        word = word << 8 | (unsigned char)text[i];
    return word;
}

struct fsm_name_words fsm_name_words(const char *text, size_t size)
{
    struct fsm_name_words words = {load_bytes(text, size), 0};
    if (size > sizeof words.first)
        words.last = load_bytes(text + size - sizeof words.last, sizeof words.last);
    return words;
}

uint32_t fsm_hash_name(struct fsm_name_words words, size_t size)
{
    uint64_t mixed = words.first ^ ((words.last + size) * UINT64_C(0x9E3779B97F4A7C15));
    return (uint32_t)(mixed * UINT64_C(0xD6E8FEB86659FD93) >> 32);
}

int fsm_event_find(const struct fsm_machine *machine, const char *name, size_t size)
{
    struct fsm_name_words words = fsm_name_words(name, size);
    uint32_t hash = fsm_hash_name(words, size);
    for (uint32_t slot = hash & machine->event_mask;; slot = (slot + 1) & machine->event_mask) {
        int event = machine->event_slots[slot] - 1;
        if (event < 0)
            return FSM_NONE;
        const struct fsm_event_name *known = &machine->events[event];
        if (known->words.first == words.first && known->words.last == words.last &&
            known->size == size &&
            (size <= 2 * sizeof words.first || memcmp(known->name, name, size) == 0))
            return event;
    }
}

bool fsm_descriptor_matches(const struct fsm_descriptor *descriptor, const char *name, size_t size)
{
    if (descriptor->match == FSM_MATCH_ANY)
        return true;
    if (size < descriptor->size || memcmp(name, descriptor->text, descriptor->size) != 0)
        return false;
    if (size == descriptor->size)
        return true;
    return descriptor->match == FSM_MATCH_PREFIX && name[descriptor->size] == '.';
}

/* ---- instances --------------------------------------------------------------------------- */

static size_t rounded(size_t size)
{
    return (size + 15) / 16 * 16;
}

struct fsm_instance *fsm_instance_make(const struct fsm_machine *machine, struct arena *arena)
{
    size_t words = (size_t)machine->word_count * sizeof(uint64_t);
    size_t active = rounded(sizeof(struct fsm_instance));
    size_t context = active + rounded(words);
    size_t history = context + (size_t)machine->variable_count * sizeof(struct value);
    size_t timers = history + rounded((size_t)machine->history_count * words);
    size_t invocations = timers + rounded((size_t)machine->timer_count * sizeof(struct fsm_timer));
    size_t size =
        invocations + rounded((size_t)machine->invoke_count * sizeof(struct fsm_invocation));
    assert(machine->instance_size == 0 || machine->instance_size == size);
    char *block = arena_alloc(arena, size);
    if (block == NULL)
        return NULL;
    struct fsm_instance *instance = (struct fsm_instance *)(void *)block;
    instance->id = "";
    instance->active = (uint64_t *)(void *)(block + active);
    instance->context = (struct value *)(void *)(block + context);
    instance->history = (uint64_t *)(void *)(block + history);
    instance->timers = (struct fsm_timer *)(void *)(block + timers);
    instance->invocations = (struct fsm_invocation *)(void *)(block + invocations);
    return instance;
}

size_t fsm_instance_bytes(const struct fsm_machine *machine)
{
    size_t words = (size_t)machine->word_count * sizeof(uint64_t);
    return rounded(sizeof(struct fsm_instance)) + rounded(words) +
           (size_t)machine->variable_count * sizeof(struct value) +
           rounded((size_t)machine->history_count * words) +
           rounded((size_t)machine->timer_count * sizeof(struct fsm_timer)) +
           rounded((size_t)machine->invoke_count * sizeof(struct fsm_invocation));
}

struct value fsm_zero_value(const struct expr_type *type, bool is_nullable)
{
    if (is_nullable)
        return value_null();
    switch (type->kind) {
    case EXPR_BOOL:
        return value_bool(false);
    case EXPR_INT:
        return value_int(0);
    case EXPR_UINT:
        return value_uint(0);
    case EXPR_DOUBLE:
        return value_double(0);
    case EXPR_STRING:
        return value_text("");
    case EXPR_ENUM:
        return type->names_count > 0 ? value_text(type->names[0]) : value_text("");
    case EXPR_LIST:
        return value_list(NULL, 0);
    case EXPR_MAP:
        return value_map(NULL, 0);
    case EXPR_DURATION:
        return value_duration(0);
    case EXPR_TIMESTAMP:
        return value_timestamp(0, 0);
    case EXPR_DYN:
    case EXPR_NULL:
    case EXPR_TYPE:
    case EXPR_VARIABLE:
        break;
    }
    return value_null();
}

struct fsm_instance *fsm_instance_copy(const struct fsm_machine *machine,
                                       const struct fsm_instance *from, struct arena *arena)
{
    struct fsm_instance *copy = fsm_instance_make(machine, arena);
    if (copy == NULL || (copy->id = arena_copy(arena, from->id, from->id_size)) == NULL)
        return NULL;
    size_t words = (size_t)machine->word_count * sizeof(uint64_t);
    memcpy(copy->active, from->active, words);
    memcpy(copy->history, from->history, words * (size_t)machine->history_count);
    memcpy(copy->timers, from->timers, sizeof *copy->timers * (size_t)machine->timer_count);
    memcpy(copy->invocations, from->invocations,
           sizeof *copy->invocations * (size_t)machine->invoke_count);
    for (int i = 0; i < machine->variable_count; i++)
        if (!value_copy(arena, from->context[i], &copy->context[i]))
            return NULL;
    copy->id_size = from->id_size;
    copy->now_ms = from->now_ms;
    copy->seq = from->seq;
    copy->timer_order = from->timer_order;
    copy->is_finished = from->is_finished;
    return copy;
}

bool fsm_is_active(const struct fsm_instance *instance, int state)
{
    return fsm_bit(instance->active, state);
}

bool fsm_is_active_path(const struct fsm_machine *machine, const struct fsm_instance *instance,
                        const char *path)
{
    int state = fsm_state_find(machine, path);
    return state != FSM_NONE && fsm_bit(instance->active, state);
}

bool fsm_has_tag(const struct fsm_machine *machine, const struct fsm_instance *instance,
                 const char *tag)
{
    for (int s = 0; s < machine->state_count; s++)
        for (uint32_t i = 0; fsm_bit(instance->active, s) && i < machine->states[s].tags.count; i++)
            if (strcmp(machine->tags[machine->states[s].tags.first + i], tag) == 0)
                return true;
    return false;
}

int fsm_leaves(const struct fsm_machine *machine, const struct fsm_instance *instance, int *out,
               int max)
{
    int count = 0;
    for (int s = 0; s < machine->state_count; s++) {
        if (!fsm_bit(instance->active, s) || !fsm_is_leaf(&machine->states[s]))
            continue;
        if (count < max)
            out[count] = s;
        count++;
    }
    return count;
}

const char *fsm_leaves_text(const struct fsm_machine *machine, const struct fsm_instance *instance,
                            struct arena *arena)
{
    size_t size = 1;
    for (int s = 0; s < machine->state_count; s++)
        if (fsm_bit(instance->active, s) && fsm_is_leaf(&machine->states[s]))
            size += strlen(machine->states[s].path) + 1;
    char *text = arena_alloc(arena, size);
    if (text == NULL)
        return NULL;
    for (int s = 0; s < machine->state_count; s++) {
        if (!fsm_bit(instance->active, s) || !fsm_is_leaf(&machine->states[s]))
            continue;
        if (*text != '\0')
            strcat(text, " ");
        strcat(text, machine->states[s].path);
    }
    return text;
}

const struct value *fsm_context(const struct fsm_machine *machine,
                                const struct fsm_instance *instance, const char *name)
{
    for (int i = 0; i < machine->variable_count; i++)
        if (strcmp(machine->variables[i].name, name) == 0)
            return &instance->context[i];
    return NULL;
}

int fsm_pending_timers(const struct fsm_machine *machine, const struct fsm_instance *instance,
                       struct fsm_pending *out, int max)
{
    int count = 0;
    for (int i = 0; i < machine->timer_count; i++)
        count += instance->timers[i].due_ms >= 0;
    /* Selection by (due, order): few timers, and each is looked for once. */
    int64_t last_due = -1;
    uint64_t last_order = 0;
    for (int filled = 0; filled < max && filled < count; filled++) {
        int best = FSM_NONE;
        for (int i = 0; i < machine->timer_count; i++) {
            const struct fsm_timer *timer = &instance->timers[i];
            bool is_later = timer->due_ms > last_due ||
                            (timer->due_ms == last_due && timer->order > last_order);
            if (timer->due_ms < 0 || !is_later)
                continue;
            const struct fsm_timer *least = best != FSM_NONE ? &instance->timers[best] : NULL;
            if (least == NULL || timer->due_ms < least->due_ms ||
                (timer->due_ms == least->due_ms && timer->order < least->order))
                best = i;
        }
        assert(best != FSM_NONE);
        out[filled] = (struct fsm_pending){machine->timers[best].id, instance->timers[best].due_ms};
        last_due = instance->timers[best].due_ms;
        last_order = instance->timers[best].order;
    }
    return count;
}

int fsm_running_invokes(const struct fsm_machine *machine, const struct fsm_instance *instance,
                        struct fsm_running *out, int max)
{
    int count = 0;
    for (int i = 0; i < machine->invoke_count; i++) {
        if (instance->invocations[i].key.seq == 0)
            continue;
        if (count < max)
            out[count] = (struct fsm_running){machine->invokes[i].id,
                                              machine->commands[machine->invokes[i].command].name,
                                              instance->invocations[i].key};
        count++;
    }
    return count;
}

/* ---- words ------------------------------------------------------------------------------- */

const char *fsm_effect_kind_name(enum fsm_effect_kind kind)
{
    switch (kind) {
    case FSM_EFFECT_RUN:
        return "run";
    case FSM_EFFECT_WRITE:
        return "write";
    case FSM_EFFECT_INVOKE_START:
        return "invoke";
    case FSM_EFFECT_INVOKE_CANCEL:
        return "invoke_cancel";
    case FSM_EFFECT_TIMER_SET:
        return "timer_set";
    case FSM_EFFECT_TIMER_CANCEL:
        return "timer_cancel";
    case FSM_EFFECT_SEND:
        return "send";
    case FSM_EFFECT_SEND_CANCEL:
        return "send_cancel";
    case FSM_EFFECT_EMIT:
        return "emit";
    case FSM_EFFECT_FINISHED:
        return "finished";
    }
    return "?";
}

static const char *time_text(int64_t ms, struct arena *arena)
{
    struct value value = value_timestamp_ms(ms);
    const char *text = value.kind == VALUE_TIMESTAMP ? value_message(arena, value) : "?";
    return text != NULL ? text : "";
}

const char *fsm_effect_text(const struct fsm_effect *effect, struct arena *arena)
{
    const char *name = effect->name != NULL ? effect->name : "";
    const char *id = effect->id != NULL ? effect->id : "";
    const char *data = "";
    bool has_data =
        effect->data != NULL && (effect->data->kind != VALUE_MAP || effect->data->size > 0);
    if (has_data && (data = value_literal(arena, *effect->data)) == NULL)
        return NULL;
    const char *space = *data != '\0' ? " " : "";
    switch (effect->kind) {
    case FSM_EFFECT_RUN:
    case FSM_EFFECT_WRITE:
    case FSM_EFFECT_EMIT:
    case FSM_EFFECT_FINISHED:
        return arena_format(arena, "%s%s%s%s%s", fsm_effect_kind_name(effect->kind),
                            *name != '\0' ? " " : "", name, space, data);
    case FSM_EFFECT_INVOKE_START:
        return arena_format(arena, "invoke %s as %s%s%s", name, id, space, data);
    case FSM_EFFECT_SEND:
        return arena_format(arena, "send %s%s%s%s%s%s%s at %s", name, space, data,
                            effect->to != NULL ? " to " : "", effect->to != NULL ? effect->to : "",
                            *id != '\0' ? " as " : "", id, time_text(effect->due_ms, arena));
    case FSM_EFFECT_TIMER_SET:
        return arena_format(arena, "timer_set %s at %s", id, time_text(effect->due_ms, arena));
    case FSM_EFFECT_INVOKE_CANCEL:
    case FSM_EFFECT_TIMER_CANCEL:
    case FSM_EFFECT_SEND_CANCEL:
        return arena_format(arena, "%s %s", fsm_effect_kind_name(effect->kind), id);
    }
    return "";
}

const char *fsm_answer_name(enum fsm_answer answer)
{
    switch (answer) {
    case FSM_TAKEN:
        return "taken";
    case FSM_REFUSED:
        return "refused";
    case FSM_UNHANDLED:
        return "unhandled";
    case FSM_DROPPED:
        return "dropped";
    case FSM_INVALID:
        return "invalid";
    case FSM_FAILED:
        return "failed";
    }
    return "?";
}

const char *fsm_key_text(const char *instance_id, struct fsm_key key, char out[FSM_KEY_TEXT_MAX])
{
    (void)snprintf(out, FSM_KEY_TEXT_MAX, "%s/%llu/%lu", instance_id, (unsigned long long)key.seq,
                   (unsigned long)key.index); /* cut where the id is too long, as promised */
    return out;
}

/* Reads digits up to `stop`; false where there are none, or too many. */
static bool read_digits(const char *text, const char *stop, uint64_t max, uint64_t *out)
{
    if (text == stop || stop - text > 19)
        return false;
    uint64_t number = 0;
    for (; text < stop; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (uint64_t)(*text - '0');
    }
    *out = number;
    return number <= max;
}

enum status fsm_key_parse(const char *text, size_t *out_id_size, struct fsm_key *out)
{
    const char *end = text + strlen(text);
    const char *last = strrchr(text, '/');
    const char *middle = last;
    while (middle != NULL && middle > text && *--middle != '/')
        continue;
    uint64_t seq, index;
    if (last == NULL || middle == last || *middle != '/' ||
        !read_digits(middle + 1, last, INT64_MAX, &seq) ||
        !read_digits(last + 1, end, UINT32_MAX, &index))
        return STATUS_INVALID_ARGUMENT;
    *out_id_size = (size_t)(middle - text);
    *out = (struct fsm_key){seq, (uint32_t)index};
    return STATUS_OK;
}
