/* `arbiter policy`: what a tournament policy may say, what changes, and what is published. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "cli/policy_file.h"
#include "cli/policy_live.h"
#include "orchestrator/format/format_diff.h"

static const char usage[] =
    "Usage: arbiter policy explain [KEY...]\n"
    "       arbiter policy explain --reference\n"
    "       arbiter policy diff BEFORE AFTER [--paired ROUNDS]\n"
    "       arbiter policy publish FILE [--dry-run]\n"
    "       arbiter policy list\n"
    "       arbiter policy show POLICY\n"
    "\n"
    "explain   says what a key of a tournament policy means, what may be written, its default\n"
    "          and what a change of it does to an event that runs. KEY is a name or a whole path\n"
    "          (divisions.byes.points). Without one, lists all keys. --reference prints\n"
    "          docs/policy-reference.md.\n"
    "diff      says what means something else, with which warning (L1 note to L5 refused) it "
    "changes\n"
    "          while an event runs, and when it takes hold. --paired: so many rounds are paired; "
    "0:\n"
    "          the event has not begun. Exits with 1 where something differs.\n"
    "publish   checks a policy and stores it; a published text never changes.\n"
    "list      all published versions.  show: the text of one.\n"
    "\n"
    "A POLICY, and each side of diff, is a file, or a published one: club-night (the newest),\n"
    "club-night@3, club-night@4f2a9c (first digits of its hash).\n"
    "\n"
    "  --nats URL    address of the house's bus      --dir DIR  folder of the house\n";

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

/* ---- what is published ------------------------------------------------------------------- */

struct options {
    struct policy_house house;
    bool is_dry_run;
    struct format_progress progress;
    bool has_progress;
};

/* A file where there is one of that name, otherwise a published policy. */
static enum status open_policy(const struct options *options, struct policy_file *file,
                               const char *reference)
{
    FILE *there = fopen(reference, "r");
    struct buffer text = {0};
    if (there != NULL) {
        (void)fclose(there); /* only looked at */
        return policy_file_open(file, reference);
    }
    *file = (struct policy_file){0};
    enum status status = policy_fetch(&options->house, reference, &text)
                             ? policy_file_read(file, reference, buffer_text(&text), text.size)
                             : STATUS_NOT_FOUND;
    buffer_deinit(&text);
    return status;
}

static int diff(const struct options *options, char **sides)
{
    struct policy_file before, after = {0};
    struct format_diff found;
    struct buffer out = {0};
    int result = COMMAND_USAGE;
    enum status status = open_policy(options, &before, sides[0]);
    if (status == STATUS_OK)
        status = open_policy(options, &after, sides[1]);
    if (status == STATUS_OK)
        status = format_diff(&after.arena, before.format, after.format,
                             options->has_progress ? &options->progress : NULL, &found);
    if (status == STATUS_OK) {
        format_diff_print(&found, &out);
        fputs(buffer_text(&out), stdout);
        result = found.count == 0 ? COMMAND_DONE : COMMAND_FAILED;
    }
    buffer_deinit(&out);
    policy_file_close(&before);
    policy_file_close(&after);
    return result;
}

static int show(const struct options *options, const char *reference)
{
    struct buffer text = {0};
    bool is_good = policy_fetch(&options->house, reference, &text);
    fputs(buffer_text(&text), stdout);
    buffer_deinit(&text);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

static bool read_progress(const char *text, struct options *options)
{
    char *end = NULL;
    long rounds = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || rounds < 0 || rounds > FORMAT_ROUNDS_MAX)
        return false;
    options->has_progress = true;
    options->progress =
        (struct format_progress){.has_begun = rounds > 0, .rounds_paired = (int)rounds};
    return true;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {{"dry-run", no_argument, NULL, 't'},
                                          {"paired", required_argument, NULL, 'p'},
                                          {"nats", required_argument, NULL, 'n'},
                                          {"dir", required_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    bool is_good = true;
    for (int letter; (letter = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (letter == 'n')
            options->house.nats_url = optarg;
        else if (letter == 'd')
            options->house.folder = optarg;
        else if (letter == 't')
            options->is_dry_run = true;
        else
            is_good = is_good && letter == 'p' && read_progress(optarg, options);
    }
    return is_good;
}

static int run(const char *verb, const struct options *options, char **rest, int count)
{
    if (strcmp(verb, "diff") == 0 && count == 2)
        return diff(options, rest);
    if (strcmp(verb, "publish") == 0 && count == 1)
        return policy_publish(&options->house, rest[0], options->is_dry_run) ? COMMAND_DONE
                                                                             : COMMAND_FAILED;
    if (strcmp(verb, "list") == 0 && count == 0)
        return policy_list(&options->house) ? COMMAND_DONE : COMMAND_FAILED;
    if (strcmp(verb, "show") == 0 && count == 1)
        return show(options, rest[0]);
    fputs(usage, stderr);
    return COMMAND_USAGE;
}

int command_policy(int argc, char **argv)
{
    struct options options = {0};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
        return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
    if (argc >= 2 && strcmp(argv[1], "explain") == 0)
        return explain(argc - 1, argv + 1);
    if (argc < 2 || !read_options(argc - 1, argv + 1, &options)) {
        fputs(usage, stderr);
        return COMMAND_USAGE;
    }
    return run(argv[1], &options, argv + 1 + optind, argc - 1 - optind);
}
