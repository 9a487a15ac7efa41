/* arbiter-seeks: the edge — REST, live events. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "seeks/api.h"
#include "service/service.h"

struct edge {
    struct token_keys *keys;
    struct api *api;
};

static void stop(void *self)
{
    struct edge *edge = self;
    api_destroy(edge->api);
    token_keys_destroy(edge->keys);
    free(edge);
}

static void *start(struct bus *bus, const struct service_settings *settings,
                   struct fault *out_fault)
{
    struct edge *edge = calloc(1, sizeof *edge);
    if (edge == NULL)
        return NULL;
    edge->keys = token_keys_load(service_text(settings, SERVICE_KEYS), out_fault);
    if (edge->keys != NULL) {
        struct api_options options = {.bus = bus,
                                      .keys = edge->keys,
                                      .address = service_text(settings, SERVICE_HTTP_ADDRESS),
                                      .port = service_port(settings, SERVICE_HTTP_PORT),
                                      .policies_folder = service_text(settings, SERVICE_POLICIES),
                                      .socket_rate = service_port(settings, SERVICE_SOCKET_RATE),
                                      .socket_ping_s = service_port(settings, SERVICE_SOCKET_PING),
                                      .cors_origins = service_text(settings, SERVICE_CORS_ORIGINS)};
        edge->api = api_create(&options, out_fault);
    }
    if (edge->api != NULL) {
        log_event(LOG_INFO, "listening", "http_port=%u", api_port(edge->api));
        return edge;
    }
    stop(edge);
    return NULL;
}

static bool is_ready(void *self)
{
    return api_is_ready(((const struct edge *)self)->api);
}

static void write_metrics(void *self, struct buffer *out)
{
    const struct edge *edge = self;
    struct api_stats stats;
    api_stats(edge->api, &stats);
    service_metric(out, "http_requests_total", "counter", "Requests to the REST API.",
                   (double)stats.requests);
    service_metric(out, "http_problems_total", "counter", "Requests answered with a problem.",
                   (double)stats.problems);
    service_metric(out, "event_streams", "gauge", "Open event streams.", (double)stats.streams);
    service_metric(out, "sockets", "gauge", "Open WebSockets.", (double)stats.sockets);
    service_metric(out, "socket_messages_total", "counter", "Messages from WebSockets.",
                   (double)stats.socket_messages);
    service_metric(out, "sockets_dropped_total", "counter",
                   "WebSockets closed because they were slow, silent or hostile.",
                   (double)stats.sockets_dropped);
}

int main(int argc, char **argv)
{
    return service_main(argc, argv,
                        &(struct service){.name = "seeks",
                                          .help = "The REST API and its event stream.",
                                          .start = start,
                                          .is_ready = is_ready,
                                          .write_metrics = write_metrics,
                                          .stop = stop});
}
