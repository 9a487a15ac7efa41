#ifndef BENCH_FSM_ANCHOR_SWITCH_H
#define BENCH_FSM_ANCHOR_SWITCH_H

/*
 * anchor_switch — the ring of ring.yaml as a hand-written switch: the floor to measure against.
 */

#include <stdbool.h>

enum anchor_state {
    ANCHOR_DRAFT,
    ANCHOR_REGISTRATION,
    ANCHOR_SEEDING,
    ANCHOR_RUNNING,
    ANCHOR_REVIEW,
    ANCHOR_FINISHED
};

enum anchor_event {
    ANCHOR_OPEN,
    ANCHOR_CLOSE,
    ANCHOR_START,
    ANCHOR_FINISH,
    ANCHOR_APPROVE,
    ANCHOR_RESET
};

struct anchor {
    enum anchor_state state;
    long players;
    long rounds;
};

/* Takes one event; returns whether it moved the ring. */
bool anchor_step(struct anchor *ring, enum anchor_event event);

#endif
