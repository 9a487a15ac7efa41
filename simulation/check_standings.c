/* Sums over the pairings against what the house announces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/orchestrator.pb-c.h"
#include "simulation/checks.h"

struct sums {
    struct world *world;
    const Arbiter__V1__Standing *standing;
};

/* points_x2, spread */
static void compare(int count, char **columns, void *user)
{
    const struct sums *sums = user;
    const Arbiter__V1__Standing *standing = sums->standing;
    (void)count; /* as the query says */
    if (strtol(columns[0], NULL, 10) != standing->points_x2 ||
        strtol(columns[1], NULL, 10) != standing->spread)
        world_fail(
            sums->world,
            "standings add up: %s has %d half points and spread %d; the pairings say %s and %s",
            standing->player_id, standing->points_x2, standing->spread, columns[0], columns[1]);
}

static void check_row(struct world *world, const Arbiter__V1__Standing *standing)
{
    char sql[768];
    (void)snprintf(
        sql, sizeof sql,
        "SELECT coalesce(sum(CASE WHEN outcome = 'draw' OR kind = 'half_bye' THEN 1 WHEN kind = "
        "'zero_bye' THEN 0 WHEN outcome = side OR outcome = 'bye' THEN 2 ELSE 0 END), 0), "
        "coalesce(sum(spread), 0) FROM (SELECT 'first' AS side, "
        "outcome, kind, first_score - second_score AS spread FROM pairings WHERE first_player = "
        "'%s' "
        "UNION ALL SELECT 'second', outcome, kind, second_score - first_score FROM pairings WHERE "
        "second_player = '%s')",
        standing->player_id, standing->player_id); /* fits: ids are short */
    struct sums sums = {world, standing};
    world_rows(world, sql, compare, &sums);
}

static void on_standings(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    struct world *world = people->world;
    if (answer->status != STATUS_OK) {
        world_fail(world, "standings add up: there are none: %s", answer->message);
        return;
    }
    const Arbiter__V1__ComputeStandingsReply *reply =
        (const Arbiter__V1__ComputeStandingsReply *)answer->output;
    int entered = (int)world_number(
        world, "SELECT count(*) FROM entrants AS e WHERE division_id = '" PEOPLE_DIVISION
               "' AND NOT (status = 'withdrawn' AND "
               "to_round = 0 AND NOT EXISTS (SELECT 1 FROM round_players AS p "
               "WHERE p.player_id = e.player_id))");
    if (reply->n_standings != (size_t)entered)
        world_fail(world, "standings add up: %zu rows in those of %d players", reply->n_standings,
                   entered);
    for (size_t i = 0; i < reply->n_standings; i++) {
        const Arbiter__V1__Standing *row = reply->standings[i];
        const Arbiter__V1__Standing *above = i > 0 ? reply->standings[i - 1] : NULL;
        check_row(world, row);
        if (above != NULL && (above->points_x2 < row->points_x2 ||
                              (above->points_x2 == row->points_x2 && above->spread < row->spread)))
            world_fail(world, "standings add up: %s is above %s with less", above->player_id,
                       row->player_id);
    }
}

void check_standings(struct world *world, struct people *people)
{
    enum { WAIT_MS = 10000 };
    Arbiter__V1__ComputeStandingsRequest request = ARBITER__V1__COMPUTE_STANDINGS_REQUEST__INIT;
    request.division_id = PEOPLE_DIVISION;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__standings__descriptor, "Compute", &request.base, false},
        on_standings, people);
    world_run(world, WAIT_MS);
    if (people->asks.open > 0)
        world_fail(world, "nobody computes the standings");
}
