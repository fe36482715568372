/* A pixel that is given some of its stages, contract §6. */
#include <stddef.h>
#include <stdlib.h>

#include "check.h"
#include "fixture.h"

/* Everything that is tapped of a pixel. */
typedef struct tapped {
    pb_pixel_totals totals;
    pb_f_cell_stats f_cell;
    pb_run_state state;
    pb_evaluation *rows;
    pb_orientation *orientations; /* of each row */
    int64_t count;
} tapped;

/* The orientation in force at each row: that of the last used one of its phi step and domain. */
static pb_orientation *of_each_row(const tapped *t, const pb_used_orientations *used)
{
    pb_orientation *each = calloc((size_t)t->count, sizeof *each);
    CHECK(each != NULL);
    int64_t row = -1;
    for (int64_t i = 0; i < used->count; i++) {
        const pb_used_orientation *u = used->rows + i;
        for (row = 0; row < t->count; row++) {
            const pb_evaluation *e = t->rows + row;
            if (e->layer == u->layer && e->sub_slow == u->sub_slow && e->sub_fast == u->sub_fast &&
                e->source == u->source && e->phi_step == u->phi_step && e->domain == u->domain)
                break;
        }
        CHECK(row < t->count);
        for (; row < t->count; row++)
            if (t->rows[row].phi_step == u->phi_step && t->rows[row].domain == u->domain)
                each[row] = u->mosaic;
    }
    return each;
}

static tapped pixel(const laid_out *run, const pb_table *table, const pb_stage_overrides *given)
{
    pb_used_orientation orientations[16];
    pb_used_orientations used = {.rows = orientations, .capacity = 16};
    tapped t = {.count = run->setup.evaluations};
    t.rows = calloc((size_t)t.count, sizeof *t.rows);
    CHECK(t.rows != NULL);
    CHECK_INT(pb_start(&run->setup, table, &t.state), PB_OK);
    CHECK_INT(pb_pixel(&run->setup, table, 10, 50, &t.state, &t.totals, &t.f_cell, t.rows, t.count,
                       &used, given, NULL),
              PB_OK);
    t.orientations = of_each_row(&t, &used);
    return t;
}

static void forget(tapped *t)
{
    free(t->rows);
    free(t->orientations);
}

static pb_stage_overrides all_of(const tapped *t, int32_t last_stage)
{
    return (pb_stage_overrides){
        .rows = t->rows,
        .orientations = t->orientations,
        .count = t->count,
        .last_stage = last_stage,
        .omega = t->totals.omega,
        .capture = t->totals.capture,
        .polar = t->totals.polar,
        .I = t->totals.I,
    };
}

/* All but the padding after hkl0. */
static int same_row(const pb_evaluation *a, const pb_evaluation *b)
{
    const size_t padding = offsetof(pb_evaluation, hkl0) + sizeof a->hkl0;
    const size_t after = offsetof(pb_evaluation, F_latt_factors);
    return memcmp(a, b, padding) == 0 &&
           memcmp((const char *)a + after, (const char *)b + after, sizeof *a - after) == 0;
}

static int rows_equal(const tapped *a, const tapped *b)
{
    for (int64_t row = 0; row < a->count; row++)
        if (!same_row(a->rows + row, b->rows + row))
            return 0;
    return a->count == b->count;
}

#define SAME(a, b) (memcmp(&(a), &(b), sizeof(a)) == 0)

/* Its own stages, up to each of them, change no bit of a pixel. */
static void own_stages(pb_experiment e, pb_table table)
{
    laid_out run = lay_out(e);
    tapped computed = pixel(&run, &table, NULL);
    for (int32_t stage = PB_STAGE_NONE; stage <= PB_STAGE_SUM; stage++) {
        const pb_stage_overrides given = all_of(&computed, stage);
        tapped again = pixel(&run, &table, &given);
        CHECK(rows_equal(&again, &computed));
        CHECK(SAME(again.totals, computed.totals));
        CHECK(SAME(again.f_cell, computed.f_cell));
        CHECK(SAME(again.state, computed.state));
        forget(&again);
    }
    forget(&computed);
    clear_laid_out(&run);
}

/* Layers, two sources, domains, a cut that drops some sources, and oversampled factors. */
static pb_experiment with_everything(void)
{
    static const pb_source_line LINES[] = {
        {{-10.0, 0.0, 0.0}, 1.0, 1.0e-10},
        {{-10.0, 1.0, 0.0}, 0.5, 1.2e-10},
    };
    pb_experiment e = gnnqqny();
    e.source_lines = LINES;
    e.source_line_count = 2;
    e.mosaic_spread = 1.0;
    e.mosaic_domains = 3;
    e.thickness = 300.0;
    e.thickness_steps = 2;
    e.attenuation_depth = 200.0;
    e.oscillation = (pb_sweep){2.0, PB_NOT_GIVEN, 2};
    e.dmin = 2.4;
    e.polarization = 0.5;
    e.oversample_omega = e.oversample_polar = e.oversample_thick = 1;
    return e;
}

/* A sweep whose first angle of 0 finds the crystal unrotated, then as the sweep before left it. */
static pb_experiment from_phi_zero(void)
{
    pb_experiment e = with_everything();
    e.oscillation = (pb_sweep){2.0, PB_NOT_GIVEN, 3};
    e.dmin = 0.0;
    return e;
}

static void of_every_kind(void)
{
    double values[7 * 7 * 7];
    for (int i = 0; i < 343; i++)
        values[i] = 1.0 + i % 11;
    const pb_table box = {.values = values, .min = {-3, -3, -3}, .range = {7, 7, 7}};
    pb_experiment interpolating = gnnqqny();
    interpolating.interpolate = 1;
    pb_experiment tophat = gnnqqny();
    tophat.shape = PB_TOPHAT;
    own_stages(gnnqqny(), no_table(3.0));
    own_stages(interpolating, box);
    own_stages(tophat, box);
    own_stages(with_everything(), no_table(3.0));
    own_stages(from_phi_zero(), no_table(3.0));
}

/* What comes after a stage is computed from what is given. */
static void goes_on_from_there(int32_t stage)
{
    pb_experiment shifted = gnnqqny();
    shifted.misset.y += 0.25;
    const pb_table table = no_table(3.0);
    laid_out here = lay_out(gnnqqny()), there = lay_out(shifted);
    tapped expected = pixel(&there, &table, NULL), before = pixel(&here, &table, NULL);
    const pb_stage_overrides given = all_of(&expected, stage);
    tapped actual = pixel(&here, &table, &given);
    CHECK(before.totals.I != expected.totals.I);
    CHECK(rows_equal(&actual, &expected));
    CHECK(SAME(actual.totals, expected.totals));
    forget(&expected);
    forget(&before);
    forget(&actual);
    clear_laid_out(&here);
    clear_laid_out(&there);
}

/* The ends scale the sum that is given. */
static void ends(void)
{
    const pb_table table = no_table(3.0);
    laid_out run = lay_out(gnnqqny());
    tapped computed = pixel(&run, &table, NULL);
    pb_stage_overrides given = all_of(&computed, PB_STAGE_SUM);
    given.I = 2.0 * computed.totals.I;
    given.omega = 0.5 * computed.totals.omega;
    given.polar = 4.0 * computed.totals.polar;
    tapped actual = pixel(&run, &table, &given);
    CHECK_BITS(actual.totals.I, 2.0 * computed.totals.I);
    CHECK_BITS(actual.totals.after_polar, 8.0 * computed.totals.after_polar);
    CHECK_BITS(actual.totals.intensity, 4.0 * computed.totals.intensity);
    forget(&computed);
    forget(&actual);
    clear_laid_out(&run);
}

/* A setup goes on from quantities that it is given, each in its place. */
static void goes_on_from_a_given_setup(void)
{
    pb_experiment e = gnnqqny();
    e.twotheta = 10.0;
    laid_out derived = lay_out(e);
    e.twotheta = -10.0;
    laid_out expected = lay_out(e);
    pb_vec3 values[PB_SETUP_FIELDS] = {{0.0, 0.0, 0.0}};
    values[PB_GIVEN_TWOTHETA_AXIS] = (pb_vec3){0.0, 0.0, 1.0};
    values[PB_GIVEN_PHISTEPS].x = 3.0;
    const pb_given_setup given = {
        .fields = UINT64_C(1) << PB_GIVEN_TWOTHETA_AXIS | UINT64_C(1) << PB_GIVEN_PHISTEPS,
        .values = values,
    };
    e.twotheta = 10.0;
    e.given = &given;
    laid_out actual = lay_out(e);
    CHECK(derived.setup.detector.slow.x != expected.setup.detector.slow.x);
    CHECK(SAME(actual.setup.detector.slow, expected.setup.detector.slow));
    CHECK(SAME(actual.setup.detector.pix0, expected.setup.detector.pix0));
    CHECK_INT(actual.setup.steps, 3 * derived.setup.steps);
    clear_laid_out(&derived);
    clear_laid_out(&expected);
    clear_laid_out(&actual);
}

/* Matrices of another number of domains than the setup has are not read. */
static void other_domains(void)
{
    const double matrices[9] = {1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0};
    const pb_given_setup given = {.domain_matrices = matrices, .domain_count = 1};
    pb_experiment e = gnnqqny();
    e.mosaic_spread = 1.0;
    e.mosaic_domains = 3;
    laid_out run = lay_out(e);
    e.given = &given;
    CHECK_INT(pb_lay_out(&e, &run.setup, run.sources, run.domain_matrices, run.rotations,
                         run.orientations),
              PB_BAD_ARGUMENT);
    clear_laid_out(&run);
}

int main(void)
{
    goes_on_from_a_given_setup();
    other_domains();
    of_every_kind();
    goes_on_from_there(PB_STAGE_ORIENTATION);
    goes_on_from_there(PB_STAGE_HKL);
    ends();
    return check_summary();
}
