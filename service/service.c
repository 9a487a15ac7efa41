/* Runs a service: settings, loop, bus, health, signals, the end. */
#include "service/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "bus/bus_nats.h"
#include "http/http.h"
#include "service/settings.h"

enum { SIGNAL_POLL_MS = 50, VERSION_MAX = 16 };

/* One running service. */
struct running {
    const struct service *service;
    struct service_settings settings;
    struct loop *loop;
    struct bus *bus;
    struct http_server *health;
    void *self;
    bool is_draining;
    int64_t drained_at_ms;
    loop_timer poll;
};

/* Set by the signal handler, looked at by the loop. */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

/* ---- health ------------------------------------------------------------------------------ */

static bool is_ready(const struct running *running)
{
    if (running->is_draining || running->self == NULL || !bus_connected(running->bus))
        return false;
    return running->service->is_ready == NULL || running->service->is_ready(running->self);
}

void service_metric(struct buffer *out, const char *name, const char *type, const char *help,
                    double value)
{
    buffer_format(out, "# HELP arbiter_%s %s\n# TYPE arbiter_%s %s\narbiter_%s %.17g\n", name, help,
                  name, type, name, value);
}

static void write_bus_metrics(const struct running *running, struct buffer *out)
{
    struct bus_stats stats;
    bus_stats(running->bus, &stats);
    const struct {
        const char *name;
        const char *help;
        uint64_t value;
    } counters[] = {
        {"bus_calls_total", "Requests sent.", stats.calls},
        {"bus_calls_failed_total", "Requests sent that ended in an error.", stats.calls_failed},
        {"bus_requests_total", "Requests received.", stats.requests},
        {"bus_requests_refused_total", "Requests refused: busy, or too late.",
         stats.requests_refused},
        {"bus_reconnects_total", "Connections made again.", stats.reconnects},
    };
    for (size_t i = 0; i < COUNT_OF(counters); i++)
        service_metric(out, counters[i].name, "counter", counters[i].help,
                       (double)counters[i].value);
    service_metric(out, "ready", "gauge", "Whether the service can do its work.",
                   is_ready(running) ? 1 : 0);
}

static void answer_text(struct http_request *request, unsigned code, const char *text, size_t size)
{
    http_answer(request,
                &(struct http_answer){.code = code,
                                      .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                      .body = text,
                                      .body_size = size});
}

static void answer_metrics(const struct running *running, struct http_request *request)
{
    struct buffer text = {0};
    write_bus_metrics(running, &text);
    if (running->self != NULL && running->service->write_metrics != NULL)
        running->service->write_metrics(running->self, &text);
    answer_text(request, 200, buffer_text(&text), text.size);
    buffer_deinit(&text);
}

static void on_health_request(struct http_request *request, void *user)
{
    const struct running *running = user;
    const char *path = http_path(request);
    if (strcmp(path, "/healthz") == 0)
        answer_text(request, 200, "alive\n", 6);
    else if (strcmp(path, "/readyz") == 0 && is_ready(running))
        answer_text(request, 200, "ready\n", 6);
    else if (strcmp(path, "/readyz") == 0)
        answer_text(request, 503, "not ready\n", 10);
    else if (strcmp(path, "/metrics") == 0)
        answer_metrics(running, request);
    else
        answer_text(request, 404, "there are /healthz, /readyz and /metrics\n", 41);
}

/* ---- the end ----------------------------------------------------------------------------- */

static void poll_signals(void *user);

static void poll_later(struct running *running)
{
    if (loop_after(running->loop, SIGNAL_POLL_MS, poll_signals, running, &running->poll) !=
        STATUS_OK)
        loop_stop(running->loop); /* without it nobody could end us */
}

static void begin_draining(struct running *running)
{
    log_event(LOG_INFO, "draining", "patience_ms=%d", SERVICE_DRAIN_MS);
    running->is_draining = true;
    running->drained_at_ms = loop_wall_ms(running->loop) + SERVICE_DRAIN_MS;
    bus_drain(running->bus);
    if (running->service->drain != NULL)
        running->service->drain(running->self);
}

static size_t requests_held(const struct running *running)
{
    struct bus_stats stats;
    bus_stats(running->bus, &stats);
    return stats.requests_held;
}

/* What is under way is given a moment; a second signal, or the moment's end, ends it all. */
static void poll_signals(void *user)
{
    struct running *running = user;
    if (stop_asked && !running->is_draining) {
        stop_asked = 0;
        begin_draining(running);
    } else if (running->is_draining && (stop_asked || requests_held(running) == 0 ||
                                        loop_wall_ms(running->loop) >= running->drained_at_ms)) {
        loop_stop(running->loop);
        return;
    }
    poll_later(running);
}

/* ---- the beginning ----------------------------------------------------------------------- */

static bool set_log_level(const struct running *running)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    const char *wanted = service_text(&running->settings, SERVICE_LOG_LEVEL);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i], wanted) == 0) {
            log_init(running->service->name, (enum log_level)i);
            return true;
        }
    fprintf(stderr, "log_level is debug, info, warn or error, not '%s'\n", wanted);
    return false;
}

static const char *text_or_null(const struct running *running, enum service_setting setting)
{
    const char *text = service_text(&running->settings, setting);
    return text[0] != '\0' ? text : NULL;
}

static bool start_bus(struct running *running, struct fault *out_fault)
{
    struct bus_nats_options options = {
        .url = service_text(&running->settings, SERVICE_NATS_URL),
        .name = running->service->name,
        .version = "0.1.0",
        .credentials = text_or_null(running, SERVICE_NATS_CREDENTIALS),
        .tls_ca = text_or_null(running, SERVICE_NATS_CA),
        .tls_cert = text_or_null(running, SERVICE_NATS_CERT),
        .tls_key = text_or_null(running, SERVICE_NATS_KEY),
    };
    struct clock_pace pace = service_pace(&running->settings);
    running->loop = loop_create();
    if (running->loop != NULL)
        loop_set_pace(running->loop, &pace);
    running->bus =
        running->loop != NULL ? bus_nats_create(running->loop, &options, out_fault) : NULL;
    return running->bus != NULL;
}

static bool start_health(struct running *running, struct fault *out_fault)
{
    struct http_options options = {
        .address = service_text(&running->settings, SERVICE_HEALTH_ADDRESS),
        .port = service_port(&running->settings, SERVICE_HEALTH_PORT),
        .handler = on_health_request,
        .user = running,
    };
    running->health = http_create(running->loop, &options, out_fault);
    return running->health != NULL;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &action, NULL); /* cannot fail for these signals */
    (void)sigaction(SIGINT, &action, NULL);
}

static int run(struct running *running)
{
    struct fault fault = {0};
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that has gone shows as an error where we write */
    bool is_good = start_bus(running, &fault) && start_health(running, &fault);
    if (is_good)
        running->self = running->service->start(running->bus, &running->settings, &fault);
    is_good = is_good && running->self != NULL;
    if (is_good) {
        catch_signals();
        poll_later(running);
        log_event(LOG_INFO, "started", "health_port=%u", http_port(running->health));
        loop_run(running->loop);
        log_event(LOG_INFO, "stopped", "code=0");
    } else {
        char text[FAULT_TEXT_MAX + 3];
        log_event(LOG_ERROR, "start_failed", "why=%s", log_quote(fault.text, text, sizeof text));
    }
    http_destroy(running->health);
    bus_destroy(running->bus); /* first: its last callbacks still find the service */
    if (running->self != NULL)
        running->service->stop(running->self);
    loop_destroy(running->loop);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Systems give a process a thousand files and allow it many more: a socket is a file. */
static void allow_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files); /* up to the hard limit nothing forbids it */
}

int service_main(int argc, char **argv, const struct service *service)
{
    static struct running running; /* large; there is one a process */
    const char *verb = NULL;
    running.service = service;
    int status = settings_read(argc, argv, service, &running.settings, &verb);
    if (status >= 0)
        return status;
    if (!set_log_level(&running))
        return 2;
    allow_files();
    if (verb == NULL)
        return run(&running);
    if (service->verb != NULL && strcmp(verb, service->verb) == 0)
        return service->run_verb(&running.settings);
    fprintf(stderr, "arbiter-%s: no such command '%s'; --help tells more\n", service->name, verb);
    return 2;
}
