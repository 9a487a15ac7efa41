/* Connections in a list a phase, longest there first; addresses with their counts in a hash. */
#include "http/visitors.h"

#include <assert.h>
#include <stdlib.h>

enum { PLACES = 4096 };

/* An address that somebody is connected from. */
struct place {
    struct place *next;
    uint32_t address;
    uint32_t count;
};

struct phase {
    struct visitor *first;
    struct visitor *last;
};

struct visitors {
    struct visitors_limits limits;
    struct phase phases[VISIT_COUNT];
    struct place *places[PLACES];
    size_t count;
};

/* ---- addresses --------------------------------------------------------------------------- */

static struct place **find_place(const struct visitors *visitors, uint32_t address)
{
    struct place *const *bucket = &visitors->places[address * 2654435761u >> 20]; /* 12 bits */
    while (*bucket != NULL && (*bucket)->address != address)
        bucket = &(*bucket)->next;
    return (struct place **)(uintptr_t)bucket;
}

static bool place_enter(struct visitors *visitors, uint32_t address)
{
    struct place **found = find_place(visitors, address);
    if (*found == NULL) {
        *found = calloc(1, sizeof **found);
        if (*found == NULL)
            return false;
        (*found)->address = address;
    }
    (*found)->count++;
    return true;
}

static void place_leave(struct visitors *visitors, uint32_t address)
{
    struct place **found = find_place(visitors, address);
    struct place *place = *found;
    assert(place != NULL && place->count > 0);
    if (--place->count > 0)
        return;
    *found = place->next;
    free(place);
}

enum visitors_room visitors_room(const struct visitors *visitors, uint32_t address)
{
    const struct place *place = *find_place(visitors, address);
    if (visitors->count >= visitors->limits.all)
        return VISITORS_FULL;
    if (visitors->limits.address > 0 && place != NULL && place->count >= visitors->limits.address)
        return VISITORS_ADDRESS_FULL;
    return VISITORS_ROOM;
}

/* ---- phases ------------------------------------------------------------------------------ */

static void enter(struct visitors *visitors, struct visitor *visitor, enum visit visit,
                  int64_t now_ms)
{
    struct phase *phase = &visitors->phases[visit];
    visitor->visit = visit;
    visitor->since_ms = now_ms;
    visitor->next = NULL;
    visitor->previous = phase->last;
    if (phase->last != NULL)
        phase->last->next = visitor;
    else
        phase->first = visitor;
    phase->last = visitor;
}

static void leave(struct visitors *visitors, struct visitor *visitor)
{
    struct phase *phase = &visitors->phases[visitor->visit];
    if (visitor->previous != NULL)
        visitor->previous->next = visitor->next;
    else
        phase->first = visitor->next;
    if (visitor->next != NULL)
        visitor->next->previous = visitor->previous;
    else
        phase->last = visitor->previous;
}

struct visitor *visitors_add(struct visitors *visitors, int descriptor, uint32_t address,
                             int64_t now_ms)
{
    struct visitor *visitor = calloc(1, sizeof *visitor);
    if (visitor == NULL || !place_enter(visitors, address)) {
        free(visitor);
        return NULL;
    }
    visitor->descriptor = descriptor;
    visitor->address = address;
    enter(visitors, visitor, VISIT_HEADER, now_ms);
    visitors->count++;
    return visitor;
}

void visitors_move(struct visitors *visitors, struct visitor *visitor, enum visit visit,
                   int64_t now_ms)
{
    leave(visitors, visitor);
    enter(visitors, visitor, visit, now_ms);
}

void visitors_remove(struct visitors *visitors, struct visitor *visitor)
{
    leave(visitors, visitor);
    place_leave(visitors, visitor->address);
    visitors->count--;
    free(visitor);
}

/* Who is late goes to the end of its phase, its time begun anew: the next one is first then. */
struct visitor *visitors_take_late(struct visitors *visitors, int64_t now_ms)
{
    for (int visit = 0; visit < VISIT_COUNT; visit++) {
        struct visitor *first = visitors->phases[visit].first;
        int64_t patience_ms = visitors->limits.patience_ms[visit];
        if (first == NULL || patience_ms == 0 || now_ms - first->since_ms < patience_ms)
            continue;
        visitors_move(visitors, first, (enum visit)visit, now_ms);
        return first;
    }
    return NULL;
}

size_t visitors_count(const struct visitors *visitors)
{
    return visitors->count;
}

/* ---- life -------------------------------------------------------------------------------- */

struct visitors *visitors_create(const struct visitors_limits *limits)
{
    struct visitors *visitors = calloc(1, sizeof *visitors);
    if (visitors != NULL)
        visitors->limits = *limits;
    return visitors;
}

void visitors_destroy(struct visitors *visitors)
{
    if (visitors == NULL)
        return;
    for (int visit = 0; visit < VISIT_COUNT; visit++)
        while (visitors->phases[visit].first != NULL)
            visitors_remove(visitors, visitors->phases[visit].first);
    free(visitors);
}
