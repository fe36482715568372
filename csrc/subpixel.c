/* Where a subpixel lies, the ray to it, and its solid angle and captured fraction, contract §6. */
#include "chain.h"
#include "vec3.h"

/* Wrap flat positions around the sample. */
static void on_the_sphere(const pb_detector *d, int n, pb_lanes3 *position)
{
    for (int i = 0; i < n; i++) {
        pb_vec3 u = pb_scale(d->beam, d->distance);
        u = pb_rotate_axis(u, d->slow, position->y[i] / d->distance);
        u = pb_rotate_axis(u, d->fast, position->z[i] / d->distance);
        position->x[i] = u.x;
        position->y[i] = u.y;
        position->z[i] = u.z;
    }
}

PB_CLONES
static void on_the_plane(const pb_detector *d, double depth, int32_t slow, const int32_t *fast,
                         int n, pb_lanes3 *position)
{
    const double sub = d->subpixel_size;
    const double S = sub * (double)slow + sub / 2.0;
    const pb_vec3 f = d->fast, s = d->slow, o = d->odet, pix0 = d->pix0;
    for (int i = 0; i < n; i++) {
        const double F = sub * (double)fast[i] + sub / 2.0;
        position->x[i] = F * f.x + S * s.x + depth * o.x + pix0.x;
        position->y[i] = F * f.y + S * s.y + depth * o.y + pix0.y;
        position->z[i] = F * f.z + S * s.z + depth * o.z + pix0.z;
    }
}

void pb_subpixel_position(const pb_detector *detector, double depth, int32_t slow,
                          const int32_t *fast, int n, pb_lanes3 *position)
{
    on_the_plane(detector, depth, slow, fast, n, position);
    if (detector->curved)
        on_the_sphere(detector, n, position);
}

PB_CLONES
void pb_solid_angle(const pb_detector *detector, const double *airpath, int n, double *omega)
{
    const double pixel = detector->pixel_size, close_distance = detector->close_distance;
    const int point_pixel = detector->point_pixel;
    for (int i = 0; i < n; i++)
        omega[i] = point_pixel
                       ? 1.0 / airpath[i] / airpath[i]
                       : pixel * pixel / airpath[i] / airpath[i] * close_distance / airpath[i];
}

void pb_captured_fraction(const pb_detector *detector, int64_t layer, const pb_lanes3 *diffracted,
                          int n, double *capture)
{
    const double t = (double)layer, step = detector->thick.step, mu = detector->mu;
    const pb_vec3 o = detector->odet;
    for (int i = 0; i < n; i++) {
        const pb_vec3 d = {diffracted->x[i], diffracted->y[i], diffracted->z[i]};
        const double p = detector->no_parallax ? 1.0 : pb_dot(d, o);
        capture[i] = exp(-t * step * mu / p) - exp(-(t + 1.0) * step * mu / p);
    }
}

PB_CLONES
static void diffracted_rays(pb_chain *c)
{
    for (int i = 0; i < c->n; i++) {
        const double x = c->position.x[i], y = c->position.y[i], z = c->position.z[i];
        const double airpath = sqrt(x * x + y * y + z * z);
        c->airpath[i] = airpath;
        c->diffracted.x[i] = x / airpath;
        c->diffracted.y[i] = y / airpath;
        c->diffracted.z[i] = z / airpath;
    }
}

void pb_subpixel_geometry(pb_chain *c, const pb_place *place)
{
    const pb_setup *setup = c->setup;
    const int32_t n = setup->oversample;
    int32_t fast[PB_LANES];
    for (int i = 0; i < c->n; i++)
        fast[i] = c->fast[i] * n + place->sub_fast;
    pb_subpixel_position(&setup->detector, (double)place->layer * setup->detector.thick.step,
                         c->slow * n + place->sub_slow, fast, c->n, &c->position);
    pb_override_position(c);
    diffracted_rays(c);
}

/* Whether a factor is due in any lane: a first value stays in force unless it is 0. */
static int is_due(int32_t factor, const double *values, int n)
{
    if (factor != PB_FIRST)
        return 1;
    for (int i = 0; i < n; i++)
        if (values[i] == 0.0)
            return 1;
    return 0;
}

/* Put new values in force where they are due. */
static void put_in_force(int32_t factor, const double *computed, int n, double *values, double *sum)
{
    for (int i = 0; i < n; i++) {
        if (factor != PB_FIRST || values[i] == 0.0)
            values[i] = computed[i];
        sum[i] += values[i];
    }
}

void pb_update_omega(pb_chain *c)
{
    double computed[PB_LANES];
    if (!is_due(c->setup->omega, c->omega, c->n))
        return;
    pb_solid_angle(&c->setup->detector, c->airpath, c->n, computed);
    put_in_force(c->setup->omega, computed, c->n, c->omega, c->omega_sum);
}

void pb_update_capture(pb_chain *c, int64_t layer)
{
    double computed[PB_LANES];
    if (!is_due(c->setup->capture, c->capture, c->n))
        return;
    pb_captured_fraction(&c->setup->detector, layer, &c->diffracted, c->n, computed);
    put_in_force(c->setup->capture, computed, c->n, c->capture, c->capture_sum);
}
