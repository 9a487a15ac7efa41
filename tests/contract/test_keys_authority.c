/* Keys of `authority`: who may do what, seen in two events that differ in one right. Emil helps
 * dora as an assistant. */
#include "base/attr.h"
#include "tests/contract/keys_scene.h"

#include <string.h>

/* ---- plays --------------------------------------------------------------------------------- */

static const char *preview(struct clockwork *house)
{
    const char *seen = asked(house, "emil", "POST", EVENT "/actions?dry_run=true", row_body());
    return strncmp(seen, "403", 3) == 0 ? seen : "may";
}

static const char *emil_tries_after(struct clockwork *house, int rounds)
{
    enter(house, 4);
    direct(house, "{'action': 'change_directors', 'data': {'add': ['emil'], 'role': "
                  "'assistant'}}");
    start(house);
    for (int i = 0; i < rounds; i++)
        (void)report_games(house);
    return preview(house);
}

static const char *emil_tries(struct clockwork *house)
{
    return emil_tries_after(house, 0);
}

/* Round 1 is the one that is played, the one before, or an older one. */
static const char *emil_tries_in_round_1(struct clockwork *house)
{
    return emil_tries_after(house, 0);
}

static const char *emil_tries_in_round_2(struct clockwork *house)
{
    return emil_tries_after(house, 1);
}

static const char *emil_tries_in_round_3(struct clockwork *house)
{
    return emil_tries_after(house, 2);
}

#define AMEND                                                                                      \
    "{'action': 'amend_result', 'data': {'round': 1, 'board': 1, 'outcome': 'draw', "              \
    "'first_score': 1, 'second_score': 1}}"
#define REFUSED(right) "403 in this event '" right "' is for: director; you are: assistant"

static const char *ann_registers(struct clockwork *house)
{
    create(house, 1);
    return asked(house, "ann", "POST", EVENT "/registration", "{}");
}

static const char *ann_withdraws(struct clockwork *house)
{
    enter(house, 2);
    return asked(house, "ann", "DELETE", EVENT "/registration", "");
}

static const struct key_case cases[] = {
    KEY(the_right_to_return_player, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {return_player: $}\n",
        .body = "{'action': 'return_player', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("return_player"), .seen_b = "may"),
    KEY(the_right_to_check_in, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {check_in: $}\n",
        .body = "{'action': 'check_in', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("check_in"), .seen_b = "may"),
    KEY(the_right_to_undo_check_in, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {undo_check_in: $}\n",
        .body = "{'action': 'undo_check_in', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("undo_check_in"), .seen_b = "may"),
    KEY(the_right_to_request_bye, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {request_bye: $}\n",
        .body = "{'action': 'request_bye', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("request_bye"), .seen_b = "may"),
    KEY(the_right_to_start, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {start: $}\n", .body = "{'action': 'start', 'round': 1, 'board': 1}",
        .play = emil_tries, .seen_a = REFUSED("start"), .seen_b = "may"),
    KEY(the_right_to_pause, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {pause: $}\n", .body = "{'action': 'pause', 'round': 1, 'board': 1}",
        .play = emil_tries, .seen_a = REFUSED("pause"), .seen_b = "may"),
    KEY(the_right_to_resume, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {resume: $}\n",
        .body = "{'action': 'resume', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("resume"), .seen_b = "may"),
    KEY(the_right_to_release_round, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {release_round: $}\n",
        .body = "{'action': 'release_round', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("release_round"), .seen_b = "may"),
    KEY(the_right_to_publish_pairings, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {publish_pairings: $}\n",
        .body = "{'action': 'publish_pairings', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("publish_pairings"), .seen_b = "may"),
    KEY(the_right_to_pair, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {pair: $}\n", .body = "{'action': 'pair', 'round': 1, 'board': 1}",
        .play = emil_tries, .seen_a = REFUSED("pair"), .seen_b = "may"),
    KEY(the_right_to_pair_by_hand, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {pair_by_hand: $}\n",
        .body = "{'action': 'pair_by_hand', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("pair_by_hand"), .seen_b = "may"),
    KEY(the_right_to_re_pair, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {re_pair: $}\n",
        .body = "{'action': 're_pair', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("re_pair"), .seen_b = "may"),
    KEY(the_right_to_unpair, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {unpair: $}\n",
        .body = "{'action': 'unpair', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("unpair"), .seen_b = "may"),
    KEY(the_right_to_swap_players, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {swap_players: $}\n",
        .body = "{'action': 'swap_players', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("swap_players"), .seen_b = "may"),
    KEY(the_right_to_prepair, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {prepair: $}\n",
        .body = "{'action': 'prepair', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("prepair"), .seen_b = "may"),
    KEY(the_right_to_forbid_pair, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {forbid_pair: $}\n",
        .body = "{'action': 'forbid_pair', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("forbid_pair"), .seen_b = "may"),
    KEY(the_right_to_give_bye, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {give_bye: $}\n",
        .body = "{'action': 'give_bye', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("give_bye"), .seen_b = "may"),
    KEY(the_right_to_forfeit, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {forfeit: $}\n",
        .body = "{'action': 'forfeit', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("forfeit"), .seen_b = "may"),
    KEY(the_right_to_add_player, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {add_player: $}\n",
        .body = "{'action': 'add_player', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("add_player"), .seen_b = "may"),
    KEY(the_right_to_remove_player, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {remove_player: $}\n",
        .body = "{'action': 'remove_player', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("remove_player"), .seen_b = "may"),
    KEY(the_right_to_move_player, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {move_player: $}\n",
        .body = "{'action': 'move_player', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("move_player"), .seen_b = "may"),
    KEY(the_right_to_void_board, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {void_board: $}\n",
        .body = "{'action': 'void_board', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("void_board"), .seen_b = "may"),
    KEY(the_right_to_extend_deadline, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {extend_deadline: $}\n",
        .body = "{'action': 'extend_deadline', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("extend_deadline"), .seen_b = "may"),
    KEY(the_right_to_finish, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {finish: $}\n",
        .body = "{'action': 'finish', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("finish"), .seen_b = "may"),
    KEY(the_right_to_reopen, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {reopen: $}\n",
        .body = "{'action': 'reopen', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("reopen"), .seen_b = "may"),
    KEY(the_right_to_change_directors, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {change_directors: $}\n",
        .body = "{'action': 'change_directors', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("change_directors"), .seen_b = "may"),
    KEY(the_right_to_change_policy, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {change_policy: $}\n",
        .body = "{'action': 'change_policy', 'round': 1, 'board': 1}", .play = emil_tries,
        .seen_a = REFUSED("change_policy"), .seen_b = "may"),
    KEY(the_right_to_undo, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {undo: $}\n", .body = "{'action': 'undo', 'round': 1, 'board': 1}",
        .play = emil_tries, .seen_a = REFUSED("undo"), .seen_b = "may"),
    KEY(the_right_to_amend_results, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {amend_result: $}\n", .body = AMEND, .rounds = 3,
        .play = emil_tries_in_round_1, .seen_a = REFUSED("amend_result"), .seen_b = "may"),
    KEY(the_right_to_amend_the_last_round, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {amend_last_round: $}\n", .body = AMEND, .rounds = 3,
        .play = emil_tries_in_round_2, .seen_a = REFUSED("amend_last_round"), .seen_b = "may"),
    KEY(the_right_to_amend_old_rounds, .a = "director L1", .b = "assistant director L1",
        .policy = "authority: {amend_old_round: $}\n", .body = AMEND, .rounds = 3,
        .play = emil_tries_in_round_3, .seen_a = REFUSED("amend_old_round"), .seen_b = "may"),
    KEY(the_right_to_register, .a = "player L1", .b = "director L1",
        .policy = "authority: {register: $}\n", .play = ann_registers, .seen_a = "200",
        .seen_b = "409 the director enters the players of this event"),
    KEY(the_right_to_withdraw, .a = "player L1", .b = "director L1",
        .policy = "authority: {withdraw: $}\n", .play = ann_withdraws, .seen_a = "200",
        .seen_b = "409 in this event the director withdraws players; tell him"),
};

int main(void)
{
    return keys_run(cases, COUNT_OF(cases));
}
