/* Says what becomes of void boards in a file of results. */
#include "orchestrator/desk/losses.h"

#include <string.h>

#include "orchestrator/desk/sheets.h"

void losses_of_boards(const Arbiter__V1__Division *division, struct book_losses *losses)
{
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (strcmp(row->status, "void") == 0 && !sheet_is_replaced(division, row))
            book_lose(losses,
                      "%s: board %d of round %d is void: %s and %s are written as if they had "
                      "not been paired",
                      division->name, row->board, row->round, row->first, row->second);
    }
}
