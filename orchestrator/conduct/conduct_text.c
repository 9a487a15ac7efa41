/* A history as lines of words; reasons, which have blanks, come last on their lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/conduct/conduct.h"

enum { WORDS = 8, LINE_MAX = 512 };

const char *conduct_history_write(const struct conduct_history *history, struct arena *arena)
{
    const char *text = arena_format(arena, "conduct 1 %.6f %lld %d %lld\n", history->points_before,
                                    (long long)history->points_at_ms, history->suspensions_before,
                                    (long long)history->joined_ms);
    for (int i = 0; i < history->count && text != NULL; i++) {
        const struct conduct_entry *entry = &history->entries[i];
        text = arena_format(arena, "%s%lld %s %s %.6f %d %d %lld %s %s\n", text,
                            (long long)entry->at_ms, entry->game_id, entry->outcome, entry->points,
                            entry->is_reversed, (int)entry->measure, (long long)entry->until_ms,
                            entry->from[0] != '\0' ? entry->from : "-", entry->because);
    }
    return text;
}

/* Cuts the next word off a line; false where there is none. */
static bool next_word(char **line, char **out_word)
{
    char *end = strchr(*line, ' ');
    if (end == NULL || end == *line)
        return false;
    *end = '\0';
    *out_word = *line;
    *line = end + 1;
    return true;
}

static bool to_number(const char *word, int64_t min, int64_t max, int64_t *out)
{
    char *end = NULL;
    long long number = strtoll(word, &end, 10);
    *out = number;
    return end != word && *end == '\0' && number >= min && number <= max;
}

static bool to_points(const char *word, double *out)
{
    char *end = NULL;
    *out = strtod(word, &end);
    return end != word && *end == '\0' && *out >= 0.0 && *out < 1e9;
}

static bool to_name(const char *word, char out[CONDUCT_NAME_MAX])
{
    if (strlen(word) >= CONDUCT_NAME_MAX)
        return false;
    memcpy(out, word, strlen(word) + 1);
    return true;
}

static bool read_entry(char *line, struct conduct_entry *out)
{
    char *words[WORDS];
    int64_t is_reversed;
    int64_t measure;
    for (int i = 0; i < WORDS; i++)
        if (!next_word(&line, &words[i]))
            return false;
    if (!to_number(words[0], 0, INT64_MAX, &out->at_ms) || !to_name(words[1], out->game_id) ||
        !to_name(words[2], out->outcome) || !to_points(words[3], &out->points) ||
        !to_number(words[4], 0, 1, &is_reversed) ||
        !to_number(words[5], 0, CONDUCT_SUSPENDED, &measure) ||
        !to_number(words[6], 0, INT64_MAX, &out->until_ms) || !to_name(words[7], out->from) ||
        strlen(line) >= sizeof out->because)
        return false;
    if (strcmp(out->from, "-") == 0)
        out->from[0] = '\0';
    out->is_reversed = is_reversed != 0;
    out->measure = (enum conduct_measure)measure;
    memcpy(out->because, line, strlen(line) + 1);
    return true;
}

static bool read_head(char *line, struct conduct_history *out)
{
    char *words[5];
    int64_t suspensions;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (!next_word(&line, &words[i]))
            return false;
    out->suspensions_before = 0;
    if (strcmp(words[0], "conduct") != 0 || strcmp(words[1], "1") != 0 ||
        !to_points(words[2], &out->points_before) ||
        !to_number(words[3], 0, INT64_MAX, &out->points_at_ms) ||
        !to_number(words[4], 0, 1000000, &suspensions) ||
        !to_number(line, 0, INT64_MAX, &out->joined_ms))
        return false;
    out->suspensions_before = (int)suspensions;
    return true;
}

enum status conduct_history_read(const char *text, struct conduct_history *out_history)
{
    struct conduct_history history = {0};
    bool is_first = true;
    for (; *text != '\0'; is_first = false) {
        char line[LINE_MAX];
        size_t size = strcspn(text, "\n");
        if (size >= sizeof line || text[size] == '\0' || history.count == CONDUCT_ENTRIES_MAX)
            return STATUS_DATA_LOSS;
        memcpy(line, text, size);
        line[size] = '\0';
        if (is_first ? !read_head(line, &history)
                     : !read_entry(line, &history.entries[history.count]))
            return STATUS_DATA_LOSS;
        history.count += !is_first;
        text += size + 1;
    }
    *out_history = history;
    return STATUS_OK;
}
