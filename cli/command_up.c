/* `arbiter up`: starts a house and leaves a supervisor behind that keeps it running. */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/house.h"
#include "cli/place.h"
#include "cli/process.h"
#include "fsm/yaml/yaml.h"

enum { LINE_MAX_SIZE = 1024 };

static const char usage[] =
    "Usage: arbiter up [OPTION...]\n"
    "\n"
    "Starts everything on this machine: a private nats-server and PostgreSQL cluster under\n"
    "./.arbiter, the store, the orchestrator, the game service and the REST API. Returns when all\n"
    "of it is ready; what dies later is started again. `arbiter down` ends it.\n"
    "\n"
    "  --port N          port of the REST API (default: 8080)\n"
    "  --replicas N      of store, orchestrator and game service (default: 1)\n"
    "  --policies DIR    machines/, formats/ and ratings/ (default: ./policies)\n"
    "  --lexicons DIR    *.lexicon files for games with words (default: lexicons/ in the\n"
    "                    folder of --dir, otherwise the build's)\n"
    "  --dir DIR         where everything is kept (default: ./.arbiter)\n"
    "  --speed N         the house's time runs N times as fast, to rehearse an evening in\n"
    "                    minutes; a house in DIR keeps the speed it began with (default: 1)\n"
    "  --time TIME       what the house's time is at the start, e.g. 2026-11-28T19:00:00+01:00\n"
    "                    (default: now)\n"
    "  --foreground      stay, and end everything on Ctrl-C\n"
    "  --help            this text\n";

struct up_options {
    struct house_options house;
    const char *folder;
    bool foreground;
};

static volatile sig_atomic_t stop_asked; /* set by the signal handler, read by the supervisor */

static void on_stop_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

/* Progress goes to the descriptor that the person reads: standard output, or the pipe to it. */
static void on_progress(const char *text, void *user)
{
    dprintf(*(const int *)user, "  %s\n", text);
}

static bool parse_number(const char *text, long min, long max, long *out)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < min || number > max)
        return false;
    *out = number;
    return true;
}

static int bad_number(const char *name, long min, long max)
{
    fprintf(stderr, "arbiter up: --%s takes a number from %ld to %ld\n", name, min, max);
    return COMMAND_USAGE;
}

/* Returns -1 to go on, else the exit status. */
static int parse(int argc, char **argv, struct up_options *options)
{
    static const struct option names[] = {
        {"port", required_argument, NULL, 'p'},     {"replicas", required_argument, NULL, 'r'},
        {"policies", required_argument, NULL, 'P'}, {"lexicons", required_argument, NULL, 'l'},
        {"dir", required_argument, NULL, 'd'},      {"foreground", no_argument, NULL, 'f'},
        {"speed", required_argument, NULL, 's'},    {"time", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    long number = 0;
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'p' && !parse_number(optarg, 0, 65535, &number))
            return bad_number("port", 0, 65535);
        if (letter == 'r' && !parse_number(optarg, 1, HOUSE_REPLICAS_MAX, &number))
            return bad_number("replicas", 1, HOUSE_REPLICAS_MAX);
        if (letter == 's' && !parse_number(optarg, 1, CLOCK_SPEED_MAX, &number))
            return bad_number("speed", 1, CLOCK_SPEED_MAX);
        if (letter == 't' && !yaml_read_timestamp(optarg, &options->house.pace.time_ms)) {
            fputs("arbiter up: --time takes a time like 2026-11-28T19:00:00+01:00\n", stderr);
            return COMMAND_USAGE;
        }
        if (letter == 's')
            options->house.pace.speed = number;
        else if (letter == 'p')
            options->house.http_port = (uint16_t)number;
        else if (letter == 'r')
            options->house.replicas = (int)number;
        else if (letter == 'P')
            options->house.policies = optarg;
        else if (letter == 'l')
            options->house.lexicons = optarg;
        else if (letter == 'd')
            options->folder = optarg;
        else if (letter == 'f')
            options->foreground = true;
        else if (letter == 't')
            continue;
        else if (letter == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        else
            return COMMAND_USAGE;
    }
    return -1;
}

/* The services' programs lie beside this one. */
static bool find_programs(char *out, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", out, size - 1);
    if (length <= 0)
        return false;
    out[length] = '\0';
    *strrchr(out, '/') = '\0';
    return true;
}

/* Those that `arbiter lexicon build` put into the house, or those that were built beside us. Where
 * neither is there, games with words are refused. */
static void find_lexicons(const struct place *place, struct house_options *options,
                          const char *programs, char out[PLACE_PATH_MAX])
{
    char beside[PLACE_PATH_MAX + sizeof "/../lexicons"];
    (void)snprintf(beside, sizeof beside, "%s/../lexicons", programs); /* has room */
    if (options->lexicons == NULL && access(place_path(place, "lexicons", out), R_OK) == 0) {
        options->lexicons = out;
        return;
    }
    bool is_named = options->lexicons != NULL;
    if (realpath(is_named ? options->lexicons : beside, out) != NULL)
        options->lexicons = out;
    else if (!is_named)
        options->lexicons = "lexicons";
}

static void catch_stop_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop_signal};
    (void)sigaction(SIGTERM, &action, NULL); /* cannot fail for these signals */
    (void)sigaction(SIGINT, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* the person may have stopped reading */
}

/* Starts, reports to `out`, supervises, ends. The status line "ready" or a fault comes last. */
static int run_house(const struct place *place, const struct up_options *options, int out)
{
    struct fault fault = {0};
    if (!place_take(place)) {
        dprintf(out, "arbiter up: another supervisor is starting in %s\n", place->folder);
        return COMMAND_FAILED;
    }
    catch_stop_signals();
    struct house *house = house_start(place, &options->house, on_progress, &out, &fault);
    if (house == NULL) {
        dprintf(out, "arbiter up: %s\n", fault.text);
        return COMMAND_FAILED;
    }
    struct place_house addresses = {0};
    if (place_read_house(place, &addresses) == STATUS_OK)
        dprintf(out, "ready: %s\n", addresses.http_url);
    if (!options->foreground)
        (void)close(out); /* the waiting parent reads to the end of the pipe */
    house_supervise(house, &stop_asked);
    house_stop(house, options->foreground ? on_progress : NULL, &out);
    return COMMAND_DONE;
}

static void detach(void)
{
    (void)setsid(); /* we have just been forked: cannot fail */
    int null = open("/dev/null", O_RDWR);
    for (int descriptor = 0; null >= 0 && descriptor < 3; descriptor++)
        (void)dup2(null, descriptor);
}

/* Shows the supervisor's progress until it is ready or has given up. */
static int follow(int in)
{
    char line[LINE_MAX_SIZE];
    bool is_ready = false;
    FILE *stream = fdopen(in, "r");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        is_ready = strncmp(line, "ready:", 6) == 0;
        fputs(line, is_ready || line[0] == ' ' ? stdout : stderr);
        (void)fflush(stdout); /* for the eye; the exit status says how it went */
    }
    if (stream != NULL)
        (void)fclose(stream); /* read to its end */
    return is_ready ? COMMAND_DONE : COMMAND_FAILED;
}

static int start_detached(const struct place *place, const struct up_options *options)
{
    int ends[2];
    if (pipe(ends) != 0)
        return COMMAND_FAILED;
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        detach();
        _exit(run_house(place, options, ends[1]));
    }
    (void)close(ends[1]);
    return pid > 0 ? follow(ends[0]) : COMMAND_FAILED;
}

int command_up(int argc, char **argv)
{
    char programs[PLACE_PATH_MAX];
    char policies[PLACE_PATH_MAX];
    char lexicons[PLACE_PATH_MAX];
    struct place place;
    struct fault fault = {0};
    struct up_options options = {
        .house = {.http_port = 8080, .replicas = 1, .policies = "policies"}, .folder = ".arbiter"};
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    if (place_open(options.folder, &place, &fault) != STATUS_OK ||
        !find_programs(programs, sizeof programs)) {
        fprintf(stderr, "arbiter up: %s\n", fault.text);
        return COMMAND_FAILED;
    }
    if (realpath(options.house.policies, policies) == NULL) {
        fprintf(stderr, "arbiter up: no folder %s; name one with --policies\n",
                options.house.policies);
        return COMMAND_FAILED;
    }
    if (place_is_taken(&place, NULL)) {
        fprintf(stderr, "arbiter up: it is up already; `arbiter status` tells more\n");
        return COMMAND_FAILED;
    }
    options.house.policies = policies;
    find_lexicons(&place, &options.house, programs, lexicons);
    options.house.programs = programs;
    if (options.foreground)
        return run_house(&place, &options, STDOUT_FILENO);
    return start_detached(&place, &options);
}
