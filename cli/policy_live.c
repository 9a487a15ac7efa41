/* Asks the running house about published tournament policies. */
#include "cli/policy_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/live.h"
#include "fsm/yaml/yaml.h"

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

enum { PUBLISH_TIMEOUT_MS = 60000, NAME_MAX_BYTES = 256, HASH_PRINTED = 12 };

/* ---- publish ----------------------------------------------------------------------------- */

struct publishing {
    const char *path;
    bool is_dry_run;
};

/* As compilers say it: what to mind, where. */
static void print_warnings(const char *path, const Arbiter__V1__PublishPolicyReply *reply)
{
    for (size_t i = 0; i < reply->n_warnings; i++) {
        const Arbiter__V1__PolicyWarning *warning = reply->warnings[i];
        fprintf(stderr, "%s:%d:%d: warning: %s\n", path, warning->line, warning->column,
                warning->text);
        if (warning->hint[0] != '\0')
            fprintf(stderr, "      = hint: %s\n", warning->hint);
    }
}

static void on_published(const struct bus_answer *answer, void *user)
{
    const struct publishing *publishing = user;
    const Arbiter__V1__PublishPolicyReply *reply =
        (const Arbiter__V1__PublishPolicyReply *)answer->output;
    printf("%s version %d: %s; %s\n", reply->name, reply->version,
           reply->existed           ? "was published before"
           : publishing->is_dry_run ? "could be published"
                                    : "published",
           reply->hash);
    print_warnings(publishing->path, reply);
}

bool policy_publish(const struct policy_house *house, const char *path, bool is_dry_run)
{
    struct buffer text = {.limit = YAML_SOURCE_MAX};
    struct fault fault = {0};
    struct live *live = NULL;
    struct publishing publishing = {path, is_dry_run};
    enum status status = buffer_read_file(&text, path);
    if (status != STATUS_OK)
        (void)fault_set(&fault, 0, 0, "cannot be read (%s)", status_name(status));
    else
        live = live_open(house->nats_url, house->folder, &fault);
    Arbiter__V1__PublishPolicyRequest request = ARBITER__V1__PUBLISH_POLICY_REQUEST__INIT;
    request.kind = "format";
    request.text = (char *)buffer_text(&text);
    request.dry_run = is_dry_run;
    request.published_by = getenv("USER") != NULL ? getenv("USER") : "";
    struct bus_call call = {.service = &arbiter__v1__orchestrator__descriptor,
                            .method = "PublishPolicy",
                            .input = &request.base,
                            .timeout_ms = PUBLISH_TIMEOUT_MS};
    bool is_good =
        live != NULL && live_call(live, &call, on_published, &publishing, &fault) == STATUS_OK;
    if (!is_good)
        fprintf(stderr, "%s: %s\n", path, fault.text);
    live_close(live);
    buffer_deinit(&text);
    return is_good;
}

/* ---- list -------------------------------------------------------------------------------- */

/* What is looked for in the list; prints it all where `name` is NULL. */
struct search {
    const char *name;
    const char *version; /* digits, or the first ones of a hash */
    char hash[NAME_MAX_BYTES];
};

static bool is_meant(const struct search *search, const Arbiter__V1__PutPolicyRequest *policy)
{
    char *end = NULL;
    long version = strtol(search->version, &end, 10);
    if (strcmp(search->name, policy->name) != 0)
        return false;
    return (*end == '\0' && version == policy->version) ||
           (strlen(search->version) >= 6 &&
            strncmp(search->version, policy->hash, strlen(search->version)) == 0);
}

static void on_listed(const struct bus_answer *answer, void *user)
{
    struct search *search = user;
    const Arbiter__V1__ListPoliciesReply *reply =
        (const Arbiter__V1__ListPoliciesReply *)answer->output;
    for (size_t i = 0; i < reply->n_policies; i++) {
        const Arbiter__V1__PutPolicyRequest *policy = reply->policies[i];
        if (search->name == NULL)
            printf("%-28s %4d  %.*s  %s%s\n", policy->name, policy->version, HASH_PRINTED,
                   policy->hash, policy->published_by,
                   policy->warnings[0] != '\0' ? "  (with warnings)" : "");
        else if (is_meant(search, policy))
            (void)snprintf(search->hash, sizeof search->hash, "%s", policy->hash); /* 64 digits */
    }
}

static enum status list(struct live *live, struct search *search, struct fault *out_fault)
{
    Arbiter__V1__ListPoliciesRequest request = ARBITER__V1__LIST_POLICIES_REQUEST__INIT;
    request.kind = "format";
    return live_call(live,
                     &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                        .method = "ListPolicies",
                                        .input = &request.base},
                     on_listed, search, out_fault);
}

bool policy_list(const struct policy_house *house)
{
    struct fault fault = {0};
    struct search search = {0};
    struct live *live = live_open(house->nats_url, house->folder, &fault);
    bool is_good = live != NULL && list(live, &search, &fault) == STATUS_OK;
    if (!is_good)
        fprintf(stderr, "arbiter policy list: %s\n", fault.text);
    live_close(live);
    return is_good;
}

/* ---- one text ---------------------------------------------------------------------------- */

static void on_fetched(const struct bus_answer *answer, void *user)
{
    const Arbiter__V1__GetPolicyReply *reply = (const Arbiter__V1__GetPolicyReply *)answer->output;
    buffer_append_text(user, reply->text);
    fputs(reply->warnings, stderr); /* the text alone is what is asked for */
}

static enum status fetch(struct live *live, const char *name, const char *hash, struct buffer *out,
                         struct fault *out_fault)
{
    Arbiter__V1__GetPolicyRequest request = ARBITER__V1__GET_POLICY_REQUEST__INIT;
    request.kind = "format";
    request.name = (char *)name;
    request.hash = (char *)hash;
    return live_call(live,
                     &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                        .method = "GetPolicy",
                                        .input = &request.base},
                     on_fetched, out, out_fault);
}

bool policy_fetch(const struct policy_house *house, const char *reference, struct buffer *out)
{
    char name[NAME_MAX_BYTES];
    const char *at = strchr(reference, '@');
    struct fault fault = {0};
    struct search search = {.name = name, .version = at != NULL ? at + 1 : ""};
    (void)snprintf(name, sizeof name, "%.*s",
                   at != NULL ? (int)(at - reference) : (int)strlen(reference),
                   reference); /* a name cut short is not found */
    struct live *live = live_open(house->nats_url, house->folder, &fault);
    enum status status = live != NULL ? STATUS_OK : STATUS_UNAVAILABLE;
    if (status == STATUS_OK && at != NULL)
        status = list(live, &search, &fault);
    if (status == STATUS_OK && at != NULL && search.hash[0] == '\0')
        status = fault_set(&fault, 0, 0, "no such version is published");
    if (status == STATUS_OK)
        status = fetch(live, name, search.hash, out, &fault);
    if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", reference, fault.text);
    live_close(live);
    return status == STATUS_OK;
}
