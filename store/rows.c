/* Columns to fields, in the order that statements.def lists them. */
#include "store/rows.h"

void *row_message(struct op *op, size_t size, void (*init)(void *))
{
    void *message = arena_alloc(&op->arena, size);
    if (message == NULL) {
        (void)op_refuse(op, STATUS_FULL, "the answer is too large: ask for less");
        return NULL;
    }
    init(message);
    return message;
}

Arbiter__V1__InboxEvent *read_inbox(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__InboxEvent *event =
        NEW(op, Arbiter__V1__InboxEvent, arbiter__v1__inbox_event__init);
    if (event == NULL)
        return NULL;
    event->event_id = TEXT(0);
    event->name = TEXT(1);
    event->data = PACKED(2, value_map);
    event->due_at_ms = INTEGER(3);
    event->fired_at_ms = INTEGER(4);
    event->actor = TEXT(5);
    event->note = TEXT(6);
    event->received_at_ms = INTEGER(7);
    return event;
}

static Arbiter__V1__GameResult *read_result(struct op *op, const struct sql_result *result,
                                            size_t row)
{
    Arbiter__V1__GameResult *game_result =
        NEW(op, Arbiter__V1__GameResult, arbiter__v1__game_result__init);
    if (game_result == NULL)
        return NULL;
    game_result->winner = TEXT(14);
    game_result->first_score = (int32_t)INTEGER(15);
    game_result->second_score = (int32_t)INTEGER(16);
    game_result->reason = TEXT(17);
    game_result->decided_by = TEXT(18);
    return game_result;
}

static Arbiter__V1__TournamentSeat *read_seat(struct op *op, const struct sql_result *result,
                                              size_t row)
{
    if (sql_read_text(result, row, 5)[0] == '\0')
        return NULL;
    Arbiter__V1__TournamentSeat *seat =
        NEW(op, Arbiter__V1__TournamentSeat, arbiter__v1__tournament_seat__init);
    if (seat == NULL)
        return NULL;
    seat->tournament_id = TEXT(4);
    seat->division_id = TEXT(5);
    seat->round = (int32_t)INTEGER(6);
    seat->board = (int32_t)INTEGER(7);
    return seat;
}

Arbiter__V1__Game *read_game(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Game *game = NEW(op, Arbiter__V1__Game, arbiter__v1__game__init);
    if (game == NULL)
        return NULL;
    game->game_id = TEXT(0);
    game->first = TEXT(1);
    game->second = TEXT(2);
    game->request = PACKED(3, game_request);
    game->seat = read_seat(op, result, row);
    game->status = TEXT(8);
    game->turn_count = (int32_t)INTEGER(9);
    game->created_at_ms = INTEGER(10);
    game->ended_at_ms = INTEGER(11);
    game->owner = TEXT(12);
    game->deadline_at_ms = INTEGER(13);
    if (!sql_is_null(result, row, 14))
        game->result = read_result(op, result, row);
    return game;
}

Arbiter__V1__Turn *read_turn(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Turn *turn = NEW(op, Arbiter__V1__Turn, arbiter__v1__turn__init);
    if (turn == NULL)
        return NULL;
    turn->turn_number = (int32_t)INTEGER(0);
    turn->event_id = TEXT(1);
    turn->player_id = TEXT(2);
    turn->event = op_bytes(op, result, row, 3);
    turn->played_at_ms = INTEGER(4);
    return turn;
}

Arbiter__V1__Rating *read_rating(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Rating *rating = NEW(op, Arbiter__V1__Rating, arbiter__v1__rating__init);
    if (rating == NULL)
        return NULL;
    rating->player_id = TEXT(0);
    rating->pool = TEXT(1);
    rating->version = INTEGER(2);
    rating->rating = NUMBER(3);
    rating->deviation = NUMBER(4);
    rating->volatility = NUMBER(5);
    rating->games = (int32_t)INTEGER(6);
    rating->rated_at_ms = INTEGER(7);
    rating->state = TEXT(8);
    return rating;
}

Arbiter__V1__Seek *read_seek(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Seek *seek = NEW(op, Arbiter__V1__Seek, arbiter__v1__seek__init);
    if (seek == NULL)
        return NULL;
    seek->seek_id = TEXT(0);
    seek->owner = TEXT(1);
    seek->opponent = TEXT(2);
    seek->request = PACKED(3, game_request);
    seek->policy = TEXT(4);
    seek->rating_min = NUMBER(5);
    seek->rating_max = NUMBER(6);
    seek->owner_rating = NUMBER(7);
    seek->status = TEXT(8);
    seek->claimed_by = TEXT(9);
    seek->game_id = TEXT(10);
    seek->created_at_ms = INTEGER(11);
    seek->expires_at_ms = INTEGER(12);
    seek->established_only = INTEGER(13) != 0;
    seek->followed_only = INTEGER(14) != 0;
    seek->place = TEXT(15);
    seek->rematch_of = TEXT(16);
    seek->streak = TEXT(17);
    seek->streak_games = (int32_t)INTEGER(18);
    seek->closed_at_ms = INTEGER(19);
    seek->low_ms = INTEGER(20);
    seek->high_ms = INTEGER(21);
    return seek;
}

Arbiter__V1__Ticket *read_ticket(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Ticket *ticket = NEW(op, Arbiter__V1__Ticket, arbiter__v1__ticket__init);
    if (ticket == NULL)
        return NULL;
    ticket->ticket_id = TEXT(0);
    ticket->pool = TEXT(1);
    ticket->policy = TEXT(2);
    ticket->player_id = TEXT(3);
    ticket->said = PACKED(4, value_map);
    ticket->rating = NUMBER(5);
    ticket->deviation = NUMBER(6);
    ticket->games = NUMBER(7);
    ticket->conduct = NUMBER(8);
    ticket->balance = NUMBER(9);
    ticket->status = TEXT(10);
    ticket->since_ms = INTEGER(11);
    ticket->misses = INTEGER(12);
    ticket->offer = TEXT(13);
    ticket->game_id = TEXT(14);
    ticket->ended_at_ms = INTEGER(15);
    ticket->low_ms = INTEGER(16);
    ticket->high_ms = INTEGER(17);
    ticket->here_until_ms = INTEGER(18);
    return ticket;
}

Arbiter__V1__Tournament *read_tournament(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Tournament *tournament =
        NEW(op, Arbiter__V1__Tournament, arbiter__v1__tournament__init);
    if (tournament == NULL)
        return NULL;
    tournament->tournament_id = TEXT(0);
    tournament->name = TEXT(1);
    tournament->policy = TEXT(2);
    tournament->policy_hash = TEXT(3);
    tournament->status = TEXT(4);
    tournament->settings = TEXT(5);
    tournament->created_at_ms = INTEGER(6);
    tournament->starts_at_ms = INTEGER(7);
    return tournament;
}

Arbiter__V1__Division *read_division(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Division *division = NEW(op, Arbiter__V1__Division, arbiter__v1__division__init);
    if (division == NULL)
        return NULL;
    division->division_id = TEXT(0);
    division->tournament_id = TEXT(1);
    division->name = TEXT(2);
    division->rounds = (int32_t)INTEGER(3);
    division->round = (int32_t)INTEGER(4);
    division->status = TEXT(5);
    division->request = PACKED(6, game_request);
    division->settings = TEXT(7);
    division->rating_min = (int32_t)INTEGER(8);
    division->rating_max = (int32_t)INTEGER(9);
    return division;
}

Arbiter__V1__Entrant *read_entrant(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Entrant *entrant = NEW(op, Arbiter__V1__Entrant, arbiter__v1__entrant__init);
    if (entrant == NULL)
        return NULL;
    entrant->player_id = TEXT(0);
    entrant->name = TEXT(1);
    entrant->seed = (int32_t)INTEGER(2);
    entrant->rating = NUMBER(3);
    entrant->status = TEXT(4);
    entrant->from_round = (int32_t)INTEGER(5);
    entrant->to_round = (int32_t)INTEGER(6);
    entrant->team = TEXT(7);
    entrant->class_ = TEXT(8);
    entrant->no_shows = (int32_t)INTEGER(9);
    return entrant;
}

Arbiter__V1__BoardPairing *read_pairing(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__BoardPairing *pairing =
        NEW(op, Arbiter__V1__BoardPairing, arbiter__v1__board_pairing__init);
    if (pairing == NULL)
        return NULL;
    pairing->round = (int32_t)INTEGER(0);
    pairing->board = (int32_t)INTEGER(1);
    pairing->first = TEXT(2);
    pairing->second = TEXT(3);
    pairing->kind = TEXT(4);
    pairing->game_id = TEXT(5);
    pairing->status = TEXT(6);
    pairing->first_score = (int32_t)INTEGER(7);
    pairing->second_score = (int32_t)INTEGER(8);
    pairing->outcome = TEXT(9);
    pairing->version = INTEGER(10);
    pairing->explanation = TEXT(11);
    return pairing;
}

Arbiter__V1__MatchGame *read_match_game(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__MatchGame *game = NEW(op, Arbiter__V1__MatchGame, arbiter__v1__match_game__init);
    if (game == NULL)
        return NULL;
    game->number = (int32_t)INTEGER(2);
    game->game_id = TEXT(3);
    game->starts = TEXT(4);
    game->status = TEXT(5);
    game->first_score = (int32_t)INTEGER(6);
    game->second_score = (int32_t)INTEGER(7);
    game->outcome = TEXT(8);
    return game;
}

Arbiter__V1__Event *read_event(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__Event *event = NEW(op, Arbiter__V1__Event, arbiter__v1__event__init);
    if (event == NULL)
        return NULL;
    event->position = INTEGER(0);
    event->sequence = INTEGER(1);
    event->kind = TEXT(2);
    event->id = TEXT(3);
    event->name = TEXT(4);
    event->at_ms = INTEGER(5);
    event->payload = PACKED(6, event_payload);
    return event;
}

Arbiter__V1__DirectorAction *read_director_action(struct op *op, const struct sql_result *result,
                                                  size_t row)
{
    Arbiter__V1__DirectorAction *action =
        NEW(op, Arbiter__V1__DirectorAction, arbiter__v1__director_action__init);
    if (action == NULL)
        return NULL;
    action->number = INTEGER(0);
    action->action = TEXT(1);
    action->level = (int32_t)INTEGER(2);
    action->target = TEXT(3);
    action->input = PACKED(4, value_map);
    action->undoes = INTEGER(5);
    action->actor = TEXT(6);
    action->note = TEXT(7);
    action->at_ms = INTEGER(8);
    action->undone_by = INTEGER(9);
    return action;
}

Arbiter__V1__RatedRow *read_rated(struct op *op, const struct sql_result *result, size_t row)
{
    Arbiter__V1__RatedRow *rated = NEW(op, Arbiter__V1__RatedRow, arbiter__v1__rated_row__init);
    if (rated == NULL)
        return NULL;
    rated->player_id = TEXT(0);
    rated->pool = TEXT(1);
    rated->version = INTEGER(2);
    rated->game_id = TEXT(3);
    rated->rated_at_ms = INTEGER(4);
    rated->rating = NUMBER(5);
    rated->state_before = TEXT(6);
    rated->first = TEXT(7);
    rated->second = TEXT(8);
    rated->winner = TEXT(9);
    rated->first_score = (int32_t)INTEGER(10);
    rated->second_score = (int32_t)INTEGER(11);
    rated->reason = TEXT(12);
    rated->request = PACKED(13, game_request);
    rated->is_void = INTEGER(14) != 0;
    return rated;
}
