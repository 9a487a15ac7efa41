/* Lexicons from anywhere: the first byte says whether the rest is a list, a KWG file or an image;
 * what is accepted can be asked, and lists and graphs survive a round trip. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "gamesvc/rules/lexicon.h"

#define FUZZ_MEMORY_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct lexicon *lexicon)
{
    uint8_t letters[LEXICON_WORD_MAX];
    for (uint8_t first = 1; first <= LEXICON_LETTERS; first++) {
        memset(letters, first, sizeof letters);
        (void)lexicon_has(lexicon, letters, 1, sizeof letters); /* the sanitizer watches */
        uint32_t node = lexicon_next(lexicon, 0, first);
        assert(node < lexicon->node_count);
    }
}

static void round_trip(struct arena *arena, const struct lexicon *lexicon)
{
    struct text kwg;
    struct lexicon again;
    struct fault fault;
    text_start(&kwg, arena);
    lexicon_write_kwg(lexicon, &kwg);
    assert(!kwg.full);
    assert(lexicon_from_kwg(arena, "AGAIN", kwg.data, kwg.size, &again, &fault) == STATUS_OK);
    assert(memcmp(lexicon->hash, again.hash, LEXICON_HASH_SIZE) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct lexicon lexicon;
    struct fault fault;
    if (size == 0 || size > 4096)
        return 0;
    arena_init(&arena, FUZZ_MEMORY_MAX);
    const uint8_t *bytes = data + 1;
    size_t count = size - 1;
    enum status status = STATUS_UNKNOWN;
    if (data[0] % 3 == 0) {
        status = lexicon_from_words(&arena, "FUZZ", (const char *)bytes, count, &lexicon, &fault);
        if (status == STATUS_OK)
            round_trip(&arena, &lexicon);
    } else if (data[0] % 3 == 1) {
        status = lexicon_from_kwg(&arena, "FUZZ", bytes, count, &lexicon, &fault);
        if (status == STATUS_OK)
            round_trip(&arena, &lexicon);
    } else {
        void *aligned = arena_alloc(&arena, count);
        memcpy(aligned, bytes, count);
        status = lexicon_from_image(aligned, count, &lexicon, &fault);
    }
    if (status == STATUS_OK)
        ask(&lexicon);
    arena_deinit(&arena);
    return 0;
}
