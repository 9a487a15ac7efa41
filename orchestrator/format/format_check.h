#ifndef FORMAT_FORMAT_CHECK_H
#define FORMAT_FORMAT_CHECK_H

/*
 * format_check — what a policy means for an evening, before anybody plays: proved, or refuted with
 * a counter-example.
 *
 *     question                                        counter-example
 *     do the rounds suffice for the players allowed?  a number of players for whom they do not
 *     does the evening fit its session?               the sum, and how many rounds would fit
 *     is any start in a gap of the clocks?            the local time that does not exist
 *     can the forbidden pairs be kept apart?          a field that cannot be paired, and what to
 *                                                     relax
 *     do the rules, rating and conduct policies       the name, and the nearest that does
 *     exist?
 *
 * That every state of the machines has a way on and every timer an end is the machines' checker's
 * to prove (fsm/).
 *
 * Threads:  none inside. Reads the zones' files.
 * Errors:   as format_read().
 */

#include "orchestrator/format/format.h"

/* Names that a policy may use; NULL: not checked. */
struct format_names {
    const char *const *rules;
    size_t rules_count;
    const char *const *ratings;
    size_t ratings_count;
    const char *const *conduct;
    size_t conduct_count;
    bool has_other_rules; /* a game service of somebody else's may have more: an unknown one is a
                             warning */
};

/* Reads a policy and checks all of the above. Warnings alone are STATUS_OK. What cannot be proved
 * within a bounded time (FORMAT_PAIRS_WORK_MAX) is a warning, too. Faults are sorted by place. */
enum status format_check(struct arena *arena, const char *text, size_t size,
                         const struct format_names *names, struct yaml_faults *faults,
                         const struct format **out_format) MUST_CHECK;

/* What is spent on forbidden pairs: the square of the players, for each round that has to be paired
 * for it; one of 2,000 players, or 40 of 300. */
#define FORMAT_PAIRS_WORK_MAX 4000000

/* Returns how many rounds a method needs until everything is decided among so many players, 0 where
 * any number will do. */
int format_rounds_needed(const struct pairing_policy *pairing, int players);

/* Returns the longest time one round of a division takes, from its start to its last result; 0
 * where the policy does not say. */
int64_t format_round_ms(const struct format *format, const struct format_division *division);

#endif
