/* standing: the worked example of C.07 in both editions, the order of terms, direct encounters,
 * lots, and where players can still finish. */
#include "orchestrator/standing/standing.h"

#include "base/attr.h"
#include "base/buffer.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

/* One round in the notation of a crosstable: "w1:4" white, won, against 4; "b=:2"; "+:6" and "-:3"
 * forfeits; "U" pairing bye, "F" "H" "Z" full, half and zero byes; "?:5" not finished. */
static void put_result(struct record *record, int player, int round, const char *text)
{
    struct record_result *result = record_result(record, player, round);
    const char *colon = strchr(text, ':');
    if (colon != NULL)
        result->opponent = (int32_t)strtol(colon + 1, NULL, 10) - 1;
    char mark = text[0];
    if (mark == 'w' || mark == 'b') {
        result->kind = RECORD_PLAYED;
        result->side = mark == 'w' ? RECORD_FIRST : RECORD_SECOND;
        result->outcome = text[1] == '1' ? RECORD_WIN : text[1] == '=' ? RECORD_DRAW : RECORD_LOSS;
    } else if (mark == '+' || mark == '-') {
        result->kind = RECORD_FORFEIT;
        result->outcome = mark == '+' ? RECORD_WIN : RECORD_LOSS;
    } else {
        static const char marks[] = "UFHZ?";
        static const enum record_kind kinds[] = {RECORD_BYE_PAIRING, RECORD_BYE_FULL,
                                                 RECORD_BYE_HALF, RECORD_BYE_ZERO, RECORD_PENDING};
        assert_non_null(strchr(marks, mark));
        result->kind = kinds[strchr(marks, mark) - marks];
    }
}

/* A record from one line a player, rounds separated by blanks. Ratings fall from 2400 by 100. */
static struct record *crosstable(const char *const *lines, int players, int rounds)
{
    struct record *record = record_create(&arena, players, rounds);
    for (int player = 0; player < players; player++) {
        char line[256];
        int round = 1;
        snprintf(line, sizeof line, "%s", lines[player]);
        for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
            put_result(record, player, round++, word);
        record->players[player].rating = 2400 - 100 * player;
    }
    struct fault fault;
    assert_int_equal(record_check(record, &fault), STATUS_OK);
    record->rounds_played = rounds;
    return record;
}

static struct record *worked_example(void)
{
    static const char *const lines[] = {"w1:4 b=:2 H w1:5 b1:6",   "w1:5 w=:1 b1:3 b1:4 H",
                                        "+:6 b1:4 w0:2 b1:6 b1:5", "b0:1 w0:3 b1:5 w0:2 Z",
                                        "b0:2 U w0:4 b0:1 w0:3",   "-:3 Z U w0:3 w0:1"};
    return crosstable(lines, 6, 5);
}

/* The values of one term for all players, as text. */
static const char *values_of(const struct record *record, const char *term)
{
    static char text[512];
    struct standing_options options = {0};
    struct standing_value values[64];
    struct fault fault = {0};
    assert_int_equal(standing_order_parse(term, &options, &fault), STATUS_OK);
    assert_int_equal(standing_term_values(record, &options, &options.order[0], &arena, values),
                     STATUS_OK);
    text[0] = '\0';
    for (int i = 0; i < record->player_count; i++) {
        char one[STANDING_TERM_TEXT_MAX];
        standing_value_text(&options.order[0], &values[i], one);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", one);
    }
    return text;
}

/* Start numbers in the order of the table; "=" between players whom only lots separate. */
static const char *order_of(const struct record *record, struct standing_options options,
                            const char *terms)
{
    static char text[512];
    struct standing_table table;
    struct fault fault = {0};
    assert_int_equal(standing_order_parse(terms, &options, &fault), STATUS_OK);
    assert_int_equal(standing_table_build(record, &options, &arena, &table), STATUS_OK);
    text[0] = '\0';
    for (int i = 0; i < table.row_count; i++) {
        bool lots = table.rows[i].decided_by == STANDING_BY_LOTS;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d",
                 i == 0 ? ""
                 : lots ? "="
                        : " ",
                 record->players[table.rows[i].player].number);
    }
    return text;
}

static void the_worked_example_has_the_published_values(void **state)
{
    (void)state;
    static const struct {
        const char *term;
        const char *values;
    } cases[] = {
        {"BH@24", "11.5 14.5 11.5 14 14.5 11"},
        {"BH", "10 13 8.5 14 14.5 11"},
        {"BH/C1@24", "7.5 10.5 10.5 13 13.5 10"},
        {"BH/C1", "7.5 10.5 7.5 13 13.5 10"},
        {"FB@24", "12 14 12 13.5 14 11.5"},
        {"FB", "11 12.5 10 13.5 14 11.5"},
        {"SB@24", "7.5 10.5 7.5 1 1 1"},
        {"SB", "6.75 9.75 4.5 1 1 1"},
        {"SB/C1@24", "5.5 8.5 6.5 1 0 1"},
        {"SB/C1", "5.5 8.5 3.5 1 0 1"},
        {"WIN", "3 3 4 1 1 1"},
        {"WON", "3 3 3 1 0 0"},
        {"BPG", "2 2 3 2 2 0"},
        {"BWG", "1 2 3 1 0 0"},
        {"PS", "11.5 12.5 12 3 4 3"},
        {"PS/C1", "10.5 11.5 11 3 4 3"},
        {"REP", "4 4 5 4 5 3"},
        {"STD", "4 4 4 1 1 1"},
        {"ARO", "2075 2175 2075 2225 2250 2300"},
        {"ARO/C1", "2133 2233 2133 2300 2300 2400"},
        {"ARO/M1", "2050 2150 2050 2250 2250 -"},
        {"TPR", "2411 2511 2268 2032 1450 1500"},
        {"PTP", "2446 2546 2291 2009 1300 1400"},
        {"APRO", "1873 2040 1873 2160 2306 2340"},
        {"APPO", "1814 2012 1814 2146 2323 2369"},
        {"AOB", "13.13 11.75 13.13 11.5 11.38 9.25"},
        {"TPN", "1 2 3 4 5 6"},
        {"RTNG", "2400 2300 2200 2100 2000 1900"},
    };
    const struct record *record = worked_example();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (strcmp(values_of(record, cases[i].term), cases[i].values) != 0)
            fail_msg("%s: %s, not %s", cases[i].term, values_of(record, cases[i].term),
                     cases[i].values);
}

static void koya_counts_points_against_the_upper_half(void **state)
{
    (void)state;
    const struct record *record = worked_example();
    assert_string_equal(values_of(record, "KS"), "0.5 1.5 0 0 0 0");
    assert_string_equal(values_of(record, "KS/L-3"), "3.5 3.5 3 1 0 0");
}

static void buchholz_cut_changes_the_order_between_editions(void **state)
{
    (void)state;
    const struct record *record = worked_example();
    struct standing_options options = {0};
    assert_string_equal(order_of(record, options, "BH/C1@26,TPN"), "2 1 3 5 4 6");
    assert_string_equal(order_of(record, options, "BH/C1@24,TPN"), "2 3 1 5 4 6");
}

static void direct_encounter_needs_somebody_alone_on_top(void **state)
{
    (void)state;
    assert_string_equal(values_of(worked_example(), "DE"), "1 1 1 1 1 1");
    static const char *const sure[] = {"w1:2 w1:3 Z", "b0:1 U F", "U b0:1 F"};
    assert_string_equal(values_of(crosstable(sure, 3, 3), "DE"), "1 2 2");
    static const char *const ring[] = {"w1:2 w0:4", "b0:1 w1:3", "w1:4 b0:2", "b0:3 b1:1"};
    assert_string_equal(values_of(crosstable(ring, 4, 2), "DE"), "1 1 1 1");
    assert_string_equal(values_of(crosstable(ring, 4, 2), "HH"), "1 1 1 1");
}

static void direct_encounter_is_repeated_in_smaller_ties(void **state)
{
    (void)state;
    /* all met all: 1 and 2 made two points, 3 and 4 one; their own games tell them apart */
    static const char *const lines[] = {"w1:3 w1:4 b0:2 Z", "w1:4 b0:3 w1:1 Z", "b0:1 w1:2 b0:4 U",
                                        "b0:2 b0:1 w1:3 U"};
    const struct record *record = crosstable(lines, 4, 4);
    assert_string_equal(values_of(record, "PTS"), "2 2 2 2");
    assert_string_equal(values_of(record, "DE"), "2 1 4 3");
    assert_string_equal(values_of(record, "HH"), "2 2 1 1");
}

static void direct_encounter_averages_repeated_games(void **state)
{
    (void)state;
    /* 1 and 2 met twice, one win each; 1 beat 3, 2 drew with 3: 1.5 against 1 against 0.5 */
    static const char *const lines[] = {"w1:2 b0:2 w1:3 U", "b0:1 w1:1 H b=:3 ", "U Z b0:1 w=:2"};
    struct record *record = crosstable(lines, 3, 4);
    record_result(record, 0, 4)->points_override = true; /* level on 2 points */
    record_result(record, 0, 4)->points_x10 = 0;
    record_result(record, 2, 2)->points_override = true;
    record_result(record, 2, 2)->points_x10 = 5;
    assert_string_equal(values_of(record, "PTS"), "2 2 2");
    assert_string_equal(values_of(record, "DE"), "1 2 3");
}

static void a_win_between_two_decides(void **state)
{
    (void)state;
    static const char *const lines[] = {"w1:2 U", "b0:1 w1:3", "U b0:2"};
    assert_string_equal(values_of(crosstable(lines, 3, 2), "DE"), "- 1 2");
}

static void forfeits_count_between_two_only_on_request(void **state)
{
    (void)state;
    static const char *const lines[] = {"+:2 w0:3", "-:1 U", "U b1:1"};
    const struct record *record = crosstable(lines, 3, 2);
    assert_string_equal(values_of(record, "DE"), "1 1 -");
    assert_string_equal(values_of(record, "DE/P"), "1 2 -");
    struct standing_options fixed = {.fixed_pairings = true};
    assert_string_equal(order_of(record, fixed, "DE"), "3 1 2");
}

static void lots_decide_last_and_follow_the_seed(void **state)
{
    (void)state;
    static const char *const lines[] = {"b=:2", "w=:1", "b=:4", "w=:3"};
    const struct record *record = crosstable(lines, 4, 1);
    char first[64];
    bool changed = false;
    struct standing_options options = {.lots_seed = 1};
    snprintf(first, sizeof first, "%s", order_of(record, options, ""));
    assert_string_equal(first, order_of(record, options, ""));
    for (uint64_t seed = 2; seed < 12; seed++) {
        options.lots_seed = seed;
        changed = changed || strcmp(first, order_of(record, options, "")) != 0;
    }
    assert_true(changed);
    assert_string_equal(order_of(record, options, "TPN"), "1 2 3 4");
}

static void rows_carry_wins_spread_and_what_decided(void **state)
{
    (void)state;
    static const char *const lines[] = {"w1:2", "b0:1", "w1:4", "b0:3", "Z"};
    struct record *record = crosstable(lines, 5, 1);
    const int scores[4][2] = {{400, 300}, {300, 400}, {900, 100}, {100, 900}};
    for (int i = 0; i < 4; i++) {
        struct record_result *result = record_result(record, i, 1);
        result->has_scores = true;
        result->own_score = scores[i][0];
        result->other_score = scores[i][1];
    }
    struct record_result *bye = record_result(record, 4, 1);
    *bye = (struct record_result){
        .opponent = RECORD_NOBODY, .kind = RECORD_BYE_PAIRING, .has_scores = true, .own_score = 50};
    struct standing_options options = {0};
    struct standing_table table;
    assert_int_equal(standing_order_parse("SPREAD", &options, NULL), STATUS_OK);
    assert_int_equal(standing_table_build(record, &options, &arena, &table), STATUS_OK);
    const struct standing_row *rows = table.rows;
    assert_int_equal(rows[0].player, 2);
    assert_int_equal(rows[0].spread, 800);
    assert_int_equal(rows[0].decided_by, STANDING_BY_NOTHING);
    assert_int_equal(rows[1].decided_by, 0);
    assert_int_equal(rows[2].player, 4);
    assert_int_equal(rows[2].wins, 1);
    assert_int_equal(rows[2].played, 0);
    assert_int_equal(rows[3].decided_by, STANDING_BY_SCORE);
    assert_int_equal(rows[3].losses, 1);
    options.spread_cap = 60;
    assert_int_equal(standing_table_build(record, &options, &arena, &table), STATUS_OK);
    assert_int_equal(table.rows[0].spread, 60);
    assert_int_equal(table.rows[1].decided_by, STANDING_BY_LOTS);
    assert_int_equal(table.rows[1].tied_rank, 1);
    assert_int_equal(table.rows[2].spread, 50);
}

static void players_left_out_still_count_as_opponents(void **state)
{
    (void)state;
    const struct record *record = worked_example();
    const bool left_out[6] = {false, true};
    struct standing_options options = {.left_out = left_out};
    assert_string_equal(order_of(record, options, "BH,TPN"), "1 3 5 4 6");
}

static void earlier_rounds_are_taken_as_if_the_last(void **state)
{
    (void)state;
    const struct record *record = worked_example();
    struct standing_options options = {.after_round = 1};
    assert_string_equal(order_of(record, options, "TPN"), "1 2 3 4 5 6");
    options.after_round = 2;
    assert_string_equal(order_of(record, options, "TPN"), "3 1 2 5 4 6");
    options.after_round = 6;
    struct standing_table table;
    assert_int_equal(standing_table_build(record, &options, &arena, &table), STATUS_OUT_OF_RANGE);
}

static void orders_that_do_not_exist_are_refused_with_their_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int column;
    } cases[] = {{"BH,XX", 4},        {"BH/C3", 4}, {"WIN/C1", 5}, {"BH/U", 4},  {"BH@25", 4},
                 {"BH@24,SB@26", 10}, {"SB:MP", 4}, {"KS/L", 4},   {"BH//C1", 4}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct standing_options options = {0};
        struct fault fault = {0};
        assert_int_equal(standing_order_parse(cases[i].text, &options, &fault),
                         STATUS_INVALID_ARGUMENT);
        if (fault.column != cases[i].column)
            fail_msg("%s: column %d, %s", cases[i].text, fault.column, fault.text);
        assert_int_equal(options.order_count, 0);
    }
}

static void orders_are_written_as_they_are_read(void **state)
{
    (void)state;
    struct standing_options options = {0};
    char text[256] = "";
    char one[STANDING_TERM_TEXT_MAX];
    assert_int_equal(standing_order_parse("bh/c1 + SB/m2;ks/L+1/p,seed,h2h:gp", &options, NULL),
                     STATUS_OK);
    for (int i = 0; i < options.order_count; i++) {
        strcat(text, standing_term_text(&options.order[i], one));
        strcat(text, " ");
    }
    assert_string_equal(text, "BH/C1 SB/M2 KS/L+1/P TPN HH ");
}

static void outlooks_bound_what_can_happen(void **state)
{
    (void)state;
    static const char *const lines[] = {"w1:2 w1:3 w1:4", "b0:1 w1:4 w1:3", "w1:4 b0:1 b0:2",
                                        "b0:3 b0:2 b0:1"};
    const struct record *record = crosstable(lines, 4, 3);
    struct standing_options options = {0};
    struct standing_table table;
    struct standing_outlook outlooks[4];
    assert_int_equal(standing_order_parse("TPN", &options, NULL), STATUS_OK);
    assert_int_equal(standing_table_build(record, &options, &arena, &table), STATUS_OK);
    static const struct {
        int rounds_left;
        const char *expected;
    } cases[] = {{0, "1-1 2-2 3-3 4-4 "}, {1, "1-2 1-3 2-4 3-4 "}, {9, "1-4 1-4 1-4 1-4 "}};
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        char text[64] = "";
        struct standing_future future = {.rounds_left = cases[c].rounds_left};
        standing_outlooks(record, &table, &future, outlooks);
        for (int i = 0; i < 4; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%d-%d ",
                     outlooks[i].place_best, outlooks[i].place_worst);
        assert_string_equal(text, cases[c].expected);
    }
}

/* Plays the rest of a random event many times and checks that nobody finishes outside. */
static void outlooks_hold_in_simulated_finishes(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 5);
    for (int trial = 0; trial < 200; trial++) {
        struct arena_mark mark = arena_mark(&arena);
        struct record *record = record_create(&arena, 8, 6);
        for (int round = 1; round <= 6; round++) {
            int seats[8] = {0, 1, 2, 3, 4, 5, 6, 7};
            for (int i = 7; i > 0; i--) {
                int j = (int)random_below(&random, (uint64_t)i + 1);
                int swap = seats[i];
                seats[i] = seats[j];
                seats[j] = swap;
            }
            for (int i = 0; i < 8; i += 2) {
                uint8_t outcome = (uint8_t)(1 + random_below(&random, 3));
                *record_result(record, seats[i], round) =
                    (struct record_result){.opponent = seats[i + 1],
                                           .kind = RECORD_PLAYED,
                                           .side = RECORD_FIRST,
                                           .outcome = outcome};
                *record_result(record, seats[i + 1], round) =
                    (struct record_result){.opponent = seats[i],
                                           .kind = RECORD_PLAYED,
                                           .side = RECORD_SECOND,
                                           .outcome = (uint8_t)(4 - outcome)};
            }
        }
        record->rounds_played = 6;
        struct standing_options options = {0};
        struct standing_table last;
        assert_int_equal(standing_order_parse("BH,SB,TPN", &options, NULL), STATUS_OK);
        assert_int_equal(standing_table_build(record, &options, &arena, &last), STATUS_OK);
        struct standing_outlook before[8] = {{0}};
        for (int after = 1; after <= 6; after++) {
            struct standing_table table;
            struct standing_outlook now[8];
            struct standing_future future = {.rounds_left = 6 - after};
            options.after_round = after;
            assert_int_equal(standing_table_build(record, &options, &arena, &table), STATUS_OK);
            standing_outlooks(record, &table, &future, now);
            for (int i = 0; i < 8; i++) {
                int player = table.rows[i].player;
                for (int k = 0; k < 8; k++)
                    if (last.rows[k].player == player)
                        assert_in_range(k + 1, now[i].place_best, now[i].place_worst);
                if (after > 1) {
                    assert_true(now[i].place_best >= before[player].place_best);
                    assert_true(now[i].place_worst <= before[player].place_worst);
                }
            }
            for (int i = 0; i < 8; i++)
                before[table.rows[i].player] = now[i];
        }
        arena_rewind(&arena, mark);
    }
}

static void catching_follows_the_club_rule(void **state)
{
    (void)state;
    static const struct {
        struct standing_score ahead;
        struct standing_score behind;
        int rounds_left;
        int spread;
        bool expected;
    } cases[] = {
        {{8, 0, 500}, {6, 0, 0}, 2, 0, true},   {{8, 1, 500}, {6, 0, 0}, 2, 0, false},
        {{7, 1, 500}, {6, 0, 0}, 2, 1, true},   {{8, 0, 10}, {8, 0, 0}, 0, 5, false},
        {{8, 0, 500}, {6, 0, 0}, 2, 250, true}, {{8, 0, 501}, {6, 0, 0}, 2, 250, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(standing_can_catch(&cases[i].ahead, &cases[i].behind, cases[i].rounds_left,
                                            cases[i].spread),
                         cases[i].expected);
}

static void a_small_arena_is_an_error_not_a_crash(void **state)
{
    (void)state;
    const struct record *record = worked_example();
    struct standing_options options = {0};
    enum status status =
        standing_order_parse("BH,SB,AOB,DE,ARO,APRO,APPO,HH,KS,FB", &options, NULL);
    assert_int_equal(status, STATUS_OK);
    status = STATUS_FULL;
    for (size_t size = 16; size < 20000 && status == STATUS_FULL; size += 64) {
        char *memory = malloc(size);
        struct arena small;
        struct standing_table table;
        arena_init_fixed(&small, memory, size);
        status = standing_table_build(record, &options, &small, &table);
        assert_true(status == STATUS_OK || status == STATUS_FULL);
        free(memory);
    }
    assert_int_equal(status, STATUS_OK);
}

/* As many rounds, points, scores and rating as a record can hold: nothing wraps around, so the one
 * who won everything leads in every term that counts wins, points or spread. */
static void numbers_at_their_bounds_do_not_wrap(void **state)
{
    (void)state;
    static const char *const TERMS[] = {"PTS", "SPREAD", "SB",  "BH",  "BH/C1", "FB",  "AOB",
                                        "PS",  "KS",     "WIN", "WON", "STD",   "ARO", "TPR",
                                        "PTP", "APRO",   "REP", "BPG", "APPO",  "RTNG"};
    static const char *const WINNERS[] = {"PTS", "SPREAD", "PS", "WIN", "WON", "STD", "TPR"};
    struct record *record = record_create(&arena, 2, RECORD_ROUNDS_MAX);
    assert_non_null(record);
    record->points.win_x10 = RECORD_POINTS_X10_MAX;
    for (int player = 0; player < 2; player++) {
        record->players[player].rating = 999999999;
        for (int round = 1; round <= RECORD_ROUNDS_MAX; round++)
            *record_result(record, player, round) =
                (struct record_result){.opponent = 1 - player,
                                       .kind = RECORD_PLAYED,
                                       .outcome = player == 0 ? RECORD_WIN : RECORD_LOSS,
                                       .side = player == 0 ? RECORD_FIRST : RECORD_SECOND,
                                       .own_score = player == 0 ? 1000000 : -1000000,
                                       .other_score = player == 0 ? -1000000 : 1000000,
                                       .has_scores = true};
    }
    record->rounds_played = RECORD_ROUNDS_MAX;
    for (size_t i = 0; i < COUNT_OF(TERMS); i++) {
        struct standing_options options = {0};
        struct standing_table table;
        assert_int_equal(standing_order_parse(TERMS[i], &options, NULL), STATUS_OK);
        assert_int_equal(standing_table_build(record, &options, &arena, &table), STATUS_OK);
        assert_int_equal(table.row_count, 2);
        for (size_t k = 0; k < COUNT_OF(WINNERS); k++)
            if (strcmp(TERMS[i], WINNERS[k]) == 0 && table.rows[0].player != 0)
                fail_msg("%s: the loser leads", TERMS[i]);
        int64_t most = RECORD_ROUNDS_MAX * (int64_t)STANDING_SPREAD_MAX;
        for (int row = 0; row < 2; row++)
            if (table.rows[row].spread != (table.rows[row].player == 0 ? most : -most))
                fail_msg("%s: a spread of %lld", TERMS[i], (long long)table.rows[row].spread);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_has_the_published_values),
        cmocka_unit_test(koya_counts_points_against_the_upper_half),
        cmocka_unit_test(buchholz_cut_changes_the_order_between_editions),
        cmocka_unit_test(direct_encounter_needs_somebody_alone_on_top),
        cmocka_unit_test(direct_encounter_is_repeated_in_smaller_ties),
        cmocka_unit_test(direct_encounter_averages_repeated_games),
        cmocka_unit_test(a_win_between_two_decides),
        cmocka_unit_test(forfeits_count_between_two_only_on_request),
        cmocka_unit_test(lots_decide_last_and_follow_the_seed),
        cmocka_unit_test(rows_carry_wins_spread_and_what_decided),
        cmocka_unit_test(players_left_out_still_count_as_opponents),
        cmocka_unit_test(earlier_rounds_are_taken_as_if_the_last),
        cmocka_unit_test(orders_that_do_not_exist_are_refused_with_their_column),
        cmocka_unit_test(orders_are_written_as_they_are_read),
        cmocka_unit_test(outlooks_bound_what_can_happen),
        cmocka_unit_test(outlooks_hold_in_simulated_finishes),
        cmocka_unit_test(catching_follows_the_club_rule),
        cmocka_unit_test(numbers_at_their_bounds_do_not_wrap),
        cmocka_unit_test(a_small_arena_is_an_error_not_a_crash),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
