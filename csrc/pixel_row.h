/* The pixels of a row of a region that are computed, as many side by side as their order allows. */
#ifndef PB_PIXEL_ROW_H
#define PB_PIXEL_ROW_H

#include <stddef.h>

#include "chain.h"

/* The pixels of a row that are still to be computed. */
typedef struct pb_pixel_row {
    int32_t fast;
    int32_t count;
    const uint8_t *mask; /* of its pixels; NULL: no pixel is masked */
    int64_t first;       /* entry of its first pixel in what is returned of the region */
    int32_t next;
} pb_pixel_row;

static inline int pb_is_computed(const pb_setup *setup, int32_t slow, const pb_pixel_row *r,
                                 int32_t at)
{
    return (r->mask == NULL || r->mask[at] != 0) && pb_in_roi(&setup->detector, slow, r->fast + at);
}

/* Put the next pixels of the row into the lanes: as many as fit where their order no longer
 * matters, else one. Returns how many; `at` returns their places in the row. */
static inline int pb_take(pb_chain *c, pb_pixel_row *r, int32_t *at)
{
    const int room = pb_is_settled(c->setup, c->state) ? PB_LANES : 1;
    c->n = 0;
    while (c->n < room && r->next < r->count) {
        const int32_t place = r->next++;
        if (!pb_is_computed(c->setup, c->slow, r, place))
            continue;
        at[c->n] = place;
        c->fast[c->n++] = r->fast + place;
    }
    return c->n;
}

#endif
