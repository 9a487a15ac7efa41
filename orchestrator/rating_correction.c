/* Rates a game again, and whatever follows from it. */
#include "orchestrator/rating_correction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

/* ---- states and reasons as text ---------------------------------------------------------- */

void rating_state_write(const struct rating_state *state, char out[RATING_STATE_TEXT_SIZE])
{
    uint8_t bytes[RATING_STATE_SIZE];
    rating_state_encode(state, bytes);
    for (size_t i = 0; i < RATING_STATE_SIZE; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]); /* two digits and the end fit */
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum status rating_state_read(const char *text, struct rating_state *out_state)
{
    uint8_t bytes[RATING_STATE_SIZE];
    if (strlen(text) != 2 * RATING_STATE_SIZE)
        return STATUS_DATA_LOSS;
    for (size_t i = 0; i < RATING_STATE_SIZE; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return STATUS_DATA_LOSS;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return rating_state_decode(bytes, sizeof bytes, out_state);
}

static const struct {
    const char *reason;
    enum rating_end end;
} endings[] = {
    {"played", RATING_END_STANDARD},
    {"resigned", RATING_END_RESIGNED},
    {"timeout", RATING_END_TIME},
    {"forfeit", RATING_END_FORFEIT},
    {"adjudicated", RATING_END_ADJUDICATED},
    {"no_show", RATING_END_NO_SHOW},
    {"aborted", RATING_END_ABORTED},
    {"cancelled", RATING_END_CANCELLED},
};

enum rating_end rating_end_of(const char *reason)
{
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (strcmp(endings[i].reason, reason) == 0)
            return endings[i].end;
    return RATING_END_STANDARD;
}

/* ---- rows as games and players ----------------------------------------------------------- */

/* A row, with its player's next one and its game's other one. */
struct link {
    const Arbiter__V1__RatedRow *row;
    int next;  /* later row of the same player; corrections are left out */
    int other; /* the opponent's row of this game */
    int waits; /* this player's earlier games that are not rated yet: 0 or 1 */
};

struct player {
    const char *id;
    const Arbiter__V1__RatedRow *last; /* newest row, corrections too */
    struct rating_state now;
    bool is_changed;
};

struct work {
    struct arena *arena;
    const struct rating_policy *policy;
    const struct rating_verdict *verdict;
    struct link *links;
    int count;
    struct player *players;
    int *player_of; /* by link */
    int player_count;
    int *ready; /* links of first players whose game can be rated now */
    int ready_count;
    struct rating_correction *out;
};

static int compare_by_player(const void *a, const void *b)
{
    const struct link *one = a;
    const struct link *other = b;
    int order = strcmp(one->row->player_id, other->row->player_id);
    return order != 0 ? order
                      : (one->row->version > other->row->version) -
                            (one->row->version < other->row->version);
}

/* Orders links by player and version, numbers the players, and ties each row to the next. */
static void tie_players(struct work *work)
{
    qsort(work->links, (size_t)work->count, sizeof *work->links, compare_by_player);
    int last_game = NONE;
    for (int i = 0; i < work->count; i++) {
        struct link *link = &work->links[i];
        bool is_new =
            i == 0 || strcmp(link->row->player_id, work->links[i - 1].row->player_id) != 0;
        if (is_new) {
            work->players[work->player_count++] = (struct player){.id = link->row->player_id};
            last_game = NONE;
        }
        work->player_of[i] = work->player_count - 1;
        work->players[work->player_count - 1].last = link->row;
        link->next = NONE;
        link->other = NONE;
        if (link->row->game_id[0] == '\0')
            continue;
        link->waits = last_game != NONE;
        if (last_game != NONE)
            work->links[last_game].next = i;
        last_game = i;
    }
}

static int compare_by_game(const void *a, const void *b)
{
    const struct link *one = *(const struct link *const *)a;
    const struct link *other = *(const struct link *const *)b;
    return strcmp(one->row->game_id, other->row->game_id);
}

/* Finds the two rows of each game. */
static enum status tie_games(struct work *work)
{
    struct link **sorted = arena_array(work->arena, (size_t)work->count, sizeof(*sorted));
    if (sorted == NULL)
        return STATUS_FULL;
    for (int i = 0; i < work->count; i++)
        sorted[i] = &work->links[i];
    qsort(sorted, (size_t)work->count, sizeof(*sorted), compare_by_game);
    for (int i = 0; i + 1 < work->count; i++) {
        if (sorted[i]->row->game_id[0] == '\0' || compare_by_game(&sorted[i], &sorted[i + 1]) != 0)
            continue;
        sorted[i]->other = (int)(sorted[i + 1] - work->links);
        sorted[i + 1]->other = (int)(sorted[i] - work->links);
    }
    return STATUS_OK;
}

/* ---- rating a game again ----------------------------------------------------------------- */

static bool is_first(const struct link *link)
{
    return strcmp(link->row->player_id, link->row->first) == 0;
}

static struct rating_game game_of(const struct work *work, const Arbiter__V1__RatedRow *row)
{
    const struct rating_verdict *verdict = work->verdict;
    bool is_amended = strcmp(row->game_id, verdict->game_id) == 0;
    const char *winner = is_amended ? verdict->winner : row->winner;
    bool is_void = is_amended ? verdict->is_void : row->is_void;
    const char *reason = is_amended && verdict->reason != NULL ? verdict->reason : row->reason;
    struct rating_game game = {
        .end = is_void ? RATING_END_CANCELLED : rating_end_of(reason),
        .has_scores = true,
        .scores = {is_amended ? verdict->scores[0] : row->first_score,
                   is_amended ? verdict->scores[1] : row->second_score},
        .ended_at_ms = row->rated_at_ms,
        .winner = RATING_WINNER_NONE,
    };
    if (strcmp(winner, row->first) == 0)
        game.winner = RATING_WINNER_FIRST;
    else if (strcmp(winner, row->second) == 0)
        game.winner = RATING_WINNER_SECOND;
    return game;
}

/* Whether anything about the game has changed: its result, or somebody who comes to it. */
static bool is_touched(const struct work *work, int link)
{
    return strcmp(work->links[link].row->game_id, work->verdict->game_id) == 0 ||
           work->players[work->player_of[link]].is_changed ||
           work->players[work->player_of[work->links[link].other]].is_changed;
}

static enum status rate_again(struct work *work, int link)
{
    int seats[2] = {is_first(&work->links[link]) ? link : work->links[link].other,
                    is_first(&work->links[link]) ? work->links[link].other : link};
    struct rating_state before[2];
    struct rating_state after[2];
    for (int i = 0; i < 2; i++) {
        const struct player *player = &work->players[work->player_of[seats[i]]];
        before[i] = player->now;
        if (!player->is_changed &&
            rating_state_read(work->links[seats[i]].row->state_before, &before[i]) != STATUS_OK)
            return STATUS_DATA_LOSS;
        after[i] = before[i];
    }
    struct rating_game game = game_of(work, work->links[link].row);
    struct rating_state rated[2];
    if (rating_rate_game(work->policy, before, &game, rated) == RATING_RATED)
        memcpy(after, rated, sizeof after);
    for (int i = 0; i < 2; i++) {
        struct player *player = &work->players[work->player_of[seats[i]]];
        player->now = after[i];
        player->is_changed = true;
        work->out->revisions[work->out->revision_count++] =
            (struct rating_revision){.player = player->id,
                                     .game_id = work->links[link].row->game_id,
                                     .before = before[i],
                                     .after = after[i]};
    }
    return STATUS_OK;
}

/* A game whose opponent's row is missing (deleted, or of another pool) cannot be rated again. */
static void make_ready(struct work *work, int link)
{
    struct link *mine = &work->links[link];
    if (mine->other == NONE || mine->waits > 0 || work->links[mine->other].waits > 0)
        return;
    work->ready[work->ready_count++] = link;
}

static void go_past(struct work *work, int link)
{
    int next = work->links[link].next;
    if (next == NONE)
        return;
    work->links[next].waits = 0;
    make_ready(work, next);
}

static enum status rate_all(struct work *work)
{
    for (int i = 0; i < work->count; i++)
        if (work->links[i].row->game_id[0] != '\0' && is_first(&work->links[i]))
            make_ready(work, i);
    for (int i = 0; i < work->ready_count; i++) {
        int link = work->ready[i];
        int other = work->links[link].other;
        enum status status = is_touched(work, link) ? rate_again(work, link) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
        go_past(work, link);
        go_past(work, other);
    }
    return STATUS_OK;
}

static void collect(struct work *work)
{
    for (int i = 0; i < work->player_count; i++) {
        const struct player *player = &work->players[i];
        if (player->is_changed)
            work->out->players[work->out->player_count++] =
                (struct rating_corrected){.player = player->id,
                                          .version = player->last->version,
                                          .rating = player->last->rating,
                                          .state = player->now,
                                          .rated_at_ms = player->last->rated_at_ms};
    }
}

enum status rating_correct(struct arena *arena, const struct rating_policy *policy,
                           Arbiter__V1__RatedRow *const *rows, size_t count,
                           const struct rating_verdict *verdict, struct rating_correction *out,
                           struct fault *out_fault)
{
    *out = (struct rating_correction){0};
    if (count > RATING_CORRECTION_ROWS_MAX)
        return fault_set(out_fault, 0, 0, "more than %d ratings have followed from this game",
                         RATING_CORRECTION_ROWS_MAX);
    struct work work = {.arena = arena,
                        .policy = policy,
                        .verdict = verdict,
                        .count = (int)count,
                        .links = arena_array(arena, count, sizeof *work.links),
                        .players = arena_array(arena, count, sizeof *work.players),
                        .player_of = arena_array(arena, count, sizeof *work.player_of),
                        .ready = arena_array(arena, 2 * count, sizeof *work.ready),
                        .out = out};
    out->revisions = arena_array(arena, 2 * count, sizeof *out->revisions);
    out->players = arena_array(arena, count, sizeof *out->players);
    if (arena_full(arena))
        return STATUS_FULL;
    for (size_t i = 0; i < count; i++)
        work.links[i].row = rows[i];
    tie_players(&work);
    enum status status = tie_games(&work);
    if (status == STATUS_OK)
        status = rate_all(&work);
    if (status == STATUS_OK)
        collect(&work);
    return status;
}
