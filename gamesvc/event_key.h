#ifndef GAMESVC_EVENT_KEY_H
#define GAMESVC_EVENT_KEY_H

/*
 * event_key — ids of events that carry their sender's key: "KEY_BODY", letters and digits, where
 * KEY stands for who sent it with which Idempotency-Key and BODY for what came with it.
 */

#include <stdbool.h>
#include <stddef.h>

/* Returns the size of the key with its '_'; 0: the id carries none. */
size_t event_key_size(const char *id);

/* Whether `other` is the same key with something else. */
bool event_key_is_reused(const char *id, const char *other);

#endif
