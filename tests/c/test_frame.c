/* Regions of a frame in any partition against pixels one by one, in the order of a run. */
#include <stdlib.h>

#include "check.h"
#include "fixture.h"

#define WIDTH 150 /* two full sets of lanes and a part of one */
#define HEIGHT 3
#define PIXELS (WIDTH * HEIGHT)

/* A frame computed pixel by pixel. */
typedef struct expected_frame {
    float image[PIXELS];
    pb_f_cell_stats f_cell[PIXELS];
    uint8_t computed[PIXELS];
    pb_run_state end;
} expected_frame;

/* What is requested of a frame. */
enum { IMAGE = 1, PLANES = 2, MARGINS = 4 };

/* A frame computed region by region; nothing may be written behind the pixels. */
typedef struct computed_frame {
    float image[PIXELS + 1];
    int32_t counts[11][PIXELS + 1];
    double sum[PIXELS + 1];
    double margin[PIXELS + 1];
    pb_run_state end;
} computed_frame;

static pb_f_cell_planes planes_from(computed_frame *f, int at, int requested)
{
    return (pb_f_cell_planes){
        &f->counts[0][at],
        &f->counts[1][at],
        &f->counts[2][at],
        &f->counts[3][at],
        &f->counts[4][at],
        &f->sum[at],
        &f->counts[5][at],
        &f->counts[6][at],
        &f->counts[7][at],
        &f->counts[8][at],
        &f->counts[9][at],
        &f->counts[10][at],
        requested & MARGINS ? &f->margin[at] : NULL,
    };
}

static int in_roi(const pb_experiment *e, int32_t slow, int32_t fast)
{
    return !e->roi_given ||
           (fast >= e->roi[0] && fast <= e->roi[1] && slow >= e->roi[2] && slow <= e->roi[3]);
}

static expected_frame *pixel_by_pixel(laid_out *run, const pb_table *table, const uint8_t *mask)
{
    expected_frame *frame = calloc(1, sizeof *frame);
    if (frame == NULL)
        abort();
    CHECK_INT(pb_start(&run->setup, table, &frame->end), PB_OK);
    for (int32_t at = 0; at < PIXELS; at++) {
        const int32_t slow = at / WIDTH, fast = at % WIDTH;
        if ((mask != NULL && mask[at] == 0) || !in_roi(&run->experiment, slow, fast))
            continue;
        pb_pixel_totals totals;
        CHECK_INT(pb_pixel(&run->setup, table, slow, fast, &frame->end, &totals, &frame->f_cell[at],
                           run->evaluations, run->setup.evaluations, NULL, NULL, NULL),
                  PB_OK);
        frame->image[at] = totals.image;
        frame->computed[at] = 1;
    }
    return frame;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void compute_region(const laid_out *run, const pb_table *table, int precision,
                           pb_region region, const uint8_t *mask, int requested,
                           computed_frame *actual)
{
    const int at = region.slow * WIDTH + region.fast;
    const pb_f_cell_planes planes = planes_from(actual, at, requested);
    CHECK_INT(pb_frame_pixels(&run->setup, table, precision, region, mask, &actual->end,
                              requested & IMAGE ? actual->image + at : NULL,
                              requested & PLANES ? &planes : NULL, NULL),
              PB_OK);
}

/* In parts of so many pixels of a row, or all rows at once. */
static computed_frame *by_parts(const laid_out *run, const pb_table *table, int precision,
                                const uint8_t *mask, int part, int requested)
{
    computed_frame *actual = malloc(sizeof *actual);
    if (actual == NULL)
        abort();
    memset(actual, 0xff, sizeof *actual);
    CHECK_INT(pb_start(&run->setup, table, &actual->end), PB_OK);
    if (part == PIXELS)
        compute_region(run, table, precision, (pb_region){0, HEIGHT, 0, WIDTH}, mask, requested,
                       actual);
    for (int32_t slow = 0; part < PIXELS && slow < HEIGHT; slow++)
        for (int32_t fast = 0; fast < WIDTH; fast += part) {
            const pb_region region = {slow, 1, fast, smaller(part, WIDTH - fast)};
            compute_region(run, table, precision, region, mask, requested, actual);
        }
    return actual;
}

static void check_counts(const computed_frame *actual, int at, const expected_frame *expected)
{
    const pb_f_cell_stats *f_cell = &expected->f_cell[at];
    CHECK_INT(actual->counts[0][at], f_cell->total_lookups);
    CHECK_INT(actual->counts[1][at], f_cell->skipped_lookups);
    CHECK_INT(actual->counts[2][at], f_cell->out_of_bounds_count);
    CHECK_INT(actual->counts[3][at], f_cell->default_f_count);
    CHECK_INT(actual->counts[4][at], f_cell->zero_f_count);
    CHECK_BITS(actual->sum[at], f_cell->sum_f_cell);
    if (expected->computed[at] && f_cell->total_lookups == 0)
        return;
    for (int axis = 0; axis < 3; axis++) {
        CHECK_INT(actual->counts[5 + 2 * axis][at], f_cell->hkl_min[axis]);
        CHECK_INT(actual->counts[6 + 2 * axis][at], f_cell->hkl_max[axis]);
    }
}

static void check_margin(const computed_frame *actual, int at, const expected_frame *expected)
{
    const pb_f_cell_stats *f_cell = &expected->f_cell[at];
    CHECK_BITS(actual->margin[at], f_cell->total_lookups > 0 ? f_cell->rounding_margin : INFINITY);
}

static int is_untouched(const void *from, const void *end)
{
    for (const unsigned char *byte = from; byte < (const unsigned char *)end; byte++)
        if (*byte != 0xff)
            return 0;
    return 1;
}

/* All of it, or what lies behind the pixels where it was requested. */
#define CHECK_UNTOUCHED(plane, is_wanted)                                                          \
    CHECK(is_untouched((plane) + ((is_wanted) ? PIXELS : 0), (plane) + PIXELS + 1))

static void check_untouched(const computed_frame *actual, int requested)
{
    CHECK_UNTOUCHED(actual->image, requested & IMAGE);
    for (int i = 0; i < 11; i++)
        CHECK_UNTOUCHED(actual->counts[i], requested & PLANES);
    CHECK_UNTOUCHED(actual->sum, requested & PLANES);
    CHECK_UNTOUCHED(actual->margin, requested & MARGINS);
}

static void check_end(const pb_run_state *actual, const pb_run_state *expected, int requested)
{
    CHECK_INT(actual->swept, expected->swept);
    CHECK_INT(actual->interpolation_on, expected->interpolation_on);
    if (!(requested & IMAGE)) /* Tap 4 alone may do without the axis */
        return;
    CHECK_BITS(actual->polar_axis.x, expected->polar_axis.x);
    CHECK_BITS(actual->polar_axis.y, expected->polar_axis.y);
    CHECK_BITS(actual->polar_axis.z, expected->polar_axis.z);
}

static void check_parts(const laid_out *run, const pb_table *table, const uint8_t *mask, int part,
                        int requested, const expected_frame *expected)
{
    computed_frame *actual = by_parts(run, table, PB_EXACT, mask, part, requested);
    if (requested & IMAGE)
        CHECK(memcmp(actual->image, expected->image, sizeof expected->image) == 0);
    for (int at = 0; at < PIXELS; at++) {
        if (requested & PLANES)
            check_counts(actual, at, expected);
        if (requested & MARGINS)
            check_margin(actual, at, expected);
    }
    check_untouched(actual, requested);
    check_end(&actual->end, &expected->end, requested);
    free(actual);
}

/* The fast sine moves an intensity by no more than a float shows in its last places, and Tap 4 not
 * at all. */
static void check_fast(const laid_out *run, const pb_table *table, const expected_frame *expected)
{
    computed_frame *image = by_parts(run, table, PB_FAST, NULL, WIDTH, IMAGE);
    computed_frame *both = by_parts(run, table, PB_FAST, NULL, PIXELS, IMAGE | PLANES);
    for (int at = 0; at < PIXELS; at++) {
        CHECK_NEAR(image->image[at], expected->image[at], 2.5e-7 * fabsf(expected->image[at]));
        check_counts(both, at, expected);
    }
    CHECK(memcmp(both->image, image->image, sizeof image->image) == 0);
    free(image);
    free(both);
}

/* Rounded images have the same bits, and leave the run in the same state. */
static void check_rounded(const laid_out *run, const pb_table *table, const uint8_t *mask,
                          const expected_frame *expected)
{
    static const int PARTS[] = {7, WIDTH, PIXELS};
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        for (int requested = IMAGE; requested <= (IMAGE | PLANES); requested += PLANES) {
            computed_frame *actual = by_parts(run, table, PB_ROUNDED, mask, PARTS[i], requested);
            CHECK(memcmp(actual->image, expected->image, sizeof expected->image) == 0);
            check_untouched(actual, requested);
            check_end(&actual->end, &expected->end, requested);
            free(actual);
        }
}

static void check_frame(pb_experiment e, const pb_table *table, const uint8_t *mask)
{
    static const int PARTS[] = {1, 7, 64, WIDTH, PIXELS};
    static const int WANTED[] = {IMAGE, PLANES, PLANES | MARGINS, IMAGE | PLANES,
                                 IMAGE | PLANES | MARGINS};
    e.pixels[0] = WIDTH;
    e.pixels[1] = HEIGHT;
    laid_out run = lay_out(e);
    expected_frame *expected = pixel_by_pixel(&run, table, mask);
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        for (size_t j = 0; j < sizeof WANTED / sizeof *WANTED; j++)
            check_parts(&run, table, mask, PARTS[i], WANTED[j], expected);
    check_rounded(&run, table, mask, expected);
    if (mask == NULL)
        check_fast(&run, table, expected);
    free(expected);
    clear_laid_out(&run);
}

/* With all pixels, with some masked, and with a region of interest besides. */
static void check_frames(pb_experiment e, const pb_table *table)
{
    uint8_t mask[PIXELS];
    for (int at = 0; at < PIXELS; at++)
        mask[at] = at % 5 != 0 && (at / WIDTH != 1 || at % WIDTH < 100);
    check_frame(e, table, NULL);
    check_frame(e, table, mask);
    e.roi_given = 1;
    e.roi[0] = 3;
    e.roi[1] = 140;
    e.roi[2] = 1;
    e.roi[3] = 1;
    check_frame(e, table, NULL);
    check_frame(e, table, mask);
    /* Beyond the detector, and nothing at all. */
    e.roi[1] = 1000;
    e.roi[2] = -4;
    check_frame(e, table, NULL);
    e.roi[0] = 2000;
    check_frame(e, table, NULL);
}

/* A box that the rows leave: some entries are 0, the lookups in it vary from pixel to pixel. */
#define SIDE 21

static pb_table box(double values[SIDE * SIDE * SIDE])
{
    for (int i = 0; i < SIDE * SIDE * SIDE; i++)
        values[i] = i % 11 == 0 ? 0.0 : (i * 37 % 101) / 7.0;
    return (pb_table){
        .values = values, .min = {-10, -10, -10}, .range = {SIDE, SIDE, SIDE}, .default_F = 2.5};
}

static void plain(const pb_table *table)
{
    const pb_table none = no_table(1.5);
    check_frames(gnnqqny(), table);
    check_frames(gnnqqny(), &none);
}

/* The first pixel of the run begins unrotated. */
static void sweep_from_zero(const pb_table *table)
{
    pb_experiment e = gnnqqny();
    e.oscillation = (pb_sweep){3.0, PB_NOT_GIVEN, 3};
    check_frames(e, table);
    e.behaviours.no_carry_over = 1;
    check_frames(e, table);
}

/* Whether interpolation goes off inside a row, which the case is for. */
static void interpolation_runs_out(const pb_table *table)
{
    pb_experiment e = gnnqqny();
    e.interpolate = 1;
    e.cell[1] = 12.0;
    e.pixels[0] = WIDTH;
    e.pixels[1] = HEIGHT;
    /* The beam meets the detector in the middle of the first row: the indices grow from 0. */
    e.x_beam = 0.0;
    e.y_beam = 0.0;
    laid_out run = lay_out(e);
    expected_frame *frame = pixel_by_pixel(&run, table, NULL);
    CHECK_INT(frame->end.interpolation_on, 0);
    pb_run_state state;
    float first[1];
    CHECK_INT(pb_start(&run.setup, table, &state), PB_OK);
    CHECK_INT(pb_frame_pixels(&run.setup, table, PB_EXACT, (pb_region){0, 1, 0, 1}, NULL, &state,
                              first, NULL, NULL),
              PB_OK);
    CHECK_INT(state.interpolation_on, 1);
    free(frame);
    clear_laid_out(&run);
    check_frames(e, table);
    e.behaviours.interpolation_stays = 1;
    check_frames(e, table);
}

/* An axis that no one division makes a unit vector for good, and several sources. */
static void polarized_sources(const pb_table *table)
{
    pb_experiment e = gnnqqny();
    e.convention = PB_CUSTOM;
    e.polar_vector = (pb_vec3){0.1, 0.7, 0.3};
    e.polarization = 0.7;
    e.horizontal = (pb_sweep){8.0, PB_NOT_GIVEN, 3};
    e.vertical = (pb_sweep){6.0, PB_NOT_GIVEN, 2};
    e.dmin = 1.2;
    check_frames(e, table);
    e.behaviours.weights_used = 1;
    check_frames(e, table);
}

static void layers_and_domains(const pb_table *table)
{
    pb_experiment e = gnnqqny();
    e.mosaic_spread = 1.5;
    e.mosaic_domains = 3;
    e.thickness = 300.0;
    e.thickness_steps = 2;
    e.oscillation = (pb_sweep){2.0, PB_NOT_GIVEN, 2};
    e.water = 1.0;
    check_frames(e, table);
    e.oversample_polar = e.oversample_omega = e.oversample_thick = 1;
    check_frames(e, table);
    e.behaviours.oversampled_term = 1;
    check_frames(e, table);
}

static void other_factor_values(const pb_table *table)
{
    for (int32_t kept = PB_KEEP_LAST; kept <= PB_KEEP_EACH; kept++) {
        pb_experiment e = gnnqqny();
        e.thickness = 300.0;
        e.thickness_steps = 2;
        e.behaviours.omega = e.behaviours.polar = e.behaviours.capture = kept;
        e.behaviours.layers = kept % 3;
        check_frames(e, table);
    }
}

/* Most evaluations end without a lookup. */
static void tophat(const pb_table *table)
{
    pb_experiment e = gnnqqny();
    e.shape = PB_TOPHAT;
    e.cells[0] = e.cells[1] = e.cells[2] = 3.0;
    e.fudge = 0.01;
    check_frames(e, table);
    e.behaviours.zero_lattice_lookup = 1;
    check_frames(e, table);
}

static void curved(const pb_table *table)
{
    pb_experiment e = gnnqqny();
    e.curved = 1;
    e.point_pixel = 1;
    e.shape = PB_GAUSS;
    check_frames(e, table);
}

/* Every index of some axis is infinite or NaN, which has no distance from a tie. */
static void indices_that_are_no_numbers(const pb_table *table)
{
    pb_experiment e = gnnqqny();
    e.pixels[0] = WIDTH;
    e.pixels[1] = HEIGHT;
    e.wavelength = 1e-305;
    laid_out run = lay_out(e);
    computed_frame *actual = by_parts(&run, table, PB_EXACT, NULL, PIXELS, PLANES | MARGINS);
    for (int at = 0; at < PIXELS; at++) {
        CHECK_INT(actual->counts[0][at], 4);
        CHECK_INT(actual->counts[2][at], 4);
        CHECK_BITS(actual->margin[at], INFINITY);
    }
    free(actual);
    clear_laid_out(&run);
}

int main(void)
{
    static double values[SIDE * SIDE * SIDE];
    const pb_table table = box(values);
    plain(&table);
    sweep_from_zero(&table);
    interpolation_runs_out(&table);
    polarized_sources(&table);
    layers_and_domains(&table);
    other_factor_values(&table);
    tophat(&table);
    curved(&table);
    indices_that_are_no_numbers(&table);
    return check_summary();
}
