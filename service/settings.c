/* The table of settings and the three places they are read from. */
#include "service/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fsm/yaml/yaml.h"

enum { CONFIG_BYTES_MAX = 4 << 20, NAME_MAX_SIZE = 64 };

static const struct {
    const char *key;
    const char *otherwise;
    const char *help;
} table[SERVICE_SETTING_COUNT] = {
    [SERVICE_NATS_URL] = {"nats_url", "nats://127.0.0.1:4222",
                          "where NATS is; several with commas"},
    [SERVICE_NATS_CREDENTIALS] = {"nats_credentials", "", "a NATS credentials file"},
    [SERVICE_NATS_CA] = {"nats_ca", "", "TLS: the authority's certificate"},
    [SERVICE_NATS_CERT] = {"nats_cert", "", "TLS: our certificate"},
    [SERVICE_NATS_KEY] = {"nats_key", "", "TLS: our key"},
    [SERVICE_HEALTH_ADDRESS] = {"health_address", "127.0.0.1", "address of the health port"},
    [SERVICE_HEALTH_PORT] = {"health_port", "0", "port of /healthz, /readyz, /metrics; 0: any"},
    [SERVICE_LOG_LEVEL] = {"log_level", "info", "debug, info, warn or error"},
    [SERVICE_DATABASE] = {"database", "", "PostgreSQL's connection string (store only)"},
    [SERVICE_POLICIES] = {"policies", "policies", "folder of machines/, formats/, ratings/"},
    [SERVICE_KEYS] = {"keys", "",
                      "public key set that tokens are checked with, a file or URL (edge only)"},
    [SERVICE_KEYS_SECONDS] = {"keys_seconds", "300", "how often it is read again (edge only)"},
    [SERVICE_HTTP_ADDRESS] = {"http_address", "127.0.0.1", "address of the REST API (edge only)"},
    [SERVICE_HTTP_PORT] = {"http_port", "8080", "port of the REST API (edge only)"},
    [SERVICE_CORS_ORIGINS] = {"cors_origins", "",
                              "web origins that may call the API, with commas, or * (edge only)"},
    [SERVICE_LIMITS] = {"limits", "default",
                        "which of the policies under limits/ says how many requests who may send; "
                        "empty: any number (edge only)"},
    [SERVICE_PROXIES] = {"proxies", "0",
                         "how many proxies of ours stand before the edge, each adding to "
                         "X-Forwarded-For (edge only)"},
    [SERVICE_SOCKET_RATE] = {"socket_rate", "20",
                             "messages a second that one WebSocket may send (edge only)"},
    [SERVICE_SOCKET_PING] = {"socket_ping_seconds", "20",
                             "how long a WebSocket may be silent before it is pinged (edge only)"},
    [SERVICE_CONNECTIONS] = {"connections", "16000",
                             "open connections in all, streams and sockets among them; one more is "
                             "closed at once (edge only)"},
    [SERVICE_ADDRESS_CONNECTIONS] = {"address_connections", "8000",
                                     "open connections from one address; 0: as many as in all, for "
                                     "an edge behind a proxy (edge only)"},
    [SERVICE_HEADER_SECONDS] = {"header_seconds", "10",
                                "how long a request's header may take to come (edge only)"},
    [SERVICE_BODY_SECONDS] = {"body_seconds", "30",
                              "how long the rest of a request may take to come (edge only)"},
    [SERVICE_LOOK_SECONDS] = {"look_seconds", "15",
                              "how long a look at a seek counts for accepting it, before its "
                              "accepter is read again; 0: always read (edge only)"},
    [SERVICE_LEXICONS] = {"lexicons", "lexicons", "folder of *.lexicon files (gamesvc only)"},
    [SERVICE_SEAL_KEYS] = {"seal_keys", "",
                           "file of keys that games' secrets are sealed with (gamesvc only)"},
    [SERVICE_HANDS_MB] = {"hands_mb", "64",
                          "megabytes of games kept loaded between their moves; 0: every move loads "
                          "its game (gamesvc only)"},
    [SERVICE_ARCHIVE] = {"archive", "",
                         "folder, or http(s)://host/bucket/prefix of an S3 store, for finished "
                         "games (store only)"},
    [SERVICE_ARCHIVE_REGION] = {"archive_region", "us-east-1", "of the S3 store (store only)"},
    [SERVICE_ARCHIVE_KEY_ID] = {"archive_key_id", "", "of the S3 store (store only)"},
    [SERVICE_ARCHIVE_SECRET] = {"archive_secret", "", "of the S3 store (store only)"},
    [SERVICE_UNSAFE_DRAWS] = {"unsafe_draws", "",
                              "tests only: folder of scripted draws, which are not fair (gamesvc)"},
    [SERVICE_CLOCK_SPEED] = {"clock_speed", "1",
                             "how much faster than the world's the house's time runs"},
    [SERVICE_CLOCK_START] = {"clock_start", "0",
                             "since when: ms since 1970; the same for every service"},
    [SERVICE_CLOCK_FROM] = {"clock_from", "0", "what the house's time was then; 0: the same"},
};

const char *service_setting_key(enum service_setting setting)
{
    return table[setting].key;
}

const char *service_text(const struct service_settings *settings, enum service_setting setting)
{
    return settings->texts[setting];
}

uint16_t service_port(const struct service_settings *settings, enum service_setting setting)
{
    return (uint16_t)strtoul(settings->texts[setting], NULL, 10); /* checked when it was set */
}

struct clock_pace service_pace(const struct service_settings *settings)
{
    return (struct clock_pace){
        .start_ms = strtoll(settings->texts[SERVICE_CLOCK_START], NULL, 10), /* checked when set */
        .from_ms = strtoll(settings->texts[SERVICE_CLOCK_FROM], NULL, 10),
        .speed = strtoll(settings->texts[SERVICE_CLOCK_SPEED], NULL, 10),
    };
}

/* Ports, and what else is a number up to 65535. */
static bool is_port(enum service_setting setting)
{
    return setting == SERVICE_HEALTH_PORT || setting == SERVICE_HTTP_PORT ||
           setting == SERVICE_SOCKET_RATE || setting == SERVICE_SOCKET_PING ||
           setting == SERVICE_PROXIES || setting == SERVICE_KEYS_SECONDS ||
           setting == SERVICE_LOOK_SECONDS || setting == SERVICE_HANDS_MB;
}

static bool is_port_text(const char *text)
{
    char *end = NULL;
    unsigned long port = strtoul(text, &end, 10);
    return isdigit((unsigned char)text[0]) && *end == '\0' && port <= 65535;
}

static bool is_clock(enum service_setting setting)
{
    return setting == SERVICE_CLOCK_SPEED || setting == SERVICE_CLOCK_START ||
           setting == SERVICE_CLOCK_FROM;
}

/* A speed from 1, or milliseconds since 1970. */
static bool is_clock_text(enum service_setting setting, const char *text)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0)
        return false;
    return setting != SERVICE_CLOCK_SPEED || (number >= 1 && number <= CLOCK_SPEED_MAX);
}

static bool set(struct service_settings *settings, enum service_setting setting, const char *text,
                const char *where)
{
    if (strlen(text) >= SERVICE_TEXT_MAX || (is_port(setting) && !is_port_text(text)) ||
        (is_clock(setting) && !is_clock_text(setting, text))) {
        fprintf(stderr, "%s: %s cannot be '%s'\n", where, table[setting].key, text);
        return false;
    }
    memcpy(settings->texts[setting], text, strlen(text) + 1);
    return true;
}

static int find(const char *key)
{
    for (int i = 0; i < SERVICE_SETTING_COUNT; i++)
        if (strcmp(table[i].key, key) == 0)
            return i;
    return -1;
}

/* ---- the file ---------------------------------------------------------------------------- */

static bool read_pairs(const struct yaml_node *root, struct yaml_faults *faults, const char *path,
                       struct service_settings *settings)
{
    const char *keys[SERVICE_SETTING_COUNT];
    if (root->kind != YAML_MAPPING) {
        (void)yaml_error(faults, root, "settings are `key: value`, one a line");
        return false;
    }
    for (int i = 0; i < SERVICE_SETTING_COUNT; i++)
        keys[i] = table[i].key;
    for (size_t i = 0; i < root->count; i++) {
        const struct yaml_pair *pair = &root->pairs[i];
        int setting = find(pair->key.text);
        if (setting < 0) {
            (void)yaml_error(faults, &pair->key, "there is no setting '%s'", pair->key.text);
            yaml_hint_nearest(faults, pair->key.text, keys, SERVICE_SETTING_COUNT);
        } else if (pair->value.kind != YAML_SCALAR) {
            (void)yaml_error(faults, &pair->value, "'%s' takes a text", pair->key.text);
        } else if (!set(settings, (enum service_setting)setting, pair->value.text, path)) {
            return false;
        }
    }
    return faults->error_count == 0;
}

static bool read_file(const char *path, struct service_settings *settings)
{
    struct arena arena;
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct buffer report = {0};
    const struct yaml_node *root = NULL;
    arena_init(&arena, CONFIG_BYTES_MAX);
    struct yaml_faults faults = {.arena = &arena};
    bool is_good = buffer_read_file(&text, path) == STATUS_OK;
    if (!is_good)
        fprintf(stderr, "%s: cannot be read\n", path);
    is_good = is_good &&
              yaml_parse(&arena, buffer_text(&text), text.size, &faults, &root) == STATUS_OK &&
              read_pairs(root, &faults, path, settings);
    yaml_faults_print(&faults, path, buffer_text(&text), text.size, &report);
    fputs(buffer_text(&report), stderr);
    buffer_deinit(&report);
    buffer_deinit(&text);
    arena_deinit(&arena);
    return is_good;
}

/* ---- the environment --------------------------------------------------------------------- */

static bool read_environment(struct service_settings *settings)
{
    for (int i = 0; i < SERVICE_SETTING_COUNT; i++) {
        char name[NAME_MAX_SIZE];
        (void)snprintf(name, sizeof name, "ARBITER_%s", table[i].key); /* our keys are short */
        for (char *c = name; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
        const char *text = getenv(name);
        if (text != NULL && !set(settings, (enum service_setting)i, text, name))
            return false;
    }
    return true;
}

/* ---- the command line -------------------------------------------------------------------- */

static void print_help(const struct service *service)
{
    printf("Usage: arbiter-%s [%s%sOPTION...]\n\n%s\n\n", service->name,
           service->verb != NULL ? service->verb : "", service->verb != NULL ? "] [" : "",
           service->help);
    for (int i = 0; i < SERVICE_SETTING_COUNT; i++) {
        char flag[NAME_MAX_SIZE];
        (void)snprintf(flag, sizeof flag, "--%s", table[i].key); /* our keys are short */
        for (char *c = flag; *c != '\0'; c++)
            *c = *c == '_' ? '-' : *c;
        printf("  %-20s %s%s%s%s\n", flag, table[i].help, table[i].otherwise[0] ? " (" : "",
               table[i].otherwise, table[i].otherwise[0] ? ")" : "");
    }
    puts("  --config             a YAML file of these settings, with _ for -\n"
         "  --help               this text\n\n"
         "Each can also be given in the environment: ARBITER_NATS_URL and so on.");
}

/* "--nats-url" and "--nats-url=…" → the setting's number, -1 for none. */
static int find_flag(const char *argument, const char **out_value)
{
    char key[NAME_MAX_SIZE];
    size_t size = strcspn(argument, "=");
    if (size < 3 || size >= sizeof key)
        return -1;
    for (size_t i = 2; i < size; i++)
        key[i - 2] = argument[i] == '-' ? '_' : argument[i];
    key[size - 2] = '\0';
    *out_value = argument[size] == '=' ? argument + size + 1 : NULL;
    return strcmp(key, "config") == 0 ? SERVICE_SETTING_COUNT : find(key);
}

/* Reads flags; with `for_config` only --config is looked at, which comes before the environment. */
static bool read_flags(int argc, char **argv, bool for_config, struct service_settings *settings,
                       const char **out_verb)
{
    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        if (strncmp(argv[i], "--", 2) != 0) {
            *out_verb = argv[i];
            continue;
        }
        int setting = find_flag(argv[i], &value);
        if (setting < 0) {
            fprintf(stderr, "%s: no such option; --help lists them\n", argv[i]);
            return false;
        }
        if (value == NULL && i + 1 < argc)
            value = argv[++i];
        if (value == NULL) {
            fprintf(stderr, "%s: a value is missing\n", argv[i]);
            return false;
        }
        bool is_config = setting == SERVICE_SETTING_COUNT;
        if (is_config && for_config && !read_file(value, settings))
            return false;
        if (!is_config && !for_config &&
            !set(settings, (enum service_setting)setting, value, "command line"))
            return false;
    }
    return true;
}

int settings_read(int argc, char **argv, const struct service *service,
                  struct service_settings *out_settings, const char **out_verb)
{
    *out_verb = NULL;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) {
            print_help(service);
            return EXIT_SUCCESS;
        }
    for (int i = 0; i < SERVICE_SETTING_COUNT; i++)
        if (!set(out_settings, (enum service_setting)i, table[i].otherwise, "default"))
            return 2;
    if (!read_flags(argc, argv, true, out_settings, out_verb) || !read_environment(out_settings) ||
        !read_flags(argc, argv, false, out_settings, out_verb))
        return 2;
    return -1;
}
