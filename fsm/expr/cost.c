/* The static cost bound: sizes flow up the tree from declarations and literals, steps add up and
 * multiply where a macro goes through a collection. */
#include "fsm/expr/cost.h"

#include <assert.h>
#include <string.h>

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return smaller(a + b, COST_MAX); /* both are at most COST_MAX: no overflow */
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    return b != 0 && a > COST_MAX / b ? COST_MAX : a * b;
}

static uint64_t steps_of_bytes(uint64_t bytes)
{
    return bytes / EXPR_STEP_BYTES;
}

static uint64_t declared_size(const struct expr_type *type)
{
    return type->size_max != 0 ? type->size_max : EXPR_SIZE_MAX;
}

static uint64_t longest_name(const struct expr_type *type)
{
    uint64_t longest = 0;
    for (uint32_t i = 0; i < type->names_count; i++)
        longest = larger(longest, strlen(type->names[i]));
    return longest;
}

struct cost expr_cost_of_type(const struct expr_type *type)
{
    struct cost cost = {0};
    switch (type->kind) {
    case EXPR_DYN:
    case EXPR_VARIABLE:
        cost.size = EXPR_SIZE_MAX;
        cost.item = EXPR_SIZE_MAX;
        break;
    case EXPR_STRING:
        cost.size = declared_size(type) * 4; /* bytes of a code point */
        break;
    case EXPR_ENUM:
        cost.size = longest_name(type);
        break;
    case EXPR_LIST:
        cost.size = declared_size(type);
        cost.item = expr_cost_of_type(type->item).size;
        break;
    case EXPR_MAP:
        cost.size = declared_size(type);
        cost.item = larger(expr_cost_of_type(type->key).size, expr_cost_of_type(type->item).size);
        break;
    case EXPR_NULL:
    case EXPR_BOOL:
    case EXPR_INT:
    case EXPR_UINT:
    case EXPR_DOUBLE:
    case EXPR_DURATION:
    case EXPR_TIMESTAMP:
    case EXPR_TYPE:
        break;
    }
    return cost;
}

struct cost expr_cost_of_value(struct value value)
{
    struct cost cost = {0};
    if (value.kind == VALUE_STRING || value.kind == VALUE_LIST || value.kind == VALUE_MAP)
        cost.size = value.size;
    for (uint32_t i = 0; value.kind == VALUE_LIST && i < value.size; i++)
        cost.item = larger(cost.item, expr_cost_of_value(value.as.items[i]).size);
    for (uint32_t i = 0; value.kind == VALUE_MAP && i < value.size; i++) {
        cost.item = larger(cost.item, expr_cost_of_value(value.as.entries[i].key).size);
        cost.item = larger(cost.item, expr_cost_of_value(value.as.entries[i].value).size);
    }
    return cost;
}

/* Steps to compare two values: the shorter ends it. */
static uint64_t comparison(const struct syntax *tree, const struct cost *a, const struct cost *b)
{
    bool is_text = tree->type->kind == EXPR_STRING || tree->type->kind == EXPR_ENUM;
    uint64_t size = smaller(a->size, b->size);
    if (is_text || size == 0)
        return steps_of_bytes(size);
    return multiply(size, 1 + steps_of_bytes(smaller(a->item, b->item)));
}

/* Steps to look for a key or an item among those of `range`. */
static uint64_t search(const struct cost *wanted, const struct cost *range)
{
    return multiply(range->size, 1 + steps_of_bytes(smaller(wanted->size, range->item)));
}

static uint64_t call_steps(const struct library_function *function, const struct cost *parts,
                           uint32_t count)
{
    uint64_t sum = 0;
    switch (function->cost) {
    case COST_ONE:
        return 0;
    case COST_FIRST:
        return steps_of_bytes(parts[0].size);
    case COST_SECOND:
        return steps_of_bytes(parts[1].size);
    case COST_SUM:
        for (uint32_t i = 0; i < count; i++)
            sum = add(sum, parts[i].size);
        return steps_of_bytes(sum);
    case COST_PRODUCT:
    case COST_ITEMS:
        sum = count > 1 ? larger(parts[1].size, 1) : 1;
        sum = multiply(larger(parts[0].size, 1), sum);
        sum = add(steps_of_bytes(sum), steps_of_bytes(multiply(parts[0].size, parts[0].item)));
        return function->cost == COST_ITEMS ? add(sum, add(parts[0].size, 1)) : sum;
    }
    return 0;
}

/* The size of a result that may hold one piece of text for every byte or item of the first. */
static uint64_t product_size(const struct cost *parts, uint32_t count)
{
    uint64_t each = parts[0].item;
    for (uint32_t i = 1; i < count; i++)
        each = add(each, parts[i].size);
    return multiply(add(parts[0].size, 1), add(each, 1));
}

static void call_size(const struct library_function *function, const struct cost *parts,
                      uint32_t count, struct cost *out)
{
    switch (function->size) {
    case SIZE_SMALL:
        out->size = EXPR_STEP_BYTES;
        return;
    case SIZE_FIRST:
        out->size = parts[0].size;
        out->item = larger(parts[0].item, parts[0].size);
        return;
    case SIZE_SUM:
        out->size = 2;
        for (uint32_t i = 0; i < count; i++) {
            out->size = add(out->size, multiply(parts[i].size, count == 1 ? 2 : 1));
            out->item = larger(out->item, parts[i].item);
        }
        return;
    case SIZE_PRODUCT:
        out->size = product_size(parts, count);
        return;
    case SIZE_ANY:
        out->size = EXPR_SIZE_MAX;
        out->item = EXPR_SIZE_MAX;
        return;
    }
}

static void call(const struct syntax *tree, const struct cost *parts, struct cost *out)
{
    const struct library_function *function = tree->function;
    if (function == NULL) {
        out->steps = add(out->steps, tree->host->cost);
        struct cost result = expr_cost_of_type(tree->host->result);
        out->size = result.size;
        out->item = result.item;
        return;
    }
    call_size(function, parts, tree->count, out);
    out->steps = add(out->steps, call_steps(function, parts, tree->count));
    struct cost typed = expr_cost_of_type(tree->type);
    switch ((enum expr_op)function->op) {
    case OP_CONDITION:
        out->size = larger(parts[1].size, parts[2].size);
        out->item = larger(parts[1].item, parts[2].item);
        break;
    case OP_EQUAL:
    case OP_UNEQUAL:
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL:
        out->steps = add(out->steps, comparison(tree->parts[0], &parts[0], &parts[1]));
        break;
    case OP_ADD: /* bytes of text are counted; items of lists are steps each */
        if (tree->type->kind == EXPR_LIST || tree->type->kind == EXPR_DYN)
            out->steps = add(out->steps, add(parts[0].size, parts[1].size));
        break;
    case OP_IN:
        out->steps = add(out->steps, search(&parts[0], &parts[1]));
        break;
    case OP_INDEX:
        out->size = smaller(parts[0].item, typed.size);
        out->item = typed.item;
        if (tree->parts[0]->type->kind != EXPR_LIST)
            out->steps = add(out->steps, search(&parts[1], &parts[0]));
        break;
    default: /* an ordinary operator or function: done above */
        break;
    }
}

/* range.macro(x, body…): every round costs one and its parts. */
static void macro(const struct syntax *tree, const struct cost *parts, struct cost *out)
{
    uint64_t round = 1;
    for (uint32_t i = 1; i < tree->count; i++)
        round = add(round, parts[i].steps);
    out->steps = add(add(parts[0].steps, 1), multiply(parts[0].size, round));
    if (tree->kind == SYNTAX_FILTER || tree->kind == SYNTAX_TRANSFORM) {
        out->size = parts[0].size;
        out->item = tree->kind == SYNTAX_FILTER ? parts[0].item : parts[1].size;
    }
}

struct cost expr_cost_of_tree(const struct syntax *tree, const struct cost *parts)
{
    struct cost cost = {.steps = 1};
    for (uint32_t i = 0; parts != NULL && i < tree->count; i++)
        cost.steps = add(cost.steps, parts[i].steps);
    struct cost typed = {0};
    switch (tree->kind) {
    case SYNTAX_LITERAL:
        typed = expr_cost_of_value(tree->literal);
        cost.size = typed.size;
        break;
    case SYNTAX_NAME:
    case SYNTAX_SELECT:
        typed = expr_cost_of_type(tree->type);
        cost.size = typed.size;
        cost.item = typed.item;
        if (parts != NULL)
            cost.steps = add(cost.steps, parts[0].size);
        break;
    case SYNTAX_HAS:
        if (parts != NULL)
            cost.steps = add(cost.steps, parts[0].size);
        break;
    case SYNTAX_CALL:
    case SYNTAX_METHOD:
        if (!tree->is_state)
            call(tree, parts, &cost);
        break;
    case SYNTAX_LIST:
    case SYNTAX_MAP:
        cost.size = tree->kind == SYNTAX_LIST ? tree->count : tree->count / 2;
        for (uint32_t i = 0; i < tree->count; i++)
            cost.item = larger(cost.item, parts[i].size);
        break;
    case SYNTAX_ALL:
    case SYNTAX_EXISTS:
    case SYNTAX_EXISTS_ONE:
    case SYNTAX_FILTER:
    case SYNTAX_TRANSFORM:
        macro(tree, parts, &cost);
        break;
    case SYNTAX_BIND:
        cost.size = parts[1].size;
        cost.item = parts[1].item;
        break;
    case SYNTAX_AND:
    case SYNTAX_OR:
        break;
    }
    return cost;
}
