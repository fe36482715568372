/* Whether raw arguments can serve a pixel. */
#include <stddef.h>

#include "chain.h"

/* Whether the table can serve any lookup: none is loaded, or its box has entries that can be
 * counted and keeps away from the ends of int32, where indices beyond the range are clamped to. */
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
