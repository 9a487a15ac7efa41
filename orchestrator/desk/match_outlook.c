/* Counts a match's games as the machine of its board does. */
#include "orchestrator/desk/match_outlook.h"

#include <stdlib.h>
#include <string.h>

static bool is_knock_out(const struct format_division *format, int round)
{
    if (round < 1 || round > format->rounds)
        return false; /* a round added by the director, paired by hand */
    enum pairing_method method = format_range_of(format, round)->pairing.method;
    return method == PAIRING_ELIMINATION || method == PAIRING_DOUBLE_ELIMINATION;
}

/* The guard `is_decided_early` of policies/machines/board.yaml. */
static bool is_over(const struct format_division *format, const Arbiter__V1__BoardPairing *row)
{
    int played = 0;
    int lead = 0;
    for (size_t i = 0; i < row->n_games; i++) {
        const Arbiter__V1__MatchGame *game = row->games[i];
        if (strcmp(game->status, "final") != 0)
            continue;
        played++;
        lead += strcmp(game->outcome, "first") == 0;
        lead -= strcmp(game->outcome, "second") == 0;
    }
    bool is_decided = format->match_ends == FORMAT_MATCH_DECIDED && lead != 0 &&
                      played + abs(lead) > format->games_per_round;
    return is_decided ||
           (played >= format->games_per_round && (lead != 0 || !is_knock_out(format, row->round)));
}

char *match_outlook(struct arena *arena, const struct format_division *format,
                    const Arbiter__V1__BoardPairing *before, const Arbiter__V1__BoardPairing *after)
{
    bool plays = strcmp(before->status, "playing") == 0;
    bool was_over = is_over(format, before);
    bool will_be_over = is_over(format, after);
    if (plays && !was_over && will_be_over)
        return arena_format(arena,
                            "round %d, board %d: the match is decided; the game that is open is "
                            "taken off, unless somebody has moved in it",
                            after->round, after->board);
    if (!plays && was_over && !will_be_over)
        return arena_format(arena,
                            "round %d, board %d: the match is no longer decided, and no further "
                            "game begins: 'amend_result' of the whole board says who has won",
                            after->round, after->board);
    return NULL;
}
