/* FIDE report files, as a book of one division. The format itself is in trf.h. */
#include "orchestrator/record/codec.h"

#include "orchestrator/record/trf.h"

enum status codec_read_trf(const struct codec_source *source, struct book *out_book)
{
    struct record *record = NULL;
    enum status status =
        trf_read(source->bytes, source->size, TRF_TO_READ, source->arena, &record, source->fault);
    if (status != STATUS_OK)
        return status;
    trf_count_open_round(record);
    return codec_add_division(out_book, source->arena, "", record);
}

enum status codec_write_trf(const struct codec_target *target)
{
    const struct book *book = target->book;
    bool trf16 = target->options->format == BOOK_TRF16;
    if (book->count != 1) {
        enum status status = fault_set(
            target->fault, 0, 0, "a TRF file holds one division, the event has %d", book->count);
        fault_hint(target->fault, "name the one with --division");
        return status;
    }
    trf_write(book->divisions[0].record, trf16 ? TRF_16 : TRF_26, target->out);
    codec_report_losses(target, CODEC_KEEPS_RATINGS | CODEC_KEEPS_SIDES | CODEC_KEEPS_FORFEITS |
                                    CODEC_KEEPS_DETAILS | CODEC_KEEPS_REQUESTS |
                                    CODEC_KEEPS_POINTS);
    return STATUS_OK;
}
