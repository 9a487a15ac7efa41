/* `arbiter replay`: an instance as it was at any time, rebuilt from its journal. */
#include "cli/command.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/live_journal.h"
#include "cli/machine.h"
#include "cli/show.h"
#include "fsm/yaml/yaml.h"

enum { TEXT_BYTES_MAX = 16 << 20 };

static const char usage[] =
    "Usage: arbiter replay INSTANCE [--at TIME | --step N] [--json] [--nats URL] [--dir DIR]\n"
    "\n"
    "Rebuilds an instance (\"division:spring-1\", \"game:K7PXQ2MD\") from its journal, and shows "
    "it\n"
    "as it was. Every step that is replayed is compared with what the store kept of it; the exit\n"
    "status is 1 where one differs.\n"
    "\n"
    "  --at TIME   as of a time, \"2026-11-22T20:00:00Z\" (default: now)\n"
    "  --step N    after step N\n"
    "  --json      for scripts\n"
    "  --nats URL  the house's NATS (default: ARBITER_NATS_URL, or the house in --dir)\n"
    "  --dir DIR   where a house of `arbiter up` is kept (default: ./.arbiter)\n"
    "  --help      this text\n";

struct replaying {
    const char *instance_id;
    int64_t at_ms;
    int64_t step_max;
    bool is_json;
    struct arena arena; /* what is shown */
    int64_t seq;
    int64_t now_ms;
    const char *machine;
    int version;
    const char *active;
    bool is_finished;
    int variable_count;
    const char **names;
    const char **texts;
    json_t *context; /* owned */
};

/* ---- looking ----------------------------------------------------------------------------- */

/* Keeps what the walk stands at, in texts: the state itself goes on. */
static void note(struct replaying *replaying, const struct replay *replay)
{
    struct arena *arena = &replaying->arena;
    int count = fsm_variable_count(replay->machine);
    arena_reset(arena);
    replaying->machine = fsm_machine_name(replay->machine);
    replaying->version = fsm_machine_version(replay->machine);
    replaying->active = fsm_leaves_text(replay->machine, replay->instance, arena);
    replaying->is_finished = replay->instance->is_finished;
    replaying->names = arena_array(arena, (size_t)count, sizeof *replaying->names);
    replaying->texts = arena_array(arena, (size_t)count, sizeof *replaying->texts);
    replaying->variable_count = replaying->texts != NULL && replaying->names != NULL ? count : 0;
    json_decref(replaying->context);
    replaying->context = json_object();
    for (int i = 0; i < replaying->variable_count; i++) {
        replaying->names[i] = fsm_variable_info(replay->machine, i).name;
        replaying->texts[i] = value_literal(arena, replay->instance->context[i]);
        (void)json_object_set_new(replaying->context, replaying->names[i],
                                  show_json(arena, replay->instance->context[i]));
    }
}

static bool on_step(const struct replay *replay, const Arbiter__V1__JournalEntry *entry, void *user)
{
    struct replaying *replaying = user;
    if (entry->now_ms > replaying->at_ms || entry->seq > replaying->step_max)
        return false;
    replaying->seq = entry->seq;
    replaying->now_ms = entry->now_ms;
    note(replaying, replay);
    return true;
}

/* ---- showing ----------------------------------------------------------------------------- */

static const char *or_nothing(const char *text)
{
    return text != NULL ? text : "";
}

static void print_text(struct replaying *replaying)
{
    printf("%s  machine %s version %d\n", replaying->instance_id, replaying->machine,
           replaying->version);
    printf("step %" PRId64 " at %s\n", replaying->seq,
           show_time(&replaying->arena, replaying->now_ms));
    printf("in %s%s\n", or_nothing(replaying->active), replaying->is_finished ? " (finished)" : "");
    for (int i = 0; i < replaying->variable_count; i++)
        printf("  ctx.%s = %s\n", replaying->names[i], or_nothing(replaying->texts[i]));
    printf("%" PRId64 " steps replayed; each ends in what is stored\n", replaying->seq);
}

static void print_json(struct replaying *replaying)
{
    json_t *json =
        json_pack("{s:s, s:s, s:i, s:I, s:s, s:s, s:b, s:O}", "instance_id", replaying->instance_id,
                  "machine", replaying->machine, "version", replaying->version, "step",
                  (json_int_t)replaying->seq, "at", show_time(&replaying->arena, replaying->now_ms),
                  "active", or_nothing(replaying->active), "finished", (int)replaying->is_finished,
                  "context", replaying->context);
    (void)json_dumpf(json, stdout, JSON_INDENT(2)); /* a closed pipe is the reader's choice */
    putchar('\n');
    json_decref(json);
}

static int show(struct replaying *replaying, const struct machine_house *house)
{
    struct fault fault = {0};
    struct live *live = live_open(house->nats_url, house->folder, &fault);
    struct live_journal *journal = live != NULL ? live_journal_open(live) : NULL;
    bool is_good = journal != NULL && live_journal_walk(journal, replaying->instance_id, on_step,
                                                        replaying, &fault) == STATUS_OK;
    if (!is_good)
        fprintf(stderr, "%s: %s\n", replaying->instance_id, fault.text);
    else if (replaying->seq == 0)
        fprintf(stderr, "%s: it had not begun then\n", replaying->instance_id);
    else if (replaying->is_json)
        print_json(replaying);
    else
        print_text(replaying);
    live_journal_close(journal);
    live_close(live);
    return is_good && replaying->seq > 0 ? COMMAND_DONE : COMMAND_FAILED;
}

static bool read_step(const char *text, int64_t *out)
{
    char *end = NULL;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && *out > 0;
}

int command_replay(int argc, char **argv)
{
    static const struct option options[] = {{"at", required_argument, NULL, 'a'},
                                            {"step", required_argument, NULL, 's'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"nats", required_argument, NULL, 'n'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct replaying replaying = {.at_ms = INT64_MAX, .step_max = INT64_MAX};
    struct machine_house house = {0};
    bool is_good = true;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage, stdout);
            return COMMAND_DONE;
        }
        if (option == 'a')
            is_good = is_good && yaml_read_timestamp(optarg, &replaying.at_ms);
        else if (option == 's')
            is_good = is_good && read_step(optarg, &replaying.step_max);
        else if (option == 'j')
            replaying.is_json = true;
        else if (option == 'n')
            house.nats_url = optarg;
        else if (option == 'd')
            house.folder = optarg;
        is_good = is_good && option != '?';
    }
    if (!is_good || optind + 1 != argc) {
        fputs(usage, stderr);
        return COMMAND_USAGE;
    }
    replaying.instance_id = argv[optind];
    arena_init(&replaying.arena, TEXT_BYTES_MAX);
    int result = show(&replaying, &house);
    json_decref(replaying.context);
    arena_deinit(&replaying.arena);
    return result;
}
