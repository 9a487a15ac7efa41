#ifndef FORMAT_FORMAT_HASH_H
#define FORMAT_FORMAT_HASH_H

/*
 * format_hash — how a published policy is named: SHA-256 of its text, as `sha256sum` prints it.
 */

#include <stddef.h>

#define FORMAT_HASH_TEXT_SIZE 65 /* hexadecimal, with its end */

void format_hash_text(const char *text, size_t size, char out[FORMAT_HASH_TEXT_SIZE]);

#endif
