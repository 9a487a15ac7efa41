/* Keys of `entry`: who may play, seen in two events that differ in one key. */
#include "base/attr.h"
#include "tests/contract/keys_scene.h"

static const char *ann_registers(struct clockwork *house)
{
    create(house, 1);
    return asked(house, "ann", "POST", EVENT "/registration", "{}");
}

/* The third of an event for two. */
static const char *third_registers(struct clockwork *house)
{
    create(house, 3);
    (void)asked(house, "ann", "POST", EVENT "/registration", "{}");
    (void)asked(house, "bob", "POST", EVENT "/registration", "{}");
    const char *seen = asked(house, "cat", "POST", EVENT "/registration", "{}");
    return text_of("%s; %s", seen,
                   clockwork_read(house, "SELECT status FROM entrants WHERE player_id = 'cat'"));
}

static const char *ann_leaves_and_returns(struct clockwork *house)
{
    enter(house, 4);
    start(house);
    (void)report_games(house);
    (void)asked(house, "ann", "DELETE", EVENT "/registration", "");
    return asked(house, "ann", "POST", EVENT "/return", "{}");
}

static const struct key_case cases[] = {
    KEY(a_rating_above_the_highest_does_not_enter, .a = "0", .b = "1400",
        .policy = "entry: {registration: open, rating_max: $}\n", .play = ann_registers,
        .seen_a = "200", .seen_b = "409 this division is for ratings up to 1400"),
    KEY(too_few_rated_games_do_not_enter, .a = "0", .b = "1",
        .policy = "entry: {registration: open, games_min: $}\n", .play = ann_registers,
        .seen_a = "200", .seen_b = "409 this division is for players with 1 rated games or more"),
    KEY(a_new_account_does_not_enter, .a = "0s", .b = "1d",
        .policy = "entry: {registration: open, account_age: $}\n", .play = ann_registers,
        .seen_a = "200", .seen_b = "409 this division is for accounts older than yours"),
    KEY(those_past_the_capacity_wait, .a = "true", .b = "false",
        .policy = "entry: {registration: open, capacity: 2, waiting_list: $}\n",
        .play = third_registers, .seen_a = "200; waiting",
        .seen_b = "409 this division is full, or the player has entered already; "),
    KEY(who_has_left_comes_back, .a = "true", .b = "false", .policy = "entry: {may_return: $}\n",
        .rounds = 3, .play = ann_leaves_and_returns, .seen_a = "200",
        .seen_b = "409 who has left this event cannot return"),
};

int main(void)
{
    return keys_run(cases, COUNT_OF(cases));
}
