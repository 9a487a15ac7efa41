/* Content hashes of policies. */
#include "orchestrator/format/format_hash.h"

#include <sodium.h>

void format_hash_text(const char *text, size_t size, char out[FORMAT_HASH_TEXT_SIZE])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, (const unsigned char *)text, size); /* cannot fail */
    (void)sodium_bin2hex(out, FORMAT_HASH_TEXT_SIZE, hash, sizeof hash);
}
