/* Writes the two policies of a row, plays both events and holds what is seen against the row. */
#include "tests/contract/keys_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "bus/bus.h"

#include "arbiter/v1/orchestrator.pb-c.h"

enum { CASES_MAX = 64, TEXTS = 64, TEXT_SIZE = 1024, LINE_SIZE = 8192, ROUNDS_MAX = 64 };

static const char *const people[] = {"ann", "bob", "cat", "dan", "eve", "fay",
                                     "gil", "hal", "ida", "jon", "kim", "lea"};
enum { PEOPLE = sizeof people / sizeof people[0] };

static const struct key_case *running; /* the row whose events are played */
static const char *running_value;

const char *row_value(void)
{
    return running_value;
}

const char *row_body(void)
{
    return running->body;
}

const char *text_of(const char *format, ...)
{
    static char texts[TEXTS][TEXT_SIZE];
    static unsigned next;
    char *text = texts[next++ % TEXTS];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, TEXT_SIZE, format, arguments); /* a test's own text */
    va_end(arguments);
    return text;
}

/* ---- policies ------------------------------------------------------------------------------ */

static void put(struct buffer *out, const char *text, const char *value)
{
    for (; text != NULL && *text != '\0'; text++)
        if (*text == '$')
            buffer_append_text(out, value);
        else if (*text == '\n')
            buffer_append_text(out, "\\n");
        else
            buffer_append(out, text, 1);
}

/* The row's policy with this value, as it stands in a string of JSON. */
static void put_policy(struct buffer *out, const struct key_case *row, const char *value)
{
    if (row->policy == NULL || strncmp(row->policy, "tournament:", 11) != 0)
        put(out, "tournament: keys\n", "");
    put(out, row->policy, value);
    put(out, "divisions:\n  - name: open\n", "");
    if (row->rounds >= 0)
        buffer_format(out, "    rounds: %d\\n", row->rounds > 0 ? row->rounds : 1);
    put(out, "    game: ", "");
    put(out, row->game != NULL ? row->game : "{rules: reported, rated: false}", value);
    put(out, "\n", "");
    put(out, row->division, value);
    put(out, row->more, value);
}

const char *try_to_change_to(struct clockwork *house, const char *value)
{
    struct buffer body = {0};
    buffer_append_text(&body, "{'action': 'change_policy', 'data': {'policy': '");
    put_policy(&body, running, value);
    buffer_append_text(&body, "'}}");
    const char *seen = try_to_direct(house, "dora", buffer_text(&body));
    buffer_deinit(&body);
    clockwork_pass(house, 500);
    return seen;
}

/* The policy as it is, but for one place. */
static void put_changed(struct buffer *out, const char *from, const char *to)
{
    struct buffer policy = {0};
    put_policy(&policy, running, running_value);
    const char *at = strstr(buffer_text(&policy), from);
    assert_non_null(at);
    buffer_append(out, buffer_text(&policy), (size_t)(at - buffer_text(&policy)));
    buffer_append_text(out, to);
    buffer_append_text(out, at + strlen(from));
    buffer_deinit(&policy);
}

const char *try_to_change(struct clockwork *house, const char *from, const char *to)
{
    struct buffer body = {0};
    buffer_append_text(&body, "{'action': 'change_policy', 'data': {'policy': '");
    put_changed(&body, from, to);
    buffer_append_text(&body, "'}}");
    const char *seen = try_to_direct(house, "dora", buffer_text(&body));
    buffer_deinit(&body);
    clockwork_pass(house, 500);
    return seen;
}

const char *try_to_open(struct clockwork *house, const char *from, const char *to)
{
    struct buffer body = {0};
    buffer_append_text(&body, "{'name': 'Other', 'tournament_id': 'u', 'policy': '");
    put_changed(&body, from, to);
    buffer_append_text(&body, "'}");
    const char *seen = asked(house, "dora", "POST", "/v1/tournaments", buffer_text(&body));
    buffer_deinit(&body);
    return seen;
}

void change_to(struct clockwork *house, const char *value)
{
    assert_string_equal(try_to_change_to(house, value), "200");
}

/* ---- asking -------------------------------------------------------------------------------- */

static const char *seen_of(const struct clockwork_answer *answer)
{
    const char *detail = json_string_value(json_object_get(answer->json, "detail"));
    if (answer->code < 400)
        return text_of("%u", answer->code);
    return text_of("%u %s", answer->code, detail != NULL ? detail : answer->body);
}

const char *asked(struct clockwork *house, const char *who, const char *method, const char *path,
                  const char *body)
{
    return seen_of(clockwork_ask(house, who, method, path, "%s", body));
}

static void assert_asked(struct clockwork *house, const char *path, const char *body)
{
    const struct clockwork_answer *answer = clockwork_ask(house, "dora", "POST", path, "%s", body);
    if (answer->code >= 300)
        fail_msg("POST %s %s: %u %s", path, body, answer->code, answer->body);
}

void create(struct clockwork *house, int count)
{
    for (int i = 0; i < count; i++)
        assert_asked(house, "/v1/players",
                     text_of("{'player_id': '%s', 'name': 'The %s'}", people[i], people[i]));
}

void enter(struct clockwork *house, int count)
{
    assert_in_range(count, 1, PEOPLE);
    for (int i = 0; i < count; i++)
        assert_asked(house, EVENT "/entrants",
                     text_of("{'entrants': [{'player': '%s', 'name': '%s', 'seed': %d, 'rating': "
                             "%d.5}]}",
                             people[i], people[i], i + 1, 2000 - 100 * i));
}

const char *try_to_direct(struct clockwork *house, const char *who, const char *body)
{
    struct buffer confirm = {0};
    const struct clockwork_answer *answer = NULL;
    size_t size = strlen(body);
    const char *note = strstr(body, "'note'") != NULL ? "" : ", 'note': 'for the test'";
    for (int i = 0; i < 3; i++) {
        answer = clockwork_ask(house, who, "POST", EVENT "/actions", "%.*s%s, 'confirm': [%s]}",
                               (int)size - 1, body, note, buffer_text(&confirm));
        const char *token =
            json_string_value(json_object_get(json_object_get(answer->json, "preview"), "confirm"));
        if (answer->code != 428 || token == NULL)
            break;
        buffer_format(&confirm, "%s'%s'", confirm.size > 0 ? ", " : "", token);
    }
    buffer_deinit(&confirm);
    clockwork_pass(house, 100);
    return seen_of(answer);
}

void direct(struct clockwork *house, const char *body)
{
    const char *seen = try_to_direct(house, "dora", body);
    if (strcmp(seen, "200") != 0)
        fail_msg("%s: %s", body, seen);
}

void start(struct clockwork *house)
{
    direct(house, "{'action': 'start'}");
    clockwork_pass(house, 1000);
}

void start_short(struct clockwork *house)
{
    start(house);
    direct(house, "{'action': 'start'}");
    clockwork_pass(house, 1000);
}

/* ---- playing ------------------------------------------------------------------------------- */

static const char *winner; /* of every game he plays; NULL: nobody */

void let_win(const char *player)
{
    winner = player;
}

static void report(struct clockwork *house, const char *game, const char *first, const char *second)
{
    int lead = 10 * (second[0] - first[0]);
    if (winner != NULL && (strcmp(winner, first) == 0 || strcmp(winner, second) == 0))
        lead = strcmp(winner, first) == 0 ? 10 : -10;
    const char *path = text_of("/v1/games/%s/result", game);
    const char *body = text_of("{'first_score': %d, 'second_score': %d}",
                               lead > 0 ? 400 : 400 + lead, lead > 0 ? 400 - lead : 400);
    const char *const two[] = {first, second};
    for (int i = 0; i < 2; i++) {
        const char *seen = asked(house, two[i], "POST", path, body);
        if (seen[0] != '2')
            fail_msg("%s: %s", path, seen);
    }
}

int report_games(struct clockwork *house)
{
    char games[LINE_SIZE];
    char *rest = NULL;
    int count = 0;
    (void)snprintf(games, sizeof games, "%s", /* twelve players' */
                   clockwork_read(house, "SELECT game_id, first_player, second_player FROM games "
                                         "WHERE status = 'playing' ORDER BY round, board"));
    for (char *game = strtok_r(games, " ", &rest); game != NULL;
         game = strtok_r(NULL, " ", &rest)) {
        const char *first = strtok_r(NULL, " ", &rest);
        report(house, game, first, strtok_r(NULL, " ", &rest));
        count++;
    }
    clockwork_pass(house, 500);
    return count;
}

void play_on(struct clockwork *house)
{
    for (int i = 0; i < ROUNDS_MAX && report_games(house) > 0; i++)
        clockwork_pass(house, 1000);
}

void play_event(struct clockwork *house, int players)
{
    enter(house, players);
    start(house);
    play_on(house);
}

/* ---- looking ------------------------------------------------------------------------------- */

static const char *kept(const char *text)
{
    static char texts[8][LINE_SIZE];
    static unsigned next;
    char *to = texts[next++ % 8];
    (void)snprintf(to, LINE_SIZE, "%s", text); /* of a small event */
    return to;
}

const char *pairings(struct clockwork *house)
{
    return kept(clockwork_read(house, "SELECT round || ':' || first_player || '-' || second_player "
                                      "FROM pairings ORDER BY division_id, round, board"));
}

const char *pairings_of(struct clockwork *house, int round)
{
    return kept(clockwork_read(
        house, text_of("SELECT first_player || '-' || second_player FROM pairings WHERE round = %d "
                       "ORDER BY division_id, board",
                       round)));
}

static const char *table(struct clockwork *house, bool has_points)
{
    struct buffer text = {0};
    const struct clockwork_answer *answer =
        clockwork_ask(house, "dora", "GET", EVENT "/standings", "%s", "");
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(answer->json, "standings"), i, row)
    {
        buffer_format(&text, "%s%s",
                      i == 0       ? ""
                      : has_points ? ", "
                                   : " ",
                      json_string_value(json_object_get(row, "player_id")));
        if (has_points)
            buffer_format(&text, " %d %+d",
                          (int)json_integer_value(json_object_get(row, "points_x2")),
                          (int)json_integer_value(json_object_get(row, "spread")));
    }
    const char *seen = kept(buffer_text(&text));
    buffer_deinit(&text);
    return seen;
}

const char *standings(struct clockwork *house)
{
    return table(house, true);
}

const char *ranking(struct clockwork *house)
{
    return table(house, false);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void open_event(struct clockwork *house, const struct key_case *row, const char *value)
{
    struct buffer body = {0};
    buffer_append_text(&body, "{'name': 'Keys', 'tournament_id': 't', 'policy': '");
    put_policy(&body, row, value);
    buffer_append_text(&body, "'}");
    const struct clockwork_answer *answer =
        clockwork_ask(house, "dora", "POST", "/v1/tournaments", "%s", buffer_text(&body));
    if (answer->code != 201)
        fail_msg("%s, %s: %u %s", row->name, value, answer->code, answer->body);
    buffer_deinit(&body);
}

static void on_series(const struct bus_answer *answer, void *user)
{
    (void)user; /* it is there, or the test ends */
    if (answer->status != STATUS_OK)
        fail_msg("%s", answer->message);
}

struct text_entry {
    Arbiter__V1__ValueEntry entry;
    Arbiter__V1__Value key;
    Arbiter__V1__Value value;
};

static void put_entry(struct text_entry *out, const char *key, const char *text)
{
    arbiter__v1__value_entry__init(&out->entry);
    arbiter__v1__value__init(&out->key);
    arbiter__v1__value__init(&out->value);
    out->key.kind_case = out->value.kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    out->key.string_value = (char *)key;
    out->value.string_value = (char *)text;
    out->entry.key = &out->key;
    out->entry.value = &out->value;
}

/* Lines end with \n in the policy of a row and as they are in the input of a machine. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (from[0] == '\\' && from[1] == 'n') {
            *to++ = '\n';
            from++;
        } else {
            *to++ = *from;
        }
    *to = '\0';
}

static void open_series(struct clockwork *house, const struct key_case *row, const char *value)
{
    Arbiter__V1__StartInstanceRequest request = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    Arbiter__V1__ValueMap map = ARBITER__V1__VALUE_MAP__INIT;
    struct text_entry entries[4];
    Arbiter__V1__ValueEntry *list[4];
    struct buffer escaped = {0};
    put_policy(&escaped, row, value);
    char *policy = strdup(buffer_text(&escaped));
    assert_non_null(policy);
    unescape(policy);
    put_entry(&entries[0], "policy", policy);
    put_entry(&entries[1], "name", "Keys");
    put_entry(&entries[2], "prefix", "t");
    put_entry(&entries[3], "actor", "dora");
    for (int i = 0; i < 4; i++)
        list[i] = &entries[i].entry;
    map.entries = list;
    map.n_entries = 4;
    request.machine = "series";
    request.instance_id = "series:t";
    request.input = &map;
    bus_call(clockwork_bus(house),
             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                .method = "StartInstance",
                                .input = &request.base},
             on_series, NULL);
    clockwork_pass(house, 1000);
    buffer_deinit(&escaped);
    free(policy);
}

static void hold(const struct key_case *row, const char *value, const char *wanted)
{
    struct clockwork *house = clockwork_open(row->start_ms);
    running = row;
    running_value = value;
    let_win(NULL);
    if (row->is_series)
        open_series(house, row, value);
    else
        open_event(house, row, value);
    clockwork_pass(house, 500);
    const char *seen = kept(row->play(house));
    clockwork_close(house);
    if (strcmp(seen, wanted) != 0)
        fail_msg("%s with '%s':\n  seen:   %s\n  wanted: %s", row->name, value, seen, wanted);
}

static void run_row(void **state)
{
    const struct key_case *row = *state;
    assert_string_not_equal(row->a, row->b);
    assert_string_not_equal(row->seen_a, row->seen_b);
    hold(row, row->a, row->seen_a);
    hold(row, row->b, row->seen_b);
}

int keys_run(const struct key_case *cases, size_t count)
{
    struct CMUnitTest tests[CASES_MAX];
    assert_true(count <= CASES_MAX);
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].name, .test_func = run_row, .initial_state = (void *)&cases[i]};
    for (size_t i = count; i < CASES_MAX; i++)
        tests[i] = (struct CMUnitTest){0}; /* never run: it has no function */
    return _cmocka_run_group_tests("keys", tests, count, NULL, NULL);
}
