/*
 * Rows of one round by statement. They are encoded once, as elements of PostgreSQL's binary arrays;
 * a row that stays alone is sent from the same bytes as parameters of the single statement.
 */
#include "store/sql_gather.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/hash.h"

#define ROWS_MIN 3            /* fewer cost less as single statements */
#define PASSES 3              /* through arrays.def in a round */
#define SEEN_SIZE 2048        /* a power of two, twice the rows of an array */
#define KEPT_BYTES (1u << 20) /* of a column's memory between rounds */
#define HEADER_SIZE 20        /* of an array of one dimension */
#define LENGTH_SIZE 4         /* of each element; -1: NULL */

/* ---- which statements, and how ----------------------------------------------------------- */

enum table {
    INBOX = 1 << 0,
    INSTANCES = 1 << 1,
    GAMES = 1 << 2,
    TURNS = 1 << 3,
    OUTBOX = 1 << 4,
    JOURNAL = 1 << 5,
    TIMERS = 1 << 6,
    SEEKS = 1 << 7,
    SLOTS = 1 << 8,
    RESULTS = 1 << 9,
    RATINGS = 1 << 10,
    HISTORY = 1 << 11,
    ANSWERS = 1 << 12,
    TOPICS = 1 << 13
};

enum array {
#define ARRAY(statement, mirrors, keys, owner, tables, text) ARRAY_##statement,
#include "store/arrays.def"
#undef ARRAY
    ARRAY_COUNT
};

struct form {
    enum statement statement;
    const char *keys;
    int owner;
    unsigned tables;
    struct sql_array array;
};

static const struct form forms[ARRAY_COUNT] = {
#define ARRAY(statement, mirrors, keys, owner, tables, text)                                       \
    {STATEMENT_##statement, keys, owner, tables, {#statement "/rows", text, mirrors}},
#include "store/arrays.def"
#undef ARRAY
};

static const struct form *const form_of[STATEMENT_COUNT] = {
#define ARRAY(statement, mirrors, keys, owner, tables, text)                                       \
    [STATEMENT_##statement] = &forms[ARRAY_##statement],
#include "store/arrays.def"
#undef ARRAY
};

const struct sql_array *sql_array(enum statement statement)
{
    assert(statement < STATEMENT_COUNT);
    return form_of[statement] != NULL ? &form_of[statement]->array : NULL;
}

/* From PostgreSQL's catalogue; these never change. */
static const struct {
    char letter;
    unsigned element;
    unsigned array;
} types[] = {{'t', 25, 1009}, {'b', 17, 1001}, {'i', 20, 1016}, {'d', 701, 1022}, {'o', 16, 1000}};

static size_t type_index(char letter)
{
    size_t i = 0;
    while (types[i].letter != letter) {
        i++;
        assert(i < COUNT_OF(types)); /* statements.def has no other letter */
    }
    return i;
}

unsigned sql_array_type(char letter)
{
    return types[type_index(letter)].array;
}

unsigned sql_element_type(char letter)
{
    return types[type_index(letter)].element;
}

/* ---- what comes back --------------------------------------------------------------------- */

struct row {
    uint64_t key;
    sql_on_result on_result;
    void *user;
    size_t found;    /* the first row of the result that is its own; SIZE_MAX: none */
    int64_t changed; /* how many of its own there are, one after another */
};

/* The rows of an array that is under way. */
struct spread {
    const struct form *form;
    size_t count;
    size_t capacity;
    struct row rows[];
};

static uint64_t hash_value(uint64_t hash, const struct sql_value *value)
{
    switch (value->kind) {
    case SQL_TEXT:
    case SQL_BYTES:
        hash = hash_bytes(hash, &value->size, sizeof value->size);
        return hash_bytes(hash, value->as.text, value->size);
    case SQL_INTEGER:
    case SQL_BOOLEAN:
        return hash_bytes(hash, &value->as.integer, sizeof value->as.integer);
    case SQL_DOUBLE:
        return hash_bytes(hash, &value->as.real, sizeof value->as.real);
    case SQL_NULL:
        break;
    }
    return hash_bytes(hash, "", 1);
}

/* No two rows of an array have the same hash, so it stands for the key. */
static struct row *find_row(struct spread *spread, uint64_t key, size_t from)
{
    for (size_t i = 0; i < spread->count; i++) {
        struct row *row = &spread->rows[(from + i) % spread->count];
        if (row->key == key)
            return row;
    }
    return NULL;
}

static void match_rows(struct spread *spread, const struct sql_result *whole, size_t key_count)
{
    size_t next = 0; /* they mostly come in the order in which they were sent */
    for (size_t i = 0; i < whole->row_count; i++) {
        uint64_t key = HASH_START;
        for (size_t column = 0; column < key_count; column++)
            key = hash_value(key, &whole->values[i * whole->column_count + column]);
        struct row *row = find_row(spread, key, next);
        assert(row != NULL); /* a statement of arrays.def returns the keys it was given */
        if (row->changed++ == 0)
            row->found = i;
        assert(row->found + (size_t)row->changed == i + 1); /* what is one key's comes together */
        next = (size_t)(row - spread->rows);
    }
}

/* Several rows of a whole without their keys; NULL without memory. */
static struct sql_value *cut_keys(const struct row *row, const struct sql_result *whole,
                                  size_t key_count)
{
    size_t width = whole->column_count - key_count;
    struct sql_value *values = malloc((size_t)row->changed * width * sizeof *values);
    for (size_t i = 0; values != NULL && i < (size_t)row->changed; i++)
        memcpy(&values[i * width],
               &whole->values[(row->found + i) * whole->column_count + key_count],
               width * sizeof *values);
    return values;
}

static void give_row(const struct row *row, const struct sql_result *whole, size_t key_count)
{
    struct sql_result result = {.status = STATUS_OK, .changed = row->changed};
    struct sql_value *cut = NULL;
    if (row->found != SIZE_MAX && whole->column_count > key_count) {
        result.row_count = (size_t)row->changed;
        result.column_count = whole->column_count - key_count;
        result.values = &whole->values[row->found * whole->column_count + key_count];
        if (row->changed > 1)
            result.values = cut = cut_keys(row, whole, key_count);
        if (result.values == NULL)
            result = (struct sql_result){.status = STATUS_FULL, .message = "out of memory"};
    }
    if (row->on_result != NULL)
        row->on_result(&result, row->user);
    free(cut);
}

/* Which row is to blame is not known: all of them must be sent again, one by one. */
static void give_failure(const struct row *row, const struct sql_result *whole)
{
    struct sql_result result = *whole;
    if (whole->status != STATUS_CANCELLED && whole->status != STATUS_UNAVAILABLE) {
        result.status = STATUS_CANCELLED;
        result.is_shared = true;
    } else if (whole->is_retriable) {
        result.is_shared = true;
    }
    if (row->on_result != NULL)
        row->on_result(&result, row->user);
}

static void on_array(const struct sql_result *whole, void *user)
{
    struct spread *spread = user;
    size_t key_count = strlen(spread->form->keys);
    if (whole->status == STATUS_OK && key_count > 0)
        match_rows(spread, whole, key_count);
    for (size_t i = 0; i < spread->count; i++) {
        struct row *row = &spread->rows[i];
        if (key_count == 0)
            row->changed = 1; /* it is there, or the statement would have failed */
        if (whole->status == STATUS_OK)
            give_row(row, whole, key_count);
        else
            give_failure(row, whole);
    }
    free(spread);
}

void sql_gather_forget(sql_on_result on_result, void *user)
{
    if (on_result == on_array)
        free(user);
}

/* ---- rows -------------------------------------------------------------------------------- */

struct group {
    struct buffer columns[SQL_PARAMETERS_MAX]; /* room for the header, then the elements */
    bool has_null[SQL_PARAMETERS_MAX];
    struct spread *spread;
    uint64_t *seen; /* hashes of the keys; 0: free */
};

#define GROUP_COUNT ((size_t)PASSES * ARRAY_COUNT)

/* A statement of the op whose rows are being added. */
struct sent {
    const struct form *form;
    uint64_t owner;
    size_t place; /* among the groups, which are sent in their order */
};

struct sql_gather {
    struct group groups[GROUP_COUNT];
    size_t row_count;
    struct sent part[SQL_GATHER_PART_MAX];
    size_t part_count;
    /* taking */
    size_t group_index;
    size_t row_index;
    size_t offsets[SQL_PARAMETERS_MAX]; /* of that row's elements */
};

struct sql_gather *sql_gather_create(void)
{
    return calloc(1, sizeof(struct sql_gather));
}

void sql_gather_destroy(struct sql_gather *gather)
{
    if (gather == NULL)
        return;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        for (size_t column = 0; column < SQL_PARAMETERS_MAX; column++)
            buffer_deinit(&gather->groups[i].columns[column]);
        free(gather->groups[i].spread);
        free(gather->groups[i].seen);
    }
    free(gather);
}

void sql_gather_part(struct sql_gather *gather)
{
    gather->part_count = 0;
}

static uint64_t hash_keys(const struct form *form, const struct sql_value *parameters)
{
    uint64_t hash = HASH_START;
    for (const char *key = form->keys; *key != '\0'; key++)
        hash = hash_value(hash, &parameters[*key - '1']);
    return hash != 0 ? hash : 1;
}

/* The first place at which a row comes after whatever its op has sent before. */
static size_t place_of(const struct sql_gather *gather, const struct form *form, uint64_t owner)
{
    size_t place = (size_t)(form - forms);
    for (size_t i = 0; i < gather->part_count; i++) {
        const struct sent *sent = &gather->part[i];
        bool is_apart = owner != 0 && sent->owner != 0 && owner != sent->owner;
        if ((sent->form->tables & form->tables) != 0 && !is_apart)
            while (sent->place > place)
                place += ARRAY_COUNT;
    }
    return place;
}

/* There is room. */
static void note_part(struct sql_gather *gather, struct sent sent)
{
    for (size_t i = 0; i < gather->part_count; i++)
        if (gather->part[i].place == sent.place && gather->part[i].owner == sent.owner)
            return;
    gather->part[gather->part_count++] = sent;
}

static bool make_room(struct group *group, const struct form *form)
{
    struct spread *spread = group->spread;
    if (group->seen == NULL)
        group->seen = calloc(SEEN_SIZE, sizeof *group->seen);
    if (group->seen == NULL)
        return false;
    if (spread != NULL && spread->count < spread->capacity)
        return true;
    size_t capacity = spread != NULL ? 2 * spread->capacity : 16;
    spread = realloc(spread, sizeof *spread + capacity * sizeof spread->rows[0]);
    if (spread == NULL)
        return false;
    if (group->spread == NULL)
        spread->count = 0;
    spread->form = form;
    spread->capacity = capacity;
    group->spread = spread;
    return true;
}

/* Returns whether the key is new, and remembers it. */
static bool is_new(struct group *group, uint64_t key)
{
    size_t at = key & (SEEN_SIZE - 1);
    for (; group->seen[at] != 0; at = (at + 1) & (SEEN_SIZE - 1))
        if (group->seen[at] == key)
            return false;
    group->seen[at] = key;
    return true;
}

static void put_big_endian(char *out, uint64_t bits, int size)
{
    for (int byte = 0; byte < size; byte++)
        out[byte] = (char)(bits >> (8 * (size - 1 - byte)) & 0xff);
}

static void append_element(struct buffer *column, const void *bytes, size_t size)
{
    char length[LENGTH_SIZE];
    put_big_endian(length, size, LENGTH_SIZE);
    buffer_append(column, length, LENGTH_SIZE);
    buffer_append(column, bytes, size);
}

static void append_value(struct group *group, size_t i, const struct sql_value *value)
{
    struct buffer *column = &group->columns[i];
    char bytes[8];
    uint64_t bits;
    switch (value->kind) {
    case SQL_NULL:
        buffer_append(column, "\xff\xff\xff\xff", LENGTH_SIZE);
        group->has_null[i] = true;
        break;
    case SQL_TEXT:
    case SQL_BYTES:
        append_element(column, value->as.bytes, value->size);
        break;
    case SQL_INTEGER:
        put_big_endian(bytes, (uint64_t)value->as.integer, 8);
        append_element(column, bytes, 8);
        break;
    case SQL_DOUBLE:
        memcpy(&bits, &value->as.real, sizeof bits);
        put_big_endian(bytes, bits, 8);
        append_element(column, bytes, 8);
        break;
    case SQL_BOOLEAN:
        bytes[0] = value->as.integer != 0;
        append_element(column, bytes, 1);
        break;
    }
}

static bool has_failed(const struct group *group, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (group->columns[i].failed)
            return true;
    return false;
}

/* Finds the group from `*place` on that has no row of this key yet; NULL where there is none. */
static struct group *group_of(struct sql_gather *gather, const struct form *form, uint64_t key,
                              size_t *place)
{
    for (; *place < GROUP_COUNT; *place += ARRAY_COUNT) {
        struct group *group = &gather->groups[*place];
        if (!make_room(group, form) || group->spread->count == SQL_GATHER_ROWS_MAX)
            return NULL;
        if (form->keys[0] == '\0' || is_new(group, key))
            return group;
    }
    return NULL;
}

bool sql_gather_add(struct sql_gather *gather, enum statement statement,
                    const struct sql_value *parameters, size_t count, sql_on_result on_result,
                    void *user)
{
    const struct form *form = form_of[statement];
    assert(form != NULL);
    if (gather->part_count == SQL_GATHER_PART_MAX)
        return false;
    uint64_t owner = form->owner > 0 ? hash_value(HASH_START, &parameters[form->owner - 1]) | 1 : 0;
    uint64_t key = hash_keys(form, parameters);
    size_t place = place_of(gather, form, owner);
    struct group *group = group_of(gather, form, key, &place);
    if (group == NULL || has_failed(group, count))
        return false;
    note_part(gather, (struct sent){form, owner, place});
    static const char header[HEADER_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (group->columns[i].size == 0)
            buffer_append(&group->columns[i], header, HEADER_SIZE);
        append_value(group, i, &parameters[i]);
    }
    assert(!has_failed(group, count)); /* half a row cannot be taken back */
    group->spread->rows[group->spread->count++] =
        (struct row){.key = key, .on_result = on_result, .user = user, .found = SIZE_MAX};
    gather->row_count++;
    return true;
}

/* ---- taking ------------------------------------------------------------------------------ */

/* What was taken last is sent: its memory is for the next round. */
static void clear_group(struct group *group)
{
    for (size_t i = 0; i < SQL_PARAMETERS_MAX; i++) {
        struct buffer *column = &group->columns[i];
        if (column->capacity > KEPT_BYTES)
            buffer_deinit(column);
        else
            buffer_reset(column);
        group->has_null[i] = false;
    }
    if (group->spread != NULL)
        group->spread->count = 0;
    memset(group->seen, 0, SEEN_SIZE * sizeof *group->seen);
}

static void take_array(struct group *group, const struct form *form,
                       struct sql_gathered *out_gathered)
{
    const char *letters = sql_statement(form->statement)->types;
    *out_gathered = (struct sql_gathered){.name = form->array.name,
                                          .count = strlen(letters),
                                          .on_result = on_array,
                                          .user = group->spread};
    for (size_t i = 0; i < out_gathered->count; i++) {
        char *header = group->columns[i].data;
        put_big_endian(header, 1, 4); /* dimensions */
        put_big_endian(header + 4, group->has_null[i], 4);
        put_big_endian(header + 8, sql_element_type(letters[i]), 4);
        put_big_endian(header + 12, group->spread->count, 4);
        put_big_endian(header + 16, 1, 4); /* the first index */
        out_gathered->values[i] = header;
        out_gathered->lengths[i] = (int)group->columns[i].size;
    }
    group->spread = NULL; /* freed with the answer */
}

static int32_t read_length(const char *bytes)
{
    uint32_t length = 0;
    for (int i = 0; i < LENGTH_SIZE; i++)
        length = length << 8 | (unsigned char)bytes[i];
    return (int32_t)length;
}

static void take_row(struct sql_gather *gather, struct group *group, const struct form *form,
                     struct sql_gathered *out_gathered)
{
    const struct sql_statement *statement = sql_statement(form->statement);
    const struct row *row = &group->spread->rows[gather->row_index++];
    *out_gathered = (struct sql_gathered){.name = statement->name,
                                          .count = strlen(statement->types),
                                          .on_result = row->on_result,
                                          .user = row->user};
    for (size_t i = 0; i < out_gathered->count; i++) {
        const char *element = group->columns[i].data + gather->offsets[i];
        int32_t length = read_length(element);
        bool is_null = length < 0;
        out_gathered->values[i] = is_null ? NULL : element + LENGTH_SIZE;
        out_gathered->lengths[i] = is_null ? 0 : length;
        gather->offsets[i] += LENGTH_SIZE + (size_t)out_gathered->lengths[i];
    }
}

static void next_group(struct sql_gather *gather)
{
    if (gather->groups[gather->group_index].columns[0].size > 0)
        clear_group(&gather->groups[gather->group_index]);
    gather->group_index++;
    gather->row_index = 0;
}

bool sql_gather_take(struct sql_gather *gather, struct sql_gathered *out_gathered)
{
    for (; gather->row_count > 0 && gather->group_index < GROUP_COUNT; next_group(gather)) {
        struct group *group = &gather->groups[gather->group_index];
        const struct form *form = &forms[gather->group_index % ARRAY_COUNT];
        size_t count = group->spread != NULL ? group->spread->count : 0;
        if (gather->row_index >= count)
            continue;
        if (gather->row_index == 0)
            for (size_t i = 0; i < SQL_PARAMETERS_MAX; i++)
                gather->offsets[i] = HEADER_SIZE;
        if (count < ROWS_MIN)
            take_row(gather, group, form, out_gathered);
        else
            take_array(group, form, out_gathered);
        return true;
    }
    gather->row_count = gather->part_count = gather->group_index = gather->row_index = 0;
    return false;
}
