/* The table's rows on the event as a whole: time, entry, absence, conduct, changes, league. */
#include "orchestrator/format/keys.h"

/* ---- time -------------------------------------------------------------------------------- */

static const char *const dst_words[] = {"skip", "shift", "both", "first", NULL};
static const char *const overlap_words[] = {"skip", "allow", "wait", "cancel", NULL};
static const char *const catch_up_words[] = {"none", "latest", "all", NULL};
static const char *const begins_words[] = {"director", "on_time", NULL};
static const char *const ends_words[] = {"automatic", "director", NULL};
static const char *const clocks_words[] = {"ready", "round", NULL};

#define S struct format_break
static const struct format_key break_keys[] = {
    {KEY("after_round", INT, after_round, NULL, L2(NEXT_ROUND), "the break follows this round"),
     RANGE(1, FORMAT_ROUNDS_MAX), UNIT("round"), .is_required = true},
    {KEY("duration", DURATION, duration_ms, NULL, L2(NEXT_ROUND),
         "how long, instead of between_rounds"),
     RANGE(MINUTE, 30 * DAY), .is_required = true},
};
static const struct format_section break_section = {"session break", "a pause between two sessions",
                                                    break_keys, COUNT_OF(break_keys), sizeof(S)};
#undef S

#define S struct format_round_time
static const struct format_key round_time_keys[] = {
    {KEY("round", INT, round, NULL, L3(NEXT_ROUND), "which round"), RANGE(1, FORMAT_ROUNDS_MAX),
     UNIT("round"), .is_required = true},
    {KEY("start", LOCAL_TIME, start, NULL, L3(NEXT_ROUND), "when it begins, in the policy's zone"),
     .is_required = true},
};
static const struct format_section round_time_section = {
    "round time", "a round that begins at a fixed time", round_time_keys, COUNT_OF(round_time_keys),
    sizeof(S)};
#undef S

#define S struct format_time
static const struct format_key time_keys[] = {
    {KEY("start", LOCAL_TIME, start, "", L4(NEXT_EVENT),
         "when the event begins, in `zone`; of a series, the first one"),
     .otherwise = "when a director says so"},
    {KEY("zone", ZONE, zone, "UTC", L4(NEXT_EVENT),
         "the time zone that all local times of this policy are in")},
    {KEY("recurrence", RECURRENCE, recurrence, "", L3(NEXT_EVENT),
         "an RFC 5545 rule that makes the event a series, e.g. FREQ=WEEKLY;BYDAY=SA"),
     .otherwise = "a single event"},
    {KEY("exclude", DAYS, exclude, NULL, L2(NEXT_EVENT),
         "days (2026-12-26) or local times on which the series has no event"),
     .otherwise = "none"},
    {KEY("dst", WORD, dst, "shift", L2(NEXT_EVENT),
         "a start that a change of clocks leaves out: skip, both = none that day; shift = later by "
         "the gap; first = right after the gap. One that comes twice: both = two events, else the "
         "first"),
     WORDS(dst_words)},
    {KEY("jitter", DURATION, jitter_ms, "0s", L1(NEXT_EVENT),
         "each event of a series begins up to so much later, by lot"),
     RANGE(0, DAY)},
    {KEY("overlap", WORD, overlap, "skip", L2(NEXT_EVENT),
         "the next event is due while the last one runs: skip it, allow both, let it wait, or "
         "cancel the last one"),
     WORDS(overlap_words)},
    {KEY("catch_up", WORD, catch_up, "none", L2(NEXT_EVENT),
         "events missed while the service was down: none, the latest or all are made up for"),
     WORDS(catch_up_words)},
    {KEY("max_lateness", DURATION, max_lateness_ms, "15m", L2(NEXT_EVENT),
         "what is later than this is not made up for"),
     RANGE(0, 30 * DAY)},
    {KEY("announce", DURATION, announce_before_ms, "1d", L1(NEXT_EVENT),
         "how long before its start an event of a series appears; `overlap` is judged then"),
     RANGE(0, YEAR)},
    {KEY("begins", WORD, begins, "director", L3(AT_ONCE),
         "on_time = by itself at `start`; director = on a word"),
     WORDS(begins_words)},
    {KEY("ends", WORD, ends, "automatic", L3(AT_ONCE),
         "automatic = with the last result; director = on a word"),
     WORDS(ends_words)},
    {KEY("registration_opens", DURATION, registration_opens_before_ms, "0s", L2(AT_ONCE),
         "how long before the start players may enter by themselves; 0s = from the announcement"),
     RANGE(0, YEAR)},
    {KEY("registration_closes", DURATION, registration_closes_before_ms, "0s", L2(AT_ONCE),
         "how long before the start that ends"),
     RANGE(0, YEAR)},
    {KEY("check_in_opens", DURATION, check_in_opens_before_ms, "0s", L3(AT_ONCE),
         "how long before the start players check in; 0s = nobody needs to"),
     RANGE(0, 7 * DAY)},
    {KEY("check_in_closes", DURATION, check_in_closes_before_ms, "0s", L3(AT_ONCE),
         "how long before the start check-in ends"),
     RANGE(0, 7 * DAY)},
    {KEY("countdown", DURATION, countdown_ms, "0s", L2(NEXT_ROUND),
         "from the pairings of the first round to its start"),
     RANGE(0, DAY)},
    {KEY("between_rounds", DURATION, between_rounds_ms, "0s", L2(NEXT_ROUND),
         "from the last result of a round to the start of the next"),
     RANGE(0, 30 * DAY)},
    {KEY("publish_delay", DURATION, publish_delay_ms, "0s", L2(NEXT_ROUND),
         "how long pairings are kept back for a director's look"),
     RANGE(0, DAY)},
    {KEY("ready_deadline", DURATION, ready_deadline_ms, "0s", L2(NEXT_ROUND),
         "how long after a round's start both players may take to say ready; 0s = games start "
         "without it"),
     RANGE(0, 7 * DAY)},
    {KEY("start_clocks_at", WORD, start_clocks_at, "ready", L3(NEXT_ROUND),
         "ready = when both are, at the latest at the deadline; round = with the round, whoever is "
         "there"),
     WORDS(clocks_words)},
    {KEY("session", DURATION, session_ms, "0s", L1(AT_ONCE),
         "how long a session may last; `arbiter check` holds rounds and clocks against it"),
     RANGE(0, 7 * DAY), .otherwise = "not checked"},
    {KEY("longest_game", DURATION, longest_game_ms, "0s", L1(AT_ONCE),
         "how long a game may take, for `session`"),
     RANGE(0, 30 * DAY), .otherwise = "both clocks, and the increments of 30 turns each"},
    {KEY("session_breaks", LIST, breaks, NULL, L2(NEXT_ROUND),
         "longer pauses after certain rounds"),
     INSIDE(break_section), COUNTED(break_count), .otherwise = "none"},
    {KEY("round_times", LIST, round_times, NULL, L3(NEXT_ROUND),
         "rounds that begin at fixed times"),
     INSIDE(round_time_section), COUNTED(round_time_count),
     .otherwise = "each round follows the one before"},
};
const struct format_section format_time_section = {"time", "when things happen", time_keys,
                                                   COUNT_OF(time_keys), sizeof(S)};
#undef S

/* ---- entry ------------------------------------------------------------------------------- */

static const char *const registration_words[] = {"open", "invited", "director", NULL};
static const char *const absence_words[] = {"zero_bye", "half_bye", "full_bye", "loss", NULL};
static const char *const withdrawal_words[] = {"player", "director", NULL};
static const char *const other_words[] = {"allow", "refuse", NULL};
static const char *const assignment_words[] = {"name", "rating", "director", NULL};

#define S struct format_entry
static const struct format_key entry_keys[] = {
    {KEY("registration", WORD, registration, "open", L2(AT_ONCE),
         "who may enter: everybody, those on the list, or whom a director enters"),
     WORDS(registration_words)},
    {KEY("rating_min", INT, rating_min, "0", L2(AT_ONCE), "lowest rating that may enter; 0 = any"),
     RANGE(0, 10000), UNIT("rating")},
    {KEY("rating_max", INT, rating_max, "0", L2(AT_ONCE), "highest rating that may enter; 0 = any"),
     RANGE(0, 10000), UNIT("rating")},
    {KEY("provisional", BOOL, provisional, "true", L2(AT_ONCE),
         "whether players may enter whose rating is provisional, by the rating policy of the "
         "games")},
    {KEY("games_min", INT, games_min, "0", L2(AT_ONCE), "rated games a player must have played"),
     RANGE(0, 100000), UNIT("games")},
    {KEY("account_age", DURATION, account_age_ms, "0s", L2(AT_ONCE),
         "how long a player's account must have existed"),
     RANGE(0, 10 * YEAR)},
    {KEY("invited", TEXTS, invited, NULL, L1(AT_ONCE),
         "ids of the players who may enter where registration is `invited`"),
     .otherwise = "nobody"},
    {KEY("password", TEXT, password, "", L1(AT_ONCE), "a word that players give to enter"),
     .otherwise = "none is asked for"},
    {KEY("players_min", INT, players_min, "2", L2(AT_ONCE),
         "with fewer players (checked in, where that is asked for) the event waits for a "
         "director's word instead of beginning"),
     RANGE(2, FORMAT_PLAYERS_MAX), UNIT("players")},
    {KEY("capacity", INT, capacity, "10000", L2(AT_ONCE), "players of the whole event"),
     RANGE(2, FORMAT_PLAYERS_MAX), UNIT("players")},
    {KEY("waiting_list", BOOL, waiting_list, "true", L1(AT_ONCE),
         "whether those past the capacity wait for a place")},
    {KEY("late_until_round", INT, late_until_round, "0", L2(NEXT_ROUND),
         "last round in which somebody may join by himself; 0 = none"),
     RANGE(0, FORMAT_ROUNDS_MAX), UNIT("round")},
    {KEY("missed_rounds", WORD, missed_rounds, "zero_bye", L3(NEXT_ROUND),
         "what the rounds before a late entry count"),
     WORDS(absence_words)},
    {KEY("withdrawal", WORD, withdrawal, "player", L2(AT_ONCE),
         "who withdraws a player: the player too, or only a director"),
     WORDS(withdrawal_words)},
    {KEY("may_return", BOOL, may_return, "true", L2(AT_ONCE),
         "whether somebody who withdrew may come back")},
    {KEY("other_events", WORD, other_events, "allow", L2(AT_ONCE),
         "players who are in another running event"),
     WORDS(other_words)},
    {KEY("division_by", WORD, assignment, "name", L3(NEXT_EVENT),
         "how players come into divisions: as they name it, the same but only within its rating "
         "band, or by a director"),
     WORDS(assignment_words)},
};
const struct format_section format_entry_section = {"entry", "who may play", entry_keys,
                                                    COUNT_OF(entry_keys), sizeof(S)};
#undef S

/* ---- no-shows and conduct ---------------------------------------------------------------- */

static const char *const gets_words[] = {"forfeit_win", "full_bye", "half_bye", NULL};
static const char *const both_words[] = {"double_forfeit", "void", NULL};
static const char *const abandoned_words[] = {"loss", "adjudicated", "director", NULL};

#define S struct format_no_show
static const struct format_key no_show_keys[] = {
    {KEY("forfeit_after", DURATION, forfeit_after_ms, "0s", L3(NEXT_ROUND),
         "a board whose player is not there so long after the round's start is decided; there is "
         "who has said ready or, without time.ready_deadline, who makes his first move so soon; 0s "
         "= a director decides"),
     RANGE(0, 30 * DAY)},
    {KEY("warn_before", DURATION, warn_before_ms, "0s", L1(NEXT_ROUND),
         "how long before that the player is told"),
     RANGE(0, 7 * DAY)},
    {KEY("remove_after", INT, remove_after, "0", L3(NEXT_ROUND),
         "no-shows in a row after which a player is withdrawn; 0 = never by itself"),
     RANGE(0, FORMAT_ROUNDS_MAX), UNIT("rounds")},
    {KEY("opponent_gets", WORD, opponent_gets, "forfeit_win", L3(NEXT_ROUND),
         "what the round counts for the one who came; in knock-outs and matches always "
         "forfeit_win"),
     WORDS(gets_words)},
    {KEY("both_absent", WORD, both_absent, "double_forfeit", L3(NEXT_ROUND),
         "what it counts where nobody came"),
     WORDS(both_words)},
    {KEY("unchecked_removed", BOOL, unchecked_removed, "true", L3(AT_ONCE),
         "whether those who have not checked in are out when check-in closes")},
};
const struct format_section format_no_show_section = {
    "no_show", "players who do not come", no_show_keys, COUNT_OF(no_show_keys), sizeof(S)};
#undef S

#define S struct format_conduct
static const struct format_key conduct_keys[] = {
    {KEY("policy", NAME, policy, "", L2(NEXT_ROUND),
         "a policy of policies/conduct that judges the games of this event"),
     .otherwise = "the house's own, `playban`"},
    {KEY("abandoned_after", DURATION, abandoned_after_ms, "0s", L2(NEXT_ROUND),
         "who is to move and does not for so long has abandoned the game; 0s = the clock decides"),
     RANGE(0, 30 * DAY)},
    {KEY("abandoned", WORD, abandoned, "loss", L3(NEXT_ROUND),
         "what an abandoned game is: lost, adjudicated by its score, or a director's to decide"),
     WORDS(abandoned_words)},
    {KEY("warnings_max", INT, warnings_max, "0", L2(AT_ONCE),
         "warnings and suspensions for games of this event after which a player is removed; 0 = "
         "never by itself"),
     RANGE(0, 100), UNIT("warnings")},
};
const struct format_section format_conduct_section = {"conduct", "how players behave", conduct_keys,
                                                      COUNT_OF(conduct_keys), sizeof(S)};
#undef S

/* ---- changes ----------------------------------------------------------------------------- */

static const char *const level_words[] = {"L1", "L2", "L3", "L4", "L5", NULL};

#define S struct format_change
static const struct format_key change_keys[] = {
    {KEY("allowed", BOOL, allowed, "true", L4(NEXT_EVENT),
         "whether an event that runs may follow another version of its policy")},
    {KEY("level_min", WORD, level_min, "L1", L4(NEXT_EVENT),
         "no change is made with a lower warning than this"),
     WORDS(level_words), .min = 1},
    {KEY("frozen", TEXTS, frozen, NULL, L4(NEXT_EVENT),
         "keys that no longer change once the event has begun, e.g. divisions.order"),
     .otherwise = "none"},
    {KEY("fide_mode", BOOL, fide_mode, "false", L4(NEXT_EVENT),
         "every round is paired by a system of FIDE's, or by hand")},
    {KEY("numbers_frozen_after_round", INT, numbers_frozen_after_round, "0", L4(NEXT_EVENT),
         "pairing numbers stay as they are once this round is paired: until then a late entrant "
         "takes the place of his rating where the seeding goes by it; 0 = late entrants come last"),
     RANGE(0, FORMAT_ROUNDS_MAX), UNIT("round")},
};
const struct format_section format_change_section = {"changes",
                                                     "the policy of a running event is changed",
                                                     change_keys, COUNT_OF(change_keys), sizeof(S)};
#undef S

/* ---- league ------------------------------------------------------------------------------ */

static const char *const movement_words[] = {"sixth", "fifth", "fifth_plus", "third", NULL};

#define S struct format_league
static const struct format_key league_keys[] = {
    {KEY("season", DURATION, season_ms, "0s", L4(NEXT_EVENT), "length of a season; 0s = no league"),
     RANGE(0, YEAR)},
    {KEY("registration_opens", DURATION, registration_opens_before_ms, "14d", L2(NEXT_EVENT),
         "how long before a season players may register"),
     RANGE(0, YEAR)},
    {KEY("players_min", INT, players_min, "11", L2(NEXT_EVENT),
         "with fewer players a season is not played"),
     RANGE(2, 1000), UNIT("players")},
    {KEY("division_size", INT, division_size, "16", L3(NEXT_EVENT),
         "players that a division should have"),
     RANGE(2, 1000), UNIT("players")},
    {KEY("division_size_min", INT, division_size_min, "12", L3(NEXT_EVENT),
         "a smaller last division joins the one above"),
     RANGE(2, 1000), UNIT("players")},
    {KEY("games_max", INT, games_max, "14", L3(NEXT_EVENT),
         "games of a player in a season at most"),
     RANGE(1, 14), UNIT("games")},
    {KEY("promoted", WORD, promoted, "sixth", L3(NEXT_EVENT),
         "what part of a division goes up, and down"),
     WORDS(movement_words)},
    {KEY("reminder_after", DURATION, reminder_after_ms, "16h", L1(NEXT_EVENT),
         "players of games nobody has begun are reminded so long after the start"),
     RANGE(0, 30 * DAY)},
    {KEY("unfinished", WORD, unfinished, "adjudicated", L3(NEXT_EVENT),
         "games still open when the season ends: lost by who is to move, adjudicated by score, or "
         "a director's to decide"),
     WORDS(abandoned_words)},
};
const struct format_section format_league_section = {"league",
                                                     "seasons with promotion and relegation",
                                                     league_keys, COUNT_OF(league_keys), sizeof(S)};
#undef S

/* ---- authority --------------------------------------------------------------------------- */

static const struct format_key authority_keys[] = {
#define ACTION(word, rights, text)                                                                 \
    {.name = #word,                                                                                \
     .kind = FORMAT_RIGHT,                                                                         \
     .offset = FORMAT_ACTION_##word * sizeof(struct format_right),                                 \
     .standard = rights,                                                                           \
     L4(NEXT_EVENT),                                                                               \
     .help = text},
#include "orchestrator/format/actions.def"
#undef ACTION
};
const struct format_section format_authority_section = {
    "authority", "who may do what, after which warning", authority_keys, COUNT_OF(authority_keys),
    sizeof(struct format_right[FORMAT_ACTION_COUNT])};

/* ---- rulings ----------------------------------------------------------------------------- */

#define S struct format_ruling
static const struct format_key ruling_keys[] = {
    {KEY("division", TEXT, division, NULL, L3(NEXT_ROUND), "a division's name"),
     .is_required = true},
    {KEY("one", TEXT, one, NULL, L3(NEXT_ROUND), "a player's id"), .is_required = true},
    {KEY("other", TEXT, other, NULL, L3(NEXT_ROUND), "another's"), .is_required = true},
    {KEY("rounds", ROUNDS, rounds, NULL, L3(NEXT_ROUND), "in which rounds: 7, 1-3"),
     .otherwise = "all rounds"},
    {KEY("meet", BOOL, meet, "false", L3(NEXT_ROUND),
         "whether they may meet, whatever `forbidden_pairs` says")},
    {KEY("reason", TEXT, reason, "", L1(NEXT_ROUND), "shown where the pairing is explained"),
     .otherwise = "nothing"},
};
static const struct format_section ruling_section = {
    "ruling", "what a director said of two players", ruling_keys, COUNT_OF(ruling_keys), sizeof(S)};
#undef S

/* ---- the whole file ---------------------------------------------------------------------- */

#define S struct format
static const struct format_key root_keys[] = {
    {KEY("tournament", NAME, name, NULL, L5(NEXT_EVENT), "the policy's name"), .is_required = true},
    {KEY("version", INT, version, "1", L1(AT_ONCE), "grows with every published change"),
     RANGE(1, INT32_MAX)},
    {KEY("doc", TEXT, doc, "", L1(AT_ONCE), "one sentence for people"), .otherwise = "nothing"},
    {KEY("time", SECTION, time, NULL, L1(AT_ONCE), "when things happen"),
     INSIDE(format_time_section)},
    {KEY("entry", SECTION, entry, NULL, L1(AT_ONCE), "who may play"), INSIDE(format_entry_section)},
    {KEY("no_show", SECTION, no_show, NULL, L1(AT_ONCE), "players who do not come"),
     INSIDE(format_no_show_section)},
    {KEY("conduct", SECTION, conduct, NULL, L1(AT_ONCE), "how players behave"),
     INSIDE(format_conduct_section)},
    {KEY("authority", SECTION, authority, NULL, L4(NEXT_EVENT),
         "who may do what, after which warning"),
     INSIDE(format_authority_section)},
    {KEY("changes", SECTION, changes, NULL, L4(NEXT_EVENT),
         "the policy of a running event is changed"),
     INSIDE(format_change_section)},
    {KEY("league", SECTION, league, NULL, L4(NEXT_EVENT), "seasons with promotion and relegation"),
     INSIDE(format_league_section)},
    {KEY("director_pairs", LIST, rulings, NULL, L3(NEXT_ROUND),
         "who does not meet, or may: as `forbid_pair` and `allow_pair` note it down; the last "
         "counts"),
     INSIDE(ruling_section), COUNTED(ruling_count), .otherwise = "none"},
    {KEY("divisions", LIST, divisions, NULL, L5(NEXT_EVENT),
         "at least one; each is an event of its own"),
     INSIDE(format_division_section), COUNTED(division_count), .is_required = true},
};
const struct format_section format_root = {"policy", "a tournament policy", root_keys,
                                           COUNT_OF(root_keys), sizeof(S)};
#undef S
