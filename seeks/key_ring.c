/* Reads the keys: a file at once, a URL by a fetch. */
#include "seeks/key_ring.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/buffer.h"
#include "base/log.h"
#include "http/fetch.h"

enum { FETCH_MS = 5000, AGAIN_MS = 10000, PLACE_MAX = 1024 };

struct waiter_for_keys {
    struct waiter_for_keys *next;
    void (*on_read)(void *user);
    void *user;
};

struct key_ring {
    struct loop *loop;
    struct token_keys *keys;
    char place[PLACE_MAX];
    int64_t interval_ms;
    bool is_url;
    bool is_reading;
    int64_t tried_at_ms;
    loop_timer next_timer; /* the next reading */
    struct fetch *fetch;   /* NULL: a file */
    CURL *curl;            /* the fetch under way */
    struct buffer text;
    struct waiter_for_keys *waiters;
    size_t waiter_count;
    struct key_ring_stats stats;
};

static void read_keys(void *user);

/* ---- what was read ----------------------------------------------------------------------- */

static void call_waiters(struct key_ring *ring)
{
    struct waiter_for_keys *waiter = ring->waiters;
    ring->waiters = NULL;
    ring->waiter_count = 0;
    while (waiter != NULL) {
        struct waiter_for_keys *next = waiter->next;
        waiter->on_read(waiter->user);
        free(waiter);
        waiter = next;
    }
}

static void plan_next(struct key_ring *ring, bool is_good)
{
    int64_t delay_ms = is_good || ring->interval_ms < AGAIN_MS ? ring->interval_ms : AGAIN_MS;
    if (!key_ring_is_ready(ring))
        delay_ms = KEY_RING_PAUSE_MS;
    loop_cancel(ring->loop, ring->next_timer);
    ring->next_timer = 0;
    if (loop_after(ring->loop, delay_ms, read_keys, ring, &ring->next_timer) != STATUS_OK)
        log_event(LOG_ERROR, "keys_not_planned", "next=\"a token with an unknown key\"");
}

/* `why` is NULL where the text is there; it may still hold no keys. */
static void end_reading(struct key_ring *ring, const char *why)
{
    struct fault fault = {0};
    char text[256];
    ring->is_reading = false;
    if (why == NULL &&
        token_keys_replace(ring->keys, buffer_text(&ring->text), &fault) != STATUS_OK)
        why = fault.text;
    if (why == NULL) {
        ring->stats.reads++;
        ring->stats.read_at_ms = loop_wall_ms(ring->loop);
    } else {
        ring->stats.failures++;
        log_event(LOG_WARN, "keys_not_read", "why=%s next=\"those known before are kept\"",
                  log_quote(why, text, sizeof text));
    }
    plan_next(ring, why == NULL);
    call_waiters(ring);
}

/* ---- fetching ---------------------------------------------------------------------------- */

static void on_fetched(CURL *curl, CURLcode code, void *user)
{
    struct key_ring *ring = user;
    long http = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http); /* 0 then */
    curl_easy_cleanup(curl);
    ring->curl = NULL;
    if (code != CURLE_OK)
        end_reading(ring, curl_easy_strerror(code));
    else
        end_reading(ring, http == 200 ? NULL : "the answer is not 200");
}

static size_t keep_text(char *data, size_t size, size_t count, void *user)
{
    struct key_ring *ring = user;
    buffer_append(&ring->text, data, size * count);
    return ring->text.failed ? 0 : size * count; /* too long: the fetch fails */
}

static bool begin_fetch(struct key_ring *ring)
{
    CURL *curl = ring->curl = curl_easy_init();
    return curl != NULL && curl_easy_setopt(curl, CURLOPT_URL, ring->place) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)FETCH_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_text) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, ring) == CURLE_OK &&
           fetch_add(ring->fetch, curl);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void read_keys(void *user)
{
    struct key_ring *ring = user;
    loop_cancel(ring->loop, ring->next_timer); /* it may be what brings us here */
    ring->next_timer = 0;
    if (ring->curl != NULL)
        return; /* under way */
    ring->is_reading = true;
    ring->tried_at_ms = loop_wall_ms(ring->loop);
    buffer_deinit(&ring->text);
    ring->text = (struct buffer){.limit = KEY_RING_BYTES_MAX};
    if (!ring->is_url) {
        bool is_read = buffer_read_file(&ring->text, ring->place) == STATUS_OK;
        end_reading(ring, is_read ? NULL : "the file cannot be read");
    } else if (!begin_fetch(ring)) {
        curl_easy_cleanup(ring->curl); /* NULL is allowed */
        ring->curl = NULL;
        end_reading(ring, "the fetch cannot be begun");
    }
}

bool key_ring_wait(struct key_ring *ring, void (*on_read)(void *user), void *user)
{
    bool is_lately = loop_wall_ms(ring->loop) - ring->tried_at_ms < KEY_RING_PAUSE_MS;
    if (ring->waiter_count == KEY_RING_WAITERS_MAX || (!ring->is_reading && is_lately))
        return false;
    struct waiter_for_keys *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL)
        return false;
    *waiter = (struct waiter_for_keys){ring->waiters, on_read, user};
    ring->waiters = waiter;
    ring->waiter_count++;
    if (ring->is_reading)
        return true;
    ring->is_reading = true; /* in the loop's next round: nobody is called before we return */
    loop_cancel(ring->loop, ring->next_timer);
    ring->next_timer = 0;
    if (loop_after(ring->loop, 0, read_keys, ring, &ring->next_timer) == STATUS_OK)
        return true;
    ring->is_reading = false;
    ring->waiters = waiter->next;
    ring->waiter_count--;
    free(waiter);
    return false;
}

/* ---- life -------------------------------------------------------------------------------- */

static bool is_url(const char *place)
{
    return strncmp(place, "http://", 7) == 0 || strncmp(place, "https://", 8) == 0;
}

struct key_ring *key_ring_create(struct loop *loop, const char *place, unsigned interval_s,
                                 struct fault *out_fault)
{
    struct key_ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL || strlen(place) >= sizeof ring->place) {
        (void)fault_set(out_fault, 0, 0, "%s: no keys could be read", place);
        free(ring);
        return NULL;
    }
    memcpy(ring->place, place, strlen(place) + 1);
    ring->loop = loop;
    ring->is_url = is_url(place);
    ring->interval_ms = interval_s > 0 ? (int64_t)interval_s * 1000 : KEY_RING_PAUSE_MS;
    ring->keys = ring->is_url ? token_keys_create() : token_keys_load(place, out_fault);
    if (ring->is_url)
        ring->fetch = fetch_create(loop, on_fetched, ring);
    if (ring->keys != NULL && (!ring->is_url || ring->fetch != NULL)) {
        read_keys(ring);
        return ring;
    }
    if (ring->is_url)
        (void)fault_set(out_fault, 0, 0, "%s: no keys can be fetched", place);
    key_ring_destroy(ring);
    return NULL;
}

void key_ring_destroy(struct key_ring *ring)
{
    if (ring == NULL)
        return;
    if (ring->curl != NULL)
        fetch_remove(ring->fetch, ring->curl);
    curl_easy_cleanup(ring->curl);
    fetch_destroy(ring->fetch);
    loop_cancel(ring->loop, ring->next_timer);
    while (ring->waiters != NULL) {
        struct waiter_for_keys *next = ring->waiters->next;
        free(ring->waiters);
        ring->waiters = next;
    }
    token_keys_destroy(ring->keys);
    buffer_deinit(&ring->text);
    free(ring);
}

const struct token_keys *key_ring_keys(const struct key_ring *ring)
{
    return ring->keys;
}

bool key_ring_is_ready(const struct key_ring *ring)
{
    return token_keys_count(ring->keys) > 0;
}

void key_ring_stats(const struct key_ring *ring, struct key_ring_stats *out_stats)
{
    *out_stats = ring->stats;
    out_stats->keys = token_keys_count(ring->keys);
}
