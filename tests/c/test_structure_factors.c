/* Nearest index, lookup and interpolation, contract §5. */
#include "check.h"
#include "factors.h"

static const pb_behaviours REFERENCE = {0};

/* The same index in every lane and on every axis: no lane may round otherwise. */
static void check_nearest(int rounding, double index, int32_t expected)
{
    pb_lanes3 hkl;
    pb_index_lanes actual;
    for (int i = 0; i < PB_LANES; i++)
        hkl.x[i] = hkl.y[i] = hkl.z[i] = index;
    pb_nearest_index(rounding, &hkl, PB_LANES, &actual);
    for (int i = 0; i < PB_LANES; i++) {
        CHECK_INT(actual.h[i], expected);
        CHECK_INT(actual.k[i], expected);
        CHECK_INT(actual.l[i], expected);
    }
}

typedef struct tie {
    double index;
    int32_t down, even, up, whole, below;
} tie;

static void ties(void)
{
    static const tie TIES[] = {
        {0.5, 0, 0, 1, 0, 0},    {1.5, 1, 2, 2, 1, 1},       {2.5, 2, 2, 3, 2, 2},
        {-0.5, -1, 0, 0, 0, -1}, {-1.5, -2, -2, -1, -1, -2}, {-2.5, -3, -2, -2, -2, -3},
        {0.25, 0, 0, 0, 0, 0},   {-0.75, -1, -1, -1, 0, -1}, {0.0, 0, 0, 0, 0, 0},
        {-0.0, 0, 0, 0, 0, 0},   {7.0, 7, 7, 7, 7, 7},
    };
    for (size_t i = 0; i < sizeof TIES / sizeof *TIES; i++) {
        check_nearest(PB_HALF_DOWN, TIES[i].index, TIES[i].down);
        check_nearest(PB_HALF_EVEN, TIES[i].index, TIES[i].even);
        check_nearest(PB_HALF_UP, TIES[i].index, TIES[i].up);
        check_nearest(PB_TRUNCATE, TIES[i].index, TIES[i].whole);
        check_nearest(PB_FLOOR, TIES[i].index, TIES[i].below);
    }
}

static void beyond_int32(void)
{
    for (int rounding = PB_HALF_DOWN; rounding <= PB_FLOOR; rounding++) {
        check_nearest(rounding, NAN, INT32_MIN);
        check_nearest(rounding, -INFINITY, INT32_MIN);
        check_nearest(rounding, INFINITY, INT32_MAX);
        check_nearest(rounding, 1e300, INT32_MAX);
        check_nearest(rounding, -1e300, INT32_MIN);
        check_nearest(rounding, 2147483648.0, INT32_MAX);
        check_nearest(rounding, 2147483647.0, INT32_MAX);
        check_nearest(rounding, 2147483646.0, INT32_MAX - 1);
        check_nearest(rounding, -2147483648.0, INT32_MIN);
        check_nearest(rounding, -2147483649.0, INT32_MIN);
    }
}

static void tie_distance(void)
{
    CHECK_BITS(pb_tie_distance(0.5), 0.0);
    CHECK_BITS(pb_tie_distance(-1.5), 0.0);
    CHECK_BITS(pb_tie_distance(3.0), 0.5);
    CHECK_BITS(pb_tie_distance(-0.25), 0.25);
}

/* A box of 2 x 3 x 4 whose entries are 1, 2, ... but for one stored zero. */
#define ENTRIES 24
#define ZERO_ENTRY 7

static pb_table small_table(double values[ENTRIES])
{
    for (int i = 0; i < ENTRIES; i++)
        values[i] = i == ZERO_ENTRY ? 0.0 : i + 1.0;
    return (pb_table){.values = values, .min = {-1, 0, 2}, .range = {2, 3, 4}, .default_F = -9.0};
}

/* Each entry in a lane of its own; the rest of the lanes repeat them. */
static void in_the_box(void)
{
    double values[ENTRIES];
    const pb_table table = small_table(values);
    pb_index_lanes hkl0;
    pb_lookup_lanes actual;
    for (int i = 0; i < PB_LANES; i++) {
        const int entry = i % ENTRIES;
        hkl0.h[i] = -1 + entry / 12;
        hkl0.k[i] = entry / 4 % 3;
        hkl0.l[i] = 2 + entry % 4;
    }
    for (int replaced = 0; replaced <= 1; replaced++) {
        const pb_behaviours behaviours = {.in_box_zero_default = replaced};
        pb_nearest_lookup(&table, &behaviours, &hkl0, PB_LANES, &actual);
        for (int i = 0; i < PB_LANES; i++) {
            const int is_default = replaced && i % ENTRIES == ZERO_ENTRY;
            CHECK_BITS(actual.F_cell[i], is_default ? -9.0 : values[i % ENTRIES]);
            CHECK_INT(actual.default_f[i], is_default);
            CHECK_INT(actual.out_of_bounds[i], 0);
        }
    }
}

static void out_of_the_box(void)
{
    static const int32_t OUTSIDE[][3] = {
        {-2, 0, 2},
        {1, 0, 2},
        {-1, -1, 2},
        {-1, 3, 2},
        {-1, 0, 1},
        {-1, 0, 6},
        {INT32_MIN, INT32_MIN, INT32_MIN},
        {INT32_MAX, INT32_MAX, INT32_MAX},
    };
    const int n = sizeof OUTSIDE / sizeof *OUTSIDE;
    double values[ENTRIES];
    const pb_table table = small_table(values);
    pb_index_lanes hkl0;
    pb_lookup_lanes actual;
    for (int i = 0; i < n; i++) {
        hkl0.h[i] = OUTSIDE[i][0];
        hkl0.k[i] = OUTSIDE[i][1];
        hkl0.l[i] = OUTSIDE[i][2];
    }
    pb_nearest_lookup(&table, &REFERENCE, &hkl0, n, &actual);
    for (int i = 0; i < n; i++) {
        CHECK_BITS(actual.F_cell[i], -9.0);
        CHECK_INT(actual.default_f[i], 1);
        CHECK_INT(actual.out_of_bounds[i], 1);
    }
}

static void without_a_table(void)
{
    const pb_table table = {.default_F = 3.5};
    const pb_index_lanes hkl0 = {{0}, {0}, {0}};
    pb_lookup_lanes actual;
    pb_nearest_lookup(&table, &REFERENCE, &hkl0, PB_LANES, &actual);
    for (int i = 0; i < PB_LANES; i++) {
        CHECK_BITS(actual.F_cell[i], 3.5);
        CHECK_INT(actual.default_f[i], 1);
        CHECK_INT(actual.out_of_bounds[i], 0);
    }
}

/* A box from -5 to 5 on each axis that holds a cubic polynomial of each index. */
#define SIDE 11

static double polynomial(double h, double k, double l)
{
    return (1.0 + h * (2.0 + h * (3.0 - h))) * (2.0 - k * k * k) * (5.0 + l * (l - 2.0 * l * l));
}

static pb_table cubic_table(double values[SIDE * SIDE * SIDE])
{
    double *next = values;
    for (int h = -5; h <= 5; h++)
        for (int k = -5; k <= 5; k++)
            for (int l = -5; l <= 5; l++)
                *next++ = polynomial(h, k, l);
    return (pb_table){
        .values = values, .min = {-5, -5, -5}, .range = {SIDE, SIDE, SIDE}, .default_F = -9.0};
}

/* index + 5 + 3 <= 11 and index - 2 >= -5: safe from -3 to 3, both included. */
static void safe_bounds(void)
{
    const pb_table table = {.min = {-5, -5, -5}, .range = {SIDE, SIDE, SIDE}};
    for (int axis = 0; axis < 3; axis++) {
        double hkl[3] = {0.0, 0.0, 0.0};
        CHECK(pb_interpolation_is_safe(&table, hkl));
        hkl[axis] = 3.0;
        CHECK(pb_interpolation_is_safe(&table, hkl));
        /* A step that survives the additions. */
        hkl[axis] = 3.0 + 0x1p-48;
        CHECK(!pb_interpolation_is_safe(&table, hkl));
        hkl[axis] = -3.0;
        CHECK(pb_interpolation_is_safe(&table, hkl));
        hkl[axis] = -3.0 - 0x1p-48;
        CHECK(!pb_interpolation_is_safe(&table, hkl));
        hkl[axis] = NAN;
        CHECK(!pb_interpolation_is_safe(&table, hkl));
        hkl[axis] = INFINITY;
        CHECK(!pb_interpolation_is_safe(&table, hkl));
    }
}

static void cubic_is_exact(void)
{
    double values[SIDE * SIDE * SIDE];
    const pb_table table = cubic_table(values);
    for (int i = 0; i <= 12; i++) {
        const double h = -3.0 + 0.5 * i, k = 3.0 - 0.375 * i, l = -2.9 + 0.45 * i;
        const double hkl[3] = {h, k, l};
        const double exact = polynomial(h, k, l);
        CHECK_NEAR(pb_interpolate(&table, hkl), exact, 1e-12 * fmax(fabs(exact), 100.0));
    }
    /* At a node the other terms vanish and small whole numbers lose nothing. */
    const double node[3] = {2.0, -3.0, 1.0};
    CHECK_BITS(pb_interpolate(&table, node), polynomial(2.0, -3.0, 1.0));
}

static void one_polynomial(void)
{
    const double xs[4] = {-1.0, 0.0, 1.0, 2.0}, ys[4] = {-1.0, 0.0, 1.0, 8.0};
    CHECK_BITS(pb_cubic_polynomial(0.5, xs, ys), 0.125);
    CHECK_BITS(pb_cubic_polynomial(2.0, xs, ys), 8.0);
    CHECK_BITS(pb_cubic_polynomial(-1.0, xs, ys), -1.0);
}

static pb_lookup_lanes look_up(const pb_table *table, const pb_behaviours *behaviours, double index,
                               int32_t *interpolation_on)
{
    pb_lanes3 hkl = {{index}, {0.25}, {0.25}};
    pb_index_lanes hkl0;
    pb_lookup_lanes actual;
    pb_nearest_index(PB_HALF_DOWN, &hkl, 1, &hkl0);
    pb_structure_factor(table, behaviours, &hkl, &hkl0, 1, interpolation_on, &actual);
    return actual;
}

/* The first unsafe lookup switches interpolation off for good, unless the behaviour says not. */
static void switches_off(void)
{
    double values[SIDE * SIDE * SIDE];
    const pb_table table = cubic_table(values);
    const pb_behaviours stays = {.interpolation_stays = 1};
    const double interpolated = polynomial(0.25, 0.25, 0.25), nearest = polynomial(0, 0, 0);
    int32_t on = 1;
    CHECK_NEAR(look_up(&table, &REFERENCE, 0.25, &on).F_cell[0], interpolated, 1e-12);
    CHECK_INT(on, 1);
    CHECK_BITS(look_up(&table, &stays, 4.0, &on).F_cell[0], polynomial(4, 0, 0));
    CHECK_INT(on, 1);
    const pb_lookup_lanes outside = look_up(&table, &REFERENCE, 9.0, &on);
    CHECK_BITS(outside.F_cell[0], -9.0);
    CHECK_INT(outside.out_of_bounds[0], 1);
    CHECK_INT(on, 0);
    CHECK_BITS(look_up(&table, &REFERENCE, 0.25, &on).F_cell[0], nearest);
    CHECK_INT(on, 0);
}

int main(void)
{
    ties();
    beyond_int32();
    tie_distance();
    in_the_box();
    out_of_the_box();
    without_a_table();
    safe_bounds();
    one_polynomial();
    cubic_is_exact();
    switches_off();
    return check_summary();
}
