/* Games kept in hand: the latest of them, within so many bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gamesvc/hand.h"

enum { GAME_BYTES = 100 << 10, GAMES = 400, BYTES_MAX = 64 << 20, NAME_SIZE = 16 };

static void name_of(int number, char out[NAME_SIZE])
{
    (void)snprintf(out, NAME_SIZE, "game-%d", number);
}

/* A game that takes so much memory, besides its own. */
static struct hand *make(int number, size_t bytes)
{
    Arbiter__V1__LoadGameReply stored = ARBITER__V1__LOAD_GAME_REPLY__INIT;
    Arbiter__V1__Game game = ARBITER__V1__GAME__INIT;
    Arbiter__V1__GameRequest request = ARBITER__V1__GAME_REQUEST__INIT;
    const struct table_tools tools = {0};
    char name[NAME_SIZE];
    enum status status;
    struct fault fault = {0};
    name_of(number, name);
    request.rules = (char *)"reported";
    game.game_id = name;
    game.first = (char *)"ann";
    game.second = (char *)"bob";
    game.request = &request;
    stored.game = &game;
    struct hand *hand = hand_create(&tools, &stored, &status, &fault);
    if (hand == NULL)
        fail_msg("%s: %s", status_name(status), fault.text);
    if (bytes > 0)
        assert_non_null(arena_alloc(&hand->arena, bytes));
    return hand;
}

static bool holds(struct hands *hands, int number)
{
    char name[NAME_SIZE];
    name_of(number, name);
    struct hand *hand = hands_take(hands, name);
    hand_destroy(hand);
    return hand != NULL;
}

static void what_is_kept_is_taken_once(void **state)
{
    (void)state;
    struct hands hands = {.bytes_max = BYTES_MAX};
    hands_keep(&hands, make(1, 0));
    assert_true(hands.bytes > 0);
    assert_false(holds(&hands, 2));
    assert_true(holds(&hands, 1));
    assert_false(holds(&hands, 1));
    assert_int_equal(hands.bytes, 0);
}

static void the_longest_kept_make_room(void **state)
{
    (void)state;
    struct hands hands = {.bytes_max = BYTES_MAX};
    for (int i = 0; i < GAMES; i++) {
        hands_keep(&hands, make(i, GAME_BYTES));
        assert_true(hands.bytes <= BYTES_MAX);
    }
    assert_true(hands.bytes > BYTES_MAX / 2);
    assert_false(holds(&hands, 0));
    assert_true(holds(&hands, GAMES - 1));
    hands_deinit(&hands);
    assert_int_equal(hands.bytes, 0);
}

static void what_is_large_is_not_kept(void **state)
{
    (void)state;
    struct hands hands = {.bytes_max = BYTES_MAX};
    hands_keep(&hands, make(1, HAND_BYTES_MAX));
    assert_int_equal(hands.bytes, 0);
    assert_false(holds(&hands, 1));
}

static void nothing_is_kept_where_nothing_may_be(void **state)
{
    (void)state;
    struct hands hands = {0};
    hands_keep(&hands, make(1, 0));
    assert_int_equal(hands.bytes, 0);
    assert_false(holds(&hands, 1));
}

/* Two tasks played on one game, each with a hand of its own. */
static void of_two_the_one_with_more_turns_stays(void **state)
{
    (void)state;
    const struct rules_turn turn = {0};
    for (int ahead = 0; ahead < 2; ahead++) {
        struct hands hands = {.bytes_max = BYTES_MAX};
        struct hand *both[] = {make(1, 0), make(1, 0)};
        assert_int_equal(hand_advance(both[ahead], &turn, 0), STATUS_OK);
        hands_keep(&hands, both[0]);
        hands_keep(&hands, both[1]);
        struct hand *kept = hands_take(&hands, both[ahead]->stored->game->game_id);
        assert_ptr_equal(kept, both[ahead]);
        assert_int_equal(hands.bytes, 0);
        hand_destroy(kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_taken_once),
        cmocka_unit_test(the_longest_kept_make_room),
        cmocka_unit_test(what_is_large_is_not_kept),
        cmocka_unit_test(nothing_is_kept_where_nothing_may_be),
        cmocka_unit_test(of_two_the_one_with_more_turns_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
