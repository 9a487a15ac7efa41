/* Refuses whoever is suspended, with the reason and the end. */
#include "seeks/suspension.h"

#include <string.h>
#include <time.h>

bool suspension_holds(const Arbiter__V1__Suspension *suspension, bool is_rated, int64_t now_ms)
{
    return suspension != NULL && suspension->until_ms > now_ms &&
           (is_rated || strcmp(suspension->from, "rated") != 0);
}

bool suspension_refuses(struct exchange *exchange, const Arbiter__V1__Player *player, bool is_rated)
{
    const Arbiter__V1__Suspension *suspension = player->suspension;
    char until[32] = "";
    struct tm parts;
    if (!suspension_holds(suspension, is_rated, loop_now_ms(bus_loop(exchange->api->bus))))
        return false;
    time_t seconds = (time_t)(suspension->until_ms / 1000);
    if (gmtime_r(&seconds, &parts) != NULL)
        (void)strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", &parts); /* it fits */
    exchange_problem(exchange, 403, "suspended", "You are suspended",
                     "until %s you may not start %s: %s; a director can take a game back that is "
                     "held against you",
                     until, strcmp(suspension->from, "rated") == 0 ? "rated games" : "games",
                     suspension->because);
    return true;
}
