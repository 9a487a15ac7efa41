/* `arbiter machine publish`: gives the running house a new version of a machine. */
#include "cli/command.h"
#include "cli/live.h"
#include "cli/machine.h"

#include <getopt.h>
#include <stdio.h>

#include "arbiter/v1/orchestrator.pb-c.h"

enum { PUBLISH_TIMEOUT_MS = 60000 };

struct publish_options {
    struct machine_house house;
    bool is_dry_run;
    bool moves_instances;
};

static void on_published(const struct bus_answer *answer, void *user)
{
    const struct publish_options *options = user;
    const Arbiter__V1__PublishPolicyReply *reply =
        (const Arbiter__V1__PublishPolicyReply *)answer->output;
    printf("%s version %d: %s; ", reply->name, reply->version,
           options->is_dry_run ? "could be published"
           : reply->existed    ? "was published before"
                               : "published, for new instances");
    if (options->moves_instances && !options->is_dry_run)
        printf("%d live instances move to it now\n", reply->moving);
    else
        printf("%d live instances could be moved to it%s\n", reply->checked,
               reply->checked > 0 && !options->is_dry_run ? " (again with --migrate)" : "");
}

static int publish(const char *path, struct publish_options *options)
{
    struct buffer text = {.limit = FSM_SOURCE_MAX};
    struct fault fault = {0};
    struct live *live = NULL;
    enum status status = buffer_read_file(&text, path);
    if (status != STATUS_OK)
        (void)fault_set(&fault, 0, 0, "cannot be read (%s)", status_name(status));
    else
        live = live_open(options->house.nats_url, options->house.folder, &fault);
    Arbiter__V1__PublishPolicyRequest request = ARBITER__V1__PUBLISH_POLICY_REQUEST__INIT;
    request.kind = "machine";
    request.text = (char *)buffer_text(&text);
    request.dry_run = options->is_dry_run;
    request.migrate = options->moves_instances;
    struct bus_call call = {.service = &arbiter__v1__orchestrator__descriptor,
                            .method = "PublishPolicy",
                            .input = &request.base,
                            .timeout_ms = PUBLISH_TIMEOUT_MS};
    bool is_good =
        live != NULL && live_call(live, &call, on_published, options, &fault) == STATUS_OK;
    if (!is_good)
        fprintf(stderr, "%s: %s\n", path, fault.text);
    live_close(live);
    buffer_deinit(&text);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

int machine_publish(int argc, char **argv)
{
    static const struct option names[] = {{"dry-run", no_argument, NULL, 't'},
                                          {"migrate", no_argument, NULL, 'm'},
                                          {"nats", required_argument, NULL, 'n'},
                                          {"dir", required_argument, NULL, 'd'},
                                          {0}};
    struct publish_options options = {0};
    bool is_good = true;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (option == 'n')
            options.house.nats_url = optarg;
        else if (option == 'd')
            options.house.folder = optarg;
        is_good = is_good && option != '?';
        options.is_dry_run = options.is_dry_run || option == 't';
        options.moves_instances = options.moves_instances || option == 'm';
    }
    if (!is_good || optind + 1 != argc) {
        fputs("Usage: arbiter machine publish FILE [--dry-run] [--migrate] [--nats URL] "
              "[--dir DIR]\n",
              stderr);
        return COMMAND_USAGE;
    }
    return publish(argv[optind], &options);
}
