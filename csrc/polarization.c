/* Polarization factor, contract §6. */
#include "factors.h"
#include "tangents.h"
#include "vec3.h"

/* Angle between the polarization direction and the plane of scattering, radians. */
static double scattering_plane_angle(pb_vec3 incident, pb_vec3 diffracted, pb_vec3 axis)
{
    const pb_vec3 B = pb_unit(pb_cross(axis, incident));
    const pb_vec3 E = pb_unit(pb_cross(incident, B));
    return -atan2(pb_dot(diffracted, B), pb_dot(diffracted, E));
}

static double factor(pb_vec3 incident, pb_vec3 diffracted, pb_vec3 axis, double kahn_factor)
{
    const double c = pb_dot(incident, diffracted);
    const int has_plane = kahn_factor != 0.0 || pb_varies(kahn_factor);
    const double psi = has_plane ? scattering_plane_angle(incident, diffracted, axis) : 0.0;
    return 0.5 * (1.0 + c * c - kahn_factor * cos(2 * psi) * (1 - c * c));
}

void pb_polarization_factor(const pb_source *source, double kahn_factor, const int32_t *due, int n,
                            pb_lanes3 *diffracted, pb_vec3 *axis, double *polar)
{
    const pb_vec3 incident = pb_unit(source->incident);
    if (kahn_factor != 0.0)
        *axis = pb_unit(*axis);
    for (int i = 0; i < n; i++) {
        if (!due[i])
            continue;
        const pb_vec3 d = pb_unit((pb_vec3){diffracted->x[i], diffracted->y[i], diffracted->z[i]});
        diffracted->x[i] = d.x;
        diffracted->y[i] = d.y;
        diffracted->z[i] = d.z;
        polar[i] = factor(incident, d, *axis, kahn_factor);
    }
}
