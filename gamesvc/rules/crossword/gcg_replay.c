/* Plays recorded games again, strictly, and writes down what they come to. */
#include "gamesvc/rules/crossword/gcg_replay.h"

#include <assert.h>
#include <string.h>

void gcg_replay_init(struct gcg_replay *replay, const struct gcg *gcg)
{
    *replay = (struct gcg_replay){
        .on_turn = -1,
        .bag = gcg->set->total - GCG_PLAYERS * RACK_SIZE,
        .rack_size = {RACK_SIZE, RACK_SIZE},
        .player_out = -1,
    };
    board_init(&replay->board, gcg->layout, gcg->set);
}

/* ---- checks that several events share ---------------------------------------------------- */

static enum status check_on_turn(const struct gcg_replay *replay, const struct gcg_event *event,
                                 struct fault *out_fault)
{
    if (replay->state == REPLAY_OVER || replay->has_time[0] || replay->has_time[1])
        return fault_set(out_fault, event->line, 1, "a move after the end");
    if (replay->scoreless >= SCORELESS_TURNS_MAX)
        return fault_set(out_fault, event->line, 1, "a move after %d scoreless turns",
                         SCORELESS_TURNS_MAX);
    if (replay->on_turn >= 0 && replay->on_turn != event->player)
        return fault_set(out_fault, event->line, 2, "this player is not on turn");
    if (replay->state == REPLAY_WAITING && (event->type != GCG_PASS || replay->has_final_pass))
        return fault_set(out_fault, event->line, 1, "only one pass can follow the last play");
    return STATUS_OK;
}

/* How many tiles a rack shows is not checked: it may be known in part, and by mistake in excess. */
static enum status check_rack(const struct gcg_replay *replay, const struct gcg_event *event,
                              struct fault *out_fault)
{
    if (tiles_contain(&replay->board.unseen, &event->rack))
        return STATUS_OK;
    return fault_set(out_fault, event->line, 1, "the rack has tiles that are not unseen");
}

static enum status check_total(const struct gcg_event *event, int32_t total,
                               struct fault *out_fault)
{
    if (event->cumulative == total)
        return STATUS_OK;
    return fault_set(out_fault, event->line, 1, "the total is %d, not %d", (int)total,
                     (int)event->cumulative);
}

/* ---- moves ------------------------------------------------------------------------------- */

static void end_move(struct gcg_replay *replay, const struct gcg_event *event)
{
    replay->total[event->player] = event->cumulative;
    replay->on_turn = 1 - event->player;
}

static enum status check_place(const struct gcg_replay *replay, const struct gcg_event *event,
                               const struct placement *placement, struct fault *out_fault)
{
    enum status status = check_on_turn(replay, event, out_fault);
    if (status == STATUS_OK)
        status = check_rack(replay, event, out_fault);
    if (status != STATUS_OK)
        return status;
    enum placement_fault misfit = board_check(&replay->board, placement);
    if (misfit != PLACEMENT_FITS)
        return fault_set(out_fault, event->line, 1, "%s", placement_fault_text(misfit));
    struct tiles used = placement_tiles(placement);
    if (!tiles_contain(&event->rack, &used))
        return fault_set(out_fault, event->line, 1, "a tile played is not on the rack");
    if (tiles_total(&used) > replay->rack_size[event->player])
        return fault_set(out_fault, event->line, 1, "the player holds only %d tiles",
                         replay->rack_size[event->player]);
    return STATUS_OK;
}

static enum status step_place(struct gcg_replay *replay, const struct gcg_event *event,
                              struct gcg_step *step, struct fault *out_fault)
{
    int player = event->player;
    step->placement = event->placement;
    placement_normalise(&replay->board, &step->placement);
    enum status status = check_place(replay, event, &step->placement, out_fault);
    if (status != STATUS_OK)
        return status;
    board_place(&replay->board, &step->placement, &step->play);
    if (event->withdrawn)
        step->play.score = 0;
    if (event->score != step->play.score)
        return fault_set(out_fault, event->line, 1, "the play scores %d, not %d", step->play.score,
                         (int)event->score);
    status = check_total(event, replay->total[player] + step->play.score, out_fault);
    if (status != STATUS_OK)
        return status;
    int placed = step->play.tile_count;
    int drawn = placed < replay->bag ? placed : replay->bag;
    replay->placement = step->placement;
    replay->placement_rack = event->rack;
    replay->play = step->play;
    replay->placement_drawn = drawn;
    replay->placement_scoreless = replay->scoreless;
    replay->can_challenge = true;
    replay->bag -= drawn;
    replay->rack_size[player] += drawn - placed;
    replay->scoreless = 0;
    end_move(replay, event);
    if (replay->rack_size[player] == 0) {
        replay->state = REPLAY_WAITING;
        replay->player_out = player;
    }
    return STATUS_OK;
}

static enum status step_pass(struct gcg_replay *replay, const struct gcg_event *event,
                             struct gcg_step *step, struct fault *out_fault)
{
    enum status status = check_on_turn(replay, event, out_fault);
    if (status == STATUS_OK)
        status = check_rack(replay, event, out_fault);
    if (status == STATUS_OK)
        status = check_total(event, replay->total[event->player], out_fault);
    if (status != STATUS_OK)
        return status;
    step->is_final_pass = replay->state == REPLAY_WAITING;
    if (step->is_final_pass)
        replay->has_final_pass = true;
    else
        replay->scoreless++;
    replay->can_challenge = false;
    end_move(replay, event);
    return STATUS_OK;
}

static enum status step_exchange(struct gcg_replay *replay, const struct gcg_event *event,
                                 struct fault *out_fault)
{
    enum status status = check_on_turn(replay, event, out_fault);
    if (status == STATUS_OK)
        status = check_rack(replay, event, out_fault);
    if (status == STATUS_OK)
        status = check_total(event, replay->total[event->player], out_fault);
    if (status != STATUS_OK)
        return status;
    if (replay->bag < EXCHANGE_BAG_MIN)
        return fault_set(out_fault, event->line, 1, "an exchange with %d tiles in the bag",
                         replay->bag);
    if (event->exchanged_count > replay->rack_size[event->player] ||
        !tiles_contain(&event->rack, &event->exchanged))
        return fault_set(out_fault, event->line, 1, "a tile exchanged is not on the rack");
    replay->scoreless++;
    replay->can_challenge = false;
    end_move(replay, event);
    return STATUS_OK;
}

/* ---- what follows a placement ------------------------------------------------------------ */

static bool follows_own_placement(const struct gcg_replay *replay, const struct gcg_event *event)
{
    return replay->can_challenge && replay->on_turn == 1 - event->player;
}

static void take_back(struct gcg_replay *replay, const struct gcg_event *event)
{
    int player = event->player;
    board_take_back(&replay->board, &replay->placement);
    replay->bag += replay->placement_drawn;
    replay->rack_size[player] += replay->play.tile_count - replay->placement_drawn;
    replay->total[player] -= replay->play.score;
    replay->scoreless = replay->placement_scoreless + 1;
    replay->state = REPLAY_PLAYING;
    replay->player_out = -1;
    replay->can_challenge = false;
}

static enum status step_phony(struct gcg_replay *replay, const struct gcg_event *event,
                              struct gcg_step *step, struct fault *out_fault)
{
    if (!follows_own_placement(replay, event)) {
        /* Old files: a withdrawn play that is not recorded itself counts as a pass. */
        if (event->lost_unsaid)
            return step_pass(replay, event, step, out_fault);
        return fault_set(out_fault, event->line, 1, "no play of this player to take back");
    }
    if (!tiles_equal(&event->rack, &replay->placement_rack))
        return fault_set(out_fault, event->line, 1, "the rack differs from that of the play");
    if (!event->lost_unsaid && event->score != -replay->play.score)
        return fault_set(out_fault, event->line, 1, "the play scored %d, not %d",
                         replay->play.score, (int)-event->score);
    enum status status =
        check_total(event, replay->total[event->player] - replay->play.score, out_fault);
    if (status != STATUS_OK)
        return status;
    step->score = -replay->play.score;
    take_back(replay, event);
    return STATUS_OK;
}

static enum status step_bonus(struct gcg_replay *replay, const struct gcg_event *event,
                              struct fault *out_fault)
{
    if (!follows_own_placement(replay, event))
        return fault_set(out_fault, event->line, 1,
                         "a challenge bonus without a play of this player before it");
    /* The rack should be the player's new one; writers put all sorts of racks there. */
    enum status status = check_total(event, replay->total[event->player] + event->score, out_fault);
    if (status != STATUS_OK)
        return status;
    replay->total[event->player] = event->cumulative;
    replay->can_challenge = false;
    return STATUS_OK;
}

/* ---- the end ----------------------------------------------------------------------------- */

static enum status step_rack_points(struct gcg_replay *replay, const struct gcg_event *event,
                                    struct fault *out_fault)
{
    if (replay->player_out != event->player || replay->has_rack_points)
        return fault_set(out_fault, event->line, 1, "this player has not gone out");
    if (!tiles_equal(&event->rack, &replay->board.unseen))
        return fault_set(out_fault, event->line, 1, "the rack is not what is unseen");
    int value = tiles_value(&event->rack, replay->board.set);
    bool once = value > 0 && event->score == value;
    if (event->score != 2 * value && !once)
        return fault_set(out_fault, event->line, 1, "the rack counts %d, not %d", 2 * value,
                         (int)event->score);
    if (replay->international && !once)
        return fault_set(out_fault, event->line, 1, "the rack has been counted once already");
    enum status status = check_total(event, replay->total[event->player] + event->score, out_fault);
    if (status != STATUS_OK)
        return status;
    replay->total[event->player] = event->cumulative;
    replay->international = replay->international || once;
    replay->has_rack_points = true;
    replay->can_challenge = false;
    replay->state = REPLAY_OVER;
    return STATUS_OK;
}

/* Six scoreless turns: each player's own rack counts against them. International endings: so does
 * the rack of the player who did not go out. */
static enum status check_penalty(const struct gcg_replay *replay, const struct gcg_event *event,
                                 struct fault *out_fault)
{
    if (replay->has_penalty[event->player])
        return fault_set(out_fault, event->line, 1, "the rack has been counted already");
    if (replay->player_out >= 0) {
        bool may_count = replay->player_out == 1 - event->player &&
                         (!replay->has_rack_points || replay->international);
        if (!may_count || !tiles_equal(&event->rack, &replay->board.unseen))
            return fault_set(out_fault, event->line, 1, "a rack penalty that nothing calls for");
        return STATUS_OK;
    }
    if (replay->scoreless < SCORELESS_TURNS_MAX)
        return fault_set(out_fault, event->line, 1, "a rack penalty after %d scoreless turns",
                         replay->scoreless);
    struct tiles racks = replay->penalised;
    tiles_add(&racks, &event->rack);
    if (tiles_total(&event->rack) != replay->rack_size[event->player] ||
        !tiles_contain(&replay->board.unseen, &racks))
        return fault_set(out_fault, event->line, 1, "this cannot be the player's rack");
    return STATUS_OK;
}

static enum status step_rack_penalty(struct gcg_replay *replay, const struct gcg_event *event,
                                     struct fault *out_fault)
{
    enum status status = check_penalty(replay, event, out_fault);
    if (status != STATUS_OK)
        return status;
    int value = tiles_value(&event->rack, replay->board.set);
    if (event->score != -value)
        return fault_set(out_fault, event->line, 1, "the rack counts %d, not %d", value,
                         (int)-event->score);
    status = check_total(event, replay->total[event->player] + event->score, out_fault);
    if (status != STATUS_OK)
        return status;
    replay->total[event->player] = event->cumulative;
    replay->has_penalty[event->player] = true;
    replay->international = replay->player_out >= 0;
    tiles_add(&replay->penalised, &event->rack);
    replay->can_challenge = false;
    replay->state = REPLAY_OVER;
    return STATUS_OK;
}

static enum status step_time(struct gcg_replay *replay, const struct gcg_event *event,
                             struct fault *out_fault)
{
    if (replay->has_time[event->player])
        return fault_set(out_fault, event->line, 1, "a second time penalty for this player");
    enum status status = check_total(event, replay->total[event->player] + event->score, out_fault);
    if (status != STATUS_OK)
        return status;
    replay->total[event->player] = event->cumulative;
    replay->has_time[event->player] = true;
    replay->can_challenge = false;
    return STATUS_OK;
}

enum status gcg_replay_step(struct gcg_replay *replay, const struct gcg_event *event,
                            struct gcg_step *out_step, struct fault *out_fault)
{
    out_step->is_final_pass = false;
    out_step->score = event->score;
    switch (event->type) {
    case GCG_PLACE:
        return step_place(replay, event, out_step, out_fault);
    case GCG_PASS:
        return step_pass(replay, event, out_step, out_fault);
    case GCG_EXCHANGE:
        return step_exchange(replay, event, out_fault);
    case GCG_PHONY:
        return step_phony(replay, event, out_step, out_fault);
    case GCG_BONUS:
        return step_bonus(replay, event, out_fault);
    case GCG_RACK_POINTS:
        return step_rack_points(replay, event, out_fault);
    case GCG_RACK_PENALTY:
        return step_rack_penalty(replay, event, out_fault);
    case GCG_TIME:
        return step_time(replay, event, out_fault);
    }
    assert(!"an event of no type");
    return STATUS_INTERNAL;
}

/* ---- writing ----------------------------------------------------------------------------- */

static const char *type_name(const struct gcg_event *event, const struct gcg_step *step)
{
    switch (event->type) {
    case GCG_PLACE:
        return "PLACE";
    case GCG_PASS:
        return step->is_final_pass ? "FINALPASS" : "PASS";
    case GCG_EXCHANGE:
        return "EXCH";
    case GCG_PHONY:
        return "PHONY";
    case GCG_BONUS:
        return "CHALBONUS";
    case GCG_RACK_POINTS:
        return "RACKPTS";
    case GCG_RACK_PENALTY:
        return "RACKPEN";
    case GCG_TIME:
        return "TIME";
    }
    return "";
}

static void write_span(const struct gcg *gcg, struct text_span span, struct text *text)
{
    if (span.size > 0)
        gcg_write_span(gcg, span, text);
    else
        text_add_char(text, '-');
}

static void write_words(const struct gcg_replay *replay, const struct play *play, struct text *text)
{
    for (int i = 0; i < play->word_count; i++) {
        if (i > 0)
            text_add_char(text, ',');
        board_write_word(&replay->board, play->words[i], text);
    }
}

static void write_row(const struct gcg *gcg, const struct gcg_replay *replay, int number,
                      const struct gcg_step *step, struct text *text)
{
    const struct gcg_event *event = &gcg->events[number];
    bool hides_rack = event->type == GCG_BONUS || event->type == GCG_TIME;
    bool places = event->type == GCG_PLACE;
    text_add_number(text, number);
    text_add_char(text, '\t');
    text_add_string(text, type_name(event, step));
    text_add_char(text, '\t');
    write_span(gcg, gcg->players[event->player].nick, text);
    text_add_char(text, '\t');
    write_span(gcg, hides_rack ? (struct text_span){0} : event->rack_text, text);
    text_add_char(text, '\t');
    if (places)
        placement_write_position(&step->placement, text);
    else
        text_add_char(text, '-');
    text_add_char(text, '\t');
    if (places)
        placement_write_tiles(&step->placement, text);
    else
        write_span(gcg, event->type == GCG_EXCHANGE ? event->exchanged_text : (struct text_span){0},
                   text);
    text_add_char(text, '\t');
    text_add_number(text, step->score);
    text_add_char(text, '\t');
    text_add_number(text, event->cumulative);
    text_add_char(text, '\t');
    text_add_number(text, replay->bag);
    text_add_char(text, '\t');
    if (places)
        write_words(replay, &step->play, text);
    else
        text_add_char(text, '-');
    text_add_char(text, '\n');
}

static const char *state_name(enum replay_state state)
{
    switch (state) {
    case REPLAY_PLAYING:
        return "PLAYING";
    case REPLAY_WAITING:
        return "WAITING_FOR_FINAL_PASS";
    case REPLAY_OVER:
        return "OVER";
    }
    return "";
}

static void write_final(const struct gcg *gcg, const struct gcg_replay *replay, struct text *text)
{
    int on_turn = replay->on_turn >= 0 ? replay->on_turn : 0;
    text_add_string(text, "final\t");
    text_add_number(text, replay->total[0]);
    text_add_char(text, '\t');
    text_add_number(text, replay->total[1]);
    text_add_string(text, replay->state == REPLAY_OVER ? "\tcomplete" : "\tincomplete");
    text_add_string(text, replay->international ? "\tintl" : "\tstandard");
    text_add_string(text, "\tbag=");
    text_add_number(text, replay->bag);
    text_add_string(text, "\tzero=");
    text_add_number(text, replay->scoreless);
    text_add_string(text, "\tonturn=");
    write_span(gcg, gcg->players[on_turn].nick, text);
    text_add_string(text, "\tstate=");
    text_add_string(text, state_name(replay->state));
    text_add_char(text, '\n');
}

static void write_board(const struct board *board, struct text *text)
{
    for (int row = 0; row < board->layout->size; row++) {
        text_add_string(text, "board\t");
        for (int column = 0; column < board->layout->size; column++)
            text_add_char(text, tile_to_char(board_tile(board, row, column)));
        text_add_char(text, '\n');
    }
}

enum status gcg_replay_write(const struct gcg *gcg, struct text *text, struct fault *out_fault)
{
    struct gcg_replay replay;
    gcg_replay_init(&replay, gcg);
    for (int i = 0; i < gcg->event_count; i++) {
        struct gcg_step step;
        enum status status = gcg_replay_step(&replay, &gcg->events[i], &step, out_fault);
        if (status != STATUS_OK)
            return status;
        write_row(gcg, &replay, i, &step, text);
    }
    write_final(gcg, &replay, text);
    write_board(&replay.board, text);
    return text->full ? STATUS_FULL : STATUS_OK;
}
