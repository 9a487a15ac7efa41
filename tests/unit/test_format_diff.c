/* format_diff: two versions of a policy, and the rows a director would read. */
#include "orchestrator/format/format_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY_MAX = 64 << 20, TEXT_MAX = 4096 };

static const struct format *read_policy(struct arena *arena, const char *top, const char *division)
{
    char text[TEXT_MAX];
    struct yaml_faults faults = {.arena = arena};
    const struct format *format = NULL;
    (void)snprintf(
        text, sizeof text,
        "tournament: t\n%s\ndivisions:\n  - name: open\n    game: {rules: reported}\n%s\n", top,
        division); /* short */
    if (format_read(arena, text, strlen(text), &faults, &format) != STATUS_OK)
        fail_msg("%s", faults.items[0].text);
    return format;
}

struct version {
    const char *top;
    const char *division;
};

static void want(const struct version *before, const struct version *after,
                 const struct format_progress *progress, const char *rows)
{
    struct arena arena;
    struct buffer out = {0};
    struct format_diff diff;
    arena_init(&arena, MEMORY_MAX);
    const struct format *old = read_policy(&arena, before->top, before->division);
    const struct format *new = read_policy(&arena, after->top, after->division);
    assert_int_equal(format_diff(&arena, old, new, progress, &diff), STATUS_OK);
    format_diff_print(&diff, &out);
    assert_string_equal(buffer_text(&out), rows);
    buffer_deinit(&out);
    arena_deinit(&arena);
}

static void what_is_only_written_differently_is_no_change(void **state)
{
    (void)state;
    want(&(struct version){"", "    rounds: 7"},
         &(struct version){
             "# a comment\ntime: {countdown: 0s, zone: UTC}",
             "    order: SPREAD\n    rounds: 7\n    pairing: {1-3: swiss, 4-7: swiss}"},
         NULL, "");
}

static void each_kind_of_value_is_shown_as_one_writes_it(void **state)
{
    (void)state;
    want(
        &(struct version){
            "entry: {registration: invited, invited: [ann]}\nauthority: {undo: director L3}",
            "    rounds: 7"},
        &(struct version){"time: {countdown: 90s, zone: Europe/Berlin}\n"
                          "entry: {capacity: 40, registration: invited, invited: [ann, bob]}\n"
                          "authority: {undo: assistant director L4 reason}",
                          "    rounds: 8\n    points: {draw: 0.4}\n    next_round: director"},
        NULL,
        "L4  time.zone: UTC -> Europe/Berlin  (for the next event)\n"
        "L2  time.countdown: 0s -> 90s  (from the next round on)\n"
        "L1  entry.invited: [ann] -> [ann, bob]  (at once)\n"
        "L2  entry.capacity: 10000 -> 40  (at once)\n"
        "L4  authority.undo: director L3 -> assistant director L4 reason  (for the next event)\n"
        "L4  divisions.open.rounds: 7 -> 8  (from the next round on)\n"
        "L2  divisions.open.next_round: automatic -> director  (at once)\n"
        "L4  divisions.open.points.draw: 0.5 -> 0.4  (at once)\n");
}

static void pairing_is_compared_round_by_round(void **state)
{
    (void)state;
    static const struct version before = {"", "    rounds: 7\n    pairing: {1-7: swiss}"};
    static const struct version after = {
        "",
        "    rounds: 7\n    pairing:\n      1-3: swiss\n      4-6: {method: swiss, repeats: 2}\n"
        "      7: king_of_the_hill"};
    want(&before, &after, &(struct format_progress){.has_begun = true, .rounds_paired = 6},
         "L1  divisions.open.pairing.4-6: swiss -> swiss, repeats: 2  (from the next round on; "
         "these rounds have been paired)\n"
         "L3  divisions.open.pairing.7: swiss -> king_of_the_hill  (from the next round on)\n");
}

static void lists_say_what_is_gone_and_what_is_new(void **state)
{
    (void)state;
    want(
        &(struct version){"", "    rounds: 7\n    forbidden_pairs:\n"
                              "      - {one: ann, other: bob}\n      - {one: eve, other: bob}"},
        &(struct version){"", "    rounds: 7\n    forbidden_pairs:\n"
                              "      - {one: eve, other: bob}\n"
                              "      - {one: kim, other: leo, rounds: 1-3}\n"
                              "  - {name: b, rounds: 3, game: {rules: reported}}"},
        NULL,
        "L3  divisions.open.forbidden_pairs: - [{one: ann, other: bob}]  (from the next round on)\n"
        "L3  divisions.open.forbidden_pairs: + [{one: kim, other: leo, rounds: 1-3}]  (from the "
        "next round on)\n"
        "L5  divisions.b: + b  (for the next event)\n");
}

static void the_event_s_state_and_rules_move_the_level(void **state)
{
    (void)state;
    static const struct version seven = {"", "    rounds: 7"};
    static const struct version six = {"", "    rounds: 6\n    order: BH"};
    static const struct version frozen = {"changes: {frozen: [divisions.order], level_min: L3}",
                                          "    rounds: 7"};
    static const struct version less_order = {
        "changes: {frozen: [divisions.order], level_min: L3}",
        "    rounds: 7\n    order: BH\n    next_round: director"};
    want(&seven, &six, &(struct format_progress){0},
         "L1  divisions.open.rounds: 7 -> 6  (at once; the event has not begun)\n"
         "L1  divisions.open.order: SPREAD -> BH  (at once; the event has not begun)\n");
    want(&seven, &six, &(struct format_progress){.has_begun = true, .rounds_paired = 7},
         "L5  divisions.open.rounds: 7 -> 6  (from the next round on; more rounds have been "
         "paired)\n"
         "L4  divisions.open.order: SPREAD -> BH  (at once)\n");
    want(&frozen, &less_order, NULL,
         "L3  divisions.open.next_round: automatic -> director  (at once; "
         "changes.level_min)\n"
         "L5  divisions.open.order: SPREAD -> BH  (at once; changes.frozen names "
         "it)\n");
    want(&(struct version){"changes: {allowed: false}", "    rounds: 7"},
         &(struct version){"changes: {allowed: false}", "    rounds: 8"}, NULL,
         "L5  divisions.open.rounds: 7 -> 8  (from the next round on; changes.allowed is false)\n");
}

static void a_small_arena_is_full(void **state)
{
    (void)state;
    struct arena arena, small;
    struct format_diff diff;
    arena_init(&arena, MEMORY_MAX);
    const struct format *one = read_policy(&arena, "", "    rounds: 7");
    const struct format *other = read_policy(&arena, "", "    rounds: 9\n    order: BH");
    for (size_t limit = 16; limit <= 256; limit *= 2) {
        arena_init(&small, limit);
        assert_int_equal(format_diff(&small, one, other, NULL, &diff), STATUS_FULL);
        arena_deinit(&small);
    }
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_only_written_differently_is_no_change),
        cmocka_unit_test(each_kind_of_value_is_shown_as_one_writes_it),
        cmocka_unit_test(pairing_is_compared_round_by_round),
        cmocka_unit_test(lists_say_what_is_gone_and_what_is_new),
        cmocka_unit_test(the_event_s_state_and_rules_move_the_level),
        cmocka_unit_test(a_small_arena_is_full),
    };
    return cmocka_run_group_tests_name("format_diff", tests, NULL, NULL);
}
