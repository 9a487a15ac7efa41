/* `arbiter convert`: an event's file in another format, and what that format cannot hold. */
#include "cli/command.h"

#include "cli/event_file.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char HELP[] =
    "Usage: arbiter convert IN OUT [OPTION...]\n"
    "\n"
    "Reads an event's file and writes it in the format of OUT's ending: .json (ours), .trf (FIDE,\n"
    "TRF26), .tsh, .tou, .csv (standings). What the format cannot hold is listed on standard "
    "error.\n"
    "\n"
    "      --from FORMAT     json, club, trf16, trf26, tsh, tou or csv, whatever IN is called\n"
    "      --to FORMAT       the same for OUT; needed where OUT is - (standard output)\n"
    "  -d, --division NAME   only this division\n"
    "      --name NAME       the event's name, where IN has none or another\n"
    "      --date DATE       its first day, YYYY-MM-DD\n"
    "      --compat liwords  TSH with the header of that site, byte for byte\n"
    "      --strict          exit with 1 where something is lost\n"
    "      --json            list what is lost as JSON on standard output\n"
    "  -h, --help\n";

enum { OPT_FROM = 256, OPT_TO, OPT_NAME, OPT_DATE, OPT_COMPAT, OPT_STRICT, OPT_JSON };

static const struct option OPTIONS[] = {
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"division", required_argument, NULL, 'd'},
    {"name", required_argument, NULL, OPT_NAME},
    {"date", required_argument, NULL, OPT_DATE},
    {"compat", required_argument, NULL, OPT_COMPAT},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct request {
    const char *in;
    const char *out;
    const char *from;
    const char *to;
    const char *division;
    const char *name;
    const char *date;
    bool strict;
    bool json;
    struct book_options options;
};

static bool take_option(int option, struct request *request)
{
    switch (option) {
    case OPT_FROM:
        request->from = optarg;
        return true;
    case OPT_TO:
        request->to = optarg;
        return true;
    case 'd':
        request->division = optarg;
        return true;
    case OPT_NAME:
        request->name = optarg;
        return true;
    case OPT_DATE:
        request->date = optarg;
        return true;
    case OPT_COMPAT:
        request->options.like_liwords = strcmp(optarg, "liwords") == 0;
        if (!request->options.like_liwords)
            fprintf(stderr, "arbiter convert: --compat knows only liwords, not '%s'\n", optarg);
        return request->options.like_liwords;
    case OPT_STRICT:
        request->strict = true;
        return true;
    case OPT_JSON:
        request->json = true;
        return true;
    default:
        return false;
    }
}

static bool find_target(struct request *request)
{
    bool found = request->to != NULL ? book_format_named(request->to, &request->options.format)
                                     : book_format_of(request->out, &request->options.format);
    if (!found)
        fprintf(stderr, "arbiter convert: %s '%s' is no known format; use --to\n",
                request->to != NULL ? "" : "the ending of",
                request->to != NULL ? request->to : request->out);
    return found;
}

static void rename_event(const struct request *request, const struct book *book)
{
    for (int i = 0; i < book->count; i++) {
        struct record_event *event = &book->divisions[i].record->event;
        if (request->name != NULL)
            event->name = request->name;
        if (request->date != NULL)
            event->start_date = request->date;
    }
}

/* Writes a whole file, or standard output for "-". */
static bool write_file(const char *path, const struct buffer *bytes)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdout : fopen(path, "wb");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
        return false;
    }
    bool done = fwrite(buffer_text(bytes), 1, bytes->size, file) == bytes->size;
    if (standard)
        done = fflush(file) == 0 && done;
    else
        done = fclose(file) == 0 && done;
    if (!done)
        fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
    return done;
}

static void report_losses(const struct request *request, const struct book_losses *losses)
{
    struct buffer text = {0};
    if (!request->json) {
        for (int i = 0; i < losses->count; i++)
            fprintf(stderr, "not in %s: %s\n", request->out, losses->lines[i]);
        return;
    }
    buffer_append_text(&text, "{\"lost\": [");
    for (int i = 0; i < losses->count; i++) {
        buffer_append_text(&text, i > 0 ? ", " : "");
        event_file_json_text(&text, losses->lines[i]);
    }
    buffer_append_text(&text, "]}\n");
    fputs(buffer_text(&text), strcmp(request->out, "-") == 0 ? stderr : stdout);
    buffer_deinit(&text);
}

static int convert(struct event_file *file, struct request *request)
{
    struct book_losses losses = {.arena = &file->arena};
    struct buffer bytes = {0};
    struct fault fault = {0};
    struct book one;
    const struct book *book = &file->book;
    int result = COMMAND_FAILED;
    if (request->division != NULL) {
        const struct book_division *division =
            event_file_division(file, request->in, request->division);
        if (division == NULL)
            return COMMAND_USAGE;
        one = (struct book){.divisions = &file->book.divisions[division - book->divisions],
                            .count = 1};
        book = &one;
    }
    rename_event(request, book);
    enum status status = book_write(&request->options, book, &file->arena, &bytes, &losses, &fault);
    if (status != STATUS_OK)
        event_file_complain(request->out, &fault);
    else if (write_file(request->out, &bytes)) {
        report_losses(request, &losses);
        result = request->strict && losses.count > 0 ? COMMAND_FAILED : COMMAND_DONE;
    }
    buffer_deinit(&bytes);
    return result;
}

int command_convert(int argc, char **argv)
{
    struct request request = {0};
    struct event_file file = {0};
    int option;
    while ((option = getopt_long(argc, argv, "d:h", OPTIONS, NULL)) != -1) {
        if (option == 'h') {
            fputs(HELP, stdout);
            return COMMAND_DONE;
        }
        if (!take_option(option, &request))
            return COMMAND_USAGE;
    }
    if (optind + 2 != argc) {
        fputs(HELP, stderr);
        return COMMAND_USAGE;
    }
    request.in = argv[optind];
    request.out = argv[optind + 1];
    if (!find_target(&request))
        return COMMAND_USAGE;
    int result = COMMAND_FAILED;
    if (event_file_open(&file, request.in, request.from))
        result = convert(&file, &request);
    event_file_close(&file);
    return result;
}
