/* Stored games from anywhere: the first byte chooses the rules; what decodes encodes to a state
 * that decodes again to the same, can be shown, and can be played on. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "gamesvc/rules/draws.h"
#include "gamesvc/rules/rules.h"

#define FUZZ_MEMORY_MAX ((size_t)32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const moves[] = {"place 8G AB", "place H8 .E",  "exchange A", "pass",
                                    "challenge",   "report 2 1",   "agree",      "move a2a3",
                                    "resign",      "add-time 0 5", "timeout",    "adjudicate"};

static struct rules_game *decode(struct arena *arena, const struct rules_set *set,
                                 const struct rules_options *options, const char *text, size_t size)
{
    struct rules_game *game = NULL;
    struct fault fault;
    if (rules_decode(arena, set, options, text, size, &game, &fault) != STATUS_OK)
        return NULL;
    return game;
}

static void play_on(struct arena *arena, struct rules_game *game)
{
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        char id[] = {'i', (char)('a' + i), '\0'};
        struct rules_event event = {
            id,       RULES_TURN_ANY,  (enum rules_party)(i % 3), (int64_t)1 << 40,
            moves[i], strlen(moves[i])};
        struct rules_outcome outcome;
        const char *json = NULL;
        if (rules_apply(game, &event, &outcome) != STATUS_OK)
            return;
        assert(rules_view(game, RULES_WATCHER, arena, &json) == STATUS_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"crossword", "reported", "breakthrough"};
    static const uint8_t seed[DRAWS_SEED_SIZE] = {1};
    struct draws_seeded draws;
    struct arena arena;
    if (size == 0)
        return 0;
    const struct rules_set *set = rules_find(names[data[0] % 3]);
    draws_init(&draws, seed, NULL);
    struct rules_options options = {.text = "",
                                    .control = {TIMING_REAL_TIME, 60000, 0, 60000, 0},
                                    .draws = draws_source(&draws)};
    arena_init(&arena, FUZZ_MEMORY_MAX);
    struct rules_game *game = decode(&arena, set, &options, (const char *)data + 1, size - 1);
    if (game != NULL) {
        const char *text = NULL;
        const char *again = NULL;
        assert(rules_encode(game, &arena, &text) == STATUS_OK);
        struct rules_game *copy = decode(&arena, set, &options, text, strlen(text));
        assert(copy != NULL && rules_encode(copy, &arena, &again) == STATUS_OK);
        assert(strcmp(text, again) == 0);
        play_on(&arena, copy);
    }
    arena_deinit(&arena);
    return 0;
}
