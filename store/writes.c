/* The table of store commands: names and parameters for machines, statements for the store. */
#include "store/writes.h"

#include <string.h>

#include "store/writes_table.h"

#define ENTRANT_PARAMETERS                                                                         \
    "name string?, seed int, rating double?, status string?, from_round int?, to_round int?, "     \
    "team string?, class string?"
#define RESULT_PARAMETERS                                                                          \
    "winner string?, first_score int?, second_score int?, reason string?, decided_by string?"
#define RESULT_ARGUMENTS "game winner first_score second_score reason decided_by $now"
#define ENTRANT_ARGUMENTS "division player name seed rating status from_round to_round team class"

/* A statement; one that must change exactly one row; either for each item of a list; one that puts
 * a row into the inbox of the instance that `id` names. */
#define RUN(name, list)                                                                            \
    {                                                                                              \
        .statement = STATEMENT_##name, .arguments = list                                           \
    }
#define MUST(name, list)                                                                           \
    {                                                                                              \
        .statement = STATEMENT_##name, .arguments = list, .must_change = true                      \
    }
#define EACH(items, name, list)                                                                    \
    {                                                                                              \
        .statement = STATEMENT_##name, .arguments = list, .each = items                            \
    }
#define EACH_MUST(items, name, list)                                                               \
    {                                                                                              \
        .statement = STATEMENT_##name, .arguments = list, .each = items, .must_change = true       \
    }
#define RINGING(name, list, id)                                                                    \
    {                                                                                              \
        .statement = STATEMENT_##name, .arguments = list, .rings = id                              \
    }

static const struct write writes[] = {
    {.command = {"instance.start", "id string, machine string, machine_hash string?, "
                                   "input map(string, dyn)?, parent string?"},
     .steps = {RUN(INSTANCE_BEGIN, "id machine machine_hash parent $now"),
               RINGING(INBOX_PUT,
                       "id '$start '$start input $zero $zero ' ' $now $position $null $null",
                       "id")}},
    {.command =
         {"seek.open",
          "id string, owner string, opponent string?, request map(string, dyn), "
          "policy string?, rating_min double?, rating_max double?, owner_rating double?, "
          "expires_at timestamp?, established_only int?, followed_only int?, place string?, "
          "rematch_of string?, streak string?, streak_games int?, low_ms int?, high_ms int?"},
     .refusal = "this seek exists already",
     .steps = {MUST(SEEK_OPEN,
                    "id owner opponent request policy rating_min rating_max owner_rating $now "
                    "expires_at established_only followed_only place rematch_of streak "
                    "streak_games low_ms high_ms")}},
    {.command = {"slot.take", "player string, kind string, ref string, limit int"},
     .refusal = "you have as many seeks and places in pools as are allowed",
     .steps = {MUST(SLOT_TAKE, "player kind ref limit")}},
    {.command = {"slot.ask", "player string, kind string, ref string?, limit int"},
     .refusal = "you have as many seeks and places in pools as are allowed",
     .steps = {MUST(SLOT_ASK, "player kind limit")}},
    {.command = {"slot.free", "ref string"}, .steps = {RUN(SLOT_FREE, "ref")}},
    {.command = {"seek.claim", "id string, player string"},
     .is_swap = true,
     .refusal = "somebody else has this seek",
     .steps = {MUST(SEEK_CLAIM, "id player")}},
    {.command = {"seek.match", "id string, player string, status string?, game string"},
     .is_swap = true,
     .refusal = "somebody else has this seek",
     .steps = {MUST(SEEK_MATCH, "id player game $now"), RUN(SLOT_FREE, "id")}},
    {.command = {"seek.release", "id string"},
     .refusal = "nobody has claimed this seek",
     .steps = {MUST(SEEK_RELEASE, "id")}},
    {.command = {"seek.close", "id string, status string, game string?, player string?"},
     .refusal = "this seek is closed already",
     .steps = {MUST(SEEK_CLOSE, "id status game player $now"), RUN(SLOT_FREE, "id")}},
    {.command = {"ticket.join",
                 "id string, pool string, policy string, player string, input map(string, dyn)?, "
                 "rating double, deviation double, games double, conduct double, balance double, "
                 "low_ms int, high_ms int, gone_ms int"},
     .refusal = "you wait in a pool already",
     .steps = {MUST(TICKET_JOIN, "id pool policy player input rating deviation games conduct "
                                 "balance $now low_ms high_ms gone_ms")}},
    {.command = {"ticket.leave", "id string, player string"},
     .refusal = "this place is not yours, or no longer waits",
     .steps = {MUST(TICKET_LEAVE, "id player $now"), RUN(SLOT_FREE, "id")}},
    {.command = {"tickets.here", "tickets list(string), within_ms int"},
     .steps = {EACH("tickets", TICKET_HERE, "$item $now within_ms")}},
    {.command = {"tickets.gone", "tickets list(string)"},
     .steps = {EACH("tickets", TICKET_GONE, "$item $now"), EACH("tickets", SLOT_FREE, "$item")}},
    {.command = {"ticket.offer", "id string, offer string"},
     .is_swap = true,
     .refusal = "this place no longer waits",
     .steps = {MUST(TICKET_OFFER, "id offer")}},
    {.command = {"ticket.match", "id string, game string"},
     .refusal = "this place has no offer",
     .steps = {MUST(TICKET_MATCH, "id game $now"), RUN(SLOT_FREE, "id")}},
    {.command = {"ticket.return", "id string"},
     .refusal = "this place has no offer",
     .steps = {MUST(TICKET_RETURN, "id")}},
    {.command = {"ticket.drop", "id string"},
     .refusal = "this place has no offer",
     .steps = {MUST(TICKET_DROP, "id $now"), RUN(SLOT_FREE, "id")}},
    {.command = {"pool.offer", "machine string, offers list(map(string, dyn))"},
     .refusal = "one of these places no longer waits",
     .steps = {EACH_MUST("offers", TICKET_OFFER, "first_ticket offer"),
               EACH_MUST("offers", TICKET_OFFER, "second_ticket offer"),
               EACH("offers", INSTANCE_BEGIN, "id machine machine_hash parent $now"),
               {.statement = STATEMENT_INBOX_PUT,
                .arguments = "id '$start '$start input $zero $zero ' ' $now $position $null $null",
                .each = "offers",
                .rings = "id"}}},
    {.command = {"bulk.begin", "machine string, offers list(map(string, dyn))"},
     .steps = {EACH("offers", INSTANCE_BEGIN, "id machine machine_hash parent $now"),
               {.statement = STATEMENT_INBOX_PUT,
                .arguments = "id '$start '$start input $zero $zero ' ' $now $position $null $null",
                .each = "offers",
                .rings = "id"}}},
    {.command = {"tickets.miss", "pool string"}, .steps = {RUN(TICKETS_MISS, "pool")}},
    {.command = {"circle.put", "player string, other string, kind string"},
     .steps = {RUN(CIRCLE_PUT, "player other kind $now")}},
    {.command = {"circle.drop", "player string, other string, kind string"},
     .steps = {RUN(CIRCLE_DROP, "player other kind")}},
    {.command = {"bulk.schedule",
                 "bulk string, owner string, request map(string, dyn), pair_at_ms int, "
                 "clocks_at_ms int, from_ms int, to_ms int, players list(string), "
                 "games list(map(string, dyn))"},
     .refusal = "one of these players has another game at that time",
     .steps = {MUST(BULK_PUT, "bulk owner request pair_at_ms clocks_at_ms $now"),
               EACH("players", PLAYER_LOCK, "$item"),
               EACH_MUST("players", BULK_SPAN_PUT, "bulk $item from_ms to_ms"),
               EACH_MUST("games", BULK_GAME_PUT, "bulk number first second")}},
    {.command = {"bulk.close", "id string, status string"},
     .refusal = "these games have begun, or were cancelled",
     .steps = {MUST(BULK_STATUS, "id status")}},
    {.command = {"bulk.free", "id string"}, .steps = {RUN(BULK_SPANS_FREE, "id")}},
    {.command = {"bulk.game", "id string, number int, game string"},
     .steps = {RUN(BULK_GAME, "id number game")}},
    {.command = {"game.finish", "game string, status string?, " RESULT_PARAMETERS},
     .refusal = "the game is over already, or its winner did not play in it",
     .steps = {MUST(GAME_FINISH, "game status $now"), MUST(RESULT_PUT, RESULT_ARGUMENTS)}},
    {.command = {"game.amend", "game string, " RESULT_PARAMETERS},
     .refusal = "the game is not over, or its winner did not play in it",
     .steps = {MUST(GAME_AMEND, "game"), MUST(RESULT_PUT, RESULT_ARGUMENTS)}},
    {.command = {"game.void", "game string"},
     .refusal = "the game is not over",
     .steps = {MUST(GAME_VOID, "game")}},
    {.command = {"rating.set",
                 "player string, pool string, expected_version int, rating double, "
                 "deviation double?, volatility double?, games int?, rated_at timestamp?, "
                 "state string?, game string?, change double?, state_before string?"},
     .is_swap = true,
     .refusal = "the rating has changed",
     .steps = {MUST(
                   RATING_SET,
                   "player pool expected_version rating deviation volatility games rated_at state"),
               MUST(RATING_HISTORY_PUT,
                    "player pool expected_version rating deviation change game rated_at "
                    "state_before")}},
    {.command = {"rating.revise", "player string, pool string, game string, rating double, "
                                  "deviation double, change double, state_before string"},
     .refusal = "this game was not rated",
     .steps = {MUST(RATING_HISTORY_REVISE,
                    "player pool game rating deviation change state_before")}},
    {.command = {"conduct.set",
                 "player string, expected_version int, policy string, points double, "
                 "measure string?, until int?, scope string?, because string?, history string"},
     .is_swap = true,
     .refusal = "the player's conduct has changed",
     .steps = {MUST(CONDUCT_SET, "player expected_version policy points measure until scope "
                                 "because history $now")}},
    {.command = {"player.create", "id string, name string?"},
     .steps = {RUN(PLAYER_PUT, "id name 'active $now")}},
    {.command = {"player.update", "id string, name string?, status string?"},
     .refusal = "there is no such player",
     .steps = {MUST(PLAYER_UPDATE, "id name? status?")}},
    {.command = {"tournament.create",
                 "id string, name string, policy string?, policy_hash string?, status string?, "
                 "settings string?, created_at timestamp?, starts_at timestamp?, "
                 "director string?, directors list(string)?"},
     .refusal = "this tournament exists already",
     .steps = {MUST(TOURNAMENT_PUT, "id name policy policy_hash status settings $now starts_at"),
               RUN(DIRECTOR_ADD, "id director 'director"),
               EACH("directors", DIRECTOR_ADD, "id $item 'director")}},
    {.command = {"tournament.status", "tournament string, status string"},
     .refusal = "there is no such tournament",
     .steps = {MUST(TOURNAMENT_UPDATE, "tournament status $null $null $null $null")}},
    {.command = {"tournament.update", "id string, status string?, name string?, settings string?, "
                                      "starts_at timestamp?, policy_hash string?"},
     .refusal = "there is no such tournament",
     .steps = {MUST(TOURNAMENT_UPDATE, "id status? name? settings? starts_at? policy_hash?")}},
    {.command = {"director.add", "tournament string, player string"},
     .steps = {RUN(DIRECTOR_ADD, "tournament player 'director")}},
    {.command = {"director.remove", "tournament string, player string"},
     .steps = {RUN(DIRECTOR_REMOVE, "tournament player")}},
    {.command = {"division.create",
                 "id string, tournament string, name string, number int?, rounds int, "
                 "status string?, request map(string, dyn)?, settings string?, rating_min int?, "
                 "rating_max int?"},
     .refusal = "this division exists already",
     .steps = {MUST(DIVISION_PUT, "id tournament name rounds status request settings rating_min "
                                  "rating_max")}},
    {.command = {"division.status", "division string, status string"},
     .refusal = "there is no such division",
     .steps = {MUST(DIVISION_UPDATE, "division status $null $null $null")}},
    {.command = {"division.update",
                 "id string, status string?, round int?, rounds int?, settings string?"},
     .refusal = "there is no such division",
     .steps = {MUST(DIVISION_UPDATE, "id status? round? rounds? settings?")}},
    {.command = {"division.follow", "division string, rounds int, settings string"},
     .refusal = "there is no such division",
     .steps = {MUST(DIVISION_UPDATE, "division $null $null rounds settings")}},
    {.command = {"entrant.add", "division string, player string, " ENTRANT_PARAMETERS},
     .refusal = "this player has entered already",
     .steps = {RUN(PLAYER_PUT, "player name 'active $now"), MUST(ENTRANT_PUT, ENTRANT_ARGUMENTS)}},
    {.command = {"entrant.add_all", "division string, entrants list(map(string, dyn))"},
     .refusal = "one of these players has entered already",
     .steps = {EACH("entrants", PLAYER_PUT, "player name 'active $now"),
               EACH_MUST("entrants", ENTRANT_PUT, ENTRANT_ARGUMENTS)}},
    {.command = {"entrant.update",
                 "division string, player string, name string?, seed int?, rating double?, "
                 "status string?, from_round int?, to_round int?, team string?, class string?"},
     .refusal = "this player has not entered",
     .steps = {MUST(
         ENTRANT_UPDATE,
         "division player name? seed? rating? status? from_round? to_round? team? class?")}},
    {.command = {"entrant.withdraw", "division string, player string, to_round int?"},
     .refusal = "this player has not entered, or has withdrawn already",
     .steps = {MUST(ENTRANT_WITHDRAW, "division player to_round?"), RUN(BYES_DROP, "division")}},
    {.command = {"entrant.return", "division string, player string"},
     .refusal = "this player has not withdrawn",
     .steps = {MUST(ENTRANT_RETURN, "division player")}},
    {.command = {"entrant.enter", "division string, player string, name string?, rating double?, "
                                  "capacity int?, event_capacity int?, waiting_list bool?"},
     .refusal = "this division is full, or the player has entered already",
     .steps = {RUN(PLAYER_PUT, "player name 'active $now"),
               RUN(ENTRANT_COUNTS, "division event_capacity"),
               MUST(ENTRANT_ENTER,
                    "division player name rating capacity waiting_list event_capacity")}},
    {.command = {"entrant.join",
                 "division string, player string, name string?, rating double?, from_round int"},
     .refusal = "this player is in the division already, or has never entered",
     .steps = {RUN(PLAYER_PUT, "player name 'active $now"),
               MUST(ENTRANT_JOIN, "division player name rating from_round")}},
    {.command = {"entrant.missed", "division string, player string, before int, kind string, "
                                   "outcome string, first_score int?, second_score int?"},
     .steps = {RUN(ENTRANT_MISSED, "division player before kind outcome first_score second_score"),
               RUN(ENTRANT_MISSED_PLAYERS, "division player")}},
    {.command = {"entrant.missed_all", "division string, entrants list(map(string, dyn)), kind "
                                       "string, outcome string, first_score int?, second_score "
                                       "int?"},
     .steps = {EACH("entrants", ENTRANT_MISSED,
                    "division player before=1000000 kind outcome first_score second_score"),
               EACH("entrants", ENTRANT_MISSED_PLAYERS, "division player")}},
    {.command = {"entrant.told", "division string, player string"},
     .steps = {RUN(ENTRANT_TOLD, "division player")}},
    {.command = {"entrant.promote", "division string, capacity int?, event_capacity int?"},
     .steps = {RUN(ENTRANT_COUNTS, "division event_capacity"),
               RUN(ENTRANT_PROMOTE, "division capacity event_capacity")}},
    {.command = {"entrant.check_in", "division string, player string"},
     .refusal = "this player is not on the list of those who are to check in, or has done so",
     .steps = {MUST(ENTRANT_CHANGE_STATUS, "division player 'registered 'checked_in")}},
    {.command = {"entrant.undo_check_in", "division string, player string"},
     .refusal = "this player has not checked in",
     .steps = {MUST(ENTRANT_CHANGE_STATUS, "division player 'checked_in 'registered")}},
    {.command = {"entrant.no_show", "division string, player string, limit int?"},
     .refusal = "this player has not entered",
     .steps = {MUST(ENTRANT_NO_SHOW, "division player limit"), RUN(BYES_DROP, "division")}},
    {.command = {"entrant.present", "division string, player string"},
     .steps = {RUN(ENTRANT_PRESENT, "division player")}},
    {.command = {"entrant.alone", "division string, player string"},
     .refusal = "this player is in another event that is being played",
     .steps = {MUST(ENTRANT_ALONE, "division player")}},
    {.command = {"entrants.settle", "division string, check_in bool?"},
     .steps = {RUN(ENTRANTS_SETTLE, "division check_in"), RUN(BYES_DROP, "division")}},
    {.command = {"entrants.number", "division string, numbers list(map(string, dyn))"},
     .refusal = "this player has not entered",
     .steps = {EACH_MUST("numbers", ENTRANT_NUMBER, "division player seed")}},
    {.command = {"entrants.by_rating", "division string"},
     .steps = {RUN(ENTRANTS_BY_RATING, "division")}},
    {.command = {"bye.left", "division string, player string, limit int"},
     .refusal = "this player has asked for as many rounds off as he may",
     .steps = {MUST(BYE_LEFT, "division player limit")}},
    {.command = {"bye.put", "division string, player string, round int"},
     .refusal = "this player does not play in the division, or has a seat in that round already",
     .steps = {RUN(ROUND_KNOWN, "division round"), MUST(BYE_PUT, "division player round"),
               RUN(ENTRANT_MISSED_PLAYERS, "division player")}},
    {.command = {"bye.withdraw", "division string, player string, round int"},
     .refusal = "this player has not asked for that round off",
     .steps = {MUST(BYE_TAKE, "division player round")}},
    {.command = {"round.open", "division string, round int"},
     .steps = {RUN(ROUND_OPEN, "division round $now"), RUN(DIVISION_ROUND, "division round")}},
    {.command = {"round.close", "division string, round int"},
     .refusal = "this round is not open",
     .steps = {MUST(ROUND_CLOSE, "division round $now")}},
    {.command = {"rounds.close", "division string"}, .steps = {RUN(ROUNDS_CLOSE, "division $now")}},
    {.command = {"pairing.save", "division string, round int, pairings list(map(string, dyn))"},
     .refusal = "a game of this round has begun",
     .steps = {MUST(ROUND_DRAFT, "division round"), RUN(PAIRINGS_CLEAR, "division round"),
               EACH_MUST("pairings", PAIRING_PUT,
                         "division round $board first second kind game_id first_score second_score "
                         "outcome status explanation"),
               RUN(ROUND_PLAYERS_PUT, "division round"),
               RUN(MATCH_CLEAR_UNPAIRED, "division round")}},
    {.command = {"pairing.clear", "division string, round int"},
     .steps = {RUN(PAIRINGS_CLEAR, "division round"), RUN(MATCH_CLEAR_UNPAIRED, "division round")}},
    {.command = {"pairing.game", "division string, round int, board int, game string"},
     .refusal = "this board has no pairing, or another game",
     .steps = {MUST(PAIRING_GAME, "division round board game")}},
    {.command = {"pairing.result",
                 "division string, round int, board int, first_score int?, second_score int?, "
                 "outcome string, status string?, expected_version int?"},
     .is_swap = true,
     .refusal = "this board has no pairing, or another result",
     .steps = {MUST(
         PAIRING_RESULT,
         "division round board first_score second_score outcome status expected_version=-1")}},
    {.command = {"pairing.forfeit",
                 "division string, round int, board int, outcome string, first_score int?, "
                 "second_score int?"},
     .refusal = "this board has a result already",
     .steps = {MUST(PAIRING_FORFEIT, "division round board outcome first_score second_score")}},
    {.command = {"pairing.excuse", "division string, round int, board int, present string, absent "
                                   "string, kind string, score int?, lost_by int?"},
     .refusal = "this board has a result already",
     .steps = {MUST(PAIRING_EXCUSE, "division round board present kind score"),
               RUN(PAIRING_ABSENT, "division round absent lost_by"),
               RUN(ABSENT_SEAT, "division round absent")}},
    {.command = {"pairing.amend",
                 "division string, round int, board int, outcome string, first_score int?, "
                 "second_score int?"},
     .refusal = "this board has no result to amend",
     .steps = {MUST(PAIRING_AMEND, "division round board outcome first_score second_score")}},
    {.command = {"pairing.status", "division string, round int, board int, status string"},
     .refusal = "this board has no pairing",
     .steps = {MUST(PAIRING_STATUS, "division round board status")}},
    {.command = {"pairing.seats", "division string, round int, rows list(map(string, dyn)), "
                                  "removed list(map(string, dyn))"},
     .refusal = "these boards have changed in between",
     .steps = {RUN(ROUND_KNOWN, "division round"),
               EACH_MUST("removed", PAIRING_UNSEAT, "division round board version"),
               EACH("removed", SEATS_LEAVE, "division round board"),
               EACH("rows", SEATS_LEAVE, "division round board"),
               EACH_MUST("rows", PAIRING_SEAT,
                         "division round board first second kind status outcome version "
                         "first_score second_score"),
               EACH("rows", SEATS_TAKE, "division round board"),
               EACH("rows", MATCH_CLEAR, "division round board")}},
    {.command = {"pairing.free", "division string, round int"},
     .steps = {RUN(PAIRINGS_FREE, "division round"), RUN(SEATS_FREE, "division round")}},
    {.command = {"pairing.call", "division string, round int, board int"},
     .steps = {RUN(PAIRING_CALL, "division round board"),
               RUN(MATCH_CLEAR, "division round board")}},
    {.command = {"match.game", "division string, round int, board int, number int, game string, "
                               "starts string"},
     .refusal = "this board has no pairing, or that game of the match is over",
     .steps = {MUST(MATCH_PLAYS, "division round board game"),
               MUST(MATCH_GAME_PUT, "division round board number game starts")}},
    {.command = {"match.result", "division string, round int, board int, number int, "
                                 "outcome string, first_score int?, second_score int?, "
                                 "starts string?"},
     .steps = {RUN(MATCH_GAME_RESULT,
                   "division round board number outcome first_score second_score starts"),
               RUN(MATCH_SCORE, "division round board")}},
    {.command = {"match.amend",
                 "division string, round int, board int, game int, was string, outcome string, "
                 "first_score int?, second_score int?"},
     .is_swap = true,
     .refusal = "this match has no such game, or it has another result by now",
     .steps = {MUST(MATCH_GAME_AMEND,
                    "division round board game outcome first_score second_score was"),
               RUN(MATCH_SCORE, "division round board"), RUN(MATCH_AGAIN, "division round board")}},
    {.command = {"match.close", "division string, round int, board int"},
     .is_swap = true,
     .refusal = "this board has no pairing, or another result",
     .steps = {RUN(MATCH_SCORE, "division round board"),
               MUST(MATCH_CLOSE, "division round board")}},
    {.command = {"directors.change",
                 "tournament string, role string, add list(string), remove list(string)"},
     .refusal = "one of these has another role in the event or none, or is the last director",
     .steps = {EACH("add", DIRECTOR_ADD, "tournament $item role"),
               EACH_MUST("remove", DIRECTOR_REMOVE_UNLESS_LAST, "tournament $item role")}},
    {.command = {"entrant.move_out", "from string, player string"},
     .refusal = "this player has been paired here: withdraw, and enter in the other division",
     .steps = {MUST(ENTRANT_DELETE, "from player")}},
    {.command = {"entrant.move_in", "to string, player string, name string, rating double?, "
                                    "team string?, class string?"},
     .refusal = "this player is in the other division already",
     .steps = {MUST(ENTRANT_MOVE_IN, "to player name 'new rating team class")}},
    {.command = {"desk.record", "tournament string, number int, action string, level int, "
                                "target string, input map(string, dyn)?, undoes int?, "
                                "actor string, note string?, request string?, "
                                "answer map(string, dyn)?"},
     .refusal = "another director acted in between",
     .steps = {MUST(DIRECTOR_ACTION_PUT, "tournament number action level target input undoes actor "
                                         "note $now request answer")}},
    {.command = {"standings.save", "division string, round int, standings dyn"},
     .steps = {RUN(STANDINGS_PUT, "division round standings $now")}},
};

const struct write_command *writes_command(size_t index)
{
    return index < COUNT_OF(writes) ? &writes[index].command : NULL;
}

const struct write *writes_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(writes); i++)
        if (strcmp(writes[i].command.name, name) == 0)
            return &writes[i];
    return NULL;
}

bool writes_next_parameter(const char **cursor, struct write_parameter *out_parameter)
{
    const char *text = *cursor + strspn(*cursor, ", ");
    if (*text == '\0')
        return false;
    out_parameter->name = text;
    out_parameter->name_size = strcspn(text, " ");
    text += out_parameter->name_size + 1;
    out_parameter->type = text;
    int depth = 0; /* commas inside "map(string, dyn)" do not end the parameter */
    while (*text != '\0' && *text != '?' && (*text != ',' || depth > 0)) {
        depth += *text == '(' ? 1 : *text == ')' ? -1 : 0;
        text++;
    }
    out_parameter->type_size = (size_t)(text - out_parameter->type);
    out_parameter->is_optional = *text == '?';
    *cursor = *text == '?' ? text + 1 : text;
    return true;
}
