/* Copies in an object store: PUT requests that libcurl signs (AWS Signature V4), on our loop. */
#include "archive/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <sodium.h>

enum { URL_BYTES = 2048, TIMEOUT_MS = 20000, CONNECT_MS = 5000, ANSWER_BYTES = 256 };

struct s3 {
    struct place base; /* first */
    struct loop *loop;
    CURLM *multi;
    loop_timer timer;
    char url[URL_BYTES];
    char signer[128];
    char login[512];
    struct upload *uploads; /* under way */
};

struct upload {
    struct upload *next;
    struct s3 *s3;
    CURL *curl;
    struct curl_slist *headers;
    place_on_put on_put;
    void *user;
    char answer[ANSWER_BYTES]; /* what the store says of an error */
    size_t answer_size;
};

/* ---- an upload --------------------------------------------------------------------------- */

static void upload_destroy(struct upload *upload)
{
    struct s3 *s3 = upload->s3;
    for (struct upload **at = &s3->uploads; *at != NULL; at = &(*at)->next)
        if (*at == upload) {
            *at = upload->next;
            break;
        }
    if (upload->curl != NULL)
        (void)curl_multi_remove_handle(s3->multi, upload->curl); /* it may not be in there */
    curl_easy_cleanup(upload->curl);
    curl_slist_free_all(upload->headers);
    free(upload);
}

static void finish(struct upload *upload, CURLcode code)
{
    char message[ANSWER_BYTES + 64];
    long http = 0;
    place_on_put on_put = upload->on_put;
    void *user = upload->user;
    (void)curl_easy_getinfo(upload->curl, CURLINFO_RESPONSE_CODE, &http); /* 0 then */
    bool is_saved = code == CURLE_OK && http >= 200 && http < 300;
    if (code != CURLE_OK)
        (void)snprintf(message, sizeof message, "%s", curl_easy_strerror(code));
    else
        (void)snprintf(message, sizeof message, "HTTP %ld %.*s", http, (int)upload->answer_size,
                       upload->answer); /* cut: it is for people */
    upload_destroy(upload);
    on_put(is_saved ? STATUS_OK : STATUS_UNAVAILABLE, message, user);
}

static void look_for_ends(struct s3 *s3)
{
    int left = 0;
    for (CURLMsg *message = NULL; (message = curl_multi_info_read(s3->multi, &left)) != NULL;) {
        struct upload *upload = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&upload);
        finish(upload, message->data.result);
    }
}

/* ---- curl on the loop -------------------------------------------------------------------- */

static void on_ready(int descriptor, unsigned events, void *user)
{
    struct s3 *s3 = user;
    int running = 0;
    int what = ((events & LOOP_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
               ((events & LOOP_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0) |
               ((events & LOOP_HANGUP) != 0 ? CURL_CSELECT_ERR : 0);
    (void)curl_multi_socket_action(s3->multi, descriptor, what, &running); /* ends are looked for */
    look_for_ends(s3);
}

static void on_time(void *user)
{
    struct s3 *s3 = user;
    int running = 0;
    s3->timer = 0;
    (void)curl_multi_socket_action(s3->multi, CURL_SOCKET_TIMEOUT, 0, &running); /* as above */
    look_for_ends(s3);
}

static int on_socket(CURL *curl, curl_socket_t descriptor, int what, void *user, void *own)
{
    struct s3 *s3 = user;
    unsigned events = what == CURL_POLL_IN    ? LOOP_READABLE
                      : what == CURL_POLL_OUT ? LOOP_WRITABLE
                                              : LOOP_READABLE | LOOP_WRITABLE;
    (void)curl;
    (void)own;
    if (what == CURL_POLL_REMOVE)
        loop_unwatch(s3->loop, descriptor);
    else if (loop_watch(s3->loop, descriptor, events, on_ready, s3) != STATUS_OK)
        return -1;
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct s3 *s3 = user;
    (void)multi;
    loop_cancel(s3->loop, s3->timer);
    s3->timer = 0;
    if (timeout_ms < 0)
        return 0;
    return loop_after(s3->loop, timeout_ms, on_time, s3, &s3->timer) == STATUS_OK ? 0 : -1;
}

/* ---- requests ---------------------------------------------------------------------------- */

static size_t keep_answer(char *data, size_t size, size_t count, void *user)
{
    struct upload *upload = user;
    size_t room = sizeof upload->answer - upload->answer_size;
    size_t taken = size * count < room ? size * count : room;
    memcpy(upload->answer + upload->answer_size, data, taken);
    upload->answer_size += taken;
    return size * count;
}

/* "x-amz-content-sha256: …": part of what is signed; object stores insist on it. */
static void write_hash(const struct place_object *object, char *out, size_t size)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof hash + 1];
    (void)crypto_hash_sha256(hash, (const unsigned char *)object->data, object->size); /* total */
    (void)snprintf(out, size, "x-amz-content-sha256: %s",
                   sodium_bin2hex(hex, sizeof hex, hash, sizeof hash));
}

static bool add_header(struct upload *upload, const char *header)
{
    struct curl_slist *longer = curl_slist_append(upload->headers, header);
    if (longer != NULL)
        upload->headers = longer;
    return longer != NULL;
}

static bool prepare(struct upload *upload, const struct place_object *object)
{
    const struct s3 *s3 = upload->s3;
    CURL *curl = upload->curl;
    char url[URL_BYTES + 256];
    char type[128];
    char hash[128];
    (void)snprintf(url, sizeof url, "%s/%s", s3->url, object->name); /* names are short */
    (void)snprintf(type, sizeof type, "Content-Type: %s", object->type);
    write_hash(object, hash, sizeof hash);
    return add_header(upload, type) && add_header(upload, hash) &&
           curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, s3->signer) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERPWD, s3->login) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PUT") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)object->size) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, object->data) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, upload->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_answer) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, upload) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PRIVATE, upload) == CURLE_OK;
}

static void put(struct place *place, const struct place_object *object, place_on_put on_put,
                void *user)
{
    struct s3 *s3 = (struct s3 *)place;
    struct upload *upload = calloc(1, sizeof *upload);
    if (upload == NULL) {
        on_put(STATUS_UNAVAILABLE, "out of memory", user);
        return;
    }
    *upload = (struct upload){.s3 = s3, .curl = curl_easy_init(), .on_put = on_put, .user = user};
    upload->next = s3->uploads;
    s3->uploads = upload;
    if (upload->curl != NULL && prepare(upload, object) &&
        curl_multi_add_handle(s3->multi, upload->curl) == CURLM_OK)
        return;
    upload_destroy(upload);
    on_put(STATUS_UNAVAILABLE, "the upload cannot be begun", user);
}

static void destroy(struct place *place)
{
    struct s3 *s3 = (struct s3 *)place;
    while (s3->uploads != NULL)
        upload_destroy(s3->uploads);
    (void)curl_multi_cleanup(s3->multi); /* every handle is out of it */
    loop_cancel(s3->loop, s3->timer);
    free(s3);
}

static bool copy_settings(struct s3 *s3, const struct archive_options *options,
                          struct fault *out_fault)
{
    size_t size = strlen(options->place);
    while (size > 0 && options->place[size - 1] == '/')
        size--;
    int login = snprintf(s3->login, sizeof s3->login, "%s:%s", options->key_id, options->secret);
    int signer = snprintf(s3->signer, sizeof s3->signer, "aws:amz:%s:s3", options->region);
    if (size >= sizeof s3->url || login < 0 || (size_t)login >= sizeof s3->login || signer < 0 ||
        (size_t)signer >= sizeof s3->signer || options->key_id[0] == '\0') {
        (void)fault_set(out_fault, 0, 0,
                        "an object store needs archive, archive_region, archive_key_id and "
                        "archive_secret");
        return false;
    }
    memcpy(s3->url, options->place, size);
    return true;
}

struct place *place_s3_create(struct loop *loop, const struct archive_options *options,
                              struct fault *out_fault)
{
    struct s3 *s3 = calloc(1, sizeof *s3);
    if (s3 == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        !copy_settings(s3, options, out_fault)) {
        free(s3);
        return NULL;
    }
    s3->base = (struct place){put, destroy};
    s3->loop = loop;
    s3->multi = curl_multi_init();
    if (s3->multi != NULL &&
        curl_multi_setopt(s3->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
        curl_multi_setopt(s3->multi, CURLMOPT_SOCKETDATA, s3) == CURLM_OK &&
        curl_multi_setopt(s3->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
        curl_multi_setopt(s3->multi, CURLMOPT_TIMERDATA, s3) == CURLM_OK)
        return &s3->base;
    (void)curl_multi_cleanup(s3->multi); /* NULL, or empty */
    free(s3);
    return NULL;
}
