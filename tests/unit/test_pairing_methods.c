/* What all seventeen methods promise alike, held to each of them: pairs and byes given beforehand,
 * who is away, explanations and proofs, and that no fewer constraints than those named would do. */
#include "orchestrator/pairing/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/random.h"

enum { PLAYERS = 16, PAST_MAX = 200, FORBIDDEN_MAX = 16 };

/* What sets a method apart here. */
struct method_facts {
    enum pairing_method method;
    bool proves;       /* pairs by weights, with a certificate */
    bool late_entries; /* who joins later is paired from then on */
    bool forbids;      /* forbidden pairs never meet */
};

static const struct method_facts METHODS[] = {
    {PAIRING_MANUAL, false, false, false},
    {PAIRING_RANDOM, false, true, true},
    {PAIRING_ROUND_ROBIN, false, true, true},
    {PAIRING_TEAM, false, true, true},
    {PAIRING_INTERLEAVED, false, true, true},
    {PAIRING_KING_OF_THE_HILL, false, true, true},
    {PAIRING_FACTOR, true, true, true},
    {PAIRING_FONTES, false, true, true},
    {PAIRING_SWISS, true, true, true},
    {PAIRING_QUICKPAIR, true, true, true},
    {PAIRING_AUSTRALIAN, false, true, true},
    {PAIRING_COP, true, true, true},
    {PAIRING_CHEW, true, true, true},
    {PAIRING_ELIMINATION, false, false, false},
    {PAIRING_DOUBLE_ELIMINATION, true, true, true},
    {PAIRING_ARENA, true, true, true},
    {PAIRING_DUTCH, true, true, true},
};

static struct arena arena;
static struct event {
    struct pairing_player players[PLAYERS];
    struct pairing_past past[PAST_MAX];
    struct pairing_fixed fixed[PLAYERS];
    struct pairing_forbidden forbidden[FORBIDDEN_MAX];
    struct pairing_policy policy;
    struct pairing_input input;
    struct pairing_output output;
    struct fault fault;
} event;

static void start(const struct method_facts *facts, int players)
{
    event = (struct event){.policy = pairing_policy_default(facts->method)};
    event.policy.cop.division_simulations = 50;
    event.policy.cop.control_loss_simulations = 50;
    event.policy.cop.step_budget = 20000;
    for (int i = 0; i < players; i++)
        event.players[i] = (struct pairing_player){
            .id = i, .seed = i + 1, .rating = 2000 - 10 * i, .joined_round = 1};
    event.input = (struct pairing_input){.players = event.players,
                                         .players_count = players,
                                         .past = event.past,
                                         .fixed = event.fixed,
                                         .forbidden = event.forbidden,
                                         .round_number = 1,
                                         .rounds_total = 6,
                                         .initial_side = 1,
                                         .seed = 42,
                                         .policy = &event.policy};
    arena_reset(&arena);
}

static const char *name_of(const struct method_facts *facts)
{
    return pairing_method_name(facts->method);
}

static enum status try_to_make(void)
{
    return pairing_make(&event.input, &arena, &event.output, &event.fault);
}

static void make(const struct method_facts *facts)
{
    if (try_to_make() != STATUS_OK)
        fail_msg("%s: %s", name_of(facts), event.fault.text);
}

static void assert_made(const struct method_facts *facts)
{
    if (event.output.verdict != PAIRING_MADE)
        fail_msg("%s, round %d: verdict %d, %s", name_of(facts), event.input.round_number,
                 (int)event.output.verdict,
                 event.output.conflicts_count > 0 ? event.output.conflicts[0].text : "");
}

static const struct pairing_pair *pair_of(int player)
{
    for (int i = 0; i < event.output.pairs_count; i++)
        if (event.output.pairs[i].first == player || event.output.pairs[i].second == player)
            return &event.output.pairs[i];
    return NULL;
}

static const struct pairing_rest *rest_of(int player)
{
    for (int i = 0; i < event.output.rests_count; i++)
        if (event.output.rests[i].player == player)
            return &event.output.rests[i];
    return NULL;
}

/* The better seed wins; byes count. */
static void play(void)
{
    for (int i = 0; i < event.output.pairs_count; i++) {
        const struct pairing_pair *pair = &event.output.pairs[i];
        bool first_wins = pair->first < pair->second;
        event.past[event.input.past_count++] = (struct pairing_past){
            .round_number = event.input.round_number,
            .first = pair->first,
            .second = pair->second,
            .result_first = first_wins ? PAIRING_RESULT_WIN : PAIRING_RESULT_LOSS,
            .result_second = first_wins ? PAIRING_RESULT_LOSS : PAIRING_RESULT_WIN,
            .score_first = first_wins ? 420 : 400,
            .score_second = first_wins ? 400 : 420};
        event.players[first_wins ? pair->first : pair->second].points += 2;
        event.players[pair->first].spread += first_wins ? 20 : -20;
        event.players[pair->second].spread += first_wins ? -20 : 20;
    }
    for (int i = 0; i < event.output.rests_count; i++) {
        if (event.output.rests[i].kind != PAIRING_REST_BYE)
            continue;
        int player = event.output.rests[i].player;
        event.past[event.input.past_count++] =
            (struct pairing_past){.round_number = event.input.round_number,
                                  .first = player,
                                  .second = PAIRING_NOBODY,
                                  .result_first = PAIRING_RESULT_BYE};
        event.players[player].points += 2;
    }
    event.input.round_number++;
}

/* ---- given beforehand -------------------------------------------------------------------- */

static void everyone_is_once_somewhere(const struct method_facts *facts)
{
    for (int i = 0; i < event.input.players_count; i++)
        if ((pair_of(i) != NULL) == (rest_of(i) != NULL))
            fail_msg("%s: player %d is %s", name_of(facts), i + 1,
                     pair_of(i) != NULL ? "paired and rests" : "nowhere");
}

/* No method would let the tenth meet the first in these rounds of its own, nor give the fifth a
 * bye. */
static void given_pairs_and_byes_stand(void **state)
{
    (void)state;
    for (size_t m = 0; m < COUNT_OF(METHODS); m++)
        for (int players = 11; players <= 12; players++) {
            if (METHODS[m].method == PAIRING_TEAM && players % 2 != 0)
                continue; /* two teams of one size */
            start(&METHODS[m], players);
            /* A bracket has no place in it for who has lost. */
            int rounds = METHODS[m].method == PAIRING_ELIMINATION ? 1 : 3;
            for (int round = 1; round <= rounds; round++) {
                event.fixed[0] =
                    (struct pairing_fixed){.first = 9, .second = 0, .keeps_order = true};
                event.fixed[1] = (struct pairing_fixed){.first = 4, .second = PAIRING_NOBODY};
                event.input.fixed_count = 2;
                make(&METHODS[m]);
                assert_made(&METHODS[m]);
                everyone_is_once_somewhere(&METHODS[m]);
                const struct pairing_pair *pair = pair_of(0);
                const struct pairing_rest *rest = rest_of(4);
                if (pair == NULL || pair->first != 9 || pair->second != 0 || !pair->fixed ||
                    rest == NULL || rest->kind != PAIRING_REST_REQUESTED)
                    fail_msg("%s, %d players, round %d: not as given", name_of(&METHODS[m]),
                             players, round);
                play();
            }
        }
}

static void a_bracket_goes_on_from_what_was_given(void **state)
{
    (void)state;
    const struct method_facts *facts = &METHODS[PAIRING_ELIMINATION];
    for (int players = 5; players <= 16; players++) {
        start(facts, players);
        event.fixed[0] = (struct pairing_fixed){.first = 3, .second = 0, .keeps_order = true};
        event.fixed[1] = (struct pairing_fixed){.first = 4, .second = PAIRING_NOBODY};
        event.input.fixed_count = 2;
        if (players == 8 || players == 16) { /* every line is taken */
            assert_int_equal(try_to_make(), STATUS_INVALID_ARGUMENT);
            assert_string_equal(event.fault.text,
                                "fixed bye 2: the bracket has no free line in this round");
            event.input.fixed_count = 1;
        }
        int games = 0;
        for (int round = 1; round <= 5; round++) {
            make(facts);
            assert_made(facts);
            everyone_is_once_somewhere(facts);
            games += event.output.pairs_count;
            if (round == 2) /* who lost a given pair is out, who had a given bye is in */
                assert_true(rest_of(3) != NULL && rest_of(3)->kind == PAIRING_REST_ELIMINATED &&
                            pair_of(0) != NULL);
            if (round == 2 && players != 8 && players != 16)
                assert_non_null(pair_of(4));
            play();
            event.input.fixed_count = 0;
        }
        assert_int_equal(games, players - 1);
        start(facts, players);
        make(facts);
        play();
        event.fixed[0] = (struct pairing_fixed){.first = 0, .second = players - 1};
        event.input.fixed_count = 1;
        assert_int_equal(try_to_make(), STATUS_INVALID_ARGUMENT);
        assert_string_equal(event.fault.text, "fixed pair 1: one of the two is out of the bracket");
    }
}

static void what_cannot_be_honoured_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        struct pairing_fixed fixed[2];
        int count;
        enum pairing_state state;
        int joined;
        const char *says;
    } WRONG[] = {
        {{{.first = 1, .second = 2}, {.first = 2, .second = PAIRING_NOBODY}},
         2,
         0,
         1,
         "a player is in two fixed pairs: #3"},
        {{{.first = 1, .second = 2}, {.first = 3, .second = 1}},
         2,
         0,
         1,
         "a player is in two fixed pairs: #2"},
        {{{.first = 1, .second = 1}}, 1, 0, 1, "fixed pair 1 names no two players"},
        {{{.first = 1, .second = 99}}, 1, 0, 1, "fixed pair 1 names no two players"},
        {{{.first = 0, .second = 3}},
         1,
         PAIRING_ABSENT,
         1,
         "fixed pair 1: #4 asked not to play this round"},
        {{{.first = 3, .second = 0}}, 1, PAIRING_WITHDRAWN, 1, "fixed pair 1: #4 has withdrawn"},
        {{{.first = 3, .second = 0}}, 1, PAIRING_SUSPENDED, 1, "fixed pair 1: #4 is suspended"},
        {{{.first = 3, .second = 0}},
         1,
         PAIRING_ACTIVE,
         4,
         "fixed pair 1: #4 joins in a later round"},
    };
    for (size_t m = 0; m < COUNT_OF(METHODS); m++)
        for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
            start(&METHODS[m], 12);
            event.fixed[0] = WRONG[i].fixed[0];
            event.fixed[1] = WRONG[i].fixed[1];
            event.input.fixed_count = WRONG[i].count;
            event.players[3].state = WRONG[i].state;
            event.players[3].joined_round = WRONG[i].joined;
            if (try_to_make() != STATUS_INVALID_ARGUMENT ||
                strcmp(event.fault.text, WRONG[i].says) != 0)
                fail_msg("%s, %zu: %s", name_of(&METHODS[m]), i, event.fault.text);
        }
}

static void who_is_away_rests_with_the_reason(void **state)
{
    (void)state;
    static const enum pairing_rest_kind KINDS[] = {PAIRING_REST_ABSENT, PAIRING_REST_WITHDRAWN,
                                                   PAIRING_REST_SUSPENDED, PAIRING_REST_NOT_YET};
    for (size_t m = 0; m < COUNT_OF(METHODS); m++) {
        start(&METHODS[m], 12);
        for (int round = 1; round <= 3; round++) {
            event.players[1].state = round == 1 ? PAIRING_ABSENT : PAIRING_ACTIVE;
            event.players[2].state = PAIRING_WITHDRAWN;
            event.players[3].state = PAIRING_SUSPENDED;
            event.players[5].joined_round = 2;
            if (METHODS[m].method == PAIRING_TEAM) /* of one size from the first round on */
                event.players[6].joined_round = 2;
            make(&METHODS[m]);
            assert_made(&METHODS[m]);
            everyone_is_once_somewhere(&METHODS[m]);
            static const int AWAY[] = {1, 2, 3, 5};
            for (size_t i = 0; i < COUNT_OF(AWAY); i++) {
                const struct pairing_rest *rest = rest_of(AWAY[i]);
                bool back = round > 1 && (i == 0 || i == 3);
                bool away = rest != NULL && rest->kind == KINDS[i] && rest->reason[0] != '\0';
                if (back ? away : !away)
                    fail_msg("%s, round %d: player %d", name_of(&METHODS[m]), round, AWAY[i] + 1);
            }
            play();
        }
        /* In three rounds and with the round robins' rests the late entry has played. */
        bool played = false;
        for (int i = 0; i < event.input.past_count; i++)
            played = played || event.past[i].first == 5 || event.past[i].second == 5;
        if (played != METHODS[m].late_entries)
            fail_msg("%s: the late entry %s", name_of(&METHODS[m]), played ? "played" : "did not");
    }
}

/* ---- explained and proved ---------------------------------------------------------------- */

static void assert_explained(const struct method_facts *facts)
{
    const struct pairing_output *out = &event.output;
    assert_string_not_equal(out->summary, "");
    for (int i = 0; i < out->pairs_count; i++)
        if (out->pairs[i].reason[0] == '\0' || out->pairs[i].first_reason[0] == '\0')
            fail_msg("%s: board %d is not explained", name_of(facts), i + 1);
    for (int i = 0; i < out->rests_count; i++)
        if (out->rests[i].reason[0] == '\0')
            fail_msg("%s: player %d's rest is not explained", name_of(facts),
                     out->rests[i].player + 1);
    if (facts->proves && out->pairs_count > 0 && !out->proved)
        fail_msg("%s, round %d: no certificate", name_of(facts), event.input.round_number);
}

/* Asks why not for all pairs; a dearer one names a cost that gets worse. */
static void assert_why_not(const struct method_facts *facts)
{
    const struct pairing_output made = event.output;
    for (int one = 0; one < event.input.players_count; one++)
        for (int other = one + 1; other < event.input.players_count; other++) {
            struct pairing_why why = {0};
            struct arena_mark mark = arena_mark(&arena);
            enum status status =
                pairing_why_not(&event.input, &made, one, other, &arena, &why, &event.fault);
            if (status != STATUS_OK || why.text == NULL || why.text[0] == '\0')
                fail_msg("%s: why not %d-%d? %s", name_of(facts), one + 1, other + 1,
                         event.fault.text);
            int at = 0;
            while (at < why.costs_count && why.costs[at].value == 0)
                at++;
            if (why.dearer && (at == why.costs_count || why.costs[at].value < 0))
                fail_msg("%s: %d-%d is dearer by nothing: %s", name_of(facts), one + 1, other + 1,
                         why.text);
            arena_rewind(&arena, mark);
        }
}

static void every_pairing_explains_itself(void **state)
{
    (void)state;
    for (size_t m = 0; m < COUNT_OF(METHODS); m++)
        for (int players = 8; players <= 9; players++) {
            if (METHODS[m].method == PAIRING_TEAM && players % 2 != 0)
                continue;
            start(&METHODS[m], players);
            for (int round = 1; round <= 3; round++) {
                make(&METHODS[m]);
                assert_made(&METHODS[m]);
                assert_explained(&METHODS[m]);
                assert_why_not(&METHODS[m]);
                play();
            }
        }
}

/* ---- no legal pairing -------------------------------------------------------------------- */

/* Pairs with the forbidden pairs whose bits are set in `lifted` allowed. */
static bool possible_without(const struct pairing_forbidden *all, int count, unsigned lifted)
{
    struct pairing_output output;
    struct arena_mark mark = arena_mark(&arena);
    event.input.forbidden_count = 0;
    for (int i = 0; i < count; i++)
        if ((lifted >> i & 1) == 0)
            event.forbidden[event.input.forbidden_count++] = all[i];
    enum status status = pairing_make(&event.input, &arena, &output, &event.fault);
    assert_int_equal(status, STATUS_OK);
    arena_rewind(&arena, mark);
    return output.verdict == PAIRING_MADE;
}

static int bits_in(unsigned mask)
{
    int bits = 0;
    for (; mask != 0; mask &= mask - 1)
        bits++;
    return bits;
}

/* Which of the forbidden pairs the output names. */
static unsigned named_of(const struct method_facts *facts, const struct pairing_forbidden *all,
                         int count)
{
    unsigned named = 0;
    for (int c = 0; c < event.output.conflicts_count; c++) {
        const struct pairing_conflict *conflict = &event.output.conflicts[c];
        if (conflict->kind != PAIRING_CONFLICT_FORBIDDEN)
            fail_msg("%s: a conflict of kind %d: %s", name_of(facts), (int)conflict->kind,
                     conflict->text);
        for (int i = 0; i < count; i++)
            if ((all[i].one == conflict->one && all[i].other == conflict->other) ||
                (all[i].one == conflict->other && all[i].other == conflict->one))
                named |= 1u << i;
    }
    return named;
}

static void no_fewer_constraints_would_do(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 20260202);
    for (size_t m = 0; m < COUNT_OF(METHODS); m++) {
        int impossible = 0;
        for (int trial = 0; trial < 150 && METHODS[m].forbids; trial++) {
            int players = 4 + 2 * (int)random_below(&random, 2);
            start(&METHODS[m], players);
            event.policy.fontes_rounds = 1;
            struct pairing_forbidden all[FORBIDDEN_MAX];
            int count = 0;
            for (int i = 0; i < players; i++)
                for (int j = i + 1; j < players; j++)
                    if (random_below(&random, 10) < 7 && count < 10)
                        all[count++] = (struct pairing_forbidden){.one = i, .other = j};
            if (possible_without(all, count, 0))
                continue;
            make(&METHODS[m]);
            impossible++;
            unsigned named = named_of(&METHODS[m], all, count);
            if (bits_in(named) == 0 || bits_in(named) != event.output.conflicts_count)
                fail_msg("%s: %d conflicts that name %d pairs", name_of(&METHODS[m]),
                         event.output.conflicts_count, bits_in(named));
            if (!possible_without(all, count, named))
                fail_msg("%s: the named constraints are not enough", name_of(&METHODS[m]));
            for (unsigned lifted = 0; lifted < 1u << count; lifted++)
                if (bits_in(lifted) < bits_in(named) && possible_without(all, count, lifted))
                    fail_msg("%s: fewer constraints would do", name_of(&METHODS[m]));
        }
        if (METHODS[m].forbids && impossible == 0)
            fail_msg("%s: nothing was impossible", name_of(&METHODS[m]));
    }
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

int main(void)
{
    _Static_assert(COUNT_OF(METHODS) == PAIRING_METHOD_COUNT, "a method is missing");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_pairs_and_byes_stand),
        cmocka_unit_test(a_bracket_goes_on_from_what_was_given),
        cmocka_unit_test(what_cannot_be_honoured_is_refused_by_name),
        cmocka_unit_test(who_is_away_rests_with_the_reason),
        cmocka_unit_test(every_pairing_explains_itself),
        cmocka_unit_test(no_fewer_constraints_would_do),
    };
    return cmocka_run_group_tests_name("pairing_methods", tests, set_up, tear_down);
}
