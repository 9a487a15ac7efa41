/* `arbiter gcg`: replays a recorded crossword game and prints what it comes to, or where it is
 * wrong. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "gamesvc/rules/crossword/gcg.h"
#include "gamesvc/rules/crossword/gcg_replay.h"

#define GCG_MEMORY_MAX ((size_t)64 << 20)

static const char help[] = "Usage: arbiter gcg [--rewrite] FILE\n"
                           "\n"
                           "Replays the crossword game recorded in a GCG file (\"-\": standard "
                           "input) and prints, separated\n"
                           "by tabs, a line for each event: number, type, player, rack, position, "
                           "tiles, score, total, tiles\n"
                           "left in the bag, words formed; then the line `final`, and the board. "
                           "Turn order, tiles, geometry,\n"
                           "scores and totals are checked; words are not.\n"
                           "\n"
                           "  -r, --rewrite   print the game as a GCG file in plain form instead\n"
                           "  -h, --help      print this\n";

static const struct option options[] = {
    {"rewrite", no_argument, NULL, 'r'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static enum status print_game(struct arena *arena, const struct buffer *file, bool rewrite,
                              struct fault *out_fault)
{
    struct gcg gcg;
    struct text text;
    text_start(&text, arena);
    enum status status = gcg_read(arena, buffer_text(file), file->size, &gcg, out_fault);
    if (status == STATUS_OK)
        status = gcg_replay_write(&gcg, &text, out_fault);
    if (status != STATUS_OK)
        return status;
    if (rewrite) {
        text_start(&text, arena);
        gcg_write(&gcg, &text);
    }
    const char *done = text_end(&text);
    if (done == NULL)
        return STATUS_FULL;
    return fputs(done, stdout) >= 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

static int run_gcg(const char *path, bool rewrite)
{
    struct buffer file = {.limit = GCG_SIZE_MAX};
    struct arena arena;
    struct fault fault = {0};
    arena_init(&arena, GCG_MEMORY_MAX);
    enum status status = buffer_read_file(&file, path);
    if (status == STATUS_OK)
        status = print_game(&arena, &file, rewrite, &fault);
    if (status == STATUS_INVALID_ARGUMENT)
        fprintf(stderr, "%s:%d:%d: %s\n", path, fault.line, fault.column, fault.text);
    else if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", path, status_name(status));
    arena_deinit(&arena);
    buffer_deinit(&file);
    return status == STATUS_OK ? COMMAND_DONE : COMMAND_FAILED;
}

int command_gcg(int argc, char **argv)
{
    bool rewrite = false;
    int option;
    while ((option = getopt_long(argc, argv, "rh", options, NULL)) != -1) {
        switch (option) {
        case 'r':
            rewrite = true;
            break;
        case 'h':
            fputs(help, stdout);
            return COMMAND_DONE;
        default:
            fputs("`arbiter gcg --help` tells more\n", stderr);
            return COMMAND_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fputs(help, stderr);
        return COMMAND_USAGE;
    }
    return run_gcg(argv[optind], rewrite);
}
