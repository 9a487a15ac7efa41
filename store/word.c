/* Words: what a committed step has announced, said once, at once, to whoever waits for it. Nothing
 * hangs on them: the event itself comes through the publisher, whatever becomes of its word. */
#include <stdlib.h>
#include <string.h>

#include "proto/event_names.h"
#include "store/state.h"

/* Each part is one word of the subject, whatever it holds. */
static char subject_letter(char c)
{
    bool is_plain = (unsigned char)c > ' ' && c != 0x7f && strchr(".*>", c) == NULL;
    return is_plain ? c : '_';
}

static void append_part(char *subject, const char *part)
{
    size_t at = strlen(subject);
    if (at + 2 >= BUS_SUBJECT_MAX)
        return;
    subject[at++] = '.';
    if (*part == '\0')
        subject[at++] = '_';
    for (; *part != '\0' && at + 1 < BUS_SUBJECT_MAX; part++)
        subject[at++] = subject_letter(*part);
    subject[at] = '\0';
}

void event_subject(const char *prefix, const Arbiter__V1__Event *event, char *out)
{
    memcpy(out, prefix, strlen(prefix) + 1);
    append_part(out, event->kind);
    append_part(out, event->id);
    append_part(out, event->name);
}

void word_send(struct store *store, const Arbiter__V1__OutEvent *announced, int64_t now_ms)
{
    Arbiter__V1__Event event = ARBITER__V1__EVENT__INIT;
    char subject[BUS_SUBJECT_MAX];
    if (strcmp(announced->name, EVENT_CLOSED) != 0)
        return;
    event.kind = announced->kind;
    event.id = announced->id;
    event.name = announced->name;
    event.payload = announced->payload;
    event.at_ms = now_ms;
    size_t size = arbiter__v1__event__get_packed_size(&event);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return;                                    /* who waits hears of it from the feed */
    (void)arbiter__v1__event__pack(&event, bytes); /* sized above */
    event_subject(STORE_WORD_PREFIX, &event, subject);
    bus_publish(store->bus, subject, bytes, size);
    free(bytes);
}
