/* Rings of ended waits, one for each kind of seek. */
#include "seeks/waits.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* A wait, and which seek it was. */
struct entry {
    uint64_t seek;
    struct seeking_wait wait;
};

struct kind {
    uint64_t key;  /* 0: free */
    uint64_t used; /* when, by the count of uses */
    size_t count;  /* of all that came; the newest WAITS_KEPT are kept */
    struct entry entries[WAITS_KEPT];
};

struct waits {
    uint64_t uses;
    uint64_t told;
    uint64_t held;
    struct kind kinds[WAITS_KINDS_MAX];
};

struct waits *waits_create(void)
{
    return calloc(1, sizeof(struct waits));
}

void waits_destroy(struct waits *waits)
{
    free(waits);
}

static uint64_t hash_number(uint64_t hash, int64_t number)
{
    for (int shift = 0; shift < 64; shift += 8)
        hash = hash_bytes(hash, &(unsigned char){(unsigned char)((uint64_t)number >> shift)}, 1);
    return hash;
}

static uint64_t key_of(const char *policy, const Arbiter__V1__GameRequest *request)
{
    static const Arbiter__V1__GameRequest nothing = ARBITER__V1__GAME_REQUEST__INIT;
    const Arbiter__V1__GameRequest *game = request != NULL ? request : &nothing;
    const char *const texts[] = {policy, game->rules, game->variant, game->lexicon, game->clock};
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        hash = hash_bytes(hash, texts[i], strlen(texts[i]) + 1);
    hash = hash_number(hash, game->initial_time_ms);
    hash = hash_number(hash, game->increment_ms);
    hash = hash_number(hash, game->overtime_ms);
    hash = hash_number(hash, game->rated);
    return hash != 0 ? hash : 1;
}

/* Finds a kind, or makes room for it where the longest unused one was. */
static struct kind *kind_of(struct waits *waits, uint64_t key)
{
    struct kind *oldest = &waits->kinds[0];
    for (size_t i = 0; i < WAITS_KINDS_MAX; i++) {
        struct kind *kind = &waits->kinds[i];
        if (kind->key == key) {
            kind->used = ++waits->uses;
            return kind;
        }
        if (kind->used < oldest->used)
            oldest = kind;
    }
    oldest->key = key;
    oldest->used = ++waits->uses;
    oldest->count = 0;
    return oldest;
}

static size_t kept(const struct kind *kind)
{
    return kind->count < WAITS_KEPT ? kind->count : WAITS_KEPT;
}

static bool is_known(const struct kind *kind, uint64_t seek)
{
    for (size_t i = 0; i < kept(kind); i++)
        if (kind->entries[i].seek == seek)
            return true;
    return false;
}

void waits_add(struct waits *waits, const Arbiter__V1__Seek *seek)
{
    struct kind *kind = kind_of(waits, key_of(seek->policy, seek->request));
    uint64_t id = hash_text(HASH_START, seek->seek_id);
    if (seek->closed_at_ms <= 0 || is_known(kind, id))
        return;
    int64_t waited_ms = seek->closed_at_ms - seek->created_at_ms;
    bool is_matched = strcmp(seek->status, "matched") == 0;
    const struct seeking_wait wait = {.waited_ms = waited_ms,
                                      .is_matched = is_matched,
                                      .was_told = is_matched && seek->high_ms > 0,
                                      .held =
                                          waited_ms >= seek->low_ms && waited_ms <= seek->high_ms};
    kind->entries[kind->count++ % WAITS_KEPT] = (struct entry){id, wait};
    waits->told += wait.was_told;
    waits->held += wait.was_told && wait.held;
}

/* Oldest first, as the calibration wants them. */
static struct seeking_wait *history_of(const struct kind *kind, struct arena *arena)
{
    size_t count = kept(kind);
    struct seeking_wait *history = arena_array(arena, count + 1, sizeof *history);
    for (size_t i = 0; history != NULL && i < count; i++)
        history[i] = kind->entries[(kind->count - count + i) % WAITS_KEPT].wait;
    return history;
}

enum status waits_estimate(struct waits *waits, const char *policy,
                           const Arbiter__V1__GameRequest *request, int64_t waited_ms,
                           struct arena *arena, struct seeking_estimate *out_estimate)
{
    const struct kind *kind = kind_of(waits, key_of(policy, request));
    const struct seeking_wait *history = history_of(kind, arena);
    if (history == NULL)
        return STATUS_FULL;
    return seeking_estimate(history, kept(kind), waited_ms > 0 ? waited_ms : 0, WAITS_PERIOD_MS,
                            seeking_calibrated(history, kept(kind)), arena, out_estimate);
}

void waits_calibration(const struct waits *waits, uint64_t *out_told, uint64_t *out_held)
{
    *out_told = waits->told;
    *out_held = waits->held;
}
