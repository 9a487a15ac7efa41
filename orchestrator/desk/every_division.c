/* Another policy may count otherwise in every division: all of them are read, one after another. */
#include "orchestrator/desk/matter.h"

#include "proto/copy.h"

#define DIVISIONS_BYTES_MAX (8u << 20) /* as the store sends them */

static void ask_next(struct matter *matter);

static void on_division(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    struct every_division *every = &matter->every;
    if (!matter_check(matter, answer))
        return;
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    size_t size = arbiter__v1__division__get_packed_size(division);
    every->next++;
    if (every->bytes + size > DIVISIONS_BYTES_MAX) {
        every->left_out++;
        ask_next(matter);
        return;
    }
    const ProtobufCMessage *copy = proto_copy_in(&matter->arena, &division->base);
    if (copy == NULL) {
        matter_fail(matter, STATUS_FULL, "the event is too large");
        return;
    }
    every->bytes += size;
    every->rows[every->count++] = (const Arbiter__V1__Division *)copy;
    ask_next(matter);
}

static void ask_next(struct matter *matter)
{
    const Arbiter__V1__Tournament *tournament = matter->question.tournament;
    if (matter->every.next == tournament->n_divisions) {
        matter->every.then(matter);
        return;
    }
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = tournament->divisions[matter->every.next]->division_id;
    matter_ask(matter, &arbiter__v1__store__descriptor, "GetDivision", &request.base, on_division);
}

void matter_read_divisions(struct matter *matter, void (*then)(struct matter *matter))
{
    size_t count = matter->question.tournament->n_divisions;
    matter->every = (struct every_division){
        .rows = arena_array(&matter->arena, count + 1, sizeof *matter->every.rows), .then = then};
    if (matter->every.rows == NULL)
        matter_fail(matter, STATUS_FULL, "the event is too large");
    else
        ask_next(matter);
}
