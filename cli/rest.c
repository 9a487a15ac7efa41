/* libcurl and jansson, for one call at a time. */
#include "cli/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "cli/place.h"
#include "seeks/token.h"

enum { TOKEN_LIFE_MS = 3600000, TIMEOUT_SECONDS = 30, ANSWER_MAX = 64 << 20, FOLDER_MAX = 4096 };

static const char *first_of(const char *given, const char *variable)
{
    return given != NULL ? given : getenv(variable);
}

static enum status copy(const char *text, char *out, size_t size, struct fault *out_fault)
{
    if (strlen(text) >= size)
        return fault_set(out_fault, 0, 0, "the address or token is too long");
    memcpy(out, text, strlen(text) + 1);
    return STATUS_OK;
}

static enum status sign(const char *folder, const char *subject, unsigned roles, struct rest *rest,
                        struct fault *out_fault)
{
    char path[FOLDER_MAX];
    struct buffer text = {0};
    struct token_claims claims = {.roles = roles, .expires_at_ms = clock_now_ms() + TOKEN_LIFE_MS};
    (void)snprintf(path, sizeof path, "%s/keys-private.json", folder); /* too long: not found */
    (void)snprintf(claims.subject, sizeof claims.subject, "%s", subject);
    struct token_keys *keys = token_keys_load(path, out_fault);
    if (keys == NULL)
        return STATUS_NOT_FOUND;
    enum status status = token_sign(keys, &claims, clock_now_ms(), &text);
    if (status == STATUS_OK)
        status = copy(buffer_text(&text), rest->token, sizeof rest->token, out_fault);
    token_keys_destroy(keys);
    buffer_deinit(&text);
    return status;
}

enum status rest_open(const char *url, const char *token, const char *folder, const char *subject,
                      unsigned roles, struct rest *out_rest, struct fault *out_fault)
{
    struct rest rest = {0};
    struct place place;
    struct place_house house;
    const char *home = folder != NULL ? folder : ".arbiter";
    url = first_of(url, "ARBITER_URL");
    token = first_of(token, "ARBITER_TOKEN");
    enum status status = STATUS_OK;
    if (url == NULL) {
        if (place_find(home, &place, out_fault) != STATUS_OK ||
            place_read_house(&place, &house) != STATUS_OK)
            return fault_set(out_fault, 0, 0, "nothing is up in %s; `arbiter up` starts it", home);
        url = house.http_url;
    }
    status = copy(url, rest.url, sizeof rest.url, out_fault);
    if (status == STATUS_OK)
        status = token != NULL ? copy(token, rest.token, sizeof rest.token, out_fault)
                               : sign(home, subject, roles, &rest, out_fault);
    if (status == STATUS_OK)
        *out_rest = rest;
    return status;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *user)
{
    struct buffer *answer = user;
    buffer_append(answer, bytes, size * count);
    return answer->failed ? 0 : size * count;
}

static struct curl_slist *make_headers(const struct rest *rest)
{
    char header[REST_TOKEN_MAX + 32];
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    (void)snprintf(header, sizeof header, "Authorization: Bearer %s", rest->token);
    return rest->token[0] != '\0' ? curl_slist_append(headers, header) : headers;
}

static long perform(CURL *curl, struct fault *out_fault)
{
    long code = 0;
    CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK)
        (void)fault_set(out_fault, 0, 0, "%s", curl_easy_strerror(result));
    else
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

long rest_call(const struct rest *rest, const char *method, const char *path, const json_t *body,
               json_t **out_answer, struct fault *out_fault)
{
    struct buffer url = {0};
    struct buffer answer = {.limit = ANSWER_MAX};
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    struct curl_slist *headers = make_headers(rest);
    CURL *curl = curl_easy_init();
    long code = 0;
    *out_answer = NULL;
    buffer_format(&url, "%s%s", rest->url, path);
    if (curl != NULL) {
        curl_easy_setopt(curl, CURLOPT_URL, buffer_text(&url));
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
        if (text != NULL)
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
        code = perform(curl, out_fault);
        *out_answer = json_loadb(buffer_text(&answer), answer.size, 0, NULL);
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    free(text);
    buffer_deinit(&answer);
    buffer_deinit(&url);
    return code;
}

void rest_print_problem(const char *command, long code, const json_t *answer,
                        const struct fault *fault)
{
    const char *title = json_string_value(json_object_get(answer, "title"));
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    if (code == 0)
        fprintf(stderr, "arbiter %s: %s\n", command, fault->text);
    else
        fprintf(stderr, "arbiter %s: %s (%ld): %s\n", command, title != NULL ? title : "refused",
                code, detail != NULL ? detail : "no reason was given");
}

/* ---- reading an answer ------------------------------------------------------------------- */

const char *rest_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

long long rest_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}
