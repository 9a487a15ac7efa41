/* Two players are kept apart in mid-event, or may meet again: a change of the policy's
 * `director_pairs`, so that whoever reads the policy sees it, and it takes hold, is compared and is
 * taken back as any change of the policy. The rest of the director's text stays as it is. */
#include "orchestrator/desk/actions.h"

#include <string.h>

#include "base/buffer.h"

#define KEY_NAME "director_pairs"

/* One ruling being put into the policy. */
struct ruling_case {
    struct desk_case *question;
    const struct format *format;
    struct format_ruling ruling;
};

/* ---- the ruling -------------------------------------------------------------------------- */

static bool is_of_both(const struct format_ruling *ruling, const char *one, const char *other)
{
    return (strcmp(ruling->one, one) == 0 && strcmp(ruling->other, other) == 0) ||
           (strcmp(ruling->one, other) == 0 && strcmp(ruling->other, one) == 0);
}

static bool has_entered(const struct desk_case *question, const char *player)
{
    const Arbiter__V1__Division *division = question->division;
    for (size_t i = 0; i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->player_id, player) == 0)
            return true;
    return false;
}

static enum status read_ruling(struct ruling_case *matter, bool meet, struct fault *out_fault)
{
    struct desk_case *question = matter->question;
    if (question->division == NULL)
        return fault_set(out_fault, 0, 0, "the event has no division %d",
                         question->request->division);
    const struct format_division *division =
        format_find_division(matter->format, question->division->name);
    int64_t from = desk_int(question->said, "from_round", 0);
    int64_t to = desk_int(question->said, "to_round", 0);
    struct format_ruling *ruling = &matter->ruling;
    ruling->division = question->division->name;
    ruling->one = desk_text(question, question->said, "one");
    ruling->other = desk_text(question, question->said, "other");
    ruling->reason = desk_text(question, question->said, "reason");
    ruling->meet = meet;
    if (!has_entered(question, ruling->one) || !has_entered(question, ruling->other) ||
        strcmp(ruling->one, ruling->other) == 0)
        return fault_set(out_fault, 0, 0, "'one' and 'other' are two players of this division");
    if (division == NULL || (from == 0 && to == 0))
        return STATUS_OK;
    from = from != 0 ? from : 1;
    to = to != 0 ? to : division->rounds;
    if (from < 1 || to > division->rounds || from > to)
        return fault_set(out_fault, 0, 0, "'from_round' to 'to_round' lie in 1 to %d",
                         division->rounds);
    ruling->rounds = (struct format_span){(int)from, (int)to};
    return STATUS_OK;
}

/* A ruling that says "they may meet" to two whom nothing keeps apart is a slip. */
static bool is_kept_apart(const struct ruling_case *matter)
{
    const struct format_ruling *ruling = &matter->ruling;
    const struct format_division *division = format_find_division(matter->format, ruling->division);
    bool is_apart = false;
    for (size_t i = 0; division != NULL && i < division->forbidden_count; i++) {
        struct format_ruling pair = {.one = division->forbidden[i].one,
                                     .other = division->forbidden[i].other};
        is_apart = is_apart || is_of_both(&pair, ruling->one, ruling->other);
    }
    for (size_t i = 0; i < matter->format->ruling_count; i++) {
        const struct format_ruling *earlier = &matter->format->rulings[i];
        if (strcmp(earlier->division, ruling->division) == 0 &&
            is_of_both(earlier, ruling->one, ruling->other))
            is_apart = is_apart || !earlier->meet;
    }
    return is_apart;
}

/* Nothing is left of an earlier ruling on the same two, where the new one covers its rounds. */
static bool is_replaced(const struct format_ruling *earlier, const struct format_ruling *by)
{
    bool covers = by->rounds.first == 0 ||
                  (earlier->rounds.first != 0 && earlier->rounds.first >= by->rounds.first &&
                   earlier->rounds.last <= by->rounds.last);
    return covers && strcmp(earlier->division, by->division) == 0 &&
           is_of_both(earlier, by->one, by->other);
}

/* ---- the policy's text ------------------------------------------------------------------- */

static void append_quoted(struct buffer *out, const char *text)
{
    buffer_append_char(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char character = (unsigned char)*text;
        if (character == '"' || character == '\\')
            buffer_append_char(out, '\\');
        buffer_append_char(out, character < ' ' ? ' ' : *text);
    }
    buffer_append_char(out, '"');
}

static void append_ruling(struct buffer *out, const struct format_ruling *ruling)
{
    buffer_append_text(out, "  - {division: ");
    append_quoted(out, ruling->division);
    buffer_append_text(out, ", one: ");
    append_quoted(out, ruling->one);
    buffer_append_text(out, ", other: ");
    append_quoted(out, ruling->other);
    if (ruling->rounds.first != 0)
        buffer_format(out, ", rounds: %d-%d", ruling->rounds.first, ruling->rounds.last);
    if (ruling->meet)
        buffer_append_text(out, ", meet: true");
    if (ruling->reason[0] != '\0') {
        buffer_append_text(out, ", reason: ");
        append_quoted(out, ruling->reason);
    }
    buffer_append_text(out, "}\n");
}

static bool begins_key(const char *line)
{
    size_t size = strlen(KEY_NAME);
    return strncmp(line, KEY_NAME, size) == 0 && (line[size] == ':' || line[size] == ' ');
}

/* Copies all lines but those of the key; a key's value is indented, or begins with a hyphen. */
static void append_others(struct buffer *out, const char *text)
{
    bool is_inside = false;
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        is_inside = begins_key(text) || (is_inside && strchr(" -\r\n", text[0]) != NULL);
        if (!is_inside) {
            buffer_append(out, text, size);
            buffer_append_char(out, '\n');
        }
        text += size + (text[size] == '\n');
    }
}

static enum status write_policy(const struct ruling_case *matter, const char **out_text)
{
    struct buffer out = {0};
    append_others(&out, matter->question->tournament->settings);
    buffer_append_text(&out, KEY_NAME ":\n");
    for (size_t i = 0; i < matter->format->ruling_count; i++)
        if (!is_replaced(&matter->format->rulings[i], &matter->ruling))
            append_ruling(&out, &matter->format->rulings[i]);
    append_ruling(&out, &matter->ruling);
    const char *text = arena_format(matter->question->arena, "%s", buffer_text(&out));
    buffer_deinit(&out);
    if (text == NULL)
        return STATUS_FULL;
    *out_text = text;
    return STATUS_OK;
}

/* ---- the two actions --------------------------------------------------------------------- */

static enum status rule(struct desk_case *question, bool meet, struct fault *out_fault)
{
    struct ruling_case matter = {.question = question};
    struct yaml_faults faults = {.arena = question->arena};
    const char *settings = question->tournament->settings;
    const char *text = NULL;
    enum status status =
        format_read(question->arena, settings, strlen(settings), &faults, &matter.format);
    if (status != STATUS_OK)
        return STATUS_DATA_LOSS;
    status = read_ruling(&matter, meet, out_fault);
    if (status == STATUS_OK && meet && !is_kept_apart(&matter))
        return fault_set(out_fault, 0, 0, "nothing keeps '%s' and '%s' apart", matter.ruling.one,
                         matter.ruling.other);
    if (status == STATUS_OK)
        status = write_policy(&matter, &text);
    return status == STATUS_OK ? desk_follow_policy(question, text, out_fault) : status;
}

/* {one, other, from_round?, to_round?, reason?}: they do not meet, from the next pairing on. */
enum status desk_fill_forbid_pair(struct desk_case *question, struct fault *out_fault)
{
    return rule(question, false, out_fault);
}

/* {one, other, from_round?, to_round?, reason?}: they may meet, whatever was said before. */
enum status desk_fill_allow_pair(struct desk_case *question, struct fault *out_fault)
{
    return rule(question, true, out_fault);
}
