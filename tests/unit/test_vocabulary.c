/* vocabulary: what the house carries out is what machines may name. Each machine under
 * tests/policies/bad-vocabulary names something that nobody does; NAME.expect is what its author
 * reads. With ARBITER_UPDATE=1 the expected texts are written instead of compared. */
#include "orchestrator/vocabulary.h"

#include "base/buffer.h"
#include "fsm/expr/expr.h"
#include "fsm/yaml/yaml.h"
#include "tests/support/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/policies/bad-vocabulary"

enum { MACHINES_MIN = 12, LINE_MAX_BYTES = 4000 };

static struct arena words;
static struct fsm_host vocabulary;

static int make_vocabulary(void **state)
{
    (void)state;
    arena_init(&words, VOCABULARY_BYTES_MAX);
    return vocabulary_host(&words, &vocabulary) == STATUS_OK ? 0 : -1;
}

static int drop_vocabulary(void **state)
{
    (void)state;
    arena_deinit(&words);
    return 0;
}

/* "write seek.claim(id string, player string)": the checker's view of a command. */
static const char *command_text(const char *name)
{
    static char text[LINE_MAX_BYTES];
    size_t size = 0;
    for (size_t i = 0; i < vocabulary.command_count; i++) {
        const struct fsm_host_command *command = &vocabulary.commands[i];
        if (strcmp(command->name, name) != 0)
            continue;
        size = (size_t)snprintf(text, sizeof text, "%s", command->is_write ? "write" : "call");
        for (size_t f = 0; f < command->input_count; f++)
            size += (size_t)snprintf(text + size, sizeof text - size, " %s:%s%s",
                                     command->input[f].name, command->input[f].type,
                                     command->input[f].is_required ? "!" : "");
        for (size_t f = 0; f < command->output_count; f++)
            size += (size_t)snprintf(text + size, sizeof text - size, " > %s:%s",
                                     command->output[f].name, command->output[f].type);
        return text;
    }
    return "nobody";
}

static void commands_come_from_all_three_tables(void **state)
{
    (void)state;
    assert_string_equal(command_text("seek.claim"), "write id:string! player:string!");
    assert_string_equal(command_text("seek.close"),
                        "write id:string! status:string! game:string player:string");
    assert_string_equal(command_text("boards.start"), "write division:string! round:int!");
    assert_string_equal(command_text("gamesvc.start_game"),
                        "call players:list(string) request:map(string, dyn) assigned_first:string "
                        "seat:map(string, dyn) owner:string > game_id:string > first:string > "
                        "second:string");
    assert_string_equal(command_text("nobody.does_this"), "nobody");
}

static void names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < vocabulary.command_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(vocabulary.commands[i].name, vocabulary.commands[j].name) == 0)
                fail_msg("two commands are named %s", vocabulary.commands[i].name);
}

/* A type that cannot be read would refuse every machine that uses the field. */
static void every_type_can_be_read(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < vocabulary.command_count; i++)
        for (size_t f = 0; f < vocabulary.commands[i].input_count; f++) {
            const char *type = vocabulary.commands[i].input[f].type;
            for (;;) {
                size_t size = strcspn(type, "|");
                const struct expr_type *read = NULL;
                struct fault fault = {0};
                if (expr_type_parse(&arena, type, size, &read, &fault) != STATUS_OK)
                    fail_msg("%s.%s: %s: %s", vocabulary.commands[i].name,
                             vocabulary.commands[i].input[f].name, type, fault.text);
                if (type[size] == '\0')
                    break;
                type += size + 1;
            }
        }
    arena_deinit(&arena);
}

static void a_small_arena_is_full(void **state)
{
    (void)state;
    struct arena arena;
    struct fsm_host host = {.command_count = 7};
    arena_init(&arena, 4096);
    assert_int_equal(vocabulary_host(&arena, &host), STATUS_FULL);
    assert_int_equal(host.command_count, 7);
    arena_deinit(&arena);
}

/* Times on the wire are integers; a machine may give the timestamp it has. */
static void a_field_in_ms_takes_a_timestamp(void **state)
{
    (void)state;
    static const char text[] =
        "machine: m\nversion: 1\n"
        "commands: {store.create_game: {input: {created_at_ms: timestamp}}}\n"
        "initial: a\nstates:\n"
        "  a: {invoke: {command: store.create_game, "
        "input: {created_at_ms: now}, on_done: z, on_error: z}}\n"
        "  z: {type: final}\n";
    struct arena arena;
    arena_init(&arena, 32 << 20);
    struct yaml_faults faults = {.arena = &arena};
    const struct fsm_machine *machine = NULL;
    enum status status = fsm_load(&arena, text, strlen(text), &vocabulary, &faults, &machine);
    if (status != STATUS_OK)
        fail_msg("line %d: %s", faults.items[0].line, faults.items[0].text);
    arena_deinit(&arena);
}

static void faults_of(const char *file, const struct buffer *text, struct buffer *out)
{
    struct arena arena;
    arena_init(&arena, 32 << 20);
    struct yaml_faults faults = {.arena = &arena};
    const struct fsm_machine *machine = NULL;
    assert_int_equal(fsm_load(&arena, text->data, text->size, &vocabulary, &faults, &machine),
                     STATUS_INVALID_ARGUMENT);
    yaml_faults_sort(&faults);
    yaml_faults_print(&faults, file, text->data, text->size, out);
    arena_deinit(&arena);
}

static void every_machine_that_asks_too_much_is_refused(void **state)
{
    (void)state;
    assert_true(golden_folder(FOLDER, faults_of) >= MACHINES_MIN);
}

/* A machine that only goes to `evening` where it is 20 o'clock in Berlin. */
static enum fsm_answer ask_at(const char *zone, int64_t now_ms)
{
    struct arena arena;
    struct yaml_faults faults = {0};
    const struct fsm_machine *machine = NULL;
    struct fsm_step started, step;
    char text[LINE_MAX_BYTES];
    (void)snprintf(text, sizeof text,
                   "machine: bell\nversion: 1\nevents: {ring: {}}\ninitial: day\nstates:\n"
                   "  day:\n    on:\n      ring: {guard: \"now.getHours('%s') == 20\", target: "
                   "evening}\n  evening: {type: final}\n",
                   zone); /* short */
    arena_init(&arena, 1 << 20);
    faults.arena = &arena;
    assert_int_equal(fsm_load(&arena, text, strlen(text), &vocabulary, &faults, &machine),
                     STATUS_OK);
    assert_int_equal(fsm_start(machine, "bell", NULL, now_ms, 0, &arena, &started), STATUS_OK);
    struct fsm_event event = {.name = "ring", .now_ms = now_ms};
    assert_int_equal(fsm_step(machine, started.after, &event, 0, &arena, &step), STATUS_OK);
    enum fsm_answer answer = step.answer;
    arena_deinit(&arena);
    return answer;
}

static void expressions_know_the_zones_of_this_machine(void **state)
{
    (void)state;
    const int64_t winter_ms = INT64_C(1796065200000); /* 2026-11-30T19:00:00Z */
    const int64_t summer_ms = INT64_C(1785524400000); /* 2026-07-31T19:00:00Z */
    assert_int_equal(ask_at("Europe/Berlin", winter_ms), FSM_TAKEN);
    assert_int_equal(ask_at("Europe/Berlin", summer_ms), FSM_REFUSED);
    assert_int_equal(ask_at("Europe/Berln", winter_ms), FSM_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_come_from_all_three_tables),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(every_type_can_be_read),
        cmocka_unit_test(a_small_arena_is_full),
        cmocka_unit_test(a_field_in_ms_takes_a_timestamp),
        cmocka_unit_test(every_machine_that_asks_too_much_is_refused),
        cmocka_unit_test(expressions_know_the_zones_of_this_machine),
    };
    return cmocka_run_group_tests_name("vocabulary", tests, make_vocabulary, drop_vocabulary);
}
