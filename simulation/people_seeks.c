/* Who seeks and who accepts: three at the same moment, or nobody. */
#include "simulation/people_private.h"

#include <stdio.h>

#include "arbiter/v1/orchestrator.pb-c.h"

enum { SEEK_LIFE_MS = 40000, BOT_CLOCK_MS = 600000, ABANDONED_CLOCK_MS = 15000 };

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
    people_must_be_ok(people, "a seek", answer);
    seek->is_posted = true;
    if (seek->is_lonely)
        return;
    int owner = seek->number % people->player_count;
    for (int i = 1; i <= 3; i++) /* at the same moment */
        accept_seek(seek, &people->players[(owner + i) % people->player_count]);
}

void people_post_seek(void *user)
{
    struct seek *seek = user;
    struct people *people = seek->people;
    const struct player *owner = &people->players[seek->number % people->player_count];
    struct value_entry game[] = {
        ENTRY("rules", value_text(seek->course == SEEK_REPORTED ? "reported" : "breakthrough")),
        ENTRY("rated", value_bool(true)),
        ENTRY("rating_policy", value_text("glicko2")),
        ENTRY("rating_pool", value_text(PEOPLE_POOL)),
        ENTRY("initial_time_ms", value_int(seek->course == SEEK_REPORTED ? 0
                                           : seek->course == SEEK_BOTS   ? BOT_CLOCK_MS
                                                                         : ABANDONED_CLOCK_MS)),
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
    start.input = people_wire(people, value_map(input, COUNT_OF(input)));
    start.actor = (char *)owner->id;
    ask(&people->asks,
        &(struct ask_what){&arbiter__v1__orchestrator__descriptor, "StartInstance", &start.base,
                           people_draw(people, 2) == 0},
        on_posted, seek);
}
