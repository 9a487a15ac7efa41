/* conformance-woogles DIR: runs every JSON file of a directory through its runner. */
#include "tests/conformance/woogles/woogles.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 256
#define PATH_MAX_LENGTH 4096
#define EXIT_SKIPPED 77 /* ctest's sign for "not run" */

struct file {
    const char *name;
    woogles_runner run;
};

static const struct file files[] = {
#define WOOGLES_FILE(name, runner) {name, runner},
#include "tests/conformance/woogles/files.def"
#undef WOOGLES_FILE
    {NULL, NULL},
};

void woogles_case(struct woogles_tally *tally, bool passed, const char *format, ...)
{
    if (passed) {
        tally->passed++;
        return;
    }
    tally->failed++;
    printf("FAILED %s: ", tally->file);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void woogles_skip(struct woogles_tally *tally, const char *format, ...)
{
    tally->skipped++;
    printf("skipped %s: ", tally->file);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

json_t *woogles_load(const struct woogles_tally *tally, const char *name)
{
    char path[PATH_MAX_LENGTH];
    snprintf(path, sizeof path, "%s/%s", tally->directory, name);
    return json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
}

int64_t woogles_value(const json_t *value)
{
    if (json_is_string(value))
        return strtoll(json_string_value(value), NULL, 10);
    if (json_is_real(value))
        return (int64_t)json_real_value(value);
    return json_integer_value(value);
}

int64_t woogles_int(const json_t *object, const char *key)
{
    return woogles_value(json_object_get(object, key));
}

bool woogles_bool(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

const char *woogles_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

int woogles_ints(const json_t *array, int *out, int max)
{
    int count = 0;
    for (size_t i = 0; i < json_array_size(array) && count < max; i++)
        out[count++] = (int)woogles_value(json_array_get(array, i));
    return count;
}

bool woogles_ints_equal(const json_t *array, const int *list, int count)
{
    if (!json_is_array(array) || json_array_size(array) != (size_t)count)
        return false;
    for (int i = 0; i < count; i++)
        if (woogles_value(json_array_get(array, (size_t)i)) != list[i])
            return false;
    return true;
}

char *woogles_dump(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    return text != NULL ? text : strdup("");
}

static const struct file *file_row(const char *name, size_t length)
{
    for (const struct file *row = files; row->name != NULL; row++)
        if (strlen(row->name) == length && strncmp(row->name, name, length) == 0)
            return row;
    return NULL;
}

static void run_file(const char *directory, const char *name, struct woogles_tally *tally)
{
    size_t length = strlen(name) - strlen(".json");
    const struct file *row = file_row(name, length);
    if (row == NULL || row->run == NULL) {
        printf("skipped %s: %s\n", name,
               row == NULL ? "no file of this name is known" : "its runner is not written yet");
        tally->skipped++;
        return;
    }
    char path[PATH_MAX_LENGTH];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    struct woogles_tally file = {.directory = directory, .file = row->name};
    if (root == NULL) {
        woogles_case(&file, false, "%s:%d:%d: %s", path, error.line, error.column, error.text);
    } else {
        row->run(root, &file);
    }
    printf("%-28s %5d passed %5d failed\n", row->name, file.passed, file.failed);
    tally->passed += file.passed;
    tally->failed += file.failed;
    tally->skipped += file.skipped;
    json_decref(root);
}

static int compare_names(const void *one, const void *other)
{
    const char *const *a = one;
    const char *const *b = other;
    return strcmp(*a, *b);
}

static bool is_json(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static int list_files(const char *directory, char **out)
{
    DIR *open = opendir(directory);
    if (open == NULL)
        return -1;
    int count = 0;
    for (struct dirent *entry = readdir(open); entry != NULL && count < FILES_MAX;
         entry = readdir(open))
        if (is_json(entry->d_name))
            out[count++] = strdup(entry->d_name);
    closedir(open);
    qsort(out, (size_t)count, sizeof *out, compare_names);
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        fprintf(stderr, "Usage: conformance-woogles DIR\n");
        return 2;
    }
    char *names[FILES_MAX];
    int count = list_files(argv[1], names);
    if (count < 0) {
        printf("skipped: there is no directory %s\n", argv[1]);
        return EXIT_SKIPPED;
    }
    struct woogles_tally tally = {0};
    for (int i = 0; i < count; i++) {
        run_file(argv[1], names[i], &tally);
        free(names[i]);
    }
    printf("%d passed, %d failed, %d skipped\n", tally.passed, tally.failed, tally.skipped);
    return tally.failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
