/* A stop flag ends a pixel or a frame before its next evaluation.
 *
 * No clock and no thread: the flag is an entry of what is returned, which the core itself sets. */
#include "check.h"
#include "fixture.h"

enum { DOMAINS = 9, PHI_STEPS = 10, ROWS = 3 };

static laid_out many_evaluations(void)
{
    pb_experiment e = gnnqqny();
    e.mosaic_spread = 1.0;
    e.mosaic_domains = DOMAINS;
    e.oscillation = (pb_sweep){90.0, NAN, PHI_STEPS};
    return lay_out(e);
}

/* Rows that pb_pixel fills before the flag ends it. A row that is not filled holds -1. */
static int64_t filled_rows(laid_out *run, const volatile int32_t *stop, int expected)
{
    const pb_table table = no_table(100.0);
    pb_run_state state;
    pb_pixel_totals totals;
    pb_f_cell_stats f_cell;
    CHECK_INT(pb_start(&run->setup, &table, &state), PB_OK);
    CHECK_INT(pb_pixel(&run->setup, &table, 10, 50, &state, &totals, &f_cell, run->evaluations,
                       run->setup.evaluations, NULL, NULL, stop),
              expected);
    int64_t count = 0;
    while (count < run->setup.evaluations && run->evaluations[count].kind != -1)
        count++;
    return count;
}

static void forget_rows(laid_out *run)
{
    for (int64_t i = 0; i < run->setup.evaluations; i++)
        run->evaluations[i] = (pb_evaluation){.kind = -1};
}

static void pixels(void)
{
    laid_out run = many_evaluations();
    const int32_t never = 0, before = 1;
    const int64_t all = run.setup.evaluations;
    CHECK_INT(all, 4 * DOMAINS * PHI_STEPS);
    forget_rows(&run);
    CHECK_INT(filled_rows(&run, &before, PB_STOPPED), 0);
    forget_rows(&run);
    CHECK_INT(filled_rows(&run, &never, PB_OK), all);
    /* The number of a domain, phi step or subpixel sets the flag once it is not 0. */
    forget_rows(&run);
    CHECK_INT(filled_rows(&run, &run.evaluations[1].domain, PB_STOPPED), 2);
    forget_rows(&run);
    CHECK_INT(filled_rows(&run, &run.evaluations[DOMAINS].phi_step, PB_STOPPED), DOMAINS + 1);
    forget_rows(&run);
    CHECK_INT(filled_rows(&run, &run.evaluations[all - 5].sub_slow, PB_STOPPED), all - 4);
    clear_laid_out(&run);
}

/* Planes and image of ROWS rows of the detector. */
typedef struct frame {
    int32_t counts[11][ROWS * 64];
    double sum[ROWS * 64];
    float image[ROWS * 64];
} frame;

static int compute(const laid_out *run, frame *f, int precision, const volatile int32_t *stop)
{
    const pb_table table = no_table(100.0);
    const pb_f_cell_planes planes = {
        .total_lookups = f->counts[0],
        .skipped_lookups = f->counts[1],
        .out_of_bounds_count = f->counts[2],
        .default_f_count = f->counts[3],
        .zero_f_count = f->counts[4],
        .sum_f_cell = f->sum,
        .h_min = f->counts[5],
        .h_max = f->counts[6],
        .k_min = f->counts[7],
        .k_max = f->counts[8],
        .l_min = f->counts[9],
        .l_max = f->counts[10],
    };
    pb_run_state state;
    CHECK_INT(pb_start(&run->setup, &table, &state), PB_OK);
    memset(f, 0, sizeof *f);
    return pb_frame_pixels(&run->setup, &table, precision, (pb_region){0, ROWS, 0, 64}, NULL,
                           &state, f->image, &planes, stop);
}

static void frames(int precision)
{
    static frame f;
    laid_out run = many_evaluations();
    const int32_t never = 0, before = 1;
    CHECK_INT(compute(&run, &f, precision, &never), PB_OK);
    CHECK_INT(f.counts[0][ROWS * 64 - 1], run.setup.evaluations);
    CHECK_INT(compute(&run, &f, precision, &before), PB_STOPPED);
    CHECK_INT(f.counts[0][0], 0);
    /* The lookups of the first pixel of the second row set the flag once they are counted. */
    CHECK_INT(compute(&run, &f, precision, &f.counts[0][64]), PB_STOPPED);
    CHECK_INT(f.counts[0][63], run.setup.evaluations);
    CHECK_INT(f.counts[0][128], 0);
    clear_laid_out(&run);
}

int main(void)
{
    pixels();
    frames(PB_EXACT);
    frames(PB_FAST);
    return check_summary();
}
