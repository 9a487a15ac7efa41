#include "gamesvc/event_key.h"

#include <ctype.h>
#include <string.h>

size_t event_key_size(const char *id)
{
    size_t size = 0;
    while (isalnum((unsigned char)id[size]))
        size++;
    return size > 0 && id[size] == '_' ? size + 1 : 0;
}

bool event_key_is_reused(const char *id, const char *other)
{
    size_t size = event_key_size(id);
    return size > 0 && strncmp(id, other, size) == 0 && strcmp(id, other) != 0;
}
