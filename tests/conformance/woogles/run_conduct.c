/* Abandoned games and what follows: automod.json, by policies/conduct/woogles.yaml. */
#include "tests/conformance/woogles/woogles.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "orchestrator/conduct/conduct_policy.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MINUTES = 24 * 60, SEATS = 2 };

/* What a game's description comes to. */
struct described {
    int moves[SEATS];
    int phonies[SEATS];
};

struct automod {
    struct conduct_policy policy;
    struct conduct_history history[SEATS];
    struct arena arena;
    struct described before; /* the game before */
    int64_t now_ms;
    int games;
};

/* The file describes a few games in words. */
static const struct {
    const char *words;
    struct described game;
} in_words[] = {
    {"8 events where player 1 plays: pass, pass, tiles, pass", {{4, 1}, {0, 0}}},
    {"6, all three plays of player 0 are phonies", {{3, 3}, {3, 0}}},
    {"player 1 plays 2 phonies and 1 valid... (BUSUTUI, RETIANS phony; ZI as last)",
     {{3, 3}, {0, 3}}}, /* the expected report counts the third as well */
    {"player 1 one phony fewer", {{3, 3}, {0, 2}}},
};

static bool describe(const struct automod *automod, const json_t *turns, struct described *out)
{
    const char *words = json_string_value(turns);
    if (words == NULL) {
        int count = (int)json_integer_value(turns);
        *out = (struct described){.moves = {(count + 1) / 2, count / 2}};
        return true;
    }
    if (strcmp(words, "same") == 0) {
        *out = automod->before;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(in_words); i++)
        if (strcmp(words, in_words[i].words) == 0) {
            *out = in_words[i].game;
            return true;
        }
    return false;
}

static const char *reason_of(const char *end)
{
    return strcmp(end, "TIME") == 0       ? "timeout"
           : strcmp(end, "RESIGNED") == 0 ? "resigned"
                                          : "played";
}

/* Every move takes a minute; who sits, or loses on time, lets twice the initial time pass. */
static struct conduct_game game_of(const json_t *game, const struct described *described, int seat,
                                   const char *id)
{
    const char *reason = reason_of(woogles_text(game, "end"));
    bool lost = woogles_int(game, "loser") == seat;
    bool sits = lost && (woogles_bool(game, "sit") || strcmp(reason, "timeout") == 0);
    int64_t clock_ms = woogles_int(game, "minutes") * MINUTE_MS;
    int64_t left_ms = clock_ms - (int64_t)described->moves[seat] * MINUTE_MS;
    char denied[32];
    (void)snprintf(denied, sizeof denied, "player %d denied", seat); /* fits */
    return (struct conduct_game){
        .game_id = id,
        .reason = reason,
        .lost = lost,
        .won = !lost,
        .rated = woogles_bool(game, "rated"),
        .clock_ms = clock_ms,
        .acts = described->moves[seat],
        .moves = described->moves[seat],
        .placements = described->moves[seat],
        .phonies = described->phonies[seat],
        .left_ms = left_ms,
        .end_ms = sits ? left_ms - 2 * clock_ms : left_ms,
        .has_denied = strstr(woogles_text(game, "before"), denied) != NULL,
    };
}

static void play(struct automod *automod, const json_t *game, const struct described *described)
{
    char id[16];
    automod->now_ms += HOUR_MS;
    (void)snprintf(id, sizeof id, "g%d", automod->games++); /* fits */
    for (int seat = 0; seat < SEATS; seat++) {
        double points = 0.0;
        struct conduct_game played = game_of(game, described, seat, id);
        const char *outcome = conduct_judge(&automod->policy, &played, &automod->arena, &points);
        if (outcome != NULL)
            (void)conduct_add(&automod->policy, &automod->history[seat], id, outcome, points,
                              automod->now_ms, &automod->arena); /* its game is new */
    }
}

/* ---- expecting --------------------------------------------------------------------------- */

static bool is_called(const char *outcome, const char *expected)
{
    size_t i = 0;
    for (; outcome[i] != '\0'; i++)
        if (toupper((unsigned char)outcome[i]) != expected[i])
            return false;
    return expected[i] == '\0';
}

/* Bad games, the latest first. */
static bool is_report(const struct conduct_history *history, const json_t *expected)
{
    size_t next = 0;
    if (!json_is_array(expected))
        return true; /* nothing is said */
    for (int i = history->count - 1; i >= 0; i--) {
        const char *outcome = history->entries[i].outcome;
        if (strcmp(outcome, CONDUCT_GOOD) == 0)
            continue;
        const char *name = json_string_value(json_array_get(expected, next++));
        if (name == NULL || !is_called(outcome, name))
            return false;
    }
    return next == json_array_size(expected);
}

/* true, false, or "rated games, 6 days…" */
static bool is_suspended_so(const struct automod *automod, const json_t *expected, int seat)
{
    struct conduct_standing standing =
        conduct_standing(&automod->policy, &automod->history[seat], automod->now_ms);
    bool is_suspended = standing.measure == CONDUCT_SUSPENDED;
    long days = 0;
    if (expected == NULL)
        return true;
    if (json_is_boolean(expected))
        return is_suspended == json_is_true(expected);
    if (sscanf(woogles_value(expected) == 0 ? json_string_value(expected) : "",
               "rated games, %ld days", &days) != 1)
        return false;
    return is_suspended && strcmp(standing.from, "rated") == 0 &&
           standing.until_ms - automod->now_ms == days * DAY_MINUTES * (int64_t)MINUTE_MS;
}

/* How long the suspensions were that are history now. */
static bool had_suspensions(const struct conduct_history *history, const json_t *expected)
{
    size_t next = 0;
    if (!json_is_array(expected))
        return true;
    for (int i = 0; i < history->count && next < json_array_size(expected); i++) {
        const struct conduct_entry *entry = &history->entries[i];
        if (entry->measure != CONDUCT_SUSPENDED)
            continue;
        int64_t days = (entry->until_ms - entry->at_ms) / MINUTE_MS / DAY_MINUTES;
        if (days != json_integer_value(json_array_get(expected, next++)))
            return false;
    }
    return next == json_array_size(expected);
}

static bool is_as_expected(const struct automod *automod, const json_t *step)
{
    const json_t *points = json_object_get(step, "notoriety");
    const json_t *reports = json_object_get(step, "report_latest_first");
    for (size_t seat = 0; seat < SEATS; seat++) {
        const struct conduct_history *history = &automod->history[seat];
        double now = conduct_standing(&automod->policy, history, automod->now_ms).points;
        if (now != (double)json_integer_value(json_array_get(points, seat)) ||
            !is_report(history, json_array_get(reports, seat)))
            return false;
    }
    return is_suspended_so(automod, json_object_get(step, "suspended"), 1) &&
           had_suspensions(&automod->history[1], json_object_get(step, "history_days"));
}

/* ---- the file ---------------------------------------------------------------------------- */

static bool read_policy(struct automod *automod)
{
    struct buffer text = {0};
    struct yaml_faults faults = {.arena = &automod->arena};
    bool is_read = buffer_read_file(&text, WOOGLES_POLICIES "/conduct/woogles.yaml") == STATUS_OK &&
                   conduct_policy_read(&automod->arena, buffer_text(&text), text.size, &faults,
                                       &automod->policy) == STATUS_OK;
    buffer_deinit(&text);
    return is_read;
}

static void run_step(struct automod *automod, const json_t *step, size_t number,
                     struct woogles_tally *tally)
{
    const json_t *game = json_object_get(step, "game");
    struct described described = {0};
    if (json_is_string(game)) {
        memset(automod->history, 0, sizeof automod->history);
    } else if (!describe(automod, json_object_get(game, "turns"), &described)) {
        woogles_skip(tally, "game %zu is described in words that are not known", number);
        return;
    } else {
        int64_t repeat = woogles_int(game, "repeat");
        for (int64_t i = 0; i < (repeat > 0 ? repeat : 1); i++)
            play(automod, game, &described);
        automod->before = described;
    }
    woogles_case(tally, is_as_expected(automod, step), "game %zu", number);
}

void run_automod(const json_t *root, struct woogles_tally *tally)
{
    static struct automod automod;
    size_t i;
    json_t *step;
    automod = (struct automod){.now_ms = HOUR_MS};
    arena_init(&automod.arena, (size_t)16 << 20);
    bool is_read = read_policy(&automod);
    woogles_case(tally, is_read, "policies/conduct/woogles.yaml does not read");
    json_array_foreach(json_object_get(root, "sequence"), i, step)
    {
        if (is_read)
            run_step(&automod, step, i, tally);
    }
    arena_deinit(&automod.arena);
}
