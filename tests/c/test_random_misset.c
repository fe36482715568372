/* Random orientations and the generator of deviates, contract §4 and §8. */
#include "check.h"
#include "deviates.h"
#include "fixture.h"
#include "vec3.h"

/* The same stream for the same seed, another one for another; all within the open interval. */
static void streams(void)
{
    pb_deviates first = pb_seed_deviates(7), again = pb_seed_deviates(7);
    pb_deviates other = pb_seed_deviates(8), zero = pb_seed_deviates(0), one = pb_seed_deviates(1);
    int same = 0;
    double sum = 0.0;
    for (int i = 0; i < 100000; i++) {
        const float deviate = pb_deviate(&first);
        CHECK(deviate > 0.0f && deviate < 1.0f);
        CHECK_BITS(pb_deviate(&again), deviate);
        CHECK_BITS(pb_deviate(&zero), pb_deviate(&one));
        same += pb_deviate(&other) == deviate;
        sum += deviate;
    }
    CHECK(same < 10);
    CHECK_NEAR(sum / 100000, 0.5, 0.005);
}

/* The largest seed is the modulus. */
static void the_largest_seed(void)
{
    pb_deviates largest = pb_seed_deviates(INT32_MAX), one = pb_seed_deviates(1);
    CHECK_BITS(pb_deviate(&largest), 0.0);
    for (int i = 0; i < 100; i++)
        CHECK_BITS(pb_deviate(&largest), pb_deviate(&one));
}

/* The original program printed 142.144470 55.074207 35.266329 degrees. */
static void printed_angles(void)
{
    const double degrees = 180.0 / 3.14159265358979323846;
    const pb_vec3 misset = pb_random_misset(5);
    CHECK_NEAR(misset.x * degrees, 142.144470, 5e-7);
    CHECK_NEAR(misset.y * degrees, 55.074207, 5e-7);
    CHECK_NEAR(misset.z * degrees, 35.266329, 5e-7);
}

/* The angles turn the axes as the matrix does that they were taken from. */
static void angles_turn_as_the_matrix(void)
{
    for (int32_t seed = 0; seed < 1000; seed++) {
        double m[9];
        pb_random_domains(90.0, 1, seed, m);
        const pb_vec3 misset = pb_random_misset(seed);
        for (int axis = 0; axis < 3; axis++) {
            const pb_vec3 turned = pb_rotate((pb_vec3){axis == 0, axis == 1, axis == 2}, misset);
            CHECK_NEAR(turned.x, m[axis], 1e-13);
            CHECK_NEAR(turned.y, m[3 + axis], 1e-13);
            CHECK_NEAR(turned.z, m[6 + axis], 1e-13);
        }
    }
}

static void it_takes_the_place_of_the_misset(void)
{
    pb_experiment e = gnnqqny();
    pb_setup setup = {0};
    e.random_misset = 1;
    e.misset_seed = 5;
    CHECK_INT(pb_derive(&e, &setup), PB_OK);
    const pb_vec3 misset = pb_random_misset(5);
    CHECK_BITS(setup.crystal.misset.x, misset.x);
    CHECK_BITS(setup.crystal.misset.y, misset.y);
    CHECK_BITS(setup.crystal.misset.z, misset.z);
    e.misset_seed = -1;
    CHECK_INT(pb_derive(&e, &setup), PB_BAD_INPUT);
}

/* MOSFLM: Fbeam is Ybeam and half a pixel. */
static void the_beam_centre_of_a_mask(void)
{
    pb_experiment e = gnnqqny();
    pb_setup setup = {0};
    e.y_beam = 3.0;
    e.mask_beam_centre = (pb_mask_beam_centre){13.0, 0.9, 32};
    CHECK_INT(pb_derive(&e, &setup), PB_OK);
    CHECK_NEAR(setup.detector.Fbeam, 0.0163, 1e-15);
    e.mask_beam_centre.pixels_slow = -1;
    CHECK_INT(pb_derive(&e, &setup), PB_BAD_INPUT);
    e.mask_beam_centre = (pb_mask_beam_centre){INFINITY, 0.9, 32};
    CHECK_INT(pb_derive(&e, &setup), PB_BAD_INPUT);
}

int main(void)
{
    streams();
    the_largest_seed();
    printed_angles();
    angles_turn_as_the_matrix();
    it_takes_the_place_of_the_misset();
    the_beam_centre_of_a_mask();
    return check_summary();
}
