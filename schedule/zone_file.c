/* Reads zones from the database of this machine. */
#include "schedule/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum { PATH_SIZE = 512 };

static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_+-/";
    size_t size = strlen(name);
    return size > 0 && size < ZONE_NAME_MAX && strspn(name, letters) == size && name[0] != '/' &&
           name[0] != '-' && name[size - 1] != '/';
}

enum status zone_load(struct arena *arena, const char *name, const struct zone **out_zone,
                      struct fault *out_fault)
{
    const char *folder = getenv("TZDIR");
    struct buffer bytes = {.limit = ZONE_FILE_MAX};
    char path[PATH_SIZE];
    enum status status = is_name(name) ? STATUS_OK : STATUS_NOT_FOUND;
    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : ZONE_FOLDER,
                   name); /* a path cut short is not there */
    if (status == STATUS_OK && buffer_read_file(&bytes, path) != STATUS_OK)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = zone_parse(arena, (const uint8_t *)bytes.data, bytes.size, out_zone);
    if (status == STATUS_NOT_FOUND)
        (void)fault_set(out_fault, 0, 0, "there is no time zone '%.64s'", name);
    else if (status != STATUS_OK)
        (void)fault_set(out_fault, 0, 0, "the time zone '%.64s' cannot be read: %s", name,
                        status_name(status));
    fault_hint(out_fault, "zones are called like Europe/Berlin, America/New_York, UTC");
    buffer_deinit(&bytes);
    return status;
}

static const struct zone *shelf_find(struct zone_shelf *shelf, const char *name)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (strcmp(shelf->items[i].name, name) == 0)
            return shelf->items[i].zone;
    if (shelf->count == ZONE_SHELF_MAX)
        return NULL;
    const struct zone *zone = NULL;
    struct fault ignored; /* expressions only say that there is none */
    if (zone_load(shelf->arena, name, &zone, &ignored) != STATUS_OK)
        return NULL;
    (void)snprintf(shelf->items[shelf->count].name, ZONE_NAME_MAX, "%s", name); /* fits */
    shelf->items[shelf->count++].zone = zone;
    return zone;
}

bool zone_shelf_offset(void *shelf, const char *name, size_t size, int64_t seconds,
                       int32_t *out_offset)
{
    char copy[ZONE_NAME_MAX];
    if (size == 0 || size >= sizeof copy || memchr(name, '\0', size) != NULL)
        return false;
    memcpy(copy, name, size);
    copy[size] = '\0';
    const struct zone *zone = shelf_find(shelf, copy);
    if (zone != NULL)
        *out_offset = zone_offset(zone, seconds);
    return zone != NULL;
}
