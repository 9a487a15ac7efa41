/* The keys of a policy test file, in one table. */
#include "cli/machine_test_shape.h"

static const struct yaml_shape text = {.type = YAML_T_TEXT};
static const struct yaml_shape path = {.type = YAML_T_PATH};
static const struct yaml_shape name = {.type = YAML_T_NAME};
static const struct yaml_shape flag = {.type = YAML_T_BOOL};
static const struct yaml_shape time = {.type = YAML_T_TIMESTAMP};
static const struct yaml_shape expression = {.type = YAML_T_EXPRESSION};
static const struct yaml_shape expressions = {.type = YAML_T_MAP, .item = &expression};
static const struct yaml_shape path_list = {.type = YAML_T_LIST, .item = &path};
static const struct yaml_shape text_list = {.type = YAML_T_LIST, .item = &text};
static const struct yaml_shape *const states_choices[] = {&path, &path_list};
static const struct yaml_shape states = {
    .type = YAML_T_ANY_OF, .choices = states_choices, .count = 2};
static const struct yaml_shape *const texts_choices[] = {&text, &text_list};
static const struct yaml_shape texts = {
    .type = YAML_T_ANY_OF, .choices = texts_choices, .count = 2};

static const char *const answers[] = {"taken",   "refused", "unhandled",
                                      "dropped", "invalid", "failed"};
static const struct yaml_shape answer = {.type = YAML_T_ENUM, .words = answers, .count = 6};

static const struct yaml_key expect_keys[] = {
    {"state", &states, false, "the active leaves, all of them; or states that must be active"},
    {"answer", &answer, false, "default: taken"},
    {"guard", &name, false, "the guard that refused"},
    {"message", &text, false, "what the person is told"},
    {"context", &expressions, false, "variables and their values"},
    {"effects", &texts, false, "beginnings of effects, in this order: `run staff.alert`"},
    {"tags", &texts, false, "tags of the active states"},
    {"finished", &flag, false, NULL},
};
static const struct yaml_shape expect = {.name = "expectation",
                                         .type = YAML_T_OBJECT,
                                         .keys = expect_keys,
                                         .count = COUNT_OF(expect_keys)};

static const struct yaml_key send_keys[] = {
    {"event", &path, true, "an event of the machine"},
    {"data", &expressions, false, "its fields"},
};
static const struct yaml_shape send_object = {
    .name = "send", .type = YAML_T_OBJECT, .keys = send_keys, .count = COUNT_OF(send_keys)};
static const struct yaml_shape *const send_choices[] = {&path, &send_object};
static const struct yaml_shape send = {.type = YAML_T_ANY_OF, .choices = send_choices, .count = 2};

static const struct yaml_key done_keys[] = {
    {"invoke", &name, true, "the invoke's id"},
    {"result", &expressions, false, "its answer"},
};
static const struct yaml_shape done = {
    .name = "done", .type = YAML_T_OBJECT, .keys = done_keys, .count = COUNT_OF(done_keys)};

static const struct yaml_key error_keys[] = {
    {"invoke", &name, true, "the invoke's id"},
    {"code", &name, true, "what it failed with"},
    {"detail", &text, false, NULL},
};
static const struct yaml_shape error = {
    .name = "error", .type = YAML_T_OBJECT, .keys = error_keys, .count = COUNT_OF(error_keys)};

static const struct yaml_key step_keys[] = {
    {"send", &send, false, "gives an event"},
    {"advance", &text, false, "lets time pass: `15m`, or up to a time"},
    {"done", &done, false, "an invoke's answer"},
    {"error", &error, false, "an invoke's failure"},
    {"expect", &expect, false, "what must be true then"},
};
static const struct yaml_shape step_shape = {
    .name = "step", .type = YAML_T_OBJECT, .keys = step_keys, .count = COUNT_OF(step_keys)};
static const struct yaml_shape steps = {.type = YAML_T_LIST, .item = &step_shape};

static const struct yaml_key given_keys[] = {
    {"input", &expressions, false, "the machine's input"},
    {"now", &time, false, "when it starts (2000-01-01T00:00:00Z)"},
    {"id", &text, false, "the instance's id (test:1)"},
};
static const struct yaml_shape given = {
    .name = "given", .type = YAML_T_OBJECT, .keys = given_keys, .count = COUNT_OF(given_keys)};

static const struct yaml_key case_keys[] = {
    {"name", &text, true, "what is shown, as a sentence"},
    {"given", &given, false, NULL},
    {"steps", &steps, true, NULL},
};
static const struct yaml_shape case_shape = {
    .name = "case", .type = YAML_T_OBJECT, .keys = case_keys, .count = COUNT_OF(case_keys)};
static const struct yaml_shape cases = {.type = YAML_T_LIST, .item = &case_shape};

static const struct yaml_key file_keys[] = {
    {"machine", &text, false, "file of the machine; default: the one beside, without `.test`"},
    {"cases", &cases, true, NULL},
};
const struct yaml_shape machine_test_shape = {
    .name = "test file", .type = YAML_T_OBJECT, .keys = file_keys, .count = COUNT_OF(file_keys)};
