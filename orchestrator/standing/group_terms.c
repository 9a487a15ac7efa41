/* Tie-breaks among the tied only: direct encounter (article 6 of C.07) and head to head. */
#include "orchestrator/standing/field.h"

#include <assert.h>

/* Divisible by 1 to 22: players who met k times count the average of their games, exactly for
 * k <= 22 and cut to a ten-millionth of a point beyond. */
#define AVERAGE_SCALE 232792560

/* What a player made against the others of the set. */
struct encounter {
    int player;
    int place; /* within the set, from 0 */
    int met;   /* how many of the others */
    int64_t sum;
    bool placed;
};

/* Tables by player, shared by the whole resolution. */
struct ring {
    struct field *field;
    const struct view *view;
    int *set_of;         /* [player_count] the set a player is in; 0 = none */
    int *games;          /* [player_count] scratch: games against one opponent */
    int64_t *points_x10; /* [player_count] scratch */
    int sets;
    bool average; /* several games against one opponent count their average */
};

static enum status ring_init(struct ring *ring, struct field *field,
                             const struct standing_term *term)
{
    size_t players = (size_t)field->player_count + 1;
    ring->field = field;
    ring->view = field_view(field, term->forfeits_played, false);
    ring->set_of = arena_array(field->arena, players, sizeof *ring->set_of);
    ring->games = arena_array(field->arena, players, sizeof *ring->games);
    ring->points_x10 = arena_array(field->arena, players, sizeof *ring->points_x10);
    ring->average = term->code == STANDING_DE;
    bool full = ring->view == NULL || ring->set_of == NULL || ring->games == NULL;
    return full || ring->points_x10 == NULL ? STATUS_FULL : STATUS_OK;
}

/* Adds up one player's games against the set with this number. */
static void add_up(struct ring *ring, struct encounter *own, int set)
{
    const struct fact *facts = view_facts(ring->field, ring->view, own->player);
    int rounds = ring->field->rounds;
    own->met = 0;
    own->sum = 0;
    for (int round = 0; round < rounds; round++) {
        const struct fact *fact = &facts[round];
        if (fact->kind != FACT_PLAYED || ring->set_of[fact->opponent] != set)
            continue;
        ring->games[fact->opponent]++;
        ring->points_x10[fact->opponent] += fact->points_x10;
    }
    for (int round = 0; round < rounds; round++) {
        int other = facts[round].opponent;
        if (other == RECORD_NOBODY || ring->games[other] == 0)
            continue;
        int64_t scaled = ring->points_x10[other] * AVERAGE_SCALE;
        own->sum += ring->average ? scaled / ring->games[other] : scaled;
        own->met++;
        ring->games[other] = 0;
        ring->points_x10[other] = 0;
    }
}

static void add_up_all(struct ring *ring, struct encounter *set, int count)
{
    ring->sets++;
    for (int i = 0; i < count; i++)
        ring->set_of[set[i].player] = ring->sets;
    for (int i = 0; i < count; i++)
        add_up(ring, &set[i], ring->sets);
}

static bool all_met(const struct encounter *set, int count)
{
    for (int i = 0; i < count; i++)
        if (set[i].met != count - 1)
            return false;
    return true;
}

/* Merges two sorted halves of a list sorted by sum, most first; equal sums keep their order. */
static void sort_by_sum(struct encounter *list, struct encounter *spare, int count)
{
    for (int width = 1; width < count; width *= 2) {
        for (int start = 0; start < count; start += 2 * width) {
            int middle = start + width < count ? start + width : count;
            int end = start + 2 * width < count ? start + 2 * width : count;
            int left = start;
            int right = middle;
            for (int i = start; i < end; i++) {
                bool from_left =
                    left < middle && (right >= end || list[left].sum >= list[right].sum);
                spare[i] = from_left ? list[left++] : list[right++];
            }
        }
        for (int i = 0; i < count; i++)
            list[i] = spare[i];
    }
}

/* Most a player could have made had every missing game been won. */
static int64_t potential(const struct ring *ring, const struct encounter *own, int count)
{
    int64_t win = ring->field->record->points.win_x10;
    return own->sum + (int64_t)(count - 1 - own->met) * win * AVERAGE_SCALE;
}

/* Returns the one player not placed yet who is ahead of all others not placed whatever the missing
 * games would have been, or NULL. */
static struct encounter *sure_leader(const struct ring *ring, struct encounter *set, int count)
{
    struct encounter *leader = NULL;
    for (int i = 0; i < count; i++)
        if (!set[i].placed && (leader == NULL || set[i].sum > leader->sum))
            leader = &set[i];
    for (int i = 0; leader != NULL && i < count; i++)
        if (!set[i].placed && &set[i] != leader && potential(ring, &set[i], count) >= leader->sum)
            return NULL;
    return leader;
}

/* Moves the placed ones to the front in the order of their places; returns how many. */
static int bring_forward(struct encounter *set, struct encounter *spare, int count)
{
    int placed = 0;
    int rest = 0;
    for (int i = 0; i < count; i++)
        placed += set[i].placed;
    for (int i = 0; i < count; i++) {
        if (set[i].placed)
            spare[set[i].place] = set[i];
        else
            spare[placed + rest++] = set[i];
    }
    for (int i = 0; i < count; i++)
        set[i] = spare[i];
    return placed;
}

static void place_sure_leaders(const struct ring *ring, struct encounter *set, int count)
{
    for (int i = 0; i < count; i++)
        set[i].placed = false;
    for (int place = 0; place < count; place++) {
        struct encounter *leader = sure_leader(ring, set, count);
        if (leader == NULL)
            return;
        leader->placed = true;
        leader->place = place;
    }
}

/* A stretch of the tied players still to be looked at. */
struct stretch {
    int start;
    int count;
};

/* Sorts out one set: either into stretches of equal sums, when all have met all, or by taking sure
 * leaders off the front. Pushes what must be looked at again; the rest shares the place of its
 * start. Returns the new height of the stack. */
static int resolve(struct ring *ring, struct encounter *list, struct encounter *spare,
                   struct stretch now, struct stretch *stack, int height)
{
    struct encounter *set = list + now.start;
    add_up_all(ring, set, now.count);
    if (!all_met(set, now.count)) {
        place_sure_leaders(ring, set, now.count);
        int placed = bring_forward(set, spare, now.count);
        for (int i = 0; i < now.count; i++)
            set[i].place = now.start + (i < placed ? i : placed);
        if (placed > 0 && now.count - placed > 1)
            stack[height++] = (struct stretch){now.start + placed, now.count - placed};
        return height;
    }
    sort_by_sum(set, spare, now.count);
    for (int i = 0, end; i < now.count; i = end) {
        for (end = i; end < now.count && set[end].sum == set[i].sum; end++)
            set[end].place = now.start + i;
        if (end - i > 1 && end - i < now.count)
            stack[height++] = (struct stretch){now.start + i, end - i};
    }
    return height;
}

static enum status direct_encounter(struct ring *ring, const int *players, int count,
                                    struct standing_value *out_values)
{
    struct arena *arena = ring->field->arena;
    struct encounter *list = arena_array(arena, (size_t)count + 1, sizeof *list);
    struct encounter *spare = arena_array(arena, (size_t)count + 1, sizeof *spare);
    struct stretch *stack = arena_array(arena, (size_t)count + 1, sizeof *stack);
    if (list == NULL || spare == NULL || stack == NULL)
        return STATUS_FULL;
    for (int i = 0; i < count; i++)
        list[i].player = players[i];
    stack[0] = (struct stretch){0, count};
    for (int height = 1; height > 0;)
        height = resolve(ring, list, spare, stack[height - 1], stack, height - 1);
    for (int i = 0; i < count; i++)
        out_values[list[i].player] = value_of(list[i].place + 1);
    return STATUS_OK;
}

static void head_to_head(struct ring *ring, const int *players, int count,
                         struct standing_value *out_values)
{
    ring->sets++;
    for (int i = 0; i < count; i++)
        ring->set_of[players[i]] = ring->sets;
    for (int i = 0; i < count; i++) {
        struct encounter own = {.player = players[i]};
        add_up(ring, &own, ring->sets);
        out_values[players[i]] = value_of(own.sum / AVERAGE_SCALE);
    }
}

enum status field_group_values(struct field *field, const struct standing_term *term,
                               const int *players, int count, struct standing_value *out_values)
{
    struct ring ring = {0};
    assert(count > 1);
    (void)field_view(field, term->forfeits_played, false); /* made before the mark: it is kept */
    struct arena_mark mark = arena_mark(field->arena);
    enum status status = ring_init(&ring, field, term);
    if (status == STATUS_OK && term->code == STANDING_DE)
        status = direct_encounter(&ring, players, count, out_values);
    else if (status == STATUS_OK)
        head_to_head(&ring, players, count, out_values);
    arena_rewind(field->arena, mark);
    return status;
}
