/* Builds the smallest graph of a word list: sorted words go through a stack of unfinished lists;
 * finished ones are kept once however often they occur, also as tails of longer ones. */
#include "gamesvc/rules/lexicon_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KWG_ACCEPTS 0x800000u
#define KWG_IS_END 0x400000u

/* ---- the list of words ------------------------------------------------------------------- */

/* A word as 21 letters, 0 after its end: compares like the word itself. */
struct word {
    char letters[LEXICON_WORD_MAX];
};

struct words {
    struct word *items;
    size_t count;
};

static int compare_words(const void *a, const void *b)
{
    return memcmp(((const struct word *)a)->letters, ((const struct word *)b)->letters,
                  LEXICON_WORD_MAX);
}

/* Reads a line: a word into `word`, or nothing (too long, too short, empty). */
static bool read_word(struct text_reader line, struct word *word, size_t *size)
{
    struct text_span span;
    *size = 0;
    if (!text_read_word(&line, &span))
        return true;
    if (!text_is_done(&line))
        return false;
    for (size_t i = 0; i < span.size; i++) {
        char letter = span.data[i];
        if (letter >= 'a' && letter <= 'z')
            letter = (char)(letter - 'a' + 'A');
        if (letter < 'A' || letter > 'Z')
            return false;
        if (i < LEXICON_WORD_MAX)
            word->letters[i] = letter;
    }
    if (span.size >= LEXICON_WORD_MIN && span.size <= LEXICON_WORD_MAX)
        *size = span.size;
    return true;
}

static size_t count_lines(const char *text, size_t size)
{
    size_t count = 1;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    return count;
}

static enum status read_words(struct arena *arena, const char *text, size_t size,
                              struct words *words, struct fault *out_fault)
{
    size_t lines = count_lines(text, size);
    if (lines > LEXICON_WORDS_MAX)
        return STATUS_FULL;
    words->items = arena_array(arena, lines, sizeof *words->items);
    if (words->items == NULL)
        return STATUS_FULL;
    struct text_reader reader = text_reader(text, size);
    struct text_reader line;
    while (text_read_line(&reader, &line)) {
        struct word word = {{0}};
        size_t length = 0;
        if (!read_word(line, &word, &length))
            return fault_set(out_fault, line.line, 1, "not one word of letters A to Z");
        if (length > 0)
            words->items[words->count++] = word;
    }
    qsort(words->items, words->count, sizeof *words->items, compare_words);
    return STATUS_OK;
}

/* ---- finished nodes, each kept once ------------------------------------------------------ */

/* A node with the rest of its list behind it. State 0 is "none". */
struct state {
    uint32_t children; /* state that begins the list of its children */
    uint32_t next;     /* its next sibling */
    uint8_t tile;
    bool accepts;
};

struct states {
    struct state *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* hash table of indices; 0 is free */
    uint32_t slot_count;
};

static bool states_init(struct states *states, struct arena *arena, size_t letters_max)
{
    uint32_t capacity = LEXICON_NODES_MAX;
    if (letters_max + 2 < capacity)
        capacity = (uint32_t)letters_max + 2;
    uint32_t slot_count = 1024;
    while (slot_count < capacity)
        slot_count *= 2;
    states->items = arena_array(arena, capacity, sizeof *states->items);
    states->slots = arena_array(arena, slot_count, sizeof *states->slots);
    states->capacity = capacity;
    states->slot_count = slot_count;
    states->count = 1;
    return states->items != NULL && states->slots != NULL;
}

static uint32_t state_hash(const struct state *state)
{
    uint64_t mixed = (uint64_t)state->children << 32 | state->next;
    mixed = (mixed ^ ((uint64_t)state->tile << 1 | state->accepts)) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(mixed >> 32);
}

/* Returns the number of an equal state, adding it where there is none; 0 where there is no room. */
static uint32_t states_intern(struct states *states, struct state state)
{
    uint32_t slot = state_hash(&state) & (states->slot_count - 1);
    while (states->slots[slot] != 0) {
        const struct state *other = &states->items[states->slots[slot]];
        if (other->children == state.children && other->next == state.next &&
            other->tile == state.tile && other->accepts == state.accepts)
            return states->slots[slot];
        slot = (slot + 1) & (states->slot_count - 1);
    }
    if (states->count == states->capacity)
        return 0;
    states->items[states->count] = state;
    states->slots[slot] = states->count;
    return states->count++;
}

/* ---- words into states ------------------------------------------------------------------- */

/* A list that may still grow: the letters that follow one prefix of the current word. */
struct open_list {
    struct state nodes[LEXICON_LETTERS];
    int count;
};

struct building {
    struct states states;
    struct open_list lists[LEXICON_WORD_MAX + 1]; /* by length of prefix */
};

/* Closes a list, from its last node to its first. Returns its first state, 0 without room. */
static uint32_t close_list(struct building *building, struct open_list *list)
{
    uint32_t next = 0;
    for (int i = list->count - 1; i >= 0; i--) {
        list->nodes[i].next = next;
        next = states_intern(&building->states, list->nodes[i]);
        if (next == 0)
            return 0;
    }
    list->count = 0;
    return next;
}

/* Closes all lists that are deeper than `depth`. */
static bool close_deeper(struct building *building, size_t depth, size_t deepest)
{
    for (size_t i = deepest; i > depth; i--) {
        struct open_list *list = &building->lists[i];
        if (list->count == 0)
            continue;
        uint32_t first = close_list(building, list);
        if (first == 0)
            return false;
        struct open_list *above = &building->lists[i - 1];
        assert(above->count > 0);
        above->nodes[above->count - 1].children = first;
    }
    return true;
}

static bool add_word(struct building *building, const struct word *word, const struct word *before)
{
    size_t shared = 0;
    while (before != NULL && word->letters[shared] != 0 &&
           word->letters[shared] == before->letters[shared])
        shared++;
    if (!close_deeper(building, shared, LEXICON_WORD_MAX))
        return false;
    size_t length = shared;
    for (; length < LEXICON_WORD_MAX && word->letters[length] != 0; length++) {
        struct open_list *list = &building->lists[length];
        assert(list->count < LEXICON_LETTERS);
        list->nodes[list->count++] =
            (struct state){.tile = (uint8_t)(word->letters[length] - 'A' + 1)};
    }
    struct open_list *last = &building->lists[length - 1];
    last->nodes[last->count - 1].accepts = true;
    return true;
}

/* ---- states into nodes ------------------------------------------------------------------- */

static uint32_t list_length(const struct states *states, uint32_t first)
{
    uint32_t length = 0;
    for (uint32_t i = first; i != 0; i = states->items[i].next)
        length++;
    return length;
}

/* Gives every list a place, long ones first, so that shorter ones find themselves in their tails.
 * `places` takes the index of each state's node. Returns how many nodes that makes. */
static uint32_t place_lists(const struct states *states, const uint8_t *begins, uint32_t *places)
{
    uint32_t node_count = 1;
    for (uint32_t length = LEXICON_LETTERS; length > 0; length--) {
        for (uint32_t first = 1; first < states->count; first++) {
            if (!begins[first] || places[first] != 0 || list_length(states, first) != length)
                continue;
            uint32_t place = node_count;
            for (uint32_t i = first; i != 0; i = states->items[i].next, place++)
                if (places[i] == 0)
                    places[i] = place;
            node_count = place;
        }
    }
    return node_count;
}

static void write_lists(const struct states *states, const uint8_t *begins, const uint32_t *places,
                        uint32_t root, uint32_t *kwg)
{
    kwg[0] = KWG_IS_END | places[root];
    for (uint32_t first = 1; first < states->count; first++) {
        if (!begins[first])
            continue;
        uint32_t place = places[first];
        for (uint32_t i = first; i != 0; i = states->items[i].next, place++) {
            const struct state *state = &states->items[i];
            kwg[place] = (uint32_t)state->tile << 24 | places[state->children] |
                         (state->accepts ? KWG_ACCEPTS : 0) | (state->next == 0 ? KWG_IS_END : 0);
        }
    }
}

static enum status lay_out(struct arena *arena, const char *name, const struct states *states,
                           uint32_t root, struct lexicon *out_lexicon, struct fault *out_fault)
{
    uint8_t *begins = arena_array(arena, states->count, 1); /* whether a list begins there */
    uint32_t *places = arena_array(arena, states->count, sizeof *places);
    if (begins == NULL || places == NULL)
        return STATUS_FULL;
    for (uint32_t i = 1; i < states->count; i++)
        begins[states->items[i].children] = 1;
    begins[root] = 1;
    begins[0] = 0;
    uint32_t node_count = place_lists(states, begins, places);
    if (node_count > LEXICON_NODES_MAX)
        return STATUS_FULL;
    uint32_t *kwg = arena_array(arena, node_count, sizeof *kwg);
    if (kwg == NULL)
        return STATUS_FULL;
    write_lists(states, begins, places, root, kwg);
    return lexicon_from_nodes(arena, name, kwg, node_count, out_lexicon, out_fault);
}

enum status lexicon_from_words(struct arena *arena, const char *name, const char *text, size_t size,
                               struct lexicon *out_lexicon, struct fault *out_fault)
{
    struct words words = {0};
    enum status status = read_words(arena, text, size, &words, out_fault);
    if (status != STATUS_OK)
        return status;
    struct building *building = arena_alloc(arena, sizeof *building);
    if (building == NULL || !states_init(&building->states, arena, size))
        return STATUS_FULL;
    const struct word *before = NULL;
    for (size_t i = 0; i < words.count; i++) {
        if (before != NULL && compare_words(before, &words.items[i]) == 0)
            continue;
        if (!add_word(building, &words.items[i], before))
            return STATUS_FULL;
        before = &words.items[i];
    }
    if (!close_deeper(building, 0, LEXICON_WORD_MAX))
        return STATUS_FULL;
    uint32_t root = 0;
    if (building->lists[0].count > 0) {
        root = close_list(building, &building->lists[0]);
        if (root == 0)
            return STATUS_FULL;
    }
    return lay_out(arena, name, &building->states, root, out_lexicon, out_fault);
}
