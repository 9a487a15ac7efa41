/* The table of routes, and which of its rows a path is for. */
#include "seeks/routing.h"

#include <string.h>

#include "seeks/api.h"

static const struct route *const tables[] = {
    player_routes,     read_routes,  seek_read_routes, seek_routes,   match_routes, conduct_routes,
    pool_routes,       why_routes,   circle_routes,    club_routes,   bulk_routes,  game_routes,
    tournament_routes, entry_routes, desk_routes,      stream_routes, socket_routes};

/* Keeps what the `{name}` of a segment stands for; "{game_id}.gcg" wants that ending. */
static bool match_name(struct exchange *exchange, const char *pattern, size_t pattern_size,
                       const char *path, size_t path_size)
{
    struct arena *arena = exchange_arena(exchange);
    size_t name = strcspn(pattern, "}") - 1;
    size_t ending = pattern_size - name - 2;
    if (path_size <= ending || exchange->parameter_count == EXCHANGE_PARAMETERS_MAX ||
        memcmp(pattern + name + 2, path + path_size - ending, ending) != 0)
        return false;
    int i = exchange->parameter_count++;
    exchange->parameter_names[i] = arena_copy(arena, pattern + 1, name);
    exchange->parameter_values[i] = arena_copy(arena, path, path_size - ending);
    return true;
}

/* Matches a path against a pattern, segment by segment, and keeps what its names stand for. */
static bool match(struct exchange *exchange, const char *pattern, const char *path)
{
    struct arena *arena = exchange_arena(exchange);
    exchange->parameter_count = 0;
    while (*pattern == '/' && *path == '/') {
        size_t name = strcspn(++pattern, "/?");
        size_t value = strcspn(++path, "/");
        if (pattern[0] == '{') {
            if (!match_name(exchange, pattern, name, path, value))
                return false;
        } else if (name != value || memcmp(pattern, path, name) != 0) {
            return false;
        }
        pattern += name;
        path += value;
    }
    return (*pattern == '\0' || *pattern == '?') && *path == '\0' && !arena_full(arena);
}

/* Whether a pattern names this query parameter: "/v1/x?dry_run&round". */
static bool takes_query(const char *pattern, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = strpbrk(pattern, "?"); at != NULL; at = strchr(at, '&')) {
        at++;
        if (strncmp(at, name, size) == 0 && (at[size] == '&' || at[size] == '\0'))
            return true;
    }
    return false;
}

struct query_check {
    const char *pattern;
    const char *stranger; /* a parameter that the pattern does not name */
};

static bool check_query_name(const char *name, const char *value, void *user)
{
    struct query_check *check = user;
    (void)value; /* the handler's */
    if (!takes_query(check->pattern, name))
        check->stranger = name;
    return check->stranger == NULL;
}

bool routing_check_query(struct exchange *exchange)
{
    struct query_check check = {.pattern = exchange->route->pattern};
    if (exchange->route->service_method == NULL)
        http_each_query(exchange->request, check_query_name, &check);
    if (check.stranger != NULL)
        exchange_problem(exchange, 400, "invalid", "The request is not valid",
                         "there is no query parameter '%.100s' here", check.stranger);
    return check.stranger == NULL;
}

const struct route *routing_find(struct exchange *exchange, bool *out_is_known)
{
    const char *method = http_method(exchange->request);
    const char *path = http_path(exchange->request);
    if (strcmp(method, "HEAD") == 0)
        method = "GET"; /* the body is left out by the server */
    *out_is_known = false;
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (const struct route *route = tables[t]; route->method != NULL; route++) {
            if (!match(exchange, route->pattern, path))
                continue;
            *out_is_known = true;
            if (strcmp(route->method, method) == 0)
                return route;
        }
    return NULL;
}

bool api_route(size_t index, const char **out_method, const char **out_pattern)
{
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (const struct route *route = tables[t]; route->method != NULL; route++)
            if (index-- == 0) {
                *out_method = route->method;
                *out_pattern = route->pattern;
                return true;
            }
    return false;
}

bool routing_check_parameters(struct exchange *exchange)
{
    for (int i = 0; i < exchange->parameter_count; i++)
        if (!exchange_is_id(exchange->parameter_values[i])) {
            exchange_problem(exchange, 404, "not-found", "There is no such thing",
                             "'%.100s' is no %s", exchange->parameter_values[i],
                             exchange->parameter_names[i]);
            return false;
        }
    return true;
}

const char *routing_methods(struct exchange *exchange)
{
    const char *path = http_path(exchange->request);
    const char *methods = "OPTIONS";
    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (const struct route *route = tables[t]; route->method != NULL; route++)
            if (match(exchange, route->pattern, path))
                methods = arena_format(exchange_arena(exchange), "%s, %s%s",
                                       methods != NULL ? methods : "", route->method,
                                       strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
    return methods != NULL ? methods : "";
}
