/* What can still happen: the best and worst place a player can finish in, and who cannot be caught.
 * Bounds hold whatever the remaining pairings are; they do not use who plays whom. */
#include "orchestrator/standing/standing.h"

#include <assert.h>

/* A player's score now and at best, in the record's unit. */
struct reach {
    int64_t now_x10;
    int64_t best_x10;
    int64_t spread;
    int64_t spread_gain; /* most the spread can still grow or fall; -1 = any amount */
};

static int most_in_a_round_x10(const struct record_points *points)
{
    const int worths[] = {points->win_x10,         points->draw_x10,     points->loss_x10,
                          points->forfeit_win_x10, points->bye_full_x10, points->bye_half_x10,
                          points->bye_pairing_x10, points->bye_zero_x10};
    int most = 0;
    for (size_t i = 0; i < sizeof worths / sizeof worths[0]; i++)
        most = worths[i] > most ? worths[i] : most;
    return most;
}

static struct reach reach_of(const struct record *record, const struct standing_table *table,
                             const struct standing_row *row, const struct standing_future *future)
{
    const struct record_player *player = &record->players[row->player];
    bool left = player->withdrawn_after > 0 && player->withdrawn_after <= table->after_round;
    int64_t rounds = left ? 0 : future->rounds_left;
    bool by_spread = table->order_count > 0 && table->order[0].code == STANDING_SPREAD &&
                     future->spread_per_round > 0;
    return (struct reach){
        .now_x10 = row->points_x10,
        .best_x10 = row->points_x10 + rounds * most_in_a_round_x10(&record->points),
        .spread = row->spread,
        .spread_gain = by_spread ? rounds * future->spread_per_round : -1,
    };
}

/* Whether `a` finishes ahead of `b` whatever happens. Level scores are told apart by spread only
 * where the order says so and gains are bounded. */
static bool surely_ahead(const struct reach *a, const struct reach *b)
{
    if (a->now_x10 != b->best_x10)
        return a->now_x10 > b->best_x10;
    if (a->spread_gain < 0)
        return false;
    int64_t gain = a->spread_gain > b->spread_gain ? a->spread_gain : b->spread_gain;
    return a->spread - b->spread > gain;
}

void standing_outlooks(const struct record *record, const struct standing_table *table,
                       const struct standing_future *future, struct standing_outlook *out_outlooks)
{
    assert(future->rounds_left >= 0);
    for (int i = 0; i < table->row_count; i++) {
        struct reach own = reach_of(record, table, &table->rows[i], future);
        int ahead = 0;
        int behind = 0;
        for (int j = 0; j < table->row_count; j++) {
            struct reach other = reach_of(record, table, &table->rows[j], future);
            ahead += j != i && surely_ahead(&other, &own);
            behind += j != i && surely_ahead(&own, &other);
        }
        out_outlooks[i] = (struct standing_outlook){
            .place_best = ahead + 1,
            .place_worst = table->row_count - behind,
        };
        if (future->rounds_left == 0)
            out_outlooks[i] = (struct standing_outlook){table->rows[i].rank, table->rows[i].rank};
    }
}

bool standing_can_catch(const struct standing_score *ahead, const struct standing_score *behind,
                        int rounds_left, int spread_per_round)
{
    int64_t wins_x2 = 2 * ((int64_t)ahead->wins - behind->wins) + ahead->ties - behind->ties;
    if (wins_x2 != 2 * (int64_t)rounds_left || spread_per_round == 0)
        return wins_x2 <= 2 * (int64_t)rounds_left;
    return ahead->spread - behind->spread <= (int64_t)spread_per_round * rounds_left;
}

static struct standing_score score_of(const struct standing_row *row)
{
    return (struct standing_score){.wins = row->wins, .ties = row->ties, .spread = row->spread};
}

int standing_gibsonized_count(const struct standing_table *table,
                              const struct standing_future *future)
{
    int count = 0;
    while (count + 1 < table->row_count) {
        struct standing_score ahead = score_of(&table->rows[count]);
        struct standing_score behind = score_of(&table->rows[count + 1]);
        if (standing_can_catch(&ahead, &behind, future->rounds_left, future->spread_per_round))
            break;
        count++;
    }
    return count;
}
