/* Bytes on an event's subject, as the edge takes them: an event or nothing, however deep it nests;
 * an event is one server-sent event, whatever is in its texts. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "bus/envelope_codec.h"
#include "http/push.h"
#include "seeks/feed.h"

#include "arbiter/v1/events.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arbiter__V1__Event *event = (Arbiter__V1__Event *)envelope_unpack(
        &arbiter__v1__event__descriptor, (struct envelope_bytes){data, size});
    if (event == NULL)
        return 0;
    push_frame_drop(feed_event_frame(event, FEED_SENT_EVENTS));
    push_frame_drop(feed_event_frame(event, FEED_LINES));
    json_decref(feed_event_data(event));
    arbiter__v1__event__free_unpacked(event, NULL);
    return 0;
}
