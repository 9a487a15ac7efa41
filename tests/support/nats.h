#ifndef TESTS_SUPPORT_NATS_H
#define TESTS_SUPPORT_NATS_H

/*
 * nats — a private nats-server for a test: JetStream on, a free port, a temporary folder.
 *
 * Owns:     the process and the folder; both are gone after nats_server_destroy(). The server also
 *           ends when the test's process dies.
 * Errors:   a server that cannot be started is reported on standard error and NULL or false
 *           returned; nats_server_missing() tells beforehand whether the program is there at all.
 */

#include <stdbool.h>

struct nats_server;

/* Whether no nats-server can be found on this machine: the test should be skipped (exit code 77).
 */
bool nats_server_missing(void);

/* Starts a server and waits until it answers. `config` is text added to its configuration file, or
 * NULL. */
struct nats_server *nats_server_create(const char *config);
void nats_server_destroy(struct nats_server *server);

/* Returns "nats://127.0.0.1:<port>"; the same after a restart. */
const char *nats_server_url(const struct nats_server *server);

/* Returns the folder that holds its configuration and streams; certificates may be put there. */
const char *nats_server_folder(const struct nats_server *server);

/* Kills it at once (SIGKILL), or starts it again on the same port with the same streams. */
void nats_server_kill(struct nats_server *server);
bool nats_server_start(struct nats_server *server);

/* Freezes and thaws it: connections stay open, nothing moves. */
void nats_server_pause(struct nats_server *server);
void nats_server_resume(struct nats_server *server);

#endif
