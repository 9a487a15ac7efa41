/* Deals a league's players into divisions by where they ended: who is promised a division has it,
 * the others by their priority. */
#include "orchestrator/pairing/deal.h"

#include <assert.h>

enum { SHORT_HIATUS_MAX = 3 };

enum league_status deal_status(const struct deal_player *player, enum league_formula formula)
{
    if (player->division == 0)
        return LEAGUE_NEW;
    if (player->away > 0)
        return player->away <= SHORT_HIATUS_MAX ? LEAGUE_SHORT_HIATUS : LEAGUE_LONG_HIATUS;
    struct league_outcome outcome =
        league_outcomes(player->division, player->lowest, player->size, formula);
    if (player->rank > outcome.champions && player->rank <= outcome.champions + outcome.promoted)
        return LEAGUE_PROMOTED;
    if (player->rank > player->size - outcome.relegated)
        return LEAGUE_RELEGATED;
    return LEAGUE_STAYED; /* the champion too */
}

/* What the deal knows of a player. */
struct card {
    enum league_status status;
    int64_t priority;
};

static void fill_cards(const struct deal_player *players, int count, const struct deal_rules *rules,
                       int *division, struct card *cards)
{
    int lowest = rules->lowest > 0 ? rules->lowest : 1;
    int deepest = lowest;
    for (int i = 0; i < count; i++) {
        cards[i].status = deal_status(&players[i], rules->formula);
        division[i] = league_virtual_division(cards[i].status, players[i].division, lowest);
        deepest = division[i] > deepest ? division[i] : deepest;
    }
    for (int i = 0; i < count; i++) {
        const struct league_entry entry = {.status = cards[i].status,
                                           .virtual_division = division[i],
                                           .virtual_divisions = deepest,
                                           .previous_size = players[i].size,
                                           .previous_rank = players[i].rank,
                                           .hiatus_seasons = players[i].away,
                                           .rating = players[i].rating};
        cards[i].priority = league_priority(&entry);
    }
}

/* Higher priority first; of equals, who is listed first. */
static void sort_cards(const struct card *cards, int count, int *order)
{
    for (int i = 0; i < count; i++) {
        int at = i;
        for (; at > 0 && cards[order[at - 1]].priority < cards[i].priority; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

enum status deal_divisions(const struct deal_player *players, int count,
                           const struct deal_rules *rules, struct arena *arena, int *out_division,
                           int *out_order, int *out_count)
{
    assert(count >= 0 && rules->size > 0);
    struct card *cards = arena_array(arena, (size_t)count + 1, sizeof *cards);
    if (cards == NULL)
        return STATUS_FULL;
    fill_cards(players, count, rules, out_division, cards);
    sort_cards(cards, count, out_order);
    int divisions = league_division_count(count, rules->size);
    while (divisions > 1 &&
           league_division_size(count, divisions, rules->size, divisions) < rules->size_min)
        divisions--;
    for (int place = 0; place < count; place++) {
        int player = out_order[place];
        int dealt = place / rules->size + 1;
        int promised =
            league_ceiling(cards[player].status, players[player].division, rules->lowest);
        dealt = dealt > divisions ? divisions : dealt;
        out_division[player] = promised > 0 && promised < dealt ? promised : dealt;
    }
    *out_count = divisions;
    return STATUS_OK;
}
