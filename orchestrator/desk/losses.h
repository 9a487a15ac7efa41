#ifndef ORCHESTRATOR_DESK_LOSSES_H
#define ORCHESTRATOR_DESK_LOSSES_H

/*
 * losses — what a division's own rows have that a record of results has no place for. Pure.
 *
 * Owns:     nothing; sentences live in the losses' arena.
 */

#include "orchestrator/record/book.h"

#include "arbiter/v1/domain.pb-c.h"

/* Adds a sentence for each void board, which a record leaves out. */
void losses_of_boards(const Arbiter__V1__Division *division, struct book_losses *losses);

#endif
