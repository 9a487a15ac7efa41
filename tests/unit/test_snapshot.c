/* snapshot: instances as bytes, refused where they do not fit; migration; values as messages. */
#include "fsm/machine.h"
#include "fsm/snapshot.h"
#include "fsm/value_codec.h"
#include "fsm/yaml/yaml.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct arena arena;
    struct buffer out;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena, 256u << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    buffer_deinit(&f->out);
    arena_deinit(&f->arena);
    free(f);
    return 0;
}

static const struct fsm_machine *load(struct fixture *f, const char *text)
{
    struct yaml_faults faults = {.arena = &f->arena};
    const struct fsm_machine *machine = NULL;
    if (fsm_load(&f->arena, text, strlen(text), NULL, &faults, &machine) != STATUS_OK) {
        yaml_faults_print(&faults, "machine", text, strlen(text), &f->out);
        fail_msg("%s", buffer_text(&f->out));
    }
    return machine;
}

#define HEAD                                                                                       \
    "commands: {make: {input: {n: int}}}\n"                                                        \
    "events: {go: {}, stop: {}, resume: {}}\n"                                                     \
    "initial: open\n"

static const char first_text[] =
    "machine: m\nversion: 1\n"
    "context:\n"
    "  n: {type: int, init: \"7\"}\n"
    "  names: {type: 'map(string, list(string))', init: \"{'a': ['b', 'c'], 'd': []}\"}\n"
    "  d: {type: duration, init: duration('-1.5s')}\n"
    "  t: {type: timestamp, init: timestamp('0001-01-01T00:00:00Z')}\n"
    "  x: {type: double, init: \"-0.25\"}\n"
    "  y: {type: dyn, init: \"null\"}\n" HEAD "states:\n"
    "  open: {on: {go: work}, after: {delay: 1d, target: end}}\n"
    "  work:\n"
    "    type: parallel\n"
    "    on: {stop: held}\n"
    "    states:\n"
    "      back: {history: deep, target: left}\n"
    "      left:\n"
    "        initial: a\n"
    "        states:\n"
    "          a: {on: {go: b}}\n"
    "          b: {after: {delay: 1h, keep: true, target: a}}\n"
    "      right:\n"
    "        invoke: {command: make, input: {n: ctx.n}, on_error: end}\n"
    "  held: {on: {resume: work.back}, after: {delay: 1d, target: end}}\n"
    "  end: {type: final}\n";

static const struct fsm_instance *step(struct fixture *f, const struct fsm_machine *machine,
                                       const struct fsm_instance *instance, const char *name,
                                       int64_t now_ms)
{
    struct fsm_event event = {.name = name, .now_ms = now_ms};
    struct fsm_step out;
    assert_int_equal(fsm_step(machine, instance, &event, 0, &f->arena, &out), STATUS_OK);
    assert_int_equal(out.answer, FSM_TAKEN);
    return out.after;
}

static const struct fsm_instance *start(struct fixture *f, const struct fsm_machine *machine)
{
    struct fsm_step out;
    assert_int_equal(fsm_start(machine, "m:1", NULL, 1000, 0, &f->arena, &out), STATUS_OK);
    assert_int_equal(out.answer, FSM_TAKEN);
    return out.after;
}

struct bytes {
    const uint8_t *data;
    size_t size;
};

static struct bytes write(struct fixture *f, const struct fsm_machine *machine,
                          const struct fsm_instance *instance)
{
    struct bytes bytes;
    assert_int_equal(fsm_snapshot_write(machine, instance, &f->arena, &bytes.data, &bytes.size),
                     STATUS_OK);
    return bytes;
}

static void every_state_of_a_run_reads_back_the_same(void **state)
{
    struct fixture *f = *state;
    const struct fsm_machine *machine = load(f, first_text);
    static const char *const events[] = {"go", "go", "stop", "resume", "stop"};
    const struct fsm_instance *instance = start(f, machine);
    for (size_t i = 0;; i++) {
        struct bytes bytes = write(f, machine, instance);
        struct fsm_instance *read = NULL;
        struct fault fault = {0};
        assert_int_equal(
            fsm_snapshot_read(machine, "m:1", bytes.data, bytes.size, &f->arena, &read, &fault),
            STATUS_OK);
        struct bytes again = write(f, machine, read);
        assert_int_equal(bytes.size, again.size);
        assert_memory_equal(bytes.data, again.data, bytes.size);
        assert_string_equal(fsm_leaves_text(machine, read, &f->arena),
                            fsm_leaves_text(machine, instance, &f->arena));
        assert_memory_equal(read->timers, instance->timers,
                            sizeof *read->timers * (size_t)machine->timer_count);
        for (int v = 0; v < machine->variable_count; v++)
            assert_true(value_equal(read->context[v], instance->context[v]) ||
                        read->context[v].kind == VALUE_NULL);
        if (i == COUNT_OF(events))
            break;
        instance = step(f, machine, read, events[i], 1000 + (int64_t)i * 60000);
    }
}

static enum status read_as(struct fixture *f, const struct fsm_machine *machine, const char *id,
                           struct bytes bytes, const char *want)
{
    struct fsm_instance *read = NULL;
    struct fault fault = {0};
    enum status status =
        fsm_snapshot_read(machine, id, bytes.data, bytes.size, &f->arena, &read, &fault);
    assert_string_equal(fault.text, want);
    assert_null(read);
    return status;
}

static void foreign_snapshots_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct fsm_machine *machine = load(f, first_text);
    struct bytes bytes = write(f, machine, start(f, machine));
    assert_int_equal(read_as(f, machine, "m:2", bytes, "the snapshot belongs to the instance m:1"),
                     STATUS_FAILED_PRECONDITION);
    struct buffer text = {0};
    buffer_append_text(&text, first_text);
    text.data[9] = 'q';
    assert_int_equal(read_as(f, load(f, buffer_text(&text)), "m:1", bytes,
                             "the snapshot belongs to the machine m"),
                     STATUS_FAILED_PRECONDITION);
    buffer_reset(&text);
    buffer_append_text(&text, first_text);
    *strstr(text.data, "7\"") = '8';
    assert_int_equal(read_as(f, load(f, buffer_text(&text)), "m:1", bytes,
                             "the snapshot belongs to another text of m"),
                     STATUS_FAILED_PRECONDITION);
    buffer_deinit(&text);
}

static void illegal_configurations_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct fsm_machine *machine = load(f, first_text);
    struct fsm_instance *bad = fsm_instance_copy(machine, start(f, machine), &f->arena);
    fsm_bit_set(bad->active, fsm_state_find(machine, "held"));
    (void)read_as(f, machine, "m:1", write(f, machine, bad),
                  "the snapshot's active states do not go together");
    bad = fsm_instance_copy(machine, step(f, machine, start(f, machine), "go", 0), &f->arena);
    fsm_bit_clear(bad->active, fsm_state_find(machine, "work.right"));
    (void)read_as(f, machine, "m:1", write(f, machine, bad),
                  "the snapshot's active states do not go together");
    bad = fsm_instance_copy(machine, start(f, machine), &f->arena);
    bad->context[0] = value_text("seven");
    (void)read_as(f, machine, "m:1", write(f, machine, bad),
                  "the snapshot has a value of another type for n");
    bad = fsm_instance_copy(machine, start(f, machine), &f->arena);
    bad->timers[1].due_ms = 5;
    (void)read_as(f, machine, "m:1", write(f, machine, bad),
                  "the snapshot has a timer of a state that is not active: after.work.left.b.0");
    bad = fsm_instance_copy(machine, start(f, machine), &f->arena);
    bad->is_finished = true;
    (void)read_as(f, machine, "m:1", write(f, machine, bad),
                  "the snapshot is finished in a state that is no end, or not in one");
}

/* Every single flipped bit and every cut is either refused or still a legal instance. */
static void damaged_bytes_never_make_a_dead_machine(void **state)
{
    struct fixture *f = *state;
    const struct fsm_machine *machine = load(f, first_text);
    const struct fsm_instance *instance = start(f, machine);
    instance = step(f, machine, step(f, machine, instance, "go", 1000), "go", 1000);
    struct bytes bytes = write(f, machine, instance);
    struct arena arena;
    arena_init(&arena, 16u << 20);
    uint8_t *copy = malloc(bytes.size);
    assert_non_null(copy);
    for (size_t bit = 0; bit < bytes.size * 9; bit++) {
        bool is_cut = bit >= bytes.size * 8;
        size_t size = is_cut ? bit - bytes.size * 8 : bytes.size;
        memcpy(copy, bytes.data, bytes.size);
        if (!is_cut)
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct fsm_instance *read = NULL;
        struct fault fault = {0};
        struct fsm_step out;
        struct fsm_event event = {.name = "stop", .now_ms = 2000};
        arena_reset(&arena);
        if (fsm_snapshot_read(machine, NULL, copy, size, &arena, &read, &fault) != STATUS_OK)
            continue;
        assert_int_equal(fsm_step(machine, read, &event, 0, &arena, &out), STATUS_OK);
        assert_int_equal(out.answer, FSM_TAKEN);
    }
    free(copy);
    arena_deinit(&arena);
}

/* Times at both ends of the calendar have sums, and what lies past them is refused. */
static void times_past_the_calendar_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct fsm_machine *machine = load(f, first_text);
    static const char want[] = "the snapshot has times outside of the years 1 to 9999";
    static const int64_t bad[] = {INT64_MAX, INT64_MIN, FSM_TIME_MAX_MS + 1, FSM_TIME_MIN_MS - 1};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fsm_instance *instance = fsm_instance_copy(machine, start(f, machine), &f->arena);
        instance->now_ms = bad[i];
        (void)read_as(f, machine, "m:1", write(f, machine, instance), want);
    }
    struct fsm_instance *instance = fsm_instance_copy(machine, start(f, machine), &f->arena);
    instance->timers[0].due_ms = FSM_TIME_MAX_MS + 1;
    (void)read_as(f, machine, "m:1", write(f, machine, instance), want);
    instance->timers[0].due_ms = 5;
    instance->now_ms = FSM_TIME_MIN_MS;
    const struct fsm_instance *late = step(f, machine, instance, "go", INT64_MAX);
    assert_int_equal(late->now_ms, FSM_TIME_MAX_MS);
    late = step(f, machine, step(f, machine, late, "go", 0), "stop", 0);
    struct fsm_instance *read = NULL;
    struct fault fault = {0};
    struct bytes bytes = write(f, machine, late);
    assert_int_equal(
        fsm_snapshot_read(machine, "m:1", bytes.data, bytes.size, &f->arena, &read, &fault),
        STATUS_OK);
    assert_int_equal(read->now_ms, FSM_TIME_MAX_MS);
}

static const char second_text[] =
    "machine: m\nversion: 2\n"
    "context:\n"
    "  n: {type: int, init: \"0\"}\n"
    "  label: {type: string, init: \"''\"}\n"
    "  extra: {type: int, init: \"3\"}\n" HEAD "states:\n"
    "  open: {on: {go: busy}, after: {delay: 1d, target: end}}\n"
    "  busy:\n"
    "    type: parallel\n"
    "    on: {stop: held}\n"
    "    states:\n"
    "      left:\n"
    "        initial: a\n"
    "        states:\n"
    "          a: {on: {go: c}}\n"
    "          c: {after: {delay: 2h, target: a}}\n"
    "      right: {}\n"
    "  held: {on: {resume: busy}, after: {delay: 1d, target: end}}\n"
    "  end: {type: final}\n"
    "migrate:\n"
    "  1: {states: {work: busy, work.left.b: busy.left.c}, context: {label: \"'n was ' + "
    "string(int(old.n))\"}}\n";

static void migration_maps_states_values_and_timers(void **state)
{
    struct fixture *f = *state;
    const struct fsm_machine *one = load(f, first_text), *two = load(f, second_text);
    const struct fsm_instance *instance =
        step(f, one, step(f, one, start(f, one), "go", 1000), "go", 1000);
    struct bytes bytes = write(f, one, instance);
    struct fsm_step out;
    struct fault fault = {0};
    assert_true(fsm_machine_migrates_from(two, 1));
    assert_int_equal(
        fsm_snapshot_migrate(two, bytes.data, bytes.size, 5000, &f->arena, &out, &fault),
        STATUS_OK);
    assert_string_equal(fsm_leaves_text(two, out.after, &f->arena), "busy.left.c busy.right");
    assert_string_equal(value_message(&f->arena, *fsm_context(two, out.after, "label")), "n was 7");
    assert_int_equal(fsm_context(two, out.after, "n")->as.integer, 7);
    assert_int_equal(fsm_context(two, out.after, "extra")->as.integer, 3);
    for (size_t i = 0; i < out.effect_count; i++)
        buffer_format(&f->out, "%s; ", fsm_effect_text(&out.effects[i], &f->arena));
    assert_string_equal(buffer_text(&f->out),
                        "timer_cancel after.work.left.b.0; timer_set after.busy.left.c.0 at "
                        "1970-01-01T02:00:05Z; invoke_cancel work-right; ");
    bytes = write(f, two, out.after);
    struct fsm_instance *read = NULL;
    assert_int_equal(
        fsm_snapshot_read(two, "m:1", bytes.data, bytes.size, &f->arena, &read, &fault), STATUS_OK);
    assert_int_equal(
        fsm_snapshot_migrate(one, bytes.data, bytes.size, 5000, &f->arena, &out, &fault),
        STATUS_FAILED_PRECONDITION);
}

static void deep_values_are_refused_before_they_are_unpacked(void **state)
{
    struct fixture *f = *state;
    struct value list = value_list(NULL, 0);
    Arbiter__V1__Value *message;
    for (int i = 0; i < VALUE_CODEC_DEPTH_MAX; i++) {
        struct value *inner = arena_alloc(&f->arena, sizeof *inner);
        *inner = list;
        list = value_list(inner, 1);
    }
    assert_int_equal(value_codec_value(&f->arena, list, &message), STATUS_OK);
    struct value *inner = arena_alloc(&f->arena, sizeof *inner);
    *inner = list;
    assert_int_equal(value_codec_value(&f->arena, value_list(inner, 1), &message),
                     STATUS_INVALID_ARGUMENT);
    uint8_t deep[4000];
    for (size_t i = 0; i < sizeof deep; i += 6) {
        /* list_value of the size that is left, items of the size that is left */
        size_t left = sizeof deep - i;
        deep[i] = 10 << 3 | 2;
        deep[i + 1] = (uint8_t)((left - 3) & 0x7F) | 0x80;
        deep[i + 2] = (uint8_t)((left - 3) >> 7);
        if (left < 7)
            break;
        deep[i + 3] = 1 << 3 | 2;
        deep[i + 4] = (uint8_t)((left - 6) & 0x7F) | 0x80;
        deep[i + 5] = (uint8_t)((left - 6) >> 7);
    }
    assert_false(value_codec_nests_within(&arbiter__v1__value__descriptor, deep, sizeof deep, 100));
}

static void maps_with_a_key_twice_are_refused(void **state)
{
    struct fixture *f = *state;
    struct value_entry entries[] = {{value_int(1), value_text("a")}, {value_int(2), value_null()}};
    Arbiter__V1__ValueMap *map;
    struct value out;
    assert_int_equal(value_codec_map(&f->arena, value_map(entries, 2), &map), STATUS_OK);
    assert_int_equal(value_codec_from_map(&f->arena, map, &out), STATUS_OK);
    assert_true(value_equal(out, value_map(entries, 2)));
    map->entries[1]->key = map->entries[0]->key;
    assert_int_equal(value_codec_from_map(&f->arena, map, &out), STATUS_INVALID_ARGUMENT);
    map->entries[0]->value->string_value = (char *)"\xC3(";
    map->n_entries = 1;
    assert_int_equal(value_codec_from_map(&f->arena, map, &out), STATUS_INVALID_ARGUMENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_state_of_a_run_reads_back_the_same),
        CASE(foreign_snapshots_are_refused),
        CASE(illegal_configurations_are_refused),
        CASE(damaged_bytes_never_make_a_dead_machine),
        CASE(times_past_the_calendar_are_refused),
        CASE(migration_maps_states_values_and_timers),
        CASE(deep_values_are_refused_before_they_are_unpacked),
        CASE(maps_with_a_key_twice_are_refused),
    };
    return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
