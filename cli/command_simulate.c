/* `arbiter simulate`: what a tournament policy does with so many players, before the evening. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/event_file.h"
#include "cli/simulate.h"
#include "cli/simulate_seeks.h"
#include "fsm/yaml/yaml.h"

static const char HELP[] =
    "Usage: arbiter simulate POLICY [OPTION...]\n"
    "       arbiter simulate seeks POLICY [OPTION...]     (its own --help)\n"
    "\n"
    "Plays a tournament policy with made-up players, on the house's own machines in virtual time,\n"
    "and prints the timetable, pairings, byes, repeats, standings, what each timer did and what\n"
    "went wrong. The same options and seed give the same bytes. docs/simulation.md describes the\n"
    "model.\n"
    "\n"
    "  -p, --players N           players in all divisions (default 64)\n"
    "  -s, --seed N              what is drawn (default 1)\n"
    "  -n, --runs N              runs with seeds from N on, for the uncertainty (default 20)\n"
    "  -c, --compare OTHER       another policy with the same people under the same seeds\n"
    "      --no-shows SHARE      players who never come, e.g. 0.2 (default 0)\n"
    "      --late SHARE          rounds for which a player comes late (default 0.02)\n"
    "      --late-entries SHARE  players who enter during round 1 (default 0)\n"
    "      --withdrawals SHARE   of the players after each round (default 0)\n"
    "      --disputes SHARE      games whose two reports differ (default 0.005)\n"
    "      --report-delay TIME   from a game's end to a report, on average (default 90s)\n"
    "      --director-delay TIME how long the director takes to act (default 2m)\n"
    "      --patience TIME       how long he waits for somebody who does not come (default 15m)\n"
    "      --break TIME          between rounds that he starts (default 5m)\n"
    "  -e, --event FILE          go on with a recorded event (.json .trf .tsh .t .tou)\n"
    "  -r, --from-round N        ... simulating from this round (default: the next)\n"
    "  -d, --division NAME       ... which division, where the file has several\n"
    "      --from FORMAT         ... json, club, trf16, trf26, tsh or tou\n"
    "  -j, --jobs N              processes (default: as many as processors)\n"
    "      --policies DIR        where machines and ratings are (default policies)\n"
    "      --brief               without the pairings\n"
    "      --json                one JSON object instead of text\n"
    "  -h, --help\n";

enum {
    OPT_NO_SHOWS = 256,
    OPT_LATE,
    OPT_LATE_ENTRIES,
    OPT_WITHDRAWALS,
    OPT_DISPUTES,
    OPT_REPORT_DELAY,
    OPT_DIRECTOR_DELAY,
    OPT_PATIENCE,
    OPT_BREAK,
    OPT_FROM,
    OPT_POLICIES,
    OPT_BRIEF,
    OPT_JSON,
    OPT_VERBOSE
};

static const struct option OPTIONS[] = {
    {"players", required_argument, NULL, 'p'},
    {"seed", required_argument, NULL, 's'},
    {"runs", required_argument, NULL, 'n'},
    {"compare", required_argument, NULL, 'c'},
    {"no-shows", required_argument, NULL, OPT_NO_SHOWS},
    {"late", required_argument, NULL, OPT_LATE},
    {"late-entries", required_argument, NULL, OPT_LATE_ENTRIES},
    {"withdrawals", required_argument, NULL, OPT_WITHDRAWALS},
    {"disputes", required_argument, NULL, OPT_DISPUTES},
    {"report-delay", required_argument, NULL, OPT_REPORT_DELAY},
    {"director-delay", required_argument, NULL, OPT_DIRECTOR_DELAY},
    {"patience", required_argument, NULL, OPT_PATIENCE},
    {"break", required_argument, NULL, OPT_BREAK},
    {"event", required_argument, NULL, 'e'},
    {"from-round", required_argument, NULL, 'r'},
    {"division", required_argument, NULL, 'd'},
    {"from", required_argument, NULL, OPT_FROM},
    {"jobs", required_argument, NULL, 'j'},
    {"policies", required_argument, NULL, OPT_POLICIES},
    {"brief", no_argument, NULL, OPT_BRIEF},
    {"json", no_argument, NULL, OPT_JSON},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* ---- options ------------------------------------------------------------------------------- */

static bool complain(const char *option, const char *needs, const char *text)
{
    fprintf(stderr, "arbiter simulate: --%s needs %s, not '%s'\n", option, needs, text);
    return false;
}

static bool read_count(const char *option, const char *text, int min, int max, int *out)
{
    char *end;
    char needs[64];
    errno = 0;
    long value = strtol(text, &end, 10);
    (void)snprintf(needs, sizeof needs, "a number from %d to %d", min, max); /* fits */
    if (*text == '\0' || *end != '\0' || errno != 0 || value < min || value > max)
        return complain(option, needs, text);
    *out = (int)value;
    return true;
}

static bool read_seed(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (*text == '\0' || *text == '-' || *end != '\0' || errno != 0 || *out > INT64_MAX / 2)
        return complain("seed", "a number", text);
    return true;
}

static bool read_share(const char *option, const char *text, int *out_ppm)
{
    char *end;
    double share = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(share >= 0.0 && share <= 1.0))
        return complain(option, "a share from 0 to 1", text);
    *out_ppm = (int)(share * 1000000.0 + 0.5);
    return true;
}

static bool read_time(const char *option, const char *text, int *out_ms)
{
    int64_t ms;
    if (!yaml_read_duration(text, &ms) || ms > INT32_MAX)
        return complain(option, "a time such as 90s or 5m", text);
    *out_ms = (int)ms;
    return true;
}

/* Options of the model; false where it is none of them or makes no sense. */
static bool take_model(int option, struct model *model)
{
    switch (option) {
    case OPT_NO_SHOWS:
        return read_share("no-shows", optarg, &model->no_show_ppm);
    case OPT_LATE:
        return read_share("late", optarg, &model->late_ppm);
    case OPT_LATE_ENTRIES:
        return read_share("late-entries", optarg, &model->late_entry_ppm);
    case OPT_WITHDRAWALS:
        return read_share("withdrawals", optarg, &model->withdraw_ppm);
    case OPT_DISPUTES:
        return read_share("disputes", optarg, &model->dispute_ppm);
    case OPT_REPORT_DELAY:
        return read_time("report-delay", optarg, &model->report_mean_ms);
    case OPT_DIRECTOR_DELAY:
        return read_time("director-delay", optarg, &model->director_ms);
    case OPT_PATIENCE:
        return read_time("patience", optarg, &model->patience_ms);
    case OPT_BREAK:
        return read_time("break", optarg, &model->break_ms);
    default:
        return false;
    }
}

static bool take_option(int option, struct simulate_request *request)
{
    switch (option) {
    case 'p':
        return read_count("players", optarg, 2, REHEARSAL_PLAYERS_MAX,
                          &request->options.player_count);
    case 's':
        return read_seed(optarg, &request->options.seed);
    case 'n':
        return read_count("runs", optarg, 1, SAMPLE_RUNS_MAX, &request->runs);
    case 'c':
        request->other_path = optarg;
        return true;
    case 'e':
        request->event_path = optarg;
        return true;
    case 'r':
        return read_count("from-round", optarg, 1, FORMAT_ROUNDS_MAX, &request->options.from_round);
    case 'd':
        request->division = optarg;
        return true;
    case OPT_FROM:
        request->event_format = optarg;
        return true;
    case 'j':
        return read_count("jobs", optarg, 1, SIMULATE_JOBS_MAX, &request->jobs);
    case OPT_POLICIES:
        request->policies_folder = optarg;
        return true;
    case OPT_BRIEF:
        request->is_brief = true;
        return true;
    case OPT_JSON:
        request->is_json = true;
        return true;
    case OPT_VERBOSE:
        request->options.is_verbose = true;
        return true;
    default:
        return take_model(option, &request->options.model);
    }
}

/* ---- files --------------------------------------------------------------------------------- */

static bool read_policy(const char *path, struct buffer *out)
{
    enum status status = buffer_read_file(out, path);
    if (status == STATUS_OK)
        return true;
    fprintf(stderr, "%s: %s\n", path,
            status == STATUS_FULL ? "larger than a policy may be" : "cannot be read");
    return false;
}

static bool read_event(struct simulate_request *request, struct event_file *file)
{
    if (request->event_path == NULL)
        return true;
    if (!event_file_open(file, request->event_path, request->event_format))
        return false;
    const struct book_division *division =
        event_file_division(file, request->event_path, request->division);
    if (division == NULL)
        return false;
    request->options.record = division->record;
    if (request->options.from_round == 0)
        request->options.from_round = division->record->rounds_played + 1;
    return true;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static int play_and_print(const struct simulate_request *request, const char *text,
                          const char *other_text)
{
    struct simulate_result result = {0};
    struct simulate_result other = {0};
    struct buffer out = {0};
    bool is_good = simulate_run(request, request->path, text, &result);
    if (is_good && other_text != NULL)
        is_good = simulate_run(request, request->other_path, other_text, &other);
    if (is_good && request->is_json)
        is_good = simulate_print_json(request, &result, other_text != NULL ? &other : NULL, &out);
    else if (is_good && other_text != NULL)
        simulate_print_comparison(request, &result, &other, &out);
    else if (is_good)
        simulate_print_text(request, &result, &out);
    fputs(buffer_text(&out), stdout);
    buffer_deinit(&out);
    simulate_result_deinit(&result);
    simulate_result_deinit(&other);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(struct simulate_request *request)
{
    struct event_file file = {0};
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct buffer other_text = {.limit = YAML_SOURCE_MAX};
    struct world_policies policies = {0};
    int code = COMMAND_FAILED;
    if (read_policy(request->path, &text) &&
        (request->other_path == NULL || read_policy(request->other_path, &other_text)) &&
        read_event(request, &file) && world_policies_load(request->policies_folder, &policies)) {
        request->options.policies = &policies;
        code = play_and_print(request, buffer_text(&text),
                              request->other_path != NULL ? buffer_text(&other_text) : NULL);
        world_policies_deinit(&policies);
    }
    event_file_close(&file);
    buffer_deinit(&text);
    buffer_deinit(&other_text);
    return code;
}

static int processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > SIMULATE_JOBS_MAX ? SIMULATE_JOBS_MAX : (int)count;
}

int command_simulate(int argc, char **argv)
{
    struct simulate_request request = {
        .policies_folder = "policies",
        .runs = 20,
        .jobs = processors(),
        .options = {.seed = 1, .player_count = 64, .model = model_default()}};
    int option;
    if (argc > 1 && strcmp(argv[1], "seeks") == 0)
        return simulate_seeks(argc - 1, argv + 1);
    while ((option = getopt_long(argc, argv, "p:s:n:c:e:r:d:j:h", OPTIONS, NULL)) != -1) {
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
    if (request.event_path == NULL && request.options.from_round != 0) {
        fputs("arbiter simulate: --from-round goes with --event\n", stderr);
        return COMMAND_USAGE;
    }
    request.path = argv[optind];
    log_init("simulate", request.options.is_verbose ? LOG_WARN : LOG_ERROR);
    return run(&request);
}
