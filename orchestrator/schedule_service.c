/* Serves schedule.next around the pure walk of a rule. */
#include "orchestrator/schedule_service.h"

#include <string.h>

#include "base/hash.h"
#include "bus/bus.h"
#include "fsm/expr/calendar.h"
#include "orchestrator/format/format_schedule.h"

enum { POLICY_BYTES = 64 << 20, FIRINGS = 2 };

static void fill_times(const struct format *format, const struct schedule_firing *firing,
                       char text[CALENDAR_TEXT_MAX], Arbiter__V1__NextFiringReply *reply)
{
    struct value moment = value_timestamp_ms(firing->at_ms);
    (void)expr_calendar_print_timestamp(moment, text); /* years of four digits fit */
    reply->found = true;
    reply->number = firing->number;
    reply->planned_ms = firing->planned_ms;
    reply->starts_at_ms = firing->at_ms;
    reply->starts_at = text;
    reply->local = (char *)firing->local;
    reply->note = (char *)schedule_note_text(firing->note);
    reply->announce_at_ms = firing->at_ms - format->time.announce_before_ms;
}

static void fill_rules(const struct format_time *time, Arbiter__V1__NextFiringReply *reply)
{
    static char *const catch_up[] = {"none", "latest", "all"};
    static char *const overlap[] = {"skip", "allow", "wait", "cancel"};
    reply->catch_up = catch_up[time->catch_up];
    reply->overlap = overlap[time->overlap];
    reply->max_lateness_ms = time->max_lateness_ms;
}

static enum status find_next(struct arena *arena, const Arbiter__V1__NextFiringRequest *input,
                             const struct format **out_format, struct schedule_firing *out_firings,
                             size_t *out_count, struct fault *out_fault)
{
    struct yaml_faults faults = {.arena = arena};
    enum status status =
        format_read(arena, input->policy, strlen(input->policy), &faults, out_format);
    if (status != STATUS_OK) {
        yaml_first_error(&faults, out_fault);
        return status;
    }
    if ((*out_format)->time.start[0] == '\0')
        return fault_set(out_fault, 0, 0, "the policy has no `time.start`");
    struct schedule_rule rule =
        format_schedule_rule(*out_format, hash_text(HASH_START, input->series));
    return schedule_firings(&rule, input->after_ms, out_firings, FIRINGS, out_count, out_fault);
}

static void serve_next(Arbiter__V1__Schedule_Service *service,
                       const Arbiter__V1__NextFiringRequest *input,
                       Arbiter__V1__NextFiringReply_Closure closure, void *request)
{
    (void)service;
    struct arena arena;
    struct schedule_firing firings[FIRINGS];
    struct fault fault = {0};
    const struct format *format = NULL;
    size_t count = 0;
    arena_init(&arena, POLICY_BYTES);
    enum status status = find_next(&arena, input, &format, firings, &count, &fault);
    if (status == STATUS_OK) {
        Arbiter__V1__NextFiringReply reply = ARBITER__V1__NEXT_FIRING_REPLY__INIT;
        char text[CALENDAR_TEXT_MAX];
        fill_rules(&format->time, &reply);
        if (count > 0)
            fill_times(format, &firings[0], text, &reply);
        reply.following_ms = count > 1 ? firings[1].at_ms : 0;
        closure(&reply, request);
    } else {
        bus_fail(request, status == STATUS_NOT_FOUND ? STATUS_INVALID_ARGUMENT : status, NULL, 0,
                 "%s", fault.text[0] != '\0' ? fault.text : status_name(status));
    }
    arena_deinit(&arena);
}

Arbiter__V1__Schedule_Service schedule_service(void)
{
    return (Arbiter__V1__Schedule_Service)ARBITER__V1__SCHEDULE__INIT(serve_);
}
