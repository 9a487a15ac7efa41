/* Runs nats-server as a child that dies with its parent. */
#include "tests/support/nats.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/free_port.h"

enum { START_TRIES = 1000, START_STEP_MS = 10, PATH_ROOM = 512, PORT_TRIES = 3 };

struct nats_server {
    int port;
    pid_t process; /* 0: not running */
    char url[64];
    char folder[64];
    char config[PATH_ROOM];
};

static const char *const places[] = {"/usr/sbin/nats-server", "/usr/bin/nats-server",
                                     "/usr/local/bin/nats-server"};

static const char *program(void)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (access(places[i], X_OK) == 0)
            return places[i];
    }
    return NULL;
}

bool nats_server_missing(void)
{
    return program() == NULL;
}

static void sleep_ms(long ms)
{
    struct timespec span = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&span, NULL); /* shorter is fine: it is a poll */
}

static struct sockaddr_in local_address(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* Reads what a server says first, its line INFO, as far as there is room. */
static void read_greeting(int descriptor, char *out, size_t size)
{
    size_t used = 0;
    ssize_t count = 1;
    while (count > 0 && used + 1 < size && memchr(out, '\n', used) == NULL) {
        count = recv(descriptor, out + used, size - 1 - used, 0);
        used += count > 0 ? (size_t)count : 0;
    }
    out[used] = '\0';
}

/* Whether this server greets: another test's may have been faster to take the port. */
static bool greets(const struct nats_server *server)
{
    struct sockaddr_in address = local_address(server->port);
    char greeting[1024] = "";
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
        read_greeting(descriptor, greeting, sizeof greeting);
    if (descriptor >= 0)
        (void)close(descriptor);
    return strncmp(greeting, "INFO", 4) == 0 && strstr(greeting, server->folder) != NULL;
}

static bool write_config(const struct nats_server *server, const char *extra)
{
    FILE *file = fopen(server->config, "w");
    if (file == NULL)
        return false;
    int size = fprintf(file,
                       "host: 127.0.0.1\nport: %d\nserver_name: \"%s\"\nlogfile: \"%s/log\"\n"
                       "jetstream { store_dir: \"%s/store\" }\n%s\n",
                       server->port, server->folder, server->folder, server->folder,
                       extra != NULL ? extra : "");
    return fclose(file) == 0 && size > 0;
}

static _Noreturn void become_server(const struct nats_server *server)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* else it only outlives a crashed test */
    execl(program(), "nats-server", "-c", server->config, (char *)NULL);
    _exit(127);
}

bool nats_server_start(struct nats_server *server)
{
    assert(server->process == 0);
    pid_t process = fork();
    if (process == 0)
        become_server(server);
    if (process < 0)
        return false;
    server->process = process;
    for (int i = 0; i < START_TRIES; i++) {
        if (greets(server))
            return true;
        if (waitpid(process, NULL, WNOHANG) == process) {
            server->process = 0;
            break;
        }
        sleep_ms(START_STEP_MS);
    }
    fprintf(stderr, "nats-server does not start; see %s/log\n", server->folder);
    return false;
}

struct nats_server *nats_server_create(const char *config)
{
    struct nats_server *server = calloc(1, sizeof *server);
    if (server == NULL || program() == NULL) {
        free(server);
        return NULL;
    }
    (void)snprintf(server->folder, sizeof server->folder, "/tmp/arbiter-nats-XXXXXX");
    if (mkdtemp(server->folder) == NULL) {
        free(server);
        return NULL;
    }
    (void)snprintf(server->config, sizeof server->config, "%s/nats.conf", server->folder);
    for (int i = 0; i < PORT_TRIES; i++) {
        server->port = free_port(); /* until somebody else takes it */
        (void)snprintf(server->url, sizeof server->url, "nats://127.0.0.1:%d", server->port);
        if (write_config(server, config) && nats_server_start(server))
            return server;
    }
    nats_server_destroy(server);
    return NULL;
}

void nats_server_kill(struct nats_server *server)
{
    if (server->process == 0)
        return;
    (void)kill(server->process, SIGKILL); /* gone already: waitpid tells */
    while (waitpid(server->process, NULL, 0) < 0 && errno == EINTR)
        ;
    server->process = 0;
}

void nats_server_pause(struct nats_server *server)
{
    assert(server->process != 0);
    (void)kill(server->process, SIGSTOP); /* our own child: it is there */
}

void nats_server_resume(struct nats_server *server)
{
    assert(server->process != 0);
    (void)kill(server->process, SIGCONT);
}

static void remove_folder(const char *folder)
{
    pid_t process = fork();
    if (process == 0) {
        execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
        _exit(127);
    }
    while (process > 0 && waitpid(process, NULL, 0) < 0 && errno == EINTR)
        ;
}

void nats_server_destroy(struct nats_server *server)
{
    if (server == NULL)
        return;
    nats_server_kill(server);
    remove_folder(server->folder);
    free(server);
}

const char *nats_server_url(const struct nats_server *server)
{
    return server->url;
}

const char *nats_server_folder(const struct nats_server *server)
{
    return server->folder;
}
