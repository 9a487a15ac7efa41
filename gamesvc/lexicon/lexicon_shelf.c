/* Reads a folder of lexicons; which of them a game needs is for the game service. */
#include "gamesvc/lexicon/lexicon_shelf.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define SUFFIX ".lexicon"

enum { PATH_BYTES = 4096 };

static bool is_lexicon(const char *name)
{
    size_t size = strlen(name);
    size_t suffix = sizeof SUFFIX - 1;
    return size > suffix && strcmp(name + size - suffix, SUFFIX) == 0;
}

static enum status add(struct lexicon_shelf *shelf, const char *folder, const char *name,
                       struct fault *out_fault)
{
    char path[PATH_BYTES];
    struct fault fault = {0};
    if (shelf->count == LEXICON_SHELF_MAX) {
        (void)fault_set(out_fault, 0, 0, "%s holds more than %d lexicons", folder,
                        LEXICON_SHELF_MAX);
        return STATUS_FULL;
    }
    (void)snprintf(path, sizeof path, "%s/%s", folder, name); /* too long: not found */
    enum status status = lexicon_file_open(&shelf->files[shelf->count], path, &fault);
    if (status == STATUS_OK)
        shelf->count++;
    else
        (void)fault_set(out_fault, fault.line, 0, "%s: %s", path,
                        fault.text[0] != '\0' ? fault.text : status_name(status));
    return status;
}

enum status lexicon_shelf_open(struct lexicon_shelf *shelf, const char *folder,
                               struct fault *out_fault)
{
    enum status status = STATUS_OK;
    DIR *directory = opendir(folder);
    *shelf = (struct lexicon_shelf){0};
    if (directory == NULL)
        return STATUS_OK;
    for (struct dirent *entry = readdir(directory); entry != NULL && status == STATUS_OK;
         entry = readdir(directory))
        if (is_lexicon(entry->d_name))
            status = add(shelf, folder, entry->d_name, out_fault);
    (void)closedir(directory); /* it was only read */
    if (status != STATUS_OK)
        lexicon_shelf_close(shelf);
    return status;
}

void lexicon_shelf_close(struct lexicon_shelf *shelf)
{
    for (int i = 0; i < shelf->count; i++)
        lexicon_file_close(&shelf->files[i]);
    *shelf = (struct lexicon_shelf){0};
}

const struct lexicon *lexicon_shelf_find(const struct lexicon_shelf *shelf, const char *name)
{
    for (int i = 0; shelf != NULL && i < shelf->count; i++)
        if (strcmp(shelf->files[i].lexicon.name, name) == 0)
            return &shelf->files[i].lexicon;
    return NULL;
}
