/* A tournament's scope and values. */
#include "expr_fixture.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const status_names[] = {"draft", "open", "closed"};
static const struct expr_type status = {
    .kind = EXPR_ENUM, .names = status_names, .names_count = COUNT_OF(status_names)};
static const struct expr_type name = {.kind = EXPR_STRING, .size_max = 32};
static const struct expr_type names = {.kind = EXPR_LIST, .item = &name, .size_max = 64};
static const struct expr_type scores = {
    .kind = EXPR_MAP, .key = &name, .item = &expr_int, .size_max = 64};
static const struct expr_type texts = {.kind = EXPR_LIST, .item = &expr_string};

static const struct expr_variable variables[] = {
    {"ctx.players", &expr_int, 0, 0},
    {"ctx.round", &expr_int, 0, 1},
    {"ctx.rounds", &expr_int, 0, 2},
    {"ctx.status", &status, 0, 3},
    {"ctx.cancelled", &expr_bool, 0, 4},
    {"ctx.checked_in", &names, 0, 5},
    {"ctx.scores", &scores, 0, 6},
    {"ctx.log", &texts, 0, 7},
    {"ctx.closes_at", &expr_timestamp, 0, 8},
    {"ctx.round_time", &expr_duration, 0, 9},
    {"ctx.rate", &expr_double, 0, 10},
    {"ctx.seed", &expr_uint, 0, 11},
    {"ctx.any", &expr_dyn, 0, 12},
    {"event.reason", &expr_string, 1, 0},
    {"event.games", &expr_int, 1, 1},
    {"event.when", &expr_timestamp, 1, 2},
    {"now", &expr_timestamp, 2, 0},
    {"instance.id", &expr_string, 2, 1},
};

static struct value strength(void *user, const struct value *arguments, struct arena *arena)
{
    (void)arena;
    if (arguments[0].size == 0)
        return value_error(VALUE_ERROR_HOST, 0);
    return value_int(*(const int *)user + (int64_t)arguments[0].size);
}

static const int strength_base = 1000;

static const struct expr_function functions[] = {
    {.name = "pairing.strength",
     .parameter_count = 1,
     .parameters = {&expr_string},
     .result = &expr_int,
     .cost = 10,
     .call = strength,
     .user = (void *)&strength_base},
    {.name = "strength",
     .is_method = true,
     .parameter_count = 1,
     .parameters = {&expr_string},
     .result = &expr_int,
     .cost = 10,
     .call = strength,
     .user = (void *)&strength_base},
};

static bool resolve_state(void *user, const char *text, size_t size, uint32_t *out_state,
                          const char **out_suggestion)
{
    static const char *const states[] = {"draft", "playing", "review"};
    (void)user;
    for (uint32_t i = 0; i < COUNT_OF(states); i++) {
        if (strlen(states[i]) == size && memcmp(states[i], text, size) == 0) {
            *out_state = i;
            return true;
        }
    }
    *out_suggestion = states[1];
    return false;
}

const struct expr_scope expr_fixture_scope = {.variables = variables,
                                              .variable_count = COUNT_OF(variables),
                                              .functions = functions,
                                              .function_count = COUNT_OF(functions),
                                              .resolve_state = resolve_state};

static const struct value checked_in[] = {
    {.kind = VALUE_STRING, .size = 4, .as.text = "anna"},
    {.kind = VALUE_STRING, .size = 4, .as.text = "bela"},
};

static const struct value_entry points[] = {
    {{.kind = VALUE_STRING, .size = 4, .as.text = "anna"}, {.kind = VALUE_INT, .as.integer = 3}},
    {{.kind = VALUE_STRING, .size = 4, .as.text = "bela"}, {.kind = VALUE_INT, .as.integer = 1}},
};

void expr_fixture_init(struct expr_fixture *fixture)
{
    *fixture = (struct expr_fixture){
        .ctx = {value_int(8), value_int(1), value_int(9), value_text("open"), value_bool(false),
                value_list(checked_in, 2), value_map(points, 2), value_list(checked_in, 2),
                value_timestamp(1800003600, 0), value_duration(INT64_C(3300000000000)),
                value_double(1.5), value_uint(7), value_int(8)},
        .event = {[1] = value_int(4)},
        .host = {value_timestamp(1800000000, 0), value_text("t/42")},
        .active = {1u << 1},
    };
    arena_init(&fixture->programs, (size_t)64 << 20);
    arena_init(&fixture->results, (size_t)16 << 20);
    fixture->input = (struct expr_input){.banks = {fixture->ctx, fixture->event, fixture->host},
                                         .active = fixture->active,
                                         .arena = &fixture->results};
}

void expr_fixture_deinit(struct expr_fixture *fixture)
{
    arena_deinit(&fixture->programs);
    arena_deinit(&fixture->results);
}

static const char *kept(struct expr_fixture *fixture, const char *before, const char *text)
{
    const char *copy = arena_format(&fixture->programs, "%s%s", before, text);
    return copy != NULL ? copy : "out of memory";
}

const char *expr_fixture_run(struct expr_fixture *fixture, const char *text, size_t size)
{
    struct expr_request request = {.text = text, .size = size, .scope = &expr_fixture_scope};
    const struct expr_program *program;
    struct fault fault = {0};
    if (expr_compile(&fixture->programs, &request, &program, &fault) != STATUS_OK)
        return kept(fixture, "refused: ", fault.text);
    arena_reset(&fixture->results);
    struct value value = expr_evaluate(program, &fixture->input);
    if (value.kind == VALUE_ERROR)
        return kept(fixture, "error: ", value_error_text(value.as.error));
    const char *literal = value_literal(&fixture->programs, value);
    return literal != NULL ? literal : "out of memory";
}

const char *expr_fixture_fault(struct expr_fixture *fixture, const char *text,
                               const struct expr_type *want)
{
    struct expr_request request = {
        .text = text, .size = strlen(text), .scope = &expr_fixture_scope, .want = want};
    const struct expr_program *program;
    struct fault fault = {0};
    if (expr_compile(&fixture->programs, &request, &program, &fault) == STATUS_OK)
        return "accepted";
    const char *shown = arena_format(&fixture->programs, "%d:%d: %s%s%s%s", fault.line,
                                     fault.column, fault.text, fault.hint[0] != '\0' ? " [" : "",
                                     fault.hint, fault.hint[0] != '\0' ? "]" : "");
    return shown != NULL ? shown : "out of memory";
}
