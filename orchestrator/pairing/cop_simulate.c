/* Plays the rest of an event many times over and draws conclusions. One simulation is one stream of
 * numbers; nothing depends on time or on how many run at once. */
#include "orchestrator/pairing/cop.h"

#include "base/random.h"

#include <assert.h>
#include <string.h>

#define BATCHES_MAX 40
#define CHASE_RARITY 1000
#define CONFIDENCE_SQUARED 16 /* four standard deviations: 99 % for all ranks together */

/* One player's fixed fate in a simulation. */
struct fate {
    int winner;        /* rank that wins all its games, or COP_NOBODY */
    bool meets_leader; /* plays whoever leads, every round */
};

static bool runner_before(const struct cop_runner *one, const struct cop_runner *other)
{
    if (one->half_wins != other->half_wins)
        return one->half_wins > other->half_wins;
    if (one->spread != other->spread)
        return one->spread > other->spread;
    return one->rank < other->rank;
}

static void runners_sort(struct cop_runner *runners, int count)
{
    for (int i = 1; i < count; i++) {
        struct cop_runner moving = runners[i];
        int at = i;
        for (; at > 0 && runner_before(&moving, &runners[at - 1]); at--)
            runners[at] = runners[at - 1];
        runners[at] = moving;
    }
}

/* Exchanges opponents so that the winner meets the leader. */
static void meet_leader(const struct cop *cop, int winner_at)
{
    int leader_slot = 0;
    int winner_slot = 0;
    for (int i = 0; i < cop->size; i++) {
        if (cop->pairs[i] == 0)
            leader_slot = i;
        if (cop->pairs[i] == winner_at)
            winner_slot = i;
    }
    if (winner_at == 0 || leader_slot / 2 == winner_slot / 2)
        return;
    int opponent_slot = leader_slot ^ 1;
    cop->pairs[winner_slot] = cop->pairs[opponent_slot];
    cop->pairs[opponent_slot] = winner_at;
}

static void game_play(const struct cop *cop, int one, int other, int winner, uint64_t draw)
{
    struct cop_runner *a = &cop->runners[one];
    struct cop_runner *b = &cop->runners[other];
    int players = cop->setting->players;
    if (a->rank >= players || b->rank >= players) {
        struct cop_runner *rests = a->rank >= players ? b : a;
        rests->half_wins += 2;
        rests->spread += COP_BYE_SPREAD;
        return;
    }
    int margin = cop->margins[draw >> 1 & (COP_MARGINS - 1)];
    bool first_wins = (draw & 1) != 0;
    if (winner != COP_NOBODY && (a->rank == winner || b->rank == winner)) {
        first_wins = a->rank == winner;
        margin = margin > 0 ? margin : 1;
    }
    if (margin == 0) {
        a->half_wins++;
        b->half_wins++;
        return;
    }
    struct cop_runner *up = first_wins ? a : b;
    struct cop_runner *down = first_wins ? b : a;
    up->half_wins += 2;
    up->spread += margin;
    down->spread -= margin;
}

static void runners_start(const struct cop *cop)
{
    for (int r = 0; r < cop->size; r++) {
        bool bye = r >= cop->setting->players;
        cop->runners[r] = (struct cop_runner){.rank = r,
                                              .half_wins = bye ? INT32_MIN / 2
                                                               : cop->setting->records[r].half_wins,
                                              .spread = bye ? 0 : cop->setting->records[r].spread};
    }
}

/* Lays down who meets whom by rank in each round left. */
static void schedule_make(struct cop *cop, int max_factor, int first_factor)
{
    int rounds = cop->setting->rounds_left;
    for (int left = 1; left <= rounds; left++) {
        int factor = left == rounds && first_factor > 0 ? first_factor : max_factor;
        bool given = left == rounds && first_factor > 0;
        cop_simulated_pairs(cop, given && left < factor ? factor : left, factor,
                            &cop->schedule[(size_t)(left - 1) * (size_t)cop->size]);
    }
}

/* Plays all rounds left; `runners` is then the final standing. */
static void event_play(struct cop *cop, const struct fate *fate, struct random *random)
{
    runners_start(cop);
    for (int left = cop->setting->rounds_left; left > 0; left--) {
        memcpy(cop->pairs, &cop->schedule[(size_t)(left - 1) * (size_t)cop->size],
               (size_t)cop->size * sizeof *cop->pairs);
        if (fate->meets_leader) {
            int at = 0;
            while (cop->runners[at].rank != fate->winner)
                at++;
            meet_leader(cop, at);
        }
        for (int i = 0; i + 1 < cop->size; i += 2)
            game_play(cop, cop->pairs[i], cop->pairs[i + 1], fate->winner, random_next(random));
        runners_sort(cop->runners, cop->size);
    }
    cop->steps += (int64_t)cop->setting->rounds_left * (cop->size / 2);
}

/* How many of `wanted` simulations the budget still allows; never fewer than one. */
static int affordable(const struct cop *cop, int wanted)
{
    if (cop->setting->step_budget <= 0)
        return wanted;
    int64_t cost = (int64_t)cop->setting->rounds_left * (cop->size / 2);
    int64_t left = (cop->setting->step_budget - cop->steps) / (cost > 0 ? cost : 1);
    return left < 1 ? 1 : left < wanted ? (int)left : wanted;
}

static void batch_play(struct cop *cop, int count)
{
    int players = cop->setting->players;
    struct fate fate = {.winner = COP_NOBODY};
    for (int n = 0; n < count; n++) {
        struct random random;
        random_init_stream(&random, cop->setting->seed, "cop", (uint64_t)cop->simulated);
        event_play(cop, &fate, &random);
        for (int place = 0; place < players; place++)
            cop->ended[cop->runners[place].rank * players + place]++;
        cop->simulated++;
    }
}

int cop_reached(const struct cop *cop, int rank, int place)
{
    int sum = 0;
    for (int p = 0; p <= place && p < cop->setting->players; p++)
        sum += cop->ended[rank * cop->setting->players + p];
    return sum;
}

int cop_hope(const struct cop *cop)
{
    int64_t scaled = (int64_t)cop->simulated * cop->setting->hopefulness_ppm;
    int hope = (int)((scaled + 500000) / 1000000);
    return hope > 0 ? hope : 1;
}

/* Whether a count is far enough from the threshold to be trusted. */
static bool is_clear(const struct cop *cop, int count)
{
    int64_t share = cop->setting->hopefulness_ppm;
    int64_t expected = cop->simulated * share / 1000000;
    int64_t variance = expected * (1000000 - share) / 1000000;
    int64_t off = count - expected;
    return off * off >= CONFIDENCE_SQUARED * variance;
}

/* Whether all decisions about the first and the last place that wins something are settled. */
static bool all_clear(const struct cop *cop)
{
    const struct cop_setting *setting = cop->setting;
    for (int r = 0; r < setting->players; r++) {
        if (!is_clear(cop, cop_reached(cop, r, setting->place_prizes - 1)))
            return false;
        if (!cop->gibson[0] && !is_clear(cop, cop_reached(cop, r, 0)))
            return false;
    }
    return true;
}

static void division_play(struct cop *cop, int first_factor)
{
    int players = cop->setting->players;
    schedule_make(cop, cop->max_factor, first_factor);
    memset(cop->ended, 0, (size_t)players * (size_t)players * sizeof *cop->ended);
    cop->simulated = 0;
    batch_play(cop, affordable(cop, cop->setting->simulations));
    for (int i = 0; i < BATCHES_MAX && !all_clear(cop); i++) {
        if (cop->setting->step_budget > 0 && cop->steps >= cop->setting->step_budget)
            return;
        batch_play(cop, affordable(cop, COP_BATCH));
    }
}

/* How many players in a row below the best catchable rank have reached it, at least once in a
 * thousand simulations: "ever" would depend on how many were affordable. */
static int chasers(const struct cop *cop, int *out_group_size)
{
    int players = cop->setting->players;
    int top = 0;
    while (top < players && cop->gibson[top])
        top++;
    *out_group_size = 0;
    for (int r = 0; r < players && top < players; r++)
        *out_group_size += cop->group[r] == cop->group[top];
    int count = 0;
    while (top + count + 1 < players &&
           (int64_t)cop->ended[(top + count + 1) * players + top] * CHASE_RARITY >= cop->simulated)
        count++;
    return count;
}

static void limits_fill(struct cop *cop)
{
    int players = cop->setting->players;
    int hope = cop_hope(cop);
    for (int p = 0; p < players; p++)
        cop->lowest_hopeful_for[p] = p;
    for (int r = 0; r < players; r++) {
        int sum = 0;
        bool hopes = false;
        bool reached = false;
        for (int p = 0; p < players; p++) {
            int times = cop->ended[r * players + p];
            sum += times;
            if (times > 0 && !reached) {
                cop->highest_absolutely[r] = p;
                reached = true;
            }
            if (times > 0)
                cop->lowest_absolutely[r] = p;
            if (sum >= hope && !hopes) {
                cop->highest_hopefully[r] = p;
                hopes = true;
            }
        }
        for (int p = cop->highest_hopefully[r]; p < players; p++)
            if (cop->lowest_hopeful_for[p] < r)
                cop->lowest_hopeful_for[p] = r;
    }
    int last = cop->setting->place_prizes - 1;
    last = last < players ? last : players - 1;
    cop->lowest_hopeful_casher = last < 0 ? COP_NOBODY : cop->lowest_hopeful_for[last];
    cop->lowest_absolute_casher = COP_NOBODY;
    for (int r = 0; r < players; r++)
        if (cop->highest_absolutely[r] <= last)
            cop->lowest_absolute_casher = r;
}

void cop_simulate(struct cop *cop)
{
    assert(cop->setting->rounds_left > 0);
    division_play(cop, 0);
    int group_size;
    int factor = chasers(cop, &group_size);
    if (factor > 0 && 2 * factor < group_size && factor < cop->max_factor) {
        cop->max_factor = factor;
        division_play(cop, 0);
    }
    limits_fill(cop);
}

static int times_first(struct cop *cop, const struct fate *fate, int count)
{
    int first = 0;
    for (int n = 0; n < count; n++) {
        struct random random;
        random_init_stream(&random, cop->setting->seed, "cop control", (uint64_t)n);
        event_play(cop, fate, &random);
        first += cop->runners[0].rank == fate->winner;
    }
    return first;
}

bool cop_loses_control(struct cop *cop, int rank, int first_factor, int *out_meeting)
{
    int count = affordable(cop, cop->setting->control_simulations);
    struct fate fate = {.winner = rank, .meets_leader = true};
    cop->control_simulated = count;
    schedule_make(cop, cop->max_factor, first_factor);
    int meeting = times_first(cop, &fate, count);
    fate.meets_leader = false;
    int factor = times_first(cop, &fate, count);
    *out_meeting = meeting == count ? cop->setting->control_simulations : meeting;
    return (int64_t)(meeting - factor) * 1000000 >= (int64_t)cop->setting->control_loss_ppm * count;
}

void cop_simulate_factor(struct cop *cop, int first_factor)
{
    division_play(cop, first_factor);
    limits_fill(cop);
}

void cop_control_loss(struct cop *cop)
{
    const struct cop_setting *setting = cop->setting;
    int lowest = cop->lowest_hopeful_for[0];
    for (int rank = 1; rank <= lowest; rank++) {
        int meeting;
        bool loses = cop_loses_control(cop, rank, 0, &meeting);
        if (setting->rounds_left > 4 && meeting < setting->control_simulations)
            return;
        if (loses) {
            cop->child = rank;
            return;
        }
    }
}
