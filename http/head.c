/* What is wrong with a request before anybody looks at what it asks. */
#include "http/head.h"

#include <string.h>
#include <strings.h>

/* What a head says. */
struct head_sums {
    size_t address; /* bytes */
    size_t headers;
    int lengths;
};

static enum MHD_Result add_parameter(void *user, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    struct head_sums *sums = user;
    (void)kind; /* only GET arguments are asked for */
    sums->address += strlen(name) + (value != NULL ? strlen(value) : 0) + strlen("&=");
    return MHD_YES;
}

static enum MHD_Result add_header(void *user, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct head_sums *sums = user;
    (void)kind; /* only headers are asked for */
    sums->headers += strlen(name) + (value != NULL ? strlen(value) : 0) + strlen(": \r\n");
    sums->lengths += strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 ||
                     strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
    return MHD_YES;
}

/* Two lengths, or a length and chunks: whoever stands before us may read the other one and take our
 * next request for this one's body (RFC 9112, 11.2). */
enum head_fault head_judge(struct MHD_Connection *connection, const char *method, const char *path)
{
    struct head_sums sums = {.address = strlen(method) + strlen(path)};
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_parameter, &sums);
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, &sums);
    /* What they return is a count, which is of no use. */
    if (sums.address > HTTP_ADDRESS_BYTES_MAX)
        return HEAD_LONG_ADDRESS;
    if (sums.headers > HTTP_HEADER_BYTES_MAX)
        return HEAD_LARGE;
    return sums.lengths > 1 ? HEAD_AMBIGUOUS : HEAD_GOOD;
}

void head_refusal(enum head_fault fault, struct http_answer *out)
{
    static const struct {
        unsigned code;
        const char *body;
    } answers[] = {
        [HEAD_AMBIGUOUS] = {MHD_HTTP_BAD_REQUEST,
                            "{\"type\":\"https://arbiter.dev/problems/invalid\","
                            "\"title\":\"The request is not valid\",\"status\":400,"
                            "\"detail\":\"send one Content-Length or one Transfer-Encoding\"}"},
        [HEAD_LONG_ADDRESS] = {MHD_HTTP_URI_TOO_LONG,
                               "{\"type\":\"https://arbiter.dev/problems/too-large\","
                               "\"title\":\"The address is too long\",\"status\":414,"
                               "\"detail\":\"an address has 8 kB at most\"}"},
        [HEAD_LARGE] = {MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
                        "{\"type\":\"https://arbiter.dev/problems/too-large\","
                        "\"title\":\"The headers are too large\",\"status\":431,"
                        "\"detail\":\"headers have 16 kB together at most\"}"},
        [HEAD_LARGE_BODY] = {MHD_HTTP_CONTENT_TOO_LARGE,
                             "{\"type\":\"https://arbiter.dev/problems/too-large\","
                             "\"title\":\"The body is too large\",\"status\":413,"
                             "\"detail\":\"a body has a megabyte at most\"}"},
    };
    *out = (struct http_answer){.code = answers[fault].code,
                                .content_type = "application/problem+json",
                                .body = answers[fault].body,
                                .body_size = strlen(answers[fault].body)};
    if (fault != HEAD_LARGE_BODY)
        out->headers[out->header_count++] = (struct http_header){"Connection", "close"};
}
