/* `arbiter rate`: what an event's results are worth by a rating policy. */
#include "cli/command.h"

#include "cli/event_file.h"
#include "orchestrator/rating/rating_policy.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "Usage: arbiter rate --system NAME FILE [OPTION...]\n"
    "\n"
    "Rates the games of an event's file (.json .trf .tsh .t .tou) from the ratings in it. Players\n"
    "without a rating start as newcomers.\n"
    "\n"
    "  -s, --system NAME     none, glicko2, lichess, woogles, elo, fide, uscf, or a policy's file\n"
    "                        (policies/ratings/*.yaml)\n"
    "  -d, --division NAME   which division, where the file has several\n"
    "      --games N         rated games each rated player had before (default 30)\n"
    "      --deviation N     deviation of rated players, Glicko systems (default: a newcomer's)\n"
    "      --from FORMAT     json, club, trf16, trf26, tsh, tou or csv\n"
    "      --json            one JSON object instead of a table\n"
    "  -h, --help\n";

enum { OPT_GAMES = 256, OPT_DEVIATION, OPT_FROM, OPT_JSON };

static const struct option OPTIONS[] = {
    {"system", required_argument, NULL, 's'},
    {"division", required_argument, NULL, 'd'},
    {"games", required_argument, NULL, OPT_GAMES},
    {"deviation", required_argument, NULL, OPT_DEVIATION},
    {"from", required_argument, NULL, OPT_FROM},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct request {
    const char *path;
    const char *format;
    const char *division;
    const char *system;
    double games;
    double deviation; /* 0 = a newcomer's */
    bool json;
};

/* The games of a record and what became of them. */
struct games {
    struct rating_game *list;
    enum rating_unrated *reasons;
    int count;
};

static bool read_number(const char *option, const char *text, double max, double *out)
{
    char *end;
    double value = strtod(text, &end);
    if (*text != '\0' && *end == '\0' && value >= 0 && value <= max) {
        *out = value;
        return true;
    }
    fprintf(stderr, "arbiter rate: --%s needs a number from 0 to %g, not '%s'\n", option, max,
            text);
    return false;
}

static bool take_option(int option, struct request *request)
{
    switch (option) {
    case 's':
        request->system = optarg;
        return true;
    case 'd':
        request->division = optarg;
        return true;
    case OPT_GAMES:
        return read_number("games", optarg, 100000, &request->games);
    case OPT_DEVIATION:
        return read_number("deviation", optarg, 1000, &request->deviation);
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

static bool read_policy_file(const char *path, struct rating_policy *out_policy)
{
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct buffer report = {0};
    struct arena arena;
    arena_init(&arena, (size_t)16 << 20);
    struct yaml_faults faults = {.arena = &arena};
    enum status status = buffer_read_file(&text, path);
    if (status != STATUS_OK) {
        fprintf(stderr, "arbiter rate: no rating system and no readable file '%s'\n", path);
    } else {
        status = rating_policy_read(buffer_text(&text), text.size, &arena, &faults, out_policy);
        yaml_faults_print(&faults, path, buffer_text(&text), text.size, &report);
        fputs(buffer_text(&report), stderr);
    }
    buffer_deinit(&report);
    buffer_deinit(&text);
    arena_deinit(&arena);
    return status == STATUS_OK;
}

static bool find_policy(const char *name, struct rating_policy *out_policy)
{
    return rating_policy_named(name, out_policy) == STATUS_OK || read_policy_file(name, out_policy);
}

/* One game of the record, `player` being the one who moved first where that is known. */
static struct rating_game game_of(const struct record *record, int player, int round)
{
    const struct record_result *result = record_result(record, player, round);
    static const enum rating_winner winners[] = {
        [RECORD_OUTCOME_NONE] = RATING_WINNER_UNKNOWN,
        [RECORD_WIN] = RATING_WINNER_FIRST,
        [RECORD_DRAW] = RATING_WINNER_NONE,
        [RECORD_LOSS] = RATING_WINNER_SECOND,
    };
    return (struct rating_game){
        .players = {player, result->opponent},
        .end = result->kind == RECORD_FORFEIT ? RATING_END_NO_SHOW : RATING_END_STANDARD,
        .winner = winners[result->outcome],
        .has_scores = result->has_scores && result->kind == RECORD_PLAYED,
        .scores = {result->own_score, result->other_score},
        .casual = result->unrated,
        .tournament = true,
    };
}

/* Round by round, each game once. */
static bool list_games(const struct record *record, struct arena *arena, struct games *out)
{
    size_t most = (size_t)record->player_count * (size_t)record->rounds_played / 2 + 1;
    out->list = arena_array(arena, most, sizeof *out->list);
    out->reasons = arena_array(arena, most, sizeof *out->reasons);
    if (out->list == NULL || out->reasons == NULL)
        return false;
    for (int round = 1; round <= record->rounds_played; round++)
        for (int player = 0; player < record->player_count; player++) {
            const struct record_result *result = record_result(record, player, round);
            bool over = result->kind == RECORD_PLAYED || result->kind == RECORD_FORFEIT;
            if (!over || result->opponent == RECORD_NOBODY)
                continue;
            bool leads = result->side == RECORD_FIRST ||
                         (result->side == RECORD_SIDE_NONE && player < result->opponent);
            if (leads)
                out->list[out->count++] = game_of(record, player, round);
        }
    return true;
}

/* Years between a birth date and the event's first day, both beginning with the year; -1 where one
 * is not given. */
static int age_of(const struct record *record, int player)
{
    const char *born = record->players[player].birth;
    const char *day = record->event.start_date;
    int years[2];
    int months[2] = {1, 1};
    int days[2] = {1, 1};
    char cut;
    if (sscanf(born, "%4d%c%2d%c%2d", &years[0], &cut, &months[0], &cut, &days[0]) < 1 ||
        sscanf(day, "%4d%c%2d%c%2d", &years[1], &cut, &months[1], &cut, &days[1]) < 1 ||
        years[0] < 1800 || years[1] < years[0])
        return -1;
    bool birthday_comes = months[1] < months[0] || (months[1] == months[0] && days[1] < days[0]);
    int age = years[1] - years[0] - birthday_comes;
    return age < 0 ? 0 : age;
}

static struct rating_state *starting_states(const struct rating_policy *policy,
                                            const struct request *request,
                                            const struct record *record, struct arena *arena)
{
    struct rating_state *states =
        arena_array(arena, (size_t)record->player_count + 1, sizeof *states);
    for (int player = 0; states != NULL && player < record->player_count; player++) {
        int rating = record->players[player].rating;
        states[player] = rating > 0 ? rating_seeded(policy, rating, (int)request->games)
                                    : rating_initial_aged(policy, age_of(record, player));
        bool glicko = states[player].deviation > 0;
        if (rating > 0 && glicko && request->deviation > 0)
            states[player].deviation = request->deviation;
    }
    return states;
}

static void print_table(const struct rating_policy *policy, const struct record *record,
                        const struct rating_state *before, const struct rating_state *after)
{
    bool glicko = policy->system == RATING_GLICKO2 || policy->system == RATING_WOOGLES;
    printf("%-24s %10s %10s %8s %6s%s\n", "Player", "before", "after", "change", "games",
           glicko ? "  deviation" : "");
    for (int i = 0; i < record->player_count; i++) {
        printf("%-24s %10.2f %10.2f %+8.2f %6d", record->players[i].name, before[i].rating,
               after[i].rating, after[i].rating - before[i].rating,
               after[i].games - before[i].games);
        if (glicko)
            printf("  %9.2f", after[i].deviation);
        printf("\n");
    }
}

static void print_unrated(const struct record *record, const struct games *games)
{
    for (int i = 0; i < games->count; i++)
        if (games->reasons[i] != RATING_RATED)
            fprintf(stderr, "not rated: %s against %s: %s\n",
                    record->players[games->list[i].players[0]].name,
                    record->players[games->list[i].players[1]].name,
                    rating_unrated_text(games->reasons[i]));
}

static void print_json(const struct rating_policy *policy, const struct record *record,
                       const struct rating_state *before, const struct rating_state *after,
                       const struct games *games)
{
    struct buffer out = {0};
    int rated = 0;
    for (int i = 0; i < games->count; i++)
        rated += games->reasons[i] == RATING_RATED;
    buffer_format(&out, "{\n  \"policy\": \"%s\",\n  \"games\": %d,\n  \"rated\": %d,\n",
                  policy->name, games->count, rated);
    buffer_append_text(&out, "  \"players\": [\n");
    for (int i = 0; i < record->player_count; i++) {
        buffer_format(&out, "    {\"number\": %d, \"name\": ", record->players[i].number);
        event_file_json_text(&out, record->players[i].name);
        buffer_format(&out,
                      ", \"before\": %.17g, \"after\": %.17g, \"deviation\": %.17g, "
                      "\"volatility\": %.17g, \"games\": %d}%s\n",
                      before[i].rating, after[i].rating, after[i].deviation, after[i].volatility,
                      after[i].games - before[i].games, i + 1 < record->player_count ? "," : "");
    }
    buffer_append_text(&out, "  ]\n}\n");
    fputs(buffer_text(&out), stdout);
    buffer_deinit(&out);
}

static int run(struct event_file *file, const struct request *request,
               const struct rating_policy *policy)
{
    struct games games = {0};
    const struct book_division *division =
        event_file_division(file, request->path, request->division);
    if (division == NULL)
        return COMMAND_USAGE;
    const struct record *record = division->record;
    struct rating_state *before = starting_states(policy, request, record, &file->arena);
    struct rating_state *after = starting_states(policy, request, record, &file->arena);
    enum status status = STATUS_FULL;
    if (before != NULL && after != NULL && list_games(record, &file->arena, &games))
        status = rating_rate_games(policy, after, record->player_count, games.list, games.count, 0,
                                   &file->arena, games.reasons);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: the event has too many games to rate at once\n", request->path);
        return COMMAND_FAILED;
    }
    if (request->json) {
        print_json(policy, record, before, after, &games);
    } else {
        print_table(policy, record, before, after);
        print_unrated(record, &games);
    }
    return COMMAND_DONE;
}

int command_rate(int argc, char **argv)
{
    struct request request = {.games = 30};
    struct rating_policy policy;
    struct event_file file = {0};
    int option;
    while ((option = getopt_long(argc, argv, "s:d:h", OPTIONS, NULL)) != -1) {
        if (option == 'h') {
            fputs(HELP, stdout);
            return COMMAND_DONE;
        }
        if (!take_option(option, &request))
            return COMMAND_USAGE;
    }
    if (optind + 1 != argc || request.system == NULL) {
        fputs(HELP, stderr);
        return COMMAND_USAGE;
    }
    request.path = argv[optind];
    if (!find_policy(request.system, &policy))
        return COMMAND_USAGE;
    int result = COMMAND_FAILED;
    if (event_file_open(&file, request.path, request.format))
        result = run(&file, &request, &policy);
    event_file_close(&file);
    return result;
}
