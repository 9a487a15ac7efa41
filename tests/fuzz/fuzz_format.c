/* Any bytes as a tournament policy: a format or faults, never a crash; a format differs in nothing
 * from itself. */
#include "orchestrator/format/format_check.h"
#include "orchestrator/format/format_diff.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct format_diff diff;
    struct buffer out = {0};
    const struct format *format = NULL;
    arena_init(&arena, 256u << 20);
    struct yaml_faults faults = {.arena = &arena};
    enum status status = format_check(&arena, (const char *)data, size, NULL, &faults, &format);
    if (status == STATUS_INVALID_ARGUMENT && faults.error_count == 0)
        abort();
    if (status == STATUS_OK && format_diff(&arena, format, format, NULL, &diff) == STATUS_OK &&
        diff.count != 0)
        abort();
    yaml_faults_print(&faults, "fuzz", (const char *)data, size, &out);
    buffer_deinit(&out);
    arena_deinit(&arena);
    return 0;
}
