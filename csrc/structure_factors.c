/* Structure-factor lookup, contract §5. */
#include <stddef.h>

#include "factors.h"

int32_t pb_nearest_index(double index)
{
    const double nearest = ceil(index - 0.5);
    if (nearest >= (double)INT32_MAX)
        return INT32_MAX;
    if (nearest > (double)INT32_MIN)
        return (int32_t)nearest;
    return INT32_MIN; /* NaN too: every comparison with it is false */
}

double pb_tie_distance(double index)
{
    return fabs(index - floor(index) - 0.5);
}

static int is_inside(const pb_table *table, const int32_t hkl0[3])
{
    for (int axis = 0; axis < 3; axis++) {
        const int64_t offset = (int64_t)hkl0[axis] - table->min[axis];
        if (offset < 0 || offset >= table->range[axis])
            return 0;
    }
    return 1;
}

/* First entry of the row h, k; the indices are inside the box. */
static const double *row(const pb_table *table, int64_t h, int64_t k)
{
    const int64_t h_offset = h - table->min[0], k_offset = k - table->min[1];
    return table->values + (h_offset * table->range[1] + k_offset) * table->range[2];
}

pb_lookup pb_nearest_lookup(const pb_table *table, const int32_t hkl0[3])
{
    if (table->values == NULL)
        return (pb_lookup){.F_cell = table->default_F, .default_f = 1};
    if (!is_inside(table, hkl0))
        return (pb_lookup){.F_cell = table->default_F, .out_of_bounds = 1, .default_f = 1};
    const int64_t l_offset = (int64_t)hkl0[2] - table->min[2];
    return (pb_lookup){.F_cell = row(table, hkl0[0], hkl0[1])[l_offset]};
}

int pb_interpolation_is_safe(const pb_table *table, const double hkl[3])
{
    for (int axis = 0; axis < 3; axis++) {
        const double index = hkl[axis];
        /* Written so that NaN is unsafe, where the contract's own comparisons would let it pass. */
        const int above = !(index - table->min[axis] + 3 <= table->range[axis]);
        const int below = !(index - 2 >= table->min[axis]);
        if (above || below)
            return 0;
    }
    return 1;
}

double pb_cubic_polynomial(double x, const double xs[4], const double ys[4])
{
    const double x0 = xs[0], x1 = xs[1], x2 = xs[2], x3 = xs[3];
    return (x - x1) * (x - x2) * (x - x3) * ys[0] / ((x0 - x1) * (x0 - x2) * (x0 - x3)) +
           (x - x0) * (x - x2) * (x - x3) * ys[1] / ((x1 - x0) * (x1 - x2) * (x1 - x3)) +
           (x - x0) * (x - x1) * (x - x3) * ys[2] / ((x2 - x0) * (x2 - x1) * (x2 - x3)) +
           (x - x0) * (x - x1) * (x - x2) * ys[3] / ((x3 - x0) * (x3 - x1) * (x3 - x2));
}

static void neighbours(double index, double xs[4])
{
    for (int i = 0; i < 4; i++)
        xs[i] = floor(index) - 1.0 + i;
}

double pb_interpolate(const pb_table *table, const double hkl[3])
{
    double hs[4], ks[4], ls[4], along_h[4];
    neighbours(hkl[0], hs);
    neighbours(hkl[1], ks);
    neighbours(hkl[2], ls);
    const int64_t l_offset = (int64_t)ls[0] - table->min[2];
    for (int i = 0; i < 4; i++) {
        double along_k[4];
        for (int j = 0; j < 4; j++) {
            const double *along_l = row(table, (int64_t)hs[i], (int64_t)ks[j]) + l_offset;
            along_k[j] = pb_cubic_polynomial(hkl[2], ls, along_l);
        }
        along_h[i] = pb_cubic_polynomial(hkl[1], ks, along_k);
    }
    return pb_cubic_polynomial(hkl[0], hs, along_h);
}

pb_lookup pb_structure_factor(const pb_table *table, const double hkl[3], const int32_t hkl0[3],
                              int *interpolation_on)
{
    if (*interpolation_on && !pb_interpolation_is_safe(table, hkl))
        *interpolation_on = 0;
    if (*interpolation_on)
        return (pb_lookup){.F_cell = pb_interpolate(table, hkl)};
    return pb_nearest_lookup(table, hkl0);
}
