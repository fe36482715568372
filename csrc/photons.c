/* The sum of a pixel, layer by layer, and what makes photons of it, contract §6. */
#include "chain.h"
#include "units.h"

void pb_begin_layer(pb_chain *c)
{
    /* A sensor without thickness captures everything. */
    pb_fill(c->capture, c->n, c->setup->detector.thick.range == 0.0 ? 1.0 : 0.0);
    pb_fill(c->capture_sum, c->n, 0.0);
    for (int i = 0; i < c->n; i++)
        c->I_before_layer[i] = c->I[i];
}

void pb_end_layer(pb_chain *c, int64_t layer)
{
    const pb_setup *setup = c->setup;
    const int32_t layers = setup->behaviours.layers;
    const double subpixels = (double)setup->oversample * setup->oversample;
    for (int i = 0; i < c->n; i++) {
        const double capture =
            setup->capture == PB_MEAN ? c->capture_sum[i] / subpixels : c->capture[i];
        if (layer == 0 || layers != PB_FIRST_LAYER)
            c->layer_capture[i] = capture;
        if (layers == PB_EACH_LAYER && pb_scales_the_sum(setup->capture))
            c->I[i] = c->I_before_layer[i] + (c->I[i] - c->I_before_layer[i]) * capture;
    }
}

/* Replace the last values by the means, where the mode says so. */
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
        c->capture[i] = pb_scales_the_sum(setup->capture) ? c->layer_capture[i] : c->capture[i];
    }
}

void pb_scale_to_photons(pb_chain *c)
{
    take_means(c);
    pb_override_totals(c);
    const pb_setup *setup = c->setup;
    const pb_behaviours *b = &setup->behaviours;
    const double steps = (double)setup->steps;
    const double background = PB_R_E_SQR * setup->beam.fluence * setup->beam.I_bg;
    for (int i = 0; i < c->n; i++) {
        double v = PB_R_E_SQR * setup->beam.fluence * c->I[i];
        c->fluence_scaled[i] = v;
        if (!b->undivided)
            v /= steps;
        if (b->background == PB_ADDED_UNDIVIDED)
            v += background;
        c->normalized[i] = v;
        if (pb_scales_the_sum(setup->capture) && b->layers != PB_EACH_LAYER)
            v *= c->capture[i];
        c->after_capture[i] = v;
        if (pb_scales_the_sum(setup->polar))
            v *= c->polar[i];
        c->after_polar[i] = v;
        if (pb_scales_the_sum(setup->omega))
            v *= c->omega[i];
        c->intensity[i] = b->background == PB_ADDED_LAST ? v + background : v;
    }
}
