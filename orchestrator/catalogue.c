/* Loads machine files and keeps every version that has been loaded. */
#include "orchestrator/catalogue.h"

#include <assert.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "fsm/yaml/yaml.h"

enum { MACHINE_BYTES_MAX = 32 << 20 };

struct version {
    struct catalogue_entry entry;
    struct arena arena; /* holds the machine and its text */
};

struct catalogue {
    const struct fsm_host *host;
    struct version *versions[CATALOGUE_MACHINES_MAX]; /* in order of loading */
    size_t count;
};

struct catalogue *catalogue_create(const struct fsm_host *host)
{
    struct catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue != NULL)
        catalogue->host = host;
    return catalogue;
}

const struct fsm_host *catalogue_host(const struct catalogue *catalogue)
{
    return catalogue->host;
}

static void version_destroy(struct version *version)
{
    arena_deinit(&version->arena);
    free(version);
}

void catalogue_destroy(struct catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    for (size_t i = 0; i < catalogue->count; i++)
        version_destroy(catalogue->versions[i]);
    free(catalogue);
}

void catalogue_hash_text(const struct fsm_machine *machine, char out[CATALOGUE_HASH_TEXT_SIZE])
{
    const uint8_t *hash = fsm_machine_hash(machine);
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < FSM_HASH_SIZE; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
    out[CATALOGUE_HASH_TEXT_SIZE - 1] = '\0';
}

static enum status load(struct version *version, const struct fsm_host *host, const char *file,
                        const char *text, size_t size, struct buffer *out_report)
{
    struct yaml_faults faults = {.arena = &version->arena};
    const struct fsm_machine *machine = NULL;
    enum status status = fsm_load(&version->arena, text, size, host, &faults, &machine);
    if (faults.error_count > 0)
        yaml_faults_print(&faults, file, text, size, out_report);
    if (status != STATUS_OK)
        return status;
    version->entry.machine = machine;
    version->entry.name = fsm_machine_name(machine);
    version->entry.text = arena_copy(&version->arena, text, size);
    catalogue_hash_text(machine, version->entry.hash);
    return version->entry.text != NULL ? STATUS_OK : STATUS_FULL;
}

/* Moves a version to the end: the newest of its name is the last one. */
static void make_newest(struct catalogue *catalogue, const struct catalogue_entry *entry)
{
    size_t at = 0;
    while (&catalogue->versions[at]->entry != entry)
        at++;
    struct version *version = catalogue->versions[at];
    for (; at + 1 < catalogue->count; at++)
        catalogue->versions[at] = catalogue->versions[at + 1];
    catalogue->versions[catalogue->count - 1] = version;
}

/* Loads a text; one that is known already is found, and `*out_version` is NULL. */
static enum status load_new(struct catalogue *catalogue, const char *file, const char *text,
                            size_t size, struct buffer *out_report, struct version **out_version,
                            const struct catalogue_entry **out_entry)
{
    struct version *version = calloc(1, sizeof *version);
    if (version == NULL)
        return STATUS_FULL;
    arena_init(&version->arena, MACHINE_BYTES_MAX);
    enum status status = load(version, catalogue->host, file, text, size, out_report);
    const struct catalogue_entry *known = NULL;
    if (status == STATUS_OK)
        known = catalogue_find(catalogue, version->entry.name, version->entry.hash);
    if (status == STATUS_OK && known == NULL && catalogue->count == CATALOGUE_MACHINES_MAX)
        status = STATUS_FULL;
    bool is_new = status == STATUS_OK && known == NULL;
    if (status == STATUS_OK) {
        *out_version = is_new ? version : NULL;
        *out_entry = is_new ? &version->entry : known;
    }
    if (!is_new)
        version_destroy(version);
    return status;
}

enum status catalogue_add(struct catalogue *catalogue, const char *file, const char *text,
                          size_t size, struct buffer *out_report,
                          const struct catalogue_entry **out_entry)
{
    struct version *version = NULL;
    enum status status = load_new(catalogue, file, text, size, out_report, &version, out_entry);
    if (status != STATUS_OK)
        return status;
    if (version != NULL)
        catalogue->versions[catalogue->count++] = version;
    else
        make_newest(catalogue, *out_entry);
    return STATUS_OK;
}

enum status catalogue_keep(struct catalogue *catalogue, const char *file, const char *text,
                           size_t size, struct buffer *out_report,
                           const struct catalogue_entry **out_entry)
{
    struct version *version = NULL;
    enum status status = load_new(catalogue, file, text, size, out_report, &version, out_entry);
    if (status != STATUS_OK || version == NULL)
        return status;
    memmove(catalogue->versions + 1, catalogue->versions,
            catalogue->count * sizeof catalogue->versions[0]);
    catalogue->versions[0] = version;
    catalogue->count++;
    return STATUS_OK;
}

static bool has_suffix(const char *text, const char *suffix)
{
    size_t size = strlen(text);
    size_t suffix_size = strlen(suffix);
    return size > suffix_size && strcmp(text + size - suffix_size, suffix) == 0;
}

static int is_machine_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && has_suffix(entry->d_name, ".yaml") &&
           !has_suffix(entry->d_name, ".test.yaml");
}

static enum status add_file(struct catalogue *catalogue, const char *folder, const char *name,
                            struct buffer *out_report)
{
    struct buffer path = {0};
    struct buffer text = {.limit = FSM_SOURCE_MAX};
    buffer_format(&path, "%s/%s", folder, name);
    enum status status = buffer_read_file(&text, buffer_text(&path));
    const struct catalogue_entry *entry = NULL;
    if (status == STATUS_OK)
        status = catalogue_add(catalogue, buffer_text(&path), buffer_text(&text), text.size,
                               out_report, &entry);
    else
        buffer_format(out_report, "%s: cannot be read (%s)\n", buffer_text(&path),
                      status_name(status));
    buffer_deinit(&text);
    buffer_deinit(&path);
    return status;
}

enum status catalogue_add_folder(struct catalogue *catalogue, const char *path,
                                 struct buffer *out_report)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, is_machine_file, alphasort);
    if (count < 0) {
        buffer_format(out_report, "%s: no such folder\n", path);
        return STATUS_NOT_FOUND;
    }
    enum status worst = STATUS_OK;
    for (int i = 0; i < count; i++) {
        enum status status = add_file(catalogue, path, names[i]->d_name, out_report);
        if (status != STATUS_OK)
            worst = status;
        free(names[i]);
    }
    free(names);
    return worst;
}

const struct catalogue_entry *catalogue_current(const struct catalogue *catalogue, const char *name)
{
    for (size_t i = catalogue->count; i > 0; i--)
        if (strcmp(catalogue->versions[i - 1]->entry.name, name) == 0)
            return &catalogue->versions[i - 1]->entry;
    return NULL;
}

const struct catalogue_entry *catalogue_find(const struct catalogue *catalogue, const char *name,
                                             const char *hash)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct catalogue_entry *entry = &catalogue->versions[i]->entry;
        if (strcmp(entry->name, name) == 0 && strcmp(entry->hash, hash) == 0)
            return entry;
    }
    return NULL;
}

const struct catalogue_entry *catalogue_at(const struct catalogue *catalogue, size_t index)
{
    return index < catalogue->count ? &catalogue->versions[index]->entry : NULL;
}
