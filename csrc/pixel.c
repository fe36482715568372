/* One pixel, contract §6, for one source, one spindle angle, one domain and no sensor depth. */
#include <stddef.h>

#include "factors.h"
#include "units.h"
#include "vec3.h"

/* What the contract keeps from one evaluation to the next. */
typedef struct chain {
    double I, polar, omega, capture;
    pb_vec3 axis;
    int interpolation_on;
} chain;

static chain start(const pb_setup *setup, const pb_table *table)
{
    return (chain){
        .I = setup->beam.I_bg,
        .polar = setup->beam.polarized ? 0.0 : 1.0,
        .omega = 0.0,
        .capture = 1.0, /* a sensor without thickness captures everything */
        .axis = setup->detector.polar,
        .interpolation_on = setup->interpolate && table->values != NULL,
    };
}

static pb_f_cell_stats no_lookups(void)
{
    pb_f_cell_stats stats = {.rounding_margin = INFINITY};
    for (int axis = 0; axis < 3; axis++) {
        stats.hkl_min[axis] = INT32_MAX;
        stats.hkl_max[axis] = INT32_MIN;
        stats.fractional_min[axis] = INFINITY;
        stats.fractional_max[axis] = -INFINITY;
    }
    return stats;
}

/* Tap 4 is filled from the row the pixel was computed with. */
static void count_lookup(pb_f_cell_stats *stats, const pb_evaluation *row)
{
    stats->total_lookups++;
    stats->out_of_bounds_count += row->out_of_bounds;
    stats->default_f_count += row->default_f;
    stats->zero_f_count += row->F_cell == 0.0;
    stats->sum_f_cell += row->F_cell;
    for (int axis = 0; axis < 3; axis++) {
        const double index = row->hkl[axis];
        if (row->hkl0[axis] < stats->hkl_min[axis])
            stats->hkl_min[axis] = row->hkl0[axis];
        if (row->hkl0[axis] > stats->hkl_max[axis])
            stats->hkl_max[axis] = row->hkl0[axis];
        stats->fractional_min[axis] = fmin(stats->fractional_min[axis], index);
        stats->fractional_max[axis] = fmax(stats->fractional_max[axis], index);
        stats->rounding_margin = fmin(stats->rounding_margin, pb_tie_distance(index));
    }
}

/* Lattice factor, then the lookup unless it is pointless, then the running sum. */
static void evaluate_domain(const pb_setup *setup, const pb_table *table, pb_vec3 q, chain *state,
                            pb_evaluation *row)
{
    pb_miller_index(&setup->crystal, q, row->hkl);
    for (int axis = 0; axis < 3; axis++)
        row->hkl0[axis] = pb_nearest_index(row->hkl[axis]);
    row->F_latt = pb_lattice_factor(&setup->crystal, row->hkl, row->hkl0);
    if (row->F_latt == 0.0 && setup->beam.water_size == 0.0) {
        row->kind = PB_NO_LATTICE;
        return;
    }
    const pb_lookup found =
        pb_structure_factor(table, row->hkl, row->hkl0, &state->interpolation_on);
    row->kind = PB_LOOKUP;
    row->F_cell = found.F_cell;
    row->out_of_bounds = found.out_of_bounds;
    row->default_f = found.default_f;
    state->I += row->F_cell * row->F_cell * row->F_latt * row->F_latt;
    if (setup->oversample_polar)
        state->I *= state->polar;
    if (setup->oversample_omega)
        state->I *= state->omega;
}

static void evaluate_source(const pb_setup *setup, const pb_table *table, pb_vec3 diffracted,
                            chain *state, pb_evaluation *row)
{
    const pb_beam *beam = &setup->beam;
    const pb_vec3 q = pb_scattering_vector(diffracted, beam->incident, beam->lambda0);
    if (pb_is_beyond_dmin(q, beam->dmin)) {
        row->kind = PB_BEYOND_DMIN;
        return;
    }
    if (state->polar == 0.0 || setup->oversample_polar)
        state->polar =
            pb_polarization_factor(beam->incident, diffracted, &state->axis, beam->polarization);
    evaluate_domain(setup, table, q, state, row);
}

static void evaluate_subpixel(const pb_setup *setup, const pb_table *table, int64_t slow,
                              int64_t fast, chain *state, pb_evaluation *row)
{
    row->position = pb_subpixel_position(&setup->detector, slow, fast);
    row->airpath = pb_norm(row->position);
    const pb_vec3 diffracted = {
        row->position.x / row->airpath,
        row->position.y / row->airpath,
        row->position.z / row->airpath,
    };
    if (state->omega == 0.0 || setup->oversample_omega)
        state->omega = pb_solid_angle(&setup->detector, row->airpath);
    evaluate_source(setup, table, diffracted, state, row);
    row->omega = state->omega;
    row->capture = state->capture;
    row->polar = state->polar;
    row->I = state->I;
    row->interpolation_on = state->interpolation_on;
}

static int is_in_roi(const pb_detector *detector, int32_t slow, int32_t fast)
{
    const int32_t *roi = detector->roi;
    return fast >= roi[0] && fast <= roi[1] && slow >= roi[2] && slow <= roi[3];
}

static pb_pixel_totals finish(const pb_setup *setup, const chain *state, int in_roi)
{
    double v = PB_R_E_SQR * setup->beam.fluence * state->I / (double)setup->steps;
    v *= state->capture;
    if (!setup->oversample_polar)
        v *= state->polar;
    if (!setup->oversample_omega)
        v *= state->omega;
    return (pb_pixel_totals){
        .I = state->I,
        .omega = state->omega,
        .polar = state->polar,
        .capture = state->capture,
        .intensity = v,
        .image = in_roi ? (float)(0.0f + v) : 0.0f,
        .in_roi = in_roi,
    };
}

/* Whether the table can serve any lookup: none is loaded, or its box has entries that can be
 * counted and keeps away from the ends of int32, where indices beyond the range are clamped to. */
static int table_is_valid(const pb_table *table)
{
    if (table->values == NULL)
        return 1;
    int64_t room = INT64_MAX / (int64_t)sizeof(double);
    for (int axis = 0; axis < 3; axis++) {
        const int64_t last = (int64_t)table->min[axis] + table->range[axis] - 1;
        if (table->range[axis] < 1 || table->min[axis] == INT32_MIN || last >= INT32_MAX)
            return 0;
        room /= table->range[axis];
    }
    return room > 0;
}

static int hkl_is_finite(const pb_evaluation *row)
{
    return isfinite(row->hkl[0]) && isfinite(row->hkl[1]) && isfinite(row->hkl[2]);
}

static int check(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
                 int64_t capacity)
{
    if (!table_is_valid(table))
        return PB_BAD_TABLE;
    if (slow < 0 || fast < 0 || fast >= setup->detector.pixels[0] ||
        slow >= setup->detector.pixels[1])
        return PB_OUTSIDE_DETECTOR;
    return capacity < setup->steps ? PB_SMALL_BUFFER : PB_OK;
}

int pb_pixel(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
             pb_pixel_totals *totals, pb_f_cell_stats *f_cell, pb_evaluation *evaluations,
             int64_t capacity)
{
    if (setup == NULL || table == NULL || totals == NULL || f_cell == NULL || evaluations == NULL)
        return PB_BAD_ARGUMENT;
    const int status = check(setup, table, slow, fast, capacity);
    if (status != PB_OK)
        return status;
    const int32_t n = setup->oversample;
    chain state = start(setup, table);
    *f_cell = no_lookups();
    pb_evaluation *row = evaluations;
    int finite = 1;
    for (int32_t sub_slow = 0; sub_slow < n; sub_slow++)
        for (int32_t sub_fast = 0; sub_fast < n; sub_fast++, row++) {
            *row = (pb_evaluation){.sub_slow = sub_slow, .sub_fast = sub_fast};
            evaluate_subpixel(setup, table, (int64_t)slow * n + sub_slow,
                              (int64_t)fast * n + sub_fast, &state, row);
            if (row->kind == PB_LOOKUP)
                count_lookup(f_cell, row);
            else
                f_cell->skipped_lookups++;
            finite = finite && hkl_is_finite(row);
        }
    *totals = finish(setup, &state, is_in_roi(&setup->detector, slow, fast));
    return finite && isfinite(totals->I) && isfinite(totals->intensity) ? PB_OK : PB_NOT_FINITE;
}
