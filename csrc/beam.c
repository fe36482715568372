/* Beam and its sources, contract §1 and §4. */
#include <stddef.h>

#include "factors.h"
#include "units.h"
#include "vec3.h"

/* Metres; only the direction matters. */
#define SOURCE_DISTANCE 10.0

static double fluence(const pb_experiment *e)
{
    const double size = pb_metres(e->beam_size);
    if (e->flux != 0.0 && e->exposure > 0.0 && size >= 0.0)
        return e->flux * e->exposure / size / size;
    return e->fluence;
}

static double background(double total_fluence, double water)
{
    return 2.57 * 2.57 * PB_R_E_SQR * total_fluence * water * water * water * 1e6 * PB_AVOGADRO /
           18.0;
}

static pb_sweep in_radians(pb_sweep mrad)
{
    return (pb_sweep){mrad.range / 1000.0, mrad.step / 1000.0, mrad.steps};
}

static int sample_divergence(const pb_experiment *e, pb_beam *beam)
{
    /* Dispersion has no flag for its step, and counts as given where it is 0. */
    const pb_sweep dispersion = {e->dispersion / 100.0, PB_NOT_GIVEN, e->dispersion_steps};
    int status = pb_sample_sweep(in_radians(e->horizontal), &PB_BEAM_SWEEP, &beam->horizontal);
    if (status == PB_OK)
        status = pb_sample_sweep(in_radians(e->vertical), &PB_BEAM_SWEEP, &beam->vertical);
    if (status == PB_OK)
        status = pb_sample_sweep(dispersion, &PB_BEAM_SWEEP, &beam->dispersion);
    return status;
}

int pb_derive_beam(const pb_experiment *experiment, pb_beam *beam)
{
    const pb_given_setup *given = experiment->given;
    beam->lambda0 = experiment->wavelength / 1.0e10;
    pb_give(given, PB_GIVEN_LAMBDA0, &beam->lambda0);
    beam->fluence = fluence(experiment);
    pb_give(given, PB_GIVEN_FLUENCE, &beam->fluence);
    beam->polarization = experiment->polarization;
    beam->polarized = experiment->polarized;
    beam->water_size = experiment->water / 1e6;
    beam->I_bg = background(beam->fluence, beam->water_size);
    pb_give(given, PB_GIVEN_I_BG, &beam->I_bg);
    beam->dmin = experiment->dmin * 1e-10;
    if (!(beam->lambda0 > 0.0 && isfinite(beam->lambda0)))
        return PB_BAD_BEAM;
    if (!isfinite(beam->fluence) || !isfinite(beam->I_bg))
        return PB_BAD_BEAM;
    return sample_divergence(experiment, beam);
}

/* Squared angle from the centre of a round beam over the squared range; NaN for no range. */
static double squared_radius(double angle, const pb_sampled_range *sweep)
{
    const double odd = (double)(1 - sweep->steps % 2);
    return (angle * angle - sweep->step * sweep->step / 4.0 * odd) / sweep->range / sweep->range;
}

/* The same without the margin of even steps; 0 for no range. */
static double strict_squared_radius(double angle, const pb_sampled_range *sweep)
{
    return sweep->range == 0.0 ? 0.0 : angle * angle / sweep->range / sweep->range;
}

static int is_outside_round_beam(const pb_beam *beam, int strict, double hdiv, double vdiv)
{
    if (strict)
        return 4 * (strict_squared_radius(hdiv, &beam->horizontal) +
                    strict_squared_radius(vdiv, &beam->vertical)) >
               1.0;
    const double t =
        squared_radius(hdiv, &beam->horizontal) + squared_radius(vdiv, &beam->vertical);
    return 4 * t > 1.1;
}

/* The position of a source, relative to the sample: turned by its two angles of divergence. */
static pb_vec3 diverged(const pb_detector *detector, double hdiv, double vdiv)
{
    const pb_vec3 vert = pb_unit(pb_cross(detector->beam, detector->polar));
    pb_vec3 v = pb_scale(detector->beam, -SOURCE_DISTANCE);
    v = pb_rotate_axis(v, detector->polar, vdiv);
    return pb_rotate_axis(v, vert, hdiv);
}

static int64_t divergent_sources(const pb_experiment *e, const pb_beam *beam,
                                 const pb_detector *detector, pb_source *sources)
{
    const pb_sampled_range *h = &beam->horizontal, *v = &beam->vertical, *w = &beam->dispersion;
    const int strict = e->behaviours.round_beam_strict;
    int64_t count = 0;
    for (int64_t i = 0; i < h->steps; i++)
        for (int64_t j = 0; j < v->steps; j++) {
            const double hdiv = h->step * (double)i - h->range / 2.0;
            const double vdiv = v->step * (double)j - v->range / 2.0;
            if (e->round_divergence && is_outside_round_beam(beam, strict, hdiv, vdiv))
                continue;
            const pb_vec3 direction = diverged(detector, hdiv, vdiv);
            for (int64_t k = 0; k < w->steps; k++)
                sources[count++] = (pb_source){
                    .direction = direction,
                    .lambda = beam->lambda0 * (1.0 + w->step * (double)k - w->range / 2.0),
                };
        }
    for (int64_t i = 0; i < count; i++)
        sources[i].weight = 1.0 / (double)count;
    return count;
}

static int64_t listed_sources(const pb_experiment *e, const pb_beam *beam,
                              const pb_detector *detector, pb_source *sources)
{
    const pb_vec3 default_position = pb_scale(detector->beam, -SOURCE_DISTANCE);
    for (int64_t i = 0; i < e->source_line_count; i++) {
        const pb_source_line *line = &e->source_lines[i];
        sources[i] = (pb_source){
            .direction = {pb_given_or(line->position.x, default_position.x),
                          pb_given_or(line->position.y, default_position.y),
                          pb_given_or(line->position.z, default_position.z)},
            .weight = pb_given_or(line->weight, 1.0),
            .lambda = pb_given_or(line->lambda, beam->lambda0),
        };
    }
    return e->source_line_count;
}

static int64_t given_sources(const pb_given_setup *given, pb_source *sources)
{
    for (int64_t i = 0; i < given->source_count; i++)
        sources[i] = given->sources[i];
    return given->source_count;
}

static int sources_are_sound(const pb_source *sources, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(pb_is_direction(sources[i].direction) && sources[i].lambda > 0.0 &&
              isfinite(sources[i].lambda)))
            return 0;
    return 1;
}

/* Make directions unit vectors and add relative weights. */
static void finish_sources(pb_source *sources, int64_t count)
{
    double sum = 0.0;
    for (int64_t i = 0; i < count; i++)
        sum += sources[i].weight;
    for (int64_t i = 0; i < count; i++) {
        pb_source *s = &sources[i];
        s->direction = pb_unit(s->direction);
        s->incident = pb_scale(s->direction, -1.0);
        s->relative_weight = s->weight * (double)count / sum;
    }
}

int pb_lay_out_sources(const pb_experiment *experiment, const pb_beam *beam,
                       const pb_detector *detector, pb_source *sources, int64_t *count)
{
    const pb_given_setup *given = experiment->given;
    const int is_given = given != NULL && given->sources != NULL;
    if (is_given)
        *count = given_sources(given, sources);
    else if (experiment->source_lines != NULL)
        *count = listed_sources(experiment, beam, detector, sources);
    else
        *count = divergent_sources(experiment, beam, detector, sources);
    if (*count == 0)
        return PB_NO_SOURCE;
    if (!is_given)
        finish_sources(sources, *count);
    return sources_are_sound(sources, *count) ? PB_OK : PB_BAD_SOURCE;
}
