/* Being there: players check in before the event and say at the board that they have come. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/crowd_private.h"

enum { MILLION = 1000000, READY_SHARE = 4 };

static void on_said(const struct bus_answer *answer, void *user)
{
    struct crowd_player *player = user;
    if (answer->status != STATUS_OK && answer->status != STATUS_FAILED_PRECONDITION)
        crowd_note(player->crowd, CROWD_REFUSED, "%s: %s", player->name, answer->message);
}

/* What a player says to a machine when the time has come. */
struct saying {
    struct crowd_player *player;
    const char *event;
    char instance_id[3 * CROWD_ID_MAX];
};

static void say(void *user)
{
    struct saying *saying = user;
    struct value_entry data[] = {CROWD_ENTRY("player", value_text(saying->player->id))};
    crowd_tell(saying->player->crowd,
               &(struct crowd_event){saying->instance_id, saying->event, data, COUNT_OF(data),
                                     saying->player->id},
               on_said, saying->player);
}

static void plan(struct crowd_player *player, const char *instance_id, const char *event,
                 int64_t delay_ms)
{
    struct crowd *crowd = player->crowd;
    struct saying *saying = arena_alloc(&crowd->arena, sizeof *saying);
    assert(saying != NULL);
    *saying = (struct saying){.player = player, .event = event};
    (void)snprintf(saying->instance_id, sizeof saying->instance_id, "%s", instance_id); /* fits */
    crowd_after(crowd, delay_ms, say, saying);
}

/* ---- before the event ---------------------------------------------------------------------- */

void crowd_check_in(struct crowd *crowd)
{
    const struct format_time *time = &crowd->options.format->time;
    int64_t window_ms = time->check_in_opens_before_ms - time->check_in_closes_before_ms;
    if (time->check_in_opens_before_ms == 0 || crowd->options.starts_at_ms == 0 || window_ms <= 0)
        return;
    int64_t opens_ms = crowd->options.starts_at_ms - time->check_in_opens_before_ms -
                       loop_now_ms(crowd->world->loop);
    for (int i = 0; i < crowd->options.player_count; i++) {
        struct crowd_player *player = &crowd->players[i];
        char division_id[CROWD_ID_MAX];
        char instance_id[2 * CROWD_ID_MAX];
        crowd_division_id(player->division, division_id);
        (void)snprintf(instance_id, sizeof instance_id, "division:%s", division_id); /* fits */
        if (player->person.is_absent)
            crowd_note(crowd, CROWD_NO_SHOW, "%s does not check in", player->name);
        else if (player->is_entered)
            plan(player, instance_id, "entrant.check_in",
                 opens_ms + 1 + window_ms / MILLION * player->person.arrival_ppm);
    }
}

/* ---- at the board -------------------------------------------------------------------------- */

/* instance_id, first, second, round */
static void on_call(int count, char **columns, void *user)
{
    struct crowd *crowd = user;
    char sql[192];
    (void)count; /* as the query says */
    int round = (int)strtol(columns[3], NULL, 10);
    struct model_clock clock = {0};
    struct model_pair pair = {.first = columns[1], .second = columns[2], .round = round};
    struct model_game game;
    model_game_draw(crowd->options.model, crowd->world->options.seed, &clock, &pair, &game);
    for (int i = 0; i < 2; i++) {
        struct crowd_player *player = &crowd->players[crowd_find(crowd, columns[1 + i])];
        if (crowd_is_away(player, round))
            continue;
        if (game.late_ms[i] > 0)
            crowd_note(crowd, CROWD_LATE, "%s is %lld min late (round %d)", player->name,
                       (long long)((game.late_ms[i] + 59999) / 60000), round);
        plan(player, columns[0], "player.ready", game.late_ms[i] + game.report_ms[i] / READY_SHARE);
    }
    (void)snprintf(sql, sizeof sql, "INSERT INTO crowd_called VALUES ('%s')",
                   columns[0]); /* fits: ids are short */
    world_rows(crowd->world, sql, NULL, NULL);
}

void crowd_answer_calls(struct crowd *crowd)
{
    if (crowd->options.format->time.ready_deadline_ms == 0)
        return;
    world_rows(crowd->world,
               "SELECT i.instance_id, p.first_player, p.second_player, p.round FROM instances AS i "
               "JOIN pairings AS p ON i.instance_id = 'board:' || p.division_id || '-r' || p.round "
               "|| '-b' || p.board WHERE i.machine = 'board' AND i.tags LIKE '%calls_players%' AND "
               "i.instance_id NOT IN (SELECT instance_id FROM crowd_called)",
               on_call, crowd);
}
