/* Orientations of the crystal and the Miller indices in them, contract §4 and §6. */
#include "factors.h"
#include "tangents.h"
#include "vec3.h"

static double phi_at(const pb_setup *setup, int64_t step)
{
    return setup->phi0 + setup->phi.step * (double)step;
}

/* The crystal turned about the spindle by phi (radians). */
static pb_orientation rotated_about_spindle(const pb_setup *setup, double phi)
{
    const pb_crystal *crystal = &setup->crystal;
    const pb_vec3 spindle = setup->detector.spindle;
    return (pb_orientation){
        pb_rotate_axis(crystal->a0, spindle, phi),
        pb_rotate_axis(crystal->b0, spindle, phi),
        pb_rotate_axis(crystal->c0, spindle, phi),
    };
}

/* The crystal at an angle of exactly 0. */
static pb_orientation unrotated_at(const pb_setup *setup, double phi)
{
    const pb_crystal *crystal = &setup->crystal;
    const pb_vec3 spindle = setup->detector.spindle;
    (void)spindle, (void)phi;
    return (pb_orientation){
        PB_DIFFERENTIATED_AS(crystal->a0, pb_rotate_axis(crystal->a0, spindle, phi)),
        PB_DIFFERENTIATED_AS(crystal->b0, pb_rotate_axis(crystal->b0, spindle, phi)),
        PB_DIFFERENTIATED_AS(crystal->c0, pb_rotate_axis(crystal->c0, spindle, phi)),
    };
}

static pb_vec3 by_matrix(const double *m, pb_vec3 v)
{
    return (pb_vec3){
        m[0] * v.x + m[1] * v.y + m[2] * v.z,
        m[3] * v.x + m[4] * v.y + m[5] * v.z,
        m[6] * v.x + m[7] * v.y + m[8] * v.z,
    };
}

/* All domains of the crystal as the spindle leaves it. */
static void add_domains(const pb_crystal *crystal, pb_orientation whole, const double *matrices,
                        pb_orientation *domains)
{
    for (int64_t i = 0; i < crystal->domains; i++) {
        domains[i] = whole;
        if (crystal->mosaic_spread > 0.0) {
            domains[i].a = by_matrix(matrices + 9 * i, whole.a);
            domains[i].b = by_matrix(matrices + 9 * i, whole.b);
            domains[i].c = by_matrix(matrices + 9 * i, whole.c);
        }
    }
}

/* What a spindle angle of exactly 0 at the front of the sweep finds there: the last rotation of the
 * sweep before, or no rotation. */
static pb_orientation carried_over(const pb_setup *setup, pb_orientation unrotated)
{
    for (int64_t i = setup->phi.steps - 1; i >= 0; i--)
        if (phi_at(setup, i) != 0.0)
            return rotated_about_spindle(setup, phi_at(setup, i));
    return unrotated;
}

static int32_t count_leading_zeros(const pb_setup *setup)
{
    int32_t zeros = 0;
    while (zeros < setup->phi.steps && phi_at(setup, zeros) == 0.0)
        zeros++;
    return zeros == setup->phi.steps || setup->behaviours.no_carry_over ? 0 : zeros;
}

/* Every phi step, then no rotation. */
static void rotate_each_step(const pb_setup *setup, pb_rotation *rotations)
{
    const pb_orientation unrotated = unrotated_at(setup, phi_at(setup, 0));
    const int carries_over = !setup->behaviours.no_carry_over;
    pb_orientation current = carries_over ? carried_over(setup, unrotated) : unrotated;
    for (int64_t i = 0; i < setup->phi.steps; i++) {
        const double phi = phi_at(setup, i);
        if (phi != 0.0)
            current = rotated_about_spindle(setup, phi);
        else if (!carries_over)
            current = unrotated_at(setup, phi);
        rotations[i] = (pb_rotation){phi, current};
    }
    rotations[setup->phi.steps] = (pb_rotation){0.0, unrotated};
}

void pb_lay_out_orientations(pb_setup *setup, const double *domain_matrices, pb_rotation *rotations,
                             pb_orientation *orientations)
{
    const pb_crystal *crystal = &setup->crystal;
    rotate_each_step(setup, rotations);
    for (int64_t i = 0; i <= setup->phi.steps; i++)
        add_domains(crystal, rotations[i].crystal, domain_matrices,
                    orientations + i * crystal->domains);
    setup->leading_zeros = count_leading_zeros(setup);
}

PB_CLONES
void pb_miller_index(const pb_orientation *orientation, const pb_lanes3 *q, int n, pb_lanes3 *hkl)
{
    const pb_vec3 a = orientation->a, b = orientation->b, c = orientation->c;
    for (int i = 0; i < n; i++) {
        const double x = q->x[i], y = q->y[i], z = q->z[i];
        hkl->x[i] = a.x * x + a.y * y + a.z * z;
        hkl->y[i] = b.x * x + b.y * y + b.z * z;
        hkl->z[i] = c.x * x + c.y * y + c.z * z;
    }
}
