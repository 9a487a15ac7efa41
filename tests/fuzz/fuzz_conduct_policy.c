/* Bytes as a conduct policy: faults, or a policy that judges games; what it keeps of a player is
 * written and read again as the same. */
#include "orchestrator/conduct/conduct_policy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS INT64_C(1790000000000)
#define HOUR_MS INT64_C(3600000)

enum { GAMES = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_history(const struct conduct_history *history, struct arena *arena)
{
    static struct conduct_history again; /* large */
    const char *text = conduct_history_write(history, arena);
    if (text == NULL)
        return;
    if (conduct_history_read(text, &again) != STATUS_OK)
        abort();
    const char *more = conduct_history_write(&again, arena);
    if (more != NULL && strcmp(text, more) != 0)
        abort();
}

static void use(const struct conduct_policy *policy, struct arena *arena)
{
    static struct conduct_history history;
    struct conduct_forecast forecasts[CONDUCT_FORECASTS_MAX];
    char name[CONDUCT_NAME_MAX] = "";
    history = (struct conduct_history){.joined_ms = START_MS};
    for (int i = 0; i < GAMES; i++) {
        (void)snprintf(name, sizeof name, "game%d", i);
        struct conduct_game game = {.game_id = name,
                                    .reason = i % 3 == 0 ? "timeout" : "resigned",
                                    .lost = i % 2 == 0,
                                    .rated = true,
                                    .clock_ms = HOUR_MS,
                                    .turns = i,
                                    .acts = i / 2,
                                    .moves = i / 2,
                                    .left_ms = 1000 * i,
                                    .waited_ms = 60000 * i};
        double points = 0;
        const char *outcome = conduct_judge(policy, &game, arena, &points);
        if (outcome == NULL || conduct_add(policy, &history, name, outcome, points,
                                           START_MS + i * HOUR_MS, arena) == NULL)
            return;
        (void)conduct_forecast(policy, &history, START_MS + i * HOUR_MS, arena, forecasts);
    }
    (void)conduct_appeal(policy, &history, "game3", arena); /* it may never have counted */
    (void)conduct_standing(policy, &history, START_MS + GAMES * HOUR_MS);
    check_history(&history, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct conduct_policy policy; /* large */
    struct arena arena;
    arena_init(&arena, (size_t)16 << 20);
    struct yaml_faults faults = {.arena = &arena};
    enum status status = conduct_policy_read(&arena, (const char *)data, size, &faults, &policy);
    if (status == STATUS_OK)
        use(&policy, &arena);
    else if (status == STATUS_INVALID_ARGUMENT && faults.error_count == 0)
        abort(); /* whoever is refused is told why */
    arena_deinit(&arena);
    return 0;
}
