/* Reads and writes entity tags. */
#include "seeks/entity_tag.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 18 };

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* RFC 9110: %x21 / %x23-7E / obs-text. */
static bool is_tag_byte(unsigned char byte)
{
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

/* Reads one tag; NULL where there is none. */
static const char *read_tag(const char *text, struct entity_tag *out)
{
    *out = (struct entity_tag){.is_weak = text[0] == 'W' && text[1] == '/'};
    if (out->is_weak)
        text += 2;
    if (*text++ != '"')
        return NULL;
    out->text = text;
    while (is_tag_byte((unsigned char)*text))
        text++;
    out->size = (size_t)(text - out->text);
    return *text == '"' ? text + 1 : NULL;
}

bool entity_tags_read(const char *header, struct entity_tags *out_tags)
{
    struct entity_tags tags = {0};
    const char *at = skip_blanks(header);
    tags.is_any = *at == '*' && *skip_blanks(at + 1) == '\0';
    while (!tags.is_any) {
        at += strspn(at, " \t,"); /* a list may have empty members */
        if (*at == '\0')
            break;
        if (tags.count == ENTITY_TAGS_MAX || (at = read_tag(at, &tags.tags[tags.count++])) == NULL)
            return false;
        at = skip_blanks(at);
        if (*at != '\0' && *at != ',')
            return false;
    }
    if (!tags.is_any && tags.count == 0)
        return false;
    *out_tags = tags;
    return true;
}

bool entity_tags_have(const struct entity_tags *tags, const char *tag)
{
    size_t size = strlen(tag);
    for (size_t i = 0; i < tags->count; i++)
        if (tags->tags[i].size + 2 == size &&
            memcmp(tags->tags[i].text, tag + 1, tags->tags[i].size) == 0)
            return true;
    return tags->is_any;
}

void entity_tag_write(int64_t version, const char *hash, char *out)
{
    if (version >= 0)
        (void)snprintf(out, ENTITY_TAG_MAX, "\"%lld%s%.32s\"", (long long)version,
                       hash[0] != '\0' ? "-" : "", hash); /* 2 + 20 + 1 + 32 bytes fit */
    else
        (void)snprintf(out, ENTITY_TAG_MAX, "\"h%.32s\"", hash); /* likewise */
}

/* Digits up to the "-" or the end. */
static bool read_version(const struct entity_tag *tag, int64_t *out)
{
    int64_t version = 0;
    size_t i = 0;
    for (; i < tag->size && tag->text[i] >= '0' && tag->text[i] <= '9' && i < DIGITS_MAX; i++)
        version = version * 10 + (tag->text[i] - '0');
    *out = version;
    return i > 0 && (i == tag->size || tag->text[i] == '-');
}

size_t entity_tags_versions(const struct entity_tags *tags, int64_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < tags->count; i++)
        if (!tags->tags[i].is_weak && read_version(&tags->tags[i], &out[count]))
            count++;
    return count;
}
