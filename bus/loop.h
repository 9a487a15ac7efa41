#ifndef BUS_LOOP_H
#define BUS_LOOP_H

/*
 * loop — one thread's turn-taking: timers and file descriptors, in real or in virtual time.
 *
 * Every service is one loop on one thread; its bus, its database connection and its sockets are
 * watched here, and their callbacks run to their end one after another, so handlers need no locks.
 * A virtual loop has no descriptors: time stands still while callbacks run and jumps to the next
 * timer when none is left at the present instant, so a simulated evening takes milliseconds and the
 * same seed gives the same order.
 *
 * Owns:     its timers and watches; callbacks' `user` pointers stay the caller's.
 * Threads:  all calls from the loop's own thread, except loop_wake() and loop_stop().
 * Errors:   STATUS_FULL at LOOP_TIMERS_MAX or LOOP_WATCHES_MAX, loop unchanged.
 */

#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define LOOP_TIMERS_MAX 1000000
#define LOOP_WATCHES_MAX 65536
#define LOOP_ROUND_ENDS_MAX 16

struct loop;

/* Identifies a timer; 0 is none. Ids are not used again. */
typedef uint64_t loop_timer;

typedef void (*loop_callback)(void *user);

enum loop_events { LOOP_READABLE = 1, LOOP_WRITABLE = 2, LOOP_HANGUP = 4 };
typedef void (*loop_descriptor_callback)(int descriptor, unsigned events, void *user);

/* Returns a loop on the machine's clocks and epoll, or NULL without memory or descriptors. */
struct loop *loop_create(void);

/* Returns a loop in virtual time that starts at `start_ms` (since the epoch). */
struct loop *loop_create_virtual(int64_t start_ms);

/* Frees the loop; timers that have not fired never will. NULL is allowed. */
void loop_destroy(struct loop *loop);

/* Moves a virtual loop's clock, forward or back, as somebody does who sets a machine's: delays of
 * timers set before stay as long as they were. */
void loop_step_clock(struct loop *loop, int64_t step_ms);

/* Lets the house's time run at this pace from now on; real loops only. Set it before anything asks
 * for the time. */
struct clock_pace;
void loop_set_pace(struct loop *loop, const struct clock_pace *pace);

/* Returns the house's time, milliseconds since the epoch: what rows, machines and players' clocks
 * go by. Within one callback of a virtual loop it does not move. */
int64_t loop_now_ms(const struct loop *loop);

/* Returns the world's time: what other programs go by (a token's expiry, a request's deadline). */
int64_t loop_wall_ms(const struct loop *loop);

/* Returns how much of the house's time goes by in `wall_ms` of the world's: patience with machines
 * and networks, which are no faster in a fast house, measured against the house's time. */
int64_t loop_span_ms(const struct loop *loop, int64_t wall_ms);

/* Calls `callback(user)` once, `delay_ms` of the world's time from now (0: in this loop's next
 * round). Timers due at the same time fire in the order they were set. */
enum status loop_after(struct loop *loop, int64_t delay_ms, loop_callback callback, void *user,
                       loop_timer *out_timer) MUST_CHECK;

/* Calls `callback(user)` once, when the house's time is `due_ms` (past: in the next round). */
enum status loop_at(struct loop *loop, int64_t due_ms, loop_callback callback, void *user,
                    loop_timer *out_timer) MUST_CHECK;

/* Forgets a timer; one that has fired, or 0, is ignored. */
void loop_cancel(struct loop *loop, loop_timer timer);

/* Calls back while the descriptor is ready for any of `events` (level-triggered). Watching it again
 * changes the events and the callback. Real loops only: STATUS_UNIMPLEMENTED in a virtual one. */
enum status loop_watch(struct loop *loop, int descriptor, unsigned events,
                       loop_descriptor_callback callback, void *user) MUST_CHECK;

/* Stops watching; call it before closing the descriptor. */
void loop_unwatch(struct loop *loop, int descriptor);

/* Calls `callback(user)` at the end of every round, after all callbacks that were ready: the place
 * to write out what the round has gathered (one flush, one group commit). Hooks run in the order
 * they were set. Errors: STATUS_FULL at LOOP_ROUND_ENDS_MAX. */
enum status loop_at_round_end(struct loop *loop, loop_callback callback, void *user) MUST_CHECK;

/* Takes such a hook away again; one that was never set is ignored. */
void loop_forget_round_end(struct loop *loop, loop_callback callback, void *user);

/* Runs until loop_stop(); a virtual loop also returns when nothing is left to do. */
void loop_run(struct loop *loop);

/* Runs what is due up to `until_ms` of the world's time and returns; a virtual loop's time is
 * `until_ms` afterwards unless it was stopped. */
void loop_run_until(struct loop *loop, int64_t until_ms);

/* Ends loop_run() or loop_run_until() after the current round; with none running, the next one
 * ends after its first. Safe from other threads and signal handlers. */
void loop_stop(struct loop *loop);

/* Makes a sleeping loop start a round. Safe from other threads and signal handlers. */
void loop_wake(struct loop *loop);

#endif
