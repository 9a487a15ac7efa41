/* The division's standings: records, spread with caps, order, gibsons. */
#include "orchestrator/pairing/gibson.h"
#include "tests/conformance/woogles/division.h"

#include <stdlib.h>
#include <string.h>

static const char *const result_names[] = {[RESULT_NONE] = "NO_RESULT",
                                           [RESULT_WIN] = "WIN",
                                           [RESULT_LOSS] = "LOSS",
                                           [RESULT_DRAW] = "DRAW",
                                           [RESULT_BYE] = "BYE",
                                           [RESULT_FORFEIT_WIN] = "FORFEIT_WIN",
                                           [RESULT_FORFEIT_LOSS] = "FORFEIT_LOSS",
                                           [RESULT_ELIMINATED] = "ELIMINATED",
                                           [RESULT_VOID] = "VOID"};

enum division_result division_result_named(const char *name)
{
    for (int i = RESULT_NONE; i <= RESULT_VOID; i++)
        if (strcmp(result_names[i], name) == 0)
            return (enum division_result)i;
    return RESULT_NONE;
}

const char *division_result_name(enum division_result result)
{
    return result_names[result];
}

static int clip(int spread, int cap)
{
    if (cap <= 0)
        return spread;
    return spread > cap ? cap : spread < -cap ? -cap : spread;
}

static int pairing_spread(const struct division *division, const struct division_pairing *pairing,
                          int side, int cap)
{
    if (pairing->outcomes[0] == RESULT_FORFEIT_LOSS && pairing->outcomes[1] == RESULT_FORFEIT_LOSS)
        return clip(division->settings.suspended_spread, cap);
    int spread = 0;
    for (int g = 0; g < pairing->games_count; g++) {
        const struct division_game *game = &pairing->games[g];
        spread += clip(game->scores[side] - game->scores[1 - side], cap);
    }
    return spread;
}

static void round_add(struct division *division, int round, int cap,
                      struct division_standing *standing)
{
    const struct division_pairing *pairing = division_pairing_of(division, round, standing->player);
    if (pairing == NULL)
        return;
    /* Who is eliminated has a pairing without players, which counts as one more loss. */
    bool eliminated = pairing->players[0] == DIVISION_NONE;
    int side = eliminated || pairing->players[0] == standing->player ? 0 : 1;
    switch (pairing->outcomes[side]) {
    case RESULT_WIN:
    case RESULT_BYE:
    case RESULT_FORFEIT_WIN:
        standing->wins++;
        break;
    case RESULT_DRAW:
        standing->draws++;
        break;
    case RESULT_LOSS:
    case RESULT_FORFEIT_LOSS:
    case RESULT_ELIMINATED:
        standing->losses++;
        break;
    case RESULT_NONE:
    case RESULT_VOID:
        return;
    }
    standing->games++;
    standing->spread += pairing_spread(division, pairing, side, cap);
}

/* Which of two records comes first where one of them has no games. */
static bool is_positive(const struct division_standing *standing)
{
    int points = 2 * standing->wins + standing->draws;
    return points > 2 * standing->losses ||
           (points == 2 * standing->losses && standing->spread > 0);
}

static int compare_records(const struct division_standing *a, const struct division_standing *b)
{
    if (a->games == 0 && b->games == 0)
        return a->player - b->player;
    if (a->games == 0)
        return is_positive(b) ? 1 : -1;
    if (b->games == 0)
        return is_positive(a) ? -1 : 1;
    int one = (2 * a->wins + a->draws) * b->games;
    int other = (2 * b->wins + b->draws) * a->games;
    if (one != other)
        return other - one;
    if (a->losses != b->losses)
        return a->losses - b->losses;
    if (a->spread != b->spread)
        return b->spread - a->spread;
    return a->player - b->player;
}

static int compare_survivors(const struct division_standing *a, const struct division_standing *b)
{
    return a->wins != b->wins ? b->wins - a->wins : a->player - b->player;
}

typedef int (*comparison)(const struct division_standing *, const struct division_standing *);

static void sort(struct division_standing *list, int count, comparison compare)
{
    for (int i = 1; i < count; i++) {
        struct division_standing moving = list[i];
        int at = i;
        for (; at > 0 && compare(&list[at - 1], &moving) > 0; at--)
            list[at] = list[at - 1];
        list[at] = moving;
    }
}

static struct gibson_record record_of(const struct division_standing *standing)
{
    return (struct gibson_record){.half_wins = 2 * standing->wins + standing->draws,
                                  .spread = standing->spread};
}

static void gibsons_mark(struct division *division, int round, struct division_standing *list,
                         int count)
{
    static struct division_standing before[DIVISION_PLAYERS_MAX];
    if (!division->settings.gibsonize || division->rounds < 2)
        return;
    int at = round == division->rounds - 1 ? round - 1 : round;
    int others = at == round ? 0 : division_standings(division, at, before);
    const struct division_standing *judged = at == round ? list : before;
    int judged_count = at == round ? count : others;
    int left = division->rounds - (at + 1);
    for (int i = 0; i + 1 < judged_count; i++) {
        if (gibson_can_catch(record_of(&judged[i]), record_of(&judged[i + 1]), left,
                             division->settings.gibson_spread))
            return;
        for (int j = 0; j < count; j++)
            if (list[j].player == judged[i].player)
                list[j].gibsonized = true;
    }
}

int division_standings(struct division *division, int round, struct division_standing *out)
{
    const struct division_control *control = &division->controls[round];
    int cap = control->has_cap_override ? control->cap_override : division->settings.spread_cap;
    int count = 0;
    for (int i = 0; i < division->players_count; i++) {
        if (division->players[i].suspended)
            continue;
        out[count] = (struct division_standing){.player = i};
        for (int r = 0; r <= round; r++)
            round_add(division, r, cap, &out[count]);
        count++;
    }
    bool elimination = control->method == PAIRING_ELIMINATION;
    sort(out, count, elimination ? compare_survivors : compare_records);
    gibsons_mark(division, round, out, count);
    return count;
}
