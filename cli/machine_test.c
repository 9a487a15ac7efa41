/* `arbiter machine test`: policy tests beside a machine (NAME.test.yaml beside NAME.yaml). */
#include "cli/command.h"
#include "cli/machine.h"
#include "cli/machine_test_shape.h"

#include "fsm/draw.h"
#include "fsm/expr/expr.h"
#include "fsm/sandbox.h"
#include "fsm/yaml/yaml.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_DEFAULT INT64_C(946684800000) /* 2000-01-01T00:00:00Z */

enum { PATH_SIZE = 4096, TEST_MEMORY_MAX = 64 << 20 };

/* ---- running ----------------------------------------------------------------------------- */

struct run {
    struct machine_file file;
    struct buffer text;
    struct arena arena; /* of the test file */
    struct yaml_faults faults;
    const char *path;
    bool *covered;
    int passed, failed;

    struct fsm_sandbox *sandbox; /* of the case */
    struct fsm_step last;        /* what was answered to the last thing given */
    struct buffer effects;       /* since then, one a line */
};

static void on_step(void *user, const char *event, const struct fsm_step *step)
{
    struct run *run = user;
    struct arena *arena = fsm_sandbox_arena(run->sandbox);
    (void)event;
    for (size_t i = 0; i < step->effect_count; i++) {
        const char *line = fsm_effect_text(&step->effects[i], arena);
        buffer_format(&run->effects, "%s\n", line != NULL ? line : "");
    }
    for (size_t i = 0; i < step->trace_count; i++)
        if (step->trace[i].kind == FSM_TRACE_TAKE)
            run->covered[fsm_transition_number(run->file.machine, step->trace[i].state,
                                               step->trace[i].index)] = true;
}

static bool value_of(struct run *run, const struct yaml_node *node, struct value *out)
{
    struct arena *arena = fsm_sandbox_arena(run->sandbox);
    static const struct expr_scope nothing;
    struct fault fault = {0};
    const struct expr_program *program;
    struct expr_request request = {.text = node->text, .size = node->size, .scope = &nothing};
    if (expr_compile(arena, &request, &program, &fault) != STATUS_OK)
        return yaml_error(&run->faults, node, "%s", fault.text);
    struct expr_input input = {.arena = arena};
    *out = expr_evaluate(program, &input);
    if (out->kind == VALUE_ERROR)
        return yaml_error(&run->faults, node, "%s", value_error_text(out->as.error));
    return true;
}

static bool map_of(struct run *run, const struct yaml_node *node, struct value *out)
{
    size_t count = node != NULL ? node->count : 0;
    struct value_entry *entries =
        arena_array(fsm_sandbox_arena(run->sandbox), count, sizeof *entries);
    if (entries == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        entries[i].key = value_text(node->pairs[i].key.text);
        if (!value_of(run, &node->pairs[i].value, &entries[i].value))
            return false;
    }
    *out = value_map(entries, count);
    return true;
}

static bool give(struct run *run, const struct yaml_node *node, struct fsm_event event,
                 const struct yaml_node *data)
{
    struct value *map = arena_alloc(fsm_sandbox_arena(run->sandbox), sizeof *map);
    if (map == NULL || !map_of(run, data, map))
        return false;
    event.data = map;
    enum status status = fsm_sandbox_give(run->sandbox, event, &run->last);
    if (status != STATUS_OK)
        return yaml_error(&run->faults, node, "%s", status_name(status));
    return true;
}

static bool advance(struct run *run, const struct yaml_node *node)
{
    int64_t until_ms;
    if (yaml_read_duration(node->text, &until_ms))
        until_ms += fsm_sandbox_now(run->sandbox);
    else if (!yaml_read_timestamp(node->text, &until_ms))
        return yaml_error(&run->faults, node, "neither a duration nor a time");
    run->last = (struct fsm_step){.answer = FSM_TAKEN};
    return fsm_sandbox_advance(run->sandbox, until_ms) == STATUS_OK;
}

/* ---- expectations ------------------------------------------------------------------------ */

/* Whether the states are the active leaves; a state that is no leaf only has to be active. */
static bool expect_states(struct run *run, const struct yaml_node *node)
{
    const struct fsm_machine *machine = run->file.machine;
    const struct fsm_instance *instance = fsm_sandbox_instance(run->sandbox);
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1, leaves = 0;
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *one = node->kind == YAML_SEQUENCE ? &node->items[i] : node;
        int state = fsm_state_find(machine, one->text);
        if (state < 0)
            return yaml_error(&run->faults, one, "the machine has no state `%s`", one->text);
        enum fsm_state_kind kind = fsm_state_info(machine, state).kind;
        leaves += kind == FSM_STATE_ATOMIC || kind == FSM_STATE_FINAL;
        is_good = is_good && fsm_is_active(instance, state);
    }
    bool is_complete = leaves == 0 || leaves == (size_t)fsm_leaves(machine, instance, NULL, 0);
    if (is_good && is_complete)
        return true;
    return yaml_error(&run->faults, node, "it is in %s",
                      fsm_leaves_text(machine, instance, fsm_sandbox_arena(run->sandbox)));
}

static bool expect_context(struct run *run, const struct yaml_node *node)
{
    bool is_good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct value *have = fsm_context(
            run->file.machine, fsm_sandbox_instance(run->sandbox), node->pairs[i].key.text);
        struct value want;
        if (have == NULL)
            return yaml_error(&run->faults, &node->pairs[i].key, "no such variable");
        if (!value_of(run, &node->pairs[i].value, &want))
            return false;
        if (!value_equal(*have, want))
            is_good = yaml_error(&run->faults, &node->pairs[i].value, "it is %s",
                                 value_literal(fsm_sandbox_arena(run->sandbox), *have));
    }
    return is_good;
}

static bool expect_effects(struct run *run, const struct yaml_node *node)
{
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    const char *rest = buffer_text(&run->effects);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *one = node->kind == YAML_SEQUENCE ? &node->items[i] : node;
        const char *line = rest;
        while (*line != '\0' && strncmp(line, one->text, one->size) != 0) {
            line = strchr(line, '\n');
            line = line != NULL ? line + 1 : "";
        }
        if (*line == '\0') {
            yaml_error(&run->faults, one, "no such effect%s", i > 0 ? " after the one before" : "");
            yaml_hint(&run->faults, "effects: %s",
                      run->effects.size > 0 ? buffer_text(&run->effects) : "none");
            return false;
        }
        rest = strchr(line, '\n') + 1;
    }
    return true;
}

static bool expect_tags(struct run *run, const struct yaml_node *node)
{
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *one = node->kind == YAML_SEQUENCE ? &node->items[i] : node;
        if (!fsm_has_tag(run->file.machine, fsm_sandbox_instance(run->sandbox), one->text))
            return yaml_error(&run->faults, one, "no active state has this tag");
    }
    return true;
}

static bool expect_refusal(struct run *run, const struct yaml_node *guard,
                           const struct yaml_node *message)
{
    bool is_guard = guard == NULL, is_message = message == NULL;
    for (size_t i = 0; i < run->last.refusal_count; i++) {
        const struct fsm_refusal *refusal = &run->last.refusals[i];
        is_guard = is_guard || strcmp(refusal->guard, guard->text) == 0;
        is_message = is_message || strcmp(refusal->message, message->text) == 0;
    }
    if (!is_guard)
        return yaml_error(&run->faults, guard, "this guard did not refuse");
    if (!is_message)
        return yaml_error(&run->faults, message, "it said \"%s\"",
                          run->last.refusal_count > 0 ? run->last.refusals[0].message
                          : run->last.message != NULL ? run->last.message
                                                      : "");
    return true;
}

static bool check_expectation(struct run *run, const struct yaml_node *step,
                              const struct yaml_node *node)
{
    const struct yaml_node *part = yaml_get(node, "answer");
    const char *want = part != NULL ? part->text : "taken";
    const char *have = fsm_answer_name(run->last.answer);
    bool is_good = true;
    if (strcmp(want, have) != 0)
        is_good = yaml_error(&run->faults, part != NULL ? part : step, "it was %s%s%s", have,
                             run->last.message != NULL ? ": " : "",
                             run->last.message != NULL ? run->last.message : "");
    if ((part = yaml_get(node, "state")) != NULL)
        is_good = expect_states(run, part) && is_good;
    if ((part = yaml_get(node, "context")) != NULL)
        is_good = expect_context(run, part) && is_good;
    if ((part = yaml_get(node, "effects")) != NULL)
        is_good = expect_effects(run, part) && is_good;
    if ((part = yaml_get(node, "tags")) != NULL)
        is_good = expect_tags(run, part) && is_good;
    is_good = expect_refusal(run, yaml_get(node, "guard"), yaml_get(node, "message")) && is_good;
    bool is_finished;
    if ((part = yaml_get(node, "finished")) != NULL &&
        yaml_bool(part, &run->faults, &is_finished) &&
        is_finished != fsm_sandbox_instance(run->sandbox)->is_finished)
        is_good = yaml_error(&run->faults, part, "it is %sfinished", is_finished ? "not " : "");
    return is_good;
}

static bool run_step(struct run *run, const struct yaml_node *node)
{
    const struct yaml_node *it;
    bool is_good = true;
    buffer_reset(&run->effects);
    if ((it = yaml_get(node, "send")) != NULL) {
        const struct yaml_node *event = it->kind == YAML_SCALAR ? it : yaml_get(it, "event");
        is_good = give(run, it, (struct fsm_event){.name = event->text}, yaml_get(it, "data"));
    } else if ((it = yaml_get(node, "done")) != NULL) {
        is_good =
            give(run, it,
                 (struct fsm_event){.kind = FSM_EVENT_DONE, .name = yaml_get(it, "invoke")->text},
                 yaml_get(it, "result"));
    } else if ((it = yaml_get(node, "error")) != NULL) {
        const struct yaml_node *detail = yaml_get(it, "detail");
        is_good = give(run, it,
                       (struct fsm_event){.kind = FSM_EVENT_ERROR,
                                          .name = yaml_get(it, "invoke")->text,
                                          .code = yaml_get(it, "code")->text,
                                          .detail = detail != NULL ? detail->text : NULL,
                                          .attempt = 1},
                       NULL);
    } else if ((it = yaml_get(node, "advance")) != NULL) {
        is_good = advance(run, it);
    }
    const struct yaml_node *wanted = yaml_get(node, "expect");
    if (is_good && wanted != NULL)
        is_good = check_expectation(run, node, wanted);
    else if (is_good && run->last.answer != FSM_TAKEN)
        is_good = yaml_error(&run->faults, it, "it was %s", fsm_answer_name(run->last.answer));
    return is_good;
}

static bool start(struct run *run, const struct yaml_node *node)
{
    const struct yaml_node *begin = yaml_get(node, "given");
    const struct yaml_node *id = yaml_get(begin, "id");
    struct value input;
    if (!map_of(run, yaml_get(begin, "input"), &input))
        return false;
    enum status status =
        fsm_sandbox_start(run->sandbox, id != NULL ? id->text : "test:1", &input, &run->last);
    if (status != STATUS_OK || run->last.answer != FSM_TAKEN)
        return yaml_error(&run->faults, begin != NULL ? begin : yaml_get(node, "name"),
                          "it cannot be started: %s",
                          status != STATUS_OK ? status_name(status) : run->last.message);
    return true;
}

static void run_case(struct run *run, const struct yaml_node *node)
{
    int64_t now_ms = NOW_DEFAULT;
    const struct yaml_node *now = yaml_get(yaml_get(node, "given"), "now");
    if (now != NULL)
        (void)yaml_read_timestamp(now->text, &now_ms); /* the shape has checked it */
    run->faults = (struct yaml_faults){.arena = &run->arena};
    run->sandbox = fsm_sandbox_create(run->file.machine, now_ms, on_step, run);
    buffer_reset(&run->effects);
    bool is_good = run->sandbox != NULL && start(run, node);
    const struct yaml_node *list = yaml_get(node, "steps");
    for (size_t i = 0; i < list->count && is_good; i++)
        is_good = run_step(run, &list->items[i]);
    if (is_good)
        run->passed++;
    else
        run->failed++;
    if (!is_good) {
        struct buffer out = {0};
        buffer_format(&out, "FAIL %s\n", yaml_get(node, "name")->text);
        yaml_faults_print(&run->faults, run->path, buffer_text(&run->text), run->text.size, &out);
        fputs(buffer_text(&out), stdout);
        buffer_deinit(&out);
    }
    fsm_sandbox_destroy(run->sandbox);
    run->sandbox = NULL;
}

/* ---- files ------------------------------------------------------------------------------- */

/* The machine a test file means: named in it, relative to it, or beside it. */
static bool machine_path(const char *test_path, const struct yaml_node *root, char out[PATH_SIZE])
{
    static const char suffix[] = ".test.yaml";
    const struct yaml_node *named = yaml_get(root, "machine");
    const char *slash = strrchr(test_path, '/');
    int folder = slash != NULL ? (int)(slash - test_path) + 1 : 0;
    size_t size = strlen(test_path);
    int length = -1;
    if (named != NULL)
        length = snprintf(out, PATH_SIZE, "%.*s%s", folder, test_path, named->text);
    else if (size > sizeof suffix - 1 &&
             strcmp(test_path + size - (sizeof suffix - 1), suffix) == 0)
        length =
            snprintf(out, PATH_SIZE, "%.*s.yaml", (int)(size - (sizeof suffix - 1)), test_path);
    if (length < 0 || length >= PATH_SIZE)
        fprintf(stderr, "%s: no machine beside it; say `machine: FILE`\n", test_path);
    return length >= 0 && length < PATH_SIZE;
}

static const struct yaml_node *read_tests(struct run *run)
{
    const struct yaml_node *root = NULL;
    struct buffer out = {0};
    if (buffer_read_file(&run->text, run->path) != STATUS_OK) {
        fprintf(stderr, "%s: cannot be read\n", run->path);
        return NULL;
    }
    run->faults = (struct yaml_faults){.arena = &run->arena};
    bool is_good = yaml_parse(&run->arena, buffer_text(&run->text), run->text.size, &run->faults,
                              &root) == STATUS_OK &&
                   yaml_check(root, &machine_test_shape, &run->faults);
    yaml_faults_print(&run->faults, run->path, buffer_text(&run->text), run->text.size, &out);
    fputs(buffer_text(&out), stderr);
    buffer_deinit(&out);
    return is_good ? root : NULL;
}

static int print_uncovered(const struct run *run)
{
    int missing = 0, count = fsm_transition_count(run->file.machine);
    for (int t = 0; t < count; t++) {
        struct fsm_transition_info info = fsm_transition_info(run->file.machine, t);
        struct buffer label = {0};
        if (run->covered[t])
            continue;
        missing++;
        if (run->failed > 0)
            continue; /* a case that failed stopped half-way */
        fsm_draw_label(run->file.machine, t, &label);
        printf("%s:%d:%d: not taken: %s of %s\n", run->file.path, info.line, info.column,
               buffer_text(&label), fsm_state_info(run->file.machine, info.source).path);
        buffer_deinit(&label);
    }
    printf("%s: %d of %d transitions taken\n", run->path, count - missing, count);
    return missing;
}

static bool test_file(const char *test_path, bool must_cover)
{
    struct run run = {.path = test_path};
    char path_of_machine[PATH_SIZE];
    arena_init(&run.arena, TEST_MEMORY_MAX);
    const struct yaml_node *root = read_tests(&run);
    bool is_good = root != NULL && machine_path(test_path, root, path_of_machine) &&
                   machine_open(&run.file, path_of_machine, false);
    if (is_good) {
        const struct yaml_node *list = yaml_get(root, "cases");
        run.covered = arena_array(&run.arena, (size_t)fsm_transition_count(run.file.machine) + 1,
                                  sizeof *run.covered);
        for (size_t i = 0; i < list->count && run.covered != NULL; i++)
            run_case(&run, &list->items[i]);
        int missing = run.covered != NULL ? print_uncovered(&run) : 1;
        printf("%s: %d passed, %d failed\n", test_path, run.passed, run.failed);
        is_good = run.failed == 0 && (missing == 0 || !must_cover);
    }
    buffer_deinit(&run.effects);
    buffer_deinit(&run.text);
    machine_close(&run.file);
    arena_deinit(&run.arena);
    return is_good;
}

int machine_test(int argc, char **argv)
{
    static const struct option options[] = {{"cover", no_argument, NULL, 'c'}, {0}};
    bool must_cover = false;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option != 'c')
            return COMMAND_USAGE;
        must_cover = true;
    }
    if (optind == argc) {
        fputs("Usage: arbiter machine test [--cover] FILE.test.yaml...\n", stderr);
        return COMMAND_USAGE;
    }
    int result = COMMAND_DONE;
    for (int i = optind; i < argc; i++)
        if (!test_file(argv[i], must_cover))
            result = COMMAND_FAILED;
    return result;
}
