/* Reads the keys: a file at once, a URL by libcurl on our loop. */
#include "seeks/key_ring.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/buffer.h"
#include "base/log.h"

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
    loop_timer curl_timer;
    CURLM *multi;
    CURL *curl; /* the fetch under way */
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

/* ---- curl on the loop -------------------------------------------------------------------- */

static void end_fetch(struct key_ring *ring, CURLcode code)
{
    long http = 0;
    (void)curl_easy_getinfo(ring->curl, CURLINFO_RESPONSE_CODE, &http); /* 0 then */
    (void)curl_multi_remove_handle(ring->multi, ring->curl);            /* it is in there */
    curl_easy_cleanup(ring->curl);
    ring->curl = NULL;
    if (code != CURLE_OK)
        end_reading(ring, curl_easy_strerror(code));
    else
        end_reading(ring, http == 200 ? NULL : "the answer is not 200");
}

static void look_for_end(struct key_ring *ring)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(ring->multi, &left)) != NULL;)
        if (message->msg == CURLMSG_DONE && message->easy_handle == ring->curl) {
            end_fetch(ring, message->data.result);
            return;
        }
}

static void on_ready(int descriptor, unsigned events, void *user)
{
    struct key_ring *ring = user;
    int running = 0;
    int what = ((events & LOOP_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
               ((events & LOOP_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0) |
               ((events & LOOP_HANGUP) != 0 ? CURL_CSELECT_ERR : 0);
    (void)curl_multi_socket_action(ring->multi, descriptor, what, &running); /* the end is looked
                                                                                for */
    look_for_end(ring);
}

static void on_time(void *user)
{
    struct key_ring *ring = user;
    int running = 0;
    ring->curl_timer = 0;
    (void)curl_multi_socket_action(ring->multi, CURL_SOCKET_TIMEOUT, 0, &running); /* as above */
    look_for_end(ring);
}

static int on_socket(CURL *curl, curl_socket_t descriptor, int what, void *user, void *own)
{
    struct key_ring *ring = user;
    unsigned events = what == CURL_POLL_IN    ? LOOP_READABLE
                      : what == CURL_POLL_OUT ? LOOP_WRITABLE
                                              : LOOP_READABLE | LOOP_WRITABLE;
    (void)curl;
    (void)own;
    if (what == CURL_POLL_REMOVE)
        loop_unwatch(ring->loop, descriptor);
    else if (loop_watch(ring->loop, descriptor, events, on_ready, ring) != STATUS_OK)
        return -1;
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct key_ring *ring = user;
    (void)multi;
    loop_cancel(ring->loop, ring->curl_timer);
    ring->curl_timer = 0;
    if (timeout_ms < 0)
        return 0;
    return loop_after(ring->loop, timeout_ms, on_time, ring, &ring->curl_timer) == STATUS_OK ? 0
                                                                                             : -1;
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
           curl_multi_add_handle(ring->multi, curl) == CURLM_OK;
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

static bool create_multi(struct key_ring *ring)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    ring->multi = curl_multi_init();
    return ring->multi != NULL &&
           curl_multi_setopt(ring->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
           curl_multi_setopt(ring->multi, CURLMOPT_SOCKETDATA, ring) == CURLM_OK &&
           curl_multi_setopt(ring->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
           curl_multi_setopt(ring->multi, CURLMOPT_TIMERDATA, ring) == CURLM_OK;
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
    if (ring->keys != NULL && (!ring->is_url || create_multi(ring))) {
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
        (void)curl_multi_remove_handle(ring->multi, ring->curl); /* it is in there */
    curl_easy_cleanup(ring->curl);
    (void)curl_multi_cleanup(ring->multi); /* NULL, or empty */
    loop_cancel(ring->loop, ring->curl_timer);
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
