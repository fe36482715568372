/* poisson.h: photons that a pixel counts where a number of them is expected, contract §10. */
#ifndef PB_POISSON_H
#define PB_POISSON_H

#include "deviates.h"

/* The generator, and what it keeps from one pixel to the next. */
typedef struct pb_poisson_state {
    pb_deviates deviates;
    int has_spare; /* a normal deviate is left over */
    float spare;
} pb_poisson_state;

/* Photons where `expected` are; NaN gives NaN. */
float pb_poisson(pb_poisson_state *state, float expected);

#endif
