/* conformance-events DIR: the standings of every event-*.json after every round, against
 * event-*.standings.json, and the exports of club-night/ byte for byte. */
#include "orchestrator/record/book.h"
#include "orchestrator/standing/standing.h"
#include "tests/conformance/cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ARENA_SIZE ((size_t)256 << 20)

static bool read_book(const char *directory, const char *name, struct arena *arena,
                      struct book *out_book, struct cases_tally *tally)
{
    struct buffer bytes = {0};
    struct fault fault = {0};
    bool done = cases_read(directory, name, &bytes) &&
                book_read(BOOK_JSON, bytes.data, bytes.size, arena, out_book, &fault) == STATUS_OK;
    if (!done)
        cases_count(tally, false, "%s/%s:%d:%d: %s", directory, name, fault.line, fault.column,
                    fault.text);
    buffer_deinit(&bytes);
    return done;
}

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool same_row(const struct record *record, const struct standing_row *row,
                     const json_t *expected)
{
    return row->rank == number(expected, "rank") &&
           record->players[row->player].number == number(expected, "player") &&
           row->wins == number(expected, "wins") && row->losses == number(expected, "losses") &&
           row->ties == number(expected, "ties") && row->spread == number(expected, "spread");
}

static bool build(const struct record *record, int round, struct arena *arena,
                  struct standing_table *out_table)
{
    struct standing_options options = {.after_round = round};
    struct fault fault;
    return standing_order_parse("PTS,SPREAD,TPN", &options, &fault) == STATUS_OK &&
           standing_table_build(record, &options, arena, out_table) == STATUS_OK;
}

static void compare_round(const char *name, const struct record *record, const json_t *expected,
                          struct arena *arena, struct cases_tally *tally)
{
    struct standing_table table;
    int round = (int)number(expected, "round");
    const json_t *rows = json_object_get(expected, "standings");
    if (!build(record, round, arena, &table)) {
        cases_count(tally, false, "%s round %d: no standings", name, round);
        return;
    }
    size_t bad = 0;
    bool same = (size_t)table.row_count == json_array_size(rows);
    for (size_t i = 0; i < json_array_size(rows) && same; i++) {
        same = same_row(record, &table.rows[i], json_array_get(rows, i));
        bad = i + 1;
    }
    cases_count(tally, same, "%s round %d: place %zu differs", name, round, bad);
}

static void run_event(const char *directory, const char *name, struct cases_tally *tally)
{
    char expected_name[512];
    struct arena arena;
    struct book book;
    size_t stem = strlen(name) - strlen(".json");
    snprintf(expected_name, sizeof expected_name, "%.*s.standings.json", (int)stem, name);
    arena_init(&arena, ARENA_SIZE);
    json_t *expected = cases_read_json(directory, expected_name);
    if (expected == NULL)
        cases_skip(tally, "%s: there is no %s beside it", name, expected_name);
    else if (read_book(directory, name, &arena, &book, tally)) {
        size_t index;
        json_t *after;
        json_array_foreach(json_object_get(expected, "after"), index, after)
            compare_round(name, book.divisions[0].record, after, &arena, tally);
    }
    json_decref(expected);
    arena_deinit(&arena);
}

/* [id, wins, losses, draws, spread, gibsonized] */
static bool same_club_row(const struct record *record, const struct standing_row *row,
                          const json_t *expected)
{
    const char *id = json_string_value(json_array_get(expected, 0));
    const int64_t values[] = {row->wins, row->losses, row->ties, row->spread};
    bool same = id != NULL && strcmp(id, record->players[row->player].id) == 0;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        same = same && json_integer_value(json_array_get(expected, i + 1)) == values[i];
    return same;
}

static void run_club_standings(const struct book_division *division, const json_t *rounds,
                               struct arena *arena, struct cases_tally *tally)
{
    for (size_t round = 0; round < json_array_size(rounds); round++) {
        const json_t *rows = json_array_get(rounds, round);
        struct standing_table table;
        bool same = build(division->record, (int)round + 1, arena, &table) &&
                    (size_t)table.row_count == json_array_size(rows);
        for (size_t i = 0; i < json_array_size(rows) && same; i++)
            same = same_club_row(division->record, &table.rows[i], json_array_get(rows, i));
        cases_count(tally, same, "club-night %s round %zu", division->name, round + 1);
    }
}

struct export_case {
    const char *file;
    enum book_format format;
};

static void run_export(const char *directory, const struct export_case *export,
                       const struct book *book, struct arena *arena, struct cases_tally *tally)
{
    const struct book_options options = {.format = export->format, .like_liwords = true};
    struct buffer expected = {0};
    struct buffer written = {0};
    struct fault fault = {0};
    if (!cases_read(directory, export->file, &expected)) {
        cases_skip(tally, "club-night: there is no %s", export->file);
    } else {
        bool done = book_write(&options, book, arena, &written, NULL, &fault) == STATUS_OK;
        cases_count(tally, done && strcmp(buffer_text(&written), buffer_text(&expected)) == 0,
                    "club-night: %s is written differently", export->file);
        /* and what was written reads back to the same bytes */
        struct book again;
        struct buffer rewritten = {0};
        bool back = export->format == BOOK_CSV ||
                    (book_read(export->format, written.data, written.size, arena, &again, &fault) ==
                         STATUS_OK &&
                     book_write(&options, &again, arena, &rewritten, NULL, &fault) == STATUS_OK &&
                     strcmp(buffer_text(&rewritten), buffer_text(&written)) == 0);
        cases_count(tally, back, "club-night: %s does not read back: line %d, %s", export->file,
                    fault.line, fault.text);
        buffer_deinit(&rewritten);
    }
    buffer_deinit(&expected);
    buffer_deinit(&written);
}

static void run_club_night(const char *directory, struct cases_tally *tally)
{
    static const struct export_case exports[] = {
        {"standings.csv", BOOK_CSV}, {"event.tsh", BOOK_TSH}, {"event.tou", BOOK_TOU}};
    struct arena arena;
    struct book book;
    arena_init(&arena, ARENA_SIZE);
    json_t *root = cases_read_json(directory, "event.json");
    if (root != NULL && read_book(directory, "event.json", &arena, &book, tally)) {
        for (int i = 0; i < book.count; i++) {
            struct book_division *division = &book.divisions[i];
            division->record->event.name = "testTournament"; /* the dump has neither */
            division->record->event.start_date = "2025-11-30";
            run_club_standings(
                division,
                json_object_get(json_object_get(root, division->name), "standings_after_round"),
                &arena, tally);
        }
        for (size_t i = 0; i < COUNT_OF(exports); i++)
            run_export(directory, &exports[i], &book, &arena, tally);
    }
    json_decref(root);
    arena_deinit(&arena);
}

static bool is_event(const char *name)
{
    return strncmp(name, "event-", 6) == 0 && strstr(name, ".standings.") == NULL;
}

int main(int argc, char **argv)
{
    static char *names[CASES_NAMES_MAX];
    char club[4096];
    struct stat info;
    struct cases_tally tally = {0};
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        fprintf(stderr, "Usage: conformance-events DIR\n");
        return 2;
    }
    int count = cases_list(argv[1], ".json", names);
    if (count < 0) {
        printf("skipped: there is no directory %s\n", argv[1]);
        return CASES_EXIT_SKIPPED;
    }
    for (int i = 0; i < count; i++) {
        if (is_event(names[i]))
            run_event(argv[1], names[i], &tally);
        free(names[i]);
    }
    snprintf(club, sizeof club, "%s/club-night", argv[1]);
    if (stat(club, &info) == 0 && S_ISDIR(info.st_mode))
        run_club_night(club, &tally);
    return cases_finish(&tally);
}
