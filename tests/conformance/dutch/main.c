/*
 * conformance-dutch DIR — runs every case of a directory of Swiss pairing cases: CASE.trf (or
 * CASE.trf.gz) against CASE.exp, with exit codes from a MANIFEST where there is one. Cases whose
 * expected output speaks of rounds are checker cases; CASE.list, where present, is their checklist.
 *
 * Prints each failure and at the end "N passed, N failed". `--whole` takes the slow way that pairs
 * every bracket together with everybody below it; `--rewrite` pairs from a file that was read and
 * written again (those that cannot be read count as they are).
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "orchestrator/pairing/dutch/engine.h"
#include "orchestrator/record/trf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Of larger files the proofs are not looked at: that takes longer than pairing. */
enum { NAME_SIZE = 512, EXIT_SKIPPED = 77, PROVED_SIZE_MAX = 60000 };

struct suite {
    const char *directory;
    struct buffer codes; /* lines "case<TAB>code" */
    enum dutch_method method;
    bool rewrite;
    int passed;
    int failed;
    int skipped;
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

/* Appends a file, unpacked where only a .gz is there. Names come from the directory's listing. */
static bool read_whole(const char *directory, const char *name, struct buffer *out)
{
    char path[2 * NAME_SIZE];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (buffer_read_file(out, path) == STATUS_OK)
        return true;
    char command[3 * NAME_SIZE];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s.gz", directory, name);
    if (stat(path, &info) != 0 || strchr(path, '\'') != NULL)
        return false;
    snprintf(command, sizeof command, "gzip -dc '%s'", path);
    FILE *pipe = popen(command, "r");
    char block[65536];
    size_t count;
    while (pipe != NULL && (count = fread(block, 1, sizeof block, pipe)) > 0)
        buffer_append(out, block, count);
    return pipe != NULL && pclose(pipe) == 0;
}

/* ---- expected exit codes ----------------------------------------------------------------- */

struct manifest {
    const char *name;
    int code_column; /* from 0 */
};

static const struct manifest MANIFESTS[] = {
    {"MANIFEST.tsv", 5}, {"MANIFEST.check.tsv", 3}, {"MANIFEST.cli.tsv", 1}};

static void take_codes(struct suite *suite, char *text, int code_column)
{
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *cell = line;
        size_t name_size = strcspn(line, "\t");
        for (int column = 0; cell != NULL && column < code_column; column++) {
            cell = strchr(cell, '\t');
            cell = cell == NULL ? NULL : cell + 1;
        }
        if (cell != NULL && *cell >= '0' && *cell <= '9')
            buffer_format(&suite->codes, "%.*s\t%c\n", (int)name_size, line, *cell);
    }
}

static void read_manifests(struct suite *suite)
{
    for (size_t i = 0; i < sizeof MANIFESTS / sizeof MANIFESTS[0]; i++) {
        struct buffer text = {0};
        if (read_whole(suite->directory, MANIFESTS[i].name, &text) && text.size > 0)
            take_codes(suite, text.data, MANIFESTS[i].code_column);
        buffer_deinit(&text);
    }
}

/* Returns the code listed for a case, or -1. */
static int listed_code(const struct suite *suite, const char *name)
{
    char key[NAME_SIZE + 2];
    snprintf(key, sizeof key, "%s\t", name);
    const char *at = buffer_text(&suite->codes);
    for (; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, key, strlen(key)) == 0)
            return at[strlen(key)] - '0';
    }
    return -1;
}

/* ---- one case ---------------------------------------------------------------------------- */

struct one_case {
    const char *name;
    struct buffer input;
    struct buffer expected;
    struct buffer expected_list;
    struct buffer out;
    struct buffer list;
    struct buffer error;
    bool has_expected;
    bool has_list;
    bool unproved; /* the duals do not show that the pairing is the best one */
    int code;
};

static const char *find_difference(const struct one_case *one, int expected_code)
{
    if (one->unproved)
        return "the proof";
    if (one->code != expected_code)
        return "exit code";
    if (one->has_expected && strcmp(buffer_text(&one->out), buffer_text(&one->expected)) != 0)
        return "output";
    if (one->has_list && strcmp(buffer_text(&one->list), buffer_text(&one->expected_list)) != 0)
        return "checklist";
    return NULL;
}

/* Puts in the place of a file what is written after reading it. */
static void rewrite_input(struct buffer *input)
{
    static const enum trf_edition editions[] = {TRF_16, TRF_26};
    for (int i = 0; i < 2; i++) {
        struct arena arena;
        struct record *record = NULL;
        struct buffer written = {0};
        arena_init(&arena, (size_t)4 << 30);
        if (trf_read(buffer_text(input), input->size, TRF_TO_PAIR_LIKE_BBP, &arena, &record,
                     NULL) == STATUS_OK) {
            trf_write(record, editions[i], &written);
            buffer_reset(input);
            buffer_append(input, buffer_text(&written), written.size);
        }
        buffer_deinit(&written);
        arena_deinit(&arena);
    }
}

static void run_engine(const struct suite *suite, struct one_case *one)
{
    struct arena arena;
    struct arena scratch;
    arena_init(&arena, (size_t)4 << 30);
    arena_init(&scratch, (size_t)4 << 30);
    struct dutch_engine engine = {
        .bytes = buffer_text(&one->input),
        .size = one->input.size,
        .path = one->name,
        .stem = one->name,
        .compat = DUTCH_BBP,
        .method = suite->method,
        .prove = one->input.size < PROVED_SIZE_MAX,
        .arena = &arena,
        .scratch = &scratch,
        .out = &one->out,
        .list = &one->list,
        .error = &one->error,
    };
    bool check = strstr(buffer_text(&one->expected), ": Round #") != NULL;
    struct dutch_engine_result result = {0};
    one->code = check ? (int)dutch_engine_check(&engine) : (int)dutch_engine_pair(&engine, &result);
    one->unproved = engine.prove && result.output.possible && !result.output.proved;
    arena_deinit(&arena);
    arena_deinit(&scratch);
}

static void judge(struct suite *suite, const struct one_case *one)
{
    int expected_code = listed_code(suite, one->name);
    if (expected_code < 0)
        expected_code = one->expected.size > 0 ? 0 : 1;
    const char *different = find_difference(one, expected_code);
    if (different == NULL) {
        suite->passed++;
        return;
    }
    suite->failed++;
    printf("FAILED %s: %s differs; exit code %d, expected %d%s%s", one->name, different, one->code,
           expected_code, one->error.size > 0 ? "; " : "\n", buffer_text(&one->error));
}

static void run_case(struct suite *suite, const char *name)
{
    struct one_case one = {.name = name};
    char file[NAME_SIZE + 8];
    snprintf(file, sizeof file, "%s.trf", name);
    bool readable = read_whole(suite->directory, file, &one.input);
    snprintf(file, sizeof file, "%s.exp", name);
    one.has_expected = read_whole(suite->directory, file, &one.expected);
    snprintf(file, sizeof file, "%s.list", name);
    one.has_list = read_whole(suite->directory, file, &one.expected_list);
    if (readable && suite->rewrite)
        rewrite_input(&one.input);
    if (readable && (one.has_expected || listed_code(suite, name) >= 0)) {
        run_engine(suite, &one);
        judge(suite, &one);
    } else {
        suite->skipped++;
        printf("SKIPPED %s: nothing to compare with\n", name);
    }
    buffer_deinit(&one.input);
    buffer_deinit(&one.expected);
    buffer_deinit(&one.expected_list);
    buffer_deinit(&one.out);
    buffer_deinit(&one.list);
    buffer_deinit(&one.error);
}

/* ---- the directory ----------------------------------------------------------------------- */

static int compare_names(const void *one, const void *two)
{
    return strcmp(*(char *const *)one, *(char *const *)two);
}

static void run_directory(struct suite *suite, DIR *directory)
{
    char **names = NULL;
    size_t count = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        bool packed = ends_with(entry->d_name, ".trf.gz");
        if (!packed && !ends_with(entry->d_name, ".trf"))
            continue;
        char **grown = realloc(names, (count + 1) * sizeof *names);
        if (grown == NULL)
            break;
        names = grown;
        names[count] = strdup(entry->d_name);
        if (names[count] == NULL)
            break;
        names[count][strlen(names[count]) - (packed ? 7 : 4)] = '\0';
        count++;
    }
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        run_case(suite, names[i]);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    bool whole = argc == 3 && strcmp(argv[1], "--whole") == 0;
    bool rewrite = argc == 3 && strcmp(argv[1], "--rewrite") == 0;
    if (argc != 2 && !whole && !rewrite) {
        fputs("Usage: conformance-dutch [--whole | --rewrite] DIR\n", stderr);
        return 2;
    }
    struct suite suite = {.directory = argv[argc - 1],
                          .method = whole ? DUTCH_WHOLE : DUTCH_FAST,
                          .rewrite = rewrite};
    DIR *directory = opendir(suite.directory);
    if (directory == NULL) {
        printf("skipped: there are no Swiss cases at %s\n", suite.directory);
        return EXIT_SKIPPED;
    }
    read_manifests(&suite);
    run_directory(&suite, directory);
    closedir(directory);
    buffer_deinit(&suite.codes);
    printf("%d passed, %d failed", suite.passed, suite.failed);
    if (suite.skipped > 0)
        printf(", %d skipped", suite.skipped);
    putchar('\n');
    return suite.failed > 0 || suite.passed == 0;
}
