/* Photon-counting noise on a finished image, contract §10. */
#include <stddef.h>
#include <string.h>

#include "image_pixels.h"
#include "poisson.h"

#define MOST 65535.0

/* The fraction cut off, as a conversion to unsigned short does it on the original's machines: below
 * 0 it counts down from 65536. NaN becomes 0. */
static uint16_t cut_off(double value)
{
    if (value > (double)INT32_MIN)
        return (uint16_t)(int32_t)value;
    return 0;
}

int pb_noise_image(const pb_float_image *image, int32_t seed, double adc, uint16_t *pixels,
                   pb_noise_totals *totals)
{
    if (pixels == NULL || totals == NULL || seed < 0 || pb_check_image(image) != PB_OK)
        return PB_BAD_ARGUMENT;
    const pb_image_region region = pb_counted_region(image);
    pb_poisson_state state = {.deviates = pb_seed_deviates(seed)};
    *totals = (pb_noise_totals){0};
    memset(pixels, 0, (size_t)image->pixels[0] * (size_t)image->pixels[1] * sizeof *pixels);
    for (int32_t slow = region.slow_begin; slow < region.slow_end; slow++) {
        const int64_t row = (int64_t)slow * image->pixels[0];
        for (int32_t fast = region.fast_begin; fast < region.fast_end; fast++) {
            const float photons = pb_poisson(&state, image->values[row + fast]);
            double t = photons + adc;
            totals->photons += photons;
            if (t > MOST) {
                t = MOST;
                totals->overloads++;
            }
            pixels[row + fast] = cut_off(t);
        }
    }
    return PB_OK;
}
