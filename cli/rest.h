#ifndef CLI_REST_H
#define CLI_REST_H

/*
 * rest — the REST API from the command line: one call, one answer.
 *
 * The address and token come from --url/--token, ARBITER_URL/ARBITER_TOKEN, or the house under
 * ./.arbiter, whose key signs a short-lived token for the person at its machine.
 */

#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>

#define REST_TOKEN_MAX 8192

struct rest {
    char url[512];
    char token[REST_TOKEN_MAX];
};

/* Finds address and token; `url`, `token`, `folder` may be NULL. `subject` and `roles` are for the
 * token that is signed where none is given. */
enum status rest_open(const char *url, const char *token, const char *folder, const char *subject,
                      unsigned roles, struct rest *out_rest, struct fault *out_fault) MUST_CHECK;

/* Makes a call; `body` (may be NULL) is borrowed. The answer's JSON is the caller's, NULL where it
 * is none. Returns the HTTP code, 0 where nobody answered (out_fault says). */
long rest_call(const struct rest *rest, const char *method, const char *path, const json_t *body,
               json_t **out_answer, struct fault *out_fault);

/* Returns a member of an answer: "" or 0 where it is not there or of another kind. */
const char *rest_text(const json_t *object, const char *name);
long long rest_number(const json_t *object, const char *name);

/* Prints a problem document, or the fault where there is none, on standard error. */
void rest_print_problem(const char *command, long code, const json_t *answer,
                        const struct fault *fault);

#endif
