/* Buckets as the moments they will be full (the generic cell rate algorithm), in sets of eight. */
#include "seeks/quota.h"

#include <assert.h>
#include <stdlib.h>

enum { WAYS = 8 };

struct slot {
    uint64_t client;
    int64_t full_at_us; /* 0: nobody's */
};

struct quota {
    size_t set_count; /* a power of two */
    uint64_t forgotten;
    struct slot slots[]; /* WAYS a set */
};

struct quota *quota_create(size_t clients_max)
{
    size_t sets = 1;
    while (sets * WAYS < clients_max && sets * WAYS < QUOTA_CLIENTS_MAX)
        sets *= 2;
    struct quota *quota = calloc(1, sizeof *quota + sets * WAYS * sizeof(struct slot));
    if (quota != NULL)
        quota->set_count = sets;
    return quota;
}

void quota_destroy(struct quota *quota)
{
    free(quota);
}

uint64_t quota_forgotten(const struct quota *quota)
{
    return quota->forgotten;
}

/* Returns the client's slot, or the one of its set that is soonest full, made the client's. */
static struct slot *find_slot(struct quota *quota, uint64_t client, int64_t now_us)
{
    struct slot *set = quota->slots + (client & (quota->set_count - 1)) * WAYS;
    struct slot *fullest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].client == client && set[i].full_at_us != 0)
            return &set[i];
        if (set[i].full_at_us < fullest->full_at_us)
            fullest = &set[i];
    }
    if (fullest->full_at_us > now_us)
        quota->forgotten++;
    *fullest = (struct slot){.client = client};
    return fullest;
}

static int64_t up_to_ms(int64_t us)
{
    return (us + 999) / 1000;
}

void quota_take(struct quota *quota, uint64_t client, const struct quota_budget *budget,
                int64_t now_ms, struct quota_state *out_state)
{
    assert(budget->requests >= 1 && budget->requests <= QUOTA_REQUESTS_MAX);
    assert(budget->window_ms >= QUOTA_WINDOW_MIN_MS && budget->window_ms <= QUOTA_WINDOW_MAX_MS);
    int64_t now_us = now_ms * 1000;
    int64_t cost = (budget->window_ms * 1000 + budget->requests - 1) / budget->requests;
    int64_t size = cost * budget->requests;
    struct slot *slot = find_slot(quota, client, now_us);
    int64_t missing = slot->full_at_us > now_us ? slot->full_at_us - now_us : 0;
    if (missing > size)
        missing = size; /* the clock was set back */
    struct quota_state state = {.is_admitted = missing + cost <= size};
    if (state.is_admitted)
        missing += cost;
    slot->full_at_us = now_us + missing;
    state.left = (size - missing) / cost;
    state.next_in_ms = state.left > 0 ? 0 : up_to_ms(missing + cost - size);
    state.full_in_ms = up_to_ms(missing);
    *out_state = state;
}
