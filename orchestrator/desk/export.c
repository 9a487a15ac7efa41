/* The event as a file, at any moment: reads its divisions one after another, then writes. */
#include "orchestrator/desk/desk_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "orchestrator/desk/applied.h"
#include "orchestrator/desk/losses.h"
#include "orchestrator/desk/sheets.h"
#include "orchestrator/division_file.h"
#include "orchestrator/division_standing.h"
#include "orchestrator/plan.h"
#include "orchestrator/event_input.h"
#include "orchestrator/record/book.h"
#include "schedule/feed.h"
#include "proto/copy.h"

enum { EXPORT_BYTES_MAX = 512 << 20, ENTRIES_MAX = FORMAT_ROUNDS_MAX * 4 };
#define EXPORT_TEXT_MAX (900u << 10) /* of one answer: a message of the bus has a megabyte */

struct outfile;

struct export_kind {
    const char *name;
    const char *content_type;
    const char *ending;
    enum status (*write)(struct outfile *outfile, struct fault *out_fault);
    enum book_format book;
};

/* A file on its way. */
struct outfile {
    struct desk *desk;
    void *request;
    const Arbiter__V1__ExportRequest *asked;
    Arbiter__V1__ExportReply_Closure closure;
    const struct export_kind *kind;
    struct arena arena;
    struct buffer out;
    struct book_losses losses;
    const Arbiter__V1__Tournament *tournament;
    const Arbiter__V1__Division **divisions;
    size_t count;
    size_t next; /* of the tournament's divisions */
};

static void export_destroy(struct outfile *outfile)
{
    buffer_deinit(&outfile->out);
    arena_deinit(&outfile->arena);
    free(outfile);
}

static void export_fail(struct outfile *outfile, enum status status, const char *text)
{
    bus_fail(outfile->request, status, NULL, 0, "%s", text);
    export_destroy(outfile);
}

/* ---- books ------------------------------------------------------------------------------- */

static const char *date_of(struct outfile *outfile)
{
    int64_t ms = outfile->tournament->starts_at_ms > 0 ? outfile->tournament->starts_at_ms
                                                       : outfile->tournament->created_at_ms;
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char text[16] = "";
    if (gmtime_r(&seconds, &parts) != NULL)
        (void)strftime(text, sizeof text, "%Y-%m-%d", &parts); /* ten characters */
    const char *copy = arena_copy(&outfile->arena, text, strlen(text));
    return copy != NULL ? copy : "";
}

static enum status write_book(struct outfile *outfile, struct fault *out_fault)
{
    struct book_options options = {.format = outfile->kind->book};
    struct book book = {0};
    const char *date = date_of(outfile);
    book.divisions = arena_array(&outfile->arena, outfile->count, sizeof *book.divisions);
    if (book.divisions == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < outfile->count; i++) {
        struct record *record = NULL;
        const struct format_division *format = NULL;
        enum status status = division_format(&outfile->arena, outfile->divisions[i], NULL, &format);
        if (status == STATUS_OK)
            status = division_to_file(&outfile->arena, outfile->divisions[i], format, &record);
        if (status != STATUS_OK)
            return status;
        if (outfile->kind->book != BOOK_CSV) /* which has no boards at all */
            losses_of_boards(outfile->divisions[i], &outfile->losses);
        record->event.name = outfile->tournament->name;
        record->event.start_date = date;
        book.divisions[book.count++] =
            (struct book_division){.name = outfile->divisions[i]->name, .record = record};
    }
    return book_write(&options, &book, &outfile->arena, &outfile->out, &outfile->losses, out_fault);
}

/* ---- sheets ------------------------------------------------------------------------------ */

static enum status write_pairings(struct outfile *outfile, struct fault *out_fault)
{
    (void)out_fault; /* nothing here can be wrong */
    sheet_begin(&outfile->out, outfile->tournament->name);
    for (size_t i = 0; i < outfile->count; i++)
        sheet_pairings(&outfile->out, outfile->divisions[i],
                       outfile->asked->round > 0 ? outfile->asked->round
                                                 : outfile->divisions[i]->round);
    sheet_end(&outfile->out);
    return STATUS_OK;
}

static enum status write_standings(struct outfile *outfile, struct fault *out_fault)
{
    sheet_begin(&outfile->out, outfile->tournament->name);
    for (size_t i = 0; i < outfile->count; i++) {
        struct standing_table table;
        struct record *record = NULL;
        const struct format_division *format = NULL;
        enum status status = division_format(&outfile->arena, outfile->divisions[i], NULL, &format);
        if (status == STATUS_OK)
            status = division_rank(&outfile->arena, outfile->divisions[i], format,
                                   outfile->asked->round, &record, &table, out_fault);
        if (status != STATUS_OK)
            return status;
        sheet_standings(&outfile->out, outfile->divisions[i], &table);
    }
    sheet_end(&outfile->out);
    return STATUS_OK;
}

static enum status write_results(struct outfile *outfile, struct fault *out_fault)
{
    (void)out_fault; /* as above */
    buffer_append_text(&outfile->out, SHEET_RESULTS_HEADER);
    for (size_t i = 0; i < outfile->count; i++)
        sheet_results(&outfile->out, outfile->divisions[i]);
    return STATUS_OK;
}

/* ---- the calendar ------------------------------------------------------------------------ */

struct calendar {
    struct outfile *outfile;
    struct feed_entry *entries;
    size_t count;
    bool is_cancelled;
};

static void add_entry(struct calendar *calendar, const char *uid, const char *summary,
                      int64_t starts_at_ms)
{
    if (calendar->count == ENTRIES_MAX || uid == NULL || summary == NULL)
        return;
    calendar->entries[calendar->count++] =
        (struct feed_entry){.uid = uid,
                            .summary = summary,
                            .description = "",
                            .starts_at_ms = starts_at_ms,
                            .stamp_ms = calendar->outfile->tournament->created_at_ms,
                            .is_cancelled = calendar->is_cancelled};
}

/* Rounds at fixed times, as the division's machine is given them. */
static enum status add_rounds(struct calendar *calendar, const Arbiter__V1__Division *division,
                              struct fault *out_fault)
{
    struct arena *arena = &calendar->outfile->arena;
    const struct format *format = NULL;
    const struct format_division *found = NULL;
    struct value input;
    enum status status = division_format(arena, division, &format, &found);
    if (status == STATUS_OK)
        status = event_division_input(arena, format, found, &input, out_fault);
    if (status != STATUS_OK)
        return status;
    const struct value *times = value_find(input, value_text("times"));
    for (size_t i = 0; times != NULL && times->kind == VALUE_LIST && i < times->size; i++) {
        int64_t at_ms =
            times->as.items[i].kind == VALUE_TIMESTAMP ? value_to_ms(times->as.items[i]) : 0;
        if (at_ms > 0)
            add_entry(calendar,
                      arena_format(arena, "%s-r%zu@arbiter", division->division_id, i + 1),
                      arena_format(arena, "%s: %s, round %zu", calendar->outfile->tournament->name,
                                   division->name, i + 1),
                      at_ms);
    }
    return STATUS_OK;
}

static enum status write_calendar(struct outfile *outfile, struct fault *out_fault)
{
    const Arbiter__V1__Tournament *tournament = outfile->tournament;
    struct calendar calendar = {
        .outfile = outfile,
        .entries = arena_array(&outfile->arena, ENTRIES_MAX, sizeof *calendar.entries),
        .is_cancelled = strcmp(tournament->status, "cancelled") == 0};
    if (calendar.entries == NULL)
        return STATUS_FULL;
    if (tournament->starts_at_ms > 0)
        add_entry(&calendar, arena_format(&outfile->arena, "%s@arbiter", tournament->tournament_id),
                  tournament->name, tournament->starts_at_ms);
    else
        book_lose(&outfile->losses, "the start: a director says when");
    for (size_t i = 0; i < outfile->count; i++) {
        enum status status = add_rounds(&calendar, outfile->divisions[i], out_fault);
        if (status != STATUS_OK)
            return status;
    }
    book_lose(&outfile->losses,
              "rounds without a fixed time: they begin when the one before is over");
    return feed_write(tournament->name, calendar.entries, calendar.count, &outfile->out);
}

/* ---- the table --------------------------------------------------------------------------- */

static const struct export_kind kinds[] = {
    {"tsh", "text/plain; charset=utf-8", "tsh", write_book, BOOK_TSH},
    {"tou", "text/plain; charset=us-ascii", "tou", write_book, BOOK_TOU},
    {"trf", "text/plain; charset=utf-8", "trf", write_book, BOOK_TRF26},
    {"trf16", "text/plain; charset=utf-8", "trf", write_book, BOOK_TRF16},
    {"csv", "text/csv; charset=utf-8", "csv", write_book, BOOK_CSV},
    {"json", "application/json", "json", write_book, BOOK_JSON},
    {"results", "text/csv; charset=utf-8", "csv", write_results, BOOK_CSV},
    {"pairings", "text/html; charset=utf-8", "html", write_pairings, BOOK_CSV},
    {"standings", "text/html; charset=utf-8", "html", write_standings, BOOK_CSV},
    {"ics", "text/calendar; charset=utf-8", "ics", write_calendar, BOOK_CSV},
};

static const struct export_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* ---- reading and answering --------------------------------------------------------------- */

static void answer(struct outfile *outfile)
{
    struct fault fault = {0};
    Arbiter__V1__ExportReply reply = ARBITER__V1__EXPORT_REPLY__INIT;
    enum status status = outfile->kind->write(outfile, &fault);
    if (status == STATUS_OK && (outfile->out.failed || outfile->out.size > EXPORT_TEXT_MAX))
        status = fault_set(&fault, 0, 0, "the file is too large: ask for one division");
    if (status != STATUS_OK) {
        export_fail(outfile, status, fault.text[0] != '\0' ? fault.text : status_name(status));
        return;
    }
    reply.content_type = (char *)outfile->kind->content_type;
    reply.file_name = arena_format(&outfile->arena, "%s-%s.%s", outfile->asked->tournament_id,
                                   outfile->kind->name, outfile->kind->ending);
    reply.text = (char *)buffer_text(&outfile->out);
    reply.losses = (char **)outfile->losses.lines;
    reply.n_losses = (size_t)outfile->losses.count;
    if (reply.file_name == NULL)
        reply.file_name = "event";
    outfile->closure(&reply, outfile->request);
    export_destroy(outfile);
}

static void ask_next(struct outfile *outfile);

static void on_division(const struct bus_answer *bus_answer, void *user)
{
    struct outfile *outfile = user;
    if (bus_answer->status != STATUS_OK) {
        bus_fail_like(outfile->request, bus_answer);
        export_destroy(outfile);
        return;
    }
    const Arbiter__V1__GetDivisionReply *reply =
        (const Arbiter__V1__GetDivisionReply *)bus_answer->output;
    const Arbiter__V1__Division *copy =
        (const Arbiter__V1__Division *)proto_copy_in(&outfile->arena, &reply->division->base);
    if (copy == NULL) {
        export_fail(outfile, STATUS_FULL, "the event is too large");
        return;
    }
    outfile->divisions[outfile->count++] = copy;
    ask_next(outfile);
}

/* Asks for the next division that is wanted; writes when there is none. */
static void ask_next(struct outfile *outfile)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    size_t only = (size_t)outfile->asked->division;
    if (only > 0 && outfile->next < only - 1)
        outfile->next = only - 1;
    bool is_done =
        outfile->next >= outfile->tournament->n_divisions || (only > 0 && outfile->count > 0);
    if (is_done && outfile->count == 0) {
        export_fail(outfile, STATUS_NOT_FOUND, "the event has no such division");
        return;
    }
    if (is_done) {
        answer(outfile);
        return;
    }
    request.division_id = outfile->tournament->divisions[outfile->next++]->division_id;
    bus_call(outfile->desk->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetDivision",
                                .input = &request.base},
             on_division, outfile);
}

static void on_tournament(const struct bus_answer *bus_answer, void *user)
{
    struct outfile *outfile = user;
    if (bus_answer->status != STATUS_OK) {
        bus_fail_like(outfile->request, bus_answer);
        export_destroy(outfile);
        return;
    }
    const Arbiter__V1__GetTournamentReply *reply =
        (const Arbiter__V1__GetTournamentReply *)bus_answer->output;
    outfile->tournament =
        (const Arbiter__V1__Tournament *)proto_copy_in(&outfile->arena, &reply->tournament->base);
    if (outfile->tournament != NULL)
        outfile->divisions = arena_array(&outfile->arena, outfile->tournament->n_divisions,
                                         sizeof(*outfile->divisions));
    if (outfile->divisions == NULL)
        export_fail(outfile, STATUS_FULL, "the event is too large");
    else
        ask_next(outfile);
}

void desk_serve_export(Arbiter__V1__Desk_Service *service, const Arbiter__V1__ExportRequest *input,
                       Arbiter__V1__ExportReply_Closure closure, void *request)
{
    Arbiter__V1__GetTournamentRequest question = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    const struct export_kind *kind = find_kind(input->format);
    if (kind == NULL || input->division < 0) {
        bus_fail(request, STATUS_INVALID_ARGUMENT, NULL, 0,
                 "formats are tsh, tou, trf, trf16, csv, json, results, pairings, standings and "
                 "ics, not '%s'",
                 input->format);
        return;
    }
    struct outfile *outfile = calloc(1, sizeof *outfile);
    if (outfile == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    outfile->desk = desk_of(service);
    outfile->request = request;
    outfile->asked = input;
    outfile->closure = closure;
    outfile->kind = kind;
    arena_init(&outfile->arena, EXPORT_BYTES_MAX);
    outfile->losses.arena = &outfile->arena;
    question.tournament_id = input->tournament_id;
    bus_call(outfile->desk->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetTournament",
                                .input = &question.base},
             on_tournament, outfile);
}
