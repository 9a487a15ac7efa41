/* Copies in an object store: PUT requests that libcurl signs (AWS Signature V4), on our loop. */
#include "archive/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <sodium.h>

#include "http/fetch.h"

enum { URL_BYTES = 2048, TIMEOUT_MS = 20000, CONNECT_MS = 5000, ANSWER_BYTES = 256 };

struct s3 {
    struct place base; /* first */
    struct fetch *fetch;
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
    fetch_remove(s3->fetch, upload->curl);
    curl_easy_cleanup(upload->curl);
    curl_slist_free_all(upload->headers);
    free(upload);
}

static void on_end(CURL *curl, CURLcode code, void *user_of_fetch)
{
    struct upload *upload = NULL;
    (void)user_of_fetch; /* the upload knows its store */
    (void)curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&upload);
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
    if (upload->curl != NULL && prepare(upload, object) && fetch_add(s3->fetch, upload->curl))
        return;
    upload_destroy(upload);
    on_put(STATUS_UNAVAILABLE, "the upload cannot be begun", user);
}

static void destroy(struct place *place)
{
    struct s3 *s3 = (struct s3 *)place;
    while (s3->uploads != NULL)
        upload_destroy(s3->uploads);
    fetch_destroy(s3->fetch);
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
    if (s3 == NULL || !copy_settings(s3, options, out_fault) ||
        (s3->fetch = fetch_create(loop, on_end, s3)) == NULL) {
        free(s3);
        return NULL;
    }
    s3->base = (struct place){put, destroy};
    return &s3->base;
}
