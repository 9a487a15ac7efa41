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
