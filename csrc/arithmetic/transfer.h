/* transfer.h: dual numbers in and out of the caller's doubles, which are pb_plain here. */
#ifndef PB_TRANSFER_H
#define PB_TRANSFER_H

#include <stdint.h>

#include "pb_core.h"

/* Directions that every number has derivatives along. */
int32_t pb_directions(void);

/* Set numbers to values whose derivatives are 0. */
void pb_set_values(pb_dual *numbers, int64_t count, const pb_plain *values);

/* Set the derivative of one number along a direction, from 0. */
void pb_set_tangent(pb_dual *number, int32_t direction, pb_plain derivative);

/* Move the value of a number, without rounding it to a double. */
void pb_move(pb_dual *number, pb_plain by);

/* The parts of numbers: (count, 1 + pb_directions(), 2) doubles. Of each number the value, then its
 * derivatives; of each of these the nearest double, and the rest. */
void pb_get_parts(const pb_dual *numbers, int64_t count, pb_plain *parts);

#endif
