/* A hash of notes, chained. */
#include "seeks/interest.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 16384 };

struct interests {
    struct interest *buckets[BUCKETS];
};

/* FNV-1a: texts are short, and who picks them gains nothing but a slower index for himself. */
static uint32_t hash_of(const char *text, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

struct interests *interests_create(void)
{
    return calloc(1, sizeof(struct interests));
}

void interests_destroy(struct interests *interests)
{
    free(interests);
}

bool interests_add(struct interests *interests, const char *text, size_t size, void *user,
                   struct interest **list)
{
    struct interest *note = malloc(sizeof *note + size + 1);
    if (note == NULL)
        return false;
    memcpy(note->text, text, size);
    note->text[size] = '\0';
    note->hash = hash_of(text, size);
    note->user = user;
    note->sibling = *list;
    *list = note;
    struct interest **bucket = &interests->buckets[note->hash % BUCKETS];
    note->previous = NULL;
    note->next = *bucket;
    if (note->next != NULL)
        note->next->previous = note;
    *bucket = note;
    return true;
}

static void unlink_note(struct interests *interests, struct interest *note)
{
    if (note->previous != NULL)
        note->previous->next = note->next;
    else
        interests->buckets[note->hash % BUCKETS] = note->next;
    if (note->next != NULL)
        note->next->previous = note->previous;
}

void interests_remove(struct interests *interests, struct interest **list)
{
    while (*list != NULL) {
        struct interest *note = *list;
        *list = note->sibling;
        unlink_note(interests, note);
        free(note);
    }
}

static struct interest *find(struct interest *note, uint32_t hash, const char *text)
{
    while (note != NULL && (note->hash != hash || strcmp(note->text, text) != 0))
        note = note->next;
    return note;
}

void interests_each(const struct interests *interests, const char *text, interest_callback callback,
                    const void *what)
{
    uint32_t hash = hash_of(text, strlen(text));
    struct interest *note = find(interests->buckets[hash % BUCKETS], hash, text);
    for (; note != NULL; note = find(note->next, hash, text))
        callback(note->user, what);
}

bool interests_have(const struct interests *interests, const char *text)
{
    uint32_t hash = hash_of(text, strlen(text));
    return find(interests->buckets[hash % BUCKETS], hash, text) != NULL;
}
