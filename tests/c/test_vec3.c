/* Vectors and rotations, contract §0 and §2. */
#include "check.h"
#include "units.h"
#include "vec3.h"

static const pb_vec3 X = {1.0, 0.0, 0.0}, Y = {0.0, 1.0, 0.0}, Z = {0.0, 0.0, 1.0};

static void check_vec3(pb_vec3 actual, pb_vec3 expected, double most)
{
    CHECK_NEAR(actual.x, expected.x, most);
    CHECK_NEAR(actual.y, expected.y, most);
    CHECK_NEAR(actual.z, expected.z, most);
}

static void products(void)
{
    const pb_vec3 u = {1.0, 2.0, 3.0}, v = {4.0, -5.0, 6.0};
    CHECK_BITS(pb_dot(u, v), 12.0);
    CHECK_BITS(pb_norm((pb_vec3){2.0, 3.0, 6.0}), 7.0);
    check_vec3(pb_cross(u, v), (pb_vec3){27.0, 6.0, -13.0}, 0.0);
    check_vec3(pb_scale(u, -2.0), (pb_vec3){-2.0, -4.0, -6.0}, 0.0);
    check_vec3(pb_unit((pb_vec3){0.0, 3.0, 4.0}), (pb_vec3){0.0, 0.6, 0.8}, 0.0);
}

/* A quarter turn about each axis is right-handed. */
static void quarter_turns(void)
{
    const double quarter = PB_PI / 2;
    check_vec3(pb_rotate(Y, (pb_vec3){quarter, 0.0, 0.0}), Z, 1e-16);
    check_vec3(pb_rotate(Z, (pb_vec3){0.0, quarter, 0.0}), X, 1e-16);
    check_vec3(pb_rotate(X, (pb_vec3){0.0, 0.0, quarter}), Y, 1e-16);
    check_vec3(pb_rotate_axis(Y, X, quarter), Z, 1e-16);
    check_vec3(pb_rotate_axis(Z, Y, quarter), X, 1e-16);
    check_vec3(pb_rotate_axis(X, Z, quarter), Y, 1e-16);
}

/* First about x, then y, then z: any other order ends elsewhere. */
static void order_of_axes(void)
{
    const double quarter = PB_PI / 2;
    check_vec3(pb_rotate(Y, (pb_vec3){quarter, quarter, quarter}), Y, 1e-15);
    check_vec3(pb_rotate(Z, (pb_vec3){quarter, quarter, 0.0}), (pb_vec3){0.0, -1.0, 0.0}, 1e-15);
}

static void exact_zero_is_no_rotation(void)
{
    const pb_vec3 v = {-0.0, 1.0 / 3.0, -0.0};
    const pb_vec3 same = pb_rotate(v, (pb_vec3){0.0, -0.0, 0.0});
    CHECK_BITS(same.x, v.x);
    CHECK_BITS(same.y, v.y);
    CHECK_BITS(same.z, v.z);
}

/* Half a turn about the diagonal swaps x and y; an axis of any length is used as it is. */
static void about_any_axis(void)
{
    const pb_vec3 diagonal = pb_unit((pb_vec3){1.0, 1.0, 0.0});
    const pb_vec3 v = {1.0, 2.0, 3.0};
    check_vec3(pb_rotate_axis(v, diagonal, PB_PI), (pb_vec3){2.0, 1.0, -3.0}, 2e-15);
    check_vec3(pb_rotate_axis(v, (pb_vec3){2.0, 0.0, 0.0}, PB_PI), (pb_vec3){7.0, -2.0, -3.0},
               2e-15);
}

int main(void)
{
    products();
    quarter_turns();
    order_of_axes();
    exact_zero_is_no_rotation();
    about_any_axis();
    return check_summary();
}
