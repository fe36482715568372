/* The chain of one or several pixels of a row, contract §6. */
#include "chain.h"

#include <stddef.h>

#include "units.h"
#include "vec3.h"

static void fill(double *lanes, int n, double value)
{
    for (int i = 0; i < n; i++)
        lanes[i] = value;
}

static int scales_the_sum(int32_t factor)
{
    return factor == PB_FIRST || factor == PB_LAST || factor == PB_MEAN;
}

static void start(pb_chain *c)
{
    const pb_beam *beam = &c->setup->beam;
    fill(c->I, c->n, c->setup->behaviours.background_undivided ? 0.0 : beam->I_bg);
    /* Without polarization the factor is 1 and, not being 0, never computed. */
    fill(c->polar, c->n, beam->polarized ? 0.0 : 1.0);
    fill(c->omega, c->n, 0.0);
    fill(c->omega_sum, c->n, 0.0);
    fill(c->polar_sum, c->n, 0.0);
    fill(c->polar_count, c->n, 0.0);
}

static void begin_layer(pb_chain *c)
{
    /* A sensor without thickness captures everything. */
    fill(c->capture, c->n, c->setup->detector.thick.range == 0.0 ? 1.0 : 0.0);
    fill(c->capture_sum, c->n, 0.0);
    for (int i = 0; i < c->n; i++)
        c->I_before_layer[i] = c->I[i];
}

static void end_layer(pb_chain *c, int64_t layer)
{
    const pb_setup *setup = c->setup;
    const int32_t layers = setup->behaviours.layers;
    const double subpixels = (double)setup->oversample * setup->oversample;
    for (int i = 0; i < c->n; i++) {
        const double capture =
            setup->capture == PB_MEAN ? c->capture_sum[i] / subpixels : c->capture[i];
        if (layer == 0 || layers != PB_FIRST_LAYER)
            c->layer_capture[i] = capture;
        if (layers == PB_EACH_LAYER && scales_the_sum(setup->capture))
            c->I[i] = c->I_before_layer[i] + (c->I[i] - c->I_before_layer[i]) * capture;
    }
}

PB_CLONES
static void diffracted_rays(pb_chain *c)
{
    for (int i = 0; i < c->n; i++) {
        const double x = c->position.x[i], y = c->position.y[i], z = c->position.z[i];
        const double airpath = sqrt(x * x + y * y + z * z);
        c->airpath[i] = airpath;
        c->diffracted.x[i] = x / airpath;
        c->diffracted.y[i] = y / airpath;
        c->diffracted.z[i] = z / airpath;
    }
}

/* Whether a factor is due in any lane: the first value is kept unless it is 0. */
static int is_due(int32_t factor, const double *values, int n)
{
    if (factor != PB_FIRST)
        return 1;
    for (int i = 0; i < n; i++)
        if (values[i] == 0.0)
            return 1;
    return 0;
}

/* Take new values where they are due. */
static void keep(int32_t factor, const double *computed, int n, double *values, double *sum)
{
    for (int i = 0; i < n; i++) {
        if (factor != PB_FIRST || values[i] == 0.0)
            values[i] = computed[i];
        sum[i] += values[i];
    }
}

static void update_omega(pb_chain *c)
{
    double computed[PB_LANES];
    if (!is_due(c->setup->omega, c->omega, c->n))
        return;
    pb_solid_angle(&c->setup->detector, c->airpath, c->n, computed);
    keep(c->setup->omega, computed, c->n, c->omega, c->omega_sum);
}

static void update_capture(pb_chain *c, int64_t layer)
{
    double computed[PB_LANES];
    if (!is_due(c->setup->capture, c->capture, c->n))
        return;
    pb_captured_fraction(&c->setup->detector, layer, &c->diffracted, c->n, computed);
    keep(c->setup->capture, computed, c->n, c->capture, c->capture_sum);
}

static void update_polar(pb_chain *c, const pb_source *source)
{
    int32_t due[PB_LANES];
    int any = 0;
    for (int i = 0; i < c->n; i++) {
        due[i] = !c->beyond_dmin[i] && (c->setup->polar != PB_FIRST || c->polar[i] == 0.0);
        any |= due[i];
    }
    if (!any)
        return;
    pb_polarization_factor(source, c->setup->beam.polarization, due, c->n, &c->diffracted,
                           &c->state->polar_axis, c->polar);
    for (int i = 0; i < c->n; i++)
        if (due[i]) {
            c->polar_sum[i] += c->polar[i];
            c->polar_count[i] += 1.0;
        }
}

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
    if (scales_the_sum(setup->capture) && scales_the_sum(setup->polar) &&
        scales_the_sum(setup->omega) && !setup->behaviours.weights_used)
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

static void evaluate_domain(pb_chain *c, const pb_orientation *orientation, const pb_source *source,
                            const pb_place *place)
{
    const pb_setup *setup = c->setup;
    pb_miller_index(orientation, &c->q, c->n, &c->hkl);
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
    if (c->visit != NULL)
        c->visit(c, place, c->visitor_data);
    c->evaluated++;
}

/* All domains of a spindle angle; before the first sweep of a run an angle of 0 finds the crystal
 * unrotated, later as the sweep before left it. */
static const pb_orientation *orientations_at(const pb_chain *c, int64_t phi_step)
{
    const pb_setup *setup = c->setup;
    const int fresh = phi_step < setup->leading_zeros && !c->state->swept;
    return setup->orientations + (fresh ? setup->phi.steps : phi_step) * setup->crystal.domains;
}

static int all_beyond_dmin(const pb_chain *c)
{
    for (int i = 0; i < c->n; i++)
        if (!c->beyond_dmin[i])
            return 0;
    return 1;
}

static void evaluate_source(pb_chain *c, const pb_source *source, pb_place *place)
{
    const pb_setup *setup = c->setup;
    pb_scattering_vector(&c->diffracted, source, c->n, &c->q);
    pb_is_beyond_dmin(&c->q, setup->behaviours.dmin_ignored ? 0.0 : setup->beam.dmin, c->n,
                      c->beyond_dmin);
    pb_override_scattering(c);
    /* A later source sees d as the polarization factor left it; alone, Tap 4 does not need it. */
    if (!c->only_f_cell || setup->source_count > 1)
        update_polar(c, source);
    for (place->phi_step = 0; place->phi_step < setup->phi.steps; place->phi_step++) {
        const pb_orientation *domains = orientations_at(c, place->phi_step);
        for (place->domain = 0; place->domain < setup->crystal.domains; place->domain++)
            evaluate_domain(c, domains + place->domain, source, place);
    }
    if (!all_beyond_dmin(c))
        c->state->swept = 1;
}

static void evaluate_subpixel(pb_chain *c, pb_place *place)
{
    const pb_setup *setup = c->setup;
    const int32_t n = setup->oversample;
    int32_t fast[PB_LANES];
    for (int i = 0; i < c->n; i++)
        fast[i] = c->fast[i] * n + place->sub_fast;
    pb_subpixel_position(&setup->detector, (double)place->layer * setup->detector.thick.step,
                         c->slow * n + place->sub_slow, fast, c->n, &c->position);
    pb_override_position(c);
    diffracted_rays(c);
    if (!c->only_f_cell) {
        update_omega(c);
        update_capture(c, place->layer);
    }
    for (place->source = 0; place->source < setup->source_count; place->source++)
        evaluate_source(c, &setup->sources[place->source], place);
}

/* Means take the place of the last values. */
static void take_means(pb_chain *c)
{
    const pb_setup *setup = c->setup;
    const double subpixels =
        (double)setup->detector.thick.steps * setup->oversample * setup->oversample;
    for (int i = 0; i < c->n; i++) {
        if (setup->omega == PB_MEAN)
            c->omega[i] = c->omega_sum[i] / subpixels;
        if (setup->polar == PB_MEAN && c->polar_count[i] > 0.0)
            c->polar[i] = c->polar_sum[i] / c->polar_count[i];
        c->capture[i] = scales_the_sum(setup->capture) ? c->layer_capture[i] : c->capture[i];
    }
}

static void scale_to_photons(pb_chain *c)
{
    const pb_setup *setup = c->setup;
    const pb_behaviours *b = &setup->behaviours;
    const double steps = (double)setup->steps;
    for (int i = 0; i < c->n; i++) {
        double v = PB_R_E_SQR * setup->beam.fluence * c->I[i];
        c->fluence_scaled[i] = v;
        if (!b->undivided)
            v /= steps;
        if (b->background_undivided)
            v += PB_R_E_SQR * setup->beam.fluence * setup->beam.I_bg;
        c->normalized[i] = v;
        if (scales_the_sum(setup->capture) && b->layers != PB_EACH_LAYER)
            v *= c->capture[i];
        c->after_capture[i] = v;
        if (scales_the_sum(setup->polar))
            v *= c->polar[i];
        c->after_polar[i] = v;
        if (scales_the_sum(setup->omega))
            v *= c->omega[i];
        c->intensity[i] = v;
    }
}

void pb_run_chain(pb_chain *chain)
{
    const pb_setup *setup = chain->setup;
    pb_place place = {0};
    start(chain);
    chain->evaluated = 0;
    for (place.layer = 0; place.layer < setup->detector.thick.steps; place.layer++) {
        begin_layer(chain);
        for (place.sub_slow = 0; place.sub_slow < setup->oversample; place.sub_slow++)
            for (place.sub_fast = 0; place.sub_fast < setup->oversample; place.sub_fast++)
                evaluate_subpixel(chain, &place);
        end_layer(chain, place.layer);
    }
    take_means(chain);
    pb_override_totals(chain);
    scale_to_photons(chain);
}

/* Whether making it a unit vector once more would change the polarization axis, and someone reads
 * it. */
static int axis_is_settled(const pb_setup *setup, pb_vec3 axis)
{
    const pb_vec3 again = pb_unit(axis);
    const int never_computed = setup->polar == PB_FIRST && !setup->beam.polarized;
    return never_computed || setup->beam.polarization == 0.0 ||
           (again.x == axis.x && again.y == axis.y && again.z == axis.z);
}

int pb_is_settled(const pb_setup *setup, const pb_run_state *state)
{
    return !state->interpolation_on && state->swept && axis_is_settled(setup, state->polar_axis);
}

/* Whether the table can serve any lookup: none is loaded, or its box has entries that can be
 * counted and keeps away from the ends of int32, where indices beyond the range are clamped to. */
static int table_is_valid(const pb_table *table)
{
    if (table->values == NULL)
        return 1;
    int64_t room = INT64_MAX / (int64_t)sizeof(double);
    for (int axis = 0; axis < 3; axis++) {
        const int64_t last = (int64_t)table->min[axis] + table->range[axis] - 1;
        if (table->range[axis] < 1 || table->min[axis] == INT32_MIN || last >= INT32_MAX)
            return 0;
        room /= table->range[axis];
    }
    return room > 0;
}

int pb_check_pixels(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
                    int32_t count)
{
    if (setup->sources == NULL || setup->orientations == NULL)
        return PB_BAD_ARGUMENT;
    if (!table_is_valid(table))
        return PB_BAD_TABLE;
    const int32_t *pixels = setup->detector.pixels;
    const int on_detector = slow >= 0 && slow < pixels[1] && fast >= 0 && count >= 0 &&
                            count <= pixels[0] && fast <= pixels[0] - count;
    return on_detector ? PB_OK : PB_OUTSIDE_DETECTOR;
}

int pb_in_roi(const pb_detector *detector, int32_t slow, int32_t fast)
{
    const int32_t *roi = detector->roi;
    return fast >= roi[0] && fast <= roi[1] && slow >= roi[2] && slow <= roi[3];
}
