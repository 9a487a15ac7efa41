/* How actions on the event, its players and its results are completed from the record, and how each
 * is taken back. Those on a round's seats are in seats.c. */
#include "orchestrator/desk/actions.h"

#include <string.h>

enum { DIVISIONS_MAX = FORMAT_DIVISIONS_MAX };

enum status desk_fill_as_said(struct desk_case *question, struct fault *out_fault)
{
    (void)out_fault; /* the machine checks its own fields */
    (void)question;
    return STATUS_OK;
}

enum status desk_fill_reason(struct desk_case *question, struct fault *out_fault)
{
    (void)out_fault;
    struct value_entry entries[] = {ENTRY("reason", value_text(question->request->note))};
    return desk_set_data(question, entries, COUNT_OF(entries));
}

/* ---- there and back ---------------------------------------------------------------------- */

enum status desk_fill_back_by_resume(struct desk_case *question, struct fault *out_fault)
{
    (void)out_fault;
    return desk_set_undo(question, "resume", NULL, 0);
}

enum status desk_fill_back_by_pause(struct desk_case *question, struct fault *out_fault)
{
    (void)out_fault;
    return desk_set_undo(question, "pause", NULL, 0);
}

enum status desk_fill_back_by_release(struct desk_case *question, struct fault *out_fault)
{
    (void)out_fault;
    return desk_set_undo(question, "release_round", NULL, 0);
}

enum status desk_fill_back_by_hold(struct desk_case *question, struct fault *out_fault)
{
    (void)out_fault;
    return desk_set_undo(question, "hold_round", NULL, 0);
}

/* ---- times ------------------------------------------------------------------------------- */

/* Machines think in durations and timestamps; people's JSON has milliseconds: by_ms, starts_at_ms.
 */
enum status desk_fill_times(struct desk_case *question, struct fault *out_fault)
{
    int64_t by_ms = desk_int(question->said, "by_ms", 0);
    int64_t at_ms = desk_int(question->said, "starts_at_ms", 0);
    const int64_t day_ms = INT64_C(86400000);
    if (at_ms != 0) {
        struct value_entry entries[] = {ENTRY("starts_at", value_timestamp_ms(at_ms))};
        return desk_set_data(question, entries, COUNT_OF(entries));
    }
    if (by_ms == 0 || by_ms > 365 * day_ms || by_ms < -365 * day_ms)
        return fault_set(out_fault, 0, 0,
                         "say by how much: 'by_ms', not 0 and at most a year (or 'starts_at_ms')");
    struct value_entry back[] = {ENTRY("by_ms", value_int(-by_ms))};
    struct value_entry entries[] = {ENTRY("by", value_duration(by_ms * VALUE_NANOS_PER_MS))};
    enum status status = desk_set_undo(
        question, question->row != NULL ? "extend_board" : "extend_deadline", back, COUNT_OF(back));
    return status == STATUS_OK ? desk_set_data(question, entries, COUNT_OF(entries)) : status;
}

/* ---- players ----------------------------------------------------------------------------- */

static const Arbiter__V1__Entrant *find_entrant(const struct desk_case *question,
                                                const char *player)
{
    const Arbiter__V1__Division *division = question->division;
    for (size_t i = 0; division != NULL && i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->player_id, player) == 0)
            return division->entrants[i];
    return NULL;
}

static enum status need_entrant(const struct desk_case *question, const char *player,
                                struct fault *out_fault)
{
    if (player[0] == '\0')
        return fault_set(out_fault, 0, 0, "say which 'player'");
    if (question->division == NULL)
        return fault_set(out_fault, 0, 0, "the event has no division %d",
                         question->request->division);
    if (find_entrant(question, player) == NULL)
        return fault_set(out_fault, 0, 0, "'%s' has not entered division %d", player,
                         question->request->division);
    return STATUS_OK;
}

static int64_t next_seed(const struct desk_case *question)
{
    int64_t seed = 0;
    for (size_t i = 0; i < question->division->n_entrants; i++)
        if (question->division->entrants[i]->seed > seed)
            seed = question->division->entrants[i]->seed;
    return seed + 1;
}

/* {player, name?, seed?, rating?}: one entrant as entrant.add takes it. */
static struct value entrant_of(struct desk_case *question, const char *player)
{
    struct value name = desk_member(question->said, "name");
    struct value rating = desk_member(question->said, "rating");
    struct value_entry entries[] = {
        ENTRY("player", value_text(player)),
        ENTRY("name", name.kind == VALUE_STRING && name.size > 0 ? name : value_text(player)),
        ENTRY("seed", value_int(desk_int(question->said, "seed", next_seed(question)))),
        ENTRY("rating", rating.kind == VALUE_DOUBLE ? rating
                        : rating.kind == VALUE_INT  ? value_double((double)rating.as.integer)
                                                    : value_double(0)),
    };
    return desk_map(question, entries, COUNT_OF(entries));
}

enum status desk_fill_add(struct desk_case *question, struct fault *out_fault)
{
    const char *player = desk_text(question, question->said, "player");
    if (question->division == NULL || player[0] == '\0')
        return fault_set(out_fault, 0, 0, "say which 'player' enters which division");
    if (question->division->round > 0)
        question->right = question->also_right = FORMAT_ACTION_add_late_player;
    struct value entrant = entrant_of(question, player);
    struct value_entry entries[] = {
        ENTRY("division", value_text(question->division->division_id)),
        ENTRY("entrants", value_list(&entrant, 1)),
    };
    struct value_entry back[] = {ENTRY("player", value_text(player))};
    enum status status = desk_set_undo(question, "remove_player", back, COUNT_OF(back));
    return status == STATUS_OK ? desk_set_data(question, entries, COUNT_OF(entries)) : status;
}

enum status desk_fill_remove(struct desk_case *question, struct fault *out_fault)
{
    const char *player = desk_text(question, question->said, "player");
    enum status status = need_entrant(question, player, out_fault);
    if (status != STATUS_OK)
        return status;
    struct value_entry entries[] = {
        ENTRY("division", value_text(question->division->division_id)),
        ENTRY("player", value_text(player)),
    };
    struct value_entry back[] = {ENTRY("player", value_text(player))};
    status = desk_set_undo(question, "return_player", back, COUNT_OF(back));
    return status == STATUS_OK ? desk_set_data(question, entries, COUNT_OF(entries)) : status;
}

/* {player, round?}: the machine's event has the same fields; the way back is the opposite action.
 */
static enum status fill_player(struct desk_case *question, const char *back_action, bool has_round,
                               struct fault *out_fault)
{
    const char *player = desk_text(question, question->said, "player");
    enum status status = need_entrant(question, player, out_fault);
    if (status != STATUS_OK)
        return status;
    struct value_entry entries[] = {
        ENTRY("player", value_text(player)),
        ENTRY("round", value_int(desk_int(question->said, "round", question->request->round))),
    };
    size_t count = has_round ? 2 : 1;
    status = desk_set_undo(question, back_action, entries, count);
    return status == STATUS_OK ? desk_set_data(question, entries, count) : status;
}

enum status desk_fill_return(struct desk_case *question, struct fault *out_fault)
{
    return fill_player(question, "remove_player", false, out_fault);
}

enum status desk_fill_check_in(struct desk_case *question, struct fault *out_fault)
{
    return fill_player(question, "undo_check_in", false, out_fault);
}

enum status desk_fill_check_out(struct desk_case *question, struct fault *out_fault)
{
    return fill_player(question, "check_in", false, out_fault);
}

enum status desk_fill_request_bye(struct desk_case *question, struct fault *out_fault)
{
    return fill_player(question, "withdraw_bye", true, out_fault);
}

enum status desk_fill_withdraw_bye(struct desk_case *question, struct fault *out_fault)
{
    return fill_player(question, "request_bye", true, out_fault);
}

/* {player, to}: out of the request's division, into the one numbered `to`. */
enum status desk_fill_move(struct desk_case *question, struct fault *out_fault)
{
    const char *player = desk_text(question, question->said, "player");
    int64_t to = desk_int(question->said, "to", 0);
    enum status status = need_entrant(question, player, out_fault);
    if (status != STATUS_OK)
        return status;
    if (to < 1 || to > (int64_t)question->tournament->n_divisions || to > DIVISIONS_MAX ||
        to == question->request->division)
        return fault_set(out_fault, 0, 0, "'to' is the number of another division, 1 to %zu",
                         question->tournament->n_divisions);
    const Arbiter__V1__Entrant *entrant = find_entrant(question, player);
    struct value_entry entries[] = {
        ENTRY("player", value_text(player)),
        ENTRY("from", value_text(question->division->division_id)),
        ENTRY("to", value_text(desk_division_id(question, to))),
        ENTRY("name", value_text(entrant->name)),
        ENTRY("rating", value_double(entrant->rating)),
        ENTRY("team", value_text(entrant->team)),
        ENTRY("class", value_text(entrant->class_)),
    };
    return desk_set_data(question, entries, COUNT_OF(entries));
}

/* ---- directors --------------------------------------------------------------------------- */

static struct value list_of(struct value map, const char *name)
{
    struct value list = desk_member(map, name);
    return list.kind == VALUE_LIST ? list : value_list(NULL, 0);
}

static bool is_among(char **ids, size_t count, struct value id)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(ids[i]) == id.size && memcmp(ids[i], id.as.text, id.size) == 0)
            return true;
    return false;
}

/* What somebody is in the event: one role, or NULL for none. */
static const char *role_of(const struct desk_case *question, struct value id)
{
    const Arbiter__V1__Tournament *tournament = question->tournament;
    if (is_among(tournament->directors, tournament->n_directors, id))
        return "director";
    if (is_among(tournament->assistants, tournament->n_assistants, id))
        return "assistant";
    return is_among(tournament->scorers, tournament->n_scorers, id) ? "scorer" : NULL;
}

static bool is_role(const char *word)
{
    return strcmp(word, "director") == 0 || strcmp(word, "assistant") == 0 ||
           strcmp(word, "scorer") == 0;
}

/* Everybody on the list has the role; for NULL, nobody has one yet. */
static enum status check_roles(const struct desk_case *question, struct value list,
                               const char *role, struct fault *out_fault)
{
    for (size_t i = 0; i < list.size; i++) {
        struct value id = list.as.items[i];
        if (id.kind != VALUE_STRING || id.size == 0)
            return fault_set(out_fault, 0, 0, "'add' and 'remove' are lists of ids");
        const char *found = role_of(question, id);
        if (role == NULL && found != NULL)
            return fault_set(out_fault, 0, 0, "'%.*s' is already %s %s of this event", (int)id.size,
                             id.as.text, found[0] == 'a' ? "an" : "a", found);
        if (role != NULL && (found == NULL || strcmp(found, role) != 0))
            return fault_set(out_fault, 0, 0, "'%.*s' is no %s of this event", (int)id.size,
                             id.as.text, role);
    }
    return STATUS_OK;
}

/* {add?, remove?, role?}: who directs the event, or helps to. */
enum status desk_fill_directors(struct desk_case *question, struct fault *out_fault)
{
    struct value add = list_of(question->said, "add");
    struct value remove = list_of(question->said, "remove");
    const char *role = desk_text(question, question->said, "role");
    role = role[0] != '\0' ? role : "director";
    if (!is_role(role))
        return fault_set(out_fault, 0, 0, "'role' is director, assistant or scorer, not %s", role);
    if (add.size + remove.size == 0)
        return fault_set(out_fault, 0, 0, "say whom to 'add' and whom to 'remove': lists of ids");
    struct value_entry back[] = {ENTRY("role", value_text(role)), ENTRY("add", remove),
                                 ENTRY("remove", add)};
    struct value_entry entries[] = {ENTRY("role", value_text(role)), ENTRY("add", add),
                                    ENTRY("remove", remove)};
    enum status status = check_roles(question, add, NULL, out_fault);
    if (status == STATUS_OK)
        status = check_roles(question, remove, role, out_fault);
    if (status == STATUS_OK)
        status = desk_set_undo(question, "change_directors", back, COUNT_OF(back));
    return status == STATUS_OK ? desk_set_data(question, entries, COUNT_OF(entries)) : status;
}
