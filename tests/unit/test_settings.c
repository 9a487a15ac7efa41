/* settings: three places, later ones winning; everything wrong is refused. */
#include "service/settings.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { GO_ON = -1, WRONG = 2, ARGUMENTS_MAX = 8 };

static const struct service service = {.name = "test", .help = "Nothing."};

/* Reads a command line given as words; NULL ends it. */
static int read_words(struct service_settings *settings, const char **verb,
                      const char *const *words)
{
    char *argv[ARGUMENTS_MAX + 1] = {"arbiter-test"};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return settings_read(argc, argv, &service, settings, verb);
}

#define READ(settings, ...)                                                                        \
    read_words(settings, &(const char *){NULL}, (const char *const[]){__VA_ARGS__, NULL})

/* Writes `text` to a file of its own and reads it as --config; extra words may follow. */
static int read_config(struct service_settings *settings, const char *text, const char *word)
{
    char path[] = "/tmp/arbiter-settings-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
    int status = READ(settings, "--config", path, word);
    assert_int_equal(unlink(path), 0);
    return status;
}

static void later_places_win(void **state)
{
    (void)state;
    struct service_settings settings;
    assert_int_equal(read_config(&settings, "http_port: 1\npolicies: file\n", NULL), GO_ON);
    assert_int_equal(service_port(&settings, SERVICE_HTTP_PORT), 1);
    assert_string_equal(service_text(&settings, SERVICE_POLICIES), "file");
    assert_string_equal(service_text(&settings, SERVICE_LOG_LEVEL), "info");
    assert_int_equal(setenv("ARBITER_HTTP_PORT", "2", 1), 0);
    assert_int_equal(read_config(&settings, "http_port: 1\n", NULL), GO_ON);
    assert_int_equal(service_port(&settings, SERVICE_HTTP_PORT), 2);
    assert_int_equal(read_config(&settings, "http_port: 1\n", "--http-port=3"), GO_ON);
    assert_int_equal(service_port(&settings, SERVICE_HTTP_PORT), 3);
    assert_int_equal(unsetenv("ARBITER_HTTP_PORT"), 0);
}

static void the_first_plain_word_is_the_verb(void **state)
{
    (void)state;
    struct service_settings settings;
    const char *verb = NULL;
    const char *const words[] = {"--http-port", "65535", "migrate", NULL};
    assert_int_equal(read_words(&settings, &verb, words), GO_ON);
    assert_string_equal(verb, "migrate");
    assert_int_equal(service_port(&settings, SERVICE_HTTP_PORT), 65535);
    assert_int_equal(READ(&settings, "--help"), EXIT_SUCCESS);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    struct service_settings settings;
    static const char *const ports[] = {
        "65536", "-1", "+1", "", " 1", "1x", "0x10", "x", "99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        assert_int_equal(READ(&settings, "--http-port", ports[i]), WRONG);
        assert_int_equal(READ(&settings, "--health-port", ports[i]), WRONG);
    }
    assert_int_equal(READ(&settings, "--nats-url"), WRONG);
    assert_int_equal(READ(&settings, "--"), WRONG);
    assert_int_equal(READ(&settings, "--nats-ulr", "x"), WRONG);
    assert_int_equal(READ(&settings, "--config", "/nowhere/at/all.yaml"), WRONG);
    char text[SERVICE_TEXT_MAX + 1];
    memset(text, 'x', sizeof text - 1);
    text[SERVICE_TEXT_MAX] = '\0';
    assert_int_equal(READ(&settings, "--policies", text), WRONG);
    text[SERVICE_TEXT_MAX - 1] = '\0';
    assert_int_equal(READ(&settings, "--policies", text), GO_ON);
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "--", 2);
    assert_int_equal(READ(&settings, text, "y"), WRONG); /* longer than any option's name */
}

static void every_setting_is_refused_from_the_environment_where_it_is_too_long(void **state)
{
    (void)state;
    struct service_settings settings;
    char text[SERVICE_TEXT_MAX + 1];
    memset(text, '1', sizeof text - 1);
    text[SERVICE_TEXT_MAX] = '\0';
    for (int i = 0; i < SERVICE_SETTING_COUNT; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "ARBITER_%s",
                       service_setting_key((enum service_setting)i)); /* keys are short */
        for (char *c = name; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
        assert_int_equal(setenv(name, text, 1), 0);
        assert_int_equal(READ(&settings, "--log-level", "info"), WRONG);
        assert_int_equal(unsetenv(name), 0);
    }
}

static void wrong_files_are_refused(void **state)
{
    (void)state;
    struct service_settings settings;
    static const char *const texts[] = {
        "",    "- a\n",           "word\n",         "nats_ulr: x\n",     "http_port: many\n",
        "{\n", "policies: [a]\n", "keys: {a: b}\n", "keys: a\nkeys: b\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(read_config(&settings, texts[i], NULL), WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_places_win),
        cmocka_unit_test(the_first_plain_word_is_the_verb),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(every_setting_is_refused_from_the_environment_where_it_is_too_long),
        cmocka_unit_test(wrong_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
