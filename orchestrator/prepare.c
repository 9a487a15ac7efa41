/* Walks a plan and hands each prepared command to who prepares it: reads what it needs, then a pure
 * function writes. */
#include "orchestrator/prepare_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the work in hand -------------------------------------------------------------------- */

struct prepare_handler {
    struct fsm_host_command command;
    /* Asks the store, or replaces the command at once and returns true. */
    bool (*start)(struct preparation *preparation);
};

void prepare_finish(struct preparation *preparation, enum status status, const char *message)
{
    struct preparation done = *preparation;
    free(preparation);
    done.on_done(status, message, done.user);
}

void prepare_fail(struct preparation *preparation, enum status status, const struct fault *fault)
{
    prepare_finish(preparation, status, fault->text[0] != '\0' ? fault->text : status_name(status));
}

/* ---- values in, values out --------------------------------------------------------------- */

const char *prepare_text(const struct preparation *preparation, const char *name)
{
    const struct value *found = value_find(preparation->input, value_text(name));
    if (found == NULL || found->kind != VALUE_STRING)
        return "";
    const char *text = arena_copy(preparation->plan->arena, found->as.text, found->size);
    return text != NULL ? text : "";
}

int64_t prepare_int(const struct preparation *preparation, const char *name)
{
    const struct value *found = value_find(preparation->input, value_text(name));
    return found != NULL && found->kind == VALUE_INT ? found->as.integer : 0;
}

struct value prepare_find(struct value map, const char *name)
{
    const struct value *found = map.kind == VALUE_MAP ? value_find(map, value_text(name)) : NULL;
    return found != NULL ? *found : value_null();
}

enum status prepare_add_write(struct preparation *preparation, const char *command,
                              const struct value_entry *entries, size_t count)
{
    return plan_add_write(preparation->plan, command, value_map(entries, count));
}

enum status prepare_start_instance(struct preparation *preparation, const char *machine,
                                   const char *instance_id, struct value input)
{
    struct value_entry entries[] = {
        ENTRY("id", value_text(instance_id)),
        ENTRY("machine", value_text(machine)),
        ENTRY("input", input),
    };
    return prepare_add_write(preparation, "instance.start", entries, COUNT_OF(entries));
}

const char *prepare_telling_id(const struct plan *plan, const char *event, const char *to)
{
    return arena_format(plan->arena, "%s/%s/%" PRId64 "/%s", plan->instance_id, event, plan->now_ms,
                        to);
}

/* ---- the table --------------------------------------------------------------------------- */

#define FIELD(field, text)                                                                         \
    {                                                                                              \
        .name = field, .type = text, .is_required = true                                           \
    }

static const struct fsm_field announce_input[] = {
    FIELD("tournament", "string"), FIELD("name", "string"), FIELD("policy", "string"),
    FIELD("actor", "string"), FIELD("start", "string")};
static const struct fsm_field tournament_input[] = {FIELD("tournament", "string")};
static const struct fsm_field deal_input[] = {FIELD("tournament", "string"),
                                              FIELD("divisions", "int"),
                                              FIELD("moves", "list(map(string, dyn))")};
static const struct fsm_field change_policy_input[] = {
    FIELD("tournament", "string"), FIELD("policy", "string"), FIELD("starts_at", "timestamp")};
static const struct fsm_field tell_divisions_input[] = {FIELD("tournament", "string"),
                                                        FIELD("event", "string")};
static const struct fsm_field tell_boards_input[] = {
    FIELD("division", "string"), FIELD("round", "int"), FIELD("event", "string")};
static const struct fsm_field round_input[] = {FIELD("division", "string"), FIELD("round", "int")};
static const struct fsm_field invited_input[] = {FIELD("division", "string"),
                                                 FIELD("player", "string")};
static const struct fsm_field seed_input[] = {FIELD("division", "string"), FIELD("by", "string"),
                                              FIELD("check_in", "bool")};
static const struct fsm_field judge_input[] = {FIELD("player", "string"), FIELD("policy", "string"),
                                               FIELD("game", "map(string, dyn)")};
static const struct fsm_field appeal_input[] = {
    FIELD("player", "string"), FIELD("policy", "string"), FIELD("game_id", "string")};
static const struct fsm_field follow_input[] = {FIELD("division", "string"), FIELD("round", "int"),
                                                FIELD("rows", "list(map(string, dyn))"),
                                                FIELD("removed", "list(map(string, dyn))")};
static const struct fsm_field correct_input[] = {
    FIELD("division", "string"), FIELD("round", "int"),       FIELD("board", "int"),
    FIELD("outcome", "string"),  FIELD("first_score", "int"), FIELD("second_score", "int")};
static const struct fsm_field correct_game_input[] = {
    FIELD("division", "string"), FIELD("round", "int"),      FIELD("board", "int"),
    FIELD("game", "int"),        FIELD("outcome", "string"), FIELD("first_score", "int"),
    FIELD("second_score", "int")};
static const struct fsm_field notify_input[] = {FIELD("player", "string"), FIELD("text", "string")};
static const struct fsm_field tell_promoted_input[] = {FIELD("division", "string"),
                                                       FIELD("text", "string")};
static const struct fsm_field rating_input[] = {
    FIELD("game", "string"),      FIELD("first", "string"),
    FIELD("second", "string"),    FIELD("request", "map(string, dyn)"),
    FIELD("winner", "string"),    FIELD("first_score", "int"),
    FIELD("second_score", "int"), FIELD("reason", "string"),
};

#define COMMAND_OF(text, fields)                                                                   \
    {                                                                                              \
        .name = text, .is_write = true, .input = fields, .input_count = COUNT_OF(fields)           \
    }

static const struct prepare_handler handlers[] = {
    {COMMAND_OF("tournament.announce", announce_input), prepare_announce},
    {COMMAND_OF("divisions.deal", deal_input), prepare_deal},
    {COMMAND_OF("divisions.begin", tournament_input), prepare_begin},
    {COMMAND_OF("divisions.cancel", tournament_input), prepare_cancel},
    {COMMAND_OF("policy.change", change_policy_input), prepare_change_policy},
    {COMMAND_OF("divisions.tell", tell_divisions_input), prepare_tell_divisions},
    {COMMAND_OF("boards.tell", tell_boards_input), prepare_tell_boards},
    {COMMAND_OF("boards.start", round_input), prepare_start_boards},
    {COMMAND_OF("boards.void", round_input), prepare_void_boards},
    {COMMAND_OF("boards.follow", follow_input), prepare_follow},
    {COMMAND_OF("entrant.invited", invited_input), prepare_invited},
    {COMMAND_OF("entrant.established", invited_input), prepare_established},
    {COMMAND_OF("entrants.seed", seed_input), prepare_seed},
    {COMMAND_OF("rating.update", rating_input), prepare_rating},
    {COMMAND_OF("rating.correct_game", correct_game_input), prepare_correct_game},
    {COMMAND_OF("rating.correct", correct_input), prepare_correct},
    {COMMAND_OF("conduct.judge", judge_input), prepare_judge},
    {COMMAND_OF("conduct.appeal", appeal_input), prepare_appeal},
    {COMMAND_OF("notify.player", notify_input), prepare_notify},
    {COMMAND_OF("promoted.tell", tell_promoted_input), prepare_tell_promoted},
};

static const struct prepare_handler *find_handler(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(handlers); i++)
        if (strcmp(handlers[i].command.name, name) == 0)
            return &handlers[i];
    return NULL;
}

const struct fsm_host_command *prepare_command(size_t index)
{
    return index < COUNT_OF(handlers) ? &handlers[index].command : NULL;
}

/* ---- walking the plan -------------------------------------------------------------------- */

/* Handles writes until one has to ask the store or all are done. */
void prepare_go_on(struct preparation *preparation)
{
    struct plan *plan = preparation->plan;
    while (preparation->next < preparation->before.count) {
        Arbiter__V1__Write *write = preparation->before.items[preparation->next++];
        const struct prepare_handler *handler = find_handler(write->command);
        enum status status =
            handler != NULL ? value_codec_from_map(plan->arena, write->input, &preparation->input)
                            : plan_push(plan->arena, &plan->writes, write);
        if (status != STATUS_OK) {
            prepare_finish(preparation, status, status_name(status));
            return;
        }
        if (handler != NULL && !handler->start(preparation))
            return;
    }
    prepare_finish(preparation, STATUS_OK, NULL);
}

static bool needs_preparing(const struct plan *plan)
{
    for (size_t i = 0; i < plan->writes.count; i++)
        if (find_handler(((const Arbiter__V1__Write *)plan->writes.items[i])->command) != NULL)
            return true;
    return false;
}

bool prepare_plan(const struct prepare_context *context, struct plan *plan, prepare_on_done on_done,
                  void *user)
{
    if (!needs_preparing(plan))
        return true;
    struct preparation *preparation = calloc(1, sizeof *preparation);
    if (preparation == NULL) {
        on_done(STATUS_UNAVAILABLE, "out of memory; try again", user);
        return false;
    }
    *preparation = (struct preparation){
        .context = context, .plan = plan, .before = plan->writes, .on_done = on_done, .user = user};
    plan->writes = (struct plan_list){0};
    prepare_go_on(preparation);
    return false;
}
