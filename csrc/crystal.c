/* Cell, setting and size of the crystal, contract §3, §4, §5 and §8. */
#include <stddef.h>

#include "factors.h"
#include "units.h"
#include "vec3.h"

/* Unit cell in Å and radians, and its volume in Å³. */
typedef struct cell {
    double a, b, c, alpha, beta, gamma, V;
} cell;

typedef struct reciprocal {
    pb_vec3 a, b, c; /* 1/Å */
} reciprocal;

static double angle_or_right(double degrees)
{
    return isnan(degrees) ? PB_PI / 2 : pb_radians(degrees);
}

static cell complete_cell(const pb_experiment *e)
{
    cell u;
    u.a = e->cell[0];
    u.b = pb_given_or(e->cell[1], u.a);
    u.c = pb_given_or(e->cell[2], u.a);
    u.alpha = angle_or_right(e->cell[3]);
    u.beta = angle_or_right(e->cell[4]);
    u.gamma = angle_or_right(e->cell[5]);
    const double s = (u.alpha + u.beta + u.gamma) / 2;
    const double skew = fabs(sin(s) * sin(s - u.alpha) * sin(s - u.beta) * sin(s - u.gamma));
    u.V = 2.0 * u.a * u.b * u.c * sqrt(skew);
    pb_give(e->given, PB_GIVEN_V_CELL, &u.V);
    return u;
}

static double clamped_sine(double value)
{
    if (value > 1.0)
        return 1.0;
    return value < -1.0 ? -1.0 : value;
}

static double clamped_cosine(double value)
{
    return value * value > 1.0 ? 1.0 : value;
}

/* Reciprocal cell in the default orientation: a* along x, b* in the xy plane. */
static reciprocal default_orientation(const cell *u)
{
    const double V_star = 1.0 / u->V;
    const double a_star = u->b * u->c * sin(u->alpha) * V_star;
    const double b_star = u->c * u->a * sin(u->beta) * V_star;
    const double c_star = u->a * u->b * sin(u->gamma) * V_star;
    const double cos_al = cos(u->alpha), cos_be = cos(u->beta), cos_ga = cos(u->gamma);
    const double sin_al = sin(u->alpha), sin_be = sin(u->beta), sin_ga = sin(u->gamma);
    const double cos_al_star = clamped_cosine((cos_be * cos_ga - cos_al) / (sin_be * sin_ga));
    const double cos_be_star = clamped_cosine((cos_ga * cos_al - cos_be) / (sin_ga * sin_al));
    const double cos_ga_star = clamped_cosine((cos_al * cos_be - cos_ga) / (sin_al * sin_be));
    const double sin_ga_star = clamped_sine(u->c * V_star / a_star / b_star);
    return (reciprocal){
        {a_star, 0.0, 0.0},
        {b_star * cos_ga_star, b_star * sin_ga_star, 0.0},
        {c_star * cos_be_star, c_star * (cos_al_star - cos_be_star * cos_ga_star) / sin_ga_star,
         c_star * u->V / (u->a * u->b * u->c * sin_ga_star)},
    };
}

/* Matrix files carry the wavelength: their numbers are lambda times 1/Å. */
static reciprocal matrix_orientation(const double m[9], double lambda)
{
    const double s = 1e-10 / lambda;
    return (reciprocal){
        {m[0] * s, m[3] * s, m[6] * s},
        {m[1] * s, m[4] * s, m[7] * s},
        {m[2] * s, m[5] * s, m[8] * s},
    };
}

static pb_vec3 resized(pb_vec3 v, double length)
{
    return pb_scale(v, length / pb_norm(v));
}

/* A vector of the cell in Å, from the given one in m where there is one. */
static pb_vec3 in_angstrom(const pb_given_setup *given, int field, pb_vec3 derived)
{
    if (!pb_is_given(given, field))
        return derived;
    pb_vec3 vector;
    pb_give_vector(given, field, &vector);
    return pb_scale(vector, 1e10);
}

/* Real-space cell from the reciprocal one; `given` rescales it to the given cell, or is NULL. */
static void real_space(const pb_experiment *e, reciprocal star, const cell *given,
                       pb_crystal *crystal)
{
    pb_vec3 bc = pb_cross(star.b, star.c);
    pb_vec3 ca = pb_cross(star.c, star.a);
    pb_vec3 ab = pb_cross(star.a, star.b);
    double V_star = pb_dot(star.a, bc);
    if (given != NULL) {
        bc = resized(bc, given->a / given->V);
        ca = resized(ca, given->b / given->V);
        ab = resized(ab, given->c / given->V);
        V_star = 1.0 / given->V;
    }
    crystal->V_cell = 1.0 / V_star;
    if (pb_is_given(e->given, PB_GIVEN_V_CELL)) {
        pb_give(e->given, PB_GIVEN_V_CELL, &crystal->V_cell);
        V_star = 1.0 / crystal->V_cell;
    }
    const pb_vec3 a = in_angstrom(e->given, PB_GIVEN_A0, pb_scale(bc, crystal->V_cell));
    const pb_vec3 b = in_angstrom(e->given, PB_GIVEN_B0, pb_scale(ca, crystal->V_cell));
    const pb_vec3 c = in_angstrom(e->given, PB_GIVEN_C0, pb_scale(ab, crystal->V_cell));
    if (pb_is_given(e->given, PB_GIVEN_REGENERATED_V_CELL)) {
        pb_give(e->given, PB_GIVEN_REGENERATED_V_CELL, &crystal->V_cell);
        V_star = 1.0 / crystal->V_cell;
    }
    crystal->a_star = pb_scale(pb_cross(b, c), V_star);
    crystal->b_star = pb_scale(pb_cross(c, a), V_star);
    crystal->c_star = pb_scale(pb_cross(a, b), V_star);
    crystal->a0 = pb_scale(a, 1e-10);
    crystal->b0 = pb_scale(b, 1e-10);
    crystal->c0 = pb_scale(c, 1e-10);
}

static pb_vec3 misset_of(const pb_experiment *e)
{
    if (e->random_misset)
        return pb_random_misset(e->misset_seed);
    return (pb_vec3){
        pb_radians(e->misset.x),
        pb_radians(e->misset.y),
        pb_radians(e->misset.z),
    };
}

static void orient(const pb_experiment *e, double lambda, pb_crystal *crystal)
{
    const int from_cell = isnan(e->matrix[0]);
    const cell given = complete_cell(e);
    reciprocal star =
        from_cell ? default_orientation(&given) : matrix_orientation(e->matrix, lambda);
    crystal->misset = misset_of(e);
    star.a = pb_rotate(star.a, crystal->misset);
    star.b = pb_rotate(star.b, crystal->misset);
    star.c = pb_rotate(star.c, crystal->misset);
    pb_give_vector(e->given, PB_GIVEN_A_STAR, &star.a);
    pb_give_vector(e->given, PB_GIVEN_B_STAR, &star.b);
    pb_give_vector(e->given, PB_GIVEN_C_STAR, &star.c);
    real_space(e, star, from_cell ? &given : NULL, crystal);
}

static double smaller(double size, double beam_size)
{
    return size > beam_size ? beam_size : size;
}

/* Unit cells along one axis: from the sample size where one is given, never below 1. */
static double count_cells(double given, double size, double cell_length)
{
    const double count = size > 0.0 ? ceil(size / cell_length) : given;
    return count <= 1.0 ? 1.0 : count;
}

static void choose_cells(const pb_experiment *e, pb_crystal *crystal)
{
    const double beam_size = pb_metres(e->beam_size);
    const double x = pb_metres(e->sample_size.x);
    const double y = smaller(pb_metres(e->sample_size.y), beam_size);
    const double z = smaller(pb_metres(e->sample_size.z), beam_size);
    crystal->cells[0] = count_cells(e->cells[0], x, pb_norm(crystal->a0));
    crystal->cells[1] = count_cells(e->cells[1], y, pb_norm(crystal->b0));
    crystal->cells[2] = count_cells(e->cells[2], z, pb_norm(crystal->c0));
    for (int axis = 0; axis < 3; axis++)
        pb_give(e->given, PB_GIVEN_NA + axis, &crystal->cells[axis]);
}

static int crystal_is_finite(const pb_crystal *crystal)
{
    return isfinite(crystal->V_cell) && crystal->V_cell != 0.0 && isfinite(crystal->cells[0]) &&
           isfinite(crystal->cells[1]) && isfinite(crystal->cells[2]) &&
           pb_vec3_is_finite(crystal->a0) && pb_vec3_is_finite(crystal->b0) &&
           pb_vec3_is_finite(crystal->c0) && pb_vec3_is_finite(crystal->a_star) &&
           pb_vec3_is_finite(crystal->b_star) && pb_vec3_is_finite(crystal->c_star);
}

/* One domain without a spread, else as many as were given, else 10. */
static int choose_domains(const pb_experiment *e, pb_crystal *crystal)
{
    crystal->mosaic_spread = isnan(e->mosaic_spread) ? 0.0 : pb_radians(e->mosaic_spread);
    pb_give(e->given, PB_GIVEN_MOSAIC_SPREAD, &crystal->mosaic_spread);
    crystal->domains = e->mosaic_domains > 0 ? e->mosaic_domains : 10;
    if (!(crystal->mosaic_spread > 0.0))
        crystal->domains = 1;
    pb_give_count(e->given, PB_GIVEN_MOSAIC_DOMAINS, &crystal->domains);
    return crystal->domains <= PB_MAX_STEPS ? PB_OK : PB_BAD_STEPS;
}

int pb_derive_crystal(const pb_experiment *experiment, double lambda, pb_crystal *crystal)
{
    if (experiment->shape < PB_PARALLELEPIPED || experiment->shape > PB_TOPHAT)
        return PB_BAD_ARGUMENT;
    crystal->shape = experiment->shape;
    crystal->fudge = experiment->fudge;
    orient(experiment, lambda, crystal);
    choose_cells(experiment, crystal);
    if (!crystal_is_finite(crystal))
        return PB_BAD_CELL;
    return choose_domains(experiment, crystal);
}

int pb_small_crystal(const double cells[3])
{
    return cells[0] <= 2.0 || cells[1] <= 2.0 || cells[2] <= 2.0;
}

double pb_recommended_oversample(const pb_crystal *crystal, const pb_detector *detector,
                                 double lambda)
{
    const double size_a = pb_norm(crystal->a0) * crystal->cells[0];
    const double size_b = pb_norm(crystal->b0) * crystal->cells[1];
    const double size_c = pb_norm(crystal->c0) * crystal->cells[2];
    const double longest = fmax(fmax(size_a, size_b), size_c);
    const double reciprocal_pixel = lambda * detector->distance / detector->pixel_size;
    return fmax(ceil(3.0 * longest / reciprocal_pixel), 1.0);
}
