#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

/*
 * service — what the mains of all services share: settings, the loop, the bus, health, the end.
 *
 * In:       settings from a YAML file (--config), the environment and the command line, later ones
 *           winning; signals.
 * Out:      GET /healthz, /readyz and /metrics (Prometheus) on a port of their own.
 * Threads:  the loop's, which is the main thread.
 *
 *     int main(int argc, char **argv)
 *     {
 *         return service_main(argc, argv, &(struct service){.name = "gamesvc", …});
 *     }
 *
 * SIGTERM and SIGINT drain: no new requests are taken, those under way are answered, then the
 * process ends with 0.
 */

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fault.h"
#include "bus/bus.h"

#include <stdbool.h>
#include <stddef.h>

#define SERVICE_TEXT_MAX 1024
#define SERVICE_DRAIN_MS 5000

/* One setting: the key in a configuration file, the same in capitals after ARBITER_ in the
 * environment, the same with dashes on the command line. */
enum service_setting {
    SERVICE_NATS_URL,
    SERVICE_NATS_CREDENTIALS,
    SERVICE_NATS_CA,
    SERVICE_NATS_CERT,
    SERVICE_NATS_KEY,
    SERVICE_HEALTH_ADDRESS,
    SERVICE_HEALTH_PORT,
    SERVICE_LOG_LEVEL,
    SERVICE_DATABASE,
    SERVICE_POLICIES,
    SERVICE_KEYS,
    SERVICE_KEYS_SECONDS,
    SERVICE_HTTP_ADDRESS,
    SERVICE_HTTP_PORT,
    SERVICE_CORS_ORIGINS,
    SERVICE_LIMITS,
    SERVICE_PROXIES,
    SERVICE_SOCKET_RATE,
    SERVICE_SOCKET_PING,
    SERVICE_CONNECTIONS,
    SERVICE_ADDRESS_CONNECTIONS,
    SERVICE_HEADER_SECONDS,
    SERVICE_BODY_SECONDS,
    SERVICE_LOOK_SECONDS,
    SERVICE_LEXICONS,
    SERVICE_SEAL_KEYS,
    SERVICE_HANDS_MB,
    SERVICE_ARCHIVE,
    SERVICE_ARCHIVE_REGION,
    SERVICE_ARCHIVE_KEY_ID,
    SERVICE_ARCHIVE_SECRET,
    SERVICE_UNSAFE_DRAWS,
    SERVICE_CLOCK_SPEED,
    SERVICE_CLOCK_START,
    SERVICE_CLOCK_FROM,
    SERVICE_SETTING_COUNT
};

struct service_settings {
    char texts[SERVICE_SETTING_COUNT][SERVICE_TEXT_MAX];
};

/* Returns the key a setting has in a configuration file. */
const char *service_setting_key(enum service_setting setting);

/* Returns a setting as text or, where it is one, as a port or another number up to 65535. */
const char *service_text(const struct service_settings *settings, enum service_setting setting);
uint16_t service_port(const struct service_settings *settings, enum service_setting setting);

/* Returns how the house's time runs. */
struct clock_pace service_pace(const struct service_settings *settings);

/* What a service is made of. `start` returns the service's own object, or NULL with a fault. */
struct service {
    const char *name;
    const char *help; /* one sentence for --help */
    void *(*start)(struct bus *bus, const struct service_settings *settings,
                   struct fault *out_fault);
    bool (*is_ready)(void *self);                          /* NULL: when the bus is connected */
    void (*write_metrics)(void *self, struct buffer *out); /* Prometheus lines; may be NULL */
    void (*drain)(void *self);                             /* may be NULL */
    void (*stop)(void *self);
    /* A command of its own instead of serving, e.g. `arbiter-store migrate`; may be NULL. */
    const char *verb;
    int (*run_verb)(const struct service_settings *settings);
};

/* Runs a service to its end; returns the process's exit status. */
int service_main(int argc, char **argv, const struct service *service);

/* Appends a counter or gauge with its help line: "# HELP …\n# TYPE …\nname value\n". */
void service_metric(struct buffer *out, const char *name, const char *type, const char *help,
                    double value);

#endif
