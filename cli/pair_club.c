/* `arbiter pair --system NAME` for all systems but the FIDE one: an event's file in, pairs out. */
#include "cli/pair.h"

#include "cli/event_file.h"
#include "orchestrator/pairing/pairing.h"
#include "orchestrator/pairing/policy.h"
#include "orchestrator/pairing/rows.h"
#include "orchestrator/record/trf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The exit codes of pairing engines. */
enum { EXIT_DONE, EXIT_NO_PAIRING, EXIT_UNEXPECTED, EXIT_REQUEST, EXIT_SIZE, EXIT_ACCESS };

#define ARENA_GIB 8
#define NAME_MAX_LENGTH 64

struct run {
    const struct pair_request *request;
    struct event_file file;
    struct arena arena;
    struct pairing_policy policy;
    struct pairing_input input;
    struct pairing_output output;
    struct pairing_why why;
    bool has_why;
};

static int number_of(const struct run *run, int player)
{
    return player == PAIRING_NOBODY ? 0 : (int)run->input.players[player].id;
}

static int player_numbered(const struct run *run, const char *text)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    for (int i = 0; end != text && *end == '\0' && i < run->input.players_count; i++)
        if (run->input.players[i].id == number)
            return i;
    return PAIRING_NOBODY;
}

/* Reads `--set NAME=VALUE`s. */
static int settings_read(struct run *run)
{
    for (int i = 0; i < run->request->settings_count; i++) {
        char name[NAME_MAX_LENGTH];
        const char *setting = run->request->settings[i];
        const char *equals = strchr(setting, '=');
        struct fault fault = {0};
        if (equals == NULL || equals - setting >= NAME_MAX_LENGTH) {
            fprintf(stderr, "arbiter pair: --set NAME=VALUE, not %s\n", setting);
            return EXIT_REQUEST;
        }
        snprintf(name, sizeof name, "%.*s", (int)(equals - setting), setting);
        if (pairing_policy_set(&run->policy, name, equals + 1, &fault) != STATUS_OK) {
            event_file_complain("arbiter pair", &fault);
            return EXIT_REQUEST;
        }
    }
    return EXIT_DONE;
}

/* A FIDE report lists byes of the next round beside results: read as what is to be paired, not as
 * what has been played. */
static const struct record *trf_open(struct run *run)
{
    struct buffer bytes = {.limit = BOOK_FILE_MAX};
    struct fault fault = {0};
    struct record *record = NULL;
    enum status status = buffer_read_file(&bytes, run->request->input);
    if (status != STATUS_OK)
        (void)fault_set(&fault, 0, 0, "cannot be read: %s", status_name(status));
    else
        status = trf_read(bytes.data != NULL ? bytes.data : "", bytes.size, TRF_TO_READ,
                          &run->arena, &record, &fault);
    if (status != STATUS_OK)
        event_file_complain(run->request->input, &fault);
    buffer_deinit(&bytes);
    return status == STATUS_OK ? record : NULL;
}

/* Returns the record to pair, NULL with the reason on standard error. */
static const struct record *record_open(struct run *run)
{
    const struct pair_request *request = run->request;
    enum book_format format;
    if (book_format_of(request->input, &format) && (format == BOOK_TRF16 || format == BOOK_TRF26))
        return trf_open(run);
    if (!event_file_open(&run->file, request->input, NULL))
        return NULL;
    const struct book_division *division =
        event_file_division(&run->file, request->input, request->division);
    return division == NULL ? NULL : division->record;
}

static int input_read(struct run *run)
{
    const struct pair_request *request = run->request;
    enum pairing_method method;
    if (!pairing_method_find(request->system, &method))
        return EXIT_UNEXPECTED;
    const struct record *record = record_open(run);
    if (record == NULL)
        return EXIT_REQUEST;
    if (pairing_rows_from_record(record, &run->arena, &run->input) != STATUS_OK)
        return EXIT_SIZE;
    run->policy = pairing_policy_default(method);
    run->policy.points_win = record->points.win_x10;
    run->input.policy = &run->policy;
    run->input.seed = request->seed;
    if (request->rounds > 0)
        run->input.rounds_total = request->rounds;
    return settings_read(run);
}

static json_t *costs_json(const struct pairing_cost *costs, int count)
{
    json_t *object = json_object();
    for (int i = 0; i < count; i++)
        json_object_set_new(object, costs[i].name, json_integer(costs[i].value));
    return object;
}

static json_t *output_json(const struct run *run)
{
    const struct pairing_output *out = &run->output;
    json_t *pairs = json_array();
    json_t *rests = json_array();
    json_t *conflicts = json_array();
    json_t *notes = json_array();
    for (int i = 0; i < out->pairs_count; i++) {
        const struct pairing_pair *pair = &out->pairs[i];
        json_array_append_new(pairs,
                              json_pack("{s:i, s:i, s:i, s:i, s:s, s:s, s:o}", "board", pair->board,
                                        "first", number_of(run, pair->first), "second",
                                        number_of(run, pair->second), "meetings", pair->meetings,
                                        "reason", pair->reason, "first_reason", pair->first_reason,
                                        "costs", costs_json(pair->costs, pair->costs_count)));
    }
    for (int i = 0; i < out->rests_count; i++)
        json_array_append_new(rests, json_pack("{s:i, s:b, s:s}", "player",
                                               number_of(run, out->rests[i].player), "bye",
                                               out->rests[i].kind == PAIRING_REST_BYE, "reason",
                                               out->rests[i].reason));
    for (int i = 0; i < out->conflicts_count; i++)
        json_array_append_new(conflicts, json_pack("{s:i, s:i, s:s}", "one",
                                                   number_of(run, out->conflicts[i].one), "other",
                                                   number_of(run, out->conflicts[i].other), "text",
                                                   out->conflicts[i].text));
    for (int i = 0; i < out->notes_count; i++)
        json_array_append_new(notes, json_string(out->notes[i]));
    json_t *root = json_pack(
        "{s:s, s:i, s:I, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "system", run->request->system,
        "round", run->input.round_number, "seed", (json_int_t)run->input.seed, "possible",
        out->verdict == PAIRING_MADE, "proved", out->proved, "pairs", pairs, "rests", rests,
        "relax", conflicts, "notes", notes, "costs", costs_json(out->costs, out->costs_count));
    if (run->has_why)
        json_object_set_new(root, "why_not", json_string(run->why.text));
    return root;
}

static void pairs_write(const struct run *run, FILE *file)
{
    const struct pairing_output *out = &run->output;
    int byes = 0;
    for (int i = 0; i < out->rests_count; i++)
        byes += out->rests[i].kind == PAIRING_REST_BYE;
    fprintf(file, "%d\n", out->pairs_count + byes);
    for (int i = 0; i < out->pairs_count; i++)
        fprintf(file, "%d %d\n", number_of(run, out->pairs[i].first),
                number_of(run, out->pairs[i].second));
    for (int i = 0; i < out->rests_count; i++)
        if (out->rests[i].kind == PAIRING_REST_BYE)
            fprintf(file, "%d 0\n", number_of(run, out->rests[i].player));
}

static void explanation_write(const struct run *run, FILE *file)
{
    const struct pairing_output *out = &run->output;
    fprintf(file, "%s\n", out->summary);
    for (int i = 0; i < out->notes_count; i++)
        fprintf(file, "  %s\n", out->notes[i]);
    for (int i = 0; i < out->pairs_count; i++) {
        const struct pairing_pair *pair = &out->pairs[i];
        fprintf(file, "board %d: %d - %d: %s; %d goes first: %s", pair->board,
                number_of(run, pair->first), number_of(run, pair->second), pair->reason,
                number_of(run, pair->first), pair->first_reason);
        for (int k = 0; k < pair->costs_count; k++)
            fprintf(file, "%s%s %lld", k == 0 ? " [" : ", ", pair->costs[k].name,
                    (long long)pair->costs[k].value);
        fprintf(file, "%s\n", pair->costs_count > 0 ? "]" : "");
    }
    for (int i = 0; i < out->rests_count; i++)
        fprintf(file, "%d does not play: %s\n", number_of(run, out->rests[i].player),
                out->rests[i].reason);
}

static int output_write(const struct run *run)
{
    const struct pair_request *request = run->request;
    FILE *file = request->output == NULL ? stdout : fopen(request->output, "w");
    if (file == NULL) {
        fprintf(stderr, "Error writing file %s\n", request->output);
        return EXIT_ACCESS;
    }
    bool asked = request->explain || run->has_why;
    if (request->json) {
        json_t *root = output_json(run);
        json_dumpf(root, file, JSON_INDENT(2));
        fprintf(file, "\n");
        json_decref(root);
    } else {
        if (run->output.verdict == PAIRING_MADE && (request->with_pairs || !asked))
            pairs_write(run, file);
        if (request->explain)
            explanation_write(run, file);
        if (run->has_why)
            fprintf(file, "%s\n", run->why.text);
    }
    bool written = ferror(file) == 0;
    written = (file == stdout ? fflush(file) : fclose(file)) == 0 && written;
    return written ? EXIT_DONE : EXIT_ACCESS;
}

static int why_ask(struct run *run)
{
    int one = player_numbered(run, run->request->why_one);
    int other = player_numbered(run, run->request->why_other);
    struct fault fault = {0};
    if (one == PAIRING_NOBODY || other == PAIRING_NOBODY) {
        fputs("arbiter pair: --why-not needs the start numbers of two players\n", stderr);
        return EXIT_REQUEST;
    }
    run->has_why = pairing_why_not(&run->input, &run->output, one, other, &run->arena, &run->why,
                                   &fault) == STATUS_OK;
    if (!run->has_why)
        event_file_complain(run->request->input, &fault);
    return run->has_why ? EXIT_DONE : EXIT_REQUEST;
}

static int pair_file(struct run *run)
{
    struct fault fault = {0};
    int code = input_read(run);
    if (code != EXIT_DONE)
        return code;
    enum status status = pairing_make(&run->input, &run->arena, &run->output, &fault);
    if (status == STATUS_FULL)
        return EXIT_SIZE;
    if (status != STATUS_OK) {
        event_file_complain(run->request->input, &fault);
        return EXIT_REQUEST;
    }
    for (int i = 0; i < run->output.conflicts_count; i++)
        fprintf(stderr, "no legal pairing: %s\n", run->output.conflicts[i].text);
    if (run->request->why_one != NULL && run->output.verdict == PAIRING_MADE)
        code = why_ask(run);
    if (code == EXIT_DONE)
        code = output_write(run);
    return code != EXIT_DONE || run->output.verdict == PAIRING_MADE ? code : EXIT_NO_PAIRING;
}

int pair_club(const struct pair_request *request)
{
    struct run run = {.request = request};
    if (request->task == PAIR_CHECK || request->with_list) {
        fputs("arbiter pair: -c and -l are only for --system dutch\n", stderr);
        return EXIT_REQUEST;
    }
    arena_init(&run.arena, (size_t)ARENA_GIB << 30);
    int code = pair_file(&run);
    event_file_close(&run.file);
    arena_deinit(&run.arena);
    return code;
}

void pair_club_settings(void)
{
    for (const struct pairing_setting *row = pairing_settings; row->name != NULL; row++)
        printf("  %-24s %s\n", row->name, row->help);
}
