/* The single-precision generator of random deviates, contract §4. */
#ifndef PB_DEVIATES_H
#define PB_DEVIATES_H

#include <stdint.h>

#define PB_DEVIATE_MULTIPLIER 16807
#define PB_DEVIATE_MODULUS 2147483647
#define PB_DEVIATE_SHUFFLED 32

/* Minimal standard generator with a Bays-Durham shuffle. */
typedef struct pb_deviates {
    int32_t state;
    int32_t last;
    int32_t shuffle[PB_DEVIATE_SHUFFLED];
} pb_deviates;

/* A stream of its own for each seed; 0 and 1 give the same one. The seed that is the modulus gives
 * one deviate of 0, then the stream of 1: the original program starts anew from a state of 0. */
pb_deviates pb_seed_deviates(int32_t seed);

/* Multiply the state, modulo 2^31 - 1: bits from 31 up count as much as those below. */
static inline int32_t pb_advance_deviates(pb_deviates *g)
{
    const int64_t product = (int64_t)PB_DEVIATE_MULTIPLIER * g->state;
    const int64_t folded = (product & PB_DEVIATE_MODULUS) + (product >> 31);
    g->state = (int32_t)(folded < PB_DEVIATE_MODULUS ? folded : folded - PB_DEVIATE_MODULUS);
    return g->state;
}

/* The next deviate between 0 and 1, single precision. */
static inline float pb_deviate(pb_deviates *g)
{
    if (g->state == 0)
        *g = pb_seed_deviates(1);
    const int32_t fresh = pb_advance_deviates(g);
    const int32_t place = g->last / (1 + (PB_DEVIATE_MODULUS - 1) / PB_DEVIATE_SHUFFLED);
    g->last = g->shuffle[place];
    g->shuffle[place] = fresh;
    const double scaled = (1.0 / PB_DEVIATE_MODULUS) * g->last;
    const float value = (float)scaled;
    return value > 1.0 - 1.2e-7 ? (float)(1.0 - 1.2e-7) : value;
}

/* The next deviate, moved to between -1 and 1 in double precision. */
static inline double pb_symmetric_deviate(pb_deviates *g)
{
    return 2.0 * pb_deviate(g) - 1.0;
}

#endif
