/* Compares what is said about each file of a folder with the text beside it. */
#include "tests/support/golden.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATH_SIZE = 512 };

static bool is_policy(const char *file)
{
    size_t size = strlen(file);
    return size > 5 && strcmp(file + size - 5, ".yaml") == 0;
}

static void write_expected(const char *path, const struct buffer *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->size, file), text->size);
    assert_int_equal(fclose(file), 0);
}

static bool is_as_expected(const char *folder, const char *file, golden_on_file on_file)
{
    struct buffer text = {0}, want = {0}, have = {0};
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, file); /* a cut path is not found */
    assert_int_equal(buffer_read_file(&text, path), STATUS_OK);
    on_file(file, &text, &have);
    (void)snprintf(path, sizeof path, "%s/%.*s.expect", folder, (int)strlen(file) - 5, file);
    if (getenv("ARBITER_UPDATE") != NULL)
        write_expected(path, &have);
    bool is_good = have.size > 0 && buffer_read_file(&want, path) == STATUS_OK &&
                   strcmp(buffer_text(&want), buffer_text(&have)) == 0;
    if (!is_good)
        print_error("%s: want\n%shave\n%s", file, buffer_text(&want), buffer_text(&have));
    buffer_deinit(&text);
    buffer_deinit(&want);
    buffer_deinit(&have);
    return is_good;
}

size_t golden_folder(const char *folder, golden_on_file on_file)
{
    DIR *entries = opendir(folder);
    size_t count = 0, wrong = 0;
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (!is_policy(entry->d_name))
            continue;
        count++;
        wrong += is_as_expected(folder, entry->d_name, on_file) ? 0 : 1;
    }
    (void)closedir(entries); /* only read */
    assert_int_equal(wrong, 0);
    return count;
}

void golden_file(const char *path, const struct buffer *want)
{
    struct buffer have = {0};
    if (getenv("ARBITER_UPDATE") != NULL)
        write_expected(path, want);
    assert_int_equal(buffer_read_file(&have, path), STATUS_OK);
    assert_string_equal(buffer_text(&have), buffer_text(want));
    buffer_deinit(&have);
}
