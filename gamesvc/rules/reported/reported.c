/* Over the board: the game is played elsewhere, and its result is reported here. What both players
 * report alike is the result; where they differ, or one of them asks, a director decides. */
#include "gamesvc/rules/set.h"

#define SCORE_DEFAULT_MAX 9999
#define SCORE_LIMIT 100000
#define REPORTS_MAX 16 /* of one player, so that a quarrel leaves room for the director */

struct report {
    int32_t made; /* how often; the last one counts */
    int32_t score[RULES_SEATS];
};

struct reported {
    struct report reports[RULES_SEATS];
    bool disputed; /* the reports differ, or a player asked for a director */
    bool draws_allowed;
    int32_t score_max;
};

/* Variant, lexicon and challenge rule are those of the table; they are announced, not used. */
static const char *const option_keys[] = {"variant", "lexicon", "challenge", "max", "draws", NULL};

static enum status reported_create(struct rules_game *game, struct fault *out_fault)
{
    struct reported *state = game->state;
    const char *text = game->options.text;
    enum status status = rules_options_check(text, option_keys, out_fault);
    if (status != STATUS_OK)
        return status;
    struct text_span value;
    int64_t max = SCORE_DEFAULT_MAX;
    if (rules_option(text, "max", &value) && !text_span_number(value, 1, SCORE_LIMIT, &max))
        return fault_set(out_fault, 0, 0, "max must be 1 to %d", SCORE_LIMIT);
    bool has_draws = rules_option(text, "draws", &value);
    if (has_draws && !text_span_is(value, "yes") && !text_span_is(value, "no"))
        return fault_set(out_fault, 0, 0, "draws must be yes or no");
    state->draws_allowed = !has_draws || text_span_is(value, "yes");
    state->score_max = (int32_t)max;
    game->on_turn = RULES_NO_WINNER;
    return STATUS_OK;
}

static bool same_score(const struct report *a, const struct report *b)
{
    return a->score[0] == b->score[0] && a->score[1] == b->score[1];
}

static void finish_with(struct rules_game *game, struct rules_call *call,
                        const struct report *report)
{
    game->result.score[0] = report->score[0];
    game->result.score[1] = report->score[1];
    rules_finish(game, call, RULES_END_STANDARD, RULES_BY_SCORE);
}

/* A report that has been checked: a director's is the result, a player's waits for the other's. */
static void take_report(struct rules_game *game, struct rules_call *call, struct report report)
{
    struct reported *state = game->state;
    if (call->actor == RULES_DIRECTOR) {
        finish_with(game, call, &report);
        return;
    }
    int seat = (int)call->actor;
    const struct report *other = &state->reports[1 - seat];
    report.made = state->reports[seat].made + 1;
    state->reports[seat] = report;
    if (other->made > 0 && same_score(&report, other))
        finish_with(game, call, &report);
    else if (other->made > 0)
        state->disputed = true;
}

static bool may_report(const struct rules_game *game, struct rules_call *call)
{
    const struct reported *state = game->state;
    if (call->actor == RULES_DIRECTOR || state->reports[call->actor].made < REPORTS_MAX)
        return true;
    rules_refuse(call, STATUS_FULL, "TOO_MANY_REPORTS", "%d reports are enough; ask a director",
                 REPORTS_MAX);
    return false;
}

static void play_report(struct rules_game *game, struct rules_call *call)
{
    const struct reported *state = game->state;
    int64_t first = 0;
    int64_t second = 0;
    if (!text_read_number(&call->move, -state->score_max, state->score_max, &first) ||
        !text_read_number(&call->move, -state->score_max, state->score_max, &second) ||
        !text_is_done(&call->move)) {
        rules_refuse_malformed(call, "a report is two scores, first player's first, up to %d each",
                               (int)state->score_max);
        return;
    }
    if (first == second && !state->draws_allowed) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "NO_DRAWS",
                     "this game cannot end in a draw");
        return;
    }
    if (!may_report(game, call))
        return;
    rules_record(call, "report %d %d", (int)first, (int)second);
    take_report(game, call, (struct report){.score = {(int32_t)first, (int32_t)second}});
}

static void play_agree(struct rules_game *game, struct rules_call *call)
{
    const struct reported *state = game->state;
    if (call->actor == RULES_DIRECTOR) {
        rules_refuse(call, STATUS_PERMISSION_DENIED, "NOT_ALLOWED", "a director reports a score");
        return;
    }
    const struct report *other = &state->reports[1 - (int)call->actor];
    if (other->made == 0) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "NOTHING_REPORTED",
                     "the other player has not reported yet");
        return;
    }
    if (!may_report(game, call))
        return;
    rules_record(call, "agree");
    take_report(game, call, *other);
}

static void play_dispute(struct rules_game *game, struct rules_call *call)
{
    struct reported *state = game->state;
    if (state->disputed) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "ALREADY_DISPUTED",
                     "a director has been asked for");
        return;
    }
    rules_record(call, "dispute");
    state->disputed = true;
}

static void reported_play(struct rules_game *game, struct rules_call *call)
{
    if (text_span_is(call->verb, "report"))
        play_report(game, call);
    else if (text_span_is(call->verb, "agree") && text_is_done(&call->move))
        play_agree(game, call);
    else if (text_span_is(call->verb, "dispute") && text_is_done(&call->move))
        play_dispute(game, call);
    else
        rules_refuse(call, STATUS_INVALID_ARGUMENT, "UNKNOWN_MOVE",
                     "report FIRST SECOND, agree or dispute");
}

/* ---- state ------------------------------------------------------------------------------- */

static void reported_encode(const struct rules_game *game, struct text *text)
{
    const struct reported *state = game->state;
    for (int seat = 0; seat < RULES_SEATS; seat++) {
        if (state->reports[seat].made == 0)
            continue;
        text_add_string(text, "report ");
        text_add_number(text, seat);
        text_add_char(text, ' ');
        text_add_number(text, state->reports[seat].made);
        text_add_char(text, ' ');
        text_add_number(text, state->reports[seat].score[0]);
        text_add_char(text, ' ');
        text_add_number(text, state->reports[seat].score[1]);
        text_add_char(text, '\n');
    }
    if (state->disputed)
        text_add_string(text, "disputed\n");
}

static bool reported_decode(struct rules_game *game, struct text_span key, struct text_reader *line)
{
    struct reported *state = game->state;
    if (text_span_is(key, "disputed") && !state->disputed) {
        state->disputed = true;
        return text_is_done(line);
    }
    int64_t seat = 0;
    int64_t made = 0;
    int64_t score[RULES_SEATS] = {0};
    if (!text_span_is(key, "report") || !text_read_number(line, 0, 1, &seat) ||
        !text_read_number(line, 1, REPORTS_MAX, &made) ||
        !text_read_number(line, -state->score_max, state->score_max, &score[0]) ||
        !text_read_number(line, -state->score_max, state->score_max, &score[1]) ||
        state->reports[seat].made > 0)
        return false;
    state->reports[seat] = (struct report){(int32_t)made, {(int32_t)score[0], (int32_t)score[1]}};
    return text_is_done(line);
}

static void reported_view(const struct rules_game *game, enum rules_party viewer, struct text *json)
{
    const struct reported *state = game->state;
    (void)viewer; /* nothing here is secret */
    text_add_string(json, ",\"disputed\":");
    text_add_string(json, state->disputed ? "true" : "false");
    text_add_string(json, ",\"reports\":[");
    for (int seat = 0; seat < RULES_SEATS; seat++) {
        const struct report *report = &state->reports[seat];
        text_add_string(json, seat > 0 ? "," : "");
        if (report->made == 0) {
            text_add_string(json, "null");
            continue;
        }
        text_add_char(json, '[');
        text_add_number(json, report->score[0]);
        text_add_char(json, ',');
        text_add_number(json, report->score[1]);
        text_add_char(json, ']');
    }
    text_add_char(json, ']');
}

const struct rules_set rules_reported = {
    .name = "reported",
    .state_size = sizeof(struct reported),
    .director_plays = true,
    .create = reported_create,
    .play = reported_play,
    .encode = reported_encode,
    .decode = reported_decode,
    .view = reported_view,
};
