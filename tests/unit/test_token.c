/* token: what is signed is verified, and nothing else is. */
#include "seeks/seen_tokens.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 100 };

static char folder[64];
static char private_path[96];
static char public_path[96];

static int make_keys(void **state)
{
    (void)state;
    struct fault fault;
    (void)snprintf(folder, sizeof folder, "/tmp/arbiter-token-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(private_path, sizeof private_path, "%s/private.json", folder);
    (void)snprintf(public_path, sizeof public_path, "%s/public.json", folder);
    return token_keys_generate(private_path, public_path, &fault) == STATUS_OK ? 0 : -1;
}

static int remove_keys(void **state)
{
    (void)state;
    (void)unlink(private_path);
    (void)unlink(public_path);
    (void)rmdir(folder);
    return 0;
}

static struct buffer signed_token(int64_t expires_at_ms)
{
    struct fault fault;
    struct buffer text = {0};
    struct token_keys *keys = token_keys_load(private_path, &fault);
    struct token_claims claims = {.subject = "ann",
                                  .roles = TOKEN_PLAYER | TOKEN_DIRECTOR,
                                  .events = {"T1"},
                                  .event_count = 1,
                                  .expires_at_ms = expires_at_ms};
    assert_non_null(keys);
    assert_int_equal(token_sign(keys, &claims, 1000000, &text), STATUS_OK);
    token_keys_destroy(keys);
    return text;
}

static enum status verify(const char *text, int64_t now_ms, struct token_claims *out_claims,
                          struct fault *out_fault)
{
    struct token_keys *keys = token_keys_load(public_path, out_fault);
    assert_non_null(keys);
    enum status status = token_verify(keys, text, now_ms, out_claims, out_fault);
    token_keys_destroy(keys);
    return status;
}

static void a_signed_token_gives_its_claims_back(void **state)
{
    (void)state;
    struct fault fault;
    struct token_claims claims;
    struct buffer text = signed_token(5000000);
    assert_int_equal(verify(buffer_text(&text), 4999000, &claims, &fault), STATUS_OK);
    assert_string_equal(claims.subject, "ann");
    assert_int_equal(claims.roles, TOKEN_PLAYER | TOKEN_DIRECTOR);
    assert_true(token_covers(&claims, "T1"));
    assert_false(token_covers(&claims, "T2"));
    buffer_deinit(&text);
}

/* Puts keys that somebody else has made into their place. */
static void replace_keys(struct token_keys *keys)
{
    struct fault fault;
    char others[2][128];
    struct buffer text = {.limit = 1 << 20};
    (void)snprintf(others[0], sizeof others[0], "%s/others-private.json", folder);
    (void)snprintf(others[1], sizeof others[1], "%s/others.json", folder);
    assert_int_equal(token_keys_generate(others[0], others[1], &fault), STATUS_OK);
    assert_int_equal(buffer_read_file(&text, others[1]), STATUS_OK);
    assert_int_equal(token_keys_replace(keys, buffer_text(&text), &fault), STATUS_OK);
    (void)unlink(others[0]);
    (void)unlink(others[1]);
    buffer_deinit(&text);
}

static void an_expired_token_is_refused(void **state)
{
    (void)state;
    struct fault fault;
    struct token_claims claims;
    struct buffer text = signed_token(5000000);
    assert_int_equal(verify(buffer_text(&text), 5000000, &claims, &fault), STATUS_UNAUTHENTICATED);
    assert_string_equal(fault.text, "the token has expired; ask for a new one");
    buffer_deinit(&text);
}

static void a_token_with_any_letter_changed_is_refused(void **state)
{
    (void)state;
    struct fault fault;
    struct token_claims claims;
    struct buffer text = signed_token(5000000);
    size_t last = text.size - 2; /* the last letter of base64 carries bits that do not count */
    for (size_t i = 0; i < last; i += 7) {
        char kept = text.data[i];
        text.data[i] = kept == 'A' ? 'B' : 'A';
        enum status status = verify(buffer_text(&text), 4000000, &claims, &fault);
        /* Another name of its key is one that may come yet. */
        assert_true(status == STATUS_UNAUTHENTICATED || status == STATUS_NOT_FOUND);
        text.data[i] = kept;
    }
    buffer_deinit(&text);
}

static void an_unsigned_token_is_refused(void **state)
{
    (void)state;
    struct fault fault;
    struct token_claims claims;
    /* {"alg":"none"} . {"sub":"ann","roles":["admin"],"exp":99999999999} . */
    const char *text = "eyJhbGciOiJub25lIn0."
                       "eyJzdWIiOiJhbm4iLCJyb2xlcyI6WyJhZG1pbiJdLCJleHAiOjk5OTk5OTk5OTk5fQ.";
    assert_int_equal(verify(text, 1000, &claims, &fault), STATUS_UNAUTHENTICATED);
    assert_int_equal(verify("", 1000, &claims, &fault), STATUS_UNAUTHENTICATED);
    assert_int_equal(verify("a.b.c", 1000, &claims, &fault), STATUS_UNAUTHENTICATED);
}

static void a_token_seen_before_is_good_until_it_expires_or_the_keys_change(void **state)
{
    (void)state;
    struct fault fault;
    struct token_claims claims;
    struct buffer text = signed_token(5000000);
    struct seen_tokens *seen = seen_tokens_create(ROOM);
    struct token_keys *keys = token_keys_load(public_path, &fault);
    assert_true(seen != NULL && keys != NULL);
    for (int i = 0; i < 3; i++) {
        claims = (struct token_claims){0};
        assert_int_equal(
            seen_tokens_verify(seen, keys, buffer_text(&text), 4999000, &claims, &fault),
            STATUS_OK);
        assert_string_equal(claims.subject, "ann");
        assert_int_equal(claims.roles, TOKEN_PLAYER | TOKEN_DIRECTOR);
        assert_true(token_covers(&claims, "T1"));
        assert_false(token_covers(&claims, "T2"));
    }
    text.data[text.size - 1] ^= 1; /* one like it is another */
    assert_int_equal(seen_tokens_verify(seen, keys, buffer_text(&text), 4999000, &claims, &fault),
                     STATUS_UNAUTHENTICATED);
    text.data[text.size - 1] ^= 1;
    assert_int_equal(seen_tokens_verify(seen, keys, buffer_text(&text), 5000000, &claims, &fault),
                     STATUS_UNAUTHENTICATED);
    assert_int_equal(seen_tokens_verify(seen, keys, buffer_text(&text), 4999000, &claims, &fault),
                     STATUS_OK);
    replace_keys(keys);
    assert_int_equal(seen_tokens_verify(seen, keys, buffer_text(&text), 4999000, &claims, &fault),
                     STATUS_NOT_FOUND);
    seen_tokens_destroy(seen);
    token_keys_destroy(keys);
    buffer_deinit(&text);
}

static void no_more_tokens_are_remembered_than_there_is_room_for(void **state)
{
    (void)state;
    struct fault fault;
    struct token_claims claims;
    struct seen_tokens *seen = seen_tokens_create(ROOM);
    struct token_keys *keys = token_keys_load(private_path, &fault);
    for (int i = 0; i < ROOM + 10; i++) {
        struct buffer text = {0};
        struct token_claims signs = {.roles = TOKEN_PLAYER, .expires_at_ms = 5000000};
        (void)snprintf(signs.subject, sizeof signs.subject, "p%d", i);
        assert_int_equal(token_sign(keys, &signs, 1000000, &text), STATUS_OK);
        assert_int_equal(
            seen_tokens_verify(seen, keys, buffer_text(&text), 2000000, &claims, &fault),
            STATUS_OK);
        assert_string_equal(claims.subject, signs.subject);
        buffer_deinit(&text);
    }
    assert_int_equal(seen_tokens_count(seen), ROOM);
    seen_tokens_destroy(seen);
    token_keys_destroy(keys);
}

static void the_private_key_is_its_owners_alone(void **state)
{
    (void)state;
    struct stat about;
    assert_int_equal(stat(private_path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void roles_are_read_from_a_list(void **state)
{
    (void)state;
    unsigned roles = 0;
    assert_true(token_roles_parse("player,admin", &roles));
    assert_int_equal(roles, TOKEN_PLAYER | TOKEN_ADMIN);
    assert_false(token_roles_parse("player,king", &roles));
    assert_false(token_roles_parse("", &roles));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_token_gives_its_claims_back),
        cmocka_unit_test(an_expired_token_is_refused),
        cmocka_unit_test(a_token_with_any_letter_changed_is_refused),
        cmocka_unit_test(an_unsigned_token_is_refused),
        cmocka_unit_test(a_token_seen_before_is_good_until_it_expires_or_the_keys_change),
        cmocka_unit_test(no_more_tokens_are_remembered_than_there_is_room_for),
        cmocka_unit_test(the_private_key_is_its_owners_alone),
        cmocka_unit_test(roles_are_read_from_a_list),
    };
    return cmocka_run_group_tests_name("token", tests, make_keys, remove_keys);
}
