/*
 * bench-game-fire: plays prepared games on their players' sockets, many at once, as fast as the
 * house takes them: a move is made when the mover has heard of the one before. Says how many moves
 * a second were accepted and how long they took, to the answer and to the event at the opponent.
 *
 *     bench-game-fire URL AT_ONCE < PLAN
 *
 *     game ID TOKEN-OF-FIRST TOKEN-OF-SECOND
 *     move SEAT TEXT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "bus/loop.h"
#include "websocket/dial.h"
#include "websocket/websocket.h"

enum { MOVES_MAX = 128, MESSAGE_MAX = 1 << 20, LINE_BYTES = 8192 };

struct move {
    int seat;
    char *text;
};

struct game;

struct seat {
    struct game *game;
    char *token;
    int descriptor;
    struct websocket *websocket;
    bool watches;
};

struct game {
    struct bench *bench;
    struct game *next;
    char *id;
    struct seat seats[2];
    struct move moves[MOVES_MAX];
    int move_count;
    int played;   /* moves sent */
    int heard;    /* turns the opponent heard of */
    int answered; /* moves answered */
    int64_t sent_us;
};

struct bench {
    struct loop *loop;
    const char *url;
    struct game *waiting;
    int open;
    int64_t *answers_us;
    int64_t *events_us;
    size_t answer_count;
    size_t event_count;
    size_t capacity;
};

static _Noreturn void give_up(const char *what, const char *more)
{
    fprintf(stderr, "bench-game-fire: %s %s\n", what, more);
    exit(1);
}

static char *copy(const char *text)
{
    char *kept = strdup(text);
    if (kept == NULL)
        give_up("out of memory", "");
    return kept;
}

/* ---- the plan ---------------------------------------------------------------------------- */

static void read_plan(struct bench *bench)
{
    static char line[LINE_BYTES];
    struct game *game = NULL;
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "game ", 5) == 0) {
            game = calloc(1, sizeof *game);
            if (game == NULL)
                give_up("out of memory", "");
            game->bench = bench;
            game->id = copy(strtok(line + 5, " "));
            for (int seat = 0; seat < 2; seat++)
                game->seats[seat] = (struct seat){.game = game, .token = copy(strtok(NULL, " "))};
            game->next = bench->waiting;
            bench->waiting = game;
        } else if (strncmp(line, "move ", 5) == 0 && game != NULL && game->move_count < MOVES_MAX) {
            game->moves[game->move_count++] =
                (struct move){.seat = line[5] - '0', .text = copy(line + 7)};
            bench->capacity++;
        }
    }
    bench->answers_us = calloc(bench->capacity + 1, sizeof(int64_t));
    bench->events_us = calloc(bench->capacity + 1, sizeof(int64_t));
    if (bench->capacity == 0 || bench->answers_us == NULL || bench->events_us == NULL)
        give_up("no plan", "on standard input");
}

/* ---- playing ----------------------------------------------------------------------------- */

static void say(struct seat *seat, const char *text)
{
    if (!websocket_send(seat->websocket, text, strlen(text)))
        give_up("a socket does not take", text);
}

static void play_on(struct game *game)
{
    char text[512];
    const struct move *move = &game->moves[game->played];
    (void)snprintf(text, sizeof text, "#m move %s %d %s", game->id, game->played, move->text);
    game->played++;
    game->sent_us = clock_monotonic_us();
    say(&game->seats[move->seat], text);
}

static void start_next(struct bench *bench);

static void finish(struct game *game)
{
    struct bench *bench = game->bench;
    for (int seat = 0; seat < 2; seat++)
        websocket_close(game->seats[seat].websocket, WEBSOCKET_NORMAL, "");
    bench->open--;
    if (bench->waiting != NULL)
        start_next(bench);
    else if (bench->open == 0)
        loop_stop(bench->loop);
}

/* The next move is made when both know of the last one. */
static void go_on(struct game *game)
{
    if (game->heard < game->played || game->answered < game->played)
        return;
    if (game->played < game->move_count)
        play_on(game);
    else
        finish(game);
}

/* Returns the turn count of an event, 0 where it is none of a turn. */
static int turn_of(const char *text)
{
    static const char name[] = " data.turn_count=";
    const char *at = strstr(text, name);
    return at != NULL ? atoi(at + sizeof name - 1) : 0;
}

/* Lines: cheap to tell apart, so that the bench is not what is measured. */
static void on_text(const char *text, size_t size, void *user)
{
    struct seat *seat = user;
    struct game *game = seat->game;
    struct bench *bench = game->bench;
    int64_t now_us = clock_monotonic_us();
    (void)size;
    if (strncmp(text, "error", 5) == 0)
        give_up(game->id, text);
    if (strncmp(text, "ok #m ", 6) == 0) {
        bench->answers_us[bench->answer_count++] = now_us - game->sent_us;
        game->answered++;
        go_on(game);
    } else if (strncmp(text, "ok #w ", 6) == 0) {
        seat->watches = true;
        if (game->seats[0].watches && game->seats[1].watches)
            play_on(game);
    } else if (strncmp(text, "event ", 6) == 0 && turn_of(text) == game->heard + 1 &&
               seat == &game->seats[1 - game->moves[game->heard].seat]) {
        bench->events_us[bench->event_count++] = now_us - game->sent_us;
        game->heard++;
        go_on(game);
    }
}

static void on_closed(unsigned code, const char *reason, void *user)
{
    struct seat *seat = user;
    if (seat->game->heard < seat->game->move_count)
        give_up("a socket was closed:", reason);
    (void)code;
    (void)close(seat->descriptor); /* all has been said */
}

static void open_seat(struct bench *bench, struct seat *seat)
{
    struct fault fault = {0};
    struct buffer early = {0};
    const struct dial where = {bench->url, "/v1/socket", seat->token};
    if (dial(&where, &seat->descriptor, &early, &fault) != STATUS_OK)
        give_up("no socket:", fault.text);
    seat->websocket =
        websocket_create(bench->loop, &(struct websocket_options){.descriptor = seat->descriptor,
                                                                  .is_client = true,
                                                                  .message_max = MESSAGE_MAX,
                                                                  .backlog_max = MESSAGE_MAX,
                                                                  .early = early.data,
                                                                  .early_size = early.size,
                                                                  .on_text = on_text,
                                                                  .on_closed = on_closed,
                                                                  .user = seat});
    buffer_deinit(&early);
    if (seat->websocket == NULL)
        give_up("out of memory", "");
}

/* All sockets are opened before the clock starts; a game starts with its players' watches. */
static void start_next(struct bench *bench)
{
    struct game *game = bench->waiting;
    char text[128];
    bench->waiting = game->next;
    bench->open++;
    (void)snprintf(text, sizeof text, "#w watch %s 1", game->id);
    for (int seat = 0; seat < 2; seat++)
        say(&game->seats[seat], text);
}

/* ---- figures ----------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    int64_t difference = *(const int64_t *)a - *(const int64_t *)b;
    return difference < 0 ? -1 : difference > 0;
}

static double at_ms(const int64_t *sorted, size_t count, double part)
{
    return (double)sorted[(size_t)((double)(count - 1) * part)] / 1000.0;
}

static void print_figures(struct bench *bench, int64_t us)
{
    struct rusage usage;
    qsort(bench->answers_us, bench->answer_count, sizeof(int64_t), compare);
    qsort(bench->events_us, bench->event_count, sizeof(int64_t), compare);
    (void)getrusage(RUSAGE_SELF, &usage); /* cannot fail */
    printf("{\"moves\": %zu, \"seconds\": %.2f, \"per_second\": %.0f, \"answer_p50_ms\": %.1f, "
           "\"answer_p99_ms\": %.1f, \"event_p50_ms\": %.1f, \"event_p99_ms\": %.1f, "
           "\"own_cpu_s\": %.2f}\n",
           bench->event_count, (double)us / 1e6, (double)bench->event_count * 1e6 / (double)us,
           at_ms(bench->answers_us, bench->answer_count, 0.5),
           at_ms(bench->answers_us, bench->answer_count, 0.99),
           at_ms(bench->events_us, bench->event_count, 0.5),
           at_ms(bench->events_us, bench->event_count, 0.99),
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
               (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (argc != 3)
        give_up("usage: bench-game-fire URL AT_ONCE", "< PLAN");
    bench.loop = loop_create();
    bench.url = argv[1];
    read_plan(&bench);
    for (struct game *game = bench.waiting; game != NULL; game = game->next)
        for (int seat = 0; seat < 2; seat++)
            open_seat(&bench, &game->seats[seat]);
    int64_t start_us = clock_monotonic_us();
    for (int i = 0; i < atoi(argv[2]) && bench.waiting != NULL; i++)
        start_next(&bench);
    loop_run(bench.loop);
    print_figures(&bench, clock_monotonic_us() - start_us);
    return 0;
}
