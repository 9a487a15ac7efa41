#ifndef SEEKS_TOKEN_H
#define SEEKS_TOKEN_H

/*
 * token — who is asking: signed JSON Web Tokens (RFC 7519) with EdDSA (RFC 8037).
 *
 * `arbiter token` signs with the private key; the edge verifies with the public keys of a JWKS file
 * (RFC 7517). A token names its key (`kid`), so that keys are rotated by adding the new one to the
 * file before the old one goes.
 *
 *     claims   sub    player's id
 *              roles  array of "player", "director", "admin"
 *              events array of tournament ids a director is for; absent: all of them
 *              exp    seconds since the epoch
 *
 * Owns:     keys, until token_keys_destroy().
 * Threads:  none inside.
 * Errors:   STATUS_UNAUTHENTICATED with a fault for a token that is malformed, expired, signed by
 *           somebody else or with another algorithm; STATUS_NOT_FOUND where it names a key that is
 *           not among ours: it may be a new one.
 */

#include "base/attr.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_SUBJECT_MAX 64
#define TOKEN_EVENTS_MAX 32
#define TOKEN_TEXT_MAX 8192

enum token_role { TOKEN_PLAYER = 1, TOKEN_DIRECTOR = 2, TOKEN_ADMIN = 4 };

struct token_claims {
    char subject[TOKEN_SUBJECT_MAX];
    unsigned roles; /* of enum token_role */
    char events[TOKEN_EVENTS_MAX][TOKEN_SUBJECT_MAX];
    int event_count; /* 0: every event */
    int64_t expires_at_ms;
};

struct token_keys;

/* Makes a new key pair and writes it as JWKS files, the private one readable by its owner only. */
enum status token_keys_generate(const char *private_path, const char *public_path,
                                struct fault *out_fault) MUST_CHECK;

/* Reads a JWKS file, public or private; NULL with a fault where it cannot. */
struct token_keys *token_keys_load(const char *path, struct fault *out_fault);
void token_keys_destroy(struct token_keys *keys);

/* Returns a set without keys, or NULL without memory. */
struct token_keys *token_keys_create(void);

/* Puts the keys of a JWKS text in the place of those there are. A text without any, or that is
 * none, leaves them: STATUS_INVALID_ARGUMENT with a fault. */
enum status token_keys_replace(struct token_keys *keys, const char *text,
                               struct fault *out_fault) MUST_CHECK;

/* Counts the replacements. */
uint64_t token_keys_version(const struct token_keys *keys);

size_t token_keys_count(const struct token_keys *keys);

/* Appends a signed token to `out`. Needs a private key. */
enum status token_sign(const struct token_keys *keys, const struct token_claims *claims,
                       int64_t now_ms, struct buffer *out) MUST_CHECK;

/* Checks a token and reads its claims. */
enum status token_verify(const struct token_keys *keys, const char *text, int64_t now_ms,
                         struct token_claims *out_claims, struct fault *out_fault) MUST_CHECK;

/* Returns whether a director's token is for this tournament. */
bool token_covers(const struct token_claims *claims, const char *tournament_id);

/* Reads "player,director" into roles; false for an unknown one. */
bool token_roles_parse(const char *text, unsigned *out_roles);

#endif
