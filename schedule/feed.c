/* Calendars by libical, which knows about folding, escaping and which property belongs where. */
#include "schedule/feed.h"

#include <stdlib.h>

#include <libical/ical.h>

static struct icaltimetype time_of(int64_t ms)
{
    return icaltime_from_timet_with_zone((time_t)(ms / 1000), 0, icaltimezone_get_utc_timezone());
}

static icalcomponent *entry_component(const struct feed_entry *entry)
{
    icalcomponent *event = icalcomponent_new_vevent();
    if (event == NULL)
        return NULL;
    icalcomponent_add_property(event, icalproperty_new_uid(entry->uid));
    icalcomponent_add_property(event, icalproperty_new_dtstamp(time_of(entry->stamp_ms)));
    icalcomponent_add_property(event, icalproperty_new_dtstart(time_of(entry->starts_at_ms)));
    if (entry->ends_at_ms > entry->starts_at_ms)
        icalcomponent_add_property(event, icalproperty_new_dtend(time_of(entry->ends_at_ms)));
    icalcomponent_add_property(event, icalproperty_new_summary(entry->summary));
    if (entry->description[0] != '\0')
        icalcomponent_add_property(event, icalproperty_new_description(entry->description));
    icalcomponent_add_property(event, icalproperty_new_status(entry->is_cancelled
                                                                  ? ICAL_STATUS_CANCELLED
                                                                  : ICAL_STATUS_CONFIRMED));
    return event;
}

enum status feed_write(const char *name, const struct feed_entry *entries, size_t count,
                       struct buffer *out)
{
    enum status status = STATUS_FULL;
    char *text = NULL;
    icalcomponent *calendar = icalcomponent_new_vcalendar();
    if (calendar == NULL)
        return STATUS_FULL;
    icalproperty *title = icalproperty_new_x(name);
    icalproperty_set_x_name(title, "X-WR-CALNAME");
    icalcomponent_add_property(calendar, icalproperty_new_version("2.0"));
    icalcomponent_add_property(calendar, icalproperty_new_prodid("-//Arbiter//EN"));
    icalcomponent_add_property(calendar, title);
    for (size_t i = 0; i < count; i++) {
        icalcomponent *event = entry_component(&entries[i]);
        if (event == NULL)
            goto out;
        icalcomponent_add_component(calendar, event);
    }
    text = icalcomponent_as_ical_string_r(calendar);
    if (text == NULL)
        goto out;
    buffer_append_text(out, text);
    status = out->failed ? STATUS_FULL : STATUS_OK;
out:
    free(text);
    icalcomponent_free(calendar);
    return status;
}
