/* Bytes as a record file, or one of the JSON dumps it takes. */
#include "tests/fuzz/book_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_book(BOOK_JSON, data, size);
}
