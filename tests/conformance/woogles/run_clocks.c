/* Clocks and requests between players: correspondence_clock.json, meta_events.json. */
#include "tests/conformance/woogles/woogles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gamesvc/rules/meta.h"
#include "gamesvc/rules/timing.h"

#define SECOND_MS ((int64_t)1000)

void run_correspondence_clock(const json_t *root, struct woogles_tally *tally)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(root, "cases"), i, item)
    {
        struct timing_control control = {.kind = TIMING_CORRESPONDENCE,
                                         .initial_ms = 60 * SECOND_MS,
                                         .bank_ms = woogles_int(item, "bank_min") * 60 * SECOND_MS};
        struct timing timing = timing_full(&control);
        timing_start(&timing, 0, 0);
        bool down = timing_flag_is_down(&timing, woogles_int(item, "elapsed") * SECOND_MS);
        woogles_case(tally, down == woogles_bool(item, "timed_out"), "case %zu: the flag is %s", i,
                     down ? "down" : "up");
    }
}

/* ---- requests ---------------------------------------------------------------------------- */

/* The table the cases are played at: 25 minutes each, the first player on turn. */
struct meta_table {
    struct meta meta;
    struct timing timing;
    struct meta_game game;
    int64_t now_ms;
    int announced;
    struct meta_outcome outcome; /* of the last step */
    char request_id[16];         /* of the last request */
    int events;
};

static void open_table(struct meta_table *table)
{
    static const struct timing_control control = {.kind = TIMING_REAL_TIME,
                                                  .initial_ms = 25 * 60 * SECOND_MS};
    *table = (struct meta_table){.timing = timing_full(&control)};
    timing_start(&table->timing, 0, 0);
    table->game = (struct meta_game){.timing = &table->timing, .rated = true};
}

static const struct {
    const char *name;
    enum meta_kind kind;
    bool asks;
    int seat; /* who does it where the step names nobody */
} kinds[] = {
    {"REQUEST_ABORT", META_REQUEST_ABORT, true, 0},
    {"REQUEST_ADJUDICATION", META_REQUEST_ADJUDICATION, true, 0},
    {"REQUEST_UNDO", META_REQUEST_UNDO, true, 0},
    {"REQUEST_ADJOURN", META_REQUEST_ADJOURN, true, 0},
    {"ABORT_ACCEPTED", META_ABORT_ACCEPTED, false, 1},
    {"ABORT_DENIED", META_ABORT_DENIED, false, 1},
    {"ADJUDICATION_ACCEPTED", META_ADJUDICATION_ACCEPTED, false, 1},
    {"ADJUDICATION_DENIED", META_ADJUDICATION_DENIED, false, 1},
    {"ADD_TIME", META_ADD_TIME, true, 0},
    {"TIMER_EXPIRED", META_TIMER_EXPIRED, false, 0},
};

static void send(struct meta_table *table, enum meta_kind kind, bool asks, enum rules_party actor,
                 const char *answers)
{
    char id[16];
    (void)snprintf(id, sizeof id, "m%d", table->events++);
    struct meta_event event = {kind, actor, id, answers, table->now_ms};
    meta_apply(&table->meta, &table->game, &event, &table->outcome);
    if (table->outcome.verdict != RULES_ACCEPTED)
        return;
    table->announced += table->outcome.announce;
    if (asks)
        memcpy(table->request_id, id, sizeof id);
    if (table->outcome.effect == META_ABORTS || table->outcome.effect == META_FORFEITS)
        table->game.over = true;
}

static enum rules_party actor_of(const char *step, int otherwise)
{
    if (strncmp(step, "jesse", 5) == 0)
        return RULES_FIRST;
    if (strncmp(step, "cesar", 5) == 0)
        return RULES_SECOND;
    return otherwise == 0 ? RULES_FIRST : RULES_SECOND;
}

/* Plays one step, such as "cesar ABORT_ACCEPTED other orig_event_id". False: not understood. */
static bool play_step(struct meta_table *table, const char *step)
{
    if (strncmp(step, "clock +", 7) == 0) {
        table->now_ms += strtoll(step + 7, NULL, 10) * SECOND_MS;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strstr(step, kinds[i].name) == NULL)
            continue;
        bool wrong_id = strstr(step, "other orig_event_id") != NULL;
        send(table, kinds[i].kind, kinds[i].asks, actor_of(step, kinds[i].seat),
             wrong_id ? "another" : table->request_id);
        return true;
    }
    return false;
}

/* What the cases call an error, and what it is called here. */
static const char *const errors[][2] = {
    {"ErrNoMatchingEvent", "NO_SUCH_REQUEST"},
    {"ErrMetaEventExpirationIncorrect", "NOT_EXPIRED"},
    {"ErrAlreadyOutstandingRequest", "REQUEST_OPEN"},
    {"ErrTooManyAborts", "TOO_MANY_REQUESTS"},
    {"ErrTooManyNudges", "TOO_MANY_REQUESTS"},
    {"ErrTooManyTurns", "TOO_LATE"},
    {"ErrPleaseWaitToEnd", "ALMOST_OVER"},
};

static bool is_error(const char *expected, const char *reason)
{
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        if (strcmp(errors[i][0], expected) == 0)
            return strcmp(errors[i][1], reason) == 0;
    return reason[0] != '\0';
}

/* The first message is the history; an end of the game makes three more. */
static int messages(const struct meta_table *table)
{
    return 1 + table->announced + (table->game.over ? 3 : 0);
}

static void check_steps(const json_t *item, struct woogles_tally *tally)
{
    struct meta_table table;
    const char *name = woogles_text(item, "name");
    const char *error = woogles_text(item, "expect_error");
    const char *expect = woogles_text(item, "expect");
    size_t i;
    json_t *step;
    open_table(&table);
    json_array_foreach(json_object_get(item, "steps"), i, step)
    {
        if (!play_step(&table, json_string_value(step))) {
            printf("skipped %s: step \"%s\" is not understood\n", name, json_string_value(step));
            tally->skipped++;
            return;
        }
        bool is_last = i + 1 == json_array_size(json_object_get(item, "steps"));
        if (!is_last && table.outcome.verdict != RULES_ACCEPTED) {
            woogles_case(tally, false, "%s: %s", name, table.outcome.text);
            return;
        }
    }
    bool passed = table.outcome.verdict == RULES_ACCEPTED;
    if (error[0] != '\0')
        passed = table.outcome.verdict == RULES_REFUSED && is_error(error, table.outcome.reason);
    else if (strncmp(expect, "error", 5) == 0)
        passed = table.outcome.verdict == RULES_REFUSED;
    else if (strncmp(expect, "game over", 9) == 0)
        passed = passed && table.game.over;
    if (json_object_get(item, "events") != NULL)
        passed = passed && messages(&table) == (int)woogles_int(item, "events");
    woogles_case(tally, passed, "%s: %s, %d messages", name, table.outcome.reason,
                 messages(&table));
}

/* Whoever does not play can neither ask nor answer. */
static void check_strangers(struct woogles_tally *tally)
{
    struct meta_table table;
    bool refused = true;
    open_table(&table);
    send(&table, META_REQUEST_ABORT, true, RULES_WATCHER, NULL);
    refused = refused && table.outcome.verdict == RULES_REFUSED;
    send(&table, META_REQUEST_ABORT, true, RULES_FIRST, NULL);
    send(&table, META_ABORT_ACCEPTED, false, RULES_WATCHER, table.request_id);
    refused = refused && table.outcome.verdict == RULES_REFUSED;
    woogles_case(tally, refused && table.meta.is_open, "a stranger's request or answer counted");
}

static void check_add_time(struct woogles_tally *tally)
{
    struct meta_table table;
    open_table(&table);
    send(&table, META_ADD_TIME, true, RULES_FIRST, NULL);
    bool refused = table.outcome.verdict == RULES_REFUSED;
    table.game.rated = false;
    send(&table, META_ADD_TIME, true, RULES_FIRST, NULL);
    woogles_case(tally,
                 refused && table.outcome.effect == META_ADDS_TIME &&
                     table.outcome.seat == RULES_SECOND,
                 "time can be added in a rated game, or not in a casual one");
}

void run_meta_events(const json_t *root, struct woogles_tally *tally)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(root, "cases"), i, item)
    {
        const char *name = woogles_text(item, "name");
        if (json_is_array(json_object_get(item, "steps"))) {
            check_steps(item, tally);
        } else if (strstr(name, "observer") != NULL) {
            check_strangers(tally);
        } else if (strstr(name, "ADD_TIME in rated game") != NULL) {
            check_add_time(tally);
        } else {
            printf("skipped %s: it has no steps\n", name);
            tally->skipped++;
        }
    }
}
