/*
 * tangents.h: what a derivative needs beyond the value, for the builds of arithmetic/. The core
 * computes values alone: here each is the value, and what stands beside it is never evaluated.
 */
#ifndef PB_TANGENTS_H
#define PB_TANGENTS_H

#ifndef PB_DUAL_HPP

/* Whether derivatives of x are asked for: a branch for x == 0 may not be the one that counts. */
#define pb_varies(x) 0

/* v, whose derivatives are those of `turned`: an angle of exactly 0 leaves a vector as it is, and
 * still turns it. */
#define PB_DIFFERENTIATED_AS(v, turned) (v)

/* Rounded to single precision. */
static inline double pb_single(double x)
{
    return (float)x;
}

#endif

#endif
