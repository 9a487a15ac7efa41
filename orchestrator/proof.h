#ifndef ORCHESTRATOR_PROOF_H
#define ORCHESTRATOR_PROOF_H

/*
 * proof — what `arbiter check` proves of a tournament policy, for whoever takes one in.
 *
 * In:       a policy's text, and the shelves with the names it may use.
 * Out:      its format, or what refutes it; its warnings.
 * Owns:     a proof its text, faults and format, until proof_deinit().
 * Threads:  proof_begin() computes beside the loop, where it has a worker; the rest on the loop's.
 * Errors:   in `status`: INVALID_ARGUMENT with faults, FULL for a policy larger than one may be.
 */

#include "bus/bus.h"
#include "bus/worker.h"
#include "orchestrator/conduct_shelf.h"
#include "orchestrator/format/format_check.h"
#include "orchestrator/ratings_shelf.h"

#include "arbiter/v1/orchestrator.pb-c.h"

/* What the names of a policy are held against. NULLs: not checked. */
struct proof_shelves {
    const struct ratings_shelf *ratings;
    const struct conduct_shelf *conduct;
};

/* Lists the names on the shelves; false where the arena is full. Games are their services' to know:
 * of one that ours does not have there is only a warning. */
bool proof_names(struct arena *arena, const struct proof_shelves *shelves,
                 struct format_names *out_names);

struct proof {
    struct arena arena; /* for whoever has asked, too */
    const char *text;
    size_t size;
    struct format_names names;
    bool is_proved; /* before */
    struct yaml_faults faults;
    const struct format *format;
    enum status status;
    void (*on_proved)(struct proof *proof, void *user);
    void *user;
    struct worker_job job;
};

struct proof_request {
    const char *text; /* borrowed until proof_begin() returns */
    const struct proof_shelves *shelves;
    bool is_proved;        /* before: it is only read (an event of a series) */
    struct worker *worker; /* NULL: at once */
    /* Told when it is known. `proof` is NULL where the worker has gone: free what is yours. */
    void (*on_proved)(struct proof *proof, void *user);
    void *user;
};

/* Begins a proof; it must not move until it is told. */
void proof_begin(struct proof *proof, const struct proof_request *request);
void proof_deinit(struct proof *proof);

/* Answers a request with what refutes the policy: the first error as the problem's sentence,
 * its place and hint beside it, and everything as `arbiter check` prints it as `report`. */
void proof_refuse(struct proof *proof, void *request);

/* Returns the faults as `arbiter check` prints them, "" where the arena is full. */
const char *proof_report(struct arena *arena, const struct yaml_faults *faults, const char *text);

/* Makes the warnings among the faults into messages; false where the arena is full. */
bool proof_warnings(struct arena *arena, const struct yaml_faults *faults,
                    Arbiter__V1__PolicyWarning ***out_warnings, size_t *out_count);

/* Returns the warnings as lines, to be kept; "" where there is none or the arena is full. */
const char *proof_warning_lines(struct arena *arena, const struct yaml_faults *faults);

/* Answers with the first error of a policy and where it is. `report` may be NULL. */
void proof_fail(void *request, const struct yaml_faults *faults, const char *report);

#endif
