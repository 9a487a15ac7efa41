#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

/*
 * machine — what the subcommands of `arbiter machine` share: files, values typed by people, answers
 * printed.
 *
 * Errors are printed on standard error where they are found; functions say false then.
 */

#include "base/buffer.h"
#include "fsm/expr/value.h"
#include "fsm/fsm.h"

/* A machine file that was read. Zero it; machine_close() frees it. */
struct machine_file {
    struct arena arena;
    struct buffer text;
    const struct fsm_machine *machine;
    const char *path;
};

/* Where a running house is found; both may be NULL (cli/live.h). */
struct machine_house {
    const char *nats_url;
    const char *folder;
};

/* Loads a machine and prints what is wrong with it; warnings only where `is_loud`. */
bool machine_open(struct machine_file *file, const char *path, bool is_loud);
void machine_close(struct machine_file *file);

/* Whether what a person named is an instance of the running house ("seek:x7Kp") and no file. */
bool machine_is_instance(const char *name);

/* Asks the running house for an instance, and loads the machine that it is pinned to; the
 * instance lives as long as the file. */
bool machine_open_live(struct machine_file *file, const struct machine_house *house,
                       const char *instance_id, const struct fsm_instance **out_instance);

/* Reads a value as people write it: an expression without variables, "{'player': 'ann'}". */
bool machine_value(struct arena *arena, const char *text, struct value *out);

/* Reads a snapshot file of this machine. */
const struct fsm_instance *machine_snapshot(const struct machine_file *file, struct arena *arena,
                                            const char *path);

/* Writes an instance to a file. */
bool machine_save(const struct machine_file *file, const struct fsm_instance *instance,
                  const char *path);

/* Prints what a step answered: where it went, why it was refused, what it asks for. */
void machine_print_step(const struct fsm_machine *machine, const char *event,
                        const struct fsm_step *step, struct arena *arena);

/* The subcommands; argv[0] is the subcommand's name. */
int machine_check(int argc, char **argv);
int machine_draw(int argc, char **argv);
int machine_sim(int argc, char **argv);
int machine_why(int argc, char **argv);
int machine_paths(int argc, char **argv);
int machine_publish(int argc, char **argv);
int machine_test(int argc, char **argv);

#endif
