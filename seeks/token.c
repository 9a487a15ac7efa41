/* EdDSA tokens: rhonabwy reads and writes them, libsodium checks their signatures, in half of the
 * time. */
#include "seeks/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <jansson.h>
#include <rhonabwy.h>
#include <sodium.h>

/* A key that tokens may be signed by, as libsodium wants it. */
struct verifier {
    char name[TOKEN_SUBJECT_MAX]; /* kid */
    unsigned char bytes[crypto_sign_PUBLICKEYBYTES];
};

struct token_keys {
    jwks_t *set;
    struct verifier *verifiers;
    size_t verifier_count;
    uint64_t version;
};

static const struct {
    const char *name;
    enum token_role role;
} roles[] = {
    {"player", TOKEN_PLAYER},
    {"director", TOKEN_DIRECTOR},
    {"admin", TOKEN_ADMIN},
};

static unsigned role_of(const char *name, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (strlen(roles[i].name) == size && memcmp(roles[i].name, name, size) == 0)
            return (unsigned)roles[i].role;
    return 0;
}

bool token_roles_parse(const char *text, unsigned *out_roles)
{
    unsigned found = 0;
    for (;;) {
        size_t size = strcspn(text, ",");
        unsigned role = role_of(text, size);
        if (role == 0)
            return false;
        found |= role;
        if (text[size] == '\0')
            break;
        text += size + 1;
    }
    *out_roles = found;
    return true;
}

/* ---- keys -------------------------------------------------------------------------------- */

/* A key's name is drawn with it, so that two keys never share one. */
static void draw_name(char out[17])
{
    unsigned char bytes[8];
    if (gnutls_rnd(GNUTLS_RND_NONCE, bytes, sizeof bytes) != 0)
        memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]); /* two digits and the end fit */
}

static enum status write_set(const char *path, jwk_t *key, mode_t mode, struct fault *out_fault)
{
    char *json = r_jwk_export_to_json_str(key, 0);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    enum status status = STATUS_UNAVAILABLE;
    if (json != NULL && file >= 0 && dprintf(file, "{\"keys\":[%s]}\n", json) > 0)
        status = STATUS_OK;
    else
        (void)fault_set(out_fault, 0, 0, "%s: %s", path, strerror(errno));
    if (file >= 0 && close(file) != 0)
        status = STATUS_UNAVAILABLE;
    r_free(json);
    return status;
}

enum status token_keys_generate(const char *private_path, const char *public_path,
                                struct fault *out_fault)
{
    jwk_t *private_key = NULL;
    jwk_t *public_key = NULL;
    char name[17];
    enum status status = STATUS_INTERNAL;
    draw_name(name);
    if (r_jwk_init(&private_key) == RHN_OK && r_jwk_init(&public_key) == RHN_OK &&
        r_jwk_generate_key_pair(private_key, public_key, R_KEY_TYPE_EDDSA, 256, name) == RHN_OK)
        status = write_set(private_path, private_key, 0600, out_fault);
    else
        (void)fault_set(out_fault, 0, 0, "a key could not be made");
    if (status == STATUS_OK)
        status = write_set(public_path, public_key, 0644, out_fault);
    r_jwk_free(private_key);
    r_jwk_free(public_key);
    return status;
}

static bool read_bytes(const char *text, size_t text_size, unsigned char *out, size_t size)
{
    size_t read = 0;
    return sodium_base642bin(out, size, text, text_size, NULL, &read, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           read == size;
}

static bool read_verifier(jwk_t *key, struct verifier *out)
{
    const char *curve = r_jwk_get_property_str(key, "crv");
    const char *text = r_jwk_get_property_str(key, "x");
    const char *name = r_jwk_get_property_str(key, "kid");
    if (curve == NULL || strcmp(curve, "Ed25519") != 0 || text == NULL || name == NULL ||
        strlen(name) >= sizeof out->name ||
        !read_bytes(text, strlen(text), out->bytes, sizeof out->bytes))
        return false;
    memcpy(out->name, name, strlen(name) + 1);
    return true;
}

/* Keys that are no Ed25519 keys, or have no name, stay in the set and verify nothing. */
static bool list_verifiers(struct token_keys *keys)
{
    size_t size = r_jwks_size(keys->set);
    keys->verifiers = calloc(size + 1, sizeof *keys->verifiers);
    for (size_t i = 0; keys->verifiers != NULL && i < size; i++) {
        jwk_t *key = r_jwks_get_at(keys->set, i);
        if (key != NULL && read_verifier(key, &keys->verifiers[keys->verifier_count]))
            keys->verifier_count++;
        r_jwk_free(key);
    }
    return keys->verifiers != NULL;
}

struct token_keys *token_keys_create(void)
{
    struct token_keys *keys = calloc(1, sizeof *keys);
    if (keys != NULL && sodium_init() >= 0 && r_jwks_init(&keys->set) == RHN_OK)
        return keys;
    free(keys);
    return NULL;
}

enum status token_keys_replace(struct token_keys *keys, const char *text, struct fault *out_fault)
{
    struct token_keys fresh = {0};
    bool is_good = r_jwks_init(&fresh.set) == RHN_OK &&
                   r_jwks_import_from_json_str(fresh.set, text) == RHN_OK &&
                   list_verifiers(&fresh) && fresh.verifier_count > 0;
    struct token_keys gone = is_good ? *keys : fresh;
    fresh.version = keys->version + 1;
    if (is_good)
        *keys = fresh;
    else
        (void)fault_set(out_fault, 0, 0, "there are no keys of Ed25519 with a name in it");
    r_jwks_free(gone.set);
    free(gone.verifiers);
    return is_good ? STATUS_OK : STATUS_INVALID_ARGUMENT;
}

uint64_t token_keys_version(const struct token_keys *keys)
{
    return keys->version;
}

size_t token_keys_count(const struct token_keys *keys)
{
    return keys->verifier_count;
}

struct token_keys *token_keys_load(const char *path, struct fault *out_fault)
{
    struct buffer text = {.limit = 1 << 20};
    struct fault fault = {0};
    struct token_keys *keys = token_keys_create();
    bool is_good = keys != NULL && buffer_read_file(&text, path) == STATUS_OK &&
                   token_keys_replace(keys, buffer_text(&text), &fault) == STATUS_OK;
    buffer_deinit(&text);
    if (is_good)
        return keys;
    (void)fault_set(out_fault, 0, 0, "%s: no keys could be read", path);
    token_keys_destroy(keys);
    return NULL;
}

void token_keys_destroy(struct token_keys *keys)
{
    if (keys == NULL)
        return;
    r_jwks_free(keys->set);
    free(keys->verifiers);
    free(keys);
}

/* ---- signing ----------------------------------------------------------------------------- */

static json_t *role_array(unsigned held)
{
    json_t *array = json_array();
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if ((held & (unsigned)roles[i].role) != 0)
            (void)json_array_append_new(array, json_string(roles[i].name));
    return array;
}

static json_t *event_array(const struct token_claims *claims)
{
    json_t *array = json_array();
    for (int i = 0; i < claims->event_count; i++)
        (void)json_array_append_new(array, json_string(claims->events[i]));
    return array;
}

static bool fill_claims(jwt_t *jwt, const struct token_claims *claims, int64_t now_ms)
{
    json_t *held = role_array(claims->roles);
    json_t *events = event_array(claims);
    bool is_good = r_jwt_set_claim_str_value(jwt, "sub", claims->subject) == RHN_OK &&
                   r_jwt_set_claim_json_t_value(jwt, "roles", held) == RHN_OK &&
                   r_jwt_set_claim_int_value(jwt, "iat", now_ms / 1000) == RHN_OK &&
                   r_jwt_set_claim_int_value(jwt, "exp", claims->expires_at_ms / 1000) == RHN_OK;
    if (claims->event_count > 0)
        is_good = is_good && r_jwt_set_claim_json_t_value(jwt, "events", events) == RHN_OK;
    json_decref(held);
    json_decref(events);
    return is_good;
}

enum status token_sign(const struct token_keys *keys, const struct token_claims *claims,
                       int64_t now_ms, struct buffer *out)
{
    jwt_t *jwt = NULL;
    jwk_t *key = r_jwks_get_at(keys->set, r_jwks_size(keys->set) - 1);
    char *text = NULL;
    if (key != NULL && r_jwt_init(&jwt) == RHN_OK && fill_claims(jwt, claims, now_ms) &&
        r_jwt_set_sign_alg(jwt, R_JWA_ALG_EDDSA) == RHN_OK &&
        r_jwt_set_header_str_value(jwt, "kid", r_jwk_get_property_str(key, "kid")) == RHN_OK)
        text = r_jwt_serialize_signed(jwt, key, 0);
    if (text != NULL)
        buffer_append_text(out, text);
    r_free(text);
    r_jwt_free(jwt);
    r_jwk_free(key);
    return text != NULL && !out->failed ? STATUS_OK : STATUS_FAILED_PRECONDITION;
}

/* ---- verifying --------------------------------------------------------------------------- */

static enum status refuse(struct fault *out_fault, const char *why)
{
    (void)fault_set(out_fault, 0, 0, "%s", why);
    return STATUS_UNAUTHENTICATED;
}

static bool read_subject(const jwt_t *jwt, struct token_claims *claims)
{
    const char *subject = r_jwt_get_claim_str_value((jwt_t *)jwt, "sub");
    if (subject == NULL || subject[0] == '\0' || strlen(subject) >= TOKEN_SUBJECT_MAX)
        return false;
    memcpy(claims->subject, subject, strlen(subject) + 1);
    return true;
}

static bool read_roles(json_t *array, struct token_claims *claims)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));
        if (name != NULL)
            claims->roles |= role_of(name, strlen(name)); /* unknown roles give nothing */
    }
    return claims->roles != 0;
}

static bool read_events(json_t *array, struct token_claims *claims)
{
    if (array == NULL)
        return true;
    size_t count = json_array_size(array);
    if (count == 0 || count > TOKEN_EVENTS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *id = json_string_value(json_array_get(array, i));
        if (id == NULL || strlen(id) >= TOKEN_SUBJECT_MAX)
            return false;
        memcpy(claims->events[i], id, strlen(id) + 1);
    }
    claims->event_count = (int)count;
    return true;
}

static bool read_claims(jwt_t *jwt, struct token_claims *claims)
{
    json_t *held = r_jwt_get_claim_json_t_value(jwt, "roles");
    json_t *events = r_jwt_get_claim_json_t_value(jwt, "events");
    bool is_good =
        read_subject(jwt, claims) && read_roles(held, claims) && read_events(events, claims);
    claims->expires_at_ms = (int64_t)r_jwt_get_claim_int_value(jwt, "exp") * 1000;
    json_decref(held);
    json_decref(events);
    return is_good;
}

/* Whether the key of that name has signed everything before the token's last dot. */
static bool is_signed_by(const struct token_keys *keys, const char *name, const char *text)
{
    unsigned char signature[crypto_sign_BYTES];
    const char *end = strrchr(text, '.');
    if (end == NULL || !read_bytes(end + 1, strlen(end + 1), signature, sizeof signature))
        return false;
    for (size_t i = 0; i < keys->verifier_count; i++)
        if (strcmp(keys->verifiers[i].name, name) == 0 &&
            crypto_sign_verify_detached(signature, (const unsigned char *)text,
                                        (unsigned long long)(end - text),
                                        keys->verifiers[i].bytes) == 0)
            return true;
    return false;
}

static bool is_known(const struct token_keys *keys, const char *name)
{
    for (size_t i = 0; i < keys->verifier_count; i++)
        if (strcmp(keys->verifiers[i].name, name) == 0)
            return true;
    return false;
}

static enum status verify_parsed(const struct token_keys *keys, jwt_t *jwt, const char *text,
                                 int64_t now_ms, struct token_claims *claims,
                                 struct fault *out_fault)
{
    if (r_jwt_get_sign_alg(jwt) != R_JWA_ALG_EDDSA)
        return refuse(out_fault, "the token is not signed with EdDSA");
    const char *name = r_jwt_get_header_str_value(jwt, "kid");
    if (name != NULL && !is_known(keys, name)) {
        (void)refuse(out_fault, "the token is not signed by a key we trust");
        return STATUS_NOT_FOUND;
    }
    if (name == NULL || !is_signed_by(keys, name, text))
        return refuse(out_fault, "the token is not signed by a key we trust");
    if (!read_claims(jwt, claims))
        return refuse(out_fault, "the token lacks a subject or a role");
    if (claims->expires_at_ms <= now_ms)
        return refuse(out_fault, "the token has expired; ask for a new one");
    return STATUS_OK;
}

enum status token_verify(const struct token_keys *keys, const char *text, int64_t now_ms,
                         struct token_claims *out_claims, struct fault *out_fault)
{
    struct token_claims claims = {0};
    jwt_t *jwt = NULL;
    if (strlen(text) > TOKEN_TEXT_MAX || r_jwt_init(&jwt) != RHN_OK)
        return refuse(out_fault, "the token cannot be read");
    enum status status = r_jwt_advanced_parse(jwt, text, R_PARSE_NONE, 0) == RHN_OK
                             ? verify_parsed(keys, jwt, text, now_ms, &claims, out_fault)
                             : refuse(out_fault, "the token cannot be read");
    r_jwt_free(jwt);
    if (status == STATUS_OK)
        *out_claims = claims;
    return status;
}

bool token_covers(const struct token_claims *claims, const char *tournament_id)
{
    for (int i = 0; i < claims->event_count; i++)
        if (strcmp(claims->events[i], tournament_id) == 0)
            return true;
    return claims->event_count == 0;
}
