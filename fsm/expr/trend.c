/* Follows directions and bounds up the tree of a program. */
#include "fsm/expr/trend.h"

#include <assert.h>
#include <math.h>

#include "fsm/expr/program.h"

struct lookup {
    expr_trend_of of;
    void *user;
};

static struct expr_trend trend_of(const struct lookup *lookup, const struct expr_node *node);

/* ---- directions and bounds --------------------------------------------------------------- */

static struct expr_trend anything(enum expr_direction direction)
{
    return (struct expr_trend){direction, -INFINITY, INFINITY, true};
}

static enum expr_direction flipped(enum expr_direction direction)
{
    switch (direction) {
    case EXPR_RISES:
        return EXPR_FALLS;
    case EXPR_FALLS:
        return EXPR_RISES;
    case EXPR_STEADY:
    case EXPR_WANDERS:
        break;
    }
    return direction;
}

/* Of what grows with both. */
static enum expr_direction together(enum expr_direction one, enum expr_direction other)
{
    if (one == EXPR_STEADY || one == other)
        return other;
    return other == EXPR_STEADY ? one : EXPR_WANDERS;
}

/* What infinities leave undecided may be anything. */
static struct expr_trend bounded(enum expr_direction direction, double low, double high,
                                 bool may_fail)
{
    return (struct expr_trend){direction, isnan(low) ? -INFINITY : low,
                               isnan(high) ? INFINITY : high, may_fail};
}

static struct expr_trend negated(struct expr_trend trend)
{
    return bounded(flipped(trend.direction), -trend.high, -trend.low, trend.may_fail);
}

/* ---- arithmetic -------------------------------------------------------------------------- */

static struct expr_trend sum(struct expr_trend a, struct expr_trend b)
{
    return bounded(together(a.direction, b.direction), a.low + b.low, a.high + b.high,
                   a.may_fail || b.may_fail);
}

/* What a factor's own way does to the product. */
static enum expr_direction scaled(struct expr_trend moving, struct expr_trend factor)
{
    if (moving.direction == EXPR_STEADY || factor.low >= 0)
        return moving.direction;
    return factor.high <= 0 ? flipped(moving.direction) : EXPR_WANDERS;
}

/* Zero times anything that is a number is zero. */
static double times(double a, double b)
{
    return a == 0 || b == 0 ? 0 : a * b;
}

static struct expr_trend product(struct expr_trend a, struct expr_trend b)
{
    double corners[] = {times(a.low, b.low), times(a.low, b.high), times(a.high, b.low),
                        times(a.high, b.high)};
    struct expr_trend result = bounded(together(scaled(a, b), scaled(b, a)), corners[0], corners[0],
                                       a.may_fail || b.may_fail);
    for (size_t i = 1; i < COUNT_OF(corners); i++) {
        result.low = fmin(result.low, corners[i]);
        result.high = fmax(result.high, corners[i]);
    }
    return result;
}

static struct expr_trend quotient(struct expr_trend a, struct expr_trend b)
{
    bool is_steady = a.direction == EXPR_STEADY && b.direction == EXPR_STEADY;
    if (b.low > 0 || b.high < 0)
        return product(a, bounded(flipped(b.direction), 1 / b.high, 1 / b.low, b.may_fail));
    return anything(is_steady ? EXPR_STEADY : EXPR_WANDERS);
}

/* ---- truth ------------------------------------------------------------------------------- */

static struct expr_trend truth(enum expr_direction direction, bool may_fail)
{
    return (struct expr_trend){direction, 0, 1, may_fail};
}

/* Whether `a` is less than `b`, or as much where `or_equal`. */
static struct expr_trend less(struct expr_trend a, struct expr_trend b, bool or_equal)
{
    struct expr_trend result =
        truth(together(flipped(a.direction), b.direction), a.may_fail || b.may_fail);
    if (result.may_fail && result.direction != EXPR_STEADY)
        result.direction = EXPR_WANDERS; /* where it fails it is less than false */
    if (result.may_fail)
        return result; /* what is no number is less than nothing */
    if (a.high < b.low || (or_equal && a.high <= b.low))
        result.low = 1;
    else if (a.low > b.high || (!or_equal && a.low >= b.high))
        result.high = 0;
    return result;
}

/* Whether they are the same, or not, or the one among the other. */
static struct expr_trend same(struct expr_trend a, struct expr_trend b)
{
    bool is_steady = a.direction == EXPR_STEADY && b.direction == EXPR_STEADY;
    return truth(is_steady ? EXPR_STEADY : EXPR_WANDERS, a.may_fail || b.may_fail);
}

/* From `otherwise` to `then` as the condition becomes true. */
static struct expr_trend turned(struct expr_trend then, struct expr_trend otherwise)
{
    enum expr_direction step = then.low >= otherwise.high   ? EXPR_RISES
                               : then.high <= otherwise.low ? EXPR_FALLS
                                                            : EXPR_WANDERS;
    if (then.may_fail || otherwise.may_fail)
        step = EXPR_WANDERS;
    return bounded(together(step, together(then.direction, otherwise.direction)),
                   fmin(then.low, otherwise.low), fmax(then.high, otherwise.high), false);
}

static struct expr_trend chosen(struct expr_trend condition, struct expr_trend then,
                                struct expr_trend otherwise)
{
    struct expr_trend result;
    if (condition.direction != EXPR_STEADY && condition.may_fail)
        return anything(EXPR_WANDERS);
    switch (condition.direction) {
    case EXPR_RISES:
        result = turned(then, otherwise);
        break;
    case EXPR_FALLS:
        result = turned(otherwise, then);
        break;
    case EXPR_STEADY:
        result =
            bounded(together(then.direction, otherwise.direction), fmin(then.low, otherwise.low),
                    fmax(then.high, otherwise.high), then.may_fail || otherwise.may_fail);
        break;
    case EXPR_WANDERS:
        result = anything(EXPR_WANDERS);
        break;
    }
    result.may_fail = result.may_fail || condition.may_fail;
    return result;
}

/* ---- trees ------------------------------------------------------------------------------- */

/* All of these must be steady for the whole to be. */
static struct expr_trend opaque(const struct lookup *lookup, const struct expr_node *node)
{
    const struct expr_node *const parts[] = {node->a, node->b, node->c};
    bool is_steady = true;
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        is_steady =
            is_steady && (parts[i] == NULL || trend_of(lookup, parts[i]).direction == EXPR_STEADY);
    for (uint32_t i = 0; i < node->count; i++)
        is_steady = is_steady && trend_of(lookup, node->list[i]).direction == EXPR_STEADY;
    return anything(is_steady ? EXPR_STEADY : EXPR_WANDERS);
}

static struct expr_trend constant_trend(struct value value)
{
    if (value.kind == VALUE_BOOL)
        return bounded(EXPR_STEADY, value.as.boolean, value.as.boolean, false);
    if (value.kind == VALUE_INT)
        return bounded(EXPR_STEADY, (double)value.as.integer, (double)value.as.integer, false);
    if (value.kind == VALUE_DOUBLE)
        return bounded(EXPR_STEADY, value.as.real, value.as.real, false);
    struct expr_trend result = anything(EXPR_STEADY);
    result.may_fail = value.kind == VALUE_ERROR;
    return result;
}

static struct expr_trend logic(const struct lookup *lookup, const struct expr_node *node)
{
    struct expr_trend result = truth(EXPR_STEADY, false);
    for (uint32_t i = 0; i < node->count; i++) {
        struct expr_trend part = trend_of(lookup, node->list[i]);
        result.direction = together(result.direction, part.direction);
        result.may_fail = result.may_fail || part.may_fail;
    }
    return result;
}

/* A function that never falls has its bounds at those of its arguments. */
static struct expr_trend grown(const struct expr_function *host, const struct expr_trend *arguments,
                               uint32_t count)
{
    struct value lows[EXPR_ARGUMENTS_MAX];
    struct value highs[EXPR_ARGUMENTS_MAX];
    struct expr_trend result = {.direction = EXPR_STEADY};
    for (uint32_t i = 0; i < count; i++) {
        lows[i] = value_double(arguments[i].low);
        highs[i] = value_double(arguments[i].high);
        result.direction = together(result.direction, arguments[i].direction);
        result.may_fail = result.may_fail || arguments[i].may_fail;
    }
    struct value low = host->call(host->user, lows, NULL);
    struct value high = host->call(host->user, highs, NULL);
    assert(low.kind == VALUE_DOUBLE && high.kind == VALUE_DOUBLE);
    return bounded(result.direction, low.as.real, high.as.real, result.may_fail);
}

static struct expr_trend magnitude(struct expr_trend argument)
{
    if (argument.low >= 0)
        return argument;
    if (argument.high <= 0)
        return negated(argument);
    return bounded(argument.direction == EXPR_STEADY ? EXPR_STEADY : EXPR_WANDERS, 0,
                   fmax(-argument.low, argument.high), argument.may_fail);
}

static struct expr_trend called(const struct lookup *lookup, const struct expr_node *node)
{
    const struct expr_function *host = node->as.host;
    struct expr_trend arguments[EXPR_ARGUMENTS_MAX];
    if (host->growth == EXPR_ANYHOW)
        return opaque(lookup, node);
    for (uint32_t i = 0; i < node->count; i++)
        arguments[i] = trend_of(lookup, node->list[i]);
    return host->growth == EXPR_GROWS ? grown(host, arguments, node->count)
                                      : magnitude(arguments[0]);
}

static struct expr_trend first(const struct lookup *lookup, const struct expr_node *node)
{
    return trend_of(lookup, node->a);
}

static struct expr_trend second(const struct lookup *lookup, const struct expr_node *node)
{
    return trend_of(lookup, node->b);
}

static struct expr_trend trend_of(const struct lookup *lookup, const struct expr_node *node)
{
    struct expr_trend part;
    switch ((enum expr_op)node->op) {
    case OP_CONSTANT:
        return constant_trend(node->constant);
    case OP_VARIABLE:
        return lookup->of(lookup->user, node->bank, node->index);
    case OP_LOCAL:
        return anything(EXPR_STEADY); /* what it stands for is looked at where it is given */
    case OP_HAS_VARIABLE:
        return truth(EXPR_STEADY, false);
    case OP_NOT:
        part = trend_of(lookup, node->a);
        return bounded(flipped(part.direction), 1 - part.high, 1 - part.low, part.may_fail);
    case OP_NEGATE:
        return negated(trend_of(lookup, node->a));
    case OP_AND:
    case OP_OR:
        return logic(lookup, node);
    case OP_CONDITION:
        return chosen(trend_of(lookup, node->a), trend_of(lookup, node->b),
                      trend_of(lookup, node->c));
    case OP_LESS:
    case OP_VARIABLE_LESS:
        return less(first(lookup, node), second(lookup, node), false);
    case OP_LESS_EQUAL:
    case OP_VARIABLE_LESS_EQUAL:
        return less(first(lookup, node), second(lookup, node), true);
    case OP_GREATER:
    case OP_VARIABLE_GREATER:
        return less(second(lookup, node), first(lookup, node), false);
    case OP_GREATER_EQUAL:
    case OP_VARIABLE_GREATER_EQUAL:
        return less(second(lookup, node), first(lookup, node), true);
    case OP_ADD:
    case OP_VARIABLE_ADD:
        return sum(first(lookup, node), second(lookup, node));
    case OP_SUBTRACT:
    case OP_VARIABLE_SUBTRACT:
        return sum(first(lookup, node), negated(second(lookup, node)));
    case OP_MULTIPLY:
        return product(first(lookup, node), second(lookup, node));
    case OP_DIVIDE:
        return quotient(first(lookup, node), second(lookup, node));
    case OP_EQUAL:
    case OP_UNEQUAL:
    case OP_IN:
    case OP_VARIABLE_EQUAL:
    case OP_VARIABLE_UNEQUAL:
    case OP_VARIABLE_IS:
    case OP_VARIABLE_IS_NOT:
        return same(first(lookup, node), second(lookup, node));
    case OP_HOST:
        return called(lookup, node);
    case OP_ACTIVE:
    case OP_REMAINDER:
    case OP_INDEX:
    case OP_SELECT:
    case OP_HAS:
    case OP_LIST:
    case OP_MAP:
    case OP_CALL:
    case OP_MATCHES:
    case OP_ALL:
    case OP_EXISTS:
    case OP_EXISTS_ONE:
    case OP_FILTER:
    case OP_TRANSFORM:
    case OP_BIND:
        break;
    }
    return opaque(lookup, node);
}

struct expr_trend expr_trend(const struct expr_program *program, expr_trend_of of, void *user)
{
    struct lookup lookup = {of, user};
    return trend_of(&lookup, program->root);
}
