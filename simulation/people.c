/* What players do and when. Whether the house did right by them is checks.c's to say. */
#include "simulation/people_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/store.pb-c.h"
#include "fsm/value_codec.h"

enum {
    ARENA_BYTES_MAX = 64 << 20,
    LOOK_MIN_MS = 700,
    LOOK_SPREAD_MS = 900,
    LOOK_TOGETHER_MS = 1000,
    SEEKS_SPREAD_MS = 20000,
    GAMES_LISTED = 30,
    PLACES_OF_POLICY = 20 /* policies/seeks/default.yaml */
};

/* ---- small things -------------------------------------------------------------------------- */

int64_t people_draw(struct people *people, int64_t bound)
{
    return (int64_t)random_below(&people->random, (uint64_t)bound);
}

void people_after(struct people *people, int64_t delay_ms, loop_callback callback, void *user)
{
    loop_timer timer;
    enum status status = loop_after(people->world->loop, delay_ms, callback, user, &timer);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
}

Arbiter__V1__ValueMap *people_wire(struct people *people, struct value map)
{
    Arbiter__V1__ValueMap *wired = NULL;
    enum status status = value_codec_map(&people->arena, map, &wired);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
    return wired;
}

void people_ignore(const struct bus_answer *answer, void *user)
{
    (void)answer; /* somebody else was faster */
    (void)user;
}

void people_must_be_ok(struct people *people, const char *what, const struct bus_answer *answer)
{
    if (answer->status != STATUS_OK)
        world_fail(people->world, "requests are granted: %s was refused: %s, %s", what,
                   status_name(answer->status), answer->message);
}

/* A stream of its own for each meeting: what happens there follows from who meets and when. */
static struct random meeting_random(uint64_t seed, int round, const char *first, const char *second)
{
    char purpose[48];
    struct random random;
    (void)snprintf(purpose, sizeof purpose, "%s-%s", first, second); /* short ids */
    random_init_stream(&random, seed, purpose, (uint64_t)round);
    return random;
}

static enum course meeting_course(uint64_t seed, const Arbiter__V1__Game *game)
{
    int round = game->seat != NULL ? game->seat->round : 0;
    struct random random = meeting_random(seed, round, game->first, game->second);
    (void)random_next(&random); /* the scores come first */
    (void)random_next(&random);
    uint64_t drawn = random_below(&random, 100);
    if (drawn < 60)
        return COURSE_AGREED;
    if (drawn < 80 || round == 0)
        return COURSE_TWICE;
    return drawn < 90 ? COURSE_DISAGREED : COURSE_NO_SHOW;
}

void people_result(uint64_t seed, int round, const char *first, const char *second,
                   int64_t out_scores[2])
{
    struct random random = meeting_random(seed, round, first, second);
    out_scores[0] = 250 + (int64_t)(random_next(&random) % 250);
    out_scores[1] = 250 + (int64_t)(random_next(&random) % 250);
}

/* ---- reports ------------------------------------------------------------------------------- */

struct promise {
    struct people *people;
    char sql[192];
};

/* What was accepted must be in the books at the end, once: checks.c counts. */
static void on_promised(const struct bus_answer *answer, void *user)
{
    struct promise *promise = user;
    if (answer->status == STATUS_OK)
        world_rows(promise->people->world, promise->sql, NULL, NULL);
}

void people_play(struct people *people, Arbiter__V1__PlayRequest *play, bool is_twice)
{
    struct promise *promise = arena_alloc(&people->arena, sizeof *promise);
    assert(promise != NULL);
    promise->people = people;
    (void)snprintf(promise->sql, sizeof promise->sql, "INSERT INTO promised VALUES ('%s', '%s')",
                   play->game_id, play->event_id); /* fits: ids are short */
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__gamesvc__descriptor, "Play", &play->base, is_twice},
        on_promised, promise);
}

void people_report(struct people *people, const struct report *report)
{
    char text[48];
    (void)snprintf(text, sizeof text, "report %lld %lld", (long long)report->scores[0],
                   (long long)report->scores[1]); /* fits */
    Arbiter__V1__PlayRequest play = ARBITER__V1__PLAY_REQUEST__INIT;
    play.game_id = (char *)report->game_id;
    play.expected_turn = -1;
    play.event_id = (char *)report->event_id;
    play.player_id = (char *)report->player_id;
    play.as_director = report->is_directors;
    play.event = text;
    people_play(people, &play, report->is_twice);
}

static bool has_seen(const struct player *player, const char *game_id)
{
    for (int i = 0; i < player->seen_count; i++)
        if (strcmp(player->seen[i], game_id) == 0)
            return true;
    return false;
}

static void play_game(struct player *player, const Arbiter__V1__Game *game)
{
    struct people *people = player->people;
    uint64_t seed = people->world->options.seed;
    bool is_second = strcmp(player->id, game->second) == 0;
    enum course course = meeting_course(seed, game);
    char event_id[48];
    struct report report = {
        .game_id = game->game_id, .event_id = event_id, .player_id = player->id};
    people_result(seed, game->seat != NULL ? game->seat->round : 0, game->first, game->second,
                  report.scores);
    (void)snprintf(event_id, sizeof event_id, "%s/%s", game->game_id, player->id); /* fits */
    if (course == COURSE_NO_SHOW && is_second)
        return;
    if (course == COURSE_DISAGREED && is_second)
        report.scores[0] += 1;
    report.is_twice = course == COURSE_TWICE;
    people_report(people, &report);
    if (course == COURSE_TWICE && !is_second) {
        (void)snprintf(event_id, sizeof event_id, "%s/%s/again", game->game_id, player->id);
        people_report(people, &report);
    }
}

static void take_up(struct player *player, const Arbiter__V1__Game *game)
{
    assert(player->seen_count < PEOPLE_GAMES_MAX);
    (void)snprintf(player->seen[player->seen_count++], sizeof player->seen[0], "%s",
                   game->game_id); /* short ids */
    play_game(player, game);
}

static void on_games(const struct bus_answer *answer, void *user)
{
    struct player *player = user;
    player->is_looking = false;
    if (answer->status != STATUS_OK)
        return;
    const Arbiter__V1__ListPlayerGamesReply *reply =
        (const Arbiter__V1__ListPlayerGamesReply *)answer->output;
    for (size_t i = 0; i < reply->n_games; i++) {
        const Arbiter__V1__Game *game = reply->games[i];
        bool is_open = strcmp(game->status, "playing") == 0;
        if (is_open && strcmp(game->request->rules, "breakthrough") == 0)
            people_bot_plays(player, game);
        else if (is_open && !has_seen(player, game->game_id))
            take_up(player, game);
    }
}

void people_look_for_games(void *user)
{
    struct player *player = user;
    struct people *people = player->people;
    if (people_are_done(people))
        return;
    int64_t wait_ms = LOOK_MIN_MS + people_draw(people, LOOK_SPREAD_MS);
    if (people->is_punctual) /* with the others: much happens at once then */
        wait_ms = LOOK_TOGETHER_MS - loop_now_ms(people->world->loop) % LOOK_TOGETHER_MS;
    people_after(people, wait_ms, people_look_for_games, player);
    if (player->is_looking)
        return;
    player->is_looking = true;
    Arbiter__V1__ListPlayerGamesRequest request = ARBITER__V1__LIST_PLAYER_GAMES_REQUEST__INIT;
    request.player_id = player->id;
    request.limit = GAMES_LISTED;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__store__descriptor, "ListPlayerGames", &request.base,
                           false},
        on_games, player);
}

/* ---- arriving ------------------------------------------------------------------------------ */

static void on_player(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    people_must_be_ok(people, "a player", answer);
    if (++people->created < people->player_count)
        return;
    people_open_tournament(people);
    for (int i = 0; i < people->seek_count; i++)
        people_after(people, people_draw(people, SEEKS_SPREAD_MS), people_post_seek,
                     &people->seeks[i]);
    for (int i = 0; i < people->player_count; i++)
        people_after(people, people_draw(people, LOOK_SPREAD_MS), people_look_for_games,
                     &people->players[i]);
    people_oversee(people);
}

void people_begin(struct people *people)
{
    for (int i = 0; i < people->player_count; i++) {
        Arbiter__V1__Player player = ARBITER__V1__PLAYER__INIT;
        Arbiter__V1__CreatePlayerRequest create = ARBITER__V1__CREATE_PLAYER_REQUEST__INIT;
        player.player_id = player.name = people->players[i].id;
        create.player = &player;
        ask(&people->asks,
            &(struct ask_what){&arbiter__v1__store__descriptor, "CreatePlayer", &create.base,
                               false},
            on_player, people);
    }
}

static bool has_open_seek(const struct people *people)
{
    return people->created < people->player_count ||
           world_number(people->world,
                        "SELECT count(*) FROM seeks WHERE status IN ('open', 'claimed')") > 0 ||
           world_number(people->world, "SELECT count(*) FROM seeks") < people->seek_count ||
           world_number(people->world, "SELECT count(*) FROM games WHERE status <> 'final'") > 0;
}

bool people_are_done(const struct people *people)
{
    for (int i = 0; i < people->amend_count; i++)
        if (people->amends[i].is_asked && !people->amends[i].is_made)
            return false;
    return people->is_over && people->asks.open == 0 && people->visits.open == 0 &&
           !has_open_seek(people);
}

/* ---- the script ---------------------------------------------------------------------------- */

static int at_most(int drawn, int limit)
{
    return limit > 0 && drawn > limit ? limit : drawn;
}

/* Many small evenings and some larger ones find more than many of one size. */
static void draw_sizes(struct people *people, const struct people_limits *limits)
{
    int64_t kind = people_draw(people, 100);
    int players = kind < 65   ? 4 + (int)people_draw(people, 6)
                  : kind < 95 ? 8 + (int)people_draw(people, 9)
                              : 17 + (int)people_draw(people, PEOPLE_PLAYERS_MAX - 17 + 1);
    int rounds = 2 + (int)people_draw(people, kind < 65 || kind >= 95 ? 2 : 3);
    int seeks = 1 + (int)people_draw(people, PEOPLE_SEEKS_MAX);
    people->player_count = at_most(players, limits->players);
    people->rounds = at_most(rounds, limits->rounds);
    people->seek_count = limits->seeks < 0 ? 0 : at_most(seeks, limits->seeks);
}

/* From numbers of their own, so that they change nothing else of an evening. */
static void draw_matches(struct people *people)
{
    static const int games[] = {1, 1, 1, 1, 2, 3};
    struct random random;
    random_init_stream(&random, people->world->options.seed, "matches", 0);
    people->games = games[random_below(&random, COUNT_OF(games))];
    people->is_arena = random_below(&random, 8) == 0;
    people->is_league = !people->is_arena && random_below(&random, 8) == 0;
    if (people->is_league) {
        people->games = 1;
        people->method = "league";
    }
    if (people->is_arena) {
        people->games = 1;
        people->method = "arena";
    }
}

/* As above; half of the evenings that have a door. */
static void draw_door(struct people *people)
{
    struct random random;
    random_init_stream(&random, people->world->options.seed, "door", 0);
    people->is_through_door = people->world->options.door != NULL && random_below(&random, 2) == 0;
}

/* Without an edge a seek says itself how many others its player may have. */
static void draw_places(struct people *people)
{
    struct random random;
    random_init_stream(&random, people->world->options.seed, "places", 0);
    bool is_limited = random_below(&random, 2) == 0;
    people->places = people->is_through_door ? PLACES_OF_POLICY : is_limited;
}

static void draw_script(struct people *people)
{
    static const char *const methods[] = {"swiss",  "swiss", "dutch", "king_of_the_hill",
                                          "random", "cop",   "chew"};
    bool has_late = people_draw(people, 3) == 0;
    bool has_leaving = people_draw(people, 3) == 0;
    int amends = (int)people_draw(people, PEOPLE_AMENDS_MAX + 1);
    people->is_punctual = people_draw(people, 2) == 0;
    people->method = methods[people_draw(people, COUNT_OF(methods))];
    people->amend_count = amends;
    for (int i = 0; i < amends; i++)
        people->amends[i].people = people;
    if (people->player_count < 4)
        return;
    people->late = has_late ? &people->players[people->player_count - 1] : NULL;
    people->leaving = has_leaving ? &people->players[1] : NULL;
}

void people_init(struct people *people, struct world *world, const struct people_limits *limits)
{
    *people =
        (struct people){.world = world, .asks = {.bus = world->edge}, .visits = {.world = world}};
    arena_init(&people->arena, ARENA_BYTES_MAX);
    random_init_stream(&people->random, world->options.seed, "people", 0);
    draw_sizes(people, limits);
    draw_script(people);
    draw_matches(people);
    draw_door(people);
    draw_places(people);
    for (int i = 0; i < people->player_count; i++) {
        struct player *player = &people->players[i];
        player->people = people;
        player->number = i + 1;
        (void)snprintf(player->id, sizeof player->id, "p%02d", player->number); /* fits */
    }
    for (int i = 0; i < people->seek_count; i++) {
        struct seek *seek = &people->seeks[i];
        *seek = (struct seek){.people = people,
                              .number = i,
                              .course = (enum seek_course)people_draw(people, SEEK_COURSES),
                              .is_lonely = people_draw(people, 3) == 0};
        (void)snprintf(seek->instance_id, sizeof seek->instance_id, "seek:s%d", i); /* fits */
    }
}

void people_deinit(struct people *people)
{
    asks_deinit(&people->asks);
    visits_deinit(&people->visits);
    arena_deinit(&people->arena);
}
