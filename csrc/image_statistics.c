/* Which pixels of a float32 image count, and its statistics, contract §9. */
#include <stddef.h>

#include "image_pixels.h"

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

pb_image_region pb_counted_region(const pb_float_image *image)
{
    pb_image_region region;
    region.fast_begin = larger(image->roi[0], 0);
    region.fast_end = smaller(image->roi[1], image->pixels[0] - 1) + 1;
    region.slow_begin = larger(image->roi[2], 0);
    region.slow_end = smaller(image->roi[3], image->pixels[1] - 1) + 1;
    return region;
}

int pb_check_image(const pb_float_image *image)
{
    if (image == NULL || image->values == NULL || image->pixels[0] < 1 || image->pixels[1] < 1)
        return PB_BAD_ARGUMENT;
    return PB_OK;
}

/* The first pass: sums over the pixels that were computed. */
static void add_up(const pb_float_image *image, pb_image_region region, pb_image_statistics *s)
{
    double sum = 0.0, sum_of_squares = 0.0;
    for (int32_t slow = region.slow_begin; slow < region.slow_end; slow++) {
        const int64_t row = (int64_t)slow * image->pixels[0];
        for (int32_t fast = region.fast_begin; fast < region.fast_end; fast++) {
            if (image->mask != NULL && image->mask[row + fast] == 0)
                continue;
            const float v = image->values[row + fast];
            const float square = v * v;
            sum += v;
            sum_of_squares += square;
            s->counted++;
            if (v > s->max) {
                s->max = v;
                s->max_slow = slow;
                s->max_fast = fast;
            }
        }
    }
    if (s->counted > 0)
        s->mean = sum / (double)s->counted;
    s->rms = sqrt(sum_of_squares / (s->counted > 1 ? (double)s->counted - 1.0 : 1.0));
}

/* The second: deviations from the mean over the whole region, masked pixels included. */
static double deviation(const pb_float_image *image, pb_image_region region, double mean)
{
    double sum = 0.0, n = 0.0;
    for (int32_t slow = region.slow_begin; slow < region.slow_end; slow++) {
        const float *values = image->values + (int64_t)slow * image->pixels[0];
        for (int32_t fast = region.fast_begin; fast < region.fast_end; fast++) {
            const double d = values[fast] - mean;
            sum += d * d;
            n += 1.0;
        }
    }
    return sqrt(sum / (n > 1.0 ? n - 1.0 : 1.0));
}

int pb_count_image(const pb_float_image *image, pb_image_statistics *statistics)
{
    if (statistics == NULL || pb_check_image(image) != PB_OK)
        return PB_BAD_ARGUMENT;
    const pb_image_region region = pb_counted_region(image);
    *statistics = (pb_image_statistics){.max_slow = -1, .max_fast = -1};
    add_up(image, region, statistics);
    statistics->rmsd = deviation(image, region, statistics->mean);
    return isfinite(statistics->rmsd) ? PB_OK : PB_NOT_FINITE;
}

double pb_integer_scale(const pb_image_statistics *statistics, double given)
{
    if (given > 0.0)
        return given;
    return statistics->max > 0.0 ? 55000.0 / statistics->max : 1.0;
}

double pb_pgm_scale(const pb_image_statistics *statistics, double given, double integer_scale)
{
    if (given > 0.0)
        return given;
    return statistics->rmsd > 0.0 ? 250.0 / (5.0 * statistics->rmsd) : integer_scale;
}
