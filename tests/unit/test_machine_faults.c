/* Every fault the checker finds has a machine under tests/policies/bad that has it, and the
 * expected text beside it: NAME.yaml and NAME.expect. NAME.old.yaml is the version before; a
 * machine whose name begins with `host_` is held against the host below. With ARBITER_UPDATE=1 the
 * expected texts are written instead of compared. */
#include "base/buffer.h"
#include "fsm/fsm.h"
#include "fsm/yaml/yaml.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/policies/bad"

enum { NAME_SIZE = 100, PATH_SIZE = 256, MACHINES_MIN = 80 };

static const struct fsm_field pairing_input[] = {
    {.name = "round", .type = "int", .is_required = true},
    {.name = "closes_ms", .type = "int | timestamp | duration"}};
static const struct fsm_field pairing_output[] = {{.name = "games", .type = "int"},
                                                  {.name = "byes", .type = "int"}};
static const struct fsm_field opened_fields[] = {{.name = "seek_id", .type = "string"},
                                                 {.name = "closes_ms", .type = "int | timestamp"}};
static const struct fsm_host_command commands[] = {
    {"pairing.make", false, pairing_input, COUNT_OF(pairing_input), pairing_output, 2},
    {"player.save", true, pairing_input, 1, NULL, 0},
};
static const char *const events_sent[] = {"game.final", "player.join"};
static const struct fsm_host_event events_emitted[] = {
    {"seek.opened", opened_fields, COUNT_OF(opened_fields)}};
static const struct fsm_host host = {.commands = commands,
                                     .command_count = COUNT_OF(commands),
                                     .events_sent = events_sent,
                                     .event_sent_count = COUNT_OF(events_sent),
                                     .events_emitted = events_emitted,
                                     .event_emitted_count = COUNT_OF(events_emitted)};

static bool read_text(const char *name, const char *suffix, struct buffer *out)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, FOLDER "/%s%s", name, suffix); /* a cut path is not found */
    return buffer_read_file(out, path) == STATUS_OK;
}

static const struct fsm_machine *load_old(struct arena *arena, const char *name)
{
    struct buffer text = {0};
    const struct fsm_machine *old = NULL;
    if (read_text(name, ".old.yaml", &text))
        assert_int_equal(fsm_load(arena, buffer_text(&text), text.size, NULL, NULL, &old),
                         STATUS_OK);
    buffer_deinit(&text);
    return old;
}

/* Loads a machine and returns everything that is wrong with it as text. */
static void faults_of(const char *name, struct buffer *out)
{
    struct arena arena;
    arena_init(&arena, 64u << 20);
    struct yaml_faults faults = {.arena = &arena};
    struct buffer text = {0};
    char file[PATH_SIZE];
    const struct fsm_machine *machine = NULL;
    assert_true(read_text(name, ".yaml", &text));
    (void)snprintf(file, sizeof file, "%s.yaml", name); /* short names */
    enum status status = fsm_load(&arena, buffer_text(&text), text.size,
                                  strncmp(name, "host_", 5) == 0 ? &host : NULL, &faults, &machine);
    const struct fsm_machine *old = load_old(&arena, name);
    if (old != NULL && machine != NULL)
        (void)fsm_check_upgrade(old, machine, &faults); /* its answer is in the faults */
    else
        assert_int_equal(status == STATUS_OK, faults.error_count == 0);
    yaml_faults_print(&faults, file, buffer_text(&text), text.size, out);
    buffer_deinit(&text);
    arena_deinit(&arena);
}

static void write_expected(const char *name, const char *text)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, FOLDER "/%s.expect", name); /* short names */
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool is_machine(const char *file, char *out_name)
{
    size_t size = strlen(file);
    if (size <= 5 || size >= NAME_SIZE || strcmp(file + size - 5, ".yaml") != 0 ||
        strstr(file, ".old.yaml") != NULL)
        return false;
    memcpy(out_name, file, size - 5);
    out_name[size - 5] = '\0';
    return true;
}

static void every_bad_machine_gets_its_message(void **state)
{
    (void)state;
    bool is_update = getenv("ARBITER_UPDATE") != NULL;
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    int count = 0, wrong = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[NAME_SIZE];
        struct buffer have = {0}, want = {0};
        if (!is_machine(entry->d_name, name))
            continue;
        count++;
        faults_of(name, &have);
        if (is_update)
            write_expected(name, buffer_text(&have));
        bool is_known = read_text(name, ".expect", &want);
        if (!is_known || strcmp(buffer_text(&want), buffer_text(&have)) != 0) {
            print_error("%s: want\n%shave\n%s", name, buffer_text(&want), buffer_text(&have));
            wrong++;
        }
        if (have.size == 0) {
            print_error("%s: nothing is wrong with it\n", name);
            wrong++;
        }
        buffer_deinit(&have);
        buffer_deinit(&want);
    }
    (void)closedir(folder); /* only read */
    assert_int_equal(wrong, 0);
    assert_true(count >= MACHINES_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_bad_machine_gets_its_message)};
    return cmocka_run_group_tests_name("machine_faults", tests, NULL, NULL);
}
