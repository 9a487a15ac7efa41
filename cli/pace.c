/* Reads and writes the three numbers that a house's time runs by. */
#include "cli/pace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool read_pace(const char *path, struct clock_pace *out_pace)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    struct clock_pace pace = {0};
    bool is_good = fscanf(file, "%" SCNd64 " %" SCNd64 " %" SCNd64, &pace.speed, &pace.start_ms,
                          &pace.from_ms) == 3;
    (void)fclose(file); /* only read */
    if (is_good)
        *out_pace = pace;
    return is_good;
}

static enum status write_pace(const char *path, const struct clock_pace *pace,
                              struct fault *out_fault)
{
    FILE *file = fopen(path, "w");
    bool is_good = file != NULL && fprintf(file, "%" PRId64 " %" PRId64 " %" PRId64 "\n",
                                           pace->speed, pace->start_ms, pace->from_ms) > 0;
    is_good = file != NULL && fclose(file) == 0 && is_good;
    if (is_good)
        return STATUS_OK;
    (void)fault_set(out_fault, 0, 0, "cannot write %s: %s", path, strerror(errno));
    return STATUS_UNAVAILABLE;
}

enum status pace_keep(const struct place *place, const struct pace_wish *wish,
                      struct clock_pace *out_pace, struct fault *out_fault)
{
    char path[PLACE_PATH_MAX];
    char data[PLACE_PATH_MAX];
    struct stat about;
    struct clock_pace pace = {.speed = 1};
    place_path(place, "clock", path);
    bool is_kept = read_pace(path, &pace);
    bool is_used = lstat(place_path(place, "postgres", data), &about) == 0;
    bool is_other = (wish->speed != 0 && wish->speed != pace.speed) || wish->time_ms != 0;
    if ((is_kept || is_used) && is_other)
        return fault_set(out_fault, 0, 0,
                         "the house in %s keeps the time it began with (speed %" PRId64
                         "); name another --dir",
                         place->folder, pace.speed);
    if (!is_kept && is_other) {
        pace = (struct clock_pace){.speed = wish->speed > 1 ? wish->speed : 1,
                                   .start_ms = clock_now_ms(),
                                   .from_ms = wish->time_ms};
        enum status status = write_pace(path, &pace, out_fault);
        if (status != STATUS_OK)
            return status;
    }
    *out_pace = pace;
    return STATUS_OK;
}
