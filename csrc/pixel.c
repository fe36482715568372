/* One pixel and everything observed on the way, contract §5 and §6. */
#include <stddef.h>

#include "chain.h"

/* What a tapped pixel records: the next row to fill, and Tap 4. */
typedef struct tap_buffer {
    pb_evaluation *row;
    pb_f_cell_stats *f_cell;
    pb_used_orientations *used; /* NULL: not requested */
    int begins_swept;
    int finite;
} tap_buffer;

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

/* The part of a row that every evaluation has. */
static pb_evaluation common_row(const pb_chain *c, const pb_place *place)
{
    return (pb_evaluation){
        .layer = (int32_t)place->layer,
        .sub_slow = place->sub_slow,
        .sub_fast = place->sub_fast,
        .source = (int32_t)place->source,
        .phi_step = (int32_t)place->phi_step,
        .domain = (int32_t)place->domain,
        .kind = PB_BEYOND_DMIN,
        .interpolation_on = c->state->interpolation_on,
        .position = {c->position.x[0], c->position.y[0], c->position.z[0]},
        .airpath = c->airpath[0],
        .omega = c->omega[0],
        .capture = c->capture[0],
        .q = {c->q.x[0], c->q.y[0], c->q.z[0]},
        .polar = c->polar[0],
        .I = c->I[0],
    };
}

static void add_indices(pb_evaluation *row, const pb_chain *c)
{
    row->kind = PB_NO_LATTICE;
    row->hkl[0] = c->hkl.x[0];
    row->hkl[1] = c->hkl.y[0];
    row->hkl[2] = c->hkl.z[0];
    row->hkl0[0] = c->hkl0.h[0];
    row->hkl0[1] = c->hkl0.k[0];
    row->hkl0[2] = c->hkl0.l[0];
    row->F_latt_factors[0] = c->F_latt_factors->x[0];
    row->F_latt_factors[1] = c->F_latt_factors->y[0];
    row->F_latt_factors[2] = c->F_latt_factors->z[0];
    row->F_latt = c->F_latt[0];
}

static void add_lookup(pb_evaluation *row, const pb_chain *c)
{
    row->kind = PB_LOOKUP;
    row->F_cell = c->lookup.F_cell[0];
    row->out_of_bounds = c->lookup.out_of_bounds[0];
    row->default_f = c->lookup.default_f[0];
}

/* Whether no earlier evaluation of the pixel used this orientation at this phi step and domain. */
static int is_new_orientation(const pb_chain *c, const pb_place *place, const tap_buffer *buffer)
{
    const pb_setup *setup = c->setup;
    const int64_t first_set = setup->phi.steps * setup->crystal.domains;
    const int64_t number = place->phi_step * setup->crystal.domains + place->domain;
    const int carried_over =
        place->phi_step < setup->leading_zeros && c->state->swept && !buffer->begins_swept;
    return buffer->used->count == (carried_over ? first_set + number : number);
}

static void record_orientation(const pb_chain *c, const pb_place *place, pb_used_orientations *used)
{
    used->rows[used->count++] = (pb_used_orientation){
        .layer = (int32_t)place->layer,
        .sub_slow = place->sub_slow,
        .sub_fast = place->sub_fast,
        .source = (int32_t)place->source,
        .phi_step = (int32_t)place->phi_step,
        .domain = (int32_t)place->domain,
        .phi = c->rotation->phi,
        .spindle = c->rotation->crystal,
        .mosaic = *c->orientation,
    };
}

static void record_evaluation(const pb_chain *c, const pb_place *place, void *visitor_data)
{
    tap_buffer *buffer = (tap_buffer *)visitor_data;
    if (buffer->used != NULL && is_new_orientation(c, place, buffer))
        record_orientation(c, place, buffer->used);
    pb_evaluation *row = buffer->row++;
    *row = common_row(c, place);
    if (!c->beyond_dmin[0])
        add_indices(row, c);
    if (c->has_lookup[0]) {
        add_lookup(row, c);
        count_lookup(buffer->f_cell, row);
    } else {
        buffer->f_cell->skipped_lookups++;
    }
    for (int axis = 0; axis < 3; axis++)
        buffer->finite = buffer->finite && isfinite(row->hkl[axis]);
}

static pb_pixel_totals totals_of(const pb_chain *c)
{
    const int in_roi = pb_in_roi(&c->setup->detector, c->slow, c->fast[0]);
    return (pb_pixel_totals){
        .I = c->I[0],
        .I_per_step = c->I[0] / (double)c->setup->steps,
        .fluence_scaled = c->fluence_scaled[0],
        .normalized = c->normalized[0],
        .capture = c->capture[0],
        .after_capture = c->after_capture[0],
        .polar = c->polar[0],
        .after_polar = c->after_polar[0],
        .omega = c->omega[0],
        .intensity = c->intensity[0],
        .image = in_roi ? (float)(0.0f + c->intensity[0]) : 0.0f,
        .in_roi = in_roi,
    };
}

static int check_stages(const pb_setup *setup, const pb_stage_overrides *stages)
{
    if (stages == NULL)
        return PB_OK;
    if (stages->rows == NULL || stages->last_stage < PB_STAGE_NONE ||
        stages->last_stage > PB_STAGE_SUM)
        return PB_BAD_ARGUMENT;
    return stages->count == setup->evaluations ? PB_OK : PB_SMALL_BUFFER;
}

/* Whether there is room for every row of a pixel. */
static int rows_fit(const pb_setup *setup, int64_t capacity, const pb_used_orientations *used)
{
    const int64_t orientations = (setup->phi.steps + setup->leading_zeros) * setup->crystal.domains;
    return capacity >= setup->evaluations && (used == NULL || used->capacity >= orientations);
}

int pb_pixel(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
             pb_run_state *state, pb_pixel_totals *totals, pb_f_cell_stats *f_cell,
             pb_evaluation *evaluations, int64_t capacity, pb_used_orientations *used,
             const pb_stage_overrides *stages, const volatile int32_t *stop)
{
    if (setup == NULL || table == NULL || state == NULL || totals == NULL || f_cell == NULL ||
        evaluations == NULL || (used != NULL && used->rows == NULL))
        return PB_BAD_ARGUMENT;
    const int status = pb_check_pixels(setup, table, slow, fast, 1);
    if (status != PB_OK)
        return status;
    const int stages_status = check_stages(setup, stages);
    if (stages_status != PB_OK)
        return stages_status;
    if (!rows_fit(setup, capacity, used))
        return PB_SMALL_BUFFER;
    tap_buffer buffer = {evaluations, f_cell, used, state->swept, 1};
    pb_lanes3 F_latt_factors;
    pb_chain chain = {.setup = setup,
                      .table = table,
                      .precision = PB_EXACT,
                      .visit = record_evaluation,
                      .visitor_data = &buffer,
                      .F_latt_factors = &F_latt_factors,
                      .overrides = stages,
                      .state = state,
                      .stop = stop,
                      .n = 1,
                      .slow = slow,
                      .fast = {fast}};
    *f_cell = no_lookups();
    if (used != NULL)
        used->count = 0;
    if (pb_run_chain(&chain) != PB_OK)
        return PB_STOPPED;
    *totals = totals_of(&chain);
    const int finite = buffer.finite && isfinite(totals->I) && isfinite(totals->intensity);
    /* Given stages may hold any value, and its consequences are what the caller asks for. */
    return finite || stages != NULL ? PB_OK : PB_NOT_FINITE;
}
