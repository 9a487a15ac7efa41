/* A running event follows another version of its policy: how serious that is for this event, and
 * the way back, which is the version before. */
#include "orchestrator/desk/actions.h"

#include <string.h>

#include "orchestrator/format/format_diff.h"
#include "orchestrator/format/format_hash.h"

static enum status level_of_change(struct desk_case *question, const char *text,
                                   struct fault *out_fault)
{
    const Arbiter__V1__Tournament *tournament = question->tournament;
    struct yaml_faults faults = {.arena = question->arena};
    const struct format *before = NULL;
    const struct format *after = NULL;
    struct format_progress progress = {.has_begun = strcmp(tournament->status, "running") == 0};
    struct format_diff diff;
    enum status status = format_read(question->arena, text, strlen(text), &faults, &after);
    if (status == STATUS_INVALID_ARGUMENT) {
        yaml_first_error(&faults, out_fault);
        return status;
    }
    if (status == STATUS_OK)
        status = format_read(question->arena, tournament->settings, strlen(tournament->settings),
                             &faults, &before);
    for (size_t i = 0; i < tournament->n_divisions; i++)
        if (tournament->divisions[i]->round > progress.rounds_paired)
            progress.rounds_paired = tournament->divisions[i]->round;
    if (status == STATUS_OK)
        status = format_diff(question->arena, before, after, &progress, &diff);
    if (status != STATUS_OK)
        return status;
    if (diff.count == 0)
        return fault_set(out_fault, 0, 0, "this policy says what the one in force says");
    question->level_min = diff.level;
    return STATUS_OK;
}

/* Who says which version he has read is told where the event follows another by now. */
static enum status check_version(struct desk_case *question, struct fault *out_fault)
{
    const char *read = desk_text(question, question->said, "policy_hash");
    const char *now = question->tournament->policy_hash;
    if (read[0] == '\0' || strcmp(read, now) == 0)
        return STATUS_OK;
    (void)fault_set(
        out_fault, 0, 0,
        "the event follows policy %.64s now, not %.64s; compare with that and ask again", now,
        read);
    return STATUS_ABORTED;
}

enum status desk_follow_policy(struct desk_case *question, const char *text,
                               struct fault *out_fault)
{
    enum status status = level_of_change(question, text, out_fault);
    if (status != STATUS_OK)
        return status;
    char hash[FORMAT_HASH_TEXT_SIZE];
    format_hash_text(text, strlen(text), hash);
    struct value_entry data[] = {ENTRY("policy", value_text(text))};
    struct value_entry back[] = {
        ENTRY("policy", value_text(question->tournament->settings)),
        ENTRY("policy_hash", value_text(hash)),
    };
    question->data = desk_map(question, data, COUNT_OF(data));
    question->undo_action = "change_policy";
    question->undo_data = desk_map(question, back, COUNT_OF(back));
    return question->data.kind == VALUE_MAP && question->undo_data.kind == VALUE_MAP ? STATUS_OK
                                                                                     : STATUS_FULL;
}

/* What is to mind in it is told with the preview. */
static enum status keep_warnings(struct desk_case *question, const struct yaml_faults *faults)
{
    question->notes = arena_array(question->arena, faults->count + 1, sizeof *question->notes);
    for (size_t i = 0; question->notes != NULL && i < faults->count; i++) {
        const struct yaml_fault *fault = &faults->items[i];
        if (fault->severity == YAML_WARNING)
            question->notes[question->note_count++] = arena_format(
                question->arena, "policy:%d:%d: %s%s%s", fault->line, fault->column, fault->text,
                fault->hint != NULL ? "; " : "", fault->hint != NULL ? fault->hint : "");
    }
    return arena_full(question->arena) ? STATUS_FULL : STATUS_OK;
}

/* Holds a new policy against everything that is proved of one before an event. What was in force
 * before is gone back to as it is. */
static enum status prove(struct desk_case *question, const char *text, struct fault *out_fault)
{
    struct yaml_faults *faults = arena_alloc(question->arena, sizeof *faults);
    const struct format *format = NULL;
    if (faults == NULL)
        return STATUS_FULL;
    if (question->is_undo)
        return STATUS_OK;
    faults->arena = question->arena;
    enum status status =
        format_check(question->arena, text, strlen(text), &question->names, faults, &format);
    if (status == STATUS_INVALID_ARGUMENT) {
        question->refuted = faults;
        yaml_first_error(faults, out_fault);
    }
    return status == STATUS_OK ? keep_warnings(question, faults) : status;
}

enum status desk_fill_policy(struct desk_case *question, struct fault *out_fault)
{
    const char *text = desk_text(question, question->said, "policy");
    if (text[0] == '\0')
        return fault_set(out_fault, 0, 0, "give the whole text of the new 'policy'");
    enum status status = check_version(question, out_fault);
    if (status == STATUS_OK)
        status = prove(question, text, out_fault);
    return status == STATUS_OK ? desk_follow_policy(question, text, out_fault) : status;
}
