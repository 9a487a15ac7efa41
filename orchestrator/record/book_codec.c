/* The table of file formats. */
#include "orchestrator/record/book.h"

#include "orchestrator/record/codec.h"

#include <string.h>
#include <strings.h>

struct format_row {
    const char *name;
    const char *endings[3];
    enum book_format format;
    enum status (*read)(const struct codec_source *source, struct book *out_book);
    enum status (*write)(const struct codec_target *target);
};

static const struct format_row FORMATS[] = {
    {"json", {".json"}, BOOK_JSON, codec_read_json, codec_write_json},
    {"club", {NULL}, BOOK_CLUB, codec_read_json, NULL},
    {"trf26", {".trf", ".trfx", ".trf26"}, BOOK_TRF26, codec_read_trf, codec_write_trf},
    {"trf", {NULL}, BOOK_TRF26, codec_read_trf, codec_write_trf},
    {"trf16", {".trf16"}, BOOK_TRF16, codec_read_trf, codec_write_trf},
    {"tsh", {".tsh", ".t"}, BOOK_TSH, codec_read_tsh, codec_write_tsh},
    {"tou", {".tou"}, BOOK_TOU, codec_read_tou, codec_write_tou},
    {"csv", {".csv"}, BOOK_CSV, codec_read_csv, codec_write_csv},
};

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path);
    size_t size = strlen(ending);
    return length >= size && strcasecmp(path + length - size, ending) == 0;
}

bool book_format_of(const char *path, enum book_format *out_format)
{
    for (size_t i = 0; i < COUNT_OF(FORMATS); i++)
        for (size_t k = 0; k < COUNT_OF(FORMATS[i].endings); k++)
            if (FORMATS[i].endings[k] != NULL && ends_with(path, FORMATS[i].endings[k])) {
                *out_format = FORMATS[i].format;
                return true;
            }
    return false;
}

bool book_format_named(const char *name, enum book_format *out_format)
{
    for (size_t i = 0; i < COUNT_OF(FORMATS); i++)
        if (strcasecmp(FORMATS[i].name, name) == 0) {
            *out_format = FORMATS[i].format;
            return true;
        }
    return false;
}

static const struct format_row *row_of(enum book_format format)
{
    const struct format_row *row = FORMATS;
    while (row->format != format)
        row++;
    return row;
}

/* Whatever a reader let through, a record that contradicts itself goes no further. */
static enum status check_divisions(const struct book *book, struct fault *out_fault)
{
    for (int i = 0; i < book->count; i++) {
        enum status status = record_check(book->divisions[i].record, out_fault);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status book_read(enum book_format format, const char *bytes, size_t size, struct arena *arena,
                      struct book *out_book, struct fault *out_fault)
{
    const struct codec_source source = {
        .bytes = bytes, .size = size, .arena = arena, .fault = out_fault};
    const struct format_row *row = row_of(format);
    struct book book = {0};
    if (size > BOOK_FILE_MAX) {
        (void)fault_set(out_fault, 0, 0, "the file is larger than 64 MB");
        return STATUS_FULL;
    }
    enum status status = codec_check_utf8(&source);
    if (status == STATUS_OK)
        status = row->read(&source, &book);
    if (status == STATUS_OK)
        status = check_divisions(&book, out_fault);
    if (status == STATUS_FULL && out_fault != NULL && out_fault->text[0] == '\0')
        (void)fault_set(out_fault, 0, 0, "the file holds more than a record can");
    if (status == STATUS_OK)
        *out_book = book;
    return status;
}

enum status book_write(const struct book_options *options, const struct book *book,
                       struct arena *arena, struct buffer *out, struct book_losses *losses,
                       struct fault *out_fault)
{
    const struct codec_target target = {.book = book,
                                        .options = options,
                                        .arena = arena,
                                        .out = out,
                                        .losses = losses,
                                        .fault = out_fault};
    const struct format_row *row = row_of(options->format);
    if (row->write == NULL) {
        (void)fault_set(out_fault, 0, 0, "the format %s is only read", row->name);
        return STATUS_UNIMPLEMENTED;
    }
    enum status status = row->write(&target);
    if (status == STATUS_OK && out->failed)
        status = STATUS_FULL;
    return status;
}
