/* `arbiter journal`: who did what when, in a tournament or to one instance. */
#include "cli/command.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/live_journal.h"
#include "cli/machine.h"
#include "cli/show.h"

enum { LINE_BYTES_MAX = 256 << 20, WORDS_MAX = 512 };

static const char usage[] =
    "Usage: arbiter journal TOURNAMENT|INSTANCE [--all] [--json] [--nats URL] [--dir DIR]\n"
    "\n"
    "Prints who did what when, in the order of time: of a tournament and its divisions, or of one\n"
    "instance (\"board:spring-1-r2-b3\"). Every step is replayed on the way and compared with "
    "what\n"
    "the store kept; the exit status is 1 where one differs.\n"
    "\n"
    "  --all       the tournament's boards and games, too\n"
    "  --json      a line of JSON a step\n"
    "  --nats URL  the house's NATS (default: ARBITER_NATS_URL, or the house in --dir)\n"
    "  --dir DIR   where a house of `arbiter up` is kept (default: ./.arbiter)\n"
    "  --help      this text\n";

/* One step of one instance; texts in the arena. */
struct line {
    int64_t at_ms;
    int64_t seq;
    const char *instance_id;
    const char *events; /* names, separated by ", " */
    const char *active;
    const char *actor;
    const char *note;
    const char *effects;
};

struct listing {
    struct arena arena;
    struct live *live;
    struct live_journal *journal;
    const char *instance_id; /* being walked */
    struct line *lines;
    size_t count;
    size_t capacity;
    bool has_all;
    bool is_json;
    bool is_full;
};

/* ---- gathering --------------------------------------------------------------------------- */

static const char *keep(struct listing *listing, const char *text)
{
    const char *copy = arena_copy(&listing->arena, text, strlen(text));
    listing->is_full = listing->is_full || copy == NULL;
    return copy;
}

static const char *event_names(struct listing *listing, const Arbiter__V1__JournalEntry *entry)
{
    struct buffer names = {.limit = WORDS_MAX}; /* what is more is cut */
    for (size_t i = 0; i < entry->n_events; i++)
        buffer_format(&names, "%s%s", i > 0 ? ", " : "", entry->events[i]->name);
    const char *text = keep(listing, buffer_text(&names));
    buffer_deinit(&names);
    return text;
}

/* Whoever sent the event that the step took. */
static const char *actor_of(const Arbiter__V1__JournalEntry *entry)
{
    const char *actor = entry->actor;
    for (size_t i = 0; i < entry->n_events && actor[0] == '\0'; i++)
        actor = entry->events[i]->actor;
    return actor;
}

static bool on_step(const struct replay *replay, const Arbiter__V1__JournalEntry *entry, void *user)
{
    struct listing *listing = user;
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity > 0 ? listing->capacity * 2 : 256;
        struct line *lines = realloc(listing->lines, capacity * sizeof *lines);
        listing->is_full = lines == NULL;
        if (lines == NULL)
            return false;
        listing->lines = lines;
        listing->capacity = capacity;
    }
    listing->lines[listing->count++] = (struct line){
        .at_ms = entry->now_ms,
        .seq = entry->seq,
        .instance_id = listing->instance_id,
        .events = event_names(listing, entry),
        .active = fsm_leaves_text(replay->machine, replay->instance, &listing->arena),
        .actor = keep(listing, actor_of(entry)),
        .note = keep(listing, entry->note),
        .effects = keep(listing, entry->effects),
    };
    return !listing->is_full;
}

static bool gather(struct listing *listing, const char *instance_id, bool may_be_missing,
                   struct fault *out_fault)
{
    listing->instance_id = keep(listing, instance_id);
    enum status status =
        live_journal_walk(listing->journal, instance_id, on_step, listing, out_fault);
    if (status == STATUS_NOT_FOUND && may_be_missing)
        return true; /* a board that has not begun */
    if (listing->is_full)
        (void)fault_set(out_fault, 0, 0, "more steps than fit into memory");
    return status == STATUS_OK && !listing->is_full;
}

/* ---- the instances of a tournament ------------------------------------------------------- */

struct members {
    struct listing *listing;
    const char **ids;
    size_t count;
};

static void on_tournament(const struct bus_answer *answer, void *user)
{
    struct members *members = user;
    const Arbiter__V1__Tournament *tournament =
        ((const Arbiter__V1__GetTournamentReply *)answer->output)->tournament;
    members->ids =
        arena_array(&members->listing->arena, tournament->n_divisions, sizeof *members->ids);
    for (size_t i = 0; members->ids != NULL && i < tournament->n_divisions; i++)
        members->ids[members->count++] =
            keep(members->listing, tournament->divisions[i]->division_id);
}

static void on_division(const struct bus_answer *answer, void *user)
{
    struct members *members = user;
    struct arena *arena = &members->listing->arena;
    const Arbiter__V1__Division *division =
        ((const Arbiter__V1__GetDivisionReply *)answer->output)->division;
    members->count = 0;
    members->ids = arena_array(arena, 2 * division->n_pairings, sizeof *members->ids);
    for (size_t i = 0; members->ids != NULL && i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *pairing = division->pairings[i];
        members->ids[members->count++] = arena_format(
            arena, "board:%s-r%d-b%d", division->division_id, pairing->round, pairing->board);
        if (pairing->game_id[0] != '\0')
            members->ids[members->count++] = arena_format(arena, "game:%s", pairing->game_id);
    }
}

static bool ask(struct listing *listing, const char *method, const ProtobufCMessage *input,
                bus_on_answer on_answer, struct members *members, struct fault *out_fault)
{
    struct bus_call call = {
        .service = &arbiter__v1__store__descriptor, .method = method, .input = input};
    return live_call(listing->live, &call, on_answer, members, out_fault) == STATUS_OK;
}

static bool gather_boards(struct listing *listing, const char *division_id, struct fault *out_fault)
{
    struct members boards = {.listing = listing};
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = (char *)division_id;
    bool is_good = ask(listing, "GetDivision", &request.base, on_division, &boards, out_fault);
    for (size_t i = 0; is_good && i < boards.count; i++)
        is_good = boards.ids[i] != NULL && gather(listing, boards.ids[i], true, out_fault);
    return is_good;
}

static bool gather_tournament(struct listing *listing, const char *id, struct fault *out_fault)
{
    struct members divisions = {.listing = listing};
    Arbiter__V1__GetTournamentRequest request = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    request.tournament_id = (char *)id;
    bool is_good =
        ask(listing, "GetTournament", &request.base, on_tournament, &divisions, out_fault);
    const char *instance_id = arena_format(&listing->arena, "tournament:%s", id);
    is_good = is_good && instance_id != NULL && gather(listing, instance_id, false, out_fault);
    for (size_t i = 0; is_good && i < divisions.count; i++) {
        instance_id = arena_format(&listing->arena, "division:%s", divisions.ids[i]);
        is_good = instance_id != NULL && gather(listing, instance_id, true, out_fault);
        if (is_good && listing->has_all)
            is_good = gather_boards(listing, divisions.ids[i], out_fault);
    }
    return is_good;
}

/* ---- printing ---------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;
    if (left->at_ms != right->at_ms)
        return left->at_ms < right->at_ms ? -1 : 1;
    int order = strcmp(left->instance_id, right->instance_id);
    if (order != 0)
        return order;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

static void print_text(struct listing *listing, const struct line *line)
{
    printf("%s  %s#%" PRId64 "  %s -> %s", show_time(&listing->arena, line->at_ms),
           line->instance_id, line->seq, line->events, line->active != NULL ? line->active : "");
    if (line->actor[0] != '\0')
        printf("  by %s", line->actor);
    if (line->note[0] != '\0')
        printf("  \"%s\"", line->note);
    putchar('\n');
}

static void print_json(struct listing *listing, const struct line *line)
{
    json_t *json = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "at",
                             show_time(&listing->arena, line->at_ms), "instance_id",
                             line->instance_id, "step", (json_int_t)line->seq, "events",
                             line->events, "active", line->active != NULL ? line->active : "",
                             "actor", line->actor, "note", line->note, "effects", line->effects);
    (void)json_dumpf(json, stdout, JSON_COMPACT); /* a closed pipe is the reader's choice */
    putchar('\n');
    json_decref(json);
}

static int list(struct listing *listing, const char *name, const struct machine_house *house)
{
    struct fault fault = {0};
    listing->live = live_open(house->nats_url, house->folder, &fault);
    listing->journal = listing->live != NULL ? live_journal_open(listing->live) : NULL;
    bool is_good = listing->journal != NULL;
    if (is_good)
        is_good = strchr(name, ':') != NULL ? gather(listing, name, false, &fault)
                                            : gather_tournament(listing, name, &fault);
    if (listing->count > 0)
        qsort(listing->lines, listing->count, sizeof *listing->lines, by_time);
    for (size_t i = 0; i < listing->count; i++)
        if (listing->is_json)
            print_json(listing, &listing->lines[i]);
        else
            print_text(listing, &listing->lines[i]);
    if (!is_good)
        fprintf(stderr, "%s: %s\n", listing->instance_id != NULL ? listing->instance_id : name,
                fault.text);
    live_journal_close(listing->journal);
    live_close(listing->live);
    return is_good ? COMMAND_DONE : COMMAND_FAILED;
}

int command_journal(int argc, char **argv)
{
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'},        {"json", no_argument, NULL, 'j'},
        {"nats", required_argument, NULL, 'n'}, {"dir", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},       {0}};
    struct listing listing = {0};
    struct machine_house house = {0};
    bool is_good = true;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage, stdout);
            return COMMAND_DONE;
        }
        if (option == 'a')
            listing.has_all = true;
        else if (option == 'j')
            listing.is_json = true;
        else if (option == 'n')
            house.nats_url = optarg;
        else if (option == 'd')
            house.folder = optarg;
        is_good = is_good && option != '?';
    }
    if (!is_good || optind + 1 != argc) {
        fputs(usage, stderr);
        return COMMAND_USAGE;
    }
    arena_init(&listing.arena, LINE_BYTES_MAX);
    int result = list(&listing, argv[optind], &house);
    free(listing.lines);
    arena_deinit(&listing.arena);
    return result;
}
