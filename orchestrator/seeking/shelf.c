/* Reads the folder of seeks policies. */
#include "orchestrator/seeking/shelf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/seeking/policy/seeking_policy.h"

enum { SHELF_BYTES_MAX = 64 << 20 };

struct seeking_shelf {
    struct arena arena;
    const struct seeking_policy *policies[SEEKING_SHELF_MAX];
    size_t count;
};

static int is_policy_file(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return entry->d_name[0] != '.' && size > 5 && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

static bool read_file(struct seeking_shelf *shelf, const char *folder, const char *name,
                      struct buffer *out_report)
{
    struct buffer path = {0};
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct yaml_faults faults = {.arena = &shelf->arena};
    buffer_format(&path, "%s/%s", folder, name);
    bool is_good = shelf->count < SEEKING_SHELF_MAX &&
                   buffer_read_file(&text, buffer_text(&path)) == STATUS_OK &&
                   seeking_policy_read(&shelf->arena, buffer_text(&text), text.size, NULL, &faults,
                                       &shelf->policies[shelf->count]) == STATUS_OK;
    if (is_good)
        shelf->count++;
    else
        yaml_faults_print(&faults, buffer_text(&path), buffer_text(&text), text.size, out_report);
    buffer_deinit(&text);
    buffer_deinit(&path);
    return is_good;
}

struct seeking_shelf *seeking_shelf_load(const char *folder, struct buffer *out_report)
{
    struct dirent **names = NULL;
    bool is_good = true;
    struct seeking_shelf *shelf = calloc(1, sizeof *shelf);
    if (shelf == NULL)
        return NULL;
    arena_init(&shelf->arena, SHELF_BYTES_MAX);
    int count = scandir(folder, &names, is_policy_file, alphasort);
    for (int i = 0; i < count; i++) {
        is_good = is_good && read_file(shelf, folder, names[i]->d_name, out_report);
        free(names[i]);
    }
    free(names);
    if (is_good)
        return shelf;
    seeking_shelf_destroy(shelf);
    return NULL;
}

void seeking_shelf_destroy(struct seeking_shelf *shelf)
{
    if (shelf == NULL)
        return;
    arena_deinit(&shelf->arena);
    free(shelf);
}

const struct seeking_policy *seeking_shelf_find(const struct seeking_shelf *shelf, const char *name)
{
    for (size_t i = 0; shelf != NULL && i < shelf->count; i++)
        if (strcmp(shelf->policies[i]->name, name) == 0)
            return shelf->policies[i];
    return NULL;
}

const struct seeking_pool *seeking_shelf_pool(const struct seeking_shelf *shelf, const char *pool,
                                              const struct seeking_policy **out_policy)
{
    for (size_t i = 0; shelf != NULL && i < shelf->count; i++) {
        const struct seeking_pool *found = seeking_pool_find(shelf->policies[i], pool);
        if (found == NULL)
            continue;
        *out_policy = shelf->policies[i];
        return found;
    }
    return NULL;
}

const struct seeking_policy *seeking_shelf_at(const struct seeking_shelf *shelf, size_t index)
{
    return shelf != NULL && index < shelf->count ? shelf->policies[index] : NULL;
}
