/* Integer images for SMV and PGM files, contract §9. */
#include <stddef.h>
#include <string.h>

#include "image_pixels.h"

#define MOST_SMV 65535.0
#define MOST_PGM 255.0

/* NaN becomes 0. */
static double clipped(double value, double most)
{
    if (!(value > 0.0))
        return 0.0;
    return value > most ? most : value;
}

int pb_integer_image(const pb_float_image *image, double scale, double adc, uint16_t *pixels)
{
    if (pixels == NULL || pb_check_image(image) != PB_OK)
        return PB_BAD_ARGUMENT;
    const pb_image_region region = pb_counted_region(image);
    memset(pixels, 0, (size_t)image->pixels[0] * (size_t)image->pixels[1] * sizeof *pixels);
    for (int32_t slow = region.slow_begin; slow < region.slow_end; slow++) {
        const int64_t row = (int64_t)slow * image->pixels[0];
        for (int32_t fast = region.fast_begin; fast < region.fast_end; fast++) {
            const double t = clipped(image->values[row + fast] * scale + adc, MOST_SMV);
            pixels[row + fast] = (uint16_t)floorf((float)(t + 0.5));
        }
    }
    return PB_OK;
}

int pb_pgm_image(const pb_float_image *image, double scale, uint8_t *pixels)
{
    if (pixels == NULL || pb_check_image(image) != PB_OK)
        return PB_BAD_ARGUMENT;
    const pb_image_region region = pb_counted_region(image);
    memset(pixels, 0, (size_t)image->pixels[0] * (size_t)image->pixels[1]);
    for (int32_t slow = region.slow_begin; slow < region.slow_end; slow++) {
        const int64_t row = (int64_t)slow * image->pixels[0];
        for (int32_t fast = region.fast_begin; fast < region.fast_end; fast++)
            pixels[row + fast] = (uint8_t)clipped(image->values[row + fast] * scale, MOST_PGM);
    }
    return PB_OK;
}
