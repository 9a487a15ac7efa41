/* Asking a lexicon; looking into images; taking KWG files apart. Building is in lexicon_build.c. */
#include "gamesvc/rules/lexicon.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "gamesvc/rules/lexicon_build.h"

#define ARC_MASK (LEXICON_NODES_MAX - 1)

/* ---- asking ------------------------------------------------------------------------------ */

/* Counts bits; standard C has no word for it. */
static uint32_t count_bits(uint32_t bits)
{
    bits -= (bits >> 1) & 0x55555555u;
    bits = (bits & 0x33333333u) + ((bits >> 2) & 0x33333333u);
    bits = (bits + (bits >> 4)) & 0x0F0F0F0Fu;
    return (bits * 0x01010101u) >> 24;
}

bool lexicon_has(const struct lexicon *lexicon, const uint8_t *tiles, size_t step, size_t length)
{
    const struct lexicon_node *nodes = lexicon->nodes;
    struct lexicon_node node = nodes[0];
    for (size_t i = 0; i < length; i++) {
        uint32_t bit = 1u << ((tiles[i * step] - 1) & 31);
        if ((node.letters & bit) == 0)
            return false;
        node = nodes[(node.arc & ARC_MASK) + count_bits(node.letters & (bit - 1))];
    }
    return (node.arc & LEXICON_ACCEPTS) != 0;
}

uint32_t lexicon_next(const struct lexicon *lexicon, uint32_t node, uint8_t letter)
{
    assert(letter >= 1 && letter <= LEXICON_LETTERS);
    uint32_t letters = lexicon->nodes[node].letters;
    uint32_t bit = 1u << (letter - 1);
    if ((letters & bit) == 0)
        return 0;
    return (lexicon->nodes[node].arc & ARC_MASK) + count_bits(letters & (bit - 1));
}

/* ---- walking all words ------------------------------------------------------------------- */

/* Called with each word in order; false stops. */
typedef bool (*on_word_function)(const char *word, size_t size, void *user);

struct walk {
    uint32_t node[LEXICON_WORD_MAX + 2];
    uint32_t left[LEXICON_WORD_MAX + 2]; /* letters not yet tried at each depth */
    char word[LEXICON_WORD_MAX + 2];
};

static int lowest_letter(uint32_t letters)
{
    int letter = 0;
    while ((letters & (1u << letter)) == 0)
        letter++;
    return letter;
}

/* Returns false where `on_word` stopped the walk or a word is longer than any board. */
static bool walk_words(const struct lexicon *lexicon, on_word_function on_word, void *user)
{
    struct walk walk = {.left = {lexicon->nodes[0].letters}};
    size_t depth = 0;
    for (;;) {
        if (walk.left[depth] == 0) {
            if (depth-- == 0)
                return true;
            continue;
        }
        int letter = lowest_letter(walk.left[depth]);
        walk.left[depth] &= walk.left[depth] - 1;
        if (depth == LEXICON_WORD_MAX)
            return false;
        uint32_t node = lexicon_next(lexicon, walk.node[depth], (uint8_t)(letter + 1));
        walk.word[depth++] = (char)('A' + letter);
        walk.node[depth] = node;
        walk.left[depth] = lexicon->nodes[node].letters;
        bool is_word = (lexicon->nodes[node].arc & LEXICON_ACCEPTS) != 0;
        if (is_word && !on_word(walk.word, depth, user))
            return false;
    }
}

struct census {
    crypto_hash_sha256_state hash;
    uint32_t count;
};

static bool count_word(const char *word, size_t size, void *user)
{
    struct census *census = user;
    char line[LEXICON_WORD_MAX + 1];
    memcpy(line, word, size);
    line[size] = '\n';
    (void)crypto_hash_sha256_update(&census->hash, (const unsigned char *)line, size + 1); /* 0 */
    return ++census->count <= LEXICON_WORDS_MAX;
}

enum status lexicon_count(struct lexicon *lexicon, struct fault *out_fault)
{
    struct census census = {0};
    (void)crypto_hash_sha256_init(&census.hash); /* cannot fail */
    if (!walk_words(lexicon, count_word, &census))
        return fault_set(out_fault, 0, 0, "the words are too many or longer than %d letters",
                         LEXICON_WORD_MAX);
    (void)crypto_hash_sha256_final(&census.hash, lexicon->hash); /* cannot fail */
    lexicon->word_count = census.count;
    return STATUS_OK;
}

static bool write_word(const char *word, size_t size, void *user)
{
    struct text *text = user;
    text_add(text, word, size);
    text_add_char(text, '\n');
    return !text->full;
}

void lexicon_write_words(const struct lexicon *lexicon, struct text *out_words)
{
    (void)walk_words(lexicon, write_word, out_words); /* stops where the text is full */
}

/* ---- KWG --------------------------------------------------------------------------------- */

/* A node of a KWG file: tile in bits 31..24, then the two flags, then the arc. */
#define KWG_ACCEPTS 0x800000u
#define KWG_IS_END 0x400000u
#define KWG_ARC 0x3FFFFFu

static uint32_t read_le32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Collects the letters of a list of siblings; false where it is out of order or out of bounds. */
static bool list_letters(const uint32_t *kwg, uint32_t count, uint32_t first, uint32_t *out_letters)
{
    uint32_t letters = 0;
    for (uint32_t i = first; i < count; i++) {
        uint32_t tile = kwg[i] >> 24;
        if (tile < 1 || tile > LEXICON_LETTERS || letters >> (tile - 1) != 0)
            return false;
        letters |= 1u << (tile - 1);
        if ((kwg[i] & KWG_IS_END) == 0)
            continue;
        *out_letters = letters;
        return true;
    }
    return false;
}

/* Graphs that anybody sends may have loops, and with them words without end. Nodes that nothing
 * leads to are peeled off, again and again; what is left over lies on a loop or behind one. */
static bool has_loop(const struct lexicon_node *nodes, uint32_t count, uint32_t *scratch)
{
    uint32_t *queue = scratch;
    uint32_t *leads_to = scratch + count; /* how many nodes lead here */
    memset(leads_to, 0, count * sizeof *leads_to);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t child = 0; child < count_bits(nodes[i].letters); child++)
            leads_to[(nodes[i].arc & ARC_MASK) + child]++;
    uint32_t head = 0;
    uint32_t tail = 0;
    for (uint32_t i = 0; i < count; i++)
        if (leads_to[i] == 0)
            queue[tail++] = i;
    while (head < tail) {
        const struct lexicon_node *node = &nodes[queue[head++]];
        for (uint32_t child = 0; child < count_bits(node->letters); child++)
            if (--leads_to[(node->arc & ARC_MASK) + child] == 0)
                queue[tail++] = (node->arc & ARC_MASK) + child;
    }
    return tail != count;
}

enum status lexicon_from_nodes(struct arena *arena, const char *name, const uint32_t *kwg,
                               uint32_t count, struct lexicon *out_lexicon, struct fault *out_fault)
{
    if (strlen(name) > LEXICON_NAME_MAX)
        return fault_set(out_fault, 0, 0, "a name has at most %d letters", LEXICON_NAME_MAX);
    struct lexicon_node *nodes = arena_array(arena, count, sizeof *nodes);
    if (nodes == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t arc = kwg[i] & KWG_ARC;
        nodes[i].arc = arc | ((kwg[i] & KWG_ACCEPTS) != 0 ? LEXICON_ACCEPTS : 0);
        if (arc != 0 && !list_letters(kwg, count, arc, &nodes[i].letters))
            return fault_set(out_fault, 0, 0, "node %u leads to no list of letters", (unsigned)i);
        /* With this, every way through the graph ends in a word, and walking them all is bounded.
         */
        if (kwg[i] >> 24 != 0 && arc == 0 && (kwg[i] & KWG_ACCEPTS) == 0)
            return fault_set(out_fault, 0, 0, "node %u leads to no word", (unsigned)i);
    }
    struct lexicon lexicon = {.nodes = nodes, .node_count = count};
    memcpy(lexicon.name, name, strlen(name) + 1);
    struct arena_mark mark = arena_mark(arena);
    uint32_t *scratch = arena_array(arena, (size_t)count * 2, sizeof *scratch);
    if (scratch == NULL)
        return STATUS_FULL;
    bool loops = has_loop(nodes, count, scratch);
    arena_rewind(arena, mark);
    if (loops)
        return fault_set(out_fault, 0, 0, "the graph has a loop");
    enum status status = lexicon_count(&lexicon, out_fault);
    if (status == STATUS_OK)
        *out_lexicon = lexicon;
    return status;
}

/* Marks all nodes that words are made of; false where a list runs out of the file. */
static bool reach(const uint32_t *kwg, uint32_t count, uint32_t *stack, uint8_t *seen)
{
    uint32_t depth = 0;
    if ((kwg[0] & KWG_ARC) != 0)
        stack[depth++] = kwg[0] & KWG_ARC;
    while (depth > 0) {
        uint32_t i = stack[--depth];
        for (;; i++) {
            if (i >= count)
                return false;
            if (seen[i] != 0)
                break;
            seen[i] = 1;
            if ((kwg[i] & KWG_ARC) != 0) /* each node is pushed from once: no overflow */
                stack[depth++] = kwg[i] & KWG_ARC;
            if ((kwg[i] & KWG_IS_END) != 0)
                break;
        }
    }
    return true;
}

enum status lexicon_from_kwg(struct arena *arena, const char *name, const void *bytes, size_t size,
                             struct lexicon *out_lexicon, struct fault *out_fault)
{
    if (size == 0 || size % 4 != 0)
        return fault_set(out_fault, 0, 0, "a KWG file is a list of 4-byte nodes");
    if (size / 4 > LEXICON_NODES_MAX)
        return STATUS_FULL;
    uint32_t count = (uint32_t)(size / 4);
    uint32_t *kwg = arena_array(arena, count, sizeof *kwg);
    uint32_t *stack = arena_array(arena, (size_t)count + 1, sizeof *stack);
    uint8_t *seen = arena_array(arena, count, 1);
    if (kwg == NULL || stack == NULL || seen == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < count; i++)
        kwg[i] = read_le32((const unsigned char *)bytes + (size_t)i * 4);
    if (!reach(kwg, count, stack, seen))
        return fault_set(out_fault, 0, 0, "a list of letters has no end");
    kwg[0] &= KWG_ARC;
    uint32_t needed = 1;
    for (uint32_t i = 1; i < count; i++) {
        if (seen[i] != 0)
            needed = i + 1;
        else
            kwg[i] = KWG_IS_END; /* of the GADDAG: nothing leads here */
    }
    return lexicon_from_nodes(arena, name, kwg, needed, out_lexicon, out_fault);
}

static void add_le32(struct text *text, uint32_t number)
{
    unsigned char bytes[4] = {(unsigned char)number, (unsigned char)(number >> 8),
                              (unsigned char)(number >> 16), (unsigned char)(number >> 24)};
    text_add(text, (const char *)bytes, sizeof bytes);
}

/* Which letter each node stands for and where lists end is in the lists that lead to it. */
static void fill_tiles(const struct lexicon *lexicon, uint32_t *kwg)
{
    for (uint32_t i = 0; i < lexicon->node_count; i++) {
        const struct lexicon_node *node = &lexicon->nodes[i];
        kwg[i] |= node->arc & ARC_MASK;
        kwg[i] |= (node->arc & LEXICON_ACCEPTS) != 0 ? KWG_ACCEPTS : 0;
        uint32_t child = node->arc & ARC_MASK;
        for (uint32_t left = node->letters; left != 0; left &= left - 1, child++) {
            kwg[child] |= (uint32_t)(lowest_letter(left) + 1) << 24;
            if ((left & (left - 1)) == 0)
                kwg[child] |= KWG_IS_END;
        }
    }
    kwg[0] |= KWG_IS_END;
}

void lexicon_write_kwg(const struct lexicon *lexicon, struct text *out_kwg)
{
    uint32_t *kwg = arena_array(out_kwg->arena, lexicon->node_count, sizeof *kwg);
    if (kwg == NULL) {
        out_kwg->full = true;
        return;
    }
    fill_tiles(lexicon, kwg);
    for (uint32_t i = 0; i < lexicon->node_count; i++)
        add_le32(out_kwg, kwg[i]);
}

/* ---- images ------------------------------------------------------------------------------ */

static const char image_magic[8] = {'A', 'R', 'B', 'L', 'E', 'X', '0', '1'};

/* The first bytes of an image; nodes and notice follow. Images are read on the kind of machine that
 * wrote them: `byte_order` says whether this is one. */
struct image_head {
    char magic[8];
    uint32_t byte_order;
    uint32_t word_count;
    uint32_t node_count;
    uint32_t notice_size;
    char name[LEXICON_NAME_MAX + 1];
    uint8_t hash[LEXICON_HASH_SIZE];
};

#define IMAGE_BYTE_ORDER 0x01020304u

bool lexicon_is_image(const void *bytes, size_t size)
{
    return size >= sizeof image_magic && memcmp(bytes, image_magic, sizeof image_magic) == 0;
}

void lexicon_write_image(const struct lexicon *lexicon, struct text_span notice,
                         struct text *out_image)
{
    struct image_head head = {
        .byte_order = IMAGE_BYTE_ORDER,
        .word_count = lexicon->word_count,
        .node_count = lexicon->node_count,
        .notice_size = (uint32_t)notice.size,
    };
    memcpy(head.magic, image_magic, sizeof head.magic);
    memcpy(head.name, lexicon->name, sizeof head.name);
    memcpy(head.hash, lexicon->hash, sizeof head.hash);
    text_add(out_image, (const char *)&head, sizeof head);
    text_add(out_image, (const char *)lexicon->nodes, lexicon->node_count * sizeof *lexicon->nodes);
    text_add(out_image, notice.data, notice.size);
}

/* Every list must lie within the nodes, past the node that leads to it or not: a lookup takes one
 * step a letter, so that loops cost nothing there; bounds are what matters. */
static bool nodes_are_in_bounds(const struct lexicon_node *nodes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t first = nodes[i].arc & ~LEXICON_ACCEPTS;
        uint32_t children = count_bits(nodes[i].letters);
        if (nodes[i].letters >> LEXICON_LETTERS != 0 || first > ARC_MASK ||
            first + children > count || (children > 0 && first == 0))
            return false;
    }
    return true;
}

enum status lexicon_from_image(const void *bytes, size_t size, struct lexicon *out_lexicon,
                               struct fault *out_fault)
{
    struct image_head head;
    assert((uintptr_t)bytes % 8 == 0);
    if (size < sizeof head || !lexicon_is_image(bytes, size))
        return fault_set(out_fault, 0, 0, "not the image of a lexicon");
    memcpy(&head, bytes, sizeof head);
    if (head.byte_order != IMAGE_BYTE_ORDER)
        return fault_set(out_fault, 0, 0, "the image was built on another kind of machine");
    size_t nodes_size = (size_t)head.node_count * sizeof(struct lexicon_node);
    if (head.node_count == 0 || head.node_count > LEXICON_NODES_MAX ||
        size != sizeof head + nodes_size + head.notice_size ||
        memchr(head.name, '\0', sizeof head.name) == NULL)
        return fault_set(out_fault, 0, 0, "the image is cut short or damaged");
    const char *base = bytes;
    struct lexicon lexicon = {
        .nodes = (const struct lexicon_node *)(const void *)(base + sizeof head),
        .node_count = head.node_count,
        .word_count = head.word_count,
        .notice = {base + sizeof head + nodes_size, head.notice_size},
    };
    if (!nodes_are_in_bounds(lexicon.nodes, lexicon.node_count))
        return fault_set(out_fault, 0, 0, "a node of the image leads out of it");
    memcpy(lexicon.name, head.name, sizeof lexicon.name);
    memcpy(lexicon.hash, head.hash, sizeof lexicon.hash);
    *out_lexicon = lexicon;
    return STATUS_OK;
}
