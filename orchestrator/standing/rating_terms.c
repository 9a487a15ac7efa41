/* Tie-breaks from ratings: only games over the board against rated opponents. Article 10 of C.07;
 * the tables are those of orchestrator/rating. */
#include "orchestrator/standing/field.h"

#include "orchestrator/rating/rating.h"

#include <assert.h>

static const int64_t ZERO_SCORE_BELOW = 800; /* perfect performance of a player without points */

static struct standing_value no_value(void)
{
    return (struct standing_value){.denominator = 1};
}

/* A player's rated games: the opponents' ratings and the score, in half points. */
struct performance {
    int32_t *ratings;
    int count;
    int64_t sum;
    int64_t points_x2;
};

static void collect(const struct field *field, int player, struct performance *out)
{
    out->count = 0;
    out->sum = 0;
    out->points_x2 = 0;
    for (int round = 1; round <= field->rounds; round++) {
        const struct record_result *result = record_result(field->record, player, round);
        if (result->kind != RECORD_PLAYED)
            continue;
        int rating = field->record->players[result->opponent].rating;
        if (rating <= 0)
            continue;
        out->ratings[out->count++] = rating;
        out->sum += rating;
        out->points_x2 += result->outcome == RECORD_WIN ? 2 : result->outcome == RECORD_DRAW;
    }
}

static struct standing_value average_rating(struct performance *games,
                                            const struct standing_term *term)
{
    int kept = games->count - term->cut_low - term->cut_high;
    if (kept <= 0)
        return no_value();
    int64_t sum = games->sum;
    for (int cut = 0; cut < term->cut_low + term->cut_high; cut++) {
        bool low = cut < term->cut_low;
        int found = 0;
        for (int i = 1; i < games->count - cut; i++)
            if (low ? games->ratings[i] < games->ratings[found]
                    : games->ratings[i] > games->ratings[found])
                found = i;
        sum -= games->ratings[found];
        games->ratings[found] = games->ratings[games->count - cut - 1];
    }
    return value_of(rounded_average(sum, kept));
}

static struct standing_value performance_rating(const struct performance *games)
{
    if (games->count == 0)
        return no_value();
    return value_of(rounded_average(games->sum, games->count) +
                    rating_fide_difference(games->points_x2, games->count));
}

/* Whether a player of this rating is expected to make at least the score. */
static bool reaches(const struct performance *games, int64_t rating)
{
    int64_t expected_x100 = 0;
    for (int i = 0; i < games->count; i++)
        expected_x100 += rating_fide_expectation_x100(rating - games->ratings[i]);
    return expected_x100 >= 50 * games->points_x2;
}

/* Moves the bounds in from the performance rating, which is near, by growing steps. */
static void narrow(const struct performance *games, int64_t *no, int64_t *yes)
{
    int64_t guess = performance_rating(games).numerator;
    bool below = !reaches(games, guess);
    for (int64_t step = 16; *no < guess && guess < *yes; step *= 2) {
        *(below ? no : yes) = guess;
        guess += below ? step : -step;
        if (*no < guess && guess < *yes && reaches(games, guess) == below) {
            *(below ? yes : no) = guess; /* passed it */
            return;
        }
    }
}

/* The lowest whole rating that is expected to make the score. */
static struct standing_value perfect_performance(const struct performance *games)
{
    if (games->count == 0)
        return no_value();
    int64_t lowest = games->ratings[0];
    int64_t highest = games->ratings[0];
    for (int i = 1; i < games->count; i++) {
        lowest = games->ratings[i] < lowest ? games->ratings[i] : lowest;
        highest = games->ratings[i] > highest ? games->ratings[i] : highest;
    }
    if (games->points_x2 == 0)
        return value_of(lowest - ZERO_SCORE_BELOW);
    int64_t no = lowest - ZERO_SCORE_BELOW; /* expects nothing */
    int64_t yes = highest + ZERO_SCORE_BELOW;
    assert(!reaches(games, no) && reaches(games, yes));
    narrow(games, &no, &yes);
    while (yes - no > 1) {
        int64_t middle = no + (yes - no) / 2;
        if (reaches(games, middle))
            yes = middle;
        else
            no = middle;
    }
    return value_of(yes);
}

/* The average of what `singles` says about the opponents met over the board. */
static struct standing_value opponents_average(const struct field *field, int player,
                                               const struct standing_value *singles)
{
    int64_t sum = 0;
    int64_t count = 0;
    for (int round = 1; round <= field->rounds; round++) {
        const struct record_result *result = record_result(field->record, player, round);
        if (result->kind != RECORD_PLAYED || !singles[result->opponent].exists)
            continue;
        sum += singles[result->opponent].numerator;
        count++;
    }
    return count > 0 ? value_of(rounded_average(sum, count)) : no_value();
}

static struct standing_value single(struct field *field, const struct standing_term *term,
                                    int player, struct performance *scratch)
{
    if (term->code == STANDING_RTNG) {
        int rating = field->record->players[player].rating;
        return rating > 0 ? value_of(rating) : no_value();
    }
    collect(field, player, scratch);
    if (term->code == STANDING_ARO)
        return average_rating(scratch, term);
    if (term->code == STANDING_TPR || term->code == STANDING_APRO)
        return performance_rating(scratch);
    assert(term->code == STANDING_PTP || term->code == STANDING_APPO);
    return perfect_performance(scratch);
}

enum status field_rating_values(struct field *field, const struct standing_term *term,
                                struct standing_value *out_values)
{
    bool of_opponents = term->code == STANDING_APRO || term->code == STANDING_APPO;
    size_t players = (size_t)field->player_count;
    struct performance scratch = {
        .ratings = arena_array(field->arena, (size_t)field->rounds + 1, sizeof(int32_t)),
    };
    struct standing_value *singles = out_values;
    if (of_opponents)
        singles = arena_array(field->arena, players + 1, sizeof *singles);
    if (scratch.ratings == NULL || singles == NULL)
        return STATUS_FULL;
    for (int player = 0; player < field->player_count; player++)
        singles[player] = single(field, term, player, &scratch);
    for (int player = 0; of_opponents && player < field->player_count; player++)
        out_values[player] = opponents_average(field, player, singles);
    return STATUS_OK;
}
