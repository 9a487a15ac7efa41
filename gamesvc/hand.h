#ifndef GAMESVC_HAND_H
#define GAMESVC_HAND_H

/*
 * hand — a game in hand: loaded, replayed, ready for its next event; and those kept warm.
 *
 * A hand that is kept saves the next move its way to the store and the replay. It is a guess:
 * another replica may have played on. So a move that the rules accept is still stored by
 * compare-and-swap, which fails where the guess was wrong, and a refusal is only told from a hand
 * that was just loaded.
 *
 * Owns:     its game, a copy of the stored rows, the seed until hand_destroy() wipes it.
 * Threads:  the loop's. A hand is one task's from hands_take() to hands_keep().
 * Errors:   as table_replay() has them.
 */

#include "base/arena.h"
#include "gamesvc/requests.h"
#include "gamesvc/table.h"

#include <uthash.h>

#define HAND_BYTES_MAX ((size_t)256 << 10) /* of one: with more it is not kept */

struct hand {
    struct arena arena;
    struct table_tools tools;
    Arbiter__V1__LoadGameReply *stored;
    struct table table;
    struct requests requests;
    enum rules_party party; /* of who plays now */
    struct rules_turn *turns;
    uint32_t turn_capacity;
    size_t bytes;      /* while it is kept: what it counts for */
    UT_hash_handle hh; /* by stored->game->game_id, oldest first */
};

/* Loads and replays. `tools` brings the words and keys. NULL with a status and a fault. */
struct hand *hand_create(const struct table_tools *tools, const Arbiter__V1__LoadGameReply *stored,
                         enum status *out_status, struct fault *out_fault);
void hand_destroy(struct hand *hand);

/* Takes over that a turn has been stored. STATUS_FULL: the hand must not be used any more. */
enum status hand_advance(struct hand *hand, const struct rules_turn *turn,
                         int64_t deadline_at_ms) MUST_CHECK;

/* Hands kept warm; zeroed: none, ever. */
struct hands {
    struct hand *first;
    size_t bytes;
    size_t bytes_max; /* of all that are kept, about */
};

/* Returns the game's hand, which is the caller's now, or NULL. */
struct hand *hands_take(struct hands *hands, const char *game_id);

/* Keeps a hand, or destroys it: games that are over, large ones. Of two of one game the one with
 * more turns stays. Those kept longest go where there is no room. */
void hands_keep(struct hands *hands, struct hand *hand);

void hands_deinit(struct hands *hands);

#endif
