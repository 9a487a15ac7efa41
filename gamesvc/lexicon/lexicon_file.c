/* Maps or reads lexicon files. What their bytes mean is for gamesvc/rules/lexicon. */
#include "gamesvc/lexicon/lexicon_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEXICON_MEMORY_MAX ((size_t)1 << 30)

static enum status status_of_errno(void)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return STATUS_NOT_FOUND;
    return errno == EACCES ? STATUS_PERMISSION_DENIED : STATUS_UNAVAILABLE;
}

static enum status map_file(struct lexicon_file *file, const char *path)
{
    enum status status = STATUS_OK;
    struct stat info;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return status_of_errno();
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = STATUS_UNAVAILABLE;
        goto out;
    }
    if (info.st_size == 0)
        goto out; /* nothing to map; no words either */
    void *mapping = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (mapping == MAP_FAILED) {
        status = STATUS_UNAVAILABLE;
        goto out;
    }
    file->mapping = mapping;
    file->mapping_size = (size_t)info.st_size;
out:
    (void)close(descriptor); /* only read from */
    return status;
}

/* "folder/EN80.txt" is called EN80. */
static void name_of(const char *path, char out_name[LEXICON_NAME_MAX + 1])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t size = strcspn(base, ".");
    if (size > LEXICON_NAME_MAX)
        size = LEXICON_NAME_MAX;
    memcpy(out_name, base, size);
    out_name[size] = '\0';
}

static bool ends_in(const char *path, const char *suffix)
{
    size_t size = strlen(path);
    return size >= strlen(suffix) && strcmp(path + size - strlen(suffix), suffix) == 0;
}

static enum status read_lexicon(struct lexicon_file *file, const char *path,
                                struct fault *out_fault)
{
    char name[LEXICON_NAME_MAX + 1];
    const char *bytes = file->mapping != NULL ? file->mapping : "";
    name_of(path, name);
    if (lexicon_is_image(bytes, file->mapping_size))
        return lexicon_from_image(bytes, file->mapping_size, &file->lexicon, out_fault);
    enum status status = ends_in(path, ".kwg")
                             ? lexicon_from_kwg(&file->arena, name, bytes, file->mapping_size,
                                                &file->lexicon, out_fault)
                             : lexicon_from_words(&file->arena, name, bytes, file->mapping_size,
                                                  &file->lexicon, out_fault);
    return status;
}

enum status lexicon_file_open(struct lexicon_file *file, const char *path, struct fault *out_fault)
{
    *file = (struct lexicon_file){0};
    arena_init(&file->arena, LEXICON_MEMORY_MAX);
    enum status status = map_file(file, path);
    if (status == STATUS_OK)
        status = read_lexicon(file, path, out_fault);
    if (status != STATUS_OK)
        lexicon_file_close(file);
    return status;
}

void lexicon_file_close(struct lexicon_file *file)
{
    if (file->mapping != NULL)
        (void)munmap(file->mapping, file->mapping_size); /* fails only for what is not mapped */
    arena_deinit(&file->arena);
    *file = (struct lexicon_file){0};
}
