/* Games in hand, and which of them are kept. */
#include "gamesvc/hand.h"

#include <stdlib.h>
#include <string.h>

#include "proto/copy.h"

enum { GAME_BYTES_MAX = 16 << 20, TURNS_AT_FIRST = 16 };

static enum status take_turns(struct hand *hand)
{
    uint32_t count = hand->table.turn_count;
    hand->turn_capacity = count + TURNS_AT_FIRST;
    hand->turns = malloc(hand->turn_capacity * sizeof *hand->turns);
    if (hand->turns == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < count; i++)
        hand->turns[i] = hand->table.turns[i];
    hand->table.turns = hand->turns;
    return STATUS_OK;
}

struct hand *hand_create(const struct table_tools *tools, const Arbiter__V1__LoadGameReply *stored,
                         enum status *out_status, struct fault *out_fault)
{
    struct hand *hand = calloc(1, sizeof *hand);
    *out_status = STATUS_FULL;
    if (hand == NULL)
        return NULL;
    arena_init(&hand->arena, GAME_BYTES_MAX);
    hand->tools.shelf = tools->shelf;
    hand->tools.keys = tools->keys;
    hand->tools.unsafe_draws = tools->unsafe_draws;
    hand->stored = (Arbiter__V1__LoadGameReply *)proto_copy(&stored->base);
    if (hand->stored != NULL)
        *out_status =
            table_replay(&hand->arena, &hand->tools, hand->stored, &hand->table, out_fault);
    if (*out_status == STATUS_OK)
        *out_status = take_turns(hand);
    if (*out_status == STATUS_OK)
        *out_status = requests_decode(&hand->arena, hand->stored->requests, &hand->requests);
    if (*out_status == STATUS_OK)
        return hand;
    hand_destroy(hand);
    return NULL;
}

void hand_destroy(struct hand *hand)
{
    if (hand == NULL)
        return;
    table_tools_forget(&hand->tools);
    arena_deinit(&hand->arena);
    if (hand->stored != NULL)
        arbiter__v1__load_game_reply__free_unpacked(hand->stored, NULL);
    free(hand->turns);
    free(hand);
}

enum status hand_advance(struct hand *hand, const struct rules_turn *turn, int64_t deadline_at_ms)
{
    struct table *table = &hand->table;
    if (table->turn_count == hand->turn_capacity) {
        uint32_t capacity = hand->turn_capacity * 2;
        struct rules_turn *turns = realloc(hand->turns, capacity * sizeof *turns);
        if (turns == NULL)
            return STATUS_FULL;
        hand->turns = turns;
        hand->turn_capacity = capacity;
        table->turns = turns;
    }
    hand->turns[table->turn_count++] = *turn;
    hand->stored->game->turn_count = (int32_t)table->turn_count;
    hand->stored->game->deadline_at_ms = deadline_at_ms;
    return STATUS_OK;
}

/* ---- kept warm --------------------------------------------------------------------------- */

/* About what it takes of memory: an arena's blocks double. */
static size_t bytes_of(const struct hand *hand)
{
    return sizeof *hand + 2 * hand->arena.used + hand->turn_capacity * sizeof *hand->turns +
           2 * arbiter__v1__load_game_reply__get_packed_size(hand->stored);
}

static void take_out(struct hands *hands, struct hand *hand)
{
    HASH_DEL(hands->first, hand);
    hands->bytes -= hand->bytes;
}

struct hand *hands_take(struct hands *hands, const char *game_id)
{
    struct hand *hand = NULL;
    HASH_FIND_STR(hands->first, game_id, hand);
    if (hand != NULL)
        take_out(hands, hand);
    return hand;
}

void hands_keep(struct hands *hands, struct hand *hand)
{
    struct hand *other = NULL;
    const char *game_id = hand->stored->game->game_id;
    HASH_FIND_STR(hands->first, game_id, other);
    hand->bytes = bytes_of(hand);
    bool is_behind = other != NULL && other->table.turn_count >= hand->table.turn_count;
    if (is_behind || rules_result(hand->table.game).over || hand->bytes > HAND_BYTES_MAX ||
        hand->bytes > hands->bytes_max) {
        hand_destroy(hand);
        return;
    }
    if (other != NULL) {
        take_out(hands, other);
        hand_destroy(other);
    }
    while (hands->bytes + hand->bytes > hands->bytes_max) {
        struct hand *oldest = hands->first;
        take_out(hands, oldest);
        hand_destroy(oldest);
    }
    hands->bytes += hand->bytes;
    HASH_ADD_KEYPTR(hh, hands->first, game_id, strlen(game_id), hand);
}

void hands_deinit(struct hands *hands)
{
    while (hands->first != NULL) {
        struct hand *hand = hands->first;
        take_out(hands, hand);
        hand_destroy(hand);
    }
}
