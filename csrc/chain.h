/*
 * chain.h: the chain of one or several pixels of a row, from position to intensity (contract §6).
 *
 * pixel.c and frame.c run the same chain and differ in what they store: a pixel stores every
 * evaluation, a frame the intensity, the counts of Tap 4, or both.
 */
#ifndef PB_CHAIN_H
#define PB_CHAIN_H

#include "factors.h"

/* The position of an evaluation in the loops of a pixel. */
typedef struct pb_place {
    int64_t layer;
    int32_t sub_slow;
    int32_t sub_fast;
    int64_t source;
    int64_t phi_step;
    int64_t domain;
} pb_place;

typedef struct pb_chain pb_chain;

/* Called after each evaluation, once for all lanes. */
typedef void (*pb_visitor)(const pb_chain *chain, const pb_place *place, void *visitor_data);

struct pb_chain {
    const pb_setup *setup;
    const pb_table *table;
    int precision;
    int only_f_cell;  /* leave out what Tap 4 does not depend on */
    pb_visitor visit; /* NULL: none */
    void *visitor_data;
    pb_lanes3 *F_latt_factors;           /* returned with F_latt; NULL: not needed */
    const pb_stage_overrides *overrides; /* NULL: everything is computed; else there is one lane */
    pb_run_state *state;
    const volatile int32_t *stop; /* as in pb_pixel */
    int n;
    int32_t slow;
    int32_t fast[PB_LANES];
    /* carried from one evaluation to the next, as the contract says */
    double I[PB_LANES];
    double omega[PB_LANES];
    double polar[PB_LANES];
    double capture[PB_LANES];
    /* for the behaviours that need more than one value */
    double omega_sum[PB_LANES];
    double polar_sum[PB_LANES];
    double polar_count[PB_LANES];
    double capture_sum[PB_LANES];
    double I_before_layer[PB_LANES];
    double layer_capture[PB_LANES]; /* of the layer that scales the sum */
    /* the subpixel */
    pb_lanes3 position;
    double airpath[PB_LANES];
    pb_lanes3 diffracted;
    /* the source */
    pb_lanes3 q;
    int32_t beyond_dmin[PB_LANES];
    /* the phi step and the domain */
    const pb_rotation *rotation;
    const pb_orientation *orientation;
    /* the evaluation */
    pb_lanes3 hkl;
    pb_index_lanes hkl0;
    double F_latt[PB_LANES];
    int32_t has_lookup[PB_LANES]; /* a structure factor was looked up */
    pb_lookup_lanes lookup;
    int64_t evaluated; /* evaluations before this one */
    /* the end */
    double fluence_scaled[PB_LANES];
    double normalized[PB_LANES];
    double after_capture[PB_LANES];
    double after_polar[PB_LANES];
    double intensity[PB_LANES];
};

/* Run the chain of chain->n pixels; more than one only where the state is settled. All fields up to
 * `fast` are given, the rest is returned. Returns PB_OK or PB_STOPPED. */
int pb_run_chain(pb_chain *chain);

/*
 * The steps of the chain, one file each; all update the chain.
 */

/* subpixel.c: position, airpath and diffracted ray, then the factors that the subpixel decides. */
void pb_subpixel_geometry(pb_chain *chain, const pb_place *place);
void pb_update_omega(pb_chain *chain);
void pb_update_capture(pb_chain *chain, int64_t layer);

/* scattering.c: q and the resolution cut, then polarization. */
void pb_scatter(pb_chain *chain, const pb_source *source);
void pb_update_polar(pb_chain *chain, const pb_source *source);

/* evaluation.c: indices, lattice factor, lookup, running sum. */
void pb_evaluate(pb_chain *chain, const pb_source *source);

/* photons.c: the captured fraction of a layer, and the end. */
void pb_begin_layer(pb_chain *chain);
void pb_end_layer(pb_chain *chain, int64_t layer);
void pb_scale_to_photons(pb_chain *chain);

/* overrides.c: a pixel's stages that are given instead of computed. Each sets the values of
 * its stage where they are given and does nothing where they are not. */
void pb_override_position(pb_chain *chain);
void pb_override_scattering(pb_chain *chain);
void pb_override_orientation(pb_chain *chain);
void pb_override_hkl(pb_chain *chain);
void pb_override_hkl0(pb_chain *chain);
void pb_override_F_latt(pb_chain *chain);
void pb_override_factors(pb_chain *chain);
void pb_override_sum(pb_chain *chain);
/* At the end of the chain, before the sum is scaled. */
void pb_override_totals(pb_chain *chain);
/* The whole lookup; returns 0 where it is not given. */
int pb_override_lookup(pb_chain *chain);

/* certainty.c: intensities whose float32 is that of PB_EXACT, by PB_FAST wherever that is certain.
 */

/* How far an intensity by PB_FAST may lie from that by PB_EXACT, relative to it; 0 where PB_FAST is
 * of no use. */
double pb_doubt(const pb_setup *setup);

/* Whether all intensities within the doubt of this one are the same float32. */
int pb_is_certain(double intensity, double doubt);

/* pb_run_chain, and lanes in doubt once more. */
int pb_run_rounded(pb_chain *chain, double doubt);

/* checks.c */

/* Returns PB_OK where table and setup can be used for every pixel of a row, else why not. */
int pb_check_pixels(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
                    int32_t count);

/* The same for both ends of a region, before any pointer into it is computed. */
int pb_check_region(const pb_setup *setup, const pb_table *table, pb_region region);

#endif
