/* conformance-tiebreak DIR: every tie-break named in DIR/expected.json over DIR/example.trf, in
 * both editions. Any other NAME.trf with a NAME.expected.json of the same form is run too. */
#include "orchestrator/record/book.h"
#include "orchestrator/standing/standing.h"
#include "tests/conformance/cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct event {
    struct arena arena;
    const struct record *record;
    struct cases_tally *tally;
};

static bool read_event(const char *directory, const char *name, struct event *event)
{
    struct buffer bytes = {0};
    struct fault fault = {0};
    struct book book;
    bool done =
        cases_read(directory, name, &bytes) &&
        book_read(BOOK_TRF26, bytes.data, bytes.size, &event->arena, &book, &fault) == STATUS_OK;
    if (done)
        event->record = book.divisions[0].record;
    else
        cases_count(event->tally, false, "%s/%s:%d:%d: %s", directory, name, fault.line,
                    fault.column, fault.text);
    buffer_deinit(&bytes);
    return done;
}

/* Games a player really won: no tie-break can count more of them. */
static int games_won(const struct record *record, int player)
{
    int won = 0;
    for (int round = 1; round <= record->rounds_played; round++) {
        const struct record_result *result = record_result(record, player, round);
        won += result->kind == RECORD_PLAYED && result->outcome == RECORD_WIN;
    }
    return won;
}

/* The unit a value is kept in: tenths of points, hundredths of products, whole numbers. */
static double as_number(const struct standing_term *term, const struct standing_value *value)
{
    char text[STANDING_TERM_TEXT_MAX];
    return value->exists ? strtod(standing_value_text(term, value, text), NULL) : NAN;
}

static void check_value(struct event *event, const char *name, const struct standing_term *term,
                        int player, const struct standing_value *value, double expected)
{
    double actual = as_number(term, value);
    int number = event->record->players[player].number;
    bool impossible = term->code == STANDING_WON && expected > games_won(event->record, player);
    if (impossible && actual != expected) {
        cases_skip(event->tally,
                   "%s of player %d: the file expects %g, but by example.trf the player won %d "
                   "games; we say %g",
                   name, number, expected, games_won(event->record, player), actual);
        return;
    }
    cases_count(event->tally, fabs(actual - expected) < 0.005, "%s of player %d: %g, expected %g",
                name, number, actual, expected);
}

/* Expected values are a list in the order of players, or an object by start number. */
static double expected_for(const json_t *expected, const struct record *record, int player,
                           bool *out_there)
{
    char key[16];
    snprintf(key, sizeof key, "%d", record->players[player].number);
    const json_t *value = json_is_array(expected) ? json_array_get(expected, (size_t)player)
                                                  : json_object_get(expected, key);
    *out_there = json_is_number(value);
    return json_number_value(value);
}

static void run_term(struct event *event, const char *code, const char *edition,
                     const json_t *expected)
{
    char text[64];
    struct standing_options options = {0};
    struct fault fault = {0};
    int count = event->record->player_count;
    struct standing_value *values = arena_array(&event->arena, (size_t)count + 1, sizeof *values);
    snprintf(text, sizeof text, "%s%s", code, edition);
    bool done = values != NULL && standing_order_parse(text, &options, &fault) == STATUS_OK &&
                standing_term_values(event->record, &options, &options.order[0], &event->arena,
                                     values) == STATUS_OK;
    if (!done) {
        cases_count(event->tally, false, "%s: %s", text, fault.text);
        return;
    }
    for (int player = 0; player < count; player++) {
        bool there;
        double value = expected_for(expected, event->record, player, &there);
        if (there)
            check_value(event, text, &options.order[0], player, &values[player], value);
    }
}

/* A member whose values are lists by tie-break. */
static void run_group(struct event *event, const json_t *group, const char *edition)
{
    const char *code;
    json_t *expected;
    json_object_foreach((json_t *)(uintptr_t)group, code, expected)
        run_term(event, code, edition, expected);
}

/* "unresolved": nobody of the players level on points is ahead. */
static void run_direct_encounter(struct event *event, const char *text)
{
    struct standing_options options = {0};
    struct standing_value values[64];
    struct fault fault;
    if (strstr(text, "unresolved") == NULL || event->record->player_count > 64 ||
        standing_order_parse("DE", &options, &fault) != STATUS_OK) {
        cases_skip(event->tally, "DE: \"%s\" is not understood", text);
        return;
    }
    bool done = standing_term_values(event->record, &options, &options.order[0], &event->arena,
                                     values) == STATUS_OK;
    for (const char *at = text + strcspn(text, "0123456789"); done && at[0] >= '0' && at[0] <= '9';
         at += strspn(at, ", ")) {
        char *end;
        int player = record_find(event->record, (int)strtol(at, &end, 10));
        done = player != RECORD_NOBODY && values[player].exists && values[player].numerator == 1;
        at = end;
    }
    cases_count(event->tally, done, "DE: somebody is ahead of the tie (%s)", text);
}

static void run_member(struct event *event, const char *key, const json_t *value)
{
    if (strcmp(key, "about") == 0)
        return;
    if (strcmp(key, "points") == 0)
        run_term(event, "PTS", "", value);
    else if (strcmp(key, "2024") == 0)
        run_group(event, value, "@24");
    else if (strcmp(key, "2026") == 0)
        run_group(event, value, "@26");
    else if (strcmp(key, "both") == 0) {
        run_group(event, value, "@24");
        run_group(event, value, "@26");
    } else if (strcmp(key, "DE") == 0 && json_is_string(value))
        run_direct_encounter(event, json_string_value(value));
    else if (strcmp(key, "adjusted") == 0)
        printf("note: adjusted scores are not a tie-break; BH and SB are made of them\n");
    else
        run_term(event, key, "", value);
}

static void run_pair(const char *directory, const char *trf, const char *expected_name,
                     struct cases_tally *tally)
{
    struct event event = {.tally = tally};
    json_t *expected = cases_read_json(directory, expected_name);
    arena_init(&event.arena, (size_t)64 << 20);
    if (expected == NULL) {
        cases_count(tally, false, "%s: there is no %s beside it", trf, expected_name);
    } else if (read_event(directory, trf, &event)) {
        const char *key;
        json_t *value;
        json_object_foreach(expected, key, value) run_member(&event, key, value);
    }
    json_decref(expected);
    arena_deinit(&event.arena);
}

int main(int argc, char **argv)
{
    static char *names[CASES_NAMES_MAX];
    struct cases_tally tally = {0};
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        fprintf(stderr, "Usage: conformance-tiebreak DIR\n");
        return 2;
    }
    int count = cases_list(argv[1], ".trf", names);
    if (count < 0) {
        printf("skipped: there is no directory %s\n", argv[1]);
        return CASES_EXIT_SKIPPED;
    }
    for (int i = 0; i < count; i++) {
        char expected[512] = "expected.json";
        if (strcmp(names[i], "example.trf") != 0)
            snprintf(expected, sizeof expected, "%.*s.expected.json",
                     (int)(strlen(names[i]) - strlen(".trf")), names[i]);
        run_pair(argv[1], names[i], expected, &tally);
        free(names[i]);
    }
    return cases_finish(&tally);
}
