/* Several rows in one call, so that threads of an interpreter seldom wait for each other. */
#include <stddef.h>

#include "chain.h"

/* Both ends of the region, before any pointer is moved there. */
static int check_region(const pb_setup *setup, const pb_table *table, pb_region region)
{
    if (region.rows < 1)
        return PB_OUTSIDE_DETECTOR;
    const int64_t last = (int64_t)region.slow + region.rows - 1;
    if (last > INT32_MAX)
        return PB_OUTSIDE_DETECTOR;
    const int status = pb_check_pixels(setup, table, region.slow, region.fast, region.columns);
    return status != PB_OK
               ? status
               : pb_check_pixels(setup, table, (int32_t)last, region.fast, region.columns);
}

static const uint8_t *mask_at(const pb_setup *setup, const uint8_t *mask, int32_t slow,
                              int32_t fast)
{
    return mask == NULL ? NULL : mask + (int64_t)slow * setup->detector.pixels[0] + fast;
}

int pb_image_rows(const pb_setup *setup, const pb_table *table, int precision, pb_region region,
                  const uint8_t *mask, pb_run_state *state, float *image)
{
    if (setup == NULL || table == NULL || image == NULL)
        return PB_BAD_ARGUMENT;
    const int checked = check_region(setup, table, region);
    if (checked != PB_OK)
        return checked;
    for (int32_t row = 0; row < region.rows; row++) {
        const int32_t slow = region.slow + row;
        const int status = pb_image_pixels(setup, table, precision, slow, region.fast,
                                           region.columns, mask_at(setup, mask, slow, region.fast),
                                           state, image + (int64_t)row * region.columns);
        if (status != PB_OK)
            return status;
    }
    return PB_OK;
}

static pb_f_cell_planes planes_at(const pb_f_cell_planes *p, int64_t offset)
{
    return (pb_f_cell_planes){
        .total_lookups = p->total_lookups + offset,
        .skipped_lookups = p->skipped_lookups + offset,
        .out_of_bounds_count = p->out_of_bounds_count + offset,
        .default_f_count = p->default_f_count + offset,
        .zero_f_count = p->zero_f_count + offset,
        .sum_f_cell = p->sum_f_cell + offset,
        .h_min = p->h_min + offset,
        .h_max = p->h_max + offset,
        .k_min = p->k_min + offset,
        .k_max = p->k_max + offset,
        .l_min = p->l_min + offset,
        .l_max = p->l_max + offset,
    };
}

int pb_f_cell_rows(const pb_setup *setup, const pb_table *table, pb_region region,
                   const uint8_t *mask, pb_run_state *state, const pb_f_cell_planes *planes)
{
    if (setup == NULL || table == NULL || !pb_planes_are_there(planes))
        return PB_BAD_ARGUMENT;
    const int checked = check_region(setup, table, region);
    if (checked != PB_OK)
        return checked;
    for (int32_t row = 0; row < region.rows; row++) {
        const int32_t slow = region.slow + row;
        const pb_f_cell_planes own = planes_at(planes, (int64_t)row * region.columns);
        const int status = pb_f_cell_pixels(setup, table, slow, region.fast, region.columns,
                                            mask_at(setup, mask, slow, region.fast), state, &own);
        if (status != PB_OK)
            return status;
    }
    return PB_OK;
}
