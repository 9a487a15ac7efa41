/* Reads every rating policy of a folder. */
#include "orchestrator/ratings_shelf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/rating/rating_policy.h"

enum { POLICY_BYTES_MAX = 4 << 20 };

struct ratings_shelf {
    struct rating_policy policies[RATINGS_SHELF_MAX];
    size_t count;
};

static int is_policy_file(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return entry->d_name[0] != '.' && size > 5 && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

static enum status read_file(struct ratings_shelf *shelf, const char *folder, const char *name,
                             struct buffer *out_report)
{
    struct buffer path = {0};
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct arena arena;
    arena_init(&arena, POLICY_BYTES_MAX);
    struct yaml_faults faults = {.arena = &arena};
    buffer_format(&path, "%s/%s", folder, name);
    enum status status = buffer_read_file(&text, buffer_text(&path));
    if (status == STATUS_OK)
        status = rating_policy_read(buffer_text(&text), text.size, &arena, &faults,
                                    &shelf->policies[shelf->count]);
    if (status == STATUS_OK)
        shelf->count++;
    else
        yaml_faults_print(&faults, buffer_text(&path), buffer_text(&text), text.size, out_report);
    arena_deinit(&arena);
    buffer_deinit(&text);
    buffer_deinit(&path);
    return status;
}

struct ratings_shelf *ratings_shelf_load(const char *folder, struct buffer *out_report)
{
    struct dirent **names = NULL;
    struct ratings_shelf *shelf = calloc(1, sizeof *shelf);
    int count = shelf != NULL ? scandir(folder, &names, is_policy_file, alphasort) : -1;
    bool is_good = count >= 0 && count <= RATINGS_SHELF_MAX;
    if (!is_good)
        buffer_format(out_report, "%s: not a folder of at most %d rating policies\n", folder,
                      RATINGS_SHELF_MAX);
    for (int i = 0; i < count; i++) {
        if (is_good)
            is_good = read_file(shelf, folder, names[i]->d_name, out_report) == STATUS_OK;
        free(names[i]);
    }
    free(names);
    if (is_good)
        return shelf;
    free(shelf);
    return NULL;
}

void ratings_shelf_destroy(struct ratings_shelf *shelf)
{
    free(shelf);
}

const struct rating_policy *ratings_shelf_find(const struct ratings_shelf *shelf, const char *name)
{
    if (name[0] == '\0')
        name = RATINGS_DEFAULT;
    for (size_t i = 0; i < shelf->count; i++)
        if (strcmp(shelf->policies[i].name, name) == 0)
            return &shelf->policies[i];
    return NULL;
}

size_t ratings_shelf_count(const struct ratings_shelf *shelf)
{
    return shelf->count;
}

const char *ratings_shelf_name(const struct ratings_shelf *shelf, size_t index)
{
    return shelf->policies[index].name;
}
