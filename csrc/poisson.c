/* Poisson deviates in single precision, contract §10. */
#include "poisson.h"

#include <math.h>

#include "units.h"

/* Expected photons from which on a count is drawn by its normal limit, and below which by
 * multiplication. */
#define MANY 1e6
#define FEW 12.0

/* Logarithm of the gamma function of x > 0, by Lanczos. */
static float lngamma(float argument)
{
    static const double TERMS[] = {76.18009172947146,  -86.50532032941677,    24.01409824083091,
                                   -1.231739572450155, 0.1208650973866179e-2, -0.5395239384953e-5};
    const double x = argument;
    double t = x + 5.5;
    t -= (x + 0.5) * log(t);
    double series = 1.000000000190015, denominator = x;
    for (int i = 0; i < 6; i++)
        series += TERMS[i] / (denominator += 1.0);
    return (float)(-t + log(2.5066282746310005 * series / x));
}

static float gaussian(pb_poisson_state *state)
{
    if (state->has_spare) {
        state->has_spare = 0;
        return state->spare;
    }
    float v1, v2, r;
    do {
        v1 = (float)pb_symmetric_deviate(&state->deviates);
        v2 = (float)pb_symmetric_deviate(&state->deviates);
        r = v1 * v1 + v2 * v2;
    } while (r >= 1.0f || r == 0.0f);
    const float f = (float)sqrt(-2.0 * log(r) / r);
    state->spare = v1 * f;
    state->has_spare = 1;
    return v2 * f;
}

/* The number of deviates whose product stays above e to the power -expected. */
static float count_by_products(pb_poisson_state *state, float expected)
{
    const float g = (float)exp(-expected);
    float count = -1.0f, product = 1.0f;
    do {
        count += 1.0f;
        product *= pb_deviate(&state->deviates);
    } while (product > g);
    return count;
}

/* By rejection from a Lorentzian. */
static float count_by_rejection(pb_poisson_state *state, float expected)
{
    const float sq = (float)sqrt(2.0 * expected);
    const float alxm = (float)log(expected);
    const float g = expected * alxm - lngamma((float)(expected + 1.0));
    float y, em, t;
    do {
        do {
            y = (float)tan(PB_PI * pb_deviate(&state->deviates));
            em = sq * y + expected;
        } while (em < 0.0f);
        em = floorf(em);
        t = (float)(0.9 * (1.0 + y * y) * exp(em * alxm - lngamma((float)(em + 1.0)) - g));
    } while (pb_deviate(&state->deviates) > t);
    return em;
}

float pb_poisson(pb_poisson_state *state, float expected)
{
    if (expected > MANY)
        return (float)(expected + sqrt(expected) * gaussian(state));
    return expected < FEW ? count_by_products(state, expected)
                          : count_by_rejection(state, expected);
}
