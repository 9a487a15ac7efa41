/* Invariants that the database itself watches, with every row that is written: triggers that put
 * down what they find. */
#include "simulation/checks.h"

#include <stdio.h>

enum { SHOWN_MAX = 5 };

/* `when` is true of a row that must not be. */
static const struct {
    const char *name;
    const char *event; /* "INSERT ON games" */
    const char *when;
    const char *row; /* an expression that names it */
} triggers[] = {
    {"one game for a seek or board, after another of its match", "INSERT ON games",
     "NEW.owner <> '' AND EXISTS (SELECT 1 FROM games AS g WHERE g.owner = NEW.owner AND g.game_id "
     "<> NEW.game_id AND (g.status = 'playing' OR NOT EXISTS (SELECT 1 FROM match_games AS m WHERE "
     "m.game_id = g.game_id AND m.status = 'final')))",
     "NEW.owner"},
    {"one live game of an event a player", "INSERT ON games",
     "NEW.division_id <> '' AND NOT EXISTS (SELECT 1 FROM divisions AS d WHERE d.division_id = "
     "NEW.division_id AND d.settings LIKE '%season:%') AND EXISTS (SELECT 1 FROM games AS g WHERE "
     "g.game_id <> NEW.game_id "
     "AND "
     "g.division_id <> '' AND g.status = 'playing' AND (g.first_player IN (NEW.first_player, "
     "NEW.second_player) OR g.second_player IN (NEW.first_player, NEW.second_player)))",
     "NEW.first_player || ' and ' || NEW.second_player"},
    {"no more places of a kind at a time than were promised", "INSERT ON slots",
     "(SELECT count(*) FROM slots AS s WHERE s.player_id = NEW.player_id AND s.kind = NEW.kind) > "
     "(SELECT places FROM places)",
     "NEW.player_id || ' ' || NEW.kind || ' for ' || NEW.ref"},
    {"one board a round for a player", "INSERT ON pairings",
     "EXISTS (SELECT 1 FROM pairings AS p WHERE p.division_id = NEW.division_id AND p.round = "
     "NEW.round AND p.board <> NEW.board AND p.status <> 'void' AND (p.first_player IN "
     "(NEW.first_player, NEW.second_player) OR (p.second_player <> '' AND p.second_player IN "
     "(NEW.first_player, NEW.second_player))))",
     "NEW.first_player || ' in round ' || NEW.round"},
    {"a row has the players of its game", "UPDATE ON pairings",
     "NEW.game_id <> '' AND NEW.status <> 'void' AND EXISTS (SELECT 1 FROM games AS g WHERE "
     "g.game_id = NEW.game_id AND (NEW.first_player NOT IN (g.first_player, g.second_player) OR "
     "NEW.second_player NOT IN (g.first_player, g.second_player)))",
     "NEW.division_id || ' round ' || NEW.round || ' board ' || NEW.board"},
    {"no timer early", "INSERT ON inbox", "NEW.due_at_ms > 0 AND NEW.fired_at_ms < NEW.due_at_ms",
     "NEW.instance_id || ' ' || NEW.name"},
    {"an event is taken once", "UPDATE OF consumed_seq ON inbox",
     "OLD.consumed_seq IS NOT NULL AND NEW.consumed_seq IS NOT OLD.consumed_seq",
     "NEW.instance_id || ' ' || NEW.event_id"},
    {"a step follows the last", "UPDATE OF seq ON instances",
     "NEW.seq NOT IN (OLD.seq, OLD.seq + 1)", "NEW.instance_id || ' ' || NEW.seq"},
    {"a step is journalled once", "INSERT ON journal",
     "EXISTS (SELECT 1 FROM journal AS j WHERE j.instance_id = NEW.instance_id AND j.seq = NEW.seq "
     "AND j.at_ms <> NEW.at_ms)",
     "NEW.instance_id || ' ' || NEW.seq"},
    {"a rating follows the last", "UPDATE ON ratings", "NEW.version <> OLD.version + 1",
     "NEW.player_id"},
    {"a game is rated once", "INSERT ON rating_history",
     "NEW.game_id <> '' AND EXISTS (SELECT 1 FROM rating_history AS h WHERE h.player_id = "
     "NEW.player_id AND h.pool = NEW.pool AND h.game_id = NEW.game_id AND h.version <> "
     "NEW.version)",
     "NEW.player_id || ' ' || NEW.game_id"},
    {"a turn follows the last", "INSERT ON turns",
     "NEW.turn_number <> (SELECT count(*) FROM turns AS t WHERE t.game_id = NEW.game_id)",
     "NEW.game_id || ' ' || NEW.turn_number"},
    {"numbers of events follow each other", "INSERT ON events",
     "NEW.sequence <> (SELECT count(*) FROM events AS e WHERE e.topic = NEW.topic)",
     "NEW.topic || ' ' || NEW.sequence"},
    {"what is over stays over", "UPDATE OF status ON games",
     "OLD.status IN ('final', 'cancelled') AND NEW.status NOT IN ('final', 'cancelled')",
     "NEW.game_id"},
    {"a finished machine rests", "UPDATE OF finished ON instances",
     "OLD.finished AND NOT NEW.finished", "NEW.instance_id"},
};

void checks_watch(struct world *world)
{
    char sql[1024];
    world_rows(world, "CREATE TABLE violations (name text, row text)", NULL, NULL);
    world_rows(world, "CREATE TABLE promised (game_id text, event_id text)", NULL, NULL);
    world_rows(world, "CREATE TABLE places (places int)", NULL, NULL);
    world_rows(world, "CREATE INDEX games_owner ON games (owner)", NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(triggers); i++) {
        (void)snprintf(sql, sizeof sql,
                       "CREATE TRIGGER watch_%zu AFTER %s WHEN %s BEGIN INSERT INTO violations "
                       "VALUES ('%s', %s); END",
                       i, triggers[i].event, triggers[i].when, triggers[i].name,
                       triggers[i].row); /* fits: cut it would not parse */
        world_rows(world, sql, NULL, NULL);
    }
}

void checks_promise_places(struct world *world, int places)
{
    char sql[96];
    (void)snprintf(sql, sizeof sql, "INSERT INTO places SELECT %d WHERE %d > 0", places,
                   places); /* fits */
    world_rows(world, sql, NULL, NULL);
}

/* name, row */
static void on_violation(int count, char **columns, void *user)
{
    (void)count; /* as the query says */
    world_fail(user, "%s: not so for %s", columns[0], columns[1]);
}

void check_rows(struct world *world)
{
    char sql[80];
    (void)snprintf(sql, sizeof sql, "SELECT name, row FROM violations LIMIT %d",
                   SHOWN_MAX); /* fits */
    world_rows(world, sql, on_violation, world);
    world_rows(world, "DELETE FROM violations", NULL, NULL);
}
