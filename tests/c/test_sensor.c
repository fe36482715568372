/* What a pixel and the layers of its sensor capture, contract §4 and §6. */
#include "check.h"
#include "fixture.h"

/* Fractions of exp(-depth): what one, two and three attenuation depths leave. */
#define E1 0.36787944117144233
#define E2 0.1353352832366127
#define E3 0.049787068367863944

static pb_detector sensor(void)
{
    return (pb_detector){
        .odet = {1.0, 0.0, 0.0},
        .thick = {3e-4, 1e-4, 3},
        .mu = 1e4,
    };
}

/* Straight on, each layer is one attenuation depth; at 60 degrees it is two. */
static void layers(void)
{
    pb_detector d = sensor();
    const pb_lanes3 rays = {.x = {1.0, 0.5}, .y = {0.0, 0.8660254037844386}};
    double capture[2];
    pb_captured_fraction(&d, 0, &rays, 2, capture);
    CHECK_NEAR(capture[0], 1.0 - E1, 1e-15);
    CHECK_NEAR(capture[1], 1.0 - E2, 1e-15);
    pb_captured_fraction(&d, 1, &rays, 2, capture);
    CHECK_NEAR(capture[0], E1 - E2, 1e-15);
    pb_captured_fraction(&d, 2, &rays, 2, capture);
    CHECK_NEAR(capture[0], E2 - E3, 1e-15);
    d.no_parallax = 1;
    pb_captured_fraction(&d, 0, &rays, 2, capture);
    CHECK_NEAR(capture[1], 1.0 - E1, 1e-15);
}

static pb_experiment thick(void)
{
    pb_experiment e = gnnqqny();
    e.thickness = 300.0;
    e.attenuation_depth = 200.0;
    e.thickness_steps = 4;
    return e;
}

static pb_detector derived(pb_experiment e)
{
    pb_setup setup;
    CHECK_INT(pb_derive(&e, &setup), PB_OK);
    return setup.detector;
}

static void attenuation(void)
{
    const pb_detector both_given = derived(thick());
    CHECK_NEAR(both_given.mu, 5000.0, 1e-9);
    CHECK_NEAR(both_given.thick.step, 1e-4, 1e-18);
    CHECK_INT(both_given.thick.steps, 4);

    pb_experiment e = thick();
    e.attenuation_depth = PB_NOT_GIVEN;
    CHECK_NEAR(derived(e).mu, 1.0 / 3e-4, 1e-9);
    e.attenuation_depth = 0.0;
    CHECK_NEAR(derived(e).mu, 1.0 / 3e-4, 1e-9);
    e.thickness = 0.0;
    CHECK_BITS(derived(e).mu, 0.0);
    CHECK_INT(derived(e).thick.steps, 1);
    e.attenuation_depth = PB_NOT_GIVEN;
    CHECK_BITS(derived(e).mu, -1.0);
}

/* The golden case thick_layers: factors of its first pixel, which need no structure factor. */
static void golden_pixel(void)
{
    laid_out run = lay_out(thick());
    const pb_table table = no_table(0.0);
    pb_run_state state;
    pb_pixel_totals totals;
    pb_f_cell_stats f_cell;
    CHECK_INT(pb_start(&run.setup, &table, &state), PB_OK);
    CHECK_INT(pb_pixel(&run.setup, &table, 0, 0, &state, &totals, &f_cell, run.evaluations,
                       run.setup.evaluations, NULL, NULL, NULL),
              PB_OK);
    CHECK_INT(run.setup.evaluations, 16);
    CHECK_INT(run.setup.steps, 4);
    CHECK_BITS(totals.omega, 0.00013778502739132613);
    CHECK_BITS(totals.polar, 0.8133091098975218);
    CHECK_BITS(totals.capture, 0.07055087732803017);
    clear_laid_out(&run);
}

static void solid_angle(void)
{
    pb_detector d = {.pixel_size = 1e-3, .close_distance = 0.06};
    const double airpath[2] = {0.07579660282624809, 0.06};
    double omega[2];
    pb_solid_angle(&d, airpath, 2, omega);
    CHECK_BITS(omega[0], 0.00013778502739132613); /* golden case mosaic */
    CHECK_NEAR(omega[1], 1e-6 / 0.0036, 1e-18);
    d.point_pixel = 1;
    pb_solid_angle(&d, airpath, 2, omega);
    CHECK_NEAR(omega[1], 1.0 / 0.0036, 1e-12);
}

int main(void)
{
    layers();
    attenuation();
    golden_pixel();
    solid_angle();
    return check_summary();
}
