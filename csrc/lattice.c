/* Lattice factor F_latt of the four crystal shapes, contract §6. */
#include <stddef.h>
#include <string.h>

#include "factors.h"
#include "fast_sine.h"
#include "units.h"

double pb_sincg(double x, double N)
{
    return x == 0.0 ? N : sin(x * N) / sin(x);
}

double pb_sinc3(double x)
{
    return x == 0.0 ? 1.0 : 3.0 * (sin(x) / x - cos(x)) / (x * x);
}

static void exact_sincg(const double *index, double N, int n, double *ratio)
{
    for (int i = 0; i < n; i++)
        ratio[i] = pb_sincg(PB_PI * index[i], N);
}

PB_CLONES
static void fast_sincg(const double *index, double N, int n, double *ratio)
{
    for (int i = 0; i < n; i++) {
        const double x = PB_PI * index[i];
        const double quotient = pb_fast_sine(x * N) / pb_fast_sine(x);
        ratio[i] = x == 0.0 ? N : quotient;
    }
}

/* Lane by lane, so that the value of a pixel does not depend on its neighbours. NaN counts as out
 * of reach. */
static void replace_out_of_reach(const double *index, double N, int n, double *ratio)
{
    const double limit = PB_FAST_SINE_LIMIT / (PB_PI * N);
    for (int i = 0; i < n; i++)
        if (!(fabs(index[i]) < limit))
            ratio[i] = pb_sincg(PB_PI * index[i], N);
}

static void sincg_of_axis(const double *index, double N, int precision, int n, double *ratio)
{
    if (precision == PB_FAST) {
        fast_sincg(index, N, n, ratio);
        replace_out_of_reach(index, N, n, ratio);
    } else {
        exact_sincg(index, N, n, ratio);
    }
}

static double *lanes_of(pb_lanes3 *vector, int axis)
{
    return axis == 0 ? vector->x : axis == 1 ? vector->y : vector->z;
}

/* Set factors that are not computed. */
static void fill_factors(pb_lanes3 *factors, int n, double value)
{
    for (int axis = 0; axis < 3; axis++)
        for (int i = 0; i < n; i++)
            lanes_of(factors, axis)[i] = value;
}

static void parallelepiped(const double N[3], int precision, const pb_lanes3 *hkl, int n,
                           double *product, pb_lanes3 *factors)
{
    const double *indices[3] = {hkl->x, hkl->y, hkl->z};
    double ratio[PB_LANES];
    for (int i = 0; i < n; i++)
        product[i] = 1.0;
    for (int axis = 0; axis < 3; axis++) {
        if (!(N[axis] > 1.0))
            continue;
        sincg_of_axis(indices[axis], N[axis], precision, n, ratio);
        for (int i = 0; i < n; i++)
            product[i] *= ratio[i];
        if (factors != NULL)
            memcpy(lanes_of(factors, axis), ratio, (size_t)n * sizeof *ratio);
    }
}

static double sphere(const pb_crystal *crystal, const double d[3])
{
    const double *N = crystal->cells;
    const double R =
        d[0] * d[0] * N[0] * N[0] + d[1] * d[1] * N[1] * N[1] + d[2] * d[2] * N[2] * N[2];
    return N[0] * N[1] * N[2] * 0.723601254558268 * pb_sinc3(PB_PI * sqrt(R * crystal->fudge));
}

/* Squared distance to the nearest node in units of the spot size. */
static double reduced_distance(const pb_crystal *crystal, const double d[3])
{
    const double *N = crystal->cells;
    const pb_vec3 a = crystal->a_star, b = crystal->b_star, c = crystal->c_star;
    const double x = d[0] * a.x + d[1] * b.x + d[2] * c.x;
    const double y = d[0] * a.y + d[1] * b.y + d[2] * c.y;
    const double z = d[0] * a.z + d[1] * b.z + d[2] * c.z;
    return (x * x + y * y + z * z) * N[0] * N[0] * N[1] * N[1] * N[2] * N[2];
}

static double shape_transform(const pb_crystal *crystal, const double d[3])
{
    const double *N = crystal->cells;
    if (crystal->shape == PB_ROUND)
        return sphere(crystal, d);
    const double r2 = reduced_distance(crystal, d);
    if (crystal->shape == PB_GAUSS)
        return N[0] * N[1] * N[2] * exp(-(r2 / 0.63 * crystal->fudge));
    return r2 * crystal->fudge < 0.3969 ? N[0] * N[1] * N[2] : 0.0;
}

void pb_lattice_factor(const pb_crystal *crystal, int precision, const pb_lanes3 *hkl,
                       const pb_index_lanes *hkl0, int n, double *F_latt, pb_lanes3 *factors)
{
    if (factors != NULL)
        fill_factors(factors, n, crystal->shape == PB_PARALLELEPIPED ? 1.0 : NAN);
    if (crystal->shape == PB_PARALLELEPIPED) {
        parallelepiped(crystal->cells, precision, hkl, n, F_latt, factors);
        return;
    }
    for (int i = 0; i < n; i++) {
        const double d[3] = {
            hkl->x[i] - hkl0->h[i],
            hkl->y[i] - hkl0->k[i],
            hkl->z[i] - hkl0->l[i],
        };
        F_latt[i] = shape_transform(crystal, d);
    }
}
