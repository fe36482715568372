/* From the raw experiment to everything a pixel needs, contract §1 to §3. */
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
        e->cells[0],     e->cells[1], e->cells[2], e->fudge,    e->water,
        e->polarization, e->fluence,  e->flux,     e->exposure, e->detsize[0],
        e->detsize[1],   e->twotheta, e->phi,      e->dmin,
    };
    const double optional[] = {
        e->close_distance, e->x_beam, e->y_beam, e->x_close, e->y_close, e->org_x, e->org_y,
    };
    return ALL(is_length, lengths) && ALL(is_finite, given) &&
           ALL(is_finite_or_not_given, optional) && pb_vec3_is_finite(e->misset) &&
           pb_vec3_is_finite(e->rotations) && pb_vec3_is_finite(e->sample_size);
}

static int choose_oversample(const pb_experiment *e, pb_setup *setup)
{
    double chosen = e->oversample;
    if (e->oversample == 0)
        chosen = pb_recommended_oversample(&setup->crystal, &setup->detector, setup->beam.lambda0);
    if (!(chosen >= 1.0 && chosen <= PB_MAX_OVERSAMPLE))
        return PB_BAD_OVERSAMPLE;
    setup->oversample = (int32_t)chosen;
    setup->steps = (int64_t)setup->oversample * setup->oversample;
    setup->detector.subpixel_size = setup->detector.pixel_size / setup->oversample;
    return PB_OK;
}

/* Subpixels are numbered across the detector in int32, as contract §6 brackets them. */
static int subpixels_fit(const pb_setup *setup)
{
    const int64_t most = INT32_MAX / setup->oversample;
    return setup->detector.pixels[0] <= most && setup->detector.pixels[1] <= most;
}

int pb_derive(const pb_experiment *experiment, pb_setup *setup)
{
    if (experiment == NULL || setup == NULL)
        return PB_BAD_ARGUMENT;
    if (!inputs_are_sound(experiment))
        return PB_BAD_INPUT;
    int status = pb_derive_detector(experiment, &setup->detector);
    if (status == PB_OK)
        status = pb_derive_beam(experiment, setup->detector.beam, &setup->beam);
    if (status == PB_OK)
        status = pb_derive_crystal(experiment, setup->beam.lambda0, &setup->crystal);
    if (status == PB_OK)
        status = choose_oversample(experiment, setup);
    if (status != PB_OK)
        return status;
    if (!subpixels_fit(setup))
        return PB_BAD_DETECTOR;
    setup->phi = pb_radians(experiment->phi);
    pb_rotate_crystal(&setup->crystal, setup->detector.spindle, setup->phi);
    setup->oversample_polar = experiment->oversample_polar;
    setup->oversample_omega = experiment->oversample_omega;
    setup->interpolate = experiment->interpolate >= 0 ? experiment->interpolate
                                                      : pb_small_crystal(experiment->cells);
    return PB_OK;
}
