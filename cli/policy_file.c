/* Reads tournament policies for commands, and tells what is wrong with them. */
#include "cli/policy_file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { POLICY_BYTES_MAX = 256 << 20, NAMES_MAX = 256 };

static const char *const rules[] = {"breakthrough", "crossword", "reported"};

/* "policies/formats/x.yaml" → "policies/formats/../ratings" */
static DIR *open_ratings(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    int size = slash != NULL ? (int)(slash - path) : 1;
    const char *folder = arena_format(arena, "%.*s/../ratings", size, slash != NULL ? path : ".");
    return folder != NULL ? opendir(folder) : NULL;
}

void policy_names(struct arena *arena, const char *path, struct format_names *out_names)
{
    DIR *folder = open_ratings(arena, path);
    const char **names = arena_array(arena, NAMES_MAX, sizeof *names);
    *out_names = (struct format_names){.rules = rules, .rules_count = COUNT_OF(rules)};
    for (struct dirent *entry;
         folder != NULL && names != NULL && (entry = readdir(folder)) != NULL;) {
        size_t size = strlen(entry->d_name);
        if (size <= 5 || strcmp(entry->d_name + size - 5, ".yaml") != 0 ||
            out_names->ratings_count == NAMES_MAX)
            continue;
        out_names->ratings = names;
        names[out_names->ratings_count++] = arena_copy(arena, entry->d_name, size - 5);
    }
    if (folder != NULL)
        (void)closedir(folder); /* only read */
    if (arena_full(arena))
        *out_names = (struct format_names){0};
}

static enum status check(struct policy_file *file, const char *path)
{
    struct yaml_faults faults = {.arena = &file->arena};
    struct buffer report = {0};
    struct format_names names;
    policy_names(&file->arena, path, &names);
    enum status status = format_check(&file->arena, buffer_text(&file->text), file->text.size,
                                      &names, &faults, &file->format);
    yaml_faults_sort(&faults);
    yaml_faults_print(&faults, path, buffer_text(&file->text), file->text.size, &report);
    fputs(buffer_text(&report), stderr);
    buffer_deinit(&report);
    return status;
}

enum status policy_file_open(struct policy_file *file, const char *path)
{
    *file = (struct policy_file){.text = {.limit = YAML_SOURCE_MAX}};
    arena_init(&file->arena, POLICY_BYTES_MAX);
    enum status status = buffer_read_file(&file->text, path);
    if (status == STATUS_OK)
        return check(file, path);
    if (status == STATUS_FULL)
        fprintf(stderr, "%s: larger than a policy may be (%d bytes)\n", path, YAML_SOURCE_MAX);
    else
        fprintf(stderr, "%s: cannot be read\n", path);
    return status;
}

enum status policy_file_read(struct policy_file *file, const char *name, const char *text,
                             size_t size)
{
    *file = (struct policy_file){.text = {.limit = YAML_SOURCE_MAX}};
    arena_init(&file->arena, POLICY_BYTES_MAX);
    buffer_append(&file->text, text, size);
    return check(file, name);
}

void policy_file_close(struct policy_file *file)
{
    arena_deinit(&file->arena);
    buffer_deinit(&file->text);
}
