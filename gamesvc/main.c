/* arbiter-gamesvc: the reference game service. */
#include "gamesvc/gamesvc.h"
#include "service/service.h"

#include <stdlib.h>

#include "base/log.h"
#include "gamesvc/lexicon/lexicon_shelf.h"

/* The service and the words it plays with. */
struct room {
    struct gamesvc *gamesvc;
    struct lexicon_shelf shelf;
};

static void log_lexicons(const struct lexicon_shelf *shelf)
{
    for (int i = 0; i < shelf->count; i++)
        log_event(LOG_INFO, "lexicon_open", "name=%s words=%u", shelf->files[i].lexicon.name,
                  shelf->files[i].lexicon.word_count);
    if (shelf->count == 0)
        log_event(LOG_WARN, "no_lexicons", "next=\"games with words are refused\"");
}

static void *start(struct bus *bus, const struct service_settings *settings,
                   struct fault *out_fault)
{
    struct room *room = calloc(1, sizeof *room);
    if (room == NULL)
        return NULL;
    if (lexicon_shelf_open(&room->shelf, service_text(settings, SERVICE_LEXICONS), out_fault) ==
        STATUS_OK) {
        log_lexicons(&room->shelf);
        room->gamesvc = gamesvc_create(bus, &room->shelf);
    }
    if (room->gamesvc != NULL)
        return room;
    lexicon_shelf_close(&room->shelf);
    free(room);
    return NULL;
}

static void stop(void *self)
{
    struct room *room = self;
    gamesvc_destroy(room->gamesvc);
    lexicon_shelf_close(&room->shelf);
    free(room);
}

static void write_metrics(void *self, struct buffer *out)
{
    struct gamesvc_stats stats;
    gamesvc_stats(((struct room *)self)->gamesvc, &stats);
    service_metric(out, "games_started_total", "counter", "Games started.",
                   (double)stats.games_started);
    service_metric(out, "moves_accepted_total", "counter", "Moves and reports stored.",
                   (double)stats.moves_accepted);
    service_metric(out, "moves_refused_total", "counter", "Moves and reports the rules refused.",
                   (double)stats.moves_refused);
    service_metric(out, "move_conflicts_total", "counter", "Moves judged again after another.",
                   (double)stats.conflicts);
}

int main(int argc, char **argv)
{
    return service_main(argc, argv,
                        &(struct service){.name = "gamesvc",
                                          .help = "Starts, plays and ends games.",
                                          .start = start,
                                          .write_metrics = write_metrics,
                                          .stop = stop});
}
