/* Invariants that a query can ask, in tables; those that need a computation are in check_*.c. */
#include "simulation/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A count that must be zero: what must hold, and what is counted. */
struct zero {
    const char *name;
    const char *what;
    const char *sql;
};

#define OF_SEAT "m.division_id = p.division_id AND m.round = p.round AND m.board = p.board"

/* What one row cannot tell. */
static const struct zero always[] = {
    {"ratings equal their history", "ratings ahead or behind",
     "SELECT count(*) FROM ratings AS r WHERE version <> (SELECT count(*) FROM rating_history AS h "
     "WHERE h.player_id = r.player_id AND h.pool = r.pool)"},
    {"the journal reaches the state", "instances where it does not",
     "SELECT count(*) FROM instances AS i WHERE seq <> (SELECT count(*) FROM journal AS j WHERE "
     "j.instance_id = i.instance_id)"},
    /* Whoever leaves while a round is being paired may still be in it; a season's rounds are all
     * made when it begins. What a late player has missed is a row without an opponent. */
    {"nobody plays who is not in the event", "boards of such players",
     "SELECT count(*) FROM round_players AS p JOIN entrants AS e USING (division_id, player_id) "
     "JOIN divisions AS d USING (division_id) WHERE (p.round < e.from_round AND EXISTS (SELECT 1 "
     "FROM pairings AS m WHERE " OF_SEAT " AND m.second_player <> '')) OR (d.settings NOT LIKE "
     "'%season:%' AND ((e.to_round > 0 AND p.round > e.to_round + 1) OR (e.status = 'withdrawn' "
     "AND e.to_round = 0 AND p.round > 1)))"},
};

#define ARENA_WAVES "20" /* of people_director.c; not all of them are made */

static const struct zero at_end[] = {
    {"every tournament ends", "tournaments that have not",
     "SELECT count(*) FROM tournaments WHERE status <> 'finished'"},
    {"every tournament ends", "divisions that have not",
     "SELECT count(*) FROM divisions WHERE status <> 'finished' OR (round <> rounds AND rounds "
     "<> " ARENA_WAVES ")"},
    {"every tournament ends", "rounds that are not closed",
     "SELECT count(*) FROM rounds WHERE status <> 'closed'"},
    {"every tournament ends", "pairings without an outcome",
     "SELECT count(*) FROM pairings WHERE status <> 'final'"},
    /* Whoever enters while a round is being paired (the last of the list) may miss that one. */
    {"nobody is left out", "rounds that a player is not in",
     "SELECT count(*) FROM rounds AS r JOIN entrants AS e USING (division_id) JOIN divisions AS d "
     "USING (division_id) WHERE d.rounds <> " ARENA_WAVES
     " AND d.settings NOT LIKE '%season:%' AND e.from_round "
     "<= "
     "r.round AND (e.from_round < r.round OR e.seed < (SELECT max(seed) FROM entrants)) AND "
     "(r.round "
     "< e.to_round OR (e.to_round = 0 AND e.status <> 'withdrawn')) AND NOT EXISTS (SELECT 1 FROM "
     "round_players AS p WHERE p.division_id = r.division_id AND p.round = r.round AND p.player_id "
     "= e.player_id)"},
    {"every seek ends", "seeks that are neither matched nor gone",
     "SELECT count(*) FROM seeks WHERE status IN ('open', 'claimed')"},
    {"every seek ends", "matched seeks without their game",
     "SELECT count(*) FROM seeks WHERE status = 'matched' AND NOT EXISTS (SELECT 1 FROM games "
     "WHERE games.game_id = seeks.game_id AND owner = 'seek:' || seek_id)"},
    {"both have a place when their game is begun", "games of seeks whose players had none",
     "SELECT count(*) FROM games AS g, places WHERE g.owner LIKE 'seek:%' AND (SELECT "
     "count(DISTINCT p.player_id) FROM journal AS j, players AS p WHERE j.instance_id = g.owner "
     "AND p.player_id IN (g.first_player, g.second_player) AND instr(j.effects, 'write slot.take "
     "{''player'': ''' || p.player_id || '''') > 0) <> 2"},
    {"places are free again", "places of seeks and starts left", "SELECT count(*) FROM slots"},
    {"no game but those asked for", "games of seeks that did not match",
     "SELECT count(*) FROM games JOIN seeks ON games.owner = 'seek:' || seeks.seek_id WHERE "
     "seeks.game_id <> games.game_id"},
    {"a board has its game's result", "boards that have another",
     "SELECT count(*) FROM pairings AS p WHERE kind = 'game' AND NOT EXISTS (SELECT 1 FROM "
     "match_games AS m WHERE " OF_SEAT ") AND NOT EXISTS (SELECT 1 FROM results "
     "AS r WHERE r.game_id = p.game_id AND r.first_score = p.first_score AND r.second_score = "
     "p.second_score) AND NOT EXISTS (SELECT 1 FROM amended AS a WHERE a.round = p.round AND "
     "a.board = p.board)"},
    {"a match counts its games", "boards that have another sum",
     "SELECT count(*) FROM pairings AS p WHERE EXISTS (SELECT 1 FROM match_games AS m "
     "WHERE " OF_SEAT
     ") AND (p.first_score <> (SELECT sum(m.first_score) FROM match_games AS m WHERE " OF_SEAT
     ") OR p.second_score <> (SELECT sum(m.second_score) FROM match_games AS m WHERE " OF_SEAT
     ") OR EXISTS (SELECT 1 FROM match_games AS m WHERE m.status <> 'final' AND " OF_SEAT
     ")) AND NOT EXISTS (SELECT 1 FROM amended AS a WHERE a.round = p.round AND a.board = "
     "p.board)"},
    {"a match counts its games", "games of matches with another result",
     "SELECT count(*) FROM match_games AS m WHERE NOT EXISTS (SELECT 1 FROM results AS r JOIN "
     "games "
     "AS g USING (game_id) WHERE r.game_id = m.game_id AND g.first_player = m.starts AND "
     "CASE WHEN m.number % 2 = 1 THEN r.first_score ELSE r.second_score END = m.first_score AND "
     "CASE WHEN m.number % 2 = 1 THEN r.second_score ELSE r.first_score END = m.second_score)"},
    {"an amendment holds", "boards without it",
     "SELECT count(*) FROM amended AS a WHERE NOT EXISTS (SELECT 1 FROM pairings AS p WHERE "
     "p.round "
     "= a.round AND p.board = a.board AND p.first_score = a.first AND p.second_score = a.second)"},
    {"every game ends", "games without a final result",
     "SELECT count(*) FROM games WHERE status <> 'final' OR NOT EXISTS (SELECT 1 FROM results "
     "WHERE results.game_id = games.game_id)"},
    {"a game is rated once", "games that were not",
     "SELECT count(*) FROM games WHERE (SELECT count(*) FROM rating_history AS h WHERE h.game_id = "
     "games.game_id AND h.player_id IN (first_player, second_player)) <> 2"},
    {"an accepted turn is stored once", "turns that are not",
     "SELECT count(*) FROM promised AS p WHERE (SELECT count(*) FROM turns AS t WHERE t.game_id = "
     "p.game_id AND t.event_id = p.event_id) <> 1"},
    /* But those of conduct, which a player has for ever. */
    {"every machine comes to its end", "machines that have not",
     "SELECT count(*) FROM instances WHERE machine <> 'conduct' AND NOT finished AND ' ' || tags "
     "|| ' ' NOT LIKE '% "
     "amendable %'"},
    {"the inbox is taken", "rows that nobody has taken",
     "SELECT count(*) FROM inbox WHERE consumed_seq IS NULL"},
    {"the outbox is drained", "commands left", "SELECT count(*) FROM outbox"},
    {"timers fire once", "timers left",
     "SELECT count(*) FROM timers WHERE instance_id NOT IN (SELECT instance_id FROM instances "
     "WHERE machine = 'conduct' OR ' ' || tags || ' ' LIKE '% amendable %')"},
    {"timers fire once", "flags that fell twice",
     "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE due_at_ms > 0 AND name NOT LIKE '$timer.%' "
     "GROUP BY instance_id, name, due_at_ms HAVING count(*) > 1)"},
    /* A machine may set a timer anew to the time at which it has just fired: each firing is one
     * step's. */
    {"timers fire once", "timers that fired without having been set",
     "SELECT count(*) FROM inbox AS b WHERE name LIKE '$timer.%' AND NOT EXISTS (SELECT 1 FROM "
     "journal AS j WHERE j.instance_id = b.instance_id AND b.event_id = 'timer/' || "
     "substr(b.name, 8) || '/' || j.seq AND j.effects LIKE '%timer_set ' || substr(b.name, 8) || "
     "' %')"},
    {"an event comes once", "inbox rows of one event",
     "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE name IN ('director.start', "
     "'division.finished', 'game.ended', 'game.final', 'division.begin', '$start') GROUP BY "
     "instance_id, name HAVING count(*) > 1 AND NOT (name = 'division.finished' AND "
     "count(*) = (SELECT count(*) FROM divisions)) AND NOT (name = 'game.final' AND count(*) = "
     "(SELECT "
     "count(*) FROM match_games AS m WHERE instance_id = 'board:' || m.division_id || '-r' || "
     "m.round || '-b' || m.board)))"},
    {"an event comes once", "boards that told their division other than once",
     "SELECT count(*) FROM pairings AS p WHERE kind = 'game' AND (SELECT count(*) FROM inbox WHERE "
     "name = 'board.final' AND event_id LIKE 'board:' || p.division_id || '-r' || p.round || '-b' "
     "|| p.board || '/%') <> 1"},
    {"listeners miss nothing", "events that were not published",
     "SELECT count(*) FROM events WHERE position > (SELECT position FROM publishers WHERE name = "
     "'events')"},
};

static void check_zeros(struct world *world, const struct zero *zeros, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t found = world_number(world, zeros[i].sql);
        if (found != 0)
            world_fail(world, "%s: %s: %lld", zeros[i].name, zeros[i].what, (long long)found);
    }
}

void checks_always(struct world *world)
{
    check_rows(world);
    check_zeros(world, always, COUNT_OF(always));
}

/* ---- what people were promised ------------------------------------------------------------------
 */

static void check_count(struct world *world, const char *what, const char *sql, int64_t expected)
{
    int64_t found = world_number(world, sql);
    if (found != expected)
        world_fail(world, "%s: %lld, not %lld", what, (long long)found, (long long)expected);
}

static void check_late_and_leaving(struct world *world, const struct people *people)
{
    char sql[160];
    if (people->late != NULL) {
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM entrants WHERE player_id = '%s'",
                       people->late->id); /* fits */
        check_count(world, "a late entry counts once", sql, people->late->is_entered);
    }
    if (people->leaving != NULL) {
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM entrants WHERE player_id = '%s' AND status = "
                       "'withdrawn'",
                       people->leaving->id); /* fits */
        check_count(world, "a withdrawal counts once", sql, people->has_left);
    }
}

static void check_promises(struct world *world, const struct people *people)
{
    int entered = 0;
    for (int i = 0; i < people->player_count; i++)
        entered += people->players[i].is_entered;
    check_count(world, "players", "SELECT count(*) FROM players", people->player_count);
    check_count(world, "entrants", "SELECT count(*) FROM entrants", entered);
    check_count(world, "tournaments", "SELECT count(*) FROM tournaments", 1);
    if (!people->is_arena && !people->is_league)
        check_count(world, "rounds", "SELECT count(*) FROM rounds", people->rounds);
    check_count(world, "seeks", "SELECT count(*) FROM seeks", people->seek_count);
    check_late_and_leaving(world, people);
    if (people->illegal_taken > 0)
        world_fail(world, "moves out of turn are refused: %d were not", people->illegal_taken);
}

/* Puts down what was amended, so that queries know. */
static void note_amendments(struct world *world, const struct people *people)
{
    char sql[160];
    world_rows(world, "CREATE TABLE amended (round int, board int, first int, second int)", NULL,
               NULL);
    for (int i = 0; i < people->amend_count; i++) {
        const struct amend *amend = &people->amends[i];
        if (!amend->is_made)
            continue;
        (void)snprintf(sql, sizeof sql, "INSERT INTO amended VALUES (%d, %d, %lld, %lld)",
                       amend->round, amend->board, (long long)amend->scores[0],
                       (long long)amend->scores[1]); /* fits */
        world_rows(world, sql, NULL, NULL);
    }
}

static void check_seek(struct world *world, const struct seek *seek)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM inbox WHERE instance_id = '%s' AND name = 'seek.accept'",
                   seek->instance_id); /* fits */
    check_count(world, "an acceptance counts once", sql, seek->accepted);
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM seeks WHERE 'seek:' || seek_id = '%s' AND status = '%s'",
                   seek->instance_id, "matched"); /* fits */
    if (world_number(world, sql) == 1 && seek->accepted == 0)
        world_fail(world, "%s was matched, but nobody was told so", seek->instance_id);
    if (seek->is_lonely && seek->accepted > 0)
        world_fail(world, "%s was accepted by nobody in particular", seek->instance_id);
}

/* What a game of breakthrough must have come to: whoever is to move after the opening resigns; left
 * alone, the clock decides. */
static void check_bots(struct world *world, const struct seek *seek, char **columns)
{
    bool is_played = seek->course == SEEK_BOTS;
    const char *reason = is_played ? "resigned" : "timeout";
    const char *winner = columns[2]; /* the first player is to move, and resigns */
    if (strcmp(columns[5], reason) != 0)
        world_fail(world, "games end as they are played: that of %s by %s, not %s",
                   seek->instance_id, columns[5], reason);
    if (is_played && strcmp(columns[6], winner) != 0)
        world_fail(world, "games end as they are played: that of %s won by %s, not %s",
                   seek->instance_id, columns[6], winner);
}

/* round, first, second, first_score, second_score, reason, winner, owner */
static void check_result(int count, char **columns, void *user)
{
    const struct people *people = user;
    struct world *world = people->world;
    int64_t scores[2];
    (void)count; /* as the query says */
    for (int i = 0; i < people->seek_count; i++) {
        const struct seek *seek = &people->seeks[i];
        if (strcmp(columns[7], seek->instance_id) != 0 || seek->course == SEEK_REPORTED)
            continue;
        check_bots(world, seek, columns);
        return;
    }
    people_result(world->options.seed, (int)strtol(columns[0], NULL, 10), columns[1], columns[2],
                  scores);
    if (scores[0] != strtoll(columns[3], NULL, 10) || scores[1] != strtoll(columns[4], NULL, 10))
        world_fail(world,
                   "results are as reported: %s and %s scored %lld-%lld in round %s, but %s-%s is "
                   "in the books",
                   columns[1], columns[2], (long long)scores[0], (long long)scores[1], columns[0],
                   columns[3], columns[4]);
}

/* round, board, first_score, second_score */
static void tell_amended(int count, char **columns, void *user)
{
    (void)count; /* as the query says */
    world_fail(user, "results are as amended: round %s board %s is not %s-%s", columns[0],
               columns[1], columns[2], columns[3]);
}

void checks_at_end(struct world *world, struct people *people)
{
    note_amendments(world, people);
    checks_always(world);
    check_zeros(world, at_end, COUNT_OF(at_end));
    check_promises(world, people);
    for (int i = 0; i < people->seek_count; i++)
        check_seek(world, &people->seeks[i]);
    world_rows(world,
               "SELECT round, first_player, second_player, first_score, second_score, reason, "
               "winner, owner FROM games JOIN results USING (game_id) WHERE NOT EXISTS (SELECT 1 "
               "FROM amended WHERE amended.round = games.round AND amended.board = games.board)",
               check_result, people);
    world_rows(
        world,
        "SELECT games.round, games.board, first_score, second_score FROM games JOIN results "
        "USING (game_id) JOIN amended ON games.division_id = '" PEOPLE_DIVISION
        "' AND amended.round = games.round AND amended.board = "
        "games.board WHERE NOT (first = first_score AND second = second_score) AND NOT EXISTS "
        "(SELECT 1 FROM match_games AS m WHERE m.game_id = games.game_id)",
        tell_amended, world);
    check_timers(world);
    check_journals(world);
    check_ratings(world);
    check_standings(world, people);
    if (world->counts.poisoned > 0)
        world_fail(world, "nothing is given up: inbox rows: %lld",
                   (long long)world->counts.poisoned);
}
