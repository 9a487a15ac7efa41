/* Feeds every file named, or found in a folder named, to the fuzz target: its corpus as a test. */
#include "base/buffer.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    struct buffer bytes = {0};
    enum status status = buffer_read_file(&bytes, path);
    if (status == STATUS_OK)
        (void)LLVMFuzzerTestOneInput((const uint8_t *)buffer_text(&bytes), bytes.size);
    else
        fprintf(stderr, "%s: %s\n", path, status_name(status));
    buffer_deinit(&bytes);
    return status == STATUS_OK ? 0 : 1;
}

static int replay_folder(const char *path, DIR *folder, int *count)
{
    int failures = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        struct buffer name = {0};
        buffer_format(&name, "%s/%s", path, entry->d_name);
        failures += replay_file(buffer_text(&name));
        buffer_deinit(&name);
        (*count)++;
    }
    return failures;
}

int main(int argc, char **argv)
{
    int failures = 0;
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (folder == NULL) {
            failures += replay_file(argv[i]);
            count++;
            continue;
        }
        failures += replay_folder(argv[i], folder, &count);
        (void)closedir(folder); /* nothing was written */
    }
    printf("%d inputs replayed, %d unreadable\n", count, failures);
    return failures == 0 && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
