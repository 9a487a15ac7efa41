/* Reads journals page by page and replays them. */
#include "cli/live_journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm/yaml/yaml.h"
#include "proto/copy.h"

enum { PAGE_MAX = 100, MACHINES_MAX = 64, MACHINE_BYTES_MAX = 32 << 20 };

struct loaded {
    char hash[LIVE_NAME_MAX];
    struct arena arena;
    const struct fsm_machine *machine;
};

struct live_journal {
    struct live *live;
    struct loaded *machines[MACHINES_MAX];
    int machine_count;
};

struct live_journal *live_journal_open(struct live *live)
{
    struct live_journal *journal = calloc(1, sizeof *journal);
    if (journal != NULL)
        journal->live = live;
    return journal;
}

void live_journal_close(struct live_journal *journal)
{
    if (journal == NULL)
        return;
    for (int i = 0; i < journal->machine_count; i++) {
        arena_deinit(&journal->machines[i]->arena);
        free(journal->machines[i]);
    }
    free(journal);
}

/* ---- machines ---------------------------------------------------------------------------- */

static void on_policy(const struct bus_answer *answer, void *user)
{
    struct loaded *loaded = user;
    const char *text = ((const Arbiter__V1__GetPolicyReply *)answer->output)->text;
    struct yaml_faults faults = {.arena = &loaded->arena};
    const char *copy = arena_copy(&loaded->arena, text, strlen(text));
    if (copy == NULL ||
        fsm_load(&loaded->arena, copy, strlen(copy), NULL, &faults, &loaded->machine) != STATUS_OK)
        loaded->machine = NULL;
}

/* The machine's name is the part of the instance's id before the colon. */
static const struct fsm_machine *fetch(struct live_journal *journal, const char *instance_id,
                                       const char *hash, struct fault *out_fault)
{
    char name[LIVE_NAME_MAX];
    struct loaded *loaded =
        journal->machine_count < MACHINES_MAX ? calloc(1, sizeof *loaded) : NULL;
    if (loaded == NULL) {
        (void)fault_set(out_fault, 0, 0, "more than %d versions of machines", MACHINES_MAX);
        return NULL;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(instance_id, ":"), instance_id);
    (void)snprintf(loaded->hash, sizeof loaded->hash, "%s", hash); /* 64 digits */
    arena_init(&loaded->arena, MACHINE_BYTES_MAX);
    journal->machines[journal->machine_count++] = loaded;
    Arbiter__V1__GetPolicyRequest request = ARBITER__V1__GET_POLICY_REQUEST__INIT;
    request.kind = "machine";
    request.name = name;
    request.hash = loaded->hash;
    struct bus_call call = {
        .service = &arbiter__v1__store__descriptor, .method = "GetPolicy", .input = &request.base};
    enum status status = live_call(journal->live, &call, on_policy, loaded, out_fault);
    if (status == STATUS_OK && loaded->machine == NULL)
        (void)fault_set(out_fault, 0, 0, "the stored machine %s %s does not check out", name, hash);
    return loaded->machine;
}

static const struct fsm_machine *machine_of(struct live_journal *journal, const char *instance_id,
                                            const char *hash, struct fault *out_fault)
{
    for (int i = 0; i < journal->machine_count; i++)
        if (strcmp(journal->machines[i]->hash, hash) == 0)
            return journal->machines[i]->machine;
    return fetch(journal, instance_id, hash, out_fault);
}

/* ---- pages ------------------------------------------------------------------------------- */

static void on_page(const struct bus_answer *answer, void *user)
{
    Arbiter__V1__ReadJournalReply **page = user;
    *page = (Arbiter__V1__ReadJournalReply *)proto_copy(answer->output);
}

static enum status read_page(struct live_journal *journal, const char *instance_id,
                             int64_t after_seq, Arbiter__V1__ReadJournalReply **out_page,
                             struct fault *out_fault)
{
    Arbiter__V1__ReadJournalRequest request = ARBITER__V1__READ_JOURNAL_REQUEST__INIT;
    request.instance_id = (char *)instance_id;
    request.after_seq = after_seq;
    request.limit = PAGE_MAX;
    struct bus_call call = {.service = &arbiter__v1__store__descriptor,
                            .method = "ReadJournal",
                            .input = &request.base};
    *out_page = NULL;
    enum status status = live_call(journal->live, &call, on_page, out_page, out_fault);
    if (status != STATUS_OK || *out_page != NULL)
        return status;
    (void)fault_set(out_fault, 0, 0, "out of memory");
    return STATUS_FULL;
}

struct walk {
    struct live_journal *journal;
    struct replay replay;
    live_journal_on_step on_step;
    void *user;
    int64_t seq;
    bool is_over;
};

static enum status walk_page(struct walk *walk, const Arbiter__V1__ReadJournalReply *page,
                             struct fault *out_fault)
{
    for (size_t i = 0; i < page->n_entries && !walk->is_over; i++) {
        const Arbiter__V1__JournalEntry *entry = page->entries[i];
        const struct fsm_machine *machine =
            machine_of(walk->journal, walk->replay.instance_id, entry->machine_hash, out_fault);
        enum status status = machine != NULL ? replay_take(&walk->replay, machine, entry, out_fault)
                                             : STATUS_DATA_LOSS;
        if (status != STATUS_OK)
            return status;
        walk->seq = entry->seq;
        walk->is_over = !walk->on_step(&walk->replay, entry, walk->user);
    }
    walk->is_over = walk->is_over || page->n_entries == 0;
    return STATUS_OK;
}

enum status live_journal_walk(struct live_journal *journal, const char *instance_id,
                              live_journal_on_step on_step, void *user, struct fault *out_fault)
{
    struct walk walk = {.journal = journal, .on_step = on_step, .user = user};
    enum status status = STATUS_OK;
    replay_init(&walk.replay, instance_id);
    while (status == STATUS_OK && !walk.is_over) {
        Arbiter__V1__ReadJournalReply *page = NULL;
        status = read_page(journal, instance_id, walk.seq, &page, out_fault);
        if (status == STATUS_OK)
            status = walk_page(&walk, page, out_fault);
        arbiter__v1__read_journal_reply__free_unpacked(page, NULL);
    }
    replay_deinit(&walk.replay);
    if (status == STATUS_OK && walk.seq == 0) {
        (void)fault_set(out_fault, 0, 0, "there is no such instance");
        return STATUS_NOT_FOUND;
    }
    return status;
}
