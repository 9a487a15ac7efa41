/* Subjects: their form, wildcards, and the names of methods in them. */
#include "bus/transport.h"

#include <string.h>

bool subject_is_valid(const char *subject, bool wildcards)
{
    size_t size = strlen(subject);
    if (size == 0 || size >= BUS_SUBJECT_MAX)
        return false;
    size_t word = 0; /* length of the word so far */
    for (const char *c = subject;; c++) {
        bool end = *c == '\0';
        if (end || *c == '.') {
            if (word == 0)
                return false;
            bool star = c[-1] == '*' || c[-1] == '>';
            if (star && (word > 1 || !wildcards || (c[-1] == '>' && !end)))
                return false;
            if (end)
                return true;
            word = 0;
            continue;
        }
        if ((unsigned char)*c <= ' ' || *c == 0x7F || (word > 0 && (*c == '*' || *c == '>')) ||
            (word > 0 && (c[-1] == '*' || c[-1] == '>')))
            return false;
        word++;
    }
}

bool subject_matches(const char *pattern, const char *subject)
{
    for (;;) {
        size_t pattern_word = strcspn(pattern, ".");
        size_t subject_word = strcspn(subject, ".");
        if (pattern_word == 1 && *pattern == '>')
            return subject_word > 0;
        bool star = pattern_word == 1 && *pattern == '*';
        if (star ? subject_word == 0
                 : pattern_word != subject_word || memcmp(pattern, subject, pattern_word) != 0)
            return false;
        pattern += pattern_word;
        subject += subject_word;
        if (*pattern == '\0' || *subject == '\0')
            return *pattern == *subject;
        pattern++;
        subject++;
    }
}

/* Appends text in snake_case: CommitStep becomes commit_step. Returns the new length; one past the
 * room where it does not fit. */
static size_t append_snake(char *out, size_t out_size, size_t length, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool upper = *c >= 'A' && *c <= 'Z';
        if (upper && c > text && !(c[-1] >= 'A' && c[-1] <= 'Z')) {
            if (length < out_size)
                out[length] = '_';
            length++;
        }
        if (length < out_size)
            out[length] = upper ? (char)(*c - 'A' + 'a') : *c;
        length++;
    }
    return length;
}

static size_t append(char *out, size_t out_size, size_t length, const char *text)
{
    for (; *text != '\0'; text++, length++) {
        if (length < out_size)
            out[length] = *text;
    }
    return length;
}

enum status bus_subject(const ProtobufCServiceDescriptor *service, const char *method, char *out,
                        size_t out_size)
{
    if (strcmp(method, "*") != 0 &&
        protobuf_c_service_descriptor_get_method_by_name(service, method) == NULL)
        return STATUS_NOT_FOUND;
    char subject[BUS_SUBJECT_MAX];
    size_t length = append(subject, sizeof subject, 0, service->package);
    length = append(subject, sizeof subject, length, ".");
    length = append_snake(subject, sizeof subject, length, service->short_name);
    length = append(subject, sizeof subject, length, ".");
    length = append_snake(subject, sizeof subject, length, method);
    if (length >= sizeof subject || length >= out_size)
        return STATUS_FULL;
    memcpy(out, subject, length);
    out[length] = '\0';
    return STATUS_OK;
}
