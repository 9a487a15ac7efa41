/* Matches regular expressions by following all alternatives at once (Thompson, 1968; Pike's virtual
 * machine), so that no pattern takes more than text times program. */
#include "fsm/expr/pattern_code.h"

#include "fsm/expr/text.h"

#include <assert.h>

uint32_t expr_pattern_size(const struct pattern *pattern)
{
    return pattern->size;
}

struct states {
    uint32_t *list;
    uint32_t count;
};

struct search {
    const struct pattern *pattern;
    const char *text;
    size_t size;
    size_t at;
    uint32_t *stack;
    uint32_t *seen; /* by instruction: the round it was last added in */
    uint32_t round;
    struct states now;
    struct states next;
    bool found;
};

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || c == '_' ||
           pattern_is_between((unsigned char)(c | 0x20), 'a', 'z');
}

static bool holds(const struct search *search, enum pattern_op op)
{
    bool is_begin = search->at == 0;
    bool is_end = search->at == search->size;
    char before = is_begin ? '\0' : search->text[search->at - 1];
    char after = is_end ? '\0' : search->text[search->at];
    bool is_edge = (!is_begin && is_word_byte(before)) != (!is_end && is_word_byte(after));
    switch (op) {
    case PATTERN_TEXT_BEGIN:
        return is_begin;
    case PATTERN_TEXT_END:
        return is_end;
    case PATTERN_LINE_BEGIN:
        return is_begin || before == '\n';
    case PATTERN_LINE_END:
        return is_end || after == '\n';
    case PATTERN_WORD_EDGE:
        return is_edge;
    default:
        return !is_edge;
    }
}

static void push(struct search *search, uint32_t *depth, int64_t at)
{
    assert(at >= 0 && at < search->pattern->size);
    if (search->seen[at] == search->round)
        return;
    search->seen[at] = search->round;
    search->stack[(*depth)++] = (uint32_t)at;
}

/* Adds an instruction and all that can be reached from it without a character. */
static void follow(struct search *search, struct states *states, uint32_t start)
{
    uint32_t depth = 0;
    push(search, &depth, start);
    while (depth > 0) {
        uint32_t at = search->stack[--depth];
        const struct pattern_instruction *instruction = &search->pattern->code[at];
        switch ((enum pattern_op)instruction->op) {
        case PATTERN_RANGE:
        case PATTERN_CLASS:
            states->list[states->count++] = at;
            break;
        case PATTERN_SPLIT:
            push(search, &depth, (int64_t)at + instruction->b);
            push(search, &depth, (int64_t)at + instruction->a);
            break;
        case PATTERN_JUMP:
            push(search, &depth, (int64_t)at + instruction->a);
            break;
        case PATTERN_MATCH:
            search->found = true;
            return;
        case PATTERN_NOTHING:
            break;
        case PATTERN_TEXT_BEGIN:
        case PATTERN_TEXT_END:
        case PATTERN_LINE_BEGIN:
        case PATTERN_LINE_END:
        case PATTERN_WORD_EDGE:
        case PATTERN_NO_WORD_EDGE:
            if (holds(search, (enum pattern_op)instruction->op))
                push(search, &depth, (int64_t)at + 1);
            break;
        }
    }
}

static bool takes(const struct pattern *pattern, const struct pattern_instruction *instruction,
                  uint32_t character)
{
    if (instruction->op == PATTERN_RANGE)
        return pattern_is_between(character, (uint32_t)instruction->a, (uint32_t)instruction->b);
    for (int32_t i = 0; i < instruction->b; i++) {
        const struct pattern_range *range = &pattern->ranges[instruction->a + i];
        if (pattern_is_between(character, range->first, range->last))
            return !instruction->is_negated;
    }
    return instruction->is_negated;
}

/* Goes through the text once; a match may begin at every character. */
static void run(struct search *search)
{
    search->round = 1;
    follow(search, &search->now, 0);
    while (!search->found && search->at < search->size) {
        uint32_t character = expr_text_next(search->text, &search->at);
        search->round++;
        search->next.count = 0;
        for (uint32_t i = 0; i < search->now.count && !search->found; i++) {
            uint32_t at = search->now.list[i];
            if (takes(search->pattern, &search->pattern->code[at], character))
                follow(search, &search->next, at + 1);
        }
        if (!search->found)
            follow(search, &search->next, 0);
        struct states states = search->now;
        search->now = search->next;
        search->next = states;
    }
}

enum status expr_pattern_search(const struct pattern *pattern, struct arena *arena,
                                const char *text, size_t size, bool *out_found)
{
    struct arena_mark mark = arena_mark(arena);
    struct search search = {.pattern = pattern, .text = text, .size = size};
    search.stack = arena_array(arena, pattern->size, sizeof(uint32_t));
    search.seen = arena_array(arena, pattern->size, sizeof(uint32_t));
    search.now.list = arena_array(arena, pattern->size, sizeof(uint32_t));
    search.next.list = arena_array(arena, pattern->size, sizeof(uint32_t));
    bool has_memory = search.stack != NULL && search.seen != NULL && search.now.list != NULL &&
                      search.next.list != NULL;
    if (has_memory)
        run(&search);
    arena_rewind(arena, mark);
    *out_found = search.found;
    return has_memory ? STATUS_OK : STATUS_FULL;
}
