/* Picks one database's lines out of a migration. */
#include "store/migrations.h"

#include <string.h>

#define MARK "--["
#define MARK_END "--]"

static bool is_mark(const char *line, const char *mark)
{
    return strncmp(line, mark, strlen(mark)) == 0;
}

void migration_text(const struct migration *migration, const char *keep, struct buffer *out)
{
    bool is_skipping = false;
    for (const char *line = migration->text; *line != '\0';) {
        size_t size = strcspn(line, "\n");
        if (is_mark(line, MARK))
            is_skipping = !is_mark(line + strlen(MARK), keep);
        else if (is_mark(line, MARK_END))
            is_skipping = false;
        else if (!is_skipping)
            buffer_append(out, line, size);
        buffer_append_char(out, '\n'); /* for every line, so that errors name the file's lines */
        line += size + (line[size] == '\n');
    }
}
