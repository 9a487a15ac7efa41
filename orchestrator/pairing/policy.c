/* The settings of pairing policies as a table. */
#include "orchestrator/pairing/policy.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(struct pairing_policy, member)
#define ANY 1000000000

static const char *const first_words[] = {"balanced", "listed", "lot", "table", NULL};
static const char *const bye_words[] = {"lowest", "highest", "lot", "left_over", NULL};
static const char *const compat_words[] = {"none", "liwords", "bbp", NULL};

const struct pairing_setting pairing_settings[] = {
    {"first", PAIRING_SETTING_WORD, AT(first), 0, 0, first_words, "who moves first"},
    {"bye", PAIRING_SETTING_WORD, AT(bye_order), 0, 0, bye_words,
     "who has the bye, of those with fewest"},
    {"bye_rank_min", PAIRING_SETTING_INT, AT(bye_rank_min), 0, ANY, NULL,
     "byes for this place and lower"},
    {"compat", PAIRING_SETTING_WORD, AT(compat), 0, 0, compat_words,
     "copy another program's reading"},
    {"repeats_max", PAIRING_SETTING_INT, AT(repeats_max), 0, ANY, NULL,
     "times two players may meet"},
    {"repeats_over_allowed", PAIRING_SETTING_BOOL, AT(repeats_over_allowed), 0, 0, NULL,
     "more meetings at a price instead of never"},
    {"repeat_weight", PAIRING_SETTING_INT, AT(repeat_weight), 1, 100, NULL, "price of a repeat"},
    {"win_weight", PAIRING_SETTING_INT, AT(win_weight), 1, 100, NULL,
     "price of a win of difference"},
    {"legs", PAIRING_SETTING_INT, AT(legs), 1, 100, NULL,
     "rounds a pair of teams' players meets in a row"},
    {"legs_in_a_row", PAIRING_SETTING_BOOL, AT(legs_in_a_row), 0, 0, NULL,
     "round robin: all games of a pair at once"},
    {"factor", PAIRING_SETTING_INT, AT(factor), 0, ANY, NULL,
     "the first so many meet the next so many"},
    {"fontes_rounds", PAIRING_SETTING_INT, AT(fontes_rounds), 1, ANY, NULL,
     "rounds of initial fontes"},
    {"reset_round", PAIRING_SETTING_INT, AT(reset_round), 0, ANY, NULL,
     "Australian: earlier meetings are forgotten"},
    {"forfeits_meet", PAIRING_SETTING_BOOL, AT(forfeits_meet), 0, 0, NULL,
     "a forfeited game counts as a meeting"},
    {"points_win", PAIRING_SETTING_INT, AT(points_win), 1, ANY, NULL, "units of a win"},
    {"points_draw", PAIRING_SETTING_INT, AT(points_draw), 0, ANY, NULL,
     "units of a draw, 0 = half a win"},
    {"points_bye", PAIRING_SETTING_INT, AT(points_bye), 0, ANY, NULL,
     "units of the allocated bye, with bye_worth_given"},
    {"bye_worth_given", PAIRING_SETTING_BOOL, AT(bye_worth_given), 0, 0, NULL,
     "the bye is worth points_bye, not a win"},
    {"gibson", PAIRING_SETTING_BOOL, AT(gibson.enabled), 0, 0, NULL,
     "take leaders out who cannot be caught"},
    {"gibson_spread", PAIRING_SETTING_INT, AT(gibson.spread_per_round), 0, ANY, NULL,
     "spread that can be made up in a round"},
    {"gibson_place_min", PAIRING_SETTING_INT, AT(gibson.place_min), 0, ANY, NULL,
     "the last place that matters"},
    {"cop_place_prizes", PAIRING_SETTING_INT, AT(cop.place_prizes), 1, ANY, NULL,
     "places that win something"},
    {"cop_gibson_spread", PAIRING_SETTING_INT, AT(cop.gibson_spread), 0, ANY, NULL,
     "spread a game can bring"},
    {"cop_hopefulness", PAIRING_SETTING_SHARE, AT(cop.hopefulness_ppm), 1, 1000000, NULL,
     "share of simulations that makes a hope"},
    {"cop_control_loss", PAIRING_SETTING_SHARE, AT(cop.control_loss_ppm), 1, 1000000, NULL,
     "share of wins lost that is a loss of control"},
    {"cop_control_loss_from", PAIRING_SETTING_INT, AT(cop.control_loss_from_round), 0, ANY, NULL,
     "completed rounds before the test is made"},
    {"cop_simulations", PAIRING_SETTING_INT, AT(cop.division_simulations), 1, ANY, NULL,
     "simulations of the event"},
    {"cop_control_simulations", PAIRING_SETTING_INT, AT(cop.control_loss_simulations), 1, ANY, NULL,
     "simulations of each loss of control"},
    {"cop_step_budget", PAIRING_SETTING_INT, AT(cop.step_budget), 0, ANY, NULL,
     "simulated games at most, 0 = any number"},
    {"cop_repeat_byes", PAIRING_SETTING_BOOL, AT(cop.repeat_byes_allowed), 0, 0, NULL,
     "second byes cost nothing"},
    {"cop_byes_from_the_top", PAIRING_SETTING_BOOL, AT(cop.byes_from_the_top), 0, 0, NULL,
     "byes to the best placed first"},
    {"class_prizes", PAIRING_SETTING_CLASSES, AT(class_prizes), 0, 1000, NULL,
     "COP, Chew: prizes of class 1, 2, … as 2,1"},
    {"chew_place_prizes", PAIRING_SETTING_INT, AT(chew.place_prizes), 1, ANY, NULL,
     "places that win something"},
    {"chew_swing", PAIRING_SETTING_INT, AT(chew.gibson_spread), 0, ANY, NULL,
     "spread one game can turn over"},
    {"bracket_reseed", PAIRING_SETTING_BOOL, AT(bracket.reseed), 0, 0, NULL,
     "best survivor meets worst"},
    {"bracket_third_place", PAIRING_SETTING_BOOL, AT(bracket.third_place), 0, 0, NULL,
     "play for third place"},
    {"bracket_reset_final", PAIRING_SETTING_BOOL, AT(bracket.reset_final), 0, 0, NULL,
     "the unbeaten must be beaten twice"},
    {"bracket_games", PAIRING_SETTING_INT, AT(bracket.games_per_round), 1, 99, NULL,
     "games of a match"},
    {"arena_opening", PAIRING_SETTING_BOOL, AT(arena.opening), 0, 0, NULL,
     "first wave: neighbours"},
    {"baku", PAIRING_SETTING_BOOL, AT(baku), 0, 0, NULL, "Dutch: accelerated rounds"},
    {NULL, PAIRING_SETTING_INT, 0, 0, 0, NULL, NULL},
};

/* Reads digits, with up to six decimals where they count as millionths. */
static bool number_read(const char *text, bool share, int64_t *out)
{
    int64_t number = 0;
    int decimals = -1;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text == '.' && share && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || number > ANY || decimals >= 6)
            return false;
        number = number * 10 + (*text - '0');
        decimals += decimals >= 0;
    }
    for (int i = decimals < 0 ? 0 : decimals; share && i < 6; i++)
        number *= 10;
    *out = number;
    return true;
}

static bool bool_read(const char *text, bool *out)
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
    if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
        return false;
    *out = yes;
    return true;
}

static enum status word_set(const struct pairing_setting *row, void *place, const char *value,
                            struct fault *fault)
{
    for (int i = 0; row->words[i] != NULL; i++)
        if (strcmp(row->words[i], value) == 0) {
            memcpy(place, &i, sizeof i); /* enumerations are as wide as int */
            return STATUS_OK;
        }
    enum status status = fault_set(fault, 0, 0, "%s cannot be '%s'", row->name, value);
    fault_hint(fault, "it is %s, %s …", row->words[0], row->words[1]);
    return status;
}

static enum status number_set(const struct pairing_setting *row, void *place, const char *value,
                              struct fault *fault)
{
    bool share = row->kind == PAIRING_SETTING_SHARE;
    int64_t number;
    if (!number_read(value, share, &number) || number < row->min || number > row->max)
        return fault_set(fault, 0, 0, "%s is %s, not '%s'", row->name,
                         share ? "a share above 0 and up to 1" : "a whole number in its range",
                         value);
    int narrowed = (int)number;
    memcpy(place, &narrowed, sizeof narrowed);
    return STATUS_OK;
}

/* Sets all classes, or none where something is wrong. */
static enum status classes_set(const struct pairing_setting *row, struct pairing_policy *policy,
                               const char *value, struct fault *fault)
{
    int prizes[PAIRING_CLASSES_MAX] = {0};
    int count = 0;
    const char *at = value;
    for (;; at++) {
        char number[12];
        int64_t prize;
        size_t size = strcspn(at, ",");
        if (count == PAIRING_CLASSES_MAX)
            return fault_set(fault, 0, 0, "%s has more than %d classes", row->name,
                             PAIRING_CLASSES_MAX);
        snprintf(number, sizeof number, "%.*s", (int)size, at);
        if (size >= sizeof number || !number_read(number, false, &prize) || prize > row->max)
            return fault_set(fault, 0, 0, "%s is numbers with commas between, not '%s'", row->name,
                             value);
        prizes[count++] = (int)prize;
        at += size;
        if (*at == '\0')
            break;
    }
    memcpy(policy->class_prizes, prizes, sizeof prizes);
    policy->class_prizes_count = count;
    return STATUS_OK;
}

enum status pairing_policy_set(struct pairing_policy *policy, const char *name, const char *value,
                               struct fault *out_fault)
{
    const struct pairing_setting *row = pairing_settings;
    while (row->name != NULL && strcmp(row->name, name) != 0)
        row++;
    if (row->name == NULL) {
        (void)fault_set(out_fault, 0, 0, "no pairing setting '%s'", name);
        return STATUS_NOT_FOUND;
    }
    void *place = (char *)policy + row->offset;
    bool flag;
    switch (row->kind) {
    case PAIRING_SETTING_INT:
    case PAIRING_SETTING_SHARE:
        return number_set(row, place, value, out_fault);
    case PAIRING_SETTING_WORD:
        return word_set(row, place, value, out_fault);
    case PAIRING_SETTING_CLASSES:
        return classes_set(row, policy, value, out_fault);
    case PAIRING_SETTING_BOOL:
        break;
    }
    if (!bool_read(value, &flag))
        return fault_set(out_fault, 0, 0, "%s is true or false, not '%s'", name, value);
    memcpy(place, &flag, sizeof flag);
    return STATUS_OK;
}
