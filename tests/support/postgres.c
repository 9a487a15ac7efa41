/* Runs PostgreSQL as a child that dies with its parent. */
#include "tests/support/postgres.h"

#include <assert.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"

enum { START_TRIES = 3000, START_STEP_MS = 10, PATH_ROOM = 512, ARGUMENTS_MAX = 16 };

struct postgres {
    pid_t process; /* 0: not running */
    char folder[64];
    char data[PATH_ROOM];
};

static const char *const places[] = {"/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin",
                                     "/usr/lib/postgresql/17/bin", "/usr/local/pgsql/bin"};

static const char *programs(void)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char path[PATH_ROOM];
        (void)snprintf(path, sizeof path, "%s/initdb", places[i]); /* fits */
        if (access(path, X_OK) == 0)
            return places[i];
    }
    return NULL;
}

bool postgres_missing(void)
{
    return programs() == NULL;
}

static void sleep_ms(long ms)
{
    struct timespec span = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&span, NULL); /* shorter is fine: it is a poll */
}

/* ---- running programs -------------------------------------------------------------------- */

/* In the child: stops being root. */
static bool become_postgres(void)
{
    if (getuid() != 0)
        return true;
    const struct passwd *user = getpwnam("postgres");
    return user != NULL && setgroups(0, NULL) == 0 && setgid(user->pw_gid) == 0 &&
           setuid(user->pw_uid) == 0;
}

/* Starts one of PostgreSQL's programs; its output goes to `log` in the folder. */
static pid_t spawn(const struct postgres *postgres, const char *program, char *const *arguments)
{
    char path[PATH_ROOM], log[PATH_ROOM];
    (void)snprintf(path, sizeof path, "%s/%s", programs(), program); /* fits */
    (void)snprintf(log, sizeof log, "%s/log", postgres->folder);     /* fits */
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0)
        return child;
    if (!become_postgres() || chdir("/") != 0)
        _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after setuid, which clears it; best effort */
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (getppid() != parent || out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    (void)execv(path, arguments);
    _exit(127);
}

static bool run(const struct postgres *postgres, const char *program, char *const *arguments)
{
    int status = 0;
    pid_t child = spawn(postgres, program, arguments);
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/* ---- the cluster ------------------------------------------------------------------------- */

static bool make_folder(struct postgres *postgres)
{
    (void)snprintf(postgres->folder, sizeof postgres->folder, "/tmp/arbiter-pg-XXXXXX"); /* fits */
    if (mkdtemp(postgres->folder) == NULL)
        return false;
    (void)snprintf(postgres->data, sizeof postgres->data, "%s/data", postgres->folder); /* fits */
    const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;
    return user == NULL || chown(postgres->folder, user->pw_uid, user->pw_gid) == 0;
}

static bool add_settings(const struct postgres *postgres, const char *settings)
{
    char path[PATH_ROOM + 32];
    (void)snprintf(path, sizeof path, "%s/postgresql.conf", postgres->data); /* fits */
    FILE *file = fopen(path, "a");
    if (file == NULL)
        return false;
    (void)fprintf(file,
                  "\nlisten_addresses = ''\nunix_socket_directories = '%s'\n"
                  "shared_buffers = '128MB'\nmax_wal_size = '4GB'\n%s\n",
                  postgres->folder, settings != NULL ? settings : ""); /* fclose() tells */
    return fclose(file) == 0;
}

bool postgres_start(struct postgres *postgres)
{
    char *arguments[] = {"postgres", "-D", postgres->data, NULL};
    assert(postgres->process == 0);
    postgres->process = spawn(postgres, "postgres", arguments);
    for (int i = 0; postgres->process > 0 && i < START_TRIES; i++) {
        if (postgres_query(postgres, "postgres", "SELECT 1") == 1)
            return true;
        if (waitpid(postgres->process, NULL, WNOHANG) == postgres->process)
            break;
        sleep_ms(START_STEP_MS);
    }
    postgres->process = 0;
    (void)fprintf(stderr, "postgres: it did not start; see %s/log\n", postgres->folder);
    return false;
}

struct postgres *postgres_create(const char *settings)
{
    struct postgres *postgres = calloc(1, sizeof *postgres);
    assert(postgres != NULL);
    if (make_folder(postgres)) {
        char *arguments[] = {
            "initdb", "-D",        postgres->data, "-U",   "arbiter",          "-A",
            "trust",  "--no-sync", "-E",           "UTF8", "--locale=C.UTF-8", NULL};
        if (run(postgres, "initdb", arguments) && add_settings(postgres, settings) &&
            postgres_start(postgres))
            return postgres;
    }
    (void)fprintf(stderr, "postgres: no cluster in %s\n", postgres->folder);
    free(postgres);
    return NULL;
}

void postgres_kill(struct postgres *postgres)
{
    if (postgres->process <= 0)
        return;
    (void)kill(postgres->process, SIGQUIT); /* "immediate": as good as a crash */
    (void)waitpid(postgres->process, NULL, 0);
    postgres->process = 0;
}

void postgres_destroy(struct postgres *postgres)
{
    if (postgres == NULL)
        return;
    postgres_kill(postgres);
    char command[PATH_ROOM];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", postgres->folder); /* fits */
    if (system(command) != 0)
        (void)fprintf(stderr, "postgres: %s is still there\n", postgres->folder);
    free(postgres);
}

const char *postgres_conninfo(const struct postgres *postgres, const char *database, char *out,
                              size_t out_size)
{
    (void)snprintf(out, out_size, "host=%s user=arbiter dbname=%s", postgres->folder,
                   database); /* the caller's room; cutting shows at once */
    return out;
}

/* psql takes its SQL from a file, so that no shell reads it. */
int64_t postgres_query(const struct postgres *postgres, const char *database, const char *sql)
{
    char path[PATH_ROOM], command[2 * PATH_ROOM], line[64] = "";
    (void)snprintf(path, sizeof path, "%s/query.sql", postgres->folder); /* fits */
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return -1;
    (void)fprintf(file, "%s;\n", sql); /* fclose() tells */
    if (fclose(file) != 0)
        return -1;
    (void)snprintf(
        command, sizeof command,
        "psql -X -q -A -t -v ON_ERROR_STOP=1 -h %s -U arbiter -d %s -f %s 2>>%s/psql.log",
        postgres->folder, database, path, postgres->folder); /* fits */
    FILE *answer = popen(command, "r");
    if (answer == NULL)
        return -1;
    bool has_line = fgets(line, sizeof line, answer) != NULL;
    int status = pclose(answer);
    return has_line && status == 0 ? strtoll(line, NULL, 10) : -1;
}

bool postgres_make_database(struct postgres *postgres, const char *name)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", name); /* fits */
    (void)postgres_query(postgres, "postgres", sql); /* says nothing; the next one tells */
    return postgres_query(postgres, name, "SELECT 1") == 1;
}
