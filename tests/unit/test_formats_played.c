/* Every format of policies/formats that pairs itself is played to its end, round by round, on the
 * rows a store would hold: whole, odd and small fields, nobody twice in a round, promises kept. */
#include "orchestrator/division_record.h"

#include "base/buffer.h"
#include "base/random.h"
#include "orchestrator/standing/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PLAYERS_MAX = 40, ROWS_MAX = 400, ID_SIZE = 16, SEEDS = 20, PATH_SIZE = 200 };

struct event {
    struct arena arena;
    const struct format_division *format;
    Arbiter__V1__Division division;
    Arbiter__V1__Entrant entrants[PLAYERS_MAX];
    Arbiter__V1__Entrant *entrant_list[PLAYERS_MAX];
    char ids[PLAYERS_MAX][ID_SIZE];
    Arbiter__V1__BoardPairing pairings[ROWS_MAX];
    Arbiter__V1__BoardPairing *pairing_list[ROWS_MAX];
    int meetings[PLAYERS_MAX][PLAYERS_MAX];
    int byes[PLAYERS_MAX];
    struct random random;
};

static const struct format *read_policy(struct arena *arena, const char *name)
{
    struct buffer text = {0};
    char path[PATH_SIZE];
    struct yaml_faults faults = {.arena = arena};
    const struct format *format = NULL;
    (void)snprintf(path, sizeof path, "policies/formats/%s.yaml", name); /* short names */
    assert_int_equal(buffer_read_file(&text, path), STATUS_OK);
    assert_int_equal(format_read(arena, text.data, text.size, &faults, &format), STATUS_OK);
    buffer_deinit(&text);
    return format;
}

static void event_open(struct event *event, const char *policy, int players, uint64_t seed)
{
    *event = (struct event){0};
    arena_init(&event->arena, 64 << 20);
    event->format = &read_policy(&event->arena, policy)->divisions[0];
    struct standing_options options = {0};
    struct fault fault = {0};
    if (standing_order_parse(event->format->order, &options, &fault) != STATUS_OK)
        fail_msg("%s: order: %s", policy, fault.text);
    random_init_stream(&event->random, seed, policy, 0);
    arbiter__v1__division__init(&event->division);
    event->division.division_id = arena_format(&event->arena, "d%d", (int)seed);
    event->division.rounds = event->format->rounds;
    event->division.entrants = event->entrant_list;
    event->division.n_entrants = (size_t)players;
    event->division.pairings = event->pairing_list;
    for (int i = 0; i < players; i++) {
        (void)snprintf(event->ids[i], ID_SIZE, "p%d", i); /* fits */
        arbiter__v1__entrant__init(&event->entrants[i]);
        event->entrants[i].player_id = event->entrants[i].name = event->ids[i];
        event->entrants[i].seed = i + 1;
        event->entrants[i].rating = 2000 - 10 * i;
        event->entrant_list[i] = &event->entrants[i];
    }
}

static Arbiter__V1__BoardPairing *add_row(struct event *event, int round, int first)
{
    size_t n = event->division.n_pairings++;
    assert_true(n < ROWS_MAX);
    Arbiter__V1__BoardPairing *row = &event->pairings[n];
    arbiter__v1__board_pairing__init(row);
    event->pairing_list[n] = row;
    row->round = round;
    row->board = (int)n + 1;
    row->first = event->ids[first];
    row->status = "final";
    return row;
}

static void play_board(struct event *event, int round, const struct pairing_pair *pair)
{
    static char *const outcomes[] = {"first", "second", "draw"};
    Arbiter__V1__BoardPairing *row = add_row(event, round, pair->first);
    uint32_t drawn = (uint32_t)random_below(&event->random, 7);
    row->second = event->ids[pair->second];
    row->kind = "game";
    row->outcome = outcomes[drawn < 3 ? 0 : drawn < 6 ? 1 : 2];
    row->first_score = drawn < 3 ? 400 + (int)drawn : 350;
    row->second_score = drawn < 3 || drawn == 6 ? 350 : 400 + (int)drawn;
    event->meetings[pair->first][pair->second]++;
    event->meetings[pair->second][pair->first]++;
}

static void play_round(struct event *event, int round)
{
    struct pairing_input input;
    struct pairing_output output;
    struct fault fault = {0};
    bool is_seated[PLAYERS_MAX] = {false};
    assert_int_equal(
        division_to_pairing(&event->arena, &event->division, event->format, round, &input),
        STATUS_OK);
    if (pairing_make(&input, &event->arena, &output, &fault) != STATUS_OK)
        fail_msg("round %d: %s", round, fault.text);
    assert_int_equal(output.verdict, PAIRING_MADE);
    for (int i = 0; i < output.pairs_count; i++) {
        const struct pairing_pair *pair = &output.pairs[i];
        assert_false(is_seated[pair->first] || is_seated[pair->second]);
        is_seated[pair->first] = is_seated[pair->second] = true;
        play_board(event, round, pair);
    }
    for (int i = 0; i < output.rests_count; i++) {
        int player = output.rests[i].player;
        assert_false(is_seated[player]);
        is_seated[player] = true;
        event->byes[player]++;
        Arbiter__V1__BoardPairing *row = add_row(event, round, player);
        row->kind = "bye";
        row->outcome = "first";
        row->first_score = 50;
    }
    for (size_t i = 0; i < event->division.n_entrants; i++)
        assert_true(is_seated[i]);
}

static void event_play(struct event *event)
{
    for (int round = 1; round <= event->format->rounds; round++)
        play_round(event, round);
}

static int most_meetings(const struct event *event)
{
    int most = 0;
    for (int i = 0; i < PLAYERS_MAX; i++)
        for (int j = 0; j < PLAYERS_MAX; j++)
            most = event->meetings[i][j] > most ? event->meetings[i][j] : most;
    return most;
}

static int most_byes(const struct event *event)
{
    int most = 0;
    for (int i = 0; i < PLAYERS_MAX; i++)
        most = event->byes[i] > most ? event->byes[i] : most;
    return most;
}

static struct event event;

static void a_round_robin_meets_everybody_once(void **state)
{
    (void)state;
    for (int players = 7; players <= 8; players++) {
        event_open(&event, "round-robin", players, 1);
        event_play(&event);
        for (int i = 0; i < players; i++)
            for (int j = 0; j < players; j++)
                assert_int_equal(event.meetings[i][j], i != j);
        assert_int_equal(most_byes(&event), players == 7 ? 1 : 0);
        arena_deinit(&event.arena);
    }
}

static void a_club_night_repeats_nothing(void **state)
{
    (void)state;
    for (int seed = 1; seed <= SEEDS; seed++) {
        event_open(&event, "club-night", 23 + seed % 2, (uint64_t)seed);
        event_play(&event);
        if (most_meetings(&event) != 1 || most_byes(&event) > 1)
            fail_msg("seed %d: %d meetings, %d byes", seed, most_meetings(&event),
                     most_byes(&event));
        arena_deinit(&event.arena);
    }
}

static void a_weekend_under_fide_repeats_neither_game_nor_bye(void **state)
{
    (void)state;
    for (int seed = 1; seed <= SEEDS; seed++) {
        event_open(&event, "fide-swiss-weekend", 11 + seed, (uint64_t)seed);
        event_play(&event);
        if (most_meetings(&event) != 1 || most_byes(&event) > 1)
            fail_msg("seed %d: %d meetings, %d byes", seed, most_meetings(&event),
                     most_byes(&event));
        arena_deinit(&event.arena);
    }
}

static void the_last_round_is_for_the_hill(void **state)
{
    (void)state;
    for (int seed = 1; seed <= SEEDS; seed++) {
        struct pairing_input input;
        event_open(&event, "king-of-the-hill", 16, (uint64_t)seed);
        for (int round = 1; round <= 6; round++)
            play_round(&event, round);
        assert_int_equal(most_meetings(&event), 1);
        assert_int_equal(
            division_to_pairing(&event.arena, &event.division, event.format, 7, &input), STATUS_OK);
        size_t before = event.division.n_pairings;
        play_round(&event, 7);
        int first = division_find_player(&event.division, event.pairings[before].first);
        int second = division_find_player(&event.division, event.pairings[before].second);
        for (int i = 0; i < 16; i++)
            if (i != first && i != second)
                assert_true(input.players[i].points <= input.players[first].points &&
                            input.players[i].points <= input.players[second].points);
        arena_deinit(&event.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_robin_meets_everybody_once),
        cmocka_unit_test(a_club_night_repeats_nothing),
        cmocka_unit_test(a_weekend_under_fide_repeats_neither_game_nor_bye),
        cmocka_unit_test(the_last_round_is_for_the_hill),
    };
    return cmocka_run_group_tests_name("formats_played", tests, NULL, NULL);
}
