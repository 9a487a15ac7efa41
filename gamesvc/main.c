/* arbiter-gamesvc: the reference game service. */
#include "gamesvc/gamesvc.h"
#include "service/service.h"

#include <stdlib.h>

#include "base/log.h"
#include "gamesvc/lexicon/lexicon_shelf.h"
#include "gamesvc/seal.h"

/* The service and the words it plays with. */
struct room {
    struct gamesvc *gamesvc;
    struct lexicon_shelf shelf;
    struct seal_keys keys;
};

static void log_lexicons(const struct lexicon_shelf *shelf)
{
    for (int i = 0; i < shelf->count; i++)
        log_event(LOG_INFO, "lexicon_open", "name=%s words=%u", shelf->files[i].lexicon.name,
                  shelf->files[i].lexicon.word_count);
    if (shelf->count == 0)
        log_event(LOG_WARN, "no_lexicons", "next=\"games with words are refused\"");
}

static void log_keys(const struct seal_keys *keys)
{
    if (keys->count == 0)
        log_event(LOG_WARN, "no_seal_keys", "next=\"games with secrets are refused\"");
}

static void log_unsafe(const char *folder)
{
    if (folder[0] != '\0')
        log_event(LOG_WARN, "unsafe_draws", "folder=\"%s\" next=\"games are not fair: tests only\"",
                  folder);
}

static void close_room(struct room *room)
{
    gamesvc_destroy(room->gamesvc);
    lexicon_shelf_close(&room->shelf);
    seal_keys_forget(&room->keys);
    free(room);
}

static void *start(struct bus *bus, const struct service_settings *settings,
                   struct fault *out_fault)
{
    struct room *room = calloc(1, sizeof *room);
    if (room == NULL)
        return NULL;
    const struct gamesvc_options options = {
        .shelf = &room->shelf,
        .keys = &room->keys,
        .unsafe_draws = service_text(settings, SERVICE_UNSAFE_DRAWS),
        .hands_bytes_max = (size_t)service_port(settings, SERVICE_HANDS_MB) << 20};
    enum status status =
        lexicon_shelf_open(&room->shelf, service_text(settings, SERVICE_LEXICONS), out_fault);
    if (status == STATUS_OK)
        status = seal_keys_read(&room->keys, service_text(settings, SERVICE_SEAL_KEYS), out_fault);
    if (status == STATUS_OK) {
        log_lexicons(&room->shelf);
        log_keys(&room->keys);
        log_unsafe(options.unsafe_draws);
        room->gamesvc = gamesvc_create(bus, &options);
    }
    if (room->gamesvc != NULL)
        return room;
    close_room(room);
    return NULL;
}

static void stop(void *self)
{
    close_room(self);
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
    service_metric(out, "game_requests_total", "counter", "Requests and answers between players.",
                   (double)stats.requests);
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
