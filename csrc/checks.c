/* Checks of the arguments of a pixel, which the port's types make needless. */
#include <stddef.h>

#include "chain.h"

/* Whether every lookup is safe: no table is loaded, or its box has entries, fewer than int64 can
 * count, and does not reach an end of int32, to which indices out of range are clamped. */
static int table_is_valid(const pb_table *table)
{
    if (table->values == NULL)
        return 1;
    int64_t room = INT64_MAX / (int64_t)sizeof(double);
    for (int axis = 0; axis < 3; axis++) {
        const int64_t last = (int64_t)table->min[axis] + table->range[axis] - 1;
        if (table->range[axis] < 1 || table->min[axis] == INT32_MIN || last >= INT32_MAX)
            return 0;
        room /= table->range[axis];
    }
    return room > 0;
}

int pb_check_pixels(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
                    int32_t count)
{
    if (setup->sources == NULL || setup->orientations == NULL)
        return PB_BAD_ARGUMENT;
    if (!table_is_valid(table))
        return PB_BAD_TABLE;
    const int32_t *pixels = setup->detector.pixels;
    const int on_detector = slow >= 0 && slow < pixels[1] && fast >= 0 && count >= 0 &&
                            count <= pixels[0] && fast <= pixels[0] - count;
    return on_detector ? PB_OK : PB_OUTSIDE_DETECTOR;
}

int pb_check_region(const pb_setup *setup, const pb_table *table, pb_region region)
{
    const int64_t last = (int64_t)region.slow + region.rows - 1;
    if (region.rows < 1 || last > INT32_MAX)
        return PB_OUTSIDE_DETECTOR;
    const int status = pb_check_pixels(setup, table, region.slow, region.fast, region.columns);
    return status != PB_OK
               ? status
               : pb_check_pixels(setup, table, (int32_t)last, region.fast, region.columns);
}
