/* Tokens from strangers. Nobody here can sign, so none may count; and a key set from anywhere is
 * keys or a fault. The first byte says which of the two the rest is. */
#include "seeks/token.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

#define NOW_MS INT64_C(1790000000000)

enum { PATH_SIZE = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct token_keys *make_keys(void)
{
    char folder[] = "/tmp/arbiter-fuzz-XXXXXX";
    char secret[PATH_SIZE];
    char open[PATH_SIZE];
    struct fault fault = {0};
    if (mkdtemp(folder) == NULL)
        abort();
    (void)snprintf(secret, sizeof secret, "%s/private.json", folder); /* they fit */
    (void)snprintf(open, sizeof open, "%s/public.json", folder);
    if (token_keys_generate(secret, open, &fault) != STATUS_OK)
        abort();
    struct token_keys *keys = token_keys_load(open, &fault);
    if (keys == NULL || unlink(secret) != 0 || unlink(open) != 0 || rmdir(folder) != 0)
        abort();
    return keys;
}

static void check_token(const char *text)
{
    static struct token_keys *keys;
    struct token_claims claims;
    struct fault fault = {0};
    if (keys == NULL)
        keys = make_keys();
    if (token_verify(keys, text, NOW_MS, &claims, &fault) == STATUS_OK || fault.text[0] == '\0')
        abort();
}

static void check_keys(const void *bytes, size_t size)
{
    char path[] = "/tmp/arbiter-fuzz-XXXXXX";
    struct fault fault = {0};
    int descriptor = mkstemp(path);
    if (descriptor < 0 || write(descriptor, bytes, size) != (ssize_t)size || close(descriptor) != 0)
        abort();
    struct token_keys *keys = token_keys_load(path, &fault);
    if (keys == NULL && fault.text[0] == '\0')
        abort();
    token_keys_destroy(keys);
    if (unlink(path) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] % 2 == 1) {
        check_keys(data + 1, size - 1);
        return 0;
    }
    char *text = malloc(size);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    check_token(text);
    free(text);
    return 0;
}
