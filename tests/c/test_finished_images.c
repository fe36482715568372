/* Statistics, integer images, PGMs and noise, contract §9 and §10. */
#include "check.h"
#include "pb_core.h"
#include "pb_images.h"
#include "poisson.h"

#define FAST 8
#define SLOW 3

/* Row 1 is what the original program computed and wrote for -cell 50 60 70 80 95 105 -N 4
 * -detpixels 48 -pixel 0.8 -distance 60 -lambda 1.2 -roi 5 12 5 5 -seed 7, with each -default_F. */
typedef struct golden {
    float values[FAST];
    double max, mean, rms, rmsd; /* six digits printed */
    uint16_t integers[FAST], noise[FAST];
    uint8_t pgm[FAST];
    double photons;
    int64_t overloads;
} golden;

static const golden GOLDEN[] = {
    {{0.355161428f, 0.101751342f, 0.535082936f, 0.0693405345f, 0.00708888564f, 0.0252358448f,
      0.203960851f, 0.0790927857f},
     0.535083,
     0.172089,
     0.260811,
     0.184871,
     {36546, 10499, 55040, 7167, 769, 2634, 21005, 8170},
     {40, 40, 41, 40, 40, 40, 40, 40},
     {96, 27, 144, 18, 1, 6, 55, 21},
     1,
     0},
    {{394.62384f, 113.057053f, 594.53656f, 77.0450363f, 7.87653971f, 28.0398273f, 226.623169f,
      87.8808746f},
     594.537,
     191.21,
     289.79,
     205.412,
     {36546, 10499, 55040, 7167, 769, 2634, 21005, 8170},
     {446, 130, 627, 125, 49, 62, 270, 130},
     {96, 27, 144, 18, 1, 6, 55, 21},
     1519,
     0},
    {{2525592.5f, 723565.125f, 3805034.25f, 493088.219f, 50409.8516f, 179454.906f, 1450388.38f,
      562437.625f},
     3.80503e+06,
     1.22375e+06,
     1.85466e+06,
     1.31463e+06,
     {36546, 10499, 55040, 7167, 769, 2634, 21005, 8170},
     {65535, 65535, 65535, 65535, 50669, 65535, 65535, 65535},
     {96, 27, 144, 18, 1, 6, 55, 21},
     9784685,
     7},
};

static pb_float_image row_of(const golden *g, float values[SLOW][FAST])
{
    for (int i = 0; i < FAST; i++) {
        values[0][i] = values[2][i] = 1e9f; /* outside the region */
        values[1][i] = g->values[i];
    }
    return (pb_float_image){&values[0][0], NULL, {FAST, SLOW}, {-3, 100, 1, 1}};
}

static void golden_images(void)
{
    for (size_t c = 0; c < sizeof GOLDEN / sizeof *GOLDEN; c++) {
        const golden *g = &GOLDEN[c];
        float values[SLOW][FAST];
        const pb_float_image image = row_of(g, values);
        pb_image_statistics s;
        CHECK_INT(pb_count_image(&image, &s), PB_OK);
        CHECK_INT(s.counted, FAST);
        CHECK_NEAR(s.max, g->max, g->max * 1e-5);
        CHECK_NEAR(s.mean, g->mean, g->mean * 1e-5);
        CHECK_NEAR(s.rms, g->rms, g->rms * 1e-5);
        CHECK_NEAR(s.rmsd, g->rmsd, g->rmsd * 1e-5);
        CHECK_INT(s.max_slow, 1);
        CHECK_INT(s.max_fast, 2);
        uint16_t integers[SLOW][FAST], noise[SLOW][FAST];
        uint8_t pgm[SLOW][FAST];
        pb_noise_totals totals;
        const double scale = pb_integer_scale(&s, 0.0);
        CHECK_INT(pb_integer_image(&image, scale, 40.0, &integers[0][0]), PB_OK);
        CHECK_INT(pb_pgm_image(&image, pb_pgm_scale(&s, 0.0, scale), &pgm[0][0]), PB_OK);
        CHECK_INT(pb_noise_image(&image, 7, 40.0, &noise[0][0], &totals), PB_OK);
        for (int i = 0; i < FAST; i++) {
            CHECK_INT(integers[1][i], g->integers[i]);
            CHECK_INT(pgm[1][i], g->pgm[i]);
            CHECK_INT(noise[1][i], g->noise[i]);
            CHECK_INT(integers[0][i] + integers[2][i] + noise[0][i] + noise[2][i] + pgm[0][i], 0);
        }
        CHECK_NEAR(totals.photons, g->photons, 0.5); /* printed whole */
        CHECK_INT(totals.overloads, g->overloads);
    }
}

/* Masked pixels count in the deviation only, and are drawn and written like any other. */
static void masked_pixels(void)
{
    const float values[] = {3.0f, 0.0f, 5.0f, 0.0f};
    const uint8_t mask[] = {1, 0, 1, 0};
    const pb_float_image image = {values, mask, {4, 1}, {0, 4, 0, 1}};
    pb_image_statistics s;
    CHECK_INT(pb_count_image(&image, &s), PB_OK);
    CHECK_INT(s.counted, 2);
    CHECK_BITS(s.mean, 4.0);
    CHECK_BITS(s.rms, sqrt(34.0));
    CHECK_BITS(s.rmsd, sqrt((1.0 + 16.0 + 1.0 + 16.0) / 3.0));
    uint16_t pixels[4];
    CHECK_INT(pb_integer_image(&image, 2.0, 40.0, pixels), PB_OK);
    CHECK_INT(pixels[0], 46);
    CHECK_INT(pixels[1], 40);
}

/* One pixel has no deviation, and no pixel nothing at all: the PGM takes the other scale. */
static void regions_of_one_pixel_and_of_none(void)
{
    const float values[] = {3.0f, 394.62384f, 5.0f, 7.0f};
    pb_image_statistics s;
    pb_float_image image = {values, NULL, {4, 1}, {1, 1, 0, 0}};
    CHECK_INT(pb_count_image(&image, &s), PB_OK);
    CHECK_BITS(s.mean, 394.62384f);
    CHECK_NEAR(s.rms, 394.62384, 1e-4);
    CHECK_BITS(s.rmsd, 0.0);
    CHECK_NEAR(pb_pgm_scale(&s, 0.0, pb_integer_scale(&s, 0.0)), 139.373, 5e-4);
    CHECK_BITS(pb_pgm_scale(&s, 0.5, 2.0), 0.5);
    CHECK_BITS(pb_integer_scale(&s, 3.0), 3.0);
    image.roi[0] = 4;
    image.roi[1] = 9;
    CHECK_INT(pb_count_image(&image, &s), PB_OK);
    CHECK_INT(s.counted, 0);
    CHECK_INT(s.max_slow, -1);
    CHECK_BITS(s.mean + s.rms + s.rmsd + s.max, 0.0);
    CHECK_BITS(pb_pgm_scale(&s, 0.0, pb_integer_scale(&s, 0.0)), 1.0);
}

/* A half rounds up, by single precision; NaN is 0 and nothing leaves the range of the type. */
static void clipping(void)
{
    const float values[] = {0.49f, 0.5f, -7.0f, 1e30f, NAN, 65534.49f, INFINITY, 300.0f};
    const uint16_t integers[] = {0, 1, 0, 65535, 0, 65534, 65535, 300};
    const uint8_t bytes[] = {0, 0, 0, 255, 0, 255, 255, 255};
    const pb_float_image image = {values, NULL, {8, 1}, {0, 8, 0, 1}};
    uint16_t pixels[8];
    uint8_t pgm[8];
    CHECK_INT(pb_integer_image(&image, 1.0, 0.0, pixels), PB_OK);
    CHECK_INT(pb_pgm_image(&image, 1.0, pgm), PB_OK);
    for (int i = 0; i < 8; i++) {
        CHECK_INT(pixels[i], integers[i]);
        CHECK_INT(pgm[i], bytes[i]);
    }
    pb_noise_totals totals;
    CHECK_INT(pb_noise_image(&image, 1, 0.0, pixels, &totals), PB_OK);
    CHECK_INT(pixels[3], 65535);
    CHECK_INT(pixels[4], 0);
    CHECK_INT(pixels[6], 65535);
    pb_image_statistics s;
    CHECK_INT(pb_count_image(&image, &s), PB_NOT_FINITE);
}

/* Below 0 a count goes down from 65536, as the original's conversion does. */
static void offsets_below_zero(void)
{
    const float nothing = 0.0f;
    const pb_float_image image = {&nothing, NULL, {1, 1}, {0, 1, 0, 1}};
    uint16_t pixel;
    pb_noise_totals totals;
    CHECK_INT(pb_noise_image(&image, 7, -10.5, &pixel, &totals), PB_OK);
    CHECK_INT(pixel, 65526);
    CHECK_INT(pb_noise_image(&image, 7, -1e300, &pixel, &totals), PB_OK);
    CHECK_INT(pixel, 0);
}

/* Mean and variance of a Poisson distribution, in each of its three ranges; near 1e6 single
 * precision makes the variance 3 % too large. */
static void counts_are_poisson(void)
{
    const float expected[] = {0.3f, 4.0f, 11.9f, 12.0f, 150.0f, 9e5f, 3e6f};
    enum { DRAWS = 200000 };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        pb_poisson_state state = {.deviates = pb_seed_deviates(42)};
        double sum = 0.0, squares = 0.0;
        for (int j = 0; j < DRAWS; j++) {
            const double d = pb_poisson(&state, expected[i]) - expected[i];
            sum += d;
            squares += d * d;
        }
        const double error = sqrt(expected[i] / DRAWS);
        CHECK_NEAR(sum / DRAWS, 0.0, 4.0 * error);
        CHECK_NEAR(squares / DRAWS / expected[i], 1.0, 0.04);
    }
}

static void refusals(void)
{
    const float values[] = {1.0f};
    pb_float_image image = {values, NULL, {1, 1}, {0, 1, 0, 1}};
    pb_image_statistics s;
    pb_noise_totals totals;
    uint16_t pixel;
    uint8_t byte;
    CHECK_INT(pb_count_image(NULL, &s), PB_BAD_ARGUMENT);
    CHECK_INT(pb_count_image(&image, NULL), PB_BAD_ARGUMENT);
    CHECK_INT(pb_integer_image(&image, 1.0, 0.0, NULL), PB_BAD_ARGUMENT);
    CHECK_INT(pb_pgm_image(&image, 1.0, NULL), PB_BAD_ARGUMENT);
    CHECK_INT(pb_noise_image(&image, 1, 0.0, NULL, &totals), PB_BAD_ARGUMENT);
    CHECK_INT(pb_noise_image(&image, 1, 0.0, &pixel, NULL), PB_BAD_ARGUMENT);
    CHECK_INT(pb_noise_image(&image, -1, 0.0, &pixel, &totals), PB_BAD_ARGUMENT);
    image.pixels[0] = 0;
    CHECK_INT(pb_integer_image(&image, 1.0, 0.0, &pixel), PB_BAD_ARGUMENT);
    CHECK_INT(pb_pgm_image(&image, 1.0, &byte), PB_BAD_ARGUMENT);
    image = (pb_float_image){NULL, NULL, {1, 1}, {0, 1, 0, 1}};
    CHECK_INT(pb_noise_image(&image, 1, 0.0, &pixel, &totals), PB_BAD_ARGUMENT);
}

int main(void)
{
    golden_images();
    masked_pixels();
    regions_of_one_pixel_and_of_none();
    clipping();
    offsets_below_zero();
    counts_are_poisson();
    refusals();
    return check_summary();
}
