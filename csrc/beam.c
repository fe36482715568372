/* Beam, contract §1, §4 (one source) and §6. */
#include "factors.h"
#include "units.h"
#include "vec3.h"

/* Metres; only the direction matters with a single source. */
#define SOURCE_DISTANCE 10.0

/* The source is placed and normalised as contract §4 writes it, less its two rotations, which with
 * no divergence turn by 0: the round trip through 10 m can move the last bit of a beam direction
 * that is not a coordinate axis. */
static pb_vec3 incident_direction(pb_vec3 beam_direction)
{
    return pb_scale(pb_unit(pb_scale(beam_direction, -SOURCE_DISTANCE)), -1.0);
}

static double fluence(const pb_experiment *e)
{
    const double size = pb_metres(e->beam_size);
    if (e->flux != 0.0 && e->exposure > 0.0 && size >= 0.0)
        return e->flux * e->exposure / size / size;
    return e->fluence;
}

static double background(double total_fluence, double water)
{
    return 2.57 * 2.57 * PB_R_E_SQR * total_fluence * water * water * water * 1e6 * PB_AVOGADRO /
           18.0;
}

int pb_derive_beam(const pb_experiment *experiment, pb_vec3 beam_direction, pb_beam *beam)
{
    beam->lambda0 = experiment->wavelength / 1.0e10;
    beam->incident = incident_direction(beam_direction);
    beam->fluence = fluence(experiment);
    beam->polarization = experiment->polarization;
    beam->polarized = experiment->polarized;
    beam->water_size = experiment->water / 1e6;
    beam->I_bg = background(beam->fluence, beam->water_size);
    beam->dmin = experiment->dmin * 1e-10;
    if (!(beam->lambda0 > 0.0 && isfinite(beam->lambda0)))
        return PB_BAD_BEAM;
    if (!isfinite(beam->fluence) || !isfinite(beam->I_bg))
        return PB_BAD_BEAM;
    return PB_OK;
}

pb_vec3 pb_scattering_vector(pb_vec3 diffracted, pb_vec3 incident, double lambda)
{
    return (pb_vec3){
        (diffracted.x - incident.x) / lambda,
        (diffracted.y - incident.y) / lambda,
        (diffracted.z - incident.z) / lambda,
    };
}

int pb_is_beyond_dmin(pb_vec3 q, double dmin)
{
    const double stol = 0.5 * pb_norm(q);
    return dmin > 0.0 && stol > 0.0 && dmin > 0.5 / stol;
}
