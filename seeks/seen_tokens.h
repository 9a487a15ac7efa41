#ifndef SEEKS_SEEN_TOKENS_H
#define SEEKS_SEEN_TOKENS_H

/*
 * seen_tokens — tokens whose signatures have been checked: checking one costs more than all else
 * that the edge does for a request.
 *
 * A token is known by its whole text. It is forgotten when it has expired, when the keys change
 * (the one that signed it may be gone), or when too many others have been used since.
 *
 * Owns:     copies of texts and claims.
 * Threads:  one at a time. No clock.
 */

#include "base/attr.h"
#include "seeks/token.h"

#define SEEN_TOKENS_DEFAULT 16384
#define SEEN_TOKEN_TEXT_MAX 1024 /* longer ones are checked every time */

struct seen_tokens;

/* Room for `count_max` tokens; NULL without memory. */
struct seen_tokens *seen_tokens_create(size_t count_max);
void seen_tokens_destroy(struct seen_tokens *seen); /* NULL is allowed */

size_t seen_tokens_count(const struct seen_tokens *seen);

/* token_verify(), remembering what was good. */
enum status seen_tokens_verify(struct seen_tokens *seen, const struct token_keys *keys,
                               const char *text, int64_t now_ms, struct token_claims *out_claims,
                               struct fault *out_fault) MUST_CHECK;

#endif
