#ifndef STORE_WRITES_H
#define STORE_WRITES_H

/*
 * writes — the store commands that a machine's step may carry (`write` effects, CommitStep.writes).
 *
 * Each is one row of the table in writes.c: its parameters as machine files type them, the
 * statements it stands for, and what the person is told when a statement that must change exactly
 * one row does not. They run in order, in the step's own transaction.
 *
 *     command                parameters (? after optional ones)            refused
 *     instance.start         id, machine, machine_hash?, input?, parent?:
 *                            a second start of the same id changes nothing
 *     seek.open              id, owner, opponent?, request, policy?,       exists
 *                            rating_min?, rating_max?, owner_rating?,
 *                            expires_at?, …
 *     seek.claim             id, player                                    swap: taken
 *     seek.match             id, player, status?, game: claimed and        swap: taken
 *                            closed in one
 *     seek.release           id                                            not claimed
 *     seek.close             id, status, game?, player?                    closed
 *     game.finish            game, status? (final), winner?, first_score?, over, or the winner
 *                            second_score?, reason?, decided_by?           no player of it
 *     game.amend             the same without status: another result for a not over, or as
 *                            game that is over                             above
 *     game.void              game: it is over, and counts for nobody; its  not over
 *                            result stays on record
 *     rating.set             player, pool, expected_version, rating,       swap: version
 *                            deviation?, volatility?, games?, rated_at?,
 *                            state?, game?, change?, state_before?
 *     rating.revise          player, pool, game, rating, deviation,        not rated
 *                            change, state_before: the game is rated again
 *     conduct.set            player, expected_version, policy, points,     swap: version
 *                            measure?, until? (ms), scope?, because?,
 *                            history
 *     player.create          id, name?
 *     player.update          id, name?, status?                            unknown
 *     tournament.create      id, name, policy?, policy_hash?, status?,     exists
 *                            settings?, created_at?, starts_at?,
 *                            director?, directors? (list of ids)
 *     tournament.status      tournament, status                            unknown
 *     tournament.update      id, status?, name?, settings?, starts_at?,    unknown
 *                            policy_hash?
 *     director.add           tournament, player
 *     director.remove        tournament, player
 *     directors.change       tournament, role (director, assistant,        another role, the
 *                            scorer), add, remove (lists of ids)           last director
 *     division.create        id, tournament, name, number?, rounds,        exists
 *                            status?, request?, settings?, rating_min?,
 *                            rating_max?
 *     division.status        division, status                              unknown
 *     division.update        id, status?, round?, rounds?, settings?       unknown
 *     division.follow        division, rounds, settings: another version   unknown
 *                            of its policy
 *     entrant.add            division, player, name?, seed, rating?,       entered
 *                            status?, from_round? (the next round),
 *                            to_round?, team?, class?; makes the player
 *                            where there is none yet
 *     entrant.add_all        division, entrants (list of maps with         entered
 *                            entrant.add's fields)
 *     entrant.update         as entrant.add; only what is given changes    not entered
 *     entrant.withdraw       division, player, to_round? (the current      withdrawn
 *                            round)
 *     entrant.return         division, player                              not withdrawn
 *     entrant.enter          division, player, name?, rating?, capacity?,  full, or entered
 *                            event_capacity? (0: any number),
 *                            waiting_list?: the next free seed; past the
 *                            capacity it waits
 *     entrant.join           division, player, name?, rating?, from_round: present
 *                            comes late, or returns
 *     entrant.missed         division, player, before, kind, outcome,
 *                            first_score?, second_score?: a row for each
 *                            round before that one which the player has
 *                            none in; kind '': none
 *     entrant.missed_all     division, entrants (maps with "player"), and
 *                            the rest: the same for all rounds until now
 *     entrant.told           division, player: knows that he moved up
 *     entrant.promote        division, capacity?, event_capacity? (0: any
 *                            number): whoever there is room for enters,
 *                            who waits longest first
 *     entrant.check_in       division, player                              not expected
 *     entrant.undo_check_in  division, player                              not checked in
 *     entrant.no_show        division, player, limit? (0: none): counted;  not entered
 *                            at the limit the player is out
 *     entrant.present        division, player: ends a row of no-shows
 *     entrant.alone          division, player: writes nothing              in another event
 *     entrant.move_out       from, player: as if never entered there       paired
 *     entrant.move_in        to, player, name, rating?, team?, class?      entered
 *     entrants.settle        division, check_in?: who still waits, or has
 *                            not checked in where that is asked for, does
 *                            not play
 *     entrants.number        division, numbers (maps: player, seed)       not entered
 *     entrants.by_rating     division: numbers by rating, who has never
 *                            played last
 *     bye.left               division, player, limit: writes nothing       none left
 *     bye.put                division, player, round: asked for, before    seated
 *                            the round is paired
 *     bye.withdraw           division, player, round                       not asked for
 *     round.open             division, round: also makes it the division's
 *                            current one
 *     round.close            division, round                               not open
 *     rounds.close           division: those that are open or were begun
 *                            to be paired
 *     pairing.save           division, round, pairings (list of maps:      begun
 *                            board?, first, second?, kind?, game_id?,
 *                            first_score?, second_score?, outcome?,
 *                            status?, explanation?): replaces the round's
 *                            pairings, none of which may have a game yet;
 *                            without board numbers they are counted from 1
 *     pairing.clear          division, round: deletes the pairings that
 *                            have no game
 *     pairing.game           division, round, board, game                  has one
 *     pairing.result         division, round, board, first_score?,         swap: version, or
 *                            second_score?, outcome, status? (final),      final
 *                            expected_version?
 *     pairing.forfeit        division, round, board, outcome,              final
 *                            first_score?, second_score?: decided without
 *                            a game
 *     pairing.excuse         division, round, board, present, absent, kind final
 *                            ("bye", "half_bye"), score?, lost_by?: who
 *                            came has a bye, who did not has lost
 *     pairing.amend          division, round, board, outcome,              not final
 *                            first_score?, second_score?: another result
 *                            for a pairing that has one
 *     pairing.status         division, round, board, status                unknown
 *     pairing.seats          division, round, rows (maps: board, first,    version
 *                            second, kind, status, outcome, version: 0 is
 *                            a new board, first_score?, second_score?),
 *                            removed (maps: board, version): who sits
 *                            where from now on
 *     pairing.free           division, round: seats that were settled for
 *                            somebody who has left since
 *     pairing.call           division, round, board: its players are
 *                            called anew
 *     match.game             division, round, board, number, game, starts: over
 *                            a game of a match begins
 *     match.result           division, round, board, number, outcome ('':
 *                            void), first_score?, second_score?, starts?
 *     match.amend            division, round, board, game, was, outcome    swap: another
 *                            ('': void), first_score?, second_score?: the  result
 *                            match counts anew
 *     match.close            division, round, board: what its games say is swap: final
 *                            final
 *     standings.save         division, round, standings (any value)
 *     desk.record            tournament, number (one more than the last),  number taken
 *                            action, level, target, input?, undoes?,
 *                            actor, note?, request?, answer?: what a      request known
 *                            director did, and was answered
 *
 *     slot.take              player, kind, ref, limit: one of so many      all are taken
 *     slot.ask               player, kind, ref?, limit: writes nothing     all are taken
 *     slot.free              ref
 *     ticket.join            id, pool, policy, player, input?, rating, …   waits already
 *     ticket.leave           id, player                                    not waiting
 *     tickets.here           tickets, within_ms: their owners are there so long yet
 *     tickets.gone           tickets: those that wait have left
 *     ticket.offer           id, offer                                     swap: not waiting
 *     ticket.match           id, game                                      no offer
 *     ticket.return          id: it waits on, with the old wait            no offer
 *     ticket.drop            id                                            no offer
 *     pool.offer             machine, offers [{id, offer, first_ticket,    a place is gone
 *                            second_ticket, input}]: begins their
 *                            instances
 *     tickets.miss           pool: one more wave for everybody who waits
 *     circle.put             player, other, kind ("block", "follow")
 *     circle.drop            the same
 *     bulk.schedule          bulk, owner, request, pair_at_ms,             a player is taken
 *                            clocks_at_ms, from_ms, to_ms, players, games
 *     bulk.begin             machine, offers [{id, input}]
 *     bulk.close             id, status ("paired", "cancelled")            closed
 *     bulk.free              id: its players are free again
 *     bulk.game              id, number, game
 *
 * A refused write aborts its step: ABORTED where it is a swap (somebody was faster: read again and
 * retry), FAILED_PRECONDITION otherwise; detail "write" names the command.
 *
 * Threads: constants only.
 */

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

#define WRITE_NAME_MAX 64

struct write_command {
    const char *name;
    const char *parameters; /* "id string, opponent string?, ..." */
};

/* Returns the commands by index from 0; NULL past the last. */
const struct write_command *writes_command(size_t index);

/* One parameter. The texts are not NUL-terminated: they point into the command's `parameters`. */
struct write_parameter {
    const char *name;
    size_t name_size;
    const char *type; /* "string", "map(string, dyn)", … */
    size_t type_size;
    bool is_optional;
};

/* Reads the next parameter of a list; start with `*cursor` at its beginning. Returns false at the
 * end. */
bool writes_next_parameter(const char **cursor, struct write_parameter *out_parameter);

#endif
