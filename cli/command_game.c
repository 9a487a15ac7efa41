/* `arbiter game`: proves that a finished game was fair, from what is published of it. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "cli/rest.h"
#include "gamesvc/rules/verify.h"
#include "seeks/token.h"

#define GAME_MEMORY_MAX ((size_t)64 << 20)

static const char help[] =
    "Usage: arbiter game verify [OPTION...] ID\n"
    "       arbiter game verify --file FILE\n"
    "\n"
    "Runs a finished game again from the seed that was revealed at its end, and checks that the "
    "seed\n"
    "is the one committed to before its first move, that every draw follows from it, and every "
    "rack,\n"
    "score and clock from the turns; then that the result is the one announced. Says where the "
    "first\n"
    "divergence is. Words are not judged again.\n"
    "\n"
    "  --commitment HEX  what you were told at the start (default: what the record says)\n"
    "  --file FILE       a record: GET /v1/games/ID/record, or one of the archive (\"-\": "
    "standard\n"
    "                    input)\n"
    "  --url URL         address of the REST API (default: the house under ./.arbiter)\n"
    "  --token TEXT      token to use (default: ARBITER_TOKEN, or one signed with the house's "
    "key)\n"
    "  --dir DIR         folder of the house (default: ./.arbiter)\n"
    "  --help            this text\n";

struct game_options {
    const char *id;
    const char *file;
    const char *commitment;
    const char *url;
    const char *token;
    const char *folder;
};

/* A record and what it is made of; `json` is what texts are borrowed from. */
struct record {
    json_t *json;
    struct verify_game game;
    struct arena arena;
};

static int wrong(const char *text)
{
    fprintf(stderr, "arbiter game: %s; --help tells more\n", text);
    return COMMAND_USAGE;
}

/* ---- reading a record -------------------------------------------------------------------- */

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static bool read_hex(const char *text, uint8_t *out_bytes, size_t size)
{
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_turns(struct record *record)
{
    const json_t *list = json_object_get(record->json, "turns");
    size_t count = json_array_size(list);
    struct rules_turn *turns = arena_array(&record->arena, count + 1, sizeof *turns);
    if (turns == NULL || !json_is_array(list) || count > RULES_TURNS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *turn = json_array_get(list, i);
        int64_t actor = rest_number(turn, "actor");
        if (actor < 0 || actor > RULES_CLOCK)
            return false;
        turns[i] = (struct rules_turn){.number = (uint32_t)rest_number(turn, "number"),
                                       .event_id = rest_text(turn, "event_id"),
                                       .actor = (enum rules_party)actor,
                                       .at_ms = rest_number(turn, "at_ms"),
                                       .record = rest_text(turn, "record")};
    }
    record->game.turns = turns;
    record->game.turn_count = (uint32_t)count;
    return true;
}

static struct timing_control read_control(const json_t *control)
{
    int64_t kind = rest_number(control, "kind");
    return (struct timing_control){
        .kind = kind == TIMING_REAL_TIME        ? TIMING_REAL_TIME
                : kind == TIMING_CORRESPONDENCE ? TIMING_CORRESPONDENCE
                                                : TIMING_NONE,
        .initial_ms = rest_number(control, "initial_ms"),
        .increment_ms = rest_number(control, "increment_ms"),
        .overtime_max_ms = rest_number(control, "overtime_max_ms"),
        .bank_ms = rest_number(control, "bank_ms"),
    };
}

/* Fills in record->game from record->json; `commitment` is what a player was told, NULL for none.
 */
static bool read_record(struct record *record, const char *commitment)
{
    const char *seed = rest_text(record->json, "seed");
    if (commitment == NULL)
        commitment = rest_text(record->json, "commitment");
    record->game = (struct verify_game){
        .rules = rest_text(record->json, "rules"),
        .options = rest_text(record->json, "options"),
        .commitment_id = rest_text(record->json, "commitment_id"),
        .has_chance = seed[0] != '\0' || commitment[0] != '\0',
        .control = read_control(json_object_get(record->json, "control")),
        .start_ms = rest_number(record->json, "start_ms"),
        .start_within_ms = rest_number(record->json, "start_within_ms"),
    };
    if (rest_number(record->json, "format") != 1 || !read_turns(record))
        return false;
    return !record->game.has_chance ||
           (read_hex(seed, record->game.seed, DRAWS_SEED_SIZE) &&
            read_hex(commitment, record->game.commitment, DRAWS_COMMITMENT_SIZE));
}

/* ---- checking ---------------------------------------------------------------------------- */

static const char *winner_of(const struct record *record, const struct rules_result *result)
{
    if (result->winner == RULES_NO_WINNER)
        return "";
    return rest_text(record->json, result->winner == RULES_FIRST ? "first" : "second");
}

static bool is_announced(const struct record *record, const struct rules_result *result)
{
    const json_t *announced = json_object_get(record->json, "result");
    return result->over && strcmp(rest_text(announced, "winner"), winner_of(record, result)) == 0 &&
           rest_number(announced, "first_score") == result->score[RULES_FIRST] &&
           rest_number(announced, "second_score") == result->score[RULES_SECOND] &&
           strcmp(rest_text(announced, "reason"), rules_end_name(result->end)) == 0;
}

static void print_fair(const struct record *record, const struct rules_result *result)
{
    printf("game %s is fair: %s, %u turns, %s %d : %d %s, %s\n", rest_text(record->json, "game_id"),
           record->game.rules, record->game.turn_count, rest_text(record->json, "first"),
           result->score[RULES_FIRST], result->score[RULES_SECOND],
           rest_text(record->json, "second"), rules_end_name(result->end));
    if (record->game.has_chance)
        printf("the seed is the one committed to, and every draw follows from it\n");
}

static int check_record(struct record *record, const char *commitment)
{
    struct rules_result result;
    struct fault fault = {0};
    if (!read_record(record, commitment)) {
        fputs("arbiter game: this is not the record of a finished game\n", stderr);
        return COMMAND_FAILED;
    }
    enum status status = verify_game(&record->arena, &record->game, &result, &fault);
    if (status == STATUS_OK && is_announced(record, &result)) {
        print_fair(record, &result);
        return COMMAND_DONE;
    }
    fprintf(stderr, "game %s is not what it is said to be: ", rest_text(record->json, "game_id"));
    if (status == STATUS_OK)
        fputs("its turns come to another result than the one announced\n", stderr);
    else if (fault.line > 0)
        fprintf(stderr, "turn %d: %s\n", fault.line, fault.text);
    else
        fprintf(stderr, "%s\n", fault.text[0] != '\0' ? fault.text : status_name(status));
    return COMMAND_FAILED;
}

/* ---- getting a record -------------------------------------------------------------------- */

static bool load_file(const char *path, json_t **out_json)
{
    struct buffer file = {.limit = GAME_MEMORY_MAX};
    json_error_t error = {0};
    enum status status = buffer_read_file(&file, path);
    if (status == STATUS_OK)
        *out_json = json_loadb(buffer_text(&file), file.size, JSON_REJECT_DUPLICATES, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", path, status_name(status));
    else if (*out_json == NULL)
        fprintf(stderr, "%s:%d:%d: %s\n", path, error.line, error.column, error.text);
    buffer_deinit(&file);
    return *out_json != NULL;
}

static bool load_live(const struct game_options *options, json_t **out_json)
{
    struct fault fault = {0};
    struct rest rest;
    char path[128];
    long code = 0;
    (void)snprintf(path, sizeof path, "/v1/games/%s/record", options->id); /* ids are short */
    if (rest_open(options->url, options->token, options->folder, "auditor", TOKEN_PLAYER, &rest,
                  &fault) == STATUS_OK)
        code = rest_call(&rest, "GET", path, NULL, out_json, &fault);
    if (code == 200 && *out_json != NULL)
        return true;
    rest_print_problem("game", code, *out_json, &fault);
    return false;
}

static int verify(const struct game_options *options)
{
    struct record record = {0};
    int exit_status = COMMAND_FAILED;
    arena_init(&record.arena, GAME_MEMORY_MAX);
    if (options->file != NULL ? load_file(options->file, &record.json)
                              : load_live(options, &record.json))
        exit_status = check_record(&record, options->commitment);
    json_decref(record.json);
    arena_deinit(&record.arena);
    return exit_status;
}

static int read_options(int argc, char **argv, struct game_options *options)
{
    static const struct option long_options[] = {{"file", required_argument, NULL, 'f'},
                                                 {"url", required_argument, NULL, 'u'},
                                                 {"commitment", required_argument, NULL, 'c'},
                                                 {"token", required_argument, NULL, 't'},
                                                 {"dir", required_argument, NULL, 'd'},
                                                 {"help", no_argument, NULL, 'h'},
                                                 {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (option) {
        case 'f':
            options->file = optarg;
            break;
        case 'c':
            options->commitment = optarg;
            break;
        case 'u':
            options->url = optarg;
            break;
        case 't':
            options->token = optarg;
            break;
        case 'd':
            options->folder = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return COMMAND_DONE;
        default:
            return wrong("there is no such option");
        }
    }
    return -1;
}

int command_game(int argc, char **argv)
{
    struct game_options options = {0};
    int done = read_options(argc, argv, &options);
    if (done >= 0)
        return done;
    if (optind == argc || strcmp(argv[optind], "verify") != 0)
        return wrong("say `verify`");
    if (optind + 2 < argc || (optind + 2 == argc) == (options.file != NULL))
        return wrong("name a game, or a file with --file");
    options.id = optind + 2 == argc ? argv[optind + 1] : NULL;
    if (options.id != NULL && strlen(options.id) > 64)
        return wrong("this is no game's id");
    return verify(&options);
}
