/* The loop of a pool: arrivals and waves in the order of time, tickets kept in one list. */
#include "orchestrator/seeking/rehearsal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "orchestrator/seeking/estimate.h"

enum { HISTORY = 200 };

/* What is remembered of a player between visits. */
struct person {
    const char *name;
    struct seeking_meeting meetings[REHEARSAL_MEETINGS_MAX];
    size_t meeting_count;
    double balance; /* added to what the arrival said */
};

struct stage {
    const struct rehearsal_input *input;
    struct arena *arena;
    struct person *people;
    struct seeking_ticket *tickets; /* waiting */
    int32_t *visits;                /* their arrivals */
    int64_t *hold_until_ms;         /* taken up by an offer until then */
    int32_t count;
    int64_t now_ms;
    int64_t next_wave_ms;
    struct random random;
    struct seeking_wait history[HISTORY];
    size_t history_count;
    struct rehearsal result;
};

/* ---- ends of waits ----------------------------------------------------------------------- */

static void remember_wait(struct stage *stage, const struct rehearsal_outcome *outcome)
{
    if (stage->history_count == HISTORY)
        memmove(stage->history, stage->history + 1,
                --stage->history_count * sizeof *stage->history);
    stage->history[stage->history_count++] = (struct seeking_wait){
        .waited_ms = outcome->waited_ms,
        .is_matched = outcome->end == REHEARSAL_MATCHED,
        .was_told = outcome->end == REHEARSAL_MATCHED,
        .held = outcome->waited_ms >= outcome->low_ms && outcome->waited_ms <= outcome->high_ms};
}

static void end_wait(struct stage *stage, int32_t ticket, enum rehearsal_end end, int64_t at_ms)
{
    struct rehearsal_outcome *outcome = &stage->result.outcomes[stage->visits[ticket]];
    outcome->end = end;
    outcome->waited_ms = at_ms - stage->tickets[ticket].since_ms;
    remember_wait(stage, outcome);
    stage->visits[ticket] = -1;
}

/* Closes the gaps that ended waits have left. */
static void compact(struct stage *stage)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < stage->count; i++) {
        if (stage->visits[i] < 0)
            continue;
        stage->tickets[kept] = stage->tickets[i];
        stage->visits[kept] = stage->visits[i];
        stage->hold_until_ms[kept++] = stage->hold_until_ms[i];
    }
    stage->count = kept;
}

static void let_go(struct stage *stage)
{
    for (int32_t i = 0; i < stage->count; i++) {
        int64_t end =
            stage->tickets[i].since_ms + stage->input->arrivals[stage->visits[i]].patience_ms;
        if (end <= stage->now_ms && stage->hold_until_ms[i] <= stage->now_ms)
            end_wait(stage, i, REHEARSAL_LEFT, end);
    }
    compact(stage);
}

/* ---- games ------------------------------------------------------------------------------- */

static struct person *person_of(struct stage *stage, int32_t ticket)
{
    return &stage->people[stage->input->arrivals[stage->visits[ticket]].player];
}

static bool have_met(const struct stage *stage, const struct person *person, const char *opponent)
{
    for (size_t i = 0; i < person->meeting_count; i++)
        if (strcmp(person->meetings[i].opponent, opponent) == 0 &&
            stage->now_ms - person->meetings[i].at_ms < stage->input->repeat_ms)
            return true;
    return false;
}

static void remember_meeting(struct stage *stage, struct person *person, const char *opponent)
{
    if (person->meeting_count == REHEARSAL_MEETINGS_MAX)
        memmove(person->meetings, person->meetings + 1,
                --person->meeting_count * sizeof *person->meetings);
    person->meetings[person->meeting_count++] =
        (struct seeking_meeting){opponent, stage->now_ms, false};
}

static void play(struct stage *stage, struct seeking_pair pair)
{
    struct person *first = person_of(stage, pair.first);
    struct person *second = person_of(stage, pair.second);
    double gap =
        fabs(stage->tickets[pair.first].facts.rating - stage->tickets[pair.second].facts.rating);
    bool is_repeat = have_met(stage, first, second->name) || have_met(stage, second, first->name);
    int32_t sides[2] = {pair.first, pair.second};
    for (int i = 0; i < 2; i++) {
        struct rehearsal_outcome *outcome = &stage->result.outcomes[stage->visits[sides[i]]];
        outcome->gap = gap;
        outcome->is_repeat = is_repeat;
    }
    remember_meeting(stage, first, second->name);
    remember_meeting(stage, second, first->name);
    first->balance += 1;
    second->balance -= 1;
    stage->result.games++;
    end_wait(stage, pair.first, REHEARSAL_MATCHED, stage->now_ms);
    end_wait(stage, pair.second, REHEARSAL_MATCHED, stage->now_ms);
}

/* Whether a player accepts. One who does not is gone; one who does is held until the other's
 * answer. */
static bool accepts(struct stage *stage)
{
    return (double)random_below(&stage->random, 1000000) < stage->input->acceptance * 1e6;
}

static void offer(struct stage *stage, struct seeking_pair pair)
{
    int64_t within = stage->input->policy->accept_ms;
    bool first = within == 0 || accepts(stage);
    bool second = within == 0 || accepts(stage);
    if (first && second) {
        play(stage, pair);
        return;
    }
    int64_t until = stage->now_ms + within; /* silence is heard as a no when the time is over */
    stage->hold_until_ms[pair.first] = stage->hold_until_ms[pair.second] = until;
    if (!first)
        end_wait(stage, pair.first, REHEARSAL_DECLINED, stage->now_ms);
    if (!second)
        end_wait(stage, pair.second, REHEARSAL_DECLINED, stage->now_ms);
}

/* ---- waves ------------------------------------------------------------------------------- */

/* Those not held by an offer come first in the list. Returns how many they are. */
static int32_t put_held_last(struct stage *stage)
{
    int32_t free_count = 0;
    for (int32_t i = 0; i < stage->count; i++) {
        if (stage->hold_until_ms[i] > stage->now_ms)
            continue;
        struct seeking_ticket ticket = stage->tickets[free_count];
        int32_t visit = stage->visits[free_count];
        int64_t hold = stage->hold_until_ms[free_count];
        stage->tickets[free_count] = stage->tickets[i];
        stage->visits[free_count] = stage->visits[i];
        stage->hold_until_ms[free_count++] = stage->hold_until_ms[i];
        stage->tickets[i] = ticket;
        stage->visits[i] = visit;
        stage->hold_until_ms[i] = hold;
    }
    return free_count;
}

static void plan_wave(struct stage *stage)
{
    const struct seeking_clock *clock = &stage->input->clock;
    int64_t jitter = clock->jitter_ms > 0
                         ? (int64_t)random_below(&stage->random, (uint64_t)clock->jitter_ms + 1)
                         : 0;
    stage->next_wave_ms = stage->now_ms + clock->period_ms + jitter;
}

static enum status run_wave(struct stage *stage)
{
    struct seeking_wave wave;
    let_go(stage);
    struct seeking_wave_input input = {.policy = stage->input->policy,
                                       .tickets = stage->tickets,
                                       .count = put_held_last(stage),
                                       .now_ms = stage->now_ms,
                                       .seed = random_next(&stage->random)};
    struct arena_mark mark = arena_mark(stage->arena);
    enum status status = seeking_wave(&input, stage->arena, &wave);
    for (int32_t i = 0; status == STATUS_OK && i < wave.pair_count; i++)
        offer(stage, wave.pairs[i]);
    arena_rewind(stage->arena, mark);
    for (int32_t i = 0; i < input.count; i++)
        stage->tickets[i].misses +=
            stage->visits[i] >= 0 && stage->hold_until_ms[i] <= stage->now_ms;
    compact(stage);
    stage->result.waves++;
    plan_wave(stage);
    return status;
}

/* ---- arrivals ---------------------------------------------------------------------------- */

static enum status tell_wait(struct stage *stage, struct rehearsal_outcome *outcome)
{
    struct seeking_estimate estimate;
    double level = seeking_calibrated(stage->history, stage->history_count);
    enum status status =
        seeking_estimate(stage->history, stage->history_count, 0, stage->input->clock.period_ms,
                         level, stage->arena, &estimate);
    if (status != STATUS_OK)
        return status;
    outcome->low_ms = estimate.low_ms;
    outcome->high_ms = estimate.high_ms;
    return STATUS_OK;
}

/* Whoever comes again while still waiting has given up the earlier wait. */
static void come_anew(struct stage *stage, const char *player)
{
    for (int32_t i = 0; i < stage->count; i++)
        if (strcmp(stage->tickets[i].player, player) == 0)
            end_wait(stage, i, REHEARSAL_LEFT, stage->now_ms);
    compact(stage);
}

static enum status arrive(struct stage *stage, int32_t visit)
{
    const struct rehearsal_arrival *arrival = &stage->input->arrivals[visit];
    struct person *person = &stage->people[arrival->player];
    if (stage->count == SEEKING_TICKETS_MAX)
        return STATUS_FULL;
    come_anew(stage, person->name);
    struct seeking_ticket *ticket = &stage->tickets[stage->count];
    *ticket = (struct seeking_ticket){.id = person->name,
                                      .player = person->name,
                                      .since_ms = arrival->at_ms,
                                      .facts = arrival->facts,
                                      .said = arrival->said,
                                      .meetings = person->meetings,
                                      .meeting_count = person->meeting_count};
    ticket->facts.balance += person->balance;
    stage->visits[stage->count] = visit;
    stage->hold_until_ms[stage->count++] = 0;
    if (stage->count > stage->result.waiting_most)
        stage->result.waiting_most = stage->count;
    return tell_wait(stage, &stage->result.outcomes[visit]);
}

/* ---- the loop ---------------------------------------------------------------------------- */

static enum status run(struct stage *stage)
{
    const struct rehearsal_input *input = stage->input;
    enum status status = STATUS_OK;
    int32_t next = 0;
    while (status == STATUS_OK && (next < input->count || stage->count > 0)) {
        bool is_arrival = next < input->count && input->arrivals[next].at_ms <= stage->next_wave_ms;
        if (is_arrival && input->arrivals[next].at_ms < stage->now_ms)
            return STATUS_INVALID_ARGUMENT;
        stage->now_ms = is_arrival ? input->arrivals[next].at_ms : stage->next_wave_ms;
        if (is_arrival) {
            let_go(stage);
            status = arrive(stage, next++);
        }
        bool is_crowded = input->clock.size > 0 && stage->count >= input->clock.size;
        if (status == STATUS_OK && (!is_arrival || is_crowded))
            status = run_wave(stage);
    }
    return status;
}

enum status rehearsal_run(const struct rehearsal_input *input, struct arena *arena,
                          struct rehearsal *out)
{
    assert(input->clock.period_ms > 0);
    struct stage *stage = arena_alloc(arena, sizeof *stage);
    if (stage == NULL)
        return STATUS_FULL;
    *stage = (struct stage){.input = input, .arena = arena};
    stage->people = arena_array(arena, (size_t)input->player_count, sizeof *stage->people);
    stage->tickets = arena_array(arena, SEEKING_TICKETS_MAX, sizeof *stage->tickets);
    stage->visits = arena_array(arena, SEEKING_TICKETS_MAX, sizeof *stage->visits);
    stage->hold_until_ms = arena_array(arena, SEEKING_TICKETS_MAX, sizeof *stage->hold_until_ms);
    stage->result.outcomes =
        arena_array(arena, (size_t)input->count, sizeof *stage->result.outcomes);
    for (int32_t i = 0; stage->people != NULL && i < input->player_count; i++)
        stage->people[i].name = arena_format(arena, "player-%d", i + 1);
    if (arena_full(arena))
        return STATUS_FULL;
    random_init_stream(&stage->random, input->seed, "rehearsal", 0);
    plan_wave(stage);
    enum status status = run(stage);
    if (status == STATUS_OK)
        *out = stage->result;
    return status;
}
