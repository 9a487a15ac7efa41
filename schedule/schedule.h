#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

/*
 * schedule — when a series fires: an RFC 5545 rule in a time zone, with what becomes of local times
 * that a change of clocks leaves out or brings twice.
 *
 * In:       a rule; nothing reads a clock. The same rule gives the same firings at any time.
 * Out:      firings in the order of their moments, those left out among them, with the reason.
 * Owns:     an open schedule owns its zone and its place in the rule, until schedule_close().
 *           Texts of the rule are borrowed until then.
 * Threads:  an open schedule belongs to one thread.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault for a rule that does not read or never fires,
 *           STATUS_NOT_FOUND for an unknown zone.
 *
 * libical walks the rule; the zone's offsets are ours (zone.h), because libical's are wrong for
 * some zones (America/Sao_Paulo in 2014, Australia/Lord_Howe).
 */

#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEDULE_EXCLUDED_MAX 10000 /* days and times left out by name */
#define SCHEDULE_RULE_MAX 512       /* bytes of an RRULE */
#define SCHEDULE_STEPS_MAX 200000   /* occurrences walked before a rule counts as endless */
#define SCHEDULE_LOCAL_SIZE 20      /* "2026-11-28T20:00:00" with its end */

/* What becomes of a local time that does not exist, and of one that exists twice. */
enum schedule_dst {
    SCHEDULE_DST_SKIP,  /* left out; the first */
    SCHEDULE_DST_SHIFT, /* later by the gap; the first */
    SCHEDULE_DST_BOTH,  /* left out; both */
    SCHEDULE_DST_FIRST  /* the first moment after the gap; the first */
};

struct schedule_rule {
    const char *start;           /* "2026-11-28T20:00", local; the first occurrence */
    const char *zone;            /* IANA */
    const char *recurrence;      /* RRULE; "": only the start */
    const char *const *excluded; /* "2026-12-26" or "2026-12-26T20:00" */
    size_t excluded_count;
    enum schedule_dst dst;
    int64_t jitter_ms; /* firings come up to so much later */
    uint64_t seed;     /* of the jitter */
};

/* Why a firing is where it is, or is none. */
enum schedule_note {
    SCHEDULE_AS_PLANNED,
    SCHEDULE_SHIFTED,       /* does not exist: later */
    SCHEDULE_FIRST_OF_TWO,  /* exists twice: the first */
    SCHEDULE_SECOND_OF_TWO, /* exists twice: the second */
    SCHEDULE_LEFT_OUT_GAP,  /* does not exist: no firing */
    SCHEDULE_LEFT_OUT_NAMED /* excluded by name: no firing */
};

struct schedule_firing {
    int64_t number;                  /* of the occurrence, from 1; both of two share it */
    char local[SCHEDULE_LOCAL_SIZE]; /* as the rule has it */
    bool fires;
    enum schedule_note note;
    int64_t planned_ms; /* since the epoch, without jitter; of one that does not fire, about when */
    int64_t at_ms;      /* with jitter */
    int32_t offset_seconds; /* of the zone at planned_ms */
};

struct schedule;

/* Opens a schedule at its first occurrence. */
enum status schedule_open(const struct schedule_rule *rule, struct schedule **out_schedule,
                          struct fault *out_fault) MUST_CHECK;

/* Gives the next occurrence; false after the last one, or after SCHEDULE_STEPS_MAX. */
bool schedule_next(struct schedule *schedule, struct schedule_firing *out_firing);

void schedule_close(struct schedule *schedule);

/* Fills `out` with the first firings (those that fire) after a moment; fewer where the rule ends.
 */
enum status schedule_firings(const struct schedule_rule *rule, int64_t after_ms,
                             struct schedule_firing *out, size_t max, size_t *out_count,
                             struct fault *out_fault) MUST_CHECK;

/* Returns a sentence about a firing, static: "exists twice; the first". */
const char *schedule_note_text(enum schedule_note note);

#endif
