/* The director: opens the event, and acts where the house waits for a word. */
#include "simulation/crowd_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/orchestrator.pb-c.h"

#define DIRECTOR "director"

enum { LATE_ENTRY_MS = 10 * 60 * 1000, FORFEITS_MAX = 2, PAIRING_TRIES_MAX = 3 };

static void on_word(const struct bus_answer *answer, void *user)
{
    struct crowd *crowd = user;
    if (answer->status != STATUS_OK)
        crowd_note(crowd, CROWD_REFUSED, "the director is told: %s", answer->message);
}

/* ---- opening ------------------------------------------------------------------------------- */

/* Whoever had left before the rounds that are simulated does not come back. 0: has not left. */
static int left_after_round(const struct crowd *crowd, const struct crowd_player *player)
{
    const struct record *record = crowd->options.record;
    if (record == NULL || player->division != 0)
        return 0;
    int left_after = record->players[player - crowd->players].withdrawn_after;
    return left_after < crowd->options.from_round ? left_after : 0;
}

static struct value entrant_of(struct crowd *crowd, const struct crowd_player *player)
{
    struct value_entry *entries = arena_array(&crowd->arena, 5, sizeof *entries);
    int left_after = left_after_round(crowd, player);
    assert(entries != NULL);
    entries[0] = (struct value_entry)CROWD_ENTRY("player", value_text(player->id));
    entries[1] = (struct value_entry)CROWD_ENTRY("name", value_text(player->name));
    entries[2] = (struct value_entry)CROWD_ENTRY("seed", value_int(player->seed));
    entries[3] = (struct value_entry)CROWD_ENTRY("rating", value_double(player->rating));
    entries[4] = (struct value_entry)CROWD_ENTRY("to_round", value_int(left_after));
    return value_map(entries, left_after > 0 ? 5 : 4);
}

/* Enters those of a division who are (or are not) there from the start; returns how many. */
static int enter(struct crowd *crowd, int division, bool late, ask_on_answer on_answer)
{
    char division_id[CROWD_ID_MAX];
    struct arena_mark mark = arena_mark(&crowd->arena);
    size_t count = 0;
    struct value *entrants =
        arena_array(&crowd->arena, (size_t)crowd->options.player_count, sizeof *entrants);
    assert(entrants != NULL);
    for (int i = 0; i < crowd->options.player_count; i++) {
        struct crowd_player *player = &crowd->players[i];
        if (player->division != division || player->is_entered ||
            player->person.enters_late != late)
            continue;
        player->is_entered = true;
        entrants[count++] = entrant_of(crowd, player);
        if (late)
            crowd_note(crowd, CROWD_LATE_ENTRY, "%s enters", player->name);
    }
    crowd_division_id(division, division_id);
    struct value_entry data[] = {CROWD_ENTRY("division", value_text(division_id)),
                                 CROWD_ENTRY("entrants", value_list(entrants, count))};
    if (count > 0)
        crowd_tell(crowd,
                   &(struct crowd_event){"tournament:" CROWD_TOURNAMENT, "entrants.add", data,
                                         COUNT_OF(data), DIRECTOR},
                   on_answer, crowd);
    arena_rewind(&crowd->arena, mark);
    return (int)count;
}

static void enter_late(void *user)
{
    struct crowd *crowd = user;
    for (size_t i = 0; i < crowd->options.format->division_count; i++)
        (void)enter(crowd, (int)i, true, on_word); /* nobody late is fine */
}

static void start(void *user)
{
    struct crowd *crowd = user;
    crowd_tell(
        crowd,
        &(struct crowd_event){"tournament:" CROWD_TOURNAMENT, "director.start", NULL, 0, DIRECTOR},
        on_word, crowd);
}

static void on_entered(const struct bus_answer *answer, void *user)
{
    struct crowd *crowd = user;
    on_word(answer, crowd);
    if (crowd->asks.open > 1 || crowd->has_started)
        return; /* this one and others of the same kind */
    crowd->has_started = true;
    int64_t wait_ms = crowd->options.starts_at_ms - loop_now_ms(crowd->world->loop);
    wait_ms = wait_ms > 0 ? wait_ms : 0;
    if (crowd->options.format->time.begins == FORMAT_BEGINS_BY_DIRECTOR)
        crowd_after(crowd, wait_ms, start, crowd);
    crowd_after(crowd, wait_ms + LATE_ENTRY_MS, enter_late, crowd);
    crowd_check_in(crowd);
}

static void on_opened(const struct bus_answer *answer, void *user)
{
    struct crowd *crowd = user;
    on_word(answer, crowd);
    crowd->has_opened = answer->status == STATUS_OK;
    if (!crowd->has_opened) {
        crowd->is_over = true;
        return;
    }
    for (size_t i = 0; i < crowd->options.format->division_count; i++)
        (void)enter(crowd, (int)i, false,
                    on_entered); /* an empty division is the house's to judge */
}

void crowd_director_opens(struct crowd *crowd)
{
    Arbiter__V1__OpenTournamentRequest open = ARBITER__V1__OPEN_TOURNAMENT_REQUEST__INIT;
    open.tournament_id = CROWD_TOURNAMENT;
    open.name = (char *)crowd->options.format->name;
    open.policy = (char *)crowd->options.policy;
    open.actor = DIRECTOR;
    ask(&crowd->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "OpenTournament", &open.base,
                           false},
        on_opened, crowd);
}

/* ---- recorded rounds ----------------------------------------------------------------------- */

static const char *outcome_of(const struct record_result *result)
{
    if (result->kind == RECORD_FORFEIT && result->outcome == RECORD_LOSS)
        return "second";
    return result->outcome == RECORD_WIN    ? "first"
           : result->outcome == RECORD_DRAW ? "draw"
                                            : "second";
}

static struct value row_of(struct crowd *crowd, int player, const struct record_result *result)
{
    struct value_entry *entries = arena_array(&crowd->arena, 8, sizeof *entries);
    bool is_bye = result->opponent == RECORD_NOBODY;
    bool is_lost_bye = is_bye && result->outcome == RECORD_LOSS;
    assert(entries != NULL);
    const char *kind = is_bye ? (result->kind == RECORD_BYE_HALF   ? "half_bye"
                                 : result->kind == RECORD_BYE_ZERO ? "zero_bye"
                                                                   : "bye")
                              : (result->kind == RECORD_FORFEIT ? "forfeit" : "game");
    const char *outcome = is_lost_bye ? "second" : is_bye ? "bye" : outcome_of(result);
    size_t count = 0;
    entries[count++] =
        (struct value_entry)CROWD_ENTRY("first", value_text(crowd->players[player].id));
    entries[count++] = (struct value_entry)CROWD_ENTRY(
        "second", value_text(is_bye ? "" : crowd->players[result->opponent].id));
    entries[count++] = (struct value_entry)CROWD_ENTRY("kind", value_text(kind));
    entries[count++] = (struct value_entry)CROWD_ENTRY("status", value_text("final"));
    entries[count++] = (struct value_entry)CROWD_ENTRY("outcome", value_text(outcome));
    entries[count++] = (struct value_entry)CROWD_ENTRY("first_score", value_int(result->own_score));
    entries[count++] =
        (struct value_entry)CROWD_ENTRY("second_score", value_int(result->other_score));
    return value_map(entries, count);
}

/* Whether this player's line stands for the pairing: a bye, or the one who moved first (the one
 * with the lower number where that is not known). */
static bool speaks_for_pair(int player, const struct record_result *result)
{
    if (result->opponent == RECORD_NOBODY)
        return record_was_paired(result) || result->kind == RECORD_BYE_HALF ||
               result->kind == RECORD_BYE_ZERO || result->kind == RECORD_BYE_FULL;
    if (result->side == RECORD_SIDE_NONE)
        return player < result->opponent;
    return result->side == RECORD_FIRST;
}

static void enter_round(struct crowd *crowd, const char *instance_id, int round)
{
    const struct record *record = crowd->options.record;
    struct arena_mark mark = arena_mark(&crowd->arena);
    struct value *rows = arena_array(&crowd->arena, (size_t)record->player_count, sizeof *rows);
    size_t count = 0;
    assert(rows != NULL);
    for (int i = 0; i < record->player_count; i++) {
        const struct record_result *result = record_result(record, i, round);
        if (speaks_for_pair(i, result))
            rows[count++] = row_of(crowd, i, result);
    }
    struct value_entry data[] = {CROWD_ENTRY("pairings", value_list(rows, count))};
    crowd_tell(
        crowd,
        &(struct crowd_event){instance_id, "director.pairings", data, COUNT_OF(data), DIRECTOR},
        on_word, crowd);
    arena_rewind(&crowd->arena, mark);
}

/* ---- looking after it ---------------------------------------------------------------------- */

/* What a division waits for, to be done when the director has come to it. */
struct errand {
    struct crowd *crowd;
    char instance_id[2 * CROWD_ID_MAX];
    const char *event;
};

static void run_errand(void *user)
{
    struct errand *errand = user;
    crowd_tell(errand->crowd,
               &(struct crowd_event){errand->instance_id, errand->event, NULL, 0, DIRECTOR},
               on_word, errand->crowd);
}

static void plan_errand(struct crowd *crowd, const char *instance_id, const char *event,
                        int64_t delay_ms)
{
    struct errand *errand = arena_alloc(&crowd->arena, sizeof *errand);
    assert(errand != NULL);
    *errand = (struct errand){.crowd = crowd, .event = event};
    (void)snprintf(errand->instance_id, sizeof errand->instance_id, "%s", instance_id); /* fits */
    crowd_after(crowd, delay_ms, run_errand, errand);
}

static void pair_by_hand(struct crowd *crowd, const char *instance_id, int division, int round)
{
    const struct format_division *format = &crowd->options.format->divisions[division];
    bool is_recorded = crowd->options.record != NULL && division == 0;
    if (is_recorded && round < crowd->options.from_round) {
        enter_round(crowd, instance_id, round);
        return;
    }
    /* Asked for by the edit of the policy's text, the first time; otherwise there is something
     * wrong, and trying again helps as little as it does people. */
    int tries = crowd->pairing_round[division] == round ? crowd->pairing_tries[division] : 0;
    crowd->pairing_round[division] = round;
    crowd->pairing_tries[division] = tries + 1;
    if (is_recorded && tries == 0) {
        plan_errand(crowd, instance_id, "director.pair", 0);
    } else if (tries < PAIRING_TRIES_MAX) {
        crowd_note(crowd, CROWD_DIRECTOR, "pairs round %d of %s", round, format->name);
        plan_errand(crowd, instance_id, "director.pair", crowd->options.model->director_ms);
    } else if (tries == PAIRING_TRIES_MAX) {
        crowd_note(crowd, CROWD_REFUSED, "round %d of %s cannot be paired", round, format->name);
    }
}

/* instance_id, seq, tags, round */
static void on_waiting(int count, char **columns, void *user)
{
    struct crowd *crowd = user;
    const struct model *model = crowd->options.model;
    (void)count; /* as the query says */
    int division = (int)strtol(strrchr(columns[0], '-') + 1, NULL, 10) - 1;
    int64_t seq = strtoll(columns[1], NULL, 10);
    int round = (int)strtol(columns[3], NULL, 10); /* the last that was announced */
    if (crowd->steps_seen[division] == seq)
        return;
    crowd->steps_seen[division] = seq;
    if (strstr(columns[2], "needs_director") != NULL) {
        pair_by_hand(crowd, columns[0], division, round + 1);
        return;
    }
    if (!crowd->options.format->divisions[division].is_advanced_by_director)
        return; /* a break of the policy's own */
    bool is_recorded =
        crowd->options.record != NULL && division == 0 && round + 1 < crowd->options.from_round;
    plan_errand(crowd, columns[0], "director.next_round", is_recorded ? 0 : model->break_ms);
}

/* seq, tags: the event waits for a word */
static void on_event_waiting(int count, char **columns, void *user)
{
    struct crowd *crowd = user;
    int64_t seq = strtoll(columns[0], NULL, 10);
    bool is_before = strstr(columns[1], "registration") != NULL;
    (void)count; /* as the query says */
    if (crowd->tournament_seen == seq)
        return;
    crowd->tournament_seen = seq;
    crowd_note(crowd, CROWD_DIRECTOR, is_before ? "begins the event" : "ends the event");
    plan_errand(crowd, "tournament:" CROWD_TOURNAMENT,
                is_before ? "director.start" : "director.finish",
                crowd->options.model->director_ms);
}

void crowd_director_looks(struct crowd *crowd)
{
    if (!crowd->has_opened)
        return;
    world_rows(crowd->world,
               "SELECT seq, tags FROM instances WHERE machine = 'tournament' AND tags LIKE "
               "'%needs_director%'",
               on_event_waiting, crowd);
    world_rows(crowd->world,
               "SELECT i.instance_id, i.seq, i.tags, d.round FROM instances AS i JOIN divisions AS "
               "d ON i.instance_id = 'division:' || d.division_id WHERE i.machine = 'division' AND "
               "(i.tags LIKE '%needs_director%' OR i.tags LIKE '%between_rounds%')",
               on_waiting, crowd);
    crowd->is_over =
        world_number(crowd->world, "SELECT count(*) FROM tournaments WHERE status NOT IN "
                                   "('finished', 'cancelled')") == 0 &&
        crowd->asks.open == 0;
}

/* ---- games --------------------------------------------------------------------------------- */

void crowd_director_settles(void *user)
{
    struct crowd_game *game = user;
    if (!crowd_game_is_open(game))
        return;
    crowd_note(game->crowd, CROWD_DIRECTOR, "settles %s against %s (round %d)",
               game->players[0]->name, game->players[1]->name, game->round);
    crowd_report(game, DIRECTOR, true, game->course.scores[0], game->course.scores[1]);
}

static bool is_gone(const struct crowd_player *player)
{
    return player->person.is_absent || player->is_out;
}

static void count_forfeit(struct crowd_player *player)
{
    if (is_gone(player) && ++player->forfeits >= FORFEITS_MAX)
        crowd_withdraw(player, "is taken out by the director");
}

void crowd_director_forfeits(void *user)
{
    struct crowd_game *game = user;
    struct crowd *crowd = game->crowd;
    char instance_id[3 * CROWD_ID_MAX];
    char division_id[CROWD_ID_MAX];
    bool is_gone_first = is_gone(game->players[0]);
    bool is_gone_second = is_gone(game->players[1]);
    if (!crowd_game_is_open(game))
        return; /* the policy has seen to it */
    crowd_division_id(game->division, division_id);
    (void)snprintf(instance_id, sizeof instance_id, "board:%s-r%d-b%d", division_id, game->round,
                   game->board); /* fits */
    const char *absent = is_gone_first && is_gone_second ? "both"
                         : is_gone_first                 ? "first"
                                                         : "second";
    crowd_note(crowd, CROWD_DIRECTOR, "gives %s the game: %s against %s (round %d)",
               is_gone_first && is_gone_second ? "nobody"
               : is_gone_first                 ? game->players[1]->name
                                               : game->players[0]->name,
               game->players[0]->name, game->players[1]->name, game->round);
    struct value_entry data[] = {CROWD_ENTRY("absent", value_text(absent))};
    crowd_tell(
        crowd,
        &(struct crowd_event){instance_id, "director.forfeit", data, COUNT_OF(data), DIRECTOR},
        on_word, crowd);
    count_forfeit(game->players[0]);
    count_forfeit(game->players[1]);
}
