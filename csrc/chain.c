/* The chain of one or several pixels of a row, contract §6. */
#include "chain.h"

#include <stddef.h>

static void start(pb_chain *c)
{
    const pb_beam *beam = &c->setup->beam;
    const int is_term = c->setup->behaviours.background == PB_DIVIDED_WITH_SUM;
    pb_fill(c->I, c->n, is_term ? beam->I_bg : 0.0);
    /* Without polarization the factor is 1 and, not being 0, never computed. */
    pb_fill(c->polar, c->n, beam->polarized ? 0.0 : 1.0);
    pb_fill(c->omega, c->n, 0.0);
    pb_fill(c->omega_sum, c->n, 0.0);
    pb_fill(c->polar_sum, c->n, 0.0);
    pb_fill(c->polar_count, c->n, 0.0);
}

/* The row of rotations and orientations in force at a phi step. Before the first sweep of a run an
 * angle of 0 is no rotation; later it keeps the last rotation of the sweep before. */
static int64_t rotation_at(const pb_chain *c, int64_t phi_step)
{
    const pb_setup *setup = c->setup;
    const int fresh = phi_step < setup->leading_zeros && !c->state->swept;
    return fresh ? setup->phi.steps : phi_step;
}

static int all_beyond_dmin(const pb_chain *c)
{
    for (int i = 0; i < c->n; i++)
        if (!c->beyond_dmin[i])
            return 0;
    return 1;
}

static int is_stopped(const pb_chain *c)
{
    return c->stop != NULL && *c->stop != 0;
}

/* The loops return PB_OK or PB_STOPPED. There may be a million turns of any of them. */
static int evaluate_source(pb_chain *c, const pb_source *source, pb_place *place)
{
    const pb_setup *setup = c->setup;
    pb_scatter(c, source);
    /* The polarization factor changes d for later sources. With one source, Tap 4 does not need it.
     */
    if (!c->only_f_cell || setup->source_count > 1)
        pb_update_polar(c, source);
    for (place->phi_step = 0; place->phi_step < setup->phi.steps; place->phi_step++) {
        const int64_t row = rotation_at(c, place->phi_step);
        c->rotation = setup->rotations + row;
        for (place->domain = 0; place->domain < setup->crystal.domains; place->domain++) {
            if (is_stopped(c))
                return PB_STOPPED;
            c->orientation = setup->orientations + row * setup->crystal.domains + place->domain;
            pb_override_orientation(c);
            pb_evaluate(c, source);
            if (c->visit != NULL)
                c->visit(c, place, c->visitor_data);
            c->evaluated++;
        }
    }
    if (!all_beyond_dmin(c))
        c->state->swept = 1;
    return PB_OK;
}

static int evaluate_subpixel(pb_chain *c, pb_place *place)
{
    const pb_setup *setup = c->setup;
    pb_subpixel_geometry(c, place);
    if (!c->only_f_cell) {
        pb_update_omega(c);
        pb_update_capture(c, place->layer);
    }
    for (place->source = 0; place->source < setup->source_count; place->source++)
        if (evaluate_source(c, &setup->sources[place->source], place) != PB_OK)
            return PB_STOPPED;
    return PB_OK;
}

int pb_run_chain(pb_chain *chain)
{
    const pb_setup *setup = chain->setup;
    pb_place place = {0};
    start(chain);
    chain->evaluated = 0;
    for (place.layer = 0; place.layer < setup->detector.thick.steps; place.layer++) {
        pb_begin_layer(chain);
        for (place.sub_slow = 0; place.sub_slow < setup->oversample; place.sub_slow++)
            for (place.sub_fast = 0; place.sub_fast < setup->oversample; place.sub_fast++)
                if (evaluate_subpixel(chain, &place) != PB_OK)
                    return PB_STOPPED;
        pb_end_layer(chain, place.layer);
    }
    pb_scale_to_photons(chain);
    return PB_OK;
}
