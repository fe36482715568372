/* binary128 as the arithmetic of dual.hpp: 113 bits, of which truth needs about 70. */
#ifndef PB_QUAD_H
#define PB_QUAD_H

typedef _Float128 pb_real;

#define PB_REAL(function) function##f128

static inline bool isnan(pb_real x)
{
    return x != x;
}
static inline bool isinf(pb_real x)
{
    return __builtin_isinf(x);
}
static inline bool isfinite(pb_real x)
{
    return __builtin_isfinite(x);
}

#endif
