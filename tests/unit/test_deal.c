/* Who plays in which division of a league's next season: ups, downs, newcomers and who comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrator/pairing/deal.h"

enum { PLAYERS_MAX = 64 };

struct scene {
    struct arena arena;
    struct deal_player players[PLAYERS_MAX];
    int count;
    int division[PLAYERS_MAX];
    int order[PLAYERS_MAX];
    int divisions;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){0};
    arena_init(&scene->arena, 1 << 20);
}

/* A whole division of last season, by rank. */
static void add_division(struct scene *scene, int number, int lowest, int size)
{
    for (int rank = 1; rank <= size; rank++)
        scene->players[scene->count++] =
            (struct deal_player){.division = number, .lowest = lowest, .size = size, .rank = rank};
}

static void add_new(struct scene *scene, int count)
{
    for (int i = 0; i < count; i++)
        scene->players[scene->count++] = (struct deal_player){.rating = 1500 - i};
}

static void deal(struct scene *scene, int size, int size_min, int lowest)
{
    const struct deal_rules rules = {size, size_min, LEAGUE_SIXTH, lowest};
    assert_int_equal(deal_divisions(scene->players, scene->count, &rules, &scene->arena,
                                    scene->division, scene->order, &scene->divisions),
                     STATUS_OK);
}

static void best_go_up_and_last_go_down(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    add_division(&scene, 1, 2, 12);
    add_division(&scene, 2, 2, 12);
    deal(&scene, 12, 10, 2);
    assert_int_equal(scene.divisions, 2);
    for (int i = 0; i < 10; i++)
        assert_int_equal(scene.division[i], 1); /* the champion and who stayed */
    assert_int_equal(scene.division[10], 2);    /* two of twelve are a sixth */
    assert_int_equal(scene.division[11], 2);
    assert_int_equal(scene.division[12], 1);
    assert_int_equal(scene.division[13], 1);
    assert_int_equal(scene.division[14], 2);
    arena_deinit(&scene.arena);
}

static void what_is_promised_holds_where_few_leave(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    add_division(&scene, 1, 3, 12);
    add_division(&scene, 2, 3, 12);
    add_division(&scene, 3, 3, 12);
    deal(&scene, 12, 10, 3);
    for (int i = 0; i < scene.count; i++) {
        enum league_status status = deal_status(&scene.players[i], LEAGUE_SIXTH);
        if (status == LEAGUE_PROMOTED)
            assert_true(scene.division[i] < scene.players[i].division);
        if (status == LEAGUE_STAYED && scene.players[i].division < 3)
            assert_true(scene.division[i] <= scene.players[i].division);
    }
    arena_deinit(&scene.arena);
}

static void a_small_last_division_joins_the_one_above(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    add_new(&scene, 27); /* 16 and 11 */
    deal(&scene, 16, 12, 0);
    assert_int_equal(scene.divisions, 1);
    deal(&scene, 16, 11, 0);
    assert_int_equal(scene.divisions, 2);
    assert_int_equal(scene.division[15], 1); /* newcomers by rating */
    assert_int_equal(scene.division[16], 2);
    arena_deinit(&scene.arena);
}

static void who_was_away_comes_back_behind_who_stayed(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    add_division(&scene, 1, 1, 12);
    scene.players[0].away = 2;
    scene.players[1].away = 5;
    assert_int_equal(deal_status(&scene.players[0], LEAGUE_SIXTH), LEAGUE_SHORT_HIATUS);
    assert_int_equal(deal_status(&scene.players[1], LEAGUE_SIXTH), LEAGUE_LONG_HIATUS);
    assert_int_equal(deal_status(&scene.players[2], LEAGUE_SIXTH), LEAGUE_STAYED);
    deal(&scene, 6, 6, 1);
    assert_int_equal(scene.divisions, 2);
    assert_int_equal(scene.order[11], 1);
    assert_int_equal(scene.order[10], 0);
    arena_deinit(&scene.arena);
}

static void nobody_has_more_games_than_the_league_allows(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 1 << 22);
    for (int players = 2; players <= 27; players++)
        for (int most = 2; most <= LEAGUE_GAMES_MAX; most++) {
            struct league_ask ask = {.players = players, .rounds_max = most, .seed = 7};
            struct league_game *games = NULL;
            struct fault fault;
            int count = 0;
            int played[PLAYERS_MAX] = {0};
            assert_int_equal(league_schedule(&ask, &arena, &games, &count, &fault), STATUS_OK);
            assert_true(count > 0);
            for (int i = 0; i < count; i++) {
                played[games[i].one]++;
                played[games[i].other]++;
            }
            for (int i = 0; i < players; i++)
                assert_true(played[i] <= most);
            arena_reset(&arena);
        }
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_go_up_and_last_go_down),
        cmocka_unit_test(what_is_promised_holds_where_few_leave),
        cmocka_unit_test(a_small_last_division_joins_the_one_above),
        cmocka_unit_test(nobody_has_more_games_than_the_league_allows),
        cmocka_unit_test(who_was_away_comes_back_behind_who_stayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
