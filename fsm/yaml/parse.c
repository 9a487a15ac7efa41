/* libyaml's events made into a tree, refusing what strict reading refuses. */
#include "fsm/yaml/yaml.h"

#include <assert.h>
#include <string.h>

#include <yaml.h>

enum { HASH_FROM = 12 }; /* mappings with more keys are searched for duplicates by hash */

struct reader {
    struct arena *arena;
    struct yaml_faults *faults;
    yaml_parser_t parser;
    const char *text;
    size_t size;
    /* A cursor that turns libyaml's character positions into byte columns. */
    size_t offset;     /* byte */
    size_t line_start; /* byte */
    size_t character;  /* index of `offset` */
    size_t node_count;
    bool is_full;
};

struct place {
    int line;
    int column;
    size_t offset;
};

/* Moves the cursor to a mark at or after it. Positions only grow between two events. */
static struct place place_of(struct reader *reader, yaml_mark_t mark)
{
    while (reader->character < mark.index && reader->offset < reader->size) {
        reader->offset++;
        while (reader->offset < reader->size &&
               ((unsigned char)reader->text[reader->offset] & 0xC0) == 0x80)
            reader->offset++;
        reader->character++;
    }
    size_t start = reader->offset;
    size_t characters = mark.column;
    while (start > 0 && characters > 0) {
        start--;
        characters -= ((unsigned char)reader->text[start] & 0xC0) != 0x80;
    }
    return (struct place){(int)mark.line + 1, (int)(reader->offset - start) + 1, reader->offset};
}

static int width_from(const struct reader *reader, size_t start, size_t end)
{
    size_t width = 0;
    while (start + width < end && reader->text[start + width] != '\n' &&
           reader->text[start + width] != '\r')
        width++;
    while (width > 1 && reader->text[start + width - 1] == ' ')
        width--;
    return width > 0 ? (int)width : 1;
}

struct advice {
    const char *problem; /* part of libyaml's sentence */
    const char *text;    /* ours */
    const char *hint;
};

static const struct advice advices[] = {
    {"mapping values are not allowed", "a `: ` inside an unquoted value",
     "put the whole value in double quotes"},
    {"did not find expected ',' or '}'", "this does not belong inside `{ }`",
     "inside `{ }` a value with any of , [ ] { } : # must be in double quotes"},
    {"did not find expected ',' or ']'", "this does not belong inside `[ ]`",
     "inside `[ ]` a value with any of , [ ] { } : # must be in double quotes"},
    {"did not find expected key", "this is neither a key nor the end of the block",
     "check the indentation; a value that begins with a quote ends at the next one: put the whole "
     "value in the other kind of quotes"},
    {"did not find expected <document start>", "text after the end of the value",
     "a value that begins with a quote ends at the next one: put the whole value in the other kind "
     "of quotes"},
    {"did not find expected whitespace or line break", "a leading `!` makes this a YAML tag",
     "put the expression in double quotes"},
    {"could not find expected ':'", "a key without `: ` after it", "write `key: value`"},
    {"cannot start any token", "a value cannot begin with this character",
     "put the value in double quotes"},
    {"that cannot start any token", "a value cannot begin with this character",
     "put the value in double quotes"},
    {"found a tab character", "a tab; YAML is indented with spaces", NULL},
    {"found unexpected end of stream", "the text ends inside a quoted value", "close the quotes"},
    {"block sequence entries are not allowed", "a `- ` does not belong here",
     "put the list on the next line, indented"},
    {"invalid leading UTF-8", "bytes that are not UTF-8", "save the file as UTF-8"},
    {"invalid trailing UTF-8", "bytes that are not UTF-8", "save the file as UTF-8"},
    {"incomplete UTF-8", "bytes that are not UTF-8", "save the file as UTF-8"},
    {"control characters are not allowed", "a control character", NULL},
    {"found unknown escape character", "an unknown escape after `\\` in double quotes",
     "write `\\\\`, or use single quotes"},
};

static enum status syntax_fault(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        reader->is_full = true;
        return STATUS_FULL;
    }
    const char *problem = parser->problem != NULL ? parser->problem : "it does not parse";
    struct place place = {1, 1, 0};
    if (parser->error == YAML_READER_ERROR) {
        size_t offset = parser->problem_offset < reader->size ? parser->problem_offset : 0;
        size_t start = 0;
        for (size_t i = 0; i < offset; i++)
            if (reader->text[i] == '\n') {
                place.line++;
                start = i + 1;
            }
        place.column = (int)(offset - start) + 1;
    } else {
        place = place_of(reader, parser->problem_mark);
        if (parser->problem_mark.index < reader->character) {
            place.line = (int)parser->problem_mark.line + 1;
            place.column = (int)parser->problem_mark.column + 1;
        }
    }
    bool is_tab = place.offset < reader->size && reader->text[place.offset] == '\t';
    if (is_tab && strstr(problem, "cannot start any token") != NULL)
        problem = "found a tab character";
    for (size_t i = 0; i < COUNT_OF(advices); i++) {
        if (strstr(problem, advices[i].problem) == NULL)
            continue;
        yaml_fault_at(reader->faults, YAML_ERROR, place.line, place.column, 1, "%s",
                      advices[i].text);
        if (advices[i].hint != NULL)
            yaml_hint(reader->faults, "%s", advices[i].hint);
        return STATUS_INVALID_ARGUMENT;
    }
    yaml_fault_at(reader->faults, YAML_ERROR, place.line, place.column, 1, "not YAML: %s", problem);
    return STATUS_INVALID_ARGUMENT;
}

static enum status next_event(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return STATUS_OK;
    return syntax_fault(reader);
}

static enum status refuse(struct reader *reader, const struct yaml_node *node, const char *text,
                          const char *hint)
{
    yaml_error(reader->faults, node, "%s", text);
    yaml_hint(reader->faults, "%s", hint);
    return STATUS_INVALID_ARGUMENT;
}

static enum status refuse_decoration(struct reader *reader, const struct yaml_node *node,
                                     const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL)
        return refuse(reader, node, "an anchor (`&`)",
                      "anchors and aliases are not used here; name the thing (guards, retry) or "
                      "put the value in quotes");
    if (tag != NULL)
        return refuse(reader, node, "a leading `!` makes this a YAML tag",
                      "put the expression in double quotes");
    return STATUS_OK;
}

static enum status read_node(struct reader *reader, yaml_event_t *event, int depth,
                             struct yaml_node *out);

static enum status full(struct reader *reader)
{
    reader->is_full = true;
    return STATUS_FULL;
}

static enum status read_scalar(struct reader *reader, const yaml_event_t *event,
                               struct yaml_node *out)
{
    out->kind = YAML_SCALAR;
    out->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    out->size = event->data.scalar.length;
    out->text = arena_copy(reader->arena, (const char *)event->data.scalar.value, out->size);
    if (out->text == NULL)
        return full(reader);
    enum status status =
        refuse_decoration(reader, out, event->data.scalar.anchor, event->data.scalar.tag);
    if (status == STATUS_OK && memchr(out->text, '\0', out->size) != NULL)
        return refuse(reader, out, "a NUL character", "leave it out");
    return status;
}

struct item {
    struct item *next;
    struct yaml_node node;
};

static enum status read_sequence(struct reader *reader, int depth, struct yaml_node *out)
{
    struct item *first = NULL, **last = &first;
    out->kind = YAML_SEQUENCE;
    for (;;) {
        yaml_event_t event;
        enum status status = next_event(reader, &event);
        if (status != STATUS_OK)
            return status;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        struct item *item = arena_alloc(reader->arena, sizeof *item);
        status = item != NULL ? read_node(reader, &event, depth + 1, &item->node) : full(reader);
        yaml_event_delete(&event);
        if (status != STATUS_OK)
            return status;
        *last = item;
        last = &item->next;
        out->count++;
    }
    struct yaml_node *items = arena_array(reader->arena, out->count, sizeof *items);
    if (items == NULL)
        return full(reader);
    size_t index = 0;
    for (const struct item *item = first; item != NULL; item = item->next)
        items[index++] = item->node;
    out->items = items;
    return STATUS_OK;
}

struct pair_item {
    struct pair_item *next;
    struct yaml_pair pair;
};

static enum status read_key(struct reader *reader, yaml_event_t *event, int depth,
                            struct yaml_node *out)
{
    enum status status = read_node(reader, event, depth, out);
    if (status != STATUS_OK)
        return status;
    if (out->kind != YAML_SCALAR)
        return refuse(reader, out, "a key must be a plain word",
                      "an expression that begins with `{` or `[` must be in double quotes");
    if (strcmp(out->text, "<<") == 0 && !out->is_quoted)
        return refuse(reader, out, "a merge key (`<<`)",
                      "write the keys out; named guards and retry policies share what is the same");
    return STATUS_OK;
}

static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

static void duplicate(struct reader *reader, const struct yaml_node *key,
                      const struct yaml_node *first)
{
    yaml_error(reader->faults, key, "the key `%s` is here twice", key->text);
    yaml_hint(reader->faults, "it is first on line %d; a list of branches goes under one key",
              first->line);
}

static void find_duplicates_small(struct reader *reader, const struct yaml_pair *pairs,
                                  size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(pairs[i].key.text, pairs[j].key.text) == 0) {
                duplicate(reader, &pairs[i].key, &pairs[j].key);
                break;
            }
}

static enum status find_duplicates_large(struct reader *reader, const struct yaml_pair *pairs,
                                         size_t count)
{
    size_t capacity = 32;
    while (capacity < count * 2)
        capacity *= 2;
    struct arena_mark mark = arena_mark(reader->arena);
    uint32_t *slots = arena_array(reader->arena, capacity, sizeof *slots); /* index + 1 */
    if (slots == NULL)
        return full(reader);
    for (size_t i = 0; i < count; i++) {
        size_t slot = hash_text(pairs[i].key.text) & (capacity - 1);
        while (slots[slot] != 0 && strcmp(pairs[slots[slot] - 1].key.text, pairs[i].key.text) != 0)
            slot = (slot + 1) & (capacity - 1);
        if (slots[slot] != 0)
            duplicate(reader, &pairs[i].key, &pairs[slots[slot] - 1].key);
        else
            slots[slot] = (uint32_t)i + 1;
    }
    /* Faults may live in the same arena: give the table back only where none was added. */
    if (reader->faults == NULL || reader->faults->arena != reader->arena)
        arena_rewind(reader->arena, mark);
    return STATUS_OK;
}

static enum status read_pairs(struct reader *reader, int depth, struct pair_item **out_first,
                              size_t *out_count)
{
    struct pair_item **last = out_first;
    for (;;) {
        yaml_event_t event;
        enum status status = next_event(reader, &event);
        if (status != STATUS_OK)
            return status;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return STATUS_OK;
        }
        struct pair_item *item = arena_alloc(reader->arena, sizeof *item);
        status = item != NULL ? read_key(reader, &event, depth + 1, &item->pair.key) : full(reader);
        yaml_event_delete(&event);
        if (status != STATUS_OK || (status = next_event(reader, &event)) != STATUS_OK)
            return status;
        status = read_node(reader, &event, depth + 1, &item->pair.value);
        yaml_event_delete(&event);
        if (status != STATUS_OK)
            return status;
        *last = item;
        last = &item->next;
        ++*out_count;
    }
}

static enum status read_mapping(struct reader *reader, int depth, struct yaml_node *out)
{
    struct pair_item *first = NULL;
    out->kind = YAML_MAPPING;
    enum status status = read_pairs(reader, depth, &first, &out->count);
    if (status != STATUS_OK)
        return status;
    struct yaml_pair *pairs = arena_array(reader->arena, out->count, sizeof *pairs);
    if (pairs == NULL)
        return full(reader);
    size_t index = 0;
    for (const struct pair_item *item = first; item != NULL; item = item->next)
        pairs[index++] = item->pair;
    out->pairs = pairs;
    if (out->count > HASH_FROM)
        return find_duplicates_large(reader, pairs, out->count);
    find_duplicates_small(reader, pairs, out->count);
    return STATUS_OK;
}

static enum status check_limits(struct reader *reader, int depth, const struct yaml_node *node)
{
    if (depth > YAML_DEPTH_MAX) {
        yaml_error(reader->faults, node, "nested more than %d levels deep", YAML_DEPTH_MAX);
        return STATUS_INVALID_ARGUMENT;
    }
    if (++reader->node_count > YAML_NODES_MAX) {
        yaml_error(reader->faults, node, "more than %d values in one file", YAML_NODES_MAX);
        return STATUS_INVALID_ARGUMENT;
    }
    return STATUS_OK;
}

/* Whether what follows a plain scalar on its line is `#` with text right behind it. */
static bool is_cut_by_hash(const struct reader *reader, size_t end)
{
    while (end < reader->size && reader->text[end] == ' ')
        end++;
    return end + 1 < reader->size && reader->text[end] == '#' && reader->text[end + 1] != ' ' &&
           reader->text[end + 1] != '\n' && reader->text[end + 1] != '\r';
}

static enum status read_node(struct reader *reader, yaml_event_t *event, int depth,
                             struct yaml_node *out)
{
    struct place place = place_of(reader, event->start_mark);
    *out = (struct yaml_node){.line = place.line, .column = place.column, .width = 1, .text = ""};
    size_t end = place.offset + (event->end_mark.index - event->start_mark.index);
    if (event->type == YAML_SCALAR_EVENT) {
        end = place_of(reader, event->end_mark).offset;
        out->is_cut = is_cut_by_hash(reader, end);
    }
    out->width = width_from(reader, place.offset, end < reader->size ? end : reader->size);
    enum status status = check_limits(reader, depth, out);
    if (status != STATUS_OK)
        return status;
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(reader, out, "an alias (`*`)",
                      "aliases are not used here; an event pattern `*` must be in quotes");
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, event, out);
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        out->is_flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
        status = refuse_decoration(reader, out, event->data.sequence_start.anchor,
                                   event->data.sequence_start.tag);
        return status == STATUS_OK ? read_sequence(reader, depth, out) : status;
    }
    assert(event->type == YAML_MAPPING_START_EVENT);
    out->is_flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    status = refuse_decoration(reader, out, event->data.mapping_start.anchor,
                               event->data.mapping_start.tag);
    return status == STATUS_OK ? read_mapping(reader, depth, out) : status;
}

/* Reads the next event and expects it to be of one type, one of the document's brackets. */
static enum status expect(struct reader *reader, yaml_event_type_t type, const char *otherwise)
{
    yaml_event_t event;
    enum status status = next_event(reader, &event);
    if (status != STATUS_OK)
        return status;
    bool is_right = event.type == type;
    struct place place = place_of(reader, event.start_mark);
    yaml_event_delete(&event);
    if (is_right)
        return STATUS_OK;
    yaml_fault_at(reader->faults, YAML_ERROR, place.line, place.column, 1, "%s", otherwise);
    return STATUS_INVALID_ARGUMENT;
}

static enum status read_document(struct reader *reader, struct yaml_node *out)
{
    enum status status = expect(reader, YAML_STREAM_START_EVENT, "the file is empty");
    if (status == STATUS_OK)
        status = expect(reader, YAML_DOCUMENT_START_EVENT, "the file is empty");
    if (status != STATUS_OK)
        return status;
    yaml_event_t event;
    status = next_event(reader, &event);
    if (status != STATUS_OK)
        return status;
    status = read_node(reader, &event, 0, out);
    yaml_event_delete(&event);
    if (status == STATUS_OK)
        status = expect(reader, YAML_DOCUMENT_END_EVENT, "text after the end of the document");
    if (status == STATUS_OK)
        status = expect(reader, YAML_STREAM_END_EVENT, "a second document in the file");
    return status;
}

static size_t errors_in(const struct yaml_faults *faults)
{
    return faults != NULL ? faults->error_count : 0;
}

enum status yaml_parse(struct arena *arena, const char *text, size_t size,
                       struct yaml_faults *faults, const struct yaml_node **out_root)
{
    struct yaml_faults own = {0};
    if (faults == NULL)
        faults = &own;
    size_t errors_before = errors_in(faults);
    if (size > YAML_SOURCE_MAX) {
        yaml_error(faults, NULL, "the file has %zu bytes; %d is the most", size, YAML_SOURCE_MAX);
        return STATUS_INVALID_ARGUMENT;
    }
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    struct yaml_node *root = arena_alloc(arena, sizeof *root);
    struct reader reader = {.arena = arena, .faults = faults, .text = text, .size = size};
    if (root == NULL || !yaml_parser_initialize(&reader.parser))
        return STATUS_FULL;
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
    enum status status = read_document(&reader, root);
    yaml_parser_delete(&reader.parser);
    if (reader.is_full)
        return STATUS_FULL;
    if (status == STATUS_OK && errors_in(faults) > errors_before)
        status = STATUS_INVALID_ARGUMENT;
    if (status == STATUS_OK)
        *out_root = root;
    return status;
}

const struct yaml_pair *yaml_get_pair(const struct yaml_node *mapping, const char *key)
{
    if (mapping == NULL || mapping->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->count; i++)
        if (strcmp(mapping->pairs[i].key.text, key) == 0)
            return &mapping->pairs[i];
    return NULL;
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_pair *pair = yaml_get_pair(mapping, key);
    return pair != NULL ? &pair->value : NULL;
}

bool yaml_is_empty(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->size == 0 && !node->is_quoted;
}
