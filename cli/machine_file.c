/* Machine files, snapshots and values for the subcommands of `arbiter machine`. */
#include "cli/machine.h"

#include "cli/live.h"
#include "fsm/expr/expr.h"
#include "fsm/snapshot.h"
#include "fsm/yaml/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MEMORY_MAX = 64 << 20 };

/* Loads the machine whose text is in the file's buffer. */
static bool load(struct machine_file *file, bool is_loud)
{
    struct yaml_faults faults = {.arena = &file->arena};
    enum status status = fsm_load(&file->arena, buffer_text(&file->text), file->text.size, NULL,
                                  &faults, &file->machine);
    if (status == STATUS_OK && !is_loud)
        return true;
    struct buffer out = {0};
    yaml_faults_print(&faults, file->path, buffer_text(&file->text), file->text.size, &out);
    if (status == STATUS_FULL)
        buffer_format(&out, "%s: larger than a machine may be\n", file->path);
    fputs(buffer_text(&out), stderr);
    buffer_deinit(&out);
    return status == STATUS_OK;
}

bool machine_open(struct machine_file *file, const char *path, bool is_loud)
{
    arena_init(&file->arena, FILE_MEMORY_MAX);
    file->path = path;
    enum status status = buffer_read_file(&file->text, path);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: cannot be read (%s)\n", path, status_name(status));
        return false;
    }
    return load(file, is_loud);
}

bool machine_is_instance(const char *name)
{
    return strchr(name, ':') != NULL && access(name, F_OK) != 0;
}

void machine_close(struct machine_file *file)
{
    buffer_deinit(&file->text);
    arena_deinit(&file->arena);
}

bool machine_value(struct arena *arena, const char *text, struct value *out)
{
    static const struct expr_scope nothing;
    struct fault fault = {0};
    const struct expr_program *program;
    struct expr_request request = {.text = text, .size = strlen(text), .scope = &nothing};
    if (expr_compile(arena, &request, &program, &fault) != STATUS_OK) {
        fprintf(stderr, "%s: column %d: %s\n", text, fault.column, fault.text);
        return false;
    }
    struct expr_input input = {.arena = arena};
    *out = expr_evaluate(program, &input);
    if (out->kind == VALUE_ERROR)
        fprintf(stderr, "%s: %s\n", text, value_error_text(out->as.error));
    return out->kind != VALUE_ERROR;
}

/* Reads an instance of this machine from bytes; prints why it cannot. */
static const struct fsm_instance *read_instance(const struct machine_file *file,
                                                struct arena *arena, const struct buffer *bytes,
                                                const char *name)
{
    struct fsm_instance *instance = NULL;
    struct fault fault = {0};
    enum status status = fsm_snapshot_read(file->machine, NULL, (const uint8_t *)buffer_text(bytes),
                                           bytes->size, arena, &instance, &fault);
    if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", name, fault.text[0] != '\0' ? fault.text : status_name(status));
    return instance;
}

const struct fsm_instance *machine_snapshot(const struct machine_file *file, struct arena *arena,
                                            const char *path)
{
    struct buffer bytes = {0};
    const struct fsm_instance *instance = NULL;
    enum status status = buffer_read_file(&bytes, path);
    if (status == STATUS_OK)
        instance = read_instance(file, arena, &bytes, path);
    else
        fprintf(stderr, "%s: cannot be read (%s)\n", path, status_name(status));
    buffer_deinit(&bytes);
    return instance;
}

bool machine_open_live(struct machine_file *file, const struct machine_house *house,
                       const char *instance_id, const struct fsm_instance **out_instance)
{
    struct fault fault = {0};
    struct live_instance found = {0};
    const struct fsm_instance *instance = NULL;
    arena_init(&file->arena, FILE_MEMORY_MAX);
    file->path = instance_id;
    struct live *live = live_open(house->nats_url, house->folder, &fault);
    if (live == NULL || live_instance_read(live, instance_id, &found, &fault) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", instance_id, fault.text);
    } else {
        buffer_append(&file->text, found.text.data, found.text.size);
        if (load(file, false))
            instance = read_instance(file, &file->arena, &found.snapshot, instance_id);
    }
    live_instance_deinit(&found);
    live_close(live);
    *out_instance = instance;
    return instance != NULL;
}

bool machine_save(const struct machine_file *file, const struct fsm_instance *instance,
                  const char *path)
{
    struct arena arena;
    const uint8_t *bytes;
    size_t size;
    arena_init(&arena, FILE_MEMORY_MAX);
    bool is_good = fsm_snapshot_write(file->machine, instance, &arena, &bytes, &size) == STATUS_OK;
    FILE *out = is_good ? fopen(path, "wb") : NULL;
    is_good = out != NULL && fwrite(bytes, 1, size, out) == size;
    if (out != NULL && fclose(out) != 0)
        is_good = false;
    if (!is_good)
        fprintf(stderr, "%s: cannot be written\n", path);
    arena_deinit(&arena);
    return is_good;
}

static void print_refusals(const struct fsm_machine *machine, const struct fsm_step *step)
{
    for (size_t i = 0; i < step->refusal_count; i++) {
        const struct fsm_refusal *refusal = &step->refusals[i];
        const char *path = fsm_state_info(machine, refusal->source).path;
        printf("  %s: ", *path != '\0' ? path : "(any state)");
        if (*refusal->guard != '\0')
            printf("guard %s = %s", refusal->guard, refusal->text);
        else
            printf("guard %s", refusal->text);
        printf("%s\n", refusal->is_error ? " could not be evaluated" : " is false");
        if (*refusal->values != '\0')
            printf("    %s\n", refusal->values);
        if (*refusal->message != '\0')
            printf("    \"%s\"\n", refusal->message);
    }
}

void machine_print_step(const struct fsm_machine *machine, const char *event,
                        const struct fsm_step *step, struct arena *arena)
{
    const char *leaves = step->after != NULL ? fsm_leaves_text(machine, step->after, arena) : NULL;
    printf("%s: %s", *event != '\0' ? event : "(start)", fsm_answer_name(step->answer));
    if (leaves != NULL)
        printf(" -> %s", leaves);
    if (step->message != NULL)
        printf(" (%s)", step->message);
    putchar('\n');
    print_refusals(machine, step);
    for (size_t i = 0; i < step->effect_count; i++) {
        const char *text = fsm_effect_text(&step->effects[i], arena);
        printf("  %s\n", text != NULL ? text : "");
    }
}
