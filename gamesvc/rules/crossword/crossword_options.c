/* What a crossword game is played with, out of the options' text. */
#include "gamesvc/rules/crossword/crossword.h"

#include <string.h>

#include "gamesvc/rules/lexicon.h"

static const char *const option_keys[] = {"variant", "board",     "tiles",
                                          "lexicon", "challenge", NULL};

static const char *const challenge_names[] = {
    [CHALLENGE_VOID] = "void",           [CHALLENGE_SINGLE] = "single",
    [CHALLENGE_DOUBLE] = "double",       [CHALLENGE_FIVE_POINT] = "five-point",
    [CHALLENGE_TEN_POINT] = "ten-point", [CHALLENGE_TRIPLE] = "triple",
};

static struct text_span span_of(const char *string)
{
    return (struct text_span){string, strlen(string)};
}

/* "FIVE_POINT" is "five-point". */
static bool is_rule_name(struct text_span span, const char *name)
{
    if (span.size != strlen(name))
        return false;
    for (size_t i = 0; i < span.size; i++) {
        char character = span.data[i] == '_' ? '-' : span.data[i];
        if (character >= 'A' && character <= 'Z')
            character = (char)(character - 'A' + 'a');
        if (character != name[i])
            return false;
    }
    return true;
}

static enum status read_challenge(struct text_span span, enum challenge_rule *out_rule,
                                  struct fault *out_fault)
{
    for (size_t i = 0; i < COUNT_OF(challenge_names); i++) {
        if (!is_rule_name(span, challenge_names[i]))
            continue;
        *out_rule = (enum challenge_rule)i;
        return STATUS_OK;
    }
    return fault_set(out_fault, 0, 0,
                     "challenge must be void, single, double, five-point, ten-point or triple");
}

static enum status read_layout(const char *text, const struct layout **out_layout,
                               const struct tile_set **out_set, struct fault *out_fault)
{
    struct text_span variant = span_of("classic");
    (void)rules_option(text, "variant", &variant); /* stays classic where it is not said */
    bool is_super = text_span_is(variant, "classic_super");
    if (!is_super && !text_span_is(variant, "classic"))
        return fault_set(out_fault, 0, 0, "variant must be classic or classic_super");
    struct text_span board = span_of(is_super ? "SuperCrosswordGame" : "CrosswordGame");
    (void)rules_option(text, "board", &board); /* likewise */
    const struct layout *layout = layout_find(board);
    if (layout == NULL)
        return fault_set(out_fault, 0, 0, "no board is called '%.*s'", (int)board.size, board.data);
    struct text_span tiles = span_of(layout->tile_set);
    (void)rules_option(text, "tiles", &tiles); /* likewise */
    const struct tile_set *set = tile_set_find(tiles);
    if (set == NULL)
        return fault_set(out_fault, 0, 0, "no tiles are called '%.*s'", (int)tiles.size,
                         tiles.data);
    *out_layout = layout;
    *out_set = set;
    return STATUS_OK;
}

static enum status check_lexicon(const struct rules_options *options, struct fault *out_fault)
{
    struct text_span name;
    if (options->lexicon == NULL || !rules_option(options->text, "lexicon", &name) ||
        text_span_is(name, options->lexicon->name))
        return STATUS_OK;
    return fault_set(out_fault, 0, 0, "the game is played with lexicon '%.*s', not '%s'",
                     (int)name.size, name.data, options->lexicon->name);
}

enum status crossword_options(const struct rules_options *options, const struct layout **out_layout,
                              const struct tile_set **out_set, enum challenge_rule *out_challenge,
                              struct fault *out_fault)
{
    struct text_span challenge = span_of("double");
    enum status status = rules_options_check(options->text, option_keys, out_fault);
    if (status == STATUS_OK)
        status = read_layout(options->text, out_layout, out_set, out_fault);
    if (status == STATUS_OK)
        status = check_lexicon(options, out_fault);
    if (status != STATUS_OK)
        return status;
    (void)rules_option(options->text, "challenge", &challenge); /* stays double if not said */
    return read_challenge(challenge, out_challenge, out_fault);
}
