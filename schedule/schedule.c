/* Walks a rule day by day: what libical gives for a day becomes moments of the zone, in order. */
#include "schedule/schedule.h"

#include <assert.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "fsm/expr/calendar.h"
#include "schedule/zone.h"

enum { DAY_MAX = 2 * 24 * 60, SECOND_MS = 1000, DAY_SECONDS = 86400 };

struct schedule {
    struct schedule_rule rule;
    struct arena arena;
    const struct zone *zone;
    icalrecur_iterator *iterator; /* NULL: a single occurrence */
    int64_t start;                /* local, as if UTC */
    int64_t pending;              /* the occurrence already taken from the rule */
    bool has_pending;
    int64_t number;
    int steps;
    int64_t last_ms;                     /* moment of the newest firing, to give none twice */
    struct schedule_firing day[DAY_MAX]; /* of one local day, in order */
    size_t day_count;
    size_t day_next;
};

/* ---- local times ------------------------------------------------------------------------- */

static bool read_local(const char *text, int64_t *out_seconds)
{
    char full[CALENDAR_TEXT_MAX];
    struct value moment;
    size_t size = strlen(text);
    if (size != 10 && size != 16 && size != 19)
        return false;
    int written = snprintf(full, sizeof full, "%s%sZ", text,
                           size == 10   ? "T00:00:00"
                           : size == 16 ? ":00"
                                        : "");
    if (!expr_calendar_parse_timestamp(full, (size_t)written, &moment))
        return false;
    *out_seconds = moment.as.integer;
    return true;
}

static void write_local(int64_t seconds, char out[SCHEDULE_LOCAL_SIZE])
{
    struct calendar_fields at = expr_calendar_split(seconds);
    int size = snprintf(out, SCHEDULE_LOCAL_SIZE, "%04d-%02d-%02dT%02d:%02d", at.year % 10000,
                        at.month % 100, at.day % 100, at.hour % 100, at.minute % 100);
    if (at.second != 0)
        (void)snprintf(out + size, SCHEDULE_LOCAL_SIZE - (size_t)size, ":%02d",
                       at.second % 100); /* fits */
}

static int64_t day_of(int64_t seconds)
{
    return (seconds - ((seconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS) / DAY_SECONDS;
}

/* "2026-12-26" leaves out the day, "2026-12-26T20:00" the one occurrence. */
static bool is_excluded(const struct schedule *schedule, int64_t local)
{
    for (size_t i = 0; i < schedule->rule.excluded_count; i++) {
        int64_t excluded = 0;
        const char *text = schedule->rule.excluded[i];
        if (!read_local(text, &excluded))
            continue;
        if (excluded == local || (strlen(text) == 10 && day_of(excluded) == day_of(local)))
            return true;
    }
    return false;
}

/* ---- from an occurrence to firings ------------------------------------------------------- */

static struct schedule_firing *add_firing(struct schedule *schedule, int64_t local, int64_t seconds,
                                          enum schedule_note note)
{
    assert(schedule->day_count < DAY_MAX);
    struct schedule_firing *firing = &schedule->day[schedule->day_count++];
    *firing = (struct schedule_firing){.number = schedule->number,
                                       .note = note,
                                       .fires = note < SCHEDULE_LEFT_OUT_GAP,
                                       .planned_ms = seconds * SECOND_MS,
                                       .at_ms = seconds * SECOND_MS,
                                       .offset_seconds = zone_offset(schedule->zone, seconds)};
    write_local(local, firing->local);
    if (schedule->rule.jitter_ms > 0 && firing->fires) {
        struct random random;
        random_init_stream(&random, schedule->rule.seed, "schedule jitter",
                           (uint64_t)schedule->number);
        firing->at_ms += (int64_t)random_below(&random, (uint64_t)schedule->rule.jitter_ms + 1);
    }
    return firing;
}

static void add_gap(struct schedule *schedule, int64_t local, const struct zone_moments *moments)
{
    switch (schedule->rule.dst) {
    case SCHEDULE_DST_SKIP:
    case SCHEDULE_DST_BOTH:
        (void)add_firing(schedule, local, moments->gap_end, SCHEDULE_LEFT_OUT_GAP);
        return;
    case SCHEDULE_DST_FIRST:
        (void)add_firing(schedule, local, moments->gap_end, SCHEDULE_SHIFTED);
        return;
    case SCHEDULE_DST_SHIFT:
        /* Later by the gap is the old offset's moment. */
        (void)add_firing(schedule, local,
                         local + moments->gap_seconds -
                             zone_offset(schedule->zone, moments->gap_end),
                         SCHEDULE_SHIFTED);
        return;
    }
}

static void add_occurrence(struct schedule *schedule, int64_t local)
{
    struct zone_moments moments = zone_moments_of(schedule->zone, local);
    schedule->number++;
    if (is_excluded(schedule, local)) {
        int64_t about = moments.count > 0 ? moments.seconds[0] : moments.gap_end;
        (void)add_firing(schedule, local, about, SCHEDULE_LEFT_OUT_NAMED);
    } else if (moments.count == 0) {
        add_gap(schedule, local, &moments);
    } else if (moments.count == 1) {
        (void)add_firing(schedule, local, moments.seconds[0], SCHEDULE_AS_PLANNED);
    } else {
        (void)add_firing(schedule, local, moments.seconds[0], SCHEDULE_FIRST_OF_TWO);
        if (schedule->rule.dst == SCHEDULE_DST_BOTH)
            (void)add_firing(schedule, local, moments.seconds[1], SCHEDULE_SECOND_OF_TWO);
    }
}

/* ---- walking the rule -------------------------------------------------------------------- */

static int64_t local_of(struct icaltimetype time)
{
    return icaltime_as_timet(time); /* without a zone: as if UTC */
}

static bool take_occurrence(struct schedule *schedule, int64_t *out_local)
{
    if (schedule->has_pending) {
        schedule->has_pending = false;
        *out_local = schedule->pending;
        return true;
    }
    if (schedule->iterator == NULL || schedule->steps == SCHEDULE_STEPS_MAX)
        return false;
    schedule->steps++;
    struct icaltimetype time = icalrecur_iterator_next(schedule->iterator);
    if (icaltime_is_null_time(time) || time.year > 9000)
        return false;
    *out_local = local_of(time);
    return true;
}

static int compare_firings(const void *one, const void *other)
{
    const struct schedule_firing *a = one;
    const struct schedule_firing *b = other;
    if (a->planned_ms != b->planned_ms)
        return a->planned_ms < b->planned_ms ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* Gathers the occurrences of the next local day that has any: only within a day can two change
 * places. */
static bool fill_day(struct schedule *schedule)
{
    int64_t local = 0;
    schedule->day_count = schedule->day_next = 0;
    if (!take_occurrence(schedule, &local))
        return false;
    int64_t day = day_of(local);
    do {
        if (schedule->day_count + 2 <= DAY_MAX)
            add_occurrence(schedule, local);
        if (!take_occurrence(schedule, &local))
            break;
        schedule->pending = local;
        schedule->has_pending = day_of(local) != day;
    } while (!schedule->has_pending);
    qsort(schedule->day, schedule->day_count, sizeof *schedule->day, compare_firings);
    return true;
}

bool schedule_next(struct schedule *schedule, struct schedule_firing *out_firing)
{
    for (;;) {
        if (schedule->day_next == schedule->day_count && !fill_day(schedule))
            return false;
        const struct schedule_firing *firing = &schedule->day[schedule->day_next++];
        if (firing->fires && firing->planned_ms <= schedule->last_ms)
            continue; /* shifted onto one that is there already */
        if (firing->fires)
            schedule->last_ms = firing->planned_ms;
        *out_firing = *firing;
        return true;
    }
}

/* ---- opening ----------------------------------------------------------------------------- */

static enum status open_rule(struct schedule *schedule, struct fault *out_fault)
{
    const char *text = schedule->rule.recurrence;
    if (strlen(text) >= SCHEDULE_RULE_MAX)
        return fault_set(out_fault, 0, 0, "a rule has at most %d bytes", SCHEDULE_RULE_MAX - 1);
    icalerror_clear_errno();
    struct icalrecurrencetype recurrence = icalrecurrencetype_from_string(text);
    if (recurrence.freq == ICAL_NO_RECURRENCE || icalerrno != ICAL_NO_ERROR) {
        (void)fault_set(out_fault, 0, 0, "the rule does not read: '%.80s'", text);
        fault_hint(out_fault, "rules are like FREQ=WEEKLY;BYDAY=SA or FREQ=MONTHLY;BYDAY=1SA");
        return STATUS_INVALID_ARGUMENT;
    }
    if (recurrence.freq == ICAL_SECONDLY_RECURRENCE)
        return fault_set(out_fault, 0, 0, "no series has an event every second");
    struct icaltimetype start = icaltime_from_timet_with_zone(schedule->start, 0, NULL);
    schedule->iterator = icalrecur_iterator_new(recurrence, start);
    if (schedule->iterator == NULL)
        return fault_set(out_fault, 0, 0, "the rule never fires: '%.80s'", text);
    return STATUS_OK;
}

static enum status check_excluded(const struct schedule_rule *rule, struct fault *out_fault)
{
    int64_t ignored;
    if (rule->excluded_count > SCHEDULE_EXCLUDED_MAX)
        return fault_set(out_fault, 0, 0, "at most %d days can be excluded", SCHEDULE_EXCLUDED_MAX);
    for (size_t i = 0; i < rule->excluded_count; i++)
        if (!read_local(rule->excluded[i], &ignored))
            return fault_set(out_fault, 0, 0, "'%.40s' is no day", rule->excluded[i]);
    return STATUS_OK;
}

enum status schedule_open(const struct schedule_rule *rule, struct schedule **out_schedule,
                          struct fault *out_fault)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);
    if (schedule == NULL)
        return STATUS_FULL;
    schedule->rule = *rule;
    schedule->last_ms = INT64_MIN;
    arena_init(&schedule->arena, 1 << 20);
    enum status status = read_local(rule->start, &schedule->start)
                             ? STATUS_OK
                             : fault_set(out_fault, 0, 0, "'%.40s' is no local time", rule->start);
    if (status == STATUS_OK)
        status = zone_load(&schedule->arena, rule->zone, &schedule->zone, out_fault);
    if (status == STATUS_OK)
        status = check_excluded(rule, out_fault);
    if (status == STATUS_OK && rule->recurrence[0] != '\0')
        status = open_rule(schedule, out_fault);
    schedule->pending = schedule->start;
    schedule->has_pending = rule->recurrence[0] == '\0';
    if (status == STATUS_OK)
        *out_schedule = schedule;
    else
        schedule_close(schedule);
    return status;
}

void schedule_close(struct schedule *schedule)
{
    if (schedule == NULL)
        return;
    if (schedule->iterator != NULL)
        icalrecur_iterator_free(schedule->iterator);
    arena_deinit(&schedule->arena);
    free(schedule);
}

enum status schedule_firings(const struct schedule_rule *rule, int64_t after_ms,
                             struct schedule_firing *out, size_t max, size_t *out_count,
                             struct fault *out_fault)
{
    struct schedule *schedule = NULL;
    struct schedule_firing firing;
    enum status status = schedule_open(rule, &schedule, out_fault);
    if (status != STATUS_OK)
        return status;
    size_t count = 0;
    while (count < max && schedule_next(schedule, &firing))
        if (firing.fires && firing.planned_ms > after_ms)
            out[count++] = firing;
    schedule_close(schedule);
    *out_count = count;
    return STATUS_OK;
}

const char *schedule_note_text(enum schedule_note note)
{
    switch (note) {
    case SCHEDULE_AS_PLANNED:
        return "";
    case SCHEDULE_SHIFTED:
        return "clocks go forward over this time: later that day";
    case SCHEDULE_FIRST_OF_TWO:
        return "clocks go back: this time comes twice, the first";
    case SCHEDULE_SECOND_OF_TWO:
        return "clocks go back: this time comes twice, the second";
    case SCHEDULE_LEFT_OUT_GAP:
        return "left out: clocks go forward over this time";
    case SCHEDULE_LEFT_OUT_NAMED:
        return "left out: excluded by the policy";
    }
    return "";
}
