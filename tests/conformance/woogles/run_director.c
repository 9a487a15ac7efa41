/* What a director may not do: director_operations.json. An operation is played on an event with two
 * divisions, two directors and round 3 (index 2) in play, by the desk's own table of actions. What
 * the file tells of that platform's metadata and addresses has no counterpart here and is skipped;
 * tests/system/director_operations.mjs plays the operations live, those too that need a whole
 * house.
 */
#include "tests/conformance/woogles/woogles.h"

#include <string.h>

#include "orchestrator/desk/actions.h"

enum { BYTES_MAX = 8 << 20 };

#define POLICY                                                                                     \
    "tournament: t\n"                                                                              \
    "divisions:\n"                                                                                 \
    "  - {name: a, rounds: 5, game: {rules: reported}, order: SPREAD}\n"                           \
    "  - {name: b, rounds: 5, game: {rules: reported}, order: SPREAD}\n"

/* The event, and one question about it. */
struct stage {
    struct arena arena;
    Arbiter__V1__Tournament tournament;
    Arbiter__V1__Division divisions[2];
    Arbiter__V1__Division *division_list[2];
    Arbiter__V1__Entrant entrants[4];
    Arbiter__V1__Entrant *entrant_list[4];
    Arbiter__V1__BoardPairing rows[2];
    Arbiter__V1__BoardPairing *row_list[2];
    Arbiter__V1__ActRequest request;
    struct desk_case question;
};

static char *directors[] = {"ann", "bob"};
static char *players[] = {"will", "josh", "conrad", "jesse"};

static void set_row(struct stage *stage, int index, char *first, char *second)
{
    Arbiter__V1__BoardPairing *row = &stage->rows[index];
    arbiter__v1__board_pairing__init(row);
    row->round = 3;
    row->board = index + 1;
    row->first = first;
    row->second = second;
    row->kind = "game";
    row->status = "playing";
    row->version = 1;
    stage->row_list[index] = row;
}

static void set_stage(struct stage *stage, bool has_begun)
{
    arena_init(&stage->arena, BYTES_MAX);
    arbiter__v1__tournament__init(&stage->tournament);
    arbiter__v1__act_request__init(&stage->request);
    for (int i = 0; i < 4; i++) {
        arbiter__v1__entrant__init(&stage->entrants[i]);
        stage->entrants[i].player_id = stage->entrants[i].name = players[i];
        stage->entrants[i].seed = i + 1;
        stage->entrants[i].status = "registered";
        stage->entrant_list[i] = &stage->entrants[i];
    }
    for (int i = 0; i < 2; i++) {
        arbiter__v1__division__init(&stage->divisions[i]);
        stage->divisions[i].division_id = i == 0 ? "t-1" : "t-2";
        stage->divisions[i].name = i == 0 ? "a" : "b";
        stage->divisions[i].rounds = 5;
        stage->divisions[i].settings = POLICY;
        stage->division_list[i] = &stage->divisions[i];
    }
    set_row(stage, 0, players[0], players[1]);
    set_row(stage, 1, players[2], players[3]);
    stage->divisions[0].entrants = stage->entrant_list;
    stage->divisions[0].n_entrants = 4;
    stage->divisions[0].round = has_begun ? 3 : 0;
    stage->divisions[0].pairings = stage->row_list;
    stage->divisions[0].n_pairings = has_begun ? 2 : 0;
    stage->tournament.divisions = stage->division_list;
    stage->tournament.n_divisions = 2;
    stage->tournament.directors = directors;
    stage->tournament.n_directors = 2;
    stage->tournament.settings = POLICY;
    stage->request.tournament_id = "t";
    stage->request.division = 1;
    stage->question = (struct desk_case){.arena = &stage->arena,
                                         .request = &stage->request,
                                         .tournament = &stage->tournament,
                                         .division = &stage->divisions[0]};
}

/* Completes an action; whether the desk takes it. */
static bool is_taken(struct stage *stage, const char *name, const struct value_entry *said,
                     size_t count)
{
    struct fault fault = {0};
    const struct desk_action *action = desk_action_find(name);
    stage->question.said = value_map(said, count);
    return action != NULL && desk_action_fill(action, &stage->question, &fault) == STATUS_OK;
}

#define SAID(name, item)                                                                           \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

/* ---- the operations ---------------------------------------------------------------------- */

static bool add_present_director(struct stage *stage)
{
    struct value ids[] = {value_text("new"), value_text("bob")};
    struct value_entry said[] = {SAID("add", value_list(ids, 2))};
    return is_taken(stage, "change_directors", said, COUNT_OF(said));
}

static bool remove_unknown_director(struct stage *stage)
{
    struct value ids[] = {value_text("ann"), value_text("nobody")};
    struct value_entry said[] = {SAID("remove", value_list(ids, 2))};
    return is_taken(stage, "change_directors", said, COUNT_OF(said));
}

static bool add_to_unknown_division(struct stage *stage)
{
    struct value_entry said[] = {SAID("player", value_text("noah"))};
    stage->request.division = 3;
    stage->question.division = NULL; /* as the store answers */
    return is_taken(stage, "add_player", said, COUNT_OF(said));
}

static bool pair_a_removed_player(struct stage *stage)
{
    struct value_entry said[] = {
        SAID("round", value_int(4)),
        SAID("first", value_text(players[0])),
        SAID("second", value_text(players[1])),
    };
    stage->entrants[1].status = "withdrawn";
    return is_taken(stage, "prepair", said, COUNT_OF(said));
}

static bool result_before_the_start(struct stage *stage)
{
    struct value_entry said[] = {SAID("outcome", value_text("first"))};
    stage->divisions[0].round = 0;
    stage->divisions[0].n_pairings = 0;
    stage->request.round = 1;
    stage->request.board = 1;
    return is_taken(stage, "set_result", said, COUNT_OF(said));
}

static bool add_a_division(struct stage *stage)
{
    return is_taken(stage, "add_division", NULL, 0);
}

static bool pair_no_round(struct stage *stage)
{
    struct value_entry said[] = {SAID("round", value_int(-1))};
    return is_taken(stage, "re_pair", said, COUNT_OF(said));
}

static bool pair_a_later_round(struct stage *stage)
{
    struct value_entry said[] = {
        SAID("round", value_int(4)),
        SAID("first", value_text(players[0])),
        SAID("second", value_text(players[2])),
    };
    return is_taken(stage, "prepair", said, COUNT_OF(said)) &&
           stage->question.data.kind == VALUE_MAP;
}

static const struct {
    const char *operation;
    bool (*is_taken)(struct stage *stage);
    bool expected;
} operations[] = {
    {"AddDirectors already present", add_present_director, false},
    {"RemoveDirectors unknown one in list", remove_unknown_director, false},
    {"AddPlayers to unknown division", add_to_unknown_division, false},
    {"SetPairings with player removed", pair_a_removed_player, false},
    {"SetResult before start", result_before_the_start, false},
    {"AddDivision after start", add_a_division, false},
    {"PairRound(round=-1) while round index 2 is current", pair_no_round, false},
    {"PairRound(3)", pair_a_later_round, true},
};

static void run_operation(const json_t *item, struct woogles_tally *tally)
{
    const char *name = json_string_value(json_object_get(item, "op"));
    const char *expected = json_string_value(json_object_get(item, "expect"));
    for (size_t i = 0; name != NULL && i < COUNT_OF(operations); i++) {
        struct stage stage = {0};
        if (strcmp(operations[i].operation, name) != 0)
            continue;
        set_stage(&stage, true);
        bool taken = operations[i].is_taken(&stage);
        bool wanted = expected != NULL && strcmp(expected, "ok") == 0;
        woogles_case(tally, taken == wanted && wanted == operations[i].expected,
                     "%s: it is %s, not '%s'", name, taken ? "taken" : "refused", expected);
        arena_deinit(&stage.arena);
        return;
    }
    woogles_skip(tally, "%s: not the desk's; see system/director_operations",
                 name != NULL ? name : "?");
}

void run_director_operations(const json_t *root, struct woogles_tally *tally)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(root, "cases"), i, item)
    {
        run_operation(item, tally);
    }
    json_array_foreach(json_object_get(root, "slug"), i, item)
    {
        woogles_skip(tally, "slug %s: events have ids here, not addresses of their own",
                     json_string_value(json_object_get(item, "slug")));
    }
}
