/* Images by fast sines that have the bits of the C library's, PB_ROUNDED. */
#include <float.h>

#include "chain.h"

/*
 * How far an intensity by fast sines may lie from that by the C library's, relative to it.
 *
 * With u = 2^-53: a fast sine is within 2.5 units in the last place (fast_sine.h), the C library's
 * within 1, so that two sines differ by at most 7u, their quotients by 16u, the product of three by
 * 54u, and F*F*L*L by 116u. All terms and the background are at least 0, so that a sum of n of them
 * differs by 116u and 2n roundings; to scale it takes some 20 more. 2^-43 is 1024u.
 */
static double largest_difference(const pb_setup *setup)
{
    return 0x1p-43 + (double)setup->evaluations * 0x1p-51;
}

/* More than this, and too many pixels would be computed twice. */
#define MOST_DOUBT 0x1p-30

double pb_doubt(const pb_setup *setup)
{
    const pb_behaviours *b = &setup->behaviours;
    const int sums_alone = pb_scales_the_sum(setup->capture) && pb_scales_the_sum(setup->polar) &&
                           pb_scales_the_sum(setup->omega) && !b->weights_used &&
                           b->layers != PB_EACH_LAYER && b->background == PB_DIVIDED_WITH_SUM;
    const double doubt = largest_difference(setup);
    const int is_worth_it = setup->crystal.shape == PB_PARALLELEPIPED && doubt <= MOST_DOUBT;
    return sums_alone && is_worth_it ? doubt : 0.0;
}

int pb_is_certain(double intensity, double doubt)
{
    return fabs(intensity) < (double)FLT_MAX &&
           (float)(intensity * (1.0 - doubt)) == (float)(intensity * (1.0 + doubt));
}

/* Compute one lane anew by the C library's sines. Returns PB_OK or PB_STOPPED. */
static int compute_again(pb_chain *c, int lane)
{
    pb_run_state state = *c->state;
    pb_chain alone = {.setup = c->setup,
                      .table = c->table,
                      .precision = PB_EXACT,
                      .state = &state,
                      .stop = c->stop,
                      .n = 1,
                      .slow = c->slow,
                      .fast = {c->fast[lane]}};
    const int status = pb_run_chain(&alone);
    c->intensity[lane] = alone.intensity[0];
    return status;
}

int pb_run_rounded(pb_chain *c, double doubt)
{
    /* The order of pixels still matters where they are computed one by one. */
    const int is_settled = pb_is_settled(c->setup, c->state);
    c->precision = is_settled ? PB_FAST : PB_EXACT;
    int status = pb_run_chain(c);
    for (int i = 0; is_settled && i < c->n && status == PB_OK; i++)
        if (!pb_is_certain(c->intensity[i], doubt))
            status = compute_again(c, i);
    return status;
}
