/* `arbiter schedule`: when the events of a policy begin. */
#include "cli/command.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "cli/schedule_live.h"
#include "fsm/expr/calendar.h"
#include "orchestrator/format/format_schedule.h"

#define ID_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

enum { COUNT_STANDARD = 10, COUNT_MAX = 1000, ID_MAX = 24 };

static const char usage[] =
    "Usage: arbiter schedule preview POLICY [--after TIME] [--count N] [--seed N]\n"
    "       arbiter schedule start POLICY [--id ID] [--nats URL] [--dir DIR]\n"
    "       arbiter schedule stop ID [--nats URL] [--dir DIR]\n"
    "\n"
    "start   lets the running house open the policy's events in time: tournaments ID-1, ID-2, …\n"
    "        (ID: the policy's name unless told).  stop   ends that.\n"
    "preview lists when the policy's events begin: the local time, its offset, the moment, and "
    "what a\n"
    "change of clocks or an exclusion does to it. Those left out are listed too.\n"
    "\n"
    "  --after TIME  begin after this moment (2026-11-22T18:00:00Z); else now\n"
    "  --count N     so many events, 10 unless told\n"
    "  --seed N      of the jitter, 0 unless told\n";

struct options {
    const char *path;
    int64_t after_ms;
    int count;
    uint64_t seed;
    const char *id;
    const char *nats_url;
    const char *folder;
};

static void print_firing(const struct schedule_firing *firing)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    struct value moment = {.kind = VALUE_TIMESTAMP};
    char text[CALENDAR_TEXT_MAX];
    int minutes = firing->offset_seconds / 60;
    moment.as.integer = firing->at_ms / 1000;
    (void)expr_calendar_print_timestamp(moment, text); /* years of four digits fit */
    struct calendar_fields local =
        expr_calendar_split(firing->planned_ms / 1000 + firing->offset_seconds);
    printf("%5" PRId64 "  %s %-19s %c%02d:%02d  %s", firing->number, days[local.day_of_week],
           firing->local, minutes < 0 ? '-' : '+', abs(minutes) / 60, abs(minutes) % 60,
           firing->fires ? text : "-                   ");
    int64_t late_s = (firing->at_ms - firing->planned_ms) / 1000;
    if (late_s > 0)
        printf("  jitter %" PRId64 " s", late_s);
    if (firing->note != SCHEDULE_AS_PLANNED)
        printf("  %s", schedule_note_text(firing->note));
    putchar('\n');
}

static void print_head(const struct format *format)
{
    static const char *const dst[] = {"skip", "shift", "both", "first"};
    static const char *const catch_up[] = {"none", "latest", "all"};
    static const char *const overlap[] = {"skip", "allow", "wait", "cancel"};
    const struct format_time *time = &format->time;
    printf("%s: from %s, %s, %s\n", format->name, time->start, time->zone,
           time->recurrence[0] != '\0' ? time->recurrence : "once");
    if (time->recurrence[0] != '\0')
        printf("dst %s, overlap %s, catch-up %s (at most %" PRId64 " s late)\n", dst[time->dst],
               overlap[time->overlap], catch_up[time->catch_up], time->max_lateness_ms / 1000);
    puts("    #  local                    offset  moment");
}

static int print_firings(const struct format *format, const struct options *options)
{
    struct schedule_rule rule = format_schedule_rule(format, options->seed);
    struct schedule *schedule = NULL;
    struct schedule_firing firing;
    struct fault fault = {0};
    if (schedule_open(&rule, &schedule, &fault) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", options->path, fault.text);
        return COMMAND_FAILED;
    }
    print_head(format);
    int left = options->count;
    while (left > 0 && schedule_next(schedule, &firing)) {
        if (firing.planned_ms <= options->after_ms)
            continue;
        print_firing(&firing);
        left -= firing.fires ? 1 : 0;
    }
    if (left > 0)
        puts(left == options->count ? "no event begins after that" : "then the series ends");
    schedule_close(schedule);
    return COMMAND_DONE;
}

static int preview(const struct options *options)
{
    struct policy_file file;
    int result = COMMAND_FAILED;
    if (policy_file_open(&file, options->path) != STATUS_OK)
        goto out;
    if (file.format->time.start[0] == '\0')
        printf("%s: begins when a director says so; there is no `time.start`\n", options->path);
    else
        result = print_firings(file.format, options);
out:
    policy_file_close(&file);
    return result;
}

static int start(const struct options *options)
{
    struct policy_file file;
    bool is_good = policy_file_open(&file, options->path) == STATUS_OK;
    if (is_good && file.format->time.start[0] == '\0') {
        fprintf(stderr, "%s: a series needs `time.start`\n", options->path);
        is_good = false;
    }
    if (is_good)
        is_good = schedule_start(options->nats_url, options->folder, &file,
                                 options->id != NULL ? options->id : file.format->name);
    policy_file_close(&file);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(const char *verb, const struct options *options)
{
    if (strcmp(verb, "preview") == 0)
        return preview(options);
    if (strcmp(verb, "start") == 0)
        return start(options);
    if (strcmp(verb, "stop") == 0)
        return schedule_stop(options->nats_url, options->folder, options->path) ? COMMAND_DONE
                                                                                : COMMAND_FAILED;
    fputs(usage, stderr);
    return COMMAND_USAGE;
}

static bool read_option(struct options *options, int letter, const char *text)
{
    char *end = NULL;
    switch (letter) {
    case 'a':
        return yaml_read_timestamp(text, &options->after_ms);
    case 'c':
        options->count = (int)strtol(text, &end, 10);
        return *text != '\0' && *end == '\0' && options->count >= 1 && options->count <= COUNT_MAX;
    case 'i':
        options->id = text;
        return strspn(text, ID_LETTERS) == strlen(text) && strlen(text) <= ID_MAX && *text != '\0';
    case 'n':
        options->nats_url = text;
        return true;
    case 'd':
        options->folder = text;
        return true;
    case 's':
        options->seed = strtoull(text, &end, 10);
        return *text != '\0' && *end == '\0';
    }
    return false;
}

int command_schedule(int argc, char **argv)
{
    static const struct option names[] = {
        {"after", required_argument, NULL, 'a'}, {"count", required_argument, NULL, 'c'},
        {"seed", required_argument, NULL, 's'},  {"id", required_argument, NULL, 'i'},
        {"nats", required_argument, NULL, 'n'},  {"dir", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    struct options options = {.count = COUNT_STANDARD, .after_ms = clock_now_ms()};
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        if (letter == '?' || !read_option(&options, letter, optarg)) {
            if (letter != '?')
                fprintf(stderr, "arbiter schedule: '%s' does not read\n", optarg);
            fputs(usage, stderr);
            return COMMAND_USAGE;
        }
    }
    if (argc - optind != 2) {
        fputs(usage, stderr);
        return COMMAND_USAGE;
    }
    options.path = argv[optind + 1];
    return run(argv[optind], &options);
}
