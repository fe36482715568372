/*
 * factors.h: the functions of the physical factors, one file each, as the core calls them.
 * Not installed and not part of the public surface; units as in pb_core.h.
 *
 * What depends on the pixel is computed for up to PB_LANES pixels of a row side by side, one lane a
 * pixel, so that the compiler can use vector instructions: each operation is still one IEEE
 * operation a lane, in the contract's order. `n` is the number of lanes in use.
 */
#ifndef PB_FACTORS_H
#define PB_FACTORS_H

#include "pb_core.h"

/* Lanes fill the vector registers many times over and their arrays still fit into the first-level
 * cache. */
#ifndef PB_LANES
#define PB_LANES 64
#endif

/* One vector, or one triple of fractional indices, a lane. */
typedef struct pb_lanes3 {
    double x[PB_LANES], y[PB_LANES], z[PB_LANES];
} pb_lanes3;

/* Nearest Miller indices. */
typedef struct pb_index_lanes {
    int32_t h[PB_LANES], k[PB_LANES], l[PB_LANES];
} pb_index_lanes;

/* Structure-factor lookups. */
typedef struct pb_lookup_lanes {
    double F_cell[PB_LANES]; /* electrons */
    int32_t out_of_bounds[PB_LANES];
    int32_t default_f[PB_LANES];
} pb_lookup_lanes;

/* Versions of a function for several instruction sets, chosen once at run time, where the compiler
 * has that (CMakeLists.txt tries); one portable version elsewhere. */
#ifdef PB_HAVE_TARGET_CLONES
#define PB_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PB_CLONES
#endif

/* NaN is PB_NOT_GIVEN. */
static inline double pb_given_or(double value, double fallback)
{
    return isnan(value) ? fallback : value;
}

static inline void pb_fill(double *lanes, int n, double value)
{
    for (int i = 0; i < n; i++)
        lanes[i] = value;
}

/* Whether one value of a factor multiplies the sum at the end; factor is a pb_factor_mode. */
static inline int pb_scales_the_sum(int32_t factor)
{
    return factor == PB_FIRST || factor == PB_LAST || factor == PB_MEAN;
}

/* overrides.c: quantities of the setup that are given instead of derived; `given` may be NULL */

int pb_is_given(const pb_given_setup *given, int field);

/* Each replaces what was derived where the field is given, and leaves it alone elsewhere. */
void pb_give(const pb_given_setup *given, int field, double *value);
void pb_give_vector(const pb_given_setup *given, int field, pb_vec3 *vector);
void pb_give_count(const pb_given_setup *given, int field, int64_t *count);

/* The same of a sweep whose range is `field`: before it is sampled, what the flags gave of it;
 * after it, all of it. */
void pb_give_sweep(const pb_given_setup *given, int field, pb_sweep *sweep);
void pb_give_sampled(const pb_given_setup *given, int field, pb_sampled_range *sampling);

/* sweep.c, contract §4 */

/* Where the kinds of sweep differ. */
typedef struct pb_sweep_rule {
    double default_range;         /* where only the steps were given */
    int half_range_step;          /* the range alone gives a step of half of it, not all of it */
    int both_ends;                /* range and steps: the last step lies at the end of the range */
    int single_if_not_above_zero; /* range, step or steps not above 0: one step at 0 */
} pb_sweep_rule;

extern const pb_sweep_rule PB_BEAM_SWEEP;      /* divergence and dispersion */
extern const pb_sweep_rule PB_SPINDLE_SWEEP;   /* phi */
extern const pb_sweep_rule PB_THICKNESS_SWEEP; /* sensor layers */

/* Range, step and steps of a sweep given in radians, metres or as a fraction; NaN and 0 are not
 * given. Returns PB_OK or PB_BAD_STEPS. */
int pb_sample_sweep(pb_sweep given, const pb_sweep_rule *rule, pb_sampled_range *sampling);

/* mosaic.c, contract §4 */

/* Rotation matrices of random domains, 9 doubles each, row by row; spread in radians. */
void pb_random_domains(double spread, int64_t domains, int32_t seed, double *matrices);

/* Those of mosaic domains: the first domain is not turned. */
void pb_mosaic_domains(double spread, int64_t domains, int32_t seed, double *matrices);

/* random_misset.c, contract §8 */

/* Misset angles of the random orientation of a seed, rad. */
pb_vec3 pb_random_misset(int32_t seed);

/* beam.c, contract §1, §4 */

/* Wavelength, fluence, background, divergence and dispersion. Returns PB_OK, PB_BAD_BEAM or
 * PB_BAD_STEPS. */
int pb_derive_beam(const pb_experiment *experiment, pb_beam *beam);

/* All sources into room for setup->source_count; count returns how many there are. Returns PB_OK,
 * PB_BAD_SOURCE or PB_NO_SOURCE. */
int pb_lay_out_sources(const pb_experiment *experiment, const pb_beam *beam,
                       const pb_detector *detector, pb_source *sources, int64_t *count);

/* detector.c, contract §2, §4 */

/* Returns PB_OK, PB_BAD_ARGUMENT, PB_BAD_DETECTOR, PB_BAD_STEPS or PB_BAD_GEOMETRY; leaves
 * subpixel_size alone, which depends on the oversampling. */
int pb_derive_detector(const pb_experiment *experiment, pb_detector *detector);

int pb_in_roi(const pb_detector *detector, int32_t slow, int32_t fast);

/* crystal.c, contract §3, §4, §5 */

/* Returns PB_OK, PB_BAD_ARGUMENT, PB_BAD_STEPS or PB_BAD_CELL. */
int pb_derive_crystal(const pb_experiment *experiment, double lambda, pb_crystal *crystal);

/* Whether F is interpolated by default: one of the given N is 2 or less, §5. */
int pb_small_crystal(const double cells[3]);

/* Oversampling recommended for this crystal on this detector, at least 1. */
double pb_recommended_oversample(const pb_crystal *crystal, const pb_detector *detector,
                                 double lambda);

/* orientations.c, contract §4, §6 */

/* Every phi step, then the crystal before any rotation, and all domains of each; fills
 * leading_zeros too. */
void pb_lay_out_orientations(pb_setup *setup, const double *domain_matrices, pb_rotation *rotations,
                             pb_orientation *orientations);

/* Fractional Miller indices of scattering vectors (1/m). */
void pb_miller_index(const pb_orientation *orientation, const pb_lanes3 *q, int n, pb_lanes3 *hkl);

/* subpixel.c, contract §6 */

/* Laboratory position of the centre of subpixels of one row, m. Indices count subpixels over the
 * detector; depth is the depth of the layer below the front of the sensor, m. */
void pb_subpixel_position(const pb_detector *detector, double depth, int32_t slow,
                          const int32_t *fast, int n, pb_lanes3 *position);

/* Solid angle of a whole pixel at this distance, sr. */
void pb_solid_angle(const pb_detector *detector, const double *airpath, int n, double *omega);

/* Fraction of the photons captured by a layer of the sensor along the diffracted ray. */
void pb_captured_fraction(const pb_detector *detector, int64_t layer, const pb_lanes3 *diffracted,
                          int n, double *capture);

/* scattering.c, contract §6 */

/* Scattering vector (d - incident)/lambda, 1/m. */
void pb_scattering_vector(const pb_lanes3 *diffracted, const pb_source *source, int n,
                          pb_lanes3 *q);

/* Whether the resolution cut drops this scattering vector, 0 or 1. */
void pb_is_beyond_dmin(const pb_lanes3 *q, double dmin, int n, int32_t *beyond);

/* lattice.c, contract §6 */

/* sin(x*N)/sin(x), N where x is exactly 0. */
double pb_sincg(double x, double N);

/* Shape transform of a sphere, 1 where x is exactly 0. */
double pb_sinc3(double x);

/* Lattice factor F_latt; precision is a pb_precision. Unless NULL, factors returns the
 * factors of a parallelepiped along a, b, c (1 along an axis of one cell), and NaN for other
 * shapes. */
void pb_lattice_factor(const pb_crystal *crystal, int precision, const pb_lanes3 *hkl,
                       const pb_index_lanes *hkl0, int n, double *F_latt, pb_lanes3 *factors);

/* structure_factors.c, contract §5 */

/* Nearest Miller index by a pb_rounding; clamped to int32, NaN to the smallest. */
void pb_nearest_index(int rounding, const pb_lanes3 *hkl, int n, pb_index_lanes *hkl0);

/* Distance of a fractional index from the nearest half-integer tie. */
double pb_tie_distance(double index);

void pb_nearest_lookup(const pb_table *table, const pb_behaviours *behaviours,
                       const pb_index_lanes *hkl0, int n, pb_lookup_lanes *lookup);

/* Whether all four neighbours of every index lie inside the box. */
int pb_interpolation_is_safe(const pb_table *table, const double hkl[3]);

/* Cubic Lagrange polynomial through four points. */
double pb_cubic_polynomial(double x, const double xs[4], const double ys[4]);

/* Tricubic interpolation; the caller has checked that it is safe. */
double pb_interpolate(const pb_table *table, const double hkl[3]);

/* The lookup of a run: nearest for all lanes, then interpolated in the one lane there may be while
 * interpolation is on and safe; the first unsafe lookup switches interpolation off. */
void pb_structure_factor(const pb_table *table, const pb_behaviours *behaviours,
                         const pb_lanes3 *hkl, const pb_index_lanes *hkl0, int n,
                         int32_t *interpolation_on, pb_lookup_lanes *lookup);

/* polarization.c, contract §6 */

/* Polarization factor in the lanes where it is due. Normalizes d in these lanes and the axis, in
 * place, as the contract says. The axis is unchanged where the Kahn factor is 0 and nothing reads
 * it. */
void pb_polarization_factor(const pb_source *source, double kahn_factor, const int32_t *due, int n,
                            pb_lanes3 *diffracted, pb_vec3 *axis, double *polar);

#endif
