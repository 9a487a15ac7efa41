/* The table's rows on a division: what is played, who meets whom, what counts. */
#include "orchestrator/format/keys.h"

/* ---- the game ---------------------------------------------------------------------------- */

static const char *const clock_words[] = {"real_time", "correspondence", NULL};

#define S struct format_game
static const struct format_key game_keys[] = {
    {KEY("rules", NAME, rules, NULL, L5(NEXT_EVENT),
         "the game's rules: reported, crossword, breakthrough"),
     .is_required = true},
    {KEY("variant", NAME, variant, "", L4(NEXT_ROUND), "the rules' own variant"),
     .otherwise = "the rules' usual one"},
    {KEY("lexicon", NAME, lexicon, "", L4(NEXT_ROUND), "the word list"), .otherwise = "none"},
    {KEY("challenge_rule", NAME, challenge_rule, "", L4(NEXT_ROUND),
         "void, single, double, five_point, ten_point, triple"),
     .otherwise = "the rules' usual one"},
    {KEY("clock", WORD, clock, "real_time", L4(NEXT_ROUND),
         "real_time = a clock for the whole game; correspondence = one for each turn"),
     WORDS(clock_words)},
    {KEY("initial_time", DURATION, initial_time_ms, "0s", L3(NEXT_ROUND),
         "each player's clock at the start; 0s = no clock. By correspondence: how long a turn may "
         "take, 1 hour to 5 days"),
     RANGE(0, 24 * DAY)},
    {KEY("increment", DURATION, increment_ms, "0s", L3(NEXT_ROUND), "added after every turn"),
     RANGE(0, 24 * DAY)},
    {KEY("overtime", DURATION, overtime_ms, "0s", L3(NEXT_ROUND), "allowed past zero at a penalty"),
     RANGE(0, 24 * DAY)},
    {KEY("time_bank", DURATION, time_bank_ms, "0s", L3(NEXT_ROUND),
         "by correspondence: what all turns of a player together may take beyond that"),
     RANGE(0, 30 * DAY)},
    {KEY("start_within", DURATION, start_within_ms, "0s", L4(NEXT_ROUND),
         "without a first turn by then a live game is cancelled; 0s = never"),
     RANGE(0, DAY / 24)},
    {KEY("rated", BOOL, rated, "true", L4(NEXT_ROUND), "whether results change ratings")},
    {KEY("rating_policy", NAME, rating_policy, "glicko2", L4(NEXT_ROUND),
         "a policy of policies/ratings")},
    {KEY("rating_pool", NAME, rating_pool, "", L4(NEXT_ROUND), "which of a player's ratings"),
     .otherwise = "by rules and clock"},
};
static const struct format_section game_section = {"game", "what is played on every board",
                                                   game_keys, COUNT_OF(game_keys), sizeof(S)};
#undef S

/* ---- pairing by ranges of rounds --------------------------------------------------------- */

static const char *const first_words[] = {"balanced", "listed", "lot", "table", NULL};
static const char *const bye_words[] = {"lowest", "highest", "lot", "left_over", NULL};
static const char *const compat_words[] = {"none", "liwords", "bbp", NULL};

#define METHOD_SAYS .otherwise = "as the method has it"
#define DIVISION_SAYS .otherwise = "as the division has it"
#define MANY 1000000

#define S struct format_range
static const struct format_key range_keys[] = {
    {KEY("rounds", ROUNDS, first_round, NULL, L3(NEXT_ROUND), "one round or a range: 7, 1-3"),
     .is_required = true},
    {KEY("method", METHOD, pairing, NULL, L3(NEXT_ROUND),
         "how these rounds are paired: swiss, round_robin, king_of_the_hill, …"),
     .is_required = true},
    {KEY("repeats", INT, pairing.repeats_max, NULL, L3(NEXT_ROUND),
         "meetings of two players allowed in the event"),
     RANGE(1, 1000), UNIT("meetings"), METHOD_SAYS},
    {KEY("repeats_over_allowed", BOOL, pairing.repeats_over_allowed, NULL, L3(NEXT_ROUND),
         "further meetings at a price instead of never"),
     METHOD_SAYS},
    {KEY("repeat_weight", INT, pairing.repeat_weight, NULL, L2(NEXT_ROUND),
         "how dear a repeat is against a difference in wins"),
     RANGE(1, 100), METHOD_SAYS},
    {KEY("win_weight", INT, pairing.win_weight, NULL, L2(NEXT_ROUND),
         "how dear a difference in wins is against a repeat"),
     RANGE(1, 100), METHOD_SAYS},
    {KEY("factor", INT, pairing.factor, NULL, L3(NEXT_ROUND),
         "factor pairing: how many at the top play the next as many"),
     RANGE(1, 1000), UNIT("players"), METHOD_SAYS},
    {KEY("legs", INT, pairing.legs, NULL, L3(NEXT_ROUND), "round robins: how many cycles"),
     RANGE(1, 100), UNIT("cycles"), METHOD_SAYS},
    {KEY("legs_in_a_row", BOOL, pairing.legs_in_a_row, NULL, L3(NEXT_ROUND),
         "round robins: all games of a pair at once"),
     METHOD_SAYS},
    {KEY("fontes_rounds", INT, pairing.fontes_rounds, NULL, L3(NEXT_ROUND),
         "initial fontes: rounds of the small round robins, an odd number"),
     RANGE(1, 99), UNIT("rounds"), METHOD_SAYS},
    {KEY("reset_round", INT, pairing.reset_round, NULL, L3(NEXT_ROUND),
         "Australian draw: meetings before this round are forgotten"),
     RANGE(0, FORMAT_ROUNDS_MAX), UNIT("round"), METHOD_SAYS},
    {KEY("forfeits_meet", BOOL, pairing.forfeits_meet, NULL, L2(NEXT_ROUND),
         "a forfeited game counts as a meeting"),
     METHOD_SAYS},
    {KEY("compat", WORD, pairing.compat, NULL, L3(NEXT_ROUND),
         "copy another program's reading of the method"),
     WORDS(compat_words), METHOD_SAYS},
    {KEY("first", WORD, pairing.first, NULL, L2(NEXT_ROUND), "who moves first in these rounds"),
     WORDS(first_words), DIVISION_SAYS},
    {KEY("bye", WORD, pairing.bye_order, NULL, L2(NEXT_ROUND),
         "who has the bye in these rounds, of those with fewest"),
     WORDS(bye_words), DIVISION_SAYS},
    {KEY("spread_cap", INT, spread_cap, NULL, L3(NEXT_ROUND),
         "most points of spread one game of these rounds counts"),
     RANGE(1, MANY), UNIT("spread"), DIVISION_SAYS},
    {KEY("baku", BOOL, pairing.baku, NULL, L3(NEXT_ROUND),
         "Dutch: the first rounds accelerated by FIDE C.04.7"),
     METHOD_SAYS},
    {KEY("cop_place_prizes", INT, pairing.cop.place_prizes, NULL, L2(NEXT_ROUND),
         "COP: places that win something"),
     RANGE(1, FORMAT_PLAYERS_MAX), UNIT("places"), METHOD_SAYS},
    {KEY("cop_gibson_spread", INT, pairing.cop.gibson_spread, NULL, L2(NEXT_ROUND),
         "COP: spread a game can bring"),
     RANGE(0, MANY), UNIT("spread"), METHOD_SAYS},
    {KEY("cop_hopefulness", SHARE, pairing.cop.hopefulness_ppm, NULL, L2(NEXT_ROUND),
         "COP: share of simulations that makes a hope"),
     RANGE(1, 1000000), METHOD_SAYS},
    {KEY("cop_control_loss", SHARE, pairing.cop.control_loss_ppm, NULL, L2(NEXT_ROUND),
         "COP: share of wins lost that is a loss of control"),
     RANGE(1, 1000000), METHOD_SAYS},
    {KEY("cop_control_loss_from", INT, pairing.cop.control_loss_from_round, NULL, L2(NEXT_ROUND),
         "COP: completed rounds before that test is made"),
     RANGE(0, FORMAT_ROUNDS_MAX), UNIT("rounds"), METHOD_SAYS},
    {KEY("cop_simulations", INT, pairing.cop.division_simulations, NULL, L1(NEXT_ROUND),
         "COP: simulations of the event"),
     RANGE(1000, MANY), METHOD_SAYS},
    {KEY("cop_control_simulations", INT, pairing.cop.control_loss_simulations, NULL, L1(NEXT_ROUND),
         "COP: simulations of each loss of control"),
     RANGE(1000, MANY), METHOD_SAYS},
    {KEY("cop_step_budget", INT, pairing.cop.step_budget, NULL, L1(NEXT_ROUND),
         "COP: simulated games at most; 0 = any number"),
     RANGE(0, 1000000000), UNIT("games"), METHOD_SAYS},
    {KEY("cop_repeat_byes", BOOL, pairing.cop.repeat_byes_allowed, NULL, L2(NEXT_ROUND),
         "COP: second byes cost nothing"),
     METHOD_SAYS},
    {KEY("cop_byes_from_the_top", BOOL, pairing.cop.byes_from_the_top, NULL, L2(NEXT_ROUND),
         "COP: byes to the best placed first"),
     METHOD_SAYS},
    {KEY("chew_place_prizes", INT, pairing.chew.place_prizes, NULL, L2(NEXT_ROUND),
         "Chew: places that win something"),
     RANGE(1, FORMAT_PLAYERS_MAX), UNIT("places"), METHOD_SAYS},
    {KEY("chew_swing", INT, pairing.chew.gibson_spread, NULL, L2(NEXT_ROUND),
         "Chew: spread one game can turn over"),
     RANGE(0, MANY), UNIT("spread"), METHOD_SAYS},
    {KEY("reseed", BOOL, pairing.bracket.reseed, NULL, L4(NEXT_ROUND),
         "elimination: best survivor meets worst"),
     METHOD_SAYS},
    {KEY("third_place", BOOL, pairing.bracket.third_place, NULL, L3(NEXT_ROUND),
         "elimination: the losers of the semifinals play for third place"),
     METHOD_SAYS},
    {KEY("reset_final", BOOL, pairing.bracket.reset_final, NULL, L4(NEXT_ROUND),
         "double elimination: the unbeaten must be beaten twice"),
     METHOD_SAYS},
};
static const struct format_section range_section = {"pairing", "how a range of rounds is paired",
                                                    range_keys, COUNT_OF(range_keys), sizeof(S)};
#undef S

/* ---- byes, kept apart, settled beforehand ------------------------------------------------ */

#define S struct format_byes
static const struct format_key byes_keys[] = {
    {KEY("to", WORD, to, NULL, L2(NEXT_ROUND),
         "who has the bye of an odd number, of those with fewest"),
     WORDS(bye_words), METHOD_SAYS},
    {KEY("rank_min", INT, rank_min, "0", L2(NEXT_ROUND),
         "byes only for this place and lower; 0 = any"),
     RANGE(0, FORMAT_PLAYERS_MAX), UNIT("place")},
    {KEY("points", POINTS, points_x10, "1", L3(NEXT_ROUND), "what the bye is worth"),
     RANGE(0, 1000), UNIT("points")},
    {KEY("spread", INT, spread, "50", L3(NEXT_ROUND), "spread that goes with it"), RANGE(0, 10000),
     UNIT("spread")},
    {KEY("requested_max", INT, requested_max, "0", L2(AT_ONCE), "rounds off a player may ask for"),
     RANGE(0, FORMAT_ROUNDS_MAX), UNIT("rounds")},
    {KEY("requested_points", POINTS, requested_points_x10, "0.5", L3(NEXT_ROUND),
         "what such a round is worth"),
     RANGE(0, 1000), UNIT("points")},
    {KEY("requested_until_round", INT, requested_until_round, "0", L2(AT_ONCE),
         "last round that may be asked for; 0 = any"),
     RANGE(0, FORMAT_ROUNDS_MAX), UNIT("round")},
};
static const struct format_section byes_section = {"byes", "rounds without a game", byes_keys,
                                                   COUNT_OF(byes_keys), sizeof(S)};
#undef S

#define S struct format_forbidden
static const struct format_key forbidden_keys[] = {
    {KEY("one", TEXT, one, NULL, L3(NEXT_ROUND), "a player's id"), .is_required = true},
    {KEY("other", TEXT, other, NULL, L3(NEXT_ROUND), "another's"), .is_required = true},
    {KEY("rounds", ROUNDS, rounds, NULL, L3(NEXT_ROUND), "in which rounds: 7, 1-3"),
     .otherwise = "all rounds"},
    {KEY("reason", TEXT, reason, "", L1(NEXT_ROUND), "shown where the pairing is explained"),
     .otherwise = "nothing"},
};
static const struct format_section forbidden_section = {
    "forbidden pair", "two players who do not meet", forbidden_keys, COUNT_OF(forbidden_keys),
    sizeof(S)};
#undef S

#define S struct format_prepaired
static const struct format_key prepaired_keys[] = {
    {KEY("round", INT, round, NULL, L3(NEXT_ROUND), "in which round they meet"),
     RANGE(1, FORMAT_ROUNDS_MAX), UNIT("round"), .is_required = true},
    {KEY("first", TEXT, first, NULL, L3(NEXT_ROUND), "a player's id"), .is_required = true},
    {KEY("second", TEXT, second, NULL, L3(NEXT_ROUND), "another's"), .is_required = true},
    {KEY("keeps_order", BOOL, keeps_order, "false", L2(NEXT_ROUND),
         "whether `first` moves first; otherwise the balance decides")},
};
static const struct format_section prepaired_section = {
    "prepaired pair", "two players who meet in a certain round", prepaired_keys,
    COUNT_OF(prepaired_keys), sizeof(S)};
#undef S

/* ---- what is at stake -------------------------------------------------------------------- */

#define S struct format_gibson
static const struct format_key gibson_keys[] = {
    {KEY("enabled", BOOL, enabled, "false", L3(NEXT_ROUND),
         "take leaders out of the race who cannot be caught any more")},
    {KEY("spread_per_round", INT, spread_per_round, "0", L3(NEXT_ROUND),
         "most spread one player makes up on another in a round; 0 = spread does not make up for a "
         "win"),
     RANGE(0, MANY), UNIT("spread")},
    {KEY("place_min", INT, place_min, "1", L3(NEXT_ROUND), "the lowest place that still matters"),
     RANGE(1, FORMAT_PLAYERS_MAX), UNIT("place")},
};
static const struct format_section gibson_section = {
    "gibsonization", "leaders who cannot be caught", gibson_keys, COUNT_OF(gibson_keys), sizeof(S)};
#undef S

#define S struct format_class
static const struct format_key class_keys[] = {
    {KEY("name", NAME, name, NULL, L3(NEXT_EVENT), "as it appears in lists"), .is_required = true},
    {KEY("rating_max", INT, rating_max, NULL, L3(NEXT_EVENT), "players rated up to this are in it"),
     RANGE(1, 10000), UNIT("rating"), .is_required = true},
    {KEY("prizes", INT, prizes, "1", L2(NEXT_ROUND), "how many of them win something"),
     RANGE(1, 1000), UNIT("prizes")},
};
static const struct format_section class_section = {"prize class", "prizes for a rating class",
                                                    class_keys, COUNT_OF(class_keys), sizeof(S)};
#undef S

#define S struct format_prizes
static const struct format_key prizes_keys[] = {
    {KEY("places", INT, places, "1", L2(NEXT_ROUND),
         "places that win something; COP and Chew pair for them"),
     RANGE(1, FORMAT_PLAYERS_MAX), UNIT("places")},
    {KEY("classes", LIST, classes, NULL, L3(NEXT_EVENT),
         "rating classes with prizes of their own, the lowest last; standings say who leads in "
         "each"),
     INSIDE(class_section), COUNTED(class_count), .otherwise = "none"},
};
static const struct format_section prizes_section = {"prizes", "what can be won", prizes_keys,
                                                     COUNT_OF(prizes_keys), sizeof(S)};
#undef S

#define S struct format_points
static const struct format_key points_keys[] = {
    {KEY("win", POINTS, win_x10, "1", L4(AT_ONCE), "what a win is worth"), RANGE(1, 1000),
     UNIT("points")},
    {KEY("draw", POINTS, draw_x10, "0.5", L4(AT_ONCE), "what a draw is worth"), RANGE(0, 1000),
     UNIT("points")},
    {KEY("loss", POINTS, loss_x10, "0", L4(AT_ONCE), "what a loss is worth"), RANGE(0, 1000),
     UNIT("points")},
    {KEY("forfeit_win", POINTS, forfeit_win_x10, "1", L4(AT_ONCE),
         "what a win by forfeit is worth"),
     RANGE(0, 1000), UNIT("points")},
    {KEY("forfeit_loss", POINTS, forfeit_loss_x10, "0", L4(AT_ONCE),
         "what a loss by forfeit is worth"),
     RANGE(0, 1000), UNIT("points")},
};
static const struct format_section points_section = {"points", "what results are worth",
                                                     points_keys, COUNT_OF(points_keys), sizeof(S)};
#undef S

#define S struct format_arena
static const struct format_key arena_keys[] = {
    {KEY("duration", DURATION, duration_ms, "0s", L3(AT_ONCE),
         "how long the arena lasts; 0s = none"),
     RANGE(0, 7 * DAY)},
    {KEY("wave", DURATION, wave_ms, "10s", L1(AT_ONCE), "from one wave of pairings to the next"),
     RANGE(SECOND, HOUR)},
};
static const struct format_section arena_section = {
    "arena", "rounds that follow each other until the time is up", arena_keys, COUNT_OF(arena_keys),
    sizeof(S)};
#undef S

/* ---- the division ------------------------------------------------------------------------ */

static const char *const by_words[] = {"policy", "director", NULL};
static const char *const next_words[] = {"automatic", "director", NULL};
static const char *const match_words[] = {"all_games", "decided", NULL};
static const char *const counts_words[] = {"matches", "games", NULL};
static const char *const seeding_words[] = {"rating", "listed", "lot", NULL};
static const char *const no_pairing_words[] = {"ask_director", "allow_repeats", NULL};
static const char *const edition_words[] = {"2024", "2026", NULL};

#define S struct format_division
static const struct format_key division_keys[] = {
    {KEY("name", NAME, name, NULL, L5(NEXT_EVENT), "as it appears in lists"), .is_required = true},
    {KEY("rounds", INT, rounds, NULL, L4(NEXT_ROUND), "how many rounds are played"),
     RANGE(1, FORMAT_ROUNDS_MAX), UNIT("rounds"), .is_required = true},
    {KEY("rating_min", INT, rating_min, "0", L3(NEXT_EVENT),
         "the band's lowest rating, with entry.division_by: rating"),
     RANGE(0, 10000), UNIT("rating")},
    {KEY("rating_max", INT, rating_max, "0", L3(NEXT_EVENT), "the band's highest rating; 0 = any"),
     RANGE(0, 10000), UNIT("rating")},
    {KEY("capacity", INT, capacity, "10000", L2(AT_ONCE), "players of this division"),
     RANGE(2, FORMAT_PLAYERS_MAX), UNIT("players")},
    {KEY("players_min", INT, players_min, "2", L2(AT_ONCE),
         "with fewer players in it the event waits for a director: move them, call it off, or "
         "begin"),
     RANGE(2, FORMAT_PLAYERS_MAX), UNIT("players")},
    {KEY("game", SECTION, game, NULL, L3(NEXT_ROUND), "what is played on every board"),
     INSIDE(game_section), .is_required = true},
    {KEY("games_per_round", INT, games_per_round, "1", L4(NEXT_ROUND),
         "games that two players play in a round: a match, best of so many"),
     RANGE(1, 99), UNIT("games")},
    {KEY("match_ends", WORD, match_ends, "decided", L3(NEXT_ROUND),
         "decided = as soon as the match is; all_games = when all are played"),
     WORDS(match_words)},
    {KEY("match_counts", WORD, match_counts, "matches", L4(AT_ONCE),
         "what the standing counts: matches = who won the match; games = every game of it"),
     WORDS(counts_words)},
    {KEY("seeding", WORD, seeding, "rating", L4(NEXT_EVENT),
         "the order before the first round: by rating (equals as they entered), as they were "
         "entered, or by a lot that the division's id decides"),
     WORDS(seeding_words)},
    {KEY("paired_by", FLAG, is_paired_by_director, "policy", L3(NEXT_ROUND),
         "policy = by the methods below; director = by hand"),
     WORDS(by_words)},
    {KEY("pairing", RANGES, ranges, NULL, L3(NEXT_ROUND), "which method pairs which rounds"),
     INSIDE(range_section), COUNTED(range_count), .otherwise = "all rounds Swiss"},
    {KEY("next_round", FLAG, is_advanced_by_director, "automatic", L2(AT_ONCE),
         "automatic = when the last result is in; director = on a word"),
     WORDS(next_words)},
    {KEY("first_move", WORD, first_move, NULL, L2(NEXT_ROUND),
         "who moves first: balanced over the event, the better placed, by lot, or by the round "
         "robin's table"),
     WORDS(first_words), METHOD_SAYS},
    {KEY("byes", SECTION, byes, NULL, L2(NEXT_ROUND), "rounds without a game"),
     INSIDE(byes_section)},
    {KEY("forbidden_pairs", LIST, forbidden, NULL, L3(NEXT_ROUND), "players who do not meet"),
     INSIDE(forbidden_section), COUNTED(forbidden_count), .otherwise = "none"},
    {KEY("team_avoidance", ROUNDS, team_avoidance, NULL, L3(NEXT_ROUND),
         "rounds in which members of a team do not meet: 7, 1-3"),
     .otherwise = "they may meet"},
    {KEY("prepaired", LIST, prepaired, NULL, L3(NEXT_ROUND), "pairs that are settled beforehand"),
     INSIDE(prepaired_section), COUNTED(prepaired_count), .otherwise = "none"},
    {KEY("gibsonization", SECTION, gibson, NULL, L3(NEXT_ROUND), "leaders who cannot be caught"),
     INSIDE(gibson_section)},
    {KEY("prizes", SECTION, prizes, NULL, L2(NEXT_ROUND), "what can be won"),
     INSIDE(prizes_section)},
    {KEY("on_no_legal_pairing", WORD, on_no_legal_pairing, "ask_director", L2(NEXT_ROUND),
         "no legal pairing exists: a director is asked, with the smallest list of rules to relax; "
         "or repeats become possible, at a price"),
     WORDS(no_pairing_words)},
    {KEY("points", SECTION, points, NULL, L4(AT_ONCE), "what results are worth"),
     INSIDE(points_section)},
    {KEY("order", ORDER, order, "SPREAD", L4(AT_ONCE),
         "tie-breaks after points, e.g. SPREAD or BH/C1,SB")},
    {KEY("order_edition", EDITION, order_edition, "2026", L4(AT_ONCE),
         "the edition of FIDE's tie-break rules"),
     WORDS(edition_words), RANGE(2024, 2026)},
    {KEY("spread_cap", INT, spread_cap, "0", L4(AT_ONCE),
         "most points of spread one game counts; 0 = all"),
     RANGE(0, MANY), UNIT("spread")},
    {KEY("forfeit_spread", INT, forfeit_spread, "50", L3(NEXT_ROUND),
         "spread of a forfeited board"),
     RANGE(0, 10000), UNIT("spread")},
    {KEY("timeout_spread", INT, timeout_spread, "0", L3(NEXT_ROUND),
         "who loses on time has at most the lower of both scores less this; 0 = the score stands"),
     RANGE(0, 10000), UNIT("spread")},
    {KEY("arena", SECTION, arena, NULL, L3(AT_ONCE),
         "rounds that follow each other until the time is up"),
     INSIDE(arena_section)},
};
const struct format_section format_division_section = {
    "division", "an event of its own", division_keys, COUNT_OF(division_keys), sizeof(S)};
#undef S
