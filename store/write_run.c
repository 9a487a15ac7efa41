/* Binds a write's input to the parameters of its statements, by name. */
#include "store/write_run.h"

#include <stdlib.h>
#include <string.h>

#include "fsm/value_codec.h"
#include "proto/reflect.h"
#include "store/state.h"
#include "store/writes_table.h"

/* One statement being bound. */
struct binding {
    struct op *op;
    const struct write *write;
    const struct write_scope *scope;
    const Arbiter__V1__ValueMap *input;
    const Arbiter__V1__Value *item; /* of an `each` list, or NULL */
    size_t index;                   /* of the item */
};

static void refuse_input(const struct binding *binding, const char *name, size_t name_size,
                         const char *why)
{
    (void)op_fail(binding->op, STATUS_INVALID_ARGUMENT, "%s: '%.*s' %s",
                  binding->write->command.name, (int)name_size, name, why);
    op_detail(binding->op, "write", binding->write->command.name);
}

/* ---- finding values -----------------------------------------------------------------------------
 */

static const Arbiter__V1__Value *find(const Arbiter__V1__ValueMap *map, const char *name,
                                      size_t name_size)
{
    for (size_t i = 0; map != NULL && i < map->n_entries; i++) {
        const Arbiter__V1__ValueEntry *entry = map->entries[i];
        if (entry->key != NULL && entry->value != NULL &&
            entry->key->kind_case == ARBITER__V1__VALUE__KIND_STRING_VALUE &&
            strlen(entry->key->string_value) == name_size &&
            memcmp(entry->key->string_value, name, name_size) == 0)
            return entry->value;
    }
    return NULL;
}

static bool is_absent(const Arbiter__V1__Value *value)
{
    return value == NULL || value->kind_case == ARBITER__V1__VALUE__KIND_NULL_VALUE ||
           value->kind_case == ARBITER__V1__VALUE__KIND__NOT_SET;
}

static const Arbiter__V1__Value *lookup(const struct binding *binding, const char *name,
                                        size_t name_size)
{
    const Arbiter__V1__Value *found = NULL;
    if (binding->item != NULL && binding->item->kind_case == ARBITER__V1__VALUE__KIND_MAP_VALUE)
        found = find(binding->item->map_value, name, name_size);
    return found != NULL ? found : find(binding->input, name, name_size);
}

/* ---- converting values --------------------------------------------------------------------------
 */

static bool to_ms(const Arbiter__V1__Moment *moment, struct sql_value *out)
{
    if (moment->seconds > INT64_MAX / 2000 || moment->seconds < INT64_MIN / 2000)
        return false;
    *out = sql_integer(moment->seconds * 1000 + moment->nanos / 1000000);
    return true;
}

static bool to_integer(const Arbiter__V1__Value *value, struct sql_value *out)
{
    switch (value->kind_case) {
    case ARBITER__V1__VALUE__KIND_INT_VALUE:
        *out = sql_integer(value->int_value);
        return true;
    case ARBITER__V1__VALUE__KIND_UINT_VALUE:
        *out = sql_integer((int64_t)value->uint_value);
        return value->uint_value <= INT64_MAX;
    case ARBITER__V1__VALUE__KIND_TIMESTAMP_VALUE:
        return to_ms(value->timestamp_value, out);
    case ARBITER__V1__VALUE__KIND_DURATION_VALUE:
        return to_ms(value->duration_value, out);
    default: /* an enumeration of protobuf-c's, most of whose members do not fit */
        return false;
    }
}

static bool to_double(const Arbiter__V1__Value *value, struct sql_value *out)
{
    if (value->kind_case == ARBITER__V1__VALUE__KIND_DOUBLE_VALUE) {
        *out = sql_double(value->double_value);
        return true;
    }
    if (!to_integer(value, out))
        return false;
    *out = sql_double((double)out->as.integer);
    return true;
}

static bool to_text(const Arbiter__V1__Value *value, struct sql_value *out)
{
    if (value->kind_case != ARBITER__V1__VALUE__KIND_STRING_VALUE)
        return false;
    *out = sql_text(value->string_value);
    return true;
}

/* A game request is kept as its own message, so that whoever reads it need not know values. */
static bool to_game_request(struct op *op, const Arbiter__V1__Value *value, struct sql_value *out)
{
    struct value map;
    struct fault fault;
    ProtobufCMessage *request = NULL;
    if (value_codec_from_value(&op->arena, value, &map) != STATUS_OK || map.kind != VALUE_MAP ||
        reflect_from_value(&op->arena, &arbiter__v1__game_request__descriptor, map, &request,
                           &fault) != STATUS_OK)
        return false;
    *out = op_packed(op, request);
    return true;
}

/* Which message a column of bytes holds follows from the parameter's name: a game request, an inbox
 * row's map, or else any value. */
static bool to_bytes(struct op *op, const char *name, size_t name_size,
                     const Arbiter__V1__Value *value, struct sql_value *out)
{
    bool is_map = value->kind_case == ARBITER__V1__VALUE__KIND_MAP_VALUE;
    if (name_size == strlen("request") && memcmp(name, "request", name_size) == 0)
        return is_map && to_game_request(op, value, out);
    if (name_size == strlen("input") && memcmp(name, "input", name_size) == 0) {
        if (is_map)
            *out = op_packed(op, &value->map_value->base);
        return is_map;
    }
    *out = op_packed(op, &value->base);
    return true;
}

static bool convert(struct op *op, char type, const char *name, size_t name_size,
                    const Arbiter__V1__Value *value, struct sql_value *out)
{
    switch (type) {
    case 't':
        return to_text(value, out);
    case 'i':
        return to_integer(value, out);
    case 'd':
        return to_double(value, out);
    case 'b':
        return to_bytes(op, name, name_size, value, out);
    case 'o':
        *out = sql_boolean(value->bool_value != 0);
        return value->kind_case == ARBITER__V1__VALUE__KIND_BOOL_VALUE;
    default: /* not a type of statements.def that writes use */
        return false;
    }
}

static struct sql_value default_of(char type)
{
    switch (type) {
    case 't':
        return sql_text("");
    case 'i':
        return sql_integer(0);
    case 'd':
        return sql_double(0.0);
    case 'o':
        return sql_boolean(false);
    default: /* bytes have no other nothing */
        return sql_null();
    }
}

/* ---- binding one argument -----------------------------------------------------------------------
 */

static bool is_word(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && memcmp(text, word, size) == 0;
}

static struct sql_value board_of(const struct binding *binding)
{
    struct sql_value board = sql_integer(0);
    const Arbiter__V1__Value *value = lookup(binding, "board", strlen("board"));
    if (is_absent(value) || !to_integer(value, &board) || board.as.integer == 0)
        return sql_integer((int64_t)binding->index + 1);
    return board;
}

/* The words that begin with $ or a quote. Returns false for names of parameters. */
static bool bind_special(const struct binding *binding, const char *word, size_t size,
                         struct sql_value *out)
{
    if (word[0] == '\'')
        *out = sql_text_sized(arena_copy(&binding->op->arena, word + 1, size - 1), size - 1);
    else if (is_word(word, size, "$now"))
        *out = sql_integer(binding->scope->now_ms);
    else if (is_word(word, size, "$instance"))
        *out = sql_text(binding->scope->instance_id);
    else if (is_word(word, size, "$position"))
        *out = op_position(binding->op);
    else if (is_word(word, size, "$zero"))
        *out = sql_integer(0);
    else if (is_word(word, size, "$null"))
        *out = sql_null();
    else if (is_word(word, size, "$board"))
        *out = board_of(binding);
    else
        return false;
    return true;
}

static bool bind_argument(const struct binding *binding, const char *word, size_t size, char type,
                          struct sql_value *out)
{
    if (bind_special(binding, word, size, out))
        return true;
    size_t name_size = strcspn(word, "?= ");
    const Arbiter__V1__Value *value =
        is_word(word, size, "$item") ? binding->item : lookup(binding, word, name_size);
    if (!is_absent(value)) {
        if (convert(binding->op, type, word, name_size, value, out))
            return true;
        refuse_input(binding, word, name_size, "has the wrong type");
        return false;
    }
    if (word[name_size] == '=')
        *out = sql_integer(strtoll(word + name_size + 1, NULL, 10));
    else
        *out = name_size < size ? sql_null() : default_of(type);
    return true;
}

/* ---- sending ------------------------------------------------------------------------------------
 */

struct sent_write {
    struct op *op;
    const struct write *write;
    bool must_change;
};

static void on_written(const struct sql_result *result, void *user)
{
    struct sent_write *sent = user;
    struct op *op = sent->op;
    if (result->status == STATUS_FAILED_PRECONDITION)
        (void)op_fail(op, STATUS_FAILED_PRECONDITION, "%s breaks a rule of the store: %s",
                      sent->write->command.name, result->message);
    if (!op_check(op, result)) {
        if (op->has_failed && op->detail.key == NULL)
            op_detail(op, "write", sent->write->command.name);
        return;
    }
    if (!sent->must_change || result->changed == 1 || op->has_failed)
        return;
    (void)op_fail(op, sent->write->is_swap ? STATUS_ABORTED : STATUS_FAILED_PRECONDITION, "%s",
                  sent->write->refusal);
    op_detail(op, "write", sent->write->command.name);
}

static void send_step(const struct binding *binding, const struct write_step *step)
{
    struct op *op = binding->op;
    const char *types = sql_statement(step->statement)->types;
    struct sql_value parameters[SQL_PARAMETERS_MAX];
    size_t count = 0;
    const char *word = step->arguments;
    for (; *word != '\0'; word += strspn(word, " ")) {
        size_t size = strcspn(word, " ");
        if (!bind_argument(binding, word, size, types[count], &parameters[count]))
            return;
        count++;
        word += size;
    }
    struct sent_write *sent = arena_alloc(&op->arena, sizeof *sent);
    if (sent == NULL)
        return; /* the batch notices the full arena */
    *sent = (struct sent_write){op, binding->write, step->must_change};
    op_send_for(op, step->statement, parameters, count, on_written, sent);
}

static void ring(const struct binding *binding, const char *name)
{
    const Arbiter__V1__Value *value = lookup(binding, name, strlen(name));
    if (!is_absent(value) && value->kind_case == ARBITER__V1__VALUE__KIND_STRING_VALUE)
        op_ring(binding->op, value->string_value);
}

static void run_each(struct binding *binding, const struct write_step *step)
{
    const Arbiter__V1__Value *list = find(binding->input, step->each, strlen(step->each));
    if (is_absent(list))
        return;
    if (list->kind_case != ARBITER__V1__VALUE__KIND_LIST_VALUE) {
        refuse_input(binding, step->each, strlen(step->each), "must be a list");
        return;
    }
    for (size_t i = 0; i < list->list_value->n_items && !binding->op->has_failed; i++) {
        binding->item = list->list_value->items[i];
        binding->index = i;
        send_step(binding, step);
        if (step->rings != NULL)
            ring(binding, step->rings);
    }
    binding->item = NULL;
}

/* Every parameter that is required is there, and nothing is there that is no parameter. */
static bool check_input(const struct binding *binding)
{
    const char *cursor = binding->write->command.parameters;
    struct write_parameter parameter;
    size_t known = 0;
    while (writes_next_parameter(&cursor, &parameter)) {
        const Arbiter__V1__Value *value = find(binding->input, parameter.name, parameter.name_size);
        known += value != NULL;
        if (is_absent(value) && !parameter.is_optional) {
            refuse_input(binding, parameter.name, parameter.name_size, "is missing");
            return false;
        }
    }
    if (binding->input == NULL || known == binding->input->n_entries)
        return true;
    (void)op_fail(binding->op, STATUS_INVALID_ARGUMENT, "%s: it takes %s",
                  binding->write->command.name, binding->write->command.parameters);
    op_detail(binding->op, "write", binding->write->command.name);
    return false;
}

void write_run(struct op *op, const Arbiter__V1__Write *write, const struct write_scope *scope)
{
    struct binding binding = {
        .op = op, .write = writes_find(write->command), .scope = scope, .input = write->input};
    if (binding.write == NULL) {
        (void)op_fail(op, STATUS_INVALID_ARGUMENT, "there is no store command '%s'",
                      write->command);
        op_detail(op, "write", write->command);
        return;
    }
    if (!check_input(&binding))
        return;
    for (size_t i = 0; i < WRITE_STEPS_MAX && !op->has_failed; i++) {
        const struct write_step *step = &binding.write->steps[i];
        if (step->arguments == NULL)
            break;
        if (step->each != NULL)
            run_each(&binding, step);
        else
            send_step(&binding, step);
        if (step->each == NULL && step->rings != NULL)
            ring(&binding, step->rings);
    }
}
