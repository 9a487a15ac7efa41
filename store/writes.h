#ifndef STORE_WRITES_H
#define STORE_WRITES_H

/*
 * writes — the store commands that a machine's step may carry (`write` effects, CommitStep.writes).
 *
 * Each is one row of the table in writes.c: its parameters as machine files type them, the
 * statements it stands for, and what the person is told when a statement that must change exactly
 * one row does not. They run in order, in the step's own transaction.
 *
 *     command             parameters (? after optional ones)                             refused
 *     instance.start      id, machine, machine_hash?, input?, parent?                     never: a
 *                         second start of the same id changes nothing
 *     seek.open           id, owner, opponent?, request, policy?, rating_min?,            exists
 *                         rating_max?, owner_rating?, expires_at?
 *     seek.claim          id, player                                            swap      taken
 *     seek.release        id                                                              not
 * claimed seek.close          id, status, game?, player? closed game.finish         game, status?
 * (final), winner?, first_score?, second_score?,    over, or reason?, decided_by? winner is no
 * player of it game.amend          the same without status: another result for a game that is over
 *     rating.set          player, pool, expected_version, rating, deviation?,   swap      version
 *                         volatility?, games?, rated_at?, state?, game?, change?,
 *                         state_before?
 *     rating.revise       player, pool, game, rating, deviation, change, state_before:  not rated
 *                         the game is rated again
 *     conduct.set         player, expected_version, policy, points, measure?,   swap      version
 *                         until? (ms), scope?, because?, history
 *     player.create       id, name?                                                       never
 *     player.update       id, name?, status?                                              unknown
 *     tournament.create   id, name, policy?, policy_hash?, status?, settings?,            exists
 *                         created_at?, starts_at?, director?, directors? (list of ids)
 *     tournament.status   tournament, status                                              unknown
 *     tournament.update   id, status?, name?, settings?, starts_at?                       unknown
 *     director.add        tournament, player                                              never
 *     director.remove     tournament, player                                              never
 *     division.create     id, tournament, name, number?, rounds, status?, request?,       exists
 *                         settings?
 *     division.status     division, status                                                unknown
 *     division.update     id, status?, round?, rounds?, settings?                         unknown
 *     division.follow     division, rounds, settings: another version of its policy       unknown
 *     entrant.add         division, player, name?, seed, rating?, status?, from_round?    entered
 *                         (the next round), to_round?, team?, class?; makes the player
 *                         where there is none yet
 *     entrant.add_all     division, entrants (list of maps with entrant.add's fields)     entered
 *     entrant.update      as entrant.add; only what is given changes                      unknown
 *     entrant.withdraw    division, player, to_round? (the current round)                 withdrawn
 *     entrant.return      division, player                                                present
 *     entrant.enter       division, player, name?, rating?, capacity?, event_capacity? (0: any
 * number),    full, waiting_list?: the next free seed; past the capacity it waits   entered
 *     entrant.join        division, player, name?, rating?, from_round: comes late, or    present
 *                         returns
 *     entrant.missed      division, player, before, kind, outcome, first_score?,          never
 *                         second_score?: a row for each round before that one which the
 *                         player has none in; kind '': none
 *     entrant.promote     division, capacity?, event_capacity? (0: any number): whoever   never
 *                         there is room for enters, who waits longest first
 *     entrant.check_in    division, player                                                not
 * expected entrant.undo_check_in  division, player not checked in entrant.no_show     division,
 * player, limit? (0: none): counted; at the limit  unknown the player is out entrant.present
 * division, player: ends a row of no-shows                    never entrant.alone       division,
 * player                                            in another event that is being played
 *     entrants.settle     division, check_in?: who still waits, or has not checked in     never
 *                         where that is asked for, does not play
 *     round.open          division, round: also makes it the division's current one       never
 *     round.close         division, round                                                 not open
 *     rounds.close        division: those that are open or were begun to be paired            never
 *     pairing.save        division, round, pairings (list of maps: board?, first,         begun
 *                         second?, kind?, game_id?, first_score?, second_score?, outcome?,
 *                         status?, explanation?): replaces the round's pairings, none of
 *                         which may have a game yet; without board numbers they are
 *                         counted from 1
 *     pairing.clear       division, round: deletes the pairings that have no game         never
 *     pairing.game        division, round, board, game                                    has one
 *     pairing.result      division, round, board, first_score?, second_score?,  swap      version,
 *                         outcome, status? (final), expected_version?                     or final
 *     pairing.forfeit     division, round, board, outcome, first_score?, second_score?:   final
 *                         decided without a game
 *     pairing.excuse      division, round, board, present, absent, kind ("bye",         final
 *                         "half_bye"), score?, lost_by?: who came has a bye, who did
 *                         not has lost
 *     pairing.amend       division, round, board, outcome, first_score?, second_score?:   not final
 *                         another result for a pairing that has one
 *     pairing.status      division, round, board, status                                  unknown
 *     pairing.seats       division, round, rows (maps: board, first, second, kind,      version
 *                         status, outcome, version: 0 is a new board), removed (maps:
 *                         board, version): who sits where from now on
 *     pairing.call        division, round, board: its players are called anew           never
 *     match.game          division, round, board, number, game, starts: a game of a     over
 *                         match begins
 *     match.result        division, round, board, number, outcome ('': void),           never
 *                         first_score?, second_score?, starts?
 *     match.amend         division, round, board, game, was, outcome ('': void),  swap  another
 *                         first_score?, second_score?: the match counts anew            result
 *     match.close         division, round, board: what its games say is final   swap    final
 *     directors.change    tournament, add, remove (lists of ids)                        the last
 *     entrant.move_out    from, player: as if never entered there                       paired
 *     entrant.move_in     to, player, name, rating?, team?, class?                      entered
 *     desk.record         tournament, number (one more than the last), action, level,   number
 *                         target, input?, undoes?, actor, note?: what a director did   taken
 *     standings.save      division, round, standings (any value)                          never
 *
 *     slot.take           player, kind, ref, limit: one of so many            all are taken
 *     slot.free           ref                                                 never
 *     ticket.join         id, pool, policy, player, input?, rating, …         the player waits
 *     ticket.leave        id, player                                          not waiting
 *     ticket.offer        id, offer                                    swap   not waiting
 *     ticket.match        id, game                                            no offer
 *     ticket.return       id: it waits on, with the old wait                  no offer
 *     ticket.drop         id                                                  no offer
 *     pool.offer          machine, offers [{id, offer, first_ticket,          a place no longer
 *                         second_ticket, input}]: begins their instances      waits
 *     tickets.miss        pool: one more wave for everybody who waits         never
 *     circle.put          player, other, kind ("block", "follow")             never
 *     circle.drop         the same                                            never
 *     bulk.schedule       bulk, owner, request, pair_at_ms, clocks_at_ms,         a player is taken
 *                         from_ms, to_ms, players, games                      up then
 *     bulk.begin          machine, offers [{id, input}]                       never
 *     bulk.close          id, status ("paired", "cancelled")                  closed already
 *     bulk.free           id: its players are free again                      never
 *     bulk.game           id, number, game                                    never
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

/* Returns the commands in the order of the table above, by index from 0; NULL past the last. */
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
