/* arbiter-seeks: the edge — REST, live events. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "seeks/api.h"
#include "service/service.h"

struct edge {
    struct key_ring *ring;
    struct api *api;
};

static void stop(void *self)
{
    struct edge *edge = self;
    api_destroy(edge->api);
    key_ring_destroy(edge->ring);
    free(edge);
}

static void *start(struct bus *bus, const struct service_settings *settings,
                   struct fault *out_fault)
{
    struct edge *edge = calloc(1, sizeof *edge);
    if (edge == NULL)
        return NULL;
    edge->ring = key_ring_create(bus_loop(bus), service_text(settings, SERVICE_KEYS),
                                 service_port(settings, SERVICE_KEYS_SECONDS), out_fault);
    if (edge->ring != NULL) {
        struct api_options options = {
            .bus = bus,
            .keys = key_ring_keys(edge->ring),
            .ring = edge->ring,
            .address = service_text(settings, SERVICE_HTTP_ADDRESS),
            .port = service_port(settings, SERVICE_HTTP_PORT),
            .policies_folder = service_text(settings, SERVICE_POLICIES),
            .socket_rate = service_port(settings, SERVICE_SOCKET_RATE),
            .socket_ping_s = service_port(settings, SERVICE_SOCKET_PING),
            .cors_origins = service_text(settings, SERVICE_CORS_ORIGINS),
            .limits = service_text(settings, SERVICE_LIMITS),
            .proxies = service_port(settings, SERVICE_PROXIES),
            .connections_max = service_port(settings, SERVICE_CONNECTIONS),
            .address_connections_max = service_port(settings, SERVICE_ADDRESS_CONNECTIONS),
            .header_seconds = service_port(settings, SERVICE_HEADER_SECONDS),
            .body_seconds = service_port(settings, SERVICE_BODY_SECONDS),
            .look_seconds = service_port(settings, SERVICE_LOOK_SECONDS)};
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
    service_metric(out, "http_limited_total", "counter",
                   "Requests refused because their sender had sent too many.",
                   (double)stats.limited);
    service_metric(out, "http_limits_forgotten_total", "counter",
                   "Senders forgotten before their budget was whole: raise clients_max.",
                   (double)stats.limits_forgotten);
    struct key_ring_stats keys;
    key_ring_stats(edge->ring, &keys);
    service_metric(out, "token_keys", "gauge", "Keys that tokens are checked with.",
                   (double)keys.keys);
    service_metric(out, "token_keys_read_timestamp_seconds", "gauge",
                   "When they were last read from their file or URL.",
                   (double)keys.read_at_ms / 1000.0);
    service_metric(out, "token_keys_failures_total", "counter",
                   "Readings of them that failed: those known before were kept.",
                   (double)keys.failures);
    service_metric(out, "event_streams", "gauge", "Open event streams.", (double)stats.streams);
    service_metric(out, "event_stream_frames_total", "counter", "Events written to streams.",
                   (double)stats.stream_frames);
    service_metric(out, "event_streams_dropped_total", "counter",
                   "Event streams closed because their readers were slow or hostile.",
                   (double)stats.streams_dropped);
    service_metric(out, "http_connections", "gauge",
                   "Open connections, streams and sockets among them.", (double)stats.http.open);
    service_metric(out, "http_refused_full_total", "counter",
                   "Connections closed at once: too many in all.", (double)stats.http.refused_full);
    service_metric(out, "http_refused_address_total", "counter",
                   "Connections closed at once: too many from one address.",
                   (double)stats.http.refused_address);
    service_metric(out, "http_late_requests_total", "counter",
                   "Requests cut off because their header or body came too slowly.",
                   (double)stats.http.late_requests);
    service_metric(out, "http_late_answers_total", "counter",
                   "Connections cut off because an answer was not taken.",
                   (double)stats.http.late_answers);
    service_metric(out, "sockets", "gauge", "Open WebSockets.", (double)stats.sockets);
    service_metric(out, "socket_messages_total", "counter", "Messages from WebSockets.",
                   (double)stats.socket_messages);
    service_metric(out, "sockets_dropped_total", "counter",
                   "WebSockets closed because they were slow, silent or hostile.",
                   (double)stats.sockets_dropped);
    service_metric(out, "looks_used_total", "counter",
                   "Seeks accepted by what their accepters had just looked at.",
                   (double)stats.looks.hits);
    service_metric(out, "looks_missed_total", "counter",
                   "Seeks accepted after reading: not looked at lately.",
                   (double)stats.looks.misses);
    service_metric(out, "looks_dropped_total", "counter",
                   "Looks dropped because something of their players had changed.",
                   (double)stats.looks.drops);
    service_metric(out, "looks", "gauge", "Looks kept.", (double)stats.looks.count);
    service_metric(out, "wait_estimates_total", "counter",
                   "Estimates told to seeks that have become games since.",
                   (double)stats.waits_told);
    service_metric(out, "wait_estimates_held_ratio", "gauge",
                   "Share of these whose wait ended within the interval.",
                   stats.waits_told > 0 ? (double)stats.waits_held / (double)stats.waits_told : 1);
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
