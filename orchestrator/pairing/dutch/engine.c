/* From a TRF file's bytes to a pairing engine's answer. Files and options are the command's. */
#include "orchestrator/pairing/dutch/engine.h"

#include "orchestrator/pairing/dutch/explain.h"
#include "orchestrator/pairing/dutch/report.h"
#include "orchestrator/record/trf.h"

#include <string.h>

static enum dutch_exit fail(const struct dutch_engine *engine, enum dutch_exit code,
                            const char *doing, const struct fault *fault)
{
    buffer_format(engine->error, "Error while %s %s: ", doing, engine->path);
    if (fault->line > 0)
        buffer_format(engine->error, "line %d, column %d: ", fault->line, fault->column);
    buffer_format(engine->error, "%s\n", fault->text);
    return code;
}

static enum dutch_exit fail_with(const struct dutch_engine *engine, enum dutch_exit code,
                                 const char *doing, const char *text)
{
    struct fault fault = {0};
    (void)fault_set(&fault, 0, 0, "%s", text); /* the code says it already */
    return fail(engine, code, doing, &fault);
}

static enum dutch_exit read_file(const struct dutch_engine *engine, struct record **out_record)
{
    struct fault fault = {0};
    enum trf_purpose purpose = engine->compat == DUTCH_BBP ? TRF_TO_PAIR_LIKE_BBP : TRF_TO_PAIR;
    enum status status =
        trf_read(engine->bytes, engine->size, purpose, engine->arena, out_record, &fault);
    if (status == STATUS_OK)
        return DUTCH_EXIT_DONE;
    if (status == STATUS_FULL && fault.text[0] == '\0')
        return fail_with(engine, DUTCH_EXIT_SIZE, "reading", "the tournament is too large");
    if (status == STATUS_FULL)
        return fail(engine, DUTCH_EXIT_SIZE, "reading", &fault);
    bool unexpected = status == STATUS_DATA_LOSS && engine->compat == DUTCH_BBP;
    return fail(engine, unexpected ? DUTCH_EXIT_UNEXPECTED : DUTCH_EXIT_REQUEST, "reading", &fault);
}

/* What a record needs for its next round to be paired. */
static const char *missing_for_next(const struct record *record)
{
    if (record->rounds_total == 0)
        return "the number of rounds must be given (142 or XXR)";
    if (record->rounds_played >= record->rounds_total)
        return "all rounds have been played already";
    if (dutch_initial_side(record) == RECORD_SIDE_NONE)
        return "the initial colour must be given (152 or XXC)";
    return NULL;
}

static enum dutch_exit fail_for_want_of_pairs(const struct dutch_engine *engine,
                                              const struct dutch_engine_result *result)
{
    buffer_format(
        engine->error,
        "Error while pairing %s: No valid pairing exists: the absolute rules do not allow "
        "it; one would if these were allowed: ",
        engine->path);
    dutch_explain_relaxations(&result->input, &result->output, engine->error);
    buffer_append_char(engine->error, '\n');
    return DUTCH_EXIT_NO_PAIRING;
}

enum dutch_exit dutch_engine_pair(const struct dutch_engine *engine,
                                  struct dutch_engine_result *out_result)
{
    struct record *record = NULL;
    enum dutch_exit code = read_file(engine, &record);
    if (code != DUTCH_EXIT_DONE)
        return code;
    const char *missing = missing_for_next(record);
    if (missing != NULL)
        return fail_with(engine, DUTCH_EXIT_REQUEST, "reading", missing);
    bool *present = arena_array(engine->arena, (size_t)record->player_count + 1, sizeof *present);
    struct dutch_engine_result result = {.input = {.record = record,
                                                   .round = record->rounds_played + 1,
                                                   .present = present,
                                                   .compat = engine->compat,
                                                   .method = engine->method,
                                                   .prove = engine->prove}};
    enum status status = present == NULL ? STATUS_FULL : STATUS_OK;
    struct fault fault = {0};
    if (status == STATUS_OK) {
        dutch_present_next(record, result.input.round, present);
        status = dutch_pair(&result.input, engine->arena, &result.output, &fault);
    }
    if (status == STATUS_FULL)
        return fail_with(engine, DUTCH_EXIT_SIZE, "pairing", "the tournament is too large");
    if (status != STATUS_OK)
        return fail(engine, DUTCH_EXIT_UNEXPECTED, "pairing", &fault);
    if (out_result != NULL)
        *out_result = result;
    if (engine->list != NULL)
        dutch_report_list(&result.input, &result.output, engine->list);
    if (!result.output.possible)
        return fail_for_want_of_pairs(engine, &result);
    dutch_report_pairs(record, &result.output, engine->out);
    return DUTCH_EXIT_DONE;
}

enum dutch_exit dutch_engine_check(const struct dutch_engine *engine)
{
    struct record *record = NULL;
    enum dutch_exit code = read_file(engine, &record);
    if (code != DUTCH_EXIT_DONE)
        return code;
    if (strncmp(record->event.system, "FIDE_BURSTEIN", 13) == 0)
        return fail_with(engine, DUTCH_EXIT_REQUEST, "checking",
                         "the file was paired by another system (192)");
    trf_count_open_round(record);
    if (record->rounds_total == 0) /* a file that names no number is that of a whole event */
        record->rounds_total = record->rounds_played;
    struct dutch_check check = {0};
    enum status status = dutch_check(record, engine->compat, engine->stem, engine->scratch,
                                     engine->out, engine->list, &check);
    if (status == STATUS_OK)
        return DUTCH_EXIT_DONE;
    buffer_reset(engine->out);
    if (status == STATUS_FULL)
        return fail_with(engine, DUTCH_EXIT_SIZE, "checking", "the tournament is too large");
    return fail_with(engine, DUTCH_EXIT_UNEXPECTED, "checking", "a round could not be paired");
}
