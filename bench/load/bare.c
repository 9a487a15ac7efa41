/*
 * bench-bare: the least that must happen for a durable answer, with nothing of ours around it: one
 * HTTP request, one NATS request, one row inserted in a transaction shared by all that wait, the
 * answer. The yardstick of bench/load, and the one program besides the store's that links libpq:
 * through ours it would measure us.
 *
 *     bench-bare edge HTTP_PORT NATS_PORT    libmicrohttpd on one thread, NATS on a socket
 *     bench-bare store NATS_PORT CONNINFO    NATS on a socket, libpq in pipeline mode
 */
#include <libpq-fe.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "bench/bus/raw.h"

enum { SLOTS = 4096, BODY_MAX = 4096, BATCH_MAX = 256 };

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bench-bare: %s\n", what);
    exit(1);
}

/* ---- the edge ---------------------------------------------------------------------------- */

/* One request under way; its number is the last part of the reply's subject. */
struct slot {
    struct MHD_Connection *connection; /* NULL: free */
    char body[BODY_MAX];
    size_t size;
    bool is_answered;
};

struct edge {
    struct raw *raw;
    struct slot slots[SLOTS];
    int next;
};

static struct slot *take_slot(struct edge *edge, struct MHD_Connection *connection)
{
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &edge->slots[(edge->next + i) % SLOTS];
        if (slot->connection != NULL)
            continue;
        edge->next = (edge->next + i + 1) % SLOTS;
        *slot = (struct slot){.connection = connection};
        return slot;
    }
    give_up("more than 4096 requests at once");
}

static void ask(struct edge *edge, struct slot *slot)
{
    char reply[64];
    (void)snprintf(reply, sizeof reply, "_INBOX.edge.%d", (int)(slot - edge->slots));
    raw_publish(edge->raw, "bare.put", strlen("bare.put"), reply, slot->body, slot->size);
    MHD_suspend_connection(slot->connection);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context)
{
    (void)url, (void)method, (void)version; /* every request is the same */
    struct edge *edge = user;
    struct slot *slot = *context;
    if (slot == NULL) {
        *context = take_slot(edge, connection);
        return MHD_YES;
    }
    if (*size > 0) {
        if (slot->size + *size > BODY_MAX)
            return MHD_NO;
        memcpy(slot->body + slot->size, data, *size);
        slot->size += *size;
        *size = 0;
        return MHD_YES;
    }
    if (!slot->is_answered) {
        ask(edge, slot);
        return MHD_YES;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen("{\"ok\":true}"), "{\"ok\":true}", MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_CREATED, response);
    MHD_destroy_response(response);
    return result;
}

static void on_end(void *user, struct MHD_Connection *connection, void **context,
                   enum MHD_RequestTerminationCode code)
{
    (void)user, (void)connection, (void)code;
    struct slot *slot = *context;
    if (slot != NULL)
        slot->connection = NULL;
}

static void hear_answers(struct edge *edge)
{
    struct raw_message message;
    raw_read(edge->raw);
    while (raw_take(edge->raw, &message)) {
        struct slot *slot =
            &edge->slots[strtol(message.subject + strlen("_INBOX.edge."), NULL, 10) % SLOTS];
        slot->is_answered = true;
        if (slot->connection != NULL)
            MHD_resume_connection(slot->connection);
    }
}

static _Noreturn void serve_edge(int http_port, int nats_port)
{
    static struct edge edge;
    edge.raw = raw_connect(nats_port);
    raw_subscribe(edge.raw, "_INBOX.edge.*");
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)http_port, NULL, NULL, on_request,
        &edge, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
    if (daemon == NULL)
        give_up("the port is taken");
    int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    for (;;) {
        struct pollfd ready[] = {{.fd = epoll, .events = POLLIN},
                                 {.fd = raw_descriptor(edge.raw), .events = POLLIN}};
        MHD_UNSIGNED_LONG_LONG wait_ms = 1000;
        (void)MHD_get_timeout(daemon, &wait_ms);                    /* none set: a second */
        (void)poll(ready, 2, wait_ms < 1000 ? (int)wait_ms : 1000); /* interrupted: another turn */
        if ((ready[1].revents & POLLIN) != 0)
            hear_answers(&edge);
        (void)MHD_run(daemon); /* its errors are its connections' */
        raw_flush(edge.raw);
    }
}

/* ---- the store --------------------------------------------------------------------------- */

static PGconn *open_database(const char *conninfo)
{
    PGconn *connection = PQconnectdb(conninfo);
    PQclear(PQexec(connection, "CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, body "
                               "bytea NOT NULL)"));
    PQclear(PQprepare(connection, "put", "INSERT INTO bare (body) VALUES ($1)", 1, NULL));
    PQclear(PQprepare(connection, "begin", "BEGIN", 0, NULL));
    PQclear(PQprepare(connection, "commit", "COMMIT", 0, NULL));
    if (PQstatus(connection) != CONNECTION_OK || PQenterPipelineMode(connection) != 1)
        give_up("no database");
    return connection;
}

static void send_word(PGconn *connection, const char *name, const struct raw_message *message)
{
    const char *values[] = {message != NULL ? message->data : NULL};
    int sizes[] = {message != NULL ? (int)message->size : 0};
    int formats[] = {1};
    if (PQsendQueryPrepared(connection, name, message != NULL ? 1 : 0, values, sizes, formats, 0) !=
        1)
        give_up(PQerrorMessage(connection));
}

/* Waits for the end of the transaction. */
static void wait_for_commit(PGconn *connection)
{
    bool is_synced = false;
    while (!is_synced) {
        PGresult *result = PQgetResult(connection);
        if (result == NULL)
            continue; /* between two statements */
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC)
            is_synced = true;
        else if (status != PGRES_COMMAND_OK)
            give_up(PQresultErrorMessage(result));
        PQclear(result);
    }
}

/* What has come in while the last transaction was committed goes into the next. */
static _Noreturn void serve_store(int nats_port, const char *conninfo)
{
    struct raw *raw = raw_connect(nats_port);
    PGconn *connection = open_database(conninfo);
    raw_subscribe(raw, "bare.put");
    for (;;) {
        struct raw_message batch[BATCH_MAX];
        int count = 0;
        raw_read(raw);
        while ((count = 0, raw_take(raw, &batch[0]))) {
            for (count = 1; count < BATCH_MAX && raw_take(raw, &batch[count]);)
                count++;
            send_word(connection, "begin", NULL);
            for (int i = 0; i < count; i++)
                send_word(connection, "put", &batch[i]);
            send_word(connection, "commit", NULL);
            if (PQpipelineSync(connection) != 1)
                give_up(PQerrorMessage(connection));
            wait_for_commit(connection);
            for (int i = 0; i < count; i++)
                raw_publish(raw, batch[i].reply, batch[i].reply_size, NULL, "ok", 2);
            raw_flush(raw);
        }
    }
}

int main(int argc, char **argv)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* ends with whoever measures */
    if (argc == 4 && strcmp(argv[1], "edge") == 0)
        serve_edge(atoi(argv[2]), atoi(argv[3]));
    if (argc == 4 && strcmp(argv[1], "store") == 0)
        serve_store(atoi(argv[2]), argv[3]);
    fputs("Usage: bench-bare edge HTTP_PORT NATS_PORT | store NATS_PORT CONNINFO\n", stderr);
    return 2;
}
