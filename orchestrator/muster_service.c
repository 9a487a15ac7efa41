/* Reads an event and its divisions, one answer after another, and counts. */
#include "orchestrator/muster_service.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "orchestrator/format/format.h"

#include "arbiter/v1/store.pb-c.h"

enum { MUSTER_BYTES_MAX = 64 << 20, FIRST_ROUND = 1 };

/* An event being counted. */
struct muster {
    struct bus *bus;
    void *request;
    Arbiter__V1__MusterReply_Closure on_counted;
    struct arena arena;
    const struct format *format;
    const char **division_ids; /* that are to be played */
    size_t division_count;
    size_t next; /* of them */
    int players;
    struct buffer reason; /* what is short so far */
};

static void muster_destroy(struct muster *muster)
{
    buffer_deinit(&muster->reason);
    arena_deinit(&muster->arena);
    free(muster);
}

static void muster_fail(struct muster *muster, enum status status, const char *text)
{
    bus_fail(muster->request, status, NULL, 0, "%s", text);
    muster_destroy(muster);
}

static bool is_answered(struct muster *muster, const struct bus_answer *answer)
{
    if (answer->status == STATUS_OK)
        return true;
    bus_fail_like(muster->request, answer);
    muster_destroy(muster);
    return false;
}

/* ---- counting ---------------------------------------------------------------------------- */

static int count_present(const struct format *format, const Arbiter__V1__Division *division)
{
    bool needs_check_in =
        format->time.check_in_opens_before_ms > 0 && format->no_show.unchecked_removed;
    int count = 0;
    for (size_t i = 0; i < division->n_entrants; i++) {
        const char *status = division->entrants[i]->status;
        count += strcmp(status, "checked_in") == 0 ||
                 (!needs_check_in && strcmp(status, "registered") == 0);
    }
    return count;
}

static void say_short(struct muster *muster, const char *where, int present, int wanted)
{
    buffer_format(&muster->reason, "%s%s: %d of at least %d players",
                  muster->reason.size > 0 ? "; " : "", where, present, wanted);
}

static void answer(struct muster *muster)
{
    Arbiter__V1__MusterReply reply = ARBITER__V1__MUSTER_REPLY__INIT;
    if (muster->players < muster->format->entry.players_min)
        say_short(muster, "the event", muster->players, muster->format->entry.players_min);
    reply.players = muster->players;
    reply.is_short = muster->reason.size > 0;
    reply.reason = (char *)buffer_text(&muster->reason);
    muster->on_counted(&reply, muster->request);
    muster_destroy(muster);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void ask_next(struct muster *muster);

static void on_division(const struct bus_answer *answered, void *user)
{
    struct muster *muster = user;
    if (!is_answered(muster, answered))
        return;
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answered->output)->division;
    const struct format_division *wanted = format_find_division(muster->format, division->name);
    int present = count_present(muster->format, division);
    if (wanted != NULL && present < wanted->players_min)
        say_short(muster, division->name, present, wanted->players_min);
    muster->players += present;
    ask_next(muster);
}

static void ask_next(struct muster *muster)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    if (muster->next == muster->division_count) {
        answer(muster);
        return;
    }
    request.division_id = (char *)muster->division_ids[muster->next++];
    request.round = FIRST_ROUND;
    bus_call(muster->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetDivision",
                                .input = &request.base},
             on_division, muster);
}

static enum status take_event(struct muster *muster, const Arbiter__V1__Tournament *tournament)
{
    struct arena *arena = &muster->arena;
    struct yaml_faults faults = {.arena = arena};
    const char *text = arena_format(arena, "%s", tournament->settings);
    muster->division_ids =
        arena_array(arena, tournament->n_divisions + 1, sizeof *muster->division_ids);
    if (text == NULL || muster->division_ids == NULL)
        return STATUS_FULL;
    if (format_read(arena, text, strlen(text), &faults, &muster->format) != STATUS_OK)
        return STATUS_DATA_LOSS;
    for (size_t i = 0; i < tournament->n_divisions; i++) {
        const Arbiter__V1__Division *division = tournament->divisions[i];
        if (strcmp(division->status, "cancelled") == 0)
            continue;
        const char *id = arena_format(arena, "%s", division->division_id);
        if (id == NULL)
            return STATUS_FULL;
        muster->division_ids[muster->division_count++] = id;
    }
    return STATUS_OK;
}

static void on_tournament(const struct bus_answer *answered, void *user)
{
    struct muster *muster = user;
    if (!is_answered(muster, answered))
        return;
    enum status status =
        take_event(muster, ((const Arbiter__V1__GetTournamentReply *)answered->output)->tournament);
    if (status == STATUS_OK)
        ask_next(muster);
    else
        muster_fail(muster, status, "the event's policy cannot be read");
}

void muster_service_count(struct bus *bus, const Arbiter__V1__MusterRequest *input,
                          Arbiter__V1__MusterReply_Closure closure, void *request)
{
    Arbiter__V1__GetTournamentRequest get = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    struct muster *muster = calloc(1, sizeof *muster);
    if (muster == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    muster->bus = bus;
    muster->request = request;
    muster->on_counted = closure;
    arena_init(&muster->arena, MUSTER_BYTES_MAX);
    get.tournament_id = input->tournament_id;
    bus_call(bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetTournament",
                                .input = &get.base},
             on_tournament, muster);
}
