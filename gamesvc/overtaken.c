/* Compares the stored deadlines of a game and of its open request with the time. */
#include "gamesvc/overtaken.h"

#include <string.h>

/* Words between players. Moves are the rules' own to judge by the clock. */
static bool is_word(const char *event)
{
    static const char *const verbs[] = {"request", "accept", "deny"};
    size_t size = strcspn(event, " ");
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strlen(verbs[i]) == size && strncmp(event, verbs[i], size) == 0)
            return true;
    return false;
}

static bool tell(struct task *task, int32_t expected_turn, const char *event_id, const char *event,
                 Arbiter__V1__PlayRequest *out_first)
{
    if (event_id == NULL || event == NULL)
        return false;
    arbiter__v1__play_request__init(out_first);
    out_first->game_id = task->play.game_id;
    out_first->player_id = (char *)"$clock";
    out_first->expected_turn = expected_turn;
    out_first->event_id = (char *)event_id;
    out_first->event = (char *)event;
    return true;
}

bool overtaken_by(struct task *task, const struct hand *hand, Arbiter__V1__PlayRequest *out_first)
{
    const struct meta *meta = &hand->requests.meta;
    const Arbiter__V1__Game *game = hand->stored->game;
    int64_t now_ms = task_now_ms(task);
    bool has_flag = game->deadline_at_ms > 0;
    if ((hand->party != RULES_FIRST && hand->party != RULES_SECOND) ||
        rules_result(hand->table.game).over || strncmp(task->play.event, "expire ", 7) == 0)
        return false;
    if (meta->is_open && meta_deadline_ms(meta) < now_ms &&
        (!has_flag || meta_deadline_ms(meta) < game->deadline_at_ms))
        return tell(task, -1, arena_format(&task->arena, "expire-%s", meta->open_id),
                    arena_format(&task->arena, "expire %s", meta->open_id), out_first);
    if (has_flag && game->deadline_at_ms <= now_ms && is_word(task->play.event))
        return tell(task, game->turn_count,
                    arena_format(&task->arena, "flag-%d", (int)game->turn_count), "timeout",
                    out_first);
    return false;
}
