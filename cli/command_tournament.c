/* `arbiter tournament`: a director's words, through the REST API. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "cli/rest.h"
#include "cli/tournament_desk.h"
#include "seeks/token.h"

static const char usage[] =
    "Usage: arbiter tournament create --name NAME (--format NAME | --policy FILE) [--id ID]\n"
    "       arbiter tournament show ID\n"
    "       arbiter tournament standings ID [--division N] [--round N]\n"
    "       arbiter tournament rounds ID N [--division N]\n"
    "       arbiter tournament start ID\n"
    "       arbiter tournament list\n"
    "       arbiter tournament act ID ACTION [NAME=VALUE ...] [--division N] [--round N] [--board "
    "N]\n"
    "                          [--note WHY] [--dry-run]\n"
    "       arbiter tournament undo ID | log ID\n"
    "       arbiter tournament explain ID ROUND | why-not ID ROUND A B | place ID PLAYER\n"
    "       arbiter tournament export ID --format NAME [--out FILE] [--division N] [--round N]\n"
    "\n"
    "An action shows what it would change; above level L1 it is done once \"yes\" is typed "
    "(docs/directors.md).\n"
    "\n"
    "  --json        print the API's answer as it is\n"
    "  --url URL     address of the REST API (default: the house under ./.arbiter)\n"
    "  --token TEXT  token to use (default: ARBITER_TOKEN, or one signed with the house's key)\n"
    "  --dir DIR     folder of the house (default: ./.arbiter)\n"
    "  --help        this text\n";

struct tournament_options {
    const char *name;
    const char *format;
    const char *policy;
    const char *id;
    const char *division;
    const char *round;
    const char *url;
    const char *token;
    const char *folder;
    const char *board;
    const char *note;
    const char *out;
    bool as_json;
    bool is_dry;
};

static int wrong(const char *text)
{
    fprintf(stderr, "arbiter tournament: %s; --help tells more\n", text);
    return COMMAND_USAGE;
}

/* ---- printing ---------------------------------------------------------------------------- */

static void print_standings(const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "standings");
    printf("after round %lld\n%4s  %-24s %6s %5s %5s %5s %7s\n", rest_number(answer, "round"), "",
           "player", "points", "won", "lost", "drawn", "spread");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        printf("%4lld  %-24s %6.1f %5lld %5lld %5lld %+7lld\n", rest_number(row, "rank"),
               rest_text(row, "name"), (double)rest_number(row, "points_x2") / 2,
               rest_number(row, "wins"), rest_number(row, "losses"), rest_number(row, "draws"),
               rest_number(row, "spread"));
    }
}

static void print_round(const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "pairings");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        printf("%4lld  %-20s %-20s %s", rest_number(row, "board"), rest_text(row, "first"),
               rest_text(row, "second")[0] != '\0' ? rest_text(row, "second") : "(bye)",
               rest_text(row, "status"));
        if (rest_text(row, "outcome")[0] != '\0')
            printf("  %lld-%lld", rest_number(row, "first_score"),
                   rest_number(row, "second_score"));
        putchar('\n');
    }
}

static void print_ids(const char *title, const json_t *ids)
{
    for (size_t i = 0; i < json_array_size(ids); i++)
        printf("%s%s", i == 0 ? title : ", ", json_string_value(json_array_get(ids, i)));
    if (json_array_size(ids) > 0)
        putchar('\n');
}

static void print_tournament(const json_t *answer)
{
    const json_t *divisions = json_object_get(answer, "divisions");
    printf("%s  %s  (%s)\n", rest_text(answer, "tournament_id"), rest_text(answer, "name"),
           rest_text(answer, "status"));
    print_ids("  directors:  ", json_object_get(answer, "directors"));
    print_ids("  assistants: ", json_object_get(answer, "assistants"));
    print_ids("  scorers:    ", json_object_get(answer, "scorers"));
    for (size_t i = 0; i < json_array_size(divisions); i++) {
        const json_t *division = json_array_get(divisions, i);
        printf("  %-16s round %lld of %lld  %s\n", rest_text(division, "name"),
               rest_number(division, "round"), rest_number(division, "rounds"),
               rest_text(division, "status"));
    }
}

static void print_list(const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "tournaments");
    for (size_t i = 0; i < json_array_size(rows); i++)
        print_tournament(json_array_get(rows, i));
}

static void print_line(const json_t *answer)
{
    const char *id = rest_text(answer, "tournament_id");
    puts(id[0] != '\0' ? id : "done");
}

/* ---- calling ----------------------------------------------------------------------------- */

static int call(const struct tournament_options *options, const char *method, const char *path,
                json_t *body, void (*print)(const json_t *answer))
{
    struct rest rest;
    struct fault fault = {0};
    json_t *answer = NULL;
    long code = 0;
    if (rest_open(options->url, options->token, options->folder, "console",
                  TOKEN_DIRECTOR | TOKEN_ADMIN, &rest, &fault) == STATUS_OK)
        code = rest_call(&rest, method, path, body, &answer, &fault);
    json_decref(body);
    if (code < 200 || code > 299) {
        rest_print_problem("tournament", code, answer, &fault);
    } else if (options->as_json) {
        (void)json_dumpf(answer, stdout, JSON_INDENT(2)); /* a closed pipe is the reader's choice */
        putchar('\n');
    } else {
        print(answer);
    }
    json_decref(answer);
    return code >= 200 && code <= 299 ? COMMAND_DONE : COMMAND_FAILED;
}

static int create(const struct tournament_options *options)
{
    struct buffer policy = {0};
    if (options->name == NULL || (options->format == NULL) == (options->policy == NULL))
        return wrong("create needs --name and either --format or --policy");
    json_t *body = json_pack("{s:s}", "name", options->name);
    if (options->id != NULL)
        (void)json_object_set_new(body, "tournament_id", json_string(options->id));
    if (options->format != NULL)
        (void)json_object_set_new(body, "format", json_string(options->format));
    if (options->policy != NULL && buffer_read_file(&policy, options->policy) != STATUS_OK) {
        fprintf(stderr, "arbiter tournament: cannot read %s\n", options->policy);
        json_decref(body);
        return COMMAND_FAILED;
    }
    if (options->policy != NULL)
        (void)json_object_set_new(body, "policy", json_string(buffer_text(&policy)));
    buffer_deinit(&policy);
    return call(options, "POST", "/v1/tournaments", body, print_line);
}

static int get(const struct tournament_options *options, const char *id, const char *rest,
               void (*print)(const json_t *answer))
{
    struct buffer path = {0};
    buffer_format(&path, "/v1/tournaments/%s%s?", id, rest);
    if (options->division != NULL)
        buffer_format(&path, "division=%s&", options->division);
    if (options->round != NULL)
        buffer_format(&path, "round=%s", options->round);
    while (path.size > 0 && (path.data[path.size - 1] == '?' || path.data[path.size - 1] == '&'))
        path.data[--path.size] = '\0';
    int status = call(options, "GET", buffer_text(&path), NULL, print);
    buffer_deinit(&path);
    return status;
}

/* As any action: shown, confirmed, done. */
static int start(const struct tournament_options *options, char *id)
{
    char *words[] = {"act", id, "start"};
    return desk_run(&(struct desk_options){.url = options->url,
                                           .token = options->token,
                                           .folder = options->folder,
                                           .as_json = options->as_json},
                    COUNT_OF(words), words);
}

static int run(const struct tournament_options *options, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : "";
    if (desk_knows(verb))
        return desk_run(&(struct desk_options){.division = options->division,
                                               .round = options->round,
                                               .board = options->board,
                                               .note = options->note,
                                               .format = options->format,
                                               .out = options->out,
                                               .url = options->url,
                                               .token = options->token,
                                               .folder = options->folder,
                                               .is_dry = options->is_dry,
                                               .as_json = options->as_json},
                        argc, argv);
    if (strcmp(verb, "create") == 0 && argc == 1)
        return create(options);
    if (strcmp(verb, "list") == 0 && argc == 1)
        return call(options, "GET", "/v1/tournaments", NULL, print_list);
    if (strcmp(verb, "show") == 0 && argc == 2)
        return get(options, argv[1], "", print_tournament);
    if (strcmp(verb, "standings") == 0 && argc == 2)
        return get(options, argv[1], "/standings", print_standings);
    if (strcmp(verb, "start") == 0 && argc == 2)
        return start(options, argv[1]);
    if (strcmp(verb, "rounds") == 0 && argc == 3) {
        struct buffer rest = {0};
        buffer_format(&rest, "/rounds/%s", argv[2]);
        int status = get(options, argv[1], buffer_text(&rest), print_round);
        buffer_deinit(&rest);
        return status;
    }
    return wrong("say create, show, standings, rounds, start, list, act, undo, log, explain, "
                 "why-not, place or export");
}

int command_tournament(int argc, char **argv)
{
    struct tournament_options options = {0};
    const struct option names[] = {
        {"name", required_argument, NULL, 'n'},     {"format", required_argument, NULL, 'f'},
        {"policy", required_argument, NULL, 'p'},   {"id", required_argument, NULL, 'i'},
        {"division", required_argument, NULL, 'v'}, {"round", required_argument, NULL, 'r'},
        {"url", required_argument, NULL, 'u'},      {"token", required_argument, NULL, 't'},
        {"dir", required_argument, NULL, 'd'},      {"json", no_argument, NULL, 'j'},
        {"board", required_argument, NULL, 'b'},    {"note", required_argument, NULL, 'w'},
        {"out", required_argument, NULL, 'o'},      {"dry-run", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    const struct {
        int letter;
        const char **text;
    } texts[] = {{'n', &options.name},  {'f', &options.format},   {'p', &options.policy},
                 {'i', &options.id},    {'v', &options.division}, {'r', &options.round},
                 {'u', &options.url},   {'t', &options.token},    {'d', &options.folder},
                 {'b', &options.board}, {'w', &options.note},     {'o', &options.out}};
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        if (letter == '?')
            return COMMAND_USAGE;
        options.as_json = options.as_json || letter == 'j';
        options.is_dry = options.is_dry || letter == 'y';
        for (size_t i = 0; i < COUNT_OF(texts); i++)
            if (texts[i].letter == letter)
                *texts[i].text = optarg;
    }
    return run(&options, argc - optind, argv + optind);
}
