#ifndef SEEKS_READING_H
#define SEEKS_READING_H

/* reading — routes that ask one method: see struct route. */

#include "seeks/exchange.h"

/* Asks the route's method and answers with its output, or has the route's handler do so. */
void reading_start(struct exchange *exchange);

#endif
