/* A division's policy and its standings, from its rows. */
#include "orchestrator/division_standing.h"

#include <string.h>

#include "orchestrator/division_record.h"

enum status division_format(struct arena *arena, const Arbiter__V1__Division *division,
                            const struct format **out_format,
                            const struct format_division **out_division)
{
    struct yaml_faults faults = {.arena = arena};
    const struct format *format = NULL;
    enum status status =
        format_read(arena, division->settings, strlen(division->settings), &faults, &format);
    if (status != STATUS_OK)
        return STATUS_DATA_LOSS;
    const struct format_division *found = format_find_division(format, division->name);
    if (found == NULL)
        return STATUS_DATA_LOSS;
    if (out_format != NULL)
        *out_format = format;
    *out_division = found;
    return STATUS_OK;
}

enum status division_rank(struct arena *arena, const Arbiter__V1__Division *division,
                          const struct format_division *format, int round,
                          struct record **out_record, struct standing_table *out_table,
                          struct fault *out_fault)
{
    struct standing_options options = {.edition = format->order_edition == 2024 ? STANDING_2024
                                                                                : STANDING_2026};
    struct record *record = NULL;
    enum status status = division_to_record(arena, division, &record);
    if (status == STATUS_OK)
        division_count_points(division, format, record);
    if (status == STATUS_OK)
        status = standing_order_parse(format->order, &options, out_fault);
    if (status != STATUS_OK)
        return status;
    options.after_round = round;
    if (round > record->rounds_played)
        return fault_set(out_fault, 0, 0, "round %d has not been paired yet", round);
    options.round_caps = division_round_caps(arena, format, record->rounds_played);
    if (options.round_caps == NULL)
        return STATUS_FULL;
    status = standing_table_build(record, &options, arena, out_table);
    if (status == STATUS_OK)
        *out_record = record;
    return status;
}
