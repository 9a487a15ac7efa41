/* The names of conduct policies' expressions: two tables. */
#include "orchestrator/conduct/conduct_names.h"

#define GAME(index, name, type)                                                                    \
    {                                                                                              \
        "game." name, type, CONDUCT_BANK_GAME, index                                               \
    }
#define PLAYER(index, name, type)                                                                  \
    {                                                                                              \
        "player." name, type, CONDUCT_BANK_STANDING, index                                         \
    }

static const struct expr_variable game_names[] = {
    GAME(0, "reason", &expr_string),      GAME(1, "lost", &expr_bool),
    GAME(2, "won", &expr_bool),           GAME(3, "rated", &expr_bool),
    GAME(4, "in_tournament", &expr_bool), GAME(5, "is_correspondence", &expr_bool),
    GAME(6, "clock_ms", &expr_int),       GAME(7, "increment_ms", &expr_int),
    GAME(8, "turns", &expr_int),          GAME(9, "duration_ms", &expr_int),
    GAME(10, "acts", &expr_int),          GAME(11, "moves", &expr_int),
    GAME(12, "placements", &expr_int),    GAME(13, "phonies", &expr_int),
    GAME(14, "left_ms", &expr_int),       GAME(15, "end_ms", &expr_int),
    GAME(16, "last_act_ms", &expr_int),   GAME(17, "waited_ms", &expr_int),
    GAME(18, "has_denied", &expr_bool),   GAME(19, "no_show", &expr_bool),
};

static const struct expr_variable player_names[] = {
    PLAYER(0, "points", &expr_double),      PLAYER(1, "count", &expr_int),
    PLAYER(2, "bad", &expr_double),         PLAYER(3, "bad_in_a_row", &expr_int),
    PLAYER(4, "newest_is_bad", &expr_bool), PLAYER(5, "newest", &expr_string),
    PLAYER(6, "warnings", &expr_int),       PLAYER(7, "suspensions", &expr_int),
    PLAYER(8, "suspensions_7d", &expr_int), PLAYER(9, "last_minutes", &expr_int),
    PLAYER(10, "hours_since", &expr_int),   PLAYER(11, "is_suspended", &expr_bool),
    PLAYER(12, "age_days", &expr_int),
};

const struct expr_variable *conduct_names(enum conduct_bank bank, size_t *out_count)
{
    *out_count = bank == CONDUCT_BANK_GAME ? COUNT_OF(game_names) : COUNT_OF(player_names);
    return bank == CONDUCT_BANK_GAME ? game_names : player_names;
}

void conduct_game_values(const struct conduct_game *game, struct value *out_values)
{
    const struct value values[COUNT_OF(game_names)] = {
        value_text(game->reason),        value_bool(game->lost),
        value_bool(game->won),           value_bool(game->rated),
        value_bool(game->in_tournament), value_bool(game->is_correspondence),
        value_int(game->clock_ms),       value_int(game->increment_ms),
        value_int(game->turns),          value_int(game->duration_ms),
        value_int(game->acts),           value_int(game->moves),
        value_int(game->placements),     value_int(game->phonies),
        value_int(game->left_ms),        value_int(game->end_ms),
        value_int(game->last_act_ms),    value_int(game->waited_ms),
        value_bool(game->has_denied),    value_bool(game->no_show),
    };
    for (size_t i = 0; i < COUNT_OF(values); i++)
        out_values[i] = values[i];
}

void conduct_sums_values(const struct conduct_sums *sums, struct value *out_values)
{
    const struct value values[COUNT_OF(player_names)] = {
        value_double(sums->points),      value_int(sums->count),
        value_double(sums->bad),         value_int(sums->bad_in_a_row),
        value_bool(sums->newest_is_bad), value_text(sums->newest),
        value_int(sums->warnings),       value_int(sums->suspensions),
        value_int(sums->suspensions_7d), value_int(sums->last_minutes),
        value_int(sums->hours_since),    value_bool(sums->is_suspended),
        value_int(sums->age_days),
    };
    for (size_t i = 0; i < COUNT_OF(values); i++)
        out_values[i] = values[i];
}
