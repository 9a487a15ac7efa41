#include "seeks/crew.h"

#include <string.h>

#include "arbiter/v1/store.pb-c.h"

static bool is_among(char *const *people, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(people[i], id) == 0)
            return true;
    return false;
}

static void on_event(const struct bus_answer *answer, void *user)
{
    struct exchange *exchange = user;
    const char *id = exchange->claims.subject;
    if (!exchange_check(exchange, answer))
        return;
    const Arbiter__V1__Tournament *event =
        ((const Arbiter__V1__GetTournamentReply *)answer->output)->tournament;
    exchange->on_crew(exchange, is_among(event->directors, event->n_directors, id) ||
                                    is_among(event->assistants, event->n_assistants, id) ||
                                    is_among(event->scorers, event->n_scorers, id));
}

void crew_find(struct exchange *exchange, void (*then)(struct exchange *exchange, bool is_crew))
{
    const char *event = exchange_parameter(exchange, "tournament_id");
    const struct token_claims *claims = &exchange->claims;
    bool is_covered = claims->roles != 0 && token_covers(claims, event);
    Arbiter__V1__GetTournamentRequest request = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    if (!is_covered || (claims->roles & (TOKEN_DIRECTOR | TOKEN_ADMIN)) != 0) {
        then(exchange, is_covered);
        return;
    }
    exchange->on_crew = then;
    request.tournament_id = (char *)event;
    exchange_ask(exchange, &arbiter__v1__store__descriptor, "GetTournament", &request.base,
                 on_event);
}
