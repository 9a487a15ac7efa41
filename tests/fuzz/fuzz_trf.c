/* Any bytes as a TRF file: read for each purpose; what was read must write and read again. */
#include "orchestrator/record/trf.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(const struct record *record, enum trf_edition edition)
{
    struct arena arena;
    struct buffer out = {0};
    struct record *again = NULL;
    arena_init(&arena, (size_t)256 << 20);
    trf_write(record, edition, &out);
    enum status status =
        out.failed ? STATUS_FULL
                   : trf_read(buffer_text(&out), out.size, TRF_TO_READ, &arena, &again, NULL);
    if (status == STATUS_OK)
        assert(again->player_count == record->player_count);
    buffer_deinit(&out);
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum trf_purpose purposes[] = {TRF_TO_READ, TRF_TO_PAIR, TRF_TO_PAIR_LIKE_BBP};
    for (int i = 0; i < 3; i++) {
        struct arena arena;
        struct fault fault = {0};
        struct record *record = NULL;
        arena_init(&arena, (size_t)256 << 20);
        enum status status =
            trf_read((const char *)data, size, purposes[i], &arena, &record, &fault);
        if (status == STATUS_OK) {
            write_and_read(record, TRF_16);
            write_and_read(record, TRF_26);
        } else {
            assert(status == STATUS_FULL || fault.text[0] != '\0');
        }
        arena_deinit(&arena);
    }
    return 0;
}
