/* Vectors and rotations, each sum in the order contract §0 and §2 write it. */
#ifndef PB_VEC3_H
#define PB_VEC3_H

#include "pb_core.h"

static inline double pb_dot(pb_vec3 u, pb_vec3 v)
{
    return u.x * v.x + u.y * v.y + u.z * v.z;
}

static inline double pb_norm(pb_vec3 u)
{
    return sqrt(u.x * u.x + u.y * u.y + u.z * u.z);
}

static inline pb_vec3 pb_unit(pb_vec3 u)
{
    const double length = pb_norm(u);
    return (pb_vec3){u.x / length, u.y / length, u.z / length};
}

static inline pb_vec3 pb_cross(pb_vec3 u, pb_vec3 v)
{
    return (pb_vec3){u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x};
}

static inline pb_vec3 pb_scale(pb_vec3 u, double s)
{
    return (pb_vec3){s * u.x, s * u.y, s * u.z};
}

static inline int pb_vec3_is_finite(pb_vec3 u)
{
    return isfinite(u.x) && isfinite(u.y) && isfinite(u.z);
}

/* Whether u is a proper unit vector: a length beyond the range of double leaves NaN or zeros. */
static inline int pb_is_direction(pb_vec3 u)
{
    return pb_vec3_is_finite(u) && pb_norm(u) > 0.0;
}

/* Rotate about x, then y, then z (radians); an angle of exactly 0 is no rotation at all. */
pb_vec3 pb_rotate(pb_vec3 v, pb_vec3 angles);

/* Rotate v about the axis n by phi (radians); n is not normalized. */
pb_vec3 pb_rotate_axis(pb_vec3 v, pb_vec3 n, double phi);

#endif
