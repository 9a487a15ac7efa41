/* `arbiter tournament act …`: shows what would change, asks, and only then does it. */
#include "cli/tournament_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "cli/command.h"
#include "cli/rest.h"
#include "seeks/token.h"

enum { CONFIRMATIONS_MAX = 3, ANSWER_MAX = 16 };

/* ---- calling ----------------------------------------------------------------------------- */

static long ask(const struct desk_options *options, const char *method, const char *path,
                const json_t *body, json_t **out_answer, struct fault *out_fault)
{
    struct rest rest;
    if (rest_open(options->url, options->token, options->folder, "console",
                  TOKEN_DIRECTOR | TOKEN_ADMIN, &rest, out_fault) != STATUS_OK)
        return 0;
    return rest_call(&rest, method, path, body, out_answer, out_fault);
}

static int wrong(const char *text)
{
    fprintf(stderr, "arbiter tournament: %s; --help tells more\n", text);
    return COMMAND_USAGE;
}

static void print_json(const json_t *answer)
{
    (void)json_dumpf(answer, stdout, JSON_INDENT(2)); /* a closed pipe is the reader's choice */
    putchar('\n');
}

/* ---- what follows ------------------------------------------------------------------------ */

static void print_lines(const char *title, const json_t *lines)
{
    for (size_t i = 0; i < json_array_size(lines); i++)
        printf("%s%s\n", title, json_string_value(json_array_get(lines, i)));
}

static void print_consequences(const json_t *preview)
{
    const json_t *all = json_object_get(preview, "consequences");
    const json_t *row;
    size_t i;
    print_lines("  ", json_object_get(all, "changes"));
    json_array_foreach(json_object_get(all, "standings"), i, row)
        printf("  place of %s: %lld becomes %lld (%.1f points become %.1f)\n",
               rest_text(row, "name"), rest_number(row, "rank_before"),
               rest_number(row, "rank_after"), (double)rest_number(row, "points_x2_before") / 2,
               (double)rest_number(row, "points_x2_after") / 2);
    json_array_foreach(json_object_get(all, "ratings"), i, row)
        printf("  rating of %s: %.1f becomes %.1f\n", rest_text(row, "player_id"),
               json_number_value(json_object_get(row, "before")),
               json_number_value(json_object_get(row, "after")));
    json_array_foreach(json_object_get(all, "pairings"), i, row)
        printf("  round %lld: the policy would now give %s %s, not %s; the pairing is kept\n",
               rest_number(row, "round"), rest_text(row, "player_id"),
               rest_text(row, "opponent_after"), rest_text(row, "opponent_before"));
    json_array_foreach(json_object_get(all, "games"), i, row)
        printf("  the game on board %lld of round %lld %s\n", rest_number(row, "board"),
               rest_number(row, "round"),
               strcmp(rest_text(row, "what"), "stopped") == 0 ? "is stopped" : "begins");
    print_lines("  mind: ", json_object_get(all, "notes"));
    const char *instead = rest_text(preview, "instead");
    if (instead[0] != '\0')
        printf("  it cannot be taken back: %s\n", instead);
}

/* Shows a preview and reads the director's word; anything but "yes" is no. */
static bool is_confirmed(const json_t *preview)
{
    char answer[ANSWER_MAX];
    printf("%s, warning level L%lld. It would change:\n", rest_text(preview, "action"),
           rest_number(preview, "level"));
    print_consequences(preview);
    printf("Type yes to %s: ", rest_text(preview, "needs")[0] == 'a' ? "acknowledge" : "confirm");
    (void)fflush(stdout); /* a closed pipe shows at the next read */
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    putchar('\n');
    return strcmp(answer, "yes\n") == 0;
}

/* ---- acting ------------------------------------------------------------------------------ */

static json_t *value_of(const char *text)
{
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    return *text != '\0' && *end == '\0' ? json_integer(number) : json_string(text);
}

static json_t *list_of(const char *text)
{
    json_t *list = json_array();
    while (*text != '\0') {
        size_t size = strcspn(text, ",");
        (void)json_array_append_new(list,
                                    json_stringn(text, size)); /* short of memory: too short */
        text += size + (text[size] == ',');
    }
    return list;
}

/* round=1 outcome=draw add[]=ann,bob policy=@file */
static bool add_field(json_t *data, const char *word)
{
    const char *equals = strchr(word, '=');
    struct buffer file = {0};
    if (equals == NULL || equals == word)
        return false;
    size_t size = (size_t)(equals - word);
    bool is_list = size > 2 && memcmp(equals - 2, "[]", 2) == 0;
    json_t *value = is_list ? list_of(equals + 1) : value_of(equals + 1);
    bool is_good = true;
    if (equals[1] == '@') {
        is_good = buffer_read_file(&file, equals + 2) == STATUS_OK;
        json_decref(value);
        value = json_string(buffer_text(&file));
    }
    (void)json_object_setn_new(data, word, is_list ? size - 2 : size, value); /* as above */
    buffer_deinit(&file);
    return is_good;
}

static void add_number(json_t *body, const char *name, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(body, name, value_of(text)); /* the API says what is wrong */
}

static json_t *action_body(const struct desk_options *options, const char *action, int argc,
                           char **argv)
{
    json_t *data = json_object();
    for (int i = 0; i < argc; i++)
        if (!add_field(data, argv[i])) {
            fprintf(stderr, "arbiter tournament: '%s' is not name=value\n", argv[i]);
            json_decref(data);
            return NULL;
        }
    json_t *body = json_pack("{s:s, s:o, s:[]}", "action", action, "data", data, "confirm");
    add_number(body, "division", options->division);
    add_number(body, "round", options->round);
    add_number(body, "board", options->board);
    if (options->note != NULL)
        (void)json_object_set_new(body, "note", json_string(options->note));
    return body;
}

static int report(const struct desk_options *options, long code, const json_t *answer,
                  const struct fault *fault)
{
    if (code < 200 || code > 299) {
        rest_print_problem("tournament", code, answer, fault);
        return COMMAND_FAILED;
    }
    if (options->as_json)
        print_json(answer);
    else if (json_is_true(json_object_get(answer, "committed")))
        printf("done: action %lld of the event\n", rest_number(answer, "number"));
    else
        print_consequences(answer);
    return COMMAND_DONE;
}

static int act(const struct desk_options *options, const char *id, const char *action, int argc,
               char **argv)
{
    struct buffer path = {0};
    struct fault fault = {0};
    json_t *answer = NULL;
    json_t *body = action_body(options, action, argc, argv);
    long code = 0;
    if (body == NULL)
        return COMMAND_USAGE;
    buffer_format(&path, "/v1/tournaments/%s/actions%s", id,
                  options->is_dry ? "?dry_run=true" : "");
    for (int i = 0; i < CONFIRMATIONS_MAX; i++) {
        json_decref(answer);
        answer = NULL;
        code = ask(options, "POST", buffer_text(&path), body, &answer, &fault);
        const json_t *preview = json_object_get(answer, "preview");
        if (code != 428 || !is_confirmed(preview))
            break;
        (void)json_array_append_new(json_object_get(body, "confirm"),
                                    json_string(rest_text(preview, "confirm"))); /* as above */
    }
    int status = report(options, code, answer, &fault);
    json_decref(answer);
    json_decref(body);
    buffer_deinit(&path);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------- */

static void print_log(const json_t *answer)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(answer, "actions"), i, row)
    {
        printf("%4lld  %-18s %-14s %s", rest_number(row, "number"), rest_text(row, "action"),
               rest_text(row, "actor"), rest_text(row, "note"));
        if (rest_number(row, "undone_by") > 0)
            printf("  (taken back by %lld)", rest_number(row, "undone_by"));
        putchar('\n');
    }
}

static void print_round(const json_t *answer)
{
    size_t i;
    const json_t *row;
    printf("%s\n", rest_text(answer, "summary"));
    json_array_foreach(json_object_get(answer, "pairs"), i, row)
        printf("%4lld  %s – %s%s: %s\n", rest_number(row, "board"), rest_text(row, "first"),
               rest_text(row, "second"),
               json_is_true(json_object_get(row, "is_recorded")) ? "" : " (not as it was played)",
               rest_text(row, "reason"));
    json_array_foreach(json_object_get(answer, "rests"), i, row)
        printf("      %s rests: %s\n", rest_text(row, "player_id"), rest_text(row, "reason"));
    print_lines("      ", json_object_get(answer, "notes"));
}

static void print_why(const json_t *answer)
{
    printf("%s\n", rest_text(answer, "text"));
}

static void print_place(const json_t *answer)
{
    const json_t *standing = json_object_get(answer, "standing");
    printf("place %lld of %s after round %lld, decided by %s%s%s; it can still be %lld to %lld\n",
           rest_number(standing, "rank"), rest_text(standing, "name"), rest_number(answer, "round"),
           rest_text(answer, "decided_by")[0] != '\0' ? rest_text(answer, "decided_by") : "points",
           rest_text(answer, "above")[0] != '\0' ? " against " : "", rest_text(answer, "above"),
           rest_number(answer, "place_best"), rest_number(answer, "place_worst"));
    print_lines("  ", json_object_get(answer, "games"));
}

static int read_path(const struct desk_options *options, const char *path,
                     void (*print)(const json_t *answer))
{
    struct fault fault = {0};
    json_t *answer = NULL;
    long code = ask(options, "GET", path, NULL, &answer, &fault);
    int status = code >= 200 && code <= 299 ? COMMAND_DONE : COMMAND_FAILED;
    if (status != COMMAND_DONE)
        rest_print_problem("tournament", code, answer, &fault);
    else if (options->as_json)
        print_json(answer);
    else
        print(answer);
    json_decref(answer);
    return status;
}

static const char *division_of(const struct desk_options *options)
{
    return options->division != NULL ? options->division : "1";
}

/* ---- exporting --------------------------------------------------------------------------- */

static int write_file(const char *path, const char *text)
{
    FILE *file = path != NULL ? fopen(path, "w") : stdout;
    if (file == NULL) {
        fprintf(stderr, "arbiter tournament: cannot write %s\n", path);
        return COMMAND_FAILED;
    }
    bool is_good = fputs(text, file) >= 0;
    if (path != NULL)
        is_good = fclose(file) == 0 && is_good;
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

static int fetch_file(const struct desk_options *options, const char *id)
{
    struct buffer path = {0};
    struct fault fault = {0};
    json_t *answer = NULL;
    size_t i;
    const json_t *loss;
    if (options->format == NULL)
        return wrong("export needs --format");
    buffer_format(&path, "/v1/tournaments/%s/export?report=true&format=%s", id, options->format);
    if (options->division != NULL)
        buffer_format(&path, "&division=%s", options->division);
    if (options->round != NULL)
        buffer_format(&path, "&round=%s", options->round);
    long code = ask(options, "GET", buffer_text(&path), NULL, &answer, &fault);
    int status = COMMAND_FAILED;
    if (code == 200) {
        json_array_foreach(json_object_get(answer, "losses"), i, loss)
            fprintf(stderr, "left out: %s\n", json_string_value(loss));
        status = write_file(options->out, rest_text(answer, "text"));
    } else {
        rest_print_problem("tournament", code, answer, &fault);
    }
    json_decref(answer);
    buffer_deinit(&path);
    return status;
}

/* ---- verbs ------------------------------------------------------------------------------- */

static const struct {
    const char *verb;
    int words; /* at least, after the verb */
    void (*print)(const json_t *answer);
    const char *path; /* of a reading; its words in order: id, division, then the rest */
} verbs[] = {
    {"act", 2, NULL, NULL},
    {"undo", 1, NULL, NULL},
    {"export", 1, NULL, NULL},
    {"log", 1, print_log, "/v1/tournaments/%s/actions"},
    {"explain", 2, print_round, "/v1/tournaments/%s/divisions/%s/rounds/%s/explain"},
    {"why-not", 4, print_why, "/v1/tournaments/%s/divisions/%s/rounds/%s/why-not?a=%s&b=%s"},
    {"place", 2, print_place, "/v1/tournaments/%s/divisions/%s/standings/explain?player=%s"},
};

bool desk_knows(const char *verb)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(verbs[i].verb, verb) == 0)
            return true;
    return false;
}

/* Fills a path's places with the id, the division, and the other words. */
static void fill_path(struct buffer *path, const char *pattern, const char *division, int argc,
                      char **argv)
{
    int word = 0;
    for (const char *c = pattern; *c != '\0'; c++) {
        if (c[0] != '%' || c[1] != 's') {
            buffer_append_char(path, *c);
            continue;
        }
        c++;
        buffer_append_text(path, word == 1 ? division : argv[word > 1 ? word - 1 : 0]);
        word++;
    }
    (void)argc; /* checked against the verb's words */
}

int desk_run(const struct desk_options *options, int argc, char **argv)
{
    size_t i = 0;
    while (strcmp(verbs[i].verb, argv[0]) != 0)
        i++;
    if (argc - 1 < verbs[i].words)
        return wrong("say which event, and what of it");
    if (strcmp(argv[0], "act") == 0)
        return act(options, argv[1], argv[2], argc - 3, argv + 3);
    if (strcmp(argv[0], "undo") == 0)
        return act(options, argv[1], "undo", 0, NULL);
    if (strcmp(argv[0], "export") == 0)
        return fetch_file(options, argv[1]);
    struct buffer path = {0};
    fill_path(&path, verbs[i].path, division_of(options), argc - 1, argv + 1);
    int status = read_path(options, buffer_text(&path), verbs[i].print);
    buffer_deinit(&path);
    return status;
}
