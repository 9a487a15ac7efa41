/* `arbiter machine sim` and `why`: one instance, a virtual clock, events typed by a person. */
#include "cli/command.h"
#include "cli/machine.h"

#include "base/clock.h"
#include "fsm/sandbox.h"
#include "fsm/yaml/yaml.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096, PENDING_SHOWN = 64 };

#define NOW_DEFAULT INT64_C(946684800000) /* 2000-01-01T00:00:00Z */

struct session {
    struct machine_file file;
    struct fsm_sandbox *sandbox;
    bool is_quiet;
};

struct start_options {
    const char *input;
    const char *snapshot;
    const char *script;
    const char *save;
    int64_t now_ms;
    struct machine_house house;
};

static void on_step(void *user, const char *event, const struct fsm_step *step)
{
    struct session *session = user;
    if (!session->is_quiet)
        machine_print_step(session->file.machine, event, step, fsm_sandbox_arena(session->sandbox));
}

/* Opens the file and starts an instance, or takes one from a snapshot. */
static bool begin(struct session *session, const char *path, const struct start_options *options)
{
    if (!machine_open(&session->file, path, false))
        return false;
    session->sandbox = fsm_sandbox_create(session->file.machine, options->now_ms, on_step, session);
    if (session->sandbox == NULL)
        return false;
    struct arena *arena = fsm_sandbox_arena(session->sandbox);
    if (options->snapshot != NULL) {
        const struct fsm_instance *instance =
            machine_snapshot(&session->file, arena, options->snapshot);
        if (instance != NULL)
            fsm_sandbox_adopt(session->sandbox, instance);
        return instance != NULL;
    }
    struct value input;
    struct fsm_step step;
    if (options->input != NULL && !machine_value(arena, options->input, &input))
        return false;
    enum status status =
        fsm_sandbox_start(session->sandbox, "sim:1", options->input != NULL ? &input : NULL, &step);
    if (status != STATUS_OK || step.answer != FSM_TAKEN)
        fprintf(stderr, "%s: cannot be started: %s\n", path,
                status != STATUS_OK ? status_name(status) : step.message);
    return status == STATUS_OK && step.answer == FSM_TAKEN;
}

/* Takes an instance of the running house: what is done to it here, the house never hears of. */
static bool begin_live(struct session *session, const char *instance_id,
                       const struct start_options *options)
{
    const struct fsm_instance *instance;
    if (!machine_open_live(&session->file, &options->house, instance_id, &instance))
        return false;
    int64_t now_ms = options->now_ms > instance->now_ms ? options->now_ms : clock_now_ms();
    session->sandbox = fsm_sandbox_create(session->file.machine, now_ms, on_step, session);
    if (session->sandbox != NULL)
        fsm_sandbox_adopt(session->sandbox, instance);
    return session->sandbox != NULL;
}

static void end(struct session *session)
{
    fsm_sandbox_destroy(session->sandbox);
    machine_close(&session->file);
}

/* ---- what can be typed ------------------------------------------------------------------- */

static void print_time(struct session *session)
{
    const char *text = value_message(fsm_sandbox_arena(session->sandbox),
                                     value_timestamp_ms(fsm_sandbox_now(session->sandbox)));
    printf("now %s\n", text != NULL ? text : "");
}

static void print_context(struct session *session)
{
    const struct fsm_machine *machine = session->file.machine;
    const struct fsm_instance *instance = fsm_sandbox_instance(session->sandbox);
    for (int i = 0; i < fsm_variable_count(machine); i++) {
        const char *text = value_literal(fsm_sandbox_arena(session->sandbox), instance->context[i]);
        printf("  ctx.%s = %s\n", fsm_variable_info(machine, i).name, text != NULL ? text : "");
    }
}

static void print_timers(struct session *session)
{
    struct fsm_pending pending[PENDING_SHOWN];
    int count = fsm_pending_timers(session->file.machine, fsm_sandbox_instance(session->sandbox),
                                   pending, PENDING_SHOWN);
    for (int i = 0; i < count && i < PENDING_SHOWN; i++) {
        const char *text = value_message(fsm_sandbox_arena(session->sandbox),
                                         value_timestamp_ms(pending[i].due_ms));
        printf("  %s at %s\n", pending[i].id, text != NULL ? text : "");
    }
    struct fsm_running running[PENDING_SHOWN];
    count = fsm_running_invokes(session->file.machine, fsm_sandbox_instance(session->sandbox),
                                running, PENDING_SHOWN);
    for (int i = 0; i < count && i < PENDING_SHOWN; i++)
        printf("  %s runs %s\n", running[i].id, running[i].command);
}

static void print_events(struct session *session)
{
    static const char *const words[] = {"allowed", "depends on its data", "refused"};
    const struct fsm_machine *machine = session->file.machine;
    for (int event = 0; event < fsm_event_count(machine); event++) {
        enum fsm_outlook outlook;
        const char *message = "";
        if (fsm_outlook(machine, fsm_sandbox_instance(session->sandbox), event,
                        fsm_sandbox_now(session->sandbox), fsm_sandbox_arena(session->sandbox),
                        &outlook, &message) != STATUS_OK ||
            outlook == FSM_NOT_HANDLED)
            continue;
        printf("  %s: %s%s%s\n", fsm_event_name(machine, event), words[outlook],
               *message != '\0' ? ": " : "", message);
    }
}

/* Splits the first word off; returns the rest, "" where there is none. */
static char *split(char *text)
{
    char *space = text + strcspn(text, " \t");
    if (*space == '\0')
        return space;
    *space++ = '\0';
    return space + strspn(space, " \t");
}

static bool give(struct session *session, struct fsm_event event, const char *data)
{
    struct arena *arena = fsm_sandbox_arena(session->sandbox);
    struct value value;
    struct fsm_step step;
    /* Events are borrowed until the arena is reset, and what was typed is gone by then. */
    event.name = arena_copy(arena, event.name, strlen(event.name));
    if (*data != '\0') {
        const char *kept = arena_copy(arena, data, strlen(data));
        if (kept == NULL || !machine_value(arena, kept, &value))
            return false;
        event.data = &value;
    }
    if (event.name == NULL)
        return false;
    enum status status = fsm_sandbox_give(session->sandbox, event, &step);
    if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", event.name, status_name(status));
    return status == STATUS_OK;
}

static bool give_error(struct session *session, char *text)
{
    char *code = split(text);
    char *detail = split(code);
    struct arena *arena = fsm_sandbox_arena(session->sandbox);
    struct fsm_event event = {.kind = FSM_EVENT_ERROR, .name = text, .attempt = 1};
    event.code = arena_copy(arena, code, strlen(code));
    event.detail = arena_copy(arena, detail, strlen(detail));
    return event.code != NULL && event.detail != NULL && give(session, event, "");
}

static bool advance(struct session *session, const char *text)
{
    int64_t ms;
    if (yaml_read_duration(text, &ms))
        ms += fsm_sandbox_now(session->sandbox);
    else if (!yaml_read_timestamp(text, &ms)) {
        fprintf(stderr, "%s: neither a duration (15m) nor a time\n", text);
        return false;
    }
    enum status status = fsm_sandbox_advance(session->sandbox, ms);
    print_time(session);
    return status == STATUS_OK;
}

static const char help[] =
    "  EVENT [MAP]          give an event, with data: join {'player': 'ann'}\n"
    "  done INVOKE [MAP]    an invoke's answer\n"
    "  error INVOKE CODE    an invoke's failure\n"
    "  advance 15m | TIME   let time pass\n"
    "  events context timers time save FILE quit\n";

/* Carries out one line; false where it was wrong. */
static bool run_line(struct session *session, char *line, bool *out_quit)
{
    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    if (*line == '\0' || *line == '#')
        return true;
    char *rest = split(line);
    if (strcmp(line, "quit") == 0)
        *out_quit = true;
    else if (strcmp(line, "help") == 0)
        fputs(help, stdout);
    else if (strcmp(line, "events") == 0)
        print_events(session);
    else if (strcmp(line, "context") == 0)
        print_context(session);
    else if (strcmp(line, "timers") == 0)
        print_timers(session);
    else if (strcmp(line, "time") == 0)
        print_time(session);
    else if (strcmp(line, "save") == 0)
        return machine_save(&session->file, fsm_sandbox_instance(session->sandbox), rest);
    else if (strcmp(line, "advance") == 0)
        return advance(session, rest);
    else if (strcmp(line, "error") == 0)
        return give_error(session, rest);
    else if (strcmp(line, "done") == 0) {
        char *data = split(rest);
        return give(session, (struct fsm_event){.kind = FSM_EVENT_DONE, .name = rest}, data);
    } else
        return give(session, (struct fsm_event){.name = line}, rest);
    return true;
}

static bool run_script(struct session *session, const char *path)
{
    FILE *script = path != NULL ? fopen(path, "r") : stdin;
    char line[LINE_SIZE];
    bool is_good = script != NULL, quit = false;
    if (script == NULL)
        fprintf(stderr, "%s: cannot be read\n", path);
    while (is_good && !quit && fgets(line, sizeof line, script) != NULL)
        is_good = run_line(session, line, &quit) || path == NULL; /* a person may mistype */
    if (path != NULL && script != NULL)
        (void)fclose(script); /* only read */
    return is_good;
}

/* ---- options ----------------------------------------------------------------------------- */

static bool read_options(int argc, char **argv, struct start_options *out)
{
    static const struct option options[] = {
        {"input", required_argument, NULL, 'i'},  {"now", required_argument, NULL, 'n'},
        {"script", required_argument, NULL, 'c'}, {"snapshot", required_argument, NULL, 's'},
        {"save", required_argument, NULL, 'w'},   {"nats", required_argument, NULL, 'u'},
        {"dir", required_argument, NULL, 'd'},    {0}};
    optind = 1;
    out->now_ms = NOW_DEFAULT;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'i')
            out->input = optarg;
        else if (option == 's')
            out->snapshot = optarg;
        else if (option == 'c')
            out->script = optarg;
        else if (option == 'w')
            out->save = optarg;
        else if (option == 'u')
            out->house.nats_url = optarg;
        else if (option == 'd')
            out->house.folder = optarg;
        else if (option != 'n' || !yaml_read_timestamp(optarg, &out->now_ms))
            return false;
    }
    return true;
}

int machine_sim(int argc, char **argv)
{
    struct start_options options = {0};
    struct session session = {0};
    if (!read_options(argc, argv, &options) || optind + 1 != argc) {
        fputs("Usage: arbiter machine sim FILE [--input MAP] [--now TIME] [--script FILE]\n"
              "                           [--snapshot FILE] [--save FILE]\n\nLines:\n",
              stderr);
        fputs(help, stderr);
        return COMMAND_USAGE;
    }
    bool is_good = begin(&session, argv[optind], &options) && run_script(&session, options.script);
    if (is_good && options.save != NULL)
        is_good = machine_save(&session.file, fsm_sandbox_instance(session.sandbox), options.save);
    end(&session);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

int machine_why(int argc, char **argv)
{
    struct start_options options = {0};
    struct session session = {.is_quiet = true};
    if (!read_options(argc, argv, &options) || (optind + 2 != argc && optind + 3 != argc)) {
        fputs("Usage: arbiter machine why FILE EVENT [MAP] [--input MAP] [--snapshot FILE]\n"
              "       arbiter machine why INSTANCE EVENT [MAP] [--nats URL] [--dir DIR]\n",
              stderr);
        return COMMAND_USAGE;
    }
    const char *name = argv[optind];
    bool is_good = machine_is_instance(name) ? begin_live(&session, name, &options)
                                             : begin(&session, name, &options);
    if (is_good) {
        const struct fsm_instance *before = fsm_sandbox_instance(session.sandbox);
        printf("in %s\n",
               fsm_leaves_text(session.file.machine, before, fsm_sandbox_arena(session.sandbox)));
        session.is_quiet = false;
        is_good = give(&session, (struct fsm_event){.name = argv[optind + 1]},
                       optind + 3 == argc ? argv[optind + 2] : "");
        /* What is possible instead is said about the state the question was asked in. */
        fsm_sandbox_adopt(session.sandbox, before);
        puts("in that state:");
        print_events(&session);
    }
    end(&session);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}
