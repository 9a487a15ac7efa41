/* Reads tournament policies for commands, and tells what is wrong with them. */
#include "cli/policy_file.h"

#include <stdio.h>

enum { POLICY_BYTES_MAX = 256 << 20 };

enum status policy_file_open(struct policy_file *file, const char *path)
{
    *file = (struct policy_file){.text = {.limit = YAML_SOURCE_MAX}};
    arena_init(&file->arena, POLICY_BYTES_MAX);
    enum status status = buffer_read_file(&file->text, path);
    if (status != STATUS_OK) {
        if (status == STATUS_FULL)
            fprintf(stderr, "%s: larger than a policy may be (%d bytes)\n", path, YAML_SOURCE_MAX);
        else
            fprintf(stderr, "%s: cannot be read\n", path);
        return status;
    }
    struct yaml_faults faults = {.arena = &file->arena};
    struct buffer report = {0};
    status = format_read(&file->arena, file->text.data, file->text.size, &faults, &file->format);
    yaml_faults_sort(&faults);
    yaml_faults_print(&faults, path, buffer_text(&file->text), file->text.size, &report);
    fputs(buffer_text(&report), stderr);
    buffer_deinit(&report);
    return status;
}

void policy_file_close(struct policy_file *file)
{
    arena_deinit(&file->arena);
    buffer_deinit(&file->text);
}
