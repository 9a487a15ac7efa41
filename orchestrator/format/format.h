#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

/*
 * format — a tournament policy, read and checked: what a director decided beforehand.
 *
 * In:       the text of a file under policies/formats/.
 * Out:      plain structs with every default filled in, or faults with line and column.
 * Owns:     nothing; the format lives in the arena given.
 * Threads:  none inside, no state.
 * Errors:   STATUS_INVALID_ARGUMENT with faults, STATUS_FULL for the arena or a limit below.
 *
 * Every field below is a key of the file; name, unit, range, default and help of each stand in one
 * table (format_keys.h), which docs/policy-reference.md prints. Durations are milliseconds; 0 is
 * "none" unless the field says otherwise. Texts are "" where the file says nothing.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "fsm/yaml/yaml.h"
#include "orchestrator/pairing/pairing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_DIVISIONS_MAX 200
#define FORMAT_ROUNDS_MAX 500
#define FORMAT_RANGES_MAX 64
#define FORMAT_PLAYERS_MAX 10000
#define FORMAT_LIST_MAX 10000 /* items of any list in a policy */

struct format_texts {
    const char *const *items;
    size_t count;
};

/* Rounds first..last; 0–0 is no round at all. */
struct format_span {
    int first;
    int last;
};

/* ---- time -------------------------------------------------------------------------------- */

enum format_begins { FORMAT_BEGINS_BY_DIRECTOR, FORMAT_BEGINS_ON_TIME };
enum format_ends { FORMAT_ENDS_ALONE, FORMAT_ENDS_BY_DIRECTOR };

/* What becomes of a local time that a change of clocks leaves out or brings twice. */
enum format_dst {
    FORMAT_DST_SKIP,  /* left out; of two, the first */
    FORMAT_DST_SHIFT, /* later by the gap (02:30 → 03:30); of two, the first */
    FORMAT_DST_BOTH,  /* left out; of two, both */
    FORMAT_DST_FIRST  /* the first moment after the gap (02:30 → 03:00); of two, the first */
};

/* The next event of a series is due while the last one still runs. */
enum format_overlap {
    FORMAT_OVERLAP_SKIP,
    FORMAT_OVERLAP_ALLOW,
    FORMAT_OVERLAP_WAIT,
    FORMAT_OVERLAP_CANCEL
};

/* Which of the firings missed during an outage are made up for. */
enum format_catch_up { FORMAT_CATCH_UP_NONE, FORMAT_CATCH_UP_LATEST, FORMAT_CATCH_UP_ALL };

/* From when the clocks of a round's games run. */
enum format_clocks {
    FORMAT_CLOCKS_WHEN_READY, /* both players ready, or the ready deadline */
    FORMAT_CLOCKS_AT_ROUND    /* the round's start, whoever is there */
};

struct format_break {
    int after_round;
    int64_t duration_ms;
};

struct format_round_time {
    int round;
    const char *start; /* "2026-11-28T20:00", in the policy's zone */
};

struct format_time {
    const char *start; /* first event, "2026-11-28T20:00" in `zone` */
    const char *zone;
    const char *recurrence; /* RFC 5545 RRULE */
    struct format_texts exclude;
    enum format_dst dst;
    int64_t jitter_ms;
    enum format_overlap overlap;
    enum format_catch_up catch_up;
    int64_t max_lateness_ms;
    int64_t announce_before_ms;
    enum format_begins begins;
    enum format_ends ends;
    int64_t registration_opens_before_ms;
    int64_t registration_closes_before_ms;
    int64_t check_in_opens_before_ms; /* 0: nobody checks in */
    int64_t check_in_closes_before_ms;
    int64_t countdown_ms;
    int64_t between_rounds_ms;
    int64_t publish_delay_ms;
    int64_t ready_deadline_ms; /* 0: games start without anybody saying ready */
    enum format_clocks start_clocks_at;
    int64_t session_ms;
    int64_t longest_game_ms; /* 0: from the game's clock */
    const struct format_break *breaks;
    size_t break_count;
    const struct format_round_time *round_times;
    size_t round_time_count;
};

/* ---- entry ------------------------------------------------------------------------------- */

enum format_registration {
    FORMAT_REGISTRATION_OPEN,
    FORMAT_REGISTRATION_INVITED,
    FORMAT_REGISTRATION_DIRECTOR
};
enum format_absence {
    FORMAT_ABSENCE_ZERO,
    FORMAT_ABSENCE_HALF,
    FORMAT_ABSENCE_FULL,
    FORMAT_ABSENCE_LOSS /* with the spread of a forfeit */
};
enum format_withdrawal { FORMAT_WITHDRAWAL_BY_PLAYER, FORMAT_WITHDRAWAL_BY_DIRECTOR };
enum format_other_events { FORMAT_OTHER_EVENTS_ALLOW, FORMAT_OTHER_EVENTS_REFUSE };
enum format_assignment {
    FORMAT_ASSIGNMENT_BY_NAME,
    FORMAT_ASSIGNMENT_BY_RATING,
    FORMAT_ASSIGNMENT_BY_DIRECTOR
};

struct format_entry {
    enum format_registration registration;
    int rating_min; /* both 0: any */
    int rating_max;
    bool provisional;
    int games_min;
    int64_t account_age_ms;
    struct format_texts invited;
    const char *password;
    int players_min;
    int capacity; /* of the whole event */
    bool waiting_list;
    int late_until_round; /* last round somebody may join in; 0: none, but by a director */
    enum format_absence missed_rounds;
    enum format_withdrawal withdrawal;
    bool may_return;
    enum format_other_events other_events;
    enum format_assignment assignment;
};

/* ---- no-shows and conduct ---------------------------------------------------------------- */

enum format_opponent_gets {
    FORMAT_OPPONENT_FORFEIT_WIN,
    FORMAT_OPPONENT_FULL_BYE,
    FORMAT_OPPONENT_HALF_BYE
};
enum format_both_absent { FORMAT_BOTH_DOUBLE_FORFEIT, FORMAT_BOTH_VOID };

struct format_no_show {
    int64_t forfeit_after_ms; /* after the round's start; 0: never by itself */
    int64_t warn_before_ms;
    int remove_after; /* forfeits in a row; 0: never by itself */
    enum format_opponent_gets opponent_gets;
    enum format_both_absent both_absent;
    bool unchecked_removed; /* who has not checked in when check-in closes is taken out */
};

enum format_abandoned {
    FORMAT_ABANDONED_LOSS,
    FORMAT_ABANDONED_ADJUDICATED,
    FORMAT_ABANDONED_DIRECTOR
};

struct format_conduct {
    const char *policy; /* of policies/conduct */
    int64_t abandoned_after_ms;
    enum format_abandoned abandoned;
    int warnings_max; /* then removed; 0: never by itself */
};

/* ---- authority --------------------------------------------------------------------------- */

/* Warning levels: from a note to a refusal. */
enum format_level {
    FORMAT_L1 = 1, /* a note in the answer */
    FORMAT_L2,     /* acknowledge */
    FORMAT_L3,     /* confirm */
    FORMAT_L4,     /* confirm twice, consequences listed */
    FORMAT_L5      /* refused */
};

/* Bits of format_right.roles. */
enum {
    FORMAT_ROLE_PLAYER = 1,
    FORMAT_ROLE_SCORER = 2,
    FORMAT_ROLE_ASSISTANT = 4,
    FORMAT_ROLE_DIRECTOR = 8,
    FORMAT_ROLE_ADMIN = 16
};

/* Who may do it, after which warning, and whether they must say why. */
struct format_right {
    uint32_t roles;
    enum format_level level;
    bool needs_reason;
};

/* What may be done to an event, ACTION(name, default roles and level, help). */
enum format_action {
#define ACTION(name, standard, help) FORMAT_ACTION_##name,
#include "orchestrator/format/actions.def"
#undef ACTION
    FORMAT_ACTION_COUNT
};

/* When a changed policy takes hold of an event that runs. */
enum format_boundary { FORMAT_AT_ONCE, FORMAT_NEXT_ROUND, FORMAT_NEXT_EVENT };

struct format_change {
    bool allowed;
    enum format_level level_min;    /* no change asks for less */
    struct format_texts frozen;     /* keys that do not change once the event has begun */
    bool fide_mode;                 /* no method of pairing that is not FIDE's */
    int numbers_frozen_after_round; /* late entrants come last once it is paired; 0: always */
};

/* ---- league ------------------------------------------------------------------------------ */

enum format_movement {
    FORMAT_MOVEMENT_SIXTH,
    FORMAT_MOVEMENT_FIFTH,
    FORMAT_MOVEMENT_FIFTH_PLUS,
    FORMAT_MOVEMENT_THIRD
};

struct format_league {
    int64_t season_ms; /* 0: no league */
    int64_t registration_opens_before_ms;
    int players_min;
    int division_size;
    int division_size_min;
    int games_max; /* of a player in a season */
    enum format_movement promoted;
    int64_t reminder_after_ms;
    enum format_abandoned unfinished; /* games open at the season's end */
};

/* ---- divisions --------------------------------------------------------------------------- */

/* Clocks as gamesvc/rules/timing.h has them: those that run for the whole game, and those of a game
 * by correspondence, which run for each turn. */
#define FORMAT_INITIAL_MIN_MS ((int64_t)15 * 1000)
#define FORMAT_INCREMENT_MAX_MS ((int64_t)60 * 1000)
#define FORMAT_OVERTIME_MAX_MS ((int64_t)10 * 60 * 1000)
#define FORMAT_INITIAL_MAX_MS ((int64_t)24 * 3600 * 1000)
#define FORMAT_TURN_MIN_MS ((int64_t)3600 * 1000)
#define FORMAT_TURN_MAX_MS ((int64_t)5 * 24 * 3600 * 1000)
#define FORMAT_BANK_MAX_MS ((int64_t)30 * 24 * 3600 * 1000)

enum format_clock { FORMAT_CLOCK_REAL_TIME, FORMAT_CLOCK_CORRESPONDENCE };

/* What two players of a division play. */
struct format_game {
    const char *rules; /* "reported", "crossword", … */
    const char *variant;
    const char *lexicon;
    const char *challenge_rule;
    enum format_clock clock;
    int64_t initial_time_ms; /* of the game; by correspondence of each turn */
    int64_t increment_ms;
    int64_t overtime_ms;
    int64_t time_bank_ms;    /* by correspondence: for all turns that take longer */
    int64_t start_within_ms; /* for the first turn; 0: as the clock */
    bool rated;
    const char *rating_policy;
    const char *rating_pool; /* "" where the policy does not say: from rules and clock */
};

/* How rounds first_round..last_round are paired. */
struct format_range {
    int first_round;
    int last_round;
    struct pairing_policy pairing;
    int spread_cap; /* of games in these rounds; 0: the division's */
};

/* Tenths of a point. */
struct format_points {
    int win_x10;
    int draw_x10;
    int loss_x10;
    int forfeit_win_x10;
    int forfeit_loss_x10;
};

struct format_byes {
    enum pairing_bye_order to;
    int rank_min;
    int points_x10;
    int spread;
    int requested_max;
    int requested_points_x10;
    int requested_until_round; /* last round a bye may be asked for; 0: any */
};

struct format_forbidden {
    const char *one;
    const char *other;
    struct format_span rounds; /* 0–0: all */
    const char *reason;
};

/* What a director said of two players in mid-event; the last that covers a round counts. */
struct format_ruling {
    const char *division; /* its name */
    const char *one;
    const char *other;
    struct format_span rounds; /* 0–0: all */
    bool meet;                 /* they may, whatever `forbidden_pairs` says; false: they do not */
    const char *reason;
};

struct format_prepaired {
    int round;
    const char *first;
    const char *second;
    bool keeps_order;
};

struct format_gibson {
    bool enabled;
    int spread_per_round;
    int place_min;
};

struct format_class {
    const char *name;
    int rating_max;
    int prizes;
};

struct format_prizes {
    int places;
    const struct format_class *classes;
    size_t class_count;
};

enum format_seeding { FORMAT_SEEDING_RATING, FORMAT_SEEDING_LISTED, FORMAT_SEEDING_LOT };
enum format_match_ends { FORMAT_MATCH_ALL_GAMES, FORMAT_MATCH_DECIDED };
enum format_match_counts { FORMAT_COUNTS_MATCHES, FORMAT_COUNTS_GAMES };

/* No legal pairing exists. */
enum format_no_pairing {
    FORMAT_NO_PAIRING_ASK,   /* a director, with the smallest list of rules to relax */
    FORMAT_NO_PAIRING_REPEAT /* earlier opponents may meet again, at a price */
};

struct format_arena {
    int64_t duration_ms; /* 0: no arena */
    int64_t wave_ms;     /* between two waves of pairings */
};

struct format_division {
    const char *name;
    int rounds;
    int rating_min; /* both 0: any */
    int rating_max;
    int capacity;
    int players_min;
    bool is_paired_by_director;   /* by hand, round by round */
    bool is_advanced_by_director; /* the next round waits for a word */
    struct format_game game;
    int games_per_round;
    enum format_match_ends match_ends;
    enum format_match_counts match_counts; /* what the standing counts of a match */
    enum format_seeding seeding;
    const struct format_range *ranges; /* in order, every round in one of them */
    size_t range_count;
    enum pairing_first first_move;
    struct format_byes byes;
    const struct format_forbidden *forbidden;
    size_t forbidden_count;
    const struct format_ruling *rulings; /* the event's, of all its divisions */
    size_t ruling_count;
    struct format_span team_avoidance; /* 0–0: team mates may meet */
    const struct format_prepaired *prepaired;
    size_t prepaired_count;
    struct format_gibson gibson;
    struct format_prizes prizes;
    enum format_no_pairing on_no_legal_pairing;
    struct format_points points;
    const char *order; /* tie-breaks after points, as standing_order_parse() reads them */
    int order_edition; /* 2024 or 2026 */
    int spread_cap;    /* 0: none */
    int forfeit_spread;
    int timeout_spread; /* 0: a game lost on time counts as it stood */
    struct format_arena arena;
};

struct format {
    const char *name;
    int version;
    const char *doc;
    struct format_time time;
    struct format_entry entry;
    struct format_no_show no_show;
    struct format_conduct conduct;
    struct format_right authority[FORMAT_ACTION_COUNT];
    struct format_change changes;
    struct format_league league;
    const struct format_ruling *rulings; /* in the order they were made */
    size_t ruling_count;
    const struct format_division *divisions;
    size_t division_count;
};

/* Reads and checks a format policy. Warnings alone are STATUS_OK. */
enum status format_read(struct arena *arena, const char *text, size_t size,
                        struct yaml_faults *faults, const struct format **out_format) MUST_CHECK;

/* Returns the division of that name, or NULL. The divisions that a league deals at the start of a
 * season, "league 2" and so on, are like its first. */
const struct format_division *format_find_division(const struct format *format, const char *name);

/* Returns the range that a round lies in; asserts 1 <= round <= rounds. */
const struct format_range *format_range_of(const struct format_division *division, int round);

/* Returns an action's name as policies write it, "re_pair". */
const char *format_action_name(enum format_action action);

/* Finds an action by its name; false where there is none. */
bool format_action_find(const char *name, enum format_action *out_action);

#endif
