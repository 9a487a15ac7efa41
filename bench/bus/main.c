/* bench-bus — typed requests through bus_nats beside the bare protocol, in one run on one server.
 *
 * Rounds alternate between the two, so that whatever else the machine does hits both; the ratio of
 * the medians is the figure to look at. */
#include "arbiter/v1/gamesvc.pb-c.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "bench/bus/raw.h"
#include "bus/bus_nats.h"
#include "tests/support/nats.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 5, PAYLOAD_SIZE = 200 };

static const struct {
    int in_flight;
    int count;
} loads[] = {{1, 4000}, {16, 40000}, {64, 100000}, {512, 200000}};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bench-bus: %s\n", what);
    exit(1);
}

/* ---- the bus -----------------------------------------------------------------------------------
 */

static void on_view(Arbiter__V1__Gamesvc_Service *service, const Arbiter__V1__ViewRequest *input,
                    Arbiter__V1__ViewReply_Closure closure, void *request)
{
    (void)service;
    Arbiter__V1__ViewReply reply = ARBITER__V1__VIEW_REPLY__INIT;
    reply.view = input->viewer;
    closure(&reply, request);
}

static struct bus *join(struct loop *loop, const char *url, const char *name)
{
    struct bus *bus =
        bus_nats_create(loop, &(struct bus_nats_options){.url = url, .name = name}, NULL);
    if (bus == NULL)
        give_up("cannot join the bus");
    return bus;
}

static _Noreturn void serve(const char *url)
{
    struct loop *loop = loop_create();
    if (loop == NULL)
        give_up("no loop");
    struct bus *bus = join(loop, url, "gamesvc");
    Arbiter__V1__Gamesvc_Service service;
    arbiter__v1__gamesvc__init(&service, NULL);
    service.view = on_view;
    if (bus_serve(bus, &service.base) != STATUS_OK)
        give_up("cannot serve");
    loop_run(loop);
    exit(0);
}

struct asking {
    struct loop *loop;
    struct bus *bus;
    Arbiter__V1__ViewRequest input;
    int left_to_send;
    int left_to_hear;
    int failed;
};

static void ask(struct asking *asking);

static void on_answer(const struct bus_answer *answer, void *user)
{
    struct asking *asking = user;
    asking->failed += answer->status != STATUS_OK ? 1 : 0;
    if (--asking->left_to_hear == 0)
        loop_stop(asking->loop);
    else
        ask(asking);
}

static void ask(struct asking *asking)
{
    if (asking->left_to_send == 0)
        return;
    asking->left_to_send--;
    bus_call(asking->bus,
             &(struct bus_call){.service = &arbiter__v1__gamesvc__descriptor,
                                .method = "View",
                                .input = &asking->input.base,
                                .timeout_ms = 60000},
             on_answer, asking);
}

static int64_t bus_request_us(struct asking *asking, int in_flight, int count)
{
    asking->left_to_send = asking->left_to_hear = count;
    int64_t start_us = clock_monotonic_us();
    for (int i = 0; i < in_flight; i++)
        ask(asking);
    loop_run(asking->loop);
    return clock_monotonic_us() - start_us;
}

/* ---- rounds ------------------------------------------------------------------------------------
 */

static int compare_rates(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double median(double *rates)
{
    qsort(rates, ROUNDS, sizeof *rates, compare_rates);
    return rates[ROUNDS / 2];
}

static int64_t cpu_us(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * (int64_t)1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void measure(struct asking *asking, int port, int in_flight, int count)
{
    double raw[ROUNDS], bus[ROUNDS];
    int64_t raw_cpu_us = 0, bus_cpu_us = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t before_us = cpu_us();
        raw[i] =
            count * 1e6 / (double)raw_request_us(port, "raw.echo", in_flight, count, PAYLOAD_SIZE);
        raw_cpu_us += cpu_us() - before_us;
        before_us = cpu_us();
        bus[i] = count * 1e6 / (double)bus_request_us(asking, in_flight, count);
        bus_cpu_us += cpu_us() - before_us;
    }
    double requests = (double)count * ROUNDS;
    double raw_median = median(raw), bus_median = median(bus);
    printf("%9d %12.0f %12.0f %8.2f %14.1f %14.1f %7d\n", in_flight, raw_median, bus_median,
           bus_median / raw_median, (double)raw_cpu_us / requests, (double)bus_cpu_us / requests,
           asking->failed);
}

static bool server_answers(struct asking *asking)
{
    for (int i = 0; i < 100; i++) {
        asking->failed = 0;
        (void)bus_request_us(asking, 1, 1); /* only whether it is answered matters */
        if (asking->failed == 0)
            return true;
        loop_run_until(asking->loop, loop_now_ms(asking->loop) + 20);
    }
    return false;
}

static pid_t start(void (*run)(const char *url, int port), const char *url, int port)
{
    pid_t process = fork();
    if (process == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* else it only lingers */
        run(url, port);
        exit(0);
    }
    return process;
}

static void run_serve(const char *url, int port)
{
    (void)port;
    serve(url);
}

static void run_raw(const char *url, int port)
{
    (void)url;
    raw_reply_for_ever(port, "raw.echo");
}

static void stop(pid_t process)
{
    (void)kill(process, SIGTERM); /* our own child */
    (void)waitpid(process, NULL, 0);
}

int main(void)
{
    log_init("bench-bus", LOG_WARN);
    struct nats_server *server = nats_server_create(NULL);
    if (server == NULL)
        give_up("cannot start nats-server");
    const char *url = nats_server_url(server);
    int port = atoi(strrchr(url, ':') + 1);
    pid_t bus_replier = start(run_serve, url, port);
    pid_t raw_replier = start(run_raw, url, port);
    char viewer[PAYLOAD_SIZE + 1];
    memset(viewer, 'x', PAYLOAD_SIZE);
    viewer[PAYLOAD_SIZE] = '\0';
    struct asking asking = {.loop = loop_create()};
    arbiter__v1__view_request__init(&asking.input);
    asking.input.viewer = viewer;
    asking.bus = join(asking.loop, url, "bench");
    int failed = 1;
    if (server_answers(&asking)) {
        printf(
            "requests of %d bytes and as much back; medians of %d alternating rounds\n"
            "in flight        raw/s        bus/s    ratio  raw CPU us/op  bus CPU us/op  failed\n",
            PAYLOAD_SIZE, ROUNDS);
        for (size_t i = 0; i < COUNT_OF(loads); i++)
            measure(&asking, port, loads[i].in_flight, loads[i].count);
        failed = asking.failed > 0 ? 1 : 0;
    }
    bus_destroy(asking.bus);
    loop_destroy(asking.loop);
    stop(bus_replier);
    stop(raw_replier);
    nats_server_destroy(server);
    return failed;
}
