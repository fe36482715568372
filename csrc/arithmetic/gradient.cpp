/* Intensities of whole frames and their derivatives, contract §6. */
#include "gradient.h"

#include "chain.h"
#include "pixel_row.h"

static const int PARTS = 1 + PB_TANGENTS;

/* Store the intensities of the lanes at their places in a row. Returns whether all are finite. */
static bool store(const pb_chain *c, const int32_t *at, pb_plain *row)
{
    bool finite = true;
    for (int i = 0; i < c->n; i++) {
        pb_plain *parts = row + (int64_t)at[i] * PARTS;
        parts[0] = (pb_plain)c->intensity[i].value;
        for (int j = 0; j < PB_TANGENTS; j++)
            parts[1 + j] = (pb_plain)c->intensity[i].tangent[j];
        finite = finite && isfinite(c->intensity[i]);
    }
    return finite;
}

static int compute_row(pb_chain *c, pb_pixel_row *left, pb_plain *row)
{
    memset(row, 0, (size_t)left->count * PARTS * sizeof *row);
    bool finite = true;
    int32_t at[PB_LANES];
    while (pb_take(c, left, at) > 0) {
        if (pb_run_chain(c) != PB_OK)
            return PB_STOPPED;
        finite = store(c, at, row) && finite;
    }
    return finite ? PB_OK : PB_NOT_FINITE;
}

int pb_gradient_pixels(const pb_setup *setup, const pb_table *table, pb_region region,
                       const uint8_t *mask, pb_run_state *state, pb_plain *planes,
                       const volatile int32_t *stop)
{
    if (setup == NULL || table == NULL || state == NULL || planes == NULL)
        return PB_BAD_ARGUMENT;
    int status = pb_check_region(setup, table, region);
    pb_chain chain = {
        .setup = setup, .table = table, .precision = PB_EXACT, .state = state, .stop = stop};
    for (int32_t at = 0; at < region.rows && status == PB_OK; at++) {
        chain.slow = region.slow + at;
        const int64_t pixel = (int64_t)chain.slow * setup->detector.pixels[0] + region.fast;
        pb_pixel_row left = {.fast = region.fast,
                             .count = region.columns,
                             .mask = mask == NULL ? NULL : mask + pixel,
                             .first = (int64_t)at * region.columns};
        status = compute_row(&chain, &left, planes + left.first * PARTS);
    }
    return status;
}
