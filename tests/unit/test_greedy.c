/* greedy: finds what trying everything finds, and plays whole legal games. Argument: a lexicon. */
#include "gamesvc/rules/crossword/greedy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/random.h"
#include "gamesvc/lexicon/lexicon_file.h"
#include "gamesvc/rules/crossword/crossword.h"
#include "gamesvc/rules/draws.h"
#include "tests/unit/rules_table.h"

static struct lexicon_file file;

/* ---- against trying everything ----------------------------------------------------------- */

static bool all_words_are_valid(const struct board *board, const struct lexicon *lexicon,
                                const struct play *play)
{
    for (int i = 0; i < play->word_count; i++) {
        struct board_word word = play->words[i];
        if (!lexicon_has(lexicon, board->squares + word.start, word.step, word.length))
            return false;
    }
    return true;
}

/* Lays `word` at one place with tiles of the rack, blanks where letters lack; -1: not legal. */
static int try_word(const struct board *board, const struct lexicon *lexicon,
                    const struct tiles *rack, struct placement placement, const char *word)
{
    struct tiles left = *rack;
    struct board copy = *board;
    struct play play;
    int size = board->layout->size;
    int first = placement.down ? placement.row : placement.column;
    placement.length = (int)strlen(word);
    if (first + placement.length > size)
        return -1;
    for (int i = 0; i < placement.length; i++) {
        int row = placement.row + (placement.down ? i : 0);
        int column = placement.column + (placement.down ? 0 : i);
        uint8_t letter = (uint8_t)(word[i] - 'A' + 1);
        uint8_t there = board_tile(board, row, column);
        if (there != 0 && (there & ~TILE_BLANK) != letter)
            return -1;
        if (there != 0)
            continue;
        int kind = left.count[letter] > 0 ? letter : 0;
        if (left.count[kind]-- == 0)
            return -1;
        placement.tiles[i] = kind == 0 ? (uint8_t)(TILE_BLANK | letter) : letter;
    }
    if (board_check(board, &placement) != PLACEMENT_FITS)
        return -1;
    board_place(&copy, &placement, &play);
    return all_words_are_valid(&copy, lexicon, &play) ? play.score : -1;
}

static int best_by_trying(const struct board *board, const struct lexicon *lexicon,
                          const struct tiles *rack, const char *words)
{
    int best = -1;
    int size = board->layout->size;
    for (const char *line = words; *line != '\0'; line += strcspn(line, "\n") + 1) {
        char word[LEXICON_WORD_MAX + 1] = {0};
        memcpy(word, line, strcspn(line, "\n"));
        for (int i = 0; i < 2 * size * size; i++) {
            struct placement placement = {
                .row = i / 2 / size, .column = i / 2 % size, .down = i % 2 == 1};
            int score = try_word(board, lexicon, rack, placement, word);
            if (score > best)
                best = score;
        }
    }
    return best;
}

/* A small lexicon of words that go well together; racks without blanks, where the simple search
 * above need not choose which letter a blank stands for. */
static void finds_what_trying_everything_finds(void **state)
{
    static const char words[] =
        "AA\nAB\nAE\nAI\nAN\nAR\nAS\nAT\nBA\nBE\nEN\nER\nES\nET\nIN\nIS\nIT\n"
        "NE\nRE\nTA\nTI\nSENT\nTENS\nRAIN\nRAINS\nSTAIN\nSTAINER\nRETAINS\n"
        "BEAT\nBEATS\nBASE\nBRAINS\nTIN\nTINS\nTEA\nSEAT\nEAT\nATE\n";
    static const char tiles[] = "ABEINRST";
    (void)state;
    struct arena arena;
    struct lexicon lexicon;
    struct random random;
    struct fault fault;
    arena_init(&arena, (size_t)16 << 20);
    random_init(&random, 5);
    assert_int_equal(lexicon_from_words(&arena, "TEST", words, sizeof words - 1, &lexicon, &fault),
                     STATUS_OK);
    int found = 0;
    for (int game = 0; game < 3; game++) {
        struct board board;
        board_init(&board, layout_find((struct text_span){"CrosswordGame", 13}),
                   tile_set_find((struct text_span){"english", 7}));
        for (int turn = 0; turn < 8; turn++) {
            struct tiles rack = {0};
            struct placement placement;
            struct play play;
            int score = -1;
            for (int i = 0; i < RACK_SIZE; i++)
                rack.count[tiles[random_below(&random, sizeof tiles - 1)] - 'A' + 1]++;
            if (!tiles_contain(&board.unseen, &rack))
                continue;
            bool any = greedy_find(&board, &lexicon, &rack, &placement, &score);
            assert_int_equal(best_by_trying(&board, &lexicon, &rack, words), any ? score : -1);
            if (!any)
                continue;
            assert_int_equal(board_check(&board, &placement), PLACEMENT_FITS);
            board_place(&board, &placement, &play);
            assert_int_equal(play.score, score);
            found++;
        }
    }
    assert_true(found > 10);
    arena_deinit(&arena);
}

/* ---- whole games ------------------------------------------------------------------------- */

/* A bot that is sometimes wrong, so that there is something to challenge: it swaps two letters. */
static void spoil(char *move)
{
    size_t size = strlen(move);
    char last = move[size - 1];
    move[size - 1] = move[size - 2];
    move[size - 2] = last;
}

/* What is written of a rack is sorted; seven sorted letters stand nowhere else by chance. */
static void assert_hidden(struct table *table, const struct tiles *rack, int owner,
                          struct arena *arena)
{
    static const enum rules_party viewers[] = {RULES_FIRST, RULES_SECOND, RULES_DIRECTOR,
                                               RULES_CLOCK, RULES_WATCHER};
    struct text secret;
    text_start(&secret, arena);
    tiles_write(rack, &secret);
    const char *text = text_end(&secret);
    for (size_t i = 0; i < COUNT_OF(viewers); i++) {
        if ((int)viewers[i] == owner)
            continue;
        assert_null(strstr(table_view(table, viewers[i]), text));
        if (rules_turn_count(table->game) > 0)
            assert_null(strstr(table_view_last_turn(table, viewers[i]), text));
    }
}

/* Neither the racks of now nor those of the last event are shown to anybody but their owners. */
static void assert_racks_hidden(struct table *table, struct tiles *before, struct arena *arena)
{
    const struct crossword *position = table->game->state;
    for (int seat = 0; seat < RULES_SEATS; seat++) {
        if (!rules_result(table->game).over && tiles_total(&position->racks[seat]) == RACK_SIZE) {
            assert_hidden(table, &position->racks[seat], seat, arena);
            if (tiles_total(&before[seat]) == RACK_SIZE)
                assert_hidden(table, &before[seat], seat, arena);
        }
        before[seat] = position->racks[seat];
    }
}

static void play_game(uint64_t seed_number, const char *options)
{
    uint8_t seed[DRAWS_SEED_SIZE] = {(uint8_t)seed_number};
    struct draws_seeded draws;
    struct random random;
    struct table table;
    struct arena arena;
    struct tiles before[RULES_SEATS] = {{{0}}};
    arena_init(&arena, (size_t)16 << 20);
    random_init(&random, seed_number);
    draws_init(&draws, seed, NULL);
    table_open(&table, "crossword",
               (struct rules_options){
                   .text = options, .draws = draws_source(&draws), .lexicon = &file.lexicon});
    while (!rules_result(table.game).over) {
        const struct crossword *position = table.game->state;
        enum rules_party seat = (enum rules_party)rules_on_turn(table.game);
        struct text move;
        assert_racks_hidden(&table, before, &arena);
        text_start(&move, &arena);
        if (position->can_challenge && random_below(&random, 3) == 0) {
            (void)table_play(&table, seat, "challenge");
            continue;
        }
        if (position->player_out != RULES_NO_WINNER)
            text_add_string(&move, "pass");
        else
            greedy_write_move(&position->board, &file.lexicon, &position->racks[seat],
                              tiles_total(&position->bag), &move);
        char *text = (char *)text_end(&move);
        if (random_below(&random, 4) == 0 && position->challenge != CHALLENGE_VOID)
            spoil(text);
        (void)table_play(&table, seat, text);
        if (table.outcome.verdict == RULES_REFUSED)
            (void)table_play(&table, seat, "pass");
        arena_reset(&arena);
        assert_racks_hidden(&table, before, &arena);
    }
    assert_true(rules_turn_count(table.game) > 1);
    table_close(&table);
    arena_deinit(&arena);
}

static void bots_play_whole_games_under_every_rule(void **state)
{
    static const char *const options[] = {
        "challenge=void",      "challenge=single", "challenge=double",     "challenge=five-point",
        "challenge=ten-point", "challenge=triple", "variant=classic_super"};
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++)
        for (size_t i = 0; i < COUNT_OF(options); i++)
            play_game(seed, options[i]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_trying_everything_finds),
        cmocka_unit_test(bots_play_whole_games_under_every_rule),
    };
    struct fault fault = {0};
    if (argc != 2 || lexicon_file_open(&file, argv[1], &fault) != STATUS_OK) {
        fprintf(stderr, "usage: test_greedy LEXICON (%s)\n", fault.text);
        return EXIT_FAILURE;
    }
    int failed = cmocka_run_group_tests_name("greedy", tests, NULL, NULL);
    lexicon_file_close(&file);
    return failed;
}
