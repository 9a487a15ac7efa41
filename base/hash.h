#ifndef BASE_HASH_H
#define BASE_HASH_H

/*
 * hash — FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): for tables and for numbers that must follow
 * from a text. Not against people who look for collisions: those are content hashes' business.
 *
 *     uint64_t hash = hash_text(hash_text(HASH_START, "pairing"), id);
 */

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(14695981039346656037)

/* Goes on from `hash` with `size` bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash;
}

/* The same with the characters of a text, up to its end. */
static inline uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

#endif
