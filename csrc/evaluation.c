/* One evaluation: Miller indices, lattice factor, lookup, and its term of the sum, contract §6. */
#include "chain.h"

/* Which lanes look a structure factor up; whether any does. */
PB_CLONES
static int decide_lookups(pb_chain *c, int skips_zero)
{
    int any = 0;
    for (int i = 0; i < c->n; i++) {
        const int pointless = skips_zero & (c->F_latt[i] == 0.0);
        c->has_lookup[i] = !c->beyond_dmin[i] & !pointless;
        any |= c->has_lookup[i];
    }
    return any;
}

PB_CLONES
static void add_terms(pb_chain *c)
{
    for (int i = 0; i < c->n; i++) {
        const double F = c->lookup.F_cell[i], L = c->F_latt[i];
        const double sum = c->I[i] + F * F * L * L;
        c->I[i] = c->has_lookup[i] ? sum : c->I[i];
    }
}

/* The same where some factor multiplies the terms or the running sum. */
static void add_scaled_terms(pb_chain *c, double weight)
{
    const pb_setup *setup = c->setup;
    const int32_t modes[3] = {setup->capture, setup->polar, setup->omega};
    const double *factors[3] = {c->capture, c->polar, c->omega};
    for (int i = 0; i < c->n; i++) {
        if (!c->has_lookup[i])
            continue;
        const double F = c->lookup.F_cell[i], L = c->F_latt[i];
        double term = F * F * L * L;
        if (setup->behaviours.weights_used)
            term *= weight;
        for (int f = 0; f < 3; f++)
            if (modes[f] == PB_TERM)
                term *= factors[f][i];
        c->I[i] += term;
        for (int f = 0; f < 3; f++)
            if (modes[f] == PB_RUNNING_SUM)
                c->I[i] *= factors[f][i];
    }
}

static void add_to_sum(pb_chain *c, double weight)
{
    const pb_setup *setup = c->setup;
    if (pb_scales_the_sum(setup->capture) && pb_scales_the_sum(setup->polar) &&
        pb_scales_the_sum(setup->omega) && !setup->behaviours.weights_used)
        add_terms(c);
    else
        add_scaled_terms(c, weight);
}

/* The lattice factor decides whether there is a lookup only where it can be exactly 0. */
static int skips_zero_lattice(const pb_setup *setup)
{
    return setup->beam.water_size == 0.0 && !setup->behaviours.zero_lattice_lookup;
}

/* A quotient of sines of doubles is never 0: no double but 0 is a multiple of pi. */
static int needs_lattice_factor(const pb_chain *c)
{
    return !c->only_f_cell ||
           (skips_zero_lattice(c->setup) && c->setup->crystal.shape != PB_PARALLELEPIPED);
}

void pb_evaluate(pb_chain *c, const pb_source *source)
{
    const pb_setup *setup = c->setup;
    pb_miller_index(c->orientation, &c->q, c->n, &c->hkl);
    pb_override_hkl(c);
    pb_nearest_index(setup->behaviours.rounding, &c->hkl, c->n, &c->hkl0);
    pb_override_hkl0(c);
    const int has_factor = needs_lattice_factor(c);
    if (has_factor)
        pb_lattice_factor(&setup->crystal, c->precision, &c->hkl, &c->hkl0, c->n, c->F_latt,
                          c->F_latt_factors);
    pb_override_F_latt(c);
    int any = decide_lookups(c, has_factor && skips_zero_lattice(setup));
    if (pb_override_lookup(c))
        any = c->has_lookup[0];
    else if (any)
        pb_structure_factor(c->table, &setup->behaviours, &c->hkl, &c->hkl0, c->n,
                            &c->state->interpolation_on, &c->lookup);
    pb_override_factors(c);
    if (any && !c->only_f_cell)
        add_to_sum(c, source->relative_weight);
    pb_override_sum(c);
}
