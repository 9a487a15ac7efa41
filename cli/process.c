/* fork, exec, wait, and a little HTTP to ask whether a service is ready. */
#include "cli/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    POLL_MS = 20,
    NOT_STARTED = 127,
    REQUEST_SIZE = 256,
    GREETING_SIZE = 1024,
    STATUS_LINE_MIN = 12
};

void process_sleep_ms(int64_t ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
        continue;
}

/* ---- starting ---------------------------------------------------------------------------- */

static bool become_postgres(void)
{
    const struct passwd *user = getpwnam("postgres");
    return user != NULL && initgroups(user->pw_name, user->pw_gid) == 0 &&
           setgid(user->pw_gid) == 0 && setuid(user->pw_uid) == 0;
}

static bool redirect(const char *log_path)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return null >= 0 && log >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
           dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0;
}

/* The child's half: never returns. */
static void exec_child(const struct process *process)
{
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL); /* cannot fail with these arguments */
    (void)signal(SIGPIPE, SIG_DFL);              /* as above; exec would keep it ignored */
    if (!redirect(process->log_path))
        _exit(NOT_STARTED);
    if (process->as_postgres && geteuid() == 0 && !become_postgres())
        _exit(NOT_STARTED);
    /* Whoever supervises may be killed; what it has started must not stay behind. Asked for after
     * changing the user, which forgets it; SIGINT is PostgreSQL's "fast". */
    (void)prctl(PR_SET_PDEATHSIG, process->as_postgres ? SIGINT : SIGTERM); /* cannot fail */
    for (int i = 0; process->variables[i] != NULL; i++)
        (void)putenv((char *)(uintptr_t)process->variables[i]); /* exec fails next if memory does */
    execvp(process->arguments[0], (char *const *)(uintptr_t)process->arguments);
    dprintf(STDERR_FILENO, "%s: %s\n", process->arguments[0], strerror(errno));
    _exit(NOT_STARTED);
}

pid_t process_start(const struct process *process)
{
    pid_t pid = fork();
    if (pid == 0)
        exec_child(process);
    return pid;
}

bool process_run(const struct process *process)
{
    int state = 0;
    pid_t pid = process_start(process);
    if (pid < 0)
        return false;
    while (waitpid(pid, &state, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

/* ---- ending ------------------------------------------------------------------------------ */

static bool has_ended(pid_t pid)
{
    pid_t ended = waitpid(pid, NULL, WNOHANG);
    if (ended == pid)
        return true;
    return ended < 0 && kill(pid, 0) != 0; /* not our child: ask the system */
}

void process_end(pid_t pid, int signal, int64_t patience_ms)
{
    if (pid <= 0 || kill(pid, signal) != 0)
        return;
    for (int64_t waited = 0; waited < patience_ms; waited += POLL_MS) {
        if (has_ended(pid))
            return;
        process_sleep_ms(POLL_MS);
    }
    (void)kill(pid, SIGKILL); /* it may have ended just now */
    (void)waitpid(pid, NULL, 0);
}

/* ---- ports and readiness ----------------------------------------------------------------- */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return -1;
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0)
        return connection;
    (void)close(connection); /* never carried anything */
    return -1;
}

bool process_listens(uint16_t port)
{
    int connection = connect_to(port);
    if (connection >= 0)
        (void)close(connection); /* never carried anything */
    return connection >= 0;
}

/* Somebody who says nothing is not waited for longer than this. */
static void be_impatient(int connection)
{
    struct timeval patience = {.tv_sec = 2};
    (void)setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience,
                     sizeof patience); /* without it we only wait longer */
}

bool process_greets(uint16_t port, const char *text)
{
    char line[GREETING_SIZE] = "";
    size_t used = 0;
    ssize_t count = 1;
    int connection = connect_to(port);
    if (connection < 0)
        return false;
    be_impatient(connection);
    while (count > 0 && used + 1 < sizeof line && memchr(line, '\n', used) == NULL) {
        count = recv(connection, line + used, sizeof line - 1 - used, 0);
        used += count > 0 ? (size_t)count : 0;
    }
    (void)close(connection); /* read what we needed */
    return strstr(line, text) != NULL;
}

static bool answers_200(uint16_t port, const char *path)
{
    char head[16] = "";
    int connection = connect_to(port);
    if (connection < 0)
        return false;
    be_impatient(connection);
    char request[REQUEST_SIZE];
    int size =
        snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
    bool is_good = size > 0 && (size_t)size < sizeof request &&
                   send(connection, request, (size_t)size, MSG_NOSIGNAL) == size &&
                   recv(connection, head, sizeof head - 1, MSG_WAITALL) >= STATUS_LINE_MIN &&
                   strstr(head, " 200") != NULL;
    (void)close(connection); /* read what we needed */
    return is_good;
}

bool process_wait_http(pid_t pid, uint16_t port, const char *path, int64_t patience_ms)
{
    int64_t until_us = clock_monotonic_us() + patience_ms * 1000;
    while (clock_monotonic_us() < until_us) {
        if (answers_200(port, path))
            return true;
        if (pid > 0 && waitpid(pid, NULL, WNOHANG) == pid)
            return false;
        process_sleep_ms(POLL_MS);
    }
    return false;
}
