/* One table of verbs; the same fields from JSON members and from words. */
#include "seeks/socket_message.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 3, DEPTH_MAX = 8, PATH_MAX_BYTES = 256, NUMBER_MAX = INT32_MAX };

/* ---- the table --------------------------------------------------------------------------- */

enum field_kind {
    FIELD_NONE,
    FIELD_WORD,
    FIELD_NUMBER,
    FIELD_REST /* of the line: may have blanks */
};

struct field {
    const char *name;
    enum field_kind kind;
    bool is_required;
    size_t offset; /* in struct socket_message */
    size_t max;    /* bytes of a text */
};

#define GAME_FIELD                                                                                 \
    {                                                                                              \
        "game", FIELD_WORD, true, offsetof(struct socket_message, game), SOCKET_GAME_MAX           \
    }

#define REQUEST_FIELD                                                                              \
    {                                                                                              \
        "request", FIELD_WORD, true, offsetof(struct socket_message, request), SOCKET_REQUEST_MAX  \
    }

static const struct verb {
    const char *name;
    const char *help;
    struct field fields[FIELDS_MAX];
} verbs[] = {
    [SOCKET_ACCEPT] = {"accept",
                       "grant what the other player asks for",
                       {GAME_FIELD, REQUEST_FIELD}},
    [SOCKET_DENY] = {"deny", "refuse what the other player asks for", {GAME_FIELD, REQUEST_FIELD}},
    [SOCKET_HELP] = {"help", "this list", {{0}}},
    [SOCKET_MOVE] =
        {"move",
         "play a move; the turns you have seen, or - for any number",
         {GAME_FIELD,
          {"expected_turn", FIELD_NUMBER, false, offsetof(struct socket_message, expected_turn), 0},
          {"move", FIELD_REST, true, offsetof(struct socket_message, move), SOCKET_MOVE_MAX}}},
    [SOCKET_PING] = {"ping", "ask for a pong with the time", {{0}}},
    [SOCKET_REQUEST] = {"request",
                        "ask the other player for abort, nudge or add-time",
                        {GAME_FIELD,
                         {"kind", FIELD_WORD, true, offsetof(struct socket_message, kind),
                          SOCKET_KIND_MAX}}},
    [SOCKET_STATE] = {"state", "ask for all of a game that you may know", {GAME_FIELD}},
    [SOCKET_TOKEN] = {"token",
                      "say who you are, or renew that",
                      {{"token", FIELD_WORD, true, offsetof(struct socket_message, token),
                        SOCKET_MESSAGE_BYTES_MAX}}},
    [SOCKET_UNWATCH] = {"unwatch", "hear no more of a game, or of * all", {GAME_FIELD}},
    [SOCKET_WATCH] = {"watch",
                      "hear a game's events after number AFTER, or of * all games you play",
                      {GAME_FIELD,
                       {"after", FIELD_NUMBER, false, offsetof(struct socket_message, after), 0}}},
};

const char *socket_verb_name(enum socket_verb verb)
{
    return verbs[verb].name;
}

void socket_verbs_help(struct buffer *out)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        buffer_append_text(out, i > 0 ? "\n[#REF] " : "[#REF] ");
        buffer_append_text(out, verbs[i].name);
        for (int f = 0; f < FIELDS_MAX && verbs[i].fields[f].kind != FIELD_NONE; f++)
            buffer_format(out, verbs[i].fields[f].is_required ? " <%s>" : " <%s or ->",
                          verbs[i].fields[f].name);
        buffer_format(out, "  %s", verbs[i].help);
    }
}

static enum status find_verb(const char *name, struct socket_message *out, struct fault *out_fault)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0) {
            out->verb = (enum socket_verb)i;
            return STATUS_OK;
        }
    return fault_set(out_fault, 0, 0, "there is no verb '%.32s'; try help", name);
}

static const char **text_of(struct socket_message *message, const struct field *field)
{
    return (const char **)((char *)message + field->offset);
}

static int64_t *number_of(struct socket_message *message, const struct field *field)
{
    return (int64_t *)((char *)message + field->offset);
}

static enum status set_text(struct socket_message *message, const struct field *field,
                            const char *text, struct fault *out_fault)
{
    if (text == NULL)
        return STATUS_FULL;
    if (text[0] == '\0' || strlen(text) > field->max)
        return fault_set(out_fault, 0, 0, "%s: 1 to %zu bytes, please", field->name, field->max);
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return fault_set(out_fault, 0, 0, "%s: no control characters, please", field->name);
    *text_of(message, field) = text;
    return STATUS_OK;
}

/* Marks are repeated as they are, so they are kept plain. */
static enum status set_ref(struct socket_message *message, const char *ref, struct fault *out_fault)
{
    size_t size = ref != NULL ? strlen(ref) : 0;
    if (ref == NULL)
        return STATUS_FULL;
    if (size == 0 || size > SOCKET_REF_MAX)
        return fault_set(out_fault, 0, 0, "ref: 1 to %d characters, please", SOCKET_REF_MAX);
    for (size_t i = 0; i < size; i++)
        if (ref[i] <= ' ' || ref[i] > '~' || ref[i] == '"' || ref[i] == '\\')
            return fault_set(out_fault, 0, 0, "ref: plain characters without blanks, please");
    message->ref = ref;
    return STATUS_OK;
}

/* ---- lines ------------------------------------------------------------------------------- */

struct line {
    const char *at;
    const char *end;
};

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static void skip_blanks(struct line *line)
{
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
}

/* Returns the next word, "" at the end; NULL without memory. */
static const char *next_word(struct arena *arena, struct line *line)
{
    skip_blanks(line);
    const char *start = line->at;
    while (line->at < line->end && !is_blank(*line->at))
        line->at++;
    return arena_copy(arena, start, (size_t)(line->at - start));
}

static const char *rest_of(struct arena *arena, struct line *line)
{
    skip_blanks(line);
    const char *start = line->at;
    const char *end = line->end;
    while (end > start && is_blank(end[-1]))
        end--;
    line->at = line->end;
    return arena_copy(arena, start, (size_t)(end - start));
}

static enum status set_number(struct socket_message *message, const struct field *field,
                              const char *word, struct fault *out_fault)
{
    char *end = NULL;
    if (strcmp(word, "-") == 0)
        return STATUS_OK;
    long long number = word[0] >= '0' && word[0] <= '9' ? strtoll(word, &end, 10) : -1;
    if (number < 0 || number > NUMBER_MAX || end == NULL || *end != '\0')
        return fault_set(out_fault, 0, 0, "%s: a number from 0, or -, not '%.32s'", field->name,
                         word);
    *number_of(message, field) = number;
    return STATUS_OK;
}

static enum status read_word(struct arena *arena, struct line *line, const struct field *field,
                             struct socket_message *message, struct fault *out_fault)
{
    const char *text = field->kind == FIELD_REST ? rest_of(arena, line) : next_word(arena, line);
    if (text == NULL)
        return STATUS_FULL;
    if (text[0] == '\0' && !field->is_required)
        return STATUS_OK;
    if (text[0] == '\0')
        return fault_set(out_fault, 0, 0, "%s is missing: %s", field->name,
                         verbs[message->verb].help);
    return field->kind == FIELD_NUMBER ? set_number(message, field, text, out_fault)
                                       : set_text(message, field, text, out_fault);
}

static enum status read_line(struct arena *arena, struct line line, struct socket_message *message,
                             struct fault *out_fault)
{
    const char *word = next_word(arena, &line);
    enum status status = word != NULL ? STATUS_OK : STATUS_FULL;
    if (word != NULL && word[0] == '#') {
        status = set_ref(message, word + 1, out_fault);
        word = next_word(arena, &line);
    }
    if (status == STATUS_OK)
        status = word != NULL ? find_verb(word, message, out_fault) : STATUS_FULL;
    for (int i = 0; status == STATUS_OK && i < FIELDS_MAX; i++)
        if (verbs[message->verb].fields[i].kind != FIELD_NONE)
            status = read_word(arena, &line, &verbs[message->verb].fields[i], message, out_fault);
    skip_blanks(&line);
    if (status == STATUS_OK && line.at < line.end)
        status = fault_set(out_fault, 0, 0, "nothing follows here: '%.*s'",
                           line.end - line.at > 32 ? 32 : (int)(line.end - line.at), line.at);
    return status;
}

/* ---- JSON -------------------------------------------------------------------------------- */

static const struct field *find_field(enum socket_verb verb, const char *name)
{
    for (int i = 0; i < FIELDS_MAX; i++)
        if (verbs[verb].fields[i].kind != FIELD_NONE &&
            strcmp(verbs[verb].fields[i].name, name) == 0)
            return &verbs[verb].fields[i];
    return NULL;
}

static enum status read_member(struct arena *arena, const char *name, const json_t *value,
                               struct socket_message *message, struct fault *out_fault)
{
    const struct field *field = find_field(message->verb, name);
    if (field == NULL)
        return fault_set(out_fault, 0, 0, "%s has no member '%.32s'", verbs[message->verb].name,
                         name);
    if (field->kind == FIELD_NUMBER) {
        json_int_t number = json_integer_value(value);
        if (!json_is_integer(value) || number < 0 || number > NUMBER_MAX)
            return fault_set(out_fault, 0, 0, "%s: a number from 0, please", name);
        *number_of(message, field) = number;
        return STATUS_OK;
    }
    if (!json_is_string(value))
        return fault_set(out_fault, 0, 0, "%s: a string, please", name);
    return set_text(message, field,
                    arena_copy(arena, json_string_value(value), json_string_length(value)),
                    out_fault);
}

/* The mark first, so that what is wrong with the rest can be answered with it. */
static enum status read_head(struct arena *arena, json_t *object, struct socket_message *message,
                             struct fault *out_fault)
{
    json_t *ref = json_object_get(object, "ref");
    json_t *verb = json_object_get(object, "do");
    if (!json_is_object(object))
        return fault_set(out_fault, 0, 0, "an object, please");
    if (ref != NULL && !json_is_string(ref))
        return fault_set(out_fault, 0, 0, "ref: a string, please");
    if (ref != NULL) {
        enum status status = set_ref(
            message, arena_copy(arena, json_string_value(ref), json_string_length(ref)), out_fault);
        if (status != STATUS_OK)
            return status;
    }
    if (!json_is_string(verb))
        return fault_set(out_fault, 0, 0, "the member 'do' names what to do, for example help");
    return find_verb(json_string_value(verb), message, out_fault);
}

static enum status read_object(struct arena *arena, json_t *object, struct socket_message *message,
                               struct fault *out_fault)
{
    const char *name;
    json_t *value;
    enum status status = read_head(arena, object, message, out_fault);
    if (status != STATUS_OK)
        return status;
    json_object_foreach(object, name, value)
    {
        if (strcmp(name, "do") == 0 || strcmp(name, "ref") == 0)
            continue;
        status = read_member(arena, name, value, message, out_fault);
        if (status != STATUS_OK)
            return status;
    }
    for (int i = 0; i < FIELDS_MAX; i++) {
        const struct field *field = &verbs[message->verb].fields[i];
        if (field->kind != FIELD_NONE && field->is_required &&
            json_object_get(object, field->name) == NULL)
            return fault_set(out_fault, 0, 0, "the member '%s' is missing", field->name);
    }
    return STATUS_OK;
}

enum status socket_message_read(struct arena *arena, const char *text, size_t size,
                                struct socket_message *out_message, struct fault *out_fault)
{
    *out_message = (struct socket_message){.ref = "",
                                           .game = "",
                                           .move = "",
                                           .kind = "",
                                           .request = "",
                                           .token = "",
                                           .expected_turn = -1,
                                           .after = -1};
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    struct line line = {text, text + size};
    skip_blanks(&line);
    if (line.at == line.end || *line.at != '{')
        return read_line(arena, line, out_message, out_fault);
    json_error_t error;
    out_message->is_json = true;
    json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        return fault_set(out_fault, error.line, error.column, "that is no JSON: %s", error.text);
    enum status status = read_object(arena, object, out_message, out_fault);
    json_decref(object);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------- */

static void write_scalar(const json_t *value, struct buffer *out)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:*+-";
    const char *text = json_string_value(value);
    if (text != NULL && text[0] != '\0' && strspn(text, plain) == strlen(text)) {
        buffer_append_text(out, text);
        return;
    }
    if (json_is_integer(value)) {
        buffer_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return;
    }
    char *json = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    buffer_append_text(out, json != NULL ? json : "null");
    free(json);
}

/* Where a value stands: its name, inside the names of what it is in. */
struct path {
    const struct path *outer;
    const char *name; /* NULL: an element */
    size_t index;
};

static void write_path(const struct path *path, struct buffer *out)
{
    if (path->outer != NULL) {
        write_path(path->outer, out);
        buffer_append_char(out, '.');
    }
    if (path->name != NULL)
        buffer_append_text(out, path->name);
    else
        buffer_format(out, "%zu", path->index);
}

static void write_value(const struct path *path, json_t *value, int depth, struct buffer *out)
{
    const char *name;
    json_t *inner;
    size_t index;
    if (depth < DEPTH_MAX && json_object_size(value) > 0) {
        json_object_foreach(value, name, inner)
            write_value(&(struct path){path, name, 0}, inner, depth + 1, out);
        return;
    }
    if (depth < DEPTH_MAX && json_array_size(value) > 0) {
        json_array_foreach(value, index, inner)
            write_value(&(struct path){path, NULL, index}, inner, depth + 1, out);
        return;
    }
    buffer_append_char(out, ' ');
    write_path(path, out);
    buffer_append_char(out, '=');
    write_scalar(value, out);
}

static void write_line(const json_t *object, struct buffer *out)
{
    const char *ref = json_string_value(json_object_get(object, "ref"));
    const char *name;
    json_t *value;
    buffer_append_text(out, json_string_value(json_object_get(object, "type")));
    if (ref != NULL)
        buffer_format(out, " #%s", ref);
    json_object_foreach((json_t *)(uintptr_t)object, name, value) /* only read */
    {
        if (strcmp(name, "type") != 0 && strcmp(name, "ref") != 0)
            write_value(&(struct path){NULL, name, 0}, value, 0, out);
    }
}

void socket_message_write(const json_t *object, bool is_json, struct buffer *out)
{
    if (!is_json) {
        write_line(object, out);
        return;
    }
    char *text = json_dumps(object, JSON_COMPACT);
    buffer_append_text(out, text != NULL ? text : "{}");
    free(text);
}
