#ifndef SEEKS_INTEREST_H
#define SEEKS_INTEREST_H

/*
 * interest — who wants to hear of what: notes under texts, found without asking everybody.
 *
 * Owns:     its notes; `user` pointers stay the caller's.
 * Threads:  one at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interests;

struct interest {
    struct interest *previous; /* under the same hash */
    struct interest *next;
    struct interest *sibling; /* the owner's own list */
    void *user;
    uint32_t hash;
    char text[];
};

/* NULL without memory. */
struct interests *interests_create(void);

/* Frees the index; its notes have been removed before. NULL is allowed. */
void interests_destroy(struct interests *interests);

/* Notes that `user` wants to hear of the first `size` bytes of `text`, and puts the note in front
 * of `list`. False without memory. */
bool interests_add(struct interests *interests, const char *text, size_t size, void *user,
                   struct interest **list);

/* Removes all notes of a list, which is empty then. */
void interests_remove(struct interests *interests, struct interest **list);

/* Calls back for every note under a text. */
typedef void (*interest_callback)(void *user, const void *what);
void interests_each(const struct interests *interests, const char *text, interest_callback callback,
                    const void *what);

/* Whether there is a note under a text. */
bool interests_have(const struct interests *interests, const char *text);

#endif
