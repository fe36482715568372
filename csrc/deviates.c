/* The single-precision generator of random deviates, contract §4. */
#include "deviates.h"

#define WARM_UP 8

pb_deviates pb_seed_deviates(int32_t seed)
{
    pb_deviates g = {.state = seed > 1 ? seed : 1};
    for (int i = 0; i < WARM_UP; i++)
        pb_advance_deviates(&g);
    for (int i = PB_DEVIATE_SHUFFLED - 1; i >= 0; i--)
        g.shuffle[i] = pb_advance_deviates(&g);
    g.last = g.shuffle[0];
    if (g.state == 0)
        g.state = PB_DEVIATE_MODULUS; /* the same state, and the next one is 0 */
    return g;
}
