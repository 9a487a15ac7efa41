/* `arbiter standings`: who is ahead, by which tie-breaks, and who can still finish where. */
#include "cli/command.h"

#include "cli/event_file.h"
#include "orchestrator/standing/standing.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "Usage: arbiter standings FILE [OPTION...]\n"
    "\n"
    "Orders the players of an event's file (.json .trf .tsh .t .tou): points first, then the\n"
    "tie-breaks in the order given, then lots.\n"
    "\n"
    "  -t, --tiebreaks LIST      e.g. BH/C1,SB,DE,TPN or SPREAD,TPN; docs/standings.md lists them\n"
    "                            (default: the list in a TRF26 file's line 202 where it is known\n"
    "                            here; else SPREAD,TPN where games have scores, else TPN)\n"
    "  -r, --round N             after round N (default: the last)\n"
    "  -d, --division NAME       which division, where the file has several\n"
    "      --edition 2024|2026   rules for unplayed rounds (default 2026)\n"
    "      --round-robin         pairings were fixed beforehand (also knock-outs)\n"
    "      --spread-cap N        most of a game's score difference that counts\n"
    "      --lots-seed N         seed of the last resort\n"
    "      --outlook             add the places each player can still finish in\n"
    "      --rounds-left N       for --outlook (default: what the file says)\n"
    "      --spread-per-round N  for --outlook: most one player gains on another in a round\n"
    "      --from FORMAT         json, club, trf16, trf26, tsh, tou or csv\n"
    "      --json                one JSON object instead of a table\n"
    "  -h, --help\n";

struct request {
    const char *path;
    const char *format;
    const char *division;
    const char *tiebreaks;
    bool outlook;
    bool json;
    int rounds_left; /* -1 = by the file */
    int spread_per_round;
    struct standing_options options;
};

enum {
    OPT_EDITION = 256,
    OPT_FIXED,
    OPT_CAP,
    OPT_SEED,
    OPT_OUTLOOK,
    OPT_LEFT,
    OPT_GAIN,
    OPT_FROM,
    OPT_JSON
};

static const struct option OPTIONS[] = {
    {"tiebreaks", required_argument, NULL, 't'},
    {"round", required_argument, NULL, 'r'},
    {"division", required_argument, NULL, 'd'},
    {"edition", required_argument, NULL, OPT_EDITION},
    {"round-robin", no_argument, NULL, OPT_FIXED},
    {"spread-cap", required_argument, NULL, OPT_CAP},
    {"lots-seed", required_argument, NULL, OPT_SEED},
    {"outlook", no_argument, NULL, OPT_OUTLOOK},
    {"rounds-left", required_argument, NULL, OPT_LEFT},
    {"spread-per-round", required_argument, NULL, OPT_GAIN},
    {"from", required_argument, NULL, OPT_FROM},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool read_int(const char *option, const char *text, int min, int *out)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || value < min || value > 1000000) {
        fprintf(stderr, "arbiter standings: --%s needs a number of at least %d, not '%s'\n", option,
                min, text);
        return false;
    }
    *out = (int)value;
    return true;
}

static bool read_seed(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 0);
    if (*text != '\0' && *end == '\0' && errno == 0)
        return true;
    fprintf(stderr, "arbiter standings: --lots-seed needs a number, not '%s'\n", text);
    return false;
}

static bool read_edition(const char *text, struct standing_options *options)
{
    bool old = strcmp(text, "2024") == 0;
    options->edition = old ? STANDING_2024 : STANDING_2026;
    if (old || strcmp(text, "2026") == 0)
        return true;
    fprintf(stderr, "arbiter standings: --edition is 2024 or 2026, not '%s'\n", text);
    return false;
}

/* Takes one option; false where it makes no sense. */
static bool take_option(int option, struct request *request)
{
    switch (option) {
    case 't':
        request->tiebreaks = optarg;
        return true;
    case 'r':
        return read_int("round", optarg, 1, &request->options.after_round);
    case 'd':
        request->division = optarg;
        return true;
    case OPT_EDITION:
        return read_edition(optarg, &request->options);
    case OPT_FIXED:
        request->options.fixed_pairings = true;
        return true;
    case OPT_CAP:
        return read_int("spread-cap", optarg, 0, &request->options.spread_cap);
    case OPT_SEED:
        return read_seed(optarg, &request->options.lots_seed);
    case OPT_OUTLOOK:
        request->outlook = true;
        return true;
    case OPT_LEFT:
        return read_int("rounds-left", optarg, 0, &request->rounds_left);
    case OPT_GAIN:
        return read_int("spread-per-round", optarg, 0, &request->spread_per_round);
    case OPT_FROM:
        request->format = optarg;
        return true;
    case OPT_JSON:
        request->json = true;
        return true;
    default:
        return false;
    }
}

static bool has_scores(const struct record *record)
{
    for (int player = 0; player < record->player_count; player++)
        for (int round = 1; round <= record->rounds_played; round++)
            if (record_result(record, player, round)->has_scores)
                return true;
    return false;
}

/* Whether the file names tie-breaks, all of which are known here. */
static bool has_list(const struct record *record, struct standing_options options)
{
    struct fault fault;
    return record->event.tie_breaks[0] != '\0' &&
           standing_order_parse(record->event.tie_breaks, &options, &fault) == STATUS_OK;
}

/* The longest text of a column, at least its title. */
struct column {
    char title[STANDING_TERM_TEXT_MAX];
    int width;
};

/* Columns a character takes are counted as code points. */
static int text_width(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void pad(struct buffer *out, int count)
{
    for (int i = 0; i < count; i++)
        buffer_append_char(out, ' ');
}

static void points_text(int points_x10, char out[STANDING_TERM_TEXT_MAX])
{
    const struct standing_term score = {.code = STANDING_PTS};
    const struct standing_value value = {points_x10, 1, true};
    standing_value_text(&score, &value, out);
}

static void size_columns(const struct standing_table *table, struct column *columns)
{
    for (int term = 0; term < table->order_count; term++) {
        standing_term_text(&table->order[term], columns[term].title);
        columns[term].width = text_width(columns[term].title);
        for (int i = 0; i < table->row_count; i++) {
            char text[STANDING_TERM_TEXT_MAX];
            int width = text_width(
                standing_value_text(&table->order[term], &table->rows[i].values[term], text));
            columns[term].width = width > columns[term].width ? width : columns[term].width;
        }
    }
}

static void print_row(struct buffer *out, const struct record *record,
                      const struct standing_table *table, const struct column *columns, int index,
                      int name_width)
{
    const struct standing_row *row = &table->rows[index];
    const char *name = record->players[row->player].name;
    char text[STANDING_TERM_TEXT_MAX];
    points_text(row->points_x10, text);
    buffer_format(out, "%4d%c %s", row->rank, row->decided_by == STANDING_BY_LOTS ? '*' : ' ',
                  name);
    pad(out, name_width - text_width(name));
    buffer_format(out, " %5s %3d-%d-%d", text, row->wins, row->losses, row->ties);
    for (int term = 0; term < table->order_count; term++)
        buffer_format(out, "  %*s", columns[term].width,
                      standing_value_text(&table->order[term], &row->values[term], text));
}

static void print_table(struct buffer *out, const struct record *record,
                        const struct standing_table *table, const struct standing_outlook *outlooks)
{
    struct column columns[STANDING_TERMS_MAX] = {0};
    int name_width = 6;
    bool lots = false;
    size_columns(table, columns);
    for (int i = 0; i < table->row_count; i++) {
        int width = text_width(record->players[table->rows[i].player].name);
        name_width = width > name_width ? width : name_width;
        lots = lots || table->rows[i].decided_by == STANDING_BY_LOTS;
    }
    buffer_format(out, "Standings after round %d\n\n   #  Player", table->after_round);
    pad(out, name_width - 6);
    buffer_append_text(out, "   Pts   W-L-T");
    for (int term = 0; term < table->order_count; term++)
        buffer_format(out, "  %*s", columns[term].width, columns[term].title);
    buffer_append_text(out, outlooks != NULL ? "  can finish\n" : "\n");
    for (int i = 0; i < table->row_count; i++) {
        print_row(out, record, table, columns, i, name_width);
        if (outlooks != NULL)
            buffer_format(out, "  %4d to %d", outlooks[i].place_best, outlooks[i].place_worst);
        buffer_append_char(out, '\n');
    }
    if (lots)
        buffer_append_text(out, "\n* placed below the player above by lot only\n");
}

static const char *decided_text(const struct standing_table *table, int decided_by,
                                char out[STANDING_TERM_TEXT_MAX])
{
    if (decided_by == STANDING_BY_SCORE)
        return "PTS";
    if (decided_by == STANDING_BY_LOTS)
        return "lots";
    if (decided_by == STANDING_BY_NOTHING)
        return "";
    return standing_term_text(&table->order[decided_by], out);
}

static void print_json_row(struct buffer *out, const struct record *record,
                           const struct standing_table *table, int index,
                           const struct standing_outlook *outlooks)
{
    const struct standing_row *row = &table->rows[index];
    const struct record_player *player = &record->players[row->player];
    char text[STANDING_TERM_TEXT_MAX];
    points_text(row->points_x10, text);
    buffer_format(out, "    {\"rank\": %d, \"number\": %d, \"name\": ", row->rank, player->number);
    event_file_json_text(out, player->name);
    buffer_format(out,
                  ", \"points\": %s, \"wins\": %d, \"losses\": %d, \"ties\": %d, \"played\": %d, "
                  "\"spread\": %" PRId64,
                  text, row->wins, row->losses, row->ties, row->played, row->spread);
    buffer_append_text(out, ", \"tiebreaks\": [");
    for (int term = 0; term < table->order_count; term++) {
        const struct standing_value *value = &row->values[term];
        standing_value_text(&table->order[term], value, text);
        buffer_format(out, "%s%s", term > 0 ? ", " : "", value->exists ? text : "null");
    }
    buffer_format(out, "], \"decided_by\": \"%s\"", decided_text(table, row->decided_by, text));
    if (outlooks != NULL)
        buffer_format(out, ", \"place_best\": %d, \"place_worst\": %d", outlooks[index].place_best,
                      outlooks[index].place_worst);
    buffer_append_char(out, '}');
}

static void print_json(struct buffer *out, const struct record *record,
                       const struct standing_table *table, const struct standing_outlook *outlooks)
{
    char text[STANDING_TERM_TEXT_MAX];
    buffer_format(out, "{\n  \"after_round\": %d,\n  \"tiebreaks\": [", table->after_round);
    for (int term = 0; term < table->order_count; term++)
        buffer_format(out, "%s\"%s\"", term > 0 ? ", " : "",
                      standing_term_text(&table->order[term], text));
    buffer_append_text(out, "],\n  \"standings\": [\n");
    for (int i = 0; i < table->row_count; i++) {
        print_json_row(out, record, table, i, outlooks);
        buffer_append_text(out, i + 1 < table->row_count ? ",\n" : "\n");
    }
    buffer_append_text(out, "  ]\n}\n");
}

static const struct standing_outlook *look_ahead(struct event_file *file,
                                                 const struct request *request,
                                                 const struct record *record,
                                                 const struct standing_table *table)
{
    int left = record->rounds_total - table->after_round;
    struct standing_future future = {
        .rounds_left = request->rounds_left >= 0 ? request->rounds_left
                       : left > 0                ? left
                                                 : 0,
        .spread_per_round = request->spread_per_round,
    };
    if (!request->outlook)
        return NULL;
    struct standing_outlook *outlooks =
        arena_array(&file->arena, (size_t)table->row_count + 1, sizeof *outlooks);
    if (outlooks != NULL)
        standing_outlooks(record, table, &future, outlooks);
    return outlooks;
}

/* Returns the process's exit status. */
static int run(struct event_file *file, struct request *request)
{
    struct standing_table table;
    struct fault fault = {0};
    struct buffer out = {0};
    const struct book_division *division =
        event_file_division(file, request->path, request->division);
    if (division == NULL)
        return COMMAND_USAGE;
    const struct record *record = division->record;
    if (request->tiebreaks == NULL && has_list(record, request->options))
        request->tiebreaks = record->event.tie_breaks;
    if (request->tiebreaks == NULL)
        request->tiebreaks = has_scores(record) ? "SPREAD,TPN" : "TPN";
    if (standing_order_parse(request->tiebreaks, &request->options, &fault) != STATUS_OK) {
        event_file_complain("--tiebreaks", &fault);
        return COMMAND_USAGE;
    }
    enum status status = standing_table_build(record, &request->options, &file->arena, &table);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", request->path,
                status == STATUS_OUT_OF_RANGE ? "the event has no such round"
                                              : "the event is too large");
        return COMMAND_FAILED;
    }
    const struct standing_outlook *outlooks = look_ahead(file, request, record, &table);
    if (request->json)
        print_json(&out, record, &table, outlooks);
    else
        print_table(&out, record, &table, outlooks);
    fputs(buffer_text(&out), stdout);
    buffer_deinit(&out);
    return COMMAND_DONE;
}

int command_standings(int argc, char **argv)
{
    struct request request = {.rounds_left = -1};
    struct event_file file = {0};
    int option;
    while ((option = getopt_long(argc, argv, "t:r:d:h", OPTIONS, NULL)) != -1) {
        if (option == 'h') {
            fputs(HELP, stdout);
            return COMMAND_DONE;
        }
        if (!take_option(option, &request))
            return COMMAND_USAGE;
    }
    if (optind + 1 != argc) {
        fputs(HELP, stderr);
        return COMMAND_USAGE;
    }
    request.path = argv[optind];
    int result = COMMAND_FAILED;
    if (event_file_open(&file, request.path, request.format))
        result = run(&file, &request);
    event_file_close(&file);
    return result;
}
