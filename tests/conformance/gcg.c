/* conformance-gcg DIR: in DIR and in its folders, every NAME.gcg replays to NAME.expect, and every
 * file that negative/EXPECT.tsv names is refused at the line given there ('-': anywhere). */
#include "base/arena.h"
#include "base/buffer.h"
#include "gamesvc/rules/crossword/gcg.h"
#include "gamesvc/rules/crossword/gcg_replay.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GAME_BYTES_MAX ((size_t)16 << 20)
#define GAMES_MAX 8192
#define EXIT_SKIPPED 77 /* ctest's sign for "not run" */

struct tally {
    int passed;
    int failed;
};

static void count(struct tally *tally, bool passed)
{
    tally->passed += passed;
    tally->failed += !passed;
}

/* Reads and replays a file; the text of the replay lives in the arena. */
static enum status replay_file(struct arena *arena, struct buffer *bytes, const char *path,
                               struct text *text, struct fault *fault)
{
    struct gcg gcg;
    enum status status = buffer_read_file(bytes, path);
    if (status != STATUS_OK) {
        (void)fault_set(fault, 0, 0, "cannot be read"); /* the status is returned */
        return status;
    }
    status = gcg_read(arena, buffer_text(bytes), bytes->size, &gcg, fault);
    if (status != STATUS_OK)
        return status;
    text_start(text, arena);
    return gcg_replay_write(&gcg, text, fault);
}

static bool same_text(const char *name, const char *got, size_t got_size, const char *want,
                      size_t want_size)
{
    struct text_reader got_lines = text_reader(got, got_size);
    struct text_reader want_lines = text_reader(want, want_size);
    for (;;) {
        struct text_reader a = {0};
        struct text_reader b = {0};
        bool has_a = text_read_line(&got_lines, &a);
        bool has_b = text_read_line(&want_lines, &b);
        if (!has_a && !has_b)
            return true;
        size_t a_size = (size_t)(a.end - a.next);
        size_t b_size = (size_t)(b.end - b.next);
        if (b_size > 0 && b.next[b_size - 1] == '\r')
            b_size--;
        if (has_a == has_b && a_size == b_size && memcmp(a.next, b.next, a_size) == 0)
            continue;
        printf("FAIL %s: line %d of the replay is\n  %.*s\nexpected\n  %.*s\n", name,
               has_b ? b.line : a.line, has_a ? (int)a_size : 0, has_a ? a.next : "",
               has_b ? (int)b_size : 0, has_b ? b.next : "");
        return false;
    }
}

static bool game_passes(const char *folder, const char *name)
{
    bool passed = false;
    struct arena arena;
    struct buffer path = {0};
    struct buffer bytes = {0};
    struct buffer want = {0};
    struct text text = {0};
    struct fault fault = {0};
    arena_init(&arena, GAME_BYTES_MAX);
    buffer_format(&path, "%s/%s.gcg", folder, name);
    enum status status = replay_file(&arena, &bytes, buffer_text(&path), &text, &fault);
    if (status != STATUS_OK) {
        printf("FAIL %s: line %d: %s (%s)\n", name, fault.line, fault.text, status_name(status));
        goto out;
    }
    buffer_reset(&path);
    buffer_format(&path, "%s/%s.expect", folder, name);
    if (buffer_read_file(&want, buffer_text(&path)) != STATUS_OK) {
        printf("FAIL %s: there is no .expect file\n", name);
        goto out;
    }
    passed = same_text(name, text.data, text.size, buffer_text(&want), want.size);
out:
    buffer_deinit(&path);
    buffer_deinit(&bytes);
    buffer_deinit(&want);
    arena_deinit(&arena);
    return passed;
}

static bool refusal_passes(const char *folder, const char *name, const char *line)
{
    struct arena arena;
    struct buffer path = {0};
    struct buffer bytes = {0};
    struct text text = {0};
    struct fault fault = {0};
    arena_init(&arena, GAME_BYTES_MAX);
    buffer_format(&path, "%s/negative/%s.gcg", folder, name);
    enum status status = replay_file(&arena, &bytes, buffer_text(&path), &text, &fault);
    bool anywhere = strcmp(line, "-") == 0;
    bool passed = status == STATUS_INVALID_ARGUMENT &&
                  (anywhere || fault.line == (int)strtol(line, NULL, 10));
    if (status == STATUS_OK)
        printf("FAIL %s: accepted, to be refused at line %s\n", name, line);
    else if (!passed)
        printf("FAIL %s: refused at line %d (%s), to be refused at line %s\n", name, fault.line,
               fault.text, line);
    buffer_deinit(&path);
    buffer_deinit(&bytes);
    arena_deinit(&arena);
    return passed;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void run_games(const char *folder, struct tally *tally)
{
    DIR *directory = opendir(folder);
    char *names[GAMES_MAX];
    size_t name_count = 0;
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        size_t size = strlen(entry->d_name);
        if (size < 5 || strcmp(entry->d_name + size - 4, ".gcg") != 0 || name_count == GAMES_MAX)
            continue;
        names[name_count] = strdup(entry->d_name);
        names[name_count++][size - 4] = '\0';
    }
    if (directory != NULL)
        (void)closedir(directory); /* nothing was written */
    qsort(names, name_count, sizeof names[0], compare_names);
    for (size_t i = 0; i < name_count; i++) {
        count(tally, game_passes(folder, names[i]));
        free(names[i]);
    }
}

static void run_refusals(const char *folder, struct tally *tally)
{
    struct buffer path = {0};
    struct buffer table = {0};
    buffer_format(&path, "%s/negative/EXPECT.tsv", folder);
    if (buffer_read_file(&table, buffer_text(&path)) == STATUS_OK) {
        struct text_reader reader = text_reader(buffer_text(&table), table.size);
        struct text_reader row;
        struct text_span cells[3];
        (void)text_read_line(&reader, &row); /* the heading */
        while (text_read_line(&reader, &row)) {
            char name[64];
            char line[16];
            if (!text_read_word(&row, &cells[0]) || !text_read_word(&row, &cells[1]) ||
                !text_read_word(&row, &cells[2]))
                continue;
            (void)snprintf(name, sizeof name, "%.*s", (int)cells[0].size, cells[0].data);
            (void)snprintf(line, sizeof line, "%.*s", (int)cells[2].size, cells[2].data);
            count(tally, refusal_passes(folder, name, line));
        }
    }
    buffer_deinit(&path);
    buffer_deinit(&table);
}

/* The folder itself, then the folders in it: dev, heldout. */
static void run_folders(const char *folder, struct tally *tally)
{
    struct dirent *entry;
    DIR *directory = opendir(folder);
    run_games(folder, tally);
    run_refusals(folder, tally);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        struct buffer path = {0};
        struct stat info;
        buffer_format(&path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "negative") != 0 &&
            stat(buffer_text(&path), &info) == 0 && S_ISDIR(info.st_mode)) {
            run_games(buffer_text(&path), tally);
            run_refusals(buffer_text(&path), tally);
        }
        buffer_deinit(&path);
    }
    if (directory != NULL)
        (void)closedir(directory); /* nothing was written */
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "Usage: conformance-gcg DIR\n");
        return 2;
    }
    struct stat info;
    if (stat(argv[1], &info) != 0) {
        printf("conformance-gcg: skipped, there is no %s\n", argv[1]);
        return EXIT_SKIPPED;
    }
    struct tally tally = {0};
    run_folders(argv[1], &tally);
    if (tally.passed + tally.failed == 0)
        printf("FAIL %s: there are no games here\n", argv[1]);
    printf("%d passed, %d failed\n", tally.passed, tally.failed);
    return tally.failed == 0 && tally.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
