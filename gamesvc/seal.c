/* Seals bytes for one place and opens them there; finds the key that fits. */
#include "gamesvc/seal.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include <sodium.h>

#include "base/buffer.h"

#define MARK 0x01 /* what is not sealed begins with a digit, or has a seed's size */
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define OVERHEAD (1 + NONCE_SIZE + TAG_SIZE)
#define FILE_BYTES_MAX 65536

static_assert(SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "one size of keys");

/* ---- keys -------------------------------------------------------------------------------- */

static enum status read_line(struct seal_keys *keys, const char *line, size_t size, int number,
                             struct fault *out_fault)
{
    size_t read = 0;
    while (size > 0 && isspace((unsigned char)line[size - 1]))
        size--;
    if (size == 0 || line[0] == '#')
        return STATUS_OK;
    if (keys->count == SEAL_KEYS_MAX)
        return fault_set(out_fault, number, 0, "there are more than %d keys", SEAL_KEYS_MAX);
    if (size != (size_t)2 * SEAL_KEY_SIZE ||
        sodium_hex2bin(keys->key[keys->count], SEAL_KEY_SIZE, line, size, NULL, &read, NULL) != 0 ||
        read != SEAL_KEY_SIZE)
        return fault_set(out_fault, number, 0, "a key is %d hexadecimal digits", 2 * SEAL_KEY_SIZE);
    keys->count++;
    return STATUS_OK;
}

static enum status read_lines(struct seal_keys *keys, const char *text, struct fault *out_fault)
{
    enum status status = STATUS_OK;
    for (int number = 1; *text != '\0' && status == STATUS_OK; number++) {
        size_t size = strcspn(text, "\n");
        status = read_line(keys, text, size, number, out_fault);
        text += size + (text[size] == '\n');
    }
    if (status == STATUS_OK && keys->count == 0)
        status = fault_set(out_fault, 0, 0, "there is no key in the file");
    return status;
}

enum status seal_keys_read(struct seal_keys *out_keys, const char *path, struct fault *out_fault)
{
    struct buffer file = {.limit = FILE_BYTES_MAX};
    struct seal_keys keys = {0};
    enum status status = STATUS_OK;
    if (path[0] != '\0') {
        status = buffer_read_file(&file, path);
        if (status != STATUS_OK)
            status = fault_set(out_fault, 0, 0, "%s cannot be read", path);
        else
            status = read_lines(&keys, buffer_text(&file), out_fault);
    }
    if (file.size > 0)
        sodium_memzero(file.data, file.size);
    buffer_deinit(&file);
    if (status == STATUS_OK)
        *out_keys = keys;
    seal_keys_forget(&keys);
    return status;
}

void seal_keys_draw(struct seal_keys *out_keys)
{
    out_keys->count = 1;
    randombytes_buf(out_keys->key[0], SEAL_KEY_SIZE);
}

void seal_keys_forget(struct seal_keys *keys)
{
    sodium_memzero(keys, sizeof *keys);
}

/* ---- sealing ----------------------------------------------------------------------------- */

enum status seal_close(struct arena *arena, const struct seal_keys *keys, const char *place,
                       const void *data, size_t size, struct seal_bytes *out_sealed)
{
    assert(keys->count > 0);
    uint8_t *sealed = arena_alloc(arena, OVERHEAD + size);
    if (sealed == NULL)
        return STATUS_FULL;
    sealed[0] = MARK;
    randombytes_buf(sealed + 1, NONCE_SIZE);
    /* It cannot fail: the size is within bounds. */
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + 1 + NONCE_SIZE, NULL, data, size,
                                                     (const unsigned char *)place, strlen(place),
                                                     NULL, sealed + 1, keys->key[0]);
    *out_sealed = (struct seal_bytes){sealed, OVERHEAD + size};
    return STATUS_OK;
}

bool seal_is_closed(const void *data, size_t size)
{
    return size >= OVERHEAD && *(const uint8_t *)data == MARK;
}

enum status seal_open(struct arena *arena, const struct seal_keys *keys, const char *place,
                      const void *data, size_t size, struct seal_bytes *out_opened)
{
    if (!seal_is_closed(data, size))
        return STATUS_DATA_LOSS;
    const uint8_t *sealed = data;
    size_t opened_size = size - OVERHEAD;
    uint8_t *opened = arena_alloc(arena, opened_size + 1);
    if (opened == NULL)
        return STATUS_FULL;
    for (int i = 0; i < keys->count; i++)
        if (crypto_aead_xchacha20poly1305_ietf_decrypt(
                opened, NULL, NULL, sealed + 1 + NONCE_SIZE, size - 1 - NONCE_SIZE,
                (const unsigned char *)place, strlen(place), sealed + 1, keys->key[i]) == 0) {
            opened[opened_size] = '\0';
            *out_opened = (struct seal_bytes){opened, opened_size};
            return STATUS_OK;
        }
    return STATUS_DATA_LOSS;
}
