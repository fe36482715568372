/* Lattice factor F_latt of the four crystal shapes, contract §6. */
#include "factors.h"
#include "units.h"

double pb_sincg(double x, double N)
{
    return x == 0.0 ? N : sin(x * N) / sin(x);
}

double pb_sinc3(double x)
{
    return x == 0.0 ? 1.0 : 3.0 * (sin(x) / x - cos(x)) / (x * x);
}

static double parallelepiped(const double N[3], const double hkl[3])
{
    double product = 1.0;
    for (int axis = 0; axis < 3; axis++)
        if (N[axis] > 1.0)
            product *= pb_sincg(PB_PI * hkl[axis], N[axis]);
    return product;
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

double pb_lattice_factor(const pb_crystal *crystal, const double hkl[3], const int32_t hkl0[3])
{
    const double *N = crystal->cells;
    if (crystal->shape == PB_PARALLELEPIPED)
        return parallelepiped(N, hkl);
    const double d[3] = {hkl[0] - hkl0[0], hkl[1] - hkl0[1], hkl[2] - hkl0[2]};
    if (crystal->shape == PB_ROUND)
        return sphere(crystal, d);
    const double r2 = reduced_distance(crystal, d);
    if (crystal->shape == PB_GAUSS)
        return N[0] * N[1] * N[2] * exp(-(r2 / 0.63 * crystal->fudge));
    return r2 * crystal->fudge < 0.3969 ? N[0] * N[1] * N[2] : 0.0;
}
