/* Any bytes as an expression over a tournament's scope: refused with a fault, or evaluated within
 * its budget to a value that prints as source and evaluates to what prints alike. */
#include "tests/unit/expr_fixture.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUDGET = 100000, MEMORY_MAX = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool compile(struct expr_fixture *fixture, const char *text, size_t size,
                    const struct expr_program **out_program)
{
    struct expr_request request = {.text = text, .size = size, .scope = &expr_fixture_scope};
    struct fault fault = {0};
    enum status status = expr_compile(&fixture->programs, &request, out_program, &fault);
    assert(status != STATUS_INVALID_ARGUMENT || fault.text[0] != '\0');
    assert(status != STATUS_INVALID_ARGUMENT || (fault.line > 0 && fault.column > 0));
    return status == STATUS_OK;
}

/* What a value prints must read back as what prints the same. */
static void check_round_trip(struct expr_fixture *fixture, struct value value)
{
    const char *literal = value_literal(&fixture->programs, value);
    const struct expr_program *program;
    if (literal == NULL || !compile(fixture, literal, strlen(literal), &program))
        return; /* larger than a source may be */
    struct value again = expr_evaluate(program, &fixture->input);
    const char *printed = value_literal(&fixture->programs, again);
    assert(printed == NULL || again.kind == VALUE_ERROR || strcmp(literal, printed) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct expr_fixture fixture;
    expr_fixture_init(&fixture);
    arena_deinit(&fixture.programs);
    arena_deinit(&fixture.results);
    arena_init(&fixture.programs, MEMORY_MAX);
    arena_init(&fixture.results, MEMORY_MAX);
    fixture.input.budget = BUDGET;
    const struct expr_program *program;
    if (compile(&fixture, (const char *)data, size, &program)) {
        struct value value = expr_evaluate(program, &fixture.input);
        assert(value.kind != VALUE_UNSET);
        assert(expr_type_admits(expr_result_type(program), value) || value.kind == VALUE_ERROR ||
               value.kind == VALUE_NULL || value.kind == VALUE_LIST || value.kind == VALUE_MAP ||
               value.kind == VALUE_STRING);
        if (value.kind != VALUE_ERROR)
            check_round_trip(&fixture, value);
    }
    expr_fixture_deinit(&fixture);
    return 0;
}
