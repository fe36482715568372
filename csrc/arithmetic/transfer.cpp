/* Dual numbers in and out of the caller's doubles. */
#include "transfer.h"

int32_t pb_directions(void)
{
    return PB_TANGENTS;
}

void pb_set_values(pb_dual *numbers, int64_t count, const pb_plain *values)
{
    for (int64_t i = 0; i < count; i++)
        numbers[i] = values[i];
}

void pb_set_tangent(pb_dual *number, int32_t direction, pb_plain derivative)
{
    number->tangent[direction] = derivative;
}

void pb_move(pb_dual *number, pb_plain by)
{
    number->value += by;
}

static pb_plain *split(pb_real x, pb_plain *parts)
{
    *parts++ = (pb_plain)x;
    *parts++ = (pb_plain)(x - (pb_plain)x);
    return parts;
}

void pb_get_parts(const pb_dual *numbers, int64_t count, pb_plain *parts)
{
    for (int64_t i = 0; i < count; i++) {
        parts = split(numbers[i].value, parts);
        for (int j = 0; j < PB_TANGENTS; j++)
            parts = split(numbers[i].tangent[j], parts);
    }
}
