/* `arbiter machine`: check, draw, simulate, question and test a machine file. */
#include "cli/command.h"

#include "cli/machine.h"
#include "fsm/draw.h"
#include "fsm/yaml/yaml.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: arbiter machine SUBCOMMAND ...\n\n"
    "  check FILE [--against OLD]        say what is wrong with a machine, or with its new "
    "version\n"
    "  draw FILE [--format svg|dot|mermaid] [--snapshot FILE] [--output FILE]\n"
    "  draw --instance ID [--format ...] [--output FILE]\n"
    "                                    a live instance, its active states highlighted\n"
    "  sim FILE [--input MAP] [--now TIME] [--script FILE] [--snapshot FILE] [--save FILE]\n"
    "                                    run it with a virtual clock; events typed or from a "
    "script\n"
    "  why FILE EVENT [MAP] [--input MAP] [--snapshot FILE]\n"
    "  why INSTANCE EVENT [MAP]          of the running house; nothing is sent to it\n"
    "                                    taken, refused by which guard, or not handled\n"
    "  paths FILE                        sequences of events that take every transition\n"
    "  test [--cover] FILE.test.yaml...  run policy tests; --cover: every transition must be "
    "taken\n"
    "  publish FILE [--dry-run] [--migrate]\n"
    "                                    a new version for the running house; refused where its "
    "migrate map does\n"
    "                                    not fit a live instance; --migrate: move those that it "
    "maps, too\n"
    "\nThe running house is found by --nats URL, ARBITER_NATS_URL, or in --dir DIR (./.arbiter).\n"
    "A MAP is written as in guards: \"{'player': 'ann', 'round': 1}\".\n";

struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
};

static const struct subcommand subcommands[] = {
    {"check", machine_check},     {"draw", machine_draw},   {"sim", machine_sim},
    {"why", machine_why},         {"paths", machine_paths}, {"test", machine_test},
    {"publish", machine_publish},
};

int command_machine(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return COMMAND_DONE;
    }
    for (size_t i = 0; argc >= 2 && i < COUNT_OF(subcommands); i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(argc - 1, argv + 1);
    fputs(usage, stderr);
    return COMMAND_USAGE;
}

/* ---- check ------------------------------------------------------------------------------- */

static int check_upgrade(struct machine_file *file, const char *old_path)
{
    struct machine_file old = {0};
    struct yaml_faults faults = {.arena = &file->arena};
    bool is_good = machine_open(&old, old_path, false) &&
                   fsm_check_upgrade(old.machine, file->machine, &faults);
    struct buffer out = {0};
    yaml_faults_print(&faults, file->path, buffer_text(&file->text), file->text.size, &out);
    fputs(buffer_text(&out), stderr);
    buffer_deinit(&out);
    machine_close(&old);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

int machine_check(int argc, char **argv)
{
    static const struct option options[] = {{"against", required_argument, NULL, 'a'}, {0}};
    const char *old_path = NULL;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option != 'a')
            return COMMAND_USAGE;
        old_path = optarg;
    }
    if (optind == argc || (old_path != NULL && optind + 1 != argc)) {
        fputs(usage, stderr);
        return COMMAND_USAGE;
    }
    int result = COMMAND_DONE;
    for (int i = optind; i < argc; i++) {
        struct machine_file file = {0};
        if (!machine_open(&file, argv[i], true))
            result = COMMAND_FAILED;
        else if (old_path != NULL)
            result = check_upgrade(&file, old_path);
        machine_close(&file);
    }
    return result;
}

/* ---- draw -------------------------------------------------------------------------------- */

/* Gives DOT to graphviz, which writes SVG to `path` (NULL: standard output). The text goes through
 * a temporary file, so that neither program waits for the other. */
static bool write_svg(const struct buffer *dot, const char *path)
{
    char name[] = "/tmp/arbiter-dot-XXXXXX";
    int descriptor = mkstemp(name);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    bool is_good = file != NULL && fwrite(dot->data, 1, dot->size, file) == dot->size;
    if (file != NULL && fclose(file) != 0)
        is_good = false;
    struct buffer command = {0};
    buffer_format(&command, "dot -Tsvg %s", name);
    FILE *out = path != NULL ? fopen(path, "w") : stdout;
    FILE *svg = is_good && out != NULL ? popen(buffer_text(&command), "r") : NULL;
    char bytes[4096];
    for (size_t size; svg != NULL && (size = fread(bytes, 1, sizeof bytes, svg)) > 0;)
        is_good = fwrite(bytes, 1, size, out) == size && is_good;
    is_good = svg != NULL && pclose(svg) == 0 && is_good;
    if (path != NULL && out != NULL && fclose(out) != 0)
        is_good = false;
    (void)remove(name); /* temporary */
    buffer_deinit(&command);
    if (!is_good)
        fputs("arbiter: `dot` of graphviz could not draw the machine\n", stderr);
    return is_good;
}

static bool write_text(const struct buffer *text, const char *path)
{
    FILE *out = path != NULL ? fopen(path, "w") : stdout;
    bool is_good = out != NULL && fputs(buffer_text(text), out) >= 0;
    if (path != NULL && out != NULL && fclose(out) != 0)
        is_good = false;
    if (!is_good)
        fprintf(stderr, "%s: cannot be written\n", path != NULL ? path : "standard output");
    return is_good;
}

struct draw_options {
    const char *path; /* or */
    const char *instance_id;
    const char *format;
    const char *snapshot;
    const char *output;
    struct machine_house house;
};

static bool open_drawn(struct machine_file *file, const struct draw_options *options,
                       const struct fsm_instance **out_instance)
{
    if (options->instance_id != NULL)
        return machine_open_live(file, &options->house, options->instance_id, out_instance);
    if (!machine_open(file, options->path, false))
        return false;
    if (options->snapshot != NULL)
        *out_instance = machine_snapshot(file, &file->arena, options->snapshot);
    return options->snapshot == NULL || *out_instance != NULL;
}

static int draw(const struct draw_options *options)
{
    struct machine_file file = {0};
    struct buffer text = {0};
    const struct fsm_instance *instance = NULL;
    bool is_good = open_drawn(&file, options, &instance);
    if (is_good && strcmp(options->format, "mermaid") == 0)
        fsm_draw_mermaid(file.machine, instance, &text);
    else if (is_good)
        fsm_draw_dot(file.machine, instance, &text);
    if (is_good)
        is_good = strcmp(options->format, "svg") == 0 ? write_svg(&text, options->output)
                                                      : write_text(&text, options->output);
    buffer_deinit(&text);
    machine_close(&file);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

static bool read_draw_options(int argc, char **argv, struct draw_options *out)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"snapshot", required_argument, NULL, 's'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"instance", required_argument, NULL, 'i'},
                                            {"nats", required_argument, NULL, 'n'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'f')
            out->format = optarg;
        else if (option == 's')
            out->snapshot = optarg;
        else if (option == 'o')
            out->output = optarg;
        else if (option == 'i')
            out->instance_id = optarg;
        else if (option == 'n')
            out->house.nats_url = optarg;
        else if (option == 'd')
            out->house.folder = optarg;
        else
            return false;
    }
    out->path = optind < argc ? argv[optind] : NULL;
    bool is_one = optind + (out->instance_id == NULL ? 1 : 0) == argc;
    return is_one && (out->instance_id == NULL || out->snapshot == NULL);
}

int machine_draw(int argc, char **argv)
{
    struct draw_options options = {.format = "svg"};
    bool is_good = read_draw_options(argc, argv, &options);
    bool is_known = strcmp(options.format, "svg") == 0 || strcmp(options.format, "dot") == 0 ||
                    strcmp(options.format, "mermaid") == 0;
    if (!is_good || !is_known) {
        fputs(usage, stderr);
        return COMMAND_USAGE;
    }
    return draw(&options);
}
