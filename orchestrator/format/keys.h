#ifndef FORMAT_KEYS_H
#define FORMAT_KEYS_H

/*
 * keys — how rows of the table are written; for the files that hold parts of it.
 *
 * Each file defines S as the struct its rows fill. `effect` is L1(AT_ONCE) to L5(NEXT_EVENT): the
 * warning level of a change while an event runs, and the boundary at which it takes hold.
 */

#include "orchestrator/format/format_keys.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define YEAR (366 * DAY)

#define L1(when) .level = FORMAT_L1, .boundary = FORMAT_##when
#define L2(when) .level = FORMAT_L2, .boundary = FORMAT_##when
#define L3(when) .level = FORMAT_L3, .boundary = FORMAT_##when
#define L4(when) .level = FORMAT_L4, .boundary = FORMAT_##when
#define L5(when) .level = FORMAT_L5, .boundary = FORMAT_##when

#define KEY(word, kind_, field, normal, effect, text)                                              \
    .name = word, .kind = FORMAT_##kind_, .offset = offsetof(S, field), .standard = normal,        \
    effect, .help = text
#define RANGE(low, high) .min = low, .max = high
#define WORDS(list) .words = list
#define NOT_LIVE .is_not_live = true
#define UNIT(text) .unit = text
#define INSIDE(part) .section = &part
#define COUNTED(field) .count_offset = offsetof(S, field)

#endif
