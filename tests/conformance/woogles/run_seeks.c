/* What may be asked for and who sees it: seek_rules.json, game_request.json, by the policy
 * policies/seeks/woogles-seek.yaml. */
#include "tests/conformance/woogles/woogles.h"

#include <stdio.h>
#include <string.h>

#include "orchestrator/seeking/policy/seeking_policy.h"

#include "base/buffer.h"

/* The policy, with or without the deviation that these cases were taken from. */
struct rules {
    struct arena arena;
    const struct seeking_policy *policy;
};

static bool open_rules(struct rules *rules, const char *const *compat, struct woogles_tally *tally)
{
    struct buffer file = {0};
    arena_init(&rules->arena, 4 << 20);
    struct yaml_faults faults = {.arena = &rules->arena};
    enum status status = buffer_read_file(&file, WOOGLES_POLICIES "/seeks/woogles-seek.yaml");
    if (status == STATUS_OK)
        status = seeking_policy_read(&rules->arena, buffer_text(&file), file.size, compat, &faults,
                                     &rules->policy);
    buffer_deinit(&file);
    if (status == STATUS_OK)
        return true;
    woogles_case(tally, false, "the policy woogles-seek does not read");
    arena_deinit(&rules->arena);
    return false;
}

/* ---- game_request.json ------------------------------------------------------------------- */

static struct seeking_request request_of(const json_t *object)
{
    bool by_letter = strcmp(woogles_text(object, "game_mode"), "CORRESPONDENCE") == 0;
    return (struct seeking_request){
        .rules = "crossword",
        .variant = woogles_text(object, "variant"),
        .lexicon = woogles_text(object, "lexicon"),
        .clock = by_letter ? "correspondence" : "real_time",
        .bot = woogles_text(object, "bot_type"),
        .initial_time_ms =
            1000 * (woogles_int(object, "initial_time_seconds") + woogles_int(object, "initial")),
        .increment_ms =
            1000 * (woogles_int(object, "increment_seconds") + woogles_int(object, "increment")),
        .overtime_ms = 60000 * (woogles_int(object, "max_overtime_minutes") +
                                woogles_int(object, "overtime_minutes")),
        .time_bank_ms = 60000 * woogles_int(object, "time_bank_minutes"),
    };
}

/* What the platform says in its words, and which of our checks says it. */
static const struct {
    const char *part;
    const char *check;
} sayings[] = {
    {"overtime minutes must be", "overtime"},
    {"negative time increment", "increment"},
    {"increments or max overtime", "increment_or_overtime"},
    {"only correspondence games", "bank"},
    {"cannot use max overtime", "correspondence_overtime"},
    {"per turn", "turn_time"},
};

static bool is_same_reason(const char *error, const char *check)
{
    for (size_t i = 0; i < COUNT_OF(sayings); i++)
        if (strstr(error, sayings[i].part) != NULL)
            return strcmp(sayings[i].check, check) == 0;
    return true;
}

static void check_request(struct rules *rules, const json_t *item, struct woogles_tally *tally)
{
    struct seeking_request request = request_of(json_object_get(item, "request"));
    struct seeking_case what = {.policy = rules->policy, .request = &request};
    struct seeking_refusal refusal = {"", ""};
    const char *error = woogles_text(item, "error");
    bool good = seeking_passes(&what, &rules->policy->request, &rules->arena, &refusal);
    woogles_case(tally,
                 good == woogles_bool(item, "ok") && (good || is_same_reason(error, refusal.check)),
                 "%s: %s, not %s", woogles_text(item, "name"), good ? "good" : refusal.check,
                 error[0] != '\0' ? error : "good");
}

static void check_time_control(struct rules *rules, const json_t *item, struct woogles_tally *tally)
{
    struct seeking_request request = request_of(item);
    struct seeking_case what = {.policy = rules->policy, .request = &request};
    struct value seconds =
        seeking_define(&what, seeking_value_find(rules->policy, "seconds"), &rules->arena);
    struct value class =
        seeking_define(&what, seeking_value_find(rules->policy, "class"), &rules->arena);
    const char *wanted = woogles_text(item, "time_control");
    bool good = seconds.kind == VALUE_INT &&
                seconds.as.integer == woogles_int(item, "estimate_seconds") &&
                class.kind == VALUE_STRING && class.size == strlen(wanted) &&
                memcmp(class.as.text, wanted, class.size) == 0;
    woogles_case(tally, good, "%lld s, increment %lld: %lld s, %.*s",
                 (long long)woogles_int(item, "initial"), (long long)woogles_int(item, "increment"),
                 (long long)seconds.as.integer, (int)class.size, class.as.text);
}

static void check_family(struct rules *rules, const json_t *item, struct woogles_tally *tally)
{
    struct seeking_request request = {.lexicon = woogles_text(item, "lexicon"),
                                      .initial_time_ms = 600000};
    struct seeking_case what = {.policy = rules->policy, .request = &request};
    char wanted[128];
    const char *pool = seeking_rating_pool(&what, &rules->arena);
    (void)snprintf(wanted, sizeof wanted, "%s.classic.rapid", woogles_text(item, "family"));
    woogles_case(tally, pool != NULL && strcmp(pool, wanted) == 0, "%s: %s",
                 woogles_text(item, "lexicon"), pool != NULL ? pool : "no pool");
}

void run_game_request(const json_t *root, struct woogles_tally *tally)
{
    struct rules rules;
    size_t i;
    json_t *item;
    if (!open_rules(&rules, NULL, tally))
        return;
    json_array_foreach(json_object_get(root, "validation"), i, item)
        check_request(&rules, item, tally);
    json_array_foreach(json_object_get(root, "time_control"), i, item)
        check_time_control(&rules, item, tally);
    json_array_foreach(json_object_get(json_object_get(root, "rating_key"), "families"), i, item)
        check_family(&rules, item, tally);
    arena_deinit(&rules.arena);
}

/* ---- seek_rules.json --------------------------------------------------------------------- */

static double number(const json_t *object, const char *key, double missing)
{
    const json_t *member = json_object_get(object, key);
    return json_is_number(member) ? json_number_value(member) : missing;
}

static void check_visibility(struct rules *rules, const json_t *item, struct woogles_tally *tally)
{
    const json_t *input = json_object_get(item, "input");
    struct seeking_seek seek = {
        .owner = woogles_text(input, "seeker"),
        .opponent = woogles_text(input, "receiving_user"),
        .tournament = woogles_text(input, "tournament_id"),
        .owner_rating = number(input, "seeker_rating", 1500),
        .rating_min = number(input, "minimum_rating_range", -10000),
        .rating_max = number(input, "maximum_rating_range", 10000),
        .established_only = woogles_bool(input, "require_established_rating"),
        .followed_only = woogles_bool(input, "only_followed_players"),
    };
    struct seeking_person who = {
        .id = woogles_text(input, "receiver"),
        .place = woogles_text(input, "list_tournament_id"),
        .rating = number(input, "receiver_rating", 1500),
        .deviation = number(input, "receiver_rd", number(input, "rd", 60)),
        .blocks = woogles_bool(input, "receiver_blocks_seeker"),
        .is_blocked = woogles_bool(input, "seeker_blocks_receiver"),
        .is_followed = woogles_bool(input, "seeker_follows_receiver"),
    };
    struct seeking_case what = {.policy = rules->policy, .seek = &seek, .who = &who};
    struct seeking_refusal refusal = {"", ""};
    bool sees = seeking_passes(&what, &rules->policy->see, &rules->arena, &refusal);
    woogles_case(tally, sees == woogles_bool(item, "visible"), "%s: %s (%s)",
                 woogles_text(item, "name"), sees ? "shown" : "hidden", refusal.check);
}

/* Whether somebody may accept a seek; the check that refused in `*out_check`. */
static bool may_accept(struct rules *rules, const struct seeking_seek *seek,
                       const struct seeking_person *who)
{
    struct seeking_case what = {.policy = rules->policy, .seek = seek, .who = who};
    struct seeking_refusal refusal;
    return seeking_passes(&what, &rules->policy->accept, &rules->arena, &refusal);
}

static void check_range(struct rules *rules, const json_t *item, struct woogles_tally *tally)
{
    struct seeking_seek seek = {
        .owner = "a",
        .owner_rating = number(item, "seeker_rating", 0),
        .rating_min = number(item, "minimum_rating_range", 0),
        .rating_max = number(item, "maximum_rating_range", 0),
    };
    struct seeking_person who = {
        .id = "r", .rating = number(item, "receiver_rating", 0), .deviation = 60};
    bool accepts = may_accept(rules, &seek, &who);
    woogles_case(tally, accepts == woogles_bool(item, "in_range"), "rating %g at %g%+g%+g: %s",
                 who.rating, seek.owner_rating, seek.rating_min, seek.rating_max,
                 accepts ? "within" : "outside");
}

static void check_established(struct rules *rules, const json_t *item, struct woogles_tally *tally)
{
    struct seeking_seek seek = {.owner = "a",
                                .owner_rating = 1500,
                                .rating_min = -100,
                                .rating_max = 100,
                                .established_only = true};
    struct seeking_person who = {.id = "r", .rating = 1500, .deviation = number(item, "rd", 350)};
    bool accepts = may_accept(rules, &seek, &who);
    woogles_case(tally, accepts == woogles_bool(item, "established"), "deviation %g: %s",
                 who.deviation, accepts ? "established" : "not established");
}

void run_seek_rules(const json_t *root, struct woogles_tally *tally)
{
    static const char *const compat[] = {"one_sided_blocks", NULL};
    struct rules rules;
    size_t i;
    json_t *item;
    if (!open_rules(&rules, compat, tally))
        return;
    json_array_foreach(json_object_get(root, "visibility"), i, item)
        check_visibility(&rules, item, tally);
    json_array_foreach(json_object_get(root, "rating_range"), i, item)
        check_range(&rules, item, tally);
    json_array_foreach(json_object_get(root, "established"), i, item)
        check_established(&rules, item, tally);
    arena_deinit(&rules.arena);
}
