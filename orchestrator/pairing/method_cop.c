/* COP: contenders meet whom they must, nobody plays without a purpose. Turns the simulations of
 * cop.h into rules and costs and matches at least cost. */
#include "orchestrator/pairing/cop.h"
#include "orchestrator/pairing/graph.h"
#include "orchestrator/pairing/method.h"

#include <assert.h>
#include <stdlib.h>

#define COST_NEVER 1000000000 /* paid only when nothing else is left */
#define COST_IN_A_ROW 1000000
#define COST_MAX ((int64_t)1 << 50)

/* What each part costs a pair. */
enum part { PART_RANK, PART_CASHERS, PART_GIBSON, PART_REPEAT, PART_IN_A_ROW, PART_BYES, PARTS };

static const char *const part_names[PARTS] = {"rank difference", "contenders",   "gibson",
                                              "repeat",          "back to back", "byes"};

struct board {
    struct field *field;
    struct cop cop;
    struct cop_setting setting;
    int *players;     /* player at each rank */
    int count;        /* ranks; rank `count` is the bye */
    int *forced;      /* rank each rank must meet, COP_NOBODY for none */
    int *raised;      /* ranks by which a contender's limit was raised */
    int bye_rank;     /* who must have the bye, COP_NOBODY for any */
    bool gibson_byes; /* only gibsonized players outside the groups may have it */
    bool leader_bound;
    int leader_from; /* the leader meets one of these ranks */
    int leader_to;
    bool fourth_quarter;
};

static int bye_rank_of(const struct board *board)
{
    return board->count;
}

/* Whether the rank is gibsonized and in no closed group. */
static bool is_free_gibson(const struct board *board, int rank)
{
    return board->cop.gibson[rank] && board->cop.group[rank] == 0;
}

/* Names the rule that keeps two ranks apart, one < other; NULL where none does. */
static const char *barred_by(const struct board *board, int one, int other)
{
    bool bye = other == bye_rank_of(board);
    if (board->forced[one] != COP_NOBODY && board->forced[one] != other)
        return "must meet somebody else";
    if (!bye && board->forced[other] != COP_NOBODY && board->forced[other] != one)
        return "must meet somebody else";
    if (one == 0 && board->leader_bound && (other < board->leader_from || other > board->leader_to))
        return "the leader must meet who threatens him";
    if (bye) {
        if (board->bye_rank != COP_NOBODY && board->bye_rank != one)
            return "the bye goes to somebody else";
        if (board->gibson_byes && !is_free_gibson(board, one))
            return "the bye goes to a player who cannot be caught";
        return board->cop.group[one] != 0 ? "belongs to a closed group" : NULL;
    }
    return board->cop.group[one] != board->cop.group[other] ? "belong to different groups" : NULL;
}

static int64_t cube(int64_t number)
{
    return number * number * number;
}

static int meetings(const struct board *board, int one, int other)
{
    if (other == bye_rank_of(board))
        return board->field->history[board->players[one]].byes;
    return field_meetings(board->field, board->players[one], board->players[other]);
}

/* Whether the two met in the round before this one. */
static bool met_last_round(const struct board *board, int one, int other)
{
    int round = board->field->input->round_number - 1;
    return other != bye_rank_of(board) && round > 0 &&
           field_meetings_since(board->field, board->players[one], board->players[other], round) >
               0;
}

static int64_t cost_rank(const struct board *board, int one, int other)
{
    const struct cop *cop = &board->cop;
    bool gibson = cop->gibson[one] || (other < board->count && cop->gibson[other]);
    int64_t apart = other - one;
    if (!gibson && one <= cop->lowest_hopeful_casher && board->fourth_quarter)
        return 0;
    if (gibson || one >= board->setting.place_prizes)
        return apart * apart;
    return cube(apart);
}

static int64_t cost_cashers(const struct board *board, int one, int other)
{
    const struct cop *cop = &board->cop;
    if (one > cop->lowest_hopeful_casher || cop->gibson[one])
        return 0;
    int limit = cop->lowest_hopeful_for[one] + board->raised[one];
    bool within = other <= limit || (limit == one && other == one + 1);
    if (!within)
        return COST_NEVER;
    return board->fourth_quarter ? 2 * cube(llabs((long long)limit - other)) : 0;
}

static int64_t cost_gibson(const struct board *board, int one, int other)
{
    const struct cop *cop = &board->cop;
    if (other == bye_rank_of(board) || cop->group[one] != 0 || cop->group[other] != 0)
        return 0;
    bool upper = cop->gibson[one] && !cop->gibson[other] && other <= cop->lowest_absolute_casher;
    bool lower = cop->gibson[other] && !cop->gibson[one] && one <= cop->lowest_absolute_casher;
    return upper || lower ? COST_NEVER : 0;
}

static int64_t cost_repeat(const struct board *board, int one, int other)
{
    int times = meetings(board, one, other);
    int64_t unit = cube((int64_t)board->setting.players) / 27; /* a third of the field, cubed */
    int64_t cost = (((int64_t)1 << (times < 20 ? times : 20)) - 1) * 4 * unit;
    return cost < COST_MAX ? cost : COST_MAX;
}

static void costs_fill(const struct board *board, int one, int other, int64_t *out)
{
    bool bye = other == bye_rank_of(board);
    out[PART_RANK] = cost_rank(board, one, other);
    out[PART_CASHERS] = cost_cashers(board, one, other);
    out[PART_GIBSON] = cost_gibson(board, one, other);
    out[PART_REPEAT] = cost_repeat(board, one, other);
    out[PART_IN_A_ROW] = one > board->cop.lowest_hopeful_casher && met_last_round(board, one, other)
                             ? COST_IN_A_ROW
                             : 0;
    out[PART_BYES] = bye && !board->field->policy->cop.repeat_byes_allowed
                         ? (int64_t)COST_NEVER * meetings(board, one, other)
                         : 0;
}

static int64_t cost_total(const int64_t *costs)
{
    int64_t sum = 0;
    for (int i = 0; i < PARTS; i++)
        sum += costs[i];
    return sum;
}

static void force(struct board *board, int one, int other)
{
    board->forced[one] = other;
    board->forced[other] = one;
}

/* Whether a rank is to be paired by the rules of the last round. */
static bool may_be_forced(const struct board *board, int rank)
{
    return !is_free_gibson(board, rank) && board->forced[rank] == COP_NOBODY &&
           !field_is_settled(board->field, board->players[rank]);
}

/* The last round: neighbours who still compete for a place play each other. */
static void force_places(struct board *board)
{
    int waiting = COP_NOBODY;
    for (int r = 0; r < board->count; r++) {
        if (r > board->cop.lowest_absolute_casher && waiting == COP_NOBODY)
            return;
        if (!may_be_forced(board, r))
            continue;
        if (waiting == COP_NOBODY) {
            waiting = r;
            continue;
        }
        if (board->cop.group[waiting] == board->cop.group[r])
            force(board, waiting, r);
        waiting = COP_NOBODY;
    }
}

/* Whether a member of a class still competes for its `prizes` prizes: he can fall out of them or
 * rise into them. */
static bool competes(const struct board *board, const int *members, int count, int at, int prizes)
{
    int64_t spread = 2 * (int64_t)board->setting.gibson_spread * board->setting.rounds_left;
    bool is_in = at < prizes;
    int edge = is_in ? prizes : prizes - 1;
    bool changes = false;
    if (edge < count)
        changes = is_in ? cop_can_catch(&board->setting, board->setting.rounds_left, spread,
                                        members[at], members[edge])
                        : cop_can_catch(&board->setting, board->setting.rounds_left, spread,
                                        members[edge], members[at]);
    bool moves = at > 0 && cop_can_catch(&board->setting, board->setting.rounds_left, spread,
                                         members[at - 1], members[at]);
    if (is_in && at + 1 < count)
        moves = moves || cop_can_catch(&board->setting, board->setting.rounds_left, spread,
                                       members[at], members[at + 1]);
    return is_in ? moves || changes : changes;
}

/* The same for each class, among those who are not settled by the places. */
static void force_classes(struct board *board)
{
    const struct pairing_policy *policy = board->field->policy;
    bool own = policy->cop.class_prizes != NULL;
    const int *prizes = own ? policy->cop.class_prizes : policy->class_prizes;
    int classes = own ? policy->cop.class_prizes_count : policy->class_prizes_count;
    int *members = field_ints(board->field, board->count);
    for (int c = 0; members != NULL && c < classes; c++) {
        int count = 0;
        for (int r = board->cop.lowest_absolute_casher + 1; r < board->count; r++)
            if (may_be_forced(board, r) &&
                board->field->players[board->players[r]].class_number == c + 1)
                members[count++] = r;
        int waiting = COP_NOBODY;
        for (int i = 0; i < count; i++) {
            if (!competes(board, members, count, i, prizes[c]))
                continue;
            if (waiting == COP_NOBODY) {
                waiting = members[i];
                continue;
            }
            force(board, waiting, members[i]);
            waiting = COP_NOBODY;
        }
    }
}

/* The first six ranks are free to be paired by factor 3. */
static bool first_six_are_open(const struct board *board)
{
    for (int r = 0; r < 6; r++)
        if (r >= board->count || board->cop.gibson[r] || board->cop.group[r] != board->cop.group[0])
            return false;
    return true;
}

/* Two rounds before the end: 1 v 4, 2 v 5, 3 v 6 if nobody's fate leaves his hands by it. */
static void force_factor_three(struct board *board)
{
    struct cop *cop = &board->cop;
    for (int rank = 1; rank <= 2; rank++) {
        int meeting;
        if (cop_loses_control(cop, rank, 3, &meeting)) {
            force(board, 0, rank);
            field_note(board->field,
                       "with factor 3, place %d would lose control: it meets the "
                       "leader",
                       rank + 1);
            return;
        }
    }
    struct cop kept = *cop;
    cop_simulate_factor(cop, 3);
    int hope = cop_hope(cop);
    bool all_hope = true;
    for (int r = 0; r < 3; r++)
        all_hope = all_hope && cop_reached(cop, r + 3, r) >= hope;
    int64_t steps = cop->steps;
    *cop = kept;
    cop->steps = steps;
    if (!all_hope)
        return;
    for (int r = 0; r < 3; r++)
        force(board, r, r + 3);
    field_note(board->field, "factor 3: places 4 to 6 can still reach places 1 to 3");
}

static void control_bind(struct board *board)
{
    const struct pairing_cop *policy = &board->field->policy->cop;
    int completed = board->field->input->round_number - 1;
    if (completed < policy->control_loss_from_round || board->cop.gibson[0] ||
        board->setting.rounds_left <= 1)
        return;
    if (board->setting.rounds_left == 2 && first_six_are_open(board)) {
        force_factor_three(board);
        if (board->forced[0] != COP_NOBODY)
            return;
    }
    cop_control_loss(&board->cop);
    int child = board->cop.child;
    if (child == COP_NOBODY)
        return;
    bool lenient = board->setting.rounds_left > 4 && completed != policy->control_loss_from_round;
    board->leader_bound = true;
    board->leader_to = child;
    board->leader_from = lenient && child > 1 ? child - 1 : child;
    field_note(board->field, "control loss, by %d simulations: the leader must meet place %d%s",
               board->cop.control_simulated, child + 1,
               board->leader_from < child ? " or the one above" : "");
}

/* Who does not play meets nobody, whatever the rules of the last rounds would have. */
static void release(struct board *board, int rank)
{
    if (rank == COP_NOBODY || board->forced[rank] == COP_NOBODY)
        return;
    board->forced[board->forced[rank]] = COP_NOBODY;
    board->forced[rank] = COP_NOBODY;
}

/* Who gets the bye, where the policy or a gibson decides. */
static void bye_bind(struct board *board)
{
    const struct pairing_cop *policy = &board->field->policy->cop;
    int best = COP_NOBODY;
    for (int r = 0; r < board->count; r++) {
        if (field_is_settled(board->field, board->players[r]))
            continue;
        board->gibson_byes = board->gibson_byes || is_free_gibson(board, r);
        if (board->field->players[board->players[r]].bye_barred)
            continue;
        if (best == COP_NOBODY || board->field->history[board->players[r]].byes <
                                      board->field->history[board->players[best]].byes)
            best = r;
    }
    if (policy->byes_from_the_top) {
        board->gibson_byes = false;
        board->bye_rank = best;
        if (board->count % 2 == 1) {
            release(board, best);
            board->leader_bound = board->leader_bound && best != 0;
        }
    }
}

static enum status board_init(struct board *board, struct field *field)
{
    const struct pairing_cop *policy = &field->policy->cop;
    int win = field->policy->points_win > 0 ? field->policy->points_win : 2;
    *board = (struct board){.field = field, .bye_rank = COP_NOBODY};
    board->players = field_ints(field, field->count + 1);
    board->forced = field_ints(field, field->count + 1);
    board->raised = field_ints(field, field->count + 1);
    struct cop_record *records =
        arena_array(field->arena, (size_t)field->count + 1, sizeof *records);
    if (field->full || records == NULL)
        return STATUS_FULL;
    for (int i = 0; i < field->count; i++) {
        int player = field->by_place[i];
        const struct pairing_player *row = &field->players[player];
        if (row->state == PAIRING_WITHDRAWN || row->state == PAIRING_SUSPENDED ||
            row->joined_round > field->input->round_number)
            continue;
        records[board->count] = (struct cop_record){
            .half_wins = (int)(2 * (int64_t)row->points / win), .spread = row->spread};
        board->forced[board->count] = COP_NOBODY;
        board->players[board->count++] = player;
    }
    board->setting = (struct cop_setting){
        .players = board->count,
        .records = records,
        .rounds_left = field->input->rounds_total - field->input->round_number + 1,
        .place_prizes = policy->place_prizes,
        .gibson_spread = policy->gibson_spread,
        .hopefulness_ppm = policy->hopefulness_ppm,
        .control_loss_ppm = policy->control_loss_ppm,
        .simulations = policy->division_simulations,
        .control_simulations = policy->control_loss_simulations,
        .step_budget = policy->step_budget,
        .seed = field->input->seed + (uint64_t)field->input->round_number};
    board->fourth_quarter = 4 * board->setting.rounds_left <= field->input->rounds_total;
    return cop_start(&board->cop, &board->setting, field->arena);
}

/* Whether somebody is left whom the leader may meet. */
static bool leader_has_choice(const struct board *board)
{
    for (int r = board->leader_from; r <= board->leader_to; r++)
        if (!field_is_settled(board->field, board->players[r]))
            return true;
    return false;
}

/* Fixed pairs override the rules. Where one takes away whom the leader must meet, the other
 * platform finds no pairing; here the leader is free. */
static void fixed_respect(struct board *board)
{
    struct field *field = board->field;
    if (!board->leader_bound || board->count == 0 || field_is_settled(field, board->players[0]) ||
        leader_has_choice(board)) {
        board->leader_bound =
            board->leader_bound && board->count > 0 && !field_is_settled(field, board->players[0]);
        return;
    }
    board->leader_bound = false;
    int child = board->players[board->leader_to];
    if (field->policy->compat == PAIRING_COMPAT_LIWORDS)
        field_conflict(field, PAIRING_CONFLICT_FIXED, child,
                       field->mate[child] == child ? PAIRING_NOBODY : field->mate[child]);
    else
        field_note(field, "%s should meet the leader, but was paired beforehand",
                   field_name(field, child));
}

struct open_ranks {
    int *ranks; /* to be paired, the bye last where their number is odd */
    int count;
};

static bool open_fill(const struct board *board, struct open_ranks *out)
{
    *out = (struct open_ranks){.ranks = field_ints(board->field, board->count + 1)};
    if (out->ranks == NULL)
        return false;
    for (int r = 0; r < board->count; r++)
        if (!field_is_settled(board->field, board->players[r]) &&
            field_plays(board->field, board->players[r]))
            out->ranks[out->count++] = r;
    if (out->count % 2 == 1)
        out->ranks[out->count++] = bye_rank_of(board);
    return true;
}

/* Whether exactly one of two ranks is of the pair that is insisted on. */
static bool is_against_wish(const struct board *board, int one, int other)
{
    const struct field *field = board->field;
    if (field->insist_one == PAIRING_NOBODY)
        return false;
    int a = board->players[one];
    int b = other < board->count ? board->players[other] : PAIRING_NOBODY;
    bool first = a == field->insist_one || a == field->insist_other;
    bool second = b != PAIRING_NOBODY && (b == field->insist_one || b == field->insist_other);
    return first != second;
}

/* Least-cost matching: rules broken first, then cost. */
static enum status open_match(const struct board *board, const struct open_ranks *open,
                              struct matching_input *input, struct matching_output *out)
{
    struct arena *arena = board->field->arena;
    size_t most = (size_t)open->count * (size_t)open->count / 2 + 1;
    struct matching_edge *edges = arena_array(arena, most, sizeof *edges);
    int64_t *weights = arena_array(arena, 2 * most, sizeof *weights);
    if (edges == NULL || weights == NULL)
        return STATUS_FULL;
    int count = 0;
    for (int i = 0; i < open->count; i++)
        for (int j = i + 1; j < open->count; j++) {
            int one = open->ranks[i];
            int other = open->ranks[j];
            int64_t costs[PARTS];
            if (is_against_wish(board, one, other))
                continue;
            costs_fill(board, one, other, costs);
            bool forbidden =
                other < board->count &&
                field_forbidden(board->field, board->players[one], board->players[other]) != NULL;
            bool barred = other == bye_rank_of(board) &&
                          board->field->players[board->players[one]].bye_barred;
            edges[count] = (struct matching_edge){.one = i, .other = j};
            weights[2 * count] =
                -(int64_t)(barred_by(board, one, other) != NULL || forbidden || barred);
            weights[2 * count + 1] = -cost_total(costs);
            count++;
        }
    *input = (struct matching_input){.vertices_count = open->count,
                                     .edges = edges,
                                     .edges_count = count,
                                     .weights = weights,
                                     .levels = 2,
                                     .max_cardinality = true};
    return matching_solve(input, arena, out);
}

/* Raises the limits of contenders who could be given nobody within theirs; false when none was. */
static bool limits_raise(struct board *board, const struct open_ranks *open,
                         const struct matching_output *matching)
{
    bool raised = false;
    for (int i = 0; i < open->count; i++) {
        int mate = matching->mates[i];
        if (mate < i || cost_cashers(board, open->ranks[i], open->ranks[mate]) < COST_NEVER)
            continue;
        board->raised[open->ranks[i]]++;
        raised = true;
    }
    return raised;
}

static void pair_keep(const struct board *board, int one, int other)
{
    struct field *field = board->field;
    int64_t costs[PARTS];
    costs_fill(board, one, other, costs);
    if (other == bye_rank_of(board)) {
        field_rest(field, board->players[one], PAIRING_REST_BYE,
                   field_text(field, "bye at cost %lld", (long long)cost_total(costs)));
        return;
    }
    struct pairing_pair *pair = field_pair(
        field, board->players[one], board->players[other],
        board->forced[one] == other ? "the rules of the last rounds bring these two together"
        : one <= board->cop.lowest_hopeful_casher
            ? field_text(field,
                         "contender; hopes reach place %d, and down to rank %d "
                         "may still catch this place",
                         board->cop.highest_hopefully[one] + 1,
                         board->cop.lowest_hopeful_for[one] + 1)
            : "least cost of rank difference and repeats");
    for (int i = 0; i < PARTS; i++) {
        pair->costs[pair->costs_count++] =
            (struct pairing_cost){.name = part_names[i], .value = costs[i]};
        field->out->costs[i].name = part_names[i];
        field->out->costs[i].value += costs[i];
    }
    field->out->costs_count = PARTS;
}

static enum status open_pair(struct board *board)
{
    struct field *field = board->field;
    struct open_ranks open;
    struct matching_input input;
    struct matching_output matching;
    if (!open_fill(board, &open))
        return STATUS_FULL;
    enum status status = open_match(board, &open, &input, &matching);
    if (status == STATUS_OK && limits_raise(board, &open, &matching))
        status = open_match(board, &open, &input, &matching);
    if (status != STATUS_OK)
        return status;
    field->out->proved = matching_check(&input, &matching, field->arena);
    if (matching.total[0] < 0) {
        for (int i = 0; i < open.count; i++) {
            int mate = matching.mates[i];
            if (mate < i || input.weights[2 * matching.mate_edges[i]] == 0)
                continue;
            int other = open.ranks[mate];
            bool bye = other == bye_rank_of(board);
            int player = board->players[open.ranks[i]];
            int opponent = bye ? PAIRING_NOBODY : board->players[other];
            field_conflict(field,
                           bye ? PAIRING_CONFLICT_BYE
                           : field_forbidden(field, player, opponent) != NULL
                               ? PAIRING_CONFLICT_FORBIDDEN
                               : PAIRING_CONFLICT_RULE,
                           player, opponent);
        }
        return STATUS_OK;
    }
    for (int i = 0; i < open.count; i++)
        if (matching.mates[i] > i)
            pair_keep(board, open.ranks[i], open.ranks[matching.mates[i]]);
    return STATUS_OK;
}

static void gibsons_list(const struct board *board)
{
    struct pairing_output *out = board->field->out;
    out->gibsonized = field_ints(board->field, board->count);
    for (int r = 0; out->gibsonized != NULL && r < board->count; r++)
        if (board->cop.gibson[r])
            out->gibsonized[out->gibsonized_count++] = board->players[r];
}

static enum status policy_check(const struct field *field)
{
    const struct pairing_cop *policy = &field->policy->cop;
    if (field->input->rounds_total < field->input->round_number)
        return fault_set(field->fault, 0, 0, "COP needs to know how many rounds there are");
    if (policy->place_prizes < 1)
        return fault_set(field->fault, 0, 0, "COP needs at least one place that wins something");
    if (policy->division_simulations < 1 || policy->control_loss_simulations < 1)
        return fault_set(field->fault, 0, 0, "COP needs at least one simulation");
    if (policy->hopefulness_ppm < 1 || policy->hopefulness_ppm > 1000000 ||
        policy->control_loss_ppm < 1 || policy->control_loss_ppm > 1000000)
        return fault_set(field->fault, 0, 0, "COP's thresholds are shares above 0 and up to 1");
    return STATUS_OK;
}

enum status method_cop(struct field *field)
{
    enum status status = policy_check(field);
    if (status != STATUS_OK)
        return status;
    struct board board;
    status = board_init(&board, field);
    if (status != STATUS_OK || board.count == 0)
        return status;
    gibsons_list(&board);
    cop_simulate(&board.cop);
    if (board.setting.rounds_left == 1) {
        force_places(&board);
        force_classes(&board);
    } else {
        control_bind(&board);
    }
    bye_bind(&board);
    fixed_respect(&board);
    field_note(field,
               "%d simulations; places down to %d can still win something, down to %d "
               "hopefully",
               board.cop.simulated, board.cop.lowest_absolute_casher + 1,
               board.cop.lowest_hopeful_casher + 1);
    if (field->out->verdict != PAIRING_MADE)
        return STATUS_OK;
    return open_pair(&board);
}
