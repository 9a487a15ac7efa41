#ifndef STORE_WRITE_RUN_H
#define STORE_WRITE_RUN_H

/*
 * write_run — private: carries a Write out inside an op's transaction.
 *
 * What is wrong with a write fails the op: INVALID_ARGUMENT for its input, ABORTED or
 * FAILED_PRECONDITION where a statement did not change what it must (see writes.h).
 */

#include "store/op.h"

#include "arbiter/v1/store.pb-c.h"

/* What a step knows besides the write's own input. */
struct write_scope {
    const char *instance_id;
    int64_t now_ms;
};

/* Sends the write's statements. The op must not say OP_LAST with these: their results can refuse.
 */
void write_run(struct op *op, const Arbiter__V1__Write *write, const struct write_scope *scope);

#endif
