/*
 * factors.h: the functions of the physical factors, one file each, as the core calls them.
 * Not installed and not part of the public surface; units as in pb_core.h.
 */
#ifndef PB_FACTORS_H
#define PB_FACTORS_H

#include "pb_core.h"

/* beam.c, contract §1, §4, §6 */

/* Wavelength, incident direction, fluence and background. The beam direction comes from the
 * detector convention. Returns PB_OK or PB_BAD_BEAM. */
int pb_derive_beam(const pb_experiment *experiment, pb_vec3 beam_direction, pb_beam *beam);

/* Scattering vector (d - incident)/lambda, 1/m. */
pb_vec3 pb_scattering_vector(pb_vec3 diffracted, pb_vec3 incident, double lambda);

/* Whether the resolution cut drops this scattering vector. */
int pb_is_beyond_dmin(pb_vec3 q, double dmin);

/* detector.c, contract §2, §6 */

/* Returns PB_OK, PB_BAD_ARGUMENT, PB_BAD_DETECTOR or PB_BAD_GEOMETRY; leaves subpixel_size alone,
 * which depends on the oversampling. */
int pb_derive_detector(const pb_experiment *experiment, pb_detector *detector);

/* Laboratory position of the centre of a subpixel, m. Indices count subpixels over the detector. */
pb_vec3 pb_subpixel_position(const pb_detector *detector, int64_t slow, int64_t fast);

/* Solid angle of a whole pixel seen at this distance, sr. */
double pb_solid_angle(const pb_detector *detector, double airpath);

/* crystal.c, contract §3, §6 */

/* Returns PB_OK, PB_BAD_ARGUMENT or PB_BAD_CELL. */
int pb_derive_crystal(const pb_experiment *experiment, double lambda, pb_crystal *crystal);

/* Rotate the real-space cell about the spindle by phi (radians) into a, b, c. */
void pb_rotate_crystal(pb_crystal *crystal, pb_vec3 spindle, double phi);

/* Fractional Miller indices of a scattering vector (1/m). */
void pb_miller_index(const pb_crystal *crystal, pb_vec3 q, double hkl[3]);

/* Whether F is interpolated where nobody said so: one of the given N is 2 or less, §5. */
int pb_small_crystal(const double cells[3]);

/* Oversampling recommended for this crystal on this detector, at least 1. */
double pb_recommended_oversample(const pb_crystal *crystal, const pb_detector *detector,
                                 double lambda);

/* lattice.c, contract §6 */

/* sin(x*N)/sin(x), N where x is exactly 0. */
double pb_sincg(double x, double N);

/* Shape transform of a sphere, 1 where x is exactly 0. */
double pb_sinc3(double x);

/* Lattice factor F_latt. */
double pb_lattice_factor(const pb_crystal *crystal, const double hkl[3], const int32_t hkl0[3]);

/* structure_factors.c, contract §5 */

/* One structure-factor lookup. */
typedef struct pb_lookup {
    double F_cell; /* electrons */
    int32_t out_of_bounds;
    int32_t default_f;
} pb_lookup;

/* Nearest Miller index, a half rounding down; clamped to int32, NaN to the smallest. */
int32_t pb_nearest_index(double index);

/* Distance of a fractional index from the nearest half-integer tie. */
double pb_tie_distance(double index);

pb_lookup pb_nearest_lookup(const pb_table *table, const int32_t hkl0[3]);

/* Whether all four neighbours of every index lie inside the box. */
int pb_interpolation_is_safe(const pb_table *table, const double hkl[3]);

/* Cubic Lagrange polynomial through four points. */
double pb_cubic_polynomial(double x, const double xs[4], const double ys[4]);

/* Tricubic interpolation; the caller has made sure that it is safe. */
double pb_interpolate(const pb_table *table, const double hkl[3]);

/* The lookup of a run: interpolated while *interpolation_on and safe, nearest otherwise; the first
 * unsafe lookup switches interpolation off. */
pb_lookup pb_structure_factor(const pb_table *table, const double hkl[3], const int32_t hkl0[3],
                              int *interpolation_on);

/* polarization.c, contract §6 */

/* Polarization factor. Makes the axis a unit vector in place, as the contract says. */
double pb_polarization_factor(pb_vec3 incident, pb_vec3 diffracted, pb_vec3 *axis,
                              double kahn_factor);

#endif
