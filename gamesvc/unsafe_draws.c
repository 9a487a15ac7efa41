/* A script of draws. */
#include "gamesvc/unsafe_draws.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "gamesvc/rules/crossword/tiles.h"
#include "gamesvc/rules/text.h"

enum { DRAWS_MAX = 256, FILE_MAX = 1 << 16, PATH_MAX_SIZE = 4096 };

struct script {
    struct tiles drawn[DRAWS_MAX];
    bool known[DRAWS_MAX];
};

static void draw_scripted(void *user, uint64_t number, const uint8_t *left, size_t kind_count,
                          size_t count, uint8_t *out_kinds)
{
    const struct script *script = user;
    bool is_known = number < DRAWS_MAX && script->known[number];
    const uint8_t *from = is_known ? script->drawn[number].count : left;
    size_t taken = 0;
    for (size_t kind = 0; kind < kind_count; kind++)
        for (int i = 0; i < from[kind] && taken < count; i++)
            out_kinds[taken++] = (uint8_t)kind;
    for (size_t kind = 0; taken < count && kind < kind_count; kind++) /* a script that is short */
        if (left[kind] > 0)
            out_kinds[taken++] = (uint8_t)kind;
}

static void read_script(const char *text, size_t size, struct script *script)
{
    struct text_reader file = text_reader(text, size);
    struct text_reader line;
    while (text_read_line(&file, &line)) {
        struct text_span word;
        struct text_span tiles;
        int64_t number = 0;
        if (text_read_word(&line, &word) && text_span_is(word, "draw") &&
            text_read_number(&line, 0, DRAWS_MAX - 1, &number) && text_read_word(&line, &tiles))
            script->known[number] = tiles_read(tiles, RACK_SIZE, &script->drawn[number]);
    }
}

void unsafe_draws_take(struct arena *arena, const char *folder, const char *first,
                       struct rules_draws *draws)
{
    char path[PATH_MAX_SIZE];
    struct buffer file = {.limit = FILE_MAX};
    if (folder == NULL || folder[0] == '\0')
        return;
    (void)snprintf(path, sizeof path, "%s/%s.draws", folder, first); /* cut: not found */
    struct script *script =
        buffer_read_file(&file, path) == STATUS_OK ? arena_alloc(arena, sizeof *script) : NULL;
    if (script != NULL) {
        read_script(buffer_text(&file), file.size, script);
        *draws = (struct rules_draws){draw_scripted, script};
    }
    buffer_deinit(&file);
}
