/* Whole pixels against golden figures, and what a run hands from pixel to pixel, contract §6. */
#include "check.h"
#include "fixture.h"

typedef struct golden_pixel {
    int32_t slow, fast;
    double I, omega, polar, intensity;
} golden_pixel;

/* Golden case simple_cubic: -default_F 100 -cell 100 100 100 90 90 90 -lambda 6.2 -N 5
 * -distance 100 -detpixels 64 -pixel 1.6 */
static const golden_pixel SIMPLE_CUBIC[] = {
    {0, 0, 955224.4966596867, 0.00013223156681100199, 0.8218845438767259, 6.488307526335397},
    {10, 50, 548359.5975983659, 0.00019256762395715866, 0.9135539836828142, 6.029245306078845},
    {32, 32, 322085039.20899695, 0.00025584954572500246, 0.9998040768018936, 5149.322865898499},
    {40, 31, 9948437.087596586, 0.0002507551439201973, 0.9931472261454825, 154.8454184258573},
    {63, 1, 1131026.2818134886, 0.00014041116046261524, 0.8350254351310351, 8.288082153809212},
    {63, 63, 292479.4029185197, 0.00014442423338984335, 0.841378952485512, 2.2212989918458157},
};

/* Golden case triclinic_default_f. */
static const golden_pixel TRICLINIC[] = {
    {0, 0, 4262254.622717595, 2.602639462703936e-05, 0.9712460331556143, 26.93535276048467},
    {10, 50, 408206.664850484, 2.7483099716349152e-05, 0.9886698103700512, 2.772918379861325},
    {32, 32, 23821329.18133592, 2.8443079165722407e-05, 0.9999840005119837, 169.38527781328466},
    {40, 31, 325830.70847563597, 2.837706956638861e-05, 0.9992101386251088, 2.3097043819212706},
    {63, 1, 2630703.01910262, 2.6260480256856594e-05, 0.97406745663863, 16.82300329877332},
    {63, 63, 59190.07964903684, 2.6359588072679287e-05, 0.9752594705482762, 0.38040632433134963},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static pb_pixel_totals pixel(laid_out *run, const pb_table *table, int32_t slow, int32_t fast,
                             pb_run_state *state)
{
    pb_pixel_totals totals = {0};
    pb_f_cell_stats f_cell;
    CHECK_INT(pb_pixel(&run->setup, table, slow, fast, state, &totals, &f_cell, run->evaluations,
                       run->setup.evaluations, NULL, NULL, NULL),
              PB_OK);
    return totals;
}

static void check_pixels(pb_experiment e, double default_F, const golden_pixel *golden,
                         size_t count)
{
    laid_out run = lay_out(e);
    const pb_table table = no_table(default_F);
    pb_run_state state;
    CHECK_INT(pb_start(&run.setup, &table, &state), PB_OK);
    for (size_t i = 0; i < count; i++) {
        const pb_pixel_totals actual = pixel(&run, &table, golden[i].slow, golden[i].fast, &state);
        CHECK_BITS(actual.I, golden[i].I);
        CHECK_BITS(actual.omega, golden[i].omega);
        CHECK_BITS(actual.polar, golden[i].polar);
        CHECK_BITS(actual.intensity, golden[i].intensity);
    }
    clear_laid_out(&run);
}

static void simple_cubic(void)
{
    pb_experiment e = plain_experiment();
    e.wavelength = 6.2;
    e.pixel_size = 1.6;
    check_pixels(e, 100.0, SIMPLE_CUBIC, COUNT(SIMPLE_CUBIC));
}

static void triclinic(void)
{
    pb_experiment e = plain_experiment();
    const double cell[6] = {70.0, 80.0, 90.0, 75.0, 85.0, 95.0};
    memcpy(e.cell, cell, sizeof cell);
    e.misset = (pb_vec3){-89.968546, -31.328953, 177.753396};
    e.distance = 150.0;
    e.pixel_size = 0.8;
    e.oversample = 2;
    check_pixels(e, 100.0, TRICLINIC, COUNT(TRICLINIC));
}

/* A sweep from exactly 0: the first pixel of a run begins unrotated, every later one where the
 * sweep before ended. */
static void carry_over(void)
{
    pb_experiment e = gnnqqny();
    e.oversample = 1;
    e.oscillation = (pb_sweep){3.0, PB_NOT_GIVEN, 3};
    laid_out run = lay_out(e);
    const pb_table table = no_table(1.0);
    pb_run_state state;
    CHECK_INT(run.setup.leading_zeros, 1);
    CHECK_INT(pb_start(&run.setup, &table, &state), PB_OK);
    CHECK_INT(state.swept, 0);
    CHECK(!pb_is_settled(&run.setup, &state));
    pixel(&run, &table, 3, 4, &state);
    CHECK_INT(state.swept, 1);
    CHECK(pb_is_settled(&run.setup, &state));
    const double first = run.evaluations[0].hkl[0], last = run.evaluations[2].hkl[0];
    pixel(&run, &table, 3, 4, &state);
    CHECK(first != last);
    CHECK_BITS(run.evaluations[0].hkl[0], last);
    CHECK_BITS(run.evaluations[2].hkl[0], last);
    clear_laid_out(&run);
}

/* Interpolation, which needs a table, starts on for a small crystal. */
static void interpolation_starts(void)
{
    pb_experiment e = gnnqqny();
    const double values[1] = {1.0};
    const pb_table table = {.values = values, .range = {1, 1, 1}}, none = no_table(1.0);
    pb_run_state state;
    e.cells[1] = 2.0;
    laid_out run = lay_out(e);
    CHECK_INT(run.setup.interpolate, 1);
    CHECK_INT(pb_start(&run.setup, &table, &state), PB_OK);
    CHECK_INT(state.interpolation_on, 1);
    CHECK_INT(pb_start(&run.setup, &none, &state), PB_OK);
    CHECK_INT(state.interpolation_on, 0);
    clear_laid_out(&run);
}

int main(void)
{
    simple_cubic();
    triclinic();
    carry_over();
    interpolation_starts();
    return check_summary();
}
