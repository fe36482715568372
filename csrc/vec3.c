/* Vectors and rotations, contract §0 and §2. */
#include "vec3.h"

#include "tangents.h"

static pb_vec3 about_x(pb_vec3 v, double angle)
{
    const double c = cos(angle), s = sin(angle);
    return (pb_vec3){v.x, v.y * c + v.z * -s, v.y * s + v.z * c};
}

static pb_vec3 about_y(pb_vec3 v, double angle)
{
    /* The products with 0 stay: they decide the sign of a zero. */
    const double c = cos(angle), s = sin(angle);
    return (pb_vec3){v.x * c + v.y * 0.0 + v.z * s, v.y, v.x * -s + v.y * 0.0 + v.z * c};
}

static pb_vec3 about_z(pb_vec3 v, double angle)
{
    const double c = cos(angle), s = sin(angle);
    return (pb_vec3){v.x * c + v.y * -s, v.x * s + v.y * c, v.z};
}

pb_vec3 pb_rotate(pb_vec3 v, pb_vec3 angles)
{
    v = angles.x != 0.0 ? about_x(v, angles.x) : PB_DIFFERENTIATED_AS(v, about_x(v, angles.x));
    v = angles.y != 0.0 ? about_y(v, angles.y) : PB_DIFFERENTIATED_AS(v, about_y(v, angles.y));
    v = angles.z != 0.0 ? about_z(v, angles.z) : PB_DIFFERENTIATED_AS(v, about_z(v, angles.z));
    return v;
}

pb_vec3 pb_rotate_axis(pb_vec3 v, pb_vec3 n, double phi)
{
    const double c = cos(phi), s = sin(phi);
    const double d = pb_dot(n, v) * (1.0 - c);
    return (pb_vec3){
        n.x * d + v.x * c + (-n.z * v.y + n.y * v.z) * s,
        n.y * d + v.y * c + (n.z * v.x - n.x * v.z) * s,
        n.z * d + v.z * c + (-n.y * v.x + n.x * v.y) * s,
    };
}
