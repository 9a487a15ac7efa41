/* Invariants that a query can ask, in tables; those that need a computation are in check_*.c. */
#include "simulation/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A count that must be zero. */
struct zero {
    const char *what;
    const char *sql;
};

static const struct zero always[] = {
    {"players in two pairings of a round",
     "SELECT count(*) FROM (SELECT 1 FROM (SELECT division_id, round, first_player AS player FROM "
     "pairings WHERE status <> 'void' UNION ALL SELECT division_id, round, second_player FROM "
     "pairings WHERE status <> 'void' AND second_player <> '') GROUP BY division_id, round, player "
     "HAVING count(*) > 1)"},
    {"timers that fired early",
     "SELECT count(*) FROM inbox WHERE due_at_ms > 0 AND fired_at_ms < due_at_ms"},
    {"games made twice for one seek or board",
     "SELECT count(*) FROM (SELECT 1 FROM games WHERE owner <> '' GROUP BY owner HAVING count(*) > "
     "1)"},
    {"ratings that are ahead of or behind their history",
     "SELECT count(*) FROM ratings AS r WHERE version <> (SELECT count(*) FROM rating_history AS h "
     "WHERE h.player_id = r.player_id AND h.pool = r.pool)"},
    {"instances whose journal does not reach their state",
     "SELECT count(*) FROM instances AS i WHERE seq <> (SELECT count(*) FROM journal AS j WHERE "
     "j.instance_id = i.instance_id)"},
};

static const struct zero at_end[] = {
    {"tournaments that have not ended",
     "SELECT count(*) FROM tournaments WHERE status <> 'finished'"},
    {"divisions that have not ended",
     "SELECT count(*) FROM divisions WHERE status <> 'finished' OR round <> rounds"},
    {"rounds that are not closed", "SELECT count(*) FROM rounds WHERE status <> 'closed'"},
    {"pairings without an outcome", "SELECT count(*) FROM pairings WHERE status <> 'final'"},
    {"seeks that are neither matched nor gone",
     "SELECT count(*) FROM seeks WHERE status IN ('open', 'claimed')"},
    {"matched seeks without their game",
     "SELECT count(*) FROM seeks WHERE status = 'matched' AND NOT EXISTS (SELECT 1 FROM games "
     "WHERE games.game_id = seeks.game_id AND owner = 'seek:' || seek_id)"},
    {"games of seeks that did not match",
     "SELECT count(*) FROM games JOIN seeks ON games.owner = 'seek:' || seeks.seek_id WHERE "
     "seeks.game_id <> games.game_id"},
    {"boards whose result is not their game's",
     "SELECT count(*) FROM pairings AS p WHERE kind = 'game' AND NOT EXISTS (SELECT 1 FROM results "
     "AS r WHERE r.game_id = p.game_id AND r.first_score = p.first_score AND r.second_score = "
     "p.second_score)"},
    {"games without a final result",
     "SELECT count(*) FROM games WHERE status <> 'final' OR NOT EXISTS (SELECT 1 FROM results "
     "WHERE results.game_id = games.game_id)"},
    {"games that were not rated once for each player",
     "SELECT count(*) FROM games WHERE (SELECT count(*) FROM rating_history AS h WHERE h.game_id = "
     "games.game_id AND h.player_id IN (first_player, second_player)) <> 2"},
    {"machines that have not come to their end",
     "SELECT count(*) FROM instances WHERE NOT finished AND ' ' || tags || ' ' NOT LIKE '% "
     "amendable "
     "%'"},
    {"inbox rows that nobody has taken", "SELECT count(*) FROM inbox WHERE consumed_seq IS NULL"},
    {"commands left in the outbox", "SELECT count(*) FROM outbox"},
    {"timers left", "SELECT count(*) FROM timers WHERE instance_id NOT IN (SELECT instance_id FROM "
                    "instances WHERE ' ' || tags || ' ' LIKE '% amendable %')"},
    {"timers that fired twice",
     "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE due_at_ms > 0 GROUP BY instance_id, name, "
     "due_at_ms HAVING count(*) > 1)"},
    {"inbox rows of one event",
     "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE name IN ('entrants.add', 'director.start', "
     "'division.finished', 'game.ended', 'game.final', 'division.begin', '$start') GROUP BY "
     "instance_id, name HAVING count(*) > 1)"},
    {"boards that told their division other than once",
     "SELECT count(*) FROM pairings AS p WHERE kind = 'game' AND (SELECT count(*) FROM inbox WHERE "
     "name = 'board.final' AND event_id LIKE 'board:' || p.division_id || '-r' || p.round || '-b' "
     "|| p.board || '/%') <> 1"},
    {"topics with a gap",
     "SELECT count(*) FROM (SELECT 1 FROM events GROUP BY topic HAVING max(sequence) <> count(*))"},
    {"events that were not published",
     "SELECT count(*) FROM events WHERE position > (SELECT position FROM publishers WHERE name = "
     "'events')"},
};

static void check_zeros(struct world *world, const struct zero *zeros, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t found = world_number(world, zeros[i].sql);
        if (found != 0)
            world_fail(world, "%s: %lld", zeros[i].what, (long long)found);
    }
}

void checks_always(struct world *world)
{
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

static void check_promises(struct world *world, const struct people *people)
{
    check_count(world, "players", "SELECT count(*) FROM players", people->player_count);
    check_count(world, "entrants", "SELECT count(*) FROM entrants", people->player_count);
    check_count(world, "tournaments", "SELECT count(*) FROM tournaments", 1);
    check_count(world, "rounds", "SELECT count(*) FROM rounds", people->rounds);
    check_count(world, "seeks", "SELECT count(*) FROM seeks", people->seek_count);
    check_count(world, "games", "SELECT count(*) FROM pairings WHERE kind = 'game'",
                (int64_t)people->rounds * (people->player_count / 2));
}

static void check_seek(struct world *world, const struct seek *seek)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM inbox WHERE instance_id = '%s' AND name = 'seek.accept'",
                   seek->instance_id); /* fits */
    check_count(world, "acceptances that the house knows of and those it confirmed", sql,
                seek->accepted);
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM seeks WHERE 'seek:' || seek_id = '%s' AND status = '%s'",
                   seek->instance_id, "matched"); /* fits */
    if (world_number(world, sql) == 1 && seek->accepted == 0)
        world_fail(world, "%s was matched, but nobody was told so", seek->instance_id);
    if (seek->is_lonely && seek->accepted > 0)
        world_fail(world, "%s was accepted by nobody in particular", seek->instance_id);
}

/* round, first, second, first_score, second_score */
static void check_result(int count, char **columns, void *user)
{
    struct world *world = user;
    int64_t scores[2];
    (void)count; /* as the query says */
    people_result(world->options.seed, (int)strtol(columns[0], NULL, 10), columns[1], columns[2],
                  scores);
    if (scores[0] != strtoll(columns[3], NULL, 10) || scores[1] != strtoll(columns[4], NULL, 10))
        world_fail(world, "%s and %s scored %lld-%lld in round %s, but %s-%s is in the books",
                   columns[1], columns[2], (long long)scores[0], (long long)scores[1], columns[0],
                   columns[3], columns[4]);
}

void checks_at_end(struct world *world, struct people *people)
{
    checks_always(world);
    check_zeros(world, at_end, COUNT_OF(at_end));
    check_promises(world, people);
    for (int i = 0; i < people->seek_count; i++)
        check_seek(world, &people->seeks[i]);
    world_rows(world,
               "SELECT round, first_player, second_player, first_score, second_score FROM games "
               "JOIN results USING (game_id)",
               check_result, world);
    check_journals(world);
    check_ratings(world);
    check_standings(world, people);
    if (world->counts.poisoned > 0)
        world_fail(world, "inbox rows given up: %lld", (long long)world->counts.poisoned);
}
