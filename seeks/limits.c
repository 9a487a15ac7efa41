/* Reads the policy's file, knows clients by keyed hashes, so that nobody can aim for another's
 * bucket. */
#include "seeks/limits.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buffer.h"
#include "seeks/token.h"

enum { POLICY_BYTES_MAX = 4 << 20, PLACE_MAX = 64 };

struct limits {
    struct arena arena;
    struct limits_policy policy;
    struct quota *quota;
    unsigned char key[crypto_shorthash_KEYBYTES];
};

/* ---- the file ---------------------------------------------------------------------------- */

static bool check_routes(const struct limits_policy *policy, bool (*is_route)(const char *route),
                         struct fault *out_fault)
{
    for (size_t i = 0; i < policy->budget_count; i++)
        for (size_t j = 0; j < policy->budgets[i].route_count; j++)
            if (!is_route(policy->budgets[i].routes[j])) {
                (void)fault_set(out_fault, 0, 0, "limits `%s`: budget `%s`: there is no route %s",
                                policy->name, policy->budgets[i].name,
                                policy->budgets[i].routes[j]);
                return false;
            }
    return true;
}

static bool read_policy(struct limits *limits, const char *path, struct fault *out_fault)
{
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct yaml_faults faults = {.arena = &limits->arena};
    bool is_read = buffer_read_file(&text, path) == STATUS_OK;
    if (!is_read)
        (void)fault_set(out_fault, 0, 0, "%s: cannot be read", path);
    if (is_read && limits_policy_read(&limits->arena, buffer_text(&text), text.size, &faults,
                                      &limits->policy) != STATUS_OK) {
        struct fault first = {0};
        yaml_first_error(&faults, &first);
        (void)fault_set(out_fault, first.line, first.column, "%s: %s", path, first.text);
        is_read = false;
    }
    buffer_deinit(&text);
    return is_read;
}

bool limits_exist(const char *folder)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/limits", folder);
    bool is_there = !path.failed && access(buffer_text(&path), X_OK) == 0;
    buffer_deinit(&path);
    return is_there;
}

struct limits *limits_load(const char *folder, const char *name,
                           bool (*is_route)(const char *route), struct fault *out_fault)
{
    struct buffer path = {0};
    struct limits *limits = calloc(1, sizeof *limits);
    if (limits == NULL || sodium_init() < 0) {
        free(limits);
        (void)fault_set(out_fault, 0, 0, "no memory for limits");
        return NULL;
    }
    arena_init(&limits->arena, POLICY_BYTES_MAX);
    crypto_shorthash_keygen(limits->key);
    buffer_format(&path, "%s/limits/%s.yaml", folder, name);
    bool is_good = read_policy(limits, buffer_text(&path), out_fault) &&
                   check_routes(&limits->policy, is_route, out_fault);
    if (is_good)
        limits->quota = quota_create(limits->policy.clients_max);
    if (is_good && limits->quota == NULL)
        (void)fault_set(out_fault, 0, 0, "no memory for limits");
    buffer_deinit(&path);
    if (limits->quota != NULL)
        return limits;
    limits_destroy(limits);
    return NULL;
}

void limits_destroy(struct limits *limits)
{
    if (limits == NULL)
        return;
    quota_destroy(limits->quota);
    arena_deinit(&limits->arena);
    free(limits);
}

uint64_t limits_forgotten(const struct limits *limits)
{
    return limits != NULL ? quota_forgotten(limits->quota) : 0;
}

/* ---- who it is --------------------------------------------------------------------------- */

/* Copies entry `index` from the right of a list with commas; false where it has fewer. */
static bool copy_entry(const char *list, unsigned index, char *out, size_t size)
{
    const char *end = list + strlen(list);
    for (;;) {
        const char *start = end;
        while (start > list && start[-1] != ',')
            start--;
        if (index-- == 0) {
            start += strspn(start, " \t");
            size_t length = (size_t)(end - start);
            while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
                length--;
            if (start >= end || length == 0 || length >= size)
                return false;
            memcpy(out, start, length);
            out[length] = '\0';
            return true;
        }
        if (start == list)
            return false;
        end = start - 1;
    }
}

void limits_address(const struct limits_request *request, char *out, size_t size)
{
    struct in6_addr address;
    (void)snprintf(out, size, "%s", request->address); /* an address fits, or is cut short */
    if (request->proxies == 0 || request->forwarded == NULL)
        return;
    /* What lies further left was written by whoever asks; a shorter list came past our proxies. */
    if (!copy_entry(request->forwarded, request->proxies - 1, out, size))
        (void)snprintf(out, size, "%s", request->address); /* as above */
    if (inet_pton(AF_INET6, out, &address) == 1) {
        memset(address.s6_addr + 8, 0, 8);
        (void)inet_ntop(AF_INET6, &address, out, (socklen_t)size); /* it fits: it was longer */
    }
}

static unsigned who_of(unsigned roles)
{
    unsigned who = 0;
    if ((roles & TOKEN_PLAYER) != 0)
        who |= LIMITS_PLAYER;
    if ((roles & TOKEN_DIRECTOR) != 0)
        who |= LIMITS_DIRECTOR;
    if ((roles & TOKEN_ADMIN) != 0)
        who |= LIMITS_ADMIN;
    return who != 0 ? who : LIMITS_ANONYMOUS;
}

void limits_take(struct limits *limits, const struct limits_request *request, int64_t now_ms,
                 struct limits_verdict *out_verdict)
{
    char who[PLACE_MAX + 2 + sizeof(size_t)];
    char place[PLACE_MAX];
    uint64_t client;
    *out_verdict =
        (struct limits_verdict){.budget = limits_find(&limits->policy, who_of(request->roles),
                                                      request->method, request->pattern)};
    if (out_verdict->budget == NULL)
        return;
    limits_address(request, place, sizeof place);
    int length = snprintf(
        who, sizeof who, "%c%c%s", (int)('a' + (out_verdict->budget - limits->policy.budgets)),
        request->roles != 0 ? 't' : 'a', request->roles != 0 ? request->subject : place);
    unsigned char hash[sizeof client];
    (void)crypto_shorthash(hash, (const unsigned char *)who, (unsigned long long)length,
                           limits->key); /* always 0 */
    memcpy(&client, hash, sizeof client);
    quota_take(limits->quota, client, &out_verdict->budget->quota, now_ms, &out_verdict->state);
}
