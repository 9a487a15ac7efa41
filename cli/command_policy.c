/* `arbiter policy`: what a tournament policy may say. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "orchestrator/format/format_keys.h"

static const char usage[] =
    "Usage: arbiter policy explain [KEY...]\n"
    "       arbiter policy explain --reference\n"
    "\n"
    "explain   says what a key of a tournament policy means, what may be written, its default\n"
    "          and what a change of it does to an event that runs. KEY is a name or a whole path\n"
    "          (divisions.byes.points). Without one, lists all keys. --reference prints\n"
    "          docs/policy-reference.md.\n";

static void list_keys(struct buffer *out)
{
    struct format_walk walk = {0};
    struct format_place place;
    while (format_walk_next(&walk, &place))
        buffer_format(out, "%-44s %s\n", place.path, place.key->help);
}

/* All keys of that name, where more than one has it. */
static bool explain_every(const char *name, struct buffer *out)
{
    struct format_walk walk = {0};
    struct format_place place;
    bool is_found = false;
    while (format_walk_next(&walk, &place))
        if (strcmp(place.key->name, name) == 0) {
            format_explain(&place, out);
            is_found = true;
        }
    return is_found;
}

static int explain_key(const char *key, struct buffer *out)
{
    struct format_place place;
    if (format_key_find(key, &place)) {
        format_explain(&place, out);
        return COMMAND_DONE;
    }
    if (explain_every(key, out))
        return COMMAND_DONE;
    fprintf(stderr, "arbiter policy: there is no key '%s'\n", key);
    if (format_key_nearest(key, &place))
        fprintf(stderr, "did you mean `%s`?\n", place.path);
    return COMMAND_FAILED;
}

static int explain(int argc, char **argv)
{
    struct buffer out = {0};
    int result = COMMAND_DONE;
    if (argc == 2 && strcmp(argv[1], "--reference") == 0)
        format_reference(&out);
    else if (argc == 1)
        list_keys(&out);
    else
        for (int i = 1; i < argc; i++)
            if (explain_key(argv[i], &out) != COMMAND_DONE)
                result = COMMAND_FAILED;
    fputs(buffer_text(&out), stdout);
    buffer_deinit(&out);
    return result;
}

int command_policy(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
        return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
    if (argc >= 2 && strcmp(argv[1], "explain") == 0)
        return explain(argc - 1, argv + 1);
    fputs(usage, stderr);
    return COMMAND_USAGE;
}
