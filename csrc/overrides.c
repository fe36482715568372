/* Quantities of the setup and stages of a pixel given by another engine, contract §1 to §6: what
 * comes after them continues from its values. */
#include <stddef.h>

#include "chain.h"

int pb_is_given(const pb_given_setup *given, int field)
{
    return given != NULL && (given->fields >> field & 1U);
}

void pb_give(const pb_given_setup *given, int field, double *value)
{
    if (pb_is_given(given, field))
        *value = given->values[field].x;
}

void pb_give_vector(const pb_given_setup *given, int field, pb_vec3 *vector)
{
    if (pb_is_given(given, field))
        *vector = given->values[field];
}

void pb_give_count(const pb_given_setup *given, int field, int64_t *count)
{
    if (pb_is_given(given, field))
        *count = (int64_t)given->values[field].x;
}

void pb_give_sweep(const pb_given_setup *given, int field, pb_sweep *sweep)
{
    if (!isnan(sweep->range))
        pb_give(given, field, &sweep->range);
    if (!isnan(sweep->step))
        pb_give(given, field + 1, &sweep->step);
    if (sweep->steps > 0)
        pb_give_count(given, field + 2, &sweep->steps);
}

void pb_give_sampled(const pb_given_setup *given, int field, pb_sampled_range *sampling)
{
    pb_give(given, field, &sampling->range);
    pb_give(given, field + 1, &sampling->step);
    pb_give_count(given, field + 2, &sampling->steps);
}

/* The row of this evaluation; NULL where the stage is computed. */
static const pb_evaluation *row_of(const pb_chain *c, int32_t stage)
{
    if (c->overrides == NULL || c->overrides->last_stage < stage)
        return NULL;
    return c->overrides->rows + c->evaluated;
}

static void set_vector(pb_lanes3 *lanes, pb_vec3 value)
{
    lanes->x[0] = value.x;
    lanes->y[0] = value.y;
    lanes->z[0] = value.z;
}

static int has_indices(const pb_evaluation *row)
{
    return row != NULL && row->kind != PB_BEYOND_DMIN;
}

void pb_override_position(pb_chain *chain)
{
    const pb_evaluation *row = row_of(chain, PB_STAGE_POSITION);
    if (row != NULL)
        set_vector(&chain->position, row->position);
}

void pb_override_scattering(pb_chain *chain)
{
    const pb_evaluation *row = row_of(chain, PB_STAGE_SCATTERING);
    if (row == NULL)
        return;
    set_vector(&chain->q, row->q);
    chain->beyond_dmin[0] = row->kind == PB_BEYOND_DMIN;
}

void pb_override_orientation(pb_chain *chain)
{
    if (row_of(chain, PB_STAGE_ORIENTATION) != NULL && chain->overrides->orientations != NULL)
        chain->orientation = chain->overrides->orientations + chain->evaluated;
}

void pb_override_hkl(pb_chain *chain)
{
    const pb_evaluation *row = row_of(chain, PB_STAGE_HKL);
    if (has_indices(row))
        set_vector(&chain->hkl, (pb_vec3){row->hkl[0], row->hkl[1], row->hkl[2]});
}

void pb_override_hkl0(pb_chain *chain)
{
    const pb_evaluation *row = row_of(chain, PB_STAGE_HKL0);
    if (!has_indices(row))
        return;
    chain->hkl0.h[0] = row->hkl0[0];
    chain->hkl0.k[0] = row->hkl0[1];
    chain->hkl0.l[0] = row->hkl0[2];
}

void pb_override_F_latt(pb_chain *chain)
{
    const pb_evaluation *row = row_of(chain, PB_STAGE_F_LATT);
    if (!has_indices(row))
        return;
    const double *factors = row->F_latt_factors;
    set_vector(chain->F_latt_factors, (pb_vec3){factors[0], factors[1], factors[2]});
    chain->F_latt[0] = row->F_latt;
}

int pb_override_lookup(pb_chain *chain)
{
    const pb_evaluation *row = row_of(chain, PB_STAGE_F_CELL);
    if (row == NULL)
        return 0;
    chain->has_lookup[0] = row->kind == PB_LOOKUP;
    chain->lookup.F_cell[0] = row->F_cell;
    chain->lookup.out_of_bounds[0] = row->out_of_bounds;
    chain->lookup.default_f[0] = row->default_f;
    chain->state->interpolation_on = row->interpolation_on;
    return 1;
}

void pb_override_factors(pb_chain *chain)
{
    const pb_evaluation *row = row_of(chain, PB_STAGE_FACTORS);
    if (row == NULL)
        return;
    chain->omega[0] = row->omega;
    chain->capture[0] = row->capture;
    chain->polar[0] = row->polar;
}

void pb_override_sum(pb_chain *chain)
{
    const pb_evaluation *row = row_of(chain, PB_STAGE_SUM);
    if (row != NULL)
        chain->I[0] = row->I;
}

void pb_override_totals(pb_chain *chain)
{
    const pb_stage_overrides *overrides = chain->overrides;
    if (overrides == NULL || overrides->last_stage < PB_STAGE_FACTORS)
        return;
    chain->omega[0] = overrides->omega;
    chain->capture[0] = overrides->capture;
    chain->polar[0] = overrides->polar;
    if (overrides->last_stage >= PB_STAGE_SUM)
        chain->I[0] = overrides->I;
}
