/* Bots: they play breakthrough, a fixed opening, and resign or walk away. Now and then one moves
 * out of turn, which must be refused. */
#include "simulation/people_private.h"

#include <stdio.h>
#include <string.h>

#include "arbiter/v1/gamesvc.pb-c.h"

enum { ABANDONED_AFTER_TURNS = 3, SHORT_CLOCK_MS = 60000 };

static const char *const moves[PEOPLE_BOT_TURNS + 1] = {
    "move a2a3", "move a7a6", "move b2b3", "move b7b6", "move c2c3", "move c7c6", "resign"};

static void on_illegal(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    people->illegal_taken += answer->status == STATUS_OK;
}

static void play(struct player *player, const Arbiter__V1__Game *game, const char *move,
                 bool is_legal)
{
    struct people *people = player->people;
    char event_id[64];
    Arbiter__V1__PlayRequest request = ARBITER__V1__PLAY_REQUEST__INIT;
    (void)snprintf(event_id, sizeof event_id, "%.24s/%d%s", game->game_id, game->turn_count,
                   is_legal ? "" : "/wrong"); /* fits */
    request.game_id = game->game_id;
    request.expected_turn = game->turn_count;
    request.event_id = event_id;
    request.player_id = player->id;
    request.event = (char *)move;
    bool is_twice = people_draw(people, 2) == 0;
    if (is_legal)
        people_play(people, &request, is_twice);
    else
        ask(&people->asks,
            &(struct ask_what){&arbiter__v1__gamesvc__descriptor, "Play", &request.base, is_twice},
            on_illegal, people);
}

void people_bot_plays(struct player *player, const Arbiter__V1__Game *game)
{
    bool is_first = strcmp(player->id, game->first) == 0;
    bool is_abandoned = game->request->initial_time_ms < SHORT_CLOCK_MS;
    int turns = is_abandoned ? ABANDONED_AFTER_TURNS : PEOPLE_BOT_TURNS + 1;
    bool is_mine = (game->turn_count % 2 == 0) == is_first;
    if (game->turn_count >= turns)
        return;
    if (is_mine)
        play(player, game, moves[game->turn_count], true);
    else if (people_draw(player->people, 8) == 0)
        play(player, game, "move h2h3", false);
}
