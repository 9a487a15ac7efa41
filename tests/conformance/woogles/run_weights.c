/* Runners of the files about weighed pairings and the Australian draw. */
#include "orchestrator/pairing/weights.h"
#include "tests/conformance/woogles/round.h"
#include "tests/conformance/woogles/woogles.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAST_MAX 4096
#define FORBIDDEN_MAX 4096
#define PROHIBITED ((int64_t)1 << 52)
#define RANK_UNIT ((int64_t)1 << 21)

static struct round round_state;
static struct pairing_past past[PAST_MAX];
static struct pairing_forbidden forbidden[FORBIDDEN_MAX];

static int member_index(const json_t *pool, const char *id, size_t length)
{
    size_t index;
    const json_t *member;
    json_array_foreach(pool, index, member)
    {
        const char *own = woogles_text(member, "id");
        if (strlen(own) == length && strncmp(own, id, length) == 0)
            return (int)index;
    }
    return PAIRING_NOBODY;
}

/* Splits "a::b" into two members of the pool; false where one is not in it. */
static bool key_pair(const json_t *pool, const char *key, int *one, int *other)
{
    const char *split = strstr(key, "::");
    if (split == NULL)
        return false;
    *one = member_index(pool, key, (size_t)(split - key));
    *other = member_index(pool, split + 2, strlen(split + 2));
    return *one != PAIRING_NOBODY && *other != PAIRING_NOBODY;
}

static void past_add(struct round *round, int one, int other, int number)
{
    if (round->input.past_count < PAST_MAX)
        past[round->input.past_count++] =
            (struct pairing_past){.round_number = number,
                                  .first = one,
                                  .second = other,
                                  .result_first = PAIRING_RESULT_WIN,
                                  .result_second = PAIRING_RESULT_LOSS};
}

static void pool_read(struct round *round, const json_t *pool)
{
    size_t index;
    const json_t *member;
    json_array_foreach(pool, index, member)
    {
        struct pairing_player *player = &round->players[index];
        player->points = (int)(2 * woogles_int(member, "wins") + woogles_int(member, "draws"));
        player->spread = (int)woogles_int(member, "spread");
        player->rating = (int)woogles_int(member, "rating");
        player->misses = (int)woogles_int(member, "misses");
        const json_t *range = json_object_get(member, "rating_range");
        player->rating_min = (int)woogles_value(json_array_get(range, 0));
        player->rating_max = (int)woogles_value(json_array_get(range, 1));
        size_t at;
        const json_t *blocked;
        json_array_foreach(json_object_get(member, "blocking"), at, blocked)
        {
            const char *id = json_string_value(blocked);
            int other = member_index(pool, id, strlen(id));
            if (other != PAIRING_NOBODY && round->input.forbidden_count < FORBIDDEN_MAX)
                forbidden[round->input.forbidden_count++] =
                    (struct pairing_forbidden){.one = (int)index, .other = other};
        }
    }
    round->input.past = past;
    round->input.forbidden = forbidden;
}

static bool pairs_are(const struct round *round, const json_t *pairs)
{
    size_t index;
    const json_t *pair;
    json_array_foreach(pairs, index, pair)
    {
        int one = (int)woogles_value(json_array_get(pair, 0));
        int other = (int)woogles_value(json_array_get(pair, 1));
        if (round->opponents[one] != other || round->opponents[other] != one)
            return false;
    }
    return true;
}

struct swiss_case {
    const json_t *pool;
    const json_t *repeats;
    int max_repeats;
    bool over_allowed;
    int repeat_weight;
    int win_weight;
};

static int swiss_meetings(const struct swiss_case *swiss, int one, int other)
{
    const char *key;
    json_t *times;
    json_object_foreach((json_t *)(uintptr_t)swiss->repeats, key, times)
    {
        int a;
        int b;
        if (key_pair(swiss->pool, key, &a, &b) &&
            ((a == one && b == other) || (a == other && b == one)))
            return (int)json_integer_value(times);
    }
    return 0;
}

/* The other platform's weight of a pair, from our parts of it. */
static int64_t swiss_weight(const struct round *round, const struct swiss_case *swiss, int one,
                            int other)
{
    const struct pairing_player *a = &round->players[one];
    const struct pairing_player *b = &round->players[other];
    int over = swiss_meetings(swiss, one, other) + 1 - swiss->max_repeats;
    over = over > 0 ? over : 0;
    int64_t rank = weight_rank(abs(a->points - b->points), swiss->over_allowed ? over : 0,
                               swiss->win_weight, swiss->repeat_weight);
    return rank * RANK_UNIT - abs(a->spread - b->spread) +
           (over > 0 && !swiss->over_allowed ? PROHIBITED : 0);
}

static bool swiss_run(struct round *round, const json_t *object)
{
    const json_t *controls = json_object_get(object, "controls");
    struct swiss_case swiss = {
        .pool = json_object_get(object, "pool"),
        .repeats = json_object_get(object, "repeats"),
        .max_repeats = (int)woogles_int(controls, "max_repeats"),
        .over_allowed = woogles_bool(controls, "allow_over_max_repeats"),
        .repeat_weight = (int)woogles_int(controls, "repeat_relative_weight"),
        .win_weight = (int)woogles_int(controls, "win_difference_relative_weight")};
    pool_read(round, swiss.pool);
    round->policy.repeats_max = swiss.max_repeats;
    round->policy.repeats_over_allowed = swiss.over_allowed;
    round->policy.repeat_weight = swiss.repeat_weight;
    round->policy.win_weight = swiss.win_weight;
    round->input.round_number = 100;
    for (int i = 0; i < round->input.players_count; i++)
        for (int j = i + 1; j < round->input.players_count; j++)
            for (int k = swiss_meetings(&swiss, i, j); k > 0; k--)
                past_add(round, i, j, k);
    bool made = round_pair(round);
    if (json_is_string(json_object_get(object, "expect_error")))
        return !made && round->output.verdict == PAIRING_IMPOSSIBLE;
    int64_t total = 0;
    for (int i = 0; i < round->input.players_count; i++)
        if (round->opponents[i] > i)
            total += swiss_weight(round, &swiss, i, round->opponents[i]);
    size_t index;
    const json_t *weight;
    json_array_foreach(json_object_get(object, "weights"), index, weight)
    {
        if (swiss_weight(round, &swiss, (int)woogles_int(weight, "i"),
                         (int)woogles_int(weight, "j")) != woogles_int(weight, "weight"))
            return false;
    }
    if (woogles_int(object, "optimal_matchings") == 1 &&
        !pairs_are(round, json_object_get(object, "pairs")))
        return false;
    return made && round->output.proved && total == woogles_int(object, "min_total");
}

void run_swiss(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *object;
    json_array_foreach(json_object_get(root, "cases"), index, object)
    {
        round_init(&round_state, PAIRING_SWISS,
                   (int)json_array_size(json_object_get(object, "pool")));
        woogles_case(tally, swiss_run(&round_state, object), "case %s",
                     woogles_text(object, "name"));
        round_deinit(&round_state);
    }
}

static int64_t quickpair_weight(const struct pairing_player *a, const struct pairing_player *b)
{
    int64_t one = weight_patience(a->misses);
    int64_t other = weight_patience(b->misses);
    return abs(a->rating - b->rating) - (one < other ? one : other) -
           (weight_ranges_agree(a, b, true) ? WEIGHT_RANGE_BONUS : 0);
}

static bool quickpair_run(struct round *round, const json_t *object)
{
    pool_read(round, json_object_get(object, "pool"));
    bool made = round_pair(round);
    size_t index;
    const json_t *weight;
    json_array_foreach(json_object_get(object, "weights"), index, weight)
    {
        if (quickpair_weight(&round->players[woogles_int(weight, "i")],
                             &round->players[woogles_int(weight, "j")]) !=
            woogles_int(weight, "weight"))
            return false;
    }
    int64_t total = 0;
    for (int i = 0; i < round->input.players_count; i++)
        if (round->opponents[i] > i)
            total += quickpair_weight(&round->players[i], &round->players[round->opponents[i]]);
    if (woogles_int(object, "optimal_matchings") == 1 &&
        !pairs_are(round, json_object_get(object, "pairs")))
        return false;
    return made && total == woogles_int(object, "min_total");
}

void run_quickpair(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *object;
    json_array_foreach(json_object_get(root, "cases"), index, object)
    {
        round_init(&round_state, PAIRING_QUICKPAIR,
                   (int)json_array_size(json_object_get(object, "pool")));
        woogles_case(tally, quickpair_run(&round_state, object), "case %s",
                     woogles_text(object, "name"));
        round_deinit(&round_state);
    }
}

/* Seeds by id, no ranks: the standing is ours to compute. */
static void seed_by_id(struct round *round, const json_t *members)
{
    for (int i = 0; i < round->input.players_count; i++) {
        int before = 0;
        for (int j = 0; j < round->input.players_count; j++)
            before += strcmp(woogles_text(json_array_get(members, (size_t)j), "id"),
                             woogles_text(json_array_get(members, (size_t)i), "id")) < 0;
        round->players[i].seed = before + 1;
        round->players[i].rank = 0;
    }
}

static bool australian_run(struct round *round, const json_t *object)
{
    const json_t *members = json_object_get(object, "members");
    pool_read(round, members);
    seed_by_id(round, members);
    round->policy.repeats_max = (int)woogles_int(object, "max_repeats") + 1;
    round->policy.reset_round = (int)woogles_int(object, "reset_round") + 1;
    round->input.round_number = (int)woogles_int(object, "round") + 1;
    const char *key;
    json_t *rounds;
    json_object_foreach(json_object_get(object, "meeting_rounds"), key, rounds)
    {
        int one;
        int other;
        if (!key_pair(members, key, &one, &other))
            continue;
        for (size_t i = 0; i < json_array_size(rounds); i++)
            past_add(round, one, other, (int)woogles_value(json_array_get(rounds, i)) + 1);
    }
    bool made = round_pair(round);
    const json_t *expected = json_object_get(object, "expect");
    if (!json_is_object(expected) || json_object_get(object, "expect_error") != NULL)
        return !made;
    bool same = made && json_object_size(expected) == json_array_size(members);
    json_t *opponent;
    json_object_foreach((json_t *)(uintptr_t)expected, key, opponent)
    {
        int one = member_index(members, key, strlen(key));
        const char *id = json_string_value(opponent);
        int other = id[0] == '\0' ? -1 : member_index(members, id, strlen(id));
        same = same && one >= 0 && round->opponents[one] == other;
    }
    return same;
}

/* A file's extra: opponents in the first round of a field of n. */
static bool casement_is(const json_t *vector)
{
    int count = (int)woogles_int(vector, "n");
    round_init(&round_state, PAIRING_AUSTRALIAN, count);
    const json_t *barred = json_object_get(vector, "barred_from_bye");
    for (size_t i = 0; i < json_array_size(barred); i++)
        round_state.players[woogles_value(json_array_get(barred, i))].bye_barred = true;
    bool same = round_pair(&round_state) &&
                woogles_ints_equal(json_object_get(vector, "expect"), round_state.opponents, count);
    round_deinit(&round_state);
    return same;
}

static bool order_is(const json_t *extra)
{
    const json_t *members = json_object_get(extra, "members");
    const json_t *expected = json_object_get(extra, "expect_order");
    round_init(&round_state, PAIRING_KING_OF_THE_HILL, (int)json_array_size(members));
    pool_read(&round_state, members);
    seed_by_id(&round_state, members);
    round_state.policy.first = PAIRING_FIRST_LISTED;
    bool same = round_pair(&round_state);
    for (int i = 0; same && i < round_state.output.pairs_count; i++) {
        const struct pairing_pair *pair = &round_state.output.pairs[i];
        const char *first = json_string_value(json_array_get(expected, 2 * (size_t)i));
        const char *second = json_string_value(json_array_get(expected, 2 * (size_t)i + 1));
        same = pair->first == member_index(members, first, strlen(first)) &&
               pair->second == member_index(members, second, strlen(second));
    }
    round_deinit(&round_state);
    return same;
}

static void australian_extra(const json_t *extra, struct woogles_tally *tally)
{
    const char *name = woogles_text(extra, "name");
    if (json_object_get(extra, "expect_order") != NULL) {
        woogles_case(tally, order_is(extra), "%s", name);
    } else if (json_object_get(extra, "vectors") != NULL) {
        size_t index;
        const json_t *vector;
        json_array_foreach(json_object_get(extra, "vectors"), index, vector)
        {
            woogles_case(tally, casement_is(vector), "%s %zu", name, index);
        }
    } else {
        woogles_case(tally, casement_is(extra), "%s", name);
    }
}

void run_australian(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *object;
    json_array_foreach(json_object_get(root, "cases"), index, object)
    {
        round_init(&round_state, PAIRING_AUSTRALIAN,
                   (int)json_array_size(json_object_get(object, "members")));
        woogles_case(tally, australian_run(&round_state, object), "case %s",
                     woogles_text(object, "name"));
        round_deinit(&round_state);
    }
    json_array_foreach(json_object_get(root, "extra"), index, object)
    {
        australian_extra(object, tally);
    }
}
