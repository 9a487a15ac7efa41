/* Every file under policies/formats is played to its end with results made up from a seed, whatever
 * its methods: fields of all sizes that it allows, nobody in two places, brackets down to one
 * winner, matches game by game, arenas wave by wave, a league over three seasons. */
#include "orchestrator/format/format_check.h"
#include "orchestrator/pairing/league.h"
#include "orchestrator/pairing/pairing.h"

#include "base/buffer.h"
#include "base/random.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
    PLAYERS_MAX = 40,
    PAST_MAX = 20000,
    FILES_MIN = 9,
    PATH_SIZE = 512,
    MEMORY_MAX = 256 << 20,
    WAVES_A_GAME = 12,
    SEASONS = 3
};

struct play {
    const struct format *format;
    const struct format_division *division;
    struct pairing_player players[PLAYERS_MAX];
    int count;
    struct pairing_past past[PAST_MAX];
    int past_count;
    int busy_until[PLAYERS_MAX]; /* arena: the wave in which the player is free again */
    int lost[PLAYERS_MAX];       /* matches */
    int games;
    struct random random;
};

static struct play play;

/* ---- results ----------------------------------------------------------------------------- */

static void add_past(int round, int first, int second, enum pairing_result result)
{
    assert_true(play.past_count < PAST_MAX);
    static const enum pairing_result against[] = {
        [PAIRING_RESULT_WIN] = PAIRING_RESULT_LOSS,
        [PAIRING_RESULT_LOSS] = PAIRING_RESULT_WIN,
        [PAIRING_RESULT_DRAW] = PAIRING_RESULT_DRAW,
        [PAIRING_RESULT_BYE] = PAIRING_RESULT_OPEN,
    };
    int margin = 1 + (int)random_below(&play.random, 150);
    play.past[play.past_count++] =
        (struct pairing_past){.round_number = round,
                              .first = first,
                              .second = second,
                              .result_first = result,
                              .result_second = against[result],
                              .score_first = 400 + (result == PAIRING_RESULT_WIN ? margin : 0),
                              .score_second = 400 + (result == PAIRING_RESULT_LOSS ? margin : 0)};
}

static void add_points(int player, enum pairing_result result)
{
    play.players[player].points += result == PAIRING_RESULT_DRAW   ? 1
                                   : result == PAIRING_RESULT_LOSS ? 0
                                                                   : 2;
}

static enum pairing_result draw_result(bool may_draw)
{
    uint64_t drawn = random_below(&play.random, may_draw ? 7 : 6);
    return drawn < 3 ? PAIRING_RESULT_WIN : drawn < 6 ? PAIRING_RESULT_LOSS : PAIRING_RESULT_DRAW;
}

/* Plays the games of one pair until the match is decided; the sides change. */
static void play_pair(int round, const struct pairing_pair *pair, bool knocks_out)
{
    int wanted = play.division->games_per_round;
    int won[2] = {0, 0};
    for (int game = 0; game < wanted && won[0] <= wanted / 2 && won[1] <= wanted / 2; game++) {
        int first = game % 2 == 0 ? pair->first : pair->second;
        int second = game % 2 == 0 ? pair->second : pair->first;
        enum pairing_result result = draw_result(!knocks_out);
        add_past(round, first, second, result);
        play.games++;
        int winner = result == PAIRING_RESULT_WIN ? first : second;
        if (result != PAIRING_RESULT_DRAW)
            won[winner == pair->first ? 0 : 1]++;
        if (wanted == 1) {
            add_points(first, result);
            add_points(second, result == PAIRING_RESULT_WIN    ? PAIRING_RESULT_LOSS
                               : result == PAIRING_RESULT_LOSS ? PAIRING_RESULT_WIN
                                                               : result);
        }
    }
    if (won[0] != won[1])
        play.lost[won[0] > won[1] ? pair->second : pair->first]++;
}

/* ---- rounds ------------------------------------------------------------------------------ */

static const struct pairing_output *pair_round(struct arena *arena, int round)
{
    static struct pairing_output output;
    struct fault fault = {0};
    struct pairing_input input = {.players = play.players,
                                  .players_count = play.count,
                                  .past = play.past,
                                  .past_count = play.past_count,
                                  .round_number = round,
                                  .rounds_total = play.division->rounds,
                                  .seed = 7,
                                  .policy = &format_range_of(play.division, round)->pairing};
    if (pairing_make(&input, arena, &output, &fault) != STATUS_OK)
        fail_msg("%s, %d players, round %d: %s", play.format->name, play.count, round, fault.text);
    if (output.verdict != PAIRING_MADE)
        fail_msg("%s, %d players, round %d: %s", play.format->name, play.count, round,
                 output.conflicts_count > 0 ? output.conflicts[0].text : "not made");
    return &output;
}

static void play_round(int round, bool knocks_out, bool is_arena)
{
    struct arena arena;
    bool is_seated[PLAYERS_MAX] = {false};
    arena_init(&arena, MEMORY_MAX);
    const struct pairing_output *output = pair_round(&arena, round);
    for (int i = 0; i < output->pairs_count; i++) {
        const struct pairing_pair *pair = &output->pairs[i];
        assert_false(is_seated[pair->first] || is_seated[pair->second]);
        is_seated[pair->first] = is_seated[pair->second] = true;
        play_pair(round, pair, knocks_out);
        play.busy_until[pair->first] = play.busy_until[pair->second] = round + WAVES_A_GAME;
    }
    for (int i = 0; i < output->rests_count; i++) {
        int player = output->rests[i].player;
        assert_false(is_seated[player]);
        is_seated[player] = true;
        bool is_bye = output->rests[i].kind == PAIRING_REST_BYE;
        if (is_bye && !is_arena) {
            add_past(round, player, PAIRING_NOBODY, PAIRING_RESULT_BYE);
            add_points(player, PAIRING_RESULT_BYE);
        }
    }
    for (int i = 0; i < play.count; i++)
        assert_true(is_seated[i]);
    arena_deinit(&arena);
}

static void begin(const struct format *format, int players, uint64_t seed)
{
    play = (struct play){.format = format, .division = &format->divisions[0], .count = players};
    random_init(&play.random, seed);
    for (int i = 0; i < players; i++)
        play.players[i] = (struct pairing_player){
            .id = i + 1, .seed = i + 1, .rating = 2000 - 20 * i, .joined_round = 1};
}

static int count_with_losses(int least)
{
    int count = 0;
    for (int i = 0; i < play.count; i++)
        count += play.lost[i] >= least ? 1 : 0;
    return count;
}

static void play_bracket(int losses)
{
    int rounds = format_rounds_needed(&play.division->ranges[0].pairing, play.count);
    assert_true(rounds <= play.division->rounds);
    for (int round = 1; round <= rounds && count_with_losses(losses) < play.count - 1; round++)
        play_round(round, true, false);
    if (count_with_losses(losses) != play.count - 1)
        fail_msg("%s, %d players: %d are out after %d rounds", play.format->name, play.count,
                 count_with_losses(losses), rounds);
}

static void play_arena(void)
{
    for (int wave = 1; wave <= play.division->rounds; wave++) {
        int free_players = 0;
        for (int i = 0; i < play.count; i++) {
            bool is_free = play.busy_until[i] <= wave;
            play.players[i].state = is_free ? PAIRING_ACTIVE : PAIRING_ABSENT;
            play.players[i].waiting_ms = is_free ? (wave - play.busy_until[i]) * 10000 : 0;
            free_players += is_free ? 1 : 0;
        }
        if (free_players >= 2)
            play_round(wave, false, true);
    }
    /* An hour of games that take two minutes each: nobody sits idle for long. */
    if (play.games < play.count / 2 * (play.division->rounds / WAVES_A_GAME) * 8 / 10)
        fail_msg("%s: only %d games", play.format->name, play.games);
}

static void check_round_robin(void)
{
    int meetings[PLAYERS_MAX][PLAYERS_MAX] = {{0}};
    for (int i = 0; i < play.past_count; i++)
        if (play.past[i].second != PAIRING_NOBODY) {
            meetings[play.past[i].first][play.past[i].second]++;
            meetings[play.past[i].second][play.past[i].first]++;
        }
    if (format_rounds_needed(&play.division->ranges[0].pairing, play.count) !=
        play.division->rounds)
        return;
    for (int i = 0; i < play.count; i++)
        for (int j = 0; j < play.count; j++)
            assert_int_equal(meetings[i][j], i != j);
}

static void play_event(const struct format *format, int players, uint64_t seed)
{
    begin(format, players, seed);
    enum pairing_method method = play.division->ranges[0].pairing.method;
    if (method == PAIRING_ELIMINATION || method == PAIRING_DOUBLE_ELIMINATION) {
        play_bracket(method == PAIRING_ELIMINATION ? 1 : 2);
        return;
    }
    if (method == PAIRING_ARENA) {
        play_arena();
        return;
    }
    for (int round = 1; round <= play.division->rounds; round++)
        play_round(round, false, false);
    if (method == PAIRING_ROUND_ROBIN)
        check_round_robin();
}

/* ---- a league ---------------------------------------------------------------------------- */

struct member {
    struct league_entry entry;
    int division; /* from 1; 0 before the first season */
    int id;
};

/* Strongest claim first. */
static void sort_members(struct member *members, int count)
{
    for (int i = 1; i < count; i++) {
        struct member moved = members[i];
        int at = i;
        for (; at > 0 && league_priority(&members[at - 1].entry) < league_priority(&moved.entry);
             at--)
            members[at] = members[at - 1];
        members[at] = moved;
    }
}

static enum league_status status_after(const struct league_outcome *outcome, int rank, int size)
{
    if (rank <= outcome->champions)
        return LEAGUE_STAYED;
    if (rank <= outcome->champions + outcome->promoted)
        return LEAGUE_PROMOTED;
    return rank > size - outcome->relegated ? LEAGUE_RELEGATED : LEAGUE_STAYED;
}

/* Plays one division's season; members come out in the order of their final ranks. */
static void play_division(const struct format_league *league, struct member *members, int size,
                          int number, int divisions)
{
    struct arena arena;
    struct league_game *games = NULL;
    struct fault fault = {0};
    int count = 0;
    int played[PLAYERS_MAX * 2] = {0}, points[PLAYERS_MAX * 2] = {0};
    arena_init(&arena, MEMORY_MAX);
    struct league_ask ask = {.players = size,
                             .rounds_max =
                                 league->games_max < LEAGUE_GAMES_MAX ? league->games_max : 0,
                             .seed = (uint64_t)number};
    if (league_schedule(&ask, &arena, &games, &count, &fault) != STATUS_OK)
        fail_msg("a division of %d: %s", size, fault.text);
    for (int i = 0; i < count; i++) {
        bool one_wins = random_below(&play.random, 2) == 0;
        played[games[i].one]++;
        played[games[i].other]++;
        points[one_wins ? games[i].one : games[i].other]++;
    }
    int wanted = size - 1 < league->games_max ? size - 1 : league->games_max;
    for (int i = 0; i < size; i++)
        assert_int_equal(played[i], wanted);
    struct league_outcome outcome =
        league_outcomes(number, divisions, size, (enum league_formula)league->promoted);
    for (int i = 0; i < size; i++) {
        int rank = 1;
        for (int j = 0; j < size; j++)
            rank += points[j] > points[i] || (points[j] == points[i] && j < i) ? 1 : 0;
        members[i].entry.status = status_after(&outcome, rank, size);
        members[i].entry.previous_rank = rank;
        members[i].entry.previous_size = size;
        members[i].division = number;
    }
    arena_deinit(&arena);
}

static void play_season(const struct format_league *league, struct member *members, int count)
{
    int divisions = league_division_count(count, league->division_size);
    int start = 0;
    for (int i = 0; i < count; i++) {
        struct league_entry *entry = &members[i].entry;
        entry->virtual_division =
            league_virtual_division(entry->status, members[i].division, divisions);
        entry->virtual_divisions = divisions;
    }
    sort_members(members, count);
    for (int number = 1; number <= divisions; number++) {
        int size = league_division_size(count, divisions, league->division_size, number);
        assert_true(size >= 2 && start + size <= count);
        play_division(league, members + start, size, number, divisions);
        start += size;
    }
    assert_int_equal(start, count); /* nobody is lost */
}

static void play_league(const struct format *format, int count, uint64_t seed)
{
    static struct member members[PLAYERS_MAX * 3];
    random_init(&play.random, seed);
    for (int i = 0; i < count; i++)
        members[i] =
            (struct member){.id = i, .entry = {.status = LEAGUE_NEW, .rating = 2000 - 5 * i}};
    for (int season = 0; season < SEASONS; season++)
        play_season(&format->league, members, count);
    bool is_seen[PLAYERS_MAX * 3] = {false};
    for (int i = 0; i < count; i++) {
        assert_false(is_seen[members[i].id]);
        is_seen[members[i].id] = true;
    }
}

/* ---- all files --------------------------------------------------------------------------- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void play_all_sizes(const struct format *format)
{
    const struct format_division *division = &format->divisions[0];
    int most = least(least(division->capacity, format->entry.capacity), PLAYERS_MAX);
    int fewest = division->players_min > 4 ? division->players_min : least(4, most);
    if (division->is_paired_by_director)
        return;
    for (int players = fewest; players <= most; players++)
        play_event(format, players, (uint64_t)players);
}

static void every_format_is_played_to_its_end(void **state)
{
    (void)state;
    DIR *folder = opendir("policies/formats");
    int count = 0, leagues = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct buffer text = {0};
        struct arena arena;
        char path[PATH_SIZE];
        const struct format *format = NULL;
        if (entry->d_name[0] == '.')
            continue;
        arena_init(&arena, MEMORY_MAX);
        struct yaml_faults faults = {.arena = &arena};
        (void)snprintf(path, sizeof path, "policies/formats/%s", entry->d_name); /* short names */
        assert_int_equal(buffer_read_file(&text, path), STATUS_OK);
        assert_int_equal(format_check(&arena, text.data, text.size, NULL, &faults, &format),
                         STATUS_OK);
        play_all_sizes(format);
        if (format->league.season_ms > 0) {
            for (int players = format->league.players_min; players <= 3 * PLAYERS_MAX; players += 7)
                play_league(format, players, (uint64_t)players);
            leagues++;
        }
        arena_deinit(&arena);
        buffer_deinit(&text);
        count++;
    }
    (void)closedir(folder); /* only read */
    assert_true(count >= FILES_MIN);
    assert_true(leagues >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_played_to_its_end),
    };
    return cmocka_run_group_tests_name("formats_ready", tests, NULL, NULL);
}
