/* Reads the lines of a GCG file: pragmas, events, notes. Form only; no rule of the game. */
#include "gamesvc/rules/crossword/gcg.h"

#include <assert.h>
#include <string.h>

struct gcg_reading {
    struct arena *arena;
    struct gcg *gcg;
    struct fault *fault;
    struct text_reader file;
    int event_capacity;
    bool in_note; /* the next plain line goes on with the note */
    bool has_player[GCG_PLAYERS];
};

static struct text_span rest_of(const struct text_reader *line)
{
    struct text_span rest = {line->next, (size_t)(line->end - line->next)};
    while (rest.size > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t')) {
        rest.data++;
        rest.size--;
    }
    while (rest.size > 0 && strchr(" \t\r", rest.data[rest.size - 1]) != NULL)
        rest.size--;
    return rest;
}

static char lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

static bool span_is_any_case(struct text_span span, const char *lower_case)
{
    if (span.size != strlen(lower_case))
        return false;
    for (size_t i = 0; i < span.size; i++)
        if (lower(span.data[i]) != lower_case[i])
            return false;
    return true;
}

static bool spans_equal(struct text_span a, struct text_span b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* ---- pragmas ----------------------------------------------------------------------------- */

static enum status read_encoding(struct gcg_reading *reading, struct text_reader *line)
{
    struct text_span name = rest_of(line);
    if (line->line != 1)
        return fault_set(reading->fault, line->line, 1,
                         "#character-encoding must be on the first line");
    reading->gcg->is_utf8 = span_is_any_case(name, "utf-8") || span_is_any_case(name, "utf8");
    if (reading->gcg->is_utf8 || span_is_any_case(name, "iso-8859-1"))
        return STATUS_OK;
    return fault_set(reading->fault, line->line, 1, "an encoding is UTF-8 or ISO-8859-1");
}

static enum status read_player(struct gcg_reading *reading, struct text_reader *line, int player)
{
    struct gcg_player *players = reading->gcg->players;
    struct text_span nick;
    if (reading->gcg->event_count > 0)
        return fault_set(reading->fault, line->line, 1, "players come before the first event");
    if (reading->has_player[player])
        return fault_set(reading->fault, line->line, 1, "player %d is named twice", player + 1);
    if (!text_read_word(line, &nick))
        return fault_set(reading->fault, line->line, 1, "a player needs a nickname");
    players[player] = (struct gcg_player){nick, rest_of(line)};
    reading->has_player[player] = true;
    if (reading->has_player[1 - player] && spans_equal(nick, players[1 - player].nick))
        return fault_set(reading->fault, line->line, 1, "both players have the same nickname");
    return STATUS_OK;
}

static enum status read_player1(struct gcg_reading *reading, struct text_reader *line)
{
    return read_player(reading, line, 0);
}

static enum status read_player2(struct gcg_reading *reading, struct text_reader *line)
{
    return read_player(reading, line, 1);
}

static enum status use_layout(struct gcg_reading *reading, struct text_reader *line,
                              const char *name)
{
    struct text_span span = name != NULL ? (struct text_span){name, strlen(name)} : rest_of(line);
    const struct layout *layout = layout_find(span);
    if (reading->gcg->event_count > 0)
        return fault_set(reading->fault, line->line, 1, "the board comes before the first event");
    if (layout == NULL)
        return fault_set(reading->fault, line->line, 1, "no such board layout");
    reading->gcg->layout = layout;
    return STATUS_OK;
}

static enum status read_layout(struct gcg_reading *reading, struct text_reader *line)
{
    return use_layout(reading, line, NULL);
}

static enum status read_game_type(struct gcg_reading *reading, struct text_reader *line)
{
    struct text_span name = rest_of(line);
    if (span_is_any_case(name, "classic_super"))
        return use_layout(reading, line, "SuperCrosswordGame");
    if (span_is_any_case(name, "classic") || span_is_any_case(name, "wordsmog"))
        return STATUS_OK;
    return fault_set(reading->fault, line->line, 1, "no such game type");
}

static enum status read_tile_set(struct gcg_reading *reading, struct text_reader *line)
{
    const struct tile_set *set = tile_set_find(rest_of(line));
    if (set == NULL)
        return fault_set(reading->fault, line->line, 1, "no such tile distribution");
    if (reading->gcg->event_count > 0)
        return fault_set(reading->fault, line->line, 1, "the tiles come before the first event");
    reading->gcg->set = set;
    return STATUS_OK;
}

static enum status read_note(struct gcg_reading *reading, struct text_reader *line)
{
    struct gcg *gcg = reading->gcg;
    reading->in_note = true;
    if (gcg->event_count > 0) {
        struct text_span *note = &gcg->events[gcg->event_count - 1].note;
        struct text_span more = rest_of(line);
        if (note->data == NULL)
            *note = more;
        else /* several notes of one event: from the first to the end of the last */
            note->size = (size_t)(more.data + more.size - note->data);
    }
    return STATUS_OK;
}

static enum status read_incomplete(struct gcg_reading *reading, struct text_reader *line)
{
    struct tiles rack;
    struct text_span rest = rest_of(line);
    if (rest.size > 0 && !tiles_read(rest, RACK_SIZE, &rack))
        return fault_set(reading->fault, line->line, 1, "not a rack");
    reading->gcg->says_incomplete = true;
    return STATUS_OK;
}

static enum status read_rack(struct gcg_reading *reading, struct text_reader *line, int player)
{
    struct tiles rack;
    struct text_span rest = rest_of(line);
    if (rest.size > 0 && !tiles_read(rest, RACK_SIZE, &rack))
        return fault_set(reading->fault, line->line, 1, "not a rack");
    reading->gcg->racks[player] = rest;
    return STATUS_OK;
}

static enum status read_rack1(struct gcg_reading *reading, struct text_reader *line)
{
    return read_rack(reading, line, 0);
}

static enum status read_rack2(struct gcg_reading *reading, struct text_reader *line)
{
    return read_rack(reading, line, 1);
}

static enum status read_title(struct gcg_reading *reading, struct text_reader *line)
{
    reading->gcg->title = rest_of(line);
    return STATUS_OK;
}

static enum status read_description(struct gcg_reading *reading, struct text_reader *line)
{
    reading->gcg->description = rest_of(line);
    return STATUS_OK;
}

static enum status read_id(struct gcg_reading *reading, struct text_reader *line)
{
    reading->gcg->id = rest_of(line);
    return STATUS_OK;
}

static enum status read_lexicon(struct gcg_reading *reading, struct text_reader *line)
{
    reading->gcg->lexicon = rest_of(line);
    return STATUS_OK;
}

static const struct {
    const char *name;
    enum status (*read)(struct gcg_reading *reading, struct text_reader *line);
} pragmas[] = {
    {"character-encoding", read_encoding},
    {"player1", read_player1},
    {"player2", read_player2},
    {"title", read_title},
    {"description", read_description},
    {"id", read_id},
    {"lexicon", read_lexicon},
    {"game-type", read_game_type},
    {"board-layout", read_layout},
    {"tile-distribution", read_tile_set},
    {"note", read_note},
    {"incomplete", read_incomplete},
    {"rack1", read_rack1},
    {"rack2", read_rack2},
};

static enum status read_pragma(struct gcg_reading *reading, struct text_reader *line)
{
    struct text_span name;
    line->next++; /* '#' */
    reading->in_note = false;
    if (line->next == line->end || !text_read_word(line, &name))
        return STATUS_OK;
    for (size_t i = 0; i < COUNT_OF(pragmas); i++)
        if (span_is_any_case(name, pragmas[i].name))
            return pragmas[i].read(reading, line);
    return STATUS_OK; /* unknown ones are other programs' business */
}

/* ---- events ------------------------------------------------------------------------------ */

/* Reads "+12" or "-12" with exactly the sign asked for. */
static bool read_signed(struct text_reader *line, char sign, int32_t *out_points)
{
    struct text_reader ahead = *line;
    struct text_span word;
    int64_t points = 0;
    if (!text_read_word(&ahead, &word) || word.size < 2 || word.data[0] != sign)
        return false;
    struct text_span digits = {word.data + 1, word.size - 1};
    if (digits.data[0] == '-' || !text_span_number(digits, 0, GCG_POINTS_MAX, &points))
        return false;
    *out_points = (int32_t)points;
    *line = ahead;
    return true;
}

static bool read_cumulative(struct text_reader *line, struct gcg_event *event)
{
    int64_t cumulative = 0;
    if (!text_read_number(line, -GCG_POINTS_MAX, GCG_POINTS_MAX, &cumulative))
        return false;
    event->cumulative = (int32_t)cumulative;
    return true;
}

/* Reads "SIGN points, cumulative" into the event; takes nothing off the line where it fails. */
static bool read_points(struct text_reader *line, char sign, struct gcg_event *event)
{
    int32_t points = 0;
    struct text_reader ahead = *line;
    if (!read_signed(&ahead, sign, &points) || !read_cumulative(&ahead, event))
        return false;
    *line = ahead;
    event->score = sign == '-' ? -points : points;
    return true;
}

static bool read_zero(struct text_reader *line, struct gcg_event *event)
{
    return read_points(line, '+', event) && event->score == 0;
}

/* "(RACK)": what is inside the parentheses. */
static bool in_parentheses(struct text_span word, struct text_span *out_inside)
{
    if (word.size < 3 || word.data[0] != '(' || word.data[word.size - 1] != ')')
        return false;
    *out_inside = (struct text_span){word.data + 1, word.size - 2};
    return true;
}

static bool read_tiles(struct text_span word, int layout_size, struct placement *placement)
{
    bool inside = false;
    placement->length = 0;
    for (size_t i = 0; i < word.size; i++) {
        char character = word.data[i];
        if (character == '(' || character == ')') {
            if ((character == '(') == inside)
                return false;
            inside = character == '(';
            continue;
        }
        if (placement->length == layout_size ||
            !tile_from_char(character, &placement->tiles[placement->length]))
            return false;
        if (inside)
            placement->tiles[placement->length] = 0;
        placement->length++;
    }
    return !inside && placement->length > 0;
}

static bool read_place(const struct gcg_reading *reading, struct text_span position,
                       struct text_reader *line, struct gcg_event *event)
{
    struct text_span tiles;
    int size = reading->gcg->layout->size;
    event->type = GCG_PLACE;
    return placement_read_position(position, size, &event->placement) &&
           text_read_word(line, &tiles) && read_tiles(tiles, size, &event->placement) &&
           read_points(line, '+', event);
}

/* "--": the play before is taken back. Old files write "+0" for the points lost. */
static bool read_phony(struct text_reader *line, struct gcg_event *event)
{
    event->type = GCG_PHONY;
    if (read_points(line, '-', event))
        return true;
    event->lost_unsaid = true;
    return read_zero(line, event);
}

static bool read_exchange(struct text_span dashed, struct text_reader *line,
                          struct gcg_event *event)
{
    struct text_span tiles = {dashed.data + 1, dashed.size - 1};
    int64_t count = 0;
    event->type = GCG_EXCHANGE;
    event->exchanged_text = tiles;
    if (tiles_read(tiles, RACK_SIZE, &event->exchanged))
        event->exchanged_count = (int)tiles.size;
    else if (tiles.size == 1 && text_span_number(tiles, 1, RACK_SIZE, &count))
        event->exchanged_count = (int)count;
    else
        return false;
    return read_zero(line, event);
}

static bool read_penalty(struct text_span word, struct text_reader *line, struct gcg_event *event)
{
    struct text_span inside;
    event->type = GCG_RACK_PENALTY;
    return in_parentheses(word, &inside) && spans_equal(inside, event->rack_text) &&
           read_points(line, '-', event);
}

static bool read_time(struct text_reader *line, struct gcg_event *event)
{
    struct text_reader ahead = *line;
    struct text_span word;
    event->type = GCG_TIME;
    if (read_points(line, '-', event))
        return true;
    /* "+-10" */
    if (!text_read_word(&ahead, &word) || word.size < 3 || word.data[0] != '+')
        return false;
    struct text_reader signed_part = {word.data + 1, line->end, line->line};
    return read_points(&signed_part, '-', event);
}

static bool read_bonus(struct text_reader *line, struct gcg_event *event)
{
    event->type = GCG_BONUS;
    return read_points(line, '+', event);
}

static bool read_rack_points(struct text_span inside, struct text_reader *line,
                             struct gcg_event *event)
{
    event->type = GCG_RACK_POINTS;
    event->rack_text = inside;
    return tiles_read(inside, RACK_SIZE, &event->rack) && read_points(line, '+', event);
}

/* The events whose first field is in parentheses: they have no rack before it. */
static bool read_without_rack(struct text_span inside, struct text_reader *line,
                              struct gcg_event *event)
{
    if (text_span_is(inside, "challenge"))
        return read_bonus(line, event);
    if (text_span_is(inside, "time"))
        return read_time(line, event);
    return read_rack_points(inside, line, event);
}

static bool read_with_rack(const struct gcg_reading *reading, struct text_reader *line,
                           struct gcg_event *event)
{
    struct text_span word;
    if (!text_read_word(line, &word))
        return false;
    if (text_span_is(word, "(challenge)"))
        return read_bonus(line, event);
    if (text_span_is(word, "(time)"))
        return read_time(line, event);
    if (word.data[0] == '(')
        return read_penalty(word, line, event);
    if (text_span_is(word, "--"))
        return read_phony(line, event);
    event->type = GCG_PASS;
    if (text_span_is(word, "-"))
        return read_zero(line, event);
    if (word.data[0] == '-')
        return read_exchange(word, line, event);
    return read_place(reading, word, line, event);
}

/* Everything after "NICK:". */
static bool read_fields(const struct gcg_reading *reading, struct text_reader *line,
                        struct gcg_event *event)
{
    struct text_span word;
    struct text_span inside;
    if (!text_read_word(line, &word))
        return false;
    if (in_parentheses(word, &inside))
        return read_without_rack(inside, line, event);
    struct text_reader ahead = *line;
    struct text_span next;
    if (text_span_is(word, "UNKNOWN") && text_read_word(&ahead, &next) &&
        text_span_is(next, "(challenge)")) {
        *line = ahead;
        return read_bonus(line, event);
    }
    event->rack_text = word;
    return tiles_read(word, RACK_SIZE, &event->rack) && read_with_rack(reading, line, event);
}

static struct gcg_event *add_event(struct gcg_reading *reading)
{
    struct gcg *gcg = reading->gcg;
    if (gcg->event_count >= GCG_EVENTS_MAX)
        return NULL;
    if (gcg->event_count == reading->event_capacity) {
        int capacity = reading->event_capacity > 0 ? reading->event_capacity * 2 : 64;
        struct gcg_event *events = arena_array(reading->arena, (size_t)capacity, sizeof *events);
        if (events == NULL)
            return NULL;
        if (gcg->event_count > 0)
            memcpy(events, gcg->events, (size_t)gcg->event_count * sizeof *events);
        gcg->events = events;
        reading->event_capacity = capacity;
    }
    return &gcg->events[gcg->event_count++];
}

static int find_player(const struct gcg *gcg, struct text_span nick)
{
    for (int player = 0; player < GCG_PLAYERS; player++)
        if (spans_equal(gcg->players[player].nick, nick))
            return player;
    return -1;
}

static enum status read_event(struct gcg_reading *reading, struct text_reader *line)
{
    struct text_span nick;
    reading->in_note = false;
    line->next++; /* '>' */
    if (!reading->has_player[0] || !reading->has_player[1])
        return fault_set(reading->fault, line->line, 1,
                         "an event before both #player1 and #player2");
    if (!text_read_word(line, &nick) || nick.size < 2 || nick.data[nick.size - 1] != ':')
        return fault_set(reading->fault, line->line, 1, "an event begins with >NICK:");
    nick.size--;
    int player = find_player(reading->gcg, nick);
    if (player < 0)
        return fault_set(reading->fault, line->line, 2, "no player has this nickname");
    struct gcg_event *event = add_event(reading);
    if (event == NULL)
        return STATUS_FULL;
    event->player = player;
    event->line = line->line;
    if (!read_fields(reading, line, event))
        return fault_set(reading->fault, line->line, 1, "not an event of any known form");
    return STATUS_OK;
}

/* ---- UTF-8 ------------------------------------------------------------------------------- */

/* Returns how many bytes the character at the front takes, 0 where it is not UTF-8. */
static size_t character_size(const unsigned char *bytes, size_t size)
{
    unsigned char lead = bytes[0];
    size_t need = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (need == 0 || need > size || lead > 0xF4)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    bool too_long = (lead == 0xE0 && bytes[1] < 0xA0) || (lead == 0xF0 && bytes[1] < 0x90);
    bool no_character = (lead == 0xED && bytes[1] > 0x9F) || (lead == 0xF4 && bytes[1] > 0x8F);
    return too_long || no_character ? 0 : need;
}

static bool is_utf8(const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t step = character_size((const unsigned char *)text + i, size - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

/* ---- the file ---------------------------------------------------------------------------- */

static enum status read_line(struct gcg_reading *reading, struct text_reader *line)
{
    struct text_span text = rest_of(line);
    if (text.size == 0)
        return STATUS_OK;
    if (reading->gcg->is_utf8 && !is_utf8(text.data, text.size))
        return fault_set(reading->fault, line->line, 1, "the line is not UTF-8, as the file says");
    line->next = text.data;
    line->end = text.data + text.size;
    if (text.data[0] == '#')
        return read_pragma(reading, line);
    if (text.data[0] == '>')
        return read_event(reading, line);
    if (!reading->in_note)
        return fault_set(reading->fault, line->line, 1, "neither a pragma nor an event");
    struct gcg *gcg = reading->gcg;
    if (gcg->event_count > 0) {
        struct text_span *note = &gcg->events[gcg->event_count - 1].note;
        note->size = (size_t)(line->end - note->data);
    }
    return STATUS_OK;
}

/* Old files may count a play that is withdrawn at once for nothing, and take nothing off again. */
static void mark_withdrawn(const struct gcg *gcg)
{
    for (int i = 0; i + 1 < gcg->event_count; i++) {
        struct gcg_event *event = &gcg->events[i];
        const struct gcg_event *next = event + 1;
        event->withdrawn = event->type == GCG_PLACE && event->score == 0 &&
                           next->type == GCG_PHONY && next->lost_unsaid &&
                           next->player == event->player && next->cumulative == event->cumulative;
    }
}

static enum status check_file(const struct gcg_reading *reading)
{
    for (int player = 0; player < GCG_PLAYERS; player++)
        if (!reading->has_player[player])
            return fault_set(reading->fault, 0, 0, "there is no #player%d", player + 1);
    return STATUS_OK;
}

static void skip_byte_order_mark(struct text_reader *file)
{
    if (file->end - file->next >= 3 && memcmp(file->next, "\xEF\xBB\xBF", 3) == 0)
        file->next += 3;
}

enum status gcg_read(struct arena *arena, const char *text, size_t size, struct gcg *out_gcg,
                     struct fault *out_fault)
{
    static const char standard[] = "CrosswordGame";
    if (size > GCG_SIZE_MAX)
        return STATUS_FULL;
    struct gcg gcg = {.layout = layout_find((struct text_span){standard, sizeof standard - 1})};
    struct gcg_reading reading = {
        .arena = arena, .gcg = &gcg, .fault = out_fault, .file = text_reader(text, size)};
    struct text_reader line;
    skip_byte_order_mark(&reading.file);
    while (text_read_line(&reading.file, &line)) {
        enum status status = read_line(&reading, &line);
        if (status != STATUS_OK)
            return status;
    }
    enum status status = check_file(&reading);
    if (status != STATUS_OK)
        return status;
    if (gcg.set == NULL)
        gcg.set =
            tile_set_find((struct text_span){gcg.layout->tile_set, strlen(gcg.layout->tile_set)});
    mark_withdrawn(&gcg);
    *out_gcg = gcg;
    return STATUS_OK;
}
