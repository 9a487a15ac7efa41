/* Requests, bundles of requests and event streams through libcurl. */
#include "tests/support/client.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/buffer.h"

enum { ANSWERS_MAX = 4096, PATH_BYTES = 512, TIMEOUT_SECONDS = 20, EVENTS_MAX = 4096 };

struct client {
    char *base_url;
    CURL *curl;
    FILE *traffic; /* NULL: nobody wants to know */
    struct client_answer *answers[ANSWERS_MAX];
    size_t answer_count;
};

/* One transfer on its way. */
struct transfer {
    CURL *curl;
    struct curl_slist *headers;
    struct buffer head;
    struct buffer body;
};

static void answer_free(struct client_answer *answer)
{
    if (answer == NULL)
        return;
    free(answer->body);
    free(answer->headers);
    json_decref(answer->json);
    free(answer);
}

struct client *client_create(const char *base_url)
{
    struct client *client = calloc(1, sizeof *client);
    const char *traffic = getenv("ARBITER_TRAFFIC");
    assert_non_null(client);
    client->base_url = strdup(base_url);
    client->curl = curl_easy_init();
    assert_non_null(client->base_url);
    assert_non_null(client->curl);
    if (traffic != NULL)
        client->traffic = fopen(traffic, "a");
    return client;
}

void client_destroy(struct client *client)
{
    for (size_t i = 0; i < ANSWERS_MAX; i++)
        answer_free(client->answers[i]);
    if (client->traffic != NULL)
        (void)fclose(client->traffic); /* a short file fails the test that reads it */
    curl_easy_cleanup(client->curl);
    free(client->base_url);
    free(client);
}

/* ---- one transfer ------------------------------------------------------------------------------
 */

static size_t on_bytes(char *bytes, size_t size, size_t count, void *user)
{
    buffer_append(user, bytes, size * count);
    return size * count;
}

static void add_header(struct transfer *transfer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char text[9000]; /* tokens are long */
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert_in_range(size, 1, sizeof text - 1);
    transfer->headers = curl_slist_append(transfer->headers, text);
}

static void add_headers(struct transfer *transfer, const struct client_request *request)
{
    if (request->token != NULL)
        add_header(transfer, "Authorization: Bearer %s", request->token);
    if (request->key != NULL)
        add_header(transfer, "Idempotency-Key: %s", request->key);
    if (request->extra != NULL)
        add_header(transfer, "%s", request->extra);
    if (request->type != NULL && request->type[0] == '\0')
        add_header(transfer, "Content-Type:");
    else if (request->body != NULL)
        add_header(transfer, "Content-Type: %s",
                   request->type != NULL ? request->type : "application/json");
    add_header(transfer, "Expect:");
}

static void transfer_begin(const struct client *client, const struct client_request *request,
                           CURL *curl, struct transfer *transfer)
{
    char url[PATH_BYTES];
    int size = snprintf(url, sizeof url, "%s%s", client->base_url, request->path);
    assert_in_range(size, 1, sizeof url - 1);
    *transfer = (struct transfer){.curl = curl};
    add_headers(transfer, request);
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer->body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer->head);
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (request->body == NULL && strcmp(request->method, "POST") != 0)
        return;
    const char *body = request->body != NULL ? request->body : "";
    size_t body_size = request->body_size > 0 ? request->body_size : strlen(body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body_size);
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body);
}

static void note_traffic(const struct client *client, const struct client_request *request,
                         const struct client_answer *answer)
{
    if (client->traffic == NULL)
        return;
    json_t *line =
        json_pack("{s:s, s:s, s:i, s:s, s:s?, s:s?, s:s?}", "method", request->method, "path",
                  request->path, "status", (int)answer->status, "type", answer->type, "body",
                  answer->body, "sent", request->body, "headers", answer->headers);
    if (line == NULL) /* a body that is no UTF-8 was sent on purpose */
        line = json_pack("{s:s, s:s, s:i, s:s, s:s?, s:s?}", "method", request->method, "path",
                         request->path, "status", (int)answer->status, "type", answer->type, "body",
                         answer->body, "headers", answer->headers);
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    if (text != NULL)
        fprintf(client->traffic, "%s\n", text);
    free(text);
    json_decref(line);
}

static const struct client_answer *
transfer_end(struct client *client, const struct client_request *request, struct transfer *transfer)
{
    struct client_answer *answer = calloc(1, sizeof *answer);
    const char *type = NULL;
    assert_non_null(answer);
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_TYPE, &type);
    (void)snprintf(answer->type, sizeof answer->type, "%s", type != NULL ? type : "");
    answer->body = strdup(buffer_text(&transfer->body));
    answer->headers = strdup(buffer_text(&transfer->head));
    answer->json = json_loads(answer->body, JSON_DECODE_ANY, NULL);
    buffer_deinit(&transfer->body);
    buffer_deinit(&transfer->head);
    curl_slist_free_all(transfer->headers);
    size_t slot = client->answer_count++ % ANSWERS_MAX;
    answer_free(client->answers[slot]);
    client->answers[slot] = answer;
    note_traffic(client, request, answer);
    return answer;
}

/* The empty line after the head of a success ends the transfer. */
static size_t on_head_bytes(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;
    long status = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    buffer_append(&transfer->head, bytes, size * count);
    return status < 400 && bytes[0] == '\r' ? 0 : size * count;
}

const struct client_answer *client_begin(struct client *client,
                                         const struct client_request *request)
{
    struct transfer transfer;
    transfer_begin(client, request, client->curl, &transfer);
    curl_easy_setopt(client->curl, CURLOPT_HEADERFUNCTION, on_head_bytes);
    curl_easy_setopt(client->curl, CURLOPT_HEADERDATA, &transfer);
    CURLcode code = curl_easy_perform(client->curl);
    if (code != CURLE_OK && code != CURLE_WRITE_ERROR)
        fail_msg("%s %s: %s", request->method, request->path, curl_easy_strerror(code));
    return transfer_end(client, request, &transfer);
}

const struct client_answer *client_call(struct client *client, const struct client_request *request)
{
    struct transfer transfer;
    transfer_begin(client, request, client->curl, &transfer);
    CURLcode code = curl_easy_perform(client->curl);
    if (code != CURLE_OK)
        fail_msg("%s %s: %s", request->method, request->path, curl_easy_strerror(code));
    return transfer_end(client, request, &transfer);
}

void client_call_all(struct client *client, const struct client_request *requests, size_t count,
                     const struct client_answer **out_answers)
{
    CURLM *multi = curl_multi_init();
    struct transfer *transfers = calloc(count, sizeof *transfers);
    int running = 1;
    assert_non_null(multi);
    assert_non_null(transfers);
    for (size_t i = 0; i < count; i++) {
        transfer_begin(client, &requests[i], curl_easy_init(), &transfers[i]);
        curl_easy_setopt(transfers[i].curl, CURLOPT_FORBID_REUSE, 1L);
        assert_int_equal(curl_multi_add_handle(multi, transfers[i].curl), CURLM_OK);
    }
    while (running > 0) {
        assert_int_equal(curl_multi_perform(multi, &running), CURLM_OK);
        assert_int_equal(curl_multi_poll(multi, NULL, 0, 100, NULL), CURLM_OK);
    }
    for (size_t i = 0; i < count; i++) {
        out_answers[i] = transfer_end(client, &requests[i], &transfers[i]);
        curl_multi_remove_handle(multi, transfers[i].curl);
        curl_easy_cleanup(transfers[i].curl);
    }
    free(transfers);
    curl_multi_cleanup(multi);
}

const struct client_answer *client_get(struct client *client, const char *path, const char *token)
{
    return client_call(client,
                       &(struct client_request){.method = "GET", .path = path, .token = token});
}

const struct client_answer *client_post(struct client *client, const char *path, const char *token,
                                        const char *format, ...)
{
    char body[8192];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    assert_in_range(size, 0, sizeof body - 1);
    for (char *c = body; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    return client_call(client, &(struct client_request){
                                   .method = "POST", .path = path, .token = token, .body = body});
}

/* ---- reading answers ---------------------------------------------------------------------------
 */

static json_t *step_into(const json_t *json, const char *name)
{
    if (json_is_array(json))
        return json_array_get(json, strtoul(name, NULL, 10));
    return json_object_get(json, name);
}

const json_t *client_member(const struct client_answer *answer, const char *path)
{
    const json_t *json = answer->json;
    char name[64];
    while (json != NULL && *path != '\0') {
        size_t size = strcspn(path, ".");
        assert_in_range(size, 1, sizeof name - 1);
        memcpy(name, path, size);
        name[size] = '\0';
        json = step_into(json, name);
        path += size + (path[size] == '.');
    }
    return json;
}

const char *client_text(const struct client_answer *answer, const char *path)
{
    return json_string_value(client_member(answer, path));
}

long long client_integer(const struct client_answer *answer, const char *path)
{
    return json_integer_value(client_member(answer, path));
}

double client_number(const struct client_answer *answer, const char *path)
{
    return json_number_value(client_member(answer, path));
}

const char *client_header(const struct client_answer *answer, const char *name)
{
    static _Thread_local char value[512];
    size_t size = strlen(name);
    for (const char *line = answer->headers; line != NULL && *line != '\0';) {
        if (strncasecmp(line, name, size) == 0 && line[size] == ':') {
            line += size + 1 + strspn(line + size + 1, " ");
            (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\r\n"), line);
            return value;
        }
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return NULL;
}

/* ---- event streams -----------------------------------------------------------------------------
 */

struct client_stream {
    struct transfer transfer;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t has_more;
    struct buffer line;
    struct client_event pending;
    struct client_event events[EVENTS_MAX];
    size_t count;
    bool has_begun;
    bool is_closing;
    bool is_over;
};

static void end_event(struct client_stream *stream)
{
    if (stream->pending.data != NULL && stream->count < EVENTS_MAX)
        stream->events[stream->count++] = stream->pending;
    stream->pending = (struct client_event){0};
}

/* An event as a line of JSON says of itself what it is. */
static void take_json_line(struct client_stream *stream, const char *line)
{
    struct client_event *event = &stream->pending;
    event->data = json_loads(line, 0, NULL);
    event->id = json_integer_value(json_object_get(event->data, "position"));
    (void)snprintf(event->name, sizeof event->name, "%s.%s", /* names are short */
                   json_string_value(json_object_get(event->data, "kind")),
                   json_string_value(json_object_get(event->data, "name")));
    end_event(stream);
}

static void take_line(struct client_stream *stream, const char *line)
{
    stream->has_begun = true;
    if (line[0] == '\0')
        end_event(stream);
    else if (line[0] == '{')
        take_json_line(stream, line);
    else if (strncmp(line, "id: ", 4) == 0)
        stream->pending.id = strtoll(line + 4, NULL, 10);
    else if (strncmp(line, "event: ", 7) == 0)
        (void)snprintf(stream->pending.name, sizeof stream->pending.name, "%s", line + 7);
    else if (strncmp(line, "data: ", 6) == 0)
        stream->pending.data = json_loads(line + 6, 0, NULL);
}

static size_t on_stream_bytes(char *bytes, size_t size, size_t count, void *user)
{
    struct client_stream *stream = user;
    pthread_mutex_lock(&stream->mutex);
    for (size_t i = 0; i < size * count; i++) {
        if (bytes[i] != '\n') {
            buffer_append(&stream->line, &bytes[i], 1);
            continue;
        }
        take_line(stream, buffer_text(&stream->line));
        buffer_reset(&stream->line);
    }
    pthread_cond_broadcast(&stream->has_more);
    pthread_mutex_unlock(&stream->mutex);
    return size * count;
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    struct client_stream *stream = user;
    (void)total, (void)now, (void)up_total, (void)up_now; /* only called so that we may stop */
    pthread_mutex_lock(&stream->mutex);
    int is_closing = stream->is_closing;
    pthread_mutex_unlock(&stream->mutex);
    return is_closing;
}

static void *read_stream(void *user)
{
    struct client_stream *stream = user;
    (void)curl_easy_perform(stream->transfer.curl); /* ends when either side wants it to */
    pthread_mutex_lock(&stream->mutex);
    stream->is_over = true;
    pthread_cond_broadcast(&stream->has_more);
    pthread_mutex_unlock(&stream->mutex);
    return NULL;
}

static bool wait_for(struct client_stream *stream, size_t count, long timeout_ms)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    int result = 0;
    while (!(stream->has_begun && stream->count >= count) && !stream->is_over && result == 0)
        result = pthread_cond_timedwait(&stream->has_more, &stream->mutex, &end);
    return stream->has_begun && stream->count >= count;
}

static struct client_stream *open_stream(struct client *client, const char *query,
                                         const char *token, long long last_id, const char *accept)
{
    struct client_stream *stream = calloc(1, sizeof *stream);
    char path[PATH_BYTES];
    char extra[96];
    assert_non_null(stream);
    (void)snprintf(path, sizeof path, "/v1/events%s%s", query[0] != '\0' ? "?" : "", query);
    (void)snprintf(extra, sizeof extra, "Accept: %s\r\nLast-Event-ID: %lld", accept, last_id);
    if (last_id < 0)
        *strchr(extra, '\r') = '\0';
    struct client_request request = {.method = "GET", .path = path, .token = token, .extra = extra};
    transfer_begin(client, &request, curl_easy_init(), &stream->transfer);
    CURL *curl = stream->transfer.curl;
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 0L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_stream_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, stream);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, stream);
    assert_int_equal(pthread_mutex_init(&stream->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&stream->has_more, NULL), 0);
    assert_int_equal(pthread_create(&stream->thread, NULL, read_stream, stream), 0);
    pthread_mutex_lock(&stream->mutex);
    bool has_begun = wait_for(stream, 0, TIMEOUT_SECONDS * 1000L);
    pthread_mutex_unlock(&stream->mutex);
    assert_true(has_begun);
    return stream;
}

struct client_stream *client_stream_open(struct client *client, const char *query,
                                         const char *token, long long last_id)
{
    return open_stream(client, query, token, last_id, "text/event-stream");
}

struct client_stream *client_lines_open(struct client *client, const char *query, const char *token,
                                        long long last_id)
{
    return open_stream(client, query, token, last_id, "application/x-ndjson");
}

void client_stream_close(struct client_stream *stream)
{
    pthread_mutex_lock(&stream->mutex);
    stream->is_closing = true;
    pthread_mutex_unlock(&stream->mutex);
    (void)pthread_join(stream->thread, NULL); /* it is ours; curl asks us once a second at least */
    for (size_t i = 0; i < stream->count; i++)
        json_decref(stream->events[i].data);
    json_decref(stream->pending.data);
    buffer_deinit(&stream->line);
    buffer_deinit(&stream->transfer.head);
    curl_slist_free_all(stream->transfer.headers);
    curl_easy_cleanup(stream->transfer.curl);
    pthread_mutex_destroy(&stream->mutex);
    pthread_cond_destroy(&stream->has_more);
    free(stream);
}

const struct client_event *client_stream_event(struct client_stream *stream, size_t index,
                                               long timeout_ms)
{
    pthread_mutex_lock(&stream->mutex);
    bool is_there = wait_for(stream, index + 1, timeout_ms);
    pthread_mutex_unlock(&stream->mutex);
    return is_there ? &stream->events[index] : NULL;
}

const struct client_event *client_stream_find(struct client_stream *stream, const char *name,
                                              size_t *index, long timeout_ms)
{
    for (;;) {
        const struct client_event *event = client_stream_event(stream, *index, timeout_ms);
        if (event == NULL)
            return NULL;
        (*index)++;
        if (strcmp(event->name, name) == 0)
            return event;
    }
}
