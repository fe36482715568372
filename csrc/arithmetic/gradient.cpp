/* Intensities of whole frames and their derivatives, contract §6. */
#include "gradient.h"

#include "chain.h"

static const int PARTS = 1 + PB_TANGENTS;

/* The next pixels of a row that count, into the lanes: one while the order still matters. Returns
 * the first pixel after them. */
static int32_t take(pb_chain *c, const uint8_t *mask, int32_t fast, int32_t end)
{
    const int most = pb_is_settled(c->setup, c->state) ? PB_LANES : 1;
    for (c->n = 0; fast < end && c->n < most; fast++)
        if (pb_in_roi(&c->setup->detector, c->slow, fast) && (mask == NULL || mask[fast] != 0))
            c->fast[c->n++] = fast;
    return fast;
}

/* Store the intensities of the lanes in a row whose first pixel is `first`. */
static bool store(const pb_chain *c, int32_t first, pb_plain *row)
{
    bool finite = true;
    for (int i = 0; i < c->n; i++) {
        pb_plain *parts = row + (int64_t)(c->fast[i] - first) * PARTS;
        parts[0] = (pb_plain)c->intensity[i].value;
        for (int j = 0; j < PB_TANGENTS; j++)
            parts[1 + j] = (pb_plain)c->intensity[i].tangent[j];
        finite = finite && isfinite(c->intensity[i]);
    }
    return finite;
}

static int compute_row(pb_chain *c, const uint8_t *mask, int32_t first, int32_t end, pb_plain *row)
{
    memset(row, 0, (size_t)(end - first) * PARTS * sizeof *row);
    bool finite = true;
    for (int32_t fast = take(c, mask, first, end); c->n > 0; fast = take(c, mask, fast, end)) {
        if (pb_run_chain(c) != PB_OK)
            return PB_STOPPED;
        finite = store(c, first, row) && finite;
    }
    return finite ? PB_OK : PB_NOT_FINITE;
}

int pb_gradient_pixels(const pb_setup *setup, const pb_table *table, pb_region region,
                       const uint8_t *mask, pb_run_state *state, pb_plain *planes,
                       const volatile int32_t *stop)
{
    if (setup == NULL || table == NULL || state == NULL || planes == NULL)
        return PB_BAD_ARGUMENT;
    pb_chain chain = {
        .setup = setup, .table = table, .precision = PB_EXACT, .state = state, .stop = stop};
    for (int32_t at = 0; at < region.rows; at++) {
        chain.slow = region.slow + at;
        int status = pb_check_pixels(setup, table, chain.slow, region.fast, region.columns);
        if (status != PB_OK)
            return status;
        const int64_t first = (int64_t)chain.slow * setup->detector.pixels[0];
        status = compute_row(&chain, mask == NULL ? NULL : mask + first, region.fast,
                             region.fast + region.columns,
                             planes + (int64_t)at * region.columns * PARTS);
        if (status != PB_OK)
            return status;
    }
    return PB_OK;
}
