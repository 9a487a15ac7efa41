/* The Australian draw: from the top, everybody takes the nearest legal opponent that leaves the
 * rest pairable. In the first round the top half meets the bottom half in order.
 *
 * "Leaves the rest pairable" is answered by keeping a matching of the rest at hand: a choice is
 * possible when the matching can be mended, so no search ever runs away. */
#include "orchestrator/pairing/graph.h"
#include "orchestrator/pairing/method.h"

#include <assert.h>

#define GONE (-2)

/* The draw of one attempt. Places are those of the pool; the last is the bye where it is odd. */
struct draw {
    struct field *field;
    int places; /* even */
    int bye;    /* place of the bye, or `places` */
    bool first_round;
    bool top_may_meet; /* first round: pairs within the top half are allowed */
    int reset;         /* meetings before this round are forgotten */
    int *spare;        /* a matching of those not yet drawn, GONE where drawn */
    int *mates;
};

static bool is_legal(const struct draw *draw, int one, int other)
{
    const struct field *field = draw->field;
    int max = field->policy->repeats_max > 0 ? field->policy->repeats_max : 1;
    int half = draw->places / 2;
    if (draw->first_round && !draw->top_may_meet && one < half && other < half)
        return false;
    if (one == draw->bye || other == draw->bye) {
        int player = field->pool[one == draw->bye ? other : one];
        return !field->players[player].bye_barred &&
               (draw->first_round || field->history[player].byes == 0 ||
                draw->reset >= field->input->round_number);
    }
    int a = field->pool[one];
    int b = field->pool[other];
    return field_forbidden(field, a, b) == NULL &&
           field_meetings_since(field, a, b, draw->reset) < max;
}

/* Finds a matching of all places that are still to be drawn, after `one` and `other` are. Returns
 * whether there is one; `*out_status` is for limits. */
static bool rest_matches(struct draw *draw, int one, int other, enum status *out_status)
{
    struct arena *arena = draw->field->arena;
    struct arena_mark mark = arena_mark(arena);
    int64_t open = 0;
    for (int i = 0; i < draw->places; i++)
        open += draw->spare[i] != GONE;
    struct matching_edge *edges = arena_array(arena, (size_t)(open * open / 2 + 1), sizeof *edges);
    int64_t *weights = arena_array(arena, (size_t)(open * open / 2 + 1), sizeof *weights);
    struct matching_input input = {
        .vertices_count = draw->places, .edges = edges, .weights = weights, .levels = 1};
    bool complete = false;
    *out_status = edges == NULL || weights == NULL ? STATUS_FULL : STATUS_OK;
    for (int i = 0; *out_status == STATUS_OK && i < draw->places; i++)
        for (int j = i + 1; j < draw->places; j++) {
            if (draw->spare[i] == GONE || draw->spare[j] == GONE || i == one || i == other ||
                j == one || j == other || !is_legal(draw, i, j))
                continue;
            weights[input.edges_count] = 1;
            edges[input.edges_count++] = (struct matching_edge){.one = i, .other = j};
        }
    struct matching_output output;
    if (*out_status == STATUS_OK)
        *out_status = matching_solve(&input, arena, &output);
    if (*out_status == STATUS_OK) {
        complete = 2 * (int64_t)output.pairs_count == open - (one < 0 ? 0 : 2);
        for (int i = 0; complete && i < draw->places; i++)
            if (draw->spare[i] != GONE && i != one && i != other)
                draw->spare[i] = output.mates[i];
    }
    arena_rewind(arena, mark);
    return complete;
}

/* Whether one–other can be drawn; if so the spare matching is mended. */
static bool can_draw(struct draw *draw, int one, int other, enum status *out_status)
{
    *out_status = STATUS_OK;
    if (!is_legal(draw, one, other))
        return false;
    int a = draw->spare[one];
    int b = draw->spare[other];
    if (a == other)
        return true;
    if (is_legal(draw, a < b ? a : b, a < b ? b : a)) {
        draw->spare[a] = b;
        draw->spare[b] = a;
        return true;
    }
    return rest_matches(draw, one, other, out_status);
}

/* Draws the opponent of `one`, the highest still open, among `open` places. */
static enum status draw_one(struct draw *draw, int one, const int *open, int open_count)
{
    int start = draw->first_round ? open_count / 2 : 1;
    for (int pass = 0; pass < 2; pass++) {
        int from = pass == 0 ? start : 1;
        int to = pass == 0 ? open_count : start;
        for (int i = from; i < to; i++) {
            enum status status;
            bool drawn = can_draw(draw, one, open[i], &status);
            if (status != STATUS_OK)
                return status;
            if (!drawn)
                continue;
            draw->mates[one] = open[i];
            draw->mates[open[i]] = one;
            draw->spare[one] = GONE;
            draw->spare[open[i]] = GONE;
            return STATUS_OK;
        }
    }
    assert(!"the spare matching holds an opponent for everybody");
    return STATUS_INTERNAL;
}

/* Draws all; `*out_drawn` tells whether a legal draw exists. */
static enum status draw_all(struct draw *draw, bool *out_drawn)
{
    int *open = field_ints(draw->field, draw->places);
    if (open == NULL)
        return STATUS_FULL;
    for (int i = 0; i < draw->places; i++)
        draw->spare[i] = PAIRING_NOBODY;
    enum status status;
    *out_drawn = rest_matches(draw, -1, -1, &status);
    for (int one = 0; *out_drawn && status == STATUS_OK && one < draw->places; one++) {
        int count = 0;
        for (int i = one; i < draw->places; i++)
            if (draw->spare[i] != GONE)
                open[count++] = i;
        if (draw->spare[one] != GONE)
            status = draw_one(draw, one, open, count);
    }
    return status;
}

static void draw_keep(const struct draw *draw)
{
    struct field *field = draw->field;
    for (int i = 0; i < draw->places; i++) {
        int other = draw->mates[i];
        if (other < i)
            continue;
        if (other == draw->bye) {
            field_rest(field, field->pool[i], PAIRING_REST_BYE, "drawn against the bye");
            continue;
        }
        (void)field_pair(field, field->pool[i], field->pool[other],
                         draw->first_round
                             ? "top half against bottom half"
                             : "the nearest legal opponent that leaves the rest pairable");
    }
}

static void free_price(const struct field *field, const int *list, int one, int other,
                       struct graph_price *out, const void *user)
{
    (void)field;
    (void)list;
    (void)one;
    (void)other;
    (void)user;
    out->cost[0] = 0;
}

/* Says what stands in the way: as few forbidden pairs as any complete pairing needs. */
static enum status draw_fail(struct field *field)
{
    static const char *const names[] = {"none"};
    struct graph_ask ask = {.list = field->pool,
                            .count = field->pool_count,
                            .names = names,
                            .levels = 1,
                            .leave_over = field->pool_count % 2 == 1,
                            .price = free_price};
    struct graph_answer answer;
    field_note(field, "no draw exists even when all earlier meetings are forgotten");
    return graph_solve(field, &ask, &answer);
}

enum status method_australian(struct field *field)
{
    int round = field->input->round_number;
    struct draw draw = {.field = field,
                        .places = field->pool_count + field->pool_count % 2,
                        .first_round = round == 1};
    draw.bye = field->pool_count % 2 == 1 ? field->pool_count : draw.places;
    draw.spare = field_ints(field, draw.places);
    draw.mates = field_ints(field, draw.places);
    if (draw.spare == NULL || draw.mates == NULL)
        return STATUS_FULL;
    int asked = field->policy->reset_round;
    draw.reset = asked < 1 ? 1 : asked < round ? asked : round;
    bool drawn = false;
    while (!drawn) {
        enum status status = draw_all(&draw, &drawn);
        if (status != STATUS_OK)
            return status;
        if (drawn)
            break;
        if (draw.first_round && !draw.top_may_meet) {
            draw.top_may_meet = true;
        } else if (draw.reset < round) {
            draw.reset++;
            field_note(field, "meetings before round %d are forgotten", draw.reset);
        } else {
            return draw_fail(field);
        }
    }
    draw_keep(&draw);
    return field->full ? STATUS_FULL : STATUS_OK;
}
