/* `arbiter pair`: reads the options and hands over to a pairing system. Words keep their order, so
 * that `FILE -p OUT -l LIST` means what it means to existing programs. */
#include "cli/command.h"
#include "cli/pair.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What pairing engines answer a bad request with. */
enum { BAD_REQUEST = 3 };

struct system_row {
    const char *name;
    const char *help;
    pair_system run;
};

static const struct system_row SYSTEMS[] = {
    {"dutch", "FIDE (Dutch), 2026, on TRF files", pair_dutch},
    {"swiss", "like against like: records, repeats, spread", pair_club},
    {"round_robin", "everybody meets everybody", pair_club},
    {"team_round_robin", "upper half of the seeds against the lower", pair_club},
    {"interleaved_round_robin", "odd seeds against even ones", pair_club},
    {"king_of_the_hill", "first against second, third against fourth", pair_club},
    {"factor", "the first N against the next N, the rest Swiss", pair_club},
    {"initial_fontes", "small round robins to open an event", pair_club},
    {"random", "by lot", pair_club},
    {"quickpair", "near ratings", pair_club},
    {"australian_draw", "the nearest opponent not met", pair_club},
    {"cop", "by simulating the rest of the event", pair_club},
    {"chew", "leaders against the lowest contender", pair_club},
    {"single_elimination", "knock-out", pair_club},
    {"double_elimination", "out after two losses", pair_club},
    {"arena", "one wave of an arena", pair_club},
    {"manual", "byes and fixed pairs only", pair_club},
};

enum { SYSTEM_COUNT = sizeof SYSTEMS / sizeof SYSTEMS[0] };

static void print_help(FILE *out)
{
    fputs("Usage: arbiter pair [--system NAME] FILE [-p [OUTFILE]] [-l [LISTFILE]] [OPTION...]\n"
          "       arbiter pair [--system NAME] FILE -c [-l [LISTFILE]]\n\n"
          "Pairs the next round of a tournament, or checks the rounds it has.\n\n"
          "  -p [OUTFILE]        print the next round's pairs (done if nothing else is asked)\n"
          "  -c                  pair all played rounds again and show where they differ\n"
          "  -l [LISTFILE]       write a checklist too; else FILE's name with .list\n"
          "  -r                  print a line about the rules first\n"
          "  --explain           say how each bracket was settled and why each pair\n"
          "  --why-not ONE OTHER say why two players are not paired; OTHER 0 is the bye\n"
          "  --json              print pairs (and the answers above) as JSON\n"
          "  --compat fide|bbp   read the rules as FIDE writes them, or as bbpPairings has them\n"
          "  --division NAME     of a file with several\n"
          "  --set NAME=VALUE    a setting of a system other than dutch; `--set help` lists them\n"
          "  --seed N            for lots (default 0); the same seed draws the same\n"
          "  --rounds N          rounds of the whole event, where the file does not say\n"
          "  --system NAME       one of:\n",
          out);
    for (int i = 0; i < SYSTEM_COUNT; i++)
        fprintf(out, "                        %-24s %s\n", SYSTEMS[i].name, SYSTEMS[i].help);
    fputs("\nExit codes: 0 done, 1 no legal pairing, 2 unexpected, 3 bad request or file,\n"
          "4 too large, 5 a file cannot be read or written.\n",
          out);
}

static int complain(const char *text, const char *about)
{
    fprintf(stderr, "arbiter pair: %s%s; `arbiter pair --help` tells more\n", text, about);
    return BAD_REQUEST;
}

/* A word that is no option: the file, or the name of an output right behind its option. */
static bool take_word(struct pair_request *request, int after, const char *word)
{
    if (request->input == NULL)
        request->input = word;
    else if (after == 'l' && request->list == NULL)
        request->list = word;
    else if (after == 'p' && request->output == NULL)
        request->output = word;
    else
        return false;
    return true;
}

static bool take_compat(struct pair_request *request, const char *name)
{
    request->like_bbp = strcmp(name, "bbp") == 0;
    return request->like_bbp || strcmp(name, "fide") == 0;
}

#define ROUNDS_MAX 1000

static bool take_number(const char *text, uint64_t max, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number > max)
        return false;
    *out = number;
    return true;
}

enum long_option {
    OPTION_EXPLAIN = 256,
    OPTION_WHY_NOT,
    OPTION_JSON,
    OPTION_COMPAT,
    OPTION_DIVISION,
    OPTION_SET,
    OPTION_SEED,
    OPTION_ROUNDS
};

/* Takes the two players of --why-not: the option's argument and the word after it. */
static bool take_why_not(struct pair_request *request, int argc, char **argv)
{
    request->why_one = optarg;
    request->why_other = optind < argc ? argv[optind++] : NULL;
    return request->why_other != NULL;
}

/* Takes one option that needs no look at other words. Returns an exit status, or -1 to go on. */
static int take_option(struct pair_request *request, int option)
{
    switch (option) {
    case 's':
        request->system = optarg;
        break;
    case 'd':
        request->system = "dutch";
        break;
    case 'p':
        request->task = PAIR_NEXT;
        request->with_pairs = true;
        break;
    case 'c':
        request->task = PAIR_CHECK;
        break;
    case 'l':
        request->with_list = true;
        break;
    case 'r':
        puts("arbiter pair: FIDE (Dutch) system, edition of 2026");
        break;
    case OPTION_EXPLAIN:
        request->explain = true;
        break;
    case OPTION_JSON:
        request->json = true;
        break;
    case OPTION_COMPAT:
        if (!take_compat(request, optarg))
            return complain("--compat is fide or bbp, not ", optarg);
        break;
    case OPTION_DIVISION:
        request->division = optarg;
        break;
    case OPTION_SET:
        if (strcmp(optarg, "help") == 0) {
            pair_club_settings();
            return COMMAND_DONE;
        }
        if (request->settings_count == PAIR_SETTINGS_MAX)
            return complain("too many --set: ", optarg);
        request->settings[request->settings_count++] = optarg;
        break;
    case OPTION_SEED:
        if (!take_number(optarg, UINT64_MAX, &request->seed))
            return complain("--seed is a whole number, not ", optarg);
        break;
    case OPTION_ROUNDS: {
        uint64_t rounds;
        if (!take_number(optarg, ROUNDS_MAX, &rounds))
            return complain("--rounds is a number of rounds, not ", optarg);
        request->rounds = (int)rounds;
        break;
    }
    case 'h':
        print_help(stdout);
        return COMMAND_DONE;
    default:
        return BAD_REQUEST;
    }
    return -1;
}

/* Returns an exit status, or -1 to go on. */
static int read_options(int argc, char **argv, struct pair_request *request)
{
    static const struct option OPTIONS[] = {
        {"system", required_argument, NULL, 's'},
        {"dutch", no_argument, NULL, 'd'},
        {"explain", no_argument, NULL, OPTION_EXPLAIN},
        {"why-not", required_argument, NULL, OPTION_WHY_NOT},
        {"json", no_argument, NULL, OPTION_JSON},
        {"compat", required_argument, NULL, OPTION_COMPAT},
        {"division", required_argument, NULL, OPTION_DIVISION},
        {"set", required_argument, NULL, OPTION_SET},
        {"seed", required_argument, NULL, OPTION_SEED},
        {"rounds", required_argument, NULL, OPTION_ROUNDS},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int after = 0; /* the last option, whose optional name a word may be */
    int status = -1;
    for (int option;
         status < 0 && (option = getopt_long(argc, argv, "-pclrh", OPTIONS, NULL)) != -1;) {
        if (option == 1 && !take_word(request, after, optarg))
            return complain("one word too many: ", optarg);
        if (option == OPTION_WHY_NOT && !take_why_not(request, argc, argv))
            return complain("--why-not needs two players", "");
        if (option == 1)
            continue;
        after = option;
        if (option != OPTION_WHY_NOT)
            status = take_option(request, option);
    }
    return status;
}

int command_pair(int argc, char **argv)
{
    struct pair_request request = {.system = "dutch"};
    int status = read_options(argc, argv, &request);
    if (status >= 0)
        return status;
    if (request.input == NULL)
        return complain("no file to pair", "");
    for (int i = 0; i < SYSTEM_COUNT; i++)
        if (strcmp(SYSTEMS[i].name, request.system) == 0)
            return SYSTEMS[i].run(&request);
    return complain("no pairing system ", request.system);
}
