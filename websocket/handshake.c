/* What RFC 6455 wants of a handshake, and of a text. */
#include "websocket/websocket.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

enum { KEY_SIZE = 24, SHA1_SIZE = 20 };

bool websocket_accept(const char *key, char out_accept[WEBSOCKET_ACCEPT_SIZE])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[KEY_SIZE + sizeof guid];
    unsigned char digest[SHA1_SIZE];
    gnutls_datum_t binary = {digest, sizeof digest};
    gnutls_datum_t base64 = {NULL, 0};
    if (strlen(key) != KEY_SIZE)
        return false;
    memcpy(text, key, KEY_SIZE);
    memcpy(text + KEY_SIZE, guid, sizeof guid);
    if (gnutls_hash_fast(GNUTLS_DIG_SHA1, text, KEY_SIZE + sizeof guid - 1, digest) != 0 ||
        gnutls_base64_encode2(&binary, &base64) != 0)
        return false;
    bool fits = base64.size == WEBSOCKET_ACCEPT_SIZE - 1;
    if (fits) {
        memcpy(out_accept, base64.data, base64.size);
        out_accept[base64.size] = '\0';
    }
    gnutls_free(base64.data);
    return fits;
}

/* How many bytes follow the first one of a character; -1: it cannot begin one. */
static int bytes_after(unsigned char first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

/* The second byte tells overlong forms, surrogates and numbers past U+10FFFF. */
static bool is_second(unsigned char first, unsigned char second)
{
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

bool websocket_is_utf8(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + size;
    while (at < end) {
        unsigned char first = *at++;
        int more = bytes_after(first);
        if (more < 0 || end - at < more || (more > 0 && !is_second(first, *at)))
            return false;
        for (int i = 0; i < more; i++)
            if ((at[i] & 0xc0) != 0x80)
                return false;
        at += more;
    }
    return true;
}
