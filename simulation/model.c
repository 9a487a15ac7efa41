/* Draws games and people; see the header for the distributions. */
#include "simulation/model.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "orchestrator/rating/rating_math.h"

enum {
    MINUTE_MS = 60 * 1000,
    SIT_DOWN_MS = 2 * MINUTE_MS,
    NO_CLOCK_MS = 30 * MINUTE_MS,
    NO_CLOCK_SPREAD_MS = 10 * MINUTE_MS,
    REPORT_MIN_MS = 5000,
    TURNS = 40,
    MILLION = 1000000,
    POINTS_OF_BOTH = 800,
    POINTS_SPREAD = 120,
    NAME_MAX = 160
};

static const double MARGIN_SCALE = 50.0;
static const double LN_10 = 2.302585092994046;
static const double SHARE_MIN = 0.50;
static const double SHARE_OFTEN = 0.85;

struct model model_default(void)
{
    return (struct model){
        .late_ppm = 20000,
        .late_mean_ms = 4 * MINUTE_MS,
        .dispute_ppm = 5000,
        .report_mean_ms = 90 * 1000,
        .director_ms = 2 * MINUTE_MS,
        .patience_ms = 15 * MINUTE_MS,
        .break_ms = 5 * MINUTE_MS,
    };
}

/* ---- drawing ------------------------------------------------------------------------------- */

/* In (0, 1). */
static double draw_unit(struct random *random)
{
    return ((double)(random_next(random) >> 11) + 0.5) * 0x1p-53;
}

static bool draw_chance(struct random *random, int ppm)
{
    return random_below(random, MILLION) < (uint64_t)ppm;
}

/* Exponential, at most four times its mean. */
static int64_t draw_wait(struct random *random, int mean_ms)
{
    double wait_ms = -rating_log(draw_unit(random)) * mean_ms;
    return (int64_t)(wait_ms < 4.0 * mean_ms ? wait_ms : 4.0 * mean_ms);
}

/* The larger of two uniform numbers rises from 0 to 1: twice that makes a triangle. */
static double draw_share(struct random *random)
{
    double a = draw_unit(random);
    double b = draw_unit(random);
    double rising = a > b ? a : b;
    bool is_below = draw_unit(random) < (SHARE_OFTEN - SHARE_MIN) / (1.0 - SHARE_MIN);
    return is_below ? SHARE_MIN + (SHARE_OFTEN - SHARE_MIN) * rising
                    : 1.0 - (1.0 - SHARE_OFTEN) * rising;
}

/* ---- games --------------------------------------------------------------------------------- */

static int64_t draw_used(struct random *random, const struct model_clock *clock)
{
    double share = draw_share(random);
    double used_ms =
        share * (double)clock->initial_ms + share * TURNS * (double)clock->increment_ms;
    bool is_over = draw_chance(random, MILLION / 20); /* either of two: one game in ten */
    double over = draw_unit(random);
    return (int64_t)(used_ms + (is_over ? over * (double)clock->overtime_ms : 0.0));
}

static int64_t draw_duration(struct random *random, const struct model_clock *clock)
{
    int64_t first_ms = draw_used(random, clock);
    int64_t second_ms = draw_used(random, clock);
    double around = draw_unit(random);
    if (clock->initial_ms > 0 || clock->increment_ms > 0)
        return SIT_DOWN_MS + first_ms + second_ms;
    return NO_CLOCK_MS + (int64_t)((2.0 * around - 1.0) * NO_CLOCK_SPREAD_MS);
}

static void draw_scores(struct random *random, double difference, int scores[2])
{
    double u = draw_unit(random);
    double margin = MARGIN_SCALE * (rating_log(u / (1.0 - u)) + LN_10 * difference / 400.0);
    int points = POINTS_OF_BOTH + (int)random_below(random, POINTS_SPREAD) - POINTS_SPREAD / 2;
    int whole = (int)(margin < 0.0 ? margin - 0.5 : margin + 0.5);
    int limit = points - 1;
    whole = whole > limit ? limit : whole < -limit ? -limit : whole;
    points += (points + whole) % 2 != 0; /* both halves are whole points */
    scores[0] = (points + whole) / 2;
    scores[1] = (points - whole) / 2;
}

/* A stream for what two people do in a round, and one for each of them: who sits where does not
 * change it. */
static void stream(struct random *random, uint64_t seed, const char *what, const char *one,
                   const char *other, int number)
{
    char purpose[NAME_MAX];
    int size = snprintf(purpose, sizeof purpose, "%s/%s/%s", what, one, other);
    assert(size > 0 && size < (int)sizeof purpose);
    (void)size; /* only asserted: ids are short */
    random_init_stream(random, seed, purpose, (uint64_t)number);
}

void model_game_draw(const struct model *model, uint64_t seed, const struct model_clock *clock,
                     const struct model_pair *pair, struct model_game *out_game)
{
    struct random random;
    bool is_swapped = strcmp(pair->first, pair->second) > 0;
    const char *ids[2] = {pair->first, pair->second};
    double difference = pair->first_rating - pair->second_rating;
    int scores[2];
    stream(&random, seed, "game", ids[is_swapped], ids[!is_swapped],
           pair->round * 16 + pair->meeting);
    draw_scores(&random, is_swapped ? -difference : difference, scores);
    out_game->scores[0] = scores[is_swapped];
    out_game->scores[1] = scores[!is_swapped];
    out_game->duration_ms = draw_duration(&random, clock);
    out_game->is_disputed = draw_chance(&random, model->dispute_ppm);
    for (int i = 0; i < 2; i++) {
        stream(&random, seed, "round", ids[i], "", pair->round);
        bool is_late = draw_chance(&random, model->late_ppm);
        int64_t late_ms = draw_wait(&random, model->late_mean_ms);
        out_game->late_ms[i] = is_late && pair->meeting == 0 ? late_ms : 0;
        out_game->report_ms[i] = REPORT_MIN_MS + draw_wait(&random, model->report_mean_ms);
    }
}

/* ---- people -------------------------------------------------------------------------------- */

void model_person_draw(const struct model *model, uint64_t seed, const char *player, int rounds,
                       struct model_person *out_person)
{
    struct random random;
    stream(&random, seed, "person", player, "", 0);
    *out_person = (struct model_person){0};
    out_person->is_absent = draw_chance(&random, model->no_show_ppm);
    out_person->enters_late = draw_chance(&random, model->late_entry_ppm) && !out_person->is_absent;
    out_person->arrival_ppm = (int)random_below(&random, MILLION);
    for (int round = 1; round < rounds && out_person->leaves_after == 0; round++)
        if (draw_chance(&random, model->withdraw_ppm) && !out_person->is_absent)
            out_person->leaves_after = round;
}

/* The logistic's quantile; 0.5513 = sqrt(3) / pi makes its deviation 1. */
double model_rating(int place, int count)
{
    assert(place >= 1 && place <= count);
    double above = ((double)place - 0.5) / (double)count;
    double rating = 1500.0 + 250.0 * 0.5513288954217921 * rating_log((1.0 - above) / above);
    return (double)(int)(rating + 0.5);
}
