#ifndef ORCHESTRATOR_PREPARE_PRIVATE_H
#define ORCHESTRATOR_PREPARE_PRIVATE_H

/* prepare_private — what prepare.c, which walks a plan, shares with prepare_event.c,
 * prepare_boards.c, prepare_entry.c, prepare_rating.c and prepare_person.c, which prepare its
 * commands. */

#include "fsm/value_codec.h"
#include "orchestrator/prepare.h"

#include <stdint.h>

/* One plan being prepared: the write at `next` is looked at, what replaces it goes to `writes`. */
struct preparation {
    const struct prepare_context *context;
    struct plan *plan;
    struct plan_list before; /* the machine's writes as they came */
    size_t next;
    struct value input; /* of the command being prepared */
    prepare_on_done on_done;
    void *user;
};

/* Ends the preparation and frees it. */
void prepare_finish(struct preparation *preparation, enum status status, const char *message);
void prepare_fail(struct preparation *preparation, enum status status, const struct fault *fault);

/* Goes on with the next write, after an answer of the store. */
void prepare_go_on(struct preparation *preparation);

/* ---- values in, values out --------------------------------------------------------------- */

/* Returns a field of the command's input: "" or 0 where it is not there or of another kind. */
const char *prepare_text(const struct preparation *preparation, const char *name);
int64_t prepare_int(const struct preparation *preparation, const char *name);

/* Returns an entry of a map, null where there is none. */
struct value prepare_find(struct value map, const char *name);

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }
#define MAP_OF(entries) value_map(entries, COUNT_OF(entries))

enum status prepare_add_write(struct preparation *preparation, const char *command,
                              const struct value_entry *entries, size_t count) MUST_CHECK;
enum status prepare_start_instance(struct preparation *preparation, const char *machine,
                                   const char *instance_id, struct value input) MUST_CHECK;

/* Returns an id that tells this telling of an event from the same word at another time. */
const char *prepare_telling_id(const struct plan *plan, const char *event, const char *to);

/* Asks for the round that the command's `division` and `round` name. Returns false, to be returned.
 */
bool prepare_ask_round(struct preparation *preparation, bus_on_answer on_answer);

/* ---- the commands: ask the store, or replace the command at once and return true --------- */

bool prepare_announce(struct preparation *preparation);
bool prepare_deal(struct preparation *preparation);
bool prepare_begin(struct preparation *preparation);
bool prepare_cancel(struct preparation *preparation);
bool prepare_change_policy(struct preparation *preparation);
bool prepare_tell_divisions(struct preparation *preparation);
bool prepare_start_boards(struct preparation *preparation);
bool prepare_void_boards(struct preparation *preparation);
bool prepare_tell_boards(struct preparation *preparation);
bool prepare_follow(struct preparation *preparation);
bool prepare_invited(struct preparation *preparation);
bool prepare_established(struct preparation *preparation);
bool prepare_seed(struct preparation *preparation);
bool prepare_rating(struct preparation *preparation);
bool prepare_correct_game(struct preparation *preparation);
bool prepare_correct(struct preparation *preparation);
bool prepare_judge(struct preparation *preparation);
bool prepare_appeal(struct preparation *preparation);
bool prepare_notify(struct preparation *preparation);
bool prepare_tell_promoted(struct preparation *preparation);

#endif
