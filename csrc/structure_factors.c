/* Structure-factor lookup, contract §5. */
#include <stddef.h>

#include "factors.h"

static double nearest(int rounding, double index)
{
    switch (rounding) {
    case PB_HALF_EVEN:
        return rint(index);
    case PB_HALF_UP:
        return floor(index + 0.5);
    case PB_TRUNCATE:
        return trunc(index);
    case PB_FLOOR:
        return floor(index);
    default:
        return ceil(index - 0.5);
    }
}

/* Clamped to int32; NaN becomes the smallest, as every comparison with it is false. */
static int32_t as_index(double nearest)
{
    const double low = nearest > (double)INT32_MIN ? nearest : (double)INT32_MIN;
    return (int32_t)(low < (double)INT32_MAX ? low : (double)INT32_MAX);
}

PB_CLONES
static void nearest_of_axis(int rounding, const double *index, int n, int32_t *index0)
{
    if (rounding == PB_HALF_DOWN)
        for (int i = 0; i < n; i++)
            index0[i] = as_index(ceil(index[i] - 0.5));
    else
        for (int i = 0; i < n; i++)
            index0[i] = as_index(nearest(rounding, index[i]));
}

void pb_nearest_index(int rounding, const pb_lanes3 *hkl, int n, pb_index_lanes *hkl0)
{
    nearest_of_axis(rounding, hkl->x, n, hkl0->h);
    nearest_of_axis(rounding, hkl->y, n, hkl0->k);
    nearest_of_axis(rounding, hkl->z, n, hkl0->l);
}

double pb_tie_distance(double index)
{
    return fabs(index - floor(index) - 0.5);
}

/* First entry of the row h, k; the indices are inside the box. */
static const double *row(const pb_table *table, int64_t h, int64_t k)
{
    const int64_t h_offset = h - table->min[0], k_offset = k - table->min[1];
    return table->values + (h_offset * table->range[1] + k_offset) * table->range[2];
}

static void without_table(double default_F, int n, pb_lookup_lanes *lookup)
{
    for (int i = 0; i < n; i++) {
        lookup->F_cell[i] = default_F;
        lookup->out_of_bounds[i] = 0;
        lookup->default_f[i] = 1;
    }
}

/* Whether each index lies inside the box, and its entry there, else entry 0. */
PB_CLONES
static void locate(const pb_table *table, const pb_index_lanes *hkl0, int n, int64_t *entry,
                   int32_t *outside)
{
    const int32_t *low = table->min, *range = table->range;
    for (int i = 0; i < n; i++) {
        const int64_t h = (int64_t)hkl0->h[i] - low[0];
        const int64_t k = (int64_t)hkl0->k[i] - low[1];
        const int64_t l = (int64_t)hkl0->l[i] - low[2];
        const int inside =
            (h >= 0) & (h < range[0]) & (k >= 0) & (k < range[1]) & (l >= 0) & (l < range[2]);
        entry[i] = inside ? (h * range[1] + k) * range[2] + l : 0;
        outside[i] = !inside;
    }
}

void pb_nearest_lookup(const pb_table *table, const pb_behaviours *behaviours,
                       const pb_index_lanes *hkl0, int n, pb_lookup_lanes *lookup)
{
    if (table->values == NULL) {
        without_table(table->default_F, n, lookup);
        return;
    }
    int64_t entry[PB_LANES];
    locate(table, hkl0, n, entry, lookup->out_of_bounds);
    for (int i = 0; i < n; i++) {
        const double stored = table->values[entry[i]];
        const int replaced = behaviours->in_box_zero_default && stored == 0.0;
        lookup->default_f[i] = lookup->out_of_bounds[i] || replaced;
        lookup->F_cell[i] = lookup->default_f[i] ? table->default_F : stored;
    }
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

void pb_structure_factor(const pb_table *table, const pb_behaviours *behaviours,
                         const pb_lanes3 *hkl, const pb_index_lanes *hkl0, int n,
                         int32_t *interpolation_on, pb_lookup_lanes *lookup)
{
    pb_nearest_lookup(table, behaviours, hkl0, n, lookup);
    if (!*interpolation_on)
        return;
    const double index[3] = {hkl->x[0], hkl->y[0], hkl->z[0]};
    if (pb_interpolation_is_safe(table, index)) {
        lookup->F_cell[0] = pb_interpolate(table, index);
        lookup->out_of_bounds[0] = lookup->default_f[0] = 0;
    } else if (!behaviours->interpolation_stays) {
        *interpolation_on = 0;
    }
}
