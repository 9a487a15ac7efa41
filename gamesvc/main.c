/* arbiter-gamesvc: the reference game service. */
#include "gamesvc/gamesvc.h"
#include "service/service.h"

static void *start(struct bus *bus, const struct service_settings *settings,
                   struct fault *out_fault)
{
    (void)settings;  /* nothing of ours is in them */
    (void)out_fault; /* only memory can be short */
    return gamesvc_create(bus);
}

static void stop(void *self)
{
    gamesvc_destroy(self);
}

static void write_metrics(void *self, struct buffer *out)
{
    struct gamesvc_stats stats;
    gamesvc_stats(self, &stats);
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
