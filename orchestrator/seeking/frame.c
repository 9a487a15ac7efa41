/* Turns tickets into numbers: attributes by their source, texts as words, blocks as sets. */
#include "orchestrator/seeking/frame.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* ---- words ------------------------------------------------------------------------------- */

static enum status words_init(struct words *words, struct arena *arena, size_t capacity)
{
    size_t slots = 16;
    while (slots < capacity * 2)
        slots *= 2;
    *words = (struct words){.texts = arena_array(arena, capacity + 1, sizeof *words->texts),
                            .sizes = arena_array(arena, capacity + 1, sizeof *words->sizes),
                            .slots = arena_array(arena, slots, sizeof *words->slots),
                            .slot_count = slots,
                            .capacity = (int32_t)capacity};
    return words->texts != NULL && words->sizes != NULL && words->slots != NULL ? STATUS_OK
                                                                                : STATUS_FULL;
}

static size_t slot_of(const struct words *words, const char *text, size_t size)
{
    uint64_t hash = hash_bytes(HASH_START, text, size);
    return (size_t)(hash ^ hash >> 29) & (words->slot_count - 1);
}

static int32_t words_number(struct words *words, const char *text, size_t size)
{
    size_t slot = slot_of(words, text, size);
    for (; words->slots[slot] != 0; slot = (slot + 1) & (words->slot_count - 1)) {
        int32_t number = words->slots[slot] - 1;
        if (words->sizes[number] == size && memcmp(words->texts[number], text, size) == 0)
            return number;
    }
    assert(words->count < words->capacity);
    words->texts[words->count] = text;
    words->sizes[words->count] = size;
    words->slots[slot] = ++words->count;
    return words->count - 1;
}

static int by_number(const void *one, const void *other)
{
    int32_t a = *(const int32_t *)one;
    int32_t b = *(const int32_t *)other;
    return (a > b) - (a < b);
}

static enum status set_of_texts(struct frame *frame, struct words *words, struct value list,
                                struct word_set *out_set)
{
    int32_t *items = arena_array(frame->arena, list.size, sizeof *items);
    if (items == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < list.size; i++)
        items[i] = words_number(words, list.as.items[i].as.text, list.as.items[i].size);
    qsort(items, list.size, sizeof *items, by_number);
    *out_set = (struct word_set){items, (int32_t)list.size};
    return STATUS_OK;
}

/* ---- attributes -------------------------------------------------------------------------- */

static bool is_texts(struct value value)
{
    if (value.kind != VALUE_LIST || value.size > SEEKING_WORDS_MAX)
        return false;
    for (uint32_t i = 0; i < value.size; i++)
        if (value.as.items[i].kind != VALUE_STRING)
            return false;
    return true;
}

static bool fits(const struct seeking_attribute *attribute, struct value value)
{
    switch (attribute->kind) {
    case SEEKING_NUMBER:
        return value.kind == VALUE_DOUBLE || value.kind == VALUE_INT;
    case SEEKING_TEXT:
        return value.kind == VALUE_STRING;
    case SEEKING_TEXTS:
        return is_texts(value);
    }
    return false;
}

static bool is_within(const struct seeking_attribute *attribute, double number)
{
    return number == number && (attribute->min >= attribute->max ||
                                (number >= attribute->min && number <= attribute->max));
}

/* What is no number cannot be compared, or stand in an order. */
static bool has_value(const struct seeking_attribute *attribute, struct value value)
{
    return fits(attribute, value) && (value.kind != VALUE_DOUBLE || !isnan(value.as.real));
}

static struct value as_number(struct value value)
{
    return value.kind == VALUE_INT ? value_double((double)value.as.integer) : value;
}

static struct value said_value(const struct seeking_attribute *attribute, struct value said)
{
    const struct value *found =
        said.kind == VALUE_MAP ? value_find(said, value_text(attribute->name)) : NULL;
    if (found == NULL || !fits(attribute, *found))
        return attribute->initial;
    return attribute->kind == SEEKING_NUMBER ? as_number(*found) : *found;
}

static struct value attribute_value(const struct frame *frame, int32_t index,
                                    const struct seeking_attribute *attribute,
                                    const struct value *before)
{
    const struct seeking_ticket *ticket = &frame->sources[index];
    switch (attribute->source) {
    case SEEKING_FROM_CLIENT:
        return said_value(attribute, ticket->said);
    case SEEKING_FROM_RATING:
        return value_double(ticket->facts.rating);
    case SEEKING_FROM_DEVIATION:
        return value_double(ticket->facts.deviation);
    case SEEKING_FROM_GAMES:
        return value_double(ticket->facts.games);
    case SEEKING_FROM_CONDUCT:
        return value_double(ticket->facts.conduct);
    case SEEKING_FROM_BALANCE:
        return value_double(ticket->facts.balance);
    case SEEKING_FROM_WAITED:
        return value_double((double)frame->tickets[index].waited_ms / 1000.0);
    case SEEKING_FROM_MISSES:
        return value_double((double)ticket->misses);
    case SEEKING_FROM_VALUE:
        break;
    }
    struct expr_input input = {.banks = {[BANK_ONE] = before}, .arena = frame->arena};
    return expr_evaluate(attribute->program, &input);
}

/* ---- one ticket -------------------------------------------------------------------------- */

static enum status prepare_attributes(struct frame *frame, struct words *words, int32_t index)
{
    const struct seeking_policy *policy = frame->policy;
    struct frame_ticket *ticket = &frame->tickets[index];
    size_t count = (size_t)policy->attribute_count + 1;
    struct value *values = arena_array(frame->arena, count, sizeof *values);
    ticket->values = values;
    ticket->numbers = arena_array(frame->arena, count, sizeof *ticket->numbers);
    ticket->words = arena_array(frame->arena, count, sizeof *ticket->words);
    ticket->sets = arena_array(frame->arena, count, sizeof *ticket->sets);
    if (arena_full(frame->arena))
        return STATUS_FULL;
    for (int i = 0; i < policy->attribute_count; i++) {
        const struct seeking_attribute *attribute = &policy->attributes[i];
        values[i] = attribute_value(frame, index, attribute, values);
        if (!has_value(attribute, values[i])) {
            ticket->is_left_out = true; /* the others are paired all the same */
            return STATUS_OK;
        }
        enum status status = STATUS_OK;
        if (attribute->kind == SEEKING_NUMBER)
            ticket->numbers[i] = values[i].as.real;
        else if (attribute->kind == SEEKING_TEXT)
            ticket->words[i] = words_number(words, values[i].as.text, values[i].size);
        else
            status = set_of_texts(frame, words, values[i], &ticket->sets[i]);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status prepare_people(struct frame *frame, struct words *words, int32_t index)
{
    const struct seeking_ticket *source = &frame->sources[index];
    struct frame_ticket *ticket = &frame->tickets[index];
    int32_t *blocks = arena_array(frame->arena, source->block_count, sizeof *blocks);
    struct frame_meeting *meetings =
        arena_array(frame->arena, source->meeting_count, sizeof *meetings);
    if (blocks == NULL || meetings == NULL)
        return STATUS_FULL;
    ticket->player = words_number(words, source->player, strlen(source->player));
    for (size_t i = 0; i < source->block_count; i++)
        blocks[i] = words_number(words, source->blocks[i], strlen(source->blocks[i]));
    qsort(blocks, source->block_count, sizeof *blocks, by_number);
    ticket->blocks = (struct word_set){blocks, (int32_t)source->block_count};
    for (size_t i = 0; i < source->meeting_count; i++) {
        const struct seeking_meeting *meeting = &source->meetings[i];
        meetings[i] = (struct frame_meeting){
            words_number(words, meeting->opponent, strlen(meeting->opponent)), meeting->at_ms,
            meeting->is_aborted};
    }
    ticket->meetings = meetings;
    ticket->meeting_count = source->meeting_count;
    return STATUS_OK;
}

/* ---- all --------------------------------------------------------------------------------- */

/* Room for every text there may be. */
static size_t count_texts(const struct seeking_wave_input *input)
{
    size_t count = 0;
    for (int32_t i = 0; i < input->count; i++) {
        const struct seeking_ticket *ticket = &input->tickets[i];
        count += 1 + ticket->block_count + ticket->meeting_count;
        for (int a = 0; a < input->policy->attribute_count; a++)
            switch (input->policy->attributes[a].kind) {
            case SEEKING_NUMBER:
                break;
            case SEEKING_TEXT:
                count += 1;
                break;
            case SEEKING_TEXTS:
                count += SEEKING_WORDS_MAX;
                break;
            }
    }
    return count;
}

enum status frame_init(struct frame *frame, const struct seeking_wave_input *input,
                       struct arena *arena)
{
    struct words words;
    assert(input->count >= 0);
    if (input->count > SEEKING_TICKETS_MAX)
        return STATUS_FULL;
    *frame = (struct frame){.policy = input->policy,
                            .sources = input->tickets,
                            .count = input->count,
                            .now_ms = input->now_ms,
                            .arena = arena};
    frame->tickets = arena_array(arena, (size_t)input->count, sizeof *frame->tickets);
    enum status status = frame->tickets != NULL ? STATUS_OK : STATUS_FULL;
    if (status == STATUS_OK)
        status = words_init(&words, arena, count_texts(input));
    for (int32_t i = 0; status == STATUS_OK && i < input->count; i++) {
        int64_t waited = input->now_ms - input->tickets[i].since_ms;
        frame->tickets[i].waited_ms = waited > 0 ? waited : 0;
        status = prepare_attributes(frame, &words, i);
        if (status == STATUS_OK)
            status = prepare_people(frame, &words, i);
    }
    return status;
}

/* ---- what clients say -------------------------------------------------------------------- */

static const char *const kind_words[] = {
    [SEEKING_NUMBER] = "a number", [SEEKING_TEXT] = "a text", [SEEKING_TEXTS] = "a list of texts"};

static const char *complaint_about(const struct seeking_policy *policy, struct value said,
                                   int index, struct arena *arena)
{
    const struct seeking_attribute *attribute = &policy->attributes[index];
    const struct value *found = value_find(said, value_text(attribute->name));
    if (attribute->source != SEEKING_FROM_CLIENT)
        return found == NULL ? NULL
                             : arena_format(arena, "'%s' is known to the house: leave it out",
                                            attribute->name);
    if (found == NULL)
        return attribute->initial.kind != VALUE_UNSET
                   ? NULL
                   : arena_format(arena, "'%s' is missing", attribute->name);
    if (!fits(attribute, *found))
        return arena_format(arena, "'%s' takes %s", attribute->name, kind_words[attribute->kind]);
    if (attribute->kind == SEEKING_NUMBER && !is_within(attribute, as_number(*found).as.real))
        return arena_format(arena, "'%s' is from %g to %g", attribute->name, attribute->min,
                            attribute->max);
    return NULL;
}

bool seeking_check_said(const struct seeking_policy *policy, struct value said, struct arena *arena,
                        const char **out_message)
{
    const char *complaint = NULL;
    for (uint32_t i = 0; complaint == NULL && said.kind == VALUE_MAP && i < said.size; i++) {
        struct value key = said.as.entries[i].key;
        char name[64] = "";
        if (key.kind == VALUE_STRING && key.size < sizeof name)
            memcpy(name, key.as.text, key.size);
        if (name[0] == '\0' || seeking_attribute_find(policy, name) < 0)
            complaint = arena_format(arena, "there is no attribute '%s' here", name);
    }
    struct value map = said.kind == VALUE_MAP ? said : value_map(NULL, 0);
    for (int i = 0; complaint == NULL && i < policy->attribute_count; i++)
        complaint = complaint_about(policy, map, i, arena);
    if (complaint == NULL)
        return true;
    *out_message = complaint;
    return false;
}

int seeking_attribute_find(const struct seeking_policy *policy, const char *name)
{
    for (int i = 0; i < policy->attribute_count; i++)
        if (strcmp(policy->attributes[i].name, name) == 0)
            return i;
    return -1;
}

int64_t seeking_pool_gone_ms(const struct seeking_policy *policy, const struct seeking_pool *pool)
{
    const struct value *clock =
        pool->request.kind == VALUE_MAP ? value_find(pool->request, value_text("clock")) : NULL;
    bool is_by_letter = clock != NULL && clock->kind == VALUE_STRING &&
                        value_equal(*clock, value_text("correspondence"));
    return is_by_letter ? 0 : policy->limits.gone_ms;
}

const struct seeking_pool *seeking_pool_find(const struct seeking_policy *policy, const char *name)
{
    for (int i = 0; i < policy->pool_count; i++)
        if (strcmp(policy->pools[i].name, name) == 0)
            return &policy->pools[i];
    return NULL;
}
