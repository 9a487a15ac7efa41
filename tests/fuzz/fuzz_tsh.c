/* Bytes as a .tsh file. */
#include "tests/fuzz/book_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_book(BOOK_TSH, data, size);
}
