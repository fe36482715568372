/* The orientations that a pixel uses, contract §4 and §6. */
#include "check.h"
#include "fixture.h"

#define MOST 16

#define SAME(a, b) (memcmp(&(a), &(b), sizeof(a)) == 0)

/* Three phi steps from phi, two domains, two subpixels an edge. */
static pb_experiment sweep_from(double phi)
{
    pb_experiment e = gnnqqny();
    e.phi = phi;
    e.oscillation = (pb_sweep){3.0, PB_NOT_GIVEN, 3};
    e.mosaic_spread = 1.0;
    e.mosaic_domains = 2;
    return e;
}

/* Fills what the first and the second pixel of a run use. */
static void two_pixels(const laid_out *run, pb_used_orientations *first,
                       pb_used_orientations *second)
{
    const pb_table table = no_table(3.0);
    pb_run_state state;
    pb_pixel_totals totals;
    pb_f_cell_stats f_cell;
    pb_used_orientations *used[] = {first, second};
    CHECK_INT(pb_start(&run->setup, &table, &state), PB_OK);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pb_pixel(&run->setup, &table, 10, 50 + i, &state, &totals, &f_cell,
                           run->evaluations, run->setup.evaluations, used[i], NULL, NULL),
                  PB_OK);
}

static void one_row_for_each_step_and_domain(void)
{
    laid_out run = lay_out(sweep_from(5.0));
    pb_used_orientation a[MOST], b[MOST];
    pb_used_orientations first = {a, MOST, 0}, second = {b, MOST, 0};
    two_pixels(&run, &first, &second);
    CHECK_INT(first.count, 6);
    CHECK_INT(second.count, 6);
    for (int i = 0; i < 6; i++) {
        CHECK_INT(a[i].phi_step, i / 2);
        CHECK_INT(a[i].domain, i % 2);
        CHECK_INT(a[i].sub_slow + a[i].sub_fast + a[i].source + a[i].layer, 0);
        CHECK_BITS(a[i].phi, run.setup.phi0 + run.setup.phi.step * (i / 2));
        CHECK(SAME(a[i].spindle, run.rotations[i / 2].crystal));
        CHECK(SAME(a[i].mosaic, run.orientations[i]));
        CHECK(SAME(a[i], b[i]));
    }
    clear_laid_out(&run);
}

static void angle_of_zero(void)
{
    laid_out run = lay_out(sweep_from(0.0));
    pb_used_orientation a[MOST], b[MOST];
    pb_used_orientations first = {a, MOST, 0}, second = {b, MOST, 0};
    two_pixels(&run, &first, &second);
    CHECK_INT(run.setup.leading_zeros, 1);
    CHECK_INT(first.count, 8);
    CHECK_INT(second.count, 6);
    const pb_vec3 a0 = run.setup.crystal.a0;
    CHECK(SAME(a[0].spindle.a, a0));
    for (int domain = 0; domain < 2; domain++) {
        const pb_used_orientation *later = a + 6 + domain;
        CHECK_INT(later->sub_slow, 0);
        CHECK_INT(later->sub_fast, 1);
        CHECK_INT(later->phi_step, 0);
        CHECK_INT(later->domain, domain);
        CHECK_BITS(later->phi, 0.0);
        CHECK(SAME(later->spindle, a[4].spindle));
        CHECK(SAME(later->mosaic, a[4 + domain].mosaic));
        CHECK(SAME(b[domain].mosaic, later->mosaic));
    }
    clear_laid_out(&run);
}

static void too_little_room(void)
{
    laid_out run = lay_out(sweep_from(0.0));
    const pb_table table = no_table(3.0);
    pb_used_orientation rows[MOST];
    pb_used_orientations used = {rows, 7, 0};
    pb_run_state state;
    pb_pixel_totals totals;
    pb_f_cell_stats f_cell;
    CHECK_INT(pb_start(&run.setup, &table, &state), PB_OK);
    CHECK_INT(pb_pixel(&run.setup, &table, 10, 50, &state, &totals, &f_cell, run.evaluations,
                       run.setup.evaluations, &used, NULL, NULL),
              PB_SMALL_BUFFER);
    clear_laid_out(&run);
}

int main(void)
{
    one_row_for_each_step_and_domain();
    angle_of_zero();
    too_little_room();
    return check_summary();
}
