/*
 * pb_core.h: the C reference core of parity_bridge, from an experiment to intensities. Public too:
 * pb_images.h, what becomes of a finished image, and pb_platform.h, what the core was built with.
 * The sources behind this header, and no others, are also compiled with other numbers in the place
 * of double (arithmetic/).
 *
 * What is where
 * -------------
 *   limits and statuses       PB_MAX_OVERSAMPLE, PB_MAX_STEPS, PB_MAX_EVALUATIONS, pb_status
 *   choices                   pb_convention, pb_pivot, pb_shape, pb_behaviours, pb_precision
 *   input, as given           pb_sweep, pb_source_line, pb_mask_beam_centre, pb_experiment
 *   derived once              pb_sampled_range, pb_detector, pb_crystal, pb_source, pb_orientation,
 *                             pb_rotation, pb_beam, pb_factor_mode, pb_setup; pb_setup_field and
 *                             pb_given_setup replace what is derived
 *   structure factors         pb_table
 *   one tapped pixel          pb_evaluation, pb_used_orientation, pb_used_orientations,
 *                             pb_f_cell_stats, pb_pixel_totals; pb_stage and pb_stage_overrides
 *                             replace what it computes
 *   runs and frames           pb_run_state, pb_f_cell_planes, pb_region
 *   functions, in this order  pb_derive, pb_lay_out (setup.c); pb_start, pb_is_settled
 *                             (run_state.c); pb_pixel (pixel.c); pb_frame_pixels (frame.c);
 *                             pb_status_text (status.c)
 *
 * Conventions
 * -----------
 * - The contract is docs/contract.md; "contract §n" below points into it.
 * - Inputs are raw: the numbers and units of a nanoBragg command line (mm, Å, degrees, µm).
 *   A double that was not given is NaN (PB_NOT_GIVEN) where the field says so; every other input
 *   must be finite, and pb_derive refuses any other value. A count that was not given is 0.
 * - Derived quantities are in metres and radians; reciprocal vectors are in 1/Å; F in electrons.
 * - Miller indices are ordered h, k, l.
 * - Detector names put fast before slow where a person writes them so; pixels are (slow, fast).
 * - Arithmetic is IEEE double in the order the contract writes it. Build with -ffp-contract=off.
 * - No global state, no I/O, no allocation: every function may run on any number of threads at
 *   once, on buffers the caller owns.
 * - Every function that can fail returns a status (PB_OK is 0); pb_status_text explains it.
 *   When the status is not PB_OK, the contents of output arguments are unspecified.
 */
#ifndef PB_CORE_H
#define PB_CORE_H

#include <math.h>
#include <stdint.h>

#define PB_NOT_GIVEN NAN

/* Largest oversampling a pixel may have; its rows grow with the square. */
#define PB_MAX_OVERSAMPLE 64

/* Most sources, and most orientations (spindle angles times mosaic domains). */
#define PB_MAX_STEPS 1000000

/* Most evaluations of one pixel. */
#define PB_MAX_EVALUATIONS 2147483647

typedef enum pb_status {
    PB_OK = 0,
    PB_BAD_ARGUMENT,     /* a null pointer, or an enumeration value that does not exist */
    PB_BAD_INPUT,        /* an input is NaN or infinite, or a length not above 0 */
    PB_BAD_BEAM,         /* wavelength, fluence or water do not derive to finite numbers */
    PB_BAD_DETECTOR,     /* no pixel, or more than fit into int32 after oversampling */
    PB_BAD_GEOMETRY,     /* detector geometry does not derive to finite numbers */
    PB_BAD_CELL,         /* cell or matrix does not derive to a finite, non-zero volume */
    PB_BAD_OVERSAMPLE,   /* oversampling outside 1 .. PB_MAX_OVERSAMPLE, given or chosen */
    PB_BAD_STEPS,        /* a sweep without a step, or more steps than the limits above */
    PB_BAD_SOURCE,       /* a source without direction or with a wavelength not above 0 */
    PB_NO_SOURCE,        /* the round beam leaves no source */
    PB_BAD_TABLE,        /* structure-factor box with no entry, or reaching an end of int32 */
    PB_OUTSIDE_DETECTOR, /* pixel outside the detector */
    PB_SMALL_BUFFER,     /* fewer rows than the pixel has evaluations */
    PB_NOT_FINITE,       /* an index or the intensity of the pixel is NaN or infinite */
    PB_STOPPED           /* the caller's stop flag was set before the end */
} pb_status;

typedef struct pb_vec3 {
    double x, y, z;
} pb_vec3;

/* Contract §2. Values as the original program numbers them. */
typedef enum pb_convention {
    PB_CUSTOM = 0,
    PB_ADXV = 1,
    PB_MOSFLM = 2,
    PB_XDS = 3,
    PB_DIALS = 4,
    PB_DENZO = 5
} pb_convention;

typedef enum pb_pivot { PB_PIVOT_SAMPLE = 0, PB_PIVOT_BEAM = 1 } pb_pivot;

/* Contract §6. */
typedef enum pb_shape { PB_PARALLELEPIPED = 0, PB_ROUND = 1, PB_GAUSS = 2, PB_TOPHAT = 3 } pb_shape;

/* Contract §7: how the reference decides, and what a port may do instead. The first value of each
 * is the reference's. Mirrors parity_bridge.experiment.behaviours.Behaviours, which says what each
 * means. */
typedef enum pb_rounding {
    PB_HALF_DOWN = 0,
    PB_HALF_EVEN = 1,
    PB_HALF_UP = 2,
    PB_TRUNCATE = 3,
    PB_FLOOR = 4
} pb_rounding;

typedef enum pb_factor_value {
    PB_KEEP_FIRST = 0,
    PB_KEEP_LAST = 1,
    PB_KEEP_MEAN = 2,
    PB_KEEP_EACH = 3
} pb_factor_value;

typedef enum pb_layers { PB_LAST_LAYER = 0, PB_FIRST_LAYER = 1, PB_EACH_LAYER = 2 } pb_layers;

typedef enum pb_background {
    PB_DIVIDED_WITH_SUM = 0,
    PB_ADDED_UNDIVIDED = 1,
    PB_ADDED_LAST = 2
} pb_background;

typedef struct pb_behaviours {
    int32_t rounding;            /* pb_rounding */
    int32_t in_box_zero_default; /* 0: a stored 0 is returned; the other flags likewise */
    int32_t omega;               /* pb_factor_value, where not oversampled, as are the next two */
    int32_t polar;               /* pb_factor_value */
    int32_t capture;             /* pb_factor_value */
    int32_t layers;              /* pb_layers */
    int32_t oversampled_term;    /* oversampled factors multiply the term, not the running sum */
    int32_t undivided;           /* the sum is not divided by the steps */
    int32_t background;          /* pb_background */
    int32_t weights_used;        /* a source's weight over the mean multiplies its terms */
    int32_t zero_lattice_lookup; /* a lattice factor of 0 does not skip the lookup */
    int32_t dmin_ignored;
    int32_t parallax_unused;     /* layers capture as if every ray came along the normal */
    int32_t round_beam_strict;   /* a round beam ends at its radius, without a margin */
    int32_t no_carry_over;       /* phi == 0 is no rotation, whatever came before */
    int32_t interpolation_stays; /* an unsafe lookup is nearest, the next is interpolated again */
} pb_behaviours;

/* How the sines of the lattice factor are computed. */
typedef enum pb_precision {
    PB_EXACT = 0,  /* by the C library: the contract's bits */
    PB_FAST = 1,   /* by vectorised code; see pb_frame_pixels */
    PB_ROUNDED = 2 /* the float32 image of PB_EXACT by vectorised code; see pb_frame_pixels */
} pb_precision;

/* A sampled range as given, contract §4: NaN and 0 are not given. */
typedef struct pb_sweep {
    double range;
    double step;
    int64_t steps;
} pb_sweep;

/* One line of a source file, contract §4; NaN is not given. */
typedef struct pb_source_line {
    pb_vec3 position; /* m, relative to the sample */
    double weight;
    double lambda; /* m */
} pb_source_line;

/* The beam centre along slow in the header of a mask, from the far edge, contract §8. Mirrors
 * parity_bridge.experiment.model.MaskBeamCentre. */
typedef struct pb_mask_beam_centre {
    double y_beam;       /* mm */
    double pixel_size;   /* mm */
    int64_t pixels_slow; /* 0: no mask says where it is */
} pb_mask_beam_centre;

/* Quantities of the setup that may be given instead of deriving them; the derivation goes on from
 * them. Those of one sweep follow each other: range, step, steps. */
typedef enum pb_setup_field {
    PB_GIVEN_PIXEL_SIZE = 0,
    PB_GIVEN_FPIXELS, /* as a count that was given: detsize follows from it */
    PB_GIVEN_SPIXELS,
    PB_GIVEN_DETSIZE_F,
    PB_GIVEN_DETSIZE_S,
    PB_GIVEN_BEAM_VECTOR,
    PB_GIVEN_POLAR_VECTOR,
    PB_GIVEN_SPINDLE_VECTOR,
    PB_GIVEN_TWOTHETA_AXIS,
    PB_GIVEN_FDET_VECTOR, /* after all rotations, as are the next two */
    PB_GIVEN_SDET_VECTOR,
    PB_GIVEN_ODET_VECTOR,
    PB_GIVEN_RATIO,        /* of close distance and distance */
    PB_GIVEN_CENTRE_FBEAM, /* what pix0 is computed from, as are the next five */
    PB_GIVEN_CENTRE_SBEAM,
    PB_GIVEN_CENTRE_FCLOSE,
    PB_GIVEN_CENTRE_SCLOSE,
    PB_GIVEN_CENTRE_DISTANCE,
    PB_GIVEN_CENTRE_CLOSE_DISTANCE,
    PB_GIVEN_PIX0_VECTOR,
    PB_GIVEN_FCLOSE, /* what is read off pix0, as are the next five */
    PB_GIVEN_SCLOSE,
    PB_GIVEN_CLOSE_DISTANCE,
    PB_GIVEN_DISTANCE,
    PB_GIVEN_FBEAM,
    PB_GIVEN_SBEAM,
    PB_GIVEN_V_CELL,
    PB_GIVEN_REGENERATED_V_CELL, /* with which a*, b* and c* are regenerated, and that alone */
    PB_GIVEN_A_STAR,             /* before a, b and c are computed from it, as are the next two */
    PB_GIVEN_B_STAR,
    PB_GIVEN_C_STAR,
    PB_GIVEN_A0, /* before a*, b* and c* are regenerated, as are the next two */
    PB_GIVEN_B0,
    PB_GIVEN_C0,
    PB_GIVEN_NA,
    PB_GIVEN_NB,
    PB_GIVEN_NC,
    PB_GIVEN_MOSAIC_SPREAD,
    PB_GIVEN_MOSAIC_DOMAINS,
    PB_GIVEN_LAMBDA0,
    PB_GIVEN_FLUENCE,
    PB_GIVEN_I_BG,
    PB_GIVEN_PHI0,
    PB_GIVEN_OSC,
    PB_GIVEN_PHISTEP,
    PB_GIVEN_PHISTEPS,
    PB_GIVEN_DETECTOR_THICK,
    PB_GIVEN_DETECTOR_THICKSTEP,
    PB_GIVEN_DETECTOR_THICKSTEPS,
    PB_GIVEN_DETECTOR_MU,
    PB_GIVEN_OVERSAMPLE,
    PB_GIVEN_SUBPIXEL_SIZE,
    PB_SETUP_FIELDS
} pb_setup_field;

/* A setup as far as it is given. A field that does not take part in what was asked for (the centre
 * of the other pivot, say) changes nothing. */
typedef struct pb_given_setup {
    uint64_t fields;                 /* bit n: field n of pb_setup_field is given */
    const pb_vec3 *values;           /* PB_SETUP_FIELDS of them; a number stands in x */
    const struct pb_source *sources; /* NULL: laid out */
    int64_t source_count;
    const double *domain_matrices; /* 9 numbers for each domain; NULL: drawn */
    int64_t domain_count;          /* of domain_matrices; the setup must have as many domains */
} pb_given_setup;

/* What is simulated, as given. Mirrors parity_bridge.experiment.model.Experiment. */
typedef struct pb_experiment {
    /* crystal, contract §3 */
    double cell[6];        /* a b c Å, alpha beta gamma degrees; b.. may be PB_NOT_GIVEN */
    double matrix[9];      /* MOSFLM matrix row by row; PB_NOT_GIVEN where the cell is used */
    pb_vec3 misset;        /* degrees */
    int32_t random_misset; /* a random orientation takes the place of misset, contract §8 */
    int32_t misset_seed;   /* of the random orientation, 0 or above */
    double cells[3];       /* Na Nb Nc as given, whole numbers */
    pb_vec3 sample_size;   /* mm; 0 leaves the cells as given */
    int32_t shape;         /* pb_shape */
    double fudge;
    double water; /* µm */
    /* mosaic domains, contract §4 */
    double mosaic_spread;   /* degrees or PB_NOT_GIVEN */
    int64_t mosaic_domains; /* 0: by the rule of contract §4 */
    int32_t mosaic_seed;    /* 0 or above */
    /* beam, contract §1 */
    double wavelength;   /* Å */
    double polarization; /* Kahn factor */
    int32_t polarized;   /* 0: no polarization factor at all */
    double fluence;      /* photons/m² */
    double flux;         /* photons/s; 0: fluence as given */
    double exposure;     /* s */
    double beam_size;    /* mm */
    pb_sweep horizontal; /* divergence, mrad */
    pb_sweep vertical;
    int32_t round_divergence;           /* 0: the divergence grid keeps its corners */
    double dispersion;                  /* percent */
    int64_t dispersion_steps;           /* 0: not given */
    const pb_source_line *source_lines; /* replace divergence and dispersion; NULL: none */
    int64_t source_line_count;
    /* detector, contract §2 */
    int32_t convention;  /* pb_convention */
    int32_t pivot;       /* pb_pivot; only used with the custom convention */
    pb_vec3 fast_vector; /* the seven vectors: custom convention only, or PB_NOT_GIVEN */
    pb_vec3 slow_vector;
    pb_vec3 odet_vector;
    pb_vec3 beam_vector;
    pb_vec3 polar_vector;
    pb_vec3 spindle_vector;
    pb_vec3 twotheta_axis;
    double distance;       /* mm */
    double close_distance; /* mm or PB_NOT_GIVEN */
    double pixel_size;     /* mm */
    int64_t pixels[2];     /* fast, slow; 0: from detsize */
    double detsize[2];     /* fast, slow, mm */
    double x_beam;         /* mm or PB_NOT_GIVEN, as are the next three */
    double y_beam;
    pb_mask_beam_centre mask_beam_centre; /* takes the place of y_beam */
    double x_close;
    double y_close;
    double org_x; /* pixels from 1, or PB_NOT_GIVEN */
    double org_y;
    pb_vec3 rotations; /* degrees about x, y, z */
    double twotheta;   /* degrees */
    int32_t curved;
    int32_t point_pixel;
    double thickness;         /* of the sensor, µm */
    int64_t thickness_steps;  /* 0: not given */
    double attenuation_depth; /* µm, 0: no attenuation, or PB_NOT_GIVEN */
    /* sampling, contract §3, §5, §6 */
    int32_t oversample; /* 0: chosen as contract §3 says */
    int32_t oversample_polar;
    int32_t oversample_omega;
    int32_t oversample_thick;
    double phi;           /* degrees */
    pb_sweep oscillation; /* degrees */
    double dmin;          /* Å; 0: no cut */
    int32_t interpolate;  /* 1 on, 0 off, -1 by the rule of contract §5 */
    int32_t roi_given;
    int32_t roi[4]; /* fast min, fast max, slow min, slow max, inclusive */
    pb_behaviours behaviours;
    const pb_given_setup *given; /* NULL: everything is derived */
} pb_experiment;

/* A sampled range as derived, contract §4; radians, metres or a fraction. */
typedef struct pb_sampled_range {
    double range;
    double step;
    int64_t steps;
} pb_sampled_range;

/* Detector as derived, contract §2. Lengths in metres. */
typedef struct pb_detector {
    int32_t convention; /* pb_convention */
    int32_t pivot;      /* pb_pivot in force */
    int32_t pixels[2];  /* fast, slow */
    double detsize[2];  /* fast, slow */
    double pixel_size;
    double subpixel_size;
    pb_vec3 beam; /* unit vector along which the X-rays travel */
    pb_vec3 fast;
    pb_vec3 slow;
    pb_vec3 odet;
    pb_vec3 polar;
    pb_vec3 spindle;
    pb_vec3 twotheta_axis; /* as given, not a unit vector */
    pb_vec3 pix0;          /* corner of the first pixel */
    double Xbeam;          /* as given or by default, before any rotation */
    double Ybeam;
    double distance;
    double close_distance;
    double Fbeam;
    double Sbeam;
    double Fclose;
    double Sclose;
    int32_t curved;
    int32_t point_pixel;
    int32_t roi[4];         /* fast min, fast max, slow min, slow max, inclusive */
    pb_sampled_range thick; /* layers of the sensor, m */
    double mu;              /* attenuation, 1/m; -1 where nothing was given */
    int32_t no_parallax;    /* the captured fraction is that of a ray along odet */
} pb_detector;

/* Crystal as derived, contract §3. */
typedef struct pb_crystal {
    pb_vec3 a_star; /* 1/Å, before the spindle rotation, as are the next five */
    pb_vec3 b_star;
    pb_vec3 c_star;
    double V_cell; /* Å³ */
    pb_vec3 a0;    /* m */
    pb_vec3 b0;
    pb_vec3 c0;
    pb_vec3 misset;  /* angles in force, rad */
    double cells[3]; /* Na Nb Nc in force */
    int32_t shape;   /* pb_shape */
    double fudge;
    double mosaic_spread; /* rad */
    int64_t domains;
} pb_crystal;

/* One source, contract §4. */
typedef struct pb_source {
    pb_vec3 direction; /* unit vector from the sample to the source */
    pb_vec3 incident;  /* unit vector from the source to the sample */
    double weight;
    double relative_weight; /* weight over the mean weight */
    double lambda;          /* m */
} pb_source;

/* Real-space cell of one domain at one spindle angle, m. */
typedef struct pb_orientation {
    pb_vec3 a, b, c;
} pb_orientation;

/* The crystal as the spindle leaves it at one step, before any mosaic rotation. */
typedef struct pb_rotation {
    double phi; /* of the step, rad */
    pb_orientation crystal;
} pb_rotation;

/* Beam as derived, contract §1. */
typedef struct pb_beam {
    double lambda0; /* m */
    double fluence; /* photons/m² */
    double polarization;
    int32_t polarized;
    pb_sampled_range horizontal; /* divergence, rad */
    pb_sampled_range vertical;
    pb_sampled_range dispersion; /* fraction of the wavelength */
    double I_bg;                 /* photons before scaling, contract §6 */
    double water_size;           /* m */
    double dmin;                 /* m */
} pb_beam;

/* How a factor scales a pixel, from flags and behaviours, contract §6. */
typedef enum pb_factor_mode {
    PB_FIRST = 0,      /* its first value scales the sum */
    PB_LAST = 1,       /* its last value does */
    PB_MEAN = 2,       /* the mean of its values does */
    PB_TERM = 3,       /* it multiplies every term of the sum */
    PB_RUNNING_SUM = 4 /* it multiplies the sum so far at every lookup */
} pb_factor_mode;

/* Everything a pixel needs that does not depend on the pixel. */
typedef struct pb_setup {
    pb_detector detector;
    pb_crystal crystal;
    pb_beam beam;
    double phi0;          /* rad */
    pb_sampled_range phi; /* rad */
    int32_t oversample;
    int32_t interpolate; /* contract §5; still needs a table */
    int32_t omega;       /* pb_factor_mode, as are the next two */
    int32_t polar;
    int32_t capture;
    int32_t leading_zeros; /* steps at the front of the sweep that keep the last rotation */
    int64_t source_count;  /* after pb_derive the room that is needed, after pb_lay_out exact */
    int64_t evaluations;   /* of one pixel: layers, subpixels, sources, phi steps, domains */
    int64_t steps;         /* what the sum is divided by: evaluations of one layer */
    pb_behaviours behaviours;
    const pb_source *sources;           /* source_count, the caller's */
    const double *domain_matrices;      /* domains x 9, row by row, the caller's */
    const pb_rotation *rotations;       /* phi.steps + 1, the caller's; the last is no rotation */
    const pb_orientation *orientations; /* (phi.steps + 1) x domains, the caller's; a row for each
                                         * of the rotations */
} pb_setup;

/* A structure-factor grid the caller owns, contract §5. values == NULL: no table is loaded. */
typedef struct pb_table {
    const double *values; /* range[0] x range[1] x range[2] doubles, l fastest */
    int32_t min[3];       /* smallest h, k, l */
    int32_t range[3];     /* entries along h, k, l, each >= 1 */
    double default_F;     /* electrons */
} pb_table;

/* How an evaluation ended, contract §6. */
typedef enum pb_evaluation_kind {
    PB_LOOKUP = 0,     /* a structure factor was looked up */
    PB_NO_LATTICE = 1, /* F_latt was exactly 0 and there is no water */
    PB_BEYOND_DMIN = 2 /* the resolution cut dropped the source */
} pb_evaluation_kind;

/* Stages that a pixel may be given instead of computing them: all up to and including one. */
typedef enum pb_stage {
    PB_STAGE_NONE = 0,
    PB_STAGE_POSITION,    /* of the subpixel */
    PB_STAGE_SCATTERING,  /* q, and whether the source is beyond dmin */
    PB_STAGE_ORIENTATION, /* after spindle and mosaic rotation */
    PB_STAGE_HKL,
    PB_STAGE_HKL0,
    PB_STAGE_F_LATT,
    PB_STAGE_F_CELL,  /* with out_of_bounds, default_f, and whether there was a lookup */
    PB_STAGE_FACTORS, /* omega, capture and polar in force, and those of the end */
    PB_STAGE_SUM      /* I after every evaluation, and at the end */
} pb_stage;

/* One evaluation, in order: layer, subpixel slow, subpixel fast, source, phi step, domain. */
typedef struct pb_evaluation {
    int32_t layer;
    int32_t sub_slow;
    int32_t sub_fast;
    int32_t source;
    int32_t phi_step;
    int32_t domain;
    int32_t kind;             /* pb_evaluation_kind */
    int32_t interpolation_on; /* after this evaluation */
    int32_t out_of_bounds;    /* lookup outside a loaded table's box */
    int32_t default_f;        /* lookup that returned default_F for want of an entry */
    pb_vec3 position;         /* m */
    double airpath;           /* m */
    double omega;             /* sr, the value in force, as are capture and polar */
    double capture;
    pb_vec3 q;                /* scattering vector of the source, 1/m */
    double hkl[3];            /* fractional; 0 beyond dmin, as is all that follows but polar, I */
    int32_t hkl0[3];          /* nearest, clamped to int32 */
    double F_latt_factors[3]; /* of the parallelepiped along a, b, c; NaN for other shapes */
    double F_latt;
    double F_cell; /* electrons */
    double polar;
    double I; /* running sum */
} pb_evaluation;

/* An orientation of the crystal, and the evaluation from which on a pixel uses it for this phi step
 * and domain. */
typedef struct pb_used_orientation {
    int32_t layer;
    int32_t sub_slow;
    int32_t sub_fast;
    int32_t source;
    int32_t phi_step;
    int32_t domain;
    double phi;             /* of the step, rad */
    pb_orientation spindle; /* after the rotation about the spindle */
    pb_orientation
        mosaic; /* after the rotation of the domain: what the indices are computed with */
} pb_used_orientation;

/* Those of one pixel, in order of evaluation: one for each phi step and domain, then those of the
 * steps that find the crystal as the sweep before left it, where the pixel makes its run's first
 * sweep. There is room for all with (setup->phi.steps + setup->leading_zeros) * domains rows. */
typedef struct pb_used_orientations {
    pb_used_orientation *rows; /* the caller's */
    int64_t capacity;          /* rows that fit */
    int64_t count;             /* returned */
} pb_used_orientations;

/* Tap 4 of one pixel. Bounds and margin are meaningful only where total_lookups > 0. */
typedef struct pb_f_cell_stats {
    int64_t total_lookups;
    int64_t skipped_lookups;
    int64_t out_of_bounds_count;
    int64_t default_f_count;
    int64_t zero_f_count;
    double sum_f_cell; /* electrons, summed in order of evaluation */
    int32_t hkl_min[3];
    int32_t hkl_max[3];
    double fractional_min[3];
    double fractional_max[3];
    double rounding_margin; /* smallest distance from a half-integer tie */
} pb_f_cell_stats;

/* The end of the chain, contract §6. A factor that does not scale the sum does not change it. */
typedef struct pb_pixel_totals {
    double I;              /* the sum, background included */
    double I_per_step;     /* over the steps */
    double fluence_scaled; /* r_e_sqr * fluence * I, photons as all that follows */
    double normalized;     /* over the steps */
    double capture;
    double after_capture;
    double polar;
    double after_polar;
    double omega;     /* sr */
    double intensity; /* after omega */
    float image;      /* the float32 an image holds */
    int32_t in_roi;   /* 0: an image holds 0 here */
} pb_pixel_totals;

/* The stages of a pixel that are given, as another engine's rows in the order of evaluation. A row
 * of PB_BEYOND_DMIN gives no indices. */
typedef struct pb_stage_overrides {
    const pb_evaluation *rows;
    const pb_orientation *orientations; /* one for each of the rows; NULL: they are computed */
    int64_t count;                      /* setup->evaluations */
    int32_t last_stage;                 /* pb_stage */
    double omega;                       /* these four at the end of the chain */
    double capture;
    double polar;
    double I;
} pb_stage_overrides;

/*
 * What a run carries from one pixel to the next, contract §5 and §6. The order of the pixels
 * matters through this and nothing else.
 */
typedef struct pb_run_state {
    int32_t interpolation_on; /* no lookup has been unsafe yet */
    int32_t swept;            /* a sweep has been made, whose last rotation phi == 0 keeps; also set
                               * where the sweep does not begin at 0 and it makes no difference */
    pb_vec3 polar_axis;       /* normalized again wherever it is used */
} pb_run_state;

/* Tap 4 of many pixels without their rows: planes of one entry a pixel, all the caller's. */
typedef struct pb_f_cell_planes {
    int32_t *total_lookups;
    int32_t *skipped_lookups;
    int32_t *out_of_bounds_count;
    int32_t *default_f_count;
    int32_t *zero_f_count;
    double *sum_f_cell; /* electrons, summed in order of evaluation */
    int32_t *h_min;     /* these six are meaningful only where total_lookups > 0 */
    int32_t *h_max;
    int32_t *k_min;
    int32_t *k_max;
    int32_t *l_min;
    int32_t *l_max;
    double *rounding_margin; /* smallest distance of any fractional index from a half-integer tie,
                              * INFINITY where there was no lookup; NULL: not requested */
} pb_f_cell_planes;

/* A rectangle of pixels, from 0. */
typedef struct pb_region {
    int32_t slow; /* the first row */
    int32_t rows;
    int32_t fast; /* the first pixel of each row */
    int32_t columns;
} pb_region;

/*
 * Derive detector, crystal and beam from the raw experiment, and count the steps (contract §1 to
 * §4).
 *   experiment  given     what is simulated
 *   setup       returned  all but the sources and orientations, which pb_lay_out adds
 * Returns PB_OK, PB_BAD_ARGUMENT, PB_BAD_INPUT, PB_BAD_BEAM, PB_BAD_DETECTOR, PB_BAD_GEOMETRY,
 * PB_BAD_CELL, PB_BAD_OVERSAMPLE or PB_BAD_STEPS.
 */
int pb_derive(const pb_experiment *experiment, pb_setup *setup);

/*
 * Lay out sources, mosaic domains and orientations in the caller's arrays (contract §4, §6), which
 * must outlive the setup.
 *   experiment       given     as given to pb_derive
 *   setup            updated   from pb_derive; ready for pixels on return
 *   sources          returned  room for setup->source_count
 *   domain_matrices  returned  room for 9 * setup->crystal.domains, row by row
 *   rotations        returned  room for setup->phi.steps + 1
 *   orientations     returned  room for (setup->phi.steps + 1) * setup->crystal.domains
 * Returns PB_OK, PB_BAD_ARGUMENT, PB_BAD_SOURCE or PB_NO_SOURCE.
 */
int pb_lay_out(const pb_experiment *experiment, pb_setup *setup, pb_source *sources,
               double *domain_matrices, pb_rotation *rotations, pb_orientation *orientations);

/*
 * The state at the start of a run: interpolation, where the setup has it, is on; no sweep has been
 * made, where that makes a difference; the polarization axis has been normalized once.
 * Returns PB_OK, PB_BAD_ARGUMENT or PB_BAD_TABLE.
 */
int pb_start(const pb_setup *setup, const pb_table *table, pb_run_state *state);

/* Whether the order of pixels no longer matters: nothing a pixel reads in the state will change. */
int pb_is_settled(const pb_setup *setup, const pb_run_state *state);

/*
 * Compute one pixel and tap it on the way (contract §5, §6).
 *   setup        given     from pb_lay_out
 *   table        given     structure factors
 *   slow, fast   given     the pixel, from 0
 *   state        updated   of the run, before the pixel and after it
 *   totals       returned  the end of the chain
 *   f_cell       returned  Tap 4
 *   evaluations  returned  one row an evaluation; setup->evaluations rows
 *   capacity     given     rows that fit into evaluations
 *   used         updated   the orientations that the pixel uses; NULL: not requested
 *   stages       given     stages that replace computed ones; NULL computes everything
 *   stop         given     read before every evaluation: another thread that sets it to anything
 *                          but 0 ends the call within microseconds; NULL: nothing ends it
 * Returns PB_OK, PB_BAD_ARGUMENT, PB_BAD_TABLE, PB_OUTSIDE_DETECTOR, PB_SMALL_BUFFER (also for
 * stages of another count), PB_STOPPED or, where nothing is given, PB_NOT_FINITE.
 */
int pb_pixel(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
             pb_run_state *state, pb_pixel_totals *totals, pb_f_cell_stats *f_cell,
             pb_evaluation *evaluations, int64_t capacity, pb_used_orientations *used,
             const pb_stage_overrides *stages, const volatile int32_t *stop);

/*
 * Compute the pixels of a region, row by row as a run does: the image, Tap 4 of every pixel, or
 * both from one pass. Pixels outside the region of interest and pixels whose mask is 0 are 0 in
 * image and planes, have no lookup, and are not computed.
 *   setup, table  given     as for pb_pixel
 *   precision     given     pb_precision. PB_FAST computes the sines of the parallelepiped's
 *                           lattice factor to within 2.5 units in the last place of float64
 *                           (measured: tests/c/test_fast_sine.c); everything else is as in
 *                           PB_EXACT. PB_ROUNDED computes an image so, and again as in PB_EXACT
 *                           every pixel whose float32 might differ; with planes, and where the
 *                           error has no bound, it is PB_EXACT
 *   region        given     at least one row, on the detector
 *   mask          given     of the whole detector, pixels[1] x pixels[0] entries, or NULL: no pixel
 *                           is masked
 *   state         updated   of the run, before the first pixel and after the last
 *   image         returned  rows x columns float32, what an image holds, or NULL: not requested
 *   planes        returned  rows x columns entries each, or NULL: not requested
 *   stop          given     as for pb_pixel
 * Without an image, what Tap 4 does not depend on is left out: the lattice factor where it cannot
 * be exactly 0, the intensity, and with a single source the polarization factor, which leaves the
 * axis in the state unchanged. Returns PB_OK, PB_BAD_ARGUMENT (also where nothing is requested),
 * PB_BAD_TABLE, PB_OUTSIDE_DETECTOR, PB_STOPPED or, where there is an image, PB_NOT_FINITE.
 */
int pb_frame_pixels(const pb_setup *setup, const pb_table *table, int precision, pb_region region,
                    const uint8_t *mask, pb_run_state *state, float *image,
                    const pb_f_cell_planes *planes, const volatile int32_t *stop);

/* One sentence for a status; never NULL, never freed. */
const char *pb_status_text(int status);

#endif
