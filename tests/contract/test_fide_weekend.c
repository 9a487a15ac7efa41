/* The FIDE weekend of policies/formats, played through the API: a round off asked for ahead, a late
 * entry, a withdrawal, a forfeit, allocated byes. Before every round the event's own TRF26 file is
 * paired by the engine that `arbiter pair` is, and after every round the file's standings are
 * worked out: both say what the event says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "orchestrator/pairing/dutch/engine.h"
#include "orchestrator/record/trf.h"
#include "orchestrator/standing/standing.h"
#include "tests/contract/keys_scene.h"

enum { ROUNDS = 5, FIRST_PLAYERS = 11, ARENA_BYTES = 64 << 20, TABLE_SIZE = 4096 };

struct weekend {
    struct clockwork *house;
    struct arena arena;
    struct arena scratch;
    struct buffer file; /* the event's, as it was exported last */
    struct buffer by_file;
    struct buffer by_event;
};

/* ---- the event ----------------------------------------------------------------------------- */

/* The format's own file with some of its text replaced, as it stands in a string of JSON. */
static void put_format(struct buffer *out, const char *from, const char *to)
{
    struct buffer file = {0};
    assert_int_equal(buffer_read_file(&file, "policies/formats/fide-swiss-weekend.yaml"),
                     STATUS_OK);
    const char *at = from != NULL ? strstr(buffer_text(&file), from) : NULL;
    assert_true(from == NULL || at != NULL);
    for (const char *text = buffer_text(&file); *text != '\0'; text++) {
        if (text == at) {
            buffer_append_text(out, to);
            text += strlen(from) - 1;
        } else if (*text == '\n') {
            buffer_append_text(out, "\\n");
        } else {
            buffer_append(out, text, 1);
        }
    }
    buffer_deinit(&file);
}

static void open_weekend(struct weekend *weekend, const char *from, const char *to)
{
    struct buffer policy = {0};
    *weekend = (struct weekend){.house = clockwork_open(0)};
    arena_init(&weekend->arena, ARENA_BYTES);
    arena_init(&weekend->scratch, ARENA_BYTES);
    put_format(&policy, from, to);
    const struct clockwork_answer *answer = clockwork_ask(
        weekend->house, "dora", "POST", "/v1/tournaments",
        "{'name': 'Weekend', 'tournament_id': 't', 'policy': '%s'}", buffer_text(&policy));
    if (answer->code != 201)
        fail_msg("%u %s", answer->code, answer->body);
    buffer_deinit(&policy);
}

static void close_weekend(struct weekend *weekend)
{
    clockwork_close(weekend->house);
    arena_deinit(&weekend->arena);
    arena_deinit(&weekend->scratch);
    buffer_deinit(&weekend->file);
    buffer_deinit(&weekend->by_file);
    buffer_deinit(&weekend->by_event);
}

static void say(struct weekend *weekend, const char *who, const char *path, const char *body)
{
    const struct clockwork_answer *answer =
        clockwork_ask(weekend->house, who, "POST", path, "%s", body);
    if (answer->code >= 300)
        fail_msg("%s %s: %u %s", path, body, answer->code, answer->body);
    clockwork_pass(weekend->house, 500);
}

static void report(struct weekend *weekend, const char *game, const char *first, const char *second)
{
    unsigned lot = (unsigned)(hash_text(hash_text(HASH_START, first), second) >> 7) % 3;
    const char *path = text_of("/v1/games/%s/result", game);
    const char *body =
        text_of("{'first_score': %d, 'second_score': %d}", lot != 1, lot != 0); /* 1-0, 0-1, 1-1 */
    const char *const two[] = {first, second};
    for (int i = 0; i < 2; i++)
        say(weekend, two[i], path, body);
}

static void report_round(struct weekend *weekend)
{
    char games[TABLE_SIZE];
    char *rest = NULL;
    (void)snprintf(games, sizeof games, "%s", /* of six boards */
                   clockwork_read(weekend->house, "SELECT game_id, first_player, second_player "
                                                  "FROM games WHERE status = 'playing'"));
    for (char *game = strtok_r(games, " ", &rest); game != NULL;
         game = strtok_r(NULL, " ", &rest)) {
        const char *first = strtok_r(NULL, " ", &rest);
        report(weekend, game, first, strtok_r(NULL, " ", &rest));
    }
    clockwork_pass(weekend->house, 1000);
}

/* ---- the file ------------------------------------------------------------------------------ */

static void export(struct weekend *weekend)
{
    const struct clockwork_answer *answer =
        clockwork_ask(weekend->house, "dora", "GET", EVENT "/export?format=trf", "%s", "");
    assert_int_equal(answer->code, 200);
    buffer_reset(&weekend->file);
    buffer_append_text(&weekend->file, answer->body);
}

/* Pairs of the next round by the file alone: "ann-bob cat-dan eve-", in the order of boards. */
static void pair_by_file(struct weekend *weekend)
{
    struct buffer out = {0};
    struct buffer error = {0};
    struct dutch_engine_result result = {0};
    arena_reset(&weekend->arena);
    buffer_reset(&weekend->by_file);
    export(weekend);
    const struct dutch_engine engine = {.bytes = buffer_text(&weekend->file),
                                        .size = weekend->file.size,
                                        .path = "weekend.trf",
                                        .stem = "weekend",
                                        .arena = &weekend->arena,
                                        .scratch = &weekend->scratch,
                                        .out = &out,
                                        .error = &error};
    if (dutch_engine_pair(&engine, &result) != DUTCH_EXIT_DONE)
        fail_msg("%s\n%s", buffer_text(&error), buffer_text(&weekend->file));
    for (int i = 0; i < result.output.pair_count; i++) {
        const struct dutch_pair *pair = &result.output.pairs[i];
        const struct record_player *players = result.input.record->players;
        buffer_format(&weekend->by_file, "%s%s-%s", i > 0 ? " " : "", players[pair->first].id,
                      pair->second != RECORD_NOBODY ? players[pair->second].id : "");
    }
    buffer_deinit(&out);
    buffer_deinit(&error);
}

/* The same of a round that the event has paired. */
static void pair_by_event(struct weekend *weekend, int round)
{
    buffer_reset(&weekend->by_event);
    buffer_append_text(
        &weekend->by_event,
        clockwork_read(weekend->house,
                       text_of("SELECT first_player || '-' || second_player FROM pairings WHERE "
                               "round = %d AND kind IN ('game', 'bye') ORDER BY board",
                               round)));
}

/* "ann 3.5 BH/C1 9 BH 12, …" by the file and the list of tie-breaks in it. */
static void rank_by_file(struct weekend *weekend, int round)
{
    struct record *record = NULL;
    struct fault fault = {0};
    struct standing_options options = {.after_round = round};
    struct standing_table table;
    char text[STANDING_TERM_TEXT_MAX];
    arena_reset(&weekend->arena);
    buffer_reset(&weekend->by_file);
    export(weekend);
    if (trf_read(buffer_text(&weekend->file), weekend->file.size, TRF_TO_READ, &weekend->arena,
                 &record, &fault) != STATUS_OK)
        fail_msg("%d:%d: %s\n%s", fault.line, fault.column, fault.text,
                 buffer_text(&weekend->file));
    trf_count_open_round(record);
    if (standing_order_parse(record->event.tie_breaks, &options, &fault) != STATUS_OK)
        fail_msg("202 %s: %s", record->event.tie_breaks, fault.text);
    assert_int_equal(standing_table_build(record, &options, &weekend->arena, &table), STATUS_OK);
    for (int i = 0; i < table.row_count; i++) {
        const struct standing_row *row = &table.rows[i];
        buffer_format(&weekend->by_file, "\n%s %d", record->players[row->player].id,
                      row->points_x10 / 5);
        for (int term = 0; term < table.order_count; term++)
            buffer_format(&weekend->by_file, " %s",
                          standing_value_text(&table.order[term], &row->values[term], text));
    }
}

static void rank_by_event(struct weekend *weekend)
{
    size_t i;
    size_t k;
    json_t *row;
    json_t *term;
    buffer_reset(&weekend->by_event);
    const struct clockwork_answer *answer =
        clockwork_ask(weekend->house, "dora", "GET", EVENT "/standings", "%s", "");
    json_array_foreach(json_object_get(answer->json, "standings"), i, row)
    {
        buffer_format(&weekend->by_event, "\n%s %d",
                      json_string_value(json_object_get(row, "player_id")),
                      (int)json_integer_value(json_object_get(row, "points_x2")));
        json_array_foreach(json_object_get(row, "tie_breaks"), k, term) buffer_format(
            &weekend->by_event, " %s", json_string_value(json_object_get(term, "value")));
    }
}

/* ---- rounds -------------------------------------------------------------------------------- */

static void hold(struct weekend *weekend, int round, const char *what)
{
    for (char *at = (char *)weekend->file.data; at != NULL && (at = strchr(at, '\r')) != NULL;)
        *at = '\n';
    if (strcmp(buffer_text(&weekend->by_event), buffer_text(&weekend->by_file)) != 0)
        fail_msg("%s of round %d\n  by the event: %s\n  by its file:  %s\n%s", what, round,
                 buffer_text(&weekend->by_event), buffer_text(&weekend->by_file),
                 buffer_text(&weekend->file));
}

static void pair_round(struct weekend *weekend, int round)
{
    pair_by_file(weekend);
    if (round == 1)
        start(weekend->house);
    else
        direct(weekend->house, "{'action': 'next_round'}");
    clockwork_pass(weekend->house, 1000);
    pair_by_event(weekend, round);
    hold(weekend, round, "the pairings");
}

static void end_round(struct weekend *weekend, int round)
{
    report_round(weekend);
    rank_by_file(weekend, round);
    rank_by_event(weekend);
    hold(weekend, round, "the standings");
}

/* Pairing the rounds again from what the rows say gives them again, whoever has come and gone
 * since. */
static void hold_explanations(struct weekend *weekend, const char *words)
{
    for (int round = 1; round <= ROUNDS; round++) {
        const struct clockwork_answer *answer =
            clockwork_ask(weekend->house, "dora", "GET",
                          text_of(EVENT "/divisions/1/rounds/%d/explain", round), "%s", "");
        if (!json_is_true(json_object_get(answer->json, "is_as_recorded")) ||
            (round == 1 && strstr(answer->body, words) == NULL) ||
            (round == 2 && strstr(answer->body, "asked for this round off") == NULL))
            fail_msg("round %d: %s", round, answer->body);
    }
}

static const char *why_not(struct weekend *weekend, int round, const char *a, const char *b)
{
    const struct clockwork_answer *answer = clockwork_ask(
        weekend->house, "dora", "GET",
        text_of(EVENT "/divisions/1/rounds/%d/why-not?a=%s&b=%s", round, a, b), "%s", "");
    const char *text = json_string_value(json_object_get(answer->json, "text"));
    return text != NULL ? text : answer->body;
}

static int64_t rows_of_kind(struct weekend *weekend, const char *kind)
{
    return clockwork_count(weekend->house,
                           text_of("SELECT count(*) FROM pairings WHERE kind = '%s'", kind));
}

/* Every fifth is of one team: first and sixth would meet in the first round. */
static void enter_teams(struct weekend *weekend)
{
    static const char *const people[] = {"ann", "bob", "cat", "dan", "eve", "fay",
                                         "gil", "hal", "ida", "jon", "kim"};
    for (int i = 0; i < FIRST_PLAYERS; i++)
        say(weekend, "dora", EVENT "/entrants",
            text_of("{'entrants': [{'player': '%s', 'name': '%s', 'seed': %d, 'rating': %d.5, "
                    "'team': 'team %d'}]}",
                    people[i], people[i], i + 1, 2000 - 100 * i, i % 5));
}

static void play_weekend(struct weekend *weekend)
{
    enter_teams(weekend);
    direct(weekend->house, "{'action': 'request_bye', 'data': {'player': 'dan', 'round': 2}}");
    direct(weekend->house, "{'action': 'request_bye', 'data': {'player': 'hal', 'round': 4}}");
    for (int round = 1; round <= ROUNDS; round++) {
        if (round == 3) {
            say(weekend, "dora", EVENT "/entrants",
                "{'entrants': [{'player': 'lea', 'name': 'lea', 'seed': 12, 'rating': 1650.5}]}");
            direct(weekend->house, "{'action': 'remove_player', 'data': {'player': 'gil'}}");
        }
        pair_round(weekend, round);
        if (round == 4)
            direct(weekend->house, "{'action': 'forfeit', 'round': 4, 'board': 1, 'data': "
                                   "{'absent': 'second'}}");
        end_round(weekend, round);
    }
    assert_string_equal(clockwork_read(weekend->house, "SELECT status FROM tournaments"),
                        "finished");
    assert_int_equal(rows_of_kind(weekend, "requested_bye"), 2);
    assert_int_equal(rows_of_kind(weekend, "forfeit"), 1);
    assert_true(rows_of_kind(weekend, "bye") >= 3);
    assert_true(rows_of_kind(weekend, "zero_bye") >= 2); /* the late entry's */
}

static void a_weekend_is_what_its_file_says(void **state)
{
    (void)state;
    struct weekend weekend;
    open_weekend(&weekend, NULL, NULL);
    play_weekend(&weekend);
    hold_explanations(&weekend, "0.0 points against 0.0 points");
    assert_string_equal(why_not(&weekend, 2, "dan", "ann"),
                        "#4 does not play: bye given beforehand");
    assert_non_null(strstr(why_not(&weekend, 2, "lea", "ann"), "was not in the division"));
    close_weekend(&weekend);
}

static void so_is_one_with_accelerated_rounds_and_forbidden_pairs(void **state)
{
    (void)state;
    struct weekend weekend;
    open_weekend(
        &weekend, "      - {rounds: 1-5, method: dutch}\n    next_round: director\n    order:",
        "      - {rounds: 1-5, method: dutch, baku: true}\\n    next_round: director\\n"
        "    forbidden_pairs: [{one: ann, other: cat}, {one: bob, other: fay, rounds: 2-3}]"
        "\\n    team_avoidance: 1-4\\n    order_edition: 2024\\n    order:");
    play_weekend(&weekend);
    hold_explanations(&weekend, "0.0 points and 1.0 virtual");
    assert_non_null(strstr(why_not(&weekend, 1, "ann", "cat"), "they may not meet"));
    close_weekend(&weekend);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weekend_is_what_its_file_says),
        cmocka_unit_test(so_is_one_with_accelerated_rounds_and_forbidden_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
