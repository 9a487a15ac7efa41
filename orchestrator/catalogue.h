#ifndef ORCHESTRATOR_CATALOGUE_H
#define ORCHESTRATOR_CATALOGUE_H

/*
 * catalogue — the machines that are loaded, by name and content hash.
 *
 * In:       machine files, from a folder at the start and from the store later.
 * Out:      checked machines; every version that a living instance is pinned to stays.
 * Owns:     the machines and their texts, until catalogue_destroy().
 * Threads:  the loop's.
 * Errors:   STATUS_FULL at CATALOGUE_MACHINES_MAX; STATUS_INVALID_ARGUMENT with the faults printed
 *           into `out_report` for a machine that does not check.
 */

#include "base/attr.h"
#include "base/buffer.h"
#include "base/status.h"
#include "fsm/fsm.h"

#define CATALOGUE_MACHINES_MAX 512
#define CATALOGUE_HASH_TEXT_SIZE (2 * FSM_HASH_SIZE + 1)

struct catalogue;

/* One version of a machine. Lives as long as the catalogue. */
struct catalogue_entry {
    const char *name;
    char hash[CATALOGUE_HASH_TEXT_SIZE]; /* hexadecimal */
    const char *text;
    const struct fsm_machine *machine;
};

/* Returns an empty catalogue, NULL without memory. Machines are held against `host` (may be NULL),
 * which must outlive it. */
struct catalogue *catalogue_create(const struct fsm_host *host);
void catalogue_destroy(struct catalogue *catalogue);

/* What machines are held against; NULL: nothing. */
const struct fsm_host *catalogue_host(const struct catalogue *catalogue);

/* Loads a machine and makes it the current one of its name. The same text again is found, not
 * loaded twice. `file` is only for the report. */
enum status catalogue_add(struct catalogue *catalogue, const char *file, const char *text,
                          size_t size, struct buffer *out_report,
                          const struct catalogue_entry **out_entry) MUST_CHECK;

/* The same, but the current machine of its name stays what it is: for a version that only living
 * instances still need. */
enum status catalogue_keep(struct catalogue *catalogue, const char *file, const char *text,
                           size_t size, struct buffer *out_report,
                           const struct catalogue_entry **out_entry) MUST_CHECK;

/* Adds every *.yaml of a folder (but *.test.yaml), in the order of their names. Goes on after a bad
 * file, so that the report names all of them. */
enum status catalogue_add_folder(struct catalogue *catalogue, const char *path,
                                 struct buffer *out_report) MUST_CHECK;

/* Returns the newest version of a machine, or the one of that hash; NULL where there is none. */
const struct catalogue_entry *catalogue_current(const struct catalogue *catalogue,
                                                const char *name);
const struct catalogue_entry *catalogue_find(const struct catalogue *catalogue, const char *name,
                                             const char *hash);

/* Writes a machine's content hash as text. */
void catalogue_hash_text(const struct fsm_machine *machine, char out[CATALOGUE_HASH_TEXT_SIZE]);

/* Walks all entries: index from 0, NULL past the last. */
const struct catalogue_entry *catalogue_at(const struct catalogue *catalogue, size_t index);

#endif
