/* Starts, watches and ends the processes of a house. */
#include "cli/house.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/free_port.h"
#include "cli/pace.h"
#include "cli/process.h"
#include "seeks/token.h"

enum {
    MEMBERS_MAX = 4 * HOUSE_REPLICAS_MAX + 2,
    TEXTS_MAX = 16,
    TEXT_SIZE = PLACE_PATH_MAX + 64,
    READY_MS = 30000,
    END_MS = 10000,
    PAUSE_FIRST_MS = 200,
    PAUSE_LAST_MS = 5000,
    STEADY_MS = 2000, /* who has lived this long begins again with a short pause */
    SOCKET_PATH_MAX = 90,
    POSTGRES_BIN_MAX = PLACE_PATH_MAX / 2,
    SEAL_KEY_BYTES = 32
};

/* One process, and how to start it again. Its command line points into `texts`. */
struct member {
    char name[32];
    char texts[TEXTS_MAX][TEXT_SIZE];
    int text_count;
    struct process process;
    pid_t pid;
    uint16_t health_port;
    int end_signal;
    int64_t started_us;
    int64_t pause_ms;
    int64_t again_us; /* when to start it again; 0: it runs */
};

struct house {
    struct place place;
    struct house_options options;
    struct clock_pace pace;
    char postgres_bin[POSTGRES_BIN_MAX];
    char data[PLACE_PATH_MAX];   /* of PostgreSQL */
    char socket[PLACE_PATH_MAX]; /* folder of its socket */
    struct place_house addresses;
    struct member *members[MEMBERS_MAX];
    int member_count;
    house_on_progress on_progress;
    void *user;
};

static void say(const struct house *house, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(const struct house *house, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* for a person: cutting it is fine */
    va_end(arguments);
    if (house->on_progress != NULL)
        house->on_progress(text, house->user);
}

/* ---- members ----------------------------------------------------------------------------- */

static struct member *member_create(struct house *house, const char *name)
{
    char path[PLACE_PATH_MAX];
    char log[64];
    struct member *member = calloc(1, sizeof *member);
    if (member == NULL || house->member_count == MEMBERS_MAX) {
        free(member);
        return NULL;
    }
    (void)snprintf(member->name, sizeof member->name, "%s", name); /* our own short names */
    (void)snprintf(log, sizeof log, "logs/%s.log", name);          /* as above */
    (void)snprintf(member->texts[0], TEXT_SIZE, "%s", place_path(&house->place, log, path));
    member->text_count = 1;
    member->process.log_path = member->texts[0];
    member->end_signal = SIGTERM;
    member->pause_ms = PAUSE_FIRST_MS;
    house->members[house->member_count++] = member;
    return member;
}

static const char *keep(struct member *member, const char *format, ...) PRINTF_LIKE(2, 3);

static const char *keep(struct member *member, const char *format, ...)
{
    if (member->text_count == TEXTS_MAX)
        abort(); /* our own lists are shorter */
    char *text = member->texts[member->text_count++];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, TEXT_SIZE, format, arguments); /* paths are bounded by PLACE_PATH_MAX */
    va_end(arguments);
    return text;
}

static void add_argument(struct member *member, const char *text)
{
    int count = 0;
    while (member->process.arguments[count] != NULL)
        count++;
    member->process.arguments[count] = text;
}

static void add_variable(struct member *member, const char *text)
{
    int count = 0;
    while (member->process.variables[count] != NULL)
        count++;
    member->process.variables[count] = text;
}

/* "NAME=value", unless the operator has given that name another. */
static void suggest_variable(struct member *member, const char *text)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "="), text); /* ours: it fits */
    if (getenv(name) == NULL)
        add_variable(member, text);
}

static bool member_run(struct member *member)
{
    member->pid = process_start(&member->process);
    member->started_us = clock_monotonic_us();
    member->again_us = 0;
    return member->pid > 0;
}

/* ---- PostgreSQL -------------------------------------------------------------------------- */

/* Finds initdb and postgres: Debian keeps them out of PATH, a folder a version. */
static bool find_postgres(char out[POSTGRES_BIN_MAX])
{
    const char *named = getenv("ARBITER_POSTGRES_BIN");
    glob_t found = {0};
    if (named != NULL) {
        (void)snprintf(out, POSTGRES_BIN_MAX, "%s", named);
        return true;
    }
    bool is_found = glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found) == 0;
    if (is_found) {
        const char *newest = found.gl_pathv[found.gl_pathc - 1]; /* sorted by name */
        size_t size = strlen(newest) - strlen("/postgres");
        (void)snprintf(out, POSTGRES_BIN_MAX, "%.*s", (int)size, newest);
    }
    globfree(&found);
    return is_found;
}

/* Runs a program of PostgreSQL's folder to its end. */
static bool run_tool(const char *folder, const char *const *arguments, struct process *process)
{
    char program[PLACE_PATH_MAX];
    (void)snprintf(program, sizeof program, "%s/%s", folder, arguments[0]);
    process->arguments[0] = program;
    for (int i = 1; arguments[i] != NULL; i++)
        process->arguments[i] = arguments[i];
    return process_run(process);
}

static bool postgres_run(struct house *house, const char *const *arguments)
{
    char log[PLACE_PATH_MAX];
    struct process process = {.log_path = place_path(&house->place, "logs/postgres.log", log),
                              .as_postgres = true};
    return run_tool(house->postgres_bin, arguments, &process);
}

static bool run_newest_tool(const char *const *arguments, const char *log_path)
{
    char folder[POSTGRES_BIN_MAX];
    struct process process = {.log_path = log_path};
    return find_postgres(folder) && run_tool(folder, arguments, &process);
}

bool house_dump_database(const char *database, const char *path, const char *log_path)
{
    const char *arguments[] = {"pg_dump", "--format=custom", "--no-owner", "--file",
                               path,      "--dbname",        database,     NULL};
    return run_newest_tool(arguments, log_path);
}

bool house_fill_database(const char *database, const char *dump, const char *log_path)
{
    const char *arguments[] = {"pg_restore",
                               "--exit-on-error",
                               "--single-transaction",
                               "--no-owner",
                               "--dbname",
                               database,
                               dump,
                               NULL};
    return run_newest_tool(arguments, log_path);
}

static bool give_to_postgres(const char *path)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (geteuid() != 0)
        return true;
    return user != NULL && chown(path, user->pw_uid, user->pw_gid) == 0;
}

/* Makes a folder for PostgreSQL. In a place where everybody may write, one of that name that is not
 * ours, or no folder but a link, is refused: giving it away would give away what it points to. */
static bool make_folder(const char *path)
{
    struct stat about;
    const struct passwd *postgres = getpwnam("postgres");
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return false;
    bool is_ours =
        lstat(path, &about) == 0 && S_ISDIR(about.st_mode) &&
        (about.st_uid == geteuid() || (postgres != NULL && about.st_uid == postgres->pw_uid));
    return is_ours && give_to_postgres(path);
}

/* Run as root, PostgreSQL works as the user `postgres`, who must be able to enter every folder
 * above its data; where it cannot (a checkout below /root), the data goes to /var/tmp under a name
 * of its own, and ./.arbiter/postgres points there. */
static bool choose_data(struct house *house)
{
    char marker[PLACE_PATH_MAX];
    struct process probe = {.log_path = "/dev/null", .as_postgres = true};
    (void)snprintf(house->data, sizeof house->data, "%s/postgres", house->place.folder);
    probe.arguments[0] = "test";
    probe.arguments[1] = "-x";
    probe.arguments[2] = house->place.folder;
    if (process_run(&probe))
        return make_folder(house->data);
    unsigned long hash = 5381;
    for (const char *c = house->place.folder; *c != '\0'; c++)
        hash = hash * 33 + (unsigned char)*c;
    (void)snprintf(marker, sizeof marker, "%s", house->data);
    (void)snprintf(house->data, sizeof house->data, "/var/tmp/arbiter-%08lx", hash & 0xFFFFFFFFul);
    if (!make_folder(house->data))
        return false;
    return symlink(house->data, marker) == 0 || errno == EEXIST;
}

/* A socket's path is at most 107 bytes long: a deep checkout keeps it in /tmp. */
static bool choose_socket(struct house *house)
{
    (void)snprintf(house->socket, sizeof house->socket, "%s", house->data);
    if (strlen(house->socket) < SOCKET_PATH_MAX)
        return true;
    (void)snprintf(house->socket, sizeof house->socket, "/tmp/arbiter-%ld", (long)getpid());
    return make_folder(house->socket);
}

static bool make_cluster(struct house *house)
{
    char version[PLACE_PATH_MAX + 16];
    struct stat about;
    (void)snprintf(version, sizeof version, "%s/PG_VERSION", house->data);
    if (stat(version, &about) == 0)
        return true;
    say(house, "making a PostgreSQL cluster in %s", house->data);
    const char *arguments[] = {"initdb",       "-D", house->data, "-U",         "arbiter",
                               "--auth=trust", "-E", "UTF8",      "--locale=C", NULL};
    return postgres_run(house, arguments);
}

static bool wait_for_postgres(struct house *house, pid_t pid)
{
    const char *arguments[] = {"pg_isready", "-q", "-h", house->socket, "-U", "arbiter", NULL};
    for (int waited = 0; waited < READY_MS; waited += 50) {
        if (postgres_run(house, arguments))
            return true;
        if (waitpid(pid, NULL, WNOHANG) == pid)
            return false;
        process_sleep_ms(50);
    }
    return false;
}

static bool start_postgres(struct house *house)
{
    struct member *member = member_create(house, "postgres");
    if (member == NULL || !choose_data(house) || !choose_socket(house) || !make_cluster(house))
        return false;
    member->process.as_postgres = true;
    member->end_signal = SIGINT; /* "fast": open transactions are rolled back */
    add_argument(member, keep(member, "%s/postgres", house->postgres_bin));
    add_argument(member, "-D");
    add_argument(member, keep(member, "%s", house->data));
    add_argument(member, "-k");
    add_argument(member, keep(member, "%s", house->socket));
    add_argument(member, "-c");
    add_argument(member, "listen_addresses=");
    /* The indexes that every game touches somewhere fit; checkpoints, after which each page is
     * written to the log whole once more, are rare. */
    add_argument(member, "-c");
    add_argument(member, "shared_buffers=512MB");
    add_argument(member, "-c");
    add_argument(member, "max_wal_size=4GB");
    add_argument(member, "-c");
    add_argument(member, "checkpoint_timeout=15min");
    /* What a transaction of many rows needed is given back to the kernel after it, page by page,
     * and fetched again by the next: keeping it saves a tenth of the writer's time. */
    suggest_variable(member, "MALLOC_TRIM_THRESHOLD_=67108864");
    suggest_variable(member, "MALLOC_MMAP_THRESHOLD_=33554432");
    suggest_variable(member, "MALLOC_TOP_PAD_=1048576");
    if (!member_run(member) || !wait_for_postgres(house, member->pid))
        return false;
    (void)snprintf(house->addresses.database, sizeof house->addresses.database,
                   "host=%.200s user=arbiter dbname=postgres", house->socket);
    say(house, "PostgreSQL is ready");
    return true;
}

/* ---- nats-server ------------------------------------------------------------------------- */

static bool start_nats(struct house *house)
{
    char path[PLACE_PATH_MAX];
    struct member *member = member_create(house, "nats");
    uint16_t port = free_port();
    if (member == NULL || port == 0)
        return false;
    /* By its name we know it from another's that took the port before it did. */
    const char *name = keep(member, "arbiter-%ld-%u", (long)getpid(), port);
    add_argument(member, "nats-server");
    add_argument(member, "-a");
    add_argument(member, "127.0.0.1");
    add_argument(member, "-p");
    add_argument(member, keep(member, "%u", port));
    add_argument(member, "-n");
    add_argument(member, name);
    add_argument(member, "-js");
    add_argument(member, "-sd");
    add_argument(member, keep(member, "%s", place_path(&house->place, "nats", path)));
    /* Its heap is small beside what passes through: collecting it less often costs some MB. */
    suggest_variable(member, "GOGC=400");
    if (!member_run(member))
        return false;
    for (int waited = 0; !process_greets(port, name); waited += 20) {
        if (waited > READY_MS || waitpid(member->pid, NULL, WNOHANG) == member->pid)
            return false;
        process_sleep_ms(20);
    }
    (void)snprintf(house->addresses.nats_url, sizeof house->addresses.nats_url,
                   "nats://127.0.0.1:%u", port);
    say(house, "nats-server is ready on port %u", port);
    return true;
}

/* ---- services ---------------------------------------------------------------------------- */

static bool start_service(struct house *house, const char *service, int replica, uint16_t port)
{
    char name[32];
    char path[PLACE_PATH_MAX];
    (void)snprintf(name, sizeof name, replica == 0 ? "%s" : "%s-%d", service, replica + 1);
    struct member *member = member_create(house, name);
    if (member == NULL)
        return false;
    member->health_port = free_port();
    add_argument(member, keep(member, "%s/arbiter-%s", house->options.programs, service));
    add_variable(member, keep(member, "ARBITER_NATS_URL=%s", house->addresses.nats_url));
    add_variable(member, keep(member, "ARBITER_DATABASE=%s", house->addresses.database));
    add_variable(member, keep(member, "ARBITER_POLICIES=%s", house->options.policies));
    add_variable(member, keep(member, "ARBITER_LEXICONS=%s", house->options.lexicons));
    add_variable(
        member, keep(member, "ARBITER_SEAL_KEYS=%s", place_path(&house->place, "seal-keys", path)));
    add_variable(member, keep(member, "ARBITER_HEALTH_PORT=%u", member->health_port));
    add_variable(member, keep(member, "ARBITER_KEYS=%s",
                              place_path(&house->place, "keys-public.json", path)));
    add_variable(member, keep(member, "ARBITER_HTTP_PORT=%u", port));
    add_variable(member, keep(member, "ARBITER_CLOCK_SPEED=%" PRId64, house->pace.speed));
    add_variable(member, keep(member, "ARBITER_CLOCK_START=%" PRId64, house->pace.start_ms));
    add_variable(member, keep(member, "ARBITER_CLOCK_FROM=%" PRId64, house->pace.from_ms));
    if (!member_run(member) ||
        !process_wait_http(member->pid, member->health_port, "/readyz", READY_MS))
        return false;
    say(house, "%s is ready", name);
    return true;
}

static bool start_services(struct house *house, struct fault *out_fault)
{
    static const char *const services[] = {"store", "orchestrator", "gamesvc", "seeks"};
    uint16_t port = house->options.http_port != 0 ? house->options.http_port : free_port();
    (void)snprintf(house->addresses.http_url, sizeof house->addresses.http_url,
                   "http://127.0.0.1:%u", port);
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        bool is_edge = strcmp(services[i], "seeks") == 0;
        for (int replica = 0; replica < (is_edge ? 1 : house->options.replicas); replica++)
            if (!start_service(house, services[i], replica, port)) {
                (void)fault_set(out_fault, 0, 0, "%s did not start; see %s/logs/%s.log",
                                services[i], house->place.folder, services[i]);
                return false;
            }
    }
    return true;
}

/* ---- the whole --------------------------------------------------------------------------- */

/* What games' secrets are sealed with; a key that is lost takes unfinished games along. */
static bool make_seal_key(struct house *house, struct fault *out_fault)
{
    char path[PLACE_PATH_MAX];
    unsigned char key[SEAL_KEY_BYTES] = {0};
    place_path(&house->place, "seal-keys", path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST)
        return true;
    int chance = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool is_made = file >= 0 && chance >= 0 && read(chance, key, sizeof key) == (ssize_t)sizeof key;
    for (size_t i = 0; is_made && i < sizeof key; i++)
        is_made = dprintf(file, "%02x", key[i]) == 2;
    is_made = is_made && dprintf(file, "\n") == 1;
    if (!is_made)
        (void)fault_set(out_fault, 0, 0, "cannot make %s: %s", path, strerror(errno));
    if (chance >= 0)
        (void)close(chance); /* nothing was written to it */
    if (file >= 0 && close(file) != 0)
        is_made = false;
    if (!is_made)
        (void)unlink(path); /* half a key is none; the fault says why */
    return is_made;
}

static bool make_keys(struct house *house, struct fault *out_fault)
{
    char private_path[PLACE_PATH_MAX];
    char public_path[PLACE_PATH_MAX];
    struct stat about;
    if (!make_seal_key(house, out_fault))
        return false;
    if (stat(place_path(&house->place, "keys-private.json", private_path), &about) == 0)
        return true;
    return token_keys_generate(private_path,
                               place_path(&house->place, "keys-public.json", public_path),
                               out_fault) == STATUS_OK;
}

static enum status write_addresses(struct house *house)
{
    house->addresses.supervisor = getpid();
    house->addresses.process_count = 0;
    for (int i = 0; i < house->member_count; i++) {
        struct place_process *process =
            &house->addresses.processes[house->addresses.process_count++];
        memcpy(process->name, house->members[i]->name, sizeof process->name);
        process->pid = house->members[i]->pid;
        process->health_port = house->members[i]->health_port;
    }
    return place_write_house(&house->place, &house->addresses);
}

/* Makes the folder for logs, then starts the database. */
static bool start_database(struct house *house, struct fault *out_fault)
{
    char path[PLACE_PATH_MAX];
    if (mkdir(place_path(&house->place, "logs", path), 0777) != 0 && errno != EEXIST) {
        (void)fault_set(out_fault, 0, 0, "cannot make %s: %s", path, strerror(errno));
        return false;
    }
    if (chmod(path, 01777) != 0) { /* postgres writes its log there too */
        (void)fault_set(out_fault, 0, 0, "cannot open %s for all: %s", path, strerror(errno));
        return false;
    }
    if (!find_postgres(house->postgres_bin)) {
        (void)fault_set(out_fault, 0, 0, "PostgreSQL is not installed; run scripts/setup");
        return false;
    }
    if (!start_postgres(house)) {
        (void)fault_set(out_fault, 0, 0, "PostgreSQL did not start; see %s/postgres.log", path);
        return false;
    }
    return true;
}

static bool start_all(struct house *house, struct fault *out_fault)
{
    if (!make_keys(house, out_fault) ||
        pace_keep(&house->place, &house->options.pace, &house->pace, out_fault) != STATUS_OK ||
        !start_database(house, out_fault))
        return false;
    if (!start_nats(house)) {
        (void)fault_set(out_fault, 0, 0, "nats-server did not start; see %s/logs/nats.log",
                        house->place.folder);
        return false;
    }
    return start_services(house, out_fault);
}

struct house *house_start(const struct place *place, const struct house_options *options,
                          house_on_progress on_progress, void *user, struct fault *out_fault)
{
    struct house *house = calloc(1, sizeof *house);
    if (house == NULL)
        return NULL;
    house->place = *place;
    house->options = *options;
    house->on_progress = on_progress;
    house->user = user;
    if (start_all(house, out_fault)) {
        if (write_addresses(house) == STATUS_OK)
            return house;
        (void)fault_set(out_fault, 0, 0, "cannot write %s/house.json", house->place.folder);
    }
    house_stop(house, on_progress, user);
    return NULL;
}

enum status house_restore(const struct place *place, const char *dump, struct fault *out_fault)
{
    char log[PLACE_PATH_MAX];
    struct house *house = calloc(1, sizeof *house);
    if (house == NULL)
        return STATUS_FULL;
    house->place = *place;
    enum status status = STATUS_UNAVAILABLE;
    if (start_database(house, out_fault)) {
        bool is_restored = house_fill_database(house->addresses.database, dump,
                                               place_path(place, "logs/restore.log", log));
        status = is_restored ? STATUS_OK : STATUS_FAILED_PRECONDITION;
        if (!is_restored)
            (void)fault_set(out_fault, 0, 0,
                            "%s could not be restored: is the database empty, and is it a file of "
                            "`arbiter backup`? See %s",
                            dump, log);
    }
    house_stop(house, NULL, NULL);
    return status;
}

/* ---- keeping it running ------------------------------------------------------------------ */

static void note_ended(struct house *house, pid_t pid)
{
    int64_t now_us = clock_monotonic_us();
    for (int i = 0; i < house->member_count; i++) {
        struct member *member = house->members[i];
        if (member->pid != pid)
            continue;
        bool was_steady = now_us - member->started_us > (int64_t)STEADY_MS * 1000;
        member->pause_ms = was_steady ? PAUSE_FIRST_MS : member->pause_ms;
        say(house, "%s has ended; again in %lld ms", member->name, (long long)member->pause_ms);
        member->pid = 0;
        member->again_us = now_us + member->pause_ms * 1000;
        member->pause_ms =
            member->pause_ms * 2 < PAUSE_LAST_MS ? member->pause_ms * 2 : PAUSE_LAST_MS;
    }
}

/* PostgreSQL leaves its lock file behind when it is killed; it knows a dead owner by itself. */
static void start_again(struct house *house)
{
    int64_t now_us = clock_monotonic_us();
    bool has_changed = false;
    for (int i = 0; i < house->member_count; i++) {
        struct member *member = house->members[i];
        if (member->again_us == 0 || member->again_us > now_us)
            continue;
        if (member_run(member))
            has_changed = true;
        else
            member->again_us = now_us + member->pause_ms * 1000;
    }
    if (has_changed && write_addresses(house) != STATUS_OK)
        say(house, "house.json could not be written");
}

void house_supervise(struct house *house, const volatile sig_atomic_t *stop)
{
    while (!*stop) {
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            note_ended(house, pid);
        start_again(house);
        process_sleep_ms(50);
    }
}

void house_stop(struct house *house, house_on_progress on_progress, void *user)
{
    char path[PLACE_PATH_MAX];
    house->on_progress = on_progress;
    house->user = user;
    for (int i = house->member_count; i > 0; i--) {
        struct member *member = house->members[i - 1];
        if (member->pid > 0) {
            process_end(member->pid, member->end_signal, END_MS);
            say(house, "%s has stopped", member->name);
        }
        free(member);
    }
    (void)unlink(place_path(&house->place, "house.json", path)); /* may never have been written */
    if (strcmp(house->socket, house->data) != 0)
        (void)rmdir(house->socket); /* see choose_socket(); not empty: PostgreSQL was killed */
    free(house);
}
