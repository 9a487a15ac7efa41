/* The players: they play what they are given and say how it ended. */
#include "simulation/crowd_private.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "fsm/value_codec.h"

#define ARENA_BYTES_MAX ((size_t)1 << 30)

enum { LOOK_MS = 20, HEARTBEAT_MS = 10 * 60 * 1000 };

/* ---- small things -------------------------------------------------------------------------- */

const char *crowd_note_name(enum crowd_note_kind kind)
{
    static const char *const names[CROWD_NOTE_KINDS] = {
        [CROWD_NO_SHOW] = "no-show",       [CROWD_LATE] = "late",
        [CROWD_LATE_ENTRY] = "late entry", [CROWD_WITHDRAWAL] = "withdrawal",
        [CROWD_DISPUTE] = "dispute",       [CROWD_DIRECTOR] = "director",
        [CROWD_REFUSED] = "refused",
    };
    return names[kind];
}

void crowd_note(struct crowd *crowd, enum crowd_note_kind kind, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a sentence; cutting it is fine */
    va_end(arguments);
    crowd->note_counts[kind]++;
    world_tell(crowd->world, "%s: %s", crowd_note_name(kind), text);
    if (crowd->note_count == CROWD_NOTES_MAX)
        return;
    crowd->notes[crowd->note_count++] = (struct crowd_note){
        kind, loop_now_ms(crowd->world->loop), arena_copy(&crowd->arena, text, strlen(text))};
}

void crowd_after(struct crowd *crowd, int64_t delay_ms, loop_callback callback, void *user)
{
    loop_timer timer;
    enum status status = loop_after(crowd->world->loop, delay_ms, callback, user, &timer);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
}

void crowd_division_id(int division, char out[CROWD_ID_MAX])
{
    (void)snprintf(out, CROWD_ID_MAX, CROWD_TOURNAMENT "-%d", division + 1); /* fits */
}

int crowd_find(const struct crowd *crowd, const char *player_id)
{
    for (int i = 0; i < crowd->options.player_count; i++)
        if (strcmp(crowd->players[i].id, player_id) == 0)
            return i;
    return -1;
}

void crowd_tell(struct crowd *crowd, const struct crowd_event *event, ask_on_answer on_answer,
                void *user)
{
    Arbiter__V1__SendEventRequest request = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    struct arena_mark mark = arena_mark(&crowd->arena);
    request.instance_id = (char *)event->instance_id;
    request.name = (char *)event->name;
    request.actor = (char *)event->actor;
    if (event->count > 0) {
        enum status status =
            value_codec_map(&crowd->arena, value_map(event->data, event->count), &request.data);
        assert(status == STATUS_OK);
        (void)status; /* only asserted */
    }
    ask(&crowd->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "SendEvent", &request.base,
                           false},
        on_answer, user);
    arena_rewind(&crowd->arena, mark);
}

/* ---- coming and going ---------------------------------------------------------------------- */

static void on_withdrawn(const struct bus_answer *answer, void *user)
{
    struct crowd_player *player = user;
    if (answer->status != STATUS_OK)
        crowd_note(player->crowd, CROWD_REFUSED, "%s cannot be withdrawn: %s", player->name,
                   answer->message);
}

void crowd_withdraw(struct crowd_player *player, const char *why)
{
    struct crowd *crowd = player->crowd;
    char division_id[CROWD_ID_MAX];
    if (player->is_out)
        return;
    player->is_out = true;
    crowd_division_id(player->division, division_id);
    crowd_note(crowd, CROWD_WITHDRAWAL, "%s %s", player->name, why);
    struct value_entry data[] = {CROWD_ENTRY("division", value_text(division_id)),
                                 CROWD_ENTRY("player", value_text(player->id))};
    crowd_tell(crowd,
               &(struct crowd_event){"tournament:" CROWD_TOURNAMENT, "entrant.withdraw", data,
                                     COUNT_OF(data), player->id},
               on_withdrawn, player);
}

/* ---- games --------------------------------------------------------------------------------- */

bool crowd_game_is_open(const struct crowd_game *game)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM games WHERE game_id = '%s' AND status = 'playing'",
                   game->game_id); /* short ids */
    return world_number(game->crowd->world, sql) > 0;
}

static void on_reported(const struct bus_answer *answer, void *user)
{
    struct crowd_game *game = user;
    if (answer->status != STATUS_OK && crowd_game_is_open(game))
        crowd_note(game->crowd, CROWD_REFUSED, "a report of %s against %s: %s",
                   game->players[0]->name, game->players[1]->name, answer->message);
}

void crowd_report(struct crowd_game *game, const char *reporter, bool is_director, int first_score,
                  int second_score)
{
    char text[48];
    char event_id[2 * CROWD_ID_MAX];
    Arbiter__V1__PlayRequest play = ARBITER__V1__PLAY_REQUEST__INIT;
    (void)snprintf(text, sizeof text, "report %d %d", first_score, second_score);      /* fits */
    (void)snprintf(event_id, sizeof event_id, "%.31s/%.31s", game->game_id, reporter); /* fits */
    play.game_id = game->game_id;
    play.expected_turn = -1;
    play.event_id = event_id;
    play.player_id = (char *)reporter;
    play.as_director = is_director;
    play.event = text;
    ask(&game->crowd->asks,
        &(struct ask_what){&arbiter__v1__gamesvc__descriptor, "Play", &play.base, false},
        on_reported, game);
}

static void report_as(struct crowd_game *game, int seat)
{
    struct crowd_player *player = game->players[seat];
    bool is_wrong = game->course.is_disputed && seat == 1;
    crowd_report(game, player->id, false, game->course.scores[0] + (is_wrong ? 1 : 0),
                 game->course.scores[1]);
    if (++game->reports == 2 && game->course.is_disputed) {
        crowd_note(game->crowd, CROWD_DISPUTE, "%s and %s report different scores (round %d)",
                   game->players[0]->name, game->players[1]->name, game->round);
        crowd_after(game->crowd, game->crowd->options.model->director_ms, crowd_director_settles,
                    game);
    }
    if (player->person.leaves_after == game->round)
        crowd_withdraw(player, "leaves");
}

static void first_reports(void *user)
{
    report_as(user, 0);
}

static void second_reports(void *user)
{
    report_as(user, 1);
}

bool crowd_is_away(struct crowd_player *player, int round)
{
    bool has_left =
        player->is_out || (player->person.leaves_after > 0 && round > player->person.leaves_after);
    if (!has_left && !player->person.is_absent)
        return false;
    if (player->missed != round)
        crowd_note(player->crowd, CROWD_NO_SHOW, "%s does not come (round %d)", player->name,
                   round);
    player->missed = round;
    if (has_left)
        crowd_withdraw(player, "has left");
    return true;
}

static void sit_down(struct crowd_game *game)
{
    struct crowd *crowd = game->crowd;
    const struct model_game *course = &game->course;
    int64_t late_ms = course->late_ms[0];
    bool is_away_first = crowd_is_away(game->players[0], game->round);
    bool is_away_second = crowd_is_away(game->players[1], game->round);
    if (is_away_first || is_away_second) {
        crowd_after(crowd, crowd->options.model->patience_ms, crowd_director_forfeits, game);
        return;
    }
    if (game->has_called)
        late_ms = 0; /* everybody was waited for before */
    for (int i = 0; i < 2; i++) {
        if (course->late_ms[i] == 0 || game->has_called)
            continue;
        late_ms = course->late_ms[i] > late_ms ? course->late_ms[i] : late_ms;
        crowd_note(crowd, CROWD_LATE, "%s is %lld min late (round %d)", game->players[i]->name,
                   (long long)((course->late_ms[i] + 59999) / 60000), game->round);
    }
    int64_t end_ms = late_ms + course->duration_ms;
    crowd_after(crowd, end_ms + course->report_ms[0], first_reports, game);
    crowd_after(crowd, end_ms + course->report_ms[1], second_reports, game);
}

static int meetings_before(struct crowd *crowd, const char *game_id, char **columns)
{
    char sql[320];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM games WHERE division_id = '%s' AND round = %s AND "
                   "first_player IN ('%s', '%s') AND second_player IN ('%s', '%s') AND rowid < "
                   "(SELECT rowid FROM games WHERE game_id = '%s')",
                   columns[2], columns[3], columns[5], columns[6], columns[5], columns[6],
                   game_id); /* short ids */
    return (int)world_number(crowd->world, sql);
}

/* rowid, game_id, division_id, round, board, first_player, second_player */
static void on_game(int count, char **columns, void *user)
{
    struct crowd *crowd = user;
    int first = crowd_find(crowd, columns[5]);
    int second = crowd_find(crowd, columns[6]);
    struct crowd_game *game = arena_alloc(&crowd->arena, sizeof *game);
    assert(count == 7 && game != NULL && first >= 0 && second >= 0);
    crowd->games_seen = strtoll(columns[0], NULL, 10);
    *game = (struct crowd_game){.crowd = crowd,
                                .division = crowd->players[first].division,
                                .round = (int)strtol(columns[3], NULL, 10),
                                .board = (int)strtol(columns[4], NULL, 10),
                                .players = {&crowd->players[first], &crowd->players[second]}};
    (void)snprintf(game->game_id, sizeof game->game_id, "%s", columns[1]); /* short ids */
    const struct format_game *rules = &crowd->options.format->divisions[game->division].game;
    struct model_clock clock = {rules->initial_time_ms, rules->increment_ms, rules->overtime_ms};
    struct model_pair pair = {.first = columns[5],
                              .second = columns[6],
                              .first_rating = crowd->players[first].rating,
                              .second_rating = crowd->players[second].rating,
                              .round = game->round,
                              .meeting = meetings_before(crowd, columns[1], columns)};
    const struct format_time *time = &crowd->options.format->time;
    game->has_called =
        time->ready_deadline_ms > 0 && time->start_clocks_at == FORMAT_CLOCKS_WHEN_READY;
    model_game_draw(crowd->options.model, crowd->world->options.seed, &clock, &pair, &game->course);
    sit_down(game);
}

/* ---- looking ------------------------------------------------------------------------------- */

static void look(void *user)
{
    struct crowd *crowd = user;
    char sql[192];
    crowd->is_looking = false;
    (void)snprintf(sql, sizeof sql,
                   "SELECT rowid, game_id, division_id, round, board, first_player, second_player "
                   "FROM games WHERE rowid > %" PRId64 " ORDER BY rowid",
                   crowd->games_seen); /* fits */
    world_rows(crowd->world, sql, on_game, crowd);
    crowd_answer_calls(crowd);
    crowd_director_looks(crowd);
}

/* Something has happened: everybody looks, once for all that happens at the moment. */
static void on_event(const char *subject, const void *data, size_t size, void *user)
{
    struct crowd *crowd = user;
    (void)subject, (void)data, (void)size; /* what there is to see is in the books */
    if (crowd->is_looking)
        return;
    crowd->is_looking = true;
    crowd_after(crowd, LOOK_MS, look, crowd);
}

/* Nobody waits for ever on an event that never comes. */
static void heartbeat(void *user)
{
    struct crowd *crowd = user;
    if (crowd->is_over)
        return;
    on_event("", NULL, 0, crowd);
    crowd_after(crowd, HEARTBEAT_MS, heartbeat, crowd);
}

/* ---- life ---------------------------------------------------------------------------------- */

void crowd_begin(struct crowd *crowd)
{
    enum status status =
        bus_subscribe(crowd->world->edge, "arbiter.v1.evt.>", NULL, on_event, crowd);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
    world_rows(crowd->world, "CREATE TABLE crowd_called (instance_id text PRIMARY KEY)", NULL,
               NULL);
    crowd_director_opens(crowd);
    crowd_after(crowd, HEARTBEAT_MS, heartbeat, crowd);
}

void crowd_init(struct crowd *crowd, struct world *world, const struct crowd_options *options)
{
    *crowd = (struct crowd){.world = world, .options = *options, .asks = {.bus = world->edge}};
    arena_init(&crowd->arena, ARENA_BYTES_MAX);
    size_t count = (size_t)options->player_count;
    crowd->players = arena_array(&crowd->arena, count, sizeof *crowd->players);
    crowd->notes = arena_array(&crowd->arena, CROWD_NOTES_MAX, sizeof *crowd->notes);
    assert(crowd->players != NULL && crowd->notes != NULL);
    memcpy(crowd->players, options->players, count * sizeof *crowd->players);
    for (size_t i = 0; i < count; i++) {
        struct crowd_player *player = &crowd->players[i];
        player->crowd = crowd;
        model_person_draw(options->model, world->options.seed, player->id,
                          options->format->divisions[player->division].rounds, &player->person);
        if (options->record != NULL && options->from_round > 1) /* he was there */
            player->person.enters_late = false;
    }
    crowd->options.players = crowd->players;
}

void crowd_deinit(struct crowd *crowd)
{
    asks_deinit(&crowd->asks);
    arena_deinit(&crowd->arena);
}
