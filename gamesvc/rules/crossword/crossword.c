/* The turns of a crossword game: placements, exchanges, passes, challenges, and how it ends. */
#include "gamesvc/rules/crossword/crossword.h"

#include <assert.h>
#include <string.h>

#include "gamesvc/rules/crossword/history.h"
#include "gamesvc/rules/lexicon.h"

/* ---- drawing ----------------------------------------------------------------------------- */

/* Draws up to `count` tiles into a rack; returns them. */
static struct tiles draw(struct rules_game *game, int seat, uint64_t number, int count)
{
    struct crossword *state = game->state;
    struct tiles drawn = {0};
    uint8_t kinds[RACK_SIZE];
    int left = tiles_total(&state->bag);
    if (count > left)
        count = left;
    if (count == 0)
        return drawn;
    game->options.draws.draw(game->options.draws.user, number, state->bag.count, TILE_KINDS,
                             (size_t)count, kinds);
    for (int i = 0; i < count; i++) {
        assert(kinds[i] < TILE_KINDS);
        drawn.count[kinds[i]]++;
    }
    tiles_remove(&state->bag, &drawn);
    tiles_add(&state->racks[seat], &drawn);
    return drawn;
}

static enum status crossword_create(struct rules_game *game, struct fault *out_fault)
{
    struct crossword *state = game->state;
    const struct layout *layout = NULL;
    const struct tile_set *set = NULL;
    enum status status =
        crossword_options(&game->options, &layout, &set, &state->challenge, out_fault);
    if (status != STATUS_OK)
        return status;
    if (game->options.draws.draw == NULL)
        return fault_set(out_fault, 0, 0, "crossword needs a source of draws");
    board_init(&state->board, layout, set);
    state->bag = set->tiles;
    state->player_out = RULES_NO_WINNER;
    for (int seat = 0; seat < RULES_SEATS; seat++)
        (void)draw(game, seat, (uint64_t)seat, RACK_SIZE); /* nobody is shown which */
    return STATUS_OK;
}

/* ---- writing history --------------------------------------------------------------------- */

static void add_history(struct rules_game *game, struct rules_call *call,
                        const struct history_event *event)
{
    struct crossword *state = game->state;
    text_add_char(&call->record, '\n');
    history_write(event, &call->record);
    state->event_count++;
}

/* Changes a score by an event that is only tiles, or not even that, and points. */
static void add_points(struct rules_game *game, struct rules_call *call, enum history_type type,
                       int seat, const struct tiles *rack, int32_t points)
{
    game->result.score[seat] += points;
    struct history_event event = {.type = type,
                                  .seat = seat,
                                  .rack = rack,
                                  .score = points,
                                  .total = game->result.score[seat]};
    add_history(game, call, &event);
}

static void record_draw(struct rules_call *call, int seat, const struct tiles *drawn)
{
    if (tiles_total(drawn) == 0)
        return;
    text_add_string(&call->record, seat == RULES_FIRST ? "\nDRAW 0 " : "\nDRAW 1 ");
    tiles_write(drawn, &call->record);
}

/* ---- endings ----------------------------------------------------------------------------- */

/* The player who went out gains twice the other's rack. */
static void end_by_going_out(struct rules_game *game, struct rules_call *call)
{
    struct crossword *state = game->state;
    int out = state->player_out;
    const struct tiles *rack = &state->racks[1 - out];
    add_points(game, call, HISTORY_RACK_POINTS, out, rack, 2 * tiles_value(rack, state->board.set));
    rules_finish(game, call, RULES_END_STANDARD, RULES_BY_SCORE);
}

/* Each player loses the value of the own rack; first the one whose turn was the last scoreless. */
static void end_if_scoreless(struct rules_game *game, struct rules_call *call, int seat)
{
    struct crossword *state = game->state;
    if (state->scoreless < CROSSWORD_SCORELESS_MAX)
        return;
    for (int i = 0; i < RULES_SEATS; i++, seat = 1 - seat)
        add_points(game, call, HISTORY_RACK_PENALTY, seat, &state->racks[seat],
                   -tiles_value(&state->racks[seat], state->board.set));
    rules_finish(game, call, RULES_END_CONSECUTIVE_ZEROES, RULES_BY_SCORE);
}

static void crossword_close(struct rules_game *game, struct rules_call *call, enum rules_end end)
{
    struct crossword *state = game->state;
    state->can_challenge = false;
    if (end == RULES_END_ABORTED || end == RULES_END_CANCELLED)
        return;
    for (int seat = 0; seat < RULES_SEATS; seat++) {
        int penalty = timing_penalty(timing_overtime_ms(&game->timing, seat));
        if (penalty > 0)
            add_points(game, call, HISTORY_TIME, seat, NULL, -penalty);
    }
}

static void final_pass(struct rules_game *game, struct rules_call *call, int seat)
{
    struct crossword *state = game->state;
    add_points(game, call, HISTORY_FINAL_PASS, seat, &state->racks[seat], 0);
    end_by_going_out(game, call);
}

/* Whoever may only pass any more and lets the time run out has passed. */
static bool crossword_timeout(struct rules_game *game, struct rules_call *call)
{
    const struct crossword *state = game->state;
    if (state->player_out == RULES_NO_WINNER)
        return false;
    final_pass(game, call, 1 - state->player_out);
    return true;
}

/* ---- placements -------------------------------------------------------------------------- */

static bool refuse_while_waiting(const struct rules_game *game, struct rules_call *call)
{
    const struct crossword *state = game->state;
    if (state->player_out == RULES_NO_WINNER)
        return false;
    rules_refuse(call, STATUS_FAILED_PRECONDITION, "ONLY_PASS_OR_CHALLENGE",
                 "the other player has gone out: pass or challenge");
    return true;
}

static bool read_placement(const struct board *board, struct rules_call *call,
                           struct placement *placement)
{
    struct text_span position;
    struct text_span tiles;
    if (!text_read_word(&call->move, &position) || !text_read_word(&call->move, &tiles) ||
        !text_is_done(&call->move) ||
        !placement_read_position(position, board->layout->size, placement) ||
        tiles.size > (size_t)board->layout->size)
        return false;
    for (size_t i = 0; i < tiles.size; i++)
        if (!tile_from_char(tiles.data[i], &placement->tiles[i]))
            return false;
    placement->length = (int)tiles.size;
    return true;
}

static bool word_is_valid(const struct rules_game *game, struct board_word word)
{
    const struct crossword *state = game->state;
    return lexicon_has(game->options.lexicon, state->board.squares + word.start, word.step,
                       word.length);
}

/* Returns how many words of a play are invalid, and writes them down for the player. */
static int list_invalid(const struct rules_game *game, const struct play *play, char *out_list,
                        size_t size)
{
    const struct crossword *state = game->state;
    int count = 0;
    size_t used = 0;
    out_list[0] = '\0';
    for (int i = 0; i < play->word_count; i++) {
        struct board_word word = play->words[i];
        if (word_is_valid(game, word))
            continue;
        if (used + word.length + 3 > size)
            return count + 1;
        if (count++ > 0)
            used += (size_t)(stpcpy(out_list + used, ", ") - (out_list + used));
        for (int letter = 0; letter < word.length; letter++)
            out_list[used++] = tile_to_char(state->board.squares[word.start + letter * word.step]);
        out_list[used] = '\0';
    }
    return count;
}

/* Under the void rule words are judged before the play stands; in a replay they have been. */
static bool words_are_refused(struct rules_game *game, struct rules_call *call,
                              const struct play *play)
{
    const struct crossword *state = game->state;
    char invalid[RULES_REASON_TEXT_MAX / 2];
    if (state->challenge != CHALLENGE_VOID || call->replayed != NULL)
        return false;
    if (game->options.lexicon == NULL) {
        rules_refuse(call, STATUS_UNAVAILABLE, "NO_LEXICON", "the lexicon is not at hand");
        return true;
    }
    if (list_invalid(game, play, invalid, sizeof invalid) == 0)
        return false;
    rules_refuse(call, STATUS_FAILED_PRECONDITION, "INVALID_WORDS", "not in the lexicon: %s",
                 invalid);
    return true;
}

static const char *placement_reason(enum placement_fault fault)
{
    switch (fault) {
    case PLACEMENT_FITS:
        break;
    case PLACEMENT_OFF_BOARD:
        return "OFF_BOARD";
    case PLACEMENT_GAP:
        return "GAP";
    case PLACEMENT_CONFLICT:
        return "OCCUPIED";
    case PLACEMENT_MISSES_CENTRE:
        return "MISSES_CENTRE";
    case PLACEMENT_NOT_TOUCHING:
        return "NOT_TOUCHING";
    case PLACEMENT_NO_TILE:
        return "NO_TILE";
    case PLACEMENT_TOO_SHORT:
        return "TOO_SHORT";
    case PLACEMENT_NOT_WHOLE_WORD:
        return "NOT_WHOLE_WORD";
    case PLACEMENT_TOO_MANY_TILES:
        return "TOO_MANY_TILES";
    }
    return "ILLEGAL";
}

static bool refuse_placement(const struct rules_game *game, struct rules_call *call,
                             const struct placement *placement)
{
    const struct crossword *state = game->state;
    enum placement_fault fault = board_check(&state->board, placement);
    if (fault != PLACEMENT_FITS) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, placement_reason(fault), "%s",
                     placement_fault_text(fault));
        return true;
    }
    struct tiles used = placement_tiles(placement);
    if (tiles_contain(&state->racks[call->actor], &used))
        return false;
    rules_refuse(call, STATUS_FAILED_PRECONDITION, "NOT_ON_RACK",
                 "the play uses tiles that are not on the rack");
    return true;
}

static void record_placement(struct rules_game *game, struct rules_call *call)
{
    struct crossword *state = game->state;
    int seat = (int)call->actor;
    text_add_string(&call->record, "place ");
    placement_write_position(&state->placement, &call->record);
    text_add_char(&call->record, ' ');
    placement_write_tiles(&state->placement, &call->record);
    game->result.score[seat] += state->play.score;
    struct history_event event = {.type = HISTORY_PLACE,
                                  .seat = seat,
                                  .rack = &state->rack_before,
                                  .placement = &state->placement,
                                  .score = state->play.score,
                                  .total = game->result.score[seat],
                                  .board = &state->board,
                                  .play = &state->play};
    add_history(game, call, &event);
}

static void play_place(struct rules_game *game, struct rules_call *call)
{
    struct crossword *state = game->state;
    struct placement placement = {0};
    struct play play;
    if (refuse_while_waiting(game, call))
        return;
    if (!read_placement(&state->board, call, &placement)) {
        rules_refuse_malformed(call, "a placement is written like \"place 8D .LANKErs\"");
        return;
    }
    if (refuse_placement(game, call, &placement))
        return;
    board_place(&state->board, &placement, &play);
    if (words_are_refused(game, call, &play)) {
        board_take_back(&state->board, &placement);
        return;
    }
    int seat = (int)call->actor;
    uint64_t draw_number = 2 + (uint64_t)state->event_count;
    struct tiles used = placement_tiles(&placement);
    state->placement = placement;
    state->play = play;
    state->rack_before = state->racks[seat];
    state->scoreless_before = state->scoreless;
    state->scoreless = 0;
    state->can_challenge = state->challenge != CHALLENGE_VOID;
    tiles_remove(&state->racks[seat], &used);
    record_placement(game, call);
    struct tiles drawn = draw(game, seat, draw_number, play.tile_count);
    record_draw(call, seat, &drawn);
    game->on_turn = 1 - seat;
    if (tiles_total(&state->racks[seat]) > 0)
        return;
    state->player_out = seat;
    if (state->challenge == CHALLENGE_VOID)
        end_by_going_out(game, call);
}

/* ---- exchanges and passes ---------------------------------------------------------------- */

static void play_exchange(struct rules_game *game, struct rules_call *call)
{
    struct crossword *state = game->state;
    struct text_span word;
    struct tiles tiles;
    int seat = (int)call->actor;
    if (refuse_while_waiting(game, call))
        return;
    if (!text_read_word(&call->move, &word) || !text_is_done(&call->move) ||
        !tiles_read(word, RACK_SIZE, &tiles)) {
        rules_refuse_malformed(call, "an exchange is written like \"exchange QVU?\"");
        return;
    }
    if (!tiles_contain(&state->racks[seat], &tiles)) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "NOT_ON_RACK",
                     "the exchange names tiles that are not on the rack");
        return;
    }
    if (tiles_total(&state->bag) < CROSSWORD_EXCHANGE_BAG_MIN) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "BAG_TOO_SMALL",
                     "an exchange needs %d tiles in the bag", CROSSWORD_EXCHANGE_BAG_MIN);
        return;
    }
    uint64_t draw_number = 2 + (uint64_t)state->event_count;
    struct history_event event = {.type = HISTORY_EXCHANGE,
                                  .seat = seat,
                                  .rack = &state->racks[seat],
                                  .tiles = &tiles,
                                  .total = game->result.score[seat]};
    text_add_string(&call->record, "exchange ");
    tiles_write(&tiles, &call->record);
    add_history(game, call, &event);
    tiles_remove(&state->racks[seat], &tiles);
    struct tiles drawn = draw(game, seat, draw_number, tiles_total(&tiles));
    tiles_add(&state->bag, &tiles);
    record_draw(call, seat, &drawn);
    state->can_challenge = false;
    state->scoreless++;
    game->on_turn = 1 - seat;
    end_if_scoreless(game, call, seat);
}

static void play_pass(struct rules_game *game, struct rules_call *call)
{
    struct crossword *state = game->state;
    int seat = (int)call->actor;
    if (!text_is_done(&call->move)) {
        rules_refuse_malformed(call, "a pass is written \"pass\"");
        return;
    }
    text_add_string(&call->record, "pass");
    game->on_turn = 1 - seat;
    if (state->player_out != RULES_NO_WINNER) {
        final_pass(game, call, seat);
        return;
    }
    add_points(game, call, HISTORY_PASS, seat, &state->racks[seat], 0);
    state->can_challenge = false;
    state->scoreless++;
    end_if_scoreless(game, call, seat);
}

/* ---- challenges -------------------------------------------------------------------------- */

/* Which words are challenged: a bit each, all of them where none is named. False: malformed. */
static bool read_challenged(const struct crossword *state, struct rules_call *call,
                            unsigned *out_words)
{
    unsigned words = 0;
    while (!text_is_done(&call->move)) {
        int64_t number = 0;
        if (!text_read_number(&call->move, 0, state->play.word_count - 1, &number) ||
            (words & 1u << number) != 0)
            return false;
        words |= 1u << number;
    }
    *out_words = words;
    return true;
}

static bool record_says_phony(const char *record)
{
    struct text_reader reader = text_reader(record, strlen(record));
    struct text_reader text;
    struct history_line line;
    while (text_read_line(&reader, &text))
        if (history_read(text, &line) && line.type == HISTORY_PHONY)
            return true;
    return false;
}

static bool is_phony(const struct rules_game *game, const struct rules_call *call, unsigned words)
{
    const struct crossword *state = game->state;
    if (call->replayed != NULL)
        return record_says_phony(call->replayed);
    for (int i = 0; i < state->play.word_count; i++)
        if ((words == 0 || (words & 1u << i) != 0) && !word_is_valid(game, state->play.words[i]))
            return true;
    return false;
}

/* The tiles go back to the rack, those drawn since into the bag, and the score is undone. */
static void take_back(struct rules_game *game, struct rules_call *call, int challengee)
{
    struct crossword *state = game->state;
    struct history_event event = {.type = HISTORY_PHONY,
                                  .seat = challengee,
                                  .rack = &state->rack_before,
                                  .placement = &state->placement,
                                  .score = -state->play.score};
    game->result.score[challengee] -= state->play.score;
    event.total = game->result.score[challengee];
    add_history(game, call, &event);
    board_take_back(&state->board, &state->placement);
    state->racks[challengee] = state->rack_before;
    state->bag = state->board.unseen;
    for (int seat = 0; seat < RULES_SEATS; seat++)
        tiles_remove(&state->bag, &state->racks[seat]);
    state->scoreless = state->scoreless_before + 1;
    state->player_out = RULES_NO_WINNER;
    state->can_challenge = false;
}

static int count_words(unsigned words)
{
    int count = 0;
    for (; words != 0; words &= words - 1)
        count++;
    return count;
}

/* A challenge of valid words: what it costs. Not under void and triple. */
static void fail_challenge(struct rules_game *game, struct rules_call *call, unsigned words)
{
    struct crossword *state = game->state;
    int challenger = (int)call->actor;
    int challengee = 1 - challenger;
    state->can_challenge = false;
    if (state->challenge == CHALLENGE_DOUBLE) {
        call->keeps_turn = false;
        game->on_turn = challengee;
        add_points(game, call, HISTORY_TURN_LOSS, challenger, &state->racks[challenger], 0);
        state->scoreless++;
    } else {
        int bonus = state->challenge == CHALLENGE_SINGLE      ? 0
                    : state->challenge == CHALLENGE_TEN_POINT ? 10
                    : words != 0                              ? 5 * count_words(words)
                                                              : 5;
        add_points(game, call, HISTORY_BONUS, challengee, &state->racks[challengee], bonus);
    }
    if (state->player_out != RULES_NO_WINNER)
        end_by_going_out(game, call);
    else if (state->challenge == CHALLENGE_DOUBLE)
        end_if_scoreless(game, call, challenger);
}

static void record_challenge(struct rules_call *call, unsigned words)
{
    text_add_string(&call->record, "challenge");
    for (int i = 0; i < PLAY_WORDS_MAX; i++) {
        if ((words & 1u << i) == 0)
            continue;
        text_add_char(&call->record, ' ');
        text_add_number(&call->record, i);
    }
}

static bool refuse_challenge(const struct rules_game *game, struct rules_call *call)
{
    const struct crossword *state = game->state;
    if (state->challenge == CHALLENGE_VOID || !state->can_challenge) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "NOTHING_TO_CHALLENGE",
                     "there is no placement to challenge");
        return true;
    }
    if (game->options.lexicon != NULL || call->replayed != NULL)
        return false;
    rules_refuse(call, STATUS_UNAVAILABLE, "NO_LEXICON", "the lexicon is not at hand");
    return true;
}

static void play_challenge(struct rules_game *game, struct rules_call *call)
{
    struct crossword *state = game->state;
    unsigned words = 0;
    int challenger = (int)call->actor;
    if (refuse_challenge(game, call))
        return;
    if (!read_challenged(state, call, &words)) {
        rules_refuse_malformed(call, "a challenge may name words by number, 0 to %d",
                               state->play.word_count - 1);
        return;
    }
    bool phony = is_phony(game, call, words);
    call->keeps_turn = true;
    record_challenge(call, words);
    if (phony)
        take_back(game, call, 1 - challenger);
    if (state->challenge == CHALLENGE_TRIPLE) {
        rules_finish(game, call, RULES_END_TRIPLE_CHALLENGE, phony ? challenger : 1 - challenger);
    } else if (phony) {
        end_if_scoreless(game, call, 1 - challenger);
    } else {
        fail_challenge(game, call, words);
    }
}

static const struct {
    const char *verb;
    void (*play)(struct rules_game *game, struct rules_call *call);
} moves[] = {
    {"place", play_place},
    {"exchange", play_exchange},
    {"pass", play_pass},
    {"challenge", play_challenge},
};

static void crossword_play(struct rules_game *game, struct rules_call *call)
{
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        if (!text_span_is(call->verb, moves[i].verb))
            continue;
        moves[i].play(game, call);
        return;
    }
    rules_refuse(call, STATUS_INVALID_ARGUMENT, "UNKNOWN_MOVE",
                 "place, exchange, pass, challenge or resign");
}

const struct rules_set rules_crossword = {
    .name = "crossword",
    .state_size = sizeof(struct crossword),
    .create = crossword_create,
    .play = crossword_play,
    .timeout = crossword_timeout,
    .close = crossword_close,
    .encode = crossword_encode,
    .decode = crossword_decode,
    .decoded = crossword_decoded,
    .view = crossword_view,
    .view_turn = crossword_view_turn,
};
