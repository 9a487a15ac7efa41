/* UTF-8: validation, counting, stepping, encoding. */
#include "fsm/expr/text.h"

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Bytes of the valid sequence at the front of `text`, 0 where there is none. */
static size_t valid_sequence(const char *text, size_t size)
{
    unsigned char lead = (unsigned char)text[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    size_t need = expr_text_step(text[0]);
    if (size < need)
        return 0;
    for (size_t i = 1; i < need; i++)
        if (!is_continuation(text[i]))
            return 0;
    unsigned char second = (unsigned char)text[1];
    bool is_overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    bool is_surrogate = lead == 0xED && second > 0x9F;
    bool is_too_large = lead == 0xF4 && second > 0x8F;
    return is_overlong || is_surrogate || is_too_large ? 0 : need;
}

size_t expr_text_valid_size(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t step = valid_sequence(text + at, size - at);
        if (step == 0)
            break;
        at += step;
    }
    return at;
}

uint32_t expr_text_next(const char *text, size_t *at)
{
    const unsigned char *bytes = (const unsigned char *)text + *at;
    size_t step = expr_text_step(text[*at]);
    *at += step;
    switch (step) {
    case 1:
        return bytes[0];
    case 2:
        return (uint32_t)(bytes[0] & 0x1F) << 6 | (bytes[1] & 0x3Fu);
    case 3:
        return (uint32_t)(bytes[0] & 0x0F) << 12 | (uint32_t)(bytes[1] & 0x3F) << 6 |
               (bytes[2] & 0x3Fu);
    default:
        return (uint32_t)(bytes[0] & 0x07) << 18 | (uint32_t)(bytes[1] & 0x3F) << 12 |
               (uint32_t)(bytes[2] & 0x3F) << 6 | (bytes[3] & 0x3Fu);
    }
}

size_t expr_text_length(const char *text, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < size; i++)
        length += !is_continuation(text[i]);
    return length;
}

size_t expr_text_offset(const char *text, size_t size, uint64_t index)
{
    size_t at = 0;
    while (index > 0 && at < size) {
        at += expr_text_step(text[at]);
        index--;
    }
    return index == 0 ? at : SIZE_MAX;
}

size_t expr_text_encode(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point >= 0xD800 && code_point <= 0xDFFF)
        return 0;
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    if (code_point > TEXT_CODE_POINT_MAX)
        return 0;
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

bool expr_text_is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}
