/* Copies in a folder: written beside, synced, then moved into place. */
#include "archive/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

struct folder {
    struct place base; /* first */
    char path[];
};

/* Makes the folders on the way to a file. */
static bool make_way(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool is_made = mkdir(path, 0777) == 0 || errno == EEXIST;
        *slash = '/';
        if (!is_made)
            return false;
    }
    return true;
}

static bool write_all(int file, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

static bool write_file(const char *path, const struct place_object *object)
{
    char beside[PATH_BYTES + 8];
    (void)snprintf(beside, sizeof beside, "%s.part", path); /* has room */
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return false;
    bool is_written = write_all(file, object->data, object->size) && fsync(file) == 0;
    is_written = close(file) == 0 && is_written;
    return is_written && rename(beside, path) == 0;
}

static void put(struct place *place, const struct place_object *object, place_on_put on_put,
                void *user)
{
    const struct folder *folder = (const struct folder *)place;
    char path[PATH_BYTES];
    int size = snprintf(path, sizeof path, "%s/%s", folder->path, object->name);
    if (size < 0 || (size_t)size >= sizeof path)
        on_put(STATUS_INVALID_ARGUMENT, "the path is too long", user);
    else if (make_way(path, strlen(folder->path) + 1) && write_file(path, object))
        on_put(STATUS_OK, "", user);
    else
        on_put(STATUS_UNAVAILABLE, strerror(errno), user);
}

static void destroy(struct place *place)
{
    free(place);
}

struct place *place_folder_create(const char *folder, struct fault *out_fault)
{
    struct stat about;
    struct folder *made = NULL;
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode)) {
        (void)fault_set(out_fault, 0, 0, "%s is no folder for the archive", folder);
        return NULL;
    }
    made = calloc(1, sizeof *made + strlen(folder) + 1);
    if (made == NULL)
        return NULL;
    made->base = (struct place){put, destroy};
    memcpy(made->path, folder, strlen(folder) + 1);
    return &made->base;
}
