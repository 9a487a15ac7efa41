/* seal: what is sealed opens with its key, at its place, whole. */
#include "gamesvc/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static struct seal_keys keys;
static const char secret[] = "0 place 8D AEINRST";

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    seal_keys_draw(&keys);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct seal_bytes sealed_at(const char *place)
{
    struct seal_bytes sealed;
    assert_int_equal(seal_close(&arena, &keys, place, secret, sizeof secret, &sealed), STATUS_OK);
    assert_true(seal_is_closed(sealed.data, sealed.size));
    return sealed;
}

static enum status open_at(const char *place, struct seal_bytes sealed)
{
    struct seal_bytes opened = {0};
    enum status status = seal_open(&arena, &keys, place, sealed.data, sealed.size, &opened);
    if (status == STATUS_OK) {
        assert_int_equal(opened.size, sizeof secret);
        assert_memory_equal(opened.data, secret, sizeof secret);
    }
    return status;
}

static void opens_where_it_was_sealed(void **state)
{
    (void)state;
    struct seal_bytes sealed = sealed_at("turn g1 1");
    assert_int_equal(open_at("turn g1 1", sealed), STATUS_OK);
    assert_int_equal(open_at("turn g1 2", sealed), STATUS_DATA_LOSS);
    assert_int_equal(open_at("turn g2 1", sealed), STATUS_DATA_LOSS);
}

static void the_same_twice_looks_different(void **state)
{
    (void)state;
    struct seal_bytes one = sealed_at("a");
    struct seal_bytes two = sealed_at("a");
    assert_int_equal(one.size, two.size);
    assert_memory_not_equal(one.data, two.data, one.size);
}

static void no_bit_may_change(void **state)
{
    (void)state;
    struct seal_bytes sealed = sealed_at("a");
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.data[i] ^= 0x40;
        assert_int_equal(open_at("a", sealed), STATUS_DATA_LOSS);
        sealed.data[i] ^= 0x40;
    }
    sealed.size--;
    assert_int_equal(open_at("a", sealed), STATUS_DATA_LOSS);
}

static void plain_bytes_are_not_sealed(void **state)
{
    (void)state;
    assert_false(seal_is_closed(secret, sizeof secret));
    assert_false(seal_is_closed(NULL, 0));
}

static void an_old_key_opens_and_the_new_one_seals(void **state)
{
    (void)state;
    struct seal_bytes old = sealed_at("a");
    struct seal_keys both = {.count = 2};
    seal_keys_draw(&both);
    memcpy(both.key[1], keys.key[0], SEAL_KEY_SIZE);
    both.count = 2;
    struct seal_keys only_old = keys;
    keys = both;
    assert_int_equal(open_at("a", old), STATUS_OK);
    struct seal_bytes new = sealed_at("a");
    keys = only_old;
    assert_int_equal(open_at("a", new), STATUS_DATA_LOSS);
}

static enum status read_file(const char *text, struct seal_keys *out_keys, struct fault *out_fault)
{
    char path[] = "/tmp/arbiter-seal-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    assert_int_equal(close(file), 0);
    enum status status = seal_keys_read(out_keys, path, out_fault);
    assert_int_equal(unlink(path), 0);
    return status;
}

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void a_file_has_a_key_a_line(void **state)
{
    (void)state;
    struct seal_keys read = {0};
    struct fault fault = {0};
    assert_int_equal(read_file("# ours\n" KEY "\r\n\n" KEY "\n", &read, &fault), STATUS_OK);
    assert_int_equal(read.count, 2);
    assert_int_equal(read.key[1][31], 0x1f);
    assert_int_equal(read_file("", &read, &fault), STATUS_INVALID_ARGUMENT);
    assert_int_equal(read_file(KEY "\n" KEY "0\n", &read, &fault), STATUS_INVALID_ARGUMENT);
    assert_int_equal(fault.line, 2);
    assert_int_equal(read_file("g" KEY, &read, &fault), STATUS_INVALID_ARGUMENT);
    assert_int_equal(read.count, 2); /* as it was */
    assert_int_equal(seal_keys_read(&read, "/nonexistent", &fault), STATUS_INVALID_ARGUMENT);
    assert_int_equal(seal_keys_read(&read, "", &fault), STATUS_OK);
    assert_int_equal(read.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_where_it_was_sealed), TEST(the_same_twice_looks_different),
        TEST(no_bit_may_change),         TEST(plain_bytes_are_not_sealed),
        TEST(a_file_has_a_key_a_line),   TEST(an_old_key_opens_and_the_new_one_seals),
    };
    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
