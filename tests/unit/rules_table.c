/* Plays events at a table and checks what must hold in all games. */
#include "tests/unit/rules_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

#define TABLE_ARENA_MAX ((size_t)64 << 20)

static void get_hash(struct table *table, const struct rules_game *game, uint8_t *out_hash)
{
    struct arena_mark mark = arena_mark(&table->arena);
    assert_int_equal(rules_hash(game, &table->arena, out_hash), STATUS_OK);
    arena_rewind(&table->arena, mark);
}

static void assert_same(struct table *table, const struct rules_game *a, const struct rules_game *b)
{
    uint8_t hash_a[RULES_HASH_SIZE];
    uint8_t hash_b[RULES_HASH_SIZE];
    get_hash(table, a, hash_a);
    get_hash(table, b, hash_b);
    assert_memory_equal(hash_a, hash_b, RULES_HASH_SIZE);
}

void table_open(struct table *table, const char *rules, struct rules_options options)
{
    *table = (struct table){.options = options, .now_ms = options.start_ms};
    if (table->options.text == NULL)
        table->options.text = "";
    arena_init(&table->arena, TABLE_ARENA_MAX);
    table->set = rules_find(rules);
    assert_non_null(table->set);
    struct fault fault = {0};
    enum status status =
        rules_create(&table->arena, table->set, &table->options, &table->game, &fault);
    if (status != STATUS_OK)
        fail_msg("%s: %s", rules, fault.text);
    assert_int_equal(
        rules_create(&table->arena, table->set, &table->options, &table->shadow, &fault),
        STATUS_OK);
    assert_same(table, table->game, table->shadow);
}

void table_close(struct table *table)
{
    arena_deinit(&table->arena);
}

static void assert_decodes(struct table *table)
{
    const char *text = NULL;
    struct rules_game *copy = NULL;
    struct fault fault = {0};
    assert_int_equal(rules_encode(table->game, &table->arena, &text), STATUS_OK);
    enum status status =
        rules_decode(&table->arena, table->set, &table->options, text, strlen(text), &copy, &fault);
    if (status != STATUS_OK)
        fail_msg("line %d: %s in\n%s", fault.line, fault.text, text);
    assert_same(table, table->game, copy);
}

static void assert_repeats(struct table *table, const struct rules_event *event)
{
    struct rules_outcome again;
    assert_int_equal(rules_apply(table->game, event, &again), STATUS_OK);
    assert_int_equal(again.verdict, RULES_REPEATED);
    assert_int_equal(again.turn_number, table->outcome.turn_number);
    assert_int_equal(again.turn_count, table->outcome.turn_count);
}

static const char *accept(struct table *table, const struct rules_event *event)
{
    const struct rules_turn *turn = &table->outcome.turn;
    assert_true(turn->number < TABLE_TURNS_MAX);
    table->turns[turn->number] = *turn;
    struct fault fault = {0};
    enum status status = rules_replay(table->shadow, turn, &fault);
    if (status != STATUS_OK)
        fail_msg("replay of \"%s\": %s", turn->record, fault.text);
    assert_same(table, table->game, table->shadow);
    assert_decodes(table);
    assert_repeats(table, event);
    return turn->record;
}

const char *table_play(struct table *table, enum rules_party actor, const char *move)
{
    uint8_t before[RULES_HASH_SIZE];
    uint8_t after[RULES_HASH_SIZE];
    char id[32];
    (void)snprintf(id, sizeof id, "event-%u", table->events++);
    struct rules_event event = {
        .id = id,
        .turn = rules_turn_count(table->game),
        .actor = actor,
        .at_ms = table->now_ms,
        .move = move,
        .move_size = strlen(move),
    };
    get_hash(table, table->game, before);
    assert_int_equal(rules_apply(table->game, &event, &table->outcome), STATUS_OK);
    if (table->outcome.verdict == RULES_ACCEPTED)
        return accept(table, &event);
    assert_int_equal(table->outcome.verdict, RULES_REFUSED);
    assert_true(table->outcome.text[0] != '\0');
    get_hash(table, table->game, after);
    assert_memory_equal(before, after, RULES_HASH_SIZE);
    return table->outcome.reason;
}

const char *table_view(struct table *table, enum rules_party viewer)
{
    const char *json = NULL;
    assert_int_equal(rules_view(table->game, viewer, &table->arena, &json), STATUS_OK);
    return json;
}

const char *table_view_last_turn(struct table *table, enum rules_party viewer)
{
    const char *json = NULL;
    uint32_t count = rules_turn_count(table->game);
    assert_true(count > 0);
    assert_int_equal(
        rules_view_turn(table->game, &table->turns[count - 1], viewer, &table->arena, &json),
        STATUS_OK);
    return json;
}
