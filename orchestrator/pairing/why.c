/* "Why not A against B?": pairs again with the two insisted on and compares. */
#include "orchestrator/pairing/field.h"

#include <assert.h>
#include <string.h>

static int64_t cost_named(const struct pairing_output *output, const char *name)
{
    for (int i = 0; i < output->costs_count; i++)
        if (strcmp(output->costs[i].name, name) == 0)
            return output->costs[i].value;
    return 0;
}

static const struct pairing_pair *pair_of(const struct pairing_output *output, int one, int other)
{
    for (int i = 0; i < output->pairs_count; i++) {
        const struct pairing_pair *pair = &output->pairs[i];
        if ((pair->first == one && pair->second == other) ||
            (pair->first == other && pair->second == one))
            return pair;
    }
    return NULL;
}

/* The pair or rest a player has, in words. */
static const char *fate_of(const struct pairing_input *input, const struct pairing_output *output,
                           int player, struct arena *arena)
{
    for (int i = 0; i < output->pairs_count; i++) {
        const struct pairing_pair *pair = &output->pairs[i];
        if (pair->first != player && pair->second != player)
            continue;
        int opponent = pair->first == player ? pair->second : pair->first;
        return arena_format(arena, "#%d plays #%d: %s", input->players[player].seed,
                            input->players[opponent].seed, pair->reason);
    }
    for (int i = 0; i < output->rests_count; i++)
        if (output->rests[i].player == player)
            return arena_format(arena, "#%d does not play: %s", input->players[player].seed,
                                output->rests[i].reason);
    return "nobody was paired";
}

static void differences_fill(const struct pairing_output *made,
                             const struct pairing_output *insisted, struct pairing_why *out)
{
    const struct pairing_output *longer =
        made->costs_count >= insisted->costs_count ? made : insisted;
    bool decided = false;
    for (int i = 0; i < longer->costs_count; i++) {
        const char *name = longer->costs[i].name;
        int64_t change = cost_named(insisted, name) - cost_named(made, name);
        out->costs[out->costs_count++] = (struct pairing_cost){.name = name, .value = change};
        if (change != 0 && !decided) {
            decided = true;
            out->dearer = change > 0;
        }
    }
}

static const char *difference_text(const struct pairing_why *why, struct arena *arena)
{
    for (int i = 0; i < why->costs_count; i++)
        if (why->costs[i].value != 0)
            return arena_format(arena,
                                "possible, but with it the whole round costs %lld more in "
                                "\"%s\"",
                                (long long)why->costs[i].value, why->costs[i].name);
    return "possible at the same price: the order of the players decided";
}

static const char *conflict_text(const struct pairing_output *output)
{
    return output->conflicts_count > 0 ? output->conflicts[0].text
                                       : "with it the others cannot be paired";
}

static bool is_player(const struct pairing_input *input, int index)
{
    return index >= 0 && index < input->players_count;
}

static const char *forbidden_text(const struct pairing_input *input, int one, int other,
                                  struct arena *arena)
{
    int team = input->players[one].team;
    if (input->policy->teams_apart && team != 0 && team == input->players[other].team)
        return "they may not meet: they are of one team";
    for (int i = 0; i < input->forbidden_count; i++) {
        const struct pairing_forbidden *pair = &input->forbidden[i];
        if ((pair->one == one && pair->other == other) ||
            (pair->one == other && pair->other == one))
            return arena_format(arena, "they may not meet%s%s", pair->reason == NULL ? "" : ": ",
                                pair->reason == NULL ? "" : pair->reason);
    }
    return NULL;
}

/* Whether a player's pair or rest was settled before the method was asked. */
static bool is_given(const struct pairing_output *output, int player)
{
    for (int i = 0; i < output->pairs_count; i++)
        if (output->pairs[i].first == player || output->pairs[i].second == player)
            return output->pairs[i].fixed;
    for (int i = 0; i < output->rests_count; i++) {
        if (output->rests[i].player != player)
            continue;
        switch (output->rests[i].kind) {
        case PAIRING_REST_REQUESTED:
        case PAIRING_REST_ABSENT:
        case PAIRING_REST_WITHDRAWN:
        case PAIRING_REST_SUSPENDED:
        case PAIRING_REST_NOT_YET:
        case PAIRING_REST_ELIMINATED:
            return true;
        case PAIRING_REST_BYE:
        case PAIRING_REST_OPPONENT_AWAY:
        case PAIRING_REST_WAITING:
        case PAIRING_REST_UNPAIRED:
            break;
        }
    }
    return false;
}

/* Fixes the pair by hand: for methods that do not weigh. */
static enum status fix_and_ask(const struct pairing_input *input, const struct pairing_output *made,
                               int one, int other, struct arena *arena, struct pairing_why *out,
                               struct fault *out_fault)
{
    struct pairing_fixed *fixed = arena_array(arena, (size_t)input->fixed_count + 1, sizeof *fixed);
    if (fixed == NULL)
        return STATUS_FULL;
    for (int i = 0; i < input->fixed_count; i++)
        fixed[i] = input->fixed[i];
    fixed[input->fixed_count] = (struct pairing_fixed){.first = one, .second = other};
    struct pairing_input asked = *input;
    struct pairing_output output;
    asked.fixed = fixed;
    asked.fixed_count++;
    enum status status = pairing_make(&asked, arena, &output, out_fault);
    if (status != STATUS_OK)
        return status;
    out->possible = output.verdict == PAIRING_MADE;
    out->text = out->possible ? arena_format(arena, "not by this method: %s; %s",
                                             fate_of(input, made, one, arena),
                                             fate_of(input, made, other, arena))
                              : conflict_text(&output);
    return out->text == NULL ? STATUS_FULL : STATUS_OK;
}

enum status pairing_why_not(const struct pairing_input *input, const struct pairing_output *made,
                            int one, int other, struct arena *arena, struct pairing_why *out,
                            struct fault *out_fault)
{
    assert(input != NULL && made != NULL && arena != NULL && out != NULL);
    if (!is_player(input, one) || !is_player(input, other) || one == other)
        return fault_set(out_fault, 0, 0, "these are not two players");
    struct pairing_why why = {0};
    const struct pairing_pair *pair = pair_of(made, one, other);
    why.text = pair != NULL ? "they are paired" : forbidden_text(input, one, other, arena);
    if (why.text == NULL && is_given(made, one))
        why.text = fate_of(input, made, one, arena);
    if (why.text == NULL && is_given(made, other))
        why.text = fate_of(input, made, other, arena);
    why.possible = pair != NULL;
    if (why.text != NULL) {
        *out = why;
        return STATUS_OK;
    }
    struct pairing_output insisted;
    enum status status = pairing_make_insisting(input, one, other, arena, &insisted, out_fault);
    if (status != STATUS_OK)
        return status;
    if (insisted.verdict == PAIRING_MADE && insisted.costs_count > 0 &&
        pair_of(&insisted, one, other) != NULL) {
        why.possible = true;
        differences_fill(made, &insisted, &why);
        why.text = difference_text(&why, arena);
        status = why.text == NULL ? STATUS_FULL : STATUS_OK;
    } else if (insisted.verdict == PAIRING_IMPOSSIBLE) {
        why.text = conflict_text(&insisted);
    } else {
        status = fix_and_ask(input, made, one, other, arena, &why, out_fault);
    }
    if (status == STATUS_OK)
        *out = why;
    return status;
}
