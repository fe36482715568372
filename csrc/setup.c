/* From the raw experiment to everything a pixel needs, contract §1 to §3. */
#include <stddef.h>

#include "factors.h"
#include "units.h"

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
