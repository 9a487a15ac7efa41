/* Any bytes as a tournament to pair, to check and to explain: the engine answers or refuses. */
#include "orchestrator/pairing/dutch/engine.h"
#include "orchestrator/pairing/dutch/explain.h"

#include <assert.h>
#include <stdint.h>

enum { PLAYERS_MAX = 60 }; /* larger fields only take longer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct arena arena;
    struct arena scratch;
    struct buffer out;
    struct buffer list;
    struct buffer error;
};

static void explain(struct run *run, const struct dutch_engine_result *result)
{
    struct dutch_why why = {0};
    if (result->input.record->player_count > PLAYERS_MAX)
        return;
    enum status status = dutch_explain(&result->input, &result->output, &run->arena, &run->out);
    assert(status == STATUS_OK || status == STATUS_FULL);
    if (result->output.possible && result->input.record->player_count > 1)
        status = dutch_why_not(&result->input, &result->output, 0, 1, &run->arena, &why);
    assert(status == STATUS_OK || status == STATUS_FULL);
}

static void try_engine(const uint8_t *data, size_t size, bool check, enum dutch_compat compat)
{
    struct run run = {.out = {0}};
    struct dutch_engine_result result = {.output = {0}};
    arena_init(&run.arena, (size_t)256 << 20);
    arena_init(&run.scratch, (size_t)256 << 20);
    struct dutch_engine engine = {
        .bytes = (const char *)data,
        .size = size,
        .path = "FILE",
        .stem = "FILE",
        .compat = compat,
        .arena = &run.arena,
        .scratch = &run.scratch,
        .out = &run.out,
        .list = &run.list,
        .error = &run.error,
    };
    enum dutch_exit code =
        check ? dutch_engine_check(&engine) : dutch_engine_pair(&engine, &result);
    assert((code == DUTCH_EXIT_DONE) == (run.error.size == 0));
    assert(code == DUTCH_EXIT_DONE || run.out.size == 0);
    if (!check && (code == DUTCH_EXIT_DONE || code == DUTCH_EXIT_NO_PAIRING))
        explain(&run, &result);
    buffer_deinit(&run.out);
    buffer_deinit(&run.list);
    buffer_deinit(&run.error);
    arena_deinit(&run.arena);
    arena_deinit(&run.scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_engine(data, size, false, DUTCH_BBP);
    try_engine(data, size, false, DUTCH_FIDE);
    try_engine(data, size, true, DUTCH_FIDE);
    return 0;
}
