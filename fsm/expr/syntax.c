/* Recursive descent over CEL's grammar, one function a precedence level; macros are recognised here
 * and become nodes of their own. */
#include "fsm/expr/syntax.h"

#include "fsm/expr/text.h"
#include "fsm/expr/token.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parser {
    struct token_reader reader;
    struct token token; /* the next one, not yet taken */
    uint32_t nodes;
    int depth;
};

/* A list that grows while it is read. */
struct parts {
    struct syntax **items;
    uint32_t count;
    uint32_t capacity;
};

/* --- faults ----------------------------------------------------------------------------------- */

enum status expr_syntax_fault(const char *text, uint32_t offset, struct fault *out_fault,
                              const char *format, ...)
{
    char sentence[FAULT_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments); /* cut where it is too long */
    va_end(arguments);
    int line = 1;
    uint32_t line_start = 0;
    for (uint32_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    return fault_set(out_fault, line, (int)(offset - line_start) + 1, "%s", sentence);
}

static enum status wrong(struct parser *parser, uint32_t offset, const char *sentence)
{
    return expr_syntax_fault(parser->reader.text, offset, parser->reader.fault, "%s", sentence);
}

static enum status too_much(struct parser *parser, uint32_t offset, const char *sentence)
{
    (void)wrong(parser, offset, sentence); /* reported as a limit */
    return STATUS_FULL;
}

static enum status unexpected(struct parser *parser, const char *wanted)
{
    const struct token *token = &parser->token;
    if (token->kind == TOKEN_END)
        return expr_syntax_fault(parser->reader.text, token->offset, parser->reader.fault,
                                 "the expression ends where %s is expected", wanted);
    int shown = (int)(token->size > 40 ? 40 : token->size);
    return expr_syntax_fault(parser->reader.text, token->offset, parser->reader.fault,
                             "unexpected '%.*s' where %s is expected", shown,
                             parser->reader.text + token->offset, wanted);
}

/* --- tokens and nodes ------------------------------------------------------------------------- */

static enum status advance(struct parser *parser)
{
    return expr_token_next(&parser->reader, &parser->token);
}

static bool is_sign(const struct parser *parser, const char *sign)
{
    return parser->token.kind == TOKEN_SIGN && strcmp(parser->token.sign, sign) == 0;
}

static bool is_word(const struct parser *parser, const char *word)
{
    return parser->token.kind == TOKEN_NAME && value_equal(parser->token.literal, value_text(word));
}

static enum status expect(struct parser *parser, const char *sign)
{
    if (!is_sign(parser, sign)) {
        char wanted[8];
        (void)snprintf(wanted, sizeof wanted, "'%s'", sign); /* fits: signs are short */
        return unexpected(parser, wanted);
    }
    return advance(parser);
}

static enum status append(struct parser *parser, struct parts *parts, struct syntax *part)
{
    if (parts->count == parts->capacity) {
        uint32_t capacity = parts->capacity == 0 ? 4 : parts->capacity * 2;
        struct syntax **items = arena_array(parser->reader.arena, capacity, sizeof(*items));
        if (items == NULL)
            return STATUS_FULL;
        if (parts->count > 0)
            memcpy(items, parts->items, parts->count * sizeof *items);
        parts->items = items;
        parts->capacity = capacity;
    }
    parts->items[parts->count++] = part;
    return STATUS_OK;
}

static enum status make(struct parser *parser, enum syntax_kind kind, uint32_t offset,
                        struct parts parts, struct syntax **out)
{
    if (++parser->nodes > EXPR_NODES_MAX)
        return too_much(parser, offset, "the expression has too many parts");
    struct syntax *node = arena_alloc(parser->reader.arena, sizeof *node);
    if (node == NULL)
        return STATUS_FULL;
    int depth = 0;
    for (uint32_t i = 0; i < parts.count; i++)
        if (parts.items[i]->depth > depth)
            depth = parts.items[i]->depth;
    if (depth >= EXPR_DEPTH_MAX)
        return too_much(parser, offset, "the expression nests too deeply");
    node->kind = kind;
    node->offset = offset;
    node->depth = (uint8_t)(depth + 1);
    node->parts = parts.items;
    node->count = parts.count;
    *out = node;
    return STATUS_OK;
}

/* Makes a node of up to three parts; the first NULL ends them. */
static enum status make_named(struct parser *parser, enum syntax_kind kind, uint32_t offset,
                              struct value name, struct syntax *const given[3], struct syntax **out)
{
    struct parts parts = {0};
    enum status status = STATUS_OK;
    for (int i = 0; i < 3 && given[i] != NULL && status == STATUS_OK; i++)
        status = append(parser, &parts, given[i]);
    if (status == STATUS_OK)
        status = make(parser, kind, offset, parts, out);
    if (status == STATUS_OK)
        (*out)->name = name;
    return status;
}

static enum status make_operator(struct parser *parser, const char *name, uint32_t offset,
                                 struct syntax *a, struct syntax *b, struct syntax **out)
{
    return make_named(parser, SYNTAX_CALL, offset, value_text(name),
                      (struct syntax *[3]){a, b, NULL}, out);
}

static enum status make_literal(struct parser *parser, struct value literal, uint32_t offset,
                                struct syntax **out)
{
    enum status status = make(parser, SYNTAX_LITERAL, offset, (struct parts){0}, out);
    if (status == STATUS_OK)
        (*out)->literal = literal;
    return status;
}

/* --- macros ----------------------------------------------------------------------------------- */

static const struct macro {
    const char *name;
    uint32_t arguments;
    enum syntax_kind kind;
} macros[] = {
    {"all", 2, SYNTAX_ALL},
    {"exists", 2, SYNTAX_EXISTS},
    {"exists_one", 2, SYNTAX_EXISTS_ONE},
    {"existsOne", 2, SYNTAX_EXISTS_ONE},
    {"filter", 2, SYNTAX_FILTER},
    {"map", 2, SYNTAX_TRANSFORM},
    {"map", 3, SYNTAX_TRANSFORM},
};

static bool is_simple_name(const struct syntax *node)
{
    return node->kind == SYNTAX_NAME && !node->is_absolute;
}

static bool is_bind(const struct syntax *method)
{
    return value_equal(method->name, value_text("bind")) && method->count == 4 &&
           is_simple_name(method->parts[0]) &&
           value_equal(method->parts[0]->name, value_text("cel"));
}

/* Turns target.name(variable, body…) into a macro's node where it is one. */
static enum status expand_method(struct parser *parser, struct syntax *method)
{
    struct syntax **parts = method->parts;
    enum syntax_kind kind = SYNTAX_METHOD;
    for (size_t i = 0; i < COUNT_OF(macros); i++)
        if (macros[i].arguments == method->count - 1 &&
            value_equal(method->name, value_text(macros[i].name)))
            kind = macros[i].kind;
    if (is_bind(method))
        kind = SYNTAX_BIND;
    if (kind == SYNTAX_METHOD)
        return STATUS_OK;
    if (!is_simple_name(parts[1]))
        return wrong(parser, parts[1]->offset,
                     "the first argument of a macro is the name of its variable");
    method->kind = kind;
    method->name = parts[1]->name;
    if (kind == SYNTAX_BIND) { /* cel, name, init, body */
        parts[0] = parts[2];
        parts[1] = parts[3];
        method->count = 2;
    } else if (method->count == 4) { /* list, name, filter, transform */
        parts[1] = parts[3];
        method->count = 3;
    } else {
        parts[1] = parts[2];
        method->count = 2;
    }
    return STATUS_OK;
}

static enum status expand_call(struct parser *parser, struct syntax *call)
{
    if (!value_equal(call->name, value_text("has")) || call->count != 1)
        return STATUS_OK;
    struct syntax *field = call->parts[0];
    if (field->kind != SYNTAX_SELECT)
        return wrong(parser, field->offset,
                     "has() takes a field, as in has(event.reason) or has(ctx.scores.anna)");
    call->kind = SYNTAX_HAS;
    call->name = field->name;
    call->offset = field->offset;
    call->parts = field->parts;
    return STATUS_OK;
}

/* --- primaries -------------------------------------------------------------------------------- */

static enum status parse_expression(struct parser *parser, struct syntax **out);

/* Reads "a, b)" or "]" and so on, the closing sign included; a trailing comma is allowed in list
 * and map literals. */
static enum status parse_list(struct parser *parser, const char *closing, bool trailing_comma,
                              struct parts *parts)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !is_sign(parser, closing)) {
        struct syntax *item;
        status = parse_expression(parser, &item);
        if (status == STATUS_OK)
            status = append(parser, parts, item);
        if (status != STATUS_OK || is_sign(parser, closing))
            break;
        status = expect(parser, ",");
        if (status == STATUS_OK && is_sign(parser, closing) && !trailing_comma)
            return unexpected(parser, "an argument");
    }
    return status == STATUS_OK ? expect(parser, closing) : status;
}

static enum status parse_map(struct parser *parser, uint32_t offset, struct syntax **out)
{
    struct parts parts = {0};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !is_sign(parser, "}")) {
        struct syntax *key;
        struct syntax *item;
        status = parse_expression(parser, &key);
        if (status == STATUS_OK)
            status = expect(parser, ":");
        if (status == STATUS_OK)
            status = parse_expression(parser, &item);
        if (status == STATUS_OK)
            status = append(parser, &parts, key);
        if (status == STATUS_OK)
            status = append(parser, &parts, item);
        if (status != STATUS_OK || is_sign(parser, "}"))
            break;
        status = expect(parser, ",");
    }
    if (status == STATUS_OK)
        status = expect(parser, "}");
    return status == STATUS_OK ? make(parser, SYNTAX_MAP, offset, parts, out) : status;
}

/* A name, or a call of a function that is not a method. */
static enum status parse_name(struct parser *parser, bool is_absolute, struct syntax **out)
{
    struct token name = parser->token;
    if (name.kind != TOKEN_NAME)
        return unexpected(parser, "a name");
    if (expr_token_is_reserved(name.literal.as.text, name.literal.size))
        return expr_syntax_fault(parser->reader.text, name.offset, parser->reader.fault,
                                 "'%.*s' is a reserved word", (int)name.size, name.literal.as.text);
    enum status status = advance(parser);
    if (status != STATUS_OK)
        return status;
    struct parts parts = {0};
    enum syntax_kind kind = SYNTAX_NAME;
    if (is_sign(parser, "(")) {
        kind = SYNTAX_CALL;
        status = advance(parser);
        if (status == STATUS_OK)
            status = parse_list(parser, ")", false, &parts);
    }
    if (status == STATUS_OK)
        status = make(parser, kind, name.offset, parts, out);
    if (status != STATUS_OK)
        return status;
    (*out)->name = name.literal;
    (*out)->is_absolute = is_absolute;
    return kind == SYNTAX_CALL ? expand_call(parser, *out) : STATUS_OK;
}

static bool word_literal(const struct parser *parser, struct value *out)
{
    if (is_word(parser, "true") || is_word(parser, "false"))
        *out = value_bool(is_word(parser, "true"));
    else if (is_word(parser, "null"))
        *out = value_null();
    else
        return false;
    return true;
}

/* A number token as a literal, with its sign. */
static enum status parse_literal(struct parser *parser, bool is_negative, uint32_t offset,
                                 struct syntax **out)
{
    struct value literal = parser->token.literal;
    if (literal.kind == VALUE_INT) {
        if (literal.as.natural > (uint64_t)INT64_MAX + is_negative)
            return wrong(parser, parser->token.offset, "the number does not fit an int");
        literal.as.natural = is_negative ? 0 - literal.as.natural : literal.as.natural;
    } else if (literal.kind == VALUE_DOUBLE && is_negative) {
        literal.as.real = -literal.as.real;
    }
    enum status status = advance(parser);
    return status == STATUS_OK ? make_literal(parser, literal, offset, out) : status;
}

static enum status parse_brackets(struct parser *parser, struct syntax **out)
{
    uint32_t offset = parser->token.offset;
    bool is_list = is_sign(parser, "[");
    bool is_map = is_sign(parser, "{");
    enum status status = advance(parser);
    if (status != STATUS_OK)
        return status;
    if (is_map)
        return parse_map(parser, offset, out);
    if (is_list) {
        struct parts parts = {0};
        status = parse_list(parser, "]", true, &parts);
        return status == STATUS_OK ? make(parser, SYNTAX_LIST, offset, parts, out) : status;
    }
    status = parse_expression(parser, out);
    return status == STATUS_OK ? expect(parser, ")") : status;
}

static enum status parse_primary(struct parser *parser, struct syntax **out)
{
    struct value literal;
    if (parser->token.kind == TOKEN_LITERAL)
        return parse_literal(parser, false, parser->token.offset, out);
    if (word_literal(parser, &literal)) {
        uint32_t offset = parser->token.offset;
        enum status status = advance(parser);
        return status == STATUS_OK ? make_literal(parser, literal, offset, out) : status;
    }
    if (is_sign(parser, "(") || is_sign(parser, "[") || is_sign(parser, "{"))
        return parse_brackets(parser, out);
    if (is_sign(parser, ".")) {
        enum status status = advance(parser);
        return status == STATUS_OK ? parse_name(parser, true, out) : status;
    }
    if (parser->token.kind == TOKEN_NAME)
        return parse_name(parser, false, out);
    return unexpected(parser, "a value");
}

/* --- members: .name .name(…) [index] -----------------------------------------------------------
 */

static enum status parse_method(struct parser *parser, struct token name, struct syntax **tree)
{
    struct parts parts = {0};
    enum status status = append(parser, &parts, *tree);
    if (status == STATUS_OK)
        status = advance(parser);
    if (status == STATUS_OK)
        status = parse_list(parser, ")", false, &parts);
    if (status == STATUS_OK)
        status = make(parser, SYNTAX_METHOD, name.offset, parts, tree);
    if (status != STATUS_OK)
        return status;
    (*tree)->name = name.literal;
    return expand_method(parser, *tree);
}

static enum status parse_selection(struct parser *parser, struct syntax **tree)
{
    enum status status = advance(parser);
    if (status != STATUS_OK)
        return status;
    struct token name = parser->token;
    if (name.kind != TOKEN_NAME && name.kind != TOKEN_QUOTED_NAME)
        return unexpected(parser, "the name of a field");
    struct value word;
    if (word_literal(parser, &word) || is_word(parser, "in"))
        return unexpected(parser, "the name of a field");
    status = advance(parser);
    if (status == STATUS_OK && name.kind == TOKEN_NAME && is_sign(parser, "("))
        return parse_method(parser, name, tree);
    if (status == STATUS_OK)
        status = make_named(parser, SYNTAX_SELECT, name.offset, name.literal,
                            (struct syntax *[3]){*tree, NULL, NULL}, tree);
    return status;
}

static enum status parse_index(struct parser *parser, struct syntax **tree)
{
    uint32_t offset = parser->token.offset;
    struct syntax *index;
    enum status status = advance(parser);
    if (status == STATUS_OK)
        status = parse_expression(parser, &index);
    if (status == STATUS_OK)
        status = expect(parser, "]");
    return status == STATUS_OK ? make_operator(parser, "_[_]", offset, *tree, index, tree) : status;
}

static enum status parse_suffixes(struct parser *parser, struct syntax **tree)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        if (is_sign(parser, "."))
            status = parse_selection(parser, tree);
        else if (is_sign(parser, "["))
            status = parse_index(parser, tree);
        else
            break;
    }
    return status;
}

/* --- operators -------------------------------------------------------------------------------- */

static enum status count_signs(struct parser *parser, const char *sign, uint32_t *out_count,
                               uint32_t *out_last)
{
    enum status status = STATUS_OK;
    *out_count = 0;
    while (status == STATUS_OK && is_sign(parser, sign)) {
        *out_last = parser->token.offset;
        (*out_count)++;
        status = advance(parser);
    }
    return status;
}

/* The sign right before a number belongs to it, so that -9223372036854775808 can be written; two
 * signs cancel out. */
static enum status parse_unary(struct parser *parser, struct syntax **out)
{
    uint32_t offset = parser->token.offset;
    uint32_t last = offset;
    uint32_t count = 0;
    bool is_not = is_sign(parser, "!");
    enum status status = count_signs(parser, is_not ? "!" : "-", &count, &last);
    if (status != STATUS_OK)
        return status;
    uint32_t kind = parser->token.kind == TOKEN_LITERAL ? parser->token.literal.kind : VALUE_UNSET;
    if (!is_not && count > 0 && (kind == VALUE_INT || kind == VALUE_DOUBLE)) {
        count--;
        status = parse_literal(parser, true, last, out);
    } else {
        status = parse_primary(parser, out);
    }
    if (status == STATUS_OK)
        status = parse_suffixes(parser, out);
    if (status == STATUS_OK && count % 2 == 1)
        status = make_operator(parser, is_not ? "!_" : "-_", offset, *out, NULL, out);
    return status;
}

struct binary {
    const char *sign; /* "in" is a word */
    const char *name;
    int level;
};

static const struct binary binaries[] = {
    {"==", "_==_", 0}, {"!=", "_!=_", 0}, {"<", "_<_", 0},  {"<=", "_<=_", 0},
    {">", "_>_", 0},   {">=", "_>=_", 0}, {"in", "@in", 0}, {"+", "_+_", 1},
    {"-", "_-_", 1},   {"*", "_*_", 2},   {"/", "_/_", 2},  {"%", "_%_", 2},
};

static const struct binary *binary_at(const struct parser *parser, int level)
{
    for (size_t i = 0; i < COUNT_OF(binaries); i++)
        if (binaries[i].level == level &&
            (is_sign(parser, binaries[i].sign) || is_word(parser, binaries[i].sign)))
            return &binaries[i];
    return NULL;
}

/* Left-associative binary operators of one level (0 relations, 1 sums, 2 products). */
static enum status parse_binary(struct parser *parser, int level, struct syntax **out)
{
    enum status status =
        level == 2 ? parse_unary(parser, out) : parse_binary(parser, level + 1, out);
    const struct binary *binary;
    while (status == STATUS_OK && (binary = binary_at(parser, level)) != NULL) {
        uint32_t offset = parser->token.offset;
        struct syntax *right;
        status = advance(parser);
        if (status == STATUS_OK)
            status =
                level == 2 ? parse_unary(parser, &right) : parse_binary(parser, level + 1, &right);
        if (status == STATUS_OK)
            status = make_operator(parser, binary->name, offset, *out, right, out);
    }
    return status;
}

/* a && b && c as one node; likewise || over those. */
static enum status parse_logic(struct parser *parser, bool is_or, struct syntax **out)
{
    const char *sign = is_or ? "||" : "&&";
    struct parts parts = {0};
    uint32_t offset = 0;
    for (;;) {
        enum status status = is_or ? parse_logic(parser, false, out) : parse_binary(parser, 0, out);
        bool is_last = !is_sign(parser, sign);
        if (status != STATUS_OK || (is_last && parts.count == 0))
            return status;
        if (parts.count == 0)
            offset = parser->token.offset;
        status = append(parser, &parts, *out);
        if (status == STATUS_OK && is_last)
            return make(parser, is_or ? SYNTAX_OR : SYNTAX_AND, offset, parts, out);
        if (status == STATUS_OK)
            status = advance(parser);
        if (status != STATUS_OK)
            return status;
    }
}

static enum status parse_conditional(struct parser *parser, struct syntax **out)
{
    enum status status = parse_logic(parser, true, out);
    if (status != STATUS_OK || !is_sign(parser, "?"))
        return status;
    uint32_t offset = parser->token.offset;
    struct syntax *yes;
    struct syntax *no;
    status = advance(parser);
    if (status == STATUS_OK)
        status = parse_logic(parser, true, &yes);
    if (status == STATUS_OK)
        status = expect(parser, ":");
    if (status == STATUS_OK)
        status = parse_expression(parser, &no);
    if (status == STATUS_OK)
        status = make_named(parser, SYNTAX_CALL, offset, value_text("_?_:_"),
                            (struct syntax *[3]){*out, yes, no}, out);
    return status;
}

static enum status parse_expression(struct parser *parser, struct syntax **out)
{
    if (++parser->depth > EXPR_DEPTH_MAX)
        return too_much(parser, parser->token.offset, "the expression nests too deeply");
    enum status status = parse_conditional(parser, out);
    parser->depth--;
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

enum status expr_syntax_parse(struct arena *arena, const char *text, size_t size,
                              struct syntax **out_tree, struct fault *out_fault)
{
    struct parser parser = {
        .reader = {.arena = arena, .text = text, .size = size, .fault = out_fault}};
    if (size > EXPR_SOURCE_MAX)
        return too_much(&parser, 0, "the expression is too long");
    size_t valid = expr_text_valid_size(text, size);
    if (valid < size)
        return wrong(&parser, (uint32_t)valid, "the expression is not valid UTF-8 here");
    struct syntax *tree;
    enum status status = advance(&parser);
    if (status == STATUS_OK)
        status = parse_expression(&parser, &tree);
    if (status == STATUS_OK && parser.token.kind != TOKEN_END)
        status = unexpected(&parser, "the end or an operator");
    if (status == STATUS_OK)
        *out_tree = tree;
    return status;
}

static size_t dotted_size(const struct syntax *tree)
{
    if (tree->kind == SYNTAX_NAME)
        return tree->name.size;
    if (tree->kind != SYNTAX_SELECT)
        return SIZE_MAX;
    size_t before = dotted_size(tree->parts[0]);
    return before == SIZE_MAX ? SIZE_MAX : before + 1 + tree->name.size;
}

struct value expr_syntax_dotted_name(struct arena *arena, const struct syntax *tree)
{
    size_t size = dotted_size(tree);
    char *text = size == SIZE_MAX ? NULL : arena_alloc(arena, size + 1);
    if (text == NULL)
        return (struct value){.kind = VALUE_UNSET};
    size_t at = size;
    for (;; tree = tree->parts[0]) {
        at -= tree->name.size;
        memcpy(text + at, tree->name.as.text, tree->name.size);
        if (tree->kind == SYNTAX_NAME)
            break;
        text[--at] = '.';
    }
    assert(at == 0);
    return value_string(text, size);
}
