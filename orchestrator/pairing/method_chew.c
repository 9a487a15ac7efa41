/* Chew's pairing for the late rounds: leaders meet the lowest contender who can still catch them;
 * whoever cannot be caught is kept out of the race; the rest is Swiss. */
#include "orchestrator/pairing/gibson.h"
#include "orchestrator/pairing/method.h"

#define SWING 1000 /* greatest spread one game is assumed to turn over */

struct race {
    struct field *field;
    int rounds_left;
    int swing;
    int gibsons;    /* players from the top who cannot be caught */
    int contenders; /* places from the top that can still win something */
};

static struct gibson_record record_of(const struct field *field, int player)
{
    int win = field->policy->points_win > 0 ? field->policy->points_win : 2;
    const struct pairing_player *row = &field->players[player];
    return (struct gibson_record){.half_wins = (int)(2 * (int64_t)row->points / win),
                                  .spread = row->spread};
}

static bool can_catch(const struct race *race, int ahead, int behind)
{
    return gibson_can_catch(record_of(race->field, ahead), record_of(race->field, behind),
                            race->rounds_left, race->swing);
}

/* How many contenders there may be at most with so many rounds left. */
static int flight_cap(const struct pairing_chew *chew, int rounds_left)
{
    static const int usual[] = {2, 4, 8, 12};
    const int *caps = chew->flight_cap != NULL ? chew->flight_cap : usual;
    int count = chew->flight_cap != NULL ? chew->flight_cap_count : 4;
    if (count <= 0)
        return 0;
    return caps[rounds_left <= count ? rounds_left - 1 : count - 1];
}

static void race_fill(struct race *race)
{
    const struct field *field = race->field;
    const struct pairing_chew *chew = &field->policy->chew;
    while (race->gibsons + 1 < field->count &&
           !can_catch(race, field->by_place[race->gibsons], field->by_place[race->gibsons + 1]))
        race->gibsons++;
    int prizes = chew->place_prizes > 0 ? chew->place_prizes : 1;
    prizes = prizes < field->count ? prizes : field->count;
    int last = field->count > 0 ? field->by_place[prizes - 1] : 0;
    race->contenders = prizes;
    while (race->contenders < field->count &&
           can_catch(race, last, field->by_place[race->contenders]))
        race->contenders++;
    int cap = race->gibsons + flight_cap(chew, race->rounds_left);
    if (race->contenders > cap && cap >= prizes)
        race->contenders = cap;
}

/* Whether `one` suits the leader better than `other`: can catch him, fewer meetings, not the last
 * opponent, lower placed. */
static bool suits_better(const struct race *race, int leader, int one, int other)
{
    const struct field *field = race->field;
    bool one_catches = can_catch(race, leader, one);
    bool other_catches = can_catch(race, leader, other);
    if (one_catches != other_catches)
        return one_catches;
    int one_met = field_meetings(field, leader, one);
    int other_met = field_meetings(field, leader, other);
    if (one_met != other_met)
        return one_met < other_met;
    bool one_last = field->history[leader].latest_opponent == one;
    bool other_last = field->history[leader].latest_opponent == other;
    if (one_last != other_last)
        return other_last;
    return field->place[one] > field->place[other];
}

/* Returns the best opponent among places `from` to `to`, or NOBODY. */
static int choose(const struct race *race, int leader, int from, int to)
{
    const struct field *field = race->field;
    int best = PAIRING_NOBODY;
    for (int place = from; place < to; place++) {
        int player = field->by_place[place];
        if (player == leader || field_is_settled(field, player) ||
            field_forbidden(field, leader, player) != NULL)
            continue;
        if (best == PAIRING_NOBODY || suits_better(race, leader, player, best))
            best = player;
    }
    return best;
}

/* The lowest placed player without hopes of a prize, of those least often met. */
static int choose_harmless(const struct race *race, int leader)
{
    const struct field *field = race->field;
    int best = PAIRING_NOBODY;
    int from = race->contenders < field->count ? race->contenders : race->gibsons;
    for (int place = from; place < field->count; place++) {
        int player = field->by_place[place];
        if (field_is_settled(field, player) || field_forbidden(field, leader, player) != NULL)
            continue;
        if (best == PAIRING_NOBODY ||
            field_meetings(field, leader, player) <= field_meetings(field, leader, best))
            best = player;
    }
    return best;
}

/* Players out of the race: with each other; one left over has the bye or a harmless opponent. */
static void gibsons_pair(struct race *race)
{
    struct field *field = race->field;
    int open = 0;
    for (int place = 0; place < race->gibsons; place++)
        open += !field_is_settled(field, field->by_place[place]);
    for (int place = 0; place < race->gibsons; place++) {
        int player = field->by_place[place];
        if (field_is_settled(field, player))
            continue;
        int opponent = open >= 2 ? PAIRING_NOBODY : choose_harmless(race, player);
        for (int other = place + 1; open >= 2 && other < race->gibsons; other++) {
            int rival = field->by_place[other];
            if (field_is_settled(field, rival) || field_forbidden(field, player, rival) != NULL)
                continue;
            if (opponent == PAIRING_NOBODY ||
                field_meetings(field, player, rival) < field_meetings(field, player, opponent))
                opponent = rival;
        }
        bool bye = open == 1 && field->pool_count % 2 == 1 && !field->players[player].bye_barred;
        if (bye)
            field_rest(field, player, PAIRING_REST_BYE, "cannot be caught: has the bye");
        else if (opponent != PAIRING_NOBODY)
            (void)field_pair(field, player, opponent, "cannot be caught: kept out of the race");
        open -= bye || open == 1 ? 1 : 2;
        field_pool_refresh(field);
    }
}

static void contenders_pair(struct race *race)
{
    struct field *field = race->field;
    for (int place = race->gibsons; place < race->contenders; place++) {
        int leader = field->by_place[place];
        if (field_is_settled(field, leader))
            continue;
        int rival = choose(race, leader, place + 1, race->contenders);
        if (rival == PAIRING_NOBODY)
            continue; /* the odd contender is paired with the rest */
        (void)field_pair(
            field, leader, rival,
            field_text(field, "place %d meets the lowest contender who %s, met %d times", place + 1,
                       can_catch(race, leader, rival) ? "can still catch it" : "is left",
                       field_meetings(field, leader, rival)));
    }
    field_pool_refresh(field);
}

/* Those of a class without hopes of a place, by place, as many as can still catch its last prize;
 * none where the class is decided. */
static int class_contenders(const struct race *race, int number, int prizes, int *members)
{
    const struct field *field = race->field;
    int count = 0;
    for (int place = race->contenders; place < field->count; place++) {
        int player = field->by_place[place];
        if (field->players[player].class_number == number && !field_is_settled(field, player))
            members[count++] = player;
    }
    if (prizes < 1 || count <= prizes)
        return 0;
    int contenders = prizes;
    while (contenders < count && can_catch(race, members[prizes - 1], members[contenders]))
        contenders++;
    return contenders > prizes ? contenders : 0;
}

/* A class is a race of its own among those who win nothing by their place: its leaders meet the
 * lowest contenders who can still catch them. */
static bool classes_pair(struct race *race)
{
    struct field *field = race->field;
    const struct pairing_policy *policy = field->policy;
    int *members = field_ints(field, field->count);
    for (int c = 0; members != NULL && c < policy->class_prizes_count; c++) {
        int count = class_contenders(race, c + 1, policy->class_prizes[c], members);
        for (int i = 0; i + 1 < count; i++) {
            int rival = PAIRING_NOBODY;
            for (int k = i + 1; k < count && !field_is_settled(field, members[i]); k++)
                if (!field_is_settled(field, members[k]) &&
                    field_forbidden(field, members[i], members[k]) == NULL &&
                    (rival == PAIRING_NOBODY || suits_better(race, members[i], members[k], rival)))
                    rival = members[k];
            if (rival != PAIRING_NOBODY)
                (void)field_pair(
                    field, members[i], rival,
                    field_text(field, "both can still win a prize of class %d", c + 1));
        }
    }
    field_pool_refresh(field);
    return members != NULL;
}

enum status method_chew(struct field *field)
{
    if (field->input->rounds_total < field->input->round_number)
        return fault_set(field->fault, 0, 0,
                         "Chew pairing needs to know how many rounds there are");
    int swing = field->policy->chew.gibson_spread;
    struct race race = {.field = field,
                        .rounds_left = field->input->rounds_total - field->input->round_number + 1,
                        .swing = swing > 0 ? swing : SWING};
    race_fill(&race);
    field->out->gibsonized = field_ints(field, race.gibsons);
    for (int i = 0; field->out->gibsonized != NULL && i < race.gibsons; i++)
        field->out->gibsonized[field->out->gibsonized_count++] = field->by_place[i];
    field_note(field, "%d cannot be caught, places down to %d can still win something",
               race.gibsons, race.contenders);
    gibsons_pair(&race);
    field_bye(field);
    if (field->out->verdict != PAIRING_MADE)
        return STATUS_OK;
    contenders_pair(&race);
    if (!classes_pair(&race))
        return STATUS_FULL;
    return method_swiss(field);
}
