/* Who may act in an event, at which warning level, and what he must have confirmed. */
#include "orchestrator/desk/matter.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

enum { TOKEN_SIZE = 33 };

static bool is_among(char **ids, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

/* Directors act in their own events: those that name them, or for which their token was made. */
static bool is_director(const Arbiter__V1__ActRequest *asked,
                        const Arbiter__V1__Tournament *tournament)
{
    return (asked->roles & DESK_TOKEN_DIRECTOR) != 0 &&
           (asked->is_named || tournament->n_directors == 0 ||
            is_among(tournament->directors, tournament->n_directors, asked->actor));
}

uint32_t matter_roles(const struct matter *matter)
{
    const Arbiter__V1__ActRequest *asked = matter->asked;
    const Arbiter__V1__Tournament *tournament = matter->question.tournament;
    uint32_t roles = 0;
    if ((asked->roles & DESK_TOKEN_ADMIN) != 0)
        return FORMAT_ROLE_ADMIN;
    if (!asked->is_covered)
        return 0;
    if (is_director(asked, tournament))
        roles |= FORMAT_ROLE_DIRECTOR;
    if (is_among(tournament->assistants, tournament->n_assistants, asked->actor))
        roles |= FORMAT_ROLE_ASSISTANT;
    if (is_among(tournament->scorers, tournament->n_scorers, asked->actor))
        roles |= FORMAT_ROLE_SCORER;
    return roles;
}

bool matter_may(const struct matter *matter, enum format_action right)
{
    uint32_t roles = matter_roles(matter);
    return (roles & FORMAT_ROLE_ADMIN) != 0 ||
           (roles & matter->format->authority[right].roles) != 0;
}

static const char *role_words(struct matter *matter, uint32_t roles)
{
    static const char *const words[] = {"player", "scorer", "assistant", "director", "admin"};
    const char *text = "";
    for (size_t i = 0; text != NULL && i < COUNT_OF(words); i++)
        if ((roles >> i & 1) != 0)
            text =
                arena_format(&matter->arena, "%s%s%s", text, text[0] != '\0' ? ", " : "", words[i]);
    return text != NULL ? text : "";
}

void matter_refuse(struct matter *matter, enum format_action right)
{
    static const char *const names[] = {
#define ACTION(word, rights, text) #word,
#include "orchestrator/format/actions.def"
#undef ACTION
    };
    const char *text = arena_format(
        &matter->arena, "in this event '%s' is for: %s; you are: %s", names[right],
        role_words(matter, matter->format->authority[right].roles & ~(uint32_t)FORMAT_ROLE_PLAYER),
        role_words(matter, matter_roles(matter)));
    matter_fail(matter, STATUS_PERMISSION_DENIED, text != NULL ? text : "not for your role");
}

/* ---- levels ------------------------------------------------------------------------------ */

static enum format_level higher(enum format_level one, enum format_level other)
{
    return one > other ? one : other;
}

enum format_level matter_level(const struct matter *matter)
{
    enum format_level level =
        higher(matter->format->authority[matter->question.right].level, matter->question.level_min);
    level = higher(level, matter->format->authority[matter->question.also_right].level);
    if (matter->undoes > 0)
        level = higher(level, matter->format->authority[FORMAT_ACTION_undo].level);
    if (matter->consequences.stops_games)
        level = higher(level, FORMAT_L3);
    if (matter->consequences.touches_later)
        level = higher(level, FORMAT_L3);
    if (matter->consequences.touches_bracket)
        level = higher(level, FORMAT_L4);
    return level;
}

/* ---- tokens ------------------------------------------------------------------------------ */

/* Names the consequences: whoever echoes it has been told just these. */
static const char *token_of(struct matter *matter, const char *step)
{
    const ProtobufCMessage *parts[] = {&matter->consequences.message->base, &matter->data->base};
    uint64_t hashes[] = {hash_text(HASH_START, step), hash_text(HASH_START, "arbiter")};
    for (int h = 0; h < 2; h++) {
        hashes[h] = hash_text(hashes[h], matter->name);
        hashes[h] = hash_text(hashes[h], matter->instance_id);
        hashes[h] = hash_text(hashes[h], step);
        hashes[h] = hash_text(hashes[h], matter->asked->actor);
        hashes[h] = hash_bytes(hashes[h], &matter->number, sizeof matter->number);
    }
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        size_t size = protobuf_c_message_get_packed_size(parts[i]);
        uint8_t *bytes = arena_alloc(&matter->arena, size);
        if (bytes == NULL)
            return "";
        (void)protobuf_c_message_pack(parts[i], bytes); /* sized above */
        for (int h = 0; h < 2; h++)
            hashes[h] = hash_bytes(hashes[h], bytes, size);
    }
    char text[TOKEN_SIZE];
    (void)snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)hashes[0],
                   (unsigned long long)hashes[1]); /* fits exactly */
    const char *token = arena_copy(&matter->arena, text, strlen(text));
    return token != NULL ? token : "";
}

static bool has_token(const struct matter *matter, const char *token)
{
    for (size_t i = 0; i < matter->asked->n_confirm; i++)
        if (strcmp(matter->asked->confirm[i], token) == 0)
            return token[0] != '\0';
    return false;
}

const char *matter_missing(struct matter *matter, const char **out_token)
{
    const char *first = token_of(matter, "first");
    *out_token = first;
    if (matter->level <= FORMAT_L1)
        return "";
    if (!has_token(matter, first))
        return matter->level == FORMAT_L2 ? "acknowledge" : "confirm";
    if (matter->level < FORMAT_L4)
        return "";
    *out_token = token_of(matter, "second");
    return has_token(matter, *out_token) ? "" : "confirm_again";
}
