/* Moves from strangers: the first byte chooses the game, each line is who (a letter) and a move.
 * What is refused changes nothing; what is accepted replays to the same state. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "gamesvc/rules/draws.h"
#include "gamesvc/rules/lexicon.h"
#include "gamesvc/rules/rules.h"
#include "gamesvc/rules/text.h"

#define FUZZ_MEMORY_MAX ((size_t)64 << 20)
#define EVENTS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *rules;
    const char *options;
} games[] = {
    {"crossword", "challenge=void"},   {"crossword", "challenge=single"},
    {"crossword", "challenge=double"}, {"crossword", "challenge=five-point"},
    {"crossword", "challenge=triple"}, {"crossword", "variant=classic_super"},
    {"reported", "draws=no"},          {"breakthrough", ""},
};

static void hash(struct arena *arena, const struct rules_game *game, uint8_t *out_hash)
{
    struct arena_mark mark = arena_mark(arena);
    assert(rules_hash(game, arena, out_hash) == STATUS_OK);
    arena_rewind(arena, mark);
}

static void play(struct arena *arena, struct rules_game *game, struct rules_game *shadow,
                 struct text_reader line, int number)
{
    uint8_t before[RULES_HASH_SIZE];
    uint8_t after[RULES_HASH_SIZE];
    struct fault fault;
    struct rules_outcome outcome;
    char id[16];
    if (line.next == line.end)
        return;
    (void)snprintf(id, sizeof id, "e%d", number); /* fits */
    struct rules_event event = {.id = id,
                                .turn = rules_turn_count(game),
                                .actor = (enum rules_party)((unsigned char)line.next[0] % 6),
                                .at_ms = (int64_t)number * 5000,
                                .move = line.next + 1,
                                .move_size = (size_t)(line.end - line.next - 1)};
    hash(arena, game, before);
    assert(rules_apply(game, &event, &outcome) == STATUS_OK);
    if (outcome.verdict == RULES_ACCEPTED)
        assert(rules_replay(shadow, &outcome.turn, &fault) == STATUS_OK);
    hash(arena, game, after);
    if (outcome.verdict == RULES_REFUSED)
        assert(memcmp(before, after, sizeof after) == 0);
    hash(arena, shadow, before);
    assert(memcmp(before, after, sizeof after) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char words[] =
        "AA\nAB\nAE\nAI\nAN\nAR\nAS\nAT\nEAT\nTEA\nTIN\nIN\nIT\nRE\nON\nNO\n";
    static const uint8_t seed[DRAWS_SEED_SIZE] = {3};
    struct lexicon lexicon;
    struct draws_seeded draws;
    struct arena arena;
    struct fault fault;
    struct rules_game *game = NULL;
    struct rules_game *shadow = NULL;
    struct text_reader line;
    if (size == 0 || size > 4096)
        return 0;
    size_t choice = data[0] % COUNT_OF(games);
    arena_init(&arena, FUZZ_MEMORY_MAX);
    draws_init(&draws, seed, NULL);
    assert(lexicon_from_words(&arena, "FUZZ", words, sizeof words - 1, &lexicon, &fault) ==
           STATUS_OK);
    struct rules_options options = {.text = games[choice].options,
                                    .control = {TIMING_REAL_TIME, 60000, 0, 60000, 0},
                                    .draws = draws_source(&draws),
                                    .lexicon = &lexicon};
    const struct rules_set *set = rules_find(games[choice].rules);
    assert(rules_create(&arena, set, &options, &game, &fault) == STATUS_OK);
    assert(rules_create(&arena, set, &options, &shadow, &fault) == STATUS_OK);
    struct text_reader reader = text_reader((const char *)data + 1, size - 1);
    for (int number = 0; number < EVENTS_MAX && text_read_line(&reader, &line); number++)
        play(&arena, game, shadow, line, number);
    arena_deinit(&arena);
    return 0;
}
