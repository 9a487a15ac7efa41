#ifndef STORE_STATE_H
#define STORE_STATE_H

/*
 * state — private: the store service's own struct, shared by its files.
 */

#include "base/random.h"
#include "store/op.h"
#include "base/short_id.h"

#include "arbiter/v1/store.pb-c.h"

enum batch_state { BATCH_IDLE, BATCH_RUNNING, BATCH_COMMITTING, BATCH_ROLLING_BACK };

/* Ops that wait, and those that share the transaction under way. */
struct batch {
    enum batch_state state;
    struct op *first;
    struct op *last;
    size_t waiting;
    struct op *ops[STORE_BATCH_MAX];
    size_t count;
    size_t size_max;
    int64_t position;   /* of the next row with a position */
    bool is_oldest;     /* when it began, no older transaction was still running */
    int64_t last_event; /* position of the last event before it */
    bool is_committed;
    bool is_torn;  /* a statement of several ops failed: who is to blame is not known */
    bool is_plain; /* the next transaction sends every row by itself, to find out */
    loop_timer kick;
};

struct read_group; /* read.c */

/* Reads that wait for a session, and those under way, a group on each. */
struct reads {
    struct read_group *waiting; /* made with the first read */
    struct read_group *under_way[STORE_READERS_MAX];
    size_t count;
    loop_timer kick;
};

struct command; /* outbox.c */

struct outbox {
    struct command *first; /* under way */
    size_t count;
    loop_timer renewal; /* of the hold on their rows; set while there are any */
};

struct publisher {
    int64_t position;    /* the stream is known to hold everything up to here */
    int64_t lease_to_ms; /* 0: another replica publishes */
    int64_t page_end;    /* position of the last event of the page under way */
    size_t page_count;   /* its events */
    size_t page_left;    /* of them to be published */
    size_t unacknowledged;
    uint64_t sequence; /* the stream's last, where it is ours; 0: each event asks for its own */
    uint64_t page_sequence; /* the highest that the page was told */
    bool has_stream;
    bool is_leasing;
    bool is_busy;   /* reading or waiting for acknowledgements */
    bool is_behind; /* there is more to read */
    bool has_failed;
};

/* An event that this store has committed, encoded once; see tail.c. */
struct tail_event {
    struct tail_event *next;
    int64_t position;
    int64_t sequence;
    const char *subject;
    const uint8_t *bytes; /* an Event without sequence and after */
    size_t size;
    char memory[]; /* of the two */
};

/* All events after `from` and up to `to`, but for those that are published. */
struct tail {
    bool is_kept;
    int64_t from;
    int64_t to;
    struct tail_event *first;
    struct tail_event *last;
    size_t count;
};

struct pump {
    loop_timer timer;
    int64_t at_ms; /* when the timer is set for; 0: not set */
    bool is_busy;
};

struct store {
    ProtobufCService service; /* first: the bus gives it back */
    struct bus *bus;
    struct loop *loop;
    struct sql_session *writer;
    struct sql_session *readers[STORE_READERS_MAX];
    size_t reader_count;
    char name[40];
    struct random random;
    struct short_ids ids;
    struct batch batch;
    struct reads reads;
    struct pump pump;
    struct outbox outbox;
    struct publisher publisher;
    struct tail tail;
    loop_timer sweep;
    loop_timer housekeeping;
    int64_t sweep_ms;
    const char *unserved; /* never NULL */
    bool is_silent;
    struct store_stats stats;
};

/* The house's time: rows go by it. */
int64_t store_now_ms(const struct store *store);

/* Until when, in the house's time, a command's row is left to whoever takes it now. */
int64_t outbox_hold_until_ms(const struct store *store);

/* ---- batch.c: group commit --------------------------------------------------------------- */

/* Queues an op for the next transaction. */
void batch_add(struct store *store, struct op *op);
/* Starts a transaction soon where ops wait and none is under way. */
void batch_kick(struct store *store);
void batch_deinit(struct store *store);

/* ---- read.c ------------------------------------------------------------------------------ */

void read_start(struct store *store, struct op *op);
/* Gives what waits to sessions that are idle, soon. */
void read_kick(struct store *store);
void read_deinit(struct store *store);

/* ---- pump.c: timers, flags, outbox rows that are due ------------------------------------- */

/* Looks for due rows no later than `at_ms`. */
void pump_wake(struct store *store, int64_t at_ms);
void pump_deinit(struct store *store);

/* ---- game.c ------------------------------------------------------------------------------ */

/* A game to be created; all of it borrowed. */
struct new_game {
    const char *game_id;
    const char *request_id;
    const Arbiter__V1__CreateGameRequest *game;
};

/* Sends what creates a game under an id that somebody else has drawn. Where the id is taken the op
 * fails, ABORTED with the detail "game_id". */
void game_begin(struct op *op, const struct new_game *new_game);
/* After the commit. */
void game_begun(struct store *store, const Arbiter__V1__CreateGameRequest *game);

/* Sends what appends a game's last turn, but for the result and for telling the machine: the step
 * does that which it goes with. Where another turn came first the op fails, ABORTED with the detail
 * "turn". The turn has an event id. */
void game_append_last(struct op *op, const Arbiter__V1__AppendTurnRequest *last);

/* ---- outbox.c: commands as requests ------------------------------------------------------ */

struct outbox_row {
    const char *command_id;
    const char *instance_id;
    const char *invoke_id;
    const char *subject;
    const void *payload;
    size_t payload_size;
    const void *retry; /* encoded */
    size_t retry_size;
    int64_t attempt; /* attempts that have failed */
    int64_t timeout_ms;
    int64_t deadline_at_ms;
};

/* Makes the next attempt of a row that this replica holds for now. */
void outbox_send(struct store *store, const struct outbox_row *row);
void outbox_deinit(struct store *store);
#define OUTBOX_HOLD_MS 5000 /* a row is held so long, and held on to while its attempt lasts */

/* ---- publisher.c: events into the stream ------------------------------------------------- */

/* Whether this store publishes at present. */
bool publisher_has_lease(const struct store *store);
/* There may be events to publish. */
void publisher_wake(struct store *store);
/* Publishes on, or takes over from a replica that has gone. */
void publisher_sweep(struct store *store);
void publisher_on_bell(const char *subject, const void *data, size_t size, void *user);

/* ---- word.c: events said at once to whoever waits ---------------------------------------- */

/* Writes "<prefix>.<kind>.<id>.<name>" to `out`, of BUS_SUBJECT_MAX. */
void event_subject(const char *prefix, const Arbiter__V1__Event *event, char *out);

/* Says what a committed step has announced. A word may be lost and has no place in any order. */
void word_send(struct store *store, const Arbiter__V1__OutEvent *announced, int64_t now_ms);

/* ---- tail.c: events that need not be read back ------------------------------------------- */

/* Remembers an event that the op is writing; NULL without memory. Its sequence is set later. */
struct op_event *tail_note(struct op *op, const Arbiter__V1__OutEvent *event, int64_t position,
                           int64_t now_ms);
/* Keeps the events of a batch that has just been committed. */
void tail_keep(struct store *store, struct op *const ops[], size_t op_count);
/* Whether all events after `position` and up to the tail's end are in it. */
bool tail_covers(const struct store *store, int64_t position);
/* Forgets the events up to `position`. */
void tail_forget(struct store *store, int64_t position);
/* Calls `publish` with the first `count` events; `rest` has the fields that are still to be added
 * to the encoded ones. Returns the position of the last. */
int64_t tail_publish(struct store *store, int64_t position, size_t count,
                     void (*publish)(struct store *store, const struct tail_event *event,
                                     const Arbiter__V1__Event *rest));
void tail_drop(struct store *store);

/* ---- the methods ------------------------------------------------------------------------- */

extern const struct op_kind op_commit_step, op_create_game, op_append_turn, op_save_requests,
    op_put_incident, op_create_player, op_save_pairings, op_put_policy, op_remember_answer,
    op_change_circle, op_put_club, op_change_club_member;

/* Tables of reads; the last row of each is empty. */
extern const struct op_kind instance_reads[], game_reads[], tournament_reads[], house_reads[],
    seek_reads[], club_reads[], conduct_reads[];

/* Sends the statements of one event with its place in its topic's sequence; `on_sequence` gets the
 * row. May be called where the op's statements are its last. */
void event_put(struct op *op, const Arbiter__V1__OutEvent *event, int64_t now_ms,
               sql_on_result on_sequence);

/* Puts a row into an instance's inbox and rings its bell. */
void inbox_put(struct op *op, const char *instance_id, const Arbiter__V1__InboxEvent *event);

/* Puts a row into an instance's inbox that waits there for the next one, or for its
 * `received_at_ms`, from which on the orchestrators' sweep finds it. */
void inbox_lay(struct op *op, const char *instance_id, const Arbiter__V1__InboxEvent *event);

#endif
