/* A rating state as bytes: fixed size, little-endian, so that equal states are equal bytes. */
#include "orchestrator/rating/rating.h"

#include <assert.h>
#include <string.h>

static const uint32_t STATE_VERSION = 1;

/* Writes or reads one number after the other. */
struct cursor {
    uint8_t *out;
    const uint8_t *in;
    size_t at;
};

static void put(struct cursor *cursor, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        cursor->out[cursor->at++] = (uint8_t)(value >> (8 * i));
}

static void put_double(struct cursor *cursor, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(cursor, bits, sizeof bits);
}

static uint64_t take(struct cursor *cursor, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)cursor->in[cursor->at++] << (8 * i);
    return value;
}

static double take_double(struct cursor *cursor)
{
    uint64_t bits = take(cursor, sizeof bits);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int32_t take_int32(struct cursor *cursor)
{
    uint32_t bits = (uint32_t)take(cursor, 4);
    int32_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int64_t take_int64(struct cursor *cursor)
{
    uint64_t bits = take(cursor, 8);
    int64_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void rating_state_encode(const struct rating_state *state, uint8_t out_bytes[RATING_STATE_SIZE])
{
    struct cursor cursor = {.out = out_bytes};
    put(&cursor, STATE_VERSION, 4);
    put_double(&cursor, state->rating);
    put_double(&cursor, state->deviation);
    put_double(&cursor, state->volatility);
    put_double(&cursor, state->peak);
    put(&cursor, (uint64_t)state->rated_at_ms, 8);
    put(&cursor, (uint32_t)state->games, 4);
    put(&cursor, (uint32_t)state->wins, 4);
    put(&cursor, (uint32_t)state->losses, 4);
    put(&cursor, state->flags, 4);
    put(&cursor, (uint32_t)state->pool_games, 4);
    put(&cursor, (uint32_t)state->pool_points_x2, 4);
    put(&cursor, (uint64_t)state->pool_rating_sum, 8);
    assert(cursor.at == RATING_STATE_SIZE);
}

/* Whether the number is finite and not absurd; false for a NaN. */
static bool sane(double value, double low)
{
    return value >= low && value <= 1e6;
}

static bool is_count(int32_t count)
{
    return count >= 0 && count <= RATING_COUNT_MAX;
}

static bool state_can_be(const struct rating_state *state)
{
    bool numbers = sane(state->rating, -1e6) && sane(state->peak, -1e6) &&
                   sane(state->deviation, 0.0) && sane(state->volatility, 0.0);
    bool counts = is_count(state->games) && is_count(state->wins) && is_count(state->losses) &&
                  is_count(state->pool_games) && is_count(state->pool_points_x2);
    int64_t sum_max = 1000000 * (int64_t)state->pool_games;
    bool pool = state->pool_points_x2 <= 2 * (int64_t)state->pool_games &&
                state->pool_rating_sum >= 0 && state->pool_rating_sum <= sum_max;
    return numbers && counts && pool;
}

enum status rating_state_decode(const uint8_t *bytes, size_t size, struct rating_state *out_state)
{
    struct cursor cursor = {.in = bytes};
    if (size != RATING_STATE_SIZE || take(&cursor, 4) != STATE_VERSION)
        return STATUS_DATA_LOSS;
    struct rating_state state = {0};
    state.rating = take_double(&cursor);
    state.deviation = take_double(&cursor);
    state.volatility = take_double(&cursor);
    state.peak = take_double(&cursor);
    state.rated_at_ms = take_int64(&cursor);
    state.games = take_int32(&cursor);
    state.wins = take_int32(&cursor);
    state.losses = take_int32(&cursor);
    state.flags = (uint32_t)take(&cursor, 4);
    state.pool_games = take_int32(&cursor);
    state.pool_points_x2 = take_int32(&cursor);
    state.pool_rating_sum = take_int64(&cursor);
    if (!state_can_be(&state))
        return STATUS_DATA_LOSS;
    *out_state = state;
    return STATUS_OK;
}
