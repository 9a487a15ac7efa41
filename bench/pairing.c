/*
 * bench-pairing — how long the Dutch system takes, beside bbpPairings 6.0.0 on the same files.
 *
 *     bench-pairing [DIR]      files of DIR (TRF, or packed as .trf.gz); without DIR, fields
 *                              made here
 *     bench-pairing --event N  a whole event of N players and nine rounds
 *
 * Seconds are CPU time of the pairing alone, the file's reading apart: the fastest of as many runs
 * as fill half a second, since other programs of the machine make single ones slower. "times"
 * compares with the typical field of the same size. Memory is the arena's.
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/random.h"
#include "orchestrator/pairing/dutch/dutch.h"
#include "orchestrator/record/trf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_SIZE = 512, FILES_MAX = 256, ROUNDS = 9, RUNS_MAX = 2000 };

/* A field is paired again until so many seconds are spent. */
#define SECONDS_MIN 0.5

/* bbpPairings v6.0.0, gcc 12, user CPU seconds on two shared cores; 0 = not finished. */
struct reference {
    const char *name;
    double seconds;
    double megabytes; /* 0 = not measured */
};

static const struct reference REFERENCES[] = {
    {"typ-n100-r05of09", 0.02, 4.3},
    {"typ-n300-r05of09", 0.48, 10.4},
    {"typ-n1000-r05of09", 24.3, 86.7},
    {"typ-n2000-r05of09", 289.5, 466},
    {"typ-n3000-r05of09", 1059, 899},
    {"r1-n300", 0.46, 0},
    {"r1-n1000", 31.3, 0},
    {"alldraw-r05-n300", 0.69, 0},
    {"alldraw-r05-n1000", 36.6, 0},
    {"alldraw-r09-n300", 0.72, 0},
    {"alldraw-r09-n1000", 36.7, 0},
    {"nodraw-r05-n300", 0.59, 0},
    {"nodraw-r05-n1000", 27.5, 0},
    {"typ-last-r09-n300", 0.56, 0},
    {"typ-last-r09-n1000", 27.6, 0},
    {"typ-r11of11-n300", 0.69, 0},
    {"odd-r05-n301", 0.83, 0},
    {"odd-r05-n1001", 42.0, 0},
    {"manygroups-r05-n300", 0.64, 0},
    {"manygroups-r05-n1000", 32.1, 0},
    {"random-hist-r05-n300", 0.54, 0},
    {"colclash-draw-r05-n300", 0.86, 0},
    {"colclash-draw-r05-n1000", 46.3, 0},
    {"colclash-random-r05-n300", 0.65, 0},
    {"colclash-swiss-r05-n300", 0.67, 0},
};

/* User and system time of this process, finer than getrusage() tells. */
static double cpu_seconds(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static const struct reference *find_reference(const char *name)
{
    for (size_t i = 0; i < sizeof REFERENCES / sizeof REFERENCES[0]; i++)
        if (strcmp(REFERENCES[i].name, name) == 0)
            return &REFERENCES[i];
    return NULL;
}

static void print_head(void)
{
    printf("%-26s %6s %10s %6s %8s %9s %10s %8s\n", "field", "n", "seconds", "times", "MB",
           "searches", "bbp sec.", "bbp MB");
}

/* What one field took. */
struct timing {
    int players;
    double seconds;
    size_t bytes;
    int64_t searches;
};

/* Returns how many times the typical field of about the same size `timing` took, 0 where none was
 * timed; notes those fields as they come. */
static double times_typical(const char *name, const struct timing *timing)
{
    static struct timing typical[FILES_MAX];
    static size_t typical_count;
    if (strncmp(name, "typ-n", 5) == 0 && typical_count < FILES_MAX)
        typical[typical_count++] = *timing;
    for (size_t i = 0; i < typical_count; i++)
        if (abs(typical[i].players - timing->players) <= 1 && typical[i].seconds > 0)
            return timing->seconds / typical[i].seconds;
    return 0;
}

static void print_row(const char *name, const struct timing *timing)
{
    const struct reference *reference = find_reference(name);
    double times = times_typical(name, timing);
    printf("%-26s %6d %10.5f", name, timing->players, timing->seconds);
    times > 0 ? printf(" %6.2f", times) : printf(" %6s", "");
    printf(" %8.1f %9lld", (double)timing->bytes / 1048576, (long long)timing->searches);
    if (reference != NULL)
        printf(" %10.2f", reference->seconds);
    if (reference != NULL && reference->megabytes > 0)
        printf(" %8.1f", reference->megabytes);
    putchar('\n');
    fflush(stdout);
}

/* Pairs a record's next round once. Returns whether it could be paired. */
static bool pair_once(const struct record *record, struct arena *arena, struct timing *out)
{
    bool *present = arena_array(arena, (size_t)record->player_count + 1, sizeof *present);
    struct dutch_input input = {.record = record,
                                .round = record->rounds_played + 1,
                                .present = present,
                                .compat = DUTCH_BBP};
    struct dutch_output output = {0};
    if (present == NULL)
        return false;
    dutch_present_next(record, input.round, present);
    double start = cpu_seconds();
    bool done = dutch_pair(&input, arena, &output, NULL) == STATUS_OK && output.possible;
    *out = (struct timing){.players = output.seat_count,
                           .seconds = cpu_seconds() - start,
                           .bytes = output.memory_max,
                           .searches = output.searches};
    return done;
}

static int compare_timings(const void *one, const void *two)
{
    double a = ((const struct timing *)one)->seconds;
    double b = ((const struct timing *)two)->seconds;
    return (a > b) - (a < b);
}

/* Pairs the next round of a record and prints a row. Returns whether it could be paired. */
static bool time_record(const char *name, const struct record *record)
{
    static struct timing timings[RUNS_MAX];
    struct arena arena;
    double start = cpu_seconds();
    int runs = 0;
    bool done = true;
    arena_init(&arena, (size_t)8 << 30);
    while (done && runs < RUNS_MAX && (runs == 0 || cpu_seconds() - start < SECONDS_MIN)) {
        done = pair_once(record, &arena, &timings[runs++]);
        arena_reset(&arena);
    }
    qsort(timings, (size_t)runs, sizeof *timings, compare_timings);
    if (done)
        print_row(name, &timings[0]);
    arena_deinit(&arena);
    return done;
}

/* ---- files ------------------------------------------------------------------------------- */

static bool read_packed(const char *path, struct buffer *out)
{
    size_t size = strlen(path);
    if (size < 3 || strcmp(path + size - 3, ".gz") != 0)
        return buffer_read_file(out, path) == STATUS_OK;
    char command[2 * NAME_SIZE];
    char block[65536];
    snprintf(command, sizeof command, "gzip -dc '%s'", path);
    FILE *pipe = strchr(path, '\'') == NULL ? popen(command, "r") : NULL;
    for (size_t count; pipe != NULL && (count = fread(block, 1, sizeof block, pipe)) > 0;)
        buffer_append(out, block, count);
    return pipe != NULL && pclose(pipe) == 0;
}

static void time_file(const char *directory, const char *file)
{
    char path[2 * NAME_SIZE];
    char name[NAME_SIZE];
    struct arena arena;
    struct buffer bytes = {0};
    struct record *record = NULL;
    struct fault fault = {0};
    snprintf(path, sizeof path, "%s/%s", directory, file);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."), file);
    arena_init(&arena, (size_t)8 << 30);
    if (!read_packed(path, &bytes) ||
        trf_read(buffer_text(&bytes), bytes.size, TRF_TO_PAIR_LIKE_BBP, &arena, &record, &fault) !=
            STATUS_OK)
        printf("%-26s cannot be read: line %d: %s\n", name, fault.line, fault.text);
    else if (!time_record(name, record))
        printf("%-26s cannot be paired\n", name);
    buffer_deinit(&bytes);
    arena_deinit(&arena);
}

/* Typical fields first, since the others are compared with them. */
static int compare_files(const void *one, const void *two)
{
    const char *a = *(char *const *)one;
    const char *b = *(char *const *)two;
    int typical = (strncmp(b, "typ-n", 5) == 0) - (strncmp(a, "typ-n", 5) == 0);
    return typical != 0 ? typical : strcmp(a, b);
}

static int time_directory(const char *path)
{
    DIR *directory = opendir(path);
    char *files[FILES_MAX];
    size_t count = 0;
    if (directory == NULL) {
        fprintf(stderr, "bench-pairing: cannot open %s\n", path);
        return 1;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL && count < FILES_MAX;
         entry = readdir(directory))
        if (strstr(entry->d_name, ".trf") != NULL)
            files[count++] = strdup(entry->d_name);
    closedir(directory);
    qsort(files, count, sizeof *files, compare_files);
    print_head();
    for (size_t i = 0; i < count; i++) {
        time_file(path, files[i]);
        free(files[i]);
    }
    return 0;
}

/* ---- events made here -------------------------------------------------------------------- */

static void play_pair(struct record *record, int round, struct dutch_pair pair,
                      struct random *random)
{
    struct record_result one = {.kind = RECORD_PLAYED, .opponent = pair.second};
    struct record_result two = {.kind = RECORD_PLAYED, .opponent = pair.first};
    uint64_t lot = random_below(random, 10);
    one.side = RECORD_FIRST;
    two.side = RECORD_SECOND;
    one.outcome = lot < 3 ? RECORD_DRAW : lot < 7 ? RECORD_WIN : RECORD_LOSS;
    two.outcome = lot < 3 ? RECORD_DRAW : lot < 7 ? RECORD_LOSS : RECORD_WIN;
    if (pair.second == RECORD_NOBODY) {
        record_result(record, pair.first, round)->kind = RECORD_BYE_PAIRING;
        return;
    }
    *record_result(record, pair.first, round) = one;
    *record_result(record, pair.second, round) = two;
}

/* Plays an event round by round; returns the seconds that pairing took, or -1. */
static double play_event(struct record *record, int rounds, uint64_t seed)
{
    struct random random;
    double seconds = 0;
    bool *present = calloc((size_t)record->player_count + 1, sizeof *present);
    random_init(&random, seed);
    for (int round = 1; round <= rounds && seconds >= 0 && present != NULL; round++) {
        struct arena arena;
        struct dutch_output output = {0};
        struct dutch_input input = {.record = record, .round = round, .present = present};
        arena_init(&arena, (size_t)8 << 30);
        dutch_present_next(record, round, present);
        double start = cpu_seconds();
        bool done = dutch_pair(&input, &arena, &output, NULL) == STATUS_OK && output.possible;
        seconds = done ? seconds + cpu_seconds() - start : -1;
        for (int i = 0; done && i < output.pair_count; i++)
            play_pair(record, round, output.pairs[i], &random);
        record->rounds_played = round;
        arena_deinit(&arena);
    }
    free(present);
    return seconds;
}

static struct record *make_event(int players, struct arena *arena)
{
    arena_init(arena, (size_t)8 << 30);
    struct record *record = record_create(arena, players, ROUNDS + 1);
    if (record == NULL) {
        fputs("bench-pairing: too many players\n", stderr);
        exit(1);
    }
    record->rounds_total = ROUNDS;
    record->initial_side = RECORD_FIRST;
    return record;
}

static int time_event(int players)
{
    struct arena arena;
    struct record *record = make_event(players, &arena);
    double seconds = play_event(record, ROUNDS, 1);
    printf("event of %d players, %d rounds: %.2f seconds to pair\n", players, ROUNDS, seconds);
    arena_deinit(&arena);
    return seconds < 0;
}

static int time_made_fields(void)
{
    static const int SIZES[] = {100, 300, 301, 1000, 1001, 2000, 5000, 9999};
    print_head();
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        char name[NAME_SIZE];
        struct arena arena;
        struct record *record = make_event(SIZES[i], &arena);
        snprintf(name, sizeof name, "made here, round 5 of %d", ROUNDS);
        if (play_event(record, 4, 1) < 0 || !time_record(name, record))
            printf("%-26s cannot be paired\n", name);
        arena_deinit(&arena);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--event") == 0)
        return time_event(atoi(argv[2]));
    if (argc == 2 && argv[1][0] != '-')
        return time_directory(argv[1]);
    if (argc == 1)
        return time_made_fields();
    fputs("Usage: bench-pairing [DIR | --event PLAYERS]\n", stderr);
    return 2;
}
