/* crossword: whole recorded games, played move by move through the interface by two players and a
 * challenger, come to the same events, totals and words, and export to the same GCG.
 * Arguments: the folder of games, the lexicon they were played with. */
#include "tests/unit/rules_table.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "gamesvc/lexicon/lexicon_file.h"
#include "gamesvc/rules/crossword/gcg.h"
#include "gamesvc/rules/crossword/gcg_replay.h"
#include "gamesvc/rules/crossword/history.h"
#include "tests/support/recorded.h"

#define GAMES_MAX 4096

static struct lexicon_file lexicon;
static const char *folder;

static void draw_recorded(void *user, uint64_t number, const uint8_t *left, size_t kind_count,
                          size_t count, uint8_t *out_kinds)
{
    const struct recorded_draws *draws = user;
    size_t taken = 0;
    assert_true(number < RECORDED_DRAWS_MAX);
    const uint8_t *from = draws->known[number] ? draws->drawn[number].count : left;
    for (size_t kind = 0; kind < kind_count; kind++)
        for (int i = 0; i < from[kind] && taken < count; i++)
            out_kinds[taken++] = (uint8_t)kind;
    assert_int_equal(taken, count);
}

/* Plays what event `i` of the recorded game asks of the players. */
static void play_event(struct table *table, const struct gcg *gcg, int i,
                       const struct placement *placement, struct arena *arena)
{
    int seat;
    const char *move = recorded_move(arena, gcg, i, placement, &seat);
    if (move == NULL || (gcg->events[i].type == GCG_RACK_POINTS && rules_result(table->game).over))
        return;
    (void)table_play(table, (enum rules_party)seat, move);
    if (table->outcome.verdict != RULES_ACCEPTED)
        fail_msg("line %d: %s: %s", gcg->events[i].line, table->outcome.reason,
                 table->outcome.text);
}

/* What two replays have in common where clocks are not played and the two racks of a scoreless end
 * may be counted in either order: the rows without their numbers, those of the racks last. */
static const char *comparable(const char *rows, struct arena *arena)
{
    struct text_reader reader = text_reader(rows, strlen(rows));
    struct text_reader line;
    struct text_span racks[GCG_PLAYERS] = {{0}};
    struct text kept;
    text_start(&kept, arena);
    while (text_read_line(&reader, &line)) {
        struct text_span words[3] = {{0}};
        for (size_t i = 0; i < COUNT_OF(words); i++)
            (void)text_read_word(&line, &words[i]); /* stays empty on a shorter line */
        struct text_span rest = {words[1].data, (size_t)(line.end - words[1].data)};
        if (text_span_is(words[0], "final") || text_span_is(words[1], "TIME"))
            continue;
        if (text_span_is(words[1], "RACKPEN")) {
            racks[text_span_is(words[2], "P2")] = rest;
            continue;
        }
        text_add(&kept, rest.data, rest.size);
        text_add_char(&kept, '\n');
    }
    for (int player = 0; player < GCG_PLAYERS; player++)
        text_add(&kept, racks[player].data, racks[player].size);
    return text_end(&kept);
}

static const char *export(struct table *table, const struct gcg *original, struct arena *arena)
{
    struct gcg gcg = *original;
    struct text text;
    assert_int_equal(history_to_gcg(arena, table->turns, rules_turn_count(table->game), &gcg),
                     STATUS_OK);
    text_start(&text, arena);
    gcg_write(&gcg, &text);
    return text_end(&text);
}

static const char *replay(const char *text, struct gcg *out_gcg, struct placement *placements,
                          struct arena *arena)
{
    struct fault fault = {0};
    struct text rows;
    struct gcg_replay replay;
    enum status status = gcg_read(arena, text, strlen(text), out_gcg, &fault);
    text_start(&rows, arena);
    if (status == STATUS_OK)
        status = gcg_replay_write(out_gcg, &rows, &fault);
    if (status != STATUS_OK)
        fail_msg("line %d: %s in\n%s", fault.line, fault.text, text);
    gcg_replay_init(&replay, out_gcg);
    for (int i = 0; i < out_gcg->event_count; i++) {
        struct gcg_step step;
        assert_int_equal(gcg_replay_step(&replay, &out_gcg->events[i], &step, &fault), STATUS_OK);
        if (out_gcg->events[i].type == GCG_PLACE)
            placements[i] = step.placement;
    }
    return text_end(&rows);
}

static void assert_same_lines(const char *got, const char *want)
{
    while (*got != '\0' || *want != '\0') {
        size_t got_size = strcspn(got, "\n");
        size_t want_size = strcspn(want, "\n");
        if (got_size != want_size || memcmp(got, want, got_size) != 0)
            fail_msg("\n%.*s\nis not\n%.*s", (int)got_size, got, (int)want_size, want);
        got += got_size + (got[got_size] == '\n' ? 1 : 0);
        want += want_size + (want[want_size] == '\n' ? 1 : 0);
    }
}

/* A recorded game, ready to be played again. */
struct recorded {
    struct arena arena;
    struct gcg gcg;
    struct placement placements[GCG_EVENTS_MAX];
    struct recorded_draws draws;
    const char *expected;
};

static void open_recorded(struct recorded *recorded, const char *text)
{
    arena_init(&recorded->arena, (size_t)64 << 20);
    recorded->expected = replay(text, &recorded->gcg, recorded->placements, &recorded->arena);
    recorded_find_draws(&recorded->gcg, recorded->placements, &recorded->draws);
}

static void sit_at(struct table *table, struct recorded *recorded, const char *options,
                   struct timing_control control)
{
    table_open(table, "crossword",
               (struct rules_options){.text = options,
                                      .control = control,
                                      .draws = {draw_recorded, &recorded->draws},
                                      .lexicon = &lexicon.lexicon});
}

static void play_game(const char *text)
{
    static struct recorded recorded;
    static struct placement exported[GCG_EVENTS_MAX];
    struct gcg again;
    struct table table;
    open_recorded(&recorded, text);
    sit_at(&table, &recorded, recorded_options(&recorded.gcg), (struct timing_control){0});
    for (int i = 0; i < recorded.gcg.event_count; i++)
        play_event(&table, &recorded.gcg, i, &recorded.placements[i], &recorded.arena);
    assert_true(rules_result(table.game).over);
    const char *rows =
        replay(export(&table, &recorded.gcg, &recorded.arena), &again, exported, &recorded.arena);
    assert_same_lines(comparable(rows, &recorded.arena),
                      comparable(recorded.expected, &recorded.arena));
    table_close(&table);
    arena_deinit(&recorded.arena);
}

static void recorded_games_are_played_again_move_by_move(void **state)
{
    (void)state;
    int count = 0;
    struct dirent *entry;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        size_t size = strlen(entry->d_name);
        if (size < 5 || strcmp(entry->d_name + size - 4, ".gcg") != 0)
            continue;
        struct buffer path = {0};
        struct buffer game = {0};
        buffer_format(&path, "%s/%s", folder, entry->d_name);
        assert_int_equal(buffer_read_file(&game, buffer_text(&path)), STATUS_OK);
        print_message("%s\n", entry->d_name);
        play_game(buffer_text(&game));
        buffer_deinit(&game);
        buffer_deinit(&path);
        count++;
    }
    (void)closedir(directory);
    assert_true(count > 0);
}

/* ---- how a game ends after the last tile ------------------------------------------------- */

/* A short game that ends by going out, without phonies or challenges: every word in it is valid. */
static const char out_game[] = "s096.gcg";

static void open_out_game(struct recorded *recorded, struct buffer *file)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/%s", folder, out_game);
    assert_int_equal(buffer_read_file(file, buffer_text(&path)), STATUS_OK);
    buffer_deinit(&path);
    open_recorded(recorded, buffer_text(file));
}

/* Plays all placements, exchanges and passes of the game: all but what ends it. */
static void play_to_the_last_tile(struct table *table, struct recorded *recorded,
                                  const char *options, struct timing_control control)
{
    sit_at(table, recorded, options, control);
    for (int i = 0; i < recorded->gcg.event_count; i++) {
        enum gcg_type type = recorded->gcg.events[i].type;
        if (type == GCG_PLACE || type == GCG_EXCHANGE || type == GCG_PASS)
            play_event(table, &recorded->gcg, i, &recorded->placements[i], &recorded->arena);
    }
}

static int last_placement(const struct gcg *gcg)
{
    int last = -1;
    for (int i = 0; i < gcg->event_count; i++)
        if (gcg->events[i].type == GCG_PLACE)
            last = i;
    return last;
}

static void going_out_ends_by_the_rule_of_the_game(void **state)
{
    static struct recorded recorded;
    static const struct {
        const char *options;
        const char *move; /* of the player who did not go out; NULL: the game is over already */
        const char *types;
        enum rules_end end;
    } cases[] = {
        {"challenge=void", NULL, "PLACE RACKPTS", RULES_END_STANDARD},
        {"challenge=single", "pass", "FINALPASS RACKPTS", RULES_END_STANDARD},
        {"challenge=single", "challenge", "CHALBONUS RACKPTS", RULES_END_STANDARD},
        {"challenge=double", "challenge", "TURNLOSS RACKPTS", RULES_END_STANDARD},
        {"challenge=five-point", "challenge", "CHALBONUS RACKPTS", RULES_END_STANDARD},
        {"challenge=ten-point", "challenge 0", "CHALBONUS RACKPTS", RULES_END_STANDARD},
        {"challenge=triple", "challenge", "", RULES_END_TRIPLE_CHALLENGE},
        {"challenge=triple", "pass", "FINALPASS RACKPTS", RULES_END_STANDARD},
    };
    (void)state;
    struct buffer file = {0};
    open_out_game(&recorded, &file);
    int out = recorded.gcg.events[last_placement(&recorded.gcg)].player;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct table table;
        struct text types;
        struct text_reader line;
        struct history_line event;
        enum rules_party other = (enum rules_party)(1 - out);
        play_to_the_last_tile(&table, &recorded, cases[i].options, (struct timing_control){0});
        if (cases[i].move != NULL) {
            assert_string_equal(table_play(&table, other, "exchange A"), "ONLY_PASS_OR_CHALLENGE");
            assert_string_equal(table_play(&table, other, "place 1A AA"), "ONLY_PASS_OR_CHALLENGE");
            (void)table_play(&table, other, cases[i].move);
        }
        assert_int_equal(rules_result(table.game).end, cases[i].end);
        const char *record = table.outcome.turn.record;
        struct text_reader lines = text_reader(record, strlen(record));
        text_start(&types, &recorded.arena);
        while (text_read_line(&lines, &line)) {
            if (!history_read(line, &event))
                continue;
            if (types.size > 0)
                text_add_char(&types, ' ');
            text_add_string(&types, history_type_name(event.type));
        }
        assert_string_equal(text_end(&types), cases[i].types);
        if (cases[i].end == RULES_END_TRIPLE_CHALLENGE)
            assert_int_equal(rules_result(table.game).winner, out);
        table_close(&table);
    }
    buffer_deinit(&file);
    arena_deinit(&recorded.arena);
}

static void silence_after_the_last_tile_is_the_final_pass(void **state)
{
    static struct recorded recorded;
    static const char *const moves[] = {"timeout", "challenge", "pass"};
    (void)state;
    struct buffer file = {0};
    open_out_game(&recorded, &file);
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        struct table table;
        play_to_the_last_tile(&table, &recorded, "challenge=double",
                              (struct timing_control){TIMING_REAL_TIME, 60000, 0, 60000, 0});
        enum rules_party other = (enum rules_party)rules_on_turn(table.game);
        table.now_ms = 120001;
        const char *record = table_play(&table, other, moves[i]);
        assert_non_null(strstr(record, "timeout\nFINALPASS "));
        assert_non_null(strstr(record, "\nRACKPTS "));
        assert_non_null(strstr(record, "\nTIME "));
        assert_int_equal(rules_result(table.game).end, RULES_END_STANDARD);
        table_close(&table);
    }
    buffer_deinit(&file);
    arena_deinit(&recorded.arena);
}

/* Cuts the game off after its last placement and puts `tail` there, in which $ and & stand for the
 * player who went out and the other. Returns the rows of the replay, or the fault as text. */
static const char *with_tail(struct recorded *recorded, const char *tail)
{
    struct gcg gcg = recorded->gcg;
    struct text file;
    struct text rows;
    struct fault fault = {0};
    gcg.event_count = last_placement(&gcg) + 1;
    gcg.events[gcg.event_count - 1].note = (struct text_span){0};
    int out = gcg.events[gcg.event_count - 1].player;
    text_start(&file, &recorded->arena);
    gcg_write(&gcg, &file);
    for (; *tail != '\0'; tail++) {
        if (*tail == '$' || *tail == '&')
            text_add_string(&file, (*tail == '$') == (out == 0) ? "P1" : "P2");
        else
            text_add_char(&file, *tail);
    }
    const char *text = text_end(&file);
    text_start(&rows, &recorded->arena);
    if (gcg_read(&recorded->arena, text, strlen(text), &gcg, &fault) != STATUS_OK ||
        gcg_replay_write(&gcg, &rows, &fault) != STATUS_OK)
        return arena_format(&recorded->arena, "line %d: %s", fault.line, fault.text);
    return text_end(&rows);
}

/* Before the end $ has 416 points and & 432, whose rack is EIUU, worth 4. */
static void recorded_ends_are_told_in_many_ways(void **state)
{
    static struct recorded recorded;
    static const struct {
        const char *tail;
        const char *expected;
    } cases[] = {
        {">$: (EIUU) +8 424\n", "\tcomplete\tstandard\tbag=0\t"},
        {">$: (UIEU) +8 424\n", "\tcomplete\tstandard\tbag=0\t"},
        {">&: EIUU - +0 432\n>$: (EIUU) +8 424\n", "\tFINALPASS\t"},
        {">&: EI - +0 432\n>$: (EIUU) +8 424\n", "\tFINALPASS\t"},
        {">$: (EIUU) +4 420\n>&: EIUU (EIUU) -4 428\n", "\tcomplete\tintl\tbag=0\t"},
        {">&: EIUU (EIUU) -4 428\n>$: (EIUU) +4 420\n", "\tcomplete\tintl\tbag=0\t"},
        {">$: (EIUU) +4 420\n", "\tcomplete\tintl\tbag=0\t"},
        {">&: (time) -10 422\n>$: (EIUU) +8 424\n", "\tcomplete\tstandard\tbag=0\t"},
        {">$: (EIUU) +8 424\n>$:  (time) -20 404\n>&: (time) -10 422\n",
         "\tcomplete\tstandard\tbag=0\t"},
        {">$: (challenge) +10 426\n>$: (EIUU) +8 434\n", "\tCHALBONUS\t"},
        {">$: ?IP -- -19 397\n>&: EIUU - +0 432\n", "\tincomplete\tstandard\tbag=0\tzero=2\t"},
        {"", "\tincomplete\tstandard\tbag=0\t"},
        {">$: (EIUU) +7 423\n", "the rack counts 8, not 7"},
        {">$: (EIU) +6 422\n", "the rack is not what is unseen"},
        {">&: (EIUU) +8 440\n", "this player has not gone out"},
        {">$: (EIUU) +8 425\n", "the total is 424, not 425"},
        {">$: (EIUU) +8 424\n>$: (EIUU) +8 432\n", "this player has not gone out"},
        {">$: (EIUU) +8 424\n>&: EIUU (EIUU) -4 428\n", "a rack penalty that nothing calls for"},
        {">&: EIUU (EIUU) -4 428\n>$: (EIUU) +8 424\n", "the rack has been counted once already"},
        {">$: (EIUU) +8 424\n>&: EIUU - +0 432\n", "a move after the end"},
        {">&: EIUU - +0 432\n>&: EIUU - +0 432\n", "not on turn"},
        {">&: EIUU 1A EUI +3 435\n", "only one pass can follow the last play"},
        {">&: EIUU -EIUU +0 432\n", "only one pass can follow the last play"},
        {">$: (EIUU) +8 424\n>$: (time) -10 414\n>$: (time) -10 404\n", "a second time penalty"},
    };
    (void)state;
    struct buffer file = {0};
    open_out_game(&recorded, &file);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *rows = with_tail(&recorded, cases[i].tail);
        if (strstr(rows, cases[i].expected) == NULL)
            fail_msg("\"%s\" is not in\n%s", cases[i].expected, rows);
    }
    buffer_deinit(&file);
    arena_deinit(&recorded.arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_games_are_played_again_move_by_move),
        cmocka_unit_test(going_out_ends_by_the_rule_of_the_game),
        cmocka_unit_test(silence_after_the_last_tile_is_the_final_pass),
        cmocka_unit_test(recorded_ends_are_told_in_many_ways),
    };
    struct fault fault = {0};
    if (argc != 3 || lexicon_file_open(&lexicon, argv[2], &fault) != STATUS_OK) {
        fprintf(stderr, "usage: test_crossword_games FOLDER LEXICON (%s)\n", fault.text);
        return EXIT_FAILURE;
    }
    folder = argv[1];
    int failed = cmocka_run_group_tests_name("crossword_games", tests, NULL, NULL);
    lexicon_file_close(&lexicon);
    return failed;
}
