/* GCG files from anywhere: whatever is accepted is written plainly, read again, and comes to the
 * same game. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "gamesvc/rules/crossword/gcg.h"
#include "gamesvc/rules/crossword/gcg_replay.h"

#define FUZZ_MEMORY_MAX ((size_t)32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns the replay's text, NULL where the file or the game is refused. */
static const char *replay(struct arena *arena, const char *text, size_t size, struct gcg *gcg)
{
    struct text rows;
    struct fault fault;
    if (gcg_read(arena, text, size, gcg, &fault) != STATUS_OK)
        return NULL;
    text_start(&rows, arena);
    return gcg_replay_write(gcg, &rows, &fault) == STATUS_OK ? text_end(&rows) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct gcg gcg;
    arena_init(&arena, FUZZ_MEMORY_MAX);
    const char *rows = replay(&arena, (const char *)data, size, &gcg);
    if (rows != NULL) {
        struct text written;
        struct gcg again;
        text_start(&written, &arena);
        gcg_write(&gcg, &written);
        const char *text = text_end(&written);
        assert(text != NULL);
        const char *rows_again = replay(&arena, text, written.size, &again);
        assert(rows_again != NULL && strcmp(rows, rows_again) == 0);
    }
    arena_deinit(&arena);
    return 0;
}
