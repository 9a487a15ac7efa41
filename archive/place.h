#ifndef ARCHIVE_PLACE_H
#define ARCHIVE_PLACE_H

/*
 * place — private: where copies are kept.
 *
 * `put` writes an object under a name with slashes, whole or not at all, over one that is there; it
 * calls `on_put` exactly once, perhaps before it returns. The bytes are borrowed until then.
 */

#include "archive/archive.h"
#include "base/status.h"
#include "bus/loop.h"

#include <stddef.h>

struct place;

typedef void (*place_on_put)(enum status status, const char *message, void *user);

struct place_object {
    const char *name; /* "2026/11/xg6g3rgb.gcg" */
    const char *type; /* "application/json" */
    const char *data;
    size_t size;
};

struct place {
    void (*put)(struct place *place, const struct place_object *object, place_on_put on_put,
                void *user);
    void (*destroy)(struct place *place);
};

/* NULL with a fault. */
struct place *place_folder_create(const char *folder, struct fault *out_fault);
struct place *place_s3_create(struct loop *loop, const struct archive_options *options,
                              struct fault *out_fault);

#endif
