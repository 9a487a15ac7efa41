/* Schedules as arithmetic; who stands where in the list is method_table.c's business. */
#include "orchestrator/pairing/table.h"

#include <assert.h>

void table_circle(const int *list, int count, int round, int *out)
{
    assert(count > 0 && count % 2 == 0 && round >= 0);
    int moving = count - 1;
    for (int i = 0; i < count / 2; i++) {
        int low = i == 0 ? 0 : 1 + (i - 1 + round) % moving;
        int high = 1 + (count - 2 - i + round) % moving;
        out[list[low]] = list[high];
        out[list[high]] = list[low];
    }
}

void table_halves(const int *list, int count, int round, int *out)
{
    assert(count > 0 && count % 2 == 0 && round >= 0);
    int half = count / 2;
    for (int i = 0; i < half; i++) {
        int other = list[half + (half - 1 - i + round) % half];
        out[list[i]] = other;
        out[other] = list[i];
    }
}

bool table_circle_switches(int count, int round, int one, int other)
{
    return (round / (count + count % 2 - 1) + one + other) % 2 == 1;
}

bool table_halves_switches(int count, int round, int one, int other)
{
    return (round / ((count + 1) / 2) + one + other) % 2 == 1;
}

bool table_interleaved_switches(int count, int round, int one, int other)
{
    return (round / ((count + 1) / 2) + (one + other) % 4 % 3 + one % 2) % 2 == 1;
}

int table_deal(int count, int group_size, int *out)
{
    assert(count % 2 == 0 && group_size > 1);
    int groups = count / group_size;
    int extra = count - groups * group_size;
    int offset = count / (extra + 1);
    int spacing = extra > 0 ? count / extra : count;
    int next = 0;
    for (int i = 0; i < count; i++) {
        if (extra > 0 && i >= offset && (i - offset) % spacing == 0) {
            out[i] = groups - 1;
            continue;
        }
        out[i] = next;
        next = groups > 0 ? (next + 1) % groups : 0;
    }
    return groups;
}
