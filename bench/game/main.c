/* bench-game FOLDER LEXICON: how fast games are replayed, turns judged and words looked up.
 * FOLDER holds GCG games, e.g. tests/data/crossword. Times are CPU time of this process. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/random.h"
#include "gamesvc/lexicon/lexicon_file.h"
#include "gamesvc/rules/crossword/crossword.h"
#include "gamesvc/rules/crossword/gcg.h"
#include "gamesvc/rules/crossword/gcg_replay.h"
#include "gamesvc/rules/crossword/greedy.h"
#include "gamesvc/rules/draws.h"

#define GAMES_MAX 1024
#define BENCH_MEMORY_MAX ((size_t)512 << 20)
#define WORDS_COUNT 200000
#define MOVES_MAX 128

static double cpu_seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
        abort();
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- recorded games ---------------------------------------------------------------------- */

static int load_games(struct arena *arena, const char *folder, struct gcg *games)
{
    int count = 0;
    struct dirent *entry;
    DIR *directory = opendir(folder);
    while (directory != NULL && (entry = readdir(directory)) != NULL && count < GAMES_MAX) {
        size_t size = strlen(entry->d_name);
        struct buffer path = {0};
        struct buffer file = {0};
        struct fault fault;
        if (size < 4 || strcmp(entry->d_name + size - 4, ".gcg") != 0)
            continue;
        buffer_format(&path, "%s/%s", folder, entry->d_name);
        if (buffer_read_file(&file, buffer_text(&path)) == STATUS_OK) {
            char *text = arena_copy(arena, buffer_text(&file), file.size);
            if (text != NULL &&
                gcg_read(arena, text, file.size, &games[count], &fault) == STATUS_OK)
                count++;
        }
        buffer_deinit(&path);
        buffer_deinit(&file);
    }
    if (directory != NULL)
        (void)closedir(directory); /* nothing was written */
    return count;
}

static void bench_replay(const struct gcg *games, int game_count)
{
    long placements = 0;
    long events = 0;
    double start = cpu_seconds();
    double spent = 0;
    while (spent < 1.0) {
        for (int game = 0; game < game_count; game++) {
            struct gcg_replay replay;
            struct fault fault;
            gcg_replay_init(&replay, &games[game]);
            for (int i = 0; i < games[game].event_count; i++) {
                struct gcg_step step;
                if (gcg_replay_step(&replay, &games[game].events[i], &step, &fault) != STATUS_OK)
                    abort();
                placements += games[game].events[i].type == GCG_PLACE;
                events++;
            }
        }
        spent = cpu_seconds() - start;
    }
    printf("replay, checks and scores: %.0f ns a placement (%.0f ns an event of any kind; whole "
           "games, boards set up anew)\n",
           spent / (double)placements * 1e9, spent / (double)events * 1e9);
}

/* ---- turns through the interface --------------------------------------------------------- */

struct script {
    char moves[MOVES_MAX][RULES_MOVE_MAX];
    int count;
    struct rules_turn turns[MOVES_MAX];
};

static struct rules_game *new_game(struct arena *arena, const struct rules_options *options)
{
    struct rules_game *game = NULL;
    struct fault fault;
    if (rules_create(arena, rules_find("crossword"), options, &game, &fault) != STATUS_OK)
        abort();
    return game;
}

static bool apply(struct rules_game *game, const char *move, int number,
                  struct rules_outcome *outcome)
{
    char id[16];
    (void)snprintf(id, sizeof id, "event-%d", number);
    struct rules_event event = {
        id, rules_turn_count(game), (enum rules_party)rules_on_turn(game), 0, move, strlen(move)};
    return rules_apply(game, &event, outcome) == STATUS_OK && outcome->verdict == RULES_ACCEPTED;
}

/* Lets two greedy players play a game and writes down their moves; the turns live in `arena`. */
static void record_script(struct arena *arena, const struct rules_options *options,
                          struct script *script, double *greedy_seconds)
{
    struct rules_game *game = new_game(arena, options);
    script->count = 0;
    while (!rules_result(game).over && script->count < MOVES_MAX) {
        const struct crossword *position = game->state;
        struct rules_outcome outcome;
        struct text move;
        double start = cpu_seconds();
        text_start(&move, arena);
        greedy_write_move(&position->board, options->lexicon, &position->racks[rules_on_turn(game)],
                          tiles_total(&position->bag), &move);
        *greedy_seconds += cpu_seconds() - start;
        (void)snprintf(script->moves[script->count], RULES_MOVE_MAX, "%s", text_end(&move));
        if (!apply(game, script->moves[script->count], script->count, &outcome))
            abort();
        script->turns[script->count++] = outcome.turn;
    }
}

static void bench_apply(const struct rules_options *options, const struct script *script)
{
    struct arena arena;
    long count = 0;
    double spent = 0;
    arena_init(&arena, BENCH_MEMORY_MAX);
    while (spent < 1.0) {
        arena_reset(&arena);
        struct rules_game *game = new_game(&arena, options);
        double start = cpu_seconds();
        for (int i = 0; i < script->count; i++) {
            struct rules_outcome outcome;
            if (!apply(game, script->moves[i], i, &outcome))
                abort();
        }
        spent += cpu_seconds() - start;
        count += script->count;
    }
    printf("rules_apply with lexicon and seeded draws: %.2f us a turn\n",
           spent / (double)count * 1e6);
    arena_deinit(&arena);
}

static void bench_hosted_replay(const struct rules_options *options, const struct script *script)
{
    struct arena arena;
    long count = 0;
    double spent = 0;
    arena_init(&arena, BENCH_MEMORY_MAX);
    while (spent < 1.0) {
        struct fault fault;
        arena_reset(&arena);
        double start = cpu_seconds();
        struct rules_game *game = new_game(&arena, options);
        for (int i = 0; i < script->count; i++)
            if (rules_replay(game, &script->turns[i], &fault) != STATUS_OK)
                abort();
        spent += cpu_seconds() - start;
        count += script->count;
    }
    printf("rules_replay with draws derived and records compared: %.2f us a turn (%d turns a "
           "game)\n",
           spent / (double)count * 1e6, script->count);
    arena_deinit(&arena);
}

static void bench_turns(const struct lexicon *lexicon)
{
    static struct script script;
    uint8_t seed[DRAWS_SEED_SIZE] = {42};
    struct draws_seeded draws;
    struct arena arena;
    double greedy_seconds = 0;
    arena_init(&arena, BENCH_MEMORY_MAX);
    draws_init(&draws, seed, NULL);
    struct rules_options options = {
        .text = "challenge=void", .draws = draws_source(&draws), .lexicon = lexicon};
    record_script(&arena, &options, &script, &greedy_seconds);
    bench_apply(&options, &script);
    bench_hosted_replay(&options, &script);
    printf("greedy_write_move: %.2f ms a move\n", greedy_seconds / script.count * 1e3);
    arena_deinit(&arena);
}

/* ---- words ------------------------------------------------------------------------------- */

struct query {
    uint8_t size;
    uint8_t letters[LEXICON_WORD_MAX];
};

/* Takes words at random, and of every second one changes one letter. */
static size_t make_queries(struct arena *arena, const struct lexicon *lexicon, size_t longest,
                           struct query *queries)
{
    struct random random;
    struct text list;
    random_init(&random, 1);
    text_start(&list, arena);
    lexicon_write_words(lexicon, &list);
    size_t count = 0;
    while (count < WORDS_COUNT) {
        size_t place = (size_t)random_below(&random, list.size);
        while (place > 0 && list.data[place - 1] != '\n')
            place--;
        size_t size = strcspn(list.data + place, "\n");
        if (size > longest)
            continue;
        struct query *query = &queries[count];
        query->size = (uint8_t)size;
        for (size_t i = 0; i < size; i++)
            query->letters[i] = (uint8_t)(list.data[place + i] - 'A' + 1);
        if (count++ % 2 == 1)
            query->letters[random_below(&random, size)] = (uint8_t)(1 + random_below(&random, 26));
    }
    return count;
}

static void bench_words(const struct lexicon *lexicon, size_t longest, const char *what)
{
    struct arena arena;
    arena_init(&arena, BENCH_MEMORY_MAX);
    struct query *queries = arena_array(&arena, WORDS_COUNT, sizeof *queries);
    if (queries == NULL)
        abort();
    size_t count = make_queries(&arena, lexicon, longest, queries);
    long asked = 0;
    long found = 0;
    double start = cpu_seconds();
    double spent = 0;
    while (spent < 1.0) {
        for (size_t i = 0; i < count; i++)
            found += lexicon_has(lexicon, queries[i].letters, 1, queries[i].size);
        asked += (long)count;
        spent = cpu_seconds() - start;
    }
    printf("word checks, %s: %.1f million a second (%.0f %% words)\n", what,
           (double)asked / spent / 1e6, 100.0 * (double)found / (double)asked);
    arena_deinit(&arena);
}

int main(int argc, char **argv)
{
    static struct gcg games[GAMES_MAX];
    struct lexicon_file file;
    struct arena arena;
    struct fault fault = {0};
    if (argc != 3) {
        fputs("Usage: bench-game FOLDER LEXICON\n", stderr);
        return 2;
    }
    if (lexicon_file_open(&file, argv[2], &fault) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", argv[2], fault.text);
        return EXIT_FAILURE;
    }
    arena_init(&arena, BENCH_MEMORY_MAX);
    int count = load_games(&arena, argv[1], games);
    printf("%d games of %s, lexicon %s\n", count, argv[1], file.lexicon.name);
    if (count > 0)
        bench_replay(games, count);
    bench_turns(&file.lexicon);
    bench_words(&file.lexicon, LEXICON_WORD_MAX, "all lengths");
    bench_words(&file.lexicon, 5, "2 to 5 letters");
    arena_deinit(&arena);
    lexicon_file_close(&file);
    return EXIT_SUCCESS;
}
