/* Pixels of a frame: the image, Tap 4 of every pixel, or both, contract §5 and §6. */
#include <stddef.h>
#include <string.h>

#include "chain.h"
#include "pixel_row.h"

/* Whether every pixel of the row is computed, so that nothing needs to be cleared before. */
static int is_complete(const pb_setup *setup, int32_t slow, const pb_pixel_row *r)
{
    return r->mask == NULL && r->count > 0 && pb_is_computed(setup, slow, r, 0) &&
           pb_is_computed(setup, slow, r, r->count - 1);
}

/* Copy lanes to their places in a row of the image. Returns whether all of them are finite. */
static int store_image(const pb_chain *c, const int32_t *at, float *image)
{
    int finite = 1;
    for (int i = 0; i < c->n; i++) {
        image[at[i]] = (float)(0.0f + c->intensity[i]);
        finite &= isfinite(c->intensity[i]) != 0;
    }
    return finite;
}

/* Tap 4 of the pixels side by side. */
typedef struct counts {
    int32_t total[PB_LANES], skipped[PB_LANES], out_of_bounds[PB_LANES], default_f[PB_LANES],
        zero[PB_LANES];
    double sum[PB_LANES];
    int32_t min[3][PB_LANES], max[3][PB_LANES];
    double margin[PB_LANES]; /* only where it is requested */
} counts;

static void begin_counts(counts *k, const pb_f_cell_planes *planes)
{
    *k = (counts){0};
    for (int axis = 0; axis < 3; axis++)
        for (int i = 0; i < PB_LANES; i++) {
            k->min[axis][i] = INT32_MAX;
            k->max[axis][i] = INT32_MIN;
        }
    if (planes->rounding_margin != NULL)
        for (int i = 0; i < PB_LANES; i++)
            k->margin[i] = INFINITY;
}

PB_CLONES
static void widen(const int32_t *index, const int32_t *has_lookup, int n, int32_t *min,
                  int32_t *max)
{
    for (int i = 0; i < n; i++) {
        min[i] = has_lookup[i] && index[i] < min[i] ? index[i] : min[i];
        max[i] = has_lookup[i] && index[i] > max[i] ? index[i] : max[i];
    }
}

PB_CLONES
static void count_lanes(const pb_chain *c, counts *k)
{
    for (int i = 0; i < c->n; i++) {
        const int32_t has_lookup = c->has_lookup[i];
        k->total[i] += has_lookup;
        k->skipped[i] += !has_lookup;
        k->out_of_bounds[i] += has_lookup & c->lookup.out_of_bounds[i];
        k->default_f[i] += has_lookup & c->lookup.default_f[i];
        k->zero[i] += has_lookup & (c->lookup.F_cell[i] == 0.0);
    }
    for (int i = 0; i < c->n; i++) {
        const double sum = k->sum[i] + c->lookup.F_cell[i];
        k->sum[i] = c->has_lookup[i] ? sum : k->sum[i];
    }
}

static void count_evaluation(const pb_chain *c, const pb_place *place, void *visitor_data)
{
    counts *k = (counts *)visitor_data;
    (void)place;
    count_lanes(c, k);
    widen(c->hkl0.h, c->has_lookup, c->n, k->min[0], k->max[0]);
    widen(c->hkl0.k, c->has_lookup, c->n, k->min[1], k->max[1]);
    widen(c->hkl0.l, c->has_lookup, c->n, k->min[2], k->max[2]);
}

/* NaN is ignored: every comparison with it is false. */
static void narrow(const double *index, const int32_t *has_lookup, int n, double *margin)
{
    for (int i = 0; i < n; i++) {
        const double distance = pb_tie_distance(index[i]);
        margin[i] = has_lookup[i] && distance < margin[i] ? distance : margin[i];
    }
}

static void count_with_margin(const pb_chain *c, const pb_place *place, void *visitor_data)
{
    counts *k = (counts *)visitor_data;
    count_evaluation(c, place, visitor_data);
    narrow(c->hkl.x, c->has_lookup, c->n, k->margin);
    narrow(c->hkl.y, c->has_lookup, c->n, k->margin);
    narrow(c->hkl.z, c->has_lookup, c->n, k->margin);
}

static pb_visitor visitor_for(const pb_f_cell_planes *planes)
{
    if (planes == NULL)
        return NULL;
    return planes->rounding_margin != NULL ? count_with_margin : count_evaluation;
}

/* Copy lanes to their places in a row, which are mostly side by side. */
static void scatter(const int32_t *lanes, const int32_t *at, int n, int32_t *plane)
{
    if (at[n - 1] - at[0] == n - 1)
        memcpy(plane + at[0], lanes, (size_t)n * sizeof *plane);
    else
        for (int i = 0; i < n; i++)
            plane[at[i]] = lanes[i];
}

static void scatter_doubles(const double *lanes, const int32_t *at, int n, double *plane)
{
    for (int i = 0; i < n; i++)
        plane[at[i]] = lanes[i];
}

/* Store counts in a row whose first pixel is entry `first` of the planes. */
static void store_counts(const counts *k, const int32_t *at, int n, int64_t first,
                         const pb_f_cell_planes *p)
{
    scatter(k->total, at, n, p->total_lookups + first);
    scatter(k->skipped, at, n, p->skipped_lookups + first);
    scatter(k->out_of_bounds, at, n, p->out_of_bounds_count + first);
    scatter(k->default_f, at, n, p->default_f_count + first);
    scatter(k->zero, at, n, p->zero_f_count + first);
    scatter_doubles(k->sum, at, n, p->sum_f_cell + first);
    int32_t *const lowest[3] = {p->h_min, p->k_min, p->l_min};
    int32_t *const highest[3] = {p->h_max, p->k_max, p->l_max};
    for (int axis = 0; axis < 3; axis++) {
        scatter(k->min[axis], at, n, lowest[axis] + first);
        scatter(k->max[axis], at, n, highest[axis] + first);
    }
    if (p->rounding_margin != NULL)
        scatter_doubles(k->margin, at, n, p->rounding_margin + first);
}

static void clear_counts(const pb_pixel_row *r, const pb_f_cell_planes *p)
{
    int32_t *const planes[] = {
        p->total_lookups,   p->skipped_lookups, p->out_of_bounds_count,
        p->default_f_count, p->zero_f_count,    p->h_min,
        p->h_max,           p->k_min,           p->k_max,
        p->l_min,           p->l_max,
    };
    const size_t count = (size_t)r->count;
    for (size_t i = 0; i < sizeof planes / sizeof *planes; i++)
        memset(planes[i] + r->first, 0, count * sizeof **planes);
    memset(p->sum_f_cell + r->first, 0, count * sizeof *p->sum_f_cell);
    if (p->rounding_margin != NULL)
        for (size_t i = 0; i < count; i++)
            p->rounding_margin[r->first + (int64_t)i] = INFINITY;
}

/* Compute a row and store what is requested; counts go through c->visitor_data. Lanes are rounded
 * with a doubt above 0. Returns PB_OK, PB_STOPPED or PB_NOT_FINITE. */
static int compute_row(pb_chain *c, double doubt, pb_pixel_row *left, float *image,
                       const pb_f_cell_planes *planes)
{
    const int has_gaps = !is_complete(c->setup, c->slow, left);
    if (has_gaps && image != NULL)
        memset(image + left->first, 0, (size_t)left->count * sizeof *image);
    if (has_gaps && planes != NULL)
        clear_counts(left, planes);
    int32_t at[PB_LANES];
    int finite = 1;
    while (pb_take(c, left, at) > 0) {
        if (planes != NULL)
            begin_counts((counts *)c->visitor_data, planes);
        if ((doubt > 0.0 ? pb_run_rounded(c, doubt) : pb_run_chain(c)) != PB_OK)
            return PB_STOPPED;
        if (image != NULL)
            finite &= store_image(c, at, image + left->first);
        if (planes != NULL)
            store_counts((counts *)c->visitor_data, at, c->n, left->first, planes);
    }
    return finite ? PB_OK : PB_NOT_FINITE;
}

static int planes_are_given(const pb_f_cell_planes *p)
{
    return p->total_lookups != NULL && p->skipped_lookups != NULL &&
           p->out_of_bounds_count != NULL && p->default_f_count != NULL &&
           p->zero_f_count != NULL && p->sum_f_cell != NULL && p->h_min != NULL &&
           p->h_max != NULL && p->k_min != NULL && p->k_max != NULL && p->l_min != NULL &&
           p->l_max != NULL;
}

int pb_frame_pixels(const pb_setup *setup, const pb_table *table, int precision, pb_region region,
                    const uint8_t *mask, pb_run_state *state, float *image,
                    const pb_f_cell_planes *planes, const volatile int32_t *stop)
{
    if (setup == NULL || table == NULL || state == NULL || (image == NULL && planes == NULL))
        return PB_BAD_ARGUMENT;
    if (precision != PB_EXACT && precision != PB_FAST && precision != PB_ROUNDED)
        return PB_BAD_ARGUMENT;
    if (planes != NULL && !planes_are_given(planes))
        return PB_BAD_ARGUMENT;
    int status = pb_check_region(setup, table, region);
    const double doubt = precision == PB_ROUNDED && planes == NULL ? pb_doubt(setup) : 0.0;
    counts k;
    pb_chain chain = {.setup = setup,
                      .table = table,
                      .precision = precision,
                      .only_f_cell = image == NULL,
                      .visit = visitor_for(planes),
                      .visitor_data = &k,
                      .state = state,
                      .stop = stop};
    for (int32_t at = 0; at < region.rows && status == PB_OK; at++) {
        chain.slow = region.slow + at;
        const int64_t pixel = (int64_t)chain.slow * setup->detector.pixels[0] + region.fast;
        pb_pixel_row left = {.fast = region.fast,
                             .count = region.columns,
                             .mask = mask == NULL ? NULL : mask + pixel,
                             .first = (int64_t)at * region.columns};
        status = compute_row(&chain, doubt, &left, image, planes);
    }
    return status;
}
