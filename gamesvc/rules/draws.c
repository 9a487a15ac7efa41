/* Derives draws from a seed. */
#include "gamesvc/rules/draws.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define KIND_MAX 64
/* Words of the stream taken at once; the rejection of a word is rarer than 1 in 10 million. */
#define STREAM_WORDS (DRAWS_COUNT_MAX + 16)

static const char commitment_domain[] = "omg-bag-v1";
static const char draw_context[crypto_kdf_CONTEXTBYTES + 1] = "BAGDRAW";

void draws_commitment(const uint8_t seed[DRAWS_SEED_SIZE], const char *game_id,
                      uint8_t out_commitment[DRAWS_COMMITMENT_SIZE])
{
    crypto_generichash_state state;
    /* None of these can fail: the sizes are constants that libsodium allows. */
    (void)crypto_generichash_init(&state, NULL, 0, DRAWS_COMMITMENT_SIZE);
    (void)crypto_generichash_update(&state, (const unsigned char *)commitment_domain,
                                    sizeof commitment_domain - 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)game_id, strlen(game_id));
    (void)crypto_generichash_update(&state, seed, DRAWS_SEED_SIZE);
    (void)crypto_generichash_final(&state, out_commitment, DRAWS_COMMITMENT_SIZE);
}

void draws_init(struct draws_seeded *draws, const uint8_t seed[DRAWS_SEED_SIZE],
                const uint8_t *nonces)
{
    crypto_generichash_state state;
    if (nonces == NULL) {
        memcpy(draws->master, seed, DRAWS_SEED_SIZE);
        return;
    }
    /* As above. */
    (void)crypto_generichash_init(&state, NULL, 0, DRAWS_SEED_SIZE);
    (void)crypto_generichash_update(&state, seed, DRAWS_SEED_SIZE);
    (void)crypto_generichash_update(&state, nonces, (size_t)RULES_SEATS * DRAWS_NONCE_SIZE);
    (void)crypto_generichash_final(&state, draws->master, DRAWS_SEED_SIZE);
}

void draws_forget(struct draws_seeded *draws)
{
    sodium_memzero(draws, sizeof *draws);
}

struct rules_draws draws_source(struct draws_seeded *draws)
{
    return (struct rules_draws){draws_draw, draws};
}

static uint32_t read_le32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Returns a number below `bound`; the words of the stream are used up one after the other. */
static uint32_t draw_below(const uint8_t *stream, size_t *next, uint32_t bound)
{
    uint32_t reject_below = (uint32_t)(-bound) % bound; /* 2^32 mod bound */
    for (;;) {
        assert(*next < STREAM_WORDS);
        uint32_t word = read_le32(stream + 4 * (*next)++);
        if (word >= reject_below)
            return word % bound;
    }
}

/* Takes the thing at `rank` of the sorted multiset away and returns its kind. */
static uint8_t take(uint8_t *left, size_t kind_count, uint32_t rank)
{
    for (size_t kind = 0; kind < kind_count; kind++) {
        if (rank < left[kind]) {
            left[kind]--;
            return (uint8_t)kind;
        }
        rank -= left[kind];
    }
    assert(!"a rank past the end");
    return 0;
}

void draws_draw(void *user, uint64_t number, const uint8_t *left, size_t kind_count, size_t count,
                uint8_t *out_kinds)
{
    const struct draws_seeded *draws = user;
    uint8_t key[crypto_kdf_BYTES_MIN * 2];
    uint8_t stream[STREAM_WORDS * 4];
    uint8_t bag[KIND_MAX];
    uint32_t total = 0;
    size_t next = 0;
    assert(kind_count <= KIND_MAX && count <= DRAWS_COUNT_MAX);
    for (size_t kind = 0; kind < kind_count; kind++)
        total += bag[kind] = left[kind];
    assert(count <= total);
    int failed = crypto_kdf_derive_from_key(key, sizeof key, number, draw_context, draws->master);
    assert(failed == 0 && sizeof key == randombytes_SEEDBYTES);
    randombytes_buf_deterministic(stream, sizeof stream, key);
    for (size_t i = 0; i < count; i++)
        out_kinds[i] = take(bag, kind_count, draw_below(stream, &next, total--));
    sodium_memzero(key, sizeof key);
    sodium_memzero(stream, sizeof stream);
}
