/* Refuses whoever is suspended, with the reason and the end. */
#include "seeks/suspension.h"

#include <string.h>
#include <time.h>

/* Whether a suspension (may be NULL) stands against a game, rated or not, at that time. */
static bool holds(const Arbiter__V1__Suspension *suspension, bool is_rated, int64_t now_ms)
{
    return suspension != NULL && suspension->until_ms > now_ms &&
           (is_rated || strcmp(suspension->from, "rated") != 0);
}

bool suspension_refuses(struct exchange *exchange, const char *status,
                        const Arbiter__V1__Suspension *suspension, bool is_rated)
{
    char until[32] = "";
    struct tm parts;
    if (strcmp(status, "suspended") == 0) {
        exchange_problem(exchange, 403, "suspended", "You are suspended",
                         "a director can lift the suspension");
        return true;
    }
    if (!holds(suspension, is_rated, loop_now_ms(bus_loop(exchange->api->bus))))
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
