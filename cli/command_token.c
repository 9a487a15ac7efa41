/* `arbiter token`: signs a token with the house's key. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fsm/yaml/yaml.h"
#include "seeks/token.h"

enum { PATH_SIZE = 4096 };

static const char usage[] =
    "Usage: arbiter token SUBJECT [OPTION...]\n"
    "\n"
    "Prints a signed token for a player, director or administrator.\n"
    "\n"
    "  --roles LIST      player,director,admin (default: player)\n"
    "  --event ID        a director's tournament; may be repeated (default: all of them)\n"
    "  --for DURATION    how long it is good for: 30m, 12h, 7d (default: 12h)\n"
    "  --key FILE        private key set (default: ./.arbiter/keys-private.json)\n"
    "  --help            this text\n";

static int wrong(const char *text)
{
    fprintf(stderr, "arbiter token: %s\n", text);
    return COMMAND_USAGE;
}

static bool copy_id(const char *text, char *out)
{
    if (text[0] == '\0' || strlen(text) >= TOKEN_SUBJECT_MAX)
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static int print_token(const char *key, const struct token_claims *claims)
{
    struct fault fault = {0};
    struct buffer text = {0};
    struct token_keys *keys = token_keys_load(key, &fault);
    if (keys == NULL) {
        fprintf(stderr, "arbiter token: %s; `arbiter up` makes one\n", fault.text);
        return COMMAND_FAILED;
    }
    enum status status = token_sign(keys, claims, clock_now_ms(), &text);
    if (status == STATUS_OK)
        puts(buffer_text(&text));
    else
        fprintf(stderr, "arbiter token: %s holds no private key\n", key);
    token_keys_destroy(keys);
    buffer_deinit(&text);
    return status == STATUS_OK ? COMMAND_DONE : COMMAND_FAILED;
}

int command_token(int argc, char **argv)
{
    static const struct option names[] = {
        {"roles", required_argument, NULL, 'r'}, {"event", required_argument, NULL, 'e'},
        {"for", required_argument, NULL, 'f'},   {"key", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    struct token_claims claims = {.roles = TOKEN_PLAYER};
    int64_t life_ms = INT64_C(12) * 3600 * 1000;
    const char *key = ".arbiter/keys-private.json";
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        if (letter == 'r' && !token_roles_parse(optarg, &claims.roles))
            return wrong("roles are player, director and admin");
        if (letter == 'e' && (claims.event_count == TOKEN_EVENTS_MAX ||
                              !copy_id(optarg, claims.events[claims.event_count++])))
            return wrong("--event takes a tournament's id, up to 32 times");
        if (letter == 'f' && (!yaml_read_duration(optarg, &life_ms) || life_ms < 1000))
            return wrong("--for takes a duration such as 30m, 12h, 7d");
        if (letter == 'k')
            key = optarg;
        if (letter == '?')
            return COMMAND_USAGE;
    }
    if (optind + 1 != argc || !copy_id(argv[optind], claims.subject))
        return wrong("give one subject, up to 63 characters; --help tells more");
    claims.expires_at_ms = clock_now_ms() + life_ms;
    return print_token(key, &claims);
}
