/* Has a policy proved beside the loop, and says what refutes it or what to mind. */
#include "orchestrator/proof.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"

enum { PROOF_BYTES = 256 << 20, REPORT_BYTES = 64 << 10 };

/* Those of our own game service. */
static const char *const rules[] = {"breakthrough", "crossword", "reported"};

bool proof_names(struct arena *arena, const struct proof_shelves *shelves,
                 struct format_names *out_names)
{
    struct format_names names = {
        .rules = rules, .rules_count = COUNT_OF(rules), .has_other_rules = true};
    if (shelves->ratings != NULL) {
        names.ratings_count = ratings_shelf_count(shelves->ratings);
        const char **list = arena_array(arena, names.ratings_count + 1, sizeof *list);
        for (size_t i = 0; list != NULL && i < names.ratings_count; i++)
            list[i] = ratings_shelf_name(shelves->ratings, i);
        names.ratings = list;
    }
    if (shelves->conduct != NULL) {
        names.conduct_count = conduct_shelf_count(shelves->conduct);
        const char **list = arena_array(arena, names.conduct_count + 1, sizeof *list);
        for (size_t i = 0; list != NULL && i < names.conduct_count; i++)
            list[i] = conduct_shelf_name(shelves->conduct, i);
        names.conduct = list;
    }
    *out_names = names;
    return !arena_full(arena);
}

/* Runs beside the loop: everything it reads and writes is the proof's own, or never changes. */
static void prove(void *user)
{
    struct proof *proof = user;
    proof->status = proof->is_proved ? format_read(&proof->arena, proof->text, proof->size,
                                                   &proof->faults, &proof->format)
                                     : format_check(&proof->arena, proof->text, proof->size,
                                                    &proof->names, &proof->faults, &proof->format);
}

static void on_end(bool is_done, void *user)
{
    struct proof *proof = user;
    proof->on_proved(is_done ? proof : NULL, proof->user);
}

void proof_begin(struct proof *proof, const struct proof_request *request)
{
    *proof = (struct proof){
        .is_proved = request->is_proved, .on_proved = request->on_proved, .user = request->user};
    arena_init(&proof->arena, PROOF_BYTES);
    proof->faults.arena = &proof->arena;
    proof->size = strlen(request->text);
    proof->text = arena_copy(&proof->arena, request->text, proof->size);
    if (proof->text == NULL || !proof_names(&proof->arena, request->shelves, &proof->names)) {
        proof->status = STATUS_FULL;
        proof->on_proved(proof, proof->user);
        return;
    }
    proof->job = (struct worker_job){.work = prove, .on_end = on_end, .user = proof};
    worker_do(request->worker, &proof->job);
}

void proof_deinit(struct proof *proof)
{
    arena_deinit(&proof->arena);
}

/* ---- what is told ------------------------------------------------------------------------ */

const char *proof_report(struct arena *arena, const struct yaml_faults *faults, const char *text)
{
    struct buffer report = {.limit = REPORT_BYTES};
    yaml_faults_print(faults, "policy.yaml", text, strlen(text), &report);
    const char *copy = arena_copy(arena, buffer_text(&report), report.size);
    buffer_deinit(&report);
    return copy != NULL ? copy : "";
}

void proof_fail(void *request, const struct yaml_faults *faults, const char *report)
{
    struct fault fault = {0};
    char line[16];
    char column[16];
    yaml_first_error(faults, &fault);
    (void)snprintf(line, sizeof line, "%d", fault.line);       /* ten digits at most */
    (void)snprintf(column, sizeof column, "%d", fault.column); /* as above */
    struct bus_detail details[] = {{"line", line},
                                   {"column", column},
                                   {"hint", fault.hint},
                                   {"report", report != NULL ? report : ""}};
    bus_fail(request, STATUS_INVALID_ARGUMENT, details, COUNT_OF(details), "policy:%d:%d: %s",
             fault.line, fault.column, fault.text);
}

void proof_refuse(struct proof *proof, void *request)
{
    if (proof->status == STATUS_INVALID_ARGUMENT)
        proof_fail(request, &proof->faults,
                   proof_report(&proof->arena, &proof->faults, proof->text));
    else
        bus_fail(request, proof->status, NULL, 0, "the policy is larger than one may be");
}

static Arbiter__V1__PolicyWarning *warning_of(struct arena *arena, const struct yaml_fault *fault)
{
    Arbiter__V1__PolicyWarning *warning = arena_alloc(arena, sizeof *warning);
    if (warning == NULL)
        return NULL;
    arbiter__v1__policy_warning__init(warning);
    warning->line = fault->line;
    warning->column = fault->column;
    warning->text = arena_format(arena, "%s", fault->text);
    warning->hint = arena_format(arena, "%s", fault->hint != NULL ? fault->hint : "");
    return warning->text != NULL && warning->hint != NULL ? warning : NULL;
}

bool proof_warnings(struct arena *arena, const struct yaml_faults *faults,
                    Arbiter__V1__PolicyWarning ***out_warnings, size_t *out_count)
{
    Arbiter__V1__PolicyWarning **warnings = arena_array(arena, faults->count + 1, sizeof *warnings);
    size_t count = 0;
    for (size_t i = 0; warnings != NULL && i < faults->count; i++)
        if (faults->items[i].severity == YAML_WARNING &&
            (warnings[count++] = warning_of(arena, &faults->items[i])) == NULL)
            return false;
    *out_warnings = warnings;
    *out_count = count;
    return warnings != NULL;
}

const char *proof_warning_lines(struct arena *arena, const struct yaml_faults *faults)
{
    struct buffer lines = {.limit = REPORT_BYTES};
    for (size_t i = 0; i < faults->count; i++) {
        const struct yaml_fault *fault = &faults->items[i];
        if (fault->severity == YAML_WARNING)
            buffer_format(&lines, "%d:%d: %s%s%s\n", fault->line, fault->column, fault->text,
                          fault->hint != NULL ? "; " : "", fault->hint != NULL ? fault->hint : "");
    }
    const char *copy = arena_copy(arena, buffer_text(&lines), lines.size);
    buffer_deinit(&lines);
    return copy != NULL ? copy : "";
}
