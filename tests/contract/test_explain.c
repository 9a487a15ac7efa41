/* What `arbiter pair --explain` says about a few states of events, as text and as JSON, held to
 * files: a Swiss round with floaters, a leader who cannot be caught, a round without a legal
 * pairing. The words are read by directors, the JSON by programs: neither changes unnoticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "tests/support/golden.h"

enum { COMMAND_SIZE = 1024, PATH_SIZE = 256, PIECE_SIZE = 4096 };

struct shown {
    const char *name; /* of the files under tests/data/explain/ */
    const char *words;
    int status; /* what the program ends with */
};

static const struct shown floats = {
    "swiss-with-floats",
    "--system dutch --compat bbp tests/data/dutch/dev/tgt-s921719-floaty-n007-R06-r05.trf", 0};
static const struct shown gibsonized = {
    "gibsonized", "--system king_of_the_hill --set gibson=true tests/data/events/event-b.json", 0};
static const struct shown impossible = {"no-legal-pairing",
                                        "--system dutch tests/data/dutch/cli/e1-forbidden.trf", 1};

static const char *program;

/* Appends what the program prints; its exit status is the answer. */
static int run(const char *command, struct buffer *out)
{
    char piece[PIECE_SIZE];
    FILE *said = popen(command, "r");
    assert_non_null(said);
    for (size_t size; (size = fread(piece, 1, sizeof piece, said)) > 0;)
        buffer_append(out, piece, size);
    int status = pclose(said);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void hold(const struct shown *shown, const char *option, const char *suffix)
{
    char command[COMMAND_SIZE], path[PATH_SIZE];
    struct buffer said = {0};
    int size = snprintf(command, sizeof command, "'%s' pair %s --explain%s 2>/dev/null", program,
                        shown->words, option);
    assert_in_range(size, 1, sizeof command - 1);
    size = snprintf(path, sizeof path, "tests/data/explain/%s.%s", shown->name, suffix);
    assert_in_range(size, 1, sizeof path - 1);
    assert_int_equal(run(command, &said), shown->status);
    assert_true(said.size > 0);
    golden_file(path, &said);
    buffer_deinit(&said);
}

static void hold_both(const struct shown *shown)
{
    hold(shown, "", "txt");
    hold(shown, " --json", "json");
}

static void floaters_are_explained(void **state)
{
    (void)state;
    hold_both(&floats);
}

static void a_leader_out_of_reach_is_explained(void **state)
{
    (void)state;
    hold_both(&gibsonized);
}

static void a_round_without_a_legal_pairing_is_explained(void **state)
{
    (void)state;
    hold_both(&impossible);
}

int main(int count, char **words)
{
    if (count != 2) {
        (void)fprintf(stderr, "usage: test_explain ARBITER\n"); /* nobody reads a failure of it */
        return 2;
    }
    program = words[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floaters_are_explained),
        cmocka_unit_test(a_leader_out_of_reach_is_explained),
        cmocka_unit_test(a_round_without_a_legal_pairing_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
