/* `arbiter machine paths`: sequences of events that take every transition. */
#include "cli/command.h"
#include "cli/machine.h"

#include "fsm/draw.h"
#include "fsm/paths.h"

#include <stdio.h>

enum { SEARCH_MEMORY_MAX = 512 << 20 };

static void print_paths(const struct machine_file *file, const struct fsm_paths *paths)
{
    size_t number = 0;
    for (size_t i = 0; i < paths->step_count; i++) {
        const struct fsm_path_step *step = &paths->steps[i];
        struct buffer label = {0};
        if (step->transition < 0) {
            printf("%spath %zu: %s\n", number > 0 ? "\n" : "", number + 1, step->leaves);
            number++;
            continue;
        }
        fsm_draw_label(file->machine, step->transition, &label);
        printf("  %-40s -> %s\n", buffer_text(&label), step->leaves);
        buffer_deinit(&label);
    }
    int count = fsm_transition_count(file->machine);
    printf("%s%zu of %d transitions in %zu paths\n", number > 0 ? "\n" : "", paths->covered_count,
           count, paths->path_count);
    for (int t = 0; t < count; t++) {
        struct fsm_transition_info info = fsm_transition_info(file->machine, t);
        if (!paths->covered[t])
            printf("%s:%d:%d: no path takes this transition\n", file->path, info.line, info.column);
    }
}

int machine_paths(int argc, char **argv)
{
    if (argc != 2) {
        fputs("Usage: arbiter machine paths FILE\n", stderr);
        return COMMAND_USAGE;
    }
    struct machine_file file = {0};
    struct arena arena;
    struct fsm_paths paths;
    arena_init(&arena, SEARCH_MEMORY_MAX);
    bool is_good = machine_open(&file, argv[1], false);
    if (is_good && fsm_find_paths(file.machine, &arena, &paths) != STATUS_OK) {
        fprintf(stderr, "%s: too many configurations to search\n", argv[1]);
        is_good = false;
    }
    if (is_good)
        print_paths(&file, &paths);
    arena_deinit(&arena);
    machine_close(&file);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}
