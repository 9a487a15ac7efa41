/* What conformance programs share: a tally, directories and files. */
#include "tests/conformance/cases.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LENGTH_MAX 4096

void cases_count(struct cases_tally *tally, bool passed, const char *format, ...)
{
    if (passed) {
        tally->passed++;
        return;
    }
    tally->failed++;
    printf("FAILED ");
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void cases_skip(struct cases_tally *tally, const char *format, ...)
{
    tally->skipped++;
    printf("skipped ");
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

int cases_finish(const struct cases_tally *tally)
{
    printf("%d passed, %d failed", tally->passed, tally->failed);
    if (tally->skipped > 0)
        printf(", %d skipped", tally->skipped);
    printf("\n");
    return tally->failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int compare_names(const void *one, const void *other)
{
    const char *const *a = one;
    const char *const *b = other;
    return strcmp(*a, *b);
}

int cases_list(const char *directory, const char *ending, char *out[CASES_NAMES_MAX])
{
    DIR *open = opendir(directory);
    if (open == NULL)
        return -1;
    int count = 0;
    size_t size = strlen(ending);
    for (struct dirent *entry = readdir(open); entry != NULL && count < CASES_NAMES_MAX;
         entry = readdir(open)) {
        size_t length = strlen(entry->d_name);
        if (length > size && strcmp(entry->d_name + length - size, ending) == 0)
            out[count++] = strdup(entry->d_name);
    }
    closedir(open);
    qsort(out, (size_t)count, sizeof *out, compare_names);
    return count;
}

bool cases_read(const char *directory, const char *name, struct buffer *out)
{
    char path[PATH_LENGTH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    buffer_reset(out);
    return buffer_read_file(out, path) == STATUS_OK;
}

json_t *cases_read_json(const char *directory, const char *name)
{
    char path[PATH_LENGTH_MAX];
    json_error_t error;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        printf("%s:%d:%d: %s\n", path, error.line, error.column, error.text);
    return root;
}
