/* What people do and when. Whether the house did right by them is checks.c's to say. */
#include "simulation/people.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"
#include "fsm/expr/value.h"
#include "fsm/value_codec.h"

enum {
    ARENA_BYTES_MAX = 64 << 20,
    LOOK_MIN_MS = 700,
    LOOK_SPREAD_MS = 900,
    DIRECTOR_LOOK_MS = 3000,
    PATIENCE_MS = 25000, /* then the director decides */
    SEEK_LIFE_MS = 40000,
    GAMES_LISTED = 30
};

/* How a game goes. */
enum course { COURSE_AGREED, COURSE_TWICE, COURSE_DISAGREED, COURSE_NO_SHOW };

static const char policy_text[] =
    "tournament: evening\n"
    "version: 1\n"
    "divisions:\n"
    "  - name: open\n"
    "    rounds: %d\n"
    "    game: {rules: reported, initial_time: 22m, rated: true, rating_policy: glicko2}\n"
    "    paired_by: policy\n"
    "    pairing:\n"
    "      - {rounds: 1-%d, method: swiss, repeats: 1}\n"
    "    next_round: automatic\n"
    "    order: SPREAD,TPN\n";

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

/* ---- small things -------------------------------------------------------------------------------
 */

static int64_t draw(struct people *people, int64_t bound)
{
    return (int64_t)random_below(&people->random, (uint64_t)bound);
}

static void after(struct people *people, int64_t delay_ms, loop_callback callback, void *user)
{
    loop_timer timer;
    enum status status = loop_after(people->world->loop, delay_ms, callback, user, &timer);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
}

static Arbiter__V1__ValueMap *wire(struct people *people, struct value map)
{
    Arbiter__V1__ValueMap *wired = NULL;
    enum status status = value_codec_map(&people->arena, map, &wired);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
    return wired;
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

static void ignore_answer(const struct bus_answer *answer, void *user)
{
    (void)answer; /* refusals are part of the game: somebody else was faster */
    (void)user;
}

/* ---- reports ------------------------------------------------------------------------------------
 */

struct report {
    const char *game_id;
    const char *event_id;
    const char *player_id;
    int64_t scores[2];
    bool is_directors;
    bool is_twice;
};

static void send_report(struct people *people, const struct report *report)
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
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__gamesvc__descriptor, "Play", &play.base, report->is_twice},
        ignore_answer, people);
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
    send_report(people, &report);
    if (course == COURSE_TWICE && !is_second) {
        (void)snprintf(event_id, sizeof event_id, "%s/%s/again", game->game_id, player->id);
        send_report(people, &report);
    }
}

static void look_for_games(void *user);

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
        if (strcmp(game->status, "playing") != 0 || has_seen(player, game->game_id))
            continue;
        assert(player->seen_count < PEOPLE_GAMES_MAX);
        (void)snprintf(player->seen[player->seen_count++], sizeof player->seen[0], "%s",
                       game->game_id); /* short ids */
        play_game(player, game);
    }
}

static void look_for_games(void *user)
{
    struct player *player = user;
    struct people *people = player->people;
    if (people_are_done(people))
        return;
    after(people, LOOK_MIN_MS + draw(people, LOOK_SPREAD_MS), look_for_games, player);
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

/* ---- the director while it runs -----------------------------------------------------------------
 */

static void decide(struct people *people, const Arbiter__V1__BoardPairing *pairing)
{
    char event_id[48];
    struct report report = {.game_id = pairing->game_id,
                            .event_id = event_id,
                            .player_id = "director",
                            .is_directors = true,
                            .is_twice = people->decisions % 2 == 0};
    people_result(people->world->options.seed, pairing->round, pairing->first, pairing->second,
                  report.scores);
    (void)snprintf(event_id, sizeof event_id, "%s/director", pairing->game_id); /* fits */
    people->decisions++;
    send_report(people, &report);
}

/* Another try where the house gave the pairing up and waits for a word; refused where it does not.
 */
static void ask_for_pairings(struct people *people)
{
    Arbiter__V1__SendEventRequest event = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    if (world_number(people->world, "SELECT count(*) FROM instances WHERE machine = 'division' AND "
                                    "' ' || tags || ' ' LIKE '% needs_director %'") == 0)
        return;
    event.instance_id = "division:" PEOPLE_DIVISION;
    event.name = "director.pair";
    event.actor = "director";
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "SendEvent", &event.base, true},
        ignore_answer, people);
}

static void on_division(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    people->is_asked = false;
    if (answer->status != STATUS_OK)
        return;
    ask_for_pairings(people);
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        char sql[160];
        if (strcmp(pairing->status, "playing") != 0)
            continue;
        (void)snprintf(sql, sizeof sql, "SELECT created_at_ms FROM games WHERE game_id = '%s'",
                       pairing->game_id); /* short ids */
        if (world_number(people->world, sql) + PATIENCE_MS < loop_now_ms(people->world->loop))
            decide(people, pairing);
    }
}

static void on_tournament(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    if (answer->status != STATUS_OK)
        return;
    const Arbiter__V1__GetTournamentReply *reply =
        (const Arbiter__V1__GetTournamentReply *)answer->output;
    people->is_over = strcmp(reply->tournament->status, "finished") == 0;
}

static void oversee(void *user)
{
    struct people *people = user;
    if (people->is_over)
        return;
    after(people, DIRECTOR_LOOK_MS, oversee, people);
    if (!people->has_started || people->is_asked)
        return;
    people->is_asked = true;
    Arbiter__V1__GetDivisionRequest division = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    division.division_id = PEOPLE_DIVISION;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__store__descriptor, "GetDivision", &division.base, false},
        on_division, people);
    Arbiter__V1__GetTournamentRequest tournament = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    tournament.tournament_id = PEOPLE_TOURNAMENT;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__store__descriptor, "GetTournament", &tournament.base,
                           false},
        on_tournament, people);
}

/* ---- the director before it begins --------------------------------------------------------------
 */

static void tell_event(struct people *people, const char *name, Arbiter__V1__ValueMap *data,
                       ask_on_answer on_answer)
{
    Arbiter__V1__SendEventRequest event = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    event.instance_id = "tournament:" PEOPLE_TOURNAMENT;
    event.name = (char *)name;
    event.data = data;
    event.actor = "director";
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "SendEvent", &event.base,
                           draw(people, 2) == 0},
        on_answer, people);
}

static void must_be_ok(struct people *people, const char *what, const struct bus_answer *answer)
{
    if (answer->status != STATUS_OK)
        world_fail(people->world, "%s was refused: %s, %s", what, status_name(answer->status),
                   answer->message);
}

static void on_started(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    must_be_ok(people, "the start", answer);
    people->has_started = true;
}

static void on_entrants(const struct bus_answer *answer, void *user)
{
    must_be_ok(user, "the list of entrants", answer);
    tell_event(user, "director.start", NULL, on_started);
}

static struct value entrant(struct people *people, const struct player *player)
{
    struct value_entry *entries = arena_array(&people->arena, 4, sizeof *entries);
    assert(entries != NULL);
    entries[0] = (struct value_entry)ENTRY("player", value_text(player->id));
    entries[1] = (struct value_entry)ENTRY("name", value_text(player->id));
    entries[2] = (struct value_entry)ENTRY("seed", value_int(player->number));
    entries[3] = (struct value_entry)ENTRY("rating", value_double(2000 - 50 * player->number));
    return value_map(entries, 4);
}

static void on_opened(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    struct value entrants[PEOPLE_PLAYERS_MAX];
    must_be_ok(people, "the tournament", answer);
    for (int i = 0; i < people->player_count; i++)
        entrants[i] = entrant(people, &people->players[i]);
    struct value_entry data[] = {
        ENTRY("division", value_text(PEOPLE_DIVISION)),
        ENTRY("entrants", value_list(entrants, (size_t)people->player_count)),
    };
    tell_event(people, "entrants.add", wire(people, value_map(data, COUNT_OF(data))), on_entrants);
}

static void open_tournament(struct people *people)
{
    char text[sizeof policy_text + 32];
    (void)snprintf(text, sizeof text, policy_text, people->rounds, people->rounds); /* fits */
    Arbiter__V1__OpenTournamentRequest open = ARBITER__V1__OPEN_TOURNAMENT_REQUEST__INIT;
    open.tournament_id = PEOPLE_TOURNAMENT;
    open.name = "an evening";
    open.policy = text;
    open.actor = "director";
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "OpenTournament", &open.base,
                           draw(people, 2) == 0},
        on_opened, people);
}

/* ---- seeks --------------------------------------------------------------------------------------
 */

static void on_accepted(const struct bus_answer *answer, void *user)
{
    struct seek *seek = user;
    if (answer->status == STATUS_OK)
        seek->accepted++;
    else
        seek->refused++;
}

static void accept_seek(struct seek *seek, const struct player *player)
{
    struct people *people = seek->people;
    struct value_entry data[] = {
        ENTRY("player", value_text(player->id)),
        ENTRY("rating", value_double(1500)),
    };
    Arbiter__V1__SendEventRequest event = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    event.instance_id = seek->instance_id;
    event.name = "seek.accept";
    event.data = wire(people, value_map(data, COUNT_OF(data)));
    event.actor = (char *)player->id;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "SendEvent", &event.base,
                           draw(people, 2) == 0},
        on_accepted, seek);
}

static void on_posted(const struct bus_answer *answer, void *user)
{
    struct seek *seek = user;
    struct people *people = seek->people;
    must_be_ok(people, "a seek", answer);
    seek->is_posted = true;
    if (seek->is_lonely)
        return;
    int owner = seek->number % people->player_count;
    for (int i = 1; i <= 3; i++) /* at the same moment */
        accept_seek(seek, &people->players[(owner + i) % people->player_count]);
}

static void post_seek(void *user)
{
    struct seek *seek = user;
    struct people *people = seek->people;
    const struct player *owner = &people->players[seek->number % people->player_count];
    struct value_entry game[] = {
        ENTRY("rules", value_text("reported")),
        ENTRY("rated", value_bool(true)),
        ENTRY("rating_policy", value_text("glicko2")),
    };
    char seek_id[16];
    (void)snprintf(seek_id, sizeof seek_id, "s%d", seek->number); /* fits */
    struct value_entry input[] = {
        ENTRY("seek_id", value_text(seek_id)),
        ENTRY("owner", value_text(owner->id)),
        ENTRY("request", value_map(game, COUNT_OF(game))),
        ENTRY("policy", value_text("default")),
        ENTRY("owner_rating", value_double(1500)),
        ENTRY("rating_min", value_double(0)),
        ENTRY("rating_max", value_double(4000)),
        ENTRY("expires_at", value_timestamp_ms(loop_now_ms(people->world->loop) + SEEK_LIFE_MS)),
    };
    Arbiter__V1__StartInstanceRequest start = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    start.machine = "seek";
    start.instance_id = seek->instance_id;
    start.input = wire(people, value_map(input, COUNT_OF(input)));
    start.actor = (char *)owner->id;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "StartInstance", &start.base,
                           draw(people, 2) == 0},
        on_posted, seek);
}

/* ---- arriving -----------------------------------------------------------------------------------
 */

static void on_player(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    must_be_ok(people, "a player", answer);
    if (++people->entered < people->player_count)
        return;
    open_tournament(people);
    for (int i = 0; i < people->seek_count; i++)
        after(people, draw(people, 20000), post_seek, &people->seeks[i]);
    for (int i = 0; i < people->player_count; i++)
        after(people, draw(people, LOOK_SPREAD_MS), look_for_games, &people->players[i]);
    after(people, DIRECTOR_LOOK_MS, oversee, people);
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
    return people->entered < people->player_count ||
           world_number(people->world,
                        "SELECT count(*) FROM seeks WHERE status IN ('open', 'claimed')") > 0 ||
           world_number(people->world, "SELECT count(*) FROM seeks") < people->seek_count ||
           world_number(people->world, "SELECT count(*) FROM games WHERE status <> 'final'") > 0;
}

bool people_are_done(const struct people *people)
{
    return people->is_over && people->asks.open == 0 && !has_open_seek(people);
}

void people_init(struct people *people, struct world *world)
{
    *people = (struct people){.world = world, .asks = {.bus = world->edge}};
    arena_init(&people->arena, ARENA_BYTES_MAX);
    random_init_stream(&people->random, world->options.seed, "people", 0);
    people->player_count = 8 + (int)draw(people, PEOPLE_PLAYERS_MAX - 8 + 1);
    people->rounds = 2 + (int)draw(people, 3);
    people->seek_count = 2 + (int)draw(people, PEOPLE_SEEKS_MAX - 2 + 1);
    for (int i = 0; i < people->player_count; i++) {
        struct player *player = &people->players[i];
        player->people = people;
        player->number = i + 1;
        (void)snprintf(player->id, sizeof player->id, "p%02d", player->number); /* fits */
    }
    for (int i = 0; i < people->seek_count; i++) {
        struct seek *seek = &people->seeks[i];
        *seek = (struct seek){.people = people, .number = i, .is_lonely = draw(people, 3) == 0};
        (void)snprintf(seek->instance_id, sizeof seek->instance_id, "seek:s%d", i); /* fits */
    }
}

void people_deinit(struct people *people)
{
    asks_deinit(&people->asks);
    arena_deinit(&people->arena);
}
