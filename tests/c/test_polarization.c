/* Polarization factor, contract §6. */
#include "check.h"
#include "factors.h"
#include "vec3.h"

#define LANES 3

/* A ray seen in the first subpixel of the golden cases mosaic and divergence_dispersion. */
static pb_lanes3 golden_rays(void)
{
    const pb_vec3 position = {0.06, 0.03275, -0.03275};
    const pb_vec3 d = pb_unit(position);
    pb_lanes3 rays = {{0.0}, {0.0}, {0.0}};
    for (int i = 0; i < LANES; i++) {
        rays.x[i] = d.x;
        rays.y[i] = d.y;
        rays.z[i] = d.z;
    }
    return rays;
}

static pb_source from(pb_vec3 direction)
{
    return (pb_source){.direction = direction, .incident = pb_scale(direction, -1.0)};
}

static void check_axis(pb_vec3 actual, pb_vec3 expected)
{
    CHECK_BITS(actual.x, expected.x);
    CHECK_BITS(actual.y, expected.y);
    CHECK_BITS(actual.z, expected.z);
}

/* Only the lanes that are due change; the axis is not touched where nothing reads it. */
static void unpolarized(void)
{
    const pb_source source = from((pb_vec3){-1.0, 0.0, 0.0});
    const int32_t due[LANES] = {1, 0, 1};
    double polar[LANES] = {0.0, 7.0, 0.0};
    pb_lanes3 rays = golden_rays();
    rays.x[1] = 5.0;
    pb_vec3 axis = {0.0, 0.0, 2.0};
    pb_polarization_factor(&source, 0.0, due, LANES, &rays, &axis, polar);
    CHECK_BITS(polar[0], 0.8133091098975218); /* golden case mosaic */
    CHECK_BITS(polar[1], 7.0);
    CHECK_BITS(polar[2], 0.8133091098975218);
    CHECK_BITS(rays.x[1], 5.0);
    check_axis(axis, (pb_vec3){0.0, 0.0, 2.0});
}

static void polarized(void)
{
    const pb_source source =
        from((pb_vec3){-0.9999875000500416, 0.0029999955000020243, 0.003999971333403366});
    const int32_t due[LANES] = {1, 1, 0};
    double polar[LANES] = {0.0, 0.0, 7.0};
    pb_lanes3 rays = golden_rays();
    pb_vec3 axis = {0.0, 0.0, 2.0};
    pb_polarization_factor(&source, 0.5, due, LANES, &rays, &axis, polar);
    CHECK_BITS(polar[0], 0.8148385948795162); /* golden case divergence_dispersion */
    CHECK_BITS(polar[1], 0.8148385948795162);
    CHECK_BITS(polar[2], 7.0);
    check_axis(axis, (pb_vec3){0.0, 0.0, 1.0});
}

/* At right angles to the beam: nothing along the polarization, everything across it. */
static void fully_polarized(void)
{
    const pb_source source = from((pb_vec3){-1.0, 0.0, 0.0});
    const int32_t due[2] = {1, 1};
    double polar[2] = {0.0, 0.0};
    pb_lanes3 rays = {.y = {0.0, 1.0}, .z = {1.0, 0.0}};
    pb_vec3 axis = {0.0, 0.0, 1.0};
    pb_polarization_factor(&source, 1.0, due, 2, &rays, &axis, polar);
    CHECK_NEAR(polar[0], 0.0, 1e-15);
    CHECK_NEAR(polar[1], 1.0, 1e-15);
}

/* Rays become unit vectors in place. */
static void rays_are_normalised(void)
{
    const pb_source source = from((pb_vec3){-1.0, 0.0, 0.0});
    const int32_t due[1] = {1};
    double polar[1] = {0.0};
    pb_lanes3 rays = {.x = {3.0}, .y = {4.0}};
    pb_vec3 axis = {0.0, 0.0, 1.0};
    pb_polarization_factor(&source, 0.0, due, 1, &rays, &axis, polar);
    CHECK_BITS(rays.x[0], 0.6);
    CHECK_BITS(rays.y[0], 0.8);
    CHECK_NEAR(polar[0], 0.5 * (1.0 + 0.36), 1e-15);
}

int main(void)
{
    unpolarized();
    polarized();
    fully_polarized();
    rays_are_normalised();
    return check_summary();
}
