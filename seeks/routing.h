#ifndef SEEKS_ROUTING_H
#define SEEKS_ROUTING_H

/* routing — which route a request is for, and whether its path and query fit that. */

#include "seeks/exchange.h"

/* Finds the route and keeps what the names in its pattern stand for; NULL where there is none.
 * `*out_is_known` tells whether the path exists with another method. */
const struct route *routing_find(struct exchange *exchange, bool *out_is_known);

/* What cannot be an id names nothing: false after having answered so. */
bool routing_check_parameters(struct exchange *exchange);

/* Query parameters are those that the pattern names; false after having answered that one is not. A
 * read knows its own from its input message (reading.c). */
bool routing_check_query(struct exchange *exchange);

/* Returns the methods that a request's path knows: "OPTIONS, GET, HEAD". */
const char *routing_methods(struct exchange *exchange);

#endif
