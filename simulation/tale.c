/* Reads the database of a rehearsed event. */
#include "simulation/tale.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/orchestrator.pb-c.h"

#define ARENA_BYTES_MAX ((size_t)1 << 30)

enum { STANDINGS_WAIT_MS = 10000 };

/* Rows that are read into an array of the tale. */
struct reading {
    struct tale *tale;
    struct world *world;
    struct crowd *crowd;
    int division;
};

static int64_t since(const struct tale *tale, const char *at_ms)
{
    int64_t at = at_ms != NULL ? strtoll(at_ms, NULL, 10) : 0;
    return at > 0 ? at - tale->begin_ms : TALE_NEVER_MS;
}

static int number_of(const char *text)
{
    return text != NULL ? (int)strtol(text, NULL, 10) : 0;
}

static const char *keep(struct tale *tale, const char *text)
{
    const char *copy = arena_copy(&tale->arena, text, strlen(text));
    assert(copy != NULL);
    return copy;
}

static void *rows(struct tale *tale, struct world *world, const char *count_sql, size_t size)
{
    void *room = arena_array(&tale->arena, (size_t)world_number(world, count_sql) + 1, size);
    assert(room != NULL);
    return room;
}

static int division_of(const char *division_id)
{
    return number_of(strrchr(division_id, '-') + 1) - 1;
}

/* ---- rounds and pairings ------------------------------------------------------------------- */

/* division_id, round, opened, first game, closed */
static void on_round(int count, char **columns, void *user)
{
    struct tale *tale = ((struct reading *)user)->tale;
    (void)count; /* as the query says */
    tale->rounds[tale->round_count++] = (struct tale_round){
        .division = division_of(columns[0]),
        .number = number_of(columns[1]),
        .opened_ms = since(tale, columns[2]),
        .starts_ms = since(tale, columns[3]),
        .ends_ms = since(tale, columns[4]),
    };
}

static void read_rounds(struct reading *reading)
{
    struct tale *tale = reading->tale;
    tale->rounds = rows(tale, reading->world, "SELECT count(*) FROM rounds", sizeof *tale->rounds);
    world_rows(reading->world,
               "SELECT r.division_id, r.round, r.opened_at_ms, (SELECT min(created_at_ms) FROM "
               "games AS g WHERE g.division_id = r.division_id AND g.round = r.round), "
               "r.closed_at_ms FROM rounds AS r JOIN divisions USING (division_id) ORDER BY "
               "divisions.rowid, r.round",
               on_round, reading);
}

static struct tale_round *find_round(struct tale *tale, int division, int number)
{
    for (int i = 0; i < tale->round_count; i++)
        if (tale->rounds[i].division == division && tale->rounds[i].number == number)
            return &tale->rounds[i];
    return NULL;
}

static int meetings_before(const struct tale *tale, const struct tale_pairing *pairing)
{
    int meetings = 0;
    for (int i = 0; i < tale->pairing_count; i++) {
        const struct tale_pairing *other = &tale->pairings[i];
        if (other->division != pairing->division || other->round >= pairing->round)
            continue;
        meetings += (other->first == pairing->first && other->second == pairing->second) ||
                    (other->first == pairing->second && other->second == pairing->first);
    }
    return meetings;
}

static void count_pairing(struct tale_round *round, const struct tale_pairing *pairing)
{
    if (round == NULL)
        return;
    if (pairing->second == TALE_NOBODY) {
        round->byes += strcmp(pairing->kind, "zero_bye") != 0;
        return;
    }
    round->games++;
    round->repeats += pairing->meetings > 0;
    round->forfeits += strcmp(pairing->kind, "forfeit") == 0 ||
                       strcmp(pairing->outcome, "double_forfeit") == 0 ||
                       (pairing->first_score == 0 && pairing->second_score == 0 &&
                        strcmp(pairing->outcome, "draw") != 0);
}

/* division_id, round, board, first, second, kind, outcome, scores, created, decided */
static void on_pairing(int count, char **columns, void *user)
{
    struct reading *reading = user;
    struct tale *tale = reading->tale;
    (void)count; /* as the query says */
    struct tale_pairing *pairing = &tale->pairings[tale->pairing_count];
    *pairing = (struct tale_pairing){
        .division = division_of(columns[0]),
        .round = number_of(columns[1]),
        .board = number_of(columns[2]),
        .first = crowd_find(reading->crowd, columns[3]),
        .second = columns[4][0] != '\0' ? crowd_find(reading->crowd, columns[4]) : TALE_NOBODY,
        .kind = keep(tale, columns[5]),
        .outcome = keep(tale, columns[6]),
        .first_score = number_of(columns[7]),
        .second_score = number_of(columns[8]),
        .starts_ms = since(tale, columns[9]),
        .ends_ms = since(tale, columns[10]),
    };
    if (pairing->second != TALE_NOBODY)
        pairing->meetings = meetings_before(tale, pairing);
    count_pairing(find_round(tale, pairing->division, pairing->round), pairing);
    tale->pairing_count++;
}

static void read_pairings(struct reading *reading)
{
    struct tale *tale = reading->tale;
    tale->pairings =
        rows(tale, reading->world, "SELECT count(*) FROM pairings", sizeof *tale->pairings);
    world_rows(reading->world,
               "SELECT p.division_id, p.round, p.board, p.first_player, p.second_player, p.kind, "
               "p.outcome, p.first_score, p.second_score, g.created_at_ms, g.ended_at_ms FROM "
               "pairings AS p JOIN divisions AS d USING (division_id) LEFT JOIN games AS g ON "
               "g.game_id = p.game_id AND p.game_id <> '' WHERE p.status <> 'void' ORDER BY "
               "d.rowid, p.round, p.board",
               on_pairing, reading);
}

/* ---- standings ----------------------------------------------------------------------------- */

static void on_standings(const struct bus_answer *answer, void *user)
{
    struct reading *reading = user;
    struct tale *tale = reading->tale;
    if (answer->status != STATUS_OK)
        return; /* a division that was never played has none */
    const Arbiter__V1__ComputeStandingsReply *reply =
        (const Arbiter__V1__ComputeStandingsReply *)answer->output;
    for (size_t i = 0; i < reply->n_standings && tale->standing_count < tale->player_count; i++) {
        const Arbiter__V1__Standing *row = reply->standings[i];
        tale->standings[tale->standing_count++] = (struct tale_standing){
            .division = reading->division,
            .rank = row->rank,
            .player = crowd_find(reading->crowd, row->player_id),
            .points_x2 = row->points_x2,
            .wins = row->wins,
            .losses = row->losses,
            .draws = row->draws,
            .spread = row->spread,
        };
    }
}

static void read_standings(struct reading *reading)
{
    struct tale *tale = reading->tale;
    tale->standings =
        arena_array(&tale->arena, (size_t)tale->player_count + 1, sizeof *tale->standings);
    assert(tale->standings != NULL);
    for (int i = 0; i < tale->division_count; i++) {
        char division_id[CROWD_ID_MAX];
        Arbiter__V1__ComputeStandingsRequest request = ARBITER__V1__COMPUTE_STANDINGS_REQUEST__INIT;
        crowd_division_id(i, division_id);
        request.division_id = division_id;
        reading->division = i;
        ask(&reading->crowd->asks,
            &(struct ask_what){&arbiter__v1__standings__descriptor, "Compute", &request.base,
                               false},
            on_standings, reading);
        world_run(reading->world, STANDINGS_WAIT_MS);
    }
}

/* ---- timers -------------------------------------------------------------------------------- */

static struct tale_timer *find_timer(struct tale *tale, const char *machine, const char *name)
{
    for (int i = 0; i < tale->timer_count; i++)
        if (strcmp(tale->timers[i].machine, machine) == 0 &&
            strcmp(tale->timers[i].name, name) == 0)
            return &tale->timers[i];
    struct tale_timer *timer = &tale->timers[tale->timer_count++];
    *timer = (struct tale_timer){.machine = keep(tale, machine), .name = keep(tale, name)};
    return timer;
}

/* A line of a step's effects: "timer_set NAME" or "timer_cancel NAME". */
static void count_effect(struct tale *tale, const char *machine, const char *line)
{
    static const char set[] = "timer_set ";
    static const char cancel[] = "timer_cancel ";
    char name[128];
    bool is_set = strncmp(line, set, sizeof set - 1) == 0;
    if (!is_set && strncmp(line, cancel, sizeof cancel - 1) != 0)
        return;
    line += is_set ? sizeof set - 1 : sizeof cancel - 1;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(line, " \n"), line); /* fits */
    struct tale_timer *timer = find_timer(tale, machine, name);
    timer->set += is_set;
    timer->cancelled += !is_set;
}

/* machine, effects */
static void on_effects(int count, char **columns, void *user)
{
    struct reading *reading = user;
    (void)count; /* as the query says */
    for (const char *line = columns[1]; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        count_effect(reading->tale, columns[0], line);
    }
}

/* machine, instance_id, name, due, fired */
static void on_firing(int count, char **columns, void *user)
{
    static const char prefix[] = "$timer.";
    struct reading *reading = user;
    struct tale *tale = reading->tale;
    (void)count; /* as the query says */
    const char *name = columns[2];
    name += strncmp(name, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;
    struct tale_timer *timer = find_timer(tale, columns[0], name);
    struct tale_firing *firing = &tale->firings[tale->firing_count++];
    *firing = (struct tale_firing){keep(tale, columns[1]), timer->name, since(tale, columns[3]),
                                   since(tale, columns[4])};
    int64_t late_ms = firing->fired_ms - firing->due_ms;
    timer->fired++;
    timer->late_max_ms = late_ms > timer->late_max_ms ? late_ms : timer->late_max_ms;
}

static void read_timers(struct reading *reading)
{
    struct tale *tale = reading->tale;
    tale->firings = rows(tale, reading->world, "SELECT count(*) FROM inbox WHERE due_at_ms > 0",
                         sizeof *tale->firings);
    /* A name appears at most once for each time it is set or fires. */
    tale->timers = rows(tale, reading->world,
                        "SELECT 1000 + (SELECT count(*) FROM inbox WHERE due_at_ms > 0) + (SELECT "
                        "count(DISTINCT machine) * 200 FROM instances)",
                        sizeof *tale->timers);
    world_rows(reading->world,
               "SELECT i.machine, j.effects FROM journal AS j JOIN instances AS i USING "
               "(instance_id) WHERE j.effects LIKE '%timer_%' ORDER BY j.at_ms, j.instance_id, "
               "j.seq",
               on_effects, reading);
    world_rows(reading->world,
               "SELECT i.machine, b.instance_id, b.name, b.due_at_ms, b.fired_at_ms FROM inbox AS "
               "b JOIN instances AS i USING (instance_id) WHERE b.due_at_ms > 0 ORDER BY "
               "b.due_at_ms, b.instance_id, b.event_id",
               on_firing, reading);
}

/* ---- what went wrong ----------------------------------------------------------------------- */

static void add_trouble(struct tale *tale, const char *kind, int64_t at_ms, const char *text)
{
    tale->troubles[tale->trouble_count++] = (struct tale_trouble){kind, at_ms, text};
}

/* at_ms, instance_id, effects */
static void on_given_up(int count, char **columns, void *user)
{
    struct reading *reading = user;
    struct tale *tale = reading->tale;
    (void)count; /* as the query says */
    const char *text = arena_format(&tale->arena, "%s: %s", columns[1], columns[2]);
    assert(text != NULL);
    add_trouble(tale, "failed", since(tale, columns[0]), text);
}

static void tell_second_byes(struct tale *tale)
{
    for (int i = 0; i < tale->pairing_count; i++) {
        const struct tale_pairing *bye = &tale->pairings[i];
        int before = 0;
        for (int j = 0; j < i; j++)
            before += tale->pairings[j].second == TALE_NOBODY &&
                      tale->pairings[j].first == bye->first &&
                      strcmp(tale->pairings[j].kind, "bye") == 0;
        if (bye->second != TALE_NOBODY || before == 0 || strcmp(bye->kind, "bye") != 0)
            continue;
        const char *text = arena_format(&tale->arena, "%s has bye number %d (round %d)",
                                        tale->players[bye->first].name, before + 1, bye->round);
        assert(text != NULL);
        const struct tale_round *round = find_round(tale, bye->division, bye->round);
        add_trouble(tale, "bye again", round != NULL ? round->opened_ms : TALE_NEVER_MS, text);
    }
}

/* What an event that does not end waits for. */
static void tell_stuck(struct reading *reading)
{
    struct tale *tale = reading->tale;
    if (tale->is_finished)
        return;
    const char *text = arena_format(
        &tale->arena, "the event goes no further: %d games are open, %d boards, %d divisions",
        (int)world_number(reading->world, "SELECT count(*) FROM games WHERE status = 'playing'"),
        (int)world_number(reading->world, "SELECT count(*) FROM instances WHERE machine = 'board' "
                                          "AND NOT finished"),
        (int)world_number(
            reading->world,
            "SELECT count(*) FROM instances WHERE machine = 'division' AND ' ' || tags "
            "|| ' ' NOT LIKE '% amendable %' AND NOT finished"));
    assert(text != NULL);
    add_trouble(tale, "stuck", loop_now_ms(reading->world->loop) - tale->begin_ms, text);
}

static int by_time(const void *left, const void *right)
{
    const struct tale_trouble *a = left;
    const struct tale_trouble *b = right;
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    int order = strcmp(a->kind, b->kind);
    return order != 0 ? order : strcmp(a->text, b->text);
}

static void read_troubles(struct reading *reading)
{
    struct tale *tale = reading->tale;
    const struct crowd *crowd = reading->crowd;
    size_t failed = (size_t)world_number(
        reading->world, "SELECT count(*) FROM journal WHERE effects LIKE '%given up%'");
    tale->troubles = arena_array(
        &tale->arena, (size_t)crowd->note_count + failed + (size_t)tale->pairing_count + 2,
        sizeof *tale->troubles);
    assert(tale->troubles != NULL);
    for (int i = 0; i < crowd->note_count; i++)
        add_trouble(tale, crowd_note_name(crowd->notes[i].kind),
                    crowd->notes[i].at_ms - tale->begin_ms, keep(tale, crowd->notes[i].text));
    world_rows(reading->world,
               "SELECT at_ms, instance_id, effects FROM journal WHERE effects LIKE '%given up%' "
               "ORDER BY at_ms, instance_id, seq",
               on_given_up, reading);
    tell_second_byes(tale);
    tell_stuck(reading);
    qsort(tale->troubles, (size_t)tale->trouble_count, sizeof *tale->troubles, by_time);
    memcpy(tale->counts, crowd->note_counts, sizeof tale->counts);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void read_people(struct tale *tale, const struct crowd *crowd)
{
    const struct format *format = crowd->options.format;
    tale->division_count = (int)format->division_count;
    tale->player_count = crowd->options.player_count;
    tale->divisions = arena_array(&tale->arena, format->division_count, sizeof *tale->divisions);
    tale->players = arena_array(&tale->arena, (size_t)tale->player_count, sizeof *tale->players);
    assert(tale->divisions != NULL && tale->players != NULL);
    for (size_t i = 0; i < format->division_count; i++)
        tale->divisions[i] = keep(tale, format->divisions[i].name);
    memcpy(tale->players, crowd->players, (size_t)tale->player_count * sizeof *tale->players);
    for (int i = 0; i < tale->player_count; i++)
        tale->players[i].crowd = NULL; /* the tale outlives it */
}

void tale_read(struct tale *out_tale, struct world *world, struct crowd *crowd)
{
    struct tale *tale = out_tale;
    struct reading reading = {.tale = tale, .world = world, .crowd = crowd};
    *tale = (struct tale){.seed = world->options.seed};
    arena_init(&tale->arena, ARENA_BYTES_MAX);
    tale->begin_ms =
        crowd->options.starts_at_ms > 0 ? crowd->options.starts_at_ms : world->options.start_ms;
    tale->end_ms =
        world_number(world, "SELECT coalesce(max(closed_at_ms), 0) FROM rounds") - tale->begin_ms;
    tale->is_finished = world_number(world, "SELECT count(*) FROM tournaments WHERE status = "
                                            "'finished'") == 1;
    tale->steps = world_number(world, "SELECT count(*) FROM journal");
    tale->recorded_rounds = crowd->options.record != NULL ? crowd->options.from_round - 1 : 0;
    read_people(tale, crowd);
    read_rounds(&reading);
    read_pairings(&reading);
    read_timers(&reading);
    read_troubles(&reading);
    read_standings(&reading);
}

void tale_deinit(struct tale *tale)
{
    arena_deinit(&tale->arena);
}

/* ---- figures ------------------------------------------------------------------------------- */

struct metrics {
    struct tale_metric *items;
    int count;
};

static void add_metric(struct metrics *metrics, const char *name, const char *unit, double value)
{
    if (metrics->count == TALE_METRICS_MAX)
        return;
    struct tale_metric *metric = &metrics->items[metrics->count++];
    *metric = (struct tale_metric){.value = value};
    (void)snprintf(metric->name, sizeof metric->name, "%s", name); /* cut names still tell apart */
    (void)snprintf(metric->unit, sizeof metric->unit, "%s", unit); /* fits */
}

static void add_time(struct metrics *metrics, const struct tale *tale,
                     const struct tale_round *round, const char *what, int64_t at_ms)
{
    char name[sizeof metrics->items->name];
    (void)snprintf(name, sizeof name, "%.36s round %d %s", tale->divisions[round->division],
                   round->number, what); /* fits */
    if (at_ms != TALE_NEVER_MS)
        add_metric(metrics, name, "ms", (double)at_ms);
}

static void add_totals(struct metrics *metrics, const struct tale *tale)
{
    int games = 0, byes = 0, repeats = 0, forfeits = 0;
    for (int i = 0; i < tale->round_count; i++) {
        games += tale->rounds[i].games;
        byes += tale->rounds[i].byes;
        repeats += tale->rounds[i].repeats;
        forfeits += tale->rounds[i].forfeits;
    }
    add_metric(metrics, "games", "", games);
    add_metric(metrics, "byes", "", byes);
    add_metric(metrics, "repeats", "", repeats);
    add_metric(metrics, "forfeits", "", forfeits);
    add_metric(metrics, "withdrawals", "", tale->counts[CROWD_WITHDRAWAL]);
    add_metric(metrics, "director's actions", "", tale->counts[CROWD_DIRECTOR]);
    add_metric(metrics, "refusals", "", tale->counts[CROWD_REFUSED]);
}

/* How far the standings are from the order of strength: places between a player's rating and rank,
 * on average. */
static double displacement(const struct tale *tale)
{
    double sum = 0.0;
    for (int i = 0; i < tale->standing_count; i++) {
        const struct tale_standing *row = &tale->standings[i];
        int away = row->rank - tale->players[row->player].seed;
        sum += away < 0 ? -away : away;
    }
    return tale->standing_count > 0 ? sum / tale->standing_count : 0.0;
}

int tale_metrics(const struct tale *tale, struct tale_metric *out_metrics)
{
    struct metrics metrics = {.items = out_metrics};
    add_metric(&metrics, "finished", "", tale->is_finished);
    if (tale->end_ms > 0)
        add_metric(&metrics, "event ends", "ms", (double)tale->end_ms);
    add_totals(&metrics, tale);
    add_metric(&metrics, "places from seed to rank", "", displacement(tale));
    for (int i = 0; i < tale->standing_count; i++)
        if (tale->standings[i].rank == 1 && tale->standings[i].division == 0)
            add_metric(&metrics, "seed of the winner", "",
                       tale->players[tale->standings[i].player].seed);
    for (int i = 0; i < tale->round_count; i++) {
        const struct tale_round *round = &tale->rounds[i];
        if (round->number <= tale->recorded_rounds)
            continue;
        add_time(&metrics, tale, round, "starts", round->starts_ms);
        add_time(&metrics, tale, round, "ends", round->ends_ms);
    }
    return metrics.count;
}
