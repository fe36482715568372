/* gradient.h: intensities of whole frames and their derivatives. */
#ifndef PB_GRADIENT_H
#define PB_GRADIENT_H

#include "pb_core.h"

/*
 * Compute the pixels of a region, row by row as a run does, as pb_frame_pixels does.
 *   setup, table, region, mask, state, stop  as for pb_frame_pixels
 *   planes  returned  rows x columns x (1 + directions) doubles: of each pixel the intensity before
 *                     it is rounded to an image's float32, then its derivatives; 0 outside the
 *                     region of interest and where the mask is 0
 * Returns what pb_frame_pixels returns.
 */
int pb_gradient_pixels(const pb_setup *setup, const pb_table *table, pb_region region,
                       const uint8_t *mask, pb_run_state *state, pb_plain *planes,
                       const volatile int32_t *stop);

#endif
