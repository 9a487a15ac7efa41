#ifndef STORE_READS_H
#define STORE_READS_H

/*
 * reads — private: what the read methods share. Each file of them asks and turns rows into answers,
 * and ends with a table of its methods, whose last row is empty.
 */

#include "store/rows.h"
#include "store/state.h"

#define INPUT(type) ((const Arbiter__V1__##type##Request *)op->input)
#define REPLY(type) ((Arbiter__V1__##type##Reply *)op->output)

/* Begins every callback: the op, its answer, and nothing to do where something has gone wrong. */
#define BEGIN_CALLBACK()                                                                           \
    struct op *op = user;                                                                          \
    if (!op_check(op, result) || op->output == NULL)                                               \
    return

/* Gives each row of a result to `read`, which makes a message of it; the list's place in the answer
 * follows. A macro because every repeated field of protobuf-c has a type of its own. */
#define FILL(list, count, read)                                                                    \
    do {                                                                                           \
        (list) = reads_new_list(op, result);                                                       \
        for (size_t row = 0; (list) != NULL && row < result->row_count; row++) {                   \
            (list)[row] = read(op, result, row);                                                   \
            if ((list)[row] == NULL)                                                               \
                break;                                                                             \
            (count) = row + 1;                                                                     \
        }                                                                                          \
    } while (false)

/* Room for a result's rows in a repeated field; NULL where the arena is full. */
void *reads_new_list(struct op *op, const struct sql_result *result);

/* How many rows a list has at the most, where this many were asked for. */
int64_t reads_limit(int32_t asked);

/* Asks for the version of an instance of one of two machines. It is read before the rows that it
 * stands for: one that is too old is refused and looked at again, one that is too new would let a
 * change through that nobody has seen. */
void reads_ask_version(struct op *op, const char *machine, const char *other, const char *id,
                       sql_on_result on_result);
int64_t reads_version(const struct sql_result *result);

#endif
