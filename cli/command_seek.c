/* `arbiter seek`: a player's seeks from the command line, through the REST API. */
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cli/rest.h"
#include "seeks/token.h"

static const char usage[] =
    "Usage: arbiter seek list\n"
    "       arbiter seek post --as PLAYER [--rules NAME]\n"
    "       arbiter seek accept ID --as PLAYER\n"
    "       arbiter seek cancel ID --as PLAYER\n"
    "\n"
    "  --as PLAYER   who asks, where the house's key signs the token\n"
    "  --rules NAME  the game's rules (default: reported)\n"
    "  --json        print the API's answer as it is\n"
    "  --url URL     address of the REST API (default: the house under ./.arbiter)\n"
    "  --token TEXT  token to use (default: ARBITER_TOKEN, or one signed with the house's key)\n"
    "  --dir DIR     folder of the house (default: ./.arbiter)\n"
    "  --help        this text\n";

struct seek_options {
    const char *player;
    const char *rules;
    const char *url;
    const char *token;
    const char *folder;
    bool as_json;
};

static void print_seek(const json_t *seek)
{
    printf("%s  %-16s %-9s %s\n", rest_text(seek, "seek_id"), rest_text(seek, "owner"),
           rest_text(seek, "status"), rest_text(seek, "game_id"));
}

static void print_answer(const json_t *answer)
{
    const json_t *seeks = json_object_get(answer, "seeks");
    if (seeks == NULL)
        print_seek(answer);
    for (size_t i = 0; i < json_array_size(seeks); i++)
        print_seek(json_array_get(seeks, i));
}

static int call(const struct seek_options *options, const char *method, const char *path,
                json_t *body)
{
    struct rest rest;
    struct fault fault = {0};
    json_t *answer = NULL;
    long code = 0;
    const char *player = options->player != NULL ? options->player : "guest";
    if (rest_open(options->url, options->token, options->folder, player, TOKEN_PLAYER, &rest,
                  &fault) == STATUS_OK)
        code = rest_call(&rest, method, path, body, &answer, &fault);
    json_decref(body);
    bool is_good = code >= 200 && code <= 299;
    if (!is_good) {
        rest_print_problem("seek", code, answer, &fault);
    } else if (options->as_json) {
        (void)json_dumpf(answer, stdout, JSON_INDENT(2)); /* a closed pipe is the reader's choice */
        putchar('\n');
    } else {
        print_answer(answer);
    }
    json_decref(answer);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

static int call_on(const struct seek_options *options, const char *method, const char *id,
                   const char *rest)
{
    struct buffer path = {0};
    buffer_format(&path, "/v1/seeks/%s%s", id, rest);
    int status = call(options, method, buffer_text(&path),
                      strcmp(method, "POST") == 0 ? json_object() : NULL);
    buffer_deinit(&path);
    return status;
}

static int run(const struct seek_options *options, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : "";
    if (strcmp(verb, "list") == 0 && argc == 1)
        return call(options, "GET", "/v1/seeks", NULL);
    if (strcmp(verb, "post") == 0 && argc == 1)
        return call(options, "POST", "/v1/seeks",
                    json_pack("{s:{s:s, s:b}}", "request", "rules", options->rules, "rated", 1));
    if (strcmp(verb, "accept") == 0 && argc == 2)
        return call_on(options, "POST", argv[1], "/accept");
    if (strcmp(verb, "cancel") == 0 && argc == 2)
        return call_on(options, "DELETE", argv[1], "");
    fputs("arbiter seek: say list, post, accept ID or cancel ID; --help tells more\n", stderr);
    return COMMAND_USAGE;
}

int command_seek(int argc, char **argv)
{
    static const struct option names[] = {
        {"as", required_argument, NULL, 'a'},  {"rules", required_argument, NULL, 'r'},
        {"url", required_argument, NULL, 'u'}, {"token", required_argument, NULL, 't'},
        {"dir", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},      {NULL, 0, NULL, 0}};
    struct seek_options options = {.rules = "reported"};
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        if (letter == '?')
            return COMMAND_USAGE;
        if (letter == 'a')
            options.player = optarg;
        else if (letter == 'r')
            options.rules = optarg;
        else if (letter == 'u')
            options.url = optarg;
        else if (letter == 't')
            options.token = optarg;
        else if (letter == 'd')
            options.folder = optarg;
        options.as_json = options.as_json || letter == 'j';
    }
    return run(&options, argc - optind, argv + optind);
}
