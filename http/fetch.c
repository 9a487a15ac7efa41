/* libcurl's sockets and its one timer, watched by the loop. */
#include "http/fetch.h"

#include <stdlib.h>

struct fetch {
    struct loop *loop;
    CURLM *multi;
    loop_timer timer;
    fetch_on_end on_end;
    void *user;
};

static void look_for_ends(struct fetch *fetch)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(fetch->multi, &left)) != NULL;) {
        CURL *curl = message->easy_handle;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        fetch_remove(fetch, curl); /* the message goes with it */
        fetch->on_end(curl, code, fetch->user);
    }
}

static void on_ready(int descriptor, unsigned events, void *user)
{
    struct fetch *fetch = user;
    int running = 0;
    int what = ((events & LOOP_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
               ((events & LOOP_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0) |
               ((events & LOOP_HANGUP) != 0 ? CURL_CSELECT_ERR : 0);
    /* What went wrong shows in the ends. */
    (void)curl_multi_socket_action(fetch->multi, descriptor, what, &running);
    look_for_ends(fetch);
}

static void on_time(void *user)
{
    struct fetch *fetch = user;
    int running = 0;
    fetch->timer = 0;
    (void)curl_multi_socket_action(fetch->multi, CURL_SOCKET_TIMEOUT, 0, &running); /* as above */
    look_for_ends(fetch);
}

static int on_socket(CURL *curl, curl_socket_t descriptor, int what, void *user, void *own)
{
    struct fetch *fetch = user;
    unsigned events = what == CURL_POLL_IN    ? LOOP_READABLE
                      : what == CURL_POLL_OUT ? LOOP_WRITABLE
                                              : LOOP_READABLE | LOOP_WRITABLE;
    (void)curl;
    (void)own;
    if (what == CURL_POLL_REMOVE)
        loop_unwatch(fetch->loop, descriptor);
    else if (loop_watch(fetch->loop, descriptor, events, on_ready, fetch) != STATUS_OK)
        return -1;
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct fetch *fetch = user;
    (void)multi;
    loop_cancel(fetch->loop, fetch->timer);
    fetch->timer = 0;
    if (timeout_ms < 0)
        return 0;
    return loop_after(fetch->loop, timeout_ms, on_time, fetch, &fetch->timer) == STATUS_OK ? 0 : -1;
}

bool fetch_add(struct fetch *fetch, CURL *curl)
{
    return curl_multi_add_handle(fetch->multi, curl) == CURLM_OK;
}

void fetch_remove(struct fetch *fetch, CURL *curl)
{
    if (curl != NULL)
        (void)curl_multi_remove_handle(fetch->multi, curl); /* it may not be in there */
}

struct fetch *fetch_create(struct loop *loop, fetch_on_end on_end, void *user)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (fetch == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(fetch);
        return NULL;
    }
    *fetch =
        (struct fetch){.loop = loop, .multi = curl_multi_init(), .on_end = on_end, .user = user};
    if (fetch->multi != NULL &&
        curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
        curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch) == CURLM_OK &&
        curl_multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
        curl_multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch) == CURLM_OK)
        return fetch;
    fetch_destroy(fetch);
    return NULL;
}

void fetch_destroy(struct fetch *fetch)
{
    if (fetch == NULL)
        return;
    (void)curl_multi_cleanup(fetch->multi); /* NULL, or empty */
    loop_cancel(fetch->loop, fetch->timer);
    free(fetch);
}
