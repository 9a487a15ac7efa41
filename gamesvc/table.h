#ifndef GAMESVC_TABLE_H
#define GAMESVC_TABLE_H

/*
 * table — one game on the table: rules and seats made from the store's rows.
 *
 * Owns:     nothing; everything lives in the arena given.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault for a request no rules can play,
 *           STATUS_DATA_LOSS with a fault where stored turns do not replay, STATUS_FULL.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "gamesvc/lexicon/lexicon_shelf.h"
#include "gamesvc/rules/draws.h"
#include "gamesvc/rules/rules.h"
#include "gamesvc/seal.h"

#include "arbiter/v1/store.pb-c.h"

/* What a game is played with and is not in its rows' text: words and chance. The tools outlive the
 * games made with them. */
struct table_tools {
    const struct lexicon_shelf *shelf; /* NULL: no lexicon is at hand */
    const struct seal_keys *keys;      /* NULL: nothing can be sealed or opened */
    const char *unsafe_draws;          /* tests only: see gamesvc/unsafe_draws.h */
    const char *first;                 /* whose script that is */
    struct draws_seeded draws;
    uint8_t seed[DRAWS_SEED_SIZE];
    bool has_draws;
};

/* Takes a game's seed, of DRAWS_SEED_SIZE bytes; anything else means a game without chance. */
void table_tools_seed(struct table_tools *tools, const uint8_t *seed, size_t size);

/* Wipes the seed and what follows from it. */
void table_tools_forget(struct table_tools *tools);

/* Seals the seed of a game that is being made, for the store. STATUS_FULL. */
enum status table_seal_seed(struct arena *arena, const struct table_tools *tools,
                            const char *commitment_id, struct seal_bytes *out_sealed) MUST_CHECK;

struct table {
    const struct rules_set *set;
    struct rules_game *game;
    const char *options;        /* as rules_options.text */
    struct rules_options setup; /* what the game was made from */
    int64_t start_ms;
    const char *first; /* player ids */
    const char *second;
    const struct rules_turn *turns; /* as stored */
    uint32_t turn_count;
};

/* Whether anything is drawn in such a game: then it needs a seed. */
bool table_has_chance(const Arbiter__V1__GameRequest *request);

/* Returns what the request's start_within_ms comes to: 0 where the first turn has all its clock. */
int32_t table_start_within_ms(const Arbiter__V1__GameRequest *request, bool in_tournament);

/* Checks that everything a new game needs is at hand: a game with words names a lexicon that is
 * on the shelf. STATUS_INVALID_ARGUMENT with a fault; STATUS_FAILED_PRECONDITION where there is no
 * key to seal its secrets with. */
enum status table_check(const struct table_tools *tools, const Arbiter__V1__GameRequest *request,
                        struct fault *out_fault) MUST_CHECK;

/* Sets up a new game as `request` has it; its clocks start at `start_ms`. */
enum status table_open(struct arena *arena, struct table_tools *tools,
                       const Arbiter__V1__GameRequest *request, int64_t start_ms,
                       struct table *out_table, struct fault *out_fault) MUST_CHECK;

/* Sets up a stored game, opens what is sealed, seeds `tools` for it and replays its turns. A seed
 * that is not the one committed to is STATUS_DATA_LOSS. */
enum status table_replay(struct arena *arena, struct table_tools *tools,
                         const Arbiter__V1__LoadGameReply *stored, struct table *out_table,
                         struct fault *out_fault) MUST_CHECK;

/* Returns how a person takes part: RULES_WATCHER for anybody who does not play. */
enum rules_party table_party(const struct table *table, const char *player_id);

/* Fills in how the game ended. `decided_by` is a director's id, or empty for the players. */
void table_result(const struct table *table, const char *decided_by,
                  Arbiter__V1__GameResult *out_result);

/* Returns the first moment at which the flag of the player on turn is down or the game has not
 * begun in time, 0 where no clock runs: when the store announces it, `timeout` is true. */
int64_t table_deadline_ms(const struct table *table);

/* Writes a turn as the store keeps it: sealed where the game has secrets. `player_id` is borrowed.
 */
enum status table_turn_row(struct arena *arena, const struct table_tools *tools,
                           const char *game_id, const struct rules_turn *turn,
                           const char *player_id, Arbiter__V1__Turn **out_row) MUST_CHECK;

#endif
