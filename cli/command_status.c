/* `arbiter status`: what is up, and whether it is well. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/place.h"
#include "cli/process.h"

static const char usage[] = "Usage: arbiter status [--json] [--dir DIR]\n"
                            "\n"
                            "Tells what is up and whether every service is healthy. Exits with 0\n"
                            "when all are, with 1 when one is not or nothing is up.\n"
                            "\n"
                            "  --json      for scripts\n"
                            "  --dir DIR   where everything is kept (default: ./.arbiter)\n"
                            "  --help      this text\n";

static bool is_healthy(const struct place_process *process)
{
    /* 0 is one that is about to be started again; somebody else's answers EPERM and lives. */
    if (process->pid <= 0 || (kill(process->pid, 0) != 0 && errno != EPERM))
        return false;
    return process->health_port == 0 || process_wait_http(0, process->health_port, "/readyz", 1000);
}

static int print_text(const struct place_house *house)
{
    bool is_well = true;
    printf("REST API  %s\nNATS      %s\ndatabase  %s\n\n", house->http_url, house->nats_url,
           house->database);
    for (int i = 0; i < house->process_count; i++) {
        bool is_good = is_healthy(&house->processes[i]);
        printf("%-16s %-9s process %ld\n", house->processes[i].name,
               is_good ? "healthy" : "NOT WELL", (long)house->processes[i].pid);
        is_well = is_well && is_good;
    }
    return is_well ? COMMAND_DONE : COMMAND_FAILED;
}

static int print_json(const struct place_house *house)
{
    bool is_well = true;
    json_t *processes = json_array();
    for (int i = 0; i < house->process_count; i++) {
        bool is_good = is_healthy(&house->processes[i]);
        (void)json_array_append_new(
            processes, json_pack("{s:s, s:i, s:b}", "name", house->processes[i].name, "pid",
                                 (int)house->processes[i].pid, "healthy", (int)is_good));
        is_well = is_well && is_good;
    }
    json_t *json =
        json_pack("{s:b, s:s, s:s, s:s, s:o}", "healthy", (int)is_well, "http_url", house->http_url,
                  "nats_url", house->nats_url, "database", house->database, "processes", processes);
    (void)json_dumpf(json, stdout, JSON_INDENT(2)); /* a closed pipe is the reader's choice */
    putchar('\n');
    json_decref(json);
    return is_well ? COMMAND_DONE : COMMAND_FAILED;
}

int command_status(int argc, char **argv)
{
    static const struct option names[] = {{"dir", required_argument, NULL, 'd'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    const char *folder = ".arbiter";
    bool as_json = false;
    struct place place;
    struct place_house house;
    struct fault fault = {0};
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'h')
            return fputs(usage, stdout) >= 0 ? COMMAND_DONE : COMMAND_FAILED;
        if (letter == '?')
            return COMMAND_USAGE;
        if (letter == 'd')
            folder = optarg;
        as_json = as_json || letter == 'j';
    }
    if (place_find(folder, &place, &fault) != STATUS_OK ||
        place_read_house(&place, &house) != STATUS_OK) {
        puts(as_json ? "{\"healthy\": false, \"processes\": []}" : "nothing is up");
        return COMMAND_FAILED;
    }
    return as_json ? print_json(&house) : print_text(&house);
}
