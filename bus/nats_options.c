/* How a connection behaves, where its servers are, and what it shows them. */
#include "bus/nats_transport.h"

#include <stdio.h>
#include <string.h>

enum {
    CONNECT_TIMEOUT_MS = 2000,
    PING_INTERVAL_MS = 5000,
    PINGS_OUT_MAX = 2,
    IO_BUFFER_SIZE = 128 * 1024,
    SERVERS_MAX = 16
};

/* Splits "a,b" and hands the servers over; nats.c copies them. */
static natsStatus set_servers(natsOptions *options, const char *url)
{
    char text[1024];
    const char *servers[SERVERS_MAX];
    int count = 0;
    if (snprintf(text, sizeof text, "%s", url) >= (int)sizeof text)
        return NATS_INVALID_ARG;
    char *rest = NULL;
    for (char *server = strtok_r(text, ", ", &rest); server != NULL && count < SERVERS_MAX;
         server = strtok_r(NULL, ", ", &rest))
        servers[count++] = server;
    return count == 0 ? NATS_INVALID_ARG : natsOptions_SetServers(options, servers, count);
}

static natsStatus set_security(natsOptions *options, const struct bus_nats_options *wanted)
{
    natsStatus result = NATS_OK;
    if (wanted->credentials != NULL)
        result = natsOptions_SetUserCredentialsFromFiles(options, wanted->credentials, NULL);
    if (result == NATS_OK && wanted->tls_ca != NULL)
        result = natsOptions_SetSecure(options, true);
    if (result == NATS_OK && wanted->tls_ca != NULL)
        result = natsOptions_LoadCATrustedCertificates(options, wanted->tls_ca);
    if (result == NATS_OK && wanted->tls_cert != NULL)
        result = natsOptions_LoadCertificatesChain(options, wanted->tls_cert, wanted->tls_key);
    return result;
}

static natsStatus set_behaviour(natsOptions *options, const char *name)
{
    const natsStatus steps[] = {
        natsOptions_SetName(options, name),
        natsOptions_SetSendAsap(options, true), /* else a thread writes after 1 ms */
        natsOptions_SetIOBufSize(options, IO_BUFFER_SIZE),
        natsOptions_SetTimeout(options, CONNECT_TIMEOUT_MS),
        natsOptions_SetPingInterval(options, PING_INTERVAL_MS),
        natsOptions_SetMaxPingsOut(options, PINGS_OUT_MAX),
        natsOptions_SetMaxReconnect(options, -1),
    };
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (steps[i] != NATS_OK)
            return steps[i];
    return NATS_OK;
}

natsStatus nats_options_create(natsOptions **out_options, const struct bus_nats_options *wanted)
{
    natsStatus result = natsOptions_Create(out_options);
    if (result == NATS_OK)
        result = set_behaviour(*out_options, wanted->name);
    if (result == NATS_OK)
        result = set_servers(*out_options, wanted->url);
    if (result == NATS_OK)
        result = set_security(*out_options, wanted);
    return result;
}
