/* Who seeks and who accepts: three at the same moment, or nobody. */
#include "simulation/people_private.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "arbiter/v1/orchestrator.pb-c.h"

enum { SEEK_LIFE_MS = 40000, NO_PLACE_MS = 700, BOT_CLOCK_MS = 600000, ABANDONED_CLOCK_MS = 15000 };

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
    event.data = people_wire(people, value_map(data, COUNT_OF(data)));
    event.actor = (char *)player->id;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "SendEvent", &event.base,
                           people_draw(people, 2) == 0},
        on_accepted, seek);
}

static void on_posted(const struct bus_answer *answer, void *user)
{
    struct seek *seek = user;
    struct people *people = seek->people;
    if (people->places > 0 && answer->status == STATUS_FAILED_PRECONDITION) {
        seek->was_turned_away = true;
        people_after(people, NO_PLACE_MS, people_post_seek, seek);
        return;
    }
    if (!seek->was_turned_away || answer->status != STATUS_ALREADY_EXISTS)
        people_must_be_ok(people, "a seek", answer);
    seek->is_posted = true;
    if (seek->is_lonely)
        return;
    int owner = seek->number % people->player_count;
    for (int i = 1; i <= 3; i++) /* at the same moment */
        accept_seek(seek, &people->players[(owner + i) % people->player_count]);
}

/* ---- through the edge ---------------------------------------------------------------------- */

/* Reads a member of an answer that is a short text; "" where there is none. */
static void read_member(const char *body, const char *name, char *out, size_t size)
{
    json_t *json = json_loads(body, 0, NULL);
    const char *text = json_string_value(json_object_get(json, name));
    (void)snprintf(out, size, "%s", text != NULL ? text : ""); /* ids are short */
    json_decref(json);
}

static void on_visit_accepted(unsigned code, const char *body, void *user)
{
    struct seek *seek = user;
    char game_id[24];
    if (code >= 300) {
        seek->refused++;
        return;
    }
    seek->accepted++;
    read_member(body, "game_id", game_id, sizeof game_id);
    if (code == 200 && game_id[0] == '\0')
        world_fail(seek->people->world, "an acceptance answers with the game: %s", body);
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM games WHERE game_id = '%s' AND owner = '%s'", game_id,
                   seek->instance_id); /* fits */
    if (code == 200 && world_number(seek->people->world, sql) != 1)
        world_fail(seek->people->world, "an acceptance answers with the game of its seek: %s",
                   body);
}

static void visit_seek(struct seek *seek, const struct player *player)
{
    struct people *people = seek->people;
    char path[64];
    char key[48];
    (void)snprintf(path, sizeof path, "/v1/seeks/%s/accept",
                   seek->instance_id + strlen("seek:"));                       /* fits */
    (void)snprintf(key, sizeof key, "accept-%d-%s", seek->number, player->id); /* fits */
    const struct door_visit what = {"POST", path, player->id, key, "{}"};
    visit(&people->visits, &what, people_draw(people, 2) == 0, on_visit_accepted, seek);
}

static void on_visit_posted(unsigned code, const char *body, void *user)
{
    struct seek *seek = user;
    struct people *people = seek->people;
    char seek_id[18];
    read_member(body, "seek_id", seek_id, sizeof seek_id);
    if (code != 201) {
        world_fail(people->world, "requests are granted: a seek was refused: %u %s", code, body);
        return;
    }
    (void)snprintf(seek->instance_id, sizeof seek->instance_id, "seek:%s", seek_id); /* fits */
    seek->is_posted = true;
    int owner = seek->number % people->player_count;
    for (int i = 1; !seek->is_lonely && i <= 3; i++) /* at the same moment */
        visit_seek(seek, &people->players[(owner + i) % people->player_count]);
}

static void visit_to_post(struct seek *seek, const struct player *owner, int clock_ms)
{
    struct people *people = seek->people;
    char body[320];
    char key[32];
    (void)snprintf(key, sizeof key, "seek-%d", seek->number); /* fits */
    (void)snprintf(body, sizeof body,
                   "{\"request\": {\"rules\": \"%s\", \"rated\": true, \"rating_policy\": "
                   "\"glicko2\", \"rating_pool\": \"%s\", \"initial_time_ms\": %d}, "
                   "\"expires_in_ms\": %d}",
                   seek->course == SEEK_REPORTED ? "reported" : "breakthrough", PEOPLE_POOL,
                   clock_ms, SEEK_LIFE_MS); /* fits */
    const struct door_visit what = {"POST", "/v1/seeks", owner->id, key, body};
    visit(&people->visits, &what, people_draw(people, 2) == 0, on_visit_posted, seek);
}

/* ---- posting ------------------------------------------------------------------------------- */

static int clock_of(const struct seek *seek)
{
    return seek->course == SEEK_REPORTED ? 0
           : seek->course == SEEK_BOTS   ? BOT_CLOCK_MS
                                         : ABANDONED_CLOCK_MS;
}

void people_post_seek(void *user)
{
    struct seek *seek = user;
    struct people *people = seek->people;
    const struct player *owner = &people->players[seek->number % people->player_count];
    if (people->is_through_door) {
        visit_to_post(seek, owner, clock_of(seek));
        return;
    }
    struct value_entry game[] = {
        ENTRY("rules", value_text(seek->course == SEEK_REPORTED ? "reported" : "breakthrough")),
        ENTRY("rated", value_bool(true)),
        ENTRY("rating_policy", value_text("glicko2")),
        ENTRY("rating_pool", value_text(PEOPLE_POOL)),
        ENTRY("initial_time_ms", value_int(clock_of(seek))),
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
        ENTRY("limit", value_int(people->places)),
        ENTRY("expires_at", value_timestamp_ms(loop_now_ms(people->world->loop) + SEEK_LIFE_MS)),
    };
    Arbiter__V1__StartInstanceRequest start = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    start.machine = "seek";
    start.instance_id = seek->instance_id;
    start.input = people_wire(people, value_map(input, COUNT_OF(input)));
    start.actor = (char *)owner->id;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "StartInstance", &start.base,
                           people_draw(people, 2) == 0},
        on_posted, seek);
}
