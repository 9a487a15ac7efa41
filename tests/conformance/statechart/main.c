/* conformance-statechart DIR [TRACES]: runs neutral statechart cases through the engine with a
 * virtual clock and compares full configurations, and traces where there are any. */
#include "tests/conformance/statechart/case.h"

#include "base/buffer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PENDING_MAX = 4096, PATH_SIZE = 4096 };

/* A send that has not been delivered yet. */
struct pending {
    const char *name;
    const char *id;
    const struct value *data;
    int64_t due_ms;
};

struct world {
    struct arena arena; /* of the whole case: nothing is given back before its end */
    const struct fsm_machine *machine;
    const struct fsm_instance *instance;
    int64_t now_ms;
    struct pending pending[PENDING_MAX];
    int pending_count;
    struct buffer trace; /* entries since the last script step, one a line */
    char why[1024];
};

static bool fail(struct world *world, const char *text, const char *detail)
{
    if (world->why[0] == '\0')
        (void)snprintf(world->why, sizeof world->why, "%s%s", text, detail); /* cut is fine */
    return false;
}

/* ---- traces ------------------------------------------------------------------------------ */

static void trace_entry(struct world *world, const struct fsm_trace_entry *entry)
{
    struct buffer *out = &world->trace;
    const struct fsm_machine *machine = world->machine;
    const char *state = entry->state >= 0 ? machine->states[entry->state].name : "";
    switch (entry->kind) {
    case FSM_TRACE_EXTERNAL:
        buffer_format(out, "external %s\n", entry->text);
        break;
    case FSM_TRACE_INTERNAL:
        buffer_format(out, "internal %s\n", entry->text);
        break;
    case FSM_TRACE_EXIT:
        buffer_format(out, "exit %s\n", state);
        break;
    case FSM_TRACE_TAKE:
        buffer_format(out, "take %s#%d\n", state, entry->index);
        break;
    case FSM_TRACE_ENTER:
        buffer_format(out, "enter %s\n", state);
        break;
    case FSM_TRACE_ASSIGN:
        buffer_format(out, "assign %s\n", entry->text);
        break;
    case FSM_TRACE_RAISE:
        buffer_format(out, "raise %s\n", entry->text);
        break;
    case FSM_TRACE_SEND:
        buffer_format(out, "send %s +%lld\n", entry->text, (long long)entry->number);
        break;
    case FSM_TRACE_CANCEL:
        buffer_format(out, "cancel %s\n", entry->text);
        break;
    case FSM_TRACE_ERROR:
        break; /* the reference has no such entry */
    }
}

static bool traces_agree(struct world *world, const json_t *want)
{
    struct buffer text = {0};
    size_t at;
    json_t *entry;
    if (want == NULL)
        return true;
    json_array_foreach(want, at, entry) buffer_format(&text, "%s\n", json_string_value(entry));
    bool is_same = strcmp(buffer_text(&text), buffer_text(&world->trace)) == 0;
    if (!is_same)
        (void)snprintf(world->why, sizeof world->why, "trace\n--- want\n%s--- have\n%s",
                       buffer_text(&text), buffer_text(&world->trace)); /* cut is fine */
    buffer_deinit(&text);
    return is_same;
}

/* ---- running ----------------------------------------------------------------------------- */

static void carry_out(struct world *world, const struct fsm_step *step)
{
    for (size_t i = 0; i < step->effect_count; i++) {
        const struct fsm_effect *effect = &step->effects[i];
        if (effect->kind == FSM_EFFECT_SEND && world->pending_count < PENDING_MAX)
            world->pending[world->pending_count++] =
                (struct pending){effect->name, effect->id, effect->data, effect->due_ms};
        if (effect->kind != FSM_EFFECT_SEND_CANCEL)
            continue;
        int kept = 0;
        for (int p = 0; p < world->pending_count; p++)
            if (world->pending[p].id == NULL || strcmp(world->pending[p].id, effect->id) != 0)
                world->pending[kept++] = world->pending[p];
        world->pending_count = kept;
    }
    for (size_t i = 0; i < step->trace_count; i++)
        trace_entry(world, &step->trace[i]);
    if (step->after != NULL)
        world->instance = step->after;
}

static bool give(struct world *world, const char *name, const struct value *data)
{
    struct fsm_event event = {.name = name, .data = data, .now_ms = world->now_ms};
    struct fsm_step step;
    enum status status =
        fsm_step(world->machine, world->instance, &event, FSM_TRACE, &world->arena, &step);
    if (status != STATUS_OK)
        return fail(world, "step: ", status_name(status));
    if (step.answer == FSM_FAILED || step.answer == FSM_INVALID)
        return fail(world, "step: ", step.message);
    carry_out(world, &step);
    return true;
}

/* Delivers what falls due up to a time, in order of due time and sending. */
static bool advance(struct world *world, int64_t until_ms)
{
    for (;;) {
        int next = -1;
        for (int p = 0; p < world->pending_count; p++)
            if (world->pending[p].due_ms <= until_ms &&
                (next < 0 || world->pending[p].due_ms < world->pending[next].due_ms))
                next = p;
        if (next < 0)
            break;
        struct pending pending = world->pending[next];
        memmove(&world->pending[next], &world->pending[next + 1],
                (size_t)(--world->pending_count - next) * sizeof pending);
        if (pending.due_ms > world->now_ms)
            world->now_ms = pending.due_ms;
        if (!give(world, pending.name, pending.data))
            return false;
    }
    world->now_ms = until_ms;
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool configuration_is(struct world *world, const json_t *want, const char *when)
{
    int leaves[FSM_STATES_MAX];
    const char *names[FSM_STATES_MAX];
    int count = fsm_leaves(world->machine, world->instance, leaves, FSM_STATES_MAX);
    for (int i = 0; i < count; i++)
        names[i] = world->machine->states[leaves[i]].name;
    qsort(names, (size_t)count, sizeof *names, compare_texts);
    struct buffer have = {0}, wanted = {0};
    for (int i = 0; i < count; i++)
        buffer_format(&have, " %s", names[i]);
    size_t at;
    json_t *item;
    json_array_foreach(want, at, item) buffer_format(&wanted, " %s", json_string_value(item));
    bool is_same = strcmp(buffer_text(&have), buffer_text(&wanted)) == 0;
    if (!is_same)
        (void)snprintf(world->why, sizeof world->why, "%s: want%s, have%s", when,
                       buffer_text(&wanted), buffer_text(&have)); /* cut is fine */
    buffer_deinit(&have);
    buffer_deinit(&wanted);
    return is_same;
}

static bool run_script(struct world *world, const json_t *script, const json_t *traces)
{
    struct fsm_step step;
    enum status status =
        fsm_start(world->machine, "case", NULL, 0, FSM_TRACE, &world->arena, &step);
    if (status != STATUS_OK || step.answer != FSM_TAKEN)
        return fail(world, "start: ", step.message != NULL ? step.message : status_name(status));
    carry_out(world, &step);
    if (!configuration_is(world, json_object_get(script, "initialConfiguration"), "at the start") ||
        !traces_agree(world, json_array_get(traces, 0)))
        return false;
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(script, "events"), at, item)
    {
        const json_t *event = json_object_get(item, "event");
        const json_t *data = json_object_get(event, "data");
        const char *name = json_string_value(json_object_get(event, "name"));
        struct value value;
        char when[128];
        buffer_reset(&world->trace);
        (void)snprintf(when, sizeof when, "after event %zu (%s)", at + 1, name); /* cut is fine */
        if (!statechart_case_value(&world->arena, data, &value))
            return fail(world, "no memory", "");
        if (!advance(world, world->now_ms + json_integer_value(json_object_get(item, "after"))) ||
            !give(world, name, data != NULL ? &value : NULL) ||
            !configuration_is(world, json_object_get(item, "nextConfiguration"), when) ||
            !traces_agree(world, json_array_get(traces, at + 1)))
            return false;
    }
    return true;
}

static bool requires(const json_t *root, const char *word)
{
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(root, "requires"), at, item)
    {
        if (strcmp(json_string_value(item), word) == 0)
            return true;
    }
    return false;
}

static bool run_case(struct world *world, const json_t *root, const json_t *traces)
{
    struct yaml_faults faults = {.arena = &world->arena};
    enum status status = statechart_case_load(&world->arena, json_object_get(root, "machine"),
                                              requires(root, "nullable"), &faults, &world->machine);
    if (status != STATUS_OK) {
        for (size_t i = 0; i < faults.count; i++)
            if (faults.items[i].severity == YAML_ERROR)
                return fail(world, "load: ", faults.items[i].text);
        return fail(world, "load: ", status_name(status));
    }
    const char *name = json_string_value(json_object_get(root, "name"));
    return run_script(world, json_object_get(root, "script"),
                      name != NULL ? json_object_get(traces, name) : NULL);
}

static bool run_file(const char *path, const json_t *traces)
{
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    struct world *world = calloc(1, sizeof *world);
    bool is_good = false;
    if (root == NULL) {
        printf("FAIL %s: %s\n", path, error.text);
    } else if (world != NULL) {
        arena_init(&world->arena, (size_t)256 << 20);
        is_good = run_case(world, root, traces);
        if (!is_good)
            printf("FAIL %s: %s\n", path, world->why);
        arena_deinit(&world->arena);
        buffer_deinit(&world->trace);
    }
    free(world);
    json_decref(root);
    return is_good;
}

/* ---- files ------------------------------------------------------------------------------- */

/* `traces-<name>.json` beside the folder, where the caller names no file. */
static json_t *load_traces(const char *folder, const char *file)
{
    char path[PATH_SIZE];
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/')
        size--;
    size_t start = size;
    while (start > 0 && folder[start - 1] != '/')
        start--;
    if (file == NULL)
        (void)snprintf(path, sizeof path, "%.*straces-%.*s.json", (int)start, folder,
                       (int)(size - start), folder + start); /* a cut name is not found */
    return json_load_file(file != NULL ? file : path, 0, NULL);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_case(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0 &&
           strncmp(entry->d_name, "traces-", 7) != 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("Usage: conformance-statechart DIR [TRACES.json]\n", stderr);
        return 2;
    }
    struct stat status;
    if (stat(argv[1], &status) != 0) {
        printf("skipped: %s is not here\n", argv[1]);
        return 77;
    }
    struct dirent **entries = NULL;
    int count = scandir(argv[1], &entries, is_case, by_name);
    json_t *traces = load_traces(argv[1], argc > 2 ? argv[2] : NULL);
    int passed = 0, failed = 0;
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name); /* not found */
        if (run_file(path, traces))
            passed++;
        else
            failed++;
        free(entries[i]);
    }
    free(entries);
    json_decref(traces);
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
