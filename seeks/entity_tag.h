#ifndef SEEKS_ENTITY_TAG_H
#define SEEKS_ENTITY_TAG_H

/*
 * entity_tag — which answer a client has, and which state it has seen: ETag, If-None-Match and
 * If-Match (RFC 9110, 8.8.3 and 13.1).
 *
 * A tag of ours is "VERSION-HASH": the version of the resource's machine and a hash of the answer.
 * A resource without a machine has only the hash. If-None-Match compares whole tags, If-Match the
 * versions: an answer may look different to another viewer, or tell of another estimate, while
 * what it is about is the same.
 *
 * Threads:  none inside. No memory.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTITY_TAG_MAX 64  /* bytes of one of ours, with quotes and the end */
#define ENTITY_TAGS_MAX 16 /* of one header that are looked at */

/* What a header says. */
struct entity_tags {
    bool is_any; /* "*" */
    size_t count;
    struct entity_tag {
        const char *text; /* between the quotes, in the header */
        size_t size;
        bool is_weak;
    } tags[ENTITY_TAGS_MAX];
};

/* Reads a list such as `"a", W/"b"`, or `*`. False where it is neither, is empty, or longer than
 * ENTITY_TAGS_MAX. */
bool entity_tags_read(const char *header, struct entity_tags *out_tags);

/* Whether one of the tags is this one (in its quotes), weak or not: for If-None-Match. "*" is any.
 */
bool entity_tags_have(const struct entity_tags *tags, const char *tag);

/* Writes a tag into `out`, of ENTITY_TAG_MAX. `version` below 0: it has none; `hash` is text
 * without quotes. */
void entity_tag_write(int64_t version, const char *hash, char *out);

/* Copies the versions of the strong tags that have one to `out` (of ENTITY_TAGS_MAX); returns how
 * many: for If-Match. None: no state is as the client expects it. */
size_t entity_tags_versions(const struct entity_tags *tags, int64_t *out);

#endif
