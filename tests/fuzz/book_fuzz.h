#ifndef FUZZ_BOOK_FUZZ_H
#define FUZZ_BOOK_FUZZ_H

/*
 * book_fuzz — reads bytes as an event's file; what is accepted must agree with itself, be ordered,
 * and be written in every format without trouble.
 */

#include "base/attr.h"
#include "orchestrator/record/book.h"
#include "orchestrator/standing/standing.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_write(const struct book *book, struct arena *arena)
{
    static const enum book_format formats[] = {BOOK_JSON, BOOK_TRF16, BOOK_TRF26,
                                               BOOK_TSH,  BOOK_TOU,   BOOK_CSV};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        const struct book_options options = {.format = formats[i]};
        struct book_losses losses = {.arena = arena};
        struct buffer out = {0};
        struct fault fault = {0};
        enum status status = book_write(&options, book, arena, &out, &losses, &fault);
        struct book again;
        if (status == STATUS_OK && formats[i] == BOOK_JSON &&
            book_read(BOOK_JSON, out.data, out.size, arena, &again, &fault) ==
                STATUS_INVALID_ARGUMENT)
            abort(); /* our own file must read back */
        buffer_deinit(&out);
    }
}

static inline int fuzz_book(enum book_format format, const uint8_t *data, size_t size)
{
    struct arena arena;
    struct book book;
    struct fault fault = {0};
    arena_init(&arena, (size_t)64 << 20);
    if (book_read(format, (const char *)data, size, &arena, &book, &fault) == STATUS_OK) {
        for (int i = 0; i < book.count; i++) {
            struct standing_options options = {0};
            struct standing_table table;
            if (record_check(book.divisions[i].record, &fault) != STATUS_OK)
                abort(); /* a reader let a contradiction through */
            if (standing_order_parse("DE,BH/C1,SB,SPREAD,APRO,HH", &options, &fault) == STATUS_OK)
                (void)!standing_table_build(book.divisions[i].record, &options, &arena, &table);
        }
        fuzz_write(&book, &arena);
    }
    arena_deinit(&arena);
    return 0;
}

#endif
