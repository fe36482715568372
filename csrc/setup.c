/* From the raw experiment to everything a pixel needs, contract §1, §2, §3 and §4. */
#include <stddef.h>

#include "factors.h"
#include "units.h"
#include "vec3.h"

static int is_finite(double value)
{
    return isfinite(value);
}

static int is_length(double value)
{
    return isfinite(value) && value > 0.0;
}

/* NaN is PB_NOT_GIVEN. */
static int is_finite_or_not_given(double value)
{
    return !isinf(value);
}

static int all(int (*is_sound)(double), const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_sound(values[i]))
            return 0;
    return 1;
}

#define ALL(is_sound, values) all(is_sound, values, sizeof(values) / sizeof *(values))

static int inputs_are_sound(const pb_experiment *e)
{
    const double lengths[] = {e->wavelength, e->beam_size, e->distance, e->pixel_size};
    const double given[] = {
        e->cells[0],
        e->cells[1],
        e->cells[2],
        e->fudge,
        e->water,
        e->polarization,
        e->fluence,
        e->flux,
        e->exposure,
        e->detsize[0],
        e->detsize[1],
        e->twotheta,
        e->phi,
        e->dmin,
        e->dispersion,
        e->thickness,
        e->mask_beam_centre.y_beam,
        e->mask_beam_centre.pixel_size,
    };
    const double optional[] = {
        e->horizontal.range,
        e->horizontal.step,
        e->vertical.range,
        e->vertical.step,
        e->oscillation.range,
        e->oscillation.step,
        e->mosaic_spread,
        e->attenuation_depth,
        e->close_distance,
        e->x_beam,
        e->y_beam,
        e->x_close,
        e->y_close,
        e->org_x,
        e->org_y,
    };
    return ALL(is_length, lengths) && ALL(is_finite, given) &&
           ALL(is_finite_or_not_given, optional) && pb_vec3_is_finite(e->misset) &&
           pb_vec3_is_finite(e->rotations) && pb_vec3_is_finite(e->sample_size);
}

static int counts_are_sound(const pb_experiment *e)
{
    const int64_t counts[] = {
        e->mosaic_domains,    e->horizontal.steps,
        e->vertical.steps,    e->dispersion_steps,
        e->oscillation.steps, e->thickness_steps,
        e->mosaic_seed,       e->source_line_count,
        e->misset_seed,       e->mask_beam_centre.pixels_slow,
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] < 0)
            return 0;
    return 1;
}

static int choose_oversample(const pb_experiment *e, pb_setup *setup)
{
    double chosen = e->oversample;
    if (e->oversample == 0)
        chosen = pb_recommended_oversample(&setup->crystal, &setup->detector, setup->beam.lambda0);
    pb_give(e->given, PB_GIVEN_OVERSAMPLE, &chosen);
    if (!(chosen >= 1.0 && chosen <= PB_MAX_OVERSAMPLE))
        return PB_BAD_OVERSAMPLE;
    setup->oversample = (int32_t)chosen;
    setup->detector.subpixel_size = setup->detector.pixel_size / setup->oversample;
    pb_give(e->given, PB_GIVEN_SUBPIXEL_SIZE, &setup->detector.subpixel_size);
    return PB_OK;
}

/* Subpixels are numbered across the detector in int32, as contract §6 brackets them. */
static int subpixels_fit(const pb_setup *setup)
{
    const int64_t most = INT32_MAX / setup->oversample;
    return setup->detector.pixels[0] <= most && setup->detector.pixels[1] <= most;
}

static int sweep_spindle(const pb_experiment *e, pb_setup *setup)
{
    pb_sweep given = {
        pb_radians(e->oscillation.range),
        pb_radians(e->oscillation.step),
        e->oscillation.steps,
    };
    setup->phi0 = pb_radians(e->phi);
    pb_give(e->given, PB_GIVEN_PHI0, &setup->phi0);
    pb_give_sweep(e->given, PB_GIVEN_OSC, &given);
    const int status = pb_sample_sweep(given, &PB_SPINDLE_SWEEP, &setup->phi);
    pb_give_sampled(e->given, PB_GIVEN_OSC, &setup->phi);
    return status;
}

/* Products of counts as doubles, which do not overflow. */
static int count_steps(const pb_experiment *e, pb_setup *setup)
{
    const pb_beam *beam = &setup->beam;
    const double listed = (double)e->source_line_count;
    const double grid = (double)beam->horizontal.steps * (double)beam->vertical.steps *
                        (double)beam->dispersion.steps;
    double sources = e->source_lines != NULL ? listed : grid;
    if (e->given != NULL && e->given->sources != NULL)
        sources = (double)e->given->source_count;
    const double orientations = (double)setup->phi.steps * (double)setup->crystal.domains;
    const double subpixels = (double)setup->oversample * setup->oversample;
    const double evaluations =
        (double)setup->detector.thick.steps * subpixels * sources * orientations;
    if (sources > PB_MAX_STEPS || orientations > PB_MAX_STEPS || evaluations > PB_MAX_EVALUATIONS)
        return PB_BAD_STEPS;
    /* Counts that are given instead of derived may be 0. */
    if (orientations < 1.0 || setup->detector.thick.steps < 1)
        return PB_BAD_STEPS;
    setup->source_count = (int64_t)sources;
    return PB_OK;
}

/* A flag that oversamples a factor overrules a behaviour that keeps one value of it. */
static int32_t factor_mode(int oversampled, const pb_behaviours *b, int32_t value)
{
    static const int32_t FACTORS[] = {
        [PB_KEEP_FIRST] = PB_FIRST,
        [PB_KEEP_LAST] = PB_LAST,
        [PB_KEEP_MEAN] = PB_MEAN,
        [PB_KEEP_EACH] = PB_TERM,
    };
    if (oversampled)
        return b->oversampled_term ? PB_TERM : PB_RUNNING_SUM;
    return FACTORS[value];
}

static void choose_factors(const pb_experiment *e, pb_setup *setup)
{
    const pb_behaviours *b = &e->behaviours;
    /* Factors that are 1 from the start are never computed unless they are oversampled. */
    const int32_t polar = e->polarized ? b->polar : PB_KEEP_FIRST;
    const int32_t capture = setup->detector.thick.range == 0.0 ? PB_KEEP_FIRST : b->capture;
    setup->omega = factor_mode(e->oversample_omega, b, b->omega);
    setup->polar = factor_mode(e->oversample_polar, b, polar);
    setup->capture = factor_mode(e->oversample_thick, b, capture);
}

static int is_factor_value(int32_t value)
{
    return value >= PB_KEEP_FIRST && value <= PB_KEEP_EACH;
}

static int behaviours_exist(const pb_behaviours *b)
{
    return b->rounding >= PB_HALF_DOWN && b->rounding <= PB_FLOOR && is_factor_value(b->omega) &&
           is_factor_value(b->polar) && is_factor_value(b->capture) && b->layers >= PB_LAST_LAYER &&
           b->layers <= PB_EACH_LAYER && b->background >= PB_DIVIDED_WITH_SUM &&
           b->background <= PB_ADDED_LAST;
}

int pb_derive(const pb_experiment *experiment, pb_setup *setup)
{
    if (experiment == NULL || setup == NULL || !behaviours_exist(&experiment->behaviours))
        return PB_BAD_ARGUMENT;
    if (!inputs_are_sound(experiment) || !counts_are_sound(experiment))
        return PB_BAD_INPUT;
    *setup = (pb_setup){.behaviours = experiment->behaviours};
    int status = pb_derive_detector(experiment, &setup->detector);
    if (status == PB_OK)
        status = pb_derive_beam(experiment, &setup->beam);
    if (status == PB_OK)
        status = pb_derive_crystal(experiment, setup->beam.lambda0, &setup->crystal);
    if (status == PB_OK)
        status = choose_oversample(experiment, setup);
    if (status == PB_OK)
        status = subpixels_fit(setup) ? PB_OK : PB_BAD_DETECTOR;
    if (status == PB_OK)
        status = sweep_spindle(experiment, setup);
    if (status == PB_OK)
        status = count_steps(experiment, setup);
    if (status != PB_OK)
        return status;
    choose_factors(experiment, setup);
    setup->detector.no_parallax = setup->behaviours.parallax_unused;
    setup->interpolate = experiment->interpolate >= 0 ? experiment->interpolate
                                                      : pb_small_crystal(experiment->cells);
    return PB_OK;
}

static int lay_out_domains(const pb_experiment *e, const pb_crystal *crystal, double *matrices)
{
    if (e->given == NULL || e->given->domain_matrices == NULL) {
        pb_mosaic_domains(crystal->mosaic_spread, crystal->domains, e->mosaic_seed, matrices);
        return PB_OK;
    }
    if (e->given->domain_count != crystal->domains)
        return PB_BAD_ARGUMENT;
    for (int64_t i = 0; i < 9 * crystal->domains; i++)
        matrices[i] = e->given->domain_matrices[i];
    return PB_OK;
}

int pb_lay_out(const pb_experiment *experiment, pb_setup *setup, pb_source *sources,
               double *domain_matrices, pb_rotation *rotations, pb_orientation *orientations)
{
    if (experiment == NULL || setup == NULL || sources == NULL || domain_matrices == NULL ||
        rotations == NULL || orientations == NULL)
        return PB_BAD_ARGUMENT;
    int64_t count;
    int status = pb_lay_out_sources(experiment, &setup->beam, &setup->detector, sources, &count);
    if (status == PB_OK)
        status = lay_out_domains(experiment, &setup->crystal, domain_matrices);
    if (status != PB_OK)
        return status;
    const int64_t subpixels = (int64_t)setup->oversample * setup->oversample;
    setup->source_count = count;
    setup->steps = count * setup->crystal.domains * setup->phi.steps * subpixels;
    setup->evaluations = setup->detector.thick.steps * setup->steps;
    pb_lay_out_orientations(setup, domain_matrices, rotations, orientations);
    setup->sources = sources;
    setup->domain_matrices = domain_matrices;
    setup->rotations = rotations;
    setup->orientations = orientations;
    return PB_OK;
}
