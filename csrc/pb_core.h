/*
 * pb_core.h: the C reference core of parity_bridge, its whole public surface.
 *
 * Conventions
 * -----------
 * - The contract is docs/contract.md; "contract §n" below points into it.
 * - Inputs are raw: the numbers and units of a nanoBragg command line (mm, Å, degrees, µm).
 *   A double that was not given is NaN (PB_NOT_GIVEN) where the field says so; every other input
 *   must be finite, and pb_derive refuses it otherwise.
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

typedef enum pb_status {
    PB_OK = 0,
    PB_BAD_ARGUMENT,     /* a null pointer, or an enumeration value that does not exist */
    PB_BAD_INPUT,        /* an input is NaN or infinite, or a length not above 0 */
    PB_BAD_BEAM,         /* wavelength, fluence or water do not derive to finite numbers */
    PB_BAD_DETECTOR,     /* no pixel, or more than fit into int32 after oversampling */
    PB_BAD_GEOMETRY,     /* detector geometry does not derive to finite numbers */
    PB_BAD_CELL,         /* cell or matrix does not derive to a finite, non-zero volume */
    PB_BAD_OVERSAMPLE,   /* oversampling outside 1 .. PB_MAX_OVERSAMPLE, given or chosen */
    PB_BAD_TABLE,        /* structure-factor box with no entry, or reaching an end of int32 */
    PB_OUTSIDE_DETECTOR, /* pixel outside the detector */
    PB_SMALL_BUFFER,     /* fewer rows than the pixel has evaluations */
    PB_NOT_FINITE        /* an index or the intensity of the pixel is NaN or infinite */
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

/* What is simulated, as given. Mirrors parity_bridge.experiment.Experiment. */
typedef struct pb_experiment {
    /* crystal, contract §3 */
    double cell[6];      /* a b c Å, alpha beta gamma degrees; b.. may be PB_NOT_GIVEN */
    double matrix[9];    /* MOSFLM matrix row by row; PB_NOT_GIVEN where the cell is used */
    pb_vec3 misset;      /* degrees */
    double cells[3];     /* Na Nb Nc as given, whole numbers */
    pb_vec3 sample_size; /* mm; 0 leaves the cells as given */
    int32_t shape;       /* pb_shape */
    double fudge;
    double water; /* µm */
    /* beam, contract §1 */
    double wavelength;   /* Å */
    double polarization; /* Kahn factor */
    int32_t polarized;   /* 0: no polarization factor at all */
    double fluence;      /* photons/m² */
    double flux;         /* photons/s; 0: fluence as given */
    double exposure;     /* s */
    double beam_size;    /* mm */
    /* detector, contract §2 */
    int32_t convention;  /* pb_convention */
    int32_t pivot;       /* pb_pivot; only the custom convention keeps it */
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
    double x_close;
    double y_close;
    double org_x; /* pixels from 1, or PB_NOT_GIVEN */
    double org_y;
    pb_vec3 rotations; /* degrees about x, y, z */
    double twotheta;   /* degrees */
    int32_t curved;
    int32_t point_pixel;
    /* sampling, contract §3, §5, §6 */
    int32_t oversample; /* 0: chosen as contract §3 says */
    int32_t oversample_polar;
    int32_t oversample_omega;
    double phi;          /* degrees */
    double dmin;         /* Å; 0: no cut */
    int32_t interpolate; /* 1 on, 0 off, -1 by the rule of contract §5 */
    int32_t roi_given;
    int32_t roi[4]; /* fast min, fast max, slow min, slow max, inclusive */
} pb_experiment;

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
    double distance;
    double close_distance;
    double Fbeam;
    double Sbeam;
    double Fclose;
    double Sclose;
    int32_t curved;
    int32_t point_pixel;
    int32_t roi[4]; /* fast min, fast max, slow min, slow max, inclusive */
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
    pb_vec3 a; /* m, rotated by phi about the spindle */
    pb_vec3 b;
    pb_vec3 c;
    double cells[3]; /* Na Nb Nc in force */
    int32_t shape;   /* pb_shape */
    double fudge;
} pb_crystal;

/* Beam as derived, contract §1. */
typedef struct pb_beam {
    double lambda0;   /* m */
    pb_vec3 incident; /* unit vector from the source to the sample */
    double fluence;   /* photons/m² */
    double polarization;
    int32_t polarized;
    double I_bg;       /* photons before scaling, contract §6 */
    double water_size; /* m */
    double dmin;       /* m */
} pb_beam;

/* Everything a pixel needs that does not depend on the pixel. */
typedef struct pb_setup {
    pb_detector detector;
    pb_crystal crystal;
    pb_beam beam;
    double phi; /* rad */
    int32_t oversample;
    int32_t oversample_polar;
    int32_t oversample_omega;
    int32_t interpolate; /* contract §5; still needs a table */
    int64_t steps;       /* what the sum is divided by */
} pb_setup;

/* A structure-factor grid the caller owns, contract §5. values == NULL: no table is loaded. */
typedef struct pb_table {
    const double *values; /* range[0] x range[1] x range[2] doubles, l fastest */
    int32_t min[3];       /* smallest h, k, l */
    int32_t range[3];     /* entries along h, k, l, each >= 1 */
    double default_F;     /* electrons */
} pb_table;

/* How an evaluation ended, contract §6. */
typedef enum pb_kind {
    PB_LOOKUP = 0,     /* a structure factor was looked up */
    PB_NO_LATTICE = 1, /* F_latt was exactly 0 and there is no water */
    PB_BEYOND_DMIN = 2 /* the resolution cut dropped the source */
} pb_kind;

/* One evaluation, in order: subpixel slow, subpixel fast. */
typedef struct pb_evaluation {
    int32_t sub_slow;
    int32_t sub_fast;
    int32_t kind;             /* pb_kind */
    int32_t interpolation_on; /* after this evaluation */
    int32_t out_of_bounds;    /* lookup outside a loaded table's box */
    int32_t default_f;        /* lookup that returned default_F for want of an entry */
    pb_vec3 position;         /* m */
    double airpath;           /* m */
    double omega;             /* sr, the value in force, as are capture and polar */
    double capture;
    double hkl[3];   /* fractional; 0 beyond dmin, as is all that follows but polar, I */
    int32_t hkl0[3]; /* nearest, clamped to int32 */
    double F_latt;
    double F_cell; /* electrons */
    double polar;
    double I; /* running sum */
} pb_evaluation;

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

/* The end of the chain, contract §6. */
typedef struct pb_pixel_totals {
    double I; /* the sum, background included */
    double omega;
    double polar;
    double capture;
    double intensity; /* photons */
    float image;      /* the float32 an image holds */
    int32_t in_roi;   /* 0: an image holds 0 here */
} pb_pixel_totals;

/*
 * Derive detector, crystal and beam from the raw experiment (contract §1, §2, §3).
 *   experiment  given     what is simulated
 *   setup       returned  everything pb_pixel needs
 * Returns PB_OK, PB_BAD_ARGUMENT, PB_BAD_INPUT, PB_BAD_BEAM, PB_BAD_DETECTOR, PB_BAD_GEOMETRY,
 * PB_BAD_CELL or PB_BAD_OVERSAMPLE.
 */
int pb_derive(const pb_experiment *experiment, pb_setup *setup);

/*
 * Compute one pixel and tap it on the way (contract §5, §6). The pixel starts as a run does:
 * interpolation, where the setup has it, is on, and the polarization axis has been made a unit
 * vector once.
 *   setup        given     from pb_derive
 *   table        given     structure factors
 *   slow, fast   given     the pixel, from 0
 *   totals       returned  the end of the chain
 *   f_cell       returned  Tap 4
 *   evaluations  returned  one row an evaluation; oversample * oversample rows
 *   capacity     given     rows that fit into evaluations
 * Returns PB_OK, PB_BAD_ARGUMENT, PB_BAD_TABLE, PB_OUTSIDE_DETECTOR, PB_SMALL_BUFFER or
 * PB_NOT_FINITE.
 */
int pb_pixel(const pb_setup *setup, const pb_table *table, int32_t slow, int32_t fast,
             pb_pixel_totals *totals, pb_f_cell_stats *f_cell, pb_evaluation *evaluations,
             int64_t capacity);

/* One sentence for a status; never NULL, never freed. */
const char *pb_status_text(int status);

/* Compiler, flags and build type, in one line; never NULL, never freed. */
const char *pb_build_info(void);

#endif
