#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define ABSENT {PB_NOT_GIVEN, PB_NOT_GIVEN, PB_NOT_GIVEN}
#define NO_SWEEP {PB_NOT_GIVEN, PB_NOT_GIVEN, 0}

pb_experiment plain_experiment(void)
{
    return (pb_experiment){
        .cell = {100.0, 100.0, 100.0, 90.0, 90.0, 90.0},
        .matrix = {PB_NOT_GIVEN, PB_NOT_GIVEN, PB_NOT_GIVEN, PB_NOT_GIVEN, PB_NOT_GIVEN,
                   PB_NOT_GIVEN, PB_NOT_GIVEN, PB_NOT_GIVEN, PB_NOT_GIVEN},
        .cells = {5.0, 5.0, 5.0},
        .fudge = 1.0,
        .mosaic_spread = PB_NOT_GIVEN,
        .mosaic_seed = 12345678,
        .wavelength = 1.0,
        .polarized = 1,
        .fluence = 125932015286227086360700780544.0,
        .exposure = 1.0,
        .beam_size = 0.1,
        .horizontal = NO_SWEEP,
        .vertical = NO_SWEEP,
        .round_divergence = 1,
        .convention = PB_MOSFLM,
        .pivot = PB_PIVOT_BEAM,
        .fast_vector = ABSENT,
        .slow_vector = ABSENT,
        .odet_vector = ABSENT,
        .beam_vector = ABSENT,
        .polar_vector = ABSENT,
        .spindle_vector = ABSENT,
        .twotheta_axis = ABSENT,
        .distance = 100.0,
        .close_distance = PB_NOT_GIVEN,
        .pixel_size = 1.0,
        .pixels = {64, 64},
        .x_beam = PB_NOT_GIVEN,
        .y_beam = PB_NOT_GIVEN,
        .x_close = PB_NOT_GIVEN,
        .y_close = PB_NOT_GIVEN,
        .org_x = PB_NOT_GIVEN,
        .org_y = PB_NOT_GIVEN,
        .attenuation_depth = PB_NOT_GIVEN,
        .oscillation = NO_SWEEP,
        .interpolate = -1,
    };
}

pb_experiment gnnqqny(void)
{
    pb_experiment e = plain_experiment();
    const double cell[6] = {21.937, 4.866, 23.477, 90.0, 107.08, 90.0};
    for (int i = 0; i < 6; i++)
        e.cell[i] = cell[i];
    e.cells[0] = e.cells[1] = e.cells[2] = 8.0;
    e.misset = (pb_vec3){1.0, 2.0, 3.0};
    e.distance = 60.0;
    e.oversample = 2;
    return e;
}

static void insist(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "cannot lay out the experiment of a test: %s\n", what);
    exit(EXIT_FAILURE);
}

static void *room(int64_t count, size_t size)
{
    void *buffer = calloc((size_t)count, size);
    insist(buffer != NULL, "no memory");
    return buffer;
}

laid_out lay_out(pb_experiment experiment)
{
    laid_out run = {.experiment = experiment};
    int status = pb_derive(&experiment, &run.setup);
    insist(status == PB_OK, pb_status_text(status));
    const int64_t domains = run.setup.crystal.domains;
    run.sources = room(run.setup.source_count, sizeof *run.sources);
    run.domain_matrices = room(9 * domains, sizeof *run.domain_matrices);
    run.rotations = room(run.setup.phi.steps + 1, sizeof *run.rotations);
    run.orientations = room((run.setup.phi.steps + 1) * domains, sizeof *run.orientations);
    status = pb_lay_out(&experiment, &run.setup, run.sources, run.domain_matrices, run.rotations,
                        run.orientations);
    insist(status == PB_OK, pb_status_text(status));
    run.evaluations = room(run.setup.evaluations, sizeof *run.evaluations);
    return run;
}

void clear_laid_out(laid_out *run)
{
    free(run->sources);
    free(run->domain_matrices);
    free(run->rotations);
    free(run->orientations);
    free(run->evaluations);
}

pb_table no_table(double default_F)
{
    return (pb_table){.default_F = default_F};
}
