/* `arbiter check`: reads policy files of every kind and says what is wrong with them. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cli/policy_file.h"
#include "fsm/fsm.h"
#include "fsm/yaml/yaml.h"
#include "orchestrator/conduct/conduct_policy.h"
#include "orchestrator/format/format_check.h"
#include "orchestrator/rating/rating_policy.h"
#include "orchestrator/seeking/policy/seeking_policy.h"
#include "orchestrator/vocabulary.h"
#include "seeks/limits_policy.h"

enum { CHECK_BYTES_MAX = 64 << 20 };

static const char usage[] =
    "Usage: arbiter check FILE...\n"
    "\n"
    "Reads policies (machines, tournament formats, seeks and pools, ratings, conduct,\n"
    "limits; a key of the file says which it is) and prints what is wrong as file:line:column: "
    "message. A format's "
    "evening is\n"
    "proved or refuted with a counter-example: rounds for the players allowed, rounds and clocks\n"
    "against the session, starts against changes of clocks, pairs that must not meet. Exits with 1 "
    "where\n"
    "anything is. \"-\" is standard input.\n";

static enum status check_machine(struct arena *arena, const char *path, const char *text,
                                 size_t size, struct yaml_faults *faults)
{
    (void)path;
    const struct fsm_machine *machine = NULL;
    struct fsm_host vocabulary;
    enum status status = vocabulary_host(arena, &vocabulary);
    if (status != STATUS_OK)
        return status;
    return fsm_load(arena, text, size, &vocabulary, faults, &machine);
}

static enum status check_format(struct arena *arena, const char *path, const char *text,
                                size_t size, struct yaml_faults *faults)
{
    const struct format *format = NULL;
    struct format_names names;
    policy_names(arena, path, &names);
    return format_check(arena, text, size, &names, faults, &format);
}

static enum status check_rating(struct arena *arena, const char *path, const char *text,
                                size_t size, struct yaml_faults *faults)
{
    (void)path;
    struct rating_policy policy;
    return rating_policy_read(text, size, arena, faults, &policy);
}

static enum status check_seeks(struct arena *arena, const char *path, const char *text, size_t size,
                               struct yaml_faults *faults)
{
    (void)path;
    const struct seeking_policy *policy = NULL;
    return seeking_policy_read(arena, text, size, NULL, faults, &policy);
}

static enum status check_conduct(struct arena *arena, const char *path, const char *text,
                                 size_t size, struct yaml_faults *faults)
{
    (void)path;
    struct conduct_policy policy;
    return conduct_policy_read(arena, text, size, faults, &policy);
}

static enum status check_limits(struct arena *arena, const char *path, const char *text,
                                size_t size, struct yaml_faults *faults)
{
    (void)path;
    struct limits_policy policy;
    return limits_policy_read(arena, text, size, faults, &policy);
}

/* A machine's tests are no policy; that they are YAML has been checked, the rest is their runner's.
 */
static enum status check_cases(struct arena *arena, const char *path, const char *text, size_t size,
                               struct yaml_faults *faults)
{
    (void)arena;
    (void)path;
    (void)text;
    (void)size;
    (void)faults;
    puts("(a machine's tests; `arbiter machine test` runs them)");
    return STATUS_OK;
}

/* Each kind of policy is known by the key that names it. */
static const struct kind {
    const char *key;
    enum status (*check)(struct arena *arena, const char *path, const char *text, size_t size,
                         struct yaml_faults *faults);
} kinds[] = {
    {"machine", check_machine}, {"tournament", check_format}, {"system", check_rating},
    {"seeks", check_seeks},     {"conduct", check_conduct},   {"limits", check_limits},
    {"cases", check_cases},
};

static const struct kind *find_kind(const struct yaml_node *root)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (yaml_get(root, kinds[i].key) != NULL)
            return &kinds[i];
    return NULL;
}

static enum status check_text(struct arena *arena, const char *path, const char *text, size_t size,
                              struct yaml_faults *faults)
{
    const struct yaml_node *root = NULL;
    enum status status = yaml_parse(arena, text, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    const struct kind *kind = find_kind(root);
    if (kind != NULL)
        return kind->check(arena, path, text, size, faults);
    (void)yaml_error(faults, root,
                     "this is no policy: it has none of the keys `machine`, `tournament`, "
                     "`system`, `seeks`, `conduct`, `limits` at its top");
    return STATUS_INVALID_ARGUMENT;
}

static bool check_file(const char *path)
{
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct buffer report = {0};
    struct arena arena;
    arena_init(&arena, CHECK_BYTES_MAX);
    struct yaml_faults faults = {.arena = &arena};
    enum status status = buffer_read_file(&text, path);
    if (status == STATUS_FULL)
        fprintf(stderr, "%s: larger than a policy may be (%d bytes)\n", path, YAML_SOURCE_MAX);
    else if (status != STATUS_OK)
        fprintf(stderr, "%s: cannot be read\n", path);
    else
        status = check_text(&arena, path, buffer_text(&text), text.size, &faults);
    yaml_faults_sort(&faults);
    yaml_faults_print(&faults, path, buffer_text(&text), text.size, &report);
    fputs(buffer_text(&report), stderr);
    if (status == STATUS_OK)
        printf("%s: good\n", path);
    arena_deinit(&arena);
    buffer_deinit(&report);
    buffer_deinit(&text);
    return status == STATUS_OK;
}

int command_check(int argc, char **argv)
{
    static const struct option names[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1)
        return letter == 'h' && fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_USAGE;
    if (optind == argc) {
        fputs(usage, stderr);
        return COMMAND_USAGE;
    }
    int failed = 0;
    for (int i = optind; i < argc; i++)
        failed += check_file(argv[i]) ? 0 : 1;
    return failed == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
