#ifndef FSM_EXPR_TEXT_H
#define FSM_EXPR_TEXT_H

/*
 * text — UTF-8 as a sequence of code points.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_CODE_POINT_MAX 0x10FFFF

/* Returns how many bytes at the front are valid UTF-8 (shortest forms, no surrogates); `size` where
 * all are. */
size_t expr_text_valid_size(const char *text, size_t size);

/* Bytes of the character that starts with `lead`; the text around it is valid. */
static inline size_t expr_text_step(char lead)
{
    unsigned char byte = (unsigned char)lead;
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/* Reads the code point at text[*at] of valid UTF-8 and moves past it. */
uint32_t expr_text_next(const char *text, size_t *at);

/* Number of code points in valid UTF-8. */
size_t expr_text_length(const char *text, size_t size);

/* Returns the byte offset of code point number `index` (from 0) of valid UTF-8; `size` where index
 * is the length; SIZE_MAX past it. */
size_t expr_text_offset(const char *text, size_t size, uint64_t index);

/* Writes a code point as UTF-8; returns the number of bytes, 0 where it is not a scalar value. */
size_t expr_text_encode(uint32_t code_point, char out[4]);

/* Whether Unicode calls the code point white space. */
bool expr_text_is_space(uint32_t code_point);

#endif
