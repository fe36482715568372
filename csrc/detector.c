/* Detector geometry, sensor and region of interest, contract §2, §4 and §8. */
#include <float.h>

#include "factors.h"
#include "units.h"
#include "vec3.h"

typedef struct axes {
    pb_vec3 beam, fast, slow, odet, twotheta, polar, spindle;
} axes;

#define X_AXIS {1.0, 0.0, 0.0}
#define Y_AXIS {0.0, 1.0, 0.0}
#define Z_AXIS {0.0, 0.0, 1.0}
#define MINUS_X_AXIS {-1.0, 0.0, 0.0}
#define MINUS_Y_AXIS {0.0, -1.0, 0.0}
#define MINUS_Z_AXIS {0.0, 0.0, -1.0}

/* The table of contract §2, indexed by pb_convention. */
static const axes CONVENTION_AXES[] = {
    [PB_CUSTOM] = {X_AXIS, Z_AXIS, MINUS_Y_AXIS, X_AXIS, Y_AXIS, Z_AXIS, Z_AXIS},
    [PB_ADXV] = {Z_AXIS, X_AXIS, MINUS_Y_AXIS, Z_AXIS, MINUS_X_AXIS, X_AXIS, X_AXIS},
    [PB_MOSFLM] = {X_AXIS, Z_AXIS, MINUS_Y_AXIS, X_AXIS, MINUS_Z_AXIS, Z_AXIS, Z_AXIS},
    [PB_XDS] = {Z_AXIS, X_AXIS, Y_AXIS, Z_AXIS, X_AXIS, X_AXIS, X_AXIS},
    [PB_DIALS] = {Z_AXIS, X_AXIS, Y_AXIS, Z_AXIS, Y_AXIS, Y_AXIS, Y_AXIS},
    [PB_DENZO] = {X_AXIS, Z_AXIS, MINUS_Y_AXIS, X_AXIS, MINUS_Z_AXIS, Z_AXIS, Z_AXIS},
};

/* What the flags say about the beam centre, before any rotation, m. */
typedef struct centre {
    double Fbeam, Sbeam, Fclose, Sclose;
} centre;

static pb_vec3 vector_or(pb_vec3 vector, pb_vec3 fallback)
{
    return isnan(vector.x) ? fallback : vector;
}

static axes chosen_axes(const pb_experiment *e)
{
    axes chosen = CONVENTION_AXES[e->convention];
    if (e->convention == PB_CUSTOM) {
        chosen.beam = vector_or(e->beam_vector, chosen.beam);
        chosen.fast = vector_or(e->fast_vector, chosen.fast);
        chosen.slow = vector_or(e->slow_vector, chosen.slow);
        chosen.odet = vector_or(e->odet_vector, chosen.odet);
        chosen.twotheta = vector_or(e->twotheta_axis, chosen.twotheta);
        chosen.polar = vector_or(e->polar_vector, chosen.polar);
        chosen.spindle = vector_or(e->spindle_vector, chosen.spindle);
    }
    chosen.beam = pb_unit(chosen.beam);
    chosen.fast = pb_unit(chosen.fast);
    chosen.slow = pb_unit(chosen.slow);
    chosen.polar = pb_unit(chosen.polar);
    chosen.spindle = pb_unit(chosen.spindle);
    if (pb_norm(chosen.odet) != 1.0)
        chosen.odet = pb_unit(pb_cross(chosen.fast, chosen.slow));
    return chosen;
}

static int32_t chosen_pivot(const pb_experiment *e)
{
    switch (e->convention) {
    case PB_XDS:
    case PB_DIALS:
        return PB_PIVOT_SAMPLE;
    case PB_CUSTOM:
        return e->pivot;
    default:
        return PB_PIVOT_BEAM;
    }
}

/* Pixels along one axis; a given count decides the size. */
static int count_pixels(const pb_experiment *e, int axis, pb_detector *d)
{
    int64_t count = e->pixels[axis];
    pb_give_count(e->given, PB_GIVEN_FPIXELS + axis, &count);
    double detsize = pb_metres(e->detsize[axis]);
    if (count > 0)
        detsize = d->pixel_size * (double)count;
    pb_give(e->given, PB_GIVEN_DETSIZE_F + axis, &detsize);
    double count_of_size = ceil(detsize / d->pixel_size - 0.5);
    pb_give(e->given, PB_GIVEN_FPIXELS + axis, &count_of_size);
    if (!(count_of_size >= 1.0 && count_of_size <= (double)INT32_MAX))
        return PB_BAD_DETECTOR;
    d->detsize[axis] = detsize;
    d->pixels[axis] = (int32_t)count_of_size;
    return PB_OK;
}

static double beam_x(const pb_experiment *e, const pb_detector *d, double x_close)
{
    double fallback = x_close;
    if (e->convention == PB_MOSFLM || e->convention == PB_DENZO)
        fallback = (d->detsize[1] + d->pixel_size) / 2.0;
    else if (e->convention == PB_ADXV)
        fallback = (d->detsize[0] + d->pixel_size) / 2.0;
    return pb_given_or(pb_metres(e->x_beam), fallback);
}

static double beam_y_of_mask(const pb_mask_beam_centre *mask)
{
    return pb_metres(mask->pixel_size) * (double)mask->pixels_slow - pb_metres(mask->y_beam);
}

static double beam_y(const pb_experiment *e, const pb_detector *d, double y_close)
{
    double fallback = y_close;
    if (e->convention == PB_MOSFLM || e->convention == PB_DENZO)
        fallback = (d->detsize[0] + d->pixel_size) / 2.0;
    else if (e->convention == PB_ADXV)
        fallback = (d->detsize[1] - d->pixel_size) / 2.0;
    if (e->mask_beam_centre.pixels_slow > 0)
        return beam_y_of_mask(&e->mask_beam_centre);
    return pb_given_or(pb_metres(e->y_beam), fallback);
}

static centre beam_centre(const pb_experiment *e, pb_detector *d)
{
    const double pixel = d->pixel_size;
    centre at;
    at.Fclose = isnan(e->org_x) ? d->detsize[0] / 2.0 : (e->org_x - 0.5) * pixel;
    at.Sclose = isnan(e->org_y) ? d->detsize[1] / 2.0 : (e->org_y - 0.5) * pixel;
    const double x = beam_x(e, d, pb_given_or(pb_metres(e->x_close), at.Fclose));
    const double y = beam_y(e, d, pb_given_or(pb_metres(e->y_close), at.Sclose));
    d->Xbeam = at.Fbeam = x;
    d->Ybeam = at.Sbeam = y;
    switch (e->convention) {
    case PB_MOSFLM:
        at.Fbeam = y + 0.5 * pixel;
        at.Sbeam = x + 0.5 * pixel;
        break;
    case PB_DENZO:
        at.Fbeam = y;
        at.Sbeam = x;
        break;
    case PB_ADXV:
        at.Sbeam = d->detsize[1] - y;
        break;
    case PB_CUSTOM:
        at.Fclose = x;
        at.Sclose = y;
        break;
    default:
        break;
    }
    pb_give(e->given, PB_GIVEN_CENTRE_FBEAM, &at.Fbeam);
    pb_give(e->given, PB_GIVEN_CENTRE_SBEAM, &at.Sbeam);
    pb_give(e->given, PB_GIVEN_CENTRE_FCLOSE, &at.Fclose);
    pb_give(e->given, PB_GIVEN_CENTRE_SCLOSE, &at.Sclose);
    return at;
}

/* -f*fast - s*slow + o*out, component by component. */
static pb_vec3 corner(double f, pb_vec3 fast, double s, pb_vec3 slow, double o, pb_vec3 out)
{
    return (pb_vec3){
        -f * fast.x - s * slow.x + o * out.x,
        -f * fast.y - s * slow.y + o * out.y,
        -f * fast.z - s * slow.z + o * out.z,
    };
}

static pb_vec3 rotated_with_detector(pb_vec3 v, pb_vec3 angles, pb_vec3 axis, double twotheta)
{
    return pb_rotate_axis(pb_rotate(v, angles), axis, twotheta);
}

/* Step 1 of contract §2: close distance over distance. A given odet is turned back by 2θ. */
static double beam_ratio(const pb_experiment *e, const pb_detector *d, pb_vec3 angles,
                         double twotheta)
{
    pb_vec3 odet = pb_rotate(d->odet, angles);
    if (pb_is_given(e->given, PB_GIVEN_ODET_VECTOR)) {
        pb_give_vector(e->given, PB_GIVEN_ODET_VECTOR, &odet);
        odet = pb_rotate_axis(odet, d->twotheta_axis, -twotheta);
    }
    double ratio = pb_dot(d->beam, odet);
    if (ratio == 0.0)
        ratio = DBL_MIN;
    pb_give(e->given, PB_GIVEN_RATIO, &ratio);
    return ratio;
}

/* Step 3. Returns whether any axis was given. */
static int turn_axes(const pb_experiment *e, pb_detector *d, pb_vec3 angles, double twotheta)
{
    d->fast = rotated_with_detector(d->fast, angles, d->twotheta_axis, twotheta);
    d->slow = rotated_with_detector(d->slow, angles, d->twotheta_axis, twotheta);
    d->odet = rotated_with_detector(d->odet, angles, d->twotheta_axis, twotheta);
    pb_give_vector(e->given, PB_GIVEN_FDET_VECTOR, &d->fast);
    pb_give_vector(e->given, PB_GIVEN_SDET_VECTOR, &d->slow);
    pb_give_vector(e->given, PB_GIVEN_ODET_VECTOR, &d->odet);
    return pb_is_given(e->given, PB_GIVEN_FDET_VECTOR) ||
           pb_is_given(e->given, PB_GIVEN_SDET_VECTOR) ||
           pb_is_given(e->given, PB_GIVEN_ODET_VECTOR);
}

/* Step 5: what pix0 says about close point, beam centre and distance. */
static void read_off_pix0(const pb_given_setup *given, double ratio, pb_detector *d)
{
    d->Fclose = -pb_dot(d->pix0, d->fast);
    d->Sclose = -pb_dot(d->pix0, d->slow);
    d->close_distance = pb_dot(d->pix0, d->odet);
    pb_give(given, PB_GIVEN_FCLOSE, &d->Fclose);
    pb_give(given, PB_GIVEN_SCLOSE, &d->Sclose);
    pb_give(given, PB_GIVEN_CLOSE_DISTANCE, &d->close_distance);
    d->distance = d->close_distance / ratio;
    pb_give(given, PB_GIVEN_DISTANCE, &d->distance);
    const pb_vec3 v = {
        d->distance * d->beam.x - d->pix0.x,
        d->distance * d->beam.y - d->pix0.y,
        d->distance * d->beam.z - d->pix0.z,
    };
    d->Fbeam = pb_dot(d->fast, v);
    d->Sbeam = pb_dot(d->slow, v);
    pb_give(given, PB_GIVEN_FBEAM, &d->Fbeam);
    pb_give(given, PB_GIVEN_SBEAM, &d->Sbeam);
}

/* Steps 1 to 5 of contract §2. */
static void place_detector(const pb_experiment *e, pb_detector *d, centre at)
{
    const pb_vec3 angles = {
        pb_radians(e->rotations.x),
        pb_radians(e->rotations.y),
        pb_radians(e->rotations.z),
    };
    const double twotheta = pb_radians(e->twotheta);
    const double ratio = beam_ratio(e, d, angles, twotheta);
    d->close_distance =
        pb_given_or(pb_metres(e->close_distance), fabs(ratio * pb_metres(e->distance)));
    pb_give(e->given, PB_GIVEN_CENTRE_CLOSE_DISTANCE, &d->close_distance);
    d->distance = d->close_distance / ratio;
    pb_give(e->given, PB_GIVEN_CENTRE_DISTANCE, &d->distance);

    if (d->pivot == PB_PIVOT_SAMPLE)
        d->pix0 = rotated_with_detector(
            corner(at.Fclose, d->fast, at.Sclose, d->slow, d->close_distance, d->odet), angles,
            d->twotheta_axis, twotheta);
    const int axes_are_given = turn_axes(e, d, angles, twotheta);
    /* Rotations are linear: the corner turns with the axes. */
    if (d->pivot == PB_PIVOT_SAMPLE && axes_are_given)
        d->pix0 = corner(at.Fclose, d->fast, at.Sclose, d->slow, d->close_distance, d->odet);
    if (d->pivot == PB_PIVOT_BEAM)
        d->pix0 = corner(at.Fbeam, d->fast, at.Sbeam, d->slow, d->distance, d->beam);
    pb_give_vector(e->given, PB_GIVEN_PIX0_VECTOR, &d->pix0);
    read_off_pix0(e->given, ratio, d);
}

static void choose_roi(const pb_experiment *e, pb_detector *d)
{
    d->roi[0] = e->roi_given ? e->roi[0] : 0;
    d->roi[1] = e->roi_given ? e->roi[1] : d->pixels[0];
    d->roi[2] = e->roi_given ? e->roi[2] : 0;
    d->roi[3] = e->roi_given ? e->roi[3] : d->pixels[1];
}

/* Layers and attenuation. Thickness has no flag for its step, and counts as given where it is 0. */
static int derive_sensor(const pb_experiment *e, pb_detector *d)
{
    pb_sweep thickness = {e->thickness * 1e-6, PB_NOT_GIVEN, e->thickness_steps};
    pb_give_sweep(e->given, PB_GIVEN_DETECTOR_THICK, &thickness);
    d->mu = -1.0;
    if (!isnan(e->attenuation_depth))
        d->mu = e->attenuation_depth > 0.0 ? 1.0 / (e->attenuation_depth * 1e-6) : 0.0;
    const int status = pb_sample_sweep(thickness, &PB_THICKNESS_SWEEP, &d->thick);
    pb_give_sampled(e->given, PB_GIVEN_DETECTOR_THICK, &d->thick);
    if (status == PB_OK && d->thick.range > 0.0 && d->mu <= 0.0)
        d->mu = 1.0 / d->thick.range;
    pb_give(e->given, PB_GIVEN_DETECTOR_MU, &d->mu);
    return status;
}

/* Fast and slow must span a plane; they need not be at right angles. */
static int geometry_is_sound(const pb_detector *d)
{
    return pb_norm(pb_cross(d->fast, d->slow)) > 1e-9 && pb_vec3_is_finite(d->pix0) &&
           pb_vec3_is_finite(d->fast) && pb_vec3_is_finite(d->slow) && pb_vec3_is_finite(d->odet) &&
           pb_is_direction(d->beam) && pb_is_direction(d->polar) && pb_is_direction(d->spindle) &&
           isfinite(d->Fbeam) && isfinite(d->Sbeam) && isfinite(d->distance) &&
           isfinite(d->close_distance);
}

int pb_derive_detector(const pb_experiment *experiment, pb_detector *detector)
{
    if (experiment->convention < PB_CUSTOM || experiment->convention > PB_DENZO)
        return PB_BAD_ARGUMENT;
    if (experiment->pivot != PB_PIVOT_SAMPLE && experiment->pivot != PB_PIVOT_BEAM)
        return PB_BAD_ARGUMENT;
    detector->convention = experiment->convention;
    detector->pivot = chosen_pivot(experiment);
    detector->curved = experiment->curved;
    detector->point_pixel = experiment->point_pixel;
    detector->pixel_size = pb_metres(experiment->pixel_size);
    pb_give(experiment->given, PB_GIVEN_PIXEL_SIZE, &detector->pixel_size);
    for (int axis = 0; axis < 2; axis++) {
        const int status = count_pixels(experiment, axis, detector);
        if (status != PB_OK)
            return status;
    }
    choose_roi(experiment, detector);
    const int status = derive_sensor(experiment, detector);
    if (status != PB_OK)
        return status;

    const axes chosen = chosen_axes(experiment);
    detector->beam = chosen.beam;
    detector->fast = chosen.fast;
    detector->slow = chosen.slow;
    detector->odet = chosen.odet;
    detector->polar = chosen.polar;
    detector->spindle = chosen.spindle;
    detector->twotheta_axis = chosen.twotheta;
    pb_give_vector(experiment->given, PB_GIVEN_BEAM_VECTOR, &detector->beam);
    pb_give_vector(experiment->given, PB_GIVEN_POLAR_VECTOR, &detector->polar);
    pb_give_vector(experiment->given, PB_GIVEN_SPINDLE_VECTOR, &detector->spindle);
    pb_give_vector(experiment->given, PB_GIVEN_TWOTHETA_AXIS, &detector->twotheta_axis);
    place_detector(experiment, detector, beam_centre(experiment, detector));
    return geometry_is_sound(detector) ? PB_OK : PB_BAD_GEOMETRY;
}

int pb_in_roi(const pb_detector *detector, int32_t slow, int32_t fast)
{
    const int32_t *roi = detector->roi;
    return fast >= roi[0] && fast <= roi[1] && slow >= roi[2] && slow <= roi[3];
}
