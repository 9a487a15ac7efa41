/* What the read methods share. */
#include "store/reads.h"

void *reads_new_list(struct op *op, const struct sql_result *result)
{
    return arena_array(&op->arena, result->row_count, sizeof(void *));
}

int64_t reads_limit(int32_t asked)
{
    return asked > 0 && asked < STORE_LIST_MAX ? asked : STORE_LIST_MAX;
}

void reads_ask_version(struct op *op, const char *machine, const char *other, const char *id,
                       sql_on_result on_result)
{
    const char *first = arena_format(&op->arena, "%s:%s", machine, id);
    const char *second = arena_format(&op->arena, "%s:%s", other, id);
    if (first != NULL && second != NULL)
        op_send(op, STATEMENT_INSTANCE_SEQ, SQL_PARAMETERS(sql_text(first), sql_text(second)),
                on_result);
}

int64_t reads_version(const struct sql_result *result)
{
    return result->row_count > 0 ? sql_read_integer(result, 0, 0) : 0;
}
