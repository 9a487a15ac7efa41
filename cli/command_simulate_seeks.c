/* `arbiter simulate seeks`: what a matchmaking policy does with those who arrive: waits, gaps,
 * repeats; two policies on the same arrivals. */
#include "cli/simulate_seeks.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/random.h"
#include "cli/command.h"
#include "orchestrator/seeking/policy/seeking_policy.h"
#include "orchestrator/seeking/rehearsal.h"

static const char HELP[] =
    "Usage: arbiter simulate seeks POLICY [OPTION...]\n"
    "\n"
    "Plays a policy of policies/seeks with people who arrive, wait, are paired or give up, and "
    "prints\n"
    "how long they waited, how far apart the ratings were and how often the same two met again.\n"
    "The same options and seed give the same bytes.\n"
    "\n"
    "  -a, --arrivals FILE   who comes when: lines `seconds,player,rating[,deviation[,conduct]]`\n"
    "  -r, --rate R          or: people a minute, drawn by lot (default 60)\n"
    "  -m, --minutes N       for so long (default 60)\n"
    "  -s, --seed N          what is drawn (default 1)\n"
    "  -p, --pool NAME       the pool whose clock counts (default: the policy's first)\n"
    "      --patience TIME   after which one in two gives up, e.g. 3m (the default)\n"
    "      --acceptance P    share of offers a player accepts, where the policy makes offers "
    "(0.95)\n"
    "      --repeats TIME    a second game within this is a repeat (default 1h)\n"
    "  -c, --compare OTHER   another policy beside it, on the same arrivals\n"
    "      --json            one JSON object instead of a table\n"
    "  -h, --help\n";

enum { ARRIVALS_MAX = 200000, ARENA_MAX = 1 << 30, AWAY_MS = 20 * 60 * 1000 };
enum { OPT_PATIENCE = 256, OPT_ACCEPTANCE, OPT_REPEATS, OPT_JSON };

static const struct option OPTIONS[] = {
    {"arrivals", required_argument, NULL, 'a'},
    {"rate", required_argument, NULL, 'r'},
    {"minutes", required_argument, NULL, 'm'},
    {"seed", required_argument, NULL, 's'},
    {"pool", required_argument, NULL, 'p'},
    {"patience", required_argument, NULL, OPT_PATIENCE},
    {"acceptance", required_argument, NULL, OPT_ACCEPTANCE},
    {"repeats", required_argument, NULL, OPT_REPEATS},
    {"compare", required_argument, NULL, 'c'},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct request {
    const char *policies[2];
    int policy_count;
    const char *arrivals;
    const char *pool;
    double rate;
    double minutes;
    double acceptance;
    int64_t patience_ms;
    int64_t repeat_ms;
    uint64_t seed;
    bool json;
};

/* Who comes, in the order of time. */
struct crowd {
    struct arena arena;
    struct rehearsal_arrival *arrivals;
    int32_t count;
    int32_t player_count;
};

/* ---- options ----------------------------------------------------------------------------- */

static bool read_number(const char *option, const char *text, double min, double max, double *out)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (*text != '\0' && *end == '\0' && errno == 0 && value >= min && value <= max) {
        *out = value;
        return true;
    }
    fprintf(stderr, "arbiter simulate seeks: --%s needs a number from %g to %g, not '%s'\n", option,
            min, max, text);
    return false;
}

static bool read_time(const char *option, const char *text, int64_t *out_ms)
{
    if (yaml_read_duration(text, out_ms) && *out_ms > 0)
        return true;
    fprintf(stderr, "arbiter simulate seeks: --%s needs a time such as 90s or 3m, not '%s'\n",
            option, text);
    return false;
}

static bool take_option(int option, struct request *request)
{
    double seed = 0;
    switch (option) {
    case 'a':
        request->arrivals = optarg;
        return true;
    case 'r':
        return read_number("rate", optarg, 0.1, 6000, &request->rate);
    case 'm':
        return read_number("minutes", optarg, 1, 1440, &request->minutes);
    case 's':
        if (!read_number("seed", optarg, 0, 9007199254740992.0, &seed))
            return false;
        request->seed = (uint64_t)seed;
        return true;
    case 'p':
        request->pool = optarg;
        return true;
    case 'c':
        request->policies[1] = optarg;
        request->policy_count = 2;
        return true;
    case OPT_PATIENCE:
        return read_time("patience", optarg, &request->patience_ms);
    case OPT_ACCEPTANCE:
        return read_number("acceptance", optarg, 0, 1, &request->acceptance);
    case OPT_REPEATS:
        return read_time("repeats", optarg, &request->repeat_ms);
    case OPT_JSON:
        request->json = true;
        return true;
    default:
        return false;
    }
}

/* ---- people by lot ----------------------------------------------------------------------- */

static double draw_share(struct random *random)
{
    return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

/* Half of them give up before `half_ms`; nobody in the first ten seconds, nobody waits for ever. */
static int64_t draw_patience(struct random *random, int64_t half_ms)
{
    double drawn = -log2(draw_share(random)) * (double)half_ms;
    double most = 8.0 * (double)half_ms;
    return 10000 + (int64_t)(drawn < most ? drawn : most);
}

/* Ratings in a bell around 1500; one in six is new. The same player always has the same. */
static struct seeking_facts draw_facts(uint64_t seed, int32_t player)
{
    struct random random;
    double rating = 0;
    random_init_stream(&random, seed, "player", (uint64_t)player);
    for (int i = 0; i < 6; i++)
        rating += draw_share(&random);
    bool is_new = draw_share(&random) < 1.0 / 6;
    double conduct = draw_share(&random) < 0.05 ? -floor(50 * draw_share(&random)) : 0;
    return (struct seeking_facts){.rating = floor(1500 + (rating - 3) * 500),
                                  .deviation = is_new ? 180 : 60,
                                  .games = is_new ? 5 : 200,
                                  .conduct = conduct};
}

/* A player who has not come for a while, so that nobody waits twice; a new one where there is none.
 * `last` holds when each player came last. */
static int32_t pick_player(struct random *random, int64_t now_ms, int64_t away_ms, int64_t *last,
                           int32_t *count)
{
    for (int try = 0; try < 8 && *count > 0; try++) {
        int32_t player = (int32_t)random_below(random, (uint64_t)*count);
        if (now_ms - last[player] >= away_ms)
            return player;
    }
    return (*count)++;
}

static bool draw_crowd(const struct request *request, struct crowd *crowd)
{
    struct random random;
    double now_s = 0;
    int64_t *last = arena_array(&crowd->arena, ARRIVALS_MAX, sizeof *last);
    crowd->arrivals = arena_array(&crowd->arena, ARRIVALS_MAX, sizeof *crowd->arrivals);
    if (last == NULL || crowd->arrivals == NULL)
        return false;
    random_init_stream(&random, request->seed, "arrivals", 0);
    int64_t away_ms =
        AWAY_MS > 8 * request->patience_ms + 10000 ? AWAY_MS : 8 * request->patience_ms + 10000;
    while (crowd->count < ARRIVALS_MAX) {
        now_s += -log(draw_share(&random)) * 60 / request->rate;
        if (now_s > request->minutes * 60)
            break;
        int64_t at_ms = (int64_t)(now_s * 1000);
        int32_t player = pick_player(&random, at_ms, away_ms, last, &crowd->player_count);
        last[player] = at_ms;
        crowd->arrivals[crowd->count++] =
            (struct rehearsal_arrival){.at_ms = at_ms,
                                       .player = player,
                                       .patience_ms = draw_patience(&random, request->patience_ms),
                                       .facts = draw_facts(request->seed, player)};
    }
    return true;
}

/* ---- people from a file ------------------------------------------------------------------ */

struct reading {
    const struct request *request;
    struct crowd *crowd;
    struct random random;
    char (*names)[64];
    int line;
};

static int complain(const struct reading *reading, const char *text)
{
    fprintf(stderr, "%s:%d: %s\n", reading->request->arrivals, reading->line, text);
    return -1;
}

static int32_t find_name(struct reading *reading, const char *name)
{
    struct crowd *crowd = reading->crowd;
    for (int32_t i = 0; i < crowd->player_count; i++)
        if (strcmp(reading->names[i], name) == 0)
            return i;
    (void)snprintf(reading->names[crowd->player_count], sizeof reading->names[0], "%s", name);
    return crowd->player_count++;
}

static int read_arrival(struct reading *reading, const char *line)
{
    struct crowd *crowd = reading->crowd;
    char name[64];
    double at_s, rating, deviation = 60, conduct = 0;
    int end = 0;
    int fields = sscanf(line, "%lf,%63[^,\n],%lf,%lf,%lf%n", &at_s, name, &rating, &deviation,
                        &conduct, &end);
    if (fields < 3)
        return complain(reading, "not `seconds,player,rating[,deviation[,conduct]]`");
    if (!(at_s >= 0 && at_s < 1e7) || !(fabs(rating) < 1e5) || !(deviation >= 0) ||
        !(fabs(conduct) < 1e6))
        return complain(reading, "a number is out of its range");
    int64_t at_ms = (int64_t)(at_s * 1000);
    if (crowd->count > 0 && at_ms < crowd->arrivals[crowd->count - 1].at_ms)
        return complain(reading, "earlier than the line before it");
    if (crowd->count == ARRIVALS_MAX)
        return complain(reading, "too many arrivals");
    crowd->arrivals[crowd->count++] = (struct rehearsal_arrival){
        .at_ms = at_ms,
        .player = find_name(reading, name),
        .patience_ms = draw_patience(&reading->random, reading->request->patience_ms),
        .facts = {.rating = rating, .deviation = deviation, .games = 100, .conduct = conduct}};
    return 0;
}

static bool read_lines(struct reading *reading, char *text)
{
    for (char *line = text; line != NULL && *line != '\0';) {
        char *next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        reading->line++;
        bool is_said = line[0] >= '0' && line[0] <= '9';
        if (line[0] != '\0' && line[0] != '#' && !(reading->line == 1 && !is_said) &&
            read_arrival(reading, line) != 0)
            return false;
        line = next;
    }
    return true;
}

static bool read_crowd(const struct request *request, struct crowd *crowd)
{
    struct buffer text = {.limit = 64 << 20};
    struct reading reading = {.request = request, .crowd = crowd};
    bool good = false;
    random_init_stream(&reading.random, request->seed, "patience", 0);
    reading.names = arena_array(&crowd->arena, ARRIVALS_MAX, sizeof *reading.names);
    crowd->arrivals = arena_array(&crowd->arena, ARRIVALS_MAX, sizeof *crowd->arrivals);
    if (buffer_read_file(&text, request->arrivals) != STATUS_OK)
        fprintf(stderr, "arbiter simulate seeks: %s cannot be read\n", request->arrivals);
    else if (reading.names != NULL && crowd->arrivals != NULL)
        good = text.size == 0 || read_lines(&reading, text.data);
    buffer_deinit(&text);
    return good;
}

/* ---- policies ---------------------------------------------------------------------------- */

static const struct seeking_policy *read_policy(struct arena *arena, const char *path)
{
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct buffer report = {0};
    struct yaml_faults faults = {.arena = arena};
    const struct seeking_policy *policy = NULL;
    if (buffer_read_file(&text, path) != STATUS_OK)
        fprintf(stderr, "arbiter simulate seeks: %s cannot be read\n", path);
    else if (seeking_policy_read(arena, buffer_text(&text), text.size, NULL, &faults, &policy) !=
             STATUS_OK)
        policy = NULL;
    yaml_faults_print(&faults, path, buffer_text(&text), text.size, &report);
    fputs(buffer_text(&report), stderr);
    buffer_deinit(&report);
    buffer_deinit(&text);
    return policy;
}

static bool find_clock(const struct request *request, const struct seeking_policy *policy,
                       struct seeking_clock *out)
{
    const struct seeking_pool *pool =
        request->pool != NULL ? seeking_pool_find(policy, request->pool) : NULL;
    if (request->pool != NULL && pool == NULL && policy->pool_count > 0 &&
        request->policy_count == 1) {
        fprintf(stderr, "arbiter simulate seeks: %s has no pool '%s'; its first is '%s'\n",
                policy->name, request->pool, policy->pools[0].name);
        return false;
    }
    if (pool == NULL && policy->pool_count > 0)
        pool = &policy->pools[0];
    *out = pool != NULL ? pool->clock : policy->clock;
    return true;
}

/* ---- figures ----------------------------------------------------------------------------- */

static const int PERCENTILES[] = {50, 75, 90, 95, 99};

struct figures {
    const char *name;
    int arrived, matched, left, declined, games, waves, most;
    double wait_s[COUNT_OF(PERCENTILES)];
    double wait_mean_s;
    double gap[COUNT_OF(PERCENTILES)];
    double gap_mean;
    double repeats; /* share of games */
    double held;    /* share of estimates */
};

static int by_value(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;
    return (a > b) - (a < b);
}

/* The smallest value that so many percent do not exceed. */
static void rank(double *values, int count, double *out, double *out_mean)
{
    double sum = 0;
    qsort(values, (size_t)count, sizeof *values, by_value);
    for (int i = 0; i < count; i++)
        sum += values[i];
    *out_mean = count > 0 ? sum / count : 0;
    for (size_t i = 0; i < COUNT_OF(PERCENTILES); i++) {
        int place = (PERCENTILES[i] * count + 99) / 100;
        out[i] = count > 0 ? values[place > 0 ? place - 1 : 0] : 0;
    }
}

static bool summarise(const struct rehearsal *rehearsal, int32_t count, struct arena *arena,
                      struct figures *out)
{
    double *waits = arena_array(arena, (size_t)count, sizeof *waits);
    double *gaps = arena_array(arena, (size_t)count, sizeof *gaps);
    int repeats = 0, held = 0;
    if (waits == NULL || gaps == NULL)
        return false;
    for (int32_t i = 0; i < count; i++) {
        const struct rehearsal_outcome *outcome = &rehearsal->outcomes[i];
        out->left += outcome->end == REHEARSAL_LEFT;
        out->declined += outcome->end == REHEARSAL_DECLINED;
        if (outcome->end != REHEARSAL_MATCHED)
            continue;
        waits[out->matched] = (double)outcome->waited_ms / 1000;
        gaps[out->matched++] = outcome->gap;
        repeats += outcome->is_repeat;
        held += outcome->waited_ms >= outcome->low_ms && outcome->waited_ms <= outcome->high_ms;
    }
    out->arrived = count;
    out->games = rehearsal->games;
    out->waves = rehearsal->waves;
    out->most = rehearsal->waiting_most;
    out->repeats = out->matched > 0 ? (double)repeats / out->matched : 0;
    out->held = out->matched > 0 ? (double)held / out->matched : 0;
    rank(waits, out->matched, out->wait_s, &out->wait_mean_s);
    rank(gaps, out->matched, out->gap, &out->gap_mean);
    return true;
}

static void print_row(const char *label, const struct figures *figures, int count,
                      double (*value)(const struct figures *), const char *format)
{
    printf("  %-28s", label);
    for (int i = 0; i < count; i++)
        printf(format, value(&figures[i]));
    printf("\n");
}

static double arrived_of(const struct figures *figures)
{
    return figures->arrived;
}

static double games_of(const struct figures *figures)
{
    return figures->games;
}

static double unmatched_of(const struct figures *figures)
{
    return figures->arrived > 0 ? 100.0 * (figures->arrived - figures->matched) / figures->arrived
                                : 0;
}

static double repeats_of(const struct figures *figures)
{
    return 100 * figures->repeats;
}

static double held_of(const struct figures *figures)
{
    return 100 * figures->held;
}

static double waves_of(const struct figures *figures)
{
    return figures->waves;
}

static double most_of(const struct figures *figures)
{
    return figures->most;
}

static void print_ranks(const char *label, const struct figures *figures, int count, bool is_gap)
{
    printf("  %s\n", label);
    for (size_t p = 0; p < COUNT_OF(PERCENTILES); p++) {
        printf("    %d %% within%*s", PERCENTILES[p], 15, "");
        for (int i = 0; i < count; i++)
            printf(" %14.1f", is_gap ? figures[i].gap[p] : figures[i].wait_s[p]);
        printf("\n");
    }
    printf("    %-26s", "mean");
    for (int i = 0; i < count; i++)
        printf(" %14.1f", is_gap ? figures[i].gap_mean : figures[i].wait_mean_s);
    printf("\n");
}

static void print_table(const struct figures *figures, int count)
{
    printf("  %-28s", "");
    for (int i = 0; i < count; i++)
        printf(" %14.20s", figures[i].name);
    printf("\n");
    print_row("arrivals", figures, count, arrived_of, " %14.0f");
    print_row("games", figures, count, games_of, " %14.0f");
    print_row("without a game, %", figures, count, unmatched_of, " %14.1f");
    print_ranks("wait, seconds", figures, count, false);
    print_ranks("rating gap", figures, count, true);
    print_row("repeats, % of games", figures, count, repeats_of, " %14.1f");
    print_row("estimates that held, %", figures, count, held_of, " %14.1f");
    print_row("waves", figures, count, waves_of, " %14.0f");
    print_row("most waiting at once", figures, count, most_of, " %14.0f");
}

static void print_ranks_json(const char *name, const double *ranks, double mean)
{
    printf("\"%s\": {\"mean\": %.3f", name, mean);
    for (size_t p = 0; p < COUNT_OF(PERCENTILES); p++)
        printf(", \"p%d\": %.3f", PERCENTILES[p], ranks[p]);
    printf("}");
}

static void print_json(const struct figures *figures, int count, uint64_t seed)
{
    printf("{\"seed\": %llu, \"policies\": [", (unsigned long long)seed);
    for (int i = 0; i < count; i++) {
        const struct figures *one = &figures[i];
        printf("%s\n  {\"policy\": \"%s\", \"arrivals\": %d, \"games\": %d, \"matched\": %d, "
               "\"left\": %d, \"declined\": %d, \"waves\": %d, \"waiting_most\": %d, ",
               i > 0 ? "," : "", one->name, one->arrived, one->games, one->matched, one->left,
               one->declined, one->waves, one->most);
        print_ranks_json("wait_seconds", one->wait_s, one->wait_mean_s);
        printf(", ");
        print_ranks_json("rating_gap", one->gap, one->gap_mean);
        printf(", \"repeats_ratio\": %.4f, \"estimates_held_ratio\": %.4f}", one->repeats,
               one->held);
    }
    printf("\n]}\n");
}

/* ---- the command ------------------------------------------------------------------------- */

static bool play(const struct request *request, const struct crowd *crowd, int index,
                 struct arena *arena, struct figures *out)
{
    struct rehearsal rehearsal;
    struct rehearsal_input input = {.policy = read_policy(arena, request->policies[index]),
                                    .arrivals = crowd->arrivals,
                                    .count = crowd->count,
                                    .player_count = crowd->player_count,
                                    .acceptance = request->acceptance,
                                    .repeat_ms = request->repeat_ms,
                                    .seed = request->seed};
    if (input.policy == NULL || !find_clock(request, input.policy, &input.clock))
        return false;
    enum status status = rehearsal_run(&input, arena, &rehearsal);
    if (status != STATUS_OK)
        fprintf(stderr, "arbiter simulate seeks: %s: %s\n", request->policies[index],
                status == STATUS_FULL ? "too many wait at once"
                                      : "an attribute has no value for somebody who arrived");
    out->name = input.policy->name;
    return status == STATUS_OK && summarise(&rehearsal, crowd->count, arena, out);
}

static int run(const struct request *request)
{
    struct crowd crowd = {.count = 0};
    struct arena arenas[2];
    struct figures figures[2] = {{0}};
    arena_init(&crowd.arena, ARENA_MAX);
    for (int i = 0; i < 2; i++)
        arena_init(&arenas[i], ARENA_MAX);
    bool good =
        request->arrivals != NULL ? read_crowd(request, &crowd) : draw_crowd(request, &crowd);
    for (int i = 0; good && i < request->policy_count; i++)
        good = play(request, &crowd, i, &arenas[i], &figures[i]);
    if (good && request->json)
        print_json(figures, request->policy_count, request->seed);
    else if (good)
        print_table(figures, request->policy_count);
    for (int i = 0; i < 2; i++)
        arena_deinit(&arenas[i]);
    arena_deinit(&crowd.arena);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

int simulate_seeks(int argc, char **argv)
{
    struct request request = {.policy_count = 1,
                              .rate = 60,
                              .minutes = 60,
                              .acceptance = 0.95,
                              .patience_ms = 180000,
                              .repeat_ms = 3600000,
                              .seed = 1};
    int option;
    while ((option = getopt_long(argc, argv, "a:r:m:s:p:c:h", OPTIONS, NULL)) != -1) {
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
    request.policies[0] = argv[optind];
    return run(&request);
}
