#ifndef BASE_FREE_PORT_H
#define BASE_FREE_PORT_H

/*
 * free_port — a port for a server that is about to be started.
 *
 * The port must still be free when the server binds it, and again whenever it is restarted: it lies
 * below those that the system gives to outgoing connections (ip_local_port_range, tcp(7)), of which
 * any might otherwise be sitting on it by then.
 *
 * Threads: any.
 */

#include <stdint.h>

/* Returns a TCP port of the loopback address that nobody listens on; 0 where none is found. */
uint16_t free_port(void);

#endif
