/* Tie-breaks from opponents' scores: the Buchholz family, Sonneborn-Berger, Koya. Articles 8, 9,
 * 14 and 16 of C.07. */
#include "orchestrator/standing/field.h"

#include <assert.h>

/* What one round brings: the opponent's score (or a dummy's), and that times the points made. */
struct contribution {
    int64_t score_x10;
    int64_t product_x100;
    bool voluntary;
    bool gone; /* cut */
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Article 16.4: an unplayed round is a game against a dummy with the own score; since 2026 not more
 * than the scheduled opponent, or than a draw in every round. */
static int64_t dummy_x10(const struct field *field, const struct view *view, int player,
                         const struct fact *fact)
{
    int64_t own = view->points_x10[player];
    if (field->options->edition == STANDING_2024)
        return own;
    bool forfeit = fact->kind == FACT_FORFEIT_WIN || fact->kind == FACT_FORFEIT_LOSS;
    if (forfeit && fact->opponent != RECORD_NOBODY)
        return smaller(own, view->adjusted_x10[fact->opponent]);
    return smaller(own, (int64_t)field->record->points.draw_x10 * field->rounds);
}

/* Lists what each round of a player brings; returns how many there are. */
static int contributions(const struct field *field, const struct view *view, int player,
                         struct contribution *out)
{
    const struct fact *facts = view_facts(field, view, player);
    int count = 0;
    for (int round = 0; round < field->rounds; round++) {
        const struct fact *fact = &facts[round];
        if (fact->kind == FACT_NOTHING)
            continue;
        int64_t score = fact->kind == FACT_PLAYED ? view->adjusted_x10[fact->opponent]
                                                  : dummy_x10(field, view, player, fact);
        out[count++] = (struct contribution){
            .score_x10 = score,
            .product_x100 = score * fact->points_x10,
            .voluntary = fact_is_voluntary(fact),
        };
    }
    return count;
}

static bool is_less(const struct contribution *a, const struct contribution *b)
{
    if (a->score_x10 != b->score_x10)
        return a->score_x10 < b->score_x10;
    return a->product_x100 < b->product_x100;
}

static struct contribution *least(struct contribution *list, int count)
{
    struct contribution *found = NULL;
    for (int i = 0; i < count; i++)
        if (!list[i].gone && (found == NULL || is_less(&list[i], found)))
            found = &list[i];
    return found;
}

static struct contribution *greatest(struct contribution *list, int count)
{
    struct contribution *found = NULL;
    for (int i = 0; i < count; i++)
        if (!list[i].gone && (found == NULL || is_less(found, &list[i])))
            found = &list[i];
    return found;
}

static int64_t worth(const struct contribution *item, bool products)
{
    return products ? item->product_x100 : item->score_x10;
}

/* Article 16.5: a voluntarily unplayed round is cut first, unless it is worth less than what would
 * be cut otherwise. */
static struct contribution *least_by_rule(struct contribution *list, int count, bool products)
{
    struct contribution *usual = least(list, count);
    struct contribution *voluntary = NULL;
    for (int i = 0; i < count; i++)
        if (!list[i].gone && list[i].voluntary &&
            (voluntary == NULL || worth(&list[i], products) < worth(voluntary, products)))
            voluntary = &list[i];
    if (voluntary == NULL || worth(voluntary, products) < worth(usual, products))
        return usual;
    return voluntary;
}

static int64_t sum_after_cuts(const struct standing_term *term, struct contribution *list,
                              int count, bool products)
{
    for (int i = 0; i < term->cut_low && i < count; i++)
        least_by_rule(list, count, products)->gone = true;
    for (int i = 0; i < term->cut_high && i < count - term->cut_low; i++)
        greatest(list, count)->gone = true;
    int64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += list[i].gone ? 0 : worth(&list[i], products);
    return sum;
}

/* Buchholz, fore Buchholz and Sonneborn-Berger: one sum each, over different worths or views. */
static void sum_terms(struct field *field, const struct standing_term *term,
                      const struct view *view, struct contribution *scratch,
                      struct standing_value *out_values)
{
    bool products = term->code == STANDING_SB;
    for (int player = 0; player < field->player_count; player++) {
        int count = contributions(field, view, player, scratch);
        out_values[player] = value_of(sum_after_cuts(term, scratch, count, products));
    }
}

/* The average of opponents' Buchholz, over games played; cut as a list of scores. */
static enum status average_buchholz(struct field *field, const struct standing_term *term,
                                    const struct view *view, struct contribution *scratch,
                                    struct standing_value *out_values)
{
    const struct standing_term plain = {.code = STANDING_BH};
    struct standing_value *buchholz =
        arena_array(field->arena, (size_t)field->player_count + 1, sizeof *buchholz);
    if (buchholz == NULL)
        return STATUS_FULL;
    sum_terms(field, &plain, view, scratch, buchholz);
    for (int player = 0; player < field->player_count; player++) {
        const struct fact *facts = view_facts(field, view, player);
        int count = 0;
        for (int round = 0; round < field->rounds; round++)
            if (facts[round].kind == FACT_PLAYED)
                scratch[count++] = (struct contribution){
                    .score_x10 = buchholz[facts[round].opponent].numerator,
                };
        int kept = count - term->cut_low - term->cut_high;
        out_values[player] = (struct standing_value){.denominator = 1};
        if (kept > 0)
            out_values[player] = (struct standing_value){
                .numerator = sum_after_cuts(term, scratch, count, false),
                .denominator = kept,
                .exists = true,
            };
    }
    return STATUS_OK;
}

/* Rounds in which the player could have scored: all, or those with an opponent where pairings are
 * fixed (an odd table has a free round each). */
static int possible_rounds(const struct field *field, const struct view *view, int player)
{
    if (!field->options->fixed_pairings)
        return field->rounds;
    const struct fact *facts = view_facts(field, view, player);
    int count = 0;
    for (int round = 0; round < field->rounds; round++)
        count += facts[round].opponent != RECORD_NOBODY;
    return count;
}

static void koya(struct field *field, const struct standing_term *term, const struct view *view,
                 struct standing_value *out_values)
{
    const struct record_points *points = &field->record->points;
    for (int player = 0; player < field->player_count; player++) {
        const struct fact *facts = view_facts(field, view, player);
        int64_t sum = 0;
        for (int round = 0; round < field->rounds; round++) {
            if (facts[round].kind != FACT_PLAYED)
                continue;
            int opponent = facts[round].opponent;
            int64_t limit_x2 = (int64_t)points->win_x10 * possible_rounds(field, view, opponent) +
                               2 * (int64_t)term->limit_half_points * points->draw_x10;
            if (2 * (int64_t)view->points_x10[opponent] >= limit_x2)
                sum += facts[round].points_x10;
        }
        out_values[player] = value_of(sum);
    }
}

enum status field_opponent_values(struct field *field, const struct standing_term *term,
                                  struct standing_value *out_values)
{
    const struct view *view = field_view(field, term->forfeits_played, term->code == STANDING_FB);
    struct contribution *scratch =
        arena_array(field->arena, (size_t)field->rounds + 1, sizeof *scratch);
    if (view == NULL || scratch == NULL)
        return STATUS_FULL;
    if (term->code == STANDING_AOB)
        return average_buchholz(field, term, view, scratch, out_values);
    if (term->code == STANDING_KS)
        koya(field, term, view, out_values);
    else
        sum_terms(field, term, view, scratch, out_values);
    return STATUS_OK;
}
