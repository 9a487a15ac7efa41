/* `arbiter bot`: plays crossword games through the public socket. */
#include "cli/command.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bot_player.h"
#include "cli/place.h"

static const char usage[] =
    "Usage: arbiter bot --player NAME [--player NAME ...] [OPTION...]\n"
    "\n"
    "Plays legal, greedy crossword moves through the public socket: in every game that starts "
    "with\n"
    "one of its players, in tournaments too, until it is stopped.\n"
    "\n"
    "  --player NAME    a bot; each further one is another bot in the same process\n"
    "  --seek           post a seek whenever a bot has no game\n"
    "  --accept         accept open seeks whenever a bot has no game\n"
    "  --games N        end when each bot has finished N games (default: go on)\n"
    "  --lexicon NAME   of the games it seeks (default: EN80)\n"
    "  --lexicons DIR   *.lexicon files (default: as `arbiter up` finds them)\n"
    "  --unrated        its seeks are for games that are not rated\n"
    "  --pause MS       think for that long before each move\n"
    "  --quiet          do not print results\n"
    "  --url URL        address of the API (default: the house under ./.arbiter)\n"
    "  --token TEXT     of the one player (default: ARBITER_TOKEN, or signed with the house's "
    "key)\n"
    "  --dir DIR        folder of the house (default: ./.arbiter)\n"
    "  --help           this text\n";

enum { PLAYERS_MAX = 256, GAMES_MAX = 1000000, PAUSE_MAX_MS = 60000 };

struct bot_options {
    const char *names[PLAYERS_MAX];
    int count;
    const char *lexicons;
    struct bot_crew crew;
};

static struct loop *running; /* for the signal handler, which can be told nothing else */

static void on_stop(int signal_number)
{
    (void)signal_number;
    loop_stop(running);
}

static int wrong(const char *text)
{
    fprintf(stderr, "arbiter bot: %s; --help tells more\n", text);
    return COMMAND_USAGE;
}

static bool read_number(const char *text, long max, long *out)
{
    char *end = NULL;
    *out = strtol(text, &end, 10);
    return end != text && *end == '\0' && *out >= 0 && *out <= max;
}

/* Beside this program, where a build puts them. */
static void lexicons_beside(char out[PLACE_PATH_MAX])
{
    static const char beside[] = "../lexicons";
    ssize_t size = readlink("/proc/self/exe", out, PLACE_PATH_MAX - sizeof beside);
    out[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(out, '/');
    memcpy(slash != NULL ? slash + 1 : out, beside, sizeof beside);
}

static enum status open_lexicons(const struct bot_options *options, struct lexicon_shelf *shelf,
                                 struct fault *out_fault)
{
    char path[PLACE_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/lexicons",
                   options->crew.folder != NULL ? options->crew.folder
                                                : ".arbiter"); /* cut: not found */
    const char *folder = options->lexicons != NULL ? options->lexicons : path;
    if (options->lexicons == NULL && access(path, R_OK) != 0)
        lexicons_beside(path);
    enum status status = lexicon_shelf_open(shelf, folder, out_fault);
    if (status == STATUS_OK && shelf->count == 0) {
        (void)fault_set(out_fault, 0, 0, "no lexicon in %s; `arbiter lexicon build` makes one",
                        folder);
        status = STATUS_NOT_FOUND;
    }
    return status;
}

static bool create_players(struct bot_options *options, struct bot_player **players)
{
    struct fault fault = {0};
    for (int i = 0; i < options->count; i++) {
        players[i] = bot_player_create(&options->crew, options->names[i], &fault);
        if (players[i] == NULL) {
            fprintf(stderr, "arbiter bot: %s\n", fault.text);
            return false;
        }
    }
    return true;
}

static int play(struct bot_options *options)
{
    struct bot_player *players[PLAYERS_MAX] = {0};
    struct bot_crew *crew = &options->crew;
    crew->loop = running = loop_create();
    if (crew->loop == NULL)
        return COMMAND_FAILED;
    struct sigaction action = {.sa_handler = on_stop};
    (void)sigaction(SIGTERM, &action, NULL); /* cannot fail for these signals */
    (void)sigaction(SIGINT, &action, NULL);
    bool is_good = create_players(options, players);
    if (is_good)
        loop_run(crew->loop);
    for (int i = 0; i < options->count; i++)
        is_good = is_good && bot_player_games(players[i]) >= crew->games_wanted;
    for (int i = 0; i < options->count; i++)
        bot_player_destroy(players[i]);
    loop_destroy(crew->loop);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(struct bot_options *options)
{
    struct lexicon_shelf shelf = {0};
    struct fault fault = {0};
    if (open_lexicons(options, &shelf, &fault) != STATUS_OK) {
        fprintf(stderr, "arbiter bot: %s\n", fault.text);
        lexicon_shelf_close(&shelf);
        return COMMAND_FAILED;
    }
    options->crew.shelf = &shelf;
    int status = play(options);
    lexicon_shelf_close(&shelf);
    return status;
}

/* Takes one option; 0 to go on. */
static int take_option(struct bot_options *options, int letter)
{
    long number = 0;
    switch (letter) {
    case 'p':
        if (options->count == PLAYERS_MAX)
            return wrong("too many players");
        options->names[options->count++] = optarg;
        return 0;
    case 'g':
        if (!read_number(optarg, GAMES_MAX, &number))
            return wrong("--games takes a number");
        options->crew.games_wanted = (int)number;
        return 0;
    case 'P':
        if (!read_number(optarg, PAUSE_MAX_MS, &number))
            return wrong("--pause takes milliseconds, a minute at most");
        options->crew.pause_ms = number;
        return 0;
    case 's':
        options->crew.seeks = true;
        return 0;
    case 'a':
        options->crew.accepts = true;
        return 0;
    case 'n':
        options->crew.is_rated = false;
        return 0;
    case 'q':
        options->crew.is_quiet = true;
        return 0;
    case 'l':
        options->crew.lexicon = optarg;
        return 0;
    case 'L':
        options->lexicons = optarg;
        return 0;
    case 'u':
        options->crew.url = optarg;
        return 0;
    case 't':
        options->crew.token = optarg;
        return 0;
    case 'd':
        options->crew.folder = optarg;
        return 0;
    default:
        return COMMAND_USAGE;
    }
}

int command_bot(int argc, char **argv)
{
    static const struct option names[] = {
        {"player", required_argument, NULL, 'p'},  {"seek", no_argument, NULL, 's'},
        {"accept", no_argument, NULL, 'a'},        {"games", required_argument, NULL, 'g'},
        {"lexicon", required_argument, NULL, 'l'}, {"lexicons", required_argument, NULL, 'L'},
        {"unrated", no_argument, NULL, 'n'},       {"pause", required_argument, NULL, 'P'},
        {"quiet", no_argument, NULL, 'q'},         {"url", required_argument, NULL, 'u'},
        {"token", required_argument, NULL, 't'},   {"dir", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    struct bot_options options = {.crew = {.lexicon = "EN80", .is_rated = true}};
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        int status = take_option(&options, letter);
        if (status != 0)
            return status;
    }
    if (options.count == 0 || optind < argc)
        return wrong("name one player or more with --player");
    if (options.crew.token != NULL && options.count > 1)
        return wrong("a token is one player's: give it with one --player");
    return run(&options);
}
