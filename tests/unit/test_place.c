/* place: the folder of a house, its lock and house.json. */
#include "cli/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/arbiter-place-XXXXXX";

static int make_place(void **state)
{
    static struct place place;
    struct fault fault = {0};
    *state = &place;
    return mkdtemp(folder) != NULL && place_open(folder, &place, &fault) == STATUS_OK ? 0 : -1;
}

static int remove_place(void **state)
{
    static const char *const names[] = {"lock", "house.json", "house.json.new"};
    char path[PLACE_PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(place_path(*state, names[i], path)); /* not every test makes each */
    return rmdir(folder);
}

static void write_text(const struct place *place, const char *text)
{
    char path[PLACE_PATH_MAX];
    FILE *file = fopen(place_path(place, "house.json", path), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_house_is_read_as_it_was_written(void **state)
{
    struct place_house house = {.http_url = "http://h", .nats_url = "nats://n", .database = "d"};
    struct place_house again;
    house.supervisor = 17;
    house.process_count = PLACE_PROCESSES_MAX;
    for (int i = 0; i < PLACE_PROCESSES_MAX; i++) {
        (void)snprintf(house.processes[i].name, sizeof house.processes[i].name, "p%d", i);
        house.processes[i].pid = 1000 + i;
        house.processes[i].health_port = (uint16_t)(65535 - i);
    }
    assert_int_equal(place_write_house(*state, &house), STATUS_OK);
    assert_int_equal(place_read_house(*state, &again), STATUS_OK);
    assert_memory_equal(&again, &house, sizeof house);
}

static void what_is_no_house_is_not_found(void **state)
{
    static const char *const texts[] = {"", "{", "nonsense"};
    struct place_house house;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_text(*state, texts[i]);
        assert_int_equal(place_read_house(*state, &house), STATUS_NOT_FOUND);
    }
    write_text(*state, "{\"processes\": [7, {}], \"http_url\": 3}");
    assert_int_equal(place_read_house(*state, &house), STATUS_OK);
    assert_string_equal(house.http_url, "");
    assert_int_equal(house.processes[0].pid, 0);
}

static void more_processes_than_fit_are_left_out(void **state)
{
    struct place_house house;
    char text[4096] = "{\"processes\": [{}";
    for (int i = 0; i < PLACE_PROCESSES_MAX; i++)
        (void)strncat(text, ",{}", sizeof text - strlen(text) - 1);
    (void)strncat(text, "]}", sizeof text - strlen(text) - 1);
    write_text(*state, text);
    assert_int_equal(place_read_house(*state, &house), STATUS_OK);
    assert_int_equal(house.process_count, PLACE_PROCESSES_MAX);
}

static void finding_does_not_make_a_folder(void **state)
{
    struct place place;
    struct fault fault = {0};
    char path[PLACE_PATH_MAX];
    place_path(*state, "nothing", path);
    assert_int_not_equal(place_find(path, &place, &fault), STATUS_OK);
    assert_int_equal(access(path, F_OK), -1);
    assert_non_null(strstr(fault.text, "nothing"));
    assert_int_not_equal(place_open("/proc/none/here", &place, &fault), STATUS_OK);
}

/* The lock is a process's: another one asks. */
static void one_process_takes_it_at_a_time(void **state)
{
    int ready[2], done[2];
    char byte = 0;
    pid_t holder = 0;
    assert_false(place_is_taken(*state, NULL));
    assert_int_equal(pipe(ready) + pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)close(done[1]);
        byte = place_take(*state) ? 'y' : 'n';
        _exit(write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 0 ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_true(place_is_taken(*state, &holder));
    assert_int_equal(holder, child);
    assert_false(place_take(*state));
    assert_int_equal(close(done[1]) + close(done[0]) + close(ready[0]) + close(ready[1]), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(place_is_taken(*state, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_house_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_house_is_not_found),
        cmocka_unit_test(more_processes_than_fit_are_left_out),
        cmocka_unit_test(finding_does_not_make_a_folder),
        cmocka_unit_test(one_process_takes_it_at_a_time),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
