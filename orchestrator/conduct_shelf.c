/* Reads every conduct policy of a folder. */
#include "orchestrator/conduct_shelf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/conduct/conduct_policy.h"

enum { POLICIES_BYTES_MAX = 16 << 20 };

struct conduct_shelf {
    struct arena arena; /* holds the programs */
    struct conduct_policy policies[CONDUCT_SHELF_MAX];
    size_t count;
};

static int is_policy_file(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return entry->d_name[0] != '.' && size > 5 && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

static enum status read_file(struct conduct_shelf *shelf, const char *folder, const char *name,
                             struct buffer *out_report)
{
    struct buffer path = {0};
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct yaml_faults faults = {.arena = &shelf->arena};
    buffer_format(&path, "%s/%s", folder, name);
    enum status status = buffer_read_file(&text, buffer_text(&path));
    if (status == STATUS_OK)
        status = conduct_policy_read(&shelf->arena, buffer_text(&text), text.size, &faults,
                                     &shelf->policies[shelf->count]);
    if (status == STATUS_OK)
        shelf->count++;
    else
        yaml_faults_print(&faults, buffer_text(&path), buffer_text(&text), text.size, out_report);
    buffer_deinit(&text);
    buffer_deinit(&path);
    return status;
}

struct conduct_shelf *conduct_shelf_load(const char *folder, struct buffer *out_report)
{
    struct dirent **names = NULL;
    struct conduct_shelf *shelf = calloc(1, sizeof *shelf);
    if (shelf == NULL)
        return NULL;
    arena_init(&shelf->arena, POLICIES_BYTES_MAX);
    int count = scandir(folder, &names, is_policy_file, alphasort);
    bool is_good = count >= 0 && count <= CONDUCT_SHELF_MAX;
    if (!is_good)
        buffer_format(out_report, "%s: not a folder of at most %d conduct policies\n", folder,
                      CONDUCT_SHELF_MAX);
    for (int i = 0; i < count; i++) {
        if (is_good)
            is_good = read_file(shelf, folder, names[i]->d_name, out_report) == STATUS_OK;
        free(names[i]);
    }
    free(names);
    if (is_good)
        return shelf;
    conduct_shelf_destroy(shelf);
    return NULL;
}

void conduct_shelf_destroy(struct conduct_shelf *shelf)
{
    if (shelf == NULL)
        return;
    arena_deinit(&shelf->arena);
    free(shelf);
}

const struct conduct_policy *conduct_shelf_find(const struct conduct_shelf *shelf, const char *name)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (strcmp(shelf->policies[i].name, name) == 0)
            return &shelf->policies[i];
    return NULL;
}

size_t conduct_shelf_count(const struct conduct_shelf *shelf)
{
    return shelf->count;
}

const char *conduct_shelf_name(const struct conduct_shelf *shelf, size_t index)
{
    return shelf->policies[index].name;
}
