/* The order of tie-breaks as directors write it, and values as people read them. */
#include "orchestrator/standing/standing.h"

#include "base/attr.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a value is written. */
enum unit { UNIT_WHOLE, UNIT_TENTHS, UNIT_HUNDREDTHS, UNIT_HALVES, UNIT_FRACTION };

/* Which modifiers a code takes. */
enum { TAKES_CUTS = 1, TAKES_FORFEITS = 2, TAKES_LIMIT = 4, TAKES_FIRST_CUTS = 8 };

struct code_row {
    const char *text;
    const char *title;
    enum unit unit;
    int takes;
};

static const struct code_row CODES[STANDING_CODE_COUNT] = {
    [STANDING_PTS] = {"PTS", "Points", UNIT_TENTHS, 0},
    [STANDING_RATIO] = {"RATIO", "Points per game", UNIT_FRACTION, 0},
    [STANDING_BH] = {"BH", "Buchholz", UNIT_TENTHS, TAKES_CUTS | TAKES_FORFEITS},
    [STANDING_FB] = {"FB", "Fore Buchholz", UNIT_TENTHS, TAKES_CUTS | TAKES_FORFEITS},
    [STANDING_AOB] = {"AOB", "Average of opponents' Buchholz", UNIT_TENTHS,
                      TAKES_CUTS | TAKES_FORFEITS},
    [STANDING_SB] = {"SB", "Sonneborn-Berger", UNIT_HUNDREDTHS, TAKES_CUTS | TAKES_FORFEITS},
    [STANDING_KS] = {"KS", "Koya", UNIT_TENTHS, TAKES_LIMIT | TAKES_FORFEITS},
    [STANDING_DE] = {"DE", "Direct encounter", UNIT_WHOLE, TAKES_FORFEITS},
    [STANDING_HH] = {"HH", "Head to head", UNIT_TENTHS, TAKES_FORFEITS},
    [STANDING_WIN] = {"WIN", "Number of wins", UNIT_WHOLE, 0},
    [STANDING_WON] = {"WON", "Games won over the board", UNIT_WHOLE, 0},
    [STANDING_BPG] = {"BPG", "Games with black", UNIT_WHOLE, 0},
    [STANDING_BWG] = {"BWG", "Wins with black", UNIT_WHOLE, 0},
    [STANDING_PS] = {"PS", "Progressive score", UNIT_TENTHS, TAKES_FIRST_CUTS},
    [STANDING_REP] = {"REP", "Rounds elected to play", UNIT_WHOLE, 0},
    [STANDING_STD] = {"STD", "Standard points", UNIT_HALVES, 0},
    [STANDING_ARO] = {"ARO", "Average rating of opponents", UNIT_WHOLE, TAKES_CUTS},
    [STANDING_TPR] = {"TPR", "Performance rating", UNIT_WHOLE, 0},
    [STANDING_PTP] = {"PTP", "Perfect performance", UNIT_WHOLE, 0},
    [STANDING_APRO] = {"APRO", "Average performance of opponents", UNIT_WHOLE, 0},
    [STANDING_APPO] = {"APPO", "Average perfect performance of opponents", UNIT_WHOLE, 0},
    [STANDING_RTNG] = {"RTNG", "Rating", UNIT_WHOLE, 0},
    [STANDING_TPN] = {"TPN", "Start number", UNIT_WHOLE, 0},
    [STANDING_SPREAD] = {"SPREAD", "Spread", UNIT_WHOLE, 0},
    [STANDING_WINS] = {"WINS", "Wins, ties half", UNIT_HALVES, 0},
    [STANDING_LOSSES] = {"LOSSES", "Losses, fewer first", UNIT_WHOLE, 0},
    [STANDING_GP] = {"GP", "Games played", UNIT_WHOLE, 0},
};

/* Other names for the same. */
static const struct {
    const char *text;
    enum standing_code code;
} ALIASES[] = {
    {"POINTS", STANDING_PTS}, {"H2H", STANDING_HH},     {"SEED", STANDING_TPN},
    {"GE", STANDING_REP},     {"SPR", STANDING_SPREAD},
};

const char *standing_code_title(enum standing_code code)
{
    assert(code >= 0 && code < STANDING_CODE_COUNT);
    return CODES[code].title;
}

/* Whether the first `size` characters of `text` are `word`, in any case. */
static bool is_word(const char *text, size_t size, const char *word)
{
    if (strlen(word) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (toupper((unsigned char)text[i]) != word[i])
            return false;
    return true;
}

static enum standing_code find_code(const char *text, size_t size)
{
    for (int code = 0; code < STANDING_CODE_COUNT; code++)
        if (is_word(text, size, CODES[code].text))
            return (enum standing_code)code;
    for (size_t i = 0; i < COUNT_OF(ALIASES); i++)
        if (is_word(text, size, ALIASES[i].text))
            return ALIASES[i].code;
    return STANDING_CODE_COUNT;
}

static bool parse_limit(const char *text, size_t size, struct standing_term *term)
{
    char *end;
    if (size < 2 || size > 4)
        return false;
    long value = strtol(text + 1, &end, 10);
    if (end != text + size || value < -99 || value > 99)
        return false;
    term->limit_half_points = (int)value;
    return true;
}

/* Applies one modifier ("C1"); false where the code does not take it. */
static bool apply_modifier(const char *text, size_t size, struct standing_term *term)
{
    int takes = CODES[term->code].takes;
    bool digit = size == 2 && (text[1] == '1' || text[1] == '2');
    int cut = digit ? text[1] - '0' : 0;
    switch (toupper((unsigned char)text[0])) {
    case 'C':
        term->cut_low = cut;
        term->cut_high = 0;
        return digit && (takes & (TAKES_CUTS | TAKES_FIRST_CUTS)) != 0;
    case 'M':
        term->cut_low = cut;
        term->cut_high = cut;
        return digit && (takes & TAKES_CUTS) != 0;
    case 'P':
        term->forfeits_played = true;
        return size == 1 && (takes & TAKES_FORFEITS) != 0;
    case 'L':
        return (takes & TAKES_LIMIT) != 0 && parse_limit(text, size, term);
    default:
        return false;
    }
}

/* Reads an order from left to right. */
struct reader {
    const char *start;
    const char *at;
    struct fault *fault;
    int edition; /* -1 = not stated */
};

static enum status complain(const struct reader *reader, const char *at, const char *text,
                            const char *name, size_t size)
{
    int column = (int)(at - reader->start) + 1;
    enum status status =
        fault_set(reader->fault, 1, column, "%s '%.*s'", text, size < 40 ? (int)size : 40, name);
    fault_hint(reader->fault, "write codes like BH/C1,SB,DE,TPN; modifiers are C1 C2 M1 M2 P L1");
    return status;
}

static bool ends_word(char character)
{
    return character == '\0' || strchr("/@:,;+ \t", character) != NULL;
}

static size_t word_size(const char *text)
{
    size_t size = 0;
    bool limit = text[0] == 'L' || text[0] == 'l'; /* "L+1" has a plus of its own */
    while (!ends_word(text[size]) || (limit && size == 1 && text[size] == '+'))
        size++;
    return size;
}

static enum status read_suffix(struct reader *reader, struct standing_term *term)
{
    char mark = *reader->at++;
    const char *word = reader->at;
    size_t size = word_size(word);
    reader->at += size;
    if (mark == '/') {
        if (size == 0 || !apply_modifier(word, size, term))
            return complain(reader, word, "this tie-break takes no modifier", word, size);
    } else if (mark == ':') {
        if (!is_word(word, size, "GP") && !is_word(word, size, "MP"))
            return complain(reader, word, "no such score", word, size);
        if (is_word(word, size, "MP"))
            return complain(reader, word, "match points are for teams:", word, size);
    } else {
        int edition = is_word(word, size, "24")   ? STANDING_2024
                      : is_word(word, size, "26") ? STANDING_2026
                                                  : -1;
        if (edition < 0)
            return complain(reader, word, "no such edition", word, size);
        if (reader->edition >= 0 && reader->edition != edition)
            return complain(reader, word, "another edition than before:", word, size);
        reader->edition = edition;
    }
    return STATUS_OK;
}

static enum status read_term(struct reader *reader, struct standing_term *out_term)
{
    const char *word = reader->at;
    size_t size = word_size(word);
    struct standing_term term = {.code = find_code(word, size)};
    if (term.code == STANDING_CODE_COUNT)
        return complain(reader, word, "no tie-break is called", word, size);
    reader->at += size;
    while (*reader->at == '/' || *reader->at == '@' || *reader->at == ':') {
        enum status status = read_suffix(reader, &term);
        if (status != STATUS_OK)
            return status;
    }
    *out_term = term;
    return STATUS_OK;
}

enum status standing_order_parse(const char *text, struct standing_options *options,
                                 struct fault *out_fault)
{
    struct standing_term order[STANDING_TERMS_MAX];
    struct reader reader = {.start = text, .at = text, .fault = out_fault, .edition = -1};
    int count = 0;
    for (;;) {
        reader.at += strspn(reader.at, ",;+ \t");
        if (*reader.at == '\0')
            break;
        if (count == STANDING_TERMS_MAX)
            return complain(&reader, reader.at, "more than 24 tie-breaks:", reader.at,
                            word_size(reader.at));
        enum status status = read_term(&reader, &order[count]);
        if (status != STATUS_OK)
            return status;
        count++;
    }
    memcpy(options->order, order, (size_t)count * sizeof order[0]);
    options->order_count = count;
    if (reader.edition >= 0)
        options->edition = (enum standing_edition)reader.edition;
    return STATUS_OK;
}

const char *standing_term_text(const struct standing_term *term, char out[STANDING_TERM_TEXT_MAX])
{
    char cut[8] = "";
    char limit[8] = "";
    if (term->cut_high > 0)
        snprintf(cut, sizeof cut, "/M%d", term->cut_high % 10);
    else if (term->cut_low > 0)
        snprintf(cut, sizeof cut, "/C%d", term->cut_low % 10);
    if (term->limit_half_points != 0)
        snprintf(limit, sizeof limit, "/L%+d", term->limit_half_points % 100);
    snprintf(out, STANDING_TERM_TEXT_MAX, "%s%s%s%s", CODES[term->code].text, cut, limit,
             term->forfeits_played ? "/P" : "");
    return out;
}

/* Writes number / 10^digits without trailing zeros. */
static void write_decimal(int64_t number, int digits, char out[STANDING_TERM_TEXT_MAX])
{
    int64_t unit = digits == 2 ? 100 : 10;
    int64_t whole = (number < 0 ? -number : number) / unit;
    int64_t part = (number < 0 ? -number : number) % unit;
    const char *sign = number < 0 ? "-" : "";
    if (part != 0 && digits == 2 && part % 10 == 0) {
        part /= 10;
        digits = 1;
    }
    if (part == 0)
        snprintf(out, STANDING_TERM_TEXT_MAX, "%s%" PRId64, sign, whole);
    else
        snprintf(out, STANDING_TERM_TEXT_MAX, "%s%" PRId64 ".%0*" PRId64, sign, whole, digits,
                 part);
}

const char *standing_value_text(const struct standing_term *term,
                                const struct standing_value *value,
                                char out[STANDING_TERM_TEXT_MAX])
{
    int64_t number = value->numerator;
    if (!value->exists) {
        snprintf(out, STANDING_TERM_TEXT_MAX, "-");
        return out;
    }
    enum unit unit = CODES[term->code].unit;
    if (value->denominator > 1) { /* two decimals, halves up */
        int64_t scaled = unit == UNIT_TENTHS ? number * 10 : number * 100;
        int64_t doubled = 2 * scaled + value->denominator;
        int64_t rounded = doubled / (2 * (int64_t)value->denominator);
        write_decimal(rounded, 2, out);
        return out;
    }
    switch (unit) {
    case UNIT_WHOLE:
        snprintf(out, STANDING_TERM_TEXT_MAX, "%" PRId64, number);
        break;
    case UNIT_FRACTION:
        write_decimal(number * 100, 2, out);
        break;
    case UNIT_TENTHS:
        write_decimal(number, 1, out);
        break;
    case UNIT_HUNDREDTHS:
        write_decimal(number, 2, out);
        break;
    case UNIT_HALVES:
        write_decimal(number * 5, 1, out);
        break;
    }
    return out;
}
