/* The director: opens the event, decides what players cannot, changes his mind. */
#include "simulation/people_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum {
    LOOK_MS = 3000,
    PATIENCE_MS = 25000, /* then the director decides */
    CHANGES_FROM_MS = 5000,
    CHANGES_SPREAD_MS = 60000
};

static const char policy_text[] =
    "tournament: evening\n"
    "version: 1\n"
    "divisions:\n"
    "  - name: open\n"
    "    rounds: %d\n"
    "    players_min: %d\n"
    "    game: {rules: reported, initial_time: 22m, rated: true, rating_policy: glicko2, "
    "rating_pool: " PEOPLE_POOL "}\n"
    "    games_per_round: %d\n"
    "    paired_by: policy\n"
    "    pairing:\n"
    "      - {rounds: 1-%d, method: %s}\n"
    "    next_round: automatic\n"
    "    order: SPREAD,TPN\n";

static const char arena_text[] =
    "tournament: evening\n"
    "version: 1\n"
    "divisions:\n"
    "  - name: open\n"
    "    rounds: 20\n"
    "    game: {rules: reported, initial_time: 3m, rated: true, rating_policy: glicko2, "
    "rating_pool: " PEOPLE_POOL "}\n"
    "    pairing:\n"
    "      - {rounds: 1-20, method: arena}\n"
    "    arena: {duration: 90s, wave: 5s}\n"
    "    order: SPREAD,TPN\n";

static const char league_text[] =
    "tournament: evening\n"
    "version: 1\n"
    "league: {season: 20m, registration_opens: 1m, players_min: 2, division_size: 6, "
    "division_size_min: 4}\n"
    "divisions:\n"
    "  - name: open\n"
    "    rounds: 20\n"
    "    game: {rules: reported, initial_time: 3m, rated: true, rating_policy: glicko2, "
    "rating_pool: " PEOPLE_POOL "}\n"
    "    pairing:\n"
    "      - {rounds: 1-20, method: round_robin}\n"
    "    order: SPREAD,TPN\n";

/* ---- while it runs ------------------------------------------------------------------------- */

static void decide(struct people *people, const Arbiter__V1__BoardPairing *pairing)
{
    char event_id[48];
    struct report report = {.game_id = pairing->game_id,
                            .event_id = event_id,
                            .player_id = "director",
                            .is_directors = true,
                            .is_twice = people->decisions % 2 == 0};
    const Arbiter__V1__MatchGame *game =
        pairing->n_games > 0 ? pairing->games[pairing->n_games - 1] : NULL;
    bool is_turned = game != NULL && strcmp(game->starts, pairing->second) == 0;
    people_result(people->world->options.seed, pairing->round,
                  is_turned ? pairing->second : pairing->first,
                  is_turned ? pairing->first : pairing->second, report.scores);
    (void)snprintf(event_id, sizeof event_id, "%s/director", pairing->game_id); /* fits */
    people->decisions++;
    people_report(people, &report);
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
        people_ignore, people);
}

/* Another result for a board that has one: each amendment is tried until a board is there. */
static void amend_results(struct people *people, const Arbiter__V1__Division *division);

static void decide_all(struct people *people, const Arbiter__V1__Division *division)
{
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

static void on_division(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    people->is_asked = false;
    if (answer->status != STATUS_OK)
        return;
    ask_for_pairings(people);
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    amend_results(people, division);
    decide_all(people, division);
}

/* Further divisions of a league's season. */
static void on_dealt_division(const struct bus_answer *answer, void *user)
{
    if (answer->status == STATUS_OK)
        decide_all(user, ((const Arbiter__V1__GetDivisionReply *)answer->output)->division);
}

static void on_tournament(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    if (answer->status != STATUS_OK)
        return;
    const Arbiter__V1__GetTournamentReply *reply =
        (const Arbiter__V1__GetTournamentReply *)answer->output;
    if (strcmp(reply->tournament->status, "finished") == 0)
        people->is_over = true; /* an older answer may still come */
}

void people_oversee(void *user)
{
    struct people *people = user;
    if (people->is_over)
        return;
    people_after(people, LOOK_MS, people_oversee, people);
    if (!people->has_started || people->is_asked)
        return;
    people->is_asked = true;
    Arbiter__V1__GetDivisionRequest division = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    division.division_id = PEOPLE_DIVISION;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__store__descriptor, "GetDivision", &division.base, false},
        on_division, people);
    for (int number = 2; people->is_league && number <= PEOPLE_PLAYERS_MAX / 6 + 1; number++) {
        char division_id[16];
        (void)snprintf(division_id, sizeof division_id, PEOPLE_TOURNAMENT "-%d", number); /* fits */
        division.division_id = division_id;
        ask(&people->asks,
            &(struct ask_what){&arbiter__v1__store__descriptor, "GetDivision", &division.base,
                               false},
            on_dealt_division, people);
    }
    Arbiter__V1__GetTournamentRequest tournament = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    tournament.tournament_id = PEOPLE_TOURNAMENT;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__store__descriptor, "GetTournament", &tournament.base,
                           false},
        on_tournament, people);
}

/* ---- amendments ---------------------------------------------------------------------------- */

static void on_amended(const struct bus_answer *answer, void *user)
{
    struct amend *amend = user;
    people_must_be_ok(amend->people, "an amendment", answer);
    amend->is_made = true;
}

static bool is_amended(const struct people *people, const Arbiter__V1__BoardPairing *pairing)
{
    for (int i = 0; i < people->amend_count; i++)
        if (people->amends[i].is_asked && people->amends[i].round == pairing->round &&
            people->amends[i].board == pairing->board)
            return true;
    return false;
}

static void amend_result(struct amend *amend, const Arbiter__V1__BoardPairing *pairing)
{
    struct people *people = amend->people;
    Arbiter__V1__SendEventRequest event = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    amend->is_asked = true;
    amend->round = pairing->round;
    amend->board = pairing->board;
    amend->scores[0] = pairing->second_score + 7; /* turned round, and another number */
    amend->scores[1] = pairing->first_score;
    bool is_first = amend->scores[0] > amend->scores[1];
    bool is_draw = amend->scores[0] == amend->scores[1];
    struct value_entry data[] = {
        ENTRY("round", value_int(pairing->round)),
        ENTRY("board", value_int(pairing->board)),
        ENTRY("outcome", value_text(is_draw    ? "draw"
                                    : is_first ? "first"
                                               : "second")),
        ENTRY("first_score", value_int(amend->scores[0])),
        ENTRY("second_score", value_int(amend->scores[1])),
    };
    event.instance_id = "division:" PEOPLE_DIVISION;
    event.name = "director.amend";
    event.data = people_wire(people, value_map(data, COUNT_OF(data)));
    event.actor = "director";
    event.note = "read wrongly";
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "SendEvent", &event.base,
                           people_draw(people, 2) == 0},
        on_amended, amend);
}

static bool can_be_amended(const struct people *people, const Arbiter__V1__BoardPairing *pairing)
{
    return strcmp(pairing->status, "final") == 0 && strcmp(pairing->kind, "game") == 0 &&
           !is_amended(people, pairing);
}

/* All at once, when there are boards enough: the division hears of them at the same moment. */
static void amend_results(struct people *people, const Arbiter__V1__Division *division)
{
    const Arbiter__V1__BoardPairing *chosen[PEOPLE_AMENDS_MAX];
    int count = 0;
    for (size_t i = 0; i < division->n_pairings && count < people->amend_count; i++)
        if (can_be_amended(people, division->pairings[i]))
            chosen[count++] = division->pairings[i];
    if (count < people->amend_count || people_draw(people, 3) == 0)
        return;
    for (int i = 0; i < count; i++)
        if (!people->amends[i].is_asked)
            amend_result(&people->amends[i], chosen[i]);
}

/* ---- telling the house ---------------------------------------------------------------------- */

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
                           people_draw(people, 2) == 0},
        on_answer, people);
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

/* ---- coming late, leaving early ------------------------------------------------------------- */

/* Refused where the event was over before. */
static void on_late(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    people->players[people->late - people->players].is_entered = answer->status == STATUS_OK;
}

static void enter(struct people *people, const struct value *entrants, size_t count,
                  ask_on_answer on_answer);

static void enter_late(void *user)
{
    struct people *people = user;
    struct value one = entrant(people, people->late);
    enter(people, &one, 1, on_late);
}

static void on_left(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    people->has_left = answer->status == STATUS_OK;
}

static void withdraw(void *user)
{
    struct people *people = user;
    struct value_entry data[] = {
        ENTRY("division", value_text(PEOPLE_DIVISION)),
        ENTRY("player", value_text(people->leaving->id)),
    };
    tell_event(people, "entrant.withdraw", people_wire(people, value_map(data, COUNT_OF(data))),
               on_left);
}

/* ---- beginning ----------------------------------------------------------------------------- */

static void on_started(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    people_must_be_ok(people, "the start", answer);
    people->has_started = true;
    int64_t late_ms = CHANGES_FROM_MS + people_draw(people, CHANGES_SPREAD_MS);
    int64_t leaving_ms = CHANGES_FROM_MS + people_draw(people, CHANGES_SPREAD_MS);
    if (people->late != NULL)
        people_after(people, late_ms, enter_late, people);
    if (people->leaving != NULL) /* at the same moment, where everybody is punctual */
        people_after(people, people->is_punctual ? late_ms : leaving_ms, withdraw, people);
}

static void on_entrants(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    people_must_be_ok(people, "the list of entrants", answer);
    for (int i = 0; i < people->player_count; i++)
        people->players[i].is_entered = &people->players[i] != people->late;
    tell_event(people, "director.start", NULL, on_started);
}

static void enter(struct people *people, const struct value *entrants, size_t count,
                  ask_on_answer on_answer)
{
    struct value_entry data[] = {
        ENTRY("division", value_text(PEOPLE_DIVISION)),
        ENTRY("entrants", value_list(entrants, count)),
    };
    tell_event(people, "entrants.add", people_wire(people, value_map(data, COUNT_OF(data))),
               on_answer);
}

static void on_opened(const struct bus_answer *answer, void *user)
{
    struct people *people = user;
    struct value entrants[PEOPLE_PLAYERS_MAX];
    size_t count = 0;
    people_must_be_ok(people, "the tournament", answer);
    for (int i = 0; i < people->player_count; i++)
        if (&people->players[i] != people->late)
            entrants[count++] = entrant(people, &people->players[i]);
    enter(people, entrants, count, on_entrants);
}

void people_open_tournament(struct people *people)
{
    char text[sizeof league_text + 64];
    if (people->is_league)
        (void)snprintf(text, sizeof text, "%s", league_text); /* fits */
    else if (people->is_arena)
        (void)snprintf(text, sizeof text, "%s", arena_text); /* fits */
    else
        (void)snprintf(text, sizeof text, policy_text, people->rounds,
                       people->rounds <= 3 ? 3 : people->rounds + 1, people->games, people->rounds,
                       people->method); /* fits; so many find opponents without meeting twice */
    Arbiter__V1__OpenTournamentRequest open = ARBITER__V1__OPEN_TOURNAMENT_REQUEST__INIT;
    open.tournament_id = PEOPLE_TOURNAMENT;
    open.name = "an evening";
    open.policy = text;
    open.actor = "director";
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "OpenTournament", &open.base,
                           people_draw(people, 2) == 0},
        on_opened, people);
}
