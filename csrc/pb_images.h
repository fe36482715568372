/* pb_images.h: what becomes of a finished float32 image, contract §9 and §10. Statuses and
 * conventions are those of pb_core.h. */
#ifndef PB_IMAGES_H
#define PB_IMAGES_H

#include "pb_core.h"

/* A whole float32 image, and which of its pixels count, contract §9. */
typedef struct pb_float_image {
    const float *values; /* pixels[1] x pixels[0], photons */
    const uint8_t *mask; /* of the same shape, 0 where a pixel was not computed, or NULL */
    int32_t pixels[2];   /* fast, slow */
    int32_t roi[4];      /* fast min, fast max, slow min, slow max, inclusive */
} pb_float_image;

/* Statistics of the region of interest, photons, contract §9. */
typedef struct pb_image_statistics {
    int64_t counted;  /* pixels that are not masked */
    double max;       /* the largest value, from 0 */
    int32_t max_slow; /* the first pixel that has it; -1 where none is above 0 */
    int32_t max_fast;
    double mean;
    double rms;
    double rmsd; /* from the mean, masked pixels included */
} pb_image_statistics;

/* What noise made of an image, contract §10. */
typedef struct pb_noise_totals {
    double photons;    /* counted in all pixels of the region of interest */
    int64_t overloads; /* pixels beyond 65535 */
} pb_noise_totals;

/*
 * Statistics of a finished image (contract §9).
 * Returns PB_OK, PB_BAD_ARGUMENT or, where a pixel of the region of interest is NaN or infinite,
 * PB_NOT_FINITE.
 */
int pb_count_image(const pb_float_image *image, pb_image_statistics *statistics);

/* What an integer image is multiplied by (contract §9): `given` where it is above 0, else by the
 * rule of the statistics. */
double pb_integer_scale(const pb_image_statistics *statistics, double given);

/* The same for a PGM, which falls back on the scale of the integer image. */
double pb_pgm_scale(const pb_image_statistics *statistics, double given, double integer_scale);

/*
 * The pixels of an integer image, of a PGM, and of an integer image with noise drawn with `seed`, 0
 * or above (contract §9, §10): pixels[1] x pixels[0] of them, 0 outside the region of interest.
 * Each returns PB_OK or PB_BAD_ARGUMENT.
 */
int pb_integer_image(const pb_float_image *image, double scale, double adc, uint16_t *pixels);
int pb_pgm_image(const pb_float_image *image, double scale, uint8_t *pixels);
int pb_noise_image(const pb_float_image *image, int32_t seed, double adc, uint16_t *pixels,
                   pb_noise_totals *totals);

#endif
