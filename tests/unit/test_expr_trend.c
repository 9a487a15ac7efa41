/* expr_trend: what it says of an expression holds at every place that is tried. */
#include "base/buffer.h"
#include "base/random.h"
#include "fsm/expr/trend.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { EXPRESSIONS = 20000, STEPS = 12, DEPTH_MAX = 4 };

/* ---- two who rise, one who stays --------------------------------------------------------- */

static struct value call_min(void *user, const struct value *arguments, struct arena *arena)
{
    (void)user;
    (void)arena;
    return value_double(fmin(arguments[0].as.real, arguments[1].as.real));
}

static struct value call_abs(void *user, const struct value *arguments, struct arena *arena)
{
    (void)user;
    (void)arena;
    return value_double(fabs(arguments[0].as.real));
}

static const struct expr_function functions[] = {
    {.name = "min",
     .parameter_count = 2,
     .parameters = {&expr_double, &expr_double},
     .result = &expr_double,
     .cost = 1,
     .growth = EXPR_GROWS,
     .call = call_min},
    {.name = "abs",
     .parameter_count = 1,
     .parameters = {&expr_double},
     .result = &expr_double,
     .cost = 1,
     .growth = EXPR_MAGNITUDE,
     .call = call_abs},
};

static const struct expr_variable variables[] = {
    {"x", &expr_double, 0, 0}, /* waits, from nought on */
    {"y", &expr_double, 0, 1}, /* rises from anywhere */
    {"s", &expr_double, 0, 2}, /* stays */
    {"t", &expr_string, 0, 3}, /* likewise */
};

static struct expr_trend trend_of(void *user, unsigned bank, unsigned index)
{
    (void)user;
    assert_int_equal(bank, 0);
    if (index == 0)
        return (struct expr_trend){EXPR_RISES, 0, INFINITY, false};
    return (struct expr_trend){index == 1 ? EXPR_RISES : EXPR_STEADY, -INFINITY, INFINITY, false};
}

static const struct expr_program *compiled(struct arena *arena, const char *text)
{
    const struct expr_scope scope = {.variables = variables,
                                     .variable_count = COUNT_OF(variables),
                                     .functions = functions,
                                     .function_count = COUNT_OF(functions)};
    const struct expr_program *program = NULL;
    struct fault fault = {0};
    const struct expr_request request = {.text = text, .size = strlen(text), .scope = &scope};
    if (expr_compile(arena, &request, &program, &fault) != STATUS_OK)
        fail_msg("%s: %s", text, fault.text);
    return program;
}

/* ---- by hand ----------------------------------------------------------------------------- */

static void directions_follow_from_the_form(void **state)
{
    static const struct {
        const char *text;
        enum expr_direction direction;
    } cases[] = {
        {"s + 1.0", EXPR_STEADY},
        {"x * 2.0 - s", EXPR_RISES},
        {"s - x", EXPR_FALLS},
        {"x - x", EXPR_WANDERS}, /* it stays, but that is not seen */
        {"x * y", EXPR_WANDERS}, /* y may be below nought */
        {"x * x", EXPR_RISES},
        {"x * s", EXPR_WANDERS},
        {"-3.0 * min(x, s)", EXPR_FALLS},
        {"abs(s - x)", EXPR_WANDERS},
        {"abs(x) + y", EXPR_RISES},
        {"1.0 / (x + 1.0)", EXPR_FALLS},
        {"1.0 / x", EXPR_WANDERS},
        {"x > 30.0", EXPR_RISES},
        {"!(x > 30.0)", EXPR_FALLS},
        {"x > 30.0 || s < 3.0", EXPR_RISES},
        {"x == 30.0", EXPR_WANDERS},
        {"x > 30.0 ? true : s < 3.0", EXPR_RISES},
        {"x > 30.0 ? s < 3.0 : true", EXPR_FALLS},
        {"x > 30.0 ? s < 3.0 : s > 3.0", EXPR_WANDERS},
        {"x > 30.0 ? 5.0 : 9.0", EXPR_FALLS},
        {"x < 30.0 ? 5.0 : 9.0", EXPR_RISES},
        {"x < 30.0 ? s : 9.0", EXPR_WANDERS},
        {"s > 1.0 ? x : y", EXPR_RISES},
        {"t == 'a' ? x : -x", EXPR_WANDERS},
        {"t.size() > 3", EXPR_STEADY},
        {"x > 9.0 ? double(t) : 1.0", EXPR_WANDERS}, /* it may fail */
        {"[x].exists(e, e > 3.0)", EXPR_WANDERS},
        {"[s].exists(e, e > 3.0)", EXPR_STEADY},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena;
        arena_init(&arena, 1 << 20);
        enum expr_direction direction =
            expr_trend(compiled(&arena, cases[i].text), trend_of, NULL).direction;
        if (direction != cases[i].direction)
            fail_msg("%s: %d, not %d", cases[i].text, (int)direction, (int)cases[i].direction);
        arena_deinit(&arena);
    }
}

/* ---- by trying --------------------------------------------------------------------------- */

static void write_number(struct random *random, struct buffer *out, int depth);

static void write_truth(struct random *random, struct buffer *out, int depth)
{
    static const char *const comparisons[] = {" < ", " <= ", " > ", " >= "};
    static const char *const joints[] = {" && ", " || "};
    if (depth >= DEPTH_MAX || random_below(random, 3) > 0) {
        buffer_format(out, "(");
        write_number(random, out, depth + 1);
        buffer_format(out, "%s", comparisons[random_below(random, COUNT_OF(comparisons))]);
        write_number(random, out, depth + 1);
        buffer_format(out, ")");
        return;
    }
    buffer_format(out, random_below(random, 3) == 0 ? "!(" : "(");
    write_truth(random, out, depth + 1);
    buffer_format(out, "%s", joints[random_below(random, COUNT_OF(joints))]);
    write_truth(random, out, depth + 1);
    buffer_format(out, ")");
}

static void write_number(struct random *random, struct buffer *out, int depth)
{
    static const char *const leaves[] = {"x", "x", "y", "s", "2.0", "-3.0", "0.5", "10.0", "0.0"};
    static const char *const joints[] = {" + ", " - ", " * ", " / "};
    uint64_t what = depth >= DEPTH_MAX ? 0 : random_below(random, 8);
    if (what < 3) {
        buffer_format(out, "%s", leaves[random_below(random, COUNT_OF(leaves))]);
        return;
    }
    buffer_format(out, what == 6 ? "abs(" : what == 7 ? "min(" : "(");
    if (what == 5) {
        write_truth(random, out, depth + 1);
        buffer_format(out, " ? ");
    }
    write_number(random, out, depth + 1);
    if (what != 6) {
        buffer_format(out, "%s",
                      what == 7   ? ", "
                      : what == 5 ? " : "
                                  : joints[random_below(random, COUNT_OF(joints))]);
        write_number(random, out, depth + 1);
    }
    buffer_format(out, ")");
}

static double number_of(struct value value)
{
    return value.kind == VALUE_BOOL ? value.as.boolean : value.as.real;
}

/* A number that is none, or is past all bounds, says nothing. */
static void hold_against(const char *text, struct expr_trend trend, struct value before,
                         struct value now)
{
    double was = number_of(before);
    double is = number_of(now);
    if (!isfinite(was) || !isfinite(is))
        return;
    double slack = 1e-9 * (1 + fabs(was) + fabs(is)); /* sums are rounded */
    bool is_wrong = (trend.direction == EXPR_STEADY && was != is) ||
                    (trend.direction == EXPR_RISES && is < was - slack) ||
                    (trend.direction == EXPR_FALLS && is > was + slack) || is < trend.low - slack ||
                    is > trend.high + slack;
    if (is_wrong)
        fail_msg("%s: from %g to %g, against %d [%g, %g]", text, was, is, (int)trend.direction,
                 trend.low, trend.high);
}

static bool has_said_something(struct random *random, const char *text)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const struct expr_program *program = compiled(&arena, text);
    struct expr_trend trend = expr_trend(program, trend_of, NULL);
    struct value values[] = {value_double(0), value_double((double)random_below(random, 40) - 20),
                             value_double((double)random_below(random, 40) - 20), value_text("t")};
    struct value before = {0};
    for (int step = 0; step < STEPS; step++) {
        const struct expr_input input = {.banks = {values}, .arena = &arena};
        struct value now = expr_evaluate(program, &input);
        if (step > 0)
            hold_against(text, trend, before, now);
        before = now;
        values[0].as.real += (double)random_below(random, 8);
        values[1].as.real += (double)random_below(random, 8);
    }
    arena_deinit(&arena);
    return trend.direction == EXPR_RISES || trend.direction == EXPR_FALLS;
}

static void what_is_said_holds_wherever_it_is_tried(void **state)
{
    struct random random;
    size_t telling = 0;
    (void)state;
    random_init(&random, 20261123);
    for (int i = 0; i < EXPRESSIONS; i++) {
        struct buffer text = {0};
        if (i % 2 == 0)
            write_number(&random, &text, 0);
        else
            write_truth(&random, &text, 0);
        telling += has_said_something(&random, buffer_text(&text));
        buffer_deinit(&text);
    }
    assert_true(telling > EXPRESSIONS / 10); /* otherwise nothing was tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_follow_from_the_form),
        cmocka_unit_test(what_is_said_holds_wherever_it_is_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
