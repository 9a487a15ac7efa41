/* Connects, asks for the upgrade, checks the answer. */
#include "websocket/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "websocket/websocket.h"

enum { HOST_MAX = 256, PORT_MAX_SIZE = 8, NONCE_SIZE = 16, KEY_TEXT_SIZE = 25, ANSWER_MAX = 16384 };

static bool read_address(const char *url, char host[HOST_MAX], char port[PORT_MAX_SIZE])
{
    static const char scheme[] = "http://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return false;
    url += sizeof scheme - 1;
    size_t host_size = strcspn(url, ":/");
    if (host_size == 0 || host_size >= HOST_MAX)
        return false;
    memcpy(host, url, host_size);
    host[host_size] = '\0';
    url += host_size;
    size_t port_size = *url == ':' ? strspn(url + 1, "0123456789") : 0;
    if (port_size >= PORT_MAX_SIZE)
        return false;
    (void)snprintf(port, PORT_MAX_SIZE, "%.*s", (int)port_size, port_size > 0 ? url + 1 : "");
    if (port_size == 0)
        (void)snprintf(port, PORT_MAX_SIZE, "80"); /* fits */
    return true;
}

static int try_address(const struct addrinfo *address)
{
    struct timeval patience = {.tv_sec = DIAL_PATIENCE_S};
    int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    /* Without these it would only wait longer. */
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(descriptor, address->ai_addr, address->ai_addrlen) == 0)
        return descriptor;
    (void)close(descriptor); /* nothing was written */
    return -1;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    int descriptor = -1;
    if (getaddrinfo(host, port, &hints, &addresses) != 0)
        return -1;
    for (const struct addrinfo *at = addresses; descriptor < 0 && at != NULL; at = at->ai_next)
        descriptor = try_address(at);
    freeaddrinfo(addresses);
    return descriptor;
}

static bool draw_key(char out[KEY_TEXT_SIZE])
{
    unsigned char nonce[NONCE_SIZE];
    gnutls_datum_t binary = {nonce, sizeof nonce};
    gnutls_datum_t base64 = {NULL, 0};
    if (gnutls_rnd(GNUTLS_RND_NONCE, nonce, sizeof nonce) != 0 ||
        gnutls_base64_encode2(&binary, &base64) != 0)
        return false;
    memcpy(out, base64.data, KEY_TEXT_SIZE - 1);
    out[KEY_TEXT_SIZE - 1] = '\0';
    gnutls_free(base64.data);
    return true;
}

static bool send_all(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = send(descriptor, bytes, size, MSG_NOSIGNAL);
        if (count <= 0)
            return false;
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

static bool ask(int descriptor, const struct dial *dial, const char *host, const char *key)
{
    struct buffer request = {0};
    buffer_format(&request,
                  "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
                  dial->path, host, key);
    if (dial->token != NULL)
        buffer_format(&request, "Authorization: Bearer %s\r\n", dial->token);
    buffer_append_text(&request, "\r\n");
    bool is_sent = !request.failed && send_all(descriptor, buffer_text(&request), request.size);
    buffer_deinit(&request);
    return is_sent;
}

/* Reads up to the end of the headers, and maybe more. */
static bool hear(int descriptor, struct buffer *answer)
{
    char bytes[1024];
    while (strstr(buffer_text(answer), "\r\n\r\n") == NULL) {
        ssize_t count = recv(descriptor, bytes, sizeof bytes, 0);
        if (count <= 0 || answer->size > ANSWER_MAX)
            return false;
        buffer_append(answer, bytes, (size_t)count);
    }
    return !answer->failed;
}

/* Whether a line of the answer is "<name>: <value>". */
static bool has_header(const char *answer, const char *name, const char *value)
{
    size_t size = strlen(name);
    for (const char *line = strstr(answer, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, size) != 0 || line[size] != ':')
            continue;
        line += size + 1;
        line += strspn(line, " \t");
        return strncmp(line, value, strlen(value)) == 0;
    }
    return false;
}

static enum status shake_hands(int descriptor, const struct dial *dial, const char *host,
                               struct buffer *out_early, struct fault *out_fault)
{
    char key[KEY_TEXT_SIZE];
    char accept[WEBSOCKET_ACCEPT_SIZE];
    struct buffer answer = {0};
    enum status status = STATUS_OK;
    if (!draw_key(key) || !websocket_accept(key, accept) || !ask(descriptor, dial, host, key) ||
        !hear(descriptor, &answer)) {
        (void)fault_set(out_fault, 0, 0, "%s does not answer", dial->url);
        status = STATUS_UNAVAILABLE;
    } else if (strncmp(buffer_text(&answer), "HTTP/1.1 101 ", 13) != 0 ||
               !has_header(buffer_text(&answer), "Sec-WebSocket-Accept", accept)) {
        (void)fault_set(out_fault, 0, 0, "%s refuses a socket: %.40s", dial->url,
                        buffer_text(&answer));
        status = STATUS_PERMISSION_DENIED;
    } else {
        const char *end = strstr(buffer_text(&answer), "\r\n\r\n") + 4;
        buffer_append(out_early, end, answer.size - (size_t)(end - buffer_text(&answer)));
    }
    buffer_deinit(&answer);
    return status;
}

enum status dial(const struct dial *dial, int *out_descriptor, struct buffer *out_early,
                 struct fault *out_fault)
{
    char host[HOST_MAX];
    char port[PORT_MAX_SIZE];
    if (!read_address(dial->url, host, port))
        return fault_set(out_fault, 0, 0, "'%s' is no address such as http://host:port", dial->url);
    int descriptor = connect_to(host, port);
    if (descriptor < 0) {
        (void)fault_set(out_fault, 0, 0, "%s does not answer", dial->url);
        return STATUS_UNAVAILABLE;
    }
    enum status status = shake_hands(descriptor, dial, host, out_early, out_fault);
    if (status == STATUS_OK)
        *out_descriptor = descriptor;
    else
        (void)close(descriptor); /* nothing that matters was written */
    return status;
}
