#ifndef ORCHESTRATOR_DIVISION_RECORD_H
#define ORCHESTRATOR_DIVISION_RECORD_H

/*
 * division_record — a division's rows in the shapes that pairing and standing compute with.
 *
 * Owns:     nothing; results live in the arena and may point into the division.
 * Errors:   STATUS_DATA_LOSS where rows contradict each other, STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "orchestrator/format/format.h"
#include "orchestrator/pairing/pairing.h"
#include "orchestrator/record/record.h"

#include "arbiter/v1/domain.pb-c.h"

/* Returns the division without those who never were in it: who waits for a place, and who left, or
 * did not check in, before the first pairing. The copy is shallow; NULL where the arena is full. */
const Arbiter__V1__Division *division_of_players(struct arena *arena,
                                                 const Arbiter__V1__Division *division);

/* The same for a league's season, whose rounds are all made when it begins: with whoever was there
 * then. Who has left since is in its games, who came later is not. */
const Arbiter__V1__Division *division_of_season(struct arena *arena,
                                                const Arbiter__V1__Division *division);

/* Makes a record of all rounds up to the last that has been paired; players in order of their
 * seeds. What is settled for later rounds is not in it, but for rounds off, which are requests once
 * division_count_points() has said what they are worth. A win is worth two units of RECORD's
 * points, 10. */
enum status division_to_record(struct arena *arena, const Arbiter__V1__Division *division,
                               struct record **out_record) MUST_CHECK;

/* The same with room for at least so many rounds (from 1): those to come may have virtual points.
 */
enum status division_to_longer_record(struct arena *arena, const Arbiter__V1__Division *division,
                                      int capacity, struct record **out_record) MUST_CHECK;

/* Most points of spread that a game of the round counts; 0: all. */
int division_spread_cap(const struct format_division *format, int round);

/* The same by round, [rounds + 1]; NULL without memory. */
const int *division_round_caps(struct arena *arena, const struct format_division *format,
                               int rounds);

/* Says what the record's results are worth by the policy: games, forfeits, byes, rounds off that
 * were asked for; and gives each match of several games the points of its games instead of its own,
 * where the policy counts games. */
void division_count_points(const Arbiter__V1__Division *division,
                           const struct format_division *format, struct record *record);

/* Returns whether an entrant plays in a round, or why not. */
enum pairing_state division_state_of(const Arbiter__V1__Entrant *entrant, int round);

/* Returns the side of the first seed in round 1, as in struct pairing_input: drawn by lot where the
 * Dutch system pairs the first round; else 0. */
int division_initial_side(const Arbiter__V1__Division *division,
                          const struct format_division *format);

/* Whether the policy's forbidden pair of this index, or after these the ruling, keeps its two apart
 * in a round. */
bool division_pair_is_forbidden(const Arbiter__V1__Division *division,
                                const struct format_division *format, int round, size_t index);

/* Makes the input for pairing `round` from the rounds before it. */
enum status division_to_pairing(struct arena *arena, const Arbiter__V1__Division *division,
                                const struct format_division *format, int round,
                                struct pairing_input *out_input) MUST_CHECK;

/* Whether the director has settled this row of a round that is not paired yet: it stays as it is.
 */
bool division_is_settled(const Arbiter__V1__BoardPairing *pairing);

/* Makes the director's settled rows of `round`, and after them the policy's prepaired pairs of
 * players who are here, the fixed pairs of an input for that round. */
enum status division_fix_settled(struct arena *arena, const Arbiter__V1__Division *division,
                                 const struct format_division *format, int round,
                                 struct pairing_input *input) MUST_CHECK;

/* Returns the index of a player among the entrants, -1 where it is none. */
int division_find_player(const Arbiter__V1__Division *division, const char *player_id);

#endif
