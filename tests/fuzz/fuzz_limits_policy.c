/* Bytes as a policy of limits: faults, or budgets that are found for requests of every kind, with
 * numbers that a budget can count by. */
#include "seeks/limits_policy.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct limits_policy *policy)
{
    static const char *const patterns[] = {"/v1/seeks", "/v1/seeks/{seek_id}/accept", "/", NULL};
    for (unsigned who = 0; who <= LIMITS_EVERYBODY; who++)
        for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
            for (int method = LIMITS_READS; method <= LIMITS_WRITES; method++) {
                const struct limits_budget *budget =
                    limits_find(policy, who, (enum limits_method)method, patterns[i]);
                if (budget != NULL &&
                    (budget < policy->budgets || budget >= policy->budgets + policy->budget_count))
                    abort();
            }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct limits_policy policy; /* large */
    struct arena arena;
    arena_init(&arena, (size_t)8 << 20);
    struct yaml_faults faults = {.arena = &arena};
    enum status status = limits_policy_read(&arena, (const char *)data, size, &faults, &policy);
    if (status == STATUS_OK)
        use(&policy);
    else if (status == STATUS_INVALID_ARGUMENT && faults.error_count == 0)
        abort(); /* whoever is refused is told why */
    arena_deinit(&arena);
    return 0;
}
