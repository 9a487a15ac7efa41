/* The ring of ring.yaml as a person would write it in C: what no engine can beat. In a file of its
 * own, so that it is called and not inlined. */
#include "bench/fsm/anchor_switch.h"

bool anchor_step(struct anchor *ring, enum anchor_event event)
{
    enum anchor_state next = ring->state;
    switch (ring->state) {
    case ANCHOR_DRAFT:
        if (event == ANCHOR_OPEN)
            next = ANCHOR_REGISTRATION;
        break;
    case ANCHOR_REGISTRATION:
        if (event == ANCHOR_CLOSE)
            next = ANCHOR_SEEDING;
        break;
    case ANCHOR_SEEDING:
        if (event == ANCHOR_START && ring->players >= 2)
            next = ANCHOR_RUNNING;
        break;
    case ANCHOR_RUNNING:
        if (event == ANCHOR_FINISH) {
            ring->rounds++;
            next = ANCHOR_REVIEW;
        }
        break;
    case ANCHOR_REVIEW:
        if (event == ANCHOR_APPROVE)
            next = ANCHOR_FINISHED;
        break;
    case ANCHOR_FINISHED:
        if (event == ANCHOR_RESET)
            next = ANCHOR_DRAFT;
        break;
    }
    bool is_taken = next != ring->state;
    ring->state = next;
    return is_taken;
}
