/* process: programs that start, fail, end by themselves or have to be killed; ports. */
#include "cli/process.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/free_port.h"

enum { LONG_MS = 10000, SHORT_MS = 100 };

static struct process shell(const char *script)
{
    return (struct process){.arguments = {"sh", "-c", script}, .log_path = "/dev/null"};
}

static void running_tells_how_it_ended(void **state)
{
    (void)state;
    struct process good = shell("exit 0");
    struct process bad = shell("exit 3");
    struct process killed = shell("kill -9 $$");
    struct process missing = {.arguments = {"/no/such/program"}, .log_path = "/dev/null"};
    struct process unlogged = shell("exit 0");
    unlogged.log_path = "/no/such/folder/log";
    assert_true(process_run(&good));
    assert_false(process_run(&bad));
    assert_false(process_run(&killed));
    assert_false(process_run(&missing));
    assert_false(process_run(&unlogged));
}

static void variables_and_output_arrive(void **state)
{
    (void)state;
    char path[] = "/tmp/arbiter-process-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    struct process process = shell("echo \"$ONE-$TWO\"");
    process.variables[0] = "ONE=1";
    process.variables[1] = "TWO=2";
    process.log_path = path;
    assert_true(process_run(&process));
    struct buffer text = {0};
    assert_int_equal(buffer_read_file(&text, path), STATUS_OK);
    assert_memory_equal(buffer_text(&text), "1-2\n", 4);
    buffer_deinit(&text);
    assert_int_equal(close(file) + unlink(path), 0);
}

static void ending_kills_what_does_not_listen(void **state)
{
    (void)state;
    struct process deaf = shell("trap '' TERM; while :; do sleep 0.05; done");
    pid_t pid = process_start(&deaf);
    assert_true(pid > 0);
    process_sleep_ms(SHORT_MS); /* it sets its trap */
    process_end(pid, SIGTERM, SHORT_MS);
    assert_int_equal(kill(pid, 0), -1);
    process_end(pid, SIGTERM, LONG_MS); /* gone already: returns at once */
    process_end(0, SIGTERM, LONG_MS);   /* never started: must not reach our own group */
}

static void waiting_ends_with_the_process(void **state)
{
    (void)state;
    struct process brief = shell("exit 1");
    uint16_t port = free_port();
    assert_int_not_equal(port, 0);
    assert_false(process_listens(port));
    pid_t pid = process_start(&brief);
    assert_false(process_wait_http(pid, port, "/readyz", LONG_MS));
    assert_int_equal(kill(pid, 0), -1);
    assert_false(process_wait_http(0, port, "/readyz", SHORT_MS));
}

/* Says a line to whoever connects first, in a process of its own. */
static pid_t greet_once(int listener, const char *line)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int connection = accept(listener, NULL, NULL);
    _exit(connection >= 0 && send(connection, line, strlen(line), 0) > 0 ? 0 : 1);
}

static void a_server_is_known_by_its_greeting(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_known;
    } cases[] = {{"mine", true}, {"another", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint16_t port = free_port();
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons(port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(listener, 1), 0);
        pid_t pid = greet_once(listener, "INFO {\"server_name\":\"mine\"}\r\n");
        assert_int_equal(process_greets(port, cases[i].name), cases[i].is_known);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(close(listener), 0);
        assert_false(process_greets(port, "mine"));
    }
}

/* Nobody's outgoing connection comes to sit on it before its server does. */
static void free_ports_are_none_of_the_outgoing_ones(void **state)
{
    (void)state;
    int first = 0;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &first), 1);
    (void)fclose(file); /* it was only read */
    for (int i = 0; i < 100 && first > 21000; i++)
        assert_in_range(free_port(), 20000, first - 1);
}

/* A supervisor that is killed leaves nobody behind. */
static void a_child_ends_with_its_parent(void **state)
{
    (void)state;
    int ends[2];
    pid_t grandchild = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct process lasting = shell("exec sleep 60");
        grandchild = process_start(&lasting);
        process_sleep_ms(SHORT_MS); /* it gets as far as exec */
        if (write(ends[1], &grandchild, sizeof grandchild) != (ssize_t)sizeof grandchild)
            _exit(1);
        for (;;)
            (void)pause(); /* until it is killed */
    }
    (void)close(ends[1]); /* the parent's copy stays */
    assert_int_equal(read(ends[0], &grandchild, sizeof grandchild), sizeof grandchild);
    assert_int_equal(kill(grandchild, 0), 0);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    /* The pipe reads as ended when nobody holds it any more: neither parent nor grandchild. */
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 0);
    (void)close(ends[0]); /* read to its end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_tells_how_it_ended),
        cmocka_unit_test(variables_and_output_arrive),
        cmocka_unit_test(ending_kills_what_does_not_listen),
        cmocka_unit_test(waiting_ends_with_the_process),
        cmocka_unit_test(a_server_is_known_by_its_greeting),
        cmocka_unit_test(free_ports_are_none_of_the_outgoing_ones),
        cmocka_unit_test(a_child_ends_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
