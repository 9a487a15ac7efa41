/* arbiter-sim: plays the evenings of a range of seeds and says which are not sound. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "simulation/shrink.h"
#include "tests/simulation/edge.h"

static const char usage[] =
    "usage: arbiter-sim --seeds A..B [--faults LIST] [--sabotage NAME] [--verbose]\n"
    "                   [--no-shrink]\n"
    "  --faults LIST    of messages,database,crashes,partitions,slowness,clock; all (the\n"
    "                   default) or none\n"
    "  --sabotage NAME  a mistake on purpose: no-sweep, no-swap, no-dedupe, lose-timers,\n"
    "                   loose-rating, loose-places\n"
    "  --verbose        a trace of each evening\n"
    "  --no-shrink      do not look for the smallest evening that fails as a broken one does; "
    "else\n"
    "                   the first two broken ones are shrunk and their traces printed\n"
    "Run it from the project's folder. Exits with 1 where an evening was not sound.\n";

static const char *const fault_names[] = {"messages",   "database", "crashes",
                                          "partitions", "slowness", "clock"};
static const char *const sabotage_names[WORLD_SABOTAGE_COUNT] = {
    [WORLD_SABOTAGE_NONE] = "none",
    [WORLD_SABOTAGE_NO_SWEEP] = "no-sweep",
    [WORLD_SABOTAGE_NO_SWAP] = "no-swap",
    [WORLD_SABOTAGE_NO_DEDUPE] = "no-dedupe",
    [WORLD_SABOTAGE_LOSE_TIMERS] = "lose-timers",
    [WORLD_SABOTAGE_LOOSE_RATING] = "loose-rating",
    [WORLD_SABOTAGE_LOOSE_PLACES] = "loose-places",
};

enum { SHRUNK_MAX = 2 };

struct range {
    uint64_t first;
    uint64_t last;
    bool is_shrunk; /* what is broken */
};

static bool read_range(const char *text, struct range *out_range)
{
    char *end;
    out_range->first = out_range->last = strtoull(text, &end, 10);
    if (end != text && strncmp(end, "..", 2) == 0) {
        const char *second = end + 2;
        out_range->last = strtoull(second, &end, 10);
    }
    return end != text && *end == '\0' && out_range->first <= out_range->last;
}

static bool read_fault(const char *name, size_t size, unsigned *faults)
{
    for (size_t i = 0; i < COUNT_OF(fault_names); i++) {
        if (strlen(fault_names[i]) != size || memcmp(fault_names[i], name, size) != 0)
            continue;
        *faults |= 1u << i;
        return true;
    }
    return false;
}

static bool read_faults(const char *text, unsigned *out_faults)
{
    unsigned faults = 0;
    if (strcmp(text, "all") == 0 || strcmp(text, "none") == 0) {
        *out_faults = text[0] == 'a' ? WORLD_FAULTS_ALL : 0;
        return true;
    }
    for (const char *at = text;; at++) {
        size_t size = strcspn(at, ",");
        if (!read_fault(at, size, &faults))
            return false;
        at += size;
        if (*at == '\0')
            break;
    }
    *out_faults = faults;
    return true;
}

static bool read_sabotage(const char *text, enum world_sabotage *out_sabotage)
{
    for (int i = 0; i < WORLD_SABOTAGE_COUNT; i++) {
        if (strcmp(sabotage_names[i], text) != 0)
            continue;
        *out_sabotage = (enum world_sabotage)i;
        return true;
    }
    return false;
}

static bool read_options(int count, char **arguments, struct evening_options *out_options,
                         struct range *out_range)
{
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 's'},    {"faults", required_argument, NULL, 'f'},
        {"sabotage", required_argument, NULL, 'b'}, {"verbose", no_argument, NULL, 'v'},
        {"no-shrink", no_argument, NULL, 'n'},      {0}};
    bool has_range = false;
    bool is_valid = true;
    int option;
    while (is_valid && (option = getopt_long(count, arguments, "", options, NULL)) != -1) {
        if (option == 's')
            is_valid = has_range = read_range(optarg, out_range);
        else if (option == 'f')
            is_valid = read_faults(optarg, &out_options->faults);
        else if (option == 'b')
            is_valid = read_sabotage(optarg, &out_options->sabotage);
        else if (option == 'v')
            out_options->is_verbose = true;
        else if (option == 'n')
            out_range->is_shrunk = false;
        else
            is_valid = false;
    }
    return is_valid && has_range && optind == count;
}

/* Prints the smallest evening that is broken in the place of this one. */
static void print_shrunk(const struct evening_options *options)
{
    struct shrunk shrunk;
    if (!shrink(options, &shrunk))
        return;
    (void)printf(
        "  shrunk in %d tries to %d players, %d rounds, %d seeks and %d of %d incidents:\n%s",
        shrunk.tries, shrunk.sizes.players, shrunk.sizes.rounds, shrunk.sizes.seeks,
        shrunk.incidents, shrunk.incidents_before, buffer_text(&shrunk.trace));
    buffer_deinit(&shrunk.trace);
}

int main(int count, char **arguments)
{
    struct world_policies policies;
    struct door door;
    struct evening_options options = {
        .faults = WORLD_FAULTS_ALL, .policies = &policies, .door = &door};
    struct range range = {.is_shrunk = true};
    uint64_t broken = 0;
    if (!read_options(count, arguments, &options, &range)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    log_init("simulation", options.is_verbose ? LOG_WARN : LOG_ERROR);
    if (!world_policies_load("policies", &policies) || !edge_door_init(&door, "policies"))
        return 1;
    for (options.seed = range.first; options.seed <= range.last; options.seed++) {
        struct evening evening;
        evening_play(&options, &evening);
        (void)fputs(buffer_text(&evening.report), stdout);
        (void)fflush(stdout);
        broken += !evening.is_sound;
        if (!evening.is_sound && range.is_shrunk && broken <= SHRUNK_MAX)
            print_shrunk(&options);
        buffer_deinit(&evening.report);
    }
    (void)printf("%llu evenings, %llu broken\n", (unsigned long long)(range.last - range.first + 1),
                 (unsigned long long)broken);
    edge_door_deinit(&door);
    world_policies_deinit(&policies);
    return broken > 0 ? 1 : 0;
}
