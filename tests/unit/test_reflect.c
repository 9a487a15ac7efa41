/* reflect: messages as values and back, by descriptor. */
#include "proto/reflect.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

#define MAP(...)                                                                                   \
    value_map((const struct value_entry[]){__VA_ARGS__},                                           \
              sizeof((const struct value_entry[]){__VA_ARGS__}) / sizeof(struct value_entry))

static void map_becomes_the_message_and_back(void **state)
{
    (void)state;
    struct value players[] = {value_text("ann"), value_text("bob")};
    struct value map =
        MAP({value_text("players"), value_list(players, 2)},
            {value_text("request"),
             MAP({value_text("rules"), value_text("reported")},
                 {value_text("initial_time_ms"), value_duration(INT64_C(60000000000))},
                 {value_text("rated"), value_bool(true)})},
            {value_text("owner"), value_text("seek:1")});
    ProtobufCMessage *message = NULL;
    struct fault fault;
    assert_int_equal(reflect_from_value(&arena, &arbiter__v1__start_game_request__descriptor, map,
                                        &message, &fault),
                     STATUS_OK);
    const Arbiter__V1__StartGameRequest *request = (const Arbiter__V1__StartGameRequest *)message;
    assert_int_equal(request->n_players, 2);
    assert_string_equal(request->players[1], "bob");
    assert_int_equal(request->request->initial_time_ms, 60000);
    assert_true(request->request->rated);
    assert_string_equal(request->assigned_first, "");

    struct value back;
    assert_int_equal(reflect_to_value(&arena, message, &back), STATUS_OK);
    const struct value *inner = value_find(back, value_text("request"));
    assert_non_null(inner);
    assert_int_equal(value_find(*inner, value_text("initial_time_ms"))->as.integer, 60000);
    assert_int_equal(value_find(back, value_text("players"))->size, 2);
}

static void only_the_chosen_field_of_a_oneof_appears(void **state)
{
    (void)state;
    Arbiter__V1__Value value = ARBITER__V1__VALUE__INIT;
    value.kind_case = ARBITER__V1__VALUE__KIND_INT_VALUE;
    value.int_value = 7;
    struct value map;
    assert_int_equal(reflect_to_value(&arena, &value.base, &map), STATUS_OK);
    assert_string_equal(value_literal(&arena, map), "{'int_value': 7}");
}

static void unknown_and_mistyped_fields_are_refused_by_name(void **state)
{
    (void)state;
    struct {
        struct value map;
        const char *text;
    } cases[] = {
        {MAP({value_text("plyers"), value_null()}), "StartGameRequest has no field 'plyers'"},
        {MAP({value_text("owner"), value_int(3)}), "field 'owner' takes string, not int"},
        {MAP({value_text("players"), value_text("ann")}),
         "field 'players' takes a list, not string"},
        {MAP({value_text("request"),
              MAP({value_text("overtime_ms"), value_int(INT64_C(1) << 40)})}),
         "field 'overtime_ms' cannot hold so large a number"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ProtobufCMessage *message = NULL;
        struct fault fault = {0};
        assert_int_equal(reflect_from_value(&arena, &arbiter__v1__start_game_request__descriptor,
                                            cases[i].map, &message, &fault),
                         STATUS_INVALID_ARGUMENT);
        assert_string_equal(fault.text, cases[i].text);
        assert_null(message);
    }
}

static void methods_are_found_by_command_name_and_by_subject(void **state)
{
    (void)state;
    struct reflect_method found;
    assert_int_equal(reflect_find_method("gamesvc.start_game", &found), STATUS_OK);
    assert_string_equal(found.method->name, "StartGame");
    assert_int_equal(reflect_find_method("arbiter.v1.store.commit_step", &found), STATUS_OK);
    assert_string_equal(found.service->short_name, "Store");
    assert_int_equal(reflect_find_method("gamesvc.start", &found), STATUS_NOT_FOUND);
    assert_int_equal(reflect_find_method("gamesvcs.start_game", &found), STATUS_NOT_FOUND);
}

static void field_types_read_as_machine_files_write_them(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *descriptor = &arbiter__v1__start_game_request__descriptor;
    const char *expected[] = {"list(string)", "map(string, dyn)", "string", "map(string, dyn)",
                              "string"};
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        assert_string_equal(reflect_field_type(&arena, &descriptor->fields[i]), expected[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(map_becomes_the_message_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_chosen_field_of_a_oneof_appears, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(unknown_and_mistyped_fields_are_refused_by_name, set_up,
                                        tear_down),
        cmocka_unit_test(methods_are_found_by_command_name_and_by_subject),
        cmocka_unit_test_setup_teardown(field_types_read_as_machine_files_write_them, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("reflect", tests, NULL, NULL);
}
