/* `arbiter pair --system dutch`: files, output and JSON around the engine. */
#include "cli/pair.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "orchestrator/pairing/dutch/engine.h"
#include "orchestrator/pairing/dutch/explain.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, ARENA_GIB = 8 };

struct run {
    const struct pair_request *request;
    struct arena arena;
    struct arena scratch;
    struct buffer file;
    struct buffer out;
    struct buffer list;
    struct buffer error;
    struct dutch_engine_result result;
};

/* The file's name without its folder and extension. */
static void cut_stem(const char *path, char *out, size_t size)
{
    const char *name = strrchr(path, '/');
    name = name == NULL ? path : name + 1;
    const char *dot = strrchr(name, '.');
    size_t length = dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
    snprintf(out, size, "%.*s", (int)length, name);
}

/* The checklist's path: as wished, else the input's with another extension. */
static void write_list_path(const struct pair_request *request, struct buffer *out)
{
    if (request->list != NULL) {
        buffer_append_text(out, request->list);
        return;
    }
    const char *slash = strrchr(request->input, '/');
    char stem[PATH_SIZE];
    cut_stem(request->input, stem, sizeof stem);
    if (slash != NULL)
        buffer_append(out, request->input, (size_t)(slash - request->input) + 1);
    buffer_format(out, "%s.list", stem);
}

static int write_file(const char *path, const struct buffer *bytes)
{
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(buffer_text(bytes), 1, bytes->size, file) == bytes->size;
    bool closed = file != NULL && fclose(file) == 0;
    if (written && closed)
        return DUTCH_EXIT_DONE;
    fprintf(stderr, "Error writing file %s\n", path);
    return DUTCH_EXIT_ACCESS;
}

/* ---- JSON -------------------------------------------------------------------------------- */

static int number_of(const struct run *run, int player)
{
    return run->result.input.record->players[player].number;
}

static json_t *pairs_to_json(const struct run *run, const struct dutch_pair *pairs, int count,
                             const char *first, const char *second)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_t *pair = json_pack("{s:i}", first, number_of(run, pairs[i].first));
        if (pairs[i].second == RECORD_NOBODY)
            json_object_set_new(pair, "bye", json_true());
        else
            json_object_set_new(pair, second, json_integer(number_of(run, pairs[i].second)));
        json_array_append_new(list, pair);
    }
    return list;
}

static const char *proof_word(enum dutch_proof proof)
{
    switch (proof) {
    case DUTCH_PROOF_ALONE:
        return "alone";
    case DUTCH_PROOF_AHEAD:
        return "with the next score";
    case DUTCH_PROOF_WHOLE:
        break;
    }
    return "with all below";
}

static json_t *brackets_to_json(const struct run *run)
{
    const struct dutch_output *output = &run->result.output;
    json_t *list = json_array();
    for (int i = 0; i < output->bracket_count; i++) {
        const struct dutch_bracket *bracket = &output->brackets[i];
        json_array_append_new(
            list, json_pack("{s:f, s:i, s:i, s:i, s:s}", "score", bracket->score_x10 / 10.0,
                            "moved_down", bracket->mdp_count, "residents", bracket->resident_count,
                            "pairs", bracket->pair_count, "settled", proof_word(bracket->proof)));
    }
    return list;
}

static bool write_json(struct run *run, const struct buffer *explanation, const struct buffer *why)
{
    const struct dutch_output *output = &run->result.output;
    json_t *root = json_pack("{s:s, s:i, s:b}", "system", "dutch", "round", run->result.input.round,
                             "possible", output->possible);
    if (output->possible)
        json_object_set_new(
            root, "pairs", pairs_to_json(run, output->pairs, output->pair_count, "white", "black"));
    else
        json_object_set_new(root, "relax",
                            pairs_to_json(run, output->relax, output->relax_count, "one", "other"));
    if (run->request->explain) {
        json_object_set_new(root, "brackets", brackets_to_json(run));
        json_object_set_new(root, "explanation", json_string(buffer_text(explanation)));
    }
    if (run->request->why_one != NULL)
        json_object_set_new(root, "why_not", json_string(buffer_text(why)));
    char *text = json_dumps(root, JSON_INDENT(2));
    buffer_reset(&run->out);
    if (text != NULL) {
        buffer_append_text(&run->out, text);
        buffer_append_char(&run->out, '\n');
    }
    free(text);
    json_decref(root);
    return text != NULL;
}

/* ---- why --------------------------------------------------------------------------------- */

/* Returns the player with that number, RECORD_NOBODY for 0, -2 where there is none. */
static int find_player(const struct run *run, const char *text)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < 0 || number > 99999)
        return -2;
    if (number == 0)
        return RECORD_NOBODY;
    int player = record_find(run->result.input.record, (int)number);
    return player == RECORD_NOBODY ? -2 : player;
}

static int ask_why_not(struct run *run, struct buffer *out)
{
    int one = find_player(run, run->request->why_one);
    int other = find_player(run, run->request->why_other);
    struct dutch_why why = {0};
    if (one < 0 || other == -2) {
        fputs("arbiter pair: --why-not needs two start numbers; the second may be 0, the bye\n",
              stderr);
        return DUTCH_EXIT_REQUEST;
    }
    enum status status =
        dutch_why_not(&run->result.input, &run->result.output, one, other, &run->arena, &why);
    if (status != STATUS_OK) {
        fprintf(stderr, "arbiter pair: %s\n", status_name(status));
        return DUTCH_EXIT_SIZE;
    }
    dutch_why_write(run->result.input.record, &why, one, other, out);
    return DUTCH_EXIT_DONE;
}

/* Adds to the pairs what else was asked for. */
static int answer(struct run *run)
{
    struct buffer explanation = {0};
    struct buffer why = {0};
    int code = DUTCH_EXIT_DONE;
    if (run->request->explain && dutch_explain(&run->result.input, &run->result.output, &run->arena,
                                               &explanation) != STATUS_OK)
        code = DUTCH_EXIT_SIZE;
    if (code == DUTCH_EXIT_DONE && run->request->why_one != NULL && run->result.output.possible)
        code = ask_why_not(run, &why);
    if (code == DUTCH_EXIT_DONE && run->request->json) {
        code = write_json(run, &explanation, &why) ? DUTCH_EXIT_DONE : DUTCH_EXIT_SIZE;
    } else if (code == DUTCH_EXIT_DONE) {
        if (!run->request->with_pairs)
            buffer_reset(&run->out);
        buffer_append_text(&run->out, buffer_text(&explanation));
        buffer_append_text(&run->out, buffer_text(&why));
        buffer_append_text(&run->out, why.size > 0 ? "\n" : "");
    }
    buffer_deinit(&explanation);
    buffer_deinit(&why);
    return code;
}

/* ---- the run ----------------------------------------------------------------------------- */

static int write_outputs(struct run *run, int code)
{
    const struct pair_request *request = run->request;
    int written = DUTCH_EXIT_DONE;
    if (request->with_list && run->list.size > 0) {
        struct buffer path = {0};
        write_list_path(request, &path);
        buffer_append_text(&run->list, "arbiter pair --system dutch");
        written = write_file(buffer_text(&path), &run->list);
        buffer_deinit(&path);
    }
    if (written != DUTCH_EXIT_DONE)
        return written;
    if (request->output != NULL && code == DUTCH_EXIT_DONE)
        return write_file(request->output, &run->out);
    fwrite(buffer_text(&run->out), 1, run->out.size, stdout);
    return fflush(stdout) == 0 ? code : DUTCH_EXIT_ACCESS;
}

static int pair_file(struct run *run)
{
    const struct pair_request *request = run->request;
    char stem[PATH_SIZE];
    cut_stem(request->input, stem, sizeof stem);
    struct dutch_engine engine = {
        .bytes = buffer_text(&run->file),
        .size = run->file.size,
        .path = request->input,
        .stem = stem,
        .compat = request->like_bbp ? DUTCH_BBP : DUTCH_FIDE,
        .arena = &run->arena,
        .scratch = &run->scratch,
        .out = &run->out,
        .list = request->with_list ? &run->list : NULL,
        .error = &run->error,
    };
    int code = request->task == PAIR_CHECK ? (int)dutch_engine_check(&engine)
                                           : (int)dutch_engine_pair(&engine, &run->result);
    fputs(buffer_text(&run->error), stderr);
    bool answerable = code == DUTCH_EXIT_DONE || code == DUTCH_EXIT_NO_PAIRING;
    bool asked = request->explain || request->json || request->why_one != NULL;
    if (request->task == PAIR_NEXT && answerable && asked) {
        int answered = answer(run);
        code = answered == DUTCH_EXIT_DONE ? code : answered;
    }
    return answerable ? write_outputs(run, code) : code;
}

int pair_dutch(const struct pair_request *request)
{
    struct run run = {.request = request};
    arena_init(&run.arena, (size_t)ARENA_GIB << 30);
    arena_init(&run.scratch, (size_t)ARENA_GIB << 30);
    int code = DUTCH_EXIT_ACCESS;
    if (buffer_read_file(&run.file, request->input) == STATUS_OK)
        code = pair_file(&run);
    else
        fprintf(stderr, "Error reading file %s\n", request->input);
    buffer_deinit(&run.file);
    buffer_deinit(&run.out);
    buffer_deinit(&run.list);
    buffer_deinit(&run.error);
    arena_deinit(&run.arena);
    arena_deinit(&run.scratch);
    return code;
}
