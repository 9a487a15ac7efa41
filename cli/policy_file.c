/* Reads tournament policies for commands, and tells what is wrong with them. */
#include "cli/policy_file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { POLICY_BYTES_MAX = 256 << 20, NAMES_MAX = 256 };

static const char *const rules[] = {"breakthrough", "crossword", "reported"};

/* "policies/formats/x.yaml" → "policies/formats/../ratings" */
static DIR *open_beside(struct arena *arena, const char *path, const char *kind)
{
    const char *slash = strrchr(path, '/');
    int size = slash != NULL ? (int)(slash - path) : 1;
    const char *folder = arena_format(arena, "%.*s/../%s", size, slash != NULL ? path : ".", kind);
    return folder != NULL ? opendir(folder) : NULL;
}

/* Returns the names of the policies in a folder beside the policy's own; NULL without one. */
static const char *const *names_beside(struct arena *arena, const char *path, const char *kind,
                                       size_t *out_count)
{
    DIR *folder = open_beside(arena, path, kind);
    const char **names = folder != NULL ? arena_array(arena, NAMES_MAX, sizeof *names) : NULL;
    size_t count = 0;
    for (struct dirent *entry; names != NULL && (entry = readdir(folder)) != NULL;) {
        size_t size = strlen(entry->d_name);
        if (size > 5 && strcmp(entry->d_name + size - 5, ".yaml") == 0 && count < NAMES_MAX)
            names[count++] = arena_copy(arena, entry->d_name, size - 5);
    }
    if (folder != NULL)
        (void)closedir(folder); /* only read */
    *out_count = count;
    return count > 0 ? names : NULL;
}

void policy_names(struct arena *arena, const char *path, struct format_names *out_names)
{
    struct format_names names = {.rules = rules, .rules_count = COUNT_OF(rules)};
    names.ratings = names_beside(arena, path, "ratings", &names.ratings_count);
    names.conduct = names_beside(arena, path, "conduct", &names.conduct_count);
    *out_names = arena_full(arena) ? (struct format_names){0} : names;
}

static enum status check(struct policy_file *file, const char *path)
{
    struct yaml_faults faults = {.arena = &file->arena};
    struct buffer report = {0};
    struct format_names names;
    policy_names(&file->arena, path, &names);
    enum status status = format_check(&file->arena, buffer_text(&file->text), file->text.size,
                                      &names, &faults, &file->format);
    yaml_faults_sort(&faults); /* those of a policy that does not read */
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
