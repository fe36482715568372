/* What a source adds: scattering vector, resolution cut and polarization, contract §6. */
#include "chain.h"

PB_CLONES
void pb_scattering_vector(const pb_lanes3 *diffracted, const pb_source *source, int n, pb_lanes3 *q)
{
    const pb_vec3 incident = source->incident;
    const double lambda = source->lambda;
    for (int i = 0; i < n; i++) {
        q->x[i] = (diffracted->x[i] - incident.x) / lambda;
        q->y[i] = (diffracted->y[i] - incident.y) / lambda;
        q->z[i] = (diffracted->z[i] - incident.z) / lambda;
    }
}

PB_CLONES
void pb_is_beyond_dmin(const pb_lanes3 *q, double dmin, int n, int32_t *beyond)
{
    for (int i = 0; i < n; i++) {
        const double x = q->x[i], y = q->y[i], z = q->z[i];
        const double stol = 0.5 * sqrt(x * x + y * y + z * z);
        beyond[i] = dmin > 0.0 && stol > 0.0 && dmin > 0.5 / stol;
    }
}

void pb_scatter(pb_chain *c, const pb_source *source)
{
    const pb_setup *setup = c->setup;
    pb_scattering_vector(&c->diffracted, source, c->n, &c->q);
    pb_is_beyond_dmin(&c->q, setup->behaviours.dmin_ignored ? 0.0 : setup->beam.dmin, c->n,
                      c->beyond_dmin);
    pb_override_scattering(c);
}

void pb_update_polar(pb_chain *c, const pb_source *source)
{
    int32_t due[PB_LANES];
    int any = 0;
    for (int i = 0; i < c->n; i++) {
        due[i] = !c->beyond_dmin[i] && (c->setup->polar != PB_FIRST || c->polar[i] == 0.0);
        any |= due[i];
    }
    if (!any)
        return;
    pb_polarization_factor(source, c->setup->beam.polarization, due, c->n, &c->diffracted,
                           &c->state->polar_axis, c->polar);
    for (int i = 0; i < c->n; i++)
        if (due[i]) {
            c->polar_sum[i] += c->polar[i];
            c->polar_count[i] += 1.0;
        }
}
