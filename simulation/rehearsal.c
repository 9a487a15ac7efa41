/* Builds a world for a policy, lets it run to its end and reads the tale. */
#include "simulation/rehearsal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "fsm/yaml/yaml.h"
#include "orchestrator/event_input.h"
#include "simulation/policy_text.h"

#define ARENA_BYTES_MAX ((size_t)256 << 20)

enum {
    SWEEP_MS = 10 * 60 * 1000,
    SLICE_MS = 10 * 60 * 1000,
    EARLY_MS = 15 * 60 * 1000, /* before the first thing that a policy opens */
    DAY_MS = 24 * 60 * 60 * 1000,
    DAYS_MAX = 400,
    TURNS = 40
};

/* ---- the policy ---------------------------------------------------------------------------- */

/* Games stand for themselves: the model says how they end. Recorded rounds are the director's. */
static enum status prepare_text(struct arena *arena, const struct rehearsal_options *options,
                                const char **out_text)
{
    static const struct policy_edit reported = {POLICY_GAME, "rules", "reported"};
    static const struct policy_edit by_hand = {POLICY_DIVISION, "paired_by", "director"};
    enum status status = policy_text_set(arena, options->text, &reported, out_text);
    if (status == STATUS_OK && options->record != NULL && options->from_round > 1)
        status = policy_text_set(arena, *out_text, &by_hand, out_text);
    return status;
}

static enum status read_format(struct arena *arena, const char *text, const struct format **out,
                               struct fault *out_fault)
{
    struct yaml_faults faults = {.arena = arena};
    enum status status = format_read(arena, text, strlen(text), &faults, out);
    if (status != STATUS_OK)
        yaml_first_error(&faults, out_fault);
    return status;
}

/* ---- the players --------------------------------------------------------------------------- */

static void describe_player(struct crowd_player *player, const struct rehearsal_options *options,
                            int index, int count)
{
    const struct record *record = options->record;
    const struct record_player *known = record != NULL ? &record->players[index] : NULL;
    (void)snprintf(player->id, sizeof player->id, "p%03d", index + 1); /* fits */
    if (known != NULL && known->name[0] != '\0')
        (void)snprintf(player->name, sizeof player->name, "%s", known->name); /* may be cut */
    else
        (void)snprintf(player->name, sizeof player->name, "Player %d", index + 1); /* fits */
    player->rating =
        known != NULL && known->rating > 0 ? known->rating : model_rating(index + 1, count);
}

/* The strongest in the first division, and so on, in equal parts. */
static void seat_players(struct crowd_player *players, int count, int division_count)
{
    int seeds[FORMAT_DIVISIONS_MAX] = {0};
    for (int i = 0; i < count; i++) {
        players[i].division = (int)((int64_t)i * division_count / count);
        players[i].seed = ++seeds[players[i].division];
    }
}

static enum status check_sizes(const struct rehearsal_options *options, const struct format *format,
                               int count, struct fault *out_fault)
{
    int divisions = (int)format->division_count;
    if (count < 2 * divisions || count > REHEARSAL_PLAYERS_MAX)
        return fault_set(out_fault, 0, 0, "%d divisions need %d to %d players, not %d", divisions,
                         2 * divisions, REHEARSAL_PLAYERS_MAX, count);
    if (options->record == NULL)
        return STATUS_OK;
    if (divisions != 1)
        return fault_set(out_fault, 0, 0,
                         "a recorded division goes on with a policy of one division; this has %d",
                         divisions);
    if (options->from_round < 1 || options->from_round > format->divisions[0].rounds ||
        options->from_round > options->record->rounds_played + 1)
        return fault_set(out_fault, 0, 0,
                         "round %d cannot be the first to simulate: %d rounds are recorded, and "
                         "the policy has %d",
                         options->from_round, options->record->rounds_played,
                         format->divisions[0].rounds);
    return STATUS_OK;
}

/* ---- the run ------------------------------------------------------------------------------- */

/* When the world begins: early enough for whatever the policy opens before a start of its own. */
static enum status find_start(const struct format *format, int64_t *out_start_ms,
                              int64_t *out_world_ms, struct fault *out_fault)
{
    const struct format_time *time = &format->time;
    enum status status = event_begins_at(format, out_start_ms, out_fault);
    if (status != STATUS_OK)
        return status;
    int64_t before_ms = time->registration_opens_before_ms > time->check_in_opens_before_ms
                            ? time->registration_opens_before_ms
                            : time->check_in_opens_before_ms;
    *out_world_ms = *out_start_ms > 0 ? *out_start_ms - before_ms - EARLY_MS : 0;
    return STATUS_OK;
}

/* How long nothing may happen before nothing will: a day, or as long as four games take. */
static int64_t stall_of(const struct format *format)
{
    int64_t longest_ms = 0;
    for (size_t i = 0; i < format->division_count; i++) {
        const struct format_game *game = &format->divisions[i].game;
        int64_t game_ms =
            2 * (game->initial_time_ms + TURNS * game->increment_ms + game->overtime_ms);
        longest_ms = game_ms > longest_ms ? game_ms : longest_ms;
    }
    return DAY_MS + 4 * longest_ms;
}

/* Whether a timer will still move the event: not those that only close the books weeks later. */
static bool is_timed(struct world *world)
{
    return world_number(world,
                        "SELECT count(*) FROM timers JOIN instances AS i USING (instance_id) "
                        "WHERE i.machine <> 'conduct' AND ' ' || i.tags || ' ' NOT LIKE '% "
                        "amendable %'") > 0;
}

static void run_to_end(struct world *world, struct crowd *crowd)
{
    int64_t stall_ms = stall_of(crowd->options.format);
    int64_t steps = 0;
    int64_t moved_ms = 0;
    for (int64_t at_ms = 0; at_ms < (int64_t)DAYS_MAX * DAY_MS && !crowd->is_over;
         at_ms += SLICE_MS) {
        world_run(world, SLICE_MS);
        int64_t now_steps = world_number(world, "SELECT count(*) FROM journal");
        if (now_steps != steps || is_timed(world))
            moved_ms = at_ms;
        steps = now_steps;
        if (at_ms - moved_ms > stall_ms)
            return;
    }
}

static void run(const struct rehearsal_options *options, const struct crowd_options *people,
                int64_t world_ms, struct tale *out_tale)
{
    struct world world;
    struct crowd crowd;
    struct world_options world_options = {.seed = options->seed,
                                          .replicas = 1,
                                          .start_ms = world_ms,
                                          .sweep_ms = SWEEP_MS,
                                          .is_verbose = options->is_verbose,
                                          .policies = options->policies};
    world_init(&world, &world_options);
    crowd_init(&crowd, &world, people);
    crowd_begin(&crowd);
    run_to_end(&world, &crowd);
    tale_read(out_tale, &world, &crowd);
    world_deinit(&world);
    crowd_deinit(&crowd);
}

enum status rehearsal_play(const struct rehearsal_options *options, struct tale *out_tale,
                           struct fault *out_fault)
{
    struct arena arena;
    struct crowd_options people = {
        .model = &options->model, .record = options->record, .from_round = options->from_round};
    int count = options->record != NULL ? options->record->player_count : options->player_count;
    arena_init(&arena, ARENA_BYTES_MAX);
    /* As it stands first: its faults have the places that its author knows. */
    enum status status = read_format(&arena, options->text, &people.format, out_fault);
    if (status == STATUS_OK)
        status = check_sizes(options, people.format, count, out_fault);
    if (status == STATUS_OK)
        status = prepare_text(&arena, options, &people.policy);
    if (status == STATUS_OK)
        status = read_format(&arena, people.policy, &people.format, out_fault);
    int64_t world_ms = 0;
    if (status == STATUS_OK)
        status = find_start(people.format, &people.starts_at_ms, &world_ms, out_fault);
    if (status == STATUS_OK) {
        struct crowd_player *players = arena_array(&arena, (size_t)count, sizeof *players);
        assert(players != NULL);
        for (int i = 0; i < count; i++)
            describe_player(&players[i], options, i, count);
        seat_players(players, count, (int)people.format->division_count);
        people.players = players;
        people.player_count = count;
        run(options, &people, world_ms, out_tale);
    }
    arena_deinit(&arena);
    return status;
}
