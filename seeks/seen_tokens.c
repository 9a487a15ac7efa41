/* A table by text, in the order of use. */
#include "seeks/seen_tokens.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct seen {
    UT_hash_handle hh;
    int64_t expires_at_ms;
    unsigned roles;
    int event_count;
    char subject[TOKEN_SUBJECT_MAX];
    char (*events)[TOKEN_SUBJECT_MAX]; /* in `memory` */
    char *text;                        /* likewise */
    char memory[];
};

struct seen_tokens {
    struct seen *first; /* uthash keeps the order of insertion: the one used longest ago */
    size_t count_max;
    uint64_t keys_version;
};

struct seen_tokens *seen_tokens_create(size_t count_max)
{
    struct seen_tokens *seen = calloc(1, sizeof *seen);
    if (seen != NULL)
        seen->count_max = count_max;
    return seen;
}

static void forget(struct seen_tokens *tokens, struct seen *seen)
{
    HASH_DEL(tokens->first, seen);
    free(seen);
}

static void forget_all(struct seen_tokens *tokens)
{
    while (tokens->first != NULL)
        forget(tokens, tokens->first);
}

void seen_tokens_destroy(struct seen_tokens *seen)
{
    if (seen == NULL)
        return;
    forget_all(seen);
    free(seen);
}

size_t seen_tokens_count(const struct seen_tokens *seen)
{
    return HASH_COUNT(seen->first);
}

static void keep(struct seen_tokens *tokens, const char *text, size_t size,
                 const struct token_claims *claims)
{
    size_t events_size = (size_t)claims->event_count * TOKEN_SUBJECT_MAX;
    struct seen *seen = calloc(1, sizeof *seen + events_size + size + 1);
    if (seen == NULL)
        return; /* it is checked again, that is all */
    if (HASH_COUNT(tokens->first) == tokens->count_max)
        forget(tokens, tokens->first);
    seen->expires_at_ms = claims->expires_at_ms;
    seen->roles = claims->roles;
    seen->event_count = claims->event_count;
    memcpy(seen->subject, claims->subject, sizeof seen->subject);
    seen->events = (char(*)[TOKEN_SUBJECT_MAX])seen->memory;
    memcpy(seen->events, claims->events, events_size);
    seen->text = seen->memory + events_size;
    memcpy(seen->text, text, size + 1);
    HASH_ADD_KEYPTR(hh, tokens->first, seen->text, size, seen);
}

static void tell(const struct seen *seen, struct token_claims *out_claims)
{
    *out_claims = (struct token_claims){.roles = seen->roles,
                                        .event_count = seen->event_count,
                                        .expires_at_ms = seen->expires_at_ms};
    memcpy(out_claims->subject, seen->subject, sizeof seen->subject);
    memcpy(out_claims->events, seen->events, (size_t)seen->event_count * TOKEN_SUBJECT_MAX);
}

/* Finds a token that is still good, and moves it to the end. */
static struct seen *find(struct seen_tokens *tokens, const char *text, size_t size, int64_t now_ms)
{
    struct seen *seen = NULL;
    HASH_FIND(hh, tokens->first, text, size, seen);
    if (seen != NULL && seen->expires_at_ms <= now_ms) {
        forget(tokens, seen);
        return NULL;
    }
    if (seen != NULL) {
        HASH_DEL(tokens->first, seen);
        HASH_ADD_KEYPTR(hh, tokens->first, seen->text, size, seen);
    }
    return seen;
}

enum status seen_tokens_verify(struct seen_tokens *tokens, const struct token_keys *keys,
                               const char *text, int64_t now_ms, struct token_claims *out_claims,
                               struct fault *out_fault)
{
    size_t size = strlen(text);
    if (tokens->keys_version != token_keys_version(keys))
        forget_all(tokens);
    tokens->keys_version = token_keys_version(keys);
    const struct seen *seen = find(tokens, text, size, now_ms);
    if (seen != NULL) {
        tell(seen, out_claims);
        return STATUS_OK;
    }
    enum status status = token_verify(keys, text, now_ms, out_claims, out_fault);
    if (status == STATUS_OK && size <= SEEN_TOKEN_TEXT_MAX)
        keep(tokens, text, size, out_claims);
    return status;
}
