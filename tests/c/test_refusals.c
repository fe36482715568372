/* Every status has an input that provokes it, and every pointer is looked at. */
#include <stddef.h>

#include "check.h"
#include "fixture.h"
#include "pb_platform.h"

static int returned[PB_STOPPED + 1];

#define REFUSED(call, status) CHECK_INT(note(call), status)

static int note(int status)
{
    returned[status] = 1;
    return status;
}

static int derived(pb_experiment e)
{
    pb_setup setup;
    return note(pb_derive(&e, &setup));
}

#define DERIVES(status, ...)                                                                       \
    do {                                                                                           \
        pb_experiment e = gnnqqny();                                                               \
        __VA_ARGS__;                                                                               \
        CHECK_INT(derived(e), status);                                                             \
    } while (0)

static void bad_arguments(void)
{
    pb_experiment given = gnnqqny();
    pb_setup setup;
    REFUSED(pb_derive(NULL, &setup), PB_BAD_ARGUMENT);
    REFUSED(pb_derive(&given, NULL), PB_BAD_ARGUMENT);
    DERIVES(PB_OK, (void)e);
    DERIVES(PB_BAD_ARGUMENT, e.convention = 6);
    DERIVES(PB_BAD_ARGUMENT, e.convention = -1);
    DERIVES(PB_BAD_ARGUMENT, e.pivot = 2);
    DERIVES(PB_BAD_ARGUMENT, e.shape = 4);
    DERIVES(PB_BAD_ARGUMENT, e.shape = -1);
    DERIVES(PB_BAD_ARGUMENT, e.behaviours.rounding = 5);
    DERIVES(PB_BAD_ARGUMENT, e.behaviours.omega = 4);
    DERIVES(PB_BAD_ARGUMENT, e.behaviours.polar = -1);
    DERIVES(PB_BAD_ARGUMENT, e.behaviours.capture = 4);
    DERIVES(PB_BAD_ARGUMENT, e.behaviours.layers = 3);
}

static void bad_inputs(void)
{
    DERIVES(PB_BAD_INPUT, e.wavelength = 0.0);
    DERIVES(PB_BAD_INPUT, e.distance = -1.0);
    DERIVES(PB_BAD_INPUT, e.pixel_size = NAN);
    DERIVES(PB_BAD_INPUT, e.beam_size = INFINITY);
    DERIVES(PB_BAD_INPUT, e.fudge = NAN);
    DERIVES(PB_BAD_INPUT, e.misset.y = INFINITY);
    DERIVES(PB_BAD_INPUT, e.rotations.z = NAN);
    DERIVES(PB_BAD_INPUT, e.sample_size.x = NAN);
    DERIVES(PB_BAD_INPUT, e.horizontal.step = INFINITY);
    DERIVES(PB_BAD_INPUT, e.org_x = -INFINITY);
    DERIVES(PB_BAD_INPUT, e.mosaic_domains = -1);
    DERIVES(PB_BAD_INPUT, e.mosaic_seed = -1);
    DERIVES(PB_BAD_INPUT, e.oscillation.steps = INT64_MIN);
    DERIVES(PB_BAD_INPUT, e.source_line_count = -1);
}

static void bad_beams(void)
{
    DERIVES(PB_BAD_BEAM, e.wavelength = 1e-320);
    DERIVES(PB_BAD_BEAM, e.flux = e.exposure = 1e200);
    DERIVES(PB_BAD_BEAM, e.water = 1e200);
}

static void bad_detectors(void)
{
    DERIVES(PB_BAD_DETECTOR, e.pixels[0] = 0);
    DERIVES(PB_BAD_DETECTOR, e.pixels[1] = (int64_t)INT32_MAX + 1);
    DERIVES(PB_BAD_DETECTOR, e.pixels[0] = -5);
    DERIVES(PB_BAD_DETECTOR, e.pixels[0] = INT32_MAX / 2 + 1);
    DERIVES(PB_OK, e.pixels[0] = INT32_MAX / 2);
}

static void bad_geometries(void)
{
    DERIVES(PB_BAD_GEOMETRY, e.convention = PB_CUSTOM; e.fast_vector = (pb_vec3){0.0, 1.0, 0.0});
    DERIVES(PB_BAD_GEOMETRY, e.convention = PB_CUSTOM; e.beam_vector = (pb_vec3){0.0, 0.0, 0.0});
    /* The square of their length overflows or vanishes. */
    DERIVES(PB_BAD_GEOMETRY, e.convention = PB_CUSTOM; e.beam_vector = (pb_vec3){1e200, 0.0, 0.0});
    DERIVES(PB_BAD_GEOMETRY, e.convention = PB_CUSTOM; e.polar_vector = (pb_vec3){0.0, 0.0, 1e200});
    DERIVES(PB_BAD_GEOMETRY, e.convention = PB_CUSTOM;
            e.spindle_vector = (pb_vec3){0.0, 0.0, 1e200});
    DERIVES(PB_BAD_GEOMETRY, e.convention = PB_CUSTOM;
            e.spindle_vector = (pb_vec3){0.0, 0.0, 1e-200});
    /* Beam and detector plane are parallel: they meet at no finite distance. */
    DERIVES(PB_BAD_GEOMETRY, e.convention = PB_CUSTOM; e.beam_vector = (pb_vec3){0.0, 1.0, 0.0};
            e.close_distance = 1e5);
}

static void bad_cells(void)
{
    DERIVES(PB_BAD_CELL, e.cell[0] = 0.0);
    DERIVES(PB_BAD_CELL, e.cell[5] = 0.0);
    DERIVES(PB_BAD_CELL, e.cell[0] = e.cell[1] = e.cell[2] = 1e200);
    DERIVES(PB_BAD_CELL, for (int i = 0; i < 9; i++) e.matrix[i] = 1.0);
}

static void bad_oversampling(void)
{
    DERIVES(PB_BAD_OVERSAMPLE, e.oversample = PB_MAX_OVERSAMPLE + 1);
    DERIVES(PB_BAD_OVERSAMPLE, e.oversample = -1);
    DERIVES(PB_BAD_OVERSAMPLE, e.oversample = 0; e.cells[0] = 1e6);
    DERIVES(PB_OK, e.oversample = PB_MAX_OVERSAMPLE);
}

static void bad_steps(void)
{
    DERIVES(PB_BAD_STEPS, e.oscillation = ((pb_sweep){1.0, -1.0, 0}));
    DERIVES(PB_BAD_STEPS, e.mosaic_spread = 1.0; e.mosaic_domains = PB_MAX_STEPS + 1);
    DERIVES(PB_BAD_STEPS, e.horizontal.steps = INT64_MAX);
    DERIVES(PB_BAD_STEPS, e.horizontal.steps = e.vertical.steps = 1001);
    DERIVES(PB_BAD_STEPS, e.mosaic_spread = 1.0; e.mosaic_domains = 1001;
            e.oscillation.steps = 1000);
    DERIVES(PB_BAD_STEPS, e.thickness = 1.0; e.thickness_steps = 1000000; e.oversample = 64);
    DERIVES(PB_BAD_STEPS, e.dispersion = 1.0; e.dispersion_steps = INT64_MAX);
}

static int laid(pb_experiment e, const pb_source_line *lines, int64_t count)
{
    pb_setup setup;
    pb_source sources[2];
    double matrices[9];
    pb_rotation rotations[2];
    pb_orientation orientations[2];
    e.source_lines = lines;
    e.source_line_count = count;
    CHECK_INT(derived(e), PB_OK);
    return note(pb_derive(&e, &setup) == PB_OK
                    ? pb_lay_out(&e, &setup, sources, matrices, rotations, orientations)
                    : PB_BAD_ARGUMENT);
}

static void bad_sources(void)
{
    const pb_experiment e = gnnqqny();
    pb_source_line lines[2] = {{{-1.0, 0.0, 0.0}, 1.0, 1e-10}, {{-1.0, 0.0, 0.0}, 1.0, 1e-10}};
    CHECK_INT(laid(e, lines, 2), PB_OK);
    CHECK_INT(laid(e, lines, 0), PB_NO_SOURCE);
    lines[1].position = (pb_vec3){0.0, 0.0, 0.0};
    CHECK_INT(laid(e, lines, 2), PB_BAD_SOURCE);
    lines[1].position.x = 1e200;
    CHECK_INT(laid(e, lines, 2), PB_BAD_SOURCE);
    lines[1].position = (pb_vec3){-1.0, 0.0, 0.0};
    lines[1].lambda = 0.0;
    CHECK_INT(laid(e, lines, 2), PB_BAD_SOURCE);
    lines[1].lambda = INFINITY;
    CHECK_INT(laid(e, lines, 2), PB_BAD_SOURCE);
    lines[1].lambda = 1e-10;
    CHECK_INT(laid(e, lines, 2), PB_OK);
}

static void lay_out_pointers(void)
{
    const pb_experiment e = gnnqqny();
    pb_setup s;
    pb_source sources[1];
    double matrices[9];
    pb_rotation turns[2];
    pb_orientation orientations[2];
    CHECK_INT(pb_derive(&e, &s), PB_OK);
    REFUSED(pb_lay_out(NULL, &s, sources, matrices, turns, orientations), PB_BAD_ARGUMENT);
    REFUSED(pb_lay_out(&e, NULL, sources, matrices, turns, orientations), PB_BAD_ARGUMENT);
    REFUSED(pb_lay_out(&e, &s, NULL, matrices, turns, orientations), PB_BAD_ARGUMENT);
    REFUSED(pb_lay_out(&e, &s, sources, NULL, turns, orientations), PB_BAD_ARGUMENT);
    REFUSED(pb_lay_out(&e, &s, sources, matrices, NULL, orientations), PB_BAD_ARGUMENT);
    REFUSED(pb_lay_out(&e, &s, sources, matrices, turns, NULL), PB_BAD_ARGUMENT);
}

/* What pb_pixel and pb_frame_pixels are called with. */
typedef struct call {
    const pb_setup *setup;
    const pb_table *table;
    int32_t slow, rows, fast, columns;
    pb_run_state *state;
    pb_pixel_totals *totals;
    pb_f_cell_stats *f_cell;
    pb_evaluation *evaluations;
    int64_t capacity;
    pb_used_orientations *used;
    int precision;
    float *image;
    const pb_f_cell_planes *planes;
    const pb_stage_overrides *stages;
    const volatile int32_t *stop;
} call;

static int pixel(call c)
{
    return note(pb_pixel(c.setup, c.table, c.slow, c.fast, c.state, c.totals, c.f_cell,
                         c.evaluations, c.capacity, c.used, c.stages, c.stop));
}

static int both(call c)
{
    const pb_region region = {c.slow, c.rows, c.fast, c.columns};
    return note(pb_frame_pixels(c.setup, c.table, c.precision, region, NULL, c.state, c.image,
                                c.planes, c.stop));
}

static int image(call c)
{
    c.planes = NULL;
    return both(c);
}

static int planes(call c)
{
    c.image = NULL;
    return both(c);
}

#define CALL(function, status, ...)                                                                \
    do {                                                                                           \
        call c = good;                                                                             \
        __VA_ARGS__;                                                                               \
        CHECK_INT(function(c), status);                                                            \
    } while (0)

#define CALL_FRAMES(status, ...)                                                                   \
    do {                                                                                           \
        CALL(image, status, __VA_ARGS__);                                                          \
        CALL(planes, status, __VA_ARGS__);                                                         \
        CALL(both, status, __VA_ARGS__);                                                           \
    } while (0)

#define CALL_ALL(status, ...)                                                                      \
    do {                                                                                           \
        CALL(pixel, status, __VA_ARGS__);                                                          \
        CALL_FRAMES(status, __VA_ARGS__);                                                          \
    } while (0)

static void null_pointers(call good)
{
    const int32_t set = 1;
    CALL_ALL(PB_OK, (void)c);
    CALL_ALL(PB_STOPPED, c.stop = &set);
    CALL_ALL(PB_BAD_ARGUMENT, c.setup = NULL);
    CALL_ALL(PB_BAD_ARGUMENT, c.table = NULL);
    CALL_ALL(PB_BAD_ARGUMENT, c.state = NULL);
    CALL(pixel, PB_BAD_ARGUMENT, c.totals = NULL);
    CALL(pixel, PB_BAD_ARGUMENT, c.f_cell = NULL);
    CALL(pixel, PB_BAD_ARGUMENT, c.evaluations = NULL);
    CALL_FRAMES(PB_BAD_ARGUMENT, c.image = NULL; c.planes = NULL);
    CALL_FRAMES(PB_BAD_ARGUMENT, c.precision = 3);
    CALL_FRAMES(PB_BAD_ARGUMENT, c.precision = -1);
    pb_setup unfinished = *good.setup;
    unfinished.sources = NULL;
    CALL_ALL(PB_BAD_ARGUMENT, c.setup = &unfinished);
    unfinished = *good.setup;
    unfinished.orientations = NULL;
    CALL_ALL(PB_BAD_ARGUMENT, c.setup = &unfinished);
    REFUSED(pb_start(NULL, good.table, good.state), PB_BAD_ARGUMENT);
    REFUSED(pb_start(good.setup, NULL, good.state), PB_BAD_ARGUMENT);
    REFUSED(pb_start(good.setup, good.table, NULL), PB_BAD_ARGUMENT);
}

/* Each plane in turn is missing; only the last may be. */
static void missing_planes(call good)
{
    for (size_t at = 0; at < sizeof *good.planes / sizeof(void *); at++) {
        const int status = at == offsetof(pb_f_cell_planes, rounding_margin) / sizeof(void *)
                               ? PB_OK
                               : PB_BAD_ARGUMENT;
        pb_f_cell_planes some = *good.planes;
        void *const missing = NULL;
        memcpy((char *)&some + at * sizeof missing, &missing, sizeof missing);
        CALL(planes, status, c.planes = &some);
        CALL(both, status, c.planes = &some);
    }
}

static void off_the_detector(call good)
{
    CALL_ALL(PB_OUTSIDE_DETECTOR, c.slow = 64);
    CALL_ALL(PB_OUTSIDE_DETECTOR, c.slow = -1);
    CALL_ALL(PB_OUTSIDE_DETECTOR, c.fast = 64);
    CALL_ALL(PB_OUTSIDE_DETECTOR, c.fast = -1);
    CALL_ALL(PB_OUTSIDE_DETECTOR, c.slow = INT32_MIN; c.fast = INT32_MAX);
    CALL_FRAMES(PB_OUTSIDE_DETECTOR, c.fast = 63; c.columns = 2);
    CALL_FRAMES(PB_OUTSIDE_DETECTOR, c.columns = -1);
    CALL_FRAMES(PB_OUTSIDE_DETECTOR, c.fast = 2; c.columns = INT32_MAX);
    CALL_FRAMES(PB_OK, c.fast = 64; c.columns = 0);
    CALL_FRAMES(PB_OUTSIDE_DETECTOR, c.slow = 63; c.rows = 2);
    CALL_FRAMES(PB_OUTSIDE_DETECTOR, c.rows = 0);
    CALL_FRAMES(PB_OUTSIDE_DETECTOR, c.rows = -1);
    CALL_FRAMES(PB_OUTSIDE_DETECTOR, c.slow = 2; c.rows = INT32_MAX);
    CALL_ALL(PB_OK, c.slow = c.fast = 63);
}

static void small_buffer(call good)
{
    CALL(pixel, PB_SMALL_BUFFER, c.capacity--);
    CALL(pixel, PB_SMALL_BUFFER, c.capacity = 0);
    CALL(pixel, PB_SMALL_BUFFER, c.capacity = -1);
    pb_used_orientation rows[1];
    pb_used_orientations used = {.rows = rows, .capacity = 1};
    CALL(pixel, PB_OK, c.used = &used);
    CALL(pixel, PB_BAD_ARGUMENT, used.rows = NULL; c.used = &used);
    used.rows = rows;
    CALL(pixel, PB_SMALL_BUFFER, used.capacity = 0; c.used = &used);
}

static void bad_stages(call good)
{
    const pb_stage_overrides own = {.rows = good.evaluations, .count = good.capacity};
    pb_stage_overrides some = own;
    CALL(pixel, PB_OK, c.stages = &some);
    CALL(pixel, PB_SMALL_BUFFER, some.count--; c.stages = &some);
    some = own;
    CALL(pixel, PB_BAD_ARGUMENT, some.rows = NULL; c.stages = &some);
    some = own;
    CALL(pixel, PB_BAD_ARGUMENT, some.last_stage = PB_STAGE_SUM + 1; c.stages = &some);
    CALL(pixel, PB_BAD_ARGUMENT, some.last_stage = -1; c.stages = &some);
}

static void bad_tables(call good)
{
    const double entry[1] = {1.0};
    static const pb_table BOXES[] = {
        {.min = {0, 0, 0}, .range = {1, 0, 1}},
        {.min = {0, 0, 0}, .range = {1, 1, -1}},
        {.min = {INT32_MIN, 0, 0}, .range = {1, 1, 1}},
        {.min = {0, INT32_MAX, 0}, .range = {1, 1, 1}},
        {.min = {0, 0, 2}, .range = {1, 1, INT32_MAX}},
        {.min = {0, 0, 0}, .range = {INT32_MAX, INT32_MAX, INT32_MAX}},
    };
    for (size_t i = 0; i < sizeof BOXES / sizeof *BOXES; i++) {
        pb_table table = BOXES[i];
        table.values = entry;
        CALL_ALL(PB_BAD_TABLE, c.table = &table);
    }
}

/* A structure factor whose square overflows. Tap 4 does not depend on the intensity. */
static void not_finite(call good)
{
    const pb_table table = no_table(1e200);
    CALL(pixel, PB_NOT_FINITE, c.table = &table);
    CALL(image, PB_NOT_FINITE, c.table = &table);
    CALL(both, PB_NOT_FINITE, c.table = &table);
    CALL(planes, PB_OK, c.table = &table);
}

static void of_pixels(void)
{
    laid_out run = lay_out(gnnqqny());
    const pb_table table = no_table(1.0);
    pb_run_state state;
    pb_pixel_totals totals;
    pb_f_cell_stats f_cell;
    float pixels[1];
    int32_t p[11][1];
    double sum[1], margin[1];
    const pb_f_cell_planes all = {p[0], p[1], p[2], p[3], p[4],  sum,   p[5],
                                  p[6], p[7], p[8], p[9], p[10], margin};
    CHECK_INT(pb_start(&run.setup, &table, &state), PB_OK);
    const call good = {
        .setup = &run.setup,
        .table = &table,
        .rows = 1,
        .columns = 1,
        .state = &state,
        .totals = &totals,
        .f_cell = &f_cell,
        .evaluations = run.evaluations,
        .capacity = run.setup.evaluations,
        .image = pixels,
        .planes = &all,
    };
    null_pointers(good);
    missing_planes(good);
    off_the_detector(good);
    small_buffer(good);
    bad_stages(good);
    bad_tables(good);
    not_finite(good);
    clear_laid_out(&run);
}

/* Each status was provoked above and has a sentence of its own. */
static void every_status(void)
{
    for (int status = PB_OK; status <= PB_STOPPED; status++) {
        CHECK(returned[status]);
        CHECK(strcmp(pb_status_text(status), pb_status_text(-1)) != 0);
        for (int other = PB_OK; other < status; other++)
            CHECK(strcmp(pb_status_text(status), pb_status_text(other)) != 0);
    }
    CHECK(strcmp(pb_status_text(PB_STOPPED + 1), pb_status_text(-1)) == 0);
    CHECK(strstr(pb_build_info(), "-ffp-contract=off") != NULL);
}

int main(void)
{
    bad_arguments();
    bad_inputs();
    bad_beams();
    bad_detectors();
    bad_geometries();
    bad_cells();
    bad_oversampling();
    bad_steps();
    bad_sources();
    lay_out_pointers();
    of_pixels();
    every_status();
    return check_summary();
}
