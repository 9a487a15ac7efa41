/* Reads: each row is a store (or other) method whose input the path and query fill in by name. */
#include "seeks/exchange.h"

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

#define STORE_READ(pattern, method, unwrap)                                                        \
    {                                                                                              \
        "GET", pattern, 0, NULL, &arbiter__v1__store__descriptor, method, unwrap                   \
    }

const struct route read_routes[] = {
    STORE_READ("/v1/players/{player_id}", "GetPlayer", "player"),
    STORE_READ("/v1/players/{player_id}/games", "ListPlayerGames", NULL),
    STORE_READ("/v1/tournaments", "ListTournaments", NULL),
    STORE_READ("/v1/tournaments/{tournament_id}", "GetTournament", "tournament"),
    {NULL, NULL, 0, NULL, NULL, NULL, NULL},
};
