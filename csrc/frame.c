/* Rows of a frame: the image, or Tap 4 of every pixel, contract §5 and §6. */
#include <stddef.h>
#include <string.h>

#include "chain.h"

/* Pixels of the row still to be computed, and where their results go. */
typedef struct row {
    int32_t fast;
    int32_t count;
    const uint8_t *mask;
    int32_t next;
} row;

static int is_computed(const pb_setup *setup, int32_t slow, const row *r, int32_t at)
{
    return (r->mask == NULL || r->mask[at] != 0) &&
           pb_is_in_roi(&setup->detector, slow, r->fast + at);
}

/* Take the next pixels of the row into the lanes: as many as there is room for where their order
 * matters no more, else one. Returns how many; their places in the row go to `at`. */
static int take(pb_chain *c, row *r, int32_t *at)
{
    const int room = pb_is_settled(c->setup, c->state) ? PB_LANES : 1;
    c->n = 0;
    while (c->n < room && r->next < r->count) {
        const int32_t place = r->next++;
        if (!is_computed(c->setup, c->slow, r, place))
            continue;
        at[c->n] = place;
        c->fast[c->n++] = r->fast + place;
    }
    return c->n;
}

int pb_image_pixels(const pb_setup *setup, const pb_table *table, int precision, int32_t slow,
                    int32_t fast, int32_t count, const uint8_t *mask, pb_run_state *state,
                    float *image)
{
    if (setup == NULL || table == NULL || state == NULL || image == NULL)
        return PB_BAD_ARGUMENT;
    if (precision != PB_EXACT && precision != PB_FAST)
        return PB_BAD_ARGUMENT;
    const int status = pb_check_pixels(setup, table, slow, fast, count);
    if (status != PB_OK)
        return status;
    pb_chain chain = {
        .setup = setup, .table = table, .precision = precision, .state = state, .slow = slow};
    row left = {.fast = fast, .count = count, .mask = mask};
    int32_t at[PB_LANES];
    int finite = 1;
    memset(image, 0, (size_t)count * sizeof *image);
    while (take(&chain, &left, at) > 0) {
        pb_run_chain(&chain);
        for (int i = 0; i < chain.n; i++) {
            image[at[i]] = (float)(0.0f + chain.intensity[i]);
            finite &= isfinite(chain.intensity[i]) != 0;
        }
    }
    return finite ? PB_OK : PB_NOT_FINITE;
}

/* Tap 4 of the pixels side by side. */
typedef struct counts {
    int32_t total[PB_LANES], skipped[PB_LANES], out_of_bounds[PB_LANES], default_f[PB_LANES],
        zero[PB_LANES];
    double sum[PB_LANES];
    int32_t min[3][PB_LANES], max[3][PB_LANES];
} counts;

static counts no_counts(void)
{
    counts none = {0};
    for (int axis = 0; axis < 3; axis++)
        for (int i = 0; i < PB_LANES; i++) {
            none.min[axis][i] = INT32_MAX;
            none.max[axis][i] = INT32_MIN;
        }
    return none;
}

PB_CLONES
static void widen(const int32_t *index, const int32_t *made, int n, int32_t *min, int32_t *max)
{
    for (int i = 0; i < n; i++) {
        min[i] = made[i] && index[i] < min[i] ? index[i] : min[i];
        max[i] = made[i] && index[i] > max[i] ? index[i] : max[i];
    }
}

PB_CLONES
static void count_lanes(const pb_chain *c, counts *k)
{
    for (int i = 0; i < c->n; i++) {
        const int32_t made = c->made[i];
        k->total[i] += made;
        k->skipped[i] += !made;
        k->out_of_bounds[i] += made & c->found.out_of_bounds[i];
        k->default_f[i] += made & c->found.default_f[i];
        k->zero[i] += made & (c->found.F_cell[i] == 0.0);
    }
    for (int i = 0; i < c->n; i++) {
        const double sum = k->sum[i] + c->found.F_cell[i];
        k->sum[i] = c->made[i] ? sum : k->sum[i];
    }
}

static void count_evaluation(const pb_chain *c, const pb_place *place, void *keeper)
{
    counts *k = keeper;
    (void)place;
    count_lanes(c, k);
    widen(c->hkl0.h, c->made, c->n, k->min[0], k->max[0]);
    widen(c->hkl0.k, c->made, c->n, k->min[1], k->max[1]);
    widen(c->hkl0.l, c->made, c->n, k->min[2], k->max[2]);
}

/* Lanes to their places in the row, which are mostly side by side. */
static void scatter(const int32_t *lanes, const int32_t *at, int n, int32_t *plane)
{
    if (at[n - 1] - at[0] == n - 1)
        memcpy(plane + at[0], lanes, (size_t)n * sizeof *plane);
    else
        for (int i = 0; i < n; i++)
            plane[at[i]] = lanes[i];
}

static void store(const counts *k, const int32_t *at, int n, const pb_f_cell_planes *p)
{
    scatter(k->total, at, n, p->total_lookups);
    scatter(k->skipped, at, n, p->skipped_lookups);
    scatter(k->out_of_bounds, at, n, p->out_of_bounds_count);
    scatter(k->default_f, at, n, p->default_f_count);
    scatter(k->zero, at, n, p->zero_f_count);
    for (int i = 0; i < n; i++)
        p->sum_f_cell[at[i]] = k->sum[i];
    int32_t *const lowest[3] = {p->h_min, p->k_min, p->l_min};
    int32_t *const highest[3] = {p->h_max, p->k_max, p->l_max};
    for (int axis = 0; axis < 3; axis++) {
        scatter(k->min[axis], at, n, lowest[axis]);
        scatter(k->max[axis], at, n, highest[axis]);
    }
}

static void clear(const pb_f_cell_planes *p, int32_t count)
{
    int32_t *const planes[] = {
        p->total_lookups,   p->skipped_lookups, p->out_of_bounds_count,
        p->default_f_count, p->zero_f_count,    p->h_min,
        p->h_max,           p->k_min,           p->k_max,
        p->l_min,           p->l_max,
    };
    for (size_t i = 0; i < sizeof planes / sizeof *planes; i++)
        memset(planes[i], 0, (size_t)count * sizeof **planes);
    memset(p->sum_f_cell, 0, (size_t)count * sizeof *p->sum_f_cell);
}

/* Whether every pixel of the row is computed, so that nothing needs to be cleared before. */
static int is_complete(const pb_setup *setup, int32_t slow, const row *r)
{
    return r->mask == NULL && r->count > 0 && is_computed(setup, slow, r, 0) &&
           is_computed(setup, slow, r, r->count - 1);
}

int pb_planes_are_there(const pb_f_cell_planes *p)
{
    return p != NULL && p->total_lookups != NULL && p->skipped_lookups != NULL &&
           p->out_of_bounds_count != NULL && p->default_f_count != NULL &&
           p->zero_f_count != NULL && p->sum_f_cell != NULL && p->h_min != NULL &&
           p->h_max != NULL && p->k_min != NULL && p->k_max != NULL && p->l_min != NULL &&
           p->l_max != NULL;
}

int pb_f_cell_pixels(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
                     int32_t count, const uint8_t *mask, pb_run_state *state,
                     const pb_f_cell_planes *planes)
{
    if (setup == NULL || table == NULL || state == NULL || !pb_planes_are_there(planes))
        return PB_BAD_ARGUMENT;
    const int status = pb_check_pixels(setup, table, slow, fast, count);
    if (status != PB_OK)
        return status;
    counts k;
    pb_chain chain = {.setup = setup,
                      .table = table,
                      .only_f_cell = 1,
                      .visit = count_evaluation,
                      .keeper = &k,
                      .state = state,
                      .slow = slow};
    row left = {.fast = fast, .count = count, .mask = mask};
    int32_t at[PB_LANES];
    if (!is_complete(setup, slow, &left))
        clear(planes, count);
    while (take(&chain, &left, at) > 0) {
        k = no_counts();
        pb_run_chain(&chain);
        store(&k, at, chain.n, planes);
    }
    return PB_OK;
}
